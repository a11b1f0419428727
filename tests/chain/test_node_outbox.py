# SPDX-License-Identifier: EUPL-1.2
"""The outbox before a node that is not ours: what it forgets is brought again, and everything is executed once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from kindpakket.chain.client import Receipt, Submission
from kindpakket.chain.node import NodeChain
from kindpakket.chain.outbox import Outbox
from kindpakket.chain.rpc import RpcError
from kindpakket.errors import ChainUnreachable

from .node import NOWHERE, SENDER, Node, count_of, in_outbox, note, pooled, sign, until
from .support import ISSUED_CENTS, KEYSTORE, Clock, build_town

Open = Callable[..., NodeChain]
ROOT = Path(__file__).parents[2]

# ---------------------------------------------------------------- what a node forgets


def test_a_transaction_dropped_from_the_pool_is_brought_again_and_executed_once(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    sent = later.submit(chain.send, note())
    pooled(slow_node, 1)
    ((_, name, _, _),) = in_outbox(folder)
    assert slow_node.rpc.request("anvil_dropTransaction", f"0x{name.hex()}") is not None
    pooled(slow_node, 1)
    slow_node.mine()
    assert (sent.result().transaction_hash, sent.result().succeeded) == (name, True)
    assert count_of(slow_node) == 1


def test_a_node_restarted_with_an_empty_pool_is_brought_what_it_had(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    first = later.submit(chain.send, note())
    pooled(slow_node, 1)
    slow_node.mine()
    first.result()
    state = slow_node.state()
    second = later.submit(chain.send, note(1))
    pooled(slow_node, 1)
    slow_node.restart(state)
    pooled(slow_node, 1)
    slow_node.mine()
    assert second.result().succeeded
    assert count_of(slow_node) == 2


def test_a_node_that_went_back_to_before_what_was_final_is_told_that_too(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    before = slow_node.state()
    first = later.submit(chain.send, note())
    pooled(slow_node, 1)
    slow_node.mine()
    first.result()
    slow_node.restart(before)
    second = later.submit(chain.send, note(1))
    pooled(slow_node, 2)
    slow_node.mine()
    assert second.result().succeeded
    assert count_of(slow_node) == 2


def test_a_block_that_was_undone_before_it_was_final_costs_nothing(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url, depth=2)
    sent = later.submit(chain.send, note())
    pooled(slow_node, 1)
    slow_node.mine()
    assert count_of(slow_node) == 1
    slow_node.rpc.request("anvil_rollback", 1)
    pooled(slow_node, 1)
    assert count_of(slow_node) == 0
    slow_node.mine(4)
    receipt = sent.result()
    assert (receipt.block, receipt.succeeded) == (1, True)
    assert count_of(slow_node) == 1


def test_a_call_is_final_when_as_many_blocks_follow_as_were_asked_for(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url, depth=2)
    sent: Future[Receipt] = later.submit(chain.send, note())
    pooled(slow_node, 1)
    slow_node.mine(2)
    assert chain.head().number == 0
    assert chain.wait_for_head(0, timeout_seconds=0.05).number == 0
    assert not sent.done()
    waiting = later.submit(chain.wait_for_head, 0, timeout_seconds=10)
    slow_node.mine()
    assert sent.result().block == 1
    assert chain.head() == waiting.result()
    assert (chain.head().number, chain.head().hash) == (1, chain.block_hash(1))
    assert chain.logs(address=NOWHERE, first_block=0, last_block=1) == []
    with pytest.raises(ChainUnreachable, match="newest final block"):
        chain.logs(address=NOWHERE, first_block=0, last_block=2)
    with pytest.raises(ChainUnreachable, match="newest final block"):
        chain.sealed_block(2)
    with pytest.raises(ChainUnreachable, match="there is no block 4"):
        chain.block_hashes(0, 4)
    with pytest.raises(LookupError):
        chain.block_hash(4)


# ---------------------------------------------------------------- once


def test_the_same_raw_transaction_twice_is_one_execution(
    open_node: Open, node: Node, folder: Path, clock: Clock
) -> None:
    chain = open_node(node.url)
    town = build_town(chain, lambda _at: None)
    town.fund.execute(town.redeem(), sender=town.deployment.accounts.relayer)
    before, (*_, (_, _, raw, _)) = count_of(node), [row for row in in_outbox(folder) if row[2]]
    with pytest.raises(RpcError):
        node.rpc.request("eth_sendRawTransaction", f"0x{raw.hex()}")
    chain.close()
    with closing(sqlite3.connect(folder / "outbox.db")) as database, database:
        database.execute("UPDATE signed_transaction SET settled = 0")

    town.chain = again = open_node(node.url)
    del town.fund
    until(lambda: again._courier.is_idle)
    assert town.fund.voucher(1).balance_cents == ISSUED_CENTS - 1000
    assert count_of(node) == before


def test_what_was_in_the_outbox_and_never_sent_is_sent_at_the_start_before_new_numbers_are_given(
    open_node: Open, node: Node, folder: Path
) -> None:
    chain = open_node(node.url)
    chain.send(note())
    chain.close()
    late = sign(1, 1)
    with closing(Outbox(folder / "outbox.db")) as outbox:
        outbox.append([late])
    again = open_node(node.url)
    receipt = again.send(note(2))
    assert count_of(node) == 3
    found = node.rpc.request("eth_getTransactionReceipt", f"0x{late.hash.hex()}")
    assert int(found["blockNumber"], 16) < receipt.block


def test_what_was_brought_before_we_ended_and_the_node_with_us_is_brought_again(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    state = slow_node.state()
    later.submit(chain.send, note())
    pooled(slow_node, 1)
    chain.close()
    slow_node.restart(state)
    assert slow_node.pool() == 0
    again = open_node(slow_node.url)
    pooled(slow_node, 1)
    sent = later.submit(again.send, note(1))
    pooled(slow_node, 2)
    slow_node.mine()
    assert sent.result().succeeded
    assert count_of(slow_node) == 2


def test_a_killed_server_has_every_acknowledged_call_once_when_it_is_back(
    open_node: Open, slow_node: Node, folder: Path
) -> None:
    command = [sys.executable, "-m", "tests.chain.node_crasher", slow_node.url, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "backend")}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert server.stdout is not None
    said = b""
    with server.stdout as output:
        os.set_blocking(output.fileno(), False)

        def mine() -> bool:
            nonlocal said
            slow_node.mine()
            said += output.read() or b""
            return said.count(b"\n") >= 60

        try:
            until(mine)
        finally:
            server.kill()
            server.wait()
        said += output.read() or b""
    # What it logs comes on the same stream; what it says are lines of their own.
    acknowledged = [bytes.fromhex(line.decode()) for line in said.split(b"\n")[:-1] if len(line) == 64]
    # What it still had in the pool is lost too.
    slow_node.rpc.request("anvil_dropAllTransactions")

    chain = open_node(slow_node.url)

    def settle() -> bool:
        slow_node.mine()
        return chain._courier.is_idle

    until(settle)
    chain.close()
    written = in_outbox(folder)
    assert len(set(acknowledged)) == len(acknowledged) >= 50
    assert set(acknowledged) <= {name for _, name, _, _ in written}
    assert [nonce for nonce, _, _, _ in written] == list(range(count_of(slow_node)))
    for name in acknowledged:
        assert slow_node.rpc.request("eth_getTransactionReceipt", f"0x{name.hex()}")["status"] == "0x1"


def test_an_outbox_that_cannot_be_written_loses_nothing_and_goes_on_when_it_can(
    open_node: Open, node: Node
) -> None:
    chain = open_node(node.url)
    chain.send(note())
    database = chain._outbox._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    large = Submission(sender=SENDER, to=NOWHERE, input=bytes(100_000), gas=10_000_000)
    with pytest.raises(ChainUnreachable, match="full"):
        chain.send(large)
    database.execute("PRAGMA max_page_count = 1000000")
    assert chain.send(large).succeeded
    assert count_of(node) == 2


def test_an_outbox_that_was_lost_goes_on_after_what_the_node_still_holds(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    lost = later.submit(chain.send, note())
    pooled(slow_node, 1)
    chain.close()
    assert isinstance(lost.exception(), ChainUnreachable)
    shutil.rmtree(folder)
    again = open_node(slow_node.url)
    sent = later.submit(again.send, note(1))
    pooled(slow_node, 2)
    slow_node.mine()
    assert sent.result().succeeded
    assert count_of(slow_node) == 2


def test_a_call_whose_number_another_transaction_took_is_told_so_and_the_next_goes_on(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    sent = later.submit(chain.send, note())
    pooled(slow_node, 1)
    ((_, name, _, _),) = in_outbox(folder)
    slow_node.rpc.request("anvil_setNonce", SENDER, hex(5))
    slow_node.rpc.request("anvil_dropTransaction", f"0x{name.hex()}")
    with pytest.raises(ChainUnreachable, match="took its number"):
        sent.result()
    following = later.submit(chain.send, note(1))
    pooled(slow_node, 1)
    slow_node.mine()
    assert following.result().succeeded
    assert count_of(slow_node) == 6


def test_a_call_that_the_node_never_takes_is_given_up_and_those_behind_it_go_on(
    open_node: Open, new_node: Callable[..., Node]
) -> None:
    node = new_node(block_gas=10_000_000)
    chain = open_node(node.url, patience_seconds=0.5)
    with pytest.raises(ChainUnreachable, match="gas"):
        chain.send(note(gas=10_000_001))
    until(lambda: count_of(node) == 1)
    chain._patience_seconds = 10.0
    assert chain.send(note(1, gas=10_000_000)).succeeded
    assert count_of(node) == 2


# ---------------------------------------------------------------- many


def test_more_calls_than_a_pool_is_given_at_a_time_keep_their_order(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    other = chain.add_signer(KEYSTORE.issuer)
    submissions = [note(number, sender=other if number >= 250 else SENDER) for number in range(300)]
    sent = later.submit(chain.send_all, submissions)

    def mine() -> bool:
        slow_node.mine()
        assert slow_node.pool() <= 200
        return sent.done()

    until(mine)
    receipts = sent.result()
    assert len({receipt.transaction_hash for receipt in receipts}) == 300
    assert [receipt.block for receipt in receipts] == sorted(receipt.block for receipt in receipts)
    assert receipts[249].block < receipts[250].block
    assert (count_of(slow_node), count_of(slow_node, other)) == (250, 50)


def test_calls_that_come_together_each_get_their_own_receipt(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    sent = [later.submit(chain.send, note(number)) for number in range(8)]

    def mine() -> bool:
        slow_node.mine()
        return all(one.done() for one in sent)

    until(mine)
    assert len({one.result().transaction_hash for one in sent}) == 8
    assert count_of(slow_node) == 8
