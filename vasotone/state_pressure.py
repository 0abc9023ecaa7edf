"""Which mean pressure counts: measured by whatever, or computed; the newest, and a line before a cuff."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from vasotone.facts import Facts
from vasotone.readings import UNREADABLE, Caution, Reading, age_of, moment, read, spoken
from vasotone.table import Observation, Table

MAP = "map"
LINE = "line_map"
CUFF = "cuff_map"
ARTERIAL_LINE = "arterial_line"
ARTERIAL = "arterial"


def choose_map(readings: dict[str, Reading], facts: Facts) -> None:
    """Take the newest mean pressure that was measured; of those of one time the patient's own entry, then a line's.

    A line's stands beside a cuff's for longer, unless it is damped: then it comes last. What contradicts itself is
    not replaced.
    """
    entered = readings.get(MAP)
    if entered is not None and entered.quality == "contradictory":
        return
    waveform = readings.get("line_waveform")
    damped = waveform is not None and waveform.value == "damped"
    taken = measured(readings, damped=damped)
    if entered is not None and entered.quality in UNREADABLE:  # nothing older stands in for what cannot be read
        taken = {name: one for name, one in taken.items() if age(one) <= age(entered)}
    newest = min(taken.values(), key=age, default=None)
    for name in (MAP, CUFF, LINE) if damped else (MAP, LINE, CUFF):
        if newest is not None and name in taken and not is_older(taken[name], newest, facts, damped=damped):
            readings[MAP] = taken[name]
            return


def measured(readings: dict[str, Reading], *, damped: bool) -> dict[str, Reading]:
    """The usable mean pressures: as entered, of the line, and of the cuff, each the newest."""
    found: dict[str, Reading] = {}
    for name, method in ((MAP, ""), (LINE, ARTERIAL), (CUFF, "cuff")):
        reading = readings.get(name)
        if reading is None or reading.value is None:
            continue
        reading = reading._replace(method=method or reading.method)
        place = CUFF if reading.method == "cuff" else LINE if reading.method == ARTERIAL and damped else name
        if place not in found or age(reading) < age(found[place]):
            found[place] = reading
    return found


def age(reading: Reading) -> int:
    """Minutes before the instant; nought where no time is known."""
    return reading.age_minutes or 0


def is_older(one: Reading, other: Reading, facts: Facts, *, damped: bool = False) -> bool:
    """Whether a pressure was taken too long before another to be used in its place; a sound line's may be older."""
    line_beside_cuff = one.method == ARTERIAL and other.method == "cuff" and not damped
    within: int = facts.variables[LINE if line_beside_cuff else MAP].record["within"]["value"]
    return age(one) - age(other) > within


def stands_open(readings: dict[str, Reading], name: str) -> bool:
    """Whether another source may stand in for a reading: it is absent, old or impossible, but not contradicted."""
    reading = readings.get(name)
    return reading is None or (reading.value is None and reading.quality != "contradictory")


def measured_map(facts: Facts, readings: dict[str, Reading], row: dict[str, Any], cautions: list[Caution]) -> None:
    """Use the computed mean pressure where none was measured, or only an older one, and say so."""
    computed, standing = readings.get("map_derived"), readings.get(MAP)
    if computed is None:
        outdated_map(facts, readings, row, cautions)
        warn_apart(facts, readings, cautions)
        return
    if standing is None:
        why = "No mean pressure was measured"
    elif standing.quality in UNREADABLE and age(computed) > age(standing):
        return
    elif stands_open(readings, MAP):
        why = f"The mean pressure that is recorded, {standing.seen}, cannot be used"
    elif standing.value is not None and is_older(standing, computed, facts):
        why = f"The mean pressure of {standing.seen} is older than systolic and diastolic pressure"
    else:
        return
    readings[MAP] = computed
    row[MAP] = row["map_derived"]
    cautions.append(("compute-map", MAP,
        f"{why}; {computed.seen} mm[Hg] is computed from systolic and diastolic pressure.",
        {"map_derived": computed.seen}))  # fmt: skip


def outdated_map(facts: Facts, readings: dict[str, Reading], row: dict[str, Any], cautions: list[Caution]) -> None:
    """Set aside a mean pressure that a newer systolic or diastolic pressure shows to be out of date."""
    mean = readings.get(MAP)
    if mean is None or not isinstance(mean.value, Fraction):
        return
    for name in ("sbp", "dbp"):
        newer = readings.get(name)
        if newer is None or not isinstance(newer.value, Fraction) or not is_older(mean, newer, facts):
            continue
        if newer.value < mean.value if name == "sbp" else newer.value > mean.value:
            text = (
                f"The mean pressure of {mean.seen} is {spoken(age(mean) - age(newer))} older than a "
                f"{facts.variables[name].label} of {newer.seen}, with which it cannot go. It is not used."
            )
            cautions.append(("ask-refresh", MAP, text, {"seen": mean.seen, name: newer.seen}))
            readings[MAP] = mean._replace(value=None, quality="stale")
            row[MAP] = None
            return


def warn_apart(facts: Facts, readings: dict[str, Reading], cautions: list[Caution]) -> None:
    """Say that systolic and diastolic pressure were taken too far apart for a mean, where there is no other."""
    upper, lower = readings.get("sbp"), readings.get("dbp")
    if upper is None or lower is None or upper.value is None or lower.value is None or not stands_open(readings, MAP):
        return
    apart = abs(age(upper) - age(lower))
    if apart > facts.variables[MAP].record["within"]["value"]:
        text = (
            f"Systolic pressure of {upper.seen} and diastolic pressure of {lower.seen} were taken {spoken(apart)} "
            "apart, so no mean pressure is computed from them."
        )
        cautions.append(("ask-bp", MAP, text, {"sbp": upper.seen, "dbp": lower.seen}))


def line_and_cuff(
    by_name: dict[str, list[Any]], facts: Facts, readings: dict[str, Reading], at: datetime | None
) -> None:
    """Mean pressures that say how they were taken also stand as the line's and the cuff's, to be compared."""
    for method, name in ((ARTERIAL, LINE), ("cuff", CUFF)):
        rows = tuple(row for row in by_name.get(MAP, ()) if row.method == method)
        if rows and name not in readings:
            reading = read(facts.variables[name], rows, at, None, [])
            if reading is not None and reading.value is not None:
                readings[name] = reading


def by_line(table: Table) -> list[Observation]:
    """The pressures that were taken by an arterial line."""
    return [one for one in table.rows if one.value is not None and (one.method == ARTERIAL or one.name == LINE)]


def line_in_place(
    taken: list[Observation], facts: Facts, readings: dict[str, Reading], row: dict[str, Any], at: datetime | None
) -> None:
    """A pressure taken by an arterial line lately shows that the line is in place."""
    variable = facts.variables[ARTERIAL_LINE]
    known = [item for item in taken if at is None or item.at is None or item.at <= at]
    if ARTERIAL_LINE in readings or not known:
        return
    last = max(known, key=moment)
    since = age_of(last, at)
    if since is None or since <= variable.record["seen"]["value"] * 60:
        readings[ARTERIAL_LINE] = Reading(True, "", last.at, since, origin="derived", source=last.source, seen="true")
        row[ARTERIAL_LINE] = True
