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
    ".js": r"""(?:^|[;}\s])(?:import|export)\b[^'";]*?["']([./][\w./-]+\.js)["']""",
}


@dataclass(frozen=True)
class App:
    """An app: the folder it is in, and the path it is served at."""

    name: str
    path: str
    folder: Path

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

    def all_loaded(self) -> list[str]:
        """Everything before the app can be used, what is nearest first."""
        found: list[str] = []
        waiting = [self.path]
        while waiting:
            address = waiting.pop(0)
            if address not in found:
                found.append(address)
                waiting += self.loaded_by(address)
        return found

    def preloads(self) -> list[str]:
        """What the page itself does not name."""
        named = {self.path, *self.loaded_by(self.path)}
        return [address for address in self.all_loaded() if address not in named]

    def preloads_written(self) -> list[str]:
        """What stands in the page."""
        text = self.page.read_text("utf-8")
        return re.findall(r'href="([^"]+)"', text.partition(BEGIN)[2].partition(END)[0])

    def write(self) -> None:
        """Put the list in the page."""
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


CITIZEN = App("citizen", "/ouder/", ROOT / "citizen_app")
MERCHANT = App("merchant", "/winkel/", ROOT / "merchant_app")
APPS = (CITIZEN, MERCHANT)


def main() -> None:
    """Write the lists of both apps."""
    for app in APPS:
        app.write()
        print(f"{app.page.relative_to(ROOT)}: {len(app.preloads())} files", file=sys.stderr)


if __name__ == "__main__":
    main()
