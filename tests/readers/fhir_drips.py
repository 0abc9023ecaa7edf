"""Invented administrations of vasopressors, and what a record of them comes to at 10:00."""

from __future__ import annotations

import json
from typing import Any

import vasotone
from vasotone.readers import fhir, plain
from vasotone.state import State, state_at
from vasotone.table import Table

FACTS = vasotone.load()
AT = plain.instant("2026-03-02T10:00:00Z", "at")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"

Record = dict[str, Any]


def clock(time: str) -> str:
    """An instant of the day of the question, from hours and minutes."""
    return f"2026-03-02T{time}:00Z"


def coded(code: str, text: str = "", system: str = RXNORM) -> Record:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})


NOREPINEPHRINE = coded("7512", "norepinephrine")


def rate(value: float, unit: str = "ug/kg/min") -> Record:
    """A dosage that is a rate."""
    return {"rateQuantity": {"value": value, "unit": unit}}


def given(status: str, start: str, end: str | None = None, *, drug: Record | None = None, **more: Any) -> Record:
    """An administration: at an instant, or over a period where an end is given; an empty end leaves it open."""
    one: Record = {"resourceType": "MedicationAdministration", "status": status}
    if "medicationReference" not in more:
        one["medicationCodeableConcept"] = drug or NOREPINEPHRINE
    if end is None:
        one["effectiveDateTime"] = clock(start)
    else:
        one["effectivePeriod"] = {"start": clock(start)} | ({"end": clock(end)} if end else {})
    return one | more


def read(*resources: Record) -> Table:
    """Some resources as a table; each with an id of its own where it has none."""
    known = [{"id": f"r{place}"} | one for place, one in enumerate(resources)]
    return fhir.read(json.dumps(known), FACTS, at=AT)


def state(*resources: Record) -> State:
    """What some resources come to."""
    return state_at(read(*resources), FACTS)


def dose(*resources: Record, drug: str = "norepinephrine") -> Any:
    """The dose in force; None where it is not known."""
    return state(*resources).value(drug)


def noted(*resources: Record) -> set[str]:
    """The codes of the notes."""
    return {code for code, *_ in read(*resources).notes}


def plainly(rows: list[Record], drug: str = "norepinephrine") -> Any:
    """The dose in force of the same patient written plainly."""
    patient = {"at": clock("10:00"), drug: [{**row, "at": clock(row["at"])} for row in rows]}
    return state_at(plain.read(json.dumps(patient), FACTS), FACTS).value(drug)
