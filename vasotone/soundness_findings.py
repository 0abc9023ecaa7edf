"""Findings: published effects as records, never as a sentence with a bare number."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vasotone import records_findings as numbers
from vasotone import units
from vasotone.errors import UnitError
from vasotone.records import Record, Variable
from vasotone.soundness_tables import Notes, one_of, only

DESIGNS = (
    "randomised trial", "subgroup", "post hoc analysis", "meta-analysis", "individual-patient meta-analysis",
    "observational", "before and after", "panel survey", "review of cases",
)  # fmt: skip
STUDY_KEYS = set("design population setting n note".split())
FINDING_KEYS = STUDY_KEYS | set(
    "study outcome intervention comparator measure value low high level interval_kind unit better_if arms arms_unit "
    "spread events totals p reported adjusted certainty cite printed_mismatch verified".split()
)
NEEDED = ("study", "outcome", "intervention", "measure", "better_if", "cite")
SAYINGS = ("higher", "lower", "no difference")
INTERVALS = ("confidence", "quartiles")
CERTAINTIES = ("high", "moderate", "low", "very low")
OWN_UNITS = ("/1000",)  # a risk difference per thousand; no reading has this unit
ERROR_KEYS = set("id kind about statements printed printed_intervention measure value unit right cite met_in".split())
ERROR_KINDS = ("direction", "arithmetic", "unit", "citation", "edition")
MOVED = ("effects", "measures")
KEBAB = set("abcdefghijklmnopqrstuvwxyz0123456789-")


class Seen(list[tuple[str, str]]):
    """What one finding has against it."""

    def note(self, where: str, what: str) -> None:
        """Add one."""
        self.append((where, what))


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `findings.toml` or in a statement that points to it."""
    studies = tree.get("study", {})
    sources = trees.get("sources.toml", {})
    for name, study in studies.items():
        only(f"findings.toml study.{name}", study, STUDY_KEYS, problems)
        check_design(f"findings.toml study.{name}", study, problems)
    found = {name: record for name, record in tree.items() if name not in numbers.RESERVED}
    sound = {name for name, record in found.items() if check_finding(name, record, studies, sources, problems)}
    for error in tree.get("known_error", []):
        check_error(error, found, sound, statements, problems)
    for identifier, statement in statements.items():
        where = f"{statement['file']} {identifier}"
        for key in MOVED:
            if key in statement:
                problems.note(where, f"`{key}`: numbers of studies stand in findings.toml, name them by `findings`")
        named = statement.get("findings", [])
        for name in named:
            if name not in found:
                problems.note(where, f"names the finding `{name}`, which does not exist")
        if len(set(named)) < len(named):
            problems.note(where, "names a finding twice")


def check_design(where: str, record: Record, problems: Notes) -> None:
    """A design of the list, and who was studied."""
    one_of(where, "design", record.get("design"), DESIGNS, problems)
    if not record.get("population"):
        problems.note(where, "needs a `population`")


def check_finding(name: str, record: Any, studies: Record, sources: Record, problems: Notes) -> bool:
    """One finding; whether its numbers could be compared with one another."""
    where = f"findings.toml {name}"
    if not isinstance(record, dict) or any(key not in record for key in NEEDED):
        problems.note(where, f"a finding is a table with {', '.join(NEEDED)}")
        return False
    only(where, record, FINDING_KEYS, problems)
    if not set(name) <= KEBAB:
        problems.note(where, "an id is in kebab case: small letters, digits, hyphens")
    if record["study"] not in studies:
        problems.note(where, f"`study = {record['study']}` is not described")
    check_design(where, numbers.merged(record, studies), problems)
    one_of(where, "measure", record["measure"], numbers.MEASURES, problems)
    if record["measure"] not in numbers.MEASURES:
        return False
    seen = Seen()
    check_sides(where, record, seen)
    check_words(where, record, sources, seen)
    check_shape(where, record, seen)
    if not seen:  # reckon only with numbers that are sound
        check_interval(where, record, problems)
        check_agreement(where, record, problems)
    for place, what in seen:
        problems.note(place, what)
    return not seen


