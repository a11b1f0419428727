# SPDX-License-Identifier: EUPL-1.2
"""What is not on the list does not get to the node.

Given an auditor
  when they ask another method, or one of the list in other letters
  when they ask in another form, about another contract, of another state, with a state made up
  when what they send is nested, stands twice, has no end or is no call: a refusal, and the chain is as it was
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kindpakket.chain_queries import BATCH_CALLS, METHODS, MOST_BYTES, RANGE_BLOCKS, ChainQueries

from .asking import CHAIN_ID_CALL, HASH, SOMEBODY, ask, code_of, node_says, raw
from .conftest import Served

#: What a node of this kind can be told beside what is on the list: to cheat, to send, to sign, to look into its pool.
FORBIDDEN = [
    line
    for line in Path(__file__).with_name("forbidden.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_no_other_method_gets_to_the_node(embedded: Served, queries: ChainQueries) -> None:
    assert not set(FORBIDDEN) & set(METHODS)
    before = embedded.services.chain.head(), node_says(embedded, "eth_getBalance", SOMEBODY, "latest")
    spelled = [name.upper() for name in METHODS] + [name.lower() for name in METHODS if name != name.lower()]
    spelled += [f" {name}" for name in METHODS] + [f"{name}\0" for name in METHODS]
    for method in (*FORBIDDEN, *spelled, "", "eth_", "eth_chainid", "еth_chainId", "__class__"):
        answer = ask(queries, method, SOMEBODY, "0x1")
        assert (code_of(answer), answer["id"]) == (-32601, 7), method
    batch = [
        {"jsonrpc": "2.0", "id": place, "method": method, "params": []}
        for place, method in enumerate(FORBIDDEN[:BATCH_CALLS])
    ]
    assert {code_of(one) for one in raw(queries, json.dumps(batch).encode())} == {-32601}
    after = embedded.services.chain.head(), node_says(embedded, "eth_getBalance", SOMEBODY, "latest")
    assert before == after


OURS = "OURS"
ELSEWHERE = "0x" + "77" * 20
QUESTION = {"to": OURS, "input": "0x12345678"}


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("eth_chainId", [1]),
        ("eth_chainId", [None]),
        ("eth_call", [QUESTION]),
        ("eth_call", [QUESTION, "latest", {}]),
        ("eth_call", [QUESTION, "latest", {ELSEWHERE: {"code": "0x00"}}]),
        ("eth_call", [QUESTION, "latest", {}, {"time": "0x1"}]),
        ("eth_call", [QUESTION, "pending"]),
        ("eth_call", [QUESTION, "0x1"]),
        ("eth_call", [QUESTION, {"blockNumber": "0x1"}]),
        ("eth_call", [QUESTION, 1]),
        ("eth_call", [QUESTION | {"gas": "0xffffffffff"}, "latest"]),
        ("eth_call", [QUESTION | {"value": "0x1"}, "latest"]),
        ("eth_call", [QUESTION | {"gasPrice": "0x1"}, "latest"]),
        ("eth_call", [QUESTION | {"authorizationList": []}, "latest"]),
        ("eth_call", [QUESTION | {"to": ELSEWHERE}, "latest"]),
        ("eth_call", [QUESTION | {"to": None}, "latest"]),
        ("eth_call", [{"input": "0x6080"}, "latest"]),
        ("eth_call", [QUESTION | {"data": "0x87654321"}, "latest"]),
        ("eth_call", [QUESTION | {"input": "0x123"}, "latest"]),
        ("eth_call", [QUESTION | {"input": "12345678"}, "latest"]),
        ("eth_call", [QUESTION | {"input": ["0x12345678"]}, "latest"]),
        ("eth_call", [QUESTION | {"data": []}, "latest"]),
        ("eth_call", [QUESTION | {"data": {}}, "latest"]),
        ("eth_call", [QUESTION | {"data": 0}, "latest"]),
        ("eth_call", [QUESTION | {"input": [], "data": []}, "latest"]),
        ("eth_call", [QUESTION | {"input": None}, "latest"]),
        ("eth_call", [QUESTION | {"input": "0x" + "00" * 2049}, "latest"]),
        ("eth_call", [QUESTION | {"from": SOMEBODY}, "latest"]),
        ("eth_call", ["0x12345678", "latest"]),
        ("eth_getStorageAt", [ELSEWHERE, "0x0", "latest"]),
        ("eth_getStorageAt", [OURS, "0", "latest"]),
        ("eth_getStorageAt", [OURS, 0, "latest"]),
        ("eth_getStorageAt", [OURS, "0x" + "f" * 65, "latest"]),
        ("eth_getStorageAt", [OURS, "0x0", "0x1"]),
        ("eth_getCode", [ELSEWHERE, "latest"]),
        ("eth_getCode", [[OURS], "latest"]),
        ("eth_getBlockByNumber", ["latest"]),
        ("eth_getBlockByNumber", ["pending", False]),
        ("eth_getBlockByNumber", ["safe", False]),
        ("eth_getBlockByNumber", [1, False]),
        ("eth_getBlockByNumber", [True, False]),
        ("eth_getBlockByNumber", ["1", False]),
        ("eth_getBlockByNumber", ["0x01", False]),
        ("eth_getBlockByNumber", ["0X1", False]),
        ("eth_getBlockByNumber", ["0x1 ", False]),
        ("eth_getBlockByNumber", ["0x1\n", False]),
        ("eth_getBlockByNumber", ["0x" + "f" * 17, False]),
        ("eth_getBlockByNumber", ["0x1", "false"]),
        ("eth_getBlockByNumber", ["0x1", 0]),
        ("eth_getBlockByHash", ["0x12", True]),
        ("eth_getBlockReceipts", [{"blockHash": HASH}]),
        ("eth_getTransactionByHash", [HASH[:-1]]),
        ("eth_getTransactionByHash", [[HASH]]),
        ("eth_getTransactionReceipt", [HASH, HASH]),
        ("eth_getLogs", [{}]),
        ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": ELSEWHERE, "fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": [OURS, ELSEWHERE], "fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": OURS}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "earliest", "toBlock": "latest"}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x0", "toBlock": "0x200"}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x2", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": OURS, "blockHash": HASH, "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": OURS, "blockHash": "0x1"}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x0", "toBlock": "0x1", "topics": [HASH] * 5}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x0", "toBlock": "0x1", "topics": [[HASH] * 11]}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x0", "toBlock": "0x1", "topics": [[[HASH]]]}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x0", "toBlock": "0x1", "topics": HASH}]),
        ("eth_getLogs", [{"address": OURS, "fromBlock": "0x0", "toBlock": "0x1", "limit": 1}]),
        ("eth_getLogs", ["0x0"]),
    ],
)
def test_another_form_is_refused(
    embedded: Served, queries: ChainQueries, method: str, parameters: list[Any]
) -> None:
    contract = embedded.services.fund.address
    filled = json.loads(json.dumps(parameters).replace(OURS, contract))
    assert code_of(ask(queries, method, *filled)) == -32602


def test_the_widest_range_and_the_fullest_filter_are_answered(
    embedded: Served, queries: ChainQueries
) -> None:
    wanted = {
        "address": embedded.services.fund.address,
        "fromBlock": "0x0",
        "toBlock": hex(RANGE_BLOCKS - 1),
        "topics": [[HASH] * 10, None, HASH, [HASH]],
    }
    assert ask(queries, "eth_getLogs", wanted)["result"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"\xff\xfe{}", -32700),
        (CHAIN_ID_CALL.decode().encode("utf-16"), -32700),
        (b"\xef\xbb\xbf" + CHAIN_ID_CALL, -32700),
        (CHAIN_ID_CALL[:-1], -32700),
        (CHAIN_ID_CALL * 2, -32700),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":NaN'), -32700),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":' + b"1" * 5000), -32700),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":1,"id":2'), -32700),
        (CHAIN_ID_CALL.replace(b'"params":[]', b'"params":[],"method":"anvil_mine"'), -32700),
        (CHAIN_ID_CALL.replace(b"[]", b'[{"to":"0x1","to":"0x2"}]'), -32700),
        (b"[" * 100_000, -32600),
        (b'{"a":' * 43_000, -32600),
        (b"7", -32600),
        (b'"eth_chainId"', -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (b"[]", -32600),
        (b"[" + b",".join([CHAIN_ID_CALL] * (BATCH_CALLS + 1)) + b"]", -32600),
        (CHAIN_ID_CALL.replace(b'"id":1,', b""), -32600),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":null'), -32600),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":true'), -32600),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":1.5'), -32600),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":{}'), -32600),
        (CHAIN_ID_CALL.replace(b'"id":1', b'"id":"' + b"x" * 41 + b'"'), -32600),
        (CHAIN_ID_CALL.replace(b'"2.0"', b"2.0"), -32600),
        (CHAIN_ID_CALL.replace(b'"2.0"', b'"1.0"'), -32600),
        (CHAIN_ID_CALL.replace(b'"params"', b'"parameters"'), -32600),
        (CHAIN_ID_CALL.replace(b'"eth_chainId"', b'["eth_chainId"]'), -32600),
        (CHAIN_ID_CALL.replace(b"[]", b"{}"), -32602),
        (CHAIN_ID_CALL.replace(b"[]", b"null"), -32602),
        (b" " * MOST_BYTES + CHAIN_ID_CALL, -32005),
    ],
    ids=range(32),
)
def test_a_text_that_is_no_call_is_refused_whole(queries: ChainQueries, body: bytes, code: int) -> None:
    assert code_of(raw(queries, body)) == code


def test_a_batch_in_a_batch_is_no_call(queries: ChainQueries) -> None:
    nested, plain = raw(queries, b"[[%b],%b]" % (CHAIN_ID_CALL, CHAIN_ID_CALL))
    assert code_of(nested) == -32600
    assert "result" in plain
    (deep,) = raw(queries, b"[" * 900 + b"]" * 900)
    assert code_of(deep) == -32600
