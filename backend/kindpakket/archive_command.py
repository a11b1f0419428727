# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket backup` and `kindpakket restore`: an installation into one file, and out of it again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from . import archives
from .archives import ArchiveRefused
from .settings import Settings, default_data_dir

telling = Console(highlight=False)
telling_faults = Console(stderr=True, highlight=False)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make; there must be none of that name.")],
    data_dir: Annotated[
        Path, typer.Option(help="Journal, stores and keys.", envvar="KINDPAKKET_DATA_DIR", file_okay=False)
    ] = default_data_dir(),
    with_passphrase: Annotated[
        bool,
        typer.Option(
            "--with-passphrase",
            help="Also take the passphrase kept beside the keystore. Who has such a file can spend as you do.",
        ),
    ] = False,
    with_admin: Annotated[
        bool,
        typer.Option(
            "--with-admin",
            help="Also take the admin's key, if it is there. It belongs in a safe, and not into daily backups.",
        ),
    ] = False,
    without_registry: Annotated[
        bool,
        typer.Option(
            "--without-registry", help="The registry is in PostgreSQL, and you saved it there first."
        ),
    ] = False,
) -> None:
    """Save the whole installation in one file, also while the server runs. For cron.

    The passphrase of the keystore and the admin's key are not in it: keep those elsewhere. All else that is secret is,
    and all that is known of shops and families: keep the file as you keep the data folder.
    """
    try:
        manifest = archives.make(
            Settings(data_dir=data_dir),
            file,
            now=int(time.time()),
            with_passphrase=with_passphrase,
            with_admin=with_admin,
            without_registry=without_registry,
        )
    except ArchiveRefused as refusal:
        _refuse(refusal)
    size = file.stat().st_size / 1_000_000
    telling.print(f"Saved up to block {manifest.block} in {file}, {size:.1f} MB.", soft_wrap=True)
    if not manifest.has_passphrase:
        telling.print(
            f"Not in it: the keystore's passphrase{'' if manifest.has_registry else ', the registry'}."
        )
    if not with_admin and (data_dir / "keystore" / "admin.json").exists():
        telling.print("Not in it either: the admin's key. Take that into a safe.")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    data_dir: Annotated[Path, typer.Option(help="A new folder; never taken from the environment.")],
) -> None:
    """Put a saved installation into a new folder, and say what it still needs. Stop the server that was saved first."""
    try:
        manifest = archives.restore(file, data_dir)
    except ArchiveRefused as refusal:
        _refuse(refusal)
    made_at = time.strftime("%Y-%m-%d %H:%M", time.localtime(manifest.made_at))
    telling.print(
        f"Restored into {data_dir}, as it was at {made_at}, up to block {manifest.block}.", soft_wrap=True
    )
    if not manifest.has_registry:
        telling.print(
            "Restore the registry into PostgreSQL, and name its database by KINDPAKKET_DATABASE_URL, as before.",
            soft_wrap=True,
        )
    if not manifest.has_passphrase:
        telling.print(
            "Set KINDPAKKET_KEYSTORE_PASSPHRASE, or put keystore.passphrase back into the folder.",
            soft_wrap=True,
        )
    telling.print(
        "Before any payout, ask the bank which payment files left since then, for what is restored does not know of"
        " them (docs/running.md, Backup and restore).",
        soft_wrap=True,
    )
    telling.print(
        f"Then: kindpakket verify-journal --data-dir {data_dir}; kindpakket serve --data-dir {data_dir}",
        soft_wrap=True,
    )


def _refuse(refusal: ArchiveRefused) -> NoReturn:
    telling_faults.print(str(refusal), soft_wrap=True)
    raise typer.Exit(1)
