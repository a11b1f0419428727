# SPDX-License-Identifier: EUPL-1.2
"""Metrics: what is counted, under which names, and who reaches it.

Given a till that charges a ticket: it is counted by what became of it, refusals and failures by their reason
Given requests: they are counted by the template of their address; what a stranger makes up has one name
Given a wrong code: the guess is counted by its reason
Given books in which 7 cents are too much, and an inspection: difference and alarm are told, until somebody took note
Given the files of a chain: their size, and when its newest snapshot was written
Given the public port: there are no metrics
Given a port of their own: it is this machine's only; when none is set, there is none
Given all metrics: no label is about a person, a family or a shop; each is in the documents, and each alert is about one
"""

from __future__ import annotations

import os
import re
import socket
import urllib.request
from collections.abc import Callable

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import inspections, metrics
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.inspections import AcknowledgeReason
from kindpakket.main import ROOT
from kindpakket.metrics import REGISTRY
from kindpakket.services import Services
from kindpakket.watch import Watch
from tests.end_to_end.server import free_port
from tests.ledger.databases import connect
from tests.support import InProcess, Town

GUIDE = ROOT / "docs" / "operations.md"
ALERTS = ROOT / "scripts" / "service" / "alerts.yml"
LABELS = {"method", "part", "reason", "result", "route", "stage", "status", "waits_for", "le"}
OF_THE_PROCESS = {"process_cpu_seconds", "process_max_fds", "process_open_fds", "process_start_time_seconds"}
OF_THE_PROCESS |= {"process_resident_memory_bytes", "process_virtual_memory_bytes"}
BICYCLES = 3


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def counted(name: str, **labels: str) -> Callable[[], float]:
    """How much more is counted than now."""
    before = value(name, **labels)
    return lambda: value(name, **labels) - before


def test_a_payment_its_retry_and_its_refusal_are_counted_apart(town: Town) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    (voucher,) = phone.next_numbers
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    counts = {
        result: counted("kindpakket_payments_total", result=result)
        for result in ("accepted", "already_redeemed", "amount_above_ticket", "unreadable")
    }
    with pytest.raises(Refused):
        till.redeem(shown, amount_cents=5001, category=BICYCLES)
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    path, body = till.charge(shown, amount_cents=3745, category=BICYCLES)
    with pytest.raises(Refused):
        till.client.ask("PUT", path, body | {"ticket": "geen code"})
    assert {result: count() for result, count in counts.items()} == dict.fromkeys(counts, 1)
    given_back = counted("kindpakket_refunds_total", result="accepted")
    till.refund(path.split("/")[2], amount_cents=100, remaining_cents=3745)
    assert given_back() == 1


def test_a_bug_in_a_use_case_is_counted_as_one() -> None:
    count = counted("kindpakket_payments_total", result="internal_error")

    @metrics.count_results(metrics.PAYMENTS)
    def broken() -> metrics.Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert count() == 1


def test_requests_are_counted_by_template_never_by_what_stands_in_their_address(client: TestClient) -> None:
    route = "/api/v1/redemptions/{ticketId}"
    count = counted("kindpakket_requests_total", method="GET", route=route, status="401")
    seconds = counted("kindpakket_request_seconds_count", method="GET", route=route)
    for digit in "12":
        client.get(f"/api/v1/redemptions/0x{digit * 64}")
    assert (count(), seconds()) == (2, 2)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/wp-login.php", "*"),
        ("/api/v1/jansen", "/api/v1/*"),
        ("/ouder/jansen", "/ouder/*"),
        ("/static/jansen", "/static/*"),
        ("/gemeente/jansen", "/gemeente/{rest:path}"),
    ],
)
def test_an_address_that_a_stranger_made_up_has_one_name(client: TestClient, path: str, route: str) -> None:
    count = counted("kindpakket_requests_total", method="GET", route=route, status="404")
    client.get(path)
    client.get(f"{path}2")
    assert count() == 2


def test_a_method_that_a_stranger_made_up_has_one_name(client: TestClient) -> None:
    count = counted("kindpakket_requests_total", method="OTHER", route="*", status="404")
    client.request("JANSEN", "/niets")
    assert count() == 1


