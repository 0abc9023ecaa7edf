"""What a row leaves open of a condition, the grid of what may still come, and what would settle it."""

from __future__ import annotations

from typing import Any

import pytest
from invented_columns import COLUMNS

from vasotone import lang
from vasotone.lang.grid import Grid, _counted, collapse
from vasotone.lang.residue import Residue, gap_names, leaves, remainder

DEFINED = {"low": lang.parse("pa < 65"), "both": lang.parse("low and ill"), "seen": lang.parse("known(pa) and ill")}
Row = dict[str, Any]


def node(text: str) -> Any:
    return lang.parse(text)


def texts(nodes: Any) -> list[str]:
    return [lang.to_text(one) for one in nodes]


# --- what is left of a condition


def left(text: str, row: Row, *, facts: bool = False) -> str | bool:
    rest = remainder(node(text), row, DEFINED, facts)
    return rest if isinstance(rest, bool) else lang.to_text(rest)


@pytest.mark.parametrize(
    ("text", "row", "rest"),
    [
        ("ill and old", {"ill": True}, "old"), ("ill and old", {"ill": False}, False),
        ("ill or old", {"ill": False}, "old"), ("ill or old", {"ill": True}, True),
        ("ill and old", {"ill": True, "old": True}, True), ("ill or old", {"ill": False, "old": False}, False),
        ("ill and old and pa < 65", {"old": True}, "ill and pa < 65"),
        ("ill or old or pa < 65", {"old": False}, "ill or pa < 65"),
        ("not ill", {}, "not ill"), ("not ill", {"ill": True}, False),
        ("not (ill and old)", {"ill": True}, "not old"),
        ("low", {}, "pa < 65"), ("both", {"ill": True}, "pa < 65"), ("not low", {"pa": 70.0}, True),
        ("at_least(2, ill, old, pa < 65)", {"ill": True}, "old or pa < 65"),
        ("at_least(2, ill, old, pa < 65)", {"ill": False}, "old and pa < 65"),
        ("at_least(2, ill, old, pa < 65)", {"ill": False, "old": False}, False),
        ("at_least(2, ill, old, pa < 65)", {"ill": True, "old": True}, True),
        ("at_least(2, ill, old, pa < 65)", {"ill": True, "old": False}, "pa < 65"),
        ("at_least(2, ill, old, pa < 65)", {}, "at_least(2, ill, old, pa < 65)"),
        ("at_least(1, ill, old)", {"ill": False}, "old"), ("at_least(2, ill, old)", {}, "ill and old"),
        ("pa between 60 and 70", {}, "pa between 60 and 70"), ("pa between 60 and 70", {"pa": 65.0}, True),
        ("pa between 60 and pb", {}, "pa >= 60 and pa <= pb"), ("pa between 60 and pb", {"pa": 50.0}, False),
        ("pa between 60 and pb", {"pa": 65.0}, "pa between 60 and pb"),
        ("pa between pb and 70", {"pb": 60.0}, "pa between pb and 70"),
        ("known(pa)", {}, False), ("known(pa)", {"pa": 5.0}, True), ("pa is null and ill", {}, "ill"),
        ("assume(dose, 0) > 1", {}, False), ("assume(ill, true)", {}, True), ("ill is true", {}, "ill is true"),
        ("ill is true", {"ill": False}, False), ("assume(dose, 0) > pa", {}, "assume(dose, 0) > pa"),
    ],
)  # fmt: skip
def test_what_the_row_leaves_open(text: str, row: Row, rest: str | bool) -> None:
    assert left(text, row) == rest


def test_facts_about_the_row_stay_open_where_that_is_asked() -> None:
    assert left("known(pa)", {}, facts=True) == "known(pa)" and left("pa is null", {}, facts=True) == "pa is null"
    assert left("assume(dose, 0) > 1", {}, facts=True) == "assume(dose, 0) > 1"
    assert left("known(pa) and ill", {"ill": True}, facts=True) == "known(pa)"
    assert left("not known(pa) or low", {}, facts=True) == "not known(pa) or pa < 65"
    assert left("known(pa)", {"pa": 5.0}, facts=True) is True
    assert left("seen", {}, facts=True) == "known(pa) and ill" and left("seen", {}) is False
    assert left("at_least(1, known(pa), ill)", {}, facts=True) == "known(pa) or ill"
    assert left("assume(dose, 1) between pa and assume(pb, 2)", {}, facts=True) == (
        "assume(dose, 1) >= pa and assume(dose, 1) <= assume(pb, 2)"
    )
    assert left("pa between 60 and assume(pb, 65)", {}, facts=True) == "pa >= 60 and pa <= assume(pb, 65)"


