# SPDX-License-Identifier: EUPL-1.2
"""Bank payments in the registry: what a statement says of them, and how one that came back is made again.

A payment goes only forward: sent, booked, returned. So the same statement twice changes nothing. One that came back by
a report alone is booked all the same when a statement has it: what the bank booked counts more than what it announced.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from kindpakket.bank import references
from kindpakket.databases import Database
from kindpakket.errors import PayoutRunUnknown, SamePerson, TransferNotReturned

from . import payout_tables
from .bank_differences import BankDifference, add_differences
from .payout_rows import Payment, ReturnedBy, Transfer, read_runs, staff_names
from .payout_runs import add_file
from .staff import APPROVER, require_role

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Booked:
    """The bank paid this. `bank_reference` is empty when it gave no number."""

    end_to_end_id: str
    bank_reference: str
    booked_on: date | None


@dataclass(frozen=True, slots=True)
class Returned:
    """This came back, for this reason of the bank's (empty when it gave none), and what said so."""

    end_to_end_id: str
    return_code: str
    returned_by: ReturnedBy = "statement"


class PayoutPayments:
    """The bank payments of all runs."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def staff_names(self) -> dict[int, str]:
        """Return the names of all staff by number."""
        with self._database.read() as connection:
            return staff_names(connection)

    def find(self, end_to_end_ids: Collection[str]) -> dict[str, Payment]:
        """Return the payments of these ids; one that is not ours is left out."""
        table = payout_tables.payout_payment
        columns = [one for one in table.columns if one.name != "live"]
        wanted = sorted(end_to_end_ids)
        found: dict[str, Payment] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _IDS_AT_ONCE):
                some = table.c.end_to_end_id.in_(wanted[start : start + _IDS_AT_ONCE])
                for row in connection.execute(select(*columns).where(some)):
                    found[row.end_to_end_id] = Payment(**row._mapping)
        return found

    def live(self, payments: Collection[Payment]) -> dict[tuple[int, int], Payment]:
        """Return of the transfers of these payments the ones that did not come back, by run and transfer."""
        table = payout_tables.payout_payment
        columns = [one for one in table.columns if one.name != "live"]
        wanted = sorted({one.run for one in payments})
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(table.c.live == 1, table.c.run.in_(wanted)))
            return {(row.run, row.transfer): Payment(**row._mapping) for row in rows}

    def in_file(self, run: int, file: int) -> list[str]:
        """Return the end-to-end ids of the payments in a file of a run."""
        table = payout_tables.payout_payment
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(table.c.end_to_end_id)
                    .where(table.c.run == run, table.c.file == file)
                    .order_by(table.c.transfer)
                ).scalars()
            )

    def record(
        self,
        sha256: bytes,
        *,
        booked: Sequence[Booked],
        returned: Sequence[Returned],
        paid_after_rejection: Sequence[Booked] = (),
        confirmed: Sequence[Booked] = (),
        differences: Sequence[BankDifference] = (),
        staff: int,
        at: int,
    ) -> None:
        """Write down what a file of the bank says, all or nothing; what is known already stays as it is.

        Args:
            sha256: Of the file.
            booked: What the bank paid.
            returned: What came back.
            paid_after_rejection: What it paid although a report had it rejected. It is booked, and a proposal to pay it
                anew is withdrawn; unless it was sent anew meanwhile.
            confirmed: What a report had rejected and a statement shows to have come back, with its debit.
            differences: What an inspection is to tell.
            staff: Who loaded it.
            at: When.
        """
        table, statements = payout_tables.payout_payment, payout_tables.bank_statement
        with self._database.write() as connection:
            add_differences(connection, differences, staff=staff, at=at)
            for one in paid_after_rejection:
                _book_after_rejection(connection, one)
            for one in booked:
                connection.execute(
                    update(table)
                    .where(table.c.end_to_end_id == one.end_to_end_id, table.c.state == "sent")
                    .values(state="booked", bank_reference=one.bank_reference, booked_on=one.booked_on)
                )
            for back in returned:
                connection.execute(
                    update(table)
                    .where(table.c.end_to_end_id == back.end_to_end_id, table.c.state.in_(("sent", "booked")))
                    .values(
                        state="returned",
                        live=None,
                        return_code=back.return_code,
                        returned_by=back.returned_by,
                    )
                )
            for one in confirmed:
                connection.execute(
                    update(table)
                    .where(table.c.end_to_end_id == one.end_to_end_id, table.c.returned_by == "report")
                    .values(
                        returned_by="statement", bank_reference=one.bank_reference, booked_on=one.booked_on
                    )
                )
            known = select(statements.c.sha256).where(statements.c.sha256 == sha256)
            if connection.execute(known).first() is None:
                connection.execute(
                    insert(statements).values(
                        sha256=sha256,
                        imported_by=staff,
                        imported_at=at,
                        booked_count=len(booked),
                        returned_count=len(returned),
                    )
                )

    def propose_again(self, run: int, transfer: int, *, name: str, iban: str, staff: int) -> None:
        """Propose to pay a transfer that came back once more, to this account; a later proposal takes its place.

        Raises:
            PayoutRunUnknown: There is no such run.
            TransferNotReturned: There is no such transfer, or it did not come back.
        """
        table = payout_tables.payout_payment
        with self._database.write() as connection:
            found = _transfer(connection, run, transfer)
            last = found.newest
            if last.state == "proposed" and last.attempt > 1:
                connection.execute(
                    update(table)
                    .where(table.c.end_to_end_id == last.end_to_end_id)
                    .values(state="withdrawn", live=None)
                )
            elif last.state != "returned":
                raise TransferNotReturned(run=run, transfer=transfer)
            attempt = found.payments[-1].attempt + 1
            connection.execute(
                insert(table).values(
                    run=run,
                    transfer=transfer,
                    attempt=attempt,
                    end_to_end_id=references.end_to_end_id(run=run, transfer=transfer, attempt=attempt),
                    name=name,
                    iban=iban,
                    amount_cents=last.amount_cents,
                    state="proposed",
                    live=1,
                    proposed_by=staff,
                )
            )

    def approve_again(self, payments: Sequence[Payment], *, content: bytes, staff: int, at: int) -> int:
        """Approve proposed payments of one run and keep the bytes of their file, all or nothing; return the file.

        The merchants' own accounts stay what they are: those change by a proposal of their own.

        Raises:
            SamePerson: One who proposed one of them.
            TransferNotReturned: One is not proposed any more.
            SignInRequired, RoleRequired: They may not approve any more.
        """
        table = payout_tables.payout_payment
        run = payments[0].run
        with self._database.write() as connection:
            require_role(connection, staff, APPROVER)
            file = add_file(connection, run, content, at=at)
            for one in payments:
                transfer = _transfer(connection, run, one.transfer)
                if transfer.newest != one or one.state != "proposed":
                    raise TransferNotReturned(run=run, transfer=one.transfer)
                if one.proposed_by == staff:
                    raise SamePerson
                connection.execute(
                    update(table)
                    .where(table.c.end_to_end_id == one.end_to_end_id)
                    .values(state="sent", approved_by=staff, file=file)
                )
        return file


def _book_after_rejection(connection: Connection, one: Booked) -> None:
    table = payout_tables.payout_payment
    of_it = (table.c.end_to_end_id == one.end_to_end_id, table.c.returned_by == "report")
    place = connection.execute(select(table.c.run, table.c.transfer).where(*of_it)).one_or_none()
    if place is None:
        return
    of_transfer = (table.c.run == place.run, table.c.transfer == place.transfer)
    connection.execute(
        update(table).where(*of_transfer, table.c.state == "proposed").values(state="withdrawn", live=None)
    )
    connection.execute(
        update(table).where(*of_it).values(bank_reference=one.bank_reference, booked_on=one.booked_on)
    )
    if connection.execute(select(table.c.attempt).where(*of_transfer, table.c.live == 1)).first() is None:
        connection.execute(
            update(table).where(*of_it).values(state="booked", live=1, return_code=None, returned_by=None)
        )


def _transfer(connection: Connection, run: int, transfer: int) -> Transfer:
    found = read_runs(connection, run=run)
    if not found:
        raise PayoutRunUnknown(run=run)
    for one in found[0].transfers:
        if one.transfer == transfer:
            return one
    raise TransferNotReturned(run=run, transfer=transfer)
