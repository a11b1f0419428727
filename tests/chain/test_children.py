# SPDX-License-Identifier: EUPL-1.2
"""What children of the chain's are told, and what not."""

from __future__ import annotations

import sys

import pytest

from kindpakket.chain.children import start_child


def test_a_child_has_no_setting_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDPAKKET_REGISTRY_URL", "postgresql://kindpakket:secret@db.example/kindpakket")
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    child = start_child([sys.executable, "-c", "import os; print(*os.environ.items(), sep='\\n')"])
    output, _ = child.communicate()
    assert b"('TMPDIR', '/var/tmp')" in output
    assert b"secret" not in output
    assert b"KINDPAKKET_" not in output


def test_the_copyist_is_found_without_the_rest_of_our_environment() -> None:
    child = start_child([sys.executable, "-c", "import kindpakket.chain.copyist"])
    child.communicate()
    assert child.returncode == 0
