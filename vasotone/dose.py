"""Dose to pump rate and back, exactly: limits are judged last, one step rounds to what the pump delivers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.dose_limits import WARNING_CODES, by_form, judged
from vasotone.dose_limits import limits_for as limits_for
from vasotone.dose_limits import step_limits as step_limits
from vasotone.dose_limits import stopped as is_stopped
from vasotone.dose_limits import weight_limits as weight_limits
from vasotone.dose_record import RATE_UNIT, Case, Record
from vasotone.dose_record import Bag as Bag
from vasotone.dose_record import DoseResult as DoseResult
from vasotone.errors import InputError, UnitError
from vasotone.units import Unit, number

Facts = Mapping[str, Any]

# --- reading what was asked


def read_weight(text: str, *, where: str = "weight") -> Fraction:
    """A body weight in kg; pounds only where the unit says so."""
    value, unit = units.quantity(text, where=where)
    if unit.dimension != (("mass", 1),):
        raise UnitError("not a unit of weight", where=where, seen=text, fix='write for example "80 kg"')
    return units.convert(value, unit, "kg")


def read_bag(text: str, *, where: str = "bag") -> Bag:
    """A bag from text such as amount/volume; a volume without a number is one of that unit."""
    fix = 'write amount and volume, for example "1 mg/100 mL"'
    mark = next((mark for mark in (" in ", " per ", "/") if isinstance(text, str) and mark in text), None)
    if mark is None:
        raise InputError(
            "the bag needs an amount and a volume",
            where=where,
            seen=text,
            why="a bare strength cannot be checked",
            fix=fix,
        )
    left, _, right = (part.strip() for part in text.partition(mark))
    amount = units.quantity(left, where=where)
    volume = units.quantity(f"1 {right}" if right[:1].isalpha() else right, where=where)
    kinds = (amount.unit.dimension, volume.unit.dimension)
    if kinds[0] not in ((("mass", 1),), (("activity", 1),)) or kinds[1] != (("volume", 1),):
        raise UnitError("not an amount of drug in a volume", where=where, seen=text, fix=fix)
    if amount.value <= 0 or volume.value <= 0:
        raise InputError("amount and volume must be above zero", where=where, seen=text, fix=fix)
    return Bag(amount.value, amount.unit, units.convert(volume.value, volume.unit, "mL"))


def form_factors(drug: Facts) -> dict[str, Fraction]:
    """How much of each chemical form of a drug weighs as much as one of its base."""
    forms: Facts = drug.get("forms") or {"base": {"value": 1}}
    return {form: number(entry["value"], where=f"{drug['name']}.{form}") for form, entry in forms.items()}


def read_form(drug: Facts, text: str | None, *, where: str = "basis") -> str | None:
    """The chemical form that a word names; None where not known, "base" for a drug with one form only."""
    forms: Facts = drug.get("forms") or {}
    word = (text or "unknown").strip().lower()
    if not forms and word in ("base", "unknown"):
        return "base"
    if word == "unknown":
        return None
    for form, entry in forms.items():
        if word == form or word in entry.get("aliases", ()):
            return str(form)
    raise InputError(
        f"not a form of {drug['name']}",
        where=where,
        seen=text,
        why="forms differ up to twofold in mass",
        fix="write one of " + ", ".join([*(forms or ("base",)), "unknown"]),
    )


def _read_rate_of(text: str, like: str, where: str) -> units.Quantity:
    asked = units.quantity(text, where=where)
    kinds = [[pair for pair in u.dimension if pair[0] != "body"] for u in (asked.unit, units.unit(like))]
    if kinds[0] != kinds[1]:
        raise UnitError(
            "not the kind of rate that is asked for",
            where=where,
            seen=text,
            fix=f"write it in {like} or a unit of the same kind",
        )
    if asked.value < 0:
        raise InputError("a rate cannot be negative", where=where, seen=text, fix="check the sign")
    return asked


def _asked_bag(drug: Facts, dose: str | None, rate: str | None, bag: str | None) -> str:
    """The bag as written, once the question is whole: one of dose and rate, and a drug that a pump gives."""
    if not drug.get("infusion", True):
        raise InputError(f"{drug['name']} is not given by pump", where="drug", fix=drug.get("note", ""))
    if (dose is None) == (rate is None):
        raise InputError(
            "either a dose or a rate is needed",
            where="dose",
            fix='give a dose such as "1 ug/kg/min" or a rate such as "1 mL/h", not both',
        )
    if bag is None:
        raise InputError(
            "the bag is missing",
            where="bag",
            why="a pump rate depends on the concentration",
            fix='give amount and volume, for example "1 mg/100 mL"',
        )
    return bag


def _read_case(
    drug: Facts,
    limits: Facts,
    dose: str | None,
    rate: str | None,
    weight: str | None,
    bag: str | None,
    basis: str | None,
    bag_basis: str | None,
) -> Case:
    bag = _asked_bag(drug, dose, rate, bag)
    form = read_form(drug, basis)
    bag_form = form if bag_basis is None else read_form(drug, bag_basis, where="bag_basis")
    if (form is None) != (bag_form is None):
        raise InputError(
            "the form of the dose or of the bag is not known",
            where="basis",
            why="where they differ one must be converted",
            fix="read the label and give both",
        )
    labelled = read_bag(bag)
    if labelled.unit.dimension[0] not in units.unit(drug["unit"]).dimension:
        raise UnitError(
            f"a bag of {drug['name']} is not measured so",
            where="bag",
            seen=bag,
            fix=f"write the amount as in {drug['unit']}",
        )
    amount, factors = labelled.amount, form_factors(drug)
    if form != bag_form and form is not None and bag_form is not None:
        amount = units.from_base(units.to_base(amount, bag_form, factors), form, factors)
    asked = None if dose is None else _read_rate_of(dose, drug["unit"], "dose")
    unit = units.unit(drug["unit"]) if asked is None else asked.unit
    if weight is None and unit.per_kg:
        raise InputError(
            "the weight is missing",
            where="weight",
            why="the dose is per kilogram and no weight is ever assumed",
            fix='give the weight with its unit, for example "80 kg"',
        )
    flow = None if rate is None else units.convert(*_read_rate_of(rate, RATE_UNIT, "rate"), RATE_UNIT)
    step = limits["pump"]["increment"]
    return Case(
        unit,
        asked.value if asked else None,
        flow,
        None if weight is None else read_weight(weight),
        labelled,
        amount,
        form,
        bag_form,
        units.convert(number(step["value"], where="pump.increment"), step["unit"], RATE_UNIT),
    )


# --- arithmetic


def pump_rate(
    dose: Fraction,
    dose_unit: Unit | str,
    *,
    weight_kg: Fraction | None,
    bag_amount: Fraction,
    bag_unit: Unit | str,
    bag_volume_ml: Fraction,
    increment: Fraction,
) -> tuple[Fraction, Fraction]:
    """The exact pump rate and the nearest one that the pump can be set to, both in mL/h."""
    amount = bag_unit if isinstance(bag_unit, Unit) else units.unit(bag_unit)
    per_hour = units.convert(dose, dose_unit, f"{amount.text}/h", weight_kg=weight_kg)
    exact = per_hour * bag_volume_ml / bag_amount
    return exact, units.round_to(exact, increment)


def dose_from_rate(
    rate: Fraction,
    dose_unit: Unit | str,
    *,
    weight_kg: Fraction | None,
    bag_amount: Fraction,
    bag_unit: Unit | str,
    bag_volume_ml: Fraction,
) -> Fraction:
    """The exact dose, in `dose_unit`, that a rate in mL/h delivers."""
    amount = bag_unit if isinstance(bag_unit, Unit) else units.unit(bag_unit)
    per_hour = rate * bag_amount / bag_volume_ml
    return units.convert(per_hour, f"{amount.text}/h", dose_unit, weight_kg=weight_kg)


def _running(current: str, drug: Facts, case: Case) -> Fraction:
    """What runs now, given as a dose or as the pump rate from the same bag."""
    given = units.quantity(current, where="current")
    if given.unit.dimension == units.unit(RATE_UNIT).dimension:
        return _dose_at(case, units.convert(*given, RATE_UNIT))
    return units.convert(*_read_rate_of(current, drug["unit"], "current"), case.unit, weight_kg=case.weight)


def _dose_at(case: Case, rate: Fraction) -> Fraction:
    return dose_from_rate(
        rate,
        case.unit,
        weight_kg=case.weight,
        bag_amount=case.amount,
        bag_unit=case.bag.unit,
        bag_volume_ml=case.bag.volume_ml,
    )


def _bases(drug: Facts, form: str | None, value: Fraction) -> dict[str, Fraction]:
    """The value counted as base, for the known form or for each possible one."""
    factors = form_factors(drug)
    return {name: units.to_base(value, name, factors) for name in ([form] if form else factors)}


def _also(drug: Facts, case: Case, value: Fraction) -> tuple[tuple[Fraction, str], ...]:
    """The same dose per kilogram and absolute, per minute and per hour: where slips of a factor show."""
    text, whole = case.unit.text, case.unit.text.replace("/kg", "")
    wanted = [whole, whole.replace("/min", "/h"), drug["unit"]]
    if case.weight is None:
        wanted = [other for other in wanted if units.unit(other).per_kg == case.unit.per_kg]
    return tuple(
        (units.convert(value, text, other, weight_kg=case.weight), other)
        for other in dict.fromkeys(wanted)
        if other != text
    )


def _judge(drug: Facts, case: Case, value: Fraction, rate: Fraction, limits: Facts) -> list[Record]:
    strength, per_ml = case.bag.amount / case.bag.volume_ml, f"{case.bag.unit.text}/mL"
    found = by_form(
        {
            form: limits_for(drug, base, limits, unit=case.unit, weight_kg=case.weight)
            for form, base in _bases(drug, case.form, value).items()
        }
    )
    found += by_form(
        {
            form: judged(limits, drug["name"], "concentration", base, per_ml)
            for form, base in _bases(drug, case.bag_form, strength).items()
        }
    )
    found += judged(limits, "pump", "rate", rate, RATE_UNIT)
    if case.weight is not None:
        found += weight_limits(case.weight, limits)
    # an infusion that is off is not below anything
    return found if value else [e for e in found if e["side"] != "low" or e["of"] not in ("dose", "rate")]


def _warnings(drug: Facts, case: Case, entries: Iterable[Record], limits: Facts) -> list[Record]:
    """What draws attention but does not stop: soft limits, then what was not known."""
    found = []
    for entry in entries:
        if entry["exceeded"] and entry["kind"] == "soft":
            code = (
                "decimal-shift"
                if entry.get("decimal_shift")
                else WARNING_CODES[entry["side"] if entry["of"] == "dose" else entry["of"]]
            )
            found.append((code, entry["name"], entry["text"], entry))
    if case.form is None:
        found.append(
            (
                "basis-unknown",
                "basis",
                "the form of the drug is not known: the answer holds if "
                "dose and bag are labelled alike; limits were judged for each possible form",
                {},
            )
        )
    if not any(limit.get("of", "dose") == "dose" for limit in limits.get(drug["name"], {}).values()):
        found.append(("no-limits", drug["name"], "no dose limits are stored for this drug", {}))
    elif case.weight is None and units.unit(drug["unit"]).per_kg:
        found.append(("limits-need-weight", "weight", "without a weight the usual range was not checked", {}))
    return [dict(zip(("code", "name", "text", "values"), row, strict=True)) for row in found]


# --- the one question


def dose(
    drug: Facts,
    limits: Facts,
    *,
    dose: str | None = None,
    rate: str | None = None,
    weight: str | None = None,
    bag: str | None = None,
    basis: str | None = None,
    bag_basis: str | None = None,
    current: str | None = None,
) -> DoseResult:
    """Dose to mL/h, or mL/h to dose, for one drug and bag, with every limit judged.

    Texts carry their units. `basis` is the form in which dose and bag are written, `bag_basis` the bag's
    where it differs, `current` the running dose in the form of the dose. InputError or UnitError where
    something that is needed is missing or cannot be read.
    """
    case = _read_case(drug, limits, dose, rate, weight, bag, basis, bag_basis)
    if not (case.unit.per_kg or units.unit(drug["unit"]).per_kg):
        case = case._replace(weight=None)
    result = DoseResult(drug["name"], case, basis=case.form if drug.get("forms") else None)
    if case.weight is not None and case.weight <= 0:
        hard = tuple(entry for entry in weight_limits(case.weight, limits) if entry["kind"] == "hard")
        return result._replace(limits=hard)
    asked = _dose_at(case, case.rate) if case.rate is not None else case.dose or Fraction(0)
    exact, rounded = pump_rate(
        asked,
        case.unit,
        weight_kg=case.weight,
        bag_amount=case.amount,
        bag_unit=case.bag.unit,
        bag_volume_ml=case.bag.volume_ml,
        increment=case.step,
    )
    entries = _judge(drug, case, asked, exact, limits)
    if not is_stopped(entries) and is_stopped(_judge(drug, case, _dose_at(case, rounded), rounded, limits)):
        rounded = units.round_to(exact, case.step, "down")  # rounding may not lift a dose over a hard limit
    if current is not None:
        entries += step_limits(_running(current, drug, case), asked, limits)
    stopped = is_stopped(entries)
    if exact and not stopped:
        entries += judged(limits, "pump", "rounding", abs(rounded - exact) / exact, "1")
    base_unit = drug["unit"] if case.weight or not units.unit(drug["unit"]).per_kg else case.unit.text
    in_base_unit = units.convert(asked, case.unit, base_unit, weight_kg=case.weight)
    return result._replace(
        base=_bases(drug, case.form, in_base_unit),
        base_unit=base_unit,
        exact=asked if case.rate is not None else exact,
        dose=asked,
        rate=exact,
        rounded=None if stopped else rounded,
        delivered=None if stopped else _dose_at(case, rounded),
        also=_also(drug, case, asked),
        limits=tuple(sorted((e for e in entries if e["kind"] == "hard"), key=lambda e: not e["exceeded"])),
        warnings=tuple(_warnings(drug, case, entries, limits)),
    )
