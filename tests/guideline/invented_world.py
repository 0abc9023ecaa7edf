"""A small invented world to advise in: a few variables, two drugs with round numbers, statements of a test's own.

Nothing here is a clinical fact. What a test expects is written beside it by hand, so these tests hold whatever the
facts of the package say.
"""

from __future__ import annotations

import itertools
import marshal
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from vasotone import lang, rulebook
from vasotone.facts import Facts
from vasotone.guideline_verdict import Case, case_of
from vasotone.lang import Column
from vasotone.readings import Reading
from vasotone.records import Record, Variable
from vasotone.state import State

EDITION, OLDER = "new", "old"
SOURCES: dict[str, Record] = {
    "new": {"title": "The new edition", "year": 2020, "read": "primary", "doi": "10.1/new"},
    "old": {"title": "The old edition", "year": 2010, "read": "memory"},
    "table": {"title": "A table", "read": "near-primary"},
}
PROFILES: dict[str, Record] = {
    "old": {"label": "Old", "source": "old", "year": 2010, "notice": "The old edition was remembered."},
    "new": {"label": "New", "source": "new", "year": 2020, "default": True, "notice": "The new edition was read."},
}
CITE = {"source": "table", "at": "row 1"}
CITED = ("table", "row 1", "A table", None, "near-primary", "")
DRUG_UNIT = "ug/kg/min"


def variable(name: str, kind: str = "number", unit: str = "", **record: Any) -> Variable:
    """One variable; its label is its name in capitals."""
    low, high = (0.0, 500.0) if kind == "number" else (None, None)
    return Variable(name, name.upper(), kind, unit, low, high, None, ("red", "blue"), record)


VARIABLES = {
    one.name: one
    for one in (
        variable("age", unit="a", ask="Which age?", guard="ask-age"),
        variable("weight", unit="kg", ask="Which weight?", guard="ask-weight"),
        variable("map", unit="mm[Hg]", ask="Which mean pressure?", guard="ask-bp", within={"value": 5}),
        variable("line_map", unit="mm[Hg]", within={"value": 15}),
        variable("sbp", unit="mm[Hg]", ask="Which systolic pressure?", guard="ask-bp"),
        variable("dbp", unit="mm[Hg]", guard="ask-bp"),
        variable("lactate", unit="mmol/L", ask="Which lactate?", guard="ask-perfusion"),
        variable("crt", unit="s", ask="Which refill?"),
        variable("lvef", unit="%"),
        variable("gap", unit="mm[Hg]", derive="sbp - dbp"),
        variable("skin", "choice", ask="Which skin?"),
        variable("line", "flag", ask="Which line?"),
        variable("ill", "flag", word="ill", ask="Is the patient ill?"),
        variable("bled", "flag", word="bled"),
        variable("stocked", "flag", formulary="norepinephrine", ask="Is it stocked?"),
        variable("norepinephrine", unit=DRUG_UNIT, drug="norepinephrine", ask="Which dose?"),
        variable("vasopressin", unit="U/min", drug="vasopressin", ask="Which dose of vasopressin?"),
    )
}
KINDS = {"number": "number", "choice": "choice", "flag": "flag"}
COLUMNS = {
    name: Column(name, KINDS[one.kind], one.low, one.high, one.values if one.kind == "choice" else (),
                 unit=one.unit, label=one.label)
    for name, one in VARIABLES.items()
}  # fmt: skip
FORMULAS = {"gap": lang.check_formula("sbp - dbp", COLUMNS)}
DEFINED = {"low": "map < 65", "off": "assume(norepinephrine, 0) = 0"}
REGIMES = [
    {"id": "ne-start", "regime": "practice", "unit": DRUG_UNIT, "low": 0.04, "high": 0.1, "verified": True,
     "cite": CITE},
    {"id": "ne-step", "regime": "label", "unit": "ug/kg/h", "value": 1.2, "cite": {"source": "old", "at": "page 2"}},
    {"id": "ne-range", "regime": "practice", "unit": "ng/kg/min", "low": 20, "high": 400, "cite": CITE},
]  # fmt: skip
DRUGS: dict[str, Record] = {
    "norepinephrine": {
        "name": "norepinephrine", "unit": DRUG_UNIT, "infusion": True, "regimes": REGIMES,
        "forms": {"base": {"value": 1}, "salt": {"value": 2}},
    },
    "vasopressin": {
        "name": "vasopressin", "unit": "U/min", "infusion": True,
        "regimes": [{"id": "vp-fixed", "regime": "guideline", "unit": "U/h", "value": 1.8, "cite": CITE}],
    },
    "hydrocortisone": {
        "name": "hydrocortisone", "unit": "mg/d",
        "regimes": [{"id": "daily", "regime": "guideline", "unit": "mg/d", "value": 200, "cite": CITE}],
    },
}  # fmt: skip
PLANS = {
    "norepinephrine": {"start": "ne-start", "add": "ne-start", "step": "ne-step", "range": "ne-range"},
    "vasopressin": {"add": "vp-fixed", "start": "vp-fixed"},
    "hydrocortisone": {"give": "daily"},
}


