"""Diagnosis codes of a stay -> conditions."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from vasotone.errors import shorten


class Coded(NamedTuple):
    """One diagnosis code: without its dot, `icd9` or `icd10` or empty, and whether it stood at admission."""

    code: str
    system: str
    present: bool


def coded(code: object, system: object, present: object) -> Coded:
    """A row of the diagnosis table, cleaned."""
    plain = re.sub(r"[^A-Z0-9]", "", str(code or "").upper())
    written = re.sub(r"[^0-9]", "", str(system or ""))
    if written.startswith("10"):
        family = "icd10"
    elif written.startswith("9"):
        family = "icd9"
    elif plain[:1].isdigit():
        family = "icd9"
    else:
        # V and E codes exist in both systems, so the letter alone does not tell.
        family = "icd10" if plain[:1] and plain[0] not in "VE" else ""
    return Coded(plain, family, str(present) in ("1", "1.0", "true", "True"))


def _hits(rows: list[Coded], rule: dict[str, Any]) -> list[Coded]:
    """The codes that a rule names, those that stood at admission first."""
    hits = [row for row in rows if row.system and row.code.startswith(tuple(rule[row.system]))]
    return sorted(hits, key=lambda row: (not row.present, row.code))


def dotted(row: Coded) -> str:
    """The code as people write it, with its dot."""
    head = 4 if row.system == "icd9" and row.code.startswith("E") else 3
    return row.code if len(row.code) <= head else f"{row.code[:head]}.{row.code[head:]}"


def _where(row: Coded, rule: dict[str, Any]) -> str:
    text = f"diagnosis code {shorten(dotted(row), 12)}, charted for the stay"
    if row.present:
        text += ", present on admission"
    return text if rule.get("verified") else f"{text} ({rule['label']}; mapping not verified)"


def conditions(rows: list[Coded], rules: list[dict[str, Any]]) -> dict[str, str]:
    """Condition word -> where it stands, for every rule that a code meets."""
    found: dict[str, str] = {}
    for rule in rules:
        hits = _hits(rows, rule)
        if hits:
            found[rule["condition"]] = _where(hits[0], rule)
    barred = [rule["condition"] for rule in rules if any(word in found for word in rule.get("unless", ()))]
    return {word: text for word, text in found.items() if word not in barred}


def infection(rows: list[Coded], rule: dict[str, Any]) -> str | None:
    """Where a code says that an infection was diagnosed, or None."""
    hits = _hits(rows, rule)
    return _where(hits[0], rule) if hits else None
