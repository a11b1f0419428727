# SPDX-License-Identifier: EUPL-1.2
"""The desk's work over the API: further vouchers, top-ups, blocking, codes on paper, letters, whom to remind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field, StringConstraints

from kindpakket import vouchers
from kindpakket.staff_log import Action, acting
from kindpakket.vouchers import BlockReason, TopUpReason

from .access import HouseholdReader, Issuer, SignedInStaff, UseServices
from .households import HouseholdId
from .models import Kept, Message
from .municipality import ProgrammeId
from .municipality_models import HouseholdImport
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

VoucherId = Annotated[int, Path(ge=1, le=0xFFFFFFFF), DIGITS]
BatchId = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]
PDF_ANSWER: dict[int | str, dict[str, Any]] = {
    201: {"description": "A4 pages", "content": {"application/pdf": {}}}
}
CSV_ANSWER: dict[int | str, dict[str, Any]] = {201: {"description": "A table", "content": {"text/csv": {}}}}


class VoucherAddition(Message):
    """Further vouchers for a household: how many, of how much each, and how many it has, as the asker saw it."""

    voucher_count: Annotated[int, Field(ge=1, le=20, strict=True)]
    amount_cents: Annotated[int, Field(ge=1, le=0xFFFFFF, strict=True)]
    known_count: Annotated[int, Field(ge=0, strict=True)]


class TopUpOrder(Message):
    """How much more, why, a note without personal data, and how many top-ups there were, as the asker saw it."""

    amount_cents: Annotated[int, Field(ge=1, le=0xFFFFFF, strict=True)]
    reason: Literal["cost", "mistake", "decision", "other"]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Kept] = ""
    top_up_count: Annotated[int, Field(ge=0, strict=True)]


class TopUp(Message):
    """More money on a voucher. `doneAt` is empty while it is not known whether the chain has it."""

    amount_cents: int
    reason: str
    note: str
    started_at: int
    done_at: int | None


class TopUps(Message):
    """A voucher's top-ups, newest first."""

    top_ups: list[TopUp]


class BlockOrder(Message):
    """Why a voucher is blocked."""

    reason: Literal["request", "lost", "moved", "entitlement", "mistake", "other"]


class BlockOfChain(Message):
    """In which block of the chain it was done."""

    block: int


class CodeSheetOrder(Message):
    """How much a code allows, and how many sheets were made for the voucher, as the asker saw it."""

    max_cents: Annotated[int, Field(ge=1, le=5_000, strict=True)]
    sheet_count: Annotated[int, Field(ge=0, strict=True)]


class LetterBatchNumber(Message):
    """A batch of letters."""

    batch: int


class LettersReissued(Message):
    """How many letters of a batch are new."""

    batch: int
    letters: int


class VoucherUse(Message):
    """A programme's vouchers by what was done with them; the first four add up to all."""

    programme: int
    never_activated_count: int
    unspent_count: int
    partly_spent_count: int
    spent_count: int
    idle_count: int
    days_left: int


@router.post("/households/{household}/vouchers", status_code=201, operation_id="addVouchers")
def add_vouchers(
    household: HouseholdId, addition: VoucherAddition, services: UseServices, session: Issuer
) -> HouseholdImport:
    """Give a household further vouchers with a letter of their own. Issuers only."""
    with acting(services, session.author, Action.VOUCHERS_ADDED, household=household) as deed:
        result = vouchers.add_vouchers(
            services,
            household=household,
            voucher_count=addition.voucher_count,
            amount_cents=addition.amount_cents,
            known_count=addition.known_count,
        )
        deed.note(batch=result.batch)
    return HouseholdImport(
        batch=result.batch,
        households=result.households,
        vouchers=result.vouchers,
        amount_cents=result.amount_cents,
    )


@router.get("/households/{household}/vouchers/{voucher}/top-ups", operation_id="listTopUps")
def list_top_ups(
    household: HouseholdId, voucher: VoucherId, services: UseServices, _session: HouseholdReader
) -> TopUps:
    """List what was put on a voucher later, newest first. Issuers and auditors only."""
    return TopUps(
        top_ups=[
            TopUp(
                amount_cents=one.amount_cents,
                reason=one.reason,
                note=one.note,
                started_at=one.started_at,
                done_at=one.done_at,
            )
            for one in vouchers.list_top_ups(services, household=household, voucher=voucher)
        ]
    )


@router.post(
    "/households/{household}/vouchers/{voucher}/top-ups", status_code=201, operation_id="topUpVoucher"
)
def top_up_voucher(
    household: HouseholdId, voucher: VoucherId, order: TopUpOrder, services: UseServices, session: Issuer
) -> TopUps:
    """Put more on a voucher, once. Issuers only."""
    deed = acting(
        services,
        session.author,
        Action.VOUCHER_TOPPED_UP,
        reason=order.reason,
        household=household,
        voucher=voucher,
        cents=order.amount_cents,
    )
    with deed:
        vouchers.top_up_voucher(
            services,
            household=household,
            voucher=voucher,
            amount_cents=order.amount_cents,
            reason=TopUpReason(order.reason),
            note=order.note,
            top_up_count=order.top_up_count,
            staff=session.staff,
        )
    return list_top_ups(household, voucher, services, session)


