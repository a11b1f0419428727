# SPDX-License-Identifier: EUPL-1.2
"""Backups in the registry: a phone's seed, encrypted by the phone; given out for a proof of the PIN, five tries.

What is kept opens nothing here: the key is made from the letter's secret and the PIN, and neither is known.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import delete, func, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import (
    BackupLocked,
    BackupOfAnotherPhone,
    BackupProofWrong,
    BackupUnknown,
    TooManyBackups,
)

from . import tables

TRIES = 5

MOST_OF_ONE_PHONE = 20
"""One for each letter that a phone opened; a family opens a letter or a few a year."""


class Backups:
    """The backups of all phones."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def save(self, backup_id: str, *, token_hash: bytes, proof_hash: bytes, blob: bytes, at: int) -> None:
        """Keep a phone's backup in the place of its former one. The same again changes nothing, not even the tries.

        Raises:
            BackupOfAnotherPhone: Another phone that still reads vouchers keeps its backup under this id.
            TooManyBackups: It would be one more than a phone may keep. One it keeps already can always be changed.
        """
        table = tables.backup
        with self._database.write() as connection:
            kept = connection.execute(select(table).where(table.c.backup_id == backup_id)).one_or_none()
            if kept is not None and kept.token_hash != token_hash:
                raise BackupOfAnotherPhone
            if kept is not None and (kept.proof_hash, kept.blob) == (proof_hash, blob):
                return
            if kept is None:
                of_phone = select(func.count()).select_from(table).where(table.c.token_hash == token_hash)
                if connection.execute(of_phone).scalar_one() >= MOST_OF_ONE_PHONE:
                    raise TooManyBackups(most=MOST_OF_ONE_PHONE)
            connection.execute(delete(table).where(table.c.backup_id == backup_id))
            connection.execute(
                insert(table).values(
                    backup_id=backup_id,
                    token_hash=token_hash,
                    proof_hash=proof_hash,
                    blob=blob,
                    saved_at=at,
                    failures=0,
                )
            )

    def retrieve(self, backup_id: str, *, proof: bytes) -> bytes:
        """Return what is kept for who brings the right proof; count a wrong one.

        Raises:
            BackupUnknown: There is no such backup, or its phone reads nothing any more.
            BackupProofWrong: Another proof is the right one; says how many tries are left.
            BackupLocked: It was the last try, or there was none left; the right proof no longer helps.
        """
        table = tables.backup
        refusal: BackupProofWrong | BackupLocked
        with self._database.write() as connection:
            kept = connection.execute(select(table).where(table.c.backup_id == backup_id)).one_or_none()
            if kept is None:
                raise BackupUnknown
            if kept.failures >= TRIES:
                raise BackupLocked
            is_right = hmac.compare_digest(hashlib.sha256(proof).digest(), kept.proof_hash)
            failures = 0 if is_right else kept.failures + 1
            connection.execute(update(table).where(table.c.backup_id == backup_id).values(failures=failures))
            if is_right:
                return bytes(kept.blob)
            refusal = BackupLocked() if failures >= TRIES else BackupProofWrong(tries_left=TRIES - failures)
        # Refused only now: an error inside would take the count back.
        raise refusal
