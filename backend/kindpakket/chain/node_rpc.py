# SPDX-License-Identifier: EUPL-1.2
"""JSON-RPC to a node elsewhere, through web3's provider: single calls and batches, over http or https.

What a node says is returned as it came, or raised as what it means: no answer, an error, a revert.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from .rpc import Call, NodeUnreachable, RpcError

BATCH_LIMIT = 100
"""Nodes refuse batches that are too long; the strictest in use take a hundred."""

_CONNECTIONS = 128
_LONGEST_PAUSE_SECONDS = 60.0


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


class NodeLocked(NodeUnreachable):
    """The node lets in only who has another key; asking again does not help."""


class NodeBusy(NodeUnreachable):
    """The node was asked too much, and says after how long it answers again."""

    def __init__(self, pause_seconds: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"the node wants {pause_seconds:.0f} s of rest")
        self.pause_seconds = pause_seconds


class NodeRpc:
    """A node's JSON-RPC; may be used by many threads at once."""

    def __init__(self, url: str, *, timeout_seconds: float, key: str = "") -> None:
        """Connect when first asked. A node that is silent for `timeout_seconds` counts as unreachable.

        Args:
            url: Where the node answers.
            timeout_seconds: How long an answer may take.
            key: What lets us in, where the node asks for that; it goes in a header, never in the address.
        """
        self._session = requests.Session()
        # The address is all that decides where this goes: no proxies and no passwords from the surroundings.
        self._session.trust_env = False
        if key:
            self._session.headers["Authorization"] = f"Bearer {key}"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS))
        self._provider = HTTPProvider(
            url,
            request_kwargs={"timeout": timeout_seconds, "allow_redirects": False},
            session=self._session,
            exception_retry_configuration=None,
        )

    def request(self, method: str, *parameters: Any) -> Any:
        """Call one method.

        Raises:
            NodeUnreachable: No answer.
            NodeError: The node answered with an error.
        """
        try:
            response = self._provider.make_request(RPCEndpoint(method), parameters)
            answer = _read(response)
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise _unreachable(error) from error
        if isinstance(answer, NodeError):
            raise answer
        return answer

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Do many calls, in as few journeys as nodes allow; each one's answer is its result or a `NodeError`.

        Raises:
            NodeUnreachable: No answer to some of them; they may be done.
        """
        answers: list[Any] = []
        for start in range(0, len(calls), BATCH_LIMIT):
            part = calls[start : start + BATCH_LIMIT]
            try:
                responses = self._provider.make_batch_request(
                    [(RPCEndpoint(call.method), call.parameters) for call in part]
                )
                if not isinstance(responses, list) or len(responses) != len(part):
                    raise NodeUnreachable("the node does not answer to batches")
                answers += map(_read, responses)
            except (OSError, ValueError, TypeError, LookupError) as error:
                raise _unreachable(error) from error
        return answers

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._session.close()


def _read(response: RPCResponse) -> Any:
    return NodeError(dict(response["error"])) if "error" in response else response["result"]


def _unreachable(error: Exception) -> NodeUnreachable:
    response = error.response if isinstance(error, requests.HTTPError) else None
    if response is not None and response.status_code in (401, 403):
        return NodeLocked(
            f"the node does not let us in ({response.status_code}): the key is missing, wrong or ended"
        )
    if response is not None and response.status_code == 429:
        wanted = response.headers.get("Retry-After", "")
        return NodeBusy(min(float(wanted) if wanted.isdecimal() else 1.0, _LONGEST_PAUSE_SECONDS))
    # The error's own text may hold the node's address, and that a key.
    return NodeUnreachable(f"the node does not answer ({type(error).__name__})")
