# SPDX-License-Identifier: EUPL-1.2
"""Payments, refunds and tills as their shop sees them: with names of tills, and nothing about the voucher."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket import refunds
from kindpakket.redemptions import Redemption
from kindpakket.refunds import KnownRefund
from kindpakket.registry.shops import Till
from kindpakket.services import Services

from . import models, shop_models


def show_redemptions(
    services: Services, shop: int, redemptions: Sequence[Redemption]
) -> list[models.Redemption]:
    """Return a shop's payments as messages, in this order."""
    names = services.registry.shops.till_names(shop)
    refunded = [one.ticket_id for one in redemptions if one.refunded_cents]
    known = refunds.list_refunds(services, refunded) if refunded else {}
    return [_show(one, names, known.get(one.ticket_id, [])) for one in redemptions]


def show_payment(services: Services, till: Till, redemption: Redemption) -> models.Redemption:
    """Return a payment as a message to a till; for one of its own, just made, nothing has to be looked up."""
    if redemption.till == till.address and not redemption.refunded_cents:
        return _show(redemption, {till.address: till.name}, [])
    (shown,) = show_redemptions(services, till.shop, [redemption])
    return shown


def show_refund(known: KnownRefund, till_names: dict[str, str]) -> models.Refund:
    """Return a refund as a message."""
    return models.Refund(
        amount_cents=known.refund.amount_cents,
        at=known.refund.at,
        till_name=till_names.get(known.refund.till, ""),
        reason=known.reason,
    )


def show_tills(tills: Sequence[Till], *, now: int) -> shop_models.Tills:
    """The tills of a shop."""
    return shop_models.Tills(
        now=now,
        tills=[
            shop_models.ListedTill(
                till=bytes.fromhex(till.address[2:]),
                name=till.name,
                role=till.role,
                paired_at=till.paired_at,
                last_seen_at=till.last_seen_at,
            )
            for till in tills
        ],
    )


def show_removed_till(till: Till) -> shop_models.RemovedTill:
    """A till that was removed."""
    assert till.removed_at is not None, "a till that was removed says when"
    return shop_models.RemovedTill(till=bytes.fromhex(till.address[2:]), removed_at=till.removed_at)


def _show(redemption: Redemption, names: dict[str, str], known: Sequence[KnownRefund]) -> models.Redemption:
    return models.Redemption(
        redemption_id=redemption.ticket_id,
        shop=redemption.shop,
        till=redemption.till,
        till_name=names.get(redemption.till, ""),
        category=redemption.category,
        amount_cents=redemption.amount_cents,
        refunded_cents=redemption.refunded_cents,
        refunds=[show_refund(each, names) for each in known],
        at=redemption.at,
        block=redemption.block,
    )
