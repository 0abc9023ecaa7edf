"""Every condition of every profile, on 200,000 rows at its thresholds, by all engines: no disagreement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.differential import run
from tests.differential.compare import Bench
from tests.differential.every_condition import Asked, gather
from vasotone import facts, lang

ROWS = 200_000
SEED = 1
BENCHES = 4


@pytest.fixture(scope="module")
def asked(repository: object) -> Asked:
    """Everything that is compared."""
    return gather(str(repository))


def check(rows: int, seed: int, part: tuple[int, int]) -> tuple[int, int]:
    """One part of a run: nothing differs, and every condition was seen true and false."""
    total = run.joined(map(run.chunk, run.tasks_of(rows, seed, part)))
    assert total.differing == 0, "\n".join(total.told)
    assert total.rows and total.compared > 1000 * total.rows
    asked = gather(str(run.ROOT))
    assert [asked.origin[key] for key in asked.whole if not total.seen[key] >= {True, False}] == []
    return total.differing, total.compared


@pytest.mark.parametrize("part", [1, 2])
def test_all_engines_agree(part: int, figure: Callable[[str, int, int], None]) -> None:
    figure("differential", *check(ROWS, SEED, (part, 2)))


def test_everything_that_has_a_condition_is_compared(asked: Asked) -> None:
    said = {lang.to_text(node) for _, node in asked.outputs}
    packaged = facts.load()
    for profile in packaged.profiles:
        for entry in packaged.compiled(profile).entries:
            own = {"map_low"} & set(lang.node.names(entry.when, {}))  # it has its own name for other editions
            assert own or lang.to_text(entry.when) in said, entry.statement
    origins = " ".join(asked.origin.values())
    for kind in ("when", "unless", "points", "consistency", "prohibition", "definition", "clause"):
        assert kind in origins
    assert len(asked.rails) == 2 * (len(packaged.profiles) + 1)  # and those of the example site


def test_rows_are_the_same_for_the_same_seed_and_lie_on_every_threshold(asked: Asked) -> None:
    from tests.differential.boundary_rows import Rows, thresholds

    first, again = Rows(asked, 3).chunk(0, 25_000), Rows(asked, 3).chunk(0, 25_000)
    assert first.equals(again, null_equal=True)
    assert not first.equals(Rows(asked, 4).chunk(0, 25_000), null_equal=True)
    for name, turning in thresholds(asked).items():
        assert turning <= set(first[name].unique().to_list()), name
        assert first[name].null_count() > 1000, name
        assert first[name].is_nan().sum() == 0, name


def test_a_clause_over_two_columns_is_put_to_its_turn(asked: Asked) -> None:
    with Bench(asked, 2) as bench:
        frame = bench.rows.chunk(0, 25_000)
    tied = frame.filter(frame["lactate"] == 0.9 * frame["lactate_previous"])
    beside = frame.filter(frame["lactate"] == 0.9 * frame["lactate_previous"] * (1 + 2.0**-52))
    assert len(tied) > 100 and len(beside) > 100
