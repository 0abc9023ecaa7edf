"""Findings: numbers that agree with each other, and a direction that survives being told from the other side."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasotone import facts, records_findings
from vasotone.errors import InputError
from vasotone.facts_findings import (
    crosses_no_effect,
    favours,
    findings,
    known_errors,
    reckoned,
    says,
    side,
    significant,
    swapped,
    used_by,
)
from vasotone.records import Finding
from vasotone.records_findings import ALONE, DIFFERENCES, RATIOS, REPORTED, no_effect

LOADED = facts.load()
FOUND = findings(LOADED)
TREE = tomllib.loads((Path(facts.DATA) / "findings.toml").read_text())
COMPARED = [name for name, one in FOUND.items() if one.measure not in (*ALONE, "percent change")]

# Every study of the evidence record, and how many findings it has.
STUDIES = {
    "soap-ii": 4, "vasst": 5, "vanish": 1, "athos-3": 4, "sepsispam": 3, "trial-65": 4, "optpress": 1,
    "ovation-pilot": 1, "censer": 7, "clovers": 2, "classic": 1, "arise-fluids": 3, "andromeda-shock": 2,
    "andromeda-shock-2": 1, "everdac": 3, "adrenal": 2, "methylene-blue": 2, "avni": 1, "ruslan": 2,
    "nagendran": 1, "vasu": 2, "ssc-2016-tables": 7, "ssc-2012-tables": 2, "angriman": 1, "carayannopoulos": 1,
    "brown": 2, "auchet": 2, "martin": 1, "wu": 2, "song": 2, "hammond": 1, "dovss": 1, "tian": 3, "loubani": 2,
    "hamzaoui-2010": 23, "hamzaoui-2018": 2, "monnet-2011": 5, "maas-2013": 2, "bai": 1, "jouffroy": 1,
    "morales": 1, "ssc-2026-panel": 7,
}  # fmt: skip


def finding(**changes: object) -> Finding:
    """An invented finding: a ratio of one drug to another."""
    record = {
        "study": "s", "outcome": "death", "intervention": "drug a", "comparator": "drug b", "measure": "RR",
        "value": 0.8, "low": 0.7, "high": 0.9, "unit": "1", "better_if": "below 1",
        "cite": {"source": "x", "at": "table"}, **changes,
    }  # fmt: skip
    studies = {"s": {"design": "randomised trial", "population": "septic shock"}}
    return records_findings.finding_of("invented", record, studies, {"x": {"read": "primary"}})


def test_every_study_of_the_evidence_has_its_findings() -> None:
    named = [TREE[name]["study"] for name in FOUND]
    assert {name: named.count(name) for name in STUDIES} == STUDIES
    assert set(TREE["study"]) == set(STUDIES)


@pytest.mark.parametrize("name", FOUND)
def test_a_finding_says_both_sides_and_its_interval(name: str) -> None:
    one = FOUND[name]
    sentence = says(one)
    assert sentence.endswith(".") and "None" not in sentence and "not known" not in sentence
    assert one.intervention.lower() in sentence.lower() and one.comparator in sentence
    if one.low is not None:
        assert f"{one.low:g}" in sentence and f"{one.high:g}" in sentence
        assert one.interval_kind in ("confidence", "quartiles")
    if crosses_no_effect(one) is not None:
        assert ("includes no effect" in sentence) is crosses_no_effect(one)
        assert ("excludes no effect" in sentence) is not crosses_no_effect(one)
    if one.measure not in ALONE:
        words = {1: ("higher", "more wins"), -1: ("lower", "fewer wins"), 0: ("no difference",)}[side(one)]
        assert any(word in sentence for word in words)
    assert one.verified or "not verified" in sentence
    assert one.source in LOADED.sources and one.at and one.design and one.population


@pytest.mark.parametrize("name", COMPARED)
def test_told_from_the_other_side_a_finding_favours_the_same(name: str) -> None:
    one = FOUND[name]
    other = swapped(one)
    turned = {"intervention": "comparator", "comparator": "intervention", "neither": "neither"}
    assert favours(other) == turned[favours(one)]
    assert side(other) == -side(one)
    assert significant(other) is significant(one)
    if one.value is not None and one.measure in RATIOS:
        assert math.isclose(other.value or 0, 1 / one.value)
    elif one.value is not None:
        assert other.value == -one.value
    back = swapped(other)
    assert back._replace(value=one.value, low=one.low, high=one.high) == one


@given(st.integers(1, 300), st.integers(1, 300), st.integers(301, 900), st.integers(301, 900), st.booleans())
def test_counts_give_the_same_verdict_from_both_sides(a: int, b: int, n: int, m: int, good: bool) -> None:
    ratio = Fraction(a, n) / Fraction(b, m)
    spread = math.exp(1.96 * math.sqrt(1 / a - 1 / n + 1 / b - 1 / m))
    one = finding(
        value=float(ratio), low=float(ratio) / spread, high=float(ratio) * spread, events=[a, b], totals=[n, m],
        better_if="above 1" if good else "below 1",
    )  # fmt: skip
    other = swapped(one)
    winner, again = (getattr(it, favours(it), "") for it in (one, other))
    assert winner == again
    if winner:
        more = "drug a" if ratio > 1 else "drug b"
        assert (winner == more) is good
    assert reckoned(one)["RR"] == round(float(ratio), 2)


def crude(one: Finding, low: bool) -> float:
    """The effect of the arms by another way than the program's: floats, and arms moved by half a printed digit."""
    if one.events:
        rates = [100 * event / total for event, total in zip(one.events, one.totals, strict=True)]
    else:
        half = 0.5 * 10 ** -max(len(str(arm).partition(".")[2].rstrip("0")) for arm in one.arms)
        rates = [one.arms[0] + (-half if low else half), one.arms[1] + (half if low else -half)]
    if one.measure in ("RR", "win ratio"):
        return rates[0] / rates[1]
    if one.measure == "OR":
        return rates[0] / (100 - rates[0]) / (rates[1] / (100 - rates[1]))
    return (rates[0] - rates[1]) * (10 if one.unit == "/1000" else 1)


