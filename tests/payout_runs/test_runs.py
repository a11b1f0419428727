# SPDX-License-Identifier: EUPL-1.2
"""A payout run from what is owed to the file for the bank.

Given shops that earned, gave back, or are owed less than nothing
  when a run is prepared: one transfer a merchant, refunds taken off; the others are listed as left out
  the amounts stay as they are, whatever is paid later
Given an open run
  nobody prepares another; a cancelled one is let go of, an approved one is not
  the one who prepared it does not approve it
Given an approved run
  each settlement is on the chain once, under a reference that anyone can recompute from the file
  what a shop gave back meanwhile is left out, and another file takes the place of the first
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket import payout_runs, unfinished
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import (
    ChainMismatch,
    NothingOwed,
    PayoutAccountMissing,
    PayoutFileNotReady,
    PayoutRunDecided,
    PayoutRunOpen,
    PayoutRunOutdated,
    PayoutRunUnknown,
    ProgrammeUnknown,
    SamePerson,
)
from kindpakket.events import Anchored, Settled
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.staff import ALL_ROLES
from tests.ledger.databases import connect
from tests.support import Town

from .bank import OUR_IBAN, payments_in
from .conftest import Shopping

APPROVE_AGAIN = partial(payout_runs.approve_again, payments=())


def events_of(services: Services, kind: type) -> list[Any]:
    events = services.fund.events(0, services.chain.head().number)
    return [event for _, event in events if isinstance(event, kind)]


def one_owner(services: Services) -> None:
    """Let both shops be one merchant's, as shops are that give the same IBAN."""
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE shop SET merchant = (SELECT min(merchant) FROM merchant)"))


# ---------------------------------------------------------------- prepare


