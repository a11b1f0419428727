# SPDX-License-Identifier: EUPL-1.2
"""Activation: a letter hands its vouchers over to a phone; later the phone may replace its tickets.

The lists of ticket keys are kept before the chain has them, and only after their signature was checked, so that nobody
without the letter can put keys in the way of another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from kindpakket.chain import fund as fund_calls
from kindpakket.errors import (
    HolderSignatureInvalid,
    LetterIncomplete,
    RequestInvalid,
    VoucherAlreadyActivated,
)
from kindpakket.services import Services
from kindpakket.tickets import keys
from kindpakket.tickets.tree import TicketTree, fingerprint

from .letters import LetterVoucher, look_up_letter

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handover:
    """One voucher's hand-over, signed by the letter's key."""

    voucher: int
    holder: bytes
    ticket_keys: tuple[bytes, ...]
    signature: keys.Signature


@dataclass(frozen=True, slots=True)
class Renewal:
    """A voucher's next generation of ticket keys, signed by its holder."""

    voucher: int
    generation: int
    old_root: bytes
    holder: bytes
    ticket_keys: tuple[bytes, ...]
    signature: keys.Signature


def activate(
    services: Services, *, letter_id: str, token_hash: bytes, handovers: Sequence[Handover]
) -> list[tuple[int, int]]:
    """Hand all vouchers of a letter over to a phone; return each with its block. The same again is answered the same.

    Raises:
        LetterUnknown: There is no such letter.
        LetterIncomplete: Not exactly the letter's vouchers were named.
        LetterSignatureInvalid: A signature is not by the letter's key; nothing was done for that voucher or after it.
        VoucherAlreadyActivated: Another phone was first.
        TicketKeysTaken: A ticket key is already another voucher's.
    """
    letter_vouchers = {one.voucher: one for one in look_up_letter(services, letter_id=letter_id)}
    if sorted(one.voucher for one in handovers) != sorted(letter_vouchers):
        raise LetterIncomplete(vouchers=sorted(letter_vouchers))
    done = [(one.voucher, _hand_over(services, one, letter_vouchers[one.voucher])) for one in handovers]
    services.registry.phones.register(token_hash, [one.voucher for one in handovers])
    services.follower.catch_up()
    log.info("activated", vouchers=len(done), block=done[-1][1])
    return done


def renew_tickets(services: Services, *, renewal: Renewal) -> int:
    """Replace a voucher's ticket keys; return the block. The same again is answered the same.

    Raises:
        HolderSignatureInvalid: The signature is not by the voucher's holder.
        GenerationsExhausted: The keys were replaced as often as is possible.
        TicketKeysTaken: A ticket key is already another voucher's.
    """
    state = services.fund.voucher(renewal.voucher)
    tree = _grow(renewal.ticket_keys, renewal.generation)
    is_retry = state.generation == renewal.generation and state.fingerprint == fingerprint(
        renewal.holder, tree.root
    )
    if is_retry:
        return services.chain.head().number
    if renewal.generation != state.generation + 1:
        raise HolderSignatureInvalid(signer="0x" + "0" * 40)
    call = fund_calls.renew_tickets(
        voucher=renewal.voucher,
        old_root=renewal.old_root,
        holder=renewal.holder,
        ticket_root=tree.root,
        signature=renewal.signature,
    )
    block = _keep_then_execute(
        services, call, renewal.voucher, renewal.generation, renewal.holder, tree, renewal.ticket_keys
    )
    log.info("tickets_renewed", generation=renewal.generation, block=block)
    return block


def _hand_over(services: Services, handover: Handover, letter_voucher: LetterVoucher) -> int:
    tree = _grow(handover.ticket_keys, letter_voucher.generation)
    if letter_voucher.activated:
        return _confirm_retry(services, handover, tree)
    call = fund_calls.activate(
        voucher=handover.voucher,
        holder=handover.holder,
        ticket_root=tree.root,
        signature=handover.signature,
    )
    try:
        return _keep_then_execute(
            services,
            call,
            handover.voucher,
            letter_voucher.generation,
            handover.holder,
            tree,
            handover.ticket_keys,
        )
    except VoucherAlreadyActivated:
        return _confirm_retry(services, handover, tree)


def _confirm_retry(services: Services, handover: Handover, tree: TicketTree) -> int:
    """Return a block in which the voucher is this holder's with these tickets; refuse when it is another's."""
    if services.fund.voucher(handover.voucher).fingerprint != fingerprint(handover.holder, tree.root):
        raise VoucherAlreadyActivated(voucher=handover.voucher)
    return services.chain.head().number


def _keep_then_execute(
    services: Services,
    call: bytes,
    voucher: int,
    generation: int,
    holder: bytes,
    tree: TicketTree,
    ticket_keys: Sequence[bytes],
) -> int:
    services.fund.preview(call, sender=services.accounts.relayer)
    services.registry.tickets.save_ticket_list(
        voucher, generation, holder=holder, ticket_root=tree.root, ticket_keys=ticket_keys
    )
    return services.fund.execute(call, sender=services.accounts.relayer).receipt.block


def _grow(ticket_keys: Sequence[bytes], generation: int) -> TicketTree:
    try:
        return TicketTree(ticket_keys, generation=generation)
    except ValueError as error:
        raise RequestInvalid(errors=[{"at": "ticketKeys", "message": str(error)}]) from error
