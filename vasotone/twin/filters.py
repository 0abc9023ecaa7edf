"""Who takes part: candidates sieved by their first measurement, by a test leg raise, and by the protocol itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.facts_physiology import Physiology
from vasotone.twin import cohort, numpy, observe, protocol, score
from vasotone.twin.body import invert, selected
from vasotone.twin.cohort import Patients, Plan
from vasotone.twin.protocol import Done, State
from vasotone.twin.study_record import Bound, Filter, Study
from vasotone.twin.study_units import key_of

Array = Any


class Group(NamedTuple):
    """Candidates that are left: their places among those drawn, body weights in kg, and what happened to them."""

    index: Array
    weight: Array
    done: Done


def later(study: Study, one: Filter) -> bool:
    """Whether a filter looks at a measurement after the first."""
    return one.kind == "change" or one.at not in ("", study.measures()[0])


def needs_protocol(study: Study) -> bool:
    """Whether a filter can be judged only once the protocol was run."""
    return any(later(study, one) for one in study.cohort.include)


def inside(values: Array, bound: Bound, weight: Array) -> Array:
    """Which patients lie within both limits of a filter."""
    shown = bound.scale.outward(values, weight)
    ok = numpy.isfinite(shown)
    if bound.low is not None:
        ok = ok & (shown >= bound.low)
    if bound.high is not None:
        ok = ok & (shown <= bound.high)
    return ok


def drawn_in(study: Study, patients: Patients, index: Array) -> Array:
    """The candidates whose drawn values pass the filters on them."""
    for one in study.cohort.include:
        if one.kind == "level" and not later(study, one):
            values = cohort.level_of(patients.observed, key_of(one.variable))
            if values is not None:
                index = index[inside(values, one.bound, patients.observed.weight)[index]]
    return index


def entered(
    study: Study, drawn: Plan, patients: Patients, index: Array, parameters: Physiology
) -> tuple[State, Array]:
    """Those candidates that pass what is asked of the body before the protocol, in steady state at its begin."""
    observed, traits = selected(patients.observed, index), selected(patients.traits, index)
    body = invert(observed, traits, drawn.context, parameters, drugs=study.drugs())
    state = protocol.begin(body, observed.doses, protocol.watched(study))
    ok = numpy.ones(index.shape, dtype=bool)
    for one in study.cohort.include:
        if one.kind == "plr":
            ok = ok & inside(protocol.leg_raise(state, one.variable), one.bound, body.weight)
        elif not later(study, one) and cohort.level_of(observed, key_of(one.variable)) is None:
            levels = observe.measured(body, state.moment)
            if key_of(one.variable) in levels:
                ok = ok & inside(levels[key_of(one.variable)], one.bound, body.weight)
    if ok.all():
        return state, index
    kept = state.done._replace(missed=state.done.missed[ok])
    return state._replace(body=selected(body, ok), moment=selected(state.moment, ok), done=kept), index[ok]


def followed(
    study: Study, drawn: Plan, patients: Patients, index: Array, seeds: tuple[int, ...], parameters: Physiology
) -> Group:
    """The protocol on the candidates that may take part, and those of them who pass the filters on what happened."""
    index = drawn_in(study, patients, index)
    state, index = entered(study, drawn, patients, index, parameters) if index.size else (None, index)
    if state is None or index.size == 0:
        nobody = numpy.zeros(0, dtype=bool)
        return Group(index, numpy.zeros(0), Done({}, {}, {}, [], {}, nobody))
    scores = protocol.scores(study, patients.observed.map.size, seeds)[:, index]
    done = protocol.run(study, state, scores, parameters)
    weight, ok = state.body.weight, numpy.ones(index.shape, dtype=bool)
    for one in study.cohort.include:
        key = key_of(one.variable)
        if one.kind == "change":
            first, last = done.levels[one.start][key], done.levels[one.end][key]
            ok = ok & inside(score.percent(first, last), one.bound, weight)
        elif one.kind == "level" and later(study, one):
            ok = ok & inside(done.levels[one.at][key], one.bound, weight)
    return Group(index, weight, done) if ok.all() else Group(index[ok], weight[ok], chosen(done, ok))


def chosen(done: Done, ok: Array) -> Done:
    """What happened to some of the patients."""
    return done._replace(
        levels={name: {key: values[ok] for key, values in one.items()} for name, one in done.levels.items()},
        traces={key: [row[ok] for row in rows] for key, rows in done.traces.items()},
        missed=done.missed[ok],
    )


def left(
    study: Study, drawn: Plan, patients: Patients, sound: Array, seeds: tuple[int, ...], parameters: Physiology
) -> Array:
    """Which candidates all filters leave (n,) of truth values, with as little simulated as they ask for."""
    index = numpy.flatnonzero(sound)
    if needs_protocol(study):
        index = followed(study, drawn, patients, index, seeds, parameters).index
    else:
        index = drawn_in(study, patients, index)
        if any(one.kind == "plr" or not later(study, one) for one in study.cohort.include) and index.size:
            _, index = entered(study, drawn, patients, index, parameters)
    kept = numpy.zeros(sound.shape, dtype=bool)
    kept[index] = True
    return kept
