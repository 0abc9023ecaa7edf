"""The arithmetic of dose and pump rate: known answers, and laws over random settings."""

from __future__ import annotations

import json
from fractions import Fraction as F
from typing import Any

import pytest
from dosing_facts import ask, drugs, limits
from hypothesis import given
from hypothesis import strategies as st

from vasotone.dose import dose_from_rate, pump_rate, read_bag, read_weight
from vasotone.errors import InputError, UnitError, VasotoneError
from vasotone.units import decimal_text, number

NE = {"weight": "80 kg", "bag": "4 mg/250 mL", "basis": "base"}

doses = st.integers(1, 300).map(lambda n: F(n, 100))
weights = st.integers(60, 500).map(lambda n: F(n, 2))
strengths = st.sampled_from([4, 16, 32, 64, 80, 128])
forms = st.sampled_from(["base", "bitartrate", "tartrate", "hydrochloride"])


def rate_of(dose: F, weight: F, per_ml: F) -> F:
    return pump_rate(
        dose,
        "ug/kg/min",
        weight_kg=weight,
        bag_amount=per_ml,
        bag_unit="ug",
        bag_volume_ml=F(1),
        increment=F(1, 10),
    )[0]


def test_the_worked_example() -> None:
    record = ask(dose="0.1 ug/kg/min", **NE).to_dict()
    assert (record["schema"], record["exact"], record["rounded"]) == ("vasotone.dose/1", "30", 30)
    assert record["rate"] == {"value": 30, "unit": "mL/h", "exact": "30"}
    assert record["base_dose"] == {"value": 0.1, "unit": "ug/kg/min", "exact": "1/10"}
    assert record["dose"]["basis"] == "base" and record["refused"] is None and not record["warnings"]
    assert not any(limit["exceeded"] for limit in record["limits"])


def test_the_way_back() -> None:
    result = ask(rate="30 mL/h", **NE)
    assert (result.exact, result.rounded, result.delivered) == (F(1, 10), F(30), F(1, 10))
    assert result.to_dict()["exact_unit"] == "ug/kg/min"


def test_an_inexact_rate_shows_both_numbers() -> None:
    result = ask(dose="0.1 ug/kg/min", weight="70 kg", bag="4 mg/250 mL", basis="base")
    record = result.to_dict()
    assert (record["exact"], record["rounded"]) == ("105/4", 26.3)
    assert result.delivered == F(263, 2625)
    assert record["also"][0] == {"value": 7, "unit": "ug/min", "exact": "7"}


@pytest.mark.parametrize(
    ("drug", "texts", "exact"),
    [
        ("vasopressin", {"dose": "0.03 U/min", "bag": "0.2 U/mL"}, F(9)),
        ("vasopressin", {"dose": "1.8 units/hour", "bag": "20 units/100 mL"}, F(9)),
        ("norepinephrine", {"dose": "8 mcg/min", "bag": "4 mg/250 mL", "basis": "base"}, F(30)),
        ("norepinephrine", {"dose": "0.48 mg/h", "bag": "4 mg in 250 mL", "basis": "base"}, F(30)),
        (
            "norepinephrine",
            {"dose": "0.1 ug/kg/min", **NE, "bag": "8 mg/250 mL", "bag_basis": "bitartrate"},
            F(30),
        ),
        (
            "norepinephrine",
            {"dose": "0.2 ug/kg/min", **NE, "basis": "bitartrate", "bag_basis": "base"},
            F(30),
        ),
        ("angiotensin_ii", {"dose": "20 ng/kg/min", "weight": "80 kg", "bag": "2.5 mg/500 mL"}, F(96, 5)),
        ("hydrocortisone", {"dose": "200 mg/24 h", "bag": "200 mg/50 mL"}, F(25, 12)),
        ("methylene_blue", {"dose": "1 mg/kg/h", "weight": "80 kg", "bag": "200 mg/100 mL"}, F(40)),
        ("dopamine", {"dose": "5 ug/kg/min", "weight": "80 kg", "bag": "400 mg/250 mL"}, F(15)),
    ],
)
def test_known_answers(drug: str, texts: dict[str, str], exact: F) -> None:
    result = ask(drug, **texts)
    assert (result.exact, result.exit_code) == (exact, 0)


@given(doses, weights, strengths, st.integers(2, 9))
def test_rate_is_proportional_to_dose_and_weight_and_inverse_to_strength(d: F, kg: F, c: int, k: int) -> None:
    rate = rate_of(d, kg, F(c))
    assert rate == d * kg * 60 / c
    assert rate_of(d * k, kg, F(c)) == rate * k
    assert rate_of(d, kg * k, F(c)) == rate * k
    assert rate_of(d, kg, F(c) * k) * k == rate


