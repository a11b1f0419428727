# SPDX-License-Identifier: EUPL-1.2
"""The messages about applications of shops and accounts of merchants, as in docs/shops.md. Instants: epoch seconds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kindpakket.registry.application_rows import RefusedBecause, State
from kindpakket.registry.merchant_accounts import ChangedBecause

from .models import Categories, Code, Kept, Message

#: The use case says of each field what is wrong with it; here only stands how much is read at all.
Line = Annotated[str, StringConstraints(max_length=1000), Kept]
Note = Annotated[str, StringConstraints(max_length=4000), Kept]
ChosenCategories = Annotated[list[Annotated[int, Field(ge=0, le=31, strict=True)]], Field(max_length=32)]
Submission = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
FieldName = Literal[
    "name",
    "kvk",
    "street",
    "postcode",
    "town",
    "opening",
    "iban",
    "holder",
    "email",
    "categories",
]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]


class ShopApplicationOrder(Message):
    """What a shop says of itself. `submission`: made up for this one, so that it can be sent again without harm."""

    name: Line = ""
    kvk: Line = ""
    street: Line = ""
    postcode: Line = ""
    town: Line = ""
    opening: Line = ""
    categories: ChosenCategories = Field(default_factory=list)
    iban: Line = ""
    holder: Line = ""
    email: Line = ""
    agrees_to_rules: Annotated[bool, Field(strict=True)] = False
    submission: Submission | None = None


class ShopApplicationReceipt(Message):
    """The code with which the applicant asks how it stands, and the rules that were agreed to."""

    reference_code: str
    rules: str


class ShopApplicationLookup(Message):
    """Which application is asked after."""

    reference_code: Code


class ShopApplicationSupplement(Message):
    """What was missing, and nothing else."""

    reference_code: Code
    name: Line = ""
    kvk: Line = ""
    street: Line = ""
    postcode: Line = ""
    town: Line = ""
    opening: Line = ""
    categories: ChosenCategories = Field(default_factory=list)
    iban: Line = ""
    holder: Line = ""
    email: Line = ""


class ShopApplicationStanding(Message):
    """How an application stands, for who applied. What was filled in is not told again."""

    state: Literal["received", "incomplete", "approved", "refused"]
    name: str
    applied_at: int
    missing: list[str]
    note: str
    decided_at: int | None
    refused_because: RefusedBecause | None
    explanation: str


class ProgrammeTerms(Message):
    """A programme and the kinds of purchase that a shop may be paid for in it."""

    programme: Annotated[int, Field(ge=1, le=0xFFFF, strict=True)]
    categories: Categories


class ShopApplication(Message):
    """An application as staff see it. Accounts and addresses are empty when they are erased."""

    application: int
    version: int
    state: State
    name: str
    kvk: str
    street: str
    postcode: str
    town: str
    opening: str
    categories: list[int]
    iban: str
    holder: str
    email: str
    rules: str
    applied_at: int
    missing: list[str]
    missing_note: str
    assessed_by: str | None
    assessed_at: int | None
    terms: list[ProgrammeTerms]
    remark: str
    decided_by: str | None
    decided_at: int | None
    refused_because: RefusedBecause | None
    explanation: str
    shop: int | None
    joining: list[int]
    erased_at: int | None


class ShopApplications(Message):
    """All applications: first what is not decided, the oldest first."""

    applications: list[ShopApplication]


class ShopApplicationQuestion(Message):
    """What is missing; `version` is that of the application as it was read."""

    version: Version
    missing: Annotated[list[FieldName], Field(min_length=1, max_length=10)]
    note: Note = ""


class ShopApplicationAssessment(Message):
    """What a shop may take part in; no terms are an advice to refuse, and need a remark."""

    version: Version
    terms: Annotated[list[ProgrammeTerms], Field(max_length=100)]
    remark: Note = ""


class ShopApplicationApproval(Message):
    """The application as it was read, approved."""

    version: Version


class ShopApplicationRefusal(Message):
    """Why a shop may not take part; the applicant reads it."""

    version: Version
    because: RefusedBecause
    explanation: Note


class AccountProposal(Message):
    """On which account a shop's merchant is to be paid."""

    name: Line
    iban: Line
    because: ChangedBecause


class AccountChange(Message):
    """A change of an account, proposed by one and approved by another."""

    change: int
    shop: int
    name: str
    iban: str
    name_before: str
    iban_before: str
    because: ChangedBecause
    proposed_by: str
    proposed_at: int
    decided_by: str | None
    decided_at: int | None
    decision: Literal["approved", "withdrawn"] | None


class ShopAccount(Message):
    """On which account a shop's merchant is paid, for which shops, and how it changed, newest first."""

    name: str
    iban: str
    shops: list[int]
    changes: list[AccountChange]
