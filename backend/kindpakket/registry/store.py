# SPDX-License-Identifier: EUPL-1.2
"""The registry's store: opened, brought up to date, and one part per subject."""

from __future__ import annotations

from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import insert, select, update

from kindpakket.databases import Database, look_at
from kindpakket.errors import ChainMismatch

from . import tables
from .audit_keys import AuditKeys
from .backups import Backups
from .bank_differences import BankDifferences
from .desk import Desk
from .disclosures import Disclosures
from .heads import Heads
from .inspections import Inspections
from .letters import Letters
from .members import Members
from .merchant_accounts import MerchantAccounts
from .passkeys import Passkeys
from .payout_payments import PayoutPayments
from .payout_runs import PayoutRuns
from .phones import Phones
from .programmes import Programmes
from .reissues import Reissues
from .replacements import Replacements
from .sealed import Sealed
from .shop_applications import ShopApplications
from .shops import Shops
from .staff import Staff
from .staff_log import StaffLog
from .suspensions import Suspensions
from .tickets import Tickets
from .tills import Tills
from .work_accounts import WorkAccounts

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def contract_of(url: str) -> str | None:
    """Return the address of the contract that a registry belongs to; None when it has none yet, or is not there.

    Nothing is made or changed.

    Raises:
        DatabaseUnreachable: No answer; safe to ask again.
        ChainMismatch: It is not a database.
    """
    row = look_at(url, select(tables.deployment.c.contract))
    return None if row is None else str(row.contract)


class Registry:
    """One open registry, usable from many threads."""

    def __init__(self, url: str) -> None:
        """Open it; make it when there is none, migrate it when it is older than this code.

        Args:
            url: SQLAlchemy URL of a SQLite file or a PostgreSQL database.
        """
        self._database = Database(url, name="registry", synchronous="FULL")
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise
        self.programmes = Programmes(self._database)
        self.letters = Letters(self._database)
        self.tickets = Tickets(self._database)
        self.phones = Phones(self._database)
        self.backups = Backups(self._database)
        self.replacements = Replacements(self._database)
        self.sealed = Sealed(self._database)
        self.disclosures = Disclosures(self._database)
        self.reissues = Reissues(self._database)
        self.desk = Desk(self._database)
        self.shops = Shops(self._database)
        self.shop_applications = ShopApplications(self._database)
        self.merchant_accounts = MerchantAccounts(self._database)
        self.suspensions = Suspensions(self._database)
        self.staff = Staff(self._database)
        self.members = Members(self._database)
        self.passkeys = Passkeys(self._database)
        self.work_accounts = WorkAccounts(self._database)
        self.staff_log = StaffLog(self._database)
        self.audit_keys = AuditKeys(self._database)
        self.tills = Tills(self._database)
        self.heads = Heads(self._database)
        self.inspections = Inspections(self._database)
        self.payout_runs = PayoutRuns(self._database)
        self.payout_payments = PayoutPayments(self._database)
        self.bank_differences = BankDifferences(self._database)

    def bind(self, *, chain_id: int, contract: str) -> None:
        """Say which contract's registry it is; the same again changes nothing.

        Raises:
            ChainMismatch: It is the registry of another chain or contract.
        """
        table = tables.deployment
        with self._database.write() as connection:
            row = connection.execute(select(table)).one_or_none()
            if row is None:
                connection.execute(insert(table).values(one=1, chain_id=chain_id, contract=contract.lower()))
            elif (row.chain_id, row.contract) != (chain_id, contract.lower()):
                raise ChainMismatch(
                    f"this registry is of contract {row.contract} on chain {row.chain_id}, "
                    f"not of {contract.lower()} on {chain_id}"
                )

    def is_writable(self) -> bool:
        """Return whether what is there already can be written once more, down to the disk."""
        table = tables.deployment
        return self._database.can_write(update(table).values(contract=table.c.contract))

    def close(self) -> None:
        """Close it; idempotent."""
        self._database.close()

    def _migrate(self) -> None:
        """Run the migrations that are missing, all or none, while nobody else writes."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        with self._database.write() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
