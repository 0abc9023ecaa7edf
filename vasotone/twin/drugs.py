"""Drugs: how they are cleared, which receptors they drive, and what the receptors do to vessels and heart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy

from vasotone.errors import InputError
from vasotone.facts_physiology import Physiology

Array = Any  # of whichever array library runs

DRUGS = (
    "norepinephrine", "epinephrine", "phenylephrine", "dopamine", "dobutamine", "vasopressin", "angiotensin_ii",
)  # fmt: skip
UNITS_OF_DOSE = {
    **dict.fromkeys(DRUGS, "ug/kg/min"), "vasopressin": "U/min", "angiotensin_ii": "ng/kg/min",
}  # fmt: skip
# `beta` is the force of the heart, `sinus` its rate, `dilator` the vessels that adrenergic drugs open.
RECEPTORS = ("alpha", "beta", "sinus", "dilator", "v1", "at1")
FAMILY = {**dict.fromkeys(RECEPTORS, "alpha"), "v1": "v1", "at1": "at1"}  # whose reference agonist and sensitivity
REFERENCE = {"alpha": "norepinephrine", "v1": "vasopressin", "at1": "angiotensin_ii"}
NG_PER_UG = 1000.0
SPLIT = 1e-6  # keeps two equal rate constants apart, so that one formula serves


class Kinetics(NamedTuple):
    """One compartment and an effect site for each drug; every array is (drugs, n).

    cl  L/min    v  L    ke0  /min    q0  own production, ug/min
    per_dose  ug/min (U/min) that one unit of the dose gives this patient
    """

    cl: Array
    v: Array
    ke0: Array
    q0: Array
    per_dose: Array


class Gains(NamedTuple):
    """What a receptor at full effect does: fractions, and L of volume for 75 kg; every array is (n,).

    e_r arterial resistance, e_rv venous resistance, e_c venous compliance, e_v volume that veins give up,
    e_e force, e_h heart rate; `_v1` `_at1` `_dilator` name the receptor where it is not an adrenergic constrictor.
    s_beta  share of the inotropic effect that this left ventricle has
    """

    e_r: Array
    e_r_v1: Array
    e_r_at1: Array
    e_r_dilator: Array
    e_rv: Array
    e_rv_v1: Array
    e_rv_at1: Array
    e_c: Array
    e_v: Array
    e_v_v1: Array
    e_v_at1: Array
    e_e: Array
    e_h: Array
    s_beta: Array


class Factors(NamedTuple):
    """What all drugs together make of vessels and heart: factors of the undrugged value, and `volume` in L."""

    ra: Array
    rv: Array
    cv: Array
    volume: Array
    ees_l: Array
    ees_r: Array
    hr: Array


class Curve(NamedTuple):
    """What turns concentrations into levels of effect, reckoned once for one body.

    acting   for each receptor the drugs that drive it, by place
    gamma    steepness, (receptors, n)
    powered  potency raised to the steepness, (receptors, n), where one drug runs and one steepness holds; else None
    """

    acting: tuple[tuple[int, ...], ...]
    potency: Array
    gamma: Array
    powered: Array | None


class Clearing(NamedTuple):
    """Coefficients of one exact step of given length for amounts and effect sites; arrays (drugs, n)."""

    stay: Array
    gather: Array
    effect_stay: Array
    effect_gather: Array
    effect_from_amount: Array


def drug_index(name: str, drugs: Sequence[str] = DRUGS) -> int:
    """Place of a drug; upper and lower case alike. InputError for a drug that is not among them."""
    key = name.lower()
    if key not in drugs:
        raise InputError(
            "this drug is not part of this twin", where="drug", seen=name,
            why="a drug without kinetics and receptors would silently do nothing",
            fix=f"choose one of: {', '.join(drugs)}",
        )  # fmt: skip
    return drugs.index(key)


def active_receptors(drugs: Sequence[str], parameters: Physiology) -> tuple[str, ...]:
    """The receptors that any of these drugs acts on; the adrenergic constrictor is always among them."""
    return tuple(
        receptor for receptor in RECEPTORS
        if any(parameters.number(f"{drug}.{receptor}") > 0 for drug in (*drugs, "norepinephrine"))
    )  # fmt: skip


def kinetics(
    drugs: Sequence[str], weight: Array, saps2: Array, spread: Array, context: str, parameters: Physiology, xp: Any
) -> Kinetics:
    """Kinetics of each drug for these patients; `spread` (all drugs, n) multiplies the clearance."""
    rows: dict[str, list[Array]] = {name: [] for name in Kinetics._fields}
    one = xp.ones_like(weight)
    for drug in drugs:
        clearance = clearance_of(drug, weight, saps2, parameters, xp) * spread[DRUGS.index(drug)]
        rows["cl"].append(clearance)
        heavier = weight / parameters.number("weight_reference")
        rows["v"].append(
            parameters.number(f"{drug}.volume") * heavier ** parameters.number(f"{drug}.volume_weight") * one
        )
        rows["ke0"].append(parameters.number(f"{drug}.ke0") * one)
        rows["q0"].append(parameters.number(f"{drug}.endogenous", context, default=0.0) * one)
        rows["per_dose"].append(mass_per_dose(drug, weight))
    return Kinetics(*(xp.stack(rows[name]) for name in Kinetics._fields))


def clearance_of(drug: str, weight: Array, saps2: Array, parameters: Physiology, xp: Any = numpy) -> Array:
    """Clearance in L/min by weight in kg and severity by SAPS II; severity is held where studies end."""
    severity = parameters.get("severity")
    held = xp.clip(saps2, severity.low, severity.high) / parameters.number(f"{drug}.clearance_saps2")
    return (
        parameters.number(f"{drug}.clearance")
        * (weight / parameters.number("weight_reference")) ** parameters.number(f"{drug}.clearance_weight")
        * held ** parameters.number(f"{drug}.clearance_severity")
    )


def mass_per_dose(drug: str, weight: Array) -> Array:
    """ug/min (U/min for vasopressin) that one unit of the canonical dose gives."""
    unit = UNITS_OF_DOSE[drug]
    if unit == "U/min":
        return weight / weight
    return weight if unit == "ug/kg/min" else weight / NG_PER_UG


def potency(
    drugs: Sequence[str], receptors: Sequence[str], spread: Array, context: str, parameters: Physiology, xp: Any
) -> Array:
    """Drive of each receptor by one unit of effect-site concentration, population value (receptors, drugs, n).

    A drive of 1 is half of the full effect. It is given as a dose of the reference agonist in a reference patient.
    """
    weight = parameters.number("weight_reference")
    severity = parameters.number("severity")
    rows = []
    for receptor in receptors:
        half = parameters.number(f"half_dose_{FAMILY[receptor]}", context)
        row = []
        for drug in drugs:
            per_dose = mass_per_dose(drug, numpy.float64(weight))
            concentration = per_dose / clearance_of(drug, numpy.float64(weight), severity, parameters)
            row.append(
                float(parameters.number(f"{drug}.{receptor}") / (half * concentration)) * spread[DRUGS.index(drug)]
            )
        rows.append(xp.stack(row))
    return xp.stack(rows)


def steady(kin: Kinetics, rate: Array) -> Array:
    """Concentration of each drug after a long infusion at `rate` (drugs, n)."""
    return (rate + kin.q0) / kin.cl


def drive(potency_: Array, effect: Array) -> Array:
    """Drive of each receptor (receptors, n): agonists of one receptor add up."""
    if potency_.shape[1] == 1:
        return potency_[:, 0] * effect[0]
    return (potency_ * effect).sum(axis=1)


def hill(drive_: Array, gamma: Array, xp: Any) -> Array:
    """Effect between 0 and 1 for a drive; `gamma` is the steepness of each receptor."""
    powered = drive_**gamma
    return powered / (1 + powered)


def curve(potency_: Array, gamma: Array, xp: Any) -> Curve:
    """The curve of these patients; which drug acts where is only known where the array library can say."""
    receptors, drugs, _ = potency_.shape
    told = xp.__name__ == "numpy"
    acting = tuple(
        tuple(drug for drug in range(drugs) if not told or potency_[receptor, drug].any())
        for receptor in range(receptors)
    )
    one = told and drugs == 1 and bool((gamma == gamma[0]).all())
    return Curve(acting, potency_, gamma, potency_[:, 0] ** gamma if one else None)


def levels(curve_: Curve, effect: Array) -> list[Array]:
    """Level of each receptor's effect, 0 to 1, for concentrations (drugs, n) or (drugs, steps, n)."""
    if curve_.powered is not None:
        powered = effect[0] ** curve_.gamma[0]
        return [level_at(one * powered) for one in curve_.powered]
    found = []
    for receptor, acting in enumerate(curve_.acting):
        drive_ = 0 * effect[0]
        for number, drug in enumerate(acting):
            part = curve_.potency[receptor, drug] * effect[drug]
            drive_ = drive_ + part if number else part
        found.append(level_at(drive_ ** curve_.gamma[receptor]))
    return found


