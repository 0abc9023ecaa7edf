"""Derived values: each formula by hand, with its name beside the number; unknown while an input is unknown."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

import vasotone
from vasotone.facts import load
from vasotone.state import state_at

OFF = dict.fromkeys(
    "norepinephrine epinephrine phenylephrine dopamine dobutamine milrinone vasopressin angiotensin_ii".split(), 0
)
RUNNING = {
    "norepinephrine": {"value": 0.2, "unit": "ug/kg/min", "basis": "base"},
    "epinephrine": 0.1, "phenylephrine": 1, "dopamine": 3, "dobutamine": 5, "milrinone": 0.5,
    "vasopressin": 0.03, "angiotensin_ii": 20, "weight": 80,
}  # fmt: skip


def value(patient: dict[str, Any], name: str) -> Any:
    """One value of a patient's state."""
    facts = load()
    return state_at(vasotone.read(json.dumps({"at": "2030-01-31T08:00:00Z", **patient})), facts).value(name)


def base(dose: float) -> dict[str, Any]:
    """A norepinephrine dose whose form is known."""
    return {"value": dose, "unit": "ug/kg/min", "basis": "base"}


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        # 0.2 + 0.1 + 3/100 + 0.06*1 + 2.5*0.03 + 0.0025*20
        ("nee_kotani", Fraction("0.515")),
        # 0.2 + 0.1 + 3/100 + 1/10 + 2.5*0.03 + 0.01*20
        ("nee_goradia", Fraction("0.705")),
        # 0.2 + 0.1 + 1/10 + 3/100 + 2.5*0.03
        ("nee_mimic", Fraction("0.505")),
        # 0.2 + 0.1 + 3/150 + 1/10 + 2.5*0.03
        ("nee_athos", Fraction("0.495")),
        # 3 + 5 + 100*0.1 + 10*0.5 + 10000*0.03/80 + 100*0.2
        ("vis", Fraction("46.75")),
    ],
)
def test_each_formula_by_hand(name: str, by_hand: Fraction) -> None:
    assert value(RUNNING, name) == by_hand


def test_the_four_equivalents_disagree_and_each_says_whose_it_is() -> None:
    values = vasotone.advise(RUNNING).to_dict()["values"]
    labels = {name: values[name]["label"] for name in values if name.startswith("nee_")}
    assert len(labels) == 4 and len(set(labels.values())) == 4
    assert all(any(word in label for word in ("Kotani", "Goradia", "mimic", "ATHOS")) for label in labels.values())
    text = vasotone.show(vasotone.advise(RUNNING), "text")
    assert "(Kotani 2023)" in text and "(Goradia 2021)" in text


@pytest.mark.parametrize("name", ["nee_kotani", "nee_goradia", "nee_mimic", "nee_athos", "vis"])
def test_no_sum_while_an_input_is_unknown(name: str) -> None:
    for missing in ("norepinephrine", "vasopressin", "dopamine"):
        assert value({key: one for key, one in RUNNING.items() if key != missing}, name) is None
    assert value({**RUNNING, "norepinephrine": 0.2}, name) is None  # its form is not known


def test_the_score_of_infants_needs_a_weight_for_vasopressin() -> None:
    assert value({key: one for key, one in RUNNING.items() if key != "weight"}, "vis") is None


@pytest.mark.parametrize(
    ("given", "points"),
    [
        ({"map": 70}, 0),
        ({"map": 69}, 1),
        ({"map": 80, "dopamine": 5}, 2),
        ({"map": 80, "dobutamine": 1}, 2),
        ({"map": 80, "dopamine": 5.1}, 3),
        ({"map": 80, "norepinephrine": base(0.1)}, 3),
        ({"map": 80, "epinephrine": 0.1}, 3),
        ({"map": 80, "norepinephrine": base(0.11)}, 4),
        ({"map": 80, "epinephrine": 0.11}, 4),
        ({"map": 80, "dopamine": 15}, 3),
        ({"map": 80, "dopamine": 15.1}, 4),
        ({"map": 80, "norepinephrine": base(0.5), "norepinephrine_hours": 0.5}, 0),
        ({"map": 80, "norepinephrine": base(0.5), "norepinephrine_hours": 1}, 4),
        # Drugs at zero score nothing: a public program gives three points here.
        ({"map": 85, "norepinephrine": base(0), "epinephrine": 0}, 0),
        ({"map": 80, "vasopressin": 0.03}, 0),
    ],
)
def test_sofa_of_1996(given: dict[str, Any], points: int) -> None:
    assert value({**OFF, **given}, "sofa_cv") == points


