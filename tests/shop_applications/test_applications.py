# SPDX-License-Identifier: EUPL-1.2
"""An application goes from an applicant to one member of staff and on to another.

Given a business that has an application open
  when it applies for the same shop again: refused; for another shop: taken in
  when the same form is sent again: the same code, and one application
Given an application
  when nobody assessed it: it is not decided
  when who assessed it decides: refused, also past the use case by the database
  when it changed since it was read: nothing is done
  when it is decided: nothing more is done with it
  when something is missing: only that is given anew, and the assessment no longer counts
Given an application that another approves
  the shop is in the register, on the chain for what was assessed, and paid on its account
Given an application that was decided long ago
  its account, address and e-mail are gone; before that they are there
"""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket import shop_applications, shops
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import (
    ApplicationChanged,
    ApplicationDecided,
    ApplicationNotAssessed,
    ApplicationOpen,
    ApplicationUnknown,
    CategoryNotAllowed,
    NothingMissing,
    ProgrammeUnknown,
    RequestInvalid,
    SamePerson,
    ShopNameTaken,
    SubmissionUsed,
)
from kindpakket.leaps import LeapGuard
from kindpakket.registry.application_rows import Application, Terms
from kindpakket.services import Services
from kindpakket.shop_applications.deciding import KEPT_SECONDS, MOST_OF_NOTE
from tests.ledger.databases import connect
from tests.support import Town

from .conftest import SPORT, TEXTS, TOYS, written

SUBMISSION = "ab" * 16


def approve(services: Services, application: Application, staff: int) -> Application:
    """Approve it as it is now."""
    return shop_applications.approve(
        services, application=application.application, version=application.version, staff=staff
    )


def refuse(
    services: Services, application: Application, staff: int, explanation: str = "Te ver."
) -> Application:
    """Refuse it as it is now."""
    return shop_applications.refuse(
        services,
        application=application.application,
        version=application.version,
        because="not_in_area",
        explanation=explanation,
        staff=staff,
    )


def kept(services: Services, application: Application) -> Application:
    return services.registry.shop_applications.application(application.application)


# ---------------------------------------------------------------- applying


def test_the_same_business_applies_once_at_a_time_for_a_shop(
    services: Services, received: Application
) -> None:
    for name in (TEXTS["name"], TEXTS["name"].upper()):
        with pytest.raises(ApplicationOpen):
            shop_applications.apply(services, written(name=name, street="Elders 2"))
    assert len(services.registry.shop_applications.all()) == 1


def test_the_same_business_applies_for_another_shop_and_another_business_for_the_same_name(
    services: Services, received: Application
) -> None:
    shop_applications.apply(services, written(name="Het Speelhuis Noord"))
    shop_applications.apply(services, written(kvk="87654321"))
    assert len(services.registry.shop_applications.all()) == 3


def test_the_same_form_sent_again_is_one_application_with_the_same_code(
    services: Services, town: Town
) -> None:
    first = shop_applications.apply(services, written(), submission=SUBMISSION)
    assert shop_applications.apply(services, written(), submission=SUBMISSION) == first
    other = shop_applications.apply(services, written(kvk="87654321"), submission="cd" * 16)
    assert other.code != first.code
    assert len(services.registry.shop_applications.all()) == 2


@pytest.mark.parametrize(
    "field, other",
    [
        ("iban", "NL02ABNA0123456789"),
        ("name", "Het Speelhuis Zuid"),
        ("kvk", "87654321"),
        ("email", "ander@example.nl"),
        ("opening", "wo 9-12"),
    ],
)
def test_a_form_sent_again_with_another_answer_is_refused_and_changes_nothing(
    services: Services, town: Town, field: str, other: str
) -> None:
    first = shop_applications.apply(services, written(), submission=SUBMISSION)
    before = services.registry.shop_applications.application(first.application)
    with pytest.raises(SubmissionUsed):
        shop_applications.apply(services, written(**{field: other}), submission=SUBMISSION)
    assert services.registry.shop_applications.all() == [before]


def test_another_choice_of_categories_under_one_submission_is_refused(services: Services, town: Town) -> None:
    shop_applications.apply(services, written(categories=[TOYS]), submission=SUBMISSION)
    with pytest.raises(SubmissionUsed):
        shop_applications.apply(services, written(categories=[TOYS, SPORT]), submission=SUBMISSION)


