# SPDX-License-Identifier: EUPL-1.2
"""Telling the chain of an approved run: the hash of its file, then each settlement, once. Euro cents.

Each step looks first at what is there, so that it can be broken off anywhere and begun again: the contract takes a
payment reference once, and a hash that is put on record twice says the same.
"""

from __future__ import annotations

import structlog

from kindpakket.chain import fund as fund_calls
from kindpakket.errors import (
    ChainMismatch,
    ChainUnreachable,
    ContractRefusal,
    Failure,
    SettlementAboveOwed,
)
from kindpakket.registry.payout_rows import Run, Settlement
from kindpakket.services import Services

from . import files

log = structlog.get_logger(__name__)

_SETTLEMENTS_AT_ONCE = 100
_ROUNDS = 3
"""A settlement that the contract refused may be one that it would take now: a till took a refund back meanwhile."""


def resume(services: Services) -> bool:
    """Finish the approved runs that a crash or a silent chain left; return whether none is left."""
    finished = True
    for run in services.registry.payout_runs.unfinished():
        log.warning("payout_run_resumed", run=run)
        try:
            finish_run(services, run)
        except (ContractRefusal, Failure) as error:
            log.error("payout_run_waits", run=run, because=error.reason())
            finished = False
    return finished


def finish_run(services: Services, run: int) -> None:
    """Bring an approved run to where its files may leave. The same again changes nothing.

    Raises:
        ChainUnreachable: No answer; safe to call again.
        ChainMismatch: The chain has something else under a reference of this run.
        PayoutFileAltered: The stored bytes are not what was approved.
    """
    runs = services.registry.payout_runs
    with services.one_at_a_time:
        found = runs.run(run)
        if found.approved_at is None:
            return
        _anchor_files(services, found)
        if found.settled_at is not None:
            return
        _settle(services, run)
        _replace_files(services, run)
        _anchor_files(services, runs.run(run))
        runs.finish(run, at=services.now())
    log.info("payout_run_settled", run=run)


def _anchor_files(services: Services, run: Run) -> None:
    for file in run.live_files:
        # Bytes that were changed before their hash is on the chain would otherwise be caught only later.
        files.read_content(services, file)
        if file.anchored_block is None:
            call = fund_calls.anchor(hash=file.sha256)
            execution = services.fund.execute(call, sender=services.accounts.treasurer)
            services.registry.payout_runs.mark_anchored(run.run, file.file, block=execution.receipt.block)


def _settle(services: Services, run: int) -> None:
    """Settle what is not on the chain yet, but what the contract refuses."""
    for _ in range(_ROUNDS):
        pending = _pending(services, run)
        if not pending:
            return
        for start in range(0, len(pending), _SETTLEMENTS_AT_ONCE):
            calls = [_call(one) for one in pending[start : start + _SETTLEMENTS_AT_ONCE]]
            try:
                services.fund.execute_all(calls, sender=services.accounts.treasurer)
            except ContractRefusal as refusal:
                # All others were done; which one it was is found below.
                log.warning("payout_settlement_refused", run=run, reason=refusal.reason())
        for one in _pending(services, run):
            try:
                services.fund.preview(_call(one), sender=services.accounts.treasurer)
            except SettlementAboveOwed:
                services.registry.payout_runs.mark_refused(one.payment_reference, at=services.now())
                log.warning("payout_settlement_left_out", run=run, programme=one.programme, shop=one.shop)
    if _pending(services, run):
        raise ChainUnreachable(f"settlements of payout run {run} are not on the chain yet")


def _pending(services: Services, run: int) -> list[Settlement]:
    """Return the settlements that are not on the chain and were not refused; note those that are."""
    runs = services.registry.payout_runs
    found = runs.run(run)
    services.follower.catch_up()
    blocks: dict[bytes, int] = {}
    for one in found.settlements:
        if not one.is_pending:
            continue
        for known in services.ledger.shop_reports.settlements(one.shop):
            if (known.programme, known.payment_reference) != (one.programme, one.payment_reference):
                continue
            if known.amount_cents != one.amount_cents or known.block <= found.prepared_block:
                raise ChainMismatch(f"the chain has another settlement under a reference of payout run {run}")
            blocks[one.payment_reference] = known.block
    if blocks:
        runs.mark_on_chain(blocks)
    return [one for one in runs.run(run).settlements if one.is_pending]


def _replace_files(services: Services, run: int) -> None:
    """Put another file in the place of one that pays what the contract refused. It never left."""
    runs = services.registry.payout_runs
    found = runs.run(run)
    settled = {one.transfer: one.settled_cents for one in found.transfers}
    for file in found.live_files:
        payments = found.payments_in(file.file)
        if all(one.amount_cents == settled[one.transfer] for one in payments):
            continue
        at = services.now()
        again = found.payments_again(file.file)
        content = (
            files.write_file(services, found, again, file=len(found.files) + 1, at=at) if again else None
        )
        runs.replace_file(run, file.file, content=content, at=at)
        log.warning("payout_file_replaced", run=run, file=file.file)


def _call(settlement: Settlement) -> bytes:
    return fund_calls.settle(
        programme=settlement.programme,
        shop=settlement.shop,
        amount_cents=settlement.amount_cents,
        payment_reference=settlement.payment_reference,
    )
