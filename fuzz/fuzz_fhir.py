"""FHIR resources: JSON text as it comes, and a sound Bundle with a few values changed."""

from __future__ import annotations

import json
import os

import edits
import held

RECORD = (b"{", b"[", b" ", b"\n", b"\xef")  # input that begins so is a record; any other is choices for the edits
WHEN = ("last", "2026-01-12T08:00:00+01:00", "2026-01-12T00:00:00Z", "9999-12-31T23:59:59Z")
WORDS = (
    "resourceType id status code coding system value unit valueQuantity valueString valueCodeableConcept component "
    "effectiveDateTime effectivePeriod start end subject reference medicationReference medicationCodeableConcept "
    "dosage rateQuantity rateRatio numerator denominator dose contained extension url valueCode entry resource "
    "Observation Condition MedicationAdministration MedicationRequest Patient Medication List Bundle birthDate "
    "clinicalStatus verificationStatus http://loinc.org http://snomed.info/sct 8480-6 8462-4 8478-0 7512 R65.21 "
    "dataAbsentReason comparator interpretation onsetDateTime abatementDateTime fullUrl prefetch #m urn:uuid:1"
).split()
with open(os.path.join(held.ROOT, "examples", "fhir-septic-shock.json"), encoding="utf-8") as _file:
    BUNDLE = json.load(_file)
ENTRIES = BUNDLE["entry"]


def one_input(data: bytes) -> None:
    """One set of resources."""
    at = WHEN[len(data) % len(WHEN)]
    show = len(data) % 16 == 0
    if data[:1] in RECORD:
        held.advised(data, at=at, show=show)
        return
    chosen = held.choices(data[1:])
    first = chosen.ConsumeIntInRange(0, len(ENTRIES) - 1)
    few = [ENTRIES[0], *ENTRIES[first : first + chosen.ConsumeIntInRange(1, 8)], *ENTRIES[16:20]]
    held.advised(edits.as_text(edits.edited({**BUNDLE, "entry": few}, chosen, WORDS)), at=at, show=show)


if __name__ == "__main__":
    held.started(one_input)
