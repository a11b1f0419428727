# SPDX-License-Identifier: EUPL-1.2
"""Audit keys in the registry: made, listed, taken back; each change is in the log of staff, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from kindpakket.databases import Database

from .audit_key_tables import audit_key
from .staff_log import Action, Author, append


@dataclass(frozen=True, slots=True)
class AuditKey:
    """A key with which somebody outside may read the chain until `ends_at`."""

    audit_key: int
    name: str
    made_at: int
    ends_at: int


_COLUMNS = (audit_key.c.audit_key, audit_key.c.name, audit_key.c.made_at, audit_key.c.ends_at)


class AuditKeys:
    """Who outside the municipality may read the chain."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def add(self, token_hash: bytes, *, name: str, ends_at: int, by: Author, at: int) -> AuditKey:
        """Keep a new key."""
        with self._database.write() as connection:
            number = connection.execute(
                insert(audit_key)
                .values(token_hash=token_hash, name=name, made_at=at, ends_at=ends_at)
                .returning(audit_key.c.audit_key)
            ).scalar_one()
            append(connection, by=by, at=at, action=Action.AUDIT_KEY_MADE, about=f"audit_key={number}")
        return AuditKey(audit_key=number, name=name, made_at=at, ends_at=ends_at)

    def end(self, number: int, *, by: Author, at: int) -> AuditKey | None:
        """Let a key end now; None when there is none. One that ended before changes nothing."""
        with self._database.write() as connection:
            row = connection.execute(select(*_COLUMNS).where(audit_key.c.audit_key == number)).one_or_none()
            if row is None:
                return None
            ended = AuditKey(**(dict(row._mapping) | {"ends_at": min(row.ends_at, max(at, row.made_at))}))
            if ended.ends_at < row.ends_at:
                connection.execute(
                    update(audit_key).where(audit_key.c.audit_key == number).values(ends_at=ended.ends_at)
                )
                append(connection, by=by, at=at, action=Action.AUDIT_KEY_ENDED, about=f"audit_key={number}")
        return ended

    def all(self) -> list[AuditKey]:
        """Return every key there ever was, by number."""
        with self._database.read() as connection:
            rows = connection.execute(select(*_COLUMNS).order_by(audit_key.c.audit_key))
            return [AuditKey(**row._mapping) for row in rows]

    def by_token(self, token_hash: bytes, *, now: int) -> AuditKey | None:
        """Return the key of a token; None when there is none or it ended."""
        wanted = select(*_COLUMNS).where(audit_key.c.token_hash == token_hash, audit_key.c.ends_at > now)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else AuditKey(**row._mapping)
