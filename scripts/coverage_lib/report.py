# SPDX-License-Identifier: EUPL-1.2
"""Report: what was measured, for people and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .branches import CHECK, DOOR_CHECK, WRITTEN, Branch
from .explained import Explanation
from .measure import Measured

TITLES = {
    WRITTEN: "written in {file}",
    CHECK: "checks that the compiler adds to {file}",
    DOOR_CHECK: "checks of what a caller sends",
}
TEXT_LENGTH = 90


@dataclass(frozen=True)
class Report:
    """What was measured, and what explains the rest."""

    measured: Measured
    explained: Mapping[tuple[str, Branch], str]
    idle: Sequence[Explanation]

    @property
    def is_good(self) -> bool:
        """Say whether every branch was taken or is explained, and every explanation explains something."""
        return not (self.unexplained() or self.idle or self.measured.blind)

    def missing(self) -> list[tuple[str, Branch]]:
        """Return the branches never taken, with their build, in the order of the sources."""
        return [
            (build, branch)
            for build, counts in self.measured.branches.items()
            for branch in sorted(counts)
            if not counts[branch]
        ]

    def unexplained(self) -> list[tuple[str, Branch]]:
        """Return those of them that nothing explains."""
        return [one for one in self.missing() if one not in self.explained]

    # ------------------------------------------------------------ for people

    def lines(self, *, with_explained: bool) -> Iterator[str]:
        """Return the lines for people."""
        for title, counts in self._groups().items():
            yield f"{title}: {_share(counts)}"
            if title.startswith("written") and "@" not in title:
                for function, parts in _by_function(counts).items():
                    yield f"  {function:<24}{_share(parts)}"
        for file, done in self._statements().items():
            yield f"statements of {file}: {sum(done.values())}/{len(done)}"
            yield from (f"  {file}:{line} never executed" for line, was_done in done.items() if not was_done)
        missing = self.missing() if with_explained else self.unexplained()
        yield f"{len(self.missing())} branches never taken, {len(self.unexplained())} of them unexplained"
        for build, branch in missing:
            yield f"  {build}: {describe(branch)}"
            if (build, branch) in self.explained:
                yield f"      {self.explained[build, branch]}"
        yield from (f"explains nothing any more: {explanation}" for explanation in self.idle)
        yield from (f"has no jump to be measured: {decision}" for decision in self.measured.blind)

    def _groups(self) -> dict[str, dict[Branch, int]]:
        groups: dict[str, dict[Branch, int]] = defaultdict(dict)
        for build, counts in self.measured.branches.items():
            for branch, times in sorted(
                counts.items(), key=lambda one: (one[0].file.startswith("@"), one[0])
            ):
                title = TITLES.get(branch.kind, f"jumps of the {build} bytecode").format(file=branch.file)
                groups[title][branch] = times
        return groups

    def _statements(self) -> dict[str, dict[int, bool]]:
        found: dict[str, dict[int, bool]] = defaultdict(dict)
        for place, was_done in sorted(self.measured.statements.items()):
            line = self.measured.sources.sources[place.file].line(place)
            found[place.file][line] = found[place.file].get(line, True) and was_done
        return found

    # ------------------------------------------------------------ as JSON

    def figures(self) -> dict[str, object]:
        """Return everything as what JSON can hold."""
        return {
            "good": self.is_good,
            "groups": {
                title: {"taken": sum(map(bool, counts.values())), "branches": len(counts)}
                for title, counts in self._groups().items()
            },
            "statements": {
                file: {"executed": sum(done.values()), "lines": len(done)}
                for file, done in self._statements().items()
            },
            "branches": [
                {
                    "build": build,
                    **branch._asdict(),
                    "times": times,
                    "explained": self.explained.get((build, branch)),
                }
                for build, counts in self.measured.branches.items()
                for branch, times in sorted(counts.items())
            ],
            "idle_explanations": [str(explanation) for explanation in self.idle],
            "unmeasured": list(self.measured.blind),
        }


def describe(branch: Branch) -> str:
    """Say in one line which branch it is."""
    text = branch.text if len(branch.text) <= TEXT_LENGTH else f"{branch.text[:TEXT_LENGTH]}…"
    where = f"{branch.file}:{branch.line}" if branch.line else branch.file
    check = f" [{branch.check}]" if branch.check else ""
    return f"{where} {branch.function}: {text}{check}: {branch.outcome}, never"


def _share(counts: Mapping[Branch, int]) -> str:
    return f"{sum(map(bool, counts.values()))}/{len(counts)}"


def _by_function(counts: Mapping[Branch, int]) -> dict[str, dict[Branch, int]]:
    functions: dict[str, dict[Branch, int]] = defaultdict(dict)
    for branch, times in sorted(counts.items(), key=lambda one: one[0].line):
        functions[branch.function][branch] = times
    return functions
