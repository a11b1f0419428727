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
    LetterSignatureInvalid,
    PhoneRetired,
    RequestInvalid,
    SignInRequired,
    VoucherAlreadyActivated,
    VoucherBlocked,
    VoucherUnknown,
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
    """A voucher's next generation of ticket keys, signed by its holder.

    `new_token_hash` is of the phone that the voucher moves to; None when it stays.
    """

    voucher: int
    generation: int
    old_root: bytes
    holder: bytes
    ticket_keys: tuple[bytes, ...]
    signature: keys.Signature
    new_token_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Activated:
    """What a letter opened: each voucher with its block. `blocked` are those that it opens once they are unblocked."""

    done: tuple[tuple[int, int], ...]
    blocked: tuple[int, ...]


def activate(
    services: Services, *, letter_id: str, token_hash: bytes, handovers: Sequence[Handover]
) -> Activated:
    """Hand all vouchers of a letter over to a phone, but for blocked ones. The same again is answered the same.

    Whoever has the others gets a blocked one too, by the same letter, when it is unblocked.

    Raises:
        LetterUnknown: There is no such letter.
        LetterIncomplete: Not exactly the letter's vouchers were named.
        LetterSignatureInvalid: A signature is not by the letter's key; nothing was done.
        VoucherAlreadyActivated: Another phone was first.
        VoucherBlocked: All that it could open are blocked.
        TicketKeysTaken: A ticket key is already another voucher's.
    """
    letter_vouchers = {one.voucher: one for one in look_up_letter(services, letter_id=letter_id)}
    if sorted(one.voucher for one in handovers) != sorted(letter_vouchers):
        raise LetterIncomplete(vouchers=sorted(letter_vouchers))
    # In one order for everyone: of two phones with one letter, the one that gets the first voucher gets them all.
    plans: list[_Plan] = []
    blocked: list[VoucherBlocked] = []
    for handover in sorted(handovers, key=lambda one: one.voucher):
        try:
            plans.append(_plan(services, handover, letter_vouchers[handover.voucher]))
        except VoucherBlocked as refusal:
            blocked.append(refusal)
    done: list[tuple[int, int]] = []
    for plan in plans:
        try:
            done.append((plan.handover.voucher, _hand_over(services, plan, token_hash)))
        except VoucherBlocked as refusal:
            # It was blocked since it was planned.
            blocked.append(refusal)
    if not done:
        raise blocked[0]
    services.follower.catch_up()
    log.info("activated", vouchers=len(done), blocked=len(blocked), block=done[-1][1])
    return Activated(done=tuple(done), blocked=tuple(sorted(one.voucher for one in blocked)))


def renew_tickets(services: Services, *, token_hash: bytes, renewal: Renewal) -> int:
    """Replace a voucher's ticket keys; return the block. The same again is answered the same.

    With a `new_token_hash` the voucher moves: from then on that phone reads it, and this one no longer. The same move
    again is answered the same too, although the former phone may be unknown by then.

    Raises:
        SignInRequired: The calling phone reads nothing, and never did.
        PhoneRetired: It reads nothing any more.
        VoucherUnknown: It is none of the calling phone's.
        HolderSignatureInvalid: The signature is not by the voucher's holder.
        GenerationsExhausted: The keys were replaced as often as is possible.
        TicketKeysTaken: A ticket key is already another voucher's.
    """
    tree = _grow(renewal.ticket_keys, renewal.generation)
    reader = services.registry.phones.phone_of(renewal.voucher)
    has_moved = reader is not None and reader == renewal.new_token_hash
    if reader != token_hash and not has_moved:
        refuse_unknown_phone(services, token_hash)
        raise VoucherUnknown(voucher=renewal.voucher)
    state = services.fund.voucher(renewal.voucher)
    is_retry = state.generation == renewal.generation and state.fingerprint == fingerprint(
        renewal.holder, tree.root
    )
    if is_retry:
        block = services.chain.head().number
    elif renewal.generation != state.generation + 1:
        raise HolderSignatureInvalid(signer="0x" + "0" * 40)
    else:
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
    if renewal.new_token_hash is not None and not has_moved:
        services.registry.phones.register(renewal.new_token_hash, [renewal.voucher], at=services.now())
    log.info(
        "tickets_renewed",
        generation=renewal.generation,
        moved=renewal.new_token_hash is not None,
        block=block,
    )
    return block


def refuse_unknown_phone(services: Services, token_hash: bytes) -> None:
    """Let a phone pass that reads a voucher.

    Raises:
        SignInRequired: It reads nothing, and never did.
        PhoneRetired: It reads nothing any more; says since when and why.
    """
    if services.registry.phones.vouchers_of(token_hash):
        return
    retired = services.registry.phones.retirement_of(token_hash)
    if retired is None:
        raise SignInRequired
    raise PhoneRetired(retired_at=retired.retired_at, because=retired.because)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A hand-over that was checked; `call` is None when the voucher is this holder's already."""

    handover: Handover
    generation: int
    tree: TicketTree
    call: bytes | None


def _plan(services: Services, handover: Handover, letter_voucher: LetterVoucher) -> _Plan:
    """Check one hand-over before any is made, so that a letter is refused whole."""
    tree = _grow(handover.ticket_keys, letter_voucher.generation)
    _verify_letter(services, handover, letter_voucher.generation, tree)
    if letter_voucher.activated:
        _refuse_another_holder(services, handover, tree)
        return _Plan(handover, letter_voucher.generation, tree, None)
    call = fund_calls.activate(
        voucher=handover.voucher,
        holder=handover.holder,
        ticket_root=tree.root,
        signature=handover.signature,
    )
    services.fund.preview(call, sender=services.accounts.relayer)
    return _Plan(handover, letter_voucher.generation, tree, call)


def _hand_over(services: Services, plan: _Plan, token_hash: bytes) -> int:
    """Hand one voucher over and let the phone read it; return the block."""
    handover = plan.handover
    if plan.call is not None:
        try:
            block = _keep_then_execute(
                services,
                plan.call,
                handover.voucher,
                plan.generation,
                handover.holder,
                plan.tree,
                handover.ticket_keys,
            )
        except VoucherAlreadyActivated:
            _refuse_another_holder(services, handover, plan.tree)
        else:
            services.registry.phones.register(token_hash, [handover.voucher], at=services.now())
            return block
    reader = services.registry.phones.phone_of(handover.voucher)
    if reader is not None and reader != token_hash:
        # The request is not signed by the token: repeated, it cannot take the budget from the phone that reads it.
        raise VoucherAlreadyActivated(voucher=handover.voucher)
    services.registry.phones.register(token_hash, [handover.voucher], at=services.now())
    return services.chain.head().number


def _verify_letter(services: Services, handover: Handover, generation: int, tree: TicketTree) -> None:
    """Check the letter's signature, also when the contract no longer looks at it."""
    digest = services.fund.domain.activation_digest(
        voucher=handover.voucher, generation=generation, holder=handover.holder, ticket_root=tree.root
    )
    signer = keys.recover(digest, handover.signature) or bytes(20)
    (state,) = services.ledger.reports.vouchers([handover.voucher])
    if f"0x{signer.hex()}" != state.letter_key.lower():
        raise LetterSignatureInvalid(signer=f"0x{signer.hex()}")


def _refuse_another_holder(services: Services, handover: Handover, tree: TicketTree) -> None:
    if services.fund.voucher(handover.voucher).fingerprint != fingerprint(handover.holder, tree.root):
        raise VoucherAlreadyActivated(voucher=handover.voucher)


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
