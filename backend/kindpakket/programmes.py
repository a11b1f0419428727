# SPDX-License-Identifier: EUPL-1.2
"""Programmes: opened, funded, extended, reported. Amounts in euro cents, instants in epoch seconds."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import structlog

from kindpakket.hashes import keccak

from .categories import from_bitmap, to_bitmap
from .chain import fund as fund_calls
from .errors import ContractRefusal, OpeningKeyUsed, ProgrammeEnded, ProgrammeUnknown, RequestInvalid
from .events import ProgrammeOpened
from .ledger.reports import CategoryTotal, ProgrammeTotals
from .policies import check_policy, hash_policy
from .registry.programmes import Order
from .services import Services
from .typed import read_line
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
    return list_booked(services)


def list_booked(services: Services) -> list[Programme]:
    """Return all programmes that the ledger has, oldest first, also when the chain is silent."""
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


def refuse_ended(services: Services, programme: int) -> Programme:
    """Let a programme pass that is not over; return it.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ProgrammeEnded: It is over.
    """
    known = programme_named(services, programme)
    if has_ended(services, known):
        raise ProgrammeEnded(ends_at=known.ends_at, now_at=services.now())
    return known


def has_ended(services: Services, programme: Programme) -> bool:
    """Tell whether a programme is over."""
    return services.now() >= programme.ends_at


def open_programme(
    services: Services,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    categories: Iterable[int],
    max_redemption_cents: int,
    policy_text: str,
    opening_key: str | None = None,
) -> Programme:
    """Open a programme from the start of its first day to the end of its last. The policy's hash goes on the chain.

    Its name and text are written down first: a crash before the chain's answer came loses neither. The same order
    again opens nothing and returns what it opened.

    Args:
        services: What it works with.
        name: As people read it.
        starts_on: Its first day.
        ends_on: Its last day.
        categories: What it is for.
        max_redemption_cents: The most of one payment.
        policy_text: Published with it.
        opening_key: 32 hexadecimal digits that who orders made once. Without one, what is ordered is the order: the
            same name, terms and text again are the same programme.

    Raises:
        PolicyTextInvalid: The text cannot be published.
        OpeningKeyUsed: The key ordered something else before.
        ProgrammeTermsInvalid: The contract finds no sense in the terms.
        ChainUnreachable: Perhaps it is open; the same order again finds out.
    """
    check_policy(policy_text)
    categories = tuple(sorted(set(categories)))
    policy_hash = hash_policy(policy_text)
    terms_hash = _hash_terms(name, starts_on, ends_on, categories, max_redemption_cents, policy_hash)
    opening_key = opening_key or terms_hash.hex()[:32]
    call = fund_calls.open_programme(
        starts_at=day_starts_at(starts_on),
        ends_at=day_ends_at(ends_on),
        categories=to_bitmap(categories),
        max_redemption_cents=max_redemption_cents,
        policy_hash=policy_hash,
    )
    with services.one_at_a_time:
        attach_announced(services)
        earlier = services.registry.programmes.opened_by(opening_key)
        if earlier is not None:
            assert earlier.programme is not None, "an order without a programme was attached or forgotten"
            if earlier.terms_hash != terms_hash:
                raise OpeningKeyUsed(programme=earlier.programme)
            return programme_named(services, earlier.programme)
        services.fund.preview(call, sender=services.accounts.issuer)
        order = Order(
            opening_key=opening_key,
            terms_hash=terms_hash,
            policy_hash=policy_hash,
            programmes_before=services.fund.programme_count(),
        )
        services.registry.programmes.announce(order, name=name, policy_text=policy_text)
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


def opened_before(
    services: Services,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    categories: Iterable[int],
    max_redemption_cents: int,
    policy_text: str,
) -> Programme | None:
    """Return the programme that was opened with exactly this name, these terms and this text; None when none was.

    Raises:
        ChainUnreachable: What became of an earlier order is not known.
    """
    attach_announced(services)
    terms_hash = _hash_terms(
        name,
        starts_on,
        ends_on,
        tuple(sorted(set(categories))),
        max_redemption_cents,
        hash_policy(policy_text),
    )
    found = services.registry.programmes.opened_with(terms_hash)
    return None if found is None else programme_named(services, found)


def attach_announced(services: Services) -> bool:
    """Find what became of the orders that a crash or a silent chain cut off, by their policy's hash.

    What they opened gets its name and text. What is not on the chain by now is forgotten: it may be ordered again.
    Return True: nothing is left after it.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    with services.one_at_a_time:
        announced = services.registry.programmes.announced()
        if announced:
            _wait_for_earlier_calls(services)
            services.follower.catch_up()
        named = services.registry.programmes.names()
        for one in announced:
            nameless = [
                programme
                for programme in services.ledger.reports.programmes_of_policy(one.policy_hash)
                if programme > one.programmes_before and programme not in named
            ]
            if nameless:
                services.registry.programmes.attach(one.policy_hash, nameless)
                log.warning("programme_attached", programmes=nameless)
            else:
                services.registry.programmes.forget(one.policy_hash)
                log.warning("programme_never_opened", policy_hash=one.policy_hash.hex())
    return True


