# SPDX-License-Identifier: EUPL-1.2
"""Settings: whoever runs the server finds each of them in the documents."""

from __future__ import annotations

import re
from pathlib import Path

from kindpakket.settings import Settings

RUNNING = Path(__file__).resolve().parents[1] / "docs" / "running.md"


def test_each_setting_is_in_the_table_of_the_documents() -> None:
    told = re.findall(r"^\| `KINDPAKKET_([A-Z_]+)` \|", RUNNING.read_text("utf-8"), flags=re.MULTILINE)
    assert len(told) == len(set(told))
    assert set(Settings.model_fields) <= {name.lower() for name in told}
