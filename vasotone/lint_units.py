"""Units as prose writes them: "per kg per minute", "kg-1 min-1", "units hourly", and the unclear ones."""

from __future__ import annotations

import re
from typing import NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.units import Unit

_SPACE = "[ \u00a0\u2009\u202f\n]?"
_WORD = "[A-Za-z\u00b5\u03bc\u03b3]{1,16}"
_HEAD = re.compile(
    rf"(?:{_SPACE}|-)(?P<head>international[ -]units?|milli[ -]?(?:international[ -])?units?|m\[iU\]|\[iU\]"
    rf"|{_WORD})",
    re.IGNORECASE,
)
_BELOW = re.compile(
    rf"{_SPACE}(?:/{{1,2}}|\bper\b|\ban?\b|\bevery (?=min|hour)|\bin (?:each|every|one|1|a) (?=m[lL]\b"
    rf"|milli)){_SPACE}(?P<word>24[ ]?h(?:ours?|rs?|r)?\b|{_WORD})"
    rf"|[ \u00a0\u2009\u00b7\u22c5.*\u00d7]{{1,3}}(?P<power>[A-Za-z]{{1,4}})[ ]?"
    rf"(?:\^?[({{]?[-\u2212\u2013\u207b][1\u00b9][)}}]?)"
    rf"|{_SPACE}(?P<adverb>hourly|daily)\b",
    re.IGNORECASE,
)
_END = re.compile(r"(?![\w\u00b5\u03bc])(?!\^)(?![/\u00b7][A-Za-z\u00b5](?!ial|ag|mp|ose|yringe))")
_MOST_BELOW = 3
# What a unit may begin with, so that "5 in" or "6 a" are no units here.
_KINDS = {(("mass", 1),), (("activity", 1),), (("volume", 1),)}
_SAME = {
    "international unit": "U", "international units": "U", "milliunit": "mU", "milliunits": "mU",
    "milli-unit": "mU", "milli-units": "mU", "milli unit": "mU", "milli units": "mU",
    "milli-international units": "mU", "milli-international unit": "mU", "milliinternational units": "mU",
    "m[iu]": "mU", "[iu]": "U", "ie": "U", "iu": "U", "u": "U", "miu": "mU", "kilo": "kg", "kilos": "kg",
    "microgramme": "ug", "microgrammes": "ug", "milligramme": "mg", "milligrammes": "mg", "nanogramme": "ng",
    "nanogrammes": "ng", "kilogramme": "kg", "kilogrammes": "kg", "ugs": "ug", "mls": "mL", "ccs": "mL",
    "hourly": "h", "daily": "d",
}  # fmt: skip
# Spellings that may mean more than one thing, and what each may mean.
UNCLEAR = {
    "mcq": "mcg or mg", "mch": "mcg", "mgc": "mcg or mg", "mcgr": "mcg", "mkg": "mcg or mg", "mug": "mcg or mg",
    "umg": "mcg or mg", "mc": "mcg or mg", "ucg": "mcg", "gamma": "ug/kg/min or ug/min",
    "gammas": "ug/kg/min or ug/min",
    "\u03b3": "ug/kg/min or ug/min", "mcgm": "mcg", "mgm": "mg or mcg", "mq": "mg or mcg",
}  # fmt: skip
_UNCLEAR_AS_WRITTEN = {"MU": "million units or milliunits", "Mu": "million units or milliunits"}
_known: dict[str, Unit | None] = {}
_MOST_KNOWN = 5000


class Spelled(NamedTuple):
    """A unit of a text. `unclear` says what it may mean where that is open; then `unit` is None."""

    end: int
    text: str
    unit: Unit | None
    unclear: str = ""


def lookup(word: str) -> Unit | None:
    """The unit of the closed table that a word or a canonical text means, or None."""
    if word not in _known:
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        try:
            _known[word] = units.unit(_SAME.get(word.lower(), word))
        except UnitError:
            _known[word] = None
    return _known[word]


def _unclear(text: str, head: str, end: int) -> Spelled | None:
    meant = _UNCLEAR_AS_WRITTEN.get(head) or UNCLEAR.get(head.lower())
    if meant is None:
        return None
    below = re.compile(r"(?:/(?:kg|min|h|hr|hour|mL|ml|minute)\b){0,2}").match(text, end)
    stop = below.end() if below else end
    return Spelled(stop, text[end - len(head) : stop], None, meant) if stop > end or len(head) > 2 else None


def spelled_unit(text: str, at: int) -> Spelled | None:
    """The unit that follows a number which ends at `at`: of a mass, a volume or biological units; else None."""
    first = _HEAD.match(text, at)
    if first is None:
        return None
    head = first.group("head")
    unit = lookup(head)
    end = first.end()
    if unit is None and head.lower().endswith(("hourly", "daily")):
        return None
    if unit is None:
        return _unclear(text, head, end)
    if unit.dimension not in _KINDS:
        return None
    parts = [unit.text]
    for _ in range(_MOST_BELOW):
        more = _BELOW.match(text, end)
        word = more and (more.group("word") or more.group("power") or more.group("adverb"))
        lower = lookup("d" if word[:2] == "24" else word) if word else None
        made = lookup("/".join([*parts, lower.text])) if lower is not None else None
        if more is None or lower is None or made is None:
            break
        parts.append(lower.text)
        unit, end = made, more.end()
    if _END.match(text, end) is None:
        return None
    return Spelled(end, text[first.start("head") : end], unit)
