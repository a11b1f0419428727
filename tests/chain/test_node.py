# SPDX-License-Identifier: EUPL-1.2
"""The chain of a node that is not ours: what it forgets is brought again, and everything is executed once."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kindpakket.chain.node import NodeChain
from kindpakket.chain.rpc import Call
from kindpakket.errors import ChainMismatch, ChainUnreachable
from kindpakket.main import open_services
from kindpakket.settings import Settings
from tests.ledger.databases import settings_in

from .node import NOWHERE, Node, count_of, in_outbox, note, pooled, relay, until
from .support import CHAIN_ID, START_AT, Clock, build_town

Open = Callable[..., NodeChain]


# ---------------------------------------------------------------- opening


def test_opening_refuses_an_address_that_is_not_http_and_a_negative_depth(
    open_node: Open, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="address"):
        open_node("ws://127.0.0.1:1")
    with pytest.raises(ValueError, match="depth"):
        open_node("http://127.0.0.1:1", depth=-1)
    for wrong in ({"node_url": "ws://127.0.0.1:1"}, {"node_depth": -1}):
        with pytest.raises(ValidationError):
            Settings(data_dir=tmp_path, **wrong)


def test_opening_says_that_nobody_answers_and_does_not_tell_the_address(open_node: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ChainUnreachable) as failure:
        open_node(f"http://name:secret@127.0.0.1:{port}/key", patience_seconds=0.3)
    assert not any(word in str(failure.value) for word in ("secret", "key", str(port)))


def test_opening_refuses_a_folder_that_another_has_open(open_node: Open, node: Node) -> None:
    open_node(node.url)
    with pytest.raises(ChainUnreachable, match="another process"):
        open_node(node.url)


def test_opening_refuses_the_outbox_of_another_chain(
    open_node: Open, node: Node, new_node: Callable[..., Node]
) -> None:
    open_node(node.url).close()
    with pytest.raises(ChainMismatch, match=f"of chain {CHAIN_ID}"):
        open_node(new_node(chain_id=CHAIN_ID + 1).url)


def test_opening_refuses_a_file_that_is_no_outbox(open_node: Open, node: Node, folder: Path) -> None:
    folder.mkdir()
    (folder / "outbox.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(ChainMismatch, match="is not an outbox"):
        open_node(node.url)


# ---------------------------------------------------------------- bounded waiting


def test_a_silent_node_is_unreachable_and_a_call_that_was_given_up_in_time_never_happens(
    open_node: Open, node: Node
) -> None:
    chain = open_node(node.url, patience_seconds=0.2)
    node.freeze()
    began = time.monotonic()
    for ask in (
        lambda: chain.send(note()),
        chain.head,
        chain.now,
        lambda: chain.call(to=NOWHERE, input=b""),
        lambda: chain.logs(address=NOWHERE, first_block=0, last_block=9),
    ):
        with pytest.raises(ChainUnreachable):
            ask()
    assert time.monotonic() - began < 5 * 2 * 0.2 + 5
    node.thaw()
    chain._patience_seconds = 10.0
    assert chain.send(note(1)).succeeded
    assert count_of(node) == 1


def test_a_call_in_the_outbox_happens_once_though_its_caller_gave_up(
    open_node: Open, node: Node, folder: Path
) -> None:
    chain = open_node(node.url, patience_seconds=0.4)
    chain.send(note())
    node.freeze()
    with pytest.raises(ChainUnreachable):
        chain.send(note(1))
    node.thaw()
    chain._patience_seconds = 10.0
    until(lambda: count_of(node) == 2)
    assert chain.send(note(2)).succeeded
    assert count_of(node) == 3
    chain.close()
    assert [(nonce, settled) for nonce, _, _, settled in in_outbox(folder)] == [(0, 1), (1, 1), (2, 1)]


def test_a_node_that_is_away_for_a_moment_is_waited_for(
    open_node: Open, node: Node, later: ThreadPoolExecutor
) -> None:
    chain = open_node(node.url)
    chain.send(note())
    state = node.state()
    node.stop()
    sent, asked = later.submit(chain.send, note(1)), later.submit(chain.head)
    node.start(state)
    assert sent.result().succeeded
    assert asked.result().number >= 1
    assert count_of(node) == 2


def test_events_are_not_told_by_a_node_whose_newest_block_is_older_than_it_was(
    open_node: Open, node: Node
) -> None:
    goes_back = False

    def one_block_back(call: Call) -> Call:
        if goes_back and call.parameters[:1] == ("latest",) and call.method == "eth_getBlockByNumber":
            return Call(call.method, (hex(head - 1), *call.parameters[1:]))
        return call

    with relay(node, one_block_back) as url:
        chain = open_node(url)
        town = build_town(chain, lambda _at: None)
        head = chain.head().number
        found = town.fund.events(0, head)
        goes_back = True
        with pytest.raises(ChainUnreachable, match=f"is {head - 1}, and not {head}"):
            town.fund.events(0, head)
        assert town.fund.events(0, head - 1) == found[:-1]
        goes_back = False
        assert town.fund.events(0, head) == found
        chain.close()


def test_closing_twice_is_closing_once_and_then_nothing_answers(open_node: Open, slow_node: Node) -> None:
    chain = open_node(slow_node.url)
    chain.close()
    chain.close()
    for ask in (lambda: chain.send(note()), chain.head, lambda: chain.call(to=NOWHERE, input=b"")):
        with pytest.raises(ChainUnreachable, match="closed"):
            ask()


def test_closing_tells_those_who_wait(open_node: Open, slow_node: Node, later: ThreadPoolExecutor) -> None:
    chain = open_node(slow_node.url)
    sent = later.submit(chain.send, note())
    pooled(slow_node, 1)
    chain.close()
    with pytest.raises(ChainUnreachable, match="closed"):
        sent.result()


# ---------------------------------------------------------------- nodes with habits of their own


def test_gas_below_what_any_node_takes_is_refused_before_it_gets_a_number(
    open_node: Open, node: Node
) -> None:
    chain = open_node(node.url)
    with pytest.raises(ValueError, match="gas"):
        chain.send(note(gas=21_000))
    assert chain.send(note()).succeeded


def refuse_time(call: Call) -> Call | dict[str, Any]:
    return call if len(call.parameters) <= 2 else {"code": -32602, "message": "too many arguments"}


def overlook_time(call: Call) -> Call | dict[str, Any]:
    return Call(call.method, call.parameters[:2])


@pytest.mark.parametrize("habit", [refuse_time, overlook_time])
def test_a_node_that_cannot_be_told_the_time_is_asked_as_of_its_newest_block(
    open_node: Open, node: Node, clock: Clock, habit: Callable[[Call], Call | dict[str, Any]]
) -> None:
    with relay(node, habit) as url:
        chain = open_node(url)
        town = build_town(chain, lambda _at: None)
        expires_at = START_AT // 60 * 60 + 120
        clock.at = expires_at
        town.fund.preview(town.redeem(expires_at=expires_at))
        assert chain.now() == expires_at
        chain.close()


def test_events_are_the_same_from_a_node_that_tells_few_blocks_at_a_time(open_node: Open, node: Node) -> None:
    refused = 0

    def tell_few(call: Call) -> Call | dict[str, Any]:
        nonlocal refused
        if call.method == "eth_getLogs":
            asked = call.parameters[0]
            if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= 3:
                refused += 1
                return {"code": -32005, "message": "query exceeds the range"}
        return call

    with relay(node, tell_few) as url:
        chain = open_node(url)
        town = build_town(chain, lambda _at: None)
        found = town.fund.events(0, chain.head().number)
        chain.close()
    assert refused
    town.chain = open_node(node.url)
    del town.fund
    assert town.fund.events(0, town.chain.head().number) == found
    assert len(found) == 6


# ---------------------------------------------------------------- the whole installation


def test_the_input_of_a_transaction_is_told_by_the_node(open_node: Open, node: Node) -> None:
    chain = open_node(node.url)
    sent = note(77)
    receipt = chain.send(sent)
    assert chain.transaction_input(receipt.transaction_hash) == sent.input
    assert chain.transaction_input(b"\x01" * 32) is None


def test_the_settings_choose_the_node_and_a_second_start_finds_the_contract_there(
    node: Node, keystore: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(keystore, data_dir)
    settings = settings_in(data_dir, node_url=node.url)
    addresses = []
    for _ in range(2):
        with open_services(settings, clock=Clock(), follow=False) as services:
            assert isinstance(services.chain, NodeChain)
            assert services.follower.catch_up() == services.chain.head().number
            addresses.append(services.fund.address)
    assert addresses[0] == addresses[1]
    assert not (data_dir / "chain").exists()
