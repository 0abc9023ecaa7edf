"""Findings on one quantity: its unit, its drug, its size, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from vasotone import units
from vasotone.errors import UnitError
from vasotone.lint_causes import WORDS, slips
from vasotone.lint_mentions import DOSES, Mention, Unclear
from vasotone.lint_names import Named
from vasotone.lint_numbers import Printed, Spot, printed, stored
from vasotone.lint_owners import forms_of, measure
from vasotone.lint_reckon import converted
from vasotone.lint_record import ERROR, STYLE, WARNING, Finding, shown, times

Record = Mapping[str, Any]

_TOLD_AS_WRONG = re.compile(
    r"\b(?:not|never|wrong\w*|error\w*|mistak\w*|slip\w*|refus\w*|implausib\w*|impossib\w*|overdos\w*|reject\w*"
    r"|instead|toxic"
    r"|lethal|invalid|stop(?:s|ped)|limits?|alarm\w*|unsafe|exceed\w*|respectively|rats?|mice|mouse|dogs?|pigs?"
    r"|sheep|animals?"
    r"|typed|mistyped|misread|corrected|correction|erratum|should read|varic\w*|bleeding|insipidus|angiograph\w*"
    r"|in vitro|plasma|infants?|neonat\w*|children|child|paediatric|pediatric)\b",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"\b(?:either|both|by|steps?|increments?|wean\w*|taper\w*|every|reduc\w*|decreas\w*|down|chang\w*)\b",
    re.IGNORECASE,
)
_EXPLAINED = 80
_FAR_BELOW = 5  # a factor below the lowest usual dose from which a slip of the unit is looked for
_DOWN = re.compile(
    r"\b(?:from|down|wean\w*|reduc\w*|decreas\w*|lower\w*|taper\w*|fell|falls?|drop\w*|back|minus|less)\b",
    re.IGNORECASE,
)
_NO_TIME = re.compile(
    r"\b(?:bolus\w*|push\w*|load\w*|over|once|single|arrest|dose of|test|IM|i\.m\.|intramuscular\w*|nebuli\w*"
    r"|cumulative|total"
    r"|each|put|mix\w*|dilut\w*|per dose|intraosseous|repeat\w*|unit|rate|by mouth|steps?|increments?"
    r"|adjust\w*|titrat\w*)\b",
    re.IGNORECASE,
)
_AT = re.compile(
    r"[ \n](?P<words>(?:(?:is|was|be|run|runs|running|infusion|drip|started|start|begun|given|dose|doses|dosed"
    r"|rate|continued|set"
    r"|now|currently|increased|decreased|raised|up|base|on|should|can|may)[ \n]){0,4})"
    r"(?P<lead>(?:at|of|to|=|:|>|<|\u2265|\u2264|above|over|below|exceeds|reaches)[ \n]?(?:about "
    r"|approximately )?|\(|\[)?\Z",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"[ \n]?(?:[%/:$\u00b0]|\u00b1|\+/-|\u00d7|[-\u2013\u2192,;] ?[0-9]|->|\))|[ \n](?:to|and|or|vs\.?|versus"
    r"|against|then)[ \n][0-9]"
    r"|[ \n-]?(?:x|fold|times?|points?|[mnpu\u00b5\u03bc]?mol|pg|fg|mEq|log|hours?|hrs?|h|min(?:utes?)?|days?|s"
    r"|mm|mmHg|cm|L|dL"
    r"|per|of|sd|confidence|years?|weeks?|patients?)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[ \n](?!(?:and|then|in|for|with|plus|was|is|via|through|by|but|while|when|after|until|before)\b)[A-Za-z]"
)
_STATISTICS = re.compile(r"\b(?:RR|OR|HR|aOR|CI|p|n|N|AUC|NNT|MD|SMD|IQR|ref)\b[ =<>:.(]{0,4}\Z|[\[=^#*_`]\Z")
_IU = re.compile(r"\b(?:IU|iu|mIU)\b")
_CC = re.compile(r"\bcc\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:when|once|if|exceed\w*|above|threshold\w*|reach\w*|after|before|until|instead|trigger\w*|escalat\w*"
    r"|equiv\w*"
    r"|sparing|requir\w+|despite|beyond|over|counts?|spared?|reduc\w+|by|levels?|NEE|unless|where)\b[^.;]*\Z",
    re.IGNORECASE,
)
_KIND_WORDS = {"mass": "by mass", "activity": "in units"}


def _finding(
    code: str,
    severity: str,
    one: Mention | Unclear | Printed,
    says: str,
    words: str = "",
    ratio: Fraction | None = None,
    why: str = "",
) -> Finding:
    return Finding(code, severity, one.start, one.end, 0, "", says, words, ratio, why)


def misfit(one: Mention, drug: Record, lead: str) -> Iterator[Finding]:
    """A unit that the drug is not measured in; the words before it, `lead`, may tell of another drug."""
    has, wants = measure(one.unit.text), measure(drug["unit"])
    if not has or not wants or has == wants or one.kind == "weight" or _CONDITION.search(lead):
        return
    # an amount further away may be that of a drug which the facts do not know
    sure = (
        one.kind in DOSES
        or one.kind == "amount-per-kg"
        or lead.lower().endswith(drug["name"].replace("_", " ") + " ")
    )
    yield _finding(
        "unit-misfit", ERROR if sure else WARNING, one,
        f"{drug['label']} is dosed {_KIND_WORDS[wants]}, as in {drug['unit']}, not in {one.unit.text}",
    )  # fmt: skip


def _limit(limits: Record, drug: str, code: str, of: str) -> tuple[Fraction, str] | None:
    entry = limits.get(drug, {}).get(code)
    if not entry or entry.get("of", "dose") != of:
        return None
    return stored(entry["value"]), entry["unit"]


@lru_cache(16)
def _pushed(sentence: str) -> bool:
    """Whether a sentence speaks of a dose that is given at once."""
    return _NO_TIME.search(sentence) is not None


def over(
    one: Mention, drug: Record, facts: Any, weights: list[Fraction], heaviest: Fraction, lightest: Fraction
) -> Iterator[Finding]:
    """A dose or strength beyond the drug's hard limit, whatever weight and form is possible."""
    name, strength = drug["name"], one.kind == "strength"
    found = _limit(
        facts.limits,
        name,
        "concentration_hard_high" if strength else "hard_high",
        "concentration" if strength else "dose",
    )
    if found is None or (not strength and one.kind not in DOSES) or one.style == "over":
        return
    limit, unit = found
    per_kg = units.unit(unit).per_kg
    weight = weights[0] if weights else heaviest if per_kg else lightest
    # an unmarked vial may be labelled as salt; an unmarked dose is counted as base, as the limits are
    form = forms_of(facts.drugs, name, one.form) if one.form or strength else {}
    # of a range that runs down, the first number may belong to what stands before it
    top = one.values[-1].value if one.shape == "range" else max(value.value for value in one.values)
    try:
        value = converted(top, one.unit.text, unit, weight) / max([*form.values(), Fraction(1)])
    except UnitError:
        return
    if value <= limit:
        return
    ratio = value / limit
    known = slips(weight if one.unit.per_kg != per_kg or not one.unit.per_kg else None, ())
    if one.unit.text.split("/")[0] != unit.split("/")[0]:
        known.sort(key=lambda pair: pair[1] != "milli-micro")
    why = "" if strength else _likely(value, facts, name, known)
    words = f"{shown(top)} {one.unit.text}" + (f" at {shown(weight)} kg" if one.unit.per_kg != per_kg else "")
    counted = f"{shown(value)} {unit}"
    words = counted if words == counted else f"{words} is {counted}"
    words += f", limit {shown(limit)} {unit}: {times(ratio)}"
    hint = f": {', '.join(WORDS[part] for part in why.split('+'))}" if why else ""
    yield _finding(
        "over-hard-limit", ERROR, one, f"beyond the hard limit for {drug['label'].lower()}{hint}", words, ratio, why
    )


