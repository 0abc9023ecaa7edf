"""The founding article judged claim by claim: every line of it is there, and what can be computed is computed."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import facts, soundness
from vasotone.cli import main
from vasotone.errors import FactError
from vasotone.facts_conformance import conformance
from vasotone.soundness import Problems
from vasotone.soundness_article import UNRESOLVED, agrees, check, check_inverted, is_of_article, too_old

FACTS = vasotone.load()
RECORD = conformance(FACTS)
CLAIMS = {one["id"]: one for one in RECORD["claims"]}
# The headings of the text with their bullets (the opening is one paragraph), counted by hand.
HEADINGS = {
    "Norepinephrine Hemodynamic Effects and Clinical Use": 1,
    "Primary Hemodynamic Effects: Arterial and Venous Actions": 3,
    "Primary Hemodynamic Effects: Cardiac Effects": 4,
    "Clinical Guidelines for Use: Initial Target and Monitoring": 3,
    "Clinical Guidelines for Use: Timing of Initiation": 4,
    "Clinical Guidelines for Use: Fluid Resuscitation Context": 3,
    "Refractory Hypotension Management: Second-Line Agents": 3,
    "Refractory Hypotension Management: Alternative Vasopressors": 2,
    "Critical Pitfalls to Avoid: Phenylephrine Use": 3,
    "Critical Pitfalls to Avoid: Dopamine Cautions": 2,
    "Critical Pitfalls to Avoid: Monitoring Beyond Blood Pressure": 2,
    "Special Populations: Patients with Chronic Hypertension": 2,
    "Special Populations: Patients Requiring Fluid Restriction": 1,
}


def test_every_heading_has_its_claims_in_the_order_of_the_text() -> None:
    places = [one["place"] for one in RECORD["claims"]]
    assert list(dict.fromkeys(places)) == list(HEADINGS)
    assert places == sorted(places, key=list(HEADINGS).index)
    for place, bullets in HEADINGS.items():
        assert places.count(place) >= bullets, place


def test_the_references_are_those_of_the_article() -> None:
    states = {one["marker"]: one["state"] for one in RECORD["references"]}
    assert states == {
        "1": "summary", "2": "summary", "3": "summary", "4": "not-listed", "5": "not-listed", "6": "summary",
        "7": "review",
    }  # fmt: skip
    assert all(one["cited_by"] for one in RECORD["references"])
    assert RECORD["totals"]["references"] == {
        "printed": 7,
        "listed": 5,
        "summaries": 4,
        "resolving_to_a_source": 1,
    }


def test_a_citation_that_does_not_resolve_is_computed() -> None:
    for one in RECORD["claims"]:
        assert (UNRESOLVED in one["verdicts"]) is bool({"4", "5"} & {ref["marker"] for ref in one["refs"]}), one["id"]
        assert one["verdicts"] and one["by"] and one["statements"]
    assert UNRESOLVED not in str(FACTS.shelf("article"))


def test_what_the_evidence_found_is_found() -> None:
    for name, verdict in {
        "dopamine-supraventricular": "wrong-direction",
        "dopamine-ventricular": "wrong-direction",
        "central-access": "superseded",
        "hypertension-higher-target": "contradicted",
        "trigger-dsi-3": "stated-stronger-than-its-evidence",
        "early-better-outcome": "stated-stronger-than-its-evidence",
        "cardiac-map-75-exception": "mixed",
        "ne-fewer-deaths-than-dopamine": "superseded",
        "early-less-fluid": "holds",
    }.items():
        assert verdict in CLAIMS[name]["verdicts"], name
    assert CLAIMS["venous-fluid-synergy"]["verdicts"] == [UNRESOLVED]  # nobody could judge it


def test_a_review_of_2017_is_no_source_of_an_index_of_2020() -> None:
    origin = CLAIMS["trigger-dsi-3"]["origin"]
    assert (origin["year"], origin["too_old_listed"], origin["too_old_cited"]) == (2020, ["7"], [])
    references = {one["marker"]: one for one in FACTS.shelf("article")["reference"]}
    claim = {"origin": "ospina-tascon-2020", "refs": ["1", "7"]}
    assert too_old(claim, references, FACTS.sources) == ["7"]
    assert too_old({"refs": ["7"]}, references, FACTS.sources) == []


def test_the_turned_ratios_stand_beside_what_they_turn_round() -> None:
    for name in ("dopamine-supraventricular", "dopamine-ventricular"):
        (printed,) = CLAIMS[name]["prints"]
        assert not agrees(printed)
        assert any("lower with norepinephrine" in one["says"].lower() for one in CLAIMS[name]["inverts"])
    for one in RECORD["claims"]:
        assert ("inverts" in one) is ("wrong-direction" in one["verdicts"])


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ({"measure": "RR", "says": "more", "value": 2, "low": 1.5, "high": 3}, True),
        ({"measure": "RR", "says": "less", "value": 2, "low": 1.5, "high": 3}, False),
        ({"measure": "RR", "says": "less", "value": 0.5, "low": 0.4, "high": 0.9}, True),
        ({"measure": "RR", "says": "less", "value": 0.9, "low": 0.8, "high": 1.0}, False),
        ({"measure": "before-after", "says": "more", "before": 3, "after": 4}, True),
        ({"measure": "before-after", "says": "more", "before": 4, "after": 4}, False),
        ({"measure": "before-after", "says": "less", "before": 4, "after": 3}, True),
    ],
)
def test_direction(printed: dict[str, Any], expected: bool) -> None:
    assert agrees(printed) is expected


def test_statements_and_claims_name_one_another() -> None:
    of_article = {name for name, one in FACTS.statements.items() if is_of_article(one)}
    assert of_article == {one["id"] for claim in RECORD["claims"] for one in claim["statements"]}
    assert not any("article" in one for one in FACTS.whole().values())


def test_totals_add_up() -> None:
    totals = RECORD["totals"]
    assert totals["claims"] == len(CLAIMS) == len(RECORD["claims"])
    assert sum(totals["verdicts"].values()) == sum(len(one["verdicts"]) for one in RECORD["claims"])
    assert totals["citing_nothing_listed"] <= totals["verdicts"][UNRESOLVED]
    assert json.loads(json.dumps(RECORD)) == RECORD


Plant = Callable[[str], str]


def swap(old: str, new: str) -> Plant:
    """A planted defect: one replacement."""

    def apply(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return apply


UNSOUND: dict[str, tuple[Plant, str]] = {
    "an unknown verdict": (swap('verdicts = ["holds"]', 'verdicts = ["true"]'), "`verdicts = true`"),
    "a computed verdict typed": (
        swap('verdicts = ["holds"]', 'verdicts = ["citation-does-not-resolve"]'), "`verdicts = citation"),
    "holds and contradicted": (
        swap('verdicts = ["superseded", "contradicted"]', 'verdicts = ["holds", "contradicted"]'), "cannot both"),
    "no verdict": (swap('verdicts = ["holds"]', "verdicts = []"), "its citation resolves"),
    "an unknown statement": (swap('statements = ["ne-msfp"', 'statements = ["ne-mspf"'), "`ne-mspf`, which"),
    "a statement not of the article": (
        swap('statements = ["ne-beta-modest"]', 'statements = ["ne-titrate-up"]'), "neither as edition nor as cite"),
    "a statement that no claim names": (
        swap('statements = ["ne-gedvi"]', 'statements = ["ne-cfi"]'), "ne-gedvi: is of the article"),
    "an unknown source": (swap('source = "maas-2013"', 'source = "maas-2031"'), "`maas-2031` is not"),
    "a judge without a place": (swap('at = "delay of', 'at = "", was = "delay of'), "has no place"),
    "the article as its own judge": (
        swap('by = [{ source = "maas-2013"', 'by = [{ source = "founding-article"'), "its own judge"),
    "a reference that is not printed": (swap('refs = ["1", "2"]', 'refs = ["1", "8"]'), "reference [8]"),
    "a listed reference without a title": (
        swap('title = "Guideline Directed Topic Overview"\n', ""), "is listed and has no `title`"),
    "an unlisted reference that is something": (
        swap('marker = "4"\nlisted = false', 'marker = "4"\nlisted = false\nis = "paper"'), "is not listed, so"),
    "a reference of another year than its source": (
        swap('body = "Current Opinion in Critical Care"\nyear = 2017',
             'body = "Current Opinion in Critical Care"\nyear = 2019'), "is of 2019"),
    "a value outside of its interval": (swap("value = 0.91", "value = 1.91"), "outside of its interval"),
    "a direction that is not told": (
        swap('says = "less", value = 0.91', 'says = "more", value = 0.91'), "the verdict is `wrong-direction`"),
    "a wrong direction that is none": (
        swap('says = "more", value = 0.47', 'says = "less", value = 0.47'), "no printed figure goes against"),
    "figures that are not those of the finding": (swap("before = 694", "before = 649"), "other figures"),
    "an inverted finding of other drugs": (
        swap('inverts = ["ssc-2016-ne-da-arrhythmia"', 'inverts = ["ssc-2016-ne-others-death"'), "does not compare"),
    "an inverted finding that does not exist": (
        swap('inverts = ["ssc-2016-ne-da-arrhythmia"', 'inverts = ["nothing"'), "`nothing`, which is no ratio"),
    "an origin that is no source": (
        swap('origin = "ospina-tascon-2020"', 'origin = "ospina"'), "is not a source with a year"),
    "a citation older than what it is cited for": (
        swap('refs = ["4"]\nstatements = ["ne-trigger-dsi3", "ne-start-low-dbp"]\norigin = "ospina-tascon-2020"\n'
             'verdicts = ["stated-stronger-than-its-evidence"]',
             'refs = ["7"]\nstatements = ["ne-trigger-dsi3", "ne-start-low-dbp"]\norigin = "ospina-tascon-2020"\n'
             'verdicts = ["holds"]'), "older than what it is cited for"),
    "an unknown key": (swap('place = "Special', 'plaice = "x"\nplace = "Special'), "unknown key `plaice`"),
    "an id twice": (swap('id = "arterial-beta"', 'id = "arterial-alpha"'), "written twice"),
}  # fmt: skip


FILES = {name: content.decode() for name, content in facts.read_files(facts.DATA).items()}
TREES = {name: tomllib.loads(text) for name, text in FILES.items()}
STATEMENTS = soundness.collect_statements(TREES, Problems())


def problems_of(text: str) -> list[str]:
    """What the check of the article finds in another text of it."""
    problems = Problems()
    check(tomllib.loads(text), TREES, STATEMENTS, FACTS.variables, problems)
    return problems


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_article_is_seen(name: str) -> None:
    plant, told = UNSOUND[name]
    assert problems_of(FILES["article.toml"]) == []
    assert [one for one in problems_of(plant(FILES["article.toml"])) if told in one]


def test_an_unsound_article_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    shutil.copytree(facts.DATA, folder)
    plant, told = UNSOUND["an unknown statement"]
    (folder / "article.toml").write_text(plant(FILES["article.toml"]), "utf-8")
    with pytest.raises(FactError) as caught:
        facts.load(str(folder))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("sides", "value", "told"),
    [
        (("dopamine", "norepinephrine"), 0.5, ["goes the same way"]),
        (("dopamine", "norepinephrine"), 2.0, []),
        (("norepinephrine", "dopamine"), 0.5, []),
        (("norepinephrine", "dopamine"), 2.0, ["goes the same way"]),
    ],
)
def test_an_inverted_finding_goes_the_other_way(sides: tuple[str, str], value: float, told: list[str]) -> None:
    problems = Problems()
    found = {"measure": "RR", "intervention": sides[0], "comparator": sides[1], "value": value}
    claim = {"prints": [{"subject": "dopamine", "comparator": "norepinephrine", "value": 0.47}]}
    check_inverted("here", claim, "x", found, problems)
    assert len(problems) == len(told) and all(one in str(problems) for one in told)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "conformance", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == RECORD
    assert main(["facts", "conformance"]) == 0
    told = capsys.readouterr().out
    assert "WRONG DIRECTION" not in told and "wrong direction" in told
    assert main(["facts", "conformance", "--as", "page"]) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")
    assert main(["facts", "show", "central-access"]) == 0
    assert "what: claim" in capsys.readouterr().out
    assert main(["facts", "conformance", "extra"]) == 2
    assert main(["facts", "check", "--as", "page"]) == 2
