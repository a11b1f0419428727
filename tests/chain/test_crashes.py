# SPDX-License-Identifier: EUPL-1.2
"""Crashes: whatever is killed, what was acknowledged is there once."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from coincurve import PrivateKey

from kindpakket.chain import anvil
from kindpakket.chain import fund as calls
from kindpakket.chain.client import Submission
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.fund import Fund
from kindpakket.events import Anchored

from .support import CHAIN_ID, SNAPSHOT_KEY, Clock, build_town

Open = Callable[..., EmbeddedChain]
ROOT = Path(__file__).parents[2]


def anchored(fund: Fund) -> Counter[bytes]:
    return Counter(
        event.hash for _, event in fund.events(0, fund.chain.head().number) if isinstance(event, Anchored)
    )


def test_anvil_killed_again_and_again_while_many_send_loses_nothing_and_repeats_nothing(
    open_chain: Open,
) -> None:
    chain = open_chain()
    town = build_town(chain, lambda _at: None)
    issuer = town.deployment.accounts.issuer
    names = [number.to_bytes(32, "big") for number in range(600)]
    killed = 0

    def anchor(name: bytes) -> None:
        execution = town.fund.execute(calls.anchor(hash=name), sender=issuer)
        assert [event.hash for _, event in execution.events if isinstance(event, Anchored)] == [name]
        assert town.fund.voucher_count() == 1

    with ThreadPoolExecutor(20) as threads:
        sent = [threads.submit(anchor, name) for name in names]
        for _ in range(3):
            chain.wait_for_head(chain.head().number + 5, timeout_seconds=30)
            for process in chain.process_ids[killed % 2 :][:1]:
                os.kill(process, signal.SIGKILL)
                killed += 1
        for one in sent:
            one.result()
    assert killed > 0
    assert anchored(town.fund) == Counter(names)
    head = chain.head()
    chain.close()
    assert open_chain().head() == head


@pytest.mark.parametrize("place", [0, 1], ids=["the ground", "the one that answers"])
def test_anvil_killed_while_idle_is_there_for_the_next_call(open_chain: Open, place: int) -> None:
    chain = open_chain()
    town = build_town(chain, lambda _at: None)
    processes = chain.process_ids
    os.kill(processes[place], signal.SIGKILL)
    assert town.fund.voucher_count() == 1
    # To an account that was never heard of: the ground is asked for it.
    assert chain.call(to="0x" + "12" * 20, input=b"") == b""
    issuer = town.deployment.accounts.issuer
    assert town.fund.execute(calls.anchor(hash=bytes(32)), sender=issuer).events
    assert not set(chain.process_ids) & set(processes), "both were started anew"


def test_without_the_ground_nothing_is_refused_that_would_pass(open_chain: Open) -> None:
    """The one that answers does not get what it needs, and takes some of what it is given: none of that counts."""
    chain = open_chain()
    town = build_town(chain, lambda _at: None)
    others = [PrivateKey(bytes([100 + number]) * 32) for number in range(3)]
    submissions = [
        Submission(sender=chain.add_signer(other.secret), to=f"0x{number:040x}", input=b"", gas=30_000)
        for number, other in enumerate(others, 0x77777777)
    ]
    os.kill(chain.process_ids[0], signal.SIGKILL)
    assert all(receipt.succeeded for receipt in chain.send_all(submissions))
    assert town.fund.voucher_count() == 1
    head = chain.head()
    chain.close()
    assert open_chain().head() == head


def test_a_ground_that_stands_still_makes_no_call_vanish(
    open_chain: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anvil leaves out of a block what it could not look up in time; nobody refused that."""
    monkeypatch.setattr(anvil, "_GROUND_MILLISECONDS", 200)
    chain = open_chain()
    sender = chain.add_signer(PrivateKey(b"\7" * 32).secret)
    os.kill(chain.process_ids[0], signal.SIGSTOP)
    receipt = chain.send(Submission(sender=sender, to=f"0x{0x88888888:040x}", input=b"", gas=30_000))
    assert receipt.succeeded
    head = chain.head()
    assert head.number == receipt.block
    chain.close()
    assert open_chain().head() == head


@pytest.mark.parametrize("acknowledged_before", [1, 60, 250])
def test_a_killed_server_has_every_acknowledged_call_once_when_it_is_back(
    folder: Path, acknowledged_before: int
) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.chain.crasher", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "backend")},
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert server.stdout is not None
    lines: list[str] = []
    with server.stdout as output:
        # What it logs comes on the same stream; what it says are lines of their own.
        while len(words := output.readline().split()) != 3 or not words[0].isdigit():
            assert server.poll() is None
        anvil, address, block = int(words[0]), words[1], int(words[2])
        anvil_ended = os.pidfd_open(anvil)
        for _ in range(acknowledged_before):
            lines.append(output.readline())
        server.kill()
        lines += output.readlines()
    server.wait()
    acknowledged = {bytes.fromhex(line) for line in lines if len(line) == 65}
    assert len(acknowledged) >= acknowledged_before

    watch = select.poll()
    watch.register(anvil_ended, select.POLLIN)
    assert watch.poll(10_000), "anvil ended with its parent"
    os.close(anvil_ended)

    chain = EmbeddedChain(folder, chain_id=CHAIN_ID, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY)
    try:
        found = anchored(Fund(chain, address=address, deployed_block=block))
        assert set(found.values()) == {1}
        assert acknowledged <= set(found)
        head = chain.head()
    finally:
        chain.close()
    again = EmbeddedChain(folder, chain_id=CHAIN_ID, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY)
    assert again.head() == head
    again.close()


def test_anvil_outlives_the_thread_that_opened_the_chain(open_chain: Open) -> None:
    opened: list[EmbeddedChain] = []
    opener = threading.Thread(target=lambda: opened.append(open_chain()))
    opener.start()
    opener.join()
    (chain,) = opened
    processes = chain.process_ids
    assert chain.call(to="0x" + "11" * 20, input=b"") == b""
    assert chain.process_ids == processes
