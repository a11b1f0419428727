# SPDX-License-Identifier: EUPL-1.2
"""Questions to the chain: what is on the list is answered as the node does; nothing else gets to the node.

Given an auditor
  when they ask a method of the list in its form: what the node itself would say
  when they ask another method, in other letters, in another form, about another contract, of another state,
    with a state made up, nested, twice or endless: a refusal, and the chain is as it was
  when they ask too much at once, too long or too often: a refusal that says so
Given the log of staff
  it has who read the chain, once a day
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from kindpakket import chain_queries
from kindpakket.chain import abi, calls
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.rpc import Call
from kindpakket.chain_queries import BATCH_CALLS, METHODS, MOST_BYTES, ChainQueries, Reader, answering
from kindpakket.errors import RateTooHigh
from kindpakket.staff import Role
from kindpakket.staff_log import COMMAND_LINE, Action
from tests.chain.node import until
from tests.support import new_sign_in_code

from .conftest import Served

READER = Reader(name="audit_key=77", author=COMMAND_LINE, audit_key=77)
HASH = "0x" + "ab" * 32
SOMEBODY = "0x" + "ab" * 20

#: What a node of this kind can be told beside what is on the list: to cheat, to send, to sign, to look into its pool.
FORBIDDEN = [
    line
    for line in Path(__file__).with_name("forbidden.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.fixture
def queries(embedded: Served) -> ChainQueries:
    """Of the municipality on its own chain, with nothing counted."""
    return ChainQueries(embedded.services)


def ask(queries: ChainQueries, method: Any, *parameters: Any, **more: Any) -> Any:
    """The answer to one call."""
    call = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(parameters)} | more
    return json.loads(queries.answer(json.dumps(call).encode(), reader=READER))


def raw(queries: ChainQueries, body: bytes) -> Any:
    """The answer to any bytes."""
    return json.loads(queries.answer(body, reader=READER))


def node_says(served: Served, method: str, *parameters: Any) -> Any:
    """What the node itself says."""
    (answer,) = served.services.chain.ask_node([Call(method, parameters)])
    return answer


def code_of(answer: Any) -> int:
    assert set(answer) == {"jsonrpc", "id", "error"}, answer
    assert answer["error"]["message"], "it says what is wrong"
    return int(answer["error"]["code"])


# ---------------------------------------------------------------- what is on the list


def test_every_method_of_the_list_says_what_the_node_says(embedded: Served, queries: ChainQueries) -> None:
    contract = embedded.services.fund.address.lower()
    newest = node_says(embedded, "eth_getBlockByNumber", "latest", False)
    transaction = newest["transactions"][0]
    question = {"to": contract, "input": "0x" + abi.verbs()["programmeCount"].write().hex()}
    asked: dict[str, tuple[Any, ...]] = {
        "eth_chainId": (),
        "eth_blockNumber": (),
        "eth_getBlockByNumber": (newest["number"], True),
        "eth_getBlockByHash": (newest["hash"], False),
        "eth_getBlockReceipts": (newest["number"],),
        "eth_getTransactionByHash": (transaction,),
        "eth_getTransactionReceipt": (transaction,),
        "eth_getLogs": ({"address": contract, "fromBlock": "0x0", "toBlock": newest["number"]},),
        "eth_call": (question, "latest"),
        "eth_getStorageAt": (contract, "0x1", "latest"),
        "eth_getCode": (contract, "latest"),
        "net_version": (),
        "web3_clientVersion": (),
    }
    assert set(asked) == set(METHODS)
    for method, parameters in asked.items():
        answer = ask(queries, method, *parameters)
        assert answer == {"jsonrpc": "2.0", "id": 7, "result": node_says(embedded, method, *parameters)}
        assert answer["result"], method


def test_a_batch_is_answered_in_order_each_by_its_id(embedded: Served, queries: ChainQueries) -> None:
    calls = [
        {"jsonrpc": "2.0", "id": "een", "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_getBlockByNumber", "params": ["0x1", False]},
        {"jsonrpc": "2.0", "id": 3, "method": "anvil_mine", "params": []},
        {"jsonrpc": "2.0", "id": 4, "method": "eth_blockNumber", "params": []},
    ]
    first, block, refused, last = raw(queries, json.dumps(calls).encode())
    assert (first["id"], int(first["result"], 16)) == ("een", embedded.services.chain.chain_id)
    assert (block["id"], block["result"]["number"]) == (2, "0x1")
    assert (refused["id"], code_of(refused)) == (3, -32601)
    assert int(last["result"], 16) == embedded.services.chain.head().number


def test_the_contracts_own_refusal_is_told(embedded: Served, queries: ChainQueries) -> None:
    wrong = calls.anchor(hash=b"\1" * 32)
    answer = ask(
        queries,
        "eth_call",
        {"to": embedded.services.fund.address, "data": "0x" + wrong.hex(), "from": SOMEBODY},
        "latest",
    )
    assert code_of(answer) == 3
    assert answer["error"]["data"].startswith("0x")


# ---------------------------------------------------------------- what is not


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
        ("eth_call", [QUESTION | {"input": "0x" + "00" * 2049}, "latest"]),
        ("eth_call", [QUESTION | {"from": "0x12"}, "latest"]),
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
        "toBlock": hex(chain_queries.RANGE_BLOCKS - 1),
        "topics": [[HASH] * 10, None, HASH, [HASH]],
    }
    assert ask(queries, "eth_getLogs", wanted)["result"] == []


CHAIN_ID_CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'


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


# ---------------------------------------------------------------- how much


def test_what_does_not_fit_in_an_answer_is_told_call_by_call(
    queries: ChainQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "ANSWER_BYTES", 3_000)
    blocks = [
        {"jsonrpc": "2.0", "id": number, "method": "eth_getBlockByNumber", "params": [hex(number), False]}
        for number in range(5)
    ]
    answers = raw(queries, json.dumps(blocks).encode())
    assert [one["id"] for one in answers] == [0, 1, 2, 3, 4]
    fits = ["result" in one for one in answers]
    assert fits[0] and not fits[-1] and fits == sorted(fits, reverse=True)
    assert {code_of(one) for one in answers if "error" in one} == {-32005}


def test_who_asks_too_often_waits_and_others_do_not(embedded: Served) -> None:
    queries = ChainQueries(embedded.services, calls_a_minute=5)
    for _ in range(5):
        assert "result" in raw(queries, CHAIN_ID_CALL)
    with pytest.raises(RateTooHigh) as refused:
        raw(queries, b"nonsense counts too")
    assert 1 <= refused.value.retry_after_seconds <= 61
    other = Reader(name="staff=1", author=COMMAND_LINE)
    assert b"result" in queries.answer(CHAIN_ID_CALL, reader=other)


def test_so_many_are_answered_at_a_time_and_the_next_waits(
    embedded: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = ChainQueries(embedded.services)
    chain = embedded.services.chain
    asked, go_on = threading.Semaphore(0), threading.Event()
    ask_node = EmbeddedChain.ask_node

    def ask_slowly(self: EmbeddedChain, calls: Any) -> Any:
        asked.release()
        go_on.wait()
        return ask_node(self, calls)

    monkeypatch.setattr(EmbeddedChain, "ask_node", ask_slowly)
    assert isinstance(chain, EmbeddedChain)
    busy = [threading.Thread(target=raw, args=(queries, CHAIN_ID_CALL)) for _ in range(answering.AT_ONCE)]
    for thread in busy:
        thread.start()
    for _ in busy:
        asked.acquire()
    monkeypatch.setattr(answering, "QUEUE_SECONDS", 0.05)
    with pytest.raises(RateTooHigh):
        raw(queries, CHAIN_ID_CALL)
    monkeypatch.setattr(answering, "QUEUE_SECONDS", 600.0)
    waiting = [threading.Thread(target=raw, args=(queries, CHAIN_ID_CALL)) for _ in range(answering.WAITING)]
    for thread in waiting:
        thread.start()
    # Once they all wait, the next is sent away at once.
    until(lambda: not queries._queue._value)
    with pytest.raises(RateTooHigh):
        raw(queries, CHAIN_ID_CALL)
    go_on.set()
    for thread in busy + waiting:
        thread.join()
    assert "result" in raw(queries, CHAIN_ID_CALL)


# ---------------------------------------------------------------- over HTTP


def test_over_http_an_auditor_is_answered_and_the_log_of_staff_has_it_once(embedded: Served) -> None:
    code = new_sign_in_code(embedded.services, name="Rekenmeester", roles=[Role.AUDITOR])
    with httpx.Client(base_url=f"{embedded.url}/api/v1") as client:
        session = client.post("/staff-sessions", json={"signInCode": code}).json()
        headers = {"authorization": f"Bearer {session['token']}", "content-type": "application/json"}
        for _ in range(3):
            answer = client.post("/chain-queries", content=CHAIN_ID_CALL, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
            assert answer.headers["cache-control"] == "no-store"
            assert int(answer.json()["result"], 16) == embedded.services.chain.chain_id
        assert client.post("/chain-queries?key=1", content=CHAIN_ID_CALL, headers=headers).status_code == 400
        assert client.get("/chain-queries", headers=headers).status_code == 405
    read = [
        one
        for one in embedded.services.registry.staff_log.all()
        if (one.action, one.staff_name) == (Action.CHAIN_READ, "Rekenmeester")
    ]
    assert [one.outcome for one in read] == ["begun", "done"]
