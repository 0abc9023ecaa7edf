"""Any plain patient as a FHIR R4 Bundle, so that one patient can be sent through both doors."""

from __future__ import annotations

from typing import Any

import vasotone
from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers import plain

FACTS = vasotone.load()
NAMES = plain.spellings(FACTS)
UCUM = "http://unitsofmeasure.org"
SUBJECT = {"reference": "Patient/invented"}

Resource = dict[str, Any]


def local(system: str, code: str) -> Resource:
    """A CodeableConcept under one of the project's own systems."""
    return {"coding": [{"system": f"urn:vasotone:{system}", "code": code}]}


def number(value: Any) -> Any:
    """A number as JSON writes it."""
    return plain.Written(value) if isinstance(value, str) else value


def quantity(value: Any, unit: str | None) -> Resource:
    """A Quantity; the unit as a UCUM code where it is one."""
    found: Resource = {"value": number(value)}
    if unit is None:
        return found
    found["unit"] = unit
    try:
        found |= {"system": UCUM, "code": units.ucum(units.unit(unit))}
    except UnitError:
        pass
    return found


def part_of_bag(part: Any) -> Resource:
    """One part of a bag, as text in the plain record, as a Quantity in FHIR."""
    if isinstance(part, dict):
        return quantity(part["value"], part["unit"])
    found = units.quantity(part, where="bag")
    return quantity(units.plain_number(found.value), found.unit.text)


def observation(key: str, entry: Any, at: str, place: int) -> Resource:
    """One entry of a plain patient as an Observation under its own name."""
    variable = FACTS.variables[NAMES[key]]
    record = entry if isinstance(entry, dict) else {"value": entry}
    value = record.get("value")
    one: Resource = {
        "resourceType": "Observation",
        "id": f"o{place}",
        "status": "final",
        "code": local("variable", key),
        "subject": SUBJECT,
        "effectiveDateTime": record.get("at", at),
    }
    if value is None:
        one["dataAbsentReason"] = {"text": "not recorded"}
    elif isinstance(value, bool):
        one["valueBoolean"] = value
    elif isinstance(value, str) and not isinstance(value, plain.Written):
        one["valueString"] = value
    else:
        unit = record["unit"] if "unit" in record else variable.unit
        one["valueQuantity"] = quantity(value, unit)
    extensions: list[Resource] = []
    for inner, url in (("basis", "dose-basis"), ("kind", "weight-kind"), ("method", "method")):
        if record.get(inner):
            extensions.append({"url": f"urn:vasotone:{url}", "valueCode": record[inner]})
    if record.get("bag"):
        bag = record["bag"]
        parts = [{"url": part, "valueQuantity": part_of_bag(bag[part])} for part in ("amount", "volume")]
        if bag.get("basis"):
            parts.append({"url": "basis", "valueCode": bag["basis"]})
        extensions.append({"url": "urn:vasotone:bag", "extension": parts})
    return one | ({"extension": extensions} if extensions else {})


def bundle(patient: dict[str, Any], at: str) -> Resource:
    """A plain patient as a Bundle; `at` is the time of what carries none."""
    resources: list[Resource] = [{"resourceType": "Patient", "id": "invented"}]
    for key, value in patient.items():
        if key in ("at", "conditions", "drugs", "formulary"):
            continue
        for entry in value if isinstance(value, list) else [value]:
            if entry is not None and (
                isinstance(value, list) or not isinstance(entry, dict) or entry.get("value") is not None
            ):
                resources.append(observation(key, entry, at, len(resources)))
    for word in patient.get("conditions") or ():
        resources.append(
            {
                "resourceType": "Condition",
                "id": f"c{len(resources)}",
                "subject": SUBJECT,
                "code": local("condition", word),
            }
        )
    for drug, stocked in (patient.get("formulary") or {}).items():
        if stocked is not None:
            resources.append(
                {
                    "resourceType": "Observation",
                    "id": f"f{len(resources)}",
                    "status": "final",
                    "subject": SUBJECT,
                    "code": local("formulary", drug),
                    "valueBoolean": stocked,
                }
            )
    if patient.get("drugs") is not None:
        taken: Resource = {
            "resourceType": "List",
            "id": "drugs",
            "status": "current",
            "mode": "snapshot",
            "subject": SUBJECT,
            "code": local("variable", "drugs"),
        }
        taken |= (
            {"entry": [{"item": {"display": drug}} for drug in patient["drugs"]]}
            if patient["drugs"]
            else {"emptyReason": {"text": "none taken"}}
        )
        resources.append(taken)
    entries = [{"fullUrl": f"urn:vasotone:test:{n}", "resource": one} for n, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
