"""Protocols: each verb does what the study format says, to each patient by their own state."""

from __future__ import annotations

from typing import Any

import pytest

numpy = pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone.facts_physiology import physiology  # noqa: E402
from vasotone.twin import cohort, protocol, solve, study  # noqa: E402
from vasotone.twin.body import invert, selected  # noqa: E402
from vasotone.twin.protocol import Done, State  # noqa: E402

N = 40
HEAD = """
schema = 1
id = "invented"
[cohort]
n = 200
seed = 5
context = "septic"
[cohort.baseline]
MAP = { mean = 58.0, sd = 5.0, unit = "mm[Hg]" }
[cohort.on]
norepinephrine = { mean = 0.2, sd = 0.1, unit = "ug/kg/min" }
"""
WATCH = """
[[score]]
id = "t"
variable = "CO"
stat = "time_of_max"
from = "a"
to = "b"
after = "a"
range = [0.0, 1.0]
"""
PARAMETERS = physiology()


def begun(*steps: str, tail: str = "") -> tuple[Any, State, Any]:
    text = HEAD + "".join(f"[[step]]\n{one}\n" for one in ('measure = "a"', *steps, 'measure = "b"')) + tail
    one = study.parse(text.encode(), "invented.toml")
    drawn = cohort.plan(one, PARAMETERS)
    patients = cohort.draw(drawn, cohort.still(drawn), 2 * N, (1,), PARAMETERS)
    keep = numpy.flatnonzero(cohort.sound(drawn, patients, PARAMETERS))[:N]
    observed, traits = selected(patients.observed, keep), selected(patients.traits, keep)
    body = invert(observed, traits, "septic", PARAMETERS, drugs=one.drugs())
    return one, protocol.begin(body, observed.doses, protocol.watched(one)), protocol.scores(one, N, (1,))


def done(*steps: str, tail: str = "") -> Done:
    one, state, scores = begun(*steps, tail=tail)
    return protocol.run(one, state, scores, PARAMETERS)


def dose(found: Done, at: str, drug: str = "norepinephrine") -> Any:
    return found.levels[at][f"dose.{drug}"]


def test_the_first_measurement_is_what_was_drawn() -> None:
    one, state, _ = begun()
    assert solve.pressure(state.body, state.moment).mean() == pytest.approx(58, abs=1.5)
    found = protocol.run(one, state, protocol.scores(one, N, (1,)), PARAMETERS)
    assert numpy.allclose(found.levels["a"]["MAP"], found.levels["b"]["MAP"], atol=1e-6)


def test_set_gives_a_value_a_difference_or_a_factor() -> None:
    to = "set = { drug = 'norepinephrine', value = 0.3, unit = 'ug/kg/min' }"
    more = "set = { drug = 'norepinephrine', delta = 0.1, unit = 'ug/kg/min' }"
    twice = "set = { drug = 'norepinephrine', factor = 2.0, unit = '1' }"
    less = "set = { drug = 'norepinephrine', delta = -9.0, unit = 'ug/kg/min' }"
    assert dose(done(to), "b") == pytest.approx(0.3)
    found = done(more)
    assert dose(found, "b") == pytest.approx(dose(found, "a") + 0.1)
    found = done(twice)
    assert dose(found, "b") == pytest.approx(2 * dose(found, "a"))
    assert dose(done(less), "b") == pytest.approx(0, abs=1e-12)
    assert dose(done("stop = 'norepinephrine'"), "b") == pytest.approx(0, abs=1e-12)


def test_set_with_a_spread_gives_each_patient_an_own_dose_never_below_zero() -> None:
    found = dose(done("set = { drug = 'dopamine', value = 2.6, sd = 0.3, unit = 'ug/kg/min' }"), "b", "dopamine")
    assert found.mean() == pytest.approx(2.6, abs=0.02) and found.std() == pytest.approx(0.3, abs=0.03)
    wide = dose(done("set = { drug = 'dopamine', value = 1.0, sd = 3.0, unit = 'ug/kg/min' }"), "b", "dopamine")
    assert wide.min() == 0 and wide.max() > 3


