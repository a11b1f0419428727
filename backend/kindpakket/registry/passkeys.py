# SPDX-License-Identifier: EUPL-1.2
"""Passkeys in the registry: which member's, what their devices counted, and what devices are asked to sign, once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import PasskeyInvalid, PasskeyUnknown

from . import staff_tables
from .staff import MEMBERS_NOW, StaffSession, open_session, require_session
from .staff_log import Action, Author, append


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a member of staff. `sign_count`: what its device counted last; 0 when it does not count."""

    passkey: int
    staff: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    added_at: int
    used_at: int | None


class Passkeys:
    """The passkeys of the municipality's staff."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def open_challenge(self, challenge: bytes, *, staff: int | None, now: int, ends_at: int) -> None:
        """Write down what a device is asked to sign before `ends_at`: to add a member's passkey, or to sign in."""
        table = staff_tables.passkey_challenge
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.ends_at <= now))
            connection.execute(insert(table).values(challenge=challenge, staff=staff, ends_at=ends_at))

    def use_challenge(self, challenge: bytes, *, staff: int | None, now: int) -> None:
        """Use a challenge up, whatever comes of it.

        Raises:
            PasskeyInvalid: It was not asked of this member, was used or is too old.
        """
        table = staff_tables.passkey_challenge
        with self._database.write() as connection:
            used = connection.execute(
                delete(table).where(table.c.challenge == challenge).returning(table.c.staff, table.c.ends_at)
            ).one_or_none()
        if used is None or used.staff != staff or now >= used.ends_at:
            raise PasskeyInvalid

    def of_member(self, staff: int) -> list[Passkey]:
        """Return a member's passkeys, oldest first."""
        table = staff_tables.passkey
        with self._database.read() as connection:
            rows = connection.execute(select(table).where(table.c.staff == staff).order_by(table.c.passkey))
            return [_passkey(row) for row in rows]

    def by_credential(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey that a device names; None when there is none."""
        table = staff_tables.passkey
        with self._database.read() as connection:
            row = connection.execute(
                select(table).where(table.c.credential_id == credential_id)
            ).one_or_none()
        return None if row is None else _passkey(row)

    def add(
        self,
        *,
        staff: int,
        credential_id: bytes,
        public_key: bytes,
        sign_count: int,
        name: str,
        session_hash: bytes,
        by: Author,
        at: int,
    ) -> int:
        """Add a passkey of a member whose session is open; return its number.

        Raises:
            SignInRequired: The session ended since the request began.
            PasskeyInvalid: It is somebody's already.
        """
        table = staff_tables.passkey
        with self._database.write() as connection:
            require_session(connection, session_hash, staff=staff, now=at)
            known = select(table.c.passkey).where(table.c.credential_id == credential_id)
            if connection.execute(known).first() is not None:
                raise PasskeyInvalid
            added = connection.execute(
                insert(table)
                .values(
                    staff=staff,
                    credential_id=credential_id,
                    public_key=public_key,
                    sign_count=sign_count,
                    name=name,
                    added_at=at,
                )
                .returning(table.c.passkey)
            ).scalar_one()
            append(
                connection,
                by=by,
                at=at,
                action=Action.PASSKEY_ADDED,
                about=f"staff={staff} passkey={added}",
            )
            return int(added)

    def remove(self, passkey: int, *, staff: int, by: Author, at: int) -> None:
        """Remove a passkey of a member.

        Raises:
            PasskeyUnknown: The member has no such passkey.
        """
        table = staff_tables.passkey
        with self._database.write() as connection:
            removed = connection.execute(
                delete(table).where(table.c.passkey == passkey, table.c.staff == staff)
            )
            if not removed.rowcount:
                raise PasskeyUnknown
            append(
                connection,
                by=by,
                at=at,
                action=Action.PASSKEY_REMOVED,
                about=f"staff={staff} passkey={passkey}",
            )

    def sign_in(
        self, passkey: Passkey, *, sign_count: int, token_hash: bytes, csrf: str, now: int, ends_at: int
    ) -> StaffSession:
        """Open a session until `ends_at` for who has this passkey, whose device counted on to `sign_count`.

        Raises:
            PasskeyInvalid: It was removed or used since it was read, or is of someone who was removed.
        """
        table = staff_tables.passkey
        with self._database.write() as connection:
            counted = connection.execute(
                update(table)
                .where(
                    table.c.passkey == passkey.passkey,
                    table.c.sign_count == passkey.sign_count,
                    table.c.staff.in_(MEMBERS_NOW),
                )
                .values(sign_count=sign_count, used_at=now)
            )
            if not counted.rowcount:
                raise PasskeyInvalid
            return open_session(
                connection,
                passkey.staff,
                with_what="passkey",
                token_hash=token_hash,
                csrf=csrf,
                now=now,
                ends_at=ends_at,
            )


def forget_passkeys(connection: Connection, staff: int) -> None:
    """Remove all passkeys of a member, and what their devices were asked."""
    for table in (staff_tables.passkey, staff_tables.passkey_challenge):
        connection.execute(delete(table).where(table.c.staff == staff))


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    return Passkey(**row._mapping)
