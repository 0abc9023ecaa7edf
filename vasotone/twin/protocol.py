"""The steps of a protocol, done to all patients at once; infusions are titrated to each patient's own target."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.facts_physiology import Physiology
from vasotone.twin import circulation, drugs, fluids, numpy, observe, solve
from vasotone.twin import cohort_laws as laws
from vasotone.twin.body import Body
from vasotone.twin.solve import Moment
from vasotone.twin.study_record import (
    Bolus,
    Legs,
    Measure,
    Restore,
    SetDose,
    Step,
    Stop,
    Study,
    Target,
    Titrate,
    Wait,
)
from vasotone.twin.study_units import DOSES, key_of

Array = Any
MET = 1.0  # mm[Hg], how near a titration comes to its target: the study format's
WITHIN = 120.0  # min, the format's limit of a titration that names none
HALF_LIVES = 5  # of the format's steady state, which takes at least
LEAST_STEADY = 10.0  # min
PLR_MINUTES = 1.0  # of the format's test leg raise
LOOK = 2.0  # min between two looks at a titration
STILL = 0.01  # mm[Hg] from one look to the next: pressures that no longer move
HALVINGS = 15
SETTLING = 8  # Newton steps that settle a circulation anew after a small change of tone
FINE = 0.5  # min, of a step of time; coarser where nothing but a long wait is asked
ML_PER_L = 1000.0
TINY = 1e-4  # of the highest dose: where a search for a dose begins


class Done(NamedTuple):
    """What a protocol gave, for all patients that went through it.

    levels   measurement -> variable -> (n,)
    times    measurement -> min on the path that led to it
    paths    measurement -> earlier measurement (and itself) -> how many rows of the trace stood then
    minutes, traces  every watched variable over time, along all paths one after another
    missed   patients who missed the target of any titration, (n,) of truth values
    """

    levels: dict[str, dict[str, Array]]
    times: dict[str, float]
    paths: dict[str, dict[str, int]]
    minutes: list[float]
    traces: dict[str, list[Array]]
    missed: Array


class State(NamedTuple):
    """Where a protocol stands."""

    body: Body
    moment: Moment
    kept: dict[str, Moment]
    marks: dict[str, int]
    done: Done


def scores(study: Study, n: int, seed: tuple[int, ...]) -> Array:
    """Normal scores (steps, n): what each patient draws in each step, as evenly spread as the cohort itself."""
    return laws.strata(numpy.random.default_rng([*seed, 3]).standard_normal((len(study.steps), n)))


def watched(study: Study) -> tuple[str, ...]:
    """Variables that a score asks for over time."""
    return tuple(dict.fromkeys(key_of(one.variable) for one in study.scores if one.stat == "time_of_max"))


def begin(body: Body, doses: dict[str, Array], watch: tuple[str, ...] = ()) -> State:
    """Patients in steady state at the doses that run before the first measurement."""
    moment = solve.begun(body, doses)
    nobody = numpy.zeros(moment.hr.shape, dtype=bool)
    return State(body, moment, {}, {}, Done({}, {}, {}, [], {name: [] for name in watch}, nobody))


def run(study: Study, state: State, drawn: Array, parameters: Physiology) -> Done:
    """All steps of a study; `drawn` are the normal scores of these patients (steps, n)."""
    for place, step in enumerate(study.steps):
        state = do(step, state, drawn[place], parameters)
    return state.done


def leg_raise(state: State, variable: str) -> Array:
    """Percent change of a variable in a test leg raise, (n,); the patients stay as they were."""
    before = observe.measured(state.body, state.moment)[key_of(variable)]
    raised = solve.with_legs(state.moment, state.body, True)
    after = observe.measured(state.body, solve.advance(state.body, raised, PLR_MINUTES, dt=FINE))[key_of(variable)]
    return 100.0 * (after - before) / before


def do(step: Step, state: State, drawn: Array, parameters: Physiology) -> State:
    """One step."""
    body, moment = state.body, state.moment
    if isinstance(step, Measure):
        return measure(state, step.name)
    if isinstance(step, Titrate):
        return titrate(state, step, drawn, parameters)
    if isinstance(step, SetDose):
        return state._replace(moment=solve.with_rate(moment, body, step.drug, new_dose(state, step, drawn)))
    if isinstance(step, Stop):
        return state._replace(moment=solve.with_rate(moment, body, step.drug, 0.0))
    if isinstance(step, Wait):
        return pass_time(state, steady_after(body, moment) if step.minutes is None else step.minutes)
    if isinstance(step, Legs):
        return state._replace(moment=solve.with_legs(moment, body, step.raised))
    if isinstance(step, Restore):
        marks = {name: state.done.paths[step.name][name] for name in state.done.paths[step.name]}
        return state._replace(moment=state.kept[step.name], marks=marks | {step.name: len(state.done.minutes)})
    return fluid(state, step)


def measure(state: State, name: str) -> State:
    """Store every variable under a name, and the state to come back to."""
    done = state.done
    marks = state.marks | {name: len(done.minutes)}
    done = done._replace(
        levels=done.levels | {name: observe.measured(state.body, state.moment)},
        times=done.times | {name: float(state.moment.t)},
        paths=done.paths | {name: marks},
    )
    state = state._replace(kept=state.kept | {name: state.moment}, marks=marks, done=done)
    return noted(state)


def noted(state: State) -> State:
    """One more row of what is watched over time."""
    if state.done.traces:
        now = observe.measured(state.body, state.moment)
        state.done.minutes.append(float(state.moment.t))
        for name, rows in state.done.traces.items():
            rows.append(now[name])
    return state


def pass_time(state: State, minutes: float, ticks: solve.Clock | None = None) -> State:
    """Let time pass; in fine steps where something is watched, in coarser ones in a long wait."""
    if minutes <= 0:
        return state
    if not state.done.traces and ticks is not None:
        return state._replace(moment=solve.advance(state.body, state.moment, minutes, ticks=ticks))
    if not state.done.traces:
        dt = FINE if minutes <= 15 else min(max(FINE, minutes / 120), 10.0)
        return state._replace(moment=solve.advance(state.body, state.moment, minutes, dt=dt))
    for _ in range(max(1, round(minutes / FINE))):
        part = minutes / max(1, round(minutes / FINE))
        state = noted(state._replace(moment=solve.advance(state.body, state.moment, part, dt=FINE)))
    return state


def steady_after(body: Body, moment: Moment) -> float:
    """Minutes until the slowest running drug is steady in every patient, by the study format's rule."""
    longest = LEAST_STEADY
    for place, drug in enumerate(body.drugs):
        running = moment.rate[place] > 0
        if running.any():
            longest = max(longest, HALF_LIVES * float(numpy.max(solve.half_life(body, drug)[running])))
    return longest


