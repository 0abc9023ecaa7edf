"""The traps of the engines: each shown in the raw engine, and beside it that what we emit does not fall into it."""

from __future__ import annotations

import json
import sqlite3
from fractions import Fraction
from typing import Any

import duckdb
import polars as pl
import pytest

import vasotone
from tests.differential.trapped import COLUMNS, FACTS, all_say, checked, duck, refused
from vasotone import lang, units
from vasotone.errors import VasotoneError
from vasotone.readers import plain

NAN = float("nan")


# --- not-a-number


def test_nan_is_above_everything_in_the_engines_and_never_comes_in() -> None:
    assert duck("select 'nan'::double > 65, 'nan'::double = 'nan'::double") == (True, True)
    assert pl.Series([NAN]).gt(65).to_list() == [True] and not NAN > 65
    for text in ('{"map": NaN}', '{"map": Infinity}', '{"map": -Infinity}', '{"map": "NaN"}'):
        with pytest.raises(VasotoneError):
            plain.read(text, FACTS)
    with pytest.raises(VasotoneError):
        vasotone.read({"map": NAN})
    record, _ = vasotone.advise_record('{"map": 1e999}')  # infinite as a double
    assert record["values"]["map"]["value"] is None and record["values"]["map"]["quality"] == "implausible"
    assert refused("pa > nan").text == "pa > nan"
    node = checked("pa > 65 or pa = 65 or pa in (65, 70)")
    space: dict[str, Any] = {}
    exec(lang.python_source("verdict", [("x", node)], {}), space)
    assert space["verdict"]({"pa": NAN})[0] is None  # were one to come in, one patient's answer is unknown


CONDITIONS_ON_NAN = {
    "pa > 65": None,
    "pa = pb": None,
    "pa <> 65": None,
    "pa in (60, 65)": None,
    "pa between 60 and 70": None,
    "pa - pb > 10": None,
    "not (pa < 65)": None,
    "pa > 65 and pb > 65": False,
    "pa > 65 or pb < 65": True,
    "at_least(1, pa > 65, pb > 65)": None,
    "known(pa) and pa < 200": False,
    "pa is null or pa < 0": True,
    "assume(pa, 70) >= 65": True,
}


@pytest.mark.parametrize("text", CONDITIONS_ON_NAN)
@pytest.mark.parametrize("wrong", [NAN, -NAN])
def test_were_nan_to_come_in_it_is_unknown_in_every_engine(text: str, wrong: float) -> None:
    all_say(CONDITIONS_ON_NAN[text], text, pa=wrong, pb=20.0)


def test_not_a_number_is_unknown_to_formulas_and_to_tests_alone() -> None:
    frame = pl.DataFrame({"pa": [NAN], "pb": [20.0]})
    formula = lang.parse_formula("pa + pb")
    assert frame.select(lang.polars_formula(formula, pl).alias("x"))["x"].to_list() == [None]
    assert duck(f"select {lang.sql_formula(formula)} from (select 'nan'::double as pa, 20e0 as pb)") == (None,)
    made = lang.apply_polars(frame, [("x", checked("known(pa)"))], {}, COLUMNS, pl)
    assert made["x"].to_list() == [False] and made.columns == ["pa", "pb", "x"]


def test_nan_cells_of_a_folder_are_unknown(tmp_path: Any) -> None:
    (tmp_path / "clif_hospitalization.csv").write_text(
        "patient_id,hospitalization_id,admission_dttm,discharge_dttm,age_at_admission\n"
        "p1,h1,2130-03-01T07:00:00Z,2130-03-05T07:00:00Z,67\n"
    )
    for cell in ("nan", "NaN", "inf", "-Infinity"):
        (tmp_path / "clif_vitals.csv").write_text(
            "hospitalization_id,recorded_dttm,vital_name,vital_category,vital_value\n"
            f"h1,2130-03-01T08:00:00Z,MAP,map,{cell}\nh1,2130-03-01T08:00:00Z,HR,heart_rate,101\n"
        )
        (tmp_path / "clif_medication_admin_continuous.csv").write_text(
            "hospitalization_id,med_order_id,admin_dttm,med_category,mar_action_category,med_dose,med_dose_unit\n"
        )
        record = vasotone.advise(str(tmp_path), at="last").to_dict()
        assert record["values"].get("map", {}).get("value") is None, cell
        json.dumps(record, allow_nan=False)
        assert record["values"]["hr"]["value"] == 101


