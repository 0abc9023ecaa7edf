"""What facts say for one patient, statement by statement, and the same after one statement was changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.datamut import memory
from vasotone import facts as kept
from vasotone import guideline, guideline_verdict, lang, rulebook
from vasotone.facts import Facts
from vasotone.guideline_verdict import Case, Verdict
from vasotone.readers import plain
from vasotone.records import Compiled, Entry, Record
from vasotone.soundness import DETAILS
from vasotone.state import state_at

EDITIONS = ("ssc-2026", "ssc-2021")
MUTANT = "mutant"


class Seen(NamedTuple):
    """One patient under one profile: what conditions read, and the scope gate that holds."""

    name: str
    profile: str
    case: Case
    gate: str


class Changed(NamedTuple):
    """Facts with some statements changed, and which."""

    facts: Facts
    statements: frozenset[str]


def seen(name: str, patient: Any, facts: Facts, profile: str, gates: list[str]) -> Seen:
    """A patient as the judge needs it."""
    state = state_at(plain.read(json.dumps(patient), facts), facts)
    case = guideline_verdict.case_of(state, facts, profile)
    return Seen(name, profile, case, gate_of(case, facts, gates))


def case_under(one: Seen, facts: Facts) -> Case:
    """A patient as other facts judge it; what was recorded stays as it was read."""
    return one.case._replace(facts=facts, compiled=facts.compiled(one.profile))


def gate_of(case: Case, facts: Facts, gates: Iterable[str]) -> str:
    """The scope gate that puts this patient outside, judged as `advise` does."""
    found = {name: verdict for name in gates if (verdict := verdict_of(case, name)) is not None}
    return guideline.outside_gate(case, found)


def verdict_of(case: Case, name: str) -> Verdict | None:
    """One statement's verdict; None where the profile does not carry it."""
    found: dict[str, Verdict] = {}
    for place, entry in enumerate(case.compiled.entries):
        if entry.statement == name:
            outcomes = {outcome_of(case, entry, form) for form in range(len(case.when_rows))}
            outcome = guideline_verdict.joined(outcomes)
            guideline_verdict.keep(found, Verdict(entry, outcome or "cannot-tell", place, not outcome))
    return found.get(name)


def outcome_of(case: Case, entry: Entry, form: int) -> str:
    """The two rails of one entry for one form of the dose."""
    definitions = case.compiled.definitions
    when = lang.evaluate(entry.when, case.when_rows[form], definitions)
    truths = [lang.evaluate(node, case.unless_rows[form], definitions) for node in entry.unless]
    against = True if True in truths else None if None in truths else False
    return guideline_verdict.OUTCOMES[when, against]


def said(one: Seen, facts: Facts, name: str) -> tuple[str, str]:
    """(verdict, dose) that an advice would give one statement for one patient."""
    case = case_under(one, facts)
    verdict = verdict_of(case, name)
    if verdict is None:
        return "absent", ""
    draft = guideline.draft_of(case, name, verdict, one.gate)
    if draft.outcome == "does-not-apply":
        return draft.outcome, ""
    place = variant_of(facts.statements[name], verdict.entry.text)
    return draft.outcome, place + doses_of(draft.dosing.dose, draft.dosing.pump)


def lacking(one: Seen, facts: Facts, name: str) -> str:
    """What one statement misses for one patient, where it cannot tell or something was not checked."""
    case = case_under(one, facts)
    verdict = verdict_of(case, name)
    if verdict is None or verdict.verdict not in ("cannot-tell", "applies-unless"):
        return ""
    return " ".join(guideline_verdict.missing_for(case, verdict).names)


def variant_of(statement: Record, text: str) -> str:
    """Which of the statement's other situations speaks, by its wording; empty for the main one."""
    texts = [statement["clinician"], *(one.get("clinician", "") for one in statement.get("variant", []))]
    place = texts.index(text) if text in texts else 0
    return f"variant {place} " if place else ""


def doses_of(dose: Any, pump: Any) -> str:
    """A dose and a pump rate as one short text."""
    if dose is None:
        return ""
    ends = [f"{float(end):g}" if end is not None else "" for end in (dose.low, dose.high)]
    text = f"{float(dose.value):g} {dose.unit}" + (f" {dose.basis}" if dose.basis else "")
    text += f" of {ends[0]} to {ends[1]}" if any(ends) else ""
    over = [limit["name"] for limit in dose.limits if limit["exceeded"]]
    text += f" past {', '.join(over)}" if over else ""
    return text + (f"; {float(pump.rate):g} mL/h" if pump else "")


def entry_of(facts: Facts, profile: str, name: str) -> list[str]:
    """What the statement's entries under a profile would do, and how strongly: one line each."""
    statement = facts.statements[name]
    found = []
    for entry in facts.compiled(profile).entries:
        if entry.statement == name:
            grade = statement.get("editions", {}).get(entry.edition, {})
            parts = [entry.action, entry.target, entry.dose or "-", entry.urgency, str(entry.rank),
                     statement["kind"], statement.get("setting", "septic"), entry.edition or "common",
                     "silent" if entry.silent else "speaks", grade.get("strength", "-"), grade.get("certainty", "-"),
                     f"recheck {entry.recheck}" if entry.recheck else "-"]  # fmt: skip
            found.append(", ".join(parts))
    return found


def change(facts: Facts, statements: dict[str, Record], name: str, gated: list[str], problems: list[str]) -> Changed:
    """The facts with one statement exchanged; what is not sound is added to `problems`.

    statements  all of them as they stand in the files now, the changed one among them
    gated       the statements that the changed one timed before
    """
    forget()
    linked = {name, *statements[name].get("gates", []), *gated}
    linked |= {other for other, one in statements.items() if linked & set(one.get("gates", []))}
    subset = {one: statements[one] for one in statements if one in linked}
    new = {**facts.statements, name: light(statements[name], facts.statements[name])}
    changed = facts._replace(digest=MUTANT, statements=new)
    for profile in facts.profiles:
        base = facts.compiled(profile)
        made = rulebook.compile_profile(subset, facts.columns, base.definitions, profile, facts.profiles, problems)
        entries = [entry for entry in base.entries if entry.statement not in linked]
        entries += [Entry(*row) for row in made["entries"]]
        kept._compiled[MUTANT, profile] = Compiled(profile, tuple(entries), base.definitions, None, None)
    return Changed(changed, frozenset(linked))


def light(statement: Record, before: Record) -> Record:
    """A changed statement as advice keeps it."""
    marks = {key: before[key] for key in ("digest", "review_state", "on_memory", "file")}
    return {**{key: value for key, value in statement.items() if key not in DETAILS}, **marks}


def forget() -> None:
    """Drop what was kept in memory for the mutant before."""
    for cache in memory.kept():
        for key in [key for key in cache if key == MUTANT or (isinstance(key, tuple) and key[0] == MUTANT)]:
            del cache[key]
