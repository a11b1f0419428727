# SPDX-License-Identifier: EUPL-1.2
"""What an app loads: its page asks for all of it at once, and the whole stays small.

Given the page of an app
  it names every file that a first visit loads before it can be used, and no other
  what it loads later is not among them
  it has no script or style inside
  all of its files together, compressed, stay below 150 kB
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
    assert len(app.preloads()) > 10
    assert app.preloads_written() == app.preloads(), "run scripts/preload"
    assert (app.folder / app.later_list).read_text("utf-8") == app.later_module(), "run scripts/preload"


@each_app
def test_what_is_loaded_later_is_not_in_the_page(app: App) -> None:
    later = set(app.all_loaded(ever=True)) - set(app.all_loaded())
    assert len(later) > 10
    assert not later & set(app.preloads_written())


@each_app
def test_the_page_has_no_script_or_style_inside(app: App) -> None:
    page = app.page.read_text("utf-8")
    assert re.findall(r"<script[^>]*>([^<]+)</script>", page) == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


@each_app
def test_the_files_of_an_app_stay_small(app: App) -> None:
    loaded = [address for address in app.all_loaded(ever=True) if "/vendor/zxing/" not in address]
    sizes = {address: len(gzip.compress(app.file_of(address).read_bytes(), 9)) for address in loaded}
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert sum(sizes.values()) < MOST_BYTES, {address: sizes[address] for address in largest}
