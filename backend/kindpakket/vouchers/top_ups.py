# SPDX-License-Identifier: EUPL-1.2
"""Put more on a voucher, once. Amounts in euro cents.

A top-up is written down before the chain has it, with what was given out on the voucher until then. So what breaks off
in between is told from the chain: who lost the answer does not pay twice.
"""

from __future__ import annotations

import contextlib
import re
from enum import StrEnum

import structlog

from kindpakket.chain import fund as fund_calls
from kindpakket.errors import (
    AmountZero,
    BalanceTooHigh,
    ContractRefusal,
    Failure,
    NoteNotAllowed,
    TopUpUnfinished,
    VoucherChanged,
)
from kindpakket.registry.desk import TopUp
from kindpakket.services import Services
from kindpakket.units import MAX_VOUCHER_CENTS

from .blocking import refuse_voucher_of_others
from .issue import refuse_without_money, wait_for_earlier_calls

log = structlog.get_logger(__name__)

MOST_NOTE_CHARACTERS = 200
# A citizen's number, a telephone number, an address of e-mail: none belongs in a note.
_PERSONAL = re.compile(r"@|\d(?:[ .\-]?\d){7,}")


class TopUpReason(StrEnum):
    """Why a voucher gets more. The registry keeps the word."""

    COST = "cost"
    MISTAKE = "mistake"
    DECISION = "decision"
    OTHER = "other"


def top_up_voucher(
    services: Services,
    *,
    household: int,
    voucher: int,
    amount_cents: int,
    reason: TopUpReason,
    note: str,
    top_up_count: int,
    staff: int,
) -> None:
    """Put more on a voucher of a household.

    `top_up_count` is how many top-ups the voucher had, as the asker saw it: of two requests at once, or of one that is
    sent twice, the second is refused. `staff` is the number of who asks.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherUnknown: It is none of that household's.
        NoteNotAllowed: The note is too long, or holds what looks like someone's number or address.
        VoucherChanged: The voucher was topped up meanwhile.
        UnallocatedTooLow: The programme has not enough money on no voucher, beside what earlier imports still need.
        BalanceTooHigh: A voucher cannot hold so much.
        ProgrammeEnded: The programme is over.
        ChainUnreachable: No answer; nothing was done.
        TopUpUnfinished: It is written down, and perhaps done; `resume_top_ups` looks, and does it if not.
    """
    refuse_personal_note(note)
    if amount_cents < 1:
        raise AmountZero
    if amount_cents > MAX_VOUCHER_CENTS:
        raise BalanceTooHigh(asked_cents=amount_cents, max_cents=MAX_VOUCHER_CENTS)
    call = fund_calls.top_up(voucher=voucher, amount_cents=amount_cents)
    with services.one_at_a_time:
        refuse_voucher_of_others(services, household=household, voucher=voucher)
        resume_top_ups(services)
        if len(services.registry.desk.top_ups(voucher)) != top_up_count:
            raise VoucherChanged
        state = services.fund.voucher(voucher)
        refuse_without_money(services, programme=state.programme, amount_cents=amount_cents)
        services.fund.preview(call, sender=services.accounts.issuer)
        begun = services.registry.desk.begin_top_up(
            household=household,
            voucher=voucher,
            amount_cents=amount_cents,
            issued_cents_before=state.issued_cents,
            reason=reason,
            note=note.strip(),
            staff=staff,
            at=services.now(),
        )
        try:
            _put_on(services, begun)
            services.registry.desk.finish_top_up(begun.top_up, at=services.now())
        except ContractRefusal:
            services.registry.desk.forget_top_up(begun.top_up)
            raise
        except Failure as failure:
            log.error("top_up_unfinished", household=household, because=failure.reason())
            raise TopUpUnfinished("it is put on by itself") from failure
        # It is done, whether or not the ledger can be read on now.
        with contextlib.suppress(Failure):
            services.follower.catch_up()
    log.info("topped_up", household=household, amount_cents=amount_cents, reason=reason.value)


def list_top_ups(services: Services, *, household: int, voucher: int) -> list[TopUp]:
    """Return the top-ups of a voucher of a household, newest first.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherUnknown: It is none of that household's.
    """
    refuse_voucher_of_others(services, household=household, voucher=voucher)
    return services.registry.desk.top_ups(voucher)


def resume_top_ups(services: Services) -> bool:
    """Finish the top-ups that broke off: what the chain does not have is put on now. Return True: none is left.

    What the contract refuses by now, because the money is gone, say, is forgotten. The log of staff has what became of
    each, by the server itself.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    with services.one_at_a_time:
        pending = services.registry.desk.pending_top_ups()
        if pending:
            wait_for_earlier_calls(services)
        for begun in pending:
            log.warning("top_up_resumed", household=begun.household)
            because = ""
            if services.fund.voucher(begun.voucher).issued_cents <= begun.issued_cents_before:
                try:
                    _put_on(services, begun)
                except ContractRefusal as refusal:
                    because = refusal.reason()
                    log.error("top_up_refused", household=begun.household, reason=because)
            services.registry.desk.end_resumed_top_up(begun, refused_because=because, at=services.now())
        if pending:
            services.follower.catch_up()
    return True


def refuse_personal_note(note: str) -> None:
    """Let a note pass that is short, and holds no number or address that somebody could be found by.

    Raises:
        NoteNotAllowed: It is longer, or holds one.
    """
    if len(note.strip()) > MOST_NOTE_CHARACTERS or _PERSONAL.search(note):
        raise NoteNotAllowed


def _put_on(services: Services, begun: TopUp) -> None:
    call = fund_calls.top_up(voucher=begun.voucher, amount_cents=begun.amount_cents)
    services.fund.execute(call, sender=services.accounts.issuer)
