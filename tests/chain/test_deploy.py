# SPDX-License-Identifier: EUPL-1.2
"""Deployment and keystore: made once, found again, and refused when they do not belong together."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from eth_account import Account

from kindpakket.chain.deploy import ROLES, deploy, ensure_deployed, read_deployment, write_deployment
from kindpakket.chain.fund import Fund
from kindpakket.chain.keystore import Keystore, open_keystore
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import ChainMismatch
from kindpakket.tickets.keys import derive

from .support import KEYSTORE

CHEAP = 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deployment.json"


def test_roles_are_apart_and_the_relayer_and_the_admin_have_none_of_them(file: Path) -> None:
    chain = TesterChain()
    deployment = deploy(chain, KEYSTORE)
    fund = Fund(chain, address=deployment.address, deployed_block=deployment.block)
    accounts = asdict(deployment.accounts)
    given = {
        (role, who) for role, name in ROLES.items() for who in accounts if fund.has_role(name, accounts[who])
    }
    assert given == {(role, role) for role in ROLES}
    assert [who for who in accounts if fund.has_role(bytes(32), accounts[who])] == ["admin"]


def test_a_deployment_is_made_once_and_found_again(file: Path) -> None:
    chain = TesterChain()
    first = ensure_deployed(chain, KEYSTORE, file=file)
    head = chain.head()
    assert ensure_deployed(chain, KEYSTORE, file=file) == first == read_deployment(file)
    assert chain.head() == head


def test_a_deployment_on_another_chain_is_refused(file: Path) -> None:
    chain = TesterChain()
    write_deployment(replace(deploy(chain, KEYSTORE), chain_id=1), file)
    with pytest.raises(ChainMismatch, match="of chain 1"):
        ensure_deployed(chain, KEYSTORE, file=file)


def test_a_deployment_that_is_not_on_this_chain_is_refused(file: Path) -> None:
    ensure_deployed(TesterChain(), KEYSTORE, file=file)
    with pytest.raises(ChainMismatch, match="no contract"):
        ensure_deployed(TesterChain(), KEYSTORE, file=file)


def test_a_deployment_with_other_accounts_is_refused(file: Path) -> None:
    chain = TesterChain()
    ensure_deployed(chain, KEYSTORE, file=file)
    with pytest.raises(ChainMismatch, match="other accounts"):
        ensure_deployed(chain, replace(KEYSTORE, relayer=b"\x66" * 32), file=file)


def test_accounts_without_their_roles_are_refused(file: Path) -> None:
    chain = TesterChain()
    deployment = deploy(chain, KEYSTORE)
    swapped = replace(KEYSTORE, issuer=KEYSTORE.treasurer, treasurer=KEYSTORE.issuer)
    accounts = replace(
        deployment.accounts, issuer=deployment.accounts.treasurer, treasurer=deployment.accounts.issuer
    )
    write_deployment(replace(deployment, accounts=accounts), file)
    with pytest.raises(ChainMismatch, match="knows no such issuer"):
        ensure_deployed(chain, swapped, file=file)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"chain_id": 1, "address": "0x", "block": 1, "accounts": {}}']
)
def test_a_file_that_tells_of_no_deployment_is_refused(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(ChainMismatch):
        read_deployment(file)


def test_keys_are_made_once_and_each_is_another(tmp_path: Path) -> None:
    first = open_keystore(tmp_path / "keys", passphrase="long", scrypt_cost=CHEAP)
    assert len(set(asdict(first).values())) == 6
    assert open_keystore(tmp_path / "keys", passphrase="long") == first


def test_a_wrong_passphrase_opens_nothing(tmp_path: Path) -> None:
    open_keystore(tmp_path / "keys", passphrase="long", scrypt_cost=CHEAP)
    with pytest.raises(ChainMismatch, match="cannot be opened"):
        open_keystore(tmp_path / "keys", passphrase="wrong")


def test_a_damaged_key_file_is_never_replaced_by_a_new_key(tmp_path: Path) -> None:
    open_keystore(tmp_path / "keys", passphrase="long", scrypt_cost=CHEAP)
    damaged = tmp_path / "keys" / "issuer.json"
    damaged.write_text("")
    with pytest.raises(ChainMismatch, match="issuer"):
        open_keystore(tmp_path / "keys", passphrase="long")
    assert damaged.read_text() == ""


def test_key_files_are_for_their_owner_only_and_any_tool_can_read_them(tmp_path: Path) -> None:
    keystore = open_keystore(tmp_path / "keys", passphrase="long", scrypt_cost=CHEAP)
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == sorted(f"{role}.json" for role in asdict(keystore))
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    content = json.loads((tmp_path / "keys" / "admin.json").read_text())
    assert content["crypto"]["kdf"] == "scrypt"
    assert bytes(Account.decrypt(content, "long")) == keystore.admin


def test_a_keystore_of_before_the_key_that_seals_gets_the_one_that_was_made_from_its_passphrase(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "keys"
    first = open_keystore(folder, passphrase="long", scrypt_cost=CHEAP)
    (folder / "sealing.json").unlink()
    (folder / "admin.json").unlink()
    with pytest.raises(ChainMismatch, match="cannot be opened"):
        open_keystore(folder, passphrase="wrong")
    assert not (folder / "sealing.json").exists()
    sealing = derive(b"long", "sealing", 32)
    assert sealing != first.sealing
    for _ in range(2):
        assert open_keystore(folder, passphrase="long", scrypt_cost=CHEAP) == replace(
            first, admin=None, sealing=sealing
        )


def test_keys_are_not_in_what_is_printed() -> None:
    assert repr(Keystore(*([b"secret" * 5] * 6))) == "Keystore()"


def test_a_keystore_without_its_admin_serves_on_but_does_not_deploy(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    file = tmp_path / "deployment.json"
    chain = TesterChain()
    deployment = ensure_deployed(
        chain, open_keystore(folder, passphrase="long", scrypt_cost=CHEAP), file=file
    )
    (folder / "admin.json").rename(tmp_path / "in the safe.json")
    offline = open_keystore(folder, passphrase="long")
    assert offline.admin is None
    assert ensure_deployed(chain, offline, file=file) == deployment
    with pytest.raises(ChainMismatch, match="admin's key is needed"):
        ensure_deployed(chain, offline, file=tmp_path / "another.json")
    (folder / "issuer.json").unlink()
    with pytest.raises(ChainMismatch, match=r"admin\.json, issuer\.json"):
        open_keystore(folder, passphrase="long")
