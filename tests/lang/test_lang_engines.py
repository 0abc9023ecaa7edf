"""One text, one meaning: generated Python, interpreter, Polars, DuckDB and SQLite against the oracle."""

from __future__ import annotations

import sqlite3
from typing import Any

import duckdb
import polars as pl
import pytest
from lang_cases import COLUMNS, Case, Maker, Row, Truth, rows

from vasotone import lang

BATCHES = 30
PER_BATCH = 100
ROWS = 160

Verdicts = list[tuple[Truth, ...]]


class Batch:
    """A hundred conditions over five definitions, the rows, and what the oracle says."""

    def __init__(self, seed: int) -> None:
        maker = Maker(seed)
        maker.define(5)
        texts = {name: case.text for name, case in maker.definitions.items()}
        self.definitions = lang.check_definitions(texts, COLUMNS)
        self.cases: list[Case] = [maker.case() for _ in range(PER_BATCH)]
        self.outputs = [
            (f"c-{n}", lang.check(case.text, COLUMNS, self.definitions)) for n, case in enumerate(self.cases)
        ]
        self.rows: list[Row] = [{"id": n, **row} for n, row in enumerate(rows(ROWS, seed))]
        self.oracle: Verdicts = [tuple(case.means(row) for case in self.cases) for row in self.rows]

    def differences(self, said: Verdicts) -> list[str]:
        assert len(said) == len(self.oracle)
        return [
            f"{self.cases[n].text} on {self.rows[r]}: {got} is not {wanted}"
            for r, (line, truth) in enumerate(zip(said, self.oracle, strict=True))
            for n, (got, wanted) in enumerate(zip(line, truth, strict=True))
            if got is not wanted
        ]


def by_python(batch: Batch) -> Verdicts:
    space: dict[str, Any] = {}
    exec(lang.python_source("verdicts", batch.outputs, batch.definitions), space)
    return [space["verdicts"](row) for row in batch.rows]


def by_interpreter(batch: Batch) -> Verdicts:
    return [tuple(lang.evaluate(node, row, batch.definitions) for _, node in batch.outputs) for row in batch.rows]


def frame(batch: Batch) -> pl.DataFrame:
    kinds = {"number": pl.Float64, "flag": pl.Boolean, "choice": pl.String}
    schema = {"id": pl.Int64, **{name: kinds[column.kind] for name, column in COLUMNS.items()}}
    return pl.DataFrame(batch.rows, schema=schema)


def by_polars_stages(batch: Batch) -> Verdicts:
    made = lang.apply_polars(frame(batch).lazy(), batch.outputs, batch.definitions, COLUMNS, pl).collect()
    assert made.columns == ["id", *COLUMNS, *(key for key, _ in batch.outputs)]
    return list(made.select(key for key, _ in batch.outputs).iter_rows())


def by_polars_expressions(batch: Batch) -> Verdicts:
    made = lang.polars_expressions(batch.outputs, batch.definitions, pl)
    return list(frame(batch).select("id", *made).drop("id").iter_rows())


def fill(connection: Any, batch: Batch, types: dict[str, str]) -> None:
    listed = ", ".join(f'"{name}" {types[column.kind]}' for name, column in COLUMNS.items())
    connection.execute(f'create table patients ("id" integer, {listed})')
    marks = "(" + ", ".join("?" for _ in range(len(COLUMNS) + 1)) + ")"
    values = [value for row in batch.rows for value in (row["id"], *(row[name] for name in COLUMNS))]
    connection.execute(f"insert into patients values {', '.join([marks] * len(batch.rows))}", values)


def by_sql(connection: Any, batch: Batch, types: dict[str, str]) -> Verdicts:
    fill(connection, batch, types)
    text = lang.sql_select(batch.outputs, batch.definitions, "patients", ["id"])
    said = sorted(connection.execute(text).fetchall())
    return [tuple(None if truth is None else bool(truth) for truth in line[1:]) for line in said]


def by_duckdb(batch: Batch) -> Verdicts:
    types = {"number": "double", "flag": "boolean", "choice": "varchar"}
    with duckdb.connect(config={"threads": 1}) as connection:
        return by_sql(connection, batch, types)


def by_sqlite(batch: Batch) -> Verdicts:
    connection = sqlite3.connect(":memory:")
    try:
        return by_sql(connection, batch, {"number": "real", "flag": "integer", "choice": "text"})
    finally:
        connection.close()


@pytest.mark.parametrize("seed", range(BATCHES))
def test_all_engines_say_what_the_condition_means(seed: int) -> None:
    batch = Batch(seed)
    said = {truth for line in batch.oracle for truth in line}
    assert said == {True, False, None}
    engines = (by_python, by_interpreter, by_polars_stages, by_polars_expressions, by_duckdb, by_sqlite)
    for engine in engines:
        found = batch.differences(engine(batch))
        assert not found, f"{engine.__name__}: {len(found)} differences, first: {found[0]}"


