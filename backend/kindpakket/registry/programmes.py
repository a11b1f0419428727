# SPDX-License-Identifier: EUPL-1.2
"""Programmes in the registry: their names and policy texts; the terms and the money are the contract's."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from kindpakket.databases import Database

from .tables import programme_text


class Programmes:
    """Names and texts of programmes."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def save(self, programme: int, *, name: str, policy_text: str) -> None:
        """Keep a programme's name and policy text, in place of earlier ones."""
        values = {"name": name, "policy_text": policy_text}
        with self._database.write() as connection:
            changed = connection.execute(
                update(programme_text).where(programme_text.c.programme == programme).values(values)
            )
            if changed.rowcount == 0:
                connection.execute(insert(programme_text).values(programme=programme, **values))

    def names(self) -> dict[int, str]:
        """Return all names by programme."""
        with self._database.read() as connection:
            rows = connection.execute(select(programme_text.c.programme, programme_text.c.name))
            return {row.programme: row.name for row in rows}

    def policy_text(self, programme: int) -> str | None:
        """Return a programme's policy text; None when there is none."""
        with self._database.read() as connection:
            return connection.execute(
                select(programme_text.c.policy_text).where(programme_text.c.programme == programme)
            ).scalar_one_or_none()
