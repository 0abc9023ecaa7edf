"""What the laws compare: one patient through a door, and the parts of its advice that must stay or move."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from law_patients import FACTS, Record, as_fhir, as_plain, canonical

import vasotone
from vasotone.facts import Facts
from vasotone.readers import fhir
from vasotone.table import Table

# A deep run draws 50,000 patients for each law. VASOTONE_LAW_PART=2/40 makes the second of forty equal parts of it,
# so that each part ends within minutes; without it the ten parts stand side by side, for several processors.
DEEP = os.environ.get("VASOTONE_HYPOTHESIS") == "deep"
WHOLE = 50_000
BESIDE = 10  # parts of a deep run that is not cut
SLOW = 20  # a law that draws fewer quickly


class Cut(NamedTuple):
    """The part that was asked for, counted from one, and of how many."""

    part: int
    parts: int


def cut_of(text: str) -> Cut | None:
    """What `2/40` asks for; None for nothing; an error where there is no such part."""
    if not text:
        return None
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 0 < int(part) <= int(parts) <= WHOLE // BESIDE):
        raise ValueError(f"VASOTONE_LAW_PART is part/parts such as 2/40, up to {WHOLE // BESIDE} parts, not {text!r}")
    return Cut(int(part), int(parts))


CUT = cut_of(os.environ.get("VASOTONE_LAW_PART", "")) if DEEP else None
UNITS = {name: canonical(name) for name in FACTS.variables}
POSITIVE = ("applies", "applies-unless")
QUIET = ("ask", "assess", "inform", "avoid", "refer", "measure")
RANK = {"now": 0, "soon": 1, "routine": 2, "": 3}
Answer = dict[str, Any]


def parts() -> list[Any] | None:
    """The parameters by which every law is repeated in a deep run; None where it is not."""
    if not DEEP:
        return None
    if CUT is not None:
        return [pytest.param(CUT.part, id=f"part{CUT.part}of{CUT.parts}")]
    return [pytest.param(one, marks=[pytest.mark.deep] if one else [], id=f"part{one}") for one in range(BESIDE)]


@pytest.fixture(autouse=True, scope="module", params=parts())
def part(request: pytest.FixtureRequest) -> Any:
    """In a deep run every law is drawn for in parts, so that they share the processors."""
    return getattr(request, "param", 0)


def share(count: int, cut: Cut | None) -> int:
    """How many examples one part of a deep run draws of a law that quickly draws `count`; a slow law a fiftieth."""
    each = WHOLE // (cut.parts if cut is not None else BESIDE)
    return each if count >= SLOW else max(1, each // 50)


def examples(count: int) -> Callable[[Any], Any]:
    """So many examples of a law; in a deep run the share of the part."""
    few = count if not DEEP else share(count, CUT)
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
