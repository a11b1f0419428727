# SPDX-License-Identifier: EUPL-1.2
"""Applications on the pages, without JavaScript: a shop applies and looks; one assesses, another decides.

Given the public form
  when a field cannot be right: 400, its own words above it, and nothing that was typed is lost
  when it is filled in by a program, comes from another site, or is far too large: nothing is taken in
  when words of it are markup: they are shown as words
Given the pages of staff
  who assessed sees no button to decide, and is refused when they send the form all the same
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from kindpakket.console.strangers import BAIT, MOST_BODY_BYTES
from kindpakket.services import Services
from tests.console.browser import Browser
from tests.support import Town

from .conftest import TEXTS, TOYS, form

PAGES = "/winkel-aanmelden"
STAFF = "/gemeente/aanvragen"
BrowserOf = Callable[[str], Browser]


@pytest.fixture
def visitor(town: Town, browser_of: BrowserOf) -> Browser:
    """A browser in which nobody is signed in, with the form open."""
    browser = browser_of("")
    browser.open(PAGES)
    return browser


def value_of(browser: Browser, name: str) -> str | None:
    """What stands in a box of the page."""
    return next(named.get("value") for tag, named in browser.page.elements if named.get("name") == name)


def apply(browser: Browser, **fields: object) -> str:
    """Fill the form in and send it; return the code that is shown."""
    browser.open(PAGES)
    page = browser.submit(PAGES, **form(**fields))
    assert page.headings == ["Uw aanvraag is binnen"], page.text
    return page.forms[f"{PAGES}/stand"]["code"]


@pytest.mark.parametrize(
    "field, typed, words",
    [
        ("name", "", "Vul dit in."),
        ("name", "x" * 61, "Gebruik hoogstens 60 tekens."),
        ("name", '=HYPERLINK("http://x")', "Begin niet met =, +, - of @."),
        ("name", "fietsen JANSEN", "Er doet al een winkel mee met deze naam."),
        ("kvk", "1234567", "Een KvK-nummer heeft acht cijfers."),
        ("postcode", "98 01", "Een postcode heeft vier cijfers en twee letters."),
        ("iban", "NL91ABNA0417164301", "Dit rekeningnummer klopt niet."),
        ("iban", "NL91AB1A0417164300", "vier letters en tien cijfers"),
        ("iban", "BR1800360305000010009795493C1", "Op een rekening in dat land kunnen wij niet betalen."),
        ("email", "info@", "Dit is geen e-mailadres."),
        ("holder", "Jan\u200bsen", "een teken in dat niet te zien is"),
    ],
)
def test_a_field_that_cannot_be_right_says_so_and_nothing_is_lost(
    services: Services, visitor: Browser, field: str, typed: str, words: str
) -> None:
    before = value_of(visitor, "submission")
    page = visitor.submit(PAGES, **form(**{field: typed}))
    assert visitor.status == 400
    assert words in page.text
    assert "Er is nog niets verstuurd." in page.text
    for name, text in {**TEXTS, field: typed}.items():
        assert value_of(visitor, name) == text
    assert page.forms[PAGES]["categories"] == f"{TOYS}"
    assert page.forms[PAGES]["consent"] == "yes"
    assert value_of(visitor, "submission") == before
    invalid = [named["name"] for _, named in page.elements if named.get("aria-invalid")]
    assert invalid == [field]
    assert services.registry.shop_applications.all() == []


def test_what_is_missing_altogether_is_named_all_at_once(visitor: Browser) -> None:
    page = visitor.send(PAGES, {})
    assert visitor.status == 400
    links = [link for link in page.links.values() if link.startswith("#")]
    assert links[1:] == [
        *("#name", "#kvk", "#street", "#postcode", "#town", "#iban", "#holder", "#email"),
        *("#categories", "#consent"),
    ]


def test_a_form_that_was_sent_and_then_corrected_says_that_nothing_was_changed(
    services: Services, visitor: Browser
) -> None:
    sent = form() | {"submission": value_of(visitor, "submission")}
    assert visitor.send(PAGES, sent).headings == ["Uw aanvraag is binnen"]
    page = visitor.send(PAGES, sent | {"iban": "NL02ABNA0123456789"})
    assert visitor.status == 409
    assert "Wat u nu veranderde, is niet verwerkt." in page.text
    (kept,) = services.registry.shop_applications.all()
    assert kept.iban == TEXTS["iban"].replace(" ", "")
    # Sent again as it was, after a lost answer, it shows its code.
    assert visitor.send(PAGES, sent).headings == ["Uw aanvraag is binnen"]


def test_a_program_that_fills_in_everything_is_not_taken_in(services: Services, visitor: Browser) -> None:
    page = visitor.submit(PAGES, **form(**{BAIT: "http://spam.example"}))
    assert visitor.status == 400
    assert "een vak in dat leeg moet blijven" in page.text
    assert services.registry.shop_applications.all() == []
    page = visitor.submit(PAGES, **form())
    assert page.headings == ["Uw aanvraag is binnen"], "a person whose browser filled it in presses once more"


def test_a_form_of_another_site_is_refused(services: Services, visitor: Browser) -> None:
    visitor.send(PAGES, form(), headers={"sec-fetch-site": "cross-site"})
    assert visitor.status == 403
    assert services.registry.shop_applications.all() == []


def test_a_form_that_is_far_too_large_or_is_none_is_refused(services: Services, visitor: Browser) -> None:
    visitor.send(PAGES, form(opening="x" * MOST_BODY_BYTES))
    assert visitor.status == 413
    many = urlencode([("categories", "6")] * 200)
    answer = visitor.client.post(
        PAGES, content=many, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400
    answer = visitor.client.post(PAGES, content=b"\xff\xfe=\x00")
    assert answer.status_code == 400
    assert services.registry.shop_applications.all() == []


def test_who_sends_too_often_keeps_what_was_typed(visitor: Browser) -> None:
    for _ in range(30):
        visitor.send(PAGES, {})
    page = visitor.send(PAGES, form())
    assert visitor.status == 429
    assert "Dit is te vaak gedaan." in page.text
    assert value_of(visitor, "name") == TEXTS["name"]


def test_what_programs_send_from_there_counts_for_the_page_too(visitor: Browser) -> None:
    for _ in range(30):
        assert visitor.client.post("/api/v1/shop-applications", json={}).status_code == 400
    visitor.send(PAGES, form())
    assert visitor.status == 429


def test_the_same_person_twice_is_told_to_use_the_code(services: Services, visitor: Browser) -> None:
    first = apply(visitor)
    visitor.open(PAGES)
    page = visitor.submit(PAGES, **form())
    assert visitor.status == 409
    assert "Er is al een aanvraag voor deze winkel." in page.text
    assert value_of(visitor, "iban") == TEXTS["iban"]
    assert first not in page.text
    assert len(services.registry.shop_applications.all()) == 1


def test_a_second_press_on_the_button_shows_the_same_code(services: Services, visitor: Browser) -> None:
    fields = {**visitor.page.forms[PAGES], **form()}
    codes = {visitor.send(PAGES, fields).forms[f"{PAGES}/stand"]["code"] for _ in range(2)}
    assert len(codes) == 1
    assert len(services.registry.shop_applications.all()) == 1


def test_words_that_are_markup_are_shown_as_words(
    services: Services, visitor: Browser, browser_of: BrowserOf
) -> None:
    name, opening = "<script>alert(1)</script>", "'; DROP TABLE shop; --"
    code = apply(visitor, name=name, opening=opening)
    visitor.open(f"{PAGES}/stand")
    page = visitor.submit(f"{PAGES}/stand", code=code)
    assert name in page.text
    clerk = browser_of("Anna")
    page = clerk.open(f"{STAFF}/1")
    assert page.headings == [name]
    assert opening in page.text
    assert not [tag for tag, _ in page.elements if tag == "script"]
    assert len(services.registry.shops.shops()) == 2


def test_the_code_is_in_no_address_and_a_wrong_one_is_refused(visitor: Browser) -> None:
    code = apply(visitor)
    assert code not in str(visitor.answer.url)
    assert visitor.answer.headers["cache-control"] == "no-store"
    visitor.open(f"{PAGES}/stand")
    page = visitor.submit(f"{PAGES}/stand", code="0000-0000-0000-0000-0")
    assert visitor.status == 404
    assert "Deze code kennen wij niet." in page.text
    page = visitor.submit(f"{PAGES}/stand", code=f" {code.lower().replace('-', ' ')} ")
    assert visitor.status == 200
    assert "Uw aanvraag is ontvangen" in page.text
    assert code not in str(visitor.answer.url)
    for secret in ("iban", "email", "holder", "street"):
        assert TEXTS[secret] not in page.text


def test_an_application_goes_from_a_shop_over_one_to_another(
    services: Services, town: Town, visitor: Browser, browser_of: BrowserOf
) -> None:
    code = apply(visitor)
    anna_s, bram_s = browser_of("Anna"), browser_of("Bram")
    page = anna_s.open(STAFF)
    assert page.tables["Alle aanvragen"][1][0] == TEXTS["name"]
    assert page.tables["Alle aanvragen"][1][3] == "Nog te beoordelen"
    one = page.links[TEXTS["name"]]
    page = anna_s.open(one)
    for text in TEXTS.values():
        assert text in page.text
    assert f"{one}/goedkeuren" not in page.forms

    page = anna_s.submit(f"{one}/ontbreekt", missing=[])
    assert anna_s.status == 400
    assert "Kies ten minste één vraag." in page.text
    page = anna_s.submit(f"{one}/ontbreekt", missing=["opening", "categories"], note="Wat verkoopt u?")
    assert "De winkel ziet nu met de code wat er ontbreekt." in page.text
    visitor.open(f"{PAGES}/stand")
    page = visitor.submit(f"{PAGES}/stand", code=code)
    assert "Er ontbreekt nog iets" in page.text and "Wat verkoopt u?" in page.text
    page = visitor.submit(f"{PAGES}/aanvullen", opening="altijd", categories=[])
    assert visitor.status == 400
    assert value_of(visitor, "opening") == "altijd"
    page = visitor.submit(f"{PAGES}/aanvullen", opening="altijd", categories=["6"])
    assert "Dank u. Wij hebben het gekregen." in page.text

    anna_s.open(one)
    page = anna_s.submit(f"{one}/beoordelen", terms=[], remark="")
    assert anna_s.status == 400
    page = anna_s.submit(f"{one}/beoordelen", terms=[f"{town.programme}/{TOYS}"], remark="Gezien.")
    assert "Uw oordeel staat erbij." in page.text
    assert "Wie beoordeelt, beslist niet zelf." in page.text
    assert f"{one}/goedkeuren" not in page.forms and f"{one}/afwijzen" not in page.forms
    form_of_hers = page.forms[f"{one}/beoordelen"]
    hidden = {"csrf": form_of_hers["csrf"], "version": form_of_hers["version"]}
    page = anna_s.send(f"{one}/goedkeuren", hidden)
    assert (anna_s.status, page.headings) == (409, ["Iemand anders moet dit goedkeuren"])
    anna_s.send(f"{one}/afwijzen", hidden | {"because": "other", "explanation": "Nee."})
    assert anna_s.status == 409

    page = bram_s.open(one)
    assert "Kindpakket: Speelgoed" in page.text and "Gezien." in page.text
    page = bram_s.submit(f"{one}/goedkeuren")
    assert "De winkel is goedgekeurd en doet mee." in page.text
    visitor.open(f"{PAGES}/stand")
    assert "Uw winkel mag meedoen" in visitor.submit(f"{PAGES}/stand", code=code).text
    shop = bram_s.open(page.links["Naar de winkel, voor de koppelcode"])
    assert shop.headings == [TEXTS["name"]]


def test_a_refusal_needs_a_reason_and_words_and_the_shop_reads_them(
    town: Town, visitor: Browser, browser_of: BrowserOf
) -> None:
    code = apply(visitor)
    anna_s, bram_s = browser_of("Anna"), browser_of("Bram")
    one = f"{STAFF}/1"
    anna_s.open(one)
    anna_s.submit(f"{one}/beoordelen", terms=[], remark="Staat niet in het register.")
    page = bram_s.open(one)
    assert "Niets: het advies is afwijzen" in page.text
    assert f"{one}/goedkeuren" not in page.forms
    page = bram_s.submit(f"{one}/afwijzen", explanation="Kijk uw nummer na.")
    assert bram_s.status == 400 and "Kies waarom." in page.text
    assert "Kijk uw nummer na." in page.text, "nothing that was typed is lost"
    page = bram_s.submit(f"{one}/afwijzen", because="not_in_trade_register", explanation="")
    assert bram_s.status == 400 and "Vul dit in." in page.text
    page = bram_s.submit(f"{one}/afwijzen", because="not_in_trade_register", explanation="Kijk uw nummer na.")
    assert "De aanvraag is afgewezen." in page.text
    visitor.open(f"{PAGES}/stand")
    page = visitor.submit(f"{PAGES}/stand", code=code)
    for words in (
        "Uw winkel doet niet mee",
        "Het KvK-nummer hoort niet bij deze winkel",
        "Kijk uw nummer na.",
    ):
        assert words in page.text
    assert "Staat niet in het register." not in page.text
    page = bram_s.send(
        f"{one}/goedkeuren", {"csrf": bram_s.page.forms["/gemeente/afmelden"]["csrf"], "version": "9"}
    )
    assert (bram_s.status, page.headings) == (409, ["Hierover is al besloten"])


def test_an_account_is_proposed_by_one_and_approved_by_another(town: Town, browser_of: BrowserOf) -> None:
    anna_s, bram_s = browser_of("Anna"), browser_of("Bram")
    account = f"/gemeente/winkels/{town.shops[0]}/rekening"
    anna_s.open(account)
    page = anna_s.submit(account, name="Jansen", iban="NL91")
    assert anna_s.status == 400 and "Kies waarom." in page.text
    page = anna_s.submit(account, name="Jansen", iban="NL91", because="new_owner")
    assert anna_s.status == 400 and "vier letters en tien cijfers" in page.text
    assert value_of(anna_s, "name") == "Jansen"
    page = anna_s.submit(account, name="Jansen", iban="DE89 3704 0044 0532 0130 00", because="new_owner")
    assert "Uw voorstel staat klaar." in page.text
    assert page.tables["De oude en de nieuwe rekening"][1:] == [
        ["Nu", "NL90INGB0009000000", "Fietsen Jansen"],
        ["Straks", "DE89370400440532013000", "Jansen"],
    ]
    assert f"{account}/goedkeuren" not in page.forms
    page = anna_s.send(f"{account}/goedkeuren", page.forms[f"{account}/intrekken"])
    assert (anna_s.status, page.headings) == (409, ["Iemand anders moet dit goedkeuren"])

    page = bram_s.open(STAFF)
    assert "Nieuwe rekeningen die wachten" in page.text
    bram_s.open(account)
    page = bram_s.submit(f"{account}/goedkeuren")
    assert "De nieuwe rekening geldt vanaf nu." in page.text
    (line,) = page.tables["Eerdere voorstellen, het nieuwste eerst"][1:]
    assert line[1:3] == ["NL..0000", "DE..3000"]
    assert line[3:] == ["Anna, Bram", "Goedgekeurd"]
