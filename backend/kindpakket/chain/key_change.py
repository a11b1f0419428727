# SPDX-License-Identifier: EUPL-1.2
"""Keys of the roles replaced by others: on the chain first, then in the deployment's file, then in the keystore.

The next key is on disk before the chain knows of it. Its account gets the role, the one before loses it, and what the
chain says then decides: whatever broke off after that is finished at the next start, without the admin's key.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import structlog
from coincurve import PrivateKey

from kindpakket.errors import ChainMismatch
from kindpakket.tickets import keys

from . import calls, keystore
from .client import Chain
from .deploy import ROLES, Accounts, Deployment, read_deployment, write_deployment
from .fund import Fund

log = structlog.get_logger(__name__)

ADMIN = "admin"
NAMES = tuple(role.name for role in fields(Accounts))
_NOBODY = f"0x{bytes(20).hex()}"


@dataclass(frozen=True, slots=True)
class Installed:
    """A deployment, the files that tell of it, and what opens the keystore."""

    chain: Chain
    folder: Path
    file: Path
    passphrase: str

    def deployment(self) -> Deployment:
        """Read the file anew."""
        return read_deployment(self.file)

    def fund(self) -> Fund:
        """The contract."""
        found = self.deployment()
        return Fund(self.chain, address=found.address, deployed_block=found.block)


def finish(installed: Installed) -> list[str]:
    """Take over the next keys that count already, if a change of keys broke off; return whose.

    Raises:
        ChainMismatch: The passphrase does not open such a key, or the file tells of no deployment.
    """
    taken = []
    for name in NAMES:
        key = keystore.read_next(installed.folder, name, passphrase=installed.passphrase)
        if key is not None and _counts(installed, name, _account(key)):
            _take_over(installed, name, _account(key))
            taken.append(name)
    return taken


def replace_key(installed: Installed, name: str, *, admin_key: bytes | None) -> int | None:
    """Replace the key of a role; again, when it broke off.

    Returns:
        None when it is done. For the admin, the epoch second from which the next one can accept: ask again then.

    Raises:
        ChainMismatch: The admin's key is needed and not there, or somebody announced another admin.
        ChainUnreachable: Not known what became of it: ask again.
    """
    key = keystore.prepare_next(installed.folder, name, passphrase=installed.passphrase)
    account = installed.chain.add_signer(key)
    if name == ADMIN:
        possible_at = _hand_over(installed, account, admin_key=admin_key)
        if possible_at is not None:
            return possible_at
    elif name in ROLES:
        _grant_and_revoke(installed, name, account, admin_key=admin_key)
    _take_over(installed, name, account)
    return None


def _grant_and_revoke(installed: Installed, name: str, account: str, *, admin_key: bytes | None) -> None:
    fund, role = installed.fund(), ROLES[name]
    before = getattr(installed.deployment().accounts, name)
    # Granted first: at no moment nobody has the role.
    wanted = [
        call
        for is_needed, call in (
            (not fund.has_role(role, account), calls.grant_role(role=role, account=account)),
            (fund.has_role(role, before), calls.revoke_role(role=role, account=before)),
        )
        if is_needed
    ]
    if not wanted:
        return
    if admin_key is None:
        raise ChainMismatch(
            f"the admin's key is needed: put it back for this time, or let the admin grant the role {name} "
            f"to {account} and then revoke it from {before}, and start"
        )
    admin = installed.chain.add_signer(admin_key)
    for call in wanted:
        fund.execute(call, sender=admin)


def _hand_over(installed: Installed, account: str, *, admin_key: bytes | None) -> int | None:
    """Announce an admin, or let the one that was announced accept; return since when it can, unless it did."""
    fund = installed.fund()
    if fund.admin() == account:
        return None
    announced, waits_until = fund.announced_admin()
    if announced not in (account, _NOBODY):
        raise ChainMismatch(f"another admin was announced, {announced}: somebody must cancel that first")
    if announced == _NOBODY:
        if admin_key is None:
            raise ChainMismatch("the admin's key is needed to announce another; put it back for this time")
        admin = installed.chain.add_signer(admin_key)
        fund.execute(calls.begin_admin_hand_over(account=account), sender=admin)
        _, waits_until = fund.announced_admin()
    if installed.chain.now() <= waits_until:
        return waits_until + 1
    fund.execute(calls.accept_admin_hand_over(), sender=account)
    return None


def _counts(installed: Installed, name: str, account: str) -> bool:
    """Whether the next account of a role is the one that counts: what is on record outside the keystore decides."""
    before = getattr(installed.deployment().accounts, name)
    if before == account:
        return True
    fund = installed.fund()
    if name == ADMIN:
        return fund.admin() == account
    if name in ROLES:
        return fund.has_role(ROLES[name], account) and not fund.has_role(ROLES[name], before)
    return False


def _take_over(installed: Installed, name: str, account: str) -> None:
    deployment = installed.deployment()
    accounts = replace(deployment.accounts, **{name: account})
    write_deployment(replace(deployment, accounts=accounts), installed.file)
    keystore.take_next(installed.folder, name)
    log.info("key_replaced", role=name, account=account)


def _account(key: bytes) -> str:
    return f"0x{keys.address_of(PrivateKey(key)).hex()}"
