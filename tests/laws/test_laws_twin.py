"""More norepinephrine never lowers the steady pressure of the twin, and nothing given leaves it where it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

numpy = pytest.importorskip("numpy", reason="the twin needs numpy, which comes with its extra")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "twin"))

from answers import examples  # noqa: E402
from answers import part as part  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from twin_patients import PARAMETERS, bodies, inside  # noqa: E402

from vasotone.twin import body, solve  # noqa: E402

NEAR = 1e-6  # mm[Hg]: the solver's own balance
PATIENTS = 40  # in each cohort


@examples(10)
@given(
    context=st.sampled_from(sorted(PARAMETERS.contexts)),
    seed=st.integers(0, 10**6),
    pair=st.lists(st.sampled_from((0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)), min_size=2, max_size=2, unique=True),
)
def test_m24_more_norepinephrine_never_lowers_the_steady_pressure(context: str, seed: int, pair: list[float]) -> None:
    observed, found = bodies(PATIENTS, context, seed)
    found = body.selected(found, inside(observed))
    less, more = (solve.pressure(found, solve.settled(found, {"norepinephrine": dose})) for dose in sorted(pair))
    reached = PARAMETERS.domain()["map_reached"].high  # beyond it the twin does not speak
    assert len(less) and ((more >= less - NEAR) | (less > reached)).all(), (less - more).max()
    assert more.mean() > less.mean()


@examples(10)
@given(
    context=st.sampled_from(sorted(PARAMETERS.contexts)),
    seed=st.integers(0, 10**6),
    minutes=st.sampled_from((5.0, 30.0, 120.0)),
)
def test_m24_nothing_given_leaves_the_pressure_where_it_is(context: str, seed: int, minutes: float) -> None:
    _, found = bodies(PATIENTS, context, seed)
    moment = solve.settled(found, {})
    later = solve.advance(found, moment, minutes)
    assert abs(solve.pressure(found, later) - solve.pressure(found, moment)).max() < 1e-3
