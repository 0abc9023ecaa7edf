"""Charted series and words of one stay, up to an instant: pressures, laboratory results, devices, lines."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
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
from vasotone.readers.results import told, was_measured
from vasotone.readers.unit_texts import respelled
from vasotone.table import CANONICAL, Observation, Value

Caution = tuple[str, str, str, dict[str, Any]]


class Stay(NamedTuple):
    """One hospitalization and the instant of the question; times in microseconds since 1970."""

    hospitalization: str
    patient: str | None
    admitted: int | None
    discharged: int | None
    age: str | None
    at: int


class Found(NamedTuple):
    """What a part of the reader brings: rows, and what it could not use."""

    rows: list[Observation]
    cautions: list[Caution]


class _Layout(NamedTuple):
    """The columns in which a series table keeps its parts, and what the face calls the table."""

    times: tuple[str, ...]
    category: str
    value: str
    text: str = ""
    names: tuple[str, ...] = ()
    unit: str = ""


LAYOUTS = {
    "vitals": _Layout(
        times=("recorded_dttm",),
        category="vital_category",
        value="vital_value",
        names=("vital_name", "meas_site_name"),
    ),
    "labs": _Layout(
        times=("lab_result_dttm", "lab_collect_dttm"),
        category="lab_category",
        value="lab_value_numeric",
        text="lab_value",
        unit="reference_unit",
    ),
    "invasive_hemodynamics": _Layout(
        times=("recorded_dttm",), category="measurement_category", value="measurement_value"
    ),
}


_FINE = Fraction(1, 10**6)  # a value whose resolution nobody states keeps all but float noise
_DEVICE_COLUMNS = ("device_category", "support_category", "config_category")


def exact(text: str | None, resolution: Fraction) -> Fraction | None:
    """A charted number rounded to its resolution, halves away from zero; None for what is not a finite number."""
    if text is None:
        return None
    try:
        return units.round_to(units.number(text, where="CLIF value"), resolution)
    except UnitError:
        return None


def series(store: Store, stay: Stay, table: str, settings: dict[str, Any]) -> Found:
    """All readings of one series table up to the instant, arterial before cuff at the same minute."""
    source = store.source(table)
    if source is None:
        return Found([], [])
    layout = LAYOUTS[table]
    store.need(table, "hospitalization_id", layout.times[0], layout.category)
    listed = [item for item in settings["measure"] if item["table"] == table]
    measures = {kind: item for item in listed for kind in item["categories"]}
    rows: list[tuple[int, int, Observation]] = []
    lost: dict[str, int] = {}
    untimed = 0
    for us, late, kind, value, text, words, unit, collected in _series_rows(
        store, source, layout, stay, list(measures)
    ):
        measure = measures[kind]
        if us is None or (late != us and measure["name"] not in settings.get("lasting", ())):
            untimed += 1
            continue
        number: Value = exact(value, Fraction(measure["resolution"]["value"]) if "resolution" in measure else _FINE)
        if number is None:
            lost[measure["name"]] = lost.get(measure["name"], 0) + 1
            if text is None or not was_measured(text, settings["not_measured"]["words"]):
                continue
            number = told(text)  # it was measured, so no older number may stand in for it
        method = _method(words, settings["method"]) if table == "vitals" else ""
        written = _lab_unit(unit, measure, settings) if layout.unit else CANONICAL
        where = f"CLIF {table}, {kind}" + (", by result time" if layout.text else "")
        row = Observation(
            measure["name"], number, written, instant(us), where, method=method, kind=measure.get("kind", "")
        )
        rows.append((collected or us, 0 if method == "arterial" else 1, row))
    rows.sort(key=lambda item: (item[2].at, item[0], item[1]))
    return Found(_in_turn(rows), _series_cautions(table, lost, untimed))


def _in_turn(rows: list[tuple[int, int, Observation]]) -> list[Observation]:
    """Each row once; of results made known together, those collected earlier stand a microsecond before."""
    newest: dict[tuple[str, Any], int] = {}
    for collected, _, row in rows:
        newest[row.name, row.at] = max(collected, newest.get((row.name, row.at), collected))
    turned: dict[Observation, None] = {}
    for collected, _, row in rows:
        older = collected < newest[row.name, row.at] and row.at is not None
        turned[row._replace(at=row.at - timedelta(microseconds=1)) if older and row.at else row] = None
    return list(turned)


def _series_rows(
    store: Store, source: Source, layout: _Layout, stay: Stay, categories: list[str]
) -> list[tuple[Any, ...]]:
    columns = [name for name in (layout.value, layout.text) if name]
    value = f"coalesce({', '.join(_finite(number_text(source, name)) for name in columns)})"
    text = f"coalesce({', '.join(_words(source, name) for name in columns)})"
    words = " || ' ' || ".join(f"coalesce({column_text(source, name)}, '')" for name in layout.names) or "''"
    collected = time_us(source, layout.times[-1])
    bad = f"{column_text(source, layout.value)} IS NOT NULL"
    if layout.text:
        bad += f" OR {column_text(source, layout.text)} IS NOT NULL"
    marks = ", ".join("?" for _ in categories)
    query = f"""
        SELECT DISTINCT us, late, kind, value, text, words, unit, collected FROM (
            SELECT {time_us(source, layout.times[0])} AS us, {time_us(source, layout.times[0], "late")} AS late,
                {category(layout.category)} AS kind,
                {value} AS value, {text} AS text, {words} AS words,
                {column_text(source, layout.unit)} AS unit, {collected} AS collected
            FROM {{table}}
            WHERE {key_is(source, "hospitalization_id")} AND ({bad})
        )
        WHERE kind IN ({marks}) AND (us <= ? OR us IS NULL AND (collected IS NULL OR collected <= ?))
        ORDER BY us, kind, value, text, words, unit, collected"""
    return store.rows(source, query, [stay.hospitalization, *categories, stay.at, stay.at])


def _finite(number: str) -> str:
    """The SQL of a number's text, NULL where it is no finite number."""
    return f"CASE WHEN isfinite(cast({number} AS DOUBLE)) THEN {number} END"