def level_at(powered: Array) -> Array:
    """Effect between 0 and 1 of a drive that was raised to its steepness."""
    return powered / (1 + powered)


def factors(gains: Gains, receptors: Sequence[str], level: Any, weight_factor: Array) -> Factors:
    """Factors on resistance, compliance, force and rate, and the volume that veins give up (L)."""
    at = {receptor: level[place] for place, receptor in enumerate(receptors)}
    alpha = at["alpha"]
    ra, rv = 1 + gains.e_r * alpha, 1 + gains.e_rv * alpha
    volume = gains.e_v * alpha
    if "dilator" in at:
        ra = ra / (1 + gains.e_r_dilator * at["dilator"])
    if "v1" in at:
        ra = ra * (1 + gains.e_r_v1 * at["v1"])
        rv = rv * (1 + gains.e_rv_v1 * at["v1"])
        volume = volume + gains.e_v_v1 * at["v1"]
    if "at1" in at:
        ra = ra * (1 + gains.e_r_at1 * at["at1"])
        rv = rv * (1 + gains.e_rv_at1 * at["at1"])
        volume = volume + gains.e_v_at1 * at["at1"]
    force = gains.e_e * at["beta"]
    return Factors(
        ra=ra, rv=rv, cv=1 - gains.e_c * alpha, volume=volume * weight_factor, ees_l=1 + gains.s_beta * force,
        ees_r=1 + force, hr=1 + gains.e_h * at["sinus"],
    )  # fmt: skip


