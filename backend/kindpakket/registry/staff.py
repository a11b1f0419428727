# SPDX-License-Identifier: EUPL-1.2
"""Staff in the registry: who they are, their sign-in codes that work once, their sessions that end."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import SignInCodeInvalid

from . import tables


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A session that is open until `ends_at`. `csrf` must come with each form."""

    staff: int
    name: str
    ends_at: int
    csrf: str


class Staff:
    """The municipality's staff."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def anyone(self) -> bool:
        """Return whether there is any member of staff."""
        with self._database.read() as connection:
            return connection.execute(select(tables.staff.c.staff).limit(1)).first() is not None

    def ensure_staff(self, name: str) -> int:
        """Return the number of the member of staff of this name; write them down at first."""
        table = tables.staff
        with self._database.write() as connection:
            known = connection.execute(select(table.c.staff).where(table.c.name == name)).scalar_one_or_none()
            if known is not None:
                return int(known)
            return int(
                connection.execute(insert(table).values(name=name).returning(table.c.staff)).scalar_one()
            )

    def create_sign_in_code(self, code_hash: bytes, *, staff: int, ends_at: int) -> None:
        """Let a member of staff sign in with this code, once, before `ends_at`."""
        with self._database.write() as connection:
            connection.execute(
                insert(tables.sign_in_code).values(code_hash=code_hash, staff=staff, ends_at=ends_at)
            )

    def sign_in(self, code_hash: bytes, *, token_hash: bytes, csrf: str, now: int, ends_at: int) -> str:
        """Open a session until `ends_at` and use the code up; return the name of who signed in.

        Raises:
            SignInCodeInvalid: The code is unknown, used or too old.
        """
        codes, sessions = tables.sign_in_code, tables.staff_session
        with self._database.write() as connection:
            code = connection.execute(
                select(codes.c.staff, codes.c.ends_at, codes.c.used_at, tables.staff.c.name)
                .join(tables.staff, codes.c.staff == tables.staff.c.staff)
                .where(codes.c.code_hash == code_hash)
            ).one_or_none()
            if code is None or code.used_at is not None or now >= code.ends_at:
                raise SignInCodeInvalid
            connection.execute(update(codes).where(codes.c.code_hash == code_hash).values(used_at=now))
            connection.execute(delete(sessions).where(sessions.c.ends_at <= now))
            connection.execute(
                insert(sessions).values(token_hash=token_hash, staff=code.staff, ends_at=ends_at, csrf=csrf)
            )
            return str(code.name)

    def session(self, token_hash: bytes, *, now: int) -> StaffSession | None:
        """Return the session that a token opens; None when there is none or it ended."""
        sessions = tables.staff_session
        with self._database.read() as connection:
            row = connection.execute(
                select(tables.staff.c.staff, tables.staff.c.name, sessions.c.ends_at, sessions.c.csrf)
                .join(tables.staff, sessions.c.staff == tables.staff.c.staff)
                .where(sessions.c.token_hash == token_hash, sessions.c.ends_at > now)
            ).one_or_none()
        return None if row is None else StaffSession(**row._mapping)

    def end_session(self, token_hash: bytes) -> None:
        """End a session; nothing happens when there is none."""
        with self._database.write() as connection:
            connection.execute(
                delete(tables.staff_session).where(tables.staff_session.c.token_hash == token_hash)
            )
