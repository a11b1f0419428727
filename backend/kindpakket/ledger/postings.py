# SPDX-License-Identifier: EUPL-1.2
"""Postings: which money an event moved, from which account to which. Whole euro cents, always above zero.

Accounts:
    bank                    outside: what the municipality put in and shops or itself got out
    programme/1             on no voucher
    voucher/12              left on a voucher
    programme/1/shop/3      owed to a shop; below zero after a refund of what was paid out already

An account holds what came in less what went out. All entries together add up to nothing, by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kindpakket.events import (
    Deposited,
    Event,
    Issued,
    Place,
    Redeemed,
    Refunded,
    Settled,
    Swept,
    ToppedUp,
    Withdrawn,
)

BANK = "bank"

Movement = tuple[str, str, int]
"""From which account, to which, how many cents."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that moved. `part` counts from 0 within an event."""

    from_account: str
    to_account: str
    cents: int
    at: int
    block: int
    log_index: int
    part: int


def programme_account(programme: int) -> str:
    """Return the account of a programme's money on no voucher."""
    return f"programme/{programme}"


def voucher_account(voucher: int) -> str:
    """Return the account of a voucher."""
    return f"voucher/{voucher}"


def shop_account(programme: int, shop: int) -> str:
    """Return the account of what a programme owes a shop."""
    return f"programme/{programme}/shop/{shop}"


def post(place: Place, event: Event) -> list[Entry]:
    """Return the entries of an event; none when it moved no money."""
    return [
        Entry(
            from_account=from_account,
            to_account=to_account,
            cents=cents,
            at=place.at,
            block=place.block,
            log_index=place.log_index,
            part=part,
        )
        for part, (from_account, to_account, cents) in enumerate(_movements(event))
    ]


def describe(event: Event) -> dict[str, Any]:
    """Return an event's arguments as JSON holds them: bytes as `0x` and hexadecimal digits."""
    return _plain_fields(event)


def columns_of(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass with slots by name, as they are; much faster than a deep copy."""
    return {name: getattr(value, name) for name in value.__slots__}


def _movements(event: Event) -> list[Movement]:
    match event:
        case Deposited(programme=programme, amount_cents=cents):
            return [(BANK, programme_account(programme), cents)]
        case Withdrawn(programme=programme, amount_cents=cents):
            return [(programme_account(programme), BANK, cents)]
        case Issued(programme=programme, first=first, allocations=allocations):
            return [
                (programme_account(programme), voucher_account(first + place), allocation.amount_cents)
                for place, allocation in enumerate(allocations)
            ]
        case ToppedUp(voucher=voucher, programme=programme, amount_cents=cents):
            return [(programme_account(programme), voucher_account(voucher), cents)]
        case Redeemed(voucher=voucher, programme=programme, shop=shop, amount_cents=cents):
            return [(voucher_account(voucher), shop_account(programme, shop), cents)]
        case Refunded(to_programme=True, programme=programme, shop=shop, amount_cents=cents):
            return [(shop_account(programme, shop), programme_account(programme), cents)]
        case Refunded(voucher=voucher, programme=programme, shop=shop, amount_cents=cents):
            return [(shop_account(programme, shop), voucher_account(voucher), cents)]
        case Settled(programme=programme, shop=shop, amount_cents=cents):
            return [(shop_account(programme, shop), BANK, cents)]
        case Swept(voucher=voucher, programme=programme, amount_cents=cents):
            return [(voucher_account(voucher), programme_account(programme), cents)]
        case _:
            return []


def _plain_fields(value: object) -> dict[str, Any]:
    return {name: _plain(one) for name, one in columns_of(value).items()}


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, tuple):
        return [_plain_fields(one) for one in value]
    return value
