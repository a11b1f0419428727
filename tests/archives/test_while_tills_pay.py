# SPDX-License-Identifier: EUPL-1.2
"""A backup made while tills pay: restored, it starts, every payment from before it is there, and the audit is clean.

In PostgreSQL the registry is saved and put back by PostgreSQL's own programs, as operations.md says.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import closing
from pathlib import Path

from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.key_changes import snapshot_key_of
from kindpakket.settings import Settings
from tests.chain.support import Clock
from tests.end_to_end.server import COMMAND, Server
from tests.end_to_end.test_crash import HOUSEHOLDS, TILLS, PayingTill, wait_for
from tests.ledger.databases import dump_registry, environment_of, on_postgresql, put_back_registry
from tests.support import found_town

CHAIN_ID = 72910
PAUSE_SECONDS = 0.2


class UnhurriedTill(PayingTill):
    """Pays at such a pace that a phone's 256 tickets last through a slow backup."""

    def _pay(self, shown: str) -> None:
        super()._pay(shown)
        time.sleep(PAUSE_SECONDS)


def command(*words: str | Path, of: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; of an installation, with its data folder and its databases."""
    folder = () if of is None else ("--data-dir", of)
    return subprocess.run(
        [*COMMAND, *map(str, (*words, *folder))],
        capture_output=True,
        text=True,
        check=False,
        env=None if of is None else environment_of(of),
    )


def back_up(data_dir: Path, file: Path) -> None:
    """Save the registry first where it is elsewhere, so that it never runs ahead of the chain."""
    if on_postgresql():
        dump_registry(data_dir, file.with_name("registry.sql"))
    elsewhere = ("--without-registry",) if on_postgresql() else ()
    made = command("backup", file, "--with-passphrase", *elsewhere, of=data_dir)
    assert made.returncode == 0, made.stderr


def restore(file: Path, data_dir: Path) -> None:
    """Put back both halves of a backup."""
    put_back = command("restore", file, of=data_dir)
    assert put_back.returncode == 0, put_back.stderr
    if on_postgresql():
        put_back_registry(data_dir, file.with_name("registry.sql"))


def test_a_backup_made_while_tills_pay_is_a_whole_installation(tmp_path: Path) -> None:
    server = Server(tmp_path / "first" / "data")
    server.data_dir.parent.mkdir()
    restored = Server(tmp_path / "second" / "data")
    file = tmp_path / "backup.tar.gz"
    try:
        server.start()
        desk = server.new_client()
        desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": server.sign_in_code()})["token"]
        town = found_town(
            server.new_client, desk, starts_on="2020-01-01", ends_on="2099-12-31", households=HOUSEHOLDS
        )
        tills = [UnhurriedTill(town) for _ in range(TILLS)]
        for till in tills:
            till.start()
        wait_for(lambda: sum(len(till.green) for till in tills) >= 20)
        before = [list(till.green) for till in tills]
        back_up(server.data_dir, file)
        seen = sum(len(till.green) for till in tills)
        wait_for(lambda: sum(len(till.green) for till in tills) >= seen + 5)
        for till in tills:
            till.stopping = True
        for till in tills:
            till.join(timeout=60)
        assert [till.faults for till in tills] == [[]] * TILLS
        server.kill()

        restore(file, restored.data_dir)
        restored.start()
        inspected = command("inspect", of=restored.data_dir)
        assert inspected.returncode == 0, inspected.stderr
        fund = restored.new_client().ask("GET", "/fund")
        for till, green in zip(tills, before, strict=True):
            phone = restored.new_client()
            phone.token = till.phone.client.token
            payments = phone.ask("GET", "/budgets/me/payments")["payments"]
            booked = [payment["redemptionId"] for payment in payments]
            assert set(green) <= set(booked), "every payment acknowledged before the backup began is there"
            assert len(set(booked)) == len(booked)
        pay_on(restored, tills[0])
        assert restored.stop() == 0
        audit(restored.data_dir, fund["contract"])
    finally:
        server.end()
        restored.end()


def pay_on(restored: Server, till: PayingTill) -> None:
    """Let a till that knows nothing of it go on at the restored server."""
    client = restored.new_client()
    client.token = till.till.client.token
    till.till.client = client
    till.green.clear()
    till._pay(till.phone.show_code(till.voucher, max_cents=100, expires_at=till.expires_at, number=250))
    assert (len(till.green), till.faults) == (1, [])


def audit(data_dir: Path, contract: str) -> None:
    """Redo every sum, and prove every event, from the restored chain alone."""
    with closing(
        EmbeddedChain(
            data_dir / "chain",
            chain_id=CHAIN_ID,
            clock=Clock(),
            open_snapshot_key=lambda: snapshot_key_of(Settings(data_dir=data_dir)),
        )
    ) as chain:
        done = command("audit", "--rpc", chain.node_url, "--contract", contract, "--json", "--prove")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["agrees"] is True
