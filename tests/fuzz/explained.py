# SPDX-License-Identifier: EUPL-1.2
"""What schemathesis complains of and is as it should be, each with its reason: explained.toml."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("explained.toml")


@dataclass(frozen=True)
class Finding:
    """A complaint: which check, about which operation as asked by whom, and what was answered.

    Attributes:
        reasons: Of the refusal; of a request of the wrong form one for each fault, with its place.
        told: All of it, for who mends it.
    """

    check: str
    operation: str
    caller: str
    reasons: tuple[str, ...]
    told: str


@dataclass(frozen=True)
class Explanation:
    """Complaints that are none: by check, operations and reasons, where `*` stands for anything."""

    check: str
    operations: tuple[str, ...]
    reasons: tuple[str, ...]
    because: str

    def covers(self, finding: Finding) -> bool:
        """Whether it says why this is no failure."""
        return (
            finding.check == self.check
            and any(fnmatch.fnmatchcase(finding.operation, one) for one in self.operations)
            and bool(finding.reasons)
            and all(any(fnmatch.fnmatchcase(one, known) for known in self.reasons) for one in finding.reasons)
        )


def read_explanations() -> list[Explanation]:
    """Return all of them."""
    return [
        Explanation(
            check=one["check"],
            operations=tuple(one["operations"]),
            reasons=tuple(one["reasons"]),
            because=one["because"],
        )
        for one in tomllib.loads(FILE.read_text("utf-8")).get("explained", [])
    ]
