# SPDX-License-Identifier: EUPL-1.2
"""scripts/coverage names what a call decided, and says what nothing explains.

Each kind of decision is tried with a small contract, built as the source build of the fund is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.spurious_dragon import computation as size_rule

from coverage_lib.branches import CHECK, WRITTEN, Branch, Branches
from coverage_lib.builds import Build, compile_sources, read_build
from coverage_lib.explained import explain, load_explanations
from coverage_lib.tracer import Trace, trace
from kindpakket.hashes import keccak
from tests.contracts.fund import Fund, Refused

PROBE = """
// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

contract Probe {
    error Odd();

    function decide(uint8 a, uint8 b) external pure returns (uint8 c) {
        require(a != 0 && b != 0, Odd());
        if (a == 9) return 9;
        if (a > b) c = 1;
        else c = 2;
        for (uint256 i = 0; i < a; ++i) c += b;
        c = a == b || !(a == 3 && b == 4) ? c : 0;
    }
}
"""
CALL = keccak(b"decide(uint8,uint8)")[:4]


@pytest.fixture(scope="module")
def probe() -> Build:
    output = compile_sources("source", {"Probe.sol": PROBE})
    return read_build("source", output, contract=("Probe.sol", "Probe"), texts={"Probe.sol": PROBE})


@pytest.fixture
def seen(probe: Build, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Branches, Trace, Fund, bytes]]:
    """The probe on a chain, traced; py-evm is as before afterwards."""
    monkeypatch.setattr(PragueComputation, "opcodes", PragueComputation.opcodes)
    monkeypatch.setattr(size_rule, "EIP170_CODE_SIZE_LIMIT", size_rule.EIP170_CODE_SIZE_LIMIT)
    branches = Branches(probe.program, probe.sources, probe.contract_file)
    found = trace(probe.program, branches.operators, branches.tested)
    fund = Fund()
    return branches, found, fund, fund.create(bytes.fromhex(probe.bytecode[2:]))


def _ask(fund: Fund, address: bytes, a: int, b: int) -> int:
    return int.from_bytes(fund.ask(address, CALL + a.to_bytes(32, "big") + b.to_bytes(32, "big")), "big")


def _taken(branches: Branches, found: Trace) -> set[tuple[str, str]]:
    return {
        (branch.text.split(" c =")[0].split(", Odd")[0], branch.outcome)
        for branch, times in branches.count(found).items()
        if branch.kind == WRITTEN and times
    }


REFUSED = {("require(a != 0 && b != 0", "refuses")}
HELD = {("a != 0", "true"), ("b != 0", "true"), ("require(a != 0 && b != 0", "holds")}
GREATER = "if (a > b)"
LOOP = {("i < a", "goes on"), ("i < a", "ends")}
NINE = "if (a == 9) return 9;"
CHOICE = "a == b || !(a == 3 && b == 4) ? c : 0"


@pytest.mark.parametrize(
    ("a", "b", "answer", "taken"),
    [
        pytest.param(0, 1, None, REFUSED | {("a != 0", "false")}, id="left-operand-settles"),
        pytest.param(1, 0, None, REFUSED | {("a != 0", "true"), ("b != 0", "false")}, id="right-operand"),
        pytest.param(9, 1, 9, HELD | {(NINE.rstrip(";"), "true")}, id="if"),
        pytest.param(
            2,
            2,
            6,
            {
                *HELD,
                (NINE.rstrip(";"), "false"),
                (GREATER, "false"),
                *LOOP,
                ("a == b", "true"),
                (CHOICE, "true"),
            },
            id="or-settled",
        ),
        pytest.param(
            3,
            4,
            0,
            {
                *HELD,
                (NINE.rstrip(";"), "false"),
                (GREATER, "false"),
                *LOOP,
                ("a == b", "false"),
                ("a == 3", "true"),
                ("b == 4", "true"),
                (CHOICE, "false"),
            },
            id="negated-and",
        ),
        pytest.param(
            3,
            1,
            4,
            {
                *HELD,
                (NINE.rstrip(";"), "false"),
                (GREATER, "true"),
                *LOOP,
                ("a == b", "false"),
                ("a == 3", "true"),
                ("b == 4", "false"),
                (CHOICE, "true"),
            },
            id="if-else",
        ),
    ],
)
def test_a_call_takes_the_branches_that_it_decides(
    seen: tuple[Branches, Trace, Fund, bytes], a: int, b: int, answer: int | None, taken: set[tuple[str, str]]
) -> None:
    branches, found, fund, address = seen
    if answer is None:
        with pytest.raises(Refused):
            _ask(fund, address, a, b)
    else:
        assert _ask(fund, address, a, b) == answer
    assert _taken(branches, found) == taken


def test_a_check_of_the_compiler_is_told_at_its_place(seen: tuple[Branches, Trace, Fund, bytes]) -> None:
    branches, found, fund, address = seen
    _ask(fund, address, 1, 1)
    sums = [branch for branch in branches.count(found) if branch.kind == CHECK and branch.text == "c += b"]
    assert [(branch.function, branch.check) for branch in sums] == [("decide", "checked_add_uint8")] * 2
    assert {branch.outcome: branches.count(found)[branch] for branch in sums} == {"passes": 1, "overflows": 0}
    with pytest.raises(Refused):
        _ask(fund, address, 3, 200)
    assert all(branches.count(found)[branch] for branch in sums)


def test_a_statement_that_was_not_executed_is_told(
    seen: tuple[Branches, Trace, Fund, bytes], probe: Build
) -> None:
    branches, found, fund, address = seen
    _ask(fund, address, 1, 2)
    source = probe.sources["Probe.sol"]
    missed = {source.text(place) for place, was_done in branches.statements(found).items() if not was_done}
    assert missed == {"return 9", "c = 1"}


def test_every_decision_has_a_jump(probe: Build) -> None:
    branches = Branches(probe.program, probe.sources, probe.contract_file)
    assert branches.unmeasured("Probe.sol") == []
    assert len(branches.operators) == 3


def test_an_explanation_of_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "explained.toml"
    path.write_text(
        '[[explained]]\nbuild = "source"\nfunction = "pay"\ntext = "a[i] + *"\noutcome = "overflows"\nwhy = "w"\n'
        '[[explained]]\nbuild = "source"\nfunction = "gone"\noutcome = "overflows"\nwhy = "w"\n',
        "utf-8",
    )
    branch = Branch(CHECK, "A.sol", "pay", 7, "a[i] + b", "checked_add_uint8", "overflows")
    other = branch._replace(outcome="passes")
    explained, idle = explain({"source": [branch, other], "committed": [branch]}, load_explanations(path))
    assert explained == {("source", branch): "w"}
    assert [explanation.function for explanation in idle] == ["gone"]


def test_an_explanation_says_why(tmp_path: Path) -> None:
    path = tmp_path / "explained.toml"
    path.write_text('[[explained]]\nbuild = "source"\noutcome = "overflows"\nwhy = ""\n', "utf-8")
    with pytest.raises(ValueError, match="overflows"):
        load_explanations(path)
