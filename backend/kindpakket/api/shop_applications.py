# SPDX-License-Identifier: EUPL-1.2
"""Applications of shops: sent in by anyone, with no sign-in; assessed by one member of staff, decided by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from kindpakket import shop_applications
from kindpakket.errors import RequestInvalid
from kindpakket.registry.application_rows import Application, Terms
from kindpakket.services import Services
from kindpakket.staff_log import Action, acting

from . import application_models as models
from .access import ApplicationReader, Approver, ShopManager, UseServices
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["shop applications"], responses=PROBLEM_RESPONSES)

ApplicationNumber = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]


def application_limit(request: Request) -> shop_applications.ApplicationLimit:
    """Return the app's counter of what strangers send."""
    limit: shop_applications.ApplicationLimit = request.app.state.application_limit
    return limit


Limit = Annotated[shop_applications.ApplicationLimit, Depends(application_limit)]


@router.post("/shop-applications", status_code=201, operation_id="applyAsShop")
def apply(
    order: models.ShopApplicationOrder, request: Request, services: UseServices, limit: Limit
) -> models.ShopApplicationReceipt:
    """Ask to take part as a shop. Anyone may; how often is limited."""
    with limit.apply(_address_of(request)):
        try:
            receipt = shop_applications.apply(services, _written(order), submission=order.submission)
        except RequestInvalid as invalid:
            raise _named_as_sent(invalid) from None
    return models.ShopApplicationReceipt(reference_code=receipt.code, rules=shop_applications.RULES)


@router.post("/shop-application-lookups", operation_id="lookUpShopApplication")
def look_up(
    lookup: models.ShopApplicationLookup, request: Request, services: UseServices, limit: Limit
) -> models.ShopApplicationStanding:
    """Tell who applied how it stands. Guesses of codes are limited."""
    with limit.guess(_address_of(request)):
        return _show_standing(shop_applications.find(services, lookup.reference_code))


@router.post("/shop-application-supplements", operation_id="supplementShopApplication")
def supplement(
    order: models.ShopApplicationSupplement, request: Request, services: UseServices, limit: Limit
) -> models.ShopApplicationStanding:
    """Give what was missing of an application, by its code. How often is limited."""
    limit.count(_address_of(request))
    with limit.guess(_address_of(request)):
        found = shop_applications.supplement(services, _written(order), code=order.reference_code)
    return _show_standing(found)


@router.get("/shop-applications", operation_id="listShopApplications")
def list_applications(services: UseServices, _session: ApplicationReader) -> models.ShopApplications:
    """List all applications. Shop managers, approvers and auditors."""
    names = services.registry.payout_payments.staff_names()
    return models.ShopApplications(
        applications=[_show(one, names) for one in services.registry.shop_applications.all()]
    )


@router.get("/shop-applications/{application}", operation_id="getShopApplication")
def get_application(
    application: ApplicationNumber, services: UseServices, _session: ApplicationReader
) -> models.ShopApplication:
    """Tell all of one application. Shop managers, approvers and auditors."""
    return _shown(services, services.registry.shop_applications.application(application))


@router.post(
    "/shop-applications/{application}/questions", status_code=201, operation_id="questionShopApplication"
)
def ask(
    application: ApplicationNumber,
    question: models.ShopApplicationQuestion,
    services: UseServices,
    session: ShopManager,
) -> models.ShopApplication:
    """Tell the applicant what is missing. Shop managers only."""
    with acting(services, session.author, Action.APPLICATION_QUESTIONED, application=application):
        return _shown(
            services,
            shop_applications.ask(
                services,
                application=application,
                version=question.version,
                missing=question.missing,
                note=question.note,
            ),
        )


@router.post(
    "/shop-applications/{application}/assessments", status_code=201, operation_id="assessShopApplication"
)
def assess(
    application: ApplicationNumber,
    assessment: models.ShopApplicationAssessment,
    services: UseServices,
    session: ShopManager,
) -> models.ShopApplication:
    """Say what a shop may take part in; someone else decides. Shop managers only."""
    terms = [
        Terms(programme=one.programme, categories=tuple(sorted(set(one.categories))))
        for one in {one.programme: one for one in assessment.terms}.values()
    ]
    with acting(services, session.author, Action.APPLICATION_ASSESSED, application=application):
        return _shown(
            services,
            shop_applications.assess(
                services,
                application=application,
                version=assessment.version,
                terms=terms,
                remark=assessment.remark,
                staff=session.staff,
            ),
        )


