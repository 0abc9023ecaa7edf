"""Imports go down only, heavy libraries stay in their rooms, and the way to advice stays light."""

from __future__ import annotations

import ast
import sys

import house_tree
import pytest

SAME_FLOOR = {
    ("guideline", "advice"),
    ("guideline", "dose"),
    ("state", "readings"),
    ("state", "table"),
    ("readings", "table"),
    ("facts", "review"),
    ("facts", "records"),
    ("facts", "soundness"),
    ("facts", "rulebook"),
    ("soundness", "records"),
    ("soundness", "rulebook"),
    ("soundness", "review"),
    ("rulebook", "records"),
    ("review", "records"),
    ("cli", "serve"),
    ("cli", "__init__"),
    ("__init__", "cli"),
    ("__main__", "cli"),
    ("__main__", "__init__"),
    ("serve", "__init__"),
}
NEVER = {("twin", "guideline"), ("twin", "ask"), ("views", "twin")}


def broken(found: house_tree.Import, rooms: dict[str, house_tree.Room], allowed: dict[str, set[str]]) -> str:
    """What is wrong with one import, or an empty text."""
    here = house_tree.room_of(found.source, rooms)
    if here is None:
        return f"{found.source} has no floor in docs/house.md"
    if found.target.startswith("!"):
        top = found.target[1:].split(".")[0]
        if top in sys.stdlib_module_names or top in allowed.get(here.name, set()):
            return ""
        return f"{here.name} may not use {top}"
    there = house_tree.room_of(found.target, rooms)
    if there is None:
        return f"{found.target} has no floor in docs/house.md"
    if here.name == there.name:
        return ""
    if (here.name, there.name) in NEVER:
        return f"{here.name} never uses {there.name}"
    if here.name == "readers" and there.floor == here.floor:
        return "readers use no module of their floor"
    if there.floor > here.floor:
        return f"{there.name} is {there.floor - here.floor} floor(s) above {here.name}"
    if there.floor == here.floor and there.name != "errors" and (here.name, there.name) not in SAME_FLOOR:
        return f"{here.name} and {there.name} are on one floor"
    return ""


def test_the_plan_is_read() -> None:
    rooms = house_tree.plan()
    assert {"errors", "units", "lang", "facts", "state", "guideline", "readers", "views", "cli"} <= set(rooms)
    assert {room.floor for room in rooms.values()} == set(range(6))
    assert house_tree.libraries()["audit"] == {"duckdb", "polars"}


def test_every_module_has_a_floor() -> None:
    rooms = house_tree.plan()
    assert [name for name in house_tree.modules() if house_tree.room_of(name, rooms) is None] == []


def test_imports_go_down_only() -> None:
    rooms, allowed = house_tree.plan(), house_tree.libraries()
    wrong = [
        f"vasotone.{found.source} line {found.line}: imports {found.target.lstrip('!')}: {reason}"
        for found in house_tree.all_imports()
        if (reason := broken(found, rooms, allowed))
    ]
    assert wrong == []


def test_the_advise_path_imports_only_light_modules_at_its_top() -> None:
    wrong = [
        f"vasotone.{found.source} line {found.line}: import {found.target[1:]} in the function that needs it"
        for found in house_tree.all_imports()
        if found.at_top and found.target.startswith("!") and house_tree.on_advise_path(found.source)
        and found.target[1:] not in house_tree.LIGHT_IMPORTS
    ]  # fmt: skip
    assert wrong == []


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    heavy = set().union(*house_tree.libraries().values())
    wrong = [
        f"vasotone.{found.source} line {found.line}: import {found.target[1:]} inside the function"
        for found in house_tree.all_imports()
        if found.at_top and found.target[1:].split(".")[0] in heavy
        and found.source.split(".")[0] not in ("twin", "serve", "store")
    ]  # fmt: skip
    assert wrong == []


def test_data_holds_no_python() -> None:
    assert [str(path) for path in (house_tree.PACKAGE / "data").rglob("*.py")] == []


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        ("state", "from vasotone.guideline import advise", "above"),
        ("views.text", "import vasotone.twin.body", "never"),
        ("twin.trial", "def run():\n    from vasotone import guideline", "never"),
        ("readers.clif", "from vasotone.dose import dose", "readers use no module"),
        ("dose", "from vasotone.guideline import advise", "one floor"),
        ("dose", "import duckdb", "may not use duckdb"),
        ("lang.emit_polars", "import polars", "may not use polars"),
        ("state", "from .guideline import advise", "above"),
        ("readers.clif", "from ..dose import dose", "readers use no module"),
        ("state", "from . import facts", ""),
        ("lang", "from .parse import parse", ""),
        ("toolbox", "import json", "no floor"),
        ("guideline", "from vasotone.advice import Advice", ""),
        ("state_gates", "from vasotone import errors, facts", ""),
        ("readers.clif", "def read():\n    import duckdb", ""),
    ],
)
def test_a_wrong_import_is_seen(module: str, text: str, expected: str) -> None:
    known = {
        "errors",
        "facts",
        "guideline",
        "dose",
        "advice",
        "twin",
        "twin.body",
        "lang",
        "lang.parse",
        "state",
    }
    found = house_tree.imports_of(module, ast.parse(text), known)
    reasons = [broken(one, house_tree.plan(), house_tree.libraries()) for one in found]
    assert all(expected in reason if expected else reason == "" for reason in reasons), reasons
    assert reasons
