# SPDX-License-Identifier: EUPL-1.2
"""The doctor: what is missing on a machine or wrong with an installation. It changes nothing.

Given a fresh machine: the data folder, the databases and the journal are yet to be made, which is not wrong
Given an installation
  when all is as it should be, nothing is found
  when others may read its folder or its keys, when it belongs to somebody else
  when the passphrase may be read by others, lies beside the keystore, or is missing at a municipality
  when the admin's key is still there at a municipality
  when a database is out of reach, when there is too little room
  when the clock is behind the last block
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from kindpakket.chain.journal import Journal
from kindpakket.doctor import examine
from kindpakket.services import Services
from kindpakket.settings import Settings
from tests.ledger.databases import settings_in

NOW = 1_800_000_000


@pytest.fixture
def settings(services: Services, tmp_path: Path) -> Settings:
    """The settings of an installation that was made."""
    folder = services.settings.data_dir
    folder.chmod(0o700)
    (folder / "keystore").chmod(0o700)
    (folder / "keystore.passphrase").chmod(0o600)
    return settings_in(folder, least_free_bytes=0)


@pytest.fixture
def passphrase_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("etc") / "passphrase"
    file.write_text("for tests")
    file.chmod(0o400)
    return file


def wrong(settings: Settings, *, now: int = NOW) -> list[str]:
    """What is wrong, but for the clock of the machine that the tests run on."""
    found = examine(settings, now=now)
    assert all(one.remedy for one in found if not one.ok)
    return [one.what for one in found if not one.ok and "kept in step" not in one.what]


def test_what_is_yet_to_be_made_is_not_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    assert wrong(Settings(data_dir=folder, least_free_bytes=0)) == []
    assert not folder.exists()


def test_an_installation_as_it_should_be_is_not_wrong(settings: Settings) -> None:
    assert wrong(settings) == []


@pytest.mark.parametrize("name", ["", "keystore", "keystore.passphrase"])
def test_what_others_may_read_is_wrong(settings: Settings, name: str) -> None:
    (settings.data_dir / name).chmod(0o750)
    assert wrong(settings) == ["nobody else may read the data folder and the keys"]


def test_a_folder_of_somebody_else_is_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = settings.data_dir.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    assert [what for what in wrong(settings) if "belongs to who runs" in what]


def test_an_admins_key_that_is_still_there_is_wrong_at_a_municipality(
    settings: Settings, passphrase_file: Path
) -> None:
    given = {"keystore_passphrase_file": str(passphrase_file), "base_url": "https://kindpakket.example.nl"}
    file = settings.data_dir / "keystore" / "admin.json"
    assert wrong(settings.model_copy(update=given)) == [
        f"the admin's key, which belongs in a safe, is in {file}"
    ]


def test_a_passphrase_in_a_file_of_its_own_is_right(settings: Settings, passphrase_file: Path) -> None:
    (settings.data_dir / "keystore" / "admin.json").unlink()
    given = {"keystore_passphrase_file": str(passphrase_file), "base_url": "https://kindpakket.example.nl"}
    assert wrong(settings.model_copy(update=given)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file, data_dir: file.chmod(0o444) or file,
        lambda file, data_dir: file.rename(data_dir / "passphrase"),
        lambda file, data_dir: file.unlink() or file,
    ],
    ids=["others may read it", "beside the keystore", "not there"],
)
def test_a_passphrase_in_a_file_that_does_not_do_is_wrong(
    settings: Settings, passphrase_file: Path, spoil: Callable[[Path, Path], Path]
) -> None:
    file = spoil(passphrase_file, settings.data_dir)
    (found,) = wrong(settings.model_copy(update={"keystore_passphrase_file": str(file)}))
    assert found.startswith("passphrase in ")


def test_a_municipality_without_a_passphrase_of_its_own_is_wrong(settings: Settings) -> None:
    (settings.data_dir / "keystore" / "admin.json").unlink()
    (found,) = wrong(settings.model_copy(update={"base_url": "https://kindpakket.example.nl"}))
    assert found == "passphrase of the keystore: in a file beside it"


@pytest.mark.parametrize("store", ["ledger", "registry"])
def test_a_database_out_of_reach_is_wrong_and_its_password_is_not_told(
    settings: Settings, store: str
) -> None:
    url = "postgresql+psycopg://kindpakket:geheim@127.0.0.1:1/kindpakket?connect_timeout=5"
    (found,) = wrong(settings.model_copy(update={f"{store}_url": SecretStr(url)}))
    assert found.startswith(f"database of the {store}: ")
    assert "geheim" not in found


def test_a_database_that_is_none_is_wrong(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "text.db"
    file.write_text("no database" * 100)
    (found,) = wrong(settings.model_copy(update={"ledger_url": SecretStr(f"sqlite:///{file}")}))
    assert found.startswith("database of the ledger: ")


def test_too_little_room_is_wrong(settings: Settings) -> None:
    (found,) = wrong(settings.model_copy(update={"least_free_bytes": 1 << 60}))
    assert found.startswith("disk space for ")


@pytest.fixture
def journal(settings: Settings) -> Iterator[Journal]:
    """A journal with one block, still open."""
    (settings.data_dir / "chain").mkdir(mode=0o700)
    journal = Journal(settings.data_dir / "chain" / "journal.db")
    journal.append(at=NOW, transactions=[])
    yield journal
    journal.close()


def test_a_clock_behind_the_last_block_is_wrong(settings: Settings, journal: Journal) -> None:
    assert wrong(settings, now=NOW - 5) == []
    assert wrong(settings, now=NOW - 6) == ["a clock that is not behind the last payment"]
