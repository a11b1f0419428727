# SPDX-License-Identifier: EUPL-1.2
"""Calls under way on the chain of others: what becomes of one is not told before it is decided, also after our end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kindpakket.chain.node import NodeChain
from kindpakket.chain.outbox import Outbox
from kindpakket.chain.rpc import Call
from kindpakket.errors import ChainMismatch, ChainUnreachable, TicketAlreadyUsed, TicketExpired

from .node import Node, count_of, in_outbox, note, pooled, relay, until
from .node_killed import STEPS
from .support import START_AT, Clock, build_town

Open = Callable[..., NodeChain]
ROOT = Path(__file__).parents[2]


def test_why_a_call_under_way_is_refused_now_is_not_told_before_it_is_decided_also_after_our_end(
    open_node: Open, node: Node, clock: Clock, later: ThreadPoolExecutor
) -> None:
    chain = open_node(node.url)
    town = build_town(chain, lambda _at: None)
    relayer = town.deployment.accounts.relayer
    expires_at = START_AT // 60 * 60 + 120
    call = town.redeem(expires_at=expires_at)
    node.rpc.request("evm_setAutomine", False)
    later.submit(town.fund.execute, call, sender=relayer)
    pooled(node, 1)
    town.fund.preview(call, sender=relayer)
    clock.at = expires_at + 60
    with pytest.raises(TicketExpired):
        town.fund.preview(call)
    with pytest.raises(ChainUnreachable, match="not final yet"):
        town.fund.preview(call, sender=relayer)
    with pytest.raises(TicketExpired):
        town.fund.preview(town.redeem(expires_at=expires_at, number=1), sender=relayer)
    chain.close()

    town.chain = chain = open_node(node.url)
    del town.fund
    with pytest.raises(ChainUnreachable, match="not final yet"):
        town.fund.preview(call, sender=relayer)
    node.mine()
    until(lambda: not chain._under_way.has(sender=relayer, to=town.fund.address, input=call))
    with pytest.raises((TicketAlreadyUsed, TicketExpired)):
        town.fund.preview(call, sender=relayer)


def test_a_call_that_was_given_up_before_it_left_is_not_under_way(
    open_node: Open, node: Node, clock: Clock
) -> None:
    chain = open_node(node.url, patience_seconds=0.3)
    town = build_town(chain, lambda _at: None)
    relayer = town.deployment.accounts.relayer
    expires_at = START_AT // 60 * 60 + 120
    call = town.redeem(expires_at=expires_at)
    chain.close()
    town.chain = chain = open_node(node.url, patience_seconds=0.3)
    del town.fund
    fund = town.fund
    node.freeze()
    with pytest.raises(ChainUnreachable):
        fund.execute(call, sender=relayer)
    node.thaw()
    clock.at = expires_at + 60
    chain._reader._patience_seconds = 10.0
    with pytest.raises(TicketExpired):
        fund.preview(call, sender=relayer)


@pytest.mark.parametrize("takes", ["the empty one", "the call itself"])
def test_a_call_that_was_given_up_is_under_way_until_its_number_is_used_also_after_our_end(
    open_node: Open, node: Node, folder: Path, clock: Clock, later: ThreadPoolExecutor, takes: str
) -> None:
    refuses = False

    def refuse(call: Call) -> Call | dict[str, Any]:
        if refuses and call.method == "eth_sendRawTransaction":
            return {"code": -32000, "message": "syncing"}
        return call

    with relay(node, refuse) as url:
        chain = open_node(url)
        town = build_town(chain, lambda _at: None)
        relayer = town.deployment.accounts.relayer
        expires_at = START_AT // 60 * 60 + 120
        call = town.redeem(expires_at=expires_at)
        node.rpc.request("evm_setAutomine", False)
        sent = later.submit(town.fund.execute, call, sender=relayer)
        pooled(node, 1)
        refuses, chain._courier._give_up_seconds = True, 0.0
        nonce, name, raw, _ = next(row for row in in_outbox(folder) if not row[3])
        node.rpc.request("anvil_dropTransaction", f"0x{name.hex()}")
        until(lambda: name not in {row[1] for row in in_outbox(folder)})
        clock.at = expires_at + 60
        with pytest.raises(ChainUnreachable, match="not final yet"):
            town.fund.preview(call, sender=relayer)
        chain.close()
        assert isinstance(sent.exception(), ChainUnreachable)

        town.chain = chain = open_node(url)
        del town.fund
        with pytest.raises(ChainUnreachable, match="not final yet"):
            town.fund.preview(call, sender=relayer)
        if takes == "the empty one":
            refuses = False
        else:
            node.rpc.request("eth_sendRawTransaction", f"0x{raw.hex()}")
        pooled(node, 1)
        node.travel_to(expires_at - 60)
        node.mine()
        until(lambda: not chain._under_way.has(sender=relayer, to=town.fund.address, input=call))
        with pytest.raises(TicketExpired if takes == "the empty one" else TicketAlreadyUsed):
            town.fund.preview(call, sender=relayer)
        chain.close()
    written = {row[0]: row for row in in_outbox(folder)}[nonce]
    assert written[3] == 1
    assert (written[1] == name) == (takes == "the call itself"), "what is brought again if the node goes back"
    with closing(Outbox(folder / "outbox.db")) as outbox:
        assert outbox.given_up() == []


# ---------------------------------------------------------------- what a node loses while we have nothing to send


def test_what_was_final_and_fell_out_is_brought_again_though_nothing_else_is_sent(
    open_node: Open, node: Node
) -> None:
    chain = open_node(node.url)
    chain.send(note())
    chain.send(note(1))
    until(lambda: not chain._outbox.has_settled_to_write)
    node.rpc.request("evm_setAutomine", False)
    node.rpc.request("anvil_rollback", 2)
    assert count_of(node) == 0
    pooled(node, 2)
    node.mine()
    assert count_of(node) == 2


# ---------------------------------------------------------------- fees


def test_a_chain_that_asks_fees_is_refused_at_the_start(open_node: Open, node: Node) -> None:
    node.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(7))
    node.mine()
    with pytest.raises(ChainMismatch, match="asks a fee for its gas"):
        open_node(node.url)


def test_calls_wait_while_the_chain_asks_fees_and_go_when_it_asks_none_any_more(
    open_node: Open, node: Node
) -> None:
    chain = open_node(node.url, patience_seconds=0.5)
    chain.send(note())
    node.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(7))
    node.mine()
    assert chain.trouble() == "asks_fee"
    with pytest.raises(ChainUnreachable, match="fee"):
        chain.send(note(1))
    node.rpc.request("anvil_setNextBlockBaseFeePerGas", "0x0")
    node.mine()
    until(lambda: count_of(node) == 2)
    chain._patience_seconds = 10.0
    assert chain.send(note(2)).succeeded
    assert count_of(node) == 3
    assert chain.trouble() == ""


def test_calls_that_come_into_no_block_for_longer_than_the_patience_are_trouble_until_they_do(
    open_node: Open, slow_node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(slow_node.url)
    sent = later.submit(chain.send, note())
    pooled(slow_node, 1)
    chain._patience_seconds = 1e9
    assert chain.trouble() == ""
    chain._patience_seconds = 0.0
    assert chain.trouble() == "calls_wait"
    slow_node.mine()
    assert sent.result().succeeded
    assert chain.trouble() == ""


# ---------------------------------------------------------------- killed between any two steps


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_any_two_steps_a_call_happens_once_or_never_left(
    open_node: Open, node: Node, folder: Path, step: str
) -> None:
    command = [sys.executable, "-m", "tests.chain.node_killed", node.url, str(folder), step]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "backend")}
    killed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    chain = open_node(node.url)
    until(lambda: chain._courier.is_idle)
    left = 0 if step == STEPS[0] else 1
    assert count_of(node) == left
    assert chain.send(note(7)).succeeded
    chain.close()
    assert count_of(node) == left + 1
    assert [(nonce, settled) for nonce, _, _, settled in in_outbox(folder)] == [
        (n, 1) for n in range(left + 1)
    ]
