# SPDX-License-Identifier: EUPL-1.2
"""Payout runs in the registry, on each kind of database: written whole, and only forward."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import PayoutRunDecided, PayoutRunOpen, SamePerson, TransferNotReturned
from kindpakket.registry.payout_payments import Booked, Returned
from kindpakket.registry.payout_rows import LeftOut, NewSettlement, NewTransfer, Run
from kindpakket.registry.shops import NewShop
from kindpakket.registry.store import Registry
from tests.ledger.databases import connect

CONTENT, AGAIN = b"<file/>", b"<again/>"
ROLES = ("treasurer", "approver")
STATEMENT = b"\x07" * 32


@pytest.fixture
def staff(registry: Registry) -> tuple[int, int]:
    """Who prepares and who approves."""
    return registry.staff.ensure_member("Anna", roles=ROLES), registry.staff.ensure_member(
        "Bram", roles=ROLES
    )


@pytest.fixture
def run(registry: Registry, staff: tuple[int, int]) -> int:
    """A prepared run of two transfers, the first of two settlements."""
    ibans = ("NL90INGB0009000000", "NL95INGB0009000007")
    shops = registry.shops.create_shops(
        [
            NewShop(
                line=2,
                name=f"Winkel {n}",
                categories=(1,),
                iban=ibans[n // 2],
                street="",
                town="",
                opening="",
            )
            for n in range(3)
        ],
        programme=1,
    )
    payees = registry.payout_runs.payees()
    assert [payees[shop].iban for shop in shops] == [ibans[0], ibans[0], ibans[1]]
    return registry.payout_runs.prepare(
        [
            NewTransfer(payees[shops[0]], tuple(NewSettlement(1, shop, 100) for shop in shops[:2])),
            NewTransfer(payees[shops[2]], (NewSettlement(1, shops[2], 50),)),
        ],
        [LeftOut(1, 99, -5)],
        programme=None,
        staff=staff[0],
        at=1000,
        block=9,
    )


def approved(registry: Registry, run: int, staff: int) -> Run:
    registry.payout_runs.approve(run, staff=staff, at=2000, content=CONTENT)
    return registry.payout_runs.run(run)


def test_a_run_is_read_as_it_was_written(registry: Registry, run: int, staff: tuple[int, int]) -> None:
    found = registry.payout_runs.run(run)
    assert (found.state, found.amount_cents, found.prepared_block) == ("prepared", 250, 9)
    assert [len(one.settlements) for one in found.transfers] == [2, 1]
    assert found.left_out == (LeftOut(1, 99, -5),)
    assert registry.payout_runs.runs() == [found]
    assert registry.payout_runs.unfinished() == []
    with pytest.raises(PayoutRunOpen):
        registry.payout_runs.prepare([], [], programme=None, staff=staff[0], at=1, block=1)


def test_approval_and_bytes_are_kept_together(registry: Registry, run: int, staff: tuple[int, int]) -> None:
    with pytest.raises(SamePerson):
        registry.payout_runs.approve(run, staff=staff[0], at=2000, content=CONTENT)
    assert registry.payout_runs.run(run).files == ()
    found = approved(registry, run, staff[1])
    (file,) = found.files
    assert (found.state, file.sha256, file.made_at) == ("approved", hashlib.sha256(CONTENT).digest(), 2000)
    assert registry.payout_runs.content(run, 1) == CONTENT
    assert [one.newest.state for one in found.transfers] == ["sent", "sent"]
    with pytest.raises(PayoutRunDecided):
        registry.payout_runs.cancel(run, staff=staff[1], at=3000)
    assert registry.payout_runs.unfinished() == [run]


def test_a_run_is_finished_when_all_of_it_is_on_the_chain(
    registry: Registry, run: int, staff: tuple[int, int]
) -> None:
    found = approved(registry, run, staff[1])
    registry.payout_runs.mark_on_chain({one.payment_reference: 12 for one in found.settlements})
    registry.payout_runs.finish(run, at=3000)
    assert registry.payout_runs.unfinished() == [run], "its file is not on the chain"
    found = registry.payout_runs.run(run)
    assert not found.can_leave(found.files[0])
    registry.payout_runs.mark_anchored(run, 1, block=13)
    found = registry.payout_runs.run(run)
    assert (found.state, found.can_leave(found.files[0])) == ("settled", True)
    assert registry.payout_runs.unfinished() == []


def test_a_replaced_file_pays_what_was_settled(registry: Registry, run: int, staff: tuple[int, int]) -> None:
    first, second, third = approved(registry, run, staff[1]).settlements
    registry.payout_runs.mark_on_chain({first.payment_reference: 12})
    for refused in (second, third):
        registry.payout_runs.mark_refused(refused.payment_reference, at=2500)
    registry.payout_runs.mark_refused(first.payment_reference, at=2500)
    registry.payout_runs.replace_file(run, 1, content=AGAIN, at=2600)
    found = registry.payout_runs.run(run)
    assert found.settlements[0].refused_at is None, "what is on the chain was not refused"
    assert [[(one.amount_cents, one.state) for one in t.payments] for t in found.transfers] == [
        [(200, "withdrawn"), (100, "sent")],
        [(50, "withdrawn")],
    ]
    assert [one.file for one in found.live_files] == [2]
    assert found.transfers[0].newest.end_to_end_id == f"KP-{run}-1-2"


def test_payments_go_only_forward(registry: Registry, run: int, staff: tuple[int, int]) -> None:
    approved(registry, run, staff[1])
    registry.payout_runs.finish(run, at=3000)
    number = f"KP-{run}-1-1"

    def record(*, booked: bool = False, returned: bool = False) -> str:
        registry.payout_payments.record(
            STATEMENT,
            booked=[Booked(number, "B", None)] if booked else [],
            returned=[Returned(number, "AC04")] if returned else [],
            staff=staff[0],
            at=4000,
        )
        return registry.payout_payments.find([number, "x"])[number].state

    with pytest.raises(TransferNotReturned):
        registry.payout_payments.propose_again(run, 1, name="W", iban="NL1", staff=staff[0])
    assert record(booked=True) == "booked"
    assert record(returned=True) == "returned"
    assert record(booked=True) == "returned"
    registry.payout_payments.propose_again(run, 1, name="W", iban="NL1", staff=staff[0])
    proposed = registry.payout_runs.run(run).proposed
    with pytest.raises(SamePerson):
        registry.payout_payments.approve_again(proposed, content=AGAIN, staff=staff[0], at=5000)
    assert len(registry.payout_runs.run(run).files) == 1, "nothing of it was kept"
    assert registry.payout_payments.approve_again(proposed, content=AGAIN, staff=staff[1], at=5000) == 2
    with pytest.raises(TransferNotReturned):
        registry.payout_payments.approve_again(proposed, content=b"third", staff=staff[1], at=5000)
    assert registry.payout_runs.run(run).transfers[0].newest.state == "sent"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payout_run SET approved_by = prepared_by, approved_at = 5",
        "UPDATE payout_run SET open = NULL",
        "UPDATE payout_run SET settled_at = 5, open = NULL",
        "UPDATE payout_run SET cancelled_at = 5, open = NULL",
        "UPDATE payout_settlement SET amount_cents = 0",
        "UPDATE payout_settlement SET block = 5, refused_at = 5",
        "UPDATE payout_payment SET approved_by = proposed_by, file = 1",
        "UPDATE payout_payment SET state = 'sent'",
        "UPDATE payout_payment SET state = 'returned'",
        "UPDATE payout_payment SET state = 'lost'",
        "UPDATE payout_payment SET live = NULL",
        "UPDATE payout_payment SET amount_cents = 0",
        "INSERT INTO payout_transfer SELECT run, 3, merchant FROM payout_transfer WHERE transfer = 1",
        "INSERT INTO payout_run (prepared_by, prepared_at, prepared_block, open) VALUES (1, 5, 5, 1)",
    ],
)
def test_its_tables_refuse(registry: Registry, url: str, run: int, statement: str) -> None:
    def write() -> None:
        with connect(url) as connection:
            if url.startswith("sqlite"):
                connection.execute(text("PRAGMA foreign_keys = ON"))
            connection.execute(text(statement))

    with pytest.raises(IntegrityError):
        write()
