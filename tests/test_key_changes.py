# SPDX-License-Identifier: EUPL-1.2
"""Secrets of the server are replaced by a command, and nothing is lost wherever the power goes.

Given an installation with letters that nobody took yet
  when a role's key is replaced: the chain knows the new account only, and the server works with it
    and what the key before put on record stays on record
  when the key that seals is replaced: every letter is readable as before, and the key before opens none
  when the admin's key is replaced: it is announced, and takes over when the delay is over
  when the passphrase is changed: the one before opens nothing, and all else is as it was
Given the power goes before or after any step of these
  the server starts as if it was not asked, or as if it was done, or says which command to give
  the same command finishes it, and no key was lost
Given what cannot be
  a wrong passphrase, no admin's key, another announced admin, a value sealed with another key: nothing is changed
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import key_changes, staff_log
from kindpakket.chain import calls
from kindpakket.chain import keystore as keystore_file
from kindpakket.chain.client import Receipt, Submission
from kindpakket.chain.deploy import HANDOVER_DELAY_SECONDS, ROLES, read_deployment
from kindpakket.chain.keystore import open_keystore
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import ChainMismatch
from kindpakket.key_changes import Key
from kindpakket.main import create_app, services_on
from kindpakket.registry.store import Registry
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.staff_log import COMMAND_LINE
from kindpakket.tickets import letter
from tests.ledger.databases import connect

from .support import InProcess, found_town, sign_in

OLD, NEW = "for tests", "another passphrase, long enough"
HOUSEHOLDS = "kenmerk;kinderen\nA-1;1\nA-2;2\n"
MORE = "kenmerk;kinderen\nB-1;1\nB-2;1\n"
MOST_STEPS = 40
Done = TypeVar("Done")


class PowerCut(BaseException):
    """The process is gone."""


class Power:
    """Counts what is put on disk or on the chain, and goes before or after one of these steps."""

    def __init__(self, chain: TesterChain, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        move, send = Path.replace, chain.send

        def moved(file: Path, place: Any) -> Path:
            return self._step(lambda: move(file, place))

        def sent(submission: Submission) -> Receipt:
            return self._step(lambda: send(submission))

        monkeypatch.setattr(Path, "replace", moved)
        monkeypatch.setattr(chain, "send", sent)

    def _step(self, do: Callable[[], Done]) -> Done:
        self._spend()
        done = do()
        self._spend()
        return done

    def _spend(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            raise PowerCut
        self.left -= 1


class Installation:
    """A data folder on a chain, that can be opened again and again."""

    def __init__(self, chain: TesterChain, folder: Path) -> None:
        self.chain = chain
        self.settings = Settings(data_dir=folder)

    @contextmanager
    def open(self) -> Iterator[Services]:
        with services_on(self.settings, self.chain, now=self.chain.now, follow=False) as services:
            yield services

    def replace(self, key: Key) -> int | None:
        with self.open() as services:
            return key_changes.replace_key(services, key)

    def replace_wholly(self, key: Key) -> None:
        """Replace a key, and let an admin that was announced take over."""
        possible_at = self.replace(key)
        if possible_at is not None:
            self.chain.travel_to(max(possible_at, self.chain.now()))
            assert self.replace(key) is None

    def codes(self) -> list[str]:
        with self.open() as services:
            return codes(services)

    def copy_to(self, folder: Path) -> Installation:
        shutil.copytree(self.settings.data_dir, folder)
        return Installation(self.chain, folder)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that cost little to open."""
    monkeypatch.setattr(keystore_file, "SCRYPT_COST", 2)


@pytest.fixture
def installation(chain: TesterChain, keystore: Path, tmp_path: Path) -> Installation:
    """A town with letters that nobody took, one more that broke off, and an entry on record."""
    folder = tmp_path / "data"
    shutil.copytree(keystore, folder)
    made = Installation(chain, folder)
    with made.open() as services, TestClient(create_app(services)) as client:
        desk = InProcess(client)
        sign_in(services, desk)
        found_town(
            lambda: InProcess(client),
            desk,
            starts_on="2026-01-01",
            ends_on="2027-01-01",
            households=HOUSEHOLDS,
        )
        desk.ask("POST", "/programmes/1/household-imports?amountCents=100", MORE)
        services.registry.replacements.begin(
            1, letter_id="1" * 32, sealed_secret=services.seal(b"replaced"), reason=1, staff=1, at=1
        )
        services.registry.disclosures.confirm(1, at=services.now())
        first = services.registry.reissues.forgotten_letters(1)[-1]
        services.registry.reissues.begin(
            1, [(first.letter_id, "2" * 32, services.seal(b"reissued"))], staff=1, at=1
        )
        staff_log.anchor(services)
    return made


