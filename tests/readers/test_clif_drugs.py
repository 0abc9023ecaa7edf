"""Infusions and single doses from CLIF, trap by trap."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from clif_folder import Folder, codes, latest, minute, state
from hypothesis import given
from hypothesis import strategies as st

from vasotone.readers import clif_infusions
from vasotone.readers.clif import _settings
from vasotone.readers.clif_infusions import Event, Step
from vasotone.readers.clif_series import Caution


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# --- infusions


def test_a_dose_beats_a_stop_of_the_same_minute_across_orders(folder: Folder) -> None:
    folder.drug(0, "start", 0.12, "o1").drug(30, "start", 0.2, "o2").drug(30, "stop", 0.0, "o1")
    table = folder.vital(40, "map", 66).read()
    assert latest(table, "norepinephrine").value == Fraction(1, 5)
    assert state(table).value("norepinephrine_hours") == Fraction(2, 3)


def test_pump_noise_goes_and_the_unit_stays_as_written(folder: Folder) -> None:
    folder.drug(1, "start", 2.4038, category="Vasopressin", unit="units/hour").drug(1, "start", 0.2502821)
    table = folder.vital(5, "map", 66).read()
    row = latest(table, "vasopressin")
    assert (row.value, row.unit) == (Fraction(12, 5), "units/hour")
    assert latest(table, "norepinephrine").value == Fraction(1, 4)


def test_an_impossible_dose_leaves_the_dose_unknown_whatever_was_charted_before(folder: Folder) -> None:
    folder.drug(1, "start", 0.3).drug(20, "dose_change", 75.6)
    table = folder.vital(30, "map", 66).read()
    assert latest(table, "norepinephrine").value == Fraction(378, 5)
    found = state(table)
    assert (found.value("norepinephrine"), found.readings["norepinephrine"].quality) == (None, "implausible")
    assert [code for code, name, *_ in found.cautions if name == "norepinephrine"] == ["flag-implausible"]


def test_a_dose_beyond_its_limit_is_shown_as_charted_with_a_warning(folder: Folder) -> None:
    found = state(folder.drug(1, "start", 7.56).vital(30, "map", 66).read())
    assert found.value("norepinephrine") == Fraction(189, 25)


def test_a_dose_that_was_impossible_earlier_is_not_a_warning_of_today(folder: Folder) -> None:
    folder.drug(1, "start", 0.3).drug(20, "dose_change", 75.6).drug(40, "dose_change", 0.2)
    table = folder.vital(50, "map", 66).read()
    rows = table.series("norepinephrine")
    assert [float(row.value) for row in rows if row.value is not None] == [0, 0.3, 75.6, 0.2]
    assert not any(name == "norepinephrine" for _, name, *_ in state(table).cautions)


def test_a_drug_without_a_row_is_zero_and_said(folder: Folder) -> None:
    table = folder.read()
    row = latest(table, "norepinephrine")
    assert (row.value, row.source) == (0, "no row charted")
    assert table.series("methylene_blue") == ()
    said = next(caution for caution in table.notes if caution[0] == "zero-if-no-row")
    assert said[3]["count"] == 8 and "norepinephrine" in said[3]["names"]


def test_a_missing_drug_table_leaves_doses_unknown(folder: Folder) -> None:
    del folder.tables["medication_admin_continuous"]
    table = folder.read()
    assert table.series("norepinephrine") == ()
    missing = next(caution[3]["tables"] for caution in table.notes if caution[0] == "table-missing")
    assert {"medication_admin_continuous", "labs", "ecmo_mcs or mcs"} <= set(missing)


def test_a_nameless_vasoactive_is_missing_data(folder: Folder) -> None:
    table = folder.drug(1, "start", 0.2, category=None).vital(5, "map", 66).read()
    assert "drug-not-matched" in codes(table)
    assert table.series("norepinephrine") == ()


def test_hydrocortisone_is_the_sum_of_a_day(folder: Folder) -> None:
    day = 24 * 60
    folder.tables["medication_admin_intermittent"] = [
        ("h1", minute(1), "Hydrocortisone", "given", 100.0, "mg"),
        ("h1", minute(day + 60), "hydrocortisone", "given", 50.0, "mg"),
        ("h1", minute(day + 400), "hydrocortisone", "given", 50.0, "mg"),
        ("h1", minute(day + 410), "hydrocortisone", "not_given", 50.0, "mg"),
        ("h1", minute(day + 410), "linezolid", "given", 600.0, "mg"),
    ]
    table = folder.vital(day + 420, "map", 66).read()
    assert (latest(table, "hydrocortisone").value, latest(table, "hydrocortisone").unit) == (100, "mg/d")
    assert table.drugs is None  # what is not charted may still be taken


def test_hydrocortisone_is_unknown_where_the_site_never_charts_it(folder: Folder) -> None:
    folder.tables["medication_admin_intermittent"] = [("h1", minute(1), "linezolid", "given", 600.0, "mg")]
    assert folder.read().series("hydrocortisone") == ()
    folder.tables["medication_admin_intermittent"].append(("h2", minute(1), "hydrocortisone", "given", 50.0, "mg"))
    assert latest(folder.read(), "hydrocortisone").value == 0


# --- the course of one drug, without files

DRUG = next(item for item in _settings()["infusion"] if item["name"] == "norepinephrine")
CARRY = timedelta(hours=24)


def event(when: float, dose: float | None, order: str = "o1") -> Event:
    exact = None if dose is None else Fraction(str(dose))
    return Event(minute(when), order, exact, "ug/kg/min", dose == 0)


def doses(*events: Event) -> list[tuple[float, Fraction | None]]:
    course = clif_infusions.steps(list(events), DRUG, CARRY)
    return [((step.at - minute(0)).total_seconds() / 60, step.dose) for step in course]


def test_a_stop_of_the_old_bag_does_not_stop_the_new_one() -> None:
    course = clif_infusions.steps([event(0, 0.39), event(20, 0.4, "o2"), event(30, 0)], DRUG, CARRY)
    assert course[-1].dose == Fraction(2, 5) and course[-1].overlap
    notes: list[Caution] = []
    clif_infusions.observations("norepinephrine", course, minute(40), CARRY, "here", notes)
    assert [code for code, *_ in notes] == ["infusion-overlap"]


def test_an_order_charted_without_its_dose_does_not_hide_the_one_that_runs_on() -> None:
    assert doses(event(0, None), event(20, 0.4, "o2"), event(30, 0))[-1] == (30, Fraction(2, 5))
    assert doses(event(0, 0.3), event(20, None, "o2"), event(30, 0))[-1] == (30, None)


def test_two_doses_of_one_order_and_minute_both_go_over() -> None:
    rows = [event(0, 0.1), event(0, 0.3), event(5, 0.2, "o2"), event(9, 0, "o2")]
    for first in (rows, [rows[1], rows[0], *rows[2:]]):
        assert doses(*first) == [(0, Fraction(1, 10)), (0, Fraction(3, 10)), (5, Fraction(1, 5)), (9, 0)]
    # Which of the two ran is not known, so after the other order's stop it is not either.
    assert doses(event(0, 0.2, "o2"), event(3, 0.1), event(3, 0.3), event(5, 0, "o2"))[-1] == (5, None)


def test_a_stop_of_the_new_bag_stops_an_old_one_whose_stop_was_not_charted() -> None:
    assert doses(event(0, 0.39), event(20, 0.4, "o2"), event(30, 0, "o2"))[-1] == (30, 0)


def test_two_orders_of_one_minute_are_not_summed() -> None:
    course = clif_infusions.steps([event(0, 0.1), event(0, 0.2, "o2")], DRUG, CARRY)
    assert course == [
        Step(minute(0), Fraction(1, 10), "ug/kg/min", overlap=True),
        Step(minute(0), Fraction(1, 5), "ug/kg/min", overlap=True),
    ]
    alike = clif_infusions.steps([event(0, 0.1), event(0, 0.1, "o2")], DRUG, CARRY)
    assert alike == [Step(minute(0), Fraction(1, 10), "ug/kg/min", overlap=True)]


def test_two_bags_of_one_minute_at_different_doses_are_a_contradiction(folder: Folder) -> None:
    folder.drug(0, "start", 0.1).drug(20, "dose_change", 0.3).drug(20, "start", 0.2, "o2").vital(30, "map", 56)
    found = state(folder.read())
    assert (found.value("norepinephrine"), found.readings["norepinephrine"].quality) == (None, "contradictory")
    assert ("flag-contradiction", "norepinephrine") in {caution[:2] for caution in found.cautions}
    later = state(folder.drug(25, "dose_change", 0.3).read())
    assert later.value("norepinephrine") == Fraction(3, 10)


# --- whose stop it is


def test_a_stop_of_an_order_that_never_ran_ends_no_other() -> None:
    assert doses(event(0, 0.2), event(10, 0, "o9")) == [(0, Fraction(1, 5)), (10, Fraction(1, 5))]
    assert doses(event(0, 0.2), event(5, 0), event(10, 0, "o9")) == [(0, Fraction(1, 5)), (5, 0), (10, 0)]
    course = clif_infusions.steps([event(0, 0.2), event(10, 0, "o9")], DRUG, CARRY)
    notes: list[Caution] = []
    clif_infusions.observations("norepinephrine", course, minute(40), CARRY, "here", notes)
    assert [code for code, *_ in notes] == ["infusion-overlap"]


def test_a_stop_without_an_order_ends_everything() -> None:
    assert doses(event(0, 0.2), event(10, 0, ""))[-1] == (10, 0)
    assert doses(event(0, 0.2, ""), event(10, 0, "o9"))[-1] == (10, 0)


def test_an_order_charted_since_the_stopped_one_began_goes_on() -> None:
    assert doses(event(0, 0.2), event(10, 0.1, "o2"), event(20, 0.3), event(30, 0, "o2"))[-1] == (30, Fraction(3, 10))
    assert doses(event(0, 0.2), event(0, 0.2, "o2"), event(30, 0, "o2"))[-1] == (30, Fraction(1, 5))


# --- what an action means


@pytest.mark.parametrize("action", ["not_administered", "Not Given"])
def test_a_dose_that_was_not_given_does_not_run(folder: Folder, action: str) -> None:
    table = folder.drug(0, action, 0.2).vital(9, "map", 66).read()
    assert [row.value for row in table.series("norepinephrine") if row.value] == []
    table = folder.drug(1, "start", 0.1).drug(5, action, 0.4).read()
    assert latest(table, "norepinephrine").value == Fraction(1, 10)


def test_a_bolus_is_no_rate_and_a_dose_beside_an_unheard_of_action_is_not_known(folder: Folder) -> None:
    folder.drug(0, "start", 0.1).drug(3, "bolus", 4, unit="mcg").vital(9, "map", 66)
    assert latest(folder.read(), "norepinephrine").value == Fraction(1, 10)
    assert state(folder.drug(4, "given", 0.4).read()).value("norepinephrine") is None  # perhaps a rate, perhaps not
    table = folder.drug(5, "handover", 0.4).read()
    assert latest(table, "norepinephrine").value is None and "action-not-known" in codes(table)
    assert state(table).readings["norepinephrine"].quality == "not-given"
    table = folder.drug(7, "verify", 0.4).read()
    assert latest(table, "norepinephrine").value == Fraction(2, 5)


@pytest.mark.parametrize("action", ["paused", "held", "other", "handover"])
def test_an_action_nobody_knows_leaves_the_dose_unknown_without_a_dose_too(folder: Folder, action: str) -> None:
    folder.drug(0, "start", 0.1).drug(180, action, None).vital(190, "map", 58)
    table = folder.read()
    assert latest(table, "norepinephrine").value is None and "action-not-known" in codes(table)
    assert state(table).value("norepinephrine") is None
    assert (
        state(folder.drug(200, "dose_change", 0.2).vital(210, "map", 60).read()).value("norepinephrine") is not None
    )


def test_a_dose_that_is_no_number_is_not_an_empty_cell(folder: Folder) -> None:
    folder.types["medication_admin_continuous", "med_dose"] = "VARCHAR"
    folder.drug(0, "start", 0.1).vital(190, "map", 58)
    folder.tables["medication_admin_continuous"].append(
        ("h1", "o1", minute(180), "norepinephrine", "vasoactives", "", "going", "0.4 as told", "mcg/kg/min")
    )
    table = folder.read()
    assert state(table).value("norepinephrine") is None and "not-a-number" in codes(table)


def test_rows_of_a_bolus_alone_do_not_say_that_a_drug_is_off(folder: Folder) -> None:
    table = folder.drug(3, "bolus", 4, unit="mcg").vital(9, "map", 66).read()
    assert table.series("norepinephrine") == ()


def test_a_listing_counts_no_hours_of_what_was_not_given(folder: Folder) -> None:
    from vasotone.readers import clif

    folder.drug(0, "not_administered", 0.4).drug(60, "start", 0.1).drug(180, "stop", 0)
    (listed,) = clif.hospitalizations(folder.write())
    assert (listed.first, listed.hours) == (minute(60), 2)


@pytest.mark.parametrize("unit", ["ug.kg-1.min-1", "ug/(kg.min)", "mcg/kg/min"])
def test_a_unit_with_exponents_is_the_same_unit(folder: Folder, unit: str) -> None:
    found = state(folder.drug(1, "start", 0.2504, unit=unit).vital(9, "map", 66).read())
    assert found.value("norepinephrine") == Fraction(1, 4)


@pytest.mark.parametrize("unit", [None, "mcq/kg/min"])
def test_zero_in_a_unit_that_is_not_known_is_zero(folder: Folder, unit: str | None) -> None:
    table = folder.drug(1, "start", 0.2).drug(5, "dose_change", 0, unit=unit).vital(9, "map", 66).read()
    assert state(table).value("norepinephrine") == 0
    assert state(folder.drug(6, "stop", None, unit=unit).read()).value("norepinephrine") == 0


def test_one_single_dose_charted_twice_is_one(folder: Folder) -> None:
    rows = [("h1", minute(1), "hydrocortisone", "given", 50.0, "mg")] * 2
    folder.tables["medication_admin_intermittent"] = list(rows)
    assert latest(folder.vital(9, "map", 66).read(), "hydrocortisone").value == 50


def test_a_dose_in_another_unit_is_rounded_in_the_drug_s_own() -> None:
    vasopressin = next(item for item in _settings()["infusion"] if item["name"] == "vasopressin")
    assert clif_infusions.tidy(Fraction("2.4038"), "units/hour", vasopressin["resolution"]) == Fraction(12, 5)
    assert clif_infusions.tidy(Fraction("8.00234"), "mcg/min", DRUG["resolution"]) == Fraction("8.0023")


def test_a_negative_dose_is_not_a_dose(folder: Folder) -> None:
    found = state(folder.drug(0, "start", 0.2).drug(5, "dose_change", -1).vital(9, "map", 66).read())
    assert found.readings["norepinephrine"].quality == "implausible"


@pytest.mark.parametrize(("gap", "hours"), [(59, 5), (60, 5), (61, Fraction(139, 60))])
def test_a_short_pause_keeps_the_episode(folder: Folder, gap: int, hours: Fraction) -> None:
    folder.drug(0, "start", 0.1).drug(100, "stop", 0).drug(100 + gap, "start", 0.1)
    assert state(folder.vital(300, "map", 66).read()).value("norepinephrine_hours") == hours


def test_during_a_pause_the_dose_is_zero(folder: Folder) -> None:
    table = folder.drug(0, "start", 0.1).drug(100, "stop", 0).vital(160, "map", 66).read()
    assert (latest(table, "norepinephrine").value, latest(table, "norepinephrine").at) == (0, minute(100))
    assert state(table).value("norepinephrine_hours") is None


def test_a_dose_charted_after_a_day_without_any_does_not_tell_when_it_began(folder: Folder) -> None:
    folder.drug(0, "start", 0.1).drug(24 * 60 + 1, "dose_change", 0.2)
    assert state(folder.vital(24 * 60 + 5, "map", 66).read()).value("norepinephrine_hours") is None


def test_a_dose_is_not_carried_beyond_a_day_but_a_stop_holds(folder: Folder) -> None:
    later = 24 * 60 + 10
    table = folder.drug(1, "start", 0.2).drug(1, "stop", 0.0, category="epinephrine").vital(later, "map", 66).read()
    # The row keeps its own time, so that its age shows; freshness makes it unknown.
    assert latest(table, "norepinephrine").at == minute(1)
    assert state(table).value("norepinephrine_hours") is None
    assert (latest(table, "epinephrine").value, latest(table, "epinephrine").at) == (0, minute(later))


def test_a_check_of_the_pump_without_a_dose_changes_nothing(folder: Folder) -> None:
    table = folder.drug(1, "start", 0.2).drug(9, "verify", None).vital(10, "map", 66).read()
    assert [(row.value, row.at) for row in table.series("norepinephrine")][1:] == [(Fraction(1, 5), minute(1))]
    table = folder.drug(9, "dose_change", None).read()
    assert latest(table, "norepinephrine").value is None and "dose-missing" in codes(table)
    assert state(table).readings["norepinephrine"].quality == "not-given"


def test_a_unit_that_is_not_written_stays_unknown(folder: Folder) -> None:
    table = folder.drug(1, "start", 0.2, unit=None).vital(10, "map", 66).read()
    assert latest(table, "norepinephrine").unit is None
    assert latest(table, "norepinephrine").basis == "unknown"


EVENTS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([0, 0.05, 0.2, 0.31, 7.5]), st.sampled_from(["a", "b"])),
    min_size=1,
    max_size=12,
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_order_and_duplicates_of_rows_do_not_matter(rows: list[tuple[int, float, str]], random: object) -> None:
    events = [event(*row) for row in rows]
    shuffled = [*events, *events]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clif_infusions.steps(shuffled, DRUG, CARRY) == clif_infusions.steps(events, DRUG, CARRY)


@given(EVENTS)
def test_a_dose_of_an_instant_always_beats_its_stops(rows: list[tuple[int, float, str]]) -> None:
    course = clif_infusions.steps([event(*row) for row in rows], DRUG, CARRY)
    assert all(early.at <= late.at for early, late in pairwise(course))
    for at in {step.at for step in course}:
        charted = {Fraction(str(dose)) for when, dose, _ in rows if minute(when) == at and dose}
        if charted:
            assert [step.dose for step in course if step.at == at] == sorted(charted)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0, 0.05, 0.2])), min_size=1, max_size=12))
def test_one_order_runs_from_one_row_to_the_next(rows: list[tuple[int, float]]) -> None:
    course = clif_infusions.steps([event(when, dose) for when, dose in rows], DRUG, CARRY)
    for now in range(41):
        seen = [when for when, _ in rows if when <= now]
        charted = {Fraction(str(dose)) for when, dose in rows if seen and when == max(seen)}
        known = sorted(charted - {0} or charted)
        begun = [step for step in course if step.at <= minute(now)]
        assert [step.dose for step in begun if step.at == begun[-1].at] == known
