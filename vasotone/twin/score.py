"""From stored measurements to the numbers that a study published: every form of the study format.

What is worked out here never looks at an accept range, a reported number, a spread or published levels; these meet
the result in `judged` alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.twin import numpy
from vasotone.twin.study_record import Among, Bound, Drive, Event, Score
from vasotone.twin.study_units import SAME, Scale, key_of

Array = Any
HUNDRED = 100.0  # percent


class Run(NamedTuple):
    """What a cohort did: per measurement every variable of every patient that counts.

    levels   measurement -> variable -> (patients,), in the twin's units
    weight   body weights in kg, for doses per kg
    times    measurement -> minutes since the start of the protocol, along the path that was run
    paths    measurement -> each earlier one of its path (and itself) -> the row of the traces at that instant
    minutes, traces  when, and variable -> (rows, patients): what is asked over time
    """

    levels: dict[str, dict[str, Array]]
    weight: Array
    times: dict[str, float] = {}
    paths: dict[str, dict[str, int]] = {}
    minutes: Any = ()
    traces: dict[str, Array] = {}


class Scored(NamedTuple):
    """One score beside what was simulated; `simulated` is a list for an order, None where it has no value."""

    score: Score
    simulated: float | list[float] | None
    change: float | None
    modelled: bool
    passed: bool
    reversed: bool


def knows(run: Run, variable: str) -> bool:
    """Whether the twin reports a variable."""
    first = next(iter(run.levels.values()), {})
    return key_of(variable) in first


def level(run: Run, variable: str, at: str, scale: Scale = SAME) -> Array:
    """A variable of every patient at a measurement, in the unit that `scale` comes from."""
    return scale.outward(run.levels[at][key_of(variable)], run.weight)


def centre(values: Array, stat: str) -> float:
    """The mean or the median of the patients who have a value; NaN when nobody has."""
    known = values[numpy.isfinite(values)]
    if known.size == 0:
        return float("nan")
    return float(numpy.median(known) if stat == "median" else numpy.mean(known))


def quotient(above: Array, below: Array) -> Array:
    """A ratio that is NaN where the lower part is zero."""
    safe = numpy.where(below == 0, 1.0, below)
    return numpy.where(below == 0, numpy.nan, above / safe)


def percent(start: Array, end: Array) -> Array:
    """Percent change, NaN from zero."""
    return quotient(HUNDRED * (end - start), start)


def changes(run: Run, score: Score, start: str, end: str, *, pct: bool) -> Array:
    """Each patient's change of the score's variable between two measurements."""
    first, second = (level(run, score.variable, at, SAME if pct else score.scale) for at in (start, end))
    return percent(first, second) if pct else second - first


def within(values: Array, bound: Bound, weight: Array) -> Array:
    """Which patients meet any limit of a bound; a limit that is not asked is met by nobody."""
    met = numpy.zeros(numpy.shape(values), dtype=bool)
    shown = bound.scale.outward(values, weight)
    if bound.low is not None:
        met = met | (shown >= bound.low)
    if bound.high is not None:
        met = met | (shown <= bound.high)
    return met


def happened(run: Run, variable: str, event: Event, start: str, end: str, at: str) -> Array:
    """Which patients an event happens to: any of its conditions is enough."""
    here = level(run, variable, at or end)
    met = within(here, event.level, run.weight)
    if start and end:
        first, second = level(run, variable, start), level(run, variable, end)
        met = met | within(second - first, event.change, run.weight)
        met = met | within(percent(first, second), event.percent, run.weight)
    return met


def chosen(run: Run, among: Among) -> Run:
    """The same run with those patients only whom `among` names."""
    keep = happened(run, among.variable, among.event, among.start, among.end, "")
    levels = {name: {key: values[keep] for key, values in one.items()} for name, one in run.levels.items()}
    traces = {key: values[:, keep] for key, values in run.traces.items()}
    return run._replace(levels=levels, traces=traces, weight=run.weight[keep])


def simulated(run: Run, score: Score) -> float | list[float]:
    """What the cohort gives for one score, in the score's unit; NaN where it has no value."""
    if score.among is not None:
        run = chosen(run, score.among)
    if run.weight.size == 0:
        return float("nan")
    if score.form == "order":
        return [centre(level(run, score.variable, name, score.scale), score.stat) for name in score.order]
    if score.stat == "fraction":
        return shown(score, fraction(run, score))
    if score.stat == "correlation":
        return shown(score, correlation(run, score))
    if score.stat == "time_of_max":
        return shown(score, time_of_max(run, score))
    if score.form == "ratio":
        return shown(score, ratio(run, score))
    if score.form == "slope":
        return slope(run, score)
    if score.form == "range":
        return centre(level(run, score.variable, score.at, score.scale), score.stat)
    return difference(run, score)


def shown(score: Score, value: float) -> float:
    """A result in the unit that its score asks for."""
    return float(score.scale.outward(value, 1.0))


def difference(run: Run, score: Score) -> float:
    """`delta` and `delta_pct`: of patients or of the cohort's levels; minus a second change where one is named."""
    pct = score.form == "delta_pct" or score.percent
    pairs = [(score.start, score.end)] + ([score.versus] if score.versus else [])
    values = []
    for start, end in pairs:
        if score.levels:
            scale = SAME if pct else score.scale
            first, second = (centre(level(run, score.variable, at, scale), score.stat) for at in (start, end))
            values.append(float(percent(numpy.asarray(first), numpy.asarray(second))) if pct else second - first)
        else:
            values.append(centre(changes(run, score, start, end, pct=pct), score.stat))
    result = values[0] - values[1] if len(values) > 1 else values[0]
    return shown(score, result) if pct else result


