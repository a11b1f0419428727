# SPDX-License-Identifier: EUPL-1.2
"""A backup made while tills pay: restored, it starts, every payment from before it is there, and the audit is clean."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from pathlib import Path

from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.key_changes import snapshot_key_of
from kindpakket.settings import Settings
from tests.chain.support import Clock
from tests.end_to_end.server import COMMAND, Server
from tests.end_to_end.test_crash import HOUSEHOLDS, TILLS, PayingTill, wait_for
from tests.support import found_town

CHAIN_ID = 72910


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=False)


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
        tills = [PayingTill(town) for _ in range(TILLS)]
        for till in tills:
            till.start()
        wait_for(lambda: sum(len(till.green) for till in tills) >= 20)
        before = [list(till.green) for till in tills]
        made = command("backup", file, "--data-dir", server.data_dir, "--with-passphrase")
        assert made.returncode == 0, made.stderr
        seen = sum(len(till.green) for till in tills)
        wait_for(lambda: sum(len(till.green) for till in tills) >= seen + 5)
        for till in tills:
            till.stopping = True
        for till in tills:
            till.join(timeout=60)
        assert [till.faults for till in tills] == [[]] * TILLS
        server.kill()

        put_back = command("restore", file, "--data-dir", restored.data_dir)
        assert put_back.returncode == 0, put_back.stderr
        restored.start()
        inspected = command("inspect", "--data-dir", restored.data_dir)
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
