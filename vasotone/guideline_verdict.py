"""The verdict of every statement for one patient: when it applies, what speaks against it, what is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone import lang
from vasotone.facts import Facts
from vasotone.records import Compiled, Entry
from vasotone.state import FORM_DRUG, Row, State
from vasotone.state_aged import as_last_read
from vasotone.state_doubts import soft_names

# Where no single input settles a verdict, so many of them are asked for.
FIRST_OF_MANY = 2
BASIS = f"{FORM_DRUG}.basis"
_possible: dict[tuple[str, str], list[Possible]] = {}
# The verdict of the two rails: the condition, and whether anything speaks against it.
OPPOSED = {False: "applies", None: "applies-unless", True: "blocked"}
OUTCOMES: dict[tuple[bool | None, bool | None], str] = {
    **{(True, opposed): outcome for opposed, outcome in OPPOSED.items()},
    (None, False): "cannot-tell",
    (None, None): "cannot-tell",
    (None, True): "does-not-apply",
    (False, False): "does-not-apply",
    (False, None): "does-not-apply",
    (False, True): "does-not-apply",
}
ORDER = {"applies": 0, "applies-unless": 0, "blocked": 1, "cannot-tell": 2, "": 2, "does-not-apply": 3}


class Verdict(NamedTuple):
    """One statement's verdict and the entry (main or variant) that gave it."""

    entry: Entry
    verdict: str
    place: int
    basis_matters: bool = False


class Missing(NamedTuple):
    """What a verdict waits for.

    names    the inputs that could change it
    decides  values any one of which would settle it, as conditions
    settles  the inputs worth asking first: those of which one value alone would settle it
    """

    names: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()


class Possible(NamedTuple):
    """What one entry can come to.

    rail   its place on the unless rail, None where nothing can speak against it
    alone  whether no other entry is of the same statement
    """

    rail: int | None
    statement: str
    alone: bool
    by_outcome: dict[str, Verdict]


class Case(NamedTuple):
    """One patient under one profile, as conditions read it.

    when_rows    conditions that were not recorded count as false here
    unless_rows  and as unknown here
    aged         what they would read had no reading grown too old; None where none has
    """

    state: State
    facts: Facts
    compiled: Compiled
    when_rows: tuple[Row, ...]
    unless_rows: tuple[Row, ...]
    aged: Row | None = None


def case_of(state: State, facts: Facts, profile: str) -> Case:
    """Everything that judging needs, made once per advice."""
    blank = dict.fromkeys(soft_names(facts), False)
    when_rows = []
    for row in state.rows:
        filled = dict(row)
        filled.update((name, value) for name, value in blank.items() if row.get(name) is None)
        when_rows.append(filled)
    return Case(state, facts, facts.compiled(profile), tuple(when_rows), state.rows, as_last_read(state, facts))


def verdicts(case: Case, *, everything: bool = False) -> dict[str, Verdict]:
    """Each statement's verdict, by id: of its situations the one that applies, else the most telling.

    Statements that do not apply are left out unless `everything` is asked for.
    """
    if len(case.when_rows) == 1 and not everything:
        return verdicts_of_one_form(case)
    forms = [dict(outcomes_of(case, place)) for place in range(len(case.when_rows))]
    possible = possible_verdicts(case)
    found: dict[str, Verdict] = {}
    for place in forms[0]:
        outcome = joined({form[place] for form in forms})
        if everything or outcome != "does-not-apply":
            keep(found, possible[place].by_outcome[outcome])
    return found


def verdicts_of_one_form(case: Case) -> dict[str, Verdict]:
    """The verdicts of what applies or may apply, for the usual patient whose doses have one reading."""
    found: dict[str, Verdict] = {}
    truths, against = case.compiled.when(case.when_rows[0]), case.compiled.unless(case.unless_rows[0])
    for when, possible in zip(truths, possible_verdicts(case), strict=True):
        if when is False:
            continue
        rail, statement, alone, by_outcome = possible
        opposed = False if rail is None else against[rail]
        if when is None:
            if opposed:
                continue
            verdict = by_outcome["cannot-tell"]
        else:
            verdict = by_outcome[OPPOSED[opposed]]
        if alone:
            found[statement] = verdict
        else:
            keep(found, verdict)
    return found


def keep(found: dict[str, Verdict], verdict: Verdict) -> None:
    """Keep the more telling of two situations of one statement."""
    before = found.get(verdict.entry.statement)
    if before is None or ORDER[verdict.verdict] < ORDER[before.verdict]:
        found[verdict.entry.statement] = verdict


def possible_verdicts(case: Case) -> list[Possible]:
    """What each entry can come to, made once per process."""
    key = (case.facts.digest, case.compiled.profile)
    if key not in _possible:
        entries = case.compiled.entries
        names = [entry.statement for entry in entries]
        rails = iter(range(len(entries)))
        _possible[key] = [
            Possible(
                next(rails) if entry.unless else None,
                entry.statement,
                names.count(entry.statement) == 1,
                {outcome: Verdict(entry, outcome or "cannot-tell", place, not outcome) for outcome in ORDER},
            )
            for place, entry in enumerate(entries)
        ]
    return _possible[key]


def outcomes_of(case: Case, form: int) -> list[tuple[int, str]]:
    """The outcome of every entry for one form, by place."""
    truths, against = case.compiled.when(case.when_rows[form]), case.compiled.unless(case.unless_rows[form])
    return [
        (place, OUTCOMES[when, False if possible.rail is None else against[possible.rail]])
        for place, (when, possible) in enumerate(zip(truths, possible_verdicts(case), strict=True))
    ]


def joined(outcomes: set[str]) -> str:
    """What holds whatever form the drug is written in; empty where that cannot be told without the form."""
    if outcomes == {"blocked", "does-not-apply"}:
        return "blocked"  # either way nothing is to be done
    return outcomes.pop() if len(outcomes) == 1 else ""


def missing_for(case: Case, verdict: Verdict) -> Missing:
    """The inputs that a verdict waits for, the values that would decide it, and which inputs could do so alone."""
    entry, definitions = verdict.entry, case.compiled.definitions
    names: dict[str, None] = {}
    decides: list[str] = []
    settles: list[str] = []
    if verdict.basis_matters:
        names[BASIS] = None
        for row in case.when_rows:
            needs = lang.missing(entry.when, row, case.facts.columns, definitions)
            names.update(dict.fromkeys(need.name for need in needs))
        return Missing(tuple(names), (), (BASIS,))
    if verdict.verdict == "cannot-tell":
        for need in lang.missing(entry.when, case.when_rows[0], case.facts.columns, definitions):
            names[need.name] = None
            decides += [one.text for one in need.decides]
            settles += [need.name] if need.decides else []
        settles = settles or list(names)[:FIRST_OF_MANY]
    if verdict.verdict == "applies-unless":
        row = case.unless_rows[0]
        for node in entry.unless:
            if lang.evaluate(node, row, definitions) is None:
                read = lang.names(node, definitions)
                needs = lang.missing(node, row, case.facts.columns, definitions) if len(read) > 1 else ()
                names.update(dict.fromkeys([need.name for need in needs] or read))
        settles = list(names)
    return Missing(tuple(names), tuple(decides), tuple(settles))


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
