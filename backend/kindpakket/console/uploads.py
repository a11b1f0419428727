# SPDX-License-Identifier: EUPL-1.2
"""Uploads: a file is shown before anything is done, and comes again with the confirmation; the server keeps nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Form, UploadFile

from kindpakket.csv_tables import decode_upload
from kindpakket.units import MAX_VOUCHER_CENTS, parse_euros

UploadedFile = Annotated[UploadFile | None, File()]
ConfirmedText = Annotated[str, Form()]
WrittenAmount = Annotated[str, Form(max_length=40)]


def read_upload(file: UploadFile | None) -> str:
    """Return the text of an uploaded file; empty when no file was chosen.

    Raises:
        CsvInvalid: It is not text.
    """
    return decode_upload(file.file.read()) if file is not None else ""


def read_amount(written: str) -> int | None:
    """Return the cents of an amount for one voucher; None when it is not one."""
    try:
        amount_cents = parse_euros(written)
    except ValueError:
        return None
    return amount_cents if 1 <= amount_cents <= MAX_VOUCHER_CENTS else None
