# SPDX-License-Identifier: EUPL-1.2
"""A town that does as chance has it: every verb of the contract, rightly and wrongly asked, while time goes on.

The same seed does the same. What was accepted is known from the contract's events alone, so the town has no opinion of
what it should have been.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from kindpakket.chain import calls
from kindpakket.chain.client import Chain, Submission
from kindpakket.chain.deploy import deploy
from kindpakket.chain.fund import Fund
from kindpakket.chain.reading import read_event
from kindpakket.events import Allocation
from kindpakket.hashes import keccak
from kindpakket.tickets import code, keys
from kindpakket.tickets.tree import TICKETS
from tests.chain.support import KEYSTORE, Clock

from .known_town import ADDRESS_OF_TILL, REAL_KEYS, TILLS, KnownTown, Sold

AT_ONCE = 40
GAS = 2_000_000
SHOPS = (1, 2, 3, 0xFFFF)
ALL_CATEGORIES = 0b11110
DAY = 86_400
MOST_PROGRAMMES = 12
MOST_VOUCHERS = 220

Action = tuple[str, str, bytes]
"""A verb, who asks it, and its input."""


class RandomTown(KnownTown):
    """A fund on a chain, and people who do things there."""

    def __init__(self, chain: Chain, clock: Clock, *, seed: int) -> None:
        super().__init__(clock, random.Random(seed))
        self.chain = chain
        deployment = deploy(chain, KEYSTORE)
        self.accounts = deployment.accounts
        self.fund = Fund(chain, address=deployment.address, deployed_block=deployment.block)
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._verbs: dict[str, tuple[int, Callable[[], Action | None]]] = {
            "openProgramme": (1, self._open_programme),
            "extend": (1, self._extend),
            "deposit": (3, self._deposit),
            "withdraw": (2, self._withdraw),
            "issue": (5, self._issue),
            "topUp": (3, self._top_up),
            "activate": (8, self._activate),
            "renewTickets": (2, self._renew_tickets),
            "replaceHolder": (1, self._replace_holder),
            "blockVoucher": (1, self._block),
            "unblockVoucher": (2, self._unblock),
            "allowShop": (4, self._allow_shop),
            "removeShop": (1, self._remove_shop),
            "addTill": (3, self._add_till),
            "removeTill": (1, self._remove_till),
            "redeem": (50, self._redeem),
            "refund": (10, self._refund),
            "settle": (4, self._settle),
            "sweep": (2, self._sweep),
            "anchor": (1, self._anchor),
        }

    @property
    def done(self) -> int:
        """How many actions were asked of the contract so far."""
        return self.accepted.total() + self.refused.total()

    def act(self, count: int) -> None:
        """Do that many more actions, some at once, while the clock goes on."""
        wanted = self.done + count
        names = list(self._verbs)
        weights = [self._verbs[name][0] for name in names]
        while self.done < wanted:
            actions: list[Action] = []
            most = min(AT_ONCE, wanted - self.done)
            while len(actions) < most:
                (name,) = self.chance.choices(names, weights)
                if action := self._verbs[name][1]():
                    actions.append(self._perhaps_by_another(action))
            self._send(actions)
            self.clock.at += self.chance.choice([0, 1, 60, 900, 3_600])

    def _send(self, actions: list[Action]) -> None:
        receipts = self.chain.send_all(
            [
                Submission(sender=sender, to=self.fund.address, input=content, gas=GAS)
                for _, sender, content in actions
            ]
        )
        for (verb, _, _), receipt in zip(actions, receipts, strict=True):
            (self.accepted if receipt.succeeded else self.refused)[verb] += 1
            for log in receipt.logs:
                if (read := read_event(log)) is not None:
                    self._learn(read[1])

    def _perhaps_by_another(self, action: Action) -> Action:
        """Let one in forty actions be asked by somebody of another role, or of none."""
        verb, sender, content = action
        if self.chance.random() < 1 / 40:
            others = (self.accounts.issuer, self.accounts.shop_manager, self.accounts.relayer)
            sender = self.chance.choice([other for other in others if other != sender])
        return verb, sender, content

    # ------------------------------------------------------------ money

    def _open_programme(self) -> Action | None:
        if len(self._ends) >= MOST_PROGRAMMES and self.chance.random() < 0.9:
            return None
        starts_at = self.clock.at + self.chance.choice([-DAY, 0, 7_200])
        length = self.chance.choice([-DAY, 2 * DAY, 4 * DAY, 9 * DAY])
        return (
            "openProgramme",
            self.accounts.issuer,
            calls.open_programme(
                starts_at=starts_at,
                ends_at=max(0, starts_at + length) if len(self._ends) > 1 else starts_at + 9 * DAY,
                categories=ALL_CATEGORIES,
                max_redemption_cents=self.chance.choice([500, 20_000]),
                policy_hash=keccak(starts_at.to_bytes(8, "big")),
            ),
        )

    def _extend(self) -> Action:
        programme = self._programme()
        ends_at = self._ends.get(programme, self.clock.at) + self.chance.choice([-1, 0, 1, DAY])
        return "extend", self.accounts.issuer, calls.extend(programme=programme, ends_at=ends_at)

    def _deposit(self) -> Action:
        return (
            "deposit",
            self.accounts.treasurer,
            calls.deposit(
                programme=self._programme(),
                amount_cents=self.chance.choice([0, 1, 40_000, 300_000]),
                payment_reference=self._reference(),
            ),
        )

    def _withdraw(self) -> Action:
        return (
            "withdraw",
            self.accounts.treasurer,
            calls.withdraw(
                programme=self._programme(),
                amount_cents=self.chance.choice([1, 500, 10**9]),
                payment_reference=self._reference(),
            ),
        )

    def _settle(self) -> Action:
        (programme, shop), cents = self.chance.choice([*self._owed.items(), ((1, 1), 7)])
        return (
            "settle",
            self.accounts.treasurer,
            calls.settle(
                programme=programme,
                shop=shop,
                amount_cents=max(0, cents + self.chance.choice([0, 0, -5, 1])),
                payment_reference=self._reference(),
            ),
        )

    def _sweep(self) -> Action:
        ended = [
            number
            for number, known in self._vouchers.items()
            if self._ends[known.programme] <= self.clock.at and known.cents
        ]
        chosen = self.chance.sample(ended, min(len(ended), self.chance.choice([1, 3])))
        if self.chance.random() < 0.2:
            chosen.append(self._voucher())
        return "sweep", self.accounts.treasurer, calls.sweep(vouchers=chosen)

    def _anchor(self) -> Action:
        return "anchor", self.accounts.treasurer, calls.anchor(hash=self.chance.randbytes(32))

    # ------------------------------------------------------------ vouchers

    def _issue(self) -> Action | None:
        if len(self._vouchers) >= MOST_VOUCHERS and self.chance.random() < 0.9:
            return None
        first = len(self._vouchers) + 1
        amounts = [self.chance.choice([0, 300, 5_000, 30_000]) for _ in range(self.chance.randint(1, 5))]
        if self.chance.random() < 0.1:
            amounts[0] = 2**24 - 1
        allocations = [
            Allocation(f"0x{keys.address_of(self._letter(number, 0)).hex()}", cents)
            for number, cents in enumerate(amounts, start=first)
        ]
        return (
            "issue",
            self.accounts.issuer,
            calls.issue(programme=self._programme(), allocations=allocations),
        )

    def _top_up(self) -> Action:
        cents = self.chance.choice([1, 250, 20_000, 2**24 - 1])
        return "topUp", self.accounts.issuer, calls.top_up(voucher=self._voucher(), amount_cents=cents)

    def _activate(self) -> Action:
        voucher = self._voucher(works=False)
        known = self._known(voucher)
        phone = self._phone(voucher, known.generation)
        digest = self.fund.domain.activation_digest(
            voucher=voucher,
            generation=known.generation,
            holder=phone.holder,
            ticket_root=phone.tree.root,
        )
        letter = self._letter(voucher, known.generation + (self.chance.random() < 0.1))
        return (
            "activate",
            self.accounts.relayer,
            calls.activate(
                voucher=voucher,
                holder=phone.holder,
                ticket_root=phone.tree.root,
                signature=keys.sign(letter, digest),
            ),
        )

    def _renew_tickets(self) -> Action:
        voucher = self._voucher(works=True)
        generation = self._known(voucher).generation
        old, new = self._phone(voucher, generation), self._phone(voucher, generation + 1)
        digest = self.fund.domain.renewal_digest(
            voucher=voucher, generation=generation + 1, holder=new.holder, ticket_root=new.tree.root
        )
        signer = old.holder_key if self.chance.random() < 0.8 else new.holder_key
        return (
            "renewTickets",
            self.accounts.relayer,
            calls.renew_tickets(
                voucher=voucher,
                old_root=old.tree.root,
                holder=new.holder,
                ticket_root=new.tree.root,
                signature=keys.sign(signer, digest),
            ),
        )

    def _replace_holder(self) -> Action:
        voucher = self._voucher()
        letter = keys.address_of(self._letter(voucher, self._known(voucher).generation + 1))
        reason = self.chance.choice([0, 1, 2])
        call = calls.replace_holder(voucher=voucher, letter_key=letter, reason=reason)
        return "replaceHolder", self.accounts.issuer, call

    def _block(self) -> Action:
        call = calls.block_voucher(voucher=self._voucher(), reason=self.chance.choice([0, 1, 9]))
        return "blockVoucher", self.accounts.issuer, call

    def _unblock(self) -> Action:
        blocked = [number for number, known in self._vouchers.items() if known.blocked]
        voucher = self.chance.choice(blocked) if blocked and self.chance.random() < 0.7 else self._voucher()
        return "unblockVoucher", self.accounts.issuer, calls.unblock_voucher(voucher=voucher)

    # ------------------------------------------------------------ shops

    def _allow_shop(self) -> Action:
        categories = self.chance.choice([ALL_CATEGORIES, ALL_CATEGORIES, 0b110, 0, 1 << 9])
        programme, shop = self._programme(), self.chance.choice(SHOPS)
        call = calls.allow_shop(programme=programme, shop=shop, categories=categories)
        return "allowShop", self.accounts.shop_manager, call

    def _remove_shop(self) -> Action:
        call = calls.remove_shop(programme=self._programme(), shop=self.chance.choice(SHOPS))
        return "removeShop", self.accounts.shop_manager, call

    def _add_till(self) -> Action:
        till = keys.address_of(self.chance.choice(TILLS))
        call = calls.add_till(shop=self.chance.choice(SHOPS), till=till)
        return "addTill", self.accounts.shop_manager, call

    def _remove_till(self) -> Action:
        call = calls.remove_till(till=keys.address_of(self.chance.choice(TILLS)))
        return "removeTill", self.accounts.shop_manager, call

    # ------------------------------------------------------------ payments

    def _redeem(self) -> Action:
        chance = self.chance
        voucher = self._voucher(works=chance.random() < 0.95)
        known = self._known(voucher)
        phone = self._phone(voucher, known.generation)
        free = [place for place in REAL_KEYS if known.generation * TICKETS + place not in known.used]
        place_in_list = chance.choice(free if free and chance.random() < 0.95 else REAL_KEYS)
        number = known.generation * TICKETS + place_in_list
        shop, till = self._till()
        cents = chance.choice([1, 80, 199, min(500, max(known.cents, 1)), known.cents + 1])
        ticket = code.sign_ticket(
            phone.ticket_keys[place_in_list],
            self.fund.domain,
            max_cents=max(0, cents + chance.choice([0, 0, 50, 50, -1])),
            expires_at=(self.clock.at + chance.choice([600, 600, 600, -600])) // 60 * 60 + 60,
            shop=chance.choice([0, 0, 0, shop, 2]),
        )
        identity = code.identify(ticket, self.fund.domain)
        assert identity is not None, "what was just signed has a signer"
        place = calls.TicketPlace(
            voucher=voucher,
            number=number,
            holder=phone.holder,
            siblings=tuple(phone.tree.siblings(place_in_list)),
        )
        if (voucher, number) not in self._sold or not self._sold[voucher, number].remaining_cents:
            self._sold[voucher, number] = Sold(shop, place, ticket, identity[0])
        category = chance.choice([1, 2, 2, 3, 7])
        digest = self.fund.domain.charge_digest(ticket_id=identity[0], amount_cents=cents, category=category)
        return (
            "redeem",
            self.accounts.relayer,
            calls.redeem(
                place=place,
                ticket=ticket,
                amount_cents=cents,
                category=category,
                charge_signature=keys.sign(till, digest),
            ),
        )

    def _refund(self) -> Action | None:
        payments = [sold for sold in self._sold.values() if sold.remaining_cents]
        if not payments:
            return None
        sold = self.chance.choice(payments)
        of_shop = [ADDRESS_OF_TILL[till] for till, shop in self._tills.items() if shop == sold.shop]
        till = self.chance.choice(of_shop if of_shop and self.chance.random() < 0.9 else TILLS)
        cents = max(0, sold.remaining_cents + self.chance.choice([0, -1, -50, 1]))
        digest = self.fund.domain.refund_digest(
            ticket_id=sold.ticket_id, amount_cents=cents, remaining_cents=sold.remaining_cents
        )
        return (
            "refund",
            self.accounts.relayer,
            calls.refund(
                place=sold.place,
                ticket=sold.ticket,
                amount_cents=cents,
                remaining_cents=sold.remaining_cents,
                refund_signature=keys.sign(till, digest),
            ),
        )
