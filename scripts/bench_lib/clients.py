# SPDX-License-Identifier: EUPL-1.2
"""Payments made ready beforehand, and tills light enough to leave the machine to the server."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kindpakket.demo.people import Till, expiry

from .server import CATEGORY, Town

AMOUNT_CENTS = 100
MAX_CENTS = 50_00
TICKET_SECONDS = 3600
TICKETS_PER_VOUCHER = 256


class TownTickets:
    """Fresh tickets of a town's vouchers, one voucher after the other so that each redemption is of another."""

    def __init__(self, town: Town) -> None:
        """Start with the first ticket of the first voucher."""
        self._town = town
        self._numbers = itertools.product(range(TICKETS_PER_VOUCHER), town.holders)
        self._expires_at = expiry(int(time.time()), seconds=TICKET_SECONDS)

    def requests(self, till: Till, count: int) -> Iterator[bytes]:
        """Yield whole HTTP requests with which this till charges fresh tickets."""
        host = urlsplit(self._town.base_url).netloc
        for _ in range(count):
            number, (phone, voucher) = next(self._numbers)
            shown = phone.show_code(voucher, max_cents=MAX_CENTS, expires_at=self._expires_at, number=number)
            path, body = till.charge(shown, amount_cents=AMOUNT_CENTS, category=CATEGORY)
            content = json.dumps(body).encode()
            head = (
                f"PUT /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {till.client.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            yield head.encode() + content


@dataclass(slots=True)
class Shift:
    """What one till did: seconds from each request to its green answer, and the answers that were not green."""

    seconds: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


async def work(base_url: str, requests: list[bytes], *, until: float) -> Shift:
    """Send requests one after the other on one connection until the time (`time.monotonic()`) or the end of them."""
    address = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    shift = Shift()
    for request in requests:
        sent = time.monotonic()
        if sent >= until:
            break
        writer.write(request)
        status, body = await _read_answer(reader)
        seconds = time.monotonic() - sent
        if status == 201 and json.loads(body)["result"] == "accepted":
            shift.seconds.append(seconds)
        else:
            shift.others.append(f"{status} {body.decode()}")
    writer.close()
    await writer.wait_closed()
    return shift


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
    return int(lines[0].split()[1]), await reader.readexactly(length)
