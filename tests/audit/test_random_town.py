# SPDX-License-Identifier: EUPL-1.2
"""The audit of a chain on which chance had its way; scripts/random_town does the same with 20,000 actions.

given a town in which every verb is rightly and wrongly asked while time goes on
├── it agrees: no rule is broken, and the contract has what the events say
└── the ledger that follows the same chain adds up to the same amounts
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.audit import Statement, audit
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.witness import Witness
from kindpakket.events import EVENTS
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger
from tests.chain.support import CHAIN_ID, SNAPSHOT_KEY, Clock

from .random_town import RandomTown

ACTIONS = int(os.environ.get("KINDPAKKET_RANDOM_ACTIONS", "2000"))
SEED = int(os.environ.get("KINDPAKKET_RANDOM_SEED", "7"))
VERBS_NEVER_REFUSED_FOR_THEIR_CONTENT = {"anchor"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RandomTown]:
    clock = Clock()
    chain = EmbeddedChain(
        tmp_path_factory.mktemp("chain"),
        chain_id=CHAIN_ID,
        clock=clock,
        open_snapshot_key=lambda: SNAPSHOT_KEY,
        patience_seconds=120,
    )
    try:
        town = RandomTown(chain, clock, seed=SEED)
        town.act(ACTIONS)
        yield town
    finally:
        chain.close()


@pytest.fixture(scope="module")
def statement(town: RandomTown) -> Iterator[Statement]:
    assert isinstance(town.chain, EmbeddedChain)
    witness = Witness(town.chain.node_url, contract=town.fund.address)
    yield audit(witness)
    witness.close()


def test_every_verb_was_accepted_and_refused(town: RandomTown) -> None:
    assert town.done == ACTIONS
    assert len(town.accepted) == len(EVENTS), town.accepted
    assert set(town.refused) >= set(town.accepted) - VERBS_NEVER_REFUSED_FOR_THEIR_CONTENT, town.refused
    assert min(town.accepted.total(), town.refused.total()) > ACTIONS / 5, (town.accepted, town.refused)


def test_the_audit_of_a_random_town_agrees(town: RandomTown, statement: Statement) -> None:
    assert statement.findings == ()
    # Each accepted call is one event, but for a sweep, which has one for each voucher with something on it.
    assert statement.event_count >= town.accepted.total() - town.accepted["sweep"]
    redeemed = sum(programme.redemption_count for programme in statement.programmes)
    assert redeemed == town.accepted["redeem"]


def test_the_ledger_of_a_random_town_has_the_amounts_of_the_audit(
    town: RandomTown, statement: Statement, tmp_path: Path
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", chain_id=CHAIN_ID, contract=town.fund.address)
    assert Follower(town.fund, ledger).catch_up() == statement.block
    assert ledger.reports.differences() == []
    for programme in statement.programmes:
        totals = ledger.reports.totals(programme.programme)
        assert totals is not None
        assert totals.deposited_cents == programme.deposited_cents
        assert totals.unallocated_cents == programme.unallocated_cents
        assert totals.withdrawn_cents == programme.withdrawn_cents
        assert totals.left_cents == programme.on_vouchers_cents
        assert totals.redeemed_cents == programme.redeemed_cents
        assert totals.refunded_cents == programme.refunded_cents
        assert totals.settled_cents == programme.settled_cents
    ledger.close()
