"""Prohibitions: what is never said, each with the statement that forbids it."""

from __future__ import annotations

from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.records import Record, Variable
from vasotone.soundness_columns import columns_of, definitions_of
from vasotone.soundness_tables import Notes, one_of, only

KEYS = set("label clinician patient never figures values words when forbidden_by why cites".split())
NEEDED = ("label", "clinician", "patient", "forbidden_by", "why", "cites")
# At least one of these, or nothing could ever be held against the engine.
HELD = ("never", "figures", "values", "words")
FIGURES = ("dose", "pump")


def check(
    tree: Record,
    trees: dict[str, Record],
    statements: dict[str, Record],
    variables: dict[str, Variable],
    problems: Notes,
) -> None:
    """Note what is not sound in `prohibitions.toml` or in a statement that points to it."""
    if not tree:
        return
    acts = [
        part["do"]
        for statement in statements.values()
        for part in (statement, *statement.get("variant", []))
        if isinstance(part.get("do"), dict)
    ]
    actions = {act.get("action", "") for act in acts}
    targets = {act.get("target", "") for act in acts} | set(trees.get("drugs.toml", {})) | set(variables)
    for identifier, one in tree.items():
        where = f"prohibitions.toml {identifier}"
        only(where, one, KEYS, problems)
        for needed in NEEDED:
            if not one.get(needed):
                problems.note(where, f"`{needed}` is missing")
        if not any(one.get(key) for key in HELD):
            problems.note(where, f"forbids nothing: needs one of {', '.join(HELD)}")
        for name in one.get("forbidden_by", []):
            if name not in statements:
                problems.note(where, f"names the statement `{name}`, which does not exist")
        check_never(where, one.get("never", []), actions, targets, problems)
        for figure in one.get("figures", []):
            one_of(where, "figures", figure, FIGURES, problems)
        for name in one.get("values", []):
            if name not in variables:
                problems.note(where, f"`values` names `{name}`, which is no variable")
    check_conditions(tree, variables, list(trees.get("profiles.toml", {})), problems)


def check_never(where: str, never: list[Record], actions: set[str], targets: set[str], problems: Notes) -> None:
    """What may never be done: actions that some statement has, targets that exist."""
    for act in never:
        only(f"{where} never", act, {"action", "target"}, problems)
        if not act:
            problems.note(where, "an empty `never` would forbid everything")
        if "action" in act and act["action"] not in actions:
            problems.note(where, f"no statement ever says `{act['action']}`")
        if "target" in act and act["target"] not in targets:
            problems.note(where, f"`{act['target']}` is neither a drug, nor a variable, nor another target")


def check_conditions(tree: Record, variables: dict[str, Variable], profiles: list[str], problems: Notes) -> None:
    """Every condition parses and knows its names, in every profile."""
    columns = columns_of(variables)
    for profile in profiles:
        try:
            definitions = definitions_of(variables, columns, profile)
        except ConditionError:
            return  # the loader says so itself
        for identifier, one in tree.items():
            if "when" not in one:
                continue
            try:
                lang.check(one["when"], columns, definitions, where=f"prohibitions.toml {identifier}")
            except ConditionError as error:
                problems.note(f"prohibitions.toml {identifier}", str(error))
