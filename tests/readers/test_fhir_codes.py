"""The cross-walk as data: check digits, sources, names that exist, units that convert, no code with two meanings."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import units
from vasotone.readers.fhir_crosswalk import crosswalk, drug_in, known_unit, looks_vasoactive, settings

FACTS = vasotone.load()
CROSS = crosswalk(FACTS)
TABLES = settings()
OWN = tomllib.loads((Path(vasotone.__file__).parent / "readers" / "fhir.toml").read_text("utf-8"))
LISTS = ("observation", "drug", "condition", "unit", "panel", "medication_list")
ENTRIES = [(kind, item) for kind in LISTS for item in OWN[kind]]
CODED = [(kind, item) for kind, item in ENTRIES if "system" in item]


def luhn(digits: str) -> int:
    """The check digit of a LOINC number."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        double = int(digit) * (2 - place % 2)
        total += double - 9 if double > 9 else double
    return -total % 10


D = [
    [
        (a + b) % 5 if a < 5 and b < 5 else (a + b) % 5 + 5 if a < 5 else (a - b) % 5 + 5 if b < 5 else (a - b) % 5
        for b in range(10)
    ]
    for a in range(10)
]
P = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    P.append([P[1][value] for value in P[-1]])


def verhoeff(number: str) -> bool:
    """Whether the check digit of a SNOMED CT identifier is right."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = D[check][P[place % 8][int(digit)]]
    return check == 0


def test_the_check_digits_find_a_slip() -> None:
    assert luhn("8478") == 0 and luhn("8487") != 0
    assert verhoeff("76571007") and not verhoeff("76570107")


@pytest.mark.parametrize(
    ("kind", "item"), CODED, ids=lambda value: value if isinstance(value, str) else value["code"]
)
def test_a_code_is_well_formed(kind: str, item: dict[str, Any]) -> None:
    code = item["code"]
    if item["system"] == "loinc":
        number, _, check = code.partition("-")
        assert number.isdigit() and int(check) == luhn(number)
    elif item["system"] == "snomed":
        assert code.isdigit() and verhoeff(code)
    elif item["system"] == "rxnorm":
        assert code.isdigit()
    elif item["system"] == "atc":
        assert len(code) == 7 and code[0].isalpha() and code[1:3].isdigit() and code[5:].isdigit()
    else:
        assert item["system"] == "icd10" and code[0].isalpha()


@pytest.mark.parametrize(
    ("kind", "item"),
    ENTRIES,
    ids=lambda value: value if isinstance(value, str) else value.get("code", value.get("written")),
)
def test_an_entry_says_where_it_was_read(kind: str, item: dict[str, Any]) -> None:
    assert isinstance(item["checked"], date) and isinstance(item["verified"], bool)
    assert set(item["sources"]) <= set(FACTS.sources)
    assert item["sources"] or not item["verified"], "from memory and yet called verified"
    if "system" in item:
        assert item["display"] and item["system"] in OWN["systems"] and item["system"] in OWN["spoken"]


def test_no_code_means_two_things() -> None:
    for kind in LISTS:
        seen = Counter((item["system"], item["code"]) for item in OWN[kind] if "system" in item)
        assert [code for code, count in seen.items() if count > 1] == []
    uris = [uri for listed in OWN["systems"].values() for uri in listed]
    assert len(uris) == len(set(uris))


def test_every_unit_of_a_measure_becomes_the_canonical_one() -> None:
    read = 0
    for item in OWN["observation"]:
        variable = FACTS.variables.get(item["name"])
        if variable is None or variable.kind != "number":
            continue
        read += 1
        one = units.unit(known_unit(CROSS, item["unit"])).dimension
        if variable.name == "urine_output":
            assert one == units.unit("mL").dimension
        else:
            assert one == units.unit(variable.unit).dimension, item["code"]
    assert read > 30
    for item in OWN["unit"]:
        assert units.unit(item["means"]) and known_unit(CROSS, item["written"]) == item["means"]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("{score}", "1"),
        ("{beats}/min", "{beats}/min"),
        ("mm[Hg]{mean}", "mm[Hg]"),
        ("ug.kg-1.min-1", "ug/kg/min"),
        ("mcg/kg/min", "mcg/kg/min"),
        ("UNIT/HR", "UNIT/HR"),
        ("[pH]", "[pH]"),
        ("furlong", "furlong"),
        ("mg.mg-1x", "mg.mg-1x"),
    ],
)
def test_a_unit_is_respelled_only_where_that_is_certain(written: str, means: str) -> None:
    assert known_unit(CROSS, written) == ("1" if written == "[pH]" else means)


def test_names_are_variables_drugs_and_words_of_the_facts() -> None:
    drugs = set(FACTS.drugs) | {"ephedrine", "midodrine", "crystalloid"}
    assert {item["name"] for item in OWN["drug"]} <= drugs
    words = set(CROSS.words.values())
    assert {item["condition"] for item in OWN["condition"] if "condition" in item} <= words
    assert {item["infection"] for item in OWN["condition"] if "infection" in item} <= set(
        FACTS.variables["infection"].values
    )
    assert {rule["condition"] for rule in TABLES["code"]} >= {"septic-shock", "cirrhosis", "pregnant"}
    assert set(OWN["words"]["allergy"].values()) <= words
    for device in OWN["device"]:
        variable = FACTS.variables[device["name"]]
        assert variable.kind in ("flag", "text") or device["value"] in variable.values
    unlike = {item["unlike"] for item in OWN["observation"] if "unlike" in item}
    assert unlike <= set(FACTS.variables)


def test_a_variable_is_read_at_once_under_its_own_name() -> None:
    for name in ("map", "saps2", "rv_dilated", "g6pd", "angiotensin_II", "noradrenaline"):
        assert CROSS.observations["urn:vasotone:variable", name].name in FACTS.variables
    assert ("urn:vasotone:variable", "on_maoi") not in CROSS.observations


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("NORepinephrine 4 mg/250 mL in D5W", "norepinephrine"),
        ("norepinephrine bitartrate 1 MG/ML Injectable Solution", "norepinephrine"),
        ("Nor-Epinephrine infusion", "norepinephrine"),
        ("nor epinephrine", "norepinephrine"),
        ("Noradrenalin 5mg/50ml", "norepinephrine"),
        ("LEVOPHED", "norepinephrine"),
        ("Adrenaline (epinephrine) 1 mg", "epinephrine"),
        ("Vasostrict 20 units/100 mL", "vasopressin"),
        ("angiotensin II (Giapreza)", "angiotensin_ii"),
        ("methylene blue 0.5%", "methylene_blue"),
        ("Solu-Cortef 100 mg vial", "hydrocortisone"),
        ("phenylephrine nasal spray", None),
        ("lidocaine 2% with epinephrine 1:100,000", None),
        ("racemic epinephrine nebulizer", None),
        ("angiotensin II receptor blocker", None),
        ("vasopressin antagonist", None),
        ("dopamine agonist", None),
        ("norepinephrine and vasopressin", None),
        ("pseudoephedrine", None),
        ("desmopressin", None),
        ("norepinephrine reuptake inhibitor", None),
        ("", None),
    ],
)
def test_a_drug_in_words(text: str, drug: str | None) -> None:
    assert drug_in(CROSS, text) == drug


def test_what_looks_vasoactive_and_is_not_matched_is_seen() -> None:
    for text in ("Norepi drip", "VASOPRESSOR MIX", "dopaminergic something", "norepinephrine and vasopressin"):
        assert looks_vasoactive(CROSS, text)
    assert not looks_vasoactive(CROSS, "paracetamol")


def test_every_number_of_the_file_has_a_unit_and_a_cite() -> None:
    found = [*TABLES["limits"].values(), *(item["over"] for item in OWN["observation"] if "over" in item)]
    for record in found:
        assert record["unit"] and record["cite"]["at"]
        assert record["cite"]["source"] in set(FACTS.sources)
