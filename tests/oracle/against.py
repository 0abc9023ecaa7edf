"""Where the oracle meets the product: the only files that import it are this one and the tests.

Each comparison returns None, or a line that says what the product gave and what it had to give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import vasotone
from tests.oracle import arithmetic, cases, expected, tables
from tests.oracle.arithmetic import NoMeaning, Ratio
from tests.oracle.cases import Case
from vasotone import dose as product
from vasotone import units
from vasotone.errors import VasotoneError

ONE_ML, TENTH = Fraction(1), Fraction(1, 10)
# How many of the product's own measures (g, s, L, mol, Pa, m2, m) one of the oracle's is.
MEASURES = {
    tables.MASS: (1, 10**9), tables.BIO: (1, 1000), tables.TIME: (1, 1), tables.VOLUME: (1, 1000),
    tables.BODY: (1000, 1), tables.AMOUNT: (1, 10**9), tables.PRESSURE: (1, 1), tables.SURFACE: (1, 1),
    tables.LENGTH: (1, 10**6), tables.ONE: (1, 1),
}  # fmt: skip


class Facts(NamedTuple):
    """What the product's own facts hand to its arithmetic, and its hard limits as whole numbers."""

    drugs: Mapping[str, Any]
    limits: Mapping[str, Any]
    factors: dict[str, Fraction]
    hard: dict[str, tuple[expected.Limit, ...]]


def load() -> Facts:
    """The packaged facts as the comparison needs them."""
    facts = vasotone.load()
    hard = {drug: tuple(_hard(facts.limits, drug)) for drug in tables.DRUGS}
    return Facts(facts.drugs, facts.limits, product.form_factors(facts.drugs["norepinephrine"]), hard)


def ratio_of(number: object) -> Ratio:
    """A number of the facts as the two integers that its text writes."""
    text = repr(number)
    return arithmetic.number(format(number, "f") if "e" in text else text)


def _hard(limits: Mapping[str, Any], drug: str) -> list[expected.Limit]:
    found = []
    for group, of in ((drug, "dose"), ("weight", "weight"), ("pump", "rate"), ("step", "step")):
        for name, entry in limits.get(group, {}).items():
            if entry["kind"] == "hard":
                value = ratio_of(entry["value"])
                found.append(
                    expected.Limit(f"{group}.{name}", entry.get("of", of), entry["side"], value, entry["unit"])
                )
    return found


def spellings() -> list[str]:
    """Every part of a unit that the product's closed table holds."""
    return sorted(units._SPELLED)


def spelling(text: str) -> str | None:
    """Whether the product takes one part of a unit for as much as the oracle does."""
    if text not in tables.PARTS:
        return f"{text!r}: the product reads it, the oracle does not"
    name, top, bottom = tables.PARTS[text]
    wanted = arithmetic.times((top, bottom), MEASURES[name])
    found = units.unit(text).factor
    return None if _equals(found, wanted) else _told(f"one {text}", found, wanted)


def _equals(found: Fraction | None, wanted: Ratio | None) -> bool:
    if found is None or wanted is None:
        return found is None and wanted is None
    return found.numerator * wanted[1] == wanted[0] * found.denominator


def _told(what: str, found: object, wanted: Ratio | str | None) -> str:
    text = wanted if isinstance(wanted, str) or wanted is None else arithmetic.fraction_text(wanted)
    return f"{what}: the product gives {found}, the oracle {text}"


def _kilograms(case: Case) -> Fraction | None:
    weight = case.kilograms()
    return None if weight is None else Fraction(weight[0], weight[1])


def _needed(what: str, ask: Callable[[], object], seen: NoMeaning) -> str | None:
    """Where the oracle has no answer the product may not have one."""
    try:
        found = ask()
    except VasotoneError:
        return None
    return _told(what, found, f"refuses ({seen})")


def rate(case: Case, facts: Facts) -> str | None:
    """Dose to pump rate, exact and to the pump's step."""
    read = units.number(case.value_text(), where="dose")

    def ask() -> tuple[Fraction, Fraction]:
        return product.pump_rate(
            read, case.unit, weight_kg=_kilograms(case), bag_amount=Fraction(case.amount), bag_unit=case.amount_unit,
            bag_volume_ml=Fraction(case.ml), increment=Fraction(*case.step),
        )  # fmt: skip

    try:
        wanted = arithmetic.pump_rate(
            case.value(), case.unit, weight=case.kilograms(), amount=(case.amount, 1), amount_unit=case.amount_unit,
            ml=(case.ml, 1),
        )  # fmt: skip
    except NoMeaning as seen:
        return _needed("rate", ask, seen)
    exact, rounded = ask()
    if not _equals(exact, wanted):
        return _told("mL/h", exact, wanted)
    setting = arithmetic.step_nearest(wanted, case.step)
    return None if _equals(rounded, setting) else _told("mL/h by the pump's step", rounded, setting)


