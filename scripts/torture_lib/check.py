# SPDX-License-Identifier: EUPL-1.2
"""The check after each round: contract, ledger and the clients' notes, to the cent. Amounts in euro cents.

The chain is read from outside, by what an auditor uses; the books are inspected by the server, as `kindpakket inspect`
asks it to (events, storage, invariants, published heads, each row of the ledger, the log of staff, payouts and files).
Both ways are compared: what the notes say must be there exactly as often, and nothing may be there that no note knows.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from kindpakket import events
from kindpakket.chain.witness import Witness
from kindpakket.demo.api_client import ApiClient
from kindpakket.errors import KindpakketError
from kindpakket.events import Event
from kindpakket.ledger import tables
from kindpakket.ledger.store import Ledger
from kindpakket.registry.store import Registry
from kindpakket.settings import Settings

from .notes import Fact, Kind, Notes
from .server import STEP_SECONDS, Server

PATIENCE_SECONDS = 300.0
LEFT_SECONDS = 20.0
SHOWN = 20

Claims = Counter[tuple[Kind, Fact]]


@dataclass
class Reading:
    """What was read of the chain until now: each block once, and it may not be another one later."""

    events: Claims = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)
    block: int = -1
    block_hash: bytes = b""


@dataclass
class Verdict:
    """What a check found. `lost` and `doubled` count redemptions."""

    differences: list[str] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0


def check(server: Server, settings: Settings, notes: Notes, reading: Reading) -> Verdict:
    """Compare everything, while nobody does anything."""
    verdict = Verdict()
    verdict.differences += [f"nobody was told what became of: {key}" for key in notes.open_deeds()]
    expected = notes.expected()
    contract, chain_id = _read_on(server, reading, verdict)
    verdict.differences += [f"nobody's notes know of {one}" for one in reading.others]
    _compare("the chain", expected, reading.events, verdict)
    with contextlib.closing(Ledger(settings.ledger_address, chain_id=chain_id, contract=contract)) as ledger:
        _compare("the ledger", _of_ledger_only(expected), _read_ledger(ledger), verdict)
        _compare_balances(ledger, expected, verdict)
    _inspect(server, settings, reading.block, verdict)
    verdict.differences += _wrong_in_journal(settings.data_dir / "chain" / "journal.db")
    verdict.differences += [f"left behind: {file}" for file in _left_behind(server, settings.data_dir)]
    return verdict


def _read_on(server: Server, reading: Reading, verdict: Verdict) -> tuple[str, int]:
    """Read the blocks that are new; return the contract and the chain's number."""
    with contextlib.closing(ApiClient(server.url)) as client:
        fund = client.ask("GET", "/fund")
    with contextlib.closing(_witness(server, fund["contract"])) as witness:
        head = witness.head()
        if reading.block >= 0 and (
            head.number < reading.block or witness.block_hash(reading.block) != reading.block_hash
        ):
            verdict.differences.append(f"block {reading.block} is another one than it was")
        for _, placed in witness.events(reading.block + 1, head.number):
            for place, event in placed:
                _take(reading, place.block, event)
        reading.block, reading.block_hash = head.number, head.hash
    return str(fund["contract"]), int(fund["chainId"])


def _witness(server: Server, contract: str) -> Witness:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        url = server.node_url()
        if url is not None:
            with contextlib.suppress(KindpakketError):
                return Witness(url, contract=contract)
        assert time.monotonic() < deadline, "the chain's process answers"
        time.sleep(STEP_SECONDS)


def _take(reading: Reading, block: int, event: Event) -> None:
    if isinstance(event, events.Anchored):
        # The server's own: the log of staff, and the files for the bank, which the inspection compares.
        return
    if isinstance(event, events.Issued):
        reading.events.update(
            ("issue", (event.first + place, one.amount_cents)) for place, one in enumerate(event.allocations)
        )
    elif type(event) in _SAID:
        kind, names = _SAID[type(event)]
        reading.events[kind, tuple(_written(getattr(event, name)) for name in names)] += 1
    else:
        reading.others.append(f"block {block}: {event}")


_SAID: dict[type[Event], tuple[Kind, tuple[str, ...]]] = {
    events.ProgrammeOpened: ("open programme", ("programme",)),
    events.Deposited: ("deposit", ("programme", "amount_cents")),
    events.ShopAllowed: ("allow shop", ("programme", "shop")),
    events.TillAdded: ("add till", ("shop", "till")),
    events.Activated: ("activate", ("voucher", "holder")),
    events.Redeemed: ("redeem", ("ticket_id", "voucher", "shop", "amount_cents")),
    events.Refunded: ("refund", ("ticket_id", "amount_cents")),
    events.ToppedUp: ("top up", ("voucher", "amount_cents")),
    events.Blocked: ("block", ("voucher",)),
    events.Unblocked: ("unblock", ("voucher",)),
    events.Settled: ("settle", ("programme", "shop", "amount_cents", "payment_reference")),
}
"""How notes say an event."""


def _written(value: int | str | bytes) -> int | str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return value.lower() if isinstance(value, str) else value


def _compare(where: str, expected: Claims, found: Claims, verdict: Verdict) -> None:
    missing, surplus = expected - found, found - expected
    # What is wrong on the chain is wrong in the ledger, too: it is counted once.
    lost, doubled = (
        sum(count for (kind, _), count in claims.items() if kind == "redeem") for claims in (missing, surplus)
    )
    verdict.lost, verdict.doubled = max(verdict.lost, lost), max(verdict.doubled, doubled)
    for told, claims in (("lacks", missing), ("has too often", surplus)):
        lines = [f"{where} {told}: {kind} {fact} ({count})" for (kind, fact), count in claims.items()]
        verdict.differences += lines[:SHOWN]
        if len(lines) > SHOWN:
            verdict.differences.append(f"{where} {told}: {len(lines) - SHOWN} more")


