"""The verdict of every statement for one patient: when it applies, what speaks against it, what is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone import lang
from vasotone.facts import Facts
from vasotone.records import Compiled, Entry
from vasotone.state import FORM_DRUG, Row, State

BASIS = f"{FORM_DRUG}.basis"
_soft: dict[str, tuple[str, ...]] = {}
ORDER = {"applies": 0, "applies-unless": 0, "blocked": 1, "cannot-tell": 2, "": 2, "does-not-apply": 3}


class Verdict(NamedTuple):
    """One statement's verdict and the entry (main or variant) that gave it."""

    entry: Entry
    verdict: str
    place: int
    basis_matters: bool = False


class Case(NamedTuple):
    """One patient under one profile, as conditions read it.

    when_rows    conditions that were not recorded count as false here
    unless_rows  and as unknown here
    """

    state: State
    facts: Facts
    compiled: Compiled
    when_rows: tuple[Row, ...]
    unless_rows: tuple[Row, ...]


def case_of(state: State, facts: Facts, profile: str) -> Case:
    """Everything that judging needs, made once per advice."""
    blank = dict.fromkeys(soft_names(facts), False)
    when_rows = []
    for row in state.rows:
        filled = dict(row)
        filled.update((name, value) for name, value in blank.items() if row.get(name) is None)
        when_rows.append(filled)
    return Case(state, facts, facts.compiled(profile), tuple(when_rows), state.rows)


def soft_names(facts: Facts) -> tuple[str, ...]:
    """The flags that count as false where a condition opens a rule and nothing was recorded."""
    if facts.digest not in _soft:
        _soft[facts.digest] = tuple(name for name, variable in facts.variables.items() if variable.soft)
    return _soft[facts.digest]


def verdicts(case: Case, *, everything: bool = False) -> dict[str, Verdict]:
    """Each statement's verdict, by id: of its situations the one that applies, else the most telling.

    Statements that do not apply are left out unless `everything` is asked for.
    """
    if len(case.when_rows) == 1:
        judged = outcomes_of(case, 0, everything)
    else:
        judged = joined([dict(outcomes_of(case, place, True)) for place in range(len(case.when_rows))], everything)
    entries = case.compiled.entries
    found: dict[str, Verdict] = {}
    for place, verdict in judged:
        entry = entries[place]
        before = found.get(entry.statement)
        if before is None or ORDER[verdict] < ORDER[before.verdict]:
            found[entry.statement] = Verdict(entry, verdict or "cannot-tell", place, not verdict)
    return found


def outcomes_of(case: Case, form: int, everything: bool) -> list[tuple[int, str]]:
    """The outcome of every entry for one form, by place; of those that do not apply only with `everything`."""
    unless_row, unlesses = case.unless_rows[form], case.compiled.unless
    found = []
    for place, when in enumerate(case.compiled.when(case.when_rows[form])):
        if when is False:
            if everything:
                found.append((place, "does-not-apply"))
            continue
        unless = unlesses[place]
        against = () if unless is None else unless(unless_row)
        if True in against:
            verdict = "blocked" if when else "does-not-apply"
        elif when is None:
            verdict = "cannot-tell"
        else:
            verdict = "applies-unless" if None in against else "applies"
        found.append((place, verdict))
    return found


def joined(forms: list[dict[int, str]], everything: bool) -> list[tuple[int, str]]:
    """What holds whatever form the drug is written in; empty where that cannot be told without the form."""
    found = []
    for place in forms[0]:
        outcomes = {form[place] for form in forms}
        if outcomes == {"blocked", "does-not-apply"}:
            outcomes = {"blocked"}  # either way nothing is to be done
        if everything or outcomes != {"does-not-apply"}:
            found.append((place, outcomes.pop() if len(outcomes) == 1 else ""))
    return found


def missing_for(case: Case, verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The inputs that a verdict waits for, and the values that would decide it, in words."""
    entry, definitions = verdict.entry, case.compiled.definitions
    names: dict[str, None] = {BASIS: None} if verdict.basis_matters else {}
    decides: list[str] = []
    if verdict.verdict == "cannot-tell" and not verdict.basis_matters:
        for need in lang.missing(entry.when, case.when_rows[0], case.facts.columns, definitions):
            names[need.name] = None
            decides += [str(one) for one in need.decides]
    if verdict.verdict == "applies-unless":
        row = case.unless_rows[0]
        for node in entry.unless:
            if lang.evaluate(node, row, definitions) is None:
                read = lang.names(node, definitions)
                needs = lang.missing(node, row, case.facts.columns, definitions) if len(read) > 1 else ()
                names.update(dict.fromkeys([need.name for need in needs] or read))
    return tuple(names), tuple(decides)


def reasons_for(case: Case, verdict: Verdict) -> list[tuple[str, Any]]:
    """The clauses that decided a verdict, with the rail (`when` or `unless`) each stands on."""
    entry, definitions = verdict.entry, case.compiled.definitions
    if verdict.verdict == "blocked":
        row = case.unless_rows[0]
        for node in entry.unless:
            if lang.evaluate(node, row, definitions) is True:
                return [("unless", reason) for reason in lang.reasons(node, row, definitions)]
    row = case.when_rows[0]
    if lang.evaluate(entry.when, row, definitions) is None:
        return []
    return [("when", reason) for reason in lang.reasons(entry.when, row, definitions)]
