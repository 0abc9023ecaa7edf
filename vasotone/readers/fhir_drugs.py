"""What one administration of an infused drug says: from when on it ran at which rate, and when that ended."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.readers import plain
from vasotone.readers.fhir_bags import event_parts
from vasotone.readers.fhir_bundle import Resource, name_of
from vasotone.readers.fhir_medications import RATES, Medication, dosage_of, ingredients
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_orders import Order
from vasotone.readers.fhir_values import Moment, hours_between, modified, number, period, shown, unit_of
from vasotone.readers.unit_texts import is_unit
from vasotone.table import CANONICAL, Bag


class Event(NamedTuple):
    """What is known of one drug from one instant on.

    value   in `unit` as written; None where it runs and its rate is not known
    ends    when that rate ended, where it is known
    order   the infusion it belongs to, or empty
    stop    an event that only ends something
    runs    its status says that it runs, and it has no end
    key     of a stop without a time of its own: the infusion that others may be part of
    kinds   how its order is referred to
    parts   the administrations that it is part of
    """

    at: datetime
    value: Fraction | None
    unit: str | None
    source: str
    ends: datetime | None = None
    order: str = ""
    stop: bool = False
    basis: str = "unknown"
    bag: Bag | None = None
    runs: bool = False
    key: str = ""
    kinds: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()


class Amount(NamedTuple):
    """A single amount as written, given from `at` up to `until`, one instant where that is known.

    `value` is None where it cannot be read.
    """

    at: datetime
    until: datetime
    value: Fraction | None
    unit: str | None
    source: str
    order: str = ""


class Rate(NamedTuple):
    """A rate as it is written; `value` None where there is one that cannot be read."""

    value: Fraction | None
    unit: str | None


def rate_of(walk: Walk, one: Resource, start: Moment | None, end: Moment | None, where: str) -> Rate | None:
    """The rate of an administration in any of its forms; None where none is written."""
    dosage = dosage_of(one)
    quantity = dosage.get("rateQuantity")
    if type(quantity) is dict:
        exact = None if quantity.get("comparator") is not None else number(quantity.get("value"))
        return Rate(exact, unit_of(walk.cross, quantity, walk.notes, where))
    ratio = dosage.get("rateRatio")
    if type(ratio) is dict:
        return _ratio(walk, ratio, where)
    if quantity is not None or ratio is not None:
        return Rate(None, None)
    dose = dosage.get("dose")
    if type(dose) is not dict:
        return None if dose is None else Rate(None, None)
    stated = _as_rate(walk, dose, where)
    if stated is not None:
        return stated
    exact, hours = number(dose.get("value")), hours_between(start, end)
    if exact is None or hours is None or dose.get("comparator") is not None:
        return None
    unit = unit_of(walk.cross, dose, Notes(), where)
    walk.notes.add("rate-derived", where)
    return Rate(exact / hours, None if unit is None else f"{unit}/h")


def _beside(walk: Walk, one: Resource, rate: Rate, bag: Bag | None, where: str) -> Rate:
    """A pump's rate, or the dose that is stated beside it where no bag hangs; neither where they cannot both be."""
    dose = dosage_of(one).get("dose")
    if type(dose) is not dict or not plain.is_volume_rate(rate.unit):
        return rate
    stated = _as_rate(walk, dose, where)
    if stated is None or stated.value is None or rate.value is None:
        return rate
    if (stated.value == 0) != (rate.value == 0):
        return Rate(None, None)
    if plain.is_volume_rate(stated.unit):
        return rate if _in_ml(stated) == _in_ml(rate) else Rate(None, None)
    return stated if bag is None else rate


def _in_ml(rate: Rate) -> Fraction:
    return units.convert(rate.value or Fraction(0), rate.unit or "", "mL/h")


def _as_rate(walk: Walk, dose: dict[str, Any], where: str) -> Rate | None:
    """A rate that is written in the place of an amount; None where it is an amount."""
    exact = None if dose.get("comparator") is not None else number(dose.get("value"))
    unit = unit_of(walk.cross, dose, walk.notes, where)
    if unit is None or not is_unit(unit) or dict(units.unit(unit).dimension).get("time") != -1:
        return None
    return Rate(exact, unit)


def _ratio(walk: Walk, ratio: dict[str, Any], where: str) -> Rate:
    """An amount over a time, such as 4 mg in 1 h, as a rate."""
    above, below = ratio.get("numerator"), ratio.get("denominator")
    if type(above) is not dict or type(below) is not dict:
        return Rate(None, None)
    value, time = number(above.get("value")), number(below.get("value", 1))
    units_of = [unit_of(walk.cross, part, walk.notes, where) for part in (above, below)]
    if value is None or not time or any(part.get("comparator") is not None for part in (above, below)):
        return Rate(None, None)
    return Rate(value / time, None if None in units_of else f"{units_of[0]}/{units_of[1]}")


def times_of(walk: Walk, one: Resource) -> tuple[Moment | None, Moment | None]:
    """When an administration began and ended; an instant has no end."""
    if "effectivePeriod" in one:
        return period(walk.clock, one["effectivePeriod"])
    return walk.clock.read(one.get("effectiveDateTime")), None


def doubt_of(walk: Walk, one: Resource, given: Medication, start: Moment | None, end: Moment | None) -> str:
    """Why an administration is not understood, as the code of a note; empty where it is."""
    if one.get("status") not in walk.status("administration_known"):
        return "status-not-known"
    if modified(one, dosage_of(one), given.product, *ingredients(given.product or {})):
        return "modifier-not-read"
    if given.product is not None and given.product.get("status") in walk.status("medication_wrong"):
        return "medication-in-error"
    return "period-reversed" if start is not None and end is not None and end.end < start.at else ""


