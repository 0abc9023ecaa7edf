"""Findings that speak: which side an effect favours, and one sentence whose direction cannot be mistaken."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vasotone.errors import InputError
from vasotone.facts import Facts
from vasotone.records import Finding, Record
from vasotone.records_findings import (
    ALONE,
    RATIOS,
    REPORTED,
    RESERVED,
    effect,
    exact,
    finding_of,
    no_effect,
    places,
)

INTERVENTION, COMPARATOR, NEITHER = "intervention", "comparator", "neither"
BEFORE = "before"
ALPHA = Fraction(1, 20)  # the convention by which a printed P value without an interval is read
NOT_SIGNIFICANT = "not significant"
NAMES = {"RR": "risk ratio", "OR": "odds ratio", "HR": "hazard ratio", "win ratio": "win ratio"}
TURNED = {"higher": "lower", "lower": "higher"}


def findings(facts: Facts) -> dict[str, Finding]:
    """Every published effect by its id, with what follows from its arms."""
    tree = facts.shelf("findings")
    studies = tree.get("study", {})
    return {
        name: finding_of(name, record, studies, facts.sources)
        for name, record in tree.items()
        if name not in RESERVED
    }


def known_errors(facts: Facts) -> dict[str, Record]:
    """What is printed elsewhere and wrong, by id: to be recognised, never to be quoted as a finding."""
    return {record["id"]: record for record in facts.shelf("findings").get("known_error", [])}


def used_by(facts: Facts) -> dict[str, list[str]]:
    """For each finding the statements that name it."""
    users: dict[str, list[str]] = {}
    for identifier, statement in facts.whole().items():
        for name in statement.get("findings", []):
            users.setdefault(name, []).append(identifier)
    return users


def side(finding: Finding) -> int:
    """Whether the outcome is more (1), less (-1) or the same (0) with the intervention; 0 in one group."""
    if finding.measure == REPORTED:
        return {"higher": 1, "lower": -1}.get(finding.reported, 0)
    none = no_effect(finding.measure)
    if none is None or finding.value is None:
        return 0
    return (finding.value > none) - (finding.value < none)


def crosses_no_effect(finding: Finding) -> bool | None:
    """Whether the interval holds the value of no effect, its ends included; None without such an interval."""
    none = no_effect(finding.measure)
    if none is None or finding.low is None or finding.high is None or finding.interval_kind != "confidence":
        return None
    return finding.low <= none <= finding.high


def significant(finding: Finding) -> bool | None:
    """Whether chance is unlikely, by the interval, else by the P value; None when neither was noted."""
    crosses = crosses_no_effect(finding)
    if crosses is not None:
        return not crosses
    if not finding.p:
        return None
    if finding.p == NOT_SIGNIFICANT:
        return False
    bound = Fraction(finding.p.lstrip("<"))
    return bound <= ALPHA if finding.p.startswith("<") else bound < ALPHA


def favours(finding: Finding) -> str:
    """`intervention`, `comparator`, or `neither`: not judged, compatible with no effect, or chance not examined."""
    if finding.better_if == "none" or not side(finding):
        return NEITHER
    if not significant(finding) and (finding.measure != REPORTED or finding.p):
        return NEITHER
    better = 1 if finding.better_if.startswith("above") else -1
    return INTERVENTION if side(finding) == better else COMPARATOR


def swapped(finding: Finding) -> Finding:
    """The same finding told from the other side: ratios inverted, differences negated, arms exchanged.

    InputError for a finding in one group or a percent change, which have no other side.
    """
    if finding.measure in ALONE or finding.measure == "percent change":
        raise InputError("this finding has no other side", where=finding.id, seen=finding.measure,
                         why="it compares no two groups", fix="take a finding with a comparator")  # fmt: skip

    def turn(value: float | None) -> float | None:
        if value is None:
            return None
        return float(1 / Fraction(value)) if finding.measure in RATIOS else -value

    return finding._replace(
        intervention=finding.comparator, comparator=finding.intervention,
        value=turn(finding.value), low=turn(finding.high), high=turn(finding.low),
        arms=finding.arms[::-1], spread=finding.spread[::-1], events=finding.events[::-1],
        totals=finding.totals[::-1], reported=TURNED.get(finding.reported, finding.reported),
    )  # fmt: skip


def reckoned(finding: Finding) -> dict[str, float]:
    """From the arms alone: shares in %, RR, OR, risk difference in points and per 1000; empty where none applies.

    `treated for one`, people treated for one event less or more, only where an effect is judged and not by chance.
    """
    if len(finding.arms) != 2 or finding.arms_unit != "%" or finding.measure in ("before-after", "win ratio"):
        return {}
    first, second = [exact(arm) for arm in finding.arms]
    if finding.events:
        first, second = [Fraction(100 * one, all_) for one, all_ in zip(finding.events, finding.totals, strict=True)]
    record = {f"{INTERVENTION} %": round(float(first), 1), f"{COMPARATOR} %": round(float(second), 1)}
    for measure, digits in (("RR", 2), ("OR", 2), ("risk difference", 1)):
        value = effect(measure, "%", first, second)
        if value is not None:
            record[measure] = round(float(value), digits)
    record["per 1000"] = round(float(first - second) * 10)
    if first != second and favours(finding) != NEITHER:
        record["treated for one"] = round(float(100 / abs(first - second)))
    return record


def says(finding: Finding) -> str:
    """The finding as one plain sentence: both sides, direction, interval, and whether it includes no effect."""
    if finding.measure in ALONE:
        sentence = one_group(finding)
    elif finding.measure == REPORTED:
        sentence = f"{direction(finding)}, as reported; the numbers were not read"
    else:
        sentence = f"{direction(finding)}, {size(finding)}{verdict(finding)}"
    winner = {INTERVENTION: finding.intervention, COMPARATOR: finding.comparator}.get(favours(finding))
    if winner:
        sentence += f"; better with {winner}"
    if finding.printed_mismatch:
        sentence += f"; printed numbers disagree: {finding.printed_mismatch}"
    if not finding.verified:
        sentence += "; from memory, not verified"
    return f"{sentence[0].upper()}{sentence[1:]}."


def one_group(finding: Finding) -> str:
    """A share, mean or median in one group."""
    share = finding.measure == "share"
    text = f"{finding.intervention}: {finding.outcome}, {'in' if share else finding.measure} "
    text += with_unit(as_written(finding.value), finding.unit)
    if finding.events:
        text += f" ({finding.events[0]} of {finding.totals[0]})"
    return f"{text}{interval_text(finding)}; one group, no comparison"


def direction(finding: Finding) -> str:
    """Outcome, more or less, with which side than with which, and the two arms where they are known."""
    which = side(finding)
    more = {1: "more wins", -1: "fewer wins"} if finding.measure == "win ratio" else {1: "higher", -1: "lower"}
    digits = places(finding.arms)
    figures = [""] * 2
    if len(finding.arms) == 2:
        for place, arm in enumerate(finding.arms):
            text = number_text(arm, digits)
            if len(finding.spread) == 2:
                text += f" ± {number_text(finding.spread[place], places(finding.spread))}"
            figures[place] = f" ({with_unit(text, finding.arms_unit)})"
    before = finding.comparator == BEFORE
    first = f"{'after' if before else 'with'} {finding.intervention}{figures[0]}"
    second = f"{finding.comparator if before else f'with {finding.comparator}'}{figures[1]}"
    if not which:
        return f"{finding.outcome}: no difference, {first} and {second}"
    return f"{finding.outcome}: {more[which]} {first} than {second}"


def size(finding: Finding) -> str:
    """The effect with its name, and its interval or spread."""
    value = number_text(finding.value, places(finding.arms)) if finding.computed else as_written(finding.value)
    adjusted = "adjusted " if finding.adjusted else ""
    if finding.measure in RATIOS:
        text = f"{adjusted}{NAMES[finding.measure]} {value}"
    elif finding.measure == "percent change":
        text = f"change {value} %"
    else:
        unit = {"%": "percentage points", "/1000": "per 1000"}.get(finding.unit, finding.unit)
        text = f"{adjusted}{'change' if finding.comparator == BEFORE else 'difference'} {with_unit(value, unit)}"
    if len(finding.spread) == 1:
        text += f" (standard deviation {as_written(finding.spread[0])})"
    return text + interval_text(finding)


def verdict(finding: Finding) -> str:
    """What interval or P value say about no effect, or that none was noted."""
    crosses = crosses_no_effect(finding)
    if crosses is not None:
        return " (includes no effect)" if crosses else " (excludes no effect)"
    known = significant(finding)
    if known is None:
        return ", no interval or P value noted"
    if finding.p == NOT_SIGNIFICANT:
        return ", reported as not significant"
    return f", P {finding.p}" if known else f", P {finding.p} (compatible with no effect)"


def interval_text(finding: Finding) -> str:
    """The printed interval, or nothing."""
    if finding.low is None or finding.high is None:
        return ""
    name = "interval" if finding.interval_kind == "confidence" else finding.interval_kind
    level = f"{finding.level:g} % " if finding.level else ""
    return f", {level}{name} {as_written(finding.low)} to {as_written(finding.high)}"


def as_written(value: float | None) -> str:
    """A number of the data with the decimals it was written with, no digit invented."""
    return "not known" if value is None else number_text(value, places([value]))


def number_text(value: float | None, digits: int) -> str:
    """A number with so many decimals."""
    return "not known" if value is None else f"{value:.{digits}f}"


def with_unit(text: str, unit: str) -> str:
    """A number with its unit as people write it."""
    return text if unit in ("", "1") else f"{text} {unit.replace('mm[Hg]', 'mmHg')}"


def shown(finding: Finding, users: dict[str, list[str]]) -> dict[str, Any]:
    """The finding for `facts show`: its sentence first, whom it favours, what its arms give, who uses it."""
    plain = {key: value for key, value in finding._asdict().items() if value not in ("", None, ())}
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}
    interval = {"interval": [finding.low, finding.high]} if finding.low is not None else {}
    return {
        "says": says(finding),
        "favours": favours(finding),
        "significant": significant(finding),
        **plain,
        **interval,
        **({"reckoned_from_arms": reckoned(finding)} if reckoned(finding) else {}),
        "used_by": users.get(finding.id, []),
    }


def quoted(statement: Record, found: dict[str, Finding]) -> dict[str, dict[str, str]]:
    """The findings that a statement names, each as its sentence; empty where it names none."""
    named = statement.get("findings", [])
    return {"findings": {name: says(found[name]) for name in named}} if named else {}
