# SPDX-License-Identifier: EUPL-1.2
"""Commands that read a text of a stranger's: one that is nested without end is refused, and kills nobody."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

DEEP = "[" * 200_000
CONTRACT = "0x875F55d256bd26406c2A6e652f844F02fBcb842b"


def command(*words: str | Path) -> tuple[int, str]:
    """Run a command in a process of its own; return its code and what it says of errors."""
    ran = subprocess.run(
        [sys.executable, "-m", "kindpakket", *map(str, words)], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stderr.strip()


class _Deep(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(DEEP.encode())

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def node() -> Iterator[str]:
    """Address of a node that answers whatever is asked with a nested text."""
    with HTTPServer(("127.0.0.1", 0), _Deep) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("text", [DEEP, f'{{"heads": {DEEP}'], ids=["a table", "an object"])
def test_an_audit_refuses_heads_that_are_nested_without_end(text: str, tmp_path: Path) -> None:
    file = tmp_path / "heads.json"
    file.write_text(text)
    code, said = command("audit", "--rpc", "http://127.0.0.1:1", "--contract", CONTRACT, "--heads", file)
    assert (code, said) == (2, "this is not a file of published heads")


def test_an_audit_is_not_done_by_a_node_whose_answer_is_nested_without_end(node: str) -> None:
    code, said = command("audit", "--rpc", node, "--contract", CONTRACT)
    assert (code, said) == (2, "what the node answers is nested too deeply to be read")


def test_a_backup_whose_list_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "made.backup"
    with tarfile.open(file, "w:gz") as archive:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(DEEP)
        archive.addfile(entry, io.BytesIO(DEEP.encode()))
    code, said = command("restore", file, "--data-dir", tmp_path / "new")
    assert code == 1
    assert said.startswith("The list of the backup cannot be read: RecursionError")
    assert not (tmp_path / "new").exists()
