# SPDX-License-Identifier: EUPL-1.2
"""Files taken over: whole or not at all; and what breaks off half-way says so and is finished later, once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kindpakket import shops, unfinished, vouchers
from kindpakket.chain import fund as fund_calls
from kindpakket.chain.client import Receipt, Submission
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.errors import (
    ChainUnreachable,
    CsvInvalid,
    ImportUnfinished,
    ProgrammeEnded,
    UnallocatedTooLow,
)
from kindpakket.events import Issued
from kindpakket.services import Services
from kindpakket.vouchers import issue
from tests.support import Town

SIX = "kenmerk;kinderen\n" + "".join(f"B-{row};1\n" for row in range(6))
SHOPS = "naam;categorie;iban\nBruna;speelgoed;NL90INGB0009000000\nSport 2000;sport;NL95INGB0009000007\n"


class FallingSilent(TesterChain):
    """A chain that stops answering. What it was told last it keeps, and executes first when it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.answers_left: int | None = None
        self._kept: list[Submission] = []

    def come_back(self) -> None:
        """Answer again."""
        self.answers_left = None

    def forget(self) -> None:
        """Lose what it kept."""
        self._kept.clear()

    def send(self, submission: Submission) -> Receipt:
        if self.answers_left == 0:
            self._kept.append(submission)
            raise ChainUnreachable("silent")
        if self.answers_left is not None:
            self.answers_left -= 1
        while self._kept:
            super().send(self._kept.pop(0))
        return super().send(submission)


@pytest.fixture
def chain() -> Iterator[FallingSilent]:
    """An empty chain that can be made silent."""
    chain = FallingSilent()
    yield chain
    chain.close()


