# SPDX-License-Identifier: EUPL-1.2
"""What is done with vouchers, as counts, and whom to remind: no amount, no household at a time, no name.

given a programme of six vouchers
├── each is counted once: never activated, unspent, partly spent, spent
├── after the end, what is left is taken back: that spends nothing, and opens nothing
├── one with money left and no payment in 60 days is idle, from the second that it is 60 days ago
└── the list of whom to remind has the references of who opened nothing, and no formula
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from kindpakket import closing
from kindpakket.chain.tester import TesterChain
from kindpakket.csv_tables import decode_upload
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.services import Services
from kindpakket.units import day_of
from kindpakket.vouchers import unopened_households, voucher_use, write_reminders
from tests.support import Town

BICYCLES = 3
DAY = 24 * 3600


def counts(town: Town) -> list[int]:
    found = town.desk.ask("GET", f"/programmes/{town.programme}/voucher-use")
    return [found[f"{name}Count"] for name in ("neverActivated", "unspent", "partlySpent", "spent", "idle")]


def test_the_use_of_an_unknown_programme_is_refused(town: Town) -> None:
    for method, path in (("GET", "voucher-use"), ("POST", "reminder-lists")):
        with pytest.raises(Refused, match="programme_unknown"):
            town.desk.ask(method, f"/programmes/9/{path}")


def test_each_voucher_is_counted_once(town: Town) -> None:
    assert counts(town) == [6, 0, 0, 0, 0]
    phone, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    one, other = phone.next_numbers
    assert counts(town) == [4, 2, 0, 0, 2]
    for voucher, cents in ((one, 29_999), (other, 30_000)):
        shown = phone.show_code(voucher, max_cents=30_000, expires_at=expiry(town.now()))
        till.redeem(shown, amount_cents=cents, category=BICYCLES)
    assert counts(town) == [4, 0, 1, 1, 0]
    shown = phone.show_code(one, max_cents=30_000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=1, category=BICYCLES)
    assert counts(town) == [4, 0, 0, 2, 0]


def test_what_is_taken_back_after_the_end_was_not_spent(
    town: Town, services: Services, chain: TesterChain
) -> None:
    phone, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    one, _ = phone.next_numbers
    shown = phone.show_code(one, max_cents=30_000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=100, category=BICYCLES)
    assert counts(town) == [4, 1, 1, 0, 1]
    unopened = unopened_households(services, programme=town.programme)
    chain.travel_to(closing.closing_of(services, programme=town.programme).possible_at)
    while closing.sweep(services, programme=town.programme):
        pass
    found = voucher_use(services, programme=town.programme).counts
    assert (found.never_activated_count, found.unspent_count) == (4, 1)
    assert (found.partly_spent_count, found.spent_count) == (1, 0)
    assert unopened_households(services, programme=town.programme) == unopened


def test_a_voucher_is_idle_when_its_last_payment_is_sixty_days_ago(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, till = town.new_phone(town.letters[0]), town.new_till(town.shops[0])
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5_000, expires_at=expiry(town.now()))
    paid_at = int(till.redeem(shown, amount_cents=100, category=BICYCLES)["redemption"]["at"])
    for later, idle in ((60 * DAY, 0), (60 * DAY + 1, 1)):
        monkeypatch.setattr(services, "now", lambda at=paid_at + later: at)
        assert voucher_use(services, programme=town.programme).counts.idle_count == idle


@pytest.mark.parametrize(
    ("before_end", "days_left", "due"),
    [
        (60 * DAY + 1, 60, None),
        (60 * DAY, 60, 60),
        (30 * DAY + 1, 30, 60),
        (30 * DAY, 30, 30),
        (1, 0, 30),
        (0, 0, None),
    ],
)
def test_reminders_are_due_sixty_and_thirty_days_before_the_end(
    town: Town,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    before_end: int,
    days_left: int,
    due: int | None,
) -> None:
    ends_at = services.fund.programme(town.programme).ends_at
    monkeypatch.setattr(services, "now", lambda: ends_at - before_end)
    use = voucher_use(services, programme=town.programme)
    assert (use.days_left, use.remind_days) == (days_left, due)


def test_the_list_has_who_opened_nothing_and_no_formula(town: Town, services: Services) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=100"
    town.desk.ask("POST", path, "kenmerk;kinderen\n=B-1;2\n")
    town.new_phone(town.letters[0])
    rows = decode_upload(write_reminders(services, programme=town.programme)).splitlines()
    last_on = (day_of(services.now()) + timedelta(days=30)).isoformat()
    assert rows == [
        "kenmerk;tegoeden;tot en met",
        *(f"{reference};{count};{last_on}" for reference, count in (("A-2", 2), ("A-3", 1), ("A-4", 1))),
        f"A-5;1;{last_on}",
        f"'=B-1;2;{last_on}",
    ]
