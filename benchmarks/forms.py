"""Conditions rewritten for engines that know only true and false. Standard library only.

On a row in which every column is filled nothing is unknown, and these forms mean the same as the
conditions they are made from: `known(x)` is true, `x is null` is false, `assume(x, v)` is x, and
`at_least(k, ...)` is an `or` of every `and` of k members. Nodes are lists or tuples, as in the
condition language.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

Node = Any

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRROR = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
SPELLED = {"=": "==", "<>": "!="}
TRUE, FALSE = ("bool", True), ("bool", False)


def two_valued(node: Node, definitions: Mapping[str, Node]) -> Node:
    """The node for complete rows; names of `definitions` are written out, others stay."""
    tag = node[0]
    if tag == "name":
        return two_valued(definitions[node[1]], definitions) if node[1] in definitions else tuple(node)
    if tag in ("num", "text", "bool"):
        return tuple(node)
    if tag == "known":
        return TRUE
    if tag == "null":
        return FALSE
    if tag in ("assume", "true"):
        return two_valued(node[1], definitions)
    if tag == "false":
        return negated(two_valued(node[1], definitions))
    if tag == "not":
        return negated(two_valued(node[1], definitions))
    if tag == "at_least":
        members = [two_valued(part, definitions) for part in node[2:]]
        return group("or", [group("and", list(some)) for some in combinations(members, int(node[1]))])
    parts = [two_valued(part, definitions) for part in node[1:]]
    return group(tag, parts) if tag in ("and", "or") else (tag, *parts)


def negated(node: Node) -> Node:
    """The opposite of a node."""
    if node[0] == "bool":
        return ("bool", not node[1])
    return node[1] if node[0] == "not" else ("not", node)


def group(tag: str, parts: list[Node]) -> Node:
    """An `and` or `or` without the members that cannot change it."""
    stop, idle = (FALSE, TRUE) if tag == "and" else (TRUE, FALSE)
    if stop in parts:
        return stop
    kept = [part for part in parts if part != idle]
    if not kept:
        return idle
    return kept[0] if len(kept) == 1 else (tag, *kept)


def without_not(node: Node, negate: bool = False) -> Node:
    """The node with every `not` moved inwards until it stands before a bare name only."""
    tag = node[0]
    if tag == "not":
        return without_not(node[1], not negate)
    if tag in ("and", "or"):
        turned = {"and": "or", "or": "and"}[tag] if negate else tag
        return (turned, *(without_not(part, negate) for part in node[1:]))
    if tag == "between":
        low, high = (">=", node[1], node[2]), ("<=", node[1], node[3])
        return without_not(("and", low, high), negate)
    if tag == "in":
        return without_not(("or", *(("=", node[1], part) for part in node[2:])), negate)
    if not negate:
        return node
    if tag in COMPARISONS:
        return (OPPOSITE[tag], *node[1:])
    return negated(node)


def infix(node: Node, prefix: str = "") -> str:
    """The node in the notation that many expression languages share; column names get the prefix."""
    tag = node[0]
    if tag == "name":
        return prefix + str(node[1])
    if tag == "num":
        return repr(int(node[1]) if float(node[1]).is_integer() else node[1])
    if tag == "text":
        return f"'{node[1]}'"
    if tag == "bool":
        return "true" if node[1] else "false"
    if tag == "not":
        return f"not ({infix(node[1], prefix)})"
    if tag in ("and", "or"):
        return "(" + f" {tag} ".join(infix(part, prefix) for part in node[1:]) + ")"
    left = infix(node[1], prefix)
    if tag == "between":
        return f"({left} >= {infix(node[2], prefix)} and {left} <= {infix(node[3], prefix)})"
    if tag == "in":
        return f"({left} in [{', '.join(infix(part, prefix) for part in node[2:])}])"
    return f"({left} {SPELLED.get(tag, tag)} {infix(node[2], prefix)})"


def needed(node: Node, definitions: Mapping[str, Node], found: dict[str, None]) -> None:
    """Add the definitions that a node needs, each after those that it needs itself."""
    if node[0] == "name":
        if node[1] in definitions and node[1] not in found:
            needed(definitions[node[1]], definitions, found)
            found[node[1]] = None
        return
    for part in node[1:]:
        if isinstance(part, list | tuple):
            needed(part, definitions, found)


def staged(
    conditions: Mapping[str, Node], definitions: Mapping[str, Node]
) -> tuple[dict[str, Node], dict[str, Node]]:
    """Conditions and the definitions they need, two-valued, definitions kept as names, in usable order."""
    order: dict[str, None] = {}
    for node in conditions.values():
        needed(node, definitions, order)
    first = {name: two_valued(definitions[name], {}) for name in order}
    return first, {key: two_valued(node, {}) for key, node in conditions.items()}


def inlined(conditions: Mapping[str, Node], definitions: Mapping[str, Node]) -> dict[str, Node]:
    """Conditions, two-valued, with every definition written out."""
    return {key: two_valued(node, definitions) for key, node in conditions.items()}
