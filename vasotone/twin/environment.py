"""Titration as a task for learning agents: a Gymnasium environment over one virtual patient in septic shock.

Every quarter of an hour the agent moves norepinephrine and vasopressin by steps and may give a bolus. It sees what a
monitor shows, with the error of charted values; tone and volume drift by themselves. The reward weighs pressure, flow
and harm by assumptions that stand in the parameters: a good score says nothing of what is good for a patient.
"""

from __future__ import annotations

import math
from typing import Any

from vasotone.errors import InputError, MissingExtra
from vasotone.facts_physiology import Physiology, physiology
from vasotone.twin import cohort, numpy, observe, solve
from vasotone.twin.body import Body, invert, selected
from vasotone.twin.study_record import Cohort, Study

try:
    import gymnasium
except ImportError as error:  # pragma: no cover - the message is the point
    raise MissingExtra("the titration environment", "gym") from error

CONTEXT = "septic"
DRUGS = ("norepinephrine", "vasopressin")
MOVES_NE, MOVES_AVP, BOLUSES = 5, 3, 2  # -2..2 steps, -1..1 steps, none or one
SEEN = ("MAP", "DAP", "HR", "CVP")
NOISE = {"MAP": "observation_map", "DAP": "observation_dap", "HR": "observation_hr", "CVP": "observation_cvp"}
CANDIDATES = 16
LOOKS = 3  # measurements that the reward of one step is the mean of
ML, TEN = 1000.0, 10.0
HIGHEST = 1e4  # of anything that is observed


