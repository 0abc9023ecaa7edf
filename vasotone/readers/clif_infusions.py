"""Charted infusion events -> the doses of one drug over time, and the dose in force at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers.clif_series import Caution
from vasotone.table import Observation

OVERLAP = "infusion-overlap"
UNCHARTED = "dose-missing"
AN_INSTANT = timedelta(microseconds=1)
_NOISE = Fraction(1, 10000)


class Event(NamedTuple):
    """One charted row of one drug. `dose` is exact, in `unit` as written; None where none was charted."""

    at: datetime
    order: str
    dose: Fraction | None
    unit: str | None
    stop: bool


class Step(NamedTuple):
    """The dose from one instant on, after rows of the same instant were joined.

    dose     None where it is not known
    overlap  another order ran at the same time
    """

    at: datetime
    dose: Fraction | None
    unit: str | None
    overlap: bool = False


class _Running(NamedTuple):
    since: datetime
    at: datetime
    dose: Fraction | None
    unit: str | None


def tidy(dose: Fraction, unit: str | None, resolution: dict[str, Any] | None) -> Fraction:
    """The dose rounded to its resolution, in the unit as written, so that pump and float noise is gone."""
    if resolution is None:
        return units.round_to(dose, _NOISE)
    step, canonical = Fraction(resolution["value"]), str(resolution["unit"])
    if unit is not None:
        try:
            exact = units.round_to(units.convert(dose, unit, canonical), step)
            return units.convert(exact, canonical, unit)
        except UnitError:
            pass  # absolute against per-kilogram, or a spelling that is not known: only float noise goes
    return units.round_to(dose, _NOISE)


def steps(events: list[Event], drug: dict[str, Any], carry: timedelta) -> list[Step]:
    """The course of one drug in time order: one step per instant, or one for each different dose of it.

    At one instant a positive dose beats a stop, across orders; two doses that differ both go over, since nothing says
    which of them runs. A stop ends its own order and what was charted before that began; another order that was
    charted since goes on, as does every order where the one that is stopped never ran.
    """
    running: dict[str, _Running] = {}
    course: list[Step] = []
    for at in sorted({event.at for event in events}):
        rows = [event for event in events if event.at == at]
        dosed = [row for row in rows if not row.stop and (row.dose is None or row.dose != 0)]
        ended = [row for row in rows if row.stop or row.dose == 0]
        if dosed:
            course += _dosed(at, dosed, drug, running)
            # An order that stops as another starts is over; one that has both goes on.
            for row in ended:
                if row.order not in {other.order for other in dosed}:
                    running.pop(row.order, None)
        else:
            course.append(_ended(at, ended, running, carry))
    return course


def _dosed(at: datetime, rows: list[Event], drug: dict[str, Any], running: dict[str, _Running]) -> list[Step]:
    tidied: dict[str, set[tuple[Fraction | None, str | None]]] = {}
    for row in rows:
        dose = None if row.dose is None else tidy(row.dose, row.unit, drug.get("resolution"))
        tidied.setdefault(row.order, set()).add((dose, row.unit))
    for order, doses in tidied.items():
        known = [pair for pair in doses if pair[0] is not None]
        since = running[order].since if order in running else at
        # An order with two doses at once runs on, at a dose that is not known.
        dose, unit = known[0] if len(known) == 1 else (None, None)
        running[order] = _Running(since, at, dose, unit)
    found = {pair: order for order, doses in sorted(tidied.items()) for pair in doses if pair[0] is not None}
    if not found:
        return [Step(at, None, min((unit for doses in tidied.values() for _, unit in doses if unit), default=None))]
    # The same dose from several orders is one row, and their overlap is said.
    several = sum(any(dose is not None for dose, _ in doses) for doses in tidied.values()) > 1
    pairs = sorted(found, key=lambda pair: (pair[0] or 0, pair[1] or ""))
    return [Step(at, dose, unit, overlap=several) for dose, unit in pairs]


def _ended(at: datetime, rows: list[Event], running: dict[str, _Running], carry: timedelta) -> Step:
    unit = next((row.unit for row in sorted(rows, key=lambda row: row.unit or "") if row.unit is not None), None)
    stopped = {row.order for row in rows}
    begun = [running.pop(order).since for order in sorted(stopped) if order in running]
    since = max(begun, default=None)
    others = [
        (entry.at, order, entry)
        for order, entry in running.items()
        # A row without an order cannot be told from the others: it ends them, and is ended by them.
        if order and "" not in stopped and at - entry.at <= carry and (since is None or entry.at >= since)
    ]
    if not others:
        running.clear()
        return Step(at, Fraction(0), unit)
    entry = max(others, key=lambda one: one[:2])[2]
    return Step(at, entry.dose, entry.unit, overlap=True)


def observations(
    name: str, course: list[Step], at: datetime, carry: timedelta, source: str, notes: list[Caution]
) -> list[Observation]:
    """The course as rows at their own times, a zero before the first; what is doubtful about it goes to the notes.

    A change charted without its dose is a row without a value, so that no older dose can stand in for it.
    """
    first = course[0].at - AN_INSTANT
    rows = [Observation(name, Fraction(0), course[0].unit, first, f"{source}, before the first row")]
    rows += [Observation(name, step.dose, step.unit, step.at, source) for step in course]
    last = course[-1]
    if last.dose is None:
        text = f"{name}: a change is charted without its dose; the dose now is not known."
        notes.append((UNCHARTED, name, text, {}))
    elif last.overlap and (len(course) < 2 or course[-2].at < last.at):
        text = f"{name}: two orders overlap; the later one is taken, not their sum."
        notes.append((OVERLAP, name, text, {}))
    elif last.dose == 0 and at - last.at > carry:
        # A stop holds for as long as nothing is charted, whatever the age of its row.
        rows.append(Observation(name, Fraction(0), last.unit, at, f"{source}, stopped and not begun again"))
    return rows
