# SPDX-License-Identifier: EUPL-1.2
"""The log of what staff did: written before it is done, put on record on the chain once a day, checked by a command.

Whoever holds the database could write its whole log anew, hashes and all. What is on record on the chain cannot be: the
hash of an entry there stands for that entry and every one before it. What came after the last one on record is only as
safe as the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from .chain import fund as fund_calls
from .chain.deploy import ROLES
from .errors import Failure, Refusal
from .events import Anchored, Place
from .registry.staff_log import COMMAND_LINE, NOTHING_BEFORE, Action, Anchor, Author, Entry, Line, Outcome
from .rounds import Rounds
from .services import Services
from .units import day_of, day_starts_at

__all__ = [
    "COMMAND_LINE",
    "Action",
    "Anchor",
    "Author",
    "Deed",
    "Line",
    "Verdict",
    "acting",
    "anchor",
    "anchor_due",
    "anchorer",
    "last_anchor",
    "list_lines",
    "verify",
]

log = structlog.get_logger(__name__)

ACTIONS = frozenset(action.value for action in Action)
BLOCKS_AT_ONCE = 256
LOOK_AGAIN_SECONDS = 30.0


@dataclass
class Deed:
    """An action while it is done. `about`: numbers of what it is about, by what they number."""

    about: dict[str, int | str] = field(default_factory=dict)

    def note(self, **about: int | str) -> None:
        """Say what was not known before: the number of what was made."""
        self.about |= about

    def __str__(self) -> str:
        """Write what it is about as the log has it."""
        return " ".join(f"{name}={number}" for name, number in self.about.items())


@contextmanager
def acting(
    services: Services, by: Author, action: Action, *, reason: str = "", **about: int | str
) -> Iterator[Deed]:
    """Write down that something is begun, then let it be done, then write down what became of it.

    What breaks off in between stays written down as begun. Only numbers say what it is about.
    """
    deed = Deed(about)
    kept = services.registry.staff_log
    begun = kept.begin(by=by, at=services.now(), action=action, about=str(deed), reason=reason)

    def end(outcome: Outcome, because: str) -> None:
        kept.end(begun, at=services.now(), about=str(deed), reason=because, outcome=outcome)

    try:
        yield deed
    except Refusal as refusal:
        end(Outcome.REFUSED, refusal.reason())
        raise
    except Failure as failure:
        # What goes on by itself was made, and has its number.
        deed.note(**failure.public_details())
        end(Outcome.FAILED, failure.reason())
        raise
    except BaseException:
        end(Outcome.FAILED, "internal_error")
        raise
    end(Outcome.DONE, "")


def list_lines(services: Services, *, before: int | None, limit: int) -> list[Line]:
    """Return what staff did, newest first; what came before an entry when one is given."""
    return services.registry.staff_log.lines(before=before, limit=limit)


def last_anchor(services: Services) -> Anchor | None:
    """Return up to where the log was put on record last; None when it never was."""
    return services.registry.staff_log.last_anchor()


def anchor(services: Services) -> Anchor | None:
    """Put the log as it is now on record; return up to where it is. None when nobody ever did anything.

    Raises:
        ChainUnreachable: Perhaps it is on record; the same again does no harm.
    """
    kept = services.registry.staff_log
    newest, last = kept.newest(), kept.last_anchor()
    if newest is None or (last is not None and last.entry >= newest.entry):
        return last
    call = fund_calls.anchor(hash=newest.hash)
    receipt = services.fund.execute(call, sender=services.accounts.issuer).receipt
    made = Anchor(entry=newest.entry, block=receipt.block, at=receipt.at)
    kept.note_anchor(made)
    log.info("staff_log_anchored", entry=made.entry, block=made.block, hash=newest.hash.hex())
    return made


def anchor_due(services: Services) -> Anchor | None:
    """Put the log on record if it holds something from before today that is not; return up to where, if so.

    A block in a wrong hour would move the chain's time for good: after a leap of the clock nothing is due.
    """
    if services.holds_still():
        return None
    kept = services.registry.staff_log
    last = kept.last_anchor()
    today_starts_at = day_starts_at(day_of(services.now()))
    if not kept.has_entries(after=0 if last is None else last.entry, before_at=today_starts_at):
        return None
    return anchor(services)


@dataclass(frozen=True)
class Verdict:
    """What a check of the log found. `anchored`: the last entry that is on record; 0 for none."""

    entry_count: int
    anchored: int
    anchor_count: int
    differences: tuple[str, ...]


def verify(services: Services) -> Verdict:
    """Compute every hash of the log again, and compare with what is on record on the chain.

    Raises:
        ChainUnreachable: No answer; safe to ask again.
    """
    kept = services.registry.staff_log
    # In this order: what is written down or put on record meanwhile is in what is read later.
    noted = kept.last_anchor()
    anchors = _anchors(services)
    entries = kept.all()
    differences = _broken_links(entries)
    places = {one.hash: one.entry for one in entries}
    anchored = 0
    for place, event in anchors:
        entry = places.get(event.hash)
        if entry is None:
            differences.append(
                f"block {place.block} has 0x{event.hash.hex()} on record, which is no entry of the log: "
                "entries were changed or cut off"
            )
        elif entry < anchored:
            differences.append(f"block {place.block} has entry {entry} on record after entry {anchored}")
        anchored = max(anchored, entry or 0)
    if noted is not None and noted.entry > anchored:
        differences.append(
            f"entry {noted.entry} was put on record in block {noted.block}, and the chain does not have it"
        )
    return Verdict(
        entry_count=len(entries),
        anchored=anchored,
        anchor_count=len(anchors),
        differences=tuple(differences),
    )


def _broken_links(entries: list[Entry]) -> list[str]:
    """Return what is wrong within the log itself."""
    differences = []
    number, hash_before = 0, NOTHING_BEFORE
    outcomes = {one.entry: one.outcome for one in entries}
    for one in entries:
        if one.entry != number + 1:
            differences.append(f"entry {one.entry} follows entry {number}")
        if one.previous_hash != hash_before:
            differences.append(f"entry {one.entry} does not hold the hash of the entry before it")
        if one.hash != one.own_hash():
            differences.append(f"entry {one.entry} was changed: its hash is of another text")
        if one.action not in ACTIONS:
            differences.append(f"entry {one.entry} is of an action that there is not: {one.action}")
        if one.begun is not None and outcomes.get(one.begun) != Outcome.BEGUN:
            differences.append(f"entry {one.entry} is the outcome of nothing that was begun")
        number, hash_before = one.entry, one.hash
    return differences


def _anchors(services: Services) -> list[tuple[Place, Anchored]]:
    """Return what is on record on the chain of the log, in order. Hashes by other roles are of something else.

    Whoever has the issuer's role or had it counts: otherwise a new key would make forget what the one before put there.
    """
    issuers = services.fund.holders_ever(ROLES["issuer"])
    newest = services.chain.head().number
    return [
        (place, event)
        for first in range(services.fund.deployed_block, newest + 1, BLOCKS_AT_ONCE)
        for place, event in services.fund.events(first, min(first + BLOCKS_AT_ONCE - 1, newest))
        if isinstance(event, Anchored) and event.by.lower() in issuers
    ]


def anchorer(services: Services) -> Rounds:
    """Return what puts on record what is due while the server runs."""
    return Rounds("staff-log-anchorer", lambda: anchor_due(services), every_seconds=LOOK_AGAIN_SECONDS)
