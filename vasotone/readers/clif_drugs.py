"""Drugs of one stay up to an instant: infusions, time on them, and hydrocortisone."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError, shorten
from vasotone.readers import clif_infusions
from vasotone.readers.clif_infusions import Event
from vasotone.readers.clif_series import Caution, Found, Stay, exact, span
from vasotone.readers.clif_store import (
    Source,
    Store,
    category,
    column_text,
    instant,
    key_is,
    number_text,
    time_us,
)
from vasotone.readers.unit_texts import is_unit, respelled
from vasotone.table import CANONICAL, Observation

COLUMNS = ("hospitalization_id", "admin_dttm", "med_category", "med_dose")
CONTINUOUS = "medication_admin_continuous"
INTERMITTENT = "medication_admin_intermittent"

_FINEST = Fraction(1, 10**12)


class _Charted(NamedTuple):
    us: int
    late: int
    order: str
    kind: str
    dose: str | None
    unit: str | None
    action: str
    group: str


def drugs(store: Store, stay: Stay, settings: dict[str, Any]) -> Found:
    """Everything that the two drug tables say up to the instant."""
    continuous = _charted(store, stay, CONTINUOUS)
    intermittent = _charted(store, stay, INTERMITTENT)
    rows: list[Observation] = []
    cautions: list[Caution] = [_fluids()]
    if continuous is not None:
        found, more = _infusions(continuous, stay, settings)
        rows += found
        cautions += more
    if intermittent is not None:
        rows += _hydrocortisone(store, intermittent, continuous or [], stay, settings, cautions)
    return Found(rows, cautions)


def _charted(store: Store, stay: Stay, table: str) -> list[_Charted] | None:
    """The rows of a drug table up to the instant; None where the folder has no such table."""
    source = store.source(table)
    if source is None:
        return None
    store.need(table, *COLUMNS)
    query = f"""
        SELECT DISTINCT us, late, medication, kind, dose, unit, action, class FROM (
            SELECT {time_us(source, "admin_dttm")} AS us, {time_us(source, "admin_dttm", "late")} AS late,
                coalesce({column_text(source, "med_order_id")}, '') AS medication,
                coalesce({category("med_category")}, '') AS kind, {_dose(source)} AS dose,
                {column_text(source, "med_dose_unit")} AS unit,
                {_word(source, "mar_action_category")} AS action,
                {_word(source, "mar_action_group")} || ' ' || {_word(source, "med_group")} AS class
            FROM {{table}} WHERE {key_is(source, "hospitalization_id")}
        ) WHERE us <= ? ORDER BY ALL"""
    return [_Charted(*row) for row in store.rows(source, query, [stay.hospitalization, stay.at])]


def _dose(source: Source) -> str:
    """The dose as a number, else what stands there in its place, so that it is not taken for an empty cell."""
    return f"coalesce({number_text(source, 'med_dose')}, nullif(trim({column_text(source, 'med_dose')}), ''))"


def _word(source: Source, column: str) -> str:
    return f"coalesce({category(column)}, '')" if column in source.columns else "''"


def _infusions(
    charted: list[_Charted], stay: Stay, settings: dict[str, Any]
) -> tuple[list[Observation], list[Caution]]:
    carry = span(settings["limits"]["carry"])
    at = instant(stay.at)
    unmatched = _unmatched(charted, settings)
    rows: list[Observation] = []
    cautions: list[Caution] = list(unmatched)
    absent: list[str] = []
    for drug in settings["infusion"]:
        name = drug["name"]
        actions = settings["actions"]
        mine = [row for row in charted if row.kind in drug["categories"] and not _not_given(row, actions)]
        events = _events(mine, name, actions, at, cautions)
        course = clif_infusions.steps(events, drug, carry)
        if course:
            rows += clif_infusions.observations(name, course, at, carry, f"CLIF {CONTINUOUS}", cautions)
        elif not mine and drug["absence"] == "zero_if_no_row" and not unmatched:
            absent.append(name)
            rows.append(Observation(name, Fraction(0), CANONICAL, at, "no row charted"))
    if absent:
        text = f"No row is charted for {', '.join(absent)}, so each is taken as not running."
        cautions.append(("zero-if-no-row", "infusions", text, {"names": absent, "count": len(absent)}))
    return rows, cautions


def _events(
    charted: list[_Charted], name: str, actions: dict[str, Any], at: datetime, cautions: list[Caution]
) -> list[Event]:
    """Events of one drug. A row whose dose, time or action cannot be used leaves the dose unknown from then on."""
    events: list[Event] = []
    lost, strange = 0, []
    for row in charted:
        stop = row.action in actions["stop"]
        unit = respelled((row.unit or "").strip()) or None
        if row.action in actions["given"] and _amount(unit):
            continue  # a single dose beside the rate says nothing of it
        dose = exact(row.dose, _FINEST)
        if dose is None and row.dose is not None:
            lost += 1
        elif dose is None and row.action in (*actions["runs"], *actions["given"], ""):
            continue  # a check of the pump without a dose changes nothing
        if dose != 0 and not stop and row.action not in (*actions["sets"], *actions["runs"], ""):
            strange.append(row.action)  # a pause, or a change: the dose before it says nothing of the one after
            dose = None
        if row.late != row.us:  # an hour that the clocks skip or show twice: known at neither end of it
            dose, stop = None, False
            if instant(row.late) <= at:
                events.append(Event(instant(row.late), row.order, dose, unit, stop))
        events.append(Event(instant(row.us), row.order, dose, unit, stop))
    if lost:
        text = f"{name}: {lost} charted doses could not be read as a number"
        cautions.append(("not-a-number", name, text, {"rows": lost}))
    if strange:
        words = sorted(set(strange))
        text = f"{name}: not known whether it runs after the action {', '.join(map(shorten, words))}."
        cautions.append(("action-not-known", name, text, {"rows": len(strange), "seen": words}))
    return events


def _amount(unit: str | None) -> bool:
    """Whether a unit is one of an amount, and so of no rate."""
    return unit is not None and is_unit(unit) and "time" not in dict(units.unit(unit).dimension)


def _unmatched(charted: list[_Charted], settings: dict[str, Any]) -> list[Caution]:
    """A vasoactive infusion without a usable name is missing data, not an absent drug."""
    groups = settings["actions"]["vasoactive"]
    nameless = [row for row in charted if row.kind in ("", "other", "unknown")]
    lost = [row for row in nameless if row.group.split(" ")[-1] in groups]
    if not lost:
        return []
    text = "A vasoactive infusion is charted without a name, so drugs without a row are not taken as off."
    return [("drug-not-matched", "infusions", text, {"rows": len(lost)})]


def _hydrocortisone(
    store: Store,
    intermittent: list[_Charted],
    continuous: list[_Charted],
    stay: Stay,
    settings: dict[str, Any],
    notes: list[Caution],
) -> list[Observation]:
    record = settings["hydrocortisone"]
    window = span(settings["limits"]["steroid"])
    at = instant(stay.at)
    actions = settings["actions"]
    mine = [row for row in intermittent if row.kind in record["categories"] and _was_given(row, actions)]
    recent = [row for row in mine if instant(row.late) > at - window]
    total = Fraction(0)
    for row in recent:
        dose = exact(row.dose, _FINEST)
        if dose == 0 and row.late == row.us:
            continue  # nothing, in any unit
        try:
            total += units.convert(
                dose if dose is not None else Fraction(0), respelled(row.unit or ""), record["unit"]
            )
        except UnitError:
            dose = None
        if dose is None or row.late != row.us:
            text = "hydrocortisone: a dose was given that could not be read, so the daily dose is not known."
            return _unknown_steroid(at, INTERMITTENT, text, notes)
    if any(row.kind in record["categories"] and instant(row.us) > at - window for row in continuous):
        text = "hydrocortisone: it is charted as an infusion too, so the daily dose is not known."
        return _unknown_steroid(at, CONTINUOUS, text, notes)
    source = f"CLIF {INTERMITTENT}, sum of the last day" if mine else "no row charted"
    if not mine and not (record["absence"] == "zero_if_site_charts" and _site_charts(store, record["categories"])):
        return []
    return [Observation("hydrocortisone", total, "mg/d", at, source)]


def _site_charts(store: Store, categories: list[str]) -> bool:
    marks = ", ".join("?" * len(categories))
    query = f"SELECT 1 FROM {{table}} WHERE {category('med_category')} IN ({marks}) LIMIT 1"
    return bool(store.rows(store.need(INTERMITTENT, *COLUMNS), query, list(categories)))


def _unknown_steroid(at: datetime, table: str, text: str, notes: list[Caution]) -> list[Observation]:
    notes.append(("dose-missing", "hydrocortisone", text, {}))
    return [Observation("hydrocortisone", None, "mg/d", at, f"CLIF {table}")]


def _was_given(row: _Charted, actions: dict[str, Any]) -> bool:
    return (row.action in actions["given"] or row.action == "") and not _not_given(row, actions)


def _not_given(row: _Charted, actions: dict[str, Any]) -> bool:
    """Whether the action or its group says that the drug was not given."""
    return row.action in actions["not_given"] or any(
        row.group.startswith(f"{word} ") for word in actions["not_given"]
    )


def _fluids() -> Caution:
    text = "CLIF charts fluids only in part, and carriers look like boluses, so fluids stay unknown."
    return ("fluids-partly-known", "fluids", text, {})
