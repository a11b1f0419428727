# SPDX-License-Identifier: EUPL-1.2
"""A really started server: a process with its own chain, stores and port, which tests may kill."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kindpakket.demo.api_client import ApiClient
from kindpakket.demo.folder import with_own_schemas
from kindpakket.registry.store import Registry
from kindpakket.services import hash_token
from kindpakket.shops import PAIRING_CHARACTERS
from kindpakket.tickets import letter
from kindpakket.tills import PAIRING_SECONDS
from tests.ledger.databases import environment_of, settings_in
from tests.support import Town, found_town

START_SECONDS = 300
COMMAND = (sys.executable, "-m", "kindpakket")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Reached(Protocol):
    """A server, or what stands before it."""

    @property
    def url(self) -> str:
        """Where browsers reach it."""


@dataclass
class Server:
    """`kindpakket serve` (or another command) on a data folder."""

    data_dir: Path
    command: str = "serve"
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    clients: list[ApiClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://localhost:{self.port}"

    def new_client(self) -> ApiClient:
        """A caller of its API, closed when the test ends."""
        client = ApiClient(f"http://127.0.0.1:{self.port}")
        self.clients.append(client)
        return client

    def end(self) -> None:
        """Leave nothing behind."""
        for client in self.clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.data_dir.parent / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [
                    *COMMAND,
                    self.command,
                    "--data-dir",
                    str(self.data_dir),
                    "--port",
                    str(self.port),
                    *self.arguments,
                ],
                stdout=log,
                stderr=log,
                text=True,
                env=environment_of(self.data_dir),
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                client = self.new_client()
                client.ask("GET", "/fund")
                client.close()
                return
            except OSError:
                assert self.process.poll() is None, self.log()
                time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def log(self) -> str:
        """What it printed."""
        return (self.data_dir.parent / "server.log").read_text()

    def wait_for_line(self, pattern: str) -> str:
        """Wait until it printed a line, and return the pattern's first group."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            match = re.search(pattern, self.log())
            if match is not None:
                return match[1]
            time.sleep(0.05)
        raise AssertionError(self.log())

    def sign_in_code(self) -> str:
        """The code of the sign-in link that it printed at its first start."""
        return self.wait_for_line(r"aanmelden#code=([\w-]+)")

    def new_sign_in_link(self, *name: str) -> str:
        """A fresh link, made beside the running server, for someone of this name."""
        made = subprocess.run(
            [*COMMAND, "sign-in-link", *name, "--data-dir", str(self.data_dir), "--port", str(self.port)],
            capture_output=True,
            text=True,
            check=True,
            env=environment_of(self.data_dir),
        )
        return made.stdout.strip()

    def owners_code(self, shop: int) -> str:
        """A code for a till of a shop's owner, as a till of its owner shows one; made beside the running server."""
        characters = "".join(secrets.choice(letter.ALPHABET) for _ in range(PAIRING_CHARACTERS))
        now = int(self.new_client().ask("GET", "/fund")["now"])
        registry = Registry(with_own_schemas(settings_in(self.data_dir)).registry_address)
        try:
            registry.shops.create_pairing_code(
                hash_token(characters), shop=shop, now=now, ends_at=now + PAIRING_SECONDS, role="owner"
            )
        finally:
            registry.close()
        return f"{characters[:4]}-{characters[4:]}-{letter.check_character(characters)}"

    def kill(self) -> None:
        """kill -9 the server; its chain dies with it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_chain(self) -> None:
        """kill -9 the chain's process, and leave the server running."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = {int(pid) for file in children for pid in file.read_text().split()}
        assert pids, "the server runs a chain process"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """Ctrl-C, and wait for its end; return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=START_SECONDS)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A started server on what is in a folder, which leaves nothing behind."""
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.end()


def town_on(server: Server, households: str) -> Town:
    """A town on a new server, found by who followed its first sign-in link; its programme lasts as long as any test."""
    desk = server.new_client()
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": server.sign_in_code()})["token"]
    town = found_town(
        server.new_client, desk, starts_on="2020-01-01", ends_on="2099-12-31", households=households
    )
    town.owners_code = server.owners_code
    return town
