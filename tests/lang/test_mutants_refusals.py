"""Every refusal of the language with all that it says, and what lies just inside each limit."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.lang import Column
from vasotone.lang.checking import _expanded
from vasotone.lang.linear import Linear, linear, turning_point
from vasotone.lang.parsing import parse_with_spans

COLUMNS = {
    one.name: one
    for one in (
        Column("map", "number", 20.0, 200.0, unit="mm[Hg]"),
        Column("dose", "number", 0.0, None, unit="1"),
        Column("free", "number"),
        Column("deep", "number", None, 5.0),
        Column("ill", "flag"),
        Column("old", "flag"),
        Column("kind", "choice", values=("red", "green", "blue")),
        Column("word", "choice"),
        Column("many", "choice", values=tuple(f"w{n}" for n in range(13))),
        Column("dozen", "choice", values=tuple(f"w{n}" for n in range(12))),
    )
}
DEFINED = {"low": lang.parse("map < 65")}
FILE = Path(__file__).with_name("refused_whole.toml")
REFUSED: dict[str, list[Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["refused"]


def refusal(call: Callable[..., Any], *given: Any, **named: Any) -> ConditionError:
    with pytest.raises(ConditionError) as caught:
        call(*given, **named)
    return caught.value


def told(error: ConditionError) -> tuple[int, str, str, str]:
    """Where the caret stands, what is wrong, what to do, and the place."""
    return error.position, error.what, error.hint, error.where


def checked(text: str) -> Any:
    return lang.check(text, COLUMNS, DEFINED, where="here")


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_is_told_whole(text: str) -> None:
    error = refusal(checked, text)
    assert told(error) == (*REFUSED[text], "here")
    assert error.text == text


@pytest.mark.parametrize(
    "text",
    [
        "map < 200", "map >= 20", "20 <= map", "map < 200.0000001", "dose > -0.0000000005", "free < 1e15",
        "free > -1e15", "map between 60 and 60", "map between dose and 60", "'red' = kind", "kind <> 'red'",
        "word = 'anything'", "assume(map, 20) > 20", "assume(map, 200) > 20", "assume(ill, false)",
        "assume(kind, 'red') = 'blue'", "assume(word, 'any') = 'other'", "map - map + dose < 5", "map in (60, 65)",
        "known(kind) and known(map) and known(ill) and known(low)", "kind is null or low is not null", "low and ill",
        "ill is true and old is not false", "assume(low, true)", "map * map > 5", "map < free and deep < 5",
        "map > 5 * 5", "many = 'w12'", "ill\tand\nold", "at_least(1, ill)", "at_least(2, ill, old)",
    ],
)  # fmt: skip
def test_what_lies_inside_every_limit_is_taken(text: str) -> None:
    assert lang.parse(lang.to_text(checked(text))) == checked(text)


@pytest.mark.parametrize("text", ["map < 200.000001", "dose > -0.000000002", "map > 19.99999"])
def test_a_threshold_is_taken_to_its_last_digits(text: str) -> None:
    assert "plausible range" in refusal(checked, text).what


def test_a_condition_is_a_text_of_bearable_length() -> None:
    assert lang.parse("a" * 2000) == ("name", "a" * 2000)
    error = refusal(lang.parse, "a" * 2001, where="here")
    hint = "give parts of it names in definitions"
    assert told(error) == (0, "the condition has 2001 characters, at most 2000 are read", hint, "here")
    assert error.text == "a" * 60
    for value, kind in ((None, "NoneType"), (5, "int")):
        error = refusal(lang.parse, value, where="here")
        assert told(error) == (0, f"a condition is text, not {kind}", "", "here") and error.text == str(value)
    assert len(refusal(lang.parse, ["x" * 100]).text) == 80
    assert refusal(lang.parse, "map\r< <\n5").text == "map < < 5"


def test_at_most_three_names_are_suggested() -> None:
    near = {name: Column(name, "number") for name in ("pulse_a", "pulse_b", "pulse_c", "pulse_d", "other")}
    hint = refusal(lang.check, "pulse_x > 1", near, {}).hint
    assert hint.startswith("did you mean 'pulse_") and hint.count(" or ") == 2 and hint.endswith("'?")


def test_a_control_character_is_not_shown() -> None:
    assert told(refusal(checked, "map \x01 5")) == (
        4, "'a control character' is not part of the condition language", "remove it", "here"
    )  # fmt: skip


def test_nesting_and_reckoning_have_an_end() -> None:
    for opened, inner, closed, at in (("(", "ill", ")", 1), ("not ", "ill", "", 4)):
        assert checked(opened * 64 + inner + closed * 64)
        error = refusal(checked, opened * 65 + inner + closed * 65)
        assert told(error) == (64 * at, "nested deeper than 64", "give inner parts names in definitions", "here")
    assert told(refusal(checked, "(" * 64 + "known(map)" + ")" * 64))[:2] == (64, "nested deeper than 64")
    assert told(refusal(lang.parse_formula, "(" * 65 + "map" + ")" * 65))[:2] == (64, "nested deeper than 64")
    assert lang.parse_formula("(" * 64 + "map" + ")" * 64) == ("name", "map")
    for one in ("(ill)", "not ill", "known(map)"):
        assert told(refusal(checked, f"{one} and {'(' * 65}old{')' * 65}"))[:2] == (
            len(one) + 5 + 64, "nested deeper than 64"
        )  # fmt: skip
    for one in ("(ill or old)", "not ill", "known(map)", "assume(map, 20) > 20", "at_least(1, ill)"):
        assert checked(" and ".join([one] * 70))
    assert lang.parse_formula(" + ".join(["(map)"] * 60))
    assert checked("free" + " + 1" * 64 + " > 70")
    error = refusal(checked, "free" + " + 1" * 65 + " > 70")
    assert told(error) == (4 + 4 * 64 + 1, "more than 64 operations", "use a derived variable", "here")


# --- formulas


@pytest.mark.parametrize(
    ("text", "at", "what", "hint"),
    [
        ("map < 65", 4, "'<' is not expected here", "a formula is a number; comparisons belong in conditions"),
        ("map and 5", 4, "'and' is not expected here", "a formula is a number; comparisons belong in conditions"),
        ("map is null", 4, "'is' is not expected here", "a formula is a number; comparisons belong in conditions"),
        ("5 mmhg", 2, "'mmhg' is not expected here", "numbers carry no unit; they are in the unit of their column"),
        ("5, 5", 1, "',' is not expected here", "a decimal is written with a point"),
        ("map)", 3, "')' is not expected here", "this parenthesis was never opened"),
        ("(map < 65)", 5, "expected ')', seen '<'", "close the parenthesis"),
        ("'x'", 0, "a formula holds numbers and names only, seen ''x''", ""),
        ("5 + true", 4, "a formula holds numbers and names only, seen 'true'", ""),
        ("false", 0, "a formula holds numbers and names only, seen 'false'", ""),
        ("known(map)", 0, "expected a name or a value, seen 'known'", ""),
        ("assume(map, 5)", 0, "expected a name or a value, seen 'assume'", ""),
        ("not map", 0, "expected a name or a value, seen 'not'", ""),
        ("map / 0", 6, "this divides by zero", ""),
        ("map(5)", 0, "'map' is not a function here",
         "only at_least(...), assume(...) and known(...) take parentheses"),
        ("map + ill", 6, "'ill' is a yes-or-no value, not a number", "write ill alone, or not ill"),
        ("zzz", 0, "'zzz' is not a known variable or definition", "the variables are listed in the data"),
        ("low", 0, "'low' is not a known variable or definition", "the variables are listed in the data"),
    ],
)  # fmt: skip
def test_a_formula_is_refused(text: str, at: int, what: str, hint: str) -> None:
    assert told(refusal(lang.check_formula, text, COLUMNS, where="here")) == (at, what, hint, "here")


def test_formulas_that_are_taken() -> None:
    name, other = ("name", "map"), ("name", "dose")
    assert lang.check_formula("map / dose", COLUMNS) == ("/", name, other)
    assert lang.check_formula("map - (dose - 1) * -2", COLUMNS) == (
        "-", name, ("*", ("-", other, ("num", 1.0)), ("num", -2.0))
    )  # fmt: skip
    assert lang.parse_formula("map / (map - 65)") == ("/", name, ("-", name, ("num", 65.0)))
    assert refusal(lang.parse_formula, "map <").where == "" == refusal(lang.parse, "map <").where
    assert refusal(lang.parse_formula, "map <", where="here").where == "here"
    assert refusal(parse_with_spans, "map <").where == ""


# --- definitions


def test_the_name_of_a_definition() -> None:
    where = "name of a definition"
    for name in ("and", "a b", "", "5", "a < b"):
        assert told(refusal(lang.check_definitions, {name: "ill"}, COLUMNS)) == (
            0, "this cannot be a name", "use lower-case letters, digits and underscores; no keyword", where
        )  # fmt: skip
    error = refusal(lang.check_definitions, {"map": "ill"}, COLUMNS)
    assert told(error) == (0, "'map' is a column already", "choose another name for the definition", where)
    assert error.text == "map"
    assert refusal(lang.check_definitions, {"Ill_now": "ill"}, COLUMNS).where == where


def test_definitions_come_after_those_that_they_use() -> None:
    found = lang.check_definitions({"c": "a and b", "b": "not a", "a": "ill"}, COLUMNS)
    assert list(found) == ["a", "b", "c"] and found["b"] == ("not", ("name", "a"))
    error = refusal(lang.check_definitions, {"a": "ill and nothing_here"}, COLUMNS)
    assert (error.where, error.position, error.text) == ("a", 8, "ill and nothing_here")
    error = refusal(lang.check_definitions, {"aa": "il and", "b": "ill"}, COLUMNS)
    assert error.where == "aa"


@pytest.mark.parametrize(
    ("texts", "where", "at", "circle"),
    [
        ({"a": "ill and a"}, "a", 8, "a -> a"),
        ({"a": "ill and b", "b": "old or c", "c": "not a"}, "a", 8, "a -> b -> c -> a"),
        ({"x": "ill or a", "a": "ill or b", "b": "a"}, "a", 7, "a -> b -> a"),
        ({"a": "d or c", "c": "not a", "d": "ill"}, "a", 5, "a -> c -> a"),
        ({"a": "at_least(1, b, c)", "b": "ill", "c": "b and d", "d": "a"}, "a", 15, "a -> c -> d -> a"),
    ],
)
def test_a_circle_of_definitions_is_drawn(texts: dict[str, str], where: str, at: int, circle: str) -> None:
    error = refusal(lang.check_definitions, texts, COLUMNS)
    assert told(error) == (at, "this definition needs itself", f"break the circle {circle}", where)
    assert error.text == texts[where]


def test_how_large_a_condition_is_when_it_is_written_out() -> None:
    defined = {"low": lang.parse("map < 65"), "both": lang.parse("low and not ill")}
    for text, depth, size in (
        ("ill", 1, 1), ("not ill", 2, 2), ("map < 65", 2, 3), ("low", 3, 3), ("both", 5, 6),
        ("both or low or ill", 6, 11), ("at_least(1, not ill, ill)", 3, 4),
    ):  # fmt: skip
        assert _expanded(lang.parse(text), defined, {}) == (depth, size), text


def test_a_condition_may_not_grow_without_end_through_its_definitions() -> None:
    deep = lang.check_definitions({"n0": "not " * 60 + "ill", "n1": "not " * 60 + "n0"}, COLUMNS)
    hint = "at most 150 levels and 4000 parts"
    what = "with its definitions written out this condition is too large"
    assert lang.check("not " * 27 + "n1", COLUMNS, deep)
    assert told(refusal(lang.check, "not " * 28 + "n1", COLUMNS, deep, where="here")) == (0, what, hint, "here")
    texts = {"b": f"at_least(1{', ill' * 50})", "c": f"at_least(1{', b' * 50})"}
    wide = lang.check_definitions(texts, COLUMNS)  # 51 and 2551 parts
    text = f"at_least(1, c{', b' * 28}{', ill' * 20})"
    assert lang.check(text, COLUMNS, wide)
    assert told(refusal(lang.check, f"{text[:-1]}, ill)", COLUMNS, wide)) == (0, what, hint, "")


# --- where nodes stand, and what they are


def test_every_node_knows_where_it_begins() -> None:
    text = "ill and (map + 5 < 70 or not old) and assume(dose, -1) > 2 and kind not in ('red') and "
    text += "at_least(1, ill, old is true) and dose is not null and map between 5 and 6"
    node, spans = parse_with_spans(text)
    found = {}

    def walk(one: Any) -> None:
        if isinstance(one, tuple):
            if one[0] not in ("and", "or"):
                text = lang.to_text(one) if one[0] not in ("num", "text") else str(one[1])
                found.setdefault(text, spans[id(one)])
            for part in one[1:]:
                walk(part)

    walk(node)
    assert spans[id(node)] == 0
    begins = {"ill": 0, "map + 5 < 70": 9, "map + 5": 9, "map": 9, "5.0": 15, "70.0": 19, "not old": 25, "old": 29,
              "assume(dose, -1) > 2": 38, "assume(dose, -1)": 38, "dose": 45, "-1.0": 51, "2.0": 57,
              "kind not in ('red')": 63, "kind": 63, "kind in ('red')": 63, "red": 76,
              "at_least(1, ill, old is true)": 87, "old is true": 104, "dose is not null": 121, "dose is null": 121,
              "map between 5 and 6": 142}  # fmt: skip
    assert found == {**found, **begins}


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("map <> -0", ("<>", ("name", "map"), ("num", 0.0))),
        ("map != -5", ("<>", ("name", "map"), ("num", -5.0))),
        ("map >= 1.5e1", (">=", ("name", "map"), ("num", 15.0))),
        ("ill is not null", ("not", ("null", ("name", "ill")))),
        ("ill is false", ("false", ("name", "ill"))),
        ("at_least(2, ill, old)", ("at_least", 2.0, ("name", "ill"), ("name", "old"))),
        ("ill and (old and known(map))", ("and", ("name", "ill"), ("name", "old"), ("known", ("name", "map")))),
        ("kind not in ('red', 'blue')", ("not", ("in", ("name", "kind"), ("text", "red"), ("text", "blue")))),
        ("assume(ill, true)", ("assume", ("name", "ill"), ("bool", True))),
        ("map between -1 and dose * 2",
         ("between", ("name", "map"), ("num", -1.0), ("*", ("name", "dose"), ("num", 2.0)))),
    ],
)  # fmt: skip
def test_a_text_is_read_as_this_node(text: str, node: Any) -> None:
    assert lang.parse(text) == node


# --- numbers in one line


def straight(text: str, row: dict[str, Any], assume: bool = False) -> Linear | None:
    node = lang.parse(f"{text} > 0")[1]
    return linear(node, row, assume)


def test_the_form_of_a_sum() -> None:
    assert straight("2 * map - dose / 4 + 3", {}) == Linear({"map": 2.0, "dose": -0.25}, 3.0)
    assert straight("map * 2 - (map - 5)", {}) == Linear({"map": 1.0}, 5.0)
    assert linear(("assume", ("name", "map"), ("num", 5.0)), {}) == Linear({"map": 1.0}, 0.0)
    assert straight("1 + assume(map, 5)", {}, True) == Linear({}, 6.0)
    assert straight("map - map", {}) == Linear({}, 0.0)
    assert straight("map + dose", {"dose": 2}) == Linear({"map": 1.0}, 2.0)
    assert straight("map * dose", {"dose": 3}) == Linear({"map": 3.0}, 0.0) == straight("dose * map", {"dose": 3})
    assert straight("(map + 6) / 3", {}) == Linear({"map": 1 / 3}, 2.0)
    assert straight("(map + 6) * 3", {}) == Linear({"map": 3.0}, 18.0)
    assert straight("map * dose", {}) is None and straight("map * dose + 1", {}) is None
    assert straight("assume(map, 5) + 1", {}) == Linear({"map": 1.0}, 1.0)
    assert straight("assume(map, 5) + 1", {}, True) == Linear({}, 6.0)
    assert straight("assume(map, 5) + 1", {"map": 7}, True) == Linear({}, 8.0)
    by_nothing = ("/", ("name", "map"), ("name", "dose"))
    assert linear(by_nothing, {"dose": 0}) is None and linear(by_nothing, {"dose": 2}) == Linear({"map": 0.5}, 0.0)
    assert linear(("/", ("num", 1.0), ("name", "dose")), {}) is None
    assert linear(("text", "x"), {}) is None and linear(("known", ("name", "map")), {}) is None


def turn(text: str, row: dict[str, Any], assume: bool = False) -> tuple[str, float] | None:
    node = lang.parse(text)
    return turning_point(node[1], node[2], row, assume)


def test_where_a_comparison_turns() -> None:
    assert turn("map < 65", {}) == ("map", 65.0) and turn("65 < map", {}) == ("map", 65.0)
    assert turn("map < 65", {"map": 5}) is None and turn("map < dose", {}) is None
    assert turn("map - 5 < dose * 10", {"dose": 6}) == ("map", 65.0)
    assert turn("map - 5 < dose * 10", {"map": 65}) == ("dose", 6.0)
    assert turn("100 - 2 * map > 0", {}) == ("map", 50.0)
    assert turn("assume(map, 5) > dose", {}) is None
    assert turn("assume(map, 5) > dose", {}, True) == ("dose", 5.0)
    assert turn("dose > assume(map, 5)", {}, True) == ("dose", 5.0)
    assert turn("map * dose > 5", {}) is None and turn("5 > map * dose", {}) is None
    zero = turn("map > 0", {}), turn("map + dose > 0", {"dose": 0})
    assert [str(one[1]) for one in zero if one] == ["0.0", "0.0"]
