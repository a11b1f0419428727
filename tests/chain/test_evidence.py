# SPDX-License-Identifier: EUPL-1.2
"""A block as it is hashed, and the proof that a payment stands in it; on each engine, checked with others' code.

given a list of values
├── when a value is asked that is not in it
│   └── it is refused
└── when any of its values is proved
    └── it is the root, and the proof, that the kept trie library finds right
given a block
├── when a field of the header, or a receipt, is left out or changed
│   └── it is not given out
├── when a block is asked that is not there
│   └── it is refused
└── when a payment in it is proved
    ├── it leads from the event to the block's hash, also among many
    └── it says the ticket's words
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import rlp
from trie import HexaryTrie

from kindpakket.chain import patricia
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.evidence import EventProof, prove_event, read_sealed, read_ticket
from kindpakket.chain.node import NodeChain
from kindpakket.chain.rpc import Call
from kindpakket.errors import ChainUnreachable, ProofUnavailable
from kindpakket.events import Redeemed
from kindpakket.hashes import keccak

from .node import Node, relay
from .support import MAX_CENTS, START_AT, Clock, Town, build_town

SIZES = (1, 2, 15, 16, 17, 127, 128, 129, 130, 255, 256, 257, 300)


def value_of(number: int) -> bytes:
    """Values of every length: also ones so short that their nodes are not hashed."""
    return rlp.encode([number] * (number % 40))


def check_with_the_library(proof: EventProof) -> list[Any]:
    """Follow a proof with code that is not ours; return the receipt's logs."""
    assert keccak(proof.header) == proof.hash
    root = rlp.decode(proof.header)[5]
    nodes = [rlp.decode(node) for node in proof.nodes]
    assert HexaryTrie.get_from_proof(root, rlp.encode(proof.index), nodes) == proof.receipt
    logs: list[Any] = rlp.decode(proof.receipt[1:])[3]
    return logs


# ------------------------------------------------------------------ the trie


@pytest.mark.parametrize("number", [-1, 3])
def test_a_value_that_is_not_in_the_list_is_not_proved(number: int) -> None:
    with pytest.raises(LookupError):
        patricia.prove([b"a", b"b", b"c"], number)


def test_an_empty_list_has_the_empty_root() -> None:
    assert patricia.root_of([]) == HexaryTrie({}).root_hash


