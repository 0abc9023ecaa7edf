"""Many steps at once are the steps one by one, whatever moves and however many patients there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
from twin_patients import PARAMETERS, bodies

from vasotone.twin import body, solve, stride
from vasotone.twin.solve import Moment

DRUGS = ("norepinephrine", "epinephrine", "vasopressin", "angiotensin_ii")
SAME = 1e-9  # relative
STEPS = 37


def one_by_one(found: body.Body, moment: Moment, ticks: solve.Clock, steps: int) -> Moment:
    """The plain way."""
    resting = solve.at_rest(moment)
    for _ in range(steps):
        moment = solve.step(found, moment, ticks, numpy, resting)
    return moment


def alike(one: Any, other: Any) -> None:
    """Two moments are the same to within rounding, field by field."""
    for name, first, second in zip(one._fields, one, other, strict=True):
        if hasattr(first, "_fields"):
            alike(first, second)
        elif first is not None:
            scale = numpy.maximum(numpy.max(abs(numpy.asarray(first))), 1e-3)
            assert numpy.max(abs(numpy.asarray(first) - second)) <= SAME * scale, name


@pytest.mark.parametrize("drugs", [("norepinephrine",), ("vasopressin",), DRUGS])
@pytest.mark.parametrize(
    "change",
    [
        lambda found, now: now,
        lambda found, now: solve.with_rate(now, found, found.drugs[0], 0.04),
        lambda found, now: solve.with_fluid(solve.with_rate(now, found, found.drugs[-1], 0.02), 0.03),
        lambda found, now: solve.with_bleeding(solve.with_legs(now, found, True), 0.01),
    ],
)
@pytest.mark.parametrize("n", [1, 7, 1500])
def test_many_steps_are_the_steps_one_by_one(drugs: tuple[str, ...], change: Callable[..., Any], n: int) -> None:
    _, found = bodies(3 * n + 20, "septic", 41, {drugs[0]: 0.03}, drugs)
    found = body.selected(found, numpy.arange(len(found.base_pa)) < n)
    moment = change(found, solve.settled(found, {drugs[0]: 0.03}))
    ticks = solve.clock(found, 0.5)
    expected = one_by_one(found, moment, ticks, STEPS)
    alike(expected, stride.walk(found, moment, ticks, STEPS, solve.at_rest(moment)))


@pytest.mark.parametrize("context", PARAMETERS.contexts)
def test_in_every_context_and_with_every_optional_term(context: str) -> None:
    for values in ({}, {"rv_afterload": 0.0, "weak_heart": 0.0}, {"weak_heart": 2.0}):
        numbers = PARAMETERS.replaced(values)
        from twin_patients import drawn

        observed, traits = drawn(40, context, 42, {"norepinephrine": 0.1})
        found = body.invert(observed, traits, context, numbers, drugs=("norepinephrine", "dobutamine"))
        moment = solve.with_rate(solve.settled(found, observed.doses), found, "dobutamine", 4.0)
        ticks = solve.clock(found, 0.5)
        alike(one_by_one(found, moment, ticks, STEPS), stride.walk(found, moment, ticks, STEPS, True))


def test_nothing_that_is_handed_in_is_written_to() -> None:
    _, found = bodies(30, "septic", 43, {"norepinephrine": 0.1}, DRUGS)
    moment = solve.with_fluid(solve.with_rate(solve.settled(found, {}), found, "epinephrine", 0.05), 0.02)
    kept = body.selected(moment, slice(None))
    before = [numpy.copy(one) for one in (*kept.loop, *kept.space, kept.hr, kept.aim, kept.trend, kept.effect)]
    first = solve.advance(found, moment, 7)
    middle = [numpy.copy(one) for one in first.loop]
    solve.advance(found, first, 7)
    after = (*moment.loop, *moment.space, moment.hr, moment.aim, moment.trend, moment.effect)
    assert all((one == other).all() for one, other in zip(before, after, strict=True))
    assert all((one == other).all() for one, other in zip(middle, first.loop, strict=True))


def test_single_precision_stays_single() -> None:
    from twin_patients import as_type, drawn

    observed, traits = (as_type(one, numpy.float32) for one in drawn(30, "septic", 44, {"norepinephrine": 0.1}))
    found = body.invert(observed, traits, "septic", PARAMETERS, drugs=("norepinephrine",))
    moment = solve.with_fluid(solve.settled(found, observed.doses), numpy.float32(0.02))
    end = solve.advance(found, moment, 5)
    assert {one.dtype for one in (*end.loop, *end.space, end.hr, end.effect)} == {numpy.dtype("float32")}
