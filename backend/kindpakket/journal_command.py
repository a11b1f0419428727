# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket verify-journal`: the proof that the chain's journal leads to the blocks that it recorded, all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from .chain.journal_proof import prove
from .errors import ChainMismatch, ChainUnreachable
from .settings import default_data_dir

DIFFERS, NOT_DONE = 1, 2


def verify_journal(
    data_dir: Annotated[
        Path, typer.Option(help="Journal, stores and keys.", envvar="KINDPAKKET_DATA_DIR", file_okay=False)
    ] = default_data_dir(),
) -> None:
    """Execute the whole journal once more in a chain of its own, also while the server runs, and compare each block.

    A start does so only for what its snapshot does not have. Ends with 0 if all agrees, with 1 if something differs,
    and with 2 if it was not done.
    """
    telling = Console(stderr=True, highlight=False)
    file = data_dir / "chain" / "journal.db"
    try:
        with Progress(console=telling, transient=True) as progress:
            bar = progress.add_task("Blocks", total=None)
            proof = prove(
                file, on_progress=lambda done, all_: progress.update(bar, completed=done, total=all_)
            )
    except ChainMismatch as difference:
        telling.print(str(difference), soft_wrap=True)
        raise typer.Exit(DIFFERS) from None
    except ChainUnreachable as failure:
        telling.print(str(failure), soft_wrap=True)
        raise typer.Exit(NOT_DONE) from None
    for line in proof.snapshot_faults:
        telling.print(line, soft_wrap=True)
    Console(highlight=False).print(
        f"All agrees: {proof.blocks} blocks with {proof.transactions} transactions,"
        f" up to 0x{proof.head_hash.hex()}; {proof.snapshots} fit snapshots.",
        soft_wrap=True,
    )
