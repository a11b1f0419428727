# SPDX-License-Identifier: EUPL-1.2
"""A batch of letters that got lost: letters that nobody opened are made anew, and their old codes die.

Each new letter is written down, sealed, before the chain has it; what breaks off in between is finished by the same
request again, with the same letters. Then the batch can be shown once more.
"""

from __future__ import annotations

import secrets

import structlog

from kindpakket import programmes
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import BatchUnknown
from kindpakket.registry.reissues import OldLetter, Reissue
from kindpakket.services import Services
from kindpakket.tickets import keys, letter

from .replacement import ReplacementReason, waits_for

log = structlog.get_logger(__name__)

LETTERS_AT_ONCE = 100


def lost_letters(services: Services, *, batch: int) -> int:
    """Return of how many letters of a batch the code is forgotten and nobody opened them: so many can be made anew.

    After the programme's end none can.
    """
    if programmes.has_ended(services, _programme_of(services, batch)):
        return 0
    services.follower.catch_up()
    begun = sum(bool(one.vouchers) for one in services.registry.reissues.pending(batch))
    return begun + len(_never_opened(services, batch))


def reissue_letters(services: Services, *, batch: int, staff: int) -> int:
    """Make new letters in the place of those of a batch that nobody opened; return how many are new.

    Letters whose code can still be shown are left as they are. `staff` is the number of who asks.

    Raises:
        BatchUnknown: There is no such batch, or its vouchers are still being given out.
        ProgrammeEnded: Its programme is over.
        GenerationsExhausted: A voucher was replaced as often as is possible.
        ChainUnreachable: Perhaps a part was done; the same request again finishes it.
    """
    with services.one_at_a_time:
        if not any(one.batch == batch and one.issued_at for one in services.registry.letters.batches()):
            raise BatchUnknown(batch=batch)
        # As at the desk: a household whose sheet of codes broke off looks as if it opened nothing, and may have paid.
        programmes.refuse_ended(services, services.registry.letters.programme_of(batch))
        services.follower.catch_up()
        count = _finish(services, batch)
        while some := _never_opened(services, batch)[:LETTERS_AT_ONCE]:
            _begin(services, batch, some, staff)
            count += _finish(services, batch)
    log.info("letters_reissued", batch=batch, count=count)
    return count


def _programme_of(services: Services, batch: int) -> programmes.Programme:
    return programmes.programme_named(services, services.registry.letters.programme_of(batch))


def _never_opened(services: Services, batch: int) -> list[OldLetter]:
    letters = services.registry.reissues.forgotten_letters(batch)
    numbers = [number for one in letters for number in one.vouchers]
    if not numbers:
        return []
    opened = services.ledger.use.activated(first=min(numbers), last=max(numbers))
    return [one for one in letters if not opened.intersection(one.vouchers)]


def _begin(services: Services, batch: int, letters: list[OldLetter], staff: int) -> None:
    made = []
    for one in letters:
        secret = secrets.token_bytes(letter.SECRET_BYTES)
        made.append((one.letter_id, letter.letter_id(secret), services.seal(secret)))
    services.registry.reissues.begin(batch, made, staff=staff, at=services.now())


def _finish(services: Services, batch: int) -> int:
    """Put the new letters that are written down on the chain, then in the place of the old ones."""
    pending: list[Reissue] = []
    for one in services.registry.reissues.pending(batch):
        # The household got another letter meanwhile, or opened the old one.
        if not one.vouchers or _is_opened(services, one):
            services.registry.reissues.drop(one.letter_id)
        else:
            pending.append(one)
    letter_keys = {one.letter_id: _letter_keys(services, one) for one in pending}
    calls = [
        fund_calls.replace_holder(voucher=voucher, letter_key=address, reason=ReplacementReason.LETTER)
        for by_voucher in letter_keys.values()
        for voucher, address in by_voucher.items()
        if not waits_for(services, voucher, address)
    ]
    for call in calls:
        services.fund.preview(call, sender=services.accounts.issuer)
    if calls:
        services.fund.execute_all(calls, sender=services.accounts.issuer)
    if letter_keys:
        services.registry.reissues.finish(batch, letter_keys, at=services.now())
    services.follower.catch_up()
    return len(letter_keys)


def _letter_keys(services: Services, reissue: Reissue) -> dict[int, str]:
    secret = services.unseal(reissue.sealed_secret)
    return {
        voucher: f"0x{keys.address_of(letter.letter_key(secret, position=position)).hex()}"
        for position, voucher in enumerate(reissue.vouchers)
    }


def _is_opened(services: Services, reissue: Reissue) -> bool:
    return any(services.fund.voucher(voucher).activated for voucher in reissue.vouchers)
