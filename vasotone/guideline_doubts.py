"""What is recorded and cannot be used: a drug that may run, an assumption that must not stand in, an open gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vasotone import lang
from vasotone.guideline_verdict import Case, Verdict
from vasotone.records import Entry, Record
from vasotone.state_doubts import soft_names

# Without a usable order the edition's own target stands in, which every face shows as assumed; only to lower waits.
TARGET = "map_target"
LOWER = "lower"
IMPLAUSIBLE = "implausible"


class OpenGate(NamedTuple):
    """A gate that something recorded points to, and the inputs that would decide it."""

    statement: Record
    missing: tuple[str, ...]


def is_in_doubt(case: Case, name: str) -> bool:
    """Whether something is recorded without a usable value: a drug may well be running, unless it was last off."""
    reading = case.state.readings.get(name)
    return reading is not None and reading.value is None and reading.was != 0


def leans_on(case: Case, entry: Entry) -> tuple[str, ...]:
    """The values that are recorded, cannot be used, and for which an assumption stands in that decides an entry.

    What was never recorded may be assumed, and every face says so; a number that cannot be is as good as none. Other
    drugs are assumed off where a drug is begun or raised, since that waits for nothing; a dose is lowered on no
    assumption about what is recorded.
    """
    lowers, drugs = entry.dose == LOWER, case.facts.drugs
    doubted = tuple(
        name
        for name in assumed(case, entry.when)
        if is_in_doubt(case, name)
        and (lowers or (name != TARGET and name not in drugs))
        and (name in drugs or case.state.readings[name].quality != IMPLAUSIBLE)
    )
    if not doubted:
        return ()
    definitions = {name: unassumed(node, doubted) for name, node in case.compiled.definitions.items()}
    holds = lang.evaluate(unassumed(entry.when, doubted), case.when_rows[0], definitions)
    return () if holds is True else doubted


def unassumed(node: Any, names: tuple[str, ...]) -> Any:
    """A condition that reads some names as they are, with nothing to stand in for them."""
    if not isinstance(node, tuple):
        return node
    if node[0] == "assume" and node[1][1] in names:
        return node[1]
    return tuple(unassumed(part, names) for part in node)


def assumed(case: Case, node: Any) -> tuple[str, ...]:
    """The names for which a condition lets a stated assumption stand in."""
    if not isinstance(node, tuple):
        return ()
    if node[0] == "assume":
        return (node[1][1],)
    if node[0] == "name":
        return assumed(case, case.compiled.definitions.get(node[1]))
    return tuple(dict.fromkeys(name for part in node[1:] for name in assumed(case, part)))


def with_aged_gates(case: Case, judged: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """The verdicts, where an outside gate that held stays closed until what it rested on is read again."""
    found = dict(judged)
    if case.aged is None:
        return found
    row = {**case.aged, **{name: False for name in soft_names(case.facts) if case.aged.get(name) is None}}
    for identifier, verdict in undecided(case, judged):
        if lang.evaluate(verdict.entry.when, row, case.compiled.definitions) is True:
            found[identifier] = verdict._replace(verdict="applies")
    return found


def open_gates(case: Case, judged: Mapping[str, Verdict]) -> tuple[OpenGate, ...]:
    """The outside gates that are not decided although something that they name is recorded."""
    found = []
    for identifier, verdict in undecided(case, judged):
        row, definitions = case.when_rows[0], case.compiled.definitions
        if any(row.get(name) is True for name in lang.names(verdict.entry.when, definitions)):
            needs = lang.missing(verdict.entry.when, row, case.facts.columns, definitions)
            missing = tuple(dict.fromkeys(need.name for need in needs))
            found.append(OpenGate(case.facts.statements[identifier], missing))
    return tuple(found)


def undecided(case: Case, judged: Mapping[str, Verdict]) -> list[tuple[str, Verdict]]:
    """The outside gates that cannot be told."""
    return [
        (identifier, verdict)
        for identifier, verdict in judged.items()
        if verdict.verdict == "cannot-tell" and case.facts.statements[identifier].get("gate") == "outside"
    ]
