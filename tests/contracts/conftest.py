# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: each test starts from the same block of the same chain, without deploying again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .fund import Fund
from .town import Town, grant_roles


@pytest.fixture(scope="session")
def _town() -> tuple[Town, Any]:
    town = Town()
    return town, town.fund.snapshot()


@pytest.fixture(scope="session")
def _empty_fund() -> tuple[Fund, Any]:
    fund = Fund()
    grant_roles(fund)
    return fund, fund.snapshot()


@pytest.fixture
def town(_town: tuple[Town, Any]) -> Iterator[Town]:
    """A running programme; see town.py."""
    town, mark = _town
    yield town
    town.fund.restore(mark)


@pytest.fixture
def fund(town: Town) -> Fund:
    """The running town's contract."""
    return town.fund


@pytest.fixture
def empty_fund(_empty_fund: tuple[Fund, Any]) -> Iterator[Fund]:
    """A contract with its roles granted and nothing in it."""
    fund, mark = _empty_fund
    yield fund
    fund.restore(mark)
