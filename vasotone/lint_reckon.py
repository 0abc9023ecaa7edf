"""Whether two quantities that claim to be equal are: reckoned exactly, judged by what is printed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.lint_mentions import DOSES, Mention, Value
from vasotone.lint_numbers import rounding_reach

_ABOUT = Fraction(1, 10)  # what "about" allows
_NEVER = Fraction(3, 2)  # no rounding explains a factor of this size, however coarse the digits
_MOST_CONTEXTS = 4
HELD = ("amount", "amount-per-kg")


@lru_cache(1000)
def _scale(source: str, target: str, weight: Fraction | None) -> Fraction | None:
    """The factor from one unit to another, or None where they do not convert: the pairs of a text are few."""
    try:
        return units.convert(Fraction(1), source, target, weight_kg=weight)
    except UnitError:
        return None


def converted(value: Fraction, source: str, target: str, weight: Fraction | None = None) -> Fraction:
    """A value in another unit. UnitError where the two do not convert."""
    scale = _scale(source, target, weight)
    if scale is None:
        raise UnitError("these units do not convert", where=f"{source} to {target}", fix="check the unit")
    return value * scale


class Setting(NamedTuple):
    """What a reckoning rests on besides the two quantities."""

    weight: Fraction | None = None
    strength: Value | None = None
    strength_unit: str = ""
    strength_mention: Mention | None = None
    forms: tuple[str, str] = ("", "")
    form_factor: Fraction = Fraction(1)


class Outcome(NamedTuple):
    """One pair reckoned: the first quantity in the second's unit, beside what is printed there."""

    agrees: bool
    ratio: Fraction
    given: Fraction
    derived: Fraction
    printed: Fraction
    setting: Setting


def _per_ml(setting: Setting) -> tuple[Fraction, str]:
    if setting.strength is None:
        raise UnitError("a strength is needed", where="text")
    numerator = setting.strength_unit.split("/")[0]
    return converted(setting.strength.value, setting.strength_unit, f"{numerator}/mL"), numerator


def derive(value: Fraction, one: Mention, two: Mention, setting: Setting) -> Fraction:
    """A quantity of the first mention's unit in the second's; UnitError where weight or strength is missing."""
    source = one.unit.text
    if one.kind == "flow" and two.kind in DOSES:
        per_ml, numerator = _per_ml(setting)
        value, source = converted(value, source, "mL/h") * per_ml, f"{numerator}/h"
    elif one.kind == "volume" and two.kind in HELD:
        per_ml, numerator = _per_ml(setting)
        value, source = converted(value, source, "mL") * per_ml, numerator
    elif one.kind in DOSES and two.kind == "flow":
        per_ml, numerator = _per_ml(setting)
        value = converted(value, source, f"{numerator}/h", setting.weight) / per_ml
        source = "mL/h"
    elif one.kind in HELD and two.kind == "volume":
        per_ml, numerator = _per_ml(setting)
        value, source = converted(value, source, numerator, setting.weight) / per_ml, "mL"
    return converted(value, source, two.unit.text, setting.weight) * setting.form_factor


def _agrees(given: Value, derived: Fraction, told: Value, rounded: tuple[bool, bool], in_order: bool) -> bool:
    """Whether a derived value is the printed one, as far as the last digits go.

    What is printed later was reckoned from the other: its last digit may hide more than the tenth that the
    first one's may.
    """
    if derived <= 0 or told.value <= 0 or given.value <= 0:
        return derived == told.value
    ratio = derived / told.value
    size = max(ratio, 1 / ratio)
    if size == 1:
        return True
    if any(rounded) and size <= 1 + _ABOUT and _may_round(given, derived, told, rounded):
        return True
    by_told = abs(derived - told.value) <= told.half
    by_given = abs(given.value / ratio - given.value) <= given.half
    later, first = (by_told, by_given) if in_order else (by_given, by_told)
    return (later and size < _NEVER) or (first and size <= 1 + _ABOUT)


def _may_round(given: Value, derived: Fraction, told: Value, rounded: tuple[bool, bool]) -> bool:
    """Whether "about" explains a gap: it says that a digit is not exact, not that more digits than shown are off."""
    gap = abs(derived - told.value)
    back = abs(given.value * told.value / derived - given.value)
    if not told.half or not given.half:
        return True  # reckoned from several figures
    by_given = rounded[0] and back <= rounding_reach(given.value, given.half)
    return by_given or rounded[1] and gap <= rounding_reach(told.value, told.half)


def _pairs(one: Mention, two: Mention) -> list[tuple[int, int]]:
    """Which number of the one stands beside which of the other."""
    if len(one.values) == len(two.values):
        return [(place, place) for place in range(len(one.values))]
    return [(len(one.values) - 1, len(two.values) - 1)]


