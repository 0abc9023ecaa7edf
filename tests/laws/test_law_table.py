"""The table of laws and the tests that hold them agree; what waits for a part is named, and never passes."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from answers import BESIDE, WHOLE, cut_of, share

HERE = Path(__file__).parent
LAWS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "laws.toml").read_text("utf-8"))
WAITING = {name: law for name, law in LAWS.items() if "waits_for" in law}
KEYS = {"law", "part", "tests", "waits_for", "within"}
COUNT = 26


def functions(path: Path) -> list[str]:
    """The tests of a file that name a law."""
    tree = ast.parse(path.read_text("utf-8"))
    return [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and re.match(r"test_m\d\d_", node.name)
    ]


def held() -> dict[str, set[str]]:
    """Each law and the files with tests of it."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        for name in functions(path):
            found.setdefault(name[5:8].upper(), set()).add(path.name)
    return found


def test_every_law_is_listed_once() -> None:
    numbers = [name for name in LAWS if re.fullmatch(r"M\d\d", name)]
    assert numbers == [f"M{number:02d}" for number in range(1, COUNT + 1)]
    for name, law in LAWS.items():
        assert set(law) <= KEYS and law["law"].endswith(".") and law["part"], name
        assert ("tests" in law) is not ("waits_for" in law), name


def test_the_table_names_the_files_that_hold_each_law() -> None:
    found = held()
    assert {name: set(law["tests"]) for name, law in LAWS.items() if "tests" in law} == found


@pytest.mark.parametrize("name", WAITING)
def test_a_law_that_waits_is_named(name: str) -> None:
    part = WAITING[name]["waits_for"]
    try:
        there = find_spec(part) is not None
    except ModuleNotFoundError:
        there = False
    assert not there, f"{part} is there now, so {name} needs tests: {WAITING[name]['law']}"
    pytest.skip(f"{name} waits for {part}: {WAITING[name]['law']}")


def test_a_deep_run_can_be_cut() -> None:
    assert cut_of("") is None and cut_of("2/40") == (2, 40)
    assert share(30, cut_of("2/40")) * 40 == share(30, None) * BESIDE == WHOLE
    assert share(8, cut_of("2/40")) == share(30, cut_of("2/40")) // 50
    for wrong in ("0/4", "5/4", "x/4", "3", "-1/4", "1/0"):
        with pytest.raises(ValueError, match="such as 2/40"):
            cut_of(wrong)


def test_a_law_without_a_test_is_seen() -> None:
    assert "M21" not in held() and held()["M05"] == {"test_laws_spelling.py"}
