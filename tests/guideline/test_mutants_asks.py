"""What is asked for and why, for invented patients: the guard that asks, its words and its order."""

from __future__ import annotations

from typing import Any

import pytest
from invented_world import CITE, CITED, DRUG_UNIT, GUARDS, case, facts, reading, statement

from vasotone.advice import Ask, Cite, Dose, Item
from vasotone.guideline_asks import (
    ask_of,
    askable,
    asks_for,
    caution_items,
    data_item,
    gate_inputs,
    guard_for,
    jumped,
)
from vasotone.guideline_verdict import Case, verdicts

FACTS = facts(
    statement("scope-child-out", "age < 18", gate="outside", order=1, kind="scope"),
    statement("scope-shock-type-unknown", "bled and map < 65", gate="outside", order=2, kind="scope"),
    statement("scope-other", "lactate > 9", gate="outside", order=3, kind="scope"),
    statement("scope-beside", "age < 18", gate="modified", order=4, kind="scope"),
    statement("ask-given", kind="data", badge="project", rank=77, clinician="Consider asking."),
)
WELL = {"age": 60, "map": 60, "norepinephrine": reading(0.1, DRUG_UNIT)}
BASIS = "norepinephrine.basis"


def item(name: str, *settles: str, **more: Any) -> Item:
    """An item that waits for inputs."""
    return Item(name, "cannot-tell", "practice", "assess", more.pop("target", "map"), "soon", 50, "", settles=settles,
                **more)  # fmt: skip


def asked(of: Case, *items: Item, gate: str = "", everything: bool = False) -> dict[str, tuple[str, ...]]:
    """What is asked and what it decides, in order."""
    asks, _ = asks_for(of, verdicts(of), list(items), gate, everything=everything)
    return {ask.name: ask.decides for ask in asks}


def test_what_items_wait_for_is_asked_by_the_rank_of_its_guard() -> None:
    patient = case(FACTS, WELL)
    found = asked(patient, item("a", "crt", "lactate"), item("b", "lactate", "weight"))
    assert list(found.items()) == [("weight", ("b",)), ("lactate", ("a", "b")), ("crt", ("a",))]
    assert asked(patient, item("a", "lvef", "ill", "stocked", "nothing")) == {}
    assert asked(patient) == {} == asked(patient, item("a"))


def test_at_most_five_stand_as_items() -> None:
    waiting = item("a", "age", "weight", "map", "lactate", "crt", "skin", "line")
    patient = case(FACTS, {"age": 60, "norepinephrine": 0.1})
    judged = verdicts(patient)
    for everything, count in ((False, 5), (True, 7)):
        asks, items = asks_for(patient, judged, [waiting], "", everything=everything)
        assert [ask.name for ask in asks] == ["map", "age", "weight", "lactate", "crt", "skin", "line"]
        assert [one.target for one in items] == [ask.name for ask in asks][:count]
        assert [one.decides for one in items] == [("a",)] * count
    assert len(asks_for(patient, judged, [waiting], "")[1]) == 5


def test_gates_ask_for_what_they_wait_for() -> None:
    assert asked(case(FACTS, {"map": 60})) == {"age": ("scope-child-out",)}
    assert asked(case(FACTS, {"age": 60, "bled": True})) == {
        "map": ("scope-shock-type-unknown",), "shock-type": ("scope-shock-type-unknown",)
    }  # fmt: skip
    assert asked(case(FACTS, {"age": 60, "bled": True, "norepinephrine": 0.1})) == {}
    assert asked(case(FACTS, {"age": 60, "bled": False})) == {}
    assert asked(case(FACTS, {"bled": True}), gate="scope-other") == {}


def test_which_gate_asks_for_what() -> None:
    nothing, with_map = case(FACTS).state, case(FACTS, {"map": 60}).state
    with_drug = case(FACTS, {"norepinephrine": 0}).state
    assert gate_inputs("scope-child-out", nothing) == gate_inputs("scope-child-out", with_map) == ("age",)
    assert gate_inputs("scope-shock-type-unknown", nothing) == ("map", "shock-type")
    assert gate_inputs("scope-shock-type-unknown", with_map) == ()
    assert gate_inputs("scope-shock-type-unknown", with_drug) == ()
    assert gate_inputs("scope-other", nothing) == ()


def test_behind_a_gate_only_the_kind_of_shock_opens_questions() -> None:
    patient = case(FACTS, {**WELL, "bled": True})
    waiting = item("a", "lactate")
    assert asked(patient, waiting, gate="scope-shock-type-unknown") == {
        "lactate": ("a",), "shock-type": ("scope-shock-type-unknown",)
    }  # fmt: skip
    assert asked(patient, waiting, gate="scope-child-out") == {}
    assert asked(patient, waiting) == {"lactate": ("a",)}


def test_sepsis_said_to_be_without_shock_asks_for_the_kind_of_shock() -> None:
    doubt = ("flag-contradiction", "sepsis_no_shock", "It does not fit.", {})
    other = ("flag-contradiction", "map", "It does not fit.", {})
    assert asked(case(FACTS, WELL, cautions=[other, doubt])) == {"shock-type": ("sepsis_no_shock",)}
    assert asked(case(FACTS, WELL, cautions=[other])) == {}


