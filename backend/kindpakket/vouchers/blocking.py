# SPDX-License-Identifier: EUPL-1.2
"""Stop a voucher and let it work again: the contract keeps why, tills refuse it, and its money stays on it."""

from __future__ import annotations

from enum import IntEnum

import structlog

from kindpakket.chain import fund as fund_calls
from kindpakket.errors import VoucherUnknown
from kindpakket.services import Services

log = structlog.get_logger(__name__)


class BlockReason(IntEnum):
    """Why a voucher is blocked. The contract keeps the number."""

    REQUEST = 1
    LOST = 2
    MOVED = 3
    ENTITLEMENT = 4
    MISTAKE = 5
    OTHER = 6


def block_voucher(services: Services, *, household: int, voucher: int, reason: BlockReason) -> int:
    """Stop a voucher of a household; return the block of the chain.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherUnknown: It is none of that household's.
        VoucherBlocked: It is blocked already; the reason of then stays.
        ChainUnreachable: Perhaps it is blocked; look before doing it again.
    """
    return _execute(
        services,
        fund_calls.block_voucher(voucher=voucher, reason=reason),
        household=household,
        voucher=voucher,
        done=f"voucher_blocked_{reason.name.lower()}",
    )


def unblock_voucher(services: Services, *, household: int, voucher: int) -> int:
    """Let a blocked voucher of a household work again; return the block of the chain.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherUnknown: It is none of that household's.
        VoucherNotBlocked: It works already.
        ChainUnreachable: Perhaps it works again; look before doing it again.
    """
    call = fund_calls.unblock_voucher(voucher=voucher)
    return _execute(services, call, household=household, voucher=voucher, done="voucher_unblocked")


def refuse_voucher_of_others(services: Services, *, household: int, voucher: int) -> None:
    """Let a voucher pass that is this household's.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherUnknown: The voucher is none of its.
    """
    if voucher not in services.registry.replacements.household(household).vouchers:
        raise VoucherUnknown(voucher=voucher)


def _execute(services: Services, call: bytes, *, household: int, voucher: int, done: str) -> int:
    with services.one_at_a_time:
        refuse_voucher_of_others(services, household=household, voucher=voucher)
        services.fund.preview(call, sender=services.accounts.issuer)
        block = services.fund.execute(call, sender=services.accounts.issuer).receipt.block
        services.follower.catch_up()
    log.info(done, household=household, block=block)
    return block
