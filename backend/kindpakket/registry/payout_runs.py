# SPDX-License-Identifier: EUPL-1.2
"""Payout runs in the registry: what is paid to whom for which settlements, and the files for the bank. Euro cents.

What must happen together is one transaction here; what the chain does stands between two of them.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, union, update

from kindpakket.bank import references
from kindpakket.databases import Database
from kindpakket.errors import PayoutRunDecided, PayoutRunOpen, PayoutRunUnknown, SamePerson

from . import payout_tables, tables
from .payout_rows import LeftOut, NewTransfer, Payee, Run, read_runs
from .staff import APPROVER, require_role


class PayoutRuns:
    """All runs."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def payees(self) -> dict[int, Payee]:
        """Return who is paid for each shop of the register."""
        shops, merchants = tables.shop, tables.merchant
        with self._database.read() as connection:
            rows = connection.execute(
                select(shops.c.shop, merchants.c.merchant, merchants.c.name, merchants.c.iban).join(
                    merchants, shops.c.merchant == merchants.c.merchant
                )
            )
            return {row.shop: Payee(merchant=row.merchant, name=row.name, iban=row.iban) for row in rows}

    def runs(self) -> list[Run]:
        """Return all runs, newest first."""
        with self._database.read() as connection:
            return read_runs(connection)

    def run(self, run: int) -> Run:
        """Return one run.

        Raises:
            PayoutRunUnknown: There is no such run.
        """
        with self._database.read() as connection:
            return _known_run(connection, run)

    def prepared_count(self) -> int:
        """Return how many runs wait for somebody to approve or cancel them."""
        runs = payout_tables.payout_run
        waiting = (
            select(func.count())
            .select_from(runs)
            .where(runs.c.approved_at.is_(None), runs.c.cancelled_at.is_(None))
        )
        with self._database.read() as connection:
            return connection.execute(waiting).scalar_one()

    def unfinished(self) -> list[int]:
        """Return the runs that wait for the chain: approved and not settled, or with a file to be anchored."""
        runs, files = payout_tables.payout_run, payout_tables.payout_file
        waiting = union(
            select(runs.c.run).where(runs.c.approved_at.is_not(None), runs.c.settled_at.is_(None)),
            select(files.c.run).where(files.c.anchored_block.is_(None), files.c.withdrawn_at.is_(None)),
        )
        with self._database.read() as connection:
            return sorted(connection.execute(waiting).scalars())

    def prepare(
        self,
        transfers: Sequence[NewTransfer],
        left_out: Sequence[LeftOut],
        *,
        programme: int | None,
        staff: int,
        at: int,
        block: int,
        is_taken: Callable[[int], bool] = lambda _run: False,
    ) -> int:
        """Write a run down with its amounts and accounts, which stay as they are; return its number.

        Args:
            transfers: What it pays.
            left_out: To whom it pays nothing.
            programme: The only one that it pays for; None for all.
            staff: Who prepared it.
            at: When.
            block: The chain's newest block then.
            is_taken: Whether the chain knows settlements of a run that the register lacks, as one that was restored
                may; its number is not given again.

        Raises:
            PayoutRunOpen: Another run is open.
        """
        runs = payout_tables.payout_run
        with self._database.write() as connection:
            other = connection.execute(select(runs.c.run).where(runs.c.open == 1)).scalar_one_or_none()
            if other is not None:
                raise PayoutRunOpen(run=other)
            highest = connection.execute(select(func.coalesce(func.max(runs.c.run), 0))).scalar_one()
            run: int = next(number for number in itertools.count(highest + 1) if not is_taken(number))
            connection.execute(
                insert(runs).values(
                    run=run,
                    programme=programme,
                    prepared_by=staff,
                    prepared_at=at,
                    prepared_block=block,
                    open=1,
                )
            )
            for transfer, new in enumerate(transfers, start=1):
                _write_transfer(connection, run, transfer, new, staff=staff)
            if left_out:
                connection.execute(
                    insert(payout_tables.payout_left_out),
                    [
                        {
                            "run": run,
                            "programme": one.programme,
                            "shop": one.shop,
                            "owed_cents": one.owed_cents,
                        }
                        for one in left_out
                    ],
                )
        return run

    def cancel(self, run: int, *, staff: int, at: int) -> None:
        """Let go of a run that nobody approved.

        Raises:
            PayoutRunUnknown: There is no such run.
            PayoutRunDecided: It was approved or cancelled before.
        """
        with self._database.write() as connection:
            _refuse_decided(_known_run(connection, run))
            _set_run(connection, run, cancelled_by=staff, cancelled_at=at, open=None)
            _set_proposed(connection, run, state="withdrawn", live=None)

    def approve(self, run: int, *, staff: int, at: int, content: bytes) -> None:
        """Approve a run and keep the exact bytes for the bank with their hash, both or neither.

        Raises:
            PayoutRunUnknown: There is no such run.
            PayoutRunDecided: It was approved or cancelled before.
            SamePerson: The one who prepared it.
            SignInRequired, RoleRequired: They may not approve any more.
        """
        with self._database.write() as connection:
            require_role(connection, staff, APPROVER)
            found = _known_run(connection, run)
            _refuse_decided(found)
            if found.prepared_by == staff:
                raise SamePerson
            file = add_file(connection, run, content, at=at)
            _set_run(connection, run, approved_by=staff, approved_at=at)
            _set_proposed(connection, run, state="sent", approved_by=staff, file=file)

    def mark_anchored(self, run: int, file: int, *, block: int) -> None:
        """Note in which block the hash of a file stands."""
        table = payout_tables.payout_file
        with self._database.write() as connection:
            connection.execute(
                update(table).where(table.c.run == run, table.c.file == file).values(anchored_block=block)
            )

    def mark_on_chain(self, blocks: dict[bytes, int]) -> None:
        """Note in which blocks settlements stand, by their payment references."""
        table = payout_tables.payout_settlement
        with self._database.write() as connection:
            for reference, block in blocks.items():
                connection.execute(
                    update(table).where(table.c.payment_reference == reference).values(block=block)
                )

    def last_block(self) -> int:
        """Return the last block with a settlement or a file's hash that was noted; 0 for none."""
        noted = (payout_tables.payout_settlement.c.block, payout_tables.payout_file.c.anchored_block)
        with self._database.read() as connection:
            return max(
                int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one())
                for column in noted
            )

    def payment_references(self) -> set[bytes]:
        """Return the references of all settlements of all runs."""
        with self._database.read() as connection:
            rows = connection.execute(select(payout_tables.payout_settlement.c.payment_reference))
            return {bytes(reference) for reference in rows.scalars()}

    def transfer_references(self, payment_references: Iterable[bytes]) -> dict[bytes, str]:
        """Return under which name the bank knows settlements, by their payment references; those of runs only."""
        table = payout_tables.payout_settlement
        asked = table.c.payment_reference.in_(list(payment_references))
        with self._database.read() as connection:
            rows = connection.execute(
                select(table.c.payment_reference, table.c.run, table.c.transfer).where(asked)
            )
            return {
                bytes(row.payment_reference): references.transfer_reference(
                    run=row.run, transfer=row.transfer
                )
                for row in rows
            }

    def mark_refused(self, payment_reference: bytes, *, at: int) -> None:
        """Note that the contract refused a settlement: its money is free for another run."""
        table = payout_tables.payout_settlement
        with self._database.write() as connection:
            connection.execute(
                update(table)
                .where(table.c.payment_reference == payment_reference, table.c.block.is_(None))
                .values(refused_at=at)
            )

    def replace_file(self, run: int, file: int, *, content: bytes | None, at: int) -> None:
        """Withdraw a file that could not leave, and put one with what was settled in its place.

        Each payment of it is made anew for what was settled of its transfer. `content` is None when nothing was.
        """
        files, payments = payout_tables.payout_file, payout_tables.payout_payment
        with self._database.write() as connection:
            found = _known_run(connection, run)
            connection.execute(
                update(files).where(files.c.run == run, files.c.file == file).values(withdrawn_at=at)
            )
            of_file = (payments.c.run == run, payments.c.file == file)
            connection.execute(update(payments).where(*of_file).values(state="withdrawn", live=None))
            if content is None:
                return
            new_file = add_file(connection, run, content, at=at)
            for one in found.payments_again(file):
                values = {name: getattr(one, name) for name in _PAYMENT_VALUES}
                connection.execute(insert(payments).values(**values, live=1, file=new_file))

    def finish(self, run: int, *, at: int) -> None:
        """Note that all settlements of a run are on the chain, or refused by it; another run may begin."""
        with self._database.write() as connection:
            _set_run(connection, run, settled_at=at, open=None)

    def content(self, run: int, file: int) -> bytes:
        """Return the bytes of a file that is there."""
        table = payout_tables.payout_file
        with self._database.read() as connection:
            return bytes(
                connection.execute(
                    select(table.c.content).where(table.c.run == run, table.c.file == file)
                ).scalar_one()
            )


