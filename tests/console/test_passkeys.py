# SPDX-License-Identifier: EUPL-1.2
"""Passkeys: added by who is signed in, and enough to sign in with; every answer that is not right is refused.

Given a member who signed in with the link of an invitation
  they are led to the page on which a passkey is added
  when they add one: they sign in with it, without a code, as often as they want, and so with another one
  when they remove one: it opens nothing any more, and the other one does
Given an answer to another question, to a used or an old one, to nobody's or another member's question
  it is refused, and the question is used up
Given an answer by another key, for another site or address, without a check of who is there
  it is refused
Given a passkey whose count does not go on, which was copied
  it is refused
Given a member who was removed, or got a new link
  their passkeys open nothing any more
Given a member who is out since the request began: signed out, or removed
  no passkey is added for them
Given anything that is no answer at all, or one that is malformed inside
  it is refused
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import members, passkeys, staff
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import PasskeyInvalid, PasskeyUnknown, SignInCodeInvalid, SignInRequired
from kindpakket.passkeys import CHALLENGE_SECONDS
from kindpakket.services import Services
from kindpakket.staff import Role
from tests.ledger.databases import connect
from tests.support import new_sign_in_code

from .authenticator import PRESENT, VERIFIED, Authenticator
from .browser import Browser
from .test_members import another_browser, invite, number_of


@pytest.fixture
def anna(services: Services) -> staff.Session:
    return staff.sign_in(services, code=new_sign_in_code(services))


@pytest.fixture
def device(services: Services, anna: staff.Session) -> Authenticator:
    """A device with a passkey of Anna's."""
    device = Authenticator()
    add(services, anna, device)
    return device


def question(asked: str) -> dict[str, Any]:
    """What a server asks, as a browser reads it."""
    read: dict[str, Any] = json.loads(asked)
    return read


def add(services: Services, session: staff.Session, device: Authenticator, *, name: str = "Laptop") -> None:
    """Add the passkey of a device."""
    made = device.make(question(passkeys.ask_to_add(services, session=session)))
    passkeys.add(services, session=session, credential=made, name=name)


def sign_in(services: Services, device: Authenticator) -> staff.Session:
    """Sign in with a device."""
    return passkeys.sign_in(services, credential=device.sign(question(passkeys.ask_to_sign_in(services))))


# ---------------------------------------------------------------- the way in


def test_who_was_invited_adds_a_passkey_and_signs_in_with_it(services: Services, clerk: Browser) -> None:
    code = invite(clerk, "Bram", ["auditor"])
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden?uitnodiging=ja")
    bram.submit("/gemeente/aanmelden", code=code)
    assert bram.page.headings == ["Mijn aanmelding"]
    csrf = bram.page.forms["/gemeente/mijn-aanmelding"]["csrf"]
    asked = bram.client.post("/gemeente/mijn-aanmelding/vraag", data={"csrf": csrf}).json()
    assert asked["rp"] == {"name": "Kindpakket Zuidhorn", "id": "localhost"}
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    device = Authenticator()
    bram.submit("/gemeente/mijn-aanmelding", credential=device.make(asked), name="  Mijn   telefoon ")
    assert "De passkey is gemaakt." in bram.page.text
    assert bram.page.tables["Uw passkeys"][1][0] == "Mijn telefoon"

    at_home = another_browser(services)
    at_home.open("/gemeente/aanmelden")
    asked = at_home.client.post("/gemeente/aanmelden/passkey/vraag").json()
    assert asked["userVerification"] == "required"
    at_home.submit("/gemeente/aanmelden/passkey", credential=device.sign(asked))
    assert at_home.page.headings == ["Overzicht"]
    assert "Bram" in at_home.page.text
    assert at_home.open("/gemeente/medewerkers").headings == ["Medewerkers"], "an auditor reads it"


def test_a_passkey_opens_session_after_session(services: Services, device: Authenticator) -> None:
    for _ in range(3):
        session = sign_in(services, device)
        assert session.name == "Anna"
        assert staff.session_of(services, session.token) == session


def test_a_device_that_does_not_count_is_taken_too(services: Services, device: Authenticator) -> None:
    for _ in range(2):
        device.sign_count = -1
        assert sign_in(services, device).name == "Anna"


def test_a_member_has_several_passkeys_and_removes_one(
    services: Services, anna: staff.Session, device: Authenticator
) -> None:
    other = Authenticator()
    add(services, anna, other, name="Sleutel")
    first, second = passkeys.list_passkeys(services, session=anna)
    assert [first.name, second.name] == ["Laptop", "Sleutel"]
    passkeys.remove(services, session=anna, passkey=first.passkey)
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)
    assert sign_in(services, other).staff == anna.staff
    with pytest.raises(PasskeyUnknown):
        passkeys.remove(services, session=anna, passkey=first.passkey)


