"""Quantities that are counted or summed: two vials of so much, so many patients times so much, one plus another."""

from __future__ import annotations

import re
from fractions import Fraction

from vasotone.lint_mentions import Mention, Value

_WORDS = {word: count for count, word in enumerate(
    "one two three four five six seven eight nine ten eleven twelve".split(), 1)}  # fmt: skip
_COUNT = rf"(?<![\w.,/-])(?P<n>[0-9]{{1,3}}|{'|'.join(_WORDS)})"
_PIECES = r"(?:vials|ampoules|ampules|ampuls|amps|phials)"
_TIMES = re.compile(rf"{_COUNT}(?:[ -][A-Za-z]{{2,14}}){{0,2}} ?[x\u00d7*] ?\Z", re.IGNORECASE)
_OF_PIECES = re.compile(
    rf"{_COUNT} (?:[A-Za-z]{{2,16}} ){{0,2}}?(?:{_PIECES}|boluses|doses|shots|pushes|sticks)"
    r" (?:of|with|containing|holding|at|\(|each (?:of|with)) ?(?:[A-Za-z]{3,16} )?\Z",
    re.IGNORECASE,
)
_EACH = re.compile(r" (?:each|apiece)\b")
_BEFORE = re.compile(rf"{_COUNT}(?:[ -]| x )\Z", re.IGNORECASE)
_THEN_PIECES = re.compile(rf"[ -](?:\(?[A-Za-z0-9]{{1,16}}\)?[ -]){{0,3}}?{_PIECES}\b", re.IGNORECASE)
_PLUS = re.compile(r"[^.;:=]*(?:\bplus\b|\+|\band\b)[^.;:=]*", re.IGNORECASE)
_REACH = 50
_LEAST = 2  # a count and a space
_MOST_SUMMED = 4


def counted(one: Mention, text: str, after: int) -> Mention:
    """A mention times the count that stands before it, behind the place `after`, or the mention itself."""
    since = max(after, one.start - _REACH)
    if (
        one.start - since < _LEAST
        or one.kind not in ("amount", "volume", "dose")
        or one.style not in ("plain", "every")
    ):
        return one
    found = _TIMES.search(text, since, one.start)
    if found is None and one.kind == "amount":
        found = _of_pieces(one, text, since)
        before = None if found else _BEFORE.search(text, since, one.start)
        if before is not None and _THEN_PIECES.match(text, one.end, one.end + _REACH):
            found = before
    if found is None:
        return one
    said = found.group("n").lower()
    count = Fraction(_WORDS[said]) if said in _WORDS else Fraction(int(said))
    if count < 1:
        return one
    values = tuple(Value(value.value * count, value.half * count) for value in one.values)
    numbers = tuple(number._replace(value=number.value * count) for number in one.numbers)
    return one._replace(start=found.start(), text=text[found.start() : one.end], values=values, numbers=numbers)


def _of_pieces(one: Mention, text: str, since: int) -> re.Match[str] | None:
    """ "three vials of 4 mg", "three vials (4 mg each)"; in brackets without a word the amount is that of all."""
    found = nearer = _OF_PIECES.search(text, since, one.start)
    while nearer is not None:  # "one takes two ampoules": the last count is meant
        found = nearer
        nearer = _OF_PIECES.search(text, nearer.start() + 1, one.start)
    if found is not None and found.group().rstrip().endswith("(") and not _EACH.match(text, one.end):
        return None
    return found


def summed(mentions: list[Mention], first: int, second: int, text: str) -> bool:
    """Whether a quantity is the sum of those before it: "1,500 mL plus 500 mL, that is 2,000 mL"."""
    total = mentions[second]
    if len(total.values) != 1:
        return False
    so_far = Fraction(0)
    for place in range(first, max(-1, first - _MOST_SUMMED), -1):
        one = mentions[place]
        if one.unit != total.unit or len(one.values) != 1:
            return False
        if place < first and not _PLUS.fullmatch(text, one.end, mentions[place + 1].start):
            return False
        so_far += one.values[0].value
        if place < first and abs(so_far - total.values[0].value) <= total.values[0].half:
            return True
    return False
