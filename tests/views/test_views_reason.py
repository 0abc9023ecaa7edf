"""Reasons in short words: the value first, a failed clause turned round, nothing said twice."""

from __future__ import annotations

from typing import Any

import invented
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasotone import lang
from vasotone.advice import Why
from vasotone.lang.node import Column
from vasotone.views import reason

COLUMNS = {
    "map": Column("map", "number", unit="mm[Hg]", label="mean arterial pressure"),
    "map_target": Column("map_target", "number", unit="mm[Hg]", label="ordered MAP target"),
    "age": Column("age", "number", unit="a", label="age"),
    "norepinephrine": Column("norepinephrine", "number", unit="ug/kg/min", label="norepinephrine"),
    "hydrocortisone": Column("hydrocortisone", "number", unit="mg/d", label="hydrocortisone"),
    "vasopressin": Column("vasopressin", "number", unit="U/min", label="vasopressin"),
    "fluids": Column("fluids", "number", unit="mL/kg", label="crystalloid since onset"),
    "crt": Column("crt", "number", unit="s", label="capillary refill time"),
    "rhythm": Column("rhythm", "choice", values=("sinus", "af-rvr", "vt-runs"), label="rhythm"),
    "septic_shock": Column("septic_shock", "flag", label="septic shock"),
    "refractory": Column("refractory", "flag", label="refractory shock recorded"),
    "site": Column("site", "flag", label="a site in the arm or in the leg"),
}

SAID: list[tuple[Any, str, dict[str, Any], str]] = [
    (("<", ("name", "map"), ("num", 60.0)), "yes", {"map": 57.0}, "MAP 57 mmHg, below 60"),
    (("<", ("name", "map"), ("num", 60.0)), "no", {"map": 64}, "MAP 64 mmHg, at least 60"),
    (
        ("<", ("name", "map"), ("assume", ("name", "map_target"), ("num", 60.0))),
        "yes",
        {"map": 57, "map_target": None},
        "MAP 57 mmHg, below 60 (no target ordered)",
    ),
    (
        ("<", ("name", "map"), ("assume", ("name", "map_target"), ("num", 60.0))),
        "yes",
        {"map": 57, "map_target": 70},
        "MAP 57 mmHg, below ordered MAP target 70",
    ),
    (
        (">", ("name", "map"), ("+", ("assume", ("name", "map_target"), ("num", 65.0)), ("num", 10.0))),
        "no",
        {"map": 64, "map_target": None},
        "MAP 64 mmHg, at most 65 + 10 (no target ordered)",
    ),
    ((">=", ("name", "age"), ("num", 65.0)), "yes", {"age": 67}, "age 67 years, at least 65"),
    (
        (">", ("name", "norepinephrine"), ("num", 0.0)),
        "yes",
        {"norepinephrine": 0.32},
        "norepinephrine running (0.32 mcg/kg/min)",
    ),
    ((">", ("name", "norepinephrine"), ("num", 0.0)), "no", {"norepinephrine": 0}, "norepinephrine off"),
    (("=", ("name", "vasopressin"), ("num", 0.0)), "yes", {"vasopressin": 0}, "vasopressin off"),
    (
        ("=", ("name", "vasopressin"), ("num", 0.0)),
        "no",
        {"vasopressin": 0.03},
        "vasopressin running (0.03 units/min)",
    ),
    (
        (">", ("assume", ("name", "vasopressin"), ("num", 0.0)), ("num", 0.0)),
        "no",
        {"vasopressin": None},
        "vasopressin not recorded as running",
    ),
    (
        (">", ("name", "hydrocortisone"), ("num", 0.0)),
        "yes",
        {"hydrocortisone": 200},
        "hydrocortisone given (200 mg/d)",
    ),
    (
        ("<", ("assume", ("name", "fluids"), ("num", 0.0)), ("num", 30.0)),
        "yes",
        {"fluids": None},
        "crystalloid since onset below 30 mL/kg (0 mL/kg where not recorded)",
    ),
    (("known", ("name", "crt")), "no", {"crt": None}, "capillary refill time not known"),
    (("name", "septic_shock"), "yes", {"septic_shock": True}, "septic shock recorded"),
    (("name", "septic_shock"), "no", {"septic_shock": False}, "septic shock not recorded"),
    (("name", "refractory"), "yes", {"refractory": True}, "refractory shock recorded"),
    (("name", "site"), "no", {"site": False}, "a site in the arm or in the leg not recorded"),
    (("=", ("name", "rhythm"), ("text", "af-rvr")), "yes", {"rhythm": "af-rvr"}, "rhythm: af rvr"),
    (("=", ("name", "rhythm"), ("text", "af-rvr")), "no", {"rhythm": "sinus"}, "rhythm: sinus, not af rvr"),
    (
        ("in", ("name", "rhythm"), ("text", "af-rvr"), ("text", "vt-runs")),
        "no",
        {"rhythm": "sinus"},
        "rhythm: sinus, not af rvr or vt runs",
    ),
    (
        ("in", ("name", "rhythm"), ("text", "af-rvr"), ("text", "vt-runs")),
        "yes",
        {"rhythm": "vt-runs"},
        "rhythm: vt runs",
    ),
]