def codes(services: Services) -> list[str]:
    """What the letters that nobody took yet say; the same each time."""
    with connect(services.settings.registry_address) as connection:
        rows = connection.execute(
            text("SELECT secret_sealed FROM letter WHERE secret_sealed IS NOT NULL ORDER BY letter_id")
        )
        return [letter.format_code(services.unseal(bytes(one))) for one in rows.scalars()]


def holders(services: Services, role: str) -> set[str]:
    """Who has a role now, of all who ever had it."""
    fund = services.fund
    return {one for one in fund.holders_ever(ROLES[role]) if fund.has_role(ROLES[role], one)}


def use(services: Services, key: Key) -> None:
    """Let the server do what it needs this key for."""
    accounts = services.accounts
    if key is Key.ISSUER:
        services.fund.execute(calls.top_up(voucher=1, amount_cents=1), sender=accounts.issuer)
    elif key is Key.SHOP_MANAGER:
        call = calls.allow_shop(programme=1, shop=9, categories=2)
        services.fund.execute(call, sender=accounts.shop_manager)
    elif key is Key.TREASURER:
        reference = services.chain.head().hash
        call = calls.deposit(programme=1, amount_cents=1, payment_reference=reference)
        services.fund.execute(call, sender=accounts.treasurer)
    elif key is Key.RELAYER:
        # It may do nothing by itself; it only has to be able to send.
        services.chain.send(Submission(accounts.relayer, services.fund.address, b"", 100_000))
    else:
        raise AssertionError(key)


# ---------------------------------------------------------------- done


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


def test_a_passphrase_that_the_server_is_told_is_changed_too(
    installation: Installation, tmp_path: Path
) -> None:
    codes = installation.codes()
    assert key_changes.change_passphrase(installation.settings, NEW) == 6
    assert not (installation.settings.data_dir / "keystore.passphrase").exists()
    file = tmp_path / "passphrase"
    file.write_text(f"{NEW}\n")
    installation.settings = Settings(
        data_dir=installation.settings.data_dir, keystore_passphrase_file=str(file)
    )
    assert installation.codes() == codes
    newer = f"{NEW}, and longer"
    assert key_changes.change_passphrase(installation.settings, newer) == 6
    file.write_text(newer)
    assert installation.codes() == codes


# ---------------------------------------------------------------- the power goes


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
    """Pass over that a keystore does not open; nothing else may be wrong with it."""
    try:
        yield
    except ChainMismatch as mismatch:
        if "cannot be opened with this passphrase" not in str(mismatch):
            raise


# ---------------------------------------------------------------- what cannot be


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_wrong_passphrase_changes_nothing(installation: Installation) -> None:
    folder = installation.settings.keystore_folder
    before = contents(folder)
    wrong = Settings(data_dir=installation.settings.data_dir, keystore_passphrase=SecretStr("a wrong one"))
    with pytest.raises(ChainMismatch, match="cannot be opened"):
        key_changes.change_passphrase(wrong, NEW)
    assert contents(folder) == before
    # Nor when only one of the files is of another passphrase.
    (folder / "treasurer.json").rename(folder / "treasurer")
    key_changes.change_passphrase(installation.settings, NEW)
    (folder / "treasurer").rename(folder / "treasurer.json")
    before = contents(folder)
    told = Settings(data_dir=installation.settings.data_dir, keystore_passphrase=SecretStr(NEW))
    with pytest.raises(ChainMismatch, match="treasurer"):
        key_changes.change_passphrase(told, f"{NEW}, and longer")
    assert contents(folder) == before
    failed = installation_log(installation)[-1]
    assert (failed.action, failed.outcome, failed.reason) == ("keystore_changed", "failed", "chain_mismatch")


def installation_log(installation: Installation) -> list[Any]:
    """What the log of staff holds, read without the keystore."""
    with closing(Registry(installation.settings.registry_address)) as registry:
        return list(registry.staff_log.all())


