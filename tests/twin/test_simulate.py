"""`simulate`: what every face holds, what is asked for first, what is refused, and what the numbers may not do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import cli, facts
from vasotone.errors import InputError, UnitError
from vasotone.twin.simulate import exit_code, grid, simulate
from vasotone.twin.simulation import NOTICE, Simulation
from vasotone.views import simulation as face

FACTS = facts.load()
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "septic-shock.json"
RAISE = "norepinephrine 0.32 -> 0.45 ug/kg/min at 5 min"
FEW = 200
PUMP = ("mL/h", "ml/h", "mL/hr", "drops")


def patient(**changes: Any) -> dict[str, Any]:
    """An invented patient with a pressure and a dose, without a trend."""
    plain: dict[str, Any] = {
        "age": 64, "weight": 80, "conditions": ["septic-shock"], "map": 58, "dbp": 42, "hr": 104,
        "norepinephrine": {"value": 0.2, "basis": "base"},
    }  # fmt: skip
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def run(record: Any, *plans: str, **options: Any) -> Simulation:
    """A simulation of a plain patient with few members."""
    table = vasotone.read(record, facts=FACTS)
    return simulate(table, FACTS, plans or ("",), **{"members": FEW, "hours": 1.0, **options})


def codes(result: Simulation) -> set[str]:
    """The codes of the warnings."""
    return {code for code, *_ in result.warnings}


def last(result: Simulation, name: str = "MAP", place: int = 0, which: str = "median") -> float:
    """The last value shown of a variable."""
    return float(result.plans[place]["variables"][name][which][-1])


def test_the_record_has_its_shape() -> None:
    record = run(patient(), RAISE, target="MAP 65").to_dict()
    assert record["schema"] == "vasotone.simulation/1" and record["seed"] == 1 and record["model"].startswith("twin-")
    assert json.loads(json.dumps(record)) == record
    assert record["minutes"] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
    for name in ("MAP", "DAP", "SAP", "HR", "CVP", "DSI", "CI_relative"):
        one = record["variables"][name]
        assert len(one["median"]) == len(one["low"]) == len(one["high"]) == len(record["minutes"]) and one["unit"]
        assert all(low <= mid <= high for low, mid, high in zip(one["low"], one["median"], one["high"], strict=True))


@pytest.mark.parametrize("plans", [(RAISE,), (RAISE, "vasopressin 0.03 U/min", "saline 500 mL over 15 min")])
def test_every_face_says_what_it_is_for_and_shows_an_interval_and_no_pump(plans: tuple[str, ...]) -> None:
    """H59: a simulation is never read as a dose: the line first, intervals throughout, no rate of a pump."""
    result = run(patient(), *plans, target="MAP 65")
    record = result.to_dict()
    assert record["notice"] == NOTICE and "not a recommendation" in NOTICE
    for width in (48, 80, 140):
        text = face.show(record, width=width)
        assert " ".join(text.split()).startswith(NOTICE)
        rows = [line for line in text.splitlines() if line.startswith(tuple(face.LABELS.values()))]
        assert len(rows) == 7 * len(plans)
        assert all(line.count("(") == line.count(")") >= 2 and "-" in line for line in rows)
        assert "no dose for a patient" in " ".join(text.split())
    assert not any(unit in json.dumps(record) + face.show(record) for unit in PUMP)
    assert "pump" not in json.dumps(record) and all(
        "low" in one and "high" in one for one in record["variables"].values()
    )
    assert {"low", "median", "high"} <= set(record["target"]["dose"])


def test_refusals_and_questions_hold_the_line_too() -> None:
    """H59: also where nothing is shown."""
    for result in (run(patient(map=None)), run(patient(age=10))):
        assert face.show(result.to_dict()).startswith("Simulated, not a recommendation") and result.plans == ()


def test_more_pressor_raises_the_pressure_and_less_lowers_it() -> None:
    result = run(patient(), "no change", "norepinephrine 0.3 ug/kg/min", "norepinephrine 0.1 ug/kg/min")
    assert last(result, place=2) < last(result, place=0) < last(result, place=1)


def test_fluid_raises_filling_and_flow_and_bleeding_lowers_them() -> None:
    result = run(
        patient(), "no change", "saline 500 mL over 15 min at 30 min", "bleeding 500 mL over 15 min at 30 min"
    )
    for name in ("CVP", "CI_relative", "MAP"):
        assert last(result, name, 2) < last(result, name, 0) < last(result, name, 1)


def test_plans_side_by_side_differ_by_the_plan_alone() -> None:
    result = run(patient(), "", "no change", RAISE)
    assert result.plans[0]["variables"] == result.plans[1]["variables"]
    before = result.plans[2]["variables"]["MAP"]["median"][0]
    assert before == result.plans[0]["variables"]["MAP"]["median"][0]


def test_the_first_minute_is_the_reading_where_nothing_is_fitted() -> None:
    result = run(patient())
    assert result.fitted is None
    assert result.plans[0]["variables"]["MAP"]["median"][0] == pytest.approx(58.0, abs=0.05)
    assert result.plans[0]["variables"]["CI_relative"]["median"][0] == 100.0


def test_a_trend_is_fitted_and_says_what_it_did_not_tell() -> None:
    result = run(json.loads(EXAMPLE.read_text()), RAISE)
    assert result.fitted is not None and result.fitted["readings"] == 6 and "ci" in result.not_informed


def test_flow_is_absolute_only_where_it_was_measured() -> None:
    without, measured = run(patient()), run(patient(cardiac_index=3.1))
    assert not without.absolute_flow_known and "CI" not in without.plans[0]["variables"]
    assert "flow-not-measured" in codes(without)
    assert measured.absolute_flow_known and measured.plans[0]["variables"]["CI"]["median"][0] == pytest.approx(
        3.1, abs=0.01
    )


@pytest.mark.parametrize(
    ("changes", "plan", "missing"),
    [
        ({"map": None}, "", {"map"}),
        ({"weight": None}, "norepinephrine 5 mg/h", {"weight"}),
        ({"norepinephrine": {"value": 5, "unit": None}}, "", {"norepinephrine"}),
        ({"map": None, "weight": None}, "norepinephrine 5 mg/h", {"map", "weight"}),
    ],
)
def test_what_is_not_known_is_asked_for(changes: dict[str, Any], plan: str, missing: set[str]) -> None:
    result = run(patient(**changes), plan)
    assert {one["name"] for one in result.missing} == missing and exit_code(result) == 5 and result.plans == ()
    assert all(one["unit"] and one["why"] for one in result.missing)


def test_a_pressure_is_reckoned_from_systolic_and_diastolic_where_no_mean_was_charted() -> None:
    result = run(patient(map=None, sbp=90))
    assert result.plans[0]["variables"]["MAP"]["median"][0] == pytest.approx(58.0, abs=0.1)


def test_a_child_is_refused() -> None:
    result = run(patient(age=10), RAISE)
    assert result.refused is not None and exit_code(result) == 3 and result.refused["instead"]


@pytest.mark.parametrize("word", ["cardiogenic-shock", "haemorrhage", "pregnant", "anaphylaxis"])
def test_patients_that_the_model_was_not_made_from_are_warned_of(word: str) -> None:
    assert "outside-domain" in codes(run(patient(conditions=["septic-shock", word]), RAISE))


@pytest.mark.parametrize(
    ("changes", "plan"),
    [({"map": 115}, ""), ({"weight": 210}, ""), ({}, "norepinephrine 3.5 ug/kg/min"), ({"hr": 175}, "")],
)
def test_outside_the_domain_a_warning_names_what(changes: dict[str, Any], plan: str) -> None:
    result = run(patient(**changes), plan)
    found = [text for code, _, text, _ in result.warnings if code == "outside-domain"]
    assert found and "lies outside" in found[0]


@pytest.mark.parametrize("changes", [{"map": 300}, {"lvef": 0}, {"hr": 900}, {"cvp": 90}, {"weight": -3}])
def test_what_cannot_be_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot be"):
        run(patient(**changes))


@pytest.mark.parametrize(
    "options",
    [{"hours": 0.0}, {"hours": 25.0}, {"hours": float("nan")}, {"target": "MAP 300"}, {"target": "CI 3"}],
)
def test_options_that_cannot_be_are_errors(options: dict[str, Any]) -> None:
    with pytest.raises((InputError, UnitError)):
        run(patient(), "", **options)


def test_more_than_a_few_plans_or_none_is_an_error() -> None:
    with pytest.raises(InputError):
        run(patient(), *[""] * 9)
    with pytest.raises(InputError):
        simulate(vasotone.read(patient(), facts=FACTS), FACTS, ())


def test_a_dose_that_no_pump_gives_is_an_error() -> None:
    with pytest.raises(InputError, match="cannot be"):
        run(patient(), "norepinephrine 2000 ug/kg/min")


def test_a_form_that_nobody_wrote_down_widens_the_answer() -> None:
    known = run(patient(norepinephrine=0), "norepinephrine 0.2 ug/kg/min base")
    unknown = run(patient(norepinephrine=0), "norepinephrine 0.2 ug/kg/min")
    assert "ask-basis" in codes(unknown) and "ask-basis" not in codes(known)
    assert last(unknown) < last(known)
    assert unknown.plans[0]["doses"]["norepinephrine"] == {
        "unit": "ug/kg/min", "basis": "as written", "value": [0.0, *[0.2] * 12],
    }  # fmt: skip


def test_a_plan_is_written_in_the_form_of_the_record() -> None:
    salt = run(patient(norepinephrine={"value": 0.2, "basis": "bitartrate"}), "norepinephrine 0.2 -> 0.4 ug/kg/min")
    base = salt.plans[0]["doses"]["norepinephrine"]
    assert (
        base["basis"] == "base"
        and base["value"][-1] == pytest.approx(2 * base["value"][0])
        and base["value"][0] < 0.11
    )
    named = run(patient(norepinephrine={"value": 0.2, "basis": "bitartrate"}), "norepinephrine 0.4 ug/kg/min base")
    assert named.plans[0]["doses"]["norepinephrine"]["value"][-1] == pytest.approx(0.4)


def test_the_plan_may_say_what_runs_where_the_record_does_not() -> None:
    result = run(patient(norepinephrine=None), "norepinephrine 0.1 -> 0.2 ug/kg/min base")
    assert "dose-from-plan" in codes(result) and result.plans[0]["doses"]["norepinephrine"]["value"][:2] == [0.1, 0.2]
    other = run(patient(), "norepinephrine 0.1 -> 0.3 ug/kg/min at 5 min")
    assert "plan-begins-elsewhere" in codes(other)
    assert other.plans[0]["doses"]["norepinephrine"]["value"][0] == pytest.approx(0.2)


def test_the_dose_sought_holds_the_target_and_grows_with_it() -> None:
    low, high = (run(patient(), target=f"MAP {aim}").target for aim in (60, 70))
    assert low is not None and high is not None
    assert low["dose"]["median"] < high["dose"]["median"] and low["drug"] == "norepinephrine"
    dose = low["dose"]["median"]
    held = run(patient(), f"norepinephrine {dose} ug/kg/min base", target="MAP 60")
    assert last(held) == pytest.approx(60.0, abs=1.5) and 0.35 < held.plans[0]["reaches_target"] < 0.65


def test_the_same_seed_gives_the_same_record_in_another_process() -> None:
    """H60: what one machine shows another shows too, from the seed that stands in the record."""
    command = [sys.executable, "-m", "vasotone", "simulate", str(EXAMPLE), "--plan", RAISE, "--seed", "7", "--json"]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second and json.loads(first)["seed"] == 7
    here = vasotone.simulate(EXAMPLE.read_text(), RAISE, seed=7).to_dict()
    assert here["variables"] == json.loads(first)["variables"]


def test_the_grid_ends_where_it_is_asked_to() -> None:
    for hours in (0.1, 1.0, 2.0, 5.0, 13.0, 24.0):
        times = grid(hours)
        assert times[0] == 0 and times[-1] == hours * 60 and list(times) == sorted(set(times)) and len(times) <= 50


ARGUMENTS = [
    (["--plan", RAISE, "--hours", "1"], 0),
    (["--plan", "norepinephrine 0.2"], 2),
    (["--plan", "unobtainium 3 mg/h"], 2),
    (["--plan", "saline -500 mL over 5 min"], 2),
    (["--hours", "30"], 2),
    (["--hours", "two"], 2),
    (["--seed", "-1"], 2),
    (["--seed", "x"], 2),
    (["--target", "HR 80"], 2),
]


@pytest.mark.parametrize(("arguments", "code"), ARGUMENTS)
def test_the_command_ends_as_it_should(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str], record_one: Callable[[str], Any]
) -> None:
    assert cli.main(["simulate", str(EXAMPLE), *arguments, "--json"]) == code
    record = record_one(capsys.readouterr().out)
    assert record["schema"] == ("vasotone.simulation/1" if code == 0 else "vasotone.error/1")


@pytest.fixture
def record_one() -> Callable[[str], Any]:
    """Reads one record, and fails where there is more than one."""
    return json.loads


def test_the_text_of_the_command_begins_with_its_notice(capsys: pytest.CaptureFixture[str]) -> None:
    """H59: the terminal too."""
    assert cli.main(["simulate", str(EXAMPLE), "--plan", RAISE, "--plan", "no change"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Simulated, not a recommendation") and "PLAN 1" in text and "PLAN 2" in text


def test_text_from_outside_stays_inert() -> None:
    record = run(patient(conditions=["septic-shock", "\x1b[31mred"]), RAISE).to_dict()
    assert "\x1b" not in face.show(record)


def test_a_drug_whose_dose_is_old_is_taken_to_run_on_and_that_is_said() -> None:
    old = {"value": 0.03, "unit": "U/min", "at": "2026-01-10T08:00:00Z"}
    result = run(patient(at="2026-01-12T08:00:00Z", vasopressin=old), "no change")
    assert "dose-not-settled" in codes(result)
    assert result.plans[0]["doses"]["vasopressin"]["value"][-1] == pytest.approx(0.03)
