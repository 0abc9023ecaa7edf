"""What advise promises whatever the statements say: gates first, doses from what is known, nothing guessed."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import lang
from vasotone.guideline_verdict import case_of
from vasotone.state import state_at

FACTS = vasotone.load()
PROFILES = list(FACTS.profiles)
SHOCK: dict[str, Any] = {
    "age": 60, "weight": 80, "conditions": ["septic-shock"], "map": 55, "vasopressin": 0, "epinephrine": 0,
    "hydrocortisone": 0, "fluids": 30,
}  # fmt: skip


def advise(*, everything: bool = False, profile: str | None = None, **changes: Any) -> dict[str, Any]:
    """The record for the standard patient with changes."""
    record, _ = vasotone.advise_record({**SHOCK, **changes}, profile=profile, all_items=everything)
    assert "items" in record, record
    return record


def item(record: dict[str, Any], statement: str) -> dict[str, Any]:
    """One item of a record, by its statement."""
    return next(one for one in record["items"] if one["statement"] == statement)


def running(value: float, basis: str = "base", **bag: str) -> dict[str, Any]:
    """Norepinephrine at a dose, with what hangs on the pump if it is given."""
    return {"value": value, "unit": "ug/kg/min", "basis": basis, **({"bag": bag} if bag else {})}


def test_a_step_up_rests_on_the_running_dose_and_gives_the_pump_rate() -> None:
    raised = item(advise(norepinephrine=running(0.1, amount="4 mg", volume="250 mL")), "ne-titrate-up")
    assert (raised["dose"]["from"], raised["dose"]["to"], raised["dose"]["step"]) == (0.1, 0.12, 0.02)
    assert raised["pump"]["rate"] == 36 and raised["pump"]["exact"] == "36"


def test_the_same_drip_written_as_a_salt_gives_the_same_advice() -> None:
    base = advise(norepinephrine=running(0.25, amount="4 mg", volume="250 mL"))
    salt = advise(norepinephrine=running(0.5, "bitartrate", amount="8 mg", volume="250 mL"))
    for one, other in zip(
        base["items"], [i for i in salt["items"] if i["statement"] != "salt-convert"], strict=False
    ):
        assert one["statement"] == other["statement"]
    assert item(base, "ne-titrate-up")["dose"]["value"] == item(salt, "ne-titrate-up")["dose"]["value"] == 0.27
    assert item(base, "ne-titrate-up")["pump"]["exact"] == item(salt, "ne-titrate-up")["pump"]["exact"]


def test_an_unknown_salt_blocks_only_where_the_forms_differ() -> None:
    apart = item(advise(norepinephrine=running(0.3, "unknown")), "vaso-add-on")
    assert apart["verdict"] == "cannot-tell" and apart["missing"] == ["norepinephrine.basis"]
    alike = item(advise(norepinephrine=running(0.5, "unknown")), "vaso-add-on")
    assert alike["verdict"] == "applies"
    raised = item(advise(norepinephrine=running(0.5, "unknown")), "ne-titrate-up")
    assert raised["verdict"] == "applies" and raised["dose"] is None
    assert "norepinephrine.basis" in raised["missing"]


def test_a_step_past_a_hard_limit_is_withheld_and_says_which() -> None:
    top = FACTS.limits["norepinephrine"]["hard_high"]["value"]
    record = advise(everything=True, norepinephrine=running(top - 0.01))
    raised = item(record, "ne-titrate-up")
    assert raised["verdict"] == "withheld" and raised["dose"] is None
    assert "norepinephrine.hard_high" in " ".join(raised["notes"])


def test_without_an_age_there_is_no_dose() -> None:
    record = advise(age=None, norepinephrine=running(0.1, amount="4 mg", volume="250 mL"))
    assert all(one["dose"] is None and one["pump"] is None for one in record["items"])
    assert "age" in [ask["name"] for ask in record["asks"]]
    assert "age" in item(record, "ne-titrate-up")["missing"]


def test_without_a_weight_the_dose_stands_and_the_pump_rate_waits() -> None:
    raised = item(advise(weight=None, norepinephrine=running(0.1, amount="4 mg", volume="250 mL")), "ne-titrate-up")
    assert raised["dose"]["value"] == 0.12 and raised["pump"] is None and "weight" in raised["missing"]


OUTSIDE = {
    "scope-child-out": {"age": 17},
    "goals-of-care": {"code_status": "comfort-focused"},
    "anaphylaxis-epi": {"conditions": ["anaphylaxis", "septic-shock"]},
    "hemorrhage-control-first": {"conditions": ["haemorrhage", "septic-shock"]},
    "scope-cardiogenic": {"conditions": ["cardiogenic-shock", "septic-shock"]},
    "scope-neurogenic-map-75-95": {"conditions": ["spinal-cord-injury-cervical", "septic-shock"]},
    "scope-hypovolaemic": {"conditions": ["hypovolaemic-shock"]},
    "scope-shock-type-unknown": {"conditions": ["undifferentiated-shock"]},
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("gate", OUTSIDE)
def test_outside_its_scope_no_dose_is_given(gate: str, profile: str) -> None:
    record = advise(everything=True, profile=profile, norepinephrine=running(0.1), **OUTSIDE[gate])
    assert record["refused"]["code"] == gate and record["refused"]["instead"]
    for one in record["items"]:
        assert one["dose"] is None and one["pump"] is None
        if FACTS.statements[one["statement"]].get("setting", "septic") == "septic":
            assert one["verdict"] == "withheld", one["statement"]


def test_a_stale_pressure_starts_nothing_and_is_asked_for() -> None:
    old = {"value": 50, "at": "2026-01-12T05:00:00Z"}
    record = advise(at="2026-01-12T08:00:00Z", map=old, norepinephrine=0)
    assert record["values"]["map"]["quality"] == "stale" and record["values"]["map"]["age_minutes"] == 180
    assert item(record, "ne-first-line")["verdict"] == "cannot-tell"
    assert "map" in [ask["name"] for ask in record["asks"]]


def test_short_advice_keeps_to_its_size_and_every_ask_is_an_item() -> None:
    for map_now in (45, 62, 70, 90):
        record = advise(map=map_now, norepinephrine=running(0.6, "unknown"), age=None, vasopressin=None)
        assert len(record["items"]) <= 12 and len(record["asks"]) <= 5
        asked = {one["target"] for one in record["items"] if one["action"] == "ask"}
        assert {ask["name"] for ask in record["asks"]} <= asked


def test_the_same_patient_gives_the_same_bytes() -> None:
    import json

    once, twice = (json.dumps(advise(norepinephrine=running(0.3))) for _ in range(2))
    assert once == twice


def random_patients(count: int) -> list[dict[str, Any]]:
    """Seeded patients with gaps, spread over the thresholds."""
    chance = random.Random(20260112)
    pools: dict[str, list[Any]] = {
        "age": [17, 18, 50, 64, 65, 80], "map": [40, 59, 60, 64, 65, 75, 76, 90], "dbp": [30, 40, 41, 50],
        "sbp": [80, 100],
        "hr": [50, 100, 140], "lactate": [1, 2, 2.1, 6], "crt": [2, 3, 3.1, 5], "fluids": [0, 29, 30, 60],
        "norepinephrine": [0, running(0.1), running(0.25), running(0.6), running(0.3, "unknown")],
        "vasopressin": [0, 0.03, 0.05], "epinephrine": [0, 0.1], "hydrocortisone": [0, 200], "lvef": [30, 45, 60],
        "access": ["central", "peripheral"], "rhythm": ["sinus", "af-rvr", "sinus-brady"], "ph": [7.1, 7.2, 7.3],
        "aki_stage": [0, 2], "norepinephrine_hours": [1, 4, 10], "skin": ["mottled", "normal"], "weight": [80],
        "infection": ["no", "probable"], "arterial_line": [True, False],
        "drugs": [[], ["phenelzine"], ["metoprolol"]],
    }  # fmt: skip
    words = [
        "septic-shock",
        "chronic-hypertension",
        "cirrhosis",
        "pregnant",
        "pulmonary-oedema",
        "extravasation",
        "tachyarrhythmia",
        "ne-serious-arrhythmia",
        "sepsis-no-shock",
        "haemorrhage",
        "digital-ischaemia",
    ]
    # fmt: skip
    return [
        {name: chance.choice(pool) for name, pool in pools.items() if chance.random() < 0.7}
        | {"conditions": chance.sample(words, chance.randint(0, 3)) + ["septic-shock"] * (chance.random() < 0.6)}
        for _ in range(count)
    ]


PATIENTS = random_patients(120)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_reason_is_sufficient_and_every_missing_list_complete(profile: str) -> None:
    chance = random.Random(7)
    compiled = FACTS.compiled(profile)
    filled = 0
    facts = {name for node in compiled.definitions.values() for name in taken_as_facts(node)}
    for patient in PATIENTS[:60]:
        case = case_of(state_at(vasotone.read(patient, facts=FACTS), FACTS), FACTS, profile)
        row = case.when_rows[0]
        for entry in compiled.entries:
            truth = lang.evaluate(entry.when, row, compiled.definitions)
            if truth is not None:
                names = {name for r in lang.reasons(entry.when, row, compiled.definitions) for name in r.names}
                only = {name: value for name, value in row.items() if name in names}
                assert lang.evaluate(entry.when, only, compiled.definitions) is truth, entry.statement
                continue
            needs = {need.name for need in lang.missing(entry.when, row, FACTS.columns, compiled.definitions)}
            assert needs, entry.statement
            kept = needs | facts | taken_as_facts(entry.when)
            for _ in range(3):
                other = {
                    name: value if value is not None or name in kept else some_value(name, chance)
                    for name, value in row.items()
                }
                assert lang.evaluate(entry.when, other, compiled.definitions) is None, (entry.statement, needs)
                filled += 1
    assert filled > 500


def taken_as_facts(node: Any) -> set[str]:
    """The names that stand under assume, known or a test for null: their absence is an answer, not a gap."""
    found: set[str] = set()
    if isinstance(node, tuple):
        if node[0] in ("assume", "known", "null", "true", "false"):
            found |= {one[1] for one in node[1:] if isinstance(one, tuple) and one[0] == "name"}
        for one in node[1:]:
            found |= taken_as_facts(one)
    return found


def some_value(name: str, chance: random.Random) -> Any:
    """A plausible value of a variable."""
    column = FACTS.columns[name]
    if column.kind == "flag":
        return chance.choice([True, False])
    if column.kind == "choice":
        return chance.choice(column.values)
    return chance.uniform(
        column.low if column.low is not None else 0, column.high if column.high is not None else 100
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_one_patient_and_a_population_get_the_same_verdicts(profile: str, tmp_path: Path) -> None:
    import duckdb
    import polars as pl

    compiled = FACTS.compiled(profile)
    rows = []
    for patient in PATIENTS:
        rows += case_of(state_at(vasotone.read(patient, facts=FACTS), FACTS), FACTS, profile).when_rows
    outputs = [(f"o{place}", entry.when) for place, entry in enumerate(compiled.entries)]
    ours = [dict(zip([name for name, _ in outputs], compiled.when(row), strict=True)) for row in rows]
    kinds = {"flag": pl.Boolean, "choice": pl.String, "number": pl.Float64}
    schema = {name: kinds[column.kind] for name, column in FACTS.columns.items()}
    frame = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema).with_row_index(
        "id"
    )
    staged = lang.apply_polars(frame, outputs, compiled.definitions, FACTS.columns, pl)
    assert staged.select([name for name, _ in outputs]).to_dicts() == ours
    with duckdb.connect() as connection:
        frame.write_parquet(tmp_path / "state.parquet")
        connection.execute("create table state as select * from read_parquet(?)", [str(tmp_path / "state.parquet")])
        found = connection.execute(
            lang.sql_select(outputs, compiled.definitions, "state", ["id"]) + " order by id"
        ).fetchall()
    assert [tuple(row[1:]) for row in found] == [tuple(one.values()) for one in ours]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_condition_is_always_or_never_true(profile: str) -> None:
    compiled = FACTS.compiled(profile)
    for entry in compiled.entries:
        assert lang.never(entry.when, FACTS.columns, compiled.definitions) is None, entry.statement


def test_numbers_shown_are_exact() -> None:
    record = advise(norepinephrine=running(0.1, amount="4 mg", volume="250 mL"), weight=70)
    raised = item(record, "ne-titrate-up")
    assert Fraction(raised["pump"]["exact"]) == Fraction("0.12") * 70 * 60 / 16
    assert record["values"]["norepinephrine"]["value"] == 0.1


@pytest.mark.parametrize("amount", ["4 ug", "400 g", "4 mg/0 mL"])
def test_a_bag_that_cannot_be_meant_gives_no_pump_rate(amount: str) -> None:
    raised = item(advise(norepinephrine=running(0.1, amount=amount, volume="250 mL")), "ne-titrate-up")
    assert raised["dose"]["value"] == 0.12 and raised["pump"] is None
