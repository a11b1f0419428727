# SPDX-License-Identifier: EUPL-1.2
"""What signed-in staff may ask: to open, fund and fill a programme, to allow shops, to see totals.

Each operation says which roles may call it; what only reads is for every member of staff.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request

from kindpakket import programmes, shops, staff, suspensions, tills, vouchers
from kindpakket.csv_tables import decode_upload
from kindpakket.registry.suspensions import SuspendedBecause
from kindpakket.staff_log import Action, acting

from . import models, municipality_models, shop_models, shop_views
from .access import Guesses, Issuer, Secret, ShopManager, SignedInStaff, Treasurer, UseServices
from .problems import PROBLEM_RESPONSES
from .public import show_programme
from .written import DIGITS, TRUE_OR_FALSE

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

ProgrammeId = Annotated[int, Path(ge=1, le=0xFFFF), DIGITS]
ShopId = Annotated[int, Path(ge=1, le=0xFFFF), DIGITS]
TillAddress = Annotated[models.Address, Path(description="The till's address, 0x and 40 digits")]
DryRun = Annotated[bool, Query(alias="dryRun", description="Only check the file"), TRUE_OR_FALSE]
CSV_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
}


async def _csv_text(request: Request) -> str:
    return decode_upload(await request.body())


CsvText = Annotated[str, Depends(_csv_text)]


@router.post("/staff-sessions", status_code=201, operation_id="signIn")
def sign_in(
    body: municipality_models.SignIn, request: Request, services: UseServices, guesses: Guesses
) -> municipality_models.StaffSession:
    """Sign in with the code of a sign-in link, once. Guesses are limited."""
    with guesses.watch(request, Secret.SIGN_IN_CODE):
        session = staff.sign_in(services, code=body.sign_in_code)
    return municipality_models.StaffSession(
        token=session.token, name=session.name, roles=sorted(session.roles), ends_at=session.ends_at
    )


@router.post("/programmes", status_code=201, operation_id="openProgramme")
def open_programme(
    opening: municipality_models.ProgrammeOpening, services: UseServices, session: Issuer
) -> models.Programme:
    """Open a programme. Issuers only."""
    with acting(services, session.author, Action.PROGRAMME_OPENED) as deed:
        opened = programmes.open_programme(
            services,
            name=opening.name,
            starts_on=opening.starts_on,
            ends_on=opening.ends_on,
            categories=opening.categories,
            max_redemption_cents=opening.max_redemption_cents,
            policy_text=opening.policy_text,
            opening_key=opening.opening_key,
        )
        deed.note(programme=opened.programme)
    return show_programme(opened)


@router.post("/programmes/{programme}/deposits", status_code=201, operation_id="deposit")
def deposit(
    programme: ProgrammeId, body: municipality_models.Deposit, services: UseServices, session: Treasurer
) -> municipality_models.Mined:
    """Record money that came into a programme. Treasurers only."""
    with acting(services, session.author, Action.DEPOSIT_RECORDED, programme=programme) as deed:
        block = programmes.deposit(
            services,
            programme=programme,
            amount_cents=body.amount_cents,
            payment_reference=body.payment_reference,
        )
        deed.note(block=block)
    return municipality_models.Mined(block=block)


@router.get("/programmes/{programme}/report", operation_id="getReport")
def get_report(
    programme: ProgrammeId, services: UseServices, session: SignedInStaff
) -> municipality_models.ProgrammeReport:
    """Tell a programme's totals, as of a block; shops and kinds to who may see payments. Staff only."""
    report = programmes.report(services, programme=programme)
    sees_payments = not session.roles.isdisjoint(staff.PAYMENT_READERS)
    totals = report.totals
    return municipality_models.ProgrammeReport(
        programme=programme,
        deposited_cents=totals.deposited_cents,
        unallocated_cents=totals.unallocated_cents,
        issued_cents=totals.issued_cents,
        redeemed_cents=totals.redeemed_cents,
        refunded_cents=totals.refunded_cents,
        left_cents=totals.left_cents,
        owed_cents=totals.owed_cents,
        settled_cents=totals.settled_cents,
        voucher_count=totals.voucher_count,
        activated_count=totals.activated_count,
        redemption_count=totals.redemption_count,
        by_shop=[
            municipality_models.ShopTotal(
                shop=one.shop, name=one.name, redeemed_cents=one.redeemed_cents, count=one.count
            )
            for one in report.by_shop
            if sees_payments
        ],
        by_category=[
            municipality_models.CategoryTotal(
                category=one.category, redeemed_cents=one.redeemed_cents, count=one.count
            )
            for one in report.by_category
            if sees_payments
        ],
        block=totals.block,
    )


