"""Every statement's own cases: one that applies, one that does not, one unknown, one at each limit."""

from __future__ import annotations

import functools
import random
import re
from typing import Any

import pytest

import vasotone
from vasotone import lang
from vasotone.guideline_verdict import case_of
from vasotone.state import state_at
from vasotone.state_doubts import soft_names

STATEMENTS = vasotone.load().whole()
FIRING = {name: one for name, one in STATEMENTS.items() if "when" in one}
CASES = [
    pytest.param(name, case, id=f"{name}: {case['name']}")
    for name, one in STATEMENTS.items()
    for case in one.get("case", [])
]


def items_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    """All items of one case, whatever their verdict."""
    record, _ = vasotone.advise_record(case["given"], profile=case.get("profile"), all_items=True)
    assert "items" in record, record
    return record["items"]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name: str, case: dict[str, Any]) -> None:
    items = items_of(case)
    found = [item for item in items if item["statement"] == name]
    verdict = found[0]["verdict"] if found else "absent"
    why = found[0]["why"] if found else [item["statement"] for item in items]
    assert verdict == case["expect"], (case, why)
    if "missing" in case:
        assert set(case["missing"]) <= set(found[0]["missing"]), (case, found[0]["missing"])
    for key in ("action", "target"):
        if key in case:
            assert found[0][key] == case[key]


@pytest.mark.parametrize("name", FIRING)
def test_cases_cover_each_verdict(name: str) -> None:
    verdicts = {case["expect"] for case in FIRING[name].get("case", [])}
    wanted = [{"applies", "applies-unless"}, {"does-not-apply", "blocked", "withheld"}]
    if name in open_statements():
        wanted.append({"cannot-tell"})
    for choice in wanted:
        assert verdicts & choice, f"{name} has no case that is {' or '.join(sorted(choice))}"


@functools.cache
def open_statements() -> frozenset[str]:
    """The statements whose condition gaps can leave open; not those that read only what is recorded or not."""
    facts = vasotone.load()
    chance = random.Random(20260112)
    soft = set(soft_names(facts))
    rows = [
        {
            name: chance.random() < 0.6 if name in soft else value_of(column, chance)
            for name, column in facts.columns.items()
        }
        for _ in range(400)
    ]
    found = set()
    for profile in facts.profiles:
        compiled = facts.compiled(profile)
        for row in rows:
            for entry, truth in zip(compiled.entries, compiled.when(row), strict=True):
                if truth is None and not entry.variant:
                    found.add(entry.statement)
    return frozenset(found)


def value_of(column: lang.Column, chance: random.Random) -> Any:
    """A plausible value of a column, or a gap."""
    if chance.random() < 0.4:
        return None
    if column.kind == "number":
        return chance.uniform(column.low or 0, column.high or 100)
    return chance.choice(column.values) if column.values else chance.random() < 0.5


FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
LIMIT = re.compile(r"(<=|>=|<|>)(?= *-?[0-9])")


def limits_of(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """Every condition of a statement beside itself with one comparison moved across its limit."""
    texts = [
        text
        for part in (statement, *statement.get("variant", []))
        for text in (part.get("when", ""), *part.get("unless", []))
    ]
    return [
        (text, text[: found.start()] + FLIPPED[found.group()] + text[found.end() :])
        for text in texts
        for found in LIMIT.finditer(text)
    ]


@pytest.mark.parametrize("name", [name for name, one in FIRING.items() if limits_of(one)])
def test_a_case_stands_at_each_limit(name: str) -> None:
    facts = vasotone.load()
    rows = []
    for case in FIRING[name]["case"]:
        profile = case.get("profile", facts.default_profile)
        made = case_of(state_at(vasotone.read(case["given"], facts=facts), facts), facts, profile)
        rows += [(facts.compiled(profile).definitions, row) for row in (*made.when_rows, *made.unless_rows)]
    for text, moved in limits_of(FIRING[name]):
        told = any(
            lang.evaluate(lang.parse(text), row, named) is not lang.evaluate(lang.parse(moved), row, named)
            for named, row in rows
        )
        assert told, f"no case of {name} tells '{text}' from '{moved}'"
