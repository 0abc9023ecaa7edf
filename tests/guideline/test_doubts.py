"""What is recorded and cannot be used is neither assumed away nor taken as gone."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from invented_world import case, facts, reading, statement

import vasotone
from vasotone.facts import load
from vasotone.guideline import advise, draft_of
from vasotone.guideline_doses import Dosing
from vasotone.guideline_doubts import OpenGate, is_in_doubt, leans_on, open_gates, unassumed, with_aged_gates
from vasotone.guideline_verdict import verdicts

NE = "norepinephrine"
RAISE = {"action": "raise", "target": NE, "dose": "raise"}
FACTS = facts(
    statement("leans", "map < 65 and assume(lactate, 1) < 2"),
    statement("either", "map < 65 or assume(lactate, 1) < 2"),
    statement("by-drug", "map < 65 and assume(vasopressin, 0) = 0"),
    statement("taper", "map > 80 and assume(vasopressin, 0) = 0", action="lower", target=NE, dose="lower"),
    statement("named", "map < 65 and off", action="start", target=NE, dose="start"),
    statement("up", "map < 65", **RAISE),
    statement("look", "map < 65", setting="any", kind="safety"),
    statement("closed", "bled and (ill or crt < 3)", gate="outside", order=1, kind="scope", setting="any",
              instead="Consider the other."),
    statement("beside", "bled and crt < 3", gate="modified", order=2, kind="scope", setting="any"),
)  # fmt: skip
LOW = {"age": 60, "map": 60, NE: 0.1}
AGED = {"quality": "stale", "seen": "2 s", "age_minutes": 200}


def doubtful(quality: str = "contradictory", was: Any = None) -> Any:
    """A reading that cannot be used."""
    return reading(None, quality=quality, was=was)


def outcome(name: str, values: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """What a statement comes to, and what it waits for."""
    patient = case(FACTS, values)
    found = draft_of(
        patient, name, verdicts(patient, everything=True)[name], "", open_gates(patient, verdicts(patient))
    )
    return found.outcome, found.dosing.missing


def test_an_assumption_stands_in_for_what_was_not_recorded_only() -> None:
    assert outcome("leans", LOW) == ("applies", ())
    assert outcome("leans", {**LOW, "lactate": 1}) == ("applies", ())
    for quality in ("stale", "contradictory", "unit-unknown", "not-a-number"):
        assert outcome("leans", {**LOW, "lactate": doubtful(quality)}) == ("cannot-tell", ("lactate",))
    assert outcome("leans", {**LOW, "lactate": doubtful("implausible")}) == ("applies", ())  # as good as none
    assert outcome("either", {**LOW, "lactate": doubtful()}) == ("applies", ())
    assert outcome("either", {**LOW, "map": 70, "lactate": doubtful()}) == ("cannot-tell", ("lactate",))


def test_another_drug_is_assumed_off_unless_a_dose_is_lowered() -> None:
    unknown = {"vasopressin": doubtful("stale", Fraction("0.03"))}
    assert outcome("by-drug", {**LOW, **unknown}) == ("applies", ())
    assert outcome("taper", {**LOW, "map": 90, **unknown}) == ("cannot-tell", ("vasopressin",))
    assert outcome("taper", {**LOW, "map": 90, "vasopressin": doubtful("stale", Fraction(0))})[0] == "applies"
    assert outcome("taper", {**LOW, "map": 90})[0] == "applies"
    # a dose that cannot be is one that runs all the same
    assert outcome("taper", {**LOW, "map": 90, "vasopressin": doubtful("implausible")})[0] == "cannot-tell"


def test_a_drug_that_was_last_off_is_not_in_doubt() -> None:
    assert is_in_doubt(case(FACTS, {NE: doubtful("stale", Fraction("0.1"))}), NE)
    assert not is_in_doubt(case(FACTS, {NE: doubtful("stale", Fraction(0))}), NE)
    assert is_in_doubt(case(FACTS, {NE: doubtful("not-given")}), NE)
    assert not is_in_doubt(case(FACTS), NE) and not is_in_doubt(case(FACTS, {NE: 0}), NE)


def test_what_a_condition_leans_on_is_found_through_its_definitions() -> None:
    patient = case(FACTS, {**LOW, "lactate": doubtful(), NE: doubtful("stale", Fraction("0.1"))})
    found = {entry.statement: leans_on(patient, entry) for entry in patient.compiled.entries}
    assert {name for name, names in found.items() if names} == {"leans"} and found["leans"] == ("lactate",)
    node = ("and", ("=", ("assume", ("name", "crt"), ("num", 0.0)), ("num", 0.0)), ("name", "off"))
    assert unassumed(node, ("lactate",)) == node
    assert unassumed(node, ("crt",)) == ("and", ("=", ("name", "crt"), ("num", 0.0)), ("name", "off"))


def test_a_gate_that_held_stays_closed_when_what_it_rested_on_has_aged() -> None:
    values = {**LOW, "bled": True, "crt": reading(None, "s", was=Fraction(2), **AGED)}
    patient = case(FACTS, values)
    judged = verdicts(patient)
    assert judged["closed"].verdict == "cannot-tell"
    found = with_aged_gates(patient, judged)
    assert found["closed"].verdict == "applies" and judged["closed"].verdict == "cannot-tell"
    assert found["beside"].verdict == "cannot-tell"  # it closes nothing
    assert {name: one for name, one in found.items() if name != "closed"} == {
        name: one for name, one in judged.items() if name != "closed"
    }
    assert advise(patient.state, FACTS).refused is not None
    calm = case(FACTS, {**values, "crt": reading(None, "s", was=Fraction(4), **AGED)})
    assert with_aged_gates(calm, verdicts(calm))["closed"].verdict == "cannot-tell"
    assert with_aged_gates(case(FACTS, LOW), verdicts(case(FACTS, LOW))) == verdicts(case(FACTS, LOW))


def test_a_dose_waits_for_a_gate_that_something_recorded_points_to() -> None:
    patient = case(FACTS, {**LOW, "bled": True})
    assert open_gates(patient, verdicts(patient)) == (OpenGate(FACTS.statements["closed"], ("crt",)),)
    assert outcome("up", {**LOW, "bled": True}) == ("cannot-tell", ("crt",))
    assert outcome("look", {**LOW, "bled": True}) == ("applies", ())
    assert outcome("up", {**LOW, "bled": True, "crt": 4})[0] == "applies"
    assert outcome("up", LOW)[0] == "applies"
    assert open_gates(case(FACTS, LOW), verdicts(case(FACTS, LOW))) == ()
    found = draft_of(patient, "up", verdicts(patient)["up"], "")
    assert found.outcome == "applies" and found.dosing != Dosing()


AT = "2026-03-02T10:00:00Z"
OLD = "2026-03-02T08:50:00Z"
SHOCK: dict[str, Any] = {
    "at": AT, "age": 55, "weight": 80, "conditions": ["septic-shock"], NE: {"value": 0.2, "basis": "base"},
}  # fmt: skip


def advised(**values: Any) -> dict[str, Any]:
    """The whole advice on an invented patient under the package's own facts."""
    table = vasotone.read(json.dumps({**SHOCK, **values}), facts=load())
    return vasotone.advise(table, everything=True).to_dict(everything=True)


