"""A plain patient: JSON text as it comes, and sound patients with a few values changed."""

from __future__ import annotations

import edits
import held

from vasotone.readers import plain

RECORD = (b"{", b"[", b" ", b"\n", b"\xef")  # input that begins so is a record; any other is choices for the edits
NAMES = sorted(set(plain.spellings(held.FACTS)))
WORDS = [v.record["word"].rstrip("*") for v in held.FACTS.variables.values() if "word" in v.record]
PATIENTS = [
    {"age": 67, "weight": {"value": 72, "unit": "kg"}, "conditions": ["septic-shock"], "at": "2026-01-12T08:00:00Z",
     "map": [{"value": 61, "at": "2026-01-12T07:00:00Z"}, {"value": 57, "at": "2026-01-12T07:55:00Z"}],
     "sbp": 84, "dbp": 44, "hr": 112, "lactate": [{"value": 3.4, "at": "2026-01-12T07:10:00Z"}], "fluids": 34,
     "norepinephrine": [{"value": 0.24, "unit": "ug/kg/min", "basis": "base", "at": "2026-01-12T07:20:00Z",
                         "bag": {"amount": "8 mg", "volume": "250 mL"}}],
     "vasopressin": {"value": 0, "unit": "U/min"}, "epinephrine": 0, "access": "central", "drugs": ["linezolid"]},
    {"age": 71, "weight": {"value": 190, "unit": "lb", "kind": "actual"}, "conditions": ["septic-shock", "cirrhosis"],
     "map": 52, "norepinephrine": {"value": 30, "unit": "mL/h", "basis": "bitartrate", "bag": "4 mg/250 mL"},
     "vasopressin": {"value": 1.8, "unit": "units/h"}, "formulary": {"vasopressin": True, "angiotensin_ii": False},
     "rhythm": "af-rvr", "crt": 5, "access": "peripheral-forearm", "site": "left hand", "norepinephrine_hours": 5},
]  # fmt: skip


def one_input(data: bytes) -> None:
    """One patient."""
    show = len(data) % 8 == 0
    if data[:1] in RECORD:
        held.advised(data, show=show, everything=len(data) % 3 == 0)
        return
    chosen = held.choices(data[1:])
    patient = PATIENTS[chosen.ConsumeIntInRange(0, len(PATIENTS) - 1)]
    held.advised(edits.as_text(edits.edited(patient, chosen, [*NAMES, *WORDS])), show=show)


if __name__ == "__main__":
    held.started(one_input)
