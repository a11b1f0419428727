# SPDX-License-Identifier: EUPL-1.2
"""A Debian 12 in a folder: made by debootstrap, filled with the network of this machine, booted without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BOOT_SECONDS = 120
RELEASE = "bookworm"
PACKAGES = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "libpam-systemd", "adduser")

_OWN_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}

#: How this machine reaches its package registries is its own business; the clean one reaches them in the same way.
_REACH_FILES = ("/etc/pip.conf", "/root/.npmrc", "/etc/ssl/certs/ca-certificates.crt")
_REACH_VARIABLES = (
    "PIP_CERT",
    "PIP_INDEX_URL",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "https_proxy",
    "http_proxy",
)


class Failed(Exception):
    """A command on the machine ended with another code than 0."""


class Machine:
    """A folder that holds a Debian. `leader`: the first process of it while it is booted."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; `make` fills it."""
        self.folder = folder
        self._leader: int | None = None

    def make(self, base: Path) -> None:
        """Make it anew from the base, which is made once."""
        if not (base / "etc" / "debian_version").exists():
            shutil.rmtree(base, ignore_errors=True)
            packages = f"--include={','.join(PACKAGES)}"
            run_here("debootstrap", "--variant=minbase", packages, RELEASE, str(base))
        shutil.rmtree(self.folder, ignore_errors=True)
        run_here("cp", "-a", str(base), str(self.folder))
        # It is gone tomorrow: unpacking need not wait for the disk.
        self.put("/etc/dpkg/dpkg.cfg.d/unsafe-io", "force-unsafe-io\n")

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file of it."""
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)

    def read(self, path: str) -> str:
        """Read a file of it."""
        return (self.folder / path.lstrip("/")).read_text("utf-8")

    def run_with_network(self, commands: str) -> str:
        """Run commands before it is booted, with the network of this machine; return what they printed."""
        for file in _REACH_FILES:
            if Path(file).exists():
                self.put(file, Path(file).read_bytes())
        reach = {name: os.environ[name] for name in _REACH_VARIABLES if name in os.environ}
        return run_here(
            *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe"),
            *("--resolv-conf=copy-host", f"--directory={self.folder}"),
            *(f"--setenv={name}={value}" for name, value in (_OWN_ENVIRONMENT | reach).items()),
            *("/bin/bash", "-euc", commands),
        )

    def run(self, commands: str) -> str:
        """Run commands on the booted machine, as root; return what they printed."""
        assert self._leader is not None, "it is booted"
        return run_here(
            *("nsenter", f"--target={self._leader}", "--all", "--root", "--wd", "/usr/bin/env", "-i"),
            *(f"{name}={value}" for name, value in _OWN_ENVIRONMENT.items()),
            *("/bin/bash", "-euc", commands),
        )

    @contextmanager
    def booted(self) -> Iterator[None]:
        """Boot it with systemd, on a network of its own that reaches nothing; switch it off in the end."""
        with (self.folder.parent / "console.log").open("wb") as console:
            nspawn = subprocess.Popen(
                [
                    *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot"),
                    *("--private-network", f"--directory={self.folder}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            self._leader = _wait_for_leader(nspawn)
            self._wait_for_boot()
            yield
        finally:
            nspawn.terminate()
            nspawn.wait()
            self._leader = None

    def _wait_for_boot(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.run("systemctl is-system-running || true").strip() in ("running", "degraded"):
                    return
            except Failed:
                pass
            time.sleep(1)
        raise Failed("the machine does not boot; see console.log")


def _wait_for_leader(nspawn: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline:
        for children in Path(f"/proc/{nspawn.pid}/task").glob("*/children"):
            for child in children.read_text().split():
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        time.sleep(0.2)
    raise Failed("the machine does not boot; see console.log")


def run_here(*command: str) -> str:
    """Run a command of this machine; return what it printed.

    Raises:
        Failed: It ended with another code than 0.
    """
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise Failed(f"code {ran.returncode}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}")
    return ran.stdout
