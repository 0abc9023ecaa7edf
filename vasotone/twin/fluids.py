"""Volume: crystalloid between plasma and interstitium, bleeding, raised legs, and veins that give way."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.twin.body import Body
from vasotone.twin.drugs import Array


class Space(NamedTuple):
    """Volumes beyond the first measurement, in L: plasma, interstitium, shifted from the legs, kept by lax veins."""

    vp: Array
    vi: Array
    legs: Array
    relaxed: Array


class Shift(NamedTuple):
    """Coefficients of one exact step: the matrix over (plasma, interstitium), and what one L/min adds to each."""

    pp: Array
    pi: Array
    ip: Array
    ii: Array
    from_p: Array
    from_i: Array
    lost_p: Array
    lost_i: Array
    lost_rate: Array
    legs: Array
    relax: Array


def shift(body: Body, dt: float, xp: Any) -> Shift:
    """Coefficients of a step of `dt` min for plasma and interstitium, which exchange and lose by the kidney.

    The two rate constants of the pair are real and differ, so the exponential of the matrix has a closed form.
    """
    out, back = body.k12 + body.k10, body.k21
    half = (out + back) / 2
    root = xp.sqrt(half * half - body.k10 * back)
    fast, slow = half + root, half - root
    e_fast, e_slow = xp.exp(-fast * dt), xp.exp(-slow * dt)
    gap = fast - slow

    def spectral(on_slow: Array, on_fast: Array) -> tuple[Array, Array, Array]:
        """(exp(M dt), its integral, the integral of that) where the entry is `on_slow` e_slow + `on_fast` e_fast."""
        once = on_slow * -xp.expm1(-slow * dt) / slow + on_fast * -xp.expm1(-fast * dt) / fast
        twice = (
            on_slow * (dt + xp.expm1(-slow * dt) / slow) / slow + on_fast * (dt + xp.expm1(-fast * dt) / fast) / fast
        )
        return on_slow * e_slow + on_fast * e_fast, once, twice

    pp, plasma_1, plasma_2 = spectral((back - slow) / gap, (fast - back) / gap)
    ii, _, _ = spectral((out - slow) / gap, (fast - out) / gap)
    pi, from_tissue, _ = spectral(back / gap, -back / gap)
    ip, tissue_1, _ = spectral(body.k12 / gap, -body.k12 / gap)
    return Shift(
        pp=pp, pi=pi, ip=ip, ii=ii, from_p=plasma_1, from_i=tissue_1, lost_p=body.k10 * plasma_1,
        lost_i=body.k10 * from_tissue, lost_rate=body.k10 * plasma_2, legs=xp.exp(-dt / body.leg_tau),
        relax=xp.exp(-dt / body.relax_tau),
    )  # fmt: skip


def step(body: Body, coefficients: Shift, space: Space, rate: Array, legs_to: Array) -> Space:
    """Volumes one step later; `rate` is infusion less bleeding (L/min), `legs_to` what raised legs aim at."""
    c = coefficients
    vp = space.vp * c.pp + space.vi * c.pi + rate * c.from_p
    vi = space.vp * c.ip + space.vi * c.ii + rate * c.from_i
    legs = legs_to + (space.legs - legs_to) * c.legs
    wanted = body.relax_share * (space.vp + vp + space.legs + legs) / 2  # midway through the step
    return Space(vp=vp, vi=vi, legs=legs, relaxed=wanted + (space.relaxed - wanted) * c.relax)


def lost(coefficients: Shift, space: Space, rate: Array) -> Array:
    """Volume that leaves by the kidney during a step: an integral of its own, not a difference (L)."""
    c = coefficients
    return space.vp * c.lost_p + space.vi * c.lost_i + rate * c.lost_rate


def extra(space: Space) -> Array:
    """Stressed volume beyond the first measurement, but for what drugs recruit (L)."""
    return space.vp + space.legs - space.relaxed
