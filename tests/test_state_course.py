"""What a course warns of, or lets be: a dose that jumps, a bag of another strength, a pressure that hangs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import vasotone

FACTS = vasotone.load()
NOW = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
SMALL, STRONG = {"amount": "4 mg", "volume": "250 mL"}, {"amount": "16 mg", "volume": "250 mL"}
ALARMS = ("dose-jump", "bag-changed")


def ago(minutes: int) -> str:
    """An instant before the question."""
    return (NOW - timedelta(minutes=minutes)).isoformat()


def row(value: float, minutes: int, **more: Any) -> dict[str, Any]:
    """A dose of norepinephrine so many minutes ago, as base unless another form is said."""
    return {"value": value, "at": ago(minutes), "basis": "base", **more}


def advised(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The advice on an invented patient with these doses of norepinephrine."""
    patient = {"at": NOW.isoformat(), "age": 60, "weight": 80, "map": 55, "conditions": ["septic-shock"]}
    return vasotone.advise({**patient, "norepinephrine": list(rows), **more}, facts=FACTS).to_dict()


def alarms(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The alarms of the course, with their drug."""
    return [(one["code"], one["name"]) for one in found["warnings"] if one["code"] in ALARMS]


@pytest.mark.parametrize(
    "rows",
    [
        [row(0.08, 120), row(0.8, 5)],
        [row(0.8, 120), row(0.08, 5)],
        [row(0.05, 60), row(0.9, 5)],
        [row(0.08, 120), row(0, 60), row(0.8, 5)],  # across a pause
        [row(0.08, 120), row(0.8, 60), row(0.8, 5)],  # it still rests on the jump
        [row(5, 120, unit="ug/min"), row(0.8, 5)],  # whatever the unit
        [row(0.16, 120, basis="bitartrate"), row(0.8, 5)],
        [row(0.08, 1440 + 60), row(0.8, 60)],  # neighbours as far apart as a dose is carried
    ],
)
def test_a_tenfold_change_between_neighbours_is_told(rows: list[dict[str, Any]]) -> None:
    found = advised(*rows)
    assert alarms(found) == [("dose-jump", "norepinephrine")]
    (ask,) = [one for one in found["asks"] if one["name"] == "norepinephrine"]
    assert set(ask["decides"]) & {item["statement"] for item in found["items"] if item["dose"]}


@pytest.mark.parametrize(
    "rows",
    [
        [row(0.08, 120), row(0.79, 5)],
        [row(0.08, 120), row(0.3, 60), row(0.8, 5)],  # step by step
        [row(0, 120), row(0.8, 5)],
        [row(0.8, 120), row(0, 5)],
        [row(0.08, 3 * 1440), row(0.8, 5)],  # what ran before is out of date
        [row(0.08, 120), row(0.8, -60)],  # what is charted for later is not used
        [row(0.2, 120, basis="bitartrate"), row(0.9, 5)],
        [row(0.08, 5), row(0.8, 5)],  # one instant: that is a contradiction, and none is used
        [row(0.08, 60), row(8, 5, unit="mg/kg/min")],  # not plausible, so it is another warning
    ],
)
def test_what_is_no_jump_is_not_told(rows: list[dict[str, Any]]) -> None:
    assert alarms(advised(*rows)) == []


def test_a_jump_that_is_out_of_date_is_not_told() -> None:
    rows = [row(0.08, 3000), row(0.8, 2900), row(0.8, 1500), row(0.8, 5)]
    assert alarms(advised(*rows)) == []


def test_a_jump_of_another_drug_is_of_that_drug() -> None:
    found = advised(row(0.2, 5), vasopressin=[{"value": 0.03, "at": ago(90)}, {"value": 0.003, "at": ago(10)}])
    assert alarms(found) == [("dose-jump", "vasopressin")]


@pytest.mark.parametrize(
    ("rows", "ratio", "kept"),
    [
        ([row(0.1, 120, bag=SMALL), row(0.1, 5, bag=STRONG)], 4, False),
        ([row(0.1, 120, bag=STRONG), row(0.1, 5, bag=SMALL)], 4, False),
        ([row(30, 120, bag=SMALL, unit="mL/h"), row(30, 5, bag=STRONG, unit="mL/h")], 4, True),
        ([row(30, 120, bag=SMALL, unit="mL/h"), row(8, 5, bag=STRONG, unit="mL/h")], 4, False),
        ([row(0.1, 120, bag=SMALL), row(0.12, 60), row(0.1, 5, bag=STRONG)], 4, False),
        ([row(0.1, 120, bag=SMALL), row(0.1, 5, bag=SMALL | {"amount": "8000 ug"})], 2, False),
        ([row(0.1, 120, bag=SMALL), row(0.1, 5, bag=SMALL | {"basis": "bitartrate"})], None, False),
    ],
)
def test_a_change_of_strength_is_told(rows: list[dict[str, Any]], ratio: float | None, kept: bool) -> None:
    found = advised(*rows)
    assert ("bag-changed", "norepinephrine") in alarms(found)
    (warning,) = [one for one in found["warnings"] if one["code"] == "bag-changed"]
    assert warning["values"]["rate_kept"] is kept and len(warning["values"]["seen"]) == 2
    assert ratio is None or warning["values"]["ratio"] == ratio
    assert ("stays at 30 mL/h" in warning["text"]) is kept


@pytest.mark.parametrize(
    "rows",
    [
        [row(0.1, 120, bag=SMALL), row(0.1, 5, bag=SMALL)],
        [row(0.1, 120, bag=SMALL), row(0.1, 5, bag={"amount": "8 mg", "volume": "500 mL"})],
        [row(0.1, 120, bag=SMALL), row(0.1, 5, bag={"amount": "4 mg", "volume": "254 mL"})],  # rounding of a label
        [row(0.1, 120, bag=SMALL), row(0, 60, bag=STRONG)],  # it does not run
        [row(0.1, 120), row(0.1, 5, bag=STRONG)],
        [row(0.1, 4000, bag=SMALL), row(0.1, 5, bag=STRONG)],
        [row(0.1, 120, bag=SMALL), row(0.1, 5, bag={"amount": "4 units", "volume": "250 mL"})],
        [row(0.1, 120, bag=SMALL), row(0.1, 5, bag={"amount": "much", "volume": "250 mL"})],
    ],
)
def test_what_is_no_change_of_strength_is_not_told(rows: list[dict[str, Any]]) -> None:
    assert ("bag-changed", "norepinephrine") not in alarms(advised(*rows))


def test_limits_of_the_course_are_data(monkeypatch: pytest.MonkeyPatch) -> None:
    step = FACTS.limits["step"]
    assert all(step[key]["why"] and step[key]["cite"] for key in ("charted", "strength"))
    assert alarms(advised(row(0.1, 60), row(0.4, 5))) == []
    monkeypatch.setitem(step, "charted", {**step["charted"], "value": 4})
    assert alarms(advised(row(0.1, 60), row(0.4, 5))) == [("dose-jump", "norepinephrine")]


@pytest.mark.parametrize("name", ["norepinephrine", "vasopressin"])
@pytest.mark.parametrize("unit", [None, "drops/min", "ug/kg/min", "mL/h"])
def test_a_drug_that_is_off_is_off_in_every_unit(name: str, unit: str | None) -> None:
    off = {"value": 0, "unit": unit, "at": ago(5)}
    found = advised(row(0.1, 5), **{name: off})
    assert found["values"][name]["value"] == 0 and found["values"][name]["quality"] == "ok"


def series(value: float, count: int, every: int, last: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Readings that are all the same, so many minutes apart."""
    return [{"value": value, "at": ago(last + every * place), **more} for place in range(count)]


def hanging(**pressures: Any) -> list[tuple[str, Any]]:
    """The pressures that are said to hang, with what was seen."""
    found = advised(row(0.1, 5), **{"map": None, **pressures})
    return [(one["name"], one["values"]) for one in found["warnings"] if "readings" in one["values"]]


@pytest.mark.parametrize(
    "pressures",
    [
        {"map": series(58, 10, 4)},
        {"map": series(58, 40, 1)},
        {"map": series(58, 10, 60)},
        {"map": series(58, 10, 4, last=60)},  # the last is not too old yet
        {"map": [*series(58, 10, 4), {"value": 70, "at": ago(41)}]},  # it varied before
        {"map": [*series(58, 10, 4), {"value": 600, "at": ago(2)}]},  # which no pressure is
        {"map": [*series(58, 10, 4), {"value": 70, "at": ago(-60)}]},
        {"map": [*series(58, 10, 4), {"value": 70, "at": ago(2)}, {"value": 71, "at": ago(2)}]},
        {"map": series(58, 10, 4), "sbp": series(90, 10, 4), "dbp": series(42, 10, 4)},
        {"map": [*series(58, 10, 4), *series(58, 10, 4, unit="mm[Hg]", method="cuff")]},
        {"map": series(58, 10, 4), "hr": [{"value": 90 + place, "at": ago(place)} for place in range(10)]},
        {"map": series(58, 10, 4), "sbp": [{"value": 90 + place, "at": ago(place)} for place in range(9)]},
    ],
)
def test_a_pressure_that_never_changes_is_pointed_out(pressures: dict[str, Any]) -> None:
    assert hanging(**pressures) == [("map", {"seen": "58 mm[Hg]", "readings": alike(pressures["map"])})]


def alike(rows: list[dict[str, Any]]) -> int:
    """How many instants have the pressure that hangs."""
    return len({one["at"] for one in rows if one["value"] == 58})


@pytest.mark.parametrize("name", ["map", "sbp", "dbp", "line_map", "cuff_map"])
def test_any_pressure_may_hang(name: str) -> None:
    assert [one for one, _ in hanging(**{name: series(58, 10, 4)})] == [name]


@pytest.mark.parametrize(
    "pressures",
    [
        {"map": series(58, 9, 10)},
        {"map": series(58, 10, 3)},  # within half an hour
        {"map": series(58, 10, 4, last=61)},  # too old to be used anyway
        {"map": [*series(58, 9, 4), {"value": 59, "at": ago(36)}]},
        {"map": [*series(58, 9, 4, last=4), {"value": 59, "at": ago(0)}]},
        {"map": [*series(58, 20, 4)[1:], {"value": 59, "at": ago(0)}]},
        {"map": series(58, 10, 4), "sbp": [{"value": 90 + place, "at": ago(4 * place)} for place in range(10)]},
        {"map": series(58, 10, 0)},
        {"hr": series(58, 10, 4)},
    ],
)
def test_a_pressure_that_varies_or_is_read_seldom_is_not_said_to_hang(pressures: dict[str, Any]) -> None:
    assert hanging(**pressures) == []


def test_nothing_is_dosed_on_a_pressure_that_hangs() -> None:
    still = advised(row(0.1, 5), map=series(58, 10, 4))
    moving = advised(row(0.1, 5), map=[*series(58, 9, 4, last=4), {"value": 57, "at": ago(0)}])
    assert ("assess", "device") in {(item["action"], item["target"]) for item in still["items"]}
    assert not [item for item in still["items"] if item["dose"]] and [
        item for item in moving["items"] if item["dose"]
    ]
    (told,) = [one["text"] for one in still["warnings"] if one["code"] == "verify-device"]
    assert told.startswith("Mean arterial pressure has stood at 58 mm[Hg] in the last 10 readings. ")


def test_without_a_time_of_the_question_the_newest_reading_is_it() -> None:
    table = vasotone.read(
        '{"age": 60, "conditions": ["septic-shock"], "map": ['
        + ", ".join(f'{{"value": 58, "at": "{ago(4 * place)}"}}' for place in range(10))
        + "]}",
        facts=FACTS,
    )
    assert "verify-device" in {one.code for one in vasotone.advise(table, facts=FACTS).warnings}


@pytest.mark.parametrize("value", [0, 0.1])
def test_a_unit_that_is_not_known_beside_a_bag_is_asked_for_and_nothing_is_lost(value: float) -> None:
    found = advised({"value": value, "unit": "mcq/kg/min", "at": ago(5), "bag": {**SMALL, "basis": "base"}})
    reading = found["values"]["norepinephrine"]
    assert (reading["value"], reading["quality"]) == ((0, "ok") if value == 0 else (None, "unit-unknown"))


@pytest.mark.parametrize("drug", ["norepinephrine", "vasopressin", "epinephrine"])
def test_the_hours_of_a_drug_are_told_by_its_series(drug: str) -> None:
    rows = [{"value": 0, "at": ago(600)}, {"value": 0.02, "at": ago(300)}, {"value": 0.03, "at": ago(5)}]
    found = advised(
        row(0.1, 5), **{drug: [{**one, "basis": "base"} if drug == "norepinephrine" else one for one in rows]}
    )
    assert (found["values"][f"{drug}_hours"]["value"], found["values"][f"{drug}_hours"]["origin"]) == (5, "derived")
