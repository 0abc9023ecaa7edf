"""Limits and corners of units and doses that no other test stands on exactly."""

from __future__ import annotations

import copy
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from dosing_facts import ask, drugs, limits

from vasotone import units
from vasotone.dose import dose, form_factors
from vasotone.dose_limits import by_form, judged, limits_for
from vasotone.errors import InputError, UnitError, VasotoneError

BASE = {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "4 mg/250 mL", "basis": "base"}


def told(call: Any, *texts: Any, **named: Any) -> VasotoneError:
    with pytest.raises(VasotoneError) as caught:
        call(*texts, **named)
    return caught.value


def test_a_number_of_ordinary_size_ends_where_it_says() -> None:
    longest = "0." + "0" * 37 + "1"
    assert len(longest) == 40 and units.number(longest, where="") == Fraction(1, 10**38)
    for text in (longest.replace(".", ".0"), "1e31"):
        assert told(units.number, text, where="").fix == "write a number of ordinary size"
    assert units.number("1e-30", where="") == Fraction(1, 10**30)
    assert units.number(Fraction(1, 2**511), where="") == Fraction(1, 2**511)
    assert units.number(10**15, where="") == 10**15
    for value in (Fraction(1, 2**512), 10**15 + 1, -(10**15) - 1):
        error = told(units.number, value, where="here")
        assert (error.where, error.seen) == ("here", "a number of that size")
        assert error.fix == "write a number of ordinary size"


@pytest.mark.parametrize(
    ("text", "seen", "fix"),
    [
        ("1e3 mg", "1e3", "write plain digits, such as 0.05"),
        ("1E3 mg", "1E3", "write plain digits, such as 0.05"),
        ("5e-3 mg", "5e-3", "write plain digits, such as 0.05"),
        ("5e+3 mg", "5e+3", "write plain digits, such as 0.05"),
        ("+5 mg", "+5", "write plain digits, such as 0.05"),
        ("1.2.3 mg", "1.2.3", "write plain digits, such as 0.05"),
        ("1,5 mg", "1,5", "write plain digits, such as 0.05"),
        ("5 3 mg", "5 3 mg", "write one number and one unit"),
        ("5. mg", "5.", "write a digit after the point, or no point"),
        (".5 mg", ".5", "write the zero before the point, for example 0.5"),
        ("mg", "mg", 'write the number first, for example "0.5 mg"'),
    ],
)
def test_a_quantity_that_is_refused_says_what_was_seen(text: str, seen: str, fix: str) -> None:
    error = told(units.quantity, text, where="here")
    assert (error.where, error.seen, error.fix) == ("here", seen, fix)


def test_the_unit_begins_where_the_number_ends() -> None:
    assert units.quantity("-5mg", where="") == units.Quantity(Fraction(-5), units.unit("mg"))
    assert told(units.quantity, "5each", where="").seen == "each"
    assert told(units.quantity, "5e", where="").seen == "e"
    assert told(units.quantity, "5e- mg", where="").seen == "e- mg"
    assert units.quantity("5 10*3/uL", where="").unit.text == "10*3/uL"


def test_pure_numbers_have_no_dimension() -> None:
    assert units.unit("1").dimension == units.unit("%").dimension == ()
    assert units.unit("/min").dimension == (("time", -1),)
    assert units.unit("%/h").dimension == (("time", -1),)


def test_a_unit_that_is_refused_says_where() -> None:
    for text in ("mg/g", "mg/kg/kg", "min/kg", "mg/U", "mcq"):
        error = told(units.unit, text, where="here")
        assert (error.where, error.seen) == ("here", text)
    assert units.unit(" " * 38 + "mg").text == "mg"
    assert told(units.unit, " " * 39 + "mg").what == "not a known unit"
    for odd in (["mg"], {"mg": 1}, None, 5):
        assert isinstance(told(units.unit, odd), UnitError)


def test_spellings_by_capitals() -> None:
    assert units.unit("MIN") == units.unit("Min") == units.unit("min")
    assert units.unit("mIU").text == "mU" and units.unit("IU").text == "U"
    for other in ("MIU", "Miu", "MU", "|", ""):
        assert isinstance(told(units.unit, other), UnitError)


