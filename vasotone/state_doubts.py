"""What speaks against the data: contradictions, doubtful weights, doses past a limit, words not known here."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from vasotone import lang
from vasotone.errors import shorten
from vasotone.facts import Facts
from vasotone.readings import Caution, Reading, judge, written
from vasotone.table import Observation, Table

WEIGHT = "weight"
MOST_LISTED = 20  # unknown words that are named one by one
_soft: dict[str, tuple[str, ...]] = {}


def soft_names(facts: Facts) -> tuple[str, ...]:
    """The flags that count as false where a condition opens a rule and nothing was recorded."""
    if facts.digest not in _soft:
        _soft[facts.digest] = tuple(name for name, variable in facts.variables.items() if variable.soft)
    return _soft[facts.digest]


def checked_weight(
    readings: dict[str, Reading],
    rows: tuple[Observation, ...],
    facts: Facts,
    at: datetime | None,
    cautions: list[Caution],
) -> Fraction | None:
    """The weight in kg, or None where another row is to it as pounds are to kilograms."""
    reading, ratio = readings[WEIGHT], facts.limits[WEIGHT]["pound_ratio"]
    weight = reading.value
    for row in {(row.value, row.unit, row.at): row for row in rows}.values():
        other = judge(row, facts.variables[WEIGHT], at, None)[0]
        if isinstance(other, Fraction) and isinstance(weight, Fraction) and other and weight:
            if ratio["low"] <= float(max(other, weight) / min(other, weight)) <= ratio["high"]:
                both = [written(row, facts.variables[WEIGHT]), reading.seen]
                text = f"Two weights, {both[0]} and {both[1]}, differ as pounds from kilograms do. Neither is used."
                cautions.append(("flag-contradiction", WEIGHT, text, {"seen": both}))
                readings[WEIGHT] = reading._replace(value=None, quality="contradictory", seen=" and ".join(both))
                return None
    return weight if isinstance(weight, Fraction) else None


def past_limits(facts: Facts, readings: dict[str, Reading], cautions: list[Caution]) -> None:
    """Warn of a running dose above its drug's hard limit: a unit, a decimal or a weight is likelier wrong."""
    for drug, limits in facts.limits.items():
        reading, limit = readings.get(drug), limits.get("hard_high")
        if reading is None or limit is None or not isinstance(reading.value, Fraction):
            continue
        # Where the form is not known, the heaviest one speaks most for the dose.
        forms = facts.drugs[drug].get("forms", {}) if reading.quality == "basis-unknown" else {}
        heaviest = max((form["value"] for form in forms.values()), default=1)
        if limit["unit"] == reading.unit and reading.value > limit["value"] * heaviest:
            text = f"{reading.seen} of {drug} is above its hard limit of {limit['value']} {limit['unit']}. Check it."
            cautions.append(("above-limit", drug, text, {"seen": reading.seen, "limit": limit["value"]}))


def named_in(text: str) -> set[str]:
    """A drug as it was written, and each word of it, so that a dose beside the name hides nothing."""
    return {spelled(text), *(spelled(part) for part in text.replace(",", " ").split())}


def unknown_words(table: Table, facts: Facts, cautions: list[Caution]) -> None:
    """Warn of drugs and of formulary entries that mean nothing here: they were not judged."""
    if not table.drugs and not table.formulary:
        return
    known = {word for variable in facts.variables.values() for word in variable.record.get("drugs", ())}
    strange = list(dict.fromkeys(drug for drug in table.drugs or () if not named_in(drug) & known))
    if strange:
        strange = few(strange)
        text = f"Not known here, so not judged for interactions: {', '.join(strange)}."
        cautions.append(("unknown-drug", "drugs", text, {"seen": strange}))
    stocked = {variable.record.get("formulary") for variable in facts.variables.values()} | set(facts.drugs)
    strange = [drug for drug in table.formulary if drug not in stocked]
    if strange:
        strange = few(strange)
        text = f"Not known here, so the formulary entry is not used: {', '.join(strange)}."
        cautions.append(("unknown-drug", "formulary", text, {"seen": strange}))


def few(words: list[str]) -> list[str]:
    """The first of some words, shortened, and how many more there are."""
    more = len(words) - MOST_LISTED
    first = [shorten(word) for word in words[:MOST_LISTED]]
    return [*first, f"{more} more"] if more > 0 else first


def spelled(word: str) -> str:
    """A recorded word in the spelling of the data: lower case, hyphens."""
    return word.strip().lower().replace("_", "-").replace(" ", "-")


def apply_consistency(
    facts: Facts, readings: dict[str, Reading], row: dict[str, Any], cautions: list[Caution], *, before: bool
) -> None:
    """Judge the consistency rules: those that make readings unknown run before anything is derived."""
    judged = {**row, **{name: False for name in soft_names(facts) if row.get(name) is None}}
    for rule in facts.consistency:
        if bool(rule["doubt"]) is not before:
            continue
        if lang.evaluate(rule["node"], {**judged, **of_their_moment(rule, readings)}, {}) is not True:
            continue
        if not comparable(rule, readings):
            continue
        seen = {name: shown(readings, row, name) for name in rule["names"]}
        cautions.append((rule["code"], rule["names"][0], rule["text"], seen))
        for name in rule["doubt"]:
            row[name] = None
            if name in readings and readings[name].value is not None:
                readings[name] = readings[name]._replace(value=None, quality="contradictory")


def of_their_moment(rule: dict[str, Any], readings: dict[str, Reading]) -> dict[str, Any]:
    """Values that grew too old beside one that has not, so that a contradiction does not end because time passes."""
    named = [(name, readings[name]) for name in rule["names"] if name in readings]
    if not rule["doubt"] or "within" not in rule or all(reading.value is None for _, reading in named):
        return {}
    return {name: float(reading.was) for name, reading in named if isinstance(reading.was, Fraction)}


def comparable(rule: dict[str, Any], readings: dict[str, Reading]) -> bool:
    """Whether a rule's readings speak of one moment and were taken one way, as far as the rule asks for that."""
    taken = [readings[name] for name in rule["names"] if name in readings]
    times = [reading.at for reading in taken if reading.at is not None]
    within = rule.get("within")
    if within and times and (max(times) - min(times)).total_seconds() > within["value"] * 60:
        return False
    return not rule.get("one_method") or len({reading.method for reading in taken if reading.method}) <= 1


def shown(readings: dict[str, Reading], row: dict[str, Any], name: str) -> Any:
    """A value as a warning shows it."""
    return readings[name].seen if name in readings else row.get(name)
