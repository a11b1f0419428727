# SPDX-License-Identifier: EUPL-1.2
"""The audit of a real contract on a node that is not ours; then of one whose storage or history was tampered with.

audit
├── given an honest chain
│   ├── it agrees, and states each programme's money
│   ├── when payments go on while it asks, they are read too
│   ├── it still has every published head, as JSON or as the public page's file
│   └── the command says so, with code 0, in words and as JSON
├── given a chain that lies
│   ├── it names the voucher, shop, programme, till or ticket whose storage was changed
│   └── it names the published head that the chain no longer has
└── given something that cannot be audited
    └── the command says why, with code 2
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from kindpakket.audit import Finding, audit
from kindpakket.audit.heads import Head, check_heads, read_heads
from kindpakket.chain.artifacts import load_artifacts
from kindpakket.chain.witness import Witness
from kindpakket.cli import app
from kindpakket.hashes import keccak
from kindpakket.tickets import keys
from kindpakket.tickets.heads import HeadTree
from tests.chain.node import Node
from tests.chain.support import SHOP, TILL, Town


@pytest.fixture
def witness(node: Node, town: Town) -> Iterator[Witness]:
    witness = Witness(node.url, contract=town.fund.address)
    yield witness
    witness.close()


def run(node: Node, contract: str, *more: str) -> Any:
    outcome = CliRunner().invoke(app, ["audit", "--rpc", node.url, "--contract", contract, *more])
    # The command set logs to go to its own standard error, which is closed now.
    structlog.reset_defaults()
    return outcome


def test_an_honest_chain_agrees(witness: Witness) -> None:
    statement = audit(witness)
    assert statement.findings == ()
    (programme,) = statement.programmes
    assert (programme.deposited_cents, programme.issued_cents) == (1_000_000, 30_000)
    assert (programme.redeemed_cents, programme.settled_cents, programme.owed_cents) == (2_000, 700, 1_300)
    assert (programme.on_vouchers_cents, programme.redemption_count) == (28_000, 2)


def test_payments_that_go_on_meanwhile_are_no_findings(
    town: Town, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = witness.ask
    tickets = iter((20, 21, 22))

    def ask_while_somebody_pays(questions: Any) -> Any:
        number = next(tickets, None)
        if number is not None:
            town.fund.execute(town.redeem(number=number), sender=town.deployment.accounts.relayer)
        return ask(questions)

    monkeypatch.setattr(witness, "ask", ask_while_somebody_pays)
    statement = audit(witness)
    assert next(tickets, None) is None, "they went on for as long as it asked"
    assert statement.findings == ()
    assert statement.programmes[0].redemption_count == 5


def test_published_heads_are_still_there(witness: Witness) -> None:
    last = witness.head()
    heads = [Head("2026-11-18", 1, witness.block_hash(1)), Head("2026-11-19", last.number, last.hash)]
    assert audit(witness, heads=heads).agrees


def test_the_command_says_that_all_agrees(node: Node, town: Town, witness: Witness, tmp_path: Path) -> None:
    head = witness.head()
    file = tmp_path / "heads.json"
    file.write_text(
        json.dumps(
            {"heads": [{"on": "2026-11-19", "block": head.number, "hash": f"0x{head.hash.hex()}", "at": 1}]}
        )
    )
    told = run(node, town.fund.address, "--heads", str(file))
    assert told.exit_code == 0
    assert "All agrees" in told.stdout
    statement = json.loads(run(node, town.fund.address, "--json").stdout)
    assert statement["agrees"] is True
    assert statement["programmes"][0]["redeemedCents"] == 2_000


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_file_of_the_public_page_is_one_of_heads(
    node: Node, town: Town, witness: Witness, tmp_path: Path, version: int
) -> None:
    head = witness.head()
    root = HeadTree(witness.block_hashes(0, head.number), first_block=0).root
    names = "on,first_block,block,hash,root,at"
    line = f"2026-11-19,0,{head.number},0x{head.hash.hex()},0x{root.hex()},1"
    if version == 2:
        names += ",version,deposited_cents,unallocated_cents,on_vouchers_cents,owed_cents,settled_cents,withdrawn_cents"
        line += ",2,1000000,970000,28000,1300,700,0"
    if version == 3:
        names += ",version,deposited_cents,unallocated_cents,on_vouchers_cents,spent_cents,withdrawn_cents"
        line += ",3,1000000,970000,28000,2000,0"
    file = tmp_path / "controlegetallen.csv"
    file.write_bytes(f"{names}\r\n{line}\r\n".encode())
    assert run(node, town.fund.address, "--heads", str(file)).exit_code == 0
    file.write_bytes(f"{names}\r\n{line.replace(root.hex(), '99' * 32)}\r\n".encode())
    told = run(node, town.fund.address, "--heads", str(file))
    assert told.exit_code == 1
    assert "head: its root" in told.stdout


def _slot(mapping: str, key: int | bytes) -> int:
    word = key.to_bytes(32, "big") if isinstance(key, int) else key.rjust(32, b"\0")
    return int.from_bytes(keccak(word + load_artifacts()["slots"][mapping].to_bytes(32, "big")), "big")


TAMPERED: dict[str, tuple[Callable[[], int], int]] = {
    "voucher 1": (lambda: _slot("_vouchers", 1), 1 << 160),
    f"shop {SHOP} in programme 1": (lambda: _slot("_shopAccounts", 1 << 16 | SHOP), 1),
    "programme 1": (lambda: _slot("_programmes", 1) + 1, 1),
    f"till 0x{keys.address_of(TILL).hex()}": (lambda: _slot("shopOfTill", keys.address_of(TILL)), 1),
    "ticket 9 of voucher 1": (lambda: _slot("_ticketUses", 1 << 16 | 1), 1 << 32),
}


@pytest.mark.parametrize("where", TAMPERED)
def test_changed_storage_is_named(node: Node, town: Town, witness: Witness, where: str) -> None:
    place, more = TAMPERED[where]
    slot = hex(place())
    word = int(node.rpc.request("eth_getStorageAt", town.fund.address, slot, "latest"), 16)
    node.rpc.request("anvil_setStorageAt", town.fund.address, slot, f"0x{word + more:064x}")
    assert [(finding.rule, finding.where) for finding in audit(witness).findings] == [("storage", where)]
    assert run(node, town.fund.address).exit_code == 1


def test_a_rewritten_history_is_named(node: Node, town: Town, witness: Witness, tmp_path: Path) -> None:
    there = witness.block_hash(2)
    heads = [Head("2026-11-18", 2, b"\1" * 32), Head("2026-11-19", 9_999, there)]
    assert check_heads(witness, heads) == [
        Finding("head", "2026-11-18, block 2", f"0x{'01' * 32}", f"0x{there.hex()}"),
        Finding("head", "2026-11-19, block 9999", f"0x{there.hex()}", "no such block"),
    ]
    file = tmp_path / "heads.json"
    file.write_text(json.dumps({"heads": [{"on": "2026-11-18", "block": 2, "hash": "0x" + "01" * 32}]}))
    assert len(read_heads(file.read_text())) == 1
    told = run(node, town.fund.address, "--heads", str(file), "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["findings"][0]["rule"] == "head"


def test_what_cannot_be_audited_is_told(node: Node, town: Town, tmp_path: Path) -> None:
    nothing = run(node, "0x" + "99" * 20)
    assert nothing.exit_code == 2
    assert "there is no fund" in nothing.output
    file = tmp_path / "heads.json"
    file.write_text("[]")
    assert run(node, town.fund.address, "--heads", str(file)).exit_code == 2
