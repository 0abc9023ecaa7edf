"""Conflicts: what sources say differently, both sides kept; and live statements that would contradict one another.

A claim is what a statement comes to, for this check alone: about what (`drug` or `target`); either an `action`
with its `polarity`, or a `parameter` with its number; for which `population` and in which `setting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError
from vasotone.records import Record, Variable
from vasotone.rulebook import OLDER_EDITIONS, edition_for
from vasotone.soundness_tables import Notes, one_of, only

CONFLICT_KEYS = set("topic question positions rule status links".split())
POSITION_KEYS = set("says statement edition value low high above below unit cite".split())
STATUSES = ("open", "settled-by-edition")
FEWEST_POSITIONS = 2

CLAIM_KEYS = set(
    "drug target action polarity parameter of population setting value low high above below unit cite".split()
)
ACTIONS = tuple(
    "start add give raise lower hold stop stop-abruptly stop-first substitute place deliver give-peripherally "
    "give-for-kidneys".split()
)
PARAMETERS = tuple(
    "target range dose limit step volume duration interval fall trigger practice-band threshold definition".split()
)
POLARITIES = ("for", "against", "open")
OPPOSITE = {"for", "against"}
SETTINGS = tuple(
    "any initial first first-unavailable add-on escalating titration low-pressure at-target above-target "
    "low-diastolic weak-heart overload fluid-challenge acidaemia acidaemia-with-aki refractory salvage weaning "
    "peripheral extravasation monitoring high-dose trial perioperative".split()
)
# Where the line between younger and older runs is said by the statement's own condition.
AGE_WORDS = ("adult", "older", "younger", "child")
OTHER_AGENTS = "crystalloid balanced-crystalloid saline albumin starch gelatin vitamin-c".split()
OTHER_TARGETS = (
    "fluid arterial-line central-line peripheral-line bicarbonate beta-blocker source-control goals-of-care "
    "shock-type echo device"
).split()
NUMBERS = ("value", "low", "high", "above", "below")

Key = tuple[str, ...]


class Span(NamedTuple):
    """The numbers of a claim: from and to, each with whether the end itself is left out, in `unit`."""

    low: Fraction | None
    open_low: bool
    high: Fraction | None
    open_high: bool
    unit: str


class Claim(NamedTuple):
    """One claim of one statement: what it is compared by, and what it says there."""

    statement: str
    key: Key
    polarity: str
    span: Span | None


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `conflicts.toml` or in a claim, and live claims that differ without a record."""
    profiles = trees.get("profiles.toml", {})
    for identifier, conflict in tree.items():
        check_conflict(identifier, conflict, statements, profiles, problems)
    known = words_of(trees.get("drugs.toml", {}), variables)
    claims = [
        claim
        for statement in statements.values()
        for raw in claims_in(statement)
        if (claim := read_claim(statement, raw, known, problems)) is not None
    ]
    recorded = [named_by(conflict) for conflict in tree.values() if isinstance(conflict, dict)]
    for first, second in contradictions(claims, statements, profiles):
        if not any({first.statement, second.statement} <= names for names in recorded):
            problems.note(
                f"{statements[first.statement]['file']} {first.statement}",
                f"says otherwise than `{second.statement}` on {' '.join(word for word in first.key if word)} "
                "in one profile: show both in conflicts.toml, or say for whom each holds",
            )


def check_conflict(
    identifier: str, conflict: Any, statements: dict[str, Record], profiles: Record, problems: Notes
) -> None:
    """One conflict: a question, at least two positions from different sources, and what the product does."""
    where = f"conflicts.toml {identifier}"
    if not isinstance(conflict, dict):
        problems.note(where, "a conflict is a table")
        return
    only(where, conflict, CONFLICT_KEYS, problems)
    for needed in ("topic", "question", "rule"):
        if not str(conflict.get(needed, "")).strip():
            problems.note(where, f"`{needed}` is missing")
    one_of(where, "status", conflict.get("status"), STATUSES, problems)
    for name in conflict.get("links", []):
        if name not in statements:
            problems.note(where, f"links to the statement `{name}`, which does not exist")
    positions = conflict.get("positions", [])
    for place, position in enumerate(positions, 1):
        check_position(f"{where} position {place}", position, statements, profiles, problems)
    sources = {position.get("cite", {}).get("source") for position in positions} - {None}
    if len(positions) < FEWEST_POSITIONS or len(sources) < FEWEST_POSITIONS:
        problems.note(where, "needs two positions that rest on different sources")
    editions = {position.get("edition") for position in positions}
    if conflict.get("status") == "settled-by-edition" and not editions & set(profiles):
        problems.note(where, "is settled by an edition, and no position names the `edition` of a profile")


def check_position(
    where: str, position: Record, statements: dict[str, Record], profiles: Record, problems: Notes
) -> None:
    """One side: its words, its cite, and a number that agrees with the statement that carries it."""
    only(where, position, POSITION_KEYS, problems)
    if not str(position.get("says", "")).strip() or "cite" not in position:
        problems.note(where, "needs `says` and `cite`")
    edition = position.get("edition")
    if edition is not None and edition not in profiles and edition not in OLDER_EDITIONS:
        problems.note(where, f"edition `{edition}` is unknown")
    elif edition is not None and position.get("cite", {}).get("source") != edition:
        problems.note(where, f"speaks for the edition `{edition}` and cites another source")
    name = position.get("statement")
    if name is None:
        read_span(where, position, problems)
        return
    if name not in statements:
        problems.note(where, f"names the statement `{name}`, which does not exist")
        return
    span = read_span(where, position, problems)
    silent = Silent()
    claimed = [read_span("", raw, silent, statements[name]) for raw in claims_in(statements[name])]
    if span is None:
        return
    comparable = [one for one in claimed if one is not None and one.unit == span.unit]
    if comparable and not any(is_same(span, one) for one in comparable):
        problems.note(where, f"its number is not the one that `{name}` claims")


