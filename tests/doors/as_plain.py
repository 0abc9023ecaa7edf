"""A neutral record as a plain patient."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from demo_record import CANONICAL, Entry, Record


def stamp(at: datetime) -> str:
    """An instant in ISO 8601, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number(value: Fraction) -> int | float:
    """A number as JSON writes it; its shortest decimal is the number itself."""
    written = int(value) if value.denominator == 1 else float(value)
    assert Fraction(repr(written)) == value, f"{value} has no short decimal"
    return written


def spelled(value: Fraction | str | bool | None) -> Any:
    """A value as JSON writes it."""
    return number(value) if isinstance(value, Fraction) else value


def entry(one: Entry) -> dict[str, Any]:
    """One entry with everything that stands beside it."""
    found: dict[str, Any] = {"value": spelled(one.value)}
    if one.unit != CANONICAL:
        found["unit"] = one.unit
    if one.at is not None:
        found["at"] = stamp(one.at)
    found |= {key: value for key in ("method", "kind", "basis") if (value := getattr(one, key))}
    if one.bag is not None:
        found["bag"] = {"amount": one.bag.amount, "volume": one.bag.volume}
        if one.bag.basis:
            found["bag"]["basis"] = one.bag.basis
    return found


def patient(record: Record) -> dict[str, Any]:
    """The whole record as one JSON object."""
    found: dict[str, Any] = {"at": stamp(record.at)}
    for name, entries in record.series.items():
        found[name] = [entry(one) for one in entries]
    found["conditions"] = list(record.conditions)
    if record.drugs is not None:
        found["drugs"] = list(record.drugs)
    if record.formulary:
        found["formulary"] = dict(record.formulary)
    return found
