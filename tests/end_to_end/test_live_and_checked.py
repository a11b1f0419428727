# SPDX-License-Identifier: EUPL-1.2
"""What a parent sees happen and can check, in a real browser against a real server.

given a code on the screen
├── when a till charges it
│   ├── the phone shows within a second what was paid, where and what is left
│   ├── with its line cut off, it shows it through its asking
│   └── with the balance out of reach, it shows the payment and no old balance
├── when another till is paid by another phone
│   └── the phone is not told
├── when its line was dropped
│   └── it shows what happened meanwhile
└── when the server is stopped
    └── it does not wait for the phones that listen
given a payment
├── when it is checked
│   ├── each step is told in words, with and without a published head
│   └── it is the phone that computes: no step is the server's word
├── when the server changes a part of its answer
│   └── the step that it is about is called out
├── when a published head is changed
│   └── the phone that saw it says so
├── when there is no network
│   └── the phone says that it needs it
└── when its receipt is asked
    └── it is a PDF of this payment, in the language of the phone
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect
from pypdf import PdfReader

from kindpakket.demo.people import Till, expiry
from tests.api.test_news import Line
from tests.support import Town

from .browsers import wait_until
from .conftest import Browsers
from .server import Server, town_on
from .test_journey import open_letter

BICYCLES = 3
#: Much sooner than the phone would ask by itself, on a machine that may be busy.
TOLD_WITHIN_SECONDS = 5.0
HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"L-{row};1\n" for row in range(24))


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture(scope="module")
def town(served: Server) -> Town:
    """A running programme with two shops and a letter for each test, on that server."""
    return town_on(served, HOUSEHOLDS)


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


@pytest.fixture
def parent(browsers: Browsers, served: Server, town: Town) -> Page:
    """A phone with a letter on it."""
    page = browsers.open("parent")
    open_letter(page, served, town.letters.pop()["code"])
    return page


def show_code(page: Page) -> str:
    """Show a code; return its text as a scanner reads it."""
    page.get_by_test_id("show-code").click()
    shown = page.get_by_test_id("ticket-qr")
    expect(shown).to_be_visible()
    wait_until(page, "document.querySelector('[data-test=ticket-qr]')?.text")
    return str(shown.evaluate("(element) => element.text"))


def hears_the_server(page: Page) -> None:
    """Wait until the phone's line to the server is open."""
    wait_until(page, "document.querySelector('kp-ticket')?.phone.isListening")


def pay(page: Page, till: Till, *, amount_cents: int = 3745) -> None:
    """Pay with a code, and close what is shown of it."""
    till.redeem(show_code(page), amount_cents=amount_cents, category=BICYCLES)
    page.get_by_test_id("payment-close").click()


def open_payment(page: Page) -> None:
    """Open the newest payment."""
    page.get_by_test_id("history-item").first.click()
    expect(page.get_by_test_id("check-payment")).to_be_visible()


def steps_of(page: Page) -> dict[str, str]:
    """The steps of the check that is shown, each with how it ended."""
    expect(page.get_by_test_id("check-step").first).to_be_visible()
    found: dict[str, str] = page.get_by_test_id("check-step").evaluate_all(
        "(steps) => Object.fromEntries(steps.map(({dataset}) => [dataset.step, dataset.state]))"
    )
    return found


def change(page: Page, path: str, twist: Callable[[Any], object]) -> None:
    """Change the server's answers of a path on their way to the phone."""

    def answer(route: Route) -> None:
        told = route.fetch()
        content = told.json()
        twist(content)
        route.fulfill(response=told, json=content)

    page.route(path, answer)


def flip(hexadecimal: str, place: int = -1) -> str:
    """The same bytes but for one bit of the last, or of another."""
    content = bytearray.fromhex(hexadecimal[2:])
    content[place] ^= 1
    return f"0x{content.hex()}"


# ------------------------------------------------------------------ seen as it happens


def test_a_payment_at_the_till_is_on_the_phone_without_its_asking(parent: Page, till: Till) -> None:
    shown = show_code(parent)
    hears_the_server(parent)
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    paid_at = time.monotonic()
    done = parent.get_by_test_id("payment-done")
    expect(done).to_contain_text("Nog over: €\u00a0262,55.")
    assert time.monotonic() - paid_at < TOLD_WITHIN_SECONDS
    expect(done).to_contain_text("Betaald: €\u00a037,45 bij Fietsen Jansen.")


