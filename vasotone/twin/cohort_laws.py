"""Laws of one quantity between patients: from a published centre and spread to values for normal scores."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

from vasotone.facts_physiology import Parameter
from vasotone.twin import numpy
from vasotone.twin.study_record import Spread

Array = Any
NORMAL = NormalDist()
QUARTILE = NORMAL.inv_cdf(0.75)
SKEWED = 3.0  # a mean of fewer standard deviations than this would reach below zero
NEARLY = 1e-9


class Law(NamedTuple):
    """Values centre + score * below or above, or the exponential of that where `log`; held between low and high."""

    log: bool
    centre: float
    below: float
    above: float
    low: float = -math.inf
    high: float = math.inf

    def values(self, scores: Array) -> Array:
        """The values at normal scores (n,)."""
        plain = self.centre + numpy.where(scores < 0, self.below, self.above) * scores
        return numpy.clip(numpy.exp(plain) if self.log else plain, self.low, self.high)

    def score(self, value: float) -> float:
        """The normal score of one value: the way back of `values`, infinite beyond what the law can give."""
        if self.log and value <= 0:
            return -math.inf
        plain = math.log(value) if self.log else value
        gap = plain - self.centre
        side = self.below if gap < 0 else self.above
        return gap / side if side > 0 else math.copysign(math.inf, gap) if gap else 0.0

    def times(self, factor: float) -> Law:
        """The law of the quantity times a positive factor."""
        low, high = self.low * factor, self.high * factor
        if self.log:
            return self._replace(centre=self.centre + math.log(factor), low=low, high=high)
        return Law(False, self.centre * factor, self.below * factor, self.above * factor, low, high)


def of_mean(mean: float, sd: float, *, log: bool, low: float = -math.inf, high: float = math.inf) -> Law:
    """A law with this mean and SD: lognormal where asked, or where a normal would reach below zero."""
    if mean > 0 and (log or mean < SKEWED * sd):
        sigma = math.sqrt(math.log1p((sd / mean) ** 2))
        return Law(True, math.log(mean) - sigma * sigma / 2, sigma, sigma, low, high)
    return Law(False, mean, sd, sd, low, high)


def of_quartiles(median: float, q1: float, q3: float, low: float = -math.inf, high: float = math.inf) -> Law:
    """A law with this median and these quartiles, each side with a scale of its own."""
    if q1 > 0:
        below, above = math.log(median / q1) / QUARTILE, math.log(q3 / median) / QUARTILE
        return Law(True, math.log(median), below, above, low, high)
    return Law(False, median, (median - q1) / QUARTILE, (q3 - median) / QUARTILE, low, high)


def of_parameter(prior: Parameter) -> Law:
    """The law of one of the twin's own priors."""
    if prior.shape == "lognormal":
        return Law(True, math.log(prior.value), prior.spread, prior.spread, prior.low, prior.high)
    return Law(False, prior.value, prior.spread, prior.spread, prior.low, prior.high)


def of_spread(found: Spread, prior: Law | None) -> Law:
    """The law of a published distribution; what was not published (a spread, or all) comes from the prior."""
    log = prior.log if prior else False
    low = max(found.low if found.low is not None else -math.inf, prior.low if prior else -math.inf)
    high = min(found.high if found.high is not None else math.inf, prior.high if prior else math.inf)
    if low > high:  # published limits hold against the prior's
        low, high = found.low or -math.inf, found.high or math.inf
    if found.shape == "prior" or found.centre is None:
        assert prior is not None
        return prior._replace(low=low, high=high)
    if found.q1 is not None and found.q3 is not None:
        return of_quartiles(found.centre, found.q1, found.q3, low, high)
    if found.sd is not None:
        return of_mean(found.centre, found.sd, log=log, low=low, high=high)
    if found.low is not None and found.high is not None:  # a range is about four standard deviations
        return of_mean(found.centre, (found.high - found.low) / 4, log=log, low=low, high=high)
    if prior is None:
        return Law(False, found.centre, 0.0, 0.0, low, high)
    return moved(prior, found.centre, median=found.shape == "median")._replace(low=low, high=high)


