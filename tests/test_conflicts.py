"""Conflicts stand as records with both sides; what would contradict itself without a record does not load."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from vasotone import facts, soundness, soundness_conflicts
from vasotone.errors import FactError

FILES = facts.read_files(facts.DATA)
TREES = {name: soundness.parse_file(name, content, soundness.Problems()) for name, content in FILES.items()}
VARIABLES = soundness.build_variables(TREES["variables.toml"], soundness.Problems())
STATEMENTS = soundness.collect_statements(TREES, soundness.Problems())
CONFLICTS = TREES["conflicts.toml"]

# Without these records two statements that one profile carries would contradict one another.
NEEDED = {
    "map-septic-number", "dbp-trigger", "dsi-cut", "terlipressin", "refractory-definition", "weaning-order",
    "fluid-30-sign", "albumin", "lactate-fall", "vaso-dose",
}  # fmt: skip
QUESTIONS_OF_NOTE = NEEDED | {
    "map-age-65", "map-hypertension", "vaso-start-dose", "steroid-trigger", "arterial-line", "nee-formula",
    "lactate-or-refill", "cuff-line", "ne-da-denominator", "starch-certainty", "mortality-very-high-dose",
    "nee-terlipressin-unit", "phenylephrine-exceptions", "threshold-basis", "dopamine-ratio-direction",
}  # fmt: skip
ON_VASOPRESSIN = ("vaso-add-on", "vaso-fixed-0.03", "vaso-salvage-cap")
WITH_A_NUMBER = (
    "map-target-65 map-60-65-age65 map-trial-htn map-range-remark esicm-map-septic esicm-map-cardiogenic "
    "esicm-map-haemorrhage esicm-map-tbi scope-cardiogenic scope-neurogenic-map-75-95 sci-map-75-95 "
    "scope-pregnancy-ne vaso-fixed-0.03 vaso-salvage-cap vaso-taper vaso-trigger-0.25-0.5 vaso-practice-0.3-2026 "
    "steroid-trigger-2021 steroid-practice-2026 fluid-30mlkg-3h fluid-up-to-30-esicm esicm-fluid-challenge "
    "refractory-def-2026 bicarb-ph7.2-aki extravasation-phentolamine ne-start-low-dbp dbp-lt50-raise-ne "
    "steroid-beyond-260 vaso-label-titrated"
).split()


def problems_of(conflicts: dict[str, Any], statements: dict[str, Any]) -> list[str]:
    """What the check says of these conflicts beside these statements."""
    found = soundness.Problems()
    soundness_conflicts.check(conflicts, TREES, statements, VARIABLES, found)
    return found


def planted(name: str, claim: Any, **more: Any) -> dict[str, Any]:
    """Three statements on vasopressin, and one more that claims something."""
    statement = {
        "id": name, "file": "statements/planted.toml", "kind": "recommendation",
        "cites": [{"source": "esicm-2025", "at": "somewhere"}], "claim": claim, **more,
    }  # fmt: skip
    return {**{known: STATEMENTS[known] for known in ON_VASOPRESSIN}, name: statement}


def number(**more: Any) -> dict[str, Any]:
    """A claim on the dose of vasopressin as it is added."""
    cite = {"source": "esicm-2025", "at": "somewhere"}
    return {
        "drug": "vasopressin", "parameter": "dose", "population": ["septic-shock"], "setting": "add-on",
        "unit": "U/min", "cite": cite, **more,
    }  # fmt: skip


def action(**more: Any) -> dict[str, Any]:
    """A claim for vasopressin as norepinephrine escalates."""
    return {
        "drug": "vasopressin", "action": "add", "polarity": "for", "population": ["septic-shock"],
        "setting": "escalating", **more,
    }  # fmt: skip


def without(claim: dict[str, Any], key: str) -> dict[str, Any]:
    """A claim that lacks a key."""
    return {name: value for name, value in claim.items() if name != key}


def test_the_shipped_facts_have_no_open_contradiction() -> None:
    assert problems_of(CONFLICTS, STATEMENTS) == []


def test_the_known_questions_are_recorded() -> None:
    assert set(CONFLICTS) >= QUESTIONS_OF_NOTE


@pytest.mark.parametrize("name", CONFLICTS)
def test_exactly_the_needed_records_hold_the_facts_together(name: str) -> None:
    fewer = {key: one for key, one in CONFLICTS.items() if key != name}
    assert bool(problems_of(fewer, STATEMENTS)) == (name in NEEDED)


def test_the_facts_do_not_load_without_a_needed_record(tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(facts.DATA, copy)
    text = (copy / "conflicts.toml").read_text()
    blocks = re.split(r"(?m)^(?=\[[a-z0-9-]+\]$)", text)
    assert any(block.startswith("[fluid-30-sign]") for block in blocks)
    (copy / "conflicts.toml").write_text("".join(one for one in blocks if not one.startswith("[fluid-30-sign]")))
    with pytest.raises(FactError) as caught:
        facts.load(str(copy))
    assert "fluid-30mlkg-3h: says otherwise than `fluid-up-to-30-esicm`" in str(caught.value)


@pytest.mark.parametrize(
    ("claim", "refused"),
    [
        (number(value=0.03), False),
        (number(value=1.8, unit="U/h"), False),
        (number(value=30, unit="mU/min"), False),
        (number(value=0.04), True),
        (number(low=0.03), True),
        (number(low=0.01, high=0.07), True),
        (number(value=0.03, unit="U/h"), True),
        (number(value=0.0005, unit="U/kg/min"), True),
        (number(value=0.04, setting="salvage"), False),
        (number(value=0.04, population=["septic-shock", "pregnant"]), False),
        (number(high=0.04, parameter="limit"), False),
        (number(above=0.04, parameter="limit"), True),
        (action(), False),
        (action(polarity="open"), False),
        (action(polarity="against"), True),
        (action(polarity="against", setting="salvage"), False),
        (action(polarity="against", population=["cardiogenic-shock"]), False),
        ([action(), number(value=0.05)], True),
    ],
)
def test_a_planted_contradiction_is_refused(claim: Any, refused: bool) -> None:
    found = problems_of({}, planted("planted", claim))
    assert bool(found) == refused, found
    assert all("planted" in one and "says otherwise" in one for one in found)


def test_a_record_that_names_both_lets_a_contradiction_stand() -> None:
    statements = planted("planted", number(value=0.05))
    sides = [{"says": "a", "statement": "planted", "cite": {"source": "esicm-2025", "at": "x"}},
             {"says": "b", "statement": "vaso-fixed-0.03", "cite": {"source": "ssc-2021", "at": "x"}}]  # fmt: skip
    record = {"topic": "t", "question": "q", "positions": sides, "rule": "r", "status": "open"}
    assert problems_of({"planted": record}, statements) == []
    one_sided = {**record, "positions": [sides[0], {**sides[1], "statement": "vaso-add-on"}]}
    assert problems_of({"planted": one_sided}, statements)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "contradicted"},
        {"status": "superseded", "editions": {"ssc-2016": {"at": "x"}}},
        {"left_out": ["ssc-2026", "ssc-2021", "founding-article"]},
    ],
)
def test_what_no_profile_carries_contradicts_nothing(more: dict[str, Any]) -> None:
    assert problems_of({}, planted("planted", number(value=0.05), **more)) == []


def test_the_order_of_statements_does_not_matter() -> None:
    def pairs(statements: dict[str, Any]) -> set[frozenset[str]]:
        words = soundness_conflicts.words_of(TREES["drugs.toml"], VARIABLES)
        notes = soundness.Problems()
        claims = [
            claim
            for one in statements.values()
            for raw in soundness_conflicts.claims_in(one)
            if (claim := soundness_conflicts.read_claim(one, raw, words, notes))
        ]
        found = soundness_conflicts.contradictions(claims, statements, TREES["profiles.toml"])
        return {frozenset((one.statement, two.statement)) for one, two in found}

    names = list(STATEMENTS)
    first = pairs(STATEMENTS)
    assert len(first) >= len(NEEDED)
    for seed in range(3):
        random.Random(seed).shuffle(names)
        assert pairs({name: STATEMENTS[name] for name in names}) == first


BAD_CLAIMS = {
    "about nothing": (without(action(), "drug"), "one of `drug` and `target`"),
    "about two things": (action(target="map"), "one of `drug` and `target`"),
    "neither action nor parameter": (without(action(), "action"), "one of `action` and `parameter`"),
    "a drug that does not exist": (action(drug="vasopresin"), "`drug = vasopresin` is not known"),
    "an action that does not exist": (action(action="ad"), "`action = ad`"),
    "no polarity": (without(action(), "polarity"), "`polarity = None`"),
    "no population": (without(action(), "population"), "needs a `population`"),
    "a population as text": (action(population="septic-shock"), "needs a `population`"),
    "an unknown population": (action(population=["septic"]), "population `septic`"),
    "no setting": (without(action(), "setting"), "`setting = None`"),
    "a parameter without a number": (number(), "needs its number"),
    "two kinds of number": (number(value=0.03, low=0.02), "do not go together"),
    "two lower ends": (number(low=0.02, above=0.01), "do not go together"),
    "a unit that does not exist": (number(value=0.03, unit="U/mn"), "U/mn"),
    "ends the wrong way round": (number(low=0.04, high=0.03), "lower end is above"),
    "an unknown key": (action(polarty="for"), "unknown key `polarty`"),
    "a variable that does not exist": (number(value=0.03, of="norepi"), "`of = norepi`"),
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_a_claim_that_says_nothing_is_refused(name: str) -> None:
    claim, expected = BAD_CLAIMS[name]
    found = problems_of({}, planted("planted", claim))
    assert any(expected in one for one in found), found


SIDE = {"says": "a", "cite": {"source": "ssc-2021", "at": "x"}}
OTHER = {"says": "b", "cite": {"source": "ssc-2016", "at": "x"}}
RECORD = {"topic": "t", "question": "q", "positions": [SIDE, OTHER], "rule": "r", "status": "open"}
BAD_RECORDS = {
    "an unknown key": ({**RECORD, "rules": "r"}, "unknown key `rules`"),
    "no rule": ({**RECORD, "rule": " "}, "`rule` is missing"),
    "no status": (without(RECORD, "status"), "`status = None`"),
    "one position": ({**RECORD, "positions": [SIDE]}, "different sources"),
    "one source twice": ({**RECORD, "positions": [SIDE, {**SIDE, "says": "c"}]}, "different sources"),
    "a position without words": ({**RECORD, "positions": [SIDE, {**OTHER, "says": ""}]}, "needs `says`"),
    "a statement that does not exist": (
        {**RECORD, "positions": [SIDE, {**OTHER, "statement": "nowhere"}]}, "`nowhere`, which does not exist"),
    "a link to nowhere": ({**RECORD, "links": ["nowhere"]}, "links to the statement `nowhere`"),
    "an edition that does not exist": (
        {**RECORD, "positions": [SIDE, {**OTHER, "edition": "ssc-2099"}]}, "`ssc-2099` is unknown"),
    "an edition that is not the source": (
        {**RECORD, "positions": [SIDE, {**OTHER, "edition": "ssc-2026"}]}, "cites another source"),
    "settled by no edition of a profile": ({**RECORD, "status": "settled-by-edition"}, "is settled by an edition"),
    "a number that its statement does not claim": (
        {**RECORD, "positions": [{**SIDE, "statement": "vaso-fixed-0.03", "value": 0.3, "unit": "U/min"}, OTHER]},
        "is not the one that `vaso-fixed-0.03` claims"),
    "a number without a unit": ({**RECORD, "positions": [{**SIDE, "value": 1}, OTHER]}, "unit"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_record_with_a_defect_is_refused(name: str) -> None:
    record, expected = BAD_RECORDS[name]
    found = problems_of({**CONFLICTS, "planted": record}, STATEMENTS)
    assert any("planted" in one and expected in one for one in found), found


def test_a_sound_record_is_accepted() -> None:
    assert problems_of({**CONFLICTS, "planted": RECORD}, STATEMENTS) == []


@pytest.mark.parametrize("name", WITH_A_NUMBER)
def test_a_statement_with_a_number_claims_it(name: str) -> None:
    claims = soundness_conflicts.claims_in(STATEMENTS[name])
    spans = [soundness_conflicts.read_span("", one, soundness.Problems(), STATEMENTS[name]) for one in claims]
    assert any(spans), f"{name} gives a number and claims none"


def test_a_claimed_number_is_the_one_that_is_read() -> None:
    silent = []
    for name, statement in STATEMENTS.items():
        shown = [statement, *statement.get("variant", [])]
        texts = " ".join(str(part.get(key, "")) for part in shown for key in ("clinician", "when", "band", "aim"))
        read = set(re.findall(r"\d+(?:\.\d+)?", texts))
        for claim in soundness_conflicts.claims_in(statement):
            numbers = {f"{claim[key]:g}" for key in soundness_conflicts.NUMBERS if key in claim}
            if not numbers <= read:
                silent.append((name, sorted(numbers - read)))
    assert silent == []
