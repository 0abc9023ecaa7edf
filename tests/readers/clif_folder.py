"""Writes small CLIF folders of invented patients for the tests of the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vasotone import facts
from vasotone.readers import clif
from vasotone.state import State, state_at
from vasotone.table import Observation, Table

duckdb = pytest.importorskip("duckdb", reason="the CLIF reader needs DuckDB")

START = datetime(2130, 3, 1, 8, 0, tzinfo=UTC)
TIME = "TIMESTAMPTZ"
COLUMNS: dict[str, list[tuple[str, str]]] = {
    "hospitalization": [
        ("patient_id", "VARCHAR"),
        ("hospitalization_id", "VARCHAR"),
        ("admission_dttm", TIME),
        ("discharge_dttm", TIME),
        ("age_at_admission", "BIGINT"),
    ],
    "vitals": [
        ("hospitalization_id", "VARCHAR"),
        ("recorded_dttm", TIME),
        ("vital_name", "VARCHAR"),
        ("vital_category", "VARCHAR"),
        ("vital_value", "DOUBLE"),
    ],
    "labs": [
        ("hospitalization_id", "VARCHAR"),
        ("lab_collect_dttm", TIME),
        ("lab_result_dttm", TIME),
        ("lab_category", "VARCHAR"),
        ("lab_value", "VARCHAR"),
        ("lab_value_numeric", "DOUBLE"),
        ("reference_unit", "VARCHAR"),
    ],
    "medication_admin_continuous": [
        ("hospitalization_id", "VARCHAR"),
        ("med_order_id", "VARCHAR"),
        ("admin_dttm", TIME),
        ("med_category", "VARCHAR"),
        ("med_group", "VARCHAR"),
        ("mar_action_name", "VARCHAR"),
        ("mar_action_category", "VARCHAR"),
        ("med_dose", "FLOAT"),
        ("med_dose_unit", "VARCHAR"),
    ],
    "medication_admin_intermittent": [
        ("hospitalization_id", "VARCHAR"),
        ("admin_dttm", TIME),
        ("med_category", "VARCHAR"),
        ("mar_action_category", "VARCHAR"),
        ("med_dose", "FLOAT"),
        ("med_dose_unit", "VARCHAR"),
    ],
    "patient": [("patient_id", "VARCHAR"), ("sex_category", "VARCHAR")],
    "code_status": [("patient_id", "VARCHAR"), ("start_dttm", TIME), ("code_status_category", "VARCHAR")],
    "hospital_diagnosis": [
        ("hospitalization_id", "VARCHAR"),
        ("diagnosis_code", "VARCHAR"),
        ("diagnosis_code_format", "VARCHAR"),
        ("poa_present", "INTEGER"),
    ],
    "respiratory_support": [
        ("hospitalization_id", "VARCHAR"),
        ("recorded_dttm", TIME),
        ("device_category", "VARCHAR"),
    ],
    "mcs": [
        ("hospitalization_id", "VARCHAR"),
        ("recorded_dttm", TIME),
        ("support_category", "VARCHAR"),
        ("device_category", "VARCHAR"),
        ("config_category", "VARCHAR"),
    ],
    "line": [
        ("hospitalization_id", "VARCHAR"),
        ("placed_dttm", TIME),
        ("removed_dttm", TIME),
        ("line_category", "VARCHAR"),
    ],
    "invasive_hemodynamics": [
        ("hospitalization_id", "VARCHAR"),
        ("recorded_dttm", TIME),
        ("measurement_category", "VARCHAR"),
        ("measurement_value", "DOUBLE"),
    ],
}


def minute(count: float) -> datetime:
    return START + timedelta(minutes=count)


class Folder:
    """Writes small CLIF tables of invented patients."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables: dict[str, list[tuple[Any, ...]]] = {
            "hospitalization": [("p1", "h1", minute(-60), minute(6000), 67)],
            "vitals": [("h1", minute(0), "Heart Rate", "heart_rate", 101.0)],
            "medication_admin_continuous": [],
        }
        self.types: dict[tuple[str, str], str] = {}
        self.kind = "parquet"

    def vital(self, when: float, category: str, value: float, name: str = "") -> Folder:
        self.tables["vitals"].append(("h1", minute(when), name, category, value))
        return self

    def lab(self, collected: float, resulted: float | None, category: str, value: str, unit: str | None) -> Folder:
        number = float(value) if value.replace(".", "").isdigit() else None
        known = None if resulted is None else minute(resulted)
        self.tables.setdefault("labs", []).append(("h1", minute(collected), known, category, value, number, unit))
        return self

    def drug(
        self,
        when: float,
        action: str,
        dose: float | None,
        order: str = "o1",
        category: str | None = "norepinephrine",
        unit: str | None = "mcg/kg/min",
        name: str = "",
    ) -> Folder:
        row = ("h1", order, minute(when), category, "vasoactives", name, action, dose, unit)
        self.tables["medication_admin_continuous"].append(row)
        return self

    def code(self, code: str, system: str = "ICD10CM", present: int = 0) -> Folder:
        self.tables.setdefault("hospital_diagnosis", []).append(("h1", code, system, present))
        return self

    def write(self) -> str:
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        for table, rows in self.tables.items():
            columns = [(name, self.types.get((table, name), kind)) for name, kind in COLUMNS[table]]
            spec = ", ".join(f"{name} {kind}" for name, kind in columns)
            connection.execute(f"CREATE OR REPLACE TABLE t ({spec})")
            if rows:
                marks = ", ".join("?" * len(columns))
                connection.executemany(f"INSERT INTO t VALUES ({marks})", rows)
            target = self.path / f"clif_{table}.{self.kind}"
            connection.execute(f"COPY t TO '{target}' (FORMAT {self.kind})")
        connection.close()
        return str(self.path)

    def read(self, at: datetime | str | None = "last") -> Table:
        return clif.read(self.write(), hospitalization="h1", at=at)


def latest(table: Table, name: str) -> Observation:
    return table.series(name)[-1]


def codes(table: Table) -> set[str]:
    return {note[0] for note in table.notes}


def state(table: Table) -> State:
    return state_at(table, facts.load())
