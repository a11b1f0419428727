# SPDX-License-Identifier: EUPL-1.2
"""The steps of closing a programme: what can be done now, and doing it. Euro cents; instants in epoch seconds.

Each step looks first at what is there, so that it can be broken off anywhere and begun again: the contract leaves an
empty voucher alone, and takes a payment reference once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from kindpakket import payout_runs
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import (
    ClosingTooEarly,
    ProgrammeUnknown,
    RestChanged,
    UnallocatedTooLow,
    VouchersNotSwept,
)
from kindpakket.ledger.closing_reports import ClosingFigures
from kindpakket.programmes import hash_reference
from kindpakket.services import Services
from kindpakket.units import day_of, day_starts_at

log = structlog.get_logger(__name__)

PAUSE_DAYS = 30
"""Whole days between a programme's last day and its closing.

Shops take things back for two weeks to a month; what they give back in that time still goes to the programme, and is
withdrawn with the rest. A payout of the last payments, a transfer that the bank returns (within three banking days) and
its repetition fit in it too. And while nothing is swept, a parent who objects can be shown what was left.

Source: SEPA Credit Transfer rulebook (returns); Burgerlijk Wetboek 6:230o (14 days to take a purchase back).
"""

VOUCHERS_PER_CALL = 100
CALLS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Closing:
    """How far the closing of a programme is.

    Attributes:
        held_back_cents: What shops are owed and are not paid, because another shop of the same merchant owes as much.
        possible_at: From when on it can be swept and withdrawn.
    """

    figures: ClosingFigures
    held_back_cents: int
    starts_at: int
    ends_at: int
    possible_at: int
    now: int

    @property
    def is_over(self) -> bool:
        """Whether its period is over."""
        return self.now >= self.ends_at

    @property
    def is_possible(self) -> bool:
        """Whether the pause is over too."""
        return self.now >= self.possible_at

    @property
    def is_swept(self) -> bool:
        """Whether there is nothing left on vouchers, for good."""
        return self.is_possible and self.figures.unswept_count == 0

    @property
    def is_withdrawn(self) -> bool:
        """Whether there is nothing left to withdraw, until a shop gives something back."""
        return self.is_swept and self.figures.unallocated_cents == 0

    @property
    def to_pay_cents(self) -> int:
        """What is still to be paid to shops."""
        return self.figures.to_shops_cents - self.held_back_cents

    @property
    def to_ask_cents(self) -> int:
        """What is still to be asked of shops: what they owe, less what is held back for it."""
        return self.figures.from_shops_cents - self.held_back_cents

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left to do: all is withdrawn, and every shop was paid. A shop may still owe."""
        return self.is_withdrawn and self.to_pay_cents == 0


def closing_of(services: Services, *, programme: int) -> Closing:
    """Return how far the closing of a programme is.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    terms = services.fund.programme(programme)
    services.follower.catch_up()
    figures = services.ledger.closing_reports.figures(programme)
    if figures is None:
        raise ProgrammeUnknown(programme=programme)
    last_day = day_of(terms.ends_at - 1)
    owed_cents = {one.shop: one.owed_cents for one in figures.shops}
    return Closing(
        figures=figures,
        held_back_cents=payout_runs.held_back_cents(services, owed_cents),
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        possible_at=day_starts_at(last_day + timedelta(days=1 + PAUSE_DAYS)),
        now=services.now(),
    )


def sweep(services: Services, *, programme: int) -> int:
    """Take back what is left on some vouchers, by number; return how many still hold something.

    So many at a time that it is soon done. Again until none is left; what was swept is not swept again.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ClosingTooEarly: It is not over, or the pause is not.
        ChainUnreachable: Some may be swept; safe to call again.
    """
    with services.one_at_a_time:
        _refuse_early(closing_of(services, programme=programme))
        vouchers = services.ledger.closing_reports.unswept(programme, limit=VOUCHERS_PER_CALL * CALLS_AT_ONCE)
        calls = [
            fund_calls.sweep(vouchers=vouchers[start : start + VOUCHERS_PER_CALL])
            for start in range(0, len(vouchers), VOUCHERS_PER_CALL)
        ]
        if calls:
            services.fund.preview(calls[0], sender=services.accounts.treasurer)
            services.fund.execute_all(calls, sender=services.accounts.treasurer)
        left = closing_of(services, programme=programme).figures.unswept_count
    log.info("swept", programme=programme, count=len(vouchers), left=left)
    return left


def withdraw_rest(services: Services, *, programme: int, amount_cents: int, payment_reference: str) -> int:
    """Record that all that was left went back to the municipality; return the block.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ClosingTooEarly: It is not over, or the pause is not.
        VouchersNotSwept: There is money on vouchers.
        RequestInvalid: The reference holds what people cannot see, or nothing.
        PaymentAlreadyRecorded: This reference was recorded before; nothing was done again.
        AmountZero: There is nothing to record.
        RestChanged: Another amount is left.
    """
    call = fund_calls.withdraw(
        programme=programme,
        amount_cents=amount_cents,
        payment_reference=hash_reference(payment_reference),
    )
    with services.one_at_a_time:
        closing = closing_of(services, programme=programme)
        _refuse_early(closing)
        if closing.figures.unswept_count:
            raise VouchersNotSwept(voucher_count=closing.figures.unswept_count)
        left_cents = services.fund.programme(programme).unallocated_cents
        changed = RestChanged(asked_cents=amount_cents, unallocated_cents=left_cents)
        try:
            services.fund.preview(call, sender=services.accounts.treasurer)
        except UnallocatedTooLow:
            raise changed from None
        if amount_cents != left_cents:
            raise changed
        block = services.fund.execute(call, sender=services.accounts.treasurer).receipt.block
    log.info("withdrawn", programme=programme, amount_cents=amount_cents, block=block)
    return block


def _refuse_early(closing: Closing) -> None:
    if not closing.is_possible:
        raise ClosingTooEarly(possible_at=closing.possible_at, now_at=closing.now)
