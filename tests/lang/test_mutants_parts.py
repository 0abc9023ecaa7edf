"""The small parts of the language, each by itself: regions of values, what is left of a condition, the grid."""

from __future__ import annotations

from typing import Any

import pytest
from invented_columns import COLUMNS

from vasotone import lang
from vasotone.lang import regions
from vasotone.lang.regions import OTHER, Cell, cells, part_node, plain_part, turns, turns_inside

DEFINED = {"low": lang.parse("pa < 65"), "both": lang.parse("low and ill")}
Row = dict[str, Any]


def node(text: str) -> Any:
    return lang.parse(text)


def texts(nodes: Any) -> list[str]:
    return [lang.to_text(one) for one in nodes]


# --- where a clause turns


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pa < 65", [65.0]), ("65 < pa", [65.0]), ("pa between 60 and 70", [60.0, 70.0]),
        ("pa in (60, 65)", [60.0, 65.0]),
        ("pa = 65", [65.0]), ("pa <> 65", [65.0]), ("pa + 5 < 70", [65.0]), ("pa + 5 = 70", None),
        ("pa + 5 in (70)", None), ("70 = pa + 5", None), ("70 <> pa + 5", None), ("pa < pb", None), ("pb < pa", None),
        ("pb < 65", None), ("pa * pa > 5", None), ("pb * pb > 5", []),
        ("pb * (pa / 2) > 5", None), ("pb * (pa + 2) > 5", None),
        ("pb * (pa - 2) > 5", None), ("pb * assume(pa, 2) > 5", None), ("pb * pb > pa", None),
        ("pa > pb * pb", None),
        ("kind = 'red'", []), ("kind in ('red')", []), ("ill", []), ("known(pa)", []), ("pa = assume(pb, 5)", [5.0]),
        ("pb between 5 and pa * pa", None), ("assume(pa, 5) > 60", [60.0]), ("5 - (pb - pb * pa) > 0", None),
    ],
)  # fmt: skip
def test_where_a_clause_turns(text: str, found: list[float] | None) -> None:
    assume = "pb, 5" in text
    assert turns(node(text), "pa", {}, assume) == found


def test_what_is_known_is_put_in() -> None:
    assert turns(node("pa < pb"), "pa", {"pb": 65}, False) == [65.0]
    assert turns(node("pa - pb < 5"), "pa", {"pb": 65}, False) == [70.0]
    assert turns(node("assume(pa, 5) > pb"), "pa", {"pb": 65}, True) is None
    assert turns(node("assume(pa, 5) > pb"), "pa", {"pb": 65}, False) == [65.0]


# --- values that stand for all


def test_the_values_of_words_and_flags() -> None:
    kind, word, ill = COLUMNS["kind"], COLUMNS["word"], COLUMNS["ill"]
    assert cells("kind", [node("kind = 'red'")], [], kind) == [Cell("red"), Cell("green"), Cell("blue")]
    assert cells("word", [node("word = 'a'"), node("word in ('b', 'a')")], [], word) == [
        Cell("a"), Cell("b"), Cell(OTHER)
    ]  # fmt: skip
    assert cells("word", [node("word = 'a'")], [], None) == [Cell("a"), Cell(OTHER)]
    assert cells("word", [node("'a' = word")], [], word) == [Cell("a"), Cell(OTHER)]
    assert cells("word", [], [], word) == [Cell(OTHER)]
    assert cells("ill", [], [], ill) == [Cell(True), Cell(False)]
    for text in ("ill", "ill is true", "ill is false", "assume(ill, true)"):
        assert cells("ill", [node("pa > 5"), node(text)], [], None) == [Cell(True), Cell(False)]
    assert cells("pa", [node("assume(pa, 5) > 6")], [6.0], None) == [
        Cell(-1.0, None, 6.0, False), Cell(6.0, 6.0, 6.0), Cell(13.0, 6.0, None, False)
    ]  # fmt: skip


