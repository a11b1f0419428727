# SPDX-License-Identifier: EUPL-1.2
"""The people of finance and of the desk in real browsers: each with one role, four eyes, and files that are wrong.

given a shop that earned money, a treasurer, an approver, and an auditor
├── when the treasurer prepared a payout and approves it, too, with both roles → refused, and nothing was paid
├── when the approver approves it → the file is there; the bank's statement closes it
├── when the bank rejects it before it paid → it is open again, with the reason
└── when the auditor looks → everything can be read, nothing can be done
given files that are wrong, each in its own way
└── when the desk, the shop manager or the treasurer uploads one → each fault is named, and nothing is taken over
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from kindpakket.demo.people import expiry
from tests.payout_runs.bank import OUR_IBAN, paid, payments_in, report, status
from tests.support import Town

from .conftest import Browsers
from .server import Server

PAYOUTS = "/gemeente/uitbetalingen"
BICYCLES = 3


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    """The account that shops are paid from."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KINDPAKKET_PAYOUT_IBAN", OUR_IBAN)
        yield


@pytest.fixture
def owed(town: Town) -> Town:
    """A town in which a shop is owed EUR 12.34 that no run has."""
    till, phone = town.new_till(town.shops[0]), town.new_phone()
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=1234, category=BICYCLES)
    return town


@dataclass
class Office:
    """Where staff work: an administrator invites them, each comes in with a browser of their own."""

    served: Server
    browsers: Browsers
    administrator: Page

    def come_in(self, name: str, *roles: str) -> Page:
        """Invite someone with these roles, and sign them in with the link."""
        self.administrator.goto(f"{self.served.url}/gemeente/medewerkers")
        self.administrator.locator("#name").fill(name)
        for role in roles:
            self.administrator.locator(f"#role-{role}").check()
        press(self.administrator, "main form button")
        page = self.browsers.open(name, width=1280, height=900)
        page.goto(self.administrator.locator("#link").input_value())
        page.get_by_role("button", name="Aanmelden", exact=True).click()
        expect(page.locator("h1")).to_have_text("Mijn aanmelding")
        return page


@pytest.fixture
def office(served: Server, browsers: Browsers) -> Office:
    """An office with its administrator."""
    page = browsers.open("administrator", width=1280, height=900)
    page.goto(served.new_sign_in_link("Beheer"))
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    expect(page.locator("h1")).to_have_text("Overzicht")
    return Office(served, browsers, page)


def press(page: Page, button: str) -> None:
    """Press a button that leads to a page."""
    with page.expect_navigation():
        page.locator(button).first.click()


def prepare(page: Page, served: Server) -> str:
    """Prepare a payout; return the address of its page."""
    page.goto(f"{served.url}{PAYOUTS}/nieuw")
    press(page, f'form[action="{PAYOUTS}/nieuw"] button')
    return page.url.partition("?")[0]


def upload(page: Page, file: bytes, *, name: str = "bestand.csv") -> None:
    """Choose a file and send the form."""
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": file}
    )
    press(page, "main form:has(input[type=file]) button")


# ---------------------------------------------------------------- finance


def test_nobody_pays_out_alone_and_the_bank_closes_or_opens_a_payout(
    served: Server, owed: Town, office: Office
) -> None:
    both = office.come_in("Tessa", "treasurer", "approver")
    approver = office.come_in("Omar", "approver")
    run = prepare(both, served)
    expect(both.locator("main")).to_contain_text("12,34")
    both.locator("main summary").first.click()
    expect(both.locator('main form[action$="/goedkeuren"]')).to_have_count(0)
    # Nor with a form of their own making: the page that another sees has it.
    csrf = both.locator('main input[name="csrf"]').first.get_attribute("value")
    answer = both.request.post(f"{run}/goedkeuren", form={"csrf": csrf or ""})
    assert answer.status == 409
    assert "Iemand anders moet dit goedkeuren" in answer.text()

    approver.goto(run)
    approver.locator("main summary").first.click()
    press(approver, 'main form[action$="/goedkeuren"] button')
    file = approver.locator("a[download]").get_attribute("href")
    asked = payments_in(both.request.get(f"{served.url}{file}").body())
    assert [one.cents for one in asked] == [1234]

    both.goto(f"{served.url}{PAYOUTS}/afschrift")
    rejected = report(status(asked[0].end_to_end_id, "RJCT", "AC04"), message="KP-1-F1")
    upload(both, rejected, name="bericht.xml")
    expect(both.locator("main")).to_contain_text("Kijk wat er terugkwam")
    both.goto(run)
    both.locator('main a[href*="/overboekingen/"]').click()
    both.locator("#iban").fill("NL02ABNA0123456789")
    press(both, 'main form[action*="/overboekingen/"] button')
    approver.goto(run)
    approver.locator("main summary").first.click()
    press(approver, 'main form[action$="/opnieuw-goedkeuren"] button')
    file = approver.locator("a[download]").last.get_attribute("href")
    again = both.request.get(f"{served.url}{file}").body()
    assert [(one.cents, one.iban) for one in payments_in(again)] == [(1234, "NL02ABNA0123456789")]
    both.goto(f"{served.url}{PAYOUTS}/afschrift")
    upload(both, paid(again), name="afschrift.xml")
    expect(both.locator("main")).to_contain_text("Het afschrift is gelezen.")
    both.goto(f"{served.url}{PAYOUTS}")
    expect(both.locator("main table")).to_contain_text("Klaar")


