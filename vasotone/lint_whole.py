"""Quantities that belong together: an amount in a volume, a volume of a strength, an amount every so often."""

from __future__ import annotations

import re
from fractions import Fraction

from vasotone.lint_counted import counted
from vasotone.lint_mentions import Mention, Value, kind_of
from vasotone.lint_reckon import converted
from vasotone.lint_units import lookup

_STOP = (
    r"(?:is|are|was|were)(?! (?:then )?(?:added|diluted|mixed|dissolved|drawn|made|placed|put|in)\b)|gives?"
    r"|gave|then|over|plus|every|followed|after|contains?|containing|run|at|instead|not|than|or|until"
    r"|while|urine|bleeding|produces?|makes?|yields?|equals?|deliver\w*|provides?"
)
_IN = re.compile(
    r"[ \n]?(?:/|(?P<words>[^.;:=()/\u2192]{0,70}?)\b(?P<by>in|per|into|to|on|with|within|qs|q\.s\.)[ \n]"
    r"(?:(?:a|an|the|up|to|of|about|another|each|every|total|final|volume|bag|syringe|only|just)[ \n]){0,6})[ \n]?",
    re.IGNORECASE,
)
_STOPPED = re.compile(rf"\b(?:{_STOP})\b", re.IGNORECASE)
_MIXED = re.compile(
    r"\b(?:br(?:ing|ought)\w*|fill\w*|top\w*|mix\w*|dilut\w*|dissolv\w*|add\w*|ma[dk]e|made|combin\w*"
    r"|reconstitut\w*)\b",
    re.IGNORECASE,
)
_HOLDING = re.compile(
    r"(?:[ -][A-Za-z0-9%.]{1,14}){0,5}?[ \n](?:containing|contains|contained|contain|with|holds|holding|hold|has|have"
    r"|(?<=bag )of|(?<=syringe )of)[ \n](?:(?:a|the|total|of|about)[ \n]){0,3}",
    re.IGNORECASE,
)
_BRACKETS = (
    re.compile(r"(?: (?:vials?|ampoules?|ampules?|amps?))? ?\( ?(?:about )?"),
    re.compile(r" ?\)[^.;:=()]{0,40}?\b(?:in|into|to|with)[ \n](?:(?:a|the|up|to)[ \n]){0,3}"),
)
_OF = re.compile(
    r"[ \n](?:\(?[A-Za-z]{1,16}\)?[ \n]){0,3}?(?:of|from)[ \n](?:[A-Za-z-]{1,18}[ \n]){0,4}?\(?|[ \n](?:of[ \n])?\(?",
    re.IGNORECASE,
)
_IN_ALL = re.compile(
    r"(?:[ -][A-Za-z]{1,14}){0,3}?[ \n](?:of|in (?:a|an|one|the)|\u00d7|x|times)[ \n](?:(?:a|the|total|full)[ \n])?",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"\b(?:each|every|one|a|per|1) ?(?:m[lL]|millilit(?:er"
    r"|re))(?:[ \n][A-Za-z]{1,14}){0,5}?[ \n,:=]*(?:contains?|containing|has|holds"
    r"|carries|gives|provides|equals|is|=|of|delivers)[ \n](?:(?:about|the equivalent of)[ \n])?\Z",
    re.IGNORECASE,
)
_FORMS = re.compile(r"\b(?:bitartrate|tartrate|base|salt)\b", re.IGNORECASE)
_TIME = r"(?P<t>minutes?|mins?|min|hours?|hrs?|hr|h|days?|d)\b"
_WORDS = (
    r"(?:[ \n,](?:IV|i\.v\.|intravenous(?:ly)?|by mouth|orally|PO|bolus(?:es)?|of|as|given|once"
    r"|infused|[a-z]{4,16})){0,3}?"
)
_EVERY = re.compile(rf"{_WORDS}[ \n,](?:every|each|q\.?)[ ]?(?P<n>[0-9]{{1,2}})[ -]?{_TIME}", re.IGNORECASE)
_HOURLY = re.compile(rf"{_WORDS}[ \n](?P<n>[0-9]{{1,2}})[- ](?P<t>h)ourly\b", re.IGNORECASE)
_SLASH = re.compile(rf" ?/ ?(?P<n>[0-9]{{1,2}}) ?{_TIME}", re.IGNORECASE)
_OVER = re.compile(rf"{_WORDS}[ \n](?:over|during|within)[ ](?P<n>[0-9]{{1,2}})[ -]?{_TIME}", re.IGNORECASE)
_AFTER_DRUG = re.compile(
    rf"(?:[ \n](?:of[ \n])?[A-Za-z]{{3,20}}){{1,3}}?[ \n](?:per|a|each|every)[ ]{_TIME}", re.IGNORECASE
)
_SOLUTION_PER = re.compile(
    r"(?:[ -][A-Za-z]{3,14}){0,3}?[ \n](?:per|a|each|every)[ ](?P<t>minute|min|hour|h)\b", re.IGNORECASE
)
_TOTAL = re.compile(
    r"[^.;:()0-9]{0,40}\b(?:make|making|made up to|total(?: volume)? of|bring\w*[ a-z]* to|final volume(?: of)?"
    r"|up to)[ \n](?:a |about )?",
    re.IGNORECASE,
)
_TIMES = re.compile(
    rf"{_WORDS}[ \n](?:(?P<w>once|twice|two times|three times|four times|thrice|2 times|3 times|4 times)[ ](?:a"
    rf"|per|each)?[ ]?"
    r"(?:day|daily|24 h)|(?P<l>bid|tid|qid|bd|tds|qds))\b",
    re.IGNORECASE,
)
_SCHEDULES = (
    (_EVERY, "every"), (_HOURLY, "every"), (_SLASH, "every"), (_OVER, "over"), (_TIMES, "every"),
    (_AFTER_DRUG, "every"),
)  # fmt: skip
_PER_DAY = {
    "once": 1, "twice": 2, "two times": 2, "2 times": 2, "bid": 2, "bd": 2, "thrice": 3, "three times": 3,
    "3 times": 3, "tid": 3, "tds": 3, "four times": 4, "4 times": 4, "qid": 4, "qds": 4,
}  # fmt: skip
_CHANGED = re.compile(r"increas|decreas|rais|reduc|titrat|lower|adjust|wean|taper|increment|step", re.IGNORECASE)
_REACH = 90
_SCHEDULE_LEAST = 3  # "/6h"
_EACH_LEAST = 8  # "1 mL is "


