"""A site's profile through every door: tables, the command line, the library, dose questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from site_profile import BAGS, HEAD, ON_DRUG, PACKAGED, codes, items, load, record

import vasotone
from vasotone import cli, dose_site, guideline
from vasotone.errors import FactError, InputError
from vasotone.state import state_at
from vasotone.table import Observation, Table

# --- a record from another door


def charted(form: str = "unknown") -> Table:
    """A stay as a folder of tables gives it: no form of norepinephrine, a lactate without a unit."""
    at = datetime(2026, 1, 1, 8, tzinfo=UTC)
    rows = (
        Observation("age", Fraction(58)),
        Observation("weight", Fraction(80), "kg", at),
        Observation("map", Fraction(58), "mm[Hg]", at),
        Observation("norepinephrine", Fraction("0.2"), "mcg/kg/min", at, basis=form),
        Observation("vasopressin", Fraction(0), "", at),
        Observation("lactate", Fraction(3), None, at),
    )
    return Table(rows, conditions={"septic-shock": "invented"}, at=at, title="An invented stay")


def test_a_table_with_unknown_salt_gets_a_step_only_with_the_sites_labelling() -> None:
    plain = load(BAGS + '[lactate]\nunit = "mmol/L"\n')
    labelled = load(BAGS + '[lactate]\nunit = "mmol/L"\n[basis]\nnorepinephrine = "base"\n')
    without = items(guideline.advise(state_at(charted(), plain), plain, everything=True).to_dict(everything=True))
    advice = guideline.advise(state_at(charted(), labelled), labelled, everything=True)
    step = items(advice.to_dict(everything=True))["ne-titrate-up"]
    assert without["ne-titrate-up"]["dose"] is None and without["ne-titrate-up"]["pump"] is None
    assert step["dose"]["to"] == 0.22 and step["pump"]["bag"]["origin"] == "assumed"
    assert "basis assumed" in vasotone.show(advice) and "labelled as base" in vasotone.show(advice)
    assert advice.values["lactate"]["value"] == 3 and advice.values["lactate"]["unit_origin"] == "assumed"
    written = guideline.advise(state_at(charted("bitartrate"), labelled), labelled)
    assert written.values["norepinephrine"]["value"] == 0.1
    assert "basis_origin" not in written.values["norepinephrine"]


FOLDER = {
    "hospitalization": (
        "patient_id,hospitalization_id,admission_dttm,discharge_dttm,age_at_admission\n"
        "p1,h1,2130-03-01T06:00:00Z,2130-03-05T06:00:00Z,61\n"
    ),
    "vitals": (
        "hospitalization_id,recorded_dttm,vital_name,vital_category,vital_value,meas_site_name\n"
        "h1,2130-03-01T08:00:00Z,weight,weight_kg,80,\n"
        "h1,2130-03-01T08:55:00Z,MAP,map,58,arterial\n"
    ),
    "medication_admin_continuous": (
        "hospitalization_id,med_order_id,admin_dttm,med_category,med_group,mar_action_category,med_dose,med_dose_unit\n"
        "h1,o1,2130-03-01T08:30:00Z,norepinephrine,vasoactives,start,0.15,mcg/kg/min\n"
    ),
    "hospital_diagnosis": (
        "hospitalization_id,diagnosis_code,diagnosis_code_format,poa_present\nh1,R65.21,ICD10CM,1\n"
    ),
}


def test_a_folder_of_tables_is_read_with_the_sites_labelling(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="the CLIF reader needs DuckDB")
    folder = tmp_path / "clif"
    folder.mkdir()
    for name, text in FOLDER.items():
        (folder / f"clif_{name}.csv").write_text(text)
    site = load(BAGS + '[basis]\nnorepinephrine = "base"\n')
    before = record(str(folder), at="last")  # type: ignore[arg-type]
    after = record(str(folder), site, at="last")  # type: ignore[arg-type]
    assert items(before)["ne-titrate-up"]["dose"] is None
    step = items(after)["ne-titrate-up"]
    assert step["dose"]["to"] == 0.17 and step["pump"]["bag"]["origin"] == "assumed"
    assert ("site-assumption", "norepinephrine.basis") in codes(after)


# --- doors


EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "site.toml"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and the standard output of one command."""
    code = cli.main(list(arguments))
    return code, capsys.readouterr().out


@pytest.fixture
def patient(tmp_path: Path) -> str:
    """A patient's file."""
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(ON_DRUG))
    return str(path)


def test_advise_takes_a_file(capsys: pytest.CaptureFixture[str], patient: str) -> None:
    code, out = printed(capsys, "advise", patient, "--profile", str(EXAMPLE), "--json")
    found = json.loads(out)
    assert code == 0 and found["profile"] == "local" and len(found["site"]["changes"]) >= 10
    for face in ("text", "page"):
        code, out = printed(capsys, "advise", patient, "--profile", str(EXAMPLE), "--as", face)
        assert code == 0 and "Harbour Hospital" in out and "tightened from" in out and "map-range-remark" in out
    assert vasotone.advise(ON_DRUG, profile=str(EXAMPLE)).to_dict() == found
    assert vasotone.advise(ON_DRUG, profile=vasotone.load(site=str(EXAMPLE))).to_dict() == found
    again, code = vasotone.advise_record(ON_DRUG, profile=str(EXAMPLE))
    assert code == 0 and again == found


