# SPDX-License-Identifier: EUPL-1.2
"""The browser core: its own tests in Node, the vectors it shares with Python, and the files it is served with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kindpakket.main import ROOT
from tests.vectors import generate, proofs

NODE_TESTS = (
    "core.test.mjs",
    "core_formats.test.mjs",
    "backup.test.mjs",
    "proof.test.mjs",
    "citizen_numbers.test.mjs",
    "languages.test.mjs",
    "wake_lock.test.mjs",
)
HERE = Path(__file__).parent


@pytest.mark.parametrize("name", NODE_TESTS)
def test_the_browser_side_passes_its_tests_in_node(name: str) -> None:
    done = subprocess.run(
        ["node", "--test", str(HERE / name)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(generate.VECTORS))
def test_the_vectors_are_what_python_says(name: str) -> None:
    kept = (generate.HERE / f"{name}.json").read_text("utf-8")
    assert kept == generate.text_of(name), "a format changed: that is a new version of the protocol"


def test_the_proofs_in_the_vectors_are_what_the_embedded_chain_gives() -> None:
    kept = proofs.FILE.read_text("utf-8")
    assert kept == proofs.text_of(), "write them again: python -m tests.vectors.proofs"
