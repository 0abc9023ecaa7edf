"""The gate of the hazard log on planted runs: what it finds, when it speaks, and with the work shared out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import hazard_gate
import pytest
from hazard_gate import gaps
from hazard_patients import ROOT

ONE, TWO = "tests/test_a.py::test_one", "tests/test_a.py::test_two"
LOG: dict[str, dict[str, Any]] = {
    "H01": {
        "hazard": "a slip",
        "severity": "S5",
        "tests": [{"kind": "golden", "test": ONE}, {"kind": "property", "test": TWO}],
    }
}
PASSED, FAILED, SKIPPED = {"passed"}, {"failed"}, {"skipped"}


def log(**changes: Any) -> dict[str, dict[str, Any]]:
    """The planted log with changes."""
    return {"H01": {**LOG["H01"], **changes}}


@pytest.mark.parametrize(
    ("hazards", "outcomes", "told"),
    [
        (log(), {ONE: PASSED, TWO: PASSED}, []),
        (log(), {ONE: PASSED, TWO: FAILED}, ["only tests of the kind golden passed"]),
        (log(), {ONE: PASSED, TWO: SKIPPED}, ["only tests of the kind golden passed"]),
        (log(), {ONE: FAILED, TWO: FAILED}, ["no test passed"]),
        (log(), {ONE: PASSED}, ["did not run", "only tests of the kind"]),
        (log(), {}, ["did not run", "did not run", "no test passed"]),
        (log(severity="S4"), {ONE: PASSED, TWO: FAILED}, []),
        (log(severity="S4"), {ONE: SKIPPED, TWO: SKIPPED}, ["no test passed"]),
        (log(severity="S4"), {ONE: {"passed", "failed"}, TWO: SKIPPED}, ["no test passed"]),
        (log(severity="S4", tests=[]), {ONE: PASSED}, ["none is named"]),
        (log(tests=[{"kind": "golden", "test": one} for one in (ONE, TWO)]), {ONE: PASSED, TWO: PASSED}, ["only"]),
        (log(), {f"{ONE}[a]": PASSED, f"{ONE}[b c]": SKIPPED, TWO: PASSED}, []),
        (log(), {f"{ONE}[a]": PASSED, f"{ONE}[b]": FAILED, TWO: PASSED}, ["only tests of the kind property"]),
        (log(), {f"{ONE}_more": PASSED, TWO: PASSED}, ["did not run", "only tests of the kind property"]),
        (log(waits_for="serve", tests=[]), {}, []),
    ],
)
def test_a_planted_run_is_judged(hazards: Any, outcomes: Any, told: list[str]) -> None:
    found = gaps(hazards, outcomes)
    assert len(found) == len(told) and all(part in line for part, line in zip(told, found, strict=True)), found
    assert all(line.startswith("H01 (a slip)") for line in found)


def test_one_named_case_stands_for_itself() -> None:
    one = log(severity="S4", tests=[{"kind": "golden", "test": f"{ONE}[b c]"}])
    assert gaps(one, {f"{ONE}[a]": FAILED, f"{ONE}[b c]": PASSED}) == []
    assert len(gaps(one, {f"{ONE}[a]": PASSED, f"{ONE}[b c]": FAILED})) == 1


CONFTEST = """
import sys
sys.path.insert(0, {here!r})
import hazard_gate

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(hazard_gate.Gate({log!r}))
"""
TESTS = """
import pytest

def test_one():
    pass

@pytest.mark.parametrize("number", [1, 2])
def test_two(number):
    assert number < {most}
"""


def planted(folder: Path, *arguments: str, most: int = 3) -> tuple[int, str]:
    """Exit code and output of a run over two tests of a folder, with the planted log."""
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\nmarkers = deep: x\n", "utf-8")
    here = str(Path(hazard_gate.__file__).parent)
    (tests / "conftest.py").write_text(CONFTEST.format(here=here, log=LOG), "utf-8")
    (tests / "test_a.py").write_text(TESTS.format(most=most), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


HELD = "every hazard of a part that exists is held"


@pytest.mark.parametrize("arguments", [("-m", "not deep"), ("-n", "2")], ids=" ".join)
def test_a_whole_run_that_passes_says_so(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, told = planted(tmp_path, *arguments)
    assert code == 0 and HELD in told, told


@pytest.mark.parametrize("arguments", [("-n", "2")], ids=" ".join)
def test_a_whole_run_fails_where_a_test_fails(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, told = planted(tmp_path, *arguments, most=2)
    assert code == 1 and "H01 (a slip): only tests of the kind golden passed" in told, told


@pytest.mark.parametrize("arguments", [()], ids=" ".join)
def test_a_whole_run_fails_where_a_test_is_gone(arguments: tuple[str, ...], tmp_path: Path) -> None:
    planted(tmp_path, "--collect-only")
    path = tmp_path / "tests" / "test_a.py"
    path.write_text(path.read_text("utf-8").replace("def test_one", "def test_other"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "names a test that did not run: tests/test_a.py::test_one" in done.stdout
    assert " passed" in done.stdout and " failed" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("tests/test_a.py",), ("-k", "one"), ("-x",), ("--collect-only",)],
    ids=" ".join,
)
def test_a_part_of_a_run_is_not_judged(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, told = planted(tmp_path, *arguments)
    assert code in (0, 5) and "hazard" not in told, told


def test_the_gate_stands_in_the_run_of_this_project(pytestconfig: pytest.Config) -> None:
    if hasattr(pytestconfig, "workerinput"):
        assert not pytestconfig.pluginmanager.hasplugin("hazard-gate")
    else:
        assert pytestconfig.pluginmanager.hasplugin("hazard-gate")
    assert hazard_gate.LOG == ROOT / "vasotone" / "data" / "hazards.toml" and hazard_gate.read()
