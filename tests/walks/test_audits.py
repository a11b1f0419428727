# SPDX-License-Identifier: EUPL-1.2
"""What is looked for on a screen is found, when it is there.

Given a page
  with a picture without words, letters too pale, a button too small: axe tells
  wider than the window, or with words cut off: that is told
  with a control that the Tab key misses, or that shows no focus: that is told
  with nothing wrong: nothing is told
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright

from tests.end_to_end.browsers import CHROMIUM_ARGUMENTS, find_chromium

from .audits import find_unreachable, find_violations, find_wide, prepare

FRAME = """<!doctype html><html lang="nl"><head><title>x</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>Kop</h1>{}</main></body></html>"""


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*CHROMIUM_ARGUMENTS])
    page = browser.new_page(viewport={"width": 390, "height": 844})
    yield page
    browser.close()


def show(page: Page, inside: str) -> None:
    page.set_content(FRAME.format(inside))
    prepare(page)


def test_nothing_is_told_of_a_page_that_is_right(page: Page) -> None:
    show(page, '<p>Woorden</p><button>Verder</button><a href="#x">Naar x</a>')
    assert find_violations(page) + find_wide(page) + find_unreachable(page) == []


@pytest.mark.parametrize(
    "inside, rule",
    [
        ('<img src="data:,">', "image-alt"),
        ('<p style="color:#bbb;background:#fff">bleek</p>', "color-contrast"),
        ("<input>", "label"),
        (2 * '<button style="width:9px;height:9px;padding:0" aria-label="a"></button>', "target-size"),
    ],
)
def test_axe_tells_what_it_finds(page: Page, inside: str, rule: str) -> None:
    show(page, inside)
    assert any(fault.startswith(f"{rule}:") for fault in find_violations(page)), find_violations(page)


def test_axe_tells_of_colours_alone_when_asked_to(page: Page) -> None:
    show(page, '<p style="color:#bbb;background:#fff">bleek</p><input>')
    found = find_violations(page, only_colours=True)
    assert [fault.partition(":")[0] for fault in found] == ["color-contrast"]


def test_a_page_that_is_too_wide_is_told(page: Page) -> None:
    show(page, '<p style="width:500px">breed</p>')
    assert find_wide(page) == ["the page is 508 wide", 'p. "breed" sticks out']


def test_words_that_are_cut_off_are_told(page: Page) -> None:
    show(page, '<p style="width:40px;overflow:hidden;white-space:nowrap">een lange zin</p>')
    assert find_wide(page) == ['p. "een lange zin" is cut off']


def test_a_control_that_a_keyboard_misses_is_told(page: Page) -> None:
    skip = "onfocus=\"document.querySelector('#last').focus()\""
    show(page, f'<button>een</button><button {skip}>twee</button><button id="last">drie</button>')
    assert find_unreachable(page) == ['button. "twee" is not reached']


def test_a_focus_that_nobody_sees_is_told(page: Page) -> None:
    show(page, '<button style="outline:none">een</button>')
    assert find_unreachable(page) == ['button. "een" has the focus unseen']
