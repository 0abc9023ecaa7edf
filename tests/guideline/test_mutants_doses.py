"""The dose and pump rate of an item, reckoned by hand from round invented figures."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from invented_world import CITE, CITED, DRUG_UNIT, DRUGS, LIMITS, PLANS, facts, limit, reading, state

from vasotone.advice import Cite, Dose, Pump
from vasotone.errors import UnitError
from vasotone.guideline_doses import (
    Dosing,
    cite_of,
    dose_for,
    end_of,
    increment,
    low_end,
    passes,
    pump_for,
    within_limits,
)
from vasotone.readings import Reading
from vasotone.table import Bag

FACTS = facts()
F = Fraction
NE = "norepinephrine"
BAG = Bag("4 mg", "100 mL", "base")  # 40 ug/mL
WELL = {"age": 60, "weight": 50}
FIFTY = F(50)


def running(value: float | None, bag: Bag | None = BAG, **more: Any) -> Reading:
    """Norepinephrine as it runs."""
    return reading(value, DRUG_UNIT, bag=bag, **more)


def dosed(use: str, drug: str = NE, of: Any = FACTS, **values: Any) -> Dosing:
    """What comes out for a patient of 60 years and 50 kg with changes."""
    return dose_for(state({**WELL, **values}), of, use, drug)


def limited(**tables: Any) -> Any:
    """Facts with other limits; a table adds to the one that is there."""
    return facts(limits={**LIMITS, **{name: {**LIMITS[name], **table} for name, table in tables.items()}})


def test_a_start_is_the_low_end_and_gives_a_pump_rate() -> None:
    found = dosed("start", norepinephrine=running(0))
    table = {"cite": CITE, "exceeded": False, "verified": False, "unit": DRUG_UNIT, "why": "a reason"}
    hard = {"name": "norepinephrine.hard_high", "kind": "hard", "value": 0.5, **table}
    soft = {"name": "norepinephrine.soft_high", "kind": "soft", "value": 0.3, **table}
    assert found == Dosing(
        Dose(
            drug=NE, value=F(1, 25), unit=DRUG_UNIT, basis="base", dose_from=F(0), dose_to=F(1, 25), step=None,
            low=F(1, 25), high=F(1, 10), regime="practice", limits=(soft, hard), cites=(Cite(*CITED),), verified=True,
        ),
        # 0.04 ug/kg/min at 50 kg is 120 ug/h, which is 3 mL/h of 40 ug/mL
        Pump(F(3), "mL/h", "3", {"amount": "4 mg", "volume": "100 mL", "basis": "base"}),
        (),
    )  # fmt: skip
    assert dosed("add", norepinephrine=running(0)) == found


def test_a_step_up_and_a_step_down_rest_on_what_runs() -> None:
    up, down = dosed("raise", norepinephrine=running(0.1)), dosed("lower", norepinephrine=running(0.1))
    assert up.dose == Dose(
        drug=NE, value=F(3, 25), unit=DRUG_UNIT, basis="base", dose_from=F(1, 10), dose_to=F(3, 25), step=F(1, 50),
        low=F(1, 50), high=F(2, 5), regime="label", limits=up.dose.limits if up.dose else (),
        cites=(Cite("old", "page 2", "The old edition", 2010, "memory", ""),), verified=False,
    )  # fmt: skip
    assert up.pump == Pump(F(9), "mL/h", "9", {"amount": "4 mg", "volume": "100 mL", "basis": "base"})
    assert down.dose is not None and down.pump is not None
    assert (down.dose.value, down.dose.step, down.dose.high) == (F(2, 25), F(1, 50), F(2, 5))
    assert down.pump.rate == 6


def test_no_dose_is_lowered_below_nothing() -> None:
    found = dosed("lower", norepinephrine=running(0.01))
    assert found.dose is not None and found.pump is not None
    assert (found.dose.value, found.dose.dose_to, found.pump.rate) == (0, 0, 0)


@pytest.mark.parametrize("use", ["raise", "lower", "start", "add"])
def test_what_runs_unknown_is_missing(use: str) -> None:
    assert dosed(use) == Dosing(missing=(NE,))
    assert dosed(use, norepinephrine=running(None)) == Dosing(missing=(NE,))


def test_a_drug_that_no_record_can_hold_may_be_given() -> None:
    found = dosed("give", "hydrocortisone")
    assert found.dose is not None and found.pump is None and found.missing == ()
    assert (found.dose.value, found.dose.dose_from, found.dose.basis, found.dose.unit) == (200, None, None, "mg/d")
    assert (found.dose.low, found.dose.high, found.dose.limits) == (None, None, ())


def test_a_drug_of_one_form() -> None:
    found = dosed("add", "vasopressin", vasopressin=reading(0, "U/min", bag=Bag("20 U", "100 mL")))
    assert found.dose is not None and found.pump is not None
    assert (found.dose.value, found.dose.basis, found.dose.unit) == (F(3, 100), None, "U/min")
    assert (found.pump.rate, found.missing) == (9, ())
    assert found.pump.bag == {"amount": "20 U", "volume": "100 mL", "basis": "unknown"}


@pytest.mark.parametrize(
    ("use", "drug"),
    [("give", NE), ("raise", "vasopressin"), ("lower", "vasopressin"), ("", NE), ("start", "nothing")],
)
def test_a_use_that_is_not_planned_gives_nothing(use: str, drug: str) -> None:
    assert dosed(use, drug, norepinephrine=running(0.1), vasopressin=0.01) == Dosing()


def test_a_drug_without_figures_or_without_a_plan_gives_nothing() -> None:
    bare = {name: {key: one for key, one in drug.items() if key != "regimes"} for name, drug in DRUGS.items()}
    assert dosed("start", of=facts(drugs=bare), norepinephrine=running(0)) == Dosing()
    assert dosed("start", of=facts(plans={}), norepinephrine=running(0)) == Dosing()


def test_without_an_age_there_is_no_dose() -> None:
    assert dose_for(state({"weight": 50, NE: running(0)}), FACTS, "start", NE) == Dosing(missing=("age",))


def test_a_form_that_is_not_known_is_missing_where_a_drug_has_forms() -> None:
    assert dosed("raise", norepinephrine=running(0.1, quality="basis-unknown")) == Dosing(
        missing=("norepinephrine.basis",)
    )
    other = reading(0, "U/min", quality="basis-unknown")
    assert dosed("add", "vasopressin", vasopressin=other).missing == ()


def test_a_dose_that_is_only_a_word_counts_as_unknown() -> None:
    assert dosed("raise", norepinephrine=Reading("some", DRUG_UNIT)) == Dosing(missing=(NE,))


def test_a_hard_limit_stops_a_rise_and_takes_the_number_of_a_fall() -> None:
    told = "norepinephrine.hard_high: at most 0.5 ug/kg/min"
    assert dosed("raise", norepinephrine=running(0.49)) == Dosing(stopped_by=told)
    assert dosed("lower", norepinephrine=running(0.6)) == Dosing(above=told)
    at = dosed("raise", norepinephrine=running(0.48))
    assert at.dose is not None and at.dose.value == F(1, 2)
    assert [(one["name"], one["exceeded"]) for one in at.dose.limits] == [
        ("norepinephrine.soft_high", True), ("norepinephrine.hard_high", False)
    ]  # fmt: skip
    soft = limited(norepinephrine={"hard_low": limit(0.001, DRUG_UNIT, side="low")})
    started = dosed("start", of=soft, norepinephrine=running(0))
    assert started.dose is not None and [one["exceeded"] for one in started.dose.limits] == [False, False, False]


def test_a_limit_on_the_whole_body_rests_on_the_weight() -> None:
    whole = limited(norepinephrine={"whole": limit(15, "ug/min")})  # 0.12 ug/kg/min is 6 at 50 kg and 18 at 150 kg
    assert dosed("raise", of=whole, norepinephrine=running(0.1)).stopped_by == ""
    assert dosed("raise", of=whole, norepinephrine=running(0.1), weight=150).stopped_by == (
        "norepinephrine.whole: at most 15 ug/min"
    )
    # without a weight the heaviest accepted one is taken: 36 ug/min at 300 kg
    assert dosed("raise", of=whole, norepinephrine=running(0.1), weight=Reading(None, "kg")).stopped_by
    assert dosed("raise", of=whole, norepinephrine=running(0.1), weight=Reading("light", "kg")).stopped_by


def test_the_ends_of_a_range() -> None:
    drug = DRUGS[NE]
    start, step, span = drug["regimes"]
    assert (low_end(start, drug), low_end(step, drug)) == (F(1, 25), F(1, 50))
    assert (end_of(span, "low", drug), end_of(span, "high", drug)) == (F(1, 50), F(2, 5))
    assert end_of(step, "low", drug) is None and end_of(None, "low", drug) is None
    with pytest.raises(UnitError) as caught:
        low_end({"id": "bad", "value": "x", "unit": DRUG_UNIT}, drug)
    assert caught.value.where == "bad"
    with pytest.raises(UnitError) as caught:
        end_of({"id": "bad", "high": "x", "unit": DRUG_UNIT}, "high", drug)
    assert caught.value.where == "bad"


def test_no_end_of_a_range_lies_beyond_a_hard_limit() -> None:
    def held(high: str | None, weight: Any = FIFTY, of: Any = FACTS) -> Fraction | None:
        return within_limits(None if high is None else F(high), DRUGS[NE], of, weight)

    assert (held("0.6"), held("0.5"), held("0.4"), held(None)) == (F("0.5"), F("0.5"), F("0.4"), None)
    hourly = limited(norepinephrine={"hourly": limit(12, "ug/kg/h")})
    assert held("0.6", of=hourly) == F("0.2") == held("0.6", None, hourly)
    # the limit of 0.3 ug/kg/min at 50 kg is one of 15 ug/min, which the heaviest of 300 kg reaches at 0.05
    whole = limited(norepinephrine={"whole": limit(15, "ug/min")})
    assert (held("0.6", of=whole), held("0.2", of=whole), held("0.6", F(20), whole)) == (F("0.3"), F("0.2"), F("0.5"))
    for unknown in (None, "light"):
        assert (held("0.6", unknown, whole), held("0.06", unknown, whole)) == (None, None)
        assert (held("0.05", unknown, whole), held("0.6", unknown)) == (F("0.05"), F("0.5"))


def test_a_dose_shows_a_range_that_ends_at_the_limit() -> None:
    tight = limited(norepinephrine={"hard_high": limit(0.35, DRUG_UNIT), "whole": limit(15, "ug/min")})
    for weight, high in ((40, F("0.35")), (50, F("0.3")), (Reading(None, "kg"), None)):
        told = dosed("raise", of=tight, norepinephrine=running(0.01), weight=weight).dose
        assert told is not None and (told.low, told.high, told.value) == (F("0.02"), high, F("0.03"))


def test_a_start_without_a_low_end_shows_the_usual_range() -> None:
    found = dosed("add", "vasopressin", vasopressin=0)
    assert found.dose is not None and (found.dose.low, found.dose.high) == (None, None)
    drug = {
        **DRUGS[NE],
        "regimes": [{**DRUGS[NE]["regimes"][0], "value": 0.05, "id": "one"}, DRUGS[NE]["regimes"][2]],
    }
    del drug["regimes"][0]["low"]
    of = facts(drugs={NE: drug}, plans={NE: {"start": "one", "range": "ne-range"}})
    told = dosed("start", of=of, norepinephrine=running(0)).dose
    assert told is not None and (told.value, told.low, told.high) == (F(1, 20), F(1, 50), F(2, 5))


def test_without_a_range_none_is_shown() -> None:
    of = facts(plans={NE: {key: one for key, one in PLANS[NE].items() if key != "range"}})
    told = dosed("raise", of=of, norepinephrine=running(0.1)).dose
    assert told is not None and (told.low, told.high) == (None, None)


# --- the pump


def pumped(value: str, of: Any = FACTS, drug: str = NE, **values: Any) -> tuple[Pump | None, tuple[str, ...]]:
    """The pump rate of a dose for a patient of 50 kg with changes."""
    return pump_for(state({**WELL, **values}), of, drug, of.drugs[drug], F(value))[:2]


def test_a_bag_in_another_form_takes_twice_the_rate() -> None:
    salt = Bag("4 mg", "100 mL", "salt")
    pump, missing = pumped("0.04", norepinephrine=running(0.1, salt))
    assert pump == Pump(F(6), "mL/h", "6", {"amount": "4 mg", "volume": "100 mL", "basis": "salt"})
    assert missing == ()


def test_what_is_missing_for_a_pump_rate() -> None:
    unsaid = Bag("4 mg", "100 mL", "unknown")
    light = Reading(None, "kg")
    assert pumped("0.04", norepinephrine=running(0.1, unsaid)) == (None, ("norepinephrine.basis",))
    assert pumped("0.04", norepinephrine=running(0.1), weight=light) == (None, ("weight",))
    both = pumped("0.04", norepinephrine=running(0.1, unsaid), weight=light)
    assert both == (None, ("weight", "norepinephrine.basis"))
    assert pumped("0.04", norepinephrine=running(0.1, None)) == (None, ())
    assert pumped("0.04", norepinephrine=running(0.1, None), weight=light) == (None, ("weight",))
    assert pumped("0.04") == (None, ())
    assert pumped("0.03", drug="vasopressin", weight=light,
                  vasopressin=reading(0, "U/min", bag=Bag("20 U", "100 mL")))[1] == ()  # fmt: skip
    assert pumped("200", drug="hydrocortisone", hydrocortisone=reading(1, bag=BAG)) == (None, ())


@pytest.mark.parametrize(
    ("bag", "value"),
    [
        (Bag("4 mg", "0 mL", "base"), "0.04"),  # no volume
        (Bag("4", "100 mL", "base"), "0.04"),  # no unit
        (Bag("20 U", "100 mL", "base"), "0.04"),  # another kind of amount
        (Bag("11 mg", "100 mL", "base"), "0.04"),  # 110 ug/mL is past the limit of 100
        (Bag("1 mg", "1000 mL", "base"), "0.4"),  # 1200 mL/h is past the limit of 400
        (Bag("10 mg", "100 mL", "base"), "0.0001"),  # 0.003 mL/h, which the pump cannot be set to
    ],
)
def test_a_bag_that_cannot_be_meant_gives_no_rate(bag: Bag, value: str) -> None:
    assert pumped(value, norepinephrine=running(0.1, bag)) == (None, ("norepinephrine.bag",))


def test_a_bag_at_its_limits_gives_a_rate() -> None:
    strong, _ = pumped("0.04", norepinephrine=running(0.1, Bag("10 mg", "100 mL", "base")))
    fast, _ = pumped("0.4", norepinephrine=running(0.1, Bag("3 mg", "1000 mL", "base")))
    assert strong is not None and fast is not None
    assert (strong.rate, strong.exact) == (F("1.2"), "6/5") and fast.rate == 400


def test_a_drug_that_no_pump_gives_has_no_rate() -> None:
    bagged = facts(drugs={**DRUGS, NE: {key: one for key, one in DRUGS[NE].items() if key != "infusion"}})
    assert pumped("0.04", of=bagged, norepinephrine=running(0.1)) == (None, ())


def test_an_error_names_the_drug_whose_unit_is_none() -> None:
    with pytest.raises(UnitError) as caught:
        pump_for(state(), FACTS, NE, {**DRUGS[NE], "unit": "spoons"}, F(1))
    assert caught.value.where == NE


def test_a_rate_is_rounded_to_the_pump_but_never_over_a_limit() -> None:
    bag = Bag("4 mg", "250 mL", "base")  # 16 ug/mL: 0.5 ug/kg/min at 50 kg is 93.75 mL/h
    coarse = limited(pump={"increment": {"value": 5, "unit": "mL/h"}})
    near, _ = pumped("0.5", of=coarse, norepinephrine=running(0.1, bag))
    below, _ = pumped("0.49", of=coarse, norepinephrine=running(0.1, bag))
    assert near is not None and (near.rate, near.exact) == (90, "375/4")  # 95 would give 0.507 ug/kg/min
    assert below is not None and (below.rate, below.exact) == (90, "735/8")
    up, _ = pumped("0.448", of=coarse, norepinephrine=running(0.1, bag))
    assert up is not None and (up.rate, up.exact) == (85, "84")
    fast = limited(pump={"increment": {"value": 30, "unit": "mL/h"}})
    most, _ = pumped("0.4", of=fast, norepinephrine=running(0.1, Bag("3.02 mg", "1000 mL", "base")))
    assert most is not None and most.rate == 390  # 397.35 mL/h; 420 would pass the limit of 400 on the flow
    # at 50 kg 0.2 ug/kg/min is 10 ug/min, far from 60; at the heaviest accepted weight rounding up would pass it
    light = limited(norepinephrine={"whole": limit(60, "ug/min")}, pump={"increment": {"value": 5, "unit": "mL/h"}})
    half, _ = pumped("0.2", of=light, norepinephrine=running(0.1, bag))
    assert half is not None and (half.rate, half.exact) == (40, "75/2")


def test_what_passes_a_hard_limit() -> None:
    whole = limited(norepinephrine={"whole": limit(15, "ug/min")})
    drug = DRUGS[NE]
    assert passes(drug, F("0.51"), F(1), FACTS, F(50)) and not passes(drug, F("0.5"), F(1), FACTS, F(50))
    assert passes(drug, F("0.1"), F(401), FACTS, F(50)) and not passes(drug, F("0.1"), F(400), FACTS, F(50))
    assert passes(drug, F("0.2"), F(1), whole, F(100)) and not passes(drug, F("0.2"), F(1), whole, F(50))
    assert passes(drug, F("0.2"), F(1), whole, None) and passes(drug, F("0.2"), F(1), whole, "light")


def test_the_weight_counts_only_where_a_dose_is_per_kilogram() -> None:
    bag = reading(0, "U/min", bag=Bag("20 U", "100 mL"))
    for weight in (20, 150):
        pump, _ = pumped("0.03", drug="vasopressin", vasopressin=bag, weight=weight)
        assert pump is not None and pump.rate == 9


def test_a_bag_that_the_site_stands_in_for_says_so() -> None:
    patient = state({**WELL, NE: running(0.1)}, assumed=("norepinephrine.bag",))
    pump, _, _ = pump_for(patient, FACTS, NE, DRUGS[NE], F("0.04"))
    assert pump is not None
    assert pump.bag == {"amount": "4 mg", "volume": "100 mL", "basis": "base", "origin": "assumed"}


@pytest.mark.parametrize(
    ("bag", "missing", "doubts"),
    [
        (Bag("4 mg", "100 mL", "base"), (), ()),
        (Bag("10 mg", "100 mL", "base"), (), ()),
        (Bag("11 mg", "100 mL", "base"), (NE + ".bag",), ("concentration 110 ug/mL above 100 ug/mL: a reason",)),
        (Bag("15 mg", "1000 L", "base"), (NE + ".bag",), ("rate 8000 mL/h above 400 mL/h: a reason",)),
        (Bag("4 spoons", "100 mL", "base"), (NE + ".bag",), ("cannot be read",)),
        (Bag("4 mg", "100 mL", "unknown"), (NE + ".basis",), ()),
    ],
    ids=str,
)
def test_what_speaks_against_a_bag_is_told(bag: Bag, missing: tuple[str, ...], doubts: tuple[str, ...]) -> None:
    pump, needed, told = pump_for(state({**WELL, NE: running(0.1, bag)}), FACTS, NE, DRUGS[NE], F("0.04"))
    assert (pump is None, needed, told) == (bool(missing), missing, doubts)
    dosing = dose_for(state({**WELL, NE: running(0.1, bag)}), FACTS, "raise", NE)
    assert bool(dosing.bag) is bool(doubts) and dosing.dose is not None


def test_a_weak_warning_stands_beside_the_rate() -> None:
    soft = limited(norepinephrine={"soft_strength": limit(30, "ug/mL", "soft", of="concentration")})
    patient = state({**WELL, NE: running(0.1)})
    pump, missing, told = pump_for(patient, soft, NE, DRUGS[NE], F("0.04"))
    assert pump is not None and missing == () and told == ("concentration 40 ug/mL above 30 ug/mL: a reason",)


def test_the_step_of_the_pump() -> None:
    assert increment(FACTS) == F(1, 10)
    with pytest.raises(UnitError) as caught:
        increment(facts(limits={"pump": {"increment": {"value": "x", "unit": "mL/h"}}}))
    assert caught.value.where == "pump increment"


def test_a_cite_carries_its_source() -> None:
    assert cite_of({"source": "new", "at": "p. 1"}, FACTS) == Cite(
        "new", "p. 1", "The new edition", 2020, "primary", "10.1/new"
    )
    own = cite_of({"source": "table", "at": "row 2", "read": "secondary"}, FACTS)
    assert own == Cite("table", "row 2", "A table", None, "secondary", "")
