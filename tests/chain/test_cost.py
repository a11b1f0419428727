# SPDX-License-Identifier: EUPL-1.2
"""What calls cost stays below what was promised, as `scripts/bench gas` measures it: on anvil, by receipts.

given the benchmark's fund
├── a payment → at most 66,000 gas on average over a voucher's 256 tickets
├── a voucher of a hundred issued at once → at most 25,000
└── an activation → at most 60,000
"""

from __future__ import annotations

import json
import subprocess

from kindpakket.main import ROOT

CEILINGS = {"redeem": 66_000, "issue_a_voucher_in_100": 25_000, "activate": 60_000}


def test_calls_cost_at_most_what_was_promised() -> None:
    said = subprocess.run(
        [ROOT / "scripts" / "bench", "gas", "--json"], check=True, capture_output=True, text=True
    ).stdout
    figures = json.loads(said)
    cost = {name: figures["gas"][name] for name in CEILINGS}
    assert figures["redeem"]["tickets"] == 256
    assert {name: gas for name, gas in cost.items() if gas > CEILINGS[name]} == {}
