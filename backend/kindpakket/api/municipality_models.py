# SPDX-License-Identifier: EUPL-1.2
"""Messages of the municipality: signing in, programmes, households, shops, letters, totals. Amounts in euro cents."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from kindpakket.staff import Role as StaffRole

from .models import Categories, Code, Day, Message, Name, OpeningKey


class SignIn(Message):
    """The code of a sign-in link."""

    sign_in_code: Code


class StaffSession(Message):
    """A signed-in member of staff; `token` is told once."""

    token: str
    name: str
    roles: list[StaffRole]
    ends_at: int


class ProgrammeOpening(Message):
    """A programme to open. `ends_on` is its last day.

    Who orders makes an `opening_key` once: the same order with it again opens nothing again. Without one, the same
    name, terms and text are the same order.
    """

    name: Name
    starts_on: Day
    ends_on: Day
    categories: Categories
    max_redemption_cents: Annotated[int, Field(ge=1, le=262_143, strict=True)]
    policy_text: Annotated[str, StringConstraints(max_length=50_000)]
    opening_key: OpeningKey | None = None


class Deposit(Message):
    """Money that came in."""

    amount_cents: Annotated[int, Field(ge=0, le=10**12, strict=True)]
    payment_reference: Name


class Mined(Message):
    """Done, in this block."""

    block: int


class HouseholdImport(Message):
    """What an import of households gave, or would give. `batch` is null after a dry run."""

    batch: int | None
    households: int
    vouchers: int
    amount_cents: int


class ShopImport(Message):
    """The numbers of the shops that were registered; none after a dry run."""

    shops: list[int]


class ShopTerms(Message):
    """What a shop may sell in a programme."""

    categories: Categories


class Letter(Message):
    """A letter as it is shown once."""

    row_reference: str
    code: str
    url: str
    vouchers: list[int]


class Letters(Message):
    """The letters of a batch."""

    letters: list[Letter]


class PairingCode(Message):
    """A code for one till."""

    pairing_code: str
    expires_at: int


class ShopTotal(Message):
    """What was spent in a shop."""

    shop: int
    name: str
    redeemed_cents: int
    count: int


class CategoryTotal(Message):
    """What was spent on a category."""

    category: int
    redeemed_cents: int
    count: int


class ProgrammeReport(Message):
    """A programme's totals, as of a block."""

    programme: int
    deposited_cents: int
    unallocated_cents: int
    issued_cents: int
    redeemed_cents: int
    refunded_cents: int
    left_cents: int
    owed_cents: int
    settled_cents: int
    voucher_count: int
    activated_count: int
    redemption_count: int
    by_shop: list[ShopTotal]
    by_category: list[CategoryTotal]
    block: int
