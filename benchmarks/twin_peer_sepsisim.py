"""sepsisim: its environment of vasopressor titration, stepped as it is meant to be, without a wrapper around it."""

from __future__ import annotations

from itertools import count

import numpy
import twin_work
from sepsisim.envs.vasopressor_titration import VasopressorTitrationEnv

PATIENTS = 20
WHAT = (
    "1 h: four equations of inflammation by solve_ivp, then algebra: MAP linear in the dose and saturating in "
    "volume, lactate, urine, a score, noise. No flow, no filling pressure, no pharmacokinetics"
)


def steps(day: twin_work.Day) -> list[twin_work.Form]:
    """One form: twenty patients, one after the other, through the day; making them ready is not timed."""
    seeds = count()
    environment = VasopressorTitrationEnv()
    environment.reset(seed=0)
    actions = [numpy.array([change], dtype=numpy.float32) for change in day.changes(environment._vaso_dose)]
    waiting: list[VasopressorTitrationEnv] = []
    last: dict[str, float] = {}

    def ready() -> None:
        for _ in range(PATIENTS):
            one = VasopressorTitrationEnv()
            one.reset(seed=next(seeds))
            waiting.append(one)

    def run() -> float:
        for one in waiting:
            for action in actions:
                seen, *_ = one.step(action)
        last.update(MAP=float(seen[0]), lactate=float(seen[1]), dose=float(one._vaso_dose))
        hours = len(waiting) * len(actions)
        waiting.clear()
        return float(hours)

    return [twin_work.Form("one step an hour", WHAT, run, lambda: last, ready)]


if __name__ == "__main__":
    twin_work.main("sepsisim", steps)
