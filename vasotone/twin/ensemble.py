"""Many bodies that could all be one patient: from normal scores to bodies, their drift, a run along the record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from vasotone.facts_physiology import Parameter, Physiology
from vasotone.twin import numpy, observe, solve
from vasotone.twin.body import DRUGS, Body, Observed, Traits, draw_traits, invert, possible, spread_out
from vasotone.twin.drugs import Array
from vasotone.twin.solve import Moment
from vasotone.twin.trend import Trend

HOUR = 60.0
KNOT = 30.0  # min between the knots of the drift
BRISK, CALM = 1.0, 10.0  # min of a step, soon after a dose changed and otherwise
SETTLES = 10.0  # min after a change of dose with brisk steps
WANDERS = ("wander_resistance", "wander_volume", "wander_rate")  # of `ra0`, `stressed0` and `hr0`
WIDE = 3.0  # the first readings centre the prior, so widely that they are not counted twice
TRAIT_ROWS = (
    *Traits._fields[:-2], *(f"{drug}.potency" for drug in DRUGS), *(f"{drug}.clearance" for drug in DRUGS),
)  # fmt: skip
PLAIN = ("map", "dap_ratio", "hr", "ci", "cvp", "pms_gap", "paop", "lvef", "weight", "bsa", "saps2", "gedvi", "hb")
SHOWN = ("MAP", "DAP", "SAP", "HR", "CVP", "CI")


class Given:
    """Stands where a random generator is asked for, and hands out these scores."""

    def __init__(self, scores: Array) -> None:
        self.scores = scores

    def standard_normal(self, shape: tuple[int, ...]) -> Array:
        """The scores, whose shape is the one asked for."""
        return self.scores.reshape(shape)


class Stop(NamedTuple):
    """One instant of a record: doses that change (as written), a knot of the drift, readings to be predicted."""

    minute: float
    doses: dict[str, float]
    knot: int
    readings: tuple[tuple[int, str], ...]


class Deck(NamedTuple):
    """What one patient's bodies are drawn from; a matrix of normal scores (rows, members) makes them.

    rows    names of the rows: observables, traits, then for each knot the three of `WANDERS`
    laws    prior of each observable; `known` the score of those that are recorded
    paired  correlations of scores between observables
    forms   factor from each member's written dose of norepinephrine to base, (members,)
    stops   all that happens from `start` to now
    labels  minute and variable of each of `values`, whose variance is `noise`
    """

    trend: Trend
    parameters: Physiology
    rows: tuple[str, ...]
    laws: dict[str, Parameter]
    known: dict[str, float]
    paired: dict[tuple[str, str], float]
    forms: Array
    drugs: tuple[str, ...]
    start: float
    stops: tuple[Stop, ...]
    labels: tuple[tuple[float, str], ...]
    values: Array
    noise: Array


class Followed(NamedTuple):
    """Members after a run along the record.

    predicted  what each would have been charted with (readings, members)
    drift      how far each is from its own mean: logarithms of resistance, volume, heart rate (3, members)
    """

    predicted: Array
    body: Body
    moment: Moment
    drift: Array


def deck(
    trend: Trend, parameters: Physiology, members: int, *, also: Iterable[str] = (), fitted: bool = True
) -> Deck:
    """The deck of one patient.

    also    drugs that a plan will use beside those of the record
    fitted  False takes the newest readings as they are, to stand for the first instant, and no others
    """
    context, parameters = trend.context, at_bedside(parameters)
    labels = readings_of(trend) if fitted else []
    start = min((minute for minute, _ in labels), default=0.0)
    laws = dict(parameters.observable(context))
    measured = centred(laws, trend, parameters, start, fitted)
    known = {name: score_of(laws[name], value) for name, value in trend.known.items() if name in laws}
    paired = {
        pair: r for pair, r in parameters.correlations(context).items()
        if all(name in PLAIN for name in pair) and not measured & set(pair) and pair[1] not in known
    }  # fmt: skip
    count = max(0, math.ceil(-start / KNOT - 1))
    rows = (*PLAIN, *TRAIT_ROWS, *(f"{one}.{place}" for place in range(count + 1) for one in WANDERS))
    used = tuple(drug for drug in DRUGS if drug in trend.doses or drug in set(also))
    forms = numpy.asarray(trend.forms, dtype=float)[numpy.arange(members) % len(trend.forms)]
    noise = [
        parameters.number(f"observation_{name.lower()}", context) ** 2
        * parameters.number("observation_tempering", context)
        for _, name in labels
    ]  # fmt: skip
    return Deck(
        trend=trend, parameters=parameters, rows=rows, laws=laws, known=known, paired=paired, forms=forms,
        drugs=used or ("norepinephrine",), start=start, stops=stops_of(trend, start, labels, count),
        labels=tuple(labels), values=numpy.array([dict(trend.readings[name])[minute] for minute, name in labels]),
        noise=numpy.array(noise),
    )  # fmt: skip


def at_bedside(parameters: Physiology) -> Physiology:
    """The numbers of the twin for one charted patient, whose dose tells less than that of a patient in a trial."""
    floor, spread = parameters.number("bedside_floor"), parameters.number("bedside_sensitivity")
    table = {
        key: one._replace(value=floor) if key[0] == "titration_floor"
        else one._replace(spread=spread) if key[0] == "sensitivity_alpha" else one
        for key, one in parameters.tables["parameter"].items()
    }  # fmt: skip
    return parameters._replace(tables={**parameters.tables, "parameter": table})


def readings_of(trend: Trend) -> list[tuple[float, str]]:
    """(minute, variable) of every reading, in order of time."""
    return sorted((minute, name) for name in SHOWN for minute, _ in trend.readings.get(name, ()))


def centred(laws: dict[str, Parameter], trend: Trend, parameters: Physiology, start: float, fitted: bool) -> set[str]:
    """Put the patient's own readings in place of the priors of what was measured; gives the names of these."""
    limits = parameters.limits()
    first: dict[str, float] = {}
    for name in SHOWN:
        values = [value for minute, value in trend.readings.get(name, ()) if not fitted or minute <= start + HOUR]
        if values:
            first[name] = values[-1] if not fitted else float(numpy.median(values))
        elif fitted and trend.readings.get(name):
            first[name] = trend.readings[name][0][1]
    wanted = {"map": first.get("MAP"), "hr": first.get("HR"), "cvp": first.get("CVP"), "ci": first.get("CI")}
    for name, value in wanted.items():
        if value is not None:
            error = WIDE * parameters.number(f"observation_{name}", trend.context)
            low, high = limits[name].low, limits[name].high
            laws[name] = own(laws[name], min(max(value, low), high), error, fitted)._replace(low=low, high=high)
    if fitted and "MAP" in first:
        laws["map"] = usual(trend, parameters, start)._replace(low=limits["map"].low, high=limits["map"].high)
    if "DAP" in first and "MAP" in first:
        error = WIDE * parameters.number("observation_dap", trend.context) / first["MAP"]
        law = laws["dap_ratio"]
        laws["dap_ratio"] = own(law, min(max(first["DAP"] / first["MAP"], law.low), law.high), error, fitted)
        wanted["dap_ratio"] = 1.0
    return {name for name, value in wanted.items() if value is not None}


