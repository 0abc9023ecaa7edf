"""Invented values for benchmarks: near the limits that conditions name, else anywhere plausible."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from vasotone import lang

ORDERED = ("<", "<=", ">", ">=", "=", "<>", "between")


def limits_named(nodes: Iterable[lang.Node]) -> dict[str, list[float]]:
    """For each column the numbers that conditions compare it with."""
    found: dict[str, list[float]] = {}
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node[0] in ORDERED:
            columns = lang.names(node, {})
            numbers = [part[1] for part in node[1:] if part[0] == "num"]
            for column in columns:
                found.setdefault(column, []).extend(numbers)
        stack.extend(part for part in node[1:] if isinstance(part, tuple))
    return {column: sorted(set(numbers)) for column, numbers in found.items()}


def number(random: Random, column: lang.Column, limits: list[float]) -> float:
    """A plausible number with few digits: on a named limit, near one, or anywhere."""
    low = 0.0 if column.low is None else column.low
    high = low + 100.0 if column.high is None else column.high
    choice = random.random()
    if limits and choice < 0.2:
        drawn = random.choice(limits)
    elif limits and choice < 0.7:
        drawn = random.choice(limits) * random.uniform(0.6, 1.6)
    else:
        drawn = random.uniform(low, high)
    return float(f"{min(max(drawn, low), high):.3g}")


def row(random: Random, columns: dict[str, lang.Column], limits: dict[str, list[float]]) -> dict[str, Any]:
    """One row in which every column is filled."""
    often = random.uniform(0.05, 0.5)
    made: dict[str, Any] = {}
    for name, column in columns.items():
        if column.kind == "number":
            made[name] = number(random, column, limits.get(name, []))
        elif column.kind == "flag":
            made[name] = random.random() < often
        else:
            made[name] = random.choice(column.values)
    return made
