"""Which mean pressure counts when several were taken: the newest, a line before a cuff, and none from two moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import vasotone

FACTS = vasotone.load()
NOW = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
PATIENT: dict[str, Any] = {
    "at": NOW.isoformat(), "age": 60, "weight": 80, "conditions": ["septic-shock"],
    "norepinephrine": {"value": 0.1, "basis": "base"},
}  # fmt: skip


def ago(value: float, minutes: int, **more: Any) -> dict[str, Any]:
    """A value so many minutes before the question."""
    return {"value": value, "at": (NOW - timedelta(minutes=minutes)).isoformat(), **more}


def advised(**values: Any) -> dict[str, Any]:
    """The advice on an invented patient with these values."""
    return vasotone.advise({**PATIENT, **values}, facts=FACTS).to_dict()


def mean(found: dict[str, Any]) -> tuple[Any, str]:
    """The mean pressure that counts, and its quality."""
    value = found["values"].get("map", {"value": None, "quality": "absent"})
    return value["value"], value["quality"]


def codes(found: dict[str, Any]) -> set[tuple[str, str]]:
    """The warnings, by code and name."""
    return {(one["code"], one["name"]) for one in found["warnings"]}


def steps(found: dict[str, Any]) -> set[tuple[str, str]]:
    """What is offered as it stands, with or without all checks."""
    return {(one["action"], one["target"]) for one in found["items"] if one["verdict"].startswith("applies")}


LINE, CUFF = {"method": "arterial"}, {"method": "cuff"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"map": ago(78, 55), "line_map": ago(60, 2)}, 60),
        ({"map": ago(78, 5), "line_map": ago(60, 0)}, 78),  # of one time the entry itself
        ({"map": ago(78, 6), "line_map": ago(60, 0)}, 60),
        ({"map": ago(78, 0), "line_map": ago(60, 30)}, 78),
        ({"line_map": ago(55, 15), "cuff_map": ago(60, 0)}, 55),  # the line, though the cuff is newer
        ({"line_map": ago(55, 16), "cuff_map": ago(60, 0)}, 60),
        ({"line_map": ago(55, 3), "cuff_map": ago(60, 0), "line_waveform": "good"}, 55),
        ({"line_map": ago(55, 3), "cuff_map": ago(60, 0), "line_waveform": "damped"}, 60),
        ({"line_map": ago(55, 0), "cuff_map": ago(60, 4), "line_waveform": "damped"}, 60),
        ({"line_map": ago(55, 0), "cuff_map": ago(60, 6), "line_waveform": "damped"}, 55),
        ({"map": [ago(55, 15, **LINE), ago(60, 0, **CUFF)]}, 55),
        ({"map": [ago(55, 16, **LINE), ago(60, 0, **CUFF)]}, 60),
        ({"map": [ago(55, 0, **LINE), ago(60, 0, **CUFF)], "line_waveform": "damped"}, 60),
        ({"map": ago(60, 3, **CUFF), "cuff_map": ago(62, 1), "line_map": ago(55, 30)}, 62),
        ({"map": ago(80, 90), "line_map": ago(62, 30)}, 62),
        ({"map": [ago(80, 0), ago(50, 0)], "line_map": ago(62, 0)}, None),  # a contradiction is not replaced
    ],
)
def test_the_newest_counts_and_a_line_before_a_cuff(values: dict[str, Any], expected: int | None) -> None:
    assert mean(advised(**values))[0] == expected


@pytest.mark.parametrize(("minutes", "told"), [(0, True), (15, True), (16, False)])
def test_a_line_and_a_cuff_of_about_one_time_are_compared(minutes: int, told: bool) -> None:
    found = advised(map=[ago(55, minutes, **LINE), ago(80, 0, **CUFF)])
    assert (("verify-device", "cuff_map") in codes(found)) is told
    assert not told or not [item for item in found["items"] if item["dose"]]


@pytest.mark.parametrize(
    ("mean_age", "pair_age", "method", "expected"),
    [
        (55, 2, {}, 50), (8, 2, {}, 50), (7, 2, {}, 78), (2, 55, {}, 78), (0, 0, {}, 78),
        (16, 2, LINE, 50), (16, 2, CUFF, 50),
    ],
)  # fmt: skip
def test_newer_outer_pressures_replace_an_old_mean(
    mean_age: int, pair_age: int, method: dict[str, str], expected: int
) -> None:
    found = advised(map=ago(78, mean_age, **method), sbp=ago(70, pair_age), dbp=ago(40, pair_age))
    if expected == 78 and abs(mean_age - pair_age) <= 5:
        assert mean(found)[0] is None  # of one moment they contradict one another
        return
    assert mean(found)[0] == expected
    computed = ("compute-map", "map") in codes(found)
    assert computed is (expected == 50)
    assert (("raise", "norepinephrine") in steps(found)) is computed
    assert (("lower", "norepinephrine") in steps(found)) is not computed


def test_the_cuffs_outer_pressures_do_not_replace_a_line_of_about_their_time() -> None:
    outer = {"sbp": ago(110, 0, **CUFF), "dbp": ago(70, 0, **CUFF)}
    assert mean(advised(map=ago(60, 15, **LINE), **outer))[0] == 60
    assert mean(advised(map=ago(60, 16, **LINE), **outer))[0] == pytest.approx(83.333)


def test_no_mean_is_computed_from_two_moments() -> None:
    apart = advised(sbp=[ago(120, 55), ago(70, 2)], dbp=ago(80, 55))
    assert mean(apart)[0] is None and "pulse_pressure" not in apart["values"]
    assert ("ask-bp", "map") in codes(apart) and "map" in {ask["name"] for ask in apart["asks"]}
    assert not steps(apart) & {("raise", "norepinephrine"), ("lower", "norepinephrine")}
    (text,) = [one["text"] for one in apart["warnings"] if one["code"] == "ask-bp"]
    assert text == (
        "Systolic pressure of 70 mm[Hg] and diastolic pressure of 80 mm[Hg] were taken 53 min apart, so no mean "
        "pressure is computed from them."
    )
    together = advised(sbp=ago(70, 7), dbp=ago(40, 2))
    assert mean(together)[0] == 50 and together["values"]["map"]["age_minutes"] == 7
    assert mean(advised(sbp=ago(70, 8), dbp=ago(40, 2)))[0] is None
    assert ("ask-bp", "map") not in codes(advised(map=ago(66, 0), sbp=ago(70, 20), dbp=ago(40, 2)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"map": ago(78, 55), "sbp": ago(70, 2)}, None),
        ({"map": ago(78, 55), "sbp": ago(78, 2)}, 78),
        ({"map": ago(58, 55), "dbp": ago(66, 2)}, None),
        ({"map": ago(58, 55), "dbp": ago(58, 2)}, 58),
        ({"map": ago(78, 7), "sbp": ago(70, 2)}, None),  # of one moment they contradict one another
        ({"map": ago(78, 2), "sbp": ago(70, 55)}, 78),  # it rose since
    ],
)
def test_a_mean_that_a_newer_pressure_rules_out_is_not_used(values: dict[str, Any], expected: int | None) -> None:
    found = advised(**values)
    assert mean(found)[0] == expected
    if expected is None and max(one["age_minutes"] for one in found["values"].values() if one["age_minutes"]) > 50:
        assert mean(found)[1] == "stale" and ("ask-refresh", "map") in codes(found)
        assert not steps(found) & {("raise", "norepinephrine"), ("lower", "norepinephrine")}


def test_why_a_mean_was_computed_is_said() -> None:
    told = {
        "No mean pressure was measured": {},
        "The mean pressure of 78 mm[Hg] is older than systolic and diastolic pressure": {"map": ago(78, 55)},
        "The mean pressure that is recorded, 78 mm[Hg], cannot be used": {"map": ago(78, 90)},
    }
    for why, values in told.items():
        found = advised(sbp=ago(70, 2), dbp=ago(40, 2), **values)
        (text,) = [one["text"] for one in found["warnings"] if one["code"] == "compute-map"]
        assert text == f"{why}; 50.00 mm[Hg] is computed from systolic and diastolic pressure."


@pytest.mark.parametrize("name", ["dsi", "shock_index", "modified_shock_index"])
def test_an_index_is_of_a_rate_and_a_pressure_of_about_one_time(name: str) -> None:
    pressures = {"map": ago(60, 0), "sbp": ago(80, 0), "dbp": ago(40, 0)}
    assert name in advised(hr=ago(120, 15), **pressures)["values"]
    assert name not in advised(hr=ago(120, 16), **pressures)["values"]


def test_a_computed_number_that_cannot_be_is_left_out() -> None:
    assert "dsi" not in advised(hr=ago(240, 0), dbp=ago(15, 0), map=ago(60, 0))["values"]
    assert "dsi" in advised(hr=ago(225, 0), dbp=ago(15, 0), map=ago(60, 0))["values"]


def test_a_pressure_that_aged_is_chosen_by_its_time_too() -> None:
    record = {"age": 50, "conditions": ["septic-shock", "chronic-hypertension"]}
    for pressures in (
        {"cuff_map": ago(85, 61), "line_map": ago(61, 180)},
        {"map": ago(61, 600), "line_map": ago(85, 61)},
        {"map": ago(61, 600), "sbp": ago(115, 61), "dbp": ago(75, 61)},
    ):
        advice = vasotone.advise({**PATIENT, **record, **pressures}, facts=FACTS, everything=True)
        (item,) = [one for one in advice.items if one.statement == "map-trial-htn"]
        assert item.verdict == "cannot-tell", pressures
