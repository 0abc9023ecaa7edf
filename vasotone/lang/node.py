"""Conditions as nested tuples: what they are, which names they read, and their canonical text.

A node is a tuple whose first member names it:

    ("or", a, b, ...)  ("and", a, b, ...)  ("not", a)  ("at_least", k, a, b, ...)
    ("=" | "<>" | "<" | "<=" | ">" | ">=", left, right)
    ("between", x, low, high)  ("in", x, constant, ...)
    ("null", name)  ("true", name)  ("false", name)  ("known", name)
    ("name", text)  ("assume", name, constant)
    ("+" | "-" | "*" | "/", left, right)  ("num", float)  ("text", str)  ("bool", bool)

Only tuples, text, floats and booleans occur, so that a node can be hashed and marshalled. A name is a
column or a definition; which of the two is looked up where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Node = tuple[Any, ...]

COMPARISONS = frozenset(("=", "<>", "<", "<=", ">", ">="))
ARITHMETIC = frozenset("+-*/")
GROUPS = frozenset(("and", "or", "not", "at_least"))
TESTS = frozenset(("null", "true", "false", "known"))
LEAVES = COMPARISONS | TESTS | {"between", "in"}
OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRROR = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
NO_DEFINITIONS: Mapping[str, Node] = {}


class Column(NamedTuple):
    """A variable that conditions may read; `low` and `high` bound what is plausible, in `unit`."""

    name: str
    kind: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    unit: str = ""
    label: str = ""


def parts(node: Node) -> Node:
    """The nodes directly inside a node, in text order."""
    tag = node[0]
    if tag in ("num", "text", "bool", "name"):
        return ()
    return node[2:] if tag == "at_least" else node[1:]


def names(node: Node, definitions: Mapping[str, Node] = NO_DEFINITIONS) -> tuple[str, ...]:
    """The columns that a condition reads, through its definitions, in text order, each once."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    stack = [node]
    while stack:
        here = stack.pop()
        if here[0] == "name":
            name = here[1]
            if name not in definitions:
                found[name] = None
            elif name not in seen:
                seen.add(name)
                stack.append(definitions[name])
        else:
            stack.extend(reversed(parts(here)))
    return tuple(found)


def used_definitions(nodes: list[Node], definitions: Mapping[str, Node]) -> tuple[str, ...]:
    """The definitions that the nodes need, each after those that it needs itself."""
    done: dict[str, None] = {}
    stack: list[tuple[Node | None, str]] = [(node, "") for node in reversed(nodes)]
    while stack:
        node, leaving = stack.pop()
        if node is None:
            done[leaving] = None
        elif node[0] == "name":
            if node[1] in definitions and node[1] not in done:
                stack.append((None, node[1]))
                stack.append((definitions[node[1]], ""))
        else:
            stack.extend((part, "") for part in reversed(parts(node)))
    return tuple(done)


def is_condition(node: Node) -> bool:
    """Whether a node is true or false by its form; a bare name or an assumed one may be."""
    return node[0] in LEAVES or node[0] in GROUPS


def number_text(value: float) -> str:
    """The shortest text that reads back as the same float."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def to_text(node: Node) -> str:
    """The canonical text of a condition or formula; parsing it gives the node again."""
    tag = node[0]
    if tag in COMPARISONS:
        return f"{to_text(node[1])} {tag} {to_text(node[2])}"
    if tag == "name" or tag == "text" or tag == "num" or tag == "bool":
        return _atom_text(node)
    if tag == "and" or tag == "or":
        return f" {tag} ".join(_inside(part) for part in node[1:])
    if tag == "not":
        return _not_text(node[1])
    if tag == "between":
        return f"{to_text(node[1])} between {to_text(node[2])} and {to_text(node[3])}"
    if tag == "in":
        return f"{to_text(node[1])} in ({_listed(node[2:])})"
    if tag == "known":
        return f"known({node[1][1]})"
    if tag in TESTS:
        return f"{node[1][1]} is {tag}"
    if tag == "assume":
        return f"assume({node[1][1]}, {to_text(node[2])})"
    if tag == "at_least":
        return f"at_least({int(node[1])}, {_listed(node[2:])})"
    return _arithmetic_text(node)


def _atom_text(node: Node) -> str:
    if node[0] == "num":
        return number_text(node[1])
    if node[0] == "text":
        return f"'{node[1]}'"
    if node[0] == "bool":
        return "true" if node[1] else "false"
    return str(node[1])


def _inside(node: Node) -> str:
    text = to_text(node)
    return f"({text})" if node[0] in ("and", "or") else text


def _listed(nodes: Node) -> str:
    return ", ".join(to_text(node) for node in nodes)


def _not_text(inner: Node) -> str:
    if inner[0] == "in":
        return f"{to_text(inner[1])} not in ({_listed(inner[2:])})"
    if inner[0] in ("null", "true", "false"):
        return f"{inner[1][1]} is not {inner[0]}"
    if inner[0] in ("name", "assume", "known", "at_least"):
        return f"not {to_text(inner)}"
    return f"not ({to_text(inner)})"


def _arithmetic_text(node: Node) -> str:
    tag, left, right = node
    strong = tag in "*/"
    left_text, right_text = to_text(left), to_text(right)
    if strong and left[0] in ("+", "-"):
        left_text = f"({left_text})"
    if right[0] in ("+", "-") or (strong and right[0] in ("*", "/")):
        right_text = f"({right_text})"
    return f"{left_text} {tag} {right_text}"
