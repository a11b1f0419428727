# SPDX-License-Identifier: EUPL-1.2
"""Passes a bill of materials on, if it is as CycloneDX's schema says. Runs in the environment of the tools."""

from __future__ import annotations

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def main() -> int:
    """Check it, and return the exit code."""
    written = sys.stdin.read()
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(written)
    if fault is not None:
        print(f"the bill of materials is not CycloneDX 1.6: {fault}", file=sys.stderr)
        return 1
    print(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
