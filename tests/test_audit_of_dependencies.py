# SPDX-License-Identifier: EUPL-1.2
"""`scripts/audit_dependencies`: what the two tools write is read, and what was not asked is never clean.

The reports are as pip-audit 2.10 and npm 10 write them.
"""

from __future__ import annotations

import json
import re

from audit_lib.__main__ import NODE_FOLDERS
from audit_lib.reports import (
    Advisory,
    Report,
    exit_code,
    explained_names,
    read_npm_audit,
    read_pip_audit,
    unexplained,
)

from .test_packaging import NODE_LOCKS, ROOT

VULNERABLE = {"id": "PYSEC-2020-1", "fix_versions": ["2"], "aliases": ["CVE-2020-1"], "description": "…"}
PIP = json.dumps(
    {
        "dependencies": [
            {"name": "good", "version": "1", "vulns": []},
            {"name": "bad", "version": "1", "vulns": [VULNERABLE]},
            {"name": "lost", "skip_reason": "Dependency not found on PyPI"},
        ],
        "fixes": [],
    }
)
NPM = json.dumps(
    {
        "auditReportVersion": 2,
        "vulnerabilities": {
            "bad": {
                "range": "<2",
                "via": [{"source": 1099, "url": "https://advisories.example/GHSA-x", "title": "…"}],
            },
            "above": {"range": "*", "via": ["bad"]},
        },
        "metadata": {"dependencies": {"total": 9}},
    }
)
NO_ANSWER = json.dumps({"message": "405 Method Not Allowed", "error": {"summary": "", "detail": ""}})
NONE: frozenset[str] = frozenset()


def test_a_known_fault_is_read_with_all_its_names_and_explained_by_any() -> None:
    pip, npm = read_pip_audit(PIP), read_npm_audit(NPM)
    assert (pip.asked_count, pip.advisories) == (2, (Advisory("bad", "1", ("PYSEC-2020-1", "CVE-2020-1")),))
    assert (npm.asked_count, npm.advisories) == (9, (Advisory("bad", "<2", ("GHSA-x", "1099")),))
    assert unexplained(pip, frozenset({"CVE-2020-1"})) == unexplained(npm, frozenset({"GHSA-x"})) == []
    assert exit_code([pip, npm], NONE) == 1
    assert exit_code([npm], frozenset({"GHSA-x"})) == 0


def test_what_was_not_asked_is_not_clean() -> None:
    assert read_pip_audit(PIP).not_asked == ("lost: Dependency not found on PyPI",)
    assert exit_code([read_pip_audit(PIP)], frozenset({"CVE-2020-1"})) == 2
    for report in (read_pip_audit(""), read_npm_audit(""), read_npm_audit(NO_ANSWER), Report()):
        assert exit_code([report, read_npm_audit(NPM)], frozenset({"1099"})) == 2


def test_every_lock_is_asked_about() -> None:
    assert {f"{folder}/package-lock.json" for folder in NODE_FOLDERS} == {
        lock.relative_to(ROOT).as_posix() for lock in NODE_LOCKS
    }
    assert all(re.fullmatch(r"[A-Z]+-[\w-]+", name) for name in explained_names())