def test_a_phone_asks_seldom_while_it_hears_and_often_when_it_does_not(parent: Page, till: Till) -> None:
    asked: list[str] = []
    parent.on("request", lambda request: asked.append(request.url))
    show_code(parent)
    hears_the_server(parent)
    asked.clear()
    parent.wait_for_timeout(4000)
    assert not [url for url in asked if url.endswith("/payments")]


def test_with_its_line_cut_off_a_phone_still_shows_the_payment(
    parent: Page, served: Server, till: Till
) -> None:
    parent.context.route("**/api/v1/budgets/me/events", lambda route: route.abort())
    parent.reload()
    shown = show_code(parent)
    assert not parent.evaluate("document.querySelector('kp-ticket').phone.isListening")
    till.redeem(shown, amount_cents=1250, category=BICYCLES)
    expect(parent.get_by_test_id("payment-done")).to_contain_text("12,50")


def test_a_line_that_a_proxy_holds_back_does_not_keep_the_payment_from_the_phone(
    parent: Page, till: Till
) -> None:
    # Never answered: as with a proxy that collects an answer until it ends.
    parent.context.route("**/api/v1/budgets/me/events", lambda route: None)
    parent.reload()
    shown = show_code(parent)
    till.redeem(shown, amount_cents=1250, category=BICYCLES)
    expect(parent.get_by_test_id("payment-done")).to_contain_text("12,50")
    parent.context.unroute_all(behavior="ignoreErrors")


def test_a_dropped_line_is_opened_again_and_what_happened_meanwhile_is_shown(
    parent: Page, till: Till
) -> None:
    shown = show_code(parent)
    hears_the_server(parent)
    parent.context.set_offline(True)
    till.redeem(shown, amount_cents=700, category=BICYCLES)
    wait_until(parent, "!document.querySelector('kp-ticket').phone.isListening")
    parent.context.set_offline(False)
    expect(parent.get_by_test_id("payment-done")).to_contain_text("7,00")


def test_without_the_new_balance_no_old_one_is_shown(parent: Page, till: Till) -> None:
    shown = show_code(parent)
    hears_the_server(parent)
    parent.route("**/api/v1/budgets/me", lambda route: route.abort())
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    done = parent.get_by_test_id("payment-done")
    expect(done).to_contain_text("37,45")
    expect(done).not_to_contain_text("Nog over")
    parent.unroute("**/api/v1/budgets/me")
    expect(done).to_contain_text("Nog over: €\u00a0262,55.")


def test_a_phone_is_not_told_of_another_phones_payment(
    parent: Page, served: Server, town: Town, till: Till
) -> None:
    show_code(parent)
    hears_the_server(parent)
    parent.evaluate(
        "() => { const { phone } = document.querySelector('kp-ticket'); window.news = 0;"
        " phone.addEventListener('news', () => { window.news += 1; }); }"
    )
    other = town.new_phone()
    voucher = next(iter(other.next_numbers))
    shown = other.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=100, category=BICYCLES)
    parent.wait_for_timeout(1000)
    assert parent.evaluate("window.news") == 0
    expect(parent.get_by_test_id("ticket-qr")).to_be_visible()


def test_the_balance_on_the_first_screen_follows(parent: Page, town: Town, till: Till) -> None:
    shown = show_code(parent)
    hears_the_server(parent)
    parent.get_by_test_id("back").click()
    expect(parent.get_by_test_id("budget-total")).to_contain_text("300,00")
    till.redeem(shown, amount_cents=500, category=BICYCLES)
    expect(parent.get_by_test_id("budget-total")).to_contain_text("295,00")
    expect(parent.get_by_test_id("history-amount")).to_have_text("−\u00a0€\u00a05,00")


def test_the_token_travels_in_no_address(parent: Page, till: Till) -> None:
    addresses: list[str] = []
    parent.on("request", lambda request: addresses.append(request.url))
    parent.reload()
    show_code(parent)
    hears_the_server(parent)
    listening = [url for url in addresses if url.endswith("/budgets/me/events")]
    assert listening
    assert not [url for url in addresses if re.search(r"[0-9a-f]{64}", url)]