def test_a_form_that_is_only_spelt_otherwise_is_the_same(services: Services, town: Town) -> None:
    first = shop_applications.apply(services, written(), submission=SUBMISSION)
    spelt = written(iban=TEXTS["iban"].lower(), postcode=TEXTS["postcode"].lower().replace(" ", ""))
    assert shop_applications.apply(services, spelt, submission=SUBMISSION) == first


def test_a_form_that_comes_again_after_the_shop_was_registered_is_told_its_code(
    services: Services, town: Town, anna: int, bram: int
) -> None:
    first = shop_applications.apply(services, written(), submission=SUBMISSION)
    found = services.registry.shop_applications.application(first.application)
    assess(services, found, [Terms(town.programme, (TOYS,))], anna)
    approve(services, kept(services, found), bram)
    assert shop_applications.apply(services, written(), submission=SUBMISSION) == first


def test_a_code_is_found_however_it_is_typed_and_no_other_is(services: Services, town: Town) -> None:
    receipt = shop_applications.apply(services, written())
    typed = receipt.code.lower().replace("-", " ")
    assert shop_applications.find(services, typed).application == receipt.application
    for wrong in (
        "",
        "x",
        receipt.code[:-1],
        "0000-0000-0000-0000-0",
        f"{receipt.code}'; DROP TABLE shop;--",
    ):
        with pytest.raises(ApplicationUnknown):
            shop_applications.find(services, wrong)


def test_nothing_of_what_was_written_is_in_a_log_or_a_text_of_the_application(
    services: Services, town: Town
) -> None:
    with structlog.testing.capture_logs() as logged:
        receipt = shop_applications.apply(services, written())
    found = services.registry.shop_applications.application(receipt.application)
    said = f"{logged} {found!r} {receipt!r}"
    for secret in (TEXTS["iban"], TEXTS["email"], TEXTS["holder"], receipt.code):
        assert secret not in said
    with connect(services.settings.registry_address) as connection:
        dump = f"{connection.execute(text('SELECT * FROM shop_application')).all()}"
    assert receipt.code not in dump, "a code is kept as a hash"


# ---------------------------------------------------------------- assessing


def assess(
    services: Services, found: Application, terms: list[Terms], staff: int, remark: str = ""
) -> Application:
    """Assess it as it is in `found`."""
    return shop_applications.assess(
        services,
        application=found.application,
        version=found.version,
        terms=terms,
        remark=remark,
        staff=staff,
    )


def test_an_assessment_names_programmes_and_categories_that_there_are(
    services: Services, town: Town, received: Application, anna: int
) -> None:
    with pytest.raises(ProgrammeUnknown):
        assess(services, received, [Terms(99, (TOYS,))], anna)
    with pytest.raises(CategoryNotAllowed):
        assess(services, received, [Terms(town.programme, (TOYS, 4))], anna)
    assert kept(services, received).state == "received"


def test_an_advice_to_refuse_needs_a_remark(services: Services, received: Application, anna: int) -> None:
    for remark in ("", "  \n ", "x" * (MOST_OF_NOTE + 1)):
        with pytest.raises(RequestInvalid):
            assess(services, received, [], anna, remark)
    assert assess(services, received, [], anna, "Bestaat niet.").state == "assessed"


def test_an_advice_to_refuse_is_not_approved(
    services: Services, received: Application, anna: int, bram: int
) -> None:
    advised = assess(services, received, [], anna, "Bestaat niet.")
    with pytest.raises(ApplicationNotAssessed):
        approve(services, advised, bram)
    assert refuse(services, advised, bram).state == "refused"


def test_what_is_missing_is_named_by_fields_that_there_are(services: Services, received: Application) -> None:
    for missing in ((), ("shop",), ("iban", "decided_by")):
        with pytest.raises(RequestInvalid):
            shop_applications.ask(
                services,
                application=received.application,
                version=received.version,
                missing=missing,
                note="",
            )


