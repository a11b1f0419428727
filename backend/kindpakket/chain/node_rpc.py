# SPDX-License-Identifier: EUPL-1.2
"""JSON-RPC to a node elsewhere: single calls and batches, over http or https.

What a node says is returned as it came, or raised as what it means: no answer, an error, a revert. An answer counts
only for the request whose number it bears: what lies between may mix answers up, give one twice, or cut one off. web3's
provider believes whatever comes next on the connection.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from .rpc import Call, NodeUnreachable, RpcError

BATCH_LIMIT = 100
"""Nodes refuse batches that are too long; the strictest in use take a hundred."""

_CONNECTIONS = 128
_LONGEST_PAUSE_SECONDS = 60.0
_CHUNK_BYTES = 256 * 1024
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_NONSENSE = (ValueError, TypeError, LookupError, AttributeError)


class NodeError(RpcError):
    """The node answered with an error. `revert` is the raw reason of a contract's refusal; None when it is none."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Keep what the node said. Nodes differ in how they say that a call reverted."""
        super().__init__(error)
        self.revert: bytes | None = None
        if self.is_revert or "revert" in str(self).lower():
            # Some put words before the bytes, or the bytes in an object.
            found = re.search(r"0x((?:[0-9a-fA-F]{2})*)", str(error.get("data")))
            self.revert = bytes.fromhex(found[1]) if found else b""


class NodeHopeless(NodeUnreachable):
    """Asking again does not help: the node lets in only who has another key, or answers what nobody can read."""


class NodeBusy(NodeUnreachable):
    """The node was asked too much, and says after how long it answers again."""

    def __init__(self, pause_seconds: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"the node wants {pause_seconds:.0f} s of rest")
        self.pause_seconds = pause_seconds


class NodeRpc:
    """A node's JSON-RPC; may be used by many threads at once."""

    def __init__(self, url: str, *, timeout_seconds: float, key: str = "") -> None:
        """Connect when first asked. A node that has not answered whole after `timeout_seconds` is unreachable.

        Args:
            url: Where the node answers.
            timeout_seconds: How long an answer may take.
            key: What lets us in, where the node asks for that; it goes in a header, never in the address.
        """
        self._url = url
        self._timeout_seconds = timeout_seconds
        # Never one that another server of ours, or this one before it was started again, may still be answered with.
        self._numbers = count(secrets.randbits(50))
        self._session = requests.Session()
        # The address is all that decides where this goes: no proxies and no passwords from the surroundings.
        self._session.trust_env = False
        if key:
            self._session.headers["Authorization"] = f"Bearer {key}"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS))

    def request(self, method: str, *parameters: Any, before: float | None = None) -> Any:
        """Call one method. `before` (monotonic) is when the answer is of no use any more.

        Raises:
            NodeUnreachable: No answer.
            NodeError: The node answered with an error.
        """
        asked = self._frame(Call(method, parameters))
        found = self._exchange(asked, before)
        with making_sense():
            if found["id"] != asked["id"]:
                raise NodeUnreachable("the answer is another request's")
            answer = _read(found)
        if isinstance(answer, NodeError):
            raise answer
        return answer

    def batch(self, calls: Sequence[Call], *, before: float | None = None) -> list[Any]:
        """Do many calls, in as few journeys as nodes allow; each one's answer is its result or a `NodeError`.

        Raises:
            NodeUnreachable: No answer to some of them; they may be done.
        """
        answers: list[Any] = []
        for start in range(0, len(calls), BATCH_LIMIT):
            asked = [self._frame(call) for call in calls[start : start + BATCH_LIMIT]]
            found = self._exchange(asked, before)
            if not isinstance(found, list):
                raise NodeUnreachable("the node does not answer to batches")
            with making_sense():
                # They come in any order.
                by_number = {one["id"]: _read(one) for one in found}
                answers += [by_number.pop(one["id"]) for one in asked]
            if by_number or len(found) != len(asked):
                raise NodeUnreachable("the answers are not those to what was asked")
        return answers

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._session.close()

    def _frame(self, call: Call) -> dict[str, Any]:
        number = next(self._numbers)
        return {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.parameters}

    def _exchange(self, asked: object, before: float | None) -> Any:
        """Post something and return what is answered, as it came."""
        now = time.monotonic()
        deadline = now + self._timeout_seconds if before is None else min(before, now + self._timeout_seconds)
        if deadline <= now:
            raise NodeUnreachable("the node does not answer in time")
        try:
            with self._session.post(
                self._url,
                data=json.dumps(asked, separators=(",", ":")).encode(),
                headers=_HEADERS,
                timeout=deadline - now,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code != requests.codes.ok:
                    raise _unreachable(response)
                return json.loads(b"".join(_read_body(response, deadline)))
        # The error's own text may hold the node's address, and that a key: no trace may lead to it.
        except (OSError, HTTPError, ValueError) as error:
            raise NodeUnreachable(f"the node does not answer ({type(error).__name__})") from None
        except RecursionError:
            raise NodeHopeless("what the node answers is nested too deeply to be read") from None


def _unreachable(response: requests.Response) -> NodeUnreachable:
    if response.status_code in (401, 403):
        return NodeHopeless(
            f"the node does not let us in ({response.status_code}): the key is missing, wrong or ended"
        )
    if response.status_code == requests.codes.too_many_requests:
        wanted = response.headers.get("Retry-After", "")
        return NodeBusy(min(float(wanted) if wanted.isdecimal() else 1.0, _LONGEST_PAUSE_SECONDS))
    return NodeUnreachable(f"the node does not answer (HTTP {response.status_code})")


@contextmanager
def making_sense() -> Iterator[None]:
    """Let an answer be read; one that is not of the form that it must have is as good as none.

    Raises:
        NodeUnreachable: It is not.
    """
    try:
        yield
    except _NONSENSE as error:
        raise NodeUnreachable(f"the node's answer makes no sense ({type(error).__name__})") from error


def _read_body(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """Give the body as it comes: a timeout is for each piece, and pieces may trickle in for ever."""
    while piece := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        yield piece
        if time.monotonic() > deadline:
            raise NodeUnreachable("the node does not answer in time")


def _read(answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    return answer["result"] if error is None else NodeError(dict(error))
