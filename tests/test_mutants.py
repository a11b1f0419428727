# SPDX-License-Identifier: EUPL-1.2
"""The mutants that scripts/mutants makes, without trying them.

mutants
├── given a small contract
│   ├── it makes exactly the changes that its operators stand for
│   └── it changes the place that it names and nothing else
├── given the contract
│   ├── it gives each mutant a key of its own
│   ├── it has a mutant for each explanation in the list
│   └── it reads such a list
└── given a run
    ├── it objects to a survivor without an explanation
    ├── it objects to an explained one that did not survive
    └── it objects, in a run over all, to an explained one that is gone
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mutants_lib.campaign import Fate, Outcome
from mutants_lib.compiler import Compiler, read_sources
from mutants_lib.explained import objections, read_explained
from mutants_lib.mutants import OPERATORS, Key, Mutant, make_mutants, mutants_of
from mutants_lib.syntax import Node, Source, declarations

SMALL = """// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

/// A till, and who may empty it.
contract Till {
    struct Money {
        uint64 inCents;
        uint64 outCents;
    }

    bytes32 constant CASHIER_ROLE = keccak256("Cashier");
    bytes32 constant OWNER_ROLE = keccak256("Owner");
    Money private _money;
    mapping(bytes32 => address) private _roles;

    error TooMuch(uint256 askedCents, uint256 maxCents);
    event Taken(address by, uint64 amountCents, uint64 leftCents);

    modifier only(bytes32 role) {
        require(_roles[role] == msg.sender);
        _;
    }

    function take(uint64 amountCents, uint64 untilAt) external only(OWNER_ROLE) returns (uint64) {
        require(amountCents != 0 && block.timestamp < untilAt, TooMuch(amountCents, 1));
        for (uint256 i = 0; i < 2; ++i) {
            if (i == 1) continue;
            _money.outCents += amountCents;
        }
        uint64 left = _money.inCents - (amountCents >> 3 | 7);
        emit Taken(msg.sender, amountCents, left);
        return left;
    }
}
"""

EXPECTED = {
    "require dropped": [
        "require(_roles[role] == msg.sender); -> {}",
        "require(amountCents != 0 && block.timestamp < untilAt, TooMuch(amountCents, 1)); -> {}",
    ],
    "require negated": [
        "_roles[role] == msg.sender -> !(_roles[role] == msg.sender)",
        "amountCents != 0 && block.timestamp < untilAt -> !(amountCents != 0 && block.timestamp < untilAt)",
    ],
    "comparison": [
        "_roles[role] == msg.sender -> (_roles[role] != msg.sender)",
        "amountCents != 0 -> (amountCents < 0)",
        "amountCents != 0 -> (amountCents == 0)",
        *[
            f"block.timestamp < untilAt -> (block.timestamp {to} untilAt)"
            for to in ("!=", "<=", "==", ">", ">=")
        ],
        *[f"i < 2 -> (i {to} 2)" for to in ("!=", "<=", "==", ">", ">=")],
        *[f"i == 1 -> (i {to} 1)" for to in ("!=", "<=", ">=")],
    ],
    "condition": [f"i == 1 -> {to}" for to in ("!(i == 1)", "false", "true")],
    "logic": [
        f"amountCents != 0 && block.timestamp < untilAt -> {to}"
        for to in (
            "((amountCents != 0) || (block.timestamp < untilAt))",
            "(amountCents != 0)",
            "(block.timestamp < untilAt)",
        )
    ],
    "clock": [f"block.timestamp -> (block.timestamp {to} 1)" for to in "+-"],
    "modifier dropped": ["only(OWNER_ROLE) -> "],
    "role": ["OWNER_ROLE -> CASHIER_ROLE"],
    "assignment dropped": ["++i -> ", "_money.outCents += amountCents; -> {}"],
    "assigned": [f"_money.outCents += amountCents -> _money.outCents {to} amountCents" for to in ("-=", "=")],
    "value dropped": ["= _money.inCents - (amountCents >> 3 | 7) -> "],
    "field": ["_money.inCents -> _money.outCents", "_money.outCents -> _money.inCents"],
    "arithmetic": [
        "++i -> --i",
        "_money.inCents - (amountCents >> 3 | 7) -> (_money.inCents + (amountCents >> 3 | 7))",
        "_money.inCents - (amountCents >> 3 | 7) -> _money.inCents",
    ],
    "bits": [
        "amountCents >> 3 -> (amountCents << 3)",
        "amountCents >> 3 -> amountCents",
        "amountCents >> 3 | 7 -> ((amountCents >> 3) & 7)",
        "amountCents >> 3 | 7 -> (amountCents >> 3)",
        "amountCents >> 3 | 7 -> 7",
    ],
    "constant": [
        *["0 -> 1", "0 -> 1 #2", "1 -> 0 #2", "1 -> 2", "1 -> 2 #2"],
        *["2 -> 1", "2 -> 3", "3 -> 2", "3 -> 4", "7 -> 6", "7 -> 8"],
    ],
    "text": [
        *[f'"Cashier" -> "{to}"' for to in ("Cashiex", "Casxier", "xashier")],
        *[f'"Owner" -> "{to}"' for to in ("Ownex", "Owxer", "xwner")],
    ],
    "jump dropped": ["continue; -> {}"],
    "returned": ["left -> (left) + 1", "left -> uint64(0) #2"],
    "emit dropped": ["emit Taken(msg.sender, amountCents, left); -> {}"],
    "event field": ["amountCents -> uint64(0) #2", "left -> uint64(0)", "msg.sender -> address(0)"],
    "refusal field": ["1 -> 0", "amountCents -> uint64(0)"],
    "swapped": ["amountCents, 1 -> 1, amountCents", "amountCents, left -> left, amountCents"],
}


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compiler]:
    compiler = Compiler(tmp_path_factory.mktemp("compiled"))
    yield compiler
    compiler.close()


@pytest.fixture(scope="module")
def small(compiler: Compiler) -> list[Mutant]:
    trees = compiler.parse({"Till.sol": SMALL})
    return mutants_of(Node(Source("Till.sol", SMALL.encode(), declarations(trees)), trees["Till.sol"]))


@pytest.fixture(scope="module")
def mutants(compiler: Compiler) -> list[Mutant]:
    sources = read_sources()
    return make_mutants(sources, compiler.parse(sources))


def _words(mutant: Mutant) -> str:
    nth = f" #{mutant.key.nth}" if mutant.key.nth > 1 else ""
    return f"{mutant.key.text} -> {mutant.key.becomes}{nth}"


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_makes_exactly_its_changes(small: list[Mutant], operator: str) -> None:
    made = [_words(mutant) for mutant in small if mutant.operator == operator]
    assert sorted(made) == sorted(EXPECTED.get(operator, []))


def test_a_mutant_changes_its_place_and_nothing_else(small: list[Mutant]) -> None:
    for mutant in small:
        changed = mutant.apply({"Till.sol": SMALL})["Till.sol"]
        before, after = SMALL[: mutant.start], SMALL[mutant.end :]
        assert changed == before + mutant.replacement + after != SMALL
        assert before.count("\n") + 1 == mutant.line


def test_each_mutant_has_a_key_of_its_own(mutants: list[Mutant]) -> None:
    assert len({mutant.key for mutant in mutants}) == len(mutants) > 1_000


def test_each_explanation_is_of_a_mutant(mutants: list[Mutant]) -> None:
    assert set(read_explained()) <= {mutant.key for mutant in mutants}


def test_a_list_of_explanations_is_read(tmp_path: Path) -> None:
    listed = tmp_path / "mutants.toml"
    listed.write_text(
        """
        [[equivalent]]
        in = "Till.take"
        text = "1"
        becomes = ["0", "2"]
        nth = 2
        why = "Nobody counts."
        """
    )
    why = "Nobody counts."
    assert read_explained(listed) == {Key("Till.take", "1", "0", 2): why, Key("Till.take", "1", "2", 2): why}


def _outcome(mutant: Mutant, fate: Fate) -> Outcome:
    return Outcome(mutant, fate, by="test_till.py::test_take" if fate == "killed" else "")


def test_a_run_objects_to_a_survivor_without_an_explanation(small: list[Mutant]) -> None:
    outcomes = [_outcome(small[0], "survived"), _outcome(small[1], "survived"), _outcome(small[2], "killed")]
    assert objections(outcomes, {small[0].key: "It is the same."}, whole=True) == {
        "survived without an explanation": [str(small[1])]
    }


@pytest.mark.parametrize("fate", ["killed", "equivalent", "timeout", "not compiled"])
def test_a_run_objects_to_an_explanation_that_is_not_true(small: list[Mutant], fate: Fate) -> None:
    (heading,) = objections([_outcome(small[0], fate)], {small[0].key: "It is the same."}, whole=False)
    assert heading == "explained, but not a survivor"


def test_a_whole_run_objects_to_an_explanation_that_is_gone(small: list[Mutant]) -> None:
    explained = {small[0].key: "It is the same."}
    assert objections([], explained, whole=False) == {}
    assert list(objections([], explained, whole=True)) == ["explained, but not a survivor"]
