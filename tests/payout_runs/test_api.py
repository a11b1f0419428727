# SPDX-License-Identifier: EUPL-1.2
"""Payouts over the API: the same as on the pages, for staff only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket.demo.api_client import Refused
from kindpakket.services import Services
from tests.support import InProcess, Town, sign_in

from .bank import entry, payments_in, statement
from .conftest import Shopping


@pytest.fixture
def colleague(services: Services, new_client: Callable[[], InProcess]) -> InProcess:
    """Someone else who is signed in."""
    colleague = new_client()
    sign_in(services, colleague, name="Bram")
    return colleague


def send_statement(client: TestClient, caller: InProcess, content: bytes) -> dict[str, object]:
    answer = client.post(
        "/api/v1/bank-statements",
        content=content,
        headers={"Authorization": f"Bearer {caller.token}", "Content-Type": "application/xml"},
    )
    assert answer.status_code == 200, answer.json()
    found: dict[str, object] = answer.json()
    return found


def test_a_run_from_preview_to_paid(
    client: TestClient, town: Town, desk: InProcess, colleague: InProcess, earned: Shopping
) -> None:
    preview = desk.ask("POST", "/payout-previews", {})
    assert (preview["amountCents"], preview["leftOut"]) == (4945, [])
    assert desk.ask("GET", "/payout-runs") == {"runs": []}
    run = desk.ask("POST", "/payout-runs", {"programme": town.programme})
    assert (run["run"], run["state"], run["preparedBy"], run["amountCents"]) == (1, "prepared", "Anna", 4945)
    with pytest.raises(Refused) as refused:
        desk.ask("POST", "/payout-runs/1/approvals")
    assert (refused.value.status, refused.value.reason) == (409, "same_person")
    run = colleague.ask("POST", "/payout-runs/1/approvals")
    assert (run["state"], run["approvedBy"], run["files"][0]["canLeave"]) == ("settled", "Bram", True)
    settlement = run["transfers"][0]["settlements"][0]
    name = f"KP-1-1/{town.programme}/{town.shops[0]}"
    assert settlement["paymentReference"] == f"0x{hashlib.sha256(name.encode()).hexdigest()}"
    till = earned.tills[town.shops[0]]
    (payout,) = till.client.ask("GET", "/payouts")["payouts"]
    assert payout["paymentReference"] == settlement["paymentReference"], "the shop sees it too"
    assert payout["bankReference"] == "KP-1-1", "and what its bank calls it"

    answer = client.get("/api/v1/payout-runs/1/files/1", headers={"Authorization": f"Bearer {desk.token}"})
    assert answer.headers["content-type"] == "application/xml"
    assert run["files"][0]["sha256"] == f"0x{hashlib.sha256(answer.content).hexdigest()}"
    assert len(payments_in(answer.content)) == 2

    told = send_statement(
        client,
        desk,
        statement(entry("KP-1-1-1", "37.45", returned="AC04"), entry("KP-1-2-1", "12.00"), entry("x", "1")),
    )
    assert (told["knownCount"], told["otherCount"], told["unmatched"]) == (0, 1, [])
    run = desk.ask("GET", "/payout-runs/1")
    back = run["transfers"][0]["payments"][0]
    assert (back["state"], back["returnReason"], back["returnCode"], back["returnedBy"]) == (
        "returned",
        "account_closed",
        "AC04",
        "statement",
    )
    proposal = {"name": "Jansen", "iban": "NL02ABNA0123456789"}
    desk.ask("POST", "/payout-runs/1/transfers/1/proposals", proposal)
    colleague.ask("POST", "/payout-runs/1/approvals", {"payments": ["KP-1-1-2"]})
    send_statement(client, desk, statement(entry("KP-1-1-2", "37.45")))
    assert desk.ask("GET", "/payout-runs")["runs"][0]["state"] == "done"


@pytest.fixture
def came_back(
    client: TestClient, town: Town, desk: InProcess, colleague: InProcess, earned: Shopping
) -> None:
    """Both transfers of a run came back."""
    desk.ask("POST", "/payout-runs", {})
    colleague.ask("POST", "/payout-runs/1/approvals")
    both = statement(entry("KP-1-1-1", "37.45", returned="AC04"), entry("KP-1-2-1", "12.00", returned="AC04"))
    send_statement(client, desk, both)


def propose(desk: InProcess, transfer: int, iban: str) -> None:
    proposal = {"name": "Jansen", "iban": iban}
    desk.ask("POST", f"/payout-runs/1/transfers/{transfer}/proposals", proposal)


def proposed_in(caller: InProcess) -> list[str]:
    """What an approver sees that is proposed in the run."""
    transfers = caller.ask("GET", "/payout-runs/1")["transfers"]
    return [one["payments"][-1]["endToEndId"] for one in transfers if one["state"] == "proposed"]


def approve_proposed(caller: InProcess, payments: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask("POST", "/payout-runs/1/approvals", {"payments": payments})
    return found


def test_a_proposal_that_was_changed_after_the_approver_looked_is_refused(
    came_back: None, desk: InProcess, colleague: InProcess
) -> None:
    propose(desk, 1, "NL02ABNA0123456789")
    seen = proposed_in(colleague)
    propose(desk, 1, "NL20INGB0001234567")
    with pytest.raises(Refused) as refused:
        approve_proposed(colleague, seen)
    assert (refused.value.status, refused.value.reason) == (409, "payout_proposal_changed")
    assert proposed_in(colleague) == ["KP-1-1-3"], "it still waits, to be looked at"
    assert len(approve_proposed(colleague, ["KP-1-1-3"])["files"]) == 2


def test_a_proposal_that_came_after_the_approver_looked_is_refused_and_so_is_one_left_out(
    came_back: None, desk: InProcess, colleague: InProcess
) -> None:
    propose(desk, 1, "NL02ABNA0123456789")
    seen = proposed_in(colleague)
    propose(desk, 2, "NL20INGB0001234567")
    for payments in (seen, ["KP-1-2-2"], ["KP-1-1-2", "KP-1-2-2", "KP-1-3-1"]):
        with pytest.raises(Refused, match="payout_proposal_changed"):
            approve_proposed(colleague, payments)
    assert len(approve_proposed(colleague, ["KP-1-2-2", "KP-1-1-2"])["files"]) == 2


def test_a_first_approval_that_is_sent_again_never_approves_a_proposal(
    came_back: None, desk: InProcess, colleague: InProcess
) -> None:
    propose(desk, 1, "NL02ABNA0123456789")
    with pytest.raises(Refused, match="payout_run_decided"):
        colleague.ask("POST", "/payout-runs/1/approvals")
    assert proposed_in(colleague) == ["KP-1-1-2"]


def test_an_approval_of_proposals_that_is_sent_again_approves_no_later_ones(
    client: TestClient, came_back: None, desk: InProcess, colleague: InProcess
) -> None:
    propose(desk, 1, "NL02ABNA0123456789")
    approve_proposed(colleague, ["KP-1-1-2"])
    with pytest.raises(Refused, match="payout_run_decided"):
        approve_proposed(colleague, ["KP-1-1-2"])
    propose(desk, 2, "NL20INGB0001234567")
    with pytest.raises(Refused, match="payout_proposal_changed"):
        approve_proposed(colleague, ["KP-1-1-2"])
    assert proposed_in(colleague) == ["KP-1-2-2"]


def test_a_run_is_not_approved_by_naming_its_payments(
    town: Town, desk: InProcess, colleague: InProcess, earned: Shopping
) -> None:
    desk.ask("POST", "/payout-runs", {})
    with pytest.raises(Refused, match="payout_run_decided"):
        approve_proposed(colleague, proposed_in(colleague))
    assert colleague.ask("GET", "/payout-runs/1")["state"] == "prepared"


def test_a_run_is_cancelled(town: Town, desk: InProcess, colleague: InProcess, earned: Shopping) -> None:
    desk.ask("POST", "/payout-runs", {})
    with pytest.raises(Refused) as refused:
        colleague.ask("POST", "/payout-runs", {})
    assert (refused.value.reason, refused.value.content["run"]) == ("payout_run_open", 1)
    assert colleague.ask("DELETE", "/payout-runs/1")["state"] == "cancelled"
    with pytest.raises(Refused, match="payout_run_decided"):
        colleague.ask("POST", "/payout-runs/1/approvals")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/payout-previews", {}),
        ("GET", "/payout-runs", None),
        ("POST", "/payout-runs", {}),
        ("GET", "/payout-runs/1", None),
        ("DELETE", "/payout-runs/1", None),
        ("POST", "/payout-runs/1/approvals", None),
        ("POST", "/payout-runs/1/transfers/1/proposals", {"name": "x", "iban": "y"}),
        ("GET", "/payout-runs/1/files/1", None),
        ("POST", "/bank-statements", None),
    ],
)
def test_it_is_for_staff_only(
    town: Town, earned: Shopping, desk: InProcess, method: str, path: str, body: object
) -> None:
    desk.ask("POST", "/payout-runs", {})
    till = earned.tills[town.shops[0]].client
    for token in ("", till.token, earned.phone.client.token):
        caller = town.new_client()
        caller.token = token
        with pytest.raises(Refused, match="sign_in_required"):
            caller.ask(method, path, body)


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("/payout-runs", {"programme": 0}, "programme"),
        ("/payout-runs", {"programme": "1"}, "programme"),
        ("/payout-runs", {"programmes": 1}, "programmes"),
        ("/payout-runs/1/approvals", {"payments": []}, "payments"),
        ("/payout-runs/1/approvals", {}, "payments"),
        ("/payout-runs/1/transfers/1/proposals", {"name": "", "iban": "x"}, "name"),
        ("/payout-runs/1/transfers/1/proposals", {"name": "x", "iban": "NL02ABNA0123456780"}, "iban"),
    ],
)
def test_a_request_that_makes_no_sense_is_named(
    town: Town, desk: InProcess, path: str, body: object, at: str
) -> None:
    with pytest.raises(Refused) as refused:
        desk.ask("POST", path, body)
    assert (refused.value.status, refused.value.content["errors"][0]["at"]) == (400, at)


def test_a_statement_that_is_none_is_named(client: TestClient, town: Town, desk: InProcess) -> None:
    headers = {"Authorization": f"Bearer {desk.token}"}
    answer = client.post("/api/v1/bank-statements", content=b"<a/>", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (400, "statement_invalid")
    assert answer.json()["errors"] == [{"at": "file", "message": "the file is not camt.053"}]
