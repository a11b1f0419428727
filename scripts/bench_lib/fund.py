# SPDX-License-Identifier: EUPL-1.2
"""A fund on an embedded chain of its own, in a folder that is gone afterwards, and what it takes to pay there."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coincurve import PrivateKey

from kindpakket.chain import calls
from kindpakket.chain.deploy import Accounts, deploy
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.fund import Fund
from kindpakket.chain.keystore import Keystore
from kindpakket.events import Allocation
from kindpakket.tickets import code, keys, letter, tree

CHAIN_ID = 72910
CATEGORY = 1
VOUCHER_CENTS = 300_00
PERIOD_SECONDS = 365 * 24 * 3600
PATIENCE_SECONDS = 120.0


@dataclass
class MovableClock:
    """The time, which can be moved ahead."""

    ahead_seconds: int = 0

    def __call__(self) -> int:
        """Return epoch seconds."""
        return int(time.time()) + self.ahead_seconds


@dataclass(frozen=True)
class Holder:
    """A voucher with the seed that holds it."""

    voucher: int
    seed: bytes
    ticket_tree: tree.TicketTree
    address: bytes


@dataclass(frozen=True)
class Bench:
    """A deployed fund with all its keys at hand; `letter_keys` by voucher."""

    chain: EmbeddedChain
    clock: MovableClock
    fund: Fund
    accounts: Accounts
    till_key: PrivateKey = field(default_factory=PrivateKey, repr=False)
    letter_keys: dict[int, PrivateKey] = field(default_factory=dict, repr=False)

    def gas(self, inputs: Sequence[bytes], *, sender: str) -> list[int]:
        """Execute calls, each of which must be accepted, and return what each took."""
        return [one.receipt.gas_used for one in self.fund.execute_all(inputs, sender=sender)]

    def open_programme(self) -> list[int]:
        """Open a programme that started already and ends in a year."""
        return self.open_programmes(1)

    def open_programmes(self, count: int) -> list[int]:
        """Open that many programmes alike."""
        now = self.chain.now()
        opening = calls.open_programme(
            starts_at=now - 60,
            ends_at=now + PERIOD_SECONDS,
            categories=1 << CATEGORY,
            max_redemption_cents=VOUCHER_CENTS,
            policy_hash=bytes(31) + b"\1",
        )
        return self.gas([opening] * count, sender=self.accounts.issuer)

    def issue(self, count: int, *, programme: int = 1) -> list[int]:
        """Issue that many vouchers in one call, each with a letter of its own."""
        letters = [letter.letter_key(number.to_bytes(10, "big"), position=0) for number in self._next(count)]
        first = self.fund.voucher_count() + 1
        self.letter_keys.update({first + place: key for place, key in enumerate(letters)})
        allocations = [
            Allocation(letter_key=f"0x{keys.address_of(key).hex()}", amount_cents=VOUCHER_CENTS)
            for key in letters
        ]
        return self.gas(
            [calls.issue(programme=programme, allocations=allocations)], sender=self.accounts.issuer
        )

    def hold(self, voucher: int, *, generation: int = 0) -> Holder:
        """Make a phone's seed for a voucher and its tickets; nothing is put on the chain."""
        seed = voucher.to_bytes(31, "big") + b"\1"
        addresses = [
            keys.address_of(keys.ticket_key(seed, voucher=voucher, number=generation * tree.TICKETS + place))
            for place in range(tree.TICKETS)
        ]
        return Holder(
            voucher=voucher,
            seed=seed,
            ticket_tree=tree.TicketTree(addresses, generation=generation),
            address=keys.address_of(keys.holder_key(seed, voucher=voucher)),
        )

    def activation(self, holder: Holder) -> bytes:
        """Return the call that hands a voucher over to its holder."""
        digest = self.fund.domain.activation_digest(
            voucher=holder.voucher, generation=0, holder=holder.address, ticket_root=holder.ticket_tree.root
        )
        return calls.activate(
            voucher=holder.voucher,
            holder=holder.address,
            ticket_root=holder.ticket_tree.root,
            signature=keys.sign(self.letter_keys[holder.voucher], digest),
        )

    def ticket(self, holder: Holder, place: int) -> tuple[calls.TicketPlace, code.Ticket, bytes]:
        """Return a ticket of the first generation, where it stands, and its id."""
        ticket = code.sign_ticket(
            keys.ticket_key(holder.seed, voucher=holder.voucher, number=place),
            self.fund.domain,
            max_cents=50_00,
            expires_at=(self.chain.now() + 7200) // 60 * 60,
        )
        identity = code.identify(ticket, self.fund.domain)
        assert identity is not None, "what was just signed has a signer"
        ticket_place = calls.TicketPlace(
            voucher=holder.voucher,
            number=place,
            holder=holder.address,
            siblings=tuple(holder.ticket_tree.siblings(place)),
        )
        return ticket_place, ticket, identity[0]

    def redemption(self, holder: Holder, place: int, *, amount_cents: int) -> bytes:
        """Return the call that pays with a ticket."""
        ticket_place, ticket, ticket_id = self.ticket(holder, place)
        digest = self.fund.domain.charge_digest(
            ticket_id=ticket_id, amount_cents=amount_cents, category=CATEGORY
        )
        return calls.redeem(
            place=ticket_place,
            ticket=ticket,
            amount_cents=amount_cents,
            category=CATEGORY,
            charge_signature=keys.sign(self.till_key, digest),
        )

    def refund(self, holder: Holder, place: int, *, amount_cents: int, remaining_cents: int) -> bytes:
        """Return the call that gives back part of what was paid with a ticket, of which so much is left."""
        ticket_place, ticket, ticket_id = self.ticket(holder, place)
        digest = self.fund.domain.refund_digest(
            ticket_id=ticket_id, amount_cents=amount_cents, remaining_cents=remaining_cents
        )
        return calls.refund(
            place=ticket_place,
            ticket=ticket,
            amount_cents=amount_cents,
            remaining_cents=remaining_cents,
            refund_signature=keys.sign(self.till_key, digest),
        )

    def _next(self, count: int) -> range:
        first = len(self.letter_keys) + 1
        return range(first, first + count)


@contextmanager
def embedded_fund() -> Iterator[Bench]:
    """Deploy a fund on a new embedded chain; stop and forget it in the end."""
    clock = MovableClock()
    with tempfile.TemporaryDirectory(prefix="kindpakket-bench-") as folder:
        chain = EmbeddedChain(
            Path(folder),
            chain_id=CHAIN_ID,
            clock=clock,
            open_snapshot_key=lambda: secrets.token_bytes(32),
            patience_seconds=PATIENCE_SECONDS,
        )
        try:
            deployment = deploy(chain, Keystore(*(PrivateKey().secret for _ in range(6))))
            yield Bench(
                chain=chain,
                clock=clock,
                fund=Fund(chain, address=deployment.address, deployed_block=deployment.block),
                accounts=deployment.accounts,
            )
        finally:
            chain.close()
