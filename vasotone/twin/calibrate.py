"""Calibration: a few population gains moved by least squares, so that simulated results come near the published ones.

Every trial of values draws the same virtual patients (common random numbers), so the result moves only by the values.
A result inside its accept range costs little, one outside its distance, up to a most so that no single one rules;
each gain is held near its prior value. Nothing is tuned for a study: the same values hold for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from vasotone.facts_physiology import Parameter, Physiology
from vasotone.twin import cohort, numpy, trial
from vasotone.twin.cohort import Moves
from vasotone.twin.score import Scored
from vasotone.twin.study_record import Bolus, Legs, Study
from vasotone.twin.study_units import key_of
from vasotone.twin.trial import StudyResult

Array = Any
PATIENTS = 400
PATIENTS_LEFT_OUT = 150  # where it is run for each paper apart
ROUNDS = 10
PRIOR = 1.5  # SD of the logarithm within which a gain may lie; of a gain that starts at zero, of its unit scale
NUDGE = 0.08  # of a working value, for a derivative
MOST = 1.7  # that a residual can come to, so that one study out of reach does not rule the others
WELL_INSIDE, LITTLE, STEEP = 0.5, 0.25, 2.0  # half widths that cost little, how little, and the slope beyond
UNKNOWN = 3.0  # residual of a result without a value, and of an invalid run
CRITICAL = 2.0  # weight of a residual that must not fail
SIGN_MARGIN = 0.02  # of the level: how far beyond zero a change is asked to lie in the fit where only its sign counts
DAMPING = (1.0, 4.0, 15.0, 60.0)
BACK = 5.0  # as much again, for a second smaller step of a calibration without a paper
GAIN = 0.1  # of the cost, that a round must bring
FARTHEST = 0.5  # of a working value in one step
# receptors by the ending of a gain's name, with the drugs that act on them; and what matters for volume alone
AGONISTS = {
    "_v1": {"vasopressin"},
    "_at1": {"angiotensin_ii"},
    "_dilator": {"epinephrine", "dopamine", "dobutamine"},
}
FIRST = "norepinephrine"  # of a body without any drug: its own
VOLUME = ("leg_volume", "relax_share", "relax_tau", "k12", "k21", "k_loss")


class Fit(NamedTuple):
    """What a calibration found.

    values       {id: value}; `before` the same at the start
    spread       SD of the working value (a logarithm, or the value itself where it starts at zero)
    correlation  (ids, ids) of the working values, from the curvature at the end
    cost         half the sum of squares, before and after
    totals       the pass rule with these values
    """

    values: dict[str, float]
    before: dict[str, float]
    spread: dict[str, float]
    correlation: Array
    cost: tuple[float, float]
    totals: trial.Totals


class Task(NamedTuple):
    """Everything that does not change while values are tried."""

    studies: tuple[Study, ...]
    parameters: Physiology
    ids: tuple[str, ...]
    seed: int
    patients: int


def working(parameter: Parameter) -> float:
    """The number that the search moves: the logarithm, or the value itself where it starts at zero."""
    return math.log(parameter.value) if parameter.value > 0 else 0.0


def value_of(parameter: Parameter, number: float) -> float:
    """The parameter's value for a working number, held inside its bounds."""
    value = math.exp(number) if parameter.value > 0 else number
    return min(max(value, parameter.low), parameter.high)


def with_values(task: Task, numbers: Array) -> Physiology:
    """The twin's numbers with these working values."""
    known = [task.parameters.by_id(identifier) for identifier in task.ids]
    return task.parameters.replaced({
        one.id: value_of(one, float(number)) for one, number in zip(known, numbers, strict=True)
    })  # fmt: skip


def residuals_of(found: StudyResult) -> list[float]:
    """One residual for each score that counts, in half widths of its range, times the root of its weight."""
    made = []
    for one in found.scores:
        if trial.counts(found, one):
            heavy = CRITICAL if one.score.critical else 1.0
            made.append(heavy * math.sqrt(one.score.weight) * off(found, one))
            made.append(wrong_way(found, one) if one.score.significant else 0.0)
    return made + [max(0.0, abs(one.simulated - one.target) / max(one.tol, 1e-9) - 1) for one in found.drives]


def wrong_way(found: StudyResult, one: Scored) -> float:
    """How far a change that was significant goes the other way, in margins of a sign."""
    if one.score.sign not in ("+", "-") or one.change is None:
        return 0.0
    wanted = 1.0 if one.score.sign == "+" else -1.0
    return CRITICAL * soft(max(0.0, 1.0 - wanted * one.change / (SIGN_MARGIN * size_of(found, one))))


