# SPDX-License-Identifier: EUPL-1.2
"""Calls: the input bytes of each of the contract's verbs. Amounts in euro cents, instants in epoch seconds.

What the verbs require is in contracts/IVoucherFund.sol. Each raises ValueError for a value that no such call can carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket.events import Allocation
from kindpakket.tickets.code import Ticket
from kindpakket.tickets.keys import Signature
from kindpakket.tickets.tree import LEVELS, word

from .abi import WORD, Address, to_address, verbs


@dataclass(frozen=True, slots=True)
class TicketPlace:
    """Where a ticket key stands in the family's own list of ticket keys, and the proof of it.

    Attributes:
        number: 256 × the voucher's generation + its place in the list.
        holder: The key that holds the voucher, 20 bytes.
        siblings: The eight neighbours on the way to the root, 20 bytes each.
    """

    voucher: int
    number: int
    holder: bytes
    siblings: tuple[bytes, ...]


def open_programme(
    *, starts_at: int, ends_at: int, categories: int, max_redemption_cents: int, policy_hash: bytes
) -> bytes:
    """Open a programme. `categories` has bit n for category n. Sender: issuer."""
    return verbs()["openProgramme"].write(starts_at, ends_at, categories, max_redemption_cents, policy_hash)


def extend(*, programme: int, ends_at: int) -> bytes:
    """Let a programme last longer. Sender: issuer."""
    return verbs()["extend"].write(programme, ends_at)


def deposit(*, programme: int, amount_cents: int, payment_reference: bytes) -> bytes:
    """Record money that came in. Sender: treasurer."""
    return verbs()["deposit"].write(programme, amount_cents, payment_reference)


def withdraw(*, programme: int, amount_cents: int, payment_reference: bytes) -> bytes:
    """Record money on no voucher that went out again. Sender: treasurer."""
    return verbs()["withdraw"].write(programme, amount_cents, payment_reference)


def settle(*, programme: int, shop: int, amount_cents: int, payment_reference: bytes) -> bytes:
    """Record that a shop was paid out. Sender: treasurer."""
    return verbs()["settle"].write(programme, shop, amount_cents, payment_reference)


def sweep(*, vouchers: Sequence[int]) -> bytes:
    """Take back what is left on vouchers after the end. Sender: treasurer."""
    return verbs()["sweep"].write(vouchers)


def anchor(*, hash: bytes) -> bytes:  # noqa: A002 - its name in the contract
    """Put a hash on record. Sender: anyone with a role."""
    return verbs()["anchor"].write(hash)


def issue(*, programme: int, allocations: Sequence[Allocation]) -> bytes:
    """Give out vouchers. Sender: issuer."""
    return verbs()["issue"].write(
        programme, [(to_address(one.letter_key), one.amount_cents) for one in allocations]
    )


def top_up(*, voucher: int, amount_cents: int) -> bytes:
    """Put more on a voucher. Sender: issuer."""
    return verbs()["topUp"].write(voucher, amount_cents)


def activate(*, voucher: int, holder: Address, ticket_root: bytes, signature: Signature) -> bytes:
    """Hand a voucher over from its letter to a holder; the letter's key signed. Sender: anyone."""
    return verbs()["activate"].write(voucher, holder, ticket_root, signature.r, signature.vs)


def renew_tickets(
    *, voucher: int, old_root: bytes, holder: Address, ticket_root: bytes, signature: Signature
) -> bytes:
    """Replace a voucher's ticket keys; the old holder signed. Sender: anyone."""
    return verbs()["renewTickets"].write(voucher, old_root, holder, ticket_root, signature.r, signature.vs)


def replace_holder(*, voucher: int, letter_key: Address, reason: int) -> bytes:
    """Replace a lost holder or letter by a new letter. Sender: issuer."""
    return verbs()["replaceHolder"].write(voucher, letter_key, reason)


def block_voucher(*, voucher: int, reason: int) -> bytes:
    """Stop a voucher. Sender: issuer."""
    return verbs()["blockVoucher"].write(voucher, reason)


