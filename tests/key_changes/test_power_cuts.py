# SPDX-License-Identifier: EUPL-1.2
"""Wherever the power goes while a secret is replaced, none is lost.

Given the power goes before or after any step
  the server starts as if it was not asked, or as if it was done, or says that the passphrase is another one
  the same command finishes it
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kindpakket import key_changes, staff_log
from kindpakket.chain.keystore import open_keystore
from kindpakket.errors import ChainMismatch
from kindpakket.key_changes import Key

from .installed import MOST_STEPS, NEW, OLD, Installation, Power, PowerCut, codes, holders, use


@pytest.mark.parametrize(
    "key, step_count", [(Key.ISSUER, 10), (Key.RELAYER, 6), (Key.ADMIN, 10), (Key.SEALING, 4)]
)
def test_wherever_the_power_goes_a_change_of_keys_is_finished_by_the_same_command(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, key: Key, step_count: int
) -> None:
    with installation.open() as services:
        told, admin = codes(services), services.accounts.admin
    power = Power(installation.chain, monkeypatch)
    for step in range(step_count + 1):
        power.left = step
        try:
            installation.replace_wholly(key)
            cut = False
        except PowerCut:
            cut = True
        power.left = None
        # The server starts by itself, whatever was done of it, and does its work.
        with installation.open() as services:
            assert codes(services) == told
            if key in (Key.ISSUER, Key.RELAYER):
                use(services, key)
        if cut:
            installation.replace_wholly(key)
        assert not list(installation.settings.keystore_folder.glob("*.next.json"))
        with installation.open() as services:
            assert codes(services) == told
            assert staff_log.verify(services).differences == ()
            if key is Key.ISSUER:
                assert holders(services, key) == {services.accounts.issuer}
            if key is Key.ADMIN:
                assert services.fund.admin() == services.accounts.admin != admin
                admin = services.accounts.admin
    assert not cut, "there are no more steps than that"


@pytest.mark.parametrize("new", ["", NEW])
def test_wherever_the_power_goes_a_change_of_passphrase_is_finished_by_the_same_command(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new: str
) -> None:
    before = open_keystore(installation.settings.keystore_folder, passphrase=OLD)
    power = Power(installation.chain, monkeypatch)
    for step in range(MOST_STEPS):
        one = installation.copy_to(tmp_path / f"copy {step}")
        power.left = step
        try:
            key_changes.change_passphrase(one.settings, new)
            cut = False
        except PowerCut:
            cut = True
        power.left = None
        if cut:
            # Started as it is, it works or says that the passphrase is another one; it never makes keys anew.
            with suppress_other_passphrase(), one.open() as services:
                assert services.sealing_key == before.sealing
            key_changes.change_passphrase(one.settings, new)
        now = new or (one.settings.data_dir / "keystore.passphrase").read_text()
        assert open_keystore(one.settings.keystore_folder, passphrase=now) == before
        assert [file.name for file in one.settings.data_dir.glob("keystore.passphrase*")] == (
            [] if new else ["keystore.passphrase"]
        )
        if not cut:
            break
    assert 12 <= step < MOST_STEPS - 1


@contextmanager
def suppress_other_passphrase() -> Iterator[None]:
    """Pass over that a keystore does not open, when what to do is said too; nothing else may be wrong with it."""
    try:
        yield
    except ChainMismatch as mismatch:
        if "cannot be opened with this passphrase" not in str(mismatch):
            raise
        if "run `kindpakket rotate-passphrase` again" not in str(mismatch):
            raise
