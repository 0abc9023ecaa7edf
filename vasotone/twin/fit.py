"""One patient's bodies: an ensemble of members, moved towards what was charted in a few tempered steps (ES-MDA)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from vasotone.facts_physiology import Physiology, physiology
from vasotone.twin import ensemble, numpy
from vasotone.twin.body import Body
from vasotone.twin.drugs import Array
from vasotone.twin.ensemble import HOUR, TRAIT_ROWS, WANDERS, Deck
from vasotone.twin.solve import Moment
from vasotone.twin.trend import Trend

MEMBERS = 1000
UPDATES = (8.0, 6.0, 4.0, 24 / 11)  # inflation of the noise in each update; the inverses add up to 1
FAR = 2.5  # SD beyond which a charted value is trusted less and less
INFORMED = 0.8  # of the prior SD: a posterior that is not narrower says nothing new
LEVEL = (0.05, 0.95)  # of the interval against which charted points are checked
MOST_OUTSIDE = 0.2  # of the points of the last hour
FEWEST_POINTS = 5  # below so many the check reaches further back


class Check(NamedTuple):
    """Charted points of the last hour (or the last few) against the 90 % interval of the fitted members."""

    points: int
    outside: int

    @property
    def failed(self) -> bool:
        """Whether so many lie outside that the members do not stand for this patient."""
        return self.outside > MOST_OUTSIDE * self.points


class Fit(NamedTuple):
    """Members that stand for one patient now.

    body, moment  the members (n,) at the instant of the question; `drift` how far each is from its own mean (3, n)
    narrowed      posterior SD over prior SD of the score, by row of the deck
    check         None where nothing was fitted
    flow_known    a cardiac index was among what was charted
    readings      how many charted values were used, over `hours`
    seconds       of processor time that the fit took
    """

    deck: Deck
    body: Body
    moment: Moment
    drift: Array
    scores: Array
    narrowed: dict[str, float]
    check: Check | None
    flow_known: bool
    readings: int
    hours: float
    seed: int
    seconds: float

    @property
    def not_informed(self) -> tuple[str, ...]:
        """Observables and traits about which the data said next to nothing."""
        return tuple(name for name, ratio in self.narrowed.items() if ratio >= INFORMED)


def fit(
    trend: Trend,
    *,
    seed: int,
    members: int = MEMBERS,
    parameters: Physiology | None = None,
    also: Iterable[str] = (),
    fitted: bool | None = None,
) -> Fit:
    """Members for one patient, fitted to the trend where it has one, else drawn about the newest readings.

    seed    of every draw: the same seed gives the same members
    also    drugs that a plan will use
    fitted  None decides by the trend; False draws about the newest readings only
    """
    begun = time.process_time()
    parameters = parameters or physiology()
    wanted = trend.fits if fitted is None else fitted
    rng = numpy.random.default_rng(seed)
    of = ensemble.deck(trend, parameters, members, also=also, fitted=wanted)
    scores = ensemble.first_scores(of, members, rng)
    before = scores.std(axis=1)
    for inflation in UPDATES if wanted else ():
        scores = updated(of, scores, ensemble.follow(of, scores).predicted, inflation, rng)
    last = ensemble.follow(of, scores)
    scores, last = whole(of, scores, last)
    narrowed = dict(zip(of.rows, scores.std(axis=1) / before, strict=True)) if wanted else {}
    return Fit(
        deck=of, body=last.body, moment=last.moment, drift=last.drift, scores=scores, narrowed=told(of, narrowed),
        check=checked(of, last.predicted, rng) if wanted else None, flow_known="CI" in trend.readings,
        readings=len(of.labels), hours=-of.start / HOUR, seed=seed, seconds=time.process_time() - begun,
    )  # fmt: skip


def updated(of: Deck, scores: Array, predicted: Array, inflation: float, rng: Any) -> Array:
    """One update: scores move along their covariance with what was predicted, by how far that is from the chart."""
    good = numpy.isfinite(predicted).all(axis=0)
    if not good.all():
        pick = rng.choice(numpy.flatnonzero(good), size=int((~good).sum()))
        scores, predicted = scores.copy(), predicted.copy()
        scores[:, ~good], predicted[:, ~good] = scores[:, pick], predicted[:, pick]
    count = scores.shape[1]
    spread = scores - scores.mean(axis=1, keepdims=True)
    shown = predicted - predicted.mean(axis=1, keepdims=True)
    noise = inflation * doubted(of, predicted)
    covariance = shown @ shown.T / (count - 1)
    cross = spread @ shown.T / (count - 1) * trusted(spread, shown)
    blurred = of.values[:, None] + numpy.sqrt(noise)[:, None] * rng.standard_normal(shown.shape)
    moved = scores + cross @ numpy.linalg.solve(covariance + numpy.diag(noise), blurred - predicted)
    kept = ensemble.sound(of, moved)
    return numpy.where(kept, moved, scores)


def doubted(of: Deck, predicted: Array) -> Array:
    """Variance of each charted value: more for one so far off that it is likelier wrong than telling."""
    gap = abs(of.values - numpy.median(predicted, axis=1)) / numpy.sqrt(predicted.var(axis=1) + of.noise)
    return of.noise * numpy.maximum(1.0, gap / FAR) ** 2


def trusted(spread: Array, shown: Array) -> Array:
    """Share of each covariance that is kept: chance alone correlates rows of few members."""
    count = spread.shape[1]
    size = numpy.sqrt((spread**2).mean(axis=1))[:, None] * numpy.sqrt((shown**2).mean(axis=1))[None, :]
    squared = (spread @ shown.T / count / numpy.maximum(size, 1e-12)) ** 2
    return squared / (squared + (1 + squared) / count)


def whole(of: Deck, scores: Array, last: ensemble.Followed) -> tuple[Array, ensemble.Followed]:
    """The same without members whose circulation broke down on the way, others in their place."""
    from vasotone.twin.body import selected

    good = numpy.isfinite(last.moment.loop.pa) & numpy.isfinite(last.predicted).all(axis=0)
    if good.all():
        return scores, last
    index = numpy.arange(scores.shape[1])
    sound = numpy.flatnonzero(good)
    index[~good] = sound[numpy.arange(int((~good).sum())) % len(sound)]
    return scores[:, index], ensemble.Followed(
        last.predicted[:, index], selected(last.body, index), selected(last.moment, index), last.drift[:, index]
    )


def told(of: Deck, narrowed: dict[str, float]) -> dict[str, float]:
    """How far the data narrowed what could be narrowed: what was drawn, and what acts in this patient."""
    idle = {"gedvi", "hb", "leg_volume", "k_loss", *of.known}
    for family, agonists in (("v1", ("vasopressin",)), ("at1", ("angiotensin_ii",))):
        if not set(agonists) & set(of.drugs):
            idle |= {name for name in TRAIT_ROWS if name.endswith(f"_{family}")}
    idle |= {
        name for name in TRAIT_ROWS
        if "." in name and name.split(".")[0] not in of.drugs
        or "." not in name and of.parameters.get(name, of.trend.context).shape == "fixed"
    }  # fmt: skip
    if "dobutamine" not in of.drugs and "epinephrine" not in of.drugs and "dopamine" not in of.drugs:
        idle.add("e_r_dilator")
    return {
        name: float(ratio) for name, ratio in narrowed.items()
        if name not in idle and name.rpartition(".")[0] not in WANDERS
    }  # fmt: skip


def checked(of: Deck, predicted: Array, rng: Any) -> Check:
    """The last hour's points, or the last few, against what the fitted members would have been charted with."""
    minutes = sorted({minute for minute, _ in of.labels}, reverse=True)
    since = -HOUR
    for minute in minutes:
        if sum(one >= since for one, _ in of.labels) >= FEWEST_POINTS:
            break
        since = min(since, minute)
    rows = [place for place, (minute, _) in enumerate(of.labels) if minute >= since]
    blurred = predicted[rows] + numpy.sqrt(of.noise[rows])[:, None] * rng.standard_normal(
        (len(rows), predicted.shape[1])
    )
    low, high = numpy.quantile(blurred, LEVEL, axis=1)
    values = of.values[rows]
    return Check(points=len(rows), outside=int(((values < low) | (values > high)).sum()))
