"""A neutral record as an R4 Bundle, in the shapes in which hospitals send one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from as_plain import number, stamp
from demo_record import CANONICAL, Dose, Entry, Record

Resource = dict[str, Any]

LOINC, UCUM, SNOMED = "http://loinc.org", "http://unitsofmeasure.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD = {"ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm", "ICD9CM": "http://hl7.org/fhir/sid/icd-9-cm"}
OWN = "urn:vasotone:"
WHO = {"reference": "Patient/one"}

# variable -> code and UCUM unit; pressures also by how they were taken
CODED = {
    "map": ("8478-0", "mm[Hg]"), "sbp": ("8480-6", "mm[Hg]"), "dbp": ("8462-4", "mm[Hg]"), "hr": ("8867-4", "/min"),
    "spo2": ("59408-5", "%"), "lactate": ("32693-4", "mmol/L"), "creatinine": ("2160-0", "mg/dL"),
    "bilirubin": ("1975-2", "mg/dL"), "hemoglobin": ("718-7", "g/dL"), "ph": ("2744-1", "[pH]"),
    "scvo2": ("97549-0", "%"), "cvp": ("60985-9", "mm[Hg]"), "cardiac_index": ("75919-1", "L/min/m2"),
    "lvef": ("10230-1", "%"), "crt": ("44963-7", "s"), "weight": ("29463-7", "kg"), "height": ("8302-2", "cm"),
}  # fmt: skip
BY_METHOD = {
    ("map", "arterial"): "76214-6", ("sbp", "arterial"): "76215-3", ("dbp", "arterial"): "76213-8",
    ("map", "cuff"): "76536-2", ("sbp", "cuff"): "76534-7", ("dbp", "cuff"): "76535-4",
}  # fmt: skip
SAID = {"arterial": "Arterial line, radial", "cuff": "Non-invasive, automatic cuff"}
PANEL, ALSO_SPO2, IDEAL_WEIGHT, MEDICATION_LIST = "85354-9", "2708-6", "50064-5", "10160-0"
# drug -> RxNorm ingredient and the UCUM unit of its rate
DRUGS = {
    "norepinephrine": ("7512", "ug/kg/min"), "epinephrine": ("3992", "ug/kg/min"),
    "phenylephrine": ("8163", "ug/kg/min"), "dopamine": ("3628", "ug/kg/min"), "dobutamine": ("3616", "ug/kg/min"),
    "milrinone": ("52769", "ug/kg/min"), "vasopressin": ("11149", "[iU]/min"),
    "angiotensin_ii": ("1999003", "ng/kg/min"),
}  # fmt: skip
HYDROCORTISONE = ("5492", "mg")
SNOMED_WORDS = {"septic-shock": "76571007", "cardiogenic-shock": "89138009", "anaphylaxis": "39579001"}
GENDERS = ("female", "male", "other", "unknown")
# what is charted -> UCUM; anything else goes out as text alone
UNITS = {
    "mcg/kg/min": "ug/kg/min", "ug/kg/min": "ug/kg/min", "MCG/KG/MIN": "ug/kg/min", "mcg/kg/hr": "ug/kg/h",
    "mcg/min": "ug/min", "ug/min": "ug/min", "mg/hr": "mg/h", "mg/h": "mg/h", "ng/kg/min": "ng/kg/min",
    "units/hour": "[iU]/h", "units/min": "[iU]/min", "U/min": "[iU]/min", "mL/h": "mL/h", "ml/hr": "mL/h",
    "mm[Hg]": "mm[Hg]", "mmHg": "mm[Hg]", "kPa": "kPa", "/min": "/min", "bpm": "{beats}/min", "%": "%",
    "mmol/L": "mmol/L", "mg/dL": "mg/dL", "g/dL": "g/dL", "g/L": "g/L", "umol/L": "umol/L", "kg": "kg", "g": "g",
    "cm": "cm", "m": "m", "s": "s", "h": "h", "d": "d", "min": "min", "a": "a", "wk": "wk", "1": "1", "mL": "mL",
    "mL/kg": "mL/kg", "mL/kg/h": "mL/kg/h", "L/min/m2": "L/min/m2", "mg/d": "mg/d", "mg/kg/h": "mg/kg/h",
    "mg": "mg", "ug": "ug", "mcg": "ug", "U": "[iU]", "units": "[iU]",
}  # fmt: skip


class Shape(NamedTuple):
    """How a hospital sends what R4 leaves open.

    panel    pressures of one instant as components of a panel
    generic  pressures under one code, with words for how they were taken
    orders   infusions as segments of constant rate, one course for each order; else one resource for each row
    """

    panel: bool = True
    generic: bool = False
    orders: bool = True


def concept(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})


def quantity(value: Fraction, unit: str | None, canonical: str) -> Resource:
    """A Quantity with the unit as charted, and as a UCUM code where it has one."""
    found: Resource = {"value": number(value)}
    if unit is None:
        return found
    code = canonical if unit == CANONICAL else UNITS.get(unit)
    found["unit"] = canonical if unit == CANONICAL else unit
    return found | ({"system": UCUM, "code": code} if code else {})


def extensions(entry: Entry, *names: str) -> list[Resource]:
    """What no element of R4 carries: the form of a dose, the kind of a weight, an unusual method."""
    urls = {"basis": "dose-basis", "kind": "weight-kind", "method": "method"}
    return [{"url": OWN + urls[name], "valueCode": value} for name in names if (value := getattr(entry, name))]


def observed(name: str, entry: Entry, canonical: str, shape: Shape, at: datetime) -> Resource:
    """One value as an Observation; one without a time of its own is of the instant of the question."""
    code, unit = CODED.get(name, ("", canonical))
    own = [] if not code else ["kind"] if entry.kind != "ideal" else []
    one: Resource = {"resourceType": "Observation", "status": "final", "subject": WHO}
    one["effectiveDateTime"] = stamp(entry.at or at)
    if code:
        method = entry.method
        specific = BY_METHOD.get((name, method))
        if entry.kind == "ideal":
            code = IDEAL_WEIGHT
        if specific and not shape.generic:
            code = specific
        elif specific:
            one["method"] = {"text": SAID[method]}
        else:
            own.append("method")
        one["code"] = concept(LOINC, code)
        if name == "spo2":
            one["code"]["coding"].append({"system": LOINC, "code": ALSO_SPO2})
    else:
        own = ["basis", "kind", "method"]
        one["code"] = concept(OWN + "variable", name)
    extra = extensions(entry, *own)
    return one | valued(entry, unit) | ({"extension": extra} if extra else {})


def valued(entry: Entry, unit: str) -> Resource:
    """The value element of an Observation or of a component."""
    if entry.value is None:
        return {"dataAbsentReason": {"text": "charted without a value"}}
    if isinstance(entry.value, bool):
        return {"valueBoolean": entry.value}
    if isinstance(entry.value, str):
        return {"valueString": entry.value}
    return {"valueQuantity": quantity(entry.value, entry.unit, unit)}


def panels(record: Record) -> Iterator[Resource]:
    """Pressures taken together as one panel with components under the codes of the line or the cuff."""
    together: dict[tuple[datetime, str], list[tuple[str, Entry]]] = {}
    for name in ("sbp", "dbp", "map"):
        for entry in record.series.get(name, []):
            together.setdefault((entry.at or record.at, entry.method), []).append((name, entry))
    for (at, method), values in together.items():
        codes = {name: BY_METHOD.get((name, method), CODED[name][0]) for name, _ in values}
        yield {
            "resourceType": "Observation", "status": "final", "subject": WHO, "code": concept(LOINC, PANEL),
            "effectiveDateTime": stamp(at),
            "component": [
                {"code": concept(LOINC, codes[name])} | valued(entry, CODED[name][1]) for name, entry in values
            ],
        }  # fmt: skip


def administered(drug: str, at: datetime, status: str = "in-progress", **more: Any) -> Resource:
    """A MedicationAdministration of one of the drugs that have a code."""
    return {
        "resourceType": "MedicationAdministration", "status": status, "subject": WHO,
        "medicationCodeableConcept": concept(RXNORM, DRUGS[drug][0], drug), "effectiveDateTime": stamp(at), **more,
    }  # fmt: skip


def running(drug: str, entry: Entry, at: datetime) -> Resource:
    """One row of an infusion as a rate from then on."""
    moment = entry.at or at
    if not isinstance(entry.value, Fraction):
        return administered(drug, moment)
    dosage: Resource = {"rateQuantity": quantity(entry.value, entry.unit, DRUGS[drug][1])}
    extra = extensions(entry, "basis")
    more: Resource = {"dosage": dosage}
    bag = entry.bag
    if bag is not None:
        parts = [quantity_of(text) for text in (bag.amount, bag.volume)]
        strength = dict(zip(("numerator", "denominator"), parts, strict=True))
        if bag.basis and bag.basis != entry.basis:
            named = zip(("amount", "volume"), parts, strict=True)
            inner: list[Resource] = [{"url": url, "valueQuantity": part} for url, part in named]
            extra.append({"url": OWN + "bag", "extension": [*inner, {"url": "basis", "valueCode": bag.basis}]})
        item = concept(RXNORM, DRUGS[drug][0], drug)
        more["contained"] = [{"resourceType": "Medication", "id": "bag", "code": item,
                              "ingredient": [{"itemCodeableConcept": item, "strength": strength}]}]  # fmt: skip
        more["medicationReference"] = {"reference": "#bag"}
    if extra:
        dosage["extension"] = extra
    one = administered(drug, moment, "in-progress" if entry.value else "completed", **more)
    if bag is not None:
        del one["medicationCodeableConcept"]
    return one


def quantity_of(text: str) -> Resource:
    """An amount or a volume such as `4 mg` as a Quantity."""
    value, _, unit = text.partition(" ")
    return quantity(Fraction(value), unit, unit)


def courses(drug: str, record: Record) -> Iterator[Resource]:
    """The segments of each order of a drug, and what is known beside them: off before the first, off by now."""
    events, rows = record.courses[drug], record.series[drug]
    charted = {event.at for event in events}
    for row in rows:
        if row.at not in charted:
            yield running(drug, row, record.at)
    for order in dict.fromkeys(event.order for event in events):
        yield from segments(drug, order, settled([event for event in events if event.order == order]))


def settled(events: list[Dose]) -> list[list[Dose]]:
    """The events of an order by their instants: a dose beats a stop, a known one an unknown one; each once."""
    kept: dict[datetime, list[Dose]] = {}
    for event in events:
        kept.setdefault(event.at, []).append(event)
    found = []
    for here in kept.values():
        known = [event for event in here if event.value]
        unknown = [event for event in here if event.value is None]
        rows = known or unknown[:1] or here[:1]
        found.append(list({(event.value, event.unit): event for event in rows}.values()))
    return found


def segments(drug: str, order: str, instants: list[list[Dose]]) -> Iterator[Resource]:
    """An order as segments of constant rate; the last one runs on unless a stop ends it."""
    of_order = {"request": {"reference": f"MedicationRequest/{order}"}} if order else {}
    for place, events in enumerate(instants):
        if events[0].value == 0:
            if place == 0 or instants[place - 1][0].value == 0:  # a stop of what was not charted as running
                yield administered(drug, events[0].at, "stopped", **of_order)
            continue
        after = instants[place + 1][0].at if place + 1 < len(instants) else None
        for event in events:
            one = administered(drug, event.at, "completed" if after else "in-progress", **of_order)
            del one["effectiveDateTime"]
            one["effectivePeriod"] = {"start": stamp(event.at)} | ({"end": stamp(after)} if after else {})
            if event.value is not None:
                one["dosage"] = {"rateQuantity": quantity(event.value, event.unit, DRUGS[drug][1])}
            yield one


def person(record: Record) -> tuple[Resource, set[str]]:
    """The Patient, and which variables it carries."""
    found: Resource = {"resourceType": "Patient", "id": "one"}
    carried: set[str] = set()
    for name in ("age", "sex"):
        entries = record.series.get(name, [])
        if len(entries) != 1 or entries[0].at not in (None, record.at) or entries[0].unit != CANONICAL:
            continue
        value = entries[0].value
        if name == "age" and isinstance(value, Fraction) and value.denominator == 1 and 0 <= value < 130:
            found["birthDate"] = f"{record.at.year - int(value):04d}-01-01"
            carried.add(name)
        if name == "sex" and value in GENDERS:
            found["gender"] = value
            carried.add(name)
    return found, carried


def diagnosed(record: Record) -> Iterator[Resource]:
    """Every diagnosis by its ICD code; words that were not charted as a code by SNOMED CT or by our own."""
    for system, code in record.diagnoses:
        yield {"resourceType": "Condition", "subject": WHO, "code": concept(ICD[system], code)}
    for word in [] if record.diagnoses else record.conditions:
        known = SNOMED_WORDS.get(word)
        coded = concept(SNOMED, known) if known else concept(OWN + "condition", word)
        yield {"resourceType": "Condition", "subject": WHO, "code": coded}


def other_drugs(record: Record) -> Iterator[Resource]:
    """The list of other drugs, also when it is empty, and what the pharmacy stocks."""
    if record.drugs is not None:
        entries = [{"item": {"display": drug}} for drug in record.drugs]
        yield {
            "resourceType": "List", "status": "current", "mode": "snapshot", "subject": WHO,
            "code": concept(LOINC, MEDICATION_LIST),
            **({"entry": entries} if entries else {"emptyReason": {"text": "takes no drugs"}}),
        }  # fmt: skip
    for drug, stocked in record.formulary.items():
        code = concept(OWN + "formulary", drug)
        yield {"resourceType": "Observation", "status": "final", "code": code, "valueBoolean": stocked}


def resources(record: Record, units: dict[str, str], shape: Shape) -> Iterator[Resource]:
    """All resources of a record; `units` gives the canonical unit of what has no standard code."""
    who, carried = person(record)
    yield who
    if record.diagnoses:
        carried.add("infection")
    if shape.panel and all(
        entry.method in ("", *SAID) for name in ("sbp", "dbp", "map") for entry in record.series.get(name, [])
    ):
        carried |= {"sbp", "dbp", "map"}
        yield from panels(record)
    for name, entries in record.series.items():
        if name in DRUGS:
            if shape.orders and name in record.courses:
                yield from courses(name, record)
            else:
                yield from (running(name, entry, record.at) for entry in entries)
        elif name == "hydrocortisone" and record.singles:
            yield from map(single_dose, record.singles)
        elif name not in carried:
            yield from (observed(name, entry, units.get(name, ""), shape, record.at) for entry in entries)
    yield from diagnosed(record)
    yield from other_drugs(record)


def single_dose(dose: tuple[datetime, Fraction, str]) -> Resource:
    """A single dose of hydrocortisone."""
    at, value, unit = dose
    return {
        "resourceType": "MedicationAdministration", "status": "completed", "subject": WHO,
        "medicationCodeableConcept": concept(RXNORM, HYDROCORTISONE[0], "hydrocortisone"),
        "effectiveDateTime": stamp(at), "dosage": {"dose": quantity(value, unit, HYDROCORTISONE[1])},
    }  # fmt: skip


def bundle(record: Record, units: dict[str, str], shape: Shape = Shape()) -> Resource:  # noqa: B008
    """The record as a Bundle of type collection; every resource has an id."""
    entries = []
    for place, one in enumerate(resources(record, units, shape)):
        one.setdefault("id", f"r{place}")
        entries.append({"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{place:012d}", "resource": one})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
