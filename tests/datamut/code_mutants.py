"""Makes slips in the code, one at a time, and says which of them no test notices.

    python -m tests.datamut.code_mutants                          every function of the core (long)
    python -m tests.datamut.code_mutants --since REVISION         functions that are other than they were there
    python -m tests.datamut.code_mutants --control                functions as they are
    python -m tests.datamut.code_mutants --files vasotone/dose.py --part 1/4 --seconds 300 --jobs 2

The tests of the rooms run once and it is kept which of them calls which function. Then for each slip a copy of the
process exchanges the one function and runs the tests that call it, the sharpest and quickest first, until one fails
or `--budget` seconds of tests are spent. So a slip that is called alive may still be noticed by the whole suite: the
share is a lower bound. `--control` tries every function as it is instead: whatever is noticed then is a test that
fails in a copy of the process and would make the share look better than it is.

Exit code 0: nothing alive but what is excused, or at least `--min`; 1: too much; 2: usage.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import resource
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings

from tests.datamut import memory
from tests.datamut.code_slips import Slip, Target, exchange, functions, slips, targets, watch
from tests.parts import part_of

ROOT = Path(__file__).resolve().parents[2]
EXCUSES = Path(__file__).with_name("equivalent_code.toml")
CORE = ["vasotone/units.py", "vasotone/dose*.py", "vasotone/guideline*.py", "vasotone/lang/*.py"]
# What hands conditions to DuckDB and Polars is held by the comparison of engines: these libraries do not survive a
# copy of their process, so the tests that use them cannot be run here.
NOT_HERE = ("vasotone/lang/emit_polars.py", "vasotone/lang/emit_sql.py")
# The tests that know a room, by how the names of its modules begin; the quickest and sharpest first.
DOSES = ["tests/dose", "tests/test_site_doors.py"]
TESTS = {
    "vasotone.units": DOSES,
    "vasotone.dose": DOSES,
    "vasotone.lang": [
        f"tests/lang/test_{name}.py"
        for name in (
            "mutants_refusals", "mutants_parts", "mutants_gaps", "mutants_said", "mutants_lang", "lang_check",
            "lang_explain",
        )
    ],
    "vasotone.guideline": [
        "tests/guideline", "tests/datamut/test_mutants_guideline.py", "tests/test_guideline.py", "tests/test_site.py",
        "tests/vignettes",
    ],
}  # fmt: skip
FIRST = ("tests/guideline/", "tests/datamut/", "tests/lang/test_mutants", "tests/dose/test_mutants")
DESELECTED = ["tests/test_guideline.py::test_one_patient_and_a_population_get_the_same_verdicts"]
ROOM = 2 << 30
ALIVE, UNCALLED = "alive", "not called by any test"

settings.register_profile(
    "mutants", deadline=None, derandomize=True, database=None, max_examples=12,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


class Wish(NamedTuple):
    """What the command asks for."""

    slips: list[tuple[Target, Slip]]
    until: float
    budget: float
    jobs: int


class Trial(NamedTuple):
    """One slip being tried in a copy of the process."""

    target: Target
    slip: Slip
    pipe: int


class Trials:
    """A pytest plugin: runs the tests once, then every slip in a copy of the process."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.seen: set[str] = set()
        self.called: dict[str, set[str]] = {}
        self.took: dict[str, float] = {}
        self.failed: set[str] = set()
        self.first: dict[str, list[str]] = {}
        self.outcomes: list[tuple[Slip, str]] = []
        self.running: dict[int, Trial] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        begun = time.monotonic()
        wanted = {target.name: target for target, _ in self.wish.slips}
        put_back = [watch(target, self.seen.add) for target in wanted.values()]
        for item, after in zip(session.items, [*session.items[1:], None], strict=True):
            if time.monotonic() > self.wish.until:
                print("ran out of time before the tests had run once", file=sys.stderr)
                return True
            self.once(item, after)
        for one in put_back:
            one()
        spent = f"{time.monotonic() - begun:.0f} s, {sum(self.took.values()):.0f} s of work"
        print(f"{len(session.items)} tests in {spent}; {len(self.failed)} fail without any slip", file=sys.stderr)
        for name in sorted(self.failed)[:10]:
            print(f"left out, it fails without any slip: {name}", file=sys.stderr)
        self.items = {item.nodeid: item for item in session.items if item.nodeid not in self.failed}
        self.order = sorted(self.items, key=lambda name: (not name.startswith(FIRST), self.took[name]))
        gc.collect()
        gc.freeze()
        for target, slip in self.wish.slips:
            if time.monotonic() > self.wish.until:
                break
            while len(self.running) >= self.wish.jobs:
                self.reap()
            self.start(target, slip)
        while self.running:
            self.reap()
        return True

    def once(self, item: pytest.Item, after: pytest.Item | None) -> None:
        """Run a test as it is and keep which functions it calls and how long it takes."""
        self.seen.clear()
        forget()
        begun = time.process_time()
        reports = runtestprotocol(item, nextitem=after, log=False)
        self.took[item.nodeid] = time.process_time() - begun
        self.called[item.nodeid] = set(self.seen)
        if any(report.failed for report in reports):
            self.failed.add(item.nodeid)

    def tests_for(self, target: Target) -> list[str]:
        """The tests that call a function: those that noticed a slip in it before, then the quickest."""
        first = self.first.get(target.name, [])
        found, spent = [], 0.0
        for name in dict.fromkeys([*first, *self.order]):
            if target.name in self.called[name]:
                if found and spent > self.wish.budget:
                    break
                found.append(name)
                spent += self.took[name]
        return found

    def start(self, target: Target, slip: Slip) -> None:
        """Try one slip in a copy of this process."""
        names = self.tests_for(target)
        if not names:
            self.outcomes.append((slip, UNCALLED))
            return
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self.tried(target, slip, names, writing)
        os.close(writing)
        self.running[child] = Trial(target, slip, reading)

    def tried(self, target: Target, slip: Slip, names: list[str], writing: int) -> None:
        """In the copy: exchange the function, run its tests, tell which one failed, end."""
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        told = ""
        try:
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
        except OSError:
            pass  # another system: without this guard
        try:
            slip.make()
            exchange(target)
            forget()
            for name, after in zip(names, [*names[1:], None], strict=True):
                signal.setitimer(signal.ITIMER_VIRTUAL, 5 * self.took[name] + 2)
                reports = runtestprotocol(self.items[name], nextitem=self.items.get(after or ""), log=False)
                if any(report.failed for report in reports):
                    told = name
                    break
            else:
                told = ALIVE
        except BaseException as error:  # the slip broke the run itself
            told = f"{type(error).__name__}"
        os.write(writing, told.encode()[:4000])
        os._exit(0)

    def reap(self) -> None:
        """Wait for one copy to end and keep what it told; one that told nothing was stopped for its time."""
        child, _ = os.wait()
        trial = self.running.pop(child)
        with os.fdopen(trial.pipe, "rb") as pipe:
            told = pipe.read().decode() or "stopped"
        self.outcomes.append((trial.slip, told))
        if told in self.items:
            first = self.first.setdefault(trial.slip.function, [])
            if told in first:
                first.remove(told)
            first.insert(0, told)


