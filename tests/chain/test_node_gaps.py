# SPDX-License-Identifier: EUPL-1.2
"""A number of our account that nobody has: filled after the patience; a forgotten call is executed at most once.

given an outbox that was lost while its call was in the node's pool, and a call after that
    when the pool still holds the first: nothing is filled
    when nobody has it: filled, after the patience and not before
        and when it comes back all the same: one of both is executed
given a node that tells older counts for a moment: a number is not missing since then
given an outbox with several numbers missing before its first call: all are filled, also after a restart
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from kindpakket.chain.client import Receipt
from kindpakket.chain.node import NodeChain
from kindpakket.chain.outbox import Outbox
from kindpakket.chain.rpc import Call, RpcError

from .node import NOWHERE, SENDER, Node, count_of, in_outbox, note, pooled, relay, sign, until

Open = Callable[..., NodeChain]


def lose_outbox(
    open_node: Open, node: Node, folder: Path, later: ThreadPoolExecutor
) -> tuple[NodeChain, bytes, Future[Receipt]]:
    """An outbox that was lost while its call was in the pool, that call, and one that was sent after it since."""
    chain = open_node(node.url)
    later.submit(chain.send, note())
    pooled(node, 1)
    ((_, _, lost, _),) = in_outbox(folder)
    chain.close()
    shutil.rmtree(folder)
    again = open_node(node.url)
    behind = later.submit(again.send, note(1))
    pooled(node, 2)
    return again, lost, behind


def looks(chain: NodeChain, count: int) -> None:
    """Wait until the node was looked at so often."""
    for _ in range(count):
        last = chain._courier._look_at
        until(lambda last=last: chain._courier._look_at not in (last, 0.0))


def test_a_number_that_the_pool_still_holds_is_not_filled(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    chain, _, behind = lose_outbox(open_node, slow_node, folder, later)
    chain._courier._give_up_seconds = 0.0
    looks(chain, 3)
    assert [nonce for nonce, _, _, _ in in_outbox(folder)] == [1]
    slow_node.mine()
    assert behind.result().succeeded
    assert count_of(slow_node) == 2


def test_a_number_that_nobody_has_is_filled_after_the_patience_and_not_before(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    chain, _, behind = lose_outbox(open_node, slow_node, folder, later)
    chain._courier._give_up_seconds = 1e9
    slow_node.rpc.request("anvil_dropAllTransactions")
    pooled(slow_node, 1)
    looks(chain, 3)
    assert [nonce for nonce, _, _, _ in in_outbox(folder)] == [1]
    chain._courier._give_up_seconds = 0.0
    pooled(slow_node, 2)
    slow_node.mine()
    assert behind.result().succeeded
    chain.close()
    assert [(nonce, settled) for nonce, _, _, settled in in_outbox(folder)] == [(0, 1), (1, 1)]
    assert count_of(slow_node) == 2


def test_a_number_that_was_missing_for_a_moment_is_not_missing_since_then(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    is_behind = False

    def tell_less(call: Call, found: Any) -> Any:
        return "0x0" if is_behind and call.method == "eth_getTransactionCount" else found

    slow_node.rpc.request("eth_sendRawTransaction", f"0x{sign(0, 0).raw.hex()}")
    slow_node.mine()
    with relay(slow_node, lambda call: call, tell_less) as url:
        chain = open_node(url)
        sent = later.submit(chain.send, note(1))
        pooled(slow_node, 1)
        account = chain._courier._accounts[SENDER]
        is_behind = True
        until(lambda: account.gap is not None)
        is_behind = False
        until(lambda: account.gap is None)
        slow_node.mine()
        assert sent.result().succeeded
        chain.close()
    assert count_of(slow_node) == 2


def test_several_numbers_that_nobody_has_are_filled_also_after_a_restart(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    open_node(slow_node.url).close()
    with closing(Outbox(folder / "outbox.db")) as outbox:
        outbox.append([sign(number, number) for number in (3, 4, 5)])
    chain = open_node(slow_node.url)
    chain._courier._give_up_seconds = 0.0

    def mine() -> bool:
        slow_node.mine()
        return chain._courier.is_idle

    until(mine)
    chain.close()
    assert [(nonce, settled) for nonce, _, _, settled in in_outbox(folder)] == [(n, 1) for n in range(6)]
    assert count_of(slow_node) == 6


def test_a_forgotten_call_that_comes_back_takes_the_number_or_the_empty_one_does_and_never_both(
    open_node: Open, slow_node: Node, folder: Path, later: ThreadPoolExecutor
) -> None:
    chain, lost, behind = lose_outbox(open_node, slow_node, folder, later)
    slow_node.rpc.request("anvil_dropAllTransactions")
    chain._courier._give_up_seconds = 0.0
    until(lambda: len(in_outbox(folder)) == 2)

    def comes_back() -> bool:
        slow_node.rpc.request("anvil_dropAllTransactions")
        try:
            slow_node.rpc.request("eth_sendRawTransaction", f"0x{lost.hex()}")
        except RpcError:
            # The empty one was faster.
            return False
        return True

    until(comes_back)
    pooled(slow_node, 2)
    slow_node.mine()
    assert behind.result().succeeded
    until(lambda: chain._courier.is_idle)
    assert count_of(slow_node) == 2
    name = slow_node.rpc.request("eth_getBlockByNumber", "latest", False)["transactions"][0]
    assert slow_node.rpc.request("eth_getTransactionByHash", name)["to"] == NOWHERE, "the forgotten one"
    following = later.submit(chain.send, note(2))
    pooled(slow_node, 1)
    slow_node.mine()
    assert following.result().succeeded
    assert count_of(slow_node) == 3
