"""Patients: what is observed, what is drawn, and the closed form that turns both into a circulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy

from vasotone.errors import InputError
from vasotone.facts_physiology import Parameter, Physiology
from vasotone.twin import drugs as pharmacology
from vasotone.twin.domain import checked, outside
from vasotone.twin.drugs import DRUGS, FAMILY, UNITS_OF_DOSE, Array, Gains, Kinetics, drug_index

__all__ = [
    "DRUGS", "UNITS_OF_DOSE", "Body", "Observed", "Traits", "checked", "draw_traits", "drug_index", "invert",
    "joined", "outside", "possible", "selected",
]  # fmt: skip
ML_PER_L = 1000.0
PERCENT = 100.0
SMALLEST = 1e-9  # of a sum of drives, so that no drug at all divides by something

Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class Observed(NamedTuple):
    """What is measured or charted, one value per patient (n,), before the first change.

    map dap cvp paop pap pmsf  mm[Hg] (`pap` None: from the prior of pulmonary resistance)
    hr  /min    ci  L/min/m2    lvef  %    gedvi  mL/m2    hb  g/dL    weight  kg    bsa  m2    saps2  1
    doses  running infusions {drug: (n,)} in the unit of `UNITS_OF_DOSE`, norepinephrine as base
    """

    map: Array
    dap: Array
    hr: Array
    ci: Array
    cvp: Array
    lvef: Array
    pmsf: Array
    paop: Array
    pap: Array
    weight: Array
    bsa: Array
    saps2: Array
    gedvi: Array
    hb: Array
    doses: dict[str, Array]


class Traits(NamedTuple):
    """What is not observed and differs between patients, (n,); each is the parameter of this name.

    level_*  effect level that the running drugs of a family have reached, 0 to 1
    sensitivity_*  factor on the potency of a family where nothing runs that tells it
    potency, clearance  further factors for each drug, (all drugs, n)
    """

    level_alpha: Array
    level_v1: Array
    level_at1: Array
    sensitivity_alpha: Array
    sensitivity_v1: Array
    sensitivity_at1: Array
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
    reflex_gain: Array
    c_sys: Array
    c_a: Array
    r_p: Array
    rvef: Array
    edpvr_p0: Array
    edpvr_linear: Array
    f_pp: Array
    leg_volume: Array
    k_loss: Array
    potency: Array
    clearance: Array


class Body(NamedTuple):
    """One virtual patient per column: resistance in mm[Hg].min/L, compliance in L/mm[Hg], volume in L, time in min.

    Names ending in 0 hold without any drug; `base_*` is the first measurement. `drugs` and `receptors` are those that
    this body knows, `potency` (receptors, drugs, n) is the drive by one unit of concentration, `gamma` (receptors, n)
    the steepness.
    """

    drugs: tuple[str, ...]
    receptors: tuple[str, ...]
    kinetics: Kinetics
    potency: Array
    gamma: Array
    gains: Gains
    weight_factor: Array
    ra0: Array
    rv0: Array
    cv0: Array
    ca: Array
    cra: Array
    cpa: Array
    cpv: Array
    rp: Array
    ees0_l: Array
    ees0_r: Array
    k_l: Array
    k_r: Array
    v0_l: Array
    v0_r: Array
    p0: Array
    edpvr_linear: Array
    kappa_l: Array
    kappa_r: Array
    rv_afterload: Array
    weak_heart: Array
    stressed0: Array
    cpp: Array
    f_pp: Array
    stiffening: Array
    hr0: Array
    hr_tau: Array
    reflex_gain: Array
    reflex_span: Array
    leg_volume: Array
    leg_tau: Array
    relax_share: Array
    relax_tau: Array
    k12: Array
    k21: Array
    k10: Array
    gedvi_per_edv: Array
    do2_per_ci: Array
    base_q: Array
    base_pra: Array
    base_ppv: Array
    base_pa: Array
    base_ppa: Array
    base_hr: Array
    weight: Array
    bsa: Array
    saps2: Array
    lvef: Array


def draw_traits(n: int, context: str, rng: Any, parameters: Physiology) -> Traits:
    """Traits of `n` patients of a context; the same generator state gives the same patients in another fit."""
    single = Traits._fields[:-2]
    normal = rng.standard_normal((len(single) + 2 * len(DRUGS), n))
    scores = dict(zip(single, normal, strict=False))
    for (first, second), r in parameters.correlations(context).items():
        if first in scores and second in scores:
            scores[second] = r * scores[first] + (1 - r * r) ** 0.5 * scores[second]
    rows = {name: spread_out(parameters.get(name, context), scores[name]) for name in single}
    potency, clearance = normal[len(single) : len(single) + len(DRUGS)], normal[len(single) + len(DRUGS) :]
    return Traits(
        **rows,
        potency=numpy.stack([
            spread_out(parameters.get(f"{drug}.potency", context), row)
            for drug, row in zip(DRUGS, potency, strict=True)
        ]),
        clearance=numpy.stack([
            spread_out(parameters.get(f"{drug}.clearance", context)._replace(value=1.0), row)
            for drug, row in zip(DRUGS, clearance, strict=True)
        ]),
    )  # fmt: skip


def spread_out(parameter: Parameter, score: Array) -> Array:
    """Values of a parameter for normal scores, held within its bounds."""
    if parameter.shape == "fixed":
        return parameter.value + 0 * score
    if parameter.shape == "normal":
        values = parameter.value + parameter.spread * score
    else:
        values = parameter.value * numpy.exp(parameter.spread * score)
    return numpy.clip(values, parameter.low, parameter.high)


def invert(
    observed: Observed,
    traits: Traits,
    context: str,
    parameters: Physiology,
    xp: Any = numpy,
    *,
    drugs: Sequence[str] = DRUGS,
) -> Body:
    """The body whose steady state at the running doses is what was observed, in closed form.

    `drugs` are those that will ever run (fewer are faster); InputError where a running one is not among them.
    """
    kept = tuple(drug for drug in DRUGS if drug in drugs or drug in observed.doses) or DRUGS[:1]
    for name in (*observed.doses, *drugs):
        drug_index(name)
    receptors = pharmacology.active_receptors(kept, parameters)
    kinetics = pharmacology.kinetics(
        kept, observed.weight, observed.saps2, traits.clearance, context, parameters, xp
    )  # fmt: skip
    zero = xp.zeros_like(observed.map)
    gamma = xp.stack([parameters.number(f"gamma_{FAMILY[one]}", context) + zero for one in receptors])
    rate = xp.stack([observed.doses.get(drug, zero) * kinetics.per_dose[place] for place, drug in enumerate(kept)])
    potency, level = titrated(observed, traits, context, parameters, xp, kept, receptors, kinetics, rate, gamma)
    gains = gains_of(observed, traits, context, parameters, xp)
    heavier = observed.weight / parameters.number("weight_volume_reference")
    effect = pharmacology.factors(gains, receptors, level, heavier)
    return circulation_of(
        observed, traits, context, parameters, xp, effect,
        {"drugs": kept, "receptors": receptors, "kinetics": kinetics, "potency": potency, "gamma": gamma,
         "gains": gains, "weight_factor": heavier},
    )  # fmt: skip


def titrated(
    observed: Observed, traits: Traits, context: str, parameters: Physiology, xp: Any, kept: Sequence[str],
    receptors: Sequence[str], kinetics: Kinetics, rate: Array, gamma: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Potency of each drug, and the level of each receptor's effect now.

    A running dose was titrated, so it tells the sensitivity: the drawn level of effect is what this dose has reached.
    Where little or nothing runs, the drawn sensitivity of the family holds instead; in between, a mean of logarithms.
    """
    concentration = pharmacology.steady(kinetics, rate)
    plain = pharmacology.potency(kept, receptors, traits.potency, context, parameters, xp)
    drive = pharmacology.drive(plain, concentration)
    factor: dict[str, Array] = {}
    for family in dict.fromkeys(FAMILY.values()):
        factor[family] = getattr(traits, f"sensitivity_{family}")
        if family not in receptors:
            continue
        place = receptors.index(family)
        running = pharmacology.drive(plain[place : place + 1], rate / kinetics.cl)[0]
        weight = running / (running + parameters.number("titration_floor", context))
        share = getattr(traits, f"level_{family}")
        wanted = (share / (1 - share)) ** (1 / gamma[place])
        told = wanted / xp.maximum(drive[place], SMALLEST)
        factor[family] = told**weight * factor[family] ** (1 - weight)
    sensitivity = xp.stack([factor[FAMILY[receptor]] for receptor in receptors])
    level = pharmacology.hill(drive * sensitivity, gamma, xp)
    return plain * sensitivity[:, None, :], level


