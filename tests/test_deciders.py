# SPDX-License-Identifier: EUPL-1.2
"""Whoever decides may do so at the moment of deciding, not only when they asked.

Given something that waits for an approver, who asked while another held the lock that keeps deciders apart
  when they are removed before it is their turn: refused, as somebody who is not signed in
  when the role is taken away before it is their turn: refused, as somebody without it
  and nothing was decided, and the log says so
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import pytest

from kindpakket import members, merchant_accounts, payout_runs, shop_applications, staff, staff_log
from kindpakket.demo.api_client import Refused
from kindpakket.registry.application_rows import Terms
from kindpakket.services import Services
from kindpakket.staff import ALL_ROLES, Role
from tests.payout_runs.bank import OUR_IBAN, entry, statement
from tests.payout_runs.conftest import Shopping
from tests.shop_applications.conftest import TOYS, written
from tests.support import InProcess, Town, sign_in

NEW_IBAN = "NL02ABNA0123456789"


@dataclass(frozen=True)
class Waiting:
    """What waits: how it is decided, and what would be otherwise then."""

    path: str
    body: dict[str, Any] | None
    standing: Callable[[], object]


class LockOfAnother:
    """A lock for which one has to wait until something else was done."""

    def __init__(self, lock: AbstractContextManager[object], meanwhile: Callable[[], None]) -> None:
        """Let this be done while the first one waits."""
        self._lock = lock
        self._meanwhile: Callable[[], None] | None = meanwhile

    def __enter__(self) -> None:
        """Wait."""
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self._lock.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one in."""
        self._lock.__exit__(kind, error, trace)


@pytest.fixture
def anna(services: Services) -> int:
    """Who prepared it."""
    return services.registry.staff.ensure_member("Anna", roles=ALL_ROLES)


@pytest.fixture
def approver(services: Services, new_client: Callable[[], InProcess]) -> InProcess:
    """Who decides, and may do nothing else."""
    approver = new_client()
    sign_in(services, approver, name="Ada", roles=[Role.APPROVER])
    return approver


def wait_for_a_run(services: Services, town: Town, anna: int) -> Waiting:
    services.settings = services.settings.model_copy(update={"payout_iban": OUR_IBAN})
    Shopping(town, town.new_phone()).pay(town.shops[0], 3745)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    return Waiting(
        f"/payout-runs/{run}/approvals", None, lambda: services.registry.payout_runs.run(run).state
    )


def wait_for_a_proposal(services: Services, town: Town, anna: int) -> Waiting:
    first = wait_for_a_run(services, town, anna)
    bram = services.registry.staff.ensure_member("Bram", roles=ALL_ROLES)
    payout_runs.approve(services, run=1, staff=bram)
    back = statement(entry("KP-1-1-1", "37.45", returned="AC04"))
    payout_runs.import_statement(services, content=back, staff=anna)
    payout_runs.propose_again(services, run=1, transfer=1, name="Jansen", iban=NEW_IBAN, staff=anna)
    return Waiting(
        first.path,
        {"payments": ["KP-1-1-2"]},
        lambda: services.registry.payout_runs.run(1).transfers[0].state,
    )


def wait_for_an_account(services: Services, town: Town, anna: int) -> Waiting:
    shop = town.shops[0]
    change = merchant_accounts.propose(
        services, shop=shop, name="Jansen", iban=NEW_IBAN, because="mistake", staff=anna
    )
    return Waiting(
        f"/shops/{shop}/account-changes/{change.change}/approvals",
        None,
        lambda: services.registry.merchant_accounts.of_shop(shop).iban,
    )


def wait_for_an_application(services: Services, town: Town, anna: int) -> Waiting:
    kept = services.registry.shop_applications
    application = shop_applications.apply(services, written()).application
    assessed = shop_applications.assess(
        services,
        application=application,
        version=kept.application(application).version,
        terms=[Terms(programme=town.programme, categories=(TOYS,))],
        remark="In het register gezien.",
        staff=anna,
    )
    return Waiting(
        f"/shop-applications/{application}/approvals",
        {"version": assessed.version},
        lambda: (kept.application(application).decision, services.registry.shops.names()),
    )


DECISIONS = [wait_for_a_run, wait_for_a_proposal, wait_for_an_account, wait_for_an_application]


@pytest.mark.parametrize("waits", DECISIONS)
@pytest.mark.parametrize(
    ("roles", "status", "reason"),
    [
        pytest.param(None, 401, "sign_in_required", id="removed"),
        pytest.param([Role.AUDITOR], 403, "role_required", id="role_taken_away"),
    ],
)
def test_who_may_decide_no_more_when_it_is_their_turn_is_refused(
    services: Services,
    town: Town,
    desk: InProcess,
    approver: InProcess,
    anna: int,
    waits: Callable[[Services, Town, int], Waiting],
    roles: list[Role] | None,
    status: int,
    reason: str,
) -> None:
    waiting = waits(services, town, anna)
    before = waiting.standing()
    ada = services.registry.staff.ensure_member("Ada", roles=[])
    administrator = staff.session_of(services, desk.token)
    assert administrator is not None

    def take_away() -> None:
        if roles is None:
            members.remove(services, staff=ada, by=administrator)
        else:
            members.change_roles(services, staff=ada, roles=roles, by=administrator)

    services.one_at_a_time = LockOfAnother(services.one_at_a_time, take_away)
    with pytest.raises(Refused) as refused:
        approver.ask("POST", waiting.path, waiting.body)
    assert (refused.value.status, refused.value.reason) == (status, reason)
    assert waiting.standing() == before
    lines = staff_log.list_lines(services, before=None, limit=9)
    told = next(one for one in lines if one.entry.staff_name == "Ada")
    assert (told.outcome, told.outcome_reason) == ("refused", reason)


@pytest.mark.parametrize("waits", DECISIONS)
def test_who_may_decide_when_it_is_their_turn_does(
    services: Services,
    town: Town,
    approver: InProcess,
    anna: int,
    waits: Callable[[Services, Town, int], Waiting],
) -> None:
    waiting = waits(services, town, anna)
    before = waiting.standing()
    services.one_at_a_time = LockOfAnother(services.one_at_a_time, lambda: None)
    approver.ask("POST", waiting.path, waiting.body)
    assert waiting.standing() != before
