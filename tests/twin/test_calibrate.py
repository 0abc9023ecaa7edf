"""The calibration: repeatable, moves only what can matter, and says its result as the file that holds the numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

numpy = pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone.errors import InputError  # noqa: E402
from vasotone.facts import DATA  # noqa: E402
from vasotone.facts_physiology import physiology  # noqa: E402
from vasotone.twin import calibrate, calibrate_told, study  # noqa: E402

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
    found, path = calibrate.fit(small(), runner, told.append, rounds=2)
    assert found.cost[1] < found.cost[0] and told
    assert found.values["e_v"] > found.before["e_v"]
    again, _ = calibrate.fit(small(), runner, told.append, rounds=2)
    assert again.values == found.values
    assert numpy.allclose(numpy.diag(found.correlation), 1) and abs(found.correlation[0, 1]) <= 1
    without = calibrate.left_out(small(), path, runner)
    assert without.entries == found.totals.entries > 4


def test_a_paper_left_out_has_no_part_in_its_own_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a paper was published to find may be anything: the values that predict it stay the same."""
    task = small()
    _, path = calibrate.fit(task, runner, lambda _: None, rounds=1)
    seen: list[list[float]] = []
    plain = calibrate.with_values

    def kept(task: calibrate.Task, numbers: Any) -> Any:
        seen.append([round(float(one), 12) for one in numbers])
        return plain(task, numbers)

    monkeypatch.setattr(calibrate, "with_values", kept)
    calibrate.left_out(task, path, runner)
    last, seen[:] = seen[-2:], []
    first, second = task.studies
    scores = tuple(one._replace(accept=(1e6, 2e6)) if one.accept else one for one in first.scores)
    slopes = [numpy.zeros_like(path[0].slopes[0]), path[0].slopes[1]]
    calibrate.left_out(
        task._replace(studies=(first._replace(scores=scores), second)), [path[0]._replace(slopes=slopes)], runner
    )
    assert seen[-2] == last[0] and seen[-1] != last[1]


def test_a_fit_begins_where_no_study_had_been_seen() -> None:
    start = PARAMETERS.at_start()
    moved = [one for one in PARAMETERS.fittable() if start.by_id(one).value != PARAMETERS.by_id(one).value]
    assert len(moved) > 30
    assert all(bool(PARAMETERS.by_id(one).fitted) for one in moved)


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
        for key in calibrate_told.header(one).strip("[]").split("."):
            place = place[key]
        assert place["value"] == one.value, identifier


@pytest.mark.parametrize("text", ["e_v", "e_v=", "e_v=much", "e_v=99", "e_v=nan", "no_such=1", "weight_reference=70"])
def test_a_number_that_cannot_be_held_is_told(text: str) -> None:
    with pytest.raises(InputError) as caught:
        calibrate_told.held_as(text)
    assert "--hold" in str(caught.value)


def test_a_held_number_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate_told, "PATIENTS", 20)
    begun: list[str] = []
    studies = [read("hamzaoui2010_whole")]
    text = calibrate_told.told(studies, seed=1, jobs=1, hold=["e_v=0.3"], tell=begun.append)
    assert begun and "# held: e_v = 0.3" in text and "[parameter.e_v.all]" not in text
    fitted = tomllib.loads(text)["parameter"]["e_e"]["all"]
    assert fitted["fitted"].startswith(PARAMETERS.version) and "seed 1" in fitted["fitted"]
