"""Observations to rows: each value as it was written, with its unit, its instant, and where it stands."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.facts import Facts
from vasotone.readers import plain
from vasotone.readers.fhir_bundle import Gathered, Resource, about_patient, modified, name_of, resolve
from vasotone.readers.fhir_crosswalk import Code, CrossWalk, method_in
from vasotone.readers.fhir_encounters import Stay
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_results import absent, number_of, per_hour, word_of
from vasotone.readers.fhir_values import (
    Clock,
    Moment,
    codings,
    extension,
    extension_text,
    hours_between,
    keys_of,
    period,
    quantity_text,
    texts_of,
)
from vasotone.records import Variable
from vasotone.table import CANONICAL, Bag, Observation

Caution = plain.Caution
UNKNOWN = object()
MODIFIED = "modified"  # a number that stands under an extension that may change its meaning


class Walk(NamedTuple):
    """What every part of the walk is handed: the facts, the cross-walk, the clock, and where notes are kept."""

    facts: Facts
    cross: CrossWalk
    gathered: Gathered
    clock: Clock
    notes: Notes
    cautions: list[Caution]
    stay: Stay

    def extension(self, name: str) -> str:
        """The url of one of this project's extensions."""
        return str(self.cross.settings["extensions"][name])

    def status(self, name: str) -> list[str]:
        """A list of status words."""
        return list(self.cross.settings["status"][name])


class When(NamedTuple):
    """When something was observed: `moment` may be a day only; `hours` where a period with both ends is given."""

    moment: Moment | None
    hours: Fraction | None = None


def observations(walk: Walk) -> tuple[list[Observation], dict[str, bool]]:
    """The rows of all Observations, and the formulary. A row without an instant has `at` None."""
    rows: list[Observation] = []
    formulary: dict[str, bool] = {}
    read, early = walk.status("observation_read"), walk.status("observation_early")
    known = walk.cross.observations
    for one in walk.gathered.of("Observation"):
        status = one.get("status")
        if status not in read:
            walk.notes.add("status-skipped", f"Observation {status or 'without a status'}")
            continue
        if status in early:
            walk.notes.add("not-final", f"Observation {status}")
        if ("focus" in one or "subject" in one) and not about_patient(one, walk.notes, "Observation"):
            continue
        concept = one.get("code")
        code = coded(known, concept)
        parts = one.get("component")
        when = when_of(walk, one)
        if code is not None and not code.panel:
            rows += taken(walk, one, one, code, when)
        elif code is None and not _formulary(walk, one, formulary) and not parts:
            walk.notes.add("code-not-read", _called(concept))
        for part in parts if type(parts) is list else []:
            if type(part) is not dict:
                continue
            inner = coded(known, part.get("code"))
            if inner is not None and not inner.panel:
                rows += taken(walk, one, part, inner, when)
            elif inner is None:
                walk.notes.add("code-not-read", _called(part.get("code")))
    return rows, formulary


def coded(known: dict[tuple[str, str], Code], concept: Any) -> Code | None:
    """What the first known coding of a concept means; another that says the same and how it was taken goes before."""
    listed = concept.get("coding") if type(concept) is dict else None
    if type(listed) is not list:
        return None
    best: Code | None = None
    for coding in listed:
        if type(coding) is dict:
            try:
                found = known.get((coding.get("system"), coding.get("code")))  # type: ignore[arg-type]
            except TypeError:
                continue  # a list or object where a code belongs
            if found is None:
                continue
            if found.method or found.kind:
                return found if best is None or best.name == found.name else best
            best = best or found
    return best


def _called(concept: Any) -> str:
    """How a concept may be named in a note: its first code and its first words."""
    code = next((str(coding["code"]) for coding in codings(concept) if coding.get("code")), "")
    name = next(iter(texts_of(concept)), "")
    return f"{code} {name}".strip() or "no code"


def _formulary(walk: Walk, one: Resource, found: dict[str, bool]) -> bool:
    """Take up an entry of the formulary; False where the code is not one."""
    for system, code in keys_of(one.get("code")):
        if walk.cross.systems.get(system) == "formulary":
            stocked = None if modified(one, walk.notes, "Observation") else one.get("valueBoolean")
            drug = str(walk.cross.names.get(code.strip().lower(), walk.cross.names.get(code, code)))
            if type(stocked) is bool:
                if found.setdefault(drug, stocked) is not stocked:
                    raise plain.bad("a drug is both stocked and not stocked", where="formulary", seen=drug)
            return True
    return False


def when_of(walk: Walk, one: Resource) -> When:
    """When an Observation was made: effective time, end of its period, first of its times, or when it was issued."""
    clock = walk.clock
    raw = one.get("effectiveDateTime", one.get("effectiveInstant"))
    if raw is not None:
        moment = clock.read(raw)
        if moment is None or moment.exact:
            return When(moment)
        # A day with the instant of issue on that same day is that instant.
        issued = clock.read(one.get("issued"))
        if issued is not None and issued.exact and moment.at <= issued.at < moment.end:
            return When(issued)
        return When(moment)
    if "effectiveTiming" in one:
        return When(_first_of(clock, one["effectiveTiming"]))
    if "effectivePeriod" in one:
        start, end = period(clock, one["effectivePeriod"])
        return When(end or start, hours_between(start, end))
    return When(clock.read(one.get("issued")))