def test_a_doubt_about_a_unit_or_a_weight_is_asked_once_for_all() -> None:
    unread = {name: reading(None, quality="unit-unknown") for name in ("lactate", "crt")}
    found = asked(case(FACTS, {**WELL, **unread, "vasopressin": reading(None, quality="weight-needed")}))
    assert found == {"weight": ("vasopressin",), "unit": ("lactate", "crt")}
    assert asked(case(FACTS, {**WELL, "lactate": reading(None, quality="stale")})) == {}
    patient = case(FACTS, {**WELL, **unread})
    assert asked(patient, item("a", "lactate")) == {"unit": ("a", "lactate", "crt")}


JUMP = ("dose-jump", "norepinephrine", "It jumped.", {})


def test_a_dose_that_jumped_is_asked_for_where_a_dose_rests_on_it() -> None:
    patient = case(FACTS, WELL, cautions=[JUMP, ("above-limit", "vasopressin", "", {})])
    assert jumped(patient) == ["norepinephrine"] and jumped(case(FACTS, WELL)) == []
    dose = Dose("norepinephrine", 1, DRUG_UNIT)
    dosed = item("a", target="norepinephrine", dose=dose)
    assert asked(patient, dosed, item("b", target="norepinephrine"), item("c", target="map", dose=dose)) == {
        "norepinephrine": ("a",)
    }
    assert asked(patient, item("z", "norepinephrine"), dosed) == {"norepinephrine": ("z", "a")}
    assert asked(patient, item("b", target="norepinephrine")) == {}
    assert asked(case(FACTS, WELL), dosed) == {}


@pytest.mark.parametrize(
    ("name", "under"),
    [
        ("lactate", "lactate"), (BASIS, BASIS), ("nothing", ""), ("lvef", ""), ("ill", ""), ("stocked", ""),
        ("line", "line"), ("gap", "sbp"),
    ],
)  # fmt: skip
def test_the_name_under_which_an_input_is_asked_for(name: str, under: str) -> None:
    assert askable(name, case(FACTS, WELL)) == under


def test_an_input_in_doubt_is_asked_for_through_what_is_in_doubt() -> None:
    def under(name: str, **values: Any) -> str:
        return askable(name, case(FACTS, {**WELL, **values}))

    assert under("lactate", lactate=reading(None, quality="unit-unknown")) == "unit"
    assert under("vasopressin", vasopressin=reading(None, quality="weight-needed")) == "weight"
    assert under("lactate", lactate=reading(None, quality="stale")) == "lactate"
    # a formula is asked for through the first input that is not known and that is asked for at all
    assert under("gap", sbp=90) == "" and under("gap", sbp=90, dbp=50) == ""
    assert under("gap", dbp=50) == "sbp"
    assert under("gap", sbp=reading(None, quality="unit-unknown")) == "unit"


# --- the words


def told(name: str, **more: Any) -> tuple[str, str, str | None]:
    """The guard that asks for an input, its words and its unit."""
    values = more.pop("values", {})
    ask, made = ask_of(name, ("a", "b"), case(FACTS, {**WELL, **values}, **more))
    assert (ask.name, ask.decides, made.target, made.decides) == (name, ("a", "b"), name, ("a", "b"))
    assert made.text == ask.why and made.verdict == "applies"
    return made.statement, ask.why, ask.unit


def test_who_asks_and_in_which_words() -> None:
    assert told("map") == ("ask-bp", "Consider ask-bp.", "mm[Hg]")
    assert told("sbp") == ("ask-bp", "Which systolic pressure?", "mm[Hg]")
    assert told("dbp") == ("ask-bp", "Consider ask-bp.", "mm[Hg]")
    assert told("age") == ("ask-age", "Consider ask-age.", "a")
    assert told("weight") == ("ask-weight", "Consider ask-weight.", "kg")
    assert told("lactate") == ("ask-perfusion", "Which lactate? Consider ask-perfusion.", "mmol/L")
    assert told("crt") == ("ask-value", "Which refill? Consider ask-value.", "s")
    assert told("lvef") == ("ask-value", "Consider ask-value.", "%")
    assert told("skin") == ("ask-value", "Which skin? Consider ask-value.", None)
    assert told(BASIS) == ("ask-ne-basis", "Consider ask-ne-basis.", None)
    assert told("unit") == ("ask-unit", "Consider ask-unit.", None)
    assert told("shock-type") == ("ask-shock-type", "Consider ask-shock-type.", None)


@pytest.mark.parametrize(
    ("quality", "guard", "asks"),
    [
        ("stale", "ask-refresh", True), ("future", "ask-refresh", True), ("implausible", "flag-implausible", True),
        ("contradictory", "flag-contradiction", True), ("unit-unknown", "ask-unit", False),
        ("not-given", "ask-perfusion", True), ("ok", "ask-perfusion", True),
    ],
)  # fmt: skip
def test_a_doubt_changes_who_asks(quality: str, guard: str, asks: bool) -> None:
    told_here = told("lactate", values={"lactate": reading(None, quality=quality)})
    assert told_here == (guard, f"{'Which lactate? ' if asks else ''}Consider {guard}.", "mmol/L")


