# SPDX-License-Identifier: EUPL-1.2
"""Changes of statements: what is required, assigned, announced or answered is left out or is another."""

from __future__ import annotations

from collections.abc import Iterator

from .changes import Change, dropped, nothing_of, replaced
from .syntax import Node


def _is_require(call: Node) -> bool:
    return call.kind == "FunctionCall" and call.part("expression").text == "require"


def _alone(node: Node) -> Node | None:
    """The expression that is a statement by itself."""
    return node.part("expression") if node.kind == "ExpressionStatement" else None


def require_dropped(node: Node) -> Iterator[Change]:
    """Nothing is required."""
    call = _alone(node)
    if call and _is_require(call):
        yield dropped(node)


def require_negated(node: Node) -> Iterator[Change]:
    """The opposite is required."""
    if _is_require(node):
        required = node.parts("arguments")[0]
        yield replaced(required, f"!({required.text})")


def assignment_dropped(node: Node) -> Iterator[Change]:
    """Nothing is assigned or counted, in storage or in memory."""
    alone = _alone(node)
    if alone and alone.kind in {"Assignment", "UnaryOperation"}:
        yield dropped(node)


def value_dropped(node: Node) -> Iterator[Change]:
    """A variable begins with nothing."""
    if node.kind != "VariableDeclarationStatement" or not node.raw.get("initialValue"):
        return
    if node.part("initialValue").text in {"0", "false"}:
        return
    declared = node.parts("declarations")
    if all(one.raw["storageLocation"] in {"default", "memory"} for one in declared):
        if len(node.raw["declarations"]) == 1:
            yield Change(declared[0].end, node.part("initialValue").end, "")
        else:
            yield replaced(node, "; ".join(one.text for one in declared))


def call_dropped(node: Node) -> Iterator[Change]:
    """A call of which only the effect matters is not made."""
    call = _alone(node)
    if call and call.kind == "FunctionCall" and not _is_require(call):
        yield dropped(node)


def jump_dropped(node: Node) -> Iterator[Change]:
    """What would be passed over is not."""
    if node.kind in {"Continue", "Break"}:
        yield dropped(node)


def emit_dropped(node: Node) -> Iterator[Change]:
    """Nothing is announced."""
    if node.kind == "EmitStatement":
        yield dropped(node)


def modifier_dropped(node: Node) -> Iterator[Change]:
    """Nobody is kept out."""
    if node.kind == "ModifierInvocation" and node.raw.get("kind") == "modifierInvocation":
        yield replaced(node, "")


def returned(node: Node) -> Iterator[Change]:
    """Nothing is answered, or the opposite, or one more."""
    if node.kind != "Return" or not node.raw.get("expression"):
        return
    whole = node.part("expression")
    for value in whole.parts("components") if whole.kind == "TupleExpression" else [whole]:
        other = nothing_of(value)
        if other is not None:
            yield replaced(value, other)
        if value.type.startswith("uint"):
            yield replaced(value, f"({value.text}) + 1")
