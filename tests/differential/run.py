"""All conditions by all engines, by the million rows: `python -m tests.differential.run --rows 200000 --seed 1`.

Exit code 0: no disagreement; 1: at least one, the first are shown with the smallest row; 2: usage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from tests.differential.compare import MOST_TOLD, Bench, Outcome
from tests.differential.every_condition import gather
from tests.parts import part_of

CHUNK = 25_000
ROOT = Path(__file__).resolve().parents[2]


def spread(tasks: list[tuple[int, int, int]], jobs: int) -> Iterable[Outcome]:
    """The outcome of every chunk, over so many processes; one job stays in this one."""
    if jobs == 1:
        yield from map(chunk, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:  # Polars' threads do not survive a fork
        yield from pool.imap_unordered(chunk, tasks)


_BENCH: dict[int, Bench] = {}


def chunk(task: tuple[int, int, int]) -> Outcome:
    """One chunk of rows: (seed, number, rows)."""
    seed, number, rows = task
    if seed not in _BENCH:
        _BENCH[seed] = Bench(gather(str(ROOT)), seed)
    return _BENCH[seed].chunk(number, rows)


def tasks_of(rows: int, seed: int, part: tuple[int, int] = (1, 1)) -> list[tuple[int, int, int]]:
    """The chunks of a run, or of one part of it."""
    which, of = part
    starts = islice(enumerate(range(0, rows, CHUNK)), which - 1, None, of)
    return [(seed, number, min(CHUNK, rows - start)) for number, start in starts]


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Several outcomes as one."""
    total = Outcome(0, 0, 0, [], {}, 0)
    for one in outcomes:
        seen = {key: total.seen.get(key, set()) | truths for key, truths in one.seen.items()}
        total = Outcome(total.rows + one.rows, total.compared + one.compared, total.differing + one.differing,
                        (total.told + one.told)[:MOST_TOLD], seen, total.cpu_ns + one.cpu_ns)  # fmt: skip
    return total


def main(arguments: list[str] | None = None) -> int:
    """Runs what the command line asks for and prints the counts; 0 without a disagreement, else 1."""
    reader = argparse.ArgumentParser(prog="python -m tests.differential.run", description="engine against engine")
    reader.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=200_000)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--jobs", type=int, default=1)
    reader.add_argument("--part", type=part_of, default=(1, 1), help="of the rows, such as 1/8")
    options = reader.parse_args(arguments)
    began = time.monotonic_ns()
    total = joined(spread(tasks_of(options.rows, options.seed, options.part), options.jobs))
    return report(total, time.monotonic_ns() - began)


def report(total: Outcome, wall_ns: int) -> int:
    """Prints what was compared and what differs; the exit code."""
    asked = gather(str(ROOT))
    every = sum(total.seen.get(key, set()) >= {True, False} for key in asked.whole)
    unknown = sum(None in total.seen.get(key, set()) for key in asked.whole)
    print(f"differential: {total.rows} rows x {len(asked.outputs)} outputs ({len(asked.whole)} conditions and their "
          f"clauses), {total.compared} verdicts compared, {total.differing} differ")  # fmt: skip
    print(f"differential: {every} conditions seen both true and false, {unknown} unknown; "
          f"{total.cpu_ns // 10**9} CPU s, {wall_ns // 10**9} s")  # fmt: skip
    if not total.rows:
        print("differential: nothing was asked")
        return 1
    for told in total.told:
        print(told)
    return 1 if total.differing else 0


if __name__ == "__main__":
    sys.exit(main())
