# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of the ledger's tests: empty ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kindpakket.ledger.store import Ledger

from .databases import empty_database
from .source import CHAIN_ID, CONTRACT


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty database."""
    return empty_database(tmp_path)


@pytest.fixture
def open_ledger(url: str) -> Iterator[Callable[..., Ledger]]:
    """Opens the ledger in that database, as often as asked."""
    opened: list[Ledger] = []

    def open_ledger(*, chain_id: int = CHAIN_ID, contract: str = CONTRACT) -> Ledger:
        opened.append(Ledger(url, chain_id=chain_id, contract=contract))
        return opened[-1]

    yield open_ledger
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Callable[..., Ledger]) -> Ledger:
    """An empty ledger."""
    return open_ledger()
