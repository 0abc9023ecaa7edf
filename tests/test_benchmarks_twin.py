"""The benchmarks of the twin on a tiny count: the same day for all, honest counting, and JAX beside NumPy."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
PEERS = ("sepsisim", "anesthesia", "modularcirc", "icu-sepsis", "jax")
HOURS = 24


@pytest.fixture(scope="module")
def benchmarks() -> Any:
    """Imports a benchmark module; the folder leaves the path afterwards."""
    from importlib import import_module

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))

        def named(name: str) -> ModuleType:
            return import_module(name)

        yield named


def form(ours: float = 1.0) -> dict[str, Any]:
    """A measured form of an invented peer."""
    return {"form": "f", "what": "w", "hours": ours, "wall": 2.0, "cpu": 1.0, "shown": {}}


def test_the_day_is_a_whole_one_with_changes_a_peer_can_make(benchmarks: Any) -> None:
    day = benchmarks("twin_work").day()
    assert len(day.hourly) == HOURS
    changes = day.changes(day.hourly[0])
    assert changes[0] == 0
    assert sum(change != 0 for change in changes) > HOURS / 2
    assert max(abs(change) for change in changes) <= 0.1
    assert sum(changes) == pytest.approx(day.hourly[-1] - day.hourly[0])
    assert day.rate(day.hourly[0]) * 60 == pytest.approx(day.hourly[0] * day.person.weight)


def test_what_is_made_ready_is_not_counted_and_every_run_is(benchmarks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    work = benchmarks("twin_work")
    now = [0.0]
    monkeypatch.setattr(work, "perf_counter", lambda: now[0])
    monkeypatch.setattr(work, "process_time", lambda: now[0] / 2)

    def passing(seconds: float) -> float:
        now[0] += seconds
        return 3.0

    form = work.Form("f", "w", lambda: passing(4.0), dict, lambda: passing(100.0))
    assert work.paced(form, 10.0) == work.Pace(hours=9.0, wall=12.0, cpu=6.0)
    assert work.paced(form, 0.0) == work.Pace(hours=3.0, wall=4.0, cpu=2.0)


def test_a_cohort_goes_through_the_day(benchmarks: Any) -> None:
    own, day = benchmarks("twin_own"), benchmarks("twin_work").day()
    size = own.Size("few", 6, "float64")
    bodies, moment = own.cohort(size, day)
    seen = list(own.hours(bodies, moment, day))
    assert len(seen) == HOURS
    dose = [float(one[f"dose.{day.drug}"][0]) for one in seen]
    assert dose == pytest.approx(day.hourly)
    pressure = [one["MAP"] for one in seen]
    most, least = day.hourly.index(max(day.hourly)), len(day.hourly) - 1
    assert (pressure[most] > pressure[least]).all()
    assert all(one.shape == (6,) and (one > 0).all() for one in pressure)


def test_single_precision_gives_the_same_pressure(benchmarks: Any) -> None:
    own, work = benchmarks("twin_own"), benchmarks("twin_work")
    day, most = work.day(), work.record()["agreement"]["most"]
    ends = []
    for precision in ("float64", "float32"):
        seen = list(own.hours(*own.cohort(own.Size("few", 40, precision), day), day))
        assert {str(one["MAP"].dtype) for one in seen} == {precision}
        ends.append([one["MAP"] for one in seen])
    off = max(float(abs(one - two).max()) for one, two in zip(*ends, strict=True))
    assert 0 < off < most


def test_every_size_starts_and_no_peer_is_beside_nothing(benchmarks: Any) -> None:
    own, work = benchmarks("twin_own"), benchmarks("twin_work")
    sizes = {size.name: size for size in own.sizes(3)}
    assert {size.patients for size in sizes.values()} == {1, 3}
    record = work.record()
    assert {one["beside"] for one in record["peer"]} <= set(sizes)
    assert [one["name"] for one in record["peer"]] == list(PEERS)
    assert {goal["ours"] for goal in record["goal"] if "ours" in goal} <= set(sizes)
    assert {goal["peer"] for goal in record["goal"] if "peer" in goal} <= set(PEERS)
    for size in sizes.values():
        made = own.form(size, work.day())
        assert work.paced(made, 0.001).hours % size.patients == 0
        assert all(math.isfinite(one) and one > 0 for one in made.shown().values())


def test_the_smaller_ratio_is_held_against_the_goal(benchmarks: Any) -> None:
    run = benchmarks("twin_run")
    peer = {"peer": "p", "beside": "s", "forms": [{"form": "f", "rate": {"wall": 1.0, "cpu": 4.0}}]}
    peer["ours"] = {"wall": 30.0, "cpu": 80.0}
    compared = {"ours": [{"name": "s", "rate": {"wall": 7.0, "cpu": 9.0}}], "peers": [peer]}
    goal = {"ours": "s", "peer": "p", "form": "f"}
    assert run.reach(goal, compared) == 20.0
    assert run.reach({"ours": "s"}, compared) == 9.0
    assert run.reach({**goal, "peer": "absent"}, compared) is None
    assert run.reach({**goal, "jax": "j"}, compared) is None
    jax = {"peer": "jax", "forms": [{"form": "j", "rate": {"wall": 5.0, "cpu": 40.0}}]}
    assert run.reach({"jax": "j", "peer": "p", "form": "f"}, {**compared, "peers": [peer, jax]}) == 5.0


def test_the_fastest_process_of_a_peer_counts(benchmarks: Any) -> None:
    run = benchmarks("twin_run")
    slow, fast = {"peer": "p", "forms": [form(1.0)]}, {"peer": "p", "forms": [form(9.0)]}
    found = run.fastest([slow, fast])
    assert found["forms"][0]["rate"] == {"wall": 4.5, "cpu": 9.0}
    assert run.mean([run.rate(form(1.0)), run.rate(form(9.0))]) == run.Rate(2.5, 5.0)


def test_jax_too_far_from_numpy_is_an_error(benchmarks: Any) -> None:
    run = benchmarks("twin_run")

    def compared(off: float) -> dict[str, Any]:
        return {"peers": [{"peer": "jax", "forms": [{"shown": {"MAP_apart": off}}]}]}

    assert not run.disagrees({"peers": []})
    assert not run.disagrees(compared(0.05))
    assert run.disagrees(compared(0.06))
    assert run.disagrees(compared(math.nan))


def test_a_peer_that_fails_is_said_and_the_table_stands(benchmarks: Any, tmp_path: Path) -> None:
    run = benchmarks("twin_run")
    failed = run.run_peer(Path(sys.executable), "sepsisim", 0.01)
    assert failed["failed"], "this environment has no sepsisim, so its script cannot run here"
    compared = run.compare(str(tmp_path), run.Effort(seconds=0.001, processes=1, most=2))
    assert [peer["failed"] for peer in compared["peers"]] == ["has no environment; make bench makes it"] * len(PEERS)
    text = run.table(compared)
    assert text.count("has no environment") == len(PEERS)
    assert "Vasotone, NumPy, 20,480" in text
    assert "not measured" in text


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_goes_through_the_day(peer: str, benchmarks: Any) -> None:
    python = ROOT / ".bench" / peer / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{peer} has no environment here; make bench makes it")
    found = benchmarks("twin_run").run_peer(python, peer, 0.01)
    assert "failed" not in found, found
    assert found["version"]
    for one in found["forms"]:
        assert one["hours"] > 0 and one["wall"] > 0 and one["what"]
        assert all(math.isfinite(value) for value in one["shown"].values())
    assert not benchmarks("twin_run").disagrees({"peers": [found]})
