"""Raw charts of invented stays at random, full of ties, overlapping orders, stops without a start and lost doses."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

from as_clif import PATIENT
from demo_record import EPOCH, Rows
from hypothesis import strategies as st
from invented_records import AT, MINUTE

AGO = (0, 0, 5, 5, 10, 30, 45, 60, 61, 120, 240, 600, 1439, 1440, 1441, 2900)
FIRST, LAST = AT - 3000 * MINUTE, AT + 1000 * MINUTE
PRESSURES = ("Arterial Blood Pressure mean", "Non Invasive Blood Pressure mean")
VITALS = ("map", "sbp", "dbp", "heart_rate", "spo2", "weight_kg", "height_cm", "temp_c")
LABS = {
    "lactate": ("mmol/L", "mmol/l", "mg/dL", None, "furlong"), "creatinine": ("mg/dL", "umol/l"),
    "bilirubin_total": ("mg/dl",), "hemoglobin": ("g/dL", "g/l", None), "ph_arterial": (None, "units", "(no units)"),
    "so2_central_venous": ("%", None),
}  # fmt: skip
DOSES = (0.0, 0.06, 0.07, 0.1, 0.26, 0.0625, 0.123, 0.5, 1.0, 7.4, 31.0, None)  # one halfway between two steps
RATES = {
    "norepinephrine": ("mcg/kg/min", "mcg/kg/min", "mcg/kg/hr", "ug.kg-1.min-1", None, "mcq/kg/min"),
    "vasopressin": ("units/hour", "units/min"), "epinephrine": ("mcg/kg/min",), "angiotensin": ("ng/kg/min",),
    "phenylephrine": ("mcg/kg/min",), "Milrinone": ("mcg/kg/min",),
}  # fmt: skip
UNREAD = (None, "mcq/kg/min")
ACTIONS = (
    "start", "dose_change", "dose_change", "going", "stop", "stop", "verify", "not_administered", "given", "handover",
)  # fmt: skip
CODES = (
    ("ICD10CM", "R65.21"), ("ICD10CM", "R6520"), ("ICD9CM", "785.52"), ("ICD9CM", "99592"), ("ICD10CM", "A41.9"),
    ("ICD10CM", "I10"), ("ICD10CM", "O80"), ("ICD9CM", "5715"), ("ICD10CM", "Z99.9"), ("ICD9CM", "038.9"),
)  # fmt: skip
STATES = ("Full", "DNR", "DNR/DNI", "AND", "DNI_only", "Presume Full", "unheard of")
DEVICES = ("IMV", "Nasal Cannula", "NIPPV", None)
INVASIVE = {"cvp": (-3.0, 8.0, 14.04, 60.0), "cardiac_index": (1.2, 2.346, 20.0), "ef": (20.0, 55.56)}


def us(at: datetime) -> int:
    """An instant in microseconds since 1970."""
    return (at - EPOCH) // (MINUTE / 60_000_000)


def moments() -> st.SearchStrategy[int]:
    """When a row was charted; a few after the question."""
    return st.sampled_from((*AGO, -5, -60)).map(lambda minutes: us(AT - minutes * MINUTE))


def single(value: float | None) -> float | None:
    """A number as four bytes keep it, which is how doses are stored."""
    return None if value is None else float(struct.unpack("f", struct.pack("f", value))[0])


@st.composite
def vitals(draw: st.DrawFn) -> Rows:
    """Vital signs, one value for each instant, name and way."""
    found: dict[tuple[Any, ...], float] = {(us(FIRST), "heart_rate", "Heart Rate"): 88.0}
    for _ in range(draw(st.integers(2, 14))):
        category = draw(st.sampled_from(VITALS))
        name = draw(st.sampled_from(PRESSURES)) if category in ("map", "sbp", "dbp") else category
        value = draw(st.sampled_from((55.0, 62.0, 65.04, 64.95, 65.05, 70.0, 98.76, 0.0, -23.0, 801.0)))
        found[draw(moments()), category, name] = value
    return [(*key, value) for key, value in found.items()]


@st.composite
def doses(draw: st.DrawFn) -> Rows:
    """Events of infusions: one order with anything in it, a bag hung before the old one was stopped, a bag change."""
    rows: Rows = []
    for drug in draw(st.lists(st.sampled_from(sorted(RATES)), unique=True, max_size=3)):
        unit = draw(st.sampled_from(RATES[drug]))
        times = sorted(draw(st.lists(moments(), unique=True, min_size=4, max_size=6)))
        running = st.sampled_from([dose for dose in DOSES if dose])
        first, second = single(draw(running)), single(draw(running))
        kind = draw(st.sampled_from(("one", "one", "overlap", "change")))
        if kind == "one" or unit in UNREAD:
            events = draw(one_order(times))
        elif kind == "overlap":
            events = [(times[1], "o2", "start", second), (times[2], "o1", "stop", 0.0)]
        else:
            events = [(times[1], "o1", "stop", 0.0), (times[1], "o2", "start", second)]
        if kind != "one" and unit not in UNREAD:
            last = draw(st.sampled_from(((times[3], "o2", "stop", 0.0), (times[3], "o2", "dose_change", first))))
            events = [(times[0], "o1", "start", first), *events, last]
        rows += [(at, f"{drug}-{order}", drug, action, dose, unit) for at, order, action, dose in events]
    return rows


@st.composite
def one_order(draw: st.DrawFn, times: list[int]) -> list[tuple[int, str, str, float | None]]:
    """One order from its start on; doses may be lost, and a stop may be charted twice.

    A zero is a zero in a unit that is not known, too.
    """
    found: list[tuple[int, str, str, float | None]] = []
    for place, at in enumerate(times):
        action = draw(st.sampled_from(ACTIONS)) if place else "start"
        dose = single(draw(st.sampled_from(DOSES)))
        if action == "stop":
            dose = 0.0
        found.append((at, "o1", action, dose))
    return found


@st.composite
def steroid(draw: st.DrawFn) -> Rows:
    """Single doses, hydrocortisone among them."""
    rows: Rows = []
    for at in draw(st.lists(moments(), unique=True, max_size=3)):
        drug = draw(st.sampled_from(("hydrocortisone", "hydrocortisone", "vancomycin")))
        dose = draw(st.sampled_from((50.0, 50.0, 100.0)))
        rows.append((at, drug, draw(st.sampled_from(("given", "given", "not_administered"))), dose, "mg"))
    return rows


@st.composite
def charts(draw: st.DrawFn) -> dict[str, Rows]:
    """The raw rows of one stay by table."""
    labs: Rows = []
    for name in draw(st.lists(st.sampled_from(sorted(LABS)), unique=True, max_size=4)):
        for at in draw(st.lists(moments(), unique=True, min_size=1, max_size=3)):
            value = draw(st.sampled_from((1.0, 2.2, 4.567, 7.31, 9.8, 55.0, 0.0)))
            labs.append((at, name, value, draw(st.sampled_from(LABS[name]))))
    invasive: Rows = []
    for name in draw(st.lists(st.sampled_from(sorted(INVASIVE)), unique=True, max_size=2)):
        invasive.append((draw(moments()), name, draw(st.sampled_from(INVASIVE[name]))))
    status = st.tuples(moments(), st.sampled_from(STATES))
    return {
        "hospitalization": [(PATIENT, us(FIRST), us(LAST), draw(st.sampled_from((34, 67, 88, None))))],
        "vitals": draw(vitals()),
        "labs": labs,
        "medication_admin_continuous": draw(doses()),
        "medication_admin_intermittent": draw(steroid()),
        "hospital_diagnosis": draw(st.lists(st.sampled_from(CODES), unique=True, max_size=3)),
        "respiratory_support": draw(st.lists(st.tuples(moments(), st.sampled_from(DEVICES)), max_size=3,
                                             unique_by=lambda row: row[0])),
        "invasive_hemodynamics": invasive,
        "patient": draw(st.lists(st.tuples(st.sampled_from(("Female", "Male", "Unknown"))), max_size=1)),
        "code_status": draw(st.lists(status, max_size=2, unique_by=lambda row: row[0])),
    }  # fmt: skip
