# SPDX-License-Identifier: EUPL-1.2
"""The audit: how long `kindpakket audit` takes on a chain of many payments, and how much memory it needs.

The chain is an embedded one with many small blocks, as a town makes them. The heads file holds as many days as a year.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket.chain import calls
from kindpakket.tickets import keys, tree
from kindpakket.tickets.heads import HeadTree

from .figures import Figures
from .fund import CATEGORY, Bench, Holder, embedded_fund
from .gas import SHOP

REDEMPTIONS = 100_000
LIMIT_SECONDS = 120
LIMIT_MEGABYTES = 1_000
"""What the audit of `REDEMPTIONS` payments may take."""

DAYS = 365
ISSUED_AT_ONCE = 100
PAID_AT_ONCE = 25
AMOUNT_CENTS = 100
REFUNDED_CENTS = 40
PAYMENTS_PER_REFUND = 50


@dataclass(frozen=True)
class Cost:
    """What a run of the command took: by the clock, of the processor, and of memory at the most."""

    seconds: float
    processor_seconds: float
    megabytes: float

    def as_figures(self) -> Figures:
        """Return it for people."""
        return {
            "seconds": round(self.seconds, 1),
            "processor_seconds": round(self.processor_seconds, 1),
            "peak_megabytes": round(self.megabytes, 1),
        }


class AuditTooSlow(SystemExit):
    """The audit took more than it may; ends the command with 1."""


def measure(redemptions: int) -> Figures:
    """Make a chain of that many payments, a refund for every fiftieth, and a year of heads; then audit it."""
    with embedded_fund() as bench, tempfile.TemporaryDirectory(prefix="kindpakket-bench-") as folder:
        started = time.monotonic()
        pay_many(bench, redemptions)
        making_seconds = time.monotonic() - started
        heads = Path(folder) / "heads.json"
        heads.write_text(json.dumps({"heads": list(_heads(bench))}), "utf-8")
        url, contract = bench.chain.node_url, bench.fund.address
        print("auditing", file=sys.stderr)
        plain, statement = audit(url, contract, "--heads", str(heads))
        print("auditing with proofs", file=sys.stderr)
        proving, _ = audit(url, contract, "--heads", str(heads), "--prove")
    assert statement["agrees"] and statement["programmes"][0]["redemptionCount"] == redemptions
    if redemptions <= REDEMPTIONS and (plain.seconds > LIMIT_SECONDS or plain.megabytes > LIMIT_MEGABYTES):
        raise AuditTooSlow(f"the audit took {plain.seconds:.0f} s and {plain.megabytes:.0f} MB")
    return {
        "bench": "audit",
        "redemptions": redemptions,
        "blocks": statement["block"],
        "events": statement["eventCount"],
        "compared_with_storage": statement["comparedCount"],
        "heads": statement["headsCount"],
        "audit": plain.as_figures(),
        "audit_with_proofs": proving.as_figures(),
        "making_the_chain_seconds": round(making_seconds, 1),
    }


def pay_many(bench: Bench, redemptions: int, *, vouchers: int = 0) -> None:
    """Let as many vouchers as it takes spend their tickets, some payments a block; issue more when `vouchers` says."""
    voucher_count = -(-redemptions // tree.TICKETS)
    bench.open_programme()
    deposit = calls.deposit(programme=1, amount_cents=2**40, payment_reference=bytes(31) + b"\1")
    bench.gas([deposit], sender=bench.accounts.treasurer)
    issued_count = max(vouchers, voucher_count)
    for start in range(0, issued_count, ISSUED_AT_ONCE):
        bench.issue(min(ISSUED_AT_ONCE, issued_count - start))
    manager, relayer = bench.accounts.shop_manager, bench.accounts.relayer
    bench.gas([calls.allow_shop(programme=1, shop=SHOP, categories=1 << CATEGORY)], sender=manager)
    bench.gas([calls.add_till(shop=SHOP, till=keys.address_of(bench.till_key))], sender=manager)
    made = 0
    for voucher in range(1, voucher_count + 1):
        holder = bench.hold(voucher)
        bench.gas([bench.activation(holder)], sender=relayer)
        count = min(tree.TICKETS, redemptions - made)
        inputs = _payments(bench, holder, count)
        while at_once := list(itertools.islice(inputs, PAID_AT_ONCE)):
            bench.gas(at_once, sender=relayer)
        made += count
        if voucher % 20 == 0 or made == redemptions:
            print(f"{made:,} payments", file=sys.stderr)


def _payments(bench: Bench, holder: Holder, count: int) -> Iterator[bytes]:
    for place in range(count):
        yield bench.redemption(holder, place, amount_cents=AMOUNT_CENTS)
        if place % PAYMENTS_PER_REFUND == PAYMENTS_PER_REFUND - 1:
            yield bench.refund(holder, place, amount_cents=REFUNDED_CENTS, remaining_cents=AMOUNT_CENTS)


def _heads(bench: Bench) -> Iterator[dict[str, object]]:
    """Return heads that cover all blocks, as `GET /api/v1/heads` gives them."""
    count = bench.chain.head().number + 1
    size = max(1, count // DAYS)
    for day, first in enumerate(range(0, count, size)):
        last = min(first + size, count) - 1
        hashes = bench.chain.block_hashes(first, last)
        root = HeadTree(hashes, first_block=first).root
        yield {
            "on": f"day {day}",
            "firstBlock": first,
            "block": last,
            "hash": f"0x{hashes[-1].hex()}",
            "root": f"0x{root.hex()}",
            "at": 0,
        }


def audit(url: str, contract: str, *more: str) -> tuple[Cost, dict[str, Any]]:
    """Run the command; return what it cost and what it said."""
    command = [
        sys.executable,
        "-m",
        "kindpakket",
        "audit",
        "--json",
        "--rpc",
        url,
        "--contract",
        contract,
        *more,
    ]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts kilobytes, macOS bytes.
    bytes_used = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cost = Cost(
        seconds=seconds,
        processor_seconds=used.ru_utime + used.ru_stime,
        megabytes=bytes_used / 1_000_000,
    )
    return cost, json.loads(said)
