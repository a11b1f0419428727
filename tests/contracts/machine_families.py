# SPDX-License-Identifier: EUPL-1.2
"""Hypothesis plays issuer, families and tills, on top of machine.py: vouchers, tickets, payments, refunds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from kindpakket.tickets import keys

from .fund import ISSUER, TREASURER
from .machine import PERIODS, SHOPS, TILLS, OfficeMachine, amounts, picks, programmes
from .model import Voucher, on_voucher, unallocated
from .town import LAST_SHOP, sign_refund

MAX_GENERATION = 2

numbers = st.sampled_from([0, 7, 8, 252, 255])


class FamiliesMachine(OfficeMachine):
    """Adds the vouchers and what is paid with them."""

    @initialize()
    def begin(self) -> None:
        """A little of everything, so that the first steps already mean something."""
        for programme in PERIODS:
            self.deposit(programme, 100_000)
            self.issue(programme, [300, 5_000])
            self.allow_shop(programme, 1, 0b10)
        for till, shop in ((0, 1), (1, 2), (2, LAST_SHOP)):
            self.add_till(till, shop)
        for pick in range(4):
            self.activate(pick)
        self.fund.move_to(PERIODS[2][0])
        for pick in range(4):
            self._redeem(pick, pick, 100, 0)

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
        digest = self.fund.domain.activation_digest(
            voucher=voucher, generation=kept.generation, holder=phone.holder, ticket_root=root
        )
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

    # ------------------------------------------------------------ payments

    @rule(pick=picks, number=numbers, amount=st.integers(1, 200), other=picks)
    def redeem(self, pick: int, number: int, amount: int, other: int) -> None:
        self._redeem(pick, number, amount, other)

    @rule(
        pick=picks,
        number=numbers,
        amount=amounts,
        other=picks,
        aim=st.sampled_from(["amount", "balance", "balance and a cent"]),
        room=st.sampled_from([0, 7, -1]),
        twist=st.sampled_from(
            ["", "", "ticket shop", "category", "till", "expires at", "generation", "voucher"]
        ),
    )
    def redeem_oddly(
        self, pick: int, number: int, amount: int, other: int, aim: str, room: int, twist: str
    ) -> None:
        self._redeem(pick, number, amount, other, aim=aim, room=room, twist=twist)

    def _chargers(self, programme: int) -> list[int]:
        """The tills that may charge in a programme."""
        return [till for till, shop in self.model.tills.items() if self.model.allowed.get((programme, shop))]

    def _looks_ready(self, voucher: int) -> bool:
        """Whether a voucher can pay now, if the ticket is right."""
        kept = self.model.vouchers[voucher]
        programme = self.model.programmes[kept.programme]
        running = programme.starts_at <= self.fund.now_at < programme.ends_at
        money = self.model.balance(on_voucher(voucher)) > 0
        return (
            kept.activated and not kept.reason and running and money and bool(self._chargers(kept.programme))
        )

    def _redeem(
        self,
        pick: int,
        number: int,
        amount: int,
        other: int,
        *,
        aim: str = "amount",
        room: int = 0,
        twist: str = "",
    ) -> None:
        """Ask what looks possible, with one thing twisted perhaps; what becomes of it is the model's to say."""
        ready = [one for one in self.model.vouchers if self._looks_ready(one)] or [self._voucher(pick)]
        voucher = self._voucher(other) if twist == "voucher" else ready[pick % len(ready)]
        kept = self.model.vouchers[voucher]
        generation = max(kept.generation - (twist == "generation"), 0)
        number += generation << 8
        chargers = self._chargers(kept.programme) or list(range(len(TILLS)))
        till = other % len(TILLS) if twist == "till" else chargers[other % len(chargers)]
        allowed = self.model.allowed.get((kept.programme, self.model.tills.get(till, 0)), 2)
        category = [1, 2, 3, 31, 32, 255][other % 6] if twist == "category" else allowed.bit_length() - 1
        ticket_shop = SHOPS[other % len(SHOPS)] if twist == "ticket shop" else 0
        if aim != "amount":
            amount = self.model.balance(on_voucher(voucher)) + (aim != "balance") or 1
        asked: dict[str, Any] = {
            "max_cents": max(amount + room, 0),
            "expires_at": self.fund.now_at + (twist != "expires at"),
            "amount_cents": amount,
            "category": max(category, 0),
        }
        request = self.town.request(
            phone=self._phone(voucher, generation), number=number, shop=ticket_shop, till=TILLS[till], **asked
        )
        expected = self.model.may_redeem(
            voucher=voucher,
            number=number,
            ticket_shop=ticket_shop,
            till=till,
            now_at=self.fund.now_at,
            **asked,
        )
        if self._call(expected, "redeem", request.ticket, request.place, request.charge, by=TREASURER):
            self.model.redeem(voucher=voucher, number=number, amount_cents=amount, till=till)
            self.redeemed[voucher, number] = request

    @precondition(lambda self: any(use.remaining_cents for use in self.model.uses.values()))
    @rule(pick=picks, amount=st.integers(1, 200))
    def refund(self, pick: int, amount: int) -> None:
        """Give back at most what is left, by a till of the right shop if it has one."""
        used = sorted(place for place, use in self.model.uses.items() if use.remaining_cents)
        place = used[pick % len(used)]
        use = self.model.uses[place]
        tills = [till for till, shop in self.model.tills.items() if shop == use.shop] or [0]
        self._refund(place, min(amount, use.remaining_cents), use.remaining_cents, tills[pick % len(tills)])

    @precondition(lambda self: self.redeemed)
    @rule(
        pick=picks,
        amount=amounts,
        twist=st.sampled_from(["amount", "the rest", "the rest and a cent", "outdated", "till"]),
    )
    def refund_oddly(self, pick: int, amount: int, twist: str) -> None:
        used = sorted(self.redeemed)
        place = used[pick % len(used)]
        use = self.model.uses[place]
        of_shop = [till for till, shop in self.model.tills.items() if shop == use.shop]
        till = pick % len(TILLS) if twist == "till" or not of_shop else of_shop[0]
        if twist != "amount":
            amount = use.remaining_cents + (twist == "the rest and a cent") or 1
        self._refund(place, amount, use.remaining_cents + (twist == "outdated"), till)

    def _refund(self, place: tuple[int, int], amount: int, signed_cents: int, till: int) -> None:
        voucher, number = place
        request = self.redeemed[place]
        order = sign_refund(self.fund.domain, TILLS[till], request.ticket_id, amount, signed_cents)
        expected = self.model.may_refund(
            voucher=voucher, number=number, amount_cents=amount, remaining_cents=signed_cents, till=till
        )
        now_at = self.fund.now_at
        if self._call(expected, "refund", request.ticket, request.place, order, by=TREASURER):
            self.model.refund(voucher=voucher, number=number, amount_cents=amount, now_at=now_at)
