"""`vasotone facts`: check, list, show and compare what everything rests on."""

from __future__ import annotations

from typing import Any

from vasotone import errors
from vasotone.errors import InputError
from vasotone.facts import Facts, load

READERS = ("clinician", "nurse", "pharmacist", "student", "patient")
CLOSE = ("primary", "near-primary")


def run(what: str, names: list[str], folder: str | None, *, as_json: bool, print_json: Any) -> int:
    """Run one of check, list, show, diff; the exit code."""
    facts = load(folder)
    calls = {"check": check, "list": listing, "show": showing, "diff": difference}
    record, text = calls[what](facts, names)
    if as_json:
        print_json(record)
    else:
        print(text)
    return errors.EXIT_DONE


def check(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """Counts of sound facts (unsound ones never load) and how closely their texts were read."""
    statements = facts.whole().values()
    fires = [one for one in statements if "when" in one]
    read = {one["id"]: closest_read(one, facts) for one in statements if one["kind"] == "recommendation"}
    close = sum(1 for how in read.values() if how in CLOSE)
    on_memory = sorted(one["id"] for one in statements if one["on_memory"])
    record: dict[str, Any] = {
        "schema": "vasotone.facts-check/1",
        "digest": facts.digest,
        "statements": len(facts.statements),
        "with_condition": len(fires),
        "cases": sum(len(one.get("case", [])) for one in statements),
        "variables": len(facts.variables),
        "drugs": len(facts.drugs),
        "sources": len(facts.sources),
        "profiles": list(facts.profiles),
        "approved": sum(1 for one in statements if one["review_state"] == "approved"),
        "on_memory": on_memory,
        "recommendations": len(read),
        "recommendations_read_closely": close,
    }
    text = (
        f"Sound: {record['statements']} statements ({record['with_condition']} with a condition, "
        f"{record['cases']} cases), {record['variables']} variables, {record['drugs']} drugs, "
        f"{record['sources']} sources.\n"
        f"Recommendations read in the primary or a near-primary text: {close} of {len(read)}.\n"
        f"Resting on memory alone, shown as unverified: {len(on_memory)}.\n"
        f"Approved by a clinician: {record['approved']}.\n"
        f"Digest {facts.digest}"
    )
    return record, text


def closest_read(statement: dict[str, Any], facts: Facts) -> str:
    """How closely the newest edition of a statement was read."""
    order = [name for name in facts.profiles if name in statement.get("editions", {})]
    if not order:
        cites = statement.get("cites", [])
        return str(cites[0].get("read", facts.sources[cites[0]["source"]]["read"])) if cites else "memory"
    grade = statement["editions"][order[0]]
    return str(grade.get("read", facts.sources[order[0]]["read"]))


def listing(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """Every wording by id and reader."""
    record = {
        "schema": "vasotone.facts-list/1",
        "digest": facts.digest,
        "statements": {
            identifier: {
                "kind": one["kind"],
                "status": one.get("status", "current"),
                "review": one["review_state"],
                "verified": not one["on_memory"],
                "editions": sorted(one.get("editions", {})),
                "wording": wordings(one),
            }
            for identifier, one in facts.whole().items()
        },
    }
    lines = [f"{identifier:32} {one['clinician']}" for identifier, one in sorted(facts.statements.items())]
    return record, "\n".join(lines)


def wordings(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement's text for each reader, the clinician's where there is no other, and of its variants."""
    record: dict[str, Any] = {reader: statement.get(reader, statement["clinician"]) for reader in READERS}
    others = [variant["clinician"] for variant in statement.get("variant", []) if "clinician" in variant]
    return {**record, "variants": others} if others else record


def showing(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """One statement, source, drug, variable or profile by its id. InputError when there is none."""
    if len(names) != 1:
        raise InputError(
            "name one id", where="facts show", seen=names, fix="for instance: vasotone facts show vaso-add-on"
        )
    name = names[0]
    shelves: dict[str, dict[str, Any]] = {
        "statement": facts.whole(),
        "source": facts.sources,
        "drug": facts.drugs,
        "variable": {key: variable.record for key, variable in facts.variables.items()},
        "profile": facts.profiles,
    }
    for shelf, records in shelves.items():
        if name in records:
            record = {"schema": "vasotone.fact/1", "what": shelf, "id": name, **records[name]}
            return record, outline(record)
    from difflib import get_close_matches

    near = get_close_matches(name, [key for records in shelves.values() for key in records], n=3)
    raise InputError("no fact has this id", where="facts show", seen=name,
                     fix=f"did you mean {', '.join(near)}?" if near else "see vasotone facts list")  # fmt: skip


def outline(value: Any, depth: int = 0) -> str:
    """Nested data as indented lines."""
    pad = "  " * depth
    lines = []
    items = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for key, inner in items:
        if isinstance(inner, dict | list) and inner:
            flat = isinstance(inner, list) and all(not isinstance(one, dict | list) for one in inner)
            lines.append(
                f"{pad}{key}: {', '.join(map(str, inner))}" if flat else f"{pad}{key}:\n{outline(inner, depth + 1)}"
            )
        else:
            lines.append(f"{pad}{key}: {inner}")
    return "\n".join(lines)


def difference(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """What changes between two profiles: statements that enter, leave, or change grade or timing."""
    if len(names) != 2:
        raise InputError("name two profiles", where="facts diff", seen=names,
                         fix=f"choose from {', '.join(facts.profiles)}")  # fmt: skip
    old, new = (
        {entry.statement: entry for entry in facts.compiled(name).entries if not entry.variant} for name in names
    )
    changes = []
    for identifier in facts.statements:
        before, after = (grade_of(facts, side.get(identifier)) for side in (old, new))
        if before != after:
            changes.append({"statement": identifier, "old": before, "new": after,
                            "review": facts.statements[identifier]["review_state"]})  # fmt: skip
    lines = [
        f"{one['statement']}\n  {names[0]}: {said(one['old'])}\n  {names[1]}: {said(one['new'])}" for one in changes
    ]
    record = {"schema": "vasotone.facts-diff/1", "old": names[0], "new": names[1], "changes": changes}
    return record, "\n".join(lines) or "No difference."


def grade_of(facts: Facts, entry: Any) -> dict[str, Any] | None:
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


def said(grade: dict[str, Any] | None) -> str:
    """A grade as one line."""
    if grade is None:
        return "not carried"
    parts = [grade["edition"] + (" (none met in this edition)" if grade["silent"] else "")]
    parts += [str(grade[key]) for key in ("strength", "certainty", "at") if grade[key]]
    parts += [f"timed by {band}" for band in grade["bands"]]
    return ", ".join(parts)
