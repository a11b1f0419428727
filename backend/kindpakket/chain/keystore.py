# SPDX-License-Identifier: EUPL-1.2
"""The keystore: one key a role, each in an encrypted file of its own that only its owner can read.

A key is replaced by its next one, which is in a file beside it from before anybody knows of it. Each step here is one
file that is there whole or not at all, and may be done again.

Source: Web3 Secret Storage, version 3, with scrypt; any Ethereum tool can read such a file.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path

from coincurve import PrivateKey
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json

from kindpakket.errors import ChainMismatch
from kindpakket.tickets import keys

from .files import replace_file, write_whole

SCRYPT_COST = 1 << 15
"""A seventh of a second and 32 MB a key."""


@dataclass(frozen=True, slots=True)
class Keystore:
    """The private keys, 32 bytes each. The admin's is None once it was taken offline, where it belongs.

    `sealing` is no account's: it seals the codes of letters in the registry until they are confirmed.
    """

    admin: bytes | None = field(repr=False)
    issuer: bytes = field(repr=False)
    shop_manager: bytes = field(repr=False)
    treasurer: bytes = field(repr=False)
    relayer: bytes = field(repr=False)
    sealing: bytes = field(repr=False)


def open_keystore(folder: Path, *, passphrase: str, scrypt_cost: int = SCRYPT_COST) -> Keystore:
    """Return the keys in `folder`; make them all when there is none.

    Args:
        folder: Where the files are.
        passphrase: What opens them.
        scrypt_cost: How hard new files make it to guess the passphrase, a power of two; each file knows its own.

    Raises:
        ChainMismatch: A file is damaged or missing (but the admin's, which may be offline), or the passphrase is
            another one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {key.name: folder / f"{key.name}.json" for key in fields(Keystore)}
    missing = [file for file in files.values() if not file.exists()]
    is_old = _is_from_before_sealing(folder)
    if is_old:
        missing.remove(files["sealing"])
    if missing and missing != [files["admin"]]:
        # The admin's key is made first, so one that is not there was there before: other keys are lost, not unmade.
        if files["admin"] in missing and len(missing) < len(files):
            raise ChainMismatch(f"put back what is missing: {', '.join(file.name for file in missing)}")
        # The relayer's is made last: where it is, a key that seals was made, or none was needed then.
        for file in sorted(missing, key=lambda file: file == files["relayer"]):
            _write(file, _new_key(), passphrase, scrypt_cost)
    opened = {
        name: _read(file, passphrase) for name, file in files.items() if name != "admin" and file.exists()
    }
    if is_old:
        # It was once made from the passphrase, and what was sealed then must still be opened.
        opened["sealing"] = first_sealing_key(passphrase)
        _write(files["sealing"], opened["sealing"], passphrase, scrypt_cost)
    return Keystore(admin=_read(files["admin"], passphrase) if files["admin"].exists() else None, **opened)


def open_sealing_key(folder: Path, *, passphrase: str) -> bytes:
    """Return the key that seals, without opening the others; make all keys when there is none.

    Raises:
        ChainMismatch: As `open_keystore`.
    """
    file = folder / "sealing.json"
    return _read(file, passphrase) if file.exists() else open_keystore(folder, passphrase=passphrase).sealing


def first_sealing_key(passphrase: str) -> bytes:
    """Return the key that sealed in the first versions, which made none: it follows from the passphrase."""
    return keys.derive(passphrase.encode(), "sealing", 32)


def prepare_next(folder: Path, name: str, *, passphrase: str) -> bytes:
    """Return the key that is to replace the one of this name; it is on disk when this returns. Again: the same key.

    Raises:
        ChainMismatch: There is a next key already, that this passphrase does not open.
    """
    known = read_next(folder, name, passphrase=passphrase)
    if known is not None:
        return known
    made = _new_key()
    _write(_next_file(folder, name), made, passphrase, SCRYPT_COST)
    return made


def read_next(folder: Path, name: str, *, passphrase: str) -> bytes | None:
    """Return the key that is to replace the one of this name; None when none is.

    Raises:
        ChainMismatch: This passphrase does not open it.
    """
    file = _next_file(folder, name)
    return _read(file, passphrase) if file.exists() else None


def take_next(folder: Path, name: str) -> None:
    """Put the next key in the place of the one before it, which is then gone."""
    replace_file(_next_file(folder, name), folder / f"{name}.json")


def change_passphrase(folder: Path, *, old: str, new: str) -> int:
    """Encrypt all key files anew; return how many were. What broke off goes on when the same is asked again.

    Raises:
        ChainMismatch: A file opens with neither passphrase; then none was changed. Or there is no file.
    """
    if _is_from_before_sealing(folder):
        # The key that seals follows from the passphrase of until now, and from no other.
        open_keystore(folder, passphrase=old, scrypt_cost=SCRYPT_COST)
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ChainMismatch(f"there are no keys in {folder}")
    outdated: dict[Path, bytes] = {}
    for file in files:
        try:
            _read(file, new)
        except ChainMismatch:
            outdated[file] = _read(file, old)
    for file, key in outdated.items():
        _write(file, key, new, SCRYPT_COST)
    return len(outdated)


def _is_from_before_sealing(folder: Path) -> bool:
    """Whether there are keys that were made when none of them sealed."""
    return (folder / "relayer.json").exists() and not (folder / "sealing.json").exists()


def _next_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.next.json"


def _new_key() -> bytes:
    return PrivateKey(secrets.token_bytes(32)).secret


def _write(file: Path, key: bytes, passphrase: str, scrypt_cost: int) -> None:
    content = create_keyfile_json(key, passphrase.encode(), iterations=scrypt_cost, kdf="scrypt")
    assert decode_keyfile_json(content, passphrase.encode()) == key, "a key that cannot be read back is lost"
    write_whole(file, json.dumps(content), mode=0o600)


def _read(file: Path, passphrase: str) -> bytes:
    try:
        return bytes(decode_keyfile_json(json.loads(file.read_text("utf-8")), passphrase.encode()))
    except (ValueError, KeyError, TypeError) as error:
        raise ChainMismatch(
            f"{file} cannot be opened with this passphrase; if a change of it broke off,"
            " run `kindpakket rotate-passphrase` again"
        ) from error
