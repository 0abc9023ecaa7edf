"""The loader refuses facts that are not sound, says where, and computes the review state."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vasotone import facts, review
from vasotone.errors import FactError


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    """A planted defect: one replacement in one file."""

    def apply(folder: Path) -> None:
        path = folder / file
        text = path.read_text()
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1))

    return apply


def append(file: str, text: str) -> Callable[[Path], None]:
    """A planted defect: an entry added to one file."""

    def apply(folder: Path) -> None:
        path = folder / file
        path.write_text(path.read_text() + "\n" + text)

    return apply


STATEMENT = """
[[statement]]
id = "planted"
kind = "safety"
clinician = "Planted."
patient = "Planted."
do = {{ action = "inform", target = "map" }}
when = "{when}"
{rest}
"""


def statement(when: str, rest: str = 'cites = [{ source = "ssc-2021", at = "somewhere" }]') -> Callable[[Path], None]:
    """A planted statement."""
    return append("statements/guards.toml", STATEMENT.format(when=when, rest=rest))


DEFECTS = {
    "a number without a cite": (
        append("drugs.toml", '[planted]\nunit = "mg"\nvalue = 3\n'), "has no `cite`"),
    "a number without a unit": (
        append("drugs.toml", '[planted]\nvalue = 3\ncite = { source = "ssc-2021", at = "x" }\n'), "has no `unit`"),
    "a cite that does not resolve": (
        statement("map < 65", 'cites = [{ source = "smith-1999", at = "p1" }]'), "`smith-1999` is not in"),
    "a cite without a place": (
        statement("map < 65", 'cites = [{ source = "ssc-2021", at = "" }]'), "has no place"),
    "an unknown name in a condition": (statement("mapp < 65"), "mapp"),
    "a threshold outside the plausible range": (statement("map < 6500"), "6500"),
    "a condition that does not parse": (statement("map < 65 and"), "^"),
    "mixed and/or": (statement("map < 65 and septic_shock or pregnant"), "parenthes"),
    "an unknown key": (
        statement("map < 65", 'cites = [{ source = "ssc-2021", at = "x" }]\nurgancy = "now"'),
        "unknown key `urgancy`"),
    "an unknown action": (
        edit("statements/guards.toml", 'action = "convert"', 'action = "transmute"'), "unknown action or target"),
    "a link to a statement that does not exist": (
        statement("map < 65", 'cites = [{ source = "ssc-2021", at = "x" }]\nlinks = { next = ["nowhere"] }'),
        "nowhere"),
    "an id written twice": (
        edit("statements/guards.toml", 'id = "ask-weight"', 'id = "ask-bp"'), "written twice"),
    "a statement that rests on nothing": (statement("map < 65", ""), "rests on nothing"),
    "a plan with a regime that does not exist": (
        edit("plans.toml", "vp-guideline-fixed", "vp-guess"), "vp-guess"),
    "an unknown unit": (edit("variables.toml", 'unit = "mmol/L"', 'unit = "mmoll"'), "mmoll"),
    "an edition that does not exist": (
        statement("map < 65", 'editions = { ssc-2099 = { at = "Rec 1" } }'), "ssc-2099"),
    "a hard limit with a misspelt kind": (edit("limits.toml", 'kind = "hard"', 'kind = "Hard"'), "`kind = Hard`"),
    "a limit with a misspelt side": (edit("limits.toml", 'side = "high"', 'side = "hihg"'), "`side = hihg`"),
    "a limit of a drug that does not exist": (
        edit("limits.toml", "[vasopressin.hard_high]", "[vasopresin.hard_high]"), "vasopresin"),
    "a limit as text": (edit("limits.toml", "value = 3.3", 'value = "3.3"'), "needs a number"),
    "a rule with a misspelt key": (edit("consistency.toml", "doubt = [", "doubtt = ["), "unknown key `doubtt`"),
    "a misspelt gate": (
        edit("statements/scope.toml", 'gate = "outside"\norder', 'gate = "outsied"\norder'), "gate = outsied"),
    "a gate that does not say what to do": (edit("statements/scope.toml", "instead =", "notes_ ="), "instead"),
    "a misspelt use of a dose": (edit("statements/vasopressors.toml", 'dose = "start"', 'dose = "strat"'), "strat"),
    "no default profile": (edit("profiles.toml", "default = true", "default = false"), "exactly one profile"),
    "definitions in a circle": (
        edit("variables.toml", 'derive = "crt > 3"', 'derive = "crt_prolonged and crt > 3"'), "crt_prolonged"),
    "a file that is not TOML": (append("drugs.toml", "value = = 3"), "not readable as TOML"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged facts."""
    copy = tmp_path / "data"
    shutil.copytree(facts.DATA, copy)
    return copy


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_refused(name: str, folder: Path) -> None:
    plant, expected = DEFECTS[name]
    plant(folder)
    with pytest.raises(FactError) as caught:
        facts.load(str(folder))
    assert expected in str(caught.value)


def test_the_packaged_facts_are_sound() -> None:
    loaded = facts.load()
    assert len(loaded.statements) > 100
    assert loaded.default_profile == "ssc-2026"


def test_an_edit_changes_the_digest_and_a_reorder_of_comments_does_too(folder: Path) -> None:
    before = facts.load(str(folder)).digest
    append("profiles.toml", "# a remark")(folder)
    assert facts.load(str(folder)).digest != before


def test_facts_from_the_cache_equal_facts_from_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VASOTONE_CACHE", str(tmp_path))
    monkeypatch.setattr(facts, "_loaded", {})
    first = facts.load()
    assert list(tmp_path.iterdir())
    monkeypatch.setattr(facts, "_loaded", {})
    second = facts.load()
    assert first == second and first is not second


def test_a_damaged_cache_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VASOTONE_CACHE", str(tmp_path))
    monkeypatch.setattr(facts, "_loaded", {})
    whole = facts.load()
    [path] = tmp_path.iterdir()
    for content in (b"", b"nonsense", path.read_bytes()[:500]):
        path.write_bytes(content)
        monkeypatch.setattr(facts, "_loaded", {})
        assert facts.load() == whole


def test_an_approval_falls_back_when_the_statement_is_edited() -> None:
    statement = {"id": "x", "clinician": "Consider this.", "when": "map < 65", "cites": []}
    assert review.state(statement) == "submitted"
    approval = {"by": "A. Clinician", "on": "2026-01-12", "decision": "approved", "digest": review.digest(statement)}
    statement["review"] = [approval]
    assert review.state(statement) == "approved"
    statement["case"] = [{"name": "one more case"}]
    assert review.state(statement) == "approved"
    statement["when"] = "map < 60"
    assert review.state(statement) == "under review"


def test_an_approval_expires_and_can_be_withdrawn() -> None:
    statement: dict[str, object] = {"id": "x", "clinician": "Consider this."}
    approval = {"decision": "approved", "digest": review.digest(statement), "until": "2026-06-30"}
    statement["review"] = [approval]
    assert review.state(statement, today="2026-06-30") == "approved"
    assert review.state(statement, today="2026-07-01") == "expired"
    statement["review"] = [approval, {"decision": "withdrawn"}]
    assert review.state(statement) == "withdrawn"