def off(found: StudyResult, one: Scored) -> float:
    """How far one result lies from where it was published."""
    value = one.simulated
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return UNKNOWN
    if isinstance(value, list):
        size = max(abs(max(value)), 1e-9)
        return soft(sum(max(0.0, a - b) for a, b in zip(value, value[1:], strict=False)) / size / SIGN_MARGIN)
    if one.score.accept is not None:
        low, high = one.score.accept
        return soft((value - (low + high) / 2) / max((high - low) / 2, 1e-9))
    margin = SIGN_MARGIN * size_of(found, one)
    wanted = 1.0 if one.score.sign == "+" else -1.0
    return soft(max(0.0, 1.0 - wanted * (one.change or 0.0) / margin))


def size_of(found: StudyResult, one: Scored) -> float:
    """The size of the level whose change has a sign to meet, in the unit of the result."""
    if one.score.form != "delta" or one.score.percent:
        return 100.0 if one.score.form in ("delta_pct", "delta") else 1.0
    if one.score.stat == "fraction" or not one.score.start:
        return 1.0
    level = found.levels.get(one.score.start, {}).get(key_of(one.score.variable))
    return max(abs(level.mean), 1e-9) if level else 1.0


def soft(residual: float) -> float:
    """A residual that hardly counts well inside a range, then steeply, and levels off: a miss is a miss."""
    size = abs(residual)
    size = LITTLE * min(size, WELL_INSIDE) + STEEP * max(size - WELL_INSIDE, 0.0)
    return math.copysign(MOST * math.tanh(size / MOST), residual)


class Tried(NamedTuple):
    """One study with some values: its residuals, its result, and how its baseline was matched."""

    residuals: Array
    result: StudyResult
    matched: tuple[Moves, float]


def one_study(task: tuple[Study, Physiology, int, int, tuple[Moves, float] | None]) -> Tried:
    """One study with some values; the match of its baseline is made anew unless one is given."""
    study, parameters, seed, patients, matched = task
    if matched is None:
        drawn = cohort.plan(study, parameters)
        matched = trial.match(study, drawn, trial.seeds_of(study, seed), parameters)
    found = trial.run(study, n=patients, seed=seed, parameters=parameters, matched=matched)
    return Tried(numpy.asarray(residuals_of(found)), found, matched)


Tell = Callable[[str], Any]
Runner = Callable[[Sequence[Any]], list[Tried]]


def evaluate(task: Task, numbers: Array, runner: Runner) -> list[Tried]:
    """Every study with these working values."""
    parameters = with_values(task, numbers)
    return runner([(one, parameters, task.seed, task.patients, None) for one in task.studies])


def touches(study: Study, identifier: str, parameters: Physiology) -> bool:
    """Whether a parameter can change a study at all: its drug, receptor, context or volume must occur."""
    one = parameters.by_id(identifier)
    name = one.id.removesuffix(f".{one.context}") if one.context else one.id
    if parameters.get(name, study.cohort.context).id != one.id:
        return False  # the context has a number of its own
    drugs = set(study.drugs()) or {FIRST}
    owner, point, _ = name.partition(".")
    if point and owner not in drugs:
        return False
    for ending, agonists in AGONISTS.items():
        if name.endswith(ending) and not drugs & agonists:
            return False
    if name in VOLUME:
        legs = any(one.kind == "plr" for one in study.cohort.include)
        return legs or any(isinstance(step, Legs | Bolus) for step in study.steps)
    return True


def jacobian(task: Task, numbers: Array, start: list[Tried], runner: Runner) -> list[Array]:
    """The derivative of the residuals, study by study, (residuals, ids)."""
    jobs, places = [], []
    for place, identifier in enumerate(task.ids):
        moved = numbers.copy()
        moved[place] += NUDGE
        parameters = with_values(task, moved)
        for at, one in enumerate(task.studies):
            if touches(one, identifier, task.parameters):
                jobs.append((one, parameters, task.seed, task.patients, start[at].matched))
                places.append((at, place))
    slopes = [numpy.zeros((one.residuals.size, len(task.ids))) for one in start]
    for (at, place), found in zip(places, runner(jobs), strict=True):
        slopes[at][:, place] = (found.residuals - start[at].residuals) / NUDGE
    return slopes


def cost_of(tried: list[Tried], numbers: Array, prior: Array) -> float:
    """Half the sum of squares of results and of the distance from the prior values."""
    return 0.5 * sum(float(numpy.sum(one.residuals**2)) for one in tried) + 0.5 * float(
        numpy.sum(((numbers - prior) / PRIOR) ** 2)
    )


def step_from(slopes: list[Array], residuals: list[Array], numbers: Array, prior: Array, damping: float) -> Array:
    """One Gauss-Newton step with the prior, and so much more weight on staying."""
    curve = sum((one.T @ one for one in slopes), numpy.eye(numbers.size) / PRIOR**2)
    slope = sum((a.T @ b for a, b in zip(slopes, residuals, strict=True)), (numbers - prior) / PRIOR**2)
    return -numpy.linalg.solve(curve + damping * numpy.eye(numbers.size), slope)


