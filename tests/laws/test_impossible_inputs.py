"""What cannot be is never used: an alarm names it, no dose rests on it, nothing falls over, through every door."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from answers import DOORS, answer, by_fhir, dosed, plain
from invented_charts import us
from law_patients import AT, FACTS, MINUTE, Bag, Entry, Record, as_clif, as_fhir, as_plain, changed

import vasotone
from vasotone.dose import dose
from vasotone.errors import InputError, VasotoneError
from vasotone.readers import clif

STEP = Fraction(1, 1000)
WRITTEN = ("-1", "0", "38", "9999", "-9999", "99999999", "1e15")
NUMBERS = sorted(
    name
    for name, variable in FACTS.variables.items()
    if variable.kind == "number" and not {"derive", "points"} & set(variable.record)
)
SHOCK = Record(
    AT,
    {
        "age": [Entry(Fraction(60))],
        "weight": [Entry(Fraction(80), kind="actual")],
        "map": [Entry(Fraction(55))],
        "norepinephrine": [Entry(Fraction("0.3"), basis="base", bag=Bag("4 mg", "250 mL"))],
        **{
            drug: [Entry(Fraction(0))]
            for drug in ("vasopressin", "epinephrine", "dobutamine", "hydrocortisone", "angiotensin_ii")
        },
    },
    ["septic-shock", "extravasation"],
)
PLAIN = dosed(answer(plain(SHOCK)))


def impossible(name: str) -> list[Fraction]:
    """Numbers outside the plausible range of a variable: sentinels, and one step beyond each end."""
    variable = FACTS.variables[name]
    low, high = Fraction(str(variable.low)), Fraction(str(variable.high))
    found = [value for value in map(Fraction, WRITTEN) if not low <= value <= high]
    return [*found, low - STEP, high + STEP]


def test_every_number_has_a_range_and_something_outside_it() -> None:
    assert len(NUMBERS) > 40 and PLAIN
    for name in NUMBERS:
        assert len(impossible(name)) >= 5, name


@pytest.mark.parametrize("name", NUMBERS)
def test_an_impossible_number_raises_an_alarm_and_gives_no_dose(name: str) -> None:
    without = {door: set(dosed(answer(door(changed(SHOCK, **{name: None}))))) for door in DOORS}
    for value in impossible(name):
        sound = SHOCK.series.get(name, [Entry(Fraction(0), basis="base")])[0]
        record = changed(SHOCK, **{name: sound._replace(value=value)})
        for door in DOORS:
            found = answer(door(record))
            alarms = {(one["code"], one["name"]) for one in found["warnings"]}
            assert ("flag-implausible", name) in alarms, (door.__name__, value)
            assert found["values"][name]["value"] is None and found["values"][name]["quality"] == "implausible"
            assert set(dosed(found)) <= without[door], (door.__name__, value)
            assert not any(item["dose"] for item in found["items"] if item["target"] == name), value
            if name in ("age", "weight"):
                assert all(item["pump"] is None for item in found["items"]), value
            assert vasotone.show(vasotone.advise(door(record), facts=FACTS), "text")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999999", '"55"', "true"])
def test_what_is_no_number_is_an_error_and_never_a_dose(name: str, written: str) -> None:
    patient = as_plain.patient(changed(SHOCK, **{name: None}))
    text = json.dumps({**patient, name: "HERE"}).replace('"HERE"', written)
    if written == "1e999999":
        found = answer(vasotone.read(text, facts=FACTS))
        assert ("flag-implausible", name) in {(one["code"], one["name"]) for one in found["warnings"]}
        assert found["values"][name]["value"] is None
        return
    with pytest.raises(InputError) as caught:
        vasotone.read(text, facts=FACTS)
    assert caught.value.exit_code == 2 and caught.value.fix


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("name", ["map", "norepinephrine", "weight", "lactate"])
def test_a_bundle_with_what_is_no_number_is_an_error(name: str, written: str) -> None:
    units = {one: variable.unit for one, variable in FACTS.variables.items()}
    record = changed(SHOCK, **{name: Entry(Fraction(12345), basis="base" if name == "norepinephrine" else "")})
    text = json.dumps(as_fhir.bundle(record, units)).replace("12345", written)
    assert written in text
    with pytest.raises(InputError):
        vasotone.read(text, at=AT, facts=FACTS)


def charted(**cells: Any) -> dict[str, list[tuple[Any, ...]]]:
    """One stay in shock with a value in a cell."""
    now = us(AT - 5 * MINUTE)
    vitals = {
        "map": 55.0,
        "heart_rate": 100.0,
        "weight_kg": 80.0,
        "sbp": 80.0,
        "dbp": 42.5,
        "spo2": 95.0,
        "height_cm": 170.0,
    }
    labs = {
        "lactate": (4.0, "mmol/L"),
        "creatinine": (1.5, "mg/dL"),
        "ph_arterial": (7.2, None),
        "bilirubin_total": (1.0, "mg/dL"),
        "hemoglobin": (9.0, "g/dL"),
        "so2_central_venous": (70.0, "%"),
    }
    drugs = {
        "norepinephrine": (0.3, "mcg/kg/min"),
        "vasopressin": (0.03, "units/min"),
        "epinephrine": (0.1, "mcg/kg/min"),
        "phenylephrine": (1.0, "mcg/kg/min"),
        "dopamine": (5.0, "mcg/kg/min"),
        "angiotensin": (10.0, "ng/kg/min"),
    }
    return {
        "hospitalization": [(as_clif.PATIENT, us(AT - 3000 * MINUTE), us(AT + 900 * MINUTE), 67)],
        "vitals": [(now, name, "", cells.get(name, value)) for name, value in vitals.items()],
        "labs": [(now, name, cells.get(name, value), unit) for name, (value, unit) in labs.items()],
        "medication_admin_continuous": [
            (now, f"o-{name}", name, "start", cells.get(name, value), unit) for name, (value, unit) in drugs.items()
        ],
        "hospital_diagnosis": [("ICD10CM", "R65.21")],
    }


OF_TABLES = {
    "map": "map",
    "heart_rate": "hr",
    "weight_kg": "weight",
    "sbp": "sbp",
    "dbp": "dbp",
    "spo2": "spo2",
    "height_cm": "height",
    "lactate": "lactate",
    "creatinine": "creatinine",
    "ph_arterial": "ph",
    "bilirubin_total": "bilirubin",
    "hemoglobin": "hemoglobin",
    "so2_central_venous": "scvo2",
    "norepinephrine": "norepinephrine",
    "vasopressin": "vasopressin",
    "epinephrine": "epinephrine",
    "phenylephrine": "phenylephrine",
    "dopamine": "dopamine",
    "angiotensin": "angiotensin_ii",
}
CELLS = (float("nan"), float("inf"), -1.0, 9999.0)
ALONE = ("map", "weight_kg", "lactate", "norepinephrine", "vasopressin")


def judged(folder: Path, cell: float, categories: list[str]) -> dict[str, Any]:
    """The advice on a stay with an impossible cell in each of some categories, once each has its alarm."""
    as_clif.write(folder, charted(**dict.fromkeys(categories, cell)))
    found = answer(clif.read(str(folder), hospitalization=as_clif.STAY, at=AT, facts=FACTS))
    told = {(one["code"], one["name"]) for one in [*found["warnings"], *found["notes"]]}
    for name in (OF_TABLES[category] for category in categories):
        value = found["values"].get(name)
        assert value is None or value["value"] is None or value["origin"] == "derived", (name, cell, value)
        assert told & {("flag-implausible", name), ("not-a-number", name)}, (name, cell)
        assert not any(item["dose"] for item in found["items"] if item["target"] == name), (name, cell)
    return found


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_impossible_cells_of_tables_raise_alarms_and_give_no_dose(cell: float, tmp_path: Path) -> None:
    assert not dosed(judged(tmp_path, cell, list(OF_TABLES)))


@pytest.mark.parametrize("category", ALONE)
def test_one_impossible_cell_among_sound_ones_raises_its_alarm(category: str, tmp_path: Path) -> None:
    judged(tmp_path, 9999.0, [category])


ASKED = {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "4 mg/250 mL", "basis": "base"}
TEXTS = (
    ("weight", "-1 kg"),
    ("weight", "0 kg"),
    ("weight", "1 kg"),
    ("weight", "9999 kg"),
    ("weight", "19.999 kg"),
    ("weight", "400.001 kg"),
    ("weight", "NaN kg"),
    ("weight", "inf kg"),
    ("weight", "80"),
    ("dose", "-1 ug/kg/min"),
    ("dose", "9999 ug/kg/min"),
    ("dose", "NaN ug/kg/min"),
    ("dose", "Infinity ug/kg/min"),
    ("dose", "3.301 ug/kg/min"),
    ("dose", "0.1"),
    ("bag", "0 mg/250 mL"),
    ("bag", "4 mg/0 mL"),
    ("bag", "-4 mg/250 mL"),
    ("bag", "9999 g/250 mL"),
    ("bag", "NaN mg/250 mL"),
    ("bag", "4/250"),
    ("rate", "-1 mL/h"),
    ("rate", "9999 mL/h"),
    ("rate", "NaN mL/h"),
    ("rate", "30"),
)


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_an_impossible_question_gives_no_pump_setting(name: str, text: str) -> None:
    asked = {**ASKED, name: text}
    if name == "rate":
        asked.pop("dose")
    try:
        found = dose(FACTS.drugs["norepinephrine"], FACTS.limits, **asked)
    except VasotoneError as error:
        assert error.exit_code == 2 and error.what and error.fix
        return
    assert found.rounded is None and found.exit_code == 3
    assert [limit for limit in found.limits if limit["exceeded"]]


def test_the_possible_question_is_answered() -> None:
    assert dose(FACTS.drugs["norepinephrine"], FACTS.limits, **ASKED).rounded == 30
    assert dosed(answer(by_fhir(SHOCK)))
    assert Path(as_clif.__file__).exists()
