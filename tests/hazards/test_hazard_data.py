"""Hazards of doubtful data: what cannot be is unknown, is said, and no dose rests on it."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hazard_patients import AT, FACTS, SHOCK, codes, doses, kernel, shock
from hypothesis import given, settings
from hypothesis import strategies as st

from vasotone.readers.plain import instant
from vasotone.units import decimal_text

EXAMPLES = settings(max_examples=60)
NOW = instant(AT, "at")
RANGED = [
    name
    for name, variable in FACTS.variables.items()
    if variable.kind == "number" and "derive" not in variable.record and variable.high is not None
]
AGEING = [
    name
    for name, variable in FACTS.variables.items()
    if variable.kind == "number" and "derive" not in variable.record and variable.fresh_minutes is not None
]


def impossible(name: str) -> list[float]:
    """Numbers that a variable cannot have: beyond its range on each side, and what devices send for nothing."""
    low, high = FACTS.variables[name].low, FACTS.variables[name].high
    assert low is not None and high is not None
    return [low - 1, high + 1, *(one for one in (-1, 9999, 1e30) if not low <= one <= high)]


def within(name: str) -> float:
    """A number that a variable can have."""
    low, high = FACTS.variables[name].low, FACTS.variables[name].high
    return (low or 0) + ((high or 2) - (low or 0)) / 2


def test_there_is_something_to_test() -> None:
    assert len(RANGED) > 30 and len(AGEING) > 20
    assert {"map", "weight", "norepinephrine", "age", "lactate"} <= set(RANGED)


@pytest.mark.parametrize("name", RANGED)
def test_an_impossible_number_is_unknown_and_gives_no_dose(name: str) -> None:
    nothing = doses(shock(everything=True, **{name: {"value": None}}))
    for number in impossible(name):
        record = shock(everything=True, **{name: number})
        assert record["values"][name]["value"] is None or record["values"][name]["origin"] == "derived"
        assert "flag-implausible" in codes(record, name), number
        assert doses(record) <= nothing, number


@pytest.mark.parametrize("name", AGEING)
def test_a_reading_past_its_limit_is_unknown(name: str) -> None:
    limit = FACTS.variables[name].fresh_minutes
    assert limit is not None

    def charted(minutes: float) -> dict[str, Any]:
        at = (NOW - timedelta(minutes=minutes)).isoformat()
        entry: dict[str, Any] = {"value": within(name), "at": at}
        if name == "norepinephrine":
            entry["basis"] = "base"
        return shock(everything=True, **{name: entry})

    fresh, stale = charted(float(limit)), charted(float(limit) + 1)
    assert fresh["values"][name]["value"] is not None and fresh["values"][name]["quality"] == "ok"
    assert stale["values"][name]["quality"] == "stale" or stale["values"][name]["origin"] == "derived"
    assert "ask-refresh" in codes(stale, name)
    assert doses(stale) <= doses(fresh)


@EXAMPLES
@given(st.sampled_from(["map", "norepinephrine", "lactate", "vasopressin"]), st.integers(-900, 900))
def test_a_reading_from_the_future_is_used_within_clock_skew_only(name: str, seconds: int) -> None:
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    value = {"map": 55, "norepinephrine": 0.1, "lactate": 3, "vasopressin": 0}[name]
    record = shock(**{name: {"value": value, "at": at}})
    ahead = seconds > 5 * 60
    assert ("future-time" in codes(record, name)) is ahead
    assert (record["values"][name]["value"] is None) is ahead


@EXAMPLES
@given(st.integers(20, 200), st.integers(20, 200))
def test_a_diastolic_pressure_that_is_not_below_the_systolic_voids_both(sbp: int, dbp: int) -> None:
    record = shock(map=None, sbp=sbp, dbp=dbp)
    crossed = dbp >= sbp
    known = [record["values"][name]["value"] is not None for name in ("sbp", "dbp")]
    usable = [FACTS.variables[n].low <= v <= FACTS.variables[n].high for n, v in (("sbp", sbp), ("dbp", dbp))]  # type: ignore[operator]
    if all(usable):
        assert known == [not crossed] * 2
        assert ("flag-contradiction" in codes(record, "sbp")) is crossed
    if crossed:
        assert record["values"].get("map", {}).get("value") is None


@EXAMPLES
@given(st.integers(30, 150), st.integers(10, 60), st.integers(21, 199))
def test_a_mean_pressure_outside_its_own_pair_is_never_used(dbp: int, width: int, mean: int) -> None:
    sbp = dbp + width
    record = shock(map=mean, sbp=sbp, dbp=dbp)
    outside = mean > sbp or mean < dbp
    assert ("flag-contradiction" in codes(record, "map")) is outside
    if outside:
        assert all(record["values"][name]["value"] is None for name in ("map", "sbp", "dbp"))
        assert not doses(record) & {("raise", "norepinephrine"), ("start", "norepinephrine")}
    else:
        assert record["values"]["map"]["value"] == mean  # never worked out anew


@pytest.mark.parametrize("line", [50, 62, 80])
@pytest.mark.parametrize("cuff", range(35, 120, 7))
def test_a_cuff_beside_a_line_adds_caution_and_nothing_else(line: int, cuff: int) -> None:
    by_line = {"value": line, "method": "arterial"}
    alone = shock(everything=True, map=[by_line])
    both = shock(everything=True, map=[by_line, {"value": cuff, "method": "cuff"}])
    assert both["values"]["map"]["value"] == line
    assert ("verify-device" in codes(both)) is (abs(cuff - line) > 10)
    assert doses(both) <= doses(alone)
    before = {one[:2] for one in kernel(alone) if one[1] in ("applies", "applies-unless")}
    added = [one for one in kernel(both) if one[1] in ("applies", "applies-unless") and one[:2] not in before]
    assert all(one[2] in ("assess", "measure", "inform") for one in added), added


@EXAMPLES
@given(st.integers(45, 150), st.integers(1000, 3000))
def test_two_weights_that_differ_as_pounds_do_are_both_set_aside(kilograms: int, thousandths: int) -> None:
    ratio = Fraction(thousandths, 1000)
    other = kilograms * ratio
    heavy = float(decimal_text(other, places=3) if other.denominator > 1 else other)
    if heavy > 400:
        return
    earlier = (NOW - timedelta(hours=2)).isoformat()
    record = shock(weight=[{"value": heavy, "at": earlier}, {"value": kilograms}])
    limit = FACTS.limits["weight"]["pound_ratio"]
    mixed = limit["low"] <= heavy / kilograms <= limit["high"]
    assert ("flag-contradiction" in codes(record, "weight")) is mixed
    assert (record["values"]["weight"]["value"] is None) is mixed
    if mixed:
        assert not [one for one in record["items"] if one["pump"] and one["target"] == "norepinephrine"]


@EXAMPLES
@given(st.integers(140, 210), st.integers(200, 3000))
def test_a_weight_that_does_not_fit_the_height_is_pointed_out(height: int, tenths: int) -> None:
    record = shock(weight=tenths / 10, height=height)
    index = Fraction(tenths, 10) * 10000 / height**2
    fits = 13 <= index <= 50
    assert ("flag-contradiction" in codes(record, "weight")) is not fits
    assert record["values"]["weight"]["value"] == tenths / 10  # it may be true all the same
    assert fits or [one["statement"] for one in record["items"] if one["target"] == "weight"] == [
        "flag-contradiction"
    ]


@EXAMPLES
@given(st.integers(30, 70), st.integers(1, 60), st.booleans())
def test_a_pulse_pressure_that_collapses_is_a_reason_to_check_the_line(dbp: int, width: int, device: bool) -> None:
    more = {"mechanical_support": "impella"} if device else {}
    record = shock(map=None, sbp=dbp + width, dbp=dbp, **more)
    collapsed = width < 10 and not device
    assert ("verify-device" in codes(record, "sbp")) is collapsed
    if collapsed:
        assert not doses(record)
        assert ("assess", "device") in {(one["action"], one["target"]) for one in record["items"]}


@pytest.mark.parametrize("days", [0, 1, 7, 29])
@pytest.mark.parametrize("kind", ["actual", "ideal", "adjusted"])
def test_a_weight_says_how_old_and_of_which_kind_it_is(days: int, kind: str) -> None:
    at = (NOW - timedelta(days=days)).isoformat()
    record = shock(weight={"value": 80, "at": at, "kind": kind})
    assert (record["values"]["weight"]["age_minutes"], record["values"]["weight"]["kind"]) == (days * 1440, kind)
    assert kernel(record) == kernel(shock())


@pytest.mark.parametrize("weight", [None, 0, 1, -70, 19.9, 400.1, 9999])
def test_without_a_believable_weight_nothing_per_kilogram_is_worked_out(weight: float | None) -> None:
    written = {"value": 8, "unit": "ug/min", "basis": "base", "bag": SHOCK["norepinephrine"]["bag"]}
    record = shock(everything=True, weight=weight, norepinephrine=written)
    assert record["values"]["norepinephrine"]["value"] is None
    assert not [one for one in record["items"] if one["pump"] and one["target"] == "norepinephrine"]
    assert "weight" in [one["name"] for one in record["asks"]] or "ask-weight" in codes(record)
