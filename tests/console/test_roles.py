# SPDX-License-Identifier: EUPL-1.2
"""Which role may do what, walked over every operation of staff and every page.

Given every operation of the API that is for staff, and every page and form of the municipality
  each has its line below
  when a member of staff with one role asks: with a role of that line they get further, with another they are refused,
    and told which roles may
Given a member of staff whose roles change
  the next request goes by the new ones
Given a page that offers what needs a role
  who does not have it sees no button for it
"""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import staff
from kindpakket.console import PARTS
from kindpakket.errors import RoleRequired
from kindpakket.main import create_app
from kindpakket.registry.staff_tables import STAFF_ROLE
from kindpakket.services import Services
from kindpakket.staff import Role
from tests.ledger.databases import connect
from tests.support import InProcess, Town, new_sign_in_code, sign_in

from .browser import Browser

ANYONE = frozenset(Role)
ISSUERS = frozenset({Role.ISSUER})
SHOP_MANAGERS = frozenset({Role.SHOP_MANAGER})
TREASURERS = frozenset({Role.TREASURER})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
READERS_OF_STAFF = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
APPROVERS = frozenset({Role.APPROVER})
PAYOUT_READERS = frozenset({Role.TREASURER, Role.APPROVER, Role.AUDITOR})
AUDITORS = frozenset({Role.AUDITOR})
APPLICATION_READERS = frozenset({Role.SHOP_MANAGER, Role.APPROVER, Role.AUDITOR})
SHOP_MANAGERS_AND_APPROVERS = frozenset({Role.SHOP_MANAGER, Role.APPROVER})
HOUSEHOLD_READERS = frozenset({Role.ISSUER, Role.AUDITOR})