def dose(case: Case, facts: Facts) -> str | None:
    """Pump rate to dose."""
    read = units.number(case.value_text(), where="rate")

    def ask() -> Fraction:
        return product.dose_from_rate(
            read, case.unit, weight_kg=_kilograms(case), bag_amount=Fraction(case.amount), bag_unit=case.amount_unit,
            bag_volume_ml=Fraction(case.ml),
        )  # fmt: skip

    try:
        wanted = arithmetic.dose_given(
            case.value(), case.unit, weight=case.kilograms(), amount=(case.amount, 1), amount_unit=case.amount_unit,
            ml=(case.ml, 1),
        )  # fmt: skip
    except NoMeaning as seen:
        return _needed("dose", ask, seen)
    found = ask()
    return None if _equals(found, wanted) else _told(case.unit, found, wanted)


def unit(case: Case, facts: Facts) -> str | None:
    """One spelling of a dose to another."""
    read = units.number(case.value_text(), where="dose")

    def ask() -> Fraction:
        return units.convert(read, case.unit, case.target, weight_kg=_kilograms(case))

    try:
        wanted = arithmetic.convert(case.value(), case.unit, case.target, weight=case.kilograms())
    except NoMeaning as seen:
        return _needed("unit", ask, seen)
    found = ask()
    return None if _equals(found, wanted) else _told(case.target, found, wanted)


def measure(case: Case, facts: Facts) -> str | None:
    """A laboratory value, pressure, weight, flow or length in another unit."""
    molar = tables.MOLAR.get(case.drug)
    wanted = arithmetic.convert(case.value(), case.unit, case.target, molar=molar)
    grams = Fraction(*molar) if molar else None
    read = units.number(case.value_text(), where="value")
    found = units.convert(read, case.unit, case.target, grams_per_mole=grams)
    return None if _equals(found, wanted) else _told(f"{case.drug} {case.target}".strip(), found, wanted)


def salt(case: Case, facts: Facts) -> str | None:
    """A mass in one chemical form as mass of the base, and back."""
    value = Fraction(case.digits, cases.POWERS[case.places])
    found = units.to_base(value, case.form, facts.factors)
    wanted = arithmetic.in_form(case.value(), case.form, "base")
    if not _equals(found, wanted):
        return _told(f"{case.form} as base", found, wanted)
    found = units.from_base(found, case.bag_form, facts.factors)
    wanted = arithmetic.in_form(wanted, "base", case.bag_form)
    return None if _equals(found, wanted) else _told(f"{case.form} as {case.bag_form}", found, wanted)


def rounding(case: Case, facts: Facts) -> str | None:
    """Rounding to a step, both ways, and a number written and read again."""
    value, step = Fraction(case.digits, cases.POWERS[case.places]), Fraction(*case.step)
    for mode, wanted in (
        ("half-up", arithmetic.step_nearest(case.value(), case.step)),
        ("down", arithmetic.step_down(case.value(), case.step)),
    ):
        found = units.round_to(value, step, mode)
        if not _equals(found, wanted):
            return _told(f"rounded {mode}", found, wanted)
    text = units.decimal_text(value)
    try:
        again = arithmetic.number(text)
    except NoMeaning:
        return _told("decimal text", text, case.value())
    return None if arithmetic.same(again, case.value()) else _told("decimal text", text, case.value())


def _question(case: Case) -> dict[str, str | None]:
    """The case as the texts that a person would write."""
    asked = "rate" if case.backwards else "dose"
    texts: dict[str, str | None] = {asked: f"{case.value_text()} {case.unit}"}
    texts["bag"] = case.bag_text()
    if case.weight is not None:
        texts["weight"] = f"{arithmetic.decimal_text(*case.weight)} {case.weight_unit}"
    if case.form:
        texts["basis"] = case.form
        if case.bag_form != case.form:
            texts["bag_basis"] = case.bag_form
    if case.current is not None:
        texts["current"] = f"{arithmetic.decimal_text(*case.current)} {case.unit}"
    return texts


