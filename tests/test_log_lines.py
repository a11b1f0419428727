# SPDX-License-Identifier: EUPL-1.2
"""Lines of the log: nobody who is named in one can end it, begin another, or command the terminal that shows it."""

from __future__ import annotations

import io

import pytest
import structlog
from starlette.testclient import TestClient

from kindpakket.logs import write_logs
from kindpakket.main import create_app
from kindpakket.services import Services


@pytest.fixture
def printed() -> io.StringIO:
    """What is logged by what is made from now on."""
    return io.StringIO()


@pytest.mark.parametrize(
    "told",
    [
        "a\nlevel=error event=forged",
        "a\r\nb",
        "\x1b[2Jgone",
        "\u202eegnirts",
        "a\u2028b",
        "a\x85b",
        "a\x00b",
        "\ud800",
    ],
)
def test_whatever_is_told_is_one_line_of_what_can_be_seen(printed: io.StringIO, told: str) -> None:
    before = structlog.get_config()
    try:
        write_logs(printed, log_format="console", verbose=True)
        structlog.get_logger().info("asked", path=told, reason="x")
    finally:
        structlog.configure(**before)
    line = printed.getvalue()
    assert line.endswith("\n") and line[:-1].isprintable()
    assert len(line.splitlines()) == 1
    assert line.rstrip().endswith("reason=x")


def test_a_path_of_a_request_is_one_short_line(services: Services, printed: io.StringIO) -> None:
    before = structlog.get_config()
    try:
        write_logs(printed, log_format="console", verbose=True)
        with TestClient(create_app(services), raise_server_exceptions=False) as client:
            client.get("/gemeente/%0alevel=error%20event=forged%1b[2J/" + "x" * 5000)
    finally:
        structlog.configure(**before)
    lines = [line for line in printed.getvalue().splitlines() if "answered" in line]
    assert len(lines) == 1 and lines[0].isprintable() and len(lines[0]) < 500
    assert not any(line.startswith("level=error") for line in printed.getvalue().splitlines())


def test_a_traceback_can_still_be_read(printed: io.StringIO) -> None:
    before = structlog.get_config()
    try:
        write_logs(printed, log_format="console", verbose=True)
        try:
            raise ValueError("told")
        except ValueError:
            structlog.get_logger().exception("failed")
    finally:
        structlog.configure(**before)
    assert "Traceback (most recent call last):\\n" in printed.getvalue()
    assert len(printed.getvalue().splitlines()) == 1
