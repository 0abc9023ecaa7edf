"""Scores by points: the first condition that holds gives them."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from vasotone import lang
from vasotone.facts import Facts
from vasotone.readings import Reading
from vasotone.state_doubts import soft_names

POINTS = "points"


def scores(facts: Facts, readings: dict[str, Reading], rows: tuple[dict[str, Any], ...], at: datetime | None) -> None:
    """Add every score that is the same for each form in which a dose may be written; else it stays unknown."""
    for name, formula in facts.formulas.items():
        if formula[0] != POINTS or name in readings:
            continue
        used = {inner for _, node in formula[1] for inner in lang.names(node, {})}
        found = {points_of(formula[1], judged_row(facts, row)) for row in rows}
        if len(found) != 1 or None in found:
            continue
        value = found.pop()
        ages = [readings[inner].age_minutes for inner in used if inner in readings]
        oldest = max((age for age in ages if age is not None), default=None)
        variable = facts.variables[name]
        readings[name] = Reading(
            Fraction(str(value)), variable.unit, at, oldest, origin="derived", source=variable.label, seen=str(value)
        )
        for row in rows:
            row[name] = float(value or 0)


def judged_row(facts: Facts, row: dict[str, Any]) -> dict[str, Any]:
    """A row in which what nobody recorded of devices and conditions counts as absent."""
    return {**row, **{name: False for name in soft_names(facts) if row.get(name) is None}}


def points_of(ladder: tuple[tuple[int, Any], ...], row: dict[str, Any]) -> int | None:
    """The points of the first condition that holds; None where one before it cannot be judged."""
    for place, (points, node) in enumerate(ladder):
        truth = lang.evaluate(node, row, {})
        if truth is True:
            return points
        if truth is None:
            # Unknown here: the score still stands if every row from here on that may hold gives the same.
            later = {given for given, other in ladder[place:] if lang.evaluate(other, row, {}) is not False}
            return later.pop() if len(later) == 1 else None
    return None
