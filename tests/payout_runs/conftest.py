# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of payouts: an installation that can be closed and opened again on its chain, shops that earned, staff."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kindpakket import payout_runs
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.main import services_on
from kindpakket.registry.payout_rows import Run
from kindpakket.services import Services
from kindpakket.staff import ALL_ROLES
from tests.ledger.databases import settings_in
from tests.support import Town

from .bank import OUR_IBAN

SPORT, BICYCLES = 2, 3


@pytest.fixture
def open_services(chain: TesterChain, keystore: Path, tmp_path: Path) -> Iterator[Callable[[], Services]]:
    """Opens the installation, again too: as a process does that was killed and starts anew."""
    shutil.copytree(keystore, tmp_path, dirs_exist_ok=True)
    with ExitStack() as opened:

        def open_again() -> Services:
            settings = settings_in(tmp_path, payout_iban=OUR_IBAN)
            return opened.enter_context(services_on(settings, chain, now=chain.now, follow=False))

        yield open_again


@pytest.fixture
def services(open_services: Callable[[], Services]) -> Services:
    """An installation that knows which account pays."""
    return open_services()


@pytest.fixture
def anna(services: Services) -> int:
    """Who prepares."""
    return services.registry.staff.ensure_member("Anna", roles=ALL_ROLES)


@pytest.fixture
def bram(services: Services) -> int:
    """Who approves."""
    return services.registry.staff.ensure_member("Bram", roles=ALL_ROLES)


def approve_again(services: Services, *, run: int, staff: int) -> Run:
    """Approve all that is proposed in a run, as who looks at it does."""
    seen = [one.end_to_end_id for one in services.registry.payout_runs.run(run).proposed]
    return payout_runs.approve_again(services, run=run, payments=seen, staff=staff)


def take(services: Services, content: bytes, staff: int) -> payout_runs.StatementOutcome:
    return payout_runs.import_statement(services, content=content, staff=staff)


def states(services: Services, run: int) -> list[list[str]]:
    found = services.registry.payout_runs.run(run)
    return [[payment.state for payment in one.payments] for one in found.transfers]


def state(services: Services, run: int) -> Run:
    return services.registry.payout_runs.run(run)


@dataclass
class Shopping:
    """A phone and a till in each shop, that pay and give back."""

    town: Town
    phone: Phone
    tills: dict[int, Till] = field(default_factory=dict)

    def pay(self, shop: int, cents: int) -> str:
        """Let a shop be paid; return the payment's id."""
        voucher = next(iter(self.phone.next_numbers))
        shown = self.phone.show_code(voucher, max_cents=30_000, expires_at=expiry(self.town.now()))
        category = BICYCLES if shop == self.town.shops[0] else SPORT
        paid = self._till(shop).redeem(shown, amount_cents=cents, category=category)
        return str(paid["redemption"]["redemptionId"])

    def give_back(self, shop: int, payment: str, cents: int, *, of: int) -> None:
        """Let a shop give back a part of a payment of which `of` is left."""
        self._till(shop).refund(payment, amount_cents=cents, remaining_cents=of)

    def _till(self, shop: int) -> Till:
        if shop not in self.tills:
            self.tills[shop] = self.town.new_till(shop)
        return self.tills[shop]


@pytest.fixture
def shopping(town: Town) -> Shopping:
    """Nobody paid yet."""
    return Shopping(town, town.new_phone())


@pytest.fixture
def earned(shopping: Shopping) -> Shopping:
    """The bicycle shop is owed 37.45, the sports shop 12.00."""
    bicycles, sports = shopping.town.shops
    shopping.pay(bicycles, 3745)
    payment = shopping.pay(sports, 2000)
    shopping.give_back(sports, payment, 800, of=2000)
    return shopping


@pytest.fixture
def run(services: Services, town: Town, earned: Shopping, anna: int, bram: int) -> int:
    """A run whose file is at the bank: 37.45 to one merchant, 12.00 to another."""
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    return run
