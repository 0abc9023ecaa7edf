"""What a monitor, a catheter and an echo would show of a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from vasotone.twin import circulation
from vasotone.twin.body import Body
from vasotone.twin.drugs import UNITS_OF_DOSE, Array
from vasotone.twin.solve import STEP, Moment, advance, dose_of

ML = 1000.0
WOOD_TO_DYN = 80.0
STROKE_WORK = 0.0136  # g.m per mL.mm[Hg]

UNITS = {
    **dict.fromkeys(("MAP", "DAP", "SAP", "CVP", "PAP", "PAOP", "Pms", "Pms_minus_CVP"), "mm[Hg]"),
    "HR": "/min", "CO": "L/min", "CI": "L/min/m2", "SV": "mL", "SVI": "mL/m2", "GEDVI": "mL/m2", "CFI": "/min",
    "SVR": "mm[Hg].min/L", "SVRI": "dyn.s.cm-5.m2", "RVR": "mm[Hg].min/L", "LVEF": "%", "LVSWI": "g.m/m2",
    "EA": "mm[Hg]/mL", "EES": "mm[Hg]/mL", "EA_EES": "1", "DO2I": "mL/min/m2", "DSI": "/min/mm[Hg]",
    **{f"dose.{drug}": unit for drug, unit in UNITS_OF_DOSE.items()},
    **{f"conc.{drug}": "U/L" if unit == "U/min" else "ug/L" for drug, unit in UNITS_OF_DOSE.items()},
}  # fmt: skip


def measured(body: Body, moment: Moment, xp: Any = numpy) -> dict[str, Array]:
    """Every variable that this model has, {name: (n,)} in `UNITS`; drugs that the body does not know are absent.

    SVRI and SVR are (MAP - CVP) over flow; GEDVI is scaled to the first measurement; DSI is heart rate over diastolic
    pressure; DO2I keeps haemoglobin and saturation as they were. SVV, SvO2, ScvO2 and regional flow are absent.
    """
    fixed = circulation.frame(body, xp)
    now = circulation.tone(body, fixed, moment.effect, moment.loop, xp)
    loop, hr = moment.loop, moment.hr
    stroke = loop.q / hr
    filled_r, filled_l, _, _ = circulation.filling(fixed, loop, xp)
    pulse = stroke / body.cpp * (loop.pa / body.base_pa) ** body.stiffening
    diastolic = loop.pa - body.f_pp * pulse
    index = loop.q / body.bsa
    gedvi = body.gedvi_per_edv * (body.v0_l + filled_l + body.v0_r + filled_r)
    pms = circulation.filling_pressure(body, now, loop)
    arterial, ventricular = body.kappa_l * loop.pa / stroke / ML, body.kappa_l / now.afterload_l / ML
    shown = {
        "MAP": loop.pa, "DAP": diastolic, "SAP": diastolic + pulse, "CVP": loop.pra, "PAP": loop.ppa,
        "PAOP": loop.ppv, "HR": hr, "CO": loop.q, "CI": index, "SV": stroke * ML, "SVI": stroke * ML / body.bsa,
        "GEDVI": gedvi, "CFI": index * ML / gedvi, "Pms": pms, "Pms_minus_CVP": pms - loop.pra,
        "SVR": (loop.pa - loop.pra) / loop.q,
        "SVRI": WOOD_TO_DYN * (loop.pa - loop.pra) / index, "RVR": (pms - loop.pra) / loop.q,
        "LVEF": 100 * stroke / (body.v0_l + filled_l),
        "LVSWI": STROKE_WORK * stroke * ML / body.bsa * (loop.pa - loop.ppv), "EA": arterial, "EES": ventricular,
        "EA_EES": arterial / ventricular, "DO2I": body.do2_per_ci * index, "DSI": hr / diastolic,
    }  # fmt: skip
    for place, drug in enumerate(body.drugs):
        shown[f"dose.{drug}"] = dose_of(body, moment, drug)
        shown[f"conc.{drug}"] = moment.amount[place] / body.kinetics.v[place]
    return shown


def trace(
    body: Body, moment: Moment, times: Sequence[float], *, dt: float = STEP, xp: Any = numpy
) -> tuple[dict[str, Array], Moment]:
    """What is measured at each of `times` (min after `moment`, rising), {variable: (times, n)}, and the last."""
    rows: list[dict[str, Array]] = []
    begun = moment.t
    for time in times:
        moment = advance(body, moment, begun + time - moment.t, dt=dt, xp=xp)
        rows.append(measured(body, moment, xp))
    return {name: xp.stack([row[name] for row in rows]) for name in rows[0]}, moment
