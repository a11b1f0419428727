# SPDX-License-Identifier: EUPL-1.2
"""A file for the bank that was changed after the approval does not leave.

Given a file that may leave
  when its bytes are changed in the database: refused, loudly
  when its hash is changed along with them: refused, for the chain has another
  when it is made to point at another block: refused
  when a run is made to look settled, or a payment to be of more: refused
Given a prepared run of which a payment was made larger or smaller in the database
  it is not approved: the page shows its settlements, and the file would pay another amount
Given books that are verified
  a payment of another amount than its settlements is named, and so is a settlement of another amount than the chain's
  so are a payout to a shop that the register does not know, and a settlement that the chain does not
Given bytes that were changed before their hash was on the chain: nothing is settled
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from kindpakket import payout_runs, unfinished
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import NotFound, PayoutAccountMissing, PayoutFileAltered, PayoutFileNotReady
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import Town

from .bank import entry, payments_in, statement
from .conftest import BICYCLES, Shopping, approve_again
from .test_runs import approve_and_die

MULE = b"NL02ABNA0123456789"


@pytest.fixture
def run(services: Services, town: Town, earned: Shopping, anna: int, bram: int) -> int:
    """A run whose file may leave."""
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    payout_runs.file_of(services, run=run, file=1)
    return run


def tampered(services: Services, run: int) -> bytes:
    """The file with a thief's account in it, still valid by the schema."""
    content = services.registry.payout_runs.content(run, 1)
    stolen = content.replace(b"NL90INGB0009000000", MULE)
    assert payments_in(stolen)[0].iban == MULE.decode()
    return stolen


def change(services: Services, statement: str, **values: object) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text(statement), values)


def refusal_of(services: Services, run: int) -> str:
    with capture_logs() as logs, pytest.raises(PayoutFileAltered) as refused:
        payout_runs.file_of(services, run=run, file=1)
    assert [one["log_level"] for one in logs if one["event"] == "payout_file_altered"] == ["error"]
    return str(refused.value)


def test_bytes_that_were_changed_do_not_leave(services: Services, run: int) -> None:
    change(services, "UPDATE payout_file SET content = :content", content=tampered(services, run))
    assert "its bytes have another hash" in refusal_of(services, run)


def test_bytes_that_were_changed_with_their_hash_do_not_leave(services: Services, run: int) -> None:
    content = tampered(services, run)
    change(
        services,
        "UPDATE payout_file SET content = :content, sha256 = :sha256",
        content=content,
        sha256=hashlib.sha256(content).digest(),
    )
    assert "its hash is not on the chain" in refusal_of(services, run)


def test_a_hash_that_another_role_put_on_the_chain_does_not_count(services: Services, run: int) -> None:
    content = tampered(services, run)
    sha256 = hashlib.sha256(content).digest()
    call = fund_calls.anchor(hash=sha256)
    block = services.fund.execute(call, sender=services.accounts.issuer).receipt.block
    change(
        services,
        "UPDATE payout_file SET content = :content, sha256 = :sha256, anchored_block = :block",
        content=content,
        sha256=sha256,
        block=block,
    )
    assert "its hash is not on the chain" in refusal_of(services, run)


def test_a_payment_that_was_made_larger_does_not_leave(services: Services, run: int) -> None:
    change(services, "UPDATE payout_payment SET amount_cents = amount_cents + 1 WHERE transfer = 2")
    assert f"the chain has another amount for KP-{run}-2" in refusal_of(services, run)


