# SPDX-License-Identifier: EUPL-1.2
"""Making an archive: what is refused, what is in it, who can read it."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from kindpakket import archives
from kindpakket.archives import ArchiveRefused, Manifest, making
from kindpakket.settings import Settings

from .conftest import MADE_AT


def manifest_of(file: Path) -> dict[str, object]:
    with tarfile.open(file) as archive:
        stream = archive.extractfile("manifest.json")
        assert stream is not None
        content: dict[str, object] = json.load(stream)
    return content


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


# ---------------------------------------------------------------- what is refused


def test_a_backup_never_takes_the_place_of_another(back_up: Callable[..., Path], data: Path) -> None:
    file = back_up()
    before = file.read_bytes()
    with pytest.raises(ArchiveRefused, match="already"):
        back_up()
    assert file.read_bytes() == before


def test_a_name_that_somebody_takes_meanwhile_is_left_to_them(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.tar.gz"
    pack = making._pack

    def be_slow(stream: IO[bytes], copies: Path, manifest: Manifest) -> None:
        pack(stream, copies, manifest)
        file.write_text("another's")

    monkeypatch.setattr(making, "_pack", be_slow)
    with pytest.raises(ArchiveRefused, match="already"):
        archives.make(Settings(data_dir=data), file, now=MADE_AT)
    assert file.read_text() == "another's"
    assert left_behind(tmp_path) == []


@pytest.fixture
def without_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk as exFAT has it."""

    def refuse(file: Path, _made: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(file))

    monkeypatch.setattr(Path, "hardlink_to", refuse)


@pytest.mark.usefixtures("without_hard_links")
def test_a_disk_without_hard_links_takes_a_backup_too_and_keeps_the_one_that_is_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.tar.gz"
    archives.make(Settings(data_dir=data), file, now=MADE_AT)
    before = file.read_bytes()
    assert manifest_of(file)["made_at"] == MADE_AT
    monkeypatch.setattr(Path, "exists", lambda path: path != file and os.path.lexists(path))
    with pytest.raises(ArchiveRefused, match="already"):
        archives.make(Settings(data_dir=data), file, now=MADE_AT)
    assert file.read_bytes() == before


def test_a_disk_that_does_not_take_the_backup_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: Path, _made: Path) -> None:
        raise OSError(errno.EIO, "Input/output error", str(file))

    monkeypatch.setattr(Path, "hardlink_to", fail)
    with pytest.raises(ArchiveRefused, match="cannot be made: Input/output error"):
        archives.make(Settings(data_dir=data), tmp_path / "backup.tar.gz", now=MADE_AT)


def test_a_folder_without_an_installation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="no installation"):
        archives.make(Settings(data_dir=tmp_path), tmp_path / "backup", now=MADE_AT)


def test_a_folder_that_is_not_there_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="no folder"):
        archives.make(Settings(data_dir=data), tmp_path / "not" / "there", now=MADE_AT)


def test_a_registry_in_postgresql_is_saved_there_first(data: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=data, registry_url="postgresql+psycopg://somewhere/registry")
    with pytest.raises(ArchiveRefused, match="pg_dump"):
        archives.make(settings, tmp_path / "backup", now=MADE_AT)
    (data / "registry.db").unlink()
    manifest = archives.make(settings, tmp_path / "backup", now=MADE_AT, without_registry=True)
    assert not manifest.has_registry


def test_a_registry_that_is_a_file_is_not_left_out(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="is a file here"):
        archives.make(Settings(data_dir=data), tmp_path / "backup", now=MADE_AT, without_registry=True)


def test_a_link_is_refused_because_what_it_names_would_be_missing(
    data: Path, back_up: Callable[..., Path]
) -> None:
    (data / "elsewhere").symlink_to("/etc/hostname")
    with pytest.raises(ArchiveRefused, match="points elsewhere"):
        back_up()


