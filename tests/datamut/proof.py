"""Proves that a slip changes nothing: the two conditions agree on every row that a record can have.

Where variables are compared with constants only, a condition changes nowhere but at those constants. So the
constants, the ends of the plausible range, one value in every gap and `unknown` stand for all values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import Any

from vasotone import lang
from vasotone.lang.node import ARITHMETIC, COMPARISONS, Column, Node, parts

MOST_ROWS = 20_000
Columns = Mapping[str, Column]
Definitions = Mapping[str, Node]


def same(before: str, after: str, columns: Columns, definitions: Definitions) -> bool:
    """Whether two conditions are proved to say the same; False where it is not so or could not be shown."""
    pairs = [(lang.parse(before), lang.parse(after))]
    while (deeper := narrowed(*pairs[-1])) is not None:
        pairs.append(deeper)
    for one, other in reversed(pairs):
        rows = all_rows(one, other, columns, definitions)
        if rows is not None and all(
            lang.evaluate(one, row, definitions) is lang.evaluate(other, row, definitions) for row in rows
        ):
            return True
    return False


def narrowed(one: Node, other: Node) -> tuple[Node, Node] | None:
    """The only parts in which two nodes differ, where these are conditions themselves."""
    if one[0] != other[0] or len(one) != len(other) or one[0] not in ("and", "or", "not"):
        return None
    differing = [(a, b) for a, b in zip(parts(one), parts(other), strict=True) if a != b]
    return differing[0] if len(differing) == 1 else None


def all_rows(one: Node, other: Node, columns: Columns, definitions: Definitions) -> Iterator[dict[str, Any]] | None:
    """Rows that stand for all rows; None where they would be too many, or variables meet one another."""
    whole = [*expanded(one, definitions), *expanded(other, definitions)]
    if not all(is_simple(node) for node in whole if node[0] in COMPARISONS or node[0] in ("between", "in")):
        return None
    names = dict.fromkeys((*lang.names(one, definitions), *lang.names(other, definitions)))
    if any(name not in columns for name in names):
        return None
    domains = [values_of(columns[name], whole) for name in names]
    size = 1
    for domain in domains:
        size *= len(domain)
    if size > MOST_ROWS:
        return None
    return (dict(zip(names, row, strict=True)) for row in product(*domains))


def expanded(node: Node, definitions: Definitions) -> Iterator[Node]:
    """A node and all below it, its definitions written out."""
    yield node
    if node[0] == "name" and node[1] in definitions:
        yield from expanded(definitions[node[1]], definitions)
    for part in parts(node):
        yield from expanded(part, definitions)


def is_simple(node: Node) -> bool:
    """Whether a comparison has one variable on its left and constants on its right."""
    left, *right = parts(node)
    if left[0] in ARITHMETIC or left[0] in ("num", "text", "bool"):
        return False
    return all(part[0] in ("num", "text", "bool") for part in right)


def values_of(column: Column, nodes: list[Node]) -> list[Any]:
    """The values of a column that stand for all of them, and unknown."""
    if column.kind == "choice":
        return [*column.values, None]
    if column.kind != "number":
        return [True, False, None]
    low, high = column.low, column.high
    if low is None or high is None:
        return list(range(MOST_ROWS + 1))  # no end: nothing can be proved
    found = {float(part[1]) for node in nodes for part in parts(node) if part[0] == "num"}
    points = sorted({low, high, *(point for point in found if low <= point <= high)})
    return [*points, *((a + b) / 2 for a, b in pairwise(points)), None]
