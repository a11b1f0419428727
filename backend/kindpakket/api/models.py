# SPDX-License-Identifier: EUPL-1.2
"""The messages of parents and shops in docs/protocol.md as types, and what all share. Euro cents, epoch seconds."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    StringConstraints,
)

from kindpakket.categories import CATEGORIES
from kindpakket.registry.suspensions import SuspendedBecause
from kindpakket.registry.till_names import read_name
from kindpakket.tickets.keys import Signature
from kindpakket.typed import refuse_unkept

from .problems import camel
from .written import YEAR_MONTH_DAY


class Message(BaseModel):
    """Any message: camelCase on the wire; a request with unknown members is refused."""

    model_config = ConfigDict(alias_generator=camel, populate_by_name=True, extra="forbid", frozen=True)


def bytes_of(length: int) -> Any:
    """Return what makes `Annotated[bytes, *...]` so many bytes, written as `0x` and hexadecimal digits."""
    pattern = re.compile(rf"0x[0-9a-fA-F]{{{2 * length}}}")

    def read(value: object) -> bytes:
        if isinstance(value, bytes) and len(value) == length:
            return value
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise ValueError(f"must be 0x and {2 * length} hexadecimal digits")
        return bytes.fromhex(value[2:])

    schema: dict[str, JsonValue] = {"type": "string", "pattern": f"^{pattern.pattern}$"}
    return (
        BeforeValidator(read, json_schema_input_type=Annotated[str, Field(json_schema_extra=schema)]),
        PlainSerializer(lambda content: f"0x{content.hex()}", return_type=str),
    )


Address = Annotated[bytes, *bytes_of(20)]
Hash = Annotated[bytes, *bytes_of(32)]
SignatureBytes = Annotated[bytes, *bytes_of(64)]
LetterId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Number16 = Annotated[int, Field(ge=0, le=0xFFFF, strict=True)]
Number32 = Annotated[int, Field(ge=0, le=0xFFFF_FFFF, strict=True)]
Generation = Annotated[int, Field(ge=0, le=255, strict=True)]
Category = Annotated[int, Field(ge=0, le=31, strict=True)]


class _Kept(AfterValidator):
    """Whoever sends a text that cannot be kept is told so, not that we failed; the description tells it before."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"pattern": NO_CONTROL_CHARACTERS}


NO_CONTROL_CHARACTERS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
Kept = _Kept(refuse_unkept)
TicketText = Annotated[str, StringConstraints(max_length=400), Kept]
Code = Annotated[str, StringConstraints(min_length=1, max_length=100), Kept]
Categories = Annotated[
    list[Annotated[int, Field(ge=1, le=len(CATEGORIES), strict=True)]], Field(min_length=1)
]
Day = Annotated[
    date,
    Field(ge=date(2000, 1, 1), le=date(2199, 12, 31), json_schema_extra={"pattern": "^2[01][0-9]{2}-"}),
    YEAR_MONTH_DAY,
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), Kept]
TillName = Annotated[Name, AfterValidator(read_name)]
OpeningKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


Role = Literal["owner", "cashier"]
RefundReason = Literal["returned", "mistake", "price", "other"]


def read_signature(content: bytes) -> Signature:
    """Return the signature of 64 bytes that a message carried."""
    return Signature.from_compact(content)


# ------------------------------------------------------------------ anyone


class Fund(Message):
    """Where signatures count, and whom to call."""

    name: str
    version: str
    chain_id: int
    contract: str
    municipality: str
    phone: str
    now: int


class Programme(Message):
    """A programme as everyone may know it."""

    programme: int
    name: str
    starts_at: int
    ends_at: int
    categories: list[int]
    max_redemption_cents: int


class Programmes(Message):
    """All programmes."""

    programmes: list[Programme]


class Shop(Message):
    """A shop that takes part."""

    shop: int
    name: str
    categories: list[int]
    street: str
    town: str
    opening: str


class Shops(Message):
    """The shops that take part now."""

    shops: list[Shop]


# ------------------------------------------------------------------ a phone


class LetterLookup(Message):
    """Which letter."""

    letter_id: LetterId