def new_dose(state: State, step: SetDose, drawn: Array) -> Array:
    """The dose after a `set`, in the twin's unit, never below zero."""
    amount = step.amount + step.sd * drawn
    now = solve.dose_of(state.body, state.moment, step.drug)
    if step.kind == "factor":
        return numpy.maximum(now * step.scale.inward(amount, 1.0), 0.0)
    given = step.scale.inward(amount, state.body.weight)
    return numpy.maximum(now + given if step.kind == "delta" else given, 0.0)


def fluid(state: State, step: Bolus) -> State:
    """A bolus from its begin to its end."""
    volume = step.volume * (state.body.weight if step.per_kg else 1.0) / ML_PER_L
    running = state._replace(moment=solve.with_fluid(state.moment, volume / step.minutes))
    ended = pass_time(running, step.minutes)
    return ended._replace(moment=solve.with_fluid(ended.moment, 0.0))


def titrate(state: State, step: Titrate, drawn: Array, parameters: Physiology) -> State:
    """Change one infusion until MAP stands within 1 mm[Hg] of each patient's target, or the time is up.

    The dose is the one that will hold the target once the drug is in steady state, found anew while volume still
    moves; then the patients are watched until all are there.
    """
    body = state.body
    goal = targets(state, step.target, drawn, step.only)
    most = highest(state, step, parameters)
    left = WITHIN if step.within is None else step.within
    dose = holding_dose(body, state.moment, step.drug, goal, most, step.only)
    state = state._replace(moment=solve.with_rate(state.moment, body, step.drug, dose))
    ticks = solve.clock(body, LOOK / 2)
    while left > 0 and numpy.any(numpy.abs(solve.pressure(body, state.moment) - goal) > MET):
        before, part = solve.pressure(body, state.moment), min(LOOK, left)
        state = pass_time(state, part, ticks)
        left -= part
        if not solve.at_rest(state.moment):
            dose = holding_dose(body, state.moment, step.drug, goal, most, step.only)
            state = state._replace(moment=solve.with_rate(state.moment, body, step.drug, dose))
        elif numpy.max(numpy.abs(solve.pressure(body, state.moment) - before)) < STILL:
            state, left = pass_time(state, left), 0.0  # who is not there now will not come
    missed = numpy.abs(solve.pressure(body, state.moment) - goal) > MET
    return state._replace(done=state.done._replace(missed=state.done.missed | missed))


