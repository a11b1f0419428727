# SPDX-License-Identifier: EUPL-1.2
"""Payouts on the owner's till, and refunds of other days: a real browser, the treasurer and the clock in our hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from kindpakket.chain import calls
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.services import Services
from kindpakket.units import day_ends_at, day_of
from tests.serving import served_here
from tests.support import InProcess, Town, found_town

from .browsers import send_away
from .conftest import Browsers
from .test_till import open_menu

BICYCLES = 3


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture
def town(services: Services, new_client: Callable[[], InProcess], desk: InProcess) -> Town:
    """A running programme with two shops, in this process."""
    households = "kenmerk;kinderen\nA-1;1\n"
    return found_town(new_client, desk, starts_on="2026-01-01", ends_on="2026-12-31", households=households)


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """That installation, served from this process."""
    with served_here(services) as address:
        yield address


def pair(page: Page, address: str, owner: Till) -> None:
    """Pair one more owner's till of a shop by the address that its owner's till shows."""
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "owner"})["pairingCode"]
    page.goto(f"{address}/winkel/#koppel={code}")
    expect(page.get_by_test_id("pair-code")).to_have_value(code)
    page.get_by_test_id("pair-submit").click()
    expect(page.get_by_test_id("type-code")).to_be_visible()


def pay(town: Town, phone: Phone, till: Till, cents: int) -> str:
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=30_000, expires_at=expiry(town.now()))
    paid = till.redeem(shown, amount_cents=cents, category=BICYCLES)["redemption"]
    return str(paid["redemptionId"])


def settle(services: Services, town: Town, cents: int, *, reference: int) -> None:
    call = calls.settle(
        programme=town.programme,
        shop=town.shops[0],
        amount_cents=cents,
        payment_reference=bytes([reference]) * 32,
    )
    services.fund.execute(call, sender=services.accounts.treasurer)


def test_an_owner_sees_what_is_owed_what_was_paid_out_and_for_which_payments(
    services: Services, town: Town, address: str, browsers: Browsers
) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    first = pay(town, phone, till, 1_000)
    settle(services, town, 900, reference=1)
    pay(town, phone, till, 4_000)
    till.refund(first, amount_cents=300, remaining_cents=1_000, reason="price")
    settle(services, town, 3_800, reference=2)
    pay(town, phone, till, 50)

    page = browsers.open("owner")
    pair(page, address, till)
    open_menu(page, "payouts")
    expect(page.get_by_test_id("payouts-owed")).to_have_text("€ 0,50")
    expect(page.get_by_test_id("payout")).to_have_count(2)
    expect(page.get_by_test_id("payout").first).to_contain_text("38,00")

    page.get_by_test_id("payout").first.click()
    expect(page.get_by_test_id("payout-amount")).to_have_text("€ 38,00")
    expect(page.get_by_test_id("payout-payment")).to_have_count(1)
    expect(page.get_by_test_id("payout-refund")).to_contain_text("Andere prijs")
    expect(page.get_by_test_id("payout-reference")).to_contain_text("0x0202")
    sums = page.get_by_test_id("payout-sums")
    for line in ("€ 1,00", "€ 40,00", "− € 3,00", "€ 38,00"):
        expect(sums).to_contain_text(line)
    page.get_by_test_id("back").click()
    expect(page.get_by_test_id("payout")).to_have_count(2)


def test_a_shop_that_gave_back_what_was_paid_out_is_told_that_it_is_taken_off(
    services: Services, town: Town, address: str, browsers: Browsers
) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    paid = pay(town, phone, till, 1_000)
    settle(services, town, 1_000, reference=1)
    till.refund(paid, amount_cents=1_000, remaining_cents=1_000)
    page = browsers.open("owner", locale="en-GB")
    pair(page, address, till)
    open_menu(page, "payouts")
    expect(page.locator("main")).to_contain_text("taken off the next payout")
    expect(page.get_by_test_id("payouts-owed")).to_have_text("€ 10.00")


def test_a_payment_of_yesterday_is_refunded_by_an_owners_till_only(
    services: Services, town: Town, address: str, browsers: Browsers, chain: TesterChain
) -> None:
    phone, owner = town.new_phone(), town.new_till(town.shops[0])
    cashier, page = browsers.open("cashier"), browsers.open("owner")
    for browser, role in ((cashier, "cashier"), (page, "owner")):
        code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": role})["pairingCode"]
        browser.goto(f"{address}/winkel/#koppel={code}")
        browser.get_by_test_id("pair-submit").click()
        expect(browser.get_by_test_id("type-code")).to_be_visible()
    # A cashier's till sees what was paid since it joined.
    pay(town, phone, owner, 1_000)
    chain.travel_to(day_ends_at(day_of(town.now())) + 3_600)
    for browser in (cashier, page):
        browser.reload()
    open_menu(cashier, "period")
    cashier.get_by_test_id("period-month").click()
    cashier.get_by_test_id("today-item").click()
    expect(cashier.get_by_test_id("payment-owner-only")).to_be_visible()
    expect(cashier.get_by_test_id("refund")).to_have_count(0)

    open_menu(page, "period")
    page.get_by_test_id("period-month").click()
    page.get_by_test_id("today-item").click()
    page.get_by_test_id("refund").click()
    page.get_by_test_id("reason-mistake").check(force=True)
    page.get_by_test_id("refund-submit").click()
    expect(page.get_by_test_id("result")).to_have_attribute("data-reason", "refunded")
    send_away(page)
    expect(page.get_by_test_id("payment-all-refunded")).to_be_visible()
    assert town.balance_cents(phone, next(iter(phone.next_numbers))) == 30_000
