# SPDX-License-Identifier: EUPL-1.2
"""Inspections: every night once, whenever somebody asks, and an alarm that only an auditor ends.

given a running server
├── when a day begins
│   └── one inspection is done, and no other before the next day
├── when the chain does not answer
│   └── the inspection waits and is done later
├── when the server stops meanwhile
│   └── the next one does it
└── when an inspection is asked for while one waits
    └── it is the same one
given a last inspection of 36 hours ago
├── every page and the API say so from the next second on, until one is done
└── when none was done yet: from when one was asked for
given books that are not right
├── when the ledger has stopped
│   └── that is found, and the rest is inspected all the same
├── when an auditor takes note, for a reason of the list
│   └── the banner goes, the log of staff has it, and the next night's alarm is a new one
└── when somebody else tries to, or nothing was found, or somebody took note before
    └── it is refused
given somebody who may not see payments
├── when they open an inspection: the amounts of whole programmes, and how much was found
└── when two nights are taken from each other: no payment comes out, on the page nor over the API
given the command
├── when no server runs: it inspects by itself
└── when a server runs: the server inspects, and the command tells; 1 when something differs, 2 when nothing was done
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import inspections
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import ChainUnreachable, NothingToAcknowledge
from kindpakket.inspections import AcknowledgeReason
from kindpakket.main import open_services
from kindpakket.services import Services
from kindpakket.staff import PAYMENT_READERS, Role
from kindpakket.staff_log import verify
from kindpakket.units import day_ends_at, day_of
from tests.console.browser import Browser
from tests.console.test_roles import browser_of
from tests.ledger.databases import bytes_in_sql, connect, environment_of, settings_in
from tests.support import InProcess, Town, sign_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = "/gemeente/controle"
OVERDUE = "Onze boeken zijn al langer dan een dag niet gecontroleerd."
EVERY_AMOUNT = "Elk bedrag in onze boeken en in het register"
PATIENCE_SECONDS = 60


def damage(services: Services) -> None:
    """Let the ledger say that a voucher holds a cent less."""
    services.follower.catch_up()
    with connect(services.settings.ledger_address) as connection:
        connection.execute(text("UPDATE voucher SET balance_cents = balance_cents - 1 WHERE voucher = 1"))


def inspect(services: Services) -> int:
    """Inspect now; return the inspection's number."""
    return inspections.perform(services, inspections.ask(services, occasion="staff")).inspection


# ---------------------------------------------------------------- when


def test_one_is_done_each_night(services: Services, town: Town, chain: TesterChain) -> None:
    first = inspections.perform_due(services)
    assert first is not None and (first.occasion, first.finding_count) == ("night", 0)
    assert inspections.perform_due(services) is None
    chain.travel_to(day_ends_at(day_of(services.now())) - 1)
    assert inspections.perform_due(services) is None, "the last second of the day"
    chain.travel_to(services.now() + 1)
    second = inspections.perform_due(services)
    assert second is not None and second.inspection == first.inspection + 1


def test_what_is_asked_for_is_done_once(services: Services, town: Town) -> None:
    inspections.perform_due(services)
    number = inspections.ask(services, occasion="staff")
    assert inspections.ask(services, occasion="command") == number
    done = inspections.perform_due(services)
    assert done is not None and done.inspection == number
    assert inspections.perform(services, number) == done
    assert inspections.perform_due(services) is None


