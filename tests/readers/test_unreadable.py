"""A newest result that gives no number leaves the variable unknown; one that was never measured says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clif_folder import Folder, codes, latest

import vasotone
from vasotone.readers import fhir, plain
from vasotone.readers.results import FREE_TEXT, told
from vasotone.state import State, state_at
from vasotone.table import Table

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
UNIT = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}


def lactate(at: str, **said: Any) -> dict[str, Any]:
    """An Observation of lactate."""
    return {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": f"2026-01-12T{at}:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": "32693-4"}]}, **said,
    }  # fmt: skip


def read(*given: dict[str, Any]) -> tuple[Table, State]:
    """Resources as a table, and what the state makes of it."""
    table = fhir.read(json.dumps(list(given)), FACTS, at=AT)
    return table, state_at(table, FACTS)


def absent(code: str) -> dict[str, Any]:
    """A value that is absent for a reason."""
    system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    return {"dataAbsentReason": {"coding": [{"system": system, "code": code}]}}


KNOWN = lactate("05:00", valueQuantity={"value": 1.6, **UNIT})
UNREADABLE = {
    "above": ({"valueQuantity": {"value": 15, "comparator": ">", **UNIT}}, "> 15 mmol/L", "beyond-scale"),
    "below": ({"valueQuantity": {"value": 0.5, "comparator": "<", **UNIT}}, "< 0.5 mmol/L", "beyond-scale"),
    "text": ({"valueString": "9.1 mmol/L"}, "9.1 mmol/L", "not-a-number"),
    "words": ({"valueString": "called to the ward"}, FREE_TEXT, "not-a-number"),
    "a text as value": ({"valueQuantity": {"value": "9.1", **UNIT}}, "9.1", "not-a-number"),
    "range": ({"valueRange": {"low": {"value": 8, **UNIT}}}, "Range", "shape-not-read"),
    "a concept": ({"valueCodeableConcept": {"text": "high"}}, FREE_TEXT, "shape-not-read"),
    "absent, in the text": (absent("as-text"), "as-text", ""),
    "absent, beyond measure": (absent("positive-infinity"), "positive-infinity", ""),
}
NEVER = {
    "a sampled signal": {"valueSampledData": {"period": 1, "dimensions": 1}},
    "absent": absent("not-performed"),
    "absent, not known why": absent("unknown"),
    "in words": {"valueString": "Not performed."},
    "as a concept": {"valueCodeableConcept": {"text": "Test not done"}},
    "no value": {},
}


@pytest.mark.parametrize("said, seen, note", UNREADABLE.values(), ids=UNREADABLE)
def test_a_newest_result_that_gives_no_number_stands_before_older_ones(
    said: dict[str, Any], seen: str, note: str
) -> None:
    table, state = read(KNOWN, lactate("07:30", **said))
    reading = state.readings["lactate"]
    assert (reading.value, reading.quality, reading.seen) == (None, "not-a-number", seen)
    assert [caution[0] for caution in state.cautions if caution[1] == "lactate"] == ["unknown-value"]
    assert {one[0] for one in table.notes} == ({note} if note else set())
    assert "no number" in vasotone.show(vasotone.advise(table, facts=FACTS), "text")
    _, later = read(KNOWN, lactate("07:30", **said), lactate("07:45", valueQuantity={"value": 3, **UNIT}))
    assert later.value("lactate") == 3 and "lactate" not in {one[1] for one in later.cautions}


@pytest.mark.parametrize("said", NEVER.values(), ids=NEVER)
def test_a_result_that_was_never_measured_leaves_the_one_before(said: dict[str, Any]) -> None:
    _, state = read(KNOWN, lactate("07:30", **said))
    assert float(state.value("lactate")) == 1.6 and not state.cautions


def test_a_dose_beyond_the_scale_leaves_the_dose_unknown() -> None:
    code = {"coding": [{"system": "urn:vasotone:variable", "code": "norepinephrine"}]}
    dose = {"value": 0.1, "unit": "ug/kg/min"}
    _, before = read(lactate("06:00", code=code, valueQuantity=dose))
    assert before.value("norepinephrine")
    more = {**dose, "comparator": ">"}
    _, state = read(lactate("06:00", code=code, valueQuantity=dose), lactate("07:00", code=code, valueQuantity=more))
    assert state.value("norepinephrine") is None and state.readings["norepinephrine"].quality == "not-given"


def test_an_age_beyond_the_scale_leaves_the_date_of_birth() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "30525-0"}]}
    age = lactate("07:00", code=code, valueQuantity={"value": 89, "comparator": ">", "unit": "a"})
    person = {"resourceType": "Patient", "birthDate": "1930-01-01"}
    assert read(age, person)[1].value("age") == 96 and read(age)[1].value("age") is None


@pytest.mark.parametrize("text", [">15", "< 0.3", "9,1", "48 mmHg"])
def test_a_table_says_the_same(tmp_path: Path, text: str) -> None:
    folder = Folder(tmp_path).lab(1, 2, "lactate", "1.6", "mmol/L").lab(30, 31, "lactate", text, "mmol/L")
    table = folder.vital(40, "map", 58).read()
    state = state_at(table, FACTS)
    assert "not-a-number" in codes(table) and latest(table, "lactate").value == text
    assert (state.value("lactate"), state.readings["lactate"].seen) == (None, text)
    later = folder.lab(35, 36, "lactate", "2.4", "mmol/L").read()
    assert float(state_at(later, FACTS).value("lactate")) == 2.4


@pytest.mark.parametrize("text", ["not performed", "Cancelled", "pending", "NaN", " "])
def test_a_table_without_a_result_leaves_the_one_before(tmp_path: Path, text: str) -> None:
    folder = Folder(tmp_path).lab(1, 2, "lactate", "1.6", "mmol/L").lab(30, 31, "lactate", text, "mmol/L")
    assert float(state_at(folder.vital(40, "map", 58).read(), FACTS).value("lactate")) == 1.6


def test_a_number_beside_a_text_that_is_none_is_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path).vital(40, "map", 58)
    folder.lab(1, 2, "lactate", "2.2", "mmol/L")
    row = folder.tables["labs"][0]
    folder.tables["labs"] = [(*row[:5], float("nan"), row[6])]
    assert float(state_at(folder.read(), FACTS).value("lactate")) == 2.2


@pytest.mark.parametrize("text", [">15", "55-60 %", "\u2265 4.5 mmol/L", "58,5"])
def test_what_is_little_else_than_a_number_is_shown(text: str) -> None:
    assert told(f" {text} ") == text


@pytest.mark.parametrize("text", ["told to Dr. Invented", "12 by J. Doe at bedside", "<script>", "9" * 60, ""])
def test_any_other_text_is_not_quoted(text: str) -> None:
    assert told(text) == FREE_TEXT
