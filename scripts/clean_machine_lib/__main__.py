# SPDX-License-Identifier: EUPL-1.2
"""`scripts/clean_machine [--folder FOLDER] [--version REF] [--newer REF] [--postgresql]`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from kindpakket.chain.files import lock_folder

from . import guide, story
from .machine import Failed, Machine, run_here


def main() -> None:
    """Make the machine, follow the guide on it, and print what was tried; end with 1 if a step failed."""
    parser = argparse.ArgumentParser(
        prog="scripts/clean_machine",
        description="Follow docs/operations.md on a clean Debian 12 that is made and booted here.",
    )
    parser.add_argument("--folder", type=Path, default=guide.ROOT / "var" / "clean-machine")
    parser.add_argument("--version", default="HEAD~1", help="What is installed.")
    parser.add_argument("--newer", default="HEAD", help="What it is upgraded to.")
    parser.add_argument("--postgresql", action="store_true", help="With the stores in PostgreSQL.")
    chosen = parser.parse_args()
    blocks = guide.blocks(on_postgresql=chosen.postgresql)
    missing = [name for name in ("debootstrap", "systemd-nspawn") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        sys.exit(
            f"It is to be run as root, with debootstrap and systemd-container; missing: {missing or 'root'}"
        )
    chosen.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Two runs in one folder would each take the machine away under the other.
    lock = lock_folder(chosen.folder)
    machine = Machine(chosen.folder / "machine")
    began = time.monotonic()

    def tell(step: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {step}", flush=True)

    try:
        machine.make(chosen.folder / "base")
        tell("a Debian 12 with nothing in it")
        _bring_repository(machine, version=chosen.version, newer=chosen.newer)
        story.install(machine, blocks, tell)
        with machine.booted():
            story.run(machine, blocks, tell)
    except Failed as failed:
        sys.exit(f"FAILED after the step above: {failed}")
    lock.close()
    print("All of it went as the guide says.")


def _bring_repository(machine: Machine, *, version: str, newer: str) -> None:
    """Put a repository on the machine, in the place of the one that a municipality clones."""
    place = machine.folder / guide.REPOSITORY.lstrip("/")
    run_here("git", "clone", "--quiet", "--bare", "--single-branch", str(guide.ROOT), str(place))
    for tag, reference in ((guide.VERSION, version), (guide.NEWER_VERSION, newer)):
        commit = run_here("git", "-C", str(guide.ROOT), "rev-parse", f"{reference}^{{commit}}").strip()
        run_here("git", "-C", str(place), "tag", tag, commit)
    run_here("chown", "-R", "0:0", str(place))


if __name__ == "__main__":
    main()
