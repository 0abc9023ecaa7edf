"""The dose and pump rate of one item: from the drug's own figures, the running dose, and the limits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import dose as dosing
from vasotone import dose_limits, units
from vasotone.advice import Cite, Dose, Pump
from vasotone.errors import VasotoneError
from vasotone.facts import Facts
from vasotone.guideline_verdict import BASIS
from vasotone.records import Record
from vasotone.state import FORM_DRUG, State, form_factors

AGE = "age"
WEIGHT = "weight"
LIMIT_KEYS = ("name", "kind", "value", "unit", "exceeded", "why", "verified", "cite")


class Dosing(NamedTuple):
    """What came out for one item: a dose, a pump rate, the inputs that are missing, the limit that stops it.

    above  the hard limit that a running dose still passes one step lower: lowering stands, without a number
    bag    what speaks against the bag that is recorded, or the flow that it would need
    """

    dose: Dose | None = None
    pump: Pump | None = None
    missing: tuple[str, ...] = ()
    stopped_by: str = ""
    above: str = ""
    bag: tuple[str, ...] = ()
    unverified: bool = False
    held_back: bool = False


def dose_for(state: State, facts: Facts, use: str, drug: str) -> Dosing:
    """The dose to consider for a use (`start add give raise lower`); nothing is guessed for what is unknown."""
    record = facts.drugs.get(drug, {})
    plan = facts.plans.get(drug, {})
    regimes = {regime["id"]: regime for regime in record.get("regimes", [])}
    regime = regimes.get(plan.get("step" if use in ("raise", "lower") else use, ""))
    if regime is None:
        return Dosing()
    if state.value(AGE) is None:
        return Dosing(missing=(AGE,))
    running = state.readings.get(drug)
    current = running.value if running is not None and isinstance(running.value, Fraction) else None
    if drug == FORM_DRUG and running is not None and running.quality == "basis-unknown":
        return Dosing(missing=(BASIS,))
    step = low_end(regime, record)
    if use in ("raise", "lower"):
        if current is None:
            return Dosing(missing=(drug,))
        value = current + step if use == "raise" else max(Fraction(0), current - step)
    elif current is None and drug in facts.variables:
        return Dosing(missing=(drug,))  # a dose to begin with is only for a drug known to be off
    else:
        value = low_end(regime, record)
    weight = state.value(WEIGHT)
    limits = dosing.limits_for(
        record, value, facts.limits, weight_kg=weight if isinstance(weight, Fraction) else None
    )
    dose = describe(record, regime, regimes.get(plan.get("range", "")), use, value, current, limits, facts)
    dose = dose._replace(high=within_limits(dose.high, record, facts, weight))
    stop = next((limit for limit in limits if limit["kind"] == "hard" and limit["exceeded"]), None)
    if stop is not None:  # no number beyond a hard limit is ever a dose to consider, on no face and in no record
        told = f"{stop['name']}: at most {stop['value']} {stop['unit']}"
        return Dosing(above=told) if use == "lower" else Dosing(stopped_by=told)
    pump, missing, doubts = pump_for(state, facts, drug, record, value)
    return Dosing(dose, pump, missing, bag=doubts)


def low_end(regime: Record, record: Record) -> Fraction:
    """A regime's value, or the low end of its range, in the drug's own unit."""
    number = units.number(regime.get("value", regime.get("low")), where=regime["id"])
    return units.convert(number, regime["unit"], record["unit"])


def end_of(span: Record | None, end: str, record: Record) -> Fraction | None:
    """One end of a range in the drug's own unit, or None."""
    if span is None or end not in span:
        return None
    return units.convert(units.number(span[end], where=span["id"]), span["unit"], record["unit"])


def within_limits(high: Fraction | None, record: Record, facts: Facts, weight: Any) -> Fraction | None:
    """The upper end of a range, held at the hard limits, which a site may have tightened; None where no end is known.

    No end is known where a limit is absolute, the range per kilogram (or the other way), and the weight unknown.
    """
    if high is None:
        return None
    known = weight if isinstance(weight, Fraction) else None
    for limit in dosing.limits_for(record, high, facts.limits, weight_kg=known):
        if limit["kind"] != "hard" or not limit["exceeded"]:
            continue
        if known is None and units.unit(limit["unit"]).per_kg != units.unit(record["unit"]).per_kg:
            return None
        bound = units.number(limit["value"], where=limit["name"])
        high = min(high, units.convert(bound, limit["unit"], record["unit"], weight_kg=known))
    return high


