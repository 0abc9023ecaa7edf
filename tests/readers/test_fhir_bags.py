"""The bag of a pump rate: one amount of the drug in one volume, or none, and then the dose is not known."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from fhir_drips import NOREPINEPHRINE, UCUM, Record, dose, given, noted, plainly, rate, state

WEIGHT = {
    "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-02T06:00:00Z",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "valueQuantity": {"value": 80, "unit": "kg"},
}  # fmt: skip
SULFITE = {"text": "sodium metabisulfite"}


def quantity(value: float, unit: str, code: str = "", **more: Any) -> Record:
    """A Quantity whose text and code are the same unit, unless a code says otherwise."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code or unit} | more


def part(item: Any, amount: Record, volume: Record, **more: Any) -> Record:
    """An ingredient with its strength."""
    one: Record = {"strength": {"numerator": amount, "denominator": volume}}
    return one | ({"itemCodeableConcept": item} if item else {}) | more


EIGHT, BAG = quantity(8, "mg"), quantity(250, "mL")


def pumped(*parts: Record, dosage: Record | None = None, **more: Any) -> Record:
    """15 mL/h of a product of norepinephrine."""
    product = {"resourceType": "Medication", "id": "m", "code": NOREPINEPHRINE, "ingredient": list(parts)} | more
    return given(
        "in-progress", "08:00", dosage=dosage or rate(15, "mL/h"),
        medicationReference={"reference": "#m"}, contained=[product],
    )  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [
        [part(NOREPINEPHRINE, EIGHT, BAG)],
        [part(None, EIGHT, BAG)],  # the only one, and it does not say what it is
        [part(NOREPINEPHRINE, EIGHT, BAG), part(SULFITE, quantity(0.2, "mg"), quantity(1, "mL"))],
        [part(NOREPINEPHRINE, EIGHT, BAG), part({"text": "dextrose 5 %"}, quantity(242, "mL"), BAG)],
        [part(NOREPINEPHRINE, quantity(8000, "mcg", "ug"), quantity(0.25, "L"))],
    ],
)
def test_the_strength_of_the_drug_is_the_bag(parts: list[Record]) -> None:
    assert dose(WEIGHT, pumped(*parts)) == Fraction(1, 10) and noted(WEIGHT, pumped(*parts)) == set()


@pytest.mark.parametrize(
    "parts",
    [
        [part(NOREPINEPHRINE, quantity(8, "mg", "ug"), BAG)],
        [part(NOREPINEPHRINE, EIGHT, quantity(250, "mL", "L"))],
        [part(NOREPINEPHRINE, quantity(4, "mL", "mg"), BAG)],
        [part(NOREPINEPHRINE, quantity(8, "mg", comparator="<="), BAG)],
        [part(SULFITE, quantity(0.2, "mg"), quantity(1, "mL"))],
        [part({"coding": [{"system": "urn:x", "code": "1"}]}, EIGHT, BAG)],
        [part(None, EIGHT, BAG, isActive=False)],
        [part(NOREPINEPHRINE, quantity(4, "mg"), BAG), part(NOREPINEPHRINE, quantity(16, "mg"), BAG)],
        [
            part(NOREPINEPHRINE, quantity(1, "mg"), quantity(1, "mL")),
            part({"text": "dextrose 5 %"}, BAG, quantity(1, "{bag}")),
        ],
    ],
)
def test_a_strength_that_is_doubtful_or_of_something_else_is_no_bag(parts: list[Record]) -> None:
    found = state(WEIGHT, pumped(*parts))
    assert found.value("norepinephrine") is None
    assert "ask-unit" in {code for code, *_ in found.cautions} and noted(pumped(*parts)) == {"strength-not-read"}
    assert plainly([{"value": 15, "unit": "mL/h", "at": "08:00"}]) is None
    # A dose that needs no bag is read all the same.
    plain_dose = pumped(*parts, dosage=rate(0.2))
    assert dose(plain_dose) == Fraction(1, 5) and noted(plain_dose) == set()


def test_a_bag_whose_code_and_unit_differ_is_none_in_an_extension_too() -> None:
    inner = [{"url": "amount", "valueQuantity": EIGHT}, {"url": "volume", "valueQuantity": quantity(250, "mL")}]
    infusion = given("in-progress", "08:00", dosage=rate(15, "mL/h"))
    infusion["extension"] = [{"url": "urn:vasotone:bag", "extension": inner}]
    assert dose(WEIGHT, infusion) == Fraction(1, 10)
    inner[1]["valueQuantity"] = quantity(250, "L", "mL")
    assert dose(WEIGHT, infusion) is None


def test_of_a_medication_that_was_entered_in_error_the_dose_is_unknown() -> None:
    before = given("in-progress", "07:00", dosage=rate(0.3))
    wrong = pumped(part(NOREPINEPHRINE, EIGHT, BAG), status="entered-in-error")
    assert dose(WEIGHT, before, wrong) is None and "medication-in-error" in noted(before, wrong)
    assert dose(WEIGHT, before, pumped(part(NOREPINEPHRINE, EIGHT, BAG), status="inactive")) == Fraction(1, 10)


@pytest.mark.parametrize("place", ["numerator", "denominator"])
def test_a_bound_in_a_ratio_is_no_rate(place: str) -> None:
    ratio: dict[str, Record] = {"numerator": quantity(0.48, "mg"), "denominator": quantity(1, "h")}
    assert dose(WEIGHT, given("in-progress", "08:00", dosage={"rateRatio": ratio})) == Fraction(1, 10)
    ratio[place]["comparator"] = "<"
    assert dose(WEIGHT, given("in-progress", "08:00", dosage={"rateRatio": ratio})) is None
    bounded = {"dose": quantity(0.1, "ug/kg/min", comparator=">")}
    assert dose(given("in-progress", "08:00", dosage=bounded)) is None
