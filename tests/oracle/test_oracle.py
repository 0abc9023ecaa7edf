"""Product and integer oracle give the same numbers, and an error that is planted in the product is found."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

import vasotone
from tests.oracle import against, arithmetic, cases, expected, grid, tables
from vasotone import units
from vasotone.errors import UnitError

HERE = Path(__file__).parent
PURE = ("arithmetic", "tables", "cases", "expected")  # what reckons; the rest asks and compares
RANDOM_CASES = 1_000_000
STRATA, GRID_PARTS = 500_000, 10


@pytest.fixture(scope="module")
def facts() -> against.Facts:
    """The product's facts as the comparison takes them."""
    return against.load()


def asked(repository: Path, *arguments: str) -> str:
    """What the command prints when it finds no difference."""
    command = [sys.executable, "-m", "tests.oracle.run", *arguments]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def counted(text: str) -> int:
    """How many cases a run says it asked."""
    found = re.match(r"oracle: (\d+) cases, 0 differ", text)
    assert found, text
    return int(found.group(1))


def test_a_million_random_cases(repository: Path, figure: Callable[[str, int, int], None]) -> None:
    told = asked(repository, "--n", str(RANDOM_CASES), "--seed", "1", "--jobs", "2")
    assert counted(told) == RANDOM_CASES
    assert all(f"{kind} " in told for kind in cases.KINDS)
    figure("oracle-random", 0, counted(told))


def test_the_clinical_grid_by_strata(repository: Path, figure: Callable[[str, int, int], None]) -> None:
    told = asked(repository, "--grid", "--strata", str(STRATA), "--jobs", "2")
    assert counted(told) >= STRATA
    figure("oracle-grid", 0, counted(told))


def test_the_parts_are_the_whole_grid() -> None:
    assert grid.WHOLE == 300 * 441 * 6 * 45 * 3 == 107_163_000
    every = [each for part in range(1, GRID_PARTS + 1) for each in grid.slices(None, part, GRID_PARTS, 1)]
    assert sum(each.count for each in every) == grid.WHOLE
    assert len({each.stratum for each in every}) == len(every) == len(grid.STRATA)
    assert len({place * grid.STRIDE % grid.POINTS for place in range(grid.POINTS)}) == grid.POINTS


def test_a_stratum_is_reckoned_like_a_single_case() -> None:
    for number in range(0, len(grid.STRATA), 7):
        at = grid.reckon(number)
        for dose, half in ((1, 60), (7, 143), (300, 500)):
            case = grid.case_at(at, dose, half)
            base = arithmetic.convert(case.value(), case.unit, "ug/kg/min", weight=(half, 2))
            assert arithmetic.same(base, (dose, 100))
            rate = arithmetic.pump_rate(
                arithmetic.in_form(case.value(), "base", at.form), case.unit, weight=(half, 2),
                amount=(at.strength, 1), amount_unit="ug", ml=(1, 1),
            )  # fmt: skip
            assert arithmetic.same(rate, (at.rate[0] * dose * half, at.rate[1]))


# The oracle itself


@pytest.mark.parametrize("name", PURE)
def test_the_oracle_knows_whole_numbers_only(name: str) -> None:
    tree = ast.parse((HERE / f"{name}.py").read_text("utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex)), node.lineno
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in ("float", "Fraction", "Decimal", "round")), node.lineno
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not any(one.split(".")[0] in ("vasotone", "fractions", "decimal") for one in names), names


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        # 70 kg, 0.1 ug/kg/min, 4 mg in 250 mL is 26.25 mL/h
        (arithmetic.pump_rate((1, 10), "ug/kg/min", weight=(70, 1), amount=(4, 1), amount_unit="mg", ml=(250, 1)),
         (2625, 100)),
        # 0.03 U/min from 0.2 U/mL is 9 mL/h
        (arithmetic.pump_rate((3, 100), "units/min", weight=None, amount=(20, 1), amount_unit="U", ml=(100, 1)),
         (9, 1)),
        # the pressure of the two columns, the pound, the salts, and 2 ug/kg/min at 70 kg as 8.4 mg/h
        (arithmetic.convert((1, 1), "mmHg", "Pa"), (133322387415, 10**9)),
        (arithmetic.convert((1, 1), "cm[H2O]", "Pa"), (980665, 10**4)),
        (arithmetic.convert((150, 1), "lb", "kg"), (680388555, 10**7)),
        (arithmetic.in_form((1, 2), "bitartrate", "base"), (1, 4)),
        (arithmetic.convert((2, 1), "\u03bcg/kg/min", "mg/h", weight=(70, 1)), (84, 10)),
        (arithmetic.convert((9008, 1000), "mg/dL", "mmol/L", molar=tables.MOLAR["lactate"]), (1, 1)),
        (arithmetic.convert((18, 10), "units/hour", "mU/min"), (30, 1)),
        (arithmetic.step_nearest((125, 100), (1, 10)), (13, 10)),
        (arithmetic.step_down((129, 100), (1, 10)), (12, 10)),
        (arithmetic.pump_setting((110292, 1000), (1, 10), (110295, 1000)), (1102, 10)),
    ],
)  # fmt: skip
def test_known_answers(found: arithmetic.Ratio, wanted: arithmetic.Ratio) -> None:
    assert arithmetic.same(found, wanted)


