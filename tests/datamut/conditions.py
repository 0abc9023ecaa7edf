"""Every small slip in one condition or formula: operators, numbers, `and` and `or`, `not`, a lost clause."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from vasotone import lang
from vasotone.lang.node import ARITHMETIC, COMPARISONS, GROUPS, LEAVES, Node

FACTORS = (("x10", 10), ("/10", "0.1"), ("x1000", 1000), ("x60", 60), ("x2", 2), ("sign", -1))
BARE = ("name", "true", "false", "null", "known", "in", "between", "at_least", "assume")


def numbers(value: float | int) -> Iterator[tuple[str, float | int]]:
    """Every slip of one number: ten, sixty, a thousand, the sign, one step of its last digit."""
    exact = Decimal(repr(value))
    seen = {exact}
    step = Decimal(1).scaleb(int(exact.as_tuple().exponent))
    for what, changed in [(what, exact * Decimal(factor)) for what, factor in FACTORS] + [("step", exact + step)]:
        if changed not in seen:
            seen.add(changed)
            whole = isinstance(value, int) and changed == changed.to_integral_value()
            yield what, int(changed) if whole else float(changed)


def mutated(text: str, *, formula: bool = False) -> Iterator[tuple[str, str, str]]:
    """(kind, what, text) of every slip in a condition, or in a formula."""
    node = lang.parse_formula(text) if formula else lang.parse(text)
    seen = {lang.to_text(node)}
    for kind, what, changed in slips(node):
        written = lang.to_text(changed)
        if written not in seen:
            seen.add(written)
            yield kind, what, written


def slips(node: Node) -> Iterator[tuple[str, str, Node]]:
    """(kind, what, node) of every slip at or below one node."""
    tag = node[0]
    text = lang.to_text(node)
    if tag == "num":
        yield from (("number", what, ("num", float(changed))) for what, changed in numbers(node[1]))
    elif tag in COMPARISONS:
        worded = node[2][0] in ("text", "bool")
        others = ("=", "<>") if worded else ("<", "<=", ">", ">=", "=", "<>")
        yield from (("operator", f"{text}: {other}", (other, *node[1:])) for other in others if other != tag)
    elif tag in ("and", "or"):
        other = "or" if tag == "and" else "and"
        yield "group", f"{tag} to {other}: {text}", (other, *node[1:])
        for place in range(1, len(node)):
            rest = node[1:place] + node[place + 1 :]
            yield "clause", f"lost: {lang.to_text(node[place])}", rest[0] if len(rest) == 1 else (tag, *rest)
    elif tag == "not":
        yield "not", f"not removed: {text}", node[1]
    elif tag == "at_least":
        for count in (node[1] - 1, node[1] + 1):
            yield "number", f"at least {count:g} for {node[1]:g}", (tag, count, *node[2:])
    elif tag == "in" and len(node) > 3:
        for place in range(2, len(node)):
            yield "clause", f"lost: {lang.to_text(node[place])}", node[:place] + node[place + 1 :]
    elif tag in ("true", "false"):
        yield "operator", f"{text} turned", ("false" if tag == "true" else "true", node[1])
    elif tag in ARITHMETIC:
        other = {"+": "-", "-": "+", "*": "/", "/": "*"}[tag]
        yield "operator", f"{tag} to {other}: {text}", (other, *node[1:])
    elif tag == "assume" and node[2][0] == "bool":
        yield "number", f"assumed otherwise: {text}", (tag, node[1], ("bool", not node[2][1]))
    yield from below(node)


def below(node: Node) -> Iterator[tuple[str, str, Node]]:
    """The slips inside a node's parts, each put back into the node."""
    tag = node[0]
    if tag in ("num", "text", "bool", "name", "true", "false", "null", "known"):
        return
    for place in range(2 if tag in ("assume", "at_least") else 1, len(node)):
        part = node[place]
        if not isinstance(part, tuple):
            continue
        if tag in GROUPS and tag != "not" and part[0] in BARE:
            yield "not", f"not added: {lang.to_text(part)}", put(node, place, ("not", part))
        for kind, what, changed in slips(part):
            yield kind, what, put(node, place, changed)


def put(node: Node, place: int, part: Any) -> Node:
    """A node with one part exchanged; a group inside a group of its own kind is joined to it."""
    if node[0] in ("and", "or") and part[0] == node[0]:
        return node[:place] + part[1:] + node[place + 1 :]
    return (*node[:place], part, *node[place + 1 :])


def is_bare(text: str) -> bool:
    """Whether a whole condition is one clause without a comparison, so that `not` before it is a slip of its own."""
    node = lang.parse(text)
    return node[0] in BARE or (node[0] in LEAVES and node[0] not in COMPARISONS)
