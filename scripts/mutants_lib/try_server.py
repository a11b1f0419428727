# SPDX-License-Identifier: EUPL-1.2
"""A process that has the contract's tests loaded, and tries each bytecode it is sent in a copy of itself.

Its standard input names the unchanged contract's bytecode. It first runs all tests on that: they must pass, and leave
what is slow and the same for all (keys, trees of keys) in memory. Then it listens on a socket: a connection brings one
bytecode and the tests to run in order, and gets the first that fails. Spoken in lines of JSON, see trials.py.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
from _pytest.runner import runtestprotocol

from kindpakket.chain.artifacts import load_artifacts

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("test_artifacts.py", "test_completeness.py", "test_manual.py")
"""The first would only say that the source is another; the others read tests and texts, never the bytecode."""

GAMES = 30
"""How many games a machine plays here: the full number takes longer than all other tests together."""

WORDS = 200
"""How many characters of a failure are kept."""


class TryServer:
    """A pytest plugin that takes the place of running the tests once."""

    def __init__(self, address: Path, answers: TextIO) -> None:
        """Serve on a Unix socket at this path; `answers` gets one line when it is ready."""
        self._address = address
        self._answers = answers

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests on the unchanged contract, then serve until the standard input ends."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._address))
        listener.listen()
        print(json.dumps(self._rehearse(session)), file=self._answers, flush=True)
        _forget_funds()
        gc.freeze()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return True
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _try(session, connection)
            connection.close()

    def _rehearse(self, session: pytest.Session) -> dict[str, Any]:
        """Run all tests on the unchanged contract: how long each takes in seconds, and what failed."""
        load_artifacts()["bytecode"] = sys.stdin.readline().strip()
        seconds, failed = {}, []
        for item, following in _pairs(session.items):
            _play_less(item)
            started = time.process_time()
            if _failure(item, following) is not None:
                failed.append(item.nodeid)
            seconds[item.nodeid] = round(time.process_time() - started, 4)
        return {"seconds": seconds, "failed": failed}


def _pairs(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    yield from zip(items, [*items[1:], None], strict=True)


def _failure(item: pytest.Item, following: pytest.Item | None) -> str | None:
    """Run a test; return what it says if it fails, else nothing."""
    for report in runtestprotocol(item, nextitem=following, log=False):
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            words = str(crash.message if crash else report.longrepr).splitlines()
            return words[0][:WORDS] if words else "it failed without a word"
    return None


def _forget_funds() -> None:
    """Drop every deployed contract that a cache of the tests still holds: it is the unchanged one."""
    for module in [module for name, module in sys.modules.items() if name.startswith("tests.contracts.")]:
        for value in vars(module).values():
            if isinstance(value, functools._lru_cache_wrapper):
                returns = value.__wrapped__.__annotations__.get("return", "")
                if "Fund" in str(returns):
                    value.cache_clear()
    gc.collect()
    fund = sys.modules["tests.contracts.fund"].Fund
    assert not any(type(value) is fund for value in gc.get_objects()), "a test keeps the unchanged contract"


def _try(session: pytest.Session, connection: socket.socket) -> None:
    """Run the tests asked for on the bytecode asked for, answer, and end this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection, connection.makefile("rw", encoding="utf-8") as stream:
        asked = json.loads(stream.readline())

        def give_up(*_: Any) -> None:
            stream.write(json.dumps({"verdict": "timeout"}) + "\n")
            stream.flush()
            os._exit(0)

        signal.signal(signal.SIGPROF, give_up)
        signal.setitimer(signal.ITIMER_PROF, asked["cpu_seconds"])
        load_artifacts()["bytecode"] = asked["bytecode"]
        items = {item.nodeid: item for item in session.items}
        answer = {"verdict": "survived"}
        for item, following in _pairs([items[name] for name in asked["tests"]]):
            words = _failure(item, following)
            if words is not None:
                answer = {"verdict": "killed", "by": item.nodeid, "words": words}
                break
        stream.write(json.dumps(answer) + "\n")
        stream.flush()
    os._exit(0)


def _play_less(item: pytest.Item) -> None:
    """Let Hypothesis play fewer games, and stop at its first finding: the shortest way to it is of no use here."""
    # Imported here: pytest wants to be the first to import it.
    from hypothesis import Phase, settings

    case: Any = getattr(item, "cls", None)
    if isinstance(getattr(case, "settings", None), settings):
        games = min(case.settings.max_examples, GAMES)
        case.settings = settings(case.settings, max_examples=games, phases=[Phase.generate])


def main() -> None:
    """Collect the tests and serve at the socket path that is the first argument."""
    ignored = [f"--ignore=tests/contracts/{name}" for name in LEFT_OUT]
    os.chdir(ROOT)
    # What pytest says goes the way of errors.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Capturing would close the standard input, by whose end this process ends.
    options = ["--capture=no", "-qq", "-p", "no:cacheprovider"]
    server = TryServer(Path(sys.argv[1]), answers)
    sys.exit(pytest.main(["tests/contracts", *ignored, *options], plugins=[server]))


if __name__ == "__main__":
    main()
