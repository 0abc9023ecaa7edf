"""No naked number: each number of the data has a unit and a cite, read here without the loader's help."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import house_tree
import pytest

# Numbers that count, order or identify; they measure nothing in a patient.
STRUCTURAL_KEYS = {
    "schema": "version of a file's own layout",
    "version": "version of a file's own layout",
    "year": "year of a publication",
    "pmid": "identifier of a publication",
    "rank": "order on a page",
    "order": "order on a page",
    "digits": "digits shown",
    "n": "people in a study",
    "patients": "people in a study",
    "fit_seed": "which random patients a fit saw",
}
# A statement's tests speak in canonical units, and a review names a day.
STRUCTURAL_TABLES = {"case", "cases", "review", "reviews", "aliases"}
CITES = ("cite", "cites", "editions")
CONDITIONS = ("when", "unless", "derive")
NUMBER_IN_TEXT = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")

# Protocols of published studies are input to the twin and cite as a whole; a test of their own reads them.
PROTOCOLS = house_tree.PACKAGE / "data" / "studies"
DATA = sorted(path for path in (house_tree.PACKAGE / "data").rglob("*.toml") if PROTOCOLS not in path.parents)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(value: object) -> bool:
    return _is_number(value) or (isinstance(value, list) and any(_is_number(one) for one in value))


def _cited(tables: list[Mapping[str, Any]]) -> bool:
    return any(table.get(key) for table in tables for key in CITES)


def naked(table: Mapping[str, Any], path: str = "", above: tuple[Mapping[str, Any], ...] = ()) -> Iterator[str]:
    """Every number below `table` without a unit beside it or a cite beside or around it."""
    around = [*above, table]
    for key, value in table.items():
        here = f"{path}.{key}".lstrip(".")
        if key in STRUCTURAL_TABLES:
            continue
        if isinstance(value, dict):
            yield from naked(value, here, tuple(around))
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            for index, one in enumerate(value):
                yield from naked(one, f"{here}[{one.get('id', index)}]", tuple(around))
        elif _numbers(value) and key not in STRUCTURAL_KEYS:
            if not (table.get("unit") or table.get(f"{key}_unit")):
                yield f"{here}: a number without a unit"
            if not _cited(around):
                yield f"{here}: a number without a cite"
        elif key in CONDITIONS and NUMBER_IN_TEXT.search(str(value)) and not _cited(around):
            yield f"{here}: a condition with a number and no cite"


def cites(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every cite below a value, one by one, with its path."""
    if isinstance(value, list):
        for one in value:
            yield from cites(one, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}".lstrip(".")
            if key in ("cite", "cites"):
                yield from ((here, one) for one in (inner if isinstance(inner, list) else [inner]))
            else:
                yield from cites(inner, here)


def read(path: Path) -> dict[str, Any]:
    """The tables of one data file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def source_keys() -> set[str]:
    """The keys of sources.toml, whether it lists its entries or names them."""
    path = house_tree.PACKAGE / "data" / "sources.toml"
    entries: Any = read(path) if path.exists() else {}
    entries = entries.get("source", entries)
    return {one["id"] for one in entries} if isinstance(entries, list) else set(entries)


def test_there_are_facts() -> None:
    assert DATA, "vasotone/data holds no facts"


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_no_number_is_naked(path: Path) -> None:
    assert list(naked(read(path))) == []


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_every_cite_names_a_source_and_a_place(path: Path) -> None:
    known = source_keys()
    assert known, "vasotone/data/sources.toml names no source"
    wrong = [
        (where, cite)
        for where, cite in cites(read(path))
        if not (isinstance(cite, dict) and cite.get("source") in known and str(cite.get("at", "")).strip())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[a]\nstart = 0.05", ["without a unit", "without a cite"]),
        ('[a]\nunit = "s"\nrange = [1, 2]', ["without a cite"]),
        ('[a]\ncite = { source = "x", at = "y" }\nstart = { value = 3 }', ["without a unit"]),
        ('[a]\ncite = { source = "x", at = "y" }\nbag = { amount = 4, amount_unit = "mg" }', []),
        ('[a]\nstart = { value = 3, unit = "s", cite = { source = "x", at = "y" } }', []),
        ('[[statement]]\nid = "s"\nwhen = "map < 65"', ["no cite"]),
        ('[[statement]]\nid = "s"\nwhen = "septic_shock"\n[[statement.case]]\ngiven = { map = 60 }', []),
        ("[a]\nflag = true\nyear = 2026", []),
    ],
)
def test_a_naked_number_is_seen(text: str, problems: list[str]) -> None:
    found = list(naked(tomllib.loads(text)))
    assert len(found) == len(problems)
    assert all(problem in one for problem, one in zip(problems, found, strict=True))