class Titration(gymnasium.Env[Any, Any]):
    """One patient of the septic prior, from before the first vasopressor, for some hours.

    action       (moves of norepinephrine 0-4, 2 keeps; moves of vasopressin 0-2, 1 keeps; bolus 0 or 1)
    observation  MAP, DAP, HR, CVP as charted (mm[Hg], /min), cardiac index (L/min/m2; 0 unless `flow`), doses of both
                 drugs (ug/kg/min, U/min), fluid so far (L), hours so far
    reward       minus the weighted shortfall of pressure and flow, pressure beyond need, drug, fluid and congestion;
                 `info["costs"]` holds each part
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(self, *, flow: bool = False, parameters: Physiology | None = None) -> None:
        self.parameters = parameters or physiology()
        self.flow = flow
        number = self.parameters.number
        self.minutes = number("titration_step")
        self.steps = round(number("titration_hours") * 60 / self.minutes)
        self.dose_step = {"norepinephrine": number("titration_ne_step"), "vasopressin": number("titration_avp_step")}
        self.dose_most = {drug: number(f"{drug}.titration_max") for drug in DRUGS}
        self.bolus = number("titration_bolus")  # mL
        names = ("pressure", "excess", "flow", "norepinephrine", "vasopressin", "fluid", "congestion")
        self.weights = {name: number(f"titration_cost_{name}") for name in names}
        self.action_space = gymnasium.spaces.MultiDiscrete([MOVES_NE, MOVES_AVP, BOLUSES])
        count = len(SEEN) + 1 + len(DRUGS) + 2
        self.observation_space = gymnasium.spaces.Box(0.0, HIGHEST, (count,), numpy.float32)
        self.plan = cohort.plan(_anyone(), self.parameters)
        self._body: Body | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """A new patient; the same seed gives the same patient and the same course. `options` are not used."""
        super().reset(seed=seed)
        drawn = cohort.draw(
            self.plan, cohort.still(self.plan), CANDIDATES, (int(self.np_random.integers(2**31)),), self.parameters
        )
        fit = numpy.flatnonzero(cohort.sound(self.plan, drawn, self.parameters))
        if not len(fit):
            raise InputError(
                "no patient of this draw has a circulation", where="reset", seen=seed, fix="take another"
            )
        chosen = numpy.array([int(self.np_random.choice(fit))])
        observed, traits = selected(drawn.observed, chosen), selected(drawn.traits, chosen)
        self._body = invert(observed, traits, CONTEXT, self.parameters, drugs=DRUGS)
        self._moment = solve.settled(self._body, {})
        self._done, self._given, self._gone = 0, 0.0, False
        return self._chart(), {"costs": {}}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One quarter of an hour under this action. InputError before the first reset and after the end."""
        if self._body is None or self._gone or self._done >= self.steps:
            raise InputError("this episode is over or has not begun", where="step", fix="call reset first")
        if not self.action_space.contains(numpy.asarray(action, dtype=numpy.int64)):
            raise InputError("no such action", where="step", seen=action,
                             fix=f"give three whole numbers below {MOVES_NE}, {MOVES_AVP} and {BOLUSES}")  # fmt: skip
        moves = {"norepinephrine": int(action[0]) - MOVES_NE // 2, "vasopressin": int(action[1]) - MOVES_AVP // 2}
        body, moment = self._drifted(self._body), self._moment
        for drug, by in moves.items():
            dose = self._dose(drug) + by * self.dose_step[drug]
            moment = solve.with_rate(moment, body, drug, float(min(max(dose, 0.0), self.dose_most[drug])))
        litres = self.bolus / ML * int(action[2])
        moment = solve.with_fluid(moment, litres / self.minutes)
        looks = []
        for _ in range(LOOKS):
            moment = solve.advance(body, moment, self.minutes / LOOKS)
            looks.append(observe.measured(body, moment))
        self._body, self._moment = body, solve.with_fluid(moment, 0.0)
        self._done, self._given = self._done + 1, self._given + litres
        costs = self._costs(looks, litres)
        lowest = self.parameters.get("titration_collapse").value
        self._gone = bool(min(float(look["MAP"][0]) for look in looks) < lowest)
        if self._gone:
            costs["collapse"] = self.parameters.number("titration_cost_collapse") * (self.steps - self._done + 1)
        return self._chart(), -sum(costs.values()), self._gone, self._done >= self.steps, {"costs": costs}

    def _dose(self, drug: str) -> float:
        assert self._body is not None
        return float(solve.dose_of(self._body, self._moment, drug)[0])

    def _drifted(self, body: Body) -> Body:
        """The patient a step later: resistance, volume and heart rate wander as in a fit."""
        root = math.sqrt(self.minutes / 60)
        by = {
            field: math.exp(self.parameters.number(name, CONTEXT) * root * float(self.np_random.standard_normal()))
            for field, name in (("ra0", "wander_resistance"), ("stressed0", "wander_volume"), ("hr0", "wander_rate"))
        }
        return body._replace(**{field: getattr(body, field) * factor for field, factor in by.items()})

    def _costs(self, looks: list[dict[str, Any]], litres: float) -> dict[str, float]:
        number = self.parameters.number
        target, above = number("titration_target"), number("titration_excess")

        def mean(name: str, of: Any) -> float:
            return float(numpy.mean([max(0.0, of(float(look[name][0]))) for look in looks]))

        parts = {
            "pressure": mean("MAP", lambda seen: target - seen) / TEN,
            "excess": mean("MAP", lambda seen: seen - target - above) / TEN,
            "flow": mean("CI", lambda seen: number("titration_flow") - seen),
            "norepinephrine": self._dose("norepinephrine"), "vasopressin": self._dose("vasopressin"), "fluid": litres,
            "congestion": mean("CVP", lambda seen: seen - number("titration_congestion")),
        }  # fmt: skip
        return {name: self.weights[name] * amount for name, amount in parts.items()}

    def _chart(self) -> Any:
        """What is charted now, with the error of charted values."""
        assert self._body is not None
        shown = observe.measured(self._body, self._moment)
        seen = [
            float(shown[name][0]) + self.parameters.number(NOISE[name]) * float(self.np_random.standard_normal())
            for name in SEEN
        ]
        flow = self.parameters.number("observation_ci") * float(self.np_random.standard_normal()) + float(
            shown["CI"][0]
        )
        row = [
            *seen,
            flow if self.flow else 0.0,
            *map(self._dose, DRUGS),
            self._given,
            self._done * self.minutes / 60,
        ]
        return numpy.clip(numpy.array(row, dtype=numpy.float32), 0.0, HIGHEST)


def _anyone() -> Study:
    """A cohort of which nothing is known but the context."""
    return Study(
        id="titration", study="titration", slot="", citation="", title="", population="", notes="", n_published=None,
        read="", cohort=Cohort(n=1, seed=0, context=CONTEXT, baseline={}, on={}, include=()), steps=(), drives=(),
        scores=(),
    )  # fmt: skip


def register() -> None:
    """Make the task known to Gymnasium as `vasotone/Titration-v0`."""
    if "vasotone/Titration-v0" not in gymnasium.registry:
        gymnasium.register("vasotone/Titration-v0", entry_point="vasotone.twin.environment:Titration")
