# SPDX-License-Identifier: EUPL-1.2
"""How far it is while a file of households is given out, in a real browser; the chain is held up half-way.

given a file of six vouchers, of which the chain gives out two at a time
├── when it was confirmed → the page says how many were given out, and is not sent a second time
├── when the rest is given out too → the page with the batch
└── without JavaScript → the same, and nothing is said meanwhile
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Page, sync_playwright

from kindpakket.registry.letters import IssueProgress, Letters, NewVoucher
from kindpakket.services import Services
from kindpakket.vouchers import issue
from tests.end_to_end.browsers import CHROMIUM_ARGUMENTS, find_chromium, watch_console
from tests.serving import served_here
from tests.support import Town, new_sign_in_code

FILE = {"name": "huishoudens.csv", "mimeType": "text/csv", "buffer": b"kenmerk;kinderen\nB-1;4\nB-2;2\n"}

NOTE = """addEventListener('DOMContentLoaded', () => {
  const words = document.querySelector('[data-words]');
  const [button, bar] = ['[data-progress] button', 'progress'].map((part) => document.querySelector(part));
  if (words) new MutationObserver(() => {
    sessionStorage.said ??= `${words.textContent} ${bar.value}/${bar.max}`;
    button.click();
  }).observe(words, {childList: true});
})"""
"""Notes what the page said first, and presses once more. No tool looks at a page while it waits for the next one."""


class Gate:
    """Lets the first call that issues vouchers through; the others when somebody asked often enough how far it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, asked: int) -> None:
        """Stand before the chain: six vouchers take three calls."""
        self.passed = 0
        still_asked = asked
        opened = threading.Event()
        issue_really, look_really = issue._issue, Letters.issue_progress
        monkeypatch.setattr(issue, "VOUCHERS_PER_CALL", 2)
        monkeypatch.setattr(issue, "CALLS_AT_ONCE", 1)

        def wait_and_issue(services: Services, programme: int, parts: Sequence[Sequence[NewVoucher]]) -> None:
            assert self.passed == 0 or still_asked <= 0 or opened.wait(60), "nobody asks how far it is"
            issue_really(services, programme, parts)
            self.passed += 1

        def look_and_open(letters: Letters, programme: int) -> IssueProgress | None:
            nonlocal still_asked
            if (progress := look_really(letters, programme)) and progress.issued == 2:
                still_asked -= 1
                if still_asked <= 0:
                    opened.set()
            return progress

        monkeypatch.setattr(issue, "_issue", wait_and_issue)
        monkeypatch.setattr(Letters, "issue_progress", look_and_open)


@pytest.fixture
def address(services: Services, town: Town) -> Iterator[str]:
    """That installation, served from this process."""
    with served_here(services) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(services: Services, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of a file that was not confirmed yet; in the end its console may not have complained."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(locale="nl-NL", java_script_enabled=request.param)
        watch_console(page, complaints)
        page.add_init_script(NOTE)
        page.goto(f"{address}/gemeente/aanmelden")
        page.get_by_label("Aanmeldlink of code").fill(new_sign_in_code(services))
        page.get_by_role("button", name="Aanmelden").click()
        page.goto(f"{address}/gemeente/tegoeden/toekennen?regeling=1")
        page.locator("input[type=file]").set_input_files(FILE)
        page.locator("#amount").fill("100")
        page.locator("main form button").click()
        page.wait_for_load_state("load")
        yield page
        browser.close()
    assert complaints == []


def test_a_page_says_how_many_vouchers_were_given_out(
    page: Page, services: Services, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    scripted = request.node.callspec.params["page"]
    gate = Gate(monkeypatch, asked=3 if scripted else 0)
    page.get_by_role("button", name="Ja, ken 6 tegoeden toe").click()
    page.wait_for_url("**/gemeente/tegoeden?regeling=1&nieuw=*")
    assert gate.passed == 3
    assert services.registry.letters.issue_progress(1) is None
    if scripted:
        said = "2 van de 6 tegoeden zijn toegekend. Laat deze pagina open. 2/6"
        assert page.evaluate("sessionStorage.said") == said