OPERATIONS = {
    "openProgramme": ISSUERS,
    "extendProgramme": ISSUERS,
    "importHouseholds": ISSUERS,
    "discloseLetters": ISSUERS,
    "printLetters": ISSUERS,
    "confirmLetters": ISSUERS,
    "reissueLetters": ISSUERS,
    "addVouchers": ISSUERS,
    "listTopUps": HOUSEHOLD_READERS,
    "topUpVoucher": ISSUERS,
    "blockVoucher": ISSUERS,
    "unblockVoucher": ISSUERS,
    "printCodes": ISSUERS,
    "listUnopenedHouseholds": ISSUERS,
    "getVoucherUse": ANYONE,
    "lookUpHousehold": HOUSEHOLD_READERS,
    "createReplacementLetter": ISSUERS,
    "importShops": SHOP_MANAGERS,
    "allowShop": SHOP_MANAGERS,
    "suspendShop": SHOP_MANAGERS,
    "listShopApplications": APPLICATION_READERS,
    "getShopApplication": APPLICATION_READERS,
    "questionShopApplication": SHOP_MANAGERS,
    "assessShopApplication": SHOP_MANAGERS,
    "approveShopApplication": APPROVERS,
    "refuseShopApplication": APPROVERS,
    "getShopAccount": APPLICATION_READERS,
    "proposeAccount": SHOP_MANAGERS,
    "approveAccount": APPROVERS,
    "withdrawAccount": SHOP_MANAGERS_AND_APPROVERS,
    "createPairingCode": SHOP_MANAGERS,
    "removeTillOfShop": SHOP_MANAGERS,
    "deposit": TREASURERS,
    "sweepProgramme": TREASURERS,
    "withdrawRest": TREASURERS,
    "getClosingStatement": PAYOUT_READERS,
    "getClosingStatementPaper": PAYOUT_READERS,
    "publishHead": TREASURERS,
    "previewPayoutRun": TREASURERS,
    "preparePayoutRun": TREASURERS,
    "cancelPayoutRun": TREASURERS,
    "proposePayoutAgain": TREASURERS,
    "importStatement": TREASURERS,
    "approvePayoutRun": APPROVERS,
    "listPayoutRuns": PAYOUT_READERS,
    "getPayoutRun": PAYOUT_READERS,
    "getPayoutFile": PAYOUT_READERS,
    "askInspection": AUDITORS,
    "acknowledgeInspection": AUDITORS,
    "listInspections": ANYONE,
    "getInspection": ANYONE,
    "listPaymentLines": PAYOUT_READERS,
    "getPaymentTrail": PAYOUT_READERS,
    "exportBookkeeping": PAYOUT_READERS,
    "getReport": ANYONE,
    "getOutlook": ANYONE,
    "listTillsOfShop": ANYONE,
    "queryChain": AUDITORS,
}
#: Pages that nobody has to sign in for.
OPEN = {
    ("GET", "/gemeente"),
    ("GET", "/gemeente/aanmelden"),
    ("POST", "/gemeente/aanmelden"),
    ("POST", "/gemeente/aanmelden/passkey"),
    ("POST", "/gemeente/aanmelden/passkey/vraag"),
    ("GET", "/gemeente/aanmelden/werkaccount"),
    ("GET", "/gemeente/aanmelden/werkaccount/terug"),
    ("POST", "/gemeente/aanmelden/werkaccount/afronden"),
    ("GET", "/gemeente/{rest:path}"),
    ("POST", "/gemeente/{rest:path}"),
}
PAGES = {
    ("GET", "/gemeente/"): ANYONE,
    ("GET", "/gemeente/uitbetalingen"): PAYOUT_READERS,
    ("GET", "/gemeente/uitbetalingen/nieuw"): TREASURERS,
    ("POST", "/gemeente/uitbetalingen/nieuw"): TREASURERS,
    ("GET", "/gemeente/uitbetalingen/afschrift"): TREASURERS,
    ("POST", "/gemeente/uitbetalingen/afschrift"): TREASURERS,
    ("GET", "/gemeente/uitbetalingen/{run}"): PAYOUT_READERS,
    ("POST", "/gemeente/uitbetalingen/{run}/goedkeuren"): APPROVERS,
    ("POST", "/gemeente/uitbetalingen/{run}/intrekken"): TREASURERS,
    ("POST", "/gemeente/uitbetalingen/{run}/opnieuw-goedkeuren"): APPROVERS,
    ("GET", "/gemeente/uitbetalingen/{run}/bestanden/{file}"): PAYOUT_READERS,
    ("GET", "/gemeente/uitbetalingen/{run}/overboekingen/{transfer}"): TREASURERS,
    ("POST", "/gemeente/uitbetalingen/{run}/overboekingen/{transfer}"): TREASURERS,
    ("GET", "/gemeente/cijfers"): ANYONE,
    ("GET", "/gemeente/betalingen"): PAYOUT_READERS,
    ("GET", "/gemeente/boekhouding"): PAYOUT_READERS,
    ("GET", "/gemeente/boekhouding/bestand"): PAYOUT_READERS,
    ("GET", "/gemeente/betalingen/{place}"): PAYOUT_READERS,
    ("GET", "/gemeente/regelingen"): ANYONE,
    ("GET", "/gemeente/regelingen/nieuw"): ISSUERS,
    ("POST", "/gemeente/regelingen/nieuw"): ISSUERS,
    ("POST", "/gemeente/regelingen/nieuw/wijzigen"): ISSUERS,
    ("POST", "/gemeente/regelingen/nieuw/bevestigen"): ISSUERS,
    ("GET", "/gemeente/regelingen/{programme}"): ANYONE,
    ("POST", "/gemeente/regelingen/{programme}/storten"): TREASURERS,
    ("POST", "/gemeente/regelingen/{programme}/verlengen"): ISSUERS,
    ("GET", "/gemeente/regelingen/{programme}/afsluiten"): PAYOUT_READERS,
    ("POST", "/gemeente/regelingen/{programme}/afsluiten/leegmaken"): TREASURERS,
    ("POST", "/gemeente/regelingen/{programme}/afsluiten/rest"): TREASURERS,
    ("GET", "/gemeente/regelingen/{programme}/verantwoording"): PAYOUT_READERS,
    ("GET", "/gemeente/regelingen/{programme}/verantwoording.pdf"): PAYOUT_READERS,
    ("GET", "/gemeente/tegoeden"): ANYONE,
    ("GET", "/gemeente/tegoeden/toekennen"): ISSUERS,
    ("POST", "/gemeente/tegoeden/toekennen"): ISSUERS,
    ("POST", "/gemeente/tegoeden/toekennen/bevestigen"): ISSUERS,
    ("GET", "/gemeente/tegoeden/toekennen/voortgang"): ISSUERS,
    ("GET", "/gemeente/tegoeden/een"): ISSUERS,
    ("POST", "/gemeente/tegoeden/een"): ISSUERS,
    ("POST", "/gemeente/tegoeden/herinneringen"): ISSUERS,
    ("GET", "/gemeente/tegoeden/brieven/{batch}"): ISSUERS,
    ("POST", "/gemeente/tegoeden/brieven/{batch}"): ISSUERS,
    ("POST", "/gemeente/tegoeden/brieven/{batch}/pdf"): ISSUERS,
    ("POST", "/gemeente/tegoeden/brieven/{batch}/csv"): ISSUERS,
    ("POST", "/gemeente/tegoeden/brieven/{batch}/klaar"): ISSUERS,
    ("POST", "/gemeente/tegoeden/brieven/{batch}/opnieuw"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens"): HOUSEHOLD_READERS,
    ("GET", "/gemeente/tegoeden/huishoudens/{household}"): HOUSEHOLD_READERS,
    ("GET", "/gemeente/tegoeden/huishoudens/{household}/kind"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/kind"): ISSUERS,
    ("GET", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/ophogen"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/ophogen"): ISSUERS,
    ("GET", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/blokkeren"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/blokkeren"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/deblokkeren"): ISSUERS,
    ("GET", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/papier"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/tegoeden/{voucher}/papier"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/vervangen"): ISSUERS,
    ("POST", "/gemeente/tegoeden/huishoudens/{household}/vervangen/bevestigen"): ISSUERS,
    ("GET", "/gemeente/winkels"): ANYONE,
    ("GET", "/gemeente/winkels/toevoegen"): SHOP_MANAGERS,
    ("POST", "/gemeente/winkels/toevoegen"): SHOP_MANAGERS,
    ("POST", "/gemeente/winkels/toevoegen/bevestigen"): SHOP_MANAGERS,
    ("GET", "/gemeente/winkels/{shop}"): ANYONE,
    ("POST", "/gemeente/winkels/{shop}/toelaten"): SHOP_MANAGERS,
    ("POST", "/gemeente/winkels/{shop}/verwijderen"): SHOP_MANAGERS,
    ("POST", "/gemeente/winkels/{shop}/koppelcode"): SHOP_MANAGERS,
    ("POST", "/gemeente/winkels/{shop}/kassas/{till}/verwijderen"): SHOP_MANAGERS,
    ("GET", "/gemeente/controle"): ANYONE,
    ("POST", "/gemeente/controle/nu"): AUDITORS,
    ("GET", "/gemeente/controle/{inspection}"): ANYONE,
    ("POST", "/gemeente/controle/{inspection}/gezien"): AUDITORS,
    ("GET", "/gemeente/winkels/{shop}/rekening"): APPLICATION_READERS,
    ("POST", "/gemeente/winkels/{shop}/rekening"): SHOP_MANAGERS,
    ("POST", "/gemeente/winkels/{shop}/rekening/goedkeuren"): APPROVERS,
    ("POST", "/gemeente/winkels/{shop}/rekening/intrekken"): SHOP_MANAGERS_AND_APPROVERS,
    ("GET", "/gemeente/aanvragen"): APPLICATION_READERS,
    ("GET", "/gemeente/aanvragen/{application}"): APPLICATION_READERS,
    ("POST", "/gemeente/aanvragen/{application}/beoordelen"): SHOP_MANAGERS,
    ("POST", "/gemeente/aanvragen/{application}/ontbreekt"): SHOP_MANAGERS,
    ("POST", "/gemeente/aanvragen/{application}/goedkeuren"): APPROVERS,
    ("POST", "/gemeente/aanvragen/{application}/afwijzen"): APPROVERS,
    ("GET", "/gemeente/medewerkers"): READERS_OF_STAFF,
    ("POST", "/gemeente/medewerkers"): ADMINISTRATORS,
    ("GET", "/gemeente/medewerkers/{staff}"): READERS_OF_STAFF,
    ("POST", "/gemeente/medewerkers/{staff}/rollen"): ADMINISTRATORS,
    ("POST", "/gemeente/medewerkers/{staff}/aanmeldlink"): ADMINISTRATORS,
    ("POST", "/gemeente/medewerkers/{staff}/verwijderen"): ADMINISTRATORS,
    ("GET", "/gemeente/logboek"): READERS_OF_STAFF,
    ("GET", "/gemeente/mijn-aanmelding"): ANYONE,
    ("POST", "/gemeente/mijn-aanmelding"): ANYONE,
    ("POST", "/gemeente/mijn-aanmelding/vraag"): ANYONE,
    ("POST", "/gemeente/mijn-aanmelding/{passkey}/verwijderen"): ANYONE,
    ("GET", "/gemeente/mijn-aanmelding/werkaccount"): ANYONE,
    ("POST", "/gemeente/mijn-aanmelding/werkaccount/{account}/verwijderen"): ANYONE,
    # The last one: it ends the session with which the others are tried.
    ("POST", "/gemeente/afmelden"): ANYONE,
}
PLACES = {
    "staff": "1",
    "account": "1",
    "shop": "1",
    "batch": "1",
    "household": "1",
    "voucher": "1",
    "inspection": "1",
    "programme": "1",
    "place": "1-0",
    "till": f"0x{'a' * 40}",
}


def operations_of_staff(client: TestClient) -> dict[str, tuple[str, str]]:
    """Method and address of each operation that takes a staff token, by its id."""
    description: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return {
        operation["operationId"]: (method.upper(), path)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if any("staff" in one for one in operation.get("security", []))
    }


def fill_in(path: str) -> str:
    """An address with numbers in its places."""
    for name, value in PLACES.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def browser_of(services: Services, role: Role) -> Browser:
    """A browser in which somebody with this one role signed in."""
    browser = Browser(TestClient(create_app(services), raise_server_exceptions=False))
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name=role.value, roles=[role]))
    return browser


# ---------------------------------------------------------------- the lists are whole


def test_every_operation_of_staff_has_its_line(client: TestClient) -> None:
    assert set(operations_of_staff(client)) == set(OPERATIONS)


def test_every_page_and_form_of_the_municipality_has_its_line() -> None:
    found = {
        (method, route.path)
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, APIRoute) and route.path.startswith("/gemeente")
        for method in route.methods - {"HEAD"}
    }
    assert found == set(PAGES) | OPEN


def test_the_registry_knows_the_same_roles() -> None:
    assert f"role IN ({', '.join(repr(role.value) for role in Role)})" == STAFF_ROLE


# ---------------------------------------------------------------- each as each role


@pytest.mark.parametrize("role", Role)
def test_an_operation_is_for_its_roles_only(
    services: Services, client: TestClient, town: Town, role: Role
) -> None:
    caller = InProcess(client)
    sign_in(services, caller, name=role.value, roles=[role])
    for operation_id, (method, path) in operations_of_staff(client).items():
        answer = client.request(
            method, f"/api/v1{fill_in(path)}", headers={"authorization": f"Bearer {caller.token}"}
        )
        may = OPERATIONS[operation_id]
        refused = answer.status_code == 403 and answer.json()["reason"] == "role_required"
        assert refused == (role not in may), (operation_id, answer.text)
        if refused:
            assert set(answer.json()["roles"]) == may, operation_id


@pytest.mark.parametrize("role", Role)
def test_a_page_is_for_its_roles_only(services: Services, town: Town, role: Role) -> None:
    browser = browser_of(services, role)
    csrf = browser.page.forms["/gemeente/afmelden"]["csrf"]
    for (method, path), may in PAGES.items():
        address = f"{fill_in(path)}?regeling={town.programme}"
        fields = {"csrf": csrf} if method == "POST" else None
        answer = browser.client.request(method, address, data=fields, follow_redirects=False)
        refused = answer.status_code == 403 and "Dit mag u niet" in answer.text
        assert refused == (role not in may), (method, path, answer.text)


def test_who_is_refused_is_told_which_roles_may(services: Services, town: Town) -> None:
    page = browser_of(services, Role.AUDITOR).open(f"/gemeente/winkels/toevoegen?regeling={town.programme}")
    assert page.headings == ["Dit mag u niet"]
    assert "Dit is alleen voor: Winkelbeheerder." in page.text


def test_one_of_several_roles_is_enough() -> None:
    session = staff.Session(
        token="", staff=1, name="Anna", roles=frozenset({Role.AUDITOR, Role.ISSUER}), ends_at=0, csrf=""
    )
    staff.require_role(session, Role.TREASURER, Role.ISSUER)
    with pytest.raises(RoleRequired) as refused:
        staff.require_role(session, Role.TREASURER, Role.APPROVER)
    assert refused.value.roles == ["treasurer", "approver"]


def test_a_role_that_was_taken_away_counts_from_the_next_request_on(services: Services, town: Town) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("DELETE FROM staff_role WHERE role = 'shop_manager'"))
    answer = town.desk
    assert answer.ask("GET", "/shops/1/tills")
    with pytest.raises(Exception, match="role_required"):
        answer.ask("POST", "/shops/1/pairing-codes")