def test_nobody_removes_anothers_passkey(
    services: Services, anna: staff.Session, device: Authenticator
) -> None:
    bram = staff.sign_in(services, code=new_sign_in_code(services, name="Bram"))
    (known,) = passkeys.list_passkeys(services, session=anna)
    with pytest.raises(PasskeyUnknown):
        passkeys.remove(services, session=bram, passkey=known.passkey)
    assert sign_in(services, device).name == "Anna"


def test_a_known_passkey_is_not_asked_for_again_and_not_added_again(
    services: Services, anna: staff.Session, device: Authenticator
) -> None:
    asked = question(passkeys.ask_to_add(services, session=anna))
    assert len(asked["excludeCredentials"]) == 1
    bram = staff.sign_in(services, code=new_sign_in_code(services, name="Bram"))
    for session in (anna, bram):
        with pytest.raises(PasskeyInvalid):
            add(services, session, device)


# ---------------------------------------------------------------- what was asked


def test_an_answer_counts_once(services: Services, device: Authenticator) -> None:
    answer = device.sign(question(passkeys.ask_to_sign_in(services)))
    passkeys.sign_in(services, credential=answer)
    with pytest.raises(PasskeyInvalid):
        passkeys.sign_in(services, credential=answer)


def test_a_question_is_used_up_by_a_wrong_answer(services: Services, device: Authenticator) -> None:
    asked = question(passkeys.ask_to_sign_in(services))
    device.flags = PRESENT
    with pytest.raises(PasskeyInvalid):
        passkeys.sign_in(services, credential=device.sign(asked))
    device.flags = PRESENT | VERIFIED
    with pytest.raises(PasskeyInvalid):
        passkeys.sign_in(services, credential=device.sign(asked))


@pytest.mark.parametrize("late", [False, True], ids=["the last second", "the first second after"])
def test_a_question_has_to_be_answered_in_time(
    services: Services, chain: TesterChain, device: Authenticator, late: bool
) -> None:
    answer = device.sign(question(passkeys.ask_to_sign_in(services)))
    chain.travel_to(services.now() + CHALLENGE_SECONDS - (0 if late else 1))
    if late:
        with pytest.raises(PasskeyInvalid):
            passkeys.sign_in(services, credential=answer)
    else:
        assert passkeys.sign_in(services, credential=answer).name == "Anna"


def test_a_question_to_one_member_is_not_answered_by_another(services: Services, anna: staff.Session) -> None:
    bram = staff.sign_in(services, code=new_sign_in_code(services, name="Bram"))
    made = Authenticator().make(question(passkeys.ask_to_add(services, session=bram)))
    with pytest.raises(PasskeyInvalid):
        passkeys.add(services, session=anna, credential=made, name="x")
    with pytest.raises(PasskeyInvalid):
        passkeys.add(services, session=bram, credential=made, name="x")


def test_a_question_to_add_is_no_question_to_sign_in(
    services: Services, anna: staff.Session, device: Authenticator
) -> None:
    asked = question(passkeys.ask_to_add(services, session=anna))
    with pytest.raises(PasskeyInvalid):
        passkeys.sign_in(services, credential=device.sign(asked))


def test_what_nobody_asked_is_not_taken(services: Services, device: Authenticator) -> None:
    with pytest.raises(PasskeyInvalid):
        passkeys.sign_in(services, credential=device.sign({"challenge": "A" * 43}))


# ---------------------------------------------------------------- who answers


WRONG: dict[str, Callable[[Authenticator], None]] = {
    "another page": lambda device: setattr(device, "origin", "http://localhost:8001"),
    "another site": lambda device: setattr(device, "site", "example.org"),
    "who it is was not verified": lambda device: setattr(device, "flags", PRESENT),
    "nobody was there": lambda device: setattr(device, "flags", VERIFIED),
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_adds_nothing_and_signs_nobody_in(
    services: Services, anna: staff.Session, device: Authenticator, spoil: Callable[[Authenticator], None]
) -> None:
    spoil(device)
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)
    other = Authenticator()
    spoil(other)
    with pytest.raises(PasskeyInvalid):
        add(services, anna, other)
    assert len(passkeys.list_passkeys(services, session=anna)) == 1


def test_another_key_signs_nobody_in(services: Services, device: Authenticator) -> None:
    device.key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)


def test_a_passkey_signs_in_nobody_but_its_own_member(services: Services, device: Authenticator) -> None:
    bram = staff.sign_in(services, code=new_sign_in_code(services, name="Bram"))
    device.handle = bram.staff.to_bytes(8, "big")
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)


def test_a_count_that_does_not_go_on_is_a_copy(services: Services, device: Authenticator) -> None:
    device.sign_count = 6
    assert sign_in(services, device)
    device.sign_count = 6
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)
    device.sign_count = 7
    assert sign_in(services, device)


