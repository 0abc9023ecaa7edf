"""The clinical grid of norepinephrine: every dose, weight, strength, spelling and form, all or a stratified part.

Dose 0.01 to 3.00 by 0.01 ug/kg/min of base, weight 30 to 250 kg by 0.5, six strengths, 45 spellings, three forms of
the bag. The same dose is written in each spelling, so all of them have to give one rate.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from tests.oracle import against, arithmetic, cases, tables
from tests.oracle.arithmetic import Ratio
from tests.oracle.cases import Case, Outcome

DOSES, WEIGHTS = range(1, 301), range(60, 501)  # hundredths of ug/kg/min, half kilograms
POINTS = len(DOSES) * len(WEIGHTS)
STRATA = tuple(
    (strength, spelling, form)
    for form in tables.GRID_FORMS
    for strength in tables.GRID_STRENGTHS
    for spelling in tables.GRID_SPELLINGS
)
WHOLE = POINTS * len(STRATA)
STRIDE = 52_361  # shares no divisor with the number of points, so a walk by it meets each point once
KILOGRAMS = {half: Fraction(half, 2) for half in WEIGHTS}


class Slice(NamedTuple):
    """Some points of one stratum: where the walk begins and how many it takes."""

    stratum: int
    start: int
    count: int
    stride: int


def slices(strata: int | None, which: int, of: int, seed: int) -> Iterator[Slice]:
    """The part `which` of `of`: the whole grid, or about `strata` points with an equal share of each stratum."""
    share = POINTS if strata is None else min(POINTS, -(-strata // len(STRATA)))
    for stratum in range(len(STRATA)):
        if stratum % of == which - 1:
            if strata is None:
                yield Slice(stratum, 0, share, 1)
            else:
                yield Slice(stratum, (seed * 7_919 + stratum * share) % POINTS * STRIDE % POINTS, share, STRIDE)


class Stratum(NamedTuple):
    """One strength, spelling and form, with what one hundredth of a dose at half a kilogram comes to.

    `rate` is mL/h and `digits` what is written, with `places`; a dose by weight is written alike at every weight.
    """

    strength: int
    spelling: str
    form: str
    rate: Ratio
    digits: int
    places: int
    by_weight: bool


def reckon(stratum: int) -> Stratum:
    """What the oracle says of a stratum; everything in it is proportional to dose and weight."""
    strength, spelling, form = STRATA[stratum]
    one, weight = (1, 100), (1, 2)
    rate = arithmetic.pump_rate(
        arithmetic.in_form(one, "base", form), "ug/kg/min", weight=weight, amount=(strength, 1), amount_unit="ug",
        ml=(1, 1),
    )  # fmt: skip
    by_weight = "/kg/" in spelling.lower()
    top, bottom = arithmetic.convert(one, "ug/kg/min", spelling, weight=weight)
    places = next(places for places in range(12) if top * 10**places % bottom == 0)
    return Stratum(strength, spelling, form, rate, top * 10**places // bottom, places, by_weight)


def case_at(at: Stratum, dose: int, half_kilograms: int) -> Case:
    """A point of the grid as the case that is shown where it differs."""
    digits = at.digits * dose * (1 if at.by_weight else half_kilograms)
    return cases.SIMPLE._replace(
        kind="grid", digits=digits, places=at.places, unit=at.spelling, weight=(half_kilograms * 5, 1),
        amount=at.strength, amount_unit="ug", bag_form=at.form,
    )  # fmt: skip


def ask(points: Slice, facts: against.Facts) -> Outcome:
    """Every point of a slice, asked of the product and compared."""
    began = time.process_time_ns()
    at = reckon(points.stratum)
    strength = Fraction(at.strength)
    compare = against.grid_point
    wrong, worst = 0, None
    index, last, value = points.start, -1, None
    for _ in range(points.count):
        dose, half_kilograms = 1 + index // len(WEIGHTS), WEIGHTS[index % len(WEIGHTS)]
        index = (index + points.stride) % POINTS
        digits = at.digits * dose * (1 if at.by_weight else half_kilograms)
        if digits != last:
            last, value = digits, None
        top = at.rate[0] * dose * half_kilograms
        told, value = compare(at, digits, value, KILOGRAMS[half_kilograms], strength, (top, at.rate[1]), facts)
        if told:
            wrong += 1
            case = case_at(at, dose, half_kilograms)
            if worst is None or cases.size(case) < worst[0]:
                worst = cases.size(case), cases.line(case, told), "grid"
    return Outcome(
        Counter({"grid": points.count}), Counter({"grid": wrong}) if wrong else Counter(), worst,
        time.process_time_ns() - began,
    )  # fmt: skip
