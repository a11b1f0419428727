# SPDX-License-Identifier: EUPL-1.2
"""What the pages show, worked out of what the use cases tell. Amounts in euro cents, instants in epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kindpakket import programmes
from kindpakket.chain.client import Head
from kindpakket.errors import ProgrammeUnknown
from kindpakket.programmes import Programme, Report
from kindpakket.services import Services

from .charts import BarChart, Part, bar_chart, parts_of
from .texts import Texts


@dataclass(frozen=True, slots=True)
class ProgrammeChoice:
    """The programme that a page is about, and the others that there are."""

    chosen: Programme
    all: tuple[Programme, ...]
    running: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """A line of a table of spending."""

    name: str
    redeemed_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A programme at a glance. The parts add up to what was deposited, less what was withdrawn."""

    report: Report
    spent_cents: int
    parts: tuple[Part, ...]
    by_shop: tuple[Spent, ...]
    by_category: tuple[Spent, ...]
    shop_chart: BarChart
    category_chart: BarChart
    head: Head
    blocks_behind: int


@dataclass(frozen=True, slots=True)
class ShopLine:
    """A shop in a programme. `categories` are those it may charge now, or those in the register when it may not."""

    shop: int
    name: str
    street: str
    town: str
    opening: str
    categories: tuple[int, ...]
    takes_part: bool
    tills: tuple[str, ...]
    earned_cents: int
    payment_count: int


def choose_programme(services: Services, wanted: int | None) -> ProgrammeChoice | None:
    """Return the wanted programme, else the newest that runs, else the newest; None when there is none at all.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    known = programmes.list_programmes(services)
    now = services.now()
    running = [one for one in known if one.starts_at <= now < one.ends_at]
    if wanted is not None:
        found = [one for one in known if one.programme == wanted]
        if not found:
            raise ProgrammeUnknown(programme=wanted)
    else:
        found = running or known
    if not found:
        return None
    return ProgrammeChoice(chosen=found[-1], all=tuple(known), running=found[-1] in running)


def overview_of(services: Services, texts: Texts, *, programme: int) -> Overview:
    """Return a programme at a glance, and how far the ledger is."""
    report = programmes.report(services, programme=programme)
    head = services.chain.head()
    totals = report.totals
    spent_cents = totals.redeemed_cents - totals.refunded_cents
    by_shop = _most_first(Spent(one.name, one.redeemed_cents, one.count) for one in report.by_shop)
    by_category = _most_first(
        Spent(texts.category(one.category), one.redeemed_cents, one.count) for one in report.by_category
    )
    amounts = [
        ("spent", spent_cents),
        ("left", totals.left_cents),
        ("unallocated", totals.unallocated_cents),
    ]
    return Overview(
        report=report,
        spent_cents=spent_cents,
        parts=parts_of(sum(amount_cents for _, amount_cents in amounts), amounts),
        by_shop=by_shop,
        by_category=by_category,
        shop_chart=bar_chart([(one.name, one.redeemed_cents) for one in by_shop]),
        category_chart=bar_chart([(one.name, one.redeemed_cents) for one in by_category]),
        head=head,
        blocks_behind=max(0, head.number - totals.block),
    )


def _most_first(lines: Iterable[Spent]) -> tuple[Spent, ...]:
    return tuple(sorted(lines, key=lambda one: (-one.redeemed_cents, one.name.casefold())))
