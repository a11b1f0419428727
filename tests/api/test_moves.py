# SPDX-License-Identifier: EUPL-1.2
"""Moves: a phone takes over the vouchers of another, one by one, each step repeatable.

given a phone with vouchers
├── when a stranger asks to move one → it is refused, and so is who has the token but not the seed
├── when another phone asks with the token and the holder's signature
│   ├── it reads the voucher from then on, and its codes pay
│   ├── the former phone's codes are refused at once, also those it makes later
│   └── the same request again is answered the same, even when the former phone is forgotten
├── when the last voucher is gone → the former phone is told since when and why
└── when two phones move at once → each voucher is on exactly one of them
"""

from __future__ import annotations

import hashlib
import threading

import pytest

from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, expiry
from kindpakket.errors import ChainUnreachable
from kindpakket.services import Services
from kindpakket.tickets import keys
from tests.support import InProcess, Town

from .moves import blank_phone, move, token_hash, vouchers_read_by

# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("token", ["", "00", "zz", "0" * 64])
def test_move_refuses_who_has_no_token_of_a_phone(town: Town, token: str) -> None:
    old, new = town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    new.client.token = token
    with pytest.raises(Refused, match="sign_in_required"):
        new.client.ask("POST", "/ticket-renewals", move(old, new, voucher))
    assert vouchers_read_by(old) == [voucher]


def test_move_refuses_the_token_of_another_phone(town: Town) -> None:
    old, other, new = town.new_phone(), town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    with pytest.raises(Refused, match="voucher_unknown"):
        other.client.ask("POST", "/ticket-renewals", move(old, new, voucher))
    assert vouchers_read_by(old) == [voucher]


def test_move_refuses_who_has_the_token_but_not_the_seed(town: Town) -> None:
    old, thief = town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    request = move(old, thief, voucher, signer=thief)
    with pytest.raises(Refused, match="holder_signature_invalid"):
        old.client.ask("POST", "/ticket-renewals", request)
    assert vouchers_read_by(old) == [voucher]


def test_a_repeated_renewal_cannot_take_the_voucher_to_a_phone_without_the_token(town: Town) -> None:
    old, new, thief = town.new_phone(), blank_phone(town), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    request = move(old, new, voucher)
    old.client.ask("POST", "/ticket-renewals", request)
    with pytest.raises(Refused, match="sign_in_required"):
        thief.client.ask("POST", "/ticket-renewals", request | {"tokenHash": token_hash(thief)})
    assert vouchers_read_by(new) == [voucher]


def test_a_former_phone_cannot_take_back_what_moved(town: Town) -> None:
    old, new = town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    old.client.ask("POST", "/ticket-renewals", move(old, new, voucher))
    with pytest.raises(Refused, match="phone_retired"):
        old.client.ask("POST", "/ticket-renewals", move(old, blank_phone(town), voucher))
    with pytest.raises(Refused, match="phone_retired"):
        old.client.ask("POST", "/ticket-renewals", move(old, blank_phone(town), voucher, generation=2))


# ---------------------------------------------------------------- moves


def test_a_moved_voucher_is_read_and_paid_with_by_the_new_phone_only(town: Town) -> None:
    old, new, till = town.new_phone(), blank_phone(town), town.new_till(town.shops[0])
    voucher = next(iter(old.next_numbers))
    shown = old.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    answer = old.client.ask("POST", "/ticket-renewals", move(old, new, voucher))
    assert (answer["voucher"], answer["generation"]) == (voucher, 1)
    assert vouchers_read_by(new) == [voucher]
    for code in (shown, old.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()), number=256)):
        with pytest.raises(Refused, match="ticket_unknown"):
            till.redeem(code, amount_cents=1000, category=3)
    code = new.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()), number=256)
    assert till.redeem(code, amount_cents=1000, category=3)["result"] == "accepted"
    assert town.balance_cents(new, voucher) == 29_000


