# SPDX-License-Identifier: EUPL-1.2
"""Asking the chain in tests: one call, any bytes, or the node itself."""

from __future__ import annotations

import json
from typing import Any

from kindpakket.chain.rpc import Call
from kindpakket.chain_queries import ChainQueries, Reader
from kindpakket.staff_log import COMMAND_LINE

from .conftest import Served

CHAIN_ID_CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
HASH = "0x" + "ab" * 32
SOMEBODY = "0x" + "ab" * 20
READER = Reader(name="audit_key=77", author=COMMAND_LINE, audit_key=77)


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