def gains_of(observed: Observed, traits: Traits, context: str, parameters: Physiology, xp: Any) -> Gains:
    """Gains of the drugs for these patients; a weak left ventricle answers less to inotropy."""
    better = observed.lvef / PERCENT - parameters.number("lvef_reference", context)
    s_beta = xp.exp(parameters.number("beta_by_lvef", context) * better)
    most = parameters.number("beta_most", context)
    return Gains(
        **{name: getattr(traits, name) for name in Gains._fields if name != "s_beta"},
        s_beta=most * s_beta / (most - 1 + s_beta),
    )


def circulation_of(
    observed: Observed, traits: Traits, context: str, parameters: Physiology, xp: Any,
    effect: pharmacology.Factors, drugged: dict[str, Any],
) -> Body:  # fmt: skip
    """Vessels, ventricles and volume that carry the observed flow and pressures under the present drug effect."""
    one = xp.ones_like(observed.map)

    def of(name: str) -> Array:
        return parameters.number(name, context) * one

    pa, pra, ppv = observed.map, observed.cvp, observed.paop
    q = observed.ci * observed.bsa
    stroke = q / observed.hr
    p0, linear, kappa_l, kappa_r = traits.edpvr_p0, traits.edpvr_linear, of("kappa_l"), of("kappa_r")
    rp = traits.r_p if observed.pap is None else (observed.pap - ppv) / q
    ppa = ppv + q * rp
    edv_l, edv_r = stroke * PERCENT / observed.lvef, stroke / traits.rvef
    v0_l, v0_r = of("v0_share_l") * edv_l, of("v0_share_r") * edv_r
    ca, cra, cpa, cpv, cv = traits.c_a, of("c_ra"), of("c_pa"), of("c_pv"), traits.c_sys - traits.c_a - of("c_ra")
    pv = (observed.pmsf * traits.c_sys - ca * pa - cra * pra) / cv
    held = ca * pa + cv * pv + cra * pra + cpa * ppa + cpv * ppv
    filled_l = xp.log1p(ppv / p0) + linear * ppv / p0
    filled_r = xp.log1p(pra / p0) + linear * pra / p0
    edv = edv_l + edv_r
    weak = xp.maximum(of("lvef_reference") - observed.lvef / PERCENT, 0 * one)
    return Body(
        **drugged,
        ra0=(pa - pv) / q / effect.ra, rv0=(pv - pra) / q / effect.rv, cv0=cv / effect.cv, ca=ca, cra=cra, cpa=cpa,
        cpv=cpv, rp=rp,
        ees0_l=kappa_l * pa / (edv_l - v0_l - stroke) / effect.ees_l,
        ees0_r=kappa_r * ppa / (edv_r - v0_r - stroke) / effect.ees_r,
        k_l=filled_l / (edv_l - v0_l), k_r=filled_r / (edv_r - v0_r), v0_l=v0_l, v0_r=v0_r, p0=p0,
        edpvr_linear=linear,
        kappa_l=kappa_l, kappa_r=kappa_r, rv_afterload=of("rv_afterload"), weak_heart=of("weak_heart") * weak,
        stressed0=held - effect.volume, cpp=stroke * traits.f_pp / (pa - observed.dap), f_pp=traits.f_pp,
        stiffening=of("stiffening"), hr0=observed.hr / effect.hr, hr_tau=of("hr_tau"),
        reflex_gain=traits.reflex_gain, reflex_span=of("reflex_span"), leg_volume=traits.leg_volume,
        leg_tau=of("leg_tau"), relax_share=of("relax_share"), relax_tau=of("relax_tau"), k12=of("k12"), k21=of("k21"),
        k10=traits.k_loss, gedvi_per_edv=observed.gedvi / edv,
        do2_per_ci=of("oxygen_per_haemoglobin") * observed.hb * of("oxygen_saturation") * 10,
        base_q=q, base_pra=pra, base_ppv=ppv, base_pa=pa, base_ppa=ppa, base_hr=observed.hr, weight=observed.weight,
        bsa=observed.bsa, saps2=observed.saps2, lvef=observed.lvef,
    )  # fmt: skip


