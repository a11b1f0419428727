# SPDX-License-Identifier: EUPL-1.2
"""Pages: how long the municipality's pages take to come, found by following links; not of shops that apply."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from .figures import percentile
from .payout import sign_in_code

FIRST = "/gemeente/"
HOUSEHOLD = f"{FIRST}tegoeden/huishoudens/1"
"""No link leads there: a household is found by typing its reference."""
TIMES = 5
LINK = re.compile(r'href="(/[^"#]*)')
NUMBER = re.compile(r"0x[0-9a-f]+|\d+")
SLOWEST = 5


def measure(base_url: str, data_dir: Path, *, ahead_seconds: int) -> dict[str, Any]:
    """Open one page of each kind, some times; return the slowest by their medians, and by their first time.

    The server's clock is so far ahead that all payments are in weeks that are over: only those are told as figures.
    """
    session = requests.Session()
    signed_in = session.post(
        f"{base_url}{FIRST}aanmelden",
        data={"code": sign_in_code(data_dir, "Meting", ahead_seconds=ahead_seconds)},
        headers={"Origin": base_url},
    )
    assert signed_in.status_code == 200, "the link opens a session"
    waiting = deque([FIRST, HOUSEHOLD])
    medians: dict[str, float] = {}
    firsts: dict[str, float] = {}
    while waiting:
        address = waiting.popleft()
        kind = NUMBER.sub("1", address)
        if kind in medians:
            continue
        answer, milliseconds = _open(session, base_url + address)
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        firsts[kind], medians[kind] = milliseconds[0], percentile(milliseconds, 0.5)
        waiting.extend(unescape(link) for link in LINK.findall(answer.text) if link.startswith(FIRST))
    return {
        "pages": len(medians),
        "median_ms": round(percentile(list(medians.values()), 0.5), 1),
        "slowest_ms": _slowest(medians),
        "slowest_at_first_ms": _slowest(firsts),
    }


def _slowest(milliseconds: Mapping[str, float]) -> dict[str, float]:
    ordered = sorted(milliseconds.items(), key=lambda one: -one[1])
    return {kind: round(took, 1) for kind, took in ordered[:SLOWEST]}


def _open(session: requests.Session, address: str) -> tuple[requests.Response, list[float]]:
    answers = [session.get(address) for _ in range(TIMES)]
    assert all(one.status_code == 200 for one in answers), f"a link leads to {urlsplit(address).path}"
    return answers[0], [one.elapsed.total_seconds() * 1000 for one in answers]
