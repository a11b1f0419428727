# SPDX-License-Identifier: EUPL-1.2
"""Refusals of what cannot be read and of who is not let in: requests, staff, phones and tills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .base import Refusal


@dataclass(eq=False)
class RequestInvalid(Refusal):
    """The request does not have the form it must have."""

    errors: list[dict[str, Any]]
    status = 400
    public = ("errors",)


@dataclass(eq=False)
class CsvInvalid(Refusal):
    """The file has faults; nothing of it was taken over."""

    errors: list[dict[str, Any]]
    status = 400
    public = ("errors",)


@dataclass(eq=False)
class BodyTooLarge(Refusal):
    """The request is larger than is allowed."""

    max_bytes: int
    status = 413
    public = ("max_bytes",)


@dataclass(eq=False)
class RateTooHigh(Refusal):
    """Too many requests; wait a while."""

    retry_after_seconds: int
    status = 429
    retry = True
    public = ("retry_after_seconds",)


@dataclass(eq=False)
class NotFound(Refusal):
    """There is nothing at this address."""

    status = 404


@dataclass(eq=False)
class MethodNotAllowed(Refusal):
    """This address does not take this method."""

    status = 405


@dataclass(eq=False)
class SignInRequired(Refusal):
    """This is for someone who is signed in; the token is missing, ended or of another kind."""

    status = 401


@dataclass(eq=False)
class TillRemoved(Refusal):
    """This till was removed from its shop."""

    status = 401


@dataclass(eq=False)
class TillNameTaken(Refusal):
    """Another till of this shop has this name already."""

    free_name: str
    public = ("free_name",)


@dataclass(eq=False)
class OwnerRequired(Refusal):
    """Only an owner's till may do this."""

    status = 403


@dataclass(eq=False)
class RoleRequired(Refusal):
    """Only a member of staff with one of these roles may do this."""

    roles: list[str]
    status = 403
    public = ("roles",)


@dataclass(eq=False)
class StaffNameTaken(Refusal):
    """There is a member of staff of this name already."""


@dataclass(eq=False)
class StaffUnknown(Refusal):
    """There is no such member of staff."""

    status = 404


@dataclass(eq=False)
class LastAdministrator(Refusal):
    """There must be an administrator left."""


@dataclass(eq=False)
class MemberIsOneself(Refusal):
    """Nobody changes or removes themselves: another administrator must do it."""


@dataclass(eq=False)
class PasskeyInvalid(Refusal):
    """The passkey is not known here, or its answer is wrong or too late."""

    status = 401


@dataclass(eq=False)
class PasskeyUnknown(Refusal):
    """This member of staff has no such passkey."""

    status = 404


@dataclass(eq=False)
class SignInElsewhere(Refusal):
    """Here staff sign in with their work account."""

    status = 403


@dataclass(eq=False)
class WorkAccountInvalid(Refusal):
    """The work account is not known here, or the answer of its provider is wrong or too late."""

    status = 401


@dataclass(eq=False)
class WorkAccountRequired(Refusal):
    """This member of staff must tie a work account first."""

    status = 403


@dataclass(eq=False)
class WorkAccountUnknown(Refusal):
    """This member of staff has no such work account."""

    status = 404


@dataclass(eq=False)
class PhoneRetired(Refusal):
    """This phone's vouchers are on another phone (`moved`), or wait for a new letter (`replaced`)."""

    retired_at: int
    because: str
    status = 401
    public = ("retired_at", "because")


@dataclass(eq=False)
class SignInCodeInvalid(Refusal):
    """The sign-in code is wrong, used or too old."""

    status = 401