def test_a_test_of_a_definition() -> None:
    on_name = ("true", ("name", "low"))
    assert remainder(on_name, {}, DEFINED) is False and remainder(on_name, {"pa": 60.0}, DEFINED) is True
    assert remainder(on_name, {"pa": 70.0}, DEFINED) is False
    assert remainder(on_name, {}, DEFINED, True) == on_name
    against = ("false", ("name", "low"))
    assert remainder(against, {"pa": 70.0}, DEFINED) is True and remainder(against, {}, DEFINED) is False


def test_the_names_that_are_waited_for() -> None:
    assert gap_names(node("pa - dose > pb"), {"dose": 1.0}) == ("pa", "pb")
    assert gap_names(node("pa > assume(dose, 0) + pb"), {}) == ("pa", "pb")
    assert gap_names(node("pa > assume(dose, 0) + pb"), {}, True) == ("pa", "dose", "pb")
    assert gap_names(node("known(pa)"), {}) == () and gap_names(node("known(pa)"), {}, True) == ("pa",)
    assert gap_names(node("pa is null"), {}) == () and gap_names(node("ill is true"), {}) == ("ill",)


def test_the_clauses_of_a_condition() -> None:
    found = leaves(node("(ill or pa < 65) and not old and at_least(1, ill, low)"))
    assert texts(found) == ["ill", "pa < 65", "old", "ill", "low"]


def residue(text: str, row: Row | None = None, *, facts: bool = False) -> Residue:
    return Residue(node(text), row or {}, COLUMNS, facts)


def test_what_each_clause_waits_for() -> None:
    one = residue("(pa < 65 and ill) or (pa > 80 and pb < dose) or ill or known(low)")
    gaps = {lang.to_text(leaf): gap for leaf, gap in one.gaps.items()}
    assert list(gaps) == ["pa < 65", "ill", "pa > 80", "pb < dose", "known(low)"]
    assert (gaps["pa < 65"].names, gaps["pa < 65"].turns, gaps["pa < 65"].settled) == (("pa",), [65.0], None)
    assert (gaps["ill"].names, gaps["ill"].turns) == (("ill",), [])
    assert (gaps["pb < dose"].names, gaps["pb < dose"].turns) == (("pb", "dose"), None)
    assert one.uses == {"pa": 2, "ill": 2, node("pb < dose"): 1, node("known(low)"): 1}
    assert one.names() == ("pa", "ill", "pb", "dose")
    open_one = residue("known(pa) and known(low) and assume(dose, 1) > pb", facts=True)
    told = {lang.to_text(leaf): (gap.names, gap.turns, gap.settled) for leaf, gap in open_one.gaps.items()}
    assert told == {
        "known(pa)": (("pa",), [], False), "known(low)": (("low",), None, None),
        "assume(dose, 1) > pb": (("dose", "pb"), None, None),
    }  # fmt: skip


def free(text: str, clause: str, *, facts: bool = False) -> bool:
    return residue(text, facts=facts).is_free(node(clause))


def test_a_clause_that_may_turn_out_either_way() -> None:
    assert free("pa < 65 and ill", "pa < 65") and free("pa < 65 and ill", "ill") and free("pa < pb", "pa < pb")
    assert not free("pa < 65 or pa > 70", "pa < 65") and not free("ill and (ill or old)", "ill")
    assert not free("dose >= 0", "dose >= 0") and not free("pa < 20", "pa < 20") and free("pa > 20", "pa > 20")
    assert free("pa >= 200", "pa >= 200") and not free("pa > 200", "pa > 200") and free("pa <= 20", "pa <= 20")
    assert not free("only = 'one'", "only = 'one'") and free("kind in ('red')", "kind in ('red')")
    assert free("pa between 60 and 70", "pa between 60 and 70") and not free(
        "pa between 20 and 200", "pa between 20 and 200"
    )
    assert free("assume(dose, 50) > pb", "assume(dose, 50) > pb")
    assert not free("known(pa)", "known(pa)", facts=True)


def test_the_truth_of_a_clause_for_each_value() -> None:
    one = residue("pa < 65 or pa = 80")
    found = one.cells("pa")
    assert [cell.value for cell in found] == [42.5, 65.0, 72.5, 80.0, 140.0]
    assert one.truths(node("pa < 65"), found) == [True, False, False, False, False]
    assert one.truths(node("pa = 80"), found) == [False, False, False, True, False]
    tied = residue("pa - pb > 5 and pa < 90", {"pb": 70.0})
    assert [cell.value for cell in tied.cells("pa")] == [47.5, 75.0, 82.5, 90.0, 145.0]
    assert tied.truths(node("pa - pb > 5"), tied.cells("pa")) == [False, False, True, True, True]


# --- groups and the grid


def grouped(text: str) -> Any:
    one = residue(text)
    return collapse(one.rest, one.is_free)


