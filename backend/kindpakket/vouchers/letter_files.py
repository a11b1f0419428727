# SPDX-License-Identifier: EUPL-1.2
"""Letters as files, made anew each time they are asked for: to print, or to merge with addresses elsewhere. Euro cents.

The server knows no address: the municipality's own system has those, by the same row reference.
"""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket import programmes
from kindpakket.csv_tables import write_rows
from kindpakket.services import Services
from kindpakket.units import format_plain_euros

from .letters import Letter


def draw_letters(services: Services, letters: Sequence[Letter], *, programme: int) -> bytes:
    """Return letters of a programme as a PDF to print, in their order."""
    # What makes PDFs takes a second to load; who never asks for one does not wait for it.
    from .letter_prints import draw

    return draw(
        services.settings,
        list(zip(letters, amounts_of(services, letters), strict=True)),
        ends_at=programmes.programme_named(services, programme).ends_at,
        at=services.now(),
    )


def write_letters(services: Services, letters: Sequence[Letter]) -> bytes:
    """Return letters as a CSV to merge with addresses, in their order."""
    rows = [
        [
            letter.row_reference,
            letter.code,
            letter.url,
            str(len(letter.vouchers)),
            format_plain_euros(amount_cents),
        ]
        for letter, amount_cents in zip(letters, amounts_of(services, letters), strict=True)
    ]
    return write_rows(["kenmerk", "code", "adres", "tegoeden", "bedrag"], rows, delimiter=";").encode()


def amounts_of(services: Services, letters: Sequence[Letter]) -> list[int]:
    """Return what was given out on the vouchers of each letter together, in the order of the letters."""
    services.follower.catch_up()
    numbers = [number for letter in letters for number in letter.vouchers]
    issued = {state.voucher: state.issued_cents for state in services.ledger.reports.vouchers(numbers)}
    return [sum(issued[number] for number in letter.vouchers) for letter in letters]
