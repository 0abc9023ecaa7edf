"""zen-engine: a decision graph, and beside it one compiled expression that lists every answer.

Column names get a prefix, since some of them are function names there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import forms
import peer
import zen

PREFIX = "c_"


def prefixed(row: peer.Row) -> peer.Row:
    """The row under the names that the expressions use."""
    return {PREFIX + name: value for name, value in row.items()}


def expression_node(name: str, outputs: Mapping[str, Any], through: bool) -> dict[str, Any]:
    """A graph node with one expression for each output."""
    lines = [
        {"id": f"{name}-{place}", "key": key, "value": forms.infix(node, PREFIX)}
        for place, (key, node) in enumerate(outputs.items())
    ]
    content = {"expressions": lines, "passThrough": through}
    return {"id": name, "type": "expressionNode", "name": name, "content": content}


def graph(stages: list[dict[str, Any]]) -> Any:
    """A decision whose stages run one after the other; each passes on what it was given but the last."""
    nodes = [{"id": "in", "type": "inputNode", "name": "in"}]
    for place, outputs in enumerate(stages):
        nodes.append(expression_node(f"stage-{place}", outputs, through=place < len(stages) - 1))
    nodes.append({"id": "out", "type": "outputNode", "name": "out"})
    edges = [
        {"id": f"edge-{place}", "sourceId": one["id"], "targetId": two["id"]}
        for place, (one, two) in enumerate(zip(nodes, nodes[1:], strict=False))
    ]
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


def zen_forms(task: peer.Task) -> list[peer.Form]:
    """Graph with and without shared definitions, and one expression."""
    inline = forms.inlined(task.conditions, task.definitions)
    keys = {condition: f"r{place}" for place, condition in enumerate(inline)}
    final = {keys[condition]: node for condition, node in inline.items()}
    first, rest = forms.staged(task.conditions, task.definitions)
    steps = [{PREFIX + name: node} for name, node in first.items()]
    steps.append({keys[condition]: node for condition, node in rest.items()})
    whole = zen.compile_expression("[" + ", ".join(forms.infix(node, PREFIX) for node in inline.values()) + "]")

    def read(answer: Any) -> list[bool]:
        return [answer["result"][key] for key in keys.values()]

    return [
        peer.Form("decision graph", prefixed, graph([final]).evaluate, read),
        peer.Form("decision graph, shared definitions", prefixed, graph(grouped(steps)).evaluate, read),
        peer.Form("one expression for all", prefixed, whole.evaluate, list),
    ]


def grouped(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring steps in one stage as long as none of them reads another of the same stage."""
    stages: list[dict[str, Any]] = []
    for step in steps:
        here = stages[-1] if stages else {}
        reads: dict[str, None] = {}
        for node in step.values():
            forms.needed(node, {name.removeprefix(PREFIX): ("bool", True) for name in here}, reads)
        if stages and not reads and step is not steps[-1]:
            here.update(step)
        else:
            stages.append(dict(step))
    return stages


if __name__ == "__main__":
    peer.main("zen-engine", zen_forms)