def record(case: Case, facts: Facts) -> str | None:
    """The whole answer to a question in texts: numbers, limits, what is stopped, and its JSON."""

    def ask() -> product.DoseResult:
        return product.dose(facts.drugs[case.drug], facts.limits, **_question(case))

    try:
        wanted = expected.reckon(case, facts.hard[case.drug])
    except NoMeaning as seen:
        try:
            stopped = ask()
        except VasotoneError:
            return None
        if stopped.exit_code == 3 and stopped.rounded is None:
            return None
        return _told("record", stopped.exact, f"refuses ({seen})")
    found = ask()
    exceeded = frozenset(entry["name"] for entry in found.exceeded)
    if exceeded - wanted.open != wanted.exceeded:
        return _told("limits passed", sorted(exceeded), str(sorted(wanted.exceeded)))
    if found.exit_code != (3 if exceeded else 0):
        return _told("exit code", found.exit_code, str(sorted(exceeded)))
    for name in ("exact", "dose", "rate"):
        if not _equals(getattr(found, name), getattr(wanted, name)):
            return _told(name, getattr(found, name), getattr(wanted, name))
    setting = None if exceeded else next((one for one in wanted.settings if _equals(found.rounded, one)), None)
    if not _equals(found.rounded, setting):
        return _told("rounded", found.rounded, None if exceeded else wanted.settings[0])
    given = setting and expected.delivered(wanted, setting)
    if not _equals(found.delivered, given):
        return _told("delivered", found.delivered, given)
    if set(found.base) != set(wanted.base):
        return _told("forms", sorted(found.base), str(sorted(wanted.base)))
    for form, value in wanted.base.items():
        if not _equals(found.base[form], value):
            return _told(f"counted as base from {form}", found.base[form], value)
    return _also(case, found, wanted) or _json(found.to_dict(), wanted, setting)


def _also(case: Case, found: product.DoseResult, wanted: expected.Expected) -> str | None:
    for value, written in found.also:
        other = arithmetic.convert(wanted.dose, wanted.dose_unit, written, weight=case.kilograms())
        if not _equals(value, other):
            return _told(f"the same in {written}", value, other)
    return None


def _json(told: Mapping[str, Any], wanted: expected.Expected, setting: Ratio | None) -> str | None:
    """The record as JSON: fractions as text in lowest terms, numbers that read back to the nearest double."""
    if told["exact"] != arithmetic.fraction_text(wanted.exact):
        return _told("exact as text", told["exact"], wanted.exact)
    rounded = told["rounded"]
    if (rounded is None) != (setting is None) or (setting and not arithmetic.same(ratio_of(rounded), setting)):
        return _told("rounded in JSON", rounded, setting)
    given = setting and expected.delivered(wanted, setting)
    for name, value in (("dose", wanted.dose), ("rate", wanted.rate), ("delivered", given)):
        if value is None:
            if told[name] is not None:
                return _told(name, told[name], None)
        elif told[name]["exact"] != arithmetic.fraction_text(value) or not close(told[name]["value"], value):
            return _told(f"{name} in JSON", told[name], value)
    return None


def close(number: float, value: Ratio, parts: int = 10**15) -> bool:
    """Whether a shown number is the value to fifteen digits, or to one in so many parts."""
    top, bottom = Fraction(number).as_integer_ratio()
    return abs(top * value[1] - value[0] * bottom) * parts <= abs(value[0] * bottom)


def grid_point(
    at: Any, digits: int, value: Fraction | None, kilograms: Fraction, strength: Fraction, wanted: Ratio, facts: Facts
) -> tuple[str | None, Fraction | None]:
    """A point of the grid: the dose read (unless it was read just before), put in the form of the bag, and as mL/h.

    The dose is written as base, the bag counts in its own form.
    """
    try:
        if value is None:
            read = units.number(arithmetic.decimal_text(digits, at.places), where="dose")
            value = units.from_base(read, at.form, facts.factors)
        exact, rounded = product.pump_rate(
            value, at.spelling, weight_kg=kilograms, bag_amount=strength, bag_unit="ug", bag_volume_ml=ONE_ML,
            increment=TENTH,
        )  # fmt: skip
    except Exception as error:
        return f"grid: the product stops with {type(error).__name__}: {error}", None
    if exact.numerator * wanted[1] != wanted[0] * exact.denominator:
        return _told("mL/h", exact, wanted), value
    setting = arithmetic.step_nearest(wanted, (1, 10))
    if rounded.numerator * setting[1] != setting[0] * rounded.denominator:
        return _told("mL/h by the pump's step", rounded, setting), value
    return None, value


ASK: dict[str, Callable[[Case, Facts], str | None]] = {
    cases.RATE: rate,
    cases.DOSE: dose,
    cases.UNIT: unit,
    cases.MEASURE: measure,
    cases.SALT: salt,
    cases.ROUND: rounding,
    cases.RECORD: record,
}


def compare(case: Case, facts: Facts) -> str | None:
    """None where product and oracle agree on a case, else what differs; a crash of the product is a difference."""
    try:
        return ASK[case.kind](case, facts)
    except Exception as error:
        return f"{case.kind}: the product stops with {type(error).__name__}: {error}"