def verdict(found: dict[str, Any], name: str) -> tuple[str, set[str]]:
    (item,) = [one for one in found["items"] if one["statement"] == name]
    return item["verdict"], set(item["missing"])


def doses(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["action"], one["target"]) for one in found["items"] if one["dose"]}


@pytest.mark.parametrize("at", [AT, OLD])
def test_a_rash_with_a_low_pressure_is_not_forgotten_when_the_pressure_is_old(at: str) -> None:
    found = advised(conditions=["septic-shock", "urticaria"], map={"value": 50, "at": at}, dbp=35)
    assert found["refused"]["code"] == "anaphylaxis-epi" and not doses(found)
    (gate,) = [one for one in found["gates"] if one["statement"] == "anaphylaxis-epi"]
    assert gate["verdict"] == "applies"


def test_with_a_rash_no_dose_is_given_before_the_pressure_is_known() -> None:
    found = advised(conditions=["septic-shock", "urticaria"], hydrocortisone=0, dbp=35, **{NE: 0})
    assert found["refused"] is None and not doses(found)
    assert "map" in {ask["name"] for ask in found["asks"]}
    assert doses(advised(conditions=["septic-shock", "urticaria"], hydrocortisone=0, map=70))


@pytest.mark.parametrize("target", [{"value": 85, "unit": None}, [{"value": 85}, {"value": 65}]], ids=str)
def test_nothing_is_lowered_below_an_ordered_target_that_cannot_be_read(target: Any) -> None:
    found = advised(map=80, map_target=target, vasopressin=0)
    assert ("lower", NE) not in doses(found)
    lowering = [one for one in found["items"] if (one["action"], one["target"]) == ("lower", NE)]
    assert lowering and all("map_target" in one["missing"] for one in lowering if one["verdict"] == "cannot-tell")
    assert ("lower", NE) in doses(advised(map=80, vasopressin=0))


