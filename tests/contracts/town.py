# SPDX-License-Identifier: EUPL-1.2
"""A running programme in a made-up town, and what its phones and tills sign. Cents and epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from coincurve import PrivateKey

from kindpakket.hashes import keccak
from kindpakket.tickets import keys, letter
from kindpakket.tickets.signing import Domain, ticket_id
from kindpakket.tickets.tree import TicketTree, word

from .fund import ADMIN, GENESIS_AT, ISSUER, SHOP_MANAGER, TREASURER, Account, Address, Fund, Outcome

STARTS_AT = GENESIS_AT + 86_400
ENDS_AT = STARTS_AT + 30 * 86_400
NOON = STARTS_AT + 43_200
"""When the tests begin: the programme has run for half a day."""

SPORTS, BICYCLES, SCHOOL = 2, 3, 4
CATEGORIES = 1 << SPORTS | 1 << BICYCLES
"""What the programme is for; not for school."""

LAST_SHOP = 2**14 - 1
"""The highest number that a shop can have."""

MOST_CENTS = 2**18 - 1
"""The most that a programme can allow in one payment."""

MAX_REDEMPTION_CENTS = 200_00
DEPOSITED_CENTS = 10_000_00
ISSUED_CENTS = 300_00
UNALLOCATED_CENTS = DEPOSITED_CENTS - 3 * ISSUED_CENTS
POLICY_HASH = keccak(b"the published policy")
REFERENCE = keccak(b"a bank's reference")
NEXT_REFERENCE = keccak(b"the next payment file")
FOUNDING_REFERENCE = keccak(b"the council's decision")

SHOP, OTHER_SHOP, STRANGE_SHOP = 3, 4, 5
"""Two shops that take part, for bicycles and for both kinds; and one with a till that does not take part."""

TILL = keys.derive_key(b"till", "of the shop")
SECOND_TILL = keys.derive_key(b"till", "of the shop too")
OTHER_TILL = keys.derive_key(b"till", "of the other shop")
STRANGE_TILL = keys.derive_key(b"till", "of the shop that does not take part")
UNPAIRED_TILL = keys.derive_key(b"till", "of no shop")

LETTER_SECRET = b"ten bytes!"
NEW_LETTER = keys.derive_key(b"letter", "that replaces the first")


class TicketPlace(NamedTuple):
    """As in IVoucherFund.sol."""

    voucher: int
    holder: Address
    number: int
    siblings: tuple[bytes, ...]


class Ticket(NamedTuple):
    """As in IVoucherFund.sol."""

    shop: int
    expires_at: int
    max_cents: int
    r: bytes
    vs: bytes


class Charge(NamedTuple):
    """As in IVoucherFund.sol."""

    amount_cents: int
    category: int
    r: bytes
    vs: bytes


class RefundOrder(NamedTuple):
    """As in IVoucherFund.sol."""

    amount_cents: int
    remaining_cents: int
    r: bytes
    vs: bytes


@cache
def _tree(seed: bytes, voucher: int, generation: int) -> TicketTree:
    ticket_keys = [
        keys.address_of(keys.ticket_key(seed, voucher=voucher, number=generation << 8 | place))
        for place in range(256)
    ]
    return TicketTree(ticket_keys, generation=generation)


@dataclass(frozen=True)
class Phone:
    """One voucher in a phone: its keys, for each generation."""

    seed: bytes
    voucher: int

    @property
    def holder_key(self) -> PrivateKey:
        """The key that holds the voucher."""
        return keys.holder_key(self.seed, voucher=self.voucher)

    @property
    def holder(self) -> Address:
        """The holder's address."""
        return keys.address_of(self.holder_key)

    def ticket_key(self, number: int) -> PrivateKey:
        """The key of one ticket."""
        return keys.ticket_key(self.seed, voucher=self.voucher, number=number)

    def tree(self, generation: int = 0) -> TicketTree:
        """The list of a generation's ticket keys."""
        return _tree(self.seed, self.voucher, generation)

    def place(self, number: int) -> TicketPlace:
        """Where a ticket stands in its list, with the proof."""
        siblings = self.tree(number >> 8).siblings(number & 255)
        return TicketPlace(self.voucher, self.holder, number, tuple(map(word, siblings)))


@dataclass(frozen=True)
class RedemptionRequest:
    """All that the contract is given to pay a shop. A test that attacks replaces a part of it."""

    place: TicketPlace
    ticket: Ticket
    charge: Charge
    ticket_key: Address
    ticket_id: bytes

    def with_place(self, **changes: Any) -> RedemptionRequest:
        """The same request, with another place."""
        return replace(self, place=self.place._replace(**changes))

    def with_ticket(self, **changes: Any) -> RedemptionRequest:
        """The same request, with other words on the ticket under the same signature."""
        return replace(self, ticket=self.ticket._replace(**changes))

    def with_charge(self, **changes: Any) -> RedemptionRequest:
        """The same request, with another charge under the same signature."""
        return replace(self, charge=self.charge._replace(**changes))


