# SPDX-License-Identifier: EUPL-1.2
"""The verb renewTickets.

renewTickets
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when nobody activated the voucher
│   └── it refuses: VoucherNotActivated
├── when the ticket keys were replaced 224 times
│   └── it refuses: GenerationsExhausted, and the issuer can still replace the holder, who can renew no more
├── when the new holder or root is empty
│   └── it refuses: KeyZero
├── when somebody else signed
│   └── it refuses: HolderSignatureInvalid, naming the signer
├── when the letter signed
│   └── it refuses: HolderSignatureInvalid
├── when the old root is not the voucher's
│   └── it refuses: HolderSignatureInvalid
├── when the holder signed for another generation
│   └── it refuses: HolderSignatureInvalid
├── when the signature is not one
│   └── it refuses: HolderSignatureInvalid, naming nobody
├── when the same renewal is brought again
│   └── it refuses: HolderSignatureInvalid
├── when the holder handed over before
│   └── it refuses: HolderSignatureInvalid
└── when the holder signed
    ├── it emits TicketsRenewed with all its fields
    ├── it keeps the new fingerprint and the generation, and no other change
    ├── it kills the tickets of the generation before
    ├── it lets the new generation's tickets pay
    ├── it hands over to a new holder, whose tickets pay
    └── it takes a blocked voucher, which stays blocked
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys
from kindpakket.tickets.tree import fingerprint

from .fund import ISSUER, Event, refused
from .town import NEW_LETTER, Phone, Town


@pytest.mark.parametrize("voucher", [0, 4])
def test_renew_tickets_refuses_a_voucher_that_does_not_exist(town: Town, voucher: int) -> None:
    with refused("VoucherUnknown", voucher):
        town.renew(Phone(b"a seed", voucher), generation=1)


def test_renew_tickets_refuses_a_voucher_that_nobody_activated(town: Town) -> None:
    with refused("VoucherNotActivated", 3):
        town.renew(town.waiting_phone, generation=1)


def test_renew_tickets_leaves_the_last_generations_to_the_issuer(town: Town) -> None:
    town.renew_up_to(224)
    assert town.fund.voucher(1)["generation"] == 224
    last = town.phone.tree(224).root
    with refused("GenerationsExhausted", 1):
        town.renew(town.phone, generation=225, old_root=last)
    town.fund.send("replaceHolder", 1, keys.address_of(NEW_LETTER), 1, by=ISSUER)
    assert town.fund.voucher(1)["generation"] == 225
    new_phone = Phone(b"the seed of a new phone", 1)
    town.activate(new_phone, NEW_LETTER, generation=225)
    with refused("GenerationsExhausted", 1):
        town.renew(new_phone, generation=226)


@pytest.mark.parametrize(("holder", "root"), [(bytes(20), b"r" * 32), (b"h" * 20, bytes(32))])
def test_renew_tickets_refuses_an_empty_holder_or_root(town: Town, holder: bytes, root: bytes) -> None:
    digest = town.domain.renewal_digest(voucher=1, generation=1, holder=holder, ticket_root=root)
    signature = keys.sign(town.phone.holder_key, digest)
    with refused("KeyZero"):
        old_root = town.phone.tree().root
        town.fund.send("renewTickets", 1, old_root, holder, root, signature.r, signature.vs)


def test_renew_tickets_refuses_somebody_else(town: Town) -> None:
    with refused("HolderSignatureInvalid", town.other_phone.holder):
        town.renew(town.phone, generation=1, signed_by=town.other_phone.holder_key)


def test_renew_tickets_refuses_the_letter(town: Town) -> None:
    with refused("HolderSignatureInvalid", keys.address_of(town.letters[0])):
        town.renew(town.phone, generation=1, signed_by=town.letters[0])


def test_renew_tickets_refuses_another_old_root(town: Town) -> None:
    with refused("HolderSignatureInvalid", town.phone.holder):
        town.renew(town.phone, generation=1, old_root=town.other_phone.tree().root)


@pytest.mark.parametrize("generation", [0, 2])
def test_renew_tickets_refuses_another_generation(town: Town, generation: int) -> None:
    phone = town.phone
    signed = town.domain.renewal_digest(
        voucher=1, generation=generation, holder=phone.holder, ticket_root=phone.tree(1).root
    )
    checked = town.domain.renewal_digest(
        voucher=1, generation=1, holder=phone.holder, ticket_root=phone.tree(1).root
    )
    signer = keys.recover(checked, keys.sign(phone.holder_key, signed))
    with refused("HolderSignatureInvalid", signer):
        town.renew(phone, generation=1, signed_generation=generation)


def test_renew_tickets_refuses_what_is_no_signature(town: Town) -> None:
    phone = town.phone
    with refused("HolderSignatureInvalid", bytes(20)):
        root = phone.tree(1).root
        town.fund.send("renewTickets", 1, phone.tree().root, phone.holder, root, bytes(32), bytes(32))


def test_renew_tickets_refuses_the_same_renewal_again(town: Town) -> None:
    phone = town.phone
    digest = town.domain.renewal_digest(
        voucher=1, generation=1, holder=phone.holder, ticket_root=phone.tree(1).root
    )
    signature = keys.sign(phone.holder_key, digest)
    words = [phone.holder, phone.tree(1).root, signature.r, signature.vs]
    town.fund.send("renewTickets", 1, phone.tree().root, *words)
    next_digest = town.domain.renewal_digest(
        voucher=1, generation=2, holder=phone.holder, ticket_root=phone.tree(1).root
    )
    for old_root in (phone.tree(0).root, phone.tree(1).root):
        with refused("HolderSignatureInvalid", keys.recover(next_digest, signature)):
            town.fund.send("renewTickets", 1, old_root, *words)


def test_renew_tickets_refuses_a_holder_who_handed_over(town: Town) -> None:
    new_phone = Phone(b"the seed of a new phone", 1)
    town.renew(town.phone, generation=1, to=new_phone)
    for old_root in (town.phone.tree().root, new_phone.tree(1).root):
        with refused("HolderSignatureInvalid", town.phone.holder):
            town.renew(town.phone, generation=2, old_root=old_root)


def test_renew_tickets_emits_tickets_renewed(town: Town) -> None:
    phone = town.phone
    fields = {"voucher": 1, "holder": phone.holder, "ticketRoot": phone.tree(1).root, "generation": 1}
    assert town.renew(phone, generation=1).events == (Event("TicketsRenewed", fields),)


def test_renew_tickets_keeps_fingerprint_and_generation(town: Town) -> None:
    before = town.fund.voucher(1)
    town.renew(town.phone, generation=1)
    kept = int.from_bytes(fingerprint(town.phone.holder, town.phone.tree(1).root), "big")
    assert town.fund.voucher(1) == {**before, "fingerprint": kept, "generation": 1}


def test_renew_tickets_kills_the_tickets_before(town: Town) -> None:
    request = town.request(number=9)
    town.renew(town.phone, generation=1)
    with refused("TicketUnknown", request.ticket_key):
        town.submit(request)
    with refused("TicketUnknown", request.ticket_key):
        town.submit(request.with_place(number=256 + 9))


def test_renew_tickets_lets_the_new_tickets_pay(town: Town) -> None:
    early = town.request(number=256 + 9)
    with refused("TicketUnknown", early.ticket_key):
        town.submit(early)
    town.redeem(number=9, amount_cents=1_00)
    town.renew(town.phone, generation=1)
    town.redeem(number=256 + 9, amount_cents=2_00)
    assert town.owed_cents() == 3_00


def test_renew_tickets_hands_over(town: Town) -> None:
    new_phone = Phone(b"the seed of a new phone", 1)
    town.renew(town.phone, generation=1, to=new_phone)
    town.redeem(phone=new_phone, number=256, amount_cents=2_00)
    town.renew(new_phone, generation=2)
    town.redeem(phone=new_phone, number=512, amount_cents=3_00)
    assert town.owed_cents() == 5_00


def test_renew_tickets_takes_a_blocked_voucher(town: Town) -> None:
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    town.renew(town.phone, generation=1)
    with refused("VoucherBlocked", 1, 9):
        town.redeem(number=256)
