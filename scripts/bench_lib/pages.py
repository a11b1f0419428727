# SPDX-License-Identifier: EUPL-1.2
"""Pages: how long each of the municipality's pages takes to come, found by following their links."""

from __future__ import annotations

import re
from collections import deque
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from .figures import percentile
from .payout import sign_in_code

FIRST = "/gemeente/"
TIMES = 5
LINK = re.compile(r'href="(/[^"#]*)')
NUMBER = re.compile(r"0x[0-9a-f]+|\d+")
SLOWEST = 5


def measure(base_url: str, data_dir: Path) -> dict[str, Any]:
    """Open one page of each kind, some times; return the slowest by their medians."""
    session = requests.Session()
    signed_in = session.post(
        f"{base_url}{FIRST}aanmelden",
        data={"code": sign_in_code(data_dir, "Meting")},
        headers={"Origin": base_url},
    )
    assert signed_in.status_code == 200, "the link opens a session"
    waiting = deque([FIRST])
    medians: dict[str, float] = {}
    while waiting:
        address = waiting.popleft()
        kind = NUMBER.sub("1", address)
        if kind in medians:
            continue
        answer, milliseconds = _open(session, base_url + address)
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        medians[kind] = milliseconds
        waiting.extend(unescape(link) for link in LINK.findall(answer.text) if link.startswith(FIRST))
    slowest = sorted(medians.items(), key=lambda one: -one[1])[:SLOWEST]
    return {
        "pages": len(medians),
        "median_ms": round(percentile(list(medians.values()), 0.5), 1),
        "slowest_ms": {kind: round(milliseconds, 1) for kind, milliseconds in slowest},
    }


def _open(session: requests.Session, address: str) -> tuple[requests.Response, float]:
    answers = [session.get(address) for _ in range(TIMES)]
    assert all(one.status_code == 200 for one in answers), f"a link leads to {urlsplit(address).path}"
    return answers[0], percentile([one.elapsed.total_seconds() for one in answers], 0.5) * 1000
