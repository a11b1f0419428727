# SPDX-License-Identifier: EUPL-1.2
"""Members of staff in the registry: invited, given roles, removed. Their number stays theirs, and what they did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import LastAdministrator, StaffNameTaken, StaffUnknown

from . import staff_tables
from .passkeys import forget_passkeys
from .staff import admit, roles_of
from .staff_log import Action, Author, append
from .work_accounts import untie_work_accounts

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff.

    Attributes:
        passkey_count: With how many passkeys they can sign in.
        invited_until: A link for them was made that nobody used yet, and works until then.
    """

    staff: int
    name: str
    roles: frozenset[str]
    passkey_count: int
    invited_until: int | None


class Members:
    """The members of staff."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def all(self, *, now: int) -> list[Member]:
        """Return all who are members now, by number."""
        table = staff_tables.staff
        with self._database.read() as connection:
            numbers = connection.execute(
                select(table.c.staff).where(table.c.removed_at.is_(None)).order_by(table.c.staff)
            ).scalars()
            return [_member(connection, number, now) for number in numbers]

    def member(self, staff: int, *, now: int) -> Member:
        """Return a member of staff.

        Raises:
            StaffUnknown: There is none of this number now.
        """
        with self._database.read() as connection:
            _require_member(connection, staff)
            return _member(connection, staff, now)

    def invite(
        self, name: str, *, roles: Iterable[str], code_hash: bytes, ends_at: int, by: Author, at: int
    ) -> int:
        """Make someone a member, who can sign in with this code, once, before `ends_at`; return their number.

        Raises:
            StaffNameTaken: There is a member of this name.
        """
        table = staff_tables.staff
        with self._database.write() as connection:
            taken = select(table.c.staff).where(table.c.name == name, table.c.removed_at.is_(None))
            if connection.execute(taken).first() is not None:
                raise StaffNameTaken
            staff = admit(connection, name, roles)
            _add_code(connection, staff, code_hash, ends_at)
            _log(connection, by, at, Action.MEMBER_INVITED, staff)
            return staff

    def change_roles(self, staff: int, roles: Iterable[str], *, by: Author, at: int) -> None:
        """Give a member these roles and no others.

        Raises:
            StaffUnknown: There is no such member.
            LastAdministrator: Nobody would be one any more.
        """
        table = staff_tables.staff_role
        with self._database.write() as connection:
            _require_member(connection, staff)
            connection.execute(delete(table).where(table.c.staff == staff))
            connection.execute(insert(table), [{"staff": staff, "role": role} for role in sorted(set(roles))])
            _require_an_administrator(connection)
            _log(connection, by, at, Action.ROLES_CHANGED, staff)

    def renew_code(self, staff: int, *, code_hash: bytes, ends_at: int, by: Author, at: int) -> None:
        """Let a member sign in anew with this code, once, before `ends_at`; no other way in is left.

        Raises:
            StaffUnknown: There is no such member.
        """
        with self._database.write() as connection:
            _require_member(connection, staff)
            _close_ways_in(connection, staff, at=at)
            _add_code(connection, staff, code_hash, ends_at)
            _log(connection, by, at, Action.LINK_RENEWED, staff)

    def remove(self, staff: int, *, by: Author, at: int) -> None:
        """Make someone no member any more, from this moment on.

        Raises:
            StaffUnknown: There is no such member.
            LastAdministrator: Nobody would be one any more.
        """
        with self._database.write() as connection:
            _require_member(connection, staff)
            _close_ways_in(connection, staff, at=at)
            connection.execute(
                delete(staff_tables.staff_role).where(staff_tables.staff_role.c.staff == staff)
            )
            connection.execute(
                update(staff_tables.staff).where(staff_tables.staff.c.staff == staff).values(removed_at=at)
            )
            _require_an_administrator(connection)
            _log(connection, by, at, Action.MEMBER_REMOVED, staff)


def _member(connection: Connection, staff: int, now: int) -> Member:
    codes = staff_tables.sign_in_code
    name = connection.execute(
        select(staff_tables.staff.c.name).where(staff_tables.staff.c.staff == staff)
    ).scalar_one()
    invited_until = connection.execute(
        select(func.max(codes.c.ends_at)).where(
            codes.c.staff == staff, codes.c.used_at.is_(None), codes.c.ends_at > now
        )
    ).scalar_one()
    passkey_count = connection.execute(
        select(func.count()).select_from(staff_tables.passkey).where(staff_tables.passkey.c.staff == staff)
    ).scalar_one()
    return Member(
        staff=staff,
        name=name,
        roles=roles_of(connection, staff),
        passkey_count=passkey_count,
        invited_until=invited_until,
    )


def _require_member(connection: Connection, staff: int) -> None:
    table = staff_tables.staff
    found = select(table.c.staff).where(table.c.staff == staff, table.c.removed_at.is_(None))
    if connection.execute(found).first() is None:
        raise StaffUnknown


def _require_an_administrator(connection: Connection) -> None:
    administrators = select(staff_tables.staff_role.c.staff).where(
        staff_tables.staff_role.c.role == ADMINISTRATOR
    )
    if connection.execute(administrators).first() is None:
        raise LastAdministrator


def _add_code(connection: Connection, staff: int, code_hash: bytes, ends_at: int) -> None:
    connection.execute(
        insert(staff_tables.sign_in_code).values(code_hash=code_hash, staff=staff, ends_at=ends_at)
    )


def _close_ways_in(connection: Connection, staff: int, *, at: int) -> None:
    """End a member's sessions, remove codes and passkeys with which they could sign in, and untie work accounts."""
    forget_passkeys(connection, staff)
    untie_work_accounts(connection, staff, at=at)
    codes, sessions = staff_tables.sign_in_code, staff_tables.staff_session
    connection.execute(delete(sessions).where(sessions.c.staff == staff))
    connection.execute(delete(codes).where(codes.c.staff == staff, codes.c.used_at.is_(None)))


def _log(connection: Connection, by: Author, at: int, action: Action, staff: int) -> None:
    """Write down what was done to a member, with the roles that they have now."""
    roles = ",".join(sorted(roles_of(connection, staff)))
    about = f"staff={staff} roles={roles}" if roles else f"staff={staff}"
    append(connection, by=by, at=at, action=action, about=about)
