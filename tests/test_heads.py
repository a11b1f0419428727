# SPDX-License-Identifier: EUPL-1.2
"""Published heads: the tree over a day's blocks, the thread that publishes, the command that does.

given the hashes of some blocks
├── when a block is asked that is not among them
│   └── it is refused
└── when a block is proved
    └── its siblings lead to the root, on the way that its place says, and no other block's do
given a server
├── when it runs while a day ends
│   └── it publishes that day's head by itself
└── when it does not run
    └── a command publishes today's, once
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kindpakket import heads
from kindpakket.chain.tester import TesterChain
from kindpakket.hashes import keccak
from kindpakket.services import Services
from kindpakket.tickets.heads import HeadTree
from kindpakket.units import day_ends_at, day_of
from tests.ledger.databases import environment_of
from tests.support import Town

FIRST_BLOCK = 40
PATIENCE_SECONDS = 10.0


def hashes_of(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([number])).digest() for number in range(count)]


def climb(block: int, block_hash: bytes, siblings: list[bytes], *, count: int) -> bytes:
    """Go up from a leaf, as docs/protocol.md section 9 says it, written anew."""
    node = keccak(b"\0" + block.to_bytes(8, "big") + block_hash)
    place, waiting = block - FIRST_BLOCK, list(siblings)
    while count > 1:
        if place % 2:
            node = keccak(b"\1" + waiting.pop(0) + node)
        elif place + 1 < count:
            node = keccak(b"\1" + node + waiting.pop(0))
        place, count = place // 2, (count + 1) // 2
    assert not waiting
    return node


@pytest.mark.parametrize("block", [FIRST_BLOCK - 1, FIRST_BLOCK + 3, -1])
def test_a_block_that_a_head_does_not_cover_is_not_proved(block: int) -> None:
    with pytest.raises(LookupError):
        HeadTree(hashes_of(3), first_block=FIRST_BLOCK).siblings(block)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33])
def test_every_block_leads_to_the_root_and_no_other_hash_does(count: int) -> None:
    hashes = hashes_of(count)
    tree = HeadTree(hashes, first_block=FIRST_BLOCK)
    for place, block_hash in enumerate(hashes):
        block = FIRST_BLOCK + place
        siblings = tree.siblings(block)
        assert climb(block, block_hash, siblings, count=count) == tree.root
        assert climb(block, b"\7" * 32, siblings, count=count) != tree.root


def test_the_same_hashes_at_other_numbers_have_another_root() -> None:
    hashes = hashes_of(4)
    assert HeadTree(hashes, first_block=1).root != HeadTree(hashes, first_block=2).root
    assert HeadTree(hashes, first_block=1).root != HeadTree(hashes[::-1], first_block=1).root


def test_a_running_server_publishes_a_days_head_when_the_day_is_over(
    services: Services, town: Town, chain: TesterChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "LOOK_AGAIN_SECONDS", 0.01)
    day = day_of(town.now())
    publisher = heads.publisher(services)
    publisher.start()
    assert heads.list_heads(services) == []
    chain.travel_to(day_ends_at(day))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not heads.list_heads(services):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    publisher.stop()
    assert [head.on for head in heads.list_heads(services)] == [day]


def test_the_command_publishes_todays_head_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kindpakket", "publish-head", "--data-dir", str(tmp_path / "data")]
    environment = environment_of(tmp_path / "data")
    first, again = (
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        for _ in range(2)
    )
    assert ": block " in first
    assert first == again
