# SPDX-License-Identifier: EUPL-1.2
"""What the clients share: when to act, when to be quiet, and what went wrong; and a caller that asks again."""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kindpakket.demo.api_client import ApiClient, Refused

from .notes import Kind, Notebook, Notes
from .server import Server

STEP_SECONDS = 0.05
PATIENCE_SECONDS = 300.0
"""So long a client goes on asking for one answer. Then something hangs."""

ANSWER_SECONDS = 60.0


class GivenUp(Exception):
    """There was no answer, ever."""


@dataclass
class Stage:
    """Where the clients act.

    Attributes:
        differences: What a client saw that may not be.
    """

    server: Server
    notes: Notes
    differences: list[str] = field(default_factory=list)
    is_over: bool = False
    _is_quiet: bool = False
    _busy: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def begin_act(self, name: str) -> bool:
        """Wait until this client may act; return whether it may, or else that all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over or not self._is_quiet)
            if not self.is_over:
                self._busy.add(name)
            return not self.is_over

    def end_act(self, name: str) -> None:
        """Say that this client does nothing now."""
        with self._changed:
            self._busy.discard(name)
            self._changed.notify_all()

    def go(self) -> None:
        """Let all act."""
        with self._changed:
            self._is_quiet = False
            self._changed.notify_all()

    def be_quiet(self, *, seconds: float) -> list[str]:
        """Let all end what they do, and begin nothing; return who does not."""
        with self._changed:
            self._is_quiet = True
            self._changed.wait_for(lambda: not self._busy, seconds)
            return sorted(self._busy)

    def end(self) -> None:
        """Let all stop."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def found(self, what: str) -> None:
        """Note what may not be."""
        self.differences.append(what)


class Caller:
    """Asks, and asks again unchanged until there is an answer, as a till does."""

    def __init__(self, stage: Stage) -> None:
        """Ask the stage's server, as nobody yet."""
        self._stage = stage
        self._client = ApiClient(stage.server.url, timeout_seconds=ANSWER_SECONDS)
        self.asked_again = 0
        self.on_again: Callable[[], None] = lambda: None

    @property
    def token(self) -> str:
        """As whom it asks."""
        return self._client.token

    @token.setter
    def token(self, token: str) -> None:
        self._client.token = token

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask until it is answered.

        Raises:
            Refused: The answer is no, or that it goes on by itself.
            GivenUp: There is no answer.
        """
        self.asked_again = 0
        return self._ask(method, path, body)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ask(self, method: str, path: str, body: object) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._client.ask(method, path, body)
            except OSError as error:
                last: Exception = error
            except Refused as refused:
                # What the server failed in is asked again: only a new start may mend it.
                if not self._is_worth_asking_again(refused):
                    raise
                last = refused
            if time.monotonic() > deadline or self._stage.is_over:
                raise GivenUp(f"{method} {path}: {last}")
            self.asked_again += 1
            self.on_again()
            time.sleep(STEP_SECONDS)

    def _is_worth_asking_again(self, refused: Refused) -> bool:
        if refused.content.get("retry"):
            return True
        return refused.reason in ("ledger_stopped", "chain_mismatch")


class Person:
    """Who asks the server for something, and notes what they were told."""

    def __init__(self, stage: Stage, name: str, *, seed: int) -> None:
        """The dice are this person's own."""
        self.stage = stage
        self.name = name
        self.dice = random.Random(f"{seed} {name}")
        self.book: Notebook = stage.notes.notebook(name)
        self.caller = Caller(stage)

    def close(self) -> None:
        """Close what they ask with, and their notes."""
        self.caller.close()
        self.book.close()

    def sends(self, key: str, kind: Kind, *facts: tuple[int | str, ...]) -> None:
        """Note what is asked for from now on."""
        self.book.sends(key, kind, facts)
        self.caller.on_again = lambda: self.book.asks_again(key)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the server finished something by itself."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline or self.stage.is_over:
                raise GivenUp(what)
            time.sleep(STEP_SECONDS)

    def expect_reason(self, refused: Refused, *reasons: str) -> None:
        """Note a refusal that could not be expected."""
        if refused.reason not in reasons:
            self.stage.found(f"{self.name} was refused with {refused.reason}: {refused.content}")


class Client(Person, ABC):
    """A person who does one thing after the other, in a thread of their own."""

    def __init__(self, stage: Stage, name: str, *, seed: int) -> None:
        """Nothing happens before `start`."""
        super().__init__(stage, name, seed=seed)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def act(self) -> None:
        """Do one thing."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        """Act until all is over."""
        while self.stage.begin_act(self.name):
            try:
                self.caller.on_again = lambda: None
                self.act()
            except GivenUp as given_up:
                if not self.stage.is_over:
                    self.stage.found(f"{self.name} hangs: {given_up}")
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, it was not to be
                self.stage.found(f"{self.name}: {type(error).__name__}: {error}")
                return
            finally:
                self.stage.end_act(self.name)
