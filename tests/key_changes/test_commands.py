# SPDX-License-Identifier: EUPL-1.2
"""The commands, on a real installation with its own chain: refused while the server runs, done when it does not.

Given a server that was started once
  while it runs: each command says that another process has the journal, and nothing is changed
  when it was stopped: keys and passphrase are replaced, and the server goes on with them
  for a folder without an installation: the commands say so, and make none
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.chain.deploy import read_deployment
from tests.end_to_end.server import COMMAND, Server
from tests.ledger.databases import environment_of
from tests.support import found_town

COMMANDS = (
    ("rotate-key", "issuer"),
    ("rotate-key", "sealing"),
    ("rotate-key", "admin"),
    ("rotate-passphrase",),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of its own."""
    server = Server(tmp_path / "data")
    yield server
    server.end()


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *command, "--data-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=environment_of(folder),
    )


def test_the_commands_replace_what_they_say_and_only_while_no_server_runs(server: Server) -> None:
    folder = server.data_dir
    server.start()
    before = {file.name: file.read_bytes() for file in (folder / "keystore").iterdir()}
    account = read_deployment(folder / "deployment.json").accounts.issuer
    for command in COMMANDS:
        done = run(folder, *command)
        assert (done.returncode, done.stdout) == (1, ""), command
        assert "another process has the journal" in done.stderr
    assert {file.name: file.read_bytes() for file in (folder / "keystore").iterdir()} == before
    assert server.stop() == 0

    told = [run(folder, *command) for command in COMMANDS]
    assert [one.returncode for one in told] == [0] * len(COMMANDS), told
    assert [one.stdout.split(".")[0] for one in told] == [
        "The key issuer was replaced",
        "The key sealing was replaced",
        "Announced",
        "Encrypted 7 keys anew",
    ]
    assert read_deployment(folder / "deployment.json").accounts.issuer != account

    server.start()
    desk = server.new_client()
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": server.sign_in_code()})["token"]
    town = found_town(
        server.new_client,
        desk,
        starts_on="2020-01-01",
        ends_on="2099-12-31",
        households="kenmerk;kinderen\nA-1;1\n",
    )
    assert len(town.letters) == 1, "programme, vouchers and letters are made with the new keys"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: " ".join(one))
def test_without_an_installation_there_is_nothing_to_replace(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = run(tmp_path / "nowhere", *command)
    assert done.returncode == 1
    assert "There is no installation" in done.stderr
    assert not (tmp_path / "nowhere").exists()