class Round(NamedTuple):
    """One step of a calibration that lowered the cost: the slopes that it used, and how much it was held back."""

    slopes: list[Array]
    damping: float


def fit(task: Task, runner: Runner, tell: Tell, rounds: int = ROUNDS) -> tuple[Fit, list[Round]]:
    """Move the values from where they stand until a round gains nothing; with them the steps that were taken."""
    prior = numpy.array([working(task.parameters.by_id(one)) for one in task.ids])
    numbers = prior.copy()
    now = evaluate(task, numbers, runner)
    cost = first = cost_of(now, numbers, prior)
    path: list[Round] = []
    slopes: list[Array] = []
    for round_ in range(rounds):
        slopes = jacobian(task, numbers, now, runner)
        best = None
        for damping in DAMPING:
            step = step_from(slopes, [one.residuals for one in now], numbers, prior, damping)
            tried = numbers + numpy.clip(step, -FARTHEST, FARTHEST)
            there = evaluate(task, tried, runner)
            new = cost_of(there, tried, prior)
            if best is None or new < best[0]:
                best = (new, tried, there, damping)
        if best is None or best[0] > cost - GAIN:
            break
        cost, numbers, now, damping = best
        path.append(Round(slopes, damping))
        tell(f"round {round_ + 1}: cost {cost:.1f}, {trial.totals([one.result for one in now]).share:.1%} inside")
    curve = sum((one.T @ one for one in slopes), numpy.eye(numbers.size) / PRIOR**2)
    spread = numpy.linalg.inv(curve)
    size = numpy.sqrt(numpy.diag(spread))
    known = [task.parameters.by_id(one) for one in task.ids]
    found = Fit(
        values={one.id: value_of(one, float(number)) for one, number in zip(known, numbers, strict=True)},
        before={one.id: one.value for one in known},
        spread=dict(zip(task.ids, size.tolist(), strict=True)),
        correlation=spread / numpy.outer(size, size),
        cost=(first, cost),
        totals=trial.totals([one.result for one in now]),
    )
    return found, path


class Left(NamedTuple):
    """A calibration that one paper has no part in, on its way."""

    paper: str
    numbers: Array
    tried: list[Tried]
    cost: float


def left_out(task: Task, path: list[Round], runner: Runner) -> trial.Totals:
    """The pass rule where each paper is predicted by a calibration that began at the start and never saw it.

    Each such calibration runs its own rounds on the results of its own values. Only the slopes are those of the
    calibration on all papers (without the rows of the paper). A step counts where it lowers that cost.
    """
    task = task._replace(patients=min(task.patients, PATIENTS_LEFT_OUT))
    prior = numpy.array([working(task.parameters.by_id(one)) for one in task.ids])
    start = evaluate(task, prior, runner)
    papers = list(dict.fromkeys(one.study for one in task.studies))
    rest = {paper: [at for at, one in enumerate(task.studies) if one.study != paper] for paper in papers}
    states = []
    for paper in papers:
        tried = [start[at] for at in rest[paper]]
        states.append(Left(paper, prior, tried, cost_of(tried, prior, prior)))
    for round_ in path:
        for factor in (1.0, BACK):
            states = rounds_of(task, round_, factor, states, rest, prior, runner)
    jobs = []
    for state in states:
        parameters = with_values(task, state.numbers)
        own = [one for one in task.studies if one.study == state.paper]
        jobs += [(one, parameters, task.seed, task.patients, None) for one in own]
    return trial.totals([one.result for one in runner(jobs)])


def rounds_of(
    task: Task, round_: Round, factor: float, states: list[Left], rest: dict[str, list[int]], prior: Array,
    runner: Runner,
) -> list[Left]:  # fmt: skip
    """One more round of every calibration that a paper has no part in; one that gains nothing stays as it is."""
    jobs, proposed = [], []
    for state in states:
        slopes = [round_.slopes[at] for at in rest[state.paper]]
        residuals = [one.residuals for one in state.tried]
        step = step_from(slopes, residuals, state.numbers, prior, round_.damping * factor)
        proposed.append(state.numbers + numpy.clip(step, -FARTHEST, FARTHEST))
        parameters = with_values(task, proposed[-1])
        jobs += [(task.studies[at], parameters, task.seed, task.patients, None) for at in rest[state.paper]]
    found, made = runner(jobs), []
    for state, numbers in zip(states, proposed, strict=True):
        tried, found = found[: len(state.tried)], found[len(state.tried) :]
        cost = cost_of(tried, numbers, prior)
        made.append(Left(state.paper, numbers, tried, cost) if cost < state.cost else state)
    return made
