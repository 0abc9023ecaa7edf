"""Charted infusion events -> the doses of one drug over time, and the dose in force at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.table import Observation

IMPLAUSIBLE = "flag-implausible"
OVERLAP = "infusion-overlap"
UNCHARTED = "dose-missing"
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
    plausible  False where the charted dose is beyond the cap
    overlap  another order ran at the same time
    """

    at: datetime
    dose: Fraction | None
    unit: str | None
    plausible: bool = True
    overlap: bool = False


class _Running(NamedTuple):
    since: datetime
    at: datetime
    dose: Fraction
    unit: str | None


def tidy(dose: Fraction, unit: str | None, resolution: dict[str, Any]) -> Fraction:
    """The dose rounded to its resolution, in the unit as written, so that pump and float noise is gone."""
    step, canonical = Fraction(resolution["value"]), str(resolution["unit"])
    if unit is not None:
        try:
            exact = units.round_to(units.convert(dose, unit, canonical), step)
            return units.convert(exact, canonical, unit)
        except UnitError:
            pass  # absolute against per-kilogram, or a spelling that is not known: only float noise goes
    return units.round_to(dose, _NOISE)


def beyond(dose: Fraction, unit: str | None, cap: dict[str, Any]) -> bool:
    """Whether a charted dose is below zero or above the cap; False where the units do not compare."""
    if dose < 0:
        return True
    if unit is None:
        return False
    try:
        return units.convert(dose, unit, str(cap["unit"])) > Fraction(cap["value"])
    except UnitError:
        return False


def steps(events: list[Event], drug: dict[str, Any], carry: timedelta) -> list[Step]:
    """The course of one drug: one step per instant, in time order.

    At one instant a positive dose beats a stop, across orders. A stop ends its own order; an order that was
    begun later goes on (a bag change with an overlap).
    """
    running: dict[str, _Running] = {}
    course: list[Step] = []
    for at in sorted({event.at for event in events}):
        rows = [event for event in events if event.at == at]
        dosed = [row for row in rows if not row.stop and (row.dose is None or row.dose != 0)]
        ended = [row for row in rows if row.stop or row.dose == 0]
        if dosed:
            course.append(_dosed(at, dosed, drug, running))
            # An order that stops as another starts is over; one that has both goes on.
            for row in ended:
                if row.order not in {other.order for other in dosed}:
                    running.pop(row.order, None)
        else:
            course.append(_ended(at, ended, running, carry))
    return course


def _dosed(at: datetime, rows: list[Event], drug: dict[str, Any], running: dict[str, _Running]) -> Step:
    known = [(row, tidy(row.dose, row.unit, drug["resolution"])) for row in rows if row.dose is not None]
    if not known:
        return Step(at, None, rows[0].unit)
    sound = [(row, dose) for row, dose in known if not beyond(dose, row.unit, drug["cap"])]
    # Rows of one instant in different units do not compare by number; the order of the text settles the tie.
    row, dose = max(sound or known, key=lambda pair: (pair[1], pair[0].unit or "", pair[0].order))
    for other, amount in sound:
        since = running[other.order].since if other.order in running else at
        running[other.order] = _Running(since, at, amount, other.unit)
    return Step(at, dose, row.unit, plausible=bool(sound), overlap=len({item.order for item, _ in known}) > 1)


def _ended(at: datetime, rows: list[Event], running: dict[str, _Running], carry: timedelta) -> Step:
    unit = next((row.unit for row in rows if row.unit is not None), None)
    stopped = {row.order for row in rows}
    begun = [running.pop(order).since for order in sorted(stopped) if order in running]
    later = [
        (entry.at, order, entry)
        for order, entry in running.items()
        if at - entry.at <= carry and begun and entry.since > max(begun)
    ]
    if not later:
        running.clear()
        return Step(at, Fraction(0), unit)
    entry = max(later)[2]
    return Step(at, entry.dose, entry.unit, overlap=True)


def begun(course: list[Step], at: datetime, pause: timedelta, carry: timedelta) -> datetime | None:
    """When the episode that is under way at `at` began; None when the drug is off or its dose is not known.

    A gap of at most `pause` keeps the episode, a dose older than `carry` ends it.
    """
    start: datetime | None = None
    off: datetime | None = None
    for position, step in enumerate(course):
        until = course[position + 1].at if position + 1 < len(course) else at
        if step.dose == 0:
            off = off or step.at
            if until - off > pause:
                start = None
            continue
        if start is None:
            start = step.at
        off = None
        if until - step.at > carry:
            start = None
    return start


def observations(name: str, course: list[Step], at: datetime, carry: timedelta, source: str) -> list[Observation]:
    """The course as rows at their own times, with what is doubtful about the dose in force as flags.

    Behind an implausible last dose the one before it is carried. Where the dose in force is not known there
    is one row without a value, so that no older dose can stand in for it.
    """
    last = course[-1]
    rows = [Observation(name, step.dose, step.unit, step.at, source) for step in course if step.dose is not None]
    if last.dose is None:
        text = f"{name}: a change is charted without its dose; the dose now is not known"
        return [Observation(name, None, last.unit, at, source, flags=((UNCHARTED, text),))]
    if not last.plausible:
        carried = _carried(name, course, at, carry, source)
        if carried.value is None:
            return [carried]
        # The charted row gives way where both would stand at one instant.
        return [*(row for row in rows if row.at != at), carried]
    if last.overlap:
        text = f"{name}: two orders overlap; the later one is taken, not their sum"
        rows[-1] = rows[-1]._replace(flags=((OVERLAP, text),))
    elif last.dose == 0 and at - last.at > carry:
        # A stop holds for as long as nothing is charted, whatever the age of its row.
        rows.append(Observation(name, Fraction(0), last.unit, at, f"{source}, stopped and not begun again"))
    return rows


def _carried(name: str, course: list[Step], at: datetime, carry: timedelta, source: str) -> Observation:
    last = course[-1]
    before = next((step for step in reversed(course) if step.plausible), None)
    shown = "" if last.dose is None else f"{units.decimal_text(last.dose, 3)} {last.unit or 'without unit'}"
    lead = f"{name}: the charted dose {shown} is beyond what is taken as a dose"
    if before is None or not before.dose or at - before.at > carry:
        flag = (IMPLAUSIBLE, f"{lead}; the dose now is not known")
        return Observation(name, None, last.unit, at, source, flags=(flag,))
    flag = (IMPLAUSIBLE, f"{lead}; the dose before it is carried")
    return Observation(name, before.dose, before.unit, at, f"{source}, carried", flags=(flag,))
