"""The values of one missing column, cut where a clause turns, and the text of a part of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vasotone.lang.linear import turning_point
from vasotone.lang.node import COMPARISONS, MIRROR, OPPOSITE, Column, Node

OTHER = "\0other"


class Cell(NamedTuple):
    """One value that stands for all that behave alike; `point` where it stands for itself alone."""

    value: Any
    low: float | None = None
    high: float | None = None
    point: bool = True


def turns(leaf: Node, name: str, row: Mapping[str, Any], assume: bool) -> list[float] | None:
    """The values of `name` where a numeric clause turns; None where they cannot be named exactly."""
    tag = leaf[0]
    if _words(leaf):
        return []
    if tag in COMPARISONS:
        pairs = [(leaf[1], leaf[2])]
    elif tag == "between":
        pairs = [(leaf[1], leaf[2]), (leaf[1], leaf[3])]
    elif tag == "in":
        pairs = [(leaf[1], part) for part in leaf[2:]]
    else:
        return []
    found: list[float] = []
    for left, right in pairs:
        # rounding could hide the one value where reckoned sides are equal
        if tag in ("=", "<>", "in") and not (_plain(left) and _plain(right)):
            return None
        turn = turning_point(left, right, row, assume)
        if turn is not None and turn[0] == name:
            found.append(turn[1])
        elif turn is not None or _reads(left, name) or _reads(right, name):
            return None
    return found


def _plain(node: Node) -> bool:
    return node[0] in ("name", "num", "assume", "text")


def _reads(node: Node, name: str) -> bool:
    if node[0] == "name":
        return bool(node[1] == name)
    return node[0] in ("+", "-", "*", "/", "assume") and any(_reads(part, name) for part in node[1:3])


def cells(name: str, leaves: Iterable[Node], turning: Iterable[float], column: Column | None) -> list[Cell]:
    """Values that stand for all plausible ones of a column, as far as these clauses can tell, in order."""
    kind = column.kind if column is not None else ""
    if kind == "choice" or any(_words(leaf) for leaf in leaves):
        return [Cell(word) for word in _allowed(leaves, column)]
    if kind == "flag" or any(_is_flag(leaf) for leaf in leaves):
        return [Cell(True), Cell(False)]
    low = column.low if column is not None else None
    high = column.high if column is not None else None
    return _spans(sorted(set(turning)), low, high)


def _words(leaf: Node) -> bool:
    return any(isinstance(part, tuple) and part[0] == "text" for part in leaf[1:])


def _is_flag(leaf: Node) -> bool:
    return leaf[0] in ("name", "true", "false") or (leaf[0] == "assume" and leaf[2][0] == "bool")


def _allowed(leaves: Iterable[Node], column: Column | None) -> list[str]:
    if column is not None and column.values:
        return list(column.values)
    said = {part[1]: None for leaf in leaves for part in leaf[1:] if part[0] == "text"}
    return [*said, OTHER]


def _spans(turning: list[float], low: float | None, high: float | None) -> list[Cell]:
    inside = [t for t in turning if (low is None or t >= low) and (high is None or t <= high)]
    found: list[Cell] = []
    before = low
    for turn in inside:
        if before is None or before < turn:
            found.append(Cell(_between(before, turn), before, turn, False))
        found.append(Cell(turn, turn, turn))
        before = turn
    if not inside or high is None or before is None or before < high:
        found.append(Cell(_between(before, high), before, high, False))
    return [cell for cell in found if cell.point or cell.value not in (cell.low, cell.high) or not inside]


def _between(low: float | None, high: float | None) -> float:
    if low is None and high is None:
        return 0.0
    if low is None:
        assert high is not None
        return high - 1.0 - abs(high)
    return low + 1.0 + abs(low) if high is None else (low + high) / 2


def part_node(name: str, found: list[Cell], hits: list[bool]) -> Node | None:
    """A condition on `name` alone that holds just for the cells that are hit; None if there is none."""
    if not any(hits):
        return None
    column: Node = ("name", name)
    if all(hits):
        return ("known", column)
    first = found[0].value
    if isinstance(first, bool):
        return column if hits[0] == first else ("not", column)
    if isinstance(first, str):
        return _words_node(column, [c.value for c in found], hits)
    missed = [cell for cell, hit in zip(found, hits, strict=True) if not hit]
    if len(missed) == 1 and missed[0].point and missed[0] not in (found[0], found[-1]):
        return ("<>", column, ("num", missed[0].value))
    runs: list[Node] = []
    start = None
    for place, hit in enumerate([*hits, False]):
        if hit and start is None:
            start = place
        elif not hit and start is not None:
            runs.append(_run_node(column, found, start, place - 1))
            start = None
    return runs[0] if len(runs) == 1 else ("or", *runs)


def _words_node(column: Node, words: list[str], hits: list[bool]) -> Node:
    wanted = [word for word, hit in zip(words, hits, strict=True) if hit]
    others = [word for word, hit in zip(words, hits, strict=True) if not hit]
    # what stands for all other words has no name, so only the side without it can be listed
    if OTHER in wanted or (OTHER not in others and len(others) < min(2, len(wanted))):
        if len(others) == 1:
            return ("<>", column, ("text", others[0]))
        return ("not", ("in", column, *(("text", word) for word in others)))
    if len(wanted) == 1:
        return ("=", column, ("text", wanted[0]))
    return ("in", column, *(("text", word) for word in wanted))


def _run_node(column: Node, found: list[Cell], first: int, last: int) -> Node:
    start, end = found[first], found[last]
    below = first > 0
    above = last < len(found) - 1
    if start.point and end.point and first == last:
        return ("=", column, ("num", start.value))
    if below and above and start.point and end.point:
        return ("between", column, ("num", start.value), ("num", end.value))
    bounds: list[Node] = []
    if below:
        bounds.append((">=" if start.point else ">", column, ("num", start.low)))
    if above:
        bounds.append(("<=" if end.point else "<", column, ("num", end.high)))
    return bounds[0] if len(bounds) == 1 else ("and", *bounds)


def plain_part(leaf: Node, want: bool) -> Node | None:
    """What makes a simple clause `want`, written about its column; None for any other clause."""
    tag = leaf[0]
    if tag == "name":
        return leaf if want else ("not", leaf)
    if tag not in COMPARISONS:
        return None
    left, right = leaf[1], leaf[2]
    if right[0] == "name" and left[0] in ("num", "text"):
        left, right, tag = right, left, MIRROR[tag]
    if left[0] != "name" or right[0] not in ("num", "text"):
        return None
    return (tag if want else OPPOSITE[tag], left, right)


def turns_inside(part: Node, column: Column | None) -> bool:
    """Whether a simple part leaves plausible values on both of its sides."""
    if part[0] in ("name", "not"):
        return True
    constant = part[2]
    if constant[0] == "text":
        return column is None or not column.values or len(column.values) > 1
    low, high = (None, None) if column is None else (column.low, column.high)
    return (low is None or low < constant[1]) and (high is None or constant[1] < high)