def event_of(walk: Walk, one: Resource, given: Medication, belongs: Order) -> list[Event]:
    """What one administration of an infused drug says: from when on it ran at which rate, and when that ended."""
    start, end = times_of(walk, one)
    doubt = doubt_of(walk, one, given, start, end)
    if not doubt and start is not None and start.exact and (end is None or end.exact):
        events = _said(walk, one, given, belongs.name, start, end)
    else:
        moments = [moment for moment in (start, end) if moment is not None]
        events = _in_doubt(walk, one, given, belongs.name, moments, doubt or "time-missing")
    return [event._replace(kinds=belongs.kinds, parts=belongs.parts) for event in events]


def _said(walk: Walk, one: Resource, given: Medication, order: str, start: Moment, end: Moment | None) -> list[Event]:
    """What an administration says that is understood."""
    status, kind = one.get("status"), "MedicationAdministration"
    source, name = f"{name_of(one, kind)}, {given.route}", walk.cross.drug_variables[given.drug]
    off = status in walk.status("administration_off")
    over = off or status in walk.status("administration_over")
    until = end.at if end is not None and end.at > start.at else None
    rate = rate_of(walk, one, start, end, name_of(one, kind))
    off_now = Event(start.at, Fraction(0), CANONICAL, source, order=order, stop=True, key=name_of(one, kind))
    if rate is None:
        return _without_rate(walk, one, given, Event(start.at, None, CANONICAL, source, until, order), over, off)
    basis, bag = event_parts(walk, one, given, name, rate.unit)
    rate = _beside(walk, one, rate, bag, name_of(one, kind))
    if rate.value is None:
        walk.notes.add("dose-not-known", name_of(one, kind), name)
    if rate.value == 0 and not (off and until is None):
        return [Event(start.at, rate.value, rate.unit, source, None, order, False, basis, bag)]
    event = Event(
        start.at, rate.value, CANONICAL if rate.value is None else rate.unit, source, until if over else None,
        order, False, basis, bag, until is None and status in walk.status("administration_running"),
    )  # fmt: skip
    if until is not None:
        # A period that is over while the status says that it runs: whether it runs is not known.
        return [event] if over else [event, Event(until, None, CANONICAL, source, order=order)]
    if off:
        return [off_now]
    if status in walk.status("administration_over") and rate.value:
        walk.notes.add("taken-as-rate", name_of(one, kind), name)
    return [event]


def _in_doubt(
    walk: Walk, one: Resource, given: Medication, order: str, moments: list[Moment], doubt: str
) -> list[Event]:
    """An administration of which it is not known whether or when it ran: the rate is not known from then on.

    Nothing is known of a single dose, which is not a rate, nor of what has no time at all.
    """
    kind, name = "MedicationAdministration", walk.cross.drug_variables[given.drug]
    walk.notes.add(doubt, f"{kind} {one.get('status') or 'without a status'}" if "status" in doubt else kind, name)
    dosage = dosage_of(one)
    if "dose" in dosage and not RATES & set(dosage) and "effectivePeriod" not in one:
        return []
    source = f"{name_of(one, kind)}, {given.route}"
    at = sorted({instant for moment in moments for instant in moment})
    return [Event(instant, None, CANONICAL, source, order=order) for instant in at]


def _without_rate(walk: Walk, one: Resource, given: Medication, event: Event, over: bool, off: bool) -> list[Event]:
    """An administration that says no rate: a single dose, a stop, or an infusion whose rate is not known."""
    kind, name = "MedicationAdministration", walk.cross.drug_variables[given.drug]
    dose, running = dosage_of(one).get("dose"), walk.status("administration_running")
    if dose is not None and event.ends is None and one.get("status") not in running and not off:
        value = shown(dose.get("value")) if type(dose) is dict else ""
        walk.notes.add("single-dose", f"{name_of(one, kind)} {value}".strip(), name)
        return []
    key = "" if event.ends else name_of(one, kind)
    stop = event._replace(at=event.ends or event.at, value=Fraction(0), ends=None, stop=True, key=key)
    if off and event.ends is None:
        return [stop]
    walk.notes.add("dose-not-known", name_of(one, kind), name)
    return [event, stop] if over and event.ends else [event._replace(ends=None)]


def amount_of(walk: Walk, one: Resource, given: Medication, order: str) -> Amount | None:
    """A single amount with its instant, such as a dose of hydrocortisone; None where there is no instant."""
    where = name_of(one, "MedicationAdministration")
    start, end = times_of(walk, one)
    moment = start or end
    if moment is None:
        walk.notes.add("time-missing", where, given.drug)
        return None
    if not moment.exact:
        walk.notes.add("day-only", where, given.drug)
    dose, status = dosage_of(one).get("dose"), one.get("status")
    doubt = doubt_of(walk, one, given, start, end)
    if doubt:
        walk.notes.add(doubt, f"{where} {status or 'without a status'}" if "status" in doubt else where, given.drug)
    # What is held, goes on or was stopped before its end was not given in full.
    partly = bool(doubt) or status not in walk.status("administration_given")
    if partly or type(dose) is not dict or dose.get("comparator") is not None:
        return Amount(moment.at, moment.end, None, None, where, order)
    unit = unit_of(walk.cross, dose, walk.notes, where)
    return Amount(moment.at, moment.end, number(dose.get("value")), unit, where, order)
