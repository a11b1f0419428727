# SPDX-License-Identifier: EUPL-1.2
"""JSON-RPC to a node on this machine: kept connections, and pipelines.

A node handles the requests of one connection strictly one after the other, so a pipeline (send these, then mine, then
read) needs one journey and keeps its order. Inside a batch the order is not promised. web3's provider cannot pipeline.
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

_CHUNK_BYTES = 256 * 1024


class NodeUnreachable(Exception):
    """The node does not answer, or not in the way of HTTP."""


class RpcError(Exception):
    """The node answered with an error, `told`. `data` is the raw reason of a revert, if it is one."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Keep what the node said."""
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        content = error.get("data")
        self.told = error
        self.is_revert = error.get("code") == 3
        self.is_internal = error.get("code") == -32603
        # A block was mined between the node's choice of the newest one and its use of it, and the older one's state
        # is not kept. Asked again, it takes the newer one.
        self.is_overtaken = "BlockOutOfRange" in str(error.get("message"))
        self.data = (
            bytes.fromhex(content[2:]) if isinstance(content, str) and content.startswith("0x") else b""
        )


class Call(NamedTuple):
    """A method and its parameters."""

    method: str
    parameters: tuple[Any, ...] = ()


class _Connection:
    """One kept HTTP connection."""

    def __init__(self, host: str, port: int, timeout_seconds: float) -> None:
        self._host = host.encode()
        self._socket = socket.create_connection((host, port), timeout=timeout_seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = bytearray()

    def exchange(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Post all bodies at once and read as many answers.

        The answers but the last must be small: they wait in the node's buffer until all bodies are written.
        """
        self._socket.sendall(
            b"".join(
                b"POST / HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (self._host, len(body), body)
                for body in bodies
            )
        )
        return [self._read_answer() for _ in bodies]

    def is_fresh(self) -> bool:
        """Whether nothing came in while it was kept, the end of it in particular."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self._socket.close()

    def _read_answer(self) -> bytes:
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            self._receive()
        status, *lines = bytes(self._unread[:end]).lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        if b" 200" not in status or length is None:
            raise NodeUnreachable(f"the node answered {status!r}")
        start = end + 4
        while len(self._unread) < start + length:
            self._receive()
        body = bytes(self._unread[start : start + length])
        del self._unread[: start + length]
        return body

    def _receive(self) -> None:
        # The node holds a pipeline's next answer back until the last one is acknowledged, and left alone the kernel
        # takes 40 ms for that. It forgets this wish, so it is told each time.
        if hasattr(socket, "TCP_QUICKACK"):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        received = self._socket.recv(_CHUNK_BYTES)
        if not received:
            raise NodeUnreachable("the node closed the connection")
        self._unread += received


class Rpc:
    """A node's JSON-RPC; may be used by many threads at once."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", timeout_seconds: float) -> None:
        """Connect when first asked. A request that takes longer than `timeout_seconds` counts as unanswered."""
        self._host = host
        self._port = port
        self._timeout_seconds = timeout_seconds
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def request(self, method: str, *parameters: Any) -> Any:
        """Call one method.

        Raises:
            NodeUnreachable: No answer.
            RpcError: The node answered with an error.
        """
        ((answer,),) = self.pipeline([[Call(method, parameters)]])
        if isinstance(answer, RpcError):
            raise answer
        return answer

    def pipeline(self, batches: Sequence[Sequence[Call]]) -> list[list[Any]]:
        """Do batches one after the other; each call's answer is its result or an `RpcError`.

        Raises:
            NodeUnreachable: No answer to one of them; the earlier ones may be done.
        """
        bodies = [_write_batch(batch) for batch in batches]
        try:
            connection = self._take()
            try:
                answers = connection.exchange(bodies)
            except BaseException:
                connection.close()
                raise
        except OSError as error:
            raise NodeUnreachable(f"the node does not answer: {error}") from error
        with self._lock:
            self._idle.append(connection)
        return [_read_batch(answer, len(batch)) for answer, batch in zip(answers, batches, strict=True)]

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            connections, self._idle = self._idle, []
        for connection in connections:
            connection.close()

    def _take(self) -> _Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if connection.is_fresh():
                return connection
            connection.close()
        return _Connection(self._host, self._port, self._timeout_seconds)


def _write_batch(batch: Sequence[Call]) -> bytes:
    return json.dumps(
        [
            {"jsonrpc": "2.0", "id": place, "method": call.method, "params": call.parameters}
            for place, call in enumerate(batch)
        ],
        separators=(",", ":"),
    ).encode()


def _read_batch(body: bytes, length: int) -> list[Any]:
    answers: list[Any] = [None] * length
    try:
        for answer in json.loads(body):
            answers[answer["id"]] = RpcError(answer["error"]) if "error" in answer else answer["result"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise NodeUnreachable(f"the node's answer is not JSON-RPC: {body[:100]!r}") from error
    return answers
