"""Virtual patients: draws of what can be observed with what cannot, matched to a published baseline.

Published centres hold for the patients who are left after a study's filters. So the laws that are drawn from are
moved, a few times, by what the kept patients of a pilot lack: in centre and in spread, in units of normal scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from vasotone.errors import InputError
from vasotone.facts_physiology import Physiology
from vasotone.twin import cohort_laws as laws
from vasotone.twin import numpy
from vasotone.twin.body import Observed, Traits, draw_traits, possible
from vasotone.twin.cohort_laws import Law
from vasotone.twin.study_record import Spread, Study
from vasotone.twin.study_units import SAME, Scale

Array = Any
TREATED = "_treated"  # a prior that holds where a vasopressor runs
ML = 1000.0
# the field of `Observed` that each variable of a baseline is; others are derived below
FIELDS = {
    "MAP": "map", "HR": "hr", "CI": "ci", "CVP": "cvp", "LVEF": "lvef", "PAOP": "paop", "GEDVI": "gedvi",
    "weight": "weight", "SAPS_II": "saps2",
}  # fmt: skip
RATIOS = {"DAP": ("dap_ratio", "map")}  # drawn as a share of another field
GAPS = {"Pms": ("pms_gap", "cvp"), "PAP": ("pap_gap", "paop")}  # drawn as so much above another field
ROUNDS = 12
LARGEST, GROWTH = 8100, 3  # candidates of a pilot, and how much one that keeps few is enlarged
LEAST_GAIN = 0.3  # of what a move brings, between what is seen and what one score is worth
# The study format's tolerances of a centre, and of any other as a share of it. A variable that a filter cuts is left
# alone within most of its tolerance; all others are brought nearer.
TOLERANCES = {"MAP": 3.0, "CI": 0.2, "HR": 5.0, "GEDVI": 40.0}
TOLERANCE, MOST_OF = 0.1, 0.9
FARTHEST, NARROWEST, WIDEST = 3.0, 0.4, 2.0  # bounds of a move, in normal scores and in ratios of spread
FEWEST = 100  # kept patients of a pilot that tell something


class Entry(NamedTuple):
    """One published centre that the kept patients must have: of a variable, by moving the scores of `row`.

    near  how near is near enough, as a share of the centre; a variable that a filter cuts has no spread to match
    """

    variable: str
    row: str
    centre: float
    sd: float | None
    median: bool
    scale: Scale
    near: float = 0.01


class Plan(NamedTuple):
    """How to draw: a law for each row of normal scores, their correlations, and what must be matched."""

    context: str
    rows: tuple[str, ...]
    laws: dict[str, Law]
    pairs: dict[tuple[str, str], float]
    doses: dict[str, Scale]
    entries: tuple[Entry, ...]


class Moves(NamedTuple):
    """What has been added to the normal scores of a row, and what they were multiplied with."""

    by: dict[str, float]
    times: dict[str, float]


class Patients(NamedTuple):
    """Candidates: what is observed and what is drawn besides, (n,) each."""

    observed: Observed
    traits: Traits


def plan(study: Study, parameters: Physiology) -> Plan:
    """How to draw the cohort of a study: published distributions where there are any, else the context's priors."""
    context, on = study.cohort.context, study.cohort.on
    known = parameters.observable(context)
    priors: dict[str, Law] = {}
    for name, prior in known.items():
        if not name.endswith(TREATED):
            priors[name] = laws.of_parameter(known.get(name + TREATED, prior) if on else prior)
    pairs = parameters.correlations(context)
    limits = parameters.limits()
    wide = {name: law._replace(low=limits[name].low, high=limits[name].high) if name in limits else law
            for name, law in priors.items()}  # fmt: skip  # a published centre may lie beyond the prior's bounds
    found, entries = published(study, wide)
    rows = dict(priors) | found
    doses: dict[str, Scale] = {}
    for drug, spread in on.items():
        dose = parameters.dose_prior(context).get(drug)
        prior_law = laws.of_parameter(dose) if dose else None
        if spread.shape == "prior" and prior_law is None:
            raise InputError("the twin has no prior for this dose", where=f"{study.id}: cohort.on", seen=drug,
                             fix="give the distribution of the dose")  # fmt: skip
        row = f"dose.{drug}"
        one = spread.scale if spread.shape != "prior" else SAME
        skewed = prior_law._replace(low=0.0, high=math.inf) if prior_law else Law(True, 0.0, 1.0, 1.0, 0.0)
        rows[row], doses[drug] = laws.of_spread(spread, skewed), one
        if spread.shape != "prior" and spread.centre is not None:
            entries.append(entry(row, row, spread))
    return Plan(context, tuple(rows), rows, pairs, doses, tuple(cut(study, entries)))


