"""One hospitalization at an instant from a folder of CLIF tables (Parquet or CSV), read by DuckDB."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from vasotone.errors import InputError
from vasotone.facts import Facts
from vasotone.readers import clif_added, clif_codes, clif_drugs, clif_series
from vasotone.readers.clif_series import Caution, Stay
from vasotone.readers.clif_store import (
    LIST_STAYS,
    Source,
    Store,
    category,
    column_text,
    instant,
    key_is,
    key_text,
    microseconds,
    number_text,
    time_us,
    zoneless,
)
from vasotone.readers.zones import zone_named
from vasotone.table import CANONICAL, Observation, Table

LAST = "last"
KEY = "hospitalization_id"


class Listed(NamedTuple):
    """A stay with a drug: when it was first and last charted (aware UTC), and for how many hours it ran."""

    hospitalization: str
    first: datetime
    last: datetime
    hours: float


def read(
    folder: str,
    *,
    hospitalization: str | None,
    at: datetime | str | None,
    facts: Facts | None = None,
    zone: str | None = None,
) -> Table:
    """The record of one hospitalization as it was known at an instant.

    `at` is an aware instant or "last", the newest vitals reading of the stay. Rows charted or resulted later
    and rows after discharge never enter. `facts` bring the drugs and variables that are read beside those that
    CLIF itself lists. `zone` is that of times that carry none, by name or offset: the site's where its facts name
    one, else UTC. InputError where the folder, the stay, the zone or the instant cannot be used; MissingExtra
    without DuckDB.
    """
    settings = _settings() if facts is None else clif_added.settings(_settings(), facts)
    _check_instant(at)
    named = zone if zone is not None or facts is None or not facts.site else facts.site.get("zone")
    with Store(folder, None if not named else (named, zone_named(named))) as store:
        stay = _stay(store, hospitalization, at)
        return _table(store, stay, settings)


def hospitalizations(folder: str, drug: str = "norepinephrine") -> list[Listed]:
    """The stays of a folder in which a drug ran, the longest first.

    Hours are the time at a dose above zero, from one charted event to the next; a last dose without any event
    after it adds none. InputError for a drug that is not read from CLIF.
    """
    names = {item["name"]: item["categories"] for item in _settings()["infusion"]}
    if drug not in names:
        fix = f"use one of {', '.join(names)}"
        raise InputError("this drug is not read from CLIF", where="drug", seen=drug, fix=fix)
    with Store(folder) as store:
        source = store.need("medication_admin_continuous", *clif_drugs.COLUMNS)
        actions = _settings()["actions"]
        stops, others = actions["stop"], [*actions["not_given"], *actions["given"]]
        query = _listing(source, len(names[drug]), len(stops), len(others))
        found = store.rows(source, query, [*stops, *names[drug], *others])
    return [Listed(stay, instant(first), instant(last), float(hours)) for stay, first, last, hours in found]


def _listing(source: Source, categories: int, stops: int, others: int) -> str:
    action = category("mar_action_category") if "mar_action_category" in source.columns else "''"
    return f"""
        WITH charted AS (
            SELECT {key_text(source, "hospitalization_id")} AS stay, {time_us(source, "admin_dttm")} AS us,
                CASE WHEN {action} IN ({", ".join("?" * stops)}) THEN 0
                    ELSE try_cast({number_text(source, "med_dose")} AS DOUBLE) END AS dose
            FROM {{table}} WHERE {category("med_category")} IN ({", ".join("?" * categories)})
                AND coalesce({action}, '') NOT IN ({", ".join("?" * others)})
        ), events AS (
            SELECT stay, us, max(dose) AS dose FROM charted
            WHERE us IS NOT NULL AND dose IS NOT NULL AND isfinite(dose) GROUP BY stay, us
        ), runs AS (
            SELECT stay, us, dose, lead(us) OVER (PARTITION BY stay ORDER BY us) AS until FROM events
        )
        SELECT stay, min(us), max(coalesce(until, us)), sum(coalesce(until - us, 0)) / 3.6e9 AS hours
        FROM runs WHERE dose > 0 GROUP BY stay ORDER BY hours DESC, stay"""


@cache
def _settings() -> dict[str, Any]:
    import tomllib

    read: list[dict[str, Any]] = []
    for name in ("codes.toml", "clif.toml"):
        with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
            # Decimal numbers become exact rationals, as everywhere.
            read.append(tomllib.loads(file.read(), parse_float=Fraction))
    shared, own = read
    return {**shared, **own, "limits": {**shared["limits"], **own["limits"]}}


def _check_instant(at: object) -> None:
    if at == LAST or (isinstance(at, datetime) and at.tzinfo is not None):
        return
    raise InputError(
        "the instant of the question is not given" if at is None else "the instant has no time zone",
        where="--at",
        why="the record is cut to what was known at that time",
        fix='give a time such as 2030-01-31T08:00:00Z, or "last" for the newest reading',
    )


def _stay(store: Store, hospitalization: str | None, at: datetime | str | None) -> Stay:
    source = store.need("hospitalization", "hospitalization_id")
    vitals = store.need("vitals", "hospitalization_id", "recorded_dttm", "vital_category", "vital_value")
    named = hospitalization if hospitalization is not None else _only_stay(store, source)
    if store.zone:
        times = f"SELECT {time_us(vitals, 'recorded_dttm')} AS us FROM {{table}} WHERE {key_is(vitals, KEY)}"
        (around,) = store.rows(vitals, f"SELECT min(us), max(us) FROM ({times})", [named])
        store.settle([us for us in around if us is not None])
    query = f"""
        SELECT DISTINCT {column_text(source, "patient_id")}, {time_us(source, "admission_dttm")},
            {time_us(source, "discharge_dttm")}, {number_text(source, "age_at_admission")}
        FROM {{table}} WHERE {key_is(source, "hospitalization_id")}"""
    found = store.rows(source, query, [named])
    if len(found) != 1:
        raise InputError(
            "this hospitalization stands there more than once" if found else "this hospitalization is not there",
            where="CLIF hospitalization",
            why="one stay of one patient is read",
            fix=LIST_STAYS,
        )
    patient, admitted, discharged, age = found[0]
    stay = Stay(named, patient, admitted, discharged, age, 0)
    return stay._replace(at=_at(store, vitals, stay, at))


def _only_stay(store: Store, source: Source) -> str:
    query = f"SELECT DISTINCT {key_text(source, 'hospitalization_id')} FROM {{table}} LIMIT 2"
    found = store.rows(source, query, [])
    if len(found) == 1 and found[0][0] is not None:
        return str(found[0][0])
    raise InputError(
        "no hospitalization is named",
        where="--hospitalization",
        why="the folder holds more than one stay, and one is read" if found else "the table has no rows",
        fix=LIST_STAYS,
    )


def _at(store: Store, vitals: Source, stay: Stay, at: datetime | str | None) -> int:
    query = f"""
        SELECT min(us), max(us) FROM (
            SELECT {time_us(vitals, "recorded_dttm")} AS us FROM {{table}}
            WHERE {key_is(vitals, "hospitalization_id")} AND vital_value IS NOT NULL
        ) WHERE us <= ?"""
    end = stay.discharged if stay.discharged is not None else microseconds(datetime.max.replace(tzinfo=UTC))
    first, last = store.rows(vitals, query, [stay.hospitalization, end])[0]
    if first is None:
        raise InputError(
            "no vitals are charted in this stay",
            where="CLIF vitals",
            why="without a pressure there is nothing to advise on",
            fix=LIST_STAYS,
        )
    if not isinstance(at, datetime):
        return int(last)
    asked = microseconds(at)
    if asked < first or asked > end:
        raise InputError(
            "this time is before the first reading" if asked < first else "this time is after discharge",
            where="--at",
            why="nothing of this stay was known then" if asked < first else "the stay had ended",
            fix='give a time within the stay, or "last" for the newest reading',
        )
    return asked


def _table(store: Store, stay: Stay, settings: dict[str, Any]) -> Table:
    notes: list[Caution] = _missing_tables(store, settings) + _zones(store, stay)
    rows: list[Observation] = clif_series.static(store, stay, settings, notes)
    for table in clif_series.LAYOUTS:
        found = clif_series.series(store, stay, table, settings)
        rows += found.rows
        notes += found.cautions
    rows += clif_series.lines(store, stay, settings)
    rows += clif_series.ventilated(store, stay, settings) + clif_series.mechanical(store, stay, settings)
    given = clif_drugs.drugs(store, stay, settings)
    rows += given.rows
    notes += given.cautions
    codes = _codes(store, stay)
    conditions = clif_codes.conditions(codes, settings["code"])
    infected = clif_codes.infection(codes, settings["infection"])
    if infected is not None:
        rows.append(Observation("infection", settings["infection"]["value"], CANONICAL, None, infected))
    if conditions or infected is not None:
        notes.append(_code_caution(conditions, infected))
    at = instant(stay.at)
    return Table(
        rows=tuple(row if row.at is not None else row._replace(at=at) for row in rows),
        conditions=conditions,
        # CLIF lists few of the drugs that interact, so a drug that is not charted may still be taken.
        drugs=None,
        at=at,
        notes=tuple(notes),
        title="One stay from a CLIF folder",
    )


def _codes(store: Store, stay: Stay) -> list[clif_codes.Coded]:
    source = store.source("hospital_diagnosis")
    if source is None:
        return []
    store.need("hospital_diagnosis", "hospitalization_id", "diagnosis_code")
    names = ("diagnosis_code", "diagnosis_code_format", "poa_present")
    columns = ", ".join(column_text(source, name) for name in names)
    stay_is = key_is(source, "hospitalization_id")
    query = f"SELECT DISTINCT {columns} FROM {{table}} WHERE {stay_is} ORDER BY ALL"
    return [clif_codes.coded(*row) for row in store.rows(source, query, [stay.hospitalization])]


def _code_caution(conditions: dict[str, str], infected: str | None) -> Caution:
    values: dict[str, Any] = dict(conditions)
    if infected is not None:
        values["infection"] = infected
    text = "Diagnosis codes cover the whole stay and have no time; they may tell of a later or an earlier day."
    return ("condition-from-code", "conditions", text, values)


def _missing_tables(store: Store, settings: dict[str, Any]) -> list[Caution]:
    """One caution that names every table that is not there, and what stays unknown for it."""
    missing: list[str] = []
    unknown: list[str] = []
    for table, record in settings["tables"].items():
        names = record.get("names", [table])
        if record.get("required") or any(store.source(name) is not None for name in names):
            continue
        missing.append(" or ".join(names))
        unknown.append(record["without"])
    if not missing:
        return []
    text = f"The folder has no table {', '.join(missing)}. Not known for that reason: {'; '.join(unknown)}."
    return [("table-missing", "tables", text, {"tables": missing})]


def _zones(store: Store, stay: Stay) -> list[Caution]:
    """Names the tables whose times have no zone: they are taken in the site's, else in UTC, as CLIF writes it."""
    naive = []
    for table in ("vitals", "labs", "medication_admin_continuous", "medication_admin_intermittent"):
        source = store.source(table)
        if source is not None and (source.naive or _zoneless(store, source, stay)):
            naive.append(table)
    if not naive:
        return []
    taken = f"are read in {store.zone}, the site's" if store.zone else "are taken as UTC, as CLIF writes them"
    text = f"Times without a zone {taken}: {', '.join(naive)}."
    return [("time-zone-assumed", "at", text, {"tables": naive}), *_ambiguous(store, stay)]