def test_a_server_that_is_stopped_does_not_wait_for_phones_that_listen(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    town = town_on(server, "kenmerk;kinderen\nS;1\n")
    line = Line(server.port, town.new_phone().client.token)
    assert line.event() == ": news"
    # It waits for every other answer; for this one it would wait for ever.
    assert server.stop() == 0
    line.wait_for_its_end()
    line.close()
    server.end()


# ------------------------------------------------------------------ checked


def test_a_payment_is_checked_step_by_step_before_and_after_its_head_is_published(
    parent: Page, served: Server, town: Town, till: Till
) -> None:
    pay(parent, till)
    open_payment(parent)
    parent.get_by_test_id("check-payment").click()
    expect(parent.get_by_test_id("check-good")).to_have_text(re.compile("Deze betaling klopt"))
    good = {"ours": "good", "written": "good", "inBlock": "good"}
    assert steps_of(parent) == good | {"published": "notYet"}
    expect(parent.get_by_test_id("check-step").first).to_contain_text("hoogstens €\u00a050")

    publisher = served.new_client()
    publisher.token = town.desk.token
    head = publisher.ask("POST", "/heads")
    parent.get_by_test_id("check-payment").click()
    covered = parent.locator('[data-test="check-step"][data-step="published"][data-state="good"]')
    expect(covered).to_contain_text("Niemand kan het nog stil veranderen")
    parent.get_by_test_id("check-meaning").click()
    expect(parent.get_by_test_id("check-meaning")).to_contain_text(head["root"])
    expect(parent.get_by_test_id("check-meaning")).to_contain_text("Dit bewijst niet")

    def lead_elsewhere(proof: dict[str, Any]) -> None:
        siblings = proof["covered"]["siblings"]
        siblings[0] = flip(siblings[0])

    change(parent, "**/proof", lead_elsewhere)
    parent.get_by_test_id("check-payment").click()
    expect_called_out(parent, "published")
    parent.unroute("**/proof")
    parent.goto(f"{served.url}/controlegetallen")
    expect(parent.locator("main")).to_contain_text(head["root"])


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "ticket": (lambda proof: proof["ticket"].update(maxCents=9000), "ours"),
    "receipt": (lambda proof: proof.update(receipt=flip(proof["receipt"], 5)), "written"),
    "node": (lambda proof: proof.update(nodes=[flip(one) for one in proof["nodes"]]), "inBlock"),
    "index": (lambda proof: proof.update(index=proof["index"] + 1), "inBlock"),
    "header": (lambda proof: proof.update(header=flip(proof["header"], 40)), "inBlock"),
    "hash": (lambda proof: proof.update(hash=flip(proof["hash"])), "inBlock"),
}
SENTENCES = {
    "ours": "Uw telefoon maakte de code van deze betaling niet",
    "written": "In het register staat iets anders",
    "inBlock": "Het bewijs past niet op het blad",
    "published": "Het blad past niet bij het controlegetal",
    "past": "dat uw telefoon eerder zag, is nu anders",
}


def expect_called_out(page: Page, step: str) -> None:
    """Look for the step that is called out, its sentence, and whom to call."""
    expect(page.get_by_test_id("check-wrong")).to_contain_text("Dit klopt niet. Bel de gemeente")
    wrong = page.locator('[data-test="check-step"][data-state="wrong"]')
    expect(wrong).to_have_count(1)
    expect(wrong).to_have_attribute("data-step", step)
    expect(wrong).to_contain_text(SENTENCES[step])
    expect(page.get_by_test_id("check-good")).to_have_count(0)


def test_whatever_the_server_changes_in_a_proof_is_called_out(parent: Page, till: Till) -> None:
    pay(parent, till)
    open_payment(parent)
    for twist, step in TAMPERED.values():
        change(parent, "**/proof", twist)
        parent.get_by_test_id("check-payment").click()
        expect_called_out(parent, step)
        parent.unroute("**/proof")
    parent.get_by_test_id("check-payment").click()
    expect(parent.get_by_test_id("check-good")).to_be_visible()


def test_an_amount_that_the_server_shows_higher_than_the_register_is_called_out(
    parent: Page, till: Till
) -> None:
    change(
        parent,
        "**/budgets/me/payments",
        lambda told: [one.update(amountCents=4999) for one in told["payments"]],
    )
    till.redeem(show_code(parent), amount_cents=3745, category=BICYCLES)
    expect(parent.get_by_test_id("payment-done")).to_contain_text("49,99")
    parent.get_by_test_id("payment-close").click()
    open_payment(parent)
    parent.get_by_test_id("check-payment").click()
    expect_called_out(parent, "written")


def test_a_head_that_is_changed_after_this_phone_saw_it_is_called_out(
    parent: Page, served: Server, town: Town, till: Till
) -> None:
    pay(parent, till)
    publisher = served.new_client()
    publisher.token = town.desk.token
    publisher.ask("POST", "/heads")
    open_payment(parent)
    parent.get_by_test_id("check-payment").click()
    expect(parent.get_by_test_id("check-good")).to_be_visible()
    change(
        parent, "**/api/v1/heads", lambda told: told["heads"][0].update(root=flip(told["heads"][0]["root"]))
    )
    parent.get_by_test_id("check-payment").click()
    expect_called_out_past(parent)
    parent.unroute("**/api/v1/heads")
    change(parent, "**/api/v1/heads", lambda told: told["heads"].clear())
    parent.get_by_test_id("check-payment").click()
    expect_called_out_past(parent)


