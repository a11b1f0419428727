# SPDX-License-Identifier: EUPL-1.2
"""The installed Chromium, for benchmarks."""

from __future__ import annotations

import shutil

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Return where it is.

    Raises:
        AssertionError: There is none; scripts/bench scan installs it.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise AssertionError("no Chromium on this machine: run scripts/bench scan, which installs it")