@pytest.mark.parametrize(
    ("given", "points"),
    [
        ({"map": 70}, 0),
        ({"map": 69}, 1),
        ({"map": 80, "norepinephrine": base(0.2)}, 2),
        ({"map": 80, "norepinephrine": base(0.1), "epinephrine": 0.1}, 2),
        ({"map": 80, "vasopressin": 0.03}, 2),
        ({"map": 80, "dobutamine": 5}, 2),
        ({"map": 80, "norepinephrine": base(0.2), "vasopressin": 0.03}, 3),
        ({"map": 80, "norepinephrine": base(0.21)}, 3),
        ({"map": 80, "norepinephrine": base(0.4)}, 3),
        ({"map": 80, "norepinephrine": base(0.41)}, 4),
        ({"map": 80, "norepinephrine": base(0.21), "dobutamine": 2}, 4),
        ({"map": 80, "norepinephrine": base(0.2), "epinephrine": 0.21}, 4),
        ({"map": 80, "dopamine": 20}, 2),
        ({"map": 80, "dopamine": 20.1}, 3),
        ({"map": 80, "dopamine": 40}, 3),
        ({"map": 80, "dopamine": 40.1}, 4),
        ({"map": 80, "mechanical_support": "va-ecmo"}, 4),
        ({"map": 80, "mechanical_support": "vv-ecmo"}, 0),
        ({"map": 80, "mechanical_support": True}, 4),
        ({"map": 80, "mechanical_support": False}, 0),
        ({"map": 70, "vasoactives_available": False}, 0),
        ({"map": 60, "vasoactives_available": False}, 1),
        ({"map": 59, "vasoactives_available": False}, 2),
        ({"map": 50, "vasoactives_available": False}, 2),
        ({"map": 49, "vasoactives_available": False}, 3),
        ({"map": 40, "vasoactives_available": False}, 3),
        ({"map": 39, "vasoactives_available": False}, 4),
        # The salt decides: 0.41 of the bitartrate is 0.205 of base.
        ({"map": 80, "norepinephrine": {"value": 0.41, "basis": "bitartrate"}}, 3),
        ({"map": 80, "norepinephrine": {"value": 0.4, "basis": "bitartrate"}}, 2),
    ],
)
def test_sofa_2(given: dict[str, Any], points: int) -> None:
    assert value({**OFF, **given}, "sofa2_cv") == points


def test_scores_are_absent_while_what_decides_them_is_unknown() -> None:
    assert value({"map": 80}, "sofa_cv") is None and value({"map": 80}, "sofa2_cv") is None
    assert value({**OFF}, "sofa2_cv") is None  # no pressure
    # The dose alone decides here, whatever else runs.
    assert value({"norepinephrine": base(0.5)}, "sofa2_cv") == 4
    assert value({"norepinephrine": base(0.5)}, "sofa_cv") == 4


def test_an_unknown_form_leaves_the_score_unknown_only_where_the_forms_differ() -> None:
    assert value({**OFF, "map": 80, "norepinephrine": 0.3}, "sofa2_cv") is None  # 0.3 or 0.15 of base
    assert value({**OFF, "map": 80, "norepinephrine": 1.2}, "sofa2_cv") == 4
    assert value({**OFF, "map": 80, "norepinephrine": 0.1}, "sofa2_cv") == 2