class Silent:
    """Takes notes that somebody else has made already."""

    def note(self, where: str, what: str) -> None:
        """Nothing."""


def named_by(conflict: Record) -> set[str]:
    """The statements whose differing views a conflict shows."""
    return {position["statement"] for position in conflict.get("positions", []) if "statement" in position}


def words_of(drugs: Record, variables: dict[str, Variable]) -> dict[str, set[str]]:
    """What a claim may be about, for whom, and which variable a trigger may read."""
    conditions = {str(variable.record["word"]) for variable in variables.values() if "word" in variable.record}
    return {
        "drug": set(drugs) | set(OTHER_AGENTS),
        "target": set(variables) | set(OTHER_TARGETS),
        "population": conditions | {word.rstrip("*") for word in conditions} | set(AGE_WORDS),
        "of": set(variables),
    }


def claims_in(statement: Record) -> list[Record]:
    """A statement's claims: none, one table, or a list of them."""
    raw = statement.get("claim", [])
    return [one for one in (raw if isinstance(raw, list) else [raw]) if isinstance(one, dict)]


def read_claim(statement: Record, raw: Record, known: dict[str, set[str]], problems: Notes) -> Claim | None:
    """One claim, checked; None where it cannot be compared."""
    where = f"{statement['file']} {statement['id']} claim"
    only(where, raw, CLAIM_KEYS, problems)
    about = [key for key in ("drug", "target") if key in raw]
    said = [key for key in ("action", "parameter") if key in raw]
    if len(about) != 1 or len(said) != 1:
        problems.note(where, "needs one of `drug` and `target`, and one of `action` and `parameter`")
        return None
    for key in (*about, *(["of"] if "of" in raw else [])):
        if raw[key] not in known[key]:
            problems.note(where, f"`{key} = {raw[key]}` is not known")
    population = raw.get("population", [])
    if not isinstance(population, list) or not population:
        problems.note(where, "needs a `population`: a list of condition words")
        return None
    for word in population:
        if word not in known["population"]:
            problems.note(where, f"population `{word}` is no condition word and no word for an age")
    one_of(where, "setting", raw.get("setting"), SETTINGS, problems)
    span = None
    if said == ["action"]:
        one_of(where, "action", raw["action"], ACTIONS, problems)
        one_of(where, "polarity", raw.get("polarity"), POLARITIES, problems)
    else:
        one_of(where, "parameter", raw["parameter"], PARAMETERS, problems)
        span = read_span(where, raw, problems, statement)
        if span is None:
            problems.note(where, "a `parameter` needs its number")
    words = (raw[about[0]], raw[said[0]], raw.get("of", ""), "+".join(sorted(population)), raw.get("setting", ""))
    return Claim(statement["id"], tuple(map(str, words)), str(raw.get("polarity", "for")), span)


def read_span(where: str, raw: Record, problems: Notes, statement: Record | None = None) -> Span | None:
    """The number of a claim or position; a target's number may stand once, in the statement's `aim`."""
    if statement and raw.get("parameter") == "target" and not any(key in raw for key in NUMBERS):
        raw = statement.get("aim", raw)
    given = [key for key in NUMBERS if key in raw]
    if not given:
        return None
    if "value" in raw and len(given) > 1 or {"low", "above"} <= set(given) or {"high", "below"} <= set(given):
        problems.note(where, f"`{'`, `'.join(given)}` do not go together")
        return None
    try:
        number = {key: units.number(raw[key], where=where) for key in given}
        unit = units.unit(raw.get("unit", ""), where=where).text
    except UnitError as error:
        problems.note(where, str(error))
        return None
    low = number.get("value", number.get("low", number.get("above")))
    high = number.get("value", number.get("high", number.get("below")))
    if low is not None and high is not None and low > high:
        problems.note(where, "its lower end is above its upper end")
    return Span(low, "above" in number, high, "below" in number, unit)


def is_same(first: Span, second: Span) -> bool:
    """Whether two claims give the same number; units that do not convert are different numbers."""
    if (first.open_low, first.open_high) != (second.open_low, second.open_high):
        return False
    ends = (second.low, second.high)
    try:
        turned = tuple(None if end is None else units.convert(end, second.unit, first.unit) for end in ends)
    except UnitError:
        return False
    return turned == (first.low, first.high)


def contradictions(
    claims: list[Claim], statements: dict[str, Record], profiles: Record
) -> Iterator[tuple[Claim, Claim]]:
    """Pairs of claims that one profile carries and that differ on one thing, for one population and setting."""
    by_key: dict[Key, list[Claim]] = {}
    for claim in claims:
        by_key.setdefault(claim.key, []).append(claim)
    carried = {
        claim.statement: {
            name for name in profiles if edition_for(statements[claim.statement], name, profiles) is not None
        }
        for claim in claims
    }
    for group in by_key.values():
        for first, second in ((one, other) for place, one in enumerate(group) for other in group[place + 1 :]):
            if first.statement == second.statement or not differ(first, second):
                continue
            if carried[first.statement] & carried[second.statement]:
                yield first, second


def differ(first: Claim, second: Claim) -> bool:
    """Whether two claims on one thing cannot both be followed."""
    if first.span is None or second.span is None:
        return {first.polarity, second.polarity} == OPPOSITE
    return first.polarity != second.polarity or not is_same(first.span, second.span)
