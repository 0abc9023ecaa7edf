"""The twin beside its peers: patient-hours a second on the same day, in one run.

    python benchmarks/twin_run.py [--quick] [--peers FOLDER] [--json]

Each peer runs in an environment of its own, in several processes of which the fastest counts; our own pace is
taken in turn with it, and its mean counts. All stay on one core. Two ratios are given, by the wall and by CPU
time; a goal is met when the smaller one meets it. `benchmarks/run.py` runs this too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import clock
import twin_work

HERE = Path(__file__).resolve().parent
LIMIT = 300  # s for one process of a peer


class Effort(NamedTuple):
    """How long each form runs, in how many processes a peer, and the most patients of our own cohorts."""

    seconds: float = 5.0
    processes: int = 2
    most: int | None = None


QUICK = Effort(seconds=0.01, processes=1, most=20)


class Rate(NamedTuple):
    """Patient-hours for a second on the wall, and for a second of one core."""

    wall: float
    cpu: float

    def over(self, other: Rate) -> Rate:
        """How many times the other."""
        return Rate(self.wall / other.wall, self.cpu / other.cpu)


def rate(form: dict[str, Any]) -> Rate:
    """The rate of a measured form."""
    return Rate(form["hours"] / form["wall"], form["hours"] / max(form["cpu"], 1e-9))


def mean(rates: Sequence[Rate]) -> Rate:
    """The mean of several rates."""
    return Rate(sum(one.wall for one in rates) / len(rates), sum(one.cpu for one in rates) / len(rates))


def fastest(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One record of several: each form with the best wall and the best CPU rate of any process."""
    kept = []
    for same in zip(*(run["forms"] for run in runs), strict=True):
        rates = [rate(form) for form in same]
        best = Rate(max(one.wall for one in rates), max(one.cpu for one in rates))
        kept.append({**same[0], "rate": best._asdict()})
    return {**runs[0], "forms": kept}