@pytest.fixture
def small_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two vouchers a call, one call at a time: six vouchers take three."""
    monkeypatch.setattr(issue, "VOUCHERS_PER_CALL", 2)
    monkeypatch.setattr(issue, "CALLS_AT_ONCE", 1)


def check(
    services: Services, town: Town, text: str = SIX, *, amount_cents: int = 30_000
) -> vouchers.HouseholdCheck:
    return vouchers.check_households(services, programme=town.programme, text=text, amount_cents=amount_cents)


def leave(services: Services, town: Town, cents: int) -> None:
    """Withdraw money past the server, until this much is on no voucher."""
    unallocated_cents = services.fund.programme(town.programme).unallocated_cents
    call = fund_calls.withdraw(
        programme=town.programme, amount_cents=unallocated_cents - cents, payment_reference=b"\1" * 32
    )
    services.fund.execute(call, sender=services.accounts.treasurer)


def issued_keys(services: Services) -> list[str]:
    """The letter keys of all vouchers that the chain ever gave out."""
    events = services.fund.events(0, services.chain.head().number)
    return [one.letter_key for _, event in events if isinstance(event, Issued) for one in event.allocations]


def voucher_count(town: Town) -> int:
    return int(town.desk.ask("GET", f"/programmes/{town.programme}/report")["voucherCount"])


def refusal(town: Town, path: str, text: str) -> Refused:
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", f"/programmes/{town.programme}/{path}", text)
    return refused.value


# ---------------------------------------------------------------- households: all or none


def test_of_two_imports_at_once_that_the_money_covers_one_of_the_other_issues_nothing(
    services: Services, town: Town, small_calls: None
) -> None:
    leave(services, town, 6 * 30_000 + 29_999)
    other = check(services, town, SIX.replace("B-", "C-"))
    start = threading.Barrier(2)

    def give_out(one: vouchers.HouseholdCheck) -> bool:
        start.wait()
        try:
            vouchers.import_households(services, one)
        except UnallocatedTooLow:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(give_out, [check(services, town), other])) == [False, True]
    assert voucher_count(town) == 12
    assert [batch.household_count for batch in services.registry.letters.batches()] == [6, 5]


def test_an_import_that_the_contract_refuses_can_be_uploaded_again(
    services: Services, town: Town, chain: FallingSilent
) -> None:
    households = check(services, town)
    chain.travel_to(services.fund.programme(town.programme).ends_at)
    with pytest.raises(ProgrammeEnded):
        vouchers.import_households(services, households)
    assert len(services.registry.letters.batches()) == 1
    check(services, town).faults.refuse()


def test_of_one_file_uploaded_twice_at_once_the_second_names_its_lines(
    services: Services, town: Town
) -> None:
    first, second = check(services, town), check(services, town, "kenmerk;kinderen\n\nB-9;1\nB-3;1\n")
    vouchers.import_households(services, first)
    with pytest.raises(CsvInvalid) as refused:
        vouchers.import_households(services, second)
    assert [(fault["line"], fault["found"]) for fault in refused.value.errors] == [(4, "B-3")]


# ---------------------------------------------------------------- households: broken off half-way


def test_an_import_whose_money_is_taken_half_way_says_so_and_continues_when_there_is_money(
    services: Services, town: Town, small_calls: None
) -> None:
    with pytest.raises(ImportUnfinished) as broken_off:
        vouchers.import_households(
            services, check(services, town), on_progress=lambda _: leave(services, town, 50_000)
        )
    batch = broken_off.value.batch
    assert voucher_count(town) == 6 + 2
    assert not unfinished.finish(services), "the money is still gone"
    assert refusal(town, "household-imports?amountCents=30000", SIX).reason == "csv_invalid"
    with pytest.raises(Refused, match="batch_unknown"):
        town.desk.ask("POST", f"/letter-batches/{batch}/disclosures")

    deposit = {"amountCents": 69_999, "paymentReference": "besluit 8"}
    town.desk.ask("POST", f"/programmes/{town.programme}/deposits", deposit)
    assert not unfinished.finish(services), "a cent short"
    assert voucher_count(town) == 6 + 2
    deposit = {"amountCents": 1, "paymentReference": "besluit 9"}
    town.desk.ask("POST", f"/programmes/{town.programme}/deposits", deposit)
    assert unfinished.finish(services)
    assert voucher_count(town) == 6 + 6
    letters = town.desk.ask("POST", f"/letter-batches/{batch}/disclosures")["letters"]
    assert [letter["rowReference"] for letter in letters] == [f"B-{row}" for row in range(6)]


def test_the_money_that_an_unfinished_import_still_needs_is_not_another_s(
    services: Services, town: Town, small_calls: None
) -> None:
    with pytest.raises(ImportUnfinished):
        vouchers.import_households(
            services, check(services, town), on_progress=lambda _: leave(services, town, 50_000)
        )
    with pytest.raises(UnallocatedTooLow) as refused:
        vouchers.import_households(services, check(services, town, "kenmerk;kinderen\nC-1;1\n"))
    assert (refused.value.asked_cents, refused.value.unallocated_cents) == (30_000, 0)


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_an_import_during_which_the_chain_falls_silent_is_finished_later_and_once(
    services: Services, town: Town, chain: FallingSilent, small_calls: None, answers: int
) -> None:
    chain.answers_left = answers
    refused = refusal(town, "household-imports?amountCents=30000", SIX)
    assert (refused.status, refused.reason) == (503, "import_unfinished")
    assert refused.content["retry"] is False
    assert not unfinished.finish(services)

    chain.come_back()
    assert unfinished.finish(services)
    assert voucher_count(town) == 6 + 6
    assert set(Counter(issued_keys(services)).values()) == {1}, "nothing is issued twice"
    letters = town.desk.ask("POST", f"/letter-batches/{refused.content['batch']}/disclosures")["letters"]
    assert len({voucher for letter in letters for voucher in letter["vouchers"]}) == 6


def test_while_the_server_runs_it_finishes_by_itself(
    services: Services, town: Town, chain: FallingSilent, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.answers_left = 0
    refusal(town, "household-imports?amountCents=30000", SIX)
    chain.come_back()
    monkeypatch.setattr(unfinished, "LEAST_WAIT_SECONDS", 0.0)
    finisher = unfinished.finisher(services)
    before = chain.head().number
    finisher.start()
    assert chain.wait_for_head(before, timeout_seconds=30).number > before
    # It ends with a whole round.
    finisher.stop()
    assert voucher_count(town) == 6 + 6
    assert services.registry.letters.pending_batches() == []


# ---------------------------------------------------------------- shops


def taking_part(town: Town) -> set[str]:
    return {shop["name"] for shop in town.desk.ask("GET", "/shops")["shops"]}


def test_of_one_file_of_shops_uploaded_twice_at_once_one_is_refused_and_names_its_lines(
    services: Services, town: Town
) -> None:
    checks = [shops.check_shops(services, programme=town.programme, text=SHOPS) for _ in range(2)]
    start = threading.Barrier(2)

    def register(one: shops.ShopCheck) -> list[int]:
        start.wait()
        try:
            shops.import_shops(services, one)
        except CsvInvalid as refused:
            return [fault["line"] for fault in refused.errors]
        return []

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(register, checks)) == [[], [2, 3]]
    assert {"Bruna", "Sport 2000"} <= taking_part(town)


@pytest.mark.parametrize("answers", [0, 1])
def test_shops_during_whose_import_the_chain_falls_silent_take_part_later(
    services: Services, town: Town, chain: FallingSilent, answers: int
) -> None:
    chain.answers_left = answers
    refused = refusal(town, "shop-imports", SHOPS)
    assert (refused.status, refused.reason, refused.content["retry"]) == (503, "import_unfinished", False)
    assert not unfinished.finish(services)

    chain.come_back()
    assert unfinished.finish(services)
    assert {"Bruna", "Sport 2000"} <= taking_part(town)
    assert services.registry.shops.joining_shops() == []


def test_a_crash_between_registering_shops_and_allowing_them_is_mended_at_the_next_start(
    services: Services, town: Town
) -> None:
    registered = shops.check_shops(services, programme=town.programme, text=SHOPS).shops
    services.registry.shops.create_shops(registered, programme=town.programme)
    assert not {"Bruna", "Sport 2000"} & taking_part(town)
    assert unfinished.finish(services)
    assert {"Bruna", "Sport 2000"} <= taking_part(town)


def test_a_shop_that_staff_removed_while_it_waited_stays_removed(services: Services, town: Town) -> None:
    registered = shops.check_shops(services, programme=town.programme, text=SHOPS).shops
    bruna, _ = services.registry.shops.create_shops(registered, programme=town.programme)
    # It does not take part yet, and is suspended all the same: whatever waits to let it in gives way.
    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{bruna}?because=closed")
    assert unfinished.finish(services)
    assert "Sport 2000" in taking_part(town)
    assert "Bruna" not in taking_part(town)


def test_a_shop_that_staff_allowed_otherwise_while_it_waited_stays_so(services: Services, town: Town) -> None:
    registered = shops.check_shops(services, programme=town.programme, text=SHOPS).shops
    bruna, _ = services.registry.shops.create_shops(registered, programme=town.programme)
    town.desk.ask("PUT", f"/programmes/{town.programme}/shops/{bruna}", {"categories": [1, 2]})
    assert unfinished.finish(services)
    assert shops.terms_of(services, shop=bruna).categories == (1, 2)
