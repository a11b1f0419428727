# SPDX-License-Identifier: EUPL-1.2
"""Inspections: all books held against the chain, every night, and whenever somebody asks. Whole euro cents.

One has four parts: the chain itself (what `kindpakket audit` does, with every published head, and what came onto it
past the register), the ledger (each row, and each figure), the log of staff, and the payouts with their stored files.
Who keeps these books runs it too, so it finds mistakes and clumsy hands; who trusts nobody runs the audit, with the
heads that they kept.

What is found raises an alarm: a line in the log, a code of the command, and a banner on every page until an auditor has
taken note of it. A part that could not be read is something found, too; and when no inspection was done for long, a
banner says that.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from . import payout_runs, staff_log, unregistered
from .audit import Books, audit_books, programmes_of, read_on
from .audit.heads import Head as AuditedHead
from .audit.heads import Totals as AuditedTotals
from .chain.client import Chain
from .chain.client import Head as Block
from .errors import ChainMismatch, ChainUnreachable, LedgerStopped
from .events import Event, Place
from .ledger import comparison
from .ledger.undoing import Undoing
from .registry.inspections import Figure, Finding, Inspection, Occasion, Part
from .rounds import Rounds
from .services import Services
from .staff import PAYMENT_READERS, Role
from .units import day_of, day_starts_at

__all__ = [
    "AcknowledgeReason",
    "Figure",
    "Finding",
    "Inspection",
    "Report",
    "acknowledge",
    "ask",
    "inspect",
    "inspector",
    "is_overdue",
    "perform",
    "perform_due",
    "report",
    "report_to",
]

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 2.0
MOST_SECONDS = 60.0
BLOCKS_AT_ONCE = 256
MOST_FINDINGS = 200
"""So many are kept of each part; they are all counted."""

OVERDUE_SECONDS = 36 * 3600
"""One is done each day; when none was for so long, something keeps it from being done."""

_inspecting = threading.Lock()


class AcknowledgeReason(StrEnum):
    """Why an auditor lets an alarm be. The list is closed."""

    REPAIRED = "repaired"
    EXPLAINED = "explained"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Report:
    """An inspection with all that is kept of it; or, when it is not whole, what everyone of the staff may see."""

    inspection: Inspection
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    is_whole: bool = True


class OwnChain:
    """The chain and the contract of this installation, as an audit reads them."""

    def __init__(self, services: Services, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Read through the services' engine, until it is stopping."""
        self._is_stopping = is_stopping
        self._fund = services.fund
        self._chain = services.chain
        self.contract = services.fund.address
        self.chain_id = services.chain.chain_id
        self.deployed_block = services.fund.deployed_block

    @property
    def chain(self) -> Chain:
        """The engine, as a follower needs it."""
        return self._chain

    def head(self) -> Block:
        """Return the newest block."""
        return self._chain.head()

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order, or raise LookupError."""
        if last_block > self._chain.head().number:
            raise LookupError(f"there is no block {last_block}")
        return self._chain.block_hashes(first_block, last_block)

    def events(self, first_block: int, last_block: int) -> Iterator[tuple[int, list[tuple[Place, Event]]]]:
        """Go through the contract's events in these blocks, in order."""
        for first in range(max(first_block, self.deployed_block), last_block + 1, BLOCKS_AT_ONCE):
            last = min(first + BLOCKS_AT_ONCE - 1, last_block)
            yield last, self.events_of(first, last)

    def events_of(self, first_block: int, last_block: int) -> list[tuple[Place, Event]]:
        """Return the contract's events in these blocks, in order."""
        self._go_on()
        return self._fund.events(first_block, last_block)

    def ask(self, questions: list[tuple[str, tuple[Any, ...]]]) -> list[list[Any]]:
        """Ask the contract, as of the newest block."""
        answers = []
        for verb, words in questions:
            self._go_on()
            answers.append(self._fund.ask(verb, *words))
        return answers

    def _go_on(self) -> None:
        if self._is_stopping():
            raise ChainUnreachable("the server is stopping; the inspection is done by the next one")


class _OwnEvents:
    """The events of that contract, as a follower reads them."""

    def __init__(self, chain: OwnChain) -> None:
        self.chain = chain.chain
        self.deployed_block = chain.deployed_block
        self.events = chain.events_of


def ask(services: Services, *, occasion: Occasion) -> int:
    """Ask for an inspection, which the running server then does; return its number, or that of one that waits."""
    return services.registry.inspections.ask(occasion=occasion, at=services.now())


