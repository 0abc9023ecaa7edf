"""The machine's own zone and language mean nothing: the same bytes wherever the process runs."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from answers import UNITS
from invented_charts import us
from law_patients import AT, MINUTE, Bag, Entry, Record, as_clif, as_fhir, as_plain

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
LOCALES = ("C", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8")
HERE = Path(__file__).parent


def drawn(seed: int) -> Record:
    """An invented patient around the night in which clocks are put back, with words that some languages fold."""
    chance = random.Random(seed)
    from fractions import Fraction

    at = AT.replace(month=11, day=1, hour=6, minute=30)
    series = {
        name: [Entry(Fraction(chance.choice(texts)), at=at - chance.choice((0, 5, 61, 200)) * MINUTE)]
        for name, texts in {
            "map": ("55", "63.5", "80"),
            "lactate": ("2.1", "5.25"),
            "hr": ("88", "131"),
            "crt": ("2", "4"),
            "weight": ("62.5", "91"),
            "vasopressin": ("0", "0.03"),
            "norepinephrine": ("0", "0.1", "0.26"),
        }.items()
        if chance.random() < 0.9
    }
    series["age"] = [Entry(Fraction(chance.choice((17, 40, 64, 65))))]
    series["infection"] = [Entry("PROBABLE")]
    series["rhythm"] = [Entry("SINUS_BRADY")]  # a dotless i would make it another word
    if "norepinephrine" in series:
        series["norepinephrine"] = [
            series["norepinephrine"][0]._replace(basis="BITARTRATE".lower(), bag=Bag("4 mg", "250 mL"))
        ]
    return Record(at, series, ["SEPTIC-SHOCK", "Cirrhosis", "İstanbul"], drugs=["LINEZOLID", "metoprolol"])


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with invented patients in the three forms of the doors."""
    folder = tmp_path_factory.mktemp("machine")
    found: list[dict[str, Any]] = []
    for seed in range(5):
        record = drawn(seed)
        at = as_plain.stamp(record.at)
        found.append({"kind": "plain", "patient": as_plain.patient(record), "at": at})
        found.append({"kind": "fhir", "patient": as_fhir.bundle(record, UNITS), "at": at})
    now = AT.replace(month=11, day=1, hour=6, minute=30)
    (folder / "clif").mkdir()
    as_clif.write(
        folder / "clif",
        {
            "hospitalization": [(as_clif.PATIENT, us(now - 3000 * MINUTE), us(now + 900 * MINUTE), 67)],
            "vitals": [
                (us(now - minutes * MINUTE), "map", "ABP", value) for minutes, value in ((0, 55.0), (61, 70.0))
            ],
            "labs": [(us(now - 30 * MINUTE), "lactate", 4.2, "mmol/L")],
            "medication_admin_continuous": [
                (us(now - 90 * MINUTE), "o1", "norepinephrine", "start", 0.1, "mcg/kg/min")
            ],
            "hospital_diagnosis": [("ICD10CM", "R65.21")],
        },
    )
    found.append({"kind": "clif", "patient": "clif", "stay": as_clif.STAY, "at": as_plain.stamp(now)})
    (folder / "cases.json").write_text(json.dumps(found), "utf-8")
    return folder


def start(folder: Path, zone: str, language: str, kinds: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """One process under a zone and a locale."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("LC_") and key != "LANG"}
    env |= {"TZ": zone, "LC_ALL": language, "LANG": language, "PYTHONPATH": str(HERE.parents[1])}
    command = [sys.executable, str(HERE / "advise_many.py"), str(folder), *kinds]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def outputs(folder: Path, pairs: list[tuple[str, str]], kinds: tuple[str, ...]) -> dict[tuple[str, str], bytes]:
    """What each process prints, two at a time."""
    found = {}
    for place in range(0, len(pairs), 2):
        running = {pair: start(folder, *pair, kinds) for pair in pairs[place : place + 2]}
        for pair, process in running.items():
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, (pair, err.decode(errors="replace")[-2000:])
            found[pair] = out
    return found


def test_m07_zone_and_language_of_the_machine_mean_nothing(cases: Path) -> None:
    found = outputs(cases, list(product(ZONES, LOCALES)), ("plain", "fhir"))
    first = found[ZONES[0], LOCALES[0]]
    assert first.count(b'"schema": "vasotone.advice/1"') == 10 and b'"verdict": "applies"' in first
    assert [pair for pair, out in found.items() if out != first] == []


def test_m07_zone_and_language_mean_nothing_to_tables(cases: Path) -> None:
    found = outputs(cases, list(zip(ZONES, LOCALES, strict=True)), ("clif",))
    first = found[ZONES[0], LOCALES[0]]
    assert first.count(b'"schema": "vasotone.advice/1"') == 1 and b'"verdict": "applies"' in first
    assert [pair for pair, out in found.items() if out != first] == []
