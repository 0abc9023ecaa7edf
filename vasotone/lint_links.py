"""Which quantities of a sentence claim to be equal: by a sign, a word, brackets, or because nothing else is there."""

from __future__ import annotations

import re
from typing import NamedTuple

from vasotone.lint_mentions import DOSES, Mention

_RATES = (*DOSES, "flow")
_AMOUNTS = ("amount", "amount-per-kg", "volume")
_RECKONED = frozenset((*_RATES, *_AMOUNTS, "volume-per-kg", "flow-per-kg", "strength", "weight"))
_FLUIDS = (("volume", "volume-per-kg"), ("flow", "flow-per-kg"))
_LONGEST_GLUE = 170
_HOLE = " \u00a7 "

_SAYS_EQUAL = re.compile(
    r"(?<![<>!\u2264\u2265])=|[\u2248\u2259\u2245\u21d2\u2243]|\bi\.? ?e\b|\bthat is\b|\bthat means\b"
    r"|\bwhich (?:is|means)\b|\bequal(?:s|ling|ing)?\b"
    r"|\bequivalent\b|\bequates?\b|\bcorrespond\w*|\bamount(?:s|ing) to\b|\bworks? out\b|\bworking out\b"
    r"|\btranslat\w+"
    r"|\bconvert(?:s|ed|ing)?\b|\bsame as\b|\bidentical\b|\b(?:also|otherwise) (?:called|known|referred|written"
    r"|expressed|"
    r"described|labell?ed|stated)\b|\breferred to as\b|\bexpressed as\b|\bwritten as\b|\bcom(?:es?|ing) to\b"
    r"|\bnamely\b|\bviz\b"
    r"|\b(?:given|programmed|entered|charted|recorded|printed|documented|reported|misread|transcribed) as\b"
    r"|\bin other words\b|\brepresents?\b|\bmatch(?:es)?\b|\b(?:or|in) other units\b|\btotall?ing\b"
    r"|\btotal of\b|\blabell?ed (?:as|it|them|=)\b"
)
_SAYS_GIVES = re.compile(
    r"\b(?:is|are|was|were|be|being|gives?|giving|gave|yields?|yielding|delivers?|delivering|delivered"
    r"|provides?|providing"
    r"|makes?|making|produces?|producing|results? in|resulting in|means?|meaning|contains?|containing|has|have"
    r"|having|holds?"
    r"|holding|requires?|requiring|needs?|takes?|gets?|receives?|receiving|to (?:give|deliver|make|obtain"
    r"|achieve|get|provide"
    r"|yield|reach|infuse)|concentration|runs? at|running at|infus\w+ at|set (?:at|to)|at a rate of|rate of"
    r"|supplies|carries|uses|using|consumes?|set|program(?:med)?|meant|to get|would be|becomes?|works"
    r"|shows?|reads?|comes)\b"
    r"|[:\u2192]|->"
)
DENIES = re.compile(
    r"\bnot\b|n't\b|n\u2019t\b|\bnever\b|\bno\b|\brather\b|\binstead\b|\bversus\b|\bvs\b|\bthan\b|\bcompared\b"
    r"|\bunlike\b"
    r"|\bwhereas\b|\bwhile\b|\bdiffer\w*|\bplace of\b|\bmistak\w+ for\b|\bfor every\b|\bratio\b"
)
_GOES_ELSEWHERE = re.compile(
    r"\band\b|\bthen\b|\bincreas\w*|\bdecreas\w*|\btitrat\w*|\brais\w+|\blower\w*|\breduc\w*|\bwean\w*"
    r"|\btaper\w*|\bplus\b"
    r"|\bmaxim\w*|\bmax\b|\bminim\w*|\bup to\b|\buntil\b|\bstart\w*|\binitial\w*|\bmaintenance\b|\busual\w*"
    r"|\btypical\w*"
    r"|\brang\w+|\blimit\w*|\bcap\b|\babove\b|\bbelow\b|\bexceed\w*|\bevery\b|\bsteps?\b|\bincrement\w*"
    r"|\bbolus\w*|\bload\w*"
    r"|\bsecond\b|\banother\b|\bother\b|\bprevious\w*|\blater\b|\bafter\b|\bbefore\b|\bif\b|\bwhen\b|\bunless\b"
    r"|\btarget\w*"
    r"|\bfollow\w*|\badd(?:ed|ing|s)?\b|\bthreshold\w*|\bceiling\b|\bsalvage\b|\brefractory\b|\bmedian\b"
    r"|\bhigher\b|\bless\b"
    r"|\bmore\b|\bbut\b|\bfrom\b(?=.*\bto\b)|\bsome\b(?=.*\bothers?\b)|\bby\b(?!\s+\u00a7)|\btwice\b|\bhalf\b"
    r"|\bdouble\b(?! strength)"
    r"|\bchang\w+|\balternativ\w+|\beither\b|\bplasma\b|\blevels?\b|\bclearance\b|\bdaily\b|\btrial\b|\bearlier\b"
)
_FOR = re.compile(
    r"[\w %-]{0,30}\bfor (?:a |an )?(?:final |resulting |total )?(?:concentration |strength )?(?:of )?\W*",
    re.IGNORECASE,
)
_THEN = re.compile(r" \u00a7 +then\b")  # "with 80 kg then 8 to 40"
_THING_HOLDS = re.compile(
    r"\b(?:bag|syringe|ampoule|vial|bottle|bolus)s? (?:then |now |thus )?(?:has|have|holds?|contains?)\b"
)
_CLOSES = re.compile(r" ?[)\]]")
_IN_TOTAL = re.compile(r"(?: in (?:all|total)| total| altogether)? ?[)\]]")
_LISTS = ("", ",", ";", "and", "or", ", and", ", or")
_HAS_THEN = re.compile(r"\b(has|have|had|is|are|gives?|makes?|contains?|holds?) then\b")
_NEUTRAL = frozenset(
    "about approximately approx around roughly nearly circa ca or that is equals equal equivalent to corresponding "
    "corresponds total of a an the final resulting concentration strength solution rate infusion pump dose at as "
    "with "
    "also known referred called flow containing base which per hourly daily for in patient adult weighing man woman "
    "person body weight norepinephrine noradrenaline vasopressin epinephrine adrenaline dopamine dobutamine "
    "phenylephrine bitartrate tartrate hydrochloride salt single double quadruple standard i e ie so i.e and thus "
    "hence giving meaning expressed written counted calculated using from bag syringe free acid mixture strengths "
    "hydrocortisone yielding makes gives given just under over his her this these absolute by it units some drug kg "
    "terms count counts our ours "
    "adults patients infused run running delivered divided prepared almost normalised normalized actual ideal".split()
)
_WORD = re.compile(r"[a-z\u00a7.]+")
_TRAILING = re.compile(
    r"[ \n]*(?:every|increments?|steps?|max|bolus|each|load|more|less|higher|lower|\)?[ \n]?(?:increments?|steps?))\b"
)


