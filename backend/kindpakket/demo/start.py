# SPDX-License-Identifier: EUPL-1.2
"""The demo's start: an empty one is filled, with some weeks or with a year, and then it says where to go."""

from __future__ import annotations

import time
from datetime import date

from rich.console import Console

from kindpakket import heads, shops, staff, staff_log
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import KindpakketError
from kindpakket.services import Services
from kindpakket.units import day_of

from . import seed, year
from .api_client import ApiClient, Refused
from .clock import DemoClock

STAFF_NAME = "Beheerder"

console = Console(highlight=False)
errors_console = Console(stderr=True, highlight=False)


def year_starts_at() -> int:
    """Return the moment at which a year begins that is played until today."""
    return year.start_of(_today())


def fill_and_tell(services: Services, *, port: int, clock: DemoClock, year_seed: int | None) -> None:
    """Fill an empty demo, with a year if there are dice for it, then say where to go."""
    local = f"http://127.0.0.1:{port}"
    client = ApiClient(local)
    try:
        if not client.ask("GET", "/programmes")["programmes"]:
            if year_seed is None:
                seed.seed(
                    client,
                    base_url=local,
                    data_dir=services.settings.data_dir,
                    sign_in_code=_sign_in_link(services).partition("#code=")[2],
                    console=console,
                )
            else:
                year.play(
                    client,
                    base_url=local,
                    data_dir=services.settings.data_dir,
                    clock=clock,
                    office=_office_of(services),
                    seed=year_seed,
                    until_on=_today(),
                    console=console,
                )
        clock.stop()
        _tell(services, client)
    except (OSError, Refused, KindpakketError) as error:
        errors_console.print(
            f"The demo could not be filled: {error}. Start over with --fresh.", soft_wrap=True
        )
    finally:
        clock.stop()
        client.close()


def _tell(services: Services, client: ApiClient) -> None:
    letter = seed.take_letter(client, services.settings.data_dir)
    pairing = shops.create_pairing_code(services, shop=1, role="owner")
    shop = services.registry.shops.shop(1)
    base = services.settings.base_url
    console.print(f"\nKindpakket {services.settings.municipality} runs at {base}\n", soft_wrap=True)
    if letter is None:
        console.print("  Parent         every letter was opened; start over with --fresh", soft_wrap=True)
    else:
        # Not the address in the letter: another start may have had another port.
        console.print(f"  Parent         {base}/ouder/#brief={letter['code']}", soft_wrap=True)
        console.print(f"                 letter code {letter['code']}", soft_wrap=True)
    console.print(f"  Shop           {base}/winkel/#koppel={pairing.code}", soft_wrap=True)
    console.print(f"                 pairing code {pairing.code} for a till of {shop.name}", soft_wrap=True)
    console.print(f"  Municipality   {_sign_in_link(services)}", soft_wrap=True)
    console.print("\nCtrl-C stops it; the next start continues with the same data.", soft_wrap=True)


def _office_of(services: Services) -> year.Office:
    def block(voucher: int) -> None:
        call = fund_calls.block_voucher(voucher=voucher, reason=1)
        services.fund.execute(call, sender=services.accounts.issuer)

    def end_day() -> None:
        heads.publish_due(services)
        staff_log.anchor_due(services)

    return year.Office(
        new_sign_in_code=lambda name: _sign_in_link(services, name=name).partition("#code=")[2],
        block=block,
        end_day=end_day,
    )


def _sign_in_link(services: Services, *, name: str = STAFF_NAME) -> str:
    return staff.create_sign_in_link(services.registry, services.settings, name=name, now=services.now())


def _today() -> date:
    return day_of(int(time.time()))
