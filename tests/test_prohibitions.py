"""What is never said is never said: random patients in every profile against every prohibition."""

from __future__ import annotations

import os
import random
import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import facts, guideline, lang, soundness, soundness_prohibitions
from vasotone.advice import Advice, Item
from vasotone.errors import FactError
from vasotone.guideline_verdict import case_of
from vasotone.state import state_at

FACTS = vasotone.load()
PROHIBITIONS = FACTS.shelf("prohibitions")
EVERY = (
    """pump-rate vaso-threshold-met steroid-threshold-met fluid-bolus fluid-before-pressor-mandatory
    central-access-required stop-abruptly vaso-first-off map-80-85-default ne-omit nee-value
    vaso-raise-above-0.04 mb-give steroid-now escalate angii-first bicarb-now terlipressin-give dopamine-renal
    dopamine-give phenyl-give epi-give betablock-give levosimendan-give vaso-sole-first adult-dose"""
).split()
SEED = int(os.environ.get("VASOTONE_FUZZ_SEED", "1"))
CASES = int(os.environ.get("VASOTONE_FUZZ_CASES", "500"))
SAID = ("applies", "applies-unless")
# Near the limits that conditions read, so that random patients meet them.
VALUES: dict[str, tuple[Any, ...]] = {
    "age": (9, 17, 18, 58, 64, 65, 72),
    "weight": (50, 80, 120),
    "map": (38, 52, 59, 60, 62, 64, 65, 70, 75, 76, 82, 95),
    "map_target": (60, 65, 75, 80),
    "sbp": (70, 85, 110), "dbp": (30, 40, 45, 55), "hr": (52, 98, 135),
    "norepinephrine": (0, 0.05, 0.2, 0.25, 0.5, 0.6, 1.1),
    "vasopressin": (0, 0, 0.02, 0.03, 0.04, 0.05), "epinephrine": (0, 0, 0.1), "dopamine": (0, 0, 5),
    "phenylephrine": (0, 0, 1), "angiotensin_ii": (0, 0, 20), "hydrocortisone": (0, 200), "methylene_blue": (0, 1),
    "dobutamine": (0, 5), "lactate": (1, 2, 3, 6), "crt": (2, 3, 4, 6), "ph": (7.1, 7.2, 7.25, 7.34, 7.4),
    "aki_stage": (0, 1, 2, 3), "urine_output": (0.2, 0.5, 1), "lvef": (30, 45, 60), "fluids": (0, 10, 29, 30, 45),
    "fluid_responsive": (True, False), "rv_dilated": (True, False), "arterial_line": (True, False),
    "access": ("central", "peripheral", "peripheral-forearm"), "infection": ("probable", "confirmed"),
    "rhythm": ("sinus", "sinus-brady", "sinus-tachy", "af", "af-rvr", "vt-runs"), "skin": ("normal", "mottled"),
    "code_status": ("full", "dnr", "comfort-focused"), "norepinephrine_hours": (1, 4, 6, 30),
    "onset_hours": (1, 3, 8), "mental_status": ("normal", "altered"),
}  # fmt: skip
OFTEN = ("age", "map", "norepinephrine", "vasopressin", "weight")
CONDITIONS = (
    """chronic-hypertension cardiac-dysfunction tachyarrhythmia bradyarrhythmia ne-serious-arrhythmia ards-severe iah
    pulmonary-oedema aki esrd-anuric recovering refractory extravasation digital-ischaemia dvt-acute pregnant
    cirrhosis child traumatic-brain-injury adrenal-insufficiency sulfite-allergy"""
).split()
KINDS = ("septic-shock", "septic-shock", "septic-shock", "septic-shock", "sepsis-no-shock", "undifferentiated-shock")


