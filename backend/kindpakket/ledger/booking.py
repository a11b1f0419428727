# SPDX-License-Identifier: EUPL-1.2
"""Booking: what each event writes in which table. Whole euro cents.

Rows are gathered first and written table by table, each table's in the order of the events, so that many
events cost few statements and every constraint is still met step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Executable, Insert, Table, Update, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from kindpakket import events
from kindpakket.events import Event, Place

from . import tables
from .postings import columns_of, describe, post

Row = dict[str, Any]
Step = tuple[str, Row]


class EffectMissing(Exception):
    """An event is about a thing that the ledger does not know."""


def _changes(table: Table, key: tuple[str, ...], **columns: Any) -> Update:
    """Return an update of one row, found by parameters named `of_...`."""
    statement = update(table).values(**columns)
    for name in key:
        statement = statement.where(table.c[name] == bindparam(f"of_{name}"))
    return statement


def _more(table: Table, key: tuple[str, ...], *columns: str) -> Update:
    """Return an update that adds a parameter named `more_...` to each column; 0 changes nothing."""
    sums = {name: table.c[name] + bindparam(f"more_{name}") for name in columns}
    return _changes(table, key, **sums)


_STATEMENTS: dict[str, tuple[Table, Executable]] = {
    "programme_opened": (tables.programme, insert(tables.programme)),
    "programme_extended": (
        tables.programme,
        _changes(tables.programme, ("programme",), ends_at=bindparam("new_ends_at")),
    ),
    "programme_money": (
        tables.programme,
        _more(tables.programme, ("programme",), "deposited_cents", "unallocated_cents", "withdrawn_cents"),
    ),
    "voucher_issued": (tables.voucher, insert(tables.voucher)),
    "voucher_money": (tables.voucher, _more(tables.voucher, ("voucher",), "issued_cents", "balance_cents")),
    "voucher_held": (
        tables.voucher,
        _changes(
            tables.voucher,
            ("voucher",),
            holder=bindparam("new_holder"),
            ticket_root=bindparam("new_ticket_root"),
            activated=bindparam("new_activated"),
        ),
    ),
    "voucher_generation": (
        tables.voucher,
        _changes(tables.voucher, ("voucher",), generation=bindparam("new_generation")),
    ),
    "voucher_letter": (
        tables.voucher,
        _changes(tables.voucher, ("voucher",), letter_key=bindparam("new_letter_key")),
    ),
    "voucher_blocked": (
        tables.voucher,
        _changes(tables.voucher, ("voucher",), block_reason=bindparam("new_block_reason")),
    ),
    "shop_removed": (
        tables.shop_programme,
        _changes(tables.shop_programme, ("programme", "shop"), categories=0),
    ),
    "shop_money": (
        tables.shop_programme,
        _more(
            tables.shop_programme,
            ("programme", "shop"),
            "redeemed_cents",
            "refunded_cents",
            "settled_cents",
            "redemption_count",
        ),
    ),
    "till_removed": (tables.till, _changes(tables.till, ("till", "shop"), removed=True)),
    "redeemed": (tables.redemption, insert(tables.redemption)),
    "refunded": (
        tables.redemption,
        _more(tables.redemption, ("voucher", "number", "shop"), "refunded_cents"),
    ),
    "refund_listed": (tables.refund, insert(tables.refund)),
    "settlement_listed": (tables.settlement, insert(tables.settlement)),
}


def book(connection: Connection, placed_events: Iterable[tuple[Place, Event]]) -> None:
    """Write events and all that follows from them, in a transaction of the caller.

    Raises:
        EffectMissing: An event is about a programme, voucher, shop, till or redemption that is not there.
        sqlalchemy.exc.IntegrityError: An event breaks a rule of the tables.
    """
    event_rows: list[Row] = []
    entry_rows: list[Row] = []
    steps: dict[Table, list[Step]] = {table: [] for table in tables.metadata.sorted_tables}
    for place, event in placed_events:
        event_rows.append(
            {
                "block": place.block,
                "log_index": place.log_index,
                "name": type(event).__name__,
                "at": place.at,
                "transaction_hash": place.transaction_hash,
                "arguments": describe(event),
            }
        )
        entry_rows += [columns_of(entry) for entry in post(place, event)]
        for statement_name, row in _EFFECTS[type(event)](place, event):
            table = (
                _UPSERTED[statement_name] if statement_name in _UPSERTED else _STATEMENTS[statement_name][0]
            )
            steps[table].append((statement_name, row))
    if not event_rows:
        return
    connection.execute(insert(tables.event), event_rows)
    if entry_rows:
        connection.execute(insert(tables.entry), entry_rows)
    for table in tables.metadata.sorted_tables:
        for statement_name, run in groupby(steps[table], key=lambda step: step[0]):
            _execute(connection, statement_name, [row for _, row in run])


def _execute(connection: Connection, statement_name: str, rows: list[Row]) -> None:
    if statement_name in _UPSERTED:
        connection.execute(_upsert(connection, _UPSERTED[statement_name], _REPLACED[statement_name]), rows)
        return
    statement = _STATEMENTS[statement_name][1]
    result = connection.execute(statement, rows)
    if not isinstance(statement, Insert) and result.rowcount != len(rows):
        raise EffectMissing(
            f"{statement_name}: {len(rows) - result.rowcount} of {len(rows)} are about nothing known"
        )


_UPSERTED: dict[str, Table] = {"shop_allowed": tables.shop_programme, "till_added": tables.till}
_REPLACED: dict[str, tuple[str, ...]] = {"shop_allowed": ("categories",), "till_added": ("shop", "removed")}


def _upsert(connection: Connection, table: Table, replaced: tuple[str, ...]) -> Executable:
    """Return an insert that on an existing row only replaces these columns."""
    key = table.primary_key
    if connection.dialect.name == "sqlite":
        on_sqlite = sqlite.insert(table)
        return on_sqlite.on_conflict_do_update(
            key, set_={name: on_sqlite.excluded[name] for name in replaced}
        )
    on_postgresql = postgresql.insert(table)
    return on_postgresql.on_conflict_do_update(
        key, set_={name: on_postgresql.excluded[name] for name in replaced}
    )


def _programme_money(programme: int, *, deposited: int = 0, unallocated: int = 0, withdrawn: int = 0) -> Step:
    return (
        "programme_money",
        {
            "of_programme": programme,
            "more_deposited_cents": deposited,
            "more_unallocated_cents": unallocated,
            "more_withdrawn_cents": withdrawn,
        },
    )


def _voucher_money(voucher: int, *, issued: int = 0, balance: int) -> Step:
    return (
        "voucher_money",
        {"of_voucher": voucher, "more_issued_cents": issued, "more_balance_cents": balance},
    )


def _shop_money(
    programme: int, shop: int, *, redeemed: int = 0, refunded: int = 0, settled: int = 0, count: int = 0
) -> Step:
    return (
        "shop_money",
        {
            "of_programme": programme,
            "of_shop": shop,
            "more_redeemed_cents": redeemed,
            "more_refunded_cents": refunded,
            "more_settled_cents": settled,
            "more_redemption_count": count,
        },
    )


def _held(voucher: int, holder: str | None, ticket_root: bytes | None) -> Step:
    return (
        "voucher_held",
        {
            "of_voucher": voucher,
            "new_holder": holder,
            "new_ticket_root": ticket_root,
            "new_activated": holder is not None,
        },
    )


def _generation(voucher: int, generation: int) -> Step:
    return "voucher_generation", {"of_voucher": voucher, "new_generation": generation}


def _blocked(voucher: int, reason: int) -> Step:
    return "voucher_blocked", {"of_voucher": voucher, "new_block_reason": reason}


def _programme_opened(_place: Place, event: events.ProgrammeOpened) -> list[Step]:
    money = {"deposited_cents": 0, "unallocated_cents": 0, "withdrawn_cents": 0}
    return [("programme_opened", columns_of(event) | money)]


def _issued(_place: Place, event: events.Issued) -> list[Step]:
    vouchers: list[Step] = [
        (
            "voucher_issued",
            {
                "voucher": event.first + place,
                "programme": event.programme,
                "letter_key": allocation.letter_key,
                "issued_letter_key": allocation.letter_key,
                "holder": None,
                "ticket_root": None,
                "generation": 0,
                "activated": False,
                "block_reason": 0,
                "issued_cents": allocation.amount_cents,
                "balance_cents": allocation.amount_cents,
            },
        )
        for place, allocation in enumerate(event.allocations)
    ]
    total_cents = sum(allocation.amount_cents for allocation in event.allocations)
    return [_programme_money(event.programme, unallocated=-total_cents), *vouchers]


def _shop_allowed(_place: Place, event: events.ShopAllowed) -> list[Step]:
    money = {"redeemed_cents": 0, "refunded_cents": 0, "settled_cents": 0, "redemption_count": 0}
    return [("shop_allowed", columns_of(event) | money)]


def _where(place: Place) -> Row:
    return {"at": place.at, "block": place.block, "log_index": place.log_index}


def _redeemed(place: Place, event: events.Redeemed) -> list[Step]:
    return [
        ("redeemed", columns_of(event) | _where(place) | {"refunded_cents": 0}),
        _voucher_money(event.voucher, balance=-event.amount_cents),
        _shop_money(event.programme, event.shop, redeemed=event.amount_cents, count=1),
    ]


def _refunded(place: Place, event: events.Refunded) -> list[Step]:
    return [
        (
            "refunded",
            {
                "of_voucher": event.voucher,
                "of_number": event.number,
                "of_shop": event.shop,
                "more_refunded_cents": event.amount_cents,
            },
        ),
        ("refund_listed", columns_of(event) | _where(place)),
        _shop_money(event.programme, event.shop, refunded=event.amount_cents),
        _programme_money(event.programme, unallocated=event.amount_cents)
        if event.to_programme
        else _voucher_money(event.voucher, balance=event.amount_cents),
    ]


# Each kind of event is listed, the ones without effect too: an unknown kind is an error, never skipped.
_EFFECTS: dict[type[Event], Callable[[Place, Any], list[Step]]] = {
    events.ProgrammeOpened: _programme_opened,
    events.ProgrammeExtended: lambda _, event: [
        ("programme_extended", {"of_programme": event.programme, "new_ends_at": event.ends_at})
    ],
    events.Deposited: lambda _, event: [
        _programme_money(event.programme, deposited=event.amount_cents, unallocated=event.amount_cents)
    ],
    events.Withdrawn: lambda _, event: [
        _programme_money(event.programme, withdrawn=event.amount_cents, unallocated=-event.amount_cents)
    ],
    events.Settled: lambda place, event: [
        _shop_money(event.programme, event.shop, settled=event.amount_cents),
        ("settlement_listed", columns_of(event) | _where(place)),
    ],
    events.Swept: lambda _, event: [
        _voucher_money(event.voucher, balance=-event.amount_cents),
        _programme_money(event.programme, unallocated=event.amount_cents),
    ],
    events.Anchored: lambda _place, _event: [],
    events.Issued: _issued,
    events.ToppedUp: lambda _, event: [
        _programme_money(event.programme, unallocated=-event.amount_cents),
        _voucher_money(event.voucher, issued=event.amount_cents, balance=event.amount_cents),
    ],
    events.Activated: lambda _, event: [_held(event.voucher, event.holder, event.ticket_root)],
    events.TicketsRenewed: lambda _, event: [
        _held(event.voucher, event.holder, event.ticket_root),
        _generation(event.voucher, event.generation),
    ],
    events.HolderReplaced: lambda _, event: [
        _held(event.voucher, None, None),
        _generation(event.voucher, event.generation),
        ("voucher_letter", {"of_voucher": event.voucher, "new_letter_key": event.letter_key}),
    ],
    events.Blocked: lambda _, event: [_blocked(event.voucher, event.reason)],
    events.Unblocked: lambda _, event: [_blocked(event.voucher, 0)],
    events.ShopAllowed: _shop_allowed,
    events.ShopRemoved: lambda _, event: [
        ("shop_removed", {"of_programme": event.programme, "of_shop": event.shop})
    ],
    events.TillAdded: lambda _, event: [
        ("till_added", {"till": event.till, "shop": event.shop, "removed": False})
    ],
    events.TillRemoved: lambda _, event: [("till_removed", {"of_till": event.till, "of_shop": event.shop})],
    events.Redeemed: _redeemed,
    events.Refunded: _refunded,
}
