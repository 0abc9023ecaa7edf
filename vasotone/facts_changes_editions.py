"""What changes between two editions of the same facts: which statements they carry, how graded and how timed."""

from __future__ import annotations

from typing import Any

from vasotone.facts import Facts
from vasotone.facts_changes_fields import CONDITIONS, FINDINGS, GRADES, WORDING
from vasotone.records import Record


def grade_of(facts: Facts, entry: Any) -> Record | None:
    """The edition, grade and timing bands of one entry; None when the profile leaves the statement out."""
    if entry is None:
        return None
    grade = facts.statements[entry.statement].get("editions", {}).get(entry.edition, {})
    return {
        "edition": entry.edition or "common layer",
        "silent": entry.silent,
        "strength": grade.get("strength"),
        "certainty": grade.get("certainty"),
        "at": grade.get("at"),
        "bands": list(entry.bands),
    }


def grades(facts: Facts, profile: str) -> dict[str, Record | None]:
    """For each statement what one profile says of it; None when it leaves the statement out."""
    carried = {entry.statement: entry for entry in facts.compiled(profile).entries if not entry.variant}
    return {name: grade_of(facts, carried.get(name)) for name in facts.statements}


def between_editions(facts: Facts, old: str, new: str) -> list[Record]:
    """Statements that enter, leave, or change grade or timing, and conditions that are defined otherwise."""
    found: list[Record] = []
    before, after = grades(facts, old), grades(facts, new)
    for name, statement in facts.statements.items():
        was, now = before[name], after[name]
        if was is None and now is None:
            continue
        common = {"what": "statement", "id": name, "review": statement["review_state"],
                  "verified": not statement["on_memory"]}  # fmt: skip
        if was is None or now is None:
            there = now or was or {}
            found.append({
                **common, "group": FINDINGS if statement["kind"] == "fact" else CONDITIONS, "field": "",
                "change": "added" if was is None else "removed", "old": was and statement["clinician"],
                "new": now and statement["clinician"], "source": place(there),
            })  # fmt: skip
            continue
        for group, field in ((GRADES, "grade"), (CONDITIONS, "timed by"), (WORDING, "place")):
            old_part, new_part = part_of(was, field), part_of(now, field)
            if old_part != new_part:
                found.append({**common, "group": group, "change": "changed", "field": field, "old": old_part,
                              "new": new_part, "source": place(now)})  # fmt: skip
    return found + definitions(facts, old, new)


def part_of(grade: Record, field: str) -> Any:
    """The grade proper, the statements that time it, or the place where it stands."""
    if field == "timed by":
        return grade["bands"]
    if field == "place":
        return grade["at"]
    silent = {"edition": f"not met, shown from {grade['edition']}"} if grade["silent"] else {}
    return {**silent, "strength": grade["strength"], "certainty": grade["certainty"]}


def place(grade: Record) -> str:
    """Where a grade stands."""
    return ", ".join(str(part) for part in (grade.get("edition"), grade.get("at")) if part)


def definitions(facts: Facts, old: str, new: str) -> list[Record]:
    """Named conditions that one edition defines otherwise than the other."""
    found = []
    for name, variable in facts.variables.items():
        record = variable.record
        was, now = (record.get("derive_in", {}).get(profile, record.get("derive")) for profile in (old, new))
        if was != now:
            cite = record.get("cite", {})
            found.append({
                "what": "variable", "id": name, "group": CONDITIONS, "change": "changed", "field": "derive",
                "old": was, "new": now, "source": f"{cite.get('source', '')}, {cite.get('at', '')}",
                "review": "submitted", "verified": record.get("verified", True) is not False,
            })  # fmt: skip
    return found
