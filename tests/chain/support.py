# SPDX-License-Identifier: EUPL-1.2
"""A fund on a chain, with fixed keys, and one family's voucher in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from coincurve import PrivateKey

from kindpakket.chain import fund as calls
from kindpakket.chain.client import Chain, Submission
from kindpakket.chain.deploy import Deployment, deploy
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.fund import Fund, TicketPlace
from kindpakket.chain.keystore import Keystore
from kindpakket.events import Allocation
from kindpakket.tickets import code, keys
from kindpakket.tickets.tree import TicketTree

CHAIN_ID = 72910
SNAPSHOT_KEY = b"snapshot" * 4
START_AT = 1_795_000_000
"""A whole minute in November 2026, less 40 s."""

NOWHERE = "0x" + "77" * 20
KEYSTORE = Keystore(*(bytes([number]) * 32 for number in range(1, 7)))
LETTER = keys.derive_key(b"letter", "letter/0")
TILL = keys.derive_key(b"till", "till")
SEED = b"seed" * 8
HOLDER = keys.address_of(keys.holder_key(SEED, voucher=1))
SHOP = 3
CATEGORY = 1
MAX_CENTS = 5000
ISSUED_CENTS = 30_000


def note(chain: EmbeddedChain, number: int = 0, key: bytes = KEYSTORE.relayer) -> Submission:
    """A call that does nothing but be there."""
    return Submission(sender=chain.add_signer(key), to=NOWHERE, input=number.to_bytes(4, "big"), gas=30_000)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: int = START_AT) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


@cache
def ticket_keys() -> list[PrivateKey]:
    """The 256 ticket keys of voucher 1."""
    return [keys.ticket_key(SEED, voucher=1, number=number) for number in range(256)]


@cache
def ticket_tree() -> TicketTree:
    """Their tree."""
    return TicketTree([keys.address_of(key) for key in ticket_keys()], generation=0)


@dataclass
class Town:
    """A fund with programme 1, shop 3 with a till, and voucher 1 of EUR 300; and how to move its clock."""

    chain: Chain
    deployment: Deployment
    travel_to: Callable[[int], None]

    @cached_property
    def fund(self) -> Fund:
        return Fund(self.chain, address=self.deployment.address, deployed_block=self.deployment.block)

    def redeem(
        self,
        *,
        number: int = 0,
        amount_cents: int = 1000,
        max_cents: int = MAX_CENTS,
        expires_at: int | None = None,
    ) -> bytes:
        """The bytes of a redemption that holder and till signed."""
        domain = self.fund.domain
        ticket = code.sign_ticket(
            ticket_keys()[number],
            domain,
            max_cents=max_cents,
            expires_at=expires_at or START_AT // 60 * 60 + 3600,
        )
        identity = code.identify(ticket, domain)
        assert identity is not None
        digest = domain.charge_digest(ticket_id=identity[0], amount_cents=amount_cents, category=CATEGORY)
        return calls.redeem(
            place=TicketPlace(1, number, HOLDER, tuple(ticket_tree().siblings(number))),
            ticket=ticket,
            amount_cents=amount_cents,
            category=CATEGORY,
            charge_signature=keys.sign(TILL, digest),
        )


def build_town(chain: Chain, travel_to: Callable[[int], None]) -> Town:
    """Deploy a fund and fill it."""
    town = Town(chain, deploy(chain, KEYSTORE), travel_to)
    fund, accounts = town.fund, town.deployment.accounts
    fund.execute(
        calls.open_programme(
            starts_at=START_AT,
            ends_at=START_AT + 1_000_000,
            categories=1 << CATEGORY,
            max_redemption_cents=20_000,
            policy_hash=b"\1" * 32,
        ),
        sender=accounts.issuer,
    )
    fund.execute(
        calls.deposit(programme=1, amount_cents=1_000_000, payment_reference=b"\2" * 32),
        sender=accounts.treasurer,
    )
    letter_key = f"0x{keys.address_of(LETTER).hex()}"
    fund.execute(
        calls.issue(programme=1, allocations=[Allocation(letter_key=letter_key, amount_cents=ISSUED_CENTS)]),
        sender=accounts.issuer,
    )
    fund.execute_all(
        [
            calls.allow_shop(programme=1, shop=SHOP, categories=1 << CATEGORY),
            calls.add_till(shop=SHOP, till=keys.address_of(TILL)),
        ],
        sender=accounts.shop_manager,
    )
    root = ticket_tree().root
    digest = fund.domain.activation_digest(voucher=1, generation=0, holder=HOLDER, ticket_root=root)
    fund.execute(
        calls.activate(voucher=1, holder=HOLDER, ticket_root=root, signature=keys.sign(LETTER, digest)),
        sender=accounts.relayer,
    )
    return town
