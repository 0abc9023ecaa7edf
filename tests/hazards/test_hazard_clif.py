"""Hazards of a folder of tables: rows that are no numbers, another stay's rows, a query that grows without end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hazard_patients import FACTS, Record, kernel

import vasotone
from vasotone.readers import clif

duckdb = pytest.importorskip("duckdb", reason="the CLIF reader needs DuckDB")

AT = datetime(2130, 3, 1, 10, 0, tzinfo=UTC)
COLUMNS = {
    "hospitalization": "patient_id VARCHAR, hospitalization_id VARCHAR, admission_dttm TIMESTAMPTZ, "
    "discharge_dttm TIMESTAMPTZ, age_at_admission BIGINT",
    "vitals": "hospitalization_id VARCHAR, recorded_dttm TIMESTAMPTZ, vital_name VARCHAR, vital_category VARCHAR, "
    "vital_value DOUBLE",
    "medication_admin_continuous": "hospitalization_id VARCHAR, med_order_id VARCHAR, admin_dttm TIMESTAMPTZ, "
    "med_category VARCHAR, mar_action_category VARCHAR, med_dose FLOAT, med_dose_unit VARCHAR",
    "hospital_diagnosis": "hospitalization_id VARCHAR, diagnosis_code VARCHAR, diagnosis_code_format VARCHAR, "
    "poa_present INTEGER",
}
Tables = dict[str, list[tuple[Any, ...]]]


def ago(minutes: float) -> datetime:
    """An instant before that of the question."""
    return AT - timedelta(minutes=minutes)


def stay(
    name: str = "h1", pressure: float = 56.0, dose: float = 0.2, code: str = "R65.21", since: float = 0
) -> Tables:
    """The rows of one stay in septic shock on norepinephrine, `since` minutes earlier than the question."""
    began, over = ago(900 + since), ago(since - 900)
    return {
        "hospitalization": [("p1", name, began, over, 67)],
        "vitals": [
            (name, ago(since + 20), "", "map", pressure + 4), (name, ago(since + 5), "", "map", pressure),
            (name, ago(since + 60), "", "weight_kg", 80.0), (name, ago(since + 5), "", "heart_rate", 101.0),
        ],
        "medication_admin_continuous": [
            (name, "o1", ago(since + 100), "norepinephrine", "start", dose, "mcg/kg/min"),
        ],
        "hospital_diagnosis": [(name, code, "ICD10CM", 1)],
    }  # fmt: skip


def joined(*tables: Tables) -> Tables:
    """The rows of several stays in one set of tables."""
    return {name: [row for one in tables for row in one[name]] for name in COLUMNS}


def advised(tables: Tables, folder: Path) -> Record:
    """What is advised for the stay h1 of a folder that holds these rows."""
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, columns in COLUMNS.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
            marks = ", ".join("?" * len(columns.split(", ")))
            if tables[name]:
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", tables[name])
            connection.execute(f"COPY {name} TO '{folder}/clif_{name}.parquet' (FORMAT parquet)")
    table = clif.read(str(folder), hospitalization="h1", at=AT, facts=FACTS)
    record = vasotone.advise(table, facts=FACTS, everything=True).to_dict(everything=True)
    return {"kernel": kernel(record), "values": record["values"], "refused": record["refused"],
            "notes": json.dumps(record.get("notes"))}  # fmt: skip


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_row_that_is_no_number_is_as_if_never_charted_and_is_said(number: float, tmp_path: Path) -> None:
    plain = advised(stay(), tmp_path / "plain")
    rows = stay()
    rows["vitals"] += [("h1", ago(1), "", category, number) for category in ("map", "sbp", "weight_kg", "heart_rate")]
    spoiled = advised(rows, tmp_path / "spoiled")
    assert plain["values"]["map"]["value"] == 56 and any(
        one[:2] == ("ne-titrate-up", "applies") for one in plain["kernel"]
    )
    assert {**spoiled, "notes": ""} == {**plain, "notes": ""}
    assert "not-a-number" in spoiled["notes"] and "not-a-number" not in plain["notes"]


def test_a_dose_that_is_no_number_leaves_the_dose_unknown(tmp_path: Path) -> None:
    rows = stay()
    nothing = ("h1", "o1", ago(10), "norepinephrine", "dose_change", float("nan"), "mcg/kg/min")
    rows["medication_admin_continuous"].append(nothing)
    spoiled = advised(rows, tmp_path / "spoiled")
    assert spoiled["values"].get("norepinephrine", {}).get("value") is None
    assert not [one for one in spoiled["kernel"] if one[2:4] == ("raise", "norepinephrine") and one[4]]


def test_another_stay_of_the_same_person_says_nothing_of_this_one(tmp_path: Path) -> None:
    alone = advised(stay(), tmp_path / "alone")
    other = stay("h2", pressure=95.0, dose=1.5, code="R57.0", since=60 * 24 * 300)
    assert advised(joined(stay(), other), tmp_path / "both") == alone
    beside = stay("h3", pressure=30.0, dose=0.9, code="T78.2XXA")
    assert advised(joined(beside, stay()), tmp_path / "beside") == alone


def test_a_stay_without_a_code_is_not_septic_because_another_was(tmp_path: Path) -> None:
    quiet = stay(code="I10")
    septic = stay("h2", since=60 * 24 * 300)
    assert advised(joined(quiet, septic), tmp_path / "both") == advised(quiet, tmp_path / "alone")


def test_a_query_has_little_memory_and_few_threads_and_cannot_take_more(tmp_path: Path) -> None:
    from vasotone.readers.clif_store import Store

    advised(stay(), tmp_path / "folder")
    with Store(str(tmp_path / "folder")) as store:
        ask = store._connection.execute
        limit, threads = ask("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()
        assert threads <= 2 and ("MiB" in limit or limit.startswith("1.0 GiB")), limit
        for text in ("SET memory_limit = '64GB'", "SET threads = 64", "SET temp_directory = 'x'"):
            with pytest.raises(duckdb.Error):
                ask(text)
        with pytest.raises(duckdb.OutOfMemoryException):
            ask("SELECT count(distinct x || repeat('y', 400)) FROM range(100000000) AS t(x)").fetchall()
