"""What a condition says about one row, and the fewest clauses that make it say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vasotone.lang.node import ARITHMETIC, NO_DEFINITIONS, TESTS, Node, names, parts, to_text

Row = Mapping[str, Any]
Definitions = Mapping[str, Node]


class Reason(NamedTuple):
    """A clause that helped to decide: its text, its truth, what it reads, what was assumed in it."""

    clause: str
    truth: bool
    names: tuple[str, ...]
    assumed: tuple[str, ...]
    node: Node


def evaluate(node: Node, row: Row, definitions: Definitions = NO_DEFINITIONS) -> bool | None:
    """True, False or None (unknown) for one row; an absent name is unknown, and so is not-a-number."""
    return _truth(node, definitions, lambda leaf: leaf_truth(leaf, row, definitions))


def _truth(node: Node, definitions: Definitions, of_leaf: Callable[[Node], bool | None]) -> bool | None:
    """The three-valued truth of a node from that of its clauses."""
    tag = node[0]
    if tag == "and" or tag == "or":
        stop = tag == "or"
        result: bool | None = not stop
        for part in node[1:]:
            truth = _truth(part, definitions, of_leaf)
            if truth is stop:
                return stop
            if truth is None:
                result = None
        return result
    if tag == "not":
        truth = _truth(node[1], definitions, of_leaf)
        return None if truth is None else not truth
    if tag == "at_least":
        return count_truth(int(node[1]), [_truth(part, definitions, of_leaf) for part in node[2:]])
    if tag == "name" and node[1] in definitions:
        return _truth(definitions[node[1]], definitions, of_leaf)
    return of_leaf(node)


def count_truth(needed: int, truths: list[bool | None]) -> bool | None:
    """Whether at least `needed` of the truths hold, unknown where the unknown ones decide."""
    sure = truths.count(True)
    if sure >= needed:
        return True
    return None if sure + truths.count(None) >= needed else False


def leaf_truth(node: Node, row: Row, definitions: Definitions) -> bool | None:
    """The truth of a single clause: a comparison, a test, a flag or an assumed one."""
    tag = node[0]
    compare = _COMPARE.get(tag)
    if compare is not None:
        left, right = _value(node[1], row), _value(node[2], row)
        return None if left is None or right is None else compare(left, right)
    if tag == "name":
        truth = row.get(node[1])
        return None if truth is None else bool(truth)
    if tag in TESTS:
        return _test(tag, _named(node[1], row, definitions))
    if tag == "assume":
        truth = _named(node[1], row, definitions)
        return bool(node[2][1] if truth is None else truth)
    value = _value(node[1], row)
    if tag == "in":
        return None if value is None else any(value == part[1] for part in node[2:])
    low, high = _value(node[2], row), _value(node[3], row)
    above = None if value is None or low is None else value >= low
    below = None if value is None or high is None else value <= high
    return False if above is False or below is False else None if above is None or below is None else True


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
    "=": lambda left, right: bool(left == right),
    "<>": lambda left, right: bool(left != right),
}


def _test(tag: str, value: Any) -> bool:
    if tag == "known":
        return value is not None
    if tag == "null":
        return value is None
    return value is (tag == "true")


def _named(node: Node, row: Row, definitions: Definitions) -> Any:
    name = node[1]
    return evaluate(definitions[name], row, definitions) if name in definitions else _read(row, name)


def _read(row: Row, name: str) -> Any:
    value = row.get(name)
    return None if value != value else value  # only not-a-number differs from itself


def _value(node: Node, row: Row) -> Any:
    tag = node[0]
    if tag == "name":
        return _read(row, node[1])
    if tag in ARITHMETIC:
        left, right = _value(node[1], row), _value(node[2], row)
        if left is None or right is None or (tag == "/" and right == 0):
            return None
        if tag == "+":
            return left + right
        if tag == "-":
            return left - right
        return left * right if tag == "*" else left / right
    if tag == "assume":
        value = _read(row, node[1][1])
        return node[2][1] if value is None else value
    return node[1]


def evaluate_formula(node: Node, row: Row) -> Any:
    """The number that a formula gives for one row, or None; zero as divisor gives None."""
    return _value(node, row)


def reasons(node: Node, row: Row, definitions: Definitions = NO_DEFINITIONS) -> tuple[Reason, ...]:
    """The fewest clauses that decide the condition for this row, in text order; none if it is unknown.

    No clause can be left out: without it the others no longer decide.
    """
    truth, chosen = _cheapest(node, row, definitions)
    if truth is None:
        return ()
    clauses = {leaf: leaf_truth(leaf, row, definitions) for leaf in chosen}
    if len(clauses) > 1 and _repeats(node, definitions):
        for leaf in reversed(list(clauses)):
            fewer = {kept: said for kept, said in clauses.items() if kept != leaf}
            if _truth(node, definitions, fewer.get) is truth:
                clauses = fewer
    return tuple(_reason(leaf, said is True, row, definitions) for leaf, said in clauses.items())


def _reason(leaf: Node, truth: bool, row: Row, definitions: Definitions) -> Reason:
    assumed: tuple[str, ...] = ()
    if leaf[0] != "name":
        held = assumed_names(leaf)
        assumed = tuple(name for name in held if _named(("name", name), row, definitions) is None)
    return Reason(to_text(leaf), truth, _read_by(leaf, row, definitions), assumed, leaf)


def _read_by(leaf: Node, row: Row, definitions: Definitions) -> tuple[str, ...]:
    """The columns that a clause rests on; of a test of a definition those that decide it, or leave it unknown."""
    if (leaf[0] not in TESTS and leaf[0] != "assume") or leaf[1][1] not in definitions:
        return names(leaf, definitions)
    tested = definitions[leaf[1][1]]
    decided = reasons(tested, row, definitions)
    if decided:
        return tuple(dict.fromkeys(name for reason in decided for name in reason.names))
    rest = dict(row)
    for name in names(tested, definitions):
        if rest.get(name) is not None:  # what is known matters where without it the test would come out otherwise
            fewer = {**rest, name: None}
            rest = fewer if evaluate(tested, fewer, definitions) is None else rest
    return tuple(name for name in names(tested, definitions) if row.get(name) is None or rest.get(name) is not None)


def assumed_names(node: Node) -> tuple[str, ...]:
    """The names that stand under assume in a clause."""
    found: dict[str, None] = {}
    stack = [node]
    while stack:
        here = stack.pop()
        if here[0] == "assume":
            found[here[1][1]] = None
        else:
            stack.extend(reversed(parts(here)))
    return tuple(found)


def _cheapest(node: Node, row: Row, definitions: Definitions) -> tuple[bool | None, list[Node]]:
    """The truth of a node and a smallest list of clauses that gives it, text order breaking ties."""
    tag = node[0]
    if tag == "and" or tag == "or":
        return _cheapest_joined(node, tag == "or", row, definitions)
    if tag == "not":
        truth, chosen = _cheapest(node[1], row, definitions)
        return (None if truth is None else not truth), chosen
    if tag == "at_least":
        return _cheapest_count(node, row, definitions)
    if tag == "name" and node[1] in definitions:
        return _cheapest(definitions[node[1]], row, definitions)
    truth = leaf_truth(node, row, definitions)
    return truth, [] if truth is None else [node]


def _cheapest_joined(node: Node, stop: bool, row: Row, definitions: Definitions) -> tuple[bool | None, list[Node]]:
    best: list[Node] | None = None
    every: list[Node] = []
    unknown = False
    for part in node[1:]:
        truth, chosen = _cheapest(part, row, definitions)
        if truth is stop:
            if len(chosen) == 1:
                return stop, chosen
            if best is None or len(chosen) < len(best):
                best = chosen
        elif truth is None:
            unknown = True
        else:
            every += chosen
    if best is not None:
        return stop, best
    return (None, []) if unknown else (not stop, every)


def _cheapest_count(node: Node, row: Row, definitions: Definitions) -> tuple[bool | None, list[Node]]:
    members = [_cheapest(part, row, definitions) for part in node[2:]]
    needed = int(node[1])
    truth = count_truth(needed, [said for said, _ in members])
    if truth is None:
        return None, []
    enough = needed if truth else len(members) - needed + 1
    fitting = [place for place, (said, _) in enumerate(members) if said is truth]
    taken = sorted(sorted(fitting, key=lambda place: len(members[place][1]))[:enough])
    return truth, [leaf for place in taken for leaf in members[place][1]]


def _repeats(node: Node, definitions: Definitions) -> bool:
    """Whether some clause occurs twice once the definitions are written out."""
    seen: set[Node] = set()
    stack = [node]
    while stack:
        here = stack.pop()
        tag = here[0]
        if tag in ("and", "or", "not"):
            stack.extend(here[1:])
        elif tag == "at_least":
            stack.extend(here[2:])
        elif tag == "name" and here[1] in definitions:
            stack.append(definitions[here[1]])
        elif here in seen:
            return True
        else:
            seen.add(here)
    return False
