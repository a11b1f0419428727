# SPDX-License-Identifier: EUPL-1.2
"""Members of staff on the pages: invited with a link, changed and removed by another administrator.

Given an administrator
  when they invite someone: the link is shown once, opens a session with those roles, and works once
  when the name is nothing, too long or in use, or no role was chosen: nobody is invited, and that is said
  when they change a member's roles: those count at the next request
  when they make a member a new link: all former ways in end, and the new one works
  when they remove a member: the session ends at once, the open link works no more, what was done keeps the number
  when they would change or remove themselves: refused
Given a member who was removed
  when they are invited again: they come back under their number, with the new roles only
Given the last administrator
  when someone takes the role away or removes them: refused, and nothing changed
"""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from kindpakket import members, staff
from kindpakket.errors import LastAdministrator, MemberIsOneself, StaffUnknown
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.staff import Role
from tests.support import new_sign_in_code

from .browser import Browser

MEMBERS = "Wie met het Kindpakket werkt"


def another_browser(services: Services) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(TestClient(create_app(services), raise_server_exceptions=False))


def invite(clerk: Browser, name: str, roles: list[str]) -> str:
    """Invite somebody; return the code of the link, or nothing when it was not taken."""
    clerk.open("/gemeente/medewerkers")
    clerk.submit("/gemeente/medewerkers", name=name, roles=roles)
    return link_on(clerk)


def link_on(clerk: Browser) -> str:
    """The code of the link that a page shows."""
    shown = [named["value"] or "" for tag, named in clerk.page.elements if named.get("id") == "link"]
    return shown[0].partition("#code=")[2] if shown else ""


def sign_in(services: Services, code: str) -> Browser:
    """A browser in which somebody signed in, or tried to."""
    browser = another_browser(services)
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=code)
    return browser


def number_of(services: Services, name: str) -> int:
    """The number of a member."""
    return next(one.staff for one in members.list_members(services) if one.name == name)


def session_of(
    services: Services, name: str = "Anna", roles: frozenset[Role] = staff.ALL_ROLES
) -> staff.Session:
    """A session of somebody who signed in."""
    return staff.sign_in(services, code=new_sign_in_code(services, name=name, roles=roles))


def test_an_invited_member_signs_in_once_with_the_roles_they_were_given(
    services: Services, clerk: Browser
) -> None:
    code = invite(clerk, "  Bram   Bos ", ["issuer", "auditor"])
    assert clerk.status == 200
    assert clerk.page.headings == ["Link voor Bram Bos"]
    assert "Nog niet gebruikt" in str(clerk.open("/gemeente/medewerkers").tables[MEMBERS])
    bram = sign_in(services, code)
    assert "Bram Bos" in bram.page.text
    assert clerk.open("/gemeente/medewerkers").tables[MEMBERS][2] == [
        "Bram Bos",
        "Toekenner, Controleur",
        "Geen open link",
    ]
    assert code not in clerk.answer.text
    assert sign_in(services, code).status == 401


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Bram\u202e"])
def test_a_member_needs_a_name(services: Services, clerk: Browser, name: str) -> None:
    assert invite(clerk, name, ["issuer"]) == ""
    assert clerk.status == 400
    assert "Vul een naam in van 1 tot 60 tekens." in clerk.page.text
    assert len(members.list_members(services)) == 1


def test_a_member_needs_a_role_that_there_is(services: Services, clerk: Browser) -> None:
    assert invite(clerk, "Bram", []) == ""
    assert (clerk.status, "Kies ten minste één rol." in clerk.page.text) == (400, True)
    assert invite(clerk, "Bram", ["boss"]) == ""
    assert clerk.status == 400
    assert len(members.list_members(services)) == 1


def test_two_members_cannot_have_one_name(services: Services, clerk: Browser) -> None:
    invite(clerk, "Bram", ["issuer"])
    assert invite(clerk, "Bram", ["administrator"]) == ""
    assert (clerk.status, clerk.page.headings) == (409, ["Deze naam is al in gebruik"])
    assert members.list_members(services)[1].roles == {"issuer"}


def test_changed_roles_count_at_the_next_request(services: Services, clerk: Browser) -> None:
    bram = sign_in(services, invite(clerk, "Bram", ["issuer"]))
    number = number_of(services, "Bram")
    assert bram.open("/gemeente/medewerkers").headings == ["Dit mag u niet"]
    clerk.open(f"/gemeente/medewerkers/{number}")
    clerk.submit(f"/gemeente/medewerkers/{number}/rollen", roles=["auditor"])
    assert "De rollen zijn veranderd." in clerk.page.text
    assert bram.open("/gemeente/medewerkers").headings == ["Medewerkers"]
    clerk.open(f"/gemeente/medewerkers/{number}")
    clerk.submit(f"/gemeente/medewerkers/{number}/rollen", roles=[])
    assert (clerk.status, "Kies ten minste één rol." in clerk.page.text) == (400, True)
    assert members.list_members(services)[1].roles == {"auditor"}