def clearing(kin: Kinetics, dt: float, xp: Any) -> Clearing:
    """Coefficients of a step of `dt` min: exact exponentials for amount and effect site."""
    rate = kin.cl / kin.v
    ke0 = xp.where(abs(kin.ke0 - rate) < SPLIT * rate, kin.ke0 * (1 + 2 * SPLIT), kin.ke0)
    stay, effect_stay = xp.exp(-rate * dt), xp.exp(-ke0 * dt)
    mix = ke0 / (ke0 - rate) * (stay - effect_stay) / kin.v
    return Clearing(
        stay=stay, gather=(1 - stay) / rate, effect_stay=effect_stay,
        effect_gather=(1 - effect_stay) / kin.cl - mix / rate, effect_from_amount=mix,
    )  # fmt: skip


def step(coefficients: Clearing, amount: Array, effect: Array, rate: Array) -> tuple[Array, Array]:
    """Amount (ug) and effect-site concentration (ug/L) one step later; `rate` includes the own production."""
    later = effect * coefficients.effect_stay + amount * coefficients.effect_from_amount
    return amount * coefficients.stay + rate * coefficients.gather, later + rate * coefficients.effect_gather


def cleared(kin: Kinetics, dt: float, amount: Array, rate: Array, xp: Any) -> Array:
    """Amount that leaves the body during a step: the integral of clearance times concentration, exactly (ug)."""
    constant = kin.cl / kin.v
    gone = -xp.expm1(-constant * dt)
    return amount * gone + rate * (dt - gone / constant)
