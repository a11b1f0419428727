# SPDX-License-Identifier: EUPL-1.2
"""The audit that believes the node nothing: each event is proved by its block's receipts, header and hash.

given an honest node
└── it agrees, with the published heads too, and tells the same statement
given a node that lies in one consistent story: events, receipts, storage, hashes
├── when it hides, changes or adds an event in a block's receipts
│   └── the audit names the block
├── when it answers with a published hash for another block
│   └── the audit names the block
└── when it tells of blocks that do not follow each other
    └── the audit names the block
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from kindpakket.audit import audit
from kindpakket.audit.heads import Head
from kindpakket.chain.proving import ProvingWitness
from kindpakket.chain.rpc import Call
from kindpakket.chain.witness import Witness
from kindpakket.cli import app
from kindpakket.errors import ProofUnavailable
from kindpakket.tickets.heads import HeadTree
from tests.chain.node import Bend, Node, relay
from tests.chain.support import Town


def test_an_honest_node_proves_all_it_says(node: Node, town: Town) -> None:
    proving, witness = (kind(node.url, contract=town.fund.address) for kind in (ProvingWitness, Witness))
    last = witness.head().number
    hashes = witness.block_hashes(0, last)
    heads = [Head("2026-11-19", last, hashes[last], 0, HeadTree(hashes, first_block=0).root)]
    statement = audit(proving, heads=heads)
    assert statement.findings == ()
    assert statement == audit(witness, heads=heads)
    for one in (proving, witness):
        one.close()


def _in_receipts(change: Any) -> Bend:
    """Change the last receipt that has an event with something in it."""

    def bend(call: Call, found: Any) -> Any:
        if call.method != "eth_getBlockReceipts" or not found or not found[-1]["logs"]:
            return found
        told = deepcopy(found)
        change(told[-1])
        return told

    return bend


def _change_amount(receipt: dict[str, Any]) -> None:
    content = receipt["logs"][-1]["data"]
    receipt["logs"][-1]["data"] = (
        f"{content[:-1]}{int(content[-1], 16) ^ 1:x}" if len(content) > 2 else "0x01"
    )


def _change_topic(receipt: dict[str, Any]) -> None:
    topic = receipt["logs"][-1]["topics"][-1]
    receipt["logs"][-1]["topics"][-1] = f"{topic[:-1]}{int(topic[-1], 16) ^ 1:x}"


def of_block(number: int, **told: Any) -> Bend:
    """Tell something else of a block."""

    def bend(call: Call, found: Any) -> Any:
        asked = call.method == "eth_getBlockByNumber" and call.parameters[0] == hex(number)
        return {**found, **told} if asked and found else found

    return bend


def _of_another(node: Node, number: int, other: int) -> Bend:
    """Tell of another block, whole and true, in the place of one; its receipts too."""

    def bend(call: Call, found: Any) -> Any:
        if call.parameters[:1] == (hex(number),) and call.method in (
            "eth_getBlockByNumber",
            "eth_getBlockReceipts",
        ):
            answer = deepcopy(node.rpc.request(call.method, hex(other), *call.parameters[1:]))
            if isinstance(answer, dict):
                answer["number"] = hex(number)
            return answer
        return found

    return bend


LIES: dict[str, Any] = {
    "hides an event": lambda node: _in_receipts(lambda receipt: receipt["logs"].pop()),
    "adds an event": lambda node: _in_receipts(lambda receipt: receipt["logs"].append(receipt["logs"][0])),
    "changes an amount": lambda node: _in_receipts(_change_amount),
    "changes a shop": lambda node: _in_receipts(_change_topic),
    "says that a transaction failed": lambda node: _in_receipts(lambda receipt: receipt.update(status="0x0")),
    "tells another time": lambda node: of_block(6, timestamp="0x1"),
    "tells another hash": lambda node: of_block(6, hash="0x" + "99" * 32),
    "tells another parent": lambda node: of_block(6, parentHash="0x" + "99" * 32),
    "tells of another block": lambda node: _of_another(node, 6, 7),
}


@pytest.mark.parametrize("name", LIES)
def test_a_node_that_lies_consistently_cannot_prove_it(node: Node, town: Town, name: str) -> None:
    with relay(node, lambda call: call, LIES[name](node)) as url:
        witness = ProvingWitness(url, contract=town.fund.address)
        with pytest.raises(ProofUnavailable, match="block"):
            audit(witness)
        witness.close()


def test_another_chain_with_a_published_hash_in_it_is_named(node: Node, town: Town) -> None:
    """An operator made the chain anew, and keeps a table of what was published."""
    published = "0x" + "77" * 32
    with relay(node, lambda call: call, of_block(8, hash=published)) as url:
        command = ["audit", "--rpc", url, "--contract", town.fund.address]
        believed = CliRunner().invoke(app, command)
        proved = CliRunner().invoke(app, [*command, "--prove"])
        as_json = CliRunner().invoke(app, [*command, "--prove", "--json"])
        # The command set logs to go to its own standard error, which is closed now.
        structlog.reset_defaults()
    assert believed.exit_code == 0, "no more than the node's word"
    assert proved.exit_code == 1
    assert "the header of block 8 does not lead to its hash" in proved.stderr
    (finding,) = json.loads(as_json.stdout)["findings"]
    assert finding["rule"] == "proof"
