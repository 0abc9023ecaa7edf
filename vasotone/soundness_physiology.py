"""The numbers of the twin: their layout, and what is not sound in them."""

from __future__ import annotations

import math
from typing import Any

from vasotone.records import Record, Variable
from vasotone.soundness_tables import Notes, only

FILE = "physiology.toml"
SHAPES = ("fixed", "normal", "lognormal")
SECTIONS = ("model", "context", "parameter", "drug", "observed", "dose", "correlation", "domain", "limit")
KEYS = set(
    "label value start spread shape low high unit multiplies cite verified fit fitted note".split()
)  # fmt: skip
NEEDED = ("value", "unit", "multiplies", "cite")
MODEL_KEYS = {"version", "note", "fit_seed", "fit_studies"}
CONTEXT_KEYS = {"like", "label"}
ALL = "all"
# Units of physiology that no reading or dose has, so `units` does not know them.
OWN_UNITS = (
    "mm[Hg].min/L", "L/mm[Hg]", "/min/mm[Hg]", "/mm[Hg]", "g/mol", "mm[Hg]/mL", "dyn.s.cm-5.m2", "mL/m2", "g.m/m2",
    "L/min/kg", "L/kg", "mL/g",
)  # fmt: skip


def rows(tree: Record) -> list[tuple[str, str, str, Any]]:
    """(section, name, context, table) of each number, such as `[drug.dopamine.beta.all]`."""
    found = []
    for section in SECTIONS[2:]:
        for name, group in tables_of(tree.get(section, {})).items():
            if section == "drug":
                found += [
                    ("parameter", f"{name}.{one}", context, table)
                    for one, places in tables_of(group).items() for context, table in tables_of(places).items()
                ]  # fmt: skip
            else:
                found += [(section, name, context, table) for context, table in tables_of(group).items()]
    return found


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `physiology.toml`: shape, bounds, units, what rests on memory, what was fitted."""
    if not tree:
        return  # a site's own folder need not simulate
    only(FILE, tree, set(SECTIONS), problems)
    if any(not isinstance(tree.get(section, {}), dict) for section in SECTIONS):
        problems.note(FILE, "each section is a table")
        return
    model, contexts = tree.get("model", {}), tree.get("context", {})
    only(f"{FILE} model", model, MODEL_KEYS, problems)
    if not model.get("version"):
        problems.note(f"{FILE} model", "needs a `version`")
    for name, context in contexts.items():
        if not isinstance(context, dict):
            problems.note(f"{FILE} context.{name}", "a context is a table")
            continue
        only(f"{FILE} context.{name}", context, CONTEXT_KEYS, problems)
        if str(context.get("like", name)) not in contexts or context.get("like") == name:
            problems.note(f"{FILE} context.{name}", f"`like = {context.get('like')}` is no other context")
    for section, name, context, record in rows(tree):
        where = f"{FILE} {section}.{name}.{context}"
        if context != ALL and context not in contexts:
            problems.note(where, f"`{context}` is no context; write `{ALL}` for all")
        check_number(where, record, model, trees.get("sources.toml", {}), problems)


def check_number(where: str, record: Any, model: Record, sources: Record, problems: Notes) -> None:
    """One number of the twin."""
    if not isinstance(record, dict) or any(key not in record for key in NEEDED):
        problems.note(where, f"a number of the twin is a table with {', '.join(NEEDED)}")
        return
    only(where, record, KEYS, problems)
    check_unit(where, record["unit"], problems)
    value, low, high = record["value"], record.get("low", -math.inf), record.get("high", math.inf)
    start: Any = record.get("start", value)
    shape, spread = record.get("shape", "fixed"), record.get("spread", 0)
    if not all(is_number(one) for one in (value, start, low, high, spread)):
        problems.note(where, "`value`, `start`, `spread`, `low` and `high` are numbers")
        return
    for one in (value, start):
        if not (low <= one <= high) or not math.isfinite(one):
            problems.note(where, f"{one} lies outside {low} to {high}")
    if shape not in SHAPES or (shape == "fixed") != (spread == 0) or spread < 0:
        problems.note(where, f"`shape` is one of {', '.join(SHAPES)}, and has a `spread` unless fixed")
    if shape == "lognormal" and value <= 0:
        problems.note(where, "the median of a lognormal is above 0")
    cite = record["cite"] if isinstance(record["cite"], dict) else {}
    if str(cite.get("source")) not in sources or not str(cite.get("at", "")).strip():
        problems.note(where, "the cite does not resolve, or has no place (`at`)")
        return
    on_memory = cite.get("read", sources[str(cite["source"])].get("read")) == "memory"
    if on_memory == record.get("verified", True):
        problems.note(where, "`verified = false` stands where, and only where, the place was not read")
    if record.get("fitted") and not record.get("fit"):
        problems.note(where, "says which fit moved it, and may not be moved")
    if bool(record.get("fitted")) != ("start" in record):
        problems.note(where, "`start` stands where, and only where, a fit moved the number")
    if record.get("fitted") and str(model.get("version", "")) not in str(record["fitted"]):
        problems.note(where, f"was fitted with `{record['fitted']}`, and the model is {model.get('version')}")


def tables_of(group: Any) -> Record:
    """A group of tables; a number where a group belongs is passed on under an empty name, so that it is noted."""
    return group if isinstance(group, dict) else {"": group}


def check_unit(where: str, text: Any, problems: Notes) -> None:
    """A unit of readings and doses, or one of physiology alone."""
    from vasotone import units
    from vasotone.errors import UnitError

    try:
        if text not in OWN_UNITS:
            units.unit(text, where=where)
    except UnitError as error:
        problems.note(where, str(error))


def is_number(value: Any) -> bool:
    """Whether a TOML value is a number that is not NaN (truth values are not numbers)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
