# SPDX-License-Identifier: EUPL-1.2
"""Beginning to sign in: anybody may, so it is limited, and takes no more threads than it may.

Given somebody who is not signed in
  when they ask for a passkey's question too often: 429, and no row is written
  when they fail with links, passkeys or work accounts too often: 429; those of another way may still
  when they go to the provider too often: 429
Given others who share their address
  when any number came in: the next may too
  when another site has a browser go to the provider, however often: it goes to our own page, and nothing is counted
  when there is no provider: nobody who goes to one takes anything from them
Given a provider
  what it says of itself is asked once in some minutes, and anew when another one is set
  when it is asked too much at once: who comes then is told so at once, and others are served
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from kindpakket import oidc
from kindpakket.chain.tester import TesterChain
from kindpakket.console.sign_in_limits import SignInLimit, Way
from kindpakket.errors import RateTooHigh, SignInCodeInvalid
from kindpakket.metrics import REGISTRY
from kindpakket.registry import staff_tables
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import new_sign_in_code

from .browser import Browser
from .work_accounts.provider import Provider, provider_that_does_wrong

GO = "/gemeente/aanmelden/werkaccount"
QUESTION = "/gemeente/aanmelden/passkey/vraag"
ALLOWED = 60


@pytest.fixture
def provider(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider that is set, and counts how often it is asked what it is."""
    with provider_that_does_wrong() as provider:
        monkeypatch.setattr(services.settings, "oidc_issuer", provider.url)
        monkeypatch.setattr(services.settings, "oidc_client_id", "kindpakket")
        yield provider


def go(browser: Browser) -> int:
    """Go to the provider; return the status of the answer that leads there."""
    return int(browser.client.get(GO, follow_redirects=False).status_code)


def let_in_by_link(services: Services, browser: Browser) -> int:
    """Use a new link; return the status of the answer."""
    fields = {"code": new_sign_in_code(services)}
    answer = browser.client.post("/gemeente/aanmelden", data=fields, follow_redirects=False)
    return int(answer.status_code)


def test_questions_for_a_passkey_are_limited(services: Services, browser: Browser) -> None:
    statuses = [browser.client.post(QUESTION).status_code for _ in range(ALLOWED + 2)]
    assert statuses == [200] * ALLOWED + [429] * 2
    with connect(services.settings.registry_address) as connection:
        rows = connection.execute(select(func.count()).select_from(staff_tables.passkey_challenge))
        assert rows.scalar_one() == ALLOWED
    assert "Dit is te vaak gedaan" in browser.client.post(QUESTION).text
    assert let_in_by_link(services, browser) == 303, "another way is as open as before"


@pytest.mark.parametrize(
    ("way", "reason"),
    [("", "sign_in_code_invalid"), ("/passkey", "passkey_invalid")],
    ids=["link", "passkey"],
)
def test_failures_with_a_link_or_a_passkey_are_limited_and_counted(
    browser: Browser, way: str, reason: str
) -> None:
    before = counted(reason)
    answers = [browser.client.post(f"/gemeente/aanmelden{way}") for _ in range(ALLOWED + 2)]
    assert [one.status_code == 429 for one in answers] == [False] * ALLOWED + [True] * 2
    assert counted(reason) == before + ALLOWED


@pytest.mark.usefixtures("provider")
def test_failures_with_a_work_account_are_limited_and_leave_the_link_open(
    services: Services, browser: Browser
) -> None:
    finished = [browser.client.post(f"{GO}/afronden").status_code for _ in range(ALLOWED + 1)]
    assert finished == [401] * ALLOWED + [429]
    assert let_in_by_link(services, browser) == 303


def test_who_comes_in_takes_no_place_from_who_shares_their_address() -> None:
    limit = SignInLimit()
    for _ in range(2 * ALLOWED):
        with limit.watch(Way.LINK, "192.0.2.7"):
            pass
    assert limit._tries.callers == 0, "nothing is kept of them"


