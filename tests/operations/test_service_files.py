# SPDX-License-Identifier: EUPL-1.2
"""The files of the service: they fit the program, its settings, each other and the guide.

scripts/clean_machine tries them on a real Debian; here is what can be seen without one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clean_machine_lib import guide, story
from kindpakket.cli import GRACE_SECONDS, app
from kindpakket.main import ROOT
from kindpakket.settings import Settings

SERVICE = ROOT / "scripts" / "service"
UNIT = (SERVICE / "kindpakket.service").read_text("utf-8")
INSPECTION = (SERVICE / "kindpakket-inspect.service").read_text("utf-8")
SHELL = [file for file in sorted(SERVICE.iterdir()) if file.read_text("utf-8").startswith("#!/bin/sh")]
PASSPHRASE = "passphrase of these tests"
WITHOUT_RIGHTS = {
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "RestrictNamespaces=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "IPAddressDeny=any",
    "UMask=0077",
    "StateDirectoryMode=0700",
}


def settings_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(?:Environment=)?KINDPAKKET_(\w+)=(.*)$", text, flags=re.MULTILINE))


def test_the_service_has_no_right_that_it_does_not_need() -> None:
    assert set(UNIT.splitlines()) >= WITHOUT_RIGHTS


def test_the_inspection_has_no_right_that_the_service_has_not() -> None:
    rights = WITHOUT_RIGHTS - {"IPAddressDeny=any"} | {"User=kindpakket", "PrivateUsers=yes"}
    assert set(INSPECTION.splitlines()) >= rights
    # The same user's shared memory is the server's.
    assert "RemoveIPC" not in INSPECTION


def test_the_backup_has_few_rights_beside_those_of_root() -> None:
    unit = (SERVICE / "kindpakket-backup.service").read_text("utf-8")
    assert set(unit.splitlines()) >= {"NoNewPrivileges=yes", "ProtectSystem=full", "PrivateTmp=yes"}


def test_the_service_starts_the_command_with_options_that_it_has(own_logs: None) -> None:
    (command,) = re.findall(r"^ExecStart=\S+/kindpakket (\w+) (.*)$", UNIT, flags=re.MULTILINE)
    # A terminal of any width: the words of the help must not be broken.
    help_text = CliRunner().invoke(app, [command[0], "--help"], env={"COLUMNS": "200"}).output
    for option in re.findall(r"--[a-z-]+", command[1]):
        assert option in re.sub(r"\x1b\[[0-9;]*m", "", help_text)


@pytest.mark.parametrize("unit", [UNIT, INSPECTION], ids=["server", "inspection"])
def test_a_service_is_told_its_passphrase_as_a_credential_and_in_no_environment(unit: str) -> None:
    told = settings_of(unit) | settings_of((SERVICE / "kindpakket.env").read_text("utf-8"))
    assert "LoadCredential=passphrase:" in unit
    assert told["KEYSTORE_PASSPHRASE_FILE"] == "%d/passphrase"
    assert not {"KEYSTORE_PASSPHRASE", "OIDC_CLIENT_SECRET"} & set(told)


def test_the_guide_lets_root_alone_read_settings_and_passphrase() -> None:
    blocks = guide.blocks()
    assert (
        "\ninstall -m 0600 /opt/kindpakket/scripts/service/kindpakket.env /etc/kindpakket/\n"
        in blocks["install"]
    )
    assert "umask 077" in blocks["passphrase"]
    # Installations of before have it open.
    assert "\nchmod 0600 /etc/kindpakket/kindpakket.env\n" in blocks["upgrade"]


@pytest.mark.parametrize("file", ["kindpakket.service", "kindpakket-inspect.service", "kindpakket.env"])
def test_each_setting_in_the_files_is_one(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings_of((SERVICE / file).read_text("utf-8"))
    assert told
    assert {name.lower() for name in told} <= set(Settings.model_fields)
    for name, value in told.items():
        monkeypatch.setenv(f"KINDPAKKET_{name}", value)
    Settings()


def test_what_copies_the_chain_may_be_nice_though_no_other_resource_is_its_to_set() -> None:
    filters = re.findall(r"^SystemCallFilter=(.*)$", UNIT, flags=re.MULTILINE)
    assert filters[1:] == ["~@privileged @resources", "nice setpriority"], "the last word counts"


def test_the_service_tries_again_for_as_long_as_it_does_not_start() -> None:
    assert {"StartLimitIntervalSec=0", "RestartSec=15", "Restart=on-failure"} <= set(UNIT.splitlines())
    assert "StartLimitBurst" not in UNIT
    assert "time-sync.target" in UNIT


def test_the_servers_stop_is_longer_than_its_grace() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, flags=re.MULTILINE)
    assert int(seconds) > GRACE_SECONDS


@pytest.mark.parametrize("file", SHELL, ids=lambda file: file.name)
def test_each_shell_script_can_be_run_and_is_read_by_the_shell(file: Path) -> None:
    assert os.access(file, os.X_OK)
    assert "\nset -eu\n" in file.read_text("utf-8")
    subprocess.run(["sh", "-n", file], check=True)


COMMANDS = list(typer.main.get_group(app).commands)
OPEN_NO_KEYSTORE = {"audit", "audit-key", "backup", "restore", "sign-in-link", "verify-journal"}


@pytest.fixture
def wrapped(tmp_path: Path) -> Callable[..., list[str]]:
    """Run the wrapper, with a command that says what it was told; return its lines. Rights are only pretended."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, does in {
        "chown": '[ "$1 $2" = "kindpakket /dev/fd/3" ]',
        "setpriv": 'while case "$1" in --*) ;; *) false ;; esac; do shift; done\nexec "$@"',
        "kindpakket": """
            echo "$@"
            env
            echo "core=$(ulimit -H -c)"
            if [ -e /dev/fd/3 ]; then cat /dev/fd/3 /dev/fd/3; fi
            ls "$RUNTIME_DIRECTORY"
        """,
    }.items():
        (programs / name).write_text(f"#!/bin/sh\nset -eu\n{does}\n")
        (programs / name).chmod(0o755)
    script = (SERVICE / "kindpakket").read_text("utf-8")
    for theirs, ours in {
        "/etc/kindpakket": tmp_path / "etc",
        "/var/lib/kindpakket": tmp_path,
        "/opt/kindpakket/.venv/bin": programs,
    }.items():
        assert theirs in script
        script = script.replace(theirs, str(ours))
    (tmp_path / "runtime").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passphrase").write_text(f"{PASSPHRASE}\n")
    shutil.copy(SERVICE / "kindpakket.env", tmp_path / "etc")
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "RUNTIME_DIRECTORY": str(tmp_path / "runtime"),
    }

    def run(*arguments: str) -> list[str]:
        ran = subprocess.run(
            ["sh", "-c", script, "kindpakket", *arguments],
            check=True,
            env=environment,
            capture_output=True,
            text=True,
        )
        return ran.stdout.splitlines()

    return run