class Claim(NamedTuple):
    """Two mentions, by place, that are said to be equal; `firm` where a word or sign says so.

    `total` where they are a volume of one strength and what it holds; `volumes` are the places of what is drawn
    up and what it is made up to, where the first strength is diluted to the second. `mix` is the place of the only
    strength that counts, where several settings are said to give the same.
    """

    first: int
    second: int
    firm: bool
    total: bool = False
    volumes: tuple[int, ...] = ()
    mix: int | None = None
    form: str = ""


def comparable(one: Mention, two: Mention) -> bool:
    """Whether one kind can be reckoned as the other."""
    if one.unit is two.unit and one.drug == two.drug and one.style == two.style == "plain":
        return one.kind in _RECKONED
    if one.drug and two.drug and one.drug != two.drug:
        return False
    heads = [mention.unit.dimension for mention in (one, two)]
    held = [{name for name, _ in head} & {"mass", "activity"} for head in heads]
    if held[0] and held[1] and held[0] != held[1]:
        return False
    kinds = (one.kind, two.kind)
    if set(kinds) == {"amount", "strength"} and "dilution" in (one.style, two.style):
        return True  # "8 mg in 4 mL, i.e. 4 mg of base" speaks of what is in it
    if "over" in (one.style, two.style) and "amount-per-kg" in kinds and "dose" in kinds:
        return True  # "50 ug/kg in 80 kg is 4 mg over 10 min"
    if "each" in (one.style, two.style) and set(kinds) == {"amount", "strength"}:
        return (one if one.kind == "amount" else two).style == "each"
    return any(set(kinds) <= set(group) for group in (_RATES, _AMOUNTS, *_FLUIDS, ("strength",), ("weight",)))


