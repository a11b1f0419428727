# SPDX-License-Identifier: EUPL-1.2
"""Tills in the registry after they joined: when they were seen, their removal, and why they gave something back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import delete, insert, select, update

from kindpakket.databases import Database

from . import tables
from .pairing_codes import end_codes_of
from .shops import Till, read_till

RefundReason = Literal["returned", "mistake", "price", "other"]

ReasonKey = tuple[bytes, int, str]
"""The payment, what was left of it, and the till that asked."""

_IDS_AT_ONCE = 500


class Tills:
    """All tills, and what they said."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def note_seen(self, till: str, *, at: int) -> None:
        """Write down that a till asked something."""
        table = tables.till
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.till == till).values(last_seen_at=at))

    def was_removed(self, token_hash: bytes) -> bool:
        """Return whether this is the token of a till that was removed."""
        table = tables.removed_till_token
        with self._database.read() as connection:
            found = connection.execute(select(table.c.token_hash).where(table.c.token_hash == token_hash))
            return found.first() is not None

    def remove(self, till: str, *, shop: int, now: int) -> Till | None:
        """End a shop's till, its token and its code; return it. The same again changes nothing. None: not this shop's.

        With the shop's last owner's till its open codes end too.
        """
        table = tables.till
        with self._database.write() as connection:
            known = connection.execute(
                select(table).where(table.c.till == till, table.c.shop == shop)
            ).one_or_none()
            if known is None:
                return None
            if known.removed_at is not None:
                return read_till(known)
            ended = tables.removed_till_token
            connection.execute(delete(ended).where(ended.c.token_hash == known.token_hash))
            connection.execute(insert(ended).values(token_hash=known.token_hash, removed_at=now))
            removed = read_till(
                connection.execute(
                    update(table)
                    .where(table.c.till == till)
                    .values(token_hash=None, removed_at=now)
                    .returning(table)
                ).one()
            )
            end_codes_of(connection, till, shop=shop)
            return removed

    def removed(self) -> list[Till]:
        """Return the tills that were removed, by address."""
        table = tables.till
        with self._database.read() as connection:
            rows = connection.execute(
                select(table).where(table.c.removed_at.is_not(None)).order_by(table.c.till)
            )
            return [read_till(row) for row in rows]

    def keep_reason(self, key: ReasonKey, reason: RefundReason, *, now: int) -> None:
        """Keep why a till asks to give something back; the last word counts."""
        table = tables.refund_reason
        ticket_id, remaining_cents, till = key
        same = (
            table.c.ticket_id == ticket_id,
            table.c.remaining_cents == remaining_cents,
            table.c.till == till,
        )
        with self._database.write() as connection:
            connection.execute(delete(table).where(*same))
            connection.execute(
                insert(table).values(
                    ticket_id=ticket_id,
                    remaining_cents=remaining_cents,
                    till=till,
                    reason=reason,
                    asked_at=now,
                )
            )

    def reasons_of(self, ticket_ids: Sequence[bytes]) -> dict[ReasonKey, RefundReason]:
        """Return the reasons that were given for refunds of these payments."""
        table = tables.refund_reason
        found: dict[ReasonKey, RefundReason] = {}
        with self._database.read() as connection:
            for start in range(0, len(ticket_ids), _IDS_AT_ONCE):
                rows = connection.execute(
                    select(table).where(table.c.ticket_id.in_(ticket_ids[start : start + _IDS_AT_ONCE]))
                )
                found |= {(row.ticket_id, row.remaining_cents, row.till): row.reason for row in rows}
        return found
