"""A drug, a statement, a source and a variable: each is one entry in one file, and every door knows it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import vasotone
from vasotone import cli, facts
from vasotone.facts import Facts
from vasotone.table import Table

# An invented drug, source and variable; the numbers mean nothing.
DRUG = """
[vasotonin]
name = "vasotonin"
label = "Vasotonin"
aliases = ["tonivas"]
class = "catecholamine-vasopressor"
unit = "ug/kg/min"
infusion = true
plausible = { low = 0, high = 8, unit = "ug/kg/min", cite = { source = "vasotone-limits", at = "invented" } }
fresh = { value = 1440, unit = "min", cite = { source = "vasotone-limits", at = "invented" } }
"""
SOURCE = """
[invented-2030]
title = "An invented paper"
year = 2030
kind = "observational"
read = "primary"
"""
VARIABLE = """
[skin_temperature]
label = "skin temperature"
kind = "number"
unit = "cm"
plausible = { low = 10, high = 45, unit = "cm", cite = { source = "vasotone-limits", at = "invented" } }
clif = { table = "vitals", categories = ["skin_temp"] }
"""
STATEMENT = """
[[statement]]
id = "warm-the-hands"
kind = "practice"
badge = "expert"
setting = "any"
clinician = "Consider warming the hands."
patient = "Warm hands help."
do = { action = "assess", target = "perfusion" }
when = "map < 30 and hr > 150"
cites = [{ source = "vasotone-limits", at = "invented" }]
"""


@pytest.fixture
def grown(tmp_path: Path) -> Callable[[str, str], Facts]:
    """The packaged facts with one entry added to one file."""

    def add(file: str, entry: str) -> Facts:
        folder = tmp_path / "data"
        shutil.copytree(facts.DATA, folder, dirs_exist_ok=True)
        path = folder / file
        path.write_text(path.read_text("utf-8") + entry, "utf-8")
        return facts.load(str(folder))

    return add


def clif_folder(folder: Path, category: str, dose: bool) -> str:
    """A folder of CLIF tables of one invented stay."""
    folder.mkdir()
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    rows = {
        "hospitalization": "SELECT 'p' AS patient_id, 'h' AS hospitalization_id, 60 AS age_at_admission, "
        "TIMESTAMPTZ '2030-01-31 07:00Z' AS admission_dttm, TIMESTAMPTZ '2030-02-01 07:00Z' AS discharge_dttm",
        "vitals": "SELECT 'h' AS hospitalization_id, TIMESTAMPTZ '2030-01-31 08:00Z' AS recorded_dttm, "
        f"unnest(['map', '{category}']) AS vital_category, unnest([58.0, 31.5]) AS vital_value",
    }
    if dose:
        rows["medication_admin_continuous"] = (
            "SELECT 'h' AS hospitalization_id, TIMESTAMPTZ '2030-01-31 07:30Z' AS admin_dttm, "
            f"'{category}' AS med_category, 0.7 AS med_dose, 'mcg/kg/min' AS med_dose_unit"
        )
    for table, query in rows.items():
        connection.execute(f"COPY ({query}) TO '{folder}/clif_{table}.parquet' (FORMAT parquet)")
    connection.close()
    return str(folder)


def bundle(name: str, value: float, unit: str, known: Facts) -> Table:
    """One value as FHIR: a variable under its own name, or a drug by its own name."""
    resource: dict[str, object] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "urn:vasotone:variable", "code": name}]},
        "effectiveDateTime": "2030-01-31T07:55:00Z",
        "valueQuantity": {"value": value, "unit": unit},
    }
    if name in known.drugs:
        resource = {
            "resourceType": "MedicationAdministration",
            "status": "in-progress",
            "medicationCodeableConcept": {"text": known.drugs[name]["label"]},
            "subject": {"reference": "Patient/p"},
            "effectivePeriod": {"start": "2030-01-31T07:30:00Z"},
            "dosage": {"rateQuantity": {"value": value, "unit": unit}},
        }
    record = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}
    return vasotone.read(json.dumps(record), at="2030-01-31T08:00:00Z", facts=known)


def plain(**values: object) -> str:
    return json.dumps({"at": "2030-01-31T08:00:00Z", **values})


def test_a_drug(grown: Callable[[str, str], Facts], tmp_path: Path) -> None:
    known = grown("drugs.toml", DRUG)
    assert cli.drug_named("tonivas", known.drugs) == "vasotonin"
    for spelling in ("vasotonin", "tonivas"):
        advice = vasotone.advise(vasotone.read(plain(**{spelling: 0.7}), facts=known), facts=known)
        assert advice.values["vasotonin"]["value"] == 0.7
    implausible = vasotone.advise(vasotone.read(plain(vasotonin=9), facts=known), facts=known)
    assert implausible.values["vasotonin"]["quality"] == "implausible"
    folder = clif_folder(tmp_path / "clif", "TONIVAS", dose=True)
    table = vasotone.read(folder, hospitalization="h", at="last", facts=known)
    assert vasotone.advise(table, facts=known).values["vasotonin"]["value"] == 0.7
    assert (
        vasotone.advise(bundle("vasotonin", 0.7, "ug/kg/min", known), facts=known).values["vasotonin"]["value"] == 0.7
    )
    from vasotone.dose import dose

    result = dose(known.drugs["vasotonin"], known.limits, dose="0.5 ug/kg/min", weight="80 kg", bag="4 mg/250 mL")
    assert result.exact == 150


def test_a_variable(grown: Callable[[str, str], Facts], tmp_path: Path) -> None:
    known = grown("variables.toml", VARIABLE)
    advice = vasotone.advise(vasotone.read(plain(skin_temperature=31.5), facts=known), facts=known)
    assert advice.values["skin_temperature"]["value"] == 31.5
    folder = clif_folder(tmp_path / "clif", "skin_temp", dose=False)
    table = vasotone.read(folder, hospitalization="h", at="last", facts=known)
    assert vasotone.advise(table, facts=known).values["skin_temperature"]["value"] == 31.5
    sent = bundle("skin_temperature", 31.5, "cm", known)
    assert vasotone.advise(sent, facts=known).values["skin_temperature"]["value"] == 31.5


def test_a_source_and_a_statement(grown: Callable[[str, str], Facts]) -> None:
    assert "invented-2030" in grown("sources.toml", SOURCE).sources
    known = grown("statements/perfusion.toml", STATEMENT)
    table = vasotone.read(plain(map=25, hr=160, age=60), facts=known)
    for profile in known.profiles:
        items = {item.statement: item for item in vasotone.advise(table, profile=profile, facts=known).items}
        assert items["warm-the-hands"].verdict == "applies"
    assert "warm-the-hands" not in facts.load().statements