class LetterVoucher(Message):
    """A voucher that a letter opens."""

    voucher: int
    position: int
    programme: int
    issued_cents: int
    generation: int
    activated: bool


class LetterVouchers(Message):
    """What a letter opens."""

    vouchers: list[LetterVoucher]


TicketKeys = Annotated[list[Address], Field(min_length=256, max_length=256)]


class VoucherActivation(Message):
    """The hand-over of one voucher."""

    voucher: Number32
    holder: Address
    ticket_keys: TicketKeys
    signature: SignatureBytes


class Activation(Message):
    """The hand-over of all vouchers of a letter to a phone."""

    letter_id: LetterId
    token_hash: Hash
    vouchers: Annotated[list[VoucherActivation], Field(min_length=1, max_length=20)]


class ActivatedVoucher(Message):
    """A voucher that was handed over, and in which block."""

    voucher: int
    block: int


class Activated(Message):
    """What was handed over, and what the letter opens only when it is unblocked."""

    vouchers: list[ActivatedVoucher]
    blocked: list[int]


class Renewal(Message):
    """New ticket keys for a voucher; with `token_hash` it moves to the phone of that token."""

    voucher: Number32
    generation: Generation
    old_root: Hash
    holder: Address
    ticket_keys: TicketKeys
    signature: SignatureBytes
    token_hash: Hash | None = None


class Renewed(Message):
    """A voucher whose ticket keys were replaced."""

    voucher: int
    generation: int
    block: int


class BudgetVoucher(Message):
    """What is left on a voucher, and until when."""

    voucher: int
    programme: int
    programme_name: str
    starts_at: int
    ends_at: int
    max_redemption_cents: int
    issued_cents: int
    balance_cents: int
    generation: int
    blocked: bool
    numbers_used: list[int]


class Budget(Message):
    """All vouchers of a phone."""

    now: int
    block: int
    vouchers: list[BudgetVoucher]


class PaymentRefund(Message):
    """What a shop gave back of a payment, and whether that is on the budget again."""

    amount_cents: int
    at: int
    to_budget: bool


class Payment(Message):
    """A payment as its holder sees it."""

    redemption_id: Hash
    voucher: int
    number: int
    shop: int
    shop_name: str
    category: int
    amount_cents: int
    refunded_cents: int
    at: int
    block: int
    refunds: list[PaymentRefund]


class Payments(Message):
    """A phone's payments, newest first."""

    now: int
    payments: list[Payment]


# ------------------------------------------------------------------ a till


class Pairing(Message):
    """A till that wants to belong to a shop."""

    pairing_code: Code
    till: Address
    name: TillName


class Paired(Message):
    """A till that belongs to a shop; `token` is told once."""

    token: str
    till: Address
    name: str
    role: Role
    shop: int
    shop_name: str


class ShopStanding(Message):
    """How a shop stands in a programme: for what it may be paid, or since when and why it is suspended."""

    programme: int
    programme_name: str
    categories: list[int]
    suspended_at: int | None
    because: SuspendedBecause | None


class Till(Message):
    """Where a till stands, what it may do, and what it may charge now."""

    now: int
    till: Address
    name: str
    role: Role
    shop: int
    shop_name: str
    categories: list[int]
    max_redemption_cents: int
    standings: list[ShopStanding]
    phone: str


class Charge(Message):
    """A till's wish to charge a ticket."""

    ticket: TicketText
    amount_cents: Number32
    category: Category
    signature: SignatureBytes


class Refund(Message):
    """What was given back of a payment, and why; no reason for one that came past the backend."""

    amount_cents: int
    at: int
    till_name: str
    reason: RefundReason | None


class Redemption(Message):
    """A payment as its shop sees it, its refunds oldest first: nothing about the voucher."""

    redemption_id: Hash
    shop: int
    till: str
    till_name: str
    category: int
    amount_cents: int
    refunded_cents: int
    refunds: list[Refund]
    at: int
    block: int


class RedemptionAnswer(Message):
    """Paid: now, or before."""

    result: Literal["accepted", "already_redeemed"]
    redemption: Redemption


class ShopDay(Message):
    """A shop's payments of a day, newest first."""

    on: date
    count: int
    total_cents: int
    redemptions: list[Redemption]
