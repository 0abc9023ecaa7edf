"""The arithmetic of doses, pump rates, salts and units in whole numbers alone: the oracle itself.

A value is a pair (numerator, denominator) of integers, the denominator positive, not necessarily reduced. Nothing
of the product is imported, and no type of number but `int` is used, so that a fault there cannot be repeated here.
"""

from __future__ import annotations

from functools import cache
from math import gcd

from tests.oracle import tables

Ratio = tuple[int, int]
Dimension = tuple[tuple[str, int], ...]

DIGITS = frozenset("0123456789")


class NoMeaning(ValueError):
    """What was asked has no answer: an unknown unit, other dimensions, or a weight that is missing."""


def times(one: Ratio, other: Ratio) -> Ratio:
    """The product of two ratios."""
    return one[0] * other[0], one[1] * other[1]


def over(one: Ratio, other: Ratio) -> Ratio:
    """One ratio divided by another that is above zero."""
    if other[0] <= 0:
        raise NoMeaning("division by nothing")
    return one[0] * other[1], one[1] * other[0]


def same(one: Ratio, other: Ratio) -> bool:
    """Whether two ratios are one number, by cross-products."""
    return one[0] * other[1] == other[0] * one[1]


def above(one: Ratio, other: Ratio) -> bool:
    """Whether one ratio is greater than another."""
    return one[0] * other[1] > other[0] * one[1]


def reduced(value: Ratio) -> Ratio:
    """The same number in lowest terms."""
    most = gcd(value[0], value[1])
    return value[0] // most, value[1] // most


def fraction_text(value: Ratio) -> str:
    """A ratio as text in lowest terms, such as "3003/160", and "30" where it is whole."""
    top, bottom = reduced(value)
    return str(top) if bottom == 1 else f"{top}/{bottom}"


def decimal_text(digits: int, places: int) -> str:
    """An integer with its decimal point moved left, such as 7 and 2 for "0.07"; zeros are kept."""
    if not places:
        return str(digits)
    sign, digits = ("-", -digits) if digits < 0 else ("", digits)
    whole, part = divmod(digits, 10**places)
    return f"{sign}{whole}.{part:0{places}d}"


def number(text: str) -> Ratio:
    """A number in plain decimal text: digits, and a point only between digits; NoMeaning for anything else."""
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, point, part = body.partition(".")
    if not whole or not set(whole) <= DIGITS or not set(part) <= DIGITS or (point and not part):
        raise NoMeaning(f"not a number: {text!r}")
    return sign * int(whole + part), 10 ** len(part)


@cache
def meaning(text: str) -> tuple[Dimension, int, int]:
    """What a spelling means: its dimension and how many of the own measures it is, as two integers.

    The first part stands above the line, what follows a slash below it. A kilogram is one of body weight;
    NoMeaning for any part that the table does not hold.
    """
    powers: dict[str, int] = {}
    top, bottom = 1, 1
    words = text.split("/")
    if len(words) > 1 and not words[0]:
        words[0] = "1"  # a count by time, such as beats: /min
    for place, word in enumerate(words):
        if word not in tables.PARTS:
            raise NoMeaning(f"not a unit: {text!r}")
        name, above_line, below_line = tables.PARTS[word]
        if place and name == tables.BODY and (above_line, below_line) != (1, 1):
            raise NoMeaning(f"no dose is written per pound: {text!r}")
        power = -1 if place else 1
        if name != tables.ONE:
            powers[name] = powers.get(name, 0) + power
        if place:
            above_line, below_line = below_line, above_line
        top, bottom = top * above_line, bottom * below_line
    dimension = tuple(sorted((name, power) for name, power in powers.items() if power))
    most = gcd(top, bottom)
    return dimension, top // most, bottom // most


