# SPDX-License-Identifier: EUPL-1.2
"""What may be asked of the chain's node, and in which form: the methods, their parameters, their limits.

They read blocks, receipts and events of the whole chain, and the state of our own contract as it is now. Source:
https://ethereum.org/developers/docs/apis/json-rpc
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kindpakket.chain.rpc import Call

RANGE_BLOCKS = 512
"""So many blocks are looked through for events at once."""

CALL_GAS = 1_000_000
"""What a question to the contract may use: ten times what any of its answers takes."""

CALL_BYTES = 2_048
"""The longest input of a question to the contract."""

TOPICS, TOPIC_CHOICES = 4, 10

METHOD_UNKNOWN, PARAMETERS_WRONG = -32601, -32602

_NUMBER = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,15})")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_BYTES = re.compile(r"0x([0-9a-fA-F]{2})*")
_LATEST = "latest"


class NotAnswered(Exception):
    """A call is not passed on. `code` is JSON-RPC's, the text says what may be asked."""

    def __init__(self, code: int, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code


def read_call(method: object, parameters: list[Any], *, contract: str) -> Call:
    """Return a call as it may be passed on.

    Args:
        method: What is asked.
        parameters: In which form.
        contract: Our contract's address, lower case.

    Raises:
        NotAnswered: The method is not on the list, or its parameters have another form.
    """
    read = METHODS.get(method) if isinstance(method, str) else None
    if read is None:
        raise NotAnswered(
            METHOD_UNKNOWN, "This method may not be asked here; docs/protocol.md has those that may"
        )
    assert isinstance(method, str), "what is on the list is a text"
    return Call(method, read(parameters, contract))


# ---------------------------------------------------------------- the forms of parameters


def _nothing(given: list[Any], _contract: str) -> tuple[Any, ...]:
    _take(given, 0)
    return ()


def _block(given: list[Any], _contract: str) -> tuple[Any, ...]:
    (block,) = _take(given, 1)
    return (_block_number(block),)


def _block_in_detail(given: list[Any], _contract: str) -> tuple[Any, ...]:
    block, detailed = _take(given, 2)
    return _block_number(block), _flag(detailed)


def _hashed_block_in_detail(given: list[Any], _contract: str) -> tuple[Any, ...]:
    block, detailed = _take(given, 2)
    return _match(_HASH, block, "a hash"), _flag(detailed)


def _transaction(given: list[Any], _contract: str) -> tuple[Any, ...]:
    (transaction,) = _take(given, 1)
    return (_match(_HASH, transaction, "a hash"),)


def _code(given: list[Any], contract: str) -> tuple[Any, ...]:
    address, state = _take(given, 2)
    return _ours(address, contract), _now(state)


def _storage(given: list[Any], contract: str) -> tuple[Any, ...]:
    address, slot, state = _take(given, 3)
    place = slot if isinstance(slot, str) and _HASH.fullmatch(slot) else _match(_NUMBER, slot, "a slot")
    return _ours(address, contract), place, _now(state)


def _question(given: list[Any], contract: str) -> tuple[Any, ...]:
    asked, state = _take(given, 2)
    members = _members(asked, {"to", "input", "data"})
    inputs = [members[name] for name in ("input", "data") if members.get(name) is not None]
    if not inputs or any(one != inputs[0] for one in inputs):
        raise _wrong("`input`, or `data`, or both the same, are bytes")
    content = _match(_BYTES, inputs[0], "bytes")
    if len(content) > 2 + 2 * CALL_BYTES:
        raise _wrong(f"`input` has at most {CALL_BYTES} bytes")
    return {"to": _ours(members.get("to"), contract), "input": content, "gas": hex(CALL_GAS)}, _now(state)


def _events(given: list[Any], contract: str) -> tuple[Any, ...]:
    (asked,) = _take(given, 1)
    members = _members(asked, {"address", "fromBlock", "toBlock", "blockHash", "topics"})
    wanted: dict[str, Any] = {"address": _ours(members.get("address"), contract)}
    if "blockHash" in members:
        if members.keys() & {"fromBlock", "toBlock"}:
            raise _wrong("`blockHash` stands alone")
        wanted["blockHash"] = _match(_HASH, members["blockHash"], "a hash")
    else:
        first, last = (_match(_NUMBER, members.get(name), "a number") for name in ("fromBlock", "toBlock"))
        if not 0 <= int(last, 16) - int(first, 16) < RANGE_BLOCKS:
            raise _wrong(f"`fromBlock` and `toBlock` are numbers, for at most {RANGE_BLOCKS} blocks")
        wanted |= {"fromBlock": first, "toBlock": last}
    if "topics" in members:
        wanted["topics"] = _topics(members["topics"])
    return (wanted,)


def _topics(given: object) -> list[Any]:
    if not isinstance(given, list) or len(given) > TOPICS:
        raise _wrong(f"`topics` are at most {TOPICS}")
    read: list[Any] = []
    for topic in given:
        choices = topic if isinstance(topic, list) else [topic]
        if len(choices) > TOPIC_CHOICES:
            raise _wrong(f"a topic has at most {TOPIC_CHOICES} choices")
        read.append(None if topic is None else [_match(_HASH, one, "a hash") for one in choices])
    return read


# ---------------------------------------------------------------- their parts


def _take(given: list[Any], count: int) -> list[Any]:
    if len(given) != count:
        raise _wrong(f"it has {count} parameters here")
    return given


def _members(given: object, known: set[str]) -> dict[str, Any]:
    if not isinstance(given, dict) or given.keys() - known:
        raise _wrong(f"an object with {', '.join(sorted(known))} and nothing else")
    return given


def _match(form: re.Pattern[str], given: object, what: str) -> str:
    if not isinstance(given, str) or form.fullmatch(given) is None:
        raise _wrong(f"{what}, as 0x and hexadecimal digits")
    return given


def _block_number(given: object) -> str:
    return (
        given
        if given in (_LATEST, "earliest") and isinstance(given, str)
        else _match(_NUMBER, given, "a block")
    )


def _now(given: object) -> str:
    if given != _LATEST:
        raise _wrong("the state is told as it is now only: `latest`")
    return _LATEST


def _ours(given: object, contract: str) -> str:
    if not isinstance(given, str) or given.lower() != contract:
        raise _wrong("the address is the contract's, as `GET /fund` tells it")
    return contract


def _flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise _wrong("true or false")
    return given


def _wrong(expected: str) -> NotAnswered:
    return NotAnswered(PARAMETERS_WRONG, f"Another form of parameters than may be asked here: {expected}")


METHODS: dict[str, Callable[[list[Any], str], tuple[Any, ...]]] = {
    "eth_chainId": _nothing,
    "eth_blockNumber": _nothing,
    "eth_getBlockByNumber": _block_in_detail,
    "eth_getBlockByHash": _hashed_block_in_detail,
    "eth_getBlockReceipts": _block,
    "eth_getTransactionByHash": _transaction,
    "eth_getTransactionReceipt": _transaction,
    "eth_getLogs": _events,
    "eth_call": _question,
    "eth_getStorageAt": _storage,
    "eth_getCode": _code,
    "net_version": _nothing,
    "web3_clientVersion": _nothing,
}

SMALL = frozenset(
    {"eth_chainId", "eth_blockNumber", "eth_call", "eth_getStorageAt", "net_version", "web3_clientVersion"}
)
"""Whose answers are short: the node is asked many of them at a time, all others one by one."""

COSTS = {"eth_getLogs": 10}
"""For how many calls one counts that has the node look through many blocks; all others count for one."""
