# SPDX-License-Identifier: EUPL-1.2
"""Inspections in the registry: asked for one at a time, ended once, noted by somebody for a reason.

given an inspection that waits
├── when another is asked for: it is the same one
└── when it is ended twice: the first end counts
given one that found something
├── it alarms until somebody takes note of it, the oldest first
├── who takes note must be known, and gives a reason
└── its figures are kept; those of older ones that found nothing are forgotten
given totals of a head that do not add up: they are refused
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import InspectionUnknown, NothingToAcknowledge
from kindpakket.registry.heads import Head, HeadTotals
from kindpakket.registry.inspections import Figure, Finding
from kindpakket.registry.store import Registry

FIGURE = Figure(programme=1, shop=0, what="deposited", ledger_cents=5, chain_cents=6)
FINDING = Finding(part="ledger", subject="voucher 1", expected="5", found="6")
HEAD = Head(on=date(2026, 11, 23), first_block=0, block=40, hash=b"\1" * 32, root=b"\2" * 32, at=100)
TOTALS = HeadTotals(100, 10, 20, 30, 25, 15, movement_count=7, withheld=False)


def done(registry: Registry, *findings: Finding, at: int = 10) -> int:
    number = registry.inspections.ask(occasion="night", at=at)
    registry.inspections.end(
        number, at=at + 1, block=3, figures=[FIGURE], findings=findings, finding_count=len(findings)
    )
    return number


def test_one_waits_at_a_time(registry: Registry) -> None:
    number = registry.inspections.ask(occasion="night", at=10)
    assert registry.inspections.ask(occasion="staff", at=11) == number
    assert registry.inspections.waiting() == number
    assert registry.inspections.last_asked_at("night") == 10
    assert registry.inspections.last_asked_at("staff") is None
    assert registry.inspections.last_done() is None


def test_what_has_ended_stays_as_it_is(registry: Registry) -> None:
    number = done(registry)
    registry.inspections.end(number, at=99, block=9, figures=[FIGURE], findings=[FINDING], finding_count=1)
    kept = registry.inspections.inspection(number)
    assert (kept.ended_at, kept.block, kept.finding_count, kept.alarms) == (11, 3, 0, False)
    assert registry.inspections.waiting() is None


def test_the_oldest_alarm_comes_first_until_it_is_noted(registry: Registry) -> None:
    anna = registry.staff.ensure_member("Anna", roles=["auditor"])
    first, second = done(registry, FINDING), done(registry, FINDING, FINDING, at=20)
    assert registry.inspections.findings(first) == [FINDING]
    assert registry.inspections.alarm() == first
    registry.inspections.acknowledge(first, staff=anna, reason="repaired", at=30)
    assert registry.inspections.alarm() == second
    with pytest.raises(NothingToAcknowledge):
        registry.inspections.acknowledge(first, staff=anna, reason="explained", at=31)
    noted = registry.inspections.inspection(first)
    assert (noted.acknowledged_at, noted.acknowledged_by, noted.acknowledged_reason) == (30, anna, "repaired")
    with pytest.raises(InspectionUnknown):
        registry.inspections.acknowledge(second + 1, staff=anna, reason="explained", at=31)


def test_nobody_takes_note_without_a_reason_or_a_name(registry: Registry) -> None:
    anna = registry.staff.ensure_member("Anna", roles=["auditor"])
    number = done(registry, FINDING)
    with pytest.raises(IntegrityError):
        registry.inspections.acknowledge(number, staff=anna, reason="", at=30)
    with pytest.raises(IntegrityError):
        registry.inspections.acknowledge(number, staff=anna + 1, reason="repaired", at=30)
    assert registry.inspections.alarm() == number


def test_old_figures_are_kept_only_where_something_was_found(registry: Registry) -> None:
    right, wrong, newest = done(registry), done(registry, FINDING), done(registry, at=20)
    assert registry.inspections.figures(right) == []
    assert registry.inspections.figures(wrong) == [FIGURE]
    assert registry.inspections.figures(newest) == [FIGURE]
    assert [one.inspection for one in registry.inspections.newest(2)] == [newest, wrong]


def test_totals_of_a_head_add_up_or_are_refused(registry: Registry) -> None:
    with pytest.raises(IntegrityError):
        registry.heads.publish(HEAD, replace(TOTALS, settled_cents=26))
    assert registry.heads.all() == [], "nor is the head published"
    registry.heads.publish(HEAD, TOTALS)
    assert registry.heads.totals() == {HEAD.on: TOTALS}