def written_alike(one: Mention, two: Mention) -> bool:
    """Whether both are written in the same unit, manner and form, so that they may as well be alternatives."""
    same_style = one.style == two.style or {one.style, two.style} <= {"plain", "drawn"}
    return one.unit == two.unit and same_style and (one.form == two.form or not (one.form and two.form))


def _glue(mentions: list[Mention], i: int, j: int, text: str) -> str | None:
    """The words between two mentions, with a hole for each mention that stands between them."""
    if mentions[j].start - mentions[i].end > _LONGEST_GLUE:
        return None
    pieces, at = [], mentions[i].end
    for between in mentions[i + 1 : j]:
        pieces.append(text[at : between.start])
        at = between.end
    return _HOLE.join([*pieces, text[at : mentions[j].start]]).lower().replace("\n", " ").replace("\u00a0", " ")


def _neutral(words: str) -> bool:
    return all(word.strip(".") in _NEUTRAL or word in ("\u00a7", ".") for word in _WORD.findall(words))


def _in_brackets(glue: str, one: Mention, two: Mention, text: str) -> bool | None:
    """Whether brackets that open after the first say the second; None where none open."""
    opened = max(glue.rfind("("), glue.rfind("["))
    if opened < 0 or ")" in glue[opened:] or "]" in glue[opened:]:
        return None
    before, inner = glue[:opened], glue[opened + 1 :]
    if re.search(r"[.;]", before) or len(before.split()) > 9 or DENIES.search(inner) or DENIES.search(before):
        return False
    if _TRAILING.match(text, two.end):
        return False
    if _SAYS_EQUAL.search(inner):
        return True
    if written_alike(one, two):
        counted = bool(one.numbers) and one.start < one.numbers[0].start
        closes = (_IN_TOTAL if counted else _CLOSES).match(text, two.end) is not None
        inside = (
            two.shape == "range"
            and one.shape == "one"
            and two.values[0].value <= one.values[0].value <= two.values[1].value
        )
        return (
            closes
            and not inside
            and not before.strip()
            and (two.about or not inner.strip())
            and two.shape == one.shape
        )
    return _neutral(inner) or (bool(_SAYS_GIVES.search(inner)) and not _GOES_ELSEWHERE.search(inner))


