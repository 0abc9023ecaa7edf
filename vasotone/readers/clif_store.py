"""A folder of CLIF tables, opened so that nothing outside it can be reached."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, NamedTuple

from vasotone.errors import InputError, MissingExtra
from vasotone.readers.zones import changes

EXPORT_AGAIN = "export the table again, as Parquet or CSV"
LIST_STAYS = "list the stays of the folder with: vasotone advise FOLDER --list"

_KINDS = ("parquet", "csv")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds of the years that a datetime can hold, less one at each end, so that a span can be added or taken.
_FIRST_US, _LAST_US = -62104060800000000, 253370764799000000
_DAY_US = 86_400_000_000
_YEARS_US = 1000 * _DAY_US  # how far from a stay's own times its rows may lie
_MEMORY = "1GB"
_THREADS = "2"
_OFFSET = r":\d\d(\.\d+)?\s*(Z|z|[+-]\d\d(:?\d\d)?)$"
_NAIVE_TYPES = ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE")


class Source(NamedTuple):
    """One table file: its path, how it is read, and its columns (name -> type)."""

    table: str
    path: str
    scan: str
    columns: dict[str, str]

    @property
    def naive(self) -> tuple[str, ...]:
        """The time columns that are stored without a zone."""
        times = [name for name in self.columns if name.endswith("_dttm")]
        return tuple(name for name in times if self.columns[name] in _NAIVE_TYPES)


def instant(microseconds: int) -> datetime:
    """An aware UTC instant from microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def normal(text: str) -> str:
    """A category name in lower case, every run of other characters one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def category(column: str) -> str:
    """The SQL that normalises a category column as `normal` does."""
    return f"trim(regexp_replace(lower(cast({column} as varchar)), '[^a-z0-9]+', '_', 'g'), '_')"


class Store:
    """The tables of one folder. Close it, or use it in a `with` block.

    zone  the zone of times that carry none, and its name; UTC when it is not given
    """

    def __init__(self, folder: str, zone: tuple[str, tzinfo] | None = None) -> None:
        self.root = _root(folder)
        self.zone = "" if zone is None else zone[0]
        self._zone = None if zone is None else zone[1]
        self._files = _table_files(self.root)
        self._sources: dict[str, Source | None] = {}
        self._connection = _connect(self.root)

    def settle(self, around: list[int]) -> None:
        """From now on read times without a zone in the store's own, for the years around some microseconds."""
        for macro in _local_times(self._zone, around):
            self._connection.execute(f"CREATE OR REPLACE MACRO {macro}")

    @property
    def tables(self) -> list[str]:
        """The names of the tables that the folder holds."""
        return list(self._files)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def source(self, table: str) -> Source | None:
        """The file of a table with its columns, or None where there is none; InputError if unreadable."""
        if table not in self._sources:
            self._sources[table] = self._open(table)
        return self._sources[table]

    def need(self, table: str, *columns: str) -> Source:
        """The file of a table that must be there, with columns that must be there."""
        source = self.source(table)
        if source is None:
            raise InputError(
                f"table {table} is not in this folder",
                where="CLIF folder",
                why="a stay cannot be read without it",
                fix=f"put clif_{table}.parquet or clif_{table}.csv there",
            )
        for column in columns:
            if column not in source.columns:
                raise InputError(
                    f"column {column} is missing",
                    where=os.path.basename(source.path),
                    why="the table cannot be read without it",
                    fix=EXPORT_AGAIN,
                )
        return source

    def _open(self, table: str) -> Source | None:
        found = self._files.get(table)
        if found is None:
            return None
        path, kind = found
        options = ", header = true, all_varchar = true" if kind == "csv" else ""
        # The path is the one outside text in a query; its quotes are doubled and its wildcards were refused.
        literal = path.replace("'", "''")
        scan = f"read_{kind}('{literal}', hive_partitioning = false{options})"
        rows = self._execute(f"SELECT * FROM {scan} LIMIT 0", [], path)
        columns = {str(item[0]).lower(): str(item[1]).upper() for item in rows.description or ()}
        return Source(table, path, scan, columns)

    def rows(self, source: Source, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        """Rows of a query in which `{table}` stands for the file; values are bound in order."""
        result = self._execute(query.replace("{table}", source.scan), values, source.path)
        try:
            fetched: list[tuple[Any, ...]] = result.fetchall()
        except Exception as error:  # duckdb raises while streaming too
            raise _unreadable(source.path, error) from None
        return fetched

    def _execute(self, query: str, values: list[Any], path: str) -> Any:
        import duckdb

        try:
            return self._connection.execute(query, values)
        except duckdb.Error as error:
            raise _unreadable(path, error) from None


def key_is(source: Source, column: str) -> str:
    """The SQL that compares a key column of any type with a text parameter."""
    kind = source.columns.get(column, "")
    if kind == "VARCHAR":
        return f"{column} = ?"
    if kind in ("FLOAT", "DOUBLE"):
        return f"{column} = try_cast(? AS DOUBLE)"
    return f"cast({column} AS VARCHAR) = ?" if "INT" not in kind else f"{column} = try_cast(? AS HUGEINT)"


def key_text(source: Source, column: str) -> str:
    """The SQL that writes a key column of any type as text; whole numbers without a point."""
    return f"regexp_replace(cast({column} AS VARCHAR), '\\.0$', '')"


def time_us(source: Source, column: str, which: str = "early") -> str:
    """The SQL of a time column as microseconds since 1970; a time without a zone is taken in the store's zone.

    Of a time that the clocks of the zone skip or show twice, `which` is the instant: "early" or "late".
    """
    kind = source.columns.get(column)
    if kind is None or kind.strip('"') in ("NULL", "SQLNULL", "INTEGER"):
        return "NULL"
    if kind.startswith("TIMESTAMP WITH"):
        value = f"epoch_us({column})"
        finite = f"isfinite({column})"
    elif kind in _NAIVE_TYPES:
        value = f"site_{which}(epoch_us(cast({column} AS TIMESTAMP)))"
        finite = f"isfinite(cast({column} AS TIMESTAMP))"
    else:
        text = f"cast({column} AS VARCHAR)"
        zoned = f"regexp_matches({text}, '{_OFFSET}')"
        value = (
            f"CASE WHEN {zoned} THEN epoch_us(try_cast({text} AS TIMESTAMPTZ)) "
            f"ELSE site_{which}(epoch_us(try_cast({text} AS TIMESTAMP))) END"
        )
        finite = f"isfinite(try_cast({text} AS TIMESTAMP))"
    bounded = f"({value}) BETWEEN {_FIRST_US} AND {_LAST_US}"
    return f"CASE WHEN {finite} AND {bounded} THEN {value} END"


def zoneless(column: str) -> str:
    """The SQL that tells whether a time written as text has no zone."""
    return f"NOT regexp_matches({column}, '{_OFFSET}')"


def number_text(source: Source, column: str) -> str:
    """The SQL of a number column as its shortest decimal text; NULL where it is not a number."""
    kind = source.columns.get(column)
    if kind is None:
        return "NULL"
    if kind in ("FLOAT", "DOUBLE") or "INT" in kind or kind.startswith("DECIMAL"):
        return f"cast({column} AS VARCHAR)"
    # Through DOUBLE, so that an exponent in outside text cannot ask for a number of unbounded size.
    return f"cast(try_cast(cast({column} AS VARCHAR) AS DOUBLE) AS VARCHAR)"


def column_text(source: Source, column: str) -> str:
    """The SQL of a column as text; NULL where the table has no such column."""
    return f"cast({column} AS VARCHAR)" if column in source.columns else "NULL"


def _root(folder: str) -> str:
    root = os.path.realpath(folder)
    if not os.path.isdir(root):
        raise InputError(
            "this is not a folder",
            where="CLIF folder",
            seen=os.path.basename(str(folder)),
            why="CLIF data are read from a folder of tables",
            fix="give the folder that holds clif_vitals.parquet",
        )
    if re.search(r"[*?\[\]{}]", root):
        raise InputError(
            "the folder's path has a wildcard character",
            where="CLIF folder",
            why="it could stand for other folders",
            fix="move the tables to a folder without * ? [ ] { } in its path",
        )
    return root


def _table_files(root: str) -> dict[str, tuple[str, str]]:
    """Table -> (path, kind). Parquet before CSV, `clif_` names before bare ones."""
    names = {name.lower(): name for name in sorted(os.listdir(root), reverse=True)}
    found: dict[str, tuple[str, str]] = {}
    for lower in sorted(names, key=lambda name: (not name.startswith("clif_"), name)):
        stem, _, kind = lower.rpartition(".")
        if kind not in _KINDS:
            continue
        table = stem.removeprefix("clif_")
        if table in found and (found[table][1] == "parquet" or kind == "csv"):
            continue
        found[table] = (os.path.join(root, names[lower]), kind)
    return {table: (_inside(root, path), kind) for table, (path, kind) in found.items()}


def _inside(root: str, path: str) -> str:
    real = os.path.realpath(path)
    if os.path.commonpath([root, real]) != root or (os.path.exists(real) and not os.path.isfile(real)):
        raise InputError(
            "a table is not a plain file of this folder",
            where=os.path.basename(path),
            why="only files inside the folder are read",
            fix="put the file itself into the folder instead of a link",
        )
    return real


def _connect(root: str) -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtra("reading CLIF", "audit") from None
    connection = duckdb.connect(":memory:")
    quoted = root.replace("'", "''")
    for setting in (
        "TimeZone = 'UTC'",
        f"threads = {_THREADS}",
        f"memory_limit = '{_MEMORY}'",
        "temp_directory = ''",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        f"allowed_directories = ['{quoted}']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    for macro in _local_times(None, []):
        connection.execute(f"CREATE MACRO {macro}")
    return connection


def _local_times(zone: tzinfo | None, around: list[int]) -> tuple[str, ...]:
    """The SQL macros that turn local microseconds into the earlier and the later instant that they may stand for.

    Where the offset changes, the local times between the instant read with the one offset and with the other are
    skipped or shown twice: the larger offset gives the earlier instant, the smaller the later one.
    """
    if zone is None or not around:
        return ("site_early(l) AS l", "site_late(l) AS l")
    steps = changes(zone, min(around) - _YEARS_US, max(around) + _YEARS_US)
    made = []
    for which, choice in (("early", max), ("late", min)):
        whens = []
        for (end, before), (_, after) in pairwise(steps):
            low, high = end + min(before, after), end + max(before, after)
            whens.append(f"WHEN l < {low} THEN {before} WHEN l < {high} THEN {choice(before, after)}")
        away = f"CASE {' '.join(whens)} ELSE {steps[-1][1]} END" if whens else str(steps[-1][1])
        made.append(f"site_{which}(l) AS l - ({away})")
    return tuple(made)


def _unreadable(path: str, error: Exception) -> InputError:
    # The engine's own message can hold cell values, so only its kind is shown.
    memory = "memory" in type(error).__name__.lower()
    return InputError(
        "the table cannot be read",
        where=os.path.basename(path),
        seen=type(error).__name__,
        why="it needs more memory than is allowed" if memory else "it is empty, cut off or of another format",
        fix="split the table by hospitalization" if memory else EXPORT_AGAIN,
    )
