"""Study files: every form of the format is read, and whatever is not the format is named with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy", reason="the twin needs numpy")

from vasotone.errors import InputError  # noqa: E402
from vasotone.facts import DATA  # noqa: E402
from vasotone.twin import study  # noqa: E402
from vasotone.twin.study_record import Bolus, Restore, SetDose, Titrate, Wait  # noqa: E402
from vasotone.twin.study_units import scale, scale_of  # noqa: E402

FILES = sorted(Path(DATA, "studies").glob("*.toml"))
FULL = """
schema = 1
id = "invented"
study = "invented"
slot = "first"
citation = "nobody"
title_or_topic = "an invented study"
population = "nobody"
n_published = 12
read = "full table"
notes = "every form of the format"
[cohort]
n = 200
seed = 7
context = "septic"
[cohort.baseline]
MAP = { mean = 60.0, sd = 5.0, min = 50.0, max = 70.0, unit = "mm[Hg]" }
CI = { median = 3.0, q1 = 2.5, q3 = 3.6, unit = "L/min/m2", assumed = "sd" }
CVP = { min = 4.0, max = 12.0, unit = "mm[Hg]", assumed = true }
Pms = { mean = 2.7, sd = 0.5, unit = "kPa" }
lactate = { mean = 3.0, sd = 1.0, unit = "mmol/L" }
[cohort.on]
norepinephrine = { prior = true, unit = "ug/kg/min", basis = "salt" }
vasopressin = { mean = 1.8, sd = 0.1, unit = "[iU]/h" }
[[cohort.include]]
variable = "dose.norepinephrine"
min = 5.0
unit = "ug/min"
[[cohort.include]]
response = "plr"
variable = "CI"
min_pct = 10.0
[[cohort.include]]
from = "a"
to = "b"
variable = "MAP"
max_pct = 90.0
[[cohort.include]]
variable = "MAP"
at = "b"
max = 95.0
unit = "mm[Hg]"
[[step]]
measure = "a"
[[step]]
titrate = "norepinephrine"
until = { MAP = { from = "a", pct = 20.0, pct_sd = 5.0 } }
only = "up"
max = { value = 300.0, unit = "ug/min", basis = "salt" }
within = "30 min"
[[step]]
titrate = "epinephrine"
until = { MAP = 75.0 }
[[step]]
titrate = "angiotensin_II"
until = { MAP = { from = "a", delta = 1.0, unit = "kPa" } }
[[step]]
set = { drug = "dobutamine", factor = 1.5, unit = "1", sd = 0.1 }
[[step]]
set = { drug = "norepinephrine", delta = 0.1, unit = "ug/kg/min", basis = "salt" }
[[step]]
stop = "norepinephrine"
[[step]]
wait = "90 s"
[[step]]
wait = "steady"
[[step]]
legs = "raised"
[[step]]
bolus = { fluid = "saline 0.9%", volume = 10.0, unit = "mL/kg", over = "0.5 h" }
[[step]]
measure = "b"
[[step]]
restore = "a"
[[step]]
measure = "c"
[[drive]]
variable = "MAP"
from = "a"
to = "b"
target_pct = 20.0
tol_pct = 5.0
unit = "%"
[[score]]
id = "one"
variable = "CI"
from = "a"
to = "b"
among = { variable = "CI", from = "a", to = "b", min_pct = 5.0 }
versus = { from = "a", to = "c" }
ratio = [0.5, 2.0]
unit = "1"
sign = "+"
weight = 0.5
critical = true
significant = true
reported = 1.0
spread = [0.5, 2.0]
levels = { a = [3.0], b = [4.0] }
"""


def read(text: str) -> Any:
    return study.parse(text.encode(), "invented.toml")


def test_every_form_is_read() -> None:
    found = read(FULL)
    assert found.slot == "first" and found.cohort.n == 200 and found.measures() == ("a", "b", "c")
    assert found.cohort.baseline["MAP"].low == 50 and found.cohort.baseline["CI"].q3 == 3.6
    assert found.cohort.baseline["CVP"].shape == "range" and found.cohort.baseline["Pms"].scale.factor > 7
    assert found.cohort.on["norepinephrine"].shape == "prior"
    assert found.cohort.on["vasopressin"].scale.inward(1.8, 1) == pytest.approx(0.03)
    assert [one.kind for one in found.cohort.include] == ["level", "plr", "change", "level"]
    to_pct, to_number, to_delta = [step for step in found.steps if isinstance(step, Titrate)]
    assert to_pct.target.pct == 20 and to_pct.target.pct_sd == 5 and to_pct.only == "up" and to_pct.within == 30
    assert to_pct.highest is not None and to_pct.scale.inward(300.0, 75.0) == pytest.approx(2.0), "salt, per kg"
    assert to_number.target.spread is not None and to_number.target.spread.centre == 75 and to_number.within is None
    assert to_delta.target.delta == pytest.approx(7.5006, abs=1e-3) and to_delta.drug == "angiotensin_ii"
    factor, more = [step for step in found.steps if isinstance(step, SetDose)]
    assert factor.kind == "factor" and factor.sd == 0.1 and more.scale.inward(0.1, 75) == pytest.approx(0.05)
    assert [step.minutes for step in found.steps if isinstance(step, Wait)] == [1.5, None]
    (bolus,) = [step for step in found.steps if isinstance(step, Bolus)]
    assert bolus == Bolus(10.0, True, 30.0) and Restore("a") in found.steps
    assert found.drives[0].percent and found.scores[0].weight == 0.5 and found.scores[0].versus == ("a", "c")
    assert set(found.drugs()) == {"norepinephrine", "vasopressin", "epinephrine", "angiotensin_ii", "dobutamine"}


WRONG = [
    ('slot = "first"', 'slott = "first"', "unknown key `slott`"),
    ("schema = 1", "schema = 2", "schema"),
    ("n = 200", "n = 20", "cohort.n"),
    ("seed = 7", "seed = -7", "cohort.seed"),
    ('context = "septic"', 'context = "sceptic"', "cohort.context"),
    ("sd = 5.0, min", "sdd = 5.0, min", "cohort.baseline.MAP"),
    ('max = 70.0, unit = "mm[Hg]"', "max = 70.0", "cohort.baseline.MAP"),
    ('max = 70.0, unit = "mm[Hg]"', 'max = 70.0, unit = "mL"', "cohort.baseline.MAP"),
    ("CI = { median", "CJ = { median", "not a variable"),
    ("q1 = 2.5, q3 = 3.6", "q1 = 2.5", "quartiles come in pairs"),
    ('basis = "salt" }\nvasopressin', 'basis = "salty" }\nvasopressin', "cohort.on.norepinephrine.basis"),
    ("vasopressin = { mean", "vasopresin = { mean", "not a drug"),
    ("min_pct = 10.0\n", "", "cohort.include 2"),
    ('response = "plr"', 'response = "prl"', "cohort.include 2"),
    ('at = "b"\nmax', 'at = "z"\nmax', "no such measurement"),
    ('measure = "a"\n', 'wait = "1 min"\n', "first step must be a measurement"),
    ('measure = "c"', 'measure = "a"', "made already"),
    ('legs = "raised"', 'legs = "up"', "step 10.legs"),
    ('legs = "raised"', 'lags = "raised"', "exactly one verb"),
    ('stop = "norepinephrine"', 'stop = "norepinephrine"\nwait = "1 min"', "exactly one verb"),
    ("until = { MAP = 75.0 }", "until = { CI = 3.0 }", "only MAP"),
    ("until = { MAP = 75.0 }", 'until = { MAP = { from = "b", pct = 1.0 } }', "no such measurement"),
    ('within = "30 min"', 'within = "30 mins ago"', "not a time"),
    ('wait = "90 s"', 'wait = "90"', "not a time"),
    ("factor = 1.5", "factor = 1.5, value = 2.0", "one of value, delta and factor"),
    ("factor = 1.5", "factor = -1.5", "not below zero"),
    ('fluid = "saline 0.9%"', 'fluid = "beer"', "bolus.fluid"),
    ("volume = 10.0", "volume = 0.0", "above zero"),
    ('restore = "a"', 'restore = "c"', "no such measurement"),
    ("tol_pct = 5.0\n", "", "drive 1"),
    ("ratio = [0.5, 2.0]", "ratio = [2.0, 0.5]", "lower one first"),
    ("ratio = [0.5, 2.0]", "ratio = [0.5, 2.0]\ndelta = [0.0, 1.0]", "accept form already"),
    ('variable = "CI"\nfrom = "a"\nto = "b"\namong', 'variable = "CI"\nfrom = "a"\namong', "come together"),
    ('sign = "+"', 'sign = "up"', "sign"),
    ("critical = true", 'critical = true\nrequires = "oxygen"', "may not require"),
    ("critical = true", 'critical = "yes"', "true or false"),
    ("weight = 0.5", "weight = -0.5", "not below zero"),
    ("weight = 0.5", 'weight = "much"', "must be a number"),
    ("weight = 0.5", "weight = nan", "must be a number"),
    ('unit = "1"\nsign', 'unit = "mm[Hg]"\nsign', "does not fit"),
    ("min_pct = 5.0 }", "min = 5.0, unit = 'L/min/m2' }", "chosen by a change"),
    ("[[score]]", "[[scores]]", "unknown key `scores`"),
    ("schema = 1", "schema = ", "not TOML"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG, ids=[f"{n}-{told}" for n, (_, _, told) in enumerate(WRONG)])
def test_what_is_not_the_format_is_named_with_its_place(old: str, new: str, told: str) -> None:
    assert FULL.count(old) >= 1
    with pytest.raises(InputError) as caught:
        read(FULL.replace(old, new, 1))
    assert told in str(caught.value) and "invented.toml" in str(caught.value), str(caught.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_packaged_study_is_read(path: Path) -> None:
    found = study.read(str(path))
    assert found.id == path.stem and found.scores and found.title


def test_there_are_packaged_studies() -> None:
    assert len(FILES) == 41


def test_two_scores_may_not_share_an_id() -> None:
    score = FULL[FULL.index("[[score]]") :]
    with pytest.raises(InputError, match="same id"):
        read(FULL + score)


@pytest.mark.parametrize(
    ("unit", "own", "value", "weight", "inside"),
    [
        ("ug/min", "ug/kg/min", 7.0, 70.0, 0.1),
        ("mg/h", "ug/kg/min", 4.2, 70.0, 1.0),
        ("ng/kg/min", "ug/kg/min", 50.0, 70.0, 0.05),
        ("[iU]/h", "U/min", 2.4, 70.0, 0.04),
        ("ug/kg/min", "ng/kg/min", 0.02, 70.0, 20.0),
        ("kPa", "mm[Hg]", 8.0, 70.0, 60.005),
        ("dyn.s.cm-5", "mm[Hg].min/L", 800.0, 70.0, 10.001),
        ("1", "%", 0.49, 70.0, 49.0),
    ],
)
def test_units_come_in_and_go_out(unit: str, own: str, value: float, weight: float, inside: float) -> None:
    way = scale(unit, own, "here")
    assert way.inward(value, weight) == pytest.approx(inside, rel=1e-4)
    assert way.outward(way.inward(value, weight), weight) == pytest.approx(value)


def test_a_concentration_comes_in_moles_by_the_drugs_mass() -> None:
    assert scale_of("conc.norepinephrine", "nmol/L", "here").inward(40.0, 75.0) == pytest.approx(6.767, abs=0.01)
    assert scale_of("conc.vasopressin", "U/L", "here").factor == 1
    for variable, unit in (("conc.vasopressin", "nmol/L"), ("dose.norepinephrine", "nmol/L"), ("CI", "nmol/L")):
        with pytest.raises(InputError, match="does not fit"):
            scale_of(variable, unit, "here")


def test_the_error_is_a_record_too() -> None:
    with pytest.raises(InputError) as caught:
        read(FULL.replace("n = 200", "n = 20"))
    record = json.loads(json.dumps(caught.value.to_dict()))
    assert record["schema"] == "vasotone.error/1" and record["where"] == "invented.toml: cohort.n"
