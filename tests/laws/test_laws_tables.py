"""The laws of order, repetition, clocks, names and pauses, for folders of CLIF tables."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from answers import answer, examples, said
from answers import part as part
from hypothesis import given
from hypothesis import strategies as st
from invented_charts import charts, us
from law_patients import AT, FACTS, as_clif

from vasotone.readers import clif

Chart = dict[str, list[tuple[Any, ...]]]
CONTINUOUS = "medication_admin_continuous"
AT_ROW, ORDER, DRUG, ACTION, DOSE = range(5)
INSTANTS = (
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
)


class Folders:
    """Writes a chart as a folder of tables and advises on its only stay."""

    def __init__(self, place: pytest.TempPathFactory) -> None:
        self.place = place

    def answer(self, chart: Chart, at: datetime = AT, change: Callable[[Path], None] | None = None) -> dict[str, Any]:
        """The advice on a chart at an instant, after something was done to its folder."""
        folder = self.place.mktemp("clif")
        as_clif.write(folder, chart)
        if change is not None:
            change(folder)
        return answer(clif.read(str(folder), hospitalization=as_clif.STAY, at=at, facts=FACTS))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Where charts are written."""
    return Folders(tmp_path_factory)


@examples(8)
@given(chart=charts(), to=st.sampled_from(INSTANTS))
def test_m06_another_day_gives_the_same_advice_on_tables(folders: Folders, chart: Chart, to: datetime) -> None:
    by = us(to) - us(AT)
    moved = {
        table: [
            tuple(
                cell + by if kind == as_clif.TIME and cell is not None else cell
                for (_, kind), cell in zip(as_clif.COLUMNS[table], row, strict=True)
            )
            for row in rows
        ]
        for table, rows in chart.items()
    }
    assert said(folders.answer(chart)) == said(folders.answer(moved, to))


@examples(10)
@given(chart=charts(), seed=st.integers(0, 10**6))
def test_m08_the_order_of_rows_means_nothing(folders: Folders, chart: Chart, seed: int) -> None:
    chance = random.Random(seed)
    mixed = {table: chance.sample(rows, len(rows)) for table, rows in chart.items()}
    assert said(folders.answer(chart)) == said(folders.answer(mixed))


@examples(10)
@given(chart=charts(), seed=st.integers(0, 10**6))
def test_m09_a_repeated_row_changes_nothing(folders: Folders, chart: Chart, seed: int) -> None:
    chance = random.Random(seed)
    # one stay has one row, and a single dose that is given twice is two doses
    again = {
        table: rows + chance.choices(rows, k=2) if rows and table not in ("hospitalization", "patient") else rows
        for table, rows in chart.items()
    }
    assert said(folders.answer(chart)) == said(folders.answer(again))


