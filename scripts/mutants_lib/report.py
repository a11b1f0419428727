# SPDX-License-Identifier: EUPL-1.2
"""What a run found, as a table for people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from .campaign import Fate, Outcome
from .mutants import OPERATORS, Key

FATES: tuple[Fate, ...] = get_args(Fate)


def counts_by_operator(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """Return how many mutants each operator made, and what became of them."""
    counts: dict[str, dict[str, int]] = {}
    for operator in OPERATORS:
        fates = Counter(outcome.fate for outcome in outcomes if outcome.mutant.operator == operator)
        if fates:
            counts[operator] = {"made": fates.total(), **{fate: fates[fate] for fate in FATES}}
    return counts


def _killers(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many mutants the tests of each module were the first to kill, most first."""
    modules = (outcome.by.split("::")[0].rpartition("/")[2] for outcome in outcomes if outcome.by)
    return dict(Counter(modules).most_common())


def as_table(outcomes: Sequence[Outcome], explained: Mapping[Key, str]) -> str:
    """Return the figures by operator, who killed, and each survivor with its reason."""
    columns = ("made", *FATES)
    rows = [["operator", *columns]]
    totals: Counter[str] = Counter()
    for operator, counts in counts_by_operator(outcomes).items():
        rows.append([operator, *(str(counts[column]) for column in columns)])
        totals.update(counts)
    rows.append(["all", *(str(totals[column]) for column in columns)])
    lines = [f"{row[0]:<20}" + "".join(f"{cell:>14}" for cell in row[1:]) for row in rows]
    lines += ["", "first to kill:"]
    lines += [f"{count:>6}  {module}" for module, count in _killers(outcomes).items()]
    lines += ["", "survivors:"]
    for outcome in outcomes:
        if outcome.fate == "survived":
            why = explained.get(outcome.mutant.key)
            lines += [f"  {outcome.mutant}", f"      {why or 'NOT EXPLAINED'}"]
    return "\n".join(lines)


def _described(outcome: Outcome, explained: Mapping[Key, str]) -> dict[str, Any]:
    mutant = outcome.mutant
    return {
        "operator": mutant.operator,
        "file": mutant.source,
        "line": mutant.line,
        **mutant.key._asdict(),
        "fate": outcome.fate,
        "by": outcome.by,
        "words": outcome.words,
        "like": str(outcome.like) if outcome.like else None,
        "why": explained.get(mutant.key) if outcome.fate == "survived" else None,
    }


def as_json(outcomes: Sequence[Outcome], explained: Mapping[Key, str]) -> dict[str, Any]:
    """Return all of it as one JSON object."""
    return {
        "operators": counts_by_operator(outcomes),
        "killers": _killers(outcomes),
        "mutants": [_described(outcome, explained) for outcome in outcomes],
    }