@pytest.mark.parametrize("new", [OLD, "short", "nineteen characters"])
def test_a_passphrase_that_is_short_or_the_same_is_refused(installation: Installation, new: str) -> None:
    with pytest.raises(ChainMismatch, match="20 characters or more"):
        key_changes.change_passphrase(installation.settings, new)


def test_a_passphrase_that_is_told_is_not_changed_to_one_that_nobody_is_told(
    installation: Installation,
) -> None:
    told = Settings(data_dir=installation.settings.data_dir, keystore_passphrase=SecretStr(OLD))
    with pytest.raises(ChainMismatch, match="must be told too"):
        key_changes.change_passphrase(told, "")


def test_without_a_keystore_no_passphrase_is_changed_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(ChainMismatch, match="no keys"):
        key_changes.change_passphrase(Settings(data_dir=tmp_path), NEW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", [Key.ISSUER, Key.ADMIN])
def test_without_the_admins_key_no_role_changes_hands(
    installation: Installation, tmp_path: Path, key: Key
) -> None:
    folder = installation.settings.keystore_folder
    (folder / "admin.json").rename(tmp_path / "in the safe.json")
    with installation.open() as services:
        before = services.accounts
    with pytest.raises(ChainMismatch, match="admin's key is needed"):
        installation.replace(key)
    with installation.open() as services:
        assert services.accounts == before
        assert services.fund.announced_admin() == (f"0x{bytes(20).hex()}", 0)
    # It comes back, and the key that was prepared is the one that is taken.
    prepared = keystore_file.read_next(folder, key, passphrase=OLD)
    (tmp_path / "in the safe.json").rename(folder / "admin.json")
    possible_at = installation.replace(key)
    assert (possible_at is None) == (key is Key.ISSUER)
    if key is Key.ISSUER:
        assert open_keystore(folder, passphrase=OLD).issuer == prepared


def test_an_admin_who_keeps_the_key_elsewhere_gives_the_role_and_the_next_start_takes_it(
    installation: Installation, tmp_path: Path
) -> None:
    folder = installation.settings.keystore_folder
    admin_key = open_keystore(folder, passphrase=OLD).admin
    assert admin_key is not None
    (folder / "admin.json").unlink()
    with pytest.raises(ChainMismatch) as refused:
        installation.replace(Key.TREASURER)
    account, before = (word for word in str(refused.value).replace(",", " ").split() if word.startswith("0x"))
    with installation.open() as services:
        admin = services.chain.add_signer(admin_key)
        role = ROLES["treasurer"]
        services.fund.execute(calls.grant_role(role=role, account=account), sender=admin)
    with installation.open() as services:
        assert services.accounts.treasurer == before, "both may; the one before counts"
        services.fund.execute(calls.revoke_role(role=role, account=before), sender=admin)
    with installation.open() as services:
        assert services.accounts.treasurer == account
        use(services, Key.TREASURER)


def test_another_admin_that_somebody_announced_is_not_overruled(installation: Installation) -> None:
    with installation.open() as services:
        call = calls.begin_admin_hand_over(account=f"0x{b'x'.hex() * 20}")
        services.fund.execute(call, sender=services.accounts.admin)
    with pytest.raises(ChainMismatch, match="another admin was announced"):
        installation.replace(Key.ADMIN)


def test_a_value_that_no_key_opens_leaves_all_sealed_as_it_was(installation: Installation) -> None:
    with installation.open() as services:
        services.registry.replacements.begin(
            2, letter_id="3" * 32, sealed_secret=b"x" * 40, reason=1, staff=1, at=1
        )
        with connect(services.settings.registry_address) as connection:
            select = text("SELECT secret_sealed FROM letter WHERE secret_sealed IS NOT NULL")
            before = connection.execute(select).scalars().all()
    with pytest.raises(ChainMismatch, match="neither key"):
        installation.replace(Key.SEALING)
    with connect(installation.settings.registry_address) as connection:
        assert connection.execute(select).scalars().all() == before
        connection.execute(text("DELETE FROM letter_replacement WHERE replacement = 2"))
    codes = installation.codes()
    assert not list(installation.settings.keystore_folder.glob("*.next.json")), "finished by the start"
    assert len(codes) == 2
