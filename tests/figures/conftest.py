# SPDX-License-Identifier: EUPL-1.2
"""The fixtures of payouts, for what is behind the figures, and browsers of staff with one role."""

from __future__ import annotations

from tests.console.conftest import browser, clerk
from tests.payout_runs.conftest import anna, bram, earned, open_services, services, shopping

__all__ = ["anna", "bram", "browser", "clerk", "earned", "open_services", "services", "shopping"]
