# SPDX-License-Identifier: EUPL-1.2
"""The worst day between us and a node that is not ours: nothing is lost, doubled or made up. `scripts/worst_day` makes
it as long as one likes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .faults import KINDS
from .worst_day import Day, compare_all_books, live_through, worst_day


@pytest.fixture
def day(keystore: Path, tmp_path: Path) -> Iterator[Day]:
    shutil.copytree(keystore, tmp_path / "data")
    with worst_day(tmp_path / "data", seed=7291) as day:
        yield day


def test_whatever_goes_wrong_on_the_way_every_payment_is_there_once_and_all_books_agree(day: Day) -> None:
    live_through(day, rounds=3)
    met = {kind for kind in KINDS if day.faults.done[kind]}
    assert len(met) > len(KINDS) // 2, day.faults.done
    compare_all_books(day)
