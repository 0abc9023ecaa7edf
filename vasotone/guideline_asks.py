"""What is worth asking: inputs whose answer would change a leading item, and doubts about the data."""

from __future__ import annotations

from vasotone import lang
from vasotone.advice import MOST_ASKS, Ask, Item
from vasotone.facts import Facts
from vasotone.guideline_doses import WEIGHT, cite_of
from vasotone.guideline_doubts import undecided
from vasotone.guideline_verdict import BASIS, Case, Verdict
from vasotone.records import Record
from vasotone.state import FORM_DRUG, State

SHOCK_TYPE = "shock-type"
UNIT = "unit"
NO_SHOCK = "sepsis_no_shock"
JUMP = "dose-jump"
# What each doubt about a reading asks through.
BY_QUALITY = {
    "stale": "ask-refresh",
    "implausible": "flag-implausible",
    "contradictory": "flag-contradiction",
    "unit-unknown": "ask-unit",
    "future": "ask-refresh",
}
# The target of a data item where it is not the variable that the doubt is about.
FIXED_TARGET = {
    "verify-device": "device",
    "ask-unit": UNIT,
    "ask-weight": WEIGHT,
    "salt-convert": FORM_DRUG,
    "compute-map": "map",
}


def asks_for(
    case: Case, judged: dict[str, Verdict], items: list[Item], gate: str, *, everything: bool = False
) -> tuple[list[Ask], list[Item]]:
    """The inputs worth asking, most telling first, and the items that stand for them."""
    wanted: dict[str, dict[str, None]] = {}
    if gate == "scope-shock-type-unknown":
        wanted[SHOCK_TYPE] = {gate: None}
    for _, name, _, _ in case.state.cautions:
        if name == NO_SHOCK:  # said not to be shock, and contradicted by the readings
            wanted[SHOCK_TYPE] = {NO_SHOCK: None}
    for identifier, _ in () if gate else undecided(case, judged):
        for name in gate_inputs(identifier, case.state):
            wanted.setdefault(name, {})[identifier] = None
    if not gate or gate == "scope-shock-type-unknown":
        for item in items:
            for name in item.settles:
                asked = askable(name, case)
                if asked:
                    wanted.setdefault(asked, {})[item.statement] = None
    for name, reading in case.state.readings.items():
        doubt = {"unit-unknown": UNIT, "weight-needed": WEIGHT}.get(reading.quality)
        if doubt:
            wanted.setdefault(doubt, {})[name] = None
    for drug in jumped(case):
        dosed = dict.fromkeys(item.statement for item in items if item.target == drug and item.dose is not None)
        if dosed:
            wanted.setdefault(drug, {}).update(dosed)
    asks = [ask_of(name, tuple(decides), case) for name, decides in wanted.items()]
    asks.sort(key=lambda pair: pair[1].rank)
    return [ask for ask, _ in asks], [item for _, item in (asks if everything else asks[:MOST_ASKS])]


def jumped(case: Case) -> list[str]:
    """The drugs whose charted dose jumped, so that what is offered rests on a number in doubt."""
    return [name for code, name, _, _ in case.state.cautions if code == JUMP]


def gate_inputs(gate: str, state: State) -> tuple[str, ...]:
    """The inputs that a gate waits for and that are worth asking everybody."""
    if gate == "scope-child-out":
        return ("age",)
    if gate == "scope-shock-type-unknown":
        known = state.value("map") is not None or state.value(FORM_DRUG) is not None
        return () if known else ("map", SHOCK_TYPE)
    return ()


def askable(name: str, case: Case) -> str:
    """The name under which a missing input is asked for, or empty when it is not asked."""
    if name == BASIS:
        return BASIS
    reading = case.state.readings.get(name)
    if reading is not None and reading.quality in ("unit-unknown", "weight-needed"):
        return UNIT if reading.quality == "unit-unknown" else WEIGHT
    variable = case.facts.variables.get(name)
    if variable is None:
        return ""
    if name in case.facts.formulas:
        inputs = lang.names(case.facts.formulas[name], {})
        return next((askable(used, case) for used in inputs if case.state.value(used) is None), "")
    if variable.soft or variable.record.get("formulary") or not variable.record.get("ask"):
        return ""
    return name


def ask_of(name: str, decides: tuple[str, ...], case: Case) -> tuple[Ask, Item]:
    """One ask and its item, worded by the guard statement that asks for it."""
    facts = case.facts
    guard = guard_for(name, case)
    statement = facts.statements[guard]
    variable = facts.variables.get(name)
    question = variable.record.get("ask", "") if variable is not None else ""
    text = statement["clinician"]
    if guard == "ask-bp" and name != "map":
        text = question or text
    elif (
        guard in ("ask-value", "ask-refresh", "flag-implausible", "flag-contradiction", "ask-perfusion") and question
    ):
        text = f"{question} {text}"
    unit = variable.unit or None if variable is not None else None
    return Ask(name, unit, text, decides), data_item(statement, name, text, facts, decides)


def guard_for(name: str, case: Case) -> str:
    """The statement that asks for an input."""
    special = {BASIS: "ask-ne-basis", UNIT: "ask-unit", SHOCK_TYPE: "ask-shock-type"}
    if name in special:
        return special[name]
    reading = case.state.readings.get(name)
    if reading is not None and reading.quality in BY_QUALITY:
        return BY_QUALITY[reading.quality]
    if name in jumped(case):
        return "flag-contradiction"
    return str(case.facts.variables[name].record.get("guard", "ask-value"))


def data_item(statement: Record, target: str, text: str, facts: Facts, decides: tuple[str, ...] = ()) -> Item:
    """A guard as an item."""
    return Item(
        statement=statement["id"],
        verdict="applies",
        kind=statement["kind"],
        action=statement["do"]["action"],
        target=target,
        urgency=statement["urgency"],
        rank=statement["rank"],
        text=text,
        cites=tuple(cite_of(cite, facts) for cite in statement.get("cites", [])),
        review=statement["review_state"],
        verified=True,
        badge=statement["badge"],
        decides=decides,
    )


def caution_items(case: Case, asked: list[Item]) -> list[Item]:
    """Doubts about the data that are statements of their own, each once."""
    found: dict[tuple[str, str], Item] = {}
    codes = [(code, name, text) for code, name, text, _ in case.state.cautions]
    reading = case.state.readings.get(FORM_DRUG)
    if reading is not None and reading.basis == "base" and reading.kind not in ("", "base"):
        codes.append(("salt-convert", FORM_DRUG, ""))
    for code, name, text in codes:
        statement = case.facts.statements.get(code)
        if statement is None or statement.get("badge") == "site":  # which may be named like a warning
            continue
        target = FIXED_TARGET.get(code, name)
        if (code, target) not in found and not any(
            item.statement == code and item.target == target for item in asked
        ):
            found[code, target] = data_item(statement, target, text or statement["clinician"], case.facts)
    return list(found.values())