def moved(law: Law, centre: float, *, median: bool) -> Law:
    """The same relative spread around another centre."""
    was = middle(law) if median else mean_of(law)
    if was > NEARLY and centre > NEARLY:
        return law.times(centre / was)._replace(low=law.low, high=law.high)
    return law._replace(centre=centre, log=False)


def middle(law: Law) -> float:
    """The median of a law, its limits left aside."""
    return math.exp(law.centre) if law.log else law.centre


def mean_of(law: Law) -> float:
    """The mean of a law with equal sides, its limits left aside."""
    return math.exp(law.centre + law.below * law.above / 2) if law.log else law.centre


def sd_of(law: Law) -> float:
    """The standard deviation of a law with equal sides, its limits left aside."""
    if law.log:
        return mean_of(law) * math.sqrt(math.expm1(law.below * law.above))
    return (law.below + law.above) / 2


def ratio_law(above: Law, below: Law, prior: Law | None) -> Law:
    """The law of one quantity over another (a diastolic over a mean pressure), independent of that other."""
    a, b = sd_of(above) / mean_of(above), sd_of(below) / mean_of(below)
    least = sd_of(prior) / mean_of(prior) / 2 if prior else 0.0
    centre = mean_of(above) / mean_of(below)
    sd = centre * math.sqrt(max(a * a - b * b, least * least))
    return Law(False, centre, sd, sd, *((prior.low, prior.high) if prior else (0.0, math.inf)))


def gap_law(above: Law, below: Law, prior: Law | None) -> Law:
    """The law of how far one quantity lies above another (filling over venous pressure), independent of it."""
    centre = max(mean_of(above) - mean_of(below), NEARLY)
    least = sd_of(prior) / mean_of(prior) / 2 * centre if prior else 0.0
    sd = math.sqrt(max(sd_of(above) ** 2 - sd_of(below) ** 2, least * least))
    return of_mean(centre, sd, log=True, low=prior.low if prior else 0.0, high=prior.high if prior else math.inf)


def strata(scores: Array) -> Array:
    """Normal scores (k, n) with each row's ranks kept and its values evenly spread, so that means hardly vary."""
    n = scores.shape[-1]
    even = numpy.array([NORMAL.inv_cdf((place + 0.5) / n) for place in range(n)])
    return even[numpy.argsort(numpy.argsort(scores, axis=-1), axis=-1)]


def between(scores: Array, low: Array, high: Array) -> Array:
    """Normal scores redrawn within limits (n,): the same shares of what lies between them."""
    phi, back = numpy.vectorize(NORMAL.cdf), numpy.vectorize(NORMAL.inv_cdf)
    first, last = phi(numpy.maximum(low, -40.0)), phi(numpy.minimum(high, 40.0))
    share = numpy.clip(first + (last - first) * phi(scores), NEARLY, 1 - NEARLY)
    return back(share)


def correlated(scores: Array, names: list[str], pairs: dict[tuple[str, str], float]) -> Array:
    """Normal scores (k, n) of these names so correlated; by the nearest matrix that can be where they clash."""
    matrix = numpy.eye(len(names))
    for (first, second), r in pairs.items():
        if first in names and second in names:
            i, j = names.index(first), names.index(second)
            matrix[i, j] = matrix[j, i] = r
    roots, vectors = numpy.linalg.eigh(matrix)
    root = vectors * numpy.sqrt(numpy.maximum(roots, NEARLY))
    root = root / numpy.linalg.norm(root, axis=1, keepdims=True)
    # a square root with the identity for uncorrelated names keeps each patient's own score
    even = root @ vectors.T
    return even / numpy.linalg.norm(even, axis=1, keepdims=True) @ scores
