# SPDX-License-Identifier: EUPL-1.2
"""Approving, by another member of staff than who prepared: a whole run, or payments that are to be made again.

From then on there is a file with exact bytes. It leaves only when the chain has what it pays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog

from kindpakket.bank.accounts import IbanInvalid, read_iban
from kindpakket.errors import (
    ContractRefusal,
    Failure,
    PayoutFileAltered,
    PayoutProposalChanged,
    PayoutRunDecided,
    PayoutRunOutdated,
    PayoutUnfinished,
    RequestInvalid,
    SamePerson,
)
from kindpakket.registry.payout_rows import Payee, Run
from kindpakket.services import Services

from . import files, settling

log = structlog.get_logger(__name__)

MOST_OF_NAME = 70


def approve(services: Services, *, run: int, staff: int) -> Run:
    """Approve a run: keep the file, tell the chain, and return the run when its file may leave.

    Raises:
        PayoutRunUnknown: There is no such run.
        PayoutRunDecided: It was approved or cancelled before.
        SamePerson: The one who prepared it.
        SignInRequired, RoleRequired: They may not approve any more by the time it is their turn.
        PayoutRunOutdated: A shop is owed less by now, owes by now while its merchant is paid for another, or is paid on
            another account.
        PayoutFileAltered: A payment has another amount than its settlements; nothing was done.
        PayoutUnfinished: It is approved; what the chain does not have yet follows by itself.
    """
    with services.one_at_a_time:
        found = services.registry.payout_runs.run(run)
        if found.state != "prepared":
            raise PayoutRunDecided(run=run)
        if found.prepared_by == staff:
            raise SamePerson
        _refuse_outdated(services, found)
        at = services.now()
        content = files.write_file(services, found, found.proposed, file=1, at=at)
        services.registry.payout_runs.approve(run, staff=staff, at=at, content=content)
        log.info("payout_run_approved", run=run, amount_cents=found.amount_cents)
        _tell_chain(services, run)
    return services.registry.payout_runs.run(run)


def propose_again(services: Services, *, run: int, transfer: int, name: str, iban: str, staff: int) -> Run:
    """Propose to pay a transfer that came back once more, to this account. Nothing is settled again.

    The account is for that payment only; what a merchant is paid on from then on changes as `merchant_accounts` says.

    Raises:
        RequestInvalid: The name or the IBAN cannot be right.
        PayoutRunUnknown: There is no such run.
        TransferNotReturned: There is no such transfer, or it did not come back.
    """
    holder, account = _read_account(name, iban)
    with services.one_at_a_time:
        services.registry.payout_payments.propose_again(run, transfer, name=holder, iban=account, staff=staff)
    log.info("payout_proposed_again", run=run, transfer=transfer)
    return services.registry.payout_runs.run(run)


def approve_again(services: Services, *, run: int, payments: Collection[str], staff: int) -> Run:
    """Approve the payments of a run that are to be made again: they are one next file.

    Each proposal is a payment with an id of its own, whose account stays as it is: so the ids say what was seen.

    Args:
        services: What it works with.
        run: The run.
        payments: The end-to-end ids of all proposals that the approver saw.
        staff: Who approves.

    Raises:
        PayoutRunUnknown: There is no such run.
        PayoutRunDecided: Nothing waits for approval.
        PayoutProposalChanged: Something else is proposed than what was seen, or something more or less.
        SamePerson: One who proposed one of them.
        SignInRequired, RoleRequired: They may not approve any more by the time it is their turn.
        PayoutUnfinished: It is approved; what the chain does not have yet follows by itself.
    """
    with services.one_at_a_time:
        found = services.registry.payout_runs.run(run)
        if found.settled_at is None or not found.proposed:
            raise PayoutRunDecided(run=run)
        if {one.end_to_end_id for one in found.proposed} != set(payments):
            raise PayoutProposalChanged(run=run)
        if any(one.proposed_by == staff for one in found.proposed):
            raise SamePerson
        at = services.now()
        content = files.write_file(services, found, found.proposed, file=len(found.files) + 1, at=at)
        file = services.registry.payout_payments.approve_again(
            found.proposed, content=content, staff=staff, at=at
        )
        log.info("payout_approved_again", run=run, file=file, count=len(found.proposed))
        _tell_chain(services, run)
    return services.registry.payout_runs.run(run)


def _refuse_outdated(services: Services, run: Run) -> None:
    payees = services.registry.payout_runs.payees()
    for transfer in run.transfers:
        frozen = Payee(transfer.merchant, transfer.newest.name, transfer.newest.iban)
        for one in transfer.settlements:
            if payees.get(one.shop) != frozen:
                raise PayoutRunOutdated(run=run.run, shop=one.shop)
    for one in run.settlements:
        account = services.fund.shop_account(one.programme, one.shop)
        if account.net_cents - account.settled_cents < one.amount_cents:
            raise PayoutRunOutdated(run=run.run, shop=one.shop)
    _refuse_new_debts(services, run, payees)


def _refuse_new_debts(services: Services, run: Run, payees: Mapping[int, Payee]) -> None:
    """Go on only when no merchant is paid more of a programme than its shops are owed together by now."""
    paid_cents: dict[tuple[int, int], int] = {}
    for transfer in run.transfers:
        for one in transfer.settlements:
            whose = (one.programme, transfer.merchant)
            paid_cents[whose] = paid_cents.get(whose, 0) + one.amount_cents
    for (programme, merchant), cents in paid_cents.items():
        accounts = {
            shop: services.fund.shop_account(programme, shop)
            for shop, payee in payees.items()
            if payee.merchant == merchant
        }
        owed_cents = {shop: one.net_cents - one.settled_cents for shop, one in accounts.items()}
        if cents > sum(owed_cents.values()):
            raise PayoutRunOutdated(run=run.run, shop=min(owed_cents, key=lambda shop: owed_cents[shop]))


def _tell_chain(services: Services, run: int) -> None:
    try:
        settling.finish_run(services, run)
    except PayoutFileAltered:
        raise
    except (ContractRefusal, Failure) as error:
        log.error("payout_run_unfinished", run=run, because=error.reason())
        raise PayoutUnfinished(f"payout run {run} continues by itself") from error


def _read_account(name: str, iban: str) -> tuple[str, str]:
    holder = " ".join(name.split())
    errors = []
    if not 1 <= len(holder) <= MOST_OF_NAME:
        errors.append({"at": "name", "message": f"must be a name of 1 to {MOST_OF_NAME} characters"})
    try:
        account = read_iban(iban)
    except IbanInvalid:
        message = "must be an IBAN of a country in SEPA whose check digits fit"
        errors.append({"at": "iban", "message": message})
        account = ""
    if errors:
        raise RequestInvalid(errors=errors)
    return holder, account
