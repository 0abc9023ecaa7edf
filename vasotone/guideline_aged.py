"""What a reading that is too old still does: it opens nothing, and does not lift what it spoke against.

A contraindication that was never recorded leaves an item standing, with the check beside it. One that was recorded
and held is not gone because time passed without a new reading: the item is open until it is read again.
"""

from __future__ import annotations

from vasotone import lang
from vasotone.guideline_verdict import Case
from vasotone.readings import spoken
from vasotone.records import Entry
from vasotone.state_aged import is_aged
from vasotone.state_pressure import MAP

STANDS_IN = ("line_map", "cuff_map", "map_derived")  # for a mean pressure


def still_against(case: Case, entry: Entry) -> tuple[str, ...]:
    """The aged readings that spoke against an entry when they were taken; empty where none did.

    A clause that only asks whether something is known does not count: what was looked at long ago is worth another
    look.
    """
    if case.aged is None:
        return ()
    definitions = case.compiled.definitions
    held = [
        node for node in entry.unless if node[0] != "known" and lang.evaluate(node, case.aged, definitions) is True
    ]
    read = [name for node in held for name in lang.names(node, definitions)]
    return tuple(dict.fromkeys(root for name in read for root in aged_roots(case, name)))


def aged_roots(case: Case, name: str) -> tuple[str, ...]:
    """The aged readings that a name rests on: its own, else those of its formula or of what stands in for it."""
    if is_aged(case.state.readings.get(name)):
        return (name,)
    if case.state.value(name) is not None:
        return ()
    formula = case.facts.formulas.get(name)
    used = STANDS_IN if name == MAP else () if formula is None else lang.names(formula, {})
    return tuple(root for one in used for root in aged_roots(case, one))


def aged_note(case: Case, name: str) -> str:
    """What an item says of an aged reading that spoke against it."""
    reading, label = case.state.readings[name], case.facts.variables[name].label
    age = spoken(reading.age_minutes or 0)
    return f"{label[0].upper()}{label[1:]} of {reading.seen}, {age} ago, spoke against this; consider looking again."
