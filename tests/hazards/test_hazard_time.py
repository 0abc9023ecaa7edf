"""Hazards of clocks and of the machine: zones, daylight saving, leap days, the language of the process."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hazard_patients import FACTS, ROOT, SHOCK, Record, kernel
from hypothesis import given, settings
from hypothesis import strategies as st

import vasotone

EXAMPLES = settings(max_examples=40)
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "fromtimestamp"}
SERVED = ("serve", "store")  # a service asks its own clock; what it is told to advise on it is told with the time
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


def course(at: datetime, zones: list[timezone]) -> Record:
    """The standard patient charted over some hours before an instant, each entry written in a zone of its own."""

    def entry(value: Any, minutes: int, zone: timezone, **more: Any) -> Record:
        return {"value": value, "at": (at - timedelta(minutes=minutes)).astimezone(zone).isoformat(), **more}

    dose = {"basis": "base", "bag": {"amount": "4 mg", "volume": "250 mL"}}
    return {
        **SHOCK, "at": at.astimezone(zones[0]).isoformat(),
        "map": [entry(70, 200, zones[1]), entry(58, 65, zones[2]), entry(57, 5, zones[3])],
        "norepinephrine": [entry(0.05, 190, zones[3], **dose), entry(0.3, 50, zones[1], **dose)],
        "lactate": [entry(4, 240, zones[2]), entry(3, 30, zones[0])],
    }  # fmt: skip


def said(patient: Record) -> Record:
    """The advice and the values, without the instants themselves."""
    record, code = vasotone.advise_record(json.dumps(patient), all_items=True)
    assert code == 0, record
    return {"kernel": kernel(record), "values": record["values"], "warnings": record["warnings"]}


STEADY = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
UTC_ONLY = [UTC] * 4
MOMENTS = {
    "the hour that comes twice in New York": datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    "the hour that never was in New York": datetime(2026, 3, 8, 7, 30, tzinfo=UTC),
    "the hour that comes twice in Berlin": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    "the turn of the year": datetime(2026, 1, 1, 0, 1, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
    "the day after a leap day": datetime(2028, 3, 1, 0, 30, tzinfo=UTC),
    "before 1970": datetime(1969, 12, 31, 23, 0, tzinfo=UTC),
    "beyond 2038": datetime(2040, 1, 1, 12, 0, tzinfo=UTC),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_moving_everything_in_time_changes_nothing(name: str) -> None:
    assert said(course(MOMENTS[name], UTC_ONLY)) == said(course(STEADY, UTC_ONLY))


@EXAMPLES
@given(st.lists(OFFSETS, min_size=4, max_size=4), st.integers(-(10**6), 10**6))
def test_one_instant_in_any_zone_is_the_same_instant(zones: list[timezone], minutes: int) -> None:
    assert said(course(STEADY + timedelta(minutes=minutes), zones)) == said(course(STEADY, UTC_ONLY))


@pytest.mark.parametrize("name", ["at", "map", "norepinephrine"])
def test_a_time_without_a_zone_is_refused(name: str) -> None:
    patient = course(STEADY, UTC_ONLY)
    if name == "at":
        patient["at"] = "2026-01-12T08:00:00"
    else:
        patient[name][-1]["at"] = "2026-01-12T07:58:00"
    record, code = vasotone.advise_record(json.dumps(patient))
    assert code == 2 and record["schema"] == "vasotone.error/1" and record["fix"]


def reads_a_clock(tree: ast.Module) -> list[int]:
    """The lines on which a module asks what time it is."""
    return [
        node.lineno for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]  # fmt: skip


def test_a_clock_is_seen() -> None:
    assert reads_a_clock(ast.parse("import datetime\nx = datetime.datetime.now()")) == [2]
    assert reads_a_clock(ast.parse("x = clock.instant")) == []


def test_nothing_that_advises_reads_a_clock() -> None:
    package = Path(vasotone.__file__).parent
    found = {}
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] not in SERVED:
            lines = reads_a_clock(ast.parse(path.read_text("utf-8")))
            if lines:
                found[path.name] = lines
    assert found == {}


def test_every_value_says_its_age_and_the_advice_its_instant() -> None:
    record, _ = vasotone.advise_record(json.dumps(course(STEADY, UTC_ONLY)))
    assert record["at"] == "2026-01-12T08:00:00Z"
    assert record["values"]["map"]["age_minutes"] == 5 and record["values"]["lactate"]["age_minutes"] == 30


PLACES = [
    ("UTC", "C"),
    ("America/New_York", "de_DE.UTF-8"),
    ("Asia/Kolkata", "tr_TR.UTF-8"),
    ("Pacific/Apia", "ar_EG.UTF-8"),
]


def printed(zone: str, language: str, patient: Path) -> bytes:
    """What the command prints in a process of a zone and a language."""
    told = {**os.environ, "TZ": zone, "LC_ALL": language, "LANG": language}
    done = subprocess.run(
        [sys.executable, "-m", "vasotone", "advise", str(patient), "--json", "--all"], env=told, cwd=ROOT,
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def test_zone_and_language_of_the_process_change_no_byte() -> None:
    patient = ROOT / "examples" / "septic-shock.json"
    first, *others = [printed(zone, language, patient) for zone, language in PLACES]
    assert json.loads(first)["facts"] == FACTS.digest
    assert [place for place, other in zip(PLACES[1:], others, strict=True) if other != first] == []