def a_patient(random_: random.Random) -> dict[str, Any]:
    """A patient with values near the limits, and gaps."""
    patient: dict[str, Any] = {}
    for name, values in VALUES.items():
        if random_.random() < (0.85 if name in OFTEN else 0.5):
            patient[name] = random_.choice(values)
    if patient.get("norepinephrine"):
        basis = random_.choice(("base", "base", "bitartrate", "unknown"))
        patient["norepinephrine"] = {"value": patient["norepinephrine"], "basis": basis}
        if random_.random() < 0.5:
            patient["norepinephrine"]["bag"] = {"amount": "4 mg", "volume": "250 mL", "basis": "base"}
    rate = random_.choice((0.05, 0.2))
    patient["conditions"] = [random_.choice(KINDS), *[one for one in CONDITIONS if random_.random() < rate]]
    if random_.random() < 0.3:
        stocked = ("norepinephrine", "vasopressin", "epinephrine", "angiotensin_ii")
        patient["formulary"] = {random_.choice(stocked): random_.random() < 0.5}
    return patient


@cache
def node_of(name: str, profile: str) -> Any:
    """A prohibition's condition as the language reads it in one profile; None where it always holds."""
    text = PROHIBITIONS[name].get("when")
    return lang.check(text, FACTS.columns, FACTS.compiled(profile).definitions) if text else None


def forbidden_now(patient: dict[str, Any], profile: str) -> tuple[list[str], Advice]:
    """Which prohibitions hold for a patient, whatever the form of the dose, and the whole advice."""
    state = state_at(vasotone.read(patient, facts=FACTS), FACTS)
    case = case_of(state, FACTS, profile)
    definitions = case.compiled.definitions
    held = [
        name
        for name in PROHIBITIONS
        if (node := node_of(name, profile)) is None
        or all(lang.evaluate(node, row, definitions) is True for row in case.when_rows)
    ]
    return held, guideline.advise(state, FACTS, profile, everything=True)


def is_meant(item: Item, acts: list[dict[str, str]]) -> bool:
    """Whether an item has one of the actions and targets."""
    return any(
        act.get("action", item.action) == item.action and act.get("target", item.target) == item.target
        for act in acts
    )


def broken(prohibition: dict[str, Any], advice: Advice) -> list[str]:
    """What in an advice goes against a prohibition that holds."""
    never, figures = prohibition.get("never", []), prohibition.get("figures", [])
    found = []
    for item in advice.items:
        if figures:
            if not never or is_meant(item, never):
                found += [f"{item.statement}: a {one}" for one in figures if getattr(item, one) is not None]
        elif item.verdict in SAID and is_meant(item, never):
            found.append(f"{item.statement}: {item.action} {item.target}, {item.verdict}")
        told = " ".join((item.text, *item.notes)).lower()
        found += [f"{item.statement} says: {word}" for word in prohibition.get("words", []) if word in told]
    shown = [name for name in prohibition.get("values", []) if advice.values.get(name, {}).get("value") is not None]
    return found + [f"a value of {name}" for name in shown]


def test_every_prohibition_is_written() -> None:
    assert sorted(PROHIBITIONS) == sorted(EVERY)


