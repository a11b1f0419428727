# SPDX-License-Identifier: EUPL-1.2
"""The rules of a programme as the contract has them, with the text that was published for them. Anyone may read them.

Name and text are ours; all else is read from the chain when it is asked for. The chain keeps the SHA-256 of the text: a
text that was changed here later is told from the one that the programme was opened with.
"""

from __future__ import annotations

from dataclasses import dataclass

from .categories import from_bitmap
from .policies import hash_policy
from .services import Services


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in a programme. `ends_at` is the first second after it.

    Attributes:
        policy_text: None when it is not known here.
        policy_hash: SHA-256 of the text that the programme was opened with, as the chain has it.
    """

    programme: int
    name: str
    starts_at: int
    ends_at: int
    categories: tuple[int, ...]
    max_redemption_cents: int
    policy_text: str | None
    policy_hash: bytes

    @property
    def is_policy_genuine(self) -> bool:
        """Whether the text is the one that the programme was opened with."""
        return self.policy_text is not None and hash_policy(self.policy_text) == self.policy_hash


def rules_of(services: Services, programme: int) -> Rules:
    """Return the rules of a programme, read from the contract now.

    Raises:
        ProgrammeUnknown: There is no such programme.
        ChainUnreachable: No answer; safe to ask again.
    """
    terms = services.fund.programme(programme)
    return Rules(
        programme=programme,
        name=services.registry.programmes.names().get(programme, f"{programme}"),
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        categories=from_bitmap(terms.categories),
        max_redemption_cents=terms.max_redemption_cents,
        policy_text=services.registry.programmes.policy_text(programme),
        policy_hash=terms.policy_hash,
    )