def test_the_largest_of_values_with_nan_differs_and_no_condition_can_ask_for_it() -> None:
    assert max(1.0, NAN, 3.0) == 3.0
    assert duck("select max(x)::varchar from (values (1e0), ('nan'::double), (3e0)) t(x)") == ("nan",)
    for text in ("max(pa, pb) > 3", "greatest(pa, pb) > 3", "sum(pa) > 1", "pa > avg(pb)"):
        assert "function" in refused(text).what


# --- unknown


def test_unknown_is_not_false_and_not_nothing() -> None:
    nothing: bool | None = None
    assert (nothing and False) is None and (not nothing) is True  # Python's own logic
    all_say(False, "pa < 65 and ill", ill=False)
    all_say(None, "pa < 65 and ill", ill=True)
    all_say(True, "pa < 65 or ill", ill=True)
    all_say(None, "not (pa < 65)")
    all_say(None, "not ill")
    all_say(None, "pa = pb", pa=1.0)
    all_say(None, "pa <> pb", pa=1.0)


def test_is_true_of_unknown_is_unknown_in_the_sql_of_polars() -> None:
    frame = pl.DataFrame({"ill": [None]}, schema={"ill": pl.Boolean})
    assert frame.select(pl.sql_expr("ill is true"))["ill"].to_list() == [None]
    all_say(False, "ill is true")
    all_say(True, "ill is not true")
    all_say(False, "ill is false")
    all_say(True, "ill is not false")
    all_say(True, "ill is null")


def test_an_unknown_bound_can_still_decide() -> None:
    assert duck("select 20 between null and 10, 5 between null and 10") == (False, None)
    all_say(False, "pa between pb and 10", pa=20.0)
    all_say(None, "pa between pb and 10", pa=5.0)
    all_say(True, "not (pa between pb and 10)", pa=20.0)


def test_unknown_beside_a_list() -> None:
    assert duck("select 1 in (1, null), 2 in (1, null), 2 not in (1, null)") == (True, None, None)
    assert None not in (1, 2)  # Python says that unknown is not in the list
    assert pl.select(pl.lit(3).is_in([1, None])).item() is False  # and Polars forgets the unknown member
    all_say(None, "pa in (60, 65)")
    all_say(None, "pa not in (60, 65)")
    all_say(None, "mood not in ('calm')")
    all_say(None, "pa in (60) and pa in (65)")
    for text in ("pa in (60, null)", "pa = null", "pa in (select 1)", "pa in (pb)", "pa in ()"):
        refused(text)


def test_counting_does_not_take_unknown_for_no() -> None:
    assert duck("select sum(x::int), bool_and(x) from (values (true), (null)) t(x)") == (1, True)
    assert duck("select (case when true then 1 else 0 end) + (case when null then 1 else 0 end) >= 2") == (False,)
    frame = pl.DataFrame({"a": [True], "b": [None]}, schema={"a": pl.Boolean, "b": pl.Boolean})
    assert frame.select(pl.sum_horizontal("a", "b") >= 2)["a"].to_list() == [False]
    all_say(None, "at_least(2, ill, odd, pa > 3)", ill=True, pa=1.0)
    all_say(True, "at_least(2, ill, odd, pa > 3)", ill=True, pa=4.0)
    all_say(False, "at_least(2, ill, odd, pa > 3)", ill=False, odd=False)
    for text in ("case when ill then true end", "coalesce(ill, odd)", "ill + odd > 1"):
        refused(text)


def test_known_and_assumed_are_never_unknown() -> None:
    all_say(False, "known(pa)")
    all_say(True, "assume(pa, 65) = 65")
    all_say(False, "assume(ill, false)")
    all_say(True, "assume(mood, 'calm') = 'calm'")


# --- arithmetic