def test_what_stands_for_itself_is_put_together() -> None:
    assert grouped("ill") == ("group", node("ill"))
    assert grouped("not (ill and pa < 65)") == ("group", node("not (ill and pa < 65)"))
    pa = "pa < 65", "pa > 70"
    assert grouped("ill and (pa < 65 or pa > 70)") == (
        "and", ("or", node(pa[0]), node(pa[1])), ("group", node("ill"))
    )  # fmt: skip
    assert grouped("ill or old or pa < 65 or pa > 70") == (
        "or", node(pa[0]), node(pa[1]), ("group", ("or", node("ill"), node("old")))
    )  # fmt: skip
    assert grouped("not (pa < 65 or pa > 70)") == ("not", ("or", node(pa[0]), node(pa[1])))
    assert grouped("at_least(2, ill, old, pa < 65 or pa > 70)") == (
        "at_least", 2.0, ("group", node("ill")), ("group", node("old")), ("or", node(pa[0]), node(pa[1]))
    )  # fmt: skip
    assert grouped("pa < 65 or pa > 70") == ("or", node(pa[0]), node(pa[1]))


def grid(text: str, cap: int = 1000) -> Grid:
    one = residue(text)
    return Grid(collapse(one.rest, one.is_free), one, cap)


def test_the_digits_of_a_grid() -> None:
    one = grid("ill and (pa < 65 or pa > 70) and (kind = 'red' or kind = 'blue')")
    assert one.columns() == ["pa", "kind"]
    sizes = [(driver.size, driver.step, driver.names) for driver in one.drivers.values()]
    # pa: unknown, below, from 65 to 70, above; kind: unknown, red, green, blue
    assert sizes == [(4, 1, ("pa",)), (4, 4, ("kind",)), (3, 16, ("ill",))]
    assert one.total == 48 and one.fits and one.relevant_names() == {"pa", "kind", "ill"}
    ((group, if_true, if_false),) = one.group_outcomes()
    assert (group, if_true, if_false) == (node("ill"), None, False)
    fourth = sum(1 << place for place in range(0, 48, 4))
    assert [one.where(one.drivers["pa"], place) for place in range(4)] == [fourth << place for place in range(4)]
    assert one.where(one.drivers["kind"], 1) == 0xF0 | 0xF0 << 16 | 0xF0 << 32
    assert grid("ill and (pa < 65 or pa > 70)", cap=12).fits and not grid("ill and (pa < 65 or pa > 70)", cap=11).fits
    beyond = grid("ill and (pa < 65 or pa > 70)", cap=11)
    assert beyond.marks == (0, 0) and beyond.relevant_names() == {"pa", "ill"} and list(beyond.group_outcomes()) == []


def test_each_combination_has_its_outcome() -> None:
    one = grid("ill or (pa < 65 or pa > 70)")
    names = list(one.drivers)
    assert names == ["pa", ("group", node("ill"))]
    # digit of pa: unknown, below, between, above; of ill: unknown, true, false
    table = [[one.outcome(pa + 4 * ill) for pa in range(4)] for ill in range(3)]
    assert table == [[None, True, None, True], [True] * 4, [None, True, False, True]]
    other = grid("not (ill and (pa < 65 or pa > 70))")
    table = [[other.outcome(pa + 4 * ill) for pa in range(4)] for ill in range(3)]
    assert table == [[None, None, True, None], [None, False, True, False], [True] * 4]
    counted = grid("at_least(2, ill, old, pa < 65 or pa > 70)")
    ill, old, pa = (counted.drivers[key].step for key in counted.drivers)
    assert counted.outcome(ill + old) is True and counted.outcome(ill + pa) is True and counted.outcome(ill) is None
    assert counted.outcome(2 * ill + 2 * old) is False and counted.outcome(2 * ill + 2 * pa) is False
    assert counted.outcome(ill + 2 * old) is None and counted.outcome(ill + 2 * old + 2 * pa) is False


def test_a_clause_of_two_columns_is_a_digit_of_its_own() -> None:
    one = grid("(pa < pb and ill) or (pa < pb and old)")
    assert [(driver.size, driver.names) for driver in one.drivers.values()] == [
        (3, ("pa", "pb")), (3, ("ill",)), (3, ("old",))
    ]  # fmt: skip
    tied, ill, old = (driver.step for driver in one.drivers.values())
    assert one.total == 27 and one.outcome(tied) is None
    assert one.outcome(tied + ill) is True and one.outcome(tied + 2 * ill + 2 * old) is False
    assert one.outcome(2 * tied) is False and one.outcome(2 * tied + ill) is False and one.outcome(ill) is None


def test_a_column_that_changes_nothing_is_not_relevant() -> None:
    assert grid("(pa < 65 or pa >= 65) and ill").relevant_names() == {"pa", "ill"}  # it might never be known
    assert grid("ill or (pa < 65 and pa > 70 and ill)").relevant_names() == {"ill"}
    assert grid("pa < 65 and (pa < 70 or ill)").relevant_names() == {"pa"}


