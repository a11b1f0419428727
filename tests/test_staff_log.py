# SPDX-License-Identifier: EUPL-1.2
"""The log of staff: what they do stands in it before it is done, and who tampers with it is caught.

Given a member of staff, at the desk or over the API
  when they do anything that changes something: there is an entry with who, what, about what, and what became of it
  when it is refused or fails: that is there too, with why
  when the server breaks off in between: it stays there as begun
  when their name changes later: the entry keeps the one of then
  no entry holds a name of a family's, a reference, an account or a code
Given a log that is on record on the chain
  when nothing was touched: it verifies, also with entries that came later
  when an entry is changed, deleted, put in, or changes places, or the tail is cut off: that is told
  when the whole log was written anew with hashes that fit: that is told
  when the chain does not have what was put on record: that is told
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from kindpakket import members, passkeys, staff, staff_log
from kindpakket.chain import fund as fund_calls
from kindpakket.chain.tester import TesterChain
from kindpakket.console.texts import LANGUAGES, texts_in
from kindpakket.demo.api_client import Refused
from kindpakket.errors import ChainUnreachable, MemberIsOneself, StaffNameTaken
from kindpakket.main import ROOT, open_services
from kindpakket.registry import staff_tables
from kindpakket.registry.staff_log import NOTHING_BEFORE, Action, Author, Entry, Outcome
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.staff import Role
from kindpakket.staff_log import COMMAND_LINE, acting, anchor, anchor_due, verify
from tests.console.authenticator import Authenticator
from tests.ledger.databases import connect
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
    assert not about or begun.about == done.about == about


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


# ---------------------------------------------------------------- who tampers is caught


@pytest.fixture
def anchored(services: Services, town: Town) -> Services:
    """A log of some entries, all on record, and a few more that are not yet."""
    assert anchor(services) is not None
    town.desk.ask("POST", "/shops/1/pairing-codes")
    return services


@pytest.fixture
def registry(anchored: Services) -> Iterator[Callable[[Callable[[Connection], None]], list[str]]]:
    """Tampers with the registry, and returns what the check then tells."""

    def tamper(change: Callable[[Connection], None]) -> list[str]:
        with connect(anchored.settings.registry_address) as connection:
            change(connection)
        return list(verify(anchored).differences)

    return tamper


Tampers = Callable[[Callable[[Connection], None]], list[str]]


def rewrite(connection: Connection, change: Callable[[list[Entry]], list[Entry]]) -> None:
    """Write the whole log anew after a change, numbered and with hashes that fit, as only its owner could."""
    table = staff_tables.staff_log
    kept = [Entry(**row._mapping) for row in connection.execute(select(table).order_by(table.c.entry))]
    connection.execute(delete(table))
    hash_before, moved = NOTHING_BEFORE, {}
    for number, one in enumerate(change(kept), start=1):
        moved[one.entry] = number
        begun = None if one.begun is None else moved[one.begun]
        new = dataclasses.replace(one, entry=number, begun=begun, previous_hash=hash_before)
        hash_before = new.own_hash()
        connection.execute(insert(table).values(dataclasses.asdict(new) | {"hash": hash_before}))


def test_a_log_that_nobody_touched_is_right(anchored: Services) -> None:
    verdict = verify(anchored)
    assert verdict.differences == ()
    assert (verdict.entry_count, verdict.anchored, verdict.anchor_count) == (14, 12, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"at": 5},
        {"staff": None},
        {"staff_name": "Bram"},
        {"action": "shop_allowed"},
        {"about": "programme=2"},
        {"reason": "lost"},
        {"outcome": "failed"},
        {"begun": None},
        {"previous_hash": b"x" * 32},
        {"hash": b"x" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_is_told(registry: Tampers, change: dict[str, Any]) -> None:
    table = staff_tables.staff_log

    def tamper(connection: Connection) -> None:
        connection.execute(update(table).where(table.c.entry == 8).values(**change))

    told = registry(tamper)
    assert any(line.startswith("entry 8 ") for line in told), told


def test_a_changed_entry_with_its_own_hash_mended_is_told_by_the_next_one(registry: Tampers) -> None:
    table = staff_tables.staff_log

    def tamper(connection: Connection) -> None:
        row = connection.execute(select(table).where(table.c.entry == 5)).one()
        changed = dataclasses.replace(Entry(**row._mapping), staff_name="Bram")
        connection.execute(
            update(table).where(table.c.entry == 5).values(staff_name="Bram", hash=changed.own_hash())
        )

    assert registry(tamper) == ["entry 6 does not hold the hash of the entry before it"]


def test_a_deleted_entry_is_told(registry: Tampers) -> None:
    told = registry(lambda connection: _run(connection, "DELETE FROM staff_log WHERE entry = 6"))
    assert told == ["entry 7 follows entry 5", "entry 7 does not hold the hash of the entry before it"]


def test_an_entry_that_was_put_in_is_told(registry: Tampers) -> None:
    def tamper(connection: Connection) -> None:
        forged = Entry(15, 5, 1, "Anna", "shop_removed", "shop=1", "", "done", None, b"x" * 32, b"")
        connection.execute(
            insert(staff_tables.staff_log).values(dataclasses.asdict(forged) | {"hash": forged.own_hash()})
        )

    assert registry(tamper) == ["entry 15 does not hold the hash of the entry before it"]


def test_entries_that_changed_places_are_told(registry: Tampers) -> None:
    def tamper(connection: Connection) -> None:
        for old, new in ((3, 99), (5, 3), (99, 5)):
            _run(connection, f"UPDATE staff_log SET entry = {new} WHERE entry = {old}")

    told = registry(tamper)
    assert "entry 3 was changed: its hash is of another text" in told
    assert "entry 5 was changed: its hash is of another text" in told


def test_an_unknown_action_or_an_outcome_of_nothing_is_told(registry: Tampers) -> None:
    def tamper(connection: Connection) -> None:
        rewrite(
            connection,
            lambda log: [
                *log,
                dataclasses.replace(log[0], entry=15, action="dance"),
                dataclasses.replace(log[0], entry=16, begun=1),
            ],
        )

    assert registry(tamper) == [
        "entry 15 is of an action that there is not: dance",
        "entry 16 is the outcome of nothing that was begun",
    ]


@pytest.mark.parametrize("kept", [11, 4, 0])
def test_a_tail_that_was_cut_off_is_told(registry: Tampers, kept: int) -> None:
    told = registry(lambda connection: _run(connection, f"DELETE FROM staff_log WHERE entry > {kept}"))
    assert any("is no entry of the log" in line for line in told), told
    assert any("entry 12 was put on record" in line for line in told), told


REWRITES: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "changed": lambda log: [dataclasses.replace(one, staff_name="Bram") for one in log],
    "deleted": lambda log: [*log[:2], *log[4:]],
    "put in": lambda log: [log[0], dataclasses.replace(log[0], entry=99), *log[1:]],
    "changed places": lambda log: [log[1], log[0], *log[2:]],
    "cut off": lambda log: log[:-4],
}


@pytest.mark.parametrize("change", REWRITES.values(), ids=REWRITES)
def test_a_log_that_was_written_anew_is_told(
    registry: Tampers, change: Callable[[list[Entry]], list[Entry]]
) -> None:
    told = registry(lambda connection: rewrite(connection, change))
    assert len(told) == 2, told
    assert "is no entry of the log: entries were changed or cut off" in told[0]
    assert told[1].startswith("entry 12 was put on record in block ")


def test_an_anchor_that_the_chain_does_not_have_is_told(registry: Tampers) -> None:
    told = registry(lambda connection: _run(connection, "INSERT INTO staff_log_anchor VALUES (14, 99, 5)"))
    assert told == ["entry 14 was put on record in block 99, and the chain does not have it"]


def test_what_another_role_put_on_record_is_not_of_the_log(services: Services, town: Town) -> None:
    """A payout's file is on record too, by the treasurer."""
    assert anchor(services) is not None
    call = fund_calls.anchor(hash=b"\x12" * 32)
    services.fund.execute(call, sender=services.accounts.treasurer)
    assert verify(services).differences == ()
    services.fund.execute(call, sender=services.accounts.issuer)
    assert any("is no entry of the log" in line for line in verify(services).differences)


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
    )


def test_the_commands_put_the_log_on_record_and_verify_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with open_services(Settings(data_dir=folder), follow=False) as services:
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
