# SPDX-License-Identifier: EUPL-1.2
"""The report of a programme: whole weeks, kinds and shops that tell on nobody, non-use and what may be left.

Given a programme in which nothing was paid, or not for a whole week
  the page says so, and the same figures as open data are empty
  when who paid gets a new letter and does not open it: still used, and no count is below zero
Given payments in weeks that are over
  the weeks add up to the chain's sum of those weeks, by an independent count
  a week with fewer than 5 payments is joined to the next; the last ones wait
  the table on the page says what the API says
  the overview tells who may not see single payments what everyone is told
  what may be left follows from the last eight weeks
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from kindpakket import weekly_figures
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Asks
from kindpakket.events import Redeemed
from kindpakket.services import Services
from kindpakket.staff import Role
from kindpakket.suppression import week_of
from kindpakket.units import day_of, day_starts_at
from tests.console.browser import Browser
from tests.payout_runs.conftest import Shopping
from tests.support import sign_in

from .test_trail_pages import browser_of

WEEKS = "Betaald per week; weken met minder dan 5 betalingen horen bij de week erna"


def pay_often(shopping: Shopping, shop: int, count: int, *, cents: int = 1000) -> None:
    """Let a shop be paid so often."""
    for _ in range(count):
        shopping.pay(shop, cents)


def replace_letter(shopping: Shopping) -> None:
    """Let the family that paid lose its phone: a new letter, which nobody opened yet."""
    sought = {"programme": shopping.town.programme, "rowReference": "A-1"}
    household = shopping.town.desk.ask("POST", "/household-lookups", sought)["household"]
    lost = {"reason": "lost", "replacementCount": 0}
    shopping.town.desk.ask("POST", f"/households/{household}/replacement-letters", lost)


def next_week(services: Services, chain: TesterChain, desk: Asks) -> None:
    """Go to the Monday after, and sign the desk in again: no session lasts so long."""
    chain.travel_to(day_starts_at(week_of(day_of(services.now())) + timedelta(days=7)) + 3600)
    sign_in(services, desk)


@pytest.fixture
def three_weeks(services: Services, chain: TesterChain, shopping: Shopping) -> Shopping:
    """Six payments in a week, then four, then one, and two in the week of now."""
    bicycles, sports = shopping.town.shops
    pay_often(shopping, bicycles, 6)
    next_week(services, chain, shopping.town.desk)
    pay_often(shopping, sports, 4, cents=250)
    next_week(services, chain, shopping.town.desk)
    pay_often(shopping, bicycles, 1, cents=999)
    next_week(services, chain, shopping.town.desk)
    pay_often(shopping, sports, 2)
    return shopping


def test_figures_of_a_programme_that_is_not_there_are_refused(shopping: Shopping) -> None:
    with pytest.raises(Refused, match="programme_unknown"):
        shopping.town.new_client().ask("GET", "/weekly-figures/99")
    with pytest.raises(Refused, match="programme_unknown"):
        shopping.town.desk.ask("GET", "/programmes/99/outlook")
    with pytest.raises(Refused, match="sign_in_required"):
        shopping.town.new_client().ask("GET", f"/programmes/{shopping.town.programme}/outlook")


def test_before_a_week_is_over_nothing_is_told(services: Services, earned: Shopping, clerk: Browser) -> None:
    page = clerk.open("/gemeente/cijfers")
    assert "Er is nog geen hele week om" in page.text
    assert WEEKS not in page.tables
    told = earned.town.new_client().ask("GET", f"/weekly-figures/{earned.town.programme}")
    assert (told["weeks"], told["stretches"]) == ([], [])
    outlook = earned.town.desk.ask("GET", f"/programmes/{earned.town.programme}/outlook")
    assert outlook["expectedLeftCents"] is None
    assert (outlook["voucherCount"], outlook["usedCount"], outlook["unusedCount"]) == (6, 1, 0)
    assert outlook["neverActivatedCount"] == 5


def test_who_paid_and_did_not_open_a_new_letter_counts_as_used(earned: Shopping, clerk: Browser) -> None:
    replace_letter(earned)
    outlook = earned.town.desk.ask("GET", f"/programmes/{earned.town.programme}/outlook")
    assert (outlook["voucherCount"], outlook["usedCount"], outlook["unusedCount"]) == (6, 1, 0)
    assert outlook["neverActivatedCount"] == 5
    assert clerk.open("/gemeente/cijfers").tables["Tegoeden naar gebruik"][1:] == [
        ["Er is mee betaald", "1", "17%"],
        ["Geopend, nog niets betaald", "0", "0%"],
        ["Brief nooit geopend", "5", "83%"],
    ]
    use = earned.town.desk.ask("GET", f"/programmes/{earned.town.programme}/voucher-use")
    assert use["neverActivatedCount"] == 5
    for path in ("", "tegoeden"):
        assert "In gebruik genomen 1 17%" in clerk.open(f"/gemeente/{path}").text, path
    assert "Nog niet in gebruik 5" in clerk.open("/gemeente/").text


def test_small_weeks_are_joined_and_the_rest_waits(services: Services, three_weeks: Shopping) -> None:
    told = three_weeks.town.new_client().ask("GET", f"/weekly-figures/{three_weeks.town.programme}")
    assert [(one["count"], one["redeemedCents"]) for one in told["weeks"]] == [(6, 6000), (5, 1999)]
    assert [one["weekCount"] for one in told["weeks"]] == [3, 2], "the programme began two weeks before"
    last_on = told["weeks"][-1]["lastOn"]
    chain_cents = sum(
        event.amount_cents
        for place, event in services.fund.events(services.fund.deployed_block, services.chain.head().number)
        if isinstance(event, Redeemed) and day_of(place.at).isoformat() <= last_on
    )
    assert sum(one["redeemedCents"] for one in told["weeks"]) == chain_cents == 7999


def test_kinds_and_shops_add_up_to_the_weeks(three_weeks: Shopping) -> None:
    told = three_weeks.town.new_client().ask("GET", f"/weekly-figures/{three_weeks.town.programme}")
    (stretch,) = told["stretches"]
    assert (stretch["firstOn"], stretch["lastOn"]) == (
        told["weeks"][0]["firstOn"],
        told["weeks"][-1]["lastOn"],
    )
    groups = [(one["category"], one["shop"], one["count"], one["redeemedCents"]) for one in stretch["groups"]]
    # Seven for bicycles would leave four for sports: neither is told apart.
    assert groups == [(None, None, 11, 7999)]


def test_the_page_says_what_the_api_says(three_weeks: Shopping, clerk: Browser) -> None:
    told = three_weeks.town.new_client().ask("GET", f"/weekly-figures/{three_weeks.town.programme}")
    page = clerk.open("/gemeente/cijfers")
    assert clerk.status == 200
    assert [row[1] for row in page.tables[WEEKS][1:]] == [f"{one['count']}" for one in told["weeks"]]
    assert [row[2:4] for row in page.tables[WEEKS][1:]] == [["€ 60,00", "€ 60,00"], ["€ 19,99", "€ 79,99"]]
    assert page.tables["Betaald per soort aankoop"][1:] == [
        ["Andere soorten samen", "€ 79,99", "11"],
        ["Totaal", "€ 79,99", "11"],
    ]
    assert page.tables["Tegoeden naar gebruik"][1:] == [
        ["Er is mee betaald", "1", "17%"],
        ["Geopend, nog niets betaald", "0", "0%"],
        ["Brief nooit geopend", "5", "83%"],
    ]
    bars = [named for tag, named in page.elements if named.get("class") == "console-weeks__bar"]
    assert len(bars) == 2
    assert bars[0]["height"] == "100.0"
    for tag, named in page.elements:
        assert tag not in ("script", "style") and "style" not in named


def test_what_may_be_left_follows_from_the_last_weeks(services: Services, three_weeks: Shopping) -> None:
    figures = weekly_figures.weekly_figures(services, programme=three_weeks.town.programme)
    outlook = weekly_figures.outlook(services, figures)
    days_left = (day_of(figures.programme.ends_at - 1) - day_of(services.now())).days
    left_cents = 180_000 - 7999 - 2000
    assert outlook.left_cents == left_cents
    expected = left_cents - 7999 * days_left / 35
    assert outlook.expected_left_cents is not None
    assert abs(outlook.expected_left_cents - expected) <= 5001
    assert outlook.expected_left_cents % 10_000 == 0


def test_english_has_the_report_too(three_weeks: Shopping, client: TestClient, clerk: Browser) -> None:
    page = clerk.open("/gemeente/cijfers?taal=en")
    assert page.headings == ["Figures"]
    assert "Other kinds together" in page.text


@pytest.mark.parametrize("role", [Role.ISSUER, Role.AUDITOR])
def test_the_overview_tells_who_does_not_see_payments_what_everyone_is_told(
    services: Services, three_weeks: Shopping, role: Role
) -> None:
    page = browser_of(services, role).open("/gemeente/")
    shops = page.tables["Uitgegeven per winkel"][1:]
    if role is Role.AUDITOR:
        assert [row[0] for row in shops] == ["Fietsen Jansen", "Sport en Spel", "Totaal"]
    else:
        assert shops == [
            ["Andere winkels samen", "€ 79,99", "100%", "11"],
            ["Totaal", "€ 79,99", "", "11"],
        ]
