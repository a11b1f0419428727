# SPDX-License-Identifier: EUPL-1.2
"""Files for the bank: written once; given out as they were written, and only when the chain has what they pay."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from kindpakket.bank import pain, references
from kindpakket.chain.deploy import ROLES
from kindpakket.errors import NotFound, PayoutAccountMissing, PayoutFileAltered, PayoutFileNotReady
from kindpakket.events import Anchored
from kindpakket.registry.payout_rows import File, Payment, Run
from kindpakket.services import Services

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PayoutFile:
    """A file as the bank gets it."""

    name: str
    content: bytes
    sha256: bytes


def write_file(services: Services, run: Run, payments: Sequence[Payment], *, file: int, at: int) -> bytes:
    """Return the bytes of a file with these payments, valid by its schema. The same again gives the same bytes.

    Raises:
        PayoutAccountMissing: It is not known which account pays.
        PayoutFileAltered: The registry says of a payment another amount than its settlements have together.
    """
    settings = services.settings
    if not settings.payout_iban:
        raise PayoutAccountMissing
    _refuse_other_amounts(run, payments)
    named = {one.transfer: one.reference for one in run.transfers}
    return pain.write(
        pain.Order(
            message_id=references.message_id(run=run.run, file=file),
            made_at=at,
            debtor=pain.Party(f"Gemeente {settings.municipality}", settings.payout_iban),
            payments=[
                pain.Payment(
                    end_to_end_id=one.end_to_end_id,
                    creditor=pain.Party(one.name, one.iban),
                    amount_cents=one.amount_cents,
                    description=f"Kindpakket {settings.municipality} {named[one.transfer]}",
                )
                for one in payments
            ],
        )
    )


def read_content(services: Services, file: File) -> bytes:
    """Return the stored bytes of a file.

    Raises:
        PayoutFileAltered: They are not what was approved.
    """
    content = services.registry.payout_runs.content(file.run, file.file)
    if hashlib.sha256(content).digest() != file.sha256:
        raise _altered(file, "its bytes have another hash")
    return content


def file_of(services: Services, *, run: int, file: int) -> PayoutFile:
    """Return a file for the bank. The same bytes each time.

    Raises:
        PayoutRunUnknown: There is no such run.
        NotFound: The run has no such file, or another took its place.
        PayoutFileNotReady: Not all of it is on the chain yet.
        PayoutFileAltered: The stored bytes, or what is written about them, are not what was approved.
    """
    found = services.registry.payout_runs.run(run)
    kept = next((one for one in found.live_files if one.file == file), None)
    if kept is None:
        raise NotFound
    if not found.can_leave(kept):
        raise PayoutFileNotReady(run=run)
    content = read_content(services, kept)
    refuse_without_chain(services, found, kept)
    log.info("payout_file_given_out", run=run, file=file, sha256=kept.sha256.hex())
    return PayoutFile(name=f"{kept.message_id}.xml", content=content, sha256=kept.sha256)


def refuse_without_chain(services: Services, run: Run, file: File) -> None:
    """Hold what the registry says of a file against the chain: who can change a database can change its hashes.

    Raises:
        PayoutFileAltered: They differ.
    """
    assert file.anchored_block is not None, "a file that can leave was anchored"
    anchored_by = {
        event.by.lower()
        for _, event in services.fund.events(file.anchored_block, file.anchored_block)
        if isinstance(event, Anchored) and event.hash == file.sha256
    }
    # The key of then may have been replaced since.
    if services.accounts.treasurer.lower() not in anchored_by and anchored_by.isdisjoint(
        services.fund.holders_ever(ROLES["treasurer"])
    ):
        raise _altered(file, "its hash is not on the chain")
    services.follower.catch_up()
    paid = {one.transfer: one.amount_cents for one in run.payments_in(file.file)}
    for transfer in run.transfers:
        if transfer.transfer not in paid:
            continue
        settled_cents = 0
        for one in transfer.settlements:
            reference = references.payment_reference(
                run=run.run, transfer=transfer.transfer, programme=one.programme, shop=one.shop
            )
            settled_cents += sum(
                known.amount_cents
                for known in services.ledger.shop_reports.settlements(one.shop)
                if known.programme == one.programme and known.payment_reference == reference
            )
        if settled_cents != paid[transfer.transfer]:
            raise _altered(file, f"the chain has another amount for {transfer.reference}")


def _refuse_other_amounts(run: Run, payments: Sequence[Payment]) -> None:
    """The pages show what a transfer's settlements have together, and that is what a file may pay."""
    shown = {one.transfer: one.amount_cents for one in run.transfers}
    for one in payments:
        if one.amount_cents != shown[one.transfer]:
            log.error("payout_payment_altered", run=run.run, payment=one.end_to_end_id)
            raise PayoutFileAltered(f"payment {one.end_to_end_id} has another amount than its settlements")


def _altered(file: File, because: str) -> PayoutFileAltered:
    log.error("payout_file_altered", run=file.run, file=file.file, because=because)
    return PayoutFileAltered(f"file {file.message_id}: {because}")
