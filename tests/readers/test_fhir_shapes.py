"""Every form in which FHIR servers write things: what the reader hands over, and what the state makes of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone.readers import fhir, plain
from vasotone.state import state_at
from vasotone.table import CANONICAL, Observation

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1961-03-05", "gender": "female"}
CASES = tomllib.loads((Path(__file__).parent / "fhir_shapes.toml").read_text("utf-8"))["case"]


def bundle(given: str) -> dict[str, Any]:
    """A case as a Bundle."""
    resources = [PATIENT, *json.loads(given)]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def said(row: Observation) -> str:
    """A row as a case writes it."""
    assert row.at is not None
    value = "none" if row.value is None else row.value
    if not isinstance(value, (str, bool)):
        value = value.numerator if value.denominator == 1 else float(value)
    unit = "unknown" if row.unit is None else "-" if row.unit == CANONICAL else row.unit
    when = f"{row.at:%H:%M}" if row.at.date() == AT.date() else f"{row.at:%Y-%m-%d %H:%M}"
    parts = [row.name, str(value), unit, when, row.method, row.kind, row.basis.replace("unknown", "")]
    if row.bag is not None:
        parts.append(f"bag {row.bag.amount} in {row.bag.volume}")
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_form_is_read(case: dict[str, Any]) -> None:
    table = fhir.read(json.dumps(bundle(case["given"])), FACTS, at=AT)
    assert sorted(said(row) for row in table.rows if row.name not in ("age", "sex")) == sorted(case["rows"])
    assert sorted({code for code, *_ in table.notes}) == sorted(case["notes"])
    assert sorted(table.conditions) == sorted(case.get("conditions", []))
    state = state_at(table, FACTS)
    row = state.rows[0]
    for name, expected in case["values"].items():
        value = state.value(name) if name in state.readings else row.get(name)
        if expected == "unknown":
            assert value is None, (name, value)
        elif isinstance(expected, float):
            assert value is not None and float(value) == pytest.approx(expected), name
        else:
            assert value == expected, name
    assert state.value("age") == 64 and state.value("sex") == "female"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_text_and_object_give_the_same(case: dict[str, Any]) -> None:
    record = bundle(case["given"])
    assert fhir.read(record, FACTS, at=AT) == fhir.read(json.dumps(record), FACTS, at=AT)
    assert fhir.read(json.dumps(record).encode(), FACTS, at=AT).rows == fhir.read(record, FACTS, at=AT).rows


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_row_and_note_says_where_it_comes_from(case: dict[str, Any]) -> None:
    table = fhir.read(bundle(case["given"]), FACTS, at=AT)
    kinds = (
        "Observation",
        "MedicationAdministration",
        "MedicationRequest",
        "Patient",
        "Condition",
        "Procedure",
        "DeviceUseStatement",
    )
    assert all(row.source.startswith(kinds) and "," in row.source for row in table.rows if row.name != "infection")
    assert all(row.name in FACTS.variables for row in table.rows)
    assert all(text and "{" not in text for _, _, text, _ in table.notes)
