# SPDX-License-Identifier: EUPL-1.2
"""A phone and a till in Python, speaking docs/protocol.md over HTTP; for the demo, the benchmarks and the tests."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

from coincurve import PrivateKey

from kindpakket.tickets import code, keys, letter, signing, tree

from .api_client import Refused

TICKET_SECONDS = 5 * 60


class Asks(Protocol):
    """Something that asks the API, such as `ApiClient`."""

    token: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask below `/api/v1` and return the answer; raise `Refused` for a refusal."""


def domain_of(fund: dict[str, Any]) -> signing.Domain:
    """Return where signatures count, from the answer of `GET /fund`."""
    return signing.Domain(chain_id=fund["chainId"], contract=bytes.fromhex(fund["contract"][2:]))


def expiry(now: int, *, seconds: int = TICKET_SECONDS) -> int:
    """Return a whole minute at least `seconds` from now."""
    return -(-(now + seconds) // 60) * 60


@dataclass
class Phone:
    """A phone: one seed, the vouchers it holds, and the next ticket number of each."""

    client: Asks
    domain: signing.Domain
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    next_numbers: dict[int, int] = field(default_factory=dict)

    def ticket_keys(self, voucher: int, *, generation: int = 0) -> list[bytes]:
        """Return the addresses of a generation's 256 ticket keys."""
        return [
            keys.address_of(keys.ticket_key(self.seed, voucher=voucher, number=generation * 256 + place))
            for place in range(tree.TICKETS)
        ]

    def activation(self, letter_code: str) -> dict[str, Any]:
        """Return the request that hands a letter's vouchers over to this phone."""
        secret = letter.parse_code(letter_code)
        letter_id = letter.letter_id(secret)
        opened = self.client.ask("POST", "/letter-lookups", {"letterId": letter_id})["vouchers"]
        token_hash = hashlib.sha256(bytes.fromhex(keys.access_token(self.seed))).hexdigest()
        return {
            "letterId": letter_id,
            "tokenHash": f"0x{token_hash}",
            "vouchers": [
                self._handover(letter.letter_key(secret, position=one["position"]), one) for one in opened
            ],
        }

    def activate(self, letter_code: str) -> list[int]:
        """Open a letter; return its vouchers."""
        done = self.client.ask("POST", "/activations", self.activation(letter_code))["vouchers"]
        self.client.token = keys.access_token(self.seed)
        for one in done:
            self.next_numbers[one["voucher"]] = 0
        return list(self.next_numbers)

    def show_code(
        self, voucher: int, *, max_cents: int, expires_at: int, shop: int = 0, number: int | None = None
    ) -> str:
        """Return the text of a ticket's QR code; with a fresh number unless one is named."""
        if number is None:
            number = self.next_numbers[voucher]
            self.next_numbers[voucher] = number + 1
        key = keys.ticket_key(self.seed, voucher=voucher, number=number)
        ticket = code.sign_ticket(key, self.domain, shop=shop, max_cents=max_cents, expires_at=expires_at)
        return code.write(ticket)

    def _handover(self, letter_key: PrivateKey, opened: dict[str, Any]) -> dict[str, Any]:
        voucher = opened["voucher"]
        holder = keys.address_of(keys.holder_key(self.seed, voucher=voucher))
        ticket_keys = self.ticket_keys(voucher, generation=opened["generation"])
        root = tree.TicketTree(ticket_keys, generation=opened["generation"]).root
        digest = self.domain.activation_digest(
            voucher=voucher, generation=opened["generation"], holder=holder, ticket_root=root
        )
        return {
            "voucher": voucher,
            "holder": f"0x{holder.hex()}",
            "ticketKeys": [f"0x{key.hex()}" for key in ticket_keys],
            "signature": f"0x{keys.sign(letter_key, digest).compact.hex()}",
        }


@dataclass
class Till:
    """A till: one key, and the shop it belongs to once paired."""

    client: Asks
    domain: signing.Domain
    key: PrivateKey = field(default_factory=PrivateKey, repr=False)

    @property
    def address(self) -> str:
        """The till's address."""
        return f"0x{keys.address_of(self.key).hex()}"

    def pair(self, pairing_code: str, *, name: str | None = None) -> dict[str, Any]:
        """Join the shop of a pairing code; without a name, as `Kassa 1` or with the next number that is free."""
        request = {"pairingCode": pairing_code, "till": self.address, "name": name or "Kassa 1"}
        paired: dict[str, Any]
        try:
            paired = self.client.ask("POST", "/tills", request)
        except Refused as refused:
            if name is not None or refused.reason != "till_name_taken":
                raise
            paired = self.client.ask("POST", "/tills", request | {"name": refused.content["freeName"]})
        self.client.token = paired["token"]
        return paired

    def charge(self, ticket_text: str, *, amount_cents: int, category: int) -> tuple[str, dict[str, Any]]:
        """Return the path and the body that charge a ticket."""
        identity = code.identify(code.read(ticket_text), self.domain)
        assert identity is not None, "a till sends no ticket whose signature is not one"
        ticket_id = identity[0]
        digest = self.domain.charge_digest(ticket_id=ticket_id, amount_cents=amount_cents, category=category)
        body = {
            "ticket": ticket_text,
            "amountCents": amount_cents,
            "category": category,
            "signature": f"0x{keys.sign(self.key, digest).compact.hex()}",
        }
        return f"/redemptions/0x{ticket_id.hex()}", body

    def redeem(self, ticket_text: str, *, amount_cents: int, category: int) -> dict[str, Any]:
        """Charge a ticket and return the answer.

        Raises:
            Refused: The answer is no.
            OSError: There is no answer; ask again.
        """
        path, body = self.charge(ticket_text, amount_cents=amount_cents, category=category)
        answer: dict[str, Any] = self.client.ask("PUT", path, body)
        return answer

    def refund_order(
        self, redemption_id: str, *, amount_cents: int, remaining_cents: int, reason: str = "returned"
    ) -> tuple[str, dict[str, Any]]:
        """Return the path and the body that give back part of a payment of which so much is left."""
        digest = self.domain.refund_digest(
            ticket_id=bytes.fromhex(redemption_id[2:]),
            amount_cents=amount_cents,
            remaining_cents=remaining_cents,
        )
        body = {
            "amountCents": amount_cents,
            "remainingCents": remaining_cents,
            "reason": reason,
            "signature": f"0x{keys.sign(self.key, digest).compact.hex()}",
        }
        return f"/redemptions/{redemption_id}/refunds", body

    def refund(
        self, redemption_id: str, *, amount_cents: int, remaining_cents: int, reason: str = "returned"
    ) -> dict[str, Any]:
        """Give back part of a payment and return the answer.

        Raises:
            Refused: The answer is no.
            OSError: There is no answer; ask again.
        """
        path, body = self.refund_order(
            redemption_id, amount_cents=amount_cents, remaining_cents=remaining_cents, reason=reason
        )
        answer: dict[str, Any] = self.client.ask("POST", path, body)
        return answer
