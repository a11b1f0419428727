# SPDX-License-Identifier: EUPL-1.2
"""Each way in which an answer can go wrong: it is as good as none, and never another's."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from kindpakket.chain.node_rpc import NodeRpc
from kindpakket.chain.rpc import Call, NodeUnreachable
from tests.chain.node import Node
from tests.chain.support import CHAIN_ID

from .faults import KINDS, Faults, faulty

#: These change nothing in what is answered.
HARMLESS = {"delay_request", "delay_answer", "duplicate_request", "repeat_later", "swallow", "shuffle"}
#: These answer, in the form of an answer, what only whoever asked can see to be wrong.
SAID = {"refuse", "say_nonsense", "tell_older_head"}


@pytest.fixture(scope="module")
def calm() -> Iterator[tuple[str, Faults]]:
    node = Node()
    with faulty(node.port, seed=1) as (url, faults):
        yield url, faults
    node.stop()


def ask(rpc: NodeRpc) -> list[object]:
    return [rpc.request("eth_chainId"), *rpc.batch([Call("eth_blockNumber"), Call("eth_chainId")])]


@pytest.mark.parametrize("kind", sorted({*KINDS} - HARMLESS - SAID))
def test_an_answer_that_went_wrong_is_none(calm: tuple[str, Faults], kind: str) -> None:
    url, faults = calm
    with closing(NodeRpc(url, timeout_seconds=0.5)) as rpc:
        faults.share = 0.0
        right = ask(rpc)
        faults.kinds, faults.share = (kind,), 1.0
        for calls in (1, 2):
            with pytest.raises(NodeUnreachable):
                rpc.batch([Call("eth_blockNumber"), Call("eth_chainId")][:calls])
        if kind != "say_one_twice":
            with pytest.raises(NodeUnreachable):
                rpc.request("eth_blockNumber")
        faults.share = 0.0
        assert ask(rpc) == right == [hex(CHAIN_ID), "0x0", hex(CHAIN_ID)], "and the next is right again"


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_an_answer_that_is_only_late_or_in_another_order_counts(calm: tuple[str, Faults], kind: str) -> None:
    url, faults = calm
    faults.kinds, faults.share = (kind,), 1.0
    with closing(NodeRpc(url, timeout_seconds=10)) as rpc:
        assert ask(rpc) == [hex(CHAIN_ID), "0x0", hex(CHAIN_ID)]


def test_the_answer_to_another_request_is_never_taken_however_answers_are_mixed(
    calm: tuple[str, Faults],
) -> None:
    url, faults = calm
    faults.kinds, faults.share = ("answer_before", "wrong_number", "say_one_twice", "shuffle"), 0.6
    right = 0
    with closing(NodeRpc(url, timeout_seconds=5)) as rpc:
        for place in range(60):
            calls = [Call("eth_chainId"), Call("net_version"), Call("eth_blockNumber")]
            random.Random(place).shuffle(calls)
            expected = {"eth_chainId": hex(CHAIN_ID), "net_version": str(CHAIN_ID), "eth_blockNumber": "0x0"}
            try:
                assert rpc.batch(calls) == [expected[call.method] for call in calls]
                right += 1
            except NodeUnreachable:
                continue
    assert 0 < right < 60


def test_an_answer_that_trickles_in_is_waited_for_as_long_as_one_that_never_comes(
    calm: tuple[str, Faults],
) -> None:
    url, faults = calm
    faults.kinds, faults.share = ("trickle",), 1.0
    with closing(NodeRpc(url, timeout_seconds=0.5)) as rpc:
        began = time.monotonic()
        with pytest.raises(NodeUnreachable, match="in time"):
            rpc.request("eth_getBlockByNumber", "latest", True)
        # All of it would take more than a minute.
        assert time.monotonic() - began < 30
