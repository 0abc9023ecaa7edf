"""Everything that `make bench` prints: our figures, and the peers on the same conditions in the same run.

    python benchmarks/run.py [--quick] [--only own|peers|twin] [--peers FOLDER] [--json] [--save]

Each peer runs in an environment of its own, `FOLDER/<peer>/bin/python` (`.bench` unless another is
named). All engines get the same conditions and rows. The rows have no gap, which is the peers' best
case: on a gap they fail or decide what is not known. All stay on one core, which nearly halves the time of
an engine that hands each call to a thread. Each peer runs in several processes and its fastest counts; our
own time is taken beside each of them and its mean counts. Then the twin beside its peers (`twin_run.py`). Ends
with 1 when a peer's answers differ, or when the twin gives something else on JAX than on NumPy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import clock
import own  # makes the checkout importable, so it stands before what needs that
import twin_run

import export  # isort: skip
import vasotone  # isort: skip
from vasotone.facts import Facts  # isort: skip

HERE = Path(__file__).resolve().parent
PEERS = ("zen-engine", "rule-engine", "business-rules")
RATIO_GOAL = 40.0


class Effort(NamedTuple):
    """How much is measured."""

    rows: int = 150
    seconds: float = 1.0
    processes: int = 3


QUICK = Effort(rows=5, seconds=0.05, processes=1)


def ours(facts: Facts, record: dict[str, Any], seconds: float) -> clock.Spread:
    """Our time for one row with all conditions."""
    when = facts.compiled(record["profile"]).when
    return clock.time_calls(when, record["rows"], seconds=seconds, most=100_000)


def python_of(folder: str, peer: str) -> Path:
    """The interpreter of a peer's environment."""
    return Path(folder) / peer / "bin" / "python"


def run_peer(python: Path, peer: str, task: str, seconds: float) -> dict[str, Any]:
    """One peer's record; a record with `failed` when its script ends badly."""
    script = HERE / f"peer_{peer.replace('-', '_')}.py"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        done = subprocess.run(
            [str(python), str(script), task, "--seconds", str(seconds)],
            capture_output=True, text=True, timeout=120, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"peer": peer, "failed": "took longer than two minutes"}
    if done.returncode:
        return {"peer": peer, "failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def fastest(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One record of several: each form's fastest process, and every answer that any of them gave."""
    for run in runs:
        if "failed" in run:
            return run
    kept = []
    for same in zip(*(run["forms"] for run in runs), strict=True):
        best = min(same, key=lambda form: float(form["p50"]))
        totals = {key: sum(form[key] for form in same) for key in ("agree", "answers", "calls")}
        kept.append({**best, **totals})
    return {**runs[0], "forms": kept}


def beside_ours(
    python: Path, peer: str, task: str, facts: Facts, record: dict[str, Any], effort: Effort
) -> dict[str, Any]:
    """One peer's record with our own time, taken in turn with it."""
    if not python.exists():
        return {"peer": peer, "failed": "has no environment; make bench makes it"}
    runs, own_times = [], []
    for _ in range(effort.processes):
        own_times.append(ours(facts, record, effort.seconds / 2))
        runs.append(run_peer(python, peer, task, effort.seconds))
        if "failed" in runs[-1]:
            break
    result = fastest(runs)
    result["ours_p50"] = sum(one.p50 for one in own_times) / len(own_times)
    result["ours_p99"] = max(one.p99 for one in own_times)
    return result


def compare(folder: str, effort: Effort) -> dict[str, Any]:
    """Every peer that has an environment, each with our time beside it."""
    facts = vasotone.load()
    record = export.task(facts, effort.rows)
    answers = [one for row in record["answers"] for one in row]
    with TemporaryDirectory() as place, clock.one_core():
        task = export.write(record, place)
        found = [beside_ours(python_of(folder, peer), peer, task, facts, record, effort) for peer in PEERS]
    return {
        "conditions": len(record["conditions"]),
        "definitions": len(record["definitions"]),
        "rows": effort.rows,
        "share_true": answers.count(True) / len(answers),
        "peers": found,
    }


def peer_table(compared: dict[str, Any]) -> str:
    """The comparison as lines to read."""
    lines = [
        f"{compared['conditions']} conditions, {compared['definitions']} definitions, {compared['rows']} rows "
        f"without a gap, {compared['share_true']:.0%} of the answers true; microseconds for one row",
        f"{'':<60}{'p50':>9}{'p99':>9}{'ours p50':>10}{'ratio':>8}  answers",
    ]
    for result in compared["peers"]:
        if "failed" in result:
            lines.append(f"{result['peer']}: {result['failed']}")
            continue
        for form in result["forms"]:
            name = f"{result['peer']} {result['version']}, {form['form']}"
            same = "all agree" if form["agree"] == form["answers"] else f"{form['answers'] - form['agree']} DIFFER"
            ratio = form["p50"] / result["ours_p50"]
            lines.append(
                f"{name:<60}{form['p50']:>9.1f}{form['p99']:>9.1f}{result['ours_p50']:>10.2f}{ratio:>8.1f}  {same}"
            )
    return "\n".join([*lines, *conclusions(compared)])


def conclusions(compared: dict[str, Any]) -> list[str]:
    """The smallest ratio over all forms, and over those that keep one rule for each condition."""
    ratios = [
        (form["p50"] / result["ours_p50"], result["peer"], form["form"])
        for result in compared["peers"]
        if "failed" not in result
        for form in result["forms"]
    ]
    rules = [one for one in ratios if "for all" not in one[2]]
    lines = []
    for about, some in (("as rules", rules), ("as one expression without rules", ratios)):
        if some:
            ratio, peer, form = min(some)
            met = "met" if ratio >= RATIO_GOAL else "NOT met"
            lines.append(f"best peer {about}: {peer} ({form}), {ratio:.1f} times ours; goal {RATIO_GOAL:g}: {met}")
    return lines


def disagreements(compared: dict[str, Any]) -> int:
    """How many answers of peers differ from ours."""
    return sum(form["answers"] - form["agree"] for result in compared["peers"] for form in result.get("forms", []))


def main() -> int:
    """Measure, print, and save only when asked."""
    parser = argparse.ArgumentParser(description="All benchmarks, in one run.")
    parser.add_argument("--quick", action="store_true", help="few rounds: a check that it runs, not a measurement")
    parser.add_argument("--only", choices=("own", "peers", "twin"), help="one part")
    parser.add_argument("--peers", default=str(own.ROOT / ".bench"), help="the folder of the peers' environments")
    parser.add_argument("--json", action="store_true", help="one JSON record instead of tables")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results.json")
    args = parser.parse_args()
    result: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count()}
    texts = [f"Python {result['python']}, {result['cores']} cores"]
    if args.only in (None, "own"):
        figures = own.measure(own.QUICK if args.quick else own.Effort())
        result["own"] = own.record(figures)
        texts.append(own.table(figures))
    if args.only in (None, "peers"):
        result["peers"] = compare(args.peers, QUICK if args.quick else Effort())
        texts.append(peer_table(result["peers"]))
    if args.only in (None, "twin"):
        result["twin"] = twin_run.compare(args.peers, twin_run.QUICK if args.quick else twin_run.Effort())
        texts.append(twin_run.table(result["twin"]))
    print(json.dumps(result, indent=1) if args.json else "\n\n".join(texts))
    if args.save:
        (HERE / "results.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    differ = "peers" in result and disagreements(result["peers"])
    return 1 if differ or ("twin" in result and twin_run.disagrees(result["twin"])) else 0


if __name__ == "__main__":
    sys.exit(main())
