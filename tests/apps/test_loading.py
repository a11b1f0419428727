# SPDX-License-Identifier: EUPL-1.2
"""What an app loads: its page asks for all of it at once, and the whole stays small.

Given the page of an app
  it names every file that the app loads before it can be used, and no other
  it has no script or style inside
  its files together, compressed, stay below 150 kB
"""

from __future__ import annotations

import gzip
import re

import pytest

from .loading import APPS, App

MOST_BYTES = 150_000
each_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)


@each_app
def test_the_page_names_every_file_that_the_app_loads(app: App) -> None:
    assert len(app.preloads()) > 30
    assert app.preloads_written() == app.preloads(), "run scripts/preload"


@each_app
def test_the_page_has_no_script_or_style_inside(app: App) -> None:
    page = app.page.read_text("utf-8")
    assert re.findall(r"<script[^>]*>([^<]+)</script>", page) == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


@each_app
def test_the_files_of_an_app_stay_small(app: App) -> None:
    sizes = {
        address: len(gzip.compress(app.file_of(address).read_bytes(), 9)) for address in app.all_loaded()
    }
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert sum(sizes.values()) < MOST_BYTES, {address: sizes[address] for address in largest}
