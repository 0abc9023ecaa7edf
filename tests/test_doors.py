"""Bad input at every door: what is malformed is an error with a record, what is doubtful becomes unknown."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone.cli import main

SHOCK = {"age": 60, "conditions": ["septic-shock"], "map": 55, "norepinephrine": 0}

MALFORMED = {
    "empty": "",
    "blank": "  \n ",
    "truncated": '{"map": 58, "age"',
    "not JSON": "MAP 58",
    "NaN": '{"map": NaN}',
    "infinity": '{"map": -Infinity}',
    "text for a number": '{"map": "58"}',
    "text for a number in a series": '{"map": [{"value": "58"}]}',
    "truth value for a number": '{"map": true}',
    "number for a truth value": '{"arterial_line": 1}',
    "number for a word": '{"rhythm": 3}',
    "unknown key": '{"mpa": 58}',
    "duplicate key": '{"map": 58, "map": 85}',
    "duplicate inner key": '{"norepinephrine": {"value": 0.1, "value": 1.0}}',
    "two spellings": '{"norepinephrine": 0.1, "noradrenaline": 0.2}',
    "two patients as a list": '[{"map": 58}, {"map": 85}]',
    "two patients as two objects": '{"map": 58} {"map": 85}',
    "a bare number": "58",
    "conditions as one word": '{"conditions": "septic-shock"}',
    "time without offset": '{"at": "2026-01-12T08:00:00", "map": 58}',
    "not a time": '{"at": "yesterday", "map": 58}',
    "nested too deeply": '{"map": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "twenty megabytes": '{"site": "' + "x" * 20_000_000 + '"}',
    "half a character": '{"conditions": ["\\ud800x"], "map": 58}',
    "not UTF-8": b'{"site": "\xff\xfe"}',
}


def run(arguments: list[str], text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """The command line with something on standard input."""
    data = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return main(arguments)


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_is_an_error_record(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["advise", "-", "--json"], MALFORMED[name], monkeypatch) == 2
    printed = capsys.readouterr()
    record = json.loads(printed.out)
    assert record["schema"] == "vasotone.error/1"
    assert record["what"] and record["where"] and record["fix"]
    assert len(printed.out) < 1000 and "Traceback" not in printed.err
    assert printed.err.strip()


def advice(**patient: Any) -> dict[str, Any]:
    """The record for the standard patient with changes."""
    record, code = vasotone.advise_record({**SHOCK, **patient}, all_items=False)
    assert code == 0, record
    return record


DOUBTFUL = {
    "impossible MAP": ({"map": 520}, "map", "flag-implausible"),
    "MAP of minus one": ({"map": -1}, "map", "flag-implausible"),
    "weight of one": ({"weight": 1}, "weight", "flag-implausible"),
    "diastolic above systolic": ({"map": None, "sbp": 60, "dbp": 90}, "sbp", "flag-contradiction"),
    "MAP outside systolic and diastolic": ({"map": 95, "sbp": 90, "dbp": 40}, "map", "flag-contradiction"),
    "two values at one instant": ({"map": [{"value": 50}, {"value": 90}]}, "map", "flag-contradiction"),
    "unit not known": (
        {"norepinephrine": {"value": 0.2, "unit": None}},
        "norepinephrine",
        "ask-unit",
    ),
    "unit unknown to us": ({"norepinephrine": {"value": 0.2, "unit": "mcq/kg/min"}}, "norepinephrine", "ask-unit"),
    "unit of another quantity": ({"map": {"value": 55, "unit": "kg"}}, "map", "ask-unit"),
    "per minute without a weight": (
        {"norepinephrine": {"value": 20, "unit": "ug/min"}},
        "norepinephrine",
        "ask-weight",
    ),
    "future": (
        {"at": "2026-01-12T08:00:00Z", "map": {"value": 55, "at": "2026-01-12T09:00:00Z"}},
        "map",
        "future-time",
    ),
    "stale": (
        {"at": "2026-01-12T08:00:00Z", "map": {"value": 55, "at": "2026-01-12T05:00:00Z"}},
        "map",
        "ask-refresh",
    ),
    "unknown rhythm": ({"rhythm": "bigeminy"}, "rhythm", "unknown-value"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful_becomes_unknown_with_a_warning(name: str) -> None:
    patient, variable, code = DOUBTFUL[name]
    record = advice(**patient)
    assert code in [warning["code"] for warning in record["warnings"]], record["warnings"]
    assert record["values"].get(variable, {}).get("value") is None


@pytest.mark.parametrize("number", ["1e31", "1e999", "-1e400", "9" * 5000, "0." + "0" * 300 + "1"])
def test_a_number_beyond_anything_is_unknown_not_malformed(number: str) -> None:
    record, code = vasotone.advise_record(json.dumps(SHOCK | {"map": 0}).replace('"map": 0', f'"map": {number}'))
    assert code == 0 and record["values"]["map"]["value"] is None
    assert "flag-implausible" in [warning["code"] for warning in record["warnings"]]


def test_a_volume_rate_is_in_the_form_of_its_bag() -> None:
    bag = {"amount": "8 mg", "volume": "250 mL", "basis": "bitartrate"}
    written = {"value": 30, "unit": "mL/h", "bag": bag}
    record = advice(weight=80, norepinephrine=written)
    assert (
        record["values"]["norepinephrine"]["value"] == 0.1 and record["values"]["norepinephrine"]["basis"] == "base"
    )
    doubted = advice(weight=80, norepinephrine=written | {"basis": "base"})
    assert "flag-contradiction" in [warning["code"] for warning in doubted["warnings"]]
    assert doubted["values"]["norepinephrine"]["quality"] == "basis-unknown"


def test_an_unknown_condition_is_kept_and_shown() -> None:
    record = advice(conditions=["septic-shock", "purple-spots"])
    assert [warning["name"] for warning in record["warnings"] if warning["code"] == "unknown-condition"] == [
        "purple-spots"
    ]


def test_an_impossible_pressure_never_starts_a_drug() -> None:
    record = advice(map=5)
    assert not [item for item in record["items"] if item["action"] == "start" and item["verdict"] == "applies"]
    assert "map" in [ask["name"] for ask in record["asks"]]


@pytest.mark.parametrize(
    "arguments",
    [["advise", "no-such-file.json"], ["advise"], ["prescribe"], ["facts", "show", "no-such-id"],
     ["advise", "-", "--profile", "ssc-1999"], ["dose", "aspirin", "--dose", "1 mg"],
     ["dose", "norepinephrine", "--dose", "0,1 ug/kg/min", "--weight", "80 kg", "--bag", "4 mg/250 mL"],
     ["dose", "norepinephrine", "--dose", "0.1 mcq/kg/min", "--weight", "80 kg", "--bag", "4 mg/250 mL"],
     ["dose", "norepinephrine", "--dose", "0.1 ug/kg/min", "--bag", "4 mg/250 mL"]],
)  # fmt: skip
def test_a_wrong_command_is_an_error_record(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json"], json.dumps(SHOCK), monkeypatch) == 2
    assert json.loads(capsys.readouterr().out)["schema"] == "vasotone.error/1"


def test_standard_output_holds_one_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["advise", "-", "--json"], json.dumps(SHOCK), monkeypatch) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "vasotone.advice/1"
    assert set(record) >= {"profile", "facts", "engine", "at", "values", "items", "asks", "warnings", "refused"}


def test_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "patient.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(SHOCK).encode())
    assert main(["advise", str(path), "--json"]) == 0


@pytest.mark.parametrize("junk", ["\x00", "\u202e", "<script>alert(1)</script>", "'; drop table x; --", "\ud800"])
def test_text_from_outside_is_inert(junk: str) -> None:
    plain = advice(site="left hand")
    marked = advice(site="left hand " + junk.encode("utf-8", "replace").decode())
    assert [item["statement"] for item in plain["items"]] == [item["statement"] for item in marked["items"]]