def unblock_voucher(*, voucher: int) -> bytes:
    """Let a voucher work again. Sender: issuer."""
    return verbs()["unblockVoucher"].write(voucher)


def allow_shop(*, programme: int, shop: int, categories: int) -> bytes:
    """Let a shop take part. `categories` has bit n for category n. Sender: shop manager."""
    return verbs()["allowShop"].write(programme, shop, categories)


def remove_shop(*, programme: int, shop: int) -> bytes:
    """Let a shop no longer take part. Sender: shop manager."""
    return verbs()["removeShop"].write(programme, shop)


def add_till(*, shop: int, till: Address) -> bytes:
    """Add a till to a shop. Sender: shop manager."""
    return verbs()["addTill"].write(shop, till)


def remove_till(*, till: Address) -> bytes:
    """Remove a till. Sender: shop manager."""
    return verbs()["removeTill"].write(till)


def redeem(
    *, place: TicketPlace, ticket: Ticket, amount_cents: int, category: int, charge_signature: Signature
) -> bytes:
    """Pay a shop from a voucher; the ticket key and the till signed. Sender: anyone."""
    return verbs()["redeem"].write(
        *_ticket_words(ticket, place), amount_cents, category, charge_signature.r, charge_signature.vs
    )


def read_redeem(input: bytes) -> tuple[Ticket, TicketPlace] | None:  # noqa: A002
    """Return the ticket of a call of `redeem` and its place; None for any other input."""
    verb = verbs()["redeem"]
    if not input.startswith(verb.selector) or len(input) != len(verb.selector) + WORD * len(
        verb.inputs.words or ()
    ):
        return None
    values = verb.inputs.read(input[len(verb.selector) :])
    shop, expires_at, max_cents, r, vs, voucher, holder, number, *siblings = values[: 8 + LEVELS]
    ticket = Ticket(
        shop=shop,
        max_cents=max_cents,
        expires_at=expires_at,
        signature=Signature.from_compact(r + vs),
    )
    place = TicketPlace(
        voucher=voucher,
        number=number,
        holder=to_address(holder),
        siblings=tuple(sibling[-20:] for sibling in siblings),
    )
    return ticket, place


def refund(
    *,
    place: TicketPlace,
    ticket: Ticket,
    amount_cents: int,
    remaining_cents: int,
    refund_signature: Signature,
) -> bytes:
    """Give back part or all of a payment of which `remaining_cents` is left; the till signed. Sender: anyone."""
    return verbs()["refund"].write(
        *_ticket_words(ticket, place),
        amount_cents,
        remaining_cents,
        refund_signature.r,
        refund_signature.vs,
    )


def grant_role(*, role: bytes, account: Address) -> bytes:
    """Give an account a role, named by its 32 bytes. Sender: admin."""
    return verbs()["grantRole"].write(role, account)


def revoke_role(*, role: bytes, account: Address) -> bytes:
    """Take a role from an account. Sender: admin."""
    return verbs()["revokeRole"].write(role, account)


def begin_admin_hand_over(*, account: Address) -> bytes:
    """Announce another admin, who can accept when the delay is over. Sender: admin."""
    return verbs()["beginDefaultAdminTransfer"].write(account)


def accept_admin_hand_over() -> bytes:
    """Become the admin that was announced. Sender: that admin."""
    return verbs()["acceptDefaultAdminTransfer"].write()


def _ticket_words(ticket: Ticket, place: TicketPlace) -> tuple[int | bytes, ...]:
    if len(place.siblings) != LEVELS:
        raise ValueError(f"a ticket's place has {LEVELS} siblings, not {len(place.siblings)}")
    return (
        ticket.shop,
        ticket.expires_at,
        ticket.max_cents,
        ticket.signature.r,
        ticket.signature.vs,
        place.voucher,
        place.holder,
        place.number,
        *map(word, place.siblings),
    )
