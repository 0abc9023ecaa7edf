"""Invented sentences, sound and unsound, and the rules that hold for any numbers put into them."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vasotone
from vasotone.lint import STYLE, Finding, examine, lint
from vasotone.lint_record import shown
from vasotone.units import decimal_text

CORPUS = tomllib.loads((Path(__file__).parent / "dev_sentences.toml").read_text("utf-8"))


def told(text: str) -> list[Finding]:
    return [one for one in lint(text, vasotone.load()) if one.severity != STYLE]


@pytest.mark.parametrize("text", CORPUS["clean"])
def test_a_sound_sentence_is_left_alone(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(("text", "code", "ratio", "cause"), CORPUS["wrong"])
def test_an_unsound_sentence_is_found(text: str, code: str, ratio: str, cause: str) -> None:
    found = [one for one in told(text) if one.code == code]
    assert found
    assert not ratio or ratio in [shown(one.ratio or Fraction(1), 2) for one in found]
    assert not cause or cause in [one.cause for one in found]


DOSES = st.integers(2, 90).map(lambda count: Fraction(count, 100))
WEIGHTS = st.integers(45, 150).map(Fraction)
SHAPES = (
    "In a {w} kg adult {k} mcg/kg/min is {r} mcg/min.",
    "Norepinephrine {k} mcg/kg/min ({r} mcg/min for a patient of {w} kg) is given.",
    "{k} mcg/kg/min, i.e. {r} mcg/min at {w} kg",
    "At {w} kg, {r} mcg/min corresponds to {k} mcg/kg/min of norepinephrine.",
)
FACTORS = (
    (Fraction(10), "decimal"),
    (Fraction(1, 10), "decimal"),
    (Fraction(60), "hour-minute"),
    (Fraction(1000), "milli-micro"),
)


@pytest.mark.parametrize("shape", SHAPES)
@given(dose=DOSES, weight=WEIGHTS)
def test_what_is_reckoned_right_is_left_alone(shape: str, dose: Fraction, weight: Fraction) -> None:
    said = shape.format(w=weight, k=decimal_text(dose), r=decimal_text(dose * weight))
    assert [one for one in told(said) if one.code == "does-not-agree"] == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("factor", "cause"), FACTORS)
@given(dose=DOSES, weight=WEIGHTS)
def test_a_slip_is_found_with_its_factor(
    shape: str, factor: Fraction, cause: str, dose: Fraction, weight: Fraction
) -> None:
    if abs(weight - 60) < 8 and factor == 60 or abs(weight * 1 - factor) < 8:
        weight += 20  # where the factor could as well be the weight
    said = shape.format(w=weight, k=decimal_text(dose), r=decimal_text(dose * weight * factor))
    (found,) = [one for one in told(said) if one.code == "does-not-agree"]
    assert found.ratio == max(factor, 1 / factor)
    assert found.cause == cause


@given(amount=st.sampled_from([1, 2, 4, 8, 16, 32]), volume=st.sampled_from([50, 100, 250, 500, 1000]))
def test_a_dilution_is_reckoned(amount: int, volume: int) -> None:
    strength = Fraction(amount * 1000, volume)
    for shape in (
        "{a} mg in {v} mL ({s} mcg/mL)",
        "To make {s} mcg/mL, add {a} mg to {v} mL.",
        "{s} mcg/mL = {a} mg/{v} mL",
    ):
        right = shape.format(a=amount, v=volume, s=decimal_text(strength))
        wrong = shape.format(a=amount, v=volume, s=decimal_text(strength * 4))
        assert told(right) == []
        assert [one.ratio for one in told(wrong)] == [4]


def test_what_is_printed_rounded_agrees() -> None:
    assert told("At 70 kg, 0.3 mcg/kg/min from 16 mcg/mL is 78.8 mL/h.") == []
    assert told("At 70 kg, 0.3 mcg/kg/min from 16 mcg/mL is 79 mL/h.") == []
    assert [one.code for one in told("4 mg in 250 mL is 17 mcg/mL.")] == ["loosely-rounded"]
    assert told("4 mg in 250 mL is about 17 mcg/mL.") == []
    assert [one.code for one in told("At 70 kg, 0.3 mcg/kg/min from 16 mcg/mL is about 60 mL/h.")] == [
        "does-not-agree"
    ]


def test_no_rounding_hides_a_factor_of_two() -> None:
    assert [one.ratio for one in told("1 mg of norepinephrine base is 1 mg of bitartrate.")] == [2]
    assert [one.ratio for one in told("Vasopressin 0.1 units/min (12 units/h).") if one.code == "does-not-agree"] == [
        2
    ]


def test_how_it_is_written_is_style_only() -> None:
    codes = {one.code for one in lint("Give .5 mg, 5.0 mg, 0,5 mg, 10 cc or 20 IU.", vasotone.load())}
    assert codes == {"naked-decimal", "trailing-zero", "decimal-comma", "abbreviation"}
    assert {one.severity for one in lint("Give .5 mg or 5.0 mg.", vasotone.load())} == {STYLE}


def test_every_quantity_is_listed_where_it_stands() -> None:
    text = "Norepinephrine 4 mg in 250 mL.\nVasopressin 0.03 units/min, MAP 65 mmHg, lactate 4 mmol/L, n=105."
    doses = examine(text, vasotone.load()).doses
    assert [(line, one.text, one.kind, one.drug) for line, one in doses] == [
        (1, "4 mg in 250 mL", "strength", "norepinephrine"),
        (2, "0.03 units/min", "dose", "vasopressin"),
    ]
    for _, one in doses:
        assert text[one.start : one.end] == one.text


@given(st.text(alphabet="0123456789.,-/() mgukLhxin=:;%µ\n|`", max_size=200))
def test_any_text_gives_a_report(text: str) -> None:
    report = examine(text, vasotone.load())
    for one in report.findings:
        assert 0 <= one.start < one.end <= len(text) and one.text == text[one.start : one.end]
        assert one.line == text.count("\n", 0, one.start) + 1
