# SPDX-License-Identifier: EUPL-1.2
"""The fund: the contract on its chain, asked and told in our own values. Amounts in euro cents.

The calls that it takes are made by the functions of calls.py, which are at hand here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kindpakket.errors import ChainMismatch, ChainUnreachable, KindpakketError
from kindpakket.events import Event, Place
from kindpakket.tickets.code import Ticket
from kindpakket.tickets.signing import Domain

from . import abi
from .artifacts import load_artifacts
from .calls import (
    TicketPlace,
    accept_admin_hand_over,
    activate,
    add_till,
    allow_shop,
    anchor,
    begin_admin_hand_over,
    block_voucher,
    deposit,
    extend,
    grant_role,
    issue,
    open_programme,
    read_redeem,
    redeem,
    refund,
    remove_shop,
    remove_till,
    renew_tickets,
    replace_holder,
    revoke_role,
    settle,
    sweep,
    top_up,
    unblock_voucher,
    withdraw,
)
from .client import CallReverted, Chain, Log, Receipt, Submission
from .reading import (
    Programme,
    ShopAccount,
    TicketUse,
    Voucher,
    VoucherSums,
    read_event,
    read_granted,
    read_refusal,
)

__all__ = [
    "Execution",
    "Fund",
    "Programme",
    "ShopAccount",
    "TicketUse",
    "Voucher",
    "VoucherSums",
    "TicketPlace",
    "accept_admin_hand_over",
    "activate",
    "add_till",
    "allow_shop",
    "anchor",
    "begin_admin_hand_over",
    "block_voucher",
    "deposit",
    "extend",
    "grant_role",
    "issue",
    "open_programme",
    "redeem",
    "refund",
    "remove_shop",
    "remove_till",
    "renew_tickets",
    "replace_holder",
    "revoke_role",
    "settle",
    "sweep",
    "top_up",
    "unblock_voucher",
    "withdraw",
]

# Gas is free; a limit only has to be enough, and below the 2^24 that newer chains allow one transaction. The longest
# calls are lists, which take less than this for each of their bytes.
_GAS_BASE = 500_000
_GAS_PER_BYTE = 1_000
_GAS_MOST = 1 << 24

_VOUCHERS_AT_ONCE = 1000
"""Enough that the way there and back does not count; few enough that a node takes them."""

_BLOCKS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Execution:
    """A call that was accepted, and what it did."""

    receipt: Receipt
    events: list[tuple[Place, Event]]


class Fund:
    """A deployed contract."""

    def __init__(self, chain: Chain, *, address: str, deployed_block: int) -> None:
        """Know the contract at `address`.

        Raises:
            ChainMismatch: There is no such contract there.
        """
        self.chain = chain
        self.address = address
        self.deployed_block = deployed_block
        self.domain = Domain(chain_id=chain.chain_id, contract=abi.to_address(address))
        if not chain.call(to=address, input=abi.verbs()["voucherCount"].selector):
            raise ChainMismatch(f"there is no contract at {address} on chain {chain.chain_id}")

    # ---------------------------------------------------------------- telling

    def preview(self, input: bytes, *, sender: str | None = None) -> None:  # noqa: A002
        """Ask what would become of a call now.

        Raises:
            ContractRefusal: The contract would refuse it.
            ChainUnreachable: No answer; safe to ask again.
        """
        try:
            self.chain.call(to=self.address, input=input, sender=sender)
        except CallReverted as reverted:
            raise read_refusal(reverted.revert, sender=sender) from None

    def execute(self, input: bytes, *, sender: str, gas: int | None = None) -> Execution:  # noqa: A002
        """Put a call on the chain; it is final when this returns.

        Raises:
            ContractRefusal: The contract refused; nothing was done.
            ChainUnreachable: Not known what became of it; look for its effect before sending it again.
        """
        (execution,) = self.execute_all([input], sender=sender, gas=gas)
        return execution

    def execute_all(self, inputs: Sequence[bytes], *, sender: str, gas: int | None = None) -> list[Execution]:
        """Put calls on the chain in this order, in as few blocks as it can.

        Raises:
            ContractRefusal: The contract refused one, the first of which is named; all others were done.
            ChainUnreachable: Not known what became of them; look for their effect before sending them again.
        """
        receipts = self.chain.send_all(
            [
                Submission(sender=sender, to=self.address, input=one, gas=gas or _gas_for(one))
                for one in inputs
            ]
        )
        for one, receipt in zip(inputs, receipts, strict=True):
            if not receipt.succeeded:
                raise self._reason_of(one, sender)
        return [Execution(receipt=receipt, events=self._read(receipt.logs)) for receipt in receipts]

    # ---------------------------------------------------------------- asking

    def events(self, first_block: int, last_block: int) -> list[tuple[Place, Event]]:
        """Return what happened in these blocks (both included), in order.

        Raises:
            ChainMismatch: There is an event that the contract does not have.
        """
        return self._read(
            self.chain.logs(address=self.address, first_block=first_block, last_block=last_block)
        )

    def programme_count(self) -> int:
        """Return how many programmes there are; they are numbered from 1."""
        (count,) = self._ask("programmeCount")
        return int(count)

    def voucher_count(self) -> int:
        """Return how many vouchers there are; they are numbered from 1."""
        (count,) = self._ask("voucherCount")
        return int(count)

    def programme(self, programme: int) -> Programme:
        """Return a programme as it stands.

        Raises:
            ProgrammeUnknown: There is no such programme.
        """
        return Programme(*self._ask("getProgramme", programme))

    def voucher(self, voucher: int) -> Voucher:
        """Return a voucher as it stands.

        Raises:
            VoucherUnknown: There is no such voucher.
        """
        fingerprint, *others = self._ask("getVoucher", voucher)
        return Voucher(fingerprint.to_bytes(20, "big"), *others)

    def voucher_sums(self, vouchers: Sequence[int]) -> VoucherSums:
        """Return what vouchers were issued and what is left on them, all together; many are asked for at once.

        Args:
            vouchers: Numbers, each greater than the one before.

        Raises:
            VoucherUnknown: There is no such voucher.
        """
        if not vouchers:
            return VoucherSums(issued_cents=0, balance_cents=0)
        question = bytes.fromhex(load_artifacts()["voucher_sums"][2:])
        programs = [
            question + b"".join(_word(one) for one in (int(self.address, 16), first, last))
            for first, last in _stretches(vouchers, longest=_VOUCHERS_AT_ONCE)
        ]
        try:
            answers = self.chain.run(programs)
        except CallReverted as reverted:
            raise read_refusal(reverted.revert, sender=None) from None
        return VoucherSums(
            issued_cents=sum(int.from_bytes(answer[:32], "big") for answer in answers),
            balance_cents=sum(int.from_bytes(answer[32:], "big") for answer in answers),
        )

    def shop_account(self, programme: int, shop: int) -> ShopAccount:
        """Return what a shop earned in a programme; all zeros for one that never took part."""
        return ShopAccount(*self._ask("getShopAccount", programme, shop))

    def shop_of_till(self, till: abi.Address) -> int:
        """Return the shop that a till belongs to; 0 for none."""
        (shop,) = self._ask("shopOfTill", till)
        return int(shop)

    def ticket_use(self, voucher: int, number: int) -> TicketUse:
        """Return what became of a ticket."""
        return TicketUse(*self._ask("getTicketUse", voucher, number))

    def has_role(self, role: bytes, account: abi.Address) -> bool:
        """Return whether an account has a role, named by its 32 bytes."""
        (has,) = self._ask("hasRole", role, account)
        return bool(has)

    def holders_ever(self, role: bytes) -> frozenset[str]:
        """Return the accounts that have a role or once had it: keys are replaced, and what they did stays."""
        newest = self.chain.head().number
        return frozenset(
            account
            for first in range(self.deployed_block, newest + 1, _BLOCKS_AT_ONCE)
            for log in self.chain.logs(
                address=self.address, first_block=first, last_block=min(first + _BLOCKS_AT_ONCE - 1, newest)
            )
            if (account := read_granted(log, role)) is not None
        )

    def admin(self) -> str:
        """Return the account that grants the roles."""
        (account,) = self._ask("defaultAdmin")
        return str(account).lower()

    def announced_admin(self) -> tuple[str, int]:
        """Return the account that was announced as the next admin, and the last second in which it cannot accept yet.

        Twenty zero bytes when none is.
        """
        account, waits_until = self._ask("pendingDefaultAdmin")
        return str(account).lower(), int(waits_until)

    def ask(self, verb: str, *values: Any) -> list[Any]:
        """Ask a function of the contract that only reads, by its name; return the values that it answers.

        Raises:
            ContractRefusal: It refused.
        """
        return self._ask(verb, *values)

    def redeemed_ticket(self, transaction_hash: bytes) -> tuple[Ticket, TicketPlace] | None:
        """Return the ticket that a transaction redeemed, and its place, as they came; None when it redeemed none.

        Raises:
            ChainUnreachable: No answer; safe to ask again.
        """
        input = self.chain.transaction_input(transaction_hash)  # noqa: A001
        return None if input is None else read_redeem(input)

    # ---------------------------------------------------------------- inside

    def _ask(self, verb: str, *values: Any) -> list[Any]:
        form = abi.verbs()[verb]
        try:
            return form.outputs.read(self.chain.call(to=self.address, input=form.write(*values)))
        except CallReverted as reverted:
            raise read_refusal(reverted.revert, sender=None) from None

    def _reason_of(self, input: bytes, sender: str) -> KindpakketError:  # noqa: A002
        """Return why a call was refused in its block. A receipt does not say, so it is asked again."""
        try:
            self.chain.call(to=self.address, input=input, sender=sender)
        except CallReverted as reverted:
            return read_refusal(reverted.revert, sender=sender)
        return ChainUnreachable("the contract refused this when it came; now it would not: send it again")

    def _read(self, logs: Sequence[Log]) -> list[tuple[Place, Event]]:
        return [event for log in logs if log.address == self.address and (event := read_event(log))]


def _gas_for(input: bytes) -> int:  # noqa: A002
    return min(_GAS_BASE + _GAS_PER_BYTE * len(input), _GAS_MOST)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _stretches(numbers: Sequence[int], *, longest: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of numbers without a gap, cut where it is longer than that."""
    first = last = None
    for number in numbers:
        if first is None or last is None or number != last + 1 or number - first == longest:
            if first is not None and last is not None:
                yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
