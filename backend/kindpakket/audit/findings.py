# SPDX-License-Identifier: EUPL-1.2
"""Findings: what an audit found to be otherwise than it must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    Attributes:
        rule: The rule that is broken, in a few words: one of the invariants, or `storage` or `head`.
        where: What it is about, such as `voucher 12` or `block 57, event 3`.
        expected: What the events say, or the rule allows.
        found: What is there.
    """

    rule: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.rule}: {self.where}: expected {self.expected}, found {self.found}"