@pytest.mark.parametrize("command", sorted({*COMMANDS} - OPEN_NO_KEYSTORE))
def test_a_command_reads_the_passphrase_from_a_file_without_a_name(
    wrapped: Callable[..., list[str]], command: str
) -> None:
    said = wrapped(command, "an argument")
    assert said[0] == f"{command} an argument"
    assert "KINDPAKKET_KEYSTORE_PASSPHRASE_FILE=/dev/fd/3" in said
    assert "KINDPAKKET_BASE_URL=https://kindpakket.example.nl" in said
    # As often as it asks, nowhere in the environment, and no file is left: it would be listed last.
    assert [line for line in said if PASSPHRASE in line] == [PASSPHRASE, PASSPHRASE] == said[-2:]


@pytest.mark.parametrize("command", sorted(OPEN_NO_KEYSTORE | {"--help", ""}))
def test_a_command_that_opens_no_keystore_has_no_passphrase(
    wrapped: Callable[..., list[str]], command: str
) -> None:
    assert command in {*COMMANDS, "--help", ""}
    assert "PASSPHRASE" not in " ".join(wrapped(command)).upper()


@pytest.fixture
def back_up(tmp_path: Path) -> Callable[[datetime], None]:
    """The script of backups, in a folder of its own, at an hour of ours; a backup is an empty file."""
    programs, folder = tmp_path / "programs", tmp_path / "backups"
    for name, does in {
        "chown": "",
        "date": 'echo "$NOW"',
        "kindpakket": '[ "$1" = backup ]; echo >"$2"',
    }.items():
        programs.mkdir(exist_ok=True)
        (programs / name).write_text(f"#!/bin/sh\nset -eu\n{does}\n")
        (programs / name).chmod(0o755)
    script = (SERVICE / "kindpakket-backup").read_text("utf-8")
    for theirs, ours in {
        "/usr/local/sbin": programs,
        "/var/backups/kindpakket": folder,
        "/etc/kindpakket": tmp_path,
    }.items():
        assert theirs in script
        script = script.replace(theirs, str(ours))
    path = f"{programs}:{os.environ['PATH']}"

    def run(at: datetime) -> None:
        environment = {"PATH": path, "NOW": f"{at:%Y%m%dT%H%M%SZ}"}
        subprocess.run(["sh", "-c", script], check=True, env=environment)

    return run


