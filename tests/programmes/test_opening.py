# SPDX-License-Identifier: EUPL-1.2
"""Opening a programme over the API: once, whatever breaks off; extending it; its rules for everyone.

Given terms that the contract or we refuse: nothing is opened, and nothing is left behind
Given an order
  when it comes again, with its key or word for word without one: it opens nothing again
  when its key comes with other terms: it is refused, and told what the key opened
  when the process dies, or the chain falls silent, before or after any step, and the order comes again: it opens one
Given a programme
  when it is extended: its last day becomes later, never earlier, and not after its end
  when anyone asks for its rules: they are the contract's, and the text is held against the hash on the chain
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from kindpakket import programmes, unfinished
from kindpakket.chain import fund as fund_calls
from kindpakket.demo.api_client import Refused
from kindpakket.errors import ChainUnreachable
from kindpakket.policies import MOST_CHARACTERS
from kindpakket.services import Services
from kindpakket.units import day_ends_at, day_of, day_starts_at
from tests.api.test_imports import FallingSilent
from tests.ledger.databases import connect
from tests.payout_runs.test_crashes import WHEN, Killed, Step, When, die_at
from tests.support import POLICY, InProcess, Town, sign_in

KEY, OTHER_KEY = "a" * 32, "b" * 32
STEPS = [
    Step("registry.programmes", "announce"),
    Step("chain", "send"),
    Step("registry.programmes", "attach"),
]


def terms(services: Services, **other: Any) -> dict[str, Any]:
    """Terms of a programme from today on."""
    today = day_of(services.now())
    return {
        "name": "Zwemlessen",
        "startsOn": f"{today}",
        "endsOn": f"{today + timedelta(days=20)}",
        "categories": [2],
        "maxRedemptionCents": 5000,
        "policyText": "Elk kind leert zwemmen.",
    } | other


def open_swimming(services: Services, **other: Any) -> programmes.Programme:
    """Open it past the API."""
    today = day_of(services.now())
    order: dict[str, Any] = {
        "name": "Zwemlessen",
        "starts_on": today,
        "ends_on": today + timedelta(days=20),
        "categories": [2],
        "max_redemption_cents": 5000,
        "policy_text": "Elk kind leert zwemmen.",
        "opening_key": KEY,
    }
    return programmes.open_programme(services, **(order | other))


def refusal(desk: InProcess, path: str, body: object) -> Refused:
    with pytest.raises(Refused) as refused:
        desk.ask("POST", path, body)
    return refused.value


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("policy", "because"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("Iedereen\x00.", "control_character"),
        ("\x1b[2J", "control_character"),
    ],
)
def test_a_text_that_nobody_can_read_opens_nothing(
    services: Services, desk: InProcess, policy: str, because: str
) -> None:
    refused = refusal(desk, "/programmes", terms(services, policyText=policy))
    assert (refused.status, refused.reason) == (400, "policy_text_invalid")
    assert refused.content["because"] == because
    assert services.fund.programme_count() == 0


def test_the_longest_text_is_taken_and_one_character_more_is_not(services: Services, desk: InProcess) -> None:
    longest = "é" * MOST_CHARACTERS
    assert refusal(desk, "/programmes", terms(services, policyText=longest + "é")).status == 400
    desk.ask("POST", "/programmes", terms(services, policyText=longest))
    assert services.fund.programme(1).policy_hash == hashlib.sha256(longest.encode()).digest()


def test_a_programme_may_end_today_and_not_yesterday(services: Services, desk: InProcess) -> None:
    today = day_of(services.now())
    yesterday = today - timedelta(days=1)
    over = terms(services, startsOn=f"{yesterday}", endsOn=f"{yesterday}")
    assert refusal(desk, "/programmes", over).reason == "programme_terms_invalid"
    assert services.registry.programmes.announced() == []
    opened = desk.ask("POST", "/programmes", terms(services, endsOn=f"{today}"))
    assert (opened["startsAt"], opened["endsAt"]) == (day_starts_at(today), day_ends_at(today))


@pytest.mark.parametrize("key", ["", "a" * 31, "A" * 32, "a" * 33, "g" * 32])
def test_a_key_that_is_none_is_named(services: Services, desk: InProcess, key: str) -> None:
    refused = refusal(desk, "/programmes", terms(services, openingKey=key))
    assert (refused.status, refused.content["errors"][0]["at"]) == (400, "openingKey")


def test_a_key_does_not_open_something_else(services: Services, desk: InProcess) -> None:
    desk.ask("POST", "/programmes", terms(services, openingKey=KEY))
    for other in (
        {"name": "Zwemles"},
        {"maxRedemptionCents": 5001},
        {"categories": [3]},
        {"policyText": "X"},
    ):
        refused = refusal(desk, "/programmes", terms(services, openingKey=KEY, **other))
        assert (refused.status, refused.reason) == (409, "opening_key_used")
        assert refused.content["programme"] == 1
    assert services.fund.programme_count() == 1


# ---------------------------------------------------------------- once


@pytest.mark.parametrize("key", [{}, {"openingKey": KEY}], ids=["without a key", "with a key"])
def test_an_order_that_comes_again_opens_nothing_again(
    services: Services, desk: InProcess, key: dict[str, str]
) -> None:
    first = desk.ask("POST", "/programmes", terms(services, **key))
    desk.ask("POST", "/programmes/1/extensions", {"endsOn": "2099-12-31"})
    again = desk.ask("POST", "/programmes", terms(services, **key))
    assert again["programme"] == first["programme"] == services.fund.programme_count() == 1
    assert again["endsAt"] > first["endsAt"], "it is told as it is now"


def test_two_keys_open_two_programmes(services: Services, desk: InProcess) -> None:
    for key in (KEY, OTHER_KEY):
        desk.ask("POST", "/programmes", terms(services, openingKey=key))
    assert services.fund.programme_count() == 2


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("finished", [True, False], ids=["finished at the start", "ordered at once"])
def test_an_order_whose_process_died_opens_one_programme_when_it_comes_again(
    services: Services,
    open_services: Callable[[], Services],
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    when: When,
    finished: bool,
) -> None:
    with monkeypatch.context() as dying:
        die_at(services, dying, step, when)
        with pytest.raises(Killed):
            open_swimming(services)
    again = open_services()
    if finished:
        assert unfinished.finish(again)
    assert open_swimming(again).programme == 1
    assert again.fund.programme_count() == 1
    assert again.registry.programmes.names() == {1: "Zwemlessen"}
    assert again.registry.programmes.announced() == []
    assert open_swimming(again, opening_key=OTHER_KEY).programme == 2


def test_an_order_that_died_is_not_taken_for_a_later_one_with_the_same_text(
    services: Services, open_services: Callable[[], Services], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_swimming(services, name="Zwemmen 1", opening_key=OTHER_KEY)
    with monkeypatch.context() as dying:
        die_at(services, dying, Step("chain", "send"), "before")
        with pytest.raises(Killed):
            open_swimming(services)
    again = open_services()
    assert open_swimming(again, name="Zwemmen 2", opening_key="c" * 32).programme == 2
    assert open_swimming(again).programme == 3
    assert again.registry.programmes.names() == {1: "Zwemmen 1", 2: "Zwemmen 2", 3: "Zwemlessen"}


def test_a_chain_that_does_later_what_it_was_told_opens_one(services: Services, chain: FallingSilent) -> None:
    chain.answers_left = 0
    for _ in range(2):
        with pytest.raises(ChainUnreachable):
            open_swimming(services)
    assert unfinished.finish(services) is False, "still silent"
    chain.come_back()
    assert open_swimming(services).programme == 1
    assert services.fund.programme_count() == 1
    assert services.registry.programmes.names() == {1: "Zwemlessen"}


# ---------------------------------------------------------------- longer


def test_a_programme_gets_longer_and_never_shorter(services: Services, town: Town) -> None:
    last_day = day_of(services.fund.programme(town.programme).ends_at - 1)
    path = f"/programmes/{town.programme}/extensions"
    for earlier in (last_day - timedelta(days=1), last_day):
        assert refusal(town.desk, path, {"endsOn": f"{earlier}"}).reason == "extension_too_short"
    later = last_day + timedelta(days=1)
    assert town.desk.ask("POST", path, {"endsOn": f"{later}"})["endsAt"] == day_ends_at(later)
    assert refusal(town.desk, path, {"endsOn": "31-12-2030"}).status == 400
    assert (
        refusal(town.desk, "/programmes/9/extensions", {"endsOn": f"{later}"}).reason == "programme_unknown"
    )


def test_a_programme_that_is_over_stays_over(services: Services, town: Town, end: Callable[[], None]) -> None:
    end()
    sign_in(services, town.desk)
    refused = refusal(town.desk, f"/programmes/{town.programme}/extensions", {"endsOn": "2099-01-01"})
    assert refused.reason == "programme_ended"


# ---------------------------------------------------------------- the rules


def test_anyone_reads_the_rules_as_the_contract_has_them(services: Services, town: Town) -> None:
    told = town.new_client().ask("GET", f"/programmes/{town.programme}/rules")
    kept = services.fund.programme(town.programme)
    assert (told["startsAt"], told["endsAt"]) == (kept.starts_at, kept.ends_at)
    assert (told["categories"], told["maxRedemptionCents"]) == ([1, 2, 3, 6], 30_000)
    assert told["policyText"] == POLICY
    assert told["policyHash"] == f"0x{hashlib.sha256(POLICY.encode()).hexdigest()}"
    assert told["policyGenuine"] is True
    with pytest.raises(Refused, match="programme_unknown"):
        town.new_client().ask("GET", "/programmes/9/rules")


def test_a_text_that_was_changed_here_is_told_from_the_one_it_was_opened_with(
    services: Services, town: Town
) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE programme_text SET policy_text = policy_text || ' '"))
    told = town.new_client().ask("GET", f"/programmes/{town.programme}/rules")
    assert (told["policyText"], told["policyGenuine"]) == (f"{POLICY} ", False)


def test_a_programme_that_was_opened_past_the_server_has_rules_and_no_text(
    services: Services, town: Town
) -> None:
    call = fund_calls.open_programme(
        starts_at=1, ends_at=2**39, categories=2, max_redemption_cents=1, policy_hash=b"\1" * 32
    )
    services.fund.execute(call, sender=services.accounts.issuer)
    told = town.new_client().ask("GET", "/programmes/2/rules")
    assert (told["name"], told["policyText"], told["policyGenuine"]) == ("2", None, False)
