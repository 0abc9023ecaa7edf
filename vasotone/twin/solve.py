"""Time: the steady state, and steps of drugs, volume, heart rate and circulation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy

from vasotone.errors import InputError
from vasotone.twin import circulation, drugs, fluids, stride
from vasotone.twin.body import Body, drug_index, joined, selected
from vasotone.twin.circulation import Loop
from vasotone.twin.drugs import Array
from vasotone.twin.fluids import Space

SETTLING = 40  # Newton steps that bring any patient of the domain to the steady state
MORE_STEPS = 3
TOLERANCE = 1e-3  # of the balance of volume pumped, as a share of the stroke volume
STEP = 0.5  # min
BLOCK = 40_000  # bytes of one array: patients that run together
FINER = 5  # steps for one while legs move
LEGS_DONE = 6.0  # time constants after which legs have given what they will
LEGS_STILL = 0.002  # L
LN2 = math.log(2)


class Tally(NamedTuple):
    """What went in and out since it was begun: ug (U) of each drug (drugs, n), and L of volume (n,)."""

    given: Array
    cleared: Array
    infused: Array
    bled: Array
    urine: Array


class Moment(NamedTuple):
    """The full state of all patients at an instant; keep it to come back to it.

    t        min, the same for all
    amount   ug (vasopressin U) in the body, (drugs, n); `effect` concentration at the effect site, ug/L (U/L)
    space    volumes beyond the first measurement, L
    hr       /min; `loop` flow and pressures
    rate     infusions, ug/min (U/min), (drugs, n); `fluid` and `bleeding` L/min; `legs_to` L that raised legs aim at
    trend    mm[Hg]/min by which the arterial pressure moved in the last step; `aim` /min at which the heart rate aims
    tally    None, or what went in and out
    """

    t: float
    amount: Array
    effect: Array
    space: Space
    hr: Array
    loop: Loop
    rate: Array
    fluid: Array
    bleeding: Array
    legs_to: Array
    trend: Array
    aim: Array
    tally: Tally | None = None


class Clock(NamedTuple):
    """Coefficients of one step of `dt` min for one body."""

    dt: float
    drugs: drugs.Clearing
    fluids: fluids.Shift
    hr: Array
    lag: Array
    ahead: Array
    frame: circulation.Frame


def settled(body: Body, doses: Mapping[str, Any], xp: Any = numpy) -> Moment:
    """The steady state at these doses ({drug: (n,) or number} in canonical units; a drug not named is off), t = 0."""
    moment = begun(body, doses, xp)
    loop, hr, fixed = moment.loop, moment.hr, circulation.frame(body, xp)
    for _ in range(SETTLING):
        now = circulation.tone(body, fixed, moment.effect, loop, xp)
        hr = hr + (circulation.heart_rate(body, fixed, now, loop.pa, xp) - hr) * fixed.damp / 2
        loop = circulation.newton(body, fixed, now, hr, body.stressed0 + now.volume, loop, xp)
    return moment._replace(loop=loop, hr=hr, aim=hr)


def begun(body: Body, doses: Mapping[str, Any], xp: Any = numpy) -> Moment:
    """The first measurement of bodies as they were inverted, if these are the doses that ran then; t = 0.

    Nothing is solved: with other doses drugs have their new steady state and the circulation is still the old one.
    """
    zero = xp.zeros_like(body.base_pa)
    known = {body.drugs[drug_index(name, body.drugs)]: checked_dose(name, dose) for name, dose in doses.items()}
    rate = xp.stack([
        known.get(drug, 0.0) * body.kinetics.per_dose[place] + zero for place, drug in enumerate(body.drugs)
    ])  # fmt: skip
    effect = drugs.steady(body.kinetics, rate)
    return Moment(
        t=0.0, amount=effect * body.kinetics.v, effect=effect, space=Space(zero, zero, zero, zero),
        hr=body.base_hr, loop=start(body),
        rate=rate, fluid=zero, bleeding=zero, legs_to=zero, trend=zero,
        aim=body.base_hr,
    )  # fmt: skip


def start(body: Body) -> Loop:
    """The circulation at the first measurement."""
    return Loop(q=body.base_q, pra=body.base_pra, ppv=body.base_ppv, pa=body.base_pa, ppa=body.base_ppa)


def clock(body: Body, dt: float, xp: Any = numpy) -> Clock:
    """Coefficients of steps of `dt` min; they hold for this body as long as it is not changed."""
    short = xp.minimum(dt, body.hr_tau)  # a strong reflex would swing if a long step carried it all the way
    stay = xp.exp(-short / body.hr_tau)
    return Clock(
        dt=dt, drugs=drugs.clearing(body.kinetics, dt, xp), fluids=fluids.shift(body, dt, xp),
        hr=stay, lag=(1 - stay) * body.hr_tau / short, ahead=short, frame=circulation.frame(body, xp),
    )  # fmt: skip


def advance(
    body: Body, moment: Moment, minutes: float, *, dt: float = STEP, ticks: Clock | None = None, xp: Any = numpy
) -> Moment:
    """The state `minutes` later with all rates as they are, in equal steps of at most `dt` min.

    `ticks` is a clock made before for the same body, whose step divides `minutes`; it spares making one.
    InputError for a negative time.
    """
    parts = stretches(body, moment, minutes, dt) if xp.__name__ == "numpy" else [(checked_time(minutes), dt)]
    many = len(body.base_pa) if xp.__name__ == "numpy" else 0
    block = BLOCK // body.base_pa.dtype.itemsize if many else 1
    if many >= 2 * block:  # in blocks that stay near the processor
        blocks = [slice(place, place + block) for place in range(0, many, block)]
        return joined([
            advance(selected(body, part), selected(moment, part), minutes, dt=dt,
                    ticks=None if ticks is None else selected(ticks, part))
            for part in blocks
        ])  # fmt: skip
    for part, length in parts:
        moment = run(body, moment, part, length, ticks if length == dt else None, xp)
    return moment


def stretches(body: Body, moment: Moment, minutes: float, dt: float) -> list[tuple[float, float]]:
    """(minutes, longest step) of the parts of a run: fine steps while legs move. InputError for a negative time."""
    fine = 0.0
    if legs_move(moment):
        fine = min(checked_time(minutes), LEGS_DONE * float(numpy.max(body.leg_tau)))
    parts = [(fine, dt / FINER), (checked_time(minutes) - fine, dt)]
    return [(length, step) for length, step in parts if length > 0]


def checked_time(minutes: float) -> float:
    """A time that can pass. InputError otherwise."""
    if not 0 <= minutes < math.inf:
        raise InputError("time goes forward", where="advance", seen=minutes, fix="give minutes from 0 up")
    return minutes


def run(body: Body, moment: Moment, minutes: float, dt: float, ticks: Clock | None, xp: Any) -> Moment:
    """Equal steps through `minutes`, and the circulation in balance at their end."""
    if minutes <= 0:
        return moment
    steps = max(1, math.ceil(minutes / (ticks.dt if ticks else dt) - 1e-9))
    if ticks is None or abs(ticks.dt * steps - minutes) > 1e-9 * minutes:
        ticks = clock(body, minutes / steps, xp)
    resting = xp.__name__ == "numpy" and at_rest(moment)
    if xp.__name__ == "numpy" and moment.tally is None:
        return polished(body, stride.walk(body, moment, ticks, steps, resting), xp, ticks.frame)
    for _ in range(steps):
        moment = step(body, moment, ticks, xp, resting)
    return polished(body, moment, xp, ticks.frame)


def legs_move(moment: Moment) -> bool:
    """Whether raised or lowered legs have not yet given what they will: the one sudden shift, stepped finely."""
    return bool(numpy.any(abs(moment.legs_to - moment.space.legs) > LEGS_STILL))


def at_rest(moment: Moment) -> bool:
    """Whether no volume moves: nothing infused, lost, shifted, or still to be handed back."""
    moving = (moment.fluid, moment.bleeding, moment.legs_to, *moment.space)
    return not any(numpy.any(one) for one in moving)


def step(body: Body, moment: Moment, ticks: Clock, xp: Any, resting: bool = False) -> Moment:
    """One step: drugs and volume exactly, then tone, heart rate, and one Newton step of the circulation."""
    infusion = moment.rate + body.kinetics.q0
    amount, effect = drugs.step(ticks.drugs, moment.amount, moment.effect, infusion)
    volume_rate = moment.fluid - moment.bleeding
    space = moment.space
    stressed = body.stressed0
    if not resting:
        space = fluids.step(body, ticks.fluids, space, volume_rate, moment.legs_to)
        stressed = stressed + fluids.extra(space)
    now = circulation.tone(body, ticks.frame, effect, moment.loop, xp)
    soon = moment.loop.pa + moment.trend * ticks.ahead
    aim = circulation.heart_rate(body, ticks.frame, now, soon, xp)
    # exact where the aim moves evenly through the step
    hr = aim + (moment.hr - moment.aim) * ticks.hr - (aim - moment.aim) * ticks.lag
    hr = moment.hr + (hr - moment.hr) * ticks.frame.damp
    loop = circulation.newton(body, ticks.frame, now, hr, stressed + now.volume, moment.loop, xp)
    tally = moment.tally
    if tally is not None:
        tally = Tally(
            given=tally.given + infusion * ticks.dt,
            cleared=tally.cleared + drugs.cleared(body.kinetics, ticks.dt, moment.amount, infusion, xp),
            infused=tally.infused + moment.fluid * ticks.dt, bled=tally.bled + moment.bleeding * ticks.dt,
            urine=tally.urine + fluids.lost(ticks.fluids, moment.space, volume_rate),
        )  # fmt: skip
    return moment._replace(
        t=moment.t + ticks.dt, amount=amount, effect=effect, space=space, hr=hr, loop=loop, tally=tally, aim=aim,
        trend=(loop.pa - moment.loop.pa) * (1 / ticks.dt),
    )  # fmt: skip


def polished(body: Body, moment: Moment, xp: Any = numpy, fixed: circulation.Frame | None = None) -> Moment:
    """The same instant with the circulation in balance: a few Newton steps more where one has left too much."""
    fixed = fixed or circulation.frame(body, xp)
    now = circulation.tone(body, fixed, moment.effect, moment.loop, xp)
    if xp.__name__ == "numpy":
        right, left = circulation.missing(body, fixed, now, moment.hr, moment.loop, xp)
        off = numpy.maximum(abs(right), abs(left)) * moment.hr / moment.loop.q
        if float(off.max()) <= TOLERANCE:
            return moment
    loop, stressed = moment.loop, body.stressed0 + now.volume + fluids.extra(moment.space)
    for _ in range(MORE_STEPS):
        loop = circulation.newton(body, fixed, now, moment.hr, stressed, loop, xp)
    return moment._replace(loop=loop)


def with_rate(moment: Moment, body: Body, drug: str, dose: Any) -> Moment:
    """The same instant with this dose (canonical unit, base; (n,) or a number) of one drug; others run on."""
    place = drug_index(drug, body.drugs)
    chosen = numpy.zeros((len(body.drugs), 1), dtype=moment.rate.dtype)
    chosen[place] = 1
    rate = checked_dose(drug, dose) * body.kinetics.per_dose[place]
    return moment._replace(rate=moment.rate * (1 - chosen) + chosen * rate)


def dose_of(body: Body, moment: Moment, drug: str) -> Array:
    """The dose that runs now, in the canonical unit (n,)."""
    place = drug_index(drug, body.drugs)
    return moment.rate[place] / body.kinetics.per_dose[place]


def half_life(body: Body, drug: str) -> Array:
    """Elimination half-life of a drug in each patient (min)."""
    place = drug_index(drug, body.drugs)
    return LN2 * body.kinetics.v[place] / body.kinetics.cl[place]


def pressure(body: Body, moment: Moment, xp: Any = numpy) -> Array:
    """Mean arterial pressure (mm[Hg])."""
    return moment.loop.pa


def with_fluid(moment: Moment, rate: Any) -> Moment:
    """The same instant with crystalloid running at `rate` L/min ((n,) or a number; 0 ends it)."""
    return moment._replace(fluid=checked_rate("fluid", rate) + 0 * moment.fluid)


def with_bleeding(moment: Moment, rate: Any) -> Moment:
    """The same instant with blood lost at `rate` L/min ((n,) or a number; 0 ends it)."""
    return moment._replace(bleeding=checked_rate("bleeding", rate) + 0 * moment.bleeding)


def with_legs(moment: Moment, body: Body, raised: bool) -> Moment:
    """The same instant with the legs raised, or flat again."""
    return moment._replace(legs_to=body.leg_volume * (1.0 if raised else 0.0))


def with_tally(moment: Moment) -> Moment:
    """The same instant, from which on is counted what goes in and out."""
    return moment._replace(
        tally=Tally(0 * moment.amount, 0 * moment.amount, 0 * moment.hr, 0 * moment.hr, 0 * moment.hr)
    )


def checked_dose(drug: str, dose: Any) -> Any:
    """The dose, if it is a number from zero up. InputError otherwise."""
    return checked_rate(f"dose of {drug}", dose)


def checked_rate(what: str, rate: Any) -> Any:
    """A rate that is finite and not negative. InputError otherwise; values that are still being traced pass."""
    try:
        array = numpy.asarray(rate)
        wrong = not bool(((array >= 0) & (array < math.inf)).all())
    except Exception as error:
        if "Tracer" not in type(error).__name__:
            raise
        return rate
    if wrong:
        raise InputError(f"{what} is negative, endless or no number", where=what, seen=rate,
                         why="a pump only gives", fix="give a rate from 0 up")  # fmt: skip
    return rate
