"""Every drug, unit, form, weight and bag at random against whole-number arithmetic that shares no code."""

from __future__ import annotations

import json
import os
import random
from fractions import Fraction
from typing import Any

import pytest
from dosing_facts import drugs, limits

from vasotone.cli import main
from vasotone.dose import dose
from vasotone.errors import VasotoneError

CASES = int(os.environ.get("VASOTONE_FUZZ_CASES", "4000"))
SEED = int(os.environ.get("VASOTONE_FUZZ_SEED", "1"))
# how many of the smallest unit (nanogram, milliunit) and how many seconds
MASS = {"ng": 1, "ug": 1000, "mcg": 1000, "\u00b5g": 1000, "mg": 10**6, "g": 10**9}
ACTIVITY = {"mU": 1, "milliunits": 1, "U": 1000, "units": 1000, "IU": 1000, "[iU]": 1000}
SPAN = {"min": 60, "h": 3600, "hr": 3600, "d": 86400, "day": 86400}
VOLUME = {"mL": (1, 1), "ml": (1, 1), "cc": (1, 1), "L": (1000, 1), "dL": (100, 1)}
WEIGHT = {"kg": (1, 1), "kilograms": (1, 1), "g": (1, 1000), "lb": (45359237, 10**8), "lbs": (45359237, 10**8)}
INFUSED = sorted(name for name, record in drugs.items() if record.get("infusion", True))


class Whole:
    """A ratio of two whole numbers, multiplied and compared by hand."""

    def __init__(self, above: int, below: int = 1) -> None:
        self.above, self.below = above, below

    def times(self, above: int, below: int = 1) -> Whole:
        return Whole(self.above * above, self.below * below)

    def over(self, other: Whole) -> Whole:
        return Whole(self.above * other.below, self.below * other.above)

    def is_same(self, other: Fraction) -> bool:
        return self.above * other.denominator == other.numerator * self.below

    def exceeds(self, other: Whole) -> bool:
        return self.above * other.below > other.above * self.below

    def tenths(self) -> int:
        return (20 * self.above + self.below) // (2 * self.below)


def decimal(random_: random.Random, digits: int, places: int) -> tuple[str, Whole]:
    """Decimal text above zero and the same as a ratio."""
    count = random_.randrange(1, 10**digits)
    places = random_.randrange(places + 1)
    padded = str(count).rjust(places + 1, "0")
    text = padded if places == 0 else f"{padded[:-places]}.{padded[-places:]}"
    return text, Whole(count, 10**places)


def ratio(value: Any) -> Whole:
    """A number of the data as a ratio, by its decimal text."""
    text = str(value)
    if "/" in text:
        above, _, below = text.partition("/")
        return Whole(int(above), int(below))
    whole, _, rest = text.partition(".")
    return Whole(int(whole + rest), 10 ** len(rest))


class Question:
    """One random question with its answer worked out here."""

    def __init__(self, random_: random.Random) -> None:
        self.name = random_.choice(INFUSED)
        self.drug = drugs[self.name]
        unit, *below = self.drug["unit"].split("/")
        self.sizes = MASS if unit in MASS else ACTIVITY
        per_kg = ("kg" in below) if random_.random() < 0.8 else random_.random() < 0.5
        said, span = random_.choice(list(self.sizes)), random_.choice(list(SPAN))
        self.unit = f"{said}{'/kg' if per_kg else ''}/{span}"
        kg_text, kg = decimal(random_, 4, 2)
        kind = random_.choice(list(WEIGHT))
        self.weight, self.kg = f"{kg_text} {kind}", kg.times(*WEIGHT[kind])
        amount_text, amount = decimal(random_, 3, 2)
        amount_unit = random_.choice(list(self.sizes))
        volume_text, volume = decimal(random_, 3, 1)
        volume_unit = random_.choice(list(VOLUME))
        self.bag = (
            f"{amount_text} {amount_unit}{random_.choice(('/', ' in ', ' / ', ' per '))}{volume_text} {volume_unit}"
        )
        forms = self.drug.get("forms") or {"base": {"value": 1}}
        self.form, self.bag_form = random_.choice(list(forms)), random_.choice(list(forms))
        self.factor, bag_factor = ratio(forms[self.form]["value"]), ratio(forms[self.bag_form]["value"])
        # smallest units of the dose's form in one mL
        ml = volume.times(*VOLUME[volume_unit])
        strength = amount.times(self.sizes[amount_unit]).over(ml)
        self.strength = strength.times(self.factor.above, self.factor.below).over(bag_factor)
        self.hourly = Whole(self.sizes[said] * 3600, SPAN[span])  # smallest units an hour in one of the unit
        if per_kg:
            self.hourly = self.hourly.times(self.kg.above, self.kg.below)
        self.number, self.amount = decimal(random_, 4, 4)

    def base_in(self, unit: str, hourly: Whole) -> Whole:
        """Smallest units an hour of the written form, as base in a unit."""
        size, *below = unit.split("/")
        one = hourly.times(SPAN[below[-1]], 3600 * self.sizes[size])
        return (one.over(self.kg) if "kg" in below else one).over(self.factor)


