# SPDX-License-Identifier: EUPL-1.2
"""JSON-RPC 2.0 as it is read and written here: one call, or a batch of at most a hundred; each has an id.

Reading is strict: a text that two readers could take for different things (a member that stands twice, a number that is
none) is refused whole. Source: https://www.jsonrpc.org/specification
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kindpakket.chain.rpc import Call, RpcError
from kindpakket.json_texts import read_json

from .methods import NotAnswered, read_call

BATCH_CALLS = 100
"""The longest batch."""

MOST_BYTES = 256 * 1024
"""The longest request."""

UNREADABLE, REQUEST_WRONG, TOO_MUCH, NODE_REFUSED = -32700, -32600, -32005, -32000

_MESSAGE_CHARACTERS = 200
_MOST_BRACKETS = 10 * BATCH_CALLS
_MEMBERS = {"jsonrpc", "id", "method", "params"}

Id = int | str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A call that may be passed on, and the id that its answer must have."""

    id: Id
    call: Call


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that is not passed on, and why."""

    id: Id
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, in order. `is_batch` says in which form the answer must be."""

    parts: tuple[Question | Fault, ...]
    is_batch: bool


def read_request(body: bytes, *, contract: str) -> Request:
    """Return what a request asks; whatever it holds, this is all that can become of it."""
    if len(body) > MOST_BYTES:
        return _refused(TOO_MUCH, f"A request has at most {MOST_BYTES} bytes")
    if body.count(b"[") + body.count(b"{") > _MOST_BRACKETS:
        # Reading what is nested without end would use up the stack; no batch that may be asked has so many.
        return _refused(REQUEST_WRONG, f"A batch has at most {BATCH_CALLS} calls")
    try:
        told = read_json(body.decode())
    except (ValueError, RecursionError):
        return _refused(UNREADABLE, "This is not JSON that can be read in one way only")
    if not isinstance(told, list):
        return Request((_read_part(told, contract),), is_batch=False)
    if not 0 < len(told) <= BATCH_CALLS:
        return _refused(REQUEST_WRONG, f"A batch has 1 to {BATCH_CALLS} calls")
    return Request(tuple(_read_part(one, contract) for one in told), is_batch=True)


def write_result(id_: Id, result: Any) -> bytes:
    """Return the answer to a call."""
    return _write({"jsonrpc": "2.0", "id": id_, "result": result})


def write_error(id_: Id, code: int, message: str, *, revert: str | None = None) -> bytes:
    """Return why a call is not answered. `revert` is the contract's reason, if it gave one."""
    error: dict[str, Any] = {"code": code, "message": message}
    if revert is not None:
        error["data"] = revert
    return _write({"jsonrpc": "2.0", "id": id_, "error": error})


def write_node_error(id_: Id, error: RpcError) -> bytes:
    """Return what the node said to a call that it did not answer, as far as it is of the ordinary form."""
    code, message, told = (error.told.get(name) for name in ("code", "message", "data"))
    return write_error(
        id_,
        code if isinstance(code, int) else NODE_REFUSED,
        str(message)[:_MESSAGE_CHARACTERS],
        revert=told if isinstance(told, str) and error.data else None,
    )


def _read_part(told: object, contract: str) -> Question | Fault:
    if not isinstance(told, dict):
        return Fault(None, REQUEST_WRONG, "A call is an object")
    id_ = told.get("id")
    if isinstance(id_, bool) or not isinstance(id_, int | str) or len(str(id_)) > 40:
        return Fault(
            None, REQUEST_WRONG, "A call has an id, a whole number or a text of at most 40 characters"
        )
    if told.get("jsonrpc") != "2.0" or told.keys() - _MEMBERS or not isinstance(told.get("method"), str):
        return Fault(id_, REQUEST_WRONG, "A call has jsonrpc 2.0, id, method, params, and nothing else")
    parameters = told.get("params", [])
    try:
        if not isinstance(parameters, list):
            parameters = [parameters]
        return Question(id_, read_call(told["method"], parameters, contract=contract))
    except NotAnswered as error:
        return Fault(id_, error.code, str(error))


def _refused(code: int, message: str) -> Request:
    return Request((Fault(None, code, message),), is_batch=False)


def _write(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
