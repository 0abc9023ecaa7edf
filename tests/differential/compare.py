"""Runs every engine over chunks of rows and says where they do not agree, with the smallest row that shows it."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tests.differential import engines
from tests.differential.boundary_rows import KEY, Rows
from tests.differential.every_condition import Asked, Rail
from vasotone import lang

WRITTEN_OUT_EVERY = 4  # the second form of the Polars expressions runs on one chunk of so many
MOST_TOLD = 2


class Difference(NamedTuple):
    """One output on which an engine and the generated Python do not agree."""

    engine: str
    output: str
    row: dict[str, Any]


class Outcome(NamedTuple):
    """What one chunk came to: rows, verdicts compared, differences in number and the first few of them."""

    rows: int
    compared: int
    differing: int
    told: list[str]
    seen: dict[str, set[bool | None]]
    cpu_ns: int


class Bench:
    """All engines, ready. Close it, or use it in a `with` block."""

    def __init__(self, asked: Asked, seed: int) -> None:
        self.asked = asked
        self.rows = Rows(asked, seed)
        self.python = engines.python_function(asked)
        self.keys = [key for key, _ in asked.outputs]
        self.places = {key: place for place, key in enumerate(self.keys)}
        self.folder = tempfile.TemporaryDirectory()
        self.duck = engines.Duck(asked, Path(self.folder.name))

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.duck.close()
        self.folder.cleanup()

    def chunk(self, number: int, count: int) -> Outcome:
        """So many rows by every engine."""
        began = time.process_time_ns()
        gc.disable()  # millions of short-lived tuples, no circles
        try:
            found, compared, polars = self.compared(self.rows.chunk(number, count), number)
        finally:
            gc.enable()
        told = [explained(self.asked, one) for one in found[:MOST_TOLD]]
        seen = {key: set(polars[key].unique().to_list()) for key in self.keys}
        return Outcome(count, compared, len(found), told, seen, time.process_time_ns() - began)

    def compared(self, frame: pl.DataFrame, number: int) -> tuple[list[Difference], int, pl.DataFrame]:
        """Where the engines differ, how many verdicts were compared, and what Polars said."""
        polars = engines.by_polars(frame, self.asked)
        vectors = {"duckdb": self.duck.verdicts(frame)}
        if number % WRITTEN_OUT_EVERY == 0:
            vectors["polars, written out"] = engines.by_polars_written_out(frame, self.asked)
        found: list[Difference] = []
        for engine, said in vectors.items():
            assert said.shape == polars.shape, engine
            if not said.equals(polars, null_equal=True):
                found += self.columns_apart(engine, frame, said, polars)
        rails = self.rails_of(number)
        for first, rows in engines.batches(frame):
            wanted = engines.lines(polars.slice(first, len(rows)))
            said_here = [self.python(row) for row in rows]
            if said_here != wanted:
                found += self.lines_apart("polars", self.keys, rows, said_here, wanted)
            for rail in rails:
                outputs = [self.places[key] for key in rail.outputs]
                ran = [rail.function(row) for row in rows]
                due = [tuple(line[place] for place in outputs) for line in said_here]
                if ran != due:
                    found += self.lines_apart(rail.name, list(rail.outputs), rows, ran, due)
            assert {type(truth) for truth in said_here[0]} <= {bool, type(None)}  # 1 would equal True
        compared = len(frame) * (len(self.keys) * (1 + len(vectors)) + sum(len(rail.outputs) for rail in rails))
        return found, compared, polars

    def rails_of(self, number: int) -> tuple[Rail, ...]:
        """The product's own functions that this chunk is put to: those of one profile in turn."""
        turn = number % (len(self.asked.rails) // 2)
        return self.asked.rails[2 * turn : 2 * turn + 2]

    def columns_apart(
        self, engine: str, frame: pl.DataFrame, said: pl.DataFrame, wanted: pl.DataFrame
    ) -> list[Difference]:
        """One difference for each row and output in which two frames differ."""
        found = []
        for key in self.keys:
            if not said[key].equals(wanted[key], null_equal=True):
                apart = said[key].ne_missing(wanted[key]).arg_true().to_list()
                found += [Difference(engine, key, frame.row(place, named=True)) for place in apart]
        return found

    def lines_apart(
        self, engine: str, keys: list[str], rows: list[dict[str, Any]], said: list[Any], wanted: list[Any]
    ) -> list[Difference]:
        """One difference for each row and output in which two lists of tuples differ."""
        return [
            Difference(engine, keys[place], row)
            for row, line, due in zip(rows, said, wanted, strict=True)
            if line != due
            for place, truth in enumerate(line)
            if truth is not due[place]
        ]


def verdicts(asked: Asked, row: dict[str, Any]) -> dict[str, bool | None]:
    """What each engine says of the only output of `asked` on one row."""
    schema = {KEY: pl.Int64, **{name: pl.Float64 if one.kind == "number" else
                                pl.Boolean if one.kind == "flag" else pl.String
                                for name, one in asked.columns.items()}}  # fmt: skip
    frame = pl.DataFrame([{**row, KEY: 0}], schema=schema)
    said: dict[str, bool | None] = {"python": engines.python_function(asked)(row)[0]}
    said["polars"] = engines.by_polars(frame, asked).row(0)[0]
    said["polars, written out"] = engines.by_polars_written_out(frame, asked).row(0)[0]
    with tempfile.TemporaryDirectory() as folder:
        duck = engines.Duck(asked, Path(folder))
        said["duckdb"] = duck.verdicts(frame).row(0)[0]
        duck.close()
    for rail in asked.rails:
        said[rail.name] = rail.function(row)[rail.outputs.index(asked.outputs[0][0])]
    return said


def smallest(asked: Asked, row: dict[str, Any], read: Iterable[str]) -> dict[str, Any]:
    """The row with every value left out that is not needed for a difference."""
    kept: dict[str, Any] = {name: row[name] for name in read if row.get(name) is not None}
    for name in list(kept):
        less = {**dict.fromkeys(asked.columns), **kept, name: None}
        if len(set(verdicts(asked, less).values())) > 1:
            del kept[name]
    return kept


def explained(asked: Asked, one: Difference) -> str:
    """One difference in words: the condition, what each engine says, and the smallest row."""
    node = dict(asked.outputs)[one.output]
    rails = tuple(rail for rail in asked.rails if one.output in rail.outputs)
    alone = asked._replace(outputs=[(one.output, node)], rails=rails)
    row = smallest(alone, one.row, lang.names(node, asked.definitions))
    said = verdicts(alone, {**dict.fromkeys(asked.columns), **row})
    votes = ", ".join(f"{engine} {truth}" for engine, truth in said.items())
    return f"{asked.origin[one.output]}: {lang.to_text(node)}\n  {one.engine}: {votes}\n  on {row}"
