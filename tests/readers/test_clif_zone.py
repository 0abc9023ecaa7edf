"""Times without a zone in a folder of tables: in the site's zone where there is one, and never an hour off unsaid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from clif_folder import Folder, codes, duckdb, latest, state
from site_profile import load

from vasotone import facts
from vasotone.errors import InputError
from vasotone.readers import clif
from vasotone.readers.clif_store import _local_times, microseconds
from vasotone.readers.zones import instants
from vasotone.table import Table

FACTS = facts.load()
BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A stay of the last days of October 2026, with times that carry no zone."""
    found = Folder(tmp_path)
    found.tables["hospitalization"] = [("p1", "h1", "2026-10-20 08:00:00", "2026-11-20 08:00:00", 67)]
    found.tables["vitals"] = []
    for table, column in (
        ("hospitalization", "admission_dttm"), ("hospitalization", "discharge_dttm"), ("vitals", "recorded_dttm"),
        ("medication_admin_continuous", "admin_dttm"),
    ):  # fmt: skip
        found.types[table, column] = "TIMESTAMP"
    return found


def vital(folder: Folder, local: str, category: str, value: float) -> None:
    """A charted value at a local time."""
    folder.tables["vitals"].append(("h1", local, "", category, value))


def dose(folder: Folder, local: str, action: str, value: float | None) -> None:
    """A charted dose of norepinephrine at a local time."""
    row = ("h1", "o1", local, "norepinephrine", "vasoactives", "", action, value, "mcg/kg/min")
    folder.tables["medication_admin_continuous"].append(row)


def read(folder: Folder, at: datetime, zone: str | None = BERLIN) -> Table:
    """The stay at an instant."""
    return clif.read(folder.write(), hospitalization="h1", at=at, facts=FACTS, zone=zone)


def test_a_time_is_in_the_zone_of_the_site(folder: Folder) -> None:
    vital(folder, "2026-10-24 09:00:00", "map", 61)
    at = datetime(2026, 10, 24, 10, 0, tzinfo=UTC)
    for zone, hour in ((None, 9), (BERLIN, 7), ("+05:30", 3), ("Z", 9)):
        table = read(folder, at, zone)
        row = latest(table, "map")
        assert row.at is not None and row.at.hour == hour, zone
        (note,) = [note for note in table.notes if note[0] == "time-zone-assumed"]
        assert (zone or "UTC") in note[2] and "time-ambiguous" not in codes(table)


def test_the_site_s_own_profile_names_the_zone(folder: Folder) -> None:
    vital(folder, "2026-10-24 09:00:00", "map", 61)
    site = load(f'[time]\nzone = "{BERLIN}"\n')
    at = datetime(2026, 10, 24, 10, 0, tzinfo=UTC)
    row = latest(clif.read(folder.write(), hospitalization="h1", at=at, facts=site), "map")
    assert row.at == datetime(2026, 10, 24, 7, 0, tzinfo=UTC)


def test_a_value_of_an_hour_that_comes_twice_is_not_used_and_said(folder: Folder) -> None:
    vital(folder, "2026-10-25 01:30:00", "map", 70)
    vital(folder, "2026-10-25 02:30:00", "map", 40)
    vital(folder, "2026-10-25 02:30:00", "weight_kg", 80)
    table = read(folder, datetime(2026, 10, 25, 1, 45, tzinfo=UTC))
    assert [row.value for row in table.series("map")] == [70]
    assert latest(table, "weight").at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the earlier: nothing looks newer
    note = next(note for note in table.notes if note[0] == "time-ambiguous")
    assert note[1] == "at" and BERLIN in note[2] and note[3]["tables"] == {"vitals": 2}


def test_a_value_of_an_hour_that_never_was_is_not_used_and_said(folder: Folder) -> None:
    folder.tables["hospitalization"] = [("p1", "h1", "2026-03-20 08:00:00", None, 67)]
    vital(folder, "2026-03-29 01:30:00", "map", 70)
    vital(folder, "2026-03-29 02:30:00", "map", 40)
    table = read(folder, datetime(2026, 3, 29, 3, 0, tzinfo=UTC))
    assert [row.value for row in table.series("map")] == [70] and "time-ambiguous" in codes(table)


@pytest.mark.parametrize(("action", "value"), [("dose_change", 0.5), ("stop", 0.0)])
def test_a_dose_of_an_hour_that_comes_twice_leaves_the_dose_unknown(
    folder: Folder, action: str, value: float
) -> None:
    vital(folder, "2026-10-25 00:30:00", "map", 70)
    dose(folder, "2026-10-25 00:30:00", "start", 0.2)
    dose(folder, "2026-10-25 02:30:00", action, value)
    for minutes, known in ((20, Fraction(1, 5)), (40, None), (100, None)):
        table = read(folder, datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes))
        assert state(table).value("norepinephrine") == known, minutes
    dose(folder, "2026-10-25 03:00:00", "dose_change", 0.3)
    after = read(folder, datetime(2026, 10, 25, 3, 0, tzinfo=UTC))
    assert state(after).value("norepinephrine") == Fraction(3, 10)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "+99:00", "x'); DROP TABLE t; --"])
def test_a_zone_that_is_not_known_is_an_error(folder: Folder, zone: str) -> None:
    vital(folder, "2026-10-24 09:00:00", "map", 61)
    with pytest.raises(InputError, match="zone"):
        read(folder, datetime(2026, 10, 24, 10, 0, tzinfo=UTC), zone)


@pytest.mark.parametrize("zone", ZONES)
def test_the_tables_and_the_resources_read_a_local_time_alike(zone: str) -> None:
    days = range(0, 366 * 96, 96 * 7)
    changing = [one for one in range(0, 366 * 96, 4) if len(set(instants(clock(one), ZoneInfo(zone)))) > 1]
    quarters = sorted({*days, *(one + more for one in changing for more in range(-8, 9))})
    charted = [microseconds(clock(one).replace(tzinfo=UTC)) for one in quarters]
    with duckdb.connect() as connection:
        for macro in _local_times(ZoneInfo(zone), charted):
            connection.execute(f"CREATE MACRO {macro}")
        found = connection.execute("SELECT site_early(l), site_late(l) FROM (SELECT unnest(?) AS l)", [charted])
        expected = [tuple(microseconds(at) for at in instants(clock(one), ZoneInfo(zone))) for one in quarters]
        assert found.fetchall() == expected
    assert changing or zone == "Asia/Kolkata"


def clock(quarters: int) -> datetime:
    """A local time, in quarters of an hour since the year began."""
    return datetime(2025, 1, 1) + timedelta(minutes=15 * quarters)
