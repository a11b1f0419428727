# SPDX-License-Identifier: EUPL-1.2
"""References: how a bank payment and a settlement on the chain name each other. See docs/payouts.md.

A run's transfer is `KP-7-3`. The bank gets it with the attempt behind it, `KP-7-3-1`; the contract gets the SHA-256 of
`KP-7-3/1/12`: of the transfer, the programme and the shop. So whoever holds the file can recompute what the chain has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection


def transfer_reference(*, run: int, transfer: int) -> str:
    """Return the name of a transfer, the same for each attempt to pay it."""
    return f"KP-{run}-{transfer}"


def end_to_end_id(*, run: int, transfer: int, attempt: int) -> str:
    """Return what the bank carries along with a payment, unchanged, to its return."""
    return f"{transfer_reference(run=run, transfer=transfer)}-{attempt}"


def message_id(*, run: int, file: int) -> str:
    """Return the name of a file, by which a bank refuses the same file twice."""
    return f"KP-{run}-F{file}"


def file_of(message: str) -> tuple[int, int] | None:
    """Return run and file of a message's id; None when it is not one of ours."""
    ours = _MESSAGE_ID.fullmatch(message)
    return None if ours is None else (int(ours[1]), int(ours[2]))


_MESSAGE_ID = re.compile(r"KP-([1-9]\d{0,8})-F([1-9]\d{0,8})", re.ASCII)


def payment_reference(*, run: int, transfer: int, programme: int, shop: int) -> bytes:
    """Return the reference of a settlement on the chain."""
    settlement = f"{transfer_reference(run=run, transfer=transfer)}/{programme}/{shop}"
    return hashlib.sha256(settlement.encode("ascii")).digest()


def is_of_run(
    payment_references: Collection[bytes],
    run: int,
    *,
    programmes_and_shops: Collection[tuple[int, int]],
    most_transfers: int,
) -> bool:
    """Return whether one of these references is of a run, in which nothing else is known of what it paid.

    Args:
        payment_references: Of settlements that nobody knows the run of.
        run: The run.
        programmes_and_shops: What those settlements are of.
        most_transfers: How many transfers a run can have at the most: one for each shop.
    """
    return any(
        payment_reference(run=run, transfer=transfer, programme=programme, shop=shop) in payment_references
        for programme, shop in programmes_and_shops
        for transfer in range(1, most_transfers + 1)
    )
