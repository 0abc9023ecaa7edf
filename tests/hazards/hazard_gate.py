"""The gate of the hazard log: a whole run fails where a hazard of a part that exists is not held by passing tests.

Reports are counted where the run is led, so it makes no difference whether one process or several ran the tests.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]
Outcomes = dict[str, set[str]]  # the id of a test -> what became of it: passed, failed, skipped

ROOT = Path(__file__).resolve().parents[2]
LOG = ROOT / "vasotone" / "data" / "hazards.toml"
WORST, FEWEST_KINDS = "S5", 2
WHOLE = ("", "not deep")  # marks that leave a run whole: long runs are not part of every run
LESS = ("deselect", "ignore", "ignore_glob", "lf", "maxfail", "stepwise")  # these leave tests out
RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def read(path: Path = LOG) -> dict[str, Record]:
    """The hazards by id."""
    return dict(tomllib.loads(path.read_text("utf-8")))


def seen(test: str, outcomes: Outcomes) -> set[str]:
    """What became of a test, or of all its cases where no case is named; empty when it did not run."""
    return {one for name, found in outcomes.items() if name == test or name.startswith(f"{test}[") for one in found}


def gaps(hazards: dict[str, Record], outcomes: Outcomes) -> list[str]:
    """A line for each hazard of a part that exists which the tests of a run do not hold, and for each lost test."""
    found = []
    for identifier, hazard in hazards.items():
        if "waits_for" in hazard:
            continue
        known = {test["test"]: seen(test["test"], outcomes) for test in hazard.get("tests", [])}
        holding = [name for name, what in known.items() if "passed" in what and "failed" not in what]
        kinds = {test["kind"] for test in hazard.get("tests", []) if test["test"] in holding}
        head = f"{identifier} ({hazard['hazard']})"
        found += [f"{head}: names a test that did not run: {name}" for name, what in known.items() if not what]
        others = ", ".join(name for name in known if name not in holding) or "none is named"
        if not holding:
            found.append(f"{head}: no test passed: {others}")
        elif hazard["severity"] == WORST and len(kinds) < FEWEST_KINDS:
            found.append(f"{head}: only tests of the kind {''.join(kinds)} passed, not: {others}")
    return found


def is_whole(config: pytest.Config) -> bool:
    """Whether a run was asked for all tests, so that a test that did not run is missing."""
    chosen = config.option
    if chosen.keyword or chosen.markexpr not in WHOLE or chosen.collectonly:
        return False
    if any(getattr(chosen, name, None) for name in LESS):
        return False
    places = {(config.invocation_params.dir / name).resolve() for name in config.args}
    return not places.isdisjoint({config.rootpath, config.rootpath / "tests"})


class Gate:
    """A plugin that collects what became of each test and, at the end of a whole run, judges the hazards.

    hazards  the log; read when the run ends if it is not given
    """

    def __init__(self, hazards: dict[str, Record] | None = None) -> None:
        self.hazards = hazards
        self.outcomes: Outcomes = {}
        self.found: list[str] | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test; a failure before or after the test itself counts against it."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes.setdefault(report.nodeid, set()).add(report.outcome)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge, and fail the run where a hazard is not held."""
        if exitstatus in RAN and is_whole(session.config):
            self.found = gaps(self.hazards if self.hazards is not None else read(), self.outcomes)
            if self.found:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """What was found, at the end of the run."""
        if self.found is None:
            return
        terminalreporter.section("hazard log")
        for line in self.found or ["every hazard of a part that exists is held by passing tests"]:
            terminalreporter.write_line(line)


def install(config: pytest.Config) -> None:
    """Register the gate where the run is led; the processes that share the work report to it."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gate(), "hazard-gate")
