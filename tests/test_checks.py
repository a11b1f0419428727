# SPDX-License-Identifier: EUPL-1.2
"""Checks: the ledger against the contract. What differs is named; what only moves is not; a check is kept a while."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from kindpakket import checks
from kindpakket.chain.tester import TesterChain
from kindpakket.checks import VALID_SECONDS, Checks, Difference
from kindpakket.errors import ProgrammeUnknown
from kindpakket.ledger import tables
from kindpakket.programmes import deposit
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import Town


def pay(town: Town, amount_cents: int) -> None:
    """Pay at the first shop with a phone and a till of their own."""
    phone = town.new_phone()
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5_000, expires_at=-(-(town.now() + 300) // 60) * 60)
    town.new_till(town.shops[0]).redeem(shown, amount_cents=amount_cents, category=3)


def test_a_programme_that_is_not_there_is_not_checked(services: Services, town: Town) -> None:
    with pytest.raises(ProgrammeUnknown):
        checks.check(services, programme=town.programme + 1)


def test_a_shop_that_earned_more_by_the_ledger_than_by_the_contract_is_named(
    services: Services, town: Town
) -> None:
    pay(town, 3_745)
    services.follower.catch_up()
    with connect(services.settings.ledger_address) as connection:
        shop = tables.shop_programme
        connection.execute(update(shop).where(shop.c.shop == town.shops[0]).values(redeemed_cents=3_746))
    found = checks.check(services, programme=town.programme).differences
    assert found[0] == Difference("earned", town.shops[0], "", ledger_cents=3_746, chain_cents=3_745)
    assert {one.what for one in found[1:]} == {"account"}, "the ledger's own entries do not agree either"


def test_an_amount_that_only_moves_while_it_is_read_is_no_difference(
    services: Services, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = services.fund.programme
    paid_in = iter(range(1, 10))

    def ask_while_money_comes_in(programme: int) -> object:
        deposit(services, programme=programme, amount_cents=100, payment_reference=f"{next(paid_in)}")
        answer = ask(programme)
        deposit(services, programme=programme, amount_cents=100, payment_reference=f"{next(paid_in)}")
        return answer

    monkeypatch.setattr(services.fund, "programme", ask_while_money_comes_in)
    assert checks.check(services, programme=town.programme).differences == ()
    assert next(paid_in) == 3, "asked once"


def test_after_a_payment_all_is_right_and_the_check_says_when(services: Services, town: Town) -> None:
    pay(town, 3_745)
    check = checks.check(services, programme=town.programme)
    assert check.differences == ()
    assert check.checked_at == services.now()
    assert check.block == services.chain.head().number


def test_a_check_is_kept_until_the_next_block_or_a_minute(
    services: Services, chain: TesterChain, town: Town
) -> None:
    kept = Checks(services)
    first = kept.latest(town.programme)
    assert kept.latest(town.programme) is first
    deposit(services, programme=town.programme, amount_cents=100, payment_reference="besluit 8")
    second = kept.latest(town.programme)
    assert second.block == first.block + 1
    chain.travel_to(second.checked_at + VALID_SECONDS - 1)
    assert kept.latest(town.programme) is second, "the last second in which it counts"
    chain.travel_to(second.checked_at + VALID_SECONDS)
    assert kept.latest(town.programme) is not second