@pytest.fixture
def noted(tmp_path: Path) -> Callable[[str], list[str]]:
    """Runs the hourly backup with these settings, and programs that only note how they were called."""
    programs, notes = tmp_path / "programs", tmp_path / "notes"
    programs.mkdir()
    for name in ("kindpakket", "setpriv", "chown"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{notes}\n')
        (programs / name).chmod(0o755)
    script = (SERVICE / "kindpakket-backup").read_text("utf-8")
    for place, here in {"/usr/local/sbin": programs, "/var/backups": tmp_path, "/etc": tmp_path}.items():
        script = script.replace(f"{place}/kindpakket", f"{here}/kindpakket")
    (tmp_path / "kindpakket").mkdir()

    def run(settings: str) -> list[str]:
        (tmp_path / "kindpakket" / "kindpakket.env").write_text(settings)
        path = f"{programs}:{os.environ['PATH']}"
        subprocess.run(["sh", "-c", script], check=True, env={"PATH": path})
        return notes.read_text().splitlines()[1:]

    return run


def test_backups_of_hours_days_and_months_are_kept(
    back_up: Callable[[datetime], None], tmp_path: Path
) -> None:
    folder, now = tmp_path / "backups", datetime(2026, 11, 28, 9, tzinfo=UTC)
    folder.mkdir()
    (folder / "notes").touch()
    for hours in range(1, 24 * 300):
        (folder / f"kindpakket-{now - timedelta(hours=hours):%Y%m%dT%H%M%SZ}.backup").touch()
    for hours in range(30):
        back_up(now + timedelta(hours=hours))
    kept = [file.name.removeprefix("kindpakket-").removesuffix("Z.backup") for file in folder.iterdir()]
    last = [f"2026112{9 if hour < 15 else 8}T{hour:02}0000" for hour in (*range(1, 15), 23)]
    # Today's is one of the newest fourteen; the days before have the hour before midnight.
    assert sorted(kept) == sorted(
        [
            "notes",
            *last,
            *(f"202611{day}T230000" for day in range(16, 28)),
            *(f"2026{end}T230000" for end in ("1031", "0930", "0831", "0731", "0630")),
        ]
    )


def test_the_hourly_backup_of_files_is_one_archive(noted: Callable[[str], list[str]]) -> None:
    (made,) = noted("KINDPAKKET_PHONE=14 0000\n")
    assert re.fullmatch(r"kindpakket backup \S+/kindpakket-\w+\.backup", made)


def test_the_hourly_backup_saves_a_registry_in_postgresql_first(
    noted: Callable[[str], list[str]], tmp_path: Path
) -> None:
    address = "///kindpakket?host=/var/run/postgresql"
    registry, rest = noted(f"KINDPAKKET_DATABASE_URL=postgresql+psycopg:{address}\n")
    assert registry.endswith(
        f"pg_dump --format=custom --schema=kindpakket_registry --dbname=postgresql:{address}"
    )
    assert "--reuid=kindpakket" in registry, "who may by a socket of this machine"
    assert re.fullmatch(r"kindpakket backup \S+\.backup --without-registry", rest)
    assert len(list((tmp_path / "kindpakket").glob("kindpakket-*.registry"))) == 1


@pytest.mark.parametrize(
    "address",
    [
        "//kp:s3cret@db.example/kindpakket",
        "//kp:s3%40cret@db.example:5432/kindpakket?sslmode=verify-full",
        "//kp:s3/cret@db.example/kindpakket",
        "//kp@db.example/kindpakket?password=s3cret",
        "//kp@db.example/kindpakket?sslmode=verify-full&password=s3cret",
        "//kp@db.example/kindpakket?sslkey=/a&sslpassword=s3cret",
    ],
)
def test_the_hourly_backup_shows_no_password_among_the_arguments_of_a_program(
    noted: Callable[[str], list[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str], address: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        noted(f"KINDPAKKET_DATABASE_URL=postgresql+psycopg:{address}\n")
    assert [line.split()[0] for line in (tmp_path / "notes").read_text().splitlines()] == ["chown"]
    told = capfd.readouterr().err
    assert "passfile=" in told and "docs/operations.md" in told
    assert "s3" not in told


@pytest.mark.parametrize(
    "address",
    [
        "//kp@db.example:5432/kindpakket?passfile=/etc/kindpakket/pgpass",
        "//db.example:5432/kindpakket?user=kp&passfile=/etc/kindpakket/pgpass",
        "//kp:@db.example/kindpakket",
    ],
)
def test_the_hourly_backup_takes_an_address_without_a_password(
    noted: Callable[[str], list[str]], address: str
) -> None:
    registry, _ = noted(f"KINDPAKKET_DATABASE_URL=postgresql+psycopg:{address}\n")
    assert registry.endswith(f"--dbname=postgresql:{address}")


def test_whatever_fails_raises_the_alarm() -> None:
    for unit in SERVICE.glob("*.service"):
        written = unit.read_text("utf-8")
        if "\nRestart=" in written:
            # systemd never counts such a unit as failed; scripts/clean_machine kills it and reads what was told.
            (after,) = re.findall(r"^ExecStopPost=\+/bin/sh -c '(.*)'$", written, flags=re.MULTILINE)
            for result, told in (
                ("success", ""),
                ("signal", "start --no-block kindpakket-alarm@%n.service\n"),
            ):
                ran = subprocess.run(
                    ["/bin/sh", "-c", f'systemctl() {{ echo "$@"; return 1; }}; {after}'],
                    env={"SERVICE_RESULT": result},
                    capture_output=True,
                    text=True,
                    check=True,
                )
                assert ran.stdout == told
        elif unit.name != "kindpakket-alarm@.service":
            assert "\nOnFailure=kindpakket-alarm@%n.service\n" in written, unit.name


def test_no_crash_leaves_a_picture_of_the_memory(wrapped: Callable[..., list[str]]) -> None:
    # It would hold keys.
    for unit in SERVICE.glob("*.service"):
        assert "\nLimitCORE=0\n" in unit.read_text("utf-8"), unit.name
    assert "core=0" in wrapped("doctor")


def test_units_call_only_what_the_guide_installs() -> None:
    blocks = guide.blocks()
    installed = "\n".join(blocks.values())
    for unit in SERVICE.glob("*.service"):
        for program in re.findall(r"^ExecStart=(\S+)", unit.read_text("utf-8"), flags=re.MULTILINE):
            name = Path(program).name
            is_debians = program.startswith("/usr/bin/") and f" {name} " in blocks["prepare"]
            assert f"service/{name}" in installed or program.startswith("/opt/kindpakket/") or is_debians


def test_the_guide_has_every_block_that_is_tried_and_no_other() -> None:
    told = (ROOT / "scripts" / "clean_machine_lib" / "story.py").read_text("utf-8")
    blocks = guide.blocks()
    for name in blocks:
        assert re.search(rf"""["']{name}["']""", told), name
    assert {"prepare", "install", "start", "upgrade", "rollback"} <= set(blocks)
    assert not any(word in "\n".join(blocks.values()) for word in ("REPOSITORY", "VERSION"))
    assert story.URL.removeprefix("https://") in blocks["certificate"]


def test_the_node_of_debian_takes_the_chains_package() -> None:
    # Node 18 leaves a package that may be missing and asks for Node 20 out without a word; and this one is a program.
    packages = json.loads((ROOT / "contracts" / "package-lock.json").read_text("utf-8"))["packages"]
    chains = [package for name, package in packages.items() if "/@foundry-rs/anvil-" in name]
    assert chains
    assert not any("engines" in package for package in chains)