def why_of(node: Any, truth: str = "yes", rail: str = "when", **values: Any) -> Why:
    """A reason as the engine makes it: canonical text and words of one clause."""
    return Why(lang.to_text(node), truth, lang.words(node, COLUMNS, {}), values, rail)


@pytest.mark.parametrize(("node", "truth", "values", "said"), SAID)
def test_a_reason_reads_as_one_would_say_it(node: Any, truth: str, values: dict[str, Any], said: str) -> None:
    assert reason.reason_words(why_of(node, truth, **values)) == said


def test_what_speaks_against_says_so() -> None:
    node = (">", ("name", "vasopressin"), ("num", 0.0))
    against = why_of(node, rail="unless", vasopressin=0.04)
    assert reason.reason_words(against) == "speaks against it: vasopressin running (0.04 units/min)"


LIMITS = st.integers(1, 200)


@given(LIMITS, LIMITS, st.sampled_from(["<", "<=", ">", ">="]))
def test_the_words_of_a_comparison_are_true_of_the_value(value: int, limit: int, sign: str) -> None:
    holds = {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[sign]
    said = reason.reason_words(
        why_of((sign, ("name", "map"), ("num", float(limit))), "yes" if holds else "no", map=value)
    )
    shown, _, relation = said.partition(", ")
    word, _, number = relation.rpartition(" ")
    true = {"below": value < limit, "at most": value <= limit, "above": value > limit, "at least": value >= limit}
    assert shown == f"MAP {value} mmHg" and number == str(limit) and true[word]


def item_with(*whys: Why) -> Any:
    """An item with these reasons."""
    return invented.items()[0]._replace(why=whys)


def test_what_another_reason_implies_is_left_out_unless_all_is_asked_for() -> None:
    running = why_of((">", ("name", "norepinephrine"), ("num", 0.0)), norepinephrine=0.3)
    known = why_of(("known", ("name", "norepinephrine")), norepinephrine=0.3)
    high = why_of((">=", ("name", "norepinephrine"), ("num", 0.2)), norepinephrine=0.3)
    low = why_of(("<", ("name", "norepinephrine"), ("num", 0.5)), norepinephrine=0.3)
    assert reason.reasons(item_with(running, known, high)) == ["norepinephrine 0.3 mcg/kg/min, at least 0.2"]
    assert len(reason.reasons(item_with(running, known, high), everything=True)) == 3
    assert reason.reasons(item_with(running, low)) == [
        "norepinephrine running (0.3 mcg/kg/min)",
        "norepinephrine 0.3 mcg/kg/min, below 0.5",
    ]


def test_a_reason_that_hangs_on_the_labelling_says_so() -> None:
    high = why_of((">=", ("name", "norepinephrine"), ("num", 0.2)), norepinephrine=0.3)
    item = item_with(high)._replace(verdict="cannot-tell", missing=("norepinephrine.basis",))
    assert reason.reasons(item) == ["norepinephrine 0.3 mcg/kg/min, at least 0.2 in one of its possible forms"]
    assert reason.reasons(item._replace(missing=("age",))) == ["norepinephrine 0.3 mcg/kg/min, at least 0.2"]


def test_reasons_that_end_alike_are_one() -> None:
    off = [
        why_of((">", ("name", name), ("num", 0.0)), "no", **{name: 0}) for name in ("norepinephrine", "vasopressin")
    ]
    assert reason.reasons(item_with(*off)) == ["norepinephrine and vasopressin off"]


@pytest.mark.parametrize(
    ("missing", "verdict", "said"),
    [
        (("vasopressin",), "applies-unless", "not recorded: whether it is given already"),
        (("hydrocortisone",), "applies-unless", "not recorded: whether hydrocortisone is given"),
        (("vasopressin_stocked", "rhythm"), "applies-unless",
         "not recorded: whether vasopressin is in the formulary, rhythm"),
        (("norepinephrine", "age"), "cannot-tell", "norepinephrine, age"),
        ((), "applies-unless", ""),
    ],
)  # fmt: skip
def test_what_was_not_recorded_reads_as_a_thing_to_look_up(missing: tuple[str, ...], verdict: str, said: str) -> None:
    assert reason.lacking(invented.items()[0]._replace(missing=missing, verdict=verdict)) == said
