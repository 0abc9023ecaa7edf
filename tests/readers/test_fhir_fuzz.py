"""No JSON value brings the FHIR reader down: it gives a table that the state can judge, or an error with a record."""

from __future__ import annotations

import copy
import json
import random
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vasotone
from vasotone.errors import InputError
from vasotone.readers import fhir, plain
from vasotone.readers.fhir_crosswalk import settings as tables
from vasotone.state import state_at

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "fhir_shapes.toml").read_text("utf-8"))["case"]
EXAMPLE = json.loads((HERE.parents[1] / "examples" / "fhir-septic-shock.json").read_text("utf-8"))

KEYS = """resourceType id status code coding system value unit entry resource contained subject reference text display
    effectiveDateTime effectivePeriod start end issued valueQuantity valueString valueBoolean valueInteger component
    dataAbsentReason medicationCodeableConcept medicationReference dosage rateQuantity rateRatio numerator denominator
    dose extension url valueCode meta versionId lastUpdated link relation fullUrl partOf request birthDate gender
    clinicalStatus verificationStatus abatementDateTime onsetPeriod device type patient ingredient strength method
    bodySite comparator authoredOn item emptyReason issue details performedPeriod timingDateTime identifier
    focus""".split()
TYPES = [
    "Bundle",
    "Observation",
    "Patient",
    "Condition",
    "MedicationAdministration",
    "MedicationRequest",
    "List",
    "MedicationStatement",
    "Medication",
    "Device",
    "DeviceUseStatement",
    "Procedure",
    "OperationOutcome",
    "Q",
]
WORDS = [
    "final",
    "in-progress",
    "completed",
    "stopped",
    "http://loinc.org",
    "8478-0",
    "9187-6",
    "urn:vasotone:variable",
    "norepinephrine",
    "vasopressin",
    "hydrocortisone",
    "mm[Hg]",
    "mL/h",
    "mL",
    "mg",
    "h",
    "ug/kg/min",
    "Patient/p",
    "#m",
    "2026-01-12T07:00:00Z",
    "2026-01-12",
    "2026",
    "0000",
    "9999-12-31T23:59:59Z",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "",
    "\x00",
    "x" * 300,
    "urn:vasotone:bag",
    "<b>",
    "{}",
    "1e999",
    "drugs",
    "urn:vasotone:condition",
    "septic-shock",
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(WORDS),
    st.integers(-5, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
        | st.builds(
            lambda kind, more: {"resourceType": kind} | more,
            st.sampled_from(TYPES),
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=7),
        )
    ),
    max_leaves=40,
)


def survives(record: Any) -> None:
    """A table that can be judged, or an error that says what to do."""
    for at in (AT, "last", None):
        try:
            table = fhir.read(json.dumps(record), FACTS, at=at)
        except InputError as error:
            assert error.exit_code == 2 and error.fix and error.what
            return
        assert all(row.name in FACTS.variables for row in table.rows)
        assert all(len(text) < 4000 for _, _, text, _ in table.notes)
        state_at(table, FACTS)


@settings(max_examples=120)
@given(JSON)
def test_any_json_is_a_table_or_an_error(record: Any) -> None:
    survives(record)


def places(record: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path] if path else []
    inner = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    for key, value in inner:
        found += places(value, (*path, key))
    return found


def changed(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at one place, or without it."""
    made = copy.deepcopy(record)
    at = made
    for key in path[:-1]:
        at = at[key]
    if value is places:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return made


OTHERS: list[Any] = [
    places,
    None,
    True,
    5,
    -1,
    1e300,
    "",
    "x",
    [],
    {},
    [[]],
    [None, 5],
    {"value": {}},
    "2026-13-45",
    "\x00",
    [{}],
]


@pytest.mark.parametrize("seed", range(4))
def test_every_part_may_be_anything(seed: int) -> None:
    """Each place of the example and of each form is, by turns, dropped or made something else."""
    chance = random.Random(seed)
    records = [
        EXAMPLE,
        *(
            {"resourceType": "Bundle", "entry": [{"resource": one} for one in json.loads(case["given"])]}
            for case in CASES
        ),
    ]
    for record in records:
        spots = places(record)
        for path in chance.sample(spots, min(len(spots), 25)):
            survives(changed(record, path, chance.choice(OTHERS)))


def test_every_code_of_the_cross_walk_may_carry_anything() -> None:
    values: list[dict[str, Any]] = [
        {},
        {"valueQuantity": {"value": 5}},
        {"valueQuantity": {"value": -1, "unit": "mL"}},
        {"valueString": ""},
        {"valueBoolean": False},
        {"valueCodeableConcept": {"text": "x"}},
        {"dataAbsentReason": {}},
        {"valueQuantity": []},
    ]
    for item in tables()["observation"]:
        for value in values:
            code = {"coding": [{"system": tables()["systems"][item["system"]][0], "code": item["code"]}]}
            survives(
                [{"resourceType": "Observation", "code": code, "effectiveDateTime": "2026-01-12T07:00:00Z"} | value]
            )