@given(doses, weights, strengths)
def test_an_absolute_dose_does_not_depend_on_the_weight(d: F, kg: F, c: int) -> None:
    bag = {"bag_amount": F(c), "bag_unit": "ug", "bag_volume_ml": F(1), "increment": F(1, 10)}
    assert pump_rate(d, "ug/min", weight_kg=kg, **bag) == pump_rate(d, "ug/min", weight_kg=None, **bag)


@given(doses, weights, strengths)
def test_dose_to_rate_to_dose_is_exact(d: F, kg: F, c: int) -> None:
    back = dose_from_rate(
        rate_of(d, kg, F(c)), "ug/kg/min", weight_kg=kg, bag_amount=F(c), bag_unit="ug", bag_volume_ml=F(1)
    )
    assert back == d


@given(doses, weights, strengths, forms)
def test_both_ways_by_text_agree(d: F, kg: F, c: int, form: str) -> None:
    texts = {"weight": f"{decimal_text(kg)} kg", "bag": f"{c} ug/mL", "basis": form}
    there = ask(dose=f"{decimal_text(d)} mcg/kg/min", **texts)
    assert there.exact is not None
    if d <= 1 and there.exact.denominator % 3:
        back = ask(rate=f"{decimal_text(there.exact)} mL/h", **texts)
        assert back.exact == d and back.base == there.base


@given(doses, weights, strengths)
def test_a_dose_of_base_equals_twice_the_bitartrate(d: F, kg: F, c: int) -> None:
    kilograms = f"{decimal_text(kg)} kg"
    base = ask(dose=f"{decimal_text(d)} ug/kg/min", weight=kilograms, bag=f"{c} ug/mL", basis="base")
    salt = ask(dose=f"{decimal_text(2 * d)} ug/kg/min", weight=kilograms, bag=f"{2 * c} ug/mL", basis="bitartrate")
    assert base.exact == salt.exact and base.base["base"] == salt.base["bitartrate"] == d
    assert base.rounded == salt.rounded and base.exit_code == salt.exit_code


@given(doses, st.sampled_from(["ug/kg/min", "mcg/kg/min", "\u00b5g/kg/min", "\u03bcg/kg/minute"]))
def test_spelling_changes_nothing(d: F, spelled: str) -> None:
    assert ask(dose=f"{decimal_text(d)} {spelled}", **NE) == ask(dose=f"{decimal_text(d)} ug/kg/min", **NE)


@given(doses, weights)
def test_the_pump_gets_a_multiple_of_its_step_within_half_a_step(d: F, kg: F) -> None:
    result = ask(
        dose=f"{decimal_text(d)} ug/kg/min", weight=f"{decimal_text(kg)} kg", bag="16 mg/250 mL", basis="base"
    )
    if result.rounded is None:
        assert result.exit_code == 3
        return
    assert result.exact is not None
    assert (result.rounded * 10).denominator == 1 and abs(result.rounded - result.exact) <= F(1, 20)


@given(doses, weights, strengths, forms)
def test_every_shown_number_parses_back(d: F, kg: F, c: int, form: str) -> None:
    result = ask(dose=f"{decimal_text(d)} ug/kg/min", weight=f"{decimal_text(kg)} kg", bag=f"{c} ug/mL", basis=form)
    record: dict[str, Any] = json.loads(json.dumps(result.to_dict()))
    assert F(record["exact"]) == result.exact == F(record["rate"]["exact"])
    assert number(record["dose"]["value"], where="dose") == d == F(record["dose"]["exact"])
    assert F(record["base_dose"]["exact"]) == next(iter(result.base.values()))
    if result.rounded is not None:
        assert number(record["rounded"], where="rounded") == result.rounded


def test_a_site_with_a_coarser_pump() -> None:
    from vasotone.dose import dose

    coarse = {**limits, "pump": {**limits["pump"], "increment": {**limits["pump"]["increment"], "value": 1}}}
    result = dose(
        drugs["norepinephrine"], coarse, dose="0.1 ug/kg/min", weight="70 kg", bag="4 mg/250 mL", basis="base"
    )
    assert (result.exact, result.rounded) == (F(105, 4), F(26))


def test_an_infusion_that_is_off() -> None:
    result = ask(dose="0 ug/kg/min", **NE)
    assert (result.exact, result.rounded, result.exit_code, result.warnings) == (F(0), F(0), 0, ())