# ---------------------------------------------------------------- what a page offers


@pytest.mark.parametrize("role", Role)
def test_a_page_offers_only_what_its_reader_may_do(services: Services, town: Town, role: Role) -> None:
    browser = browser_of(services, role)
    for path in (
        "tegoeden",
        "winkels",
        "winkels/1",
        "winkels/1/rekening",
        "aanvragen",
        "tegoeden/huishoudens/1",
        "medewerkers/1",
        "tegoeden/huishoudens/1",
        "medewerkers/1",
        "regelingen/1",
    ):
        page = browser.open(f"/gemeente/{path}?regeling={town.programme}")
        offered = [("POST", action) for action in page.forms] + [
            ("GET", link) for link in page.links.values() if link.startswith("/gemeente/")
        ]
        for method, address in offered:
            answer = browser.client.request(
                method, address, data={"csrf": "geraden"} if method == "POST" else None
            )
            assert "Dit mag u niet" not in answer.text, (role, path, address)
    shop = browser.open(f"/gemeente/winkels/1?regeling={town.programme}")
    assert ("/gemeente/winkels/1/koppelcode" in {one.split("?")[0] for one in shop.forms}) == (
        role is Role.SHOP_MANAGER
    )


def test_who_signs_in_over_the_api_is_told_their_roles(services: Services, client: TestClient) -> None:
    code = new_sign_in_code(services, name="Kees", roles=[Role.ISSUER, Role.AUDITOR])
    told = client.post("/api/v1/staff-sessions", json={"signInCode": code}).json()
    assert told["roles"] == ["auditor", "issuer"]


def test_the_first_link_makes_a_member_with_every_role(services: Services, client: TestClient) -> None:
    link = staff.create_sign_in_link(services.registry, services.settings, name="Eerste", now=services.now())
    code = link.partition("#code=")[2]
    told = client.post("/api/v1/staff-sessions", json={"signInCode": code}).json()
    assert set(told["roles"]) == set(Role)
