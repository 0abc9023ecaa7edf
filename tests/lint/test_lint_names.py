"""The words of prose that the linter knows: each stands in one place, and is found as it is spelled there."""

from __future__ import annotations

from collections import Counter

import pytest

import vasotone
from vasotone.lint import examine, lint
from vasotone.lint_names import OTHER, drugs_named, plain_letters, prose, vocabulary

OTHERS = [word for group in prose()["others"].values() for word in group]
SHORT = [(word, drug) for drug, words in prose()["short"].items() for word in words]


def named(text: str) -> list[str]:
    return [one.drug for one in drugs_named(text, vocabulary(vasotone.load().drugs))]


def test_no_name_stands_twice() -> None:
    drugs = vasotone.load().drugs
    known = {name.lower() for drug, record in drugs.items() for name in (drug, *record.get("aliases", ()))}
    count = Counter(OTHERS) + Counter(word for word, _ in SHORT)
    assert [word for word, times in count.items() if times > 1] == []
    assert sorted(known & set(OTHERS)) == []
    assert {drug for _, drug in SHORT} <= set(drugs)


def test_every_other_drug_is_a_lower_case_word() -> None:
    assert len(OTHERS) > 150
    assert [word for word in OTHERS if not (word.isalpha() and word.islower())] == []


@pytest.mark.parametrize("word", OTHERS)
def test_every_other_drug_is_found(word: str) -> None:
    assert named(f"{word.capitalize()} 5 mg") == [OTHER]


@pytest.mark.parametrize(("word", "drug"), SHORT)
def test_short_names_are_found_as_they_are_spelled(word: str, drug: str) -> None:
    assert named(f"{word} 5 mcg/min") == [drug]


def test_the_dose_of_another_drug_is_nobody_elses() -> None:
    text = "Norepinephrine 8 mcg/min and furosemide 40 mg/min."
    assert [one.drug for _, one in examine(text, vasotone.load()).doses] == ["norepinephrine", OTHER]
    assert lint(text, vasotone.load()) == ()
    assert lint(text.replace("and furosemide", "then"), vasotone.load()) != ()


def test_accents_hide_no_name_and_move_nothing() -> None:
    text = "noradr\u00e9naline 1 mg/h, dopamine \u00b5g"
    assert named(plain_letters(text)) == ["norepinephrine", "dopamine"]
    assert len(plain_letters(text)) == len(text)
    (found,) = examine("noradr\u00e9naline 1 mg/h", vasotone.load()).doses
    assert found[1].drug == "norepinephrine"


@pytest.mark.parametrize(
    ("text", "strengths"),
    [
        ("phentolamine 5 mg in 10 mL sodium chloride 9 mg/mL", 1),
        ("norepinephrine 4 mg in 250 mL dextrose 5% (50 mg/mL)", 1),
        ("phenylephrine hydrochloride 10 mg/mL", 1),
        ("lidocaine 1% contains 10 mg/mL", 2),
    ],
)
def test_the_strength_of_a_diluent_is_no_strength_of_a_drug(text: str, strengths: int) -> None:
    assert sum(one.kind == "strength" for _, one in examine(text, vasotone.load()).doses) == strengths
