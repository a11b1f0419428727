# SPDX-License-Identifier: EUPL-1.2
"""Applications over the API: what a page does, a program does too, with the same refusals.

Given someone who is not signed in
  when they apply with faults: 400, each named; when they apply too often: 429
  when they ask with a code: how it stands and nothing that was filled in; with a wrong one: 404, and slowed
Given staff
  one assesses, another decides; the shop takes part, the log says who did what
Given a shop that is suspended
  its till and whoever pays there are told why; it is allowed again
"""

from __future__ import annotations

from typing import Any

import pytest

from kindpakket import staff_log
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.services import Services
from kindpakket.staff import Role
from tests.support import InProcess, Town, sign_in

from .conftest import TEXTS, TOYS

ORDER: dict[str, Any] = {**TEXTS, "categories": [TOYS], "agreesToRules": True}


@pytest.fixture
def stranger(town: Town) -> InProcess:
    """Someone who is not signed in."""
    client: InProcess = town.new_client()
    return client


@pytest.fixture
def manager(services: Services, town: Town) -> InProcess:
    """Mia, who assesses; she may approve too, but not what she assessed."""
    client: InProcess = town.new_client()
    sign_in(services, client, name="Mia", roles=[Role.SHOP_MANAGER, Role.APPROVER])
    return client


@pytest.fixture
def approver(services: Services, town: Town) -> InProcess:
    """Ada, who decides."""
    client: InProcess = town.new_client()
    sign_in(services, client, name="Ada", roles=[Role.APPROVER])
    return client


