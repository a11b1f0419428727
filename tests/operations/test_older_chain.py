# SPDX-License-Identifier: EUPL-1.2
"""A chain that is older than what follows from it is refused at the start, and never goes on.

Given an installation whose ledger or registry has what its chain lacks
  when the server starts, it refuses, and says what is lacking and what to do: the ledger is further, a check number was
  published of a later block or of another, the staff log or a payout is on record later, a voucher is not there
Given a journal that is gone, begun anew, or put back from before
  when the server starts, it refuses, and makes no other journal
  when a command would add to it, it is refused; what only looks is not
Given a chain that is further than its ledger, as after a crash: it starts
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from kindpakket import older_chain
from kindpakket.chain import fund as fund_calls
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import ChainMismatch
from kindpakket.main import open_services, services_on
from kindpakket.registry.heads import Head
from kindpakket.registry.payout_rows import NewSettlement, NewTransfer
from kindpakket.registry.staff_log import Anchor
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.staff import ALL_ROLES
from tests.end_to_end.server import COMMAND
from tests.ledger.databases import connect, environment_of, settings_in
from tests.support import Town

LATER = 1_000
HASH = b"\x07" * 32


def publish(services: Services, block: int) -> None:
    head = Head(on=date(2026, 1, 2), first_block=0, block=block, hash=HASH, root=HASH, at=1)
    services.registry.heads.publish(head)


def book_later(services: Services, _town: Town) -> None:
    first = services.ledger.next_block()
    services.ledger.book([], first_block=first, last_block=LATER, block_hash=HASH)


def publish_later(services: Services, _town: Town) -> None:
    publish(services, LATER)


def publish_another(services: Services, _town: Town) -> None:
    publish(services, 1)


def anchor_later(services: Services, _town: Town) -> None:
    services.registry.staff_log.note_anchor(Anchor(entry=1, block=LATER, at=1))


def give_out_later(services: Services, _town: Town) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text(f"UPDATE letter_voucher SET voucher = {LATER} WHERE voucher = 1"))


def pay_out_later(services: Services, town: Town) -> None:
    kept = services.registry.payout_runs
    shop, *_ = town.shops
    anna, bram = (services.registry.staff.ensure_member(name, roles=ALL_ROLES) for name in ("Anna", "Bram"))
    transfer = NewTransfer(kept.payees()[shop], (NewSettlement(town.programme, shop, 100),))
    run = kept.prepare([transfer], [], programme=None, staff=anna, at=1, block=1)
    kept.approve(run, staff=bram, at=2, content=b"a file")
    kept.mark_anchored(run, 1, block=LATER)


@pytest.mark.parametrize(
    ("go_on", "lacks"),
    [
        (book_later, f"block {LATER} was booked in the ledger, and the chain ends at block"),
        (publish_later, f"block {LATER} was published on 2026-01-02, and the chain ends at block"),
        (publish_another, "block 1 was published on 2026-01-02, and the chain has another block there"),
        (anchor_later, f"block {LATER} has the staff log on record, and the chain ends at block"),
        (pay_out_later, f"block {LATER} has a payout on record, and the chain ends at block"),
        (give_out_later, f"the registry knows voucher {LATER}, and the chain ends at voucher 6"),
    ],
)
def test_a_start_refuses_a_chain_that_lacks_what_followed_from_it(
    services: Services,
    town: Town,
    chain: TesterChain,
    go_on: Callable[[Services, Town], None],
    lacks: str,
) -> None:
    services.follower.catch_up()
    older_chain.refuse_older_chain(services)
    go_on(services, town)
    head = chain.head()
    with (
        pytest.raises(ChainMismatch, match=f"{lacks}.*Put back the newest chain/journal.db"),
        services_on(services.settings, chain, now=chain.now),
    ):
        pass
    assert chain.head() == head
    # A command that only looks may, to find out what is lacking.
    with services_on(services.settings, chain, now=chain.now, follow=False):
        pass


def test_a_start_goes_on_with_a_ledger_that_a_crash_left_behind_its_chain(
    services: Services, town: Town, chain: TesterChain
) -> None:
    services.follower.catch_up()
    execute(services, 1)
    with services_on(services.settings, chain, now=chain.now) as again:
        assert again.follower.catch_up() == chain.head().number


def test_an_older_journal_or_none_is_refused_and_nothing_made_of_it(keystore: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(keystore, data_dir)
    settings = settings_in(data_dir)
    with open_services(settings, follow=False) as services:
        execute(services, 1)
    shutil.copytree(settings.chain_folder, tmp_path / "older")
    with open_services(settings, follow=False) as services:
        booked = execute(services, 2)
        services.follower.catch_up()

    _put_back(settings, tmp_path / "older")
    with pytest.raises(ChainMismatch, match=f"block {booked} was booked"), open_services(settings):
        pass
    for command in (["rotate-key", "issuer"], ["anchor-staff-log"], ["publish-head"]):
        ended = subprocess.run(
            [*COMMAND, *command, "--data-dir", str(data_dir)],
            capture_output=True,
            text=True,
            check=False,
            env=environment_of(data_dir),
        )
        assert (ended.returncode, ended.stdout) == (1, "")
        assert f"block {booked} was booked" in ended.stderr
    with open_services(settings, follow=False) as services:
        assert services.chain.head().number == booked - 1
    _put_back(settings, None)
    for _ in range(2):
        with pytest.raises(ChainMismatch, match="the chain that it is on, is not there"):
            open_services(settings).__enter__()
        assert not (settings.chain_folder / "journal.db").exists()
    # What an empty file in its place begins is no chain with the contract on it.
    settings.chain_folder.mkdir()
    (settings.chain_folder / "journal.db").touch()
    with pytest.raises(ChainMismatch, match="tells of a contract in block 1, and the chain ends at block 0"):
        open_services(settings).__enter__()


def _put_back(settings: Settings, older: Path | None) -> None:
    shutil.rmtree(settings.chain_folder)
    if older is not None:
        shutil.copytree(older, settings.chain_folder)


def execute(services: Services, number: int) -> int:
    call = fund_calls.anchor(hash=bytes([number]) * 32)
    return services.fund.execute(call, sender=services.accounts.issuer).receipt.block
