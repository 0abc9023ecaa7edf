"""Cohorts: laws of published distributions, joint draws, and the match after the filters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

numpy = pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone.facts import DATA  # noqa: E402
from vasotone.facts_physiology import physiology  # noqa: E402
from vasotone.twin import cohort, study, trial  # noqa: E402
from vasotone.twin import cohort_laws as laws  # noqa: E402
from vasotone.twin.study_record import Spread, Study  # noqa: E402

SCORES = laws.strata(numpy.random.default_rng(1).standard_normal((1, 4000)))[0]
BASE = """
schema = 1
id = "invented"
[cohort]
n = 200
seed = 5
context = "septic"
[cohort.baseline]
{baseline}
[cohort.on]
{on}
{include}
[[step]]
measure = "a"
[[score]]
id = "x"
variable = "MAP"
at = "a"
range = [0.0, 200.0]
unit = "mm[Hg]"
"""


def made(baseline: str = "", on: str = "", include: str = "") -> Study:
    return study.parse(BASE.format(baseline=baseline, on=on, include=include).encode(), "invented.toml")


def ran(one: Study, n: int = 400) -> Any:
    return trial.run(one, n=n)


def test_a_mean_with_its_sd() -> None:
    for log in (False, True):
        values = laws.of_mean(50.0, 10.0, log=log).values(SCORES)
        assert values.mean() == pytest.approx(50, rel=0.002) and values.std() == pytest.approx(10, rel=0.02)


def test_a_mean_with_an_sd_that_would_reach_zero_is_skewed_and_positive() -> None:
    values = laws.of_mean(0.18, 0.18, log=False).values(SCORES)
    assert values.min() > 0 and values.mean() == pytest.approx(0.18, rel=0.02) and numpy.median(values) < 0.15


def test_a_median_with_its_quartiles() -> None:
    values = laws.of_quartiles(0.24, 0.12, 0.48).values(SCORES)
    assert numpy.quantile(values, [0.25, 0.5, 0.75]) == pytest.approx([0.12, 0.24, 0.48], rel=0.01)
    skewed = laws.of_quartiles(3.1, 2.7, 3.8).values(SCORES)
    assert numpy.quantile(skewed, [0.25, 0.5, 0.75]) == pytest.approx([2.7, 3.1, 3.8], rel=0.01)


def test_a_range_holds_the_draws() -> None:
    spread = Spread("mean", 60.0, 20.0, None, None, 50.0, 70.0)
    values = laws.of_spread(spread, None).values(SCORES)
    assert values.min() == 50 and values.max() == 70
    only = laws.of_spread(Spread("range", 8.0, None, None, None, 4.0, 12.0), None).values(SCORES)
    assert only.min() >= 4 and only.max() <= 12 and only.mean() == pytest.approx(8, abs=0.1)


def test_a_centre_without_a_spread_takes_the_priors() -> None:
    prior = laws.of_mean(3.0, 0.9, log=True)
    moved = laws.of_spread(Spread("mean", 6.0), prior).values(SCORES)
    assert moved.mean() == pytest.approx(6, rel=0.01) and moved.std() == pytest.approx(1.8, rel=0.03)


@pytest.mark.parametrize(
    "law", [laws.of_mean(50, 10, log=False), laws.of_mean(3, 1, log=True), laws.of_quartiles(3, 2, 5)]
)
def test_scores_and_values_go_both_ways(law: laws.Law) -> None:
    for score in (-1.5, 0.0, 0.7):
        assert law.score(float(law.values(numpy.array([score]))[0])) == pytest.approx(score)


def test_a_score_beyond_the_law_is_infinite() -> None:
    assert laws.of_mean(3, 1, log=True).score(-1) == -math.inf


def test_scores_redrawn_within_limits_lie_within() -> None:
    low = numpy.full(SCORES.shape, 0.5)
    drawn = laws.between(SCORES, low, numpy.inf)
    assert drawn.min() >= 0.5 - 1e-6 and numpy.all(numpy.diff(drawn[numpy.argsort(SCORES)]) >= 0)
    free = laws.between(SCORES, numpy.full(SCORES.shape, -numpy.inf), numpy.inf)
    assert free == pytest.approx(SCORES, abs=1e-6)


def test_scores_have_the_correlations_asked_for() -> None:
    raw = numpy.random.default_rng(2).standard_normal((3, 20000))
    both = laws.correlated(raw, ["a", "b", "c"], {("a", "b"): 0.8, ("b", "c"): -0.3})
    found = numpy.corrcoef(both)
    assert found[0, 1] == pytest.approx(0.8, abs=0.02) and found[1, 2] == pytest.approx(-0.3, abs=0.02)
    assert both.std(axis=1) == pytest.approx([1, 1, 1], abs=0.02)


def test_correlations_that_cannot_be_give_the_nearest_that_can() -> None:
    raw = numpy.random.default_rng(2).standard_normal((3, 5000))
    both = laws.correlated(raw, ["a", "b", "c"], {("a", "b"): 0.95, ("b", "c"): 0.95, ("a", "c"): -0.95})
    assert numpy.all(numpy.isfinite(both)) and both.std(axis=1) == pytest.approx([1, 1, 1], abs=0.05)


def test_the_published_baseline_is_met() -> None:
    found = ran(
        made(
            'MAP = { mean = 54.0, sd = 8.0, unit = "mm[Hg]" }\nDAP = { mean = 38.0, sd = 6.0, unit = "mm[Hg]" }\n'
            'HR = { mean = 98.0, sd = 21.0, unit = "/min" }\nCI = { mean = 3.2, sd = 1.0, unit = "L/min/m2" }\n'
            'Pms = { mean = 25.0, sd = 6.0, unit = "mm[Hg]" }\nCVP = { mean = 7.0, sd = 3.0, unit = "mm[Hg]" }'
        )
    )
    level = found.levels["a"]  # fmt: skip
    for name, mean, sd in (
        ("MAP", 54, 8),
        ("DAP", 38, 6),
        ("HR", 98, 21),
        ("CI", 3.2, 1.0),
        ("Pms", 25, 6),
        ("CVP", 7, 3),
    ):
        assert level[name].mean == pytest.approx(mean, rel=0.03), name
        assert level[name].sd == pytest.approx(sd, rel=0.25), name


def test_output_sets_the_flow_and_stroke_volume_the_rate() -> None:
    level = ran(made('CO = { mean = 6.1, unit = "L/min" }')).levels["a"]
    assert level["CO"].mean == pytest.approx(6.1, rel=0.03)
    level = ran(
        made('CI = { mean = 3.4, sd = 1.0, unit = "L/min/m2" }\nSVI = { mean = 37.0, sd = 9.0, unit = "mL/m2" }')
    ).levels
    assert level["a"]["HR"].mean == pytest.approx(92, rel=0.06)


def test_stroke_volume_and_rate_give_the_flow_and_a_gap_is_drawn_itself() -> None:
    level = ran(
        made('SVI = { mean = 40.0, sd = 8.0, unit = "mL/m2" }\nHR = { mean = 80.0, sd = 9.0, unit = "/min" }')
    ).levels
    assert level["a"]["CI"].median == pytest.approx(3.2, rel=0.05)
    level = ran(made('Pms_minus_CVP = { mean = 7.0, sd = 2.0, unit = "mm[Hg]" }')).levels
    assert level["a"]["Pms_minus_CVP"].mean == pytest.approx(7, rel=0.03)


def test_the_kept_patients_have_the_baseline_after_a_filter() -> None:
    cut = '[[cohort.include]]\nvariable = "DAP"\nmax = 38.0\nunit = "mm[Hg]"'
    wish = 'MAP = { mean = 60.0, sd = 6.0, unit = "mm[Hg]" }'
    found = ran(made(wish, include=cut))
    assert found.share < 0.8
    assert found.levels["a"]["MAP"].mean == pytest.approx(60, abs=3)
    assert found.levels["a"]["DAP"].mean < 38


def test_a_centre_that_its_own_filter_shuts_out_is_left_alone() -> None:
    cut = '[[cohort.include]]\nvariable = "LVEF"\nmax = 45.0\nunit = "%"'
    found = ran(made('LVEF = { mean = 49.0, sd = 10.0, unit = "%" }', include=cut))
    assert 0.2 < found.share < 0.5 and found.levels["a"]["LVEF"].mean < 45


def test_a_test_leg_raise_keeps_those_who_answer() -> None:
    cut = '[[cohort.include]]\nresponse = "plr"\nvariable = "CI"\nmin_pct = 10.0'
    assert 0 < ran(made(include=cut), n=60).share < 1


def test_nobody_left_is_an_invalid_run_not_an_error() -> None:
    cut = '[[cohort.include]]\nvariable = "MAP"\nmin = 200.0\nunit = "mm[Hg]"'
    found = ran(made(include=cut))
    assert found.invalid and found.n == 0 and "too few" in found.why
    assert [found.passed(one) for one in found.scores] == [False]


def test_running_doses_follow_what_was_published() -> None:
    level = ran(made(on='norepinephrine = { median = 0.24, q1 = 0.12, q3 = 0.48, unit = "ug/kg/min" }')).levels["a"]
    dose = level["dose.norepinephrine"]
    assert (dose.q1, dose.median, dose.q3) == pytest.approx((0.12, 0.24, 0.48), rel=0.1)
    salt = ran(made(on='norepinephrine = { mean = 0.2, sd = 0.1, unit = "ug/kg/min", basis = "salt" }')).levels["a"]
    assert salt["dose.norepinephrine"].mean == pytest.approx(0.1, rel=0.05)


def test_dose_and_sensitivity_are_drawn_together() -> None:
    one = made(on='norepinephrine = { mean = 0.18, sd = 0.18, unit = "ug/kg/min" }')
    parameters = physiology()
    drawn = cohort.plan(one, parameters)
    patients = cohort.draw(drawn, cohort.still(drawn), 500, (1,), parameters)
    from vasotone.twin.body import invert

    body = invert(patients.observed, patients.traits, "septic", parameters, drugs=("norepinephrine",))
    dose = patients.observed.doses["norepinephrine"]
    alpha = body.potency[list(body.receptors).index("alpha")][0]
    assert numpy.corrcoef(numpy.log(dose), numpy.log(alpha))[0, 1] < -0.3


def test_a_running_vasopressor_means_a_treated_pressure() -> None:
    off = ran(made()).levels["a"]["MAP"].mean
    on = ran(made(on='norepinephrine = { prior = true, unit = "ug/kg/min" }')).levels["a"]["MAP"].mean
    assert on > off + 5


def test_the_same_seed_draws_the_same_patients_under_other_laws() -> None:
    one, parameters = made(), physiology()
    drawn = cohort.plan(one, parameters)
    still = cohort.still(drawn)
    first = cohort.draw(drawn, still, 50, (3,), parameters)
    again = cohort.draw(drawn, still, 50, (3,), parameters)
    other = cohort.draw(drawn, still, 50, (4,), parameters)
    assert numpy.array_equal(first.observed.map, again.observed.map)
    assert not numpy.array_equal(first.observed.map, other.observed.map)
    moved = cohort.draw(drawn, still._replace(by=still.by | {"map": 1.0}), 50, (3,), parameters)
    assert numpy.array_equal(moved.observed.hr, first.observed.hr)
    assert moved.observed.map.mean() > first.observed.map.mean()


def test_packaged_baselines_are_met_within_the_formats_tolerances() -> None:
    tolerances = {"MAP": 3.0, "CI": 0.2, "HR": 5.0, "GEDVI": 40.0}
    seen = 0
    for name in ("hamzaoui2010_whole", "xu2015", "guerin2015_responders", "ledoux2000"):
        one = study.read(str(Path(DATA, "studies", f"{name}.toml")))
        found = trial.run(one, n=200)
        for variable, spread in one.cohort.baseline.items():
            if variable in cohort.FIELDS and variable not in ("SAPS_II",):
                allowed = tolerances.get(variable, 0.1 * (spread.centre or 0))
                level = found.levels[one.measures()[0]].get(variable)
                if level is not None:
                    assert abs(level.mean - (spread.centre or 0)) <= allowed, (name, variable)
                    seen += 1
    assert seen > 8
