# SPDX-License-Identifier: EUPL-1.2
"""A demo with a year in it, really started."""

from __future__ import annotations

import time
from pathlib import Path

from kindpakket.demo.api_client import ApiClient
from tests.end_to_end.server import Server

PATIENCE_SECONDS = 1800


def year_server(data_dir: Path) -> Server:
    """A demo that plays a year at its first start."""
    return Server(data_dir, command="demo", arguments=("--year",))


def wait_until_played(server: Server, *, times: int) -> None:
    """Wait until it said where to go, so often in all."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.log().count("aanmelden#code=") < times:
        assert server.process is not None and server.process.poll() is None, server.log()
        assert "Start over with --fresh." not in server.log(), server.log()
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.2)


def desk_of(server: Server) -> ApiClient:
    """Signed-in staff."""
    desk = server.new_client()
    code = server.new_sign_in_link().partition("#code=")[2]
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": code})["token"]
    return desk
