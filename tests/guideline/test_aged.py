"""A reading that is too old opens nothing, and does not lift what it spoke against."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from invented_world import case, facts, reading, state, statement

import vasotone
from vasotone.facts import load
from vasotone.guideline import draft_of, item_for
from vasotone.guideline_aged import aged_note, aged_roots, still_against
from vasotone.guideline_doses import Dosing
from vasotone.guideline_verdict import verdicts
from vasotone.readings import Reading
from vasotone.state import State
from vasotone.state_aged import as_last_read

NE = "norepinephrine"
FACTS = facts(
    statement("plain", "ill"),
    statement("by-map", "ill", unless=["map >= 80"], setting="any"),
    statement("by-known-map", "ill", unless=["known(map) and map >= 80"]),
    statement("by-two", "ill", unless=["crt > 3", "map >= 80 and lactate < 4"]),
    statement("by-formula", "ill", unless=["gap < 40"]),
    statement("by-definition", "ill", unless=["low"]),
    statement("looked", "ill", unless=["known(map)"]),
    statement("by-dose", "ill", unless=["norepinephrine > 0"], action="raise", target=NE, dose="raise"),
    statement("closed", "bled", gate="outside", order=1, kind="scope", setting="any", instead="Consider the other."),
)
MAP_NOTE = "MAP of 82 mm[Hg], 61 min ago, spoke against this; consider looking again."


def aged(value: Any, unit: str = "mm[Hg]") -> Reading:
    """A reading that is too old, with what it was."""
    was = Fraction(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
    return reading(None, unit, quality="stale", seen=f"{value} {unit}", was=was, age_minutes=61)


def outcome(name: str, values: dict[str, Any], gate: str = "") -> tuple[str, tuple[str, ...]]:
    """What a statement comes to for an ill patient, and the aged readings that keep it open."""
    patient = case(FACTS, {"ill": True, **values})
    found = draft_of(patient, name, verdicts(patient, everything=True)[name], gate)
    return found.outcome, found.aged


def last(values: dict[str, Any]) -> dict[str, Any]:
    row = as_last_read(state(values), FACTS)
    assert row is not None
    return row


def test_what_spoke_against_keeps_an_item_open_until_it_is_read_again() -> None:
    assert outcome("by-map", {"map": 82}) == ("blocked", ())
    assert outcome("by-map", {"map": aged(82)}) == ("cannot-tell", ("map",))
    assert outcome("by-known-map", {"map": aged(82)}) == ("cannot-tell", ("map",))
    assert outcome("by-map", {"map": aged(79)}) == ("applies-unless", ())
    assert outcome("by-known-map", {"map": aged(79)}) == ("applies", ())
    assert outcome("by-map", {}) == ("applies-unless", ())
    assert outcome("by-map", {"map": reading(None, quality="implausible", was=Fraction(82))}) == (
        "applies-unless",
        (),
    )
    assert outcome("plain", {"map": aged(82)}) == ("applies", ())


def test_what_is_fresh_counts_beside_what_has_aged() -> None:
    assert outcome("by-two", {"map": aged(82), "lactate": 2, "crt": 2}) == ("cannot-tell", ("map",))
    assert outcome("by-two", {"map": aged(82), "lactate": 5, "crt": 2}) == ("applies", ())
    assert outcome("by-two", {"map": aged(82), "lactate": aged(2), "crt": 2}) == ("cannot-tell", ("map", "lactate"))
    assert outcome("by-two", {"map": aged(82), "lactate": 2, "crt": aged(2, "s")}) == ("cannot-tell", ("map",))
    assert outcome("by-two", {"map": aged(82), "lactate": aged(2), "crt": aged(5, "s")}) == (
        "cannot-tell",
        ("crt", "map", "lactate"),
    )


def test_a_formula_and_a_definition_rest_on_what_they_read() -> None:
    assert outcome("by-formula", {"sbp": aged(80), "dbp": 60}) == ("cannot-tell", ("sbp",))
    assert outcome("by-formula", {"sbp": aged(120), "dbp": aged(60)}) == ("applies-unless", ())
    assert outcome("by-definition", {"map": aged(50)}) == ("cannot-tell", ("map",))


def test_an_old_look_does_not_spare_a_new_one() -> None:
    assert outcome("looked", {"map": 82}) == ("blocked", ())
    assert outcome("looked", {"map": aged(82)}) == ("applies", ())


def test_no_dose_is_offered_against_an_aged_reading_and_a_gate_comes_first() -> None:
    values = {"ill": True, "age": 60, NE: aged(0.1, "ug/kg/min")}
    patient = case(FACTS, values)
    found = draft_of(patient, "by-dose", verdicts(patient)["by-dose"], "")
    assert (found.outcome, found.aged, found.dosing) == ("cannot-tell", (NE,), Dosing())
    assert outcome("by-map", {"map": aged(82)}, "closed") == ("cannot-tell", ("map",))
    assert outcome("by-dose", values, "closed") == ("withheld", ())


def test_the_item_waits_for_the_reading_and_says_why() -> None:
    patient = case(FACTS, {"ill": True, "map": aged(82), "crt": 2})
    item = item_for(patient, draft_of(patient, "by-two", verdicts(patient)["by-two"], ""))
    assert (item.verdict, item.missing, item.notes) == ("applies-unless", ("map", "lactate"), ())
    item = item_for(patient, draft_of(patient, "by-map", verdicts(patient)["by-map"], ""))
    assert (item.verdict, item.missing, item.settles, item.notes) == ("cannot-tell", ("map",), ("map",), (MAP_NOTE,))
    assert aged_note(patient, "map") == MAP_NOTE


def test_the_last_readings_are_a_row_of_their_own() -> None:
    assert as_last_read(state({"map": 70, "sbp": reading(None, quality="implausible")}), FACTS) is None
    row = last({"map": aged(82), "sbp": 100, "dbp": aged(60), "skin": aged("red", ""), "line": aged(True, "")})
    assert (row["map"], row["sbp"], row["dbp"], row["gap"]) == (82.0, 100.0, 60.0, 40.0)
    assert (row["skin"], row["line"], row["crt"]) == ("red", True, None)
    forms = state({NE: reading(0.2, quality="basis-unknown"), "map": aged(82)}, forms={"base": 0.2, "tartrate": 0.1})
    assert (as_last_read(forms, FACTS) or {})[NE] == 0.2


def test_only_what_has_aged_is_named() -> None:
    patient = case(FACTS, {"ill": True, "map": aged(82), "sbp": aged(90), "dbp": 60})
    assert aged_roots(patient, "map") == ("map",) and aged_roots(patient, "gap") == ("sbp",)
    assert aged_roots(patient, "dbp") == () and aged_roots(patient, "crt") == ()
    measured = case(FACTS, {"ill": True, "map": 82, "line_map": aged(90), "gap": 30, "sbp": aged(90)})
    assert aged_roots(measured, "map") == () and aged_roots(measured, "gap") == ()
    entry = verdicts(patient)["by-map"].entry
    assert still_against(patient, entry) == ("map",)
    assert still_against(case(FACTS, {"ill": True}), entry) == ()


AT = "2026-03-02T10:00:00Z"
OLDER = "2026-03-02T08:55:00Z"
SHOCK: dict[str, Any] = {
    "at": AT, "age": 50, "weight": 80, "conditions": ["septic-shock", "chronic-hypertension"],
    NE: {"value": 0.1, "basis": "base"},
}  # fmt: skip


def advised(**values: Any) -> dict[str, Any]:
    """The trial of a higher pressure in one patient of the package's own facts."""
    table = vasotone.read(json.dumps({**SHOCK, **values}), facts=load())
    whole = vasotone.advise(table, everything=True).to_dict(everything=True)
    (item,) = [item for item in whole["items"] if item["statement"] == "map-trial-htn"]
    return dict(item)


