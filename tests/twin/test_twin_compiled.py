"""The twin compiled by JAX gives what NumPy gives; skipped, with the reason printed, where JAX is not installed."""

from __future__ import annotations

import sys
from typing import Any

import numpy
import pytest
from twin_patients import bodies

from vasotone.errors import InputError, MissingExtra
from vasotone.twin import observe, solve

NEAR = 0.05  # mm[Hg] for MAP
DOSES = (0.1, 0.3, 0.25, 0.0)


@pytest.fixture
def compiled() -> Any:
    """The compiled twin in double precision."""
    jax = pytest.importorskip("jax", reason="jax is not installed: the twin ran with numpy only")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    from vasotone.twin import compiled as module

    yield module
    jax.config.update("jax_enable_x64", before)


def cohort(n: int = 60) -> tuple[Any, Any]:
    """Patients on norepinephrine, in balance."""
    observed, found = bodies(n, "septic", 51, {"norepinephrine": 0.2}, ("norepinephrine", "vasopressin"))
    return found, solve.settled(found, observed.doses)


def single(record: Any) -> Any:
    """The same record, and what lies in it, in single precision."""
    parts = (single(one) if hasattr(one, "_fields") else one for one in record)
    return type(record)(*(one.astype("float32") if getattr(one, "ndim", 0) else one for one in parts))


@pytest.mark.parametrize("precise", [lambda one: one, single])
def test_a_course_of_doses_is_that_of_numpy(compiled: Any, precise: Any) -> None:
    found, moment = cohort()
    seen = compiled.through(precise(found), precise(moment), "norepinephrine", DOSES, 20.0)
    for place, dose in enumerate(DOSES):
        moment = solve.advance(found, solve.with_rate(moment, found, "norepinephrine", dose), 20.0)
        expected = observe.measured(found, moment)
        assert set(expected) == set(seen)
        assert numpy.max(abs(numpy.asarray(seen["MAP"][place]) - expected["MAP"])) < NEAR
        assert numpy.allclose(seen["CI"][place], expected["CI"], rtol=1e-3)


def test_fluid_legs_and_a_second_drug_too(compiled: Any) -> None:
    found, moment = cohort()
    moment = solve.with_fluid(solve.with_rate(moment, found, "vasopressin", 0.03), 0.03)
    for now in (moment, solve.with_legs(moment, found, True)):
        end, expected = compiled.advance(found, now, 12.0), solve.advance(found, now, 12.0)
        assert numpy.max(abs(numpy.asarray(end.loop.pa) - expected.loop.pa)) < NEAR
        assert float(end.t) == pytest.approx(expected.t)


def test_what_cannot_be_asked_is_refused(compiled: Any) -> None:
    found, moment = cohort(5)
    for act in (
        lambda: compiled.advance(found, moment, -1.0),
        lambda: compiled.through(found, moment, "norepinephrine", DOSES, 0.0),
        lambda: compiled.through(found, moment, "norepinephrine", (-0.1,), 10.0),
        lambda: compiled.through(found, moment, "caffeine", DOSES, 10.0),
    ):
        with pytest.raises(InputError):
            act()


def test_without_jax_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "vasotone.twin.compiled", raising=False)
    with pytest.raises(MissingExtra, match="jax"):
        import vasotone.twin.compiled  # noqa: F401


def test_the_twin_itself_does_not_load_jax() -> None:
    import subprocess

    code = "import sys, vasotone.twin.solve, vasotone.twin.observe; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
