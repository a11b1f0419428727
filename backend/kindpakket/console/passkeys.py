# SPDX-License-Identifier: EUPL-1.2
"""One's own passkeys: seen, added and removed by who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import passkeys, work_accounts

from .errors_shown import PageRoute
from .visits import NO_STORE, OwnVisit, StaffForm

OWN_PASSKEYS = "/gemeente/mijn-aanmelding"
MOST_ANSWER_CHARACTERS = 20_000
MOST_NAME_CHARACTERS = 40

router = APIRouter(prefix=OWN_PASSKEYS, route_class=PageRoute, include_in_schema=False)

Done = Annotated[str, Query(alias="gedaan", pattern="^(toegevoegd|weg|werkaccount|los)?$")]
PasskeyNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def show_passkeys(visit: OwnVisit, done: Done = "") -> Response:
    """Show with what one signs in, and a way to add it: work accounts where a provider is set, else passkeys."""
    if visit.services.settings.oidc_issuer:
        accounts = work_accounts.list_accounts(visit.services, session=visit.member)
        return visit.render("work_accounts.html", here="passkeys", accounts=accounts, done=done)
    return visit.render(
        "passkeys.html",
        here="passkeys",
        passkeys=passkeys.list_passkeys(visit.services, session=visit.member),
        done=done,
        most_characters=MOST_NAME_CHARACTERS,
    )


@router.post("/vraag")
def ask_for_passkey(visit: StaffForm) -> Response:
    """Give what a browser asks a device for a new passkey."""
    work_accounts.refuse_passkeys(visit.services.settings)
    options = passkeys.ask_to_add(visit.services, session=visit.member)
    return Response(options, media_type="application/json", headers=NO_STORE)


@router.post("")
def add_passkey(
    visit: StaffForm,
    credential: Annotated[str, Form(max_length=MOST_ANSWER_CHARACTERS)] = "",
    name: Annotated[str, Form(max_length=MOST_NAME_CHARACTERS)] = "",
) -> Response:
    """Add the passkey that a device made. One without a name gets the next number for a name."""
    known = passkeys.list_passkeys(visit.services, session=visit.member)
    name = " ".join(name.split()) or f"Passkey {len(known) + 1}"
    passkeys.add(visit.services, session=visit.member, credential=credential, name=name)
    return _back("toegevoegd")


@router.post("/{passkey}/verwijderen")
def remove_passkey(visit: StaffForm, passkey: PasskeyNumber) -> Response:
    """Remove a passkey of one's own."""
    passkeys.remove(visit.services, session=visit.member, passkey=passkey)
    return _back("weg")


def _back(done: str) -> Response:
    return RedirectResponse(f"{OWN_PASSKEYS}?gedaan={done}", status_code=303, headers=NO_STORE)