def test_a_run_that_was_made_to_look_settled_does_not_leave(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    approve_and_die(services, run, bram)
    found = services.registry.payout_runs.run(run)
    call = fund_calls.anchor(hash=found.files[0].sha256)
    block = services.fund.execute(call, sender=services.accounts.treasurer).receipt.block
    change(services, "UPDATE payout_file SET anchored_block = :block", block=block)
    change(services, "UPDATE payout_settlement SET block = :block", block=block)
    change(services, "UPDATE payout_run SET settled_at = 1, open = NULL")
    assert f"the chain has another amount for KP-{run}-1" in refusal_of(services, run)


@pytest.mark.parametrize("by", ["+ 1", "- 1"])
def test_a_prepared_run_of_which_a_payment_was_changed_is_not_approved(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int, by: str
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    change(services, f"UPDATE payout_payment SET amount_cents = amount_cents {by} WHERE transfer = 2")
    head = services.chain.head().number
    with pytest.raises(PayoutFileAltered, match=f"payment KP-{run}-2-1 has another amount"):
        payout_runs.approve(services, run=run, staff=bram)
    found = services.registry.payout_runs.run(run)
    assert (found.state, found.files, services.chain.head().number) == ("prepared", (), head)
    payment = found.transfers[1].newest
    assert payout_runs.verify(services) == [
        f"payment KP-{run}-2-1 is of {payment.amount_cents} cents, its settlements of 1200"
    ]


def test_a_payment_that_was_changed_is_not_made_again(
    services: Services, run: int, anna: int, bram: int
) -> None:
    back = statement(entry(f"KP-{run}-2-1", "12.00", returned="AC04"))
    payout_runs.import_statement(services, content=back, staff=anna)
    payout_runs.propose_again(services, run=run, transfer=2, name="Sport", iban=MULE.decode(), staff=anna)
    change(services, "UPDATE payout_payment SET amount_cents = 1201 WHERE state = 'proposed'")
    with pytest.raises(PayoutFileAltered, match=f"payment KP-{run}-2-2 has another amount"):
        approve_again(services, run=run, staff=bram)
    assert len(services.registry.payout_runs.run(run).files) == 1


def test_verify_finds_nothing_in_books_that_are_right(services: Services, run: int) -> None:
    assert payout_runs.verify(services) == []


def test_verify_names_a_settlement_of_another_amount_than_the_chain_has(
    services: Services, town: Town, run: int
) -> None:
    for changed in ("payout_payment SET amount_cents = 1201", "payout_settlement SET amount_cents = 1201"):
        change(services, f"UPDATE {changed} WHERE transfer = 2")
    block = services.registry.payout_runs.run(run).transfers[1].settlements[0].block
    told = f"block {block} has 1200 cents paid out to shop {town.shops[1]}, which payout {run} knows as 1201 cents"
    assert told in payout_runs.verify(services)


def test_verify_names_a_settlement_that_the_chain_does_not_know(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    change(services, "UPDATE payout_settlement SET block = 1 WHERE transfer = 1")
    assert payout_runs.verify(services) == [
        f"payout {run} has 3745 cents settled with shop {town.shops[0]}, which the chain does not know"
    ]


def test_verify_names_a_payout_to_a_shop_that_the_register_does_not_know(
    services: Services, town: Town, earned: Shopping, run: int
) -> None:
    manager, till = services.accounts.shop_manager, earned.tills[town.shops[0]].address
    for call in (
        fund_calls.allow_shop(programme=town.programme, shop=77, categories=1 << BICYCLES),
        fund_calls.remove_till(till=till),
        fund_calls.add_till(shop=77, till=till),
    ):
        services.fund.execute(call, sender=manager)
    earned.pay(town.shops[0], 250)
    call = fund_calls.settle(
        programme=town.programme, shop=77, amount_cents=250, payment_reference=b"\x07" * 32
    )
    block = services.fund.execute(call, sender=services.accounts.treasurer).receipt.block
    assert payout_runs.verify(services) == [
        f"block {block} has 250 cents paid out to shop 77, which no payout knows"
    ]


def test_nothing_is_settled_for_bytes_that_were_changed_before_the_chain_had_their_hash(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    approve_and_die(services, run, bram)
    change(services, "UPDATE payout_file SET content = :content", content=tampered(services, run))
    head = services.chain.head().number
    again = open_services()
    assert not unfinished.finish(again)
    assert again.chain.head().number == head
    with pytest.raises(PayoutFileNotReady):
        payout_runs.file_of(again, run=run, file=1)


def test_a_file_that_is_not_there_is_not_found(services: Services, run: int) -> None:
    with pytest.raises(NotFound):
        payout_runs.file_of(services, run=run, file=2)


def test_nothing_is_approved_when_no_account_pays_any_more(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    services.settings.payout_iban = ""
    with pytest.raises(PayoutAccountMissing):
        payout_runs.approve(services, run=run, staff=bram)
    assert services.registry.payout_runs.run(run).state == "prepared"
