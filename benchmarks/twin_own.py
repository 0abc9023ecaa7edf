"""The twin itself on the same day: cohorts drawn from the priors of septic shock, with NumPy.

One step is 30 s. On each hour the dose is changed for everybody, and at its end everything that the model
shows is read off. To draw patients, to fit their circulation and to settle the first dose is not timed, as it
is not for the peers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy  # noqa: E402
import twin_work  # noqa: E402

from vasotone import facts_physiology  # noqa: E402
from vasotone.twin import body, observe, solve  # noqa: E402

CONTEXT = "septic"
SPARE = 3  # candidates for each patient wanted; some of the draws have no circulation
FEWEST = 50  # candidates
WHAT = (
    "30 s: pharmacokinetics, receptor curves, closed loop of two hearts with veins, reflex, volumes in balance; "
    "25 variables read off each hour"
)


class Size(NamedTuple):
    """How many patients go through the day together, and the form of their numbers."""

    name: str
    patients: int
    precision: str


def sizes(most: int | None = None) -> list[Size]:
    """The sizes of the work file, none with more patients than `most`."""
    return [
        Size(one["name"], min(one["patients"], most or one["patients"]), one["precision"])
        for one in twin_work.record()["ours"]
    ]


def cohort(size: Size, day: twin_work.Day, seed: int = 1) -> tuple[body.Body, Any]:
    """The bodies of a cohort, and its first moment at the first dose of the day."""
    parameters = facts_physiology.physiology()
    random = numpy.random.default_rng(seed)
    observed, traits = candidates(SPARE * size.patients + FEWEST, random, parameters)
    kept = numpy.flatnonzero(body.possible(observed, traits, CONTEXT, parameters))[: size.patients]
    if len(kept) < size.patients:
        raise RuntimeError(f"only {len(kept)} of {size.patients} draws have a circulation")
    observed = precise(body.selected(observed, kept), size.precision)
    traits = precise(body.selected(traits, kept), size.precision)
    bodies = body.invert(observed, traits, CONTEXT, parameters, drugs=(day.drug,))
    return bodies, solve.settled(bodies, {day.drug: day.hourly[0]})


def candidates(n: int, random: Any, parameters: Any) -> tuple[body.Observed, body.Traits]:
    """Patients drawn one variable at a time from the priors, within their bounds."""
    priors = parameters.observable(CONTEXT)
    drawn = {name: body.spread_out(prior, random.standard_normal(n)) for name, prior in priors.items()}
    drawn["dap"] = drawn["map"] * drawn["dap_ratio"]
    drawn["pmsf"] = drawn["cvp"] + drawn["pms_gap"]
    fields = {name: drawn[name] for name in body.Observed._fields if name not in ("doses", "pap")}
    return body.Observed(**fields, pap=None, doses={}), body.draw_traits(n, CONTEXT, random, parameters)


def precise(record: Any, precision: str) -> Any:
    """The same record with its arrays in this precision."""
    return type(record)(
        *(value.astype(precision) if hasattr(value, "astype") else value for value in record)
    )  # fmt: skip


def hours(bodies: body.Body, moment: Any, day: twin_work.Day) -> Iterator[dict[str, Any]]:
    """What is measured at the end of each hour of the day."""
    ticks = solve.clock(bodies, solve.STEP)
    for dose in day.hourly:
        moment = solve.advance(bodies, solve.with_rate(moment, bodies, day.drug, dose), twin_work.MINUTE, ticks=ticks)
        yield observe.measured(bodies, moment)


def form(size: Size, day: twin_work.Day) -> twin_work.Form:
    """One size as something to be timed: each run is the next hour of everybody's day, over and over."""
    bodies, moment = cohort(size, day)
    going: Iterator[dict[str, Any]] = iter(())
    last: dict[str, float] = {}

    def run() -> float:
        nonlocal going
        seen = next(going, None)
        if seen is None:
            going = hours(bodies, moment, day)
            seen = next(going)
        last.update({name: float(numpy.median(seen[name])) for name in ("MAP", "CO")})
        if not all(math.isfinite(one) for one in last.values()):
            raise RuntimeError(f"the twin gave no number: {last}")
        return float(size.patients)

    return twin_work.Form(f"Vasotone, NumPy, {size.name}", WHAT, run, lambda: last)
