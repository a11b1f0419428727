# SPDX-License-Identifier: EUPL-1.2
"""Parts of an installation that are not there any more: refused at the start, before others are made in their place.

The deployment's file, the keystore and the registry are made together, at the first start. When one of them is gone
later, it was lost, or the settings name another place. An empty one would be served as if nobody had ever had a
voucher, a second contract deployed beside the one that has the money, or keys made that open nothing.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields

from cryptography.exceptions import InvalidTag

from .chain import keystore
from .chain.deploy import Accounts, read_deployment
from .chain.fund import Fund
from .databases import name_of
from .errors import ChainMismatch
from .key_changes import passphrase_of
from .registry.store import Registry, contract_of
from .services import unseal_with
from .settings import Settings

_BACK = (
    "Nothing was changed. Put it back, from a backup if need be (docs/running.md, When a start is refused)."
)


def refuse_missing_parts(settings: Settings) -> None:
    """Refuse an installation that lacks its deployment's file or a key, before anything is opened.

    Raises:
        ChainMismatch: Names what is missing.
    """
    contract = contract_of(settings.registry_address)
    if not settings.deployment_file.exists():
        if contract is not None:
            raise ChainMismatch(
                f"the registry is of contract {contract}, and {settings.deployment_file}, which says where that is, is"
                f" not there. {_BACK}"
            )
        return
    files = [
        settings.keystore_folder / f"{role.name}.json" for role in fields(Accounts) if role.name != "admin"
    ]
    missing = [file.name for file in files if not file.exists()]
    if missing:
        raise ChainMismatch(
            f"{settings.keystore_folder} lacks {', '.join(missing)}, with which the contract is spoken to. {_BACK}"
        )
    if not (settings.keystore_folder / "sealing.json").exists():
        _refuse_lost_sealing_key(settings, has_registry=contract is not None)


def refuse_lost_registry(settings: Settings, fund: Fund) -> None:
    """Refuse a registry that knows of no contract, beside a contract that was used.

    Raises:
        ChainMismatch: Says which registry that is.
    """
    if contract_of(settings.registry_address) is None and (fund.programme_count() or fund.voucher_count()):
        raise ChainMismatch(
            f"the contract {fund.address} was used, and the registry ({name_of(settings.registry_address)}) has nothing"
            f" of it: it is lost, or the settings name another place. {_BACK}"
        )


def what_is_missing(settings: Settings) -> str | None:
    """Return what the installation lacks, as far as can be seen without its chain; None when nothing."""
    try:
        refuse_missing_parts(settings)
    except ChainMismatch as missing:
        return f"{missing}"
    if settings.deployment_file.exists() and contract_of(settings.registry_address) is None:
        contract = read_deployment(settings.deployment_file).address
        return (
            f"the registry ({name_of(settings.registry_address)}) has nothing of the contract {contract}; unless its"
            f" first start broke off, it is lost, or the settings name another place. {_BACK}"
        )
    return None


def _refuse_lost_sealing_key(settings: Settings, *, has_registry: bool) -> None:
    """Let a keystore be without a key that seals where it never had one: at first it was made from the passphrase.

    Raises:
        ChainMismatch: It had one, for something is sealed with it.
    """
    lost = ChainMismatch(
        f"{settings.keystore_folder} lacks sealing.json, with which codes of letters are sealed. {_BACK}"
    )
    if not has_registry:
        raise lost
    with closing(Registry(settings.registry_address)) as registry:
        sealed = registry.sealed.all()
    made_from_passphrase = keystore.first_sealing_key(passphrase_of(settings))
    try:
        for one in sealed:
            unseal_with(made_from_passphrase, one)
    except InvalidTag:
        raise lost from None
