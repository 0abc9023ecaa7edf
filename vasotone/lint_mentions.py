"""What a text says in numbers: doses, rates, flows, strengths, amounts, volumes and weights, with their places."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from vasotone.lint_names import DILUENT_REACH, diluted_in, form_after
from vasotone.lint_numbers import Printed, Spot, numbers, printed
from vasotone.lint_units import Spelled, lookup, spelled_unit
from vasotone.units import Dimension, Unit

KINDS: dict[Dimension, str] = {
    (("body", -1), ("mass", 1), ("time", -1)): "dose-per-kg",
    (("activity", 1), ("body", -1), ("time", -1)): "dose-per-kg",
    (("mass", 1), ("time", -1)): "dose",
    (("activity", 1), ("time", -1)): "dose",
    (("time", -1), ("volume", 1)): "flow",
    (("mass", 1), ("volume", -1)): "strength",
    (("activity", 1), ("volume", -1)): "strength",
    (("mass", 1),): "amount",
    (("activity", 1),): "amount",
    (("body", -1), ("mass", 1)): "amount-per-kg",
    (("activity", 1), ("body", -1)): "amount-per-kg",
    (("volume", 1),): "volume",
    (("body", -1), ("volume", 1)): "volume-per-kg",
    (("body", -1), ("time", -1), ("volume", 1)): "flow-per-kg",
}
DOSES = ("dose", "dose-per-kg")
_BODY_UNITS = ("kg", "[lb_av]")
_MOST_NUMBERS = 8
_SAME_UNIT_REACH = 60

_JOIN = re.compile(
    r"[ \u00a0\n]?(?:(?P<change>\u2192|->)|(?P<spread>\u00b1|\+/-)|(?P<range>[-\u2013\u2014\u2212\u2010\u2011~]"
    r"|\bto\b|\bthrough\b)"
    r"|(?P<list>,? ?\b(?:and|or)\b|,|/|&))[ \u00a0\n]?"
)
_BETWEEN = re.compile(r"\bbetween[ \n](?:about )?\Z", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?:\babout|\bapproximately|\bapprox\.?|\baround|\broughly|\bnearly|\bca\.?|\bcirca|\bsome|\balmost|\bclose to"
    r"|\bjust (?:under|over)|[~\u2248\u2243\u2245\u223c])[ \n]?\Z",
    re.IGNORECASE,
)
_REACH = 20
# the last letters of the words above, looked at first since most words are none of them
_ABOUT_ENDS = frozenset("txydaeorTXYDAEOR.~\u2248\u2243\u2245\u223c")
_RATIO = re.compile(r" ?: ?")
_ONE_IN = re.compile(r"[ -]in[ -]")
_RATIO_ENDS = re.compile(
    r"[ -](?:\(|w/v|solution|dilution|strength|mixture|ampoule|syringe|injection|adrenaline|epinephrine|is"
    r"|equals|has|holds|contains"
    r"|gives|means"
    r"|corresponds)|[).,;:]|$",
    re.IGNORECASE,
)
_IN_BARE = re.compile(r"(?: [A-Za-z]{2,16}){0,2} in |/")
_ENDS_BARE = re.compile(
    r"(?:[,;.)](?![0-9])|$| ?=| (?:and|bag|of|NS|D5W|saline|dextrose|glucose|is|gives|makes|at|so|for"
    r"|labelled|which)\b)"
)
_OPTION = re.compile(r"(?<![\w.])\(?(?P<label>[A-Ea-e])[).:]\s?(?:about |~)?(?=[0-9])")
_OPTIONS_APART = 120
_PEOPLE = re.compile(r" (?:patients|people|persons|cases|adults|children|births|admissions)", re.IGNORECASE)
_PERCENT = re.compile(
    r" ?%(?= ?(?:\(?w/v|solution|=|,? i\.e|is\b|means\b|equals\b|holds\b|contains\b|has\b|corresponds\b"
    r"|\([0-9.,]+ ?(?:m|\u00b5|mc|u)g/m[lL]))"
)
# "10-5-5 mg" is what is taken in the morning, at noon and at night
_DAY_PARTS = ("range", "range")
_LEAST_RATIO = 1000  # smaller ratios are randomisation, odds and equivalence


class Value(NamedTuple):
    """A number in its mention's unit, and half a unit of its last printed digit."""

    value: Fraction
    half: Fraction


