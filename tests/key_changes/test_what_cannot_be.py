# SPDX-License-Identifier: EUPL-1.2
"""What cannot be is refused, and changes nothing.

Given a wrong passphrase, one that is short or that nobody is told
Given no admin's key, or another admin who was announced
Given a value that was sealed with another key
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from kindpakket import key_changes
from kindpakket.chain import calls
from kindpakket.chain import keystore as keystore_file
from kindpakket.chain.deploy import ROLES
from kindpakket.chain.keystore import open_keystore
from kindpakket.errors import ChainMismatch
from kindpakket.key_changes import Key
from kindpakket.registry.store import Registry
from kindpakket.settings import Settings
from tests.ledger.databases import connect, settings_in

from .installed import NEW, OLD, Installation, use


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_wrong_passphrase_changes_nothing(installation: Installation) -> None:
    folder = installation.settings.keystore_folder
    before = contents(folder)
    wrong = settings_in(installation.settings.data_dir, keystore_passphrase=SecretStr("a wrong one"))
    with pytest.raises(ChainMismatch, match="cannot be opened"):
        key_changes.change_passphrase(wrong, NEW)
    assert contents(folder) == before
    # Nor when only one of the files is of another passphrase.
    (folder / "treasurer.json").rename(folder / "treasurer")
    key_changes.change_passphrase(installation.settings, NEW)
    (folder / "treasurer").rename(folder / "treasurer.json")
    before = contents(folder)
    told = settings_in(installation.settings.data_dir, keystore_passphrase=SecretStr(NEW))
    with pytest.raises(ChainMismatch, match="treasurer"):
        key_changes.change_passphrase(told, f"{NEW}, and longer")
    assert contents(folder) == before
    failed = installation_log(installation)[-1]
    assert (failed.action, failed.outcome, failed.reason) == ("keystore_changed", "failed", "chain_mismatch")


def installation_log(installation: Installation) -> list[Any]:
    """What the log of staff holds, read without the keystore."""
    with closing(Registry(installation.settings.registry_address)) as registry:
        return list(registry.staff_log.all())


@pytest.mark.parametrize("new", [OLD, "short", "nineteen characters"])
def test_a_passphrase_that_is_short_or_the_same_is_refused(installation: Installation, new: str) -> None:
    with pytest.raises(ChainMismatch, match="20 characters or more"):
        key_changes.change_passphrase(installation.settings, new)


def test_a_passphrase_that_is_told_is_not_changed_to_one_that_nobody_is_told(
    installation: Installation,
) -> None:
    told = settings_in(installation.settings.data_dir, keystore_passphrase=SecretStr(OLD))
    with pytest.raises(ChainMismatch, match="must be told too"):
        key_changes.change_passphrase(told, "")


def test_without_a_keystore_no_passphrase_is_changed_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(ChainMismatch, match="no keys"):
        key_changes.change_passphrase(Settings(data_dir=tmp_path), NEW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", [Key.ISSUER, Key.ADMIN])
def test_without_the_admins_key_no_role_changes_hands(
    installation: Installation, tmp_path: Path, key: Key
) -> None:
    folder = installation.settings.keystore_folder
    (folder / "admin.json").rename(tmp_path / "in the safe.json")
    with installation.open() as services:
        before = services.accounts
    with pytest.raises(ChainMismatch, match="admin's key is needed"):
        installation.replace(key)
    with installation.open() as services:
        assert services.accounts == before
        assert services.fund.announced_admin() == (f"0x{bytes(20).hex()}", 0)
    # It comes back, and the key that was prepared is the one that is taken.
    prepared = keystore_file.read_next(folder, key, passphrase=OLD)
    (tmp_path / "in the safe.json").rename(folder / "admin.json")
    possible_at = installation.replace(key)
    assert (possible_at is None) == (key is Key.ISSUER)
    if key is Key.ISSUER:
        assert open_keystore(folder, passphrase=OLD).issuer == prepared


def test_an_admin_who_keeps_the_key_elsewhere_gives_the_role_and_the_next_start_takes_it(
    installation: Installation, tmp_path: Path
) -> None:
    folder = installation.settings.keystore_folder
    admin_key = open_keystore(folder, passphrase=OLD).admin
    assert admin_key is not None
    (folder / "admin.json").unlink()
    with pytest.raises(ChainMismatch) as refused:
        installation.replace(Key.TREASURER)
    account, before = (word for word in str(refused.value).replace(",", " ").split() if word.startswith("0x"))
    with installation.open() as services:
        admin = services.chain.add_signer(admin_key)
        role = ROLES["treasurer"]
        services.fund.execute(calls.grant_role(role=role, account=account), sender=admin)
    with installation.open() as services:
        assert services.accounts.treasurer == before, "both may; the one before counts"
        services.fund.execute(calls.revoke_role(role=role, account=before), sender=admin)
    with installation.open() as services:
        assert services.accounts.treasurer == account
        use(services, Key.TREASURER)


def test_another_admin_that_somebody_announced_is_not_overruled(installation: Installation) -> None:
    with installation.open() as services:
        call = calls.begin_admin_hand_over(account=f"0x{b'x'.hex() * 20}")
        services.fund.execute(call, sender=services.accounts.admin)
    with pytest.raises(ChainMismatch, match="another admin was announced"):
        installation.replace(Key.ADMIN)


def test_a_value_that_no_key_opens_leaves_all_sealed_as_it_was(installation: Installation) -> None:
    with installation.open() as services:
        services.registry.replacements.begin(
            2, letter_id="3" * 32, sealed_secret=b"x" * 40, reason=1, staff=1, at=1
        )
        with connect(services.settings.registry_address) as connection:
            select = text("SELECT secret_sealed FROM letter WHERE secret_sealed IS NOT NULL")
            before = connection.execute(select).scalars().all()
    with pytest.raises(ChainMismatch, match="neither key"):
        installation.replace(Key.SEALING)
    with connect(installation.settings.registry_address) as connection:
        assert connection.execute(select).scalars().all() == before
        connection.execute(text("DELETE FROM letter_replacement WHERE replacement = 2"))
    codes = installation.codes()
    assert not list(installation.settings.keystore_folder.glob("*.next.json")), "finished by the start"
    assert len(codes) == 2


def test_a_server_that_is_not_told_the_other_passphrase_does_not_start_and_makes_none(
    installation: Installation,
) -> None:
    key_changes.change_passphrase(installation.settings, NEW)
    with pytest.raises(ChainMismatch, match="nothing opens them"), installation.open():
        pass
    assert not (installation.settings.data_dir / "keystore.passphrase").exists()


def test_a_file_of_a_passphrase_that_cannot_be_read_or_is_empty_is_told(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "passphrase"
    told = settings_in(installation.settings.data_dir, keystore_passphrase_file=str(file))
    with pytest.raises(ChainMismatch, match="cannot be read"):
        key_changes.passphrase_of(told)
    file.write_text("\n")
    with pytest.raises(ChainMismatch, match="holds nothing"):
        key_changes.passphrase_of(told)
    file.write_text(f"{OLD}\n")
    assert key_changes.passphrase_of(told) == OLD