@pytest.mark.parametrize("act", ["remove", "renew_link"])
def test_who_is_removed_or_renewed_has_no_passkey_any_more(
    services: Services, clerk: Browser, act: str
) -> None:
    invite(clerk, "Bram", ["auditor"])
    bram = staff.sign_in(services, code=new_sign_in_code(services, name="Bram", roles=[Role.AUDITOR]))
    device = Authenticator()
    add(services, bram, device)
    by = staff.sign_in(services, code=new_sign_in_code(services))
    getattr(members, act)(services, staff=number_of(services, "Bram"), by=by)
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)


@pytest.mark.parametrize("how", ["signed out", "removed"])
def test_no_passkey_is_added_for_who_is_out_since_the_request_began(
    services: Services, anna: staff.Session, how: str
) -> None:
    bram = staff.sign_in(services, code=new_sign_in_code(services, name="Bram"))
    if how == "removed":
        members.remove(services, staff=bram.staff, by=anna)
    else:
        staff.sign_out(services, bram.token)
    with pytest.raises(SignInRequired):
        add(services, bram, Authenticator())
    assert services.registry.passkeys.of_member(bram.staff) == []


@pytest.mark.parametrize("way", ["passkey", "link"])
def test_what_is_left_of_who_was_removed_opens_nothing(
    services: Services, anna: staff.Session, device: Authenticator, way: str
) -> None:
    code = new_sign_in_code(services)
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE staff SET removed_at = 1 WHERE name = 'Anna'"))
    if way == "passkey":
        with pytest.raises(PasskeyInvalid):
            sign_in(services, device)
    else:
        with pytest.raises(SignInCodeInvalid):
            staff.sign_in(services, code=code)


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "x",
        "[]",
        "{}",
        "7",
        '{"response": 7}',
        '{"response": {"clientDataJSON": 7}}',
        '{"response": {"clientDataJSON": "é"}}',
        '{"response": {"clientDataJSON": "e30"}}',
        '{"response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiA3fQ"}}',
        "[" * 20_000,
    ],
)
def test_what_is_no_answer_gets_a_page_that_says_so(
    services: Services, clerk: Browser, nonsense: str
) -> None:
    clerk.open("/gemeente/mijn-aanmelding")
    clerk.submit("/gemeente/mijn-aanmelding", credential=nonsense)
    assert (clerk.status, clerk.page.headings) == (401, ["Aanmelden met deze passkey lukt niet"])
    browser = another_browser(services)
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden/passkey", credential=nonsense)
    assert (browser.status, browser.page.headings) == (401, ["Aanmelden met deze passkey lukt niet"])


@pytest.mark.parametrize(
    "attests",
    [
        {"fmt": "packed", "attStmt": {"sig": b"x", "alg": -7, "x5c": 1}},
        {
            "fmt": "tpm",
            "attStmt": {
                "ver": "2.0",
                "alg": -7,
                "sig": b"x",
                "x5c": [b"x"],
                "certInfo": b"x",
                "pubArea": b"x",
            },
        },
        {"fmt": 1},
        {"authData": b""},
    ],
    ids=["a number for certificates", "a chip's that is cut off", "of no format", "of nothing"],
)
def test_a_malformed_attestation_adds_nothing(
    services: Services, anna: staff.Session, attests: dict[str, Any]
) -> None:
    with pytest.raises(PasskeyInvalid):
        add(services, anna, Authenticator(attests=attests))
    assert passkeys.list_passkeys(services, session=anna) == []


@pytest.mark.parametrize("key_says", [{-1: 99}, {-2: 1}, {-2: b""}], ids=str)
def test_a_passkey_whose_key_is_none_signs_nobody_in(
    services: Services, anna: staff.Session, key_says: dict[int, Any]
) -> None:
    device = Authenticator(key_says=key_says)
    with contextlib.suppress(PasskeyInvalid):
        add(services, anna, device)
    with pytest.raises(PasskeyInvalid):
        sign_in(services, device)


def test_an_answer_without_a_signature_is_refused(services: Services, device: Authenticator) -> None:
    for change in ({"signature": ""}, {"authenticatorData": "AA"}, {"signature": 7}):
        asked = device.sign(question(passkeys.ask_to_sign_in(services)))
        answer = json.loads(asked)
        answer["response"] |= change
        with pytest.raises(PasskeyInvalid):
            passkeys.sign_in(services, credential=json.dumps(answer))


def test_another_site_cannot_ask_or_answer(services: Services, client: TestClient) -> None:
    for path in ("/gemeente/aanmelden/passkey/vraag", "/gemeente/aanmelden/passkey"):
        assert client.post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
