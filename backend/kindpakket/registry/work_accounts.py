# SPDX-License-Identifier: EUPL-1.2
"""Work accounts in the registry: which member's an account at the provider is, as a hash of its number.

An account that was untied opens nothing, and stays its member's: the same person, under another name, cannot take it
along to be a second member with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import WorkAccountInvalid, WorkAccountUnknown

from . import staff_tables
from .staff import MEMBERS_NOW, StaffSession, open_session, require_session
from .staff_log import Action, Author, append


@dataclass(frozen=True, slots=True)
class WorkAccount:
    """A work account of a member of staff."""

    account: int
    staff: int
    added_at: int
    used_at: int | None


class WorkAccounts:
    """The work accounts of the municipality's staff."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def of_member(self, staff: int) -> list[WorkAccount]:
        """Return a member's work accounts, oldest first."""
        table = staff_tables.work_account
        columns = (table.c.account, table.c.staff, table.c.added_at, table.c.used_at)
        with self._database.read() as connection:
            rows = connection.execute(
                select(*columns)
                .where(table.c.staff == staff, table.c.untied_at.is_(None))
                .order_by(table.c.account)
            )
            return [WorkAccount(**row._mapping) for row in rows]

    def add(self, account_hash: bytes, *, staff: int, session_hash: bytes, by: Author, at: int) -> None:
        """Tie an account to a member whose session is open; the same again changes nothing.

        Raises:
            SignInRequired: The session ended while the provider was asked.
            WorkAccountInvalid: It is another member's, or was.
        """
        table = staff_tables.work_account
        with self._database.write() as connection:
            require_session(connection, session_hash, staff=staff, now=at)
            known = connection.execute(
                select(table).where(table.c.account_hash == account_hash)
            ).one_or_none()
            if known is not None and known.staff != staff:
                raise WorkAccountInvalid
            if known is not None and known.untied_at is None:
                return
            tied = (
                insert(table).values(account_hash=account_hash, staff=staff, added_at=at)
                if known is None
                else update(table)
                .where(table.c.account == known.account)
                .values(added_at=at, used_at=None, untied_at=None)
            )
            added = connection.execute(tied.returning(table.c.account)).scalar_one()
            about = f"staff={staff} account={added}"
            append(connection, by=by, at=at, action=Action.WORK_ACCOUNT_TIED, about=about)

    def remove(self, account: int, *, staff: int, by: Author, at: int) -> None:
        """Untie an account from a member.

        Raises:
            WorkAccountUnknown: The member has no such account.
        """
        table = staff_tables.work_account
        with self._database.write() as connection:
            removed = connection.execute(
                update(table)
                .where(table.c.account == account, table.c.staff == staff, table.c.untied_at.is_(None))
                .values(untied_at=at)
            )
            if not removed.rowcount:
                raise WorkAccountUnknown
            about = f"staff={staff} account={account}"
            append(connection, by=by, at=at, action=Action.WORK_ACCOUNT_REMOVED, about=about)

    def sign_in(
        self, account_hash: bytes, *, token_hash: bytes, csrf: str, now: int, ends_at: int
    ) -> StaffSession:
        """Open a session until `ends_at` for the member whose account it is.

        Raises:
            WorkAccountInvalid: It is nobody's, or of someone who was removed.
        """
        table = staff_tables.work_account
        with self._database.write() as connection:
            staff = connection.execute(
                update(table)
                .where(
                    table.c.account_hash == account_hash,
                    table.c.untied_at.is_(None),
                    table.c.staff.in_(MEMBERS_NOW),
                )
                .values(used_at=now)
                .returning(table.c.staff)
            ).scalar_one_or_none()
            if staff is None:
                raise WorkAccountInvalid
            return open_session(
                connection,
                staff,
                with_what="work_account",
                token_hash=token_hash,
                csrf=csrf,
                now=now,
                ends_at=ends_at,
            )


def untie_work_accounts(connection: Connection, staff: int, *, at: int) -> None:
    """Untie all accounts from a member."""
    table = staff_tables.work_account
    connection.execute(
        update(table).where(table.c.staff == staff, table.c.untied_at.is_(None)).values(untied_at=at)
    )
