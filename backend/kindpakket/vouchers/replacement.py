# SPDX-License-Identifier: EUPL-1.2
"""The desk's way for a lost phone or letter: one new letter for all vouchers of a household, shown once.

The chain replaces the holder of each voucher, and with it all codes of the former phone are dead at once. What breaks
off in between is finished by the same request again, with the same letter. Staff see which vouchers a household has
and whether a phone holds them; no balance, no payment, no name.

Whoever opens the letter reads what the household paid. So none is made once the programme is over: nothing could be
paid with it, and no family would notice that its phone is out.

Source: docs/decisions.md, no new letter after the end.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import IntEnum

import structlog

from kindpakket import programmes
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import HouseholdChanged
from kindpakket.registry.replacements import HouseholdRow, Replacement
from kindpakket.services import Services
from kindpakket.tickets import keys, letter

from .letters import Letter

log = structlog.get_logger(__name__)


class ReplacementReason(IntEnum):
    """Why a household gets a new letter. The contract keeps the number."""

    LOST = 1
    STOLEN = 2
    BROKEN = 3
    LETTER = 4
    OTHER = 5
    # Not for a letter: the voucher goes on a sheet of codes.
    PAPER = 6


@dataclass(frozen=True, slots=True)
class HouseholdVoucher:
    """A voucher of a household, and what holds it.

    Attributes:
        block_reason: The contract's number of why it is blocked; 0 when it is not.
        on_paper: It is on a sheet of codes, not on a phone.
        broke_off: A letter or a sheet was begun for it that nobody got: it waits for another.
    """

    voucher: int
    activated: bool
    block_reason: int
    on_paper: bool
    broke_off: bool

    @property
    def blocked(self) -> bool:
        """Whether it is blocked."""
        return self.block_reason != 0


@dataclass(frozen=True, slots=True)
class HouseholdState:
    """What the desk sees of a household.

    Attributes:
        is_being_replaced: A new letter is begun and was not shown yet.
        is_over: Its programme has ended: no new letter is made.
    """

    household: int
    programme: int
    row_reference: str
    vouchers: tuple[HouseholdVoucher, ...]
    replacement_count: int
    is_being_replaced: bool
    is_over: bool


def find_household(services: Services, *, programme: int, row_reference: str) -> HouseholdState:
    """Return the household of a row reference.

    Raises:
        HouseholdUnknown: There is none in this programme.
    """
    return _state_of(
        services, services.registry.replacements.find_household(programme, row_reference.strip())
    )


def household_numbered(services: Services, household: int) -> HouseholdState:
    """Return a household.

    Raises:
        HouseholdUnknown: There is none.
    """
    return _state_of(services, services.registry.replacements.household(household))


def replace_letter(
    services: Services, *, household: int, reason: ReplacementReason, replacement_count: int, staff: int
) -> Letter:
    """Give a household one new letter for all its vouchers; every former letter and code is dead when this returns.

    `replacement_count` is how many new letters it got before, as the asker saw it: of two requests at once the second
    is refused, so that the letter that somebody looks at is the one that works. `staff` is the number of who asks.

    Raises:
        HouseholdUnknown: There is no such household.
        ProgrammeEnded: Its programme is over.
        HouseholdChanged: It got another new letter meanwhile.
        GenerationsExhausted: A voucher was replaced as often as is possible.
        ChainUnreachable: Perhaps a part was done; the same request again finishes it.
    """
    with services.one_at_a_time:
        row = services.registry.replacements.household(household)
        programmes.refuse_ended(services, row.programme)
        if row.replacement_count != replacement_count:
            raise HouseholdChanged(replacement_count=row.replacement_count)
        replacement = services.registry.replacements.pending(household) or _begin(
            services, household, reason, staff
        )
        secret = services.unseal(replacement.sealed_secret)
        letter_keys = {
            voucher: f"0x{keys.address_of(letter.letter_key(secret, position=position)).hex()}"
            for position, voucher in enumerate(row.vouchers)
        }
        _put_on_chain(services, replacement, letter_keys)
        services.registry.replacements.finish(
            replacement.replacement, letter_keys=letter_keys, at=services.now()
        )
    log.info("letter_replaced", household=household, reason=replacement.reason, vouchers=len(letter_keys))
    code = letter.format_code(secret)
    return Letter(
        row_reference=row.row_reference,
        code=code,
        url=f"{services.settings.base_url}/ouder/#brief={code}",
        vouchers=row.vouchers,
    )


def _begin(services: Services, household: int, reason: ReplacementReason, staff: int) -> Replacement:
    secret = secrets.token_bytes(letter.SECRET_BYTES)
    return services.registry.replacements.begin(
        household,
        letter_id=letter.letter_id(secret),
        sealed_secret=services.seal(secret),
        reason=reason,
        staff=staff,
        at=services.now(),
    )


def _put_on_chain(services: Services, replacement: Replacement, letter_keys: dict[int, str]) -> None:
    """Replace the holder of each voucher that does not wait for this letter yet."""
    calls = [
        fund_calls.replace_holder(
            voucher=voucher,
            letter_key=letter_key,
            reason=replacement.reason,
        )
        for voucher, letter_key in letter_keys.items()
        if not waits_for(services, voucher, letter_key)
    ]
    for call in calls:
        services.fund.preview(call, sender=services.accounts.issuer)
    if calls:
        services.fund.execute_all(calls, sender=services.accounts.issuer)
    services.follower.catch_up()


def waits_for(services: Services, voucher: int, letter_key: str) -> bool:
    """Tell whether a voucher waits for this letter already."""
    state = services.fund.voucher(voucher)
    return not state.activated and f"0x{state.fingerprint.hex()}" == letter_key


def _state_of(services: Services, row: HouseholdRow) -> HouseholdState:
    programme = programmes.programme_named(services, row.programme)
    on_paper = services.registry.desk.vouchers_on_paper(row.household)
    return HouseholdState(
        household=row.household,
        programme=row.programme,
        row_reference=row.row_reference,
        vouchers=tuple(
            HouseholdVoucher(
                voucher=state.voucher,
                activated=state.activated,
                block_reason=state.block_reason,
                on_paper=state.voucher in on_paper,
                broke_off=state.letter_key.lower() != row.letter_keys[state.voucher],
            )
            for state in services.ledger.reports.vouchers(row.vouchers)
        ),
        replacement_count=row.replacement_count,
        is_being_replaced=row.is_being_replaced,
        is_over=programmes.has_ended(services, programme),
    )
