"""The page on intended use names tests that exist, and what it says of the software holds."""

from __future__ import annotations

import ast
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from answers import answer, bundled, of_bundle, plain, said
from law_patients import AT, Entry, Record, as_plain

import vasotone
from vasotone.views.outline import INTENDED_USE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "intended-use.md").read_text("utf-8")
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
SHOCK = Record(
    AT,
    {
        "age": [Entry(Fraction(60))],
        "map": [Entry(Fraction(55))],
        "norepinephrine": [Entry(Fraction("0.1"), basis="base")],
    },
    ["septic-shock"],
)
SIGNALS: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]},
        "valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "30 31 32 33"},
    },
    {"resourceType": "Media", "status": "completed", "content": {"contentType": "image/png", "data": "aGVsbG8="}},
    {"resourceType": "ImagingStudy", "status": "available"},
    {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "echo"},
        "conclusion": "LVEF 20 %, MAP 30",
    },
    {"resourceType": "Binary", "contentType": "application/dicom", "data": "aGVsbG8="},
)


def test_every_test_that_the_page_names_exists() -> None:
    assert len(TESTS) >= 12 and PAGE.count("::test_") == len(TESTS)
    for file, name in TESTS:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{name}"


def test_the_page_says_what_was_not_read() -> None:
    assert PAGE.count("primary text") >= 2 and "not a medical device" in PAGE.lower()
    for number in ("four criteria", "below 18 years", "no image", "IIb or III"):
        assert number.lower() in PAGE.lower(), number


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda one: str(one["resourceType"]))
def test_no_image_and_no_signal_is_read(signal: dict[str, Any]) -> None:
    bundle = bundled(SHOCK)
    signal = {
        **signal,
        "id": "signal",
        "subject": {"reference": "Patient/one"},
        "effectiveDateTime": as_plain.stamp(AT),
    }
    other = {**bundle, "entry": [*bundle["entry"], {"resource": signal}]}
    parts = ("items", "asks", "values")
    assert said(answer(of_bundle(bundle, SHOCK)), *parts) == said(answer(of_bundle(other, SHOCK)), *parts)


def test_it_answers_only_when_it_is_asked() -> None:
    """Without an instant in the record there is none in the answer: no clock of the machine is read."""
    patient = {key: value for key, value in as_plain.patient(SHOCK).items() if key != "at"}
    table = vasotone.read(json.dumps(patient))
    assert vasotone.advise(table).at is None
    imported = {name for path in (ROOT / "vasotone").rglob("*.py") for name in imports(path)}
    assert not imported & {"threading", "sched", "asyncio", "signal", "multiprocessing", "subprocess"}


def imports(path: Path) -> set[str]:
    """The modules that a file of the advice imports; the service and the audit are rooms of their own."""
    if {"serve", "store"} & set(path.parts) or path.stem.startswith(("audit", "twin")):
        return set()
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("view", ["text", "page"])
def test_every_face_says_what_it_is_and_what_it_is_not(view: str) -> None:
    face = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", vasotone.show(vasotone.advise(plain(SHOCK)), view)))
    assert re.sub(r"\s+", " ", INTENDED_USE) in face
    assert "not a medical device" in INTENDED_USE.lower()
    assert "No clinician has approved" in face or "not reviewed" in face