def extend(services: Services, *, programme: int, ends_on: date) -> Programme:
    """Let a programme end later, at the end of this day.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ProgrammeEnded: It is over.
        ExtensionTooShort: It ends on that day already, or later.
    """
    call = fund_calls.extend(programme=programme, ends_at=day_ends_at(ends_on))
    with services.one_at_a_time:
        services.fund.preview(call, sender=services.accounts.issuer)
        block = services.fund.execute(call, sender=services.accounts.issuer).receipt.block
    log.info("programme_extended", programme=programme, block=block)
    return programme_named(services, programme)


def deposit(services: Services, *, programme: int, amount_cents: int, payment_reference: str) -> int:
    """Record money that came in; return the block. The reference goes on the chain as a hash.

    Raises:
        RequestInvalid: The reference holds what people cannot see, or nothing.
        ProgrammeUnknown: There is no such programme.
        AmountZero: There is nothing to record.
    """
    call = fund_calls.deposit(
        programme=programme,
        amount_cents=amount_cents,
        payment_reference=hash_reference(payment_reference),
    )
    with services.one_at_a_time:
        services.fund.preview(call, sender=services.accounts.treasurer)
        block = services.fund.execute(call, sender=services.accounts.treasurer).receipt.block
    log.info("deposited", programme=programme, amount_cents=amount_cents, block=block)
    return block


def hash_reference(payment_reference: str) -> bytes:
    """Return a payment reference as the chain keeps it. What looks the same is the same payment, so it counts once.

    Raises:
        RequestInvalid: It holds what people cannot see, or nothing.
    """
    try:
        line = read_line(payment_reference)
    except ValueError:
        line = ""
    if not line:
        errors = [{"at": "paymentReference", "message": "must have characters, and none that are invisible"}]
        raise RequestInvalid(errors=errors)
    return keccak(line.encode())


def report(services: Services, *, programme: int) -> Report:
    """Return a programme's totals as the ledger has them now.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    services.follower.catch_up()
    totals = services.ledger.reports.totals(programme)
    if totals is None:
        raise ProgrammeUnknown(programme=programme)
    names = services.registry.shops.names()
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


def _hash_terms(
    name: str,
    starts_on: date,
    ends_on: date,
    categories: tuple[int, ...],
    max_redemption_cents: int,
    policy_hash: bytes,
) -> bytes:
    """Return SHA-256 of all that an order says."""
    told = [name, f"{starts_on}", f"{ends_on}", categories, max_redemption_cents, policy_hash.hex()]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()


def _wait_for_earlier_calls(services: Services) -> None:
    """Wait until all that the issuer sent before is decided, or else a programme might be opened once more.

    Calls of one sender are executed in their order, so that one that is certainly refused comes after them all.
    """
    with contextlib.suppress(ContractRefusal):
        services.fund.execute(fund_calls.extend(programme=0, ends_at=0), sender=services.accounts.issuer)