def _likely(value: Fraction, facts: Any, name: str, known: list[tuple[Fraction, str]]) -> str:
    """The first slip that would bring a dose back into the usual range."""
    low, high = _limit(facts.limits, name, "soft_low", "dose"), _limit(facts.limits, name, "soft_high", "dose")
    if low is None or high is None:
        return ""
    return next((why for factor, why in known if low[0] <= value / factor <= high[0]), "")


def under(
    one: Mention, drug: Record, facts: Any, heaviest: Fraction, lightest: Fraction, lead: str
) -> Iterator[Finding]:
    """A dose so low that a wrong unit is likelier: in the usual range once the unit is corrected."""
    low, high = (
        _limit(facts.limits, drug["name"], "soft_low", "dose"),
        _limit(facts.limits, drug["name"], "soft_high", "dose"),
    )
    if _STEP.search(lead):
        return  # a step may be small
    if low is None or high is None or one.kind not in DOSES or one.style != "plain" or one.shape == "change":
        return
    weight = lightest if units.unit(low[1]).per_kg else heaviest
    try:
        value = converted(max(v.value for v in one.values), one.unit.text, low[1], weight)
    except UnitError:
        return
    if not 0 < value < low[0] / _FAR_BELOW:
        return
    wrong = [(factor, why) for factor, why in slips(None, ()) if why in ("hour-minute", "milli-micro")]
    factor, why = next(((f, w) for f, w in wrong if low[0] <= value * f <= high[0]), (None, ""))
    if factor is None:
        return
    yield _finding("far-below-usual", ERROR, one,
                   f"far below any usual dose of {drug['label'].lower()}: {WORDS[why]}",
                   f"{shown(value)} {low[1]} where doses start at {shown(low[0])} {low[1]}; "
                   f"{shown(factor)} times more would be usual", factor, why)  # fmt: skip


