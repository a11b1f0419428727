# SPDX-License-Identifier: EUPL-1.2
"""Failures: nothing was decided, or it is not known what was."""

from __future__ import annotations

from typing import Any

from .base import Failure


class ChainUnreachable(Failure):
    """The chain does not answer; the request is kept or can be sent again."""


class ChainMismatch(Failure):
    """A chain, contract or journal is another than the one expected; nothing was done."""

    retry = False


class DatabaseUnreachable(Failure):
    """The database does not answer, or has no room; the request can be sent again."""


class ProofUnavailable(Failure):
    """What the chain's node tells of this payment is not enough to check it."""

    retry = False


class ProviderUnreachable(Failure):
    """The provider of work accounts does not answer, or not as it should."""


class LedgerStopped(Failure):
    """The ledger met an event that it could not book; it books nothing after it."""

    retry = False


class ImportUnfinished(Failure):
    """Part of the import may not be on the chain yet; it continues by itself."""

    retry = False

    def __init__(self, *, batch: int | None = None) -> None:
        """Name the batch of letters, if it is one."""
        super().__init__("part of the import may not be on the chain yet; it continues by itself")
        self.batch = batch

    def public_details(self) -> dict[str, Any]:
        """The batch of letters, if it is one."""
        return {} if self.batch is None else {"batch": self.batch}


class ShopJoinsLater(Failure):
    """It is approved, and the chain may not let the shop take part yet; that continues by itself."""

    retry = False

    def __init__(self, *, shop: int) -> None:
        """Name the shop, which has its number now."""
        super().__init__(f"shop {shop} joins by itself")
        self.shop = shop

    def public_details(self) -> dict[str, Any]:
        """The shop's number."""
        return {"shop": self.shop}


class SuspensionUnfinished(Failure):
    """The suspension is written down, and the chain may not have it yet; it continues by itself."""

    retry = False


class TopUpUnfinished(Failure):
    """The top-up is written down, and the chain may not have it yet; it continues by itself."""

    retry = False


class PayoutUnfinished(Failure):
    """The payout run is approved, and part of it may not be on the chain yet; it continues by itself."""

    retry = False


class PayoutFileAltered(Failure):
    """What is stored of this payout is not what was prepared or approved; it must not go to the bank."""

    retry = False


class InternalError(Failure):
    """Something unforeseen went wrong; it was written down for the administrator."""

    status = 500
