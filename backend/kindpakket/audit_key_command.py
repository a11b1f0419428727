# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket audit-key ...`: make, list and end the keys with which an accountant from outside reads the chain.

For whoever runs the server; also while it runs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import audit_keys
from .registry.store import Registry
from .settings import Settings, default_data_dir

DataDir = Annotated[
    Path, typer.Option(help="Journal, stores and keys.", envvar="KINDPAKKET_DATA_DIR", file_okay=False)
]
MOST_CHARACTERS = 60

app = typer.Typer(no_args_is_help=True, help="Keys with which an accountant from outside reads the chain.")
console = Console(highlight=False)
errors_console = Console(stderr=True, highlight=False)


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Whose key it is: the accountant's firm.")],
    days: Annotated[int, typer.Option(help="How long it works.", min=1, max=audit_keys.LONGEST_DAYS)] = 30,
    data_dir: DataDir = default_data_dir(),
) -> None:
    """Make a key, and print it: once, on a line of its own."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MOST_CHARACTERS or not name.isprintable():
        raise typer.BadParameter(f"a name of 1 to {MOST_CHARACTERS} characters", param_hint="NAME")
    with _registry(data_dir) as registry:
        key, made = audit_keys.make(registry, name=name, days=days, now=int(time.time()))
    errors_console.print(f"Key {made.audit_key} of {made.name}, until {_day(made.ends_at)}:", soft_wrap=True)
    typer.echo(key)


@app.command("list")
def list_keys(data_dir: DataDir = default_data_dir()) -> None:
    """Tell which keys there are, and until when each works or worked."""
    now = int(time.time())
    with _registry(data_dir) as registry:
        for one in registry.audit_keys.all():
            works = "works until" if one.ends_at > now else "ended on"
            console.print(f"{one.audit_key}  {one.name}: {works} {_day(one.ends_at)}", soft_wrap=True)


@app.command()
def end(
    number: Annotated[int, typer.Argument(help="Of the key.", min=1)], data_dir: DataDir = default_data_dir()
) -> None:
    """Take a key back, at once."""
    with _registry(data_dir) as registry:
        ended = audit_keys.end(registry, number, now=int(time.time()))
    if ended is None:
        errors_console.print(f"There is no key {number}.")
        raise typer.Exit(1)
    console.print(f"Key {ended.audit_key} of {ended.name} works no more.", soft_wrap=True)


@contextlib.contextmanager
def _registry(data_dir: Path) -> Iterator[Registry]:
    if not data_dir.is_dir():
        errors_console.print(f"There is no installation in {data_dir}.", soft_wrap=True)
        raise typer.Exit(1)
    with contextlib.closing(Registry(Settings(data_dir=data_dir).registry_address)) as registry:
        yield registry


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
