# SPDX-License-Identifier: EUPL-1.2
"""Payout runs as values: a run, its transfers, their settlements and bank payments, its files. Euro cents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Table, select

from kindpakket.bank import references

from . import payout_tables, staff_tables, tables

RunState = Literal["prepared", "cancelled", "approved", "settled", "done"]
"""Approved: the chain is being told. Settled: all of it is on the chain. Done: the bank paid every transfer."""

TransferState = Literal["proposed", "sent", "booked", "returned", "withdrawn"]
"""That of the newest payment; a transfer whose payment is withdrawn was let go, or the contract refused all of it."""

ReturnedBy = Literal["statement", "report"]
"""What said that a payment came back: a statement, with the money on it; or only a report that it was rejected."""


LeftOutBecause = Literal["nothing_owed", "owes", "unknown", "held_back"]
"""Held back: another shop of the same merchant owes the same programme."""


@dataclass(frozen=True, slots=True)
class Payee:
    """A merchant and its account, without spaces."""

    merchant: int
    name: str
    iban: str


@dataclass(frozen=True, slots=True)
class NewSettlement:
    """What a programme owes a shop."""

    programme: int
    shop: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """What one merchant is to be paid, and for what."""

    payee: Payee
    settlements: tuple[NewSettlement, ...]

    @property
    def amount_cents(self) -> int:
        """All of it together."""
        return sum(one.amount_cents for one in self.settlements)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a programme owes a shop and does not pay it in a run; nothing or less than nothing too.

    Attributes:
        owed_cents: Of a shop of which a part is held back, that part.
        merchant: Whose shop it is; None when the register does not know it.
    """

    programme: int
    shop: int
    owed_cents: int
    merchant: int | None = None

    def owing(self, left_out: Iterable[LeftOut]) -> tuple[int, ...]:
        """Return the shops, among those left out of the same run, for whose debts this is held back."""
        if self.owed_cents <= 0 or self.merchant is None:
            return ()
        whose = (self.programme, self.merchant)
        return tuple(
            one.shop for one in left_out if one.owed_cents < 0 and (one.programme, one.merchant) == whose
        )

    def why(self, left_out: Iterable[LeftOut]) -> LeftOutBecause:
        """Return why it is not paid, by all that is left out of the same run."""
        if self.owed_cents < 0:
            return "owes"
        if self.owed_cents == 0:
            return "nothing_owed"
        return "held_back" if self.owing(left_out) else "unknown"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a programme owed a shop, as it is told to the contract. `block` is where it stands on the chain."""

    run: int
    transfer: int
    programme: int
    shop: int
    amount_cents: int
    payment_reference: bytes
    block: int | None
    refused_at: int | None

    @property
    def is_pending(self) -> bool:
        """Whether the contract neither took nor refused it."""
        return self.block is None and self.refused_at is None


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to pay a transfer at the bank."""

    run: int
    transfer: int
    attempt: int
    end_to_end_id: str
    name: str
    iban: str
    amount_cents: int
    state: TransferState
    proposed_by: int
    approved_by: int | None
    file: int | None
    bank_reference: str
    booked_on: date | None
    return_code: str | None
    returned_by: ReturnedBy | None