def test_an_application_with_faults_names_each(stranger: InProcess) -> None:
    with pytest.raises(Refused) as refused:
        stranger.ask("POST", "/shop-applications", {"name": "x" * 61, "kvk": "1"})
    assert (refused.value.status, refused.value.reason) == (400, "request_invalid")
    named = {error["at"]: error["fault"] for error in refused.value.content["errors"]}
    assert (named["name"], named["kvk"], named["iban"]) == ("long", "digits", "empty")
    assert (named["categories"], named["agreesToRules"]) == ("choice", "consent")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": 5},
        {"name": "x" * 1001},
        {"categories": ["6"]},
        {"categories": list(range(33))},
        {"submission": "kort"},
        {"state": "approved"},
        {"shop": 1},
    ],
)
def test_a_request_of_another_form_is_refused(stranger: InProcess, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        stranger.ask("POST", "/shop-applications", ORDER | fields)
    assert (refused.value.status, refused.value.reason) == (400, "request_invalid")


def test_another_account_under_the_same_submission_is_refused_by_name(
    services: Services, town: Town, stranger: InProcess
) -> None:
    order = ORDER | {"submission": "ab" * 16}
    first = stranger.ask("POST", "/shop-applications", order)
    with pytest.raises(Refused) as refused:
        stranger.ask("POST", "/shop-applications", order | {"iban": "NL02ABNA0123456789"})
    assert (refused.value.status, refused.value.reason) == (409, "submission_used")
    assert stranger.ask("POST", "/shop-applications", order) == first


def test_who_applies_too_often_must_wait(stranger: InProcess) -> None:
    for _ in range(30):
        with pytest.raises(Refused, match="request_invalid"):
            stranger.ask("POST", "/shop-applications", {})
    with pytest.raises(Refused) as refused:
        stranger.ask("POST", "/shop-applications", ORDER)
    assert (refused.value.status, refused.value.content["retryAfterSeconds"]) == (429, 3600)


def test_guesses_of_codes_are_slowed(stranger: InProcess) -> None:
    for _ in range(30):
        with pytest.raises(Refused, match="application_unknown"):
            stranger.ask("POST", "/shop-application-lookups", {"referenceCode": "0000-0000-0000-0000-0"})
    code = stranger.ask("POST", "/shop-applications", ORDER)["referenceCode"]
    with pytest.raises(Refused, match="rate_too_high"):
        stranger.ask("POST", "/shop-application-lookups", {"referenceCode": code})


def test_a_code_shows_how_it_stands_and_nothing_that_was_filled_in(stranger: InProcess) -> None:
    code = stranger.ask("POST", "/shop-applications", ORDER)["referenceCode"]
    standing = stranger.ask("POST", "/shop-application-lookups", {"referenceCode": code})
    assert (standing["state"], standing["name"]) == ("received", TEXTS["name"])
    for secret in ("iban", "holder", "email", "street", "kvk"):
        assert TEXTS[secret] not in str(standing)


def test_one_assesses_another_decides_and_the_log_says_who(
    services: Services, town: Town, stranger: InProcess, manager: InProcess, approver: InProcess
) -> None:
    code = stranger.ask("POST", "/shop-applications", ORDER)["referenceCode"]
    (found,) = manager.ask("GET", "/shop-applications")["applications"]
    path = f"/shop-applications/{found['application']}"
    assert (found["state"], found["iban"], found["email"]) == ("received", TEXTS["iban"], TEXTS["email"])

    question = {"version": found["version"], "missing": ["opening"], "note": "Wanneer bent u open?"}
    manager.ask("POST", f"{path}/questions", question)
    standing = stranger.ask("POST", "/shop-application-lookups", {"referenceCode": code})
    assert (standing["state"], standing["missing"], standing["note"]) == (
        "incomplete",
        ["opening"],
        "Wanneer bent u open?",
    )
    supplement = {"referenceCode": code, "opening": "altijd"}
    assert stranger.ask("POST", "/shop-application-supplements", supplement)["state"] == "received"
    with pytest.raises(Refused, match="nothing_missing"):
        stranger.ask("POST", "/shop-application-supplements", supplement)

    found = manager.ask("GET", path)
    assessment = {"version": found["version"], "terms": [{"programme": town.programme, "categories": [TOYS]}]}
    assessed = manager.ask("POST", f"{path}/assessments", assessment)
    with pytest.raises(Refused, match="same_person"):
        manager.ask("POST", f"{path}/approvals", {"version": assessed["version"]})
    with pytest.raises(Refused, match="application_changed"):
        approver.ask("POST", f"{path}/approvals", {"version": found["version"]})
    refusal = {"version": assessed["version"], "because": "other", "explanation": ""}
    with pytest.raises(Refused, match="request_invalid"):
        approver.ask("POST", f"{path}/refusals", refusal)
    approved = approver.ask("POST", f"{path}/approvals", {"version": assessed["version"]})
    assert (approved["state"], approved["assessedBy"], approved["decidedBy"]) == ("approved", "Mia", "Ada")
    with pytest.raises(Refused, match="application_decided"):
        approver.ask("POST", f"{path}/approvals", {"version": approved["version"]})
    assert stranger.ask("POST", "/shop-application-lookups", {"referenceCode": code})["state"] == "approved"
    assert TEXTS["name"] in [one["name"] for one in stranger.ask("GET", "/shops")["shops"]]

    done = [one for one in staff_log.list_lines(services, before=None, limit=9) if one.outcome == "done"]
    told = [(one.entry.staff_name, one.entry.action, one.about) for one in done]
    assert told[:3] == [
        ("Ada", "application_approved", f"application=1 shop={approved['shop']}"),
        ("Mia", "application_assessed", "application=1"),
        ("Mia", "application_questioned", "application=1"),
    ]


def test_a_refusal_is_told_with_its_reason(
    stranger: InProcess, manager: InProcess, approver: InProcess
) -> None:
    code = stranger.ask("POST", "/shop-applications", ORDER)["referenceCode"]
    assessed = manager.ask(
        "POST", "/shop-applications/1/assessments", {"version": 1, "terms": [], "remark": "Niet gevonden."}
    )
    refusal = {
        "version": assessed["version"],
        "because": "not_in_trade_register",
        "explanation": "Kijk uw nummer na.",
    }
    with pytest.raises(Refused, match="same_person"):
        manager.ask("POST", "/shop-applications/1/refusals", refusal)
    approver.ask("POST", "/shop-applications/1/refusals", refusal)
    standing = stranger.ask("POST", "/shop-application-lookups", {"referenceCode": code})
    assert (standing["state"], standing["refusedBecause"]) == ("refused", "not_in_trade_register")
    assert standing["explanation"] == "Kijk uw nummer na."
    assert "Niet gevonden" not in str(standing), "the remark is for the colleague"
    again = stranger.ask("POST", "/shop-applications", ORDER)["referenceCode"]
    assert again != code, "who was refused may apply again"


def test_a_suspended_shop_and_whoever_pays_there_are_told_why(services: Services, town: Town) -> None:
    till, phone = town.new_till(town.shops[0]), town.new_phone()

    def show() -> str:
        voucher = next(iter(phone.next_numbers))
        return phone.show_code(voucher, max_cents=5_000, expires_at=expiry(town.now()))

    path = f"/programmes/{town.programme}/shops/{town.shops[0]}"
    for wrong in ("", "?because=", "?because=zomaar", "?because=closed&x=1"):
        with pytest.raises(Refused, match="request_invalid"):
            town.desk.ask("DELETE", f"{path}{wrong}")
    town.desk.ask("DELETE", f"{path}?because=rules_broken")
    with pytest.raises(Refused, match="shop_not_allowed"):
        town.desk.ask("DELETE", f"{path}?because=rules_broken")

    with pytest.raises(Refused) as refused:
        till.redeem(show(), amount_cents=1_000, category=3)
    assert (refused.value.reason, refused.value.content["because"]) == ("shop_suspended", "rules_broken")
    at = town.now()
    me = till.client.ask("GET", "/tills/me")
    assert me["categories"] == []
    assert me["standings"] == [
        {
            "programme": town.programme,
            "programmeName": "Kindpakket",
            "categories": [],
            "suspendedAt": pytest.approx(at, abs=60),
            "because": "rules_broken",
        }
    ]
    town.desk.ask("PUT", path, {"categories": [3]})
    assert till.client.ask("GET", "/tills/me")["standings"][0]["because"] is None
    assert till.redeem(show(), amount_cents=1_000, category=3)["result"] == "accepted"


def test_a_shop_that_never_took_part_is_not_called_suspended(services: Services, town: Town) -> None:
    till, phone = town.new_till(town.shops[0]), town.new_phone()
    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{town.shops[0]}?because=closed")
    services.registry.suspensions.end(shop=town.shops[0], programme=town.programme, at=town.now())
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5_000, expires_at=expiry(town.now()))
    with pytest.raises(Refused, match="shop_not_allowed"):
        till.redeem(shown, amount_cents=1_000, category=3)
    assert till.client.ask("GET", "/tills/me")["standings"] == []
