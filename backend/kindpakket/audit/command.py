# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket audit`: the audit on the command line, for people and as JSON. Needs a node and an address."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kindpakket.chain.proving import ProvingWitness
from kindpakket.chain.witness import Witness
from kindpakket.errors import Failure, ProofUnavailable
from kindpakket.units import format_euros

from .findings import Finding
from .heads import Head, HeadsUnreadable, read_heads
from .statement import OnProgress, ProgrammeStatement, Statement
from .statement import audit as make_statement

FINDINGS_SHOWN = 50
DIFFERS, NOT_DONE = 1, 2

_DOING = {"events": "Reading events, block", "storage": "Asking the contract, question"}
_LINES: list[tuple[str, str]] = [
    ("deposited_cents", "deposited"),
    ("unallocated_cents", "unallocated"),
    ("on_vouchers_cents", "on vouchers"),
    ("owed_cents", "owed to shops"),
    ("settled_cents", "settled"),
    ("withdrawn_cents", "withdrawn"),
    ("issued_cents", "issued in all"),
    ("redeemed_cents", "redeemed in all"),
    ("refunded_cents", "refunded in all"),
    ("open_debts_cents", "of which shops still owe"),
]


def audit(
    rpc: Annotated[str, typer.Option(help="Address of any node of the chain.", metavar="URL")],
    contract: Annotated[str, typer.Option(help="The contract.", metavar="ADDRESS")],
    heads: Annotated[
        Path | None,
        typer.Option(help="Published heads that the chain must still have.", exists=True, dir_okay=False),
    ] = None,
    prove: Annotated[
        bool,
        typer.Option("--prove", help="Believe the node nothing: prove each event by its block's hash."),
    ] = False,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the key that opens the node, where it needs one.",
            envvar="KINDPAKKET_AUDIT_KEY_FILE",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Redo every sum from the chain alone. Ends with 0 if all agrees, 1 if something differs, 2 if it was not done."""
    telling = Console(stderr=True, highlight=False)
    try:
        published = read_heads(heads.read_text("utf-8")) if heads else None
        key = _read_key(key_file, rpc) if key_file else ""
        with Progress(console=telling, transient=True, disable=as_json) as progress:
            statement = _make(rpc, contract, published, progress, prove=prove, key=key)
    except ProofUnavailable as unproved:
        if as_json:
            finding = Finding("proof", "the node", "what leads to its hashes", str(unproved))
            typer.echo(json.dumps({"agrees": False, "findings": [asdict(finding)]}, indent=1))
        telling.print(f"The node cannot prove what it says: {unproved}", soft_wrap=True)
        raise typer.Exit(DIFFERS) from None
    except (Failure, HeadsUnreadable, _KeyUnusable, UnicodeDecodeError) as error:
        telling.print(str(error), soft_wrap=True)
        raise typer.Exit(NOT_DONE) from None
    if as_json:
        typer.echo(json.dumps(statement.as_json(), indent=1))
    else:
        _tell(Console(highlight=False), statement)
    raise typer.Exit(0 if statement.agrees else DIFFERS)


class _KeyUnusable(ValueError):
    """The key cannot be sent."""


def _read_key(file: Path, rpc: str) -> str:
    """Return the key of a file, for an address that nobody on the way can read it from.

    Raises:
        _KeyUnusable: The file holds none, or the address is not that of a node of this machine nor reached over https.
    """
    key = file.read_text("utf-8").strip()
    if not key.isascii() or not key.isprintable() or not key or " " in key:
        raise _KeyUnusable(f"{file} does not hold a key")
    address = urlsplit(rpc)
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise _KeyUnusable("a key is sent over https only: others could read it")
    return key


def _make(
    rpc: str, contract: str, heads: list[Head] | None, progress: Progress, *, prove: bool, key: str
) -> Statement:
    witness = (ProvingWitness if prove else Witness)(rpc, contract=contract, key=key)
    try:
        return make_statement(witness, heads=heads, on_progress=_shown_by(progress))
    finally:
        witness.close()


def _shown_by(progress: Progress) -> OnProgress:
    bars = {name: progress.add_task(words, total=None) for name, words in _DOING.items()}

    def show(doing: str, done: int, total: int) -> None:
        progress.update(bars[doing], completed=done, total=total)

    return show


def _tell(console: Console, statement: Statement) -> None:
    console.print(f"Contract {statement.contract} on chain {statement.chain_id}", soft_wrap=True)
    console.print(f"Block    {statement.block} {statement.block_hash}", soft_wrap=True)
    console.print(
        f"Read     {statement.event_count:,} events; asked the contract {statement.compared_count:,} things; "
        f"{statement.heads_count} published heads",
        soft_wrap=True,
    )
    for programme in statement.programmes:
        console.print(_table_of(programme))
    if statement.agrees:
        console.print("All agrees: events, storage, invariants, published heads.")
        return
    console.print(f"{len(statement.findings)} findings:")
    for finding in statement.findings[:FINDINGS_SHOWN]:
        console.print(f"  {finding}", soft_wrap=True)
    if len(statement.findings) > FINDINGS_SHOWN:
        console.print(f"  and {len(statement.findings) - FINDINGS_SHOWN} more; --json has them all")


def _table_of(programme: ProgrammeStatement) -> Table:
    counts = (
        f"{programme.voucher_count} vouchers, {programme.activated_count} activated, "
        f"{programme.redemption_count} redemptions"
    )
    table = Table(title=f"Programme {programme.programme}", caption=counts, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, words in _LINES:
        table.add_row(words, format_euros(getattr(programme, name)))
        if name in ("deposited_cents", "withdrawn_cents"):
            table.add_section()
    return table
