# SPDX-License-Identifier: EUPL-1.2
"""Checks: whether the ledger says what the contract says, amount by amount. Whole euro cents.

The contract keeps a programme's own amounts and what each shop earned and was settled; what is left on vouchers follows
from them, because money is conserved on both sides. The ledger's entries are compared with its own reports as well.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from .errors import ProgrammeUnknown
from .services import Services

TRIES = 3
"""So often a difference is asked again: payments go on while amounts are read one by one."""
VALID_SECONDS = 60
"""So long a check counts while the chain has no newer block: the ledger could be damaged without one."""

What = Literal["deposited", "unallocated", "withdrawn", "earned", "settled", "account"]
Place = tuple[What, int]
"""An amount of the programme, with shop 0, or of one of its shops."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An amount on which ledger and chain do not agree.

    Attributes:
        what: `account`: the ledger's own entries add up to `chain_cents`, its reports say `ledger_cents`.
        shop: 0 for an amount of the programme itself.
        account: The ledger's name of it, for `account` only.
    """

    what: What
    shop: int
    account: str
    ledger_cents: int
    chain_cents: int


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found. No differences: all is right. `block` is the newest block that it is about."""

    programme: int
    block: int
    checked_at: int
    differences: tuple[Difference, ...]


class Checks:
    """Keeps the last check of each programme, so that a page is not slow each time it is looked at."""

    def __init__(self, services: Services) -> None:
        """Begin without any check."""
        self._services = services
        self._checking = threading.Lock()
        self._last: dict[int, Check] = {}

    def latest(self, programme: int) -> Check:
        """Return the check as of the newest block, at most a minute old; check when there is none.

        Raises:
            ProgrammeUnknown: There is no such programme.
            ChainUnreachable: No answer; nothing is known.
        """
        with self._checking:
            last = self._last.get(programme)
            if last is None or not self._still_counts(last):
                last = check(self._services, programme=programme)
                self._last[programme] = last
            return last

    def _still_counts(self, last: Check) -> bool:
        is_newest = last.block == self._services.chain.head().number
        return is_newest and self._services.now() < last.checked_at + VALID_SECONDS


def check(services: Services, *, programme: int) -> Check:
    """Compare what the ledger says of a programme with what the contract says.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ChainUnreachable: No answer; nothing is known.
    """
    block = services.follower.catch_up()
    found = _compare(services, programme)
    for _ in range(TRIES - 1):
        if not found:
            break
        found = _compare(services, programme)
    found += [
        Difference("account", 0, one.account, one.reported_cents, one.entries_cents)
        for one in services.ledger.reports.differences()
    ]
    return Check(programme=programme, block=block, checked_at=services.now(), differences=tuple(found))


def _compare(services: Services, programme: int) -> list[Difference]:
    """Read the ledger before and after the chain: an amount that moves meanwhile is between the two."""
    before = _in_ledger(services, programme)
    on_chain = _on_chain(services, programme, sorted(shop for what, shop in before if what == "earned"))
    after = _in_ledger(services, programme)
    return [
        Difference(what, shop, "", after.get((what, shop), 0), chain_cents)
        for (what, shop), chain_cents in on_chain.items()
        if not _is_between(chain_cents, before[what, shop], after.get((what, shop), 0))
    ]


def _is_between(cents: int, one_cents: int, other_cents: int) -> bool:
    return min(one_cents, other_cents) <= cents <= max(one_cents, other_cents)


def _in_ledger(services: Services, programme: int) -> dict[Place, int]:
    services.follower.catch_up()
    totals = services.ledger.reports.totals(programme)
    if totals is None:
        raise ProgrammeUnknown(programme=programme)
    amounts: dict[Place, int] = {
        ("deposited", 0): totals.deposited_cents,
        ("unallocated", 0): totals.unallocated_cents,
        ("withdrawn", 0): totals.withdrawn_cents,
    }
    for shop in services.registry.shops.shops():
        amounts["earned", shop.shop] = 0
        amounts["settled", shop.shop] = 0
    for account in services.ledger.reports.shop_accounts(programme):
        amounts["earned", account.shop] = account.redeemed_cents - account.refunded_cents
        amounts["settled", account.shop] = account.settled_cents
    return amounts


def _on_chain(services: Services, programme: int, shops: list[int]) -> dict[Place, int]:
    terms = services.fund.programme(programme)
    amounts: dict[Place, int] = {
        ("deposited", 0): terms.deposited_cents,
        ("unallocated", 0): terms.unallocated_cents,
        ("withdrawn", 0): terms.withdrawn_cents,
    }
    for shop in shops:
        account = services.fund.shop_account(programme, shop)
        amounts["earned", shop] = account.net_cents
        amounts["settled", shop] = account.settled_cents
    return amounts
