"""ModularCirc: beats of its closed loop of fourteen components, as published with it.

It knows no drug, so no dose is changed; two beats from its own start stand for the day, which would take it most of
one.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import twin_work

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ModularCirc.Models.KorakianitisMixedModel import KorakianitisMixedModel
    from ModularCirc.Models.KorakianitisMixedModel_parameters import (
        TIME_SETUP_DICT,
        KorakianitisMixedModel_parameters,
    )
    from ModularCirc.Models.NaghaviModel import NaghaviModel
    from ModularCirc.Models.NaghaviModelParameters import TEMPLATE_TIME_SETUP_DICT, NaghaviModelParameters
    from ModularCirc.Solver import Solver

BEATS = 2
ML = 1000.0
WHAT = (
    "one beat of a pulsatile closed loop, kept every ms: pressures, flows and volumes. No drug, no reflex, no fluid"
)


class Kind(NamedTuple):
    """One of its models: how it is built, how it counts time, and where it keeps what both show."""

    name: str
    model: Any
    parameters: Any
    setup: dict[str, Any]
    per_second: float
    pressure: str
    flow: str
    means: dict[str, str]


LARGE = Kind(
    "Korakianitis", KorakianitisMixedModel, KorakianitisMixedModel_parameters, TIME_SETUP_DICT, 1.0,
    "p_sas", "q_sat", {"CVP": "p_ra", "PAP": "p_pas"},
)  # fmt: skip
SMALL = Kind(
    "Naghavi", NaghaviModel, NaghaviModelParameters, TEMPLATE_TIME_SETUP_DICT, 1000.0, "p_ao", "q_art", {},
)  # fmt: skip


def beating(kind: Kind, method: str, note: str = "") -> twin_work.Form:
    """A form that runs two beats from the model's own start; building the model is not timed."""
    setup = {**kind.setup, "ncycles": BEATS}
    beat = setup["tcycle"] / kind.per_second
    held: list[Any] = []
    last: dict[str, float] = {}

    def ready() -> None:
        built = kind.model(time_setup_dict=dict(setup), parobj=kind.parameters(), suppress_printing=True)
        solver = Solver(model=built)
        solver.setup(suppress_output=True, method=method, step_tol=0.0)
        held[:] = [solver]

    def run() -> float:
        solver = held[0]
        solver.solve()
        curves = {name: held.u.tail(solver._to.n_c) for name, held in solver.vd.items()}
        pressure = curves[kind.pressure]
        last.update(MAP=float(pressure.mean()), SAP=float(pressure.max()), DAP=float(pressure.min()))
        last.update({name: float(curves[key].mean()) for name, key in kind.means.items()})
        last["CO"] = float(curves[kind.flow].mean()) * kind.per_second * twin_work.MINUTE / ML
        return BEATS * beat / twin_work.HOUR

    return twin_work.Form(f"{kind.name}, {method}{note}", f"{beat:g} s: {WHAT}", run, lambda: last, ready)


def forms(day: twin_work.Day) -> list[twin_work.Form]:
    """The larger model with its default solver and with the one that its batches take; the smaller model."""
    return [beating(LARGE, "BDF", " (its default)"), beating(LARGE, "LSODA"), beating(SMALL, "LSODA")]


if __name__ == "__main__":
    twin_work.main("ModularCirc", forms)
