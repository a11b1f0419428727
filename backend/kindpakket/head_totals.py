# SPDX-License-Identifier: EUPL-1.2
"""Head totals: what everyone may know of the money as of a published head. Euro cents.

The weekly figures divide all payments into groups. Totals of a moment divide them once more, and their difference to
the weeks would be what one family paid; so they are shown only of heads that end where the weeks do (`suppression`).

What was paid out to shops and what they are still owed is told together: a payout divides the payments, too, at
whatever moment it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from .heads import Head, list_heads
from .ledger.movements import Movements
from .services import Services
from .suppression import Moment, ToldOverTime, choose_moments
from .units import day_of
from .weekly_figures import WeeklyFigures, list_booked_figures

FIELDS = ("deposited_cents", "unallocated_cents", "on_vouchers_cents", "spent_cents", "withdrawn_cents")


@dataclass(frozen=True, slots=True)
class ShownTotals:
    """The money of all programmes together as of a head's block.

    deposited = unallocated + on vouchers + spent + withdrawn.

    Attributes:
        spent_cents: What shops were paid by tickets, less what they gave back.
    """

    deposited_cents: int
    unallocated_cents: int
    on_vouchers_cents: int
    spent_cents: int
    withdrawn_cents: int


@dataclass(frozen=True, slots=True)
class ShownHead:
    """A head as everyone may know it. Version 1 has no totals; 3 has, or None when they are withheld.

    Version 2, as it was shown before, told apart what shops were owed and what was paid out to them.
    """

    head: Head
    version: Literal[1, 3]
    totals: ShownTotals | None


def list_with_totals(services: Services) -> list[ShownHead]:
    """Return all published heads, oldest first, with the totals that may be shown."""
    heads = list_heads(services)
    kept = services.registry.heads.totals()
    figures = list_booked_figures(services)
    moments = [
        Moment(
            payments=counts.payments,
            others=counts.others,
            is_known=head.on in kept and not kept[head.on].withheld,
        )
        for head, counts in zip(heads, _movements_up_to(services, heads), strict=False)
    ]
    # Of a programme that is on the chain alone nothing is told.
    told = {programme: ToldOverTime(counts=(0,)) for moment in moments for programme in moment.payments}
    told |= {one.programme.programme: _told_over_time(one, heads) for one in figures}
    chosen = choose_moments(moments, told)
    shown = {head.on for head, is_chosen in zip(heads, chosen, strict=False) if is_chosen}
    listed = []
    for head in heads:
        money = kept.get(head.on)
        totals = None
        if money is not None and head.on in shown:
            totals = ShownTotals(
                deposited_cents=money.deposited_cents,
                unallocated_cents=money.unallocated_cents,
                on_vouchers_cents=money.on_vouchers_cents,
                spent_cents=money.owed_cents + money.settled_cents,
                withdrawn_cents=money.withdrawn_cents,
            )
        listed.append(ShownHead(head=head, version=1 if money is None else 3, totals=totals))
    return listed


def _movements_up_to(services: Services, heads: Sequence[Head]) -> list[Movements]:
    """Return what there was up to each head; nothing while the ledger has not come to the last one."""
    if not heads or services.ledger.next_block() <= heads[-1].block:
        return []
    return services.newest.of(
        "movements up to heads",
        (len(heads), heads[-1].hash),
        lambda: services.ledger.movements.up_to([head.block for head in heads]),
    )


def _told_over_time(figures: WeeklyFigures, heads: Sequence[Head]) -> ToldOverTime:
    # A head that was published after a run shows that the ledger has all payments of that run.
    if not heads:
        return ToldOverTime(counts=(0,))
    covered = [run for run in figures.runs if run.last_on < day_of(heads[-1].at)]
    counts = tuple(accumulate((run.count for run in covered), initial=0))
    is_whole = len(covered) == len(figures.runs) and heads[-1].at >= figures.programme.ends_at
    return ToldOverTime(counts=counts, count_at_end=figures.count_at_end if is_whole else None)