def _ambiguous(store: Store, stay: Stay) -> list[Caution]:
    """Counts the times of a stay that the clocks of the site's zone skip or show twice."""
    found: dict[str, int] = {}
    for table in sorted(store.tables) if store.zone else ():
        source = store.source(table)
        times = [] if source is None else [name for name in source.columns if name.endswith("_dttm")]
        key = next((name for name in ("hospitalization_id", "patient_id") if source and name in source.columns), None)
        whose = stay.hospitalization if key == "hospitalization_id" else stay.patient
        if source is None or not times or key is None or whose is None:
            continue
        twice = " OR ".join(f"{time_us(source, name)} <> {time_us(source, name, 'late')}" for name in times)
        query = f"SELECT count(*) FROM {{table}} WHERE {key_is(source, key)} AND ({twice})"
        count = int(store.rows(source, query, [whose])[0][0])
        if count:
            found[table] = count
    if not found:
        return []
    text = (
        f"Times without a zone fall in an hour that the clocks of {store.zone} skip or show twice, so they are no "
        f"instants: {', '.join(f'{count} in {table}' for table, count in found.items())}."
    )
    return [("time-ambiguous", "at", text, {"zone": store.zone, "tables": found})]


def _zoneless(store: Store, source: Source, stay: Stay) -> bool:
    texts = [name for name, kind in source.columns.items() if name.endswith("_dttm") and kind == "VARCHAR"]
    if not texts or "hospitalization_id" not in source.columns:
        return False
    without = " OR ".join(zoneless(name) for name in texts)
    query = f"SELECT count(*) FROM {{table}} WHERE {key_is(source, 'hospitalization_id')} AND ({without})"
    return bool(store.rows(source, query, [stay.hospitalization])[0][0])
