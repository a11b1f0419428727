# SPDX-License-Identifier: EUPL-1.2
"""Programmes in the registry: their names and policy texts; the terms and the money are the contract's.

Both are written down before the chain numbers the programme, so that a crash in between loses neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from kindpakket.databases import Database

from .tables import programme_opening, programme_text


class Programmes:
    """Names and texts of programmes."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def announce(self, policy_hash: bytes, *, name: str, policy_text: str) -> None:
        """Keep the name and the text of a programme that is being opened; a later one with this text replaces it."""
        table = programme_opening
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.policy_hash == policy_hash))
            connection.execute(
                insert(table).values(policy_hash=policy_hash, name=name, policy_text=policy_text)
            )

    def forget(self, policy_hash: bytes) -> None:
        """Forget what was announced: the contract refused it. The same again changes nothing."""
        with self._database.write() as connection:
            connection.execute(
                delete(programme_opening).where(programme_opening.c.policy_hash == policy_hash)
            )

    def announced(self) -> list[bytes]:
        """Return the policy hashes of what was announced and has no number yet."""
        with self._database.read() as connection:
            return list(connection.execute(select(programme_opening.c.policy_hash)).scalars())

    def attach(self, policy_hash: bytes, programmes: Sequence[int]) -> None:
        """Give what was announced to these programmes, unless they have a name. The same again changes nothing."""
        announced = select(programme_opening).where(programme_opening.c.policy_hash == policy_hash)
        with self._database.write() as connection:
            found = connection.execute(announced).one_or_none()
            if found is None or not programmes:
                return
            named = set(
                connection.execute(
                    select(programme_text.c.programme).where(programme_text.c.programme.in_(programmes))
                ).scalars()
            )
            for programme in programmes:
                if programme not in named:
                    connection.execute(
                        insert(programme_text).values(
                            programme=programme, name=found.name, policy_text=found.policy_text
                        )
                    )
            connection.execute(
                delete(programme_opening).where(programme_opening.c.policy_hash == policy_hash)
            )

    def names(self) -> dict[int, str]:
        """Return all names by programme."""
        with self._database.read() as connection:
            rows = connection.execute(select(programme_text.c.programme, programme_text.c.name))
            return {row.programme: row.name for row in rows}
