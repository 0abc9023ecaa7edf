"""Many equal steps at once with NumPy: what `solve.step` does, step by step the same, with far less of a to-do.

Drugs and volumes move by themselves, so their course and the tone of several steps are reckoned together; what
remains for each single step, heart rate and circulation, runs with both hearts in one array (right above left) and
writes over its own scratch space. Nothing that was handed in is written to.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from vasotone.twin import circulation, drugs, fluids
from vasotone.twin.body import Body
from vasotone.twin.circulation import EASED, KEPT, Frame, Loop, Tone
from vasotone.twin.drugs import Array
from vasotone.twin.fluids import Space

TOGETHER = 16000  # numbers in one array of several steps together, for few patients
FEWEST = 4  # steps together
STILL = 1e-12  # share by which a concentration may change in a step and still count as constant
RIGHT, LEFT = 0, 1
ADRENERGIC = ("alpha", "beta", "sinus")


class Hearts(NamedTuple):
    """The constants of both hearts, right above left (2, n); see `circulation.Frame`.

    eased  1 - gain x first pressure of the optional growth of an afterload; None where it is off
    """

    fill: Array
    slope: Array
    linear: Array | None
    gain: Array | None
    eased: Array | None


class Course(NamedTuple):
    """Several steps: free heart rate (/min) and volume as the flow it could be (L/min), (steps, n); (steps, 2, n):

    resist  mm[Hg].min/L from a ventricle on to the other heart
    per     L/min of flow that each mm[Hg] of a filling pressure takes
    """

    hr_free: Array
    stressed: Array
    afterload: Array
    resist: Array
    per: Array


class Adrenergic(NamedTuple):
    """Where only adrenergic constriction acts on vessels, the course as sums of powers of its level; (n,).

    held_0, held_1, held_2  L for each L/min    resist_0, resist_1  mm[Hg].min/L    per_0, per_1  L/mm[Hg]
    volume  L    force  of the left ventricle    rate_1  /min
    """

    held_0: Array
    held_1: Array
    held_2: Array
    resist_0: Array
    resist_1: Array
    per_0: Array
    per_1: Array
    volume: Array
    force: Array
    rate_1: Array


class Pulse(NamedTuple):
    """Coefficients of the heart rate: of what it aims at now, of itself, of what it aimed at before."""

    aim: Array
    rate: Array
    before: Array
    reach: Array
    rest: Array


class Scratch(NamedTuple):
    """Space to write over: five arrays of both hearts, and three of one number for each patient."""

    a: Array
    b: Array
    c: Array
    d: Array
    e: Array
    p: Array
    q: Array
    r: Array


def hearts(fixed: Frame, body: Body) -> Hearts:
    """Both hearts in one."""
    linear = None
    if fixed.linear_r is not None and fixed.linear_l is not None:
        linear = numpy.stack([fixed.linear_r, fixed.linear_l])
    gain = eased = None
    if fixed.weak is not None or fixed.strain is not None:
        none = 0 * body.base_pa
        gain = numpy.stack([none if one is None else one for one in (fixed.strain, fixed.weak)])
        eased = 1 - gain * numpy.stack([body.base_ppa, body.base_pa])
    return Hearts(
        fill=numpy.stack([fixed.fill_r, fixed.fill_l]), slope=numpy.stack([fixed.slope_r, fixed.slope_l]),
        linear=linear, gain=gain, eased=eased,
    )  # fmt: skip


def pulse(body: Body, ticks: Any) -> Pulse:
    """Coefficients of the heart rate in one step; `reach` and `rest` turn pressure into what the reflex sees."""
    damp = ticks.frame.damp
    return Pulse(
        aim=damp * (1 - ticks.lag), rate=1 - damp + damp * ticks.hr, before=damp * (ticks.lag - ticks.hr),
        reach=ticks.ahead / ticks.dt, rest=body.base_pa * ticks.frame.span,
    )  # fmt: skip


def walk(body: Body, moment: Any, ticks: Any, steps: int, resting: bool) -> Any:
    """The moment `steps` steps of a clock later; `resting` says that no volume moves."""
    fixed, both, beat = ticks.frame, hearts(ticks.frame, body), pulse(body, ticks)
    infusion = moment.rate + body.kinetics.q0
    amount, effect, space = moment.amount, moment.effect, moment.space
    x = numpy.stack([moment.loop.pra, moment.loop.ppv])
    ahead = numpy.stack([moment.loop.ppa, moment.loop.pa])
    flow, hr, aim = moment.loop.q, moment.hr.copy(), moment.aim
    last = moment.loop.pa - moment.trend * ticks.dt
    scratch = Scratch(*(numpy.empty_like(x) for _ in range(5)), *(numpy.empty_like(flow) for _ in range(3)))
    together = max(FEWEST, TOGETHER // len(flow))
    sums, constant = adrenergic(body, fixed), False
    room = numpy.empty((3, min(together, steps), *x.shape), x.dtype)
    for first in range(0, steps, together):
        count = min(together, steps - first)
        effects, later, end = medication(ticks.drugs, amount, effect, infusion, count)
        constant = constant or (
            first == 0 and still(effect, effects[:, 0]) and still(amount, later) and still(effect, end)
        )
        extras, space = volumes(body, ticks.fluids, space, moment, 0 if resting else count)
        if first == 0 or not (constant and resting):
            felt = effects[:, :1] if constant else effects
            if sums is None:
                course = course_of(body, fixed, circulation.tone(body, fixed, felt, moment.loop, numpy), extras, room)
            else:
                course = adrenergic_course(body, fixed, sums, felt, extras, room)
        amount, effect = later, end
        for number in range(count):
            here = Course(*(one[0 if len(one) == 1 else number] for one in course))
            hr, aim = rate(fixed, beat, here.hr_free, ahead[LEFT], last, hr, aim, scratch)
            last = ahead[LEFT]
            x, flow, ahead = balanced(fixed, both, here, hr, x, scratch)
    return moment._replace(
        t=moment.t + steps * ticks.dt, amount=amount, effect=effect, space=space, hr=hr, aim=aim,
        loop=Loop(q=flow, pra=x[RIGHT], ppv=x[LEFT], pa=ahead[LEFT], ppa=ahead[RIGHT]),
        trend=(ahead[LEFT] - last) * (1 / ticks.dt),
    )  # fmt: skip


def adrenergic(body: Body, fixed: Frame) -> Adrenergic | None:
    """These sums; None where other receptors act too."""
    if set(body.receptors) - set(ADRENERGIC):
        return None
    gains, stored = body.gains, body.cv0 * body.rv0
    resist_0, resist_1 = body.ra0 + body.rv0, body.ra0 * gains.e_r + body.rv0 * gains.e_rv
    return Adrenergic(
        held_0=body.ca * resist_0 + stored + fixed.lung,
        held_1=body.ca * resist_1 + stored * (gains.e_rv - gains.e_c), held_2=-stored * gains.e_c * gains.e_rv,
        resist_0=resist_0, resist_1=resist_1, per_0=fixed.rest_pra + body.cv0, per_1=-body.cv0 * gains.e_c,
        volume=gains.e_v * body.weight_factor, force=gains.s_beta * gains.e_e, rate_1=body.hr0 * gains.e_h,
    )  # fmt: skip


def adrenergic_course(
    body: Body, fixed: Frame, sums: Adrenergic, effects: Array, extras: Array, room: Array
) -> Course:
    """The same as `course_of` the tone of these concentrations."""
    at = dict(zip(body.receptors, drugs.levels(fixed.curve, effects), strict=True))
    alpha, beta = at["alpha"], at["beta"]
    resist, per, afterload = room[:, : len(alpha)]
    resist[:, RIGHT], per[:, LEFT] = body.rp, fixed.per_ppv
    numpy.add(alpha * sums.resist_1, sums.resist_0, out=resist[:, LEFT])
    numpy.add(alpha * sums.per_1, sums.per_0, out=per[:, RIGHT])
    numpy.divide(fixed.afterload_r, 1 + body.gains.e_e * beta, out=afterload[:, RIGHT])
    numpy.divide(fixed.afterload_l, 1 + sums.force * beta, out=afterload[:, LEFT])
    held = alpha * sums.held_2
    held += sums.held_1
    held *= alpha
    held += sums.held_0
    per /= held[:, None]
    stressed = (alpha * sums.volume + extras) / held
    free = at["sinus"] * sums.rate_1
    free += body.hr0
    return Course(free, stressed, afterload, resist, per)


def still(before: Array, after: Array) -> bool:
    """Whether nothing changed that counts."""
    return bool((abs(after - before) <= STILL * abs(before)).all())


def medication(
    clearing: drugs.Clearing, amount: Array, effect: Array, infusion: Array, count: int
) -> tuple[Array, Array, Array]:
    """Concentrations at the effect site after each of `count` steps (drugs, steps, n), and the last two of them."""
    given, felt = infusion * clearing.gather, infusion * clearing.effect_gather
    found = numpy.empty((len(effect), count, effect.shape[-1]), effect.dtype)
    for number in range(count):
        effect = effect * clearing.effect_stay + amount * clearing.effect_from_amount
        effect += felt
        amount = amount * clearing.stay
        amount += given
        found[:, number] = effect
    return found, amount, effect


def volumes(body: Body, shift: fluids.Shift, space: Space, moment: Any, count: int) -> tuple[Array, Space]:
    """Stressed volume but for what drugs recruit after each of `count` steps (steps, n), and the volumes then."""
    if not count:
        return (body.stressed0 + fluids.extra(space))[None], space
    speed, found = moment.fluid - moment.bleeding, []
    for _ in range(count):
        space = fluids.step(body, shift, space, speed, moment.legs_to)
        found.append(body.stressed0 + fluids.extra(space))
    return numpy.stack(found), space


def course_of(body: Body, fixed: Frame, now: Tone, extras: Array, room: Array) -> Course:
    """What the steps of a tone ask of the circulation; `room` (3, steps, 2, n) is written over."""
    resist, per, afterload = room[:, : len(now.ra)]
    resist[:, RIGHT], per[:, LEFT] = body.rp, fixed.per_ppv
    resistance = numpy.add(now.ra, now.rv, out=resist[:, LEFT])
    numpy.add(fixed.rest_pra, now.cv, out=per[:, RIGHT])
    afterload[:, RIGHT], afterload[:, LEFT] = now.afterload_r, now.afterload_l
    per_q = body.ca * resistance
    per_q += now.cv * now.rv
    per_q += fixed.lung
    numpy.reciprocal(per_q, out=per_q)
    per *= per_q[:, None]
    stressed = extras + now.volume
    stressed *= per_q
    return Course(now.hr_free, stressed, afterload, resist, per)


def rate(
    fixed: Frame, beat: Pulse, free: Array, pa: Array, last: Array, hr: Array, before: Array, scratch: Scratch
) -> tuple[Array, Array]:
    """Heart rate at the end of a step, and at what it aims; `last` is the pressure of the step before."""
    seen = numpy.subtract(pa, last, out=scratch.p)
    seen *= beat.reach
    seen += pa
    seen *= fixed.span
    seen -= beat.rest
    numpy.tanh(seen, out=seen)
    seen *= fixed.reflex
    aim = numpy.exp(seen)
    aim *= free
    later = aim * beat.aim
    later += numpy.multiply(hr, beat.rate, out=scratch.q)
    later += numpy.multiply(before, beat.before, out=scratch.q)
    return later, aim


def balanced(
    fixed: Frame, both: Hearts, here: Course, hr: Array, x: Array, scratch: Scratch
) -> tuple[Array, Array, Array]:
    """One Newton step as in `circulation.newton`: filling pressures, flow, and pressures beyond the ventricles."""
    a, b, c, d, e, p, q, r = scratch
    wide = numpy.multiply(x, fixed.stiff, out=a)
    wide += 1
    filled = numpy.log(wide, out=b)
    filled *= both.fill
    grows = numpy.divide(both.slope, wide, out=a)
    if both.linear is not None:
        filled += numpy.multiply(both.linear, x, out=c)
        grows += both.linear
    flow = flowing(here, x, c, p)
    beat = numpy.reciprocal(hr, out=q)
    beyond = numpy.multiply(flow, here.resist, out=c)
    beyond += x[::-1]
    by = here.afterload
    if both.gain is None or both.eased is None:
        filled -= numpy.multiply(by, beyond, out=c)
    else:
        more = numpy.multiply(both.gain, beyond, out=d)
        factor = numpy.add(more, both.eased, out=e)
        numpy.maximum(factor, EASED, out=factor)
        more += factor
        factor *= beyond
        factor *= by
        filled -= factor
        by = numpy.multiply(more, by, out=d)
    filled -= numpy.multiply(flow, beat, out=p)  # what each ventricle would pump beyond the flow
    along = numpy.multiply(by, here.resist, out=c)
    along += beat
    grows += numpy.multiply(along, here.per, out=e)
    along *= here.per[::-1]
    along -= by
    determinant = numpy.multiply(grows[RIGHT], grows[LEFT], out=p)
    determinant -= numpy.multiply(along[RIGHT], along[LEFT], out=q)
    change = numpy.multiply(grows[::-1], filled, out=e)
    along *= filled[::-1]
    change -= along
    change /= determinant
    later = x - change
    numpy.maximum(later, numpy.multiply(x, KEPT, out=a), out=later)
    flow = numpy.maximum(flowing(here, later, c, p), fixed.least)
    ahead = flow * here.resist
    ahead += later[::-1]
    return later, flow, ahead


def flowing(here: Course, x: Array, both: Array, out: Array) -> Array:
    """Flow that the volume leaves at these filling pressures; `both` and `out` are written over."""
    numpy.multiply(here.per, x, out=both)
    numpy.subtract(here.stressed, both[RIGHT], out=out)
    out -= both[LEFT]
    return out
