# SPDX-License-Identifier: EUPL-1.2
"""A sheet of codes for a family without a smartphone, made at the desk. Amounts in euro cents.

The server is the family's phone for a moment: it makes a seed, hands the voucher over to it, signs tickets that are
valid until the programme ends, draws them, and forgets the seed. Nothing of it is stored: neither seed, codes nor
picture; what stays are the addresses of the ticket keys, as of any phone. Whatever held the voucher before, a phone, a
letter or a former sheet, pays nothing from it any more; and a new sheet or letter ends this one.

Source: docs/decisions.md, why on the server.
"""

from __future__ import annotations

import secrets

import structlog

from kindpakket import programmes
from kindpakket.chain import fund as fund_calls
from kindpakket.errors import AmountAboveMaximum, AmountZero, VoucherBlocked, VoucherChanged
from kindpakket.services import Services
from kindpakket.tickets import code, keys, letter
from kindpakket.tickets.tree import TICKETS, TicketTree

from .blocking import refuse_voucher_of_others
from .replacement import ReplacementReason

log = structlog.get_logger(__name__)

CODES = 24
MOST_CENTS = 5_000
"""The most that a code on paper may allow: whoever finds it can pay with it."""


def print_codes(
    services: Services, *, household: int, voucher: int, max_cents: int, sheet_count: int, staff: int
) -> bytes:
    """Put a voucher of a household on paper; return the sheet as a PDF, which is kept nowhere.

    `sheet_count` is how many sheets were made for it, as the asker saw it: of two requests at once, or of one that is
    sent twice, the second is refused, so that the sheet that somebody holds is the one that works.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherUnknown: It is none of that household's.
        AmountZero: A code is to allow nothing.
        AmountAboveMaximum: A code is to allow more than one on paper may.
        VoucherChanged: Another sheet was made for it meanwhile.
        VoucherBlocked: It is blocked.
        ProgrammeEnded: Its programme is over.
        GenerationsExhausted: The voucher was replaced as often as is possible.
        ChainUnreachable: Perhaps what held the voucher before is dead; a new sheet or letter mends it.
    """
    if max_cents < 1:
        raise AmountZero
    if max_cents > MOST_CENTS:
        raise AmountAboveMaximum(asked_cents=max_cents, max_cents=MOST_CENTS)
    with services.one_at_a_time:
        refuse_voucher_of_others(services, household=household, voucher=voucher)
        if services.registry.desk.sheet_count(voucher) != sheet_count:
            raise VoucherChanged
        state = services.fund.voucher(voucher)
        if state.block_reason:
            raise VoucherBlocked(voucher=voucher, block_reason=state.block_reason)
        ends_at = programmes.refuse_ended(services, state.programme).ends_at
        codes = _hand_over(
            services, household=household, voucher=voucher, max_cents=max_cents, ends_at=ends_at, staff=staff
        )
    log.info("codes_printed", household=household, count=len(codes), max_cents=max_cents)
    # What makes PDFs takes a second to load; who never asks for one does not wait for it.
    from .code_prints import draw_codes

    return draw_codes(services.settings, codes, max_cents=max_cents, ends_at=ends_at, at=services.now())


def _hand_over(
    services: Services, *, household: int, voucher: int, max_cents: int, ends_at: int, staff: int
) -> list[str]:
    """Hand a voucher over to a seed that only this function knows; return the codes that it signed."""
    seed, secret = secrets.token_bytes(32), secrets.token_bytes(letter.SECRET_BYTES)
    letter_key = letter.letter_key(secret, position=0)
    letter_address = f"0x{keys.address_of(letter_key).hex()}"
    replace = fund_calls.replace_holder(
        voucher=voucher, letter_key=letter_address, reason=ReplacementReason.PAPER
    )
    services.fund.preview(replace, sender=services.accounts.issuer)
    sheet = services.registry.desk.begin_sheet(
        household=household,
        voucher=voucher,
        letter_id=letter.letter_id(secret),
        code_count=CODES,
        max_cents=max_cents,
        staff=staff,
        at=services.now(),
    )
    services.fund.execute(replace, sender=services.accounts.issuer)
    generation = services.fund.voucher(voucher).generation
    holder = keys.address_of(keys.holder_key(seed, voucher=voucher))
    ticket_keys = [
        keys.ticket_key(seed, voucher=voucher, number=generation << 8 | place) for place in range(TICKETS)
    ]
    addresses = [keys.address_of(one) for one in ticket_keys]
    tree = TicketTree(addresses, generation=generation)
    services.registry.tickets.save_ticket_list(
        voucher, generation, holder=holder, ticket_root=tree.root, ticket_keys=addresses
    )
    domain = services.fund.domain
    signature = keys.sign(
        letter_key,
        domain.activation_digest(
            voucher=voucher, generation=generation, holder=holder, ticket_root=tree.root
        ),
    )
    activate = fund_calls.activate(voucher=voucher, holder=holder, ticket_root=tree.root, signature=signature)
    services.fund.execute(activate, sender=services.accounts.relayer)
    services.registry.desk.finish_sheet(sheet, letter_key=letter_address, at=services.now())
    services.follower.catch_up()
    return [
        code.write(code.sign_ticket(one, domain, max_cents=max_cents, expires_at=ends_at))
        for one in ticket_keys[:CODES]
    ]
