"""An error that is planted in the product is found: an oracle that cannot fail is worth nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from tests.oracle import against, cases, grid, run, tables
from vasotone import dose as product
from vasotone import units

PLANTED_CASES = 6_000


@pytest.fixture(scope="module")
def facts() -> against.Facts:
    """The product's facts as the comparison takes them."""
    return against.load()


def questions(kind: str | None = None) -> Iterator[cases.Case]:
    """A few thousand questions, of one kind or of all."""
    source = Random(5)
    if kind == cases.RECORD:
        return (cases.record(source) for _ in range(PLANTED_CASES // 10))
    return (case for case in (cases.draw(source) for _ in range(PLANTED_CASES)) if kind in (None, case.kind))


def unit_times(monkeypatch: pytest.MonkeyPatch, spelled: str, factor: Fraction) -> None:
    """One spelling means another amount."""
    read = units.unit

    def wrong(text: str, *, where: str = "unit") -> units.Unit:
        found = read(text, where=where)
        return found._replace(factor=found.factor * factor) if text == spelled else found

    monkeypatch.setattr(units, "unit", wrong)


@pytest.mark.parametrize(
    ("spelled", "factor"),
    [
        ("\u03bcg/kg/min", Fraction(1000)),
        ("MCG/KG/MIN", Fraction(1, 60)),
        ("units/hour", Fraction(60)),
        ("Mg/hr", Fraction(1, 1000)),
        ("milliunits/min", Fraction(1000)),
        ("kPa", Fraction(1_000_001, 1_000_000)),
        ("pounds", Fraction(10**9 - 1, 10**9)),
        ("mL/kg/hr", Fraction(60)),
    ],
)
def test_a_planted_unit_is_found(
    monkeypatch: pytest.MonkeyPatch, facts: against.Facts, spelled: str, factor: Fraction
) -> None:
    unit_times(monkeypatch, spelled, factor)
    outcome = run.ask(questions(), facts)
    assert outcome.wrong, "nothing was found"
    assert outcome.worst is not None
    assert spelled in outcome.worst[1]


def test_every_planted_part_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled = [text for text in against.spellings() if text not in tables.IN_DOUBT]
    read = units.unit
    found = {text: read(text) for text in spelled}
    wrong: dict[str, units.Unit] = {}
    monkeypatch.setattr(units, "unit", lambda text, *, where="unit": wrong.get(text, found[text]))
    for text in spelled:
        for factor in (Fraction(1000), Fraction(1, 60), Fraction(10**12 + 1, 10**12)):
            wrong = {text: found[text]._replace(factor=found[text].factor * factor)}
            assert against.spelling(text), text


@pytest.mark.parametrize("form", ["bitartrate", "tartrate", "hydrochloride"])
def test_a_planted_salt_is_found(facts: against.Facts, form: str) -> None:
    slipped = dict(facts.factors) | {form: facts.factors[form] * Fraction(1001, 1000)}
    planted = facts._replace(factors=slipped)
    assert run.ask(questions(cases.SALT), planted).wrong
    if form in tables.GRID_FORMS:
        strata = [number for number, (_, _, each) in enumerate(grid.STRATA) if each == form]
        outcome = grid.ask(grid.Slice(strata[0], 0, 500, grid.STRIDE), planted)
        assert outcome.wrong["grid"] == 500


def test_a_planted_salt_in_the_drug_is_found(facts: against.Facts) -> None:
    drug = dict(facts.drugs["norepinephrine"])
    drug["forms"] = dict(drug["forms"]) | {"tartrate": dict(drug["forms"]["tartrate"]) | {"value": 1.9}}
    planted = facts._replace(drugs=dict(facts.drugs) | {"norepinephrine": drug})
    assert run.ask(questions(cases.RECORD), planted).wrong[cases.RECORD]


def _half_even(value: Fraction, increment: Fraction, mode: str = "half-up") -> Fraction:
    return round(value / increment) * increment


def _always_up(value: Fraction, increment: Fraction, mode: str = "half-up") -> Fraction:
    return -(-value // increment) * increment


def _never_down(value: Fraction, increment: Fraction, mode: str = "half-up") -> Fraction:
    return (value / increment + Fraction(1, 2)) // 1 * increment


def _by_float(value: Fraction, increment: Fraction, mode: str = "half-up") -> Fraction:
    return Fraction(round(float(value) / float(increment)) * float(increment))


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (_half_even, cases.ROUND), (_always_up, cases.ROUND), (_never_down, cases.ROUND), (_by_float, cases.ROUND),
        (_always_up, cases.RATE), (_by_float, cases.RATE), (_never_down, cases.RECORD), (_always_up, cases.RECORD),
    ],
)  # fmt: skip
def test_a_planted_rounding_is_found(
    monkeypatch: pytest.MonkeyPatch, facts: against.Facts, wrong: Callable[..., Fraction], kind: str
) -> None:
    monkeypatch.setattr(units, "round_to", wrong)
    assert run.ask(questions(kind), facts).wrong[kind]


def test_planted_floats_are_found(monkeypatch: pytest.MonkeyPatch, facts: against.Facts) -> None:
    read, convert = units.number, units.convert
    with monkeypatch.context() as patch:
        patch.setattr(units, "number", lambda text, *, where: Fraction(float(read(text, where=where))))
        assert run.ask(questions(cases.UNIT), facts).wrong
    with monkeypatch.context() as patch:
        patch.setattr(units, "convert", lambda *given, **named: Fraction(float(convert(*given, **named))))
        assert run.ask(questions(cases.MEASURE), facts).wrong
    with monkeypatch.context() as patch:
        patch.setattr(units, "decimal_text", lambda value, places=None: f"{float(value):.4g}")
        assert run.ask(questions(cases.ROUND), facts).wrong


def test_a_planted_default_weight_is_found(monkeypatch: pytest.MonkeyPatch, facts: against.Facts) -> None:
    right = product.pump_rate

    def assumes(*given: Any, weight_kg: Fraction | None, **named: Any) -> tuple[Fraction, Fraction]:
        return right(*given, weight_kg=weight_kg or Fraction(80), **named)

    monkeypatch.setattr(product, "pump_rate", assumes)
    outcome = run.ask(questions(cases.RATE), facts)
    assert outcome.wrong
    assert outcome.worst is not None
    assert "refuses" in outcome.worst[1]


@pytest.mark.parametrize("group", ["norepinephrine", "weight", "pump", "step"])
def test_a_planted_limit_is_found(facts: against.Facts, group: str) -> None:
    loose = {name: dict(entry) for name, entry in facts.limits[group].items()}
    for entry in loose.values():
        if entry["kind"] == "hard":
            entry["value"] *= 0 if entry["side"] == "low" else 10
    planted = facts._replace(limits=dict(facts.limits) | {group: loose})
    assert run.ask(questions(cases.RECORD), planted).wrong[cases.RECORD]


def test_a_crash_is_a_difference(monkeypatch: pytest.MonkeyPatch, facts: against.Facts) -> None:
    def stops(*given: Any, **named: Any) -> Fraction:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(product, "dose_from_rate", stops)
    outcome = run.ask(questions(cases.DOSE), facts)
    assert outcome.wrong[cases.DOSE] == outcome.asked[cases.DOSE]
    assert outcome.worst is not None
    assert "ZeroDivisionError" in outcome.worst[1]


def test_a_difference_ends_with_one_and_the_smallest_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unit_times(monkeypatch, "ng/h", Fraction(2))
    assert run.main(["--n", "3000"]) == 1
    told = capsys.readouterr().out
    assert re.search(r"the smallest:\n\w+ \d+ ", told), told
    assert run.main(["--n", "0"]) == 1
    with pytest.raises(SystemExit):
        run.main(["--part", "9/8"])


def test_a_case_is_simplified(monkeypatch: pytest.MonkeyPatch, facts: against.Facts) -> None:
    unit_times(monkeypatch, "mg/kg/d", Fraction(3))
    case = cases.SIMPLE._replace(digits=98765, places=3, unit="mg/kg/d", amount=333, ml=77, weight=(713, 1))
    told = against.compare(case, facts)
    assert told
    small, said = run.smallest(case, told, facts)
    assert (small.digits, small.unit, small.weight, small.ml) == (1, "mg/kg/d", (100, 0), 1)
    assert said
