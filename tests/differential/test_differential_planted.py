"""A fault that is planted in one emitter is found: a comparison that cannot fail is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.differential.compare import Bench, Outcome
from tests.differential.every_condition import Asked, Rail, gather
from vasotone.lang import emit, emit_polars, emit_sql

ROWS = 1_500


@pytest.fixture(scope="module")
def asked(repository: object) -> Asked:
    """Everything that is compared."""
    return gather(str(repository))


@pytest.fixture
def outcome(asked: Asked) -> Iterator[Callable[..., Outcome]]:
    """Runs a few thousand rows by engines that are made now, after the fault was planted."""
    opened: list[Bench] = []

    def run(wrong: Asked = asked) -> Outcome:
        opened.append(Bench(wrong, 1))
        return opened[-1].chunk(0, ROWS)

    yield run
    for bench in opened:
        bench.__exit__(None, None, None)


def test_without_a_fault_nothing_is_found(outcome: Callable[..., Outcome]) -> None:
    found = outcome()
    assert (found.differing, found.told) == (0, [])


def told(found: Outcome, engine: str) -> None:
    """The fault was seen in the engine it was planted in, and shown with a small row."""
    assert found.differing > 0
    assert found.told and all(engine in one for one in found.told), found.told
    row = found.told[0].split("on ")[-1]
    assert row.startswith("{") and row.count(":") < 14


def test_a_comparison_turned_in_the_sql(monkeypatch: pytest.MonkeyPatch, outcome: Callable[..., Outcome]) -> None:
    right = emit_sql._Writer.condition
    monkeypatch.setattr(
        emit_sql._Writer, "condition",
        lambda self, node: right(self, ("<=", *node[1:]) if node[0] == "<" else node),
    )  # fmt: skip
    told(outcome(), "duckdb")


def test_a_comparison_turned_in_python(monkeypatch: pytest.MonkeyPatch, outcome: Callable[..., Outcome]) -> None:
    right = emit._Writer.compare
    monkeypatch.setattr(
        emit._Writer, "compare",
        lambda self, node, want: right(self, (">=", *node[1:]) if node[0] == ">" else node, want),
    )  # fmt: skip
    told(outcome(), "python")


def test_a_lost_unknown_in_polars(monkeypatch: pytest.MonkeyPatch, outcome: Callable[..., Outcome]) -> None:
    right = emit_polars._clause

    def wrong(node: Any, look_up: Any, pl: Any) -> Any:
        made = right(node, look_up, pl)
        return made.fill_null(False) if node[0] == "in" else made

    monkeypatch.setattr(emit_polars, "_clause", wrong)
    told(outcome(), "polars")


def test_one_threshold_one_float_too_high(monkeypatch: pytest.MonkeyPatch, outcome: Callable[..., Outcome]) -> None:
    right = emit_sql._Writer.value

    def wrong(self: Any, node: Any) -> str:
        return "6.500000000000001e1" if node == ("num", 65.0) else right(self, node)

    monkeypatch.setattr(emit_sql._Writer, "value", wrong)
    told(outcome(), "duckdb")


def test_a_count_that_is_one_too_low(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, outcome: Callable[..., Outcome]
) -> None:
    clauses = [node for _, node in asked.outputs if node[0] == "<"][:3]
    counted = ("x", ("at_least", 2.0, *clauses))
    more = asked._replace(outputs=[*asked.outputs, counted], origin={**asked.origin, "x": "a count"})
    assert outcome(more).differing == 0
    right = emit_polars._count
    monkeypatch.setattr(emit_polars, "_count", lambda needed, members, pl: right(needed - 1, members, pl))
    told(outcome(more), "polars")


def test_a_product_function_made_of_an_older_condition(asked: Asked, outcome: Callable[..., Outcome]) -> None:
    rail = asked.rails[0]

    def old(row: dict[str, Any]) -> tuple[bool | None, ...]:
        line = list(rail.function(row))
        line[7] = not line[7]
        return tuple(line)

    stale = asked._replace(rails=(Rail(rail.name, old, rail.outputs), *asked.rails[1:]))
    told(outcome(stale), rail.name)


@pytest.mark.parametrize("place", range(0, 100, 23))
def test_one_clause_of_one_condition(place: int, asked: Asked, outcome: Callable[..., Outcome],
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A slip in a single clause, wherever it stands, is found."""
    clauses = [node for _, node in asked.outputs if node[0] in ("<", "<=", ">", ">=")]
    target = clauses[place % len(clauses)]
    flip = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    right = emit_sql._Writer.condition
    monkeypatch.setattr(
        emit_sql._Writer, "condition",
        lambda self, node: right(self, (flip[node[0]], *node[1:]) if node == target else node),
    )  # fmt: skip
    told(outcome(), "duckdb")
