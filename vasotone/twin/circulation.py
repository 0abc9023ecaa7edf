"""The closed loop: five compartments and two ventricles, balanced beat by beat for given tone and volume."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.twin import drugs
from vasotone.twin.body import Body
from vasotone.twin.drugs import Array

LEAST = 0.02  # of the first flow: the circulation has stopped, and volume is no longer what decides
KEPT = 0.3  # of a filling pressure that one Newton step must leave: pressures stay above zero
EASED = 0.25  # the least that an optional term leaves of an afterload


class Tone(NamedTuple):
    """Vessels and ventricles at an instant: mm[Hg].min/L, L/mm[Hg], L; `hr_free` is the heart rate without reflex."""

    ra: Array
    rv: Array
    cv: Array
    afterload_l: Array
    afterload_r: Array
    volume: Array
    hr_free: Array


class Loop(NamedTuple):
    """Flow (L/min), filling pressures of right and left heart, arterial and pulmonary arterial pressure (mm[Hg])."""

    q: Array
    pra: Array
    ppv: Array
    pa: Array
    ppa: Array


class Frame(NamedTuple):
    """What does not change while a body runs, reckoned once; the optional terms are None where they are off.

    `damp` shortens steps of the heart rate where the reflex is so strong that a whole step would overshoot: pressure
    follows heart rate at most in proportion, so up to a loop gain of two it is 1.
    """

    afterload_l: Array
    afterload_r: Array
    stiff: Array
    fill_l: Array
    fill_r: Array
    slope_l: Array
    slope_r: Array
    linear_l: Array | None
    linear_r: Array | None
    weak: Array | None
    strain: Array | None
    per_ppv: Array
    rest_pra: Array
    lung: Array
    reflex: Array
    span: Array
    damp: Array
    least: Array
    curve: drugs.Curve


def frame(body: Body, xp: Any) -> Frame:
    """The constants of these patients' circulation."""
    stiff = 1 / body.p0
    straight = switched_on(body.edpvr_linear, xp)
    fill_l, fill_r = 1 / body.k_l, 1 / body.k_r
    return Frame(
        afterload_l=body.kappa_l / body.ees0_l, afterload_r=body.kappa_r / body.ees0_r, stiff=stiff, fill_l=fill_l,
        fill_r=fill_r, slope_l=fill_l * stiff, slope_r=fill_r * stiff,
        linear_l=fill_l * body.edpvr_linear * stiff if straight else None,
        linear_r=fill_r * body.edpvr_linear * stiff if straight else None,
        weak=body.weak_heart / body.base_pa if switched_on(body.weak_heart, xp) else None,
        strain=body.rv_afterload / body.base_ppa if switched_on(body.rv_afterload, xp) else None,
        per_ppv=body.cpa + body.cpv, rest_pra=body.ca + body.cra, lung=body.cpa * body.rp,
        reflex=-body.reflex_gain * body.reflex_span / body.base_hr, span=1 / body.reflex_span,
        damp=1 / (1 + xp.maximum(body.reflex_gain * body.base_pa / body.base_hr - 2, 0) / 2),
        least=LEAST * body.base_q, curve=drugs.curve(body.potency, body.gamma, xp),
    )  # fmt: skip


def switched_on(gain: Array, xp: Any) -> bool:
    """Whether an optional term has any gain; always True where the array library cannot say while it traces."""
    return xp.__name__ != "numpy" or bool(gain.any())


def tone(body: Body, fixed: Frame, effect: Array, loop: Loop, xp: Any) -> Tone:
    """Tone under effect-site concentrations, (drugs, n) or of several steps together (drugs, steps, n)."""
    level = drugs.levels(fixed.curve, effect)
    factor = drugs.factors(body.gains, body.receptors, level, body.weight_factor)
    return Tone(
        ra=body.ra0 * factor.ra, rv=body.rv0 * factor.rv, cv=body.cv0 * factor.cv,
        afterload_l=fixed.afterload_l / factor.ees_l, afterload_r=fixed.afterload_r / factor.ees_r,
        volume=factor.volume, hr_free=body.hr0 * factor.hr,
    )  # fmt: skip


def heart_rate(body: Body, fixed: Frame, now: Tone, pa: Array, xp: Any) -> Array:
    """Heart rate (/min) at which the reflex comes to rest; at the first pressure its slope is `reflex_gain`."""
    return now.hr_free * xp.exp(fixed.reflex * xp.tanh((pa - body.base_pa) * fixed.span))