def test_a_wrong_code_is_counted_by_its_reason(new_client: Callable[[], InProcess]) -> None:
    count = counted("kindpakket_wrong_guesses_total", reason="sign_in_code_invalid")
    with pytest.raises(Refused):
        new_client().ask("POST", "/staff-sessions", {"signInCode": "x"})
    assert count() == 1


def test_what_an_inspection_found_is_told_until_an_auditor_took_note(
    services: Services, town: Town, desk: InProcess
) -> None:
    watched = Watch(services)
    town.new_phone()
    number = inspections.perform(services, inspections.ask(services, occasion="command")).inspection
    watched.look()
    assert value("kindpakket_ledger_chain_difference_cents") == 0
    assert value("kindpakket_open_alarms") == 0
    assert value("kindpakket_inspection_ended_timestamp_seconds") == services.now()
    with connect(services.settings.ledger_address) as connection:
        connection.execute(text("UPDATE programme SET deposited_cents = deposited_cents + 7"))
    number = inspections.perform(services, inspections.ask(services, occasion="command")).inspection
    watched.look()
    assert value("kindpakket_ledger_chain_difference_cents") == 7
    assert value("kindpakket_open_alarms") == 1
    inspections.acknowledge(services, number, staff=1, reason=AcknowledgeReason.EXPLAINED)
    watched.look()
    assert value("kindpakket_open_alarms") == 0


def test_the_files_of_the_chain_are_measured(services: Services) -> None:
    folder = services.settings.data_dir / "chain"
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"x" * 300)
    (folder / "journal.db-wal").write_bytes(b"x" * 20)
    (folder / "lock").write_bytes(b"x")
    for number, at in ((1, 1_000), (2, 2_000)):
        file = folder / f"snapshot-{number:09}.json"
        file.touch()
        os.utime(file, (at, at))
    Watch(services).look()
    assert value("kindpakket_chain_files_bytes") == 320
    assert value("kindpakket_snapshot_timestamp_seconds") == 2_000
    assert value("kindpakket_disk_free_bytes") > 0
    assert value("kindpakket_head_block") == services.chain.head().number


def test_the_public_port_has_no_metrics(client: TestClient) -> None:
    for path in ("/metrics", "/metrics/", "/api/v1/metrics", "/gemeente/metrics"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "kindpakket_payments" not in answer.text


def test_their_own_port_is_of_this_machine_only() -> None:
    port = free_port()
    with metrics.served(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"kindpakket_payments_total" in answer.read()
        with socket.socket() as other:
            # Another address of this machine is free: the port was not taken on all of them.
            other.bind(("127.0.0.2", port))
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_without_a_port_nothing_is_served() -> None:
    with metrics.served(0):
        assert value("process_open_fds") >= 0


def test_no_label_is_about_a_person_a_family_or_a_shop(town: Town) -> None:
    found = {name for family in REGISTRY.collect() for one in family.samples for name in one.labels}
    assert found <= LABELS
    assert {"result", "route", "part"} <= found


def test_the_documents_name_each_metric_and_no_other() -> None:
    known = {family.name for family in REGISTRY.collect()}
    told = GUIDE.read_text("utf-8")
    for name in known - OF_THE_PROCESS:
        assert f"`{name}" in told, name
    for name in re.findall(
        r"\b(kindpakket_\w+?)(?:_total|_bucket)?(?=[`{\s])", told + ALERTS.read_text("utf-8")
    ):
        assert name in known, name


def test_each_alert_is_about_a_metric_with_a_label_that_it_has() -> None:
    alerts = ALERTS.read_text("utf-8")
    expressions = re.findall(r"expr: (?:>-\n)?(.*?)(?=\n\s+(?:for|labels):)", alerts, flags=re.DOTALL)
    assert len(expressions) == alerts.count("- alert:")
    labels = {label for one in expressions for label in re.findall(r"(\w+)=~?\"", one)}
    assert labels - {"job"} <= LABELS
