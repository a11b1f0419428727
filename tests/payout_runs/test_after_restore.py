# SPDX-License-Identifier: EUPL-1.2
"""An older registry beside a chain that went on: no number that the chain knows is given out again.

Given a shop that only the chain knows by now, with what it earned
  when another is registered, from a file or by an application, it gets a number of its own, and none of that money
Given payout runs that only the chain knows by now
  when a run is prepared, it gets a number that none of them had, and can be settled
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kindpakket import payout_runs, shop_applications, shops
from kindpakket.bank import references
from kindpakket.chain import fund as fund_calls
from kindpakket.registry.application_rows import Terms
from kindpakket.registry.payout_rows import Run
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.shop_applications.conftest import TOYS, written
from tests.support import Town

from .conftest import SPORT, Shopping

OTHER_SHOP = (
    "naam;categorie;iban;straat;plaats;open\nBoekhandel Vos;sport;NL91ABNA0417164300;Plein 2;Zuidhorn;ma\n"
)
OF_A_RUN = ("payment", "settlement", "left_out", "file", "transfer", "run")


def forget_shop(services: Services, shop: int) -> None:
    """Let the register be one from before this shop."""
    with connect(services.settings.registry_address) as connection:
        of_its_tills = f"till IN (SELECT till FROM till WHERE shop = {shop})"
        connection.execute(text(f"DELETE FROM refund_reason WHERE {of_its_tills}"))
        for table in ("pairing_code", "till", "shop"):
            connection.execute(text(f"DELETE FROM {table} WHERE shop = {shop}"))


def forget_runs(services: Services) -> None:
    """Let the register be one from before the first payout run."""
    with connect(services.settings.registry_address) as connection:
        for name in OF_A_RUN:
            connection.execute(text(f"DELETE FROM payout_{name}"))


def pay_out(services: Services, *, anna: int, bram: int) -> Run:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    return payout_runs.approve(services, run=run, staff=bram)


# ---------------------------------------------------------------- shops


def test_a_shop_that_only_the_chain_knows_keeps_its_number_and_its_money(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    lost = max(town.shops)
    forget_shop(services, lost)
    check = shops.check_shops(services, programme=town.programme, text=OTHER_SHOP)
    assert shops.import_shops(services, check) == [lost + 1]
    found = payout_runs.outline(services, programme=None)
    assert [(one.payee.name, one.amount_cents) for one in found.transfers] == [("Fietsen Jansen", 3745)]
    assert [(one.shop, one.owed_cents) for one in found.left_out] == [(lost, 1200)]


def test_an_application_gets_no_number_that_only_the_chain_knows(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    lost = max(town.shops)
    forget_shop(services, lost)
    applied = shop_applications.apply(services, written())
    assessed = shop_applications.assess(
        services,
        application=applied.application,
        version=services.registry.shop_applications.application(applied.application).version,
        terms=[Terms(programme=town.programme, categories=(TOYS,))],
        remark="",
        staff=anna,
    )
    approved = shop_applications.approve(
        services, application=applied.application, version=assessed.version, staff=bram
    )
    assert approved.shop == lost + 1


def test_a_till_that_only_the_chain_knows_keeps_the_number_of_its_shop(
    services: Services, town: Town, shopping: Shopping
) -> None:
    lost = 40
    services.fund.execute(
        fund_calls.add_till(shop=lost, till="0x" + "b2" * 20), sender=services.accounts.shop_manager
    )
    check = shops.check_shops(services, programme=town.programme, text=OTHER_SHOP)
    assert shops.import_shops(services, check) == [lost + 1]


# ---------------------------------------------------------------- payout runs


def test_a_run_never_gets_the_number_of_one_that_only_the_chain_knows(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int
) -> None:
    lost = pay_out(services, anna=anna, bram=bram)
    earned.pay(town.shops[1], 700)
    cancelled = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.cancel(services, run=cancelled, staff=bram)
    also_lost = pay_out(services, anna=anna, bram=bram)
    forget_runs(services)

    earned.pay(town.shops[0], 500)
    run = pay_out(services, anna=anna, bram=bram)
    # Nothing of the cancelled run is on the chain or left for a bank, so that its number is free.
    assert (lost.run, run.run, also_lost.run) == (1, cancelled, 3)
    assert (run.state, run.amount_cents) == ("settled", 500)
    earned.pay(town.shops[0], 600)
    assert pay_out(services, anna=anna, bram=bram).run == also_lost.run + 1


@pytest.mark.parametrize(
    ("run", "transfer", "is_its"), [(7, 1, True), (7, 3, True), (7, 4, False), (8, 1, False)]
)
def test_a_reference_is_known_to_be_of_a_run_by_any_of_its_transfers(
    run: int, transfer: int, is_its: bool
) -> None:
    known = {references.payment_reference(run=run, transfer=transfer, programme=1, shop=SPORT)}
    places = [(1, SPORT), (2, SPORT)]
    assert references.is_of_run(known, 7, programmes_and_shops=places, most_transfers=3) is is_its
    assert not references.is_of_run(known, 7, programmes_and_shops=[(2, SPORT)], most_transfers=3)