def test_the_oracle_refuses() -> None:
    for text in tables.REFUSED:
        with pytest.raises(arithmetic.NoMeaning):
            arithmetic.meaning(text)
    for text in tables.NOT_NUMBERS:
        with pytest.raises(arithmetic.NoMeaning):
            arithmetic.number(text)
    for source, target in (("ug/kg/min", "ug/min"), ("U/min", "ug/min"), ("mg/dL", "mmol/L"), ("mL/h", "mL")):
        with pytest.raises(arithmetic.NoMeaning):
            arithmetic.convert((1, 1), source, target)


# The product, apart from its arithmetic


def test_the_product_refuses_what_is_not_a_unit_or_a_number() -> None:
    read = []
    for text in tables.REFUSED:
        try:
            read.append((text, units.unit(text)))
        except UnitError:
            continue
    assert read == []
    for text in tables.NOT_NUMBERS:
        with pytest.raises(UnitError):
            units.number(text, where="value")


def test_every_part_of_a_unit_that_the_product_reads() -> None:
    spelled = against.spellings()
    assert len(spelled) > 300
    in_doubt = [text for text in spelled if text in tables.IN_DOUBT]
    assert [told for text in spelled if text not in in_doubt and (told := against.spelling(text))] == []


def test_every_spelling_that_is_asked_is_read() -> None:
    asked_for = {*cases.MASS_SPELLINGS, *cases.BIO_SPELLINGS, *tables.GRID_SPELLINGS, *cases.RATE_SPELLINGS}
    asked_for |= {text for _, source, target in tables.MEASURES for text in (source, target)}
    assert len(tables.GRID_SPELLINGS) == len(set(tables.GRID_SPELLINGS)) == 45
    for text in sorted(asked_for):
        units.unit(text)


def test_salts_and_limits_stand_twice(facts: against.Facts) -> None:
    assert {form: factor.as_integer_ratio() for form, factor in facts.factors.items()} == {
        form: arithmetic.reduced(factor) for form, factor in tables.SALTS.items()
    }
    for drug, (digits, places) in tables.HARD.items():
        (limit,) = [one for one in facts.hard[drug] if one.of == "dose" and one.side == "high"]
        assert arithmetic.same(limit.value, (digits, 10**places)), drug
        assert limit.unit == tables.DRUGS[drug][0]
    weights = {one.side: one.value for one in facts.hard["norepinephrine"] if one.of == "weight"}
    assert weights == {"low": tables.LIGHTEST, "high": tables.HEAVIEST, "equal": (1, 1)}
    step = facts.limits["pump"]["increment"]
    assert arithmetic.same(against.ratio_of(step["value"]), expected.STEP)


READINGS: tuple[tuple[str, str, str, str, bool], ...] = (
    # name, spelling, the variable's unit, substance, whether it takes a weight
    ("lactate", "mg/dL", "mmol/L", "lactate", False),
    ("creatinine", "umol/L", "mg/dL", "creatinine", False),
    ("bilirubin", "\u00b5mol/L", "mg/dL", "bilirubin", False),
    ("map", "kPa", "mm[Hg]", "", False),
    ("cvp", "cmH2O", "mm[Hg]", "", False),
    ("hemoglobin", "g/L", "g/dL", "", False),
    ("norepinephrine", "mg/h", "ug/kg/min", "", True),
    ("norepinephrine", "mcg/min", "ug/kg/min", "", True),
    ("epinephrine", "\u03bcg/kg/hr", "ug/kg/min", "", False),
    ("vasopressin", "units/hour", "U/min", "", False),
    ("vasopressin", "mU/kg/min", "U/min", "", True),
    ("angiotensin_ii", "ug/kg/min", "ng/kg/min", "", False),
    ("hydrocortisone", "mg/h", "mg/d", "", False),
    ("fluids", "mL", "mL/kg", "", True),
)  # fmt: skip


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: f"{reading[0]} {reading[1]}")
def test_a_reading_in_another_unit(reading: tuple[str, str, str, str, bool]) -> None:
    name, spelled, target, substance, by_weight = reading
    low, high = {"map": (30, 150), "cvp": (1, 30), "hemoglobin": (5, 15)}.get(name, (1, 9))
    source = Random(name + spelled)
    for _ in range(5):
        kilos = source.randrange(400, 1500)
        weight = (kilos, 10)
        # a value inside the plausible range in the variable's unit, written in the other one to three places
        inside = source.randrange(low * 1000, high * 1000), 1000
        if target in ("ug/kg/min", "U/min"):
            inside = inside[0], inside[1] * 100
        molar = tables.MOLAR.get(substance)
        top, bottom = arithmetic.convert(inside, target, spelled, weight=weight, molar=molar)
        digits = top * 1000 // bottom
        kilograms = weight if by_weight else None
        wanted = arithmetic.convert((digits, 1000), spelled, target, weight=kilograms, molar=molar)
        text = arithmetic.decimal_text(digits, 3)
        basis = '"basis": "base", ' if name == "norepinephrine" else ""
        reading = f'"{name}": {{{basis}"value": {text}, "unit": "{spelled}"}}'
        advice = vasotone.advise(f'{{"age": 60, "weight": {arithmetic.decimal_text(kilos, 1)}, {reading}}}')
        found = advice.values[name]
        assert found["unit"] == target
        # laboratories round a molar mass to three digits, such as 17.1 umol/L for 1 mg/dL of bilirubin
        parts = 4_000 if substance else 10**15
        assert against.close(found["value"], wanted, parts), (text, found["value"], wanted)
