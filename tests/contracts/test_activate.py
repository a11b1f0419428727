# SPDX-License-Identifier: EUPL-1.2
"""The verb activate.

activate
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when the voucher was activated
│   └── it refuses: VoucherAlreadyActivated, for the same holder too
├── when the voucher is blocked
│   └── it refuses: VoucherBlocked
├── when holder or ticket root is empty
│   └── it refuses: KeyZero
├── when another letter signed
│   └── it refuses: LetterSignatureInvalid, naming the signer
├── when holder, root or voucher is another than was signed
│   └── it refuses: LetterSignatureInvalid
├── when the signature is not one
│   └── it refuses: LetterSignatureInvalid, naming nobody
├── when the letter was replaced
│   └── it refuses: LetterSignatureInvalid
├── when it was signed before the same letter was given again
│   └── it refuses: LetterSignatureInvalid
└── when the letter signed
    ├── it emits Activated with all its fields
    ├── it keeps the fingerprint of holder and root, and no other change
    ├── it takes it whoever brings it
    ├── it takes it before the programme starts
    └── it takes it after the end, when nothing can be paid
"""

from __future__ import annotations

import pytest
from coincurve import PrivateKey

from kindpakket.tickets import keys
from kindpakket.tickets.tree import fingerprint

from .fund import ISSUER, OUTSIDER, Event, refused
from .town import ENDS_AT, NEW_LETTER, Phone, Town


def _signed(town: Town, letter_key: PrivateKey, phone: Phone) -> list[int | bytes]:
    """Return the arguments of `activate`, signed."""
    root = phone.tree().root
    digest = town.domain.activation_digest(
        voucher=phone.voucher, generation=0, holder=phone.holder, ticket_root=root
    )
    signature = keys.sign(letter_key, digest)
    return [phone.voucher, phone.holder, root, signature.r, signature.vs]


@pytest.mark.parametrize("voucher", [0, 4])
def test_activate_refuses_a_voucher_that_does_not_exist(town: Town, voucher: int) -> None:
    with refused("VoucherUnknown", voucher):
        town.activate(Phone(b"a seed", voucher), town.letters[2])


def test_activate_refuses_a_voucher_that_was_activated(town: Town) -> None:
    with refused("VoucherAlreadyActivated", 1):
        town.activate(town.phone, town.letters[0])
    with refused("VoucherAlreadyActivated", 1):
        town.activate(Phone(b"a later seed", 1), town.letters[0])


def test_activate_refuses_a_blocked_voucher(town: Town) -> None:
    town.fund.send("blockVoucher", 3, 9, by=ISSUER)
    with refused("VoucherBlocked", 3, 9):
        town.activate(town.waiting_phone, town.letters[2])


@pytest.mark.parametrize(("place", "empty"), [(1, bytes(20)), (2, bytes(32))])
def test_activate_refuses_an_empty_holder_or_root(town: Town, place: int, empty: bytes) -> None:
    words = _signed(town, town.letters[2], town.waiting_phone)
    words[place] = empty
    with refused("KeyZero"):
        town.fund.send("activate", *words)


def test_activate_refuses_another_letter(town: Town) -> None:
    with refused("LetterSignatureInvalid", keys.address_of(town.letters[1])):
        town.activate(town.waiting_phone, town.letters[1])


def test_activate_refuses_what_the_letter_did_not_sign(town: Town) -> None:
    """Somebody sees an activation on its way and sends it with a holder, a root or a voucher of his own."""
    thief = Phone(b"the seed of a thief", 3)
    words = _signed(town, town.letters[2], town.waiting_phone)
    signature = keys.Signature.from_compact(bytes(words[3]) + bytes(words[4]))
    for holder, root in (
        (thief.holder, words[2]),
        (words[1], thief.tree().root),
        (thief.holder, thief.tree().root),
    ):
        digest = town.domain.activation_digest(
            voucher=3, generation=0, holder=bytes(holder), ticket_root=bytes(root)
        )
        with refused("LetterSignatureInvalid", keys.recover(digest, signature)):
            town.fund.send("activate", 3, holder, root, *words[3:])
    town.fund.send("activate", *words)
    assert town.fund.voucher(3)["activated"]


def test_activate_refuses_what_is_no_signature(town: Town) -> None:
    words = _signed(town, town.letters[2], town.waiting_phone)
    with refused("LetterSignatureInvalid", bytes(20)):
        town.fund.send("activate", *words[:3], bytes(32), words[4])


def test_activate_refuses_a_letter_that_was_replaced(town: Town) -> None:
    town.fund.send("replaceHolder", 3, keys.address_of(NEW_LETTER), 1, by=ISSUER)
    with refused("LetterSignatureInvalid", keys.address_of(town.letters[2])):
        town.activate(town.waiting_phone, town.letters[2], generation=1)


def test_activate_refuses_an_activation_of_before_the_same_letter_was_given_again(town: Town) -> None:
    old_letter = town.letters[2]
    town.activate(town.waiting_phone, old_letter)
    town.fund.send("replaceHolder", 3, keys.address_of(old_letter), 1, by=ISSUER)
    phone = town.waiting_phone
    words = {"voucher": 3, "holder": phone.holder, "ticket_root": phone.tree().root}
    signature = keys.sign(old_letter, town.domain.activation_digest(**words, generation=0))
    stranger = keys.recover(town.domain.activation_digest(**words, generation=1), signature)
    with refused("LetterSignatureInvalid", stranger):
        town.activate(phone, old_letter, generation=0)


def test_activate_emits_activated(town: Town) -> None:
    phone = town.waiting_phone
    fields = {"voucher": 3, "holder": phone.holder, "ticketRoot": phone.tree().root}
    assert town.activate(phone, town.letters[2]).events == (Event("Activated", fields),)


def test_activate_keeps_the_fingerprint(town: Town) -> None:
    phone = town.waiting_phone
    before = town.fund.voucher(3)
    town.activate(phone, town.letters[2])
    kept = int.from_bytes(fingerprint(phone.holder, phone.tree().root), "big")
    assert town.fund.voucher(3) == {**before, "fingerprint": kept, "activated": True}


def test_activate_takes_it_whoever_brings_it(town: Town) -> None:
    town.fund.send("activate", *_signed(town, town.letters[2], town.waiting_phone), by=OUTSIDER)
    assert town.fund.voucher(3)["activated"]


def test_activate_takes_it_before_the_start(town: Town) -> None:
    phone = town.open_later_programme(ENDS_AT - 1)
    assert town.fund.voucher(phone.voucher)["activated"]


def test_activate_takes_it_after_the_end(town: Town) -> None:
    town.fund.move_to(ENDS_AT)
    town.activate(town.waiting_phone, town.letters[2])
    request = town.request(phone=town.waiting_phone)
    with refused("ProgrammeEnded", ENDS_AT, town.fund.now_at):
        town.submit(request)
