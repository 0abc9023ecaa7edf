"""A published study run again on virtual patients: draw, match, run, and compare with what was published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from vasotone.facts_physiology import Physiology, physiology
from vasotone.twin import cohort, filters, numpy, score
from vasotone.twin.cohort import Moves, Plan
from vasotone.twin.filters import Group
from vasotone.twin.protocol import units
from vasotone.twin.score import Run, Scored
from vasotone.twin.study_record import Study

Array = Any
PILOT = 300  # candidates of a pilot of the match
MOST_DRAWN = 40  # candidates for each patient that is wanted, at most
SIZES = (1, 1.2, 1.5, 2, 3, 4, 6, 8)  # of a batch, as multiples of what is still wanted
MARGIN = 1.05  # more candidates than the share kept asks for
FEWEST = 30  # patients without whom nothing can be compared
ENOUGH = 0.85  # of the total weight: the study format's pass rule


class Level(NamedTuple):
    """One variable at one measurement: mean, SD, median and quartiles over the patients."""

    unit: str
    mean: float
    sd: float
    median: float
    q1: float
    q3: float


class Driven(NamedTuple):
    """One drive beside what was reached, in the drive's unit."""

    variable: str
    simulated: float
    target: float
    tol: float
    unit: str
    met: bool


class StudyResult(NamedTuple):
    """One study on its cohort.

    n       patients that count; `share` of the draws that the filters kept
    levels  measurement -> variable -> level, in the twin's units
    missed  patients who missed the target of a titration
    invalid a drive was missed, or too few patients were left; `why` says which
    """

    study: Study
    n: int
    share: float
    levels: dict[str, dict[str, Level]]
    missed: int
    drives: tuple[Driven, ...]
    invalid: bool
    why: str
    scores: tuple[Scored, ...]

    def passed(self, one: Scored) -> bool:
        """Whether a score counts as passed: none does in an invalid run."""
        return one.passed and not self.invalid