@pytest.mark.parametrize(
    "pressure",
    [
        {"map": {"value": 82, "at": OLDER}},
        {"line_map": {"value": 82, "at": OLDER}},
        {"cuff_map": {"value": 82, "at": OLDER}},
        {"sbp": {"value": 120, "at": OLDER}, "dbp": {"value": 65, "at": OLDER}},
    ],
    ids=["mean", "line", "cuff", "outer two"],
)
def test_a_pressure_that_was_high_does_not_become_a_trial_of_a_higher_one(pressure: dict[str, Any]) -> None:
    fresh = {name: {**one, "at": AT} for name, one in pressure.items()}
    assert advised(**fresh)["verdict"] == "blocked"
    item = advised(**pressure)
    assert (item["verdict"], item["dose"]) == ("cannot-tell", None)
    assert set(item["missing"]) >= set(pressure) - {"line_map", "cuff_map"}
    assert any("spoke against this" in note for note in item["notes"])


def test_a_steroid_charted_yesterday_is_not_taken_as_stopped() -> None:
    found = []
    for dose, at in ((200, AT), (200, "2026-03-01T08:00:00Z"), (0, "2026-03-01T08:00:00Z")):
        table = vasotone.read(json.dumps({**SHOCK, "hydrocortisone": {"value": dose, "at": at}}), facts=load())
        items = vasotone.advise(table, everything=True).items
        (item,) = [item for item in items if item.statement == "steroid-shock"]
        found.append((item.verdict, item.missing, any("spoke against" in note for note in item.notes)))
    told = ("hydrocortisone",)
    assert found == [("blocked", (), False), ("cannot-tell", told, True), ("applies-unless", told, False)]


def test_state_is_not_changed_by_looking_back() -> None:
    before: State = state({"map": aged(82)})
    as_last_read(before, FACTS)
    assert before.value("map") is None and before.rows[0]["map"] is None
