# SPDX-License-Identifier: EUPL-1.2
"""Issue vouchers to the households of a file that was checked whole: written down, then put on the chain.

All or none are refused for money: the sum is compared with the contract's while nobody else moves money. The register
keeps a batch before the chain has it. What breaks off in between is mended by `resume_imports`: what the chain does not
have yet is issued then, by letter key, so that nothing is issued twice.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from kindpakket.chain import fund as fund_calls
from kindpakket.errors import (
    BatchUnknown,
    ContractRefusal,
    Failure,
    ImportUnfinished,
    RequestInvalid,
    UnallocatedTooLow,
    VoucherChanged,
)
from kindpakket.events import Allocation, Issued
from kindpakket.registry.letters import NewHousehold, NewVoucher
from kindpakket.services import Services
from kindpakket.tickets import keys, letter
from kindpakket.units import MAX_VOUCHER_CENTS

from .households import MAX_CHILDREN, Household, HouseholdCheck

log = structlog.get_logger(__name__)

VOUCHERS_PER_CALL = 100
CALLS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was issued."""

    batch: int
    households: int
    vouchers: int
    amount_cents: int


def import_households(
    services: Services,
    check: HouseholdCheck,
    *,
    on_progress: Callable[[int], None] = lambda _vouchers: None,
) -> ImportResult:
    """Issue the vouchers of a file without faults. `on_progress` is told how many more were issued.

    Raises:
        CsvInvalid: The file has faults, or another upload took its households meanwhile.
        UnallocatedTooLow: The programme has not enough money on no voucher; nothing was issued.
        ImportUnfinished: Some may not be issued yet; `resume_imports` issues what is missing.
    """
    check.faults.refuse()
    batch = _give_out(
        services,
        programme=check.programme,
        amount_cents=check.amount_cents,
        write_down=lambda: services.registry.letters.create_batch(
            check.programme,
            [_write_letter(services, household) for household in check.households],
            created_at=services.now(),
        ),
        on_progress=on_progress,
    )
    return ImportResult(
        batch=batch,
        households=len(check.households),
        vouchers=check.voucher_count,
        amount_cents=check.amount_cents,
    )


def add_vouchers(
    services: Services, *, household: int, voucher_count: int, amount_cents: int, known_count: int
) -> ImportResult:
    """Give a household further vouchers, of `amount_cents` each, with a letter of their own: a child was born.

    `known_count` is how many vouchers it has, as the asker saw it: of two requests at once, or of one that is sent
    twice, the second is refused.

    Raises:
        HouseholdUnknown: There is no such household.
        VoucherChanged: It got other vouchers meanwhile.
        RequestInvalid: No child, too many, or an amount that fits on no voucher.
        UnallocatedTooLow: The programme has not enough money on no voucher; nothing was issued.
        ImportUnfinished: Some may not be issued yet; `resume_imports` issues what is missing.
    """
    if not 1 <= voucher_count <= MAX_CHILDREN:
        raise RequestInvalid(
            errors=[{"at": "voucherCount", "message": f"a whole number from 1 to {MAX_CHILDREN}"}]
        )
    if not 1 <= amount_cents <= MAX_VOUCHER_CENTS:
        raise RequestInvalid(errors=[{"at": "amountCents", "message": "does not fit on a voucher"}])
    with services.one_at_a_time:
        resume_imports(services)
        row = services.registry.replacements.household(household)
        if len(row.vouchers) != known_count:
            raise VoucherChanged
        addition = _write_letter(services, Household(1, row.row_reference, voucher_count, amount_cents))
        batch = _give_out(
            services,
            programme=row.programme,
            amount_cents=voucher_count * amount_cents,
            write_down=lambda: services.registry.letters.create_addition(
                household, addition, created_at=services.now()
            ),
            on_progress=lambda _vouchers: None,
        )
    return ImportResult(
        batch=batch, households=1, vouchers=voucher_count, amount_cents=voucher_count * amount_cents
    )


def _give_out(
    services: Services,
    *,
    programme: int,
    amount_cents: int,
    write_down: Callable[[], int],
    on_progress: Callable[[int], None],
) -> int:
    """Issue a batch that `write_down` writes down, if there is money for it; return its number."""
    with services.one_at_a_time:
        resume_imports(services)
        services.follower.catch_up()
        refuse_without_money(services, programme=programme, amount_cents=amount_cents)
        batch = write_down()
        try:
            _issue_batch(services, batch, on_progress)
        except (ContractRefusal, Failure) as error:
            if isinstance(error, ContractRefusal) and _is_forgotten(services, batch):
                raise
            log.error("import_unfinished", batch=batch, because=error.reason())
            raise ImportUnfinished(batch=batch) from error
    return batch


