# SPDX-License-Identifier: EUPL-1.2
"""Verifying: every payout run held against its stored files and against the chain. Amounts in euro cents.

Each file is what was approved, byte by byte, and pays exactly what the register says; each amount is on the chain; and
the chain knows of no payout that the register does not.
"""

from __future__ import annotations

from kindpakket.bank import pain, references
from kindpakket.errors import PayoutFileAltered
from kindpakket.registry.payout_rows import File, Run
from kindpakket.services import Services

from .files import read_content, refuse_without_chain


def verify(services: Services) -> list[str]:
    """Return what differs, a line for each; nothing when all is right.

    Raises:
        ChainUnreachable: No answer; safe to ask again.
    """
    runs = services.registry.payout_runs.runs()
    differences = [
        line for run in runs for file in run.files for line in _differences_of_file(services, run, file)
    ]
    return differences + _without_a_run(services, runs) + _without_a_file(runs)


def _differences_of_file(services: Services, run: Run, file: File) -> list[str]:
    try:
        content = read_content(services, file)
        if run.can_leave(file):
            refuse_without_chain(services, run, file)
    except PayoutFileAltered as altered:
        return [str(altered)]
    try:
        written = {(one.end_to_end_id, one.iban, one.amount_cents) for one in pain.read(content)}
    except pain.FileUnreadable:
        return [f"file {file.message_id}: it is no file for a bank"]
    known = {(one.end_to_end_id, one.iban, one.amount_cents) for one in run.payments_in(file.file)}
    return [
        f"file {file.message_id}: it pays {cents} cents as {identity}, which the register does not"
        for identity, _, cents in sorted(written - known)
    ] + [
        f"file {file.message_id}: the register pays {cents} cents as {identity}, which it does not"
        for identity, _, cents in sorted(known - written)
    ]


def _without_a_run(services: Services, runs: list[Run]) -> list[str]:
    """Return what the chain was told to be paid out and no run knows."""
    services.follower.catch_up()
    known = {
        (
            settlement.programme,
            settlement.shop,
            references.payment_reference(
                run=run.run,
                transfer=transfer.transfer,
                programme=settlement.programme,
                shop=settlement.shop,
            ),
        )
        for run in runs
        for transfer in run.transfers
        for settlement in transfer.settlements
    }
    return [
        f"block {one.block} has {one.amount_cents} cents paid out to shop {one.shop}, which no payout knows"
        for shop in sorted({shop.shop for shop in services.registry.shops.shops()})
        for one in services.ledger.shop_reports.settlements(shop)
        if (one.programme, one.shop, one.payment_reference) not in known
    ]


def _without_a_file(runs: list[Run]) -> list[str]:
    """Return the payments that left in a file that is not there."""
    return [
        f"payment {payment.end_to_end_id} is in file {payment.file}, which is not there"
        for run in runs
        for transfer in run.transfers
        for payment in transfer.payments
        if payment.file is not None and payment.file not in {file.file for file in run.files}
    ]
