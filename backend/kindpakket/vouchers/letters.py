# SPDX-License-Identifier: EUPL-1.2
"""Letters: shown to the municipality until it has them, looked up by whoever has one."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from kindpakket.errors import LetterUnknown
from kindpakket.registry.letters import LetterBatch
from kindpakket.services import Services
from kindpakket.tickets import letter

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is shown: `url` opens the citizen app with the code."""

    row_reference: str
    code: str
    url: str
    vouchers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LetterVoucher:
    """A voucher that a letter opens, and whether that was done."""

    voucher: int
    position: int
    programme: int
    issued_cents: int
    generation: int
    activated: bool


def letter_batches(services: Services) -> list[LetterBatch]:
    """Return all batches of letters, newest first."""
    return services.registry.letters.batches()


def disclose_letters(services: Services, *, batch: int) -> list[Letter]:
    """Show the letters of a batch; the same ones again, until they are confirmed or an hour has passed.

    Raises:
        BatchUnknown: There is no such batch, or its vouchers are still being issued.
        LettersAlreadyShown: Their codes are forgotten.
    """
    sealed = services.registry.disclosures.disclose(batch, at=services.now())
    log.info("letters_shown", batch=batch, count=len(sealed))
    letters = []
    for row in sealed:
        code = letter.format_code(services.unseal(row.sealed_secret))
        letters.append(
            Letter(
                row_reference=row.row_reference,
                code=code,
                url=f"{services.settings.base_url}/ouder/#brief={code}",
                vouchers=row.vouchers,
            )
        )
    return letters


def confirm_letters(services: Services, *, batch: int) -> None:
    """Forget the codes of a batch that were shown, because whoever asked has them. The same again changes nothing.

    Raises:
        BatchUnknown: There is no such batch, or nobody asked for its letters yet.
    """
    services.registry.disclosures.confirm(batch, at=services.now())
    log.info("letters_forgotten", batch=batch)


def forget_letters(services: Services) -> bool:
    """Forget the codes that were shown an hour ago or longer. Return True: none is left."""
    for batch in services.registry.disclosures.forget_overdue(at=services.now()):
        log.warning("letters_forgotten_unconfirmed", batch=batch)
    return True


def look_up_letter(services: Services, *, letter_id: str) -> list[LetterVoucher]:
    """Return what a letter opens.

    Raises:
        LetterUnknown: There is no such letter, or its vouchers are still being issued.
    """
    positions = services.registry.letters.vouchers_of_letter(letter_id)
    if not positions:
        raise LetterUnknown
    services.follower.catch_up()
    states = {
        row.voucher: row for row in services.ledger.reports.vouchers([one.voucher for one in positions])
    }
    if len(states) != len(positions):
        raise LetterUnknown
    return [
        LetterVoucher(
            voucher=one.voucher,
            position=one.position,
            programme=states[one.voucher].programme,
            issued_cents=states[one.voucher].issued_cents,
            generation=states[one.voucher].generation,
            activated=states[one.voucher].activated,
        )
        for one in positions
    ]