def describe(
    record: Record,
    regime: Record,
    span: Record | None,
    use: str,
    value: Fraction,
    current: Fraction | None,
    limits: list[Record],
    facts: Facts,
) -> Dose:
    """The dose as a record of plain numbers."""
    titrated = use in ("raise", "lower")
    shown = regime if not titrated and "low" in regime else span
    return Dose(
        drug=record["name"],
        value=value,
        unit=record["unit"],
        basis="base" if record.get("forms") else None,
        dose_from=current,
        dose_to=value,
        step=low_end(regime, record) if titrated else None,
        low=end_of(shown, "low", record),
        high=end_of(shown, "high", record),
        regime=regime["regime"],
        limits=tuple({key: limit[key] for key in LIMIT_KEYS} for limit in limits),
        cites=(cite_of(regime["cite"], facts),),
        verified=bool(regime.get("verified", False)),
    )


def pump_for(
    state: State, facts: Facts, drug: str, record: Record, value: Fraction
) -> tuple[Pump | None, tuple[str, ...], tuple[str, ...]]:
    """The pump rate of a dose from the bag that hangs, what is missing for it, and what speaks against the bag."""
    reading = state.readings.get(drug)
    weight = state.value(WEIGHT)
    per_kg = units.unit(record["unit"], where=drug).per_kg
    missing: tuple[str, ...] = (WEIGHT,) if per_kg and not isinstance(weight, Fraction) else ()
    if reading is None or reading.bag is None or not record.get("infusion"):
        return None, missing, ()
    forms = form_factors(facts, drug)
    if forms and reading.bag.basis not in forms:
        missing += (BASIS,)
    if missing:
        return None, missing, ()
    try:
        bag = dosing.read_bag(f"{reading.bag.amount}/{reading.bag.volume}", where=f"{drug} bag")
        labelled = units.from_base(value, reading.bag.basis, forms, where=drug) if forms else value
        exact, rounded = dosing.pump_rate(
            labelled, record["unit"], weight_kg=weight if per_kg else None, bag_amount=bag.amount,
            bag_unit=bag.unit, bag_volume_ml=bag.volume_ml, increment=increment(facts),
        )  # fmt: skip
        if rounded > exact and passes(record, value * rounded / exact, rounded, facts, weight):
            rounded = units.round_to(exact, increment(facts), "down")  # rounding may not pass a hard limit
        strength = dose_limits.judged(
            facts.limits, drug, "concentration", bag.amount / bag.volume_ml, f"{bag.unit.text}/mL"
        )
        flow = dose_limits.judged(facts.limits, "pump", "rate", exact, "mL/h")
    except VasotoneError:
        return None, (f"{drug}.bag",), ("cannot be read",)
    doubts = tuple(limit["text"] for limit in strength + flow if limit["exceeded"])
    if dose_limits.stopped(strength + flow) or (value and not rounded):
        return None, (f"{drug}.bag",), doubts  # such a bag, or such a flow, is likelier a slip than meant
    shown: dict[str, Any] = {
        "amount": reading.bag.amount,
        "volume": reading.bag.volume,
        "basis": reading.bag.basis,
    }
    if state.assumed:
        from vasotone.guideline_site import mark_bag

        shown = mark_bag(state, drug, shown)
    return Pump(rounded, "mL/h", str(exact), shown), (), doubts


def passes(record: Record, delivered: Fraction, rate: Fraction, facts: Facts, weight: Any) -> bool:
    """Whether what the pump would deliver once rounded lies beyond a hard limit on dose or flow."""
    known = weight if isinstance(weight, Fraction) else None
    found = dosing.limits_for(record, delivered, facts.limits, weight_kg=known)
    return dose_limits.stopped(found + dose_limits.judged(facts.limits, "pump", "rate", rate, "mL/h"))


def increment(facts: Facts) -> Fraction:
    """The step in which the pump is set."""
    return units.number(facts.limits["pump"]["increment"]["value"], where="pump increment")


def cite_of(cite: Record, facts: Facts) -> Cite:
    """A cite with its source's own line."""
    source = facts.sources[cite["source"]]
    return Cite(
        source=cite["source"],
        at=cite["at"],
        title=source["title"],
        year=source.get("year"),
        read=str(cite.get("read") or source["read"]),
        doi=source.get("doi", ""),
    )