@dataclass(frozen=True, slots=True)
class File:
    """A file for the bank, without its bytes."""

    run: int
    file: int
    sha256: bytes
    made_at: int
    anchored_block: int | None
    withdrawn_at: int | None

    @property
    def message_id(self) -> str:
        """Its name at the bank."""
        return references.message_id(run=self.run, file=self.file)


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one merchant is paid in a run. `payments` are the attempts, oldest first."""

    run: int
    transfer: int
    merchant: int
    settlements: tuple[Settlement, ...]
    payments: tuple[Payment, ...]

    @property
    def reference(self) -> str:
        """Its name, that is in each end-to-end id and in what the contract knows its settlements by."""
        return references.transfer_reference(run=self.run, transfer=self.transfer)

    @property
    def newest(self) -> Payment:
        """The attempt that counts: the one that did not come back; without one the last that was not withdrawn."""
        live = [one for one in self.payments if one.state in ("proposed", "sent", "booked")]
        left = [one for one in self.payments if one.state != "withdrawn"]
        return (live or left or list(self.payments))[-1]

    @property
    def came_back(self) -> Payment | None:
        """The last attempt that came back."""
        return next((one for one in reversed(self.payments) if one.state == "returned"), None)

    @property
    def state(self) -> TransferState:
        """How the last attempt stands."""
        return self.newest.state

    @property
    def settled_cents(self) -> int:
        """What of it is on the chain."""
        return sum(one.amount_cents for one in self.settlements if one.block is not None)

    @property
    def amount_cents(self) -> int:
        """What is to be paid: all of it, but what the contract refused."""
        return sum(one.amount_cents for one in self.settlements if one.refused_at is None)


@dataclass(frozen=True, slots=True)
class Run:
    """A payout run with all that is in it. `programme` is None for all of them."""

    run: int
    programme: int | None
    prepared_by: int
    prepared_at: int
    prepared_block: int
    approved_by: int | None
    approved_at: int | None
    cancelled_by: int | None
    cancelled_at: int | None
    settled_at: int | None
    transfers: tuple[Transfer, ...]
    left_out: tuple[LeftOut, ...]
    files: tuple[File, ...]

    @property
    def state(self) -> RunState:
        """How far it is."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.approved_at is None:
            return "prepared"
        if self.settled_at is None:
            return "approved"
        return "done" if all(one.state in ("booked", "withdrawn") for one in self.transfers) else "settled"

    @property
    def amount_cents(self) -> int:
        """What is paid in all."""
        return sum(one.amount_cents for one in self.transfers)

    @property
    def settlements(self) -> tuple[Settlement, ...]:
        """Those of all transfers."""
        return tuple(settlement for one in self.transfers for settlement in one.settlements)

    @property
    def live_files(self) -> tuple[File, ...]:
        """The files that no other took the place of."""
        return tuple(one for one in self.files if one.withdrawn_at is None)

    @property
    def proposed(self) -> tuple[Payment, ...]:
        """The payments that wait for approval."""
        return tuple(one.newest for one in self.transfers if one.state == "proposed")

    def can_leave(self, file: File) -> bool:
        """Whether a file may go to the bank: all its settlements and its own hash are on the chain."""
        return self.settled_at is not None and file.withdrawn_at is None and file.anchored_block is not None

    def payments_in(self, file: int) -> list[Payment]:
        """Return the payments of a file."""
        return [payment for one in self.transfers for payment in one.payments if payment.file == file]

    def payments_again(self, file: int) -> list[Payment]:
        """Return the payments of a file once more, each for what was settled of its transfer, if anything."""
        settled = {one.transfer: one.settled_cents for one in self.transfers}
        return [
            replace(
                one,
                attempt=one.attempt + 1,
                end_to_end_id=references.end_to_end_id(
                    run=one.run, transfer=one.transfer, attempt=one.attempt + 1
                ),
                amount_cents=settled[one.transfer],
                state="sent",
            )
            for one in self.payments_in(file)
            if settled[one.transfer]
        ]


def read_runs(connection: Connection, *, run: int | None = None) -> list[Run]:
    """Return one run or all of them, newest first."""
    settlements = _grouped(_read(connection, Settlement, payout_tables.payout_settlement, run))
    payments = _grouped(_read(connection, Payment, payout_tables.payout_payment, run))
    transfers: dict[int, list[Transfer]] = {}
    for row in _rows(connection, payout_tables.payout_transfer, run):
        key = (row.run, row.transfer)
        transfers.setdefault(row.run, []).append(
            # Where rows were taken away, what is left is read all the same, so that it can be told what is missing.
            Transfer(*key, row.merchant, tuple(settlements.get(key, ())), tuple(payments.get(key, ())))
        )
    left_out: dict[int, list[LeftOut]] = {}
    # A shop stays its merchant's, whatever account that has.
    whose = (tables.shop.c.shop, tables.shop.c.merchant)
    merchants = {row.shop: row.merchant for row in connection.execute(select(*whose))}
    for row in _rows(connection, payout_tables.payout_left_out, run):
        left_out.setdefault(row.run, []).append(
            LeftOut(row.programme, row.shop, row.owed_cents, merchants.get(row.shop))
        )
    files: dict[int, list[File]] = {}
    for one in _read(connection, File, payout_tables.payout_file, run):
        files.setdefault(one.run, []).append(one)
    return [
        Run(
            **{name: value for name, value in row._mapping.items() if name != "open"},
            transfers=tuple(transfers.get(row.run, ())),
            left_out=tuple(left_out.get(row.run, ())),
            files=tuple(files.get(row.run, ())),
        )
        for row in reversed(list(_rows(connection, payout_tables.payout_run, run)))
    ]


def staff_names(connection: Connection) -> dict[int, str]:
    """Return the names of all staff by number."""
    rows = connection.execute(select(staff_tables.staff.c.staff, staff_tables.staff.c.name))
    return {row.staff: row.name for row in rows}


def _rows(connection: Connection, table: Table, run: int | None) -> Iterable[Any]:
    found = select(table).order_by(*table.primary_key.columns)
    return connection.execute(found if run is None else found.where(table.c.run == run)).all()


def _read(connection: Connection, kind: type[Any], table: Table, run: int | None) -> list[Any]:
    # Not the bytes of every file.
    names = [field.name for field in fields(kind)]
    found = select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
    rows = connection.execute(found if run is None else found.where(table.c.run == run))
    return [kind(**row._mapping) for row in rows]


def _grouped(rows: Iterable[Any]) -> dict[tuple[int, int], list[Any]]:
    found: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        found.setdefault((row.run, row.transfer), []).append(row)
    return found
