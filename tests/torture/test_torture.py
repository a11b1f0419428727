# SPDX-License-Identifier: EUPL-1.2
"""Five rounds of `scripts/torture`, one of each disaster; and what it would find if something were lost or doubled.

Given an installation on which clients act without pause
  when server, chain, database, disk and clock are struck in turn
  then nothing is lost, nothing is doubled, and all books and notes agree
Given such an installation, at rest
  when the notes claim a payment that there is not, it is found as lost
  when the notes do not know the outcome of what was sent, it is found
  when something is booked behind the notes, so that it is there twice, it is found
  when the ledger holds a payment twice, it is found as doubled
  when a file is left behind, it is found
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select

from kindpakket.ledger import tables
from torture_lib.desk import StaffCaller
from torture_lib.faults import FAULTS, Fault
from torture_lib.notes import read_notes
from torture_lib.report import lines_of
from torture_lib.rounds import Site, Torture, play_round, site_in, torture

SEED = 2017
NO_PAYMENT = f"0x{'ab' * 32}"


def test_five_rounds_with_one_of_each_disaster_lose_nothing_and_double_nothing() -> None:
    outcome = torture(Torture(seed=SEED, rounds=len(FAULTS), faults=[[fault] for fault in FAULTS]))
    report = "\n".join(lines_of(outcome))
    assert not outcome.differences, report
    assert (outcome.rounds, outcome.lost, outcome.doubled) == (5, 0, 0)
    assert outcome.kills == dict.fromkeys(FAULTS, 1)
    assert all(outcome.actions[kind]["done"] for kind in ("redeem", "refund", "issue", "settle")), report
    assert "redemptions          lost 0, doubled 0" in report
    assert not outcome.folder.exists()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation after a round in which nothing struck."""
    folder = tmp_path_factory.mktemp("torture")
    with site_in(folder, Torture(seed=SEED, rounds=1, disk="limit")) as site:
        nothing: list[Fault] = []
        play_round(site, nothing, moment_seconds=1)
        assert site.check().differences == site.stage.differences == []
        yield site
    shutil.rmtree(folder)


def test_a_payment_that_the_notes_claim_and_that_does_not_exist_is_found_as_lost(site: Site) -> None:
    before = site.check()
    book = site.stage.notes.notebook("liar")
    book.sends("a payment", "redeem", [(NO_PAYMENT, 1, site.town.shops[0], 100)])
    book.was_told("a payment", "done")
    book.close()
    after = site.check()
    assert after.lost == before.lost + 1
    new = set(after.differences) - set(before.differences)
    for where in ("the chain", "the ledger"):
        assert any(one.startswith(f"{where} lacks: redeem ('{NO_PAYMENT}'") for one in new), new
    assert any("voucher 1 has" in one for one in new), new


def test_what_was_sent_and_never_answered_is_found(site: Site) -> None:
    book = site.stage.notes.notebook("silent")
    book.sends("a silent order", "deposit", [(1, 5)])
    assert "nobody was told what became of: a silent order" in site.check().differences
    book.was_told("a silent order", "refused")
    book.close()
    assert read_notes(site.stage.notes.folder) == site.stage.notes.deeds


def test_what_is_done_twice_where_the_notes_know_it_once_is_found(site: Site) -> None:
    before = site.check()
    (cents, kind) = (123, "deposit")
    book = site.stage.notes.notebook("double")
    caller = StaffCaller(site.stage, "Daan", site.settings)
    book.sends("once", kind, [(site.town.programme, cents)])
    for reference in ("once", "twice"):
        order = {"amountCents": cents, "paymentReference": reference}
        caller.ask("POST", f"/programmes/{site.town.programme}/deposits", order)
    book.was_told("once", "done")
    book.close()
    caller.close()
    new = set(site.check().differences) - set(before.differences)
    assert new == {f"the chain has too often: deposit ({site.town.programme}, {cents}) (1)"}


def test_a_payment_that_the_ledger_holds_twice_is_found_as_doubled(site: Site) -> None:
    before = site.check()
    engine = create_engine(site.settings.ledger_address)
    with engine.begin() as connection:
        paid = dict(connection.execute(select(tables.redemption)).mappings().all()[0])
        connection.execute(insert(tables.redemption).values(paid | {"number": 255, "log_index": 999}))
    engine.dispose()
    after = site.check()
    assert after.doubled == before.doubled + 1
    new = set(after.differences) - set(before.differences)
    assert any(one.startswith("the ledger has too often: redeem") for one in new), new
    assert any(": ledger: redemption" in one for one in new), "the server's own inspection finds it, too"


def test_a_file_that_is_left_behind_is_found(site: Site) -> None:
    left = Path(site.server.temporary) / "half"
    left.touch()
    assert f"left behind: {left}" in site.check().differences
    left.unlink()
