"""Where the model may be used: nonsense is refused, and what lies outside the domain is named."""

from __future__ import annotations

from typing import Any

import numpy

from vasotone.errors import InputError
from vasotone.facts_physiology import Parameter, Physiology
from vasotone.twin.drugs import drug_index


def checked(observed: Any, parameters: Physiology) -> Any:
    """The same `Observed`, if every value can be. InputError names the first that cannot."""
    for name, limit in parameters.limits().items():
        values = getattr(observed, name, None)
        if values is not None:
            refuse(name, values, limit)
    for drug, doses in observed.doses.items():
        drug_index(drug)
        refuse(f"dose of {drug}", doses, parameters.limits()["dose"])
    wrong = numpy.asarray(observed.dap) >= numpy.asarray(observed.map)
    if wrong.any():
        place = int(numpy.argmax(wrong))
        raise InputError("the diastolic pressure is not below the mean", where=f"patient {place + 1}",
                         seen=f"{observed.dap[place]:g} and {observed.map[place]:g} mm[Hg]",
                         why="one of the two is wrong", fix="check both readings")  # fmt: skip
    return observed


def refuse(name: str, values: Any, limit: Parameter) -> None:
    """InputError where a value is no number or lies outside what can be."""
    array = numpy.atleast_1d(numpy.asarray(values, dtype=float))
    wrong = ~((array >= limit.low) & (array <= limit.high))
    if wrong.any():
        place = int(numpy.argmax(wrong))
        raise InputError(f"{name} cannot be", where=f"patient {place + 1}", seen=f"{array[place]:g} {limit.unit}",
                         why=f"a circulation has {limit.low:g} to {limit.high:g} {limit.unit}",
                         fix="check the value and its unit")  # fmt: skip


def outside(observed: Any, parameters: Physiology) -> list[str]:
    """One warning for each quantity that lies outside the stated domain in some patients; none is refused for it."""
    warnings = []
    for name, domain in parameters.domain().items():
        values = observed.doses.get(name) if name in observed.doses else getattr(observed, name, None)
        if values is None:
            continue
        array = numpy.atleast_1d(numpy.asarray(values, dtype=float))
        beyond = (array < domain.low) | (array > domain.high)
        if beyond.any():
            warnings.append(
                f"{domain.multiplies}: {int(beyond.sum())} of {array.size} outside {domain.low:g} to "
                f"{domain.high:g} {domain.unit}, where the model was not tried"
            )
    return warnings


def beyond(pressure: Any, parameters: Physiology) -> list[str]:
    """A warning where simulated mean pressures (mm[Hg], any shape) leave the range in which the model was tried."""
    domain = parameters.domain()["map_reached"]
    array = numpy.atleast_1d(numpy.asarray(pressure, dtype=float))
    far = ~((array >= domain.low) & (array <= domain.high))
    if not far.any():
        return []
    return [
        f"{domain.multiplies}: {int(far.sum())} of {array.size} values outside {domain.low:g} to {domain.high:g} "
        f"{domain.unit}, where the model was not tried"
    ]