def test_mass_and_amount_of_substance() -> None:
    assert units.convert(Fraction(9), "mg/dL", "mmol/L", grams_per_mole=Fraction(90)) == 1
    assert units.convert(Fraction(1), "mmol/L", "mg/dL", grams_per_mole=Fraction(90)) == 9
    for one, other in (("L", "mol"), ("mol", "L"), ("g", "L"), ("L", "g"), ("h", "mol/h"), ("g", "h")):
        error = told(units.convert, Fraction(1), one, other, grams_per_mole=Fraction(90))
        assert error.what == "these units do not convert", (one, other)
    assert told(units.convert, Fraction(9), "mg/dL", "mmol/L").what == "these units do not convert"


def test_rounding_of_halves_and_of_what_is_whole() -> None:
    one = Fraction(1)
    even = [units.round_to(Fraction(half, 2), one, "half-even") for half in (1, 3, 5, -3, -5)]
    assert even == [0, 2, 2, -2, -2]
    assert [units.round_to(Fraction(2), one, mode) for mode in ("up", "down", "half-up", "half-even")] == [2] * 4
    assert [units.round_to(Fraction(5, 4), one, mode) for mode in ("up", "down")] == [2, 1]
    assert [units.round_to(Fraction(-5, 4), one, mode) for mode in ("up", "down")] == [-1, -2]


def test_a_decimal_that_ends_is_written_to_its_end() -> None:
    assert units.decimal_text(Fraction(1, 2**20)) == "0.00000095367431640625"
    assert units.decimal_text(Fraction(1, 5**20)) == "0.00000000000001048576"
    assert units.decimal_text(Fraction(1, 2**3 * 5**20)) == "0.00000000000000131072"
    assert units.decimal_text(Fraction(1, 3)) == "0.333333333333"
    assert units.decimal_text(Fraction(200, 3)) == "66.6666666667"
    assert units.decimal_text(Fraction(100)) == "100" and units.decimal_text(Fraction(-1, 2), 1) == "-0.5"


def test_forms_are_named_in_the_refusal() -> None:
    factors = {"base": Fraction(1), "salt": Fraction(2)}
    assert told(units.to_base, Fraction(1), "x", factors).fix == "write one of base, salt"
    assert told(ask, **{**BASE, "drug": "vasopressin", "basis": "lactate"}).fix == "write one of base, unknown"
    error = told(form_factors, {"name": "x", "forms": {"salt": {"value": "much"}}})
    assert error.where == "x.salt"


def test_one_form_known_and_the_other_not() -> None:
    error = told(ask, **BASE, bag_basis="unknown")
    assert isinstance(error, InputError) and error.where == "basis"
    assert error.what == "the form of the dose or of the bag is not known"


def changed(**values: Any) -> dict[str, Any]:
    """Norepinephrine with some entries changed, or left out where None."""
    drug = {**copy.deepcopy(drugs["norepinephrine"]), **values}
    return {key: value for key, value in drug.items() if value is not None}


def test_a_drug_says_only_where_it_is_no_infusion() -> None:
    assert dose(changed(infusion=None), limits, **BASE).exact == 30
    error = told(dose, changed(infusion=False, note=None), limits, **BASE)
    assert (error.where, error.fix) == ("drug", "")
    assert told(dose, changed(infusion=False, note="by mouth"), limits, **BASE).fix == "by mouth"


def test_two_forms_are_shown_where_the_form_is_not_known() -> None:
    forms = {name: changed()["forms"][name] for name in ("base", "bitartrate")}
    record = dose(changed(forms=forms), limits, **{**BASE, "basis": "unknown"}).to_dict()
    assert set(record["base_dose_if"]) == {"base", "bitartrate"} and record["base_dose"] is None
    record = dose(changed(forms=forms), limits, **BASE).to_dict()
    assert "base_dose_if" not in record and record["base_dose"]["value"] == 0.1