def test_without_an_answer_it_waits(services: Services, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def silence() -> None:
        raise ChainUnreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(services.chain, "head", silence)
        with pytest.raises(ChainUnreachable):
            inspections.perform_due(services)
    (waiting,) = services.registry.inspections.newest(5)
    assert waiting.ended_at is None
    done = inspections.perform_due(services)
    assert done is not None and (done.inspection, done.finding_count) == (waiting.inspection, 0)


def test_a_server_that_stops_leaves_it_to_the_next_one(services: Services, town: Town) -> None:
    number = inspections.ask(services, occasion="staff")
    questions = iter(range(5))
    with pytest.raises(ChainUnreachable, match="stopping"):
        inspections.perform(services, number, lambda: next(questions, None) is None)
    assert services.registry.inspections.waiting() == number
    assert inspections.perform(services, number).finding_count == 0


def test_a_running_server_inspects_by_itself(
    services: Services, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections, "LOOK_AGAIN_SECONDS", 0.01)
    rounds = inspections.inspector(services)
    rounds.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while services.registry.inspections.last_done() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    rounds.stop()


def test_only_the_newest_figures_are_kept_of_what_was_right(services: Services, town: Town) -> None:
    first, second = inspect(services), inspect(services)
    assert inspections.report(services, first).figures == ()
    assert len(inspections.report(services, second).figures) > 0


# ---------------------------------------------------------------- too long ago


@pytest.mark.parametrize("done_before", [True, False])
def test_what_was_not_inspected_for_long_is_said_on_every_page(
    services: Services, town: Town, chain: TesterChain, client: TestClient, done_before: bool
) -> None:
    assert not inspections.is_overdue(services)
    if done_before:
        inspect(services)
    else:
        inspections.ask(services, occasion="night")
    for later, overdue in ((36 * 3600, False), (1, True)):
        chain.travel_to(services.now() + later)
        browser, caller = browser_of(services, Role.ISSUER), InProcess(client)
        sign_in(services, caller, name="Kees", roles=[Role.ISSUER])
        assert caller.ask("GET", "/inspections")["overdue"] == overdue
        assert (OVERDUE in browser.open("/gemeente/winkels").text) == overdue
    inspections.perform_due(services)
    assert OVERDUE not in browser.open("/gemeente/winkels").text


# ---------------------------------------------------------------- an alarm


def test_a_ledger_that_stopped_is_found(services: Services, town: Town, desk: InProcess) -> None:
    services.follower.catch_up()
    with connect(services.settings.ledger_address) as connection:
        connection.execute(text("UPDATE programme SET unallocated_cents = 0"))
    # To issue from nothing breaks a rule of the ledger, which stops there.
    path = f"/programmes/{town.programme}/household-imports?amountCents=100"
    desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    report = inspections.report(services, inspect(services))
    subjects = [one.subject for one in report.findings]
    assert subjects[0] == "ledger"
    assert "programme: programme=1" in subjects
    assert {one.part for one in report.findings} == {"ledger"}


@pytest.fixture
def auditor(services: Services, town: Town) -> Browser:
    """A browser in which somebody who may only audit signed in."""
    return browser_of(services, Role.AUDITOR)


def test_an_alarm_stays_until_an_auditor_took_note(services: Services, auditor: Browser) -> None:
    assert "Er is nog geen controle gedaan" in auditor.open(PAGE).text
    damage(services)
    number = inspect(services)
    issuer = browser_of(services, Role.ISSUER)
    for path in ("", "tegoeden", "winkels", "mijn-aanmelding", "controle"):
        page = issuer.open(f"/gemeente/{path}")
        assert "Onze boeken kloppen niet" in page.text, path
        assert page.links["Wat er is gevonden"] == f"{PAGE}/{number}"
    assert f"{PAGE}/{number}/gezien" not in issuer.open(f"{PAGE}/{number}").forms
    page = auditor.open(f"{PAGE}/{number}")
    assert "voucher: voucher=1" in page.text
    assert auditor.submit(f"{PAGE}/{number}/gezien").text.count("Kies een reden") == 1
    assert auditor.status == 400
    assert services.registry.inspections.alarm() == number
    page = auditor.submit(f"{PAGE}/{number}/gezien", reason="repaired")
    assert "Onze boeken kloppen niet" not in page.text
    assert "auditor, op" in page.text and "Het is hersteld" in page.text
    newest = services.registry.staff_log.all()[-1]
    assert (newest.action, newest.about, newest.outcome) == (
        "inspection_acknowledged",
        f"inspection={number}",
        "done",
    )
    assert services.registry.staff_log.all()[-2].reason == "repaired"
    assert verify(services).differences == ()
    again = inspect(services)
    assert services.registry.inspections.alarm() == again, "it is still not right"


def test_the_page_shows_every_figure_with_both_values(services: Services, auditor: Browser) -> None:
    damage(services)
    inspect(services)
    page = auditor.open(PAGE)
    rows = {row[0]: row[1:] for row in page.tables[EVERY_AMOUNT]}
    assert rows["Kindpakket: gestort"] == ["€ 100.000,00", "€ 100.000,00", "Ja"]
    assert rows["Kindpakket: op tegoeden"] == ["€ 1.799,99", "€ 1.800,00", "Nee"]
    (night,) = page.tables["Controles, de nieuwste eerst"][1:]
    assert night[0] == "Controle 1"
    assert night[2:] == ["Een controleur vroeg erom", "2 dingen kloppen niet", "Nog niet"]


def test_an_auditor_asks_for_one_on_the_page(services: Services, auditor: Browser) -> None:
    auditor.open(PAGE)
    page = auditor.submit(f"{PAGE}/nu")
    assert "Die is nog bezig" in page.text
    assert f"{PAGE}/nu" not in page.forms, "one at a time"
    inspections.perform_due(services)
    assert "Alles klopt" in auditor.open(PAGE).text
    assert services.registry.staff_log.all()[-1].action == "inspection_asked"


def test_nothing_found_is_nothing_to_take_note_of(services: Services, town: Town, desk: InProcess) -> None:
    number = inspect(services)
    anna = services.registry.staff.ensure_member("Anna", roles=[])
    with pytest.raises(NothingToAcknowledge):
        inspections.acknowledge(services, number, staff=anna, reason=AcknowledgeReason.EXPLAINED)
    with pytest.raises(Exception, match="nothing_to_acknowledge"):
        desk.ask("POST", f"/inspections/{number}/acknowledgements", {"reason": "explained"})
    with pytest.raises(Exception, match="inspection_unknown"):
        desk.ask("GET", f"/inspections/{number + 1}")


def test_the_api_does_what_the_page_does(services: Services, town: Town, client: TestClient) -> None:
    auditor = InProcess(client)
    sign_in(services, auditor, name="Bram", roles=[Role.AUDITOR])
    damage(services)
    asked = auditor.ask("POST", "/inspections")
    assert (asked["endedAt"], asked["occasion"]) == (None, "staff")
    inspections.perform_due(services)
    told = auditor.ask("GET", f"/inspections/{asked['inspection']}")
    assert told["findingCount"] == 2
    assert told["findings"][0] == {
        "part": "ledger",
        "subject": "voucher: voucher=1",
        "expected": "balance_cents=30000",
        "found": "balance_cents=29999",
    }
    assert auditor.ask("GET", "/inspections")["alarm"] == asked["inspection"]
    path = f"/inspections/{asked['inspection']}/acknowledgements"
    noted = auditor.ask("POST", path, {"reason": "reported"})
    assert (noted["acknowledgedReason"], noted["acknowledgedAt"]) == ("reported", services.now())
    assert auditor.ask("GET", "/inspections")["alarm"] is None
    with pytest.raises(Exception, match="nothing_to_acknowledge"):
        auditor.ask("POST", path, {"reason": "reported"})


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("role", sorted(set(Role) - PAYMENT_READERS))
def test_two_nights_tell_nobody_else_what_was_paid_in_a_shop(
    services: Services, town: Town, client: TestClient, role: Role
) -> None:
    browser, caller = browser_of(services, role), InProcess(client)
    sign_in(services, caller, name="Kees", roles=[role])
    damage(services)
    for number in (inspect(services), inspect(services)):
        told = caller.ask("GET", f"/inspections/{number}")
        assert (told["findingCount"], told["findings"]) == (2, [])
        assert {one["shop"] for one in told["figures"]} == {0}
        for path in (PAGE, f"{PAGE}/{number}"):
            page = browser.open(path)
            rows = [row[0] for row in page.tables[EVERY_AMOUNT][1:]]
            assert len(rows) == 9 and all(row.startswith("Kindpakket: ") for row in rows), rows
            assert "Wat er niet klopt" not in page.tables
            assert "voucher=1" not in page.text
            assert "Wie betalingen mag zien, ziet hier ook de winkels" in page.text


@pytest.mark.parametrize("role", sorted(PAYMENT_READERS))
def test_who_answers_for_the_money_sees_every_shop_and_what_was_found(
    services: Services, town: Town, client: TestClient, role: Role
) -> None:
    browser, caller = browser_of(services, role), InProcess(client)
    sign_in(services, caller, name="Kees", roles=[role])
    damage(services)
    told = caller.ask("GET", f"/inspections/{inspect(services)}")
    assert len(told["findings"]) == 2
    assert len({one["shop"] for one in told["figures"]}) > 1
    page = browser.open(f"{PAGE}/{told['inspection']}")
    assert "Wat er niet klopt" in page.tables
    assert "Kindpakket, Fietsen Jansen: verdiend" in [row[0] for row in page.tables[EVERY_AMOUNT]]
    assert "Wie betalingen mag zien, ziet hier ook" not in page.text


# ---------------------------------------------------------------- the command


def _run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kindpakket", "inspect", "--data-dir", str(folder), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment_of(folder),
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation with an embedded chain, where nothing was done yet."""
    folder = tmp_path_factory.mktemp("installed") / "data"
    with open_services(settings_in(folder), follow=False) as services:
        services.follower.catch_up()
    return folder


@pytest.fixture
def server(installed: Path) -> Iterator[subprocess.Popen[str]]:
    """A server of that installation, which runs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "kindpakket", "serve", "--data-dir", str(installed), "--port", f"{port}"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment_of(installed),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Kindpakket runs at"):
            break
    yield process
    process.terminate()
    process.communicate()


def _forge(folder: Path) -> None:
    with connect(settings_in(folder).registry_address) as connection:
        connection.execute(
            text(
                "INSERT INTO staff_log VALUES (1, 5, NULL, 'Anna', 'signed_in', '', '', 'done', NULL,"
                f" {bytes_in_sql(bytes(32))}, {bytes_in_sql(bytes([17]) * 32)})"
            )
        )


def test_the_command_inspects_with_and_without_a_server(
    installed: Path, request: pytest.FixtureRequest
) -> None:
    alone = _run(installed)
    assert alone.stdout.startswith("Inspection 1, up to block "), alone.stderr
    assert alone.stdout.endswith("all agrees.\n")
    assert alone.returncode == 0
    process: subprocess.Popen[str] = request.getfixturevalue("server")
    beside = _run(installed)
    assert "all agrees." in beside.stdout, beside.stderr
    assert beside.returncode == 0
    with connect(settings_in(installed).registry_address) as connection:
        connection.execute(text("DELETE FROM staff_log"))
    _forge(installed)
    wrong = _run(installed)
    assert wrong.returncode == 1
    assert "staff_log: entry 1 was changed" in wrong.stderr
    process.terminate()
    _, logged = process.communicate()
    assert "books_do_not_agree" in logged and "level=error" in logged


def test_the_command_says_when_nothing_was_done(tmp_path: Path) -> None:
    nowhere = _run(tmp_path / "nothing")
    assert nowhere.returncode == 2
    assert "There is no installation" in nowhere.stderr
