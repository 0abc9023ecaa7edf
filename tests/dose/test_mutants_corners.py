"""Corners of units and limits: long decimals, ties, units that cancel, limits on the whole body."""

from __future__ import annotations

import copy
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from dosing_facts import drugs, limits

from vasotone import units
from vasotone.dose import dose
from vasotone.dose_limits import limits_for
from vasotone.errors import UnitError

BASE = {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "4 mg/250 mL", "basis": "base"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 5**30), f"0.{str(2**30).rjust(30, '0')}"),
        (Fraction(1, 2 * 5**30), f"0.{str(2**29).rjust(30, '0')}"),
        (Fraction(1, 2**60), f"0.{str(5**60).rjust(60, '0')}"),
        (Fraction(10**15 + 1, 3), "333333333333334"),  # never ends; more than twelve digits before the point
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(100, 3), "33.3333333333"),
    ],
)
def test_a_decimal_is_written_whole_or_to_twelve_digits(value: Fraction, text: str) -> None:
    assert units.decimal_text(value) == text


def test_ties_go_to_the_even_number() -> None:
    ties = [Fraction(2 * whole + 1, 2) for whole in range(6)]
    assert [units.round_to(tie, Fraction(1), "half-even") for tie in ties] == [0, 2, 2, 4, 4, 6]
    assert [units.round_to(-tie, Fraction(1), "half-even") for tie in ties] == [0, -2, -2, -4, -4, -6]


def test_units_of_one_kind_cancel() -> None:
    assert units.unit("mL/L").dimension == () == units.unit("1").dimension
    assert units.convert(Fraction(5), "mL/L", "%") == Fraction(1, 2)


def test_what_stands_before_the_unit() -> None:
    for text in ("5Xg", "5 Xg"):
        with pytest.raises(UnitError) as caught:
            units.quantity(text, where="here")
        assert (caught.value.what, caught.value.seen) == ("not a known unit", "Xg")
    for text in ("7 10^3/uL", "7 10*3/uL"):
        assert units.quantity(text, where="here") == units.Quantity(Fraction(7), units.unit("10*3/uL"))


def test_an_amount_converts_whether_or_not_a_weight_is_known() -> None:
    molar = Fraction(90)
    for weight in (None, Fraction(80)):
        found = units.convert(Fraction(2), "mmol/L", "mg/dL", weight_kg=weight, grams_per_mole=molar)
        assert found == 18
        assert units.convert(found, "mg/dL", "mmol/L", weight_kg=weight, grams_per_mole=molar) == 2


def test_a_decimal_that_is_no_number_is_refused_by_its_place() -> None:
    with pytest.raises(UnitError) as caught:
        units.number(Decimal("NaN"), where="here")
    assert caught.value.where == "here"


def changed(table: str, key: str, **more: Any) -> dict[str, Any]:
    """The limits with one of them changed."""
    found = copy.deepcopy(limits)
    found[table].setdefault(key, dict(found[table]["hard_high"]) if "hard_high" in found[table] else {}).update(more)
    return found


def test_without_a_weight_a_limit_is_judged_at_the_weight_that_speaks_most_against_it() -> None:
    heaviest = limits["weight"]["hard_high"]["value"]
    whole = changed("norepinephrine", "whole", value=heaviest / 10 - 1, unit="ug/min")
    found = {one["name"]: one for one in limits_for(drugs["norepinephrine"], Fraction(1, 10), whole)}
    entry = found["norepinephrine.whole"]
    assert entry["seen"] == heaviest / 10 and entry["exceeded"] is True
    assert entry["text"].endswith(f"; no weight was given, judged at {heaviest} kg")
    lightest = limits["weight"]["hard_low"]["value"]
    found = {one["name"]: one for one in limits_for(drugs["norepinephrine"], Fraction(30), limits, unit="ug/min")}
    assert found["norepinephrine.hard_high"]["seen"] == pytest.approx(30 / lightest)
    bad = changed("weight", "hard_high", value="x")
    with pytest.raises(UnitError) as caught:
        limits_for(drugs["norepinephrine"], Fraction(1, 10), {**bad, "norepinephrine": whole["norepinephrine"]})
    assert caught.value.where == "weight"


def test_a_step_of_the_pump_that_cannot_be_read_names_its_place() -> None:
    with pytest.raises(UnitError) as caught:
        dose(drugs["norepinephrine"], changed("pump", "increment", value="x"), **BASE)
    assert caught.value.where == "pump.increment"
