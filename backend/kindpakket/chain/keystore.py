# SPDX-License-Identifier: EUPL-1.2
"""The keystore: one key a role, each in an encrypted file of its own that only its owner can read.

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

from .files import write_whole

SCRYPT_COST = 1 << 15
"""A seventh of a second and 32 MB a key."""


@dataclass(frozen=True, slots=True)
class Keystore:
    """The private keys, 32 bytes each. The admin's is None once it was taken offline, where it belongs."""

    admin: bytes | None = field(repr=False)
    issuer: bytes = field(repr=False)
    shop_manager: bytes = field(repr=False)
    treasurer: bytes = field(repr=False)
    relayer: bytes = field(repr=False)


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
    files = {role.name: folder / f"{role.name}.json" for role in fields(Keystore)}
    missing = [file for file in files.values() if not file.exists()]
    if missing and missing != [files["admin"]]:
        # The admin's key is made first, so one that is not there was there before: other keys are lost, not unmade.
        if files["admin"] in missing and len(missing) < len(files):
            raise ChainMismatch(f"put back what is missing: {', '.join(file.name for file in missing)}")
        for file in missing:
            _create(file, passphrase, scrypt_cost)
    return Keystore(
        admin=_read(files["admin"], passphrase) if files["admin"].exists() else None,
        issuer=_read(files["issuer"], passphrase),
        shop_manager=_read(files["shop_manager"], passphrase),
        treasurer=_read(files["treasurer"], passphrase),
        relayer=_read(files["relayer"], passphrase),
    )


def _create(file: Path, passphrase: str, scrypt_cost: int) -> None:
    private_key = PrivateKey(secrets.token_bytes(32)).secret
    content = create_keyfile_json(private_key, passphrase.encode(), iterations=scrypt_cost, kdf="scrypt")
    write_whole(file, json.dumps(content), mode=0o600)


def _read(file: Path, passphrase: str) -> bytes:
    try:
        return bytes(decode_keyfile_json(json.loads(file.read_text("utf-8")), passphrase.encode()))
    except (ValueError, KeyError, TypeError) as error:
        raise ChainMismatch(f"{file} cannot be opened with this passphrase") from error