def test_only_what_is_missing_is_given_anew_and_an_assessment_no_longer_counts(
    services: Services, assessed: Application, bram: int
) -> None:
    receipt = shop_applications.apply(services, written(kvk="87654321"), submission=SUBMISSION)
    other = services.registry.shop_applications.application(receipt.application)
    with pytest.raises(NothingMissing):
        shop_applications.supplement(services, written(), code=receipt.code)

    asked = shop_applications.ask(
        services,
        application=other.application,
        version=other.version,
        missing=["opening", "iban"],
        note="Dit nummer klopt niet.",
    )
    assert (asked.state, asked.missing) == ("incomplete", ("opening", "iban"))
    with pytest.raises(RequestInvalid):
        shop_applications.supplement(services, written(iban="NL00"), code=receipt.code)
    answered = shop_applications.supplement(
        services, written(iban="DE89370400440532013000", name="Een ander", kvk="11111111"), code=receipt.code
    )
    assert (answered.state, answered.iban) == ("received", "DE89370400440532013000")
    assert (answered.name, answered.kvk) == (TEXTS["name"], "87654321"), "nothing else was asked"
    with pytest.raises(NothingMissing):
        shop_applications.supplement(services, written(), code=receipt.code)

    mended = shop_applications.ask(
        services,
        application=assessed.application,
        version=assessed.version,
        missing=["holder"],
        note="",
    )
    assert (mended.assessed_by, mended.terms) == (None, ())
    with pytest.raises(ApplicationNotAssessed):
        approve(services, mended, bram)


# ---------------------------------------------------------------- deciding


def test_nothing_is_decided_that_nobody_assessed(
    services: Services, received: Application, bram: int
) -> None:
    with pytest.raises(ApplicationNotAssessed):
        approve(services, received, bram)
    with pytest.raises(ApplicationNotAssessed):
        refuse(services, received, bram)


def test_who_assessed_neither_approves_nor_refuses(
    services: Services, assessed: Application, anna: int
) -> None:
    with pytest.raises(SamePerson):
        approve(services, assessed, anna)
    with pytest.raises(SamePerson):
        refuse(services, assessed, anna)
    assert kept(services, assessed).state == "assessed"


def test_who_assessed_again_does_not_decide_either(
    services: Services, town: Town, assessed: Application, bram: int, anna: int
) -> None:
    again = assess(services, assessed, [Terms(town.programme, (TOYS, SPORT))], bram)
    with pytest.raises(SamePerson):
        approve(services, again, bram)
    assert approve(services, again, anna).state == "approved"


def test_the_database_takes_no_decision_of_one_person(
    services: Services, assessed: Application, anna: int
) -> None:
    values = (
        f"decided_by = {anna}, decided_at = 1, decision = 'refused', refused_because = 'other', open = NULL"
    )
    with connect(services.settings.registry_address) as connection, pytest.raises(IntegrityError):
        connection.execute(text(f"UPDATE shop_application SET {values}"))


def test_who_decides_decides_on_what_they_saw(
    services: Services, town: Town, assessed: Application, anna: int, bram: int
) -> None:
    assess(services, assessed, [Terms(town.programme, (TOYS, SPORT))], anna)
    with pytest.raises(ApplicationChanged):
        approve(services, assessed, bram)
    with pytest.raises(ApplicationChanged):
        refuse(services, assessed, bram)
    with pytest.raises(ApplicationChanged):
        assess(services, assessed, [Terms(town.programme, (TOYS,))], anna)
    assert kept(services, assessed).state == "assessed"


@pytest.mark.parametrize("decide", [approve, refuse])
def test_nothing_is_done_with_what_was_decided(
    services: Services, town: Town, assessed: Application, anna: int, bram: int, decide: object
) -> None:
    assert callable(decide)
    decide(services, assessed, bram)
    now = kept(services, assessed)
    count = len(services.registry.shops.shops())
    with pytest.raises(ApplicationDecided):
        approve(services, now, bram)
    with pytest.raises(ApplicationDecided):
        refuse(services, now, bram)
    with pytest.raises(ApplicationDecided):
        assess(services, now, [Terms(town.programme, (TOYS,))], anna)
    with pytest.raises(ApplicationDecided):
        shop_applications.ask(
            services, application=now.application, version=now.version, missing=["iban"], note=""
        )
    assert kept(services, assessed) == now
    assert len(services.registry.shops.shops()) == count