@pytest.mark.parametrize(
    "name",
    [
        name for name, one in FOUND.items()
        if len(one.arms) == 2 and not one.computed and not one.adjusted and one.measure != "HR"
    ],
)  # fmt: skip
def test_the_arms_give_what_is_printed_or_the_mismatch_is_declared(name: str) -> None:
    one = FOUND[name]
    assert one.value is not None
    digits = max(len(str(v).partition(".")[2].rstrip("0")) for v in (one.value, one.low, one.high) if v is not None)
    slack = 0.5 * 10**-digits + 1e-9
    agree = crude(one, True) - slack <= one.value <= crude(one, False) + slack
    assert agree is (not one.printed_mismatch)


@pytest.mark.parametrize("name", [name for name, one in FOUND.items() if one.measure in RATIOS and one.low])
def test_a_ratio_lies_in_the_middle_of_its_interval_on_the_log_scale(name: str) -> None:
    one = FOUND[name]
    assert one.value and one.low and one.high
    middle = math.sqrt(one.low * one.high)
    assert abs(math.log(one.value / middle)) < 0.08, f"{one.value} beside {middle:.3f}: a slip of a digit?"


def test_a_hazard_ratio_and_an_adjusted_effect_point_where_the_arms_point() -> None:
    checked = [one for one in FOUND.values() if len(one.arms) == 2 and (one.adjusted or one.measure == "HR")]
    assert len(checked) >= 4
    for one in checked:
        assert side(one) == (one.arms[0] > one.arms[1]) - (one.arms[0] < one.arms[1]), one.id


def test_what_trials_said_is_said() -> None:
    expected = {
        "soap-ii-death-28d": "neither",
        "soap-ii-win-ratio": "comparator",
        "ssc-2016-ne-da-death": "intervention",
        "ssc-2016-ne-vasopressin-death": "neither",
        "nagendran-2016-arrhythmia": "comparator",
        "vasst-death-28d": "neither",
        "vasst-less-severe-death-28d": "neither",
        "optpress-death-90d": "comparator",
        "trial-65-death-90d": "neither",
        "trial-65-death-90d-adjusted": "intervention",
        "sepsispam-renal-replacement-hypertension": "intervention",
        "wu-2020-hypotension": "intervention",
        "song-2019-hypotension": "comparator",
        "song-2019-hypotension-low-bias": "neither",
        "everdac-death-28d": "neither",
        "athos-3-map-response-3h": "intervention",
        "hamzaoui-2010-map": "neither",
        "tian-2020-extravasation": "neither",
    }
    assert {name: favours(FOUND[name]) for name in expected} == expected


def test_both_denominators_of_one_analysis_are_shown() -> None:
    abstract, table = FOUND["avni-2015-death"], FOUND["ssc-2016-ne-da-death"]
    assert abstract.totals == (832, 866) and table.totals == (832, 886)
    assert abstract.events == table.events == (376, 450)
    assert abstract.printed_mismatch and not table.printed_mismatch
    assert reckoned(abstract)["RR"] == 0.87 and reckoned(table)["RR"] == 0.89
    assert reckoned(abstract)["risk difference"] == -6.8 and reckoned(table)["risk difference"] == -5.6
    assert "treated for one" not in reckoned(FOUND["soap-ii-death-28d"])
    assert reckoned(abstract)["treated for one"] == 15 and reckoned(table)["treated for one"] == 18
    assert reckoned(table)["per 1000"] == FOUND["ssc-2016-ne-da-death-per-1000"].value == -56