def test_a_run_has_a_transfer_for_each_merchant_with_refunds_taken_off(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    run = payout_runs.prepare(services, programme=town.programme, staff=anna)
    assert (run.state, run.programme, run.amount_cents) == ("prepared", town.programme, 4945)
    assert [(one.newest.name, one.newest.iban, one.amount_cents) for one in run.transfers] == [
        ("Fietsen Jansen", "NL90INGB0009000000", 3745),
        ("Sport en Spel", "NL95INGB0009000007", 1200),
    ]
    assert run.left_out == ()


def test_shops_of_one_merchant_make_one_transfer_with_a_settlement_each(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    one_owner(services)
    run = payout_runs.prepare(services, programme=None, staff=anna)
    (transfer,) = run.transfers
    assert transfer.amount_cents == 4945
    assert [(one.programme, one.shop, one.amount_cents) for one in transfer.settlements] == [
        (town.programme, town.shops[0], 3745),
        (town.programme, town.shops[1], 1200),
    ]
    payout_runs.approve(services, run=run.run, staff=bram)
    (payment,) = payments_in(payout_runs.file_of(services, run=run.run, file=1).content)
    assert payment.cents == 4945


def test_what_a_merchant_is_owed_by_several_programmes_is_one_transfer(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    terms = {
        "name": "Tweede regeling",
        "startsOn": "2020-01-01",
        "endsOn": "2030-12-31",
        "categories": [2, 3],
        "maxRedemptionCents": 30_000,
        "policyText": "Nog een.",
    }
    second = town.desk.ask("POST", "/programmes", terms)["programme"]
    town.desk.ask("POST", f"/programmes/{second}/deposits", {"amountCents": 50_000, "paymentReference": "b"})
    town.desk.ask("PUT", f"/programmes/{second}/shops/{town.shops[0]}", {"categories": [3]})
    path = f"/programmes/{second}/household-imports?amountCents=5000"
    batch = town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")["batch"]
    letter = town.desk.ask("POST", f"/letter-batches/{batch}/disclosures")["letters"][0]
    Shopping(town, town.new_phone(letter), earned.tills).pay(town.shops[0], 500)

    run = payout_runs.prepare(services, programme=None, staff=anna)
    bicycles = run.transfers[0]
    assert [(one.programme, one.amount_cents) for one in bicycles.settlements] == [
        (town.programme, 3745),
        (second, 500),
    ]
    payout_runs.approve(services, run=run.run, staff=bram)
    assert sorted((one.programme, one.amount_cents) for one in events_of(services, Settled)) == [
        (town.programme, 1200),
        (town.programme, 3745),
        (second, 500),
    ]


def test_a_shop_that_is_owed_nothing_or_less_is_left_out_and_listed(
    services: Services, town: Town, shopping: Shopping, anna: int, bram: int
) -> None:
    bicycles, sports = town.shops
    first, second = shopping.pay(bicycles, 1000), shopping.pay(sports, 500)
    run = payout_runs.prepare(services, programme=None, staff=anna)
    payout_runs.approve(services, run=run.run, staff=bram)
    shopping.give_back(bicycles, first, 400, of=1000)
    with pytest.raises(NothingOwed):
        payout_runs.prepare(services, programme=None, staff=anna)
    shopping.pay(sports, 70)
    run = payout_runs.prepare(services, programme=None, staff=anna)
    assert [(one.shop, one.owed_cents) for one in run.left_out] == [(bicycles, -400)]
    assert [one.amount_cents for one in run.transfers] == [70]
    shopping.give_back(sports, second, 500, of=500)
    found = payout_runs.outline(services, programme=None)
    assert [(one.shop, one.owed_cents) for one in found.left_out] == [(bicycles, -400), (sports, -430)]


def test_a_shop_that_the_register_does_not_know_is_left_out_and_listed(
    services: Services, town: Town, earned: Shopping
) -> None:
    call = fund_calls.allow_shop(programme=town.programme, shop=77, categories=8)
    services.fund.execute(call, sender=services.accounts.shop_manager)
    till = earned.tills[town.shops[0]]
    services.fund.execute(fund_calls.remove_till(till=till.address), sender=services.accounts.shop_manager)
    services.fund.execute(
        fund_calls.add_till(shop=77, till=till.address), sender=services.accounts.shop_manager
    )
    earned.pay(town.shops[0], 250)
    found = payout_runs.outline(services, programme=None)
    assert [(one.shop, one.owed_cents) for one in found.left_out] == [(77, 250)]


def test_the_amounts_of_a_run_stay_as_they_are(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna)
    earned.pay(town.shops[0], 999)
    approved = payout_runs.approve(services, run=run.run, staff=bram)
    assert approved.amount_cents == 4945
    following = payout_runs.prepare(services, programme=None, staff=anna)
    assert [one.amount_cents for one in following.transfers] == [999]


def test_nothing_is_prepared_without_an_account_that_pays(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    services.settings.payout_iban = ""
    with pytest.raises(PayoutAccountMissing):
        payout_runs.prepare(services, programme=None, staff=anna)


def test_a_programme_that_is_not_there_is_refused(services: Services, town: Town, anna: int) -> None:
    with pytest.raises(ProgrammeUnknown):
        payout_runs.prepare(services, programme=9, staff=anna)


def test_nothing_is_prepared_when_ledger_and_contract_differ(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    services.follower.catch_up()
    with connect(services.settings.ledger_address) as connection:
        connection.execute(text("UPDATE shop_programme SET redeemed_cents = redeemed_cents + 1"))
    with pytest.raises(ChainMismatch, match="does not agree with the contract on shop"):
        payout_runs.prepare(services, programme=None, staff=anna)
    assert services.registry.payout_runs.runs() == []


# ---------------------------------------------------------------- one open run, four eyes


def test_only_one_run_is_open_at_a_time(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=town.programme, staff=anna)
    with pytest.raises(PayoutRunOpen) as refused:
        payout_runs.prepare(services, programme=None, staff=bram)
    assert refused.value.run == run.run
    payout_runs.cancel(services, run=run.run, staff=anna)
    again = payout_runs.prepare(services, programme=None, staff=anna)
    assert again.amount_cents == run.amount_cents, "its money is free again"


def test_a_cancelled_run_is_not_approved_and_an_approved_one_is_not_cancelled(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.cancel(services, run=run, staff=bram)
    for refused in (payout_runs.approve, payout_runs.cancel, APPROVE_AGAIN):
        with pytest.raises(PayoutRunDecided):
            refused(services, run=run, staff=bram)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    for refused in (payout_runs.approve, payout_runs.cancel, APPROVE_AGAIN):
        with pytest.raises(PayoutRunDecided):
            refused(services, run=run, staff=bram)
    assert len(events_of(services, Settled)) == 2


def test_the_one_who_prepared_a_run_does_not_approve_it(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    with pytest.raises(SamePerson):
        payout_runs.approve(services, run=run, staff=anna)
    with pytest.raises(SamePerson):
        services.registry.payout_runs.approve(run, staff=anna, at=1, content=b"x")
    assert events_of(services, Settled) == []
    with (
        pytest.raises(IntegrityError, match="four_eyes"),
        connect(services.settings.registry_address) as connection,
    ):
        connection.execute(text("UPDATE payout_run SET approved_by = prepared_by, approved_at = 1"))


def test_a_run_that_is_not_there_is_refused(services: Services, town: Town, anna: int) -> None:
    for refused in (payout_runs.approve, payout_runs.cancel, APPROVE_AGAIN):
        with pytest.raises(PayoutRunUnknown):
            refused(services, run=9, staff=anna)
    with pytest.raises(PayoutRunUnknown):
        payout_runs.file_of(services, run=9, file=1)


# ---------------------------------------------------------------- approve


def test_an_approved_run_is_on_the_chain_before_its_file_leaves(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    approved = payout_runs.approve(services, run=run, staff=bram)
    assert approved.state == "settled"
    file = payout_runs.file_of(services, run=run, file=1)
    assert hashlib.sha256(file.content).digest() == file.sha256 == approved.files[0].sha256
    assert file.name == f"KP-{run}-F1.xml"
    assert file == payout_runs.file_of(services, run=run, file=1), "the same bytes each time"
    assert [one.hash for one in events_of(services, Anchored)] == [file.sha256]
    assert [(one.end_to_end_id, one.name, one.iban, one.amount) for one in payments_in(file.content)] == [
        (f"KP-{run}-1-1", "Fietsen Jansen", "NL90INGB0009000000", "37.45"),
        (f"KP-{run}-2-1", "Sport en Spel", "NL95INGB0009000007", "12.00"),
    ]


def test_whoever_has_the_file_can_recompute_what_is_on_the_chain(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    settled = {one.payment_reference: one for one in events_of(services, Settled)}
    assert len(settled) == 2
    for payment in payments_in(payout_runs.file_of(services, run=run, file=1).content):
        transfer = payment.end_to_end_id.rpartition("-")[0]
        assert transfer in payment.description, "the shop reads it on its own statement"
        total_cents = 0
        for event in settled.values():
            name = f"{transfer}/{event.programme}/{event.shop}"
            if hashlib.sha256(name.encode()).digest() == event.payment_reference:
                total_cents += event.amount_cents
        assert total_cents == payment.cents


def test_a_run_that_two_approve_at_once_is_approved_once(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    others = [
        bram,
        *(services.registry.staff.ensure_member(name, roles=ALL_ROLES) for name in ("Cor", "Dien")),
    ]
    start = threading.Barrier(len(others))

    def approve(staff: int) -> bool:
        start.wait()
        try:
            payout_runs.approve(services, run=run, staff=staff)
        except PayoutRunDecided:
            return False
        return True

    with ThreadPoolExecutor(len(others)) as threads:
        assert sorted(threads.map(approve, others)) == [False, False, True]
    assert len(events_of(services, Settled)) == 2
    assert len(services.registry.payout_runs.run(run).files) == 1


def test_a_run_is_refused_when_a_shop_is_owed_less_by_now(
    services: Services, town: Town, shopping: Shopping, anna: int, bram: int
) -> None:
    payment = shopping.pay(town.shops[0], 1000)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    shopping.give_back(town.shops[0], payment, 1, of=1000)
    with pytest.raises(PayoutRunOutdated) as refused:
        payout_runs.approve(services, run=run, staff=bram)
    assert refused.value.shop == town.shops[0]
    payout_runs.cancel(services, run=run, staff=bram)
    assert payout_runs.prepare(services, programme=None, staff=anna).amount_cents == 999


def approve_and_die(services: Services, run: int, staff: int) -> None:
    """Approve in the registry only, as a process does that is killed right then."""
    found = services.registry.payout_runs.run(run)
    at = services.now()
    content = payout_runs.files.write_file(services, found, found.proposed, file=1, at=at)
    services.registry.payout_runs.approve(run, staff=staff, at=at, content=content)


def test_what_was_given_back_after_the_approval_is_left_out_of_another_file(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    shopping: Shopping,
    anna: int,
    bram: int,
) -> None:
    bicycles, sports = town.shops
    payment = shopping.pay(bicycles, 1000)
    shopping.pay(sports, 700)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    approve_and_die(services, run, bram)
    shopping.give_back(bicycles, payment, 1, of=1000)
    with pytest.raises(PayoutFileNotReady):
        payout_runs.file_of(services, run=run, file=1)

    again = open_services()
    assert unfinished.finish(again)
    found = again.registry.payout_runs.run(run)
    assert (found.state, found.amount_cents) == ("settled", 700)
    assert [one.state for one in found.transfers] == ["withdrawn", "sent"]
    file = payout_runs.file_of(again, run=run, file=2)
    assert [(one.end_to_end_id, one.amount) for one in payments_in(file.content)] == [
        (f"KP-{run}-2-2", "7.00")
    ]
    with pytest.raises(payout_runs.files.NotFound):
        payout_runs.file_of(again, run=run, file=1)
    assert payout_runs.prepare(again, programme=None, staff=anna).amount_cents == 999


def test_a_run_of_which_the_contract_refuses_everything_has_no_file_and_is_over(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    shopping: Shopping,
    anna: int,
    bram: int,
) -> None:
    payment = shopping.pay(town.shops[0], 1000)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    approve_and_die(services, run, bram)
    shopping.give_back(town.shops[0], payment, 1000, of=1000)
    again = open_services()
    assert unfinished.finish(again)
    found = again.registry.payout_runs.run(run)
    assert (found.state, found.amount_cents, found.live_files) == ("done", 0, ())
    assert events_of(again, Settled) == []


def test_a_settlement_of_another_registry_under_the_same_reference_is_not_taken_for_ours(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    reference = hashlib.sha256(f"KP-1-1/{town.programme}/{town.shops[0]}".encode()).digest()
    call = fund_calls.settle(
        programme=town.programme, shop=town.shops[0], amount_cents=100, payment_reference=reference
    )
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    assert run == 1
    # Had it been there before, the run would have another number.
    services.fund.execute(call, sender=services.accounts.treasurer)
    earned.pay(town.shops[0], 100)
    with pytest.raises(payout_runs.approving.PayoutUnfinished):
        payout_runs.approve(services, run=run, staff=bram)
    with pytest.raises(PayoutFileNotReady):
        payout_runs.file_of(services, run=run, file=1)
    assert not unfinished.finish(services)


def test_the_account_that_pays_is_checked_at_the_start() -> None:
    assert Settings(payout_iban="NL91 ABNA 0417 1643 00").payout_iban == OUR_IBAN
    with pytest.raises(ValueError, match="payout_iban"):
        Settings(payout_iban="NL91ABNA0417164301")
