"""A sample of all slips in the data: something must notice every one, or it must be known why nothing can.

The whole set is a long run, in parts: `python -m tests.datamut.run --part 1/4`.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from functools import cache

import pytest

import vasotone
from tests.datamut import conditions, golden, judging, mutants, proof, run, source_lines
from tests.datamut.killing import EQUIVALENT, SURVIVED, Killer
from tests.datamut.mutants import Mutant

SAMPLE = 800
LEAST = 0.99


@cache
def killer() -> Killer:
    return Killer()


@cache
def listed() -> tuple[Mutant, ...]:
    return tuple(mutants.listed(mutants.trees()))


def sample() -> Iterator[Mutant]:
    """As many of each file and kind as their share, at least three, the same at every run."""
    groups: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in listed():
        groups.setdefault((mutant.file, mutant.kind), []).append(mutant)
    chance = random.Random(20261122)
    for group in groups.values():
        count = max(3, round(SAMPLE * len(group) / len(listed())))
        yield from chance.sample(group, min(count, len(group)))


def told(outcome: run.Outcome) -> tuple[int, int]:
    """How many slips were noticed, of those that could be."""
    return len(outcome.noticed), len(outcome.noticed) + len(outcome.survived)


def test_a_sample_of_all_slips(figure: Callable[[str, int, int], None]) -> None:
    outcome = run.run(sample(), killer())
    assert run.enough(outcome, LEAST), run.report(outcome, 40)
    figure("data-mutants", *told(outcome))


def test_every_slip_in_doses_limits_and_plans(figure: Callable[[str, int, int], None]) -> None:
    outcome = run.run((one for one in listed() if one.file in run.TABLES), killer())
    assert not outcome.survived and not outcome.excused, run.report(outcome, 40)
    figure("table-mutants", *told(outcome))


def test_the_data_say_what_the_sources_say() -> None:
    lines, rows = source_lines.read()
    files = mutants.trees()
    found = source_lines.every_line(files)
    assert {key: found.get(key) for key in lines} == lines
    facts = vasotone.load()
    wrong = [
        row
        for row in rows
        if not source_lines.judge(row, files, facts.compiled(row.get("edition", "ssc-2026")).definitions)
    ]
    assert wrong == []


def test_the_invented_patients_are_advised_as_kept() -> None:
    """Whoever changes a fact on purpose runs `python -m tests.datamut.run --accept` and reads the difference."""
    kept, made = golden.read(), golden.made(mutants.trees())
    for part in made:
        differing = {key: (kept[part].get(key), one) for key, one in made[part].items() if kept[part].get(key) != one}
        assert differing == {}, f"{part}: kept, and as it is now"
        assert set(kept[part]) == set(made[part])


def test_the_short_way_judges_as_the_whole_advice_does() -> None:
    facts = vasotone.load()
    assert len(killer().people) == 2 * len(golden.named_patients())
    firing = [name for name, one in facts.whole().items() if "when" in one]
    for one, said in killer().people:
        for name in firing:
            verdict = judging.said(one, facts, name)
            short = (golden.SILENT, "") if verdict[0] in (golden.SILENT, "absent") else verdict
            assert short == said.get(name, (golden.SILENT, "")), (one.name, one.profile, name)


def test_nothing_is_changed_by_trying() -> None:
    before = copy.deepcopy(killer().files)
    for mutant in list(listed())[::197]:
        killer().kill(mutant)
    assert killer().files == before


def test_a_check_that_sees_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run itself must be able to fail."""
    monkeypatch.setattr(Killer, "kill", lambda self, mutant: SURVIVED)
    outcome = run.run(listed()[:50], killer())
    assert outcome.share == 0 and not run.enough(outcome, LEAST)


def test_an_excuse_names_a_slip_that_exists_and_survives() -> None:
    by_key = {mutant.key: mutant for mutant in listed()}
    assert len(by_key) == len(listed())
    excuses = run.excuses()
    assert set(excuses) <= set(by_key)
    assert all(why.strip() for why in excuses.values())
    few = list(excuses)[::6]  # each goes through the whole loader; the long run tries them all
    assert {key: by for key in few if (by := killer().kill(by_key[key])) != SURVIVED} == {}


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("norepinephrine > 0", "norepinephrine <> 0", True),
        ("norepinephrine > 0", "norepinephrine >= 0", False),
        ("assume(vasopressin, 0) = 0", "assume(vasopressin, 0) <= 0", True),
        ("map < 65", "map <= 65", False),
        ("septic and map < 65", "map < 65", False),
        ("known(lactate) and lactate > 2", "lactate > 2", False),
        ("norepinephrine + epinephrine > 0", "norepinephrine + epinephrine <> 0", False),  # too much to be proved
    ],
)
def test_a_proof_holds_for_what_is_the_same_only(before: str, after: str, same: bool) -> None:
    facts = vasotone.load()
    assert proof.same(before, after, facts.columns, facts.compiled("ssc-2026").definitions) is same


def test_every_kind_of_slip_is_made() -> None:
    kinds = {mutant.kind for mutant in listed()}
    assert kinds >= set(
        "number operator group clause not unless gate unit basis action target drug plan grade flag".split()
    )
    assert dict(conditions.numbers(0.05)) == {
        "x10": 0.5, "/10": 0.005, "x1000": 50.0, "x60": 3.0, "x2": 0.1, "sign": -0.05, "step": 0.06,
    }  # fmt: skip
    slips = {text for _, _, text in conditions.mutated("map < 65 and not child")}
    assert {"map <= 65 and not child", "map < 65 or not child", "map < 65 and child", "map < 65"} <= slips


def test_what_is_proved_is_set_aside() -> None:
    slip = "norepinephrine > 0: <> -> norepinephrine <> 0"
    of_statements = [mutant for mutant in listed() if mutant.file.startswith("statements/")]
    proved = next(mutant for mutant in of_statements if mutant.what.startswith(slip))
    assert killer().kill(proved) == EQUIVALENT
