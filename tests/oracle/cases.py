"""Questions for the product: drawn at random, with the traps of charts among them, and made simpler to report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.oracle import arithmetic, tables
from tests.oracle.arithmetic import Ratio

RATE, DOSE, UNIT, MEASURE, SALT, ROUND, RECORD = "rate", "dose", "unit", "measure", "salt", "round", "record"
KINDS = (RATE, DOSE, UNIT, MEASURE, SALT, ROUND, RECORD)
_SHARES = {RATE: 404, DOSE: 296, UNIT: 150, MEASURE: 60, SALT: 60, ROUND: 50, RECORD: 4}
_WHEEL = tuple(kind for kind, share in _SHARES.items() for _ in range(share))

MASS_SPELLINGS, BIO_SPELLINGS = tables.dose_spellings(), tables.bio_spellings()
RATE_SPELLINGS = ("mL/h", "ml/hr", "mL/hour", "cc/hr", "ML/HR", "mL/min")
WEIGHT_SPELLINGS = ("kg", "kg", "kg", "Kg", "lb", "lbs", "pounds")
BAG_WORDINGS = ("{} {}/{} mL", "{} {} in {} mL", "{} {}/{} ml", "{} {} in {} cc", "{} {} / {} mL")
# digits and places: none, a placeholder, the ends of what is accepted, pounds taken for kilograms
WEIGHT_TRAPS = ((0, 0), (1, 0), (10, 1), (199, 1), (20, 0), (200, 1), (400, 0), (4001, 1), (176, 0), (5, 1), (1, 2))
STEPS: tuple[Ratio, ...] = ((1, 10), (1, 100), (1, 1), (1, 2), (5, 1), (1, 20), (3, 10))
FORMS: tuple[str, ...] = tuple(tables.SALTS)
DRUGS = tuple(tables.DRUGS)
MASS_AMOUNTS, BIO_AMOUNTS = ("mg", "ug", "mcg", "g"), ("U", "units", "[iU]", "mU")
POWERS = tuple(10**places for places in range(12))


class Case(NamedTuple):
    """One question. A number is its digits and its decimal places; what a kind does not ask stays unused."""

    kind: str
    drug: str
    digits: int
    places: int
    unit: str
    target: str
    weight: tuple[int, int] | None
    weight_unit: str
    amount: int
    amount_unit: str
    ml: int
    step: Ratio
    form: str
    bag_form: str
    current: tuple[int, int] | None
    backwards: bool

    def value(self) -> Ratio:
        """The number that is asked about."""
        return self.digits, POWERS[self.places]

    def value_text(self) -> str:
        """The number as it is written."""
        return arithmetic.decimal_text(self.digits, self.places)

    def bag_text(self) -> str:
        """The bag in one of the ways in which bags are written; which one follows from the case."""
        if self.ml == 1 and self.digits & 1:
            return f"{self.amount} {self.amount_unit}/mL"
        return BAG_WORDINGS[self.digits % len(BAG_WORDINGS)].format(self.amount, self.amount_unit, self.ml)

    def kilograms(self) -> Ratio | None:
        """The body weight in kg, where there is one."""
        if self.weight is None:
            return None
        _, top, bottom = tables.PARTS[self.weight_unit]
        return self.weight[0] * top, POWERS[self.weight[1]] * bottom


SIMPLE = Case(
    RATE, "norepinephrine", 1, 0, "ug/kg/min", "ug/min", (100, 0), "kg", 1, "mg", 1, (1, 10), "base", "base", None,
    False,
)  # fmt: skip


def _number(bits: int) -> tuple[int, int]:
    """Digits and places from 14 random bits or more: one to six digits, small numbers the more often."""
    length = bits % 6
    return (bits >> 3) % POWERS[length + 1], (bits >> 23) % 5


def _weight(bits: int) -> tuple[int, int] | None:
    """A weight: mostly of an adult with half kilograms, one in eight a trap, one in sixteen missing."""
    if bits % 16 == 15:
        return None
    if bits % 8 == 6:
        return WEIGHT_TRAPS[(bits >> 4) % len(WEIGHT_TRAPS)]
    return 300 + 5 * ((bits >> 4) % 441), 1


def draw(source: Random) -> Case:
    """One case; everything about it follows from the source's bits."""
    bits = source.getrandbits(160)
    kind = _WHEEL[bits & 1023]
    if kind == RECORD:
        return record(source)
    drug = DRUGS[(bits >> 10 & 1023) % len(DRUGS)]
    own, strengths = tables.DRUGS[drug]
    bio = drug == "vasopressin"
    spellings = BIO_SPELLINGS if bio else MASS_SPELLINGS
    digits, places = _number(bits >> 20)
    weight = _weight(bits >> 56 & 0xFFFF)
    if bits >> 72 & 3:
        amount, amount_unit, ml = strengths[(bits >> 74 & 63) % len(strengths)]
    else:
        amounts = BIO_AMOUNTS if bio else MASS_AMOUNTS
        amount, amount_unit, ml = 1 + (bits >> 74 & 511), amounts[bits >> 83 & 3], 1 + (bits >> 85 & 1023)
    unit, target = spellings[(bits >> 96 & 4095) % len(spellings)], spellings[(bits >> 108 & 4095) % len(spellings)]
    if kind == MEASURE:
        drug, unit, target = tables.MEASURES[(bits >> 96 & 4095) % len(tables.MEASURES)]
    elif kind == DOSE and bits >> 120 & 1:
        unit = own
    return Case(
        kind, drug, digits, places, unit, target, weight, WEIGHT_SPELLINGS[(bits >> 121 & 255) % 7],
        amount, amount_unit, ml, STEPS[(bits >> 129 & 255) % len(STEPS)],
        FORMS[bits >> 137 & 3], FORMS[bits >> 139 & 3], None, bool(bits >> 141 & 1),
    )  # fmt: skip


