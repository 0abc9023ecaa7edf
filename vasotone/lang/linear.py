"""The form a*x + b*y + ... + c of a numeric expression, to find the value where a comparison turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vasotone.lang.node import Node


class Linear(NamedTuple):
    """Factors by name, and what stands alone."""

    factors: dict[str, float]
    constant: float


def linear(node: Node, row: Mapping[str, Any], assume: bool = False) -> Linear | None:
    """The form of an expression, names with a value in `row` put in; None where it is not of this form.

    With `assume` an assumed name without a value counts as what is assumed, else as the name itself.
    """
    tag = node[0]
    if tag == "num":
        return Linear({}, node[1])
    if tag in ("name", "assume"):
        name = node[1] if tag == "name" else node[1][1]
        value = row.get(name)
        if value is not None:
            return Linear({}, float(value))
        if tag == "assume" and assume:
            return Linear({}, float(node[2][1]))
        return Linear({name: 1.0}, 0.0)
    if tag not in ("+", "-", "*", "/"):
        return None
    left, right = linear(node[1], row, assume), linear(node[2], row, assume)
    if left is None or right is None:
        return None
    if tag in ("+", "-"):
        return _sum(left, right, 1.0 if tag == "+" else -1.0)
    if tag == "*" and not left.factors:
        left, right = right, left
    if right.factors or (tag == "/" and right.constant == 0):
        return None
    if tag == "*":
        by = right.constant
        return Linear({name: factor * by for name, factor in left.factors.items()}, left.constant * by)
    by = right.constant
    return Linear({name: factor / by for name, factor in left.factors.items()}, left.constant / by)


def _sum(left: Linear, right: Linear, sign: float) -> Linear:
    factors = dict(left.factors)
    for name, factor in right.factors.items():
        factors[name] = factors.get(name, 0.0) + sign * factor
    return Linear({name: factor for name, factor in factors.items() if factor}, left.constant + sign * right.constant)


def turning_point(left: Node, right: Node, row: Mapping[str, Any], assume: bool = False) -> tuple[str, float] | None:
    """The one name that decides between `left` and `right`, and its value where they are equal."""
    if left[0] == "name" and right[0] == "num" and row.get(left[1]) is None:
        return left[1], right[1]
    one, other = linear(left, row, assume), linear(right, row, assume)
    if one is None or other is None:
        return None
    both = _sum(one, other, -1.0)
    if len(both.factors) != 1:
        return None
    ((name, factor),) = both.factors.items()
    return name, -both.constant / factor + 0.0
