"""Numbers as they are printed: their exact value, and how far their last digit reaches."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from vasotone.units import number

# Counts are bounded, so that no text makes the search go back and forth; longer digit strings are no doses.
_GROUPED = r"[0-9]{1,3}(?:[, \u00a0\u2009\u202f][0-9]{3}){1,3}(?![0-9])(?:[.\u00b7][0-9]{1,9})?"
_PLAIN = r"[0-9]{1,12}(?:[.\u00b7,][0-9]{1,9})?|\.[0-9]{1,9}"
# Words count only where a unit follows.
_WORDS = {word: count for count, word in enumerate(
    "one two three four five six seven eight nine ten eleven twelve".split(), 1)} | {
    "fifteen": 15, "sixteen": 16, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100,
}  # fmt: skip
_SPELLED = rf"\b(?i:{'|'.join(_WORDS)})(?=[ -](?:m[gL]\b|mcg|u[g]\b|micro|milli|nano|units?\b|kilo|kg\b))"
# "in a litre", where the article is the number
_ARTICLE = "|".join(rf"(?<=\b{lead} )(?:a|one)(?= lit(?:er|re)\b)" for lead in ("[iI]n", "[tT]o", "per"))
_NUMBER = re.compile(rf"(?<![\w.\u00b7^])(?:{_GROUPED}|{_PLAIN})(?!\.?[0-9])|{_SPELLED}|{_ARTICLE}")
_GROUP_MARKS = str.maketrans("", "", ", \u00a0\u2009\u202f")


class Printed(NamedTuple):
    """One number of a text.

    half    half a unit of its last printed digit
    slip    how it is badly written: "naked-decimal", "trailing-zero", "decimal-comma" or empty
    """

    start: int
    end: int
    text: str
    value: Fraction
    half: Fraction
    slip: str = ""


class Spot(NamedTuple):
    """Where a number stands, before anybody asks what it is: most numbers of a text are no doses."""

    start: int
    end: int
    text: str


_read: dict[str, tuple[Fraction, Fraction, str]] = {}
_MOST_READ = 5000


def printed(spot: Spot) -> Printed:
    """The number that is spelled at a place."""
    if spot.text not in _read:
        if len(_read) > _MOST_READ:
            _read.clear()
        _read[spot.text] = _value(spot.text)
    return Printed(*spot, *_read[spot.text])


def _value(text: str) -> tuple[Fraction, Fraction, str]:
    if text.isalpha():
        return Fraction(_WORDS.get(text.lower(), 1)), Fraction(1, 2), ""
    plain, slip = text.replace("\u00b7", "."), ""
    whole, mark, decimals = plain.partition(".")
    if mark and not whole:
        slip, whole = "naked-decimal", "0"
    elif not mark and "," in plain and not re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+", plain):
        slip = "decimal-comma"
        whole, mark, decimals = plain.partition(",")
    elif mark and not decimals.strip("0"):
        slip = "trailing-zero"
    digits = whole.translate(_GROUP_MARKS) + (f".{decimals}" if mark else "")
    return number(digits, where="text"), Fraction(1, 2 * 10 ** len(decimals)), slip


@lru_cache(1000)
def stored(value: float | str) -> Fraction:
    """A number of the facts, exactly; each is read once."""
    return number(value, where="facts")


def numbers(text: str) -> list[Spot]:
    """Where numbers stand, from left to right."""
    spots: list[Spot] = []
    for found in _NUMBER.finditer(text):
        spelled, start = found.group(), found.start()
        if " " in spelled and " 0" not in spelled and text[start - 2 : start] != "1:":
            # a plain space parts two numbers, unless zeros after it show that it groups digits
            spots += [
                Spot(start + piece.start(), start + piece.end(), piece.group())
                for piece in re.finditer(r"[0-9.\u00b7,]+", spelled)
            ]
        else:
            spots.append(Spot(start, found.end(), spelled))
    return spots


def rounding_reach(value: Fraction, half: Fraction) -> Fraction:
    """How far a printed figure may lie from what it was rounded from, up or down.

    One unit of its last digit; half a ten or half a five where it ends so, since then it is one of a coarser scale.
    """
    if half == 0:
        return Fraction(0)
    unit = 2 * half
    count = value / unit
    scale = unit
    while half >= Fraction(1, 2) and count and count % 10 == 0:
        count, scale = count / 10, scale * 10
    five = scale * 5 if count.denominator == 1 and count % 5 == 0 and count > 5 else scale
    return max(unit, five / 2)
