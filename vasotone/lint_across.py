"""Findings across sentences: ranges that contradict each other, strengths that are not multiples, slow clocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.lint_mentions import DOSES, Mention
from vasotone.lint_pairs import ground
from vasotone.lint_record import ERROR, Finding, shown, times

Row = tuple[int, list[Mention], str, int]  # block, mentions, words of the segment, where it starts

_PARAMETERS = (
    (
        "largest dose",
        re.compile(
            r"\b(?:maxim\w+|max|ceiling|at most|up to|highest|no more than|upper limit|not exceed)\b", re.IGNORECASE
        ),
    ),
    ("starting dose", re.compile(r"\b(?:start\w*|initial\w*|begin\w*|initiat\w*|commenc\w*)\b", re.IGNORECASE)),
    (
        "range",
        re.compile(
            r"\b(?:ranges?|usual\w*|typical\w*|titrat\w*|dose is|doses are|dosed? (?:at|of)|dosing)\b", re.IGNORECASE
        ),
    ),
)
_SETTINGS = re.compile(
    r"\b(?:label\w*|package|guideline\w*|trial\w*|study|studies|practice|refractory|peripheral\w*|child\w*"
    r"|paediatric|pediatric"
    r"|neonat\w*|cirrhosis|hepatorenal|cardiogenic|anaphyla\w*|arrest|salvage|cardiotomy|surg\w+|maintenance"
    r"|wean\w*|anaesthe\w*"
    r"|older|old|new|edition|site|local|high|low|loading|bolus|first hours|20[0-3][0-9]|neurogenic|elderly|some"
    r"|others?|rescue"
    r"|severe|steps?|increments?|standard|alternativ\w*|table|renal|soft|hard|above|below|pregnan\w*|cardiac"
    r"|heart|stress)\b",
    re.IGNORECASE,
)
# What a figure is for, from the words beside it: two of these are two figures.
_PURPOSE = re.compile(
    r"\b(?:septic|sepsis|anaphyla\w*|cardiogenic|arrest|neurogenic|hepatorenal|varic\w*|bleed\w*|bradycard\w*|asthma"
    r"|croup|an(?:a)?esthe\w*|spinal|vasoplegi\w*|insipidus|child\w*|neonat\w*|adults?|soft|hard|old|new|first|second"
    r"|peripheral|central|transport|theatre|ward)\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"\b(?:by|steps?|increments?|chang\w+|every|each)\b", re.IGNORECASE)
_APART = Fraction(2)
_REACH = 70
_BREAK = re.compile(r"[;:.]|, (?:and|then|with)\b")
_MOST_COMPARED = 40

_STRENGTH = re.compile(
    r"\b(?P<word>quarter|half|single|standard|normal|double|triple|quadruple|quad)[ -](?:strength|concentration"
    r"|bag|mixture|solution|dilution|syringe)",
    re.IGNORECASE,
)
_FOLD = {
    "quarter": Fraction(1, 4), "half": Fraction(1, 2), "single": Fraction(1), "standard": Fraction(1),
    "normal": Fraction(1), "double": Fraction(2), "triple": Fraction(3), "quadruple": Fraction(4),
    "quad": Fraction(4),
}  # fmt: skip

_COUNTS = {word: count for count, word in enumerate("one two three four five six seven eight".split(), 1)} | {
    "twelve": 12
}
_COUNT = rf"[0-9]{{1,3}}|{'|'.join(_COUNTS)}"
_EVERY = re.compile(
    rf"\b(?:every|each)[ ](?P<n>{_COUNT})(?:[ ]?(?:-|\u2013|to)[ ]?[0-9]{{1,3}})?[ -]?(?P<t>min(?:ute)?s?"
    rf"|h(?:ou)?rs?|h|days?)\b"
    rf"|\b(?P<m>{_COUNT})[- ]?(?:hourly|hour intervals?|h intervals?)\b|\bq ?(?P<q>[0-9]{{1,2}}) ?h\b",
    re.IGNORECASE,
)
_RAISED = re.compile(
    r"\b(?:increas\w*|titrat\w*|rais\w*|up-?titrat\w*|uptitrat\w*|escalat\w*|adjust\w*|step\w*|go(?:es"
    r"|ing)? up|climb\w*|up by|add(?:ing|ed)? (?=[0-9]))\b",
    re.IGNORECASE,
)
_LOWERED = re.compile(r"\b(?:wean\w*|decreas\w*|reduc\w*|taper\w*|lower\w*|down)\b", re.IGNORECASE)
_SHOCK = re.compile(r"\b(?:septic|sepsis|shock|hypotens\w*)\b", re.IGNORECASE)
_OTHER_ILLNESS = re.compile(r"\b(?:hepatorenal|HRS|cirrhosis|terlipressin|weaning)\b", re.IGNORECASE)
_SLOW = 10  # how many times the slowest known interval a clock must be, to be another drug's or disease's


def findings(rows: list[Row], facts: Any) -> Iterator[Finding]:
    """What sentences say against one another, and against how fast a drug acts."""
    yield from _contradictions(rows, facts)
    yield from _strengths(rows)
    yield from _clocks(rows, facts)


def _parameter(one: Mention, words: str, at: int, last_end: int) -> str:
    """Which figure of a drug a dose is given as, from the words between the quantity before it and itself."""
    lead = words[max(0, last_end - at, one.start - at - _REACH) : one.start - at]
    lead = _BREAK.split(lead)[-1]
    if _STEP.search(lead):
        return ""
    for name, pattern in _PARAMETERS:
        if pattern.search(lead):
            return name
    return ""


def _purpose(mentions: list[Mention], place: int, words: str, at: int) -> frozenset[str]:
    """What one dose of a sentence is for, from the words before it, else from those behind it."""
    one = mentions[place]
    since = mentions[place - 1].end - at if place else 0
    until = mentions[place + 1].start - at if place + 1 < len(mentions) else len(words)
    sides = (words[since : one.start - at], words[one.end - at : min(until, one.end - at + _REACH)])
    found = (frozenset(hit.group().lower() for hit in _PURPOSE.finditer(side)) for side in sides)
    return next((purpose for purpose in found if purpose), frozenset())


def _contradictions(rows: list[Row], facts: Any) -> Iterator[Finding]:
    """The same figure of one drug, in the same setting, with numbers at least twice apart."""
    stated: dict[tuple[str, str, str, frozenset[str]], list[tuple[Mention, frozenset[str]]]] = {}
    weighed: dict[tuple[str, str, frozenset[str]], Mention] = {}
    weights = ground(facts.drugs, facts.limits).possible
    for _, mentions, words, at in rows:
        settings = frozenset(found.group().lower() for found in _SETTINGS.finditer(words))
        shared = ""
        for place, one in enumerate(mentions):
            if one.kind not in DOSES or not one.drug or one.style != "plain" or one.shape in ("list", "change"):
                shared = ""
                continue
            tight = place > 0 and one.start - mentions[place - 1].end < 8
            last_end = mentions[place - 1].end if place else at
            what = _parameter(one, words, at, last_end) or (shared if tight else "")
            shared = what
            if not what or (what == "range" and one.shape != "range"):
                continue
            yield from _other_unit(one, what, settings, weighed, weights)
            earlier = stated.setdefault((one.drug, what, one.unit.text, settings), [])
            top = one.values[-1].value
            purpose = _purpose(mentions, place, words, at)
            for other, its in earlier[-_MOST_COMPARED:]:
                if purpose and its and purpose != its:
                    continue
                known = other.values[-1].value
                if min(top, known) > 0 and max(top, known) >= _APART * min(top, known):
                    ratio = max(top, known) / min(top, known)
                    told = f"{_short(other)} and {_short(one)}: their upper ends differ {times(ratio)}"
                    says = f"another {what} of {one.drug} stands in this text"
                    yield Finding("contradiction", ERROR, one.start, one.end, 0, "", says, told, ratio)
                    break
            earlier.append((one, purpose))


def _other_unit(
    one: Mention,
    what: str,
    settings: frozenset[str],
    known: dict[tuple[str, str, frozenset[str]], Mention],
    weights: tuple[Fraction, Fraction],
) -> Iterator[Finding]:
    """The same figure once by weight and once absolute: some weight of an adult must make them meet."""
    other = known.setdefault((one.drug, what, settings), one)
    if other.kind == one.kind or other.unit.dimension == one.unit.dimension:
        return
    per_kg, whole = (one, other) if one.kind == "dose-per-kg" else (other, one)
    top = per_kg.values[-1].value
    if not top or not {name for name, _ in one.unit.dimension} & {"mass"}:
        return
    scale = units.convert(Fraction(1), whole.unit, per_kg.unit, weight_kg=Fraction(1))
    kilos = whole.values[-1].value * scale / top
    if weights[0] <= kilos <= weights[1] or not kilos:
        return
    ratio = max(weights[0] / kilos, kilos / weights[1])
    says = f"another {what} of {one.drug} stands in this text"
    told = f"{_short(other)} and {_short(one)} meet at {shown(kilos)} kg only"
    yield Finding("contradiction", ERROR, one.start, one.end, 0, "", says, told, ratio)


def _short(one: Mention) -> str:
    """A mention with its unit, also where it shares that of its neighbour."""
    text = " ".join(one.text.split())
    return text if any(sign.isalpha() for sign in text) else f"{text} {one.unit.text}"


def _strengths(rows: list[Row]) -> Iterator[Finding]:
    """Single, double and quadruple strengths of one paragraph must be that many times apart."""
    block = -1
    known: dict[str, tuple[Fraction, Mention]] = {}
    for number, mentions, sentence, at in rows:
        if number != block:
            block, known = number, {}
        for found in _STRENGTH.finditer(sentence):
            near = [one for one in mentions if one.kind == "strength" and 0 <= one.start - at - found.end() < 40]
            gap = sentence[found.end() : near[0].start - at] if near else ""
            if (
                not near
                or len(near[0].values) != 1
                or _STRENGTH.search(gap)
                or re.search(r"[;.]|\bnot\b|\bthan\b", gap)
            ):
                continue
            one, fold = near[0], _FOLD[found.group("word").lower()]
            single = units.convert(one.values[0].value, one.unit, one.unit.text.split("/")[0] + "/mL") / fold
            single *= units.unit(one.unit.text.split("/")[0]).factor
            measure = one.unit.dimension[0][0]
            if single <= 0:
                continue
            if measure in known and _differ(single, known[measure][0]):
                other = known[measure][1]
                ratio = max(single / known[measure][0], known[measure][0] / single)
                start, end = min(one.start, other.start), max(one.end, other.end)
                says = f"{found.group()} {_short(one)} does not fit {_short(other)}"
                words = f"counted as single strength they differ {times(ratio)}"
                yield Finding("does-not-agree", ERROR, start, end, 0, "", says, words, ratio, "concentration")
            known.setdefault(measure, (single, one))


def _differ(one: Fraction, two: Fraction) -> bool:
    return max(one, two) > min(one, two) * Fraction(21, 20)


def _slowest(facts: Any, name: str) -> Fraction | None:
    """The longest interval between steps or checks that the facts hold for a drug, in minutes."""
    found = [
        units.convert(units.number(entry.get("high", entry.get("value")), where=name), entry["unit"], "min")
        for entry in facts.drugs[name].get("regimes", ())
        if str(entry.get("parameter", "")).startswith("interval")
    ]
    return max(found, default=None)


def _clocks(rows: list[Row], facts: Any) -> Iterator[Finding]:
    """A titration in shock on a clock far slower than the drug acts, as in a schedule for another illness."""
    for place, (block, mentions, words, at) in enumerate(rows):
        near = " ".join(row[2] for row in rows[max(0, place - 3) : place + 1] if row[0] == block)
        if not _SHOCK.search(near) or _OTHER_ILLNESS.search(near) or _LOWERED.search(words):
            continue
        for found in _EVERY.finditer(words):
            doses = [
                one
                for one in mentions
                if one.kind in DOSES and one.drug in facts.drugs and abs(one.start - at - found.start()) < 80
            ]
            if not doses or not _RAISED.search(words):
                continue
            slowest = _slowest(facts, doses[0].drug)
            count = (found.group("n") or found.group("m") or found.group("q")).lower()
            minutes = units.convert(Fraction(_COUNTS.get(count, count)), found.group("t") or "h", "min")
            if slowest is None or minutes < _SLOW * slowest:
                continue
            ratio = minutes / slowest
            yield Finding("slow-clock", ERROR, at + found.start(), at + found.end(), 0, "",
                          f"{doses[0].drug} in shock is not stepped {found.group().lower()}: this is the schedule of "
                          "another illness or drug",
                          f"{shown(minutes)} min, where {doses[0].drug} is looked at within {shown(slowest)} min: "
                          f"{times(ratio)}", ratio, "")  # fmt: skip
