"""Whole advices in an invented world: what leads, what follows, what is explained; every order is written by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from invented_world import CITE, case, facts, reading, state, statement

from vasotone import guideline
from vasotone.advice import MOST_ITEMS, Advice, Caution, Item, Refused
from vasotone.guideline import (
    advise,
    arrange,
    is_explained,
    is_nearly_decided,
    place_of,
    split_twins,
    twins_of,
)
from vasotone.guideline_verdict import Case

NE = "norepinephrine"
LOW = {"age": 60, "weight": 50, "map": 60, "crt": 2, NE: 0.1}


def item(name: str, verdict: str = "applies", urgency: str = "now", **more: Any) -> Item:
    """An item; what is asked has the action `ask` and is data."""
    action = more.pop("action", "assess")
    return Item(name, verdict, more.pop("kind", "practice"), action, more.pop("target", "map"), urgency,
                more.pop("rank", 5), "", **more)  # fmt: skip


def ask(name: str, urgency: str = "now", **more: Any) -> Item:
    return item(name, urgency=urgency, action="ask", kind="data", **more)


def names(items: Any) -> list[str]:
    """The statements of items."""
    return [one.statement for one in items]


def case_with(*items: Item, **links: list[str]) -> Case:
    """A case whose statements are those of the items; `links` names the twins of some."""
    made = [statement(one.statement, links={"twin": links[one.statement]} if one.statement in links else {})
            for one in items]  # fmt: skip
    return case(facts(*made), LOW)


def arranged(items: list[Item], data: list[Item], *, everything: bool = False, **links: list[str]) -> list[str]:
    return names(arrange(case_with(*items, **links), items, data, everything))


# --- what stands where


def test_urgent_before_routine_and_open_behind_decided() -> None:
    items = [
        item("now-open", "cannot-tell", rank=1, missing=("a",)), item("soon", urgency="soon", rank=2),
        item("now-far", "cannot-tell", rank=1, missing=("a", "b", "c")), item("now", rank=9),
        item("routine", urgency="routine"), item("now-unless", "applies-unless", rank=3),
        item("routine-open", "cannot-tell", "routine", missing=("a",)), item("flag-now", rank=1, action="ask"),
    ]  # fmt: skip
    order = [
        "flag-now", "now-unless", "now", "now-open", "asked", "soon", "now-far", "routine", "routine-open"
    ]  # fmt: skip
    assert arranged(items, [ask("asked", rank=1)]) == order
    assert arranged(items[::-1], [ask("asked", rank=1)]) == order
    assert arranged(items, [ask("asked", rank=1)], everything=True) == order


def test_with_everything_what_is_not_shown_comes_last_as_it_came() -> None:
    items = [item("no", "does-not-apply", rank=1), item("stopped", "blocked"), item("held", "withheld"), item("yes")]
    assert arranged(items, [ask("asked")], everything=True) == ["yes", "asked", "no", "stopped", "held"]


def test_only_four_open_items_lead() -> None:
    items = [item(f"open-{n}", "cannot-tell", rank=n, missing=("a",)) for n in range(6)] + [
        item("soon", urgency="soon")
    ]
    leading = [f"open-{n}" for n in range(4)]
    assert arranged(items, []) == [*leading, "soon", "open-4", "open-5"]
    assert arranged(items, [], everything=True) == [*leading, "open-4", "open-5", "soon"]


def test_questions_have_room_but_never_more_than_half() -> None:
    items = [item(f"i{n:02d}", rank=n) for n in range(14)]
    asked = [ask(f"a{n}", rank=n) for n in range(8)]
    told = arranged(items, asked[:3])
    assert told[:9] == [f"i{n:02d}" for n in range(9)] and told[9:12] == ["a0", "a1", "a2"]
    assert told[12:] == [f"i{n:02d}" for n in range(9, 14)]
    told = arranged(items, asked)
    assert told[:6] == [f"i{n:02d}" for n in range(6)] and told[6:12] == [f"a{n}" for n in range(6)]
    assert told[12:] == [f"i{n:02d}" for n in range(6, 14)]
    few = arranged(items[:2], asked)
    assert few == ["i00", "i01", *(f"a{n}" for n in range(8))]
    assert arranged(items[:5], asked) == [*(f"i{n:02d}" for n in range(5)), *(f"a{n}" for n in range(7))]
    assert len(arranged(items[:12], [])) == 12 == MOST_ITEMS


def test_a_routine_question_displaces_nothing() -> None:
    items = [item(f"i{n:02d}", rank=n) for n in range(13)]
    told = arranged(items, [ask("note", "routine"), ask("asked")])
    assert told[10:] == ["i10", "asked", "note", "i11", "i12"]


def test_a_twin_stands_behind_all_others() -> None:
    items = [item("one", rank=1), item("two", rank=2), item("three", rank=3)]
    assert arranged(items, [], one=["two"]) == ["one", "two", "three"]  # all are shown, so all are sorted
    many = [*items, *(item(f"i{n:02d}", rank=4 + n, target=f"t{n}") for n in range(10))]
    told = arranged(many, [], one=["two"])
    assert told[:2] == ["one", "three"] and told[-1] == "two" and len(told) == 13


def test_which_items_are_twins() -> None:
    def apart(*items: Item, **links: list[str]) -> tuple[list[str], list[str]]:
        first, later = split_twins(case_with(*items, **links), list(items))
        return names(first), names(later)

    one, two, three = item("one"), item("two"), item("three")
    assert apart(one, two, three, one=["two"]) == (["one", "three"], ["two"])
    assert apart(one, two, three, two=["one"]) == (["one", "three"], ["two"])
    assert apart(one, two, three) == (["one", "two", "three"], [])
    assert apart(one, two._replace(target="crt"), one=["two"])[1] == []
    assert apart(one, two._replace(action="lower"), one=["two"])[1] == []
    assert apart(one, two._replace(kind="safety"), one=["two"])[1] == []
    assert apart(one, three, two, one=["two"], three=["two"]) == (["one", "three"], ["two"])
    # a twin of a twin that was set apart stays
    assert apart(one, two, three, one=["two"], two=["three"]) == (["one", "three"], ["two"])


# --- where one item stands


def test_where_an_item_stands() -> None:
    assert place_of(item("one"), False) == (0, 5) and place_of(item("one", urgency="soon", rank=6), True) == (1, 6)
    assert place_of(item("one", urgency="routine"), False) == (2, 5)
    open_item = item("one", verdict="cannot-tell")
    assert place_of(open_item, True) == (0.5, 5) and place_of(open_item, False) == (1.5, 5)
    assert place_of(item("one", action="ask"), False) == (0.6, 5)
    assert place_of(item("flag-it", action="ask"), False) == (0, 5) == place_of(item("flag-it"), False)
    assert place_of(item("one", verdict="cannot-tell", action="ask"), True) == (0.5, 5)


def test_what_one_or_two_answers_would_settle() -> None:
    assert is_nearly_decided(item("one", verdict="cannot-tell", missing=("a", "b")))
    assert not is_nearly_decided(item("one", verdict="cannot-tell", missing=("a", "b", "c")))
    assert not is_nearly_decided(item("one", verdict="cannot-tell", urgency="routine", missing=("a",)))
    assert not is_nearly_decided(item("one", missing=("a",)))


def test_whose_reasons_are_worked_out() -> None:
    assert (
        is_explained(item("one"), 11, False)
        and not is_explained(item("one"), 12, False)
        and is_explained(item("one"), 12, True)
    )
    data = item("one", kind="data")
    assert not is_explained(data, 0, False) and not is_explained(data, 0, True)


def test_declared_twins() -> None:
    of = facts(statement("one", "map < 65", links={"twin": ["two"], "next": ["three"]}), statement("two", "map < 65"))
    patient = case(of, LOW)
    assert twins_of(patient, item("one")) == ["two"] and twins_of(patient, item("two")) == []


# --- whole advices

WORLD = facts(
    statement("raise-it", "map < 65", unless=["lactate > 9"], action="raise", target=NE, dose="raise", urgency="now"),
    statement("look", "map < 65 and crt > 1", rank=20, cites=[CITE]),
    statement("far", "map > 90"),
    statement("stopped", "map < 65", unless=["crt > 1"]),
    statement("waits", "lactate > 2", urgency="routine"),
    statement("closed", "bled", kind="scope", setting="any", gate="outside", order=1, instead="Consider the other."),
    statement("elsewhere", "map < 65", setting="any", kind="safety", urgency="now", rank=2),
)
AT = datetime(2026, 1, 1, 8, tzinfo=UTC)


def told(profile: str | None = None, *, everything: bool = False, values: Any = LOW, **more: Any) -> Advice:
    return advise(state(values, **more)._replace(at=AT, title="Bed 1"), WORLD, profile, everything=everything)


def test_an_advice_is_whole() -> None:
    note = ("read", "record", "Half of it was read.", {"rows": 2})
    doubt = ("flag-implausible", "lactate", "It is 500.", {})
    found = told(notes=(note,), cautions=[doubt])
    assert (found.profile, found.facts, found.at, found.title) == ("new", WORLD.digest, AT, "Bed 1")
    assert found.values["map"]["value"] == 60 and set(found.values) == set(LOW)
    assert found.refused is None and found.site is None and found.notices[0] == "The new edition was read."
    assert found.notes == (Caution(*note),) and found.warnings == (Caution(*doubt),)
    assert [gate.statement for gate in found.gates] == ["closed"]
    assert [(one.statement, one.verdict) for one in found.items] == [
        ("elsewhere", "applies"), ("flag-implausible", "applies"), ("raise-it", "applies-unless"),
        ("ask-perfusion", "applies"), ("look", "applies"), ("waits", "cannot-tell"),
    ]  # fmt: skip
    assert [(one.name, one.decides) for one in found.asks] == [("lactate", ("raise-it", "waits"))]
    raised = found.items[2]
    assert raised.dose is not None and raised.dose.value == raised.dose.dose_from + raised.dose.step
    assert [(one.rail, one.clause) for one in found.items[4].why] == [("when", "map < 65"), ("when", "crt > 1")]
    assert all(bool(one.why) is (one.statement in ("elsewhere", "raise-it", "look")) for one in found.items)


def test_an_edition_is_chosen_or_the_usual_one_is_taken() -> None:
    assert told("old").profile == "old" and told("old").notices[0] == "The old edition was remembered."
    assert told("").profile == "new" == told(None).profile


def test_with_everything_what_does_not_apply_is_told_and_explained() -> None:
    found = told(everything=True)
    assert [(one.statement, one.verdict) for one in found.items] == [
        ("elsewhere", "applies"), ("raise-it", "applies-unless"), ("ask-perfusion", "applies"), ("look", "applies"),
        ("waits", "cannot-tell"), ("closed", "does-not-apply"), ("far", "does-not-apply"), ("stopped", "blocked"),
    ]  # fmt: skip
    assert [one.clause for one in found.items[6].why] == ["map > 90"]
    assert [(one.rail, one.clause) for one in found.items[7].why] == [("unless", "crt > 1")]
    assert {one.statement for one in told().items}.isdisjoint({"closed", "far", "stopped"})


def test_behind_a_gate_the_advice_is_refused() -> None:
    found = told(values={**LOW, "bled": True})
    assert found.refused == Refused("closed", "Consider closed.", "Consider the other.")
    assert names(found.items) == ["elsewhere", "closed"] and found.asks == ()
    assert [(one.statement, one.verdict) for one in found.gates] == [("closed", "applies")]
    all_of_it = told(values={**LOW, "bled": True}, everything=True)
    assert {one.statement: one.verdict for one in all_of_it.items} == {
        "elsewhere": "applies", "closed": "applies", "raise-it": "withheld", "look": "withheld", "waits": "withheld",
        "stopped": "withheld", "far": "withheld",
    }  # fmt: skip
    assert all(one.dose is None for one in all_of_it.items)


def test_only_what_leads_is_worked_out_unless_everything_is_asked_for() -> None:
    many = facts(*(statement(f"s{n:02d}", "map < 65", target=f"t{n}", rank=n) for n in range(30)))
    short, long = (advise(state(LOW), many, everything=everything) for everything in (False, True))
    assert names(short.items) == [f"s{n:02d}" for n in range(guideline.LEADING)] and guideline.LEADING == 18
    assert [bool(one.why) for one in short.items] == [True] * 12 + [False] * 6
    assert len(long.items) == 30 and all(one.why for one in long.items)


def test_all_questions_stand_with_everything_and_five_without() -> None:
    wide = facts(statement("wide", "at_least(7, age > 1, weight > 1, map > 1, lactate > 1, crt > 1, line, sbp > 1)"))
    short, long = (advise(state({}), wide, everything=everything) for everything in (False, True))
    assert len([one for one in short.items if one.kind == "data"]) == 5
    assert len([one for one in long.items if one.kind == "data"]) == len(long.asks) == 7
    assert [one.name for one in short.asks] == [one.name for one in long.asks]
    assert len(short.to_dict()["asks"]) == 5 and len(long.to_dict(everything=True)["asks"]) == 7


def test_a_site_is_named_with_what_it_held_back() -> None:
    keys = ("name", "version", "digest", "edition", "approved_by", "contact", "reasons")
    site = {
        **dict.fromkeys(keys, "x"),
        "notice": "Ours.",
        "changes": [],
        "held": ["look", "far"],
        "floor": "approved",
    }
    patient = state({**LOW, NE: reading(0.1, "ug/kg/min")})
    found = advise(patient, WORLD._replace(site=site))
    assert found.site is not None and found.site["held_back"] == ["look"]
    assert "look" not in names(found.items) and found.notices[-1] == "Ours."
