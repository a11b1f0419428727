# SPDX-License-Identifier: EUPL-1.2
"""Staff in the registry: who they are, what they may do, their codes that work once, their sessions that end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import RoleRequired, SignInCodeInvalid, SignInRequired

from . import staff_tables
from .staff_log import Action, Author, append

APPROVER = "approver"

MEMBERS_NOW = select(staff_tables.staff.c.staff).where(staff_tables.staff.c.removed_at.is_(None))
"""The numbers of who is a member, for the condition of a statement."""


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A session that is open until `ends_at`: whose, and what they may do now. `csrf` must come with each form.

    `by_operator`: it was opened with a link of whoever runs the server. `has_work_account`: one is tied to them now.
    """

    staff: int
    name: str
    roles: frozenset[str]
    ends_at: int
    csrf: str
    by_operator: bool
    has_work_account: bool


class Staff:
    """The municipality's staff."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def anyone(self) -> bool:
        """Return whether there is any member of staff."""
        with self._database.read() as connection:
            return connection.execute(select(staff_tables.staff.c.staff).limit(1)).first() is not None

    def ensure_member(self, name: str, *, roles: Iterable[str]) -> int:
        """Return the number of the member of staff of this name.

        Who is not there yet, or was removed, becomes a member with these roles; a member keeps their own.
        """
        table = staff_tables.staff
        with self._database.write() as connection:
            known = connection.execute(select(table).where(table.c.name == name)).one_or_none()
            if known is not None and known.removed_at is None:
                return int(known.staff)
            return admit(connection, name, roles)

    def create_sign_in_code(self, code_hash: bytes, *, staff: int, ends_at: int, by: Author, at: int) -> None:
        """Let a member of staff sign in with this code of whoever runs the server, once, before `ends_at`."""
        with self._database.write() as connection:
            connection.execute(
                insert(staff_tables.sign_in_code).values(
                    code_hash=code_hash, staff=staff, ends_at=ends_at, by_operator=True
                )
            )
            append(connection, by=by, at=at, action=Action.LINK_MADE, about=f"staff={staff}")

    def sign_in(
        self, code_hash: bytes, *, token_hash: bytes, csrf: str, now: int, ends_at: int
    ) -> StaffSession:
        """Open a session until `ends_at` and use the code up; return the session.

        Raises:
            SignInCodeInvalid: The code is unknown, used or too old, or of someone who was removed.
        """
        codes = staff_tables.sign_in_code
        with self._database.write() as connection:
            code = connection.execute(
                select(codes).where(codes.c.code_hash == code_hash, codes.c.staff.in_(MEMBERS_NOW))
            ).one_or_none()
            if code is None or code.used_at is not None or now >= code.ends_at:
                raise SignInCodeInvalid
            connection.execute(update(codes).where(codes.c.code_hash == code_hash).values(used_at=now))
            return open_session(
                connection,
                code.staff,
                with_what="link",
                token_hash=token_hash,
                csrf=csrf,
                now=now,
                ends_at=ends_at,
                by_operator=code.by_operator,
            )

    def session(self, token_hash: bytes, *, now: int) -> StaffSession | None:
        """Return the session that a token opens; None when there is none or it ended."""
        sessions = staff_tables.staff_session
        with self._database.read() as connection:
            row = connection.execute(
                select(sessions).where(sessions.c.token_hash == token_hash, sessions.c.ends_at > now)
            ).one_or_none()
            return None if row is None else _session(connection, row)

    def end_session(self, token_hash: bytes) -> None:
        """End a session; nothing happens when there is none."""
        with self._database.write() as connection:
            connection.execute(
                delete(staff_tables.staff_session).where(
                    staff_tables.staff_session.c.token_hash == token_hash
                )
            )


def admit(connection: Connection, name: str, roles: Iterable[str]) -> int:
    """Make someone who is no member one, with these roles; return their number, the former one for who comes back."""
    table = staff_tables.staff
    number = connection.execute(
        update(table).where(table.c.name == name).values(removed_at=None).returning(table.c.staff)
    ).scalar_one_or_none()
    if number is None:
        number = connection.execute(insert(table).values(name=name).returning(table.c.staff)).scalar_one()
    connection.execute(
        insert(staff_tables.staff_role), [{"staff": number, "role": role} for role in sorted(set(roles))]
    )
    return int(number)


def open_session(
    connection: Connection,
    staff: int,
    *,
    with_what: str,
    token_hash: bytes,
    csrf: str,
    now: int,
    ends_at: int,
    by_operator: bool = False,
) -> StaffSession:
    """Open a session of a member of staff until `ends_at`, by `with_what` they have, and forget all that ended."""
    sessions = staff_tables.staff_session
    connection.execute(delete(sessions).where(sessions.c.ends_at <= now))
    row = connection.execute(
        insert(sessions)
        .values(token_hash=token_hash, staff=staff, ends_at=ends_at, csrf=csrf, by_operator=by_operator)
        .returning(sessions)
    ).one()
    opened = _session(connection, row)
    append(
        connection,
        by=Author(staff=staff, name=opened.name),
        at=now,
        action=Action.SIGNED_IN,
        about=f"staff={staff}",
        reason=with_what,
    )
    return opened


def require_session(connection: Connection, token_hash: bytes, *, staff: int, now: int) -> None:
    """Go on only for a member whose session with this token is still open, in the transaction that acts for them.

    Raises:
        SignInRequired: They were removed or got a new link since the request began, or signed out.
    """
    sessions = staff_tables.staff_session
    is_open = select(sessions.c.staff).where(
        sessions.c.token_hash == token_hash,
        sessions.c.staff == staff,
        sessions.c.staff.in_(MEMBERS_NOW),
        sessions.c.ends_at > now,
    )
    if connection.execute(is_open).first() is None:
        raise SignInRequired


def require_role(connection: Connection, staff: int, role: str) -> None:
    """Go on only for a member who still has this role, in the transaction that acts for them.

    Raises:
        SignInRequired: They were removed since the request began.
        RoleRequired: The role was taken away since the request began.
    """
    if connection.execute(MEMBERS_NOW.where(staff_tables.staff.c.staff == staff)).first() is None:
        raise SignInRequired
    if role not in roles_of(connection, staff):
        raise RoleRequired(roles=[role])


def roles_of(connection: Connection, staff: int) -> frozenset[str]:
    """Return what a member of staff may do."""
    table = staff_tables.staff_role
    return frozenset(connection.execute(select(table.c.role).where(table.c.staff == staff)).scalars())


def _session(connection: Connection, row: Row[Any]) -> StaffSession:
    staff, accounts = staff_tables.staff, staff_tables.work_account
    name = connection.execute(select(staff.c.name).where(staff.c.staff == row.staff)).scalar_one()
    tied = exists().where(accounts.c.staff == row.staff, accounts.c.untied_at.is_(None))
    return StaffSession(
        staff=row.staff,
        name=name,
        roles=roles_of(connection, row.staff),
        ends_at=row.ends_at,
        csrf=row.csrf,
        by_operator=row.by_operator,
        has_work_account=bool(connection.execute(select(tied)).scalar_one()),
    )
