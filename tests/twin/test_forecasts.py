"""The comparison of forecasts on charted changes: what counts as an event, and that nobody learns from himself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from vasotone import facts
from vasotone.table import Observation, Table
from vasotone.twin.trend import Trend

START = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """The benchmark as a module; its folder leaves the path afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
        yield import_module("forecast")


def charted(pressures: dict[int, int], doses: dict[int, str]) -> Table:
    """An invented chart: mean pressures and doses of norepinephrine by minute."""
    at = {minute: START + timedelta(minutes=minute) for minute in (*pressures, *doses)}
    rows = [Observation("map", Fraction(value), "mm[Hg]", at[minute]) for minute, value in pressures.items()]
    rows += [
        Observation("norepinephrine", Fraction(dose), "ug/kg/min", at[minute], basis="base")
        for minute, dose in doses.items()
    ]
    rows.append(Observation("weight", Fraction(80), "kg", START))
    return Table(rows=tuple(rows), conditions={"septic-shock": "invented"}, at=START + timedelta(hours=9))


def test_events_are_changes_with_a_pressure_before_and_after(bench: Any) -> None:
    table = charted(
        {0: 60, 55: 62, 75: 70, 120: 74, 400: 66}, {10: "0.1", 60: "0.2", 70: "0.2", 230: "0.1", 395: "0.3"}
    )
    found = bench.events_of(table, 3, facts.load(), 6.0)
    assert [(one.before, one.dose, one.last, one.patient) for one in found] == [(0.1, 0.2, 62.0, 3)]
    assert found[0].after == {15: (70.0, 15.0), 60: (74.0, 60.0)}
    trend = found[0].trend
    assert trend.readings["MAP"] == ((-60.0, 60.0), (-5.0, 62.0)), "the pressure after the change was known"
    assert trend.doses["norepinephrine"] == ((-50.0, 0.1),), "the new dose was known"


def test_a_chart_without_a_pressure_lately_makes_no_event(bench: Any) -> None:
    assert bench.events_of(charted({0: 60, 120: 70}, {10: "0.1", 100: "0.2"}), 0, facts.load(), 6.0) == []


def event(bench: Any, patient: int, gain: float, change: float) -> Any:
    """An invented event of a patient whose pressure rises by `gain`."""
    trend = Trend("septic", {}, {"MAP": ((0.0, 60.0),)}, {})
    return bench.Event(patient, trend, 0.1, 0.1 + change, 60.0, {60: (60.0 + gain, 60.0)}, (change,))


def test_weights_come_from_the_other_patients(bench: Any) -> None:
    events = [
        event(bench, 0, 5.0, 0.1),
        event(bench, 0, 10.0, 0.2),
        event(bench, 1, 10.0, 0.1),
        event(bench, 1, 20.0, 0.2),
    ]
    found = bench.learned(events, 60, [(one.dose - one.before,) for one in events])
    assert found[0].value == pytest.approx(70.0, abs=0.1), "patient 0 is forecast with the slope of patient 1"
    assert found[2].value == pytest.approx(65.0, abs=0.1)
    assert bench.learned(events, 60, [None, *[(1.0,)] * 3]).keys() == {1, 2, 3}


def test_persistence_is_the_last_value_with_the_spread_of_the_others(bench: Any) -> None:
    events = [event(bench, 0, 40.0, 0.1), *(event(bench, 1, gain, 0.1) for gain in (-2.0, 0.0, 2.0))]
    found = bench.learned(events, 60, [()] * 4)
    assert found[0].value == 60.0 and -2.0 <= found[0].low - 60.0 < 0.0 < found[0].high - 60.0 <= 2.0


def test_few_are_not_counted_out(bench: Any) -> None:
    events = [event(bench, 0, 1.0, 0.1)] * 9
    told = bench.scored(events, 60, {place: bench.Forecast(61.0, 60.0, 62.0) for place in range(9)}, set(range(9)))
    assert told == {"events": "<10"}
    many = bench.scored(
        events * 2, 60, {place: bench.Forecast(62.0, 60.0, 62.0) for place in range(18)}, set(range(20))
    )
    assert (many["events"], many["patients"], many["mae"], many["coverage"]) == ("18", "<10", 1.0, 1.0)
    assert many["declined"] == pytest.approx(0.1)


def test_the_twin_forecasts_an_event(bench: Any) -> None:
    found = bench.events_of(
        charted({-120: 66, -60: 64, 0: 60, 55: 62, 75: 70, 120: 74}, {-130: "0.1", 60: "0.2"}), 0, facts.load(), 6.0
    )
    told, _ = bench.by_twin(found[0], 1, 200)
    for one in told.values():
        assert one.forecast.low < one.forecast.value < one.forecast.high
        assert one.still < one.forecast.value, "a doubled dose raises what is expected"
