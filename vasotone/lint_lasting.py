"""How long a supply lasts, and what a rate comes to over a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.lint_claims import is_told
from vasotone.lint_mentions import DOSES, Mention, Value, about
from vasotone.lint_numbers import numbers, printed, rounding_reach
from vasotone.lint_record import ERROR, Finding, shown, times

_UNIT = re.compile(r"[ -]?(?P<unit>hours?|hrs?|h|minutes?|mins?|min|days?|d|weeks?)\b(?!/)(?! ?-1)", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?:over|in|for|during) (?:an?|one|the) (?:whole |full )?(?P<unit>day|hour|week)\b", re.IGNORECASE
)
_OVER = re.compile(r"\b(?:over|during|within)[ ~]\Z", re.IGNORECASE)
_SO = re.compile(r"(?:=|:|\u2192|->|\bso|\btakes|\bis) (?:about |roughly )?\Z", re.IGNORECASE)
HOW_LONG = re.compile(r"\bhow (?:long|many (?:hours|minutes|days))\b", re.IGNORECASE)
REPLY = 60  # how far behind the question its answer is looked for
_NAMES = {"h": "h", "m": "min", "d": "d", "w": "wk"}
_REPEATED = re.compile(
    r"(?:\b(?:every|each|q|per|within|the last|past|day|after the first|the first)|/) ?\Z", re.IGNORECASE
)
_LASTS = re.compile(
    r"\b(?:last(?:s|ed|ing)?|empt(?:y|ies|ied)|runs? (?:out|dry|for)|enough|good for|suffic\w*|covers?|gone|finish\w*"
    r"|used up|holds? for|will do|keeps? (?:us )?going|through in|over in|infuses? (?:in|over)|is over after)\b",
    re.IGNORECASE,
)
_COMES_TO = re.compile(
    r"=|\b(?:equals?|total\w*|in all|altogether|uses?|used|using|needs?|consum\w*|amounts? to|comes? to|makes?|is|are"
    r"|delivers|gets|receives|requires?|gives|adds? up|sums?|cumulative|worth|means?|takes?|goes through)\b|\(",
    re.IGNORECASE,
)
_MIXED = re.compile(
    r"\b(?:then|bolus\w*|load\w*|titrat\w*|increas\w*|rais\w*|lower\w*|wean\w*"
    r"|(?<!without )(?<!without a )taper\w*|repeat\w*|push\w*|followed"
    r"|plus|steps?|instead|from|until|half|first dose|every)\b",
    re.IGNORECASE,
)
_SINGLE_PIECE = re.compile(
    r"[ -](?:\(?[A-Za-z]+\)? ){0,2}?(?:vials?|ampoules?|amps?)\b|\b(?:vials?|amps?) of \Z", re.IGNORECASE
)
_ABOUT = Fraction(1, 10)
_MOST = 7


class Spell(NamedTuple):
    """A length of time in a text, in hours; `value` and `half` as printed are in `unit`."""

    start: int
    end: int
    hours: Fraction
    reach: Fraction
    unit: str


def spells(words: str, start: int) -> list[Spell]:
    """The lengths of time that stand in some words; intervals between doses are none."""
    found = []
    for spot in numbers(words):
        unit = _UNIT.match(words, spot.end)
        if unit is None or _REPEATED.search(words, 0, spot.start):
            continue
        number = printed(spot)
        name = _NAMES[unit.group("unit")[0].lower()]
        scale = units.convert(Fraction(1), name, "h")
        reach = max(number.half, rounding_reach(number.value, number.half) / 2)
        if about(words, spot.start):
            reach = max(reach, number.value * _ABOUT)
        found.append(Spell(start + spot.start, start + unit.end(), number.value * scale, reach * scale, name))
    for whole in _ONE.finditer(words):
        scale = units.convert(Fraction(1), _NAMES[whole.group("unit")[0].lower()], "h")
        found.append(Spell(start + whole.start(), start + whole.end(), scale, Fraction(0), "h"))
    return found


def findings(
    mentions: list[Mention],
    stock: list[Mention],
    words: str,
    start: int,
    weights: list[Mention],
    strengths: list[Mention],
) -> Iterator[Finding]:
    """What does not hold in one sentence about a supply, a rate and a time."""
    if len(mentions) > _MOST or is_told(words) or any(len(one.values) != 1 for one in mentions):
        return
    rates = [one for one in mentions if one.kind in (*DOSES, "flow") and one.style != "over"]
    if not rates:
        return
    lengths = [one for one in spells(words, start) if not _inside(one, mentions)]
    if len(lengths) != 1:
        return
    kilos = [units.convert(value.value, one.unit, "kg") for one in weights for value in one.values]
    per_ml = [one for one in [*strengths, *stock] if len(one.values) == 1]
    lasts = bool(_LASTS.search(words) or HOW_LONG.search(words))
    at = lengths[0].start - start
    lasts = lasts or _only_a_bag(mentions) and _SO.search(words, max(0, at - 20), at) is not None
    if lasts or _all_over(mentions) and _OVER.search(words, max(0, at - 10), at):
        yield from _lasting(mentions, rates, lengths[0], kilos, per_ml)
    elif not _MIXED.search(words) and len({one.kind for one in rates}) == len(rates):
        yield from _total(mentions, rates, lengths[0], kilos, per_ml, words, start)


def _all_over(mentions: list[Mention]) -> bool:
    """Whether one dilution and one flow stand there, as in "200 mg in 100 mL over 24 h, 4.2 mL/h"."""
    kinds = [one.kind for one in mentions]
    mixed = any(one.style == "dilution" for one in mentions)
    return mixed and kinds.count("flow") == 1 and not {"dose", "dose-per-kg", "amount", "volume"} & set(kinds)


def _only_a_bag(mentions: list[Mention]) -> bool:
    """Whether one volume and one flow stand there and no dose: what follows is how long."""
    kinds = [one.kind for one in mentions]
    return kinds.count("flow") == kinds.count("volume") == 1 and not set(DOSES) & set(kinds)


def _inside(spell: Spell, mentions: list[Mention]) -> bool:
    return any(one.start < spell.end and spell.start < one.end for one in mentions)


def _supplies(mentions: list[Mention]) -> list[tuple[Fraction, str, Mention]]:
    """What there is to use up: amounts and volumes, also those of a dilution, with their units."""
    found = []
    for one in mentions:
        if one.kind in ("amount", "volume") and one.style in ("plain", "drawn"):
            found.append((one.values[0].value, one.unit.text, one))
        elif one.style == "dilution" and len(one.numbers) == 2 and one.values[0].value > 0:
            found.append((one.numbers[0].value, one.unit.text.split("/")[0], one))
            found.append((one.numbers[0].value / one.values[0].value, "mL", one))
    return found


def _per_hour(rate: Mention, want: str, kilos: list[Fraction], per_ml: list[Mention]) -> Iterator[Fraction]:
    """A rate in a unit of supply per hour, by every weight and strength that the sentence offers."""
    value = rate.values[0].value
    each: list[Fraction | None] = list(kilos) or [None]
    for weight in each:
        try:
            yield units.convert(value, rate.unit, f"{want}/h", weight_kg=weight)
        except UnitError:
            for mix in (one for one in per_ml if one.values[0].value > 0):
                head = mix.unit.text.split("/")[0]
                strength = units.convert(mix.values[0].value, mix.unit, f"{head}/mL")
                try:
                    if rate.kind == "flow":
                        flow = units.convert(value, rate.unit, "mL/h")
                        yield units.convert(flow * strength, f"{head}/h", f"{want}/h")
                    elif want == "mL":
                        yield units.convert(value, rate.unit, f"{head}/h", weight_kg=weight) / strength
                except UnitError:
                    continue


def _lasting(
    mentions: list[Mention], rates: list[Mention], spell: Spell, kilos: list[Fraction], per_ml: list[Mention]
) -> Iterator[Finding]:
    """A supply at a rate lasts as long as it says."""
    outcomes = [
        (amount / hourly, one, rate, f"{shown(amount)} {unit}")
        for amount, unit, one in _supplies(mentions)
        for rate in rates
        for hourly in _per_hour(rate, "mL" if unit in ("mL", "L") else unit, kilos, per_ml)
        if hourly > 0
        for amount in [units.convert(amount, unit, "mL") if unit in ("mL", "L") else amount]
    ]
    if not outcomes or any(abs(hours - spell.hours) <= spell.reach for hours, *_ in outcomes):
        return
    hours, one, rate, supply = outcomes[0]
    yield _finding(one, rate, spell, hours / spell.hours if spell.hours else Fraction(1),
                   f"{supply} at {shown(rate.values[0].value)} {rate.unit.text} lasts {shown(hours)} h, "
                   f"not {shown(spell.hours)} h")  # fmt: skip


def _total(
    mentions: list[Mention],
    rates: list[Mention],
    spell: Spell,
    kilos: list[Fraction],
    per_ml: list[Mention],
    words: str,
    start: int,
) -> Iterator[Finding]:
    """A rate over a time comes to as much as it says."""
    totals = [
        one
        for one in mentions
        if one.kind in ("amount", "volume") and one.style == "plain" and not _is_piece(one, words, start)
    ]
    if len(totals) != 1:
        return
    total = totals[0]
    told = Value(total.values[0].value, total.values[0].half)
    outcomes = [
        (hourly * spell.hours, rate)
        for rate in rates
        for hourly in _per_hour(rate, total.unit.text, kilos, per_ml)
        if hourly > 0 and spell.hours > 0
    ]
    reach = max(told.half, told.value * _ABOUT if total.about else rounding_reach(told.value, told.half) / 2)
    spare = spell.reach / spell.hours if outcomes and spell.unit != "d" else Fraction(0)
    if not outcomes or told.value <= 0:
        return
    if any(abs(made - told.value) <= max(reach, made * min(spare, _ABOUT / 2)) for made, _ in outcomes):
        return
    made, rate = outcomes[0]
    ends = sorted([(total.start, total.end), (rate.start, rate.end), (spell.start, spell.end)])
    if not _COMES_TO.search(words, ends[0][1] - start, ends[2][0] - start):
        return
    yield _finding(total, rate, spell, made / told.value,
                   f"{shown(rate.values[0].value)} {rate.unit.text} for {shown(spell.hours)} h is {shown(made)} "
                   f"{total.unit.text}, not {shown(told.value)} {total.unit.text}")  # fmt: skip


def _is_piece(one: Mention, words: str, start: int) -> bool:
    """Whether an amount is only the size of a vial."""
    return bool(_SINGLE_PIECE.match(words, one.end - start) or _SINGLE_PIECE.search(words, 0, one.start - start))


def _finding(one: Mention, rate: Mention, spell: Spell, ratio: Fraction, words: str) -> Finding:
    first = min(one.start, rate.start, spell.start)
    last = max(one.end, rate.end, spell.end)
    size = max(ratio, 1 / ratio) if ratio else Fraction(1)
    return Finding("does-not-agree", ERROR, first, last, 0, "", f"the amount, the rate and the time do not agree: "
                   f"{times(size)}", words, size, "")  # fmt: skip
