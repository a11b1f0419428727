# SPDX-License-Identifier: EUPL-1.2
"""What a town knows of itself: whom it may ask for what, learnt from the contract's events alone, and all its keys."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from coincurve import PrivateKey

from kindpakket import events
from kindpakket.chain import calls
from kindpakket.events import Event
from kindpakket.hashes import keccak
from kindpakket.tickets import code, keys
from kindpakket.tickets.tree import TICKETS, TicketTree
from tests.chain.support import Clock

REAL_KEYS = (*range(24), 255)
"""The places of ticket keys that a phone of this town has; the others in its list are nobody's."""

TILLS = [keys.derive_key(b"till", f"{number}") for number in range(7)]
ADDRESS_OF_TILL = {f"0x{keys.address_of(key).hex()}": key for key in TILLS}


@dataclass
class Phone:
    """The keys of a voucher in one generation."""

    holder_key: PrivateKey
    ticket_keys: dict[int, PrivateKey]
    tree: TicketTree

    @property
    def holder(self) -> bytes:
        return keys.address_of(self.holder_key)


@dataclass
class Known:
    """What the town knows of a voucher."""

    programme: int
    generation: int = 0
    activated: bool = False
    blocked: bool = False
    cents: int = 0
    used: set[int] = field(default_factory=set)


@dataclass
class Sold:
    """What the town keeps of a payment, to give it back."""

    shop: int
    place: calls.TicketPlace
    ticket: code.Ticket
    ticket_id: bytes
    remaining_cents: int = 0


class KnownTown:
    """Programmes, vouchers, tills and payments, and a choice of them by chance."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self.clock, self.chance = clock, chance
        self._references = 0
        self._spent_references = [b"\0" * 32]
        self._ends: dict[int, int] = {}
        self._vouchers: dict[int, Known] = {}
        self._tills: dict[str, int] = {}
        self._owed: Counter[tuple[int, int]] = Counter()
        self._phones: dict[tuple[int, int], Phone] = {}
        self._sold: dict[tuple[int, int], Sold] = {}

    # ------------------------------------------------------------ what the town learns

    def _learn(self, event: Event) -> None:
        self._learn_of_vouchers(event)
        self._learn_of_payments(event)

    def _learn_of_vouchers(self, event: Event) -> None:
        match event:
            case events.Issued():
                for number, one in enumerate(event.allocations, start=event.first):
                    self._vouchers[number] = Known(event.programme, cents=one.amount_cents)
            case events.ToppedUp():
                self._vouchers[event.voucher].cents += event.amount_cents
            case events.Swept():
                self._vouchers[event.voucher].cents = 0
            case events.Activated():
                self._vouchers[event.voucher].activated = True
            case events.TicketsRenewed():
                self._vouchers[event.voucher].generation = event.generation
            case events.HolderReplaced():
                known = self._vouchers[event.voucher]
                known.generation, known.activated = event.generation, False
            case events.Blocked() | events.Unblocked():
                self._vouchers[event.voucher].blocked = isinstance(event, events.Blocked)

    def _learn_of_payments(self, event: Event) -> None:
        match event:
            case events.ProgrammeOpened() | events.ProgrammeExtended():
                self._ends[event.programme] = event.ends_at
            case events.TillAdded():
                self._tills[event.till] = event.shop
            case events.TillRemoved():
                self._tills.pop(event.till)
            case events.Redeemed():
                known = self._vouchers[event.voucher]
                known.cents -= event.amount_cents
                known.used.add(event.number)
                self._owed[event.programme, event.shop] += event.amount_cents
                self._sold[event.voucher, event.number].remaining_cents = event.amount_cents
            case events.Refunded():
                self._owed[event.programme, event.shop] -= event.amount_cents
                self._sold[event.voucher, event.number].remaining_cents -= event.amount_cents
                if not event.to_programme:
                    self._vouchers[event.voucher].cents += event.amount_cents
            case events.Settled():
                self._owed[event.programme, event.shop] -= event.amount_cents

    # ------------------------------------------------------------ what there is

    def _programme(self) -> int:
        """One that is there, mostly one that runs; or one that is not there yet."""
        running = [number for number, ends_at in self._ends.items() if ends_at > self.clock.at]
        if running and self.chance.random() < 0.85:
            return self.chance.choice(running)
        return self.chance.randint(1, len(self._ends) + 1)

    def _reference(self) -> bytes:
        """A new one; one in twelve times one that was there before."""
        if self.chance.random() < 1 / 12:
            return self.chance.choice(self._spent_references)
        self._references += 1
        self._spent_references.append(keccak(self._references.to_bytes(8, "big")))
        return self._spent_references[-1]

    def _voucher(self, *, works: bool | None = None) -> int:
        """A number, perhaps of a voucher that there is not; or one that does, or does not, work."""
        fitting = [
            number
            for number, known in self._vouchers.items()
            if works is None
            or (known.activated and not known.blocked and self._ends[known.programme] > self.clock.at)
            == works
        ]
        if not fitting or self.chance.random() < 0.02:
            return len(self._vouchers) + 1
        return self.chance.choice(fitting)

    def _known(self, voucher: int) -> Known:
        return self._vouchers.get(voucher) or Known(1)

    def _letter(self, voucher: int, generation: int) -> PrivateKey:
        return keys.derive_key(b"letter", f"{voucher}/{generation}")

    def _phone(self, voucher: int, generation: int) -> Phone:
        found = self._phones.get((voucher, generation))
        if found is None:
            seed = keccak(b"%d/%d" % (voucher, generation))
            own = {
                place: keys.ticket_key(seed, voucher=voucher, number=generation * TICKETS + place)
                for place in REAL_KEYS
            }
            listed = [
                keys.address_of(own[place]) if place in own else keccak(seed + bytes([place]))[:20]
                for place in range(TICKETS)
            ]
            tree = TicketTree(listed, generation=generation)
            found = Phone(keys.holder_key(seed, voucher=voucher), own, tree)
            self._phones[voucher, generation] = found
        return found

    def _till(self) -> tuple[int, PrivateKey]:
        """The shop of a till and its key, mostly of one that there is."""
        if self._tills and self.chance.random() < 0.97:
            address, shop = self.chance.choice(list(self._tills.items()))
            return shop, ADDRESS_OF_TILL[address]
        return 1, self.chance.choice(TILLS)
