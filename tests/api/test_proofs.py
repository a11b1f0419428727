# SPDX-License-Identifier: EUPL-1.2
"""Proofs, receipts and heads over the API: what is nobody else's business first, then what each is told.

given a payment of a phone
├── when another phone, a till, staff or nobody asks for its proof or receipt
│   └── they are told nothing, not even that it exists
├── when the chain's node does not tell enough
│   └── the phone is told so, and that nothing was changed
└── when its own phone asks
    ├── the proof is the one of its block, with the head once there is one
    └── its refunds are listed with their time
given published heads
├── when a head was published today, or no block came since
│   └── it is answered, and nothing is published
├── when someone who is no staff asks to publish
│   └── it is refused
├── when a day is over
│   └── its head is published by itself, once, if something was booked
└── when anyone asks
    └── all of them are told, to any site
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket import heads
from kindpakket.chain import fund as calls
from kindpakket.chain.evidence import SealedBlock
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.errors import ChainMismatch, ProofUnavailable
from kindpakket.registry.heads import Head
from kindpakket.services import Services
from kindpakket.tickets import code, keys
from kindpakket.units import day_ends_at, day_of
from tests.support import InProcess, Town, sign_in

BICYCLES = 3
DAY = 24 * 3600


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


def pay(town: Town, phone: Phone, till: Till, *, amount_cents: int = 3745) -> str:
    """Pay from the phone's first voucher; return the payment's id."""
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    redemption = till.redeem(shown, amount_cents=amount_cents, category=BICYCLES)["redemption"]
    return str(redemption["redemptionId"])


def give_back(
    services: Services,
    town: Town,
    phone: Phone,
    till: Till,
    *,
    number: int,
    shown: str,
    cents: int,
    remaining: int,
) -> None:
    """Refund a payment, as the till signs it and the contract takes it."""
    voucher = next(iter(phone.next_numbers))
    ticket = code.read(shown)
    identity = code.identify(ticket, town.domain)
    assert identity is not None
    found = services.registry.tickets.find_ticket_key(identity[1])
    assert found is not None
    digest = town.domain.refund_digest(ticket_id=identity[0], amount_cents=cents, remaining_cents=remaining)
    place = calls.TicketPlace(
        voucher, number, found.holder, tuple(services.tree_of(found.ticket_list).siblings(number))
    )
    call = calls.refund(
        place=place,
        ticket=ticket,
        amount_cents=cents,
        remaining_cents=remaining,
        refund_signature=keys.sign(till.key, digest),
    )
    services.fund.execute(call, sender=services.accounts.relayer)


# ------------------------------------------------------------------ what is nobody else's business


@pytest.mark.parametrize("what", ["proof", "receipt"])
def test_another_phone_is_not_even_told_that_a_payment_exists(
    town: Town, phone: Phone, till: Till, what: str
) -> None:
    paid = pay(town, phone, till)
    other = town.new_phone()
    answers = []
    for payment in (paid, "0x" + "77" * 32):
        with pytest.raises(Refused) as refused:
            other.client.ask("GET", f"/budgets/me/payments/{payment}/{what}")
        # Each answer has its request's own number.
        answers.append(refused.value.content | {"instance": ""})
        assert (refused.value.status, refused.value.reason) == (404, "payment_unknown")
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "path", ["/payments/{paid}/proof", "/payments/{paid}/receipt", "/payments", "/events"]
)
def test_a_till_staff_or_nobody_is_told_nothing_of_a_phones_payments(
    town: Town, phone: Phone, till: Till, new_client: Callable[[], InProcess], path: str
) -> None:
    paid = pay(town, phone, till)
    for caller in (till.client, town.desk, new_client()):
        with pytest.raises(Refused) as refused:
            caller.ask("GET", f"/budgets/me{path.format(paid=paid)}")
        assert (refused.value.status, refused.value.reason) == (401, "sign_in_required")


def test_a_phone_whose_voucher_went_to_another_is_told_nothing_more(
    services: Services, town: Town, phone: Phone, till: Till
) -> None:
    paid = pay(town, phone, till)
    services.registry.phones.register(b"\7" * 32, list(phone.next_numbers), at=services.now())
    for path in (f"/payments/{paid}/proof", f"/payments/{paid}/receipt", "/events"):
        with pytest.raises(Refused) as refused:
            phone.client.ask("GET", f"/budgets/me{path}")
        assert refused.value.reason == "phone_retired"


@pytest.mark.parametrize("payment", ["0x77", "77" * 32, "0x" + "zz" * 32])
def test_an_id_of_the_wrong_form_is_refused(phone: Phone, payment: str) -> None:
    with pytest.raises(Refused) as refused:
        phone.client.ask("GET", f"/budgets/me/payments/{payment}/proof")
    assert refused.value.status == 400


def test_a_phone_is_told_when_the_node_does_not_tell_enough(
    monkeypatch: pytest.MonkeyPatch, town: Town, phone: Phone, till: Till
) -> None:
    paid = pay(town, phone, till)

    def leave_out(_chain: TesterChain, number: int) -> SealedBlock:
        raise ProofUnavailable(f"the header of block {number} does not lead to its hash")

    monkeypatch.setattr(TesterChain, "sealed_block", leave_out)
    with pytest.raises(Refused) as refused:
        phone.client.ask("GET", f"/budgets/me/payments/{paid}/proof")
    assert (refused.value.status, refused.value.reason) == (503, "proof_unavailable")
    assert refused.value.content["retry"] is False


# ------------------------------------------------------------------ what its own phone is told


def test_a_phone_is_given_the_proof_of_its_payment(
    services: Services, town: Town, phone: Phone, till: Till
) -> None:
    paid = pay(town, phone, till)
    proof = phone.client.ask("GET", f"/budgets/me/payments/{paid}/proof")
    assert proof["redemptionId"] == paid
    assert proof["ticket"]["maxCents"] == 5000
    assert proof["hash"] == f"0x{services.chain.block_hash(proof['block']).hex()}"
    assert proof["covered"] is None
    assert "header" in proof and "headers" not in proof, "no other block's header: it would tell of others"


def test_a_proof_has_the_head_that_covers_it_once_there_is_one(town: Town, phone: Phone, till: Till) -> None:
    paid = pay(town, phone, till)
    published = town.desk.ask("POST", "/heads")
    later = pay(town, phone, till)
    covered = phone.client.ask("GET", f"/budgets/me/payments/{paid}/proof")["covered"]
    assert covered["head"] == {name: published[name] for name in covered["head"]}
    assert "totals" not in covered["head"], "a phone is told what it was told before there were totals"
    assert phone.client.ask("GET", f"/budgets/me/payments/{later}/proof")["covered"] is None


def test_a_chain_that_is_not_the_published_one_gives_no_proof(
    services: Services, town: Town, phone: Phone, till: Till
) -> None:
    paid = pay(town, phone, till)
    newest = services.chain.head()
    services.registry.heads.publish(
        Head(
            on=day_of(town.now()),
            first_block=0,
            block=newest.number,
            hash=newest.hash,
            root=b"\7" * 32,
            at=town.now(),
        )
    )
    with pytest.raises(Refused) as refused:
        phone.client.ask("GET", f"/budgets/me/payments/{paid}/proof")
    assert refused.value.reason == ChainMismatch.reason()


def test_a_payments_refunds_are_listed_with_their_time(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=4000, category=BICYCLES)
    other = town.new_phone()
    pay(town, other, till)
    paid_at = town.now()
    give_back(services, town, phone, till, number=0, shown=shown, cents=1000, remaining=4000)
    chain.travel_to(paid_at + 60)
    give_back(services, town, phone, till, number=0, shown=shown, cents=500, remaining=3000)
    ends_at = town.desk.ask("GET", "/programmes")["programmes"][0]["endsAt"]
    chain.travel_to(ends_at)
    give_back(services, town, phone, till, number=0, shown=shown, cents=1, remaining=2500)
    (payment,) = phone.client.ask("GET", "/budgets/me/payments")["payments"]
    assert payment["refundedCents"] == 1501
    assert payment["refunds"] == [
        {"amountCents": 1, "at": ends_at, "toBudget": False},
        {"amountCents": 500, "at": paid_at + 60, "toBudget": True},
        {"amountCents": 1000, "at": paid_at, "toBudget": True},
    ]
    (others,) = other.client.ask("GET", "/budgets/me/payments")["payments"]
    assert others["refunds"] == []


# ------------------------------------------------------------------ heads


def all_heads(town: Town) -> list[Any]:
    found: list[Any] = town.desk.ask("GET", "/heads")["heads"]
    return found


def test_only_staff_can_publish_a_head(
    town: Town, phone: Phone, till: Till, new_client: Callable[[], InProcess]
) -> None:
    for caller in (phone.client, till.client, new_client()):
        with pytest.raises(Refused) as refused:
            caller.ask("POST", "/heads")
        assert refused.value.reason == "sign_in_required"
    assert all_heads(town) == []


def test_a_day_has_one_head_and_it_stays_as_it_was_published(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    first = town.desk.ask("POST", "/heads")
    pay(town, phone, till)
    assert town.desk.ask("POST", "/heads") == first
    chain.travel_to(town.now() + DAY)
    sign_in(services, town.desk)
    second = town.desk.ask("POST", "/heads")
    assert second["firstBlock"] == first["block"] + 1
    assert second["block"] > first["block"]
    assert all_heads(town) == [first, second]


def test_a_day_without_a_block_has_no_head(services: Services, town: Town, chain: TesterChain) -> None:
    first = town.desk.ask("POST", "/heads")
    chain.travel_to(town.now() + DAY)
    sign_in(services, town.desk)
    assert town.desk.ask("POST", "/heads") == first
    assert all_heads(town) == [first]


def test_anyone_may_read_the_heads_from_any_site(town: Town, client: TestClient) -> None:
    published = town.desk.ask("POST", "/heads")
    answer = client.get("/api/v1/heads", headers={"Origin": "https://controle.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["heads"] == [published]


def test_before_a_day_is_over_nothing_is_due(services: Services, town: Town, chain: TesterChain) -> None:
    chain.travel_to(day_ends_at(day_of(town.now())) - 1)
    assert heads.publish_due(services) is None


def test_when_a_day_is_over_its_head_is_published_once(
    services: Services, town: Town, chain: TesterChain
) -> None:
    day = day_of(town.now())
    chain.travel_to(day_ends_at(day))
    due = heads.publish_due(services)
    assert due is not None
    assert (due.on, due.block) == (day, services.chain.head().number)
    assert heads.publish_due(services) is None
    chain.travel_to(town.now() + 3 * DAY)
    assert heads.publish_due(services) is None, "nothing was booked since"


def test_after_a_rest_the_head_is_yesterdays(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    heads.publish(services)
    chain.travel_to(town.now() + DAY)
    pay(town, phone, till)
    chain.travel_to(town.now() + 5 * DAY)
    due = heads.publish_due(services)
    assert due is not None
    assert due.on.toordinal() == day_of(town.now()).toordinal() - 1
    pay(town, phone, till)
    chain.travel_to(town.now() + DAY)
    after = heads.publish_due(services)
    assert after is not None
    assert after.first_block == due.block + 1
