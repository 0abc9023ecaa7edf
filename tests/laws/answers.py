"""What the laws compare: one patient through a door, and the parts of its advice that must stay or move."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from law_patients import FACTS, Record, as_fhir, as_plain, canonical

import vasotone
from vasotone.facts import Facts
from vasotone.readers import fhir
from vasotone.table import Table

DEEP = os.environ.get("VASOTONE_HYPOTHESIS") == "deep"
DEEP_PARTS, DEEP_EXAMPLES = 10, 5000
UNITS = {name: canonical(name) for name in FACTS.variables}
POSITIVE = ("applies", "applies-unless")
QUIET = ("ask", "assess", "inform", "avoid", "refer", "measure")
RANK = {"now": 0, "soon": 1, "routine": 2, "": 3}
Answer = dict[str, Any]


@pytest.fixture(
    autouse=True,
    scope="module",
    params=[
        pytest.param(number, marks=[pytest.mark.deep] if number else [], id=f"part{number}")
        for number in range(DEEP_PARTS)
    ]
    if DEEP
    else None,
)
def part(request: pytest.FixtureRequest) -> Any:
    """In a deep run every law is drawn for in parts, so that they share the processors."""
    return getattr(request, "param", 0)


def examples(count: int) -> Callable[[Any], Any]:
    """So many examples of a law; in a deep run each part has the full number."""
    few = count if not DEEP else DEEP_EXAMPLES if count >= 20 else DEEP_EXAMPLES // 50
    return settings(max_examples=few, deadline=None, suppress_health_check=list(HealthCheck))


def plain(record: Record) -> Table:
    """A patient through the plain door."""
    return vasotone.read(json.dumps(as_plain.patient(record)), facts=FACTS)


def bundled(record: Record, **shape: bool) -> Answer:
    """A patient as a FHIR Bundle."""
    return as_fhir.bundle(record, UNITS, as_fhir.Shape(**shape))


def of_bundle(bundle: Answer, record: Record) -> Table:
    """A Bundle through the FHIR door, at the patient's instant."""
    return fhir.read(json.dumps(bundle), FACTS, at=record.at)


def by_fhir(record: Record) -> Table:
    """A patient through the FHIR door."""
    return of_bundle(bundled(record), record)


DOORS = (plain, by_fhir)


def answer(table: Table, profile: str | None = None, facts: Facts = FACTS) -> Answer:
    """Everything that is said of a table."""
    return vasotone.advise(table, profile=profile, everything=True, facts=facts).to_dict(everything=True)


def ask(record: Record, profile: str | None = None, facts: Facts = FACTS) -> Answer:
    """Everything that is said of a plain patient."""
    return answer(plain(record), profile, facts)


def said(found: Answer, *parts: str) -> str:
    """Items, asks, warnings and values as text, without where a value stands; or some of these parts."""
    values = {
        name: {key: one for key, one in value.items() if key != "source"} for name, value in found["values"].items()
    }
    whole = {**found, "values": values}
    return json.dumps({name: whole[name] for name in parts or ("items", "asks", "warnings", "values", "refused")})


def acts(found: Answer) -> list[Answer]:
    """The items that are statements, not questions or doubts about the data."""
    return [item for item in found["items"] if item["kind"] != "data"]


def kernel(item: Answer) -> Answer:
    """What an item says is to be done: verdict, dose and pump rate, and what it waits for."""
    return {
        key: item[key] for key in ("statement", "verdict", "action", "target", "urgency", "dose", "pump", "missing")
    }


def kernels(found: Answer) -> list[Answer]:
    """The kernels of all statements, in their order."""
    return [kernel(item) for item in acts(found)]


def positive(found: Answer) -> dict[str, Answer]:
    """The statements that hold for the patient, by id."""
    return {item["statement"]: item for item in acts(found) if item["verdict"] in POSITIVE}


def most_urgent(found: Answer) -> int:
    """The urgency of the most urgent statement that holds; 0 is now."""
    return min((RANK[item["urgency"]] for item in positive(found).values()), default=RANK[""])


def loud(found: Answer) -> set[tuple[str, str]]:
    """What is to be done, apart from looking, asking and telling."""
    return {(item["action"], item["target"]) for item in positive(found).values() if item["action"] not in QUIET}


def dosed(found: Answer) -> dict[tuple[str, str], Answer]:
    """The doses that are shown, by action and drug."""
    return {(item["action"], item["target"]): item["dose"] for item in found["items"] if item["dose"]}


def doubts(found: Answer) -> set[str]:
    """The codes of all warnings."""
    return {warning["code"] for warning in found["warnings"]}
