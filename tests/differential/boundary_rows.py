"""Random rows that lie on, just beside and around every value at which some condition turns, with gaps."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from random import Random
from typing import Any

import polars as pl

from tests.differential.every_condition import Asked, leaves
from tests.differential.witnesses import witnesses
from vasotone import lang
from vasotone.lang.node import ARITHMETIC, COMPARISONS, Column, Node, names, parts

KEY = "row_id"
MOST = 1 << 16
# Shares, in 1/65536, of what is not known and of flags that are true; each row has one of each.
GAPS = (0, 0, 1300, 13_000, 33_000, 59_000)
TRUE = (1_500, 13_000, 33_000, 62_000)
TIED = 12_000  # share of rows in which a clause over two columns stands exactly at its turn, or one float beside it
FOCUSED = 33_000  # share of rows that are laid over with values that decide one condition
DROPPED = 4_000  # share of those values that are left out, so that the row lies beside the decision
EACH = 2
TYPES = {"number": pl.Float64, "flag": pl.Boolean, "choice": pl.String}


def constants(node: Node) -> set[float]:
    """The numbers that stand in a clause."""
    if node[0] == "num":
        return {float(node[1])}
    return {value for part in parts(node) for value in constants(part)}


def thresholds(asked: Asked) -> dict[str, set[float]]:
    """For every numeric column the values at which some clause turns, and sums and differences of these."""
    found: dict[str, set[float]] = {name: set() for name, one in asked.columns.items() if one.kind == "number"}
    for _, node in [*asked.outputs, *asked.definitions.items()]:
        for leaf in leaves(node):
            said = constants(leaf)
            joined = {a + b for a in said for b in said} | {a - b for a in said for b in said}
            for name in names(leaf):
                if name in found:
                    found[name] |= said | (joined if len(said) > 1 else set())
    return found


def palette(column: Column, turning: Iterable[float], random_: Random) -> list[float]:
    """The values that a number may have: each turn, its neighbours among floats, a step beside it, and others."""
    low, high = column.low if column.low is not None else 0.0, column.high if column.high is not None else 1000.0
    step = 10.0 ** (math.floor(math.log10(high - low)) - 2)
    around = sorted({low, high, 0.0, *turning})
    values = [*around]
    for turn in around:
        values += [math.nextafter(turn, -math.inf), math.nextafter(turn, math.inf), turn - step, turn + step]
    values += [-0.0, 5e-324, (low + high) / 2]
    values += [round(random_.uniform(low, high), random_.choice((0, 1, 2, 4))) for _ in range(6)]
    return values


def words(column: Column) -> list[str]:
    """The values that a choice may have, and words that are none of them."""
    known = list(column.values)
    return known * 3 + ["", "other", known[0].upper(), known[0] + " "]


def ties(asked: Asked) -> list[tuple[str, Node]]:
    """(column, formula) of each clause that compares a column with a formula over others."""
    found: dict[tuple[str, Node], None] = {}
    for _, node in asked.outputs:
        for leaf in leaves(node):
            if leaf[0] in COMPARISONS:
                for left, right in ((leaf[1], leaf[2]), (leaf[2], leaf[1])):
                    plain = left[0] == "name" and asked.columns[left[1]].kind == "number"
                    if plain and (right[0] in ARITHMETIC or right[0] in ("name", "assume")) and names(right):
                        found[left[1], right] = None
    return list(found)


class Rows:
    """Draws chunks of rows; a chunk depends on the seed and its number alone."""

    def __init__(self, asked: Asked, seed: int) -> None:
        self.asked, self.seed = asked, seed
        random_ = Random(seed)
        turning = thresholds(asked)
        self.palettes: dict[str, pl.Series] = {}
        for name, column in asked.columns.items():
            if column.kind == "number":
                values: list[Any] = palette(column, turning[name], random_)
                self.palettes[name] = pl.Series(values, dtype=pl.Float64)
            elif column.kind == "choice":
                self.palettes[name] = pl.Series(words(column), dtype=pl.String)
        self.ties = ties(asked)
        choices: dict[str, list[Any]] = {name: values.to_list() for name, values in self.palettes.items()}
        choices |= {name: [True, False] for name, one in asked.columns.items() if one.kind == "flag"}
        found = witnesses(asked, choices, random_, EACH)
        schema = {name: TYPES[one.kind] for name, one in asked.columns.items()}
        self.witnesses = pl.DataFrame(found, schema=schema, strict=True)

    def chunk(self, number: int, count: int) -> pl.DataFrame:
        """So many rows: a key, and every column with its type; not known is null."""
        random_ = Random(self.seed * 1_000_003 + number)
        gap = self.one_of(GAPS, random_, count)
        likely = self.one_of(TRUE, random_, count)
        drawn: list[pl.Series] = [pl.int_range(count, eager=True).alias(KEY)]
        for name, column in self.asked.columns.items():
            pick, luck = draws(random_, count), draws(random_, count)
            if column.kind == "flag":
                values = pick < likely
            else:
                values = self.palettes[name].gather(pick * len(self.palettes[name]) // MOST)
            drawn.append(pl.select(pl.when(luck >= gap).then(values).alias(name)).to_series())
        return self.focused(self.tied(pl.DataFrame(drawn), random_), random_)

    def focused(self, frame: pl.DataFrame, random_: Random) -> pl.DataFrame:
        """The rows with the values that decide some condition, each now and then left out."""
        place = draws(random_, len(frame)) * len(self.witnesses) // MOST
        chosen = draws(random_, len(frame)) < FOCUSED
        laid = []
        for name in self.asked.columns:
            value = self.witnesses[name].gather(place)
            if value.null_count() < len(value):
                kept = chosen & (draws(random_, len(frame)) >= DROPPED) & value.is_not_null()
                laid.append(pl.when(kept).then(value).otherwise(pl.col(name)).alias(name))
        return frame.with_columns(laid)

    def one_of(self, choices: tuple[int, ...], random_: Random, count: int) -> pl.Series:
        """For each row one of the choices."""
        return pl.Series(choices, dtype=pl.UInt32).gather(draws(random_, count) * len(choices) // MOST)

    def tied(self, frame: pl.DataFrame, random_: Random) -> pl.DataFrame:
        """The rows with clauses over two columns at their turn here and there."""
        for name, formula in self.ties:
            luck = draws(random_, len(frame))
            below, above = luck < TIED // 3, luck < 2 * TIED // 3
            near = pl.select(
                pl.when(below).then(1 - 2.0**-53).when(above).then(1 + 2.0**-52).otherwise(1.0)
            ).to_series()
            other = lang.polars_formula(formula, pl) * near
            frame = frame.with_columns(
                pl.when((luck < TIED) & other.is_not_null()).then(other).otherwise(pl.col(name)).alias(name)
            )
        return frame


def draws(random_: Random, count: int) -> pl.Series:
    """So many whole numbers below 65536."""
    drawn = array("H")
    drawn.frombytes(random_.randbytes(2 * count))
    return pl.Series(drawn.tolist(), dtype=pl.UInt32)
