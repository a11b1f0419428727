# SPDX-License-Identifier: EUPL-1.2
"""A chain that is older than what was booked, published or paid from it: refused at the start, before it goes on.

The embedded chain's journal is on disk before anything follows from it, so that whatever crashed, the chain is never
behind ledger or registry. When it is, somebody put an older journal back, or lost it; what that chain did next would be
another history: the same vouchers' numbers again, the same money paid twice. A node may be behind: that one is waited
for, and these questions are not asked of it.
"""

from __future__ import annotations

from .chain.client import Chain
from .chain.deploy import read_deployment
from .errors import ChainMismatch
from .services import Services
from .settings import Settings

_WHAT_TO_DO = (
    "Nothing was changed. Put back the newest chain/journal.db of this installation; if that is lost, restore the"
    " newest whole backup into a new folder (docs/running.md, When a start is refused)."
)


def refuse_missing_journal(settings: Settings) -> None:
    """Refuse to begin a new chain where there was one already.

    Raises:
        ChainMismatch: A contract was deployed, and the journal with it is gone.
    """
    journal = settings.chain_folder / "journal.db"
    if settings.deployment_file.exists() and not journal.exists():
        raise ChainMismatch(
            f"{settings.deployment_file} tells of a contract, and {journal}, the chain that it is on, is not there."
            f" {_WHAT_TO_DO}"
        )


def refuse_before_contract(settings: Settings, chain: Chain) -> None:
    """Refuse a chain that ends before the block which its contract came with.

    Raises:
        ChainMismatch: It does: the journal was begun anew, or is from before.
    """
    if not settings.deployment_file.exists():
        return
    deployment, head = read_deployment(settings.deployment_file), chain.head()
    if head.number < deployment.block:
        raise ChainMismatch(
            f"{settings.deployment_file} tells of a contract in block {deployment.block}, and the chain ends at block"
            f" {head.number}. {_WHAT_TO_DO}"
        )


def refuse_older_chain(services: Services) -> None:
    """Refuse an embedded chain that lacks what the ledger and the registry have from it.

    Raises:
        ChainMismatch: Names what it lacks, and what to do.
    """
    if services.settings.node_url:
        return
    registry, chain = services.registry, services.chain
    head = chain.head()
    published, anchor = registry.heads.last(), registry.staff_log.last_anchor()
    booked = services.ledger.last_booked()
    blocks: list[tuple[str, int, bytes | None]] = []
    if booked is not None:
        blocks.append(("was booked in the ledger", *booked))
    if published is not None:
        blocks.append((f"was published on {published.on}", published.block, published.hash))
    if anchor is not None:
        blocks.append(("has the staff log on record", anchor.block, None))
    blocks.append(("has a payout on record", registry.payout_runs.last_block(), None))
    for what, number, block_hash in blocks:
        if number > head.number:
            raise ChainMismatch(
                f"block {number} {what}, and the chain ends at block {head.number}: its journal is older."
                f" {_WHAT_TO_DO}"
            )
        if block_hash is not None and chain.block_hash(number) != block_hash:
            raise ChainMismatch(
                f"block {number} {what}, and the chain has another block there: its journal is another."
                f" {_WHAT_TO_DO}"
            )
    known, count = registry.letters.highest_voucher(), services.fund.voucher_count()
    if known > count:
        raise ChainMismatch(
            f"the registry knows voucher {known}, and the chain ends at voucher {count}: its journal is older."
            f" {_WHAT_TO_DO}"
        )