def test_division_by_zero_is_unknown_and_a_condition_cannot_do_it() -> None:
    assert duck("select 90e0 / 0 >= 3, isnan(0e0 / 0)") == (True, True)
    assert (pl.Series([90.0]) / 0).to_list() == [float("inf")]
    with pytest.raises(ZeroDivisionError):
        _ = 90 / int("0")
    assert "zero" in refused("pa / 0 > 1").what and "constant" in refused("pa / pb > 1").what
    formula = lang.parse_formula("pa / pb")
    space: dict[str, Any] = {"Fraction": Fraction}
    exec(lang.python_formulas("numbers", [("x", formula)]), space)
    exec(lang.python_formulas("exactly", [("x", formula)], exact=True), space)
    for above in (90.0, 0.0):
        row = {"pa": above, "pb": 0.0}
        assert space["numbers"](row) == space["exactly"](row) == (None,)
        assert pl.DataFrame([row]).select(lang.polars_formula(formula, pl).alias("x"))["x"].to_list() == [None]
        assert duck(f"select {lang.sql_formula(formula)} from (select {above}e0 as pa, 0e0 as pb)") == (None,)


def test_whole_numbers_are_not_divided_as_whole_numbers() -> None:
    lite = sqlite3.connect(":memory:")
    assert lite.execute("select 7 / 2").fetchone() == (3,) and duck("select 7 // 2") == (3,)
    node = checked("pa / 2 = 3.5")
    query = lang.sql_select([("x", node)], {}, "t", ["id"])
    lite.execute("create table t as select 1 as id, 7 as pa")
    assert lite.execute(query).fetchone() == (1, 1)
    lite.close()
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as id, 7::integer as pa")
        assert connection.execute(query).fetchone() == (1, True)
    for kind in (pl.Int8, pl.UInt8, pl.Int64):
        frame = pl.DataFrame({"id": [1], "pa": [7]}, schema={"id": pl.Int64, "pa": kind})
        assert lang.apply_polars(frame, [("x", node)], {}, COLUMNS, pl)["x"].to_list() == [True]
        half = lang.apply_polars(frame, [("x", checked("pa < 7.5"))], {}, COLUMNS, pl)
        assert half["x"].to_list() == [True]
    for text in ("pa // 2 = 3", "pa % 2 = 1"):
        refused(text)


def test_small_whole_numbers_do_not_run_over() -> None:
    frame = pl.DataFrame({"pa": [200], "pb": [100]}, schema={"pa": pl.UInt8, "pb": pl.UInt8})
    assert frame.select(pl.col("pa") + pl.col("pb"))["pa"].to_list() == [44]
    assert frame.select(pl.col("pb") - pl.col("pa"))["pb"].to_list() == [156]
    with duckdb.connect() as connection, pytest.raises(duckdb.Error):
        connection.execute("select 200::utinyint + 100::utinyint")


@pytest.mark.parametrize("text", ["pa + pb > 250", "pb - pa < 0", "pa * pb > 255"])
def test_ours_do_not_run_over_either(text: str) -> None:
    node = checked(text)
    frame = pl.DataFrame({"pa": [200], "pb": [100]}, schema={"pa": pl.UInt8, "pb": pl.UInt8})
    made = lang.apply_polars(frame, [("x", node)], {}, COLUMNS, pl)
    assert made["x"].to_list() == [True] and made.schema["pa"] == pl.UInt8
    assert frame.select(lang.polars_expressions([("x", node)], {}, pl))["x"].to_list() == [True]
    formula = lang.parse_formula(text.split(" ")[0] + text[2:5] + text[5:7])
    assert frame.select(lang.polars_formula(formula, pl).alias("x"))["x"][0] in (300.0, -100.0, 20000.0)
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as id, 200::utinyint as pa, 100::utinyint as pb")
        assert connection.execute(lang.sql_select([("x", node)], {}, "t", ["id"])).fetchone() == (1, True)


def test_a_number_that_grows_past_all_bounds_is_the_same_everywhere() -> None:
    all_say(True, "pa * 10 > 100", pa=1e308)
    all_say(False, "pa * 10 - pb * 10 > 100", pa=1.0, pb=1e308)
    formula = lang.parse_formula("pa * pb")
    space: dict[str, Any] = {}
    exec(lang.python_formulas("numbers", [("x", formula)]), space)
    assert space["numbers"]({"pa": 1e308, "pb": 10.0}) == (None,)


