"""What a site may never do is refused, whatever stands in its file."""

from __future__ import annotations

import copy
import json
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from site_profile import HEAD, ON_DRUG, PACKAGED, STATEMENT, items, limit, load, told

import vasotone
from vasotone import facts, facts_site, facts_site_overlay
from vasotone.errors import FactError
from vasotone.rulebook import edition_for

# --- what a site may never do


HARD = "norepinephrine.hard_high"
REFUSED = {
    "an unknown table": ("[bag]\nx = 1\n", "did you mean `bags`"),
    "an unknown key": ('[map]\ntagret = "65 mm[Hg]"\n', "did you mean `target`"),
    "a raised hard limit": (
        limit(HARD, 4), "never loosen"),
    "a raised hard limit in another unit": (
        limit(HARD, 0.0034, "mg/kg/min"), "never loosen"),
    "a loosened soft limit": (
        limit("norepinephrine.soft_low", 0.001), "never loosen"),
    "a limit as it is": (
        limit("norepinephrine.soft_high", 1), "not tightened"),
    "a limit without a unit": (limit(HARD, 2).replace('unit = "ug/kg/min"', ""), "with a unit"),
    "a limit in another kind of unit": (
        limit(HARD, 2, "mL/h"), "unit that fits"),
    "a limit as a salt": (
        limit(HARD, 2, "ug/kg/min", 'basis = "tartrate"\nreason = "r"'),
        "count the base"),
    "a limit without a reason": (
        limit(HARD, 2, "ug/kg/min", ''), "needs `reason`"),
    "a limit that does not exist": (
        limit("norepinephrine.hard_hihg", 2),
        "did you mean norepinephrine.hard_high"),
    "a limit twice": (
        limit(HARD, 2) + limit(HARD, 3), "named twice"),
    "the pump step as a limit": (
        limit("pump.increment", 2, "mL/h"), "no such limit"),
    "a limit that leaves no room": (
        limit(HARD, 0.0001), "no room"),
    "a wider pump": ('[pump]\nhard_high = "2000 mL/h"\n', "never loosen"),
    "a pump step of nothing": ('[pump]\nincrement = "0 mL/h"\n', "such steps"),
    "a bare number": ("[pump]\nincrement = 1\n", "with a unit"),
    "a silenced safety statement": ('[[silence]]\nid = "SAFETY"\nreason = "r"\n', "may not drop"),
    "a silenced scope gate": ('[[silence]]\nid = "scope-child-out"\nreason = "r"\n', "may not drop"),
    "a silenced data guard": ('[[silence]]\nid = "ask-weight"\nreason = "r"\n', "may not drop"),
    "a silenced band": ('[[silence]]\nid = "vaso-practice-0.3-2026"\nreason = "r"\n', "hold more often"),
    "a silence without a reason": ('[[silence]]\nid = "map-range-remark"\n', "needs `reason`"),
    "a silence of nothing": ('[[silence]]\nid = "map-range-remarc"\nreason = "r"\n', "did you mean map-range-remark"),
    "a rewritten statement": (STATEMENT.format(id="ne-first-line", when="septic", more=""), "never rewrites"),
    "a statement that speaks for an edition": (
        STATEMENT.format(id="x", when="septic", more='editions = { ssc-2026 = { at = "Rec 1" } }'), "edition"),
    "a statement with a band": (
        STATEMENT.format(id="x", when="septic", more='band = "map < 60"\ngates = ["vaso-add-on"]'), "when another"),
    "a scope gate of the site": (STATEMENT.format(id="x", when="septic", more='gate = "outside"'), "not a site's"),
    "another's badge": (STATEMENT.format(id="x", when="septic", more='badge = "guideline"'), "whose word"),
    "a data guard of the site": (
        STATEMENT.format(id="x", when="septic", more="").replace('"practice"', '"data"'), "how data are judged"),
    "a twin": (STATEMENT.format(id="x", when="septic", more='links = { twin = ["ne-first-line"] }'), "out of sight"),
    "an unknown name in a condition": (STATEMENT.format(id="x", when="lactat > 2", more=""), "lactat"),
    "an implausible threshold": (STATEMENT.format(id="x", when="map < 6500", more=""), "plausible"),
    "an unknown key of a statement": (STATEMENT.format(id="x", when="septic", more='urgancy = "now"'), "urgancy"),
    "a condition that is no text": (STATEMENT.replace('"{when}"', "[1]").format(id="x", more=""), "a text"),
    "a statement without wording": ('[[statement]]\nid = "x"\nkind = "practice"\n', "needs `clinician`"),
    "a number without a unit in a statement": (
        STATEMENT.format(id="x", when="septic", more="recheck = { value = 5 }"), "no `unit`"),
    "a cite of nothing": (
        STATEMENT.format(id="x", when="septic", more='cites = [{ source = "nowhere", at = "p1" }]'), "nowhere"),
    "an unknown form": ('[basis]\nnorepinephrine = "sulfate"\n', "not a form"),
    "the form of another drug": ('[basis]\nvasopressin = "base"\n', "unknown key"),
    "a bag without a form": ('[bags.norepinephrine]\namount = "16 mg"\nvolume = "250 mL"\n', "not a form"),
    "a bag without a unit": ('[bags.vasopressin]\namount = "20"\nvolume = "100 mL"\n', "with a unit"),
    "a bag in the wrong kind of unit": (
        '[bags.vasopressin]\namount = "20 mg"\nvolume = "100 mL"\n', "unit that fits"),
    "a bag beyond a hard limit": (
        '[bags.norepinephrine]\namount = "16 g"\nvolume = "250 mL"\nbasis = "base"\n', "hard limit"),
    "a bag of nothing": ('[bags.vasopressin]\namount = "0 U"\nvolume = "100 mL"\n', "above zero"),
    "a bag of an unknown drug": (
        '[bags.vasopresin]\namount = "20 U"\nvolume = "100 mL"\n', "did you mean vasopressin"),
    "a formulary of words": ('[formulary]\nvasopressin = "yes"\n', "true or false"),
    "a target far too low": ('[map]\ntarget = "45 mm[Hg]"\n', "out of range"),
    "a target below that of younger adults": ('[map]\ntarget = "62 mm[Hg]"\n', "out of range"),
    "a target without a unit": ("[map]\ntarget = 65\n", "with a unit"),
    "a unit that is none of lactate": ('[lactate]\nunit = "g"\n', "not a unit of lactate"),
    "an unknown review state": ('[review]\nfloor = "good"\n', "state of review"),
    "an unknown zone": ('[time]\nzone = "Mars/Olympus"\n', "time zone"),
    "not TOML": ("[map\n", "not readable"),
}  # fmt: skip


