# SPDX-License-Identifier: EUPL-1.2
"""Refusals of shops: how they come to take part, their accounts, and when they are suspended."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Refusal


@dataclass(eq=False)
class ShopUnknown(Refusal):
    """There is no such shop."""

    shop: int
    status = 404
    public = ("shop",)


@dataclass(eq=False)
class ShopSuspended(Refusal):
    """The municipality suspended the shop in this programme; `because` is from a short list."""

    because: str
    public = ("because",)


@dataclass(eq=False)
class ShopNameTaken(Refusal):
    """There is a shop of this name in the register already."""


@dataclass(eq=False)
class ApplicationUnknown(Refusal):
    """There is no such application of a shop."""

    status = 404


@dataclass(eq=False)
class ApplicationOpen(Refusal):
    """This business applied for this shop already, and that is not decided yet."""


@dataclass(eq=False)
class SubmissionUsed(Refusal):
    """An application with other content came in under this submission; it stays as it is. Give another one its own."""


@dataclass(eq=False)
class ApplicationDecided(Refusal):
    """This application was approved or refused already."""

    application: int
    public = ("application",)


@dataclass(eq=False)
class ApplicationChanged(Refusal):
    """This application is not as it was when you looked: read it again."""

    application: int
    public = ("application",)


@dataclass(eq=False)
class ApplicationNotAssessed(Refusal):
    """Nobody has said yet what this shop may take part in."""

    application: int
    public = ("application",)


@dataclass(eq=False)
class NothingMissing(Refusal):
    """Nothing was asked of this application."""


@dataclass(eq=False)
class AccountChangeUnknown(Refusal):
    """There is no such change of an account."""

    status = 404


@dataclass(eq=False)
class AccountChangeOpen(Refusal):
    """Another change of this account waits; approve or withdraw it first."""

    change: int
    public = ("change",)


@dataclass(eq=False)
class AccountChangeDecided(Refusal):
    """This change of an account was approved or withdrawn already."""

    change: int
    public = ("change",)


@dataclass(eq=False)
class AccountChangeOutdated(Refusal):
    """The account is another by now than when this change was proposed; withdraw it and propose another."""

    change: int
    public = ("change",)


@dataclass(eq=False)
class AccountOfAnotherMerchant(Refusal):
    """Another merchant is paid on this account."""
