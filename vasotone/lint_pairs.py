"""Findings on pairs: two quantities that claim to be equal and are not."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.lint_causes import WORDS, arithmetic, cause, fitting, implied, nearest, slips
from vasotone.lint_links import Claim, comparable, written_alike
from vasotone.lint_mentions import DOSES, Mention, Value
from vasotone.lint_owners import forms_of
from vasotone.lint_reckon import Outcome, reckon
from vasotone.lint_record import ERROR, Finding, shown, times
from vasotone.lint_units import lookup

_LOOSE = Fraction(11, 10)  # within what "about" would allow, but no such word stands there
_DRAWN_AND_REST = 3  # the numbers of "6 mL of 1 mg/mL in 94 mL"
_MOST_SETTLED = 12
_APART = Fraction(9, 5)  # two ends of one range that rest on weights or strengths this far apart


class Ground(NamedTuple):
    """What pairs are judged by: the drugs, and the weights of adults that are possible and usual, in kg."""

    drugs: Mapping[str, Any]
    possible: tuple[Fraction, Fraction]
    usual: tuple[Fraction, Fraction]


def ground(drugs: Mapping[str, Any], limits: Mapping[str, Any]) -> Ground:
    """The facts that pairs need."""
    ends = {
        name: units.convert(
            units.number(limits["weight"][name]["value"], where=name), limits["weight"][name]["unit"], "kg"
        )
        for name in ("hard_low", "soft_low", "soft_high", "hard_high")
    }
    return Ground(drugs, (ends["hard_low"], ends["hard_high"]), (ends["soft_low"], ends["soft_high"]))


def form_factors(one: Mention, two: Mention, drugs: Mapping[str, Any]) -> list[tuple[str, str, Fraction]]:
    """Each way the forms of two mentions can be read, as the factor from the first to the second."""
    if one.form == two.form:
        return [("", "", Fraction(1))]
    drug = one.drug or two.drug
    forms = [forms_of(drugs, drug, one.form), forms_of(drugs, drug, two.form)]
    if not forms[0] or not forms[1]:
        return [] if one.form and two.form else [("", "", Fraction(1))]
    found = [
        (a, b, factor_b / factor_a)
        for a, factor_a in forms[0].items()
        for b, factor_b in forms[1].items()
        if (one.form and two.form) or a == b or (one.form or a == "base") and (two.form or b == "base")
    ]
    return sorted(found, key=lambda way: (not (one.form and two.form) and way[2] != 1, way[:2]))


def _rank(one: Mention) -> int:
    """The side that is reckoned from: what is written in the most steps."""
    if one.style in ("ratio", "dilution", "drawn", "percent"):
        return 0
    return {"flow": 1, "dose-per-kg": 2, "amount-per-kg": 2, "volume": 3}.get(
        one.kind, 4 if one.style == "plain" else 3
    )


def _each(one: Mention, two: Mention) -> Mention:
    """An amount that each millilitre holds, beside a strength, as a strength."""
    unit = lookup(f"{one.unit.text}/mL") if one.style == "each" and two.kind == "strength" else None
    return one if unit is None else one._replace(kind="strength", unit=unit)


def _content(one: Mention, two: Mention) -> Mention:
    """What a dilution or a short infusion holds, beside an amount, as an amount."""
    unit = None
    if len(one.numbers) == (2 if one.style == "dilution" else 1) and len(one.values) == 1:
        if (one.style, one.kind, two.kind) == ("dilution", "strength", "amount"):
            unit = lookup(one.unit.text.split("/")[0])
        elif (one.style, one.kind, two.kind) == ("over", "dose", "amount-per-kg"):
            unit = lookup(one.unit.text.rsplit("/", 1)[0])
    if unit is None:
        return one
    number = one.numbers[0]
    return one._replace(kind="amount", unit=unit, values=(Value(number.value, number.half),), style="plain")


def _dilution(mentions: list[Mention], claim: Claim) -> tuple[Mention, Mention, Finding] | None:
    """A strength made up with another fluid; the larger volume may be the whole, or what is added."""
    strong, weak = mentions[claim.first], mentions[claim.second]
    small, large = (mentions[place] for place in claim.volumes)
    part, rest = (units.convert(one.values[0].value, one.unit, "mL") for one in (small, large))
    if not part or not rest:
        return None
    outcomes = []
    for whole in (rest, part + rest):
        value = Value(strong.values[0].value * part / whole, strong.values[0].half * part / whole)
        said = f"{_short(small)} of {_short(strong)} in {shown(whole)} mL"
        made = strong._replace(values=(value,), style="dilution", text=said)
        outcomes.append((made, reckon(made, weak, [], [], [("", "", Fraction(1))])))
    wrong = [(made, found) for made, found in outcomes if found is not None and not found.agrees]
    if len(wrong) < len(outcomes):
        return None
    made, outcome = min(wrong, key=lambda pair: max(pair[1].ratio, 1 / pair[1].ratio))
    size = max(outcome.ratio, 1 / outcome.ratio)
    why = cause(outcome, made, weak, [])
    says = f"{made.text} does not make {_short(weak)}"
    return (
        strong,
        weak,
        _finding("does-not-agree", ERROR, strong, weak, says, arithmetic(outcome, made, weak), size, why),
    )


def _sides(claim: Claim, mentions: list[Mention]) -> tuple[Mention, Mention]:
    """The two quantities of a claim, in the kinds that can be reckoned, the one to start from first."""
    one, two = mentions[claim.first], mentions[claim.second]
    two = two._replace(form=claim.form) if claim.form else two
    one, two = sorted((one, two), key=_rank)
    one, two = _each(one, two), _each(two, one)
    return _content(one, two), _content(two, one)


def _holds(one: Mention, two: Mention) -> bool:
    """Whether one is a volume and the other what it holds."""
    return "volume" in (one.kind, two.kind) and bool({one.kind, two.kind} & {"amount", "amount-per-kg"})


def _outcome(
    one: Mention, two: Mention, weights: list[Mention], strengths: list[Mention], base: Ground
) -> Outcome | None:
    """A pair reckoned with the weights and strengths that it needs; None where it cannot be."""
    by_weight = one.unit.per_kg != two.unit.per_kg
    by_strength = _holds(one, two) or "flow" in (one.kind, two.kind) and bool({one.kind, two.kind} & set(DOSES))
    factors = form_factors(one, two, base.drugs)
    return reckon(one, two, weights if by_weight else [], strengths if by_strength else [], factors)


def settled(
    claim: Claim, mentions: list[Mention], weights: list[Mention], strengths: list[Mention], base: Ground, told: bool
) -> bool:
    """Whether both sides of a claim agree with other quantities, so that they were not meant for one another.

    Where a slip is told, or a volume and an amount stand far apart, one side suffices: "0.5 mcg/kg/min instead of
    0.5 mcg/min, i.e. 35 mcg/min at 70 kg" puts the slip right.
    """
    if len(mentions) > _MOST_SETTLED:
        return False

    def at_home(place: int, other: int) -> bool:
        for at, partner in enumerate(mentions):
            same = at in (place, other) or not comparable(mentions[place], partner)
            if same or written_alike(mentions[place], partner):
                continue
            one, two = _sides(Claim(place, at, False), mentions)
            found = _outcome(one, two, weights, strengths, base) if form_factors(one, two, base.drugs) else None
            if found is not None and found.agrees:
                return True
        return False

    homes = (at_home(place, other) for place, other in (claim[:2], claim[1::-1]))
    return any(homes) if told or claim.total else all(homes)


def _with_the_rest(one: Mention, two: Mention, base: Ground) -> bool:
    """Whether a drawn volume and what it is put into make up the whole: 6 mL into 94 mL."""
    if one.style != "dilution" or two.kind != "strength" or len(one.numbers) != _DRAWN_AND_REST:
        return False
    drawn, rest = one.numbers[0].value, one.numbers[2].value
    if drawn <= 0 or rest <= 0:
        return False
    values = tuple(Value(value.value * rest / (rest + drawn), value.half) for value in one.values)
    found = _outcome(one._replace(values=values), two, [], [], base)
    return found is not None and found.agrees


def judged(
    claim: Claim, mentions: list[Mention], weights: list[Mention], strengths: list[Mention], base: Ground, child: bool
) -> tuple[Mention, Mention, Finding] | None:
    """The finding on one claim, with line and text left open; None where the two agree or cannot be reckoned."""
    one, two = _sides(claim, mentions)
    if claim.volumes:
        return _dilution(mentions, claim)
    if (
        not form_factors(one, two, base.drugs)
        or not claim.total
        and _holds(one, two)
        and not (claim.firm and one.shape == two.shape == "range")
    ):
        return None  # what a volume holds depends on a strength that prose seldom ties to it
    outcome = _outcome(one, two, weights, strengths, base)
    if outcome is None:
        return _without_context(one, two, base, child)
    if outcome.agrees or _with_the_rest(one, two, base):
        return None
    salts = forms_of(base.drugs, one.drug or two.drug, "").values()
    why = cause(outcome, one, two, salts or _any_salts(base.drugs, one, two))
    size = max(outcome.ratio, 1 / outcome.ratio)
    loose = size <= _LOOSE
    said = f"{_short(one)} and {_short(two)} differ by a factor of {shown(size, 2)}"
    if loose:
        return one, two, _finding("loosely-rounded", ERROR, one, two, said + "; say that it is rounded",
                                  arithmetic(outcome, one, two), size, "")  # fmt: skip
    hint = "; ".join(
        filter(None, [", ".join(WORDS[part] for part in why.split("+") if part), fitting(outcome, one, two)])
    )
    return one, two, _finding("does-not-agree", ERROR, one, two, said + (f": {hint}" if hint else ""),
                              arithmetic(outcome, one, two), size, why)  # fmt: skip


def _any_salts(drugs: Mapping[str, Any], one: Mention, two: Mention) -> list[Fraction]:
    """Without a drug in the sentence, a salt may still be meant."""
    if one.drug or two.drug:
        return []
    return [factor for name in drugs for factor in forms_of(drugs, name, "").values()]


def _short(one: Mention) -> str:
    return " ".join(one.text.split())


def _finding(
    code: str, severity: str, one: Mention, two: Mention, says: str, words: str, ratio: Fraction | None, why: str
) -> Finding:
    start, end = min(one.start, two.start), max(one.end, two.end)
    return Finding(code, severity, start, end, 0, "", says, words, ratio, why)


def _without_context(
    one: Mention, two: Mention, base: Ground, child: bool
) -> tuple[Mention, Mention, Finding] | None:
    """A dose per kilogram beside an absolute one, without a weight: the weight that they imply must be one."""
    found = None
    if {one.kind, two.kind} == set(DOSES):
        found = implied(one, two, *base.possible)
    if found is None:
        return _implied_strengths(one, two)
    least, most, weights = found
    if not weights:
        return None
    odd = min(weights, key=lambda kilo: base.possible[0] <= kilo <= base.possible[1])
    if (most < base.possible[0] or least > base.possible[1]) and not child:
        known = [(factor, name) for factor, name in slips(None, ()) if base.usual[0] <= odd * factor <= base.usual[1]
                 or base.usual[0] <= odd / factor <= base.usual[1]]  # fmt: skip
        same = abs(odd - 1) <= Fraction(1, 5)
        why = "weight" if same else known[0][1] if known else ""
        ratio = None if same or not known else known[0][0]
        hint = f": {', '.join(WORDS[part] for part in why.split('+'))}" if why else ""
        return one, two, _finding(
            "does-not-agree", ERROR, one, two,
            f"{_short(one)} and {_short(two)} would need a weight of {shown(odd)} kg{hint}",
            f"{_short(two)} divided by {_short(one)} is {shown(odd)} kg of body weight", ratio, why)  # fmt: skip
    return _uneven(one, two, weights, "weights", "kg")


def _implied_strengths(one: Mention, two: Mention) -> tuple[Mention, Mention, Finding] | None:
    """A flow beside a dose without a strength: both ends must rest on the same one."""
    if "flow" not in (one.kind, two.kind) or one.kind == two.kind or len(one.values) != len(two.values):
        return None
    dose, flow = (two, one) if one.kind == "flow" else (one, two)
    ratios = [d.value / f.value for d, f in zip(dose.values, flow.values, strict=True) if f.value > 0 and d.value > 0]
    return _uneven(one, two, ratios, "strengths", f"{dose.unit.text} for each {flow.unit.text}")


def _uneven(
    one: Mention, two: Mention, found: list[Fraction], noun: str, unit: str
) -> tuple[Mention, Mention, Finding] | None:
    if len(found) < 2 or max(found) < _APART * min(found):
        return None
    ratio = max(found) / min(found)
    words = f"the first numbers imply {shown(found[0])} {unit}, the last {shown(found[-1])} {unit}: {times(ratio)}"
    return one, two, _finding("does-not-agree", ERROR, one, two, f"the ends of {_short(one)} and {_short(two)} imply "
                              f"different {noun}", words, ratio, nearest(ratio, slips(None, ())))  # fmt: skip
