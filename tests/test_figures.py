"""The table of figures tells what is below its goal, and RELIABILITY.md says what the long runs came to."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import figures
from tests.figures import Count, Figures

ROOT = Path(__file__).resolve().parents[1]
GOALS = figures.read()
MOST = {"says": "things that differ", "most": 0, "of_least": 100, "deep_of_least": 1000}
LEAST = {"says": "things that are noticed", "least_share": "0.99", "of_least": 100}
FALSE = {"says": "things flagged for nothing", "most_share": "0.02", "of_least": 100}


@pytest.fixture
def deep(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command of the long runs."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import deep as module

    return module


@pytest.mark.parametrize(
    ("goal", "count", "lacks"),
    [
        (MOST, Count(0, 100), []),
        (MOST, Count(1, 100), ["at most 0"]),
        (MOST, Count(0, 99), ["100 were to be asked"]),
        (LEAST, Count(99, 100), []),
        (LEAST, Count(989, 1000), ["at least 99%"]),
        (FALSE, Count(2, 100), []),
        (FALSE, Count(3, 100), ["at most 2%"]),
        (LEAST, Count(0, 0), ["100 were to be asked"]),
    ],
)
def test_what_is_below_its_goal(goal: dict[str, Any], count: Count, lacks: list[str]) -> None:
    assert figures.below(goal, count) == lacks


def test_a_long_run_is_asked_more() -> None:
    assert figures.below(MOST, Count(0, 999), deep=True) == ["1,000 were to be asked"]
    assert figures.below(MOST, Count(0, 1000), deep=True) == []


def test_names_are_counted_by_their_group() -> None:
    outcomes = {
        "tests/laws/test_a.py::test_m01_x": {"passed"},
        "tests/laws/test_b.py::test_m01_y": {"passed"},
        "tests/laws/test_a.py::test_m02_x": {"passed"},
        "tests/laws/test_b.py::test_m02_y": {"failed"},
        "tests/laws/test_b.py::test_m03_y": {"expected to fail"},
        "tests/other/test_b.py::test_m04_y": {"passed"},
    }
    assert figures.passing(GOALS["laws"]["passing"], outcomes) == Count(1, 3)


def test_figures_of_several_tests_and_processes_add_up() -> None:
    plugin = Figures({"a": MOST, "b": LEAST})
    for hits, of in ((0, 60), (1, 60)):
        report = pytest.TestReport("tests/x.py::y", ("x", 1, "y"), {}, "passed", None, "call",
                                   user_properties=[("figure:a", [hits, of])])  # fmt: skip
        plugin.pytest_runtest_logreport(report)
    assert plugin.count() == {"a": Count(1, 120)}
    table = list(figures.rows(plugin.goals, plugin.count()))
    assert "1 of 120" in table[0] and "BELOW" in table[0] and "not told" in table[1]


CHILD = """
import pytest
from tests import figures
from tests.figures import figure as figure

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(figures.Figures({"oracle-random": GOAL}))
"""


@pytest.mark.parametrize(
    ("told", "short", "code"), [("0, 120", "", 0), ("1, 120", "", 1), ("1, 120", "slow", 0), ("", "", 1)]
)
@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_a_whole_run_fails_below_a_goal(
    pytester_run: Any, told: str, short: str, code: int, processes: tuple[str, ...]
) -> None:
    goal = MOST | ({"short": short} if short else {})
    call = f"figure('oracle-random', {told})" if told else "pass"
    ended, text = pytester_run(CHILD.replace("GOAL", repr(goal)), f"def test_one(figure):\n    {call}\n", processes)
    assert ended == code, text
    assert ("below its goal" in text) is (code == 1)
    assert "things that differ" in text


@pytest.fixture
def pytester_run(tmp_path: Path) -> Any:
    """A run of pytest of its own, on a folder with one test."""
    import subprocess

    def run(conftest: str, test: str, words: tuple[str, ...]) -> tuple[int, str]:
        (tmp_path / "tests_of_figures").mkdir()
        folder = tmp_path / "tests_of_figures"
        (folder / "conftest.py").write_text(conftest, "utf-8")
        (folder / "test_one.py").write_text(test, "utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
        line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, str(folder)]
        env = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_table_is_well_formed() -> None:
    for name, goal in GOALS.items():
        assert set(goal) <= figures.KEYS and {"says", "of_least"} <= set(goal), name
        assert len({"most", "least_share", "most_share"} & set(goal)) == 1, name


def test_every_long_run_has_a_goal_and_finds_its_figure(deep: Any) -> None:
    for name, one in deep.plan().items():
        assert ("figure" in one) is not ("says" in one), name
        assert one.get("figure", name) in GOALS or "says" in one, name
        groups = set(re.compile(one["reads"]).groupindex)
        assert groups in ({"of"}, {"hits", "of"}, {"hits", "rest"}), name
        assert deep.command(one, 1) and 1 <= one["parts"] <= 200, name
    assert deep.figures(
        {"reads": r"(?P<of>\d+) cases, (?P<hits>\d+) differ"}, "5 cases, 1 differ\n7 cases, 0 differ"
    ) == (1, 12)


def test_an_unknown_part_is_refused_with_the_known_ones(deep: Any) -> None:
    for word in ("nonsense", "oracle-grid/0", "oracle-grid/999", "oracle-grid/x"):
        with pytest.raises(SystemExit, match="none of the long runs; there are: oracle-random"):
            deep.chosen([word])
    assert deep.chosen(["oracle-grid/2"]) == [("oracle-grid", 2)]


def test_the_page_is_what_was_kept(deep: Any) -> None:
    import reliability_page

    assert (ROOT / "RELIABILITY.md").read_text("utf-8") == reliability_page.page(), "run: python tools/deep.py --page"


def test_a_figure_below_its_goal_has_a_reason_on_the_page(deep: Any) -> None:
    assert "no reason is given" not in (ROOT / "RELIABILITY.md").read_text("utf-8")
    for name, part in deep.chosen([]):
        one = deep.kept().get(f"{name}/{part}")
        assert one is None or one["seconds"] <= deep.MOST_SECONDS + 5, name
