# SPDX-License-Identifier: EUPL-1.2
"""A node that is not ours: anvil on a port of its own, started, stopped and started again while its clients go on; and
a relay before it, for nodes that answer in other ways.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from kindpakket.chain.anvil import require_anvil
from kindpakket.chain.client import Submission
from kindpakket.chain.rpc import Call, Rpc, RpcError
from kindpakket.chain.transactions import SignedTransaction, Signer

from .support import CHAIN_ID, KEYSTORE, NOWHERE, START_AT

SENDER = Signer(KEYSTORE.relayer).address


class Node:
    """Free gas, no accounts. Its time stands still until it is moved; it mines each transaction, or when told."""

    def __init__(self, *, mines: bool = True, chain_id: int = CHAIN_ID, block_gas: int = 30_000_000) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port: int = server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._mines, self._chain_id, self._block_gas = mines, chain_id, block_gas
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, state: str = "") -> None:
        """Start it with an empty pool, and with a state or an empty chain."""
        with NamedTemporaryFile() as file:
            file.write(gzip.decompress(bytes.fromhex(state.removeprefix("0x"))) if state else b"")
            file.flush()
            self._start([f"--load-state={file.name}"] if state else [])

    def _start(self, more: list[str]) -> None:
        command = [
            *(str(require_anvil()), "--host=127.0.0.1", f"--port={self.port}", "--no-cors", "--accounts=0"),
            *("--order=fifo", "--hardfork=prague", f"--chain-id={self._chain_id}", f"--timestamp={START_AT}"),
            *(
                f"--gas-limit={self._block_gas}",
                "--base-fee=0",
                "--gas-price=0",
                "--disable-min-priority-fee",
            ),
            *([] if self._mines else ["--no-mining"]),
            *more,
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(b"Listening on "):
                break
        self._process.stdout.close()
        self.rpc = Rpc(self.port, timeout_seconds=20)
        self.rpc.request("anvil_setLoggingEnabled", False)
        self.rpc.request("anvil_setBlockTimestampInterval", 0)

    def stop(self) -> None:
        """Kill it; what it held is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
            self.rpc.close()

    def restart(self, state: str) -> None:
        """Kill it, and start it with a state and an empty pool."""
        self.stop()
        self.start(state)

    def state(self) -> str:
        """All that it has but its pool."""
        return str(self.rpc.request("anvil_dumpState"))

    def freeze(self) -> None:
        """Let it take connections and answer nothing."""
        self._signal(signal.SIGSTOP)
        # Some of its threads may go on for a while until they are told.
        assert self._process is not None
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self.rpc.request("evm_mine")

    def pool(self) -> int:
        """How many transactions wait in it."""
        status: dict[str, Any] = self.rpc.request("txpool_status")
        return int(status["pending"], 16) + int(status["queued"], 16)

    def travel_to(self, at: int) -> None:
        """Let the next block have this time."""
        self.rpc.request("evm_setNextBlockTimestamp", at)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


def note(number: int = 0, *, sender: str = SENDER, gas: int = 30_000) -> Submission:
    """A call that does nothing but be there."""
    return Submission(sender=sender, to=NOWHERE, input=number.to_bytes(4, "big"), gas=gas)


def count_of(node: Node, sender: str = SENDER) -> int:
    """How many transactions of this account were executed."""
    return int(node.rpc.request("eth_getTransactionCount", sender, "latest"), 16)


def until(condition: Callable[[], bool]) -> None:
    """Look again until it is so."""
    pause, deadline = threading.Event(), time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never was so"
        pause.wait(0.01)


def pooled(node: Node, count: int) -> None:
    """Wait until so many transactions are in the node's pool."""
    until(lambda: node.pool() == count)


def in_outbox(folder: Path) -> list[tuple[int, bytes, bytes, int]]:
    """Number, hash, bytes and whether it settled of each transaction."""
    with closing(sqlite3.connect(folder / "outbox.db")) as database:
        return database.execute(
            "SELECT nonce, hash, raw, settled FROM signed_transaction ORDER BY nonce"
        ).fetchall()


def sign(number: int, nonce: int) -> SignedTransaction:
    """A note by our account."""
    return Signer(KEYSTORE.relayer).sign(note(number), nonce=nonce, chain_id=CHAIN_ID)


Twist = Callable[[Call], Call | dict[str, Any]]
"""What a node makes of a call: another call, or an error."""


Bend = Callable[[Call, Any], Any]
"""What a node makes of its own answer to a call."""


@contextmanager
def relay(node: Node, twist: Twist, bend: Bend = lambda _, found: found) -> Iterator[str]:
    """The address of a node that is `node` but for some habits of its own."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        frame = {"jsonrpc": "2.0", "id": asked["id"]}
        twisted = twist(Call(asked["method"], tuple(asked["params"])))
        if isinstance(twisted, dict):
            return frame | {"error": twisted}
        ((found,),) = node.rpc.pipeline([[twisted]])
        if isinstance(found, RpcError):
            return frame | {"error": found.told}
        return frame | {"result": bend(twisted, found)}

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(
                # Answers in a batch may come in any order.
                [answer(one) for one in reversed(asked)] if isinstance(asked, list) else answer(asked)
            ).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