def check_sides(where: str, record: Record, problems: Notes) -> None:
    """Two sides where something is compared, one where nothing is; `better_if` fits the measure."""
    measure, better = record["measure"], record["better_if"]
    if (measure in numbers.ALONE) == bool(record.get("comparator")):
        problems.note(where, f"a `{measure}` has {'no' if measure in numbers.ALONE else 'a'} comparator")
    if record.get("comparator") == record["intervention"]:
        problems.note(where, "compares a thing with itself")
    none = 0 if measure == numbers.REPORTED else numbers.no_effect(measure)
    allowed = ("none",) if none is None else ("none", f"below {none}", f"above {none}")
    if better not in allowed:
        problems.note(where, f"`better_if = {better}` does not fit a {measure}: {', '.join(allowed)}")


def check_words(where: str, record: Record, sources: Record, problems: Notes) -> None:
    """Words of closed lists, units, the P value, and the badge of what rests on memory."""
    if "interval_kind" in record:
        one_of(where, "interval_kind", record["interval_kind"], INTERVALS, problems)
    if "certainty" in record:
        one_of(where, "certainty", record["certainty"], CERTAINTIES, problems)
    if (record["measure"] == numbers.REPORTED) != ("reported" in record):
        problems.note(where, "`reported` belongs to the measure of that name")
    elif "reported" in record:
        one_of(where, "reported", record["reported"], SAYINGS, problems)
    for key in ("unit", "arms_unit"):
        text = record.get(key, "1")
        try:
            if text not in OWN_UNITS:
                units.unit(text, where=where)
        except UnitError as error:
            problems.note(where, str(error))
    if record["measure"] in numbers.RATIOS and record.get("unit") != "1":
        problems.note(where, "a ratio has the unit `1`")
    if "p" in record and not is_p(record["p"]):
        problems.note(where, f"`p = {record['p']}` is neither a P value nor `not significant`")
    cite = record["cite"]
    cite = cite if isinstance(cite, dict) else {}
    on_memory = cite.get("read", sources.get(str(cite.get("source")), {}).get("read")) == "memory"
    if on_memory == record.get("verified", True):
        problems.note(where, "`verified = false` stands where, and only where, the place was not read")


def is_p(text: Any) -> bool:
    """Whether a text is a printed P value."""
    if text == "not significant":
        return True
    try:
        return isinstance(text, str) and 0 <= Fraction(text.lstrip("<")) <= 1
    except ValueError:
        return False


def check_shape(where: str, record: Record, problems: Notes) -> None:
    """Numbers where they belong: two arms of a comparison, counts that can be, a value where none can be reckoned."""
    measure, sides = record["measure"], 1 if record["measure"] in numbers.ALONE else 2
    if "arms" in record and "events" in record:
        problems.note(where, "give the counts, or the arms: rates follow from counts")
    if ("events" in record) != ("totals" in record):
        problems.note(where, "`events` and `totals` come together")
    for key in ("arms", "events", "totals"):
        if key in record and not (isinstance(record[key], list) and len(record[key]) == sides):
            problems.note(where, f"`{key}` has {sides} number{'s' if sides == 2 else ''}, the intervention first")
    for events, totals in zip(record.get("events", []), record.get("totals", []), strict=False):
        if not 0 <= events <= totals or not totals:
            problems.note(where, f"{events} of {totals} cannot be")
    if record.get("arms_unit", record.get("unit")) == "%" and measure in ("risk difference", *numbers.RATIOS):
        if any(not 0 <= arm <= 100 for arm in record.get("arms", [])):
            problems.note(where, "a rate lies between 0 and 100 %")
    if "arms" in record and measure in numbers.RATIOS and "arms_unit" not in record:
        problems.note(where, "the arms of a ratio need `arms_unit`")
    if "spread" in record and len(record["spread"]) != len(record.get("arms", [0])):
        problems.note(where, "`spread` has one number for each arm")
    if "value" in record:
        reckons = measure in numbers.DIFFERENCES and measure not in numbers.NOT_FROM_ARMS
        if reckons and ("arms" in record or "events" in record) and "low" not in record:
            problems.note(where, "the difference follows from the arms: do not type it")
    elif measure in numbers.RATIOS or measure in numbers.NOT_FROM_ARMS:
        problems.note(where, f"a {measure} needs its printed `value`")
    elif measure != numbers.REPORTED and "arms" not in record and "events" not in record:
        problems.note(where, "needs a `value`, or arms or counts that give it")


