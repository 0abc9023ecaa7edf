"""A published study as a protocol: the records that a study file becomes."""

from __future__ import annotations

from typing import NamedTuple

from vasotone.twin.study_units import SAME, Scale


class Spread(NamedTuple):
    """A published distribution of one variable or dose, in the file's unit.

    shape   "mean", "median", "range" or "prior" (not published: the twin's own)
    centre  mean or median; sd only with a mean, q1 and q3 only with a median; low and high bound the draws
    """

    shape: str
    centre: float | None = None
    sd: float | None = None
    q1: float | None = None
    q3: float | None = None
    low: float | None = None
    high: float | None = None
    scale: Scale = SAME
    assumed: str = ""


class Bound(NamedTuple):
    """What a level or a change must reach, in the file's unit; None where it is not asked."""

    low: float | None
    high: float | None
    scale: Scale


class Filter(NamedTuple):
    """Who counts: by a level (`at`, empty for the first one), a test leg raise, or a change in the protocol."""

    kind: str
    variable: str
    bound: Bound
    at: str = ""
    start: str = ""
    end: str = ""


class Measure(NamedTuple):
    """Store every variable of every patient under a name."""

    name: str


class Target(NamedTuple):
    """Where a titration goes: an own draw for each patient, or from an earlier measurement by `delta` or `pct`."""

    spread: Spread | None
    start: str = ""
    delta: float | None = None
    pct: float | None = None
    pct_sd: float = 0.0


class Titrate(NamedTuple):
    """Change one infusion until MAP meets the target; `only` is "up", "down" or empty; `within` in minutes."""

    drug: str
    target: Target
    only: str
    highest: float | None
    scale: Scale
    within: float | None


class SetDose(NamedTuple):
    """A new dose: `kind` is value, delta or factor; `sd` is the spread between patients."""

    drug: str
    kind: str
    amount: float
    sd: float
    scale: Scale


class Stop(NamedTuple):
    """End one infusion."""

    drug: str


class Wait(NamedTuple):
    """Let time pass, in minutes; None until the slowest running drug is in steady state."""

    minutes: float | None


class Legs(NamedTuple):
    """Raise the legs or lay them flat."""

    raised: bool


class Bolus(NamedTuple):
    """A volume of crystalloid in mL, or mL/kg where `per_kg`, over so many minutes."""

    volume: float
    per_kg: bool
    minutes: float


class Restore(NamedTuple):
    """Back to the full state of an earlier measurement."""

    name: str


Step = Measure | Titrate | SetDose | Stop | Wait | Legs | Bolus | Restore


class Drive(NamedTuple):
    """What must be matched or the run is invalid: a level `at`, or a change (`percent` or not) from start to end."""

    variable: str
    at: str
    start: str
    end: str
    target: float
    tol: float
    percent: bool
    scale: Scale
    unit: str


class Event(NamedTuple):
    """What happens to a patient: bounds of a level, a change or a percent change; any of them is enough."""

    level: Bound
    change: Bound
    percent: Bound


class Among(NamedTuple):
    """Only these patients count: those with this event between two measurements."""

    variable: str
    start: str
    end: str
    event: Event


class Score(NamedTuple):
    """One published result and how to work out the same from a cohort.

    form     how it is worked out: delta, delta_pct, ratio, slope, range or order
    accept   low and high, limits included, or None where only the sign (or the order) counts; never used in
             working out what was simulated
    scale    from `unit`, the unit of the accept range, to the twin's
    """

    id: str
    variable: str
    stat: str
    form: str
    accept: tuple[float, float] | None
    unit: str
    scale: Scale
    sign: str
    start: str
    end: str
    at: str
    levels: bool
    percent: bool
    order: tuple[str, ...]
    per: str
    per_scale: Scale
    versus: tuple[str, str] | None
    over: tuple[str, str] | None
    event: Event | None
    among: Among | None
    beside: tuple[str, str] | None
    after: str
    critical: bool
    weight: float
    significant: bool | None
    requires: str
    reported: float | None


class Cohort(NamedTuple):
    """Whom to draw: how many, from which seed, in which context, and what is known at the first measurement."""

    n: int
    seed: int
    context: str
    baseline: dict[str, Spread]
    on: dict[str, Spread]
    include: tuple[Filter, ...]


class Study(NamedTuple):
    """One study file."""

    id: str
    study: str
    slot: str
    citation: str
    title: str
    population: str
    notes: str
    n_published: int | None
    read: str
    cohort: Cohort
    steps: tuple[Step, ...]
    drives: tuple[Drive, ...]
    scores: tuple[Score, ...]

    def measures(self) -> tuple[str, ...]:
        """The names of the measurements, in order."""
        return tuple(step.name for step in self.steps if isinstance(step, Measure))

    def drugs(self) -> tuple[str, ...]:
        """Every drug that runs or is changed."""
        changed = [step.drug for step in self.steps if isinstance(step, Titrate | SetDose | Stop)]
        return tuple(dict.fromkeys([*self.cohort.on, *changed]))
