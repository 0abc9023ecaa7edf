"""The basis of an advice: the clauses that decided each item, what was checked against it, and its gates."""

from __future__ import annotations

from typing import Any

from vasotone import lang
from vasotone.advice import Gate, Why
from vasotone.guideline_verdict import Case, Verdict, reasons_for
from vasotone.records import Entry, Record
from vasotone.state import Row

_words: dict[tuple[str, str, str], str] = {}
_gates: dict[tuple[str, str], list[tuple[Entry, Record, tuple[str, ...]]]] = {}
_explained: dict[tuple[Any, ...], Gate] = {}
MOST_KEPT = 4096  # explained gates that are kept
HOLDS = ("applies", "applies-unless")
TRUTH = {True: "yes", False: "no", None: "unknown"}


def whys(case: Case, verdict: Verdict) -> tuple[Why, ...]:
    """The clauses that decided, then what was looked at and does not speak against it, with the values they read."""
    rows = {"when": case.when_rows[0], "unless": case.unless_rows[0]}
    found = [why_of(case, rail, reason, rows[rail]) for rail, reason in reasons_for(case, verdict)]
    if verdict.verdict in HOLDS:
        found += [why_of(case, "unless", reason, rows["unless"]) for reason in checked(case, verdict.entry)]
    return tuple(found)


def checked(case: Case, entry: Entry) -> list[lang.Reason]:
    """The clauses that rule out each contraindication that could be judged."""
    row, definitions = case.unless_rows[0], case.compiled.definitions
    # None of them holds where an item does, and what is not known has no reasons.
    return [reason for node in entry.unless for reason in lang.reasons(node, row, definitions)]


def why_of(case: Case, rail: str, reason: lang.Reason, row: Row) -> Why:
    """A reason with the values that it read and its words."""
    values = {name: row.get(name) for name in reason.names}
    readings = case.state.readings
    unusable = tuple(
        name for name, value in values.items() if value is None and name in readings and readings[name].value is None
    )
    return Why(reason.clause, TRUTH[reason.truth], words_of(case, reason.clause, reason.node), values, rail, unusable)


def gates_of(case: Case, judged: dict[str, Verdict]) -> tuple[Gate, ...]:
    """Every outside gate in the order of judging: what it came to, by which clauses, what it waits for."""
    found = []
    row = case.when_rows[0]
    for place, (entry, _, names) in enumerate(gate_entries(case)):
        verdict = judged.get(entry.statement)
        outcome = "does-not-apply" if verdict is None else verdict.verdict
        # Most patients are alike before a gate: nothing that it reads is recorded but the age.
        key = (case.facts.digest, case.compiled.profile, place, outcome, *map(row.get, names))
        if key not in _explained:
            if len(_explained) >= MOST_KEPT:
                _explained.clear()
            _explained[key] = gate_of(case, entry, outcome)
        found.append(_explained[key])
    return tuple(found)


def gate_of(case: Case, entry: Entry, outcome: str) -> Gate:
    """One gate with its reasons, or with what it waits for."""
    row, definitions = case.when_rows[0], case.compiled.definitions
    why = tuple(why_of(case, "gate", reason, row) for reason in lang.reasons(entry.when, row, definitions))
    needs = lang.missing(entry.when, row, case.facts.columns, definitions) if outcome == "cannot-tell" else ()
    return Gate(entry.statement, outcome, why, tuple(dict.fromkeys(need.name for need in needs)))


def gate_entries(case: Case) -> list[tuple[Entry, Record, tuple[str, ...]]]:
    """The gates that put a patient outside, in their order, with what each reads; found once per process."""
    key = (case.facts.digest, case.compiled.profile)
    if key not in _gates:
        statements = case.facts.statements
        pairs = [(entry, statements[entry.statement]) for entry in case.compiled.entries]
        outside = [pair for pair in pairs if pair[1].get("gate") == "outside"]
        outside.sort(key=lambda pair: int(pair[1]["order"]))
        definitions = case.compiled.definitions
        _gates[key] = [(entry, record, lang.names(entry.when, definitions)) for entry, record in outside]
    return _gates[key]


def gates_before(case: Case, statement: Record, action: str) -> tuple[str, ...]:
    """The gates that would withhold a statement: it stands on none of them holding."""
    return tuple(gate["id"] for _, gate, _ in gate_entries(case) if is_withheld(statement, action, gate))


def is_withheld(statement: Record, action: str, gate: Record) -> bool:
    """Whether an outside gate stops a statement: what is septic, and what is neither safety nor assessment."""
    if statement.get("setting", "septic") == "septic":
        return True
    if statement["kind"] in ("safety", "data", "scope"):
        return False
    return gate.get("assessment", True) is False or action not in ("assess", "measure", "ask", "refer")


def words_of(case: Case, clause: str, node: Any) -> str:
    """A clause as a sentence, made once per process."""
    key = (case.facts.digest, case.compiled.profile, clause)
    if key not in _words:
        _words[key] = lang.words(node, case.facts.columns, case.compiled.definitions)
    return _words[key]
