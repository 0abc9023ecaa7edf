"""Writes the conditions of one profile and complete rows as JSON, for engines that run elsewhere."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import draws

from vasotone import lang
from vasotone.facts import Facts

PROFILE = "ssc-2026"


def task(facts: Facts, rows: int, *, profile: str = PROFILE, seed: int = 1) -> dict[str, Any]:
    """The conditions, their definitions, seeded rows in which every column is filled, and our answers.

    A condition is named by its statement and the place of its situation. Every answer is true or false.
    """
    compiled = facts.compiled(profile)
    conditions = {f"{entry.statement}#{entry.variant}": entry.when for entry in compiled.entries}
    nodes = [*conditions.values(), *compiled.definitions.values()]
    read = dict.fromkeys(name for node in nodes for name in lang.names(node, compiled.definitions))
    columns = {name: facts.columns[name] for name in read}
    limits = draws.limits_named(nodes)
    random = Random(seed)
    made = [draws.row(random, columns, limits) for _ in range(rows)]
    return {
        "profile": profile,
        "facts": facts.digest,
        "columns": {name: column.kind for name, column in columns.items()},
        "definitions": compiled.definitions,
        "conditions": conditions,
        "rows": made,
        "answers": [list(compiled.when(row)) for row in made],
    }


def write(record: dict[str, Any], folder: str) -> str:
    """Write the task into a folder and return the path."""
    path = os.path.join(folder, "conditions.json")
    with open(path, "w", encoding="utf-8") as handle:
        json.dump(record, handle)
    return path
