"""`simulate`: one patient's record and one or more plans, to what may be expected, with intervals and doubts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.errors import EXIT_DONE, EXIT_NOTHING, EXIT_REFUSED, InputError, UnitError
from vasotone.facts import Facts
from vasotone.facts_physiology import Physiology, physiology
from vasotone.table import Table
from vasotone.twin import domain, forecast, numpy, observe
from vasotone.twin import plan as planned
from vasotone.twin.drugs import UNITS_OF_DOSE
from vasotone.twin.fit import MEMBERS, Fit, fit
from vasotone.twin.forecast import Outlook
from vasotone.twin.plan import Dose, Plan
from vasotone.twin.simulation import NOTICE, RELATIVE_FLOW, Simulation, nothing
from vasotone.twin.trend import SALTY, Caution, Taken, Trend, taken

LONGEST = 24.0  # hours
FINE, MIDDLE, ROUGH = 5.0, 15.0, 30.0  # min between the points shown, by the length of a simulation
SHORT, LONG = 4.0, 12.0  # hours up to which points are fine, and middling
MOST_PLANS = 8
INTERVAL = (0.05, 0.5, 0.95)
ALWAYS = -1e9  # min: before any record
SAME = 0.005  # two doses that differ by less are one


def simulate(
    table: Table,
    facts: Facts,
    plans: Sequence[str] = ("",),
    *,
    hours: float = 2.0,
    target: str | None = None,
    seed: int = 1,
    members: int = MEMBERS,
    fitted: bool | None = None,
) -> Simulation:
    """What may be expected of one patient under each plan, by an ensemble of virtual ones.

    plans   as `vasotone.twin.plan` reads them; none at all is "no change"
    hours   from the instant of the record, at most a day
    target  such as "MAP 65": the dose that would hold it is sought too
    seed    of all draws: the same seed gives the same numbers

    InputError or UnitError for nonsense. What is not known or not to be simulated is an answer: see `exit_code`.
    """
    if not 0 < hours <= LONGEST:
        raise InputError("this time cannot be simulated", where="--hours", seen=hours,
                         why="tone changes over a day more than any dose",
                         fix=f"give up to {LONGEST:g} hours")  # fmt: skip
    if not 1 <= len(plans) <= MOST_PLANS:
        raise InputError("this many plans cannot be compared", where="--plan", seen=len(plans),
                         fix=f"give 1 to {MOST_PLANS}")  # fmt: skip
    parameters = physiology()
    found = taken(table, facts, parameters.number("fit_window"))
    aim = None if target is None else checked_target(target, parameters)
    lacking, warnings = list(found.lacking), [*found.cautions]
    read = read_plans(plans, found, facts, lacking)
    trend = with_begun(found, read, lacking, warnings)
    start = {
        "at": found.state.at, "seed": seed, "members": members, "model": parameters.version, "facts": facts.digest,
        "hours": hours, "context": trend.context, "weight": trend.known.get("weight"),
    }  # fmt: skip
    refusal = refused_for(found, facts, warnings)
    if refusal or lacking:
        missing = tuple(missing_of(name, facts) for name in dict.fromkeys(lacking))
        return nothing(start, refusal, () if refusal else missing, tuple(of_record(found) + warnings))
    beyond(trend, read, parameters, warnings)
    written = numpy.asarray(found.written)[numpy.arange(members) % len(found.written)]
    used = [drug for one in read for drug in one.drugs] + ([SALTY] if aim else [])
    done = fit(trend, seed=seed, members=members, parameters=parameters, also=used, fitted=fitted)
    return shown(done, read, aim, written, start, tuple(of_record(found) + warnings), parameters)


def read_plans(plans: Sequence[str], found: Taken, facts: Facts, lacking: list[str]) -> list[Plan]:
    """The plans; none, and the weight among what is lacking, where a dose needs a weight that is not known."""
    weight = found.state.value("weight")
    try:
        return [planned.read(text, facts, weight=weight if isinstance(weight, Fraction) else None) for text in plans]
    except UnitError as error:
        if weight is not None or "weight" not in error.what:
            raise
    lacking.append("weight")
    return []


def checked_target(text: str, parameters: Physiology) -> planned.Target:
    """The target, if a patient can have such a pressure."""
    aim, limit = planned.target_of(text), parameters.domain()["map"]
    if not limit.low <= aim.value <= limit.high:
        raise InputError("this target lies where the model was not tried", where="--target", seen=text,
                         why="a dose for it would be made up",
                         fix=f"give a mean pressure of {limit.low:g} to {limit.high:g} {limit.unit}")  # fmt: skip
    return aim


def of_record(found: Taken) -> list[Caution]:
    """What the record itself says of its values, and its reader of it."""
    return [*found.state.cautions, *found.state.notes]


def with_begun(found: Taken, plans: list[Plan], lacking: list[str], warnings: list[Caution]) -> Trend:
    """The trend with what the plans say runs now, where the record does not say it; what stays open is noted."""
    doses = dict(found.trend.doses)
    begun: dict[str, float] = {}
    forms = found.trend.forms
    for step in (step for plan in plans for step in plan.steps if isinstance(step, Dose)):
        if step.begins is not None:
            begun.setdefault(step.drug, float(step.begins) * as_written(step, found))
            if step.drug == SALTY and not step.factor and SALTY not in found.trend.doses:
                forms = found.written
    for drug, dose in begun.items():
        recorded = found.state.readings.get(drug)
        if drug in found.unsettled or recorded is None:
            doses[drug] = ((ALWAYS, dose),)
            text = f"The record does not say which dose of {drug} runs; the plan's {dose:g} is taken."
            warnings.append(("dose-from-plan", drug, text, {"value": dose, "unit": UNITS_OF_DOSE[drug]}))
        elif abs(float(recorded.value or 0) - dose) > SAME * max(dose, float(recorded.value or 0)):
            text = (
                f"The plan begins at {dose:g} {UNITS_OF_DOSE[drug]} of {drug}, and {recorded.seen} is recorded: "
                "the record is taken until the first change."
            )
            warnings.append(("plan-begins-elsewhere", drug, text, {"seen": recorded.seen}))
    unsaid = any(isinstance(step, Dose) and step.drug == SALTY and step.value and not step.form
                 for plan in plans for step in plan.steps)  # fmt: skip
    if unsaid and len(found.written) > len(found.trend.forms):
        text = "Neither plan nor record says in which form norepinephrine is written: members are shared among all."
        warnings.append(("ask-basis", f"{SALTY}.basis", text, {}))
    for drug in dict.fromkeys((SALTY, *(drug for plan in plans for drug in plan.drugs))):
        if drug in begun:
            continue
        if drug in found.unsettled:
            lacking.append(drug)
        elif drug not in found.state.readings:
            text = f"No dose of {drug} is recorded: none is taken to run."
            warnings.append(("dose-not-recorded", drug, text, {}))
    for drug in found.unsettled:
        if drug not in begun and drug not in lacking and drug in doses:
            text = f"Which dose of {drug} runs now is not known: the last one recorded is taken to run on."
            warnings.append(("dose-not-settled", drug, text, {}))
    return found.trend._replace(doses=doses, forms=forms)


def as_written(step: Dose, found: Taken) -> float:
    """Factor from a plan's dose to what the record's doses count in: base, or as written where no form is known."""
    if step.factor:
        return float(step.factor)
    return found.written[0] if step.drug == SALTY and len(found.written) == 1 else 1.0


def refused_for(found: Taken, facts: Facts, warnings: list[Caution]) -> dict[str, Any] | None:
    """Why this patient is not simulated, or None; for whom the model was not made is a warning, but a child."""
    compiled = facts.compiled(facts.default_profile)
    truths = compiled.when(found.state.rows[0])
    refusal = None
    for entry, truth in zip(compiled.entries, truths, strict=True):
        statement = facts.statements[entry.statement]
        if truth is not True or statement.get("gate") != "outside":
            continue
        if entry.target == "age":
            refusal = {"code": entry.statement, "text": "The twin was made from adults; a child is not simulated.",
                       "instead": statement.get("instead", "")}  # fmt: skip
        elif entry.statement != "goals-of-care":
            text = "The twin was made from patients with septic and other vasodilatory shock, and this is another:"
            warnings.append(("outside-domain", entry.statement, f"{text} {entry.text}", {}))
    for name in ("pregnant", "rv_dilated", "circulatory_device"):
        if found.state.rows[0].get(name) is True:
            label = facts.variables[name].label
            text = f"The twin was not tried in patients with {label}: its numbers may be wrong."
            warnings.append(("outside-domain", name, text, {}))
    return refusal


def missing_of(name: str, facts: Facts) -> dict[str, Any]:
    """What has to be known: name, unit, and why."""
    why = {
        "map": "the twin starts from the mean arterial pressure of now",
        "weight": "a dose of the plan is written without kilograms",
    }.get(name, "a dose is recorded that cannot be used, and what runs now decides the effect")
    return {"name": name, "unit": facts.variables[name].unit, "ask": facts.variables[name].record.get("ask", ""),
            "why": why}  # fmt: skip


def beyond(trend: Trend, plans: list[Plan], parameters: Physiology, warnings: list[Caution]) -> None:
    """Note values and doses outside the stated domain of the model; refuse doses that cannot be."""
    tried, most = parameters.domain(), parameters.limits()["dose"]
    last = {name: course[-1][1] for name, course in trend.readings.items()}
    seen = {**trend.known, **{field: last[name] for field, name in
            (("map", "MAP"), ("hr", "HR"), ("cvp", "CVP"), ("ci", "CI")) if name in last}}  # fmt: skip
    for plan in plans:
        for step in plan.steps:
            if isinstance(step, Dose):
                seen[step.drug] = max(seen.get(step.drug, 0.0), float(step.value))
                if step.value > Fraction(most.high):
                    raise InputError("this dose cannot be", where="plan", seen=plan.text,
                                     why="a slip of a decimal or of a unit is likelier",
                                     fix="check dose and unit")  # fmt: skip
    for name, value in seen.items():
        limit = tried.get(name)
        if limit is not None and not limit.low <= value <= limit.high:
            text = f"{limit.multiplies}: {value:g} lies outside {limit.low:g} to {limit.high:g} {limit.unit}, "
            text += "where the model was not tried."
            warnings.append(("outside-domain", name, text[:1].upper() + text[1:], {"value": value}))


def grid(hours: float) -> tuple[float, ...]:
    """The minutes that are shown, from 0 to the end."""
    step = FINE if hours <= SHORT else MIDDLE if hours <= LONG else ROUGH
    end = hours * 60
    return (*(step * place for place in range(math.ceil(end / step - 1e-9))), end)


def shown(
    done: Fit, plans: list[Plan], aim: planned.Target | None, written: Any, start: dict[str, Any],
    warnings: tuple[Caution, ...], parameters: Physiology,
) -> Simulation:  # fmt: skip
    """The simulation of fitted members; refused where they do not stand for the patient."""
    more = list(warnings)
    if done.check is not None and done.check.failed:
        text = (
            f"{done.check.outside} of the last {done.check.points} charted values lie outside what the fitted twin "
            "would have shown. It does not stand for this patient, so nothing is forecast."
        )
        instead = "Consider whether a value, a dose or a line is charted wrongly, or whether something new has begun."
        return nothing(
            {**start, **told(done)}, {"code": "fit-check-failed", "text": text, "instead": instead}, (), warnings
        )
    if not done.flow_known:
        text = "No flow was measured: only its relative change is shown, in % of now."
        more.append(("flow-not-measured", "cardiac_index", text, {}))
    if "CVP" not in done.deck.trend.readings:
        text = "No central venous pressure was measured: its interval is that of the population."
        more.append(("not-measured", "cvp", text, {}))
    named = any(isinstance(step, Dose) and step.drug == SALTY and step.form for plan in plans for step in plan.steps)
    basis = "base" if named or len(set(written)) == 1 else "as written"
    outlooks = [forecast.ahead(done, plan, grid(start["hours"]), written, as_base=basis == "base") for plan in plans]
    for text in dict.fromkeys(text for one in outlooks for text in domain.beyond(one.values["MAP"], parameters)):
        more.append(("outside-domain", "map", text[:1].upper() + text[1:] + ".", {}))
    broken = max(outlook.broken for outlook in outlooks)
    if broken:
        text = f"{broken} of {start['members']} members had no circulation under a plan, and are left out."
        more.append(("members-lost", "members", text, {"members": broken}))
    records = tuple(
        {"plan": plan.text, "steps": [planned.record_of(step) for step in plan.steps],
         **course_of(outlook, done.flow_known, basis),
         **({"reaches_target": reached(outlook, aim)} if aim else {})}
        for plan, outlook in zip(plans, outlooks, strict=True)
    )  # fmt: skip
    return Simulation(
        **start, **told(done), plans=records, target=None if aim is None else sought(done, plans, aim, parameters),
        warnings=tuple(more), refused=None, missing=(), notice=NOTICE,
    )  # fmt: skip


def told(done: Fit) -> dict[str, Any]:
    """What the fit was made from, and what it could not learn."""
    check, course = done.check, done.deck.trend.readings["MAP"]
    fitted = None if check is None else {
        "readings": done.readings, "hours": round(done.hours, 2), "last_points": check.points,
        "outside": check.outside,
        "last_map": {"value": course[-1][1], "unit": "mm[Hg]", "minutes_before": round(-course[-1][0], 1)},
    }  # fmt: skip
    return {"fitted": fitted, "absolute_flow_known": done.flow_known, "not_informed": done.not_informed}


def course_of(outlook: Outlook, flow_known: bool, basis: str) -> dict[str, Any]:
    """Median and 5 to 95 % interval of each variable over time, and the doses that run."""
    values = {name: outlook.values[name] for name in ("MAP", "DAP", "SAP", "HR", "DSI", "CVP")}
    unit = {name: observe.UNITS[name] for name in values}
    if flow_known:
        values["CI"], unit["CI"] = outlook.values["CI"], observe.UNITS["CI"]
    flow = outlook.values["CI"]
    values[RELATIVE_FLOW], unit[RELATIVE_FLOW] = 100 * flow / flow[0], "%"
    variables = {}
    for name, members in values.items():
        low, median, high = numpy.quantile(members, INTERVAL, axis=1)
        variables[name] = {
            "unit": unit[name], "median": rounded(median), "low": rounded(low), "high": rounded(high),
        }  # fmt: skip
    doses = {
        drug: {"unit": UNITS_OF_DOSE[drug], **({"basis": basis} if drug == SALTY else {}),
               "value": [round(one, 6) for one in course]}
        for drug, course in outlook.doses.items()
    }  # fmt: skip
    return {
        "minutes": [units.plain_number(Fraction(one)) for one in outlook.minutes],
        "variables": variables,
        "doses": doses,
    }


def rounded(values: Any) -> list[float]:
    """Values as a record shows them: more digits than the model has, fewer than a float."""
    return [round(float(one), 2) for one in values]


def reached(outlook: Outlook, aim: planned.Target) -> float:
    """Share of members at or above the target at the end."""
    return round(float((outlook.values["MAP"][-1] >= aim.value).mean()), 3)


def sought(done: Fit, plans: list[Plan], aim: planned.Target, parameters: Physiology) -> dict[str, Any]:
    """The dose that would hold the target: of the first drug of the plans, else of norepinephrine."""
    drug = next((drug for plan in plans for drug in plan.drugs), SALTY)
    limit = parameters.domain()[drug]
    found = forecast.sought(done, drug, aim.value, limit.high)
    doses = numpy.sort(numpy.where(numpy.isnan(found.doses), numpy.inf, found.doses))
    low, median, high = (float(doses[min(int(share * len(doses)), len(doses) - 1)]) for share in INTERVAL)
    return {
        "variable": "MAP", "value": aim.value, "unit": "mm[Hg]", "drug": drug,
        "dose": {"unit": UNITS_OF_DOSE[drug], **({"basis": "base"} if drug == SALTY else {}),
                 **{name: round(one, 4) if math.isfinite(one) else None
                    for name, one in (("low", low), ("median", median), ("high", high))}},
        "highest_tried": limit.high, "share_reached": round(float(numpy.isfinite(doses).mean()), 3),
    }  # fmt: skip


def exit_code(result: Simulation) -> int:
    """0 with a simulation, 3 where it is refused, 5 where something has to be known first."""
    if result.refused:
        return EXIT_REFUSED
    return EXIT_NOTHING if result.missing else EXIT_DONE