def _words(source: Source, column: str) -> str:
    """The SQL of what a cell says in words, NULL where it is empty or some number."""
    return f"CASE WHEN {number_text(source, column)} IS NULL THEN nullif(trim({column_text(source, column)}), '') END"


def _series_cautions(table: str, lost: dict[str, int], untimed: int) -> list[Caution]:
    cautions: list[Caution] = [
        ("not-a-number", name, f"{name}: {count} in {table} could not be read as a number", {"rows": count})
        for name, count in sorted(lost.items())
    ]
    if untimed:
        text = f"{untimed} rows of {table} have no time at which they were known, so they are left out"
        cautions.append(("time-missing", table, text, {"rows": untimed}))
    return cautions


def _method(words: str, patterns: list[dict[str, Any]]) -> str:
    text = words.lower().replace("_", " ")
    for item in patterns:
        if re.search(item["match"], text):
            return str(item["method"])
    return ""


def _lab_unit(unit: str | None, measure: dict[str, Any], settings: dict[str, Any]) -> str | None:
    text = (unit or "").strip()
    if not text:
        # A quantity without a unit has nothing to write; any other laboratory unit is then not known.
        return CANONICAL if measure.get("unitless") else None
    known: dict[str, str] = settings["lab_units"]
    return known.get(text.lower(), respelled(text))


def span(record: dict[str, Any]) -> timedelta:
    """A limit of the settings as a duration."""
    minutes = units.convert(Fraction(record["value"]), str(record["unit"]), "min")
    return timedelta(minutes=float(minutes))


def static(store: Store, stay: Stay, settings: dict[str, Any], notes: list[Caution]) -> list[Observation]:
    """Age, sex and code status."""
    rows = [*_age(stay, settings, notes)]
    patient = store.source("patient")
    if stay.patient is None:
        return rows
    if patient is not None and {"patient_id", "sex_category"} <= set(patient.columns):
        who = key_is(patient, "patient_id")
        query = f"SELECT DISTINCT {category('sex_category')} FROM {{table}} WHERE {who}"
        words = {settings["words"]["sex"].get(row[0]) for row in store.rows(patient, query, [stay.patient])}
        if len(words) == 1 and None not in words:
            rows.append(Observation("sex", words.pop(), CANONICAL, None, "CLIF patient, sex_category"))
    return rows + _code_status(store, stay, settings)


def _age(stay: Stay, settings: dict[str, Any], notes: list[Caution]) -> list[Observation]:
    limit = settings["limits"]["age_grouped"]
    age = exact(stay.age, Fraction(1))
    if age is None:
        return []
    if age > limit["value"]:
        text = "age: the highest ages are often shifted when data are de-identified."
        notes.append(("age-grouped", "age", text, {}))
    return [Observation("age", age, CANONICAL, None, "CLIF hospitalization, age at admission")]