@pytest.mark.parametrize("profile", FACTS.profiles)
def test_no_patient_is_told_what_is_forbidden(profile: str) -> None:
    held: dict[str, int] = dict.fromkeys(PROHIBITIONS, 0)
    for place in range(CASES // len(FACTS.profiles)):
        seed = SEED * 1_000_003 + place
        patient = a_patient(random.Random(seed))
        names, advice = forbidden_now(patient, profile)
        for name in names:
            held[name] += 1
            against = broken(PROHIBITIONS[name], advice)
            assert not against, f"{name} ({profile}, seed {seed}): {against}\n{patient}"
    assert [name for name, count in held.items() if not count] == []  # no prohibition is tested on nobody


@pytest.mark.parametrize("name", [name for name, one in PROHIBITIONS.items() if "words" in one])
def test_no_text_holds_forbidden_words(name: str) -> None:
    keys = ("clinician", "patient", "nurse", "pharmacist", "student", "instead", "notes")
    for identifier, one in FACTS.whole().items():
        for part in (one, *one.get("variant", [])):
            told = " ".join(str(part.get(key, "")) for key in keys).lower()
            assert [word for word in PROHIBITIONS[name]["words"] if word in told] == [], identifier


SHOCK = {"age": 58, "weight": 80, "conditions": ["septic-shock"], "map": 55, "norepinephrine": 0, "vasopressin": 0}


@pytest.mark.parametrize(
    "planted",
    [
        {"never": [{"action": "start", "target": "norepinephrine"}]},
        {"never": [{"target": "norepinephrine"}]},
        {"never": [{"action": "start"}]},
        {"figures": ["dose"]},
        {"never": [{"target": "norepinephrine"}], "figures": ["dose"]},
        {"values": ["map"]},
        {"words": ["consider"]},
    ],
)
def test_a_broken_prohibition_is_seen(planted: dict[str, Any]) -> None:
    assert broken(planted, vasotone.advise(SHOCK, everything=True, facts=FACTS))
    assert not broken({"never": [{"action": "stop", "target": "norepinephrine"}]}, vasotone.advise(SHOCK))


TREES = {name: tomllib.loads(content.decode()) for name, content in facts.read_files(facts.DATA).items()}
SOUND = """
[planted]
label = "Planted"
clinician = "Planted."
patient = "Planted."
never = [{ action = "avoid", target = "map" }]
when = "map < 65"
forbidden_by = ["ne-first-line"]
why = "Planted."
cites = [{ source = "vasotone-limits", at = "planted" }]
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('when = "map < 65"', 'when = "mapp < 65"', "mapp"),
        ('"ne-first-line"', '"ne-first"', "`ne-first`, which does not exist"),
        ('action = "avoid"', 'action = "forbid"', "no statement ever says `forbid`"),
        ('target = "map"', 'target = "mapp"', "`mapp` is neither"),
        ('never = [{ action = "avoid", target = "map" }]\n', "", "forbids nothing"),
        ('{ action = "avoid", target = "map" }', "{ }", "would forbid everything"),
        ('why = "Planted."\n', "", "`why` is missing"),
        ('label = "Planted"', 'label = "Planted"\nfigures = ["rate"]', "`figures = rate`"),
        ('label = "Planted"', 'label = "Planted"\nvalues = ["nee"]', "`nee`, which is no variable"),
        ('label = "Planted"', 'label = "Planted"\nlable = "x"', "unknown key `lable`"),
    ],
)
def test_an_unsound_prohibition_is_seen(old: str, new: str, told: str) -> None:
    assert old in SOUND and problems_of(SOUND) == []
    assert [one for one in problems_of(SOUND.replace(old, new)) if told in one]


def problems_of(text: str) -> list[str]:
    """What the check of prohibitions finds in a text."""
    problems = soundness.Problems()
    statements = soundness.collect_statements(TREES, problems)
    soundness_prohibitions.check(tomllib.loads(text), TREES, statements, FACTS.variables, problems)
    return problems


def test_an_unsound_prohibition_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    shutil.copytree(facts.DATA, folder)
    path = folder / "prohibitions.toml"
    path.write_text(path.read_text("utf-8") + SOUND.replace("map < 65", "mapp < 65"), "utf-8")
    with pytest.raises(FactError) as caught:
        facts.load(str(folder))
    assert "mapp" in str(caught.value)


def test_facts_show_tells_who_forbids(capsys: pytest.CaptureFixture[str]) -> None:
    from vasotone.cli import main

    assert main(["facts", "show", "pump-rate"]) == 0
    told = capsys.readouterr().out
    assert "what: prohibition" in told and FACTS.statements["ask-weight"]["clinician"] in told


def test_facts_show_tells_everything_of_one_name(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    from vasotone.cli import main

    assert main(["facts", "show", "central-access-required", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["what"] == "statement" and [one["what"] for one in record["also"]] == ["prohibition"]
