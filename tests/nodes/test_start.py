# SPDX-License-Identifier: EUPL-1.2
"""A start on a node that is not the one that it must be is refused with a sentence, and changes nothing.

Given an installation whose contract is on a node of others
    when it is started on a node of another chain: refused
    when it is started on another chain with the same number, or one without the contract: refused
    when the node does not answer: refused, and the next start goes on
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kindpakket.cli import app
from tests.chain.node import Node
from tests.chain.support import CHAIN_ID
from tests.ledger.databases import environment_of

Said = tuple[int, str]


@pytest.fixture(scope="module")
def own() -> Iterator[Node]:
    node = Node()
    yield node
    node.stop()


@pytest.fixture(scope="module")
def other() -> Iterator[Node]:
    node = Node()
    node.rpc.request("evm_setNextBlockTimestamp", hex(1_796_000_000))
    node.mine()
    yield node
    node.stop()


def start(data_dir: Path, url: str, *, patience_seconds: int = 20) -> Said:
    """Start on this node, and deploy if that was never done; return the exit code and what was said."""
    more = {"KINDPAKKET_NODE_URL": url, "KINDPAKKET_NODE_PATIENCE_SECONDS": str(patience_seconds)}
    ended = CliRunner().invoke(
        app, ["deploy", "--data-dir", str(data_dir)], env=environment_of(data_dir) | more
    )
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def contract_of(said: str) -> str:
    """The contract's address in what a start said."""
    return re.findall(r'"contract": "(0x[0-9a-f]{40})"', said)[0]


@pytest.fixture(scope="module")
def deployed(data_dir: Path, own: Node) -> str:
    """What the first start says: where the contract is."""
    code, said = start(data_dir, own.url)
    assert code == 0, said
    return contract_of(said)


def test_a_node_of_another_chain_is_refused(deployed: str, data_dir: Path) -> None:
    node = Node(chain_id=CHAIN_ID + 1)
    try:
        code, said = start(data_dir, node.url)
    finally:
        node.stop()
    assert (code, f"is of chain {CHAIN_ID} " in said, f"has chain {CHAIN_ID + 1} " in said) == (1, True, True)


def test_a_node_without_the_contract_is_refused_though_its_chain_has_the_same_number(
    deployed: str, data_dir: Path, other: Node
) -> None:
    code, said = start(data_dir, other.url)
    assert (code, "there is no contract at 0x" in said) == (1, True), said


def test_a_node_that_does_not_answer_is_said_to_and_the_next_start_goes_on(
    deployed: str, data_dir: Path, own: Node
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code, said = start(data_dir, f"http://name:secret@127.0.0.1:{port}", patience_seconds=1)
    assert (code, "the node does not answer" in said) == (1, True), said
    assert "secret" not in said
    code, said = start(data_dir, own.url)
    assert (code, contract_of(said)) == (0, deployed)


def test_a_chain_that_asks_fees_is_refused(deployed: str, data_dir: Path, own: Node) -> None:
    own.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(7))
    own.mine()
    try:
        code, said = start(data_dir, own.url)
    finally:
        own.rpc.request("anvil_setNextBlockBaseFeePerGas", "0x0")
        own.mine()
    assert (code, "asks a fee for its gas" in said, "needs a base fee of 0" in said) == (1, True, True), said
