# SPDX-License-Identifier: EUPL-1.2
"""Letters over the API: looked up, activated once, kept from others; then budgets and new tickets."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest

from kindpakket import unfinished
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, expiry
from kindpakket.services import Services
from kindpakket.tickets import keys, letter, tree
from tests.ledger.databases import kept_in_registry
from tests.support import Town


def blank_phone(town: Town) -> Phone:
    return Phone(town.new_client(), town.domain)


# ---------------------------------------------------------------- refusals


def test_look_up_refuses_an_unknown_letter(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        town.new_client().ask("POST", "/letter-lookups", {"letterId": "0" * 32})
    assert (refused.value.status, refused.value.reason) == (404, "letter_unknown")


def test_look_up_slows_down_who_guesses(town: Town) -> None:
    guesser = town.new_client()
    reasons = []
    for guess in range(32):
        with pytest.raises(Refused) as refused:
            guesser.ask("POST", "/letter-lookups", {"letterId": f"{guess:032x}"})
        reasons.append(refused.value.reason)
    assert reasons == ["letter_unknown"] * 30 + ["rate_too_high"] * 2
    assert refused.value.content["retry"], "who waits may ask again"
    town.new_till(town.shops[0])  # Another kind of guess is counted apart.


def test_opening_a_letter_is_the_same_guess_as_looking_it_up(town: Town) -> None:
    guesser = blank_phone(town)
    request = guesser.activation(town.letters[0]["code"])
    reasons = []
    for guess in range(31):
        path = ("/letter-lookups", "/activations")[guess % 2]
        told = {"letterId": f"{guess:032x}"}
        with pytest.raises(Refused) as refused:
            guesser.client.ask("POST", path, told if guess % 2 == 0 else request | told)
        reasons.append(refused.value.reason)
    assert reasons == ["letter_unknown"] * 30 + ["rate_too_high"]
    with pytest.raises(Refused, match="rate_too_high"):
        guesser.client.ask("POST", "/activations", request)


def test_activate_refuses_signatures_by_another_letter(town: Town) -> None:
    mine, other = town.letters[0], town.letters[2]
    phone = blank_phone(town)
    request = phone.activation(mine["code"])
    stolen = request | {"letterId": letter.letter_id(letter.parse_code(other["code"]))}
    stolen["vouchers"] = [stolen["vouchers"][0] | {"voucher": other["vouchers"][0]}]
    with pytest.raises(Refused) as refused:
        phone.client.ask("POST", "/activations", stolen)
    assert refused.value.reason == "letter_signature_invalid"


def test_activate_refuses_part_of_a_letter(town: Town) -> None:
    phone = blank_phone(town)
    request = phone.activation(town.letters[1]["code"])
    with pytest.raises(Refused) as refused:
        phone.client.ask("POST", "/activations", request | {"vouchers": request["vouchers"][:1]})
    assert refused.value.reason == "letter_incomplete"


def test_activate_refuses_a_second_phone(town: Town) -> None:
    opened = town.letters[0]
    town.new_phone(opened)
    with pytest.raises(Refused) as refused:
        blank_phone(town).activate(opened["code"])
    assert refused.value.reason == "voucher_already_activated"


def test_activate_refuses_the_ticket_keys_of_another_phone(town: Town) -> None:
    victim = town.new_phone()
    keys_taken = [f"0x{key.hex()}" for key in victim.ticket_keys(next(iter(victim.next_numbers)))]
    opened = town.letters[1]
    thief = blank_phone(town)
    request = thief.activation(opened["code"])
    secret = letter.parse_code(opened["code"])
    voucher = request["vouchers"][0]["voucher"]
    holder = bytes.fromhex(request["vouchers"][0]["holder"][2:])
    root = tree.TicketTree([bytes.fromhex(key[2:]) for key in keys_taken], generation=0).root
    digest = town.domain.activation_digest(voucher=voucher, generation=0, holder=holder, ticket_root=root)
    signature = keys.sign(letter.letter_key(secret, position=0), digest)
    request["vouchers"][0] |= {"ticketKeys": keys_taken, "signature": f"0x{signature.compact.hex()}"}
    with pytest.raises(Refused) as refused:
        thief.client.ask("POST", "/activations", request)
    assert refused.value.reason == "ticket_keys_taken"


def test_activate_refuses_a_letter_whole_when_one_signature_is_wrong(town: Town) -> None:
    phone = blank_phone(town)
    request = phone.activation(town.letters[1]["code"])
    good = request["vouchers"][1]["signature"]
    request["vouchers"][1]["signature"] = request["vouchers"][0]["signature"]
    with pytest.raises(Refused, match="letter_signature_invalid"):
        phone.client.ask("POST", "/activations", request)
    request["vouchers"][1]["signature"] = good
    assert len(phone.client.ask("POST", "/activations", request)["vouchers"]) == 2, "nothing had been done"


def test_a_repeated_activation_cannot_take_the_budget_to_another_token(town: Town) -> None:
    phone = blank_phone(town)
    request = phone.activation(town.letters[0]["code"])
    phone.client.ask("POST", "/activations", request)
    with pytest.raises(Refused, match="voucher_already_activated"):
        phone.client.ask("POST", "/activations", request | {"tokenHash": "0x" + "11" * 32})
    unsigned = [request["vouchers"][0] | {"signature": "0x" + "00" * 64}]
    with pytest.raises(Refused, match="letter_signature_invalid"):
        phone.client.ask("POST", "/activations", request | {"vouchers": unsigned})
    phone.client.token = keys.access_token(phone.seed)
    assert len(phone.client.ask("GET", "/budgets/me")["vouchers"]) == 1


def test_of_two_phones_with_one_letter_one_gets_all_of_it_in_any_order(town: Town) -> None:
    first, second = blank_phone(town), blank_phone(town)
    code = town.letters[1]["code"]
    requests = [first.activation(code), second.activation(code)]
    requests[1]["vouchers"].reverse()
    answers: list[int] = []

    def open_letter(phone: Phone, request: dict[str, Any]) -> None:
        try:
            answers.append(len(phone.client.ask("POST", "/activations", request)["vouchers"]))
        except Refused:
            answers.append(0)

    threads = [
        threading.Thread(target=open_letter, args=pair)
        for pair in zip((first, second), requests, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 2]


@pytest.mark.parametrize("count", [0, 255, 257])
def test_activate_refuses_another_number_of_ticket_keys(town: Town, count: int) -> None:
    phone = blank_phone(town)
    request = phone.activation(town.letters[0]["code"])
    request["vouchers"][0]["ticketKeys"] = (request["vouchers"][0]["ticketKeys"] * 2)[:count]
    with pytest.raises(Refused) as refused:
        phone.client.ask("POST", "/activations", request)
    assert refused.value.reason == "request_invalid"


def household_of(town: Town, reference: str) -> dict[str, Any]:
    found = town.desk.ask(
        "POST", "/household-lookups", {"programme": town.programme, "rowReference": reference}
    )
    return dict(found)


@pytest.mark.parametrize("place", [0, 1])
def test_a_letter_with_a_blocked_voucher_opens_the_others_and_that_one_when_it_is_unblocked(
    town: Town, place: int
) -> None:
    letter = next(one for one in town.letters if len(one["vouchers"]) == 2)
    household = household_of(town, letter["rowReference"])["household"]
    blocked, other = letter["vouchers"][place], letter["vouchers"][1 - place]
    block = f"/households/{household}/vouchers/{blocked}/block"
    town.desk.ask("PUT", block, {"reason": "lost"})
    phone = Phone(town.new_client(), town.domain)
    request = phone.activation(letter["code"])
    for _ in range(2):
        opened = phone.client.ask("POST", "/activations", request)
        assert [one["voucher"] for one in opened["vouchers"]] == [other]
        assert opened["blocked"] == [blocked]
    phone.client.token = keys.access_token(phone.seed)
    assert [one["voucher"] for one in phone.client.ask("GET", "/budgets/me")["vouchers"]] == [other]

    town.desk.ask("DELETE", block)
    # Whoever else has the letter does not get what was left in it.
    with pytest.raises(Refused, match="voucher_already_activated"):
        Phone(town.new_client(), town.domain).activate(letter["code"])
    assert sorted(phone.activate(letter["code"])) == sorted(letter["vouchers"])
    assert town.balance_cents(phone, blocked) == 30_000


def test_a_letter_whose_vouchers_are_all_blocked_says_so_and_opens_later(town: Town) -> None:
    letter = next(one for one in town.letters if len(one["vouchers"]) == 1)
    household = household_of(town, letter["rowReference"])["household"]
    block = f"/households/{household}/vouchers/{letter['vouchers'][0]}/block"
    town.desk.ask("PUT", block, {"reason": "lost"})
    phone = Phone(town.new_client(), town.domain)
    with pytest.raises(Refused) as refused:
        phone.activate(letter["code"])
    assert (refused.value.status, refused.value.reason) == (409, "voucher_blocked")
    town.desk.ask("DELETE", block)
    assert phone.activate(letter["code"]) == letter["vouchers"]


def test_a_budget_is_refused_to_whoever_has_no_token_or_anothers_kind_of_token(town: Town) -> None:
    till = town.new_till(town.shops[0])
    for token in ("", "00", "zz", "0" * 64, till.client.token, town.desk.token):
        caller = town.new_client()
        caller.token = token
        for path in ("/budgets/me", "/budgets/me/payments"):
            with pytest.raises(Refused) as refused:
                caller.ask("GET", path)
            assert refused.value.reason == "sign_in_required"


def test_letters_are_shown_until_they_are_confirmed(town: Town) -> None:
    for path in ("disclosures", "prints", "confirmations", "reissues"):
        with pytest.raises(Refused, match="batch_unknown"):
            town.desk.ask("POST", f"/letter-batches/2/{path}")
    path = f"/programmes/{town.programme}/household-imports?amountCents=100"
    town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    with pytest.raises(Refused, match="batch_unknown"):
        town.desk.ask("POST", "/letter-batches/2/confirmations")
    shown = town.desk.ask("POST", "/letter-batches/2/disclosures")
    assert town.desk.ask("POST", "/letter-batches/2/disclosures") == shown
    for _ in range(2):
        assert town.desk.ask("POST", "/letter-batches/2/confirmations") == {"batch": 2}
    with pytest.raises(Refused, match="letters_already_shown"):
        town.desk.ask("POST", "/letter-batches/2/disclosures")


def test_letters_are_forgotten_when_an_hour_has_passed(
    town: Town, services: Services, chain: TesterChain
) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=100"
    town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    town.desk.ask("POST", "/letter-batches/2/disclosures")
    opened_at = services.registry.letters.batches()[0].opened_at
    assert opened_at is not None
    chain.travel_to(opened_at + 3_600 - 60)
    (letter,) = town.desk.ask("POST", "/letter-batches/2/disclosures")["letters"]
    assert unfinished.finish(services)
    assert services.registry.letters.batches()[0].ready_count == 1
    chain.travel_to(opened_at + 3_600)
    with pytest.raises(Refused, match="letters_already_shown"):
        town.desk.ask("POST", "/letter-batches/2/disclosures")
    assert unfinished.finish(services)
    assert services.registry.letters.batches()[0].ready_count == 0
    assert len(town.new_phone(letter).next_numbers) == 1, "who has the letter can open it"


# ---------------------------------------------------------------- activation


def test_activate_opens_all_vouchers_of_a_household(town: Town) -> None:
    opened = town.letters[1]
    phone = town.new_phone(opened)
    budget = phone.client.ask("GET", "/budgets/me")
    assert [one["voucher"] for one in budget["vouchers"]] == opened["vouchers"]
    assert {one["balanceCents"] for one in budget["vouchers"]} == {30_000}


def test_activate_again_with_the_same_phone_is_answered_the_same(town: Town) -> None:
    phone = blank_phone(town)
    request = phone.activation(town.letters[1]["code"])
    first = phone.client.ask("POST", "/activations", request)
    again = phone.client.ask("POST", "/activations", request)
    assert [one["voucher"] for one in again["vouchers"]] == [one["voucher"] for one in first["vouchers"]]


def test_one_phone_can_open_several_letters(town: Town) -> None:
    phone = blank_phone(town)
    vouchers = phone.activate(town.letters[0]["code"])
    vouchers = phone.activate(town.letters[1]["code"])
    budget = phone.client.ask("GET", "/budgets/me")
    assert [one["voucher"] for one in budget["vouchers"]] == sorted(vouchers)


def test_a_phone_sees_only_its_own_payments(town: Town) -> None:
    payer, other = town.new_phone(), town.new_phone()
    voucher = next(iter(payer.next_numbers))
    shown = payer.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    town.new_till(town.shops[0]).redeem(shown, amount_cents=1000, category=3)
    assert len(payer.client.ask("GET", "/budgets/me/payments")["payments"]) == 1
    assert other.client.ask("GET", "/budgets/me/payments")["payments"] == []


def test_the_register_keeps_no_secret_of_a_letter_or_a_phone(town: Town, services: Services) -> None:
    opened = town.letters[0]
    phone = town.new_phone(opened)
    kept = kept_in_registry(services.settings)
    for secret in (
        letter.parse_code(opened["code"]),
        opened["code"].encode(),
        phone.seed,
        phone.client.token.encode(),
        bytes.fromhex(phone.client.token),
    ):
        assert secret not in kept
    assert hashlib.sha256(bytes.fromhex(phone.client.token)).digest() in kept, (
        "the hash shows that we looked well"
    )


# ---------------------------------------------------------------- new tickets


def renewal(town: Town, phone: Phone, *, generation: int = 1, signer: bytes | None = None) -> dict[str, Any]:
    voucher = next(iter(phone.next_numbers))
    holder = keys.address_of(keys.holder_key(phone.seed, voucher=voucher))
    old_root = tree.TicketTree(phone.ticket_keys(voucher), generation=0).root
    ticket_keys = phone.ticket_keys(voucher, generation=generation)
    root = tree.TicketTree(ticket_keys, generation=generation).root
    digest = town.domain.renewal_digest(
        voucher=voucher, generation=generation, holder=holder, ticket_root=root
    )
    signature = keys.sign(keys.holder_key(signer or phone.seed, voucher=voucher), digest)
    return {
        "voucher": voucher,
        "generation": generation,
        "oldRoot": f"0x{old_root.hex()}",
        "holder": f"0x{holder.hex()}",
        "ticketKeys": [f"0x{key.hex()}" for key in ticket_keys],
        "signature": f"0x{signature.compact.hex()}",
    }


def test_renew_refuses_whoever_does_not_hold_the_voucher(town: Town) -> None:
    phone = town.new_phone()
    with pytest.raises(Refused) as refused:
        phone.client.ask("POST", "/ticket-renewals", renewal(town, phone, signer=b"\1" * 32))
    assert refused.value.reason == "holder_signature_invalid"


def test_renew_refuses_another_phone(town: Town) -> None:
    phone, other = town.new_phone(), town.new_phone()
    request = renewal(town, phone)
    with pytest.raises(Refused, match="voucher_unknown"):
        other.client.ask("POST", "/ticket-renewals", request)
    with pytest.raises(Refused, match="sign_in_required"):
        town.new_client().ask("POST", "/ticket-renewals", request)


def test_a_paid_charge_is_told_again_after_the_tickets_were_renewed(town: Town) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    paid = till.redeem(shown, amount_cents=1000, category=3)
    phone.client.ask("POST", "/ticket-renewals", renewal(town, phone))
    again = till.redeem(shown, amount_cents=1000, category=3)
    assert (again["result"], again["redemption"]) == ("already_redeemed", paid["redemption"])


def test_renew_kills_older_tickets_and_makes_new_ones_work(town: Town) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    old = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    request = renewal(town, phone)
    assert phone.client.ask("POST", "/ticket-renewals", request)["generation"] == 1
    assert phone.client.ask("POST", "/ticket-renewals", request)["generation"] == 1, "a retry is no refusal"
    with pytest.raises(Refused, match="ticket_unknown"):
        till.redeem(old, amount_cents=1000, category=3)
    new = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()), number=256)
    assert till.redeem(new, amount_cents=1000, category=3)["result"] == "accepted"
    (state,) = phone.client.ask("GET", "/budgets/me")["vouchers"]
    assert (state["generation"], state["numbersUsed"]) == (1, [256])