def spans(*turning: float, low: float | None = None, high: float | None = None) -> list[tuple[Any, ...]]:
    return [tuple(one) for one in regions._spans(list(turning), low, high)]


def test_the_values_of_a_number() -> None:
    inside = [(42.5, 20.0, 65.0, False), (65.0, 65.0, 65.0, True), (132.5, 65.0, 200.0, False)]
    assert spans(65.0, low=20.0, high=200.0) == inside
    assert spans(5.0, 65.0, 500.0, low=20.0, high=200.0) == inside
    assert [tuple(one) for one in cells("pa", [node("pa < 65")], [65.0, 65.0], COLUMNS["pa"])] == inside
    assert spans(20.0, low=20.0, high=200.0) == [(20.0, 20.0, 20.0, True), (110.0, 20.0, 200.0, False)]
    assert spans(200.0, low=20.0, high=200.0) == [(110.0, 20.0, 200.0, False), (200.0, 200.0, 200.0, True)]
    assert spans(low=20.0, high=200.0) == [(110.0, 20.0, 200.0, False)]
    assert spans(low=20.0, high=20.0) == [(20.0, 20.0, 20.0, False)]
    assert spans(20.0, low=20.0, high=20.0) == [(20.0, 20.0, 20.0, True)]
    assert spans() == [(0.0, None, None, False)]
    assert spans(5.0) == [(-1.0, None, 5.0, False), (5.0, 5.0, 5.0, True), (11.0, 5.0, None, False)]
    assert spans(-5.0, low=-9.0) == [(-7.0, -9.0, -5.0, False), (-5.0, -5.0, -5.0, True), (1.0, -5.0, None, False)]
    assert spans(-5.0, high=-1.0) == [(-11.0, None, -5.0, False), (-5.0, -5.0, -5.0, True), (-3.0, -5.0, -1.0, False)]
    assert spans(1.0, 2.0, low=1.0, high=2.0) == [
        (1.0, 1.0, 1.0, True),
        (1.5, 1.0, 2.0, False),
        (2.0, 2.0, 2.0, True),
    ]
    # two neighbours between which no number lies
    near = 1.0000000000000002
    assert spans(1.0, near, low=1.0, high=near) == [(1.0, 1.0, 1.0, True), (near, near, near, True)]


# --- a part of the values as a condition


def part(cut: list[float], hits: str, low: float | None = 20.0, high: float | None = 200.0) -> str:
    """The condition for the cells marked x."""
    found = regions._spans(cut, low, high)
    assert len(found) == len(hits)
    made = part_node("pa", found, [hit == "x" for hit in hits])
    return "" if made is None else lang.to_text(made)


def test_a_part_of_the_numbers_in_words() -> None:
    assert part([65.0], "...") == "" and part([65.0], "xxx") == "known(pa)"
    assert part([65.0], "x..") == "pa < 65" and part([65.0], "xx.") == "pa <= 65"
    assert part([65.0], "..x") == "pa > 65" and part([65.0], ".xx") == "pa >= 65"
    assert part([65.0], ".x.") == "pa = 65" and part([65.0], "x.x") == "pa <> 65"
    assert (
        part([60.0, 70.0], ".xxx.") == "pa between 60 and 70" and part([60.0, 70.0], "..x..") == "pa > 60 and pa < 70"
    )
    assert (
        part([60.0, 70.0], ".xx..") == "pa >= 60 and pa < 70"
        and part([60.0, 70.0], "..xx.") == "pa > 60 and pa <= 70"
    )
    assert part([60.0, 70.0], "x...x") == "pa < 60 or pa > 70" and part([60.0, 70.0], ".x.x.") == "pa = 60 or pa = 70"
    assert part([60.0, 70.0], "xxx.x") == "pa <> 70" and part([60.0, 70.0], "x.xxx") == "pa <> 60"
    assert part([60.0, 70.0], "xx.xx") == "pa <= 60 or pa >= 70"
    assert part([20.0], "x.") == "pa = 20" and part([20.0], ".x") == "pa > 20"
    assert part([200.0], "x.") == "pa < 200" and part([200.0], ".x") == "pa = 200"
    assert part([20.0, 60.0], "xxx.") == "pa <= 60" and part([60.0, 200.0], ".xxx") == "pa >= 60"
    assert part([20.0, 60.0], "x..x") == "pa = 20 or pa > 60"
    assert part([65.0], "x..", None, None) == "pa < 65"


