# SPDX-License-Identifier: EUPL-1.2
"""Verifying: every payout run held against its stored files, the chain and the statements. Amounts in euro cents.

Each file is what was approved, byte by byte, and pays exactly what the register says; each payment is what its
settlements have together, each settlement is on the chain with its amount, and the chain knows of no other payout. What
a statement had otherwise is told until an auditor took note of it.
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
    return (
        [one.told() for one in services.registry.bank_differences.open()]
        + differences
        + _payments_of_another_amount(runs)
        + _settlements_beside_the_chain(services, runs)
        + _without_a_file(runs)
    )


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


def _payments_of_another_amount(runs: list[Run]) -> list[str]:
    """Return the payments that are not of what their settlements have together.

    While the chain is being told, a settlement may be refused before the file that pays it is replaced.
    """
    return [
        f"payment {payment.end_to_end_id} is of {payment.amount_cents} cents, "
        f"its settlements of {transfer.amount_cents}"
        for run in runs
        if run.approved_at is None or run.settled_at is not None
        for transfer in run.transfers
        for payment in transfer.payments
        if payment.state != "withdrawn" and payment.amount_cents != transfer.amount_cents
    ]


def _settlements_beside_the_chain(services: Services, runs: list[Run]) -> list[str]:
    """Return what the chain was told to be paid out and no run knows, or knows as another amount, and the reverse."""
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
        ): settlement
        for run in runs
        for transfer in run.transfers
        for settlement in transfer.settlements
    }
    differences = []
    on_chain = set()
    for one in services.ledger.shop_reports.all_settlements():
        place = (one.programme, one.shop, one.payment_reference)
        on_chain.add(place)
        told = f"block {one.block} has {one.amount_cents} cents paid out to shop {one.shop}"
        if place not in known:
            differences.append(f"{told}, which no payout knows")
        elif known[place].amount_cents != one.amount_cents:
            ours = known[place]
            differences.append(f"{told}, which payout {ours.run} knows as {ours.amount_cents} cents")
    return differences + [
        f"payout {one.run} has {one.amount_cents} cents settled with shop {one.shop}, which the chain does not know"
        for place, one in known.items()
        if one.block is not None and place not in on_chain
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
