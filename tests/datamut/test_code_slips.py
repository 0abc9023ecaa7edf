"""The run that makes slips in code: it makes them, it can put them in place, and its lists are sound."""

from __future__ import annotations

import ast
from fractions import Fraction
from functools import cache
from types import CodeType

import pytest

from tests.datamut import code_mutants, memory
from tests.datamut.code_slips import Slip, Target, exchange, slips, targets, watch
from vasotone import units


def target(name: str) -> Target:
    """A function of the units, its tree anew."""
    return next(
        one for one in targets(code_mutants.ROOT, "vasotone/units.py") if one.name == f"vasotone.units.{name}"
    )


def kept(one: Target) -> tuple[CodeType, object, object]:
    return one.runs.__code__, one.runs.__defaults__, one.runs.__kwdefaults__


def test_a_slip_is_put_in_place_and_changes_what_runs() -> None:
    one = target("round_to")
    before = kept(one)
    half, step = Fraction(1, 2), Fraction(1)
    try:
        slip = next(slip for slip in slips(one) if slip.what == "rest >= half -> rest > half")
        assert units.round_to(half, step) == 1
        slip.make()
        exchange(one)
        assert units.round_to(half, step) == 0
    finally:
        one.runs.__code__, one.runs.__defaults__, one.runs.__kwdefaults__ = before
    assert units.round_to(half, step) == 1


def test_a_function_tells_that_it_is_called_until_it_is_put_back() -> None:
    one, told = target("round_to"), list[str]()
    before = kept(one)
    put_back = watch(one, told.append)
    try:
        assert units.round_to(Fraction(1, 2), Fraction(1)) == 1
        assert told == ["vasotone.units.round_to"]
    finally:
        put_back()
    assert kept(one) == before
    assert units.round_to(Fraction(1, 2), Fraction(1), mode="down") == 0 and len(told) == 1


def test_the_control_changes_nothing() -> None:
    part = [(one, slip) for one in (target("round_to"), target("ucum")) for slip in slips(one)]
    control = code_mutants.as_they_are(part)
    assert [slip.function for _, slip in control] == ["vasotone.units.round_to", "vasotone.units.ucum"]
    for one, slip in control:
        tree = ast.dump(one.tree)
        slip.make()
        assert ast.dump(one.tree) == tree


@cache
def remembered() -> int:
    return 1


def test_what_a_test_remembers_is_found() -> None:
    assert remembered() == 1
    assert remembered in list(memory.answers())


def test_every_kind_of_slip_is_made() -> None:
    said = {slip.what for one in targets(code_mutants.ROOT, "vasotone/units.py") for slip in slips(one)}
    assert {
        "increment <= 0 -> increment < 0", "mode == 'half-up' -> mode != 'half-up'", "0 -> 1", "'down' -> 'XXdownXX'",
        "(whole + more) * increment -> (whole + more) / increment", "-size -> size",
        "rest > 0 and (mode == 'up') == (value > 0) -> rest > 0 or (mode == 'up') == (value > 0)",
        "steps = abs(value) / increment -> steps = None",
    } <= said  # fmt: skip
    assert any(what.startswith("raise UnitError(") and what.endswith("-> pass") for what in said)


def test_slips_have_names_of_their_own() -> None:
    keys = [slip.key for one in targets(code_mutants.ROOT, "vasotone/dose.py") for slip in slips(one)]
    assert len(keys) == len(set(keys)) > 300


def test_what_is_asked_for_is_there() -> None:
    for tests in code_mutants.TESTS.values():
        assert all((code_mutants.ROOT / test).exists() for test in tests)
    assert all((code_mutants.ROOT / test.split("::")[0]).exists() for test in code_mutants.DESELECTED)
    assert all(any(code_mutants.ROOT.glob(star)) for star in (*code_mutants.CORE, *code_mutants.NOT_HERE))


def test_an_excuse_has_a_reason() -> None:
    assert all(why.strip() for why in code_mutants.excuses().values())


def test_the_report_counts_what_lives() -> None:
    def slip(what: str) -> Slip:
        return Slip("vasotone.units.f", what, False, 1, lambda: None)

    outcomes = [(slip("a"), "tests/x.py::one"), (slip("b"), code_mutants.ALIVE), (slip("c"), code_mutants.UNCALLED)]
    text, share = code_mutants.report(outcomes, 4)
    assert share == pytest.approx(1 / 3)
    assert "vasotone.units.f | b" in text and "not called by any test" in text
    assert "1 slips were not tried" in text


def test_only_functions_that_changed_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = code_mutants.chosen(["vasotone/units.py"], "")
    monkeypatch.setattr(code_mutants, "before", lambda since, file: {
        one.name.removeprefix("vasotone.units."): ast.unparse(one.tree)
        for one in now if "round" not in one.name
    })  # fmt: skip
    assert [one.name for one in code_mutants.chosen(["vasotone/units.py"], "then")] == ["vasotone.units.round_to"]
