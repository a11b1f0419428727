# SPDX-License-Identifier: EUPL-1.2
"""The log of staff: what they do stands in it before it is done, and goes on record once a day.

Given a member of staff, at the desk or over the API
  when they do anything that changes something: there is an entry with who, what, about what, and what became of it
  when it is refused or fails: that is there too, with why
  when the server breaks off in between: it stays there as begun
  when their name changes later: the entry keeps the one of then
  no entry holds a name of a family's, a reference, an account or a code
Given a day that is over
  its entries are put on record once, and not again when nothing came since
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from kindpakket import members, passkeys, staff, staff_log
from kindpakket.chain.tester import TesterChain
from kindpakket.console.texts import LANGUAGES, texts_in
from kindpakket.demo.api_client import Refused
from kindpakket.errors import ChainUnreachable, MemberIsOneself, StaffNameTaken
from kindpakket.main import ROOT, open_services
from kindpakket.registry.staff_log import Action, Author, Entry, Outcome
from kindpakket.services import Services
from kindpakket.staff import Role
from kindpakket.staff_log import COMMAND_LINE, acting, anchor, anchor_due, verify
from tests.console.authenticator import Authenticator
from tests.ledger.databases import connect, environment_of, settings_in
from tests.support import Town, new_sign_in_code, sign_in

DAY = 24 * 3600
PATIENCE_SECONDS = 20
MORE_HOUSEHOLDS = "kenmerk;kinderen\nGEHEIM-1;1\n"


def entries(services: Services) -> list[Entry]:
    return services.registry.staff_log.all()


def last(services: Services) -> tuple[str, str, str, str]:
    """What the newest entry says."""
    newest = entries(services)[-1]
    return newest.action, newest.about, newest.reason, newest.outcome


# ---------------------------------------------------------------- what stands in it


def test_setting_up_a_town_is_all_in_the_log(services: Services, town: Town) -> None:
    told = [(one.action, one.outcome, one.about) for one in entries(services)]
    assert told == [
        ("link_made", "done", "staff=1"),
        ("signed_in", "done", "staff=1"),
        ("programme_opened", "begun", ""),
        ("programme_opened", "done", "programme=1"),
        ("deposit_recorded", "begun", "programme=1"),
        ("deposit_recorded", "done", told[5][2]),
        ("shops_imported", "begun", "programme=1"),
        ("shops_imported", "done", "programme=1 shops=2"),
        ("households_imported", "begun", "programme=1"),
        ("households_imported", "done", "programme=1 batch=1"),
        ("letters_shown", "begun", "batch=1"),
        ("letters_shown", "done", "batch=1"),
    ]
    assert re.fullmatch("programme=1 block=[0-9]+", told[5][2])
    made, *others = entries(services)
    assert (made.staff, made.staff_name) == (None, "kindpakket")
    assert {(one.staff, one.staff_name) for one in others} == {(1, "Anna")}


DONE: list[tuple[str, str, Any, str, str]] = [
    ("PUT", "/programmes/1/shops/1", {"categories": [3]}, "shop_allowed", "programme=1 shop=1"),
    ("DELETE", "/programmes/1/shops/1?because=closed", None, "shop_suspended", "programme=1 shop=1"),
    ("POST", "/shops/1/pairing-codes", None, "pairing_code_made", "shop=1"),
    ("POST", "/programmes/1/household-imports?amountCents=100", MORE_HOUSEHOLDS, "households_imported", ""),
    (
        "POST",
        "/programmes/1/deposits",
        {"amountCents": 5, "paymentReference": "geheim"},
        "deposit_recorded",
        "",
    ),
    ("POST", "/heads", None, "head_published", ""),
    (
        "POST",
        "/households/1/replacement-letters",
        {"reason": "lost", "replacementCount": 0},
        "letter_replaced",
        "household=1",
    ),
]


@pytest.mark.parametrize("method, path, body, action, about", DONE, ids=[one[3] for one in DONE])
def test_what_is_done_has_an_entry_before_and_one_after(
    services: Services, town: Town, method: str, path: str, body: Any, action: str, about: str
) -> None:
    count = len(entries(services))
    town.desk.ask(method, path, body)
    begun, done = entries(services)[count:]
    assert (begun.action, begun.outcome, begun.begun) == (action, "begun", None)
    assert (done.action, done.outcome, done.begun) == (action, "done", begun.entry)
    assert begun.reason == {"letter_replaced": "lost", "shop_suspended": "closed"}.get(action, "")
    assert not about or begun.about == about
    # Of a pairing code it is known only then what it makes of a till.
    told = {"pairing_code_made": "shop=1 role=owner"}.get(action, about)
    assert not about or done.about == told


def test_removing_a_till_is_in_the_log(services: Services, town: Town) -> None:
    till = town.new_till(town.shops[0])
    town.desk.ask("DELETE", f"/shops/1/tills/{till.address}")
    assert last(services) == ("till_removed", f"shop=1 till={till.address}", "", "done")


def test_what_is_refused_is_in_the_log_with_the_reason(services: Services, town: Town) -> None:
    deposit = {"amountCents": 5, "paymentReference": "besluit 7"}
    with pytest.raises(Refused, match="payment_already_recorded"):
        town.desk.ask("POST", "/programmes/1/deposits", deposit)
    assert last(services) == ("deposit_recorded", "programme=1", "payment_already_recorded", "refused")


def test_what_only_reads_or_checks_is_not_in_the_log(services: Services, town: Town) -> None:
    count = len(entries(services))
    town.desk.ask("GET", "/programmes/1/report")
    town.desk.ask("GET", "/shops/1/tills")
    town.desk.ask("POST", "/household-lookups", {"programme": 1, "rowReference": "A-1"})
    town.desk.ask("POST", "/programmes/1/household-imports?dryRun=true&amountCents=100", MORE_HOUSEHOLDS)
    assert len(entries(services)) == count


def test_what_fails_is_in_the_log_and_what_breaks_off_stays_begun(services: Services, town: Town) -> None:
    by = Author(staff=1, name="Anna")
    for error, reason in ((ChainUnreachable(), "chain_unreachable"), (ValueError(), "internal_error")):
        with pytest.raises(type(error)), acting(services, by, Action.SHOP_ALLOWED, shop=1):
            raise error
        assert last(services) == ("shop_allowed", "shop=1", reason, "failed")
    services.registry.staff_log.begin(
        by=by, at=services.now(), action=Action.SHOP_REMOVED, about="shop=1", reason=""
    )
    (line, *_) = staff_log.list_lines(services, before=None, limit=1)
    assert (line.entry.action, line.outcome) == ("shop_removed", Outcome.BEGUN)
    assert verify(services).differences == ()


def test_an_entry_keeps_the_name_of_then(services: Services, town: Town) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE staff SET name = 'Anna de Wit' WHERE staff = 1"))
    sign_in(services, town.desk, name="Anna de Wit")
    names = [one.staff_name for one in entries(services) if one.staff == 1]
    assert names[0] == "Anna" and names[-1] == "Anna de Wit"
    assert verify(services).differences == ()


def test_the_log_holds_no_reference_account_or_code(services: Services, town: Town) -> None:
    code = town.desk.ask("POST", "/shops/1/pairing-codes")["pairingCode"]
    town.desk.ask("POST", "/programmes/1/household-imports?amountCents=100", MORE_HOUSEHOLDS)
    told = json.dumps([dataclasses.astuple(one)[:9] for one in entries(services)])
    letters = [letter["code"] for letter in town.letters]
    for secret in ("GEHEIM", "A-1", "NL90", "Jansen", "besluit", code, *letters):
        assert secret not in told


def test_what_is_done_to_members_and_passkeys_is_in_the_log(services: Services) -> None:
    anna = staff.sign_in(services, code=new_sign_in_code(services))
    link = members.invite(services, name="Bram", roles=[Role.ISSUER], by=anna).link
    bram = staff.sign_in(services, code=link.partition("#code=")[2])
    device = Authenticator()
    made = device.make(json.loads(passkeys.ask_to_add(services, session=bram)))
    passkeys.add(services, session=bram, credential=made, name="Laptop van Bram")
    passkeys.sign_in(services, credential=device.sign(json.loads(passkeys.ask_to_sign_in(services))))
    passkeys.remove(services, session=bram, passkey=1)
    members.change_roles(services, staff=bram.staff, roles=[Role.TREASURER, Role.AUDITOR], by=anna)
    members.renew_link(services, staff=bram.staff, by=anna)
    members.remove(services, staff=bram.staff, by=anna)
    assert [(one.staff, one.action, one.about, one.reason) for one in entries(services)[2:]] == [
        (1, "member_invited", "staff=2 roles=issuer", ""),
        (2, "signed_in", "staff=2", "link"),
        (2, "passkey_added", "staff=2 passkey=1", ""),
        (2, "signed_in", "staff=2", "passkey"),
        (2, "passkey_removed", "staff=2 passkey=1", ""),
        (1, "roles_changed", "staff=2 roles=auditor,treasurer", ""),
        (1, "link_renewed", "staff=2 roles=auditor,treasurer", ""),
        (1, "member_removed", "staff=2", ""),
    ]
    assert {one.outcome for one in entries(services)} == {"done"}
    assert verify(services).differences == ()


def test_what_is_refused_to_an_administrator_leaves_no_entry(services: Services) -> None:
    anna = staff.sign_in(services, code=new_sign_in_code(services))
    count = len(entries(services))
    with pytest.raises(MemberIsOneself):
        members.remove(services, staff=anna.staff, by=anna)
    with pytest.raises(StaffNameTaken):
        members.invite(services, name="Anna", roles=[Role.ISSUER], by=anna)
    assert len(entries(services)) == count


def test_every_action_has_its_words_in_both_languages() -> None:
    for language in LANGUAGES:
        texts = texts_in(language)
        for action in Action:
            assert texts(f"log.action.{action}")
        for outcome in Outcome:
            assert texts(f"log.outcome.{outcome}")


# ---------------------------------------------------------------- once a day


def test_a_day_that_is_over_is_put_on_record_once(services: Services, chain: TesterChain, town: Town) -> None:
    assert anchor_due(services) is None, "the day is not over"
    chain.travel_to(services.now() + DAY)
    made = anchor_due(services)
    assert made is not None and made.entry == 12
    assert anchor_due(services) is None
    chain.travel_to(services.now() + DAY)
    assert anchor_due(services) is None, "nobody did anything"
    sign_in(services, town.desk)
    assert anchor_due(services) is None
    chain.travel_to(services.now() + DAY)
    again = anchor_due(services)
    assert again is not None and again.entry == 14
    assert verify(services).anchor_count == 2


def test_what_was_put_on_record_twice_does_no_harm(services: Services, town: Town) -> None:
    assert anchor(services) is not None
    with connect(services.settings.registry_address) as connection:
        _run(connection, "DELETE FROM staff_log_anchor")
    assert anchor(services) is not None
    assert verify(services).anchor_count == 2
    assert verify(services).differences == ()


def test_nothing_is_put_on_record_when_nobody_did_anything(services: Services) -> None:
    assert anchor(services) is None
    assert verify(services).differences == ()


def test_a_running_server_puts_a_day_on_record_by_itself(
    services: Services, town: Town, chain: TesterChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_log, "LOOK_AGAIN_SECONDS", 0.01)
    anchorer = staff_log.anchorer(services)
    anchorer.start()
    assert staff_log.last_anchor(services) is None
    chain.travel_to(services.now() + DAY)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while staff_log.last_anchor(services) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    anchorer.stop()
    assert verify(services).anchored == 12


# ---------------------------------------------------------------- the commands


def _run_command(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kindpakket", command, "--data-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment_of(folder),
    )


def test_the_commands_put_the_log_on_record_and_verify_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with open_services(settings_in(folder), follow=False) as services:
        staff.sign_in(services, code=new_sign_in_code(services))
        with acting(services, COMMAND_LINE, Action.HEAD_PUBLISHED):
            pass
        address = services.settings.registry_address
    anchored = _run_command(folder, "anchor-staff-log")
    assert anchored.stdout.startswith("On record up to entry 4, since block "), anchored.stderr
    right = _run_command(folder, "verify-staff-log")
    assert right.stdout == "4 entries; on record 1 times, up to entry 4: all is right.\n", right.stderr
    assert right.returncode == 0
    with connect(address) as connection:
        _run(connection, "UPDATE staff_log SET staff_name = 'Bram' WHERE entry = 2")
    wrong = _run_command(folder, "verify-staff-log")
    assert wrong.returncode == 1
    assert "entry 2 was changed: its hash is of another text" in wrong.stderr
    assert wrong.stdout == "4 entries; on record 1 times, up to entry 4: NOT RIGHT.\n"


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