def run_peer(python: Path, peer: str, seconds: float) -> dict[str, Any]:
    """One process of a peer; a record with `failed` when it ends badly."""
    script = HERE / f"twin_peer_{peer.replace('-', '_')}.py"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment.update(PYTHONDONTWRITEBYTECODE="1", MPLBACKEND="Agg")
    try:
        done = subprocess.run(
            [str(python), str(script), "--seconds", str(seconds)],
            capture_output=True, text=True, timeout=LIMIT, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"peer": peer, "failed": f"took longer than {LIMIT} s"}
    if done.returncode:
        return {"peer": peer, "failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"peer": peer, **found}


def compare(folder: str, effort: Effort) -> dict[str, Any]:
    """Our own sizes, and every peer that has an environment with our pace beside it."""
    import twin_own

    day = twin_work.day()
    with clock.one_core():
        forms = {size.name: twin_own.form(size, day) for size in twin_own.sizes(effort.most)}
        paces: dict[str, list[Rate]] = {name: [] for name in forms}
        shown = {}
        for name, form in forms.items():
            form.run()
            found = twin_work.measured(form, effort.seconds)
            paces[name].append(rate(found))
            shown[name] = found["shown"]
        peers = []
        for one in twin_work.record()["peer"]:
            beside = forms[one["beside"]]
            peers.append(beside_ours(folder, one["name"], beside, effort))
            if "ours" in peers[-1]:
                peers[-1]["beside"] = one["beside"]
                paces[one["beside"]] += [Rate(**each) for each in peers[-1].pop("ours_all")]
    ours = [{"name": name, "rate": mean(paces[name])._asdict(), "shown": shown[name]} for name in forms]
    return {"ours": ours, "what": twin_own.WHAT, "peers": peers, "load": load()}


def beside_ours(folder: str, peer: str, ours: twin_work.Form, effort: Effort) -> dict[str, Any]:
    """One peer's record with our own pace, taken in turn with it."""
    python = Path(folder) / peer / "bin" / "python"
    if not python.exists():
        return {"peer": peer, "failed": "has no environment; make bench makes it"}
    runs, own = [], []
    for _ in range(effort.processes):
        own.append(rate(twin_work.measured(ours, effort.seconds / 2)))
        runs.append(run_peer(python, peer, effort.seconds))
        if "failed" in runs[-1]:
            return runs[-1]
    result = fastest(runs)
    return {**result, "ours": mean(own)._asdict(), "ours_all": [one._asdict() for one in own]}


def load() -> float | None:
    """How many processes wanted a core in the last minute, where the system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def table(compared: dict[str, Any]) -> str:
    """The comparison as lines to read."""
    lines = ["patient-hours a second", f"{'':<60}{'wall':>12}{'CPU':>12}{'ours/wall':>12}{'ours/CPU':>12}"]
    for one in compared["ours"]:
        lines.append(row(f"Vasotone, NumPy, {one['name']}", Rate(**one["rate"])))
    notes = [f"Vasotone: {compared['what']}"]
    for peer in compared["peers"]:
        if "failed" in peer:
            lines.append(f"{peer['peer']}: {peer['failed']}")
            continue
        for form in peer["forms"]:
            name = f"{peer['package']} {peer['version']}, {form['form']}"
            own = Rate(**form["rate"])
            lines.append(row(name, own, Rate(**peer["ours"]).over(own)))
            notes += [f"{name}: {form['what']}"] if peer["peer"] != "jax" else []
    if compared["load"] is not None:
        lines.append(f"the ratios are ours beside the peer; load of the machine {compared['load']:.1f}")
    return "\n".join([*lines, *conclusions(compared), "one step is", *(f"  {note}" for note in notes)])


def row(name: str, own: Rate, ratio: Rate | None = None) -> str:
    """One line of the table."""
    more = f"{ratio.wall:>12,.2f}{ratio.cpu:>12,.2f}" if ratio else ""
    return f"{name:<60}{figure(own.wall):>12}{figure(own.cpu):>12}{more}"


def figure(value: float) -> str:
    """A rate with the digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def conclusions(compared: dict[str, Any]) -> list[str]:
    """Each goal, whether it is met, and whether JAX gives what NumPy gives."""
    lines = []
    for goal in twin_work.record()["goal"]:
        reached = reach(goal, compared)
        if reached is None:
            lines.append(f"{goal['text']}: not measured")
        else:
            met = "met" if reached >= goal["least"] else "NOT met"
            lines.append(f"{goal['text']}: {figure(reached)}; goal {goal['least']:,.0f}: {met}")
    agreement, off = twin_work.record()["agreement"], apart(compared)
    if off is not None:
        met = "agree" if off <= agreement["most"] else "DIFFER"
        lines.append(
            f"JAX in single precision and NumPy in double: {agreement['variable']} at most {off:.2g} "
            f"{agreement['unit']} apart, {agreement['most']:g} allowed: {met}"
        )
    return lines


def reach(goal: dict[str, Any], compared: dict[str, Any]) -> float | None:
    """The figure to hold against a goal: the smaller of both ratios, or a rate; None when a part is missing."""
    peers = {peer["peer"]: peer for peer in compared["peers"] if "failed" not in peer}
    if "peer" not in goal:
        return next((float(one["rate"]["cpu"]) for one in compared["ours"] if one["name"] == goal["ours"]), None)
    if goal["peer"] not in peers or ("jax" in goal and "jax" not in peers):
        return None
    peer = peers[goal["peer"]]
    theirs = rate_of(peer, goal["form"])
    if "jax" in goal:
        ours = rate_of(peers["jax"], goal["jax"])
    elif goal["ours"] == peer["beside"]:
        ours = Rate(**peer["ours"])
    else:
        ours = next(Rate(**one["rate"]) for one in compared["ours"] if one["name"] == goal["ours"])
    return min(ours.over(theirs))


def rate_of(peer: dict[str, Any], name: str) -> Rate:
    """The rate of one form of a peer. StopIteration when it has no such form."""
    return next(Rate(**form["rate"]) for form in peer["forms"] if form["form"] == name)


def apart(compared: dict[str, Any]) -> float | None:
    """How far JAX is from NumPy in the variable that counts; None when it did not run."""
    key = f"{twin_work.record()['agreement']['variable']}_apart"
    for peer in compared["peers"]:
        for form in peer.get("forms", ()):
            if key in form["shown"]:
                return float(form["shown"][key])
    return None


def disagrees(compared: dict[str, Any]) -> bool:
    """Whether JAX ran and is further from NumPy than is allowed."""
    off = apart(compared)
    return off is not None and not off <= twin_work.record()["agreement"]["most"]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The twin beside its peers.")
    parser.add_argument("--quick", action="store_true", help="few rounds: a check that it runs, not a measurement")
    parser.add_argument("--peers", default=str(HERE.parent / ".bench"), help="the folder of the peers' environments")
    parser.add_argument("--json", action="store_true", help="one JSON record instead of a table")
    args = parser.parse_args()
    found = compare(args.peers, QUICK if args.quick else Effort())
    print(json.dumps(found, indent=1) if args.json else table(found))
    return 1 if disagrees(found) else 0


if __name__ == "__main__":
    sys.exit(main())
