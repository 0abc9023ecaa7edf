"""Why two numbers may differ by a factor: the slips that are known from published errors."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from vasotone import units
from vasotone.lint_mentions import DOSES, Mention
from vasotone.lint_reckon import Outcome
from vasotone.lint_record import shown, times

_CLOSE = Fraction(1, 16)  # how near a ratio must be to a slip's factor
_HOUR, _DAY = units.unit("h").factor / units.unit("min").factor, units.unit("d").factor / units.unit("h").factor
_POUND = units.unit("kg").factor / units.unit("[lb_av]").factor
_THOUSAND = units.unit("mg").factor / units.unit("ug").factor
WORDS = {
    "salt": "base and salt may be mixed up",
    "decimal": "a decimal point may have slipped",
    "hour-minute": "per hour and per minute may be mixed up",
    "day-hour": "per day and per hour may be mixed up",
    "weight": "per kilogram and absolute may be mixed up",
    "milli-micro": "milli and micro may be mixed up",
    "pound-kilogram": "pounds and kilograms may be mixed up",
    "concentration": "another concentration may be meant",
}


def slips(weight: Fraction | None, factors: Iterable[Fraction]) -> list[tuple[Fraction, str]]:
    """Every known slip as the factor that it makes, simple ones first."""
    salts = [(factor, "salt") for factor in factors if factor != 1]
    simple = [(Fraction(10), "decimal"), (_HOUR, "hour-minute"), (_THOUSAND, "milli-micro"), (_DAY, "day-hour"),
              (Fraction(100), "decimal"), (_THOUSAND**2, "milli-micro"), (_POUND, "pound-kilogram"),
              (_HOUR**2, "hour-minute")]  # fmt: skip
    heavy = [(weight, "weight")] if weight is not None and weight > 1 else []
    both = [
        (one[0] * two[0], f"{one[1]}+{two[1]}")
        for one in [*heavy, simple[1]]
        for two in [simple[1], simple[2], simple[0]]
        if one != two
    ]
    return [
        *heavy,
        *simple[:3],
        *salts,
        *simple[3:],
        *both,
        *[(a / b, f"{x}+{y}") for a, x in heavy for b, y in simple[:3]],
    ]


def nearest(ratio: Fraction, known: Iterable[tuple[Fraction, str]]) -> str:
    """The first slip whose factor is close to a ratio, or empty."""
    size = max(ratio, 1 / ratio)
    for factor, name in known:
        if factor > 1 and abs(size / factor - 1) <= _CLOSE:
            return name
    return ""


def cause(outcome: Outcome, one: Mention, two: Mention, factors: Iterable[Fraction]) -> str:
    """The likely slip behind a pair that does not agree."""
    per_kg = one.unit.per_kg != two.unit.per_kg
    salts = list(factors)
    known = slips(outcome.setting.weight if per_kg else None, salts)
    both = "weight" in (one.kind, two.kind)
    if both:
        known.sort(key=lambda pair: pair[1] != "pound-kilogram")
        known.insert(0, (_POUND**2, "pound-kilogram"))
    times_differ = {dict(m.unit.dimension).get("time") and m.unit.text.rsplit("/", 1)[-1] for m in (one, two)}
    if len(times_differ) > 1:  # where hours and minutes meet, sixty is the likelier reading than a weight of sixty
        known.sort(key=lambda pair: pair[1] != "hour-minute")
    found = nearest(outcome.ratio, known)
    strengths = outcome.setting.strength is not None or {one.kind, two.kind} == {"strength"}
    return found or ("concentration" if strengths else "")


def _exact(value: Fraction, mention: Mention) -> str:
    unit = mention.unit.text if mention.kind != "weight" else mention.unit.text.replace("[lb_av]", "lb")
    return f"{shown(value)} {unit}"


def _formed(text: str, form: str) -> str:
    return f"{text} {form}" if form else text


def _source(one: Mention, outcome: Outcome) -> str:
    """The first side as it is written, or reckoned down to the number that matters."""
    if one.style in ("dilution", "ratio", "percent", "every", "over", "drawn"):
        return " ".join(one.text.split())
    return _exact(outcome.given, one)


def arithmetic(outcome: Outcome, one: Mention, two: Mention) -> str:
    """The reckoning in words, from the first side to what the second should be."""
    setting, steps = outcome.setting, []
    lead = _formed(_source(one, outcome), setting.forms[0])
    mix = setting.strength_mention
    if mix is not None and setting.strength is not None:
        numerator = setting.strength_unit.split("/")[0]
        unit = "ug/mL" if units.unit(numerator).dimension == (("mass", 1),) else "U/mL"
        strength = f"{shown(units.convert(setting.strength.value, setting.strength_unit, unit))} {unit}"
        said = " ".join(mix.text.split())
        if mix.style != "plain":
            steps.append(f"{said} is {strength}")
        if one.kind == "flow":
            lead += " of it" if mix.style != "plain" else f" of {strength}"
    if setting.weight is not None:
        lead += f" at {shown(setting.weight)} kg"
    derived = _formed(_exact(outcome.derived, two), setting.forms[1])
    same = lead == derived
    steps.append(f"{lead} is not {_exact(outcome.printed, two)}: {times(outcome.ratio)}" if same else
                 f"{lead} is {derived}, not {_exact(outcome.printed, two)}: {times(outcome.ratio)}")  # fmt: skip
    return "; ".join(steps)


def fitting(outcome: Outcome, one: Mention, two: Mention) -> str:
    """What strength would make the numbers fit, where a strength was used."""
    if outcome.setting.strength is None or {one.kind, two.kind} & {"flow", "volume"} == set():
        return ""
    value = outcome.setting.strength.value
    fits = value * outcome.ratio if one.kind in ("flow", "volume") else value / outcome.ratio
    unit = outcome.setting.strength_unit
    if units.unit(unit).dimension == (("mass", 1), ("volume", -1)):
        fits, unit = units.convert(fits, unit, "ug/mL"), "ug/mL"
    return f"the numbers would fit {shown(fits)} {unit}"


def implied(
    one: Mention, two: Mention, low: Fraction, high: Fraction
) -> tuple[Fraction, Fraction, list[Fraction]] | None:
    """The weights that a dose per kilogram and an absolute one imply, as an interval all allow, or None.

    Returns the least and greatest weight in kg that the printed digits of the pair that fits worst allow, and the
    weight of every pair.
    """
    per_kg, whole = (one, two) if one.kind == "dose-per-kg" else (two, one)
    if {one.kind, two.kind} != set(DOSES) or len(one.values) != len(two.values):
        return None
    scale = units.convert(Fraction(1), whole.unit, per_kg.unit, weight_kg=Fraction(1))
    worst: tuple[Fraction, Fraction] | None = None
    weights = []
    for small, large in zip(per_kg.values, whole.values, strict=True):
        if small.value <= small.half or large.value <= 0:
            continue
        least = (large.value - large.half) * scale / (small.value + small.half)
        most = (large.value + large.half) * scale / (small.value - small.half)
        weights.append(large.value * scale / small.value)
        if worst is None or most < low or least > high:
            worst = (least, most)
    return (*worst, weights) if worst is not None else None
