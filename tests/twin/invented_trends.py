"""Invented patients with a trend: drawn from the twin's own priors, so that what is true of them is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from vasotone.facts_physiology import physiology
from vasotone.twin import ensemble, forecast, solve
from vasotone.twin.fit import Fit
from vasotone.twin.plan import Plan
from vasotone.twin.trend import Trend

PRESSURES = ("MAP", "DAP", "HR", "CVP")
BEFORE = ((-1e9, 0.15), (-90.0, 0.22))


class Invented(NamedTuple):
    """Trends, and what is true of their patients: `now`, and after a plan at the same minutes for all."""

    trends: list[Trend]
    now: dict[str, Any]
    later: dict[str, Any]


def invented(
    count: int, plan: Plan, minutes: tuple[float, ...], *, flow: bool, seed: int, every: float = 10.0
) -> Invented:
    """Patients charted every so many minutes for three hours on norepinephrine, with the errors of a chart."""
    parameters, rng = physiology(), numpy.random.default_rng(seed)
    times = [-180.0 + every * place for place in range(int(180 / every) + 1)]
    charted = {name: tuple((time, 50.0 if name == "DAP" else 70.0) for time in times) for name in PRESSURES}
    if flow:
        charted["CI"] = tuple((time, 3.0) for time in times if time % 60 == 0)
    frame = Trend("septic", {"weight": 75.0}, charted, {"norepinephrine": BEFORE})
    of = ensemble.deck(frame, parameters, count)
    of = of._replace(laws={**parameters.observable("septic"), "map": treated()})
    scores = ensemble.first_scores(of, count, rng)
    run = ensemble.follow(of, scores)
    trends = [frame._replace(readings=chart_of(of, run.predicted[:, place], rng)) for place in range(count)]
    truth = as_fit(of, run, scores)
    outlook = forecast.ahead(truth, plan, minutes, of.forms)
    assert not outlook.broken
    return Invented(trends, ensemble.bedside(run.body, run.moment), outlook.values)


def treated() -> Any:
    """The prior of the mean pressure on a vasopressor."""
    found = physiology().find("observed", "map_treated", "septic")
    assert found is not None
    return found


def chart_of(of: ensemble.Deck, true: Any, rng: Any) -> dict[str, Any]:
    """What would be charted of one patient: the truth with the errors of a chart."""
    found: dict[str, list[tuple[float, float]]] = {}
    for (minute, name), value in zip(of.labels, true, strict=True):
        error = of.parameters.number(f"observation_{name.lower()}", "septic") * rng.standard_normal()
        found.setdefault(name, []).append((minute, float(value + error)))
    return {name: tuple(course) for name, course in found.items()}


def as_fit(of: ensemble.Deck, run: ensemble.Followed, scores: Any) -> Fit:
    """The true patients in the shape of a fit, so that the same code takes them further."""
    return Fit(
        deck=of, body=run.body, moment=run.moment, drift=run.drift, scores=scores, narrowed={}, check=None,
        flow_known=True, readings=0, hours=3.0, seed=99, seconds=0.0,
    )  # fmt: skip


def steady(trend: Trend) -> float:
    """The dose of norepinephrine that runs at the end of a trend."""
    return trend.doses["norepinephrine"][-1][1]


def shown_now(fit: Fit) -> dict[str, Any]:
    """What a chart would show of fitted members now."""
    return ensemble.bedside(fit.body, fit.moment)


def pressure_at(fit: Fit, dose: Any) -> Any:
    """The steady mean pressure of fitted members at a dose of norepinephrine."""
    return solve.settled(fit.body, {"norepinephrine": dose}).loop.pa
