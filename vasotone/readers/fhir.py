"""FHIR R4 resources of one patient as a table of observations: a tolerant walk that transcribes and judges nothing.

What it could not read is said in the table's notes. Values go over as written; `readings` and `state` judge them, so
that the same patient gets the same advice through every door.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from vasotone.facts import Facts
from vasotone.readers import (
    fhir_bundle,
    fhir_conditions,
    fhir_courses,
    fhir_encounters,
    fhir_fluids,
    fhir_goals,
    fhir_observations,
    plain,
)
from vasotone.readers.fhir_crosswalk import crosswalk
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_values import Clock
from vasotone.table import Observation, Table

LAST = "last"
TITLE = "One patient from FHIR resources"

recognises = fhir_bundle.recognises


def read(
    text: str | bytes | dict[str, Any] | list[Any],
    facts: Facts,
    *,
    at: datetime | str | None,
    zone: str | None = None,
) -> Table:
    """The table of one patient from FHIR R4: a Bundle, a list of resources, one resource, or a CDS Hooks prefetch.

    text  JSON, or the value that it stands for
    at    the instant of the question, aware; "last" is the newest observation or administration; None stays None
    zone  the zone of times that carry none, by name or offset; UTC when it is not given

    Raises InputError for what is malformed: not JSON, NaN, a key twice, no FHIR resource, two patients, too large.
    """
    record = plain.loaded(text) if isinstance(text, (str, bytes)) else sound(text)
    return from_record(record, facts, at=at, zone=zone)


def sound(record: Any) -> Any:
    """A record that is already an object, as strictly judged as text is."""
    try:
        size = len(json.dumps(record, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise plain.bad("the record cannot be written as JSON", where="FHIR", seen=error) from None
    if size > plain.MOST_BYTES:
        raise plain.bad(f"the record is larger than {plain.MOST_BYTES // 1_000_000} MB", seen=f"{size} bytes")
    plain.refuse_depth(record)
    return record


def from_record(record: Any, facts: Facts, *, at: datetime | str | None, zone: str | None = None) -> Table:
    """The table of one patient from a JSON value that was read strictly, as `plain.loaded` does."""
    if at is not None and at != LAST and (not isinstance(at, datetime) or at.tzinfo is None):
        raise plain.bad("the instant is not a time with an offset", where="at", seen=at)
    notes = Notes()
    clock = Clock(zone, notes)
    gathered = fhir_bundle.gather(record, clock, notes)
    cross = crosswalk(facts)
    stay = fhir_encounters.stay_of(gathered, clock, cross.settings, at, notes)
    walk = Walk(facts, cross, gathered, clock, notes, [], stay)
    rows, formulary = fhir_observations.observations(walk)
    given = fhir_courses.given(walk)
    asked = _asked(at, rows, given, notes)
    rows = [row if row.at is not None else row._replace(at=asked) for row in rows]
    rows += fhir_courses.rows_of(walk, given, asked, rows)
    rows += fhir_conditions.patient(walk, asked, rows)
    rows += fhir_conditions.devices(walk, asked, rows)
    rows += fhir_goals.goals(walk, asked, rows)
    rows += fhir_goals.consents(walk, asked, rows)
    diagnosed = fhir_conditions.conditions(walk, asked)
    rows += fhir_fluids.fluids(walk, given.fluids, rows, diagnosed.onset, asked)
    if diagnosed.infection is not None and not any(row.name == "infection" for row in rows):
        rows.append(diagnosed.infection)
    if len(rows) > plain.MOST_ROWS:
        raise plain.bad("the record holds too many values", where="FHIR", seen=len(rows))
    drugs = fhir_courses.others(walk, given)
    return Table(
        rows=tuple(rows),
        conditions=diagnosed.words,
        drugs=drugs,
        formulary=formulary,
        at=asked,
        cautions=tuple(walk.cautions),
        notes=notes.all(),
        title=TITLE,
    )


def _asked(
    at: datetime | str | None, rows: list[Observation], given: fhir_courses.Given, notes: Notes
) -> datetime | None:
    """The instant of the question; for "last" the newest of all observations, administrations and their ends."""
    if isinstance(at, datetime) or at is None:
        return at
    moments = [row.at for row in rows if row.at is not None]
    for events in given.events.values():
        moments += [moment for event in events for moment in (event.at, event.ends) if moment is not None]
    moments += [amount.at for amounts in given.amounts.values() for amount in amounts]
    if moments:
        notes.add("newest-reading")
    return max(moments, default=None)
