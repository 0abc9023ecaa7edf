"""Our own figures: the start of `advise`, the verdicts, a full advice. Printed beside their goals.

Run alone with `python benchmarks/own.py [--json] [--quick]`; `benchmarks/run.py` runs it with the peers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import clock  # noqa: E402
import export  # noqa: E402
import patients  # noqa: E402

import vasotone  # noqa: E402
from vasotone import guideline  # noqa: E402
from vasotone.facts import Facts  # noqa: E402
from vasotone.guideline_verdict import Case, case_of, verdicts  # noqa: E402
from vasotone.state import state_at  # noqa: E402

EXAMPLE = ROOT / "examples" / "septic-shock.json"


class Effort(NamedTuple):
    """How much is measured."""

    starts: int = 25
    first_runs: int = 3
    patients: int = 500
    seconds: float = 4.0


QUICK = Effort(starts=3, first_runs=1, patients=20, seconds=0.1)


class Figure(NamedTuple):
    """One measured number; `goal` is the most it may be."""

    name: str
    value: float
    unit: str
    goal: float | None = None


def process_seconds(arguments: Sequence[str], cache: str) -> float:
    """Wall-clock seconds of one Python process. RuntimeError when it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VASOTONE_CACHE": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        timeout=60, check=False,
    )  # fmt: skip
    took = perf_counter() - start
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    return took


def start_figures(effort: Effort) -> list[Figure]:
    """The whole process of `advise`, in turn with one that does nothing; then with nothing compiled."""
    advise = ("-m", "vasotone", "advise", str(EXAMPLE), "--json")
    with TemporaryDirectory() as cache:
        process_seconds(advise, cache)
        pairs = [
            (process_seconds(("-c", "pass"), cache), process_seconds(advise, cache)) for _ in range(effort.starts)
        ]
    empty, full = zip(*pairs, strict=True)
    first = []
    for _ in range(effort.first_runs):
        with TemporaryDirectory() as cache:
            first.append(process_seconds(advise, cache))
    return [
        Figure("python -c pass, least", min(empty) * 1000, "ms"),
        Figure("python -c pass, median", clock.part(empty, 0.5) * 1000, "ms"),
        Figure("advise --json, least", min(full) * 1000, "ms"),
        Figure("advise --json, median", clock.part(full, 0.5) * 1000, "ms"),
        Figure("advise / pass, least over least", min(full) / min(empty), "times", 5.0),
        Figure("advise / pass, median of pairs", clock.part([two / one for one, two in pairs], 0.5), "times", 5.0),
        Figure("first run after an edit, slowest", max(first), "s", 2.0),
    ]


def cases(facts: Facts, texts: Iterable[str]) -> list[Case]:
    """What the verdicts need, for each patient."""
    return [case_of(state_at(vasotone.read(text, facts=facts), facts), facts, export.PROFILE) for text in texts]


def verdict_figures(facts: Facts, texts: Sequence[str], effort: Effort) -> list[Figure]:
    """The verdicts of all statements for one patient, for each hundred statements."""
    made = cases(facts, texts)
    compiled = facts.compiled(export.PROFILE)
    hundreds = len({entry.statement for entry in compiled.entries}) / 100

    def rails(case: Case) -> None:
        for row in case.when_rows:
            compiled.when(row)

    all_of = clock.time_calls(verdicts, made, seconds=effort.seconds)
    bare = clock.time_calls(rails, made, seconds=effort.seconds / 2)
    rows = sum(len(case.when_rows) for case in made) / len(made)
    single = clock.time_calls(verdicts, [one for one in made if len(one.when_rows) == 1], seconds=effort.seconds / 2)
    return [
        Figure("statements judged", hundreds * 100, ""),
        Figure("rows for one patient, mean", rows, ""),
        Figure("conditions alone, p50 per 100 statements", bare.p50 / hundreds, "us"),
        Figure("verdicts, p50 per 100 statements", all_of.p50 / hundreds, "us", 25.0),
        Figure("verdicts, p99 per 100 statements", all_of.p99 / hundreds, "us"),
        Figure("verdicts, dose form known, p50 per 100", single.p50 / hundreds, "us"),
    ]


def advice_figures(facts: Facts, texts: Sequence[str], effort: Effort) -> list[Figure]:
    """State, verdicts, reasons, what is missing and doses, for varied patients, warm and at first sight."""
    tables = [vasotone.read(text, facts=facts) for text in texts]

    def full(table: Any) -> Any:
        return guideline.advise(state_at(table, facts), facts, export.PROFILE)

    def service(text: str) -> str:
        table = vasotone.read(text, facts=facts)
        return json.dumps(full(table).to_dict())

    first = clock.time_calls(full, tables, seconds=0, warm=False, most=1)
    warm = clock.time_calls(full, tables, seconds=effort.seconds, warm=False)
    state = clock.time_calls(lambda table: state_at(table, facts), tables, seconds=effort.seconds / 4)
    whole = clock.time_calls(service, texts, seconds=effort.seconds / 2)
    return [
        Figure("patients", len(tables), ""),
        Figure("full advice, p50", warm.p50 / 1000, "ms", 1.5),
        Figure("full advice, p99", warm.p99 / 1000, "ms", 5.0),
        Figure("of that the state, p50", state.p50 / 1000, "ms"),
        Figure("full advice, each patient's first, p50", first.p50 / 1000, "ms"),
        Figure("full advice, each patient's first, p99", first.p99 / 1000, "ms"),
        Figure("JSON to JSON, p50", whole.p50 / 1000, "ms"),
        Figure("JSON to JSON, p99", whole.p99 / 1000, "ms"),
    ]


def measure(effort: Effort) -> dict[str, list[Figure]]:
    """All our own figures, by what they are about."""
    facts = vasotone.load()
    texts = patients.texts(facts, export.PROFILE, effort.patients)
    return {
        "start of advise": start_figures(effort),
        "verdicts": verdict_figures(facts, texts, effort),
        "full advice": advice_figures(facts, texts, effort),
    }


def table(figures: dict[str, list[Figure]]) -> str:
    """The figures as lines to read."""
    lines = []
    for about, found in figures.items():
        lines.append(about)
        for one in found:
            number = f"{one.value:.2f} {one.unit}" if one.unit else f"{one.value:.3g}"
            lines.append(f"  {one.name:<42}{number:>14}{judged(one)}")
    return "\n".join(lines)


def judged(figure: Figure) -> str:
    """How a figure stands to its goal."""
    if figure.goal is None:
        return ""
    met = "met" if figure.value <= figure.goal else "NOT met"
    return f"   goal {figure.goal:g} {figure.unit}: {met}"


def record(figures: dict[str, list[Figure]]) -> dict[str, Any]:
    """The figures for JSON."""
    return {about: [one._asdict() for one in found] for about, found in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Our own figures beside their goals.")
    parser.add_argument("--quick", action="store_true", help="few rounds: a check that it runs, not a measurement")
    parser.add_argument("--json", action="store_true", help="one JSON record instead of a table")
    args = parser.parse_args()
    figures = measure(QUICK if args.quick else Effort())
    print(json.dumps(record(figures), indent=1) if args.json else table(figures))


if __name__ == "__main__":
    main()
