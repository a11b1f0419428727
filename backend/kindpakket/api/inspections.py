# SPDX-License-Identifier: EUPL-1.2
"""What staff may ask about inspections of the books: how they ended, one now, and to take note of an alarm."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path

from kindpakket import inspections
from kindpakket.inspections import AcknowledgeReason
from kindpakket.staff_log import Action, acting

from .access import Auditor, SignedInStaff, UseServices
from .models import Message
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

LISTED = 100

InspectionNumber = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]


class Inspection(Message):
    """An inspection. `endedAt` and `block` are null until it is done."""

    inspection: int
    occasion: Literal["night", "staff", "command"]
    asked_at: int
    ended_at: int | None
    block: int | None
    finding_count: int
    acknowledged_at: int | None
    acknowledged_reason: AcknowledgeReason | None


class Inspections(Message):
    """The last inspections, newest first; and the oldest whose findings nobody took note of.

    `overdue`: none was done for 36 hours.
    """

    alarm: int | None
    overdue: bool
    inspections: list[Inspection]


class InspectionFigure(Message):
    """An amount by the ledger and by the chain. `shop` is 0 for an amount of the programme itself."""

    programme: int
    shop: int
    what: str
    ledger_cents: int
    chain_cents: int


class InspectionFinding(Message):
    """Something that is not as it must be."""

    part: Literal["chain", "ledger", "staff_log", "payouts"]
    subject: str
    expected: str
    found: str


class InspectionReport(Inspection):
    """An inspection with its figures and what it found, of which the first ones are kept.

    To who may not see payments: the figures of programmes only, and no findings; `findingCount` is told to all.
    """

    figures: list[InspectionFigure]
    findings: list[InspectionFinding]


class Acknowledgement(Message):
    """Why an alarm may end."""

    reason: AcknowledgeReason


@router.get("/inspections", operation_id="listInspections")
def list_inspections(services: UseServices, _session: SignedInStaff) -> Inspections:
    """List the last inspections, newest first. Any member of staff."""
    kept = services.registry.inspections
    return Inspections(
        alarm=kept.alarm(),
        overdue=inspections.is_overdue(services),
        inspections=[_show(one) for one in kept.newest(LISTED)],
    )


@router.post("/inspections", status_code=202, operation_id="askInspection")
def ask_inspection(services: UseServices, session: Auditor) -> InspectionReport:
    """Ask for an inspection; the server does it beside its other work. Auditors only."""
    with acting(services, session.author, Action.INSPECTION_ASKED) as deed:
        number = inspections.ask(services, occasion="staff")
        deed.note(inspection=number)
    return _show_report(inspections.report_to(services, number, roles=session.roles))


@router.get("/inspections/{inspection}", operation_id="getInspection")
def get_inspection(
    inspection: InspectionNumber, services: UseServices, session: SignedInStaff
) -> InspectionReport:
    """Tell what an inspection found. Any member of staff; shops and findings to who may see payments."""
    return _show_report(inspections.report_to(services, inspection, roles=session.roles))


@router.post(
    "/inspections/{inspection}/acknowledgements", status_code=201, operation_id="acknowledgeInspection"
)
def acknowledge_inspection(
    inspection: InspectionNumber, body: Acknowledgement, services: UseServices, session: Auditor
) -> InspectionReport:
    """Take note of what an inspection found, so that its alarm ends. Auditors only."""
    with acting(
        services,
        session.author,
        Action.INSPECTION_ACKNOWLEDGED,
        reason=body.reason.value,
        inspection=inspection,
    ):
        inspections.acknowledge(services, inspection, staff=session.staff, reason=body.reason)
    return _show_report(inspections.report_to(services, inspection, roles=session.roles))


def _show(one: inspections.Inspection) -> Inspection:
    return Inspection(
        inspection=one.inspection,
        occasion=one.occasion,
        asked_at=one.asked_at,
        ended_at=one.ended_at,
        block=one.block,
        finding_count=one.finding_count,
        acknowledged_at=one.acknowledged_at,
        acknowledged_reason=AcknowledgeReason(one.acknowledged_reason) if one.acknowledged_reason else None,
    )


def _show_report(report: inspections.Report) -> InspectionReport:
    return InspectionReport(
        **_show(report.inspection).model_dump(),
        figures=[
            InspectionFigure(
                programme=one.programme,
                shop=one.shop,
                what=one.what,
                ledger_cents=one.ledger_cents,
                chain_cents=one.chain_cents,
            )
            for one in report.figures
        ],
        findings=[
            InspectionFinding(part=one.part, subject=one.subject, expected=one.expected, found=one.found)
            for one in report.findings
        ],
    )
