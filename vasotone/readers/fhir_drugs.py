"""Which drug a medication is, and what one administration says of its rate."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers import plain
from vasotone.readers.fhir_bundle import Resource, name_of, resolve
from vasotone.readers.fhir_crosswalk import Code, drug_in, looks_vasoactive, words_of
from vasotone.readers.fhir_observations import Walk, form_and_bag
from vasotone.readers.fhir_orders import Order
from vasotone.readers.fhir_values import (
    Moment,
    codings,
    extension,
    hours_between,
    keys_of,
    number,
    objects,
    period,
    quantity_text,
    shown,
    texts_of,
    unit_of,
)
from vasotone.readers.unit_texts import is_unit
from vasotone.table import CANONICAL, Bag

ORDER = ("variable", "rxnorm", "atc", "snomed")  # which code system is believed first
MASS = units.unit("mg").dimension
VOLUME = units.unit("mL").dimension


class Medication(NamedTuple):
    """What is given.

    drug     one of ours, or empty
    names    as written, the text first
    route    how it was matched, for the trace
    product  the Medication resource, where there is one
    lost     it may be one of ours, so nothing may be taken as off for want of it
    """

    drug: str
    names: tuple[str, ...]
    route: str = ""
    product: Resource | None = None
    lost: bool = False
    fluid: bool = False


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


def medication_of(walk: Walk, one: Resource) -> Medication:
    """The medication of an administration, a request or a statement."""
    concept, product = one.get("medicationCodeableConcept"), None
    concepts: list[Any] = [concept]
    reference = one.get("medicationReference")
    display: list[str] = []
    if type(reference) is dict:
        product = resolve(walk.gathered, reference, one)
        if type(reference.get("display")) is str:
            display = [reference["display"]]
        if product is None:
            walk.notes.add("medication-missing", display[0] if display else name_of(one, one["resourceType"]))
        else:
            concepts.append(product.get("code"))
            if not codings(product.get("code")):
                concepts += [part.get("itemCodeableConcept") for part in ingredients(product)]
    texts = [text for concept in concepts for text in texts_of(concept)] + display
    return _matched(walk, one, concepts, texts)._replace(product=product)


def ingredients(product: Resource) -> list[dict[str, Any]]:
    """The ingredients of a Medication that are objects."""
    return objects(product.get("ingredient"))


def _matched(walk: Walk, one: Resource, concepts: list[Any], texts: list[str]) -> Medication:
    """The drug by its codes in the order of systems, then by the words of its name."""
    cross, names = walk.cross, tuple(dict.fromkeys(texts))
    by_system: dict[str, dict[str, Code]] = {}
    for concept in concepts:
        for key in keys_of(concept):
            system = cross.systems.get(key[0], "")
            found = cross.drugs.get((key[0], key[1].upper() if system == "atc" else key[1]))
            if found is not None:
                by_system.setdefault(system, {})[found.name] = found
    elsewhere = _elsewhere(walk, one, texts)
    for system in ORDER:
        hits = by_system.get(system, {})
        if len(hits) > 1:
            walk.notes.add("drug-ambiguous", " / ".join(names) or ", ".join(sorted(hits)))
            return Medication("", names or tuple(hits), lost=True)
        for drug, code in hits.items():
            if code.nasal or elsewhere:
                return Medication("", names or (drug,))
            return Medication("" if code.fluid else drug, names or (drug,), code.route, fluid=code.fluid)
    fluids = cross.settings["words"]["fluid"]["names"]
    for text in texts:
        drug_found = None if elsewhere else drug_in(cross, text)
        if drug_found is not None:
            return Medication(drug_found, names, f"text '{text[:60]}'")
    if any(fluid in text.lower() for text in texts for fluid in fluids):
        return Medication("", names, fluid=True)
    # What goes elsewhere than into a vein is none of these; what only looks like one is missing data.
    lost = not elsewhere and any(looks_vasoactive(cross, text) for text in texts)
    if lost:
        walk.notes.add("drug-not-matched", names[0])
    return Medication("", names, lost=lost)


def _elsewhere(walk: Walk, one: Resource, texts: list[str]) -> bool:
    """Whether the route or the product says that this is not given into a vein."""
    dosage = dosage_of(one)
    said = {word for text in [*texts, *texts_of(dosage.get("route"))] for word in words_of(text[:400])}
    return bool(said & set(walk.cross.settings["words"]["not_infused"]["names"]))


def dosage_of(one: Resource) -> dict[str, Any]:
    """The dosage of an administration; a list of one is tolerated."""
    dosage = one.get("dosage")
    if type(dosage) is list and len(dosage) == 1:
        dosage = dosage[0]
    return dosage if type(dosage) is dict else {}


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
    exact, unit = number(dose.get("value")), unit_of(walk.cross, dose, walk.notes, where)
    if unit is not None and is_unit(unit) and dict(units.unit(unit).dimension).get("time") == -1:
        return Rate(exact, unit)  # a rate in the place of an amount
    hours = hours_between(start, end)
    if exact is None or hours is None or dose.get("comparator") is not None:
        return None
    walk.notes.add("rate-derived", where)
    return Rate(exact / hours, None if unit is None else f"{unit}/h")


def _ratio(walk: Walk, ratio: dict[str, Any], where: str) -> Rate:
    """An amount over a time, such as 4 mg in 1 h, as a rate."""
    above, below = ratio.get("numerator"), ratio.get("denominator")
    if type(above) is not dict or type(below) is not dict:
        return Rate(None, None)
    value, time = number(above.get("value")), number(below.get("value", 1))
    units_of = [unit_of(walk.cross, part, walk.notes, where) for part in (above, below)]
    if value is None or not time or above.get("comparator") is not None:
        return Rate(None, None)
    return Rate(value / time, None if None in units_of else f"{units_of[0]}/{units_of[1]}")


def event_parts(walk: Walk, one: Resource, given: Medication, name: str, unit: str | None) -> tuple[str, Bag | None]:
    """The form of the dose and the bag: by extensions, else the strength of the product."""
    holders = [dosage_of(one), one, *([given.product] if given.product else [])]
    url = walk.extension("bag")
    if given.product is None or any(extension(holder, url) is not None for holder in holders):
        return form_and_bag(walk, holders, name, unit)
    strength = _strength(walk, given)
    basis, bag = form_and_bag(walk, holders, name, unit)
    if strength is None:
        return basis, bag
    entry = {"unit": unit, "basis": basis, "bag": {"amount": strength[0], "volume": strength[1]}}
    return plain.form_and_bag(entry, name, walk.cautions)


def _strength(walk: Walk, given: Medication) -> tuple[str, str] | None:
    """Amount and volume of the product, where it says both."""
    parts = ingredients(given.product or {})
    ours = [part for part in parts if _is_drug(walk, part, given.drug)] or (parts if len(parts) == 1 else [])
    for part in ours:
        ratio = part.get("strength")
        if type(ratio) is not dict:
            continue
        amount, volume = quantity_text(ratio.get("numerator")), quantity_text(ratio.get("denominator"))
        if amount and volume and _is_volume(volume):
            return amount, volume
    return None


def _is_volume(text: str) -> bool:
    try:
        return units.quantity(text, where="strength").unit.dimension == VOLUME
    except UnitError:
        return False


def _is_drug(walk: Walk, part: dict[str, Any], drug: str) -> bool:
    concept = part.get("itemCodeableConcept")
    if any(found.name == drug for key in keys_of(concept) if (found := walk.cross.drugs.get(key))):
        return True
    return any(drug_in(walk.cross, text) == drug for text in texts_of(concept))


def times_of(walk: Walk, one: Resource) -> tuple[Moment | None, Moment | None]:
    """When an administration began and ended; an instant has no end."""
    if "effectivePeriod" in one:
        return period(walk.clock, one["effectivePeriod"])
    return walk.clock.read(one.get("effectiveDateTime")), None


def event_of(walk: Walk, one: Resource, given: Medication, belongs: Order) -> list[Event]:
    """What one administration of an infused drug says: from when on it ran at which rate, and when that ended."""
    return [
        event._replace(kinds=belongs.kinds, parts=belongs.parts) for event in _said(walk, one, given, belongs.name)
    ]


def _said(walk: Walk, one: Resource, given: Medication, order: str) -> list[Event]:
    status = one.get("status")
    kind = "MedicationAdministration"
    source, name = f"{name_of(one, kind)}, {given.route}", walk.cross.drug_variables[given.drug]
    start, end = times_of(walk, one)
    known = walk.status("administration_known")
    if start is None or not start.exact or (end is not None and not end.exact) or status not in known:
        return _in_doubt(walk, one, given, order, [moment for moment in (start, end) if moment is not None])
    off = status in walk.status("administration_off")
    over = off or status in walk.status("administration_over")
    until = end.at if end is not None and end.at > start.at else None
    rate = rate_of(walk, one, start, end, name_of(one, kind))
    off_now = Event(start.at, Fraction(0), CANONICAL, source, order=order, stop=True, key=name_of(one, kind))
    if rate is None:
        return _without_rate(walk, one, given, Event(start.at, None, CANONICAL, source, until, order), over, off)
    basis, bag = event_parts(walk, one, given, name, rate.unit)
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


def _in_doubt(walk: Walk, one: Resource, given: Medication, order: str, moments: list[Moment]) -> list[Event]:
    """An administration of which it is not known whether or when it ran: the rate is not known from then on.

    Nothing is known of a single dose, which is not a rate, nor of what has no time at all.
    """
    kind, name = "MedicationAdministration", walk.cross.drug_variables[given.drug]
    if one.get("status") not in walk.status("administration_known"):
        walk.notes.add("status-not-known", f"{kind} {one.get('status') or 'without a status'}", name)
    else:
        walk.notes.add("time-missing", kind, name)
    dosage = dosage_of(one)
    if "dose" in dosage and not {"rateQuantity", "rateRatio"} & set(dosage) and "effectivePeriod" not in one:
        return []
    source = f"{name_of(one, kind)}, {given.route}"
    at = sorted({instant for moment in moments for instant in moment})
    return [Event(instant, None, CANONICAL, source, order=order) for instant in at]


def _without_rate(walk: Walk, one: Resource, given: Medication, event: Event, over: bool, off: bool) -> list[Event]:
    """An administration that says no rate: a single dose, a stop, or an infusion whose rate is not known."""
    kind, name = "MedicationAdministration", walk.cross.drug_variables[given.drug]
    dose = dosage_of(one).get("dose")
    if dose is not None and event.ends is None and not off:
        value = shown(dose.get("value")) if type(dose) is dict else ""
        walk.notes.add("single-dose", f"{name_of(one, kind)} {value}".strip(), name)
        return []
    key = "" if event.ends else name_of(one, kind)
    stop = event._replace(at=event.ends or event.at, value=Fraction(0), ends=None, stop=True, key=key)
    if off and event.ends is None:
        return [stop]
    if over and event.ends is None:
        walk.notes.add("dose-not-known", name_of(one, kind), name)
        return []  # given at some instant, and over
    walk.notes.add("dose-not-known", name_of(one, kind), name)
    return [event, stop] if over else [event._replace(ends=None)]


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
    dose = dosage_of(one).get("dose")
    if type(dose) is not dict or dose.get("comparator") is not None:
        return Amount(moment.at, moment.end, None, None, where, order)
    unit = unit_of(walk.cross, dose, walk.notes, where)
    return Amount(moment.at, moment.end, number(dose.get("value")), unit, where, order)
