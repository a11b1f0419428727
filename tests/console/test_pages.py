# SPDX-License-Identifier: EUPL-1.2
"""The start page, the overview and the pages in two languages; wrong addresses; what every page must have."""

from __future__ import annotations

from kindpakket.services import Services
from kindpakket.units import format_euros
from tests.support import Town

from .browser import Browser, Page


def test_the_start_page_has_three_doors(browser: Browser) -> None:
    page = browser.open("/")
    assert browser.status == 200
    doors = [page.links[name] for name in ("Ouder", "Winkel", "Gemeente")]
    assert doors == ["/ouder/", "/winkel/", "/gemeente/"]


def test_an_address_where_nothing_is_gets_a_page(clerk: Browser) -> None:
    page = clerk.open("/gemeente/bestaat-niet")
    assert clerk.status == 404
    assert page.headings == ["Deze pagina bestaat niet"]


def test_wrong_numbers_in_an_address_get_a_page(town: Town, clerk: Browser) -> None:
    for address, status in (
        ("/gemeente/?regeling=99", 404),
        ("/gemeente/?regeling=x", 400),
        ("/gemeente/winkels/99", 404),
        ("/gemeente/winkels/70000", 400),
        ("/gemeente/tegoeden/brieven/99", 404),
        ("/gemeente/winkels/toevoegen", 400),
    ):
        page = clerk.open(address)
        assert clerk.status == status, address
        assert clerk.answer.headers["content-type"].startswith("text/html")
        assert page.headings


def test_an_upload_above_the_limit_gets_a_page(services: Services, town: Town, clerk: Browser) -> None:
    clerk.open(f"/gemeente/winkels/toevoegen?regeling={town.programme}")
    page = clerk.submit("/gemeente/winkels/toevoegen", file=b"x" * (services.settings.max_body_bytes + 1))
    assert clerk.status == 413
    assert page.headings == ["Het bestand is te groot"]


def test_without_a_programme_the_pages_say_so(clerk: Browser) -> None:
    for address in ("/gemeente/", "/gemeente/tegoeden", "/gemeente/winkels"):
        page = clerk.open(address)
        assert clerk.status == 200
        assert "Er is nog geen regeling." in page.text


def test_the_overview_shows_a_payment_in_figures_chart_and_table(town: Town, clerk: Browser) -> None:
    phone = town.new_phone(town.letters[1])
    till = town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5_000, expires_at=-(-(town.now() + 300) // 60) * 60)
    till.redeem(shown, amount_cents=3_745, category=3)

    page = clerk.open("/gemeente/")
    assert page.headings == ["Overzicht"]
    for amount_cents in (10_000_000, 180_000, 3_745, 176_255, 9_820_000):
        assert format_euros(amount_cents).replace("\u00a0", " ") in page.text
    assert page.tables["Uitgegeven per winkel"][1] == ["Fietsen Jansen", "€ 37,45", "100%", "1"]
    assert page.tables["Uitgegeven per soort aankoop"][1] == ["Fietsen", "€ 37,45", "100%", "1"]
    assert page.tables["Uitgegeven per winkel"][-1] == ["Totaal", "€ 37,45", "", "1"]
    bars = [named["width"] for tag, named in page.elements if named.get("class") == "console-chart__bar"]
    assert bars == ["100.0%", "100.0%"]
    assert "2 33%" in page.text, "two of six vouchers are in use"
    assert "Alles klopt" in page.text


def test_english_is_chosen_once_and_remembered(town: Town, clerk: Browser) -> None:
    page = clerk.open("/gemeente/?taal=en")
    assert page.headings == ["Overview"]
    assert ("html", {"lang": "en", "class": "utrecht-root"}) in page.elements
    assert clerk.open("/gemeente/winkels").headings == ["Shops"]
    assert clerk.open("/gemeente/?taal=nl").headings == ["Overzicht"]
    assert clerk.open("/gemeente/winkels").headings == ["Winkels"]
    assert clerk.open("/gemeente/?taal=<script>").headings == ["Overzicht"]


def test_every_page_fits_the_content_security_policy_and_has_its_parts(town: Town, clerk: Browser) -> None:
    addresses = ["/", "/gemeente/"]
    addresses += [
        f"/gemeente/{path}?regeling={town.programme}" for path in ("tegoeden", "tegoeden/toekennen")
    ]
    addresses += [f"/gemeente/winkels{path}?regeling={town.programme}" for path in ("", "/1", "/toevoegen")]
    for address in addresses:
        page = clerk.open(address)
        assert clerk.status == 200, address
        _fits(page, address)


def _fits(page: Page, address: str) -> None:
    assert len(page.headings) == 1, address
    ids = [named["id"] for _, named in page.elements if "id" in named]
    assert len(ids) == len(set(ids)), f"{address} has an id twice"
    for tag, named in page.elements:
        assert tag not in ("script", "style", "iframe"), address
        assert not any(name == "style" or name.startswith("on") for name in named), (address, tag)
        if tag == "input" and named.get("type") not in ("hidden",):
            labels = [one.get("for") for name, one in page.elements if name == "label"]
            assert named["id"] in labels, (address, named)
    links = [named["href"] for tag, named in page.elements if tag == "a"]
    assert "#inhoud" in links, "the way past the navigation"