def safety() -> str:
    """A safety statement of the packaged facts."""
    return next(name for name, one in PACKAGED.statements.items() if one["kind"] == "safety")


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, expected = REFUSED[name]
    error = told(text.replace("SAFETY", safety()))
    assert expected.lower() in str(error).lower(), str(error)
    assert "site.toml" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('approved_by = "A. Person"\n', "", "needs `approved_by`"),
        ('version = "1"\n', "", "needs `version` or `date`"),
        ('edition = "ssc-2026"', 'edition = "founding-article"', "needs `edition`"),
        ('edition = "ssc-2026"', 'edition = "local"', "needs `edition`"),
        ('name = "Sample Hospital"', "name = 5", "needs `name`"),
        ('name = "Sample Hospital"', 'name = "a\\nb"', "needs `name`"),
    ],
)
def test_a_head_that_is_not_whole_is_refused(old: str, new: str, expected: str) -> None:
    assert old in HEAD
    assert expected in str(told("", HEAD.replace(old, new)))


def test_an_error_names_the_line() -> None:
    text = '[[limit]]\nname = "norepinephrine.soft_high"\nvalue = 0.5\nunit = "ug/kg/min"\nreason = "r"\n'
    wrong = text.replace("soft_high", "hard_high").replace("0.5", "5")
    error = told(f"{text}\n{wrong}")
    line = (HEAD + f"{text}\n{wrong}").splitlines().index("value = 5") + 1
    assert error.where == f"site.toml line {line}, [[limit]] value"
    assert error.seen == "5 ug/kg/min" and "3.3 ug/kg/min" in error.fix
    both = told(f"{wrong}[map]\ntarget = 65\n")
    assert both.what == "2 problems in the site profile" and "[map] target" in both.fix


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "none.toml", tmp_path / "bad.toml", tmp_path / "a\0b.toml"):
        with pytest.raises(FactError):
            facts_site.load(str(path))