def limit(value: float, unit: str, kind: str = "hard", side: str = "high", **more: Any) -> Record:
    """A limit as the facts keep it."""
    return {"kind": kind, "side": side, "value": value, "unit": unit, "why": "a reason", "cite": CITE, **more}


LIMITS: dict[str, Record] = {
    "norepinephrine": {
        "soft_high": limit(0.3, DRUG_UNIT, "soft"),
        "hard_high": limit(0.5, DRUG_UNIT),
        "strong": limit(100, "ug/mL", of="concentration"),
    },
    "pump": {"increment": {"value": 0.1, "unit": "mL/h"}, "fast": limit(400, "mL/h", of="rate")},
    "weight": {"hard_low": limit(20, "kg", side="low", of="weight"), "hard_high": limit(300, "kg", of="weight")},
}
_numbers = itertools.count()


def statement(name: str, when: str = "", **more: Any) -> Record:
    """A statement with what facts keep of each; `when` makes it one that is judged."""
    do = {"action": more.pop("action", "assess"), "target": more.pop("target", "map")}
    made = {
        "id": name, "kind": "practice", "do": do, "urgency": "soon", "rank": 50, "clinician": f"Consider {name}.",
        "file": "invented.toml", "review_state": "submitted", "on_memory": False,
    }  # fmt: skip
    return {**made, **({"when": when} if when else {}), **more}


GUARDS = [
    statement(name, kind="data", badge="project", urgency="now", rank=rank, action="ask", cites=[CITE])
    for rank, name in enumerate(
        ("ask-bp", "ask-age", "ask-weight", "ask-unit", "ask-perfusion", "ask-value", "ask-refresh",
         "flag-implausible", "flag-contradiction", "ask-ne-basis", "ask-shock-type", "salt-convert", "compute-map"),
        1,
    )
]  # fmt: skip


def facts(*statements: Record, **changes: Any) -> Facts:
    """Facts with these statements and the guards, compiled; a digest of their own, so nothing is kept from others."""
    whole = {one["id"]: one for one in (*statements, *GUARDS)}
    definitions = lang.check_definitions(DEFINED, COLUMNS)
    problems: list[str] = []
    codes = {
        name: marshal.dumps(rulebook.compile_profile(whole, COLUMNS, definitions, name, PROFILES, problems))
        for name in PROFILES
    }
    assert not problems, problems
    made = Facts(
        f"invented {next(_numbers)}", VARIABLES, SOURCES, DRUGS, LIMITS, PLANS, (), whole, PROFILES, codes, COLUMNS,
        FORMULAS, b"",
    )  # fmt: skip
    return made._replace(**changes)


def reading(value: Any, unit: str = "", **more: Any) -> Reading:
    """A reading; a number is made exact by its text."""
    exact = isinstance(value, int | float) and not isinstance(value, bool)
    return Reading(Fraction(str(value)) if exact else value, unit, **more)


def state(values: Mapping[str, Any] = {}, forms: Mapping[str, float] = {}, **more: Any) -> State:
    """A patient from plain values or readings; `forms` gives the dose of norepinephrine under each form."""
    readings = {
        name: one if isinstance(one, Reading) else reading(one, VARIABLES[name].unit) for name, one in values.items()
    }
    row = dict.fromkeys(COLUMNS)
    for name, one in readings.items():
        row[name] = float(one.value) if isinstance(one.value, Fraction) else one.value
    rows = tuple({**row, "norepinephrine": dose} for dose in forms.values()) if forms else (row,)
    return State(None, readings, rows, tuple(forms) or ("",), tuple(more.pop("cautions", ())), **more)


def case(of: Facts, values: Mapping[str, Any] = {}, profile: str = EDITION, **more: Any) -> Case:
    """A patient under one edition of invented facts."""
    return case_of(state(values, **more), of, profile)
