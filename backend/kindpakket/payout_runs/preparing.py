# SPDX-License-Identifier: EUPL-1.2
"""Preparing a payout run: what each shop is owed less what its merchant owes, one transfer for each merchant.

Euro cents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from kindpakket import programmes
from kindpakket.bank import references
from kindpakket.errors import ChainMismatch, NothingOwed, PayoutAccountMissing
from kindpakket.ledger.figures import ShopAccount
from kindpakket.registry.payout_rows import LeftOut, NewSettlement, NewTransfer, Payee, Run
from kindpakket.services import Services

from .debts import held_back

log = structlog.get_logger(__name__)

_LOOKS = 5
"""Payments come in while ledger and contract are compared; a shop that sells on and on is looked at again."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a run would pay, and what it would not."""

    programme: int | None
    transfers: tuple[NewTransfer, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def amount_cents(self) -> int:
        """What it would pay in all."""
        return sum(one.amount_cents for one in self.transfers)


def outline(services: Services, *, programme: int | None) -> Outline:
    """Return what a run of one programme, or of all, would pay now. The ledger is held against the contract.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ChainMismatch: The ledger says of a shop what the contract does not.
    """
    if programme is None:
        chosen = [one.programme for one in programmes.list_programmes(services)]
    else:
        chosen = [programmes.programme_named(services, programme).programme]
    payees = services.registry.payout_runs.payees()
    owed: dict[Payee, list[NewSettlement]] = {}
    left_out: list[LeftOut] = []
    for one in chosen:
        accounts = services.ledger.reports.shop_accounts(one)
        owed_cents = {account.shop: _owed_cents(services, account) for account in accounts}
        held_cents = held_back(owed_cents, payees)
        for account in accounts:
            shop, payee = account.shop, payees.get(account.shop)
            paid_cents = owed_cents[shop] - held_cents.get(shop, 0) if payee else 0
            if payee is not None and paid_cents > 0:
                owed.setdefault(payee, []).append(NewSettlement(one, shop, paid_cents))
            # What is owed and not paid, or owed by the shop; nothing of one that took part all the same.
            rest_cents = owed_cents[shop] - max(paid_cents, 0)
            if rest_cents or (account.redemption_count and paid_cents <= 0):
                merchant = None if payee is None else payee.merchant
                left_out.append(LeftOut(one, shop, rest_cents, merchant))
    return Outline(
        programme=programme,
        transfers=tuple(
            NewTransfer(payee, tuple(owed[payee]))
            for payee in sorted(owed, key=lambda payee: (payee.name.casefold(), payee.merchant))
        ),
        left_out=tuple(left_out),
    )


def prepare(services: Services, *, programme: int | None, staff: int) -> Run:
    """Prepare a run: freeze what is owed now, and to which accounts. Another member of staff approves it.

    Raises:
        PayoutAccountMissing: It is not known which account pays.
        ProgrammeUnknown: There is no such programme.
        PayoutRunOpen: Another run is open.
        NothingOwed: No shop can be paid anything.
        ChainMismatch: The ledger says of a shop what the contract does not.
    """
    if not services.settings.payout_iban:
        raise PayoutAccountMissing
    with services.one_at_a_time:
        found = outline(services, programme=programme)
        if not found.transfers:
            raise NothingOwed
        run = services.registry.payout_runs.prepare(
            found.transfers,
            found.left_out,
            programme=programme,
            staff=staff,
            at=services.now(),
            block=services.chain.head().number,
            is_taken=_finder_of_lost_runs(services),
        )
    log.info("payout_run_prepared", run=run, transfers=len(found.transfers), amount_cents=found.amount_cents)
    return services.registry.payout_runs.run(run)


def cancel(services: Services, *, run: int, staff: int) -> Run:
    """Let go of a run that nobody approved yet; its money is free for another.

    Raises:
        PayoutRunUnknown: There is no such run.
        PayoutRunDecided: It was approved or cancelled before.
    """
    with services.one_at_a_time:
        services.registry.payout_runs.cancel(run, staff=staff, at=services.now())
    log.info("payout_run_cancelled", run=run)
    return services.registry.payout_runs.run(run)


def _finder_of_lost_runs(services: Services) -> Callable[[int], bool]:
    """Return what tells whether a number was a run's whose settlements only the chain knows.

    An older registry that was put back beside a chain that went on lacks the runs since. The contract takes a payment
    reference once, and a bank takes a file of one name once: a second run of the same number could do neither.
    """
    known = services.registry.payout_runs.payment_references()
    lost = [
        one
        for one in services.ledger.shop_reports.all_settlements()
        if bytes(one.payment_reference) not in known
    ]
    return lambda run: references.is_of_run(
        {bytes(one.payment_reference) for one in lost},
        run,
        programmes_and_shops={(one.programme, one.shop) for one in lost},
        most_transfers=services.ledger.shop_reports.highest_shop() if lost else 0,
    )


def _owed_cents(services: Services, account: ShopAccount) -> int:
    """Return what the contract says that a shop is owed, when the ledger says the same."""
    for _ in range(_LOOKS):
        on_chain = services.fund.shop_account(account.programme, account.shop)
        net_cents = account.redeemed_cents - account.refunded_cents
        if (on_chain.net_cents, on_chain.settled_cents) == (net_cents, account.settled_cents):
            return account.owed_cents
        services.follower.catch_up()
        accounts = services.ledger.reports.shop_accounts(account.programme)
        account = next(one for one in accounts if one.shop == account.shop)
    raise ChainMismatch(
        f"the ledger does not agree with the contract on shop {account.shop} in programme {account.programme}"
    )
