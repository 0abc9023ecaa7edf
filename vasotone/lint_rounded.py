"""A figure beside the same figure said to be rounded, shown or set: it may differ by its last digit and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from vasotone.lint_claims import is_told
from vasotone.lint_mentions import Mention, Value
from vasotone.lint_numbers import numbers, printed, rounding_reach
from vasotone.lint_record import ERROR, Finding, shown

# What says that the second figure is the first one rounded.
_ROUNDED = re.compile(
    r"\bround(?:ed|ing|s)?\b(?! of)|\bnearest\b|\bdisplay\w*|\bone decimal\b|\bwhole number\b|\btruncat\w*",
    re.IGNORECASE,
)
# What says so only where the two are close: a pump is also set to something else.
_PERHAPS = re.compile(
    r"\b(?:set|sets|show[sn]?|showing|say|says|accept\w*|call it|make it|enter(?:ed)?|program(?:med|s)?|key(?:ed)?"
    r"|use|uses|print(?:s|ed)?|chart(?:s|ed)?|record(?:s|ed)?|reads?|type|practical\w*|in practice|pump|key)\b",
    re.IGNORECASE,
)
_CELL = re.compile(r"\|\s*(?:pump|set|shown|entered|program\w*|rate set|actual)\b[^|]*\Z", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:increas\w*|decreas\w*|rais\w*|lower\w*|titrat\w*|wean\w*|then|after|from|up|down|limit\w*|max\w*|min"
    r"|alarms?|target\w*|until|start\w*|yesterday|before|earlier|previous\w*|later|if|when|bolus\w*|hard|soft|goal"
    r"|was|were|instead|bed|another|other|second)\b",
    re.IGNORECASE,
)
_NO_UNIT = re.compile(
    r"(?!\.?[0-9])(?! ?(?:%|/|:|mm|cm|min|h\b|hours?|days?|kg|m[lL]|mc?g|ug|units?|U\b|x\b|vials?))"
)
_KINDS = ("dose", "dose-per-kg", "flow", "strength", "amount")
_REACH = 70
_AFTER = 30
_CLOSE = Fraction(5, 4)  # without a word for rounding, further away it is another setting
_ANY = Fraction(12)


def findings(mentions: list[Mention], words: str, start: int) -> Iterator[Finding]:
    """Figures of one paragraph that are no rounding of what they are said to round; `start` is where it begins."""
    if not (_ROUNDED.search(words) or _PERHAPS.search(words) or "actual" in words) or is_told(words):
        return
    for one, two in zip(mentions, mentions[1:], strict=False):
        if one.unit != two.unit or not _single(one) or not _single(two) or two.start - one.end > _REACH:
            continue
        gap = words[one.end - start : two.start - start]
        after = words[two.end - start : two.end - start + _AFTER]
        found = _judged(one, two.values[0], gap, after, words, two.end)
        if found is not None:
            yield found
    yield from _bare(mentions, words, start)


def _single(one: Mention) -> bool:
    return len(one.values) == 1 and one.kind in _KINDS and one.style == "plain"


def _bare(mentions: list[Mention], words: str, start: int) -> Iterator[Finding]:
    """The same for a second figure without a unit: "7.65 mL/h, pump set 7.7"."""
    for place, one in enumerate(mentions):
        if not _single(one):
            continue
        stop = mentions[place + 1].start - start if place + 1 < len(mentions) else len(words)
        rest = words[one.end - start : min(stop, one.end - start + _REACH)]
        for spot in numbers(rest)[:1]:
            lead = rest[: spot.start]
            if not _PERHAPS.search(lead) and not _ROUNDED.search(lead) or not _NO_UNIT.match(rest, spot.end):
                continue
            number = printed(spot)
            value = Value(number.value, number.half)
            after = rest[spot.end : spot.end + _AFTER]
            found = _judged(one, value, lead, after, "", one.end + spot.end, Fraction(5, 4))
            if found is not None:
                yield found


def _judged(
    one: Mention, two: Value, gap: str, after: str, words: str, end: int, most: Fraction = _ANY
) -> Finding | None:
    """The finding on a figure and what it is said to be rounded to, or None."""
    first = one.values[0]
    if first.value <= 0 or two.value <= 0 or "\n\n" in gap or _ELSEWHERE.search(gap):
        return None
    size = max(first.value / two.value, two.value / first.value)
    said = _ROUNDED.search(gap) or _CELL.search(gap) and size <= _CLOSE or _ROUNDED.search(after)
    perhaps = _PERHAPS.search(gap) is not None and (_ROUNDED.search(words) is not None or two.half > first.half)
    if not said and not (perhaps and size <= _CLOSE) or size > most:
        return None
    if abs(first.value - two.value) <= max(rounding_reach(two.value, two.half), first.half):
        return None
    rounded = f"{shown(first.value)} {one.unit.text} is not rounded to {shown(two.value)} {one.unit.text}"
    return Finding("does-not-agree", ERROR, one.start, end, 0, "", f"{rounded}: they differ by more than a digit",
                   rounded, size, "")  # fmt: skip
