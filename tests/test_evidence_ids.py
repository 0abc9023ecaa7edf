"""Every id of the evidence record resolves in `vasotone facts show`; what is never said, as a prohibition."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from vasotone import cli, facts

IDS = tomllib.loads((Path(__file__).parent / "evidence_ids.toml").read_text("utf-8"))
FACTS = facts.load()


def shown(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The record that `facts show` prints."""
    assert cli.main(["facts", "show", name, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("name", IDS["said"].split())
def test_what_is_said_is_a_statement(name: str) -> None:
    assert FACTS.whole()[name]["clinician"]


@pytest.mark.parametrize("name", IDS["never"].split())
def test_what_is_never_said_is_a_prohibition_with_who_forbids_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = shown(name, capsys)
    # A claim that no longer holds is kept as a statement too, and what forbids it stands beside it.
    (record,) = [one for one in (first, *first.get("also", [])) if one["what"] == "prohibition"]
    assert record["forbidden_by"]
    assert set(record["said_by"]) == set(record["forbidden_by"]) <= set(FACTS.statements)


def test_one_of_each_shelf_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("vaso-add-on", "soap-ii-death-28d", "ssc-2026", "norepinephrine", "map", "vaso-start-dose")
    found = [shown(name, capsys)["what"] for name in names]
    assert found == ["statement", "finding", "source", "drug", "variable", "conflict"]
