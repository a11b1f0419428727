# SPDX-License-Identifier: EUPL-1.2
"""An installation that is opened again and again, and a power that goes at any step. Shared by these tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from kindpakket import key_changes
from kindpakket.chain import calls
from kindpakket.chain.client import Receipt, Submission
from kindpakket.chain.deploy import ROLES
from kindpakket.chain.tester import TesterChain
from kindpakket.key_changes import Key
from kindpakket.main import services_on
from kindpakket.services import Services
from kindpakket.tickets import letter
from tests.ledger.databases import connect, copy_database, settings_in

OLD, NEW = "for tests", "another passphrase, long enough"
HOUSEHOLDS = "kenmerk;kinderen\nA-1;1\nA-2;2\n"
MORE = "kenmerk;kinderen\nB-1;1\nB-2;1\n"
MOST_STEPS = 40
Done = TypeVar("Done")


class PowerCut(BaseException):
    """The process is gone."""


class Power:
    """Counts what is put on disk or on the chain, and goes before or after one of these steps."""

    def __init__(self, chain: TesterChain, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        move, send = Path.replace, chain.send

        def moved(file: Path, place: Any) -> Path:
            return self._step(lambda: move(file, place))

        def sent(submission: Submission) -> Receipt:
            return self._step(lambda: send(submission))

        monkeypatch.setattr(Path, "replace", moved)
        monkeypatch.setattr(chain, "send", sent)

    def _step(self, do: Callable[[], Done]) -> Done:
        self._spend()
        done = do()
        self._spend()
        return done

    def _spend(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            raise PowerCut
        self.left -= 1


class Installation:
    """A data folder on a chain, that can be opened again and again."""

    def __init__(self, chain: TesterChain, folder: Path) -> None:
        self.chain = chain
        self.settings = settings_in(folder)

    @contextmanager
    def open(self) -> Iterator[Services]:
        with services_on(self.settings, self.chain, now=self.chain.now, follow=False) as services:
            yield services

    def replace(self, key: Key) -> int | None:
        with self.open() as services:
            return key_changes.replace_key(services, key)

    def replace_wholly(self, key: Key) -> None:
        """Replace a key, and let an admin that was announced take over."""
        possible_at = self.replace(key)
        if possible_at is not None:
            self.chain.travel_to(max(possible_at, self.chain.now()))
            assert self.replace(key) is None

    def codes(self) -> list[str]:
        with self.open() as services:
            return codes(services)

    def copy_to(self, folder: Path) -> Installation:
        shutil.copytree(self.settings.data_dir, folder)
        copy_database(self.settings.data_dir, folder)
        return Installation(self.chain, folder)


def codes(services: Services) -> list[str]:
    """What the letters that nobody took yet say; the same each time."""
    with connect(services.settings.registry_address) as connection:
        rows = connection.execute(
            text("SELECT secret_sealed FROM letter WHERE secret_sealed IS NOT NULL ORDER BY letter_id")
        )
        return [letter.format_code(services.unseal(bytes(one))) for one in rows.scalars()]


def holders(services: Services, role: str) -> set[str]:
    """Who has a role now, of all who ever had it."""
    fund = services.fund
    return {one for one in fund.holders_ever(ROLES[role]) if fund.has_role(ROLES[role], one)}


def use(services: Services, key: Key) -> None:
    """Let the server do what it needs this key for."""
    accounts = services.accounts
    if key is Key.ISSUER:
        services.fund.execute(calls.top_up(voucher=1, amount_cents=1), sender=accounts.issuer)
    elif key is Key.SHOP_MANAGER:
        call = calls.allow_shop(programme=1, shop=9, categories=2)
        services.fund.execute(call, sender=accounts.shop_manager)
    elif key is Key.TREASURER:
        reference = services.chain.head().hash
        call = calls.deposit(programme=1, amount_cents=1, payment_reference=reference)
        services.fund.execute(call, sender=accounts.treasurer)
    elif key is Key.RELAYER:
        # It may do nothing by itself; it only has to be able to send.
        services.chain.send(Submission(accounts.relayer, services.fund.address, b"", 100_000))
    else:
        raise AssertionError(key)