def _joined(
    first: Mention, last: Mention, text: str, values: list[Fraction], unit_text: str, style: str
) -> Mention | None:
    unit = lookup(unit_text)
    kind = kind_of(unit) if unit is not None else ""
    if unit is None or not kind:
        return None
    start, end = min(first.start, last.start), max(first.end, last.end)
    exact = tuple(Value(value, Fraction(0)) for value in values)
    shape = first.shape if len(first.values) >= len(last.values) else last.shape
    return Mention(start, end, text[start:end], kind, shape, exact, unit, style,
                   first.about or last.about, first.numbers + last.numbers)  # fmt: skip


def _strength(amount: Mention, volume: Mention, text: str) -> Mention | None:
    """An amount in a volume as one strength; lists of the same length go pair by pair."""
    per_ml = [converted(one.value, volume.unit.text, "mL") for one in volume.values]
    amounts = [one.value for one in amount.values]
    if 0 in per_ml or (len(amounts) > 1 and len(per_ml) > 1 and len(amounts) != len(per_ml)):
        return None
    size = max(len(amounts), len(per_ml))
    amounts, per_ml = amounts * (size // len(amounts)), per_ml * (size // len(per_ml))
    values = [a / v for a, v in zip(amounts, per_ml, strict=True)]
    return _joined(amount, volume, text, values, f"{amount.unit.text}/mL", "dilution")


def _mixed(amount: Mention, volume: Mention, text: str) -> bool:
    """Whether the words between an amount and a volume say that the one is in the other."""
    gap = volume.start - amount.end
    found = _IN.fullmatch(text, amount.end, volume.start) if gap <= _REACH else None
    if found is None or (found.group("words") and _STOPPED.search(found.group("words"))):
        return False
    if (found.group("by") or "").lower() in ("with", "to", "within"):
        return _MIXED.search(text, max(0, amount.start - 60), volume.start) is not None
    return True


def _schedule(amount: Mention, text: str, limit: int) -> Mention | None:
    """An amount with the interval that follows it, as a rate."""
    end = min(limit, amount.end + 60)
    if end - amount.end < _SCHEDULE_LEAST:
        return None
    for pattern, style in _SCHEDULES:
        found = pattern.match(text, amount.end, end)
        if found is None or _CHANGED.search(found.group()):
            continue
        if pattern is _TIMES:
            count, per = Fraction(1, _PER_DAY[(found.group("w") or found.group("l")).lower()]), "d"
        else:
            count, per = Fraction(found.groupdict().get("n") or 1), found.group("t")
        if pattern is _SLASH and amount.kind == "amount-per-kg":
            style = "over"
        if not count:
            continue
        unit = lookup(f"{amount.unit.text}/{per}")
        if unit is None or not kind_of(unit):
            continue
        values = tuple(Value(one.value / count, one.half / count) for one in amount.values)
        stop = found.end()
        return amount._replace(end=stop, text=text[amount.start : stop], kind=kind_of(unit), values=values,
                               unit=unit, style=style)  # fmt: skip
    return None


def _range(one: Mention, two: Mention, text: str) -> Mention | None:
    """Two quantities of one unit that are the ends of a range."""
    gap = text[one.end : two.start].strip() if two.start - one.end < 12 else ""
    if not gap or one.unit != two.unit or len(one.values) != 1 or len(two.values) != 1:
        return None
    if one.style != "plain" or two.style != "plain":
        return None
    between = re.search(r"\bbetween (?:about )?\Z", text[max(0, one.start - 16) : one.start], re.IGNORECASE)
    shape = "change" if gap in ("->", "\u2192") else "range" if gap in ("-", "\u2013", "\u2014", "to") else ""
    if gap == "and" and between:
        shape = "range"
    if not shape:
        return None
    return one._replace(end=two.end, text=text[one.start : two.end], shape=shape, values=one.values + two.values,
                        numbers=one.numbers + two.numbers, about=one.about or two.about)  # fmt: skip


def _pair(one: Mention, two: Mention, text: str) -> Mention | None:
    """What two neighbours make together, if anything."""
    kinds = (one.kind, two.kind)
    if kinds == ("amount", "volume") and _mixed(one, two, text):
        return _strength(one, two, text)
    if (
        kinds == ("volume", "amount")
        and two.start - one.end <= _REACH
        and _HOLDING.fullmatch(text, one.end, two.start)
    ):
        return _strength(two, one, text)
    if kinds == ("volume", "strength") and two.start - one.end <= _REACH and _OF.fullmatch(text, one.end, two.start):
        made = _drawn(one, two, text)
        if made is not None:
            return made
    if (
        kinds == ("strength", "volume")
        and two.start - one.end <= _REACH
        and _IN_ALL.fullmatch(text, one.end, two.start)
    ):
        made = _drawn(two, one, text)
        if made is not None:
            return made
    if kinds == ("strength", "volume") and one.style == "dilution" and len(one.numbers) == 2:
        if _TOTAL.fullmatch(text, one.end, two.start) and two.values[0].value > 0:
            # what it was put into is not what it makes: the last volume is the whole
            share = one.numbers[1].value / two.values[0].value
            values = tuple(Value(value.value * share, value.half) for value in one.values)
            numbers = (one.numbers[0], *two.numbers)
            return one._replace(end=two.end, text=text[one.start : two.end], numbers=numbers, values=values)
    return _range(one, two, text)


def _drawn(volume: Mention, strength: Mention, text: str) -> Mention | None:
    """A volume of a strength as the amount that it holds, or as a rate where it is so much per minute or hour."""
    if len(strength.values) != 1 or strength.style == "dilution":
        return None
    head = strength.unit.text.split("/")[0]
    per_ml = converted(strength.values[0].value, strength.unit.text, f"{head}/mL")
    values = [converted(value.value, volume.unit.text, "mL") * per_ml for value in volume.values]
    per = _SOLUTION_PER.match(text, strength.end, strength.end + 50)
    made = _joined(volume, strength, text, values, f"{head}/{per.group('t')}" if per else head, "dilution")
    if made is None:
        return None
    end = per.end() if per else made.end
    return made._replace(style="drawn", end=end, text=text[made.start : end], shape=volume.shape)


def _bracketed(done: list[Mention], two: Mention, text: str) -> Mention | None:
    """ "4 mg (4 mL) in 250 mL": the volume in brackets is what is drawn up, the last one is the whole."""
    if len(done) < 2 or two.kind != "volume" or two.start - done[-2].end > _REACH:
        return None
    one, inner = done[-2], done[-1]
    ties = _BRACKETS[0].fullmatch(text, one.end, inner.start) and _BRACKETS[1].fullmatch(text, inner.end, two.start)
    if not ties:
        return None
    if one.kind == inner.kind == "amount" and not _FORMS.search(text, one.start, two.start):
        return _strength(inner, two, text)  # "two 4 mg vials (8 mg) in 250 mL"
    if {one.kind, inner.kind} != {"amount", "volume"}:
        return None
    return _strength(one if one.kind == "amount" else inner, two, text)


def whole(mentions: list[Mention], text: str, limit: int) -> tuple[list[Mention], list[Mention]]:
    """The mentions of one segment with what belongs together joined, and the strengths that were drawn from."""
    done: list[Mention] = []
    used: list[Mention] = []
    for place, two in enumerate(mentions):
        stop = mentions[place + 1].start if place + 1 < len(mentions) else limit
        if two.kind in ("amount", "amount-per-kg"):
            two = _schedule(two, text, stop) or two
        if two.kind == "amount" and two.style == "plain":
            since = max(0, two.start - 70, mentions[place - 1].start if place else 0)
            if two.start - since > _EACH_LEAST and _EACH.search(text, since, two.start):
                two = two._replace(style="each")
        two = counted(two, text, mentions[place - 1].end if place else 0)
        three = _bracketed(done, two, text)
        if three is not None:
            done[-2:] = [three]
            continue
        made = _pair(done[-1], two, text) if done else None
        if made is None:
            done.append(two)
            continue
        if made.style == "drawn":
            used.append(two)
        done[-1] = made
    return done, used
