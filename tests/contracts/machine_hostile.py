# SPDX-License-Identifier: EUPL-1.2
"""Hypothesis plays those who wish harm: other roles' verbs, old messages again, keys that are nobody's.

A thief here sees every message that was ever sent and has keys of his own, as whoever reads the chain has. Each of his
calls is refused, with the name that the rules give it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from kindpakket.tickets import keys

from .fund import ADMIN, ISSUER, OUTSIDER, SHOP_MANAGER, TREASURER, Account, Outcome
from .machine import TILLS, picks
from .machine_families import FamiliesMachine, numbers
from .roles import ROLES, VERBS
from .town import Phone, sign_refund

THIEF = keys.derive_key(b"a thief", "key")
ACCOUNTS = (OUTSIDER, ADMIN, ISSUER, SHOP_MANAGER, TREASURER)
SIGNED_VERBS = {"activate", "renewTickets", "redeem", "refund"}
TILL_NUMBERS = {keys.address_of(till): number for number, till in enumerate(TILLS)}


class HostileMachine(FamiliesMachine):
    """Adds those who have no right to what they ask."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, tuple[Any, ...], bytes]] = []

    def _call(self, expected: str | None, verb: str, *words: Any, by: Account) -> Outcome | None:
        """Keep each signed message that was accepted, with the till of it; a thief sees it too."""
        outcome = super()._call(expected, verb, *words, by=by)
        if outcome is not None and verb in SIGNED_VERBS:
            self.sent.append((verb, words, outcome.events[0].fields.get("till", b"")))
        return outcome

    def _before_the_till(self, voucher: int, number: int) -> str | None:
        """Which refusal of a rightly signed ticket comes before the till is looked at."""
        kept = self.model.vouchers[voucher]
        if not kept.activated:
            return "VoucherNotActivated"
        if number >> 8 != kept.generation:
            return "TicketUnknown"
        return "TicketAlreadyUsed" if (voucher, number) in self.model.uses else None

    def _of_an_activation(self, voucher: int) -> str:
        """Which refusal an activation meets that the voucher's letter of now did not sign."""
        kept = self.model.vouchers[voucher]
        if kept.activated:
            return "VoucherAlreadyActivated"
        return "VoucherBlocked" if kept.reason else "LetterSignatureInvalid"

    def _of_a_renewal(self, voucher: int) -> str:
        """Which refusal a renewal meets that the voucher's holder of now did not sign."""
        return "HolderSignatureInvalid" if self.model.vouchers[voucher].activated else "VoucherNotActivated"

    @rule(pick=st.integers(0, len(VERBS) - 1), who=picks)
    def call_another_roles_verb(self, pick: int, who: int) -> None:
        role, verb, words = VERBS[pick]
        callers = [account for account in ACCOUNTS if account != ROLES[role]]
        caller = callers[who % len(callers)]
        self._call("AccessControlUnauthorizedAccount", verb, *words, by=caller)

    @precondition(lambda self: self.sent)
    @rule(pick=picks)
    def send_an_old_message_again(self, pick: int) -> None:
        verb, words, till = self.sent[pick % len(self.sent)]
        match verb:
            case "activate":
                expected = self._of_an_activation(words[0])
            case "renewTickets":
                expected = self._of_a_renewal(words[0])
            case "redeem":
                expected = self._before_the_till(words[1].voucher, words[1].number) or "accepted"
            case _:
                _, place, order = words
                expected = (
                    self.model.may_refund(
                        voucher=place.voucher,
                        number=place.number,
                        amount_cents=order.amount_cents,
                        remaining_cents=order.remaining_cents,
                        till=TILL_NUMBERS[till],
                    )
                    or "accepted"
                )
        self._call(expected, verb, *words, by=OUTSIDER)

    @rule(pick=picks, number=numbers, other=picks)
    def forge_a_ticket(self, pick: int, number: int, other: int) -> None:
        """The thief's key at a family's place, charged by a till that takes part."""
        voucher = self._voucher(pick)
        kept = self.model.vouchers[voucher]
        number += kept.generation << 8
        phone = self._phone(voucher, kept.generation)
        till = TILLS[other % len(TILLS)]
        request = self.town.request(phone=phone, number=number, ticket_key=THIEF, till=till)
        expected = "TicketUnknown" if kept.activated else "VoucherNotActivated"
        self._call(expected, "redeem", request.ticket, request.place, request.charge, by=OUTSIDER)

    @rule(pick=picks, number=numbers)
    def forge_a_charge(self, pick: int, number: int) -> None:
        """A family's fresh ticket, charged by a till of no shop."""
        voucher = self._voucher(pick)
        number += self.model.vouchers[voucher].generation << 8
        phone = self._phone(voucher, number >> 8)
        request = self.town.request(phone=phone, number=number, till=THIEF)
        expected = self._before_the_till(voucher, number) or "TillUnknown"
        self._call(expected, "redeem", request.ticket, request.place, request.charge, by=OUTSIDER)

    @precondition(lambda self: self.redeemed)
    @rule(pick=picks)
    def forge_a_refund(self, pick: int) -> None:
        place = sorted(self.redeemed)[pick % len(self.redeemed)]
        request, use = self.redeemed[place], self.model.uses[place]
        order = sign_refund(self.fund.domain, THIEF, request.ticket_id, 1, use.remaining_cents)
        self._call("TillUnknown", "refund", request.ticket, request.place, order, by=OUTSIDER)

    @rule(pick=picks, renew=st.booleans())
    def take_a_voucher_over(self, pick: int, renew: bool) -> None:
        """With a letter, or a holder, of the thief's own making."""
        voucher = self._voucher(pick)
        generation = self.model.vouchers[voucher].generation
        phone = Phone(b"the seed of a thief", voucher)
        root = phone.tree(generation).root
        if renew:
            digest = self.fund.domain.renewal_digest(
                voucher=voucher, generation=generation + 1, holder=phone.holder, ticket_root=root
            )
            old_root = self._phone(voucher, generation).tree(generation).root
            signature = keys.sign(phone.holder_key, digest)
            words = (voucher, old_root, phone.holder, root, signature.r, signature.vs)
            self._call(self._of_a_renewal(voucher), "renewTickets", *words, by=OUTSIDER)
        else:
            digest = self.fund.domain.activation_digest(
                voucher=voucher, generation=generation, holder=phone.holder, ticket_root=root
            )
            signature = keys.sign(THIEF, digest)
            words = (voucher, phone.holder, root, signature.r, signature.vs)
            self._call(self._of_an_activation(voucher), "activate", *words, by=OUTSIDER)
