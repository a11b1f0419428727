# SPDX-License-Identifier: EUPL-1.2
"""Backups: a phone's encrypted seed, kept for its owner's next phone. It opens nothing without letter and PIN."""

from __future__ import annotations

import structlog

from kindpakket.errors import BackupLocked, BackupProofWrong
from kindpakket.services import Services

log = structlog.get_logger(__name__)


def save_backup(
    services: Services, *, token_hash: bytes, backup_id: str, proof_hash: bytes, blob: bytes
) -> None:
    """Keep a registered phone's backup, in the place of its former one with this letter.

    Raises:
        BackupOfAnotherPhone: Another phone keeps its backup under this id.
        TooManyBackups: The phone keeps as many as it may.
    """
    services.registry.backups.save(
        backup_id, token_hash=token_hash, proof_hash=proof_hash, blob=blob, at=services.now()
    )
    log.info("backup_saved")


def retrieve_backup(services: Services, *, backup_id: str, proof: bytes) -> bytes:
    """Return an encrypted seed to who proves to know letter and PIN.

    Raises:
        BackupUnknown: There is no such backup.
        BackupProofWrong: Probably a wrong PIN; says how many tries are left.
        BackupLocked: There were too many wrong ones.
    """
    try:
        blob = services.registry.backups.retrieve(backup_id, proof=proof)
    except (BackupProofWrong, BackupLocked) as refusal:
        log.warning("backup_refused", reason=refusal.reason())
        raise
    log.info("backup_retrieved")
    return blob
