"""Asks product and oracle the same questions by the million: `python -m tests.oracle.run --n 1000000 --jobs 2`.

Exit code 0: no difference; 1: at least one, the smallest is shown; 2: usage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any

from tests.oracle import against, cases, grid
from tests.oracle.cases import Case, Outcome
from tests.parts import part_of

CHUNK = 25_000
MOST_SHRINKS = 200


def smallest(case: Case, told: str, facts: against.Facts) -> tuple[Case, str]:
    """A simpler case that still differs, found by changing one thing at a time."""
    for _ in range(MOST_SHRINKS):
        for other in cases.simpler(case):
            if cases.size(other) < cases.size(case) and (said := against.compare(other, facts)):
                case, told = other, said
                break
        else:
            break
    return case, told


def questions(seed: int, first: int, count: int) -> Iterator[Case]:
    """The cases of one chunk; a chunk is drawn from its own seed, so it does not matter who asks it."""
    source = Random(seed * 1_000_003 + first)
    return (cases.draw(source) for _ in range(count))


def ask(stream: Iterator[Case], facts: against.Facts) -> Outcome:
    """Every case of a stream, compared."""
    began = time.process_time_ns()
    asked: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    worst: tuple[int, Case, str] | None = None
    compare = against.compare
    for case in stream:
        asked[case.kind] += 1
        told = compare(case, facts)
        if told:
            wrong[case.kind] += 1
            if worst is None or cases.size(case) < worst[0]:
                worst = cases.size(case), case, told
    shown = None
    if worst:
        case, told = smallest(worst[1], worst[2], facts)
        shown = cases.size(case), cases.line(case, told), case.kind
    return Outcome(asked, wrong, shown, time.process_time_ns() - began)


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Several outcomes as one."""
    total = Outcome(Counter(), Counter(), None, 0)
    for one in outcomes:
        worst = min((each for each in (total.worst, one.worst) if each), default=None)
        total = Outcome(total.asked + one.asked, total.wrong + one.wrong, worst, total.cpu_ns + one.cpu_ns)
    return total


_FACTS: list[against.Facts] = []


def _facts() -> against.Facts:
    if not _FACTS:
        _FACTS.append(against.load())
    return _FACTS[0]


def _random_chunk(task: tuple[int, int, int]) -> Outcome:
    return ask(questions(*task), _facts())


def _grid_chunk(task: grid.Slice) -> Outcome:
    return grid.ask(task, _facts())


def spread(work: Callable[[Any], Outcome], tasks: list[Any], jobs: int) -> Outcome:
    """The tasks over so many processes; one job stays in this one."""
    if jobs == 1:
        return joined(map(work, tasks))
    with multiprocessing.Pool(jobs) as pool:
        return joined(pool.imap_unordered(work, tasks))


def main(arguments: list[str] | None = None) -> int:
    """Runs what the command line asks for and prints the counts; 0 without a difference, else 1."""
    reader = argparse.ArgumentParser(prog="python -m tests.oracle.run", description="product against integer oracle")
    reader.add_argument("--n", type=lambda text: int(text.replace("_", "")), default=1_000_000, help="random cases")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--jobs", type=int, default=1)
    reader.add_argument("--grid", action="store_true", help="the clinical grid instead of random cases")
    reader.add_argument("--strata", type=lambda text: int(text.replace("_", "")), help="so many points of the grid")
    reader.add_argument("--part", type=part_of, default=(1, 1), help="of the grid or of the cases, such as 1/8")
    options = reader.parse_args(arguments)
    began = time.monotonic_ns()
    which, of = options.part
    if options.grid:
        total = spread(_grid_chunk, list(grid.slices(options.strata, which, of, options.seed)), options.jobs)
    else:
        starts = islice(range(0, options.n, CHUNK), which - 1, None, of)
        tasks = [(options.seed, start, min(CHUNK, options.n - start)) for start in starts]
        total = spread(_random_chunk, tasks, options.jobs)
    return report(total, time.monotonic_ns() - began)


def report(total: Outcome, wall_ns: int) -> int:
    """Prints what was asked and what differs; the exit code."""
    asked, wrong = sum(total.asked.values()), sum(total.wrong.values())
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(total.asked.items()))
    pace = asked * 10**9 // max(total.cpu_ns, 1)
    print(f"oracle: {asked} cases, {wrong} differ ({kinds})")
    print(f"oracle: {pace} cases per CPU second, {wall_ns // 10**9} s")
    if not asked:
        print("oracle: nothing was asked")
        return 1
    if total.worst:
        print(f"oracle: by kind {dict(total.wrong)}; the smallest:\n{total.worst[1]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