def filling(fixed: Frame, loop: Loop, xp: Any) -> tuple[Array, Array, Array, Array]:
    """Volume above the unstressed one of the right and left ventricle (L), and how it grows with pressure."""
    wide_r, wide_l = 1 + loop.pra * fixed.stiff, 1 + loop.ppv * fixed.stiff
    filled_r, filled_l = fixed.fill_r * xp.log(wide_r), fixed.fill_l * xp.log(wide_l)
    grows_r, grows_l = fixed.slope_r / wide_r, fixed.slope_l / wide_l
    if fixed.linear_r is not None and fixed.linear_l is not None:
        filled_r, filled_l = filled_r + fixed.linear_r * loop.pra, filled_l + fixed.linear_l * loop.ppv
        grows_r, grows_l = grows_r + fixed.linear_r, grows_l + fixed.linear_l
    return filled_r, filled_l, grows_r, grows_l


def newton(body: Body, fixed: Frame, now: Tone, hr: Array, stressed: Array, loop: Loop, xp: Any) -> Loop:
    """One Newton step for the balance of both ventricles, in units of stroke volume; `stressed` in L is kept exactly
    as long as there is flow.

    Flow is eliminated through the volume, which is linear in flow and both filling pressures.
    """
    r = now.ra + now.rv
    beat = 1 / hr
    per_q = 1 / (body.ca * r + now.cv * now.rv + fixed.lung)
    per_pra, per_ppv = fixed.rest_pra + now.cv, fixed.per_ppv
    filled_r, filled_l, grows_r, grows_l = filling(fixed, loop, xp)
    # what each ventricle would pump beyond the flow, and its derivatives, where flow follows from the volume
    q = (stressed - per_pra * loop.pra - per_ppv * loop.ppv) * per_q
    stroke = q * beat
    left, by_left = left_over(now.afterload_l, loop.pra + q * r, fixed.weak, body.base_pa, xp)
    right, by_right = left_over(now.afterload_r, loop.ppv + q * body.rp, fixed.strain, body.base_ppa, xp)
    miss_r, miss_l = filled_r - right - stroke, filled_l - left - stroke
    right_q, left_q = (by_right * body.rp + beat) * per_q, (by_left * r + beat) * per_q
    a11, a12 = grows_r + right_q * per_pra, right_q * per_ppv - by_right
    a21, a22 = left_q * per_pra - by_left, grows_l + left_q * per_ppv
    inverse = 1 / (a11 * a22 - a12 * a21)
    pra = xp.maximum(loop.pra - (a22 * miss_r - a12 * miss_l) * inverse, KEPT * loop.pra)
    ppv = xp.maximum(loop.ppv - (a11 * miss_l - a21 * miss_r) * inverse, KEPT * loop.ppv)
    q = xp.maximum((stressed - per_pra * pra - per_ppv * ppv) * per_q, fixed.least)
    return Loop(q=q, pra=pra, ppv=ppv, pa=pra + q * r, ppa=ppv + q * body.rp)


def left_over(afterload: Array, pressure: Array, gain: Array | None, first: Array, xp: Any) -> tuple[Array, Array]:
    """Volume that a beat leaves behind above the unstressed one (L), and how it grows with the pressure beyond.

    `gain` (/mm[Hg]; None is off) lets the afterload itself grow with the pressure above that of the first one.
    """
    if gain is None:
        return afterload * pressure, afterload
    factor = xp.maximum(1 + gain * (pressure - first), EASED)
    return afterload * pressure * factor, afterload * (factor + gain * pressure)


def missing(body: Body, fixed: Frame, now: Tone, hr: Array, loop: Loop, xp: Any) -> tuple[Array, Array]:
    """Stroke volume that each ventricle would give beyond the flow, right and left (L); zero in balance."""
    filled_r, filled_l, _, _ = filling(fixed, loop, xp)
    left, _ = left_over(now.afterload_l, loop.pa, fixed.weak, body.base_pa, xp)
    right, _ = left_over(now.afterload_r, loop.ppa, fixed.strain, body.base_ppa, xp)
    stroke = loop.q / hr
    return filled_r - right - stroke, filled_l - left - stroke


def held(body: Body, now: Tone, loop: Loop) -> Array:
    """Stressed volume that the compartments hold at these pressures (L)."""
    pv = loop.pra + loop.q * now.rv
    return (
        body.ca * loop.pa + now.cv * pv + body.cra * loop.pra + body.cpa * loop.ppa + body.cpv * loop.ppv
    )  # fmt: skip


def filling_pressure(body: Body, now: Tone, loop: Loop) -> Array:
    """Mean systemic filling pressure (mm[Hg]): what the systemic vessels would show without flow."""
    pv = loop.pra + loop.q * now.rv
    return (body.ca * loop.pa + now.cv * pv + body.cra * loop.pra) / (body.ca + now.cv + body.cra)
