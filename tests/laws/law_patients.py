"""Patients for the laws: sound ones near every threshold, and rich ones with all that a record may get wrong.

A patient is the neutral record of the tests of the doors, so that one patient goes through each of them.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "doors"))

import as_clif  # noqa: E402
import as_fhir  # noqa: E402
import as_plain  # noqa: E402
from demo_record import CANONICAL, Bag, Entry, Record  # noqa: E402
from invented_records import AT, FACTS, OTHER_DRUGS, STOCKED, entries, records  # noqa: E402

MINUTE = timedelta(minutes=1)
# values close to the limits that statements speak of, and some far from them
NUMBERS: dict[str, tuple[str, ...]] = {
    "age": ("18", "40", "60", "64", "65", "80"),
    "weight": ("45", "62.5", "80", "120"),
    "height": ("160", "178"),
    "hr": ("45", "60", "88", "100", "111", "131", "150"),
    "crt": ("1", "2", "3", "3.5", "6"),
    "lactate": ("0.8", "1.9", "2", "2.1", "4", "4.1", "9"),
    "lactate_previous": ("1.5", "3", "8"),
    "ph": ("7.1", "7.15", "7.2", "7.25", "7.4"),
    "lvef": ("20", "35", "45", "60"),
    "scvo2": ("55", "70", "80"),
    "cardiac_index": ("1.5", "2.2", "3.5"),
    "urine_output": ("0.1", "0.5", "1"),
    "fluids": ("0", "12", "29", "30", "45"),
    "map_target": ("60", "65", "75", "85"),
    "baseline_map": ("70", "95"),
    "creatinine": ("0.9", "2.2"),
    "aki_stage": ("0", "1", "2", "3"),
    "cvp": ("4", "12"),
    "onset_hours": ("0.5", "2", "4", "30"),
    "norepinephrine_hours": ("0.5", "3", "4", "7"),
    "norepinephrine": ("0", "0", "0.02", "0.05", "0.1", "0.24", "0.25", "0.3", "0.5", "0.6", "1", "2", "3.29"),
    "vasopressin": ("0", "0", "0.01", "0.03", "0.04", "0.06"),
    "epinephrine": ("0", "0", "0.05", "0.2"),
    "phenylephrine": ("0", "0.5", "2"),
    "dopamine": ("0", "5", "15"),
    "dobutamine": ("0", "2.5", "10"),
    "angiotensin_ii": ("0", "5", "20"),
    "hydrocortisone": ("0", "200"),
}
WORDS: dict[str, tuple[Any, ...]] = {
    "access": ("central", "peripheral", "peripheral-forearm"),
    "rhythm": ("sinus", "sinus-brady", "sinus-tachy", "af", "af-rvr"),
    "infection": ("no", "unknown", "probable", "confirmed"),
    "source_control": ("done", "pending"),
    "mental_status": ("normal", "altered"),
    "skin": ("normal", "mottled"),
    "arterial_line": (True, False),
    "rv_dilated": (True, False),
    "ventilated": (True, False),
    "fluid_responsive": (True, False),
    "sex": ("female", "male"),
    "site": ("left hand", "right upper arm"),
}
USUAL = ("age", "weight", "hr", "lactate", "fluids", "norepinephrine", "vasopressin", "epinephrine", "crt")
CONDITIONS = (
    "chronic-hypertension",
    "cirrhosis",
    "pulmonary-oedema",
    "extravasation",
    "tachyarrhythmia",
    "recovering",
    "ne-serious-arrhythmia",
    "refractory",
    "aki",
    "digital-ischaemia",
    "pregnant",
    "cardiac-dysfunction",
)
BAGS = (Bag("4 mg", "250 mL"), Bag("16 mg", "250 mL"), Bag("8 mg", "100 mL"))


def exact(text: str) -> Fraction:
    """A number as it is written."""
    return Fraction(text)


@st.composite
def pressures(draw: st.DrawFn) -> dict[str, Entry]:
    """Pressures of one moment that agree: the mean alone, the outer two, or all three."""
    mean = Fraction(draw(st.sampled_from((38, 48, 55, 59, 60, 63, 64, 65, 66, 70, 75, 76, 82, 95))))
    half = Fraction(draw(st.sampled_from((5, 8, 12, 20))))
    found = {"map": mean, "sbp": mean + 2 * half, "dbp": mean - half}
    kept = draw(st.sampled_from((("map",), ("map",), ("map", "sbp", "dbp"), ("sbp", "dbp"))))
    return {name: Entry(found[name]) for name in kept}


def running(draw: st.DrawFn, name: str, value: Fraction) -> Entry:
    """A dose in force: its form known, often with the bag that hangs."""
    basis = draw(st.sampled_from(("base", "base", "bitartrate"))) if name == "norepinephrine" else ""
    bag = draw(st.sampled_from((None, *BAGS))) if name == "norepinephrine" else None
    return Entry(value, basis=basis, bag=None if bag is None else bag._replace(basis=basis))


@st.composite
def sound_patients(draw: st.DrawFn, *, shock: bool = True, age: bool = True) -> Record:
    """An adult with plausible, fresh, consistent values, one of each, mostly in septic shock."""
    series: dict[str, list[Entry]] = {name: [entry] for name, entry in draw(pressures()).items()}
    names = [name for name in USUAL if name == "age" or draw(st.integers(0, 4))]
    names += draw(st.lists(st.sampled_from(sorted(set(NUMBERS) - set(USUAL))), unique=True, max_size=5))
    for name in names:
        value = exact(draw(st.sampled_from(NUMBERS[name])))
        entry = running(draw, name, value) if name == "norepinephrine" else Entry(value)
        series[name] = [entry._replace(kind="actual")] if name == "weight" else [entry]
    for name in draw(st.lists(st.sampled_from(sorted(WORDS)), unique=True, max_size=4)):
        series[name] = [Entry(draw(st.sampled_from(WORDS[name])))]
    if series.get("norepinephrine", [Entry(Fraction(1))])[0].value == 0:
        series.pop("norepinephrine_hours", None)  # hours without a drug contradict each other
    if not age:
        series.pop("age")
    words = draw(st.lists(st.sampled_from(CONDITIONS), unique=True, max_size=2))
    words += ["septic-shock"] if shock or draw(st.integers(0, 3)) else []
    drugs = draw(st.one_of(st.none(), st.lists(st.sampled_from(OTHER_DRUGS[:4]), unique=True, max_size=2)))
    stocked = draw(st.dictionaries(st.sampled_from(STOCKED[:4]), st.booleans(), max_size=2))
    return Record(AT, series, words, drugs=drugs, formulary=stocked)


@st.composite
def patients(draw: st.DrawFn) -> Record:
    """Any patient: a sound one with up to four doubtful or odd series, or one that is odd throughout."""
    if draw(st.integers(0, 3)) == 0:
        return draw(records())
    sound = draw(sound_patients(shock=False))
    found = dict(sound.series)
    for name in draw(st.lists(st.sampled_from(ODD), unique=True, max_size=4)):
        rows = draw(st.lists(entries(name), min_size=1, max_size=3))
        found[name] = list({row.at or AT: row for row in rows}.values())
    more = draw(st.lists(st.sampled_from(GATES), unique=True, max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    return sound._replace(series=found, conditions=[*sound.conditions, *more])


ODD = tuple(sorted({*NUMBERS, *WORDS, "map", "sbp", "dbp", "cuff_map", "line_map", "line_waveform", "code_status"}))
GATES = (
    "anaphylaxis",
    "haemorrhage",
    "cardiogenic-shock",
    "child",
    "undifferentiated-shock",
    "sepsis-no-shock",
    "odd word",
)


def canonical(name: str) -> str:
    """The canonical unit of a variable."""
    return FACTS.variables[name].unit


def changed(record: Record, **entries_now: Entry | None) -> Record:
    """The record with one entry in place of a series, or without it where None is given."""
    series = {name: rows for name, rows in record.series.items() if name not in entries_now}
    return record._replace(
        series=series | {name: [entry] for name, entry in entries_now.items() if entry is not None}
    )


__all__ = [
    "AT",
    "CANONICAL",
    "FACTS",
    "MINUTE",
    "Bag",
    "Entry",
    "Record",
    "as_clif",
    "as_fhir",
    "as_plain",
    "canonical",
    "changed",
    "patients",
    "sound_patients",
]