def report(services: Services, number: int) -> Report:
    """Return an inspection with its figures and findings.

    Raises:
        InspectionUnknown: There is no such inspection.
    """
    kept = services.registry.inspections
    return Report(kept.inspection(number), tuple(kept.figures(number)), tuple(kept.findings(number)))


def report_to(services: Services, number: int, *, roles: Collection[Role]) -> Report:
    """Return what a member of staff with these roles may see of an inspection.

    A shop's amounts of one night taken from those of the next are single payments, and findings name rows of the books:
    both are for who may see payments. To the others, only the amounts of whole programmes are told.

    Raises:
        InspectionUnknown: There is no such inspection.
    """
    whole = report(services, number)
    if not PAYMENT_READERS.isdisjoint(roles):
        return whole
    return replace(
        whole, figures=tuple(one for one in whole.figures if one.shop == 0), findings=(), is_whole=False
    )


def is_overdue(services: Services) -> bool:
    """Return whether none was done for so long that something must keep it from being done."""
    kept = services.registry.inspections
    last = kept.last_done()
    since_at = kept.waiting_since() if last is None else last.ended_at
    return since_at is not None and services.now() - since_at > OVERDUE_SECONDS


def acknowledge(services: Services, number: int, *, staff: int, reason: AcknowledgeReason) -> None:
    """Take note of what an inspection found, so that its alarm ends.

    Raises:
        InspectionUnknown: There is no such inspection.
        NothingToAcknowledge: It found nothing, or somebody took note of it before.
    """
    services.registry.inspections.acknowledge(number, staff=staff, reason=reason.value, at=services.now())


def perform(services: Services, number: int, is_stopping: Callable[[], bool] = lambda: False) -> Inspection:
    """Do an inspection that was asked for, and keep what it found.

    Raises:
        ChainUnreachable: No answer, or it is stopping; it stays asked for, safe to call again.
    """
    kept = services.registry.inspections
    with _inspecting:
        if (known := kept.inspection(number)).ended_at is not None:
            return known
        undone = services.ledger.untold_undoings()
        block, figures, findings, finding_count = inspect(services, is_stopping, undone=undone)
        kept.end(
            number,
            at=services.now(),
            block=block,
            figures=figures,
            findings=findings,
            finding_count=finding_count,
        )
        services.ledger.note_told(undone)
        told = {one.subject for one in findings}
        differences = services.registry.bank_differences
        differences.note_told([one for one in differences.open() if one.told() in told], inspection=number)
    if finding_count:
        log.error("books_do_not_agree", inspection=number, findings=finding_count, block=block)
    else:
        log.info("books_agree", inspection=number, block=block)
    return kept.inspection(number)


def perform_due(services: Services, is_stopping: Callable[[], bool] = lambda: False) -> Inspection | None:
    """Do what was asked for, the first of a day, or one that tells what was undone; return it, if there was one."""
    kept = services.registry.inspections
    number = kept.waiting()
    if number is None:
        last_at = kept.last_asked_at("night")
        is_done = last_at is not None and last_at >= day_starts_at(day_of(services.now()))
        if is_done and not services.ledger.untold_undoings():
            return None
        number = ask(services, occasion="night")
    return perform(services, number, is_stopping)


def inspector(services: Services) -> Rounds:
    """Return what does inspections while the server runs: each night, and when asked."""
    rounds = Rounds(
        "inspector",
        lambda: perform_due(services, lambda: rounds.is_stopping),
        every_seconds=LOOK_AGAIN_SECONDS,
        most_seconds=MOST_SECONDS,
    )
    return rounds


