"""What a course warns of: a charted dose that jumps, a bag of another strength, a pressure that never changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import VasotoneError, shorten
from vasotone.facts import Facts
from vasotone.readings import Caution, Reading, by_pump, form_of, judge, place_of, written
from vasotone.records import Variable
from vasotone.state_doubts import spelled
from vasotone.table import Observation, Table

PRESSURES = ("map", "sbp", "dbp", "line_map", "cuff_map")


class Charted(NamedTuple):
    """One value as charted, a running drug's dose or a pressure, in the variable's unit."""

    row: Observation
    at: datetime
    value: Fraction


class Strength(NamedTuple):
    """What a millilitre of a bag holds, in the unit and the form of its label."""

    value: Fraction
    unit: units.Unit
    form: str
    text: str


def warn_of_course(
    table: Table, facts: Facts, at: datetime | None, weighed: Reading | None, cautions: list[Caution]
) -> None:
    """Warn of the last jump of a dose and change of a bag that still count, and of a pressure that hangs."""
    weight = weighed.value if weighed is not None and isinstance(weighed.value, Fraction) else None
    by_name: dict[str, list[Observation]] = {}
    for row in table.rows:
        if row.at is not None:
            by_name.setdefault(row.name, []).append(row)
    for name in facts.variables:
        if name not in facts.drugs or len(by_name.get(name, ())) < 2:
            continue
        variable = facts.variables[name]
        running = charted(by_name[name], variable, at, weight)
        for warning in (jump(running, variable, facts, at), change(running, variable, facts, at)):
            if warning is not None:
                cautions.append(warning)
    hanging = unchanged(by_name, facts, at)
    if hanging is not None:
        cautions.append(hanging)


def unchanged(by_name: dict[str, list[Observation]], facts: Facts, at: datetime | None) -> Caution | None:
    """Pressures that repeat themselves for longer than those of a living patient do, where none of them varies."""
    limits = facts.limits["pressure"]
    count, minutes = int(limits["unchanged"]["value"]), int(limits["unchanged_for"]["value"])
    found: Caution | None = None
    for name in PRESSURES:
        variable = facts.variables[name]
        readings = newest_first(by_name.get(name, []), variable, at)
        same: list[Charted] = []
        for one in readings:
            if same and one.value != same[0].value:
                if len(same) < count <= len(same) + 1 + sum(1 for _ in islice(readings, count)):
                    return None  # it is read often, and varies
                break
            same.append(one)
        if found is None and len(same) >= count and same[0].at - same[-1].at >= timedelta(minutes=minutes):
            window, seen = span(variable), written(same[0].row, variable)
            if at is None or window is None or at - same[0].at <= window:
                text = (
                    f"{capital(variable.label)} has stood at {seen} in the last {len(same)} readings. A line may be "
                    "clotted or clamped, or the feed may hang; consider a check of the line and a cuff."
                )
                found = "verify-device", name, text, {"seen": seen, "readings": len(same)}
    return found


def newest_first(rows: list[Observation], variable: Variable, at: datetime | None) -> Iterator[Charted]:
    """The usable readings, one for each instant, newest first; an instant with several different ones is left out."""
    by_instant: dict[datetime, list[Observation]] = {}
    for row in rows:
        if row.at is not None and (at is None or row.at <= at):
            by_instant.setdefault(row.at, []).append(row)
    for moment in sorted(by_instant, reverse=True):
        judged = {judge(row, variable, at, None)[0]: row for row in sorted(by_instant[moment], key=place_of)}
        values = [value for value in judged if isinstance(value, Fraction)]
        if len(values) == 1:
            yield Charted(judged[values[0]], moment, values[0])


def charted(
    rows: list[Observation], variable: Variable, at: datetime | None, weight: Fraction | None
) -> list[Charted]:
    """The doses that ran, in time order, one for each instant; an instant with several different ones is left out."""
    window = span(variable)
    found: dict[datetime, set[tuple[Observation, Fraction]]] = {}
    for row in rows:
        if row.at is None or (at is not None and window is not None and at - row.at > 2 * window):
            continue
        value = judge(row, variable, at, weight)[0]
        if isinstance(value, Fraction) and value > 0:
            found.setdefault(row.at, set()).add((row._replace(source=""), value))
    single = {moment: next(iter(pairs)) for moment, pairs in found.items() if len(pairs) == 1}
    return [Charted(row, moment, value) for moment, (row, value) in sorted(single.items(), key=lambda one: one[0])]


def span(variable: Variable) -> timedelta | None:
    """How long a charted dose is carried."""
    return None if variable.fresh_minutes is None else timedelta(minutes=variable.fresh_minutes)


def neighbours(running: list[Charted], variable: Variable, at: datetime | None) -> list[tuple[Charted, Charted]]:
    """Doses that follow one another within the time that one is carried, newest first, none out of date."""
    window = span(variable)
    pairs = list(zip(running, running[1:], strict=False))[::-1]
    if window is None:
        return pairs
    return [(one, two) for one, two in pairs if two.at - one.at <= window and (at is None or at - two.at <= window)]


def far_apart(facts: Facts, key: str, one: Fraction, two: Fraction) -> Fraction | None:
    """How many times the larger is the smaller, where that is enough to warn of; None otherwise."""
    ratio = max(one, two) / min(one, two)
    return ratio if ratio >= units.number(facts.limits["step"][key]["value"], where=f"step {key}") else None


def in_base(value: Fraction, form: str, other_form: str, drug: dict[str, Any]) -> Fraction:
    """An amount counted as base where the forms of both that are compared are known; as written otherwise."""
    factors = [factor(drug, word) for word in (form, other_form)]
    return value / factors[0] if factors[0] and factors[1] else value


def factor(drug: dict[str, Any], word: str) -> Fraction | None:
    """How much of the form that a word names stands for one of base; None where the form is not known."""
    for name, form in drug.get("forms", {}).items():
        if spelled(word) in (name, *form.get("aliases", ())):
            return units.number(form["value"], where=f"forms {name}")
    return None


def jump(running: list[Charted], variable: Variable, facts: Facts, at: datetime | None) -> Caution | None:
    """The last jump of a charted dose, also across a pause."""
    drug = facts.drugs[variable.name]
    for one, two in neighbours(running, variable, at):
        forms = form_of(one.row), form_of(two.row)
        before, after = in_base(one.value, *forms, drug), in_base(two.value, *forms[::-1], drug)
        ratio = far_apart(facts, "charted", before, after)
        if ratio is None:
            continue
        seen = [said(one.row, variable), said(two.row, variable)]
        text = (
            f"{capital(variable.label)} is charted as {seen[0]} and then as {seen[1]}, {times(ratio)} "
            f"{'more' if after > before else 'less'}. A decimal or a unit may have slipped; check what runs."
        )
        return "dose-jump", variable.name, text, {"seen": seen, "ratio": float(ratio)}
    return None


def change(running: list[Charted], variable: Variable, facts: Facts, at: datetime | None) -> Caution | None:
    """The last change of the strength of the bag while the drug ran."""
    drug = facts.drugs[variable.name]
    for one, two in neighbours([dose for dose in running if dose.row.bag is not None], variable, at):
        bags = strength(one.row), strength(two.row)
        if bags[0] is None or bags[1] is None or bags[0].unit.dimension != bags[1].unit.dimension:
            continue
        forms = bags[0].form, bags[1].form
        before = in_base(bags[0].value, *forms, drug)
        after = in_base(units.convert(bags[1].value, bags[1].unit, bags[0].unit), *forms[::-1], drug)
        ratio = far_apart(facts, "strength", before, after)
        if ratio is None:
            continue
        seen = [bags[0].text, bags[1].text]
        kept = by_pump(one.row) and by_pump(two.row) and one.row.value == two.row.value
        then = f"The pump stays at {said(two.row, variable)}, so" if kept else "At an unchanged pump rate"
        how = f"{times(ratio)} {'the strength' if after > before else 'weaker'}"
        text = (
            f"The bag of {variable.label} changed from {seen[0]} to {seen[1]}, {how}. {then} the dose changes by as "
            "much. Check bag and rate."
        )
        return "bag-changed", variable.name, text, {"seen": seen, "ratio": float(ratio), "rate_kept": kept}
    return None


def strength(row: Observation) -> Strength | None:
    """How much drug a millilitre of the bag holds; None where the bag cannot be read."""
    if row.bag is None:
        return None
    try:
        amount = units.quantity(row.bag.amount, where="bag")
        volume = units.quantity(row.bag.volume, where="bag")
        in_ml = units.convert(volume.value, volume.unit, "mL")
    except VasotoneError:
        return None
    if amount.value <= 0 or in_ml <= 0:
        return None
    form = row.bag.basis if row.bag.basis not in ("", "unknown") else row.basis
    text = f"{shorten(row.bag.amount)} in {shorten(row.bag.volume)}"
    known = form not in ("", "unknown")
    return Strength(amount.value / in_ml, amount.unit, form, f"{text} as {shorten(form)}" if known else text)


def said(row: Observation, variable: Variable) -> str:
    """A row's dose as written, with its form where that is known."""
    form = form_of(row)
    return written(row, variable) + (f" {shorten(form)}" if form not in ("", "unknown") else "")


def times(ratio: Fraction) -> str:
    """A ratio in words."""
    rounded = units.round_to(ratio, Fraction(1, 10))
    return f"{'' if rounded == ratio else 'about '}{units.decimal_text(rounded)} times"


def capital(text: str) -> str:
    """A label at the head of a sentence."""
    return text[:1].upper() + text[1:]
