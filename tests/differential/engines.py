"""The same conditions by the generated Python, by Polars and by DuckDB, each with its own way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from tests.differential.boundary_rows import KEY
from tests.differential.every_condition import Asked
from vasotone import lang

Line = tuple[bool | None, ...]
BATCH = 2_000


def python_function(asked: Asked) -> Callable[[dict[str, Any]], Line]:
    """The generated function over every output."""
    space: dict[str, Any] = {}
    exec(lang.python_source("verdicts", asked.outputs, asked.definitions), space)
    function: Callable[[dict[str, Any]], Line] = space["verdicts"]
    return function


def batches(frame: pl.DataFrame) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The rows as Python sees them, a few thousand at a time, with the place of the first."""
    columns = frame.columns
    for first in range(0, len(frame), BATCH):
        yield first, [dict(zip(columns, line, strict=True)) for line in lines(frame.slice(first, BATCH))]


def lines(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a frame as tuples; column by column, which is faster than row by row."""
    return list(zip(*[column.to_list() for column in frame], strict=True))


def by_polars(frame: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """The outputs by staged expressions, as the audit evaluates a population."""
    made = lang.apply_polars(frame.lazy(), asked.outputs, asked.definitions, asked.columns, pl)
    said: pl.DataFrame = made.select(key for key, _ in asked.outputs).collect()
    return said


def by_polars_written_out(frame: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """The outputs by one expression each, with the definitions inside."""
    made = lang.polars_expressions(asked.outputs, asked.definitions, pl)
    return frame.select(KEY, *made).drop(KEY)


class Duck:
    """One DuckDB connection; rows go in and verdicts come out as Parquet, so that no third library is needed."""

    def __init__(self, asked: Asked, folder: Path) -> None:
        self.folder = folder
        self.keys = [key for key, _ in asked.outputs]
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("set enable_progress_bar = false")
        self.text = lang.sql_select(asked.outputs, asked.definitions, "patients", [KEY])

    def verdicts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The outputs by the emitted SELECT, in the order of the rows."""
        rows, said = self.folder / "rows.parquet", self.folder / "said.parquet"
        frame.write_parquet(rows, compression="uncompressed")
        self.connection.execute(f"create or replace view patients as select * from read_parquet('{rows}')")
        self.connection.execute(f"copy ({self.text}) to '{said}' (format parquet, compression 'uncompressed')")
        return pl.read_parquet(said).sort(KEY).select(self.keys)

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()
