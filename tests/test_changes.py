"""What changed clinically between two versions: every planted edit is told once, under what it means."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import facts
from vasotone.cli import main
from vasotone.errors import InputError
from vasotone.facts_changes import between, changes, markdown
from vasotone.facts_changes_fields import (
    CLINICAL,
    CONDITIONS,
    DOSES,
    FINDINGS,
    GRADES,
    GROUPS,
    WORDING,
    facts_of,
)
from vasotone.facts_changes_versions import Version, read_version

FACTS = vasotone.load()
OLD = read_version(facts.DATA)
TEXTS = {name: content.decode() for name, content in facts.read_files(facts.DATA).items()}
Plant = tuple[str, Callable[[str], str]]


def swap(file: str, before: str, after: str, within: str = "") -> Plant:
    """One replacement in one file, after the first place that holds `within`."""

    def apply(text: str) -> str:
        start = text.index(within) if within else 0
        assert before in text[start:], before
        return text[:start] + text[start:].replace(before, after, 1)

    return file, apply


def edited(*plants: Plant) -> Version:
    """The facts with some edits."""
    texts = dict(TEXTS)
    for file, apply in plants:
        texts[file] = apply(texts[file])
    trees = {file: tomllib.loads(texts[file]) for file, _ in plants}
    return OLD._replace(name="edited", digest="0", trees={**OLD.trees, **trees})


PRESSORS = "statements/vasopressors.toml"
VASO = 'id = "vaso-add-on"'
# the edit -> what is told of it: what, id, field, group
TOLD: dict[str, tuple[Plant, tuple[str, str, str, str]]] = {
    "a condition": (
        swap(PRESSORS, "norepinephrine > 0 and map_low", "norepinephrine > 0.1 and map_low", VASO),
        ("statement", "vaso-add-on", "when", CONDITIONS)),
    "an unless": (swap(PRESSORS, '"vasopressin > 0"', '"vasopressin > 0.01"', VASO),
                  ("statement", "vaso-add-on", "unless", CONDITIONS)),
    "an action": (swap(PRESSORS, 'action = "add"', 'action = "start"', VASO),
                  ("statement", "vaso-add-on", "do", CONDITIONS)),
    "an urgency": (swap(PRESSORS, 'urgency = "now"', 'urgency = "soon"', VASO),
                   ("statement", "vaso-add-on", "urgency", CONDITIONS)),
    "a status": (swap(PRESSORS, 'status = "current"', 'status = "superseded"', VASO),
                 ("statement", "vaso-add-on", "status", CONDITIONS)),
    "a grade": (swap(PRESSORS, 'certainty = "moderate"', 'certainty = "low"', VASO),
                ("statement", "vaso-add-on", "grade in ssc-2026", GRADES)),
    "a place": (swap(PRESSORS, "Rec 56", "Rec 57", VASO),
                ("statement", "vaso-add-on", "place in ssc-2026", WORDING)),
    "a wording": (swap(PRESSORS, "consider adding vasopressin", "consider vasopressin", VASO),
                  ("statement", "vaso-add-on", "clinician", WORDING)),
    "a situation": (swap(PRESSORS, "and not ne_serious_arrhythmia and not refractory", "and not refractory",
                         "[[statement.variant]]"),
                    ("statement", "ne-first-line", "situation switch norepinephrine: when", CONDITIONS)),
    "a limit": (swap("limits.toml", "value = 3.3", "value = 2", "[norepinephrine.hard_high]"),
                ("limit", "norepinephrine hard_high", "figure", DOSES)),
    "a dose": (swap("drugs.toml", "low = 0.05", "low = 0.02", 'id = "ne-practice-start"'),
               ("drug regime", "norepinephrine ne-practice-start", "figure", DOSES)),
    "a form": (swap("drugs.toml", "value = 1.89", "value = 1.9"),
               ("drug form", "norepinephrine tartrate", "figure", DOSES)),
    "a bag": (swap("drugs.toml", "amount = 4\n", "amount = 5\n", 'id = "ne-4-in-250"'),
              ("drug bag", "norepinephrine ne-4-in-250", "figure", DOSES)),
    "a plan": (swap("plans.toml", "ne-practice-start", "ne-label-start"), ("plan", "norepinephrine", "start", DOSES)),
    "a consistency rule": (swap("consistency.toml", "dbp >= sbp", "dbp > sbp"),
                           ("consistency rule", "diastolic-not-below-systolic", "when", CONDITIONS)),
    "a definition": (swap("variables.toml", 'derive = "crt > 3"', 'derive = "crt > 4"'),
                     ("variable", "crt_prolonged", "derive", CONDITIONS)),
    "a formula": (swap("variables.toml", "(sbp - dbp) / 3", "(sbp - dbp) / 2"),
                  ("variable", "map_derived", "derive", CONDITIONS)),
    "a range": (swap("variables.toml", "high = ", "high = 1", "[lactate]"),
                ("variable", "lactate", "plausible", CONDITIONS)),
    "a freshness": (swap("variables.toml", "fresh = { value = ", "fresh = { value = 1", "[lactate]"),
                    ("variable", "lactate", "fresh", CONDITIONS)),
    "a finding": (swap("findings.toml", "value = 1.17", "value = 1.71"),
                  ("finding", "soap-ii-death-28d", "figure", FINDINGS)),
    "a closeness": (swap("sources.toml", 'read = "near-primary"', 'read = "primary"', "[ssc-2026]"),
                    ("source", "ssc-2026", "read", WORDING)),
    "a prohibition": (swap("prohibitions.toml", "vasopressin >= 0.04", "vasopressin >= 0.05"),
                      ("prohibition", "vaso-raise-above-0.04", "when", CONDITIONS)),
    "a verdict on the article": (swap("article.toml", 'verdicts = ["mixed"]', 'verdicts = ["holds"]'),
                                 ("claim of the article", "lead-first-choice-hypotension", "verdicts", WORDING)),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_an_edit_is_told_once(name: str) -> None:
    plant, expected = TOLD[name]
    record = between(OLD, edited(plant))
    assert [(one["what"], one["id"], one["field"], one["group"]) for one in record["changes"]] == [expected]
    (one,) = record["changes"]
    assert one["change"] == "changed" and one["old"] != one["new"] and one["review"] == "submitted"
    assert record["totals"]["clinical"] == (expected[3] in CLINICAL) and record["editorial"] == {}
    told = markdown(record)
    assert told.startswith("### Clinical changes\n") and f"**{expected[1]}**" in told and " → " in told
    back = between(edited(plant), OLD)["changes"][0]
    assert (back["old"], back["new"]) == (one["new"], one["old"])


def test_nothing_changed(tmp_path: Path) -> None:
    shutil.copytree(facts.DATA, tmp_path / "data")
    record = changes(facts.DATA, str(tmp_path / "data"), FACTS)
    assert record["changes"] == [] and record["editorial"] == {} and not any(record["totals"].values())
    assert record["old"]["digest"] == record["new"]["digest"] == FACTS.digest
    assert "No clinical change." in markdown(record)


def test_what_is_editorial_is_only_counted() -> None:
    new = edited(
        swap(PRESSORS, "when do I add a second pressor", "when is a second pressor added", VASO),
        swap(PRESSORS, "rank = ", "rank = 1", VASO),
    )
    record = between(OLD, new)
    assert record["changes"] == [] and record["editorial"] == {"asks": 1, "rank": 1}
    assert "Editorial: 1 anticipated questions, 1 rank." in markdown(record)


def test_added_and_removed() -> None:
    new = OLD._replace(trees={name: tree for name, tree in OLD.trees.items() if name != "statements/weaning.toml"})
    record = between(OLD, new)
    gone = {one["id"] for one in record["changes"]}
    assert "wean-gradual" in gone and {one["change"] for one in record["changes"]} == {"removed"}
    assert record["totals"]["statements_removed"] == len(gone)
    again = between(new, OLD)
    assert {one["id"] for one in again["changes"]} == gone
    assert "**wean-gradual** is new: safety: " in markdown(again)


def test_clinical_comes_first() -> None:
    record = between(OLD, edited(*[plant for plant, _ in list(TOLD.values())[:7]]))
    order = [GROUPS.index(one["group"]) for one in record["changes"]]
    assert order == sorted(order) and len(set(order)) == 3


def test_an_approval_is_told() -> None:
    review = 'review = [{ by = "A. Reviewer", decision = "approved", digest = "x" }]'
    record = between(OLD, edited(swap(PRESSORS, VASO, f"{VASO}\n{review}")))
    told = [one for one in record["changes"] if one["field"] == "review state"]
    assert [(one["new"], one["review"]) for one in told] == [("under review", "under review")]


def test_a_wheel_is_a_version(tmp_path: Path) -> None:
    path = tmp_path / "vasotone-9-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in Path(facts.DATA).rglob("*.toml"):
            archive.write(file, f"vasotone/data/{file.relative_to(facts.DATA).as_posix()}")
        archive.writestr("vasotone/other.toml", "x = 1")
    record = changes(str(path), facts.DATA, FACTS)
    assert record["changes"] == [] and record["old"]["digest"] == record["new"]["digest"]


def test_a_checkout_is_a_version(repository: Path) -> None:
    assert read_version(str(repository)).digest == read_version(facts.DATA).digest


def refused(*names: str) -> str:
    with pytest.raises(InputError) as caught:
        changes(*names, FACTS)
    assert caught.value.where and caught.value.fix
    return str(caught.value)


def test_what_is_no_version_is_refused(tmp_path: Path) -> None:
    old = facts.DATA
    assert "no such version" in refused(str(tmp_path / "nowhere"), old)
    assert "holds no facts" in refused(str(tmp_path), old)
    assert "compared with another edition" in refused("ssc-2026", old)
    assert "compared with another edition" in refused("none", "ssc-2026")
    text = tmp_path / "text.zip"
    text.write_text("no archive")
    assert "no archive" in refused(str(text), old)
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("else.toml", "")
    assert "holds no facts" in refused(str(empty), old)
    (tmp_path / "sources.toml").write_text("= 1")
    assert "not readable" in refused(old, str(tmp_path))


def test_between_editions() -> None:
    record = changes("ssc-2021", "ssc-2026", FACTS)
    assert record["of"] == "editions"
    told = {(one["id"], one["field"]): one for one in record["changes"]}
    assert told["map-60-65-age65", ""]["change"] == "added"
    assert told["steroid-trigger-2021", ""]["change"] == "removed"
    assert told["vaso-add-on", "timed by"]["new"] == ["vaso-practice-0.3-2026"]
    assert "age < 65" in told["map_low", "derive"]["new"]
    assert told["steroid-shock", "grade"]["old"]["certainty"] == "moderate"
    assert changes("ssc-2026", "ssc-2026", FACTS)["changes"] == []
    assert "No clinician has reviewed them." in markdown(record)


def test_between_editions_covers_what_diff_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "diff", "ssc-2021", "ssc-2026", "--json"]) == 0
    diff = {one["statement"] for one in json.loads(capsys.readouterr().out)["changes"]}
    told = {one["id"] for one in changes("ssc-2021", "ssc-2026", FACTS)["changes"] if one["what"] == "statement"}
    edition_alone = {
        one
        for one in diff - told
        if (edition := FACTS.statements[one]["editions"]) and "ssc-2021" in edition and "ssc-2026" in edition
    }
    assert diff - told == edition_alone and told <= diff


def test_text_of_another_wheel_stays_inert() -> None:
    hostile = "<script>x</script> [a](b) `c` *d*"
    told = markdown(between(OLD, edited(swap(PRESSORS, "consider adding vasopressin", hostile, VASO))))
    assert "<script" not in told and "](b)" not in told.replace("\\]", "")


@pytest.mark.parametrize("key", ["statement", "drug", "limit", "plan", "consistency rule", "variable", "finding"])
def test_every_fact_can_be_compared(key: str) -> None:
    found = facts_of(OLD)
    assert [one for one in found if one[0] == key]
    assert {one.id for one in found.values() if one.what == "statement"} == set(FACTS.statements)
    assert all(group in GROUPS for one in found.values() for group, _ in one.fields.values())


def releases(text: str) -> list[tuple[str, str]]:
    """Each release of the change log: its heading and what stands below it."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return [(part.splitlines()[0], part.partition("\n")[2].strip()) for part in parts]


def test_each_release_opens_with_its_clinical_changes(repository: Path) -> None:
    found = releases((repository / "CHANGELOG.md").read_text("utf-8"))
    assert found and found[0][0].split()[0] == vasotone.__version__
    for heading, body in found:
        assert body.startswith("### Clinical changes\n"), heading


def test_the_block_of_this_version_can_be_produced(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heading, body = releases((repository / "CHANGELOG.md").read_text("utf-8"))[0]
    block = markdown(changes("none", facts.DATA, FACTS))
    assert main(["facts", "changes", "none", facts.DATA]) == 0
    assert capsys.readouterr().out.strip() == block
    assert FACTS.digest[:12] in block and f"| statement: safety | {count('safety')} |" in block
    if "not released" not in heading:
        assert body.startswith(block), "make the block anew: vasotone facts changes OLD vasotone/data"


def count(kind: str) -> int:
    return sum(one["kind"] == kind for one in FACTS.statements.values())


def test_the_command_needs_two_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "changes", "ssc-2026"]) == 2
    assert "older and a newer" in capsys.readouterr().err
    assert main(["facts", "changes", "ssc-2021", "ssc-2026", "--json"]) == 0
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert record["schema"] == "vasotone.facts-changes/1"
