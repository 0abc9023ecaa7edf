"""What the tests of hazards share: an invented patient in septic shock, and what an advice comes to."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import vasotone
from vasotone.readers import fhir, plain

Record = dict[str, Any]
FACTS = vasotone.load()
ROOT = Path(__file__).resolve().parents[2]
AT = "2026-01-12T08:00:00Z"
FHIR_AT = "2026-01-12T07:00:00Z"  # of the example
SHOCK: Record = {
    "at": AT, "age": 60, "weight": 80, "conditions": ["septic-shock"], "map": 55, "vasopressin": 0, "epinephrine": 0,
    "lactate": 3, "fluids": 30, "access": "central",
    "norepinephrine": {"value": 0.1, "basis": "base", "bag": {"amount": "4 mg", "volume": "250 mL"}},
}  # fmt: skip
SAID = ("applies", "applies-unless")
PRESSORS = {"norepinephrine", "epinephrine", "vasopressin", "phenylephrine", "dopamine", "angiotensin_ii"}
BUNDLE: Record = json.loads((ROOT / "examples" / "fhir-septic-shock.json").read_text("utf-8"))
# Near the limits that conditions read, so that random patients meet them.
VALUES: dict[str, tuple[Any, ...]] = {
    "map": (38, 55, 60, 64, 65, 75, 90), "sbp": (80, 110), "dbp": (30, 41, 50), "hr": (60, 98, 135),
    "norepinephrine": (0, 0.05, 0.3, 0.6, 1.1), "vasopressin": (0, 0.03), "epinephrine": (0, 0.1),
    "dopamine": (0, 5), "dobutamine": (0, 5), "angiotensin_ii": (0, 20), "hydrocortisone": (0, 200),
    "lactate": (1, 2.1, 6), "crt": (2, 4), "lvef": (30, 60), "fluids": (0, 30), "ph": (7.1, 7.3),
    "access": ("central", "peripheral"), "rhythm": ("sinus", "af-rvr"), "weight": (50, 80),
    "norepinephrine_hours": (1, 6), "onset_hours": (1, 8), "infection": ("probable", "confirmed"),
}  # fmt: skip
WORDS = [one.record["word"].rstrip("*") for one in FACTS.variables.values() if "word" in one.record]


def advise(patient: Record, *, everything: bool = False, profile: str | None = None) -> Record:
    """The record of an advice."""
    record, _ = vasotone.advise_record(json.dumps(patient), profile=profile, all_items=everything)
    assert "items" in record, record
    return record


def shock(*, everything: bool = False, **changes: Any) -> Record:
    """The advice for the standard patient with changes; a change to None leaves an entry out."""
    patient = {name: value for name, value in {**SHOCK, **changes}.items() if value is not None}
    return advise(patient, everything=everything)


def codes(record: Record, name: str | None = None) -> set[str]:
    """The codes of the warnings, of one name if it is given."""
    return {one["code"] for one in record["warnings"] if name in (None, one["name"])}


def kernel(record: Record) -> list[Any]:
    """What is to be done with which dose and pump rate, without what is asked back or said of the data."""
    return [
        (one["statement"], one["verdict"], one["action"], one["target"], one["dose"] and one["dose"]["value"],
         one["pump"] and one["pump"]["exact"])
        for one in record["items"] if one["kind"] != "data" and one["action"] != "ask"
    ]  # fmt: skip


def doses(record: Record) -> set[tuple[str, str]]:
    """The steps that carry a dose or a pump rate."""
    return {(one["action"], one["target"]) for one in record["items"] if one["dose"] or one["pump"]}


def a_patient(random_: random.Random) -> Record:
    """A random patient without age and conditions."""
    return {name: random_.choice(values) for name, values in VALUES.items() if random_.random() < 0.7}


def fhir_advice(record: Any, at: str = FHIR_AT, *, everything: bool = True) -> Record:
    """The advice for FHIR resources, without where each value stands and without what the reader remarks."""
    table = fhir.read(json.dumps(record), FACTS, at=plain.instant(at, "at"))
    said = vasotone.advise(table, facts=FACTS, everything=everything).to_dict(everything=everything)
    values = {name: {k: v for k, v in one.items() if k != "source"} for name, one in said["values"].items()}
    return {**said, "values": values, "notes": None}


def bundle() -> Record:
    """A fresh copy of the example."""
    return copy.deepcopy(BUNDLE)
