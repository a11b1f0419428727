# SPDX-License-Identifier: EUPL-1.2
"""Questions to the chain: what is on the list is answered as the node does.

Given an auditor
  when they ask a method of the list in its form: what the node itself would say
  when they ask too much at once, too long or too often: a refusal that says so
Given the log of staff
  it has who read the chain, once a day; who is not in it is not answered
"""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx2 as httpx
import pytest

from kindpakket import chain_queries
from kindpakket.chain import abi, calls
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain_queries import (
    BATCH_CALLS,
    METHODS,
    MOST_BYTES,
    ChainQueries,
    Reader,
    answering,
    methods,
)
from kindpakket.errors import DatabaseUnreachable, RateTooHigh
from kindpakket.main import ROOT
from kindpakket.registry.staff_log import Outcome, StaffLog
from kindpakket.staff import Role
from kindpakket.staff_log import COMMAND_LINE, Action
from tests.chain.node import until
from tests.support import new_sign_in_code

from .asking import CHAIN_ID_CALL, READER, ask, code_of, node_says, raw
from .conftest import Served

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


def test_the_protocol_names_every_method_and_every_limit() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text("utf-8").partition("### The whole chain")[2]
    text = text.partition("## 7.")[0]
    assert {name for name in METHODS if f"`{name}`" in text} == set(METHODS)
    for number in (
        f"1 to {BATCH_CALLS}",
        f"{chain_queries.RANGE_BLOCKS} blocks",
        f"{MOST_BYTES // 1024} KiB",
        f"{answering.ANSWER_BYTES // 1024 // 1024} MiB",
        f"{answering.CALLS_A_MINUTE:,} calls",
        f"{methods.CALL_BYTES:,} bytes",
        f"{methods.CALL_GAS:,} gas",
        f"counts for {methods.COSTS['eth_getLogs']}",
    ):
        assert number in text, number


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
        {"to": embedded.services.fund.address, "data": "0x" + wrong.hex()},
        "latest",
    )
    assert code_of(answer) == 3
    assert answer["error"]["data"].startswith("0x")


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


def test_a_look_through_many_blocks_counts_for_many_calls(embedded: Served) -> None:
    cost = methods.COSTS["eth_getLogs"]
    queries = ChainQueries(embedded.services, calls_a_minute=cost)
    wanted = {"address": embedded.services.fund.address, "fromBlock": "0x0", "toBlock": "0x1"}
    assert "result" in ask(queries, "eth_getLogs", wanted)
    with pytest.raises(RateTooHigh):
        raw(queries, CHAIN_ID_CALL)


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


def test_nobody_is_answered_before_the_log_of_staff_has_it(
    embedded: Served, queries: ChainQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise DatabaseUnreachable

    kept = embedded.services.registry.staff_log
    before = len(kept.all())
    for step in ("begin", "end"):
        with monkeypatch.context() as patch:
            patch.setattr(StaffLog, step, fail)
            with pytest.raises(DatabaseUnreachable):
                raw(queries, CHAIN_ID_CALL)
    for _ in range(2):
        assert "result" in raw(queries, CHAIN_ID_CALL)
    written = [(one.about, one.outcome) for one in kept.all()[before:]]
    about = f"audit_key={READER.audit_key}"
    assert written == [("", Outcome.BEGUN), ("", Outcome.BEGUN), (about, Outcome.DONE)]


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
