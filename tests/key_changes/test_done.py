# SPDX-License-Identifier: EUPL-1.2
"""Secrets of the server are replaced by a command.

Given an installation with letters that nobody took yet
  when a role's key is replaced: the chain knows the new account only, and the server works with it
    and what the key before put on record stays on record
  when the key that seals is replaced: every letter is readable as before, and the key before opens none
  when the admin's key is replaced: it is announced, and takes over when the delay is over
  when the passphrase is changed: the one before opens nothing, and all else is as it was
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from kindpakket import key_changes, staff_log
from kindpakket.chain import keystore as keystore_file
from kindpakket.chain.deploy import HANDOVER_DELAY_SECONDS, ROLES, read_deployment
from kindpakket.chain.keystore import open_keystore
from kindpakket.errors import ChainMismatch
from kindpakket.key_changes import Key
from kindpakket.staff_log import COMMAND_LINE
from kindpakket.tickets import keys
from tests.ledger.databases import connect, on_postgresql, settings_in

from .installed import NEW, OLD, Installation, holders, use


@pytest.mark.parametrize("key", [Key.ISSUER, Key.SHOP_MANAGER, Key.TREASURER, Key.RELAYER])
def test_a_key_is_replaced_and_the_server_works_with_the_new_one(
    installation: Installation, key: Key
) -> None:
    before = read_deployment(installation.settings.deployment_file).accounts
    assert installation.replace(key) is None
    with installation.open() as services:
        after = services.accounts
        assert {name for name in key_change_names() if getattr(before, name) != getattr(after, name)} == {key}
        if key in ROLES:
            assert holders(services, key) == {getattr(after, key)}
        use(services, key)
        assert staff_log.verify(services).differences == ()
        told = services.registry.staff_log.all()[-1]
        assert (told.action, told.about, told.outcome) == ("key_replaced", f"key={key}", "done")
        assert told.staff_name == COMMAND_LINE.name


def key_change_names() -> list[str]:
    """The roles of accounts."""
    return [one for one in Key if one is not Key.SEALING]


def test_what_a_key_put_on_record_stays_on_record_when_it_is_replaced(installation: Installation) -> None:
    installation.replace(Key.ISSUER)
    with installation.open() as services:
        verdict = staff_log.verify(services)
        assert (verdict.differences, verdict.anchor_count) == ((), 1)
        staff_log.anchor(services)
        assert staff_log.verify(services).anchor_count == 2


def test_an_entry_from_before_a_new_key_cannot_be_changed_unseen_after_it(installation: Installation) -> None:
    installation.replace(Key.ISSUER)
    with installation.open() as services:
        with connect(services.settings.registry_address) as connection:
            if on_postgresql():
                # SQLite looks at references only for who asks it to.
                gone = "ALTER TABLE staff_log_anchor DROP CONSTRAINT fk_staff_log_anchor_entry"
                connection.execute(text(gone))
            connection.execute(text("DELETE FROM staff_log WHERE entry >= 3"))
        assert any("no entry of the log" in one for one in staff_log.verify(services).differences)


def test_the_key_that_seals_is_replaced_and_every_letter_stays_readable(installation: Installation) -> None:
    codes = installation.codes()
    with installation.open() as services:
        before = services.sealing_key
    installation.replace(Key.SEALING)
    assert installation.codes() == codes and len(codes) == 2
    with installation.open() as services, connect(services.settings.registry_address) as connection:
        assert services.sealing_key != before
        for table, expected in (
            ("letter", None),
            ("letter_replacement", b"replaced"),
            ("letter_reissue", b"reissued"),
        ):
            rows = connection.execute(
                text(f"SELECT secret_sealed FROM {table} WHERE secret_sealed IS NOT NULL")
            ).scalars()
            opened = [services.unseal(bytes(one)) for one in rows]
            assert opened, table
            assert expected is None or opened == [expected]


def test_the_admin_is_announced_and_takes_over_when_the_delay_is_over(installation: Installation) -> None:
    chain = installation.chain
    possible_at = installation.replace(Key.ADMIN)
    assert possible_at == chain.now() + HANDOVER_DELAY_SECONDS + 1
    with installation.open() as services:
        before = services.accounts.admin
        assert services.fund.admin() == before
    chain.travel_to(possible_at - 1)
    assert installation.replace(Key.ADMIN) == possible_at
    chain.travel_to(possible_at)
    assert installation.replace(Key.ADMIN) is None
    with installation.open() as services:
        assert services.fund.admin() == services.accounts.admin != before
    # And it can do what an admin does.
    assert installation.replace(Key.ISSUER) is None


def test_the_passphrase_is_changed_and_the_one_before_opens_nothing(installation: Installation) -> None:
    folder = installation.settings.keystore_folder
    before, codes = open_keystore(folder, passphrase=OLD), installation.codes()
    assert key_changes.change_passphrase(installation.settings, "") == 6
    made = (installation.settings.data_dir / "keystore.passphrase").read_text()
    assert len(made) >= 40
    assert open_keystore(folder, passphrase=made) == before
    for file in folder.glob("*.json"):
        with pytest.raises(ChainMismatch, match="cannot be opened"):
            keystore_file._read(file, OLD)
        assert json.loads(file.read_text())["crypto"]["kdf"] == "scrypt"
    assert installation.codes() == codes


def test_an_installation_from_before_there_was_a_sealing_key_keeps_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "keystore"
    open_keystore(folder, passphrase=OLD, scrypt_cost=2)
    (folder / "sealing.json").unlink()
    keystore_file.change_passphrase(folder, old=OLD, new=NEW)
    assert open_keystore(folder, passphrase=NEW).sealing == keys.derive(OLD.encode(), "sealing", 32)


def test_a_passphrase_that_the_server_is_told_is_changed_too(
    installation: Installation, tmp_path: Path
) -> None:
    codes = installation.codes()
    assert key_changes.change_passphrase(installation.settings, NEW) == 6
    assert not (installation.settings.data_dir / "keystore.passphrase").exists()
    file = tmp_path / "passphrase"
    file.write_text(f"{NEW}\n")
    installation.settings = settings_in(installation.settings.data_dir, keystore_passphrase_file=str(file))
    assert installation.codes() == codes
    newer = f"{NEW}, and longer"
    assert key_changes.change_passphrase(installation.settings, newer) == 6
    file.write_text(newer)
    assert installation.codes() == codes
