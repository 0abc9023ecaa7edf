"""Reasons are sufficient and irreducible; lists of missing inputs are complete and hold nothing idle."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from lang_cases import COLUMNS, VALUES, Case, Maker, Row, Truth, every_row, rows

from vasotone import lang
from vasotone.lang import Node

SEEDS = range(8)


def from_clauses(node: Node, said: Mapping[Node, bool], definitions: Mapping[str, Node]) -> Truth:
    """The outcome when only some clauses are known: a second reading of the logic, by counting."""
    if node in said:
        return said[node]
    tag = node[0]
    if tag == "name" and node[1] in definitions:
        return from_clauses(definitions[node[1]], said, definitions)
    if tag not in ("and", "or", "not", "at_least"):
        return None
    members = [from_clauses(part, said, definitions) for part in (node[2:] if tag == "at_least" else node[1:])]
    if tag == "not":
        return None if members[0] is None else not members[0]
    needed = len(members) if tag == "and" else 1 if tag == "or" else node[1]
    if members.count(True) >= needed:
        return True
    return False if members.count(False) > len(members) - needed else None


def made(seed: int, count: int, **options: bool) -> tuple[list[tuple[Case, Node]], dict[str, Node]]:
    maker = Maker(seed, **options)
    maker.define(4)
    definitions = lang.check_definitions({n: case.text for n, case in maker.definitions.items()}, COLUMNS)
    cases = [maker.case() for _ in range(count)]
    return [(case, lang.check(case.text, COLUMNS, definitions)) for case in cases], definitions


@pytest.mark.parametrize("seed", SEEDS)
def test_reasons_are_sufficient_and_irreducible(seed: int) -> None:
    cases, definitions = made(1000 + seed, 40)
    decided = 0
    for case, node in cases:
        for row in rows(25, seed, gaps=0.3):
            truth = case.means(row)
            found = lang.reasons(node, row, definitions)
            if truth is None:
                assert found == ()
                continue
            decided += 1
            said = {reason.node: reason.truth for reason in found}
            assert len(said) == len(found) > 0
            for reason in found:
                assert lang.evaluate(reason.node, row, definitions) is reason.truth
                assert lang.parse(reason.clause) == reason.node
                named = lang.names(reason.node, definitions)
                own = {name: row.get(name) for name in reason.names}
                assert lang.evaluate(reason.node, own, definitions) is reason.truth  # on what it names alone
                assert set(reason.names) <= set(named)
                if reason.node[0] not in ("known", "null", "true", "false", "assume"):
                    assert reason.names == named
                assert all(row[name] is None for name in reason.assumed if name in row)
            assert from_clauses(node, said, definitions) is truth, case.text
            for reason in found:
                fewer = {kept: value for kept, value in said.items() if kept != reason.node}
                assert from_clauses(node, fewer, definitions) is None, f"{case.text}: {reason.clause} is idle"
            read = {name for reason in found for name in reason.names}
            alone = {name: value if name in read else None for name, value in row.items()}
            assert case.means(alone) is truth, case.text
    assert decided > 300


@pytest.mark.parametrize("seed", SEEDS)
def test_filling_what_is_missing_but_not_listed_moves_nothing(seed: int) -> None:
    cases, definitions = made(2000 + seed, 40)
    rng = random.Random(seed)
    unknown = 0
    for case, node in cases:
        for row in rows(25, seed, gaps=0.3):
            listed = [need.name for need in lang.missing(node, row, COLUMNS, definitions)]
            if case.means(row) is not None:
                assert listed == []
                continue
            unknown += 1
            assert len(set(listed)) == len(listed)
            assert all(row[name] is None for name in listed)
            assert listed, f"{case.text} is unknown and nothing would help"
            idle = [n for n, value in row.items() if value is None and n not in listed and n not in case.facts]
            for _ in range(3):
                filled = {**row, **{name: rng.choice(VALUES[name]) for name in idle}}
                assert case.means(filled) is None, f"{case.text} on {row}: listed {listed}, moved by {filled}"
    assert unknown > 150


@pytest.mark.parametrize("seed", SEEDS)
def test_no_listed_column_is_idle_and_what_decides_does(seed: int) -> None:
    cases, definitions = made(3000 + seed, 40, tie=False, facts=False)
    unknown = 0
    for case, node in cases:
        for row in rows(20, seed, gaps=0.25):
            if case.means(row) is not None:
                continue
            gaps = [name for name in lang.names(node, definitions) if row[name] is None]
            if len(gaps) > 4:
                continue
            unknown += 1
            needs = {need.name: need for need in lang.missing(node, row, COLUMNS, definitions, cap=1 << 20)}
            assert set(needs) == {name for name in gaps if matters(case, row, gaps, name)}, f"{case.text} on {row}"
            for name in gaps:
                assert lang.relevant(node, row, COLUMNS, definitions, name) is (name in needs)
            for need in needs.values():
                check_decides(case, row, need)
    assert unknown > 80


def matters(case: Case, row: Row, gaps: list[str], name: str) -> bool:
    """Whether, whatever the other gaps hold or lack, some value of this one changes the outcome."""
    others = [other for other in gaps if other != name]
    for filling in every_row(others):
        here = {**row, **filling}
        still = case.means(here)
        if any(case.means({**here, name: value}) is not still for value in VALUES[name]):
            return True
    return False


def check_decides(case: Case, row: Row, need: lang.Need) -> None:
    for value in VALUES[need.name]:
        if value is None:
            continue
        outcome = case.means({**row, need.name: value})
        claimed = {d.truth for d in need.decides if lang.evaluate(lang.parse(d.text), {need.name: value})}
        assert claimed == (set() if outcome is None else {outcome}), (
            f"{case.text} on {row}: {need} with {value} gives {outcome}"
        )


def test_beyond_the_cap_everything_left_is_listed() -> None:
    text = "(pa < 60 or pb < 65) and (pa > 70 or dose > 0.1) and (pb > 75 or acid > 2 or dose < 0.25)"
    node = lang.check(text, COLUMNS, {})
    exact = lang.missing(node, {}, COLUMNS, {})
    listed = lang.missing(node, {}, COLUMNS, {}, cap=2)
    assert {need.name for need in exact} <= {need.name for need in listed} == {"pa", "pb", "dose", "acid"}


def test_what_decides_is_said_about_one_column() -> None:
    node = lang.check("pa < 60 and (acid > 4 or ill) and kind in ('red', 'green')", COLUMNS, {})
    needs = lang.missing(node, {}, COLUMNS, {})
    assert [(need.name, [(d.text, d.truth) for d in need.decides]) for need in needs] == [
        ("pa", [("pa >= 60", False)]), ("acid", []), ("ill", []), ("kind", [("kind = 'blue'", False)]),
    ]  # fmt: skip
    needs = lang.missing(node, {"pa": 50.0, "kind": "red"}, COLUMNS, {})
    assert [(d.text, d.truth) for need in needs for d in need.decides] == [("acid > 4", True), ("ill", True)]


def test_a_reckoned_threshold_is_worked_out() -> None:
    node = lang.check("pa < pb + 5 and ill", COLUMNS, {})
    (need,) = lang.missing(node, {"pb": 65.0, "ill": True}, COLUMNS, {})
    assert [(d.text, d.truth) for d in need.decides] == [("pa < 70", True), ("pa >= 70", False)]
    both = lang.missing(node, {"ill": True}, COLUMNS, {})
    assert [need.name for need in both] == ["pa", "pb"]
    assert all(need.decides == () for need in both)


def test_an_impossible_value_is_never_asked_for() -> None:
    node = lang.check("dose >= 0", COLUMNS, {})
    (need,) = lang.missing(node, {}, COLUMNS, {})
    assert [(d.text, d.truth) for d in need.decides] == [("known(dose)", True)]


def test_facts_are_not_gaps_and_assumptions_are_named() -> None:
    node = lang.check("assume(dose, 0) < 0.1 and (not known(acid)) and pa < 60", COLUMNS, {})
    assert [need.name for need in lang.missing(node, {}, COLUMNS, {})] == ["pa"]
    found = lang.reasons(node, {"pa": 50.0}, {})
    assert [(r.clause, r.truth, r.names, r.assumed) for r in found] == [
        ("assume(dose, 0) < 0.1", True, ("dose",), ("dose",)),
        ("known(acid)", False, ("acid",), ()),
        ("pa < 60", True, ("pa",), ()),
    ]
    assert lang.reasons(node, {"pa": 50.0, "dose": 0.05}, {})[0].assumed == ()


def test_an_assumed_definition_is_named_only_while_it_is_unknown() -> None:
    definitions = lang.check_definitions({"low": "pa < 60 or pb < 65"}, COLUMNS)
    node = lang.check("not assume(low, false)", COLUMNS, definitions)
    (unknown,) = lang.reasons(node, {"pa": 65.0}, definitions)
    assert (unknown.clause, unknown.truth, unknown.assumed) == ("assume(low, false)", False, ("low",))
    (known,) = lang.reasons(node, {"pa": 65.0, "pb": 70.0}, definitions)
    assert (known.names, known.assumed) == (("pa", "pb"), ())


def test_a_repeated_clause_is_given_once() -> None:
    node = lang.check("(ill or old) and (pa < 60 or ill) and (ill or dose > 0.1)", COLUMNS, {})
    row: Row = {"ill": True, "old": True, "pa": 50.0, "dose": 0.3}
    assert [reason.clause for reason in lang.reasons(node, row, {})] == ["ill"]


def test_a_condition_that_holds_either_way_still_asks() -> None:
    node = lang.check("(pa < 60 or pa >= 60) and ill", COLUMNS, {})
    needs = lang.missing(node, {"ill": True}, COLUMNS, {})
    assert [(need.name, [d.text for d in need.decides]) for need in needs] == [("pa", ["known(pa)"])]