def inspect(
    services: Services, is_stopping: Callable[[], bool] = lambda: False, *, undone: Sequence[Undoing] = ()
) -> tuple[int, list[Figure], list[Finding], int]:
    """Hold all books against the chain; return as of which block, the figures, the findings, and how many those are.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    found = _Found()
    books = Books()
    chain = OwnChain(services, is_stopping)
    block = chain.head().number
    figures: list[Figure] = []
    for undoing in undone:
        found.add(Finding("chain", *undoing.told()))
    with found.reading("chain"):
        try:
            statement = audit_books(chain, books, heads=_published(services))
            block = statement.block
            for one in statement.findings:
                found.add(Finding("chain", f"{one.rule}: {one.where}", one.expected, one.found))
        except ChainMismatch as mismatch:
            found.add(Finding("chain", "contract", services.fund.address, str(mismatch)))
        for stranger in unregistered.find(services):
            found.add(Finding("chain", stranger.subject, unregistered.NOTHING, stranger.found))
    with found.reading("ledger"):
        figures = _inspect_ledger(services, chain, books, block, found)
    with found.reading("staff_log"):
        for difference in staff_log.verify(services).differences:
            found.add(Finding("staff_log", difference, "", ""))
    with found.reading("payouts"):
        _inspect_payouts(services, found)
    return block, figures, found.kept, found.count


class _Found:
    """What was found so far: the first ones of each part, and how many there are."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.count = 0

    def add(self, finding: Finding, *, more: int = 0) -> None:
        self.count += 1 + more
        if sum(one.part == finding.part for one in self.kept) < MOST_FINDINGS:
            self.kept.append(finding)

    @contextlib.contextmanager
    def reading(self, part: Part) -> Iterator[None]:
        """Let a part be inspected; when that breaks off, it could not be read, and that was found."""
        try:
            yield
        except ChainUnreachable:
            raise
        except Exception as error:
            # Whatever it is: an inspection that waits for ever would look like one that found nothing.
            log.exception("inspection_part_unreadable", part=part)
            self.add(Finding(part, "could not be read", "", type(error).__name__))


def _published(services: Services) -> list[AuditedHead]:
    totals = services.registry.heads.totals()
    return [
        AuditedHead(
            on=f"{head.on}",
            block=head.block,
            hash=head.hash,
            first_block=head.first_block,
            root=head.root,
            totals=AuditedTotals(
                deposited_cents=money.deposited_cents,
                unallocated_cents=money.unallocated_cents,
                on_vouchers_cents=money.on_vouchers_cents,
                owed_cents=money.owed_cents,
                settled_cents=money.settled_cents,
                withdrawn_cents=money.withdrawn_cents,
            )
            if (money := totals.get(head.on))
            else None,
        )
        for head in services.registry.heads.all()
    ]


def _inspect_ledger(
    services: Services, chain: OwnChain, books: Books, block: int, found: _Found
) -> list[Figure]:
    """Compare each row with what the chain makes it, and each figure with the chain's."""
    try:
        services.follower.catch_up()
    except (LedgerStopped, ChainMismatch) as failure:
        found.add(Finding("ledger", "ledger", f"booked up to block {block}", str(failure)))
    with comparison.ledger_beside(
        services.settings.data_dir, chain_id=chain.chain_id, contract=chain.contract
    ) as again:
        compared = comparison.compare(services.ledger, again, _OwnEvents(chain), most=MOST_FINDINGS)
    for one in compared.altered:
        found.add(Finding("ledger", f"{one.table}: {one.key}", one.expected, one.found))
    found.count += compared.altered_count - len(compared.altered)
    if compared.block > block:
        read_on(chain, books, block + 1, compared.block)
    figures = _figures(books, compared.figures)
    for figure in figures:
        if not figure.agrees:
            where = f"programme {figure.programme}" + (f", shop {figure.shop}" if figure.shop else "")
            subject = f"{where}: {figure.what.replace('_', ' ')}"
            found.add(Finding("ledger", subject, f"{figure.chain_cents}", f"{figure.ledger_cents}"))
    return figures


def _figures(books: Books, in_ledger: comparison.Figures) -> list[Figure]:
    """Return every figure with both values: of each programme, then of each of its shops."""
    on_chain: comparison.Figures = {}
    for programme in programmes_of(books):
        for name in comparison.FIGURES_OF_PROGRAMME:
            on_chain[programme.programme, 0, name] = getattr(programme, f"{name}_cents")
    for (number, shop), account in books.shops.items():
        on_chain[number, shop, "earned"] = account.net_cents
        on_chain[number, shop, "settled"] = account.settled_cents
    order = [*comparison.FIGURES_OF_PROGRAMME, *comparison.FIGURES_OF_SHOP]
    places = sorted(
        on_chain.keys() | in_ledger.keys(), key=lambda place: (place[0], place[1], order.index(place[2]))
    )
    return [
        Figure(
            programme=programme,
            shop=shop,
            what=what,
            ledger_cents=in_ledger.get((programme, shop, what), 0),
            chain_cents=on_chain.get((programme, shop, what), 0),
        )
        for programme, shop, what in places
    ]


def _inspect_payouts(services: Services, found: _Found) -> None:
    try:
        differences = payout_runs.verify(services)
    except (LedgerStopped, ChainMismatch):
        # It is among what was found in the ledger, without which nobody can say what was paid.
        return
    for difference in differences:
        found.add(Finding("payouts", difference, "", ""))