def test_a_jump_is_asked_for_as_a_contradiction() -> None:
    assert told("norepinephrine", cautions=[JUMP])[0] == "flag-contradiction"
    assert told("norepinephrine")[0] == "ask-value"
    assert told("vasopressin", cautions=[JUMP])[0] == "ask-value"
    assert guard_for("lactate", case(FACTS, {**WELL, "lactate": reading(None, quality="stale")})) == "ask-refresh"


def test_an_ask_and_its_item_are_whole() -> None:
    ask, made = ask_of("lactate", ("a",), case(FACTS, WELL))
    assert ask == Ask("lactate", "mmol/L", "Which lactate? Consider ask-perfusion.", ("a",))
    assert made == Item(
        statement="ask-perfusion", verdict="applies", kind="data", action="ask", target="lactate", urgency="now",
        rank=5, text="Which lactate? Consider ask-perfusion.", cites=(Cite(*CITED),), review="submitted",
        verified=True, badge="project", decides=("a",),
    )  # fmt: skip
    bare = {**GUARDS[0], "review_state": "approved", "badge": "expert", "kind": "safety"}
    del bare["cites"]
    plain = data_item(bare, "map", "Consider this.", FACTS)
    assert (plain.cites, plain.decides, plain.review, plain.badge, plain.kind) == ((), (), "approved", "expert",
                                                                                  "safety")  # fmt: skip
    assert data_item({**bare, "cites": [CITE, CITE]}, "map", "", FACTS).cites == (Cite(*CITED), Cite(*CITED))


# --- doubts that are statements


def doubted(*cautions: tuple[str, str, str, dict[str, Any]], already: tuple[Item, ...] = (), of: Any = FACTS,
            **values: Any) -> list[tuple[str, str, str]]:  # fmt: skip
    """What stands as an item of its own: the statement, its target, its text."""
    found = caution_items(case(of, {**WELL, **values}, cautions=cautions), list(already))
    return [(one.statement, one.target, one.text) for one in found]


def test_a_doubt_that_is_a_statement_stands_as_one() -> None:
    assert doubted(("unknown-drug", "drugs", "", {}), ("flag-implausible", "lactate", "It is 500.", {})) == [
        ("flag-implausible", "lactate", "It is 500.")
    ]
    assert doubted(("flag-implausible", "lactate", "", {})) == [
        ("flag-implausible", "lactate", "Consider flag-implausible.")
    ]
    assert doubted() == []


def test_some_doubts_have_a_target_of_their_own() -> None:
    assert doubted(
        ("ask-unit", "lactate", "", {}), ("ask-weight", "vasopressin", "", {}), ("compute-map", "sbp", "", {})
    ) == [
        ("ask-unit", "unit", "Consider ask-unit."), ("ask-weight", "weight", "Consider ask-weight."),
        ("compute-map", "map", "Consider compute-map."),
    ]  # fmt: skip
    device = facts(statement("verify-device", kind="data", badge="project"))
    assert doubted(("verify-device", "map", "Look.", {}), of=device) == [("verify-device", "device", "Look.")]


def test_each_doubt_stands_once_and_not_beside_the_question_for_it() -> None:
    twice = [("flag-implausible", "lactate", text, {}) for text in ("First.", "Second.")]
    other = ("flag-implausible", "crt", "Third.", {})
    assert doubted(*twice, other) == [
        ("flag-implausible", "lactate", "First."),
        ("flag-implausible", "crt", "Third."),
    ]
    _, question = ask_of("lactate", (), case(FACTS, {**WELL, "lactate": reading(None, quality="implausible")}))
    assert doubted(*twice, other, already=(question,)) == [("flag-implausible", "crt", "Third.")]
    assert len(doubted(other, already=(question._replace(statement="ask-value", target="crt"),))) == 1


def test_a_salt_that_was_converted_is_said() -> None:
    def converted(basis: str, kind: str) -> bool:
        return bool(doubted(norepinephrine=reading(0.1, DRUG_UNIT, basis=basis, kind=kind)))

    assert doubted(norepinephrine=reading(0.1, DRUG_UNIT, basis="base", kind="salt")) == [
        ("salt-convert", "norepinephrine", "Consider salt-convert.")
    ]
    assert not converted("base", "base") and not converted("base", "") and not converted("", "salt")
    assert doubted(norepinephrine=reading(None)) == []


def test_a_statement_of_a_site_that_is_named_like_a_doubt_is_not_one() -> None:
    own = facts(statement("above-limit", kind="practice", badge="site"))
    assert doubted(("above-limit", "norepinephrine", "It is high.", {}), of=own) == []
    bare = facts(statement("above-limit", badge="label"))
    assert doubted(("above-limit", "norepinephrine", "It is high.", {}), of=bare) == [
        ("above-limit", "norepinephrine", "It is high.")
    ]
