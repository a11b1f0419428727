# SPDX-License-Identifier: EUPL-1.2
"""Restoring an archive, which somebody may have made to harm us: what is refused, and what a good one becomes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from kindpakket import archives
from kindpakket.archives import ArchiveRefused, restoring
from kindpakket.errors import ChainMismatch
from kindpakket.main import open_services
from kindpakket.settings import Settings

Entry = tuple[tarfile.TarInfo, bytes]


def read(file: Path) -> tuple[dict[str, Any], list[Entry]]:
    """Return the list of an archive and its other entries."""
    with tarfile.open(file) as archive:
        entries = []
        for member in archive:
            stream = archive.extractfile(member)
            entries.append((member, stream.read() if stream else b""))
    return json.loads(entries[0][1]), entries[1:]


def write(file: Path, manifest: dict[str, Any], entries: Iterable[Entry]) -> Path:
    """Write an archive as anybody could."""
    content = json.dumps(manifest).encode()
    with tarfile.open(file, "w:gz") as archive:
        for entry, data in [(tarfile.TarInfo("manifest.json"), content), *entries]:
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file


def listed(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@pytest.fixture
def good(back_up: Callable[..., Path]) -> Path:
    return back_up("good", with_passphrase=True)


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[Path, str], None]:
    """Asserts that an archive is refused for a reason, and that nothing came of it."""

    def refuse(file: Path, because: str) -> None:
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(ArchiveRefused, match=because):
            archives.restore(file, tmp_path / "new")
        assert sorted(tmp_path.rglob("*")) == before

    return refuse


# ---------------------------------------------------------------- what is refused


def test_a_folder_that_is_not_empty_is_refused(good: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "something").touch()
    with pytest.raises(ArchiveRefused, match="not empty"):
        archives.restore(good, tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["something"]


def test_a_file_and_a_link_in_the_folders_place_are_refused(good: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for place in ("file", "link"):
        with pytest.raises(ArchiveRefused, match="not empty"):
            archives.restore(good, tmp_path / place)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no archive", id="a text"),
        pytest.param(gzip.compress(b"no archive either" * 100), id="a text, packed"),
    ],
)
def test_what_is_no_backup_is_refused(
    tmp_path: Path, refused: Callable[[Path, str], None], content: bytes
) -> None:
    (tmp_path / "file").write_bytes(content)
    refused(tmp_path / "file", "cannot be read|not a backup")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_half_a_backup_is_refused(good: Path, refused: Callable[[Path, str], None], share: float) -> None:
    content = good.read_bytes()
    good.write_bytes(content[: int(len(content) * share)])
    refused(good, "cannot be read|not a backup")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_backup_with_a_wrong_byte_is_refused(
    good: Path, refused: Callable[[Path, str], None], share: float
) -> None:
    content = bytearray(good.read_bytes())
    content[int(len(content) * share)] ^= 0x55
    good.write_bytes(content)
    refused(good, ".")


def test_a_file_that_was_changed_in_a_backup_is_refused(
    good: Path, refused: Callable[[Path, str], None]
) -> None:
    manifest, entries = read(good)
    for place, (entry, data) in enumerate(entries):
        changed = [*entries]
        changed[place] = (entry, data[:-1] + bytes([data[-1] ^ 1]))
        write(good, manifest, changed)
        refused(good, f"{entry.name} was changed or damaged")


def test_a_backup_that_lacks_a_file_is_refused(good: Path, refused: Callable[[Path, str], None]) -> None:
    manifest, entries = read(good)
    write(good, manifest, entries[:-1])
    refused(good, "lacks chain/journal.db")


def test_a_damaged_database_is_refused_even_when_its_checksum_is_right(
    good: Path, refused: Callable[[Path, str], None]
) -> None:
    manifest, entries = read(good)
    entry, data = entries[-1]
    spoiled = data[:4096] + bytes(4096) + data[8192:]
    manifest["files"][-1] = listed(entry.name, spoiled)
    write(good, manifest, [*entries[:-1], (entry, spoiled)])
    refused(good, "damaged")


def test_a_backup_of_another_version_is_refused(good: Path, refused: Callable[[Path, str], None]) -> None:
    manifest, entries = read(good)
    write(good, manifest | {"format": 2}, entries)
    refused(good, "Another version")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../escaped",
            "/tmp/escaped",
            "keystore/../../escaped",
            "a//b",
            "./a",
            ".hidden",
            "a/.b",
            "",
            "a\0b",
        ),
        *("chain/lock", "chain/journal.db-wal", "ledger.db", "chain/snapshots/snapshot-000000001.json"),
    ],
)
def test_a_name_that_leaves_the_folder_or_cannot_be_in_a_backup_is_refused(
    good: Path, refused: Callable[[Path, str], None], name: str
) -> None:
    manifest, entries = read(good)
    manifest["files"].append(listed(name, b"x"))
    write(good, manifest, [*entries, (tarfile.TarInfo(name.replace("\0", "")), b"x")])
    refused(good, "names what cannot be in one")


def test_an_entry_that_is_not_listed_is_refused(good: Path, refused: Callable[[Path, str], None]) -> None:
    manifest, entries = read(good)
    write(good, manifest, [*entries, (tarfile.TarInfo("../escaped"), b"x")])
    refused(good, "not what its list says")


def test_an_entry_that_comes_twice_is_refused(good: Path, refused: Callable[[Path, str], None]) -> None:
    manifest, entries = read(good)
    write(good, manifest, [*entries, entries[0]])
    refused(good, "not what its list says")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_an_entry_that_is_no_plain_file_is_refused(
    good: Path, refused: Callable[[Path, str], None], kind: bytes
) -> None:
    manifest, entries = read(good)
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = kind, "/etc/passwd"
    manifest["files"].append(listed("link", b""))
    write(good, manifest, [*entries, (entry, b"")])
    refused(good, "not what its list says")


def test_a_file_larger_than_listed_is_refused(good: Path, refused: Callable[[Path, str], None]) -> None:
    manifest, entries = read(good)
    entry, data = entries[0]
    write(good, manifest, [(entry, data + bytes(10_000_000)), *entries[1:]])
    refused(good, "not what its list says")


def test_more_than_the_disk_can_hold_is_refused_before_anything_is_written(
    good: Path, refused: Callable[[Path, str], None]
) -> None:
    manifest, entries = read(good)
    manifest["files"][0]["bytes"] = 1 << 60
    write(good, manifest, entries)
    refused(good, "too little room")


@pytest.mark.parametrize("size", [-1, "5", None, True])
def test_a_size_that_is_none_is_refused(
    good: Path, refused: Callable[[Path, str], None], size: object
) -> None:
    manifest, entries = read(good)
    manifest["files"][0]["bytes"] = size
    write(good, manifest, entries)
    refused(good, "cannot be read|names what cannot be in one")


def test_a_list_that_is_too_long_is_refused(
    good: Path, refused: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, entries = read(good)
    many = [listed(f"file-{number}", b"") for number in range(restoring.MOST_FILES)]
    write(good, manifest | {"files": manifest["files"] + many}, entries)
    refused(good, "names what cannot be in one")
    monkeypatch.setattr(restoring, "MOST_MANIFEST_BYTES", 100)
    refused(good, "not a backup")


# ---------------------------------------------------------------- what a good one becomes


def test_a_restored_installation_starts_with_the_same_chain_and_books_its_ledger_anew(
    good: Path, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    archives.restore(good, tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "new" / "ledger.db").exists()
    heads = []
    for folder in (data, tmp_path / "new"):
        with open_services(Settings(data_dir=folder), follow=False) as services:
            services.follower.catch_up()
            heads.append((services.chain.head(), services.ledger.last_booked(), services.accounts))
    assert heads[0] == heads[1]


def test_without_its_passphrase_a_restored_installation_says_what_it_needs_and_makes_no_other(
    back_up: Callable[..., Path], tmp_path: Path
) -> None:
    archives.restore(back_up(), tmp_path / "new")
    opening = open_services(Settings(data_dir=tmp_path / "new"), follow=False)
    with pytest.raises(ChainMismatch, match="KINDPAKKET_KEYSTORE_PASSPHRASE"), opening:
        pass
    assert not (tmp_path / "new" / "keystore.passphrase").exists()
    (tmp_path / "new" / "keystore.passphrase").write_text("for tests")
    with open_services(Settings(data_dir=tmp_path / "new"), follow=False) as services:
        assert services.chain.head().number == 2


# ---------------------------------------------------------------- the commands


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kindpakket", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_commands_save_and_restore_and_say_what_is_missing(data: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "saved", tmp_path / "new"
    saved = command("backup", file, "--data-dir", data)
    assert saved.returncode == 0, saved.stderr
    assert "Saved up to block 2" in saved.stdout
    assert "Not in it: the keystore's passphrase." in saved.stdout
    again = command("backup", file, "--data-dir", data)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    restored = command("restore", file, "--data-dir", new)
    assert restored.returncode == 0, restored.stderr
    assert "put keystore.passphrase back" in restored.stdout
    refused = command("restore", file, "--data-dir", new)
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
