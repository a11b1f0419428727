# SPDX-License-Identifier: EUPL-1.2
"""Phones in the registry: which vouchers each may read. Known by the hash of their access token only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, insert, select

from kindpakket.databases import Database

from .tables import phone, phone_voucher


class Phones:
    """All phones that activated a letter."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def register(self, token_hash: bytes, vouchers: Sequence[int]) -> None:
        """Let a phone read these vouchers too, and no other phone. The same again changes nothing."""
        if not vouchers:
            return
        with self._database.write() as connection:
            known = connection.execute(select(phone).where(phone.c.token_hash == token_hash)).one_or_none()
            if known is None:
                connection.execute(insert(phone).values(token_hash=token_hash))
            connection.execute(delete(phone_voucher).where(phone_voucher.c.voucher.in_(vouchers)))
            connection.execute(
                insert(phone_voucher),
                [{"voucher": voucher, "token_hash": token_hash} for voucher in vouchers],
            )
            _forget_empty_phones(connection)

    def phone_of(self, voucher: int) -> bytes | None:
        """Return the hash of the token that may read a voucher; None when no phone may."""
        with self._database.read() as connection:
            return connection.execute(
                select(phone_voucher.c.token_hash).where(phone_voucher.c.voucher == voucher)
            ).scalar_one_or_none()

    def vouchers_of(self, token_hash: bytes) -> list[int]:
        """Return the vouchers that a phone may read, by number; none for an unknown phone."""
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(phone_voucher.c.voucher)
                    .where(phone_voucher.c.token_hash == token_hash)
                    .order_by(phone_voucher.c.voucher)
                ).scalars()
            )


def _forget_empty_phones(connection: Connection) -> None:
    has_voucher = exists().where(phone_voucher.c.token_hash == phone.c.token_hash)
    connection.execute(delete(phone).where(~has_voucher))
