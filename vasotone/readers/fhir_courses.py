"""Administrations to the course of each drug: which dose held when, what is off, and what is not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers import fhir_fluids, fhir_untold
from vasotone.readers.fhir_bundle import Resource, about_patient, name_of
from vasotone.readers.fhir_drugs import Amount, Event, amount_of, event_of, times_of
from vasotone.readers.fhir_infusions import course
from vasotone.readers.fhir_medications import Medication, dosage_of, medication_of
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_orders import Order, Orders
from vasotone.readers.fhir_values import keys_of, modified, texts_of
from vasotone.state_doubts import named_in
from vasotone.table import CANONICAL, Observation

RATES = {"rateQuantity", "rateRatio"}
DAILY = "mg/d"  # a drug that is counted by the day has single doses that add up


class Given(NamedTuple):
    """What the medication resources say, before the instant of the question is known.

    events   drug -> what is known of its rate
    amounts  drug -> single doses
    fluids   administrations of crystalloids
    orders   drug -> when it was ordered last (None without a time), for live orders
    other    names of other drugs
    untold   infusions of which it is not told which drug they are
    listed   a list of all drugs came, so one that is not named is not taken
    """

    events: dict[str, list[Event]]
    amounts: dict[str, list[Amount]]
    orders: dict[str, list[tuple[datetime | None, str]]]
    other: list[str]
    listed: bool
    fluids: list[fhir_fluids.Given]
    untold: list[fhir_untold.Untold]


def given(walk: Walk) -> Given:
    """Everything that administrations, requests, statements and lists say."""
    found = Given({}, {}, {}, [], False, [], [])
    skipped = walk.status("administration_skipped")
    listed_all = walk.gathered.of("MedicationAdministration")
    orders = Orders(one for one in listed_all if one.get("status") not in skipped)
    for one in listed_all:
        if one.get("status") in skipped:
            walk.notes.add("status-skipped", f"MedicationAdministration {one['status']}")
        elif about_patient(one, walk.notes, "MedicationAdministration"):
            _administered(walk, one, found, orders.of(one))
    _end_parts(walk, found, [one for one in listed_all if one.get("status") in walk.status("administration_over")])
    listed = _ordered(walk, found)
    names, complete = _listed(walk)
    found.other.extend(names)
    return found._replace(listed=listed or complete)


def _end_parts(walk: Walk, found: Given, over: list[Resource]) -> None:
    """What is part of an infusion that is over ends with it, whatever it says of itself."""
    ends: dict[str, datetime] = {}
    for one in over:
        start, end = times_of(walk, one)
        if start is not None and end is not None and start.exact and end.exact and end.at > start.at:
            name = name_of(one, "MedicationAdministration")
            ends[name] = max(end.at, ends.get(name, end.at))
    for name, events in found.events.items():
        found.events[name] = [
            _ended_by(event, [ends[part] for part in event.parts if part in ends]) for event in events
        ]


def _ended_by(event: Event, ends: list[datetime]) -> Event:
    """An event that ends when the infusion that it is part of does."""
    end = min((moment for moment in ends if moment > event.at), default=None)
    if end is None or event.stop or event.value == 0 or (event.ends is not None and event.ends <= end):
        return event
    return event._replace(ends=end, runs=False)


def _administered(walk: Walk, one: Resource, found: Given, order: Order) -> None:
    what = medication_of(walk, one)
    name = walk.cross.drug_variables.get(what.drug)
    if walk.stay.elsewhere(one) and (name is not None or what.fluid):
        walk.notes.add("other-encounter", "MedicationAdministration", name or "fluids")
        return
    if what.fluid:
        found.fluids.append(fhir_fluids.given_of(walk, one, what, order.key))
        return
    if name is None:
        _other(walk, what, found.other)
        if not walk.stay.elsewhere(one):
            _perhaps(walk, one, what, order, found)
        return
    if walk.facts.variables[name].unit == DAILY and not RATES & set(dosage_of(one)):
        amount = amount_of(walk, one, what, order.key)
        if amount is not None:
            found.amounts.setdefault(name, []).append(amount)
        return
    found.events.setdefault(name, []).extend(event_of(walk, one, what, order))


def _perhaps(walk: Walk, one: Resource, what: Medication, order: Order, found: Given) -> None:
    """Keep what may be one of ours, or a crystalloid, and cannot be told."""
    untold = fhir_untold.untold_of(walk, one, what, order)
    if untold is not None:
        found.untold.append(untold)
    volume = fhir_fluids.perhaps_of(walk, one, what, order.key)
    if volume is not None:
        found.fluids.append(volume)


def _other(walk: Walk, what: Medication, names: list[str]) -> None:
    """Keep another drug by the name under which it is known here, else as it is written."""
    if what.names and not what.fluid:
        known = [text for text in what.names if named_in(text) & walk.cross.interacting]
        names.append((known or list(what.names))[0])


def _ordered(walk: Walk, found: Given) -> bool:
    """Orders and statements: never a dose; True where they list other drugs."""
    listed = False
    for kind, live in (("MedicationRequest", "request_live"), ("MedicationStatement", "statement_live")):
        words = walk.status(live)
        for one in walk.gathered.of(kind):
            if one.get("status") in walk.status("request_draft"):
                names = medication_of(walk, one).names
                walk.notes.add("draft-order", names[0] if names else kind)
                continue
            if one.get("status") not in words or one.get("doNotPerform") is True:
                walk.notes.add("status-skipped", f"{kind} {one.get('status')}")
                continue
            if not about_patient(one, walk.notes, kind):
                continue
            if modified(one):
                walk.notes.add("modifier-not-read", kind)  # it may be ordered or taken all the same
            what = medication_of(walk, one)
            name = walk.cross.drug_variables.get(what.drug)
            if name is None:
                _other(walk, what, found.other)
                listed = listed or bool(what.names and not what.fluid)
                continue
            if walk.stay.elsewhere(one):
                walk.notes.add("other-encounter", kind, name)
                continue
            moment = walk.clock.read(one.get("authoredOn", one.get("dateAsserted")))
            found.orders.setdefault(name, []).append((moment.at if moment else None, name_of(one, kind)))
    return listed


def _listed(walk: Walk) -> tuple[list[str], bool]:
    """The drugs of a medication list by their displays, and whether there is such a list, if an empty one."""
    names: list[str] = []
    complete = False
    for one in walk.gathered.of("List"):
        if not any(key in walk.cross.lists for key in keys_of(one.get("code"))):
            continue
        if one.get("status") not in (None, "current"):
            continue
        if modified(one):
            walk.notes.add("modifier-not-read", "List")
            continue
        entries = one.get("entry")
        if not entries and not texts_of(one.get("emptyReason")) and not keys_of(one.get("emptyReason")):
            continue  # an empty list without a reason says nothing
        complete = True
        for entry in entries if type(entries) is list else []:
            item = entry.get("item") if type(entry) is dict and not entry.get("deleted") else None
            if type(item) is dict and type(item.get("display")) is str:
                names.append(item["display"].strip())
    return names, complete


def others(walk: Walk, found: Given) -> tuple[str, ...] | None:
    """The other drugs taken: all of a list, or what interacts of what was given; None where nobody recorded them."""
    names = tuple(dict.fromkeys(found.other))
    if found.listed:
        walk.notes.add("other-drugs")
        return names
    if not names:
        return None
    walk.notes.add("other-drugs-partial")
    known = tuple(name for name in names if named_in(name) & walk.cross.interacting)
    return known or None


def rows_of(walk: Walk, found: Given, at: datetime | None, charted: list[Observation]) -> list[Observation]:
    """The rows of every drug: its rates over time, and what single doses add up to in a day.

    charted  the rows of Observations, which may hold doses too
    """
    rows: list[Observation] = []
    for name, events in found.events.items():
        rows += course(name, events, at, walk.notes)
    for name, amounts in found.amounts.items():
        rows += _daily(walk, name, amounts, found.events.get(name, []), at)
    for name, orders in found.orders.items():
        rows += _orders(walk, name, orders, rows, at)
    return rows + fhir_untold.rows_of(walk, found.untold, charted + rows, at)


def _daily(
    walk: Walk, name: str, amounts: list[Amount], events: list[Event], at: datetime | None
) -> list[Observation]:
    """What single doses of the last day add up to; not known where one of them, or an infusion, cannot be added."""
    if at is None:
        return []
    limit = walk.cross.settings["limits"]["steroid"]
    minutes = units.convert(Fraction(limit["value"]), limit["unit"], "min")
    since = at - timedelta(minutes=float(minutes))
    # A dose of which only the day is known may or may not be of the last hours.
    recent = [one for one in amounts if one.at <= at and since < one.until]
    source = ", ".join(one.source for one in recent[-3:]) or amounts[-1].source
    total = Fraction(0)
    for one in each_once(walk, name, recent):
        if one.value == 0 and one.at == one.until:
            continue  # nothing, in any unit
        try:
            total += units.convert(one.value if one.value is not None else Fraction(0), one.unit or "", "mg")
            unread = one.value is None or one.at < one.until
        except UnitError:
            unread = True
        if unread:
            walk.notes.add("daily-dose-not-known", one.source, name)
            return [Observation(name, None, DAILY, at, f"{one.source}, cannot be added up")]
    if any(since < event.at <= at for event in events):
        walk.notes.add("daily-dose-not-known", f"{source}, beside an infusion", name)
        return [Observation(name, None, DAILY, at, f"{source}, beside an infusion")]
    return [Observation(name, total, DAILY, at, f"{source}, sum of the last day")]


def each_once(walk: Walk, name: str, amounts: list[Amount]) -> list[Amount]:
    """Single doses, one that came twice as one: the same amount of the same order at the same instant."""
    found: dict[tuple[Any, ...], Amount] = {}
    for one in amounts:
        key = (one.at, one.until, one.value, one.unit, one.order)
        if key in found:
            walk.notes.add("counted-once", name, name)
        found.setdefault(key, one)
    return list(found.values())


def _orders(
    walk: Walk, name: str, orders: list[tuple[datetime | None, str]], rows: list[Observation], at: datetime | None
) -> list[Observation]:
    """A live order is no dose. Where the drug was last off, or never charted, it may run: the dose is not known."""
    ordered = [(moment, source) for moment, source in orders if moment is None or at is None or moment <= at]
    if not ordered:
        return []
    before = [row for row in rows if row.name == name and row.at is not None and (at is None or row.at <= at)]
    last: Any = max(before, key=lambda row: row.at.timestamp() if row.at else 0.0, default=None)
    since = max((moment for moment, _ in ordered if moment is not None), default=None)
    source = ordered[-1][1]
    if last is None:
        walk.notes.add("ordered-not-running", source, name)
        when = since or at
        return [] if when is None else [Observation(name, None, CANONICAL, when, f"{source}, ordered")]
    if last.value == 0 and since is not None and since > last.at:
        walk.notes.add("ordered-not-running", source, name)
        return [Observation(name, None, CANONICAL, since, f"{source}, ordered after the last stop")]
    return []
