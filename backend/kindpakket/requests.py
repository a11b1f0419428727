# SPDX-License-Identifier: EUPL-1.2
"""A request's own number, and the template of its address: what may be said of it in a log or a metric."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, MutableMapping
from typing import Any

_NUMBER = "kindpakket.request"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def number_request(scope: MutableMapping[str, Any]) -> str:
    """Give a request its number, which only we give: what it says of itself is not believed."""
    number = secrets.token_hex(8)
    scope[_NUMBER] = number
    return number


def number_of(scope: Mapping[str, Any]) -> str | None:
    """Return a request's number; None when nobody gave it one."""
    number: str | None = scope.get(_NUMBER)
    return number


def method_of(scope: Mapping[str, Any]) -> str:
    """Return a request's method; anybody can make words up, so others than the usual ones are one."""
    method: str = scope["method"]
    return method if method in _METHODS else "OTHER"


def template_of(scope: Mapping[str, Any]) -> str:
    """Return the template of a request's address, once it was routed: no number and no word that somebody sent."""
    above: str = scope.get("root_path", "")
    route = scope.get("route")
    path = getattr(route, "path", None)
    if path is None or path == above:
        return f"{above}/*" if above else "*"
    return f"{above}{path}"
