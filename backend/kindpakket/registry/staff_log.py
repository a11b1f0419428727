# SPDX-License-Identifier: EUPL-1.2
"""The log of staff in the registry: each entry holds the hash of the one before, so that none can be changed unseen.

An entry is written in the transaction of what it is about. What is done elsewhere has two: one before it is begun, and
one that says what became of it. Numbers say what it was about: no personal data but the name of who did it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from kindpakket.databases import Database

from . import staff_tables

NOTHING_BEFORE = bytes(32)
"""What the first entry holds as the hash of the one before."""


class Action(StrEnum):
    """What staff do that changes something. The list is closed."""

    PROGRAMME_OPENED = "programme_opened"
    PROGRAMME_EXTENDED = "programme_extended"
    DEPOSIT_RECORDED = "deposit_recorded"
    VOUCHERS_SWEPT = "vouchers_swept"
    REST_WITHDRAWN = "rest_withdrawn"
    HOUSEHOLDS_IMPORTED = "households_imported"
    LETTERS_SHOWN = "letters_shown"
    LETTERS_FORGOTTEN = "letters_forgotten"
    LETTERS_REISSUED = "letters_reissued"
    LETTER_REPLACED = "letter_replaced"
    VOUCHERS_ADDED = "vouchers_added"
    VOUCHER_TOPPED_UP = "voucher_topped_up"
    VOUCHER_BLOCKED = "voucher_blocked"
    VOUCHER_UNBLOCKED = "voucher_unblocked"
    CODES_PRINTED = "codes_printed"
    REMINDERS_LISTED = "reminders_listed"
    SHOPS_IMPORTED = "shops_imported"
    SHOP_ALLOWED = "shop_allowed"
    #: In logs of before a shop was suspended with a reason.
    SHOP_REMOVED = "shop_removed"
    SHOP_SUSPENDED = "shop_suspended"
    APPLICATION_ASSESSED = "application_assessed"
    APPLICATION_QUESTIONED = "application_questioned"
    APPLICATION_APPROVED = "application_approved"
    APPLICATION_REFUSED = "application_refused"
    ACCOUNT_PROPOSED = "account_proposed"
    ACCOUNT_APPROVED = "account_approved"
    ACCOUNT_WITHDRAWN = "account_withdrawn"
    PAIRING_CODE_MADE = "pairing_code_made"
    TILL_REMOVED = "till_removed"
    PAYOUT_PREPARED = "payout_prepared"
    PAYOUT_CANCELLED = "payout_cancelled"
    PAYOUT_APPROVED = "payout_approved"
    PAYOUT_PROPOSED = "payout_proposed"
    STATEMENT_READ = "statement_read"
    HEAD_PUBLISHED = "head_published"
    INSPECTION_ASKED = "inspection_asked"
    INSPECTION_ACKNOWLEDGED = "inspection_acknowledged"
    LINK_MADE = "link_made"
    SIGNED_IN = "signed_in"
    MEMBER_INVITED = "member_invited"
    ROLES_CHANGED = "roles_changed"
    LINK_RENEWED = "link_renewed"
    MEMBER_REMOVED = "member_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    WORK_ACCOUNT_TIED = "work_account_tied"
    WORK_ACCOUNT_REMOVED = "work_account_removed"
    AUDIT_KEY_MADE = "audit_key_made"
    AUDIT_KEY_ENDED = "audit_key_ended"
    CHAIN_READ = "chain_read"
    KEY_REPLACED = "key_replaced"
    KEYSTORE_CHANGED = "keystore_changed"


class Outcome(StrEnum):
    """What became of an action. What is only begun broke off, or is still being done."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts, by number and by name as it is now. Whoever runs the server has no number."""

    staff: int | None
    name: str


