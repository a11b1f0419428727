# SPDX-License-Identifier: EUPL-1.2
"""A walk past the municipality's staff: inviting someone, changing them, and what who may not do is told."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.console.test_passkeys_in_browser import give_device

from .municipality import press_sign_in
from .stage import DESK, Seen, Stage, walk


@walk
def municipality_invites_staff(stage: Stage) -> Iterator[Seen]:
    """An administrator invites a colleague, who signs in with one role."""
    page = stage.open("municipality-invites", size=DESK)
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    page.goto(f"{stage.url}/gemeente/medewerkers")
    yield Seen("municipality-members", page)
    name = f"Noor {stage.language}"
    page.locator("#name").fill(name)
    page.locator("main form button").click()
    expect(page.locator("#no-role")).to_be_visible()
    yield Seen("municipality-members-no-role", page, picture=False)
    page.locator("#role-auditor").check()
    page.locator("main form button").click()
    link = page.locator("#link").input_value()
    yield Seen("municipality-member-link", page)
    page.goto(f"{stage.url}/gemeente/medewerkers")
    page.get_by_role("link", name=name).click()
    for details in page.locator("details").all():
        details.locator("summary").click()
    yield Seen("municipality-member", page)
    colleague = stage.open("municipality-invited", size=DESK)
    give_device(colleague)
    colleague.goto(link)
    colleague.get_by_role("button").last.click()
    colleague.wait_for_url("**/gemeente/mijn-aanmelding")
    yield Seen("municipality-passkeys-none", colleague, picture=False)
    colleague.locator("form[data-passkey] button").click()
    expect(colleague.locator("table")).to_be_visible()
    yield Seen("municipality-passkeys", colleague)
    colleague.goto(f"{stage.url}/gemeente/winkels/toevoegen?regeling={stage.town.programme}")
    expect(colleague.locator("h1")).to_be_visible()
    yield Seen("municipality-role-required", colleague, picture=False)
    colleague.goto(f"{stage.url}/gemeente/logboek")
    expect(colleague.locator("table")).to_be_visible()
    yield Seen("municipality-log", colleague)
    _look_at_own_page(page, stage)
    yield Seen("municipality-member-oneself", page, picture=False)
    stage.close(colleague)
    stage.close(page)


def _look_at_own_page(page: Page, stage: Stage) -> None:
    """Open the page of who is signed in, who cannot change themselves."""
    page.goto(f"{stage.url}/gemeente/medewerkers/1")
    expect(page.locator("main form")).to_have_count(0)
