"""Checks of the tables beside the statements: limits, plans, consistency rules, gates and profiles."""

from __future__ import annotations

from typing import Any, Protocol

from vasotone.records import Record

LIMIT_KINDS = ("hard", "soft", "setting")
LIMIT_SIDES = ("high", "low", "from", "equal", "between")
LIMIT_OF = ("dose", "weight", "pair", "rate", "concentration", "step", "rounding", "series")
LIMIT_KEYS = set("kind side of value low high unit basis why verified cite".split())
OTHER_LIMITS = ("weight", "pump", "step", "pressure")
DRUG_KEYS = set("name label aliases class unit infusion forms regimes bags timing note cite plausible fresh".split())
USES = ("start", "add", "raise", "lower", "give")
PLAN_USES = ("start", "add", "give", "step", "range")
RULE_KEYS = set("id code when names doubt text cite within one_method".split())
GATES = ("outside", "modified")


class Notes(Protocol):
    """What collects problems."""

    def note(self, where: str, what: str) -> None:
        """Add one."""


def check_tables(trees: dict[str, Record], statements: dict[str, Record], problems: Notes) -> None:
    """Everything that a slip of spelling would turn off without a word."""
    drugs = trees.get("drugs.toml", {})
    check_limits(trees.get("limits.toml", {}), drugs, problems)
    for name, drug in drugs.items():
        only(f"drugs.toml {name}", drug, DRUG_KEYS, problems)
        if drug.get("name") != name or "unit" not in drug:
            problems.note(f"drugs.toml {name}", "needs its own key as `name`, and a `unit`")
    for drug, plan in trees.get("plans.toml", {}).items():
        only(f"plans.toml {drug}", plan, set(PLAN_USES), problems)
        if drug not in drugs:
            problems.note(f"plans.toml {drug}", "is not a drug")
    for rule in trees.get("consistency.toml", {}).get("rule", []):
        only(f"consistency.toml {rule.get('id', '?')}", rule, RULE_KEYS, problems)
    for identifier, statement in statements.items():
        check_gate(identifier, statement, problems)
    defaults = [name for name, record in trees.get("profiles.toml", {}).items() if record.get("default")]
    if len(defaults) != 1:
        problems.note("profiles.toml", f"exactly one profile is the default, not {len(defaults)}")


def check_limits(limits: Record, drugs: Record, problems: Notes) -> None:
    """Every limit has a kind and a side that are known, a number, and a drug that exists."""
    for table, entries in limits.items():
        if table not in drugs and table not in OTHER_LIMITS:
            problems.note(f"limits.toml {table}", "is neither a drug nor one of the common limits")
        for name, limit in entries.items():
            where = f"limits.toml {table}.{name}"
            only(where, limit, LIMIT_KEYS, problems)
            one_of(where, "kind", limit.get("kind"), LIMIT_KINDS, problems)
            one_of(where, "of", limit.get("of", "dose"), LIMIT_OF, problems)
            if limit.get("kind") != "setting":
                one_of(where, "side", limit.get("side"), LIMIT_SIDES, problems)
            needed = ("low", "high") if limit.get("side") == "between" else ("value",)
            if any(not isinstance(limit.get(key), int | float) or isinstance(limit.get(key), bool) for key in needed):
                problems.note(where, f"needs a number as {' and '.join(f'`{key}`' for key in needed)}")


def check_gate(identifier: str, statement: Record, problems: Notes) -> None:
    """A gate is of a known kind, has its place, and says what to do instead; a dose has a known use."""
    where = f"{statement['file']} {identifier}"
    if "gate" in statement:
        one_of(where, "gate", statement["gate"], GATES, problems)
        if "order" not in statement or (statement["gate"] == "outside" and "instead" not in statement):
            problems.note(where, "a gate needs `order`, and one that is outside needs `instead`")
    for part in (statement, *statement.get("variant", [])):
        if "dose" in part:
            one_of(where, "dose", part["dose"], USES, problems)


def only(where: str, record: Record, known: set[str], problems: Notes) -> None:
    """Note keys that nothing reads."""
    for key in record:
        if key not in known:
            problems.note(where, f"unknown key `{key}`")


def one_of(where: str, key: str, value: Any, allowed: tuple[str, ...], problems: Notes) -> None:
    """Note a word that is not one of those allowed."""
    if value not in allowed:
        problems.note(where, f"`{key} = {value}` is not one of {', '.join(allowed)}")