def test_a_target_that_cannot_be_read_is_not_called_absent() -> None:
    told = {}
    for name, target in (("absent", {}), ("doubtful", {"map_target": {"value": 1000}})):
        table = vasotone.read(json.dumps({**SHOCK, "map": 55, **target}), facts=load())
        told[name] = vasotone.show(vasotone.advise(table))
    assert "(no target ordered)" in told["absent"] and "not usable" not in told["absent"]
    assert "(no target ordered)" not in told["doubtful"] and "not usable" in told["doubtful"]


@pytest.mark.parametrize(
    "fluids", [{"value": 60, "at": "2026-03-01T08:00:00Z"}, {"value": 60, "unit": None}], ids=str
)
def test_fluid_that_was_given_and_cannot_be_counted_is_not_nought(fluids: dict[str, Any]) -> None:
    base = {"map": 50, NE: 0, "vasopressin": 0}
    name = "fluid-pressor-together"
    assert verdict(advised(**base), name)[0].startswith("applies")
    assert verdict(advised(**base, fluids=fluids), name) == ("cannot-tell", {"fluids"})
    assert verdict(advised(**base, fluids=60), name)[0] == "does-not-apply"


def test_a_dose_that_has_aged_is_not_called_absent() -> None:
    old = {"value": 0.3, "at": "2026-03-01T08:00:00Z"}
    found = advised(map=50, epinephrine=old, **{NE: 0})
    whys = [why for one in found["items"] for why in one["why"] if "epinephrine" in why["values"]]
    assert whys and all("epinephrine" in why.get("unusable", ()) for why in whys)
    table = vasotone.read(json.dumps({**SHOCK, NE: 0, "map": 50, "epinephrine": old}), facts=load())
    text = " ".join(vasotone.show(vasotone.advise(table)).split())
    assert "epinephrine recorded without a usable dose" in text


def test_which_doses_wait_for_a_gate_goes_by_what_it_would_withhold() -> None:
    of = facts(
        statement("far", "map < 65", setting="any", kind="safety", **RAISE),
        statement("known", "map < 65", setting="any", kind="practice", **{**RAISE, "action": "assess"}),
        statement("strict", "bled and lactate < 1", gate="outside", order=1, kind="scope", setting="any",
                  assessment=False, instead="No."),
        statement("loose", "ill or crt < 3", gate="outside", order=2, kind="scope", setting="any", instead="No."),
    )  # fmt: skip
    patient = case(of, {**LOW, "bled": True})
    judged = verdicts(patient)
    waits = open_gates(patient, judged)
    assert judged["loose"].verdict == "cannot-tell"  # nothing that it names is recorded
    assert [(one.statement["id"], one.missing) for one in waits] == [("strict", ("lactate",))]
    found = {name: draft_of(patient, name, judged[name], "", waits) for name in ("far", "known")}
    assert (found["far"].outcome, found["known"].outcome) == ("applies", "cannot-tell")
    assert found["far"].dosing.dose is not None and found["known"].dosing == Dosing(missing=("lactate",))
    open_now = open_gates(case(of, {**LOW, "ill": True}), judged)
    assert [one.statement["id"] for one in open_now] == ["loose"]
    lax = (OpenGate({**of.statements["strict"], "assessment": True}, ("lactate",)),)
    assert draft_of(patient, "known", judged["known"], "", lax).outcome == "applies"


@pytest.mark.parametrize("age", [None, 900])
def test_an_antidote_does_not_wait_for_an_age(age: int | None) -> None:
    patient = {"map": 38, "conditions": ["extravasation"], **({} if age is None else {"age": age})}
    found = vasotone.advise(vasotone.read(json.dumps(patient), facts=load()), everything=True)
    (item,) = [one for one in found.items if one.statement == "extravasation-phentolamine"]
    assert item.verdict == "applies"