def test_a_dose_without_weight_is_divided_by_each_weight() -> None:
    one, state, scores = begun("set = { drug = 'norepinephrine', value = 7.0, unit = 'ug/min' }")
    found = protocol.run(one, state, scores, PARAMETERS)
    assert dose(found, "b") == pytest.approx(7.0 / state.body.weight)
    salt = done("set = { drug = 'norepinephrine', value = 0.4, unit = 'ug/kg/min', basis = 'salt' }")
    assert dose(salt, "b") == pytest.approx(0.2)


def test_a_titration_holds_its_target_after_the_wait() -> None:
    found = done("titrate = 'norepinephrine'\nuntil = { MAP = 72.0 }", "wait = 'steady'")
    off = abs(found.levels["b"]["MAP"] - 72)
    assert numpy.median(off) < 0.5 and numpy.mean(off < 1.2) > 0.9
    assert (dose(found, "b") > dose(found, "a"))[found.levels["a"]["MAP"] < 70].all()


def test_targets_from_a_measurement() -> None:
    for until, wanted in (("delta = 8.0, unit = 'mm[Hg]'", lambda a: a + 8), ("pct = 20.0", lambda a: 1.2 * a)):
        found = done(f"titrate = 'norepinephrine'\nuntil = {{ MAP = {{ from = 'a', {until} }} }}", "wait = 'steady'")
        assert numpy.median(abs(found.levels["b"]["MAP"] - wanted(found.levels["a"]["MAP"]))) < 0.5


def test_each_patient_draws_an_own_target() -> None:
    until = "{ MAP = { mean = 76.0, sd = 5.0, unit = 'mm[Hg]' } }"
    reached = done(f"titrate = 'norepinephrine'\nuntil = {until}", "wait = 'steady'").levels["b"]["MAP"]
    assert reached.mean() == pytest.approx(76, abs=2) and reached.std() == pytest.approx(5, abs=1.5)


def test_only_up_never_lowers_the_dose_and_draws_targets_above() -> None:
    until = "{ MAP = { mean = 60.0, sd = 12.0, unit = 'mm[Hg]' } }"
    found = done(f"titrate = 'norepinephrine'\nuntil = {until}\nonly = 'up'", "wait = 'steady'")
    assert (dose(found, "b") >= dose(found, "a") - 1e-9).all()
    assert (found.levels["b"]["MAP"] > found.levels["a"]["MAP"] - 1.1).all()
    down = done("titrate = 'norepinephrine'\nuntil = { MAP = 50.0 }\nonly = 'down'", "wait = 'steady'")
    assert (dose(down, "b") <= dose(down, "a") + 1e-9).all()
    fixed = done("titrate = 'norepinephrine'\nuntil = { MAP = 45.0 }\nonly = 'up'", "wait = '10 min'")
    assert dose(fixed, "b") == pytest.approx(dose(fixed, "a")) and fixed.missed.all()


def test_the_highest_dose_is_kept_and_those_below_the_target_have_missed() -> None:
    found = done(
        "titrate = 'norepinephrine'\nuntil = { MAP = 150.0 }\nwithin = '20 min'\n"
        "max = { value = 0.5, unit = 'ug/kg/min' }"
    )
    assert dose(found, "b").max() <= 0.5 + 1e-9 and found.missed.mean() > 0.9
    assert found.times["b"] == pytest.approx(20)


def test_a_titration_ends_when_everyone_is_there() -> None:
    found = done("titrate = 'norepinephrine'\nuntil = { MAP = { from = 'a', delta = 2.0, unit = 'mm[Hg]' } }")
    assert found.times["b"] < 120 and not found.missed.any()