def _code_status(store: Store, stay: Stay, settings: dict[str, Any]) -> list[Observation]:
    source = store.source("code_status")
    if source is None:
        return []
    store.need("code_status", "patient_id", "start_dttm", "code_status_category")
    margin = int(span(settings["limits"]["before_stay"]).total_seconds()) * 1_000_000
    query = f"""
        SELECT us, kind FROM (
            SELECT {time_us(source, "start_dttm")} AS us, {category("code_status_category")} AS kind
            FROM {{table}} WHERE {key_is(source, "patient_id")}
        ) WHERE us <= ? AND us >= ? AND kind IS NOT NULL ORDER BY us DESC, kind"""
    found = store.rows(source, query, [stay.patient, stay.at, (stay.admitted or stay.at) - margin])
    # Two words of one instant contradict each other, so neither is taken.
    words = {settings["words"]["code_status"].get(kind, "unknown") for us, kind in found if us == found[0][0]}
    if not found:
        return []
    word = words.pop() if len(words) == 1 else "unknown"
    return [Observation("code_status", word, CANONICAL, instant(found[0][0]), "CLIF code_status")]


def ventilated(store: Store, stay: Stay, settings: dict[str, Any]) -> list[Observation]:
    """Whether the last charted respiratory device is invasive ventilation."""
    source = store.source("respiratory_support")
    if source is None:
        return []
    store.need("respiratory_support", "hospitalization_id", "recorded_dttm", "device_category")
    found = _latest(store, source, stay, ("device_category",), settings)
    if not found:
        return []
    words = settings["words"]["ventilated"]
    value = any(bool(words.get(kind)) for _, kind in found)
    return [Observation("ventilated", value, CANONICAL, instant(found[0][0]), "CLIF respiratory_support")]


def mechanical(store: Store, stay: Stay, settings: dict[str, Any]) -> list[Observation]:
    """Circulatory devices charted last, as words; support of the lungs alone is not one."""
    words: dict[str, str] = settings["words"]["mechanical"]
    rows: list[Observation] = []
    for table in settings["tables"]["mechanical"]["names"]:
        source = store.source(table)
        if source is None or "recorded_dttm" not in source.columns:
            continue
        columns = tuple(name for name in _DEVICE_COLUMNS if name in source.columns)
        if not columns:
            continue
        found = _latest(store, source, stay, columns, settings)
        kinds = {kind for _, *charted in found for kind in charted}
        named = {word for kind in kinds for key, word in words.items() if _device(kind, key)}
        if named:
            text = ", ".join(sorted(named))
            at = instant(found[0][0])
            rows.append(Observation("mechanical_support", text, CANONICAL, at, f"CLIF {table}"))
    return rows


def _device(kind: str | None, key: str) -> bool:
    return kind is not None and (kind == key or kind.startswith(key + "_") and not key.startswith("v"))


def _latest(
    store: Store, source: Source, stay: Stay, columns: tuple[str, ...], settings: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of the newest instant at which the first column is charted, while it still holds."""
    oldest = stay.at - int(span(settings["limits"]["holds"]).total_seconds()) * 1_000_000
    named = ", ".join(f"{category(name)} AS c{place}" for place, name in enumerate(columns))
    query = f"""
        SELECT * FROM (
            SELECT {time_us(source, "recorded_dttm")} AS us, {named}
            FROM {{table}} WHERE {key_is(source, "hospitalization_id")}
        ) WHERE us <= ? AND us >= ? AND c0 IS NOT NULL AND c0 <> '' ORDER BY ALL"""
    rows = store.rows(source, query, [stay.hospitalization, stay.at, oldest])
    return [row for row in rows if row[0] == rows[-1][0]]


def lines(store: Store, stay: Stay, settings: dict[str, Any]) -> list[Observation]:
    """Lines that are in place at the instant."""
    source = store.source("line")
    if source is None:
        return []
    store.need("line", "hospitalization_id", "placed_dttm", "line_category")
    query = f"""
        SELECT kind, max(placed) FROM (
            SELECT {category("line_category")} AS kind, {time_us(source, "placed_dttm")} AS placed,
                {time_us(source, "removed_dttm")} AS removed
            FROM {{table}} WHERE {key_is(source, "hospitalization_id")}
        ) WHERE placed <= ? AND (removed IS NULL OR removed > ?) GROUP BY kind ORDER BY kind"""
    placed: dict[str, int] = {}
    for kind, us in store.rows(source, query, [stay.hospitalization, stay.at, stay.at]):
        word = settings["words"]["line"].get(kind)
        if word is not None:
            placed[word] = max(us, placed.get(word, us))
    rows = []
    if "arterial" in placed:
        rows.append(Observation("arterial_line", True, CANONICAL, instant(placed["arterial"]), "CLIF line"))
    access = "central" if "central" in placed else "peripheral" if "peripheral" in placed else None
    if access is not None:
        rows.append(Observation("access", access, CANONICAL, instant(placed[access]), "CLIF line"))
    return rows
