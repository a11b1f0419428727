# SPDX-License-Identifier: EUPL-1.2
"""What an app loads before it can be used, and the list of it in its page: `scripts/preload` writes that.

A page names its first module and its style sheets; those name others, those again others. On a phone each step is a
journey to the server and back. With the whole list in the page a browser asks for everything at once.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from kindpakket.main import ROOT, STATIC

BEGIN = "<!-- What the files above load in turn, asked for at once; written by scripts/preload. -->"
END = "<!-- / -->"
LOADS = {
    ".html": r'<(?:script[^>]* src|link rel="stylesheet"[^>]* href)="([^"]+)"',
    ".css": r'@import url\("([^"]+)"\)',
    ".js": r"""(?:^|[;}\s])(?:import|export)\b(?!\s*\()[^'";=]*?["']([./][\w./-]+\.js)["']""",
}
LATER_HEAD = """// SPDX-License-Identifier: EUPL-1.2
/** @file What comes after the first screen, asked for at once; written by scripts/preload. */"""
LOADS_LATER = r"""=> import\('([./][\w./-]+\.js)'\)"""


@dataclass(frozen=True)
class App:
    """An app: the folder it is in, the path it is served at, and what comes after the first screen of a first visit."""

    name: str
    path: str
    folder: Path
    later: tuple[str, ...]
    """The modules that all else hangs on."""
    later_list: str
    """The module that lists the files of `later`, and what it calls the list."""
    later_name: str

    @property
    def page(self) -> Path:
        """Its one page."""
        return self.folder / "index.html"

    def file_of(self, address: str) -> Path:
        """The file that is served at an address."""
        if address == self.path:
            return self.page
        for start, folder in ((self.path, self.folder), ("/static/", STATIC)):
            if address.startswith(start):
                return folder / address.removeprefix(start)
        raise AssertionError(f"{self.name} names {address}, which is not served")

    def address_of(self, file: Path) -> str:
        """The address that a file is served at."""
        if file.is_relative_to(self.folder):
            return f"{self.path}{file.relative_to(self.folder)}"
        return f"/static/{file.relative_to(STATIC)}"

    def loaded_by(self, address: str) -> list[str]:
        """What a page, a style sheet or a module names, in its order."""
        file = self.file_of(address)
        found = re.findall(LOADS[file.suffix], file.read_text("utf-8"), re.M)
        return [
            one if one.startswith("/") else self.address_of((file.parent / one).resolve()) for one in found
        ]

    def loaded_later_by(self, address: str) -> list[str]:
        """What a module loads when it first needs it."""
        file = self.file_of(address)
        found = re.findall(LOADS_LATER, file.read_text("utf-8")) if file.suffix == ".js" else []
        return [self.address_of((file.parent / one).resolve()) for one in found]

    def all_loaded(self, *, ever: bool = False) -> list[str]:
        """Everything before a first visit can begin, or everything that is ever loaded; what is nearest first."""
        found: list[str] = []
        waiting = [self.path]
        while waiting:
            address = waiting.pop(0)
            if address not in found:
                found.append(address)
                waiting += self.loaded_by(address)
                waiting += self.loaded_later_by(address) if ever else []
        return found

    def preloads(self) -> list[str]:
        """What the page itself does not name: first the style sheets, without which nothing is painted."""
        named = {self.path, *self.loaded_by(self.path)}
        asked = [address for address in self.all_loaded() if address not in named]
        return sorted(asked, key=lambda address: not address.endswith(".css"))

    def later_files(self) -> list[str]:
        """What comes after the first screen, as far as it is always needed."""
        found = set(self.all_loaded())
        files: list[str] = []
        waiting = list(self.later)
        while waiting:
            address = waiting.pop(0)
            if address not in found:
                found.add(address)
                files.append(address)
                waiting += self.loaded_by(address)
        return files

    def later_module(self) -> str:
        """The module with that list."""
        lines = [f"  '{address}'," for address in self.later_files()]
        return "\n".join((LATER_HEAD, f"export const {self.later_name} = [", *lines, "];", ""))

    def preloads_written(self) -> list[str]:
        """What stands in the page."""
        text = self.page.read_text("utf-8")
        return re.findall(r'href="([^"]+)"', text.partition(BEGIN)[2].partition(END)[0])

    def write(self) -> None:
        """Put the lists in the page and in the module."""
        before, _, rest = self.page.read_text("utf-8").partition(BEGIN)
        indent = before[before.rindex("\n") + 1 :]
        lines = [
            f'<link rel="preload" as="style" href="{address}">'
            if address.endswith(".css")
            else f'<link rel="modulepreload" href="{address}">'
            for address in self.preloads()
        ]
        after = rest.partition(END)[2]
        block = f"\n{indent}".join([BEGIN, *lines, END])
        self.page.write_text(f"{before}{block}{after}", "utf-8")
        (self.folder / self.later_list).write_text(self.later_module(), "utf-8")


CITIZEN = App(
    "citizen",
    "/ouder/",
    ROOT / "citizen_app",
    later=("/ouder/app.js", "/ouder/screens/activate.js"),
    later_list="app_files.js",
    later_name="APP_FILES",
)
MERCHANT = App(
    "merchant",
    "/winkel/",
    ROOT / "merchant_app",
    later=("/winkel/shell.js",),
    later_list="till_files.js",
    later_name="TILL_FILES",
)
APPS = (CITIZEN, MERCHANT)


def main() -> None:
    """Write the lists of both apps."""
    for app in APPS:
        app.write()
        print(f"{app.page.relative_to(ROOT)}: {len(app.preloads())} files", file=sys.stderr)


if __name__ == "__main__":
    main()
