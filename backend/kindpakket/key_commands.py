# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket rotate-passphrase` and `kindpakket rotate-key`: secrets of the server replaced, while it does not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import key_changes, main, older_chain, unusable_files
from .chain.files import lock_folder
from .errors import Failure, Refusal
from .key_changes import Key
from .settings import Settings, default_data_dir

DataDir = Annotated[
    Path, typer.Option(help="Journal, stores and keys.", envvar="KINDPAKKET_DATA_DIR", file_okay=False)
]


def rotate_passphrase(
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(help="Holds the other passphrase.", exists=True, dir_okay=False, readable=True),
    ] = None,
    data_dir: DataDir = default_data_dir(),
) -> None:
    """Encrypt the keystore with another passphrase. What broke off is finished by the same command."""
    settings = Settings(data_dir=data_dir)
    new = "" if new_passphrase_file is None else new_passphrase_file.read_text("utf-8").strip()
    with _told(settings), closing(lock_folder(settings.chain_folder)):
        count = key_changes.change_passphrase(settings, new)
    console = Console(highlight=False)
    console.print(f"Encrypted {count} keys anew.")
    if new:
        console.print(
            "The server must be told the other passphrase before it starts: KINDPAKKET_KEYSTORE_PASSPHRASE_FILE.",
            soft_wrap=True,
        )


def rotate_key(
    key: Annotated[Key, typer.Argument(help="Which one.")], data_dir: DataDir = default_data_dir()
) -> None:
    """Replace a key by a new one. What broke off is finished by the same command.

    The admin's key must be there to replace the key of a role. It is itself replaced in two steps: the first announces
    the next one, and the same command some days later lets it take over.
    """
    settings = Settings(data_dir=data_dir)
    with _told(settings), main.open_services(settings, follow=False) as services:
        older_chain.refuse_older_chain(services)
        possible_at = key_changes.replace_key(services, key)
    console = Console(highlight=False)
    if possible_at is None:
        console.print(f"The key {key.value} was replaced.")
        return
    since = datetime.fromtimestamp(possible_at, UTC).isoformat()
    console.print(f"Announced. Give the same command again after {since}; until then the key of now counts.")


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """Say a refusal or a failure in words, and end with code 1."""
    telling = Console(stderr=True, highlight=False)
    try:
        if not settings.keystore_folder.is_dir():
            telling.print(f"There is no installation in {settings.data_dir}.", soft_wrap=True)
            raise typer.Exit(1)
        yield
    except (Refusal, Failure) as error:
        telling.print(str(error) or error.reason(), soft_wrap=True)
        raise typer.Exit(1) from None
    except OSError as error:
        telling.print(unusable_files.tell(error), soft_wrap=True)
        raise typer.Exit(1) from None
