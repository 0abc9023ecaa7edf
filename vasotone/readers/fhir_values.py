"""Numbers, units, times and words as FHIR writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers import plain
from vasotone.readers.fhir_crosswalk import CrossWalk, known_unit
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.plain import Written
from vasotone.readers.unit_texts import is_unit, respelled
from vasotone.readers.zones import instants, zone_named

UCUM = "ucum"
DAY = len("2026-01-31")


class Moment(NamedTuple):
    """A time as it was read: from `at` up to `end`.

    They are the same instant, unless only a day or year is known, or the clocks of the zone skip a local time or show
    it twice.
    """

    at: datetime
    end: datetime

    @property
    def exact(self) -> bool:
        """Whether it is an instant."""
        return self.at == self.end


class Clock:
    """Reads FHIR times; what has no zone is taken in the site's zone, and counted."""

    def __init__(self, zone: str | None, notes: Notes) -> None:
        self.zone = zone_named(zone)
        self.zone_text = zone or "UTC"
        self._notes = notes
        self._seen: dict[str, Moment | None] = {}

    def read(self, value: Any) -> Moment | None:
        """A dateTime, instant or date; None where it is not a time."""
        if type(value) is not str:
            return None
        try:
            return self._seen[value]
        except KeyError:
            found = self._seen[value] = self._read(value.strip())
            return found

    def _read(self, text: str) -> Moment | None:
        try:
            if len(text) <= DAY:
                return self._span(text)
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                self._notes.add("time-zone-assumed", self.zone_text)
                early, late = instants(moment, self.zone)
                if early != late:
                    self._notes.add("time-ambiguous", self.zone_text)
                return Moment(early, late)
            at = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return Moment(at, at)

    def _span(self, text: str) -> Moment | None:
        parts = text.split("-")
        if not (all(part.isdigit() and part.isascii() for part in parts) and [len(p) for p in parts] in SHAPES):
            return None
        year, month, day = (*map(int, parts), 1, 1)[:3]
        first = datetime(year, month, day, tzinfo=self.zone)
        if len(parts) == 1:
            last = first.replace(year=year + 1)
        elif len(parts) == 2:
            last = first.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            last = first + timedelta(days=1)
        return Moment(first.astimezone(UTC), last.astimezone(UTC))


SHAPES = ([4], [4, 2], [4, 2, 2])


@lru_cache(maxsize=4096)
def _exact(text: str) -> Fraction:
    try:
        return units.number(text, where="FHIR")
    except UnitError:
        return -plain.BEYOND if text.startswith("-") else plain.BEYOND


def number(value: Any) -> Fraction | None:
    """A JSON number as an exact rational; None for what is not a number."""
    if type(value) is Written:
        return _exact(value)
    if type(value) is int or type(value) is float:
        return _exact(repr(value))
    return None


def number_text(text: Any) -> Fraction | None:
    """A text that is nothing but a number, as an exact rational."""
    if type(text) is not str:
        return None
    try:
        return units.number(text.strip(), where="FHIR")
    except UnitError:
        return None


def shown(value: Any) -> str:
    """A number as it was written."""
    return value if isinstance(value, str) else repr(value)


def unit_of(cross: CrossWalk, quantity: dict[str, Any], notes: Notes, where: str) -> str | None:
    """The unit of a Quantity: a UCUM code, else any code, else the text; None where none is known.

    Where code and text are both known units and differ, neither is taken: one of them is off by a power of ten.
    """
    code, text = quantity.get("code"), quantity.get("unit")
    code = code.strip() if type(code) is str else ""
    text = text.strip() if type(text) is str else ""
    if not code or not text or code == text:
        return known_unit(cross, code or text) or None if code or text else None
    by_code, by_text = known_unit(cross, code), known_unit(cross, text)
    if is_unit(by_text):
        if not is_unit(by_code):
            # A local code says nothing by itself; one of UCUM that is not known here still stands.
            return code if cross.systems.get(str(quantity.get("system"))) == UCUM else by_text
        if differ(by_code, by_text):
            notes.add("unit-contradiction", f"{where}: {code}, {text}")
            return None
    return by_code


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [one for one in value if type(one) is dict] if type(value) is list else []


def texts_of(concept: Any) -> list[str]:
    """The text and the displays of a CodeableConcept, the text first."""
    if type(concept) is not dict:
        return []
    found = [concept.get("text"), *(coding.get("display") for coding in codings(concept))]
    return [text.strip() for text in found if type(text) is str and text.strip()]


def codings(concept: Any) -> list[dict[str, Any]]:
    """The codings of a CodeableConcept that are objects."""
    return objects(concept.get("coding")) if type(concept) is dict else []


def keys_of(concept: Any) -> list[tuple[str, str]]:
    """System and code of every coding that has both."""
    found = []
    for coding in codings(concept):
        system, code = coding.get("system"), coding.get("code")
        if type(system) is str and type(code) is str:
            found.append((system, code.strip()))
    return found


def code_of(concept: Any) -> str:
    """The first code of a CodeableConcept, whatever its system, in lower case; its text where there is none."""
    for coding in codings(concept):
        if type(coding.get("code")) is str:
            return str(coding["code"]).strip().lower()
    text = concept.get("text") if type(concept) is dict else None
    return text.strip().lower() if type(text) is str else ""


def extension(holder: Any, url: str) -> dict[str, Any] | None:
    """The extension of that url on an element, or None."""
    if type(holder) is dict and "extension" in holder:
        return next((one for one in objects(holder["extension"]) if one.get("url") == url), None)
    return None


def extension_text(holders: list[Any], url: str) -> str:
    """The code or text of the first extension of that url on one of several elements, or empty."""
    for holder in holders:
        found = extension(holder, url)
        if found is not None:
            for key in ("valueCode", "valueString"):
                if type(found.get(key)) is str:
                    return str(found[key]).strip()
            return next(iter(texts_of(found.get("valueCodeableConcept"))), "")
    return ""


def modified(*elements: Any) -> bool:
    """Whether an element carries an extension that may turn its meaning round, none of which is known here."""
    return any(type(one) is dict and one.get("modifierExtension") for one in elements)


def quantity_text(quantity: Any) -> str:
    """A Quantity as number and unit in one text, as a bag's parts are written.

    Empty where a part is missing, where there is a bound in place of a number, or where code and unit differ.
    """
    if type(quantity) is not dict or number(quantity.get("value")) is None or quantity.get("comparator") is not None:
        return ""
    code, text = (quantity[key].strip() if type(quantity.get(key)) is str else None for key in ("code", "unit"))
    if code and text and differ(respelled(code), respelled(text)):
        return ""
    unit = code if code is not None else text
    if unit is not None and not is_unit(unit) and text is not None:
        unit = text
    return f"{shown(quantity['value'])} {unit}" if unit is not None else ""


def differ(one: str, other: str) -> bool:
    """Whether two texts are both known units, and not the same one."""
    if not is_unit(one) or not is_unit(other):
        return False
    first, second = units.unit(one), units.unit(other)
    return (first.dimension, first.factor) != (second.dimension, second.factor)


def period(clock: Clock, value: Any) -> tuple[Moment | None, Moment | None]:
    """Start and end of a Period."""
    if type(value) is not dict:
        return None, None
    return clock.read(value.get("start")), clock.read(value.get("end"))


def hours_between(start: Moment | None, end: Moment | None) -> Fraction | None:
    """The hours from one instant to another; None unless both are exact and in order."""
    if start is None or end is None or not start.exact or not end.exact or end.at <= start.at:
        return None
    return Fraction((end.at - start.at) // timedelta(microseconds=1), 3_600_000_000)
