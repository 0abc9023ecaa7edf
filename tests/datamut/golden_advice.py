"""Whole advices of some invented patients without their wording, one line an item: kept in `golden_advice.json`.

`golden.json` keeps what every statement says of every patient; here it is how one advice is put together: order,
grade, dose, pump, what is missing, what is asked and why. `python -m tests.datamut.run --accept` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import vasotone
from tests.datamut import judging
from tests.datamut.golden import named_patients
from tests.site_profile import BAGS, load

FILE = Path(__file__).with_name("golden_advice.json")
EVERY = 10
SITE = BAGS + '[basis]\nnorepinephrine = "base"\n'
NOT_KEPT = ("text", "cites", "notes", "why", "links", "rank", "review")


def asked() -> dict[str, tuple[dict[str, Any], str, bool]]:
    """(patient, edition, whether at a site) by name."""
    chosen = [
        (name, patient) for number, (name, patient) in enumerate(named_patients().items()) if number % EVERY == 0
    ]
    found = {
        f"{name} {edition}": (patient, edition, False) for name, patient in chosen for edition in judging.EDITIONS
    }
    found |= {f"{name} article": (patient, "founding-article", False) for name, patient in chosen[::3]}
    found |= {f"{name} site": (patient, "local", True) for name, patient in chosen[::3]}
    return found


def kept_of(value: Any) -> Any:
    """A part of a record without empty entries, its numbers as they are."""
    if isinstance(value, dict):
        return {key: kept_of(one) for key, one in value.items() if one not in (None, [], "", {})}
    return [kept_of(one) for one in value] if isinstance(value, list | tuple) else value


def line_of(item: dict[str, Any]) -> str:
    """One item: everything but its wording; of the reasons and notes how many there are."""
    own = {key: one for key, one in item.items() if key not in NOT_KEPT}
    own |= {"reasons": len(item["why"]), "notes": len(item["notes"]), "cites": len(item["cites"])}
    own["gates"] = len(item["gates"])
    own = {key: one for key, one in own.items() if (key, one) not in (("status", "current"), ("verified", True))}
    limits = [f"{one['name']} {one['exceeded']}" for one in (item["dose"] or {}).get("limits", [])]
    if item["dose"]:
        own["dose"] = {**item["dose"], "limits": limits}
    return json.dumps(kept_of(own), sort_keys=True, ensure_ascii=False, default=str)


def told(patient: dict[str, Any], edition: str, at_site: bool) -> dict[str, Any]:
    """One advice, put into lines."""
    if at_site:
        advice = vasotone.advise(patient, facts=load(SITE))
    else:
        advice = vasotone.advise(patient, profile=edition)
    record = advice.to_dict()
    return {
        "items": [line_of(item) for item in record["items"]],
        "asks": [f"{one['name']} {one['unit'] or ''}: {' '.join(one['decides'])}" for one in record["asks"]],
        "warnings": [f"{one['code']} {one['name']}" for one in record["warnings"]],
        "gates": [f"{one['statement']} {one['verdict']} {' '.join(one['missing'])}" for one in record["gates"]],
        "refused": record["refused"]["code"] if record["refused"] else "",
        "site": len(record["site"]["changes"]) if record["site"] else 0,
    }


def accept() -> None:
    """Write the file anew."""
    rows = [f"{json.dumps(name)}: {json.dumps(told(*one), ensure_ascii=False)}" for name, one in asked().items()]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def read() -> dict[str, Any]:
    """What is kept."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
