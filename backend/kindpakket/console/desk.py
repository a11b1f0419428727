# SPDX-License-Identifier: EUPL-1.2
"""One voucher of a household at the desk: more on it, blocked, on paper; and a further one for a child born later.

Whoever helps at the desk sees no balance and no payment here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import RedirectResponse

from kindpakket import vouchers
from kindpakket.errors import NoteNotAllowed, VoucherUnknown
from kindpakket.staff_log import Action, acting
from kindpakket.vouchers import BlockReason, HouseholdState, HouseholdVoucher, TopUpReason

from . import views
from .errors_shown import PageRoute
from .households import ChosenReason, HouseholdNumber
from .uploads import WrittenAmount, read_amount
from .visits import NO_STORE, IssuerForm, IssuerVisit, Visit

PREFIX = "/gemeente/tegoeden/huishoudens"

router = APIRouter(
    prefix=f"{PREFIX}/{{household}}",
    route_class=PageRoute,
    include_in_schema=False,
)

TOP_UP_REASONS = tuple(reason.value for reason in TopUpReason)
BLOCK_REASONS = tuple(reason.name.lower() for reason in BlockReason)
SHEET_CENTS = (1_000, 2_500, 5_000)
MOST_CHILDREN = 20

VoucherNumber = Annotated[int, Path(ge=1, le=0xFFFFFFFF)]
Count = Annotated[int, Form(ge=0, le=2**31 - 1)]
Note = Annotated[str, Form(max_length=2_000)]


# ---------------------------------------------------------------- a child born later


@router.get("/kind")
def ask_for_child(visit: IssuerVisit, household: HouseholdNumber) -> Response:
    """Ask for how many children and how much for each."""
    return _show_child(visit, household)


@router.post("/kind")
def add_child(
    visit: IssuerForm,
    household: HouseholdNumber,
    known_count: Count,
    children: Annotated[str, Form(max_length=20)] = "",
    amount: WrittenAmount = "",
) -> Response:
    """Give the household further vouchers, and go to their letter."""
    amount_cents = read_amount(amount)
    count = _read_count(children)
    if amount_cents is None or count is None:
        return _show_child(visit, household, children=children, amount=amount, is_wrong=True)
    with acting(visit.services, visit.member.author, Action.VOUCHERS_ADDED, household=household) as deed:
        result = vouchers.add_vouchers(
            visit.services,
            household=household,
            voucher_count=count,
            amount_cents=amount_cents,
            known_count=known_count,
        )
        deed.note(batch=result.batch)
    return _go_to(f"/gemeente/tegoeden/brieven/{result.batch}")


def _show_child(
    visit: Visit, household: int, *, children: str = "1", amount: str = "", is_wrong: bool = False
) -> Response:
    found = vouchers.household_numbered(visit.services, household)
    return visit.render(
        "household_child.html",
        status_code=400 if is_wrong else 200,
        here="vouchers",
        household=found,
        choice=views.choose_programme(visit.services, found.programme),
        children=children,
        amount=amount,
        children_wrong=is_wrong and _read_count(children) is None,
        amount_wrong=is_wrong and read_amount(amount) is None,
    )


def _read_count(typed: str) -> int | None:
    """Return how many children were typed; None when it is not a number that can be."""
    # What people write above a line, as in m², is a digit too, and no number.
    count = int(typed) if typed.isascii() and typed.isdigit() else 0
    return count if 1 <= count <= MOST_CHILDREN else None


# ---------------------------------------------------------------- more on a voucher


@router.get("/tegoeden/{voucher}/ophogen")
def ask_for_top_up(visit: IssuerVisit, household: HouseholdNumber, voucher: VoucherNumber) -> Response:
    """Ask for how much more, and why."""
    return _show_top_up(visit, household, voucher)


@router.post("/tegoeden/{voucher}/ophogen")
def top_up(
    visit: IssuerForm,
    household: HouseholdNumber,
    voucher: VoucherNumber,
    top_up_count: Count,
    amount: WrittenAmount = "",
    reason: ChosenReason = "",
    note: Note = "",
) -> Response:
    """Put more on a voucher."""
    amount_cents = read_amount(amount)
    if amount_cents is None or reason not in TOP_UP_REASONS:
        return _show_top_up(visit, household, voucher, amount=amount, reason=reason, note=note, is_wrong=True)
    deed = acting(
        visit.services,
        visit.member.author,
        Action.VOUCHER_TOPPED_UP,
        reason=reason,
        household=household,
        voucher=voucher,
        cents=amount_cents,
    )
    try:
        with deed:
            vouchers.top_up_voucher(
                visit.services,
                household=household,
                voucher=voucher,
                amount_cents=amount_cents,
                reason=TopUpReason(reason),
                note=note,
                top_up_count=top_up_count,
                staff=visit.member.staff,
            )
    except NoteNotAllowed:
        return _show_top_up(visit, household, voucher, amount=amount, reason=reason, note=note, is_wrong=True)
    return _go_to(f"{PREFIX}/{household}?gedaan=topped_up")


def _show_top_up(
    visit: Visit,
    household: int,
    voucher: int,
    *,
    amount: str = "",
    reason: str = "",
    note: str = "",
    is_wrong: bool = False,
) -> Response:
    found, one = _find(visit, household, voucher)
    choice = views.choose_programme(visit.services, found.programme)
    return visit.render(
        "voucher_top_up.html",
        status_code=400 if is_wrong else 200,
        here="vouchers",
        household=found,
        voucher=one,
        choice=choice,
        reasons=TOP_UP_REASONS,
        top_ups=vouchers.list_top_ups(visit.services, household=household, voucher=voucher),
        amount=amount,
        reason=reason,
        note=note,
        amount_wrong=is_wrong and read_amount(amount) is None,
        no_reason=is_wrong and reason not in TOP_UP_REASONS,
        note_wrong=is_wrong and read_amount(amount) is not None and reason in TOP_UP_REASONS,
    )


# ---------------------------------------------------------------- blocked


@router.get("/tegoeden/{voucher}/blokkeren")
def ask_before_blocking(visit: IssuerVisit, household: HouseholdNumber, voucher: VoucherNumber) -> Response:
    """Ask why a voucher is to be blocked; of one that is, whether it may work again."""
    return _show_block(visit, household, voucher)


@router.post("/tegoeden/{voucher}/blokkeren")
def block(
    visit: IssuerForm, household: HouseholdNumber, voucher: VoucherNumber, reason: ChosenReason = ""
) -> Response:
    """Stop a voucher."""
    if reason not in BLOCK_REASONS:
        return _show_block(visit, household, voucher, no_reason=True)
    deed = acting(
        visit.services,
        visit.member.author,
        Action.VOUCHER_BLOCKED,
        reason=reason,
        household=household,
        voucher=voucher,
    )
    with deed:
        vouchers.block_voucher(
            visit.services, household=household, voucher=voucher, reason=BlockReason[reason.upper()]
        )
    return _go_to(f"{PREFIX}/{household}?gedaan=blocked")


@router.post("/tegoeden/{voucher}/deblokkeren")
def unblock(visit: IssuerForm, household: HouseholdNumber, voucher: VoucherNumber) -> Response:
    """Let a voucher work again."""
    deed = acting(
        visit.services, visit.member.author, Action.VOUCHER_UNBLOCKED, household=household, voucher=voucher
    )
    with deed:
        vouchers.unblock_voucher(visit.services, household=household, voucher=voucher)
    return _go_to(f"{PREFIX}/{household}?gedaan=unblocked")


def _show_block(visit: Visit, household: int, voucher: int, *, no_reason: bool = False) -> Response:
    found, one = _find(visit, household, voucher)
    return visit.render(
        "voucher_block.html",
        status_code=400 if no_reason else 200,
        here="vouchers",
        household=found,
        voucher=one,
        block_reason=views.block_reason(visit.texts, one.block_reason),
        reasons=BLOCK_REASONS,
        no_reason=no_reason,
    )


# ---------------------------------------------------------------- on paper


@router.get("/tegoeden/{voucher}/papier")
def ask_before_printing(visit: IssuerVisit, household: HouseholdNumber, voucher: VoucherNumber) -> Response:
    """Say what a sheet of codes ends, and ask how much a code may allow."""
    return _show_paper(visit, household, voucher)


@router.post("/tegoeden/{voucher}/papier")
def print_codes(
    visit: IssuerForm,
    household: HouseholdNumber,
    voucher: VoucherNumber,
    sheet_count: Count,
    max_cents: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Make a sheet of codes; the answer is the only one there is of it."""
    if max_cents not in map(str, SHEET_CENTS):
        return _show_paper(visit, household, voucher, no_maximum=True)
    deed = acting(
        visit.services, visit.member.author, Action.CODES_PRINTED, household=household, voucher=voucher
    )
    with deed:
        sheet = vouchers.print_codes(
            visit.services,
            household=household,
            voucher=voucher,
            max_cents=int(max_cents),
            sheet_count=sheet_count,
            staff=visit.member.staff,
        )
    return views.as_file(sheet, name="codes-op-papier.pdf", media_type="application/pdf")


def _show_paper(visit: Visit, household: int, voucher: int, *, no_maximum: bool = False) -> Response:
    found, one = _find(visit, household, voucher)
    return visit.render(
        "voucher_paper.html",
        status_code=400 if no_maximum else 200,
        here="vouchers",
        household=found,
        voucher=one,
        maxima=SHEET_CENTS,
        sheet_count=visit.services.registry.desk.sheet_count(voucher),
        no_maximum=no_maximum,
    )


def _find(visit: Visit, household: int, voucher: int) -> tuple[HouseholdState, HouseholdVoucher]:
    found = vouchers.household_numbered(visit.services, household)
    for one in found.vouchers:
        if one.voucher == voucher:
            return found, one
    raise VoucherUnknown(voucher=voucher)


def _go_to(address: str) -> Response:
    return RedirectResponse(address, status_code=303, headers=NO_STORE)
