"""Any plan at all, sensible or not: numbers stay numbers, nothing goes below zero, and going back gives the same."""

from __future__ import annotations

from typing import Any

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_patients import PARAMETERS, bodies

from vasotone.twin import body, domain, observe, solve

TOP = {drug: PARAMETERS.domain()[drug].high for drug in body.DRUGS}
PATIENTS = {context: bodies(12, context, 40, {"norepinephrine": 0.1}) for context in PARAMETERS.contexts}
ACTS = st.one_of(
    st.tuples(st.sampled_from(body.DRUGS), st.floats(0, 1)),
    st.tuples(st.just("fluid"), st.floats(0, 0.1)),
    st.tuples(st.just("bleeding"), st.floats(0, 0.1)),
    st.tuples(st.just("legs"), st.booleans()),
)


def acted(found: body.Body, moment: solve.Moment, act: tuple[str, Any]) -> solve.Moment:
    """The moment after one act of a plan."""
    what, how = act
    if what == "fluid":
        return solve.with_fluid(moment, how)
    if what == "bleeding":
        return solve.with_bleeding(moment, how)
    if what == "legs":
        return solve.with_legs(moment, found, how)
    return solve.with_rate(moment, found, what, how * TOP[what])


@settings(max_examples=40)
@given(
    context=st.sampled_from(PARAMETERS.contexts),
    plan=st.lists(
        st.tuples(ACTS, st.floats(0.1, 40), st.sampled_from([0.25, 0.5, 1.0, 5.0])), min_size=1, max_size=5
    ),
)
def test_any_plan_gives_numbers(context: str, plan: list[Any]) -> None:
    observed, found = PATIENTS[context]
    moment = solve.settled(found, observed.doses)
    for act, minutes, dt in plan:
        moment = solve.advance(found, acted(found, moment, act), minutes, dt=dt)
        seen = observe.measured(found, moment)
        for name, values in seen.items():
            assert numpy.isfinite(values).all(), name
        for name in ("MAP", "CVP", "PAOP", "PAP", "HR", "CO", "SV", "GEDVI", "SVR", "EES"):
            assert (seen[name] > 0).all(), name
        assert (moment.amount >= 0).all() and (moment.effect >= 0).all()
        far = bool(((seen["MAP"] < 25) | (seen["MAP"] > 150)).any())
        assert bool(domain.beyond(seen["MAP"], PARAMETERS)) == far


@settings(max_examples=25)
@given(context=st.sampled_from(PARAMETERS.contexts), drug=st.sampled_from(body.DRUGS), share=st.floats(0, 1))
def test_what_is_undone_leaves_no_trace(context: str, drug: str, share: float) -> None:
    """A dose and back, legs up and down: after a day the first measurement again, even if the flow had stopped."""
    observed, found = PATIENTS[context]
    start = solve.settled(found, observed.doses)
    there = solve.with_legs(solve.with_rate(start, found, drug, share * TOP[drug]), found, True)
    there = solve.advance(found, there, 30)
    back = solve.with_legs(solve.with_rate(there, found, drug, observed.doses.get(drug, 0.0)), found, False)
    back = solve.advance(found, back, 24 * 60, dt=5)
    assert numpy.max(abs(back.loop.pa / start.loop.pa - 1)) < 1e-3


@settings(max_examples=25)
@given(context=st.sampled_from(PARAMETERS.contexts), split=st.integers(1, 19))
def test_time_can_be_cut_anywhere(context: str, split: int) -> None:
    """Ten minutes in one go or in two: the same to a hundredth of a millimetre of mercury."""
    observed, found = PATIENTS[context]
    moment = solve.with_rate(solve.settled(found, observed.doses), found, "norepinephrine", 0.2)
    whole = solve.advance(found, moment, 10)
    parts = solve.advance(found, solve.advance(found, moment, split / 2), 10 - split / 2)
    assert numpy.max(abs(whole.loop.pa - parts.loop.pa)) < 0.01 and whole.t == parts.t
