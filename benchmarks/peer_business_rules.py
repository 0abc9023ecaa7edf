"""business-rules: conditions as nested `all` and `any`; it has no `not`, so each is moved inwards.

A comparison of two columns, or of a sum, becomes a variable of its own that holds the difference.
Numbers in rows and rules are made Decimal ahead of time, which saves the engine the conversion.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import forms
import peer
from business_rules.engine import check_conditions_recursively
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_rule_variable,
)

NUMERIC = {
    "=": "equal_to", "<": "less_than", "<=": "less_than_or_equal_to",
    ">": "greater_than", ">=": "greater_than_or_equal_to",
}  # fmt: skip
MADE = {
    "number": numeric_rule_variable,
    "flag": boolean_rule_variable,
    "choice": lambda: select_rule_variable(options=[]),
}
ZERO = Decimal(0)
Reader = Callable[[peer.Row], Any]


class Words:
    """Turns nodes into the engine's rules, and collects the variables that they name."""

    def __init__(self, kinds: dict[str, str]) -> None:
        self.kinds = kinds
        self.readers: dict[str, tuple[str, Reader]] = {}

    def rule(self, node: Any) -> dict[str, Any]:
        """A two-valued node without `not` before groups, as the engine's condition."""
        tag = node[0]
        if tag in ("and", "or"):
            return {"all" if tag == "and" else "any": [self.rule(part) for part in node[1:]]}
        if tag == "bool":
            self.readers["always"] = ("flag", lambda row: True)
            return clause("always", "is_true" if node[1] else "is_false", None)
        if tag in ("name", "not"):
            name = node[1] if tag == "name" else node[1][1]
            self.readers[name] = ("flag", lambda row: row[name])
            return clause(name, "is_true" if tag == "name" else "is_false", None)
        left, right = node[1], node[2]
        if right[0] == "name" and left[0] != "name":
            tag, left, right = forms.MIRROR[tag], right, left
        if right[0] == "text":
            name = left[1]
            self.readers[name] = ("choice", lambda row: row[name])
            return clause(name, "contains" if tag == "=" else "does_not_contain", right[1])
        return self.number(tag, left, right)

    def number(self, tag: str, left: Any, right: Any) -> dict[str, Any]:
        """A comparison of numbers; what is not a column against a constant goes through a difference."""
        if left[0] == "name" and right[0] == "num":
            name, limit = left[1], Decimal(repr(right[1]))
            self.readers[name] = ("number", lambda row: row[name])
        else:
            over, under = formula(left), formula(right)
            name, limit = "difference_of_" + written(left) + "_and_" + written(right), ZERO
            self.readers[name] = ("number", lambda row: over(row) - under(row))
        if tag == "<>":
            return {"any": [clause(name, NUMERIC[one], limit) for one in "<>"]}
        return clause(name, NUMERIC[tag], limit)

    def variables(self) -> type:
        """The class whose methods give the values for one row."""
        methods = {name: method(kind, reader) for name, (kind, reader) in self.readers.items()}
        return type("Variables", (BaseVariables,), {"__init__": keep_row, **methods})


def clause(name: str, operator: str, value: Any) -> dict[str, Any]:
    """One comparison."""
    return {"name": name, "operator": operator, "value": value}


def keep_row(self: Any, row: peer.Row) -> None:
    """Holds the row that the variables read."""
    self.row = row


def method(kind: str, reader: Reader) -> Any:
    """A variable of the engine."""

    def read(self: Any) -> Any:
        return reader(self.row)

    return MADE[kind]()(read)


def formula(node: Any) -> Reader:
    """A function for a column, a constant or a sum."""
    tag = node[0]
    if tag == "name":
        return lambda row: row[node[1]]
    if tag == "num":
        number = Decimal(repr(node[1]))
        return lambda row: number
    left, right = formula(node[1]), formula(node[2])
    if tag == "+":
        return lambda row: left(row) + right(row)
    if tag == "-":
        return lambda row: left(row) - right(row)
    if tag == "*":
        return lambda row: left(row) * right(row)
    return lambda row: left(row) / right(row)


def written(node: Any) -> str:
    """A name for a column, a constant or a sum."""
    if node[0] in ("name", "num"):
        return str(node[1])
    return f"({written(node[1])} {node[0]} {written(node[2])})"


def prepared(row: peer.Row) -> peer.Row:
    """The row as the engine holds it: numbers as Decimal, choices as lists of one."""
    made = {float: lambda value: Decimal(repr(value)), str: lambda value: [value]}
    return {name: made[type(value)](value) if type(value) in made else value for name, value in row.items()}


def business_forms(task: peer.Task) -> list[peer.Form]:
    """With and without shared definitions."""
    words, inner = Words(task.columns), Words(task.columns)
    inline = forms.inlined(task.conditions, task.definitions)
    alone = [words.rule(forms.without_not(node)) for node in inline.values()]
    first, rest = forms.staged(task.conditions, task.definitions)
    shared = {name: inner.rule(forms.without_not(node)) for name, node in first.items()}
    last = [inner.rule(forms.without_not(node)) for node in rest.values()]
    whole, parts = words.variables(), inner.variables()

    def each(row: peer.Row) -> list[bool]:
        variables = whole(row)
        return [check_conditions_recursively(rule, variables) for rule in alone]

    def sharing(row: peer.Row) -> list[bool]:
        filled = dict(row)
        variables = parts(filled)
        for name, rule in shared.items():
            filled[name] = check_conditions_recursively(rule, variables)
        return [check_conditions_recursively(rule, variables) for rule in last]

    return [
        peer.Form("one rule for each", prepared, each, list),
        peer.Form("one rule for each, shared definitions", prepared, sharing, list),
    ]


if __name__ == "__main__":
    peer.main("business-rules", business_forms)
