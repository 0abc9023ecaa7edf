"""What a whole dose record has to say, reckoned in whole numbers from the question and the limits handed in."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracle import arithmetic, tables
from tests.oracle.arithmetic import NoMeaning, Ratio
from tests.oracle.cases import Case

STEP = (1, 10)  # the pump's, in mL/h


class Limit(NamedTuple):
    """A hard limit: of what, on which side, how much, and its unit."""

    name: str
    of: str
    side: str
    value: Ratio
    unit: str


class Expected(NamedTuple):
    """The numbers of a record.

    `exceeded` has to be stopped. `open` may be: a limit per kilogram of a dose that is not, without a weight, where
    it depends on the body whether it is passed. `settings` are what the pump may be set to if nothing stops it.
    """

    exact: Ratio
    dose: Ratio
    dose_unit: str
    rate: Ratio
    settings: tuple[Ratio, ...]
    base: dict[str, Ratio]
    exceeded: frozenset[str]
    open: frozenset[str]


def forms(case: Case, form: str) -> tuple[str, ...]:
    """The chemical forms that are possible: the known one, or each of them for a drug that has several."""
    if case.drug != "norepinephrine":
        return ("base",)
    return (form,) if form else tuple(tables.SALTS)


def _side(case: Case, weight: Ratio | None) -> tuple[Ratio, str, Ratio]:
    """The dose, its unit and the exact rate, whichever of the two was asked for."""
    amount = (case.amount, 1)
    if case.form:
        amount = arithmetic.in_form(amount, case.bag_form, case.form)
    bag = {"weight": weight, "amount": amount, "amount_unit": case.amount_unit, "ml": (case.ml, 1)}
    if case.backwards:
        rate = arithmetic.convert(case.value(), case.unit, "mL/h")
        return arithmetic.dose_given(rate, case.target, **bag), case.target, rate  # type: ignore[arg-type]
    rate = arithmetic.pump_rate(case.value(), case.unit, **bag)  # type: ignore[arg-type]
    return case.value(), case.unit, rate


def _needs_weight(case: Case) -> bool:
    """Whether anything about the question is per kilogram: the dose as written, or the drug's own unit."""
    return "/kg/" in tables.DRUGS[case.drug][0] or "/kg/" in case.unit.lower()


class Judged(NamedTuple):
    """A limit judged: passed or not, and the highest rate that would not pass it where that is known."""

    passed: bool
    highest: Ratio | None


def _dose_limit(limit: Limit, case: Case, side: tuple[Ratio, str, Ratio], weight: Ratio | None) -> Judged:
    """A limit of the dose, judged for each possible form; NoMeaning without a weight that it needs."""
    dose, unit, rate = side
    passed, highest = False, None
    for form in forms(case, case.form):
        counted = arithmetic.convert(arithmetic.in_form(dose, form, "base"), unit, limit.unit, weight=weight)
        passed = passed or arithmetic.beyond(counted, limit.side, limit.value)
        if limit.side == "high" and counted[0]:
            most = arithmetic.over(arithmetic.times(rate, limit.value), counted)
            highest = most if highest is None else least(highest, most)
    return Judged(passed, highest)


def _other_limit(limit: Limit, case: Case, rate: Ratio, weight: Ratio | None) -> Judged:
    """A limit of the bag, the pump, the weight or the step."""
    if limit.of == "concentration":
        strength = arithmetic.convert((case.amount, case.ml), f"{case.amount_unit}/mL", limit.unit)
        each = [arithmetic.in_form(strength, form, "base") for form in forms(case, case.bag_form)]
        return Judged(any(arithmetic.beyond(one, limit.side, limit.value) for one in each), None)
    if limit.of == "rate":
        return Judged(arithmetic.beyond(rate, limit.side, limit.value), limit.value if limit.side == "high" else None)
    seen: Ratio | None = None
    if limit.of == "weight" and _needs_weight(case):
        seen = weight
    elif limit.of == "step" and case.current and case.current[0]:
        seen = arithmetic.over(case.value(), (case.current[0], 10 ** case.current[1]))
    return Judged(seen is not None and arithmetic.beyond(seen, limit.side, limit.value), None)


def reckon(case: Case, limits: tuple[Limit, ...]) -> Expected:
    """The whole record; NoMeaning where the question cannot be answered for want of a weight."""
    weight = case.kilograms()
    if weight is not None and weight[0] <= 0 and _needs_weight(case):
        raise NoMeaning("no body has this weight")
    dose, unit, rate = side = _side(case, weight)
    exceeded, in_doubt = set(), set()
    highest: Ratio | None = None
    cautious: Ratio | None = None
    for limit in limits:
        if limit.of != "dose":
            judged = light = _other_limit(limit, case, rate, weight)
        elif weight is None and "/kg/" in limit.unit and "/kg/" not in unit.lower():
            judged = _dose_limit(limit, case, side, tables.HEAVIEST)
            light = _dose_limit(limit, case, side, tables.LIGHTEST)
        else:
            judged = light = _dose_limit(limit, case, side, weight)
        if judged.passed:
            exceeded.add(limit.name)
        elif light.passed:
            in_doubt.add(limit.name)
        highest, cautious = least(highest, judged.highest), least(cautious, light.highest)
    settings = tuple(arithmetic.pump_setting(rate, STEP, most) for most in (highest, cautious))
    exact = dose if case.backwards else rate
    base = _as_base(case, dose, unit, weight)
    return Expected(exact, dose, unit, rate, settings, base, frozenset(exceeded), frozenset(in_doubt))


def delivered(wanted: Expected, setting: Ratio) -> Ratio:
    """The dose that a pump setting gives, in the unit of the dose."""
    return (0, 1) if not wanted.rate[0] else arithmetic.over(arithmetic.times(wanted.dose, setting), wanted.rate)


def _as_base(case: Case, dose: Ratio, unit: str, weight: Ratio | None) -> dict[str, Ratio]:
    """The dose as base for each possible form: in the drug's unit, or as written where that lacks a weight."""
    target = tables.DRUGS[case.drug][0]
    if weight is None and ("/kg/" in target) != ("/kg/" in unit.lower()):
        target = unit
    return {
        form: arithmetic.convert(arithmetic.in_form(dose, form, "base"), unit, target, weight=weight)
        for form in forms(case, case.form)
    }


def least(one: Ratio | None, other: Ratio | None) -> Ratio | None:
    """The smaller of two ratios, or the one there is."""
    if one is None or other is None:
        return one or other
    return other if arithmetic.above(one, other) else one
