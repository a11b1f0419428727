# SPDX-License-Identifier: EUPL-1.2
"""Issue vouchers to the households of a file: checked whole, written down, then put on the chain.

The register keeps a batch before the chain has it. A crash in between is mended at the next start: what the chain does
not have yet is issued then, by letter key, so that nothing is issued twice.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from kindpakket import programmes
from kindpakket.chain import fund as fund_calls
from kindpakket.csv_tables import Column, Faults, Row, parse_cell, read_rows
from kindpakket.errors import BatchUnknown, ContractRefusal, UnallocatedTooLow
from kindpakket.events import Allocation, Issued
from kindpakket.registry.letters import NewHousehold, NewVoucher
from kindpakket.services import Services
from kindpakket.tickets import keys, letter
from kindpakket.units import MAX_VOUCHER_CENTS, parse_euros

log = structlog.get_logger(__name__)

COLUMNS = (
    Column("reference", ("kenmerk",), required=True),
    Column("children", ("kinderen",)),
    Column("amount", ("bedrag",)),
)
MAX_CHILDREN = 20
VOUCHERS_PER_CALL = 100


@dataclass(frozen=True, slots=True)
class Household:
    """A line of the file: how many vouchers of how much."""

    row_reference: str
    voucher_count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class HouseholdCheck:
    """What a file of households holds, and what is wrong in it."""

    programme: int
    households: list[Household]
    faults: Faults

    @property
    def voucher_count(self) -> int:
        """How many vouchers it asks for."""
        return sum(household.voucher_count for household in self.households)

    @property
    def amount_cents(self) -> int:
        """How much money it asks for."""
        return sum(household.voucher_count * household.amount_cents for household in self.households)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was issued."""

    batch: int
    households: int
    vouchers: int
    amount_cents: int


