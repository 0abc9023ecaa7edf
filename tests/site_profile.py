"""What the tests of a site's profile share: its head, patients, and how a record is asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

import vasotone
from vasotone import facts_site, state_assumed
from vasotone.errors import FactError
from vasotone.facts import Facts

HEAD = """
[site]
name = "Sample Hospital"
version = "1"
approved_by = "A. Person"
edition = "ssc-2026"
"""
LOW = {"age": 58, "weight": 80, "conditions": ["septic-shock"], "map": 55}
ON_DRUG = {**LOW, "map": 59, "norepinephrine": {"value": 0.1, "unit": "ug/kg/min"}, "vasopressin": 0}
STATEMENT = """
[[statement]]
id = "{id}"
kind = "practice"
do = {{ action = "refer", target = "norepinephrine" }}
urgency = "soon"
when = "{when}"
clinician = "Consider calling the intensivist on call."
patient = "A senior doctor of the unit comes to look as well."
{more}
"""
PACKAGED = vasotone.load()


def load(text: str = "", head: str = HEAD) -> Facts:
    """Load a profile with the usual head and the text given."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.toml"
        path.write_text(head + text, encoding="utf-8")
        return facts_site.load(str(path))


def told(text: str, head: str = HEAD) -> FactError:
    """The refusal of a profile, which always says where, why and what to do."""
    with pytest.raises(FactError) as caught:
        load(text, head)
    error = caught.value
    assert error.where and error.why and error.fix, error
    return error


def record(patient: dict[str, Any], site: Facts | None = None, **more: Any) -> dict[str, Any]:
    """The record of one patient, with every statement."""
    return vasotone.advise(patient, facts=site, everything=True, **more).to_dict(everything=True)


def items(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The items of a record by statement."""
    return {item["statement"]: item for item in found["items"] if item["kind"] != "data"}


def codes(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The assumptions that a record warns of."""
    return [(one["code"], one["name"]) for one in found["warnings"] if one["code"] == state_assumed.ASSUMED]


def same_but(site: Facts, *fields: str) -> None:
    """The facts are the packaged ones, but for these fields, the site's own and what names it."""
    for name in ("variables", "drugs", "limits", "plans", "consistency", "statements", "formulas", "columns"):
        if name not in fields:
            assert getattr(site, name) == getattr(PACKAGED, name), name
    assert {key: one for key, one in site.sources.items() if key != "site"} == PACKAGED.sources
    assert {name: site.codes[name] for name in PACKAGED.codes} == PACKAGED.codes, "an edition's conditions differ"


def limit(name: str, value: object, unit: str = "ug/kg/min", more: str = 'reason = "r"') -> str:
    """A `[[limit]]` of a profile."""
    return f'[[limit]]\nname = "{name}"\nvalue = {value}\nunit = "{unit}"\n{more}\n'


BAGS = """
[bags.norepinephrine]
amount = "16 mg"
volume = { value = 250, unit = "mL" }
basis = "base"

[bags.vasopressin]
amount = "20 U"
volume = "100 mL"
"""
