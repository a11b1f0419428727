# SPDX-License-Identifier: EUPL-1.2
"""What is signed: typed messages in the domain of one contract on one chain.

Source: EIP-712.
"""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.hashes import keccak

from .tree import word

NAME = "Kindpakket"
VERSION = "1"

_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_TICKET_TYPE = b"Ticket(uint16 shop,uint32 maxCents,uint64 expiresAt)"
_CHARGE_TYPE = b"Charge(bytes32 ticketId,uint32 amountCents,uint8 category)"
_REFUND_TYPE = b"Refund(bytes32 ticketId,uint32 amountCents,uint32 remainingCents)"
_ACTIVATION_TYPE = b"Activation(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)"
_RENEWAL_TYPE = b"Renewal(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)"


def _hash(type_name: bytes, *words: int | bytes) -> bytes:
    """Hash a struct of words that are numbers, 20-byte addresses or 32-byte hashes."""
    padded = [word.to_bytes(32, "big") if isinstance(word, int) else word.rjust(32, b"\0") for word in words]
    return keccak(keccak(type_name) + b"".join(padded))


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract on one chain."""

    chain_id: int
    contract: bytes

    def _digest(self, struct_hash: bytes) -> bytes:
        separator = _hash(
            _DOMAIN_TYPE, keccak(NAME.encode()), keccak(VERSION.encode()), self.chain_id, self.contract
        )
        return keccak(b"\x19\x01" + separator + struct_hash)

    def ticket_digest(self, *, shop: int, max_cents: int, expires_at: int) -> bytes:
        """Return what a ticket key signs."""
        return self._digest(_hash(_TICKET_TYPE, shop, max_cents, expires_at))

    def charge_digest(self, *, ticket_id: bytes, amount_cents: int, category: int) -> bytes:
        """Return what a till signs to charge a ticket."""
        return self._digest(_hash(_CHARGE_TYPE, ticket_id, amount_cents, category))

    def refund_digest(self, *, ticket_id: bytes, amount_cents: int, remaining_cents: int) -> bytes:
        """Return what a till signs to give back; `remaining_cents` is what was left of the charge before."""
        return self._digest(_hash(_REFUND_TYPE, ticket_id, amount_cents, remaining_cents))

    def activation_digest(self, *, voucher: int, generation: int, holder: bytes, ticket_root: bytes) -> bytes:
        """Return what a letter key signs to hand a voucher over, at the generation that it has."""
        return self._digest(_hash(_ACTIVATION_TYPE, voucher, generation, holder, ticket_root))

    def renewal_digest(self, *, voucher: int, generation: int, holder: bytes, ticket_root: bytes) -> bytes:
        """Return what a holder signs to replace its ticket keys; `generation` is the new one."""
        return self._digest(_hash(_RENEWAL_TYPE, voucher, generation, holder, ticket_root))


def ticket_id(ticket_digest: bytes, ticket_key: bytes) -> bytes:
    """Return the id of a ticket and of its redemption: what was signed, and by which key."""
    return keccak(ticket_digest + word(ticket_key))
