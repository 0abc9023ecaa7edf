"""The table of figures at the end of a run: what was counted, out of what, and whether that reaches its goal.

A test tells a figure through the fixture `figure`; some are counted here from the names of the tests that passed.
A whole run fails where a figure is below its goal and no reason stands in `figures.toml`, or was not told at all.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.hazards import hazard_gate

TABLE = Path(__file__).with_name("figures.toml")
KEYS = {"says", "most", "least_share", "most_share", "of_least", "deep_of_least", "passing", "long", "short"}
PASSED = {"passed"}


class Count(NamedTuple):
    """So many, of so many."""

    hits: int
    of: int


def read(path: Path = TABLE) -> dict[str, dict[str, Any]]:
    """The figures by name, as they stand in the table."""
    return dict(tomllib.loads(path.read_text("utf-8")))


def below(goal: dict[str, Any], count: Count, *, deep: bool = False) -> list[str]:
    """What a figure lacks of its goal, in words; empty when it is reached."""
    lacks = []
    asked = goal.get("deep_of_least", goal["of_least"]) if deep else goal["of_least"]
    if count.of < asked:
        lacks.append(f"{asked:,} were to be asked")
    if count.of and "least_share" in goal and Fraction(count.hits, count.of) < Fraction(goal["least_share"]):
        lacks.append(f"at least {float(Fraction(goal['least_share'])):.0%}")
    if count.of and "most_share" in goal and Fraction(count.hits, count.of) > Fraction(goal["most_share"]):
        lacks.append(f"at most {float(Fraction(goal['most_share'])):.0%}")
    if "most" in goal and count.hits > goal["most"]:
        lacks.append(f"at most {goal['most']}")
    return lacks


def goal_of(goal: dict[str, Any]) -> str:
    """The goal in a few characters."""
    if "least_share" in goal:
        return f">= {float(Fraction(goal['least_share'])):.0%}"
    return f"<= {float(Fraction(goal['most_share'])):.0%}" if "most_share" in goal else f"<= {goal['most']}"


def shown(goal: dict[str, Any], count: Count) -> str:
    """A figure as it is printed: the count, and the share where the goal is one."""
    told = f"{count.hits:,} of {count.of:,}"
    return told if "most" in goal or not count.of else f"{told} ({100 * count.hits / count.of:.1f} %)"


def passing(pattern: str, outcomes: dict[str, set[str]]) -> Count:
    """How many names that an expression finds in the tests belong to tests of which none did anything but pass."""
    found: dict[str, set[str]] = {}
    for test, became in outcomes.items():
        if hit := re.search(pattern, test):
            found.setdefault(hit.group(1), set()).update(became)
    return Count(sum(became == PASSED for became in found.values()), len(found))


def hazards(outcomes: dict[str, set[str]]) -> Count:
    """The hazards of parts that exist, and how many of them passing tests hold."""
    there = {key: one for key, one in hazard_gate.read().items() if "waits_for" not in one}
    held = [key for key, one in there.items() if not hazard_gate.gaps({key: one}, outcomes)]
    return Count(len(held), len(there))


class Figures:
    """A plugin that adds up what the tests tell and prints the table where the run is led."""

    def __init__(self, goals: dict[str, dict[str, Any]] | None = None) -> None:
        self.goals = goals if goals is not None else read()
        self.told: dict[str, Count] = {}
        self.outcomes: dict[str, set[str]] = {}
        self.short: list[str] = []
        self.judged = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test: what became of it, and the figures it told."""
        if report.when == "call" or report.outcome != "passed":
            became = "expected to fail" if hasattr(report, "wasxfail") else report.outcome
            self.outcomes.setdefault(report.nodeid, set()).add(became)
        for name, value in report.user_properties if report.when == "call" else ():
            if name.startswith("figure:"):
                before, (hits, of) = self.told.get(name[7:], Count(0, 0)), value
                self.told[name[7:]] = Count(before.hits + hits, before.of + of)

    def count(self) -> dict[str, Count]:
        """Every figure that this run can tell."""
        found = dict(self.told)
        for name, goal in self.goals.items():
            if "passing" in goal:
                found[name] = passing(goal["passing"], self.outcomes)
        if "hazards" in self.goals:
            found["hazards"] = hazards(self.outcomes)
        return {name: found[name] for name in self.goals if name in found and found[name].of}

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """In a whole run, fail where a figure is short of its goal without a reason, or is missing."""
        if exitstatus not in hazard_gate.RAN or not hazard_gate.is_whole(session.config):
            return
        self.judged, found = True, self.count()
        for name, goal in self.goals.items():
            if goal.get("long"):
                continue
            lacks = below(goal, found[name]) if name in found else ["was not told"]
            if lacks and "short" not in goal:
                self.short.append(f"{name}: {'; '.join(lacks)}")
        if self.short:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if path := os.environ.get("VASOTONE_FIGURES"):
            Path(path).write_text(json.dumps(found, indent=1) + "\n", "utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table."""
        if self.judged:
            terminalreporter.section("figures")
            for line in [*rows(self.goals, self.count()), *(f"below its goal: {one}" for one in self.short)]:
                terminalreporter.write_line(line)


def rows(goals: dict[str, dict[str, Any]], found: dict[str, Count]) -> Iterable[str]:
    """The lines of the table: figure, what it came to, its goal, what was counted."""
    lines = []
    for name, goal in goals.items():
        if name not in found:
            lines.append((name, "in the long runs" if goal.get("long") else "not told", goal_of(goal), goal["says"]))
            continue
        reached = "" if not below(goal, found[name]) else f"  BELOW: {goal.get('short', 'no reason is given')}"
        lines.append((name, shown(goal, found[name]), goal_of(goal), goal["says"] + reached))
    wide = [max((len(line[at]) for line in lines), default=0) for at in range(3)]
    return [f"{a:<{wide[0]}}  {b:>{wide[1]}}  {c:<{wide[2]}}  {d}" for a, b, c, d in lines]


def install(config: pytest.Config) -> None:
    """Register the table where the run is led; the processes that share the work report to it."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(), "figures")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, int, int], None]:
    """Tell a figure: its name in the table, how many, of how many."""
    known = read()

    def tell(name: str, hits: int, of: int) -> None:
        assert name in known and "passing" not in known[name], f"{name} does not stand in {TABLE.name}"
        request.node.user_properties.append((f"figure:{name}", (hits, of)))

    return tell