def test_limits_on_the_concentration_alone_are_no_limits_on_the_dose() -> None:
    few = {
        **limits,
        "norepinephrine": {"concentration_hard_high": limits["norepinephrine"]["concentration_hard_high"]},
    }
    warned = {one["code"] for one in dose(drugs["norepinephrine"], few, **BASE).warnings}
    assert "no-limits" in warned
    assert "no-limits" not in {one["code"] for one in dose(drugs["norepinephrine"], limits, **BASE).warnings}


def test_a_limit_is_verified_only_where_it_says_so() -> None:
    limit = {"kind": "hard", "side": "high", "of": "weight", "value": 2, "unit": "kg", "why": "w", "cite": {}}
    (entry,) = judged({"x": {"one": limit}}, "x", "weight", Fraction(1), "kg")
    assert entry["verified"] is False
    (entry,) = judged({"x": {"one": {**limit, "verified": True}}}, "x", "weight", Fraction(3), "kg")
    assert entry["verified"] is True and entry["exceeded"] is True


def test_decimals_capitals_and_words_are_read() -> None:
    assert units.number(Decimal("0.50"), where="") == Fraction(1, 2)
    assert units.number("1E3", where="") == units.number("1e3", where="") == units.number("1e+3", where="") == 1000
    assert units.decimal_text(Fraction(1, 2), 3) == "0.5" and units.decimal_text(Fraction(100), 2) == "100"
    for text in ("ug per kg per min", "ug / kg / min", "mcg/min/kg"):
        made = units.unit(text)
        assert made.text == "ug/kg/min" and dict(made.dimension) == {"body": -1, "mass": 1, "time": -1}
        assert units.convert(Fraction(1), made, "mg/h", weight_kg=Fraction(50)) == 3


def test_what_else_is_said_with_a_dose() -> None:
    error = told(ask, **BASE, bag_basis="unknown")
    assert (error.why, error.fix) == ("where they differ one must be converted", "read the label and give both")
    (warned,) = [
        one for one in dose(drugs["norepinephrine"], {**limits, "norepinephrine": {}}, **BASE).warnings
        if one["code"] == "no-limits"
    ]  # fmt: skip
    assert (warned["name"], warned["text"]) == ("norepinephrine", "no dose limits are stored for this drug")


def test_a_rate_is_not_rounded_over_a_hard_limit() -> None:
    most = limits["norepinephrine"]["hard_high"]["value"]
    result = ask(**{**BASE, "dose": f"{most} ug/kg/min", "weight": "70.3 kg"})
    assert result.exit_code == 0
    assert result.rounded is not None and result.exact is not None
    assert result.rounded == units.round_to(result.exact, Fraction(1, 10), "down")
    assert units.round_to(result.exact, Fraction(1, 10)) > result.exact


def test_each_side_of_a_limit() -> None:
    limit = {"kind": "hard", "of": "weight", "value": 2, "unit": "kg", "why": "w", "cite": {}}
    for side, passed in (("high", [0, 0, 1]), ("from", [0, 1, 1]), ("low", [1, 0, 0]), ("equal", [0, 1, 0])):
        for value, exceeded in zip((1, 2, 3), passed, strict=True):
            (entry,) = judged({"x": {"one": {**limit, "side": side}}}, "x", "weight", Fraction(value), "kg")
            assert entry["exceeded"] is bool(exceeded), (side, value)


def test_limits_are_judged_in_the_drugs_unit_where_none_is_named() -> None:
    drug = drugs["norepinephrine"]
    assert limits_for(drug, Fraction(4), limits) == limits_for(drug, Fraction(4), limits, unit=drug["unit"])


def test_the_forms_that_pass_a_limit_are_listed() -> None:
    over, under = {"name": "x", "exceeded": True}, {"name": "x", "exceeded": False}
    (merged,) = by_form({"a": [over], "b": [over], "c": [under]})
    assert merged == {"name": "x", "exceeded": True, "forms": ["a", "b"]}
    (merged,) = by_form({"a": [under], "b": [over], "c": [under]})
    assert merged == {"name": "x", "exceeded": True, "forms": ["b"]}
