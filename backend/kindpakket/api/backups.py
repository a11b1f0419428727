# SPDX-License-Identifier: EUPL-1.2
"""Backups over HTTP: a phone keeps its encrypted seed; whoever proves letter and PIN gets it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import StringConstraints

from kindpakket import vouchers

from .access import CallingPhone, Guesses, Secret, UseServices
from .models import Hash, Message, bytes_of
from .problems import PROBLEM_RESPONSES

router = APIRouter(tags=["citizen"], responses=PROBLEM_RESPONSES)

BackupId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Blob = Annotated[bytes, *bytes_of(61)]


class Backup(Message):
    """An encrypted seed, and the hash of what opens it."""

    proof_hash: Hash
    blob: Blob


class BackupSaved(Message):
    """What is kept now."""

    backup_id: BackupId


class BackupRetrieval(Message):
    """Which backup, and the proof that letter and PIN are known."""

    backup_id: BackupId
    proof: Hash


class RetrievedBackup(Message):
    """An encrypted seed."""

    blob: Blob


@router.put("/backups/{backupId}", operation_id="saveBackup")
def save_backup(
    backup_id: Annotated[BackupId, Path(alias="backupId")],
    backup: Backup,
    services: UseServices,
    phone: CallingPhone,
) -> BackupSaved:
    """Keep the calling phone's encrypted seed, in the place of its former one with this letter."""
    vouchers.save_backup(
        services, token_hash=phone, backup_id=backup_id, proof_hash=backup.proof_hash, blob=backup.blob
    )
    return BackupSaved(backup_id=backup_id)


@router.post("/backup-retrievals", operation_id="retrieveBackup")
def retrieve_backup(
    retrieval: BackupRetrieval, request: Request, services: UseServices, guesses: Guesses
) -> RetrievedBackup:
    """Give an encrypted seed to who proves to know letter and PIN. Five wrong proofs close it."""
    with guesses.watch(request, Secret.BACKUP):
        blob = vouchers.retrieve_backup(services, backup_id=retrieval.backup_id, proof=retrieval.proof)
    return RetrievedBackup(blob=blob)
