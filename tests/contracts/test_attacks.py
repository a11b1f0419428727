# SPDX-License-Identifier: EUPL-1.2
"""What a thief would try. Front-running of an activation is tried in test_activate.py, malformed words
in test_malformed_calls.py.

attacks
├── given a signature that somebody else made
│   ├── it refuses the other form of the same signature of a ticket
│   ├── it refuses the higher s of a ticket
│   ├── it refuses the other form of the same signature of a till, a letter and a holder
│   ├── it refuses what was signed for another contract
│   ├── it refuses what was signed for another chain
│   ├── it refuses what was signed before the chain split, and takes what is signed for its own part
│   ├── it pays nothing through a contract that borrows its code
│   └── it refuses a signature over one kind of message as another kind
├── given somebody else's ticket
│   ├── it refuses it at another voucher, with the proof of either
│   ├── it refuses it at a sibling's voucher in the same phone
│   ├── it refuses a stolen ticket bound to a shop at the thief's shop
│   ├── it refuses the thief's amount on a shop's charge
│   └── it pays the shop that signed, when a watcher sends the same request first
├── given a request that was paid
│   ├── it refuses the same request again
│   └── it refuses the same ticket with another charge, at another shop too
└── given a list that its own holder made wrong
    ├── it pays twice with a key that is in the list twice, from that holder's voucher
    ├── it pays from each of two vouchers that share a key, both that holder's
    └── it refunds each of those once
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys
from kindpakket.tickets.signing import Domain
from kindpakket.tickets.tree import LEVELS, leaf, parent, word

from .fund import RELAYER, Refused, input_of, refused
from .town import (
    BICYCLES,
    ISSUED_CENTS,
    OTHER_SHOP,
    OTHER_TILL,
    SHOP,
    TILL,
    Ticket,
    TicketPlace,
    Town,
    sign_charge,
    sign_refund,
)


def _other_form(content: bytes) -> bytes:
    """Return `vs` of the second signature that ECDSA allows for the same r: order - s, the other recovery bit."""
    vs = int.from_bytes(content, "big")
    s, recovery = vs & 2**255 - 1, vs >> 255
    return (keys.CURVE_ORDER - s | (1 - recovery) << 255).to_bytes(32, "big")


# ------------------------------------------------------------------ given a signature that somebody else made


def test_the_other_form_of_a_tickets_signature(town: Town) -> None:
    """It would pay the same ticket under another id; the short form of a signature has no room for it."""
    request = town.redeem()
    other = request.with_ticket(vs=_other_form(request.ticket.vs))
    with pytest.raises(Refused) as caught:
        town.submit(other)
    assert caught.value.name in {"TicketUnknown", "TicketSignatureInvalid"}
    assert caught.value.arguments != (request.ticket_key,)


@pytest.mark.parametrize("recovery", [0, 1])
def test_the_higher_s_of_a_ticket(town: Town, recovery: int) -> None:
    higher = keys.CURVE_ORDER // 2 + 1
    request = town.request().with_ticket(vs=(higher | recovery << 255).to_bytes(32, "big"))
    with refused("TicketSignatureInvalid"):
        town.submit(request)


def test_the_other_form_of_other_signatures(town: Town) -> None:
    request = town.request()
    with pytest.raises(Refused) as caught:
        town.submit(request.with_charge(vs=_other_form(request.charge.vs)))
    assert caught.value.name == "TillUnknown"

    waiting = town.waiting_phone
    words = (3, waiting.holder, waiting.tree().root)
    digest = town.domain.activation_digest(
        voucher=3, generation=0, holder=waiting.holder, ticket_root=waiting.tree().root
    )
    signature = keys.sign(town.letters[2], digest)
    with pytest.raises(Refused) as caught:
        town.fund.send("activate", *words, signature.r, _other_form(signature.vs))
    assert caught.value.name == "LetterSignatureInvalid"

    phone = town.phone
    new_root = phone.tree(1).root
    digest = town.domain.renewal_digest(voucher=1, generation=1, holder=phone.holder, ticket_root=new_root)
    signature = keys.sign(phone.holder_key, digest)
    old_root = phone.tree().root
    with pytest.raises(Refused) as caught:
        town.fund.send(
            "renewTickets", 1, old_root, phone.holder, new_root, signature.r, _other_form(signature.vs)
        )
    assert caught.value.name == "HolderSignatureInvalid"


def _refuses_all_signed_for(town: Town, elsewhere: Domain) -> None:
    """Sign each kind of message in another domain and see it refused here."""
    fund, phone, waiting = town.fund, town.phone, town.waiting_phone
    key = phone.ticket_key(0)
    expires_at = fund.now_at + 300
    signed = keys.sign(key, elsewhere.ticket_digest(shop=0, max_cents=50_00, expires_at=expires_at))
    request = town.request(expires_at=expires_at)
    with pytest.raises(Refused) as caught:
        town.submit(request.with_ticket(r=signed.r, vs=signed.vs))
    assert caught.value.name == "TicketUnknown"

    request = town.request()
    foreign = sign_charge(elsewhere, TILL, request.ticket_id, 37_45, BICYCLES)
    with pytest.raises(Refused) as caught:
        town.submit(request.with_charge(r=foreign.r, vs=foreign.vs))
    assert caught.value.name == "TillUnknown"

    redemption = town.redeem()
    order = sign_refund(elsewhere, TILL, redemption.ticket_id, 1, 37_45)
    with pytest.raises(Refused) as caught:
        fund.send("refund", redemption.ticket, redemption.place, order)
    assert caught.value.name == "TillUnknown"

    root = waiting.tree().root
    signed = keys.sign(
        town.letters[2],
        elsewhere.activation_digest(voucher=3, generation=0, holder=waiting.holder, ticket_root=root),
    )
    with pytest.raises(Refused) as caught:
        fund.send("activate", 3, waiting.holder, root, signed.r, signed.vs)
    assert caught.value.name == "LetterSignatureInvalid"

    new_root = phone.tree(1).root
    digest = elsewhere.renewal_digest(voucher=1, generation=1, holder=phone.holder, ticket_root=new_root)
    signed = keys.sign(phone.holder_key, digest)
    with pytest.raises(Refused) as caught:
        fund.send("renewTickets", 1, phone.tree().root, phone.holder, new_root, signed.r, signed.vs)
    assert caught.value.name == "HolderSignatureInvalid"


def test_signed_for_another_contract(town: Town) -> None:
    twin = town.fund.deploy()
    assert twin != town.fund.address
    _refuses_all_signed_for(town, Domain(chain_id=town.domain.chain_id, contract=twin))


def test_signed_for_another_chain(town: Town) -> None:
    _refuses_all_signed_for(town, Domain(chain_id=town.domain.chain_id + 1, contract=town.fund.address))


def test_signed_before_the_chain_split() -> None:
    """A town of its own, whose chain takes another number: both parts have all vouchers, one has the tickets."""
    town = Town()
    before = town.request()
    town.fund.fork(town.domain.chain_id + 1)
    with pytest.raises(Refused) as caught:
        town.submit(before)
    assert caught.value.name == "TicketUnknown"
    town.redeem(amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS - 37_45


def test_a_contract_that_borrows_the_code(town: Town) -> None:
    """A clone of EIP-1167 runs the fund's code on a storage of its own, in which there is no voucher."""
    code = f"3d602d80600a3d3981f3363d3d373d3d3d363d73{town.fund.address.hex()}5af43d82803e903d91602b57fd5bf3"
    clone = town.fund.create(bytes.fromhex(code))
    request = town.request()
    with refused("VoucherUnknown", 1):
        town.fund.ask(clone, input_of("redeem", (request.ticket, request.place, request.charge)))


