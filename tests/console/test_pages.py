# SPDX-License-Identifier: EUPL-1.2
"""The start page, the overview and the pages in two languages; wrong addresses; what every page must have."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update
from starlette.testclient import TestClient

from kindpakket import heads
from kindpakket.audit.heads import read_heads
from kindpakket.chain.tester import TesterChain
from kindpakket.checks import VALID_SECONDS
from kindpakket.ledger import tables
from kindpakket.services import Services
from kindpakket.units import day_of, format_euros
from tests.ledger.databases import connect
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
    assert "Alles klopt, gecontroleerd op" in page.text


def test_the_overview_says_that_the_end_is_near_as_the_page_of_vouchers_does(
    town: Town, clerk: Browser
) -> None:
    near = ("De regeling stopt na", "Er zijn nog 6 tegoeden die niemand in gebruik nam.")
    pages = ("/gemeente/", "/gemeente/tegoeden")
    for address in pages:
        assert all(words in clerk.open(address).text for words in near), address
    later = {"endsOn": (day_of(town.now()) + timedelta(days=61)).isoformat()}
    town.desk.ask("POST", f"/programmes/{town.programme}/extensions", later)
    for address in pages:
        assert not any(words in clerk.open(address).text for words in near), address


def test_an_amount_that_is_not_what_the_contract_says_is_named_on_the_overview(
    services: Services, chain: TesterChain, town: Town, clerk: Browser
) -> None:
    assert "Alles klopt" in clerk.open("/gemeente/").text
    with connect(services.settings.ledger_address) as connection:
        connection.execute(update(tables.programme).values(deposited_cents=9_999_999))
    chain.travel_to(services.now() + VALID_SECONDS)
    page = clerk.open("/gemeente/")
    assert "Alles klopt" not in page.text
    assert "Er kloppen 2 bedragen niet" in page.text
    assert page.links["Bekijk wat niet klopt"] == "#stand"
    wrong = page.tables["Wat niet klopt"][1:]
    assert wrong[0] == ["Gestort", "€ 99.999,99", "€ 100.000,00"]
    assert wrong[1][0] == "Optelling van bank"


def test_what_nobody_serves_gets_a_page_in_the_language_of_the_visitor(client: TestClient) -> None:
    for address in ("/bestaat-niet", "/ouder/x", "/winkel/x/y", "/static/x"):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "Deze pagina bestaat niet" in answer.text
    english = client.get("/bestaat-niet", headers={"accept-language": "de, nl;q=0.5, en-GB;q=0.9"})
    assert "This page does not exist" in english.text
    assert client.get("/api/v1/x").json()["reason"] == "not_found"


def test_a_method_that_an_address_does_not_take_gets_a_page(client: TestClient) -> None:
    answer = client.post("/")
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert "Dit kan hier niet" in answer.text


def test_head_answers_as_get_without_the_page(client: TestClient, clerk: Browser) -> None:
    for answer in (client.head("/"), clerk.client.head("/gemeente/")):
        assert answer.status_code == 200
        assert answer.content == b""
    assert client.head("/gemeente/").status_code == 401


def test_browsers_that_ask_for_an_icon_find_one(client: TestClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"


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


# ------------------------------------------------------------------ heads

HEADS_CSV = (
    "on,first_block,block,hash,root,at,version,"
    "deposited_cents,unallocated_cents,on_vouchers_cents,spent_cents,withdrawn_cents"
)


def test_before_the_first_day_is_over_the_page_of_heads_says_so(town: Town, browser: Browser) -> None:
    page = browser.open("/controlegetallen")
    assert browser.status == 200
    assert page.headings == ["Controlegetallen"]
    assert "Er is nog geen controlegetal" in page.text
    assert browser.open("/controlegetallen.csv").text.strip() == HEADS_CSV


def test_published_heads_are_on_a_page_and_in_a_file_for_anyone(
    services: Services, town: Town, browser: Browser
) -> None:
    head = heads.publish(services)
    assert head is not None
    page = browser.open("/controlegetallen")
    assert f"0x{head.root.hex()}" in page.text
    assert f"0x{head.hash.hex()}" in page.text
    assert page.headings == ["Controlegetallen"]
    assert "18 november 2026" in page.text
    assert "/controlegetallen.csv" in page.links.values()
    browser.open("/controlegetallen.csv")
    names, line = browser.answer.text.splitlines()
    assert names == HEADS_CSV
    assert line.startswith(f"2026-11-18,0,{head.block},0x{head.hash.hex()},0x{head.root.hex()},{head.at},3,")
    money = services.ledger.reports.fund_totals()
    (audited,) = read_heads(browser.answer.text)
    assert (audited.hash, audited.root, audited.block) == (head.hash, head.root, head.block)
    assert audited.totals is not None
    assert audited.totals.deposited_cents == money.deposited_cents > 0
    assert audited.totals.on_vouchers_cents == money.on_vouchers_cents
    assert "Gestort: " in page.text
    assert browser.answer.headers["content-type"].startswith("text/csv")


def test_the_start_page_leads_to_the_heads(browser: Browser) -> None:
    assert "/controlegetallen" in browser.open("/").links.values()
