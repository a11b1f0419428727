# SPDX-License-Identifier: EUPL-1.2
"""Applications of shops as rows of the registry, and as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from kindpakket.categories import from_bitmap

from . import application_tables

State = Literal["received", "incomplete", "assessed", "approved", "refused"]
RefusedBecause = Literal[
    "not_in_trade_register",
    "not_in_area",
    "goods_do_not_fit",
    "account_does_not_fit",
    "not_complete",
    "other",
]
"""Why a shop may not take part, from a list."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A programme that a shop may take part in, and for which kinds of purchase."""

    programme: int
    categories: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """An application. `iban`, `holder`, `email`, `street` and `postcode` are empty once they are erased.

    Attributes:
        missing: The fields that the applicant is to give anew.
        terms: What it was assessed for; none is an advice to refuse.
        joining: The programmes that the chain is still to allow.
    """

    application: int
    version: int
    name: str
    kvk: str
    street: str
    postcode: str
    town: str
    opening: str
    categories: tuple[int, ...]
    iban: str = field(repr=False)
    holder: str = field(repr=False)
    email: str = field(repr=False)
    rules: str
    applied_at: int
    missing: tuple[str, ...]
    missing_note: str
    remark: str
    assessed_by: int | None
    assessed_at: int | None
    terms: tuple[Terms, ...]
    joining: tuple[int, ...]
    decided_by: int | None
    decided_at: int | None
    decision: Literal["approved", "refused"] | None
    refused_because: RefusedBecause | None
    explanation: str
    shop: int | None
    erased_at: int | None

    @property
    def state(self) -> State:
        """How it stands."""
        if self.decision is not None:
            return self.decision
        if self.missing:
            return "incomplete"
        return "received" if self.assessed_at is None else "assessed"


def read_applications(connection: Connection, wanted: Any) -> list[Application]:
    """Return the applications of which this holds, in the order in which they came."""
    table, programmes = application_tables.shop_application, application_tables.shop_application_programme
    terms: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(select(programmes).order_by(programmes.c.programme)):
        terms.setdefault(row.application, []).append(row)
    return [
        _application(row, terms.get(row.application, []))
        for row in connection.execute(select(table).where(wanted).order_by(table.c.application))
    ]


def _application(row: Row[Any], terms: Sequence[Row[Any]]) -> Application:
    kept = {
        name: getattr(row, name)
        for name in (
            *("application", "version", "name", "kvk", "street", "postcode", "town", "opening", "rules"),
            *("applied_at", "missing_note", "remark", "assessed_by", "assessed_at", "decided_by"),
            *("decided_at", "decision", "refused_because", "explanation", "shop", "erased_at"),
        )
    }
    return Application(
        **kept,
        categories=from_bitmap(row.categories),
        iban=row.iban or "",
        holder=row.holder or "",
        email=row.email or "",
        missing=tuple(row.missing.split()),
        terms=tuple(Terms(programme=one.programme, categories=from_bitmap(one.categories)) for one in terms),
        joining=tuple(one.programme for one in terms if one.joining),
    )
