"""The raw rows of one stay as a folder of CLIF tables, and the same rows as the second reading takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demo_record import Rows, Stay, folded, stay_of, when

STAY, PATIENT = "h1", "p1"
TIME = "TIMESTAMPTZ"
# table -> its columns in the order of the raw rows; a key of the stay or of the patient stands before them
COLUMNS: dict[str, list[tuple[str, str]]] = {
    "hospitalization": [("patient_id", "VARCHAR"), ("admission_dttm", TIME), ("discharge_dttm", TIME),
                        ("age_at_admission", "BIGINT")],
    "vitals": [("recorded_dttm", TIME), ("vital_category", "VARCHAR"), ("vital_name", "VARCHAR"),
               ("vital_value", "DOUBLE")],
    "labs": [("lab_result_dttm", TIME), ("lab_category", "VARCHAR"), ("lab_value_numeric", "DOUBLE"),
             ("reference_unit", "VARCHAR")],
    "medication_admin_continuous": [("admin_dttm", TIME), ("med_order_id", "VARCHAR"), ("med_category", "VARCHAR"),
                                    ("mar_action_category", "VARCHAR"), ("med_dose", "FLOAT"),
                                    ("med_dose_unit", "VARCHAR")],
    "medication_admin_intermittent": [("admin_dttm", TIME), ("med_category", "VARCHAR"),
                                      ("mar_action_category", "VARCHAR"), ("med_dose", "FLOAT"),
                                      ("med_dose_unit", "VARCHAR")],
    "hospital_diagnosis": [("diagnosis_code_format", "VARCHAR"), ("diagnosis_code", "VARCHAR")],
    "respiratory_support": [("recorded_dttm", TIME), ("device_category", "VARCHAR")],
    "invasive_hemodynamics": [("recorded_dttm", TIME), ("measurement_category", "VARCHAR"),
                              ("measurement_value", "DOUBLE")],
    "patient": [("sex_category", "VARCHAR")],
    "code_status": [("start_dttm", TIME), ("code_status_category", "VARCHAR")],
}  # fmt: skip
OF_PATIENT = ("patient", "code_status")


def write(folder: Path, tables: dict[str, Rows]) -> None:
    """Every table as one Parquet file; a table without rows is there and empty."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table, columns in COLUMNS.items():
        key = ("patient_id", PATIENT) if table in OF_PATIENT else ("hospitalization_id", STAY)
        spec = ", ".join(f"{name} {kind}" for name, kind in [(key[0], "VARCHAR"), *columns])
        connection.execute(f"CREATE TABLE {table} ({spec})")
        rows = [[key[1], *cells(columns, row)] for row in tables.get(table, [])]
        if rows:
            marks = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in rows)
            connection.execute(f"INSERT INTO {table} VALUES {marks}", [cell for row in rows for cell in row])
        connection.execute(f"COPY {table} TO '{folder}/clif_{table}.parquet' (FORMAT parquet)")
    connection.close()


def cells(columns: list[tuple[str, str]], row: tuple[Any, ...]) -> list[Any]:
    """A raw row with its microseconds as times."""
    kinds = [kind for _, kind in columns]
    return [when(cell) if kind == TIME and cell is not None else cell for kind, cell in zip(kinds, row, strict=True)]


def stay(tables: dict[str, Rows]) -> Stay:
    """The same rows as the second reading takes them."""
    whole: dict[str, Rows] = {table: tables.get(table, []) for table in COLUMNS}
    singles = frozenset(folded(row[1]) for row in whole["medication_admin_intermittent"])
    return stay_of(STAY, whole, singles)
