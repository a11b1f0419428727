# SPDX-License-Identifier: EUPL-1.2
"""Deployment: the contract put on a chain with its roles given out, and the file that says where it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import structlog

from kindpakket.errors import ChainMismatch
from kindpakket.hashes import keccak

from . import abi, calls
from .artifacts import load_artifacts
from .client import Chain, Submission
from .files import write_whole
from .fund import Fund
from .keystore import Keystore

log = structlog.get_logger(__name__)

HANDOVER_DELAY_SECONDS = 3 * 24 * 3600
"""How long an announced change of admin waits, so that it can be seen and stopped."""

_DEPLOY_GAS = 10_000_000

ROLES = {role: keccak(f"{role.upper()}_ROLE".encode()) for role in ("issuer", "shop_manager", "treasurer")}
"""The roles that are given out, as the contract names them. The relayer has none."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The addresses that send for each role."""

    admin: str
    issuer: str
    shop_manager: str
    treasurer: str
    relayer: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contract is: on which chain, at which address, since which block; and who has its roles."""

    chain_id: int
    address: str
    block: int
    accounts: Accounts


def ensure_deployed(chain: Chain, keystore: Keystore, *, file: Path) -> Deployment:
    """Return the deployment that `file` tells of, ready to send; deploy first when there is no such file.

    Raises:
        ChainMismatch: The file tells of another chain, other accounts, or a contract that is not there.
    """
    if not file.exists():
        deployment = deploy(chain, keystore)
        write_deployment(deployment, file)
        return deployment
    deployment = read_deployment(file)
    if deployment.chain_id != chain.chain_id:
        raise ChainMismatch(f"{file} tells of chain {deployment.chain_id}, this is chain {chain.chain_id}")
    known = _add_signers(chain, keystore)
    if any(getattr(deployment.accounts, role) != address for role, address in known.items()):
        raise ChainMismatch(f"{file} tells of other accounts than those in the keystore")
    fund = Fund(chain, address=deployment.address, deployed_block=deployment.block)
    for role, name in ROLES.items():
        if not fund.has_role(name, getattr(deployment.accounts, role)):
            raise ChainMismatch(f"the contract at {deployment.address} knows no such {role}")
    return deployment


def deploy(
    chain: Chain, keystore: Keystore, *, handover_delay_seconds: int = HANDOVER_DELAY_SECONDS
) -> Deployment:
    """Put a new contract on the chain and give out its roles.

    Raises:
        ChainMismatch: The admin's key is not there, or the chain does not take the contract.
    """
    if keystore.admin is None:
        raise ChainMismatch("the admin's key is needed to deploy; put it back for the time of deploying")
    accounts = Accounts(**_add_signers(chain, keystore))
    bytecode = bytes.fromhex(load_artifacts()["bytecode"].removeprefix("0x"))
    receipt = chain.send(
        Submission(
            sender=accounts.admin,
            to=None,
            input=bytecode + abi.constructor().write(accounts.admin, handover_delay_seconds),
            gas=_DEPLOY_GAS,
        )
    )
    if not receipt.succeeded or receipt.contract is None:
        raise ChainMismatch(
            "the chain did not take the contract; its rules are older than the contract's compiler"
        )
    fund = Fund(chain, address=receipt.contract.lower(), deployed_block=receipt.block)
    fund.execute_all(
        [calls.grant_role(role=name, account=getattr(accounts, role)) for role, name in ROLES.items()],
        sender=accounts.admin,
    )
    log.info("deployed", contract=fund.address, block=receipt.block)
    return Deployment(
        chain_id=chain.chain_id, address=fund.address, block=fund.deployed_block, accounts=accounts
    )


def write_deployment(deployment: Deployment, file: Path) -> None:
    """Write the file that says where the contract is; it is there whole or not at all."""
    write_whole(file, json.dumps(asdict(deployment), indent=1) + "\n")


def read_deployment(file: Path) -> Deployment:
    """Read what `write_deployment` wrote.

    Raises:
        ChainMismatch: The file is not such a file.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
        return Deployment(**{**content, "accounts": Accounts(**content["accounts"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ChainMismatch(f"{file} does not say where the contract is: {error}") from error


def _add_signers(chain: Chain, keystore: Keystore) -> dict[str, str]:
    """Let the keys that are there send; return their addresses by role."""
    return {
        role.name: chain.add_signer(private_key)
        for role in fields(Accounts)
        if (private_key := getattr(keystore, role.name)) is not None
    }
