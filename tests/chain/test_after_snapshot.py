# SPDX-License-Identifier: EUPL-1.2
"""A chain that begins at a snapshot: it tells all that it told before, and goes on as it would have."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from kindpakket.chain.embedded import EmbeddedChain

from .support import KEYSTORE, Clock, Town, build_town
from .test_snapshots import NEVER, copy, loaded_by_opening, names, note

Open = Callable[..., EmbeddedChain]


def everything(chain: EmbeddedChain, town: Town) -> list[object]:
    """All that anybody can ask of the blocks so far."""
    last = chain.head().number
    sealed = [chain.sealed_block(number) for number in range(1, last + 1)]
    events = chain.logs(address=town.fund.address, first_block=0, last_block=last)
    inputs = [chain.transaction_input(log.transaction_hash) for log in events]
    return [chain.head(), sealed, events, inputs, town.fund.voucher(1), town.fund.ticket_use(1, 0)]


@pytest.mark.parametrize("segment_weight", [4, 1000])
def test_old_blocks_receipts_and_events_are_told_as_before_and_payments_go_on(
    open_chain: Open, folder: Path, clock: Clock, segment_weight: int
) -> None:
    town = build_town(chain := open_chain(copy_after_seconds=NEVER), lambda at: setattr(clock, "at", at))
    relayer = town.deployment.accounts.relayer
    for number in range(4):
        town.fund.execute(town.redeem(number=number), sender=relayer)
    before = everything(chain, town)
    chain.close()
    assert copy(folder, segment_weight=segment_weight) == chain.head().number

    with structlog.testing.capture_logs() as said:
        chain = open_chain(copy_after_seconds=NEVER)
    assert [line["block"] for line in said if line["event"] == "snapshot_loaded"] == [chain.head().number]
    town.chain = chain
    del town.fund
    assert everything(chain, town) == before
    chain.add_signer(KEYSTORE.relayer)
    execution = town.fund.execute(town.redeem(number=4), sender=relayer)
    head = chain.head()
    assert execution.receipt.block == head.number
    chain.close()
    shutil.rmtree(folder / "snapshots")
    assert open_chain().head() == head


def test_a_long_journal_is_copied_a_segment_at_a_time_and_full_ones_are_shared(
    open_chain: Open, folder: Path
) -> None:
    chain = open_chain(copy_after_seconds=NEVER)
    for number in range(10):
        chain.send(note(chain, number))
    chain.close()
    assert copy(folder, segment_weight=8) == 10
    assert [name for name in names(folder) if not name.startswith("state-")] == [
        "blocks-000000001-000000004.gz",
        "blocks-000000005-000000008.gz",
        "blocks-000000009-000000010.gz",
        "snapshot-000000008.json",
        "snapshot-000000010.json",
    ]
    assert loaded_by_opening(open_chain, folder) == ([10], [])
