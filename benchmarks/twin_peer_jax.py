"""The twin on JAX: the whole day of a cohort as one compiled call, and how far it is from NumPy.

Runs in an environment of its own, which has JAX. Compiling is not timed, and said beside the figures.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import jax
import numpy
import twin_own
import twin_work

from vasotone.twin import compiled

COMPARED = twin_own.Size("compared", 1000, "float64")
SIZES = ("1", "1,000, single precision", "20,480, single precision")


def a_day(bodies: Any, moment: Any, day: twin_work.Day) -> dict[str, Any]:
    """What is measured at the end of each hour of the day, {variable: (hours, patients)}."""
    return jax.block_until_ready(compiled.through(bodies, moment, day.drug, day.hourly, twin_work.MINUTE))  # type: ignore[no-any-return]


def precise(record: Any, precision: str) -> Any:
    """The same record, and what lies in it, with its arrays in this precision."""
    return jax.tree.map(lambda one: one.astype(precision) if getattr(one, "ndim", 0) else one, record)


def form(size: twin_own.Size, day: twin_work.Day) -> twin_work.Form:
    """One size to be timed: each run is the whole day of the whole cohort."""
    bodies, moment = (precise(one, "float32") for one in twin_own.cohort(size, day))
    begun = perf_counter()
    a_day(bodies, moment, day)
    last = {"compiled_s": perf_counter() - begun}

    def run() -> float:
        seen = a_day(bodies, moment, day)
        last.update({name: float(jax.numpy.median(seen[name][-1])) for name in ("MAP", "CO")})
        return float(len(day.hourly) * size.patients)

    return twin_work.Form(size.name, twin_own.WHAT, run, lambda: last)


def apart(day: twin_work.Day, precision: str) -> dict[str, float]:
    """The greatest difference to NumPy in double precision over all patients and hours, for each variable."""
    bodies, moment = twin_own.cohort(COMPARED, day)
    seen = a_day(precise(bodies, precision), precise(moment, precision), day)
    worst: dict[str, float] = {}
    for place, expected in enumerate(twin_own.hours(bodies, moment, day)):
        for name in ("MAP", "CO", "CVP", "HR"):
            off = float(numpy.max(numpy.abs(numpy.asarray(seen[name][place]) - expected[name])))
            worst[name] = max(worst.get(name, 0.0), off)
    return worst


def forms(day: twin_work.Day) -> list[twin_work.Form]:
    """All sizes; the first one also says how far both are apart."""
    jax.config.update("jax_enable_x64", True)
    made = [form(one, day) for one in twin_own.sizes() if one.name in SIZES]
    made[0].shown().update({f"{name}_apart": value for name, value in apart(day, "float32").items()})
    return made


if __name__ == "__main__":
    twin_work.main("jax", forms)
