"""Makes every slip in the data, one at a time, and says which of them nothing noticed.

    python -m tests.datamut.run                     all of them: share noticed by file and kind, survivors
    python -m tests.datamut.run --part 2/6          every sixth mutant, from the second
    python -m tests.datamut.run --files drugs.toml  one file
    python -m tests.datamut.run --accept            writes golden.json anew, to be read before it is kept

Exit code 0: enough are noticed; 1: too few; 2: usage.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.datamut import golden, golden_advice, mutants
from tests.datamut.killing import EQUIVALENT, SURVIVED, Killer
from tests.datamut.mutants import Mutant
from tests.parts import part_of

EXCUSES = Path(__file__).with_name("equivalent.toml")
# Every slip in these must be noticed; of the others the share that was asked for.
TABLES = ("drugs.toml", "limits.toml", "plans.toml")


class Outcome(NamedTuple):
    """What became of the mutants: the check that noticed each, and those that none did."""

    noticed: list[tuple[Mutant, str]]
    survived: list[Mutant]
    excused: list[Mutant]
    seconds: float

    @property
    def share(self) -> float:
        """The share noticed, of those that could be."""
        return len(self.noticed) / max(1, len(self.noticed) + len(self.survived))


def excuses() -> dict[str, str]:
    """The mutants that change nothing, with the reason, by their key."""
    tree = tomllib.loads(EXCUSES.read_text(encoding="utf-8"))
    return {mutant: one["why"] for one in tree["equivalent"] for mutant in one["mutants"]}


def run(chosen: Iterable[Mutant], killer: Killer) -> Outcome:
    """Judge mutants; those that are known to change nothing are set aside where they survive."""
    start, known = time.monotonic(), excuses()
    noticed, survived, excused = [], [], []
    for mutant in chosen:
        by = killer.kill(mutant)
        if by == EQUIVALENT or (by == SURVIVED and mutant.key in known):
            excused.append(mutant)
        elif by != SURVIVED:
            noticed.append((mutant, by))
        else:
            survived.append(mutant)
    return Outcome(noticed, survived, excused, time.monotonic() - start)


def table(outcome: Outcome, of: str) -> list[str]:
    """Noticed, survived and equivalent, by file or by kind."""
    rows: dict[str, Counter[str]] = {}
    for mutant, _ in outcome.noticed:
        rows.setdefault(getattr(mutant, of), Counter())["noticed"] += 1
    for mutant in outcome.survived:
        rows.setdefault(getattr(mutant, of), Counter())["survived"] += 1
    for mutant in outcome.excused:
        rows.setdefault(getattr(mutant, of), Counter())["equivalent"] += 1
    return [
        f"  {name:40} {row['noticed']:6} noticed  {row['survived']:4} survived  {row['equivalent']:4} equivalent"
        f"  {row['noticed'] / max(1, row['noticed'] + row['survived']):8.2%}"
        for name, row in sorted(rows.items())
    ]


def report(outcome: Outcome, most: int) -> str:
    """The whole result as text."""
    count = len(outcome.noticed) + len(outcome.survived) + len(outcome.excused)
    by = Counter(how for _, how in outcome.noticed)
    lines = [f"{len(outcome.noticed)} of {len(outcome.noticed) + len(outcome.survived)} slips noticed, "
             f"{len(outcome.excused)} change nothing",
             f"{count} slips in {outcome.seconds:.0f} s ({count / max(outcome.seconds, 0.001):.0f}/s), "
             f"{outcome.share:.2%} noticed: " + ", ".join(f"{how} {n}" for how, n in by.most_common())]  # fmt: skip
    lines += ["by file", *table(outcome, "file"), "by kind", *table(outcome, "kind")]
    if outcome.survived:
        lines += ["survived", *(f"  {mutant.key}" for mutant in outcome.survived[:most])]
    return "\n".join(lines)


def enough(outcome: Outcome, least: float) -> bool:
    """Whether the tables have no survivor, and all together few enough."""
    return outcome.share >= least and not any(mutant.file in TABLES for mutant in outcome.survived)


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.datamut.run", description="Slips in the data.")
    parser.add_argument("--min", type=float, default=0.99, help="least share noticed (0.99)")
    parser.add_argument("--part", type=part_of, default=(1, 1), metavar="K/N", help="the K-th of N parts")
    parser.add_argument("--files", nargs="*", default=[], help="only these files")
    parser.add_argument("--kinds", nargs="*", default=[], help="only these kinds")
    parser.add_argument("--show", type=int, default=200, help="so many survivors are listed")
    parser.add_argument("--read", metavar="P001", help="one invented patient and the advice that is kept")
    parser.add_argument("--accept", action="store_true", help="write golden.json anew")
    chosen = parser.parse_args(arguments)
    files = mutants.trees()
    if chosen.read:
        print(golden.page(chosen.read))
        return 0
    if chosen.accept:
        golden.accept(files)
        golden_advice.accept()
        print(f"{golden.FILE.name} and {golden_advice.FILE.name} are written; read what changed before they are kept")
        return 0
    listed = [
        one
        for one in mutants.listed(files)
        if (not chosen.files or one.file in chosen.files) and (not chosen.kinds or one.kind in chosen.kinds)
    ]
    number, whole = chosen.part
    outcome = run(listed[number - 1 :: whole], Killer())
    print(report(outcome, chosen.show))
    return 0 if enough(outcome, chosen.min) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
