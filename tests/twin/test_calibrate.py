"""The calibration: repeatable, moves only what can matter, and says its result as the file that holds the numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

numpy = pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone.facts import DATA  # noqa: E402
from vasotone.facts_physiology import physiology  # noqa: E402
from vasotone.twin import calibrate, study  # noqa: E402

PARAMETERS = physiology()
FOLDER = Path(DATA, "studies")


def read(name: str) -> Any:
    return study.read(str(FOLDER / f"{name}.toml"))


def runner(tasks: Sequence[Any]) -> list[calibrate.Tried]:
    return [calibrate.one_study(task) for task in tasks]


def small() -> calibrate.Task:
    """Two files and two gains, of which one is far off."""
    wrong = PARAMETERS.replaced({"e_v": 0.3})
    studies = (read("hamzaoui2010_whole"), read("xu2015"))
    return calibrate.Task(studies, wrong, ("e_v", "e_e"), 1, 40)


def test_a_fit_lowers_the_cost_and_is_repeatable() -> None:
    told: list[str] = []
    found, tried, slopes = calibrate.fit(small(), runner, told.append, rounds=2)
    assert found.cost[1] < found.cost[0] and told
    assert found.values["e_v"] > found.before["e_v"]
    again, _, _ = calibrate.fit(small(), runner, told.append, rounds=2)
    assert again.values == found.values
    assert numpy.allclose(numpy.diag(found.correlation), 1) and abs(found.correlation[0, 1]) <= 1
    without = calibrate.left_out(small(), found.values, tried, slopes, runner)
    assert without.entries == sum(len(one.result.scores) for one in tried) - 1, "one score asks for oxygen"


def test_values_stay_within_their_bounds() -> None:
    one = PARAMETERS.by_id("rv_afterload")
    assert calibrate.value_of(one, 9.0) == one.high
    assert calibrate.value_of(one, calibrate.working(one)) == pytest.approx(one.value)


def test_only_what_can_matter_is_tried() -> None:
    fluid, pressor = read("nunes2014_all"), read("gordon2012")
    assert calibrate.touches(fluid, "k12", PARAMETERS) and not calibrate.touches(pressor, "k12", PARAMETERS)
    assert calibrate.touches(pressor, "e_v_v1", PARAMETERS) and not calibrate.touches(fluid, "e_v_v1", PARAMETERS)
    assert calibrate.touches(pressor, "e_r.septic", PARAMETERS) and not calibrate.touches(pressor, "e_r", PARAMETERS)
    assert not calibrate.touches(pressor, "dopamine.beta", PARAMETERS)


@pytest.mark.parametrize("identifier", ["k12", "e_v_v1"])
def test_what_is_said_not_to_matter_does_not(identifier: str) -> None:
    one = read("maas2013")
    assert not calibrate.touches(one, identifier, PARAMETERS)
    other = PARAMETERS.replaced({identifier: 2 * PARAMETERS.by_id(identifier).value})
    plain, moved = (calibrate.one_study((one, numbers, 1, 30, None)).residuals for numbers in (PARAMETERS, other))
    assert numpy.array_equal(plain, moved)


def test_a_miss_costs_more_than_a_hit_and_no_more_than_a_miss() -> None:
    costs = [calibrate.soft(size) for size in (0.0, 0.5, 1.0, 1.5, 4.0, 40.0)]
    assert costs == sorted(costs) and costs[0] == 0 and costs[1] < 0.2 < costs[2]
    assert costs[-1] <= calibrate.MOST and calibrate.soft(-1.0) == -calibrate.soft(1.0)


def test_each_gain_is_named_as_the_file_does() -> None:
    with open(Path(DATA, "physiology.toml"), "rb") as handle:
        tree = tomllib.load(handle)
    for identifier in PARAMETERS.fittable():
        one = PARAMETERS.by_id(identifier)
        place: Any = tree
        for key in calibrate.header(one).strip("[]").split("."):
            place = place[key]
        assert place["value"] == one.value, identifier