def check_households(
    services: Services, *, programme: int, text: str, amount_cents: int | None = None
) -> HouseholdCheck:
    """Read a file of households without taking anything over. `amount_cents` is for lines without an amount.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    programmes.programme_named(services, programme)
    faults = Faults()
    rows = read_rows(text, COLUMNS, faults)
    households: list[Household] = []
    seen: dict[str, int] = {}
    for row in rows:
        reference = parse_cell(
            row, "reference", _parse_reference, "a reference of 1 to 40 characters", faults
        )
        if reference is not None and reference in seen:
            faults.note(
                row.line, "reference", reference, f"a reference that is not on line {seen[reference]} too"
            )
        household = _read_household(row, amount_cents, faults)
        if reference is None or household is None:
            continue
        seen.setdefault(reference, row.line)
        households.append(Household(reference, *household))
    existing = services.registry.letters.existing_references(programme, list(seen))
    for reference in existing:
        faults.note(
            seen[reference],
            "reference",
            reference,
            "a reference that got no vouchers in this programme before",
        )
    return HouseholdCheck(programme=programme, households=households, faults=faults)


def import_households(
    services: Services,
    check: HouseholdCheck,
    *,
    on_progress: Callable[[int], None] = lambda _vouchers: None,
) -> ImportResult:
    """Issue the vouchers of a file without faults. `on_progress` is told how many more were issued.

    Raises:
        CsvInvalid: The file has faults.
        UnallocatedTooLow: The programme has not enough money on no voucher; nothing was issued.
    """
    check.faults.refuse()
    unallocated_cents = services.fund.programme(check.programme).unallocated_cents
    if check.amount_cents > unallocated_cents:
        raise UnallocatedTooLow(asked_cents=check.amount_cents, unallocated_cents=unallocated_cents)
    batch = services.registry.letters.create_batch(
        check.programme,
        [_write_letter(services, household) for household in check.households],
        created_at=services.now(),
    )
    try:
        _issue_batch(services, batch, on_progress)
    except ContractRefusal:
        _forget_if_unissued(services, batch)
        raise
    return ImportResult(
        batch=batch,
        households=len(check.households),
        vouchers=check.voucher_count,
        amount_cents=check.amount_cents,
    )


def resume_imports(services: Services) -> None:
    """Finish the batches that a crash left half issued.

    What the contract refuses by now, because the programme ended, say, stays as it is and is said in the log; a batch
    of which nothing was given out is forgotten, so that it can be uploaded again.
    """
    for batch in services.registry.letters.pending_batches():
        log.warning("import_resumed", batch=batch)
        try:
            _issue_batch(services, batch, lambda _vouchers: None)
        except ContractRefusal as refusal:
            log.error("import_refused", batch=batch, reason=refusal.reason())
            _forget_if_unissued(services, batch)


def _forget_if_unissued(services: Services, batch: int) -> None:
    with contextlib.suppress(BatchUnknown):
        services.registry.letters.discard_batch(batch)


def _issue_batch(services: Services, batch: int, on_progress: Callable[[int], None]) -> None:
    services.follower.catch_up()
    pending = services.registry.letters.vouchers_to_issue(batch)
    known = services.ledger.reports.vouchers_by_letter_key([voucher.letter_key for voucher in pending])
    services.registry.letters.assign_vouchers(known)
    missing = [voucher for voucher in pending if voucher.letter_key not in known]
    programme = services.registry.letters.programme_of(batch)
    for start in range(0, len(missing), VOUCHERS_PER_CALL):
        part = missing[start : start + VOUCHERS_PER_CALL]
        call = fund_calls.issue(
            programme=programme,
            allocations=[
                Allocation(letter_key=voucher.letter_key, amount_cents=voucher.amount_cents)
                for voucher in part
            ],
        )
        services.fund.preview(call, sender=services.accounts.issuer)
        execution = services.fund.execute(call, sender=services.accounts.issuer)
        ((_, issued),) = execution.events
        assert isinstance(issued, Issued), "an issue emits one Issued"
        services.registry.letters.assign_vouchers(
            {voucher.letter_key: issued.first + place for place, voucher in enumerate(part)}
        )
        on_progress(len(part))
    services.registry.letters.mark_issued(batch, at=services.now())
    log.info("issued", batch=batch, programme=programme, count=len(missing))


def _write_letter(services: Services, household: Household) -> NewHousehold:
    """Make a household's letter; only its sealed secret, its id and its keys' addresses are kept."""
    secret = secrets.token_bytes(letter.SECRET_BYTES)
    addresses = [
        keys.address_of(letter.letter_key(secret, position=position))
        for position in range(household.voucher_count)
    ]
    return NewHousehold(
        row_reference=household.row_reference,
        letter_id=letter.letter_id(secret),
        sealed_secret=services.seal(secret),
        vouchers=[
            NewVoucher(letter_key=f"0x{address.hex()}", amount_cents=household.amount_cents)
            for address in addresses
        ],
    )


def _parse_reference(cell: str) -> str:
    if not 1 <= len(cell) <= 40:
        raise ValueError("not a reference")
    return cell


def _read_household(row: Row, default_cents: int | None, faults: Faults) -> tuple[int, int] | None:
    """Return how many vouchers of how many cents a line asks for; None when the line has a fault."""
    before = len(faults)
    children: int | None = 1
    amount_cents: int | None = default_cents
    has_amount = bool(row.cells.get("amount"))
    if row.cells.get("children") or not has_amount:
        children = parse_cell(
            row, "children", _parse_children, f"a whole number from 1 to {MAX_CHILDREN}", faults
        )
    if has_amount:
        amount_cents = parse_cell(row, "amount", _parse_amount, "euros above 0, such as 300 or 37,45", faults)
    if children is not None and amount_cents is None and len(faults) == before:
        faults.note(row.line, "amount", "nothing", "an amount here, or one for all children")
    if children is None or amount_cents is None:
        return None
    return children, amount_cents


def _parse_children(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and 1 <= int(cell) <= MAX_CHILDREN):
        raise ValueError("not a number of children")
    return int(cell)


def _parse_amount(cell: str) -> int:
    amount_cents = parse_euros(cell)
    if not 1 <= amount_cents <= MAX_VOUCHER_CENTS:
        raise ValueError("not an amount for a voucher")
    return amount_cents