def usual(trend: Trend, parameters: Physiology, start: float) -> Parameter:
    """The prior of the pressure about which a patient drifts: that of those who are treated, where a drug runs."""
    laws = parameters.observable(trend.context)
    running = any(dose_at(trend, drug, start) > 0 for drug in trend.doses)
    return laws.get("map_treated", laws["map"]) if running else laws["map"]


def own(law: Parameter, value: float, error: float, fitted: bool) -> Parameter:
    """A prior about the patient's own reading, or the reading itself where nothing is fitted."""
    if not fitted:
        return law._replace(value=value, spread=0.0, shape="fixed")
    if law.shape == "lognormal":
        return law._replace(value=max(value, law.low), spread=error / max(value, law.low))
    return law._replace(value=value, spread=error)


def score_of(law: Parameter, value: float) -> float:
    """The normal score of a recorded value under its prior."""
    return (math.log(value / law.value) if law.shape == "lognormal" else value - law.value) / law.spread


def stops_of(trend: Trend, start: float, labels: Sequence[tuple[float, str]], knots: int) -> tuple[Stop, ...]:
    """Every instant of the record from its start to now at which something changes or is read."""
    changes: dict[float, dict[str, float]] = {}
    for drug, course in trend.doses.items():
        for minute, dose in course:
            if start < minute <= 0:
                changes.setdefault(minute, {})[drug] = dose
    turns = {start + (place + 1) * KNOT: place for place in range(knots)}
    read: dict[float, list[tuple[int, str]]] = {}
    for place, (minute, name) in enumerate(labels):
        read.setdefault(minute, []).append((place, name))
    times = sorted({start, 0.0, *changes, *turns, *read})
    return tuple(Stop(time, changes.get(time, {}), turns.get(time, -1), tuple(read.get(time, ()))) for time in times)


def dose_at(trend: Trend, drug: str, minute: float) -> float:
    """The dose as written that ran at a minute; 0 before the first one known."""
    return next((dose for at, dose in reversed(trend.doses.get(drug, ())) if at <= minute), 0.0)


def base_dose(of: Deck, drug: str, dose: float) -> Array:
    """A written dose for each member, norepinephrine as base."""
    return dose * of.forms if drug == "norepinephrine" else dose + 0 * of.forms


