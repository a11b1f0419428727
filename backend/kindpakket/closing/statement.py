# SPDX-License-Identifier: EUPL-1.2
"""The closing statement: every cent of a programme, from our ledger, held against the contract's storage. Euro cents.

The contract keeps what is in a programme, on each voucher, and what each shop earned and was settled. It does not keep
what was paid and given back apart, nor what was swept and what came back after the end: of these it has the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kindpakket.chain.fund import ShopAccount
from kindpakket.errors import ChainUnreachable
from kindpakket.ledger.closing_reports import ClosingFigures
from kindpakket.services import Services

from .steps import Closing, closing_of

TRIES = 5
"""A refund or a settlement may come while vouchers are read one by one; then all is read again."""

What = Literal[
    "deposited", "issued", "spent", "returned", "settled", "open", "left", "unallocated", "withdrawn"
]
WhatOfShop = Literal["earned", "settled"]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An amount as the ledger has it and as the contract does."""

    what: What
    ledger_cents: int
    chain_cents: int

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.ledger_cents == self.chain_cents


@dataclass(frozen=True, slots=True)
class ShopDifference:
    """An amount of a shop on which ledger and contract do not agree: what it earned, or what it was settled."""

    shop: int
    name: str
    what: WhatOfShop
    ledger_cents: int
    chain_cents: int


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A shop that is still owed something, or owes it when `owed_cents` is below 0."""

    shop: int
    name: str
    owed_cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """An account of a programme's money as of a block.

    Attributes:
        lines: What the contract keeps too, in order.
        shop_differences: The amounts of shops that are not as the contract has them.
        open_shops: The shops with which something is open, by name.
    """

    name: str
    closing: Closing
    lines: tuple[StatementLine, ...]
    shop_differences: tuple[ShopDifference, ...]
    open_shops: tuple[OpenShop, ...]
    at: int

    @property
    def figures(self) -> ClosingFigures:
        """What it is made of."""
        return self.closing.figures

    @property
    def differences(self) -> tuple[StatementLine, ...]:
        """The lines on which ledger and contract do not agree."""
        return tuple(one for one in self.lines if not one.agrees)

    @property
    def agrees(self) -> bool:
        """Whether all adds up, and all is as the contract has it."""
        return not (self.figures.faults or self.differences or self.shop_differences)


def statement_of(services: Services, *, programme: int) -> Statement:
    """Return the account of a programme's money, whether it is closed or not.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ChainUnreachable: No answer, or it moved all the time while it was read; safe to ask again.
    """
    names = services.registry.shops.names()
    for _ in range(TRIES):
        closing = closing_of(services, programme=programme)
        accounts = {
            one.shop: services.fund.shop_account(programme, one.shop) for one in closing.figures.shops
        }
        lines = _lines(services, closing.figures, accounts)
        shop_differences = _shop_differences(closing.figures, accounts, names)
        services.follower.catch_up()
        after = services.ledger.closing_reports.figures(programme)
        # Blocks may have come for other programmes.
        if after is not None and replace(after, block=closing.figures.block) == closing.figures:
            break
    else:
        raise ChainUnreachable(f"programme {programme} moved all the time while it was read")
    open_shops = [
        OpenShop(shop=one.shop, name=names.get(one.shop, f"{one.shop}"), owed_cents=one.owed_cents)
        for one in closing.figures.shops
        if one.owed_cents
    ]
    return Statement(
        name=services.registry.programmes.names().get(programme, f"{programme}"),
        closing=closing,
        lines=lines,
        shop_differences=tuple(shop_differences),
        open_shops=tuple(sorted(open_shops, key=lambda one: one.name.casefold())),
        at=closing.now,
    )


def _lines(
    services: Services, figures: ClosingFigures, accounts: Mapping[int, ShopAccount]
) -> tuple[StatementLine, ...]:
    terms = services.fund.programme(figures.programme)
    numbers = services.ledger.closing_reports.vouchers(figures.programme)
    vouchers = services.fund.voucher_sums(numbers)
    earned_cents = sum(one.net_cents for one in accounts.values())
    settled_cents = sum(one.settled_cents for one in accounts.values())
    returned_cents = (
        terms.unallocated_cents + terms.withdrawn_cents + vouchers.issued_cents - terms.deposited_cents
    )
    return (
        StatementLine("deposited", figures.deposited_cents, terms.deposited_cents),
        StatementLine("issued", figures.issued_cents, vouchers.issued_cents),
        StatementLine("spent", figures.spent_cents, earned_cents),
        StatementLine("returned", figures.returned_cents, returned_cents),
        StatementLine("settled", figures.settled_cents, settled_cents),
        StatementLine(
            "open", figures.to_shops_cents - figures.from_shops_cents, earned_cents - settled_cents
        ),
        StatementLine("left", figures.left_cents, vouchers.balance_cents),
        StatementLine("unallocated", figures.unallocated_cents, terms.unallocated_cents),
        StatementLine("withdrawn", figures.withdrawn_cents, terms.withdrawn_cents),
    )


def _shop_differences(
    figures: ClosingFigures, accounts: Mapping[int, ShopAccount], names: Mapping[int, str]
) -> list[ShopDifference]:
    found = []
    for one in figures.shops:
        account = accounts[one.shop]
        name = names.get(one.shop, f"{one.shop}")
        earned_cents = one.redeemed_cents - one.refunded_cents
        found += [
            ShopDifference(one.shop, name, "earned", earned_cents, account.net_cents),
            ShopDifference(one.shop, name, "settled", one.settled_cents, account.settled_cents),
        ]
    return [one for one in found if one.ledger_cents != one.chain_cents]
