"""An infusion whose drug is not told is missing data: what was off before it is not known to be off any more."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from fhir_drips import FACTS, NOREPINEPHRINE, Record, coded, dose, given, noted, plainly, rate, read

from vasotone.readers.fhir_crosswalk import crosswalk, looks_vasoactive, resembled

NDC = "http://hl7.org/fhir/sid/ndc"
STOP = given("stopped", "07:00")
PACKED = coded("00409-1443-04", system=NDC)
GONE = {"medicationReference": {"reference": "Medication/gone"}}
OFF_THEN_LOST = [{"value": 0, "at": "07:00"}, {"value": None, "at": "09:00"}]


def product(code: Record, *ingredients: Record, **more: Any) -> Record:
    """A Medication inside its administration."""
    return {
        "medicationReference": {"reference": "#m"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": code, "ingredient": list(ingredients)}],
    } | more


def lost(status: str = "in-progress", start: str = "09:00", end: str | None = None, **more: Any) -> Record:
    """An infusion that is known by a package code alone."""
    return given(status, start, end, **{"drug": PACKED, "dosage": rate(0.3), **more})


@pytest.mark.parametrize(
    ("infusion", "note"),
    [
        (lost(), "drug-not-told"),
        (lost(dosage=rate(15, "mL/h")), "drug-not-told"),
        (lost(end="", dosage={"text": "titrate"}), "drug-not-told"),
        (lost(drug=coded("242969")), "drug-not-told"),
        (lost(drug={"text": "norepi gtt"}), "drug-not-matched"),
        (lost(drug={"text": "vasopressor infusion"}), "drug-not-matched"),
        (lost(**GONE), "medication-missing"),
    ],
)
def test_what_was_off_is_not_known_once_an_infusion_of_no_known_drug_began(infusion: Record, note: str) -> None:
    assert dose(STOP, infusion) is None and plainly(OFF_THEN_LOST) is None
    assert {note, "may-be-running"} <= noted(STOP, infusion)
    again = given("in-progress", "09:30", dosage=rate(0.1))
    assert dose(STOP, infusion, again) == Fraction(1, 10)
    assert dose(STOP, infusion, given("stopped", "09:30")) == 0


@pytest.mark.parametrize(
    "infusion",
    [
        lost(start="06:00"),  # it ran before the stop
        lost(start="10:30"),  # not yet
        lost("completed", "08:00", "08:30"),
        lost("stopped"),
        lost(dosage=rate(0)),
        lost(dosage=rate(30, "[iU]/h")),  # no unit that norepinephrine is run in
        lost("completed", dosage={"dose": {"value": 1, "unit": "g"}}),  # a single dose
        lost(dosage={**rate(0.3), "route": {"text": "oral"}}),
        lost(
            drug={"text": "vancomycin 1 g"}, dosage=rate(250, "mL/h")
        ),  # it has a name, and that is no vasopressor's
        lost(drug={"text": "vaso gtt"}),  # like another drug
    ],
)
def test_what_was_off_stays_off_beside_what_cannot_be_it(infusion: Record) -> None:
    assert dose(STOP, infusion) == 0


def test_a_medication_without_a_name_is_said_also_where_nothing_was_off() -> None:
    runs = given("in-progress", "08:00", dosage=rate(0.05))
    assert noted(runs, lost()) == {"drug-not-told"} and dose(runs, lost()) == Fraction(1, 20)


def test_a_name_like_that_of_a_drug_that_runs_leaves_its_dose_unknown() -> None:
    runs = given("in-progress", "08:00", dosage=rate(0.05))
    assert dose(runs, lost(drug={"text": "norepi gtt"}, dosage=rate(0.5))) is None


def test_an_infusion_that_stopped_by_its_order_is_over() -> None:
    order = {"request": {"reference": "MedicationRequest/x"}}
    assert dose(STOP, lost(**order)) is None
    assert dose(STOP, lost(**order), lost("stopped", "09:30", dosage={}, **order)) == 0


@pytest.mark.parametrize(
    "inside",
    [
        [{"itemCodeableConcept": NOREPINEPHRINE}],
        [{"itemCodeableConcept": {"text": "dextrose 5 %"}}, {"itemCodeableConcept": coded("7512")}],
        [{"itemReference": {"reference": "#n"}}],
        [{"itemReference": {"display": "norepinephrine"}}],
    ],
)
@pytest.mark.parametrize("code", [PACKED, {"text": "ICU standard infusion 1"}])
def test_a_product_is_known_by_what_is_in_it(code: Record, inside: list[Record]) -> None:
    infusion = given("in-progress", "09:00", dosage=rate(0.3), **product(code, *inside))
    infusion["contained"].append({"resourceType": "Medication", "id": "n", "code": NOREPINEPHRINE})
    assert dose(STOP, infusion) == Fraction(3, 10)


def test_a_product_of_two_drugs_leaves_both_unknown() -> None:
    inside = [{"itemCodeableConcept": coded(code)} for code in ("7512", "8163")]
    infusion = given("in-progress", "09:00", dosage=rate(0.3), **product(PACKED, *inside))
    assert dose(STOP, infusion) is None and "drug-ambiguous" in noted(STOP, infusion)


PHENYLEPHRINE = "phenylephrine 10 mg/mL vial ({})"
VEIN = coded("47625008", "Intravenous route", "http://snomed.info/sct")


@pytest.mark.parametrize(
    ("drug", "route", "expected"),
    [
        (coded("8163", PHENYLEPHRINE.format("intramuscular or subcutaneous")), VEIN, 1),
        (coded("8163", PHENYLEPHRINE.format("intravenous, intramuscular or subcutaneous")), None, 1),
        ({"text": PHENYLEPHRINE.format("intravenous, intramuscular or subcutaneous")}, None, 1),
        (coded("8163", "phenylephrine (alpha agonist)"), None, 1),
        (coded("8163", PHENYLEPHRINE.format("intramuscular or subcutaneous")), None, None),
        (coded("8163", "phenylephrine nasal spray"), {"text": "nasal"}, 0),
    ],
)
def test_the_route_goes_before_the_words_of_a_product(drug: Record, route: Any, expected: Any) -> None:
    stop = given("stopped", "07:00", drug=coded("8163"))
    infusion = given("in-progress", "09:00", drug=drug, dosage=rate(1) | ({"route": route} if route else {}))
    assert dose(stop, infusion, drug="phenylephrine") == expected
    single = given("completed", "09:00", drug=drug, dosage={"dose": {"value": 5, "unit": "mg"}})
    assert dose(stop, single, drug="phenylephrine") == 0


def test_a_name_that_ends_in_that_of_another_is_like_the_one() -> None:
    cross = crosswalk(FACTS)
    assert resembled(cross, "Noradrenalin-Perfusor") == resembled(cross, "norepineph.") == {"norepinephrine"}
    assert resembled(cross, "adrenalin mix") == {"epinephrine"} and not resembled(cross, "pressor A")
    assert looks_vasoactive(cross, "pressor A") and not looks_vasoactive(cross, "penicillin")


def test_an_infusion_of_no_known_drug_gives_no_row_to_what_was_never_charted() -> None:
    assert [row for row in read(lost()).rows if row.name != "age"] == []