def test_a_refusal_needs_words_for_the_applicant(
    services: Services, assessed: Application, bram: int
) -> None:
    for explanation in ("", " ", "x" * (MOST_OF_NOTE + 1), "a\u200bb"):
        with pytest.raises(RequestInvalid):
            refuse(services, assessed, bram, explanation)
    refused = refuse(services, assessed, bram)
    assert (refused.state, refused.refused_because, refused.shop) == ("refused", "not_in_area", None)


def test_a_name_that_was_taken_meanwhile_is_not_approved(
    services: Services, town: Town, assessed: Application, bram: int
) -> None:
    path = f"/programmes/{town.programme}/shop-imports"
    town.desk.ask("POST", path, "naam;categorie;iban\nHET SPEELHUIS;speelgoed;NL20INGB0001234567\n")
    with pytest.raises(ShopNameTaken):
        approve(services, assessed, bram)
    assert kept(services, assessed).state == "assessed"


def test_an_approved_shop_takes_part_in_what_was_assessed_and_is_paid_on_its_account(
    services: Services, town: Town, assessed: Application, bram: int
) -> None:
    approved = approve(services, assessed, bram)
    assert approved.shop is not None
    assert (approved.state, approved.joining) == ("approved", ())
    terms = shops.terms_of(services, shop=approved.shop)
    assert (terms.shop_name, terms.categories) == (TEXTS["name"], (TOYS,))
    account = services.registry.merchant_accounts.of_shop(approved.shop)
    assert (account.name, account.iban) == (TEXTS["holder"], TEXTS["iban"])


def test_a_shop_of_an_account_that_is_paid_already_is_that_merchants(
    services: Services, town: Town, anna: int, bram: int
) -> None:
    receipt = shop_applications.apply(services, written(iban="NL90INGB0009000000"))
    found = services.registry.shop_applications.application(receipt.application)
    approved = approve(services, assess(services, found, [Terms(town.programme, (TOYS,))], anna), bram)
    assert approved.shop is not None
    account = services.registry.merchant_accounts.of_shop(approved.shop)
    assert (account.name, account.shops) == ("Fietsen Jansen", (town.shops[0], approved.shop))


# ---------------------------------------------------------------- erasing


def test_accounts_and_addresses_are_erased_after_the_decision_and_not_before(
    services: Services, chain: TesterChain, assessed: Application, bram: int
) -> None:
    approved = approve(services, assessed, bram)
    assert approved.decided_at is not None and approved.shop is not None
    chain.travel_to(approved.decided_at + KEPT_SECONDS)
    assert shop_applications.erase_due(services) == 0
    assert kept(services, approved).email == TEXTS["email"]

    chain.travel_to(approved.decided_at + KEPT_SECONDS + 1)
    assert shop_applications.erase_due(services) == 1
    assert shop_applications.erase_due(services) == 0
    erased = kept(services, approved)
    assert (erased.email, erased.iban, erased.holder, erased.street, erased.remark) == ("", "", "", "", "")
    assert (erased.state, erased.name) == ("approved", TEXTS["name"])
    with connect(services.settings.registry_address) as connection:
        dump = f"{connection.execute(text('SELECT * FROM shop_application')).all()}"
    assert TEXTS["email"] not in dump
    account = services.registry.merchant_accounts.of_shop(approved.shop)
    assert account.iban == TEXTS["iban"], "the shop is paid all the same"


def test_nothing_is_erased_when_the_clock_leapt_ahead(
    services: Services, chain: TesterChain, assessed: Application, bram: int
) -> None:
    approved = approve(services, assessed, bram)
    guard = LeapGuard(services.now, passing=lambda: 0)
    services.holds_still = guard.holds
    chain.travel_to(services.now() + 10 * KEPT_SECONDS)
    assert shop_applications.erase_due(services) == 0
    assert kept(services, approved).email == TEXTS["email"]


def test_what_is_not_decided_is_not_erased(
    services: Services, chain: TesterChain, received: Application
) -> None:
    chain.travel_to(services.now() + 10 * KEPT_SECONDS)
    assert shop_applications.erase_due(services) == 0
    assert kept(services, received).email == TEXTS["email"]
