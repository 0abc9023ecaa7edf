"""Every form of a score, against arrays that are worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

numpy = pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone.twin import score  # noqa: E402
from vasotone.twin.score import Run  # noqa: E402
from vasotone.twin.study_parts import Part  # noqa: E402
from vasotone.twin.study_record import Score  # noqa: E402
from vasotone.twin.study_scores import drive  # noqa: E402
from vasotone.twin.study_scores import score as read  # noqa: E402

NAMES = ("a", "b", "c")


def row(*values: float) -> Any:
    return numpy.array(values, dtype=float)


def run() -> Run:
    """Four patients at three measurements, with a trace of flow from a to c."""
    levels = {
        "a": {"MAP": row(50, 60, 70, 80), "CI": row(2, 3, 4, 5), "HR": row(100, 90, 80, 70),
              "dose.norepinephrine": row(0, 0.1, 0.2, 0.3)},
        "b": {"MAP": row(60, 66, 77, 84), "CI": row(2.2, 3, 3.6, 6), "HR": row(90, 95, 80, 60),
              "dose.norepinephrine": row(0.1, 0.2, 0.2, 0.7)},
        "c": {"MAP": row(55, 63, 70, 100), "CI": row(2.1, 3.3, 4, 5.5), "HR": row(101, 92, 83, 74),
              "dose.norepinephrine": row(0.1, 0.1, 0.2, 0.4)},
    }  # fmt: skip
    trace = numpy.array([[1, 1, 1, 1], [2, 2, 2, 3], [3, 3, 3, 3], [2, 2, 2, 2], [9, 9, 9, 9]], dtype=float)
    paths = {"a": {"a": 0}, "b": {"a": 0, "b": 1}, "c": {"a": 0, "b": 1, "c": 3}}
    return Run(levels, row(50, 80, 100, 40), {"a": 0.0, "b": 5.0, "c": 15.0}, paths, [0.0, 5.0, 10.0, 15.0, 20.0],
               {"CI": trace})  # fmt: skip


def made(**keys: Any) -> Score:
    """A score from its keys, as a study file writes them."""
    return read(Part({"id": "x", "variable": "MAP"} | keys, "test"), NAMES)


def value(**keys: Any) -> Any:
    return score.simulated(run(), made(**keys))


BETWEEN = {"from": "a", "to": "b"}


def test_delta_is_the_mean_of_each_patients_change() -> None:
    assert value(**BETWEEN, delta=[0, 1], unit="mm[Hg]") == pytest.approx((10 + 6 + 7 + 4) / 4)
    assert value(**BETWEEN, delta=[0, 1], unit="mm[Hg]", stat="median") == pytest.approx(6.5)
    levels = value(**BETWEEN, delta=[0, 1], unit="mm[Hg]", stat="median", compare="levels")
    assert levels == pytest.approx((66 + 77) / 2 - 65)


def test_delta_is_given_in_the_unit_of_its_range() -> None:
    assert value(**BETWEEN, delta=[0, 1], unit="kPa") == pytest.approx(6.75 * 0.133322387415)
    doses = value(variable="dose.norepinephrine", **BETWEEN, delta=[0, 1], unit="ug/min")
    assert doses == pytest.approx((0.1 * 50 + 0.1 * 80 + 0 + 0.4 * 40) / 4)


def test_delta_pct_is_of_each_patient_or_of_the_levels() -> None:
    each = (20 + 10 + 10 + 5) / 4
    assert value(**BETWEEN, delta_pct=[0, 1], unit="%") == pytest.approx(each)
    assert value(**BETWEEN, delta_pct=[0, 1], unit="%", stat="median") == pytest.approx(10)
    levels = value(**BETWEEN, delta_pct=[0, 1], unit="%", compare="levels")
    assert levels == pytest.approx(100 * (287 / 260 - 1))
    assert levels != pytest.approx(each)
    medians = value(**BETWEEN, delta_pct=[0, 1], unit="%", compare="levels", stat="median")
    assert medians == pytest.approx(100 * (71.5 / 65 - 1))


def test_ratio_is_of_patients_of_levels_of_changes_or_of_two_variables() -> None:
    assert value(**BETWEEN, ratio=[0, 1], unit="1") == pytest.approx((1.2 + 1.1 + 1.1 + 1.05) / 4)
    assert value(**BETWEEN, ratio=[0, 1], unit="1", compare="levels") == pytest.approx(287 / 260)
    versus = value(**BETWEEN, versus={"from": "a", "to": "c"}, ratio=[0, 1], unit="1")
    assert versus == pytest.approx((27 / 4) / ((5 + 3 + 0 + 20) / 4))
    over = value(at="b", over={"variable": "HR", "at": "a"}, ratio=[0, 1], unit="1")
    assert over == pytest.approx((60 / 100 + 66 / 90 + 77 / 80 + 84 / 70) / 4)
    levels = value(at="b", over={"variable": "HR", "at": "a"}, ratio=[0, 1], unit="1", compare="levels")
    assert levels == pytest.approx(287 / 340)


def test_a_ratio_from_zero_leaves_that_patient_out() -> None:
    shown = value(variable="dose.norepinephrine", **BETWEEN, ratio=[0, 1], unit="1")
    assert shown == pytest.approx((2 + 1 + 7 / 3) / 3)


def test_slope_is_mean_change_over_mean_change() -> None:
    shown = value(**BETWEEN, slope=[0, 1], per="dose.norepinephrine", unit="mm[Hg]/(ug/kg/min)")
    assert shown == pytest.approx(6.75 / 0.15)
    thousand = value(**BETWEEN, slope=[0, 1], per="dose.norepinephrine", unit="mm[Hg]/(ng/kg/min)")
    assert thousand == pytest.approx(6.75 / 150)


def test_range_is_the_level_or_the_statistic() -> None:
    assert value(at="b", range=[0, 1], unit="mm[Hg]") == pytest.approx(71.75)
    assert value(at="b", range=[0, 1], unit="mm[Hg]", stat="median") == pytest.approx(71.5)


def test_order_is_the_levels_in_the_listed_order() -> None:
    up = made(variable="CI", order=["a", "b"], compare="levels")
    assert score.simulated(run(), up) == pytest.approx([3.5, 3.7])
    assert score.judged(run(), up).passed
    assert not score.judged(run(), made(variable="CI", order=["b", "a"])).passed
    assert score.judged(run(), made(variable="CI", order=["a", "a"])).passed


def test_a_fraction_counts_patients_with_any_of_the_conditions() -> None:
    event = {"min_change": 7, "min": 84, "unit": "mm[Hg]"}
    assert value(stat="fraction", **BETWEEN, event=event, range=[0, 1], unit="1") == pytest.approx(3 / 4)
    assert value(stat="fraction", **BETWEEN, event={"max_pct": 10}, range=[0, 1]) == pytest.approx(3 / 4)
    at = value(stat="fraction", at="a", event={"max": 60, "unit": "mm[Hg]"}, range=[0, 1])
    assert at == pytest.approx(2 / 4)
    versus = {"from": "a", "to": "c"}
    gap = value(stat="fraction", **BETWEEN, event={"min_pct": 10}, versus=versus, range=[0, 1])
    assert gap == pytest.approx(3 / 4 - 2 / 4)
    edge = value(stat="fraction", **BETWEEN, event={"min_change": 10, "unit": "mm[Hg]"}, range=[0, 1])
    assert edge == pytest.approx(1 / 4), "a limit is met by the patient who lies on it"


def test_fraction_in_percent_and_events_in_other_units() -> None:
    assert value(stat="fraction", **BETWEEN, event={"min_pct": 10}, range=[0, 1], unit="%") == pytest.approx(75)
    event = {"min_change": 8.5, "unit": "ug/min"}
    shown = value(variable="dose.norepinephrine", stat="fraction", **BETWEEN, event=event, range=[0, 1])
    assert shown == pytest.approx(1 / 4), "0.4 ug/kg/min for 40 kg is 16, 0.1 for 80 kg is 8"


def test_among_leaves_the_others_out() -> None:
    among = {"variable": "CI", "from": "a", "to": "b", "max_change": 0, "unit": "L/min/m2"}
    assert value(variable="HR", **BETWEEN, among=among, sign="-") == pytest.approx((5 + 0) / 2)
    nobody = among | {"max_change": -9}
    assert math.isnan(value(variable="HR", **BETWEEN, among=nobody, sign="-"))
    assert not score.judged(run(), made(variable="HR", **BETWEEN, among=nobody, sign="-")).passed


def test_correlation_is_of_a_level_with_the_change() -> None:
    beside = {"variable": "HR", "at": "a"}
    change, level = row(10, 6, 7, 4), row(100, 90, 80, 70)
    shown = value(stat="correlation", **BETWEEN, **{"with": beside}, range=[0, 1])
    assert shown == pytest.approx(numpy.corrcoef(change, level)[0, 1])
    percent = value(stat="correlation", **BETWEEN, **{"with": beside}, change="pct", range=[0, 1])
    assert percent == pytest.approx(numpy.corrcoef(row(20, 10, 10, 5), level)[0, 1])


def test_time_of_max_is_minutes_after_a_measurement_within_its_path() -> None:
    keys = {"variable": "CI", "stat": "time_of_max", "from": "a", "to": "c", "after": "b", "range": [0, 1]}
    assert value(**keys, unit="min") == pytest.approx(5)
    assert value(**keys, unit="h") == pytest.approx(5 / 60)
    assert math.isnan(value(**(keys | {"from": "c", "to": "a"})))


def test_versus_is_the_first_change_minus_the_second() -> None:
    versus = {"from": "a", "to": "c"}
    assert value(**BETWEEN, versus=versus, delta=[0, 1], unit="mm[Hg]") == pytest.approx(6.75 - 7)
    percent = value(**BETWEEN, versus=versus, change="pct", sign="-")
    assert percent == pytest.approx(11.25 - (10 + 5 + 0 + 25) / 4)


@pytest.mark.parametrize(("sign", "passed"), [("+", True), ("-", False)])
def test_sign_alone(sign: str, passed: bool) -> None:
    found = score.judged(run(), made(**BETWEEN, sign=sign, significant=True))
    assert found.passed is passed and found.reversed is (not passed)


def test_the_sign_of_a_ratio_is_its_distance_from_one() -> None:
    assert score.judged(run(), made(**BETWEEN, ratio=[1, 2], unit="1", sign="+")).passed
    found = score.judged(run(), made(**BETWEEN, ratio=[1, 2], unit="1", sign="-", significant=True))
    assert not found.passed and found.reversed


def test_limits_are_inclusive_and_a_sign_of_zero_adds_nothing() -> None:
    assert score.judged(run(), made(**BETWEEN, delta=[6.75, 8], unit="mm[Hg]", sign="0")).passed
    assert score.judged(run(), made(**BETWEEN, delta=[5, 6.75], unit="mm[Hg]", sign="0")).passed
    assert not score.judged(run(), made(**BETWEEN, delta=[6.76, 8], unit="mm[Hg]")).passed
    assert not score.judged(run(), made(**BETWEEN, delta=[6, 8], unit="mm[Hg]", sign="-")).passed


def test_what_the_twin_lacks_is_not_modelled() -> None:
    for keys in ({"variable": "SvO2", "requires": "oxygen"}, {"variable": "SVV"}, {"requires": "drift"}):
        found = score.judged(run(), made(**BETWEEN, sign="+", **keys))
        assert not found.modelled and found.simulated is None and not found.passed


def test_what_is_simulated_ignores_what_was_published() -> None:
    full = {"reported": 5.0, "spread": 2.0, "levels": {"a": [1.0]}, "delta": [3.0, 8.0], "unit": "mm[Hg]"}
    bare = {"unit": "mm[Hg]"}
    assert value(**BETWEEN, **full) == value(**BETWEEN, **bare) == value(**BETWEEN, **(full | {"delta": [-99, 99]}))
    percent = {"variable": "CI", "unit": "%"}
    assert value(**BETWEEN, **percent, delta_pct=[1, 2]) == value(**BETWEEN, **percent)
    share = {"stat": "fraction", "event": {"min_pct": 10}, "unit": "1"}
    assert value(**BETWEEN, **share, range=[0, 1]) == value(**BETWEEN, **share)


def test_drives_are_means_of_levels_and_changes() -> None:
    def reached(**keys: Any) -> float:
        return score.drive_value(run(), drive(Part({"variable": "MAP"} | keys, "test"), NAMES))

    assert reached(at="b", target=72, tol=1, unit="mm[Hg]") == pytest.approx(71.75)
    assert reached(**BETWEEN, target_delta=7, tol=1, unit="mm[Hg]") == pytest.approx(6.75)
    assert reached(**BETWEEN, target_pct=11, tol_pct=1, unit="%") == pytest.approx(11.25)
    met = drive(Part({"variable": "MAP", "at": "b", "target": 70.75, "tol": 1, "unit": "mm[Hg]"}, "test"), NAMES)
    assert score.drive_met(run(), met) and not score.drive_met(run(), met._replace(target=70.7))
