# SPDX-License-Identifier: EUPL-1.2
"""Changes of expressions: comparisons, logic, arithmetic, bits, constants, the clock, fields, roles."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .changes import Change, is_unsigned, operand, replaced
from .syntax import Node

_COMPARISONS = {
    "<": ("<=", ">", ">=", "==", "!="),
    "<=": ("<", ">", ">=", "=="),
    ">": (">=", "<", "<=", "!=", "=="),
    ">=": (">", "<", "<=", "=="),
    "==": ("!=", "<=", ">="),
    "!=": ("==", "<", ">"),
}
_SAME_AGAINST_ZERO = {("==", "<="), ("!=", ">")}
"""Against zero these say the same of what cannot be negative."""

_ARITHMETIC = {"+": ("-",), "-": ("+",), "*": ("/", "+"), "/": ("*", "%"), "%": ("/", "*")}
_BITS = {"<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",), "^": ("&", "|")}


def _with_operators(node: Node, operators: tuple[str, ...]) -> Iterator[Change]:
    left, right = operand(node.part("leftExpression")), operand(node.part("rightExpression"))
    for operator in operators:
        yield replaced(node, f"({left} {operator} {right})")


def comparison(node: Node) -> Iterator[Change]:
    """Another comparison of the same two; of what has no order, only the opposite."""
    if node.kind != "BinaryOperation" or node.operator not in _COMPARISONS:
        return
    sides = (node.part("leftExpression"), node.part("rightExpression"))
    ordered = all(is_unsigned(side.type) or side.type.startswith("int") for side in sides)
    against_zero = sides[1].text == "0" and is_unsigned(sides[0].type)
    others = tuple(
        other
        for other in _COMPARISONS[node.operator]
        if (ordered or other in {"==", "!="})
        and not (against_zero and (node.operator, other) in _SAME_AGAINST_ZERO)
    )
    yield from _with_operators(node, others)


def condition(node: Node) -> Iterator[Change]:
    """A branch taken always, never, or in the other cases."""
    if node.kind in {"IfStatement", "Conditional"}:
        tested = node.part("condition")
        for other in ("true", "false", f"!({tested.text})"):
            yield replaced(tested, other)


def branch(node: Node) -> Iterator[Change]:
    """The two values of a choice change places."""
    if node.kind == "Conditional":
        asked, yes, no = (node.part(name) for name in ("condition", "trueExpression", "falseExpression"))
        yield replaced(node, f"({operand(asked)} ? {operand(no)} : {operand(yes)})")


def logic(node: Node) -> Iterator[Change]:
    """And for or, and each of the two sides alone."""
    if node.kind == "BinaryOperation" and node.operator in {"&&", "||"}:
        yield from _with_operators(node, ("||" if node.operator == "&&" else "&&",))
        yield replaced(node, operand(node.part("leftExpression")))
        yield replaced(node, operand(node.part("rightExpression")))


def negation(node: Node) -> Iterator[Change]:
    """Without the not, the complement or the minus."""
    if node.kind == "UnaryOperation" and node.operator in {"!", "~", "-"}:
        yield replaced(node, operand(node.part("subExpression")))


def arithmetic(node: Node) -> Iterator[Change]:
    """Other arithmetic with the same two; one side alone; counting down for up."""
    if node.kind == "BinaryOperation" and node.operator in _ARITHMETIC:
        yield from _with_operators(node, _ARITHMETIC[node.operator])
        yield replaced(node, operand(node.part("leftExpression")))
    elif node.kind == "UnaryOperation" and node.operator in {"++", "--"}:
        counted = node.part("subExpression").text
        opposite = "--" if node.operator == "++" else "++"
        yield replaced(node, f"{opposite}{counted}" if node.raw["prefix"] else f"{counted}{opposite}")
        if node.parent is not None and node.parent.kind != "ExpressionStatement":
            yield replaced(node, counted)


def bits(node: Node) -> Iterator[Change]:
    """Another operation on the same bits; one side alone."""
    if node.kind == "BinaryOperation" and node.operator in _BITS:
        yield from _with_operators(node, _BITS[node.operator])
        yield replaced(node, operand(node.part("leftExpression")))
        if node.operator not in {"<<", ">>"}:
            yield replaced(node, operand(node.part("rightExpression")))


def assigned(node: Node) -> Iterator[Change]:
    """Less for more, and only the new for both."""
    if node.kind != "Assignment" or node.operator == "=":
        return
    left, right = node.part("leftHandSide").text, node.part("rightHandSide").text
    inside = node.operator.removesuffix("=")
    for other in (*_ARITHMETIC.get(inside, ()), *_BITS.get(inside, ()), ""):
        yield replaced(node, f"{left} {other}= {right}")


def constant(node: Node) -> Iterator[Change]:
    """One more, one less; the other truth."""
    if node.kind == "Literal" and node.raw["kind"] == "bool":
        yield replaced(node, "false" if node.text == "true" else "true")
    elif node.kind == "Literal" and node.raw["kind"] == "number" and not node.raw.get("subdenomination"):
        value = int(node.text.replace("_", ""), 0)
        yield from (replaced(node, str(other)) for other in (value + 1, value - 1) if other >= 0)
    elif node.kind == "MemberAccess" and node.raw["memberName"] in {"max", "min"}:
        inwards = "-" if node.raw["memberName"] == "max" else "+"
        if node.part("expression").type.startswith("type("):
            yield replaced(node, f"({node.text} {inwards} 1)")


def text(node: Node) -> Iterator[Change]:
    """One character of a text is another: the first, the last, and the middle one."""
    if node.kind != "Literal" or node.raw["kind"] != "string" or not node.raw["value"]:
        return
    value: str = node.raw["value"]
    for place in sorted({0, len(value) // 2, len(value) - 1}):
        other = "x" if value[place] != "x" else "y"
        yield replaced(node, json.dumps(value[:place] + other + value[place + 1 :]))


def clock(node: Node) -> Iterator[Change]:
    """A second later and a second earlier."""
    if node.kind == "MemberAccess" and node.text == "block.timestamp":
        yield replaced(node, "(block.timestamp + 1)")
        yield replaced(node, "(block.timestamp - 1)")


def field(node: Node) -> Iterator[Change]:
    """Another field of the same struct, of the same type."""
    if node.kind != "MemberAccess" or not node.part("expression").type.startswith("struct "):
        return
    scope = node.source.declarations.get(node.declaration().get("scope", -1), {})
    for member in scope.get("members", []):
        same_type = (
            member["typeDescriptions"]["typeString"] == node.declaration()["typeDescriptions"]["typeString"]
        )
        if same_type and member["name"] != node.raw["memberName"]:
            yield replaced(node, f"{node.part('expression').text}.{member['name']}")


def role(node: Node) -> Iterator[Change]:
    """Another role of the contract, wherever a role is named."""
    if node.kind != "Identifier" or not node.name.endswith("_ROLE"):
        return
    contract = next((above for above in node.above() if above.kind == "ContractDefinition"), None)
    for declared in contract.raw["nodes"] if contract else []:
        name = declared.get("name", "")
        if declared.get("constant") and name.endswith("_ROLE") and name != node.name:
            yield replaced(node, name)
