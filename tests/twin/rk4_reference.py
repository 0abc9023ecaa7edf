"""The oracle: every compartment as a state of its own, integrated by classical Runge-Kutta in steps of 0.1 s.

It shares the parameters of a body with the twin and none of its solving: pressures follow from volumes, flows from
pressures, ventricles eject what their filling and load allow, drugs and fluid are plain rates of change.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from vasotone.twin import fluids
from vasotone.twin.body import Body
from vasotone.twin.circulation import EASED, frame, tone
from vasotone.twin.solve import Moment

TENTH_SECOND = 0.1 / 60


class State(NamedTuple):
    """Stressed volumes (L): arteries, veins but for what is shifted there, right atrium, lungs; and the rest."""

    va: Any
    vv: Any
    vra: Any
    vpa: Any
    vpv: Any
    amount: Any
    effect: Any
    vp: Any
    vi: Any
    legs: Any
    relaxed: Any
    hr: Any


def begin(body: Body, moment: Moment) -> State:
    """The state of a moment that is in balance."""
    now = tone(body, frame(body, numpy), moment.effect, moment.loop, numpy)
    loop, space = moment.loop, moment.space
    pv = loop.pra + loop.q * now.rv
    return State(
        va=body.ca * loop.pa, vv=now.cv * pv - now.volume - fluids.extra(space), vra=body.cra * loop.pra,
        vpa=body.cpa * loop.ppa,
        vpv=body.cpv * loop.ppv, amount=moment.amount, effect=moment.effect, vp=space.vp, vi=space.vi,
        legs=space.legs, relaxed=space.relaxed, hr=moment.hr,
    )  # fmt: skip


def hill(body: Body, effect: Any) -> dict[str, Any]:
    """Level of each receptor, written out."""
    drive = numpy.einsum("rdn,dn->rn", body.potency, effect)
    return dict(zip(body.receptors, drive**body.gamma / (1 + drive**body.gamma), strict=True))


def vessels(body: Body, effect: Any) -> tuple[Any, ...]:
    """Arterial and venous resistance, venous compliance, recruited volume, force left and right, free heart rate."""
    g, at = body.gains, hill(body, effect)
    none = 0 * body.base_q
    alpha, dilator, v1, at1 = (at.get(name, none) for name in ("alpha", "dilator", "v1", "at1"))
    ra = body.ra0 * (1 + g.e_r * alpha) * (1 + g.e_r_v1 * v1) * (1 + g.e_r_at1 * at1) / (1 + g.e_r_dilator * dilator)
    rv = body.rv0 * (1 + g.e_rv * alpha) * (1 + g.e_rv_v1 * v1) * (1 + g.e_rv_at1 * at1)
    cv = body.cv0 * (1 - g.e_c * alpha)
    volume = body.weight_factor * (g.e_v * alpha + g.e_v_v1 * v1 + g.e_v_at1 * at1)
    left, right = body.ees0_l * (1 + g.s_beta * g.e_e * at["beta"]), body.ees0_r * (1 + g.e_e * at["beta"])
    return ra, rv, cv, volume, left, right, body.hr0 * (1 + g.e_h * at["sinus"])


def pressure_and_rates(body: Body, moment: Moment, s: State) -> tuple[Any, State]:
    """Arterial pressure now, and the rate of change of every state."""
    ra, rv, cv, volume, left, right, hr_free = vessels(body, s.effect)
    pa, pra, ppa, ppv = s.va / body.ca, s.vra / body.cra, s.vpa / body.cpa, s.vpv / body.cpv
    pv = (s.vv + volume + s.vp + s.legs - s.relaxed) / cv  # all shifts of volume arrive in the veins
    fill = [
        (numpy.log(1 + p / body.p0) + body.edpvr_linear * p / body.p0) / k
        for p, k in ((pra, body.k_r), (ppv, body.k_l))
    ]  # fmt: skip
    strained = numpy.maximum(1 + body.rv_afterload * (ppa / body.base_ppa - 1), EASED)
    tired = numpy.maximum(1 + body.weak_heart * (pa / body.base_pa - 1), EASED)
    q_r = s.hr * (fill[0] - body.kappa_r * ppa / right * strained)
    q_l = s.hr * (fill[1] - body.kappa_l * pa / left * tired)
    q_a, q_v, q_p = (pa - pv) / ra, (pv - pra) / rv, (ppa - ppv) / body.rp
    kin = body.kinetics
    conc = s.amount / kin.v
    gain = body.reflex_gain * body.reflex_span / body.base_hr
    aim = hr_free * numpy.exp(-gain * numpy.tanh((pa - body.base_pa) / body.reflex_span))
    dvp = moment.fluid - moment.bleeding - (body.k12 + body.k10) * s.vp + body.k21 * s.vi
    return pa, State(
        va=q_l - q_a, vv=q_a - q_v, vra=q_v - q_r, vpa=q_r - q_p, vpv=q_p - q_l,
        amount=moment.rate + kin.q0 - kin.cl * conc, effect=kin.ke0 * (conc - s.effect), vp=dvp,
        vi=body.k12 * s.vp - body.k21 * s.vi, legs=(moment.legs_to - s.legs) / body.leg_tau,
        relaxed=(body.relax_share * (s.vp + s.legs) - s.relaxed) / body.relax_tau, hr=(aim - s.hr) / body.hr_tau,
    )  # fmt: skip


def moved(s: State, rates: State, dt: float) -> State:
    """A state a little later at constant rates."""
    return State(*(one + dt * rate for one, rate in zip(s, rates, strict=True)))


def rk4_reference(
    body: Body, start: State, moment: Moment, minutes: float, times: list[float], dt: float = TENTH_SECOND
) -> tuple[list[Any], State]:
    """Arterial pressure at `times` (min, rising) with the rates of `moment`, and the last state."""
    s, found, steps = start, [], round(minutes / dt)
    marks = {round(time / dt): place for place, time in enumerate(times)}
    for number in range(1, steps + 1):
        _, k1 = pressure_and_rates(body, moment, s)
        _, k2 = pressure_and_rates(body, moment, moved(s, k1, dt / 2))
        _, k3 = pressure_and_rates(body, moment, moved(s, k2, dt / 2))
        _, k4 = pressure_and_rates(body, moment, moved(s, k3, dt))
        mean = State(*((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(k1, k2, k3, k4, strict=True)))
        s = moved(s, mean, dt)
        if number in marks:
            found.append(s.va / body.ca)
    return found, s
