"""Limits on a dose, its rate, its bag and the body weight: which apply, and which are exceeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.units import Unit, decimal_text, number, plain_number

Record = dict[str, Any]
Facts = Mapping[str, Any]

WARNING_CODES = {
    "rate": "rate-unusual",
    "weight": "weight-unusual",
    "concentration": "concentration-unusual",
    "rounding": "rounding-coarse",
    "step": "relative-step",
    "high": "above-usual",
    "low": "below-usual",
}


def _entry(name: str, limit: Facts, seen: Fraction) -> Record:
    bound = number(limit["value"], where=name)
    side, of = limit["side"], limit.get("of", "dose")
    exceeded = {"high": seen > bound, "from": seen >= bound, "low": seen < bound, "equal": seen == bound}[side]
    unit = "" if limit["unit"] == "1" else f" {limit['unit']}"
    words = {"high": "above", "from": "reaches", "low": "below", "equal": "equal to"}[side]
    found, limited = f"{of} {decimal_text(seen)}{unit}", f"{decimal_text(bound)}{unit}"
    return {
        "name": name,
        "kind": limit["kind"],
        "of": of,
        "side": side,
        "value": plain_number(bound),
        "unit": limit["unit"],
        "seen": plain_number(seen),
        "exceeded": exceeded,
        "text": f"{found} {words} {limited}: {limit['why']}" if exceeded else f"{found}, limit {limited}",
        "why": limit["why"],
        "verified": limit.get("verified", False),
        "cite": limit["cite"],
    }


def judged(limits: Facts, table: str, of: str, seen: Fraction, unit: Unit | str) -> list[Record]:
    """Every limit of one table and kind for a value in `unit`, each with whether it is exceeded."""
    return [
        _entry(f"{table}.{key}", limit, units.convert(seen, unit, limit["unit"]))
        for key, limit in limits.get(table, {}).items()
        if limit.get("of") == of
    ]


def weight_limits(weight_kg: Fraction, limits: Facts) -> list[Record]:
    """Every limit on a body weight in kg, each with whether it is exceeded."""
    return judged(limits, "weight", "weight", weight_kg, "kg")


def limits_for(
    drug: Facts,
    value: Fraction,
    limits: Facts,
    *,
    unit: Unit | str | None = None,
    weight_kg: Fraction | None = None,
) -> list[Record]:
    """Every dose limit of a drug for a dose counted as base, in the drug's unit or in `unit`; tightest first.

    Without a weight, a hard limit of the other kind (per kilogram or absolute) is judged at the worst
    accepted weight, and a soft one is left out.
    """
    given = unit if isinstance(unit, Unit) else units.unit(unit or drug["unit"])
    found: list[tuple[Fraction, Record]] = []
    for key, limit in limits.get(drug["name"], {}).items():
        if limit.get("of", "dose") != "dose":
            continue
        target, weight, aside = units.unit(limit["unit"]), weight_kg, ""
        if target.per_kg != given.per_kg and weight is None:
            if limit["kind"] != "hard":
                continue
            edge = limits["weight"]["hard_low" if target.per_kg else "hard_high"]
            weight = number(edge["value"], where="weight")
            aside = f"; no weight was given, judged at {decimal_text(weight)} kg"
        seen = units.convert(value, given, target, weight_kg=weight)
        entry = _entry(f"{drug['name']}.{key}", limit, seen)
        found.append((seen / number(limit["value"], where=key), {**entry, "text": entry["text"] + aside}))
    return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])]


def step_limits(current: Fraction, proposed: Fraction, limits: Facts) -> list[Record]:
    """The limits on going from one dose to another at once, both in one unit; only a rise can be stopped."""
    if min(current, proposed) <= 0:
        return []
    ratio = max(current, proposed) / min(current, proposed)
    shift = ratio
    while shift > 1:
        shift /= 10
    return [
        {**entry, "decimal_shift": ratio > shift == 1}
        for entry in judged(limits, "step", "step", ratio, "1")
        if proposed > current or entry["kind"] == "soft"
    ]


def by_form(entries: Mapping[str, list[Record]]) -> list[Record]:
    """One entry per limit: where the form is not known, the worst form's, with the forms that exceed it."""
    if len(entries) == 1:
        return next(iter(entries.values()))
    merged: dict[str, Record] = {}
    for form, found in entries.items():
        for entry in found:
            kept = merged.setdefault(entry["name"], {**entry, "forms": []})
            if entry["exceeded"]:
                worst = kept if kept["exceeded"] else entry
                merged[entry["name"]] = {**worst, "forms": [*kept["forms"], form]}
    return list(merged.values())


def stopped(entries: Iterable[Record]) -> bool:
    """Whether a hard limit is exceeded."""
    return any(entry["exceeded"] and entry["kind"] == "hard" for entry in entries)
