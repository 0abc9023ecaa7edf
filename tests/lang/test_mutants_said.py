"""What the language says: the code it writes, the reasons it gives, its words and its canonical text, by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.lang import Column
from vasotone.lang.emit import numeric_names
from vasotone.lang.node import number_text, parts, used_definitions
from vasotone.lang.parsing import parse_formula_with_spans

COLUMNS = {
    one.name: one
    for one in (
        Column("pa", "number", 20.0, 200.0, unit="mm[Hg]", label="pressure"),
        Column("pb", "number", 20.0, 200.0, unit="d", label="pressure b"),
        Column("dose", "number", 0.0, 5.0, unit="1", label="dose"),
        Column("ill", "flag", label="illness recorded"),
        Column("old_age", "flag"),
        Column("kind", "choice", values=("red", "dark-green_blue"), label="kind"),
    )
}
DEFINED = {
    "low": lang.parse("pa < 65"),
    "some": lang.parse("pa < 60 or pb < 65"),
    "seen": lang.parse("assume(pa, 90) < 60 and pb < 65"),
    "unwell": lang.parse("low or ill"),
}
NAN = math.nan
Row = dict[str, Any]


def node(text: str) -> Any:
    return lang.parse(text)


def run(text: str, row: Row) -> bool | None:
    """What the Python that is written for a condition gives."""
    space: Row = {}
    exec(lang.python_source("f", [("k", node(text))], DEFINED), space)
    (truth,) = space["f"](row)
    assert truth is None or truth is True or truth is False
    return bool(truth) if truth is not None else None


# --- the code

VALUES: dict[str, tuple[Any, ...]] = {
    "pa": (50.0, 65.0, None), "pb": (50.0, 65.0, None), "dose": (0.0, 2.0, None), "ill": (True, False, None),
    "old_age": (True, False, None), "kind": ("red", "dark-green_blue", None),
}  # fmt: skip
CONDITIONS = [
    "assume(ill, true)", "not assume(ill, true)", "assume(ill, false)", "not assume(ill, false)",
    "assume(ill, true) and old_age", "kind <> 'red'", "'red' <> kind", "not ('red' = kind)", "kind = 'red'",
    "kind not in ('red')", "pa not in (50, 60)", "assume(dose, 1) > 0", "not (assume(dose, 0) > 0)", "pa <> pb",
    "assume(kind, 'red') = 'red'", "assume(kind, 'red') <> 'red'", "assume(kind, 'red') not in ('red')",
    "pa + -5 < pb", "known(dose)", "dose is null", "known(dose) and dose > 1", "known(kind)", "kind is not null",
    "known(ill) or known(pa)", "ill is true", "ill is not true", "ill is false", "ill is not false", "low", "not low",
    "known(low)", "low is null", "assume(low, true)", "not assume(low, false)", "unwell and known(unwell)",
    "at_least(2, ill, low, old_age)", "not at_least(2, ill, low, old_age)", "pa between 50 and pb",
    "not (pa between 50 and pb)", "pa between assume(dose, 50) and 60", "dose * 2 - 1 >= pa / 50", "pa in (50, 65)",
]  # fmt: skip


@pytest.mark.parametrize("text", CONDITIONS)
def test_the_code_says_what_the_condition_says(text: str) -> None:
    names = list(lang.names(node(text), DEFINED))
    for values in itertools.product(*(VALUES[name] for name in names)):
        row = dict(zip(names, values, strict=True))
        told = lang.evaluate(node(text), row, DEFINED)
        assert run(text, row) is told, row
        bare = {name: value for name, value in row.items() if value is not None}
        assert run(text, bare) is told  # what is not in the row at all is unknown as well


def test_what_some_conditions_say() -> None:
    assert run("assume(ill, true)", {}) is True and run("assume(ill, false)", {}) is False
    assert run("assume(ill, true)", {"ill": False}) is False and run("assume(ill, false)", {"ill": True}) is True
    assert run("assume(dose, 5) > 3", {"dose": NAN}) is True and run("assume(dose, 5) > 3", {"dose": 1.0}) is False
    assert run("kind <> 'red'", {}) is None and run("'red' <> kind", {"kind": "blue"}) is True
    assert run("'red' <> kind", {"kind": None}) is None
    assert (
        run("assume(kind, 'red') = 'red'", {}) is True and run("assume(kind, 'red') = 'red'", {"kind": "x"}) is False
    )
    for text, told in (("dose > 1", None), ("known(dose) and dose > 0", False), ("dose is null or dose > 1", True)):
        assert run(text, {"dose": NAN}) is told is lang.evaluate(node(text), {"dose": NAN})
    assert numeric_names([node("assume(dose, 5) > 3")]) == {"dose"}
    assert numeric_names([node("assume(ill, true) and kind = 'red' and known(pa)")]) == set()
    assert numeric_names([node("pa between pb and dose + 1")]) == {"pa", "pb", "dose"}


def test_a_name_that_cannot_be_printed_ends_no_line() -> None:
    written = lang.python_source("f", [("a\nb", node("ill"))], {})
    assert "# a?b\n" in written


def formulas(*outputs: tuple[str, str], exact: bool | None = None, **row: Any) -> Any:
    space: Row = {}
    more = {} if exact is None else {"exact": exact}
    exec(lang.python_formulas("f", [(key, lang.parse_formula(text)) for key, text in outputs], **more), space)
    return space["f"](row)


def test_formulas_end_where_numbers_end() -> None:
    assert formulas(("a", "pa / 2"), ("b", "a + 1"), pa=3.0) == (1.5, 2.5)
    assert formulas(("a", "pa * pa"), pa=1e200) == (None,) == formulas(("a", "pa"), pa=math.inf)
    assert formulas(("a", "0 - pa * pa"), pa=1e200) == (None,) == formulas(("a", "pa"), pa=NAN)
    assert formulas(("a", "pa + pb"), pa=1.0) == (None,) and formulas(("a", "pa / pb"), pa=1.0, pb=0.0) == (None,)
    assert formulas(("a", "pa"), ("a_0", "pb"), ("t", "a_0 - a"), pa=1.0, pb=5.0) == (1.0, 5.0, 4.0)
    wide = tuple((f"x{n}", "pa + 1 + 2") for n in range(12))
    assert formulas(*wide, pa=1.0) == (4.0,) * 12
    assert formulas(("a", "pa * pa"), exact=False, pa=1e200) == (None,)


# --- the reasons


def why(text: str, row: Row) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(one.clause, one.truth, one.names) for one in lang.reasons(node(text), row, DEFINED)]


ALL = {"ill": True, "old_age": True, "pa": 50.0, "dose": 2.0, "pb": 50.0}


def test_of_two_ways_that_are_as_short_the_first_is_told() -> None:
    told = [("ill", True, ("ill",)), ("old_age", True, ("old_age",))]
    assert why("(ill and old_age) or (pa < 65 and dose > 0)", ALL) == told
    assert why("(pa < 65 and dose > 0 and pb < 65) or (ill and old_age)", ALL) == told
    assert why("(ill and old_age) or (pa < 65 and dose > 0 and pb < 65)", ALL) == told
    assert why("(ill and old_age) or dose > 0", ALL) == [("dose > 0", True, ("dose",))]
    assert why("at_least(1, ill and old_age, dose > 0)", ALL) == [("dose > 0", True, ("dose",))]
    assert why("at_least(2, ill and old_age, dose > 0, pa < 65)", ALL) == [
        ("dose > 0", True, ("dose",)), ("pa < 65", True, ("pa",))
    ]  # fmt: skip
    assert why("at_least(2, ill, old_age, dose > 9)", {**ALL, "ill": False}) == [
        ("ill", False, ("ill",)), ("dose > 9", False, ("dose",))
    ]  # fmt: skip


def test_a_clause_that_stands_twice_is_told_once_and_makes_others_idle() -> None:
    text = "at_least(2, ill or low, old_age or low, dose > 9)"
    assert [clause for clause, *_ in why(text, {"pa": 50.0, "dose": 0.0})] == ["pa < 65"]
    assert [
        clause for clause, *_ in why("(ill or old_age) and (not ill or old_age)", {"ill": True, "old_age": True})
    ] == ["old_age"]
    assert [clause for clause, *_ in why("low and unwell", {"pa": 50.0, "ill": True})] == ["pa < 65"]


def test_what_a_test_of_a_definition_rests_on() -> None:
    assert why("assume(some, false)", {"pa": 50.0, "pb": 70.0}) == [("assume(some, false)", True, ("pa",))]
    assert why("assume(some, false)", {"pa": 70.0, "pb": 70.0}) == [("assume(some, false)", False, ("pa", "pb"))]
    assert why("known(some)", {"pa": 70.0}) == [("known(some)", False, ("pb",))]
    assert why("known(some)", {"pa": 50.0}) == [("known(some)", True, ("pa",))]
    assert why("known(seen)", {"pa": 50.0}) == [("known(seen)", False, ("pa", "pb"))]
    assert why("known(seen)", {"pa": 70.0}) == [("known(seen)", True, ("pa",))]
    assert why("known(pa)", {}) == [("known(pa)", False, ("pa",))]
    assert why("pa - pb > 5", {"pa": 60.0, "pb": 50.0}) == [("pa - pb > 5", True, ("pa", "pb"))]


def test_what_was_assumed_in_a_clause() -> None:
    def assumed(text: str, row: Row) -> list[tuple[str, ...]]:
        return [one.assumed for one in lang.reasons(node(text), row, DEFINED)]

    assert assumed("assume(dose, 0) + assume(pa, 50) > 3", {"pa": 50.0}) == [("dose",)]
    assert assumed("assume(low, true) and ill", {"ill": True}) == [("low",), ()]
    assert assumed("assume(low, true)", {"pa": 50.0}) == [()]


# --- the words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("assume(ill, true)", "illness recorded (yes where not known)"),
        ("assume(ill, false) and old_age", "illness recorded (no where not known) and old age recorded"),
        ("not assume(ill, true)", "illness recorded as absent (yes where not known)"),
        ("assume(low, false)", "low (pressure below 65 mmHg) (no where not known)"),
        ("'red' = kind", "kind red"), ("'red' <> kind", "kind other than red"),
        ("not (kind = 'red')", "kind other than red"), ("kind = 'dark-green_blue'", "kind dark green blue"),
        ("65 < pa", "pressure above 65 mmHg"), ("pb < 3", "pressure b below 3 days"), ("dose > 1", "dose above 1"),
        ("pa < pb", "pressure below pressure b"), ("pa + 5 > 70", "pressure plus 5 above 70"),
        ("assume(pa, 50) > 60", "pressure (50 mmHg where not known) above 60 mmHg"),
        ("assume(dose, 0) * 2 > 1", "dose (0 where not known) times 2 above 1"),
        ("pa between 60 and 70", "pressure from 60 to 70 mmHg"),
        ("not (pa between 60 and 70)", "pressure outside 60 to 70 mmHg"),
        ("pa in (60, 70)", "pressure 60 or 70 mmHg"), ("pa not in (60)", "pressure other than 60 mmHg"),
        ("known(pa) and dose is null", "pressure known and dose not known"), ("dose is not null", "dose known"),
        ("ill is true", "illness recorded"), ("ill is false", "illness recorded as absent"),
        ("ill is not true", "illness not recorded"), ("ill is not false", "illness not recorded as absent"),
        ("not ill and not not ill", "illness recorded as absent and illness recorded"),
        ("at_least(2, ill, low or old_age, low)",
         "at least 2 of: illness recorded; (low (pressure below 65 mmHg) or old age recorded); low"),
        ("not at_least(2, ill, old_age, low)",
         "fewer than 2 of: illness recorded; old age recorded; low (pressure below 65 mmHg)"),
        ("not (ill and (low or old_age))",
         "illness recorded as absent or (not low (pressure below 65 mmHg) and old age recorded as absent)"),
        ("unwell and low", "unwell (low or illness recorded) and low (pressure below 65 mmHg)"),
        ("(pa - 5) / 2 > pb", "(pressure minus 5) divided by 2 above pressure b"),
    ],
)  # fmt: skip
def test_a_condition_in_words(text: str, words: str) -> None:
    assert lang.words(node(text), COLUMNS, DEFINED) == words


# --- the canonical text


@pytest.mark.parametrize(
    "text",
    [
        "pa * (pb * dose)", "pa * pb * dose", "pa / (pb / dose)", "pa / (pb * dose)", "pa * (pb / dose)",
        "pa - (pb - dose)", "pa + (pb + dose)", "(pa + pb) * dose", "(pa - pb) / dose", "pa + pb * dose",
        "pa * pb + dose", "pa - pb / dose", "pa * (pb + dose)", "(pa * pb) / dose",
    ],
)  # fmt: skip
def test_a_formula_has_one_text(text: str) -> None:
    canonical = {"(pa * pb) / dose": "pa * pb / dose"}.get(text, text)
    made = lang.parse_formula(text)
    assert lang.to_text(made) == canonical and lang.parse_formula(canonical) == made


@pytest.mark.parametrize(
    "text",
    ["not at_least(2, ill, low)", "not known(pa)", "not assume(ill, true)", "not ill", "not (pa < 65)",
     "ill is not true",
     "kind not in ('red')", "not (ill and low)"],
)  # fmt: skip
def test_a_denial_has_one_text(text: str) -> None:
    assert lang.to_text(node(text)) == text


def test_numbers_as_text() -> None:
    assert [number_text(value) for value in (1e15, -1e15, 999999999999999.0, -5.0, 0.25, 1e-7)] == [
        "1000000000000000.0", "-1000000000000000.0", "999999999999999", "-5", "0.25", "1e-07"
    ]  # fmt: skip


def test_what_stands_inside_a_node() -> None:
    assert [parts(one) for one in (("name", "pa"), ("num", 5.0), ("text", "red"), ("bool", True))] == [()] * 4
    assert parts(node("ill and low")) == (("name", "ill"), ("name", "low")) == parts(node("at_least(2, ill, low)"))


def test_the_definitions_that_are_needed() -> None:
    assert used_definitions([node("unwell and some"), node("low")], DEFINED) == ("low", "unwell", "some")
    assert used_definitions([node("ill")], DEFINED) == ()


def test_letters_are_kept_as_they_are_written() -> None:
    assert node("kind = 'X'") == ("=", ("name", "kind"), ("text", "X"))
    with pytest.raises(ConditionError) as caught:
        parse_formula_with_spans("pa <")
    assert (caught.value.where, caught.value.text) == ("", "pa <")
