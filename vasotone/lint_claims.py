"""Every claim of a sentence or a short paragraph: what its words tie, and what stands there as the only one."""

from __future__ import annotations

import re
from fractions import Fraction

from vasotone.lint_counted import summed
from vasotone.lint_links import DENIES, Claim, chains, comparable
from vasotone.lint_mentions import DOSES, Mention
from vasotone.units import unit

# What else sends a lone dose and a lone flow of one sentence different ways.
_MIXED_SENTENCE = re.compile(
    r"\bthen\b|\bincreas\w*|\bdecreas\w*|\btitrat\w*|\brais\w+|\blower\w*|\breduc\w*|\bwean\w*|\btaper\w*|\bplus\b"
    r"|\bmaxim\w*|\bmax\b|\bminim\w*|\bup to\b|\buntil\b|\bsteps?\b|\bincrement\w*|\bbolus\w*|\bload\w*|\banother\b"
    r"|\bprevious\w*|\blater\b|\bafter\b|\bbefore\b|\badd(?:ed|ing)? (?:to|on)\b|\bfrom\b.*\bto\b"
    r"|\bby\b(?! [0-9.]+[ -]?(?:kg|m[lL]))"
    r"|\btwice\b|\bhalf\b"
    r"|\bswitch\w*|\bchang\w*|\blimits?\b|\bfluid\w*|\burine\b|\bpriming\b|\bflush\w*|\balternativ\w+|\beither\b"
    r"|\bstart\w*[^.]*\bmaintenance\b|\bcarrier\b"
)
_OTHER_VOLUME = re.compile(
    r"\b(?:bolus\w*|flush\w*|fluids?|left|remain\w*|stock|undiluted|urine|priming|then|plus|increas\w*"
    r"|titrat\w*|discard\w*"
    r"|how many (?:vials?|amp\w+|bags?|syringes?))\b"
)
_MADE_UP = re.compile(
    r"\b(?:dilut\w*|mix\w*|add\w*|ma[dk]e\w*|bring\w*|top\w*|draw\w*|up to|gives?|yields?|in|into)\b"
)
# An incident told: its numbers are meant to differ.
_TOLD = re.compile(
    r"\b(?:wrong\w*|error\w*|erroneous\w*|mistak\w*|slip\w*|misread|mispro\w*|misent\w*|incorrect\w*"
    r"|instead of (?:\w+ ){0,3}[0-9.]"
    r"|instead,? (?!of\b)(?:\w+ ){0,4}[0-9]"
    r"|(?:was|were|had) meant|meant (?:to|for)|intended"
    r"|overdos\w*|incident\w*|accident\w*|should have|rather|confus\w*|(?<!bag )(?<!syringe )swapped"
    r"|tenfold|[0-9]+[- ]?(?:fold"
    r"|times)|in place of"
    r"|prescrib\w+ for|correct (?:is|was|would be)|corrected|near[- ]miss\w*|transpos\w*|inadvertent\w*"
    r"|unintention\w*)\b"
)
_SIGNED = re.compile(r"=|\bi\.? ?e\b|\(")
_STOCK = re.compile(
    r"\b(?:vials?|ampoules?|ampules?|undiluted|stock|concentrate|from one|instead|different|or|between)\b"
)
_SAME = re.compile(r"\b(?:same|both|either|each|alike|unchanged)\b")
_ASKED = re.compile(r"\b(?:calculate|express|convert|how (?:much|many)|what|find|give|work out)\b")
_WANTED = re.compile(
    r"\b(?:as|in|to|of) (?:the |its )?(?:[a-z]+ )?(?P<form>bitartrate|tartrate|hydrochloride|base)\b"
)
_ANSWER = re.compile(r"\b(?:solution|answers?|ans|key|result|reply)\b[ ]?[:=\u2013-]?[ ]?\Z|\?\s*(?:\w+ ){0,3}\Z")
_BEFORE = 20
_NEAR = Fraction(1, 16)
_GRAMS = unit("kg").factor
_MOST_TOGETHER = 7


def _alone(mentions: list[Mention], words: str, start: int, done: list[Claim]) -> list[Claim]:
    """A sentence with just one dose, one flow and one strength, or one each of two kinds, means them together."""
    if DENIES.search(words, max(0, mentions[0].start - start - _BEFORE), mentions[-1].end - start):
        return []
    places: dict[str, list[int]] = {}
    for place, one in enumerate(mentions):
        kind = "reckoned" if one.kind == "strength" and one.style in ("dilution", "ratio") else one.kind
        kind = one.style if one.style in ("drawn", "each") else kind
        places.setdefault(kind, []).append(place)
    single = {kind: at[0] for kind, at in places.items() if len(at) == 1}
    pairs, totals = [], []
    mixed = _MIXED_SENTENCE.search(words) is not None
    if "strength" in single and "reckoned" in single and not _STOCK.search(words):
        pairs.append((single["strength"], single["reckoned"]))
    strengths = len(places.get("strength", [])) + len(places.get("reckoned", []))
    strengths = 1 if "strength" in single and "reckoned" in single else strengths
    doses = [single[kind] for kind in DOSES if kind in single]
    if (
        not mixed
        and "flow" in single
        and strengths == 1
        and doses
        and all(len(places.get(kind, [])) < 2 for kind in DOSES)
        and not _all_ranges(mentions)
    ):
        pairs.append((single["flow"], doses[-1]))
    if not mixed and len(doses) == 2 and "weight" in single:
        pairs.append((doses[0], doses[1]))
    if "volume" in single and "amount" in single and "strength" in single and strengths == 1:
        if not _OTHER_VOLUME.search(words):
            totals.append((single["volume"], single["amount"]))
    if "each" in single and strengths == 1:
        pairs.append((single["each"], single.get("strength", single.get("reckoned", 0))))
    if "drawn" in single and "amount" in single and "volume" not in places and not mixed:
        pairs.append((single["drawn"], single["amount"]))
    have = {frozenset(claim[:2]) for claim in done}
    made = [Claim(min(pair), max(pair), False) for pair in pairs if frozenset(pair) not in have]
    made += [Claim(min(pair), max(pair), False, True) for pair in totals]
    made += _diluted(mentions, places, words) + _same_for_all(mentions, words)
    return [claim for claim in made if comparable(mentions[claim.first], mentions[claim.second])]


