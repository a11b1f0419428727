# SPDX-License-Identifier: EUPL-1.2
"""An installation that grows by the engine alone: every voucher on a phone, and payments signed beforehand."""

from __future__ import annotations

import itertools
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coincurve import PrivateKey

from kindpakket import main, vouchers
from kindpakket.chain import calls
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.tickets import code, keys, letter, tree

from .audit import audit
from .figures import Figures
from .fund import CATEGORY

AMOUNT_CENTS = 100
MAX_CENTS = 50_00
TICKET_SECONDS = 7200
AT_ONCE = 100
SAMPLE = 8
"""So many payments of a fresh voucher hold one that opens a second slot of ticket uses."""


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of it: what payments cost at both ends, how fast the ledger was booked, and what an audit took."""

    gas: dict[str, int]
    rebuild: dict[str, float]
    audit: Figures


@dataclass(frozen=True, slots=True)
class _Holding:
    """A voucher on a phone, with the tickets of its first generation."""

    voucher: int
    seed: bytes
    ticket_tree: tree.TicketTree

    @property
    def holder(self) -> bytes:
        return keys.address_of(keys.holder_key(self.seed, voucher=self.voucher))


def grow(data_dir: Path, till_key: PrivateKey, *, redemptions: int) -> Grown:
    """Hand every voucher of the newest letters over, and let some of them pay so often in all."""
    settings = Settings(data_dir=data_dir)
    with main.open_services(settings, follow=False) as services:
        letters = vouchers.disclose_letters(services, batch=services.registry.letters.batches()[0].batch)
        holdings = _activate(services, letters, paying=-(-redemptions // tree.TICKETS))
        *paying, last = holdings
        first_gas = _pay(services, till_key, paying, count=redemptions)
        gas = {
            "the_first_eight_payments": sum(first_gas[:SAMPLE]),
            "of_a_fresh_voucher_at_the_end": sum(_pay(services, till_key, [last], count=SAMPLE)),
        }
        return Grown(gas=gas, rebuild=_rebuild(services), audit=_audit(services))


def _audit(services: Services) -> Figures:
    print("auditing", file=sys.stderr)
    assert isinstance(services.chain, EmbeddedChain)
    cost, statement = audit(services.chain.node_url, services.fund.address)
    assert statement["agrees"]
    return cost.as_figures()


def _rebuild(services: Services) -> dict[str, float]:
    """Throw the ledger away and book it again; return how long that took."""
    print("booking the ledger again", file=sys.stderr)
    started = time.monotonic()
    head = services.follower.rebuild()
    seconds = time.monotonic() - started
    events = len(services.fund.events(0, head))
    return {"events": events, "seconds": round(seconds, 1), "events_per_second": round(events / seconds)}


def _activate(services: Services, letters: Sequence[vouchers.Letter], *, paying: int) -> list[_Holding]:
    """Put every voucher on a phone; return those that can pay, one more than asked for. Nobody has others' tickets."""
    holdings: list[_Holding] = []
    inputs = []
    for one in letters:
        secret = letter.parse_code(one.code)
        for position, voucher in enumerate(one.vouchers):
            root = secrets.token_bytes(32)
            seed = secrets.token_bytes(32)
            if len(holdings) <= paying:
                ticket_keys = [
                    keys.address_of(keys.ticket_key(seed, voucher=voucher, number=place))
                    for place in range(tree.TICKETS)
                ]
                holdings.append(_Holding(voucher, seed, tree.TicketTree(ticket_keys, generation=0)))
                root = holdings[-1].ticket_tree.root
            holder = keys.address_of(keys.holder_key(seed, voucher=voucher))
            digest = services.fund.domain.activation_digest(
                voucher=voucher, generation=0, holder=holder, ticket_root=root
            )
            letter_key = letter.letter_key(secret, position=position)
            inputs.append(
                calls.activate(
                    voucher=voucher,
                    holder=holder,
                    ticket_root=root,
                    signature=keys.sign(letter_key, digest),
                )
            )
    _execute(services, inputs, what="activations")
    return holdings


def _pay(services: Services, till_key: PrivateKey, holdings: Sequence[_Holding], *, count: int) -> list[int]:
    """Pay so often, with one ticket after the other; return what each took."""
    payments = (
        _redemption(services, till_key, holding, place)
        for holding in holdings
        for place in range(tree.TICKETS)
    )
    return _execute(services, itertools.islice(payments, count), what="payments")


def _redemption(services: Services, till_key: PrivateKey, holding: _Holding, place: int) -> bytes:
    domain = services.fund.domain
    ticket = code.sign_ticket(
        keys.ticket_key(holding.seed, voucher=holding.voucher, number=place),
        domain,
        max_cents=MAX_CENTS,
        expires_at=(services.chain.now() + TICKET_SECONDS) // 60 * 60,
    )
    identity = code.identify(ticket, domain)
    assert identity is not None, "what was just signed has a signer"
    charge = domain.charge_digest(ticket_id=identity[0], amount_cents=AMOUNT_CENTS, category=CATEGORY)
    return calls.redeem(
        place=calls.TicketPlace(
            voucher=holding.voucher,
            number=place,
            holder=holding.holder,
            siblings=tuple(holding.ticket_tree.siblings(place)),
        ),
        ticket=ticket,
        amount_cents=AMOUNT_CENTS,
        category=CATEGORY,
        charge_signature=keys.sign(till_key, charge),
    )


def _execute(services: Services, inputs: Iterator[bytes] | Sequence[bytes], *, what: str) -> list[int]:
    """Put calls on the chain, some a block; return what each took."""
    waiting = iter(inputs)
    gas: list[int] = []
    while at_once := list(itertools.islice(waiting, AT_ONCE)):
        executions = services.fund.execute_all(at_once, sender=services.accounts.relayer)
        gas += [one.receipt.gas_used for one in executions]
        if len(gas) % 10_000 == 0:
            print(f"{len(gas):,} {what}", file=sys.stderr)
    return gas
