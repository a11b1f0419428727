# SPDX-License-Identifier: EUPL-1.2
"""An accountant from outside audits a running municipality: with a key, over the API, on either engine.

Given a running server
  when the accountant has a key: the audit passes, with published heads and with every event proved
  when anvil was lost and started anew, elsewhere, meanwhile: it passes all the same
  when the key is missing, wrong, taken back or of another kind: the audit is not done, and says why at once
  when the key would be read on the way: it is not sent
Given whoever runs the server
  they make a key, list the keys and take one back, beside the running server; the log of staff has it
"""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain_queries import answering
from kindpakket.cli import app
from kindpakket.registry.staff_log import Action
from tests.ledger.databases import environment_of

from .conftest import Served


def run(*arguments: str, environment: dict[str, str] | None = None) -> Any:
    outcome = CliRunner().invoke(app, list(arguments), env=environment)
    # The command set logs to go to its own standard error, which is closed now.
    structlog.reset_defaults()
    return outcome


def run_beside(served: Served, *arguments: str) -> Any:
    """Run a command on the data folder of a server that runs."""
    data_dir = served.services.settings.data_dir
    return run(*arguments, "--data-dir", str(data_dir), environment=environment_of(data_dir))


def audit(served: Served, key: str, folder: Path, *more: str) -> Any:
    file = folder / "key"
    file.write_text(f"{key}\n")
    contract = served.services.fund.address
    return run(
        "audit", "--rpc", served.queries, "--contract", contract, "--key-file", str(file), "--json", *more
    )


@pytest.mark.parametrize("more", [(), ("--prove",)])
def test_an_accountant_with_a_key_audits_the_running_server(
    served: Served, tmp_path: Path, more: tuple[str, ...]
) -> None:
    heads = tmp_path / "heads.json"
    heads.write_text(served.heads)
    told = audit(served, served.new_key(), tmp_path, "--heads", str(heads), *more)
    assert told.exit_code == 0, told.output
    statement = json.loads(told.stdout)
    assert (statement["agrees"], statement["headsCount"]) == (True, 1)
    assert statement["programmes"][0]["redeemedCents"] == 600


def test_the_audit_finds_the_chain_where_it_is_after_anvil_was_lost(embedded: Served, tmp_path: Path) -> None:
    chain = embedded.services.chain
    assert isinstance(chain, EmbeddedChain)
    before, process = chain.node_url, chain.process_ids[-1]
    os.kill(process, signal.SIGKILL)
    told = audit(embedded, embedded.new_key(), tmp_path, "--prove")
    assert told.exit_code == 0, told.output
    assert chain.node_url != before, "it is somewhere else now"


def test_the_key_file_may_be_named_by_the_environment(
    embedded: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text(embedded.new_key())
    monkeypatch.setenv("KINDPAKKET_AUDIT_KEY_FILE", str(file))
    told = run("audit", "--rpc", embedded.queries, "--contract", embedded.services.fund.address)
    assert told.exit_code == 0, told.output


def test_without_a_key_that_works_the_audit_is_not_done_and_says_why(
    embedded: Served, tmp_path: Path
) -> None:
    wrong = f"kindpakket-audit-{'x' * 43}"
    for key in (wrong, "een ander", "sleutel", "e" * 64):
        told = audit(embedded, key, tmp_path)
        assert told.exit_code == 2
        assert "the key is missing, wrong or ended" in told.output or "does not hold a key" in told.output
    told = run("audit", "--rpc", embedded.queries, "--contract", embedded.services.fund.address)
    assert told.exit_code == 2
    assert "(401)" in told.output


def test_a_key_is_not_sent_where_others_could_read_it(embedded: Served, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(embedded.new_key())
    for address in (
        "http://kindpakket.example/api/v1/chain-queries",
        "http://10.0.0.1/",
        "http://localhost.example/",
    ):
        told = run(
            "audit", "--rpc", address, "--contract", embedded.services.fund.address, "--key-file", str(file)
        )
        assert told.exit_code == 2
        assert "over https only" in told.output


def test_the_audit_asks_for_less_when_it_is_told_less_at_once(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "ANSWER_BYTES", 20_000)
    told = audit(served, served.new_key(), tmp_path, "--prove")
    assert told.exit_code == 0, told.output


def test_whoever_runs_the_server_makes_lists_and_ends_keys_beside_it(
    embedded: Served, tmp_path: Path
) -> None:
    made = run_beside(embedded, "audit-key", "make", "Bakker  Accountants", "--days", "30")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert re.fullmatch(r"kindpakket-audit-[\w-]{43}", key), "the key stands on its own on standard output"
    assert audit(embedded, key, tmp_path).exit_code == 0
    listed = run_beside(embedded, "audit-key", "list").stdout
    (number,) = re.findall(r"(\d+)  Bakker Accountants: works until", listed)
    assert key not in listed
    for _ in range(2):
        assert run_beside(embedded, "audit-key", "end", number).exit_code == 0
    assert audit(embedded, key, tmp_path).exit_code == 2
    entries = [
        (entry.action, entry.staff_name)
        for entry in embedded.services.registry.staff_log.all()
        if entry.about == f"audit_key={number}" and entry.outcome == "done"
    ]
    assert entries == [
        (Action.AUDIT_KEY_MADE, "kindpakket"),
        (Action.CHAIN_READ, "kindpakket"),
        (Action.AUDIT_KEY_ENDED, "kindpakket"),
    ], "read once that day, however often it asked"


def test_what_cannot_be_made_or_ended_is_told(embedded: Served, tmp_path: Path) -> None:
    assert run_beside(embedded, "audit-key", "end", "9999").exit_code == 1
    assert run("audit-key", "make", "x", "--data-dir", str(tmp_path / "niets")).exit_code == 1
    for name, days in (("", "30"), ("x" * 61, "30"), ("a\x07", "30"), ("x", "0"), ("x", "401")):
        assert run_beside(embedded, "audit-key", "make", name, "--days", days).exit_code == 2