def test_signed_as_another_kind_of_message(town: Town) -> None:
    """The words of a refund and of a charge are alike; their kinds are not."""
    redemption = town.redeem(amount_cents=37_45)
    charge = sign_charge(town.domain, TILL, redemption.ticket_id, 1, 0)
    with pytest.raises(Refused) as caught:
        town.fund.send("refund", redemption.ticket, redemption.place, (1, 0, charge.r, charge.vs))
    assert caught.value.name == "TillUnknown"
    request = town.request(number=1)
    order = sign_refund(town.domain, TILL, request.ticket_id, 37_45, BICYCLES)
    with pytest.raises(Refused) as caught:
        town.submit(request.with_charge(r=order.r, vs=order.vs))
    assert caught.value.name == "TillUnknown"


# ------------------------------------------------------------------ given somebody else's ticket


def test_a_ticket_at_another_voucher(town: Town) -> None:
    request = town.request(phone=town.phone)
    others = town.other_phone.place(0)
    for place in (
        request.place._replace(voucher=2),
        others,
        others._replace(siblings=request.place.siblings),
    ):
        with refused("TicketUnknown", request.ticket_key):
            town.fund.send("redeem", request.ticket, place, request.charge)
    assert town.balance_cents(town.other_phone) == ISSUED_CENTS


def test_a_ticket_at_a_siblings_voucher(town: Town) -> None:
    town.activate(town.waiting_phone, town.letters[2])
    request = town.request(phone=town.phone)
    with refused("TicketUnknown", request.ticket_key):
        town.fund.send("redeem", request.ticket, town.waiting_phone.place(0), request.charge)


def test_a_stolen_ticket_bound_to_a_shop(town: Town) -> None:
    stolen = town.request(shop=SHOP)
    charge = sign_charge(town.domain, OTHER_TILL, stolen.ticket_id, 37_45, BICYCLES)
    with refused("TicketForAnotherShop", OTHER_SHOP, SHOP):
        town.fund.send("redeem", stolen.ticket, stolen.place, charge)
    with refused("TicketUnknown", _recovered(town, stolen.ticket._replace(shop=0))):
        town.submit(stolen.with_ticket(shop=0))


