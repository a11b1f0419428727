# SPDX-License-Identifier: EUPL-1.2
"""All that is kept sealed in the registry, of whatever subject, sealed anew when the key that seals is replaced."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, select, update

from kindpakket.databases import Database

from .desk_tables import letter_reissue
from .tables import letter, letter_replacement

_SEALED = (letter.c.secret_sealed, letter_replacement.c.secret_sealed, letter_reissue.c.secret_sealed)


class Sealed:
    """The sealed secrets of all tables."""

    def __init__(self, database: Database) -> None:
        """Find them in this database."""
        self._database = database

    def all(self) -> list[bytes]:
        """Return each, sealed."""
        with self._database.read() as connection:
            return [
                sealed
                for column in _SEALED
                for sealed in connection.scalars(select(column).where(column.is_not(None)))
            ]

    def seal_anew(self, reseal: Callable[[bytes], bytes]) -> int:
        """Put in the place of each what `reseal` makes of it, of all or of none; return how many there are.

        What `reseal` raises leaves everything as it was.
        """
        count = 0
        with self._database.write() as connection:
            for column in _SEALED:
                (key,) = column.table.primary_key
                rows = connection.execute(select(key, column).where(column.is_not(None))).all()
                if rows:
                    connection.execute(
                        update(column.table)
                        .where(key == bindparam("of_key"))
                        .values({column: bindparam("anew")}),
                        [{"of_key": number, "anew": reseal(sealed)} for number, sealed in rows],
                    )
                count += len(rows)
        return count
