"""Folders, files and keys as sites have them, and what the CLIF reader refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clif_folder import START, Folder, duckdb, minute

from vasotone.errors import InputError, MissingExtra
from vasotone.readers import clif


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# --- folders


@pytest.mark.parametrize("kind", ["BIGINT", "DOUBLE", "VARCHAR"])
def test_a_key_of_any_type_names_the_stay(folder: Folder, kind: str) -> None:
    for table, rows in folder.tables.items():
        folder.types[(table, "hospitalization_id")] = kind
        folder.tables[table] = [tuple("4711" if cell == "h1" else cell for cell in row) for row in rows]
    path = folder.write()
    assert clif.read(path, hospitalization="4711", at="last").at == START
    assert clif.read(path, hospitalization=None, at="last").at == START


def test_csv_reads_as_parquet_does(folder: Folder, tmp_path: Path) -> None:
    folder.vital(5, "map", 66.5, "ART BP Mean").drug(1, "start", 0.25).lab(1, 2, "lactate", "2.4", "mmol/L")
    parquet = folder.code("R6521").read()
    folder.kind, folder.path = "csv", tmp_path / "text"
    folder.path.mkdir()
    assert folder.read() == parquet


def test_a_stay_that_is_not_there_is_refused_without_naming_others(folder: Folder) -> None:
    with pytest.raises(InputError, match="--list") as caught:
        clif.read(folder.write(), hospitalization="h9", at="last")
    assert "h1" not in str(caught.value) and "p1" not in str(caught.value)


def test_which_stay_must_be_said_when_there_are_two(folder: Folder) -> None:
    folder.tables["hospitalization"].append(("p2", "h2", minute(0), None, 40))
    with pytest.raises(InputError, match="--hospitalization"):
        clif.read(folder.write(), hospitalization=None, at="last")


@pytest.mark.parametrize("damage", [b"", b"PAR1", None])
def test_an_empty_or_cut_table_is_an_input_error(folder: Folder, damage: bytes | None) -> None:
    path = Path(folder.write()) / "clif_vitals.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(InputError, match=r"clif_vitals\.parquet.*[Ee]xport"):
        clif.read(str(folder.path), hospitalization="h1", at="last")


def test_a_needed_table_or_column_that_is_missing_is_named(folder: Folder) -> None:
    path = Path(folder.write())
    os.remove(path / "clif_vitals.parquet")
    with pytest.raises(InputError, match="vitals is not in this folder"):
        clif.read(str(path), hospitalization="h1", at="last")
    (path / "clif_vitals.csv").write_text("hospitalization_id,recorded_dttm\nh1,2130-03-01 08:00:00Z\n")
    with pytest.raises(InputError, match="vital_category"):
        clif.read(str(path), hospitalization="h1", at="last")


def test_no_vitals_rows_and_no_folder(folder: Folder, tmp_path: Path) -> None:
    folder.tables["vitals"] = []
    with pytest.raises(InputError, match="no vitals"):
        folder.read()
    with pytest.raises(InputError, match="not a folder"):
        clif.read(str(tmp_path / "nowhere"), hospitalization="h1", at="last")


def test_a_link_out_of_the_folder_is_not_followed(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = Path(folder.write())
    outside = tmp_path_factory.mktemp("outside") / "vitals.parquet"
    (path / "clif_vitals.parquet").rename(outside)
    (path / "clif_vitals.parquet").symlink_to(outside)
    with pytest.raises(InputError, match="plain file"):
        clif.read(str(path), hospitalization="h1", at="last")


def test_outside_text_cannot_become_a_query(folder: Folder) -> None:
    with pytest.raises(InputError, match="not there"):
        clif.read(folder.write(), hospitalization="h1' OR '1'='1", at="last")


def test_a_quote_in_the_path_and_a_wildcard(folder: Folder, tmp_path: Path) -> None:
    folder.path = tmp_path / "o brien"
    folder.path.mkdir()
    folder.write()
    quoted = tmp_path / "o'brien"
    folder.path.rename(quoted)
    assert clif.read(str(quoted), hospitalization="h1", at="last").at == START
    with pytest.raises(InputError, match="wildcard"):
        starred = tmp_path / "st*r"
        quoted.rename(starred)
        clif.read(str(starred), hospitalization="h1", at="last")


def test_the_engine_reaches_nothing_outside_the_folder(folder: Folder, tmp_path: Path) -> None:
    from vasotone.readers.clif_store import Store

    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    folder.path = tmp_path / "inside"
    folder.path.mkdir()
    with Store(folder.write()) as store:
        for text in (
            f"SELECT * FROM read_csv('{secret}')",
            f"SELECT * FROM read_csv('{folder.path}/../secret.csv')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                store._connection.execute(text)


def test_without_duckdb_the_extra_is_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.write()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtra, match=r"vasotone\[audit\]"):
        clif.read(path, hospitalization="h1", at="last")


def test_importing_the_reader_does_not_import_the_engine() -> None:
    code = "import sys, vasotone.readers.clif; print(sorted({'duckdb', 'polars', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_list_of_stays_has_hours_on_the_drug(folder: Folder) -> None:
    folder.drug(0, "start", 0.1).drug(60, "stop", 0.0).drug(60, "start", 0.1, "o2").drug(90, "stop", 0.1, "o2")
    path = folder.write()
    assert clif.hospitalizations(path) == [clif.Listed("h1", minute(0), minute(90), 1.5)]
    assert clif.hospitalizations(path, "vasopressin") == []
    with pytest.raises(InputError, match="aspirin"):
        clif.hospitalizations(path, "aspirin")