def no_time(one: Mention, drug: Record, sentence: str) -> Iterator[Finding]:
    """A dose per kilogram without a time, for a drug that is only infused."""
    regimes = drug.get("regimes", ())
    pushed = not drug.get("infusion", True) or not regimes or drug["name"] == "epinephrine"
    pushed = pushed or any(entry.get("parameter") == "load" or "/kg" in entry["unit"] and entry["unit"].count("/") < 2
                           for entry in regimes if "unit" in entry)  # fmt: skip
    if one.kind == "amount-per-kg" and one.style == "plain" and not pushed and not _pushed(sentence):
        yield _finding(
            "no-time", ERROR, one, f"{drug['label']} is infused: the unit lacks the time, as in {drug['unit']}"
        )


def reversed_range(one: Mention, before: str, text: str) -> Iterator[Finding]:
    """A range whose first number is the larger one, where nothing says that the dose comes down."""
    if one.shape != "range" or len(one.values) != 2 or one.values[0].value <= one.values[1].value:
        return
    if _DOWN.search(before) or re.match(
        r"[ \n]?(?!to\b|and\b|through\b)[A-Za-z\u00b5\u03bc]", text[one.numbers[0].end : one.numbers[0].end + 12]
    ):
        return  # it comes down, or these are two quantities with a unit each
    yield _finding("range-reversed", ERROR if " to " not in one.text else WARNING, one,
                   f"the range runs downwards: {' '.join(one.text.split())}")  # fmt: skip


_SLIPS = {
    "naked-decimal": "write the zero before the point",
    "trailing-zero": "leave the zero after the point out: it may be read as tenfold",
    "decimal-comma": "write a decimal point: a comma may be read as thousands",
}


def written(one: Mention) -> Iterator[Finding]:
    """How a quantity is written: decimals and abbreviations that have been misread before."""
    for number in one.numbers:
        if number.slip:
            yield _finding(number.slip, STYLE, number, f"{number.text} {one.unit.text}: {_SLIPS[number.slip]}")
    if one.kind != "weight" and _IU.search(one.text):
        yield _finding("abbreviation", STYLE, one, "write units: IU has been read as IV or as 10")
    if _CC.search(one.text):
        yield _finding("abbreviation", STYLE, one, "write mL: cc has been read as U or as zeros")


def explained(one: Unclear, mentions: list[Mention], text: str) -> bool:
    """Whether the same figure follows soon with a clear unit, or one in brackets says what is meant."""
    figure = re.match(r"[0-9.,]+", one.text)
    following = (found for found in mentions if one.end <= found.start < one.end + _EXPLAINED)
    return figure is not None and any(
        text.startswith(figure.group(), found.start) and found.kind in DOSES for found in following
    )


def unclear(one: Unclear) -> Finding:
    """A unit that may mean more than one thing."""
    return _finding("unit-unclear", ERROR, one, f"an unclear unit: {' '.join(one.text.split())} may mean {one.meant}")


def bare_numbers(drugs: list[Named], bare: list[Spot], text: str, facts: Any) -> Iterator[Finding]:
    """A number beside a drug that no unit follows, unless it counts, cites, or is no dose by size."""
    place = 0
    ends = {one.end: one for one in drugs}
    starts = sorted(ends)
    for spot in bare:
        while place + 1 < len(starts) and starts[place + 1] <= spot.start:
            place += 1
        if not starts or starts[place] > spot.start or spot.start - starts[place] > 60:
            continue
        number = printed(spot)
        lead = _AT.fullmatch(text[starts[place] : number.start])
        whole = number.half == Fraction(1, 2)
        if (
            lead is None
            or _COUNTED.match(text, number.end)
            or (whole and not (lead.group("words") or lead.group("lead")))
        ):
            continue
        name = ends[starts[place]].drug
        usual = _limit(facts.limits, name, "soft_high", "dose")
        if not number.value or (
            not whole and not lead.group("lead") and (usual is None or number.value > 2 * usual[0])
        ):
            continue
        if whole and _GOES_ON.match(text, number.end):
            continue  # it counts what follows
        if (
            whole
            and (lead.group("lead") or "").strip() in ("(", "[", ":", "of", "over")
            or _STATISTICS.search(text, 0, number.start)
        ):
            continue
        yield _finding("bare-number", WARNING, number, f"{name} {number.text}: the unit is missing")


@lru_cache(16)
def looks_told(sentence: str) -> bool:
    """Whether a sentence speaks of a dose as wrong, of animals or of children, so that size proves nothing."""
    return _TOLD_AS_WRONG.search(sentence) is not None
