"""Diagnosis codes of a stay become conditions; what is not coded is not claimed."""

from __future__ import annotations

import pytest

from vasotone.readers import clif_codes
from vasotone.readers.clif import _settings

RULES = _settings()["code"]


def words(*codes: tuple[str, str]) -> set[str]:
    return set(clif_codes.conditions([clif_codes.coded(code, system, 0) for code, system in codes], RULES))


@pytest.mark.parametrize(
    ("code", "system", "word"),
    [
        ("R65.21", "ICD10CM", "septic-shock"),
        ("r6521", "10", "septic-shock"),
        ("78552", "ICD9CM", "septic-shock"),
        ("785.52", "", "septic-shock"),
        ("R65.20", "ICD10CM", "sepsis-no-shock"),
        ("R570", "ICD10CM", "cardiogenic-shock"),
        ("R571", "ICD10CM", "hypovolaemic-shock"),
        ("T782XXA", "ICD10CM", "anaphylaxis"),
        ("K70.31", "ICD10CM", "cirrhosis"),
        ("5712", "ICD9CM", "cirrhosis"),
        ("O85", "ICD10CM", "pregnant"),
        ("I10", "ICD10CM", "chronic-hypertension"),
        ("N186", "ICD10CM", "esrd-anuric"),
        ("S14109A", "ICD10CM", "spinal-cord-injury-cervical"),
    ],
)
def test_a_code_gives_its_word(code: str, system: str, word: str) -> None:
    assert words((code, system)) == {word}


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("A419", "ICD10CM"),  # sepsis alone does not say that there was no shock
        ("99592", "ICD9CM"),
        ("R57.9", "ICD10CM"),
        ("78552", "ICD10CM"),  # of the other system
        ("V222", ""),  # both systems have V codes
        ("K766", "ICD10CM"),
        ("", "ICD10CM"),
        ("S060X0A", "ICD10CM"),
    ],
)
def test_a_code_that_does_not_say_it_gives_nothing(code: str, system: str) -> None:
    assert words((code, system)) == set()


def test_shock_leaves_no_room_for_sepsis_without_shock() -> None:
    assert words(("R6520", "ICD10CM"), ("R6521", "ICD10CM")) == {"septic-shock"}


def test_the_text_says_where_it_stands_and_what_is_not_verified() -> None:
    rows = [clif_codes.coded("R6521", "ICD10CM", 1), clif_codes.coded("R571", "ICD10CM", 0)]
    found = clif_codes.conditions(rows, RULES)
    assert found["septic-shock"] == "diagnosis code R65.21, charted for the stay, present on admission"
    assert "hypovolaemic shock; mapping not verified" in found["hypovolaemic-shock"]


def test_infection_is_probable_by_code_only() -> None:
    rule = _settings()["infection"]
    assert clif_codes.infection([clif_codes.coded("A41.51", "ICD10CM", 0)], rule) is not None
    assert clif_codes.infection([clif_codes.coded("I10", "ICD10CM", 0)], rule) is None


def test_every_code_rule_is_whole() -> None:
    assert {tuple(sorted(rule["cite"])) for rule in RULES} == {("at", "source")}
    prefixes = [prefix for rule in RULES for prefix in [*rule["icd10"], *rule["icd9"]]]
    assert all(prefix == prefix.upper() and "." not in prefix for prefix in prefixes)
