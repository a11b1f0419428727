# SPDX-License-Identifier: EUPL-1.2
"""Forms that two readers could take for different things.

Given a form of staff in which a field stands twice that can be one thing only
  when it is sent, whichever form it is, it is refused
Given such a form about a shop
  when it is sent: nothing is done; and when the field is a choice of several, it is done
"""

from __future__ import annotations

from tests.support import Town

from .browser import Browser
from .test_roles import PAGES, fill_in

LIST = "/gemeente/winkels"
TABLE = "Alle winkels"


def test_no_form_takes_a_field_twice_that_can_be_one_thing_only(town: Town, clerk: Browser) -> None:
    csrf = clerk.page.forms["/gemeente/afmelden"]["csrf"]
    for method, path in PAGES:
        if method == "POST":
            clerk.send(f"{fill_in(path)}?regeling={town.programme}", {"csrf": [csrf, csrf]})
            assert clerk.status == 400, path
            assert "request_invalid" in clerk.page.text, path


def test_of_two_reasons_none_is_taken_and_of_two_categories_both_are(town: Town, clerk: Browser) -> None:
    shop = f"/gemeente/winkels/{town.shops[1]}"
    clerk.open(shop)
    clerk.submit(f"{shop}/verwijderen", because=["rules_broken", "closed"])
    assert clerk.status == 400
    assert clerk.open(LIST).tables[TABLE][2][:3] == ["Sport en Spel", "Sport, Speelgoed", "Ja"]
    clerk.open(shop)
    clerk.submit(f"{shop}/verwijderen", because="closed")
    assert clerk.open(LIST).tables[TABLE][2][2] == "Nee"
    clerk.open(shop)
    clerk.submit(f"{shop}/toelaten", categories=["2", "6"])
    assert clerk.open(LIST).tables[TABLE][2][:3] == ["Sport en Spel", "Sport, Speelgoed", "Ja"]
