"""The smallest patients in whom two doors once differed; each is the same through all of them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import as_clif
import as_fhir
import as_plain
import pytest
from demo_record import CANONICAL, Entry, Record, Rows, at_instant
from door_bytes import PROFILES, advised, first_difference
from invented_charts import FIRST, LAST, us
from invented_records import AT, FACTS, MINUTE

import vasotone
from vasotone.readers import clif, fhir

UNITS = {name: variable.unit for name, variable in FACTS.variables.items()}
DOSE = Fraction(1, 5)
RUNS = Entry(DOSE, CANONICAL, AT)


def infusion(*rows: tuple[float, str, str, float | None]) -> dict[str, Rows]:
    """A chart with norepinephrine: minutes before the question, order, action, dose."""
    return {
        "hospitalization": [(as_clif.PATIENT, us(FIRST), us(LAST), 67)],
        "vitals": [(us(FIRST), "heart_rate", "Heart Rate", 88.0), (us(AT), "map", "Arterial", 58.0)],
        "patient": [("Female",)],
        "hospital_diagnosis": [("ICD10CM", "R65.21")],
        "medication_admin_continuous": [
            (us(AT - ago * MINUTE), order, "norepinephrine", action, dose, "mcg/kg/min")
            for ago, order, action, dose in rows
        ],
    }


CHARTS = {
    "age, sex and infection have no time of their own": infusion(),
    "the old order stops while the new one runs": infusion(
        (120, "o1", "start", 0.25), (30, "o2", "start", 0.5), (10, "o1", "stop", 0.0)
    ),
    "a bag change at one instant": infusion(
        (120, "o1", "start", 0.25), (30, "o1", "stop", 0.0), (30, "o2", "start", 0.25)
    ),
    "a change without its dose, twice": infusion(
        (120, "o1", "start", 0.25), (60, "o1", "dose_change", None), (30, "o1", "dose_change", None)
    ),
    "stopped more than a day ago": infusion((2000, "o1", "start", 0.25), (1900, "o1", "stop", 0.0)),
    "a stop of an order that never ran": infusion((120, "o1", "start", 0.25), (30, "o9", "stop", 0.0)),
    "a stop of an order that never ran, after the stop": infusion(
        (120, "o1", "start", 0.25), (60, "o1", "stop", 0.0), (30, "o9", "stop", 0.0)
    ),
    "two orders of one instant at two doses": infusion(
        (120, "o1", "start", 0.25), (30, "o1", "dose_change", 0.3), (30, "o2", "start", 0.4)
    ),
    "two orders of one instant at one dose": infusion((30, "o1", "start", 0.4), (30, "o2", "start", 0.4)),
    "two doses of one order at one instant": infusion((30, "o1", "start", 0.4), (30, "o1", "dose_change", 0.5)),
    "two doses of one order at one instant, then another's stop": infusion(
        (120, "o2", "start", 0.25), (30, "o1", "start", 0.4), (30, "o1", "dose_change", 0.5), (10, "o2", "stop", 0.0)
    ),
    "two orders begin together and one is stopped": infusion(
        (120, "o1", "start", 0.25), (120, "o2", "start", 0.25), (10, "o2", "stop", 0.0)
    ),
    "a dose that was not given": infusion((120, "o1", "start", 0.25), (30, "o1", "not_administered", 0.5)),
    "only a dose that was not given": infusion((30, "o1", "not_administered", 0.5)),
    "a dose beside an action that nobody knows": infusion((120, "o1", "start", 0.25), (30, "o1", "handover", 0.5)),
    "halfway between two steps": infusion((120, "o1", "start", 0.0625)),
    "stopped twice": infusion((120, "o1", "start", 0.25), (60, "o1", "stop", 0.0), (30, "o1", "stop", 0.0)),
}
# Of an older order without a stop a table says nothing, while a resource in progress says that it runs.
UNENDED = {
    "an order that was stopped does not come back": infusion(
        (120, "o1", "start", 0.25),
        (90, "o2", "start", 0.5),
        (60, "o2", "stop", 0.0),
        (30, "o3", "start", 0.1),
        (10, "o3", "stop", 0.0),
    ),
    "an order that began again": infusion(
        (120, "o1", "start", 0.25),
        (90, "o1", "stop", 0.0),
        (60, "o2", "start", 0.5),
        (30, "o1", "start", 0.3),
        (10, "o1", "stop", 0.0),
    ),
}
NOREPINEPHRINE: dict[str, list[Entry]] = {
    "stopped a little after the question": [RUNS, Entry(Fraction(0), CANONICAL, AT + 3 * MINUTE)],
    "stopped long after the question": [RUNS, Entry(Fraction(0), CANONICAL, AT + 30 * MINUTE)],
    "without a dose a little after it": [RUNS, Entry(None, CANONICAL, AT + 3 * MINUTE)],
    "without a dose long after it": [RUNS, Entry(None, CANONICAL, AT + 30 * MINUTE)],
    "zero in a unit that is not known": [
        RUNS._replace(at=AT - 9 * MINUTE),
        Entry(Fraction(0), None, AT - 5 * MINUTE),
    ],
    "zero in a unit that means nothing": [Entry(Fraction(0), "mcq/kg/min", AT)],
    "in a unit with exponents": [Entry(DOSE, "ug.kg-1.min-1", AT)],
    "in a unit that is not known": [Entry(DOSE, None, AT)],
    "in an unknown form": [Entry(DOSE, "mcg/kg/min", AT, basis="acetate")],
}


def parted(one: Any, other: Any) -> list[str]:
    """Where two tables are answered differently, in each profile."""
    found = (first_difference(advised(one, name, FACTS), advised(other, name, FACTS)) for name in PROFILES)
    return [text for text in found if text]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_the_same_through_three_doors(tmp_path: Path, name: str) -> None:
    as_clif.write(tmp_path, CHARTS[name])
    table = clif.read(str(tmp_path), hospitalization=as_clif.STAY, at=AT, facts=FACTS)
    record = at_instant(as_clif.stay(CHARTS[name]), AT)
    assert parted(table, vasotone.read(as_plain.patient(record), facts=FACTS)) == []
    for orders in (True, False):
        bundle = as_fhir.bundle(record, UNITS, as_fhir.Shape(orders=orders))
        assert parted(table, fhir.read(json.dumps(bundle), FACTS, at=AT)) == [], f"orders={orders}"


@pytest.mark.parametrize("name", UNENDED)
def test_a_chart_with_an_order_that_was_never_stopped_says_the_same_as_its_rows(tmp_path: Path, name: str) -> None:
    as_clif.write(tmp_path, UNENDED[name])
    table = clif.read(str(tmp_path), hospitalization=as_clif.STAY, at=AT, facts=FACTS)
    record = at_instant(as_clif.stay(UNENDED[name]), AT)
    assert parted(table, vasotone.read(as_plain.patient(record), facts=FACTS)) == []
    bundle = as_fhir.bundle(record, UNITS, as_fhir.Shape(orders=False))
    assert parted(table, fhir.read(json.dumps(bundle), FACTS, at=AT)) == []


@pytest.mark.parametrize("name", NOREPINEPHRINE)
def test_a_dose_in_doubt_is_doubted_through_both_doors(name: str) -> None:
    record = Record(AT, {"map": [Entry(Fraction(58))], "norepinephrine": NOREPINEPHRINE[name]}, ["septic-shock"])
    bundle = json.dumps(as_fhir.bundle(record, UNITS))
    plain = vasotone.read(as_plain.patient(record), facts=FACTS)
    assert parted(plain, fhir.read(bundle, FACTS, at=AT)) == []
