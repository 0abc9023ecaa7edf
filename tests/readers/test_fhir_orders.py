"""What belongs to one infusion: a stop ends its own order, however that is referred to, and no other."""

from __future__ import annotations

from fractions import Fraction
from time import perf_counter
from typing import Any

import pytest
from fhir_drips import Record, dose, given, noted, plainly, rate

from vasotone.readers.fhir_orders import Orders

A = {"request": {"reference": "MedicationRequest/a"}}
B = {"request": {"reference": "MedicationRequest/b"}}
PART = {"partOf": [{"reference": "MedicationAdministration/whole"}]}
RAN_AND_STOPPED = [{"value": 0.2, "at": "06:00"}, {"value": 0, "at": "08:10"}]


def ordered(text: str) -> Record:
    """A reference to a request."""
    return {"request": {"reference": text}}


def held_inside(key: str) -> Record:
    """A request that stands inside its administration."""
    inner = {"resourceType": "MedicationRequest", "id": key, "status": "completed", "intent": "order"}
    return {**ordered(f"#{key}"), "contained": [inner]}


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        ({"id": "whole", **A}, {**PART, **A}),
        ({"id": "whole", **A}, PART),
        (A, ordered("https://ehr.example.org/fhir/MedicationRequest/a")),
        (ordered("https://ehr.example.org/fhir/MedicationRequest/a/_history/3"), A),
        (ordered("MedicationRequest/a/_history/1"), ordered("MedicationRequest/a/_history/2")),
        (held_inside("one"), held_inside("two")),
    ],
)
def test_a_stop_ends_its_order_however_that_is_referred_to(start: Record, stop: Record) -> None:
    record = [given("in-progress", "06:00", dosage=rate(0.2), **start), given("stopped", "08:10", **stop)]
    for listed in (record, record[::-1]):
        assert dose(*listed) == plainly(RAN_AND_STOPPED) == 0 and noted(*listed) <= {"status-skipped"}


def test_a_stop_of_one_order_leaves_the_other_also_where_both_have_versions_and_servers() -> None:
    one, two = "https://ehr.example.org/fhir/MedicationRequest/a/_history/1", "MedicationRequest/b/_history/1"
    record = [
        given("in-progress", "06:00", dosage=rate(0.2), **ordered(one)),
        given("in-progress", "07:00", dosage=rate(0.3), **ordered(two)),
        given("stopped", "08:00", **A),
    ]
    assert dose(*record) == Fraction(3, 10)
    # One id on two servers is two orders.
    record[1]["request"] = {"reference": "https://other.example.org/fhir/MedicationRequest/a"}
    record[2]["request"] = {"reference": "https://ehr.example.org/fhir/MedicationRequest/a"}
    assert dose(*record) == Fraction(3, 10)


@pytest.mark.parametrize("status", ["in-progress", "completed"])
@pytest.mark.parametrize("rated", [{}, {"dosage": rate(0.2)}])
def test_what_is_part_of_an_infusion_ends_with_it(status: str, rated: Record) -> None:
    whole = given("stopped", "06:00", "09:00", id="whole", **A, **rated)
    part = given(status, "08:00", dosage=rate(0.3), **PART, **A)
    assert dose(whole, part) == dose(part, whole) == 0
    whole["effectivePeriod"]["end"] = "2026-03-02T11:00:00Z"
    assert dose(whole, part) == Fraction(3, 10)


def test_a_stop_that_names_its_order_in_another_way_leaves_the_dose_unknown() -> None:
    runs = given("in-progress", "06:00", dosage=rate(0.2), **A)
    stray: Any = {"partOf": [{"reference": "MedicationAdministration/not-sent"}]}
    assert dose(runs, given("stopped", "08:00", **stray)) is None
    assert noted(runs, given("stopped", "08:00", **stray)) == {"stop-not-matched"}
    assert dose(runs, given("stopped", "08:00", **stray), given("in-progress", "09:00", dosage=rate(0.1), **A)) == (
        Fraction(1, 10)
    )
    assert dose(runs, given("stopped", "08:00", **B)) == Fraction(1, 5)  # another order, named in the same way


def test_what_is_done_during_one_procedure_is_not_one_order() -> None:
    during = {"partOf": [{"reference": "Procedure/p"}]}
    record = [
        given("in-progress", "06:00", dosage=rate(0.2), **during, **A),
        given("in-progress", "07:00", dosage=rate(0.3), **during, **B),
        given("stopped", "08:00", **during, **A),
    ]
    assert dose(*record) == Fraction(3, 10)


def test_many_parts_of_one_order_are_no_burden() -> None:
    many = [given("in-progress", "06:00", id=f"m{n:06}", **A) for n in range(40_000, 0, -1)]
    begun = perf_counter()
    orders = Orders(many)
    assert len({orders.of(one).name for one in many}) == 1
    assert perf_counter() - begun < 5  # a fraction of a second; a chain of them would take minutes