@cache
def factor(source: str, target: str) -> tuple[int, int, int, int]:
    """How many of `target` one of `source` is: two integers, then the powers of body weight and of molar mass.

    NoMeaning where the two differ in anything else.
    """
    left, top, bottom = meaning(source)
    right, other_top, other_bottom = meaning(target)
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) - power
    body = powers.pop(tables.BODY, 0)
    amount, mass = powers.pop(tables.AMOUNT, 0), powers.pop(tables.MASS, 0)
    if any(powers.values()) or abs(body) > 1 or amount + mass or abs(amount) > 1:
        raise NoMeaning(f"{source} and {target} do not measure the same")
    top, bottom = top * other_bottom, bottom * other_top
    most = gcd(top, bottom)
    return top // most, bottom // most, body, amount


def convert(
    value: Ratio, source: str, target: str, *, weight: Ratio | None = None, molar: Ratio | None = None
) -> Ratio:
    """The same quantity in another unit.

    `weight` in kg takes a dose to and from one per kilogram, `molar` in g/mol takes a mass to and from an amount
    of substance; NoMeaning where one of them is needed and missing or not above zero.
    """
    top, bottom, body, amount = factor(source, target)
    above_line, below_line = value[0] * top, value[1] * bottom
    if body:
        if weight is None or weight[0] <= 0:
            raise NoMeaning("the weight is missing")
        # per kilogram to absolute: the source holds one body power less than the target
        more, less = weight if body < 0 else (weight[1], weight[0])
        above_line, below_line = above_line * more, below_line * less
    if amount:
        if molar is None:
            raise NoMeaning("the molar mass is missing")
        # one g/mol is one ng/nmol, the measures of the table
        more, less = molar if amount > 0 else (molar[1], molar[0])
        above_line, below_line = above_line * more, below_line * less
    return above_line, below_line


def in_form(value: Ratio, source: str, target: str) -> Ratio:
    """A mass (or dose) written in one chemical form as the same drug written in another."""
    if source == target:
        return value
    if source not in tables.SALTS or target not in tables.SALTS:
        raise NoMeaning(f"not a form: {source}, {target}")
    return over(times(value, tables.SALTS[target]), tables.SALTS[source])


def pump_rate(dose: Ratio, unit: str, *, weight: Ratio | None, amount: Ratio, amount_unit: str, ml: Ratio) -> Ratio:
    """mL/h that deliver a dose from a bag of `amount` in `ml`."""
    per_hour = convert(dose, unit, f"{amount_unit}/h", weight=weight)
    return over(times(per_hour, ml), amount)


def dose_given(rate: Ratio, unit: str, *, weight: Ratio | None, amount: Ratio, amount_unit: str, ml: Ratio) -> Ratio:
    """The dose, in `unit`, that a rate in mL/h delivers from a bag of `amount` in `ml`."""
    return convert(over(times(rate, amount), ml), f"{amount_unit}/h", unit, weight=weight)


def step_down(value: Ratio, step: Ratio) -> Ratio:
    """The greatest multiple of the step that is not above the value."""
    return (value[0] * step[1]) // (value[1] * step[0]) * step[0], step[1]


def step_nearest(value: Ratio, step: Ratio) -> Ratio:
    """The multiple of the step that is nearest to a value not below zero; a tie goes up."""
    twice = 2 * value[0] * step[1] + value[1] * step[0]
    return twice // (2 * value[1] * step[0]) * step[0], step[1]


def pump_setting(rate: Ratio, step: Ratio, most: Ratio | None) -> Ratio:
    """What the pump is set to: the nearest step, or the one below where that would pass the highest allowed rate."""
    nearest = step_nearest(rate, step)
    return step_down(rate, step) if most is not None and above(nearest, most) else nearest


def beyond(value: Ratio, side: str, limit: Ratio) -> bool:
    """Whether a limit is passed: above a high one, below a low one, on an equal one, at or above where it begins."""
    if side == "high":
        return above(value, limit)
    if side == "low":
        return above(limit, value)
    if side == "equal":
        return same(value, limit)
    if side == "from":
        return not above(limit, value)
    raise NoMeaning(f"not a side: {side}")
