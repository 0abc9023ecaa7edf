"""A folder of CLIF tables becomes the record of one invented patient: readings, times, words and codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from clif_folder import Folder, codes, latest, minute, state

from vasotone.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# --- pressures


def test_arterial_stands_before_cuff_and_both_are_kept(folder: Folder) -> None:
    folder.vital(5, "map", 61, "Non Invasive Blood Pressure mean").vital(5, "MAP", 70, "ART BP Mean")
    table = folder.read()
    assert [(row.value, row.method) for row in table.series("map")] == [(70, "arterial"), (61, "cuff")]
    assert state(table).value("arterial_line") is True


def test_cuff_alone_says_nothing_about_a_line(folder: Folder) -> None:
    table = folder.vital(5, "map", 61, "Non Invasive Blood Pressure mean").read()
    assert state(table).value("arterial_line") is None


def test_impossible_values_stay_as_charted(folder: Folder) -> None:
    folder.vital(1, "map", -27).vital(2, "map", 801).vital(3, "weight_kg", 0)
    table = folder.read()
    assert [row.value for row in table.series("map")] == [-27, 801]
    assert latest(table, "weight").value == 0 and latest(table, "weight").kind == "actual"


def test_not_a_number_is_a_caution_and_no_row(folder: Folder) -> None:
    table = folder.vital(1, "map", float("nan")).vital(2, "map", float("inf")).vital(3, "map", 66).read()
    assert [row.value for row in table.series("map")] == [66]
    found = [caution for caution in table.notes if caution[0] == "not-a-number"]
    assert [(caution[1], caution[3]) for caution in found] == [("map", {"rows": 2})]


def test_the_same_row_twice_is_one_row(folder: Folder) -> None:
    table = folder.vital(1, "map", 66, "ART BP Mean").vital(1, "map", 66, "ART BP Mean").read()
    assert len(table.series("map")) == 1


# --- time


def test_nothing_later_than_the_instant_enters(folder: Folder) -> None:
    folder.vital(10, "map", 70).drug(5, "start", 0.1).lab(1, 8, "lactate", "3.1", "mmol/L").vital(3, "weight_kg", 80)
    before = folder.read(minute(20))
    folder.vital(21, "map", 40).vital(22, "weight_kg", 55).drug(25, "dose_change", 0.9)
    folder.lab(15, 40, "lactate", "9.9", "mmol/L")
    assert folder.read(minute(20)).rows == before.rows
    assert {row.at for row in before.rows if row.at is not None} - {minute(5) - timedelta(microseconds=1)} <= {
        minute(count) for count in range(21)
    }


def test_last_is_the_newest_reading_before_discharge(folder: Folder) -> None:
    folder.tables["hospitalization"] = [("p1", "h1", minute(-60), minute(30), 67)]
    table = folder.vital(20, "map", 70).vital(40, "map", 10).drug(45, "start", 2.0).read()
    assert table.at == minute(20)
    assert [row.value for row in table.series("map")] == [70]
    assert latest(table, "norepinephrine").source == "no row charted"


def test_a_time_outside_the_stay_is_refused(folder: Folder) -> None:
    with pytest.raises(InputError, match="before the first reading"):
        folder.read(minute(-5))
    with pytest.raises(InputError, match="after discharge"):
        folder.read(minute(6001))


@pytest.mark.parametrize("at", [None, datetime(2130, 3, 1, 8), "yesterday"])
def test_an_instant_without_zone_is_refused(folder: Folder, at: Any) -> None:
    with pytest.raises(InputError, match="--at"):
        folder.read(at)


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_S", "VARCHAR"])
def test_times_without_zone_are_taken_as_utc_and_said(folder: Folder, kind: str) -> None:
    folder.vital(5, "map", 66)
    folder.types[("vitals", "recorded_dttm")] = kind
    folder.tables["vitals"] = [
        (row[0], row[1].strftime("%Y-%m-%d %H:%M:%S"), *row[2:]) for row in folder.tables["vitals"]
    ]
    table = folder.read()
    assert table.at == minute(5)
    assert "time-zone-assumed" in codes(table)


def test_an_offset_is_honoured_and_no_zone_is_assumed(folder: Folder) -> None:
    folder.types[("vitals", "recorded_dttm")] = "VARCHAR"
    folder.tables["vitals"] = [("h1", "2130-03-01 04:30:00-05:00", "", "map", 66.0)]
    table = folder.read()
    assert table.at == datetime(2130, 3, 1, 9, 30, tzinfo=UTC)
    assert "time-zone-assumed" not in codes(table)


# --- laboratory


def test_a_result_counts_from_when_it_was_known(folder: Folder) -> None:
    folder.lab(1, 9, "lactate", "2.4", "mmol/l").lab(5, 138, "lactate", "4.4", "mmol/L").vital(200, "map", 66)
    early, late = folder.read(minute(60)), folder.read(minute(140))
    assert [(row.value, row.unit) for row in early.series("lactate")] == [(Fraction(12, 5), "mmol/L")]
    assert latest(late, "lactate").value == Fraction(22, 5)


def test_laboratory_units_and_odd_results(folder: Folder) -> None:
    folder.lab(1, 2, "PH_arterial", "7.21", None).lab(1, 2, "creatinine", "1.4", None)
    folder.lab(1, 2, "lactate", ">15", "mmol/L").lab(1, None, "hemoglobin", "9.1", "g/dL")
    folder.lab(1, 2, "so2_central_venous", "66", "%").vital(5, "map", 66)
    table = folder.read()
    assert (latest(table, "ph").value, latest(table, "ph").unit) == (Fraction(721, 100), "")
    assert latest(table, "creatinine").unit is None
    assert [row.value for row in table.series("lactate")] == [">15"] and table.series("hemoglobin") == ()
    assert latest(table, "scvo2").value == 66
    assert {"not-a-number", "time-missing"} <= codes(table)


def test_results_made_known_together_keep_the_order_in_which_they_were_drawn(folder: Folder) -> None:
    folder.lab(9, 20, "lactate", "2.4", "mmol/L").lab(2, 20, "lactate", "4.4", "mmol/L").vital(30, "map", 66)
    rows = folder.read().series("lactate")
    assert [float(row.value) for row in rows if row.value is not None] == [4.4, 2.4]
    assert rows[0].at is not None and rows[1].at is not None and rows[0].at < rows[1].at <= minute(20)


# --- words, codes, devices


def test_person_codes_and_devices(folder: Folder) -> None:
    folder.tables["patient"] = [("p1", "Female")]
    folder.tables["code_status"] = [("p1", minute(-9999), "AND"), ("p1", minute(1), "DNR/DNI")]
    folder.tables["respiratory_support"] = [("h1", minute(1), "IMV"), ("h1", minute(3), None)]
    folder.tables["mcs"] = [
        ("h1", minute(2), "ecmo", "cardiohelp", "v_a"),
        ("h1", minute(2), None, None, None),
    ]
    folder.tables["line"] = [
        ("h1", minute(1), None, "CVC"),
        ("h1", minute(1), minute(3), "art_line"),
        ("h1", minute(9), None, "art_line"),
    ]
    folder.tables["invasive_hemodynamics"] = [("h1", minute(1), "CVP", 11.0)]
    table = folder.code("R65.21", present=1).code("A419").code("I10").vital(5, "height_cm", 170).read()
    values = {row.name: row.value for row in table.rows}
    expected: dict[str, Any] = {
        "age": 67,
        "sex": "female",
        "code_status": "dnr",
        "ventilated": True,
        "mechanical_support": "va-ecmo",
        "access": "central",
        "cvp": 11,
        "infection": "probable",
        "height": 170,
    }
    assert {name: values.get(name) for name in expected} == expected
    assert "arterial_line" not in values
    assert table.conditions["septic-shock"].startswith("diagnosis code R65.21, charted for the stay")
    assert set(table.conditions) == {"septic-shock", "chronic-hypertension"}
    assert "condition-from-code" in codes(table)


def test_lung_support_alone_is_not_circulatory(folder: Folder) -> None:
    folder.tables["mcs"] = [("h1", minute(0), "ecmo", "rotaflow", "v_v")]
    assert folder.read().series("mechanical_support") == ()


def test_a_stay_at_the_start_of_time_is_no_crash(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first = datetime.min.replace(tzinfo=UTC)
    folder.tables["hospitalization"] = [("p1", "h1", first, None, 67)]
    folder.tables["vitals"] = [("h1", first, "", "map", 60.0)]
    with pytest.raises(InputError, match="no vitals"):
        folder.read()
