"""The measures of findings, and what follows from the numbers of the arms alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from vasotone.records import Finding, Record

RATIOS = ("RR", "OR", "HR", "win ratio")
DIFFERENCES = (
    "risk difference", "mean difference", "median difference", "difference", "before-after", "percent change"
)  # fmt: skip
ALONE = ("share", "mean", "median")
REPORTED = "reported"
MEASURES = (*RATIOS, *DIFFERENCES, *ALONE, REPORTED)
# A hazard ratio needs times, a percent change each patient's own start: rates and means do not give them.
NOT_FROM_ARMS = ("HR", "percent change")
RESERVED = ("study", "known_error")
HUNDRED = Fraction(100)


def exact(value: float | int) -> Fraction:
    """A number of the data as it is written."""
    return Fraction(str(value))


def places(values: Iterable[float | int]) -> int:
    """The most decimals that any of these numbers is written with; one table prints all alike."""
    most = 0
    for value in values:
        _, _, after = str(value).partition(".")
        most = max(most, len(after.rstrip("0")))
    return most


def half_digit(values: Iterable[float | int]) -> Fraction:
    """Half of the last printed digit: what rounding can hide."""
    return Fraction(1, 2 * 10 ** places(values))


def no_effect(measure: str) -> int | None:
    """The value that means no difference: 1 of a ratio, 0 of a difference; None where nothing is compared."""
    if measure in RATIOS:
        return 1
    return 0 if measure in DIFFERENCES else None


def effect(measure: str, unit: str, first: Fraction, second: Fraction) -> Fraction | None:
    """The effect that two rates in % or two means give; None where it does not follow from them."""
    if measure in NOT_FROM_ARMS or (measure in RATIOS and not second):
        return None
    if measure == "OR":
        if HUNDRED in (first, second):
            return None
        return (first / (HUNDRED - first)) / (second / (HUNDRED - second))
    if measure in RATIOS:
        return first / second
    return (first - second) * (10 if unit == "/1000" else 1)


def arm_spans(record: Record) -> list[tuple[Fraction, Fraction]]:
    """The lowest and highest value of each arm that its printed form allows; exact where counts are given."""
    if "events" in record:
        shares = [HUNDRED * one / all_ for one, all_ in zip(record["events"], record["totals"], strict=True)]
        return [(share, share) for share in shares]
    arms = record.get("arms", [])
    slack = half_digit(arms)
    return [(exact(arm) - slack, exact(arm) + slack) for arm in arms]


def effect_span(record: Record) -> tuple[Fraction, Fraction] | None:
    """Lowest and highest effect that the printed arms allow; None where none follows from them."""
    spans = arm_spans(record)
    if len(spans) != 2:
        return None
    corners = [
        effect(record["measure"], record.get("unit", ""), first, second) for first in spans[0] for second in spans[1]
    ]
    known = [corner for corner in corners if corner is not None]
    return (min(known), max(known)) if len(known) == len(corners) else None


def agrees(record: Record, span: tuple[Fraction, Fraction]) -> bool:
    """Whether the printed effect lies where the arms put it, as far as the printed digits can tell."""
    printed = [record[key] for key in ("value", "low", "high") if key in record]
    slack = half_digit(printed)
    value = exact(record["value"])
    return span[0] - slack <= value <= span[1] + slack


def merged(record: Record, studies: Record) -> Record:
    """A finding with what its study says for all of its findings; its own word comes first."""
    study = studies.get(record.get("study", ""), {})
    notes = [text for text in (record.get("note"), study.get("note")) if text]
    return {**study, **record, "note": " ".join(notes)}


def finding_of(identifier: str, record: Record, studies: Record, sources: Record) -> Finding:
    """A checked table of findings.toml as a record, with what can be reckoned from its arms."""
    whole = merged(record, studies)
    cite = whole["cite"]
    read = cite.get("read", sources.get(cite["source"], {}).get("read", "memory"))
    value, low, high = (whole.get(key) for key in ("value", "low", "high"))
    arms: Sequence[float] = whole.get("arms", ())
    unit: str = whole.get("unit", "")
    arms_unit: str = whole.get("arms_unit", unit if arms else "")
    if "events" in whole:
        arms, arms_unit = [float(round(low_end, 1)) for low_end, _ in arm_spans(whole)], "%"
    computed = value is None and bool(arms)
    if computed:
        centres = [exact(arm) for arm in arms]
        reckoned = effect(whole["measure"], unit, *centres) if len(centres) == 2 else centres[0]
        value = None if reckoned is None else float(reckoned)
    return Finding(
        id=identifier, outcome=whole["outcome"], intervention=whole["intervention"],
        comparator=whole.get("comparator", ""), measure=whole["measure"], value=value, low=low, high=high,
        unit=unit, better_if=whole["better_if"], computed=computed,
        interval_kind=whole.get("interval_kind", "confidence" if low is not None else ""), level=whole.get("level"),
        arms=tuple(arms), arms_unit=arms_unit, spread=tuple(whole.get("spread", ())),
        events=tuple(whole.get("events", ())), totals=tuple(whole.get("totals", ())), p=whole.get("p", ""),
        reported=whole.get("reported", ""), adjusted=whole.get("adjusted", False),
        certainty=whole.get("certainty", ""), design=whole["design"], population=whole["population"],
        setting=whole.get("setting", ""), n=whole.get("n"), source=cite["source"], at=cite["at"], read=read,
        verified=whole.get("verified", read != "memory"), printed_mismatch=whole.get("printed_mismatch", ""),
        note=whole["note"],
    )  # fmt: skip
