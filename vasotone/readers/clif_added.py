"""Drugs and variables that the facts add to those that CLIF lists: one entry there, and they are read here."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.facts import Facts

NOT_LISTED = "unknown"  # what no row means: a drug that CLIF does not list may run without one


def settings(listed: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """The reader's settings with an infusion for every other drug that has a dose, the variables that say where CLIF
    charts them (`clif`), and the names of what stays fresh for so long that an hour means nothing (`lasting`)."""
    taken = {item["name"] for key in ("infusion", "measure") for item in listed[key]} | set(listed)
    infusions, measures = list(listed["infusion"]), list(listed["measure"])
    for name, variable in facts.variables.items():
        record = variable.record
        if name in taken:
            continue
        if "drug" in record and facts.drugs[record["drug"]].get("infusion"):
            words = (name, record["drug"], *record.get("aliases", ()))
            infusions.append({"name": name, "categories": spelled(words), "absence": NOT_LISTED})
        elif "clif" in record:
            measures.append(
                {"name": name, "table": record["clif"]["table"], "categories": record["clif"]["categories"]}
            )
    limit = listed["limits"]["by_day"]
    minutes = units.convert(Fraction(limit["value"]), limit["unit"], "min")
    fresh = {name: variable.fresh_minutes for name, variable in facts.variables.items()}
    lasting = {name for name, most in fresh.items() if most is None or most >= minutes}
    return {**listed, "infusion": infusions, "measure": measures, "lasting": lasting}


def spelled(words: tuple[str, ...]) -> list[str]:
    """Names in the spelling of CLIF's categories, each once."""
    return list(dict.fromkeys(re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_") for word in words))