def test_the_sign_of_zero_does_not_matter() -> None:
    assert str(-0.0) != str(0.0)
    all_say(True, "pa = 0", pa=-0.0)
    all_say(False, "pa < 0", pa=-0.0)
    all_say(True, "pa in (0, 1)", pa=-0.0)


# --- how numbers are written


def test_decimal_literals_are_reckoned_otherwise_than_doubles() -> None:
    assert duck("select 0.1 + 0.2 = 0.3, 0.1e0 + 0.2e0 = 0.3e0") == (True, False)
    assert (0.1 + 0.2 == 0.3) is False
    all_say(False, "dose + 0.2 = 0.3", dose=0.1)
    all_say(True, "dose + 0.2 > 0.3", dose=0.1)
    text = lang.sql_select([("x", checked("dose between 0.25 and 5 and pa <> 1"))], {}, "t", ["id"])
    assert "0.25e0" in text and "5.0e0" in text and " 1.0e0" in text


def test_narrow_floats_are_widened_before_they_are_compared() -> None:
    assert duck("select 0.03::float >= 0.03") == (True,)
    frame = pl.DataFrame({"id": [1], "dose": [0.03]}, schema={"id": pl.Int64, "dose": pl.Float32})
    assert frame.select(pl.col("dose") >= 0.03)["dose"].to_list() == [True]
    node = checked("dose >= 0.03")
    widened = frame["dose"].cast(pl.Float64)[0]
    assert widened < 0.03
    assert lang.evaluate(node, {"dose": widened}, {}) is False
    assert lang.apply_polars(frame, [("x", node)], {}, COLUMNS, pl)["x"].to_list() == [False]
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as id, 0.03::float as dose")
        assert connection.execute(lang.sql_select([("x", node)], {}, "t", ["id"])).fetchone() == (1, False)


def test_decimal_columns_are_compared_as_doubles() -> None:
    frame = pl.DataFrame({"id": [1], "dose": ["0.25"]}).with_columns(pl.col("dose").cast(pl.Decimal(5, 2)))
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as id, 0.25::decimal(5, 2) as dose")
        for text, truth in (("dose < 0.254", True), ("dose >= 0.254", False), ("dose = 0.25", True)):
            node = checked(text)
            assert lang.apply_polars(frame, [("x", node)], {}, COLUMNS, pl)["x"].to_list() == [truth], text
            assert connection.execute(lang.sql_select([("x", node)], {}, "t", ["id"])).fetchone() == (1, truth), text


@pytest.mark.parametrize("value", [0.1, 1 / 3, 64.99999999999999, 2.2250738585072014e-308, 123456789.12345679])
def test_a_threshold_is_the_same_number_in_every_text(value: float) -> None:
    node = ("=", ("name", "pa"), ("num", value))
    assert lang.parse(lang.to_text(node)) == node
    written = lang.sql_select([("x", node)], {}, "t", ["id"])
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as id, ?::double as pa", [value])
        assert connection.execute(written).fetchone() == (1, True)
    assert f"{value:.6g}" != repr(value) or value == 0.1  # six digits, as many tools write, would be another number


def test_numbers_in_a_condition_are_plain() -> None:
    assert duck("select cast('0x1A' as integer), cast('1_000' as double)") == (26, 1000.0)
    assert float("1_000") == 1000.0 and float("٣") == 3.0
    for text in ("pa < 0x41", "pa < 6_5", "pa < ٣", "pa < 1e400", "pa < inf", "pa < 65 mmHg", "pa < 6,5"):
        refused(text)


def test_rounding_differs_and_is_no_part_of_a_condition() -> None:
    assert (round(0.25, 1), round(0.35, 1)) == (0.2, 0.3)
    assert pl.Series([0.25, 0.35]).round(1).to_list() == [0.2, 0.4]
    assert duck("select round(0.25::double, 1), round(0.35::double, 1)") == (0.3, 0.4)
    assert "function" in refused("round(pa) < 3").what
    tenth = Fraction(1, 10)
    assert units.round_to(Fraction(35, 100), tenth) in (Fraction(3, 10), Fraction(4, 10))
    assert units.round_to(Fraction(35, 100), tenth, "down") == Fraction(3, 10)  # exact: 0.35 is not 0.34999…
    assert units.round_to(Fraction("0.36"), tenth) == Fraction(4, 10)