@router.post(
    "/programmes/{programme}/household-imports",
    status_code=201,
    operation_id="importHouseholds",
    openapi_extra=CSV_BODY,
)
def import_households(
    programme: ProgrammeId,
    services: UseServices,
    session: Issuer,
    text: CsvText,
    amount_cents: Annotated[int | None, Query(alias="amountCents", ge=1, le=0xFFFFFF), DIGITS] = None,
    dry_run: DryRun = False,
) -> municipality_models.HouseholdImport:
    """Issue vouchers to the households of a CSV file, all or none. Issuers only."""
    check = vouchers.check_households(services, programme=programme, text=text, amount_cents=amount_cents)
    check.faults.refuse()
    batch = None
    if not dry_run:
        with acting(services, session.author, Action.HOUSEHOLDS_IMPORTED, programme=programme) as deed:
            batch = vouchers.import_households(services, check).batch
            deed.note(batch=batch)
    return municipality_models.HouseholdImport(
        batch=batch,
        households=len(check.households),
        vouchers=check.voucher_count,
        amount_cents=check.amount_cents,
    )


@router.post(
    "/letter-batches/{batch}/disclosures",
    status_code=201,
    operation_id="discloseLetters",
)
def disclose_letters(
    batch: Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS], services: UseServices, session: Issuer
) -> municipality_models.Letters:
    """Show the letters of a batch, until they are confirmed or an hour has passed. Issuers only."""
    with acting(services, session.author, Action.LETTERS_SHOWN, batch=batch):
        letters = vouchers.disclose_letters(services, batch=batch)
    return municipality_models.Letters(
        letters=[
            municipality_models.Letter(
                row_reference=letter.row_reference,
                code=letter.code,
                url=letter.url,
                vouchers=list(letter.vouchers),
            )
            for letter in letters
        ]
    )


@router.post(
    "/programmes/{programme}/shop-imports",
    status_code=201,
    operation_id="importShops",
    openapi_extra=CSV_BODY,
)
def import_shops(
    programme: ProgrammeId,
    services: UseServices,
    session: ShopManager,
    text: CsvText,
    dry_run: DryRun = False,
) -> municipality_models.ShopImport:
    """Register the shops of a CSV file and allow them, all or none. Shop managers only."""
    check = shops.check_shops(services, programme=programme, text=text)
    check.faults.refuse()
    if dry_run:
        return municipality_models.ShopImport(shops=[])
    with acting(services, session.author, Action.SHOPS_IMPORTED, programme=programme) as deed:
        numbers = shops.import_shops(services, check)
        deed.note(shops=len(numbers))
    return municipality_models.ShopImport(shops=numbers)


@router.put("/programmes/{programme}/shops/{shop}", operation_id="allowShop")
def allow_shop(
    programme: ProgrammeId,
    shop: ShopId,
    terms: Annotated[municipality_models.ShopTerms, Body()],
    services: UseServices,
    session: ShopManager,
) -> municipality_models.Mined:
    """Let a shop take part. Shop managers only."""
    with acting(services, session.author, Action.SHOP_ALLOWED, programme=programme, shop=shop):
        return municipality_models.Mined(
            block=shops.allow(services, programme=programme, shop=shop, categories=terms.categories)
        )


@router.delete("/programmes/{programme}/shops/{shop}", operation_id="suspendShop")
def suspend_shop(
    programme: ProgrammeId,
    shop: ShopId,
    because: Annotated[SuspendedBecause, Query(description="Why; the shop is told")],
    services: UseServices,
    session: ShopManager,
) -> municipality_models.Mined:
    """Suspend a shop: it no longer takes part, and is told why. Shop managers only."""
    with acting(
        services, session.author, Action.SHOP_SUSPENDED, reason=because, programme=programme, shop=shop
    ):
        block = suspensions.suspend(
            services, programme=programme, shop=shop, because=because, staff=session.staff
        )
        return municipality_models.Mined(block=block)


@router.post("/shops/{shop}/pairing-codes", status_code=201, operation_id="createPairingCode")
def create_pairing_code(
    shop: ShopId, services: UseServices, session: ShopManager
) -> municipality_models.PairingCode:
    """Make a code with which one till can join a shop: a cashier's, beside an owner's till. Shop managers only."""
    with acting(services, session.author, Action.PAIRING_CODE_MADE, shop=shop) as deed:
        code = shops.create_pairing_code(services, shop=shop)
        deed.note(role=code.role)
    return municipality_models.PairingCode(pairing_code=code.code, expires_at=code.ends_at)


@router.get("/shops/{shop}/tills", operation_id="listTillsOfShop")
def list_tills(shop: ShopId, services: UseServices, session: SignedInStaff) -> shop_models.Tills:
    """List the tills of a shop. Staff only."""
    return shop_views.show_tills(tills.list_tills(services, shop=shop), now=services.now())


@router.delete("/shops/{shop}/tills/{till}", operation_id="removeTillOfShop")
def remove_till(
    shop: ShopId, till: TillAddress, services: UseServices, session: ShopManager
) -> shop_models.RemovedTill:
    """Remove a till of a shop at once, as when it was stolen. Shop managers only."""
    address = f"0x{till.hex()}"
    with acting(services, session.author, Action.TILL_REMOVED, shop=shop, till=address):
        return shop_views.show_removed_till(tills.remove_from_shop(services, shop=shop, till=address))
