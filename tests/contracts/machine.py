# SPDX-License-Identifier: EUPL-1.2
"""Hypothesis plays treasurer and shop manager: calls at random, right and wrong ones, each with what the model expects.

Vouchers and payments follow in machine_families.py, and what must hold after every step in test_invariants.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from coincurve import PrivateKey
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from kindpakket.tickets import keys

from .fund import GENESIS_AT, ISSUER, SHOP_MANAGER, TREASURER, Account, Event, Fund, Outcome, Refused
from .model import (
    WORLD,
    Books,
    Model,
    Programme,
    on_voucher,
    owed,
    settled,
    unallocated,
    withdrawn,
)
from .town import LAST_SHOP, MOST_CENTS, Phone, RedemptionRequest, Town, grant_roles

PERIODS = {1: (GENESIS_AT + 100, GENESIS_AT + 1_500), 2: (GENESIS_AT + 600, GENESIS_AT + 2_500)}
CATEGORIES = {1: 0b1110, 2: 1 << 31 | 0b10}
MAX_CENTS = {1: 200, 2: MOST_CENTS}
SHOPS = (1, 2, LAST_SHOP)
TILLS = [keys.derive_key(b"till", str(number)) for number in range(4)]

programmes = st.sampled_from(sorted(PERIODS))
shops = st.sampled_from(SHOPS)
tills = st.integers(0, len(TILLS) - 1)
amounts = st.one_of(
    st.integers(1, 300), st.sampled_from([1, 200, 201, MOST_CENTS, MOST_CENTS + 1, 2**24 - 1])
)
picks = st.integers(0, 2**16)


@cache
def _fund() -> tuple[Fund, Any]:
    """Deploy once, with both programmes open; each example starts again from there."""
    fund = Fund()
    grant_roles(fund)
    for programme, period in PERIODS.items():
        terms = (*period, CATEGORIES[programme], MAX_CENTS[programme], bytes(32))
        fund.send("openProgramme", *terms, by=ISSUER)
    return fund, fund.snapshot()


class OfficeMachine(RuleBasedStateMachine):
    """Calls at random, right and wrong ones, with what the model expects of each."""

    def __init__(self) -> None:
        super().__init__()
        self.fund, mark = _fund()
        self.fund.restore(mark)
        self.town = Town.__new__(Town)
        self.town.fund = self.fund
        self.model = Model()
        for programme, (starts_at, ends_at) in PERIODS.items():
            self.model.programmes[programme] = Programme(
                starts_at, ends_at, CATEGORIES[programme], MAX_CENTS[programme]
            )
        self.from_events = Books()
        self.redeemed: dict[tuple[int, int], RedemptionRequest] = {}
        self.paid_with: list[tuple[int, int]] = []
        self.settlements: list[tuple[int, int, int, bytes]] = []
        self.last: tuple[Event, ...] = ()
        self.all_events: list[Event] = []
        self.at = 0
        self.references = 0

    # ------------------------------------------------------------ how a call is made

    def _call(self, expected: str | None, verb: str, *words: Any, by: Account) -> Outcome | None:
        """Send a call and compare with the refusal that the model expects; return the outcome of an accepted one."""
        self.at = self.fund.now_at
        self.last = ()
        outcome, refusal = None, None
        try:
            outcome = self.fund.send(verb, *words, by=by)
        except Refused as caught:
            outcome, refusal = None, caught.name
        assert refusal == expected, (
            f"{verb}{words}: {refusal or 'accepted'}, expected {expected or 'to be accepted'}"
        )
        if outcome is None:
            return None
        self.last = outcome.events
        self.all_events += outcome.events
        for event in outcome.events:
            self.from_events.post(event)
            if event.name == "Redeemed":
                self.paid_with.append((event.fields["voucher"], event.fields["number"]))
        return outcome

    def _voucher(self, pick: int) -> int:
        return pick % len(self.model.vouchers) + 1

    def _phone(self, voucher: int, generation: int) -> Phone:
        """A new phone at each generation, so that also former holders matter."""
        return Phone(b"the seed of generation %d" % generation, voucher)

    def _letter(self, voucher: int, generation: int) -> PrivateKey:
        return keys.derive_key(b"letter", f"{voucher}/{generation}")

    def _reference(self) -> bytes:
        self.references += 1
        return self.references.to_bytes(32, "big")

    # ------------------------------------------------------------ money

    @rule(programme=programmes, amount=amounts)
    def deposit(self, programme: int, amount: int) -> None:
        if self._call(None, "deposit", programme, amount, self._reference(), by=TREASURER):
            self.model.books.move(WORLD, unallocated(programme), amount)

    @rule(programme=programmes, amount=amounts)
    def withdraw(self, programme: int, amount: int) -> None:
        expected = "UnallocatedTooLow" if amount > self.model.balance(unallocated(programme)) else None
        if self._call(expected, "withdraw", programme, amount, self._reference(), by=TREASURER):
            self.model.books.move(unallocated(programme), withdrawn(programme), amount)

    @rule(programme=programmes, shop=shops, amount=amounts)
    def settle(self, programme: int, shop: int, amount: int) -> None:
        self._settle(programme, shop, amount)

    @rule(pick=picks, more=st.sampled_from([0, 0, 1]))
    def settle_what_is_owed(self, pick: int, more: int) -> None:
        owing = [(programme, shop) for programme in PERIODS for shop in SHOPS]
        owing.sort(key=lambda numbers: -self.model.balance(owed(*numbers)))
        programme, shop = owing[pick % 2]
        self._settle(programme, shop, max(self.model.balance(owed(programme, shop)), 1) + more)

    def _settle(self, programme: int, shop: int, amount: int) -> None:
        words = (programme, shop, amount, self._reference())
        expected = "SettlementAboveOwed" if amount > self.model.balance(owed(programme, shop)) else None
        if self._call(expected, "settle", *words, by=TREASURER):
            self.model.books.move(owed(programme, shop), settled(programme, shop), amount)
            self.settlements.append(words)

    @precondition(lambda self: self.settlements)
    @rule(pick=picks)
    def settle_again(self, pick: int) -> None:
        words = self.settlements[pick % len(self.settlements)]
        self._call("PaymentAlreadyRecorded", "settle", *words, by=TREASURER)

    @rule(pick=picks, both=st.booleans())
    def sweep(self, pick: int, both: bool) -> None:
        chosen = [self._voucher(pick), *([self._voucher(pick + 1)] if both else [])]
        early = any(
            not self.model.ended(self.model.vouchers[one].programme, self.fund.now_at) for one in chosen
        )
        if self._call("ProgrammeNotEnded" if early else None, "sweep", chosen, by=TREASURER):
            for voucher in chosen:
                if left_cents := self.model.balance(on_voucher(voucher)):
                    target = unallocated(self.model.vouchers[voucher].programme)
                    self.model.books.move(on_voucher(voucher), target, left_cents)

    # ------------------------------------------------------------ shops

    @rule(programme=programmes, shop=shops, asked=st.sampled_from([0b10, 0b110, 1 << 31, 0]))
    def allow_shop(self, programme: int, shop: int, asked: int) -> None:
        fits = asked and not asked & ~self.model.programmes[programme].categories
        words = (programme, shop, asked)
        if self._call(None if fits else "CategoryNotAllowed", "allowShop", *words, by=SHOP_MANAGER):
            self.model.allowed[programme, shop] = asked

    @rule(programme=programmes, shop=shops)
    def remove_shop(self, programme: int, shop: int) -> None:
        takes_part = self.model.allowed.get((programme, shop), 0)
        words = (programme, shop)
        if self._call(None if takes_part else "ShopNotAllowed", "removeShop", *words, by=SHOP_MANAGER):
            self.model.allowed[programme, shop] = 0

    @rule(till=tills, shop=shops)
    def add_till(self, till: int, shop: int) -> None:
        expected = "TillAlreadyAdded" if till in self.model.tills else None
        if self._call(expected, "addTill", shop, keys.address_of(TILLS[till]), by=SHOP_MANAGER):
            self.model.tills[till] = shop

    @precondition(lambda self: len(self.model.tills) > 2)
    @rule(till=tills)
    def remove_till(self, till: int) -> None:
        expected = None if till in self.model.tills else "TillUnknown"
        if self._call(expected, "removeTill", keys.address_of(TILLS[till]), by=SHOP_MANAGER):
            del self.model.tills[till]

    @rule(seconds=st.sampled_from([1, 60, 400, 1_500]))
    def wait(self, seconds: int) -> None:
        self.last = ()
        self.fund.move_to(self.fund.now_at + seconds)

    @rule(programme=programmes, seconds=st.sampled_from([-1, 0, 1, 500]))
    def extend(self, programme: int, seconds: int) -> None:
        kept = self.model.programmes[programme]
        ended = "ProgrammeEnded" if self.model.ended(programme, self.fund.now_at) else None
        expected = ended or ("ExtensionTooShort" if seconds <= 0 else None)
        if self._call(expected, "extend", programme, kept.ends_at + seconds, by=ISSUER):
            kept.ends_at += seconds