def ratio(run: Run, score: Score) -> float:
    """`ratio`: to over from, one level over another, or one mean change over a second one."""
    if score.versus:
        first, second = (
            centre(changes(run, score, start, end, pct=score.percent), score.stat)
            for start, end in ((score.start, score.end), score.versus)
        )
        return float(quotient(numpy.asarray(first), numpy.asarray(second)))
    if score.over:
        above, below = level(run, score.variable, score.at), level(run, *score.over)
    else:
        above, below = level(run, score.variable, score.end), level(run, score.variable, score.start)
    if score.levels:
        return float(quotient(numpy.asarray(centre(above, score.stat)), numpy.asarray(centre(below, score.stat))))
    return centre(quotient(above, below), score.stat)


def slope(run: Run, score: Score) -> float:
    """`slope`: the mean change of one variable for the mean change of another."""
    rise = centre(changes(run, score, score.start, score.end, pct=False), "mean")
    ends = [level(run, score.per, at, score.per_scale) for at in (score.start, score.end)]
    return float(quotient(numpy.asarray(rise), numpy.asarray(centre(ends[1] - ends[0], "mean"))))


def fraction(run: Run, score: Score) -> float:
    """The share of patients with the event; minus the share in a second change where one is named."""
    event = score.event
    if event is None:
        return float("nan")
    share = float(numpy.mean(happened(run, score.variable, event, score.start, score.end, score.at)))
    if score.versus:
        start, end = score.versus
        share -= float(numpy.mean(happened(run, score.variable, event, start, end, end)))
    return share


def correlation(run: Run, score: Score) -> float:
    """Pearson's r between a level and each patient's change of the variable."""
    if score.beside is None:
        return float("nan")
    moved = changes(run, score, score.start, score.end, pct=score.percent or score.form == "delta_pct")
    beside = level(run, *score.beside)
    both = numpy.isfinite(moved) & numpy.isfinite(beside)
    moved, beside = moved[both], beside[both]
    if moved.size < 3 or numpy.std(moved) == 0 or numpy.std(beside) == 0:
        return float("nan")
    return float(numpy.corrcoef(beside, moved)[0, 1])


def time_of_max(run: Run, score: Score) -> float:
    """When the cohort's mean is highest between two measurements, in minutes after a third."""
    path = run.paths[score.end]
    if score.start not in path:
        return float("nan")
    rows = slice(path[score.start], path[score.end] + 1)
    mean = numpy.mean(run.traces[key_of(score.variable)][rows], axis=1)
    return float(numpy.asarray(run.minutes)[rows][int(numpy.argmax(mean))] - run.times[score.after])


def change_of(run: Run, score: Score, value: float | list[float]) -> float | None:
    """The number whose sign is asked: the result itself, for a ratio how far it lies from no change."""
    if isinstance(value, list):
        return value[-1] - value[0]
    if score.form == "ratio" and score.stat in ("mean", "median"):
        if score.versus:
            kept = chosen(run, score.among) if score.among else run
            return centre(changes(kept, score, score.start, score.end, pct=score.percent), score.stat)
        return value - shown(score, 1.0)
    return value


def judged(run: Run, score: Score) -> Scored:
    """One score against its accept range and its sign."""
    if score.requires or not all(knows(run, one) for one in named(score)):
        return Scored(score, None, None, False, False, False)
    value = simulated(run, score)
    change = change_of(run, score, value)
    known = numpy.all(numpy.isfinite(value)) and change is not None and numpy.isfinite(change)
    if not known or change is None:
        return Scored(score, None, None, True, False, False)
    fits = in_range(score, value) and has_sign(score.sign, change)
    wrong_way = (score.sign == "+" and change < 0) or (score.sign == "-" and change > 0)
    return Scored(score, value, change, True, fits, bool(wrong_way and score.significant))


def named(score: Score) -> list[str]:
    """Every variable that a score needs."""
    found = [score.variable, score.per, *(pair[0] for pair in (score.over, score.beside) if pair)]
    return [one for one in found if one] + ([score.among.variable] if score.among else [])


def in_range(score: Score, value: float | list[float]) -> bool:
    """Whether a result lies in the accept range, limits included, or its levels never decrease."""
    if isinstance(value, list):
        return all(later >= earlier for earlier, later in zip(value, value[1:], strict=False))
    if score.accept is None:
        return score.sign in ("+", "-")
    return score.accept[0] <= value <= score.accept[1]


def has_sign(sign: str, change: float) -> bool:
    """Whether a change goes the way it must."""
    return change > 0 if sign == "+" else change < 0 if sign == "-" else True


def drive_value(run: Run, drive: Drive) -> float:
    """What the cohort's mean gives for a drive, in the drive's unit."""
    if drive.at:
        return centre(level(run, drive.variable, drive.at, drive.scale), "mean")
    if drive.percent:
        start, end = (level(run, drive.variable, at) for at in (drive.start, drive.end))
        return float(drive.scale.outward(centre(percent(start, end), "mean"), 1.0))
    start, end = (level(run, drive.variable, at, drive.scale) for at in (drive.start, drive.end))
    return centre(end - start, "mean")


def drive_met(run: Run, drive: Drive) -> bool:
    """Whether a drive is within its tolerance."""
    return bool(abs(drive_value(run, drive) - drive.target) <= drive.tol)