@router.post(
    "/shop-applications/{application}/approvals", status_code=201, operation_id="approveShopApplication"
)
def approve(
    application: ApplicationNumber,
    approval: models.ShopApplicationApproval,
    services: UseServices,
    session: Approver,
) -> models.ShopApplication:
    """Register the shop and let it take part; not as the one who assessed. Approvers only."""
    with acting(services, session.author, Action.APPLICATION_APPROVED, application=application) as deed:
        found = shop_applications.approve(
            services, application=application, version=approval.version, staff=session.staff
        )
        deed.note(shop=found.shop or 0)
    return _shown(services, found)


@router.post(
    "/shop-applications/{application}/refusals", status_code=201, operation_id="refuseShopApplication"
)
def refuse(
    application: ApplicationNumber,
    refusal: models.ShopApplicationRefusal,
    services: UseServices,
    session: Approver,
) -> models.ShopApplication:
    """Refuse an application with a reason; not as the one who assessed. Approvers only."""
    with acting(
        services,
        session.author,
        Action.APPLICATION_REFUSED,
        reason=refusal.because,
        application=application,
    ):
        return _shown(
            services,
            shop_applications.refuse(
                services,
                application=application,
                version=refusal.version,
                because=refusal.because,
                explanation=refusal.explanation,
                staff=session.staff,
            ),
        )


def _named_as_sent(invalid: RequestInvalid) -> RequestInvalid:
    """Name the question whether the rules are agreed to as the request does."""
    return RequestInvalid(
        errors=[
            {**error, "at": "agreesToRules" if error["at"] == "consent" else error["at"]}
            for error in invalid.errors
        ]
    )


def _address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _written(
    order: models.ShopApplicationOrder | models.ShopApplicationSupplement,
) -> shop_applications.Written:
    return shop_applications.Written(
        texts={field: getattr(order, field) for field in shop_applications.MOST_CHARACTERS},
        categories=order.categories,
        consents=isinstance(order, models.ShopApplicationOrder) and order.agrees_to_rules,
    )


def _show_standing(found: Application) -> models.ShopApplicationStanding:
    return models.ShopApplicationStanding(
        # Who assessed it or will decide is the municipality's own business.
        state="received" if found.state == "assessed" else found.state,
        name=found.name,
        applied_at=found.applied_at,
        missing=list(found.missing),
        note=found.missing_note,
        decided_at=found.decided_at,
        refused_because=found.refused_because,
        explanation=found.explanation,
    )


def _shown(services: Services, found: Application) -> models.ShopApplication:
    return _show(found, services.registry.payout_payments.staff_names())


def _show(found: Application, names: Mapping[int, str]) -> models.ShopApplication:
    return models.ShopApplication(
        application=found.application,
        version=found.version,
        state=found.state,
        name=found.name,
        kvk=found.kvk,
        street=found.street,
        postcode=found.postcode,
        town=found.town,
        opening=found.opening,
        categories=list(found.categories),
        iban=found.iban,
        holder=found.holder,
        email=found.email,
        rules=found.rules,
        applied_at=found.applied_at,
        missing=list(found.missing),
        missing_note=found.missing_note,
        assessed_by=None if found.assessed_by is None else names[found.assessed_by],
        assessed_at=found.assessed_at,
        terms=[
            models.ProgrammeTerms(programme=one.programme, categories=list(one.categories))
            for one in found.terms
        ],
        remark=found.remark,
        decided_by=None if found.decided_by is None else names[found.decided_by],
        decided_at=found.decided_at,
        refused_because=found.refused_because,
        explanation=found.explanation,
        shop=found.shop,
        joining=list(found.joining),
        erased_at=found.erased_at,
    )
