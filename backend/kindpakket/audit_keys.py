# SPDX-License-Identifier: EUPL-1.2
"""Audit keys: what an accountant outside the municipality reads the chain with. Each ends by itself, or is taken back.

A key opens the questions to the chain (`kindpakket.chain_queries`) and nothing else. It is told once; what is kept is
its SHA-256. Whoever runs the server makes it, beside the running server.
"""

from __future__ import annotations

import secrets

from .registry.audit_keys import AuditKey
from .registry.store import Registry
from .services import Services, hash_token
from .staff_log import COMMAND_LINE

__all__ = ["LONGEST_DAYS", "PREFIX", "AuditKey", "end", "is_key", "key_of", "make"]

PREFIX = "kindpakket-audit-"
"""By which a key is told from a token of staff, and found where it should not stand."""

KEY_BYTES = 32
LONGEST_DAYS = 400
DAY_SECONDS = 24 * 3600


def make(registry: Registry, *, name: str, days: int, now: int) -> tuple[str, AuditKey]:
    """Return a new key of 256 bits, to be told once, and what is kept of it."""
    key = f"{PREFIX}{secrets.token_urlsafe(KEY_BYTES)}"
    kept = registry.audit_keys.add(
        hash_token(key), name=name, ends_at=now + days * DAY_SECONDS, by=COMMAND_LINE, at=now
    )
    return key, kept


def end(registry: Registry, number: int, *, now: int) -> AuditKey | None:
    """Take a key back, at once; None when there is none of this number."""
    return registry.audit_keys.end(number, by=COMMAND_LINE, at=now)


def is_key(token: str) -> bool:
    """Tell whether a token says that it is an audit key."""
    return token.startswith(PREFIX)


def key_of(services: Services, token: str) -> AuditKey | None:
    """Return the audit key that a token is; None when there is none or it ended."""
    return services.registry.audit_keys.by_token(hash_token(token), now=services.now())
