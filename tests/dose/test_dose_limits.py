"""Limits: what stops, what warns, which form is counted, and the published slips that must be caught."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from dosing_facts import ask, drugs, limits
from hypothesis import given
from hypothesis import strategies as st

from vasotone.dose import DoseResult, dose, limits_for, step_limits, weight_limits
from vasotone.units import decimal_text

NE = {"weight": "80 kg", "bag": "16 mg/250 mL", "basis": "base"}


def codes(result: DoseResult) -> set[str]:
    return {warning["code"] for warning in result.warnings}


def stops(result: DoseResult) -> set[str]:
    return {limit["name"] for limit in result.exceeded}


# --- published slips


def test_pub_70x_a_rate_per_minute_entered_per_kilogram() -> None:
    result = ask(dose="0.5 mcg/kg/min", current="0.5 mcg/min", **{**NE, "weight": "70 kg"})
    assert "step.hard_ratio" in stops(result) and result.exit_code == 3 and result.rounded is None
    assert "relative-step" in codes(result)
    shown = {entry["unit"]: entry["value"] for entry in result.to_dict()["also"]}
    assert shown["ug/min"] == 35  # both ways of writing the dose stand side by side


def test_pub_8x_the_wrong_strength_from_a_list() -> None:
    right = ask(dose="0.1 ug/kg/min", weight="80 kg", bag="16 ug/mL", basis="base")
    wrong = ask(dose="0.1 ug/kg/min", weight="80 kg", bag="128 ug/mL", basis="base")
    assert right.exact == 8 * (wrong.exact or 0)
    given_rate = ask(rate="30 mL/h", weight="80 kg", bag="128 ug/mL", basis="base", current="0.1 ug/kg/min")
    assert given_rate.exact == F(8, 10) and "relative-step" in codes(given_rate)


@pytest.mark.parametrize(("asked", "current"), [("0.8", "0.08"), ("0.08", "0.8"), ("1", "0.01"), ("0.01", "1")])
def test_pub_10x_a_decimal_slip(asked: str, current: str) -> None:
    assert "decimal-shift" in codes(ask(dose=f"{asked} ug/kg/min", current=f"{current} ug/kg/min", **NE))


def test_salt_2x_and_pub_everdac() -> None:
    result = ask(dose="2.5 ug/kg/min", weight="80 kg", bag="16 mg/250 mL", basis="bitartrate")
    assert result.to_dict()["base_dose"]["exact"] == "5/4"
    assert ask(dose="2.5 ug/kg/min", **NE).to_dict()["base_dose"]["exact"] == "5/2"


def test_lb_kg_a_bare_weight_is_refused_and_pounds_are_converted() -> None:
    pounds = ask(dose="0.1 ug/kg/min", **{**NE, "weight": "176 lb"})
    assert pounds.case.weight == F("79.83225712")


def test_60x_units_per_hour_read_as_per_minute() -> None:
    assert ask("vasopressin", dose="1.8 U/h", bag="20 U/100 mL").exit_code == 0
    wrong = ask("vasopressin", dose="1.8 U/min", bag="20 U/100 mL")
    assert stops(wrong) == {"vasopressin.hard_high"} and wrong.rounded is None and wrong.exact is not None


def test_1000x_milligrams_for_micrograms() -> None:
    assert "norepinephrine.hard_high" in stops(ask(dose="0.1 mg/kg/min", **NE))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1 kg", {"weight.hard_low", "weight.placeholder"}),
        ("0 kg", {"weight.hard_low"}),
        ("-1 kg", {"weight.hard_low"}),
        ("19.9 kg", {"weight.hard_low"}),
        ("20 kg", set()),
        ("400 kg", set()),
        ("400.1 kg", {"weight.hard_high"}),
        ("9999 kg", {"weight.hard_high"}),
    ],
)
def test_a_weight_that_cannot_be_an_adults_stops(text: str, names: set[str]) -> None:
    result = ask(dose="0.01 ug/kg/min", **{**NE, "weight": text})
    assert stops(result) >= names and (result.exit_code == 3) == bool(names)
    if names:
        assert result.rounded is None and result.to_dict()["refused"]["code"] == "hard-limit"
    back = ask(rate="1 mL/h", **{**NE, "weight": text})
    assert {name for name in stops(back) if name.startswith("weight")} == names


def test_a_weight_that_is_not_needed_is_not_judged() -> None:
    assert ask("vasopressin", dose="0.03 U/min", bag="0.2 U/mL", weight="1 kg").exit_code == 0


# --- hard and soft


@pytest.mark.parametrize(
    ("drug", "unit", "bound"),
    [
        ("norepinephrine", "ug/kg/min", "3.3"),
        ("epinephrine", "ug/kg/min", "2"),
        ("dopamine", "ug/kg/min", "50"),
        ("phenylephrine", "ug/kg/min", "9.1"),
        ("angiotensin_ii", "ng/kg/min", "80"),
        ("dobutamine", "ug/kg/min", "40"),
        ("milrinone", "ug/kg/min", "1.5"),
        ("vasopressin", "U/min", "0.1"),
        ("methylene_blue", "mg/kg/h", "4"),
        ("hydrocortisone", "mg/d", "400"),
    ],
)
def test_a_hard_limit_stops_above_it_and_not_at_it(drug: str, unit: str, bound: str) -> None:
    def stopped(value: F) -> bool:
        found = limits_for(drugs[drug], value, limits, unit=unit, weight_kg=F(80))
        return any(entry["exceeded"] for entry in found if entry["kind"] == "hard")

    assert not stopped(F(bound)) and stopped(F(bound) + F(1, 10**6))
    assert drugs[drug]["unit"] == unit


def test_arithmetic_is_answered_past_a_hard_limit() -> None:
    record = ask(dose="5 ug/kg/min", **NE).to_dict()
    assert record["exact"] == "375" and record["rounded"] is None and record["delivered"] is None
    assert [limit["name"] for limit in record["limits"] if limit["exceeded"]] == ["norepinephrine.hard_high"]
    assert record["refused"]["instead"]


def test_a_soft_limit_only_warns() -> None:
    high, low = ask(dose="1.5 ug/kg/min", **NE), ask(dose="0.005 ug/kg/min", **NE)
    assert high.exit_code == low.exit_code == 0
    assert "above-usual" in codes(high) and "below-usual" in codes(low)
    names = {warning["name"] for warning in ask("vasopressin", dose="0.08 U/min", bag="0.2 U/mL").warnings}
    assert {"vasopressin.soft_high", "vasopressin.soft_high_label"} <= names


def test_an_unknown_form_is_judged_for_each_and_blocks_if_any_exceeds() -> None:
    unknown = {"weight": "80 kg", "bag": "16 mg/250 mL"}
    usual = ask(dose="0.1 ug/kg/min", **unknown)
    record = usual.to_dict()
    assert record["exact"] == "15/2" and record["base_dose"] is None and usual.exit_code == 0
    assert "basis-unknown" in codes(usual) and record["base_dose_if"]["bitartrate"]["exact"] == "1/20"
    high = ask(dose="4 ug/kg/min", **unknown, basis="unknown")
    entry = next(e for e in high.exceeded if e["name"] == "norepinephrine.hard_high")
    assert entry["forms"] == ["base"] and high.exit_code == 3
    assert ask(dose="4 ug/kg/min", **unknown, basis="bitartrate").exit_code == 0
    every = next(e for e in ask(dose="7 ug/kg/min", **unknown).exceeded if e["of"] == "dose")
    assert every["forms"] == ["base", "bitartrate", "tartrate", "hydrochloride"] and every["seen"] == 7


def test_other_words_for_a_form() -> None:
    for word in ("tartrate-monohydrate", "Bitartrate", " bitartrate "):
        assert ask(dose="0.2 ug/kg/min", **{**NE, "basis": word}).case.form == "bitartrate"


def test_without_a_weight_the_worst_accepted_one_is_taken() -> None:
    bag = {"bag": "16 mg/250 mL", "basis": "base"}
    below, above = ask(dose="66 ug/min", **bag), ask(dose="66.1 ug/min", **bag)
    assert below.exit_code == 0 and "limits-need-weight" in codes(below)
    assert stops(above) == {"norepinephrine.hard_high"} and "no weight" in above.exceeded[0]["text"]
    assert ask(dose="66.1 ug/min", weight="80 kg", **bag).exit_code == 0


def test_rounding_never_lifts_a_dose_over_a_hard_limit() -> None:
    result = ask("vasopressin", dose="0.1 U/min", bag="7.2 U/mL")  # 5/6 mL/h, so the nearest step is below
    assert result.rounded == F(8, 10)
    upward = ask("vasopressin", dose="0.1 U/min", bag="6.9 U/mL")  # 0.8696 mL/h, the nearest step would be 0.9
    assert upward.rounded == F(8, 10) and (upward.delivered or 0) <= F(1, 10)


@given(st.integers(1, 1000), st.integers(40, 150), st.sampled_from([16, 32, 64, 128]))
def test_nothing_comes_out_above_a_hard_limit(hundredths: int, kg: int, strength: int) -> None:
    result = ask(
        dose=f"{decimal_text(F(hundredths, 100))} ug/kg/min",
        weight=f"{kg} kg",
        bag=f"{strength} ug/mL",
        basis="base",
    )
    if result.delivered is not None:
        assert result.delivered <= F("3.3") and (result.rounded or 0) <= 1200
    else:
        assert result.exit_code == 3


@given(st.integers(1, 400), st.integers(1, 330))
def test_a_tighter_limit_never_lets_a_higher_dose_out(hundredths: int, cap: int) -> None:
    site = {**limits["norepinephrine"]["hard_high"], "value": F(cap, 100), "why": "a site's own ceiling"}
    tight = {**limits, "norepinephrine": {**limits["norepinephrine"], "site_high": site}}
    texts = {"dose": f"{decimal_text(F(hundredths, 100))} ug/kg/min", **NE}
    before, after = (dose(drugs["norepinephrine"], table, **texts) for table in (limits, tight))
    assert (after.delivered or 0) <= (before.delivered or 0)
    assert ("norepinephrine.site_high" in stops(after)) == (hundredths > cap)
    assert stops(before) <= stops(after)


@given(st.integers(1, 500), st.integers(1, 500))
def test_steps(current: int, proposed: int) -> None:
    found = {entry["name"]: entry for entry in step_limits(F(current, 100), F(proposed, 100), limits)}
    ratio = F(max(current, proposed), min(current, proposed))
    assert found["step.ratio"]["exceeded"] == (ratio >= 3)
    assert found["step.ratio"]["decimal_shift"] == (ratio in (10, 100))
    assert ("step.hard_ratio" in found) == (proposed > current)
    assert proposed <= current or found["step.hard_ratio"]["exceeded"] == (ratio >= 20)


@pytest.mark.parametrize(
    ("proposed", "names"),
    [("0.29", set()), ("0.3", {"step.ratio"}), ("1.99", {"step.ratio"}), ("2", {"step.ratio", "step.hard_ratio"})],
)
def test_a_step_counts_from_its_bound_on(proposed: str, names: set[str]) -> None:
    found = step_limits(F("0.1"), F(proposed), limits)
    assert {entry["name"] for entry in found if entry["exceeded"]} == names


def test_starting_and_stopping_are_no_steps() -> None:
    assert step_limits(F(0), F(1), limits) == step_limits(F(1), F(0), limits) == []


@pytest.mark.parametrize(
    ("bag", "stop", "code"),
    [
        ("4 mg/250 mL", False, ""),
        ("4 mg/4 mL", False, "concentration-unusual"),
        ("4 mg/2 mL", True, ""),
        ("1 mg/1000 mL", False, "concentration-unusual"),
    ],
)
def test_bag_strengths(bag: str, stop: bool, code: str) -> None:
    result = ask(dose="0.1 ug/kg/min", **{**NE, "bag": bag})
    assert ("norepinephrine.concentration_hard_high" in stops(result)) == stop
    assert stop or ("concentration-unusual" in codes(result)) == bool(code)


def test_pump_rates() -> None:
    fast = ask(dose="3 ug/kg/min", **{**NE, "bag": "4 mg/1000 mL"})
    assert stops(fast) == {"pump.hard_high"} and fast.exact == 3600
    slow = ask(dose="0.01 ug/kg/min", **{**NE, "bag": "32 mg/250 mL"})
    assert codes(slow) == {"rate-unusual"} or codes(slow) == {"rate-unusual", "rounding-coarse"}
    coarse = ask(dose="0.01 ug/kg/min", **{**NE, "weight": "31 kg", "bag": "32 mg/250 mL"})
    assert "rounding-coarse" in codes(coarse) and coarse.rounded == F(1, 10)


def test_limits_come_tightest_first_with_their_source() -> None:
    found = limits_for(drugs["vasopressin"], F(8, 100), limits)
    highs = [entry for entry in found if entry["side"] == "high"]
    assert [entry["value"] for entry in highs] == sorted(entry["value"] for entry in highs)
    assert [entry["exceeded"] for entry in highs] == [True, True, False]
    assert all(entry["cite"]["source"] and entry["cite"]["at"] and entry["why"] for entry in found)


def test_a_drug_without_limits_says_so() -> None:
    assert "no-limits" in codes(ask("terlipressin", dose="0.1 mg/h", bag="2 mg/50 mL"))


def test_weight_limits_name_light_and_heavy() -> None:
    def exceeded(kg: int) -> set[str]:
        return {entry["name"] for entry in weight_limits(F(kg), limits) if entry["exceeded"]}

    assert exceeded(80) == set() and exceeded(35) == {"weight.soft_low"} and exceeded(250) == {"weight.soft_high"}


def test_what_runs_now_may_be_given_as_a_pump_rate() -> None:
    case = {**NE, "weight": "80 kg", "bag": "4 mg/250 mL"}
    same = ask(dose="0.1 ug/kg/min", current="30 mL/h", **case)
    tripled = ask(dose="0.3 ug/kg/min", current="30 mL/h", **case)
    assert "relative-step" not in codes(same) and "relative-step" in codes(tripled)