@pytest.mark.parametrize(
    ("text", "amount", "name", "ml"),
    [
        ("4 mg/250 mL", 4, "mg", 250),
        ("4mg/250ml", 4, "mg", 250),
        ("20 units in 100 mL", 20, "U", 100),
        ("0.2 U/mL", "0.2", "U", 1),
        ("16 mcg per mL", 16, "ug", 1),
        ("1 mg/1 L", 1, "mg", 1000),
        ("8 mg / 0.25 L", 8, "mg", 250),
    ],
)
def test_bags_are_read(text: str, amount: object, name: str, ml: int) -> None:
    bag = read_bag(text)
    assert (bag.amount, bag.unit.text, bag.volume_ml) == (F(str(amount)), name, ml)


@pytest.mark.parametrize(
    "text",
    [
        "16",
        "4 mg",
        "250 mL",
        "4/250",
        "4 mg/250",
        "mg/mL",
        "4 mg/0 mL",
        "0 mg/250 mL",
        "4 mg/-250 mL",
        "4 mg/kg",
        "4 mL/250 mL",
        "4,0 mg/250 mL",
        "4 mg/.25 L",
        "4 mg/mg",
        "",
        "4 mg/250 mL/h",
        "16 mcq/mL",
    ],
)
def test_bags_that_cannot_be_read(text: str) -> None:
    with pytest.raises(VasotoneError):
        read_bag(text)


def test_weights_are_read_with_their_unit() -> None:
    assert read_weight("80 kg") == 80
    assert read_weight("176 lb") == F("79.83225712")
    for text in ("80", "80 cm", "eighty kg", "80,5 kg"):
        with pytest.raises(UnitError):
            read_weight(text)


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        ({**NE}, "dose"),
        ({**NE, "dose": "0.1 ug/kg/min", "rate": "30 mL/h"}, "dose"),
        ({"dose": "0.1 ug/kg/min", "weight": "80 kg", "basis": "base"}, "bag"),
        ({"dose": "0.1 ug/kg/min", "bag": "4 mg/250 mL", "basis": "base"}, "weight"),
        ({"rate": "30 mL/h", "bag": "4 mg/250 mL", "basis": "base"}, "weight"),
        ({**NE, "dose": "0.1"}, "dose"),
        ({**NE, "dose": "0.1 mL/h"}, "dose"),
        ({**NE, "dose": "0.1 mg/kg"}, "dose"),
        ({**NE, "dose": "0.1 U/min"}, "dose"),
        ({**NE, "dose": "-0.1 ug/kg/min"}, "dose"),
        ({**NE, "rate": "30 ug/min"}, "rate"),
        ({**NE, "rate": "-1 mL/h"}, "rate"),
        ({**NE, "rate": "30"}, "rate"),
        ({**NE, "dose": "0.1 ug/kg/min", "weight": "80"}, "weight"),
        ({**NE, "dose": "0.1 ug/kg/min", "basis": "chloride"}, "basis"),
        ({**NE, "dose": "0.1 ug/kg/min", "bag_basis": "sulfate"}, "bag_basis"),
        ({**NE, "dose": "0.1 ug/kg/min", "basis": "unknown", "bag_basis": "base"}, "basis"),
        ({**NE, "dose": "0.1 ug/kg/min", "bag": "20 U/100 mL"}, "bag"),
        ({**NE, "dose": "0.1 ug/kg/min", "current": "0.1"}, "current"),
    ],
)
def test_what_is_missing_or_unreadable_is_named(texts: dict[str, str], where: str) -> None:
    with pytest.raises(VasotoneError) as caught:
        ask(**texts)
    assert caught.value.where == where and caught.value.fix and caught.value.exit_code == 2


def test_a_drug_without_an_infusion_has_no_pump_rate() -> None:
    with pytest.raises(InputError):
        ask("phentolamine", dose="5 mg/h", bag="10 mg/10 mL")


def test_the_answer_in_lines_for_a_person() -> None:
    lines = ask(dose="0.1 ug/kg/min", weight="70 kg", bag="4 mg/250 mL", basis="base").text().splitlines()
    assert lines[0] == "norepinephrine 0.1 ug/kg/min (base) at 70 kg from 4 mg/250 mL"
    assert lines[1] == "  exact 26.25 mL/h" and lines[2].startswith("  pump  26.3 mL/h")
    stopped = ask(dose="5 ug/kg/min", **NE).text()
    assert "stopped: dose 5 ug/kg/min above 3.3 ug/kg/min" in stopped and "pump  " not in stopped
    assert "(base)" not in ask("vasopressin", dose="0.03 U/min", bag="0.2 U/mL").text()
