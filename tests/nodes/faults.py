# SPDX-License-Identifier: EUPL-1.2
"""What lies between us and a node that is not ours, on its worst day: a real HTTP server that passes each request on,
or does one of the things below with it. Which one is thrown by dice that have a seed: one throw for each request, in
the order in which they come.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFUSALS = ("already known", "nonce too low", "replacement transaction underpriced", "txpool is full")


@dataclass
class Faults:
    """Which faults there are, and how often. Counts what it did.

    Attributes:
        share: Of all requests, so many meet a fault; the tests change it while they go on.
        kinds: Names of methods below; one is as likely as another.
    """

    port: int
    seed: int
    share: float = 0.0
    kinds: tuple[str, ...] = ()
    done: Counter[str] = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)
    _dice: random.Random = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _answer_before: bytes = b""
    _held: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def throw(self) -> tuple[str, random.Random]:
        """The fault of the next request, and dice of its own; "" for none."""
        with self._lock:
            own = random.Random(self._dice.random())
            is_fault = self.kinds and self._dice.random() < self.share
            kind = self._dice.choice(self.kinds) if is_fault else ""
            self.done[kind or "passed"] += 1
        return kind, own

    def forward(self, body: bytes) -> bytes:
        """What the node answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
        finally:
            connection.close()
        with self._lock:
            self._answer_before = answer
        return answer

    def let_go(self) -> None:
        """Bring the node all that was swallowed, in another order than it came."""
        with self._lock:
            held, self._held = self._held[::-1], []
        for body in held:
            self.forward(body)

    # ---------------------------------------------------------------- each kind; None hangs up without an answer

    def delay_request(self, body: bytes, own: random.Random) -> bytes | None:
        self.closing.wait(own.uniform(0.0, 0.3))
        return self.forward(body)

    def delay_answer(self, body: bytes, own: random.Random) -> bytes | None:
        answer = self.forward(body)
        self.closing.wait(own.uniform(0.0, 0.3))
        return answer

    def drop_request(self, _body: bytes, _own: random.Random) -> bytes | None:
        return None

    def drop_answer(self, body: bytes, _own: random.Random) -> bytes | None:
        self.forward(body)
        return None

    def duplicate_request(self, body: bytes, own: random.Random) -> bytes | None:
        answers = [self.forward(body), self.forward(body)]
        return own.choice(answers)

    def repeat_later(self, body: bytes, own: random.Random) -> bytes | None:
        """The same request once more when others came in between."""
        pause = own.uniform(0.1, 0.6)

        def repeat() -> None:
            if not self.closing.wait(pause):
                try:
                    self.forward(body)
                except OSError:
                    return

        threading.Thread(target=repeat, daemon=True).start()
        return self.forward(body)

    def swallow(self, body: bytes, _own: random.Random) -> bytes | None:
        """Say that transactions were taken, and keep them; anything else passes."""
        asked = json.loads(body)
        if not isinstance(asked, list) or asked[0]["method"] != "eth_sendRawTransaction":
            return self.forward(body)
        with self._lock:
            self._held.append(body)
        return json.dumps(
            [{"jsonrpc": "2.0", "id": one["id"], "result": "0x" + "11" * 32} for one in asked]
        ).encode()

    def answer_before(self, body: bytes, _own: random.Random) -> bytes | None:
        """The answer to another request."""
        before = self._answer_before
        self.forward(body)
        return before

    def refuse(self, body: bytes, own: random.Random) -> bytes | None:
        """An error for each call, though half of the time the node did what was asked."""
        if own.random() < 0.5:
            self.forward(body)
        error = {"code": -32000, "message": own.choice(REFUSALS)}
        asked = json.loads(body)
        answers = [
            {"jsonrpc": "2.0", "id": one["id"], "error": error}
            for one in (asked if isinstance(asked, list) else [asked])
        ]
        return json.dumps(answers if isinstance(asked, list) else answers[0]).encode()

    def say_nonsense(self, body: bytes, own: random.Random) -> bytes | None:
        """A result of another form than the one asked for."""
        nonsense = own.choice([7, "zz", {}, True])
        return self._change(body, lambda answers: [one | {"result": nonsense} for one in answers])

    def tell_older_head(self, body: bytes, _own: random.Random) -> bytes | None:
        """The block before the newest one for the newest one, as a node says that is about to go another way."""
        asked = json.loads(body)
        newest = {
            one["id"]
            for one in (asked if isinstance(asked, list) else [asked])
            if (one["method"], one["params"][:1]) == ("eth_getBlockByNumber", ["latest"])
        }

        def change(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [
                one | {"result": self._parent(one["result"])} if one["id"] in newest else one
                for one in answers
            ]

        return self._change(body, change) if newest else self.forward(body)

    def empty_body(self, body: bytes, _own: random.Random) -> bytes | None:
        self.forward(body)
        return b""

    def wrong_number(self, body: bytes, own: random.Random) -> bytes | None:
        def change(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
            own.choice(answers)["id"] += own.choice([-1, 1, 1000])
            return answers

        return self._change(body, change)

    def leave_one_out(self, body: bytes, own: random.Random) -> bytes | None:
        return self._change(body, lambda answers: own.sample(answers, len(answers) - 1))

    def say_one_twice(self, body: bytes, own: random.Random) -> bytes | None:
        return self._change(body, lambda answers: [*answers, own.choice(answers)])

    def shuffle(self, body: bytes, own: random.Random) -> bytes | None:
        """Answers in a batch may come in any order: that is none."""
        return self._change(body, lambda answers: own.sample(answers, len(answers)))

    def _parent(self, block: dict[str, Any]) -> dict[str, Any]:
        asked = {
            "jsonrpc": "2.0",
            "id": 0,
            "method": "eth_getBlockByHash",
            "params": [block["parentHash"], False],
        }
        parent: dict[str, Any] | None = json.loads(self.forward(json.dumps(asked).encode()))["result"]
        return parent or block

    def _change(
        self, body: bytes, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
    ) -> bytes | None:
        answer = json.loads(self.forward(body))
        if isinstance(answer, list):
            return json.dumps(change(answer)).encode()
        changed = change([answer])
        return json.dumps(changed[0]).encode() if changed else b""


STATUSES = {"status_500": 500, "status_502": 502, "status_429": 429}
CUTS = ("cut_body", "cut_head", "trickle", "say_nothing")
"""What happens to the answer on its way, after the node gave it."""

KINDS = (
    *("delay_request", "delay_answer", "drop_request", "drop_answer", "duplicate_request", "repeat_later"),
    *("swallow", "answer_before", "refuse", "say_nonsense", "empty_body", "wrong_number", "leave_one_out"),
    *("say_one_twice", "shuffle", "tell_older_head", *STATUSES, *CUTS),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    faults: Faults

    def do_POST(self) -> None:
        faults = self.faults
        body = self.rfile.read(int(self.headers["content-length"]))
        kind, own = faults.throw()
        try:
            if kind in STATUSES:
                if own.random() < 0.5:
                    faults.forward(body)
                self._answer(b"the gateway is unwell", status=STATUSES[kind])
            elif kind in CUTS:
                self._cut(kind, faults.forward(body), own)
            else:
                answer = getattr(faults, kind)(body, own) if kind else faults.forward(body)
                if answer is None:
                    self.close_connection = True
                else:
                    self._answer(answer)
        except (OSError, http.client.HTTPException):
            # The node is away, or who asked went away.
            self.close_connection = True

    def _answer(self, answer: bytes, *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _cut(self, kind: str, answer: bytes, own: random.Random) -> None:
        self.close_connection = True
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer)
        if kind == "cut_head":
            self.wfile.write(head[: own.randrange(1, len(head) - 2)])
        elif kind == "cut_body":
            self.wfile.write(head + answer[: own.randrange(len(answer))])
        elif kind == "trickle":
            self.wfile.write(head)
            for byte in answer:
                self.wfile.write(bytes([byte]))
                if self.faults.closing.wait(0.1):
                    return
        else:
            # Nothing at all, until who asked hangs up.
            self.connection.settimeout(60)
            self.rfile.read(1)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Connections that say nothing would hold the end up.
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: hanging up is what it is for."""


@contextmanager
def faulty(port: int, *, seed: int) -> Iterator[tuple[str, Faults]]:
    """The address of a proxy before the node at `port`, and its faults: none at first."""
    faults = Faults(port=port, seed=seed, kinds=KINDS)
    handler = type("Handler", (_Handler,), {"faults": faults})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", faults
        finally:
            faults.closing.set()
            server.shutdown()
            thread.join()
