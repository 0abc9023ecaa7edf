"""What must be the same through every door, as bytes; and the line that a run prints at its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

import vasotone
from vasotone.facts import Facts
from vasotone.table import Table

PROFILES = ("ssc-2026", "ssc-2021")
COMPARED = ("items", "asks", "warnings", "values")


def advised(table: Table, profile: str, facts: Facts) -> dict[str, str]:
    """The compared parts of an advice as JSON text; of a value everything but where it stands."""
    record = vasotone.advise(table, profile=profile, everything=True, facts=facts).to_dict(everything=True)
    record["values"] = {
        name: {key: inner for key, inner in value.items() if key != "source"}
        for name, value in record["values"].items()
    }
    return {part: json.dumps(record[part], ensure_ascii=False) for part in COMPARED}


def first_difference(one: dict[str, str], other: dict[str, str]) -> str:
    """Where two advices part, in words; empty where they are the same to the byte."""
    for part in COMPARED:
        if one[part] != other[part]:
            return f"{part}: {_where(json.loads(one[part]), json.loads(other[part]))}"
    return ""


def _where(one: Any, other: Any, path: str = "") -> str:
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        return next((_where(one[key], other[key], f"{path}.{key}") for key in one if one[key] != other[key]), path)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = enumerate(zip(one, other, strict=True))
        return next((_where(a, b, f"{path}[{n}]") for n, (a, b) in parts if a != b), path)
    if isinstance(one, dict) and isinstance(other, dict):
        one, other = list(one), list(other)
    return f"{path}: {json.dumps(one)[:300]} | {json.dumps(other)[:300]}"


class LastLine:
    """Prints one line when the run is over."""

    def __init__(self, text: str) -> None:
        self.text = text

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Called by pytest."""
        terminalreporter.write_line(self.text)


def print_at_the_end(config: pytest.Config, text: str) -> None:
    """Have a line printed after the tests."""
    config.pluginmanager.register(LastLine(text))