COMMAND_LINE = Author(staff=None, name="kindpakket")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log.

    Attributes:
        about: Numbers of what it was about, as in `programme=1 shop=3`.
        reason: Why, from a list; of an outcome, why it was refused or failed; or nothing.
        begun: The entry of which this is the outcome.
    """

    entry: int
    at: int
    staff: int | None
    staff_name: str
    action: str
    about: str
    reason: str
    outcome: str
    begun: int | None
    previous_hash: bytes
    hash: bytes

    def own_hash(self) -> bytes:
        """Return what the hash must be: SHA-256 over all the rest, as JSON without spaces, in UTF-8."""
        told = [
            self.entry,
            self.at,
            self.staff,
            self.staff_name,
            self.action,
            self.about,
            self.reason,
            self.outcome,
            self.begun,
            self.previous_hash.hex(),
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).digest()


@dataclass(frozen=True, slots=True)
class Anchor:
    """Up to which entry the log is on record on the chain, in which block, since when."""

    entry: int
    block: int
    at: int


@dataclass(frozen=True, slots=True)
class Line:
    """An action as it is read: its entry, and what became of it. `about` is what was known in the end."""

    entry: Entry
    about: str
    outcome: str
    outcome_reason: str


class StaffLog:
    """What staff did."""

    def __init__(self, database: Database) -> None:
        """Keep it in this database."""
        self._database = database

    def begin(self, *, by: Author, at: int, action: Action, about: str, reason: str) -> Entry:
        """Write down what is about to be done."""
        with self._database.write() as connection:
            return append(
                connection,
                by=by,
                at=at,
                action=action,
                about=about,
                reason=reason,
                outcome=Outcome.BEGUN,
            )

    def end(self, begun: Entry, *, at: int, about: str, reason: str, outcome: Outcome) -> None:
        """Write down what became of what was begun."""
        with self._database.write() as connection:
            append(
                connection,
                by=Author(staff=begun.staff, name=begun.staff_name),
                at=at,
                action=Action(begun.action),
                about=about,
                reason=reason,
                outcome=outcome,
                begun=begun.entry,
            )

    def all(self) -> list[Entry]:
        """Return every entry as it stands there, by number."""
        table = staff_tables.staff_log
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(select(table).order_by(table.c.entry))]

    def newest(self) -> Entry | None:
        """Return the newest entry; None when there is none."""
        with self._database.read() as connection:
            return _newest(connection)

    def has_entries(self, *, after: int, before_at: int) -> bool:
        """Tell whether something was written down after an entry and before an instant."""
        table = staff_tables.staff_log
        with self._database.read() as connection:
            found = select(table.c.entry).where(table.c.entry > after, table.c.at < before_at).limit(1)
            return connection.execute(found).first() is not None

    def lines(self, *, before: int | None, limit: int) -> list[Line]:
        """Return actions, newest first; those before an entry when one is given."""
        table = staff_tables.staff_log
        wanted = select(table).where(table.c.begun.is_(None)).order_by(table.c.entry.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(table.c.entry < before)
        with self._database.read() as connection:
            entries = [_entry(row) for row in connection.execute(wanted)]
            outcomes = {
                row.begun: _entry(row)
                for row in connection.execute(
                    select(table).where(table.c.begun.in_([one.entry for one in entries]))
                )
            }
        return [_line(one, outcomes.get(one.entry)) for one in entries]

    def note_anchor(self, anchor: Anchor) -> None:
        """Write down up to where the log is on record; the same again changes nothing."""
        table = staff_tables.staff_log_anchor
        with self._database.write() as connection:
            if connection.execute(select(table).where(table.c.entry == anchor.entry)).first() is None:
                connection.execute(insert(table).values(entry=anchor.entry, block=anchor.block, at=anchor.at))

    def last_anchor(self) -> Anchor | None:
        """Return up to where the log was put on record last; None when it never was."""
        table = staff_tables.staff_log_anchor
        with self._database.read() as connection:
            row = connection.execute(select(table).order_by(table.c.entry.desc()).limit(1)).one_or_none()
        return None if row is None else Anchor(**row._mapping)


def append(
    connection: Connection,
    *,
    by: Author,
    at: int,
    action: Action,
    about: str,
    reason: str = "",
    outcome: Outcome = Outcome.DONE,
    begun: int | None = None,
) -> Entry:
    """Write down an entry after the newest one, in a transaction that writes, and so alone."""
    before = _newest(connection)
    told: dict[str, Any] = {
        "entry": 1 if before is None else before.entry + 1,
        "at": at,
        "staff": by.staff,
        "staff_name": by.name,
        "action": action.value,
        "about": about,
        "reason": reason,
        "outcome": outcome.value,
        "begun": begun,
        "previous_hash": NOTHING_BEFORE if before is None else before.hash,
    }
    own_hash = Entry(**told, hash=b"").own_hash()
    connection.execute(insert(staff_tables.staff_log).values(**told, hash=own_hash))
    return Entry(**told, hash=own_hash)


def _newest(connection: Connection) -> Entry | None:
    table = staff_tables.staff_log
    row = connection.execute(select(table).order_by(table.c.entry.desc()).limit(1)).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> Entry:
    return Entry(**row._mapping)


def _line(entry: Entry, ended: Entry | None) -> Line:
    if ended is None:
        return Line(entry=entry, about=entry.about, outcome=entry.outcome, outcome_reason="")
    return Line(entry=entry, about=ended.about, outcome=ended.outcome, outcome_reason=ended.reason)
