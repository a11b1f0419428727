# SPDX-License-Identifier: EUPL-1.2
"""A file for the bank that was changed after the approval does not leave.

Given a file that may leave
  when its bytes are changed in the database: refused, loudly
  when its hash is changed along with them: refused, for the chain has another
  when it is made to point at another block: refused
  when a run is made to look settled, or a payment to be of more: refused
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

from .bank import payments_in
from .conftest import Shopping
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
