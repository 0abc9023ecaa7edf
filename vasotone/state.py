"""One patient at one instant: readings, what is derived from them, and what contradicts what."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import lang, units
from vasotone.errors import shorten
from vasotone.facts import Facts
from vasotone.readings import Caution, Reading, plausible, read
from vasotone.records import Variable
from vasotone.state_course import warn_of_course
from vasotone.state_doubts import (
    WEIGHT,
    apply_consistency,
    checked_weight,
    named_in,
    past_limits,
    spelled,
    unknown_words,
)
from vasotone.state_pressure import (
    MAP,
    by_line,
    choose_map,
    line_and_cuff,
    line_in_place,
    measured_map,
    stands_open,
)
from vasotone.state_scores import POINTS, scores
from vasotone.table import Table

Row = dict[str, Any]


FORM_DRUG = "norepinephrine"
MOST_STRANGE = 20  # unknown words that are listed one by one


class State(NamedTuple):
    """One patient at one instant.

    readings  by variable name; a variable that was never recorded is absent
    rows      what conditions read: one row per form the norepinephrine dose may be written in
    forms     the forms that the rows stand for
    cautions  doubts about the data: (code, name, text, values)
    assumed   what a site's profile stands in for, such as `norepinephrine.basis`
    notes     what the reader says of the record, in the same form
    """

    at: datetime | None
    readings: dict[str, Reading]
    rows: tuple[Row, ...]
    forms: tuple[str, ...]
    cautions: tuple[Caution, ...]
    title: str = ""
    notes: tuple[Caution, ...] = ()
    assumed: tuple[str, ...] = ()

    def value(self, name: str) -> Any:
        """The canonical value of a variable, or None."""
        reading = self.readings.get(name)
        return None if reading is None else reading.value


def state_at(table: Table, facts: Facts, at: datetime | None = None) -> State:
    """The state of a table at an instant (the table's own when none is given)."""
    at = at or table.at
    cautions: list[Caution] = list(table.cautions)
    if at is None:
        at = max((row.at for row in table.rows if row.at is not None), default=None)
        text = "No time is given: all values are taken as of one unnamed instant."
        if at is not None:
            text = (
                "No time of the question is given: the newest value's time is taken, so all may be older than shown."
            )
        cautions.append(("time-not-given", "at", text, {}))
    marks: list[str] = []
    if facts.site:
        from vasotone.state_assumed import assumed_readings, assumed_table

        table = assumed_table(table, facts, marks, cautions)
    readings = read_all(table, facts, at, cautions)
    if facts.site:
        assumed_readings(table, facts, readings, marks, cautions)
    row: Row = dict.fromkeys(facts.columns)
    fill_flags(table, facts, readings, row, cautions)
    choose_map(readings, facts)
    fill_row(readings, row, facts)
    settle_form(facts, readings, row, cautions)
    past_limits(facts, readings, cautions)
    warn_of_course(table, facts, at, readings.get(WEIGHT), cautions)
    apply_consistency(facts, readings, row, cautions, before=True)
    derive(facts, readings, row, at, cautions)
    from_series(table, facts, readings, row, at)
    line_in_place(by_line(table), facts, readings, row, at)
    apply_consistency(facts, readings, row, cautions, before=False)
    forms, rows = rows_by_form(facts, readings, row)
    scores(facts, readings, rows, at)
    return State(at, readings, rows, forms, tuple(cautions), table.title, table.notes, tuple(marks))


def read_all(table: Table, facts: Facts, at: datetime | None, cautions: list[Caution]) -> dict[str, Reading]:
    """The reading of every recorded variable; weight first, since doses per kilogram rest on it."""
    by_name: dict[str, list[Any]] = {}
    for row in table.rows:
        by_name.setdefault(row.name, []).append(row)
    readings: dict[str, Reading] = {}
    weight: Fraction | None = None
    # In the order of the facts, so that the order in which a record was written means nothing.
    for name in (WEIGHT, *(name for name in facts.variables if name != WEIGHT)):
        if name not in by_name:
            continue
        variable = facts.variables[name]
        rows = tuple(by_name[name])
        reading = read(variable, rows, at, weight, cautions)
        if reading is not None:
            readings[name] = reading
        if name == WEIGHT and reading is not None and isinstance(reading.value, Fraction):
            weight = checked_weight(readings, rows, facts, at, cautions)
    line_and_cuff(by_name, facts, readings, at)
    return readings


def fill_flags(table: Table, facts: Facts, readings: dict[str, Reading], row: Row, cautions: list[Caution]) -> None:
    """Set the flags that condition words, other drugs, the site's words and the formulary speak of."""
    words = {spelled(word): source for word, source in table.conditions.items()}
    known: set[str] = set()
    drugs = None if table.drugs is None else {part for drug in table.drugs for part in named_in(drug)}
    unknown_words(table, facts, cautions)
    for name, variable in facts.variables.items():
        record = variable.record
        if "word" in record:
            hits = [word for word in words if matches(word, record)]
            known.update(hits)
            row[name] = True if hits else None
        elif "drugs" in record and drugs is not None:
            row[name] = bool(drugs & set(record["drugs"]))
        elif "from" in record:
            said = readings.get(record["from"])
            if said is not None and said.value:
                row[name] = any(word in str(said.value).lower() for word in record["words"])
        elif "formulary" in record:
            row[name] = table.formulary.get(record["formulary"])
    strange = [shorten(word) for word in words if word not in known]
    for word in strange[:MOST_STRANGE]:
        cautions.append(("unknown-condition", word,
            f"The condition '{word}' is not known here. It is shown and opens no rule.", {}))  # fmt: skip
    if more := len(strange[MOST_STRANGE:]):
        text = f"{more} more conditions are not known here and open no rule."
        cautions.append(("unknown-condition", "conditions", text, {"count": more}))


def matches(word: str, record: dict[str, Any]) -> bool:
    """Whether a condition word is the one of a record, one of its aliases, or has its beginning."""
    pattern = record["word"]
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return word == pattern or word in record.get("aliases", ())


def fill_row(readings: dict[str, Reading], row: Row, facts: Facts) -> None:
    """Put every known reading where conditions can read it."""
    for name, reading in readings.items():
        if name in facts.columns:
            row[name] = plain(reading.value)


def plain(value: Any) -> Any:
    """A value as conditions read it: numbers as correctly rounded floats, which keeps their order."""
    return float(value) if isinstance(value, Fraction) else value


def derive(
    facts: Facts, readings: dict[str, Reading], row: Row, at: datetime | None, cautions: list[Caution]
) -> None:
    """Add the derived numbers whose inputs are all known; MAP from them when none was measured."""
    for name, formula in facts.formulas.items():
        if formula[0] == POINTS:
            continue
        variable = facts.variables[name]
        if name == "modified_shock_index" and stands_open(readings, MAP):
            measured_map(facts, readings, row, cautions)
        names = lang.names(formula, {})
        inputs = {used: readings[used] for used in names if used in readings and is_settled(readings[used])}
        if len(inputs) < len(names) or not of_one_time(variable, list(inputs.values())):
            continue
        value = exact_value(formula, {used: reading.value for used, reading in inputs.items()})
        if value is None or not plausible(value, variable):
            continue
        oldest = max(inputs.values(), key=lambda reading: reading.age_minutes or 0)
        methods = {reading.method for reading in inputs.values()}
        readings[name] = Reading(
            value, variable.unit, oldest.at or at, oldest.age_minutes, origin="derived",
            source=variable.record["derive"], seen=f"{float(value):.2f}",
            method=methods.pop() if len(methods) == 1 else "",
        )  # fmt: skip
        row[name] = float(value)
    measured_map(facts, readings, row, cautions)


def of_one_time(variable: Variable, inputs: list[Reading]) -> bool:
    """Whether a formula's inputs were taken close enough to one another for what it tells."""
    within = variable.record.get("within")
    ages = [reading.age_minutes or 0 for reading in inputs]
    return within is None or max(ages) - min(ages) <= within["value"]


def is_settled(reading: Reading) -> bool:
    """Whether a reading's number stands, whatever the form that the drug is written in."""
    return reading.quality != "basis-unknown"


def exact_value(node: Any, inputs: Row) -> Fraction | None:
    """A formula's value as an exact rational; None while an input is unknown or a divisor is zero."""
    if node[0] == "num":
        return Fraction(str(node[1]))  # the decimal that stands in the formula, not its nearest binary
    if node[0] == "name":
        value = inputs.get(node[1])
        return value if isinstance(value, Fraction) else None
    left, right = exact_value(node[1], inputs), exact_value(node[2], inputs)
    if left is None or right is None or (node[0] == "/" and right == 0):
        return None
    if node[0] == "+":
        return left + right
    if node[0] == "-":
        return left - right
    return left * right if node[0] == "*" else left / right


def from_series(table: Table, facts: Facts, readings: dict[str, Reading], row: Row, at: datetime | None) -> None:
    """What a series tells beyond its newest value: the lactate before, and the hours on a drug."""
    if "lactate" in readings and "lactate_previous" not in readings and readings["lactate"].value is not None:
        earlier = [
            item for item in table.series("lactate") if item.at and item.at < (readings["lactate"].at or item.at)
        ]
        variable = facts.variables["lactate"]
        previous = read(variable._replace(fresh_minutes=None), tuple(earlier), at, None, []) if earlier else None
        if previous is not None and previous.value is not None:
            readings["lactate_previous"] = previous._replace(origin="derived")
            row["lactate_previous"] = plain(previous.value)
    for drug in ("norepinephrine", "vasopressin", "epinephrine"):
        name = f"{drug}_hours"
        hours = hours_on(table, drug, at, facts)
        running = readings.get(drug)
        if name not in readings and hours is not None and running is not None and running.value:
            variable = facts.variables[name]
            readings[name] = Reading(hours, variable.unit, at, 0, origin="derived",
                source=f"series of {drug}", seen=units.decimal_text(hours, 1))  # fmt: skip
            row[name] = float(hours)


def hours_on(table: Table, drug: str, at: datetime | None, facts: Facts) -> Fraction | None:
    """Hours since a drug was seen to begin, after a row of zero; short pauses count as on. None where not seen."""
    rows = [item for item in table.series(drug) if item.at is not None]
    pause = facts.variables[f"{drug}_hours"].record["pause"]["value"] * 60
    carried = facts.variables[drug].fresh_minutes
    begun: datetime | None = None
    stopped: datetime | None = None
    before: datetime | None = None
    for item in rows:
        if item.at is None or at is None or item.at > at:
            continue
        if before is not None and carried is not None and stopped is None:
            if (item.at - before).total_seconds() > carried * 60:
                begun = None  # nobody charted it for longer than a dose is carried
        before = item.at
        if item.value is None:
            begun = begun if stopped is None else None  # whether it began again is not known
            stopped = None
        elif not item.value:
            stopped = stopped or item.at
        elif stopped is not None:
            if begun is None or (item.at - stopped).total_seconds() > pause:
                begun = item.at
            stopped = None
    if begun is None or stopped is not None or at is None:
        return None
    return Fraction(int((at - begun).total_seconds()), 3600)


def settle_form(facts: Facts, readings: dict[str, Reading], row: Row, cautions: list[Caution]) -> None:
    """Count the norepinephrine dose as base where its form is known; mark it where it is not."""
    reading = readings.get(FORM_DRUG)
    written = None if reading is None else reading.value
    if reading is None or not isinstance(written, Fraction):
        return
    forms = form_factors(facts)
    basis = form_named(facts, reading.basis)
    if reading.basis not in ("", "unknown") and not basis:
        seen = shorten(reading.basis)
        text = f"'{seen}' is not a known form of norepinephrine. The form counts as unknown."
        cautions.append(("unknown-value", FORM_DRUG, text, {"seen": seen, "known": list(forms)}))
    bag = reading.bag
    if bag is not None:
        bag = bag._replace(basis=form_named(facts, bag.basis) or "unknown")
    reading = reading._replace(basis=basis, bag=bag)
    if written == 0:
        readings[FORM_DRUG] = reading._replace(basis=basis or "base")
    elif basis:
        base = units.to_base(written, basis, forms, where=FORM_DRUG)
        readings[FORM_DRUG] = reading._replace(value=base, basis="base", kind=basis)
        row[FORM_DRUG] = float(base)
    else:
        readings[FORM_DRUG] = reading._replace(quality="basis-unknown")


def form_named(facts: Facts, word: str) -> str:
    """The form that a word means, or empty when it is not known."""
    for form, record in facts.drugs.get(FORM_DRUG, {}).get("forms", {}).items():
        if spelled(word) in (form, *record.get("aliases", ())):
            return str(form)
    return ""


def rows_by_form(facts: Facts, readings: dict[str, Reading], row: Row) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """One row per form in which the norepinephrine dose may be written; doses in conditions are base."""
    reading = readings.get(FORM_DRUG)
    if reading is None or reading.quality != "basis-unknown" or not isinstance(reading.value, Fraction):
        return ("",), (row,)
    forms, written = form_factors(facts), reading.value
    rows = tuple({**row, FORM_DRUG: float(units.to_base(written, form, forms, where=FORM_DRUG))} for form in forms)
    return tuple(forms), rows


def form_factors(facts: Facts, drug: str = FORM_DRUG) -> dict[str, Fraction]:
    """How many mg of each form stand for one of base, from the drug's own facts."""
    forms = facts.drugs.get(drug, {}).get("forms", {})
    return {name: units.number(record["value"], where=f"forms {name}") for name, record in forms.items()}