def test_the_text_of_a_node_reads_back_as_the_same_node() -> None:
    for seed in range(5):
        batch = Batch(seed)
        for _, node in batch.outputs:
            assert lang.parse(lang.to_text(node)) == node


def test_absent_columns_are_unknown_in_python_and_polars() -> None:
    outputs = [
        ("a", lang.check("pa < 65 or ill", COLUMNS, {})),
        ("b", lang.check("known(dose)", COLUMNS, {})),
    ]
    space: dict[str, Any] = {}
    exec(lang.python_source("verdicts", outputs, {}), space)
    assert space["verdicts"]({}) == (None, False)
    assert space["verdicts"]({"ill": True}) == (True, False)
    made = lang.apply_polars(pl.DataFrame({"id": [1], "ill": [True]}), outputs, {}, COLUMNS, pl)
    assert made.rows() == [(1, True, True, False)]
    untyped = lang.apply_polars(pl.DataFrame({"id": [1], "pa": [None]}), outputs, {}, COLUMNS, pl)
    assert untyped["a"].to_list() == [None]


def test_a_number_that_is_not_one_counts_as_unknown_in_python() -> None:
    texts = ("pa < 65", "not (pa = 65)", "pa in (60, 65)", "pa not in (60, 65)", "pa + pb > 100", "known(pa)")
    outputs = [(text, lang.check(text, COLUMNS, {})) for text in texts]
    space: dict[str, Any] = {}
    exec(lang.python_source("verdicts", outputs, {}), space)
    assert space["verdicts"]({"pa": float("nan"), "pb": 90.0})[:5] == (None,) * 5


def test_a_narrow_column_is_compared_in_double() -> None:
    node = lang.check("dose >= 0.1", COLUMNS, {})
    frame32 = pl.DataFrame({"dose": [0.1]}, schema={"dose": pl.Float32})
    exact = float(frame32["dose"].cast(pl.Float64)[0]) >= 0.1
    assert lang.apply_polars(frame32, [("x", node)], {}, COLUMNS, pl)["x"].to_list() == [exact]
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as id, 0.03::float as dose, 7 as pa")
        text = lang.sql_select(
            [("x", lang.parse("dose >= 0.03")), ("y", lang.parse("pa / 2 = 3.5"))], {}, "t", ["id"]
        )
        assert connection.execute(text).fetchall() == [(1, False, True)]


def test_names_from_outside_are_quoted() -> None:
    text = lang.sql_select([('a"; drop table t', lang.parse("ill"))], {}, "main.patients", ['odd"key'])
    assert '"a""; drop table t"' in text
    assert '"odd""key"' in text
    assert '"main"."patients"' in text
    assert "`ill`" in lang.sql_select([("x", lang.parse("ill"))], {}, "t", ["id"], quote="`")


def test_formulas_agree_and_catch_zero_and_unknown() -> None:
    from fractions import Fraction

    texts = {"ratio": "pa / dose", "mean": "dose + (pa - dose) / 3", "late": "ratio * 2"}
    outputs = [(key, lang.parse_formula(text)) for key, text in texts.items()]
    space: dict[str, Any] = {"Fraction": Fraction}
    exec(lang.python_formulas("numbers", outputs), space)
    exec(lang.python_formulas("exactly", outputs, exact=True), space)
    assert space["numbers"]({"pa": 90.0, "dose": 30.0}) == (3.0, 50.0, 6.0)
    assert space["exactly"]({"pa": Fraction(10), "dose": Fraction(3)}) == (
        Fraction(10, 3), Fraction(16, 3), Fraction(20, 3),
    )  # fmt: skip
    assert space["numbers"]({"pa": 90.0, "dose": 0.0}) == (None, 30.0, None)
    assert space["numbers"]({"pa": 90.0}) == (None, None, None)
    assert space["numbers"]({"pa": 1e308, "dose": 1e-9})[0] is None
    data = pl.DataFrame({"pa": [90.0, 90.0, None], "dose": [30.0, 0.0, 1.0]})
    ratio = outputs[0][1]
    assert data.select(lang.polars_formula(ratio, pl).alias("r"))["r"].to_list() == [3.0, None, None]
    assert lang.evaluate_formula(ratio, {"pa": 90.0, "dose": 0.0}) is None
    with duckdb.connect() as connection:
        said = connection.execute(f"select {lang.sql_formula(ratio)} from (select 90 as pa, 0 as dose)")
        assert said.fetchall() == [(None,)]
