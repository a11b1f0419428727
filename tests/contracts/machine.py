# SPDX-License-Identifier: EUPL-1.2
"""Hypothesis plays issuer, treasurer, shop manager, families and shops: calls at random, right and wrong ones, each with
what the model expects of it. What must hold after every step is in test_invariants.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from coincurve import PrivateKey
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kindpakket.tickets import keys

from .fund import GENESIS_AT, ISSUER, SHOP_MANAGER, TREASURER, Account, Event, Fund, Outcome, Refused
from .model import (
    WORLD,
    Books,
    Model,
    Programme,
    Voucher,
    on_voucher,
    owed,
    settled,
    unallocated,
    withdrawn,
)
from .town import Phone, RedemptionRequest, Town, grant_roles, sign_refund

PERIODS = {1: (GENESIS_AT + 100, GENESIS_AT + 1_500), 2: (GENESIS_AT + 600, GENESIS_AT + 2_500)}
CATEGORIES = {1: 0b1110, 2: 1 << 31 | 0b10}
MAX_CENTS = {1: 200, 2: 2**20 - 1}
SHOPS = (1, 2, 65_535)
TILLS = [keys.derive_key(b"till", str(number)) for number in range(4)]
MAX_GENERATION = 2

programmes = st.sampled_from(sorted(PERIODS))
shops = st.sampled_from(SHOPS)
tills = st.integers(0, len(TILLS) - 1)
amounts = st.one_of(st.integers(1, 300), st.sampled_from([1, 200, 201, 2**20 - 1, 2**20, 2**24 - 1]))
picks = st.integers(0, 2**16)
numbers = st.sampled_from([0, 6, 7, 252, 255])
categories = st.sampled_from([1, 1, 1, 2, 3, 31, 32, 255])


@cache
def _fund() -> tuple[Fund, Any]:
    """Deploy once, with both programmes open; each example starts again from there."""
    fund = Fund()
    grant_roles(fund)
    for programme, period in PERIODS.items():
        terms = (*period, CATEGORIES[programme], MAX_CENTS[programme], bytes(32))
        fund.send("openProgramme", *terms, by=ISSUER)
    return fund, fund.snapshot()


class FundMachine(RuleBasedStateMachine):
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
        try:
            outcome = self.fund.send(verb, *words, by=by)
        except Refused as refusal:
            assert refusal.name == expected, f"{verb}{words}: {refusal}, expected {expected}"
            return None
        assert expected is None, f"{verb}{words}: accepted, expected {expected}"
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

    @initialize()
    def begin(self) -> None:
        """A little of everything, so that the first steps already mean something."""
        for programme in PERIODS:
            self.deposit(programme, 100_000)
            self.issue(programme, [300, 5_000])
            self.allow_shop(programme, 1, 0b10)
        for till, shop in ((0, 1), (1, 2), (2, 65_535)):
            self.add_till(till, shop)
        for pick in range(4):
            self.activate(pick)
        self.fund.move_to(PERIODS[2][0])

    @rule(programme=programmes, amount=amounts)
    def deposit(self, programme: int, amount: int) -> None:
        if self._call(None, "deposit", programme, amount, self._reference(), by=TREASURER):
            self.model.books.move(WORLD, unallocated(programme), amount)

    @rule(programme=programmes, amount=amounts)
    def withdraw(self, programme: int, amount: int) -> None:
        expected = "UnallocatedTooLow" if amount > self.model.balance(unallocated(programme)) else None
        if self._call(expected, "withdraw", programme, amount, self._reference(), by=TREASURER):
            self.model.books.move(unallocated(programme), withdrawn(programme), amount)

    @rule(programme=programmes, shop=shops, amount=amounts, exactly=st.booleans())
    def settle(self, programme: int, shop: int, amount: int, exactly: bool) -> None:
        owed_cents = self.model.balance(owed(programme, shop))
        amount = owed_cents if exactly and owed_cents > 0 else amount
        words = (programme, shop, amount, self._reference())
        expected = "SettlementAboveOwed" if amount > owed_cents else None
        if self._call(expected, "settle", *words, by=TREASURER):
            self.model.books.move(owed(programme, shop), settled(programme, shop), amount)
            self.settlements.append(words)

    @precondition(lambda self: self.settlements)
    @rule(pick=picks)
    def settle_again(self, pick: int) -> None:
        words = self.settlements[pick % len(self.settlements)]
        self._call("SettlementAlreadyRecorded", "settle", *words, by=TREASURER)

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

    # ------------------------------------------------------------ vouchers

    @precondition(lambda self: len(self.model.vouchers) < 6)
    @rule(programme=programmes, amounts=st.lists(amounts, min_size=1, max_size=2))
    def issue(self, programme: int, amounts: list[int]) -> None:
        first = len(self.model.vouchers) + 1
        allocations = [
            (keys.address_of(self._letter(first + place, 0)), amount) for place, amount in enumerate(amounts)
        ]
        expected = self.model.may_issue(programme, amounts, self.fund.now_at)
        if self._call(expected, "issue", programme, allocations, by=ISSUER):
            for place, amount in enumerate(amounts):
                self.model.vouchers[first + place] = Voucher(programme, amount)
                self.model.books.move(unallocated(programme), on_voucher(first + place), amount)

    @rule(pick=picks, amount=amounts)
    def top_up(self, pick: int, amount: int) -> None:
        voucher = self._voucher(pick)
        expected = self.model.may_top_up(voucher, amount, self.fund.now_at)
        if self._call(expected, "topUp", voucher, amount, by=ISSUER):
            kept = self.model.vouchers[voucher]
            kept.issued_cents += amount
            self.model.books.move(unallocated(kept.programme), on_voucher(voucher), amount)

    @rule(pick=picks)
    def activate(self, pick: int) -> None:
        voucher = self._voucher(pick)
        kept = self.model.vouchers[voucher]
        phone = self._phone(voucher, kept.generation)
        root = phone.tree(kept.generation).root
        digest = self.fund.domain.activation_digest(voucher=voucher, holder=phone.holder, ticket_root=root)
        signature = keys.sign(self._letter(voucher, kept.generation), digest)
        blocked = "VoucherBlocked" if kept.reason else None
        expected = "VoucherAlreadyActivated" if kept.activated else blocked
        words = (voucher, phone.holder, root, signature.r, signature.vs)
        if self._call(expected, "activate", *words, by=TREASURER):
            kept.activated = True

    @rule(pick=picks)
    def renew_tickets(self, pick: int) -> None:
        voucher = self._voucher(pick)
        kept = self.model.vouchers[voucher]
        if kept.generation == MAX_GENERATION:
            return
        old, new = self._phone(voucher, kept.generation), self._phone(voucher, kept.generation + 1)
        root = new.tree(kept.generation + 1).root
        digest = self.fund.domain.renewal_digest(
            voucher=voucher, generation=kept.generation + 1, holder=new.holder, ticket_root=root
        )
        signature = keys.sign(old.holder_key, digest)
        words = (voucher, old.tree(kept.generation).root, new.holder, root, signature.r, signature.vs)
        if self._call(
            None if kept.activated else "VoucherNotActivated", "renewTickets", *words, by=TREASURER
        ):
            kept.generation += 1

    @rule(pick=picks)
    def replace_holder(self, pick: int) -> None:
        voucher = self._voucher(pick)
        kept = self.model.vouchers[voucher]
        if kept.generation == MAX_GENERATION:
            return
        letter_key = keys.address_of(self._letter(voucher, kept.generation + 1))
        if self._call(None, "replaceHolder", voucher, letter_key, 1, by=ISSUER):
            kept.generation += 1
            kept.activated = False

    @rule(pick=picks, unblock=st.booleans())
    def block_or_unblock(self, pick: int, unblock: bool) -> None:
        voucher = self._voucher(pick)
        kept = self.model.vouchers[voucher]
        if unblock:
            if self._call(None if kept.reason else "VoucherNotBlocked", "unblockVoucher", voucher, by=ISSUER):
                kept.reason = 0
        elif self._call("VoucherBlocked" if kept.reason else None, "blockVoucher", voucher, 9, by=ISSUER):
            kept.reason = 9

    @rule(programme=programmes, seconds=st.sampled_from([-1, 0, 1, 500]))
    def extend(self, programme: int, seconds: int) -> None:
        kept = self.model.programmes[programme]
        ended = "ProgrammeEnded" if self.model.ended(programme, self.fund.now_at) else None
        expected = ended or ("ExtensionTooShort" if seconds <= 0 else None)
        if self._call(expected, "extend", programme, kept.ends_at + seconds, by=ISSUER):
            kept.ends_at += seconds

    # ------------------------------------------------------------ shops and payments

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

    @rule(seconds=st.sampled_from([1, 60, 300, 700]))
    def wait(self, seconds: int) -> None:
        self.last = ()
        self.fund.move_to(self.fund.now_at + seconds)

    @rule(
        pick=picks,
        number=numbers,
        amount=amounts,
        aim=st.sampled_from(["amount", "balance", "balance and a cent"]),
        room=st.sampled_from([0, 7, -1]),
        twists=st.sampled_from(
            [[], [], [], ["ticket_shop"], ["category"], ["till"], ["expires_at"], ["generation"], ["voucher"]]
        ),
        other=picks,
    )
    def redeem(
        self, pick: int, number: int, amount: int, aim: str, room: int, twists: list[str], other: int
    ) -> None:
        """Ask what looks possible, with one thing twisted perhaps; what becomes of it is the model's to say."""
        ready = [one for one in self.model.vouchers if self._looks_ready(one)] or [self._voucher(pick)]
        voucher = self._voucher(other) if "voucher" in twists else ready[pick % len(ready)]
        kept = self.model.vouchers[voucher]
        generation = max(kept.generation - ("generation" in twists), 0)
        number += generation << 8
        chargers = self._chargers(kept.programme) or list(range(len(TILLS)))
        till = other % len(TILLS) if "till" in twists else chargers[other % len(chargers)]
        allowed = self.model.allowed.get((kept.programme, self.model.tills.get(till, 0)), 2)
        category = [1, 2, 3, 31, 32, 255][other % 6] if "category" in twists else allowed.bit_length() - 1
        ticket_shop = SHOPS[other % len(SHOPS)] if "ticket_shop" in twists else 0
        if aim != "amount":
            amount = self.model.balance(on_voucher(voucher)) + (aim != "balance") or 1
        asked: dict[str, Any] = {
            "max_cents": max(amount + room, 0),
            "expires_at": self.fund.now_at + ("expires_at" not in twists),
            "amount_cents": amount,
            "category": max(category, 0),
        }
        request = self.town.request(
            phone=self._phone(voucher, generation), number=number, shop=ticket_shop, till=TILLS[till], **asked
        )
        expected = self.model.may_redeem(
            voucher=voucher, number=number, ticket_shop=ticket_shop, till=till, now_at=self.fund.now_at, **asked
        )
        if self._call(expected, "redeem", request.place, request.ticket, request.charge, by=TREASURER):
            self.model.redeem(voucher=voucher, number=number, amount_cents=amount, till=till)
            self.redeemed[voucher, number] = request

    redeem_again = rule(
        pick=picks,
        number=numbers,
        amount=st.integers(1, 200),
        aim=st.just("amount"),
        room=st.just(0),
        twists=st.just([]),
        other=picks,
    )(redeem.__wrapped__ if hasattr(redeem, "__wrapped__") else redeem)

    @precondition(lambda self: self.redeemed)
    @rule(
        pick=picks,
        amount=amounts,
        aim=st.sampled_from(["amount", "the rest", "the rest and a cent"]),
        outdated=st.sampled_from([0, 0, 0, 1]),
        till=tills,
        right_shop=st.booleans(),
    )
    def refund(self, pick: int, amount: int, aim: str, outdated: int, till: int, right_shop: bool) -> None:
        used = sorted(self.redeemed)
        voucher, number = used[pick % len(used)]
        use = self.model.uses[voucher, number]
        of_shop = [till for till, shop in self.model.tills.items() if shop == use.shop]
        till = of_shop[0] if right_shop and of_shop else till
        if aim != "amount":
            amount = use.remaining_cents + (aim != "the rest") or 1
        signed_cents = use.remaining_cents + outdated
        request = self.redeemed[voucher, number]
        order = sign_refund(self.fund.domain, TILLS[till], request.ticket_id, amount, signed_cents)
        expected = self.model.may_refund(
            voucher=voucher, number=number, amount_cents=amount, remaining_cents=signed_cents, till=till
        )
        now_at = self.fund.now_at
        if self._call(expected, "refund", request.place, request.ticket, order, by=TREASURER):
            self.model.refund(voucher=voucher, number=number, amount_cents=amount, now_at=now_at)
