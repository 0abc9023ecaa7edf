"""icu-sepsis: a walk through a table of transitions between states of real patients; for information.

It asks for the old `gym` when it is imported, only to register old entry points there. `gymnasium` stands in for it.
"""

from __future__ import annotations

import sys
import warnings
from itertools import count

import gymnasium.envs.registration  # noqa: F401
import twin_work

for name in ("", ".envs", ".envs.registration"):
    sys.modules["gym" + name] = sys.modules["gymnasium" + name]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from icu_sepsis import ICUSepsisEnv

EVERY = 4  # hours in one of its steps
WHAT = "4 h: one draw from a table of 716 states by 25 actions; the state has mean values of patients. Not physiology"


def forms(day: twin_work.Day) -> list[twin_work.Form]:
    """One form: the day again and again; a patient who has died or left is followed by the next."""
    environment = ICUSepsisEnv()
    levels = int(environment.action_space.nvec[1])
    most = max(day.hourly)
    actions = [(0, min(levels - 1, int(levels * dose / most))) for dose in day.hourly[::EVERY]]
    seeds = count()
    last: dict[str, float] = {}
    environment.reset(seed=next(seeds))

    def run() -> float:
        for action in actions:
            if environment._terminated:
                environment.reset(seed=next(seeds))
            state, *_, seen = environment.step(action)
        last.update(state=float(state), sofa=float(seen["sofa_score"]))
        return float(EVERY * len(actions))

    return [twin_work.Form("one step every 4 h", WHAT, run, lambda: last)]


if __name__ == "__main__":
    twin_work.main("icu-sepsis", forms)