def sign_charge(
    domain: Domain, till: PrivateKey, ticket_id: bytes, amount_cents: int, category: int
) -> Charge:
    """Sign a charge as a till does."""
    digest = domain.charge_digest(ticket_id=ticket_id, amount_cents=amount_cents, category=category)
    signature = keys.sign(till, digest)
    return Charge(amount_cents, category, signature.r, signature.vs)


def sign_refund(
    domain: Domain, till: PrivateKey, ticket_id: bytes, amount_cents: int, remaining_cents: int
) -> RefundOrder:
    """Sign a refund as a till does."""
    digest = domain.refund_digest(
        ticket_id=ticket_id, amount_cents=amount_cents, remaining_cents=remaining_cents
    )
    signature = keys.sign(till, digest)
    return RefundOrder(amount_cents, remaining_cents, signature.r, signature.vs)


class Town:
    """A fund with programme 1 running: three vouchers (the third not activated), three shops, four tills."""

    programme = 1

    def __init__(self) -> None:
        """Deploy, grant the roles and set everything up; it is noon of the programme's first day."""
        self.fund = fund = Fund()
        grant_roles(fund)
        terms = (STARTS_AT, ENDS_AT, CATEGORIES, MAX_REDEMPTION_CENTS, POLICY_HASH)
        fund.send("openProgramme", *terms, by=ISSUER)
        fund.send("deposit", 1, DEPOSITED_CENTS, FOUNDING_REFERENCE, by=TREASURER)
        self.phone = Phone(b"the seed of a phone", 1)
        self.other_phone = Phone(b"the seed of another phone", 2)
        self.waiting_phone = Phone(b"the seed of a phone", 3)
        self.letters = [letter.letter_key(LETTER_SECRET, position=position) for position in range(3)]
        allocations = [(keys.address_of(key), ISSUED_CENTS) for key in self.letters]
        fund.send("issue", 1, allocations, by=ISSUER)
        self.activate(self.phone, self.letters[0])
        self.activate(self.other_phone, self.letters[1])
        fund.send("allowShop", 1, SHOP, 1 << BICYCLES, by=SHOP_MANAGER)
        fund.send("allowShop", 1, OTHER_SHOP, CATEGORIES, by=SHOP_MANAGER)
        for shop, till in (
            (SHOP, TILL),
            (SHOP, SECOND_TILL),
            (OTHER_SHOP, OTHER_TILL),
            (STRANGE_SHOP, STRANGE_TILL),
        ):
            fund.send("addTill", shop, keys.address_of(till), by=SHOP_MANAGER)
        fund.move_to(NOON)

    @property
    def domain(self) -> Domain:
        """Where signatures for this fund count."""
        return self.fund.domain

    # ------------------------------------------------------------ letters and holders

    def activate(
        self,
        phone: Phone,
        letter_key: PrivateKey,
        *,
        generation: int = 0,
        listed_generation: int | None = None,
    ) -> Outcome:
        """Hand a phone's voucher over with its letter; the list is made for the same generation unless said."""
        root = phone.tree(generation if listed_generation is None else listed_generation).root
        digest = self.domain.activation_digest(
            voucher=phone.voucher, generation=generation, holder=phone.holder, ticket_root=root
        )
        signature = keys.sign(letter_key, digest)
        return self.fund.send("activate", phone.voucher, phone.holder, root, signature.r, signature.vs)

    def renew(
        self,
        phone: Phone,
        *,
        generation: int,
        to: Phone | None = None,
        signed_by: PrivateKey | None = None,
        signed_generation: int | None = None,
        listed_generation: int | None = None,
        old_root: bytes | None = None,
    ) -> Outcome:
        """Replace a phone's ticket keys by this new generation's, perhaps handing over to another phone."""
        new = to or phone
        root = new.tree(generation if listed_generation is None else listed_generation).root
        digest = self.domain.renewal_digest(
            voucher=phone.voucher,
            generation=generation if signed_generation is None else signed_generation,
            holder=new.holder,
            ticket_root=root,
        )
        signature = keys.sign(signed_by or phone.holder_key, digest)
        old = phone.tree(generation - 1).root if old_root is None else old_root
        return self.fund.send("renewTickets", phone.voucher, old, new.holder, root, signature.r, signature.vs)

    def renew_up_to(self, generation: int, *, phone: Phone | None = None) -> None:
        """Renew a phone's first tickets up to this generation, with made-up roots before it."""
        phone = phone or self.phone
        old_root = phone.tree().root
        for coming in range(1, generation + 1):
            root = phone.tree(generation).root if coming == generation else keccak(coming.to_bytes(2, "big"))
            digest = self.domain.renewal_digest(
                voucher=phone.voucher, generation=coming, holder=phone.holder, ticket_root=root
            )
            signature = keys.sign(phone.holder_key, digest)
            words = (phone.voucher, old_root, phone.holder, root, signature.r, signature.vs)
            self.fund.send("renewTickets", *words)
            old_root = root

    def open_later_programme(self, starts_at: int) -> Phone:
        """Open programme 2 with a voucher in it, let the shop take part, and return the voucher's phone."""
        fund = self.fund
        fund.send(
            "openProgramme", starts_at, ENDS_AT, CATEGORIES, MAX_REDEMPTION_CENTS, POLICY_HASH, by=ISSUER
        )
        fund.send("deposit", 2, ISSUED_CENTS, FOUNDING_REFERENCE, by=TREASURER)
        fund.send("issue", 2, [(keys.address_of(self.letters[0]), ISSUED_CENTS)], by=ISSUER)
        fund.send("allowShop", 2, SHOP, 1 << BICYCLES, by=SHOP_MANAGER)
        phone = Phone(b"the seed of a phone", fund.read("voucherCount"))
        self.activate(phone, self.letters[0])
        return phone

    # ------------------------------------------------------------ payments

    def sign_ticket(
        self, key: PrivateKey, *, shop: int = 0, max_cents: int = 50_00, expires_at: int | None = None
    ) -> tuple[Ticket, bytes]:
        """Sign a ticket as a phone does, five minutes valid; return it and its id."""
        expires_at = self.fund.now_at + 300 if expires_at is None else expires_at
        digest = self.domain.ticket_digest(shop=shop, max_cents=max_cents, expires_at=expires_at)
        signature = keys.sign(key, digest)
        identity = ticket_id(digest, keys.address_of(key))
        return Ticket(shop, expires_at, max_cents, signature.r, signature.vs), identity

    def request(
        self,
        *,
        phone: Phone | None = None,
        number: int = 0,
        shop: int = 0,
        max_cents: int = 50_00,
        expires_at: int | None = None,
        amount_cents: int = 37_45,
        category: int = BICYCLES,
        till: PrivateKey = TILL,
        ticket_key: PrivateKey | None = None,
    ) -> RedemptionRequest:
        """Make a request: EUR 37.45 for a bicycle with ticket 0 of the phone, or what the test says."""
        phone = phone or self.phone
        key = ticket_key or phone.ticket_key(number)
        ticket, identity = self.sign_ticket(key, shop=shop, max_cents=max_cents, expires_at=expires_at)
        charge = sign_charge(self.domain, till, identity, amount_cents, category)
        return RedemptionRequest(phone.place(number), ticket, charge, keys.address_of(key), identity)

    def submit(self, request: RedemptionRequest, *, by: Account | None = None) -> Outcome:
        """Bring a redemption request to the contract."""
        senders = {} if by is None else {"by": by}
        return self.fund.send("redeem", request.ticket, request.place, request.charge, **senders)

    def redeem(self, **words: Any) -> RedemptionRequest:
        """Make a request as `request` does, bring it, and return it."""
        request = self.request(**words)
        self.submit(request)
        return request

    def refund(
        self,
        redemption: RedemptionRequest,
        *,
        amount_cents: int,
        remaining_cents: int | None = None,
        till: PrivateKey = TILL,
    ) -> Outcome:
        """Give back part of a redemption; by default, nothing of it was given back before."""
        remaining = redemption.charge.amount_cents if remaining_cents is None else remaining_cents
        order = sign_refund(self.domain, till, redemption.ticket_id, amount_cents, remaining)
        return self.fund.send("refund", redemption.ticket, redemption.place, order)

    # ------------------------------------------------------------ what is left

    def balance_cents(self, phone: Phone | None = None) -> int:
        """What is left on a phone's voucher, euro cents."""
        left: int = self.fund.voucher((phone or self.phone).voucher)["balanceCents"]
        return left

    def unallocated_cents(self) -> int:
        """What the programme has on no voucher, euro cents."""
        left: int = self.fund.programme(self.programme)["unallocatedCents"]
        return left

    def owed_cents(self, shop: int = SHOP) -> int:
        """What a shop is owed, euro cents; below zero when it owes."""
        account = self.fund.shop_account(self.programme, shop)
        owed: int = account["netCents"] - account["settledCents"]
        return owed


def grant_roles(fund: Fund) -> None:
    """Give the three roles to three accounts."""
    for role, account in (
        ("ISSUER_ROLE", ISSUER),
        ("SHOP_MANAGER_ROLE", SHOP_MANAGER),
        ("TREASURER_ROLE", TREASURER),
    ):
        fund.send("grantRole", fund.role(role), account.address, by=ADMIN)
