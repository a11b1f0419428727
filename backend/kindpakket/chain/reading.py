# SPDX-License-Identifier: EUPL-1.2
"""What the contract says, as our own values: its events, its refusals, its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kindpakket import errors, events
from kindpakket.errors import ChainMismatch, ContractRefusal, InternalError

from . import abi
from .client import Log

UNBOOKED_EVENTS = frozenset(
    {
        "DefaultAdminDelayChangeCanceled",
        "DefaultAdminDelayChangeScheduled",
        "DefaultAdminTransferCanceled",
        "DefaultAdminTransferScheduled",
        "EIP712DomainChanged",
        "RoleAdminChanged",
        "RoleGranted",
        "RoleRevoked",
    }
)
"""OpenZeppelin's events about who may do what. They move no money; all others must be booked."""

_ACCESS_ERRORS = "AccessControl"


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as it stands. `categories` has bit n for category n; `policy_hash` is SHA-256 of the policy text."""

    starts_at: int
    ends_at: int
    categories: int
    max_redemption_cents: int
    deposited_cents: int
    unallocated_cents: int
    withdrawn_cents: int
    policy_hash: bytes


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher as it stands.

    Attributes:
        fingerprint: 20 bytes: the letter key's address until it is activated, then the hash of holder and root.
        block_reason: Why it is blocked; 0 when it is not.
    """

    fingerprint: bytes
    balance_cents: int
    issued_cents: int
    programme: int
    generation: int
    block_reason: int
    activated: bool


@dataclass(frozen=True, slots=True)
class VoucherSums:
    """What some vouchers were issued and what is left on them, all together. Euro cents."""

    issued_cents: int
    balance_cents: int


@dataclass(frozen=True, slots=True)
class ShopAccount:
    """What a shop earned in a programme (charged less refunded), and its terms there; no categories: not allowed."""

    net_cents: int
    settled_cents: int
    categories: int
    starts_at: int
    ends_at: int
    max_redemption_cents: int


@dataclass(frozen=True, slots=True)
class TicketUse:
    """The shop that used a ticket (0: unused) and what is left of the charge after refunds."""

    shop: int
    remaining_cents: int


def read_event(log: Log) -> tuple[events.Place, events.Event] | None:
    """Return an event of the contract and its place; None for one about who may do what.

    Raises:
        ChainMismatch: The contract has no such event, so it is another contract than ours.
    """
    form = abi.events().get(log.topics[0]) if log.topics else None
    if form is None:
        raise ChainMismatch(
            f"block {log.block} has an event {log.log_index} that is not one of the contract's"
        )
    if form.name in UNBOOKED_EVENTS:
        return None
    place = events.Place(
        block=log.block, log_index=log.log_index, at=log.at, transaction_hash=log.transaction_hash
    )
    arguments = form.read(log.topics, log.data)
    if form.name == "Issued":
        *numbers, allocations = arguments
        arguments = [*numbers, tuple(events.Allocation(*allocation) for allocation in allocations)]
    return place, events.EVENTS[form.name](*arguments)


def read_granted(log: Log, role: bytes) -> str | None:
    """Return the account that an event gave this role to; None for any other event."""
    form = abi.events().get(log.topics[0]) if log.topics else None
    if form is None or form.name != "RoleGranted":
        return None
    granted, account, _by = form.read(log.topics, log.data)
    return str(account).lower() if granted == role else None


def read_refusal(revert: bytes, *, sender: str | None) -> ContractRefusal | InternalError:
    """Return what a revert's bytes say: a refusal by its name; a bug for all that is none, such as an overflow."""
    found = abi.errors().get(revert[:4])
    if found is None:
        return InternalError(f"the contract stopped without a reason that it knows: 0x{revert.hex()}")
    name, shape = found
    arguments = shape.read(revert[4:])
    if name.startswith(_ACCESS_ERRORS):
        account = arguments[0] if shape.words and shape.words[0] == "address" else sender
        return errors.RoleMissing(account or "0x" + "0" * 40)
    refusal: Any = getattr(errors, name, None)
    if refusal is None:
        return InternalError(f"the contract stopped with {name}")
    answer = refusal(*arguments)
    assert isinstance(answer, ContractRefusal), f"{name} is a refusal of the contract"
    return answer
