"""Invented patients at random: as neutral records, and as raw charts of a stay, for the tests of the doors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from as_fhir import DRUGS
from demo_record import CANONICAL, Bag, Entry, Record
from hypothesis import strategies as st

import vasotone

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FACTS = vasotone.load()
MINUTE = timedelta(minutes=1)
# names that a plain patient may carry, by kind
WRITTEN = {
    name: variable
    for name, variable in FACTS.variables.items()
    if not {"word", "drugs", "from", "formulary", "derive", "points"} & set(variable.record)
}
SPELLINGS = {
    "mm[Hg]": ("mmHg", "kPa"), "ug/kg/min": ("mcg/kg/min", "mcg/kg/hr", "mcg/min", "mg/h", "mL/h"),
    "U/min": ("units/hour", "units/min"), "mmol/L": ("mmol/L", "mg/dL"), "mg/dL": ("umol/L",), "g/dL": ("g/L",),
    "kg": ("g",), "cm": ("m",), "h": ("min", "d"), "/min": ("bpm",), "mL/kg": ("mL",), "ng/kg/min": ("mcg/kg/min",),
}  # fmt: skip
STRANGE_UNITS = ("mcq/kg/min", "furlong", "kg", "mm[Hg]", None)
AGO = (0, 0, 0, 1, 10, 45, 61, 119, 300, 600, 1500, 3000, 60000, -3, -30)  # minutes before the question
STRANGE_WORDS = ("bigeminy", "not yet", "AF RVR", "Sinus_Tachy")
CONDITIONS = (
    "septic-shock", "septic-shock", "sepsis-no-shock", "undifferentiated-shock", "cardiogenic-shock", "anaphylaxis",
    "haemorrhage", "pregnant", "child", "cirrhosis-child-b", "chronic-hypertension", "hypertension", "aki", "trauma",
    "recovering", "refractory", "extravasation", "ne-serious-arrhythmia", "purple-spots", "Septic Shock",
)  # fmt: skip
OTHER_DRUGS = ("linezolid", "amitriptyline 25 mg", "metoprolol", "paracetamol", "sertraline", "enoxaparin")
STOCKED = ("vasopressin", "angiotensin_ii", "norepinephrine", "epinephrine", "unobtainium")
BAGS = (("4 mg", "250 mL"), ("16 mg", "250 mL"), ("8 mg", "100 mL"), ("0.008 g", "0.25 L"))
FORMS = ("", "", "base", "bitartrate", "tartrate", "hydrochloride", "unknown", "acetate")
FREE = ("left hand", "right forearm", "va-ecmo", "impella", "jugular <b>vein</b>")


def moments() -> st.SearchStrategy[datetime | None]:
    """When a value was charted; None is the instant of the question."""
    return st.one_of(st.none(), st.sampled_from(AGO).map(lambda minutes: AT - minutes * MINUTE))


@st.composite
def numbers(draw: st.DrawFn, name: str) -> tuple[Fraction, str | None]:
    """A number of one variable with its unit: usual, at a limit, impossible, or in doubt."""
    variable = WRITTEN[name]
    low, high = Fraction(str(variable.low or 0)), Fraction(str(variable.high or 100))
    unit: str | None = CANONICAL
    kind = draw(st.sampled_from(("usual", "usual", "usual", "edge", "other", "impossible", "strange")))
    value = low + (high - low) * Fraction(draw(st.integers(0, 200)), 1000)
    if kind == "edge":
        value = draw(st.sampled_from((low, high, Fraction(0), low + Fraction(1, 100))))
    if kind == "impossible":
        value = draw(st.sampled_from((high * 3 + 1, Fraction(-5), Fraction(10**7), Fraction(1))))
    if kind == "other":
        unit = draw(st.sampled_from(SPELLINGS.get(variable.unit, (CANONICAL,))))
    if kind == "strange":
        unit = draw(st.sampled_from(STRANGE_UNITS))
    return Fraction(round(value * 1000), 1000), unit


@st.composite
def entries(draw: st.DrawFn, name: str) -> Entry:
    """One entry of a variable with all that may stand beside it."""
    variable = WRITTEN[name]
    at = draw(moments())
    if variable.kind == "flag":
        return Entry(draw(st.booleans()), CANONICAL, at)
    if variable.kind == "choice":
        return Entry(draw(st.sampled_from((*variable.values, *variable.values, *STRANGE_WORDS))), CANONICAL, at)
    if variable.kind != "number":
        return Entry(draw(st.sampled_from(FREE)), CANONICAL, at)
    value, unit = draw(numbers(name))
    entry = Entry(value, unit, at)
    if name in ("map", "sbp", "dbp"):
        entry = entry._replace(method=draw(st.sampled_from(("", "", "arterial", "cuff", "doppler"))))
    if name == "weight":
        entry = entry._replace(kind=draw(st.sampled_from(("", "actual", "ideal", "adjusted"))))
    if name == "norepinephrine":
        entry = entry._replace(basis=draw(st.sampled_from(FORMS)))
    if name in DRUGS and draw(st.integers(0, 4)) == 0:
        form = draw(st.sampled_from(FORMS)) if name == "norepinephrine" else ""
        entry = entry._replace(bag=Bag(*draw(st.sampled_from(BAGS)), form))
    return entry


@st.composite
def series(draw: st.DrawFn, name: str) -> list[Entry]:
    """One to four entries in any order; a drug may have been charted without its dose.

    An infusion has one row for each instant: two of them are joined by a reader of charts and contradict each other
    in a plain patient, by contract.
    """
    found = draw(st.lists(entries(name), min_size=1, max_size=4))
    if name in DRUGS:
        found = list({entry.at or AT: entry for entry in found}.values())
        found = [entry._replace(value=None, unit=CANONICAL, basis="", bag=None)
                 if entry.at is not None and draw(st.integers(0, 9)) == 0 else entry for entry in found]  # fmt: skip
    return found


@st.composite
def records(draw: st.DrawFn) -> Record:
    """An invented patient with anything that a plain patient may carry."""
    usual = ("map", "sbp", "dbp", "lactate", "norepinephrine", "weight", "age", "vasopressin", "fluids", "hr")
    names = draw(st.lists(st.sampled_from(usual), unique=True, max_size=8))
    names += draw(st.lists(st.sampled_from(sorted(set(WRITTEN) - set(usual))), unique=True, max_size=6))
    found = {name: draw(series(name)) for name in names}
    if "age" in found and draw(st.booleans()):
        found["age"] = [Entry(Fraction(draw(st.integers(0, 110))), CANONICAL)]
    conditions = draw(st.lists(st.sampled_from(CONDITIONS), unique=True, max_size=4))
    drugs = draw(st.one_of(st.none(), st.lists(st.sampled_from(OTHER_DRUGS), unique=True, max_size=3)))
    stocked: dict[str, Any] = draw(st.dictionaries(st.sampled_from(STOCKED), st.booleans(), max_size=3))
    return Record(AT, found, conditions, drugs=drugs, formulary=stocked)