TREES = {name: tomllib.loads(content.decode()) for name, content in facts.read_files(facts.DATA).items()}
LIMITS = [(table, key) for table, entries in TREES["limits.toml"].items() for key in entries]
CHANGED = ("limits.toml", "variables.toml", "profiles.toml", "sources.toml")


def laid_over(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The trees as a profile changes them, and its settings."""
    trees = {name: copy.deepcopy(tree) if name in CHANGED else tree for name, tree in TREES.items()}
    return trees, facts_site_overlay.overlay(trees, text, "site.toml")


def looser(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a limit lets more pass than before, or is another limit altogether."""
    if any(old.get(key) != new.get(key) for key in ("kind", "side", "of", "unit", "basis")):
        return True
    if "value" not in old or old.get("side") in ("equal", "between") or old["kind"] == "setting":
        return bool(old["kind"] != "setting" and old != new)
    before, after = Fraction(repr(old["value"])), Fraction(repr(new["value"]))
    return after < before if old["side"] == "low" else after > before


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(LIMITS),
            st.one_of(
                st.sampled_from([0, -1, 1, 10**-4, 10**6]),
                st.floats(1e-6, 1e6),
                st.fractions(Fraction(1, 100), 100).map(float),
            ),
            st.sampled_from(["same", "mg/kg/min", "ug/kg/min", "ug/kg/h", "ng/kg/min", "U/h", "mL/min", "kg", "1"]),
        ),
        min_size=1, max_size=4,
    ),
    st.lists(
        st.tuples(st.sampled_from(["soft_low", "soft_high", "hard_high", "rounding"]), st.floats(0, 3000)), max_size=2
    ),
)  # fmt: skip
def test_no_overlay_ever_loosens_a_limit(asked: list[Any], pump: list[Any]) -> None:
    text = HEAD
    for key, value in dict(pump).items():
        text += "[pump]\n" * ("[pump]" not in text)
        text += f'{key} = {{ value = {value!r}, unit = "{TREES["limits.toml"]["pump"][key]["unit"]}" }}\n'
    for (table, key), value, unit in asked:
        known = TREES["limits.toml"][table][key]["unit"]
        text += (
            f'[[limit]]\nname = "{table}.{key}"\nvalue = {value!r}\nunit = "{known if unit == "same" else unit}"\n'
        )
        text += 'reason = "r"\n'
    try:
        trees, _ = laid_over(text)
    except FactError as error:
        assert error.where and error.why and error.fix
        return
    for table, key in LIMITS:
        assert not looser(TREES["limits.toml"][table][key], trees["limits.toml"][table][key]), (table, key)
    added = {(t, k) for t, entries in trees["limits.toml"].items() for k in entries} - set(LIMITS)
    assert all(table == "weight" for table, _ in added)


def toml(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value) if isinstance(value, str | bool) else repr(value)


