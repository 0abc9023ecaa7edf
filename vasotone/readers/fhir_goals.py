"""What was agreed on: the ordered MAP target from goals, the code status from consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from vasotone.readers.fhir_bundle import Resource, about_patient, modified, name_of
from vasotone.readers.fhir_observations import Walk, coded
from vasotone.readers.fhir_values import keys_of, number, objects, period, unit_of
from vasotone.table import CANONICAL, Observation

TARGET, MEASURED, STATUS = "map_target", "map", "code_status"


def goals(walk: Walk, at: datetime | None, rows: list[Observation]) -> list[Observation]:
    """The MAP target of every goal that is pursued at the instant; what an Observation says of it goes before."""
    if any(row.name == TARGET for row in rows):
        return []
    found: list[Observation] = []
    for one in walk.gathered.of("Goal"):
        if modified(one, walk.notes, "Goal") or not about_patient(one, walk.notes, "Goal"):
            continue
        if one.get("lifecycleStatus") not in walk.status("goal_live"):
            walk.notes.add("status-skipped", f"Goal {one.get('lifecycleStatus') or 'without a status'}")
            continue
        begun = walk.clock.read(one.get("startDate"))
        if walk.stay.earlier(begun) or (begun is not None and at is not None and begun.at > at):
            walk.notes.add("other-encounter", "Goal")
            continue
        targets = [target for target in objects(one.get("target")) if _is_map(walk, target)]
        if not targets:
            walk.notes.add("goal-not-read", "Goal")
        for target in targets:
            row = _row(walk, one, target, at if begun is None else begun.at)
            if row is not None:
                found.append(row)
    return found


def _is_map(walk: Walk, target: Resource) -> bool:
    code = coded(walk.cross.observations, target.get("measure"))
    return code is not None and code.name in (MEASURED, TARGET)


def _row(walk: Walk, one: Resource, target: Resource, at: datetime | None) -> Observation | None:
    """The pressure that a target asks for: the number itself, or the lower end of a range."""
    quantity: Any = target.get("detailQuantity")
    detail = target.get("detailRange")
    if type(quantity) is not dict and type(detail) is dict:
        quantity = detail.get("low")
    if type(quantity) is not dict or quantity.get("comparator") not in (None, ">", ">="):
        walk.notes.add("goal-not-read", "Goal")
        return None
    value = number(quantity.get("value"))
    unit = unit_of(walk.cross, quantity, walk.notes, "Goal")
    where = f"{name_of(one, 'Goal')}, target"
    if value is None:
        walk.notes.add("not-a-number", "Goal", TARGET)
        return None
    return Observation(TARGET, value, unit, at, where)


def consents(walk: Walk, at: datetime | None, rows: list[Observation]) -> list[Observation]:
    """The code status of every consent in force at the instant; what an Observation says of it goes before."""
    if any(row.name == STATUS for row in rows):
        return []
    found: list[Observation] = []
    for one in walk.gathered.of("Consent"):
        if modified(one, walk.notes, "Consent") or not about_patient(one, walk.notes, "Consent"):
            continue
        if one.get("status") not in walk.status("consent_live"):
            walk.notes.add("status-skipped", f"Consent {one.get('status') or 'without a status'}")
            continue
        words = [walk.cross.consents[key] for key in _categories(one) if key in walk.cross.consents]
        if not words:
            walk.notes.add("consent-not-read", "Consent")
            continue
        given = walk.clock.read(one.get("dateTime"))
        provision = one.get("provision")
        begun, ended = period(walk.clock, provision.get("period") if type(provision) is dict else None)
        if at is not None and (
            (given is not None and given.at > at)
            or (begun is not None and begun.at > at)
            or (ended is not None and ended.end <= at)
        ):
            walk.notes.add("status-skipped", "Consent of another time")
            continue
        source = f"{name_of(one, 'Consent')}, category"
        found += [Observation(STATUS, word, CANONICAL, at if given is None else given.at, source) for word in words]
    return found


def _categories(one: Resource) -> list[tuple[str, str]]:
    listed = one.get("category")
    return [key for concept in (listed if type(listed) is list else []) for key in keys_of(concept)]
