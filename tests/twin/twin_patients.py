"""Invented patients for the tests of the twin: drawn from the priors of a context, one column each."""

from __future__ import annotations

from typing import Any

import numpy

from vasotone.facts_physiology import Physiology, physiology
from vasotone.twin import body
from vasotone.twin.body import Body, Observed, Traits

PARAMETERS = physiology()


def drawn(
    n: int, context: str, seed: int, doses: dict[str, float] | None = None, parameters: Physiology = PARAMETERS
) -> tuple[Observed, Traits]:
    """Observables and traits of patients that can be; running doses spread by half around the given ones."""
    rng = numpy.random.default_rng(seed)
    priors = parameters.observable(context)
    treated = "map_treated" if doses and "map_treated" in priors else "map"

    def of(name: str) -> Any:
        return body.spread_out(priors[name], rng.standard_normal(n))

    pressure, cvp = of(treated), of("cvp")
    observed = Observed(
        map=pressure, dap=pressure * of("dap_ratio"), hr=of("hr"), ci=of("ci"), cvp=cvp, lvef=of("lvef"),
        pmsf=cvp + of("pms_gap"), paop=of("paop"), pap=None, weight=of("weight"), bsa=of("bsa"), saps2=of("saps2"),
        gedvi=of("gedvi"), hb=of("hb"),
        doses={drug: dose * numpy.exp(0.5 * rng.standard_normal(n)) for drug, dose in (doses or {}).items()},
    )  # fmt: skip
    traits = body.draw_traits(n, context, rng, parameters)
    can_be = body.possible(observed, traits, context, parameters)
    return body.selected(observed, can_be), body.selected(traits, can_be)


def bodies(
    n: int, context: str, seed: int, doses: dict[str, float] | None = None, drugs: tuple[str, ...] = body.DRUGS
) -> tuple[Observed, Body]:
    """Patients and their bodies."""
    observed, traits = drawn(n, context, seed, doses)
    return observed, body.invert(observed, traits, context, PARAMETERS, drugs=drugs)


def inside(observed: Observed, parameters: Physiology = PARAMETERS) -> Any:
    """Which patients lie within the stated domain."""
    fits = numpy.ones(len(observed.map), dtype=bool)
    for name, domain in parameters.domain().items():
        if name in Observed._fields:
            values = getattr(observed, name)
            fits &= (values >= domain.low) & (values <= domain.high)
    return fits


def as_type(record: Any, kind: Any) -> Any:
    """The same record with arrays of another floating type."""
    return type(record)(*(
        {key: kind(one) for key, one in value.items()} if isinstance(value, dict)
        else value if value is None else numpy.asarray(value, dtype=kind)
        for value in record
    ))  # fmt: skip
