# SPDX-License-Identifier: EUPL-1.2
"""The messages about a programme's rules and its closing. Cents are whole euro cents, instants epoch seconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kindpakket.closing.statement import What, WhatOfShop
from kindpakket.ledger.closing_reports import Fault

from .models import Day, Hash, Message, Name


class ProgrammeRules(Message):
    """What holds in a programme, as the contract has it now, and the text that was published for it.

    `policy_text` is null when it is not known here; `policy_genuine` says whether its SHA-256 is `policy_hash`.
    """

    programme: int
    name: str
    starts_at: int
    ends_at: int
    categories: list[int]
    max_redemption_cents: int
    policy_text: str | None
    policy_hash: Hash
    policy_genuine: bool


class ProgrammeExtension(Message):
    """A later last day."""

    ends_on: Day


class Withdrawal(Message):
    """All that is left, and how its bank transfer is called."""

    amount_cents: Annotated[int, Field(ge=0, le=10**12, strict=True)]
    payment_reference: Name


class SweepProgress(Message):
    """How many vouchers still hold something. Ask again until it is 0."""

    vouchers_left: int


class StatementLine(Message):
    """An amount in our ledger and in the contract's storage."""

    what: What
    ledger_cents: int
    chain_cents: int


class ShopDifference(Message):
    """An amount of a shop on which ledger and contract do not agree."""

    shop: int
    name: str
    what: WhatOfShop
    ledger_cents: int
    chain_cents: int


class OpenShop(Message):
    """What a shop is still owed; below 0: what it owes."""

    shop: int
    name: str
    owed_cents: int


class ClosingStatement(Message):
    """Every cent of a programme, as of a block.

    deposited = withdrawn + settled + open + left + unallocated. `faults` names what does not add up: of the programme's
    own money, of vouchers, of shops, of all.
    """

    programme: int
    name: str
    block: int
    at: int
    starts_at: int
    ends_at: int
    possible_at: int
    closed: bool
    agrees: bool
    lines: list[StatementLine]
    redeemed_cents: int
    refunded_to_vouchers_cents: int
    refunded_to_programme_cents: int
    swept_cents: int
    to_shops_cents: int
    from_shops_cents: int
    held_back_cents: int
    voucher_count: int
    vouchers_left: int
    faults: list[Fault]
    shop_differences: list[ShopDifference]
    open_shops: list[OpenShop]