def test_a_phone_that_lost_its_last_voucher_is_told_since_when_and_why(town: Town) -> None:
    old, new = town.new_phone(town.letters[1]), blank_phone(town)
    first, second = old.next_numbers
    old.client.ask("POST", "/ticket-renewals", move(old, new, first))
    assert vouchers_read_by(old) == [second], "half a move leaves the rest where it was"
    old.client.ask("POST", "/ticket-renewals", move(old, new, second))
    for path in ("/budgets/me", "/budgets/me/payments"):
        with pytest.raises(Refused) as refused:
            old.client.ask("GET", path)
        assert (refused.value.status, refused.value.reason) == (401, "phone_retired")
        assert refused.value.content["because"] == "moved"
        assert abs(refused.value.content["retiredAt"] - town.now()) < 60
    assert vouchers_read_by(new) == [first, second]


def test_the_same_move_again_is_answered_the_same_when_the_former_phone_is_forgotten(town: Town) -> None:
    old, new = town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    request = move(old, new, voucher)
    first = old.client.ask("POST", "/ticket-renewals", request)
    for caller in (old, new):
        again = caller.client.ask("POST", "/ticket-renewals", request)
        assert again["generation"] == first["generation"]
    assert vouchers_read_by(new) == [voucher]


def test_a_move_that_the_register_missed_is_finished_by_the_same_request(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    request = move(old, new, voucher)

    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(services.registry.phones, "register", break_off)
        with pytest.raises(Refused, match="chain_unreachable"):
            old.client.ask("POST", "/ticket-renewals", request)
    assert services.fund.voucher(voucher).generation == 1, "the chain has it, the register not"
    assert vouchers_read_by(old) == [voucher]
    old.client.ask("POST", "/ticket-renewals", request)
    assert vouchers_read_by(new) == [voucher]


def test_vouchers_move_to_a_phone_that_has_others(town: Town) -> None:
    first, second = town.new_phone(town.letters[0]), town.new_phone(town.letters[2])
    (moved,), (own,) = first.next_numbers, second.next_numbers
    first.client.ask("POST", "/ticket-renewals", move(first, second, moved))
    assert vouchers_read_by(second) == sorted([moved, own])


def test_a_retired_phone_that_opens_a_letter_is_a_phone_again(town: Town) -> None:
    old, new = town.new_phone(), blank_phone(town)
    voucher = next(iter(old.next_numbers))
    old.client.ask("POST", "/ticket-renewals", move(old, new, voucher))
    old.activate(town.letters[1]["code"])
    assert vouchers_read_by(old) == town.letters[1]["vouchers"]


def test_of_two_phones_that_move_at_once_each_voucher_is_on_exactly_one(
    town: Town, services: Services
) -> None:
    old = town.new_phone(town.letters[1])
    vouchers = list(old.next_numbers)
    rivals = [blank_phone(town), blank_phone(town)]
    requests = {id(rival): [move(old, rival, voucher) for voucher in vouchers] for rival in rivals}

    refusals: list[str] = []

    def take_all(rival: Phone) -> None:
        caller: InProcess = town.new_client()
        caller.token = keys.access_token(old.seed)
        for request in requests[id(rival)]:
            try:
                caller.ask("POST", "/ticket-renewals", request)
            except Refused as refused:
                refusals.append(refused.reason)

    threads = [threading.Thread(target=take_all, args=(rival,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read: list[int] = []
    till = town.new_till(town.shops[0])
    for rival in rivals:
        token = hashlib.sha256(bytes.fromhex(rival.client.token)).digest()
        held = services.registry.phones.vouchers_of(token)
        for voucher in held:
            code = rival.show_code(voucher, max_cents=100, expires_at=expiry(town.now()), number=256)
            assert till.redeem(code, amount_cents=100, category=3)["result"] == "accepted"
        read += held
    assert sorted(read) == vouchers
    assert len(refusals) == len(vouchers)
    assert set(refusals) <= {"holder_signature_invalid", "voucher_unknown", "phone_retired"}
