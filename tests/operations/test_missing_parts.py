# SPDX-License-Identifier: EUPL-1.2
"""A start without a part of its installation is refused, says which one and what to do, and makes no other instead.

Given an installation with a programme and letters
  when the deployment's file, a key or the key that seals is gone: refused; put back, it goes on
  when the registry is gone, or the settings name another: refused, and none is made
  when the registry or the ledger is no database: refused, and the file stays as it is
  the doctor names the same
Given a first start that broke off before the registry was made: the next one goes on
Given a keystore of the first versions, which made no key that seals: it goes on
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kindpakket.chain.keystore import first_sealing_key
from kindpakket.doctor import examine
from kindpakket.errors import ChainMismatch
from kindpakket.key_changes import passphrase_of
from kindpakket.main import create_app, open_services
from kindpakket.services import seal_with, unseal_with
from kindpakket.settings import Settings
from kindpakket.units import day_of
from tests.ledger.databases import settings_in
from tests.support import InProcess, found_town, sign_in

PUT_BACK = "Nothing was changed. Put it back, from a backup if need be"
PARTS = {
    "deployment.json": "the registry is of contract 0x[0-9a-f]{40}, and .*deployment.json",
    "keystore/issuer.json": "keystore lacks issuer.json",
    "keystore/relayer.json": "keystore lacks relayer.json",
    "keystore/sealing.json": "keystore lacks sealing.json, with which codes of letters are sealed",
}


@pytest.fixture(scope="module")
def lived_in(keystore: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation that was used, and is stopped: a programme, and a batch whose letters nobody confirmed."""
    folder = tmp_path_factory.mktemp("lived in") / "data"
    shutil.copytree(keystore, folder)
    settings = settings_in(folder)
    with open_services(settings, follow=False) as services, TestClient(create_app(services)) as client:
        desk = InProcess(client)
        sign_in(services, desk)
        today = day_of(services.now())
        found_town(
            lambda: InProcess(client),
            desk,
            starts_on=f"{today}",
            ends_on=f"{today + timedelta(days=30)}",
            households="kenmerk;kinderen\nA-1;1\n",
        )
    return settings


def files_in(folder: Path) -> dict[str, bytes]:
    """What is there, but for what SQLite keeps beside its files."""
    return {
        f"{file.relative_to(folder)}": file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(("-wal", "-shm", "lock"))
    }


def refused(settings: Settings, why: str) -> None:
    """See that a start is refused, twice, and leaves everything as it was."""
    before = files_in(settings.data_dir)
    for _ in range(2):
        with pytest.raises(ChainMismatch, match=why) as refusal, open_services(settings):
            pass
        assert files_in(settings.data_dir) == before
        assert "Nothing was changed" in f"{refusal.value}"


def goes_on(settings: Settings) -> None:
    with open_services(settings, follow=False) as services:
        assert services.fund.voucher_count() == 1
        assert services.registry.letters.highest_voucher() == 1


def doctor_says(settings: Settings) -> list[str]:
    """What the doctor says of the installation's parts."""
    found = [one for one in examine(settings, now=0) if one.what == "every part of the installation"]
    return [one.remedy for one in found if not one.ok]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_gone_is_asked_for_and_no_other_is_made(lived_in: Settings, part: str) -> None:
    assert doctor_says(lived_in) == []
    file = lived_in.data_dir / part
    aside = file.rename(lived_in.data_dir.parent / file.name)
    refused(lived_in, f"{PARTS[part]}.*{PUT_BACK}")
    (said,) = doctor_says(lived_in)
    assert PUT_BACK in said
    aside.rename(file)
    goes_on(lived_in)


def test_a_registry_that_is_gone_is_asked_for_and_no_other_is_made(
    lived_in: Settings, tmp_path: Path
) -> None:
    copied = tmp_path / "data"
    shutil.copytree(lived_in.data_dir, copied, ignore=shutil.ignore_patterns("registry.db*"))
    # On PostgreSQL: the settings name a database with an empty registry.
    settings = settings_in(copied)
    refused(settings, f"the contract 0x.* was used, and the registry .* has nothing of it.*{PUT_BACK}")
    assert not (copied / "registry.db").exists()
    (said,) = doctor_says(settings)
    assert "has nothing of the contract" in said


@pytest.mark.parametrize("store", ["registry", "ledger"])
def test_a_file_that_is_no_database_is_named_and_stays_as_it_is(
    keystore: Path, tmp_path: Path, store: str
) -> None:
    # In files, whatever the other tests run on.
    settings = Settings(data_dir=tmp_path / "data")
    shutil.copytree(keystore, settings.data_dir)
    with open_services(settings, follow=False):
        pass
    (settings.data_dir / f"{store}.db").write_bytes(b"\xa5" * 9_000)
    refused(settings, f"{store}.db is not a database that can be read: .*docs/running.md")


def test_a_first_start_that_broke_off_before_the_registry_goes_on(keystore: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(keystore, data_dir)
    with open_services(settings_in(data_dir), follow=False) as services:
        address = services.fund.address
    again = tmp_path / "again"
    shutil.copytree(data_dir, again, ignore=shutil.ignore_patterns("registry.db*"))
    with open_services(settings_in(again), follow=False) as services:
        assert services.fund.address == address


def test_a_keystore_of_the_first_versions_goes_on_with_the_key_of_its_passphrase(
    lived_in: Settings, tmp_path: Path
) -> None:
    passphrase = passphrase_of(lived_in)
    with open_services(lived_in, follow=False) as services:
        own = services.sealing_key
        derived = first_sealing_key(passphrase)
        assert services.registry.sealed.seal_anew(lambda one: seal_with(derived, unseal_with(own, one)))
    (lived_in.data_dir / "keystore" / "sealing.json").unlink()
    with open_services(lived_in, follow=False) as services:
        assert services.sealing_key == derived
