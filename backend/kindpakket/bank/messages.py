# SPDX-License-Identifier: EUPL-1.2
"""Messages that come from a bank: XML from outside, read up to a size, that may define nothing: no DTD, no entities."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

MOST_BYTES = 8 * 1024 * 1024
MOST_OF_ID = 35


def open_message(content: bytes) -> Element:
    """Return the document of a message.

    Raises:
        ValueError: It is too large, not XML, or defines entities.
    """
    if len(content) > MOST_BYTES:
        raise ValueError("the file is too large")
    try:
        document: Element = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, LookupError, ValueError) as error:
        # The refusals of defusedxml are ValueErrors.
        raise ValueError("the file is not plain XML") from error
    return document


def namespace_of(document: Element, message: re.Pattern[str]) -> str | None:
    """Return the namespace of a document whose name this pattern fits; None for another message."""
    fits = re.fullmatch(r"\{([^}]*)\}Document", document.tag)
    return (
        fits[1]
        if fits and message.fullmatch(fits[1].rpartition(":")[2]) and fits[1].startswith(_ISO)
        else None
    )


_ISO = "urn:iso:std:iso:20022:tech:xsd:"


class Reader:
    """Reads elements of one namespace."""

    def __init__(self, namespace: str) -> None:
        """Read elements of this one."""
        self._namespace = namespace

    def all(self, parent: Element, path: str) -> list[Element]:
        """Return the elements at a path."""
        return parent.findall("/".join(f"{{{self._namespace}}}{name}" for name in path.split("/")))

    def text(self, parent: Element, *paths: str) -> str:
        """Return the text of the first of these paths that has one."""
        for path in paths:
            for found in self.all(parent, path):
                if found.text and found.text.strip():
                    return found.text.strip()
        return ""