def _said(glue: str, one: Mention, two: Mention, text: str) -> Claim | None:
    """How the words between two mentions tie them; the places are filled in by the caller."""
    if glue.strip() in _LISTS and written_alike(one, two):
        return None
    bracket = _in_brackets(glue, one, two, text)
    if bracket is not None:
        return Claim(0, 0, True) if bracket else None
    if DENIES.search(glue) or re.search(
        r"[.!?] (?!(?:that|this|it|which|so|thus|hence)\b)",
        glue.replace("i.e. ", "").replace("approx. ", "").replace("ca. ", ""),
    ):
        return None
    outer = re.sub(r"\([^()]*\)", " ", glue)
    if {one.kind, two.kind} == {"amount", "strength"} and "each" not in (one.style, two.style):
        said = _SAYS_EQUAL.search(outer) or _THING_HOLDS.search(outer)
        return Claim(0, 0, True) if said and _HOLE not in glue else None
    if not glue.strip() and set(DOSES) & {one.kind, two.kind} and "flow" in (one.kind, two.kind):
        return Claim(0, 0, True)  # two cells of one row
    if one.style == "dilution" and two.kind == "strength" and two.style != "dilution" and _FOR.fullmatch(outer):
        return Claim(0, 0, True)
    if one.style == two.style == "dilution" and "dilut" in two.text:
        return None  # a second dilution goes on from the first
    outer = _HAS_THEN.sub(r"\1", _THEN.sub(_HOLE, outer))
    if _SAYS_EQUAL.search(outer):
        loose = _GOES_ELSEWHERE.search(re.split(_SAYS_EQUAL, outer)[-1])
        stray = loose and loose.group() in ("and", "then", "plus", "increas", "every", "by")
        return None if stray or _TRAILING.match(text, two.end) else Claim(0, 0, True)
    if written_alike(one, two):
        return None
    if _SAYS_GIVES.search(outer) and ";" not in outer and not _GOES_ELSEWHERE.search(outer):
        return Claim(0, 0, True)
    listed = re.fullmatch(r"[^;]*;\s*", outer) is not None and _neutral(outer)
    inside = listed and text.rfind("(", max(0, one.start - 120), one.start) > text.rfind(
        ")", max(0, one.start - 120), one.start
    )
    if inside and not written_alike(one, two):
        return Claim(0, 0, False)  # a list in one pair of brackets says one thing in several units
    weak = re.fullmatch(r"\W*[,\u2013\u2014/-]?\s*(?:\bor\b)?(?P<rest>[^.;:]*)", outer)
    if ")" in glue and {one.kind, two.kind} == set(DOSES):
        return None  # what a bracket said is closed
    if weak is None or "over" in (one.style, two.style) or _GOES_ELSEWHERE.search(outer):
        return None
    tied = outer.lstrip(" )").startswith((",", "\u2013", "\u2014", "-", "/", "or ")) or outer.strip(" )") == ""
    different_ways = one.style != two.style or one.unit != two.unit if one.kind == two.kind == "strength" else True
    return Claim(0, 0, False) if tied and different_ways and _neutral(outer) else None


def chains(mentions: list[Mention], text: str) -> list[Claim]:
    """Claims between neighbours, over what stands between them as context, and shared by a second partner."""
    found: list[Claim] = []
    for j, two in enumerate(mentions):
        for i in range(j - 1, max(-1, j - 5), -1):
            one = mentions[i]
            if not comparable(one, two):
                if one.kind in ("weight", "strength", "volume", "amount") or two.kind in DOSES:
                    continue
                break
            if one.kind == two.kind == "strength" and any(found.kind == "volume" for found in mentions[i + 1 : j]):
                break  # a volume between two strengths changes the one into the other
            glue = _glue(mentions, i, j, text)
            said = _said(glue, one, two, text) if glue is not None else None
            if said is not None:
                found.append(said._replace(first=i, second=j))
            elif glue is not None:
                found.extend(_shared(mentions, found, i, j, glue))
            break
    return found


def _shared(mentions: list[Mention], found: list[Claim], i: int, j: int, glue: str) -> list[Claim]:
    """ "0.1 ug/kg/min is 6 ug/min at 60 kg and 8 ug/min at 80 kg": the second partner of one dose."""
    one, two = mentions[i], mentions[j]
    weights = any(mention.kind in ("weight", "strength") for mention in mentions[i + 1 : j])
    if not weights or not written_alike(one, two) or not re.fullmatch(r"[^.]*(?:[,;]|\band\b|\bor\b)[^.;]*", glue):
        return []
    own = any(mention.kind in ("weight", "strength") for mention in mentions[j + 1 : j + 2])
    if not _neutral(glue) or not own and not re.search(r"[,;] at \u00a7", glue):
        return []
    return [Claim(claim.first, j, claim.firm) for claim in found if claim.second == i]