def published(study: Study, priors: dict[str, Law]) -> tuple[dict[str, Law], list[Entry]]:
    """The laws that a baseline gives, by row, and the centres to match; what only follows from others is left out."""
    base = dict(study.cohort.baseline)
    found: dict[str, Law] = {}
    entries: list[Entry] = []
    for variable, row in FIELDS.items():
        if variable in base:
            found[row] = inward(laws.of_spread(base[variable], outward(priors[row], base[variable])), base[variable])
            entries.append(entry(variable, row, base[variable]))
    size = laws.middle(priors["bsa"])
    if "CI" not in base and "CO" in base:
        own = base["CO"]
        found["ci"] = inward(laws.of_spread(own, outward(priors["ci"].times(size), own)), own).times(1 / size)
        entries.append(entry("CO", "ci", own))
    stroke = stroke_index(base, size)
    if stroke and "ci" in found and "hr" not in found:
        found["hr"] = laws.moved(priors["hr"], laws.middle(found["ci"]) * ML / stroke, median=True)
    elif stroke and "ci" not in found:
        found["ci"] = laws.moved(priors["ci"], laws.middle(found.get("hr", priors["hr"])) * stroke / ML, median=True)
    laid = priors | found
    for table, law_of in ((RATIOS, laws.ratio_law), (GAPS, laws.gap_law)):
        for variable, (row, lower) in table.items():
            if variable in base:
                above = inward(laws.of_spread(base[variable], None), base[variable])
                found[row] = law_of(above, laid[lower], priors.get(row))
                entries.append(entry(variable, row, base[variable]))
    gap = base.get("Pms_minus_CVP")
    if gap is not None and "Pms" not in base:
        found["pms_gap"] = inward(laws.of_spread(gap, outward(priors["pms_gap"], gap)), gap)
        entries.append(entry("Pms_minus_CVP", "pms_gap", gap))
    return found, entries


def stroke_index(base: dict[str, Spread], size: float) -> float:
    """The published centre of SVI (mL/m2), or of SV for a body surface of `size` m2; 0 without either."""
    for variable, divisor in (("SVI", 1.0), ("SV", size)):
        if variable in base and base[variable].centre:
            return float(base[variable].scale.inward(base[variable].centre, 1.0)) / divisor
    return 0.0


def inward(law: Law, spread: Spread) -> Law:
    """A law of the file's unit in the twin's (no weight: only doses have one)."""
    return law if spread.scale.factor == 1 else law.times(spread.scale.factor)


def outward(law: Law, spread: Spread) -> Law:
    """A law of the twin's unit in the file's."""
    return law if spread.scale.factor == 1 else law.times(1 / spread.scale.factor)


def entry(variable: str, row: str, spread: Spread) -> Entry:
    """What must be matched of one published distribution, in the file's unit."""
    centre, sd = spread.centre or 0.0, spread.sd
    if spread.q1 is not None and spread.q3 is not None:
        sd = (spread.q3 - spread.q1) / 2 / laws.QUARTILE
    return Entry(variable, row, centre, sd, spread.shape == "median", spread.scale)


def cut(study: Study, entries: list[Entry]) -> list[Entry]:
    """What can be matched: a centre that a filter on its variable shuts out describes others, and is left out."""
    left = []
    for one in entries:
        own = [single.bound for single in study.cohort.include if single.kind == "level"
               and single.variable == one.variable and single.at in ("", study.measures()[0])]  # fmt: skip
        low = max((bound.low for bound in own if bound.low is not None), default=-math.inf)
        high = min((bound.high for bound in own if bound.high is not None), default=math.inf)
        if low <= one.centre <= high:
            left.append(one._replace(sd=None, near=MOST_OF * tolerance(one)) if own else one)
    return left


def tolerance(one: Entry) -> float:
    """How far a centre may lie off by the study format, as a share of it."""
    wide = TOLERANCES.get(one.variable)
    return TOLERANCE if wide is None else wide / one.scale.inward(abs(one.centre), 1.0)


def still(drawn: Plan) -> Moves:
    """No move."""
    return Moves(dict.fromkeys(drawn.rows, 0.0), dict.fromkeys(drawn.rows, 1.0))


def draw(drawn: Plan, moves: Moves, n: int, seed: tuple[int, ...], parameters: Physiology) -> Patients:
    """`n` candidates; the same seed gives the same normal scores, whatever the laws and the moves."""
    raw = numpy.random.default_rng([*seed, 1]).standard_normal((len(drawn.rows), n))
    scores = laws.correlated(laws.strata(raw), list(drawn.rows), drawn.pairs)
    values = {
        row: drawn.laws[row].values(scores[place] * moves.times[row] + moves.by[row])
        for place, row in enumerate(drawn.rows)
    }
    traits = draw_traits(n, drawn.context, numpy.random.default_rng([*seed, 2]), parameters)
    doses = {drug: numpy.maximum(scale.inward(values[f"dose.{drug}"], values["weight"]), 0.0)
             for drug, scale in drawn.doses.items()}  # fmt: skip
    dap = values["map"] * values["dap_ratio"]
    pmsf = values["cvp"] + values["pms_gap"]
    pap = values["paop"] + values["pap_gap"] if "pap_gap" in values else None
    fields = {name: values[name] for name in Observed._fields if name in values}
    return Patients(Observed(**fields, dap=dap, pmsf=pmsf, pap=pap, doses=doses), traits)


