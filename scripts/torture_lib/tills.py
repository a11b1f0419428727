# SPDX-License-Identifier: EUPL-1.2
"""Tills that charge and give back without pause, and families that open letters. Amounts in euro cents."""

from __future__ import annotations

import contextlib
import queue
import time
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey

from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.tickets import keys

from .stage import STEP_SECONDS, Caller, Client, Stage
from .town import CATEGORY, HeldVoucher, Town

TICKETS = 256
TICKET_SECONDS = 1800
MOST_CENTS = 250
KEPT_PAYMENTS = 50


@dataclass
class Payment:
    """A payment that can be given back."""

    redemption_id: str
    remaining_cents: int


class PayingTill(Client):
    """A till of a shop, with whoever stands before it."""

    def __init__(self, stage: Stage, town: Town, name: str, *, shop: int, seed: int) -> None:
        """Nothing happens before `pair` and `start`."""
        super().__init__(stage, name, seed=seed)
        self._town = town
        self._shop = shop
        self._till = Till(self.caller, town.domain, key=PrivateKey(self.dice.randbytes(32)))
        self._holder: HeldVoucher | None = None
        self._payments: list[Payment] = []
        self._now = 0

    def pair(self, pairing_code: str) -> None:
        """Join the shop."""
        key = f"till {self._till.address}"
        self.sends(key, "add till", (self._shop, self._till.address))
        self._till.pair(pairing_code, name=self.name)
        self.book.was_told(key, "done")

    def owners_code(self) -> str:
        """Return a code with which another owner's till joins the shop."""
        asked = self.caller.ask("POST", "/tills/me/pairing-codes", {"role": "owner"})
        return str(asked["pairingCode"])

    def act(self) -> None:
        """Charge a ticket, or sometimes give something back."""
        if self._payments and self.dice.random() < 0.2:
            self._refund(self.dice.choice(self._payments))
        elif self._holder is None or self._holder.phone.next_numbers[self._holder.voucher] >= TICKETS:
            self._next_holder()
        else:
            self._redeem(self._holder)

    def _next_holder(self) -> None:
        try:
            self._holder = self._town.held.get_nowait()
        except queue.Empty:
            time.sleep(STEP_SECONDS)

    def _redeem(self, holder: HeldVoucher) -> None:
        cents = self.dice.randint(1, MOST_CENTS)
        # Now and then the cashier types too much.
        max_cents = MOST_CENTS if self.dice.random() < 0.95 else cents - 1
        if max_cents == 0:
            return
        if not self._now:
            self._now = int(self.caller.ask("GET", "/fund")["now"])
        shown = holder.phone.show_code(
            holder.voucher, max_cents=max_cents, expires_at=expiry(self._now, seconds=TICKET_SECONDS)
        )
        path, body = self._till.charge(shown, amount_cents=cents, category=CATEGORY)
        ticket_id = path.rpartition("/")[2]
        key = f"redeem {ticket_id}"
        self.sends(key, "redeem", (ticket_id, holder.voucher, self._shop, cents))
        try:
            answer = self.caller.ask("PUT", path, body)
        except Refused as refused:
            self.book.was_told(key, "refused", why=refused.reason)
            self._mind(refused)
            return
        self.book.was_told(key, "done", why=answer["result"])
        self._compare(answer, ticket_id, cents)
        if answer["result"] != "accepted" and not self.caller.asked_again:
            self.stage.found(f"{key} was asked once and answered {answer['result']}")
        self._payments = [*self._payments[-KEPT_PAYMENTS:], Payment(ticket_id, cents)]
        # Now and then a till asks once more for what it was told already.
        if self.dice.random() < 0.1:
            again = self.caller.ask("PUT", path, body)
            self._compare(again, ticket_id, cents)
            if again["result"] != "already_redeemed":
                self.stage.found(f"{key} was answered {again['result']} when it was done already")

    def _refund(self, payment: Payment) -> None:
        cents = self.dice.randint(1, payment.remaining_cents)
        key = f"refund {payment.redemption_id} {payment.remaining_cents}"
        path, body = self._till.refund_order(
            payment.redemption_id, amount_cents=cents, remaining_cents=payment.remaining_cents
        )
        self.sends(key, "refund", (payment.redemption_id, cents))
        try:
            answer = self.caller.ask("POST", path, body)
        except Refused as refused:
            self.book.was_told(key, "refused", why=refused.reason)
            self.expect_reason(refused)
            self._payments.remove(payment)
            return
        self.book.was_told(key, "done", why=answer["result"])
        payment.remaining_cents -= cents
        if payment.remaining_cents == 0:
            self._payments.remove(payment)

    def _mind(self, refused: Refused) -> None:
        """Do what a person does who is refused: look at the clock, or let the next one come."""
        self._now = 0
        self.expect_reason(
            refused, "amount_above_ticket", "balance_too_low", "voucher_blocked", "ticket_expired"
        )
        if refused.reason in ("balance_too_low", "voucher_blocked"):
            self._holder = None

    def _compare(self, answer: dict[str, Any], ticket_id: str, cents: int) -> None:
        told = answer["redemption"]
        if (told["redemptionId"], told["amountCents"], told["shop"]) != (ticket_id, cents, self._shop):
            self.stage.found(f"{self.name} asked for {cents} by {ticket_id} and was told {told}")


class Families(Client):
    """Opens the letters that the desk gives out, each on a phone of its own."""

    def __init__(self, stage: Stage, town: Town, *, seed: int) -> None:
        """Nothing happens before `start`."""
        super().__init__(stage, "families", seed=seed)
        self._town = town

    def act(self) -> None:
        """Open a letter, if there is one."""
        try:
            letter = self._town.letters.get_nowait()
        except queue.Empty:
            time.sleep(STEP_SECONDS)
            return
        phone = Phone(self.caller, self._town.domain, seed=self.dice.randbytes(32))
        order = phone.activation(letter["code"])
        # Each voucher is handed over by itself.
        keys_of = {
            one["voucher"]: f"activate {order['letterId']} {one['voucher']}" for one in order["vouchers"]
        }
        for one in order["vouchers"]:
            self.sends(keys_of[one["voucher"]], "activate", (one["voucher"], one["holder"]))
        try:
            done = self.caller.ask("POST", "/activations", order)["vouchers"]
        except Refused as refused:
            # The desk blocked one of them meanwhile; those before it may be handed over.
            self.expect_reason(refused, "voucher_blocked")
            found = self.caller.ask("POST", "/letter-lookups", {"letterId": order["letterId"]})["vouchers"]
            done = [one for one in found if one["activated"]]
        handed_over = [one["voucher"] for one in done]
        for voucher, key in keys_of.items():
            self.book.was_told(key, "done" if voucher in handed_over else "refused")
        if handed_over:
            self._look_at(phone, handed_over)

    def _look_at(self, phone: Phone, vouchers: list[int]) -> None:
        """Look at the budget as a phone does, and pass each voucher on to who pays with it."""
        with contextlib.closing(Caller(self.stage)) as caller:
            caller.token = keys.access_token(phone.seed)
            budget = caller.ask("GET", "/budgets/me")
        if sorted(one["voucher"] for one in budget["vouchers"]) != sorted(vouchers):
            self.stage.found(f"a phone opened {vouchers} and its budget has {budget['vouchers']}")
        for voucher in vouchers:
            phone.next_numbers[voucher] = 0
            self._town.held.put(HeldVoucher(phone, voucher))
