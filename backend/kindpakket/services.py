# SPDX-License-Identifier: EUPL-1.2
"""What the use cases work with: the fund on its chain, the two stores, the role accounts, the clock."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .chain.client import Chain
from .chain.deploy import Accounts
from .chain.fund import Fund
from .errors import ChainMismatch
from .ledger.follower import Follower
from .ledger.store import Ledger
from .newest import Newest
from .registry.heads import Head
from .registry.store import Registry
from .settings import Settings
from .tickets.heads import HeadTree
from .tickets.tree import TicketTree

log = structlog.get_logger(__name__)

TREES_KEPT = 1024
HEAD_TREES_KEPT = 8


@dataclass
class Services:
    """The parts, put together by `kindpakket.main`.

    Attributes:
        accounts: The addresses that send for each role; the chain holds their keys.
        sealing_key: 32 bytes; seals letter secrets until they are shown.
        one_at_a_time: Held by whoever gives out or moves a programme's money, or takes a file over, so that what was
            checked still holds when it is done.
        newest: What everyone may ask for and takes long to make.
        holds_still: Whether the clock leapt ahead a moment ago, so that nothing is done that nobody asked for.
    """

    settings: Settings
    chain: Chain
    fund: Fund
    accounts: Accounts
    ledger: Ledger
    follower: Follower
    registry: Registry
    sealing_key: bytes = field(repr=False)
    now: Callable[[], int]
    holds_still: Callable[[], bool] = lambda: False
    tree_of: Callable[[int], TicketTree] = field(init=False, repr=False)
    head_tree_of: Callable[[Head], HeadTree] = field(init=False, repr=False)
    one_at_a_time: AbstractContextManager[object] = field(
        init=False, repr=False, default_factory=threading.RLock
    )
    newest: Newest = field(init=False, repr=False, default_factory=Newest)

    def __post_init__(self) -> None:
        """Keep the ticket trees of the vouchers that were used last, and the trees of the heads asked for last."""
        self.tree_of = lru_cache(maxsize=TREES_KEPT)(self._grow_tree)
        self.head_tree_of = lru_cache(maxsize=HEAD_TREES_KEPT)(self._grow_head_tree)

    def _grow_tree(self, ticket_list: int) -> TicketTree:
        found = self.registry.tickets.ticket_list(ticket_list)
        assert found is not None, "a ticket key was found in a list that is not there"
        return TicketTree(found.ticket_keys, generation=found.generation)

    def _grow_head_tree(self, head: Head) -> HeadTree:
        hashes = self.chain.block_hashes(head.first_block, head.block)
        grown = HeadTree(hashes, first_block=head.first_block)
        if grown.root != head.root:
            raise ChainMismatch(f"the chain does not lead to the head that was published for {head.on}")
        return grown

    def seal(self, secret: bytes) -> bytes:
        """Encrypt a letter secret for the registry."""
        return seal_with(self.sealing_key, secret)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` encrypted."""
        return unseal_with(self.sealing_key, sealed)


def seal_with(key: bytes, secret: bytes) -> bytes:
    """Encrypt a letter secret with a sealing key."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, secret, b"letter")


def unseal_with(key: bytes, sealed: bytes) -> bytes:
    """Decrypt what `seal_with` encrypted.

    Raises:
        InvalidTag: It was sealed with another key, or changed.
    """
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], b"letter")


def hash_token(token: str) -> bytes:
    """Return how a token or a code is kept: SHA-256 of its text."""
    return hashlib.sha256(token.encode()).digest()