def strangers(folder: Path) -> None:
    """A table that is not read, and a column that is not read."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 'h1' AS hospitalization_id, 'prone' AS position) TO '{folder}/clif_position.parquet'"
        )
        vitals = folder / "clif_vitals.parquet"
        connection.execute(
            f"CREATE TABLE v AS SELECT *, 'norepinephrine 9 mcg/kg/min' AS remark FROM read_parquet('{vitals}')"
        )
        connection.execute(f"COPY v TO '{vitals}' (FORMAT parquet)")


@examples(8)
@given(chart=charts(), value=st.sampled_from((0.0, 36.6, 9999.0)))
def test_m10_rows_that_nobody_reads_change_nothing(folders: Folders, chart: Chart, value: float) -> None:
    more = {
        **chart,
        "vitals": [*chart["vitals"], (us(AT), "temp_c", "Temperature", value), (us(AT), "pupil_size", "", value)],
        "labs": [*chart["labs"], (us(AT), "sodium", 140.0, "mmol/L")],
    }
    parts = ("items", "asks", "values", "refused")
    assert said(folders.answer(chart), *parts) == said(folders.answer(more, AT, strangers), *parts)


@examples(8)
@given(
    chart=charts(), word=st.sampled_from(("<script>", "'; drop table clif_vitals; --", "norepinephrine 3", "ÄÖ 7"))
)
def test_m16_names_of_stays_and_orders_mean_nothing(folders: Folders, chart: Chart, word: str) -> None:
    renamed = [(row[AT_ROW], f"{word} {row[ORDER]}", *row[DRUG:]) for row in chart[CONTINUOUS]]
    one = folders.answer(chart)
    assert said(one) == said(folders.answer({**chart, CONTINUOUS: renamed}))

    def rename(folder: Path) -> None:
        import duckdb

        with duckdb.connect() as connection:
            for path in folder.glob("*.parquet"):
                key = "patient_id" if path.stem.removeprefix("clif_") in as_clif.OF_PATIENT else "hospitalization_id"
                columns = (
                    ", 'p-9' AS patient_id" if key == "hospitalization_id" and "hospitalization" in path.stem else ""
                )
                drop = "EXCLUDE (patient_id)" if columns else ""
                new = "'p-9' AS patient_id" if key == "patient_id" else "* REPLACE ('h1' AS hospitalization_id)"
                rest = "* EXCLUDE (patient_id)" if key == "patient_id" else ""
                text = f"{new}, {rest}" if rest else (f"* {drop} {columns}" if columns else new)
                connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT {text} FROM read_parquet('{path}')")
                connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")

    assert said(one) == said(folders.answer(chart, AT, rename))


# a row that was not given says nothing of the dose; a single dose, or an unknown action, sets none that runs on
SAYS_NOTHING = ("not_administered", "not_given")
CARRIED = ("start", "dose_change", "going", "verify", "stop")


def one_order(chart: Chart) -> list[tuple[Any, ...]]:
    """The rows of the infusions as one order for each drug, one row at an instant."""
    rows = {(row[AT_ROW], row[DRUG]): (row[AT_ROW], row[DRUG], *row[DRUG:]) for row in chart[CONTINUOUS]}
    return sorted(rows.values(), key=lambda row: (row[DRUG], row[AT_ROW]))


@examples(10)
@given(chart=charts())
def test_m17_a_stop_is_a_dose_of_zero(folders: Folders, chart: Chart) -> None:
    rows = [
        (*row[:ACTION], "dose_change", 0.0, row[-1]) if row[ACTION] == "stop" else row for row in chart[CONTINUOUS]
    ]
    assert said(folders.answer(chart)) == said(folders.answer({**chart, CONTINUOUS: rows}))


def without_ages(found: dict[str, Any]) -> str:
    """The advice without how old each row is."""
    values = {
        name: {key: one for key, one in value.items() if key != "age_minutes"}
        for name, value in found["values"].items()
    }
    return said({**found, "values": values}, "items", "asks", "values", "refused")


@examples(10)
@given(chart=charts(), seed=st.integers(0, 10**6))
def test_m17_a_row_of_a_table_may_be_split_anywhere(folders: Folders, chart: Chart, seed: int) -> None:
    rows, chance = one_order(chart), random.Random(seed)
    told = [row for row in rows if row[ACTION] not in SAYS_NOTHING]
    more = []
    for row, after in zip(told, [*told[1:], None], strict=False):
        end = after[AT_ROW] if after is not None and after[DRUG] == row[DRUG] else us(AT)
        carried = end - row[AT_ROW] <= 24 * 3600 * 10**6  # a dose is carried for a day, and no longer
        if row[DOSE] is not None and row[ACTION] in CARRIED and end - row[AT_ROW] > 2 and carried:
            action = "stop" if row[ACTION] == "stop" else "dose_change"
            more.append(
                (row[AT_ROW] + chance.randrange(1, end - row[AT_ROW]), row[ORDER], row[DRUG], action, *row[DOSE:])
            )
    whole, split = {**chart, CONTINUOUS: rows}, {**chart, CONTINUOUS: rows + more}
    assert without_ages(folders.answer(whole)) == without_ages(folders.answer(split))
