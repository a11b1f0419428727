# SPDX-License-Identifier: EUPL-1.2
"""Secrets replaced by others: the passphrase of the keystore, the keys of the roles, the key that seals letters' codes.

The server must not run meanwhile. Each step can be done twice, so whatever breaks off is finished by the same command;
what is left of a key is finished at the next start too.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum

import structlog
from cryptography.exceptions import InvalidTag

from .chain import key_change, keystore, snapshots
from .chain.files import replace_file, sync_folder, write_whole
from .chain.key_change import Installed
from .errors import ChainMismatch
from .registry.staff_log import Outcome
from .registry.store import Registry
from .services import Services, seal_with, unseal_with
from .settings import Settings
from .staff_log import COMMAND_LINE, Action, acting
from .tickets import keys

log = structlog.get_logger(__name__)

FEWEST_CHARACTERS = 20


class Key(StrEnum):
    """The keys that can be replaced."""

    ADMIN = "admin"
    ISSUER = "issuer"
    SHOP_MANAGER = "shop_manager"
    TREASURER = "treasurer"
    #: Brings what families and tills signed; it has no role.
    RELAYER = "relayer"
    #: Seals the codes of letters in the registry.
    SEALING = "sealing"


def passphrase_of(settings: Settings) -> str:
    """Return the passphrase that opens the keystore; when none is set, the one kept beside it, made if need be.

    Raises:
        ChainMismatch: It is empty or not there while there are keys, or its file cannot be read.
    """
    try:
        told = settings.passphrase()
    except ValueError as error:
        raise ChainMismatch(f"the passphrase of the keystore: {error}") from error
    if told:
        return told
    file = settings.data_dir / "keystore.passphrase"
    if not file.exists():
        if any(settings.keystore_folder.glob("*.json")):
            raise ChainMismatch(
                f"there are keys in {settings.keystore_folder} and nothing opens them: set"
                f" KINDPAKKET_KEYSTORE_PASSPHRASE, or put back {file.name}"
            )
        # Fit for a demo, not for a municipality: who takes the folder takes both.
        write_whole(file, secrets.token_urlsafe(32), mode=0o600)
    passphrase = file.read_text("utf-8").strip()
    if not passphrase:
        raise ChainMismatch(f"{file} is empty; put back the passphrase that opens the keystore")
    return passphrase


def snapshot_key_of(settings: Settings) -> bytes:
    """Return what the chain's snapshots are sealed with, 32 bytes; with another sealing key it is another one, too.

    Raises:
        ChainMismatch: The passphrase does not open the keystore, or there is none.
    """
    sealing = keystore.open_sealing_key(settings.keystore_folder, passphrase=passphrase_of(settings))
    return keys.derive(sealing, "snapshots", snapshots.KEY_BYTES)


def change_passphrase(settings: Settings, new: str) -> int:
    """Encrypt the keystore with another passphrase; return how many files were. Again, when it broke off.

    Args:
        settings: Of an installation that nothing has open. They tell the passphrase of until now.
        new: The other passphrase; empty to make one, where it is kept beside the keystore.

    Raises:
        ChainMismatch: There is no keystore, the passphrase of until now opens it not, or the other one cannot be.
    """
    own = settings.data_dir / "keystore.passphrase"
    made = own.with_name("keystore.passphrase.next")
    if not settings.passphrase() and not own.exists():
        raise ChainMismatch(f"there are no keys in {settings.data_dir}")
    old = passphrase_of(settings)
    if not new:
        if settings.passphrase():
            raise ChainMismatch("the passphrase is told to the server, so the other one must be told too")
        # On disk before anything is encrypted with it.
        if not made.exists():
            write_whole(made, secrets.token_urlsafe(32), mode=0o600)
        new = made.read_text("utf-8").strip()
    elif made.exists():
        raise ChainMismatch(
            f"a change broke off: finish it without naming another passphrase, it is in {made}"
        )
    if len(new) < FEWEST_CHARACTERS or new == old:
        raise ChainMismatch(
            f"the other passphrase must be another, of {FEWEST_CHARACTERS} characters or more"
        )
    with _noted(settings):
        count = keystore.change_passphrase(settings.keystore_folder, old=old, new=new)
        if made.exists():
            replace_file(made, own)
        elif not settings.passphrase():
            own.unlink()
            sync_folder(own.parent)
    log.info("passphrase_changed", files=count)
    return count


def replace_key(services: Services, key: Key) -> int | None:
    """Replace a key; again, when it broke off.

    Returns:
        None when it is done. For the admin, the epoch second from which the next one can accept: ask again then.

    Raises:
        ChainMismatch: The admin's key is needed and not there, or somebody announced another admin.
        ChainUnreachable: Not known what became of it: ask again.
    """
    installed = _installed(services)
    with acting(services, COMMAND_LINE, Action.KEY_REPLACED, key=key.value) as deed:
        if key is Key.SEALING:
            keystore.prepare_next(installed.folder, key, passphrase=installed.passphrase)
            _finish_sealing(services.registry, installed)
            return None
        kept = keystore.open_keystore(installed.folder, passphrase=installed.passphrase)
        possible_at = key_change.replace_key(installed, key, admin_key=kept.admin)
        if possible_at is not None:
            deed.note(announced_for=possible_at)
        return possible_at


def finish(settings: Settings, installed: Installed) -> None:
    """Finish what broke off, before the keystore is opened to work with.

    Raises:
        ChainMismatch: The passphrase does not open what is left, or what is sealed opens with neither key.
    """
    if installed.file.exists():
        key_change.finish(installed)
    if keystore.read_next(installed.folder, Key.SEALING, passphrase=installed.passphrase) is not None:
        with closing(Registry(settings.registry_address)) as registry:
            _finish_sealing(registry, installed)


def _finish_sealing(registry: Registry, installed: Installed) -> None:
    """Seal all anew with the next key, in one transaction; only then it takes the place of the one before."""
    after = keystore.read_next(installed.folder, Key.SEALING, passphrase=installed.passphrase)
    if after is None:
        return
    before = keystore.open_keystore(installed.folder, passphrase=installed.passphrase).sealing

    def reseal(sealed: bytes) -> bytes:
        try:
            unseal_with(after, sealed)
        except InvalidTag:
            return seal_with(after, unseal_with(before, sealed))
        # The transaction was done, and what came after it broke off.
        return sealed

    try:
        count = registry.sealed.seal_anew(reseal)
    except InvalidTag as error:
        raise ChainMismatch(
            "what is sealed in the registry opens with neither key of the keystore"
        ) from error
    keystore.take_next(installed.folder, Key.SEALING)
    log.info("key_replaced", role=Key.SEALING.value, sealed=count)


def _installed(services: Services) -> Installed:
    settings = services.settings
    return Installed(
        chain=services.chain,
        folder=settings.keystore_folder,
        file=settings.deployment_file,
        passphrase=passphrase_of(settings),
    )


@contextmanager
def _noted(settings: Settings) -> Iterator[None]:
    """Write in the log of staff that the passphrase is changed, and that it was."""
    with closing(Registry(settings.registry_address)) as registry:
        kept, at = registry.staff_log, int(time.time())
        begun = kept.begin(by=COMMAND_LINE, at=at, action=Action.KEYSTORE_CHANGED, about="", reason="")
        try:
            yield
        except ChainMismatch as failure:
            kept.end(begun, at=at, about="", reason=failure.reason(), outcome=Outcome.FAILED)
            raise
        kept.end(begun, at=at, about="", reason="", outcome=Outcome.DONE)