def test_known_errors_are_no_findings_and_are_wrong() -> None:
    errors = known_errors(LOADED)
    assert not set(errors) & set(FOUND) and "known_error" not in FOUND and "study" not in FOUND
    assert {one["kind"] for one in errors.values()} == {"direction", "arithmetic", "unit", "citation", "edition"}
    for name in errors["article-dopamine-arrhythmia"]["about"]:
        assert favours(FOUND[name]) == "intervention" and FOUND[name].intervention == "norepinephrine"
        assert not FOUND[name].verified
    claimed = errors["avni-absolute-reduction"]["value"]
    for name in errors["avni-absolute-reduction"]["about"]:
        assert abs(reckoned(FOUND[name])["risk difference"] - claimed) > 4


def test_the_anchor_study_has_its_signs() -> None:
    signs = {key: side(FOUND[f"hamzaoui-2010-{key}"]) for key in "map dap ci svi gedvi cfi svri".split()}
    assert set(signs.values()) == {1}
    assert significant(FOUND["hamzaoui-2010-hr"]) is False and FOUND["hamzaoui-2010-hr"].arms == (97, 98)
    assert FOUND["hamzaoui-2010-map"].value == 22 and FOUND["hamzaoui-2010-map"].spread == (9, 8)
    assert FOUND["hamzaoui-2010-flow-lvef-45-or-less-map-75-or-more"].n == 17


def test_one_group_has_no_other_side() -> None:
    with pytest.raises(InputError, match="no other side"):
        swapped(FOUND["tian-2020-extravasation"])


def test_an_interval_that_touches_no_effect_includes_it() -> None:
    assert favours(finding(high=1.0)) == "neither" and crosses_no_effect(finding(high=1)) is True
    assert favours(finding(high=0.99)) == "intervention"
    assert favours(finding(value=1.2, low=1.1, high=1.3)) == "comparator"
    assert favours(finding(value=1.2, low=1.1, high=1.3, better_if="above 1")) == "intervention"
    assert favours(finding(better_if="none")) == "neither"


@pytest.mark.parametrize(
    ("p", "expected"),
    [("<0.05", True), ("<0.001", True), ("0.046", True), ("0.05", False), ("0.26", False), ("not significant", False),
     ("<0.1", False), ("", None)],
)  # fmt: skip
def test_a_p_value_speaks_where_there_is_no_interval(p: str, expected: bool | None) -> None:
    record = {"measure": "risk difference", "unit": "%", "better_if": "below 0", "arms": [30.0, 40.0], "p": p}
    one = finding(**record)._replace(value=-10.0, low=None, high=None)
    assert significant(one) is expected
    assert favours(one) == ("intervention" if expected else "neither")


def test_no_statement_keeps_numbers_of_studies_for_itself() -> None:
    whole = LOADED.whole()
    users = used_by(LOADED)
    assert len(users) > 90
    for identifier, statement in whole.items():
        assert not {"effects", "measures"} & set(statement), identifier
        assert set(statement.get("findings", [])) <= set(FOUND), identifier
    assert {"ne-da-mortality", "vaso-trials", "map-65-trial", "wean-ne-first-low", "crt-adjunct"} <= {
        user for many in users.values() for user in many
    }


def command(*words: str) -> str:
    """What the command prints; it must succeed."""
    ran = subprocess.run(
        [sys.executable, "-m", "vasotone", "facts", "show", *words], capture_output=True, text=True, check=True
    )
    return ran.stdout


def test_show_resolves_a_finding_with_its_sentence_and_its_statements() -> None:
    record = json.loads(command("soap-ii-death-28d", "--json"))
    assert record["what"] == "finding" and record["favours"] == "neither" and record["interval"] == [0.97, 1.42]
    assert record["says"] == says(FOUND["soap-ii-death-28d"]) and record["used_by"] == ["ne-da-mortality"]
    assert record["reckoned_from_arms"]["OR"] == 1.17
    assert says(FOUND["soap-ii-death-28d"]) in command("soap-ii-death-28d")
    assert says(FOUND["optpress-death-90d"]) in command("map-no-80-85-age65")


def test_the_measures_are_told_apart() -> None:
    assert not set(RATIOS) & set(DIFFERENCES) and not set(ALONE) & (set(RATIOS) | set(DIFFERENCES))
    assert [no_effect(measure) for measure in ("RR", "risk difference", "share", REPORTED)] == [1, 0, None, None]
