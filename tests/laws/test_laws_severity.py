"""A worse patient is never less urgent, a second drug never counts for less, and age moves the adult gate alone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from answers import acts, ask, dosed, examples, kernel, most_urgent, said
from answers import part as part
from hypothesis import assume, given
from hypothesis import strategies as st
from law_patients import AT, Entry, Record, changed, patients, sound_patients

WORSE_LACTATE = ("0.8", "1.9", "2", "2.1", "3.9", "4", "4.1", "7", "15")
WORSE_MAP = (95, 82, 76, 75, 70, 66, 65, 64, 63, 60, 59, 55, 48, 38)
PRESSORS = {
    "vasopressin": "0.03",
    "epinephrine": "0.1",
    "phenylephrine": "1",
    "dopamine": "10",
    "angiotensin_ii": "10",
}
EQUIVALENTS = ("nee_kotani", "nee_goradia", "nee_mimic", "nee_athos")


def not_less(record: Record, name: str, better: Fraction, worse: Fraction) -> None:
    """The advice with the worse value is at least as urgent."""
    before, after = (ask(changed(record, **{name: Entry(value)})) for value in (better, worse))
    assert most_urgent(after) <= most_urgent(before), (
        name,
        better,
        worse,
        said(before, "items"),
        said(after, "items"),
    )


@examples(50)
@given(
    record=sound_patients(shock=False),
    pair=st.lists(st.sampled_from(WORSE_LACTATE), min_size=2, max_size=2, unique=True),
)
def test_m01_a_higher_lactate_is_never_less_urgent(record: Record, pair: list[str]) -> None:
    better, worse = sorted(map(Fraction, pair))
    not_less(record, "lactate", better, worse)


@examples(50)
@given(
    record=sound_patients(shock=False), pair=st.lists(st.sampled_from(WORSE_MAP), min_size=2, max_size=2, unique=True)
)
def test_m02_a_lower_mean_pressure_is_never_less_urgent(record: Record, pair: list[int]) -> None:
    better, worse = sorted(map(Fraction, pair), reverse=True)
    not_less(changed(record, sbp=None, dbp=None), "map", better, worse)


@examples(30)
@given(record=sound_patients(), pair=st.lists(st.integers(20, 60), min_size=2, max_size=2, unique=True))
def test_m02_a_lower_diastolic_pressure_is_never_less_urgent(record: Record, pair: list[int]) -> None:
    better, worse = sorted(map(Fraction, pair), reverse=True)
    record = changed(record, sbp=None, map=Entry(Fraction(62)))
    not_less(record, "dbp", better, worse)


@examples(30)
@given(record=sound_patients(), pair=st.lists(st.integers(50, 160), min_size=2, max_size=2, unique=True))
def test_m02_a_higher_diastolic_shock_index_is_never_less_urgent(record: Record, pair: list[int]) -> None:
    better, worse = sorted(map(Fraction, pair))
    not_less(changed(record, sbp=None, map=Entry(Fraction(62)), dbp=Entry(Fraction(40))), "hr", better, worse)


@examples(60)
@given(record=sound_patients(), drug=st.sampled_from(sorted(PRESSORS)), factor=st.sampled_from((1, 2, 3)))
def test_m18_a_second_pressor_never_lowers_the_equivalent(record: Record, drug: str, factor: int) -> None:
    off = {name: Entry(Fraction(0)) for name in PRESSORS}
    ran = record.series.get("norepinephrine", [Entry(Fraction("0.2"), basis="base")])[0]
    record = changed(record, **off, norepinephrine=ran)
    more = changed(record, **{drug: Entry(Fraction(PRESSORS[drug]) * factor)})
    before, after = ask(record)["values"], ask(more)["values"]
    for name in EQUIVALENTS:
        assert before[name]["value"] is not None, name
        assert after[name]["value"] >= before[name]["value"], (name, drug)
    assert after["nee_goradia"]["value"] > before["nee_goradia"]["value"]


@examples(50)
@given(record=sound_patients(shock=False))
def test_m25_seventeen_to_eighteen_moves_the_adult_gate_alone(record: Record) -> None:
    assume("child" not in record.conditions)
    younger, older = (ask(changed(record, age=Entry(Fraction(age)))) for age in (17, 18))
    assert younger["refused"]["code"] == "scope-child-out"
    was, now = ({item["statement"]: item for item in acts(found)} for found in (younger, older))
    for name in was:
        if was[name]["verdict"] == "withheld":
            continue
        same = {key: value for key, value in kernel(was[name]).items() if key not in ("missing", "dose", "pump")}
        if (
            was[name]["kind"] == "scope"
            or name not in now
            or any(
                "age" in one["values"] or "child" in one["values"] for one in [*was[name]["why"], *now[name]["why"]]
            )
        ):
            continue
        assert same == {key: now[name][key] for key in same}, name
    assert not dosed(younger)


@examples(50)
@given(
    record=patients(),
    profile=st.sampled_from(("ssc-2026", "ssc-2021")),
    how=st.sampled_from(("absent", "stale unit", "impossible")),
)
def test_m25_without_a_known_age_there_is_no_dose(record: Record, profile: str, how: str) -> None:
    age = {"absent": None, "stale unit": Entry(Fraction(60), None), "impossible": Entry(Fraction(999))}[how]
    found = ask(changed(record, age=age), profile)
    assert found["values"].get("age", {"value": None})["value"] is None
    assert not dosed(found)
    assert all(item["pump"] is None for item in found["items"])


@pytest.mark.parametrize("age", [17, 18])
def test_m25_the_gate_can_be_seen_to_move(age: int) -> None:
    series = {
        "age": [Entry(Fraction(age))],
        "map": [Entry(Fraction(55))],
        "norepinephrine": [Entry(Fraction("0.1"), basis="base")],
    }
    found = ask(Record(AT, series, ["septic-shock"]))
    assert bool(dosed(found)) is (age == 18)
