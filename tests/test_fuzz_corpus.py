"""The inputs that the fuzzer starts from, and those that once crashed, go through every target without it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "fuzz"
TARGETS = ("plain", "fhir", "clif", "condition", "dose", "lint")
INPUTS = sorted(path for target in TARGETS for path in (FOLDER / "corpus" / target).iterdir())


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("VASOTONE_FUZZ_SLOWEST", "10")


def target(name: str) -> Any:
    """One target of the fuzzer."""
    return importlib.import_module(f"fuzz_{name}")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_kept_input_holds(path: Path) -> None:
    if path.parent.name == "clif":
        pytest.importorskip("duckdb", reason="the CLIF reader needs DuckDB")
    target(path.parent.name).one_input(path.read_bytes())


def test_every_target_has_inputs_and_words() -> None:
    assert {path.parent.name for path in INPUTS} == set(TARGETS)
    assert {path.stem for path in (FOLDER / "dictionaries").iterdir()} == set(TARGETS)
    assert {path.stem.removeprefix("fuzz_") for path in FOLDER.glob("fuzz_*.py")} == set(TARGETS)
    for path in INPUTS:
        path.read_text("utf-8")


def test_dictionaries_are_in_the_fuzzers_own_spelling() -> None:
    for path in (FOLDER / "dictionaries").iterdir():
        for line in path.read_text("ascii").splitlines():
            assert len(line) > 2 and line[0] == line[-1] == '"', (path.name, line)
            inner = line[1:-1].replace("\\\\", "").replace('\\"', "")
            assert '"' not in inner and all(part[:1] == "x" for part in inner.split("\\")[1:]), (path.name, line)


def test_what_is_held_would_be_broken_by_a_wrong_answer() -> None:
    held: Any = importlib.import_module("held")
    limit = held.FACTS.limits["norepinephrine"]["hard_high"]
    dose = {"drug": "norepinephrine", "value": limit["value"], "unit": limit["unit"], "limits": []}
    item = {"statement": "x", "action": "raise", "dose": dose, "pump": None}
    held.advice_holds({"items": [item]})
    for wrong in ({"value": limit["value"] * 2}, {"value": -1}, {"unit": "mg/h"},
                  {"limits": [{"name": "hard_high", "kind": "hard", "exceeded": True}]}):  # fmt: skip
        with pytest.raises(AssertionError):
            held.advice_holds({"items": [{**item, "dose": {**dose, **wrong}}]})
    with pytest.raises(ValueError):
        held.serialises({"x": float("nan")})
    with pytest.raises(AssertionError):
        held.clean("\x1b[31mred")
    with pytest.raises(AssertionError):
        held.refusal_holds(held.VasotoneError(""))
