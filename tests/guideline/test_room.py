"""Where there is no room for everything, what warns of harm is not what is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

import vasotone
from vasotone.advice import MOST_ITEMS, Dose, Item
from vasotone.facts import load
from vasotone.guideline import is_against_harm, with_safety


def item(name: str, **more: Any) -> Item:
    """An item that can wait."""
    return Item(**{
        "statement": name, "verdict": "applies", "kind": "practice", "action": "assess", "target": "map",
        "urgency": "soon", "rank": 1, "text": "", **more,
    })  # fmt: skip


HARM = {"kind": "safety", "action": "avoid"}


@pytest.mark.parametrize(
    ("changed", "against"),
    [
        ({}, True), ({"action": "stop"}, True), ({"urgency": "now"}, True), ({"verdict": "applies-unless"}, True),
        ({"kind": "practice"}, False), ({"action": "assess"}, False), ({"urgency": "routine"}, False),
        ({"verdict": "cannot-tell"}, False), ({"verdict": "withheld"}, False),
    ],
)  # fmt: skip
def test_what_warns_of_harm(changed: dict[str, str], against: bool) -> None:
    one = item("x", **{**HARM, **changed})
    assert is_against_harm(one, one.verdict) is against


def test_it_takes_the_place_of_the_last_that_can_wait() -> None:
    ranked = [item("a"), item("b"), item("c"), item("harm", **HARM), item("d")]
    assert [one.statement for one in with_safety(ranked, 3)] == ["a", "b", "harm"]
    assert [one.statement for one in with_safety(ranked, 4)] == ["a", "b", "c", "harm"]
    assert [one.statement for one in with_safety(ranked[:3], 3)] == ["a", "b", "c"]
    more = [*ranked, item("harm too", **HARM)]
    assert [one.statement for one in with_safety(more, 3)] == ["a", "harm", "harm too"]


@pytest.mark.parametrize("kept", [{"kind": "safety"}, {"urgency": "now"}, {"dose": Dose("x", 1, "ug/kg/min")}])
def test_what_cannot_wait_keeps_its_place(kept: dict[str, Any]) -> None:
    assert [one.statement for one in with_safety([item("a", **kept), item("harm", **HARM)], 1)] == ["a"]
    ranked = [item("a"), item("b", **kept), item("harm", **HARM)]
    assert [one.statement for one in with_safety(ranked, 2)] == ["b", "harm"]


@pytest.mark.parametrize(
    "changed", [{"conditions": ["septic-shock", "pregnant"]}, {"g6pd": "deficient", "drugs": ["sertraline"]}]
)
def test_methylene_blue_that_does_harm_is_among_the_first(changed: dict[str, Any]) -> None:
    patient = {
        "at": "2026-01-12T08:00:00Z", "age": 55, "weight": 80, "conditions": ["septic-shock"], "map": 52,
        "lactate": 5, "norepinephrine": {"value": 0.6, "basis": "base"}, "vasopressin": 0.03, "methylene_blue": 1,
        **changed,
    }  # fmt: skip
    found = vasotone.advise(vasotone.read(json.dumps(patient), facts=load()))
    assert ("avoid", "methylene_blue") in {(one.action, one.target) for one in found.items[:MOST_ITEMS]}