def _first_of(clock: Clock, timing: Any) -> Moment | None:
    """The first of the events of a Timing, or the beginning of its bounds, so that nothing looks newer than it is."""
    if type(timing) is not dict:
        return None
    listed = timing.get("event")
    events = [clock.read(event) for event in listed] if type(listed) is list else []
    if events:
        known = [event for event in events if event is not None]
        return min(known, key=lambda event: event.at) if len(known) == len(events) else None
    repeat = timing.get("repeat")
    return period(clock, repeat.get("boundsPeriod") if type(repeat) is dict else None)[0]


def taken(walk: Walk, one: Resource, holder: Resource, code: Code, when: When) -> list[Observation]:
    """The row of one value, or none where it cannot be used; then a note says why."""
    variable = walk.facts.variables.get(code.name)
    if variable is None or code.name not in walk.cross.names:
        walk.notes.add("easily-mistaken" if code.unlike else "code-not-used",
                       f"{code.display} for {code.unlike}" if code.unlike else code.display)  # fmt: skip
        return []
    where = name_of(one, "Observation")
    if variable.name not in walk.cross.lasting and (walk.stay.elsewhere(one) or walk.stay.earlier(when.moment)):
        walk.notes.add("other-encounter", "Observation", variable.name)
        return []
    at = instant(walk, variable, when.moment, where)
    if at is UNKNOWN:
        return []
    source = f"{where}, {code.route}"
    if modified(one, walk.notes, where) or (holder is not one and modified(holder, walk.notes, where)):
        if variable.kind != "number":
            return []
        return [Observation(code.name, None if "drug" in variable.record else MODIFIED, CANONICAL, at, source)]
    if "dataAbsentReason" in holder and not any(key.startswith("value") for key in holder):
        return [Observation(code.name, absent(walk.cross, holder, variable), CANONICAL, at, source)]
    if variable.kind == "number":
        found = number_of(walk.cross, walk.notes, holder, variable, where)
        if found is None:
            return []
        value, unit = found
        if isinstance(value, str) and "drug" in variable.record:
            value = None  # it may run, at any dose
        if variable.unit.endswith("/h") and "drug" not in variable.record and isinstance(value, Fraction):
            rate = per_hour(value, unit, when.hours or code.over)
            if rate is None:
                walk.notes.add("no-interval", where, code.name)
                return []
            value, unit = rate
    else:
        word = word_of(walk.cross, walk.notes, holder, variable, where)
        if word is None:
            return []
        value, unit = word, CANONICAL
    basis, bag = form_and_bag(walk, [holder, one], code.name, unit) if _extended(one, holder) else ("unknown", None)
    return [
        Observation(
            code.name,
            value,
            unit,
            at,
            source,
            code.method or _method(walk, one, variable),
            basis,
            code.kind or _kind(walk, one, holder, variable),
            bag,
        )  # fmt: skip
    ]


def instant(walk: Walk, variable: Variable, moment: Moment | None, where: str) -> Any:
    """The instant of a value: None where it needs none, UNKNOWN where it needs one and has none.

    A day is enough for what stays fresh for long, or always; its beginning is taken, so that nothing looks newer.
    """
    if moment is not None and moment.exact:
        return moment.at
    fresh = variable.fresh_minutes
    if fresh is None:
        return None if moment is None else moment.at
    limit = walk.cross.settings["limits"]["by_day"]
    if moment is not None and fresh >= units.convert(Fraction(limit["value"]), limit["unit"], "min"):
        walk.notes.add("day-only", where, variable.name)
        return moment.at
    walk.notes.add("time-missing", where, variable.name)
    return UNKNOWN


def _extended(one: Resource, holder: Resource) -> bool:
    return "extension" in holder or "extension" in one


def _kind(walk: Walk, one: Resource, holder: Resource, variable: Variable) -> str:
    """Which weight it is, where an extension says so."""
    return extension_text([holder, one], walk.extension("kind")) if _extended(one, holder) else ""


def _method(walk: Walk, one: Resource, variable: Variable) -> str:
    """How a pressure was taken, by the words for method, site and device."""
    if "extension" in one:
        said = extension_text([one], walk.extension("method"))
        if said:
            return said
    if not ("method" in one or "bodySite" in one or "device" in one) or variable.unit != "mm[Hg]":
        return ""
    texts = texts_of(one.get("method")) + texts_of(one.get("bodySite"))
    device = one.get("device")
    if type(device) is dict:
        texts.append(str(device.get("display", "")))
        thing = resolve(walk.gathered, device, one)
        if thing is not None:
            texts += texts_of(thing.get("type"))
    return method_in(walk.cross, " ".join(texts)) if texts else ""


def form_and_bag(walk: Walk, holders: list[Any], name: str, unit: str | None) -> tuple[str, Bag | None]:
    """The form in which a dose is written and the bag that hangs, by this project's extensions."""
    entry: dict[str, Any] = {"unit": unit, "basis": extension_text(holders, walk.extension("basis"))}
    for holder in holders:
        bag = extension(holder, walk.extension("bag"))
        if bag is not None:
            basis = extension_text([bag], "basis")
            parts = {part: _part(extension(bag, part)) for part in ("amount", "volume")}
            entry["bag"] = {**parts, "basis": basis} if basis else parts
            break
    return plain.form_and_bag(entry, name, walk.cautions)


def _part(part: dict[str, Any] | None) -> str:
    """One part of a bag as number and unit."""
    if part is None:
        return ""
    text = part.get("valueString")
    return text if type(text) is str else quantity_text(part.get("valueQuantity"))


def latest(rows: list[Observation]) -> datetime | None:
    """The newest instant among some rows."""
    return max((row.at for row in rows if row.at is not None), default=None)
