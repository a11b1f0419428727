# SPDX-License-Identifier: EUPL-1.2
"""The ticket's code: 75 bytes that a phone shows as a QR and a till reads.

version 1 | shop 2 (0: any) | max cents 3 | valid until 4 (unix minutes) | r 32 | s 32 | v 1 (0 or 1), numbers big end
first, in base45 after `KP1:`: 117 characters.
"""

from __future__ import annotations

from dataclasses import dataclass

from coincurve import PrivateKey

from . import base45, keys, signing

PREFIX = "KP1:"
VERSION = 1
_LENGTH = 75


@dataclass(frozen=True, slots=True)
class Ticket:
    """A signed ticket as it travels.

    Attributes:
        shop: The only shop that may charge it; 0 for any.
        max_cents: The most that may be charged, euro cents.
        expires_at: First second at which it is no longer valid; a whole minute, epoch seconds.
        signature: By the ticket key.
    """

    shop: int
    max_cents: int
    expires_at: int
    signature: keys.Signature


class TicketUnreadable(ValueError):
    """The text is not a ticket: wrong prefix, alphabet, length or version."""


def sign_ticket(
    key: PrivateKey, domain: signing.Domain, *, shop: int = 0, max_cents: int, expires_at: int
) -> Ticket:
    """Sign a ticket with a one-time key. `expires_at` is a whole minute in epoch seconds."""
    assert expires_at % 60 == 0, "a ticket expires at a whole minute"
    digest = domain.ticket_digest(shop=shop, max_cents=max_cents, expires_at=expires_at)
    return Ticket(shop=shop, max_cents=max_cents, expires_at=expires_at, signature=keys.sign(key, digest))


def write(ticket: Ticket) -> str:
    """Return the text for the QR code."""
    content = b"".join(
        (
            VERSION.to_bytes(1, "big"),
            ticket.shop.to_bytes(2, "big"),
            ticket.max_cents.to_bytes(3, "big"),
            (ticket.expires_at // 60).to_bytes(4, "big"),
            ticket.signature.r,
            ticket.signature.s,
            ticket.signature.recovery.to_bytes(1, "big"),
        )
    )
    return PREFIX + base45.encode(content)


def read(text: str) -> Ticket:
    """Read a ticket from the text of a QR code. Says nothing about whether it is true: only its signature does.

    Raises:
        TicketUnreadable: The text is not a ticket of this version.
    """
    if not text.startswith(PREFIX):
        raise TicketUnreadable(f"a ticket starts with {PREFIX}")
    try:
        content = base45.decode(text[len(PREFIX) :])
    except ValueError as error:
        raise TicketUnreadable(str(error)) from error
    if len(content) != _LENGTH:
        raise TicketUnreadable(f"a ticket has {_LENGTH} bytes, this one {len(content)}")
    if content[0] != VERSION:
        raise TicketUnreadable(f"a ticket of version {content[0]} is not known here")
    if content[74] > 1:
        raise TicketUnreadable("the recovery bit of a signature is 0 or 1")
    return Ticket(
        shop=int.from_bytes(content[1:3], "big"),
        max_cents=int.from_bytes(content[3:6], "big"),
        expires_at=int.from_bytes(content[6:10], "big") * 60,
        signature=keys.Signature(r=content[10:42], s=content[42:74], recovery=content[74]),
    )


def identify(ticket: Ticket, domain: signing.Domain) -> tuple[bytes, bytes] | None:
    """Return the ticket's id (32 bytes) and its key's address (20 bytes); None if its signature is not one."""
    digest = domain.ticket_digest(shop=ticket.shop, max_cents=ticket.max_cents, expires_at=ticket.expires_at)
    key = keys.recover(digest, ticket.signature)
    return None if key is None else (signing.ticket_id(digest, key), key)