def _recovered(town: Town, ticket: Ticket) -> bytes | None:
    digest = town.domain.ticket_digest(
        shop=ticket.shop, max_cents=ticket.max_cents, expires_at=ticket.expires_at
    )
    return keys.recover(digest, keys.Signature.from_compact(ticket.r + ticket.vs))


def test_another_amount_on_a_shops_charge(town: Town) -> None:
    request = town.request(amount_cents=37_45)
    for amount_cents in (37_44, 37_46, 50_00):
        with pytest.raises(Refused) as caught:
            town.submit(request.with_charge(amount_cents=amount_cents))
        assert caught.value.name == "TillUnknown"


def test_a_watcher_sends_it_first(town: Town) -> None:
    request = town.request(amount_cents=37_45)
    town.submit(request, by=RELAYER)
    with refused("TicketAlreadyUsed", 1, 0):
        town.submit(request)
    assert town.owed_cents(SHOP) == 37_45
    assert town.balance_cents() == ISSUED_CENTS - 37_45


# ------------------------------------------------------------------ given a request that was paid


def test_the_same_request_again(town: Town) -> None:
    request = town.redeem(amount_cents=37_45)
    for _ in range(2):
        with refused("TicketAlreadyUsed", 1, 0):
            town.submit(request)
    assert town.owed_cents() == 37_45


def test_the_same_ticket_with_another_charge(town: Town) -> None:
    request = town.redeem(amount_cents=10_00, max_cents=50_00)
    for till in (TILL, OTHER_TILL):
        charge = sign_charge(town.domain, till, request.ticket_id, 5_00, BICYCLES)
        with refused("TicketAlreadyUsed", 1, 0):
            town.fund.send("redeem", request.ticket, request.place, charge)
    renewed = town.request(amount_cents=5_00, max_cents=5_00)
    assert renewed.ticket_id != request.ticket_id
    with refused("TicketAlreadyUsed", 1, 0):
        town.submit(renewed)


# ------------------------------------------------------------------ given a list that its own holder made wrong


def _activate_with_list(town: Town, ticket_keys: list[bytes]) -> list[TicketPlace]:
    """Activate voucher 3 with this list, whatever is in it, and return the places of its first two tickets.

    The backend refuses such lists; the contract cannot see them.
    """
    levels = [[leaf(ticket_key, number) for number, ticket_key in enumerate(ticket_keys)]]
    while len(levels) < LEVELS:
        below = levels[-1]
        levels.append([parent(below[i], below[i + 1])[12:] for i in range(0, len(below), 2)])
    holder, root = town.waiting_phone.holder, parent(*levels[-1])
    digest = town.domain.activation_digest(voucher=3, generation=0, holder=holder, ticket_root=root)
    signature = keys.sign(town.letters[2], digest)
    town.fund.send("activate", 3, holder, root, signature.r, signature.vs)
    return [
        TicketPlace(
            3, holder, number, tuple(word(level[number >> height ^ 1]) for height, level in enumerate(levels))
        )
        for number in (0, 1)
    ]


def test_a_key_twice_in_a_list_pays_twice_from_its_holders_voucher(town: Town) -> None:
    """Whoever has ticket and charge can bring them for both places. Only the voucher with that list pays."""
    ticket_key = town.waiting_phone.ticket_key(0)
    places = _activate_with_list(town, [keys.address_of(ticket_key)] * 256)
    request = town.request(phone=town.waiting_phone, ticket_key=ticket_key)
    for place in places:
        town.fund.send("redeem", request.ticket, place, request.charge)
    assert town.balance_cents(town.waiting_phone) == ISSUED_CENTS - 2 * 37_45
    assert town.owed_cents() == 2 * 37_45


def test_a_key_of_two_vouchers_pays_from_both(town: Town) -> None:
    first = town.phone
    ticket_keys = [keys.address_of(first.ticket_key(number)) for number in range(256)]
    places = _activate_with_list(town, ticket_keys)
    request = town.redeem(phone=first)
    outcome = town.fund.send("redeem", request.ticket, places[0], request.charge)
    assert outcome.events[0].fields["ticketId"] == request.ticket_id
    assert (town.balance_cents(first), town.balance_cents(town.waiting_phone)) == (ISSUED_CENTS - 37_45,) * 2


def test_a_key_twice_in_a_list_is_refunded_once_a_place(town: Town) -> None:
    ticket_key = town.waiting_phone.ticket_key(0)
    places = _activate_with_list(town, [keys.address_of(ticket_key)] * 256)
    request = town.request(phone=town.waiting_phone, ticket_key=ticket_key)
    for place in places:
        town.fund.send("redeem", request.ticket, place, request.charge)
    order = sign_refund(town.domain, TILL, request.ticket_id, 37_45, 37_45)
    for place in places:
        town.fund.send("refund", request.ticket, place, order)
        with refused("RefundOutdated", 37_45, 0):
            town.fund.send("refund", request.ticket, place, order)
    assert town.balance_cents(town.waiting_phone) == ISSUED_CENTS
    assert town.owed_cents() == 0