class Mention(NamedTuple):
    """One quantity of a text.

    kind    see KINDS, and "weight"
    shape   "one", "range", "list" or "change" (from one value to another)
    style   "plain", "ratio", "percent", "dilution" (amount in volume), "every", "over"
    forms   the chemical form that stands beside it, or empty
    """

    start: int
    end: int
    text: str
    kind: str
    shape: str
    values: tuple[Value, ...]
    unit: Unit
    style: str = "plain"
    about: bool = False
    numbers: tuple[Printed, ...] = ()
    drug: str = ""
    form: str = ""


class Unclear(NamedTuple):
    """A number with a unit that may mean more than one thing."""

    start: int
    end: int
    text: str
    meant: str


class Scan(NamedTuple):
    """Everything that a text says in numbers; `bare` are the numbers without a unit."""

    mentions: list[Mention]
    unclear: list[Unclear]
    bare: list[Spot]


_kinds: dict[str, str] = {}  # by the text of a unit: the table of units is closed


def kind_of(unit: Unit) -> str:
    """What a unit measures here, or empty."""
    if unit.text not in _kinds:
        _kinds[unit.text] = _kind(unit)
    return _kinds[unit.text]


def _kind(unit: Unit) -> str:
    if unit.text in _BODY_UNITS:
        return "weight"
    return "" if "/dL" in unit.text or unit.text in ("g/L", "L/min", "L/h", "L/d") else KINDS.get(unit.dimension, "")


def about(text: str, start: int) -> bool:
    """Whether a word before a number says that it is rounded."""
    before = text[max(0, start - 2) : start].rstrip()[-1:]
    return before in _ABOUT_ENDS and _ABOUT.search(text, max(0, start - _REACH), start) is not None


def _mention(text: str, run: list[Printed], shape: str, spelled: Spelled, end: int) -> Mention | None:
    unit = spelled.unit
    kind = kind_of(unit) if unit is not None else ""
    if unit is None or not kind:
        return None
    start = run[0].start
    values = tuple(Value(one.value, one.half) for one in run)
    return Mention(start, end, text[start:end], kind, shape, values, unit, "plain", about(text, start), tuple(run))


def _grouped(text: str, run: list[Printed], joins: list[str], spelled: Spelled) -> list[Mention]:
    """One mention for numbers that share a unit; several where they are several ranges."""
    if tuple(joins[-2:]) == _DAY_PARTS:
        return []
    if len(run) > 1 and joins[-1] == "list" and _BETWEEN.search(text, max(0, run[-2].start - _REACH), run[-2].start):
        joins = [*joins[:-1], "range"]
    pieces: list[tuple[list[Printed], str]] = [([run[0]], "one")]
    for one, join in zip(run[1:], joins, strict=True):
        if join == "spread":
            continue  # a standard deviation says nothing about the value
        if join in ("range", "change") and len(pieces[-1][0]) == 1:
            pieces[-1] = ([*pieces[-1][0], one], join)
        else:
            pieces.append(([one], "one"))
    if len(pieces) > 1 and all(shape == "one" for _, shape in pieces):
        pieces = [([piece[0] for piece, _ in pieces], "list")]
    made = [
        _mention(text, piece, shape, spelled, spelled.end if last else piece[-1].end)
        for piece, shape, last in [(*pair, pair is pieces[-1]) for pair in pieces]
    ]
    return [one for one in made if one is not None]


def _fixed(text: str, one: Spot, two: Spot | None) -> Mention | None:
    """A strength written as a ratio or in percent: grams in so many millilitres."""
    percent = _PERCENT.match(text, one.end)
    if one.text != "1" and percent is None:
        return None
    per_ml = lookup("g/mL")
    if per_ml is None:
        return None
    if percent and diluted_in().search(text, max(0, one.start - DILUENT_REACH), one.start):
        return None
    if percent:
        number = printed(one)
        value = Value(number.value / 100, number.half / 100)
        return Mention(one.start, percent.end(), text[one.start : percent.end()], "strength", "one", (value,), per_ml,
                       "percent", False, (number,))  # fmt: skip
    if two is None or two.start - one.end > 6 or printed(two).value < _LEAST_RATIO:
        return None
    colon = _RATIO.fullmatch(text, one.end, two.start)
    words = _ONE_IN.fullmatch(text, one.end, two.start) and _RATIO_ENDS.match(text, two.end)
    if not (colon or words) or _PEOPLE.match(text, two.end) or (words and spelled_unit(text, two.end)):
        return None
    value = Value(1 / printed(two).value, Fraction(0))
    return Mention(one.start, two.end, text[one.start : two.end], "strength", "one", (value,), per_ml, "ratio")