def highest(state: State, step: Titrate, parameters: Physiology) -> Array:
    """The highest dose of a titration (n,): what the step says, else the twin's own."""
    if step.highest is not None:
        return step.scale.inward(step.highest, state.body.weight) + 0 * state.moment.hr
    return parameters.number(f"{step.drug}.titration_max") + 0 * state.moment.hr


def targets(state: State, target: Target, drawn: Array, only: str) -> Array:
    """Each patient's target (n,); one that lies on the wrong side of the present pressure is drawn again."""
    now = solve.pressure(state.body, state.moment)
    if target.spread is None:
        start = state.done.levels[target.start]["MAP"]
        if target.delta is not None:
            return start + target.delta
        pct = target.pct or 0.0
        if target.pct_sd and only:
            edge = (100.0 * (now / start - 1.0) - pct) / target.pct_sd
            drawn = laws.between(drawn, *((edge, numpy.inf) if only == "up" else (-numpy.inf, edge)))
        return start * (1.0 + (pct + target.pct_sd * drawn) / 100.0)
    law = laws.of_spread(target.spread, None)
    if law.below == 0 and law.above == 0:
        return target.spread.scale.inward(law.values(drawn), 1.0)
    if only:
        edge = numpy.vectorize(law.score)(target.spread.scale.outward(now, 1.0))
        drawn = laws.between(drawn, *((edge, numpy.inf) if only == "up" else (-numpy.inf, edge)))
    return target.spread.scale.inward(law.values(drawn), 1.0)


def settled_pressure(
    body: Body, fixed: circulation.Frame, moment: Moment, drug: str, dose: Array, loop: circulation.Loop
) -> tuple[Array, circulation.Loop]:
    """MAP once this dose is in steady state, with volume as it is now, and the circulation to begin the next from."""
    effect = drugs.steady(body.kinetics, solve.with_rate(moment, body, drug, dose).rate)
    volume = body.stressed0 + fluids.extra(moment.space)
    for _ in range(SETTLING):
        now = circulation.tone(body, fixed, effect, loop, numpy)
        hr = circulation.heart_rate(body, fixed, now, loop.pa, numpy)
        loop = circulation.newton(body, fixed, now, hr, volume + now.volume, loop, numpy)
    return loop.pa, loop


def holding_dose(body: Body, moment: Moment, drug: str, goal: Array, most: Array, only: str) -> Array:
    """The dose that holds the target in steady state, by halving on the logarithm of the dose.

    Where no dose reaches the target it is the highest one, where none is low enough the lowest that is allowed.
    """
    now = solve.dose_of(body, moment, drug)
    low = now if only == "up" else 0 * now
    high = now if only == "down" else numpy.maximum(most, now) if only == "up" else most
    offset = TINY * most
    fixed, loop = circulation.frame(body, numpy), moment.loop
    above, _ = settled_pressure(body, fixed, moment, drug, high, loop)
    bottom, loop = settled_pressure(body, fixed, moment, drug, low, loop)
    left, right = numpy.log(low + offset), numpy.log(high + offset)
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        reached, loop = settled_pressure(
            body, fixed, moment, drug, numpy.maximum(numpy.exp(middle) - offset, 0.0), loop
        )
        left, right = numpy.where(reached < goal, middle, left), numpy.where(reached < goal, right, middle)
    found = numpy.clip(numpy.exp((left + right) / 2) - offset, low, high)
    return numpy.where(bottom >= goal, low, numpy.where(above <= goal, high, found))


def units() -> dict[str, str]:
    """The twin's unit of every variable that it reports."""
    return dict(observe.UNITS) | {f"dose.{drug}": unit for drug, unit in DOSES.items()}
