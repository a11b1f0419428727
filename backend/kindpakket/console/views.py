# SPDX-License-Identifier: EUPL-1.2
"""What the pages show, worked out of what the use cases tell. Amounts in euro cents, instants in epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import Response

from kindpakket import programmes, vouchers
from kindpakket.categories import from_bitmap
from kindpakket.chain.client import Head
from kindpakket.checks import Check
from kindpakket.errors import BatchUnknown, ProgrammeUnknown
from kindpakket.ledger.reports import ShopAccount
from kindpakket.programmes import Programme, Report
from kindpakket.registry.letters import LetterBatch
from kindpakket.registry.shops import Shop, Till
from kindpakket.registry.suspensions import Suspension
from kindpakket.services import Services
from kindpakket.vouchers import BlockReason, HouseholdVoucher

from .charts import BarChart, Part, bar_chart, parts_of
from .texts import Texts
from .visits import NO_STORE


@dataclass(frozen=True, slots=True)
class ProgrammeChoice:
    """The programme that a page is about, and the others that there are."""

    chosen: Programme
    all: tuple[Programme, ...]
    running: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """A line of a table of spending, of the shop or the kind of purchase of this number."""

    number: int
    name: str
    redeemed_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """An amount that is not the same in the ledger and on the chain."""

    name: str
    ledger_cents: int
    chain_cents: int


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
    checked_at: int
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True)
class ShopLine:
    """A shop in a programme. `categories` are those it may charge now, or those in the register when it may not.

    `suspension` says why it may not, if staff took it out.
    """

    shop: int
    name: str
    street: str
    town: str
    opening: str
    categories: tuple[int, ...]
    takes_part: bool
    suspension: Suspension | None
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


def overview_of(services: Services, texts: Texts, check: Check) -> Overview:
    """Return a checked programme at a glance, and how far the ledger is."""
    report = programmes.report(services, programme=check.programme)
    totals = report.totals
    head = services.chain.head()
    spent_cents = totals.redeemed_cents - totals.refunded_cents
    by_shop = _most_first(Spent(one.shop, one.name, one.redeemed_cents, one.count) for one in report.by_shop)
    by_category = _most_first(
        Spent(one.category, texts.category(one.category), one.redeemed_cents, one.count)
        for one in report.by_category
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
        checked_at=check.checked_at,
        wrong=_wrong_of(services, texts, check),
    )


def _wrong_of(services: Services, texts: Texts, check: Check) -> tuple[Wrong, ...]:
    names = {shop.shop: shop.name for shop in services.registry.shops.shops()} if check.differences else {}
    return tuple(
        Wrong(
            name=texts(
                f"overview.difference.{one.what}",
                shop=names.get(one.shop, f"{one.shop}"),
                account=one.account,
            ),
            ledger_cents=one.ledger_cents,
            chain_cents=one.chain_cents,
        )
        for one in check.differences
    )


def _most_first(lines: Iterable[Spent]) -> tuple[Spent, ...]:
    return tuple(sorted(lines, key=lambda one: (-one.redeemed_cents, one.name.casefold())))


def shop_lines(services: Services, *, programme: int) -> list[ShopLine]:
    """Return the shops of the register as they do in a programme, by name.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    programmes.programme_named(services, programme)
    accounts = {account.shop: account for account in services.ledger.reports.shop_accounts(programme)}
    lines = [
        _shop_line(
            shop,
            accounts.get(shop.shop),
            services.registry.shops.tills(shop.shop),
            services.registry.suspensions.of_shop(shop.shop),
            programme=programme,
        )
        for shop in services.registry.shops.shops()
    ]
    return sorted(lines, key=lambda line: line.name.casefold())


def batches_of(services: Services, *, programme: int) -> list[LetterBatch]:
    """Return a programme's batches of letters, newest first."""
    return [batch for batch in vouchers.letter_batches(services) if batch.programme == programme]


def batch_named(services: Services, batch: int) -> LetterBatch:
    """Return one batch of letters.

    Raises:
        BatchUnknown: There is no such batch.
    """
    for known in vouchers.letter_batches(services):
        if known.batch == batch:
            return known
    raise BatchUnknown(batch=batch)


def voucher_state(texts: Texts, voucher: HouseholdVoucher) -> str:
    """Say what holds a voucher, and whether it is blocked."""
    if voucher.broke_off:
        held = "broke_off"
    elif voucher.on_paper:
        held = "on_paper"
    else:
        held = "on_phone" if voucher.activated else "waits"
    state = texts(f"voucher.state.{held}")
    if voucher.blocked:
        state += " " + texts("voucher.blocked", reason=block_reason(texts, voucher.block_reason))
    return state


def block_reason(texts: Texts, number: int) -> str:
    """Say why a voucher is blocked; a number that is not in our list stays one. Nothing when it is not blocked."""
    known = {reason.value: reason.name.lower() for reason in BlockReason}
    return texts(f"block.reason.{known[number]}") if number in known else f"{number or ''}"


def as_file(content: bytes, *, name: str, media_type: str) -> Response:
    """Answer with a file to keep, which no browser or proxy keeps by itself."""
    return Response(
        content,
        media_type=media_type,
        headers=NO_STORE | {"content-disposition": f'attachment; filename="{name}"'},
    )


def _shop_line(
    shop: Shop,
    account: ShopAccount | None,
    tills: Sequence[Till],
    suspensions: Sequence[Suspension],
    *,
    programme: int,
) -> ShopLine:
    allowed = from_bitmap(account.categories) if account else ()
    suspended = next((one for one in suspensions if one.programme == programme), None)
    return ShopLine(
        shop=shop.shop,
        name=shop.name,
        street=shop.street,
        town=shop.town,
        opening=shop.opening,
        categories=allowed or shop.categories,
        takes_part=bool(allowed),
        # Only the chain says that a shop takes part, whatever was written down.
        suspension=None if allowed else suspended,
        tills=tuple(till.name for till in tills if till.removed_at is None),
        earned_cents=account.redeemed_cents - account.refunded_cents if account else 0,
        payment_count=account.redemption_count if account else 0,
    )
