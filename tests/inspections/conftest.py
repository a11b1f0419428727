# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of inspections: a town with payments, a refund, a payout whose file may leave, and a published head."""

from __future__ import annotations

import pytest

from kindpakket import heads, payout_runs
from kindpakket.services import Services
from tests.console.conftest import browser, clerk
from tests.payout_runs.conftest import (
    Shopping,
    anna,
    bram,
    earned,
    open_services,
    services,
    shopping,
)

__all__ = ["anna", "bram", "browser", "clerk", "earned", "open_services", "services", "shopping"]


@pytest.fixture
def books(services: Services, earned: Shopping, anna: int, bram: int) -> Services:
    """An installation with something in each part of its books."""
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    payout_runs.file_of(services, run=run, file=1)
    heads.publish(services)
    return services