def _of_the_fluid(text: str, start: int, spelled: Spelled) -> bool:
    """Whether a strength is that of the diluent which is named just before it, as in sodium chloride 9 mg/mL."""
    if spelled.unit is None or spelled.unit.text != "mg/mL":
        return False
    return diluted_in().search(text, max(0, start - DILUENT_REACH), start) is not None


def _bare_volume(text: str, last: Mention, one: Spot) -> Mention | None:
    """ "4 mg in 250": a number after an amount that is in it, where no word follows that it would count."""
    if last.kind != "amount" or len(last.values) != 1 or not _IN_BARE.fullmatch(text, last.end, one.start):
        return None
    unit = lookup("mL")
    if unit is None or not one.text.isdigit() or len(one.text) < 2 or not _ENDS_BARE.match(text, one.end):
        return None
    number = printed(one)
    return Mention(one.start, one.end, one.text, "volume", "one", (Value(number.value, number.half),), unit,
                   "plain", False, (number,))  # fmt: skip


def _same_unit(text: str, last: Mention, one: Spot) -> Mention | None:
    """A number that names a form in place of a unit, "2.5 as base": it has the unit of the quantity before."""
    if not 0 < one.start - last.end < _SAME_UNIT_REACH or last.style != "plain" or not form_after(text, one.end):
        return None
    if re.search(r"[;\n]|\. ", text[last.end : one.start].replace("i.e. ", "")):
        return None
    number = printed(one)
    return Mention(one.start, one.end, one.text, last.kind, "one", (Value(number.value, number.half),), last.unit,
                   "plain", about(text, one.start), (number,))  # fmt: skip


def options(text: str) -> set[int]:
    """Where the figures of a multiple choice begin: "A) 15 mL/h B) 30 mL/h" says none of them."""
    labels = list(_OPTION.finditer(text))
    found = set[int]()
    for one, two in zip(labels, labels[1:], strict=False):
        follows = ord(two.group("label")) == ord(one.group("label")) + 1
        if follows and two.start() - one.end() < _OPTIONS_APART:
            found |= {one.end(), two.end()}
    return found


def scan(text: str) -> Scan:
    """The quantities of a text from left to right, in one pass."""
    found = Scan([], [], [])
    run: list[Spot] = []
    joins: list[str] = []
    every = numbers(text)
    skip_to = 0
    for index, one in enumerate(every):
        if one.start < skip_to:
            continue
        following = every[index + 1] if index + 1 < len(every) else None
        joined = _JOIN.fullmatch(text, run[-1].end, one.start) if run and one.start - run[-1].end < 9 else None
        if joined:
            joins.append(str(joined.lastgroup))
        else:
            found.bare.extend(run)
            run, joins = [], []
        run.append(one)
        if len(run) > _MOST_NUMBERS:
            run, joins = run[1:], joins[1:]
        spelled = spelled_unit(text, one.end)
        fixed = _fixed(text, one, following) if spelled is None else None
        if fixed is not None:
            found.mentions.append(fixed)
            skip_to, run, joins = fixed.end, [], []
        elif (
            spelled is None
            and len(run) == 1
            and found.mentions
            and (bag := _bare_volume(text, found.mentions[-1], one))
        ):
            found.mentions.append(bag)
            run, joins = [], []
        elif spelled is None and found.mentions and (same := _same_unit(text, found.mentions[-1], one)) is not None:
            found.mentions.append(same)
            run, joins = [], []
        elif spelled is not None and spelled.unit is None:
            found.unclear.append(
                Unclear(run[0].start, spelled.end, text[run[0].start : spelled.end], spelled.unclear)
            )
            skip_to, run, joins = spelled.end, [], []
        elif spelled is not None and _of_the_fluid(text, run[0].start, spelled):
            skip_to, run, joins = spelled.end, [], []
        elif spelled is not None:
            found.mentions.extend(_grouped(text, [printed(spot) for spot in run], joins, spelled))
            skip_to, run, joins = spelled.end, [], []
    found.bare.extend(run)
    return found