def test_an_auditor_reads_all_and_changes_nothing(served: Server, owed: Town, office: Office) -> None:
    auditor = office.come_in("Aisha", "auditor")
    for address, heading in (
        ("/gemeente/", "Overzicht"),
        ("/gemeente/controle", "Controle van de boeken"),
        ("/gemeente/betalingen", "Betalingen en terugboekingen"),
        (PAYOUTS, "Uitbetalingen"),
        ("/gemeente/logboek", "Logboek"),
    ):
        auditor.goto(f"{served.url}{address}")
        expect(auditor.locator("h1")).to_have_text(heading)
    for address in (f"{PAYOUTS}/nieuw", f"/gemeente/tegoeden/toekennen?regeling={owed.programme}"):
        auditor.goto(f"{served.url}{address}")
        expect(auditor.locator("h1")).to_have_text("Dit mag u niet")
    owed_before = owed.desk.ask("GET", f"/programmes/{owed.programme}/report")["owedCents"]
    auditor.goto(f"{served.url}/gemeente/betalingen")
    auditor.locator("main tbody a").first.click()
    expect(auditor.locator("main")).to_contain_text("Blok")
    assert owed.desk.ask("GET", f"/programmes/{owed.programme}/report")["owedCents"] == owed_before


# ---------------------------------------------------------------- files that are wrong

NOT_TEXT = b"\x89PNG\r\n\x1a\n\0\0"
WRONG_HOUSEHOLDS = {
    "nothing in it": (b"", "een leeg bestand"),
    "a picture": (NOT_TEXT, "niet te lezen"),
    "an old encoding": ("kenmerk;kinderen\nCafé;1\n".encode("latin-1"), "UTF-8"),
    "no column that it needs": (b"naam;kinderen\nx;1\n", "kenmerk"),
    "the same household twice": (b"kenmerk;kinderen\nD-1;1\nD-1;2\n", "D-1"),
    "no children": (b"kenmerk;kinderen\nD-1;0\n", "een heel getal"),
    "a formula for a number": (b"kenmerk;kinderen\nD-1;=1+1\n", "een heel getal"),
}
WRONG_SHOPS = {
    "an account that cannot be": (b"naam;categorie;iban\nWinkel;fietsen;NL00BANK0123456789\n", "IBAN"),
    "a kind that is not there": (b"naam;categorie;iban\nWinkel;vuurwerk;NL91ABNA0417164300\n", "vuurwerk"),
    "a picture": (NOT_TEXT, "niet te lezen"),
}
WRONG_STATEMENTS = {
    "a table": b"datum;bedrag\n",
    "a picture": NOT_TEXT,
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
    "the file that went to the bank": b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
}


def test_of_a_wrong_file_each_fault_is_named_and_nothing_is_taken_over(
    served: Server, town: Town, office: Office
) -> None:
    issuer = office.come_in("Iris", "issuer")
    manager = office.come_in("Mo", "shop_manager")
    treasurer = office.come_in("Tom", "treasurer")
    before = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    for page, address, files in (
        (issuer, f"/gemeente/tegoeden/toekennen?regeling={town.programme}", WRONG_HOUSEHOLDS),
        (manager, f"/gemeente/winkels/toevoegen?regeling={town.programme}", WRONG_SHOPS),
    ):
        for what, (file, told) in files.items():
            page.goto(f"{served.url}{address}")
            if page is issuer:
                page.locator("#amount").fill("300")
            upload(page, file)
            expect(page.locator("main"), what).to_contain_text(told)
            expect(page.locator("main"), what).to_contain_text("Er is niets")
            expect(page.locator('main form[action*="bevestigen"]'), what).to_have_count(0)
    for what, file in WRONG_STATEMENTS.items():
        treasurer.goto(f"{served.url}{PAYOUTS}/afschrift")
        upload(treasurer, file, name="afschrift.xml")
        expect(treasurer.locator("h1"), what).to_have_text("Dit is geen bankafschrift dat wij kunnen lezen")
    assert town.desk.ask("GET", f"/programmes/{town.programme}/report") == before