@pytest.mark.parametrize("name", ["registry.db", "chain/journal.db"])
def test_a_damaged_database_is_not_saved_as_if_it_were_whole(
    data: Path, back_up: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    content = bytearray((data / name).read_bytes())
    content[4096:8192] = bytes(4096)
    (data / name).write_bytes(content)
    with pytest.raises(ArchiveRefused, match=r"damaged|cannot be copied"):
        back_up()
    assert left_behind(tmp_path) == []
    assert not (tmp_path / "backup.tar.gz").exists()


def test_the_passphrase_of_a_change_that_broke_off_is_never_taken_along(
    back_up: Callable[..., Path], data: Path, tmp_path: Path
) -> None:
    (data / "keystore.passphrase.next").write_text("the next one")
    with pytest.raises(ArchiveRefused, match="A change of the passphrase broke off"):
        back_up()
    assert not (tmp_path / "backup.tar.gz").exists()


def test_keys_that_change_all_the_time_are_not_saved(
    data: Path, back_up: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = making._copy_databases
    rounds = []

    def rotate(sources: dict[str, Path], staging: Path) -> None:
        copy(sources, staging)
        rounds.append(1)
        (data / "keystore" / "issuer.json").write_text(f"{len(rounds)}")

    monkeypatch.setattr(making, "_copy_databases", rotate)
    with pytest.raises(ArchiveRefused, match="again and again"):
        back_up()
    assert len(rounds) == 3


# ---------------------------------------------------------------- what is in it


def test_a_backup_holds_all_that_does_not_follow_from_the_rest(
    data: Path, back_up: Callable[..., Path]
) -> None:
    (data / "letters-for-the-desk.json").write_text("{}")
    (data / "server.log").write_text("a line")
    (data / "chain" / "snapshots").mkdir(exist_ok=True)
    (data / "chain" / "snapshots" / "snapshot-000000001.json").write_text("{}")
    file = back_up()
    with tarfile.open(file) as archive:
        assert archive.getnames() == [
            "manifest.json",
            "deployment.json",
            "keystore/issuer.json",
            "keystore/relayer.json",
            "keystore/sealing.json",
            "keystore/shop_manager.json",
            "keystore/treasurer.json",
            "letters-for-the-desk.json",
            "registry.db",
            "chain/journal.db",
        ]
    told = manifest_of(file)
    assert (told["format"], told["made_at"], told["has_registry"]) == (1, MADE_AT, True)
    assert told["block"] == 2
    assert told["has_passphrase"] is False


def test_the_passphrase_comes_along_only_when_it_is_asked_for(back_up: Callable[..., Path]) -> None:
    assert b"for tests" not in b"".join(contents(back_up("without")))
    file = back_up("with", with_passphrase=True)
    assert b"for tests" in b"".join(contents(file))
    assert manifest_of(file)["has_passphrase"] is True


def test_the_admins_key_comes_along_only_when_it_is_asked_for(data: Path, tmp_path: Path) -> None:
    (data / "keystore" / "admin.next.json").write_text("{}")
    for with_admin in (False, True):
        file = tmp_path / f"backup-{with_admin}"
        archives.make(Settings(data_dir=data), file, now=MADE_AT, with_admin=with_admin)
        with tarfile.open(file) as archive:
            taken = {name for name in archive.getnames() if "admin" in name}
        assert taken == ({"keystore/admin.json", "keystore/admin.next.json"} if with_admin else set())


def contents(file: Path) -> list[bytes]:
    with tarfile.open(file) as archive:
        return [stream.read() for member in archive if (stream := archive.extractfile(member)) is not None]


def test_only_its_owner_can_read_a_backup_and_nothing_is_left_beside_it(
    back_up: Callable[..., Path], tmp_path: Path
) -> None:
    assert back_up().stat().st_mode & 0o777 == 0o600
    assert left_behind(tmp_path) == []


def test_a_registry_kept_elsewhere_is_in_it_too(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    (data / "registry.db").rename(elsewhere)
    settings = Settings(data_dir=data, registry_url=f"sqlite:///{elsewhere}")
    archives.make(settings, tmp_path / "backup", now=MADE_AT)
    archives.restore(tmp_path / "backup", tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "registry.db")) as database:
        assert database.execute("SELECT count(*) FROM staff").fetchone() == (0,)


def test_databases_are_seen_in_one_blink_the_registry_first_and_the_journal_last(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written while databases are copied is in none of them, however long it takes."""
    seen: list[str] = []
    check = making.check_database

    def write_meanwhile(file: Path) -> None:
        seen.append(file.name)
        for name in ("registry.db", "chain/journal.db"):
            with closing(sqlite3.connect(data / name)) as database, database:
                database.execute("CREATE TABLE IF NOT EXISTS meanwhile (a)")
        check(file)

    monkeypatch.setattr(making, "check_database", write_meanwhile)
    file = tmp_path / "backup"
    archives.make(Settings(data_dir=data), file, now=MADE_AT)
    assert seen == ["registry.db", "journal.db"]
    archives.restore(file, tmp_path / "new")
    for name in ("registry.db", "chain/journal.db"):
        with closing(sqlite3.connect(tmp_path / "new" / name)) as database:
            query = "SELECT count(*) FROM sqlite_master WHERE name = 'meanwhile'"
            assert database.execute(query).fetchone() == (0,)