@pytest.mark.parametrize("size", SIZES)
def test_every_value_of_a_list_is_proved_as_the_library_says(size: int) -> None:
    values = [value_of(number) for number in range(1, size + 1)]
    trie = HexaryTrie({})
    for number, value in enumerate(values):
        trie[rlp.encode(number)] = value
    assert patricia.root_of(values) == trie.root_hash
    for number in {0, 1, size // 2, size - 2, size - 1} & {*range(size)}:
        proof = patricia.prove(values, number)
        assert proof.root == trie.root_hash
        nodes = [rlp.decode(node) for node in proof.nodes]
        assert HexaryTrie.get_from_proof(proof.root, rlp.encode(number), nodes) == values[number]
        assert len(proof.nodes) == len(set(proof.nodes))


# ------------------------------------------------------------------ blocks on each engine


def test_a_block_that_is_not_there_is_refused(town: Town) -> None:
    # A node may only be behind; what is asked of it may be asked again.
    with pytest.raises((LookupError, ChainUnreachable)):
        town.chain.sealed_block(town.chain.head().number + 1)


def test_a_payment_among_many_is_proved_to_its_blocks_hash(town: Town) -> None:
    town.fund.execute_all(
        [town.redeem(number=number, amount_cents=100 + number) for number in range(20)],
        sender=town.deployment.accounts.relayer,
    )
    placed = town.fund.events(0, town.chain.head().number)
    payments = [(place, event) for place, event in placed if isinstance(event, Redeemed)]
    assert len(payments) == 20
    for place, event in payments:
        sealed = town.chain.sealed_block(place.block)
        proof = prove_event(sealed, log_index=place.log_index)
        assert proof.hash == town.chain.block_hash(place.block)
        contract, topics, content = check_with_the_library(proof)[proof.log_place]
        assert f"0x{contract.hex()}" == town.fund.address
        assert topics[1] == event.ticket_id
        assert int.from_bytes(content[3 * 32 : 4 * 32], "big") == event.amount_cents
        ticket = read_ticket(proof.input)
        assert (ticket.shop, ticket.max_cents) == (0, MAX_CENTS)
        assert ticket.expires_at == START_AT // 60 * 60 + 3600


def test_all_blocks_can_be_told_as_they_are_hashed(town: Town) -> None:
    last = town.chain.head().number
    hashes = town.chain.block_hashes(0, last)
    assert hashes == [town.chain.sealed_block(number).hash for number in range(last + 1)]


def test_an_event_that_a_block_does_not_have_is_not_proved(town: Town) -> None:
    sealed = town.chain.sealed_block(town.chain.head().number)
    with pytest.raises(ProofUnavailable):
        prove_event(sealed, log_index=sum(sealed.log_counts))


def test_a_transaction_that_is_no_payment_has_no_ticket(town: Town) -> None:
    sealed = town.chain.sealed_block(town.chain.head().number)
    with pytest.raises(ProofUnavailable):
        read_ticket(sealed.inputs[0])


# ------------------------------------------------------------------ what a node may leave out


Told = tuple[dict[str, Any], list[dict[str, Any]]]


@pytest.fixture
def paid(node: Node, tmp_path: Path) -> Iterator[Town]:
    """A town with a payment, on a node."""
    with closing(NodeChain(node.url, folder=tmp_path / "node", clock=Clock())) as chain:
        town = build_town(chain, node.travel_to)
        town.fund.execute(town.redeem(), sender=town.deployment.accounts.relayer)
        yield town


@pytest.fixture
def told(node: Node, paid: Town) -> Told:
    """What a node tells of the block with the payment."""
    number = hex(paid.chain.head().number)
    block = node.rpc.request("eth_getBlockByNumber", number, True)
    return block, node.rpc.request("eth_getBlockReceipts", number)


def test_what_a_node_tells_in_full_is_given_out(told: Told, paid: Town) -> None:
    assert read_sealed(*told).hash == paid.chain.head().hash


@pytest.mark.parametrize(
    "name", ["stateRoot", "receiptsRoot", "logsBloom", "timestamp", "withdrawalsRoot", "requestsHash", "hash"]
)
def test_a_header_without_a_field_is_not_given_out(told: Told, name: str) -> None:
    block, receipts = told
    del block[name]
    with pytest.raises(ProofUnavailable):
        read_sealed(block, receipts)


def test_a_header_with_another_time_is_not_given_out(told: Told) -> None:
    block, receipts = told
    with pytest.raises(ProofUnavailable, match="does not lead to its hash"):
        read_sealed(block | {"timestamp": "0x1"}, receipts)


@pytest.mark.parametrize("change", ["none", "another gas", "another topic", "one more"])
def test_receipts_that_are_not_the_blocks_are_not_given_out(told: Told, change: str) -> None:
    block, (receipt,) = told
    changed = copy.deepcopy(receipt)
    if change == "another gas":
        changed["cumulativeGasUsed"] = "0x1"
    elif change == "another topic":
        changed["logs"][0]["topics"][1] = "0x" + "77" * 32
    receipts = {"none": [], "one more": [receipt, receipt]}.get(change, [changed])
    with pytest.raises(ProofUnavailable, match="do not lead to their root"):
        read_sealed(block, receipts)


def test_a_node_that_tells_receipts_only_one_by_one_is_good_enough(
    node: Node, paid: Town, tmp_path: Path
) -> None:
    def refuse_whole_blocks(call: Call) -> Call | dict[str, Any]:
        refused = {"code": -32601, "message": "the method does not exist"}
        return refused if call.method == "eth_getBlockReceipts" else call

    with (
        relay(node, refuse_whole_blocks) as url,
        closing(NodeChain(url, folder=tmp_path / "other", clock=Clock())) as chain,
    ):
        number = paid.chain.head().number
        assert chain.sealed_block(number) == paid.chain.sealed_block(number)


# ------------------------------------------------------------------ the embedded chain after a restart


def test_a_payment_of_before_a_restart_is_proved(open_chain: Callable[..., EmbeddedChain]) -> None:
    chain = open_chain()
    town = build_town(chain, lambda _: None)
    town.fund.execute(town.redeem(), sender=town.deployment.accounts.relayer)
    number = chain.head().number
    sealed = chain.sealed_block(number)
    chain.close()
    assert open_chain().sealed_block(number) == sealed
