# SPDX-License-Identifier: EUPL-1.2
"""The log of staff and the files for the bank are both on record on the chain; neither is taken for the other."""

from __future__ import annotations

from kindpakket import payout_runs, staff_log
from kindpakket.services import Services

from .conftest import Shopping


def test_a_file_on_record_is_no_fault_of_the_log_of_staff(
    services: Services, anna: int, bram: int, earned: Shopping
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna)
    payout_runs.approve(services, run=run.run, staff=bram)
    assert services.registry.payout_runs.run(run.run).live_files[0].anchored_block is not None
    assert staff_log.anchor(services) is not None
    verdict = staff_log.verify(services)
    assert verdict.differences == ()
    assert verdict.anchor_count == 1
