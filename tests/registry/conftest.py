# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of the registry's tests: an empty registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.registry.store import Registry
from tests.ledger.databases import empty_database


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty database."""
    return empty_database(tmp_path)


@pytest.fixture
def registry(url: str) -> Iterator[Registry]:
    """An empty registry."""
    registry = Registry(url)
    yield registry
    registry.close()
