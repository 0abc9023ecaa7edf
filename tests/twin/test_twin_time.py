"""Time: steady states stay, mass and volume are conserved, steps are short enough, more pressor is more pressure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
from twin_patients import PARAMETERS, bodies, inside

from vasotone.errors import InputError
from vasotone.twin import body, circulation, fluids, observe, solve
from vasotone.twin.solve import Moment

DRUGS = ("norepinephrine", "epinephrine", "vasopressin", "dobutamine")
PRESSORS = {
    "norepinephrine": (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0),
    "epinephrine": (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
    "phenylephrine": (0.1, 0.3, 1.0, 3.0, 6.0, 10.0),
    "vasopressin": (0.01, 0.02, 0.03, 0.06, 0.1),
    "angiotensin_ii": (2.0, 5.0, 10.0, 20.0, 40.0, 80.0),
}  # fmt: skip


def busy(n: int = 300, seed: int = 20) -> tuple[body.Body, Moment, list[tuple[float, Callable[[Moment], Moment]]]]:
    """A cohort on norepinephrine and a protocol in which everything happens."""
    observed, found = bodies(n, "septic", seed, {"norepinephrine": 0.2}, DRUGS)
    dose = observed.doses["norepinephrine"]
    return found, solve.settled(found, observed.doses), [
        (10, lambda now: solve.with_rate(now, found, "norepinephrine", dose + 0.1)),
        (15, lambda now: solve.with_fluid(now, 0.5 / 15)),
        (10, lambda now: solve.with_fluid(solve.with_rate(now, found, "vasopressin", 0.03), 0.0)),
        (5, lambda now: solve.with_rate(now, found, "epinephrine", 0.05)),
        (8, lambda now: solve.with_bleeding(solve.with_rate(now, found, "dobutamine", 5.0), 0.02)),
        (5, lambda now: solve.with_rate(solve.with_bleeding(now, 0.0), found, "norepinephrine", 0.0)),
    ]  # fmt: skip


def run(found: body.Body, moment: Moment, plan: list[Any], dt: float = solve.STEP) -> Any:
    """Arterial pressure each minute through a plan, (minutes, n)."""
    seen = []
    for minutes, change in plan:
        moment = change(moment)
        for _ in range(minutes):
            moment = solve.advance(found, moment, 1.0, dt=dt)
            seen.append(moment.loop.pa)
    return numpy.array(seen), moment


@pytest.mark.parametrize("context", PARAMETERS.contexts)
def test_without_any_change_nothing_moves(context: str) -> None:
    observed, found = bodies(300, context, 21, {"norepinephrine": 0.1})
    moment = solve.settled(found, observed.doses)
    later = solve.advance(found, moment, 24 * 60, dt=10)
    for before, after in zip(moment.loop, later.loop, strict=True):
        assert numpy.max(abs(after / before - 1)) < 1e-8
    assert numpy.max(abs(later.hr / moment.hr - 1)) < 1e-8 and later.t == pytest.approx(24 * 60)


@pytest.mark.parametrize("context", PARAMETERS.contexts)
def test_time_ends_where_the_steady_state_is(context: str) -> None:
    """However long steps are: the settled state of the new doses, and what was long ago leaves no trace."""
    observed, found = bodies(200, context, 22, {"norepinephrine": 0.1}, DRUGS)
    new = {"norepinephrine": 0.15, "vasopressin": 0.02, "epinephrine": 0.03}
    aim = solve.settled(found, new)
    for dt in (0.5, 10.0):
        moment = solve.settled(found, observed.doses)
        for drug, dose in new.items():
            moment = solve.with_rate(moment, found, drug, dose)
        end = solve.advance(found, moment, 12 * 60, dt=dt)
        assert numpy.max(abs(end.loop.pa - aim.loop.pa)) < 0.01


def test_drug_and_volume_are_conserved() -> None:
    found, moment, plan = busy()
    moment = begun = solve.with_tally(moment)
    for minutes, change in plan:
        moment = solve.advance(found, change(moment), minutes)
        tally = moment.tally
        assert tally is not None
        left = begun.amount + tally.given - tally.cleared
        held = begun.amount + tally.given
        assert numpy.max(abs(left - moment.amount) / numpy.maximum(held, 1e-9)) < 1e-9
        volume = tally.infused - tally.bled - tally.urine
        kept = moment.space.vp + moment.space.vi
        assert numpy.max(abs(volume - kept) / (tally.infused + tally.bled + 1e-6)) < 1e-9
    assert (moment.tally.urine != 0).all() and (moment.tally.cleared[:2] > 0).all()  # type: ignore[union-attr]


def test_the_compartments_hold_the_stressed_volume_at_every_instant() -> None:
    found, moment, plan = busy()
    for minutes, change in plan:
        moment = solve.advance(found, change(moment), minutes)
        fixed = circulation.frame(found, numpy)
        now = circulation.tone(found, fixed, moment.effect, moment.loop, numpy)
        wanted = found.stressed0 + now.volume + fluids.extra(moment.space)
        assert numpy.max(abs(circulation.held(found, now, moment.loop) / wanted - 1)) < 1e-9


def test_what_is_measured_obeys_its_definitions() -> None:
    found, moment, plan = busy()
    for minutes, change in plan:
        moment = solve.advance(found, change(moment), minutes)
        seen = observe.measured(found, moment)
        assert set(seen) <= set(observe.UNITS)
        close = {
            "SVR": (seen["MAP"] - seen["CVP"]) / seen["CO"], "CI": seen["CO"] / found.bsa,
            "CO": seen["HR"] * seen["SV"] / 1000, "SVI": seen["SV"] / found.bsa,
            "CFI": 1000 * seen["CI"] / seen["GEDVI"],
            "SVRI": 80 * (seen["MAP"] - seen["CVP"]) / seen["CI"], "RVR": seen["Pms_minus_CVP"] / seen["CO"],
            "EA_EES": seen["EA"] / seen["EES"], "DSI": seen["HR"] / seen["DAP"],
            "LVSWI": 0.0136 * seen["SVI"] * (seen["MAP"] - seen["PAOP"]),
        }  # fmt: skip
        for name, expected in close.items():
            assert numpy.allclose(seen[name], expected, rtol=1e-9), name
        assert (seen["DAP"] < seen["MAP"]).all() and (seen["MAP"] < seen["SAP"]).all()
        assert (seen["CVP"] > 0).all() and (seen["LVEF"] > 0).all() and (seen["LVEF"] < 100).all()


def test_half_the_step_changes_little() -> None:
    found, moment, plan = busy()
    whole, _ = run(found, moment, plan)
    half, _ = run(found, moment, plan, dt=solve.STEP / 2)
    assert numpy.isfinite(whole).all() and numpy.max(abs(whole - half)) < 0.1


def test_a_clock_made_before_gives_the_same() -> None:
    found, moment, plan = busy(50)
    moment = plan[0][1](moment)
    ticks = solve.clock(found, 0.5)
    assert (solve.advance(found, moment, 5, ticks=ticks).loop.pa == solve.advance(found, moment, 5).loop.pa).all()


def test_a_kept_moment_can_be_gone_back_to() -> None:
    found, moment, plan = busy(50)
    first, _ = run(found, moment, plan)
    again, _ = run(found, moment, plan)
    assert (first == again).all()


@pytest.mark.parametrize("context", PARAMETERS.contexts)
@pytest.mark.parametrize("drug", PRESSORS)
def test_more_pressor_never_lowers_the_steady_pressure(context: str, drug: str) -> None:
    """Within the stated domain, up to its highest pressure. Epinephrine opens vessels too: alone, within 1 mm[Hg]."""
    observed, found = bodies(600, context, 23, drugs=("norepinephrine", drug))
    found = body.selected(found, inside(observed))
    top = PARAMETERS.domain()[drug].high
    reached = PARAMETERS.domain()["map_reached"].high
    opens = drug == "epinephrine"
    for background in (0.0,) if opens else (0.0, 0.1):
        doses = {"norepinephrine": background} if drug != "norepinephrine" else {}
        last = solve.settled(found, doses).loop.pa
        for dose in PRESSORS[drug]:
            assert dose <= top
            now = solve.settled(found, {**doses, drug: dose}).loop.pa
            assert ((now >= last - (1.0 if opens else 1e-6)) | (last > reached)).all(), (dose, (now - last).min())
            last = now
    assert len(found.base_pa) > 300


def test_the_steady_state_is_a_balance() -> None:
    """Whatever the dose: both ventricles pump the flow, for every patient of every context."""
    for context in PARAMETERS.contexts:
        _, found = bodies(400, context, 24, drugs=DRUGS)
        fixed = circulation.frame(found, numpy)
        for dose in (0.0, 0.05, 0.5, 3.0):
            moment = solve.settled(found, {"norepinephrine": dose})
            now = circulation.tone(found, fixed, moment.effect, moment.loop, numpy)
            off = numpy.abs(circulation.missing(found, fixed, now, moment.hr, moment.loop, numpy))
            assert numpy.max(off * moment.hr / moment.loop.q) < 1e-6


def test_fluid_fills_and_fades_and_legs_give_and_take_back() -> None:
    observed, found = bodies(300, "septic", 25, drugs=("norepinephrine",))
    start = solve.settled(found, {})
    filled = solve.advance(found, solve.with_fluid(start, 0.5 / 15), 15)
    faded = solve.advance(found, solve.with_fluid(filled, 0.0), 60)
    flow = [observe.measured(found, one)["CI"].mean() for one in (start, faded, filled)]
    assert flow[0] < flow[1] < flow[2] and (filled.loop.pra > start.loop.pra).all()
    raised = solve.advance(found, solve.with_legs(start, found, True), 1)
    flat = solve.advance(found, solve.with_legs(raised, found, False), 60)
    assert (raised.loop.pra > start.loop.pra).all() and (
        raised.loop.q / raised.hr > start.loop.q / start.hr
    ).mean() > 0.9
    assert numpy.max(abs(flat.loop.q / start.loop.q - 1)) < 1e-3
    bled = solve.advance(found, solve.with_bleeding(start, 0.05), 10)
    assert (bled.loop.pa < start.loop.pa).all() and (bled.loop.pra > 0).all()


@pytest.mark.parametrize(
    "act",
    [
        lambda found, now: solve.advance(found, now, -1.0),
        lambda found, now: solve.advance(found, now, numpy.inf),
        lambda found, now: solve.with_fluid(now, -0.1),
        lambda found, now: solve.with_bleeding(now, numpy.nan),
        lambda found, now: solve.with_rate(now, found, "norepinephrine", -0.1),
        lambda found, now: solve.with_rate(now, found, "caffeine", 0.1),
    ],
)
def test_what_no_pump_and_no_clock_can_do_is_refused(act: Callable[..., Any]) -> None:
    _, found = bodies(3, "septic", 26, drugs=("norepinephrine",))
    with pytest.raises(InputError):
        act(found, solve.settled(found, {}))


def test_doses_come_back_as_they_were_given() -> None:
    observed, found = bodies(20, "septic", 27)
    moment = solve.settled(found, {})
    for place, drug in enumerate(body.DRUGS):
        moment = solve.with_rate(moment, found, drug, 0.01 * (place + 1) + 0 * observed.map)
    for place, drug in enumerate(body.DRUGS):
        assert numpy.allclose(solve.dose_of(found, moment, drug), 0.01 * (place + 1), rtol=1e-12)
    assert numpy.allclose(moment.rate[0], 0.01 * observed.weight)
    assert numpy.allclose(moment.rate[body.drug_index("vasopressin")], 0.06)
    assert numpy.allclose(moment.rate[body.drug_index("angiotensin_ii")], 0.07 * observed.weight / 1000)


def test_a_trace_passes_through_its_times() -> None:
    found, moment, plan = busy(20)
    moment = plan[0][1](moment)
    seen, end = observe.trace(found, moment, [0.0, 1.0, 7.5])
    assert seen["MAP"].shape == (3, len(found.base_pa)) and end.t == pytest.approx(7.5)
    assert (seen["MAP"][0] == moment.loop.pa).all() and (seen["MAP"][2] == end.loop.pa).all()


@pytest.mark.parametrize(("name", "value"), [("rv_afterload", 0.5), ("weak_heart", 3.0), ("edpvr_linear", 0.1)])
def test_a_variant_that_is_switched_on_acts_and_keeps_the_first_measurement(name: str, value: float) -> None:
    from twin_patients import drawn

    plain, other = (
        body.invert(*drawn(200, "septic", 28, None, numbers), "septic", numbers, drugs=("norepinephrine",))
        for numbers in (PARAMETERS.replaced({name: 0.0}), PARAMETERS.replaced({name: value}))
    )
    observed, _ = drawn(200, "septic", 28)
    assert numpy.allclose(solve.settled(other, {}).loop.pa, observed.map, rtol=1e-9)
    raised = [solve.settled(one, {"norepinephrine": 0.3}).loop for one in (plain, other)]
    moved = abs(raised[0].q - raised[1].q) / raised[0].q
    assert numpy.isfinite(raised[1].pa).all() and moved.mean() > 1e-3


def test_other_array_libraries_run_the_same_code() -> None:
    """jax.numpy in place of numpy; skipped where it is not installed."""
    jax = pytest.importorskip("jax", reason="jax is not installed: the twin ran with numpy only")
    jax.config.update("jax_enable_x64", True)
    from twin_patients import drawn

    xp = jax.numpy
    observed, traits = drawn(20, "septic", 29, {"norepinephrine": 0.2})
    ends = []
    for library in (numpy, xp):
        found = body.invert(observed, traits, "septic", PARAMETERS, library, drugs=("norepinephrine", "vasopressin"))
        moment = solve.settled(found, observed.doses, library)
        moment = solve.with_rate(moment, found, "norepinephrine", observed.doses["norepinephrine"] + 0.1)
        ends.append(solve.advance(found, solve.with_fluid(moment, 0.02), 5, xp=library).loop.pa)
    assert numpy.max(abs(numpy.asarray(ends[1]) - ends[0])) < 0.01
