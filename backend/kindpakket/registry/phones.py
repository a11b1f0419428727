# SPDX-License-Identifier: EUPL-1.2
"""Phones in the registry: which vouchers each may read. Known by the hash of their access token only.

A phone that lost its last voucher is forgotten, with its backups; what is kept is since when and why, to tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, exists, insert, select

from kindpakket.databases import Database

from .tables import backup, phone, phone_voucher, retired_phone

Because = Literal["moved", "replaced"]
"""Why a phone reads nothing any more: another phone has its vouchers, or they wait for a new letter."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """Since when a phone reads nothing any more, and why."""

    retired_at: int
    because: Because


class Phones:
    """All phones that activated a letter."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def register(self, token_hash: bytes, vouchers: Sequence[int], *, at: int) -> None:
        """Let a phone read these vouchers too, and no other phone. The same again changes nothing."""
        if not vouchers:
            return
        with self._database.write() as connection:
            known = connection.execute(select(phone).where(phone.c.token_hash == token_hash)).one_or_none()
            if known is None:
                connection.execute(insert(phone).values(token_hash=token_hash))
                connection.execute(delete(retired_phone).where(retired_phone.c.token_hash == token_hash))
            connection.execute(delete(phone_voucher).where(phone_voucher.c.voucher.in_(vouchers)))
            connection.execute(
                insert(phone_voucher),
                [{"voucher": voucher, "token_hash": token_hash} for voucher in vouchers],
            )
            _retire_empty_phones(connection, at=at, because="moved")

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

    def retirement_of(self, token_hash: bytes) -> Retirement | None:
        """Return since when and why a phone reads nothing any more; None when it does, or never did."""
        with self._database.read() as connection:
            row = connection.execute(
                select(retired_phone.c.retired_at, retired_phone.c.because).where(
                    retired_phone.c.token_hash == token_hash
                )
            ).one_or_none()
        return None if row is None else Retirement(retired_at=row.retired_at, because=row.because)


def release_vouchers(connection: Connection, vouchers: Sequence[int], *, at: int) -> None:
    """Let no phone read these vouchers, because they wait for a new letter."""
    connection.execute(delete(phone_voucher).where(phone_voucher.c.voucher.in_(vouchers)))
    _retire_empty_phones(connection, at=at, because="replaced")


def _retire_empty_phones(connection: Connection, *, at: int, because: Because) -> None:
    has_voucher = exists().where(phone_voucher.c.token_hash == phone.c.token_hash)
    empty = list(connection.execute(select(phone.c.token_hash).where(~has_voucher)).scalars())
    if not empty:
        return
    connection.execute(
        insert(retired_phone),
        [{"token_hash": token_hash, "retired_at": at, "because": because} for token_hash in empty],
    )
    connection.execute(delete(backup).where(backup.c.token_hash.in_(empty)))
    connection.execute(delete(phone).where(phone.c.token_hash.in_(empty)))
