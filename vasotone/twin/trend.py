"""One patient's record as the twin takes it: series in its units, by minutes from the instant of the question."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import readings, units
from vasotone.errors import InputError
from vasotone.facts import Facts
from vasotone.state import State, form_factors, form_named, state_at
from vasotone.table import Observation, Table
from vasotone.twin.drugs import DRUGS

VARIABLES = {"MAP": "map", "DAP": "dbp", "SAP": "sbp", "HR": "hr", "CVP": "cvp", "CI": "cardiac_index"}
KNOWN = {"weight": "weight", "lvef": "lvef", "saps2": "saps2", "hb": "hemoglobin"}
DERIVED_MAP = "map_derived"
SALTY = "norepinephrine"  # its dose is written in several forms
SEPTIC, MIXED = "septic", "mixed-shock"
SEPTIC_WORDS = ("septic-shock",)
NOT_MODELLED = ("milrinone", "methylene_blue")
FEWEST, SPAN = 3, 30.0  # readings of the mean pressure, and minutes between first and last, that make a trend

Course = tuple[tuple[float, float], ...]
Caution = tuple[str, str, str, dict[str, Any]]


class Trend(NamedTuple):
    """One patient over time; minute 0 is the instant of the question, what was before is negative.

    context   which priors hold
    known     recorded once: weight kg, lvef %, saps2 1, hb g/dL
    readings  charted values by variable of `VARIABLES`: (minute, value) in order of time, mm[Hg], /min, L/min/m2
    doses     by drug in the twin's units: (minute, dose) from which on it runs; norepinephrine as written
    forms     factor from written norepinephrine to base: one, or all that are possible
    """

    context: str
    known: dict[str, float]
    readings: dict[str, Course]
    doses: dict[str, Course]
    forms: tuple[float, ...] = (1.0,)

    @property
    def fits(self) -> bool:
        """Whether the mean pressure was charted often enough to fit anything."""
        course = self.readings.get("MAP", ())
        return len(course) >= FEWEST and course[-1][0] - course[0][0] >= SPAN


class Taken(NamedTuple):
    """A trend with what was noted on the way.

    lacking   variables that are not known and have to be
    unsettled drugs that are recorded, and whose dose now is not known
    written   factors from a dose of norepinephrine in a plan to base: that of the record's form, else all possible
    """

    trend: Trend
    state: State
    cautions: tuple[Caution, ...]
    lacking: tuple[str, ...]
    unsettled: tuple[str, ...]
    written: tuple[float, ...]


def taken(table: Table, facts: Facts, window: float) -> Taken:
    """The trend of a record in the last `window` hours before its instant.

    InputError where a reading of now cannot be (a mean pressure of 300 mm[Hg], an ejection fraction of 0).
    """
    state = state_at(table, facts)
    refuse_impossible(state)
    cautions: list[Caution] = []
    weight = state.value("weight")
    charted = {name: course(table, facts, state, variable, window) for name, variable in VARIABLES.items()}
    now = state.readings.get("map")
    if not charted["MAP"] and now is not None and now.value is not None:
        charted["MAP"] = ((0.0, float(now.value)),)
    doses = {drug: doses_of(table, facts, state, drug, weight, cautions) for drug in DRUGS}
    forms = forms_of(state, facts, cautions)
    known = {name: float(state.value(source)) for name, source in KNOWN.items() if state.value(source) is not None}
    for name in ("weight", "hr"):
        if state.value(name) is None:
            text = f"{facts.variables[name].label} is not known: each member has one drawn from the population."
            cautions.append(("drawn-from-population", name, text.capitalize(), {}))
    lacking = ("map",) if now is None or now.value is None else ()
    trend = Trend(
        context=context_of(table, cautions), known=known,
        readings={name: one for name, one in charted.items() if one},
        doses={drug: one for drug, one in doses.items() if one}, forms=forms,
    )  # fmt: skip
    not_modelled(table, state, cautions)
    unsettled = tuple(drug for drug in DRUGS if drug in state.readings and state.value(drug) is None)
    return Taken(trend, state, tuple(cautions), lacking, unsettled, written_as(table, state, facts, forms))


def refuse_impossible(state: State) -> None:
    """InputError where a value that the twin would rest on cannot be."""
    for name in (*VARIABLES.values(), *KNOWN.values(), *DRUGS):
        reading = state.readings.get(name)
        if reading is not None and reading.quality == "implausible":
            raise InputError("this value cannot be", where=name, seen=reading.seen,
                             why="a simulation would rest on it", fix="check the value and its unit")  # fmt: skip


def minutes(row: Observation, at: datetime | None) -> float:
    """Minutes from the instant of the question to a row; 0 where no times are given."""
    if row.at is None or at is None:
        return 0.0
    return (row.at - at).total_seconds() / 60


def course(table: Table, facts: Facts, state: State, name: str, window: float) -> Course:
    """What was charted of one variable in the window; of several at one instant the line's before the cuff's."""
    variable = facts.variables[name]
    found: dict[float, tuple[int, float]] = {}
    for row in table.series(name):
        minute = minutes(row, state.at)
        if minute > 0 or minute < -60 * window:
            continue
        value, quality, _ = readings.canonical(row, variable, None)
        if quality != "ok" or not isinstance(value, Fraction) or not readings.plausible(value, variable):
            continue
        rank = readings.PREFERRED.get(row.method, 1)
        if minute not in found or rank < found[minute][0]:
            found[minute] = (rank, float(value))
    return tuple((minute, value) for minute, (_, value) in sorted(found.items()))


def doses_of(
    table: Table, facts: Facts, state: State, drug: str, weight: Any, cautions: list[Caution]
) -> Course:  # fmt: skip
    """The doses of one drug in its canonical unit, from all that is recorded; what cannot be read is left out."""
    variable = facts.variables[drug]
    found: dict[float, float] = {}
    lost = 0
    for row in table.series(drug):
        minute = minutes(row, state.at)
        if minute > 0:
            continue
        value, quality, _ = readings.canonical(row, variable, weight if isinstance(weight, Fraction) else None)
        if quality != "ok" or not isinstance(value, Fraction) or not readings.plausible(value, variable):
            lost += 1
            continue
        found[minute] = in_one_form(row, value, facts) if drug == SALTY else float(value)
    if lost:
        text = f"{variable.label}: {lost} recorded doses could not be used."
        cautions.append(("dose-not-used", drug, text, {"rows": lost}))
    return tuple(sorted(found.items())) if any(found.values()) else ()


def in_one_form(row: Observation, value: Fraction, facts: Facts) -> float:
    """A dose of norepinephrine as base where its form is written, else as it stands."""
    form = form_named(facts, readings.form_of(row))
    return float(units.to_base(value, form, form_factors(facts), where=SALTY)) if form else float(value)


def forms_of(state: State, facts: Facts, cautions: list[Caution]) -> tuple[float, ...]:
    """Factor to base of every form that the recorded dose may be written in; each has its share of the members."""
    reading = state.readings.get(SALTY)
    if reading is None or reading.quality != "basis-unknown" or not reading.value:
        return (1.0,)
    text = "The form in which norepinephrine is written is not known: the members are shared among all that can be."
    cautions.append(("ask-basis", f"{SALTY}.basis", text, {"forms": list(state.forms)}))
    return all_forms(facts)


def all_forms(facts: Facts) -> tuple[float, ...]:
    """Every factor that a written dose of norepinephrine may have to base, from the smallest."""
    return tuple(
        sorted({float(units.to_base(Fraction(1), form, form_factors(facts))) for form in form_factors(facts)})
    )


def written_as(table: Table, state: State, facts: Facts, forms: tuple[float, ...]) -> tuple[float, ...]:
    """Factors from a plan's dose to base: the form last named in the record or by the site; else all forms."""
    if len(forms) > 1:
        return forms
    named = [form_named(facts, readings.form_of(row)) for row in table.series(SALTY)]
    reading = state.readings.get(SALTY)
    last = [form for form in named if form][-1:] or [form_named(facts, reading.kind) if reading else ""]
    if not last[0] and facts.site:
        last = [form_named(facts, facts.site["basis"].get(SALTY, ""))]
    if last[0]:
        return (float(units.to_base(Fraction(1), last[0], form_factors(facts))),)
    return all_forms(facts)


def context_of(table: Table, cautions: list[Caution]) -> str:
    """The context whose priors hold: septic shock where it is recorded, else shock of any kind, and that is said."""
    words = {word.strip().lower().replace("_", "-").replace(" ", "-") for word in table.conditions}
    if words & set(SEPTIC_WORDS):
        return SEPTIC
    text = "No septic shock is recorded: what is not known is drawn as for circulatory shock of several kinds."
    cautions.append(("context-assumed", "conditions", text, {"context": MIXED}))
    return MIXED


def not_modelled(table: Table, state: State, cautions: list[Caution]) -> None:
    """Note drugs that run and that the model does not have."""
    for drug in NOT_MODELLED:
        if state.value(drug):
            text = f"{drug} runs and is not part of the model: its effect is taken as unchanging."
            cautions.append(("drug-not-modelled", drug, text, {}))
