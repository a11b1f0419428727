# SPDX-License-Identifier: EUPL-1.2
"""The invariants, in the words of contracts/README.md, after every step of the machines: the contract's storage, its
events alone and an independent model must agree to the cent. The ninth, on costs, is in test_gas_does_not_grow.py.

120 games of 50 steps, always the same ones; `pytest tests/contracts/test_invariants.py --hypothesis-profile=long` plays
4,000 of 100 steps, other ones each time.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant

from kindpakket.tickets import keys

from . import storage
from .machine import PERIODS, SHOPS, TILLS
from .machine_hostile import HostileMachine
from .model import WORLD, Books, Name, on_voucher, owed, settled, unallocated, withdrawn

LONG = settings.get_current_profile_name() == "long"
"""Whether to play long; see tests/conftest.py."""


class Invariants(HostileMachine):
    """What must hold after every step, whoever did what.

    After each step all of the storage is read, slot by slot; at the end of each example, also by asking the contract.
    """

    def _slots_agree(self) -> None:
        """Compare every slot that the games can touch with the model."""
        fund, balance = self.fund, self.model.balance
        assert storage.counts(fund) == (len(PERIODS), len(self.model.vouchers))
        for programme, terms in self.model.programmes.items():
            kept = storage.programme(fund, programme)
            assert (kept.starts_at, kept.ends_at) == (terms.starts_at, terms.ends_at)
            assert (kept.categories, kept.max_cents) == (terms.categories, terms.max_cents)
            assert kept.deposited_cents == self.from_events.turnover[WORLD, unallocated(programme)]
            assert kept.unallocated_cents == balance(unallocated(programme))
            assert kept.withdrawn_cents == balance(withdrawn(programme))
            owed_and_settled_cents = 0
            for shop in SHOPS:
                account = storage.shop(fund, programme, shop)
                assert account.net_cents - account.settled_cents == balance(owed(programme, shop))
                assert account.settled_cents == balance(settled(programme, shop))
                assert account.categories == self.model.allowed.get((programme, shop), 0)
                owed_and_settled_cents += account.net_cents
            on_vouchers_cents = sum(
                storage.voucher(fund, number).balance_cents
                for number, voucher in self.model.vouchers.items()
                if voucher.programme == programme
            )
            in_use_cents = kept.unallocated_cents + kept.withdrawn_cents + on_vouchers_cents
            assert kept.deposited_cents == in_use_cents + owed_and_settled_cents
        for number, voucher in self.model.vouchers.items():
            slot = storage.voucher(fund, number)
            assert slot.balance_cents == balance(on_voucher(number))
            assert (slot.issued_cents, slot.programme) == (voucher.issued_cents, voucher.programme)
            assert (slot.generation, slot.block_reason) == (voucher.generation, voucher.reason)
            assert slot.activated == voucher.activated
        for (number, ticket), use in self.model.uses.items():
            assert storage.ticket_use(fund, number, ticket) == (use.shop, use.remaining_cents)
        for place, till in enumerate(TILLS):
            assert storage.shop_of_till(fund, keys.address_of(till)) == self.model.tills.get(place, 0)

    def _stored(self, programme: int, shop: int) -> dict[Name, int]:
        """Ask for the balances of a programme and of a shop in it."""
        kept, account = self.fund.programme(programme), self.fund.shop_account(programme, shop)
        return {
            unallocated(programme): kept["unallocatedCents"],
            withdrawn(programme): kept["withdrawnCents"],
            ("deposited", programme): kept["depositedCents"],
            owed(programme, shop): account["netCents"] - account["settledCents"],
            settled(programme, shop): account["settledCents"],
        }

    def _agree_on(self, programme: int, shop: int) -> None:
        for name, stored_cents in self._stored(programme, shop).items():
            if name[0] == "deposited":
                assert self.from_events.turnover[WORLD, unallocated(programme)] == stored_cents
            else:
                assert self.from_events.balances[name] == stored_cents, name

    def _agree_on_voucher(self, voucher: int) -> None:
        kept, expected = self.fund.voucher(voucher), self.model.vouchers[voucher]
        assert self.from_events.balances[on_voucher(voucher)] == kept["balanceCents"]
        assert 0 <= kept["balanceCents"] <= kept["issuedCents"] == expected.issued_cents
        assert (kept["programme"], kept["generation"]) == (expected.programme, expected.generation)
        assert (kept["activated"], kept["blockReason"]) == (expected.activated, expected.reason)

    @invariant()
    def money_is_conserved_and_the_events_alone_rebuild_every_balance(self) -> None:
        """1 and 8. Three books, kept apart, are the same; and all accounts together are zero."""
        assert self.from_events.open_balances() == self.model.books.open_balances()
        assert sum(self.from_events.balances.values()) == 0
        self._slots_agree()

    @invariant()
    def no_balance_is_below_zero_and_none_above_what_was_issued(self) -> None:
        """2."""
        for number in self.model.vouchers:
            slot = storage.voucher(self.fund, number)
            assert 0 <= slot.balance_cents <= slot.issued_cents
        for programme in PERIODS:
            assert self.model.balance(unallocated(programme)) >= 0

    @invariant()
    def a_ticket_is_used_at_most_once(self) -> None:
        """3."""
        assert len(self.paid_with) == len(set(self.paid_with)) == len(self.model.uses)

    @invariant()
    def nothing_leaves_a_voucher_without_its_holders_ticket(self) -> None:
        """4. Money goes from vouchers to shops by tickets and, after the end, to programmes; nowhere else."""
        for source, target in self.from_events.turnover:
            if source[0] == "voucher":
                assert target[0] in {"owed", "unallocated"}
        for event in self.last:
            if event.name == "Redeemed":
                request = self.redeemed[event.fields["voucher"], event.fields["number"]]
                assert request.ticket_id == event.fields["ticketId"]
                assert request.ticket.max_cents >= event.fields["amountCents"]

    @invariant()
    def only_allowed_shops_receive_in_their_programmes_and_categories(self) -> None:
        """5."""
        for event in self.last:
            if event.name == "Redeemed":
                allowed = self.model.allowed[event.fields["programme"], event.fields["shop"]]
                assert allowed >> event.fields["category"] & 1
                assert self.model.vouchers[event.fields["voucher"]].programme == event.fields["programme"]

    @invariant()
    def no_redemption_outside_the_period_and_no_sweep_before_its_end(self) -> None:
        """6."""
        for event in self.last:
            if event.name in {"Redeemed", "Swept"}:
                programme = self.model.programmes[event.fields["programme"]]
                paying = programme.starts_at <= self.at < programme.ends_at
                assert paying if event.name == "Redeemed" else self.at >= programme.ends_at

    @invariant()
    def refunds_settlements_and_debts_keep_their_limits(self) -> None:
        """7. No refund above its redemption, no settlement above what is owed, no debt above what was settled."""
        for use in self.model.uses.values():
            assert 0 <= use.remaining_cents <= use.charged_cents
        for event in self.last:
            if event.name == "Settled":
                assert self.model.balance(owed(event.fields["programme"], event.fields["shop"])) >= 0
        for programme in PERIODS:
            for shop in SHOPS:
                debt_cents = -self.from_events.balances[owed(programme, shop)]
                assert debt_cents <= self.from_events.balances[settled(programme, shop)]

    def teardown(self) -> None:
        """At the end all of the storage is read, and the events' books are kept once more from the first event on."""
        again = Books()
        for event in self.all_events:
            again.post(event)
        assert again.open_balances() == self.model.books.open_balances()
        stored: dict[Name, int] = {}
        for programme in PERIODS:
            for shop in SHOPS:
                self._agree_on(programme, shop)
                stored |= self._stored(programme, shop)
        for voucher in self.model.vouchers:
            self._agree_on_voucher(voucher)
            stored[on_voucher(voucher)] = self.fund.voucher(voucher)["balanceCents"]
        deposited_cents = sum(stored.pop(("deposited", programme)) for programme in PERIODS)
        assert deposited_cents == sum(stored.values())
        for (voucher, number), use in self.model.uses.items():
            assert self.fund.ticket_use(voucher, number) == (use.shop, use.remaining_cents)


TestInvariants = Invariants.TestCase
TestInvariants.settings = settings(
    max_examples=4_000 if LONG else 120,
    stateful_step_count=100 if LONG else 50,
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
