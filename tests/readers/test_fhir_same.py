"""One patient through two doors: as a plain record and as FHIR resources the advice is the same to the byte."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fhir_record
import pytest

import vasotone
from vasotone.errors import InputError
from vasotone.readers import fhir, plain

FACTS = vasotone.load()
ROOT = Path(__file__).resolve().parents[2]
SOME_TIME = "2026-01-12T08:00:00+00:00"


def patients() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every invented patient of the project: examples, cases of statements, vignettes."""
    for path in sorted((ROOT / "examples").glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        if "resourceType" not in record:
            yield path.name, record
    for name, statement in FACTS.whole().items():
        for case in statement.get("case", ()):
            yield f"{name}: {case['name']}", case["given"]
    for path in sorted((ROOT / "tests" / "vignettes").glob("*.toml")):
        for vignette in tomllib.loads(path.read_text("utf-8"))["vignette"]:
            if "patient" in vignette:
                yield vignette["id"], vignette["patient"]


def said(patient: Any) -> str:
    """The whole advice but for where each value stands."""
    record = vasotone.advise(patient, facts=FACTS).to_dict(everything=True)
    values = {
        name: {key: part for key, part in value.items() if key != "source"}
        for name, value in record["values"].items()
    }
    kept = {key: record[key] for key in ("items", "asks", "warnings", "refused", "at", "profile")}
    return json.dumps(kept | {"values": values}, sort_keys=True)


def test_every_invented_patient_is_advised_alike_through_both_doors() -> None:
    compared, differ = 0, []
    for name, patient in patients():
        try:
            record = plain.parse(json.dumps(patient, default=str))
            at = plain.instant(record.get("at") or SOME_TIME, "at")
            table = plain.from_record(record, FACTS, at=at)
        except InputError:
            continue  # malformed on purpose
        compared += 1
        bundle = fhir_record.bundle(record, str(record.get("at") or SOME_TIME))
        if said(table) != said(fhir.read(bundle, FACTS, at=at)):
            differ.append(name)
    assert compared > 900
    assert differ == []


DOUBTFUL: dict[str, dict[str, Any]] = {
    "no unit": {"norepinephrine": {"value": 0.2, "unit": None}},
    "a unit nobody knows": {"norepinephrine": {"value": 0.2, "unit": "mcq/kg/min"}},
    "impossible": {"map": 520},
    "stale": {"map": {"value": 55, "at": "2026-01-11T07:55:00Z"}},
    "ahead": {"map": {"value": 55, "at": "2026-01-12T09:55:00Z"}},
    "two at once": {"map": [{"value": 50}, {"value": 90}]},
    "line and cuff": {"map": [{"value": 60, "method": "arterial"}, {"value": 75, "method": "cuff"}]},
    "a bag": {
        "weight": 80,
        "norepinephrine": {
            "value": 30,
            "unit": "mL/h",
            "basis": "bitartrate",
            "bag": {"amount": "8 mg", "volume": "250 mL"},
        },
    },
    "two forms": {
        "norepinephrine": {
            "value": 30,
            "unit": "mL/h",
            "basis": "base",
            "bag": {"amount": "8 mg", "volume": "250 mL", "basis": "bitartrate"},
        }
    },
    "half a bag": {"norepinephrine": {"value": 30, "unit": "mL/h", "bag": {"amount": "8 mg", "volume": "0 mL"}}},
    "no weight": {"norepinephrine": {"value": 20, "unit": "mcg/min"}},
    "kinds of weight": {"weight": [{"value": 90, "kind": "actual"}, {"value": 60, "kind": "ideal"}]},
    "pounds": {"weight": [{"value": 72}, {"value": 158.7}]},
    "a form nobody knows": {"norepinephrine": {"value": 0.2, "basis": "acetate"}},
    "an unknown word": {"conditions": ["septic-shock", "purple-spots"], "rhythm": "bigeminy"},
    "no drugs": {"drugs": []},
    "drugs": {"drugs": ["linezolid 600 mg", "Zyvox"]},
    "stock": {"formulary": {"vasopressin": False, "angiotensin_ii": None, "aspirin": True}},
    "a device": {"mechanical_support": "va-ecmo", "site": "left hand"},
    "recorded without a value": {
        "norepinephrine": [
            {"value": 0.1, "at": "2026-01-12T06:00:00Z"},
            {"value": None, "at": "2026-01-12T07:00:00Z"},
        ]
    },
    "a series": {
        "lactate": [
            {"value": 4, "at": "2026-01-12T03:00:00Z"},
            {"value": 28, "unit": "mg/dL", "at": "2026-01-12T07:00:00Z"},
        ]
    },
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_doubtful_is_doubted_alike(name: str) -> None:
    patient = {
        "at": "2026-01-12T08:00:00Z",
        "age": 60,
        "conditions": ["septic-shock"],
        "map": 55,
        "norepinephrine": 0,
    } | DOUBTFUL[name]
    record = plain.parse(json.dumps(patient))
    bundle = fhir_record.bundle(record, patient["at"])
    at = plain.instant(patient["at"], "at")
    assert said(fhir.read(bundle, FACTS, at=at)) == said(plain.from_record(record, FACTS))


def test_the_example_gives_the_advice_of_its_plain_twin() -> None:
    examples = ROOT / "examples"
    at = plain.instant("2026-01-12T08:00:00+01:00", "at")
    table = fhir.read((examples / "fhir-septic-shock.json").read_bytes(), FACTS, at=at)
    one = vasotone.advise(table, facts=FACTS).to_dict()
    other = vasotone.advise((examples / "septic-shock.json").read_text("utf-8"), facts=FACTS).to_dict()
    for part in ("items", "asks", "warnings", "refused", "at"):
        # Only the ages differ: the plain record leaves out when some things were charted.
        assert [strip(item) for item in one[part] or ()] == [strip(item) for item in other[part] or ()], part


def strip(item: Any) -> Any:
    return {key: value for key, value in item.items() if key != "why"} if isinstance(item, dict) else item