def test_an_unsound_file_is_a_record_with_exit_2(
    capsys: pytest.CaptureFixture[str], patient: str, tmp_path: Path
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(HEAD + '[[silence]]\nid = "ask-weight"\nreason = "r"\n')
    for arguments in (["advise", patient], ["facts", "check"], ["dose", "vasopressin", "--dose", "0.03 U/min"]):
        code, out = printed(capsys, *arguments, "--profile", str(path), "--json")
        found = json.loads(out)
        assert code == 2 and found["kind"] == "facts" and "line 8" in found["where"]


def test_without_a_site_nothing_of_it_is_loaded(repository: Path) -> None:
    code = (
        "import sys; from vasotone.cli import main; main(['advise', sys.argv[1], '--json']); "
        "print(sorted(n for n in sys.modules if n.startswith('vasotone') and ('site' in n or 'assumed' in n)))"
    )
    patient = str(repository / "examples" / "septic-shock.json")
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, patient], capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(repository)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_edition_beside_a_sites_facts_is_refused() -> None:
    site = vasotone.load(site=str(EXAMPLE))
    with pytest.raises(FactError, match="a site's own"):
        vasotone.advise(ON_DRUG, profile="ssc-2021", facts=site)
    assert vasotone.advise(ON_DRUG, profile="local", facts=site).site is not None
    with pytest.raises(FactError, match="no such profile"):
        vasotone.advise(ON_DRUG, profile="local")


def test_dose_uses_the_sites_bag_labelling_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["dose", "norepinephrine", "--dose", "0.6 ug/kg/min", "--weight", "80 kg", "--profile", str(EXAMPLE)]
    code, out = printed(capsys, *asked, "--json")
    found = json.loads(out)
    assert code == 0 and found["exact"] == "45" and found["site"]["name"].startswith("Harbour")
    assert found["bag"]["basis"] == "base" and found["dose"]["basis"] == "base"
    assert [one["code"] for one in found["warnings"]] == ["above-usual", "site-assumption", "site-assumption"]
    code, out = printed(capsys, *asked)
    assert "standard bag" in out and "taken as base" in out and "Harbour" in out
    code, out = printed(capsys, *asked, "--bag", "4 mg/250 mL", "--basis", "bitartrate", "--json")
    found = json.loads(out)
    assert code == 0 and found["bag"]["basis"] == "bitartrate" and found["exact"] == "180"
    assert "site-assumption" not in [one["code"] for one in found["warnings"]]
    code, out = printed(capsys, "dose", "norepinephrine", "--dose", "0.6 ug/kg/min", "--weight", "80 kg", "--json")
    assert code == 2 and "bag" in json.loads(out)["what"]


def test_a_dose_without_labelling_stays_a_question() -> None:
    site = load(BAGS)
    with pytest.raises(InputError, match="form"):
        dose_site.dose_at_site(site, "norepinephrine", {"dose": "0.1 ug/kg/min", "weight": "80 kg"})
    result = dose_site.dose_at_site(site, "vasopressin", {"dose": "0.03 U/min"})
    assert result.rounded == 9 and result.to_dict()["site"]["digest"] == site.site["digest"]


def test_facts_check_prints_what_changes_and_runs_the_cases(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out = printed(capsys, "facts", "check", "--profile", str(EXAMPLE))
    assert code == 0 and "tightened from 1" in out and "silenced: map-range-remark" in out and "all met: 3" in out
    code, out = printed(capsys, "facts", "check", "--profile", str(EXAMPLE), "--json")
    found = json.loads(out)
    assert found["site"]["digest"] in out and found["site"]["cases"] == 3 and found["digest"] != PACKAGED.digest
    path = tmp_path / "site.toml"
    path.write_text(
        EXAMPLE.read_text().replace("norepinephrine = { value = 0.49,", "norepinephrine = { value = 0.51,")
    )
    code, out = printed(capsys, "facts", "check", "--profile", str(path), "--json")
    assert code == 2 and "below it: 0.49" in json.loads(out)["fix"]


def test_facts_diff_list_and_show_take_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capsys, "facts", "diff", "ssc-2026", str(EXAMPLE), "--json")
    found = json.loads(out)
    assert code == 0 and (found["old"], found["new"]) == ("ssc-2026", "local")
    assert {one["statement"] for one in found["changes"]} == {"map-range-remark", "harbour-call-at-half"}
    code, out = printed(capsys, "facts", "list", "--profile", str(EXAMPLE), "--json")
    assert "harbour-call-at-half" in json.loads(out)["statements"]
    code, out = printed(capsys, "facts", "show", "harbour-call-at-half", "--profile", str(EXAMPLE))
    assert code == 0 and "unit rule 4" in out
    code, out = printed(capsys, "facts", "check", "--profile", "ssc-2021", "--json")
    assert code == 2