def test_tries_that_are_made_at_once_count_as_failed_until_they_are_not() -> None:
    limit = SignInLimit()
    with contextlib.ExitStack() as trying:
        for _ in range(ALLOWED):
            trying.enter_context(limit.watch(Way.LINK, "192.0.2.7"))
        with pytest.raises(RateTooHigh), limit.watch(Way.LINK, "192.0.2.7"):
            pytest.fail("it is not tried")
    with limit.watch(Way.LINK, "192.0.2.7"):
        pass


def test_all_addresses_that_a_line_of_ipv6_can_have_sign_in_as_one() -> None:
    limit = SignInLimit()
    for number in range(ALLOWED):
        with pytest.raises(SignInCodeInvalid), limit.watch(Way.LINK, f"2001:db8:1:{number:x}::1"):
            raise SignInCodeInvalid
    with pytest.raises(RateTooHigh), limit.watch(Way.LINK, "2001:db8:1:ffff::1"):
        pytest.fail("it is not tried")


def counted(reason: str) -> float:
    """How many wrong guesses with this reason the metrics have."""
    return REGISTRY.get_sample_value("kindpakket_wrong_guesses_total", {"reason": reason}) or 0


@pytest.mark.usefixtures("provider")
def test_ways_to_the_provider_are_limited_and_leave_the_link_open(
    services: Services, browser: Browser
) -> None:
    assert [go(browser) for _ in range(ALLOWED + 1)] == [303] * ALLOWED + [429]
    browser.open(GO)
    assert browser.page.headings == ["Dit is te vaak gedaan"]
    assert let_in_by_link(services, browser) == 303


def test_another_site_keeps_nobody_from_signing_in(
    provider: Provider, services: Services, browser: Browser
) -> None:
    picture = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
    for _ in range(ALLOWED + 1):
        answer = browser.client.get(GO, headers=picture, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/gemeente/aanmelden")
        assert "set-cookie" not in answer.headers, "no question is asked in its name"
    answer = browser.client.get(GO, follow_redirects=False)
    assert answer.headers["location"].startswith(provider.url)
    assert let_in_by_link(services, browser) == 303


def test_where_no_provider_is_set_going_to_one_takes_nothing_from_anybody(
    services: Services, browser: Browser
) -> None:
    assert {go(browser) for _ in range(ALLOWED + 1)} == {401}
    finished = {browser.client.post(f"{GO}/afronden").status_code for _ in range(ALLOWED + 1)}
    assert finished == {401}
    assert let_in_by_link(services, browser) == 303


def test_what_a_provider_says_of_itself_is_kept_for_minutes(
    provider: Provider, services: Services, browser: Browser, chain: TesterChain
) -> None:
    assert go(browser) == 303
    provider.itself = {"authorization_endpoint": "ftp://localhost/"}
    assert go(browser) == 303, "it is not asked again"
    chain.travel_to(services.now() + oidc.KEPT_SECONDS)
    assert go(browser) == 503, "now it is"


def test_what_one_provider_said_is_not_taken_for_another(
    provider: Provider, services: Services, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert go(browser) == 303
    monkeypatch.setattr(services.settings, "oidc_issuer", "http://localhost:9")
    assert go(browser) == 503


def test_a_provider_that_does_not_answer_holds_few_threads(
    provider: Provider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, answers = threading.Semaphore(0), threading.Event()
    describe = Provider.describe

    def wait(self: Provider) -> dict[str, Any]:
        reached.release()
        answers.wait()
        return describe(self)

    monkeypatch.setattr(Provider, "describe", wait)
    statuses: list[int] = []
    waiting = [
        threading.Thread(target=lambda: statuses.append(go(browser))) for _ in range(oidc.CALLS_AT_ONCE)
    ]
    try:
        for one in waiting:
            one.start()
        for _ in waiting:
            reached.acquire()
        assert go(browser) == 503, "told at once, for nothing more is asked"
        assert browser.open("/gemeente/aanmelden").headings
    finally:
        answers.set()
        for one in waiting:
            one.join()
    assert statuses == [303] * oidc.CALLS_AT_ONCE
    assert go(browser) == 303