def sound(drawn: Plan, patients: Patients, parameters: Physiology) -> Array:
    """Which candidates a circulation exists for, (n,)."""
    ok = possible(patients.observed, patients.traits, drawn.context, parameters)
    for name, limit in parameters.limits().items():
        values = getattr(patients.observed, name, None)
        if values is not None and name != "doses":
            ok = ok & (values >= limit.low) & (values <= limit.high)
    return ok


def level_of(observed: Observed, variable: str) -> Array | None:
    """A variable of the first measurement, in the twin's unit, from what is drawn; None where it needs the body."""
    if variable in FIELDS:
        return getattr(observed, FIELDS[variable])
    if variable.startswith("dose."):
        return observed.doses.get(variable.partition(".")[2])
    simple = {
        "DAP": observed.dap, "CO": observed.ci * observed.bsa, "Pms": observed.pmsf, "PAP": observed.pap,
        "Pms_minus_CVP": observed.pmsf - observed.cvp, "SV": observed.ci * observed.bsa * ML / observed.hr,
        "SVI": observed.ci * ML / observed.hr,
    }  # fmt: skip
    return simple.get(variable)


def matched(
    drawn: Plan, n: int, seed: tuple[int, ...], parameters: Physiology, keep: Callable[[Patients, Array], Array]
) -> tuple[Moves, float]:
    """Moves after which the kept patients of a pilot of `n` have the published centres, and the share that is kept.

    `keep` tells which of the candidates (those marked as sound) the filters leave. A pilot that keeps few grows.
    """
    moves, share = still(drawn), 0.0
    seen: dict[str, tuple[float, float]] = {}
    best: tuple[float, Moves, float] | None = None
    for _ in range(ROUNDS):
        patients = draw(drawn, moves, n, (*seed, 0), parameters)
        kept = keep(patients, sound(drawn, patients, parameters))
        share = float(numpy.mean(kept))
        if numpy.sum(kept) < FEWEST:
            if n >= LARGEST:
                break
            n = min(LARGEST, n * GROWTH)
            continue
        after, worst = moved(drawn, moves, patients, kept, seen)
        if best is None or worst < best[0]:
            best = (worst, moves, share)
        if worst <= 1.0:
            break
        moves = after
    return (best[1], best[2]) if best else (moves, share)


def moved(
    drawn: Plan, moves: Moves, patients: Patients, kept: Array, seen: dict[str, tuple[float, float]]
) -> tuple[Moves, float]:
    """Moves that bring the kept patients nearer to what was published, and the worst miss in units of what is near.

    `seen` holds the last move and centre of each row: what a move has brought tells how far the next must go.
    """
    by, times, worst = dict(moves.by), dict(moves.times), 0.0
    for one in drawn.entries:
        values = level_of(patients.observed, one.variable)
        if values is None:
            continue
        shown = one.scale.outward(values, patients.observed.weight)
        centre, sd = centre_and_sd(shown[kept], one.median)
        gain = centre_and_sd(shown, one.median)[1] / max(times[one.row], NARROWEST)
        if gain <= 0:
            continue
        short = one.centre - centre
        worst = max(worst, abs(short) / max(one.near * abs(one.centre), 1e-12))
        if one.row in seen and abs(by[one.row] - seen[one.row][0]) > 1e-6:
            told = (centre - seen[one.row][1]) / (by[one.row] - seen[one.row][0])
            gain = min(max(told, LEAST_GAIN * gain), gain / LEAST_GAIN)
        seen[one.row] = (by[one.row], centre)
        if one.sd and sd > 0:
            times[one.row] = min(max(times[one.row] * math.sqrt(one.sd / sd), NARROWEST), WIDEST)
        if abs(short) > one.near * abs(one.centre):
            by[one.row] = min(max(by[one.row] + short / gain, -FARTHEST), FARTHEST)
    return Moves(by, times), worst


def centre_and_sd(values: Array, median: bool) -> tuple[float, float]:
    """Mean and SD, or median and the SD that the quartiles stand for."""
    if median:
        q1, middle, q3 = numpy.quantile(values, [0.25, 0.5, 0.75])
        return float(middle), float((q3 - q1) / 2 / laws.QUARTILE)
    return float(numpy.mean(values)), float(numpy.std(values))
