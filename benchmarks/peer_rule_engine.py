"""rule-engine: one rule for each condition, and beside it one rule that lists every answer.

Numbers in rows are made Decimal ahead of time, which saves the engine the conversion.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import forms
import peer
from rule_engine import Rule

PREFIX = "c_"


def decimals(row: peer.Row) -> peer.Row:
    """The row with every number as the engine holds it."""
    return {PREFIX + name: Decimal(repr(value)) if type(value) is float else value for name, value in row.items()}


def rules_of(nodes: dict[str, Any]) -> dict[str, Any]:
    """The bound method that evaluates each node."""
    return {name: Rule(forms.infix(node, PREFIX)).evaluate for name, node in nodes.items()}


def rule_forms(task: peer.Task) -> list[peer.Form]:
    """One rule for each condition, with and without shared definitions, and one rule for all."""
    inline = forms.inlined(task.conditions, task.definitions)
    alone = list(rules_of(inline).values())
    first, rest = forms.staged(task.conditions, task.definitions)
    shared, last = rules_of(first), list(rules_of(rest).values())
    whole = Rule("[" + ", ".join(forms.infix(node, PREFIX) for node in inline.values()) + "]")

    def each(row: peer.Row) -> list[bool]:
        return [evaluate(row) for evaluate in alone]

    def sharing(row: peer.Row) -> list[bool]:
        filled = dict(row)
        for name, evaluate in shared.items():
            filled[PREFIX + name] = evaluate(filled)
        return [evaluate(filled) for evaluate in last]

    return [
        peer.Form("one rule for each", decimals, each, list),
        peer.Form("one rule for each, shared definitions", decimals, sharing, list),
        peer.Form("one rule for all", decimals, whole.evaluate, list),
    ]


if __name__ == "__main__":
    peer.main("rule-engine", rule_forms)