WORDS = st.sampled_from(
    [
        "",
        "base",
        "65 mm[Hg]",
        "16 mg",
        "250 mL",
        "1",
        "unknown",
        "norepinephrine.hard_high",
        "ask-weight",
        "x" * 300,
        "Z",
    ]
)
SCALARS = st.one_of(st.booleans(), st.integers(-3, 10**9), st.floats(-1e9, 1e9), WORDS, st.just(float("nan")))
KEYS = st.sampled_from(
    "value unit amount volume basis name id reason by target floor zone increment kind do when".split()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=4
)
PLACES = (
    "site.name site.version site.edition site.reasons bags bags.norepinephrine bags.vasopressin.amount "
    "bags.norepinephrine.basis pump pump.increment pump.hard_high formulary formulary.vasopressin basis "
    "basis.norepinephrine map map.target lactate.unit review.floor time.zone limit silence statement"
).split()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(PLACES), VALUES, max_size=3), st.booleans())
def test_whatever_stands_in_a_profile_it_is_read_or_refused(written: dict[str, Any], whole: bool) -> None:
    tree: dict[str, Any] = tomllib.loads(HEAD if whole else "")
    for place, value in written.items():
        table = tree
        *path, key = place.split(".")
        for part in path:
            inner = table.get(part)
            table[part] = inner if isinstance(inner, dict) else {}
            table = table[part]
        table[key] = value
    text = "\n".join(f"{key} = {toml(value)}" for key, value in tree.items())
    try:
        _, settings_of = laid_over(text)
    except FactError as error:
        assert error.where and error.why and error.fix
        return
    json.dumps(settings_of)
    assert settings_of["name"] and settings_of["edition"]


@pytest.mark.parametrize(
    "line",
    [
        'do = "refer"', "do = { action = 1, target = 2 }", "do = {}", "case = [{}]",
        'variant = [{ when = "septic" }]', 'aim = { low = "x", high = 5, unit = "1" }',
        'recheck = { value = "soon" }',
        "variant = [{ when = 5 }]", 'links = { next = "x" }', "links = { next = [5] }", "links = { next = 5 }",
        'unless = "pregnant"', "unless = [5]", "cites = [{}]", "cites = [{ source = 5, at = 6 }]", "recheck = {}",
        "aim = {}", 'rank = "high"', "rank = true", 'effects = [{ value = "x" }]', "claim = { drug = 5 }",
        'review = [{ decision = "approved", digest = 5 }]', 'dose = "much"', 'urgency = "never"', "asks = [1]",
        'names = ["x"]', "notes = [[1]]", "contrast = {}", 'setting = "moon"',
        'variant = [{ do = "x", when = "septic" }]',
        'variant = [{ unless = 5, when = "septic", do = { action = "refer", target = "norepinephrine" } }]',
    ],
)  # fmt: skip
def test_a_misformed_statement_is_refused_or_harmless(line: str) -> None:
    more = "" if line.startswith("do") else line
    text = STATEMENT.format(id="x", when="septic", more=more)
    if line.startswith("do"):
        text = text.replace('do = { action = "refer", target = "norepinephrine" }', line)
    try:
        site = load(text)
    except FactError as error:
        assert "site" in error.where and error.why and error.fix
        return
    advice = vasotone.advise(ON_DRUG, facts=site, everything=True)
    assert "x" in items(advice.to_dict(everything=True))
    for face in ("text", "page"):
        assert vasotone.show(advice, face, everything=True)


@pytest.mark.parametrize("name", sorted(PACKAGED.statements))
def test_every_statement_that_protects_stays(name: str) -> None:
    statement = PACKAGED.whole()[name]
    gating = statement.get("gates") and "ssc-2026" in statement.get("editions", {})
    protects = statement["kind"] in ("safety", "scope", "data") or "gate" in statement or gating
    text = f'{HEAD}\n[[silence]]\nid = "{name}"\nreason = "r"\n'
    if protects:
        with pytest.raises(FactError, match="cannot be silenced"):
            laid_over(text)
        return
    trees, _ = laid_over(text)
    profiles = trees["profiles.toml"]
    dropped = {
        one for one, record in PACKAGED.statements.items()
        if edition_for(record, "ssc-2026", profiles) != edition_for(record, "local", profiles)
    }  # fmt: skip
    assert dropped <= {name}
