# SPDX-License-Identifier: EUPL-1.2
"""Moves of a budget to another phone, as two phones make them; shared by the tests of moves and backups."""

from __future__ import annotations

import hashlib
from typing import Any

from kindpakket.demo.people import Phone
from kindpakket.tickets import keys, tree
from tests.support import Town


def blank_phone(town: Town) -> Phone:
    """A phone with a seed of its own and no vouchers."""
    phone = Phone(town.new_client(), town.domain)
    phone.client.token = keys.access_token(phone.seed)
    return phone


def token_hash(phone: Phone) -> str:
    """The hash that names a phone."""
    return "0x" + hashlib.sha256(bytes.fromhex(keys.access_token(phone.seed))).hexdigest()


def move(
    old: Phone, new: Phone, voucher: int, *, generation: int = 1, signer: Phone | None = None
) -> dict[str, Any]:
    """The request that moves a voucher, signed by the old phone unless another signs."""
    old_root = tree.TicketTree(
        old.ticket_keys(voucher, generation=generation - 1), generation=generation - 1
    ).root
    holder = keys.address_of(keys.holder_key(new.seed, voucher=voucher))
    ticket_keys = new.ticket_keys(voucher, generation=generation)
    root = tree.TicketTree(ticket_keys, generation=generation).root
    digest = old.domain.renewal_digest(
        voucher=voucher, generation=generation, holder=holder, ticket_root=root
    )
    signature = keys.sign(keys.holder_key((signer or old).seed, voucher=voucher), digest)
    return {
        "voucher": voucher,
        "generation": generation,
        "oldRoot": f"0x{old_root.hex()}",
        "holder": f"0x{holder.hex()}",
        "ticketKeys": [f"0x{key.hex()}" for key in ticket_keys],
        "signature": f"0x{signature.compact.hex()}",
        "tokenHash": token_hash(new),
    }


def vouchers_read_by(phone: Phone) -> list[int]:
    """The vouchers on a phone, as it reads them."""
    return [one["voucher"] for one in phone.client.ask("GET", "/budgets/me")["vouchers"]]