def resume_imports(services: Services) -> bool:
    """Finish the batches that broke off; return whether none is left.

    What the contract refuses by now, because the money is gone, say, waits, and is said in the log.

    Raises:
        ChainUnreachable: No answer; safe to call again.
        LedgerStopped: What the chain has cannot be seen.
    """
    with services.one_at_a_time:
        pending = services.registry.letters.pending_batches()
        if pending:
            wait_for_earlier_calls(services)
        finished = True
        for batch in pending:
            log.warning("import_resumed", batch=batch)
            try:
                _issue_batch(services, batch, lambda _vouchers: None)
            except ContractRefusal as refusal:
                log.error("import_refused", batch=batch, reason=refusal.reason())
                finished = False
    return finished


def refuse_without_money(services: Services, *, programme: int, amount_cents: int) -> None:
    """Refuse what the programme cannot pay for, beside what it still owes to earlier imports and top-ups."""
    free_cents = services.fund.programme(programme).unallocated_cents
    free_cents -= services.registry.letters.pending_cents(programme)
    free_cents -= _cents_to_top_up(services, programme)
    if amount_cents > free_cents:
        raise UnallocatedTooLow(asked_cents=amount_cents, unallocated_cents=max(0, free_cents))


def _cents_to_top_up(services: Services, programme: int) -> int:
    """Return what a programme's top-ups cost that broke off and that the chain does not have."""
    cents = 0
    for begun in services.registry.desk.pending_top_ups():
        voucher = services.fund.voucher(begun.voucher)
        if voucher.programme == programme and voucher.issued_cents == begun.issued_cents_before:
            cents += begun.amount_cents
    return cents


def wait_for_earlier_calls(services: Services) -> None:
    """Wait until all that was sent before is decided, or else it might be issued once more.

    Calls of one sender are executed in their order, so that one that is certainly refused comes after them all.
    """
    with contextlib.suppress(ContractRefusal):
        services.fund.execute(fund_calls.issue(programme=0, allocations=[]), sender=services.accounts.issuer)


def _is_forgotten(services: Services, batch: int) -> bool:
    """Forget a batch of which the contract gave out nothing, so that it can be uploaded again; False if it did."""
    try:
        _find_missing(services, batch)
        services.registry.letters.discard_batch(batch)
    except (BatchUnknown, Failure):
        return False
    return True


def _find_missing(services: Services, batch: int) -> list[NewVoucher]:
    """Return the vouchers that the chain does not have, and write down the numbers of the others."""
    services.follower.catch_up()
    pending = services.registry.letters.vouchers_to_issue(batch)
    known = services.ledger.reports.vouchers_by_letter_key([voucher.letter_key for voucher in pending])
    services.registry.letters.assign_vouchers(known)
    return [voucher for voucher in pending if voucher.letter_key not in known]


def _issue_batch(services: Services, batch: int, on_progress: Callable[[int], None]) -> None:
    missing = _find_missing(services, batch)
    programme = services.registry.letters.programme_of(batch)
    asked_cents = sum(voucher.amount_cents for voucher in missing)
    unallocated_cents = services.fund.programme(programme).unallocated_cents
    if asked_cents > unallocated_cents:
        raise UnallocatedTooLow(asked_cents=asked_cents, unallocated_cents=unallocated_cents)
    calls = [
        missing[start : start + VOUCHERS_PER_CALL] for start in range(0, len(missing), VOUCHERS_PER_CALL)
    ]
    for start in range(0, len(calls), CALLS_AT_ONCE):
        _issue(services, programme, calls[start : start + CALLS_AT_ONCE])
        on_progress(sum(len(part) for part in calls[start : start + CALLS_AT_ONCE]))
    services.registry.letters.mark_issued(batch, at=services.now())
    log.info("issued", batch=batch, programme=programme, count=len(missing))


def _issue(services: Services, programme: int, parts: Sequence[Sequence[NewVoucher]]) -> None:
    """Put some calls on the chain, one for each part, and write down the numbers that it gave."""
    calls = [
        fund_calls.issue(
            programme=programme,
            allocations=[
                Allocation(letter_key=voucher.letter_key, amount_cents=voucher.amount_cents)
                for voucher in part
            ],
        )
        for part in parts
    ]
    services.fund.preview(calls[0], sender=services.accounts.issuer)
    executions = services.fund.execute_all(calls, sender=services.accounts.issuer)
    numbers: dict[str, int] = {}
    for part, execution in zip(parts, executions, strict=True):
        ((_, issued),) = execution.events
        assert isinstance(issued, Issued), "an issue emits one Issued"
        numbers |= {voucher.letter_key: issued.first + place for place, voucher in enumerate(part)}
    services.registry.letters.assign_vouchers(numbers)


def _write_letter(services: Services, household: Household) -> NewHousehold:
    """Make a household's letter; only its sealed secret, its id and its keys' addresses are kept."""
    secret = secrets.token_bytes(letter.SECRET_BYTES)
    addresses = [
        keys.address_of(letter.letter_key(secret, position=position))
        for position in range(household.voucher_count)
    ]
    return NewHousehold(
        line=household.line,
        row_reference=household.row_reference,
        letter_id=letter.letter_id(secret),
        sealed_secret=services.seal(secret),
        vouchers=[
            NewVoucher(letter_key=f"0x{address.hex()}", amount_cents=household.amount_cents)
            for address in addresses
        ],
    )
