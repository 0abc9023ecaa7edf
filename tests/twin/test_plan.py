"""Plans in words: exact doses and times, in any unit that converts, and a clear refusal of everything else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasotone import facts
from vasotone.errors import InputError, UnitError, VasotoneError
from vasotone.twin import plan
from vasotone.twin.drugs import DRUGS, UNITS_OF_DOSE
from vasotone.twin.plan import Dose, Infusion, Legs

FACTS = facts.load()
WEIGHT = Fraction(70)


def read(text: str, weight: Fraction | None = WEIGHT) -> tuple[Any, ...]:
    """The steps of a plan."""
    return plan.read(text, FACTS, weight=weight).steps


def test_the_plan_of_the_manual() -> None:
    steps = read("norepinephrine 0.1 -> 0.2 ug/kg/min at 5 min; saline 500 mL over 15 min at 30 min")
    assert steps == (
        Dose(Fraction(5), "norepinephrine", Fraction(1, 5), begins=Fraction(1, 10)),
        Infusion(Fraction(30), Fraction(1, 2), Fraction(15)),
    )


@pytest.mark.parametrize(
    ("text", "drug", "value"),
    [
        ("noradrenaline 0.2 mcg/kg/min", "norepinephrine", Fraction(1, 5)),
        ("norepinephrine to 0.2 ug/kg/min at 5 min", "norepinephrine", Fraction(1, 5)),
        ("norepinephrine 0.1 to 0.2 ug/kg/min", "norepinephrine", Fraction(1, 5)),
        ("norepinephrine 0.1 ug/kg/min → 0.2 ug/kg/min", "norepinephrine", Fraction(1, 5)),
        ("norepinephrine 5.04 mg/h", "norepinephrine", Fraction(6, 5)),
        ("vasopressin 2.4 U/h", "vasopressin", Fraction(1, 25)),
        ("Angiotensin II 20 ng/kg/min", "angiotensin_ii", Fraction(20)),
        ("norepinephrine off", "norepinephrine", Fraction(0)),
        ("stop norepinephrine at 1 h", "norepinephrine", Fraction(0)),
    ],
)
def test_one_dose_in_many_words(text: str, drug: str, value: Fraction) -> None:
    (step,) = read(text)
    assert isinstance(step, Dose) and (step.drug, step.value) == (drug, value)


@pytest.mark.parametrize(
    "text",
    ["norepinephrine bitartrate 0.2 ug/kg/min", "norepinephrine 0.2 ug/kg/min bitartrate",
     "norepinephrine acid tartrate 0.2 ug/kg/min"],
)  # fmt: skip
def test_a_salt_that_is_named_is_kept_and_counts_half_or_so(text: str) -> None:
    (step,) = read(text)
    assert step.form == "bitartrate" and step.factor is not None and Fraction(2, 5) < step.factor < Fraction(3, 5)


def test_fluids_legs_and_blood() -> None:
    steps = read(
        "legs up; legs flat at 2 min; ringer's lactate 10 mL/kg over 1 h at 3 min; "
        "bleeding 500 mL over 30 min at 4 min"
    )
    assert steps == (
        Legs(Fraction(0), True), Legs(Fraction(2), False),
        Infusion(Fraction(3), Fraction(1, 100), Fraction(60), True),
        Infusion(Fraction(4), Fraction(1, 2), Fraction(30), False, True),
    )  # fmt: skip


def test_steps_are_in_order_of_time_and_an_added_dose_says_so() -> None:
    first, second = read("vasopressin 0.03 U/min at 1 h; norepinephrine +0.05 ug/kg/min at 5 min")
    assert (first.drug, first.added, first.value) == ("norepinephrine", True, Fraction(1, 20))
    assert (second.drug, second.added) == ("vasopressin", False)


@pytest.mark.parametrize("text", ["", "  ;; ", "no change", "as it is"])
def test_nothing_is_a_plan_too(text: str) -> None:
    assert plan.read(text, FACTS).steps == () and plan.read(text, FACTS).text == "no change"


REFUSED = {
    "norepinephrine 0.1": "no unit",
    "norepinephrine 0.1 -> 0.2 at 5 min": "no unit",
    "norepinephrine -0.1 ug/kg/min": "negative",
    "norepinephrine 0.1 -> -0.2 ug/kg/min": "negative",
    "norepinephrine -0.1 -> 0.2 ug/kg/min": "negative",
    "norepinephrine 0,1 ug/kg/min": "not a number",
    "norepinephrine 1e3 ug/kg/min": "not a number",
    "norepinephrine 0.1 -> 0.2 -> 0.3 ug/kg/min": "more than one arrow",
    "norepinephrine 0.1 ug/kg/min at -5 min": "negative",
    "norepinephrine 0.1 ug/kg/min at 5": "unit is missing",
    "norepinephrine 0.1 ug/kg/min over 5 min": "runs from its time on",
    "norepinephrine 0.1 mmol/L": "do not convert",
    "norepinephrine 8 mL/h": "do not convert",
    "norepinephrine bitartrate 0.1 ug/kg/min tartrate": "two forms",
    "epinephrine hydrochloride 0.1 ug/kg/min": "only norepinephrine",
    "milrinone 0.3 ug/kg/min": "does not have this drug",
    "hydrocortisone 200 mg/d": "does not have this drug",
    "unobtainium 3 mg/h": "not known",
    "albumin 200 mL over 10 min": "does not have this fluid",
    "saline -500 mL over 15 min": "negative",
    "saline 500 mL": "no time",
    "saline 500 mL over 0 min": "no time",
    "saline 500 over 15 min": "unit is missing",
    "saline 500 mg over 15 min": "do not convert",
    "30 mL": "not understood",
    "norepinephrine": "not understood",
    "; ".join(["legs up"] * 51): "too many steps",
    "x" * 2001: "too long",
}


@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_and_says_why(text: str) -> None:
    with pytest.raises((InputError, UnitError), match=REFUSED[text]) as caught:
        read(text)
    assert caught.value.exit_code == 2 and (caught.value.fix or caught.value.why)


def test_an_absolute_dose_without_a_weight_asks_for_it() -> None:
    with pytest.raises(UnitError, match="weight"):
        read("norepinephrine 5 mg/h", None)
    assert read("norepinephrine 0.1 ug/kg/min", None)


@pytest.mark.parametrize(("text", "value"), [("MAP 65", 65.0), ("map 65 mm[Hg]", 65.0), ("MAP 8.5 kPa", 63.755)])
def test_targets(text: str, value: float) -> None:
    assert plan.target_of(text).value == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("text", ["", "MAP", "HR 80", "MAP sixty", "MAP 65 mL", "65"])
def test_no_target(text: str) -> None:
    with pytest.raises((InputError, UnitError)):
        plan.target_of(text)


@given(
    drug=st.sampled_from(DRUGS), value=st.fractions(0, 5, max_denominator=1000), minute=st.integers(0, 600),
    before=st.none() | st.fractions(0, 5, max_denominator=1000),
)  # fmt: skip
def test_what_is_written_exactly_is_read_exactly(
    drug: str, value: Fraction, minute: int, before: Fraction | None
) -> None:
    value, before = value.limit_denominator(8), before if before is None else before.limit_denominator(8)
    dose = f"{float(value)}" if before is None else f"{float(before)} -> {float(value)}"
    if any(one.denominator not in (1, 2, 4, 5, 8) for one in (value, before or Fraction(0))):
        return  # has no finite decimal
    (step,) = read(f"{drug} {dose} {UNITS_OF_DOSE[drug]} at {minute} min", None)
    assert (step.drug, step.value, step.begins, step.minute) == (drug, value, before, minute)


@given(
    st.text(max_size=60) | st.from_regex(r"[a-z ]{1,12} -?[0-9.]{1,5} ?(ug/kg/min|mL|)( (at|over) [0-9]+ ?(min|h|))*")
)
def test_any_text_is_a_plan_or_an_error_of_the_house(text: str) -> None:
    try:
        steps = read(text)
    except VasotoneError as error:
        assert error.what
    else:
        assert all(step.minute >= 0 for step in steps)
        assert all(plan.record_of(step)["at"] >= 0 for step in steps)
