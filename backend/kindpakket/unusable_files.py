# SPDX-License-Identifier: EUPL-1.2
"""Files and folders that the service may not use: said in words, by which one and what to do."""

from __future__ import annotations


def tell(error: OSError) -> str:
    """Return which file it is about, what is wrong, and what to do; raise the error again when it names none."""
    if error.filename is None:
        raise error
    if isinstance(error, PermissionError):
        return (
            f"{error.filename} cannot be used: {error.strerror}. The data folder and all in it must belong to who runs"
            " the service, and a command that ran as somebody else leaves files of theirs there:"
            " chown -R kindpakket:kindpakket FOLDER, with their name, then start again."
        )
    return (
        f"{error.filename} cannot be used: {error.strerror}."
        " Look at the disk, its room, and what is at that place; then start again."
    )
