# SPDX-License-Identifier: EUPL-1.2
"""A chain of paper: blocks of events as a test writes them, and a town's story to write."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import sha256

from kindpakket.chain.client import Head
from kindpakket.errors import ChainUnreachable
from kindpakket.events import (
    Activated,
    Allocation,
    Anchored,
    Blocked,
    Deposited,
    Event,
    HolderReplaced,
    Issued,
    Place,
    ProgrammeExtended,
    ProgrammeOpened,
    Redeemed,
    Refunded,
    Settled,
    ShopAllowed,
    ShopRemoved,
    Swept,
    TicketsRenewed,
    TillAdded,
    TillRemoved,
    ToppedUp,
    Unblocked,
    Withdrawn,
)

CONTRACT = "0x" + "c0" * 20
CHAIN_ID = 72910
FIRST_AT = 1_000_000
BLOCK_SECONDS = 10
DEPLOYED_BLOCK = 3


class PaperChain:
    """Blocks as they are written, 10 seconds apart; both the fund and its chain for the follower."""

    def __init__(self, *, name: str = "paper") -> None:
        self.name = name
        self.blocks: list[list[Event]] = [[] for _ in range(DEPLOYED_BLOCK + 1)]
        self.deployed_block = DEPLOYED_BLOCK
        self.chain = self
        self.is_away = False
        self.asked: list[tuple[int, int]] = []
        self._grown = threading.Condition()

    def add_block(self, *events: Event) -> int:
        with self._grown:
            self.blocks.append(list(events))
            self._grown.notify_all()
            return len(self.blocks) - 1

    def cut(self, blocks: int) -> PaperChain:
        """A chain with only the first blocks of this one."""
        shorter = PaperChain(name=self.name)
        shorter.blocks = self.blocks[:blocks]
        return shorter

    def head(self) -> Head:
        if self.is_away:
            raise ChainUnreachable
        number = len(self.blocks) - 1
        return Head(number=number, hash=self.block_hash(number), at=time_of(number))

    def block_hash(self, number: int) -> bytes:
        return sha256(f"{self.name} {number} {self.blocks[: number + 1]}".encode()).digest()

    def wait_for_head(self, above: int, *, timeout_seconds: float) -> Head:
        with self._grown:
            self._grown.wait_for(lambda: len(self.blocks) - 1 > above, timeout_seconds)
        return self.head()

    def events(self, first_block: int, last_block: int) -> Sequence[tuple[Place, Event]]:
        self.asked.append((first_block, last_block))
        return [
            (place_of(block, log_index), event)
            for block in range(first_block, last_block + 1)
            for log_index, event in enumerate(self.blocks[block])
        ]


def time_of(block: int) -> int:
    return FIRST_AT + block * BLOCK_SECONDS


def place_of(block: int, log_index: int) -> Place:
    return Place(
        block=block,
        log_index=log_index,
        at=time_of(block),
        transaction_hash=sha256(b"%d/%d" % (block, log_index)).digest(),
    )


def address(number: int) -> str:
    return f"0x{number:040x}"


def ticket_id(number: int) -> bytes:
    return number.to_bytes(32, "big")


def opened(
    programme: int = 1, *, starts_at: int = FIRST_AT, ends_at: int = FIRST_AT + 10_000
) -> ProgrammeOpened:
    return ProgrammeOpened(
        programme=programme,
        starts_at=starts_at,
        ends_at=ends_at,
        categories=0b111_1110,
        max_redemption_cents=30_000,
        policy_hash=b"\x07" * 32,
    )


def deposited(cents: int, *, programme: int = 1) -> Deposited:
    return Deposited(programme=programme, amount_cents=cents, payment_reference=b"\x01" * 32)


def issued(*cents: int, first: int = 1, programme: int = 1) -> Issued:
    allocations = tuple(
        Allocation(letter_key=address(1_000 + first + place), amount_cents=amount)
        for place, amount in enumerate(cents)
    )
    return Issued(programme=programme, first=first, allocations=allocations)


def activated(voucher: int) -> Activated:
    return Activated(voucher=voucher, holder=address(2_000 + voucher), ticket_root=b"\x02" * 32)


def allowed(shop: int, *, programme: int = 1, categories: int = 0b1010) -> ShopAllowed:
    return ShopAllowed(programme=programme, shop=shop, categories=categories)


def redeemed(
    voucher: int, number: int, cents: int, *, shop: int = 3, category: int = 3, ticket: int | None = None
) -> Redeemed:
    return Redeemed(
        ticket_id=ticket_id(voucher * 100_000 + number if ticket is None else ticket),
        voucher=voucher,
        shop=shop,
        programme=1,
        number=number,
        category=category,
        amount_cents=cents,
        till=address(9),
    )


def refunded(
    voucher: int,
    number: int,
    cents: int,
    *,
    shop: int = 3,
    to_programme: bool = False,
    ticket: int | None = None,
) -> Refunded:
    return Refunded(
        ticket_id=ticket_id(voucher * 100_000 + number if ticket is None else ticket),
        voucher=voucher,
        shop=shop,
        programme=1,
        number=number,
        amount_cents=cents,
        till=address(9),
        to_programme=to_programme,
    )


def settled(cents: int, *, shop: int = 3, reference: int = 1) -> Settled:
    return Settled(programme=1, shop=shop, amount_cents=cents, payment_reference=bytes([reference]) * 32)


def begun() -> PaperChain:
    """A programme of EUR 1,000 with three vouchers of EUR 300, two activated, and shops 3 and 4."""
    chain = PaperChain()
    chain.add_block(opened(), deposited(100_000))
    chain.add_block(issued(30_000, 30_000, 30_000))
    chain.add_block(allowed(3), allowed(4), TillAdded(shop=3, till=address(9)))
    chain.add_block(activated(1), activated(2))
    return chain


def whole_story() -> PaperChain:
    """Every kind of event at least once, in 24 blocks, empty ones too."""
    chain = begun()
    chain.add_block(redeemed(1, 0, 3_745), redeemed(2, 0, 10_000, shop=4, category=1))
    chain.add_block()
    chain.add_block(redeemed(1, 7, 6_255), Anchored(hash=b"\x03" * 32, by=address(5)))
    chain.add_block(refunded(1, 0, 1_000), refunded(1, 0, 500))
    chain.add_block(ToppedUp(voucher=1, programme=1, amount_cents=5_000))
    chain.add_block(Blocked(voucher=2, reason=4), Unblocked(voucher=2), Blocked(voucher=2, reason=5))
    chain.add_block(
        TicketsRenewed(voucher=1, holder=address(7_001), ticket_root=b"\x05" * 32, generation=1),
        redeemed(1, 256, 2_000),
    )
    chain.add_block(settled(8_000))
    chain.add_block()
    chain.add_block(HolderReplaced(voucher=2, letter_key=address(1_900), generation=1, reason=2))
    chain.add_block(ProgrammeExtended(programme=1, ends_at=FIRST_AT + 20_000))
    chain.add_block(ShopRemoved(programme=1, shop=4), TillRemoved(shop=3, till=address(9)))
    chain.add_block(TillAdded(shop=4, till=address(9)), allowed(3, categories=0b10))
    chain.add_block(
        refunded(1, 256, 2_000, to_programme=True),
        Swept(voucher=3, programme=1, amount_cents=30_000),
        Withdrawn(programme=1, amount_cents=7_000, payment_reference=b"\x06" * 32),
    )
    chain.add_block(opened(2), deposited(1_000, programme=2), issued(400, 600, first=4, programme=2))
    chain.add_block(issued(programme=2, first=6))
    return chain