def _within(one: Mention, two: Mention, setting: Setting) -> bool:
    """Whether a single value lies in the range that the other gives."""
    wide, single, back = (one, two, False) if len(one.values) > 1 else (two, one, True)
    if wide.shape not in ("range", "list") or len(single.values) != 1:
        return False
    if back:
        setting = setting._replace(form_factor=1 / setting.form_factor)
    ends = [derive(value.value, wide, single, setting) for value in (wide.values[0], wide.values[-1])]
    slack = single.values[0].half
    if wide.shape == "list":
        return any(abs(derive(v.value, wide, single, setting) - single.values[0].value) <= slack for v in wide.values)
    return min(ends) - slack <= single.values[0].value <= max(ends) + slack


def _with(one: Mention, two: Mention, settings: tuple[Setting, ...]) -> Outcome:
    """One reading of a pair: the setting of each number, and the worst of the results."""
    rounded = (one.about, two.about)
    worst: Outcome | None = None
    if len(settings) > 1:
        places = [(min(n, len(one.values) - 1), min(n, len(two.values) - 1)) for n in range(len(settings))]
    else:
        places = _pairs(one, two)
    if len(settings) == 1 and len(one.values) != len(two.values) and _within(one, two, settings[0]):
        value = one.values[-1].value
        return Outcome(True, Fraction(1), value, value, two.values[-1].value, settings[0])
    for number, (i, j) in enumerate(places):
        setting = settings[number if len(settings) > 1 else 0]
        derived = derive(one.values[i].value, one, two, setting)
        told = two.values[j]
        ratio = told.value / derived if derived > 0 and told.value > 0 else Fraction(1)
        agrees = _agrees(one.values[i], derived, told, rounded, one.start < two.start)
        outcome = Outcome(agrees, ratio, one.values[i].value, derived, told.value, setting)
        size = max(ratio, 1 / ratio)
        if worst is None or (not outcome.agrees, size) > (not worst.agrees, max(worst.ratio, 1 / worst.ratio)):
            worst = outcome
    assert worst is not None
    return worst


def _readings(
    one: Mention,
    two: Mention,
    weights: list[Mention],
    strengths: list[Mention],
    factors: list[tuple[str, str, Fraction]],
) -> Iterator[tuple[Setting, ...]]:
    """Every reading of the sentence, the likeliest first: each weight, each strength, each possible form."""
    later = max(one, two, key=lambda mention: mention.start)

    def near(mentions: list[Mention]) -> list[Mention]:
        def apart(found: Mention) -> int:
            return min(abs(found.start - later.end), abs(later.start - found.end))

        if len(mentions) > 2 * _MOST_CONTEXTS:  # they stand in order: the nearest are around the place
            place = bisect_left(mentions, later.start, key=lambda found: found.start)
            mentions = mentions[max(0, place - _MOST_CONTEXTS) : place + _MOST_CONTEXTS]
        return sorted(mentions, key=apart)[:_MOST_CONTEXTS]

    def kilograms(found: Mention) -> list[Fraction]:
        return [converted(value.value, found.unit.text, "kg") for value in found.values if value.value > 0]

    heavy: list[list[Fraction | None]] = [list(kilograms(found)) for found in near(weights)]
    sizes = {len(one.values), len(two.values)}
    # "6-10 ug/min at 60-100 kg" of one dose goes end by end
    heavy += [[value] for many in list(heavy) if len(many) > 1 and sizes != {1, len(many)} for value in many]
    strong: list[list[tuple[Value, Mention] | None]] = [
        [(value, found) for value in found.values if value.value > 0] for found in near(strengths)
    ]
    strong += [[value] for many in list(strong) if len(many) > 1 for value in many]
    no_weight: list[Fraction | None] = [None]
    no_strength: list[tuple[Value, Mention] | None] = [None]
    ways = product(heavy or [no_weight], strong or [no_strength], factors)
    for kilos, mixes, (form_one, form_two, factor) in ways:
        size = max(len(kilos), len(mixes))
        if not kilos or not mixes or size % len(kilos) or size % len(mixes):
            continue
        if size > 1 and size not in (len(one.values), len(two.values)):
            continue
        kilos, mixes = kilos * (size // len(kilos)), mixes * (size // len(mixes))
        yield tuple(
            Setting(kilo, mix[0] if mix else None, mix[1].unit.text if mix else "", mix[1] if mix else None,
                    (form_one, form_two), factor)
            for kilo, mix in zip(kilos, mixes, strict=True)
        )  # fmt: skip


def reckon(
    one: Mention,
    two: Mention,
    weights: list[Mention],
    strengths: list[Mention],
    factors: list[tuple[str, str, Fraction]],
) -> Outcome | None:
    """The pair under the first reading that agrees, else the likeliest one; None where it cannot be reckoned."""
    first: Outcome | None = None
    for settings in _readings(one, two, weights, strengths, factors):
        try:
            outcome = _with(one, two, settings)
        except UnitError:
            continue
        if outcome.agrees:
            return outcome
        first = first or outcome
    return first