def check_question(question: Question, backwards: bool) -> bool:
    """Ask, compare, and tell whether a limit stopped it."""
    asked = {"rate": f"{question.number} mL/h"} if backwards else {"dose": f"{question.number} {question.unit}"}
    result = dose(
        question.drug, limits, weight=question.weight, bag=question.bag, basis=question.form,
        bag_basis=question.bag_form, **asked,
    )  # fmt: skip
    if backwards:
        hourly = question.amount.times(question.strength.above, question.strength.below)
        rate = question.amount
    else:
        hourly = question.amount.times(question.hourly.above, question.hourly.below)
        rate = hourly.over(question.strength)
    base = question.base_in(question.drug["unit"], hourly)
    assert result.rate is not None and rate.is_same(result.rate)
    assert base.is_same(next(iter(result.base.values())))
    if backwards:
        unit = question.drug["unit"]
        assert result.dose is not None
        written = base.times(question.factor.above, question.factor.below)
        assert result.case.unit.text == unit and written.is_same(result.dose)
    ceiling = limits.get(question.name, {}).get("hard_high")
    if ceiling and ceiling["unit"] == question.drug["unit"] and base.exceeds(ratio(ceiling["value"])):
        assert result.exit_code == 3
    weighed = "/kg" in question.unit + question.drug["unit"] if not backwards else "/kg" in question.drug["unit"]
    odd_weight = question.kg.exceeds(Whole(400)) or Whole(20).exceeds(question.kg)
    if rate.exceeds(Whole(1200)) or (weighed and odd_weight):
        assert result.exit_code == 3
    if result.exit_code == 3:
        assert result.rounded is None and result.delivered is None
    else:
        assert result.rounded is not None
        down = 10 * rate.above // rate.below
        assert result.rounded * 10 in (rate.tenths(), down)
    record = result.to_dict()
    assert json.loads(json.dumps(record)) == record and Fraction(record["exact"]) == result.exact
    assert result.text()
    return result.exit_code == 3


def test_random_questions_against_whole_numbers() -> None:
    stopped = 0
    for place in range(CASES):
        random_ = random.Random(SEED * 1_000_003 + place)
        question = Question(random_)
        try:
            stopped += check_question(question, backwards=place % 4 == 0)
        except (AssertionError, VasotoneError, ArithmeticError) as error:
            raise AssertionError(f"case {place}: {vars(question)}") from error
    assert CASES // 10 < stopped < CASES  # both sides were reached


TEXTS = ("", " ", "0", "-1", "0.1", ".5", "5.", "1,5", "1e400", "NaN", "inf", "\x00", "\ud800", "\u202e5", "٣ kg",
         "0.1 ug/kg/min", "0 ug/kg/min", "-1 ug/kg/min", "1e15 g/kg/min", "1e-30 ng/kg/min", "80 kg",
         "0 kg", "-80 kg", "1 kg", "1e15 kg", "176 lb", "4 mg/250 mL", "4 mg/0 mL", "0 mg/1 mL", "4 mg", "4 mg/mL",
         "4 U/mL", "30 mL/h", "0 mL/h", "1e15 L/min", "base", "Bitartrate", "salt", "5 5 kg", "1e5kg", "x" * 5000,
         "4 mg/250 mL/2")  # fmt: skip
OPTIONS = ("--dose", "--rate", "--weight", "--bag", "--basis", "--bag-basis", "--current")
SOUND = {"--dose": "0.1 ug/kg/min", "--weight": "80 kg", "--bag": "4 mg/250 mL", "--basis": "base"}


def test_odd_texts_at_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    random_ = random.Random(SEED * 7919)
    codes = set()
    for _ in range(600):
        options = dict(SOUND)
        for _ in range(random_.randrange(1, 3)):
            options[random_.choice(OPTIONS)] = random_.choice(TEXTS)
        if random_.random() < 0.3:
            options.pop(random_.choice(list(options)))
        names = (*INFUSED, *["norepinephrine"] * 30, "Norepinephrine ", "LEVOPHED", "aspirin", "", "\ud800")
        name = random_.choice(names)
        arguments = [f"{option}={text}" for option, text in options.items()]
        code = main(["dose", name, *arguments, "--json"])
        printed = capsys.readouterr()
        assert code in (0, 2, 3), options
        record = json.loads(printed.out, parse_constant=lambda name: pytest.fail(name))
        assert record["schema"] == ("vasotone.error/1" if code == 2 else "vasotone.dose/1"), options
        assert len(printed.out) < 20_000
        if code == 3:
            assert record["rounded"] is None and record["refused"]["text"], options
        codes.add(code)
    assert codes == {0, 2, 3}
