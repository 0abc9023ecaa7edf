"""`vasotone trial`: published studies run again on virtual patients, entry by entry."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from vasotone import errors
from vasotone.errors import InputError

SCHEMA = "vasotone.trial/1"
DIGITS = 6


def run(args: Any, *, print_json: Callable[[Any], None]) -> int:
    """Run the studies that the arguments name and show what each gives beside what was published."""
    stop_numpy_threads()
    from vasotone.facts_physiology import physiology
    from vasotone.twin import study

    paths = list(args.studies) + (packaged() if args.all else [])
    if not paths:
        raise InputError("no study is named", where="trial", why="there is nothing to run",
                         fix="name study files, - for standard input, or --all for the packaged ones")  # fmt: skip
    checked(args)
    studies = [study.read(path) for path in dict.fromkeys(paths)]
    if args.fit:
        from vasotone.twin import calibrate_told

        print(calibrate_told.told(studies, seed=args.seed or 1, jobs=jobs_of(args), hold=args.hold, tell=progress))
        return errors.EXIT_DONE
    results = run_all(studies, n=args.n, seed=args.seed, jobs=jobs_of(args))
    record = to_dict(results, physiology().version)
    if args.json or args.view == "json":
        print_json(record)
    elif args.view == "forest":
        from vasotone.views import forest

        print(forest.picture(record))
    else:
        print(text(record))
    return errors.EXIT_DONE


def progress(line: str) -> None:
    """One line of a long run, where it does not mix with the result."""
    print(line, file=sys.stderr, flush=True)


def checked(args: Any) -> None:
    """InputError for a number of patients or of processes that cannot be."""
    for name, least in (("n", 2), ("jobs", 1), ("seed", 0)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise InputError(f"--{name} is too small", where="command line", seen=value, fix=f"at least {least}")


def packaged() -> list[str]:
    """The study files that come with the package."""
    from vasotone.facts import DATA

    folder = os.path.join(DATA, "studies")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".toml")]


def jobs_of(args: Any) -> int:
    """How many processes to use: what is asked, else one for each processor."""
    return int(args.jobs or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else args.jobs or 1)


def run_one(task: tuple[Any, int | None, int | None]) -> Any:
    """One study in a process of its own."""
    from vasotone.twin import trial

    study, n, seed = task
    return trial.run(study, n=n, seed=seed)


def run_all(studies: Sequence[Any], *, n: int | None, seed: int | None, jobs: int) -> list[Any]:
    """Every study, in the given order; several processes share the work, and change no number."""
    tasks = [(one, n, seed) for one in studies]
    if jobs <= 1 or len(tasks) < 2:
        return [run_one(task) for task in tasks]
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(min(jobs, len(tasks))) as pool:
        return list(pool.map(run_one, tasks))


def number(value: Any) -> Any:
    """A number as JSON can hold it: rounded, None where it is none."""
    if isinstance(value, list | tuple):
        return [number(one) for one in value]
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def to_dict(results: Sequence[Any], version: str) -> dict[str, Any]:
    """The record of a trial: `studies`, each with its `scores`, and `totals`."""
    from vasotone.twin import trial

    total = trial.totals(results)
    return {
        "schema": SCHEMA,
        "model": version,
        "studies": [study_dict(one) for one in results],
        "totals": {
            "weight": number(total.weight), "inside": number(total.inside), "share": number(total.share),
            "entries": total.entries, "entries_inside": total.entries_inside, "critical": total.critical,
            "critical_missed": list(total.critical_missed), "reversed": list(total.reversed),
            "invalid": list(total.invalid), "pass": total.passed,
        },
    }  # fmt: skip


def study_dict(found: Any) -> dict[str, Any]:
    """One study of the record."""
    return {
        "id": found.study.id,
        "study": found.study.study,
        "slot": found.study.slot or None,
        "title": found.study.title,
        "n": found.n,
        "share_kept": number(found.share),
        "missed_targets": found.missed,
        "invalid": found.invalid,
        "why_invalid": found.why or None,
        "measurements": {
            name: {
                key: {"mean": number(one.mean), "sd": number(one.sd), "median": number(one.median),
                      "q1": number(one.q1), "q3": number(one.q3), "unit": one.unit}
                for key, one in levels.items()
            } for name, levels in found.levels.items()
        },
        "drives": [
            {"variable": one.variable, "simulated": number(one.simulated), "target": number(one.target),
             "tol": number(one.tol), "unit": one.unit, "met": one.met} for one in found.drives
        ],
        "scores": [score_dict(found, one) for one in found.scores],
    }  # fmt: skip


def score_dict(found: Any, one: Any) -> dict[str, Any]:
    """One score of the record; `low` and `high` are absent where only the sign or the order counts."""
    score = one.score
    made: dict[str, Any] = {"id": score.id, "variable": score.variable}
    made |= {key: value for key, value in (("from", score.start), ("to", score.end), ("at", score.at)) if value}
    made |= {"stat": score.stat, "form": score.form, "simulated": number(one.simulated), "unit": score.unit}
    if score.accept is not None:
        made |= {"low": score.accept[0], "high": score.accept[1]}
    made |= {
        "sign": score.sign or None, "reported": number(score.reported), "pass": found.passed(one),
        "critical": score.critical, "weight": score.weight, "significant": score.significant,
        "reversed": one.reversed, "modelled": one.modelled,
    }  # fmt: skip
    return made


def text(record: dict[str, Any]) -> str:
    """The record as a table for a terminal: published beside simulated, and what falls outside."""
    lines = []
    for study in record["studies"]:
        lines += ["", f"{study['id']}: {study['title']}",
                  f"  {study['n']} virtual patients, {study['share_kept']:.0%} of the draws kept, "
                  f"{study['missed_targets']} missed a target"]  # fmt: skip
        if study["invalid"]:
            lines.append(f"  invalid run, no entry counts as passed: {study['why_invalid']}")
        lines.append(f"  {'entry':38} {'published':>10} {'accepted':>18} {'simulated':>12}")
        lines += [row(score) for score in study["scores"]]
    return "\n".join(lines[1:] + ["", *closing(record)])


def row(score: dict[str, Any]) -> str:
    """One entry of the table."""
    if "low" in score:
        accepted = f"{score['low']:g} to {score['high']:g}"
    else:
        accepted = "never lower" if score["form"] == "order" else {"+": "up", "-": "down"}.get(score["sign"], "")
    published = "" if score["reported"] is None else f"{score['reported']:.4g}"
    value = score["simulated"]
    shown = (
        ""
        if value is None
        else ", ".join(f"{one:.3g}" for one in value)
        if isinstance(value, list)
        else f"{value:.3g}"
    )
    return f"  {score['id'][:38]:38} {published:>10} {accepted:>18} {shown:>12}  {verdict(score)}".rstrip()


def verdict(score: dict[str, Any]) -> str:
    """What became of one entry, in words."""
    if not score["modelled"]:
        return "not modelled"
    words = ["inside" if score["pass"] else "OUTSIDE"]
    if score["critical"]:
        words.append("critical")
    if score["reversed"]:
        words.append("sign reversed")
    if not score["weight"]:
        words.append("information only")
    return ", ".join(words)


def closing(record: dict[str, Any]) -> list[str]:
    """The pass rule in words, with everything that speaks against it."""
    total = record["totals"]
    lines = [f"{total['entries_inside']} of {total['entries']} entries inside, "
             f"{total['share']:.1%} of the weight (model {record['model']})"]  # fmt: skip
    for key, label in (("critical_missed", "critical entries missed"), ("reversed", "significant signs reversed"),
                       ("invalid", "invalid runs")):  # fmt: skip
        if total[key]:
            lines.append(f"{label}: {', '.join(total[key])}")
    lines.append("The pass rule of the study format holds." if total["pass"] else
                 "The pass rule of the study format does not hold.")  # fmt: skip
    return lines


def main_arguments(trial: Any, run_trial: Callable[[Any], int]) -> None:
    """The arguments of `vasotone trial`."""
    trial.add_argument("studies", nargs="*", metavar="STUDY", help="study files in TOML, - for standard input")
    trial.add_argument("--all", action="store_true", help="the studies that come with the package")
    trial.add_argument("--n", type=int, help="virtual patients for each study, in place of the file's number")
    trial.add_argument("--seed", type=int, help="added to the seed of each file")
    trial.add_argument("--jobs", type=int, help="processes, one for each processor by default")
    trial.add_argument("--fit", action="store_true", help="calibrate the twin on these studies, print the values")
    trial.add_argument("--hold", action="append", default=[], metavar="ID=VALUE", help="with --fit: set, not moved")
    trial.add_argument("--as", dest="view", default="text", choices=("text", "forest", "json"))
    trial.add_argument("--json", action="store_true", help="the record as JSON")
    trial.set_defaults(run=run_trial)


def stop_numpy_threads() -> None:
    """Keep a numerical library from starting threads of its own: the processes share the processors already."""
    if "numpy" not in sys.modules:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
