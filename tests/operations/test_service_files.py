# SPDX-License-Identifier: EUPL-1.2
"""The files of the service: they fit the program, its settings, each other and the guide.

scripts/clean_machine tries them on a real Debian; here is what can be seen without one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clean_machine_lib import guide, story
from kindpakket.cli import GRACE_SECONDS, app
from kindpakket.main import ROOT
from kindpakket.settings import Settings

SERVICE = ROOT / "scripts" / "service"
UNIT = (SERVICE / "kindpakket.service").read_text("utf-8")
SHELL = [file for file in sorted(SERVICE.iterdir()) if file.read_text("utf-8").startswith("#!/bin/sh")]
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


def test_the_service_starts_the_command_with_options_that_it_has(own_logs: None) -> None:
    (command,) = re.findall(r"^ExecStart=\S+/kindpakket (\w+) (.*)$", UNIT, flags=re.MULTILINE)
    # A terminal of any width: the words of the help must not be broken.
    help_text = CliRunner().invoke(app, [command[0], "--help"], env={"COLUMNS": "200"}).output
    for option in re.findall(r"--[a-z-]+", command[1]):
        assert option in re.sub(r"\x1b\[[0-9;]*m", "", help_text)


def test_the_service_is_told_its_passphrase_as_a_credential_and_in_no_environment() -> None:
    told = settings_of(UNIT) | settings_of((SERVICE / "kindpakket.env").read_text("utf-8"))
    assert "LoadCredential=passphrase:" in UNIT
    assert told["KEYSTORE_PASSPHRASE_FILE"] == "%d/passphrase"
    assert not {"KEYSTORE_PASSPHRASE", "OIDC_CLIENT_SECRET"} & set(told)


@pytest.mark.parametrize("file", ["kindpakket.service", "kindpakket.env"])
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


def test_both_proxies_let_the_server_refuse_what_is_too_large_and_wait_for_an_import() -> None:
    nginx, caddy = ((SERVICE / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))
    assert Settings().max_body_bytes == 1 << 20
    assert "client_max_body_size 2m;" in nginx
    assert "max_size 2MiB" in caddy
    assert "proxy_read_timeout 120s;" in nginx
    assert "response_header_timeout 120s" in caddy
    # Set and not added to: by it wrong guesses are counted.
    assert "X-Forwarded-For $remote_addr;" in nginx
    assert "X-Forwarded-For {remote_host}" in caddy


def test_the_answers_that_stay_open_are_named_as_the_api_names_them() -> None:
    nginx = (SERVICE / "nginx.conf").read_text("utf-8")
    (path,) = re.findall(r"location = (/api/\S+) \{\n\s+proxy_buffering off;", nginx)
    description = (ROOT / "backend" / "kindpakket" / "api" / "news.py").read_text("utf-8")
    assert f'"{path.removeprefix("/api/v1")}"' in description


@pytest.mark.parametrize("file", SHELL, ids=lambda file: file.name)
def test_each_shell_script_can_be_run_and_is_read_by_the_shell(file: Path) -> None:
    assert os.access(file, os.X_OK)
    assert "\nset -eu\n" in file.read_text("utf-8")
    subprocess.run(["sh", "-n", file], check=True)


@pytest.fixture
def back_up(tmp_path: Path) -> Callable[[str], list[str]]:
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


def test_the_hourly_backup_of_files_is_one_archive(back_up: Callable[[str], list[str]]) -> None:
    (made,) = back_up("KINDPAKKET_PHONE=14 0000\n")
    assert re.fullmatch(r"kindpakket backup \S+/kindpakket-\w+\.backup", made)


def test_the_hourly_backup_saves_a_registry_in_postgresql_first(
    back_up: Callable[[str], list[str]], tmp_path: Path
) -> None:
    address = "///kindpakket?host=/var/run/postgresql"
    registry, rest = back_up(f"KINDPAKKET_DATABASE_URL=postgresql+psycopg:{address}\n")
    assert registry.endswith(
        f"pg_dump --format=custom --schema=kindpakket_registry --dbname=postgresql:{address}"
    )
    assert "--reuid=kindpakket" in registry, "who may by a socket of this machine"
    assert re.fullmatch(r"kindpakket backup \S+\.backup --without-registry", rest)
    assert len(list((tmp_path / "kindpakket").glob("kindpakket-*.registry"))) == 1


def test_whatever_fails_raises_the_alarm() -> None:
    for unit in SERVICE.glob("*.service"):
        if unit.name != "kindpakket-alarm@.service":
            assert "\nOnFailure=kindpakket-alarm@%n.service\n" in unit.read_text("utf-8"), unit.name


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