def expect_called_out_past(page: Page) -> None:
    """The phone says that what was published before is another now."""
    expect(page.get_by_test_id("check-wrong")).to_be_visible()
    past = page.locator('[data-test="check-step"][data-step="past"]')
    expect(past).to_contain_text(SENTENCES["past"])


def test_without_network_a_check_says_that_it_needs_it(parent: Page, till: Till) -> None:
    pay(parent, till)
    open_payment(parent)
    parent.context.set_offline(True)
    parent.get_by_test_id("check-payment").click()
    expect(parent.get_by_test_id("check-fault")).to_contain_text("alleen met internet")
    expect(parent.get_by_test_id("check-good")).to_have_count(0)
    parent.context.set_offline(False)
    parent.get_by_test_id("check-payment").click()
    expect(parent.get_by_test_id("check-good")).to_be_visible()


# ------------------------------------------------------------------ the list


def test_refunds_stand_in_the_same_list_with_their_sign_and_their_own_time(parent: Page, till: Till) -> None:
    def give_back(told: dict[str, Any]) -> None:
        for one in told["payments"]:
            one["refundedCents"] = 1500
            one["refunds"] = [
                {"amountCents": 500, "at": one["at"] + 120, "toBudget": False},
                {"amountCents": 1000, "at": one["at"] + 60, "toBudget": True},
            ]

    pay(parent, till)
    change(parent, "**/budgets/me/payments", give_back)
    parent.reload()
    expect(parent.get_by_test_id("history-refund")).to_have_count(2)
    amounts = parent.get_by_test_id("history-amount")
    expect(amounts).to_have_text(
        ["€\u00a05,00", "+\u00a0€\u00a010,00", "−\u00a0€\u00a037,45"], use_inner_text=True
    )
    expect(parent.get_by_test_id("history-refund").first).to_contain_text("Terug naar de gemeente")
    expect(parent.get_by_test_id("history-refund").last).to_contain_text("Terug op uw tegoed")
    parent.get_by_test_id("history-refund").last.click()
    expect(parent.get_by_test_id("receipt-amount")).to_contain_text("37,45")
    expect(parent.get_by_test_id("receipt-refund")).to_have_count(2)


def test_shops_are_found_by_kind_and_by_word(parent: Page, served: Server) -> None:
    parent.goto(f"{served.url}/ouder/#/winkels")
    shops = parent.get_by_test_id("shop")
    # One sells two kinds of things, and stands under both.
    expect(shops).to_have_count(3)
    parent.get_by_role("button", name="Fietsen").click()
    expect(shops).to_have_count(1)
    expect(shops).to_contain_text("Hoofdstraat 12, Zuidhorn")
    expect(shops).to_contain_text("ma-za")
    parent.get_by_role("button", name="Alles").click()
    parent.get_by_test_id("shop-search").fill("gast 4")
    expect(shops).to_have_count(2)
    parent.get_by_test_id("shop-search").fill("geen winkel")
    expect(shops).to_have_count(0)
    expect(parent.locator("main")).to_contain_text("Geen winkel gevonden")


# ------------------------------------------------------------------ on paper


@pytest.mark.parametrize(
    "locale, words",
    [
        ("nl-NL", ["Bewijs van betaling", "€ 37,45", "Fietsen Jansen", "Hoofdstraat 12, Zuidhorn"]),
        ("en-GB", ["Proof of payment", "€ 37.45", "Fietsen Jansen", "Hoofdstraat 12, Zuidhorn"]),
    ],
)
def test_a_receipt_is_downloaded_and_says_what_was_paid(
    browsers: Browsers, served: Server, town: Town, till: Till, tmp_path: Path, locale: str, words: list[str]
) -> None:
    page = browsers.open("receipt", locale=locale)
    open_letter(page, served, town.letters.pop()["code"])
    pay(page, till)
    open_payment(page)
    with page.expect_download() as download:
        page.get_by_test_id("receipt-pdf").click()
    assert re.fullmatch(r"kindpakket-\d{4}-\d\d-\d\d\.pdf", download.value.suggested_filename)
    download.value.save_as(tmp_path / "receipt.pdf")
    said = " ".join(PdfReader(tmp_path / "receipt.pdf").pages[0].extract_text().split())
    for one in words:
        assert one in said, one
