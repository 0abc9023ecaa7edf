"""Incoherent doses that were published or printed, each found with its factor."""

from __future__ import annotations

from fractions import Fraction

import pytest

import vasotone
from vasotone.lint import ERROR, Finding, lint
from vasotone.lint_record import shown


def worst(text: str, code: str) -> list[Finding]:
    return [one for one in lint(text, vasotone.load()) if one.code == code]


@pytest.mark.parametrize(
    "text",
    [
        "Start at 8–12 mcg/min (0.25-0.375 mL/min from standard 4 mg/4 mL concentration).",
        "0.25-0.375 mL/min from standard 4 mg/4 mL concentration for 8-12 mcg/min",
    ],
)
def test_a_flow_that_fits_another_concentration(text: str) -> None:
    (found,) = worst(text, "does-not-agree")
    assert found.severity == ERROR and shown(found.ratio or Fraction(1), 2) == "31"
    assert found.cause == "concentration"
    assert found.arithmetic == "4 mg/4 mL is 1000 ug/mL; 0.25 mL/min of it is 250 ug/min, not 8 ug/min: 31 times"
    assert "32 ug/mL" in found.says


def test_the_same_page_calls_another_concentration_standard() -> None:
    (found,) = worst("Give 0.25-0.375 mL/min of the standard 16 mcg/mL bag (8-12 mcg/min).", "does-not-agree")
    assert found.ratio == 2


def test_a_ratio_that_is_another_strength() -> None:
    (found,) = worst("Use a 16 μg/mL solution (also referred to as a 1:250,000 solution).", "does-not-agree")
    assert found.ratio == 4
    assert found.arithmetic == "1:250,000 is 4 ug/mL, not 16 ug/mL: 4 times"


def test_the_clock_of_another_disease() -> None:
    text = "In septic shock start norepinephrine at 0.5 mg/h and titrate by 0.5 mg/h every 4 hours up to 3 mg/h."
    (found,) = worst(text, "slow-clock")
    assert found.severity == ERROR and found.ratio == 48
    assert worst(text.replace("septic shock", "hepatorenal syndrome"), "slow-clock") == []
    assert worst(text.replace("4 hours", "5 min"), "slow-clock") == []


def test_ranges_that_contradict_each_other() -> None:
    page = (
        "The norepinephrine range is 0.2-1 mcg/kg/min.\n\nThe range of norepinephrine is 0.1-0.5 mcg/kg/min.\n\n"
        "Norepinephrine ranges from 0.1-2 mcg/kg/min.\n"
    )
    assert [one.ratio for one in worst(page, "contradiction")] == [2, 2]
    one_line = "NE range 0.2–1.0, 0.1–0.5, 0.1–2 mcg/kg/min, or 1–4 rising to at most 10 mcg/min"
    assert worst(one_line, "contradiction")
    assert worst("The norepinephrine range is 0.1-0.5 mcg/kg/min.", "contradiction") == []


def test_an_hourly_range_far_from_the_weighed_one() -> None:
    (found,) = worst("0.1-2 mcg/kg/min, approximately 0.5-3 mg/hour in a 70 kg adult", "does-not-agree")
    assert found.arithmetic == "2 ug/kg/min at 70 kg is 8.4 mg/h, not 3 mg/h: 2.8 times"


@pytest.mark.parametrize(
    ("name", "text", "code", "ratio", "cause"),
    [
        ("pub-70x", "Norepinephrine 0.5 mcg/min (0.5 mcg/kg/min).", "does-not-agree", None, "weight"),
        ("pub-70x at 70 kg", "At 70 kg, 0.5 mcg/kg/min is 0.5 mcg/min.", "does-not-agree", "70", "weight"),
        ("pub-8x", "The bag of 16 mcg/mL was entered as 128 mcg/mL.", "does-not-agree", "8", "concentration"),
        ("pub-10x", "The rate of 0.08 mcg/kg/min (0.8 mcg/kg/min) ran on.", "does-not-agree", "10", "decimal"),
        ("salt-2x", "1 mg of norepinephrine tartrate equals 1 mg of base.", "does-not-agree", "2", "salt"),
        ("pub-everdac", "Crossover at 2.5 ug/kg/min as base, which is 2.5 ug/kg/min as bitartrate.",
         "does-not-agree", "2", "salt"),
        ("mimic-units mg", "Norepinephrine was charted at 0.1 mg/kg/min.", "over-hard-limit", "30", "milli-micro"),
        ("mimic-units min", "Vasopressin was charted at 2.4 units/min.", "over-hard-limit", "24", "hour-minute"),
        ("lb-kg", "The weight is 180 kg (180 lb).", "does-not-agree", "2.2", "pound-kilogram"),
    ],
)  # fmt: skip
def test_published_errors(name: str, text: str, code: str, ratio: str | None, cause: str) -> None:
    found = worst(text, code)
    assert [
        one for one in found if one.cause == cause and (ratio is None or shown(one.ratio or Fraction(1), 2) == ratio)
    ], name
