"""What one administration says: what is held, hung, without a rate or impossible is unknown, not an older value."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from fhir_drips import Record, coded, dose, given, noted, plainly, rate

HYDROCORTISONE = coded("5492", "hydrocortisone")
RUNS = given("in-progress", "08:00", dosage=rate(0.1))


def steroid(status: Any, at: str = "05:00", **more: Any) -> Record:
    """A single dose of hydrocortisone."""
    one = given(status, at, drug=HYDROCORTISONE, dosage={"dose": {"value": 50, "unit": "mg"}}, **more)
    return {key: value for key, value in one.items() if value is not None}


@pytest.mark.parametrize("status", ["on-hold", "stopped", "in-progress", "unknown", None])
def test_a_single_dose_that_was_not_given_in_full_leaves_the_daily_dose_unknown(status: Any) -> None:
    full = steroid("completed", "02:00")
    assert dose(full, steroid("completed"), drug="hydrocortisone") == 100
    assert dose(full, steroid(status), drug="hydrocortisone") is None
    assert plainly([{"value": None, "at": "05:00"}], drug="hydrocortisone") is None
    assert "daily-dose-not-known" in noted(full, steroid(status))
    assert ("status-not-known" in noted(full, steroid(status))) is (status in ("unknown", None))
    assert dose(full, steroid("not-done"), drug="hydrocortisone") == 50


@pytest.mark.parametrize("end", [None, ""])
def test_a_bag_that_hangs_without_a_rate_is_no_single_dose(end: str | None) -> None:
    amount = {"dose": {"value": 8, "unit": "mg"}}
    hung = given("in-progress", "09:00", end, dosage=amount)
    for before in (given("stopped", "07:00"), RUNS):
        assert dose(before, hung) is None and "dose-not-known" in noted(before, hung)
    push = given("completed", "09:00", dosage=amount)
    assert dose(RUNS, push) == Fraction(1, 10) and noted(RUNS, push) == {"single-dose"}


@pytest.mark.parametrize("dosage", [{}, {"dosage": {"text": "rate change to 0.4 mcg/kg/min"}}])
def test_what_is_done_without_a_rate_that_can_be_read_leaves_the_dose_unknown(dosage: Record) -> None:
    change = given("completed", "09:30", **dosage)
    assert dose(RUNS, change) is None and noted(RUNS, change) == {"dose-not-known"}
    assert plainly([{"value": 0.1, "at": "08:00"}, {"value": None, "at": "09:30"}]) is None
    assert dose(RUNS, change, given("in-progress", "09:45", dosage=rate(0.4))) == Fraction(2, 5)


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_a_period_that_ends_before_it_begins_leaves_the_dose_unknown(status: str) -> None:
    turned = given(status, "09:30", "09:00", dosage=rate(0.3))
    assert dose(RUNS, turned) is None and noted(RUNS, turned) == {"period-reversed"}
    point = given("stopped", "09:30", "09:30")
    assert dose(RUNS, point) == 0 and noted(RUNS, point) == set()


SHOCK = {
    "resourceType": "Condition", "code": {"text": "septic shock"}, "onsetDateTime": "2026-03-02T06:00:00Z",
}  # fmt: skip
WEIGHT = {
    "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-02T06:00:00Z",
    "code": coded("29463-7", system="http://loinc.org"), "valueQuantity": {"value": 80, "unit": "kg"},
}  # fmt: skip


def bolus(name: str, volume: float = 1000, status: str = "completed", unit: str = "mL", **more: Any) -> Record:
    """A volume of something."""
    return given(status, "07:00", drug={"text": name}, dosage={"dose": {"value": volume, "unit": unit}, **more})


def fluids(*boluses: Record) -> Any:
    """Fluids since onset."""
    return dose(SHOCK, WEIGHT, *boluses, drug="fluids")


def test_a_bolus_that_was_stopped_is_no_volume_but_a_rate_until_the_stop_is() -> None:
    saline = bolus("sodium chloride 0.9 %")
    assert fluids(saline) == Fraction(25, 2)
    assert fluids(saline, bolus("normal saline", status="stopped")) is None
    half = given("stopped", "07:00", "08:00", drug={"text": "normal saline"}, dosage=rate(800, "mL/h"))
    assert fluids(saline, half) == Fraction(45, 2)
    turned = given("completed", "08:00", "07:00", drug={"text": "normal saline"}, dosage=saline["dosage"])
    assert fluids(saline, turned) is None


@pytest.mark.parametrize(
    "name",
    [
        "lactated Ringer's bolus", "Lactated Ringer\u2019s", "LACTATED RINGERS", "Hartmann's solution", "NaCl 0.9%",
        "0.9 % sodium chloride IV", "NaCl 0,9 %", "Plasma-Lyte A", "sodium_chloride",
    ],
)  # fmt: skip
def test_a_crystalloid_is_known_however_it_is_spelled(name: str) -> None:
    assert fluids(bolus("normal saline"), bolus(name, 2000)) == Fraction(75, 2)


@pytest.mark.parametrize("name", ["sodium chloride 3 %", "balanced crystalloid", "Ringer solution", "fluid bolus"])
def test_what_may_be_a_crystalloid_leaves_the_sum_unknown(name: str) -> None:
    assert fluids(bolus("normal saline"), bolus(name)) is None
    assert "fluids-not-summed" in noted(SHOCK, WEIGHT, bolus("normal saline"), bolus(name))
    assert fluids(bolus("normal saline"), bolus(name, 10, unit="mmol")) == Fraction(25, 2)


def test_a_volume_of_something_without_a_name_leaves_the_sum_unknown() -> None:
    nameless = bolus("", 1000) | {"medicationCodeableConcept": coded("1", system="urn:x")}
    assert fluids(bolus("normal saline"), nameless) is None
    nameless["dosage"] = {"dose": {"value": 1, "unit": "g"}}
    assert fluids(bolus("normal saline"), nameless) == Fraction(25, 2)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("sodium chloride 0.9 % irrigation", {}),
        ("sodium chloride 0.9 % nebulizer solution", {}),
        ("sodium chloride 0.9 %", {"route": {"text": "Irrigation"}}),
    ],
)
def test_what_goes_elsewhere_than_into_a_vein_is_no_fluid(name: str, more: Record) -> None:
    assert fluids(bolus(name, 3000, **more)) is None
    assert fluids(bolus("normal saline"), bolus(name, 3000, **more)) == Fraction(25, 2)
    assert fluids(bolus("normal saline"), bolus(name, 2000, route={"text": "intravenous"})) == Fraction(75, 2)


TURNED = [{"url": "http://example.org/simulated", "valueBoolean": True}]


def test_an_extension_that_may_change_the_meaning_leaves_the_dose_unknown() -> None:
    change = given("in-progress", "09:00", dosage=rate(0.4))
    product = {"resourceType": "Medication", "id": "m", "code": coded("7512")}
    of_product = {key: value for key, value in change.items() if key != "medicationCodeableConcept"}
    of_product |= {"medicationReference": {"reference": "#m"}, "contained": [product]}
    assert dose(RUNS, change) == dose(RUNS, of_product) == Fraction(2, 5)
    turned: list[Record] = [
        change | {"modifierExtension": TURNED},
        change | {"dosage": rate(0.4) | {"modifierExtension": TURNED}},
        of_product | {"contained": [product | {"modifierExtension": TURNED}]},
        given("stopped", "09:00", modifierExtension=TURNED),
    ]
    for one in turned:
        assert dose(RUNS, one) is None and noted(RUNS, one) == {"modifier-not-read"}
    assert dose(steroid("completed", modifierExtension=TURNED), drug="hydrocortisone") is None
    order = {
        "resourceType": "MedicationRequest", "status": "active", "authoredOn": "2026-03-02T09:00:00Z",
        "medicationCodeableConcept": coded("7512"), "modifierExtension": TURNED,
    }  # fmt: skip
    assert noted(RUNS, order) == {"modifier-not-read"} and dose(RUNS, order) == Fraction(1, 10)
    assert dose(given("stopped", "07:00"), order) is None


@pytest.mark.parametrize(
    ("stated", "unit", "pump", "expected"),
    [
        (0.1, "ug/kg/min", 15, Fraction(1, 10)),
        (0.1, "ug/kg/min", 0, None),
        (0, "ug/kg/min", 15, None),
        (0, "ug/kg/min", 0, 0),
        (15, "mL/h", 15, None),  # no bag
        (8, "mg", 15, None),  # an amount is no dose
    ],
)
def test_a_dose_beside_a_pump_rate_is_read_where_no_bag_hangs(
    stated: float, unit: str, pump: float, expected: Fraction | None
) -> None:
    both = {"dose": {"value": stated, "unit": unit}, **rate(pump, "mL/h")}
    assert dose(WEIGHT, given("in-progress", "08:00", dosage=both)) == expected


def test_two_pump_rates_that_differ_are_no_rate() -> None:
    bag = {"url": "urn:vasotone:bag", "extension": [
        {"url": "amount", "valueQuantity": {"value": 8, "unit": "mg"}},
        {"url": "volume", "valueQuantity": {"value": 250, "unit": "mL"}},
    ]}  # fmt: skip
    for stated, unit, expected in ((0.25, "mL/min", Fraction(1, 10)), (20, "mL/h", None)):
        both = {"dose": {"value": stated, "unit": unit}, **rate(15, "mL/h")}
        assert dose(WEIGHT, given("in-progress", "08:00", dosage=both, extension=[bag])) == expected