@router.put("/households/{household}/vouchers/{voucher}/block", operation_id="blockVoucher")
def block_voucher(
    household: HouseholdId, voucher: VoucherId, order: BlockOrder, services: UseServices, session: Issuer
) -> BlockOfChain:
    """Stop a voucher; the chain keeps why. Issuers only."""
    deed = acting(
        services,
        session.author,
        Action.VOUCHER_BLOCKED,
        reason=order.reason,
        household=household,
        voucher=voucher,
    )
    with deed:
        block = vouchers.block_voucher(
            services, household=household, voucher=voucher, reason=BlockReason[order.reason.upper()]
        )
    return BlockOfChain(block=block)


@router.delete("/households/{household}/vouchers/{voucher}/block", operation_id="unblockVoucher")
def unblock_voucher(
    household: HouseholdId, voucher: VoucherId, services: UseServices, session: Issuer
) -> BlockOfChain:
    """Let a blocked voucher work again. Issuers only."""
    deed = acting(services, session.author, Action.VOUCHER_UNBLOCKED, household=household, voucher=voucher)
    with deed:
        return BlockOfChain(block=vouchers.unblock_voucher(services, household=household, voucher=voucher))


@router.post(
    "/households/{household}/vouchers/{voucher}/code-sheets",
    status_code=201,
    operation_id="printCodes",
    response_class=Response,
    responses=PDF_ANSWER,
)
def print_codes(
    household: HouseholdId, voucher: VoucherId, order: CodeSheetOrder, services: UseServices, session: Issuer
) -> Response:
    """Put a voucher on paper: a sheet of codes that is kept nowhere. What held it before is dead. Issuers only."""
    deed = acting(services, session.author, Action.CODES_PRINTED, household=household, voucher=voucher)
    with deed:
        sheet = vouchers.print_codes(
            services,
            household=household,
            voucher=voucher,
            max_cents=order.max_cents,
            sheet_count=order.sheet_count,
            staff=session.staff,
        )
    return Response(sheet, status_code=201, media_type="application/pdf")


@router.post("/letter-batches/{batch}/confirmations", status_code=201, operation_id="confirmLetters")
def confirm_letters(batch: BatchId, services: UseServices, session: Issuer) -> LetterBatchNumber:
    """Forget the codes of letters that were shown. The same again changes nothing. Issuers only."""
    with acting(services, session.author, Action.LETTERS_FORGOTTEN, batch=batch):
        vouchers.confirm_letters(services, batch=batch)
    return LetterBatchNumber(batch=batch)


@router.post("/letter-batches/{batch}/reissues", status_code=201, operation_id="reissueLetters")
def reissue_letters(batch: BatchId, services: UseServices, session: Issuer) -> LettersReissued:
    """Make new letters in the place of those of a lost batch that nobody opened; then show them. Issuers only."""
    with acting(services, session.author, Action.LETTERS_REISSUED, batch=batch) as deed:
        count = vouchers.reissue_letters(services, batch=batch, staff=session.staff)
        deed.note(letters=count)
    return LettersReissued(batch=batch, letters=count)


@router.post(
    "/letter-batches/{batch}/prints",
    status_code=201,
    operation_id="printLetters",
    response_class=Response,
    responses=PDF_ANSWER,
)
def print_letters(batch: BatchId, services: UseServices, session: Issuer) -> Response:
    """Show the letters of a batch as a PDF to print, until they are confirmed or an hour has passed. Issuers only."""
    with acting(services, session.author, Action.LETTERS_SHOWN, batch=batch):
        letters = vouchers.disclose_letters(services, batch=batch)
        programme = services.registry.letters.programme_of(batch)
        content = vouchers.draw_letters(services, letters, programme=programme)
    return Response(content, status_code=201, media_type="application/pdf")


@router.get("/programmes/{programme}/voucher-use", operation_id="getVoucherUse")
def get_voucher_use(programme: ProgrammeId, services: UseServices, _session: SignedInStaff) -> VoucherUse:
    """Count a programme's vouchers by what was done with them. Every member of staff."""
    use = vouchers.voucher_use(services, programme=programme)
    return VoucherUse(
        programme=programme,
        never_activated_count=use.counts.never_activated_count,
        unspent_count=use.counts.unspent_count,
        partly_spent_count=use.counts.partly_spent_count,
        spent_count=use.counts.spent_count,
        idle_count=use.counts.idle_count,
        days_left=use.days_left,
    )


@router.post(
    "/programmes/{programme}/reminder-lists",
    status_code=201,
    operation_id="listUnopenedHouseholds",
    response_class=Response,
    responses=CSV_ANSWER,
)
def list_unopened_households(programme: ProgrammeId, services: UseServices, session: Issuer) -> Response:
    """Tell which row references have vouchers that nobody opened, to remind them. Issuers only."""
    with acting(services, session.author, Action.REMINDERS_LISTED, programme=programme):
        content = vouchers.write_reminders(services, programme=programme)
    return Response(content, status_code=201, media_type="text/csv")
