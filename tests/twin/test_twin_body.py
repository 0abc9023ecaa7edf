"""Bodies: the first measurement is exact, dose and sensitivity belong together, nonsense is refused."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from twin_patients import PARAMETERS, as_type, bodies, drawn

from vasotone.errors import InputError
from vasotone.twin import body, observe, solve

RUNNING = [
    {}, {"norepinephrine": 0.2}, {"norepinephrine": 0.2, "vasopressin": 0.03}, {"dopamine": 12.0},
    {"dobutamine": 8.0, "norepinephrine": 0.3}, {"angiotensin_ii": 20.0, "epinephrine": 0.1, "phenylephrine": 1.0},
]  # fmt: skip
READ_BACK = {
    "MAP": "map", "DAP": "dap", "HR": "hr", "CI": "ci", "CVP": "cvp", "LVEF": "lvef", "Pms": "pmsf", "PAOP": "paop",
    "GEDVI": "gedvi",
}  # fmt: skip


@pytest.mark.parametrize("context", PARAMETERS.contexts)
@pytest.mark.parametrize("doses", RUNNING, ids=lambda doses: "+".join(doses) or "none")
def test_the_first_measurement_is_what_was_observed(context: str, doses: dict[str, float]) -> None:
    observed, found = bodies(200, context, 4, doses)
    shown = observe.measured(found, solve.settled(found, observed.doses))
    for variable, field in READ_BACK.items():
        assert numpy.max(abs(shown[variable] / getattr(observed, field) - 1)) < 1e-9, variable
    for drug, dose in observed.doses.items():
        assert numpy.allclose(shown[f"dose.{drug}"], dose, rtol=1e-12)


def test_an_observed_pulmonary_pressure_is_kept_too() -> None:
    observed, traits = drawn(100, "septic", 5)
    observed = observed._replace(pap=observed.paop + 12.0)
    found = body.invert(observed, traits, "septic", PARAMETERS)
    assert numpy.allclose(observe.measured(found, solve.settled(found, {}))["PAP"], observed.pap, rtol=1e-9)


def test_all_numbers_of_a_possible_body_are_positive() -> None:
    for context in PARAMETERS.contexts:
        _, found = bodies(500, context, 6)
        for name in ("ra0", "rv0", "cv0", "ees0_l", "ees0_r", "k_l", "k_r", "stressed0", "cpp", "hr0"):
            assert (getattr(found, name) > 0).all(), name


def test_an_impossible_patient_is_found_before_it_is_made() -> None:
    observed, traits = drawn(50, "septic", 7)
    assert body.possible(observed, traits, "septic", PARAMETERS).all()
    for wrong in (
        {"pmsf": observed.cvp - 1}, {"pmsf": 2 * observed.map}, {"lvef": 0 * observed.lvef + 90},
        {"dap": observed.map + 1}, {"cvp": -observed.cvp}, {"pap": observed.paop - 1},
    ):  # fmt: skip
        assert not body.possible(observed._replace(**wrong), traits, "septic", PARAMETERS).any(), wrong


def test_a_running_dose_tells_the_sensitivity() -> None:
    """Twice the dose at the same pressure: half as sensitive; one of the drugs tells the potency of its family."""
    observed, traits = drawn(300, "septic", 8)
    potency = {}
    for factor in (1.0, 2.0):
        running = observed._replace(doses={"norepinephrine": factor * 0.3 + 0 * observed.map})
        found = body.invert(running, traits, "septic", PARAMETERS, drugs=("norepinephrine", "epinephrine"))
        potency[factor] = found.potency[0]
        level = 1 / (1 + (found.potency[0, 0] * solve.settled(found, running.doses).effect[0]) ** -found.gamma[0])
        assert numpy.median(abs(level - traits.level_alpha)) < 0.05
    ratio = potency[2.0] / potency[1.0]
    assert (ratio < 1).all() and 0.45 < numpy.median(ratio) < 0.75
    assert numpy.allclose(ratio[0], ratio[1], rtol=1e-9)


def test_without_a_running_dose_the_prior_of_sensitivity_holds() -> None:
    observed, traits = drawn(4000, "septic", 9)
    found = body.invert(observed, traits, "septic", PARAMETERS, drugs=("norepinephrine",))
    spread = numpy.log(found.potency[0, 0]).std()
    assert spread == pytest.approx(PARAMETERS.get("sensitivity_alpha").spread, rel=0.1)


def test_dose_and_sensitivity_go_against_each_other_in_a_cohort() -> None:
    observed, traits = drawn(1000, "septic", 10, {"norepinephrine": 0.3})
    found = body.invert(observed, traits, "septic", PARAMETERS, drugs=("norepinephrine",))
    r = numpy.corrcoef(numpy.log(observed.doses["norepinephrine"]), numpy.log(found.potency[0, 0]))[0, 1]
    assert r < -0.5


def test_the_same_generator_gives_the_same_patients_in_another_fit() -> None:
    other = PARAMETERS.replaced({"e_v": 1.001 * PARAMETERS.number("e_v")})
    first, second = (
        body.draw_traits(50, "septic", numpy.random.default_rng(3), numbers) for numbers in (PARAMETERS, other)
    )
    assert numpy.median(second.e_v / first.e_v) == pytest.approx(1.001) and (first.e_r == second.e_r).all()


def test_traits_follow_their_priors_and_bounds() -> None:
    traits = body.draw_traits(20000, "septic", numpy.random.default_rng(1), PARAMETERS)
    for name in ("e_r", "c_sys", "rvef", "level_alpha"):
        prior, values = PARAMETERS.get(name, "septic"), getattr(traits, name)
        assert values.min() >= prior.low and values.max() <= prior.high
        assert numpy.median(values) == pytest.approx(prior.value, rel=0.02)
    r = numpy.corrcoef(numpy.log(traits.e_v), numpy.log(traits.e_rv))[0, 1]
    assert r == pytest.approx(PARAMETERS.correlations("septic")["e_v", "e_rv"], abs=0.05)


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("map", 300.0, "map"), ("lvef", 0.0, "lvef"), ("lvef", numpy.nan, "lvef"), ("weight", -80.0, "weight"),
        ("ci", 0.0, "ci"), ("cvp", -2.0, "cvp"), ("hr", 0.0, "hr"), ("gedvi", -700.0, "gedvi"),
        ("dap", 179.0, "diastolic"), ("saps2", 200.0, "saps2"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_named(field: str, value: float, word: str) -> None:
    observed, _ = drawn(20, "septic", 11)
    assert body.checked(observed, PARAMETERS) is observed
    values = getattr(observed, field).copy()
    values[3] = value
    with pytest.raises(InputError, match=word) as refused:
        body.checked(observed._replace(**{field: values}), PARAMETERS)
    assert "patient 4" in str(refused.value)


@pytest.mark.parametrize("doses", [{"aspirin": 1.0}, {"norepinephrine": -0.1}, {"norepinephrine": numpy.inf}])
def test_a_drug_or_dose_that_cannot_be_is_refused(doses: dict[str, float]) -> None:
    observed, traits = drawn(5, "septic", 12)
    wrong = observed._replace(doses={drug: dose + 0 * observed.map for drug, dose in doses.items()})
    with pytest.raises(InputError):
        body.checked(wrong, PARAMETERS)
    found = body.invert(observed, traits, "septic", PARAMETERS)
    with pytest.raises(InputError):
        solve.settled(found, doses)
    with pytest.raises(InputError):
        solve.with_rate(solve.settled(found, {}), found, *next(iter(doses.items())))


def test_a_drug_that_the_body_does_not_know_is_refused() -> None:
    observed, found = bodies(3, "septic", 13, drugs=("norepinephrine",))
    with pytest.raises(InputError, match="not part of this twin"):
        solve.settled(found, {"vasopressin": 0.03})
    assert body.drug_index("angiotensin_II") == body.DRUGS.index("angiotensin_ii")


def test_what_lies_outside_the_domain_is_named() -> None:
    observed, _ = drawn(10, "septic", 14, {"norepinephrine": 0.2})
    typical = observed._replace(**{
        name: 0 * observed.map + domain.value
        for name, domain in PARAMETERS.domain().items() if name in body.Observed._fields
    })  # fmt: skip
    assert body.outside(typical, PARAMETERS) == []
    strange = typical._replace(lvef=typical.lvef * 0 + 10, doses={"norepinephrine": 5 + 0 * observed.map})
    warnings = body.outside(strange, PARAMETERS)
    assert len(warnings) == 2 and "ejection fraction" in warnings[0] and "norepinephrine" in warnings[1]


def test_patients_are_selected_and_joined_in_order() -> None:
    observed, found = bodies(9, "septic", 15, {"norepinephrine": 0.2})
    moment = solve.settled(found, observed.doses)
    order = numpy.array([2, 0, 2])
    for record in (observed, found, moment):
        part = body.selected(record, order)
        same(part, body.joined([body.selected(record, [2]), body.selected(record, [0]), body.selected(record, [2])]))
    one = body.selected(found, [4])
    assert observe.measured(one, body.selected(moment, [4]))["MAP"][0] == pytest.approx(observed.map[4])
    with pytest.raises(InputError, match="different drugs"):
        body.joined([found, bodies(2, "septic", 1, drugs=("epinephrine",))[1]])


def same(first: Any, second: Any) -> None:
    """Two records with equal arrays."""
    for one, other in zip(first, second, strict=True):
        if isinstance(one, dict):
            assert one.keys() == other.keys() and all((one[key] == other[key]).all() for key in one)
        elif isinstance(one, tuple) and hasattr(one, "_fields"):
            same(one, other)
        else:
            assert numpy.all(one == other)


def test_half_precision_of_a_cohort_is_enough() -> None:
    observed, traits = drawn(500, "septic", 16, {"norepinephrine": 0.2})
    ends = []
    for kind in (numpy.float64, numpy.float32):
        seen = as_type(observed, kind)
        found = body.invert(
            seen, as_type(traits, kind), "septic", PARAMETERS, drugs=("norepinephrine", "vasopressin")
        )
        moment = solve.with_rate(solve.settled(found, seen.doses), found, "vasopressin", kind(0.03))
        moment = solve.advance(found, solve.with_fluid(moment, kind(0.02)), 25)
        assert moment.loop.pa.dtype == kind
        ends.append(moment.loop.pa)
    assert numpy.max(abs(ends[0] - ends[1])) < 0.02
