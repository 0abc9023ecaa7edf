"""Whose a quantity is: its drug, by place and by unit, and the chemical form that it counts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.lint_mentions import Mention
from vasotone.lint_names import Named, form_after, form_before
from vasotone.lint_numbers import stored

_FILLER = re.compile(
    r"[ \n](?:\(?(?:of|for|the|iv|intravenous|continuous|an?|infusion)[ \n]){0,4}|-?[ \n]?", re.IGNORECASE
)
_EQUIVALENT = re.compile(r"[ -]equiv(?!alent to\b)", re.IGNORECASE)
# Words that leave a drug and the number after it together.
_BOUND = re.compile(
    r"[ \n=:(,~\u2248-]*(?:(?:is|was|are|were|be|at|of|to|dose|doses|dosed|dosing|infusion|infusions|infused"
    r"|started|start"
    r"|starts|begun|given|runs?|running|rate|a|an|the|fixed|low|iv|intravenous|by|may|should|can|about|added"
    r"|add|usual|usually"
    r"|administered|continued|titrated|from|charted|ordered|set|initiated|drip|bolus|up|approximately|currently"
    r"|now|receives?"
    r"|received|prescribed|delivered|concentration|strength|solution|between|recommended|standard|initial"
    r"|maximum|range)"
    r"[ \n=:(,~\u2248-]*)*",
    re.IGNORECASE,
)
_REACH = 60
EQUIVALENT = "equivalents"  # of norepinephrine: a sum over drugs, no drug's own dose
_TO_FORM = re.compile(r" (?:expressed )?(?:as|to|into|in) ")
_FORM_OF = re.compile(r"\b(?:base|(?:bi)?tartrate)(?: of)?[ \n]\Z", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:calculate|express|convert|give|state|work out)\b", re.IGNORECASE)
_INNER_FORM = re.compile(r"\b(bitartrate|tartrate|hydrochloride|base)\b", re.IGNORECASE)


def measure(unit: str) -> str:
    """Whether a unit counts mass or biological activity, or neither."""
    kinds = {name for name, _ in units.unit(unit).dimension}
    return "mass" if "mass" in kinds else "activity" if "activity" in kinds else ""


def owned(
    mentions: list[Mention], named: list[Named], text: str, start: int, before: str, drugs: Mapping[str, Any]
) -> list[Mention]:
    """Each mention with its drug and form; `before` is the drug that the paragraph is about so far."""
    found = []
    last_end = start
    starts = [one.start for one in named]
    for place, one in enumerate(mentions):
        until = mentions[place + 1].start if place + 1 < len(mentions) else one.end + _REACH
        first, past = bisect_left(starts, one.start), bisect_left(starts, one.end)
        drug = _owner(one, named, first, past, until, text, before, drugs)
        before_it, after_it = form_before(text, last_end, one.start), form_after(text, one.end)
        # "base 4 mg as bitartrate" asks for the bitartrate: the 4 mg are base
        asked = after_it and _FORM_OF.search(text, last_end, one.start) and _TO_FORM.match(text, one.end)
        asked = asked and _ASKS.search(text, last_end, one.start)
        form = before_it if asked else after_it or before_it
        inner = _INNER_FORM.search(one.text) if not form and one.style in ("dilution", "drawn") else None
        form = inner.group(1).lower() if inner else form
        found.append(one._replace(drug=drug, form=form) if drug or form else one)
        last_end = one.end
    return found


def _owner(
    one: Mention,
    named: list[Named],
    first: int,
    past: int,
    until: int,
    text: str,
    before: str,
    drugs: Mapping[str, Any],
) -> str:
    """The drug of one mention: named in it, directly after it, bound to it, or the nearest that its unit fits."""
    if past > first:
        return named[first].drug
    after = named[past] if past < len(named) else None
    near = after is not None and after.start <= min(until, one.end + 40)
    if after is not None and near and _FILLER.fullmatch(text, one.end, after.start):
        return EQUIVALENT if _EQUIVALENT.match(text, after.end) else after.drug
    ahead = named[max(0, first - 4) : first]
    if ahead and one.start - ahead[-1].end < _REACH and _BOUND.fullmatch(text, ahead[-1].end, one.start):
        return ahead[-1].drug
    free = [found for found in ahead if not _closed(text, found, one.start)] or ahead
    order = (
        [found.drug for found in reversed(free)]
        + [found.drug for found in named[past : past + 2]]
        + [before] * bool(before)
    )
    wants = measure(one.unit.text)
    fitting = [drug for drug in order if not wants or drug not in drugs or measure(drugs[drug]["unit"]) == wants]
    if fitting:
        return fitting[0]
    return order[0] if free else ""


def _closed(text: str, found: Named, at: int) -> bool:
    """Whether a drug stands in brackets that closed before the quantity."""
    since = max(0, found.start - 30)
    opened, closed = text.rfind("(", since, found.start), text.rfind(")", since, found.start)
    return opened > closed and text.find(")", found.end, at) >= 0


def forms_of(drugs: Mapping[str, Any], drug: str, form: str) -> dict[str, Fraction]:
    """The chemical forms that a word may mean, with the mass of each that equals one of base.

    A word for the tartrate may mean either salt; without a word every form is possible; {} for a drug with one form.
    """
    listed = drugs.get(drug, {}).get("forms") if drug else None
    if not listed and not drug and form:  # only one of the drugs has forms: its words name it
        listed = next((record["forms"] for record in drugs.values() if record.get("forms")), None)
    factors = {name: stored(entry["value"]) for name, entry in (listed or {}).items()}
    if form == "salt":
        return {name: factor for name, factor in factors.items() if name != "base"}
    if form in ("tartrate", "bitartrate"):
        return {name: factor for name, factor in factors.items() if name.endswith("tartrate")}
    return {form: factors[form]} if form in factors else factors