def forget() -> None:
    """Drop what the process keeps from before the slip, and make anew what was made when modules were loaded."""
    from vasotone import lang, units
    from vasotone.lang import tokens

    tokens._PATTERN = None
    for name in lang._LATER:
        vars(lang).pop(name, None)
    units._CACHE.clear()
    units._SPELLED = units._spellings()
    for name in [name for name in SEEDED if name not in units._CACHE]:
        units._CACHE[name] = SEEDED[name]
    for kept in memory.kept():
        kept.clear()
    for answer in memory.answers():
        answer.cache_clear()


def seeded() -> dict[str, Any]:
    """The units that are known from the start, and are not put together from parts."""
    from vasotone import units

    return {name: one for name, one in units._CACHE.items() if "." in name or "*" in name}


SEEDED = seeded()


def before(since: str, file: str) -> dict[str, str]:
    """The functions of a file at a commit; none where it was not there."""
    import ast

    shown = subprocess.run(["git", "show", f"{since}:{file}"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {name: ast.unparse(tree) for name, tree in functions(shown.stdout)} if shown.returncode == 0 else {}


def chosen(files: list[str], since: str) -> list[Target]:
    """The functions that are asked for; comments and layout are no change."""
    import ast

    found = []
    for file in files:
        old = before(since, file) if since else {}
        module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        found += [
            one
            for one in targets(ROOT, file)
            if old.get(one.name.removeprefix(f"{module}.")) != ast.unparse(one.tree)
        ]
    return found


def excuses() -> dict[str, str]:
    """The slips that no test can tell from the code, with the reason."""
    tree = tomllib.loads(EXCUSES.read_text(encoding="utf-8"))
    return {slip: one["why"] for one in tree["equivalent"] for slip in one["slips"]}


def as_they_are(part: list[tuple[Target, Slip]]) -> list[tuple[Target, Slip]]:
    """For each function a slip that changes nothing."""
    whole = {target.name: target for target, _ in part}
    return [(one, Slip(name, "as it is", False, one.tree.lineno, lambda: None)) for name, one in whole.items()]


def report(outcomes: list[tuple[Slip, str]], asked: int) -> tuple[str, float]:
    """The result as text, and the share noticed."""
    known, alive = excuses(), list[str]()
    rows = dict[str, Counter[str]]()
    for slip, told in outcomes:
        module = ".".join(slip.function.split(".")[: 3 if slip.function.startswith("vasotone.lang") else 2])
        row = rows.setdefault(module, Counter())
        lives = told in (ALIVE, UNCALLED)
        row["excused" if lives and slip.key in known else "alive" if lives else "noticed"] += 1
        row["text"] += slip.is_text and lives and slip.key not in known
        if lives and slip.key not in known:
            alive.append(f"  {slip.key}  (line {slip.line}{', ' + told if told == UNCALLED else ''})")
    text, noticed, lived = [], 0, 0
    for module, row in sorted(rows.items()):
        share = row["noticed"] / max(1, row["noticed"] + row["alive"])
        noticed, lived = noticed + row["noticed"], lived + row["alive"]
        text.append(f"{module:34} {share:8.2%}  {row['noticed']} noticed, {row['alive']} alive "
                    f"({row['text']} of wording), {row['excused']} excused")  # fmt: skip
    share = noticed / max(1, noticed + lived)
    text.append(f"{'all':34} {share:8.2%}  {noticed} noticed, {lived} alive; {len(outcomes)} of {asked} slips tried")
    if len(outcomes) < asked:
        text.append(f"ran out of time: {asked - len(outcomes)} slips were not tried")
    return "\n".join([*text, "alive", *sorted(alive)] if alive else text), share


def main(arguments: list[str]) -> int:
    """The command."""
    begun = time.monotonic()
    parser = argparse.ArgumentParser(prog="python -m tests.datamut.code_mutants", description="Slips in the code.")
    parser.add_argument("--files", nargs="*", default=CORE, help="files of the package, with stars")
    parser.add_argument("--since", default="", help="only functions changed since this commit")
    parser.add_argument("--part", type=part_of, default=(1, 1), metavar="K/N", help="the K-th of N parts")
    parser.add_argument("--seconds", type=float, default=1e9, help="end after so long, the run of the tests included")
    parser.add_argument("--budget", type=float, default=5, help="seconds of tests for one slip")
    parser.add_argument("--jobs", type=int, default=1, help="so many at the same time")
    parser.add_argument("--min", type=float, default=0.97, help="least share noticed (0.97)")
    parser.add_argument("--control", action="store_true", help="no slips: no test may notice a function as it is")
    wished = parser.parse_args(arguments)
    files = [
        str(path.relative_to(ROOT)) for star in wished.files for path in sorted(ROOT.glob(star))
        if str(path.relative_to(ROOT)) not in NOT_HERE
    ]  # fmt: skip
    found = [(target, slip) for target in chosen(files, wished.since) for slip in slips(target)]
    if not found:
        print(f"no function of these files changed since {wished.since}" if wished.since else "no function")
        return 0
    number, whole = wished.part
    random.Random(7).shuffle(found)
    part = found[number - 1 :: whole]
    if wished.control:
        part = as_they_are(part)
    print(f"{len(part)} slips in {len({target.name for target, _ in part})} functions", file=sys.stderr)
    os.environ["VASOTONE_HYPOTHESIS"] = "mutants"
    trials = Trials(Wish(part, begun + wished.seconds, wished.budget, wished.jobs))
    names = {target.name for target, _ in part}
    tests = dict.fromkeys(
        test for room, many in TESTS.items() if any(name.startswith(room) for name in names) for test in many
    )
    # What a failed assertion compared need not be shown, and to work that out takes longer than most tests.
    options = "-q -s -p no:cacheprovider -p no:xdist --assert=plain --tb=no".split()
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning", "--rootdir", str(ROOT)]
    options += [f"--deselect={test}" for test in DESELECTED]
    os.chdir(ROOT)
    ended = pytest.main([*options, *tests], plugins=[trials])
    if not trials.took:
        print(f"the tests did not run (pytest ended with {int(ended)})", file=sys.stderr)
        return 2
    text, share = report(trials.outcomes, len(part))
    if wished.control:
        lies = [f"  {slip.function}: {told}" for slip, told in trials.outcomes if told not in (ALIVE, UNCALLED)]
        print("\n".join([f"{len(lies)} of {len(trials.outcomes)} functions are noticed as they are", *lies]))
        return 1 if lies or len(trials.outcomes) < len(part) else 0
    print(text)
    return 0 if share >= wished.min else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