def named(column: str, hits: str) -> str:
    """The condition on words for those marked x."""
    values = {"kind": ["red", "green", "blue"], "word": ["a", "b", OTHER], "two": ["a", OTHER], "ill": [True, False],
              "four": ["a", "b", "c", "d"], "five": ["a", "b", "c", "d", "e"]}[column]  # fmt: skip
    made = part_node(column, [Cell(value) for value in values], [hit == "x" for hit in hits])
    return "" if made is None else lang.to_text(made)


def test_a_part_of_the_words() -> None:
    assert named("kind", "x..") == "kind = 'red'" and named("kind", "..x") == "kind = 'blue'"
    assert named("kind", "xx.") == "kind <> 'blue'" and named("kind", ".xx") == "kind <> 'red'"
    assert named("four", "xx..") == "four in ('a', 'b')" and named("four", "xxx.") == "four <> 'd'"
    assert named("four", "x...") == "four = 'a'" and named("four", ".x.x") == "four in ('b', 'd')"
    assert named("five", "xxx..") == "five in ('a', 'b', 'c')" and named("five", "xxxx.") == "five <> 'e'"
    assert named("word", "x..") == "word = 'a'" and named("word", "xx.") == "word in ('a', 'b')"
    assert named("word", "..x") == "word not in ('a', 'b')" and named("word", "x.x") == "word <> 'b'"
    assert named("two", ".x") == "two <> 'a'" and named("two", "x.") == "two = 'a'"
    assert named("ill", "x.") == "ill" and named("ill", ".x") == "not ill" and named("ill", "xx") == "known(ill)"
    assert part_node("ill", [Cell(False), Cell(True)], [True, False]) == ("not", ("name", "ill"))


def plain(text: str, want: bool) -> str | None:
    made = plain_part(node(text), want)
    return None if made is None else lang.to_text(made)


def test_what_makes_a_simple_clause_come_out() -> None:
    assert plain("ill", True) == "ill" and plain("ill", False) == "not ill"
    assert plain("pa < 65", True) == "pa < 65" and plain("pa < 65", False) == "pa >= 65"
    assert plain("65 < pa", True) == "pa > 65" and plain("65 < pa", False) == "pa <= 65"
    assert plain("'red' = kind", True) == "kind = 'red'" and plain("kind = 'red'", False) == "kind <> 'red'"
    for text in ("pa < pb", "pa + 5 < 70", "70 < pa + 5", "pa between 60 and 70", "kind in ('red')", "known(pa)",
                 "assume(pa, 5) > 6", "ill is true"):  # fmt: skip
        assert plain(text, True) is None and plain(text, False) is None


def test_whether_a_part_leaves_values_on_both_sides() -> None:
    def both(text: str, column: str = "pa") -> bool:
        return turns_inside(node(text), COLUMNS.get(column))

    assert both("pa < 65") and not both("pa < 20") and not both("pa > 200") and both("pa < 21") and both("pa < 199")
    assert both("dose > 1", "dose") and not both("dose > 0", "dose")
    assert both("deep > 1", "deep") and not both("deep > 5", "deep")
    assert both("free > 1", "free") and both("pa < 20", "nothing")
    assert both("kind = 'red'", "kind") and both("word = 'a'", "word") and both("word = 'a'", "nothing")
    assert not both("only = 'one'", "only") and both("ill", "ill") and both("not ill", "ill")