def test_steady_is_five_half_lives_of_the_slowest_running_drug_and_ten_minutes_at_least() -> None:
    one, state, scores = begun("wait = 'steady'")
    slowest = 5 * float(solve.half_life(state.body, "norepinephrine").max())
    assert protocol.run(one, state, scores, PARAMETERS).times["b"] == pytest.approx(max(slowest, 10))
    assert done("stop = 'norepinephrine'", "wait = 'steady'").times["b"] == pytest.approx(10)


def test_waits_add_up() -> None:
    assert done("wait = '90 s'", "wait = '2 h'", "wait = '20 min'").times["b"] == pytest.approx(141.5)


def test_legs_go_up_and_come_back() -> None:
    up = done("legs = 'raised'", "wait = '1 min'")
    assert (up.levels["b"]["CVP"] > up.levels["a"]["CVP"]).all()
    back = done("legs = 'raised'", "wait = '1 min'", "legs = 'flat'", "wait = '60 min'")
    assert numpy.allclose(back.levels["b"]["CVP"], back.levels["a"]["CVP"], atol=0.05)


def test_a_test_leg_raise_leaves_everyone_as_they_were() -> None:
    _, state, _ = begun()
    before = numpy.array(solve.pressure(state.body, state.moment))
    answer = protocol.leg_raise(state, "CI")
    assert (answer > 0).mean() > 0.8 and numpy.array_equal(before, solve.pressure(state.body, state.moment))


def test_a_bolus_ends_with_its_infusion_and_counts_per_kg() -> None:
    fixed = done("bolus = { fluid = 'crystalloid', volume = 500.0, unit = 'mL', over = '15 min' }")
    assert fixed.times["b"] == pytest.approx(15)
    gain = fixed.levels["b"]["CI"] - fixed.levels["a"]["CI"]
    assert gain.mean() > 0 and (gain > 0).mean() > 0.8
    one, state, scores = begun("bolus = { fluid = 'crystalloid', volume = 4.0, unit = 'mL/kg', over = '10 min' }")
    step = one.steps[1]
    moment = protocol.fluid(state, step).moment
    assert numpy.all(moment.fluid == 0)
    assert numpy.corrcoef(moment.space.vp + moment.space.vi, state.body.weight)[0, 1] > 0.99


def test_restore_brings_back_the_full_state() -> None:
    found = done(
        "set = { drug = 'norepinephrine', value = 1.0, unit = 'ug/kg/min' }", "wait = '20 min'", 'measure = "c"',
        'restore = "a"', "wait = '5 min'",
    )  # fmt: skip
    assert (found.levels["c"]["MAP"] > found.levels["a"]["MAP"]).mean() > 0.9
    assert numpy.allclose(found.levels["b"]["MAP"], found.levels["a"]["MAP"], atol=1e-4)
    assert dose(found, "b") == pytest.approx(dose(found, "a")) and found.times["b"] == pytest.approx(5)


def test_what_is_watched_is_kept_along_each_path() -> None:
    found = done("wait = '10 min'", 'measure = "c"', 'restore = "a"', "wait = '3 min'", tail=WATCH)
    assert len(found.traces["CO"]) == len(found.minutes) and found.paths["b"]["a"] > found.paths["c"]["c"]
    rows = found.minutes[found.paths["b"]["a"] : found.paths["b"]["b"] + 1]
    assert rows[0] == pytest.approx(0.5) and rows[-1] == pytest.approx(3)


def test_who_answers_more_needs_less() -> None:
    steps = ("titrate = 'norepinephrine'\nuntil = { MAP = { from = 'a', delta = 10.0, unit = 'mm[Hg]' } }",)
    one, state, scores = begun(*steps)
    found = protocol.run(one, state, scores, PARAMETERS)
    more = dose(found, "b") - dose(found, "a")
    potency = state.body.potency[state.body.receptors.index("alpha"), 0]
    assert numpy.corrcoef(numpy.log(more), numpy.log(potency))[0, 1] < -0.15