def check_interval(where: str, record: Record, problems: Notes) -> None:
    """An interval has two ends, holds its value, and a ratio is above zero."""
    if ("low" in record) != ("high" in record) or ("low" in record and "value" not in record):
        problems.note(where, "an interval has `low`, `high` and the `value` between them")
    elif "low" in record and not record["low"] <= record["value"] <= record["high"]:
        problems.note(where, f"{record['value']} lies outside {record['low']} to {record['high']}")
    lowest = min((record[key] for key in ("value", "low") if key in record), default=1)
    if record["measure"] in numbers.RATIOS and lowest <= 0:
        problems.note(where, "a ratio is above 0")
    if not 0 < record.get("level", 95) < 100:
        problems.note(where, "`level` is a percentage")


def check_agreement(where: str, record: Record, problems: Notes) -> None:
    """The arms give the printed effect within rounding, or the record says why not; sides never contradict."""
    declared = "printed_mismatch" in record
    if "value" not in record or ("arms" not in record and "events" not in record):
        if declared:
            problems.note(where, "declares a mismatch between numbers that are not given")
        return
    spans = numbers.arm_spans(record)
    none = numbers.no_effect(record["measure"])
    if none is not None and not declared and opposed(record["value"] - none, spans):
        problems.note(where, "the effect points one way and the arms the other")
    span = numbers.effect_span(record)
    if span is None or record.get("adjusted"):
        return
    agree = numbers.agrees(record, span)
    if not agree and not declared:
        low, high = (round(float(end), 3) for end in span)
        problems.note(where, f"the arms give {low} to {high}, not {record['value']}: correct it, or say why in "
                             "`printed_mismatch`")  # fmt: skip
    if agree and declared:
        problems.note(where, "declares a mismatch, and the numbers agree")


def opposed(beyond: float, spans: list[tuple[Fraction, Fraction]]) -> bool:
    """Whether the arms, beyond rounding, lie on the other side of no effect than the printed effect."""
    (low_a, high_a), (low_b, high_b) = spans
    return (beyond > 0 and high_a < low_b) or (beyond < 0 and low_a > high_b)


def check_error(
    error: Record, found: dict[str, Record], sound: set[str], statements: dict[str, Record], problems: Notes
) -> None:
    """A known error names what it is about, and is an error indeed where numbers can tell."""
    where = f"findings.toml known_error {error.get('id', '?')}"
    only(where, error, ERROR_KEYS, problems)
    one_of(where, "kind", error.get("kind"), ERROR_KINDS, problems)
    for key in ("id", "printed", "right"):
        if not error.get(key):
            problems.note(where, f"`{key}` is missing")
    if ("cite" in error) == ("met_in" in error):
        problems.note(where, "needs either a `cite` or where it was `met_in`")
    if not error.get("about") and not error.get("statements"):
        problems.note(where, "is `about` findings, or about `statements`")
    for name in error.get("statements", []):
        if name not in statements:
            problems.note(where, f"names the statement `{name}`, which does not exist")
    for name in error.get("about", []):
        if name not in found:
            problems.note(where, f"names the finding `{name}`, which does not exist")
        elif name in sound:
            check_is_wrong(where, error, found[name], problems)


def check_is_wrong(where: str, error: Record, finding: Record, problems: Notes) -> None:
    """An error of direction turns the finding round; one of arithmetic does not follow from its counts."""
    if error.get("kind") == "direction" and error.get("printed_intervention") != finding.get("comparator"):
        problems.note(where, "`printed_intervention` is not the comparator of the finding: nothing is turned round")
    if error.get("kind") == "arithmetic":
        if "value" not in error or "measure" not in error:
            problems.note(where, "an error of arithmetic has the printed `measure` and `value`")
            return
        span = numbers.effect_span({**finding, "measure": error["measure"], "unit": error.get("unit", "")})
        if span is None or numbers.agrees(error, span):
            problems.note(where, "what is printed follows from the arms: no error")
