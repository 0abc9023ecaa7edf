"""A calibration told: its values as TOML to be read and taken over into `physiology.toml`, and how far they reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from vasotone.errors import InputError
from vasotone.facts_physiology import Parameter, physiology
from vasotone.twin import trial
from vasotone.twin.calibrate import PATIENTS, Fit, Task, Tell, Tried, fit, left_out, one_study
from vasotone.twin.study_record import Study

RIDGE = 0.5  # correlation from which two gains are said to move together


def told(studies: Sequence[Study], *, seed: int, jobs: int, hold: Sequence[str] = (), tell: Tell = str) -> str:
    """Calibrate on some studies, and say the result as TOML to be read and taken over into `physiology.toml`.

    hold  numbers that are set and not moved, `ID=VALUE`; InputError for one that is not so
    tell  takes a line after each round
    """
    held = dict(held_as(one) for one in hold)
    parameters = physiology().at_start().replaced(held)
    ids = tuple(one for one in parameters.fittable() if one not in held)
    task = Task(tuple(studies), parameters, ids, seed, PATIENTS)
    lines = [f"# held: {identifier} = {value:g}" for identifier, value in held.items()]

    def both(line: str) -> None:
        lines.append(f"# {line}")
        tell(line)

    with ProcessPoolExecutor(jobs) as pool:

        def runner(tasks: Sequence[Any]) -> list[Tried]:
            return list(pool.map(one_study, tasks, chunksize=4))

        found, path = fit(task, runner, both)
        without = left_out(task, path, runner)
    papers = len({one.study for one in studies})
    label = f"{parameters.version}: least squares on {len(studies)} files of {papers} papers, seed {seed}"
    lines.append(f"# with the values below: {said(found.totals)}")
    lines.append(f"# each paper predicted by a fit without it: {said(without)}")
    lines += [f"# {first} and {second} move together: r = {r:.2f}" for first, second, r in together(found)]
    for identifier, value in found.values.items():
        one = parameters.by_id(identifier)
        lines += ["", f"{header(one)}  # was {found.before[identifier]:.4g}, SD {found.spread[identifier]:.2f}",
                  f"value = {value:.4g}", f'fitted = "{label}"']  # fmt: skip
    return "\n".join(lines)


def held_as(text: str) -> tuple[str, float]:
    """A number that is held, from `ID=VALUE`. InputError for an unknown one, and for a value outside its bounds."""
    identifier, _, value = text.partition("=")
    parameters = physiology()
    if identifier not in parameters.fittable():
        raise InputError("a calibration does not move this number", where="--hold", seen=identifier,
                         fix="name one that has `fit = true` in physiology.toml")  # fmt: skip
    one = parameters.by_id(identifier)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not one.low <= number <= one.high:
        raise InputError("a number is held at a value that it cannot have", where=f"--hold {identifier}",
                         seen=value, fix=f"write {identifier}=VALUE, from {one.low:g} to {one.high:g}")  # fmt: skip
    return identifier, number


def said(totals: trial.Totals) -> str:
    """The pass rule in one line."""
    return (f"{totals.share:.1%} of the weight inside, {len(totals.critical_missed)} of {totals.critical} critical "
            f"entries missed, {len(totals.reversed)} signs reversed")  # fmt: skip


def header(one: Parameter) -> str:
    """The table of a parameter in `physiology.toml`."""
    context = one.context or "all"
    name = one.id.removesuffix(f".{one.context}") if one.context else one.id
    return f"[{'drug' if '.' in name else 'parameter'}.{name}.{context}]"


def together(found: Fit) -> list[tuple[str, str, float]]:
    """Pairs of gains that the studies hardly tell apart, the closest first."""
    ids = list(found.values)
    pairs = [
        (first, second, float(found.correlation[i, j]))
        for i, first in enumerate(ids)
        for j, second in enumerate(ids[:i])
        if abs(found.correlation[i, j]) >= RIDGE
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))
