"""Of which stay a value is, what was agreed on, what is being ordered, and how much fluid was given since onset."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

import vasotone
from vasotone.readers import fhir, plain
from vasotone.state import State, state_at
from vasotone.table import Table

FACTS = vasotone.load()
AT = plain.instant("2026-01-12T08:00:00Z", "at")
WHO = {"subject": {"reference": "Patient/p"}}
Record = dict[str, Any]


def encounter(key: str, start: str, end: str = "", **more: Any) -> Record:
    """A stay; in progress where it has no end."""
    times = {"start": f"2026-01-{start}"} | ({"end": f"2026-01-{end}"} if end else {})
    status = "finished" if end else "in-progress"
    return {
        "resourceType": "Encounter", "id": key, "status": status, "class": {"code": "IMP"}, "period": times,
    } | WHO | more  # fmt: skip


def observed(name: str, value: Any, at: str, stay: str = "", **more: Any) -> Record:
    """A value under its own name, of a stay."""
    kind = "valueString" if isinstance(value, str) else "valueBoolean" if isinstance(value, bool) else ""
    amount = {"value": value, "unit": FACTS.variables[name].unit}
    held = {kind: value} if kind else {"valueQuantity": amount}
    of = {"encounter": {"reference": f"Encounter/{stay}"}} if stay else {}
    code = {"coding": [{"system": "urn:vasotone:variable", "code": name}]}
    return {
        "resourceType": "Observation", "id": f"{name}-{at[:2]}{stay}", "status": "final", "code": code,
        "effectiveDateTime": f"2026-01-{at}",
    } | held | of | WHO | more  # fmt: skip


def condition(word: str, stay: str, **more: Any) -> Record:
    """A diagnosis of a stay."""
    return {
        "resourceType": "Condition", "id": f"{word}-{stay}", "code": {"text": word},
        "encounter": {"reference": f"Encounter/{stay}"},
    } | WHO | more  # fmt: skip


def given(drug: str, at: str, stay: str = "", **more: Any) -> Record:
    """An administration at an instant."""
    of = {"context": {"reference": f"Encounter/{stay}"}} if stay else {}
    return {
        "resourceType": "MedicationAdministration", "id": f"{drug}-{at}{stay}".replace(" ", "").replace(":", ""),
        "status": "completed", "medicationCodeableConcept": {"text": drug}, "effectiveDateTime": f"2026-01-{at}",
    } | of | WHO | more  # fmt: skip


def read(*resources: Record, at: Any = AT) -> Table:
    """Some resources as a table."""
    return fhir.read(json.dumps(list(resources)), FACTS, at=at)


def state(*resources: Record) -> State:
    """What the state makes of some resources."""
    return state_at(read(*resources), FACTS)


def noted(table: Table) -> set[str]:
    """The codes of the notes."""
    return {code for code, *_ in table.notes}


# --- stays

NOW, ED, LAST_YEAR = encounter("now", "11T20:00:00Z"), encounter("ed", "11T12:00:00Z", "11T19:00:00Z"), "old"
OLD = encounter("old", "01T08:00:00Z", "05T08:00:00Z")


def test_a_value_of_another_stay_is_not_used_and_said() -> None:
    old = [
        observed("code_status", "comfort-focused", "02T08:00:00Z", "old"),
        observed("access", "central", "03T08:00:00Z"),
    ]
    table = read(NOW, OLD, *old, observed("map", 57, "12T07:50:00Z", "now"))
    found = state_at(table, FACTS)
    assert found.value("code_status") is None and found.value("access") is None and found.value("map") == 57
    assert "other-encounter" in noted(table)
    alone = state(*old, observed("map", 57, "12T07:50:00Z"))
    assert alone.value("code_status") == "comfort-focused" and alone.value("access") == "central"


def test_what_lasts_is_read_from_any_stay() -> None:
    found = state(NOW, OLD, observed("height", 170, "02T08:00:00Z", "old"), observed("weight", 80, "02T08:00:00Z"))
    assert (found.value("height"), found.value("weight")) == (170, 80)


def test_what_led_to_the_stay_without_a_gap_belongs_to_it() -> None:
    old = observed("code_status", "dnr", "11T13:00:00Z", "ed")
    assert state(NOW, ED, OLD, old).value("code_status") == "dnr"
    far = encounter("ed", "09T12:00:00Z", "10T19:00:00Z")
    assert state(NOW, far, OLD, old | {"effectiveDateTime": "2026-01-10T13:00:00Z"}).value("code_status") is None


def left(start: str, **more: Any) -> Record:
    """An encounter that was never closed."""
    return encounter("clinic", "01T08:00:00Z", **more) | {"period": {"start": start}}


VISIT = {"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}}
VISIT_R5 = {"class": [{"coding": [{"code": "AMB"}]}]}


@pytest.mark.parametrize(
    "open_one", [left("2024-05-01"), left("2025-12-28", **VISIT), left("2025-12-28", **VISIT_R5)]
)
def test_an_encounter_that_nobody_closed_does_not_stretch_the_stay(open_one: Record) -> None:
    old = [condition("cardiogenic-shock", "old"), observed("access", "central", "03T08:00:00Z")]
    table = read(open_one, OLD, NOW, *old, condition("septic-shock", "clinic"))
    assert set(table.conditions) == {"septic-shock"} and state_at(table, FACTS).value("access") is None
    assert {"encounter-left-open", "condition-not-recorded", "other-encounter"} == noted(table)


@pytest.mark.parametrize(
    ("open_one", "now"),
    [
        (left("2025-12-28"), NOW),
        (left("2024-05-01"), NOW | {"partOf": {"reference": "Encounter/clinic"}}),
        (left("2025-12-28", **VISIT), NOW | VISIT),
    ],
    ids=["a long stay", "a part of it", "visits only"],
)
def test_an_encounter_that_may_be_the_stay_goes_on_being_it(open_one: Record, now: Record) -> None:
    found = read(open_one, now, OLD, observed("access", "central", "03T08:00:00Z"))
    assert state_at(found, FACTS).value("access") == "central" and noted(found) == set()


LISTED = {"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}


def test_a_diagnosis_of_another_stay_does_not_count_unless_it_lasts() -> None:
    table = read(
        NOW, OLD, condition("septic shock", "old"), condition("anaphylaxis", "now"), condition("cirrhosis", "old"),
        condition("cardiogenic shock", "old", category=[{"coding": [LISTED]}]),
    )  # fmt: skip
    assert set(table.conditions) == {"anaphylaxis", "cirrhosis", "cardiogenic-shock"}
    assert "condition-not-recorded" in noted(table)
    assert set(read(condition("septic shock", "old")).conditions) == {"septic-shock"}


def test_an_infusion_of_another_stay_does_not_run() -> None:
    rate = {"rateQuantity": {"value": 0.2, "unit": "ug/kg/min"}}
    old = given("norepinephrine", "02T08:00:00Z", "old", status="in-progress", dosage=rate)
    order = {
        "resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order",
        "medicationCodeableConcept": {"text": "vasopressin"}, "encounter": {"reference": "Encounter/old"},
    } | WHO  # fmt: skip
    table = read(NOW, OLD, old, order)
    assert [row for row in table.rows if row.name in ("norepinephrine", "vasopressin")] == []
    assert [row.name for row in read(NOW, old, order).rows if row.name == "vasopressin"] == ["vasopressin"]


@pytest.mark.parametrize(
    "stays", [[OLD], [NOW | {"status": "planned"}, OLD], [NOW | {"period": {}}], [NOW | {"status": "cancelled"}]]
)
def test_where_no_stay_holds_the_instant_nothing_is_left_out(stays: list[Record]) -> None:
    assert state(*stays, observed("code_status", "dnr", "02T08:00:00Z", "old")).value("code_status") == "dnr"


def test_the_last_instant_is_of_the_stay_begun_last() -> None:
    old, new = observed("code_status", "dnr", "02T08:00:00Z", "old"), observed("map", 57, "12T07:50:00Z", "now")
    table = read(NOW, OLD, old, new, at="last")
    assert [row.name for row in table.rows] == ["map"]


# --- goals and consents


def goal(detail: Record, **more: Any) -> Record:
    """A goal for the mean pressure."""
    measure = {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]}
    return {
        "resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "pressure"},
        "target": [{"measure": measure} | detail],
    } | WHO | more  # fmt: skip


PRESSURE = {"value": 70, "unit": "mm[Hg]"}


@pytest.mark.parametrize(
    ("detail", "target"),
    [
        ({"detailQuantity": PRESSURE}, 70),
        ({"detailQuantity": PRESSURE | {"comparator": ">="}}, 70),
        ({"detailRange": {"low": PRESSURE, "high": {"value": 75, "unit": "mm[Hg]"}}}, 70),
        ({"detailRange": {"high": PRESSURE}}, None),
        ({"detailQuantity": PRESSURE | {"comparator": "<"}}, None),
        ({"detailString": "70"}, None),
        ({"detailQuantity": {"value": 70}}, None),
        ({"detailQuantity": PRESSURE, "measure": {"text": "heart rate"}}, None),
    ],
)
def test_a_goal_sets_the_target(detail: Record, target: int | None) -> None:
    assert state(goal(detail)).value("map_target") == target


@pytest.mark.parametrize(
    "more", [{"lifecycleStatus": "proposed"}, {"lifecycleStatus": "cancelled"}, {"startDate": "2026-01-20"}]
)
def test_a_goal_that_is_not_pursued_sets_none(more: Record) -> None:
    assert state(goal({"detailQuantity": PRESSURE}, **more)).value("map_target") is None


def test_the_newest_goal_holds_and_an_observed_target_goes_before() -> None:
    older = goal({"detailQuantity": {"value": 65, "unit": "mm[Hg]"}}, id="h", startDate="2026-01-10")
    newer = goal({"detailQuantity": PRESSURE}, startDate="2026-01-11")
    assert state(newer, older).value("map_target") == 70
    assert state(newer, observed("map_target", 80, "12T07:00:00Z")).value("map_target") == 80
    assert state(NOW, newer | {"startDate": "2025-06-01"}).value("map_target") is None


def consent(code: str, **more: Any) -> Record:
    """A consent of one category."""
    coding = {"system": "http://terminology.hl7.org/CodeSystem/consentcategorycodes", "code": code}
    return {
        "resourceType": "Consent", "id": "c", "status": "active", "scope": {"text": "treatment"},
        "category": [{"coding": [coding]}], "patient": {"reference": "Patient/p"}, "dateTime": "2026-01-11T08:00:00Z",
    } | more  # fmt: skip


def test_a_consent_sets_the_code_status() -> None:
    assert state(consent("dnr")).value("code_status") == "dnr"
    assert state(consent("dnr"), observed("code_status", "full", "12T07:00:00Z")).value("code_status") == "full"


@pytest.mark.parametrize(
    "one",
    [
        consent("acd"),
        consent("dnr", status="inactive"),
        consent("dnr", status="proposed"),
        consent("dnr", dateTime="2026-01-13T08:00:00Z"),
        consent("dnr", provision={"period": {"end": "2026-01-11T09:00:00Z"}}),
        consent("dnr", provision={"period": {"start": "2026-01-13"}}),
    ],
)
def test_a_consent_that_is_not_in_force_or_says_something_else_sets_nothing(one: Record) -> None:
    table = read(one)
    assert table.rows == () and noted(table) & {"consent-not-read", "status-skipped"}


# --- what is being ordered


@pytest.mark.parametrize("place", ["context", "prefetch"])
def test_a_draft_is_neither_given_nor_taken_and_is_said(place: str) -> None:
    draft = {"resourceType": "MedicationRequest", "id": "d", "status": "draft", "intent": "order",
             "medicationCodeableConcept": {"text": "phenelzine"}} | WHO  # fmt: skip
    drafts = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]}
    request: Record = {"hook": "order-sign", "context": {}, "prefetch": {"map": observed("map", 57, "12T07:50:00Z")}}
    request[place]["draftOrders"] = drafts
    table = fhir.read(json.dumps(request), FACTS, at=AT)
    assert noted(table) == {"draft-order"} and table.drugs is None and [row.name for row in table.rows] == ["map"]
    assert "phenelzine" in table.notes[0][2]


# --- fluids

SHOCK = {
    "resourceType": "Condition",
    "id": "s",
    "code": {"text": "septic shock"},
    "onsetDateTime": "2026-01-12T06:00:00Z",
}
WEIGHT = observed("weight", 80, "12T05:00:00Z")


def bolus(at: str, amount: float = 500, unit: str = "mL", end: str = "", key: str = "", **more: Any) -> Record:
    """A bolus of a crystalloid."""
    one = given("lactated ringers", f"12T{at}:00Z", dosage={"dose": {"value": amount, "unit": unit}})
    if end:
        del one["effectiveDateTime"]
        one["effectivePeriod"] = {"start": f"2026-01-12T{at}:00Z", "end": f"2026-01-12T{end}:00Z"}
    return one | ({"id": key} if key else {}) | more


def test_boluses_since_onset_add_up() -> None:
    found = read(
        SHOCK, WEIGHT, bolus("05:00", 1000, end="05:30"), bolus("06:10"), bolus("06:40", 0.7, "L", end="07:10")
    )
    assert state_at(found, FACTS).value("fluids") == 15
    assert "fluids-summed" in noted(found)
    said = state_at(read(SHOCK, WEIGHT, bolus("06:10"), observed("fluids", 20, "12T07:00:00Z")), FACTS)
    assert said.value("fluids") == 20


def test_a_rate_over_its_period_is_an_amount() -> None:
    rate = {"dosage": {"rateQuantity": {"value": 1000, "unit": "mL/h"}}}
    assert state(SHOCK, WEIGHT, bolus("06:00", end="07:00", **rate)).value("fluids") == Fraction(25, 2)


def test_the_onset_may_be_charted_in_hours() -> None:
    onset = observed("onset_hours", 3, "12T08:00:00Z")
    assert state(WEIGHT, onset, bolus("05:30")).value("fluids") == Fraction(25, 4)
    assert state(WEIGHT, onset, bolus("04:30")).value("fluids") == 0


def test_without_a_weight_it_is_asked_for() -> None:
    found = state(SHOCK, bolus("06:10"))
    assert found.value("fluids") is None and found.readings["fluids"].quality == "weight-needed"


@pytest.mark.parametrize(
    "resources",
    [
        [bolus("06:10")],  # no onset
        [SHOCK, bolus("05:50", end="06:10")],  # part of it before
        [SHOCK, bolus("06:10", status="in-progress")],
        [SHOCK, bolus("06:10", status="unknown")],
        [SHOCK, bolus("07:50", end="08:30")],
        [SHOCK, bolus("06:10", unit="bag")],
        [SHOCK, bolus("06:10"), bolus("06:20", dosage={})],
        [SHOCK, bolus("06:10") | {"effectiveDateTime": "2026-01-12"}],
    ],
)
def test_what_cannot_be_added_leaves_the_sum_unknown(resources: list[Record]) -> None:
    table = read(WEIGHT, *resources)
    assert not [row for row in table.rows if row.name == "fluids"] and "fluids-not-summed" in noted(table)


def test_a_record_that_is_cut_has_no_sum() -> None:
    entry = [{"resource": one} for one in (SHOCK, WEIGHT, bolus("06:10"))]
    link = [{"relation": "next", "url": "https://x.example?page=2"}]
    table = fhir.read(json.dumps({"resourceType": "Bundle", "entry": entry, "link": link}), FACTS, at=AT)
    assert not [row for row in table.rows if row.name == "fluids"]


def test_a_bolus_that_came_twice_counts_once_and_one_not_given_not_at_all() -> None:
    table = read(SHOCK, WEIGHT, bolus("06:10", key="1"), bolus("06:10", key="2"), bolus("06:30", status="not-done"))
    assert state_at(table, FACTS).value("fluids") == Fraction(25, 4) and "counted-once" in noted(table)
    other = bolus("06:10", key="2", request={"reference": "MedicationRequest/x"})
    assert state(SHOCK, WEIGHT, bolus("06:10", key="1"), other).value("fluids") == Fraction(25, 2)