def _weighed(mentions: list[Mention], words: str, start: int, done: list[Claim]) -> list[Claim]:
    """ "0.2 ug/kg/min at 80 kg is 16 ug/kg/min": two doses of one unit that are just a weight apart."""
    heavy = [(one.unit.factor, value.value) for one in mentions if one.kind == "weight" for value in one.values]
    kilos = [factor * value for factor, value in heavy if value > 0]
    if not kilos or len(mentions) > _MOST_TOGETHER:
        return []
    doses = [place for place, one in enumerate(mentions) if one.kind in DOSES and len(one.values) == 1]
    have = {claim[:2] for claim in done}
    found = []
    for i, j in zip(doses, doses[1:], strict=False):
        one, two = mentions[i], mentions[j]
        low, high = sorted((one.values[0].value, two.values[0].value))
        between = words[one.end - start : two.start - start]
        if one.unit != two.unit or low <= 0 or (i, j) in have or DENIES.search(between) or not comparable(one, two):
            continue
        if any(abs(high / low / (kilo / _GRAMS) - 1) <= _NEAR for kilo in kilos):
            found.append(Claim(i, j, True))
    return found


def _all_ranges(mentions: list[Mention]) -> bool:
    """Whether strength, dose and flow are ranges, as in a list of what is allowed: their ends need not meet."""
    kinds = {one.kind for one in mentions if one.shape == "range"}
    return all(one.shape == "range" for one in mentions) and "strength" in kinds


def _same_for_all(mentions: list[Mention], words: str) -> list[Claim]:
    """ "4 mg/250 mL at 40 mL/h or 16 mg/250 mL at 10 mL/h, the same 10.7 ug/min": each flow with its own strength."""
    doses = [place for place, one in enumerate(mentions) if one.kind in DOSES]
    flows = [place for place, one in enumerate(mentions) if one.kind == "flow" and place]
    if len(doses) != 1 or len(flows) < 2 or not _SAME.search(words):
        return []
    if any(mentions[place - 1].kind != "strength" for place in flows):
        return []
    return [Claim(min(flow, doses[0]), max(flow, doses[0]), True, mix=flow - 1) for flow in flows]


def _diluted(mentions: list[Mention], places: dict[str, list[int]], words: str) -> list[Claim]:
    """A small volume of a strong solution made up to a large one of a weak solution."""
    strengths = sorted(places.get("strength", []) + places.get("reckoned", []))
    volumes = places.get("volume", [])
    if len(strengths) != 2 or len(volumes) != 2 or len(mentions) > 5 or not _MADE_UP.search(words):
        return []
    if any(len(mentions[at].values) != 1 or mentions[at].style == "dilution" for at in (*strengths, *volumes)):
        return []
    strong = max(strengths, key=lambda at: mentions[at].values[0].value * mentions[at].unit.factor)
    small = min(volumes, key=lambda at: mentions[at].values[0].value * mentions[at].unit.factor)
    weak = next(at for at in strengths if at != strong)
    return [Claim(strong, weak, False, False, (small, next(at for at in volumes if at != small)))]


def across(mentions: list[Mention], words: str, start: int) -> list[Claim]:
    """Claims of a short paragraph that holds just one quantity of each kind, in sentences of their own."""
    lower = words.lower()
    return _alone(mentions, lower, start, []) + _answered(mentions, lower, start)


def _answered(mentions: list[Mention], words: str, start: int) -> list[Claim]:
    """ "Calculate base 4 mg as bitartrate. Solution: 8 mg": what is asked and its answer, each in its form."""
    if len(mentions) != 2 or not comparable(*mentions) or len(mentions[0].values) != len(mentions[1].values):
        return []
    between = (mentions[0].end - start, mentions[1].start - start)
    if not _ASKED.search(words, 0, between[1]) or not _ANSWER.search(words, *between):
        return []
    if mentions[0].unit != mentions[1].unit:
        return [Claim(0, 1, True)]
    wanted = _WANTED.search(words, *between)
    if not wanted or not mentions[0].form:
        return []
    return [Claim(0, 1, True, form=mentions[1].form or wanted.group("form"))]


def is_told(words: str) -> bool:
    """Whether a sentence tells of a slip, so that its numbers are meant to differ."""
    return _TOLD.search(words.lower()) is not None


def claims(mentions: list[Mention], text: str, start: int, end: int) -> list[Claim]:
    """Every pair of mentions of one segment that claims to be equal."""
    if len(mentions) < 2:
        return []
    found = [claim for claim in chains(mentions, text) if not summed(mentions, claim.first, claim.second, text)]
    if _all_ranges(mentions):
        found = [claim for claim in found if claim.firm]
    words = text[start:end].lower()
    if _TOLD.search(words):
        return [
            claim
            for claim in found
            if _SIGNED.search(text, mentions[claim.first].end, mentions[claim.second].start) and claim.firm
        ]
    found += _weighed(mentions, words, start, found)
    return found + (_alone(mentions, words, start, found) if len(mentions) < _MOST_TOGETHER else [])
