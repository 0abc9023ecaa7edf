"""Each published error is caught, by the alarm that is named for it."""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone.dose import dose
from vasotone.errors import VasotoneError
from vasotone.lint import ERROR, lint

FACTS = vasotone.load()
ERRORS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "errors.toml").read_text("utf-8"))["error"]
# Named by the record of what must be covered; a row may have several cases.
NAMED = (
    "pub-70x",
    "pub-8x",
    "pub-10x",
    "salt-2x",
    "pub-everdac",
    "mimic-units",
    "no-default-kg",
    "lb-kg",
    "conc-change",
    "bp-site",
    "damped",
    "dst-fold",
    "mixed-subject",
    "seed-flow",
    "seed-ratio",
    "seed-clock",
    "seed-ranges",
)
KEYS = {"id", "source", "said", "through", "given", "alarm", "no", "value"}


def resources(given: dict[str, Any]) -> str:
    """Low pressures as FHIR Observations, at their times and of their subjects."""
    return json.dumps(
        [
            {
                "resourceType": "Observation",
                "id": f"o{place}",
                "status": "final",
                "subject": {"reference": given["subjects"][place]},
                "code": {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]},
                "effectiveDateTime": time,
                "valueQuantity": {"value": 55, "unit": "mm[Hg]"},
            }
            for place, time in enumerate(given["times"])
        ]
    )


def advised(one: dict[str, Any]) -> tuple[set[str], dict[str, Any]]:
    """The alarms of an advice or of its refusal, and its record."""
    given = one["given"]
    try:
        if one["through"] == "fhir":
            from vasotone.readers import fhir, plain

            at = plain.instant(given["at"], "at")
            table = fhir.read(resources(given), FACTS, at=at, zone=given["zone"])
            found = vasotone.advise(table, facts=FACTS, everything=True).to_dict(everything=True)
        else:
            found = vasotone.advise(given, facts=FACTS, everything=True).to_dict(everything=True)
    except VasotoneError as error:
        return {f"error {error.what}"}, {"items": []}
    told = {f"warning {w['code']} {w['name']}" for w in found["warnings"]} | {
        f"ask {a['name']}" for a in found["asks"]
    }
    return told | {f"note {n['code']} {n['name']}" for n in found["notes"]}, found


def worked_out(one: dict[str, Any]) -> tuple[set[str], Any]:
    """The alarms of a dose question, and the pump setting."""
    asked = dict(one["given"])
    drug = FACTS.drugs[asked.pop("drug")]
    try:
        found = dose(drug, FACTS.limits, **asked)
    except VasotoneError as error:
        return {f"error {error.what}"}, None
    told = {f"limit {limit['name']}" for limit in found.limits if limit["exceeded"]}
    return told | {f"warning {w['code']} {w['name']}" for w in found.warnings}, found.rounded


def check(one: dict[str, Any]) -> None:
    """The alarm is there, and what must not come out does not."""
    if one["through"] == "lint":
        found = lint(one["given"], FACTS)
        assert one["alarm"] in {f"finding {finding.code}" for finding in found if finding.severity == ERROR}, found
        return
    if one["through"] == "dose":
        told, setting = worked_out(one)
        assert one["alarm"] in told, told
        assert setting is None or one.get("no") != "setting"
        return
    told, record = advised(one)
    assert one["alarm"] in told, told
    doses = [item["dose"]["drug"] for item in record["items"] if item["dose"]]
    pumps = [item["pump"] for item in record["items"] if item["pump"]]
    kept_out = one.get("no")
    assert not (kept_out == "dose" and (doses or pumps)) and kept_out not in doses, doses
    if "value" in one:
        name, value = one["value"].split()
        assert Fraction(str(record["values"][name]["value"])) == Fraction(value)


@pytest.mark.parametrize("one", ERRORS, ids=lambda one: str(one["id"]))
def test_a_published_error_is_caught_by_its_alarm(one: dict[str, Any]) -> None:
    check(one)


def test_every_named_error_has_a_row() -> None:
    ids = [one["id"] for one in ERRORS]
    assert len(set(ids)) == len(ids)
    assert [name for name in NAMED if not any(one == name or one.startswith(name + "-") for one in ids)] == []
    assert [one for one in ids if not one.startswith(NAMED)] == []


@pytest.mark.parametrize("one", ERRORS, ids=lambda one: str(one["id"]))
def test_a_row_says_where_it_was_published(one: dict[str, Any]) -> None:
    assert set(one) <= KEYS and one["source"] in FACTS.sources and one["said"].endswith(".")


def test_without_the_error_there_is_no_alarm() -> None:
    sound = {
        "at": "2026-01-12T08:00:00Z",
        "age": 60,
        "weight": 80,
        "map": 55,
        "vasopressin": 0,
        "conditions": ["septic-shock"],
        "norepinephrine": {"value": 0.1, "basis": "base", "bag": {"amount": "4 mg", "volume": "250 mL"}},
    }
    told, record = advised({"through": "advise", "given": sound})
    assert not {one for one in told if one.startswith("warning")}
    assert "norepinephrine" in [item["dose"]["drug"] for item in record["items"] if item["dose"]]
    asked = {
        "drug": "norepinephrine",
        "dose": "0.1 ug/kg/min",
        "weight": "80 kg",
        "bag": "4 mg/250 mL",
        "basis": "base",
    }
    assert worked_out({"given": asked}) == (set(), 30)
