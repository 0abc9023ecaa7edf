"""Crystalloid since the onset of shock: what the record's administrations add up to, or that they cannot be added."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers.fhir_bundle import Resource, name_of
from vasotone.readers.fhir_drugs import doubt_of, times_of
from vasotone.readers.fhir_medications import Medication, dosage_of
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_values import Moment, hours_between, number, unit_of
from vasotone.table import Observation

FLUIDS, ONSET = "fluids", "onset_hours"
MILLILITRE = "mL"


class Given(NamedTuple):
    """One administration of a crystalloid: when, and how many mL (None where that is not known)."""

    start: Moment | None
    end: Moment | None
    amount: Fraction | None
    order: str
    source: str


def given_of(walk: Walk, one: Resource, what: Medication, order: str) -> Given:
    """What one administration says of its volume: its amount, or its rate over its period."""
    start, end = times_of(walk, one)
    dosage, source = dosage_of(one), name_of(one, "MedicationAdministration")
    status, amount = one.get("status"), None
    if status in walk.status("administration_over") and not doubt_of(walk, one, what, start, end):
        # Of what was stopped the amount may be the one that was meant; a rate over its time was given.
        if status in walk.status("administration_given"):
            amount = _volume(walk, dosage.get("dose"), "mL", Fraction(1))
        hours = hours_between(start, end)
        if amount is None and "dose" not in dosage and hours is not None:
            amount = _volume(walk, dosage.get("rateQuantity"), "mL/h", hours)
    return Given(start, end, amount, order, source)


def perhaps_of(walk: Walk, one: Resource, what: Medication, order: str) -> Given | None:
    """A volume of something that may be a crystalloid, by a name like one or without any; it cannot be added up."""
    dosage = dosage_of(one)
    amount, rate = dosage.get("dose"), dosage.get("rateQuantity")
    by_volume = any(_is_volume(walk, part, unit) for part, unit in ((amount, "mL"), (rate, "mL/h")))
    silent = not isinstance(amount, dict) and not isinstance(rate, dict)
    nameless = what.lost and not what.names and _is_volume(walk, amount, "mL")
    if not nameless and not (what.perhaps and (by_volume or silent)):
        return None
    start, end = times_of(walk, one)
    return Given(start, end, None, order, name_of(one, "MedicationAdministration"))


def _is_volume(walk: Walk, quantity: object, unit: str) -> bool:
    return _volume(walk, quantity, unit, Fraction(1)) is not None


def _volume(walk: Walk, quantity: object, unit: str, times: Fraction) -> Fraction | None:
    if not isinstance(quantity, dict) or quantity.get("comparator") is not None:
        return None
    value, written = (
        number(quantity.get("value")),
        unit_of(walk.cross, quantity, walk.notes, "MedicationAdministration"),
    )
    if value is None or value < 0 or written is None:
        return None
    try:
        return units.convert(value, written, unit) * times
    except UnitError:
        return None


def fluids(
    walk: Walk, given: list[Given], rows: list[Observation], onset: datetime | None, at: datetime | None
) -> list[Observation]:
    """The sum since onset as one row; none where it was observed, nothing was given, or it is not known."""
    if not given or at is None or any(row.name == FLUIDS for row in rows):
        return []
    onset = _onset(rows, at) or onset
    if onset is None or onset > at:
        walk.notes.add("fluids-not-summed", "the onset of shock is not known")
        return []
    since: dict[tuple[object, ...], Given] = {}
    for one in given:
        key = (one.start, one.end, one.amount, one.order)
        if one.start is not None and one.start.at > at or _before(one, onset):
            continue
        if (
            one.start is None
            or not one.start.exact
            or one.start.at < onset
            or one.amount is None
            or _goes_on(one, at)
        ):
            walk.notes.add("fluids-not-summed", "the volume or the time of one is not known")
            return []
        if key in since:
            walk.notes.add("counted-once", FLUIDS, FLUIDS)
        since[key] = one
    if walk.notes.has("record-cut") or walk.notes.has("resource-error"):
        walk.notes.add("fluids-not-summed", "the record is not complete")
        return []
    total = sum((one.amount for one in since.values() if one.amount is not None), Fraction(0))
    walk.notes.add("fluids-summed", f"{len(since)} administrations")
    sources = ", ".join(sorted(one.source for one in since.values())[-3:]) or "MedicationAdministration"
    return [Observation(FLUIDS, total, MILLILITRE, at, f"{sources}, sum since onset")]


def _onset(rows: list[Observation], at: datetime) -> datetime | None:
    """The onset by the newest charted time since it."""
    from datetime import timedelta

    said = [row for row in rows if row.name == ONSET and isinstance(row.value, Fraction) and row.at is not None]
    said = [row for row in said if row.at is not None and row.at <= at and row.unit in ("", "h")]
    if not said:
        return None
    row = max(said, key=lambda one: one.at.timestamp() if one.at else 0.0)
    try:
        return None if row.at is None else row.at - timedelta(hours=float(row.value))  # type: ignore[arg-type]
    except OverflowError:
        return None


def _before(one: Given, onset: datetime) -> bool:
    """Whether it was over when the shock began."""
    last = one.end or one.start
    return last is not None and last.end <= onset


def _goes_on(one: Given, at: datetime) -> bool:
    """Whether it was not over at the instant, or not at one that is known."""
    return one.end is not None and (not one.end.exact or one.end.at > at)
