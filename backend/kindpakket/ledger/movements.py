# SPDX-License-Identifier: EUPL-1.2
"""Movements: how many there ever were up to a block, of each kind that moves a family's money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select

from kindpakket.databases import Database

from . import tables

_OF_VOUCHERS = ("Issued", "ToppedUp", "Swept")


@dataclass(frozen=True, slots=True)
class Movements:
    """How many there ever were up to a block.

    Attributes:
        payments: By programme.
        others: By kind: refunds to vouchers, refunds to programmes, vouchers given out, topped up, and swept.
    """

    payments: Mapping[int, int]
    others: Mapping[str, int]


class MovementReports:
    """Questions to one ledger about how much happened."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def up_to(self, blocks: Sequence[int]) -> list[Movements]:
        """Return how many there ever were up to each of these blocks (included), which are in order."""
        redemption, refund, event, entry = tables.redemption, tables.refund, tables.event, tables.entry
        paid = _count_by(redemption.c.block, redemption.c.programme)
        given_back = _count_by(refund.c.block, refund.c.to_programme)
        # One event gives out many vouchers, with an entry for each.
        of_vouchers = (
            _count_by(event.c.block, event.c.name)
            .join_from(
                event, entry, and_(event.c.block == entry.c.block, event.c.log_index == entry.c.log_index)
            )
            .where(event.c.name.in_(_OF_VOUCHERS))
        )
        with self._database.read() as connection:
            payments = _gather(blocks, connection.execute(paid))
            refunds = _gather(blocks, connection.execute(given_back))
            moved = _gather(blocks, connection.execute(of_vouchers))
        return [
            Movements(
                payments=payments[number],
                others={
                    "refunds to vouchers": refunds[number][False],
                    "refunds to programmes": refunds[number][True],
                    **{name: moved[number][name] for name in _OF_VOUCHERS},
                },
            )
            for number in range(len(blocks))
        ]


def _count_by(block: Any, kind: Any) -> Any:
    return (
        select(block.label("block"), kind.label("kind"), func.count().label("count"))
        .group_by(block, kind)
        .order_by(block)
    )


def _gather(blocks: Sequence[int], rows: Iterable[Any]) -> list[Counter[Any]]:
    """Add up rows, in order of their block, to what there was up to each of the blocks."""
    found: list[Counter[Any]] = []
    so_far: Counter[Any] = Counter()
    left = iter(rows)
    row = next(left, None)
    for block in blocks:
        while row is not None and row.block <= block:
            so_far[row.kind] += row.count
            row = next(left, None)
        found.append(so_far.copy())
    return found
