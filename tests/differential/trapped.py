"""One condition on one row by every engine, from what we emit; and a raw query beside it."""

from __future__ import annotations

import sqlite3
from typing import Any

import duckdb
import polars as pl
import pytest

import vasotone
from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.lang.node import Column, Node

FACTS = vasotone.load()
COLUMNS = {
    "pa": Column("pa", "number", 0.0, 200.0),
    "pb": Column("pb", "number", 0.0, 200.0),
    "dose": Column("dose", "number", 0.0, 10.0),
    "ill": Column("ill", "flag"),
    "odd": Column("odd", "flag"),
    "mood": Column("mood", "choice", values=("calm", "wild")),
}
TYPES = {"number": (pl.Float64, "double", "real"), "flag": (pl.Boolean, "boolean", "integer"),
         "choice": (pl.String, "varchar", "text")}  # fmt: skip
Truth = bool | None


def duck(text: str, *values: Any) -> Any:
    """The first row of a query that is written by hand."""
    with duckdb.connect() as connection:
        return connection.execute(text, list(values)).fetchone()


def checked(text: str) -> Node:
    """A condition over the columns of this file."""
    return lang.check(text, COLUMNS, {})


def refused(text: str) -> ConditionError:
    """The refusal of a condition."""
    with pytest.raises(ConditionError) as caught:
        checked(text)
    return caught.value


def ours(text: str, **given: Any) -> dict[str, Truth]:
    """What each engine says of one condition on one row, from what we emit."""
    node = checked(text)
    row = {**dict.fromkeys(COLUMNS), **given}
    space: dict[str, Any] = {}
    exec(lang.python_source("verdict", [("x", node)], {}), space)
    schema = {"id": pl.Int64, **{name: TYPES[column.kind][0] for name, column in COLUMNS.items()}}
    frame = pl.DataFrame([{"id": 1, **row}], schema=schema)
    said: dict[str, Truth] = {
        "python": space["verdict"](row)[0],
        "walk": lang.evaluate(node, row, {}),
        "polars": lang.apply_polars(frame, [("x", node)], {}, COLUMNS, pl)["x"][0],
        "polars, written out": frame.select("id", *lang.polars_expressions([("x", node)], {}, pl))["x"][0],
    }
    query = lang.sql_select([("x", node)], {}, "patients", ["id"])
    with duckdb.connect() as connection:
        said["duckdb"] = filled(connection, row, 1).execute(query).fetchone()[1]
    lite = sqlite3.connect(":memory:")
    told = filled(lite, row, 2).execute(query).fetchone()[1]
    said["sqlite"] = None if told is None else bool(told)
    lite.close()
    return said


def filled(connection: Any, row: dict[str, Any], kind: int) -> Any:
    """A connection with the one row in its table."""
    listed = ", ".join(f'"{name}" {TYPES[column.kind][kind]}' for name, column in COLUMNS.items())
    connection.execute(f'create table patients ("id" integer, {listed})')
    connection.execute(f"insert into patients values (1{', ?' * len(COLUMNS)})", [row[name] for name in COLUMNS])
    return connection


def all_say(truth: Truth, text: str, **given: Any) -> None:
    """Every engine says the same."""
    said = ours(text, **given)
    assert all(one is truth for one in said.values()), (text, given, said)
