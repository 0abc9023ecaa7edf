"""A condition or formula as text: what is accepted means the same in every form that is made of it."""

from __future__ import annotations

from typing import Any

import held

from vasotone import lang
from vasotone.errors import ConditionError

FACTS = held.FACTS
NAMED = FACTS.compiled(FACTS.default_profile).definitions
MOST_VALUES = 5
NOTHING: dict[str, Any] = dict.fromkeys(FACTS.columns)
ROWS: tuple[dict[str, Any], ...] = (
    NOTHING,
    {**NOTHING, "map": 65.0, "norepinephrine": 0.25, "septic_shock": True, "lactate": 2.0, "rhythm": "af"},
    {**NOTHING, "map": 64.99999999999999, "vasopressin": 0.0, "septic_shock": False, "access": "central"},
    {name: {"number": 1.0, "flag": True, "choice": "other"}[one.kind] for name, one in FACTS.columns.items()},
    {name: {"number": 0.0, "flag": False, "choice": ""}[one.kind] for name, one in FACTS.columns.items()},
)


def one_input(data: bytes) -> None:
    """One text: as a condition, and as a formula."""
    text = data.decode("utf-8", "surrogateescape")
    for parse in (lang.parse, lang.parse_formula):
        try:
            node = parse(text)
        except ConditionError as error:
            refused(error)
        else:
            assert parse(lang.to_text(node)) == node, "its own text reads back as something else"
    try:
        node = lang.check(text, FACTS.columns, NAMED)
    except ConditionError as error:
        refused(error)
        return
    space: dict[str, Any] = {}
    exec(lang.python_source("verdict", [("x", node)], NAMED), space)
    for row in (*ROWS, *rows_at(node)):
        truth = lang.evaluate(node, row, NAMED)
        assert truth in (True, False, None)
        assert space["verdict"](row)[0] is truth, f"{truth} by walking, not by the function"
        if truth is None:
            assert lang.missing(node, row, FACTS.columns, NAMED), "unknown, and nothing is missing"
        else:
            assert lang.reasons(node, row, NAMED) is not None
    assert lang.words(node, FACTS.columns, NAMED)
    lang.sql_select([("x", node)], NAMED, "t", ["id"]).encode("utf-8", "surrogateescape")


def rows_at(node: Any) -> list[dict[str, Any]]:
    """Rows in which every number is one of those that stand in the condition, so that each clause is at its turn."""
    values, stack = list[float](), [node]
    while stack:
        here = stack.pop()
        if here[0] == "num":
            values.append(here[1])
        stack.extend(part for part in here[1:] if isinstance(part, tuple))
    numbers = [name for name, one in FACTS.columns.items() if one.kind == "number"]
    return [{**NOTHING, "septic_shock": True, **dict.fromkeys(numbers, value)} for value in values[:MOST_VALUES]]


def refused(error: ConditionError) -> None:
    """A refusal points into its own text."""
    str(error)
    held.refusal_holds(error)
    assert 0 <= error.position <= len(error.text), "the caret is outside of the text"


if __name__ == "__main__":
    held.started(one_input)
