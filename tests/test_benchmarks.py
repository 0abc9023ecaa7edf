"""The benchmarks run on a tiny count, and what they hand to other engines means the same there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import vasotone

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
ROWS = 4


@pytest.fixture(scope="module")
def benchmarks() -> Any:
    """Imports a benchmark module; the folder leaves the path afterwards."""
    from importlib import import_module

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))

        def named(name: str) -> ModuleType:
            return import_module(name)

        yield named


@pytest.fixture(scope="module")
def task(benchmarks: Any) -> dict[str, Any]:
    """A small exported task, as it comes back from JSON."""
    found: dict[str, Any] = json.loads(json.dumps(benchmarks("export").task(vasotone.load(), ROWS)))
    return found


def value(node: Any, row: dict[str, Any]) -> Any:
    """What a two-valued node is on a complete row, reckoned step by step."""
    tag, parts = node[0], node[1:]
    if tag == "name":
        return row[parts[0]]
    if tag in ("num", "text", "bool"):
        return parts[0]
    made = [value(part, row) for part in parts]
    if tag == "not":
        return not made[0]
    if tag in ("and", "or"):
        return all(made) if tag == "and" else any(made)
    if tag == "between":
        return made[1] <= made[0] <= made[2]
    if tag == "in":
        return made[0] in made[1:]
    left, right = made
    return {
        "=": lambda: left == right, "<>": lambda: left != right, "<": lambda: left < right,
        "<=": lambda: left <= right, ">": lambda: left > right, ">=": lambda: left >= right,
        "+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right,
        "/": lambda: left / right,
    }[tag]()  # fmt: skip


def answers(nodes: dict[str, Any], row: dict[str, Any]) -> list[Any]:
    """The value of every node on a row."""
    return [value(node, row) for node in nodes.values()]


def test_complete_rows_leave_nothing_unknown(task: dict[str, Any]) -> None:
    seen = {answer for row in task["answers"] for answer in row}
    assert seen == {True, False}
    assert len(task["rows"]) == len(task["answers"]) == ROWS
    assert {len(row) for row in task["answers"]} == {len(task["conditions"])}


def test_written_out_definitions_give_our_answers(task: dict[str, Any], benchmarks: Any) -> None:
    forms = benchmarks("forms")
    nodes = forms.inlined(task["conditions"], task["definitions"])
    without = {key: forms.without_not(node) for key, node in nodes.items()}
    for row, expected in zip(task["rows"], task["answers"], strict=True):
        assert answers(nodes, row) == expected
        assert answers(without, row) == expected


def test_shared_definitions_give_our_answers(task: dict[str, Any], benchmarks: Any) -> None:
    first, rest = benchmarks("forms").staged(task["conditions"], task["definitions"])
    for row, expected in zip(task["rows"], task["answers"], strict=True):
        filled = dict(row)
        for name, node in first.items():
            filled[name] = value(node, filled)
        assert answers(rest, filled) == expected


def test_two_valued_forms_of_what_only_the_language_has(benchmarks: Any) -> None:
    forms = benchmarks("forms")
    a, b, c = (("name", name) for name in "abc")
    assert forms.two_valued(["known", ["name", "a"]], {}) == ("bool", True)
    assert forms.two_valued(["null", ["name", "a"]], {}) == ("bool", False)
    assert forms.two_valued(["assume", ["name", "a"], ["num", 5.0]], {}) == a
    assert forms.two_valued(["false", ["name", "a"]], {}) == ("not", a)
    assert forms.two_valued(["and", ["known", ["name", "a"]], ["name", "b"]], {}) == b
    two = forms.two_valued(["at_least", 2, ["name", "a"], ["name", "b"], ["name", "c"]], {})
    assert two == ("or", ("and", a, b), ("and", a, c), ("and", b, c))
    between = ("between", a, ("num", 1.0), ("num", 2.0))
    assert forms.without_not(("not", between)) == ("or", ("<", a, ("num", 1.0)), (">", a, ("num", 2.0)))
    assert forms.infix(("not", ("<>", a, ("num", 0.5))), "c_") == "not ((c_a != 0.5))"


def test_our_own_figures_come_out(benchmarks: Any) -> None:
    own = benchmarks("own")
    figures = own.measure(own.Effort(starts=1, first_runs=1, patients=6, seconds=0.01))
    numbers = {one.name: one.value for found in figures.values() for one in found}
    assert all(number > 0 for number in numbers.values())
    assert numbers["full advice, p50"] <= numbers["full advice, p99"]
    text = own.table(figures)
    assert all(name in text for name in numbers)


def test_every_patient_is_read_and_differs(benchmarks: Any) -> None:
    facts = vasotone.load()
    texts = benchmarks("patients").texts(facts, "ssc-2026", 30)
    assert len(set(texts)) == 30
    sizes = [len(vasotone.read(text, facts=facts).rows) for text in texts]
    assert min(sizes) * 4 < max(sizes)


@pytest.mark.parametrize("peer", ["zen-engine", "rule-engine", "business-rules"])
def test_a_peer_gives_our_answers(peer: str, task: dict[str, Any], benchmarks: Any, tmp_path: Path) -> None:
    run = benchmarks("run")
    python = run.python_of(str(ROOT / ".bench"), peer)
    if not python.exists():
        pytest.skip(f"{peer} has no environment here; make bench makes it")
    result = run.run_peer(python, peer, benchmarks("export").write(task, str(tmp_path)), 0.01)
    assert "failed" not in result, result
    assert result["forms"]
    assert [form["answers"] - form["agree"] for form in result["forms"]] == [0] * len(result["forms"])


def test_the_fastest_process_counts_and_every_answer(benchmarks: Any) -> None:
    form = {"form": "f", "agree": 3, "answers": 4, "calls": 1, "p50": 9.0, "p99": 9.0, "least": 1.0}
    better = {**form, "agree": 4, "p50": 5.0}
    found = benchmarks("run").fastest([{"peer": "p", "forms": [form]}, {"peer": "p", "forms": [better]}])
    assert found["forms"] == [{**better, "agree": 7, "answers": 8, "calls": 2}]
    assert benchmarks("run").disagreements({"peers": [found]}) == 1


def test_a_peer_that_fails_is_said(benchmarks: Any, tmp_path: Path) -> None:
    run = benchmarks("run")
    failed = run.run_peer(Path(sys.executable), "zen-engine", str(tmp_path / "absent"), 0.01)
    assert failed["peer"] == "zen-engine"
    assert failed["failed"]
    shown = run.peer_table({"conditions": 1, "definitions": 0, "rows": 1, "share_true": 0.5, "peers": [failed]})
    assert "zen-engine: " in shown
