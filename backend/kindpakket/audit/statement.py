# SPDX-License-Identifier: EUPL-1.2
"""The statement: what an audit read, what each programme's money did, and what was found. Whole euro cents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from kindpakket.chain.client import Head as Block
from kindpakket.events import Event, Place

from . import storage
from .books import Books
from .findings import Finding
from .heads import Head, TotalsWatch, check_heads

QUESTIONS_AT_ONCE = 2_000
TRIES = 5
"""So often the contract is asked again what differs, and only that, after reading what happened meanwhile."""

OnProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


class Chain(Protocol):
    """What an audit reads. `kindpakket.chain.witness.Witness` is one."""

    contract: str
    chain_id: int

    def head(self) -> Block:
        """Return the newest block."""

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order, or raise LookupError."""

    def events(self, first_block: int, last_block: int) -> Iterator[tuple[int, list[tuple[Place, Event]]]]:
        """Go through the contract's events in these blocks, in order."""

    def ask(self, questions: list[storage.Question]) -> list[list[Any]]:
        """Ask the contract, as of the newest block."""


@dataclass(frozen=True, slots=True)
class ProgrammeStatement:
    """A programme's money. deposited = unallocated + on vouchers + owed + settled + withdrawn.

    `owed_cents` is what shops are owed less what shops owe; the latter by itself is `open_debts_cents`.
    """

    programme: int
    deposited_cents: int
    unallocated_cents: int
    on_vouchers_cents: int
    owed_cents: int
    open_debts_cents: int
    settled_cents: int
    withdrawn_cents: int
    issued_cents: int
    redeemed_cents: int
    refunded_cents: int
    voucher_count: int
    activated_count: int
    redemption_count: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What an audit says."""

    chain_id: int
    contract: str
    block: int
    block_hash: str
    at: int
    event_count: int
    compared_count: int
    heads_count: int
    programmes: tuple[ProgrammeStatement, ...]
    findings: tuple[Finding, ...]

    @property
    def agrees(self) -> bool:
        """Whether all is as it must be."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it, in the names of the API."""
        return {"agrees": self.agrees, **_camel(asdict(self))}


def audit(
    chain: Chain, *, heads: list[Head] | None = None, on_progress: OnProgress = lambda *_: None
) -> Statement:
    """Read all events, keep books, compare with storage and with published heads.

    Raises:
        ChainMismatch: There is an event that the contract does not have.
        ChainUnreachable: No answer.
    """
    return audit_books(chain, Books(), heads=heads, on_progress=on_progress)


def audit_books(
    chain: Chain,
    books: Books,
    *,
    heads: list[Head] | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> Statement:
    """Audit, and leave all that was read in these books, which must be empty. Raises what `audit` does."""
    head = chain.head()
    watch = TotalsWatch(books, heads or [])
    _read(chain, books, 0, head.number, on_progress, watch)
    compared = storage.count(books)
    asked = 0

    def tell(more: int) -> None:
        nonlocal asked
        asked += more
        on_progress("storage", asked, compared)

    different = storage.compare(chain, books, at_once=QUESTIONS_AT_ONCE, on_progress=tell)
    watch.pass_to(head.number + 1)
    for _ in range(TRIES):
        if not different:
            break
        newest = chain.head()
        if newest.number > head.number:
            # It went on meanwhile: what differs may only be newer than the books.
            read_on(chain, books, head.number + 1, newest.number)
            head = newest
        different = storage.compare_again(chain, books, different)
    found = storage.findings(chain, different) if different else []
    books.conserve()
    return Statement(
        chain_id=chain.chain_id,
        contract=chain.contract,
        block=head.number,
        block_hash=f"0x{head.hash.hex()}",
        at=head.at,
        event_count=books.event_count,
        compared_count=storage.count(books),
        heads_count=len(heads or []),
        programmes=tuple(programmes_of(books)),
        findings=(*books.findings, *found, *check_heads(chain, heads or []), *watch.findings),
    )


def read_on(chain: Chain, books: Books, first: int, last: int) -> None:
    """Take up the events of these blocks too."""
    _read(chain, books, first, last, lambda *_: None, None)


def _read(
    chain: Chain,
    books: Books,
    first: int,
    last: int,
    on_progress: OnProgress,
    watch: TotalsWatch | None,
) -> None:
    for block, placed in chain.events(first, last):
        for place, event in placed:
            if watch is not None:
                watch.pass_to(place.block)
            books.book(place, event)
        on_progress("events", block, last)


def programmes_of(books: Books) -> Iterator[ProgrammeStatement]:
    """Go through the programmes' money, as the books have it."""
    for number, programme in books.programmes.items():
        shops = [shop for (of, _), shop in books.shops.items() if of == number]
        vouchers = [voucher for voucher in books.vouchers.values() if voucher.programme == number]
        yield ProgrammeStatement(
            programme=number,
            deposited_cents=programme.deposited_cents,
            unallocated_cents=programme.unallocated_cents,
            on_vouchers_cents=sum(voucher.balance_cents for voucher in vouchers),
            owed_cents=sum(shop.owed_cents for shop in shops),
            open_debts_cents=sum(-shop.owed_cents for shop in shops if shop.owed_cents < 0),
            settled_cents=sum(shop.settled_cents for shop in shops),
            withdrawn_cents=programme.withdrawn_cents,
            issued_cents=sum(voucher.issued_cents for voucher in vouchers),
            redeemed_cents=sum(shop.redeemed_cents for shop in shops),
            refunded_cents=sum(shop.refunded_cents for shop in shops),
            voucher_count=len(vouchers),
            activated_count=sum(voucher.activated for voucher in vouchers),
            redemption_count=sum(shop.redemption_count for shop in shops),
        )


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel_name(name): _camel(one) for name, one in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list | tuple) else value


def _camel_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
