"""What comes: fitted members under a plan, and the dose with which they would reach a pressure."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

from vasotone.twin import ensemble, numpy, solve
from vasotone.twin.drugs import Array
from vasotone.twin.ensemble import WANDERS
from vasotone.twin.fit import Fit
from vasotone.twin.plan import SALTY, Dose, Infusion, Legs, Plan

DRIFT_EVERY = 15.0  # min between the knots of the drift to come
HALVINGS = 14  # of the range of doses, which leaves 1/16384 of it
AHEAD = 1  # parts the random numbers of what comes from those of the fit
DIASTOLIC_SHOCK_INDEX = "DSI"


class Outlook(NamedTuple):
    """Members under one plan: values {variable: (times, members)} in the twin's units, at `minutes` from now.

    doses   that run at each minute; norepinephrine as base, or as written where its form is not known
    broken  members that have no circulation under this plan, and are left out
    """

    minutes: tuple[float, ...]
    values: dict[str, Array]
    doses: dict[str, tuple[float, ...]]
    broken: int


class Sought(NamedTuple):
    """The steady dose of a drug (twin's unit, base) by which each member reaches a pressure; NaN where none does."""

    drug: str
    pressure: float
    doses: Array
    most: float


class Act(NamedTuple):
    """Something that happens at a minute; `rank` orders what falls on one."""

    minute: float
    rank: int
    what: str
    step: Any


def ahead(
    fit: Fit, plan: Plan, minutes: tuple[float, ...], written: Array, *, as_base: bool = True
) -> Outlook:  # fmt: skip
    """The members at each of `minutes` (rising, the first 0) under a plan.

    written  factor from a dose of norepinephrine as the record is written to base, (members,)
    as_base  False tells doses of norepinephrine as they are written

    All plans of one fit see the same drift, so that they differ by what they do.
    """
    body, moment, drift = fit.body, fit.moment, fit.drift
    rng = numpy.random.default_rng([fit.seed, AHEAD])
    clocks: dict[float, solve.Clock] = {}
    rows: list[dict[str, Array]] = []
    charted: dict[str, list[float]] = {drug: [] for drug in body.drugs}
    now, changed, running = 0.0, -math.inf, 0
    for act in acts(plan, minutes):
        moment = ensemble.onward(body, moment, now, act.minute, math.inf if running else changed, clocks)
        now = act.minute
        if act.what == "show":
            rows.append({**ensemble.bedside(body, moment)})
            for drug in body.drugs:
                dose = solve.dose_of(body, moment, drug)
                charted[drug].append(float(numpy.median(dose / written if drug == SALTY and not as_base else dose)))
        elif act.what == "drift":
            scores = rng.standard_normal((len(WANDERS), len(body.base_pa)))
            body, drift = ensemble.wandered(fit.deck, body, drift, scores, DRIFT_EVERY)
        else:
            moment, changed = changed_by(body, moment, act, written), now
            running += {"run": 1, "end": -1}.get(act.what, 0)
    values = {name: numpy.stack([row[name] for row in rows]) for name in rows[0]}
    values[DIASTOLIC_SHOCK_INDEX] = values["HR"] / values["DAP"]
    good = numpy.isfinite(values["MAP"]).all(axis=0)
    return Outlook(
        minutes=minutes, values={name: value[:, good] for name, value in values.items()},
        doses={drug: tuple(one) for drug, one in charted.items() if any(one)}, broken=int((~good).sum()),
    )  # fmt: skip


def acts(plan: Plan, minutes: tuple[float, ...]) -> list[Act]:
    """All that happens until the last of `minutes`, in order; a minute is shown before it changes."""
    found = [Act(minute, 0, "show", None) for minute in minutes]
    drift = range(1, math.ceil(minutes[-1] / DRIFT_EVERY) + 1)
    found += [Act(DRIFT_EVERY * place, 1, "drift", None) for place in drift if DRIFT_EVERY * place < minutes[-1]]
    for step in plan.steps:
        begin = float(step.minute)
        if isinstance(step, Infusion):
            found += [Act(begin, 3, "run", step), Act(begin + float(step.over), 2, "end", step)]
        else:
            found.append(Act(begin, 3, "set", step))
    return sorted((act for act in found if act.minute <= minutes[-1]), key=lambda act: act[:2])


def changed_by(body: Any, moment: solve.Moment, act: Act, written: Array) -> solve.Moment:
    """The moment after one step of a plan has begun or ended."""
    step = act.step
    if isinstance(step, Dose):
        dose = in_base(step, step.value, written)
        if step.added:
            dose = dose + solve.dose_of(body, moment, step.drug)
        return solve.with_rate(moment, body, step.drug, dose)
    if isinstance(step, Legs):
        return solve.with_legs(moment, body, step.raised)
    sign = 1.0 if act.what == "run" else -1.0
    rate = sign * float(step.litres / step.over) * (body.weight if step.per_kg else 1.0)
    if step.blood_lost:
        return solve.with_bleeding(moment, numpy.maximum(moment.bleeding + rate, 0))
    return solve.with_fluid(moment, numpy.maximum(moment.fluid + rate, 0))


def in_base(step: Dose, value: Fraction, written: Array) -> Array:
    """A dose of a plan for each member, norepinephrine as base: in the form that it names, else as the record is."""
    if step.drug != SALTY:
        return float(value) + 0 * written
    return float(value) * (float(step.factor) + 0 * written if step.factor else written)


def sought(fit: Fit, drug: str, pressure: float, most: float) -> Sought:
    """The steady dose of one drug, others as they run now, with which each member reaches a mean pressure (mm[Hg]).

    most  the highest dose that is tried, in the twin's unit

    Members above the pressure without the drug need 0; those that do not reach it with `most` have NaN.
    """
    body = fit.body
    running = {one: solve.dose_of(body, fit.moment, one) for one in body.drugs if one != drug}

    def reached(dose: Array) -> Array:
        return solve.settled(body, {**running, drug: dose}).loop.pa

    low, high = 0 * body.base_pa, most + 0 * body.base_pa
    without, with_most = reached(low), reached(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = reached(middle) >= pressure
        low, high = numpy.where(enough, low, middle), numpy.where(enough, middle, high)
    doses = numpy.where(without >= pressure, 0.0, numpy.where(with_most >= pressure, high, numpy.nan))
    return Sought(drug, pressure, doses, most)
