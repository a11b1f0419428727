# SPDX-License-Identifier: EUPL-1.2
"""The figures of a torture, in words."""

from __future__ import annotations

from .rounds import Outcome

SHOWN = 30


def lines_of(outcome: Outcome) -> list[str]:
    """Return the figures, a line each."""
    kills = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.kills.items()))
    lines = [
        "",
        f"seed                 {outcome.seed}",
        f"rounds               {outcome.rounds} in {outcome.seconds:.0f} s",
        f"disasters            {kills or 'none'}",
        f"starts of the server {outcome.starts}, ended by itself {outcome.ended_by_itself}",
        f"blocks               {outcome.blocks}",
        f"snapshots            made {outcome.snapshots_made}, begun at {outcome.snapshots_loaded} times",
        f"longest recovery     {outcome.longest_recovery_seconds:.1f} s",
        f"{'actions':<16}{'sent':>8}{'done':>8}{'refused':>9}{'retried':>9}",
    ]
    for kind, counts in outcome.actions.items():
        lines.append(
            f"{kind:<16}{counts['sent']:>8}{counts['done']:>8}{counts['refused']:>9}{counts['retried']:>9}"
        )
    lines.append(f"redemptions          lost {outcome.lost}, doubled {outcome.doubled}")
    if outcome.differences:
        lines.append(f"{len(outcome.differences)} differences; seed {outcome.seed}; kept: {outcome.folder}")
        lines += [f"  {one}" for one in outcome.differences[:SHOWN]]
    else:
        lines.append("contract, ledger, log of staff, payouts, bank files and notes agree to the cent")
    return lines
