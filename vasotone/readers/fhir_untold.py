"""Infusions of which the record does not tell which drug they are: what was off before one may run again by it."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers.fhir_bundle import Resource, name_of
from vasotone.readers.fhir_drugs import Event, rate_of, times_of
from vasotone.readers.fhir_infusions import course
from vasotone.readers.fhir_medications import RATES, Medication, dosage_of
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_orders import KIND, Order
from vasotone.readers.unit_texts import is_unit
from vasotone.records import Variable
from vasotone.table import CANONICAL, Observation

BY_DAY = "mg/d"
PUMPS = (units.unit("mL/h").dimension, units.unit("mL/kg/h").dimension)
OPEN = "open"  # no rate is written, and no end


class Untold(NamedTuple):
    """What one administration says of an infusion whose drug is not told.

    event  when it runs: a value None, or zero where it ends
    near   the drugs that it may be; with none of them, any that its unit fits
    unit   of its rate; None where that is not known; OPEN where no rate is written
    what   as it is written
    """

    event: Event
    near: frozenset[str]
    unit: str | None
    what: str


def untold_of(walk: Walk, one: Resource, what: Medication, order: Order) -> Untold | None:
    """What an administration says of an infusion whose drug is not told; None where it is told, or no infusion."""
    start, end = times_of(walk, one)
    if not what.lost or start is None:
        return None
    status, dosage = one.get("status"), dosage_of(one)
    rate = rate_of(walk, one, None, None, name_of(one, KIND)) if {*RATES, "dose"} & set(dosage) else None
    off = status in walk.status("administration_off")
    over = off or status in walk.status("administration_over")
    until = end.at if end is not None and end.at > start.at else None
    is_open = not over and "effectivePeriod" in one and end is None
    if rate is None and not off and not is_open and not (what.near and "dose" not in dosage):
        return None
    key = order.name or what.what or str(one.get("medicationReference"))
    source = name_of(one, KIND)
    event = Event(
        start.at, None, CANONICAL, source, until if over else None, key, kinds=order.kinds, parts=order.parts
    )
    if off or (rate is not None and rate.value == 0):
        ended = event.ends or event.at
        event = event._replace(value=Fraction(0), unit=CANONICAL, at=ended if off else event.at, ends=None, stop=off)
    return Untold(event, what.near, OPEN if rate is None else rate.unit, what.what or "Medication")


def rows_of(walk: Walk, untold: list[Untold], charted: list[Observation], at: datetime | None) -> list[Observation]:
    """A row without a value for each drug that was off when such an infusion began that may still run, and may be it.

    What is like one drug by its name leaves that drug unknown whatever its dose was.
    """
    if at is None or not untold:
        return []
    found: list[Observation] = []
    drugs = {drug: walk.facts.variables[name] for drug, name in walk.cross.drug_variables.items()}
    for began, one in _running(untold, at):
        for drug, variable in drugs.items():
            last = _last(charted, variable.name, began)
            if not last or variable.unit == BY_DAY:
                continue
            if drug in one.near or (not one.near and not any(last) and _fits(one.unit, variable)):
                walk.notes.add("may-be-running", one.what, variable.name)
                source = f"{one.event.source}, which drug it is is not known"
                found.append(Observation(variable.name, None, CANONICAL, began, source))
    return found


def _last(charted: list[Observation], name: str, began: datetime) -> list[object]:
    """What was charted last of a drug when something began: one value, or those of one instant."""
    before = [row for row in charted if row.name == name and row.at is not None and row.at <= began]
    newest = max((row.at for row in before if row.at is not None), default=None)
    # A value that is not known counts as some: it is unknown already.
    return [True if row.value is None else row.value for row in before if row.at == newest]


def _running(untold: list[Untold], at: datetime) -> list[tuple[datetime, Untold]]:
    """The infusions that may run at an instant, each with when it began."""
    by_order: dict[str, list[Untold]] = {}
    for one in untold:
        by_order.setdefault(one.event.order, []).append(one)
    running: list[tuple[datetime, Untold]] = []
    for listed in by_order.values():
        began: datetime | None = None
        for row in course("", [one.event for one in listed], at, Notes()):
            if row.at is not None and row.at <= at:
                began = None if row.value == 0 else began or row.at
        if began is None:
            continue
        begun = [one for one in listed if one.event.value is None and one.event.at <= at]
        running += [(began, one) for one in {(one.near, one.unit): one for one in begun}.values()]
    return sorted(running, key=lambda pair: (pair[0], pair[1].event.source, pair[1].unit or ""))


def _fits(unit: str | None, variable: Variable) -> bool:
    """Whether a drug is run in such a unit: one that its own can be reckoned from, or a pump's."""
    if unit is None or unit == OPEN:
        return True
    if not is_unit(unit):
        return False
    if units.unit(unit).dimension in PUMPS:
        return True
    try:
        units.convert(Fraction(1), unit, variable.unit, weight_kg=Fraction(1))
    except UnitError:
        return False
    return True