class Totals(NamedTuple):
    """The pass rule over studies: weight of modelled scores, critical ones missed, signs reversed, invalid runs."""

    weight: float
    inside: float
    entries: int
    entries_inside: int
    critical: int
    critical_missed: tuple[str, ...]
    reversed: tuple[str, ...]
    invalid: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the weight that lies inside, 0 without any."""
        return self.inside / self.weight if self.weight else 0.0

    @property
    def passed(self) -> bool:
        """Whether all four parts of the rule hold."""
        return self.share >= ENOUGH and not (self.critical_missed or self.reversed or self.invalid)


def run(
    study: Study, *, n: int | None = None, seed: int | None = None, parameters: Physiology | None = None,
    matched: tuple[Moves, float] | None = None,
) -> StudyResult:  # fmt: skip
    """One study on `n` patients (the number of its file by default), repeatable from its own seed; `seed` is added.

    `matched` is what `match` gave for the same study before, and spares it.
    """
    parameters = parameters or physiology()
    seeds = seeds_of(study, seed)
    wanted = n or study.cohort.n
    drawn = cohort.plan(study, parameters)
    moves, share = matched or match(study, drawn, seeds, parameters)
    groups: list[Group] = []
    tried = found = 0
    while found < wanted and tried < MOST_DRAWN * wanted:
        size = batch_size(wanted - found, share)
        batch = (*seeds, len(groups) + 1)
        patients = cohort.draw(drawn, moves, size, batch, parameters)
        index = numpy.flatnonzero(cohort.sound(drawn, patients, parameters))
        groups.append(filters.followed(study, drawn, patients, index, batch, parameters))
        tried, found = tried + size, found + groups[-1].index.size
        share = found / tried
    return result(study, groups, wanted, share)


def batch_size(wanted: int, share: float) -> int:
    """How many candidates to draw at once; few sizes, so that a small change of the share draws the same patients."""
    asked = 1.0 if share >= 1 else MARGIN / max(share, 1e-9)
    return max(math.ceil(wanted * next((size for size in SIZES if size >= asked), SIZES[-1])), 2)


def seeds_of(study: Study, seed: int | None) -> tuple[int, ...]:
    """Where the random numbers of a study begin."""
    return (study.cohort.seed,) if seed is None else (study.cohort.seed, seed)


def match(study: Study, drawn: Plan, seeds: tuple[int, ...], parameters: Physiology) -> tuple[Moves, float]:
    """Moves of the laws after which the kept patients have the published baseline, and the share that is kept."""

    def keep(patients: cohort.Patients, sound: Array) -> Array:
        return filters.left(study, drawn, patients, sound, (*seeds, 0), parameters)

    return cohort.matched(drawn, PILOT if study.cohort.include else 2 * PILOT, seeds, parameters, keep)


def gathered(groups: Sequence[Group], wanted: int) -> tuple[Run, Array]:
    """The first `wanted` patients of all batches as one run, and who of them missed a target."""
    groups = [one for one in groups if one.index.size] or groups[:1]
    first = groups[0].done
    levels = {
        name: {key: numpy.concatenate([one.done.levels[name][key] for one in groups])[:wanted] for key in known}
        for name, known in first.levels.items()
    }
    traces = {
        key: numpy.concatenate([numpy.asarray(one.done.traces[key]) for one in groups], axis=1)[:, :wanted]
        for key in first.traces
    }
    weight = numpy.concatenate([one.weight for one in groups])[:wanted]
    missed = numpy.concatenate([one.done.missed for one in groups])[:wanted]
    return Run(levels, weight, first.times, first.paths, first.minutes, traces), missed


def result(study: Study, groups: Sequence[Group], wanted: int, share: float) -> StudyResult:
    """What a cohort gives for every drive and score of its study."""
    run_, missed = gathered(groups, wanted)
    n = int(run_.weight.size)
    known = units()
    if n < min(FEWEST, wanted):
        blank = tuple(Scored(one, None, None, not one.requires, False, False) for one in study.scores)
        return StudyResult(
            study, n, share, {}, int(missed.sum()), (), True, "too few patients pass the filters", blank
        )
    drives = tuple(
        Driven(one.variable, score.drive_value(run_, one), one.target, one.tol, one.unit, score.drive_met(run_, one))
        for one in study.drives
    )
    off = [one for one in drives if not one.met]
    why = "; ".join(f"{one.variable} {one.simulated:.1f} instead of {one.target:g}" for one in off)
    levels = {name: {key: level(values, known.get(key, "")) for key, values in one.items()}
              for name, one in run_.levels.items()}  # fmt: skip
    scores = tuple(score.judged(run_, one) for one in study.scores)
    return StudyResult(study, n, share, levels, int(missed.sum()), drives, bool(off), why, scores)


def level(values: Array, unit: str) -> Level:
    """Centre and spread of one variable."""
    q1, median, q3 = numpy.quantile(values, [0.25, 0.5, 0.75])
    return Level(unit, float(numpy.mean(values)), float(numpy.std(values)), float(median), float(q1), float(q3))


def counts(result: StudyResult, one: Scored) -> bool:
    """Whether a score enters the totals: it is modelled, has weight, and has something to be compared with."""
    compared = one.score.accept is not None or one.score.form == "order" or one.score.sign in ("+", "-")
    return one.modelled and one.score.weight > 0 and compared


def totals(results: Sequence[StudyResult]) -> Totals:
    """The pass rule over some studies."""
    rows = [(found, one) for found in results for one in found.scores if counts(found, one)]
    critical = [(found, one) for found in results for one in found.scores if one.score.critical]

    def names(picked: list[tuple[StudyResult, Scored]]) -> tuple[str, ...]:
        return tuple(f"{found.study.id} {one.score.id}" for found, one in picked)

    return Totals(
        weight=sum(one.score.weight for _, one in rows),
        inside=sum(one.score.weight for found, one in rows if found.passed(one)),
        entries=len(rows),
        entries_inside=sum(found.passed(one) for found, one in rows),
        critical=len(critical),
        critical_missed=names([pair for pair in critical if not pair[0].passed(pair[1])]),
        reversed=names([pair for pair in rows if pair[1].reversed]),
        invalid=tuple(found.study.id for found in results if found.invalid),
    )