def test_a_new_link_ends_all_former_ways_in(services: Services, clerk: Browser) -> None:
    first = invite(clerk, "Bram", ["issuer"])
    number = number_of(services, "Bram")

    def renew() -> str:
        clerk.open(f"/gemeente/medewerkers/{number}")
        clerk.submit(f"/gemeente/medewerkers/{number}/aanmeldlink")
        return link_on(clerk)

    second = renew()
    assert sign_in(services, first).status == 401, "the link that was lost"
    bram = sign_in(services, second)
    assert bram.status == 200
    assert sign_in(services, renew()).status == 200
    assert bram.open("/gemeente/").headings == ["U bent niet aangemeld"]


def test_who_is_removed_is_out_at_once(services: Services, clerk: Browser) -> None:
    bram = sign_in(services, invite(clerk, "Bram", ["issuer"]))
    number = number_of(services, "Bram")
    open_code = new_sign_in_code(services, name="Bram")
    clerk.open(f"/gemeente/medewerkers/{number}")
    clerk.submit(f"/gemeente/medewerkers/{number}/verwijderen")
    assert "De medewerker is weg" in clerk.page.text
    assert [row[0] for row in clerk.page.tables[MEMBERS][1:]] == ["Anna"]
    assert bram.open("/gemeente/").headings == ["U bent niet aangemeld"]
    assert sign_in(services, open_code).status == 401
    assert clerk.open(f"/gemeente/medewerkers/{number}").headings == ["Deze medewerker is er niet"]
    assert clerk.status == 404


def test_who_comes_back_has_their_number_and_only_the_new_roles(services: Services, clerk: Browser) -> None:
    invite(clerk, "Bram", ["issuer", "treasurer"])
    number = number_of(services, "Bram")
    members.remove(services, staff=number, by=session_of(services))
    assert sign_in(services, invite(clerk, "Bram", ["auditor"])).status == 200
    (bram,) = [one for one in members.list_members(services) if one.name == "Bram"]
    assert (bram.staff, bram.roles) == (number, {"auditor"})


def test_nobody_changes_or_removes_themselves(services: Services, clerk: Browser) -> None:
    by = session_of(services)
    session_of(services, "Bram")
    with pytest.raises(MemberIsOneself):
        members.change_roles(services, staff=by.staff, roles=[Role.AUDITOR], by=by)
    with pytest.raises(MemberIsOneself):
        members.renew_link(services, staff=by.staff, by=by)
    with pytest.raises(MemberIsOneself):
        members.remove(services, staff=by.staff, by=by)
    page = clerk.open(f"/gemeente/medewerkers/{by.staff}")
    assert "Dit bent u zelf." in page.text
    assert set(page.forms) == {"/gemeente/afmelden"}


def test_the_last_administrator_stays(services: Services) -> None:
    first, second = session_of(services), session_of(services, "Bram")
    members.remove(services, staff=second.staff, by=first)
    # Of two who remove each other at once, the second one's session was read before the first was done.
    for leave in (
        lambda: members.remove(services, staff=first.staff, by=second),
        lambda: members.change_roles(services, staff=first.staff, roles=[Role.AUDITOR], by=second),
    ):
        with pytest.raises(LastAdministrator):
            leave()
    (left,) = members.list_members(services)
    assert left.roles == set(Role)


def test_who_is_no_member_cannot_be_changed(services: Services) -> None:
    by = session_of(services)
    for act in (
        lambda: members.change_roles(services, staff=9, roles=[Role.AUDITOR], by=by),
        lambda: members.renew_link(services, staff=9, by=by),
        lambda: members.remove(services, staff=9, by=by),
    ):
        with pytest.raises(StaffUnknown):
            act()


def test_a_link_of_the_server_makes_who_was_removed_a_member_again(services: Services) -> None:
    first, second = session_of(services), session_of(services, "Bram", frozenset({Role.ISSUER}))
    members.remove(services, staff=second.staff, by=first)
    link = staff.create_sign_in_link(services.registry, services.settings, name="Bram", now=services.now())
    session = staff.sign_in(services, code=link.partition("#code=")[2])
    assert (session.staff, session.roles) == (second.staff, staff.ALL_ROLES)