def test_where_enough_marks_are_set() -> None:
    marks = [0b0011, 0b0101, 0b1001]
    assert [_counted(needed, marks) for needed in (1, 2, 3)] == [0b1111, 0b0001, 0b0001]
    assert _counted(2, [0b0110, 0b0011, 0b0101]) == 0b0111


# --- what is asked


@pytest.mark.parametrize(
    ("text", "row", "needs"),
    [
        ("ill and old", {}, {"ill": ["not ill"], "old": ["not old"]}),
        ("ill or old", {}, {"ill": ["ill"], "old": ["old"]}),
        ("not (ill or old)", {}, {"ill": ["ill"], "old": ["old"]}),
        ("ill", {}, {"ill": ["ill", "not ill"]}),
        ("pa between 60 and 70", {}, {"pa": ["pa between 60 and 70", "pa < 60 or pa > 70"]}),
        ("kind in ('red', 'blue') and ill", {}, {"kind": ["kind = 'green'"], "ill": ["not ill"]}),
        ("at_least(2, ill, old, pa < 65)", {}, {"ill": [], "old": [], "pa": []}),
        ("at_least(2, ill, old, pa < 65) or kind = 'red'", {},
         {"ill": [], "old": [], "pa": [], "kind": ["kind = 'red'"]}),
        ("pa < pb and ill", {}, {"pa": [], "pb": [], "ill": ["not ill"]}),
        ("pa + 5 = 70", {}, {"pa": []}),
        ("pa < 60 or (pa < 70 and ill)", {}, {"pa": ["pa < 60", "pa >= 70"], "ill": []}),
        ("ill and (pa < 60 or pa > 70)", {}, {"ill": ["not ill"], "pa": ["pa between 60 and 70"]}),
        ("ill or (pa < 60 or pa > 70)", {}, {"ill": ["ill"], "pa": ["pa < 60 or pa > 70"]}),
        ("dose >= 0 and ill", {}, {"dose": [], "ill": ["not ill"]}),
        ("two = 'a' and ill", {}, {"two": ["two <> 'a'"], "ill": ["not ill"]}),
        ("pa + 5 = 70 or pa < 30", {}, {"pa": []}),
        ("assume(dose, 50) > pa and ill", {}, {"pa": ["pa >= 50"], "ill": ["not ill"]}),
        ("known(pa) or ill", {}, {"ill": ["ill", "not ill"]}), ("ill", {"ill": True}, {}),
        ("word in ('a', 'b')", {}, {"word": ["word in ('a', 'b')", "word not in ('a', 'b')"]}),
    ],
)  # fmt: skip
def test_what_would_settle_a_condition(text: str, row: Row, needs: dict[str, list[str]]) -> None:
    found = lang.missing(node(text), row, COLUMNS, DEFINED)
    assert {need.name: [one.text for one in need.decides] for need in found} == needs
    assert all(one.name == need.name for need in found for one in need.decides)
    for name in COLUMNS:
        assert lang.relevant(node(text), row, COLUMNS, DEFINED, name) is (name in needs)


def test_what_is_known_is_not_relevant() -> None:
    assert lang.relevant(node("ill and old"), {"ill": True}, COLUMNS, {}, "ill") is False
    assert lang.relevant(node("ill and old"), {"ill": False}, COLUMNS, {}, "old") is False
    assert lang.relevant(node("ill and old"), {"ill": True}, COLUMNS, {}, "old") is True


def test_what_holds_because_nothing_is_recorded_may_still_change() -> None:
    told = node("ill is true and old")
    assert lang.missing(told, {}, COLUMNS, {}) == ()  # nothing recorded is an answer here
    assert lang.relevant(told, {}, COLUMNS, {}, "ill") and lang.relevant(told, {}, COLUMNS, {}, "old")


def test_conditions_that_cannot_turn_out() -> None:
    def never(text: str, **more: Any) -> str | None:
        return lang.never(node(text), COLUMNS, DEFINED, **more)

    assert never("pa < 65 and pa > 70") == "true" and never("pa < 70 or pa > 65") == "false"
    assert never("pa < 65 and ill") is None and never("pa < 65 or pa > 70") is None and never("ill") is None
    assert never("kind = 'red' and kind = 'blue'") == "true" and never("ill or not ill") == "false"
    assert never("pa > 200") == "true" and never("pa <= 200") == "false"
    assert never("(pa < 65 and pa > 70) or (ill and not ill)", cap=2) is None
    assert never("known(pa) and pa is null") == "true" and never("known(pa) or pa is null") == "false"
    assert never("5 < 6") == "false" and never("6 < 5") == "true"
    assert never("pa < pb and pb < pa") is None