_PAYMENT_VALUES = (
    *("run", "transfer", "attempt", "end_to_end_id", "name", "iban"),
    *("amount_cents", "state", "proposed_by", "approved_by"),
)


def add_file(connection: Connection, run: int, content: bytes, *, at: int) -> int:
    """Keep the exact bytes of a run's next file; return its number in the run."""
    table = payout_tables.payout_file
    file = len(connection.execute(select(table.c.file).where(table.c.run == run)).all()) + 1
    connection.execute(
        insert(table).values(
            run=run, file=file, content=content, sha256=hashlib.sha256(content).digest(), made_at=at
        )
    )
    return file


def _known_run(connection: Connection, run: int) -> Run:
    found = read_runs(connection, run=run)
    if not found:
        raise PayoutRunUnknown(run=run)
    return found[0]


def _refuse_decided(run: Run) -> None:
    if run.state != "prepared":
        raise PayoutRunDecided(run=run.run)


def _write_transfer(connection: Connection, run: int, transfer: int, new: NewTransfer, *, staff: int) -> None:
    connection.execute(
        insert(payout_tables.payout_transfer).values(run=run, transfer=transfer, merchant=new.payee.merchant)
    )
    connection.execute(
        insert(payout_tables.payout_settlement),
        [
            {
                "run": run,
                "transfer": transfer,
                "programme": one.programme,
                "shop": one.shop,
                "amount_cents": one.amount_cents,
                "payment_reference": references.payment_reference(
                    run=run, transfer=transfer, programme=one.programme, shop=one.shop
                ),
            }
            for one in new.settlements
        ],
    )
    connection.execute(
        insert(payout_tables.payout_payment).values(
            run=run,
            transfer=transfer,
            attempt=1,
            end_to_end_id=references.end_to_end_id(run=run, transfer=transfer, attempt=1),
            name=new.payee.name,
            iban=new.payee.iban,
            amount_cents=new.amount_cents,
            state="proposed",
            live=1,
            proposed_by=staff,
        )
    )


def _set_run(connection: Connection, run: int, **values: Any) -> None:
    table = payout_tables.payout_run
    connection.execute(update(table).where(table.c.run == run).values(**values))


def _set_proposed(connection: Connection, run: int, **values: Any) -> None:
    table = payout_tables.payout_payment
    of_run = (table.c.run == run, table.c.state == "proposed")
    connection.execute(update(table).where(*of_run).values(**values))