def possible(observed: Observed, traits: Traits, context: str, parameters: Physiology) -> Array:
    """Whether a circulation with these values exists, (n,) of truth values; draws that have none are drawn again."""
    q = observed.ci * observed.bsa
    cra = parameters.number("c_ra", context)
    cv = traits.c_sys - traits.c_a - cra
    pv = (observed.pmsf * traits.c_sys - traits.c_a * observed.map - cra * observed.cvp) / cv
    emptied = observed.lvef / PERCENT + parameters.number("v0_share_l", context)
    emptied_r = traits.rvef + parameters.number("v0_share_r", context)
    least = parameters.number("rv_least", context)
    sound = (pv - observed.cvp > least * q) & (observed.map - pv > least * q) & (emptied < 1) & (emptied_r < 1)
    sound = sound & (observed.dap < observed.map) & (observed.cvp > 0) & (observed.paop > 0) & (observed.dap > 0)
    return sound if observed.pap is None else sound & (observed.pap > observed.paop)


def selected(record: Tuple, index: Any) -> Tuple:
    """The patients of an index or of truth values, in order, of Observed, Traits, Body or Moment (numpy)."""
    return type(record)(*(pick(value, index) for value in record))


def pick(value: Any, index: Any) -> Any:
    """One field of some patients: arrays by their last axis, records and doses inside."""
    if isinstance(value, dict):
        return {key: pick(one, index) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return selected(value, index)
    return value[..., index] if getattr(value, "ndim", 0) else value


def joined(records: Sequence[Tuple]) -> Tuple:
    """Patients of several records of one kind, one after another. InputError for bodies with different drugs."""
    first = records[0]
    return type(first)(*(join(list(values)) for values in zip(*records, strict=True)))


def join(values: list[Any]) -> Any:
    """One field of several records."""
    first = values[0]
    if isinstance(first, dict):
        return {key: join([value[key] for value in values]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return joined(values)
    if isinstance(first, tuple) and any(value != first for value in values):
        raise InputError("these bodies know different drugs", where="joined", seen=values,
                         why="their arrays have different rows", fix="invert all with the same `drugs`")  # fmt: skip
    return numpy.concatenate(values, axis=-1) if getattr(first, "ndim", 0) else first
