"""Hazards of the facts themselves: an old statement, an old cache, a dose that is stored past its limit."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from hazard_patients import FACTS, SHOCK, a_patient, advise, kernel

import vasotone
from vasotone import facts

PROFILES = list(FACTS.profiles)
GONE = {name: one for name, one in FACTS.statements.items() if one.get("status") in ("superseded", "contradicted")}


def carried(profile: str) -> set[str]:
    """The statements whose conditions a profile judges."""
    return {entry.statement for entry in FACTS.compiled(profile).entries}


def test_some_statements_are_superseded() -> None:
    assert len(GONE) > 10


@pytest.mark.parametrize("profile", PROFILES)
def test_a_statement_that_was_replaced_speaks_in_its_own_edition_only(profile: str) -> None:
    wrong = [
        name for name, one in GONE.items()
        if name in carried(profile) and one.get("editions") and profile not in one["editions"]
    ]  # fmt: skip
    assert wrong == []
    contradicted = [name for name, one in GONE.items() if one["status"] == "contradicted"]
    assert contradicted and not carried(profile) & set(contradicted)


@pytest.mark.parametrize("name", [name for name, one in GONE.items() if one["status"] == "superseded"])
def test_what_was_replaced_names_what_replaces_it(name: str) -> None:
    after = GONE[name].get("superseded_by")
    assert after and set([after] if isinstance(after, str) else after) <= set(FACTS.statements)


def test_marking_a_statement_as_replaced_takes_it_out_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    shutil.copytree(facts.DATA, folder)
    patient = json.dumps(SHOCK)
    before = vasotone.advise(patient, facts=FACTS, everything=True).to_dict(everything=True)
    name = next(one[0] for one in kernel(before) if one[1] == "applies")
    (path,) = [one for one in (folder / "statements").glob("*.toml") if f'id = "{name}"\n' in one.read_text("utf-8")]
    head, mark, rest = path.read_text("utf-8").partition(f'id = "{name}"\n')
    assert 'status = "current"\n' in rest.partition("[[statement]]")[0]
    path.write_text(head + mark + rest.replace('status = "current"', 'status = "contradicted"', 1), "utf-8")
    changed = facts.load(str(folder))
    after = vasotone.advise(patient, facts=changed, everything=True).to_dict(everything=True)
    assert [one[0] for one in kernel(before) if one not in kernel(after)] == [name]
    assert [one for one in kernel(after) if one not in kernel(before)] == []


def test_every_advice_names_its_facts_and_its_engine(tmp_path: Path) -> None:
    record = advise(SHOCK)
    assert record["facts"] == FACTS.digest and record["engine"] == f"vasotone {vasotone.__version__}"
    folder = tmp_path / "facts"
    shutil.copytree(facts.DATA, folder)
    path = folder / "limits.toml"
    path.write_text(path.read_text("utf-8").replace("value = 3.3", "value = 3.2", 1), "utf-8")
    other = vasotone.advise(json.dumps(SHOCK), facts=facts.load(str(folder))).to_dict()
    assert other["facts"] != record["facts"]


def test_facts_compiled_by_other_code_are_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VASOTONE_CACHE", str(tmp_path))
    monkeypatch.setattr(facts, "_loaded", {})
    facts.load()
    (first,) = list(tmp_path.iterdir())
    monkeypatch.setattr(facts, "_loaded", {})
    monkeypatch.setattr(facts, "COMPILING", facts.COMPILING[:-1])  # as if the code had changed
    facts.load()
    assert len({first.name, *(path.name for path in tmp_path.iterdir())}) == 2


@pytest.mark.parametrize("profile", PROFILES)
def test_no_statement_is_shown_as_reviewed(profile: str) -> None:
    import random

    assert not [name for name, one in FACTS.statements.items() if one["review_state"] == "approved"]
    for seed in range(15):
        patient = a_patient(random.Random(seed)) | {"age": 60, "conditions": ["septic-shock"]}
        record = advise(patient, everything=True, profile=profile)
        assert {one["review"] for one in record["items"]} == {"submitted"}


def test_no_dose_of_the_data_lies_past_its_hard_limit() -> None:
    held = 0
    for name, drug in FACTS.drugs.items():
        ceiling = FACTS.limits.get(name, {}).get("hard_high")
        for regime in drug.get("regimes", []):
            if ceiling is None or regime.get("unit") != ceiling["unit"]:
                continue
            figures = [regime[key] for key in ("value", "low", "high") if key in regime]
            assert all(Fraction(str(one)) <= Fraction(str(ceiling["value"])) for one in figures), regime["id"]
            held += len(figures)
    assert held > 20
