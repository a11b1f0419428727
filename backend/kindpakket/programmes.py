# SPDX-License-Identifier: EUPL-1.2
"""Programmes: opened, funded, reported. Amounts in euro cents, instants in epoch seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import structlog
from eth_hash.auto import keccak

from .categories import from_bitmap, to_bitmap
from .chain import fund as fund_calls
from .errors import ContractRefusal, ProgrammeUnknown
from .events import ProgrammeOpened
from .ledger.reports import CategoryTotal, ProgrammeTotals
from .services import Services
from .units import day_ends_at, day_starts_at

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as everyone may know it. `ends_at` is the first second after it."""

    programme: int
    name: str
    starts_at: int
    ends_at: int
    categories: tuple[int, ...]
    max_redemption_cents: int


@dataclass(frozen=True, slots=True)
class ShopTotal:
    """What was spent in a shop, after refunds."""

    shop: int
    name: str
    redeemed_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """A programme's totals and where its money went."""

    totals: ProgrammeTotals
    by_shop: tuple[ShopTotal, ...]
    by_category: tuple[CategoryTotal, ...]


def list_programmes(services: Services) -> list[Programme]:
    """Return all programmes, oldest first."""
    services.follower.catch_up()
    names = services.registry.programmes.names()
    return [
        Programme(
            programme=row.programme,
            name=names.get(row.programme, f"{row.programme}"),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            categories=from_bitmap(row.categories),
            max_redemption_cents=row.max_redemption_cents,
        )
        for row in services.ledger.reports.programmes()
    ]


def programme_named(services: Services, programme: int) -> Programme:
    """Return one programme.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    for known in list_programmes(services):
        if known.programme == programme:
            return known
    raise ProgrammeUnknown(programme=programme)


def open_programme(
    services: Services,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    categories: Iterable[int],
    max_redemption_cents: int,
    policy_text: str,
) -> Programme:
    """Open a programme from the start of its first day to the end of its last. The policy's hash goes on the chain.

    Its name and text are written down first: a crash before the chain's answer came loses neither.

    Raises:
        ProgrammeTermsInvalid: The contract finds no sense in the terms.
    """
    policy_hash = hashlib.sha256(policy_text.encode()).digest()
    call = fund_calls.open_programme(
        starts_at=day_starts_at(starts_on),
        ends_at=day_ends_at(ends_on),
        categories=to_bitmap(categories),
        max_redemption_cents=max_redemption_cents,
        policy_hash=policy_hash,
    )
    with services.one_at_a_time:
        services.fund.preview(call, sender=services.accounts.issuer)
        attach_announced(services)
        services.registry.programmes.announce(policy_hash, name=name, policy_text=policy_text)
        try:
            execution = services.fund.execute(call, sender=services.accounts.issuer)
        except ContractRefusal:
            services.registry.programmes.forget(policy_hash)
            raise
        ((_, opened),) = execution.events
        assert isinstance(opened, ProgrammeOpened), "opening emits one ProgrammeOpened"
        services.registry.programmes.attach(policy_hash, [opened.programme])
    log.info("programme_opened", programme=opened.programme, block=execution.receipt.block)
    return programme_named(services, opened.programme)


def attach_announced(services: Services) -> bool:
    """Give the programmes that a crash left without a name what was written down for them, by their policy's hash.

    Return True: what was announced and is not on the chain is not waited for.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    with services.one_at_a_time:
        announced = services.registry.programmes.announced()
        if announced:
            services.follower.catch_up()
        named = services.registry.programmes.names()
        for policy_hash in announced:
            nameless = [
                programme
                for programme in services.ledger.reports.programmes_of_policy(policy_hash)
                if programme not in named
            ]
            services.registry.programmes.attach(policy_hash, nameless)
            if nameless:
                log.warning("programme_attached", programmes=nameless)
    return True


def deposit(services: Services, *, programme: int, amount_cents: int, payment_reference: str) -> int:
    """Record money that came in; return the block. The reference goes on the chain as a hash.

    Raises:
        ProgrammeUnknown: There is no such programme.
        AmountZero: There is nothing to record.
    """
    call = fund_calls.deposit(
        programme=programme,
        amount_cents=amount_cents,
        payment_reference=keccak(payment_reference.encode()),
    )
    with services.one_at_a_time:
        services.fund.preview(call, sender=services.accounts.treasurer)
        block = services.fund.execute(call, sender=services.accounts.treasurer).receipt.block
    log.info("deposited", programme=programme, amount_cents=amount_cents, block=block)
    return block


def report(services: Services, *, programme: int) -> Report:
    """Return a programme's totals as the ledger has them now.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    services.follower.catch_up()
    totals = services.ledger.reports.totals(programme)
    if totals is None:
        raise ProgrammeUnknown(programme=programme)
    names = {shop.shop: shop.name for shop in services.registry.shops.shops()}
    return Report(
        totals=totals,
        by_shop=tuple(
            ShopTotal(
                shop=row.shop,
                name=names.get(row.shop, f"{row.shop}"),
                redeemed_cents=row.redeemed_cents,
                count=row.count,
            )
            for row in services.ledger.reports.totals_by_shop(programme)
        ),
        by_category=tuple(services.ledger.reports.totals_by_category(programme)),
    )