def record(source: Random) -> Case:
    """A question to the whole record: a drug, its bag, a weight, and doses of the clinical range and its limits."""
    drug = source.choice(DRUGS)
    own, strengths = tables.DRUGS[drug]
    bio = drug == "vasopressin"
    amount, amount_unit, ml = source.choice(strengths)
    if not source.randrange(8):
        amount, amount_unit = source.randrange(1, 400), source.choice(BIO_AMOUNTS if bio else MASS_AMOUNTS)
    backwards = bool(source.randrange(2))
    form = source.choice((*FORMS, "")) if drug == "norepinephrine" else ""
    bag_form = source.choice(FORMS) if form and not source.randrange(3) else form
    digits, places = source.randrange(1, 400), 2
    if drug != "norepinephrine":
        digits, places = source.randrange(0, 5000), source.randrange(5)
    if not source.randrange(4):
        digits, places = digits * 1000 + source.randrange(1000), places + 3
    unit = own
    if backwards:
        digits, places, unit = source.randrange(0, 13000), source.randrange(4), source.choice(RATE_SPELLINGS)
    elif not source.randrange(3):
        unit = source.choice(BIO_SPELLINGS if bio else MASS_SPELLINGS)
    weight = _weight(source.getrandbits(32))
    if not source.randrange(4):
        digits, places, unit = _at_the_limit(source, drug, form, backwards)
    weight_unit = "kg" if weight in WEIGHT_TRAPS else source.choice(WEIGHT_SPELLINGS)
    if weight and weight_unit not in ("kg", "Kg"):
        weight = (weight[0] * 22 // 10, weight[1])
    if unit == "at the limit":  # a rate that gives about the highest dose from this bag at this weight
        digits, places, unit = _rate_of(digits, places, drug, weight, weight_unit, (amount, amount_unit, ml))
    current = None if source.randrange(4) else (max(1, digits // source.choice((1, 2, 3, 10, 20, 21))), places)
    return Case(
        RECORD, drug, digits, places, unit, own, weight, weight_unit, amount, amount_unit, ml, (1, 10), form,
        bag_form, current, backwards,
    )  # fmt: skip


def _at_the_limit(source: Random, drug: str, form: str, backwards: bool) -> tuple[int, int, str]:
    """A dose a little below, at or above the highest one: where rounding up would lift it over."""
    top, bottom = tables.SALTS[form or "base"]
    limit, places = tables.HARD.get(drug, (1, 0))
    digits = limit * 10**5 * top // bottom - source.choice((0, 1, -1, source.randrange(20_000)))
    return digits, places + 5, "at the limit" if backwards else tables.DRUGS[drug][0]


def _rate_of(
    digits: int, places: int, drug: str, weight: tuple[int, int] | None, weight_unit: str, bag: tuple[int, str, int]
) -> tuple[int, int, str]:
    """The pump rate of a dose, cut to a hundredth of mL/h."""
    _, top, bottom = tables.PARTS[weight_unit]
    kilograms = (weight[0] * top, POWERS[weight[1]] * bottom) if weight and weight[0] else (70, 1)
    rate = arithmetic.pump_rate(
        (digits, POWERS[places]), tables.DRUGS[drug][0], weight=kilograms, amount=(bag[0], 1), amount_unit=bag[1],
        ml=(bag[2], 1),
    )  # fmt: skip
    return rate[0] * 100 // rate[1], 2, "mL/h"


def size(case: Case) -> int:
    """How much there is to read in a case; the smallest failing one is reported."""
    plain = sum(one != simple for one, simple in zip(case, SIMPLE, strict=True))
    weight = len(str(case.weight)) if case.weight else 0
    return 20 * plain + len(str(case.digits)) + case.places + weight + len(str(case.amount)) + len(str(case.ml))


def simpler(case: Case) -> Iterator[Case]:
    """Cases that say less, one change at a time; units that stay must stay of their kind."""
    for digits, places in ((1, 0), (1, 1), (1, 2), (3, 0), (case.digits // 10, max(case.places - 1, 0)), (15, 2)):
        yield case._replace(digits=digits, places=places)
    yield case._replace(weight=SIMPLE.weight, weight_unit="kg")
    yield case._replace(current=None)
    yield case._replace(amount=1, ml=1)
    yield case._replace(amount=1, ml=100)
    yield case._replace(step=SIMPLE.step)
    yield case._replace(form="base", bag_form="base")
    yield case._replace(backwards=False)
    if case.drug in tables.DRUGS and case.kind != MEASURE:
        yield case._replace(unit=tables.DRUGS[case.drug][0])
        yield case._replace(target=tables.DRUGS[case.drug][0])
        yield case._replace(amount_unit="U" if case.drug == "vasopressin" else "mg")


class Outcome(NamedTuple):
    """How many cases of each kind were asked, how many differ, the smallest that differs, and CPU time used."""

    asked: Counter[str]
    wrong: Counter[str]
    worst: tuple[int, str, str] | None
    cpu_ns: int


def line(case: Case, told: str) -> str:
    """A case and what differs, as one reads it."""
    rest = [f"{name}={value!r}" for name, value in case._asdict().items() if name not in ("digits", "places", "kind")]
    return f"{case.kind} {case.value_text()} {case.unit}\n  {told}\n  {' '.join(rest)}"
