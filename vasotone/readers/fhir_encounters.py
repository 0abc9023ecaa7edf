"""Which resources belong to the stay that is asked about, where the record says what stays there were."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.readers.fhir_bundle import Gathered, Resource, resolve
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_values import Clock, Moment, codings, objects, period

ENCOUNTER = "Encounter"
MOST_FOLLOWED = 10  # encounters that follow one another and count as one stay


class Stay(NamedTuple):
    """The stay of the question: the encounters that it is made of, and when it began.

    others  the other encounters of the record, by identity
    since   None where no encounter holds the instant: then nothing is left out
    """

    gathered: Gathered
    others: frozenset[int]
    since: datetime | None

    def elsewhere(self, one: Resource) -> bool:
        """Whether a resource says that it belongs to another encounter of this record."""
        if not self.others:
            return False
        link = one.get("encounter", one.get("context"))
        found = resolve(self.gathered, link, one)
        return found is not None and id(found) in self.others

    def earlier(self, moment: Moment | None) -> bool:
        """Whether something was over before this stay began."""
        return self.since is not None and moment is not None and moment.end < self.since


class _Visit(NamedTuple):
    resource: Resource
    begun: datetime
    ended: datetime | None


def stay_of(gathered: Gathered, clock: Clock, settings: dict[str, Any], at: Any, notes: Notes) -> Stay:
    """The stay that holds an instant (for "last" the encounter begun last), with what led to it without a gap."""
    record = settings["limits"]["joined"]
    gap = timedelta(minutes=float(units.convert(Fraction(record["value"]), record["unit"], "min")))
    visits = [visit for one in gathered.of(ENCOUNTER) if (visit := _visit(one, clock, settings)) is not None]
    if not visits:
        return Stay(gathered, frozenset(), None)
    if isinstance(at, datetime):
        present = [one for one in visits if one.begun <= at and (one.ended is None or at <= one.ended)]
    else:
        present = [max(visits, key=lambda one: one.begun)]
    if not present:
        notes.add("encounter-not-known", f"{len(visits)} of other times")
        return Stay(gathered, frozenset(), None)
    left = _left_open(gathered, present, settings)
    for _ in left:
        notes.add("encounter-left-open")
    visits, present = ([one for one in some if id(one.resource) not in left] for some in (visits, present))
    for _ in range(MOST_FOLLOWED):
        held, first = {id(one.resource) for one in present}, min(one.begun for one in present)
        joined = [
            one for one in visits
            if id(one.resource) not in held and one.begun <= first
            and one.ended is not None and first - one.ended <= gap
        ]  # fmt: skip
        if not joined:
            break
        present += joined
    held, first = {id(one.resource) for one in present}, min(one.begun for one in present)
    others = frozenset(id(one.resource) for one in visits if id(one.resource) not in held and one.begun < first)
    return Stay(gathered, others, first - gap)


def _left_open(gathered: Gathered, present: list[_Visit], settings: dict[str, Any]) -> frozenset[int]:
    """Of encounters that hold one instant those that do not tell when the stay began, by identity.

    These are visits to a clinic beside a stay, and what began so long before the newest that nobody closed it, unless
    the newest is a part of it. What refers to them is still read.
    """
    if len(present) < 2:
        return frozenset()
    record = settings["limits"]["left_open"]
    limit = timedelta(minutes=float(units.convert(Fraction(record["value"]), record["unit"], "min")))
    visits = set(settings["status"]["encounter_visit"])
    stays = [one for one in present if not _classes(one.resource) & visits]
    newest = max(stays or present, key=lambda one: one.begun)
    whole = _wholes(gathered, newest.resource)
    kept = whole | {id(one.resource) for one in stays or present}
    return frozenset(
        id(one.resource) for one in present
        if id(one.resource) not in kept
        or (id(one.resource) not in whole and one.ended is None and newest.begun - one.begun > limit)
    )  # fmt: skip


def _wholes(gathered: Gathered, part: Resource) -> set[int]:
    """An encounter and those that it is a part of, by identity."""
    found: set[int] = set()
    while id(part) not in found:
        found.add(id(part))
        part = resolve(gathered, part.get("partOf"), part) or part
    return found


def _classes(one: Resource) -> set[str]:
    """The codes of an encounter's class: a Coding, or a list of concepts."""
    kind = one.get("class")
    listed = codings({"coding": [kind]}) + [coding for concept in objects(kind) for coding in codings(concept)]
    return {coding["code"] for coding in listed if type(coding.get("code")) is str}


def _visit(one: Resource, clock: Clock, settings: dict[str, Any]) -> _Visit | None:
    """An encounter that took place, with its times; None for one that did not, or that has none."""
    status = one.get("status")
    if status not in settings["status"]["encounter_live"] and status not in settings["status"]["encounter_over"]:
        return None
    begun, ended = period(clock, one.get("period"))
    if begun is None or (ended is None and status in settings["status"]["encounter_over"]):
        return None
    return _Visit(one, begun.at, None if ended is None else ended.end)
