# SPDX-License-Identifier: EUPL-1.2
"""The contract's storage as it lies on the chain, read slot by slot as contracts/README.md says that it is packed.

Nothing here asks the contract: a question that answers wrongly cannot hide what is stored. `put_...` writes beside all
rules, to begin where no test could get by calls. Euro cents.
"""

from __future__ import annotations

from typing import NamedTuple

from kindpakket.chain.artifacts import load_artifacts
from kindpakket.hashes import keccak

from .fund import Fund

USES_PER_CELL, USE_BITS, REMAINING_BITS = 8, 32, 18


class StoredVoucher(NamedTuple):
    """A voucher's slot."""

    fingerprint: int
    balance_cents: int
    issued_cents: int
    programme: int
    generation: int
    block_reason: int
    activated: int


class StoredProgramme(NamedTuple):
    """A programme's first two slots."""

    starts_at: int
    ends_at: int
    categories: int
    max_cents: int
    deposited_cents: int
    unallocated_cents: int
    withdrawn_cents: int


class StoredShop(NamedTuple):
    """A shop's slot in a programme."""

    net_cents: int
    settled_cents: int
    categories: int
    starts_at: int
    ends_at: int
    max_cents: int


def _unpacked(word: int, *widths: int) -> list[int]:
    """Take a word apart from its low end; nothing may be left above."""
    parts = []
    for width in widths:
        parts.append(word & (1 << width) - 1)
        word >>= width
    assert word == 0, "bits above what is documented"
    return parts


def _slot_of(mapping: str, key: int | bytes) -> int:
    """Return where a mapping keeps a key."""
    place: int = load_artifacts()["slots"][mapping]
    word = key.to_bytes(32, "big") if isinstance(key, int) else key.rjust(32, b"\0")
    return int.from_bytes(keccak(word + place.to_bytes(32, "big")), "big")


def voucher(fund: Fund, number: int) -> StoredVoucher:
    """Read a voucher."""
    word = fund.slot(_slot_of("_vouchers", number))
    return StoredVoucher(*_unpacked(word, 160, 24, 24, 16, 8, 8, 8))


def programme(fund: Fund, number: int) -> StoredProgramme:
    """Read a programme."""
    place = _slot_of("_programmes", number)
    terms = _unpacked(fund.slot(place), 40, 40, 32, 24, 64)
    return StoredProgramme(*terms, *_unpacked(fund.slot(place + 1), 64, 64))


def shop(fund: Fund, programme_number: int, number: int) -> StoredShop:
    """Read a shop's account in a programme."""
    word = fund.slot(_slot_of("_shopAccounts", programme_number << 16 | number))
    return StoredShop(*_unpacked(word, 48, 48, 32, 40, 40, 24))


def shop_of_till(fund: Fund, till: bytes) -> int:
    """Read the shop of a till; 0 for none."""
    return fund.slot(_slot_of("shopOfTill", till))


def ticket_use(fund: Fund, voucher_number: int, number: int) -> tuple[int, int]:
    """Read the shop that used a ticket (0: none) and what is left of the charge."""
    uses = fund.slot(_slot_of("_ticketUses", voucher_number << 16 | number // USES_PER_CELL))
    use = uses >> number % USES_PER_CELL * USE_BITS & (1 << USE_BITS) - 1
    return use >> REMAINING_BITS, use & (1 << REMAINING_BITS) - 1


def counts(fund: Fund) -> tuple[int, int]:
    """Read how many programmes and vouchers there are."""
    next_programme, next_voucher = _unpacked(fund.slot(load_artifacts()["slots"]["_nextVoucher"]), 16, 32)
    return next_programme - 1, next_voucher - 1


def put_counts(fund: Fund, *, programmes: int, vouchers: int) -> None:
    """Let so many programmes and vouchers have been given out."""
    fund.put_slot(load_artifacts()["slots"]["_nextVoucher"], (vouchers + 1) << 16 | programmes + 1)


def put_net(fund: Fund, programme_number: int, number: int, net_cents: int) -> None:
    """Let a shop have earned this in a programme."""
    place = _slot_of("_shopAccounts", programme_number << 16 | number)
    fund.put_slot(place, fund.slot(place) >> 48 << 48 | net_cents)


def put_unallocated(fund: Fund, number: int, unallocated_cents: int) -> None:
    """Let so much be in a programme and on no voucher, and nothing be withdrawn."""
    fund.put_slot(_slot_of("_programmes", number) + 1, unallocated_cents)