def _of_ledger_only(expected: Claims) -> Claims:
    kinds = ("redeem", "refund", "settle", "issue")
    return Counter({claim: count for claim, count in expected.items() if claim[0] in kinds})


def _read_ledger(ledger: Ledger) -> Claims:
    """Say the ledger's rows of payments, refunds, settlements and issues as notes do."""
    found: Claims = Counter()
    back = tables.refund.c
    with ledger.reading() as connection:
        for row in connection.execute(select(tables.redemption)):
            found["redeem", (f"0x{row.ticket_id.hex()}", row.voucher, row.shop, row.amount_cents)] += 1
        for ticket_id, cents in connection.execute(select(back.ticket_id, back.amount_cents)):
            found["refund", (f"0x{ticket_id.hex()}", cents)] += 1
        for row in connection.execute(select(tables.settlement)):
            reference = f"0x{row.payment_reference.hex()}"
            found["settle", (row.programme, row.shop, row.amount_cents, reference)] += 1
        issued = select(tables.event.c.arguments).where(tables.event.c.name == "Issued")
        for (arguments,) in connection.execute(issued):
            for place, one in enumerate(arguments["allocations"]):
                found["issue", (arguments["first"] + place, one["amount_cents"])] += 1
    return found


def _compare_balances(ledger: Ledger, expected: Claims, verdict: Verdict) -> None:
    """Compare each voucher's balance, and what each shop earned and was paid out, with the notes' sums."""
    balances: Counter[int] = Counter()
    paid_from: dict[str, int] = {}
    shop_of: dict[str, int] = {}
    earned: Counter[int] = Counter()
    settled: Counter[int] = Counter()
    for (kind, fact), count in sorted(expected.items(), key=lambda one: one[0][0] == "refund"):
        assert count == 1 or kind in ("refund", "top up", "deposit", "block", "unblock"), f"{kind} {fact}"
        numbers: Any = fact
        if kind in ("issue", "top up"):
            balances[numbers[0]] += count * numbers[1]
        elif kind == "redeem":
            ticket_id, voucher, shop, cents = numbers
            balances[voucher] -= cents
            earned[shop] += cents
            paid_from[ticket_id], shop_of[ticket_id] = voucher, shop
        elif kind == "refund":
            balances[paid_from[numbers[0]]] += count * numbers[1]
            earned[shop_of[numbers[0]]] -= count * numbers[1]
        elif kind == "settle":
            settled[numbers[1]] += numbers[2]
    with ledger.reading() as connection:
        rows = connection.execute(select(tables.voucher.c.voucher, tables.voucher.c.balance_cents))
        for voucher, cents in rows:
            if balances.pop(voucher, 0) != cents:
                verdict.differences.append(f"voucher {voucher} has {cents} by the ledger, not by the notes")
        for row in connection.execute(select(tables.shop_programme)):
            by_ledger = (row.redeemed_cents - row.refunded_cents, row.settled_cents)
            by_notes = (earned[row.shop], settled[row.shop])
            if by_ledger != by_notes:
                verdict.differences.append(
                    f"shop {row.shop} earned and was paid out {by_ledger} by the ledger, {by_notes} by the notes"
                )
    verdict.differences += [f"the ledger knows no voucher {voucher}" for voucher in balances]


def _inspect(server: Server, settings: Settings, block: int, verdict: Verdict) -> None:
    """Let the running server inspect all its books, up to this block at least."""
    with contextlib.closing(Registry(settings.registry_address)) as registry:
        kept = registry.inspections
        # One that was waiting already may be of an earlier moment; then another one is asked for.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            number = kept.ask(occasion="command", at=server.now())
            while (done := kept.inspection(number)).ended_at is None:
                if time.monotonic() > deadline:
                    verdict.differences.append("the server does not inspect its books")
                    return
                time.sleep(STEP_SECONDS)
            if (done.block or 0) >= block:
                break
        if done.finding_count:
            verdict.differences += [
                f"inspection: {one.part}: {one.subject}: expected {one.expected}, found {one.found}"
                for one in kept.findings(number)
            ]


def _wrong_in_journal(file: Path) -> list[str]:
    """Look whether each sender's numbers, and the blocks', are all there, once and in order."""
    wrong = []
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as journal:
        for sender, first, last, count in journal.execute(
            "SELECT sender, min(nonce), max(nonce), count(*) FROM signed_transaction WHERE NOT rejected GROUP BY sender"
        ):
            if last - first + 1 != count:
                wrong.append(f"the journal has {count} numbers of {sender} from {first} to {last}")
        first, last, count = journal.execute(
            "SELECT min(number), max(number), count(*) FROM block"
        ).fetchone()
        if count and last - first + 1 != count:
            wrong.append(f"the journal has {count} blocks from {first} to {last}")
    return wrong


def _left_behind(server: Server, data_dir: Path) -> list[Path]:
    """Return files that only somebody at work has, when they do not go although nobody is asked for anything."""
    deadline = time.monotonic() + LEFT_SECONDS
    while True:
        left = [*data_dir.rglob("*.new"), *server.temporary.iterdir()]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(STEP_SECONDS)
