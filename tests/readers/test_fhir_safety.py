"""What is not certain in FHIR resources is not used: statuses, local times, units, and identities in messages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

import vasotone
from vasotone.errors import InputError
from vasotone.readers import fhir, plain
from vasotone.state import state_at
from vasotone.table import Table

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
BERLIN = "Europe/Berlin"
Record = dict[str, Any]


def pressure(value: float = 57, at: str = "2026-01-12T07:50:00Z", **more: Any) -> Record:
    """A mean pressure of the patient `p`."""
    return {
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]}, "effectiveDateTime": at,
        "valueQuantity": {"value": value, "unit": "mm[Hg]"},
    } | more  # fmt: skip


def infusion(rate: float | None, at: str, key: str = "a", unit: str = "ug/kg/min", **more: Any) -> Record:
    """A rate of norepinephrine from an instant on, of one order."""
    dosage = {} if rate is None else {"dosage": {"rateQuantity": {"value": rate, "unit": unit}}}
    return {
        "resourceType": "MedicationAdministration", "id": f"m{key}", "status": "in-progress",
        "subject": {"reference": "Patient/p"}, "medicationCodeableConcept": {"text": "norepinephrine"},
        "effectiveDateTime": at, "request": {"reference": f"MedicationRequest/{key}"},
    } | dosage | more  # fmt: skip


def steroid(at: str, key: str, order: str = "r", amount: float = 50, unit: str = "mg") -> Record:
    """A single dose of hydrocortisone."""
    return {
        "resourceType": "MedicationAdministration", "id": key, "status": "completed",
        "medicationCodeableConcept": {"text": "hydrocortisone"}, "effectiveDateTime": at,
        "request": {"reference": f"MedicationRequest/{order}"}, "dosage": {"dose": {"value": amount, "unit": unit}},
    }  # fmt: skip


def read(*resources: Record, at: datetime = AT, zone: str | None = None) -> Table:
    """Some resources as a table."""
    return fhir.read(json.dumps(list(resources)), FACTS, at=at, zone=zone)


def dose(table: Table) -> Any:
    """The dose of norepinephrine in force."""
    return state_at(table, FACTS).value("norepinephrine")


def noted(table: Table) -> set[str]:
    """The codes of the notes."""
    return {code for code, *_ in table.notes}


# --- statuses: what is listed is read


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary"])
def test_a_value_of_a_listed_status_is_read(status: str) -> None:
    table = read(pressure(status=status))
    assert state_at(table, FACTS).value("map") == 57
    assert noted(table) == ({"not-final"} if status == "preliminary" else set())


@pytest.mark.parametrize("status", ["unknown", "registered", "cancelled", "entered-in-error", "FINAL ", "", None, 5])
def test_a_value_of_any_other_status_is_not_used_and_said(status: Any) -> None:
    table = read(pressure(status=status))
    assert table.rows == () and noted(table) == {"status-skipped"}


def test_a_value_without_a_status_is_not_used() -> None:
    one = pressure()
    del one["status"]
    assert read(one).rows == ()


@pytest.mark.parametrize("status", ["unknown", "running", None])
def test_an_infusion_of_a_status_nobody_knows_leaves_the_dose_unknown(status: str | None) -> None:
    table = read(infusion(0.2, "2026-01-12T06:00:00Z"), infusion(0.5, "2026-01-12T07:00:00Z", "b", status=status))
    assert dose(table) is None and "status-not-known" in noted(table)
    table = read(infusion(0.2, "2026-01-12T06:00:00Z", status=status), infusion(0.5, "2026-01-12T07:00:00Z", "b"))
    assert dose(table) == Fraction(1, 2)


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_an_infusion_that_was_not_given_changes_nothing(status: str) -> None:
    table = read(infusion(0.2, "2026-01-12T06:00:00Z"), infusion(0.5, "2026-01-12T07:00:00Z", "b", status=status))
    assert dose(table) == Fraction(1, 5)


@pytest.mark.parametrize(
    ("statuses", "counts"),
    [
        ({}, True),
        ({"clinicalStatus": "active"}, True),
        ({"clinicalStatus": "Relapse", "verificationStatus": "provisional"}, True),
        ({"clinicalStatus": "resolved"}, False),
        ({"clinicalStatus": "unheard-of"}, False),
        ({"verificationStatus": "unheard-of"}, False),
        ({"verificationStatus": "differential"}, False),
    ],
)
def test_a_diagnosis_counts_by_the_statuses_that_are_listed(statuses: Record, counts: bool) -> None:
    concepts = {key: {"coding": [{"code": code}]} for key, code in statuses.items()}
    table = read({"resourceType": "Condition", "code": {"text": "septic shock"}} | concepts)
    assert bool(table.conditions) is counts and bool(noted(table)) is not counts


HL7 = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ({"coding": [{"system": "urn:invented", "code": "2"}, {"system": HL7, "code": "confirmed"}]}, True),
        ({"coding": [{"system": "urn:invented", "code": "2"}, {"system": HL7, "code": "refuted"}]}, False),
        ({"coding": [{"system": "urn:invented", "code": "confirmed"}, {"system": HL7, "code": "refuted"}]}, False),
        ({"coding": [{"code": "2"}, {"code": "confirmed"}]}, True),
        ({"coding": [{"system": "urn:invented", "code": "2", "display": "Confirmed"}]}, True),
        ({"coding": [{"display": "Refuted"}]}, False),
        ({"coding": [{"system": "urn:invented", "code": "2"}]}, False),
        ({"text": "refuted"}, False),
        ("refuted", False),
        ("confirmed", True),
    ],
)
def test_a_status_is_read_from_its_own_code_system_wherever_it_stands(status: Any, counts: bool) -> None:
    shock = {"resourceType": "Condition", "code": {"text": "cardiogenic shock"}, "verificationStatus": status}
    table = read(shock)
    assert ("cardiogenic-shock" in table.conditions) is counts
    assert ("condition-not-recorded" in noted(table)) is not counts


# --- what may mean something else


MODIFIER = {"modifierExtension": [{"url": "urn:invented:negated", "valueBoolean": True}]}


def test_a_number_under_a_modifier_nobody_knows_is_not_known() -> None:
    before = pressure(75, "2026-01-12T07:20:00Z", id="o0")
    table = read(before, pressure(48, **MODIFIER))
    found = state_at(table, FACTS)
    assert found.value("map") is None and noted(table) == {"modifier-not-read"}
    assert ("unknown-value", "map") in {caution[:2] for caution in found.cautions}
    part = {key: pressure()[key] for key in ("code", "valueQuantity")}
    parts = read(before, pressure(id="o2", code={"text": "panel"}, component=[{**part, **MODIFIER}]))
    assert state_at(parts, FACTS).value("map") is None
    assert state_at(read(before, pressure(48, modifierExtension=[])), FACTS).value("map") == 48


@pytest.mark.parametrize(
    "one",
    [
        {"resourceType": "Condition", "code": {"text": "cardiogenic shock"}},
        {"resourceType": "AllergyIntolerance", "code": {"text": "sulfite"}},
        {"resourceType": "Device", "patient": {"reference": "Patient/p"}, "type": {"text": "arterial line"}},
        {"resourceType": "Patient", "id": "p", "birthDate": "1961-03-05", "gender": "female"},
        pressure(code={"coding": [{"system": "urn:vasotone:variable", "code": "ventilated"}]}, valueBoolean=True),
        pressure(code={"coding": [{"system": "urn:vasotone:formulary", "code": "vasopressin"}]}, valueBoolean=True),
        {
            "resourceType": "Consent", "status": "active", "dateTime": "2026-01-12T06:00:00Z",
            "category": [
                {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentcategorycodes", "code": "dnr"}]}
            ],
        },
        {
            "resourceType": "Goal", "lifecycleStatus": "active",
            "target": [{"measure": pressure()["code"], "detailQuantity": {"value": 65, "unit": "mm[Hg]"}}],
        },
    ],
    ids=lambda one: one["resourceType"],
)  # fmt: skip
def test_what_stands_under_a_modifier_nobody_knows_is_not_read(one: Record) -> None:
    told, table = read(one), read({**one, **MODIFIER})
    assert told.rows or told.conditions or told.formulary
    assert not table.rows and not table.conditions and not table.formulary
    assert noted(table) == {"modifier-not-read"}


@pytest.mark.parametrize(
    ("timing", "at"),
    [
        ({"event": ["2026-01-12T05:00:00Z"]}, "2026-01-12T05:00:00Z"),
        ({"event": ["2026-01-12T07:30:00Z", "2026-01-12T05:00:00Z"]}, "2026-01-12T05:00:00Z"),
        ({"repeat": {"boundsPeriod": {"start": "2026-01-12T05:00:00Z"}}}, "2026-01-12T05:00:00Z"),
        ({"event": ["2026-01-12T05:00:00Z", "soon"]}, None),
        ({"code": {"text": "daily"}}, None),
        ([], None),
    ],
)
def test_the_times_of_an_observation_go_before_its_issue(timing: Any, at: str | None) -> None:
    one = pressure(effectiveTiming=timing, issued="2026-01-12T07:55:00Z")
    del one["effectiveDateTime"]
    rows = read(one).rows
    assert [row.at for row in rows] == ([] if at is None else [plain.instant(at, "at")])


# --- local times


@pytest.mark.parametrize(
    ("local", "at"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T02:40:00+01:00"),  # twice
        ("2026-10-25T02:30:00", "2026-10-25T02:40:00+02:00"),
        ("2026-03-29T02:30:00", "2026-03-29T03:40:00+02:00"),  # never
    ],
)
def test_a_value_of_an_hour_that_is_no_instant_is_not_used_and_said(local: str, at: str) -> None:
    table = read(pressure(at=local), at=plain.instant(at, "at"), zone=BERLIN)
    assert table.rows == () and {"time-ambiguous", "time-missing"} <= noted(table)
    (note,) = [note for note in table.notes if note[0] == "time-ambiguous"]
    assert note[1] == "at" and BERLIN in note[2]
    for zone in (None, "+01:00"):
        assert len(read(pressure(at=local), at=plain.instant(at, "at"), zone=zone).rows) == 1
    assert noted(read(pressure(at=local + "+02:00"), at=plain.instant(at, "at"), zone=BERLIN)) == set()


def test_what_stays_fresh_for_days_keeps_the_earlier_instant() -> None:
    weight = {"code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
              "valueQuantity": {"value": 80, "unit": "kg"}}  # fmt: skip
    at = plain.instant("2026-10-25T06:00:00Z", "at")
    (row,) = read(pressure(at="2026-10-25T02:30:00", **weight), at=at, zone=BERLIN).rows
    assert row.at == plain.instant("2026-10-25T00:30:00Z", "at")


@pytest.mark.parametrize("more", [{}, {"status": "stopped"}, {"status": "on-hold"}])
def test_a_dose_of_an_hour_that_is_no_instant_leaves_the_dose_unknown(more: Record) -> None:
    before, doubt = infusion(0.2, "2026-10-24T22:00:00Z"), infusion(0.5, "2026-10-25T02:30:00", **more)
    doubt["id"] = "later"
    for minutes, known in ((20, Fraction(1, 5)), (40, None), (100, None)):
        at = plain.instant("2026-10-25T00:00:00Z", "at") + timedelta(minutes=minutes)
        assert dose(read(before, doubt, at=at, zone=BERLIN)) == known, minutes
    after = infusion(0.3, "2026-10-25T03:00:00", "c")
    assert dose(read(before, doubt, after, at=plain.instant("2026-10-25T03:00:00Z", "at"), zone=BERLIN)) == Fraction(
        3, 10
    )


# --- orders, zeros and single doses


def test_a_stop_of_an_order_that_never_ran_ends_no_other() -> None:
    runs = infusion(0.2, "2026-01-12T06:00:00Z")
    stop = infusion(None, "2026-01-12T07:00:00Z", "z", status="stopped")
    table = read(runs, stop)
    assert dose(table) == Fraction(1, 5) and "infusion-overlap" in noted(table)
    del stop["request"]
    assert dose(read(runs, stop)) == 0


def test_a_rate_of_zero_ends_its_own_order_alone() -> None:
    runs, other = infusion(0.2, "2026-01-12T06:00:00Z"), infusion(0.3, "2026-01-12T06:30:00Z", "b")
    assert dose(read(runs, other, infusion(0, "2026-01-12T07:00:00Z") | {"id": "x"})) == Fraction(3, 10)
    assert dose(read(runs, infusion(0, "2026-01-12T07:00:00Z") | {"id": "x"})) == 0


@pytest.mark.parametrize("unit", ["", "mcq/kg/min"])
def test_zero_in_a_unit_that_is_not_known_is_zero(unit: str) -> None:
    table = read(infusion(0.2, "2026-01-12T06:00:00Z"), infusion(0, "2026-01-12T07:00:00Z", unit=unit) | {"id": "x"})
    assert dose(table) == 0


def test_two_orders_of_one_instant_at_two_rates_are_a_contradiction_in_any_order() -> None:
    pair = [infusion(0.2, "2026-01-12T06:00:00Z"), infusion(0.3, "2026-01-12T06:00:00Z", "b")]
    for listed in (pair, pair[::-1]):
        table = read(*listed)
        assert state_at(table, FACTS).readings["norepinephrine"].quality == "contradictory"
    assert dose(read(pair[0], infusion(0.2, "2026-01-12T06:00:00Z", "b"))) == Fraction(1, 5)


def test_one_single_dose_that_came_twice_is_one_and_of_two_orders_two() -> None:
    at = "2026-01-12T06:00:00Z"
    twice = read(steroid(at, "1"), steroid(at, "2"))
    assert state_at(twice, FACTS).value("hydrocortisone") == 50 and "counted-once" in noted(twice)
    for other in (steroid(at, "2", order="s"), steroid("2026-01-12T06:01:00Z", "2")):
        assert state_at(read(steroid(at, "1"), other), FACTS).value("hydrocortisone") == 100
    assert state_at(read(steroid(at, "1"), steroid(at, "2", amount=25)), FACTS).value("hydrocortisone") == 75
    assert state_at(read(steroid(at, "1"), steroid(at, "2", amount=0, unit="?")), FACTS).value("hydrocortisone") == 50


@pytest.mark.parametrize("unit", ["ug.kg-1.min-1", "ug/(kg.min)"])
def test_a_rate_with_exponents_is_read(unit: str) -> None:
    rate = {"value": 0.2, "system": "http://unitsofmeasure.org", "code": unit, "unit": "mcg/kg/min"}
    assert dose(read(infusion(None, "2026-01-12T07:00:00Z", dosage={"rateQuantity": rate}))) == Fraction(1, 5)


# --- who the patient is

SECRET = "MRN-4711"
TWO: dict[str, list[Record]] = {
    "two Patient resources": [{"resourceType": "Patient", "id": f"{SECRET}-{n}"} for n in (1, 2)],
    "two subjects": [pressure(id=f"o{n}", subject={"reference": f"Patient/{SECRET}-{n}"}) for n in (1, 2)],
    "two servers": [
        pressure(id=f"o{n}", subject={"reference": f"https://{n}.example/Patient/{SECRET}"}) for n in (1, 2)
    ],
    "two identifiers": [
        pressure(id=f"o{n}", subject={"identifier": {"system": "urn:x", "value": f"{SECRET}-{n}"}}) for n in (1, 2)
    ],
}


@pytest.mark.parametrize("name", TWO)
def test_an_error_about_two_patients_names_neither(name: str) -> None:
    with pytest.raises(InputError, match="more than one patient") as caught:
        read(*TWO[name])
    assert SECRET not in json.dumps(caught.value.to_dict()) and "example" not in str(caught.value)


def test_no_note_names_a_resource_by_its_id() -> None:
    who = {"subject": {"reference": f"Patient/{SECRET}"}}
    outcome = {"severity": "error", "code": "forbidden", "diagnostics": f"Patient/{SECRET} is not yours, {SECRET}"}
    told = [
        {"resourceType": "Patient", "id": SECRET, "birthDate": "1961-01-01"},
        {"resourceType": "Patient", "id": SECRET, "birthDate": "1961-01-01", "meta": {"versionId": "2"}},
        pressure(id=SECRET, status="cancelled") | who,
        pressure(id=f"{SECRET}-2", valueQuantity={"value": 5, "comparator": "<"}) | who,
        pressure(id=f"{SECRET}-3", at="soon") | who,
        pressure(id=f"{SECRET}-4", meta={"versionId": "1"}) | who,
        pressure(id=f"{SECRET}-4", value=58) | who,
        infusion(None, "2026-01-12T07:00:00Z", SECRET) | who,
        infusion(None, "2026-01-12T07:00:00Z", SECRET, status="unknown") | who | {"id": f"{SECRET}-9"},
        {"resourceType": "MedicationRequest", "id": SECRET, "status": "cancelled"} | who,
        {"resourceType": "Condition", "id": SECRET, "clinicalStatus": {"text": "resolved"}} | who,
        {"resourceType": "OperationOutcome", "issue": [outcome]},
    ]
    entry: list[Record] = [{"resource": one} for one in told]
    entry.append({"request": {"method": "DELETE", "url": f"Observation/{SECRET}-4"}})
    table = fhir.read(json.dumps({"resourceType": "Bundle", "entry": entry}), FACTS, at=AT)
    assert len(noted(table)) > 6 and SECRET not in json.dumps(table.notes, default=str)
    assert [row.source for row in table.rows if row.name == "age"] == ["Patient, birthDate"]
