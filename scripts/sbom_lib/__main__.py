# SPDX-License-Identifier: EUPL-1.2
"""Writes the bill of materials to standard output."""

from __future__ import annotations

import json
import sys

from .parts import bill_of_materials

if __name__ == "__main__":
    json.dump(bill_of_materials(), sys.stdout, indent=1, ensure_ascii=False)
