"""The hazard log itself: sound, whole, its tests there, and its page current."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from hazard_patients import FACTS, ROOT

from vasotone import soundness, soundness_hazards
from vasotone.cli import main

HAZARDS = FACTS.shelf("hazards")
LOOSE_ENDS = ("it depends", "if possible", "as far as", "TBD", "etc")


@cache
def functions(path: str) -> set[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_hazard_is_there() -> None:
    assert list(HAZARDS) == [f"H{number:02}" for number in range(1, 64)]
    assert {one["severity"] for one in HAZARDS.values()} <= set(soundness_hazards.SEVERITIES)


@pytest.mark.parametrize("name", HAZARDS)
def test_its_tests_are_there(name: str) -> None:
    for one in HAZARDS[name].get("tests", []):
        path, _, rest = one["test"].partition("::")
        assert (ROOT / path).is_file(), path
        assert rest.partition("[")[0] in functions(path), one["test"]


@pytest.mark.parametrize("name", HAZARDS)
def test_a_requirement_is_one_sentence_that_can_be_false(name: str) -> None:
    requirement = HAZARDS[name]["requirement"]
    assert requirement.endswith(".") and requirement.count(". ") == 0
    assert not [words for words in LOOSE_ENDS if words in requirement]


@pytest.mark.parametrize("name", [name for name, one in HAZARDS.items() if "waits_for" in one])
def test_what_waits_for_a_part_waits_no_longer_than_the_part(name: str) -> None:
    part = HAZARDS[name]["waits_for"]
    package = ROOT / "vasotone"
    there = (package / f"{part}.py").exists() or (package / part / "__init__.py").exists()
    assert not there, f"{part} exists now: give {name} its tests and take `waits_for` away"


def test_a_hazard_is_shown_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "show", "H01", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["what"], record["severity"]) == ("hazard", "S5") and record["tests"]


SOUND = """
[H01]
hazard = "A slip."
cause = "Planted."
severity = "S5"
part = "core"
mitigation = "Planted."
requirement = "Planted."
tests = [
  { kind = "golden", test = "tests/test_facts.py::test_a" },
  { kind = "property", test = "tests/dose/test_b.py::test_b[of this]" },
]
cite = { source = "vasotone-hazards", at = "planted" }
"""


def problems_of(text: str) -> list[str]:
    """What the check of hazards finds in a text."""
    problems = soundness.Problems()
    soundness_hazards.check(tomllib.loads(text), {}, {}, {}, problems)
    return problems


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[H01]", "[H1]", "H and two digits"),
        ('severity = "S5"', 'severity = "S6"', "`severity = S6`"),
        ('part = "core"', 'part = "kernel"', "`part = kernel`"),
        ('cause = "Planted."\n', "", "`cause` is missing"),
        ('cause = "Planted."', 'cause = ""', "`cause` is missing"),
        ("mitigation", "mitigations", "unknown key `mitigations`"),
        ('kind = "golden"', 'kind = "silver"', "`kind = silver`"),
        ('kind = "golden"', 'kind = "property"', "tests of two kinds"),
        ("tests/test_facts.py::test_a", "tests/test_facts.py", "is no test such as"),
        ("tests/test_facts.py::test_a", "vasotone/facts.py::test_a", "is no test such as"),
        ("tests/dose/test_b.py::test_b[of this]", "tests/test_facts.py::test_a", "names a test twice"),
        ("cite =", 'waits_for = "serve"\ncite =', "waits for its own `part`"),
        ("cite =", 'waits_for = "core"\ncite =', "so it has no tests yet"),
        ("cite =", 'later = ["cloud"]\ncite =', "`later = cloud`"),
        ("tests = [", "other = [", "has no test, and waits for no part"),
    ],
)
def test_an_unsound_hazard_is_seen(old: str, new: str, told: str) -> None:
    assert old in SOUND and problems_of(SOUND) == []
    assert [one for one in problems_of(SOUND.replace(old, new)) if told in one]


def test_the_page_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "safety_page.py"), "--print"],
        cwd=ROOT, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    page = (ROOT / "docs" / "safety.md").read_bytes()
    assert done.stdout == page, "make it anew: python tools/safety_page.py"


def test_the_page_holds_every_hazard_and_says_what_it_is_not() -> None:
    page = Path(ROOT / "docs" / "safety.md").read_text("utf-8")
    assert [name for name, one in HAZARDS.items() if f"| {name} | {one['hazard']}" not in page] == []
    assert "No probability is estimated" in page and "No clinician has reviewed" in page
    assert "not a medical device" in page
