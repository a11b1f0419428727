# SPDX-License-Identifier: EUPL-1.2
"""The verb replaceHolder.

replaceHolder
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when the new letter's key is empty
│   └── it refuses: KeyZero
├── when there is no reason
│   └── it refuses: ReasonZero
├── when the ticket keys were replaced 255 times
│   └── it refuses: GenerationsExhausted
└── when a holder was lost
    ├── it emits HolderReplaced with all its fields
    ├── it puts the voucher back to its letter, with the same money
    ├── it kills the lost phone's tickets and its right to renew
    ├── it lets the new letter activate, and the new tickets pay
    ├── it replaces a letter that was lost before it was opened
    └── it leaves a blocked voucher blocked
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, SHOP_MANAGER, Event, Fund, refused
from .town import ISSUED_CENTS, NEW_LETTER, Phone, Town

LETTER_KEY = keys.address_of(NEW_LETTER)
LOST_PHONE = 4


def test_replace_holder_refuses_who_is_not_the_issuer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", SHOP_MANAGER.address, fund.role("ISSUER_ROLE")):
        fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=SHOP_MANAGER)


@pytest.mark.parametrize("voucher", [0, 4])
def test_replace_holder_refuses_a_voucher_that_does_not_exist(fund: Fund, voucher: int) -> None:
    with refused("VoucherUnknown", voucher):
        fund.send("replaceHolder", voucher, LETTER_KEY, LOST_PHONE, by=ISSUER)


def test_replace_holder_refuses_an_empty_letter_key(fund: Fund) -> None:
    with refused("KeyZero"):
        fund.send("replaceHolder", 1, bytes(20), LOST_PHONE, by=ISSUER)


def test_replace_holder_refuses_no_reason(fund: Fund) -> None:
    with refused("ReasonZero"):
        fund.send("replaceHolder", 1, LETTER_KEY, 0, by=ISSUER)


def test_replace_holder_refuses_the_256th_generation(fund: Fund) -> None:
    for _ in range(255):
        fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)
    assert fund.voucher(1)["generation"] == 255
    with refused("GenerationsExhausted", 1):
        fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)


def test_replace_holder_emits_holder_replaced(fund: Fund) -> None:
    outcome = fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)
    fields = {"voucher": 1, "letterKey": LETTER_KEY, "generation": 1, "reason": LOST_PHONE}
    assert outcome.events == (Event("HolderReplaced", fields),)


def test_replace_holder_puts_the_voucher_back_to_its_letter(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)
    assert town.fund.voucher(1) == {
        "fingerprint": int.from_bytes(LETTER_KEY, "big"),
        "balanceCents": ISSUED_CENTS - 37_45,
        "issuedCents": ISSUED_CENTS,
        "programme": 1,
        "generation": 1,
        "blockReason": 0,
        "activated": False,
    }


def test_replace_holder_kills_the_lost_phone(town: Town) -> None:
    request = town.request()
    town.fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)
    with refused("VoucherNotActivated", 1):
        town.submit(request)
    with refused("VoucherNotActivated", 1):
        town.renew(town.phone, generation=2, old_root=town.phone.tree().root)
    town.activate(Phone(b"the seed of a new phone", 1), NEW_LETTER, generation=1)
    with refused("TicketUnknown", request.ticket_key):
        town.submit(request)
    with refused("HolderSignatureInvalid", town.phone.holder):
        town.renew(town.phone, generation=2, old_root=town.phone.tree().root)


def test_replace_holder_lets_the_new_letter_activate(town: Town) -> None:
    town.redeem(number=0, amount_cents=37_45)
    town.fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)
    new_phone = Phone(b"the seed of a new phone", 1)
    town.activate(new_phone, NEW_LETTER, generation=1)
    town.redeem(phone=new_phone, number=256, amount_cents=10_00)
    assert town.balance_cents() == ISSUED_CENTS - 47_45


def test_replace_holder_replaces_a_lost_letter(town: Town) -> None:
    town.fund.send("replaceHolder", 3, LETTER_KEY, LOST_PHONE, by=ISSUER)
    with refused("LetterSignatureInvalid", keys.address_of(town.letters[2])):
        town.activate(town.waiting_phone, town.letters[2], generation=1)
    town.activate(town.waiting_phone, NEW_LETTER, generation=1)
    town.redeem(phone=town.waiting_phone, number=256, amount_cents=10_00)
    assert town.balance_cents(town.waiting_phone) == ISSUED_CENTS - 10_00


def test_replace_holder_leaves_a_blocked_voucher_blocked(town: Town) -> None:
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    town.fund.send("replaceHolder", 1, LETTER_KEY, LOST_PHONE, by=ISSUER)
    with refused("VoucherBlocked", 1, 9):
        town.activate(town.phone, NEW_LETTER, generation=1)
