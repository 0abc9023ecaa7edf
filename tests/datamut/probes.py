"""For each statement its own cases moved about: on, below and above every limit it reads, with and without each word.

The verdicts are frozen as letters in `golden.json`; a slip that moves a limit or loses a clause changes one of them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from vasotone import lang
from vasotone.facts import Facts
from vasotone.lang.node import Node, parts
from vasotone.records import Variable

Given = dict[str, Any]
MOST_CASES = 3
LITTLE = 0.05
LETTERS = {"applies": "a", "applies-unless": "u", "blocked": "b", "cannot-tell": "t", "withheld": "w",
           "does-not-apply": ".", "absent": "-"}  # fmt: skip
WORDED = ("septic_shock",)


def letters(said: Iterable[tuple[str, str]]) -> str:
    """Verdicts as one letter each; a stroke behind those that another situation of the statement gives."""
    return "".join(LETTERS[verdict] + ("'" if dose.startswith("variant") else "") for verdict, dose in said)


def told(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """The cases that are moved about: those that apply first."""
    order = ("applies", "applies-unless", "blocked", "cannot-tell", "does-not-apply", "withheld")
    cases = sorted(statement.get("case", []), key=lambda case: order.index(case["expect"]))
    applying = [case for case in cases if case["expect"] in order[:2]]
    return (applying or cases)[:MOST_CASES] + [case for case in cases if case["expect"] in order[2:5]][:1]


def read_by(statement: dict[str, Any], facts: Facts, profile: str) -> tuple[list[Node], dict[str, Node]]:
    """The conditions of a statement, and the definitions that they stand on."""
    situations = (statement, *statement.get("variant", []))
    texts = [part[key] for part in situations for key in ("when", "band") if key in part]
    texts += [text for part in situations for text in part.get("unless", [])]
    return [lang.parse(text) for text in texts], facts.compiled(profile).definitions


def constants(name: str, nodes: list[Node], definitions: dict[str, Node]) -> list[float]:
    """The numbers with which a variable is compared, through definitions."""
    found: set[float] = set()
    stack = [*nodes]
    seen: set[str] = set()
    while stack:
        node = stack.pop()
        if node[0] == "name" and node[1] in definitions and node[1] not in seen:
            seen.add(node[1])
            stack.append(definitions[node[1]])
        inside = parts(node)
        if any(part == ("name", name) for part in inside) or name in str(inside[:1]):
            found.update(part[1] for part in inside if part[0] == "num")
        stack.extend(inside)
    return sorted(found)


def values_for(variable: Variable, limits: list[float]) -> list[Any]:
    """What a variable is set to: on each limit and about it, or each of its words; None is not recorded."""
    if variable.kind == "choice":
        return [*variable.values, None]
    if variable.kind == "flag":
        return [True, False, None]
    found: set[float] = {LITTLE, 0.0} if "drug" in variable.record else set()
    for limit in limits or ([] if "drug" in variable.record else [variable.low or 0.0]):
        found |= {limit, limit + LITTLE, limit - LITTLE, limit * 0.6, limit * 1.5}
    low, high = variable.low, variable.high
    inside = (one for one in found if (low is None or one >= low) and (high is None or one <= high))
    return [*sorted(round(one, 6) for one in inside), None]


def put(given: Given, variable: Variable, value: Any) -> Given:
    """The record with one variable set, as somebody would write it."""
    changed = copy.deepcopy(given)
    record, name = variable.record, variable.name
    if "word" in record:
        word = record["word"].rstrip("*")
        changed["conditions"] = [one for one in changed.get("conditions", []) if not one.startswith(word)]
        changed["conditions"] += [word] if value else []
        if name in WORDED and not value:
            changed["conditions"].append("sepsis-no-shock")
    elif "drugs" in record:
        others = [one for one in changed.get("drugs", []) if one not in record["drugs"]]
        changed["drugs"] = others + ([record["drugs"][0]] if value else [])
        if value is None:
            changed.pop("drugs")
    elif "from" in record:
        changed[record["from"]] = record["words"][0] if value else "elsewhere"
    elif "formulary" in record:
        changed["formulary"] = {**changed.get("formulary", {}), record["formulary"]: value}
    elif value is None:
        changed.pop(name, None)
    elif isinstance(changed.get(name), dict):
        changed[name]["value"] = value
    else:
        changed[name] = {"value": value, "basis": "base"} if name == "norepinephrine" else value
    return changed


def probes(statement: dict[str, Any], facts: Facts) -> Iterator[tuple[Given, str]]:
    """(record, profile) of every case moved about, in a fixed order."""
    for case in told(statement):
        profile = case.get("profile", facts.default_profile)
        nodes, definitions = read_by(statement, facts, profile)
        names = dict.fromkeys(name for node in nodes for name in lang.names(node, definitions))
        for name in names:
            variable = facts.variables[name]
            for read in inputs(variable, facts):
                limits = constants(name, nodes, definitions)
                for value in values_for(read, limits):
                    yield put(case["given"], read, value), profile


def inputs(variable: Variable, facts: Facts) -> list[Variable]:
    """The variable itself; of a derived number what it is worked out from."""
    if variable.kind != "number" or "derive" not in variable.record:
        return [variable]
    node = lang.parse_formula(variable.record["derive"])
    return [facts.variables[name] for name in lang.names(node)]
