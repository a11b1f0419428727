# SPDX-License-Identifier: EUPL-1.2
"""A browser without JavaScript, in a few lines: opens pages, reads them, fills in and sends their forms."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient


class Page(HTMLParser):
    """What stands on a page: its text, its forms by action, its tables as rows of cells, its links."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.links: dict[str, str] = {}
        self.headings: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._words: list[str] = []
        self._form: dict[str, str] = {}
        self._rows: list[list[str]] = []
        self._open: list[list[str]] = []
        self._href = ""
        self.feed(text)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        named = dict(attrs)
        self.elements.append((tag, named))
        if tag == "form":
            self._form = self.forms.setdefault(named["action"] or "", {})
        if tag == "input" and (named["type"] in ("text", "date", "hidden") or "checked" in named):
            self._form[named["name"] or ""] = named.get("value") or ""
        if tag == "table":
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th", "caption", "h1", "a"):
            self._open.append([])
            self._href = named.get("href") or self._href

    def handle_data(self, data: str) -> None:
        """Read text."""
        self._words.append(data)
        for words in self._open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag not in ("td", "th", "caption", "h1", "a"):
            return
        text = " ".join("".join(self._open.pop()).split())
        if tag in ("td", "th"):
            self._rows[-1].append(text)
        elif tag == "caption":
            self.tables[text] = self._rows
        elif tag == "h1":
            self.headings.append(text)
        else:
            self.links[text] = self._href


class Browser:
    """Keeps cookies, follows redirects, and sends only what the page before had in its forms."""

    def __init__(self, client: TestClient) -> None:
        """Begin with an empty page."""
        self.client = client
        self.answer: Any = None
        self.page = Page("")

    def open(self, address: str) -> Page:
        """Open an address."""
        return self._read(self.client.get(address))

    def submit(self, action: str, *, file: str | bytes | None = None, **typed: str | list[str]) -> Page:
        """Send the form whose action begins so, with what was typed over what it had."""
        found = [one for one in self.page.forms if one.split("?")[0] == action]
        assert found, f"no form {action} on this page, only {list(self.page.forms)}"
        return self.send(found[0], {**self.page.forms[found[0]], **typed}, file=file)

    def send(
        self,
        address: str,
        fields: dict[str, Any],
        *,
        file: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Page:
        """Send any form."""
        content = file.encode() if isinstance(file, str) else file
        files = {"file": ("bestand.csv", content, "text/csv")} if content is not None else None
        return self._read(self.client.post(address, data=fields, files=files, headers=headers))

    @property
    def status(self) -> int:
        """The status of the last answer."""
        return int(self.answer.status_code)

    def _read(self, answer: Any) -> Page:
        self.answer = answer
        self.page = Page(answer.text)
        return self.page