def drawn(of: Deck, scores: Array) -> tuple[Observed, Traits]:
    """The first measurement and the traits of each member."""
    rows = {name: scores[place] for place, name in enumerate(PLAIN)}
    for name, score in of.known.items():
        rows[name] = score + 0 * rows["map"]
    for (first, second), r in of.paired.items():
        rows[second] = r * rows[first] + (1 - r * r) ** 0.5 * rows[second]
    values = {name: spread_out(of.laws[name], row) for name, row in rows.items()}
    for name, value in of.trend.known.items():
        if name in values:
            values[name] = value + 0 * rows["map"]
    observed = Observed(
        dap=values["map"] * values.pop("dap_ratio"), pmsf=values["cvp"] + values.pop("pms_gap"), pap=None,
        doses={drug: base_dose(of, drug, dose_at(of.trend, drug, of.start)) for drug in of.drugs}, **values,
    )  # fmt: skip
    given = Given(scores[len(PLAIN) : len(PLAIN) + len(TRAIT_ROWS)])
    return observed, draw_traits(scores.shape[1], of.trend.context, given, of.parameters)


def first_scores(of: Deck, members: int, rng: Any) -> Array:
    """Scores of the prior, (rows, members); members without a circulation are drawn again."""
    scores = rng.standard_normal((len(of.rows), members))
    for _ in range(50):
        sound = possible(*drawn(of, scores), of.trend.context, of.parameters)
        if sound.all():
            break
        scores[:, ~sound] = rng.standard_normal((len(of.rows), int((~sound).sum())))
    return scores


def sound(of: Deck, scores: Array) -> Array:
    """Which members have a circulation, (members,) of truth values."""
    return possible(*drawn(of, scores), of.trend.context, of.parameters)


def follow(of: Deck, scores: Array) -> Followed:
    """Run every member from the first reading to now, along the doses of the record."""
    observed, traits = drawn(of, scores)
    body = invert(observed, traits, of.trend.context, of.parameters, drugs=of.drugs)
    moment = solve.begun(body, observed.doses)
    predicted = numpy.empty((len(of.labels), scores.shape[1]))
    clocks: dict[float, solve.Clock] = {}
    minute, changed = of.start, -math.inf
    drift = wandering(of)[:, None] * drift_scores(of, scores, 0)
    if of.labels:  # the record begins wherever the drift has taken each member
        body = drifted(body, drift)
        moment = solve.advance(body, moment, CALM, dt=BRISK)
    for stop in of.stops:
        moment = onward(body, moment, minute, stop.minute, changed, clocks)
        minute = stop.minute
        if stop.readings:
            shown = bedside(body, moment)
            for place, name in stop.readings:
                predicted[place] = shown[name]
        for drug, dose in stop.doses.items():
            moment, changed = solve.with_rate(moment, body, drug, base_dose(of, drug, dose)), minute
        if stop.knot >= 0:
            body, drift = wandered(of, body, drift, drift_scores(of, scores, stop.knot + 1), KNOT)
    return Followed(predicted, body, moment, drift)


def drift_scores(of: Deck, scores: Array, place: int) -> Array:
    """The scores of the drift at its start (0), or at a knot (from 1)."""
    begin = len(PLAIN) + len(TRAIT_ROWS) + len(WANDERS) * place
    return scores[begin : begin + len(WANDERS)]


def wandering(of: Deck) -> Array:
    """SD of each of `WANDERS` in this context, (3,)."""
    return numpy.array([of.parameters.number(name, of.trend.context) for name in WANDERS])


def onward(
    body: Body, moment: Moment, begun: float, until: float, changed: float, clocks: dict[float, solve.Clock]
) -> Moment:
    """The moment at `until`, in brisk steps soon after a change and calm ones later; `clocks` is filled as needed."""
    brisk = min(max(min(until, changed + SETTLES) - begun, 0.0), until - begun)
    for minutes, most in ((brisk, BRISK), (until - begun - brisk, CALM)):
        if minutes > 0:
            dt = round(minutes / math.ceil(minutes / most - 1e-9), 9)
            if dt not in clocks:
                clocks[dt] = solve.clock(body, dt)
            moment = solve.advance(body, moment, minutes, ticks=clocks[dt])
    return moment


def wandered(of: Deck, body: Body, drift: Array, scores: Array, minutes: float) -> tuple[Body, Array]:
    """The bodies some minutes on, and their drift: each strays, and is drawn back to its own mean."""
    back = math.exp(-minutes / HOUR / of.parameters.number("wander_tau", of.trend.context))
    later = back * drift + math.sqrt(1 - back * back) * wandering(of)[:, None] * scores
    return drifted(body, later - drift), later


def drifted(body: Body, drift: Array) -> Body:
    """The bodies with another resistance, stressed volume and heart rate, by logarithms (3, members)."""
    ra, volume, rate = numpy.exp(drift)
    return body._replace(ra0=body.ra0 * ra, stressed0=body.stressed0 * volume, hr0=body.hr0 * rate)


def bedside(body: Body, moment: Moment) -> dict[str, Array]:
    """What a bedside chart would hold of each member, by the names of `SHOWN`."""
    shown = observe.measured(body, moment)
    return {name: shown[name] for name in SHOWN}
