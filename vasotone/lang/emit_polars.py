"""Nodes to Polars expressions, for a whole table; the library is handed in, never imported.

Traps that the form of these expressions avoids: `x IS TRUE` of the SQL parser gives unknown for
unknown, so unknown is filled instead; a literal narrows to a 32-bit column, so literals are typed;
an expression without a column gives one row, so every clause keeps its column; small whole numbers run
over when they are added, so numbers are read as doubles; not-a-number counts as above everything, so
what is not finite is read as unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vasotone.lang.emit import numeric_names
from vasotone.lang.node import COMPARISONS, Column, Node, names, used_definitions

STAGE = "_definition_"
NUMBER = "_number_"


def polars_expressions(outputs: Sequence[tuple[str, Node]], definitions: Mapping[str, Node], pl: Any) -> list[Any]:
    """One expression for each output, with its name; definitions are written out inside."""
    made: dict[str, Any] = {}
    nodes = [node for _, node in outputs]
    numbers = numeric_names([*nodes, *(definitions[name] for name in used_definitions(nodes, definitions))])

    def look_up(name: str) -> Any:
        if name not in definitions:
            return as_number(pl.col(name), pl) if name in numbers else pl.col(name)
        if name not in made:
            made[name] = _expression(definitions[name], look_up, pl)
        return made[name]

    return [_expression(node, look_up, pl).alias(key) for key, node in outputs]


def as_number(column: Any, pl: Any) -> Any:
    """A column as doubles, unknown where it is not finite."""
    number = column.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)


def apply_polars(
    frame: Any,
    outputs: Sequence[tuple[str, Node]],
    definitions: Mapping[str, Node],
    columns: Mapping[str, Column],
    pl: Any,
) -> Any:
    """The frame (eager or lazy) with a Boolean column for each output; definitions are reckoned once.

    A column that the frame lacks counts as unknown in every row. Numbers are read as doubles, whatever
    their type, and what is not finite is unknown; the frame's own columns stay as they are.
    """
    nodes = [node for _, node in outputs]
    types = {"number": pl.Float64, "flag": pl.Boolean, "choice": pl.String}
    schema = frame.collect_schema()
    read = dict.fromkeys(name for node in nodes for name in names(node, definitions))
    made = []
    for name in read:
        column = pl.col(name) if name in schema else pl.lit(None, dtype=types[columns[name].kind])
        if columns[name].kind == "number":
            made.append(as_number(column, pl).alias(NUMBER + name))
        elif name not in schema:
            made.append(column.alias(name))
        elif schema[name] == pl.Null:
            made.append(column.cast(types[columns[name].kind]))
    if made:
        frame = frame.with_columns(made)

    def look_up(name: str) -> Any:
        if name in definitions:
            return pl.col(STAGE + name)
        return pl.col(NUMBER + name if columns[name].kind == "number" else name)

    for stage in stages(nodes, definitions):
        frame = frame.with_columns(
            [_expression(definitions[name], look_up, pl).alias(STAGE + name) for name in stage]
        )
    frame = frame.with_columns([_expression(node, look_up, pl).alias(key) for key, node in outputs])
    added = [STAGE + name for name in used_definitions(nodes, definitions)]
    added += [NUMBER + name for name in read if columns[name].kind == "number"]
    added += [name for name in read if columns[name].kind != "number" and name not in schema]
    return frame.drop(added) if added else frame


def stages(nodes: Sequence[Node], definitions: Mapping[str, Node]) -> list[list[str]]:
    """The needed definitions in steps; each needs only those of earlier steps."""
    level: dict[str, int] = {}
    for name in used_definitions(list(nodes), definitions):
        below = used_definitions([definitions[name]], definitions)
        level[name] = 1 + max((level[one] for one in below), default=-1)
    found: list[list[str]] = [[] for _ in range(1 + max(level.values(), default=-1))]
    for name, place in level.items():
        found[place].append(name)
    return found


def polars_formula(node: Node, pl: Any) -> Any:
    """The expression of a numeric formula; null where an input is null or not finite, or a divisor is zero."""
    return _value(node, lambda name: as_number(pl.col(name), pl), pl)


def _expression(node: Node, look_up: Callable[[str], Any], pl: Any) -> Any:
    tag = node[0]
    if tag in ("and", "or"):
        result = _expression(node[1], look_up, pl)
        for part in node[2:]:
            other = _expression(part, look_up, pl)
            result = result & other if tag == "and" else result | other
        return result
    if tag == "not":
        return ~_expression(node[1], look_up, pl)
    if tag == "at_least":
        return _count(int(node[1]), [_expression(part, look_up, pl) for part in node[2:]], pl)
    if tag == "name":
        return look_up(node[1])
    if tag == "known":
        return look_up(node[1][1]).is_not_null()
    if tag == "null":
        return look_up(node[1][1]).is_null()
    if tag in ("true", "false"):
        flag = look_up(node[1][1])
        return (flag if tag == "true" else ~flag).fill_null(False)
    if tag == "assume":
        return look_up(node[1][1]).fill_null(node[2][1])
    return _clause(node, look_up, pl)


def _clause(node: Node, look_up: Callable[[str], Any], pl: Any) -> Any:
    tag = node[0]
    left = _value(node[1], look_up, pl)
    if tag == "between":
        return (left >= _value(node[2], look_up, pl)) & (left <= _value(node[3], look_up, pl))
    if tag == "in":
        result = left == _value(node[2], look_up, pl)
        for part in node[3:]:
            result = result | (left == _value(part, look_up, pl))
        return result
    assert tag in COMPARISONS
    right = _value(node[2], look_up, pl)
    if tag == "=":
        return left == right
    if tag == "<>":
        return left != right
    if tag in ("<", "<="):
        return left < right if tag == "<" else left <= right
    return left > right if tag == ">" else left >= right


def _count(needed: int, members: list[Any], pl: Any) -> Any:
    sure = pl.sum_horizontal([part.fill_null(False).cast(pl.UInt16) for part in members]) >= needed
    possible = pl.sum_horizontal([part.fill_null(True).cast(pl.UInt16) for part in members]) >= needed
    return pl.when(sure | ~possible).then(sure)


def _value(node: Node, look_up: Callable[[str], Any], pl: Any) -> Any:
    tag = node[0]
    if tag == "name":
        return look_up(node[1])
    if tag == "num":
        return pl.lit(node[1], dtype=pl.Float64)
    if tag == "text":
        return pl.lit(node[1])
    if tag == "assume":
        return look_up(node[1][1]).fill_null(_value(node[2], look_up, pl))
    left, right = _value(node[1], look_up, pl), _value(node[2], look_up, pl)
    if tag == "+":
        return left + right
    if tag == "-":
        return left - right
    if tag == "*":
        return left * right
    if node[2][0] == "num":
        return left / right
    return pl.when(right != 0).then(left / right)
