"""`vasotone facts`: check, list, show, judge and compare what everything rests on."""

from __future__ import annotations

from typing import Any

from vasotone import errors
from vasotone.errors import InputError
from vasotone.facts import Facts, load
from vasotone.rulebook import OLDER_EDITIONS

READERS = ("clinician", "nurse", "pharmacist", "student", "patient")
READ = ("primary", "near-primary", "two-secondary", "one-secondary", "memory")
CLOSE = READ[:2]


def run(
    what: str, names: list[str], folder: str | None, *, as_json: bool, print_json: Any, view: str = "text",
    profile: str | None = None,
) -> int:  # fmt: skip
    """Run one of check, list, show, diff, conformance, changes; the exit code."""
    if view == "page" and what != "conformance":
        raise InputError("only the conformance has a page", where="facts --as", seen=what, fix="leave --as away")
    if profile or any(name.lower().endswith(".toml") for name in names):
        from vasotone.cli_site import facts_for

        facts, names = facts_for(names, folder, profile)
    else:
        facts = load(folder)
    calls = {"check": check, "list": listing, "show": showing, "diff": difference, "changes": changes}
    record, text = conforming(facts, names, view) if what == "conformance" else calls[what](facts, names)
    if facts.site:
        from vasotone.cli_site import said as of_site

        record, text = of_site(what, facts, record, text)
    if as_json:
        print_json(record)
    else:
        print(text)
    return errors.EXIT_DONE


def check(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """Counts of sound facts (unsound ones never load) and how closely their texts were read."""
    from vasotone.records_findings import RESERVED
    from vasotone.soundness_physiology import rows

    statements = facts.whole().values()
    fires = [one for one in statements if "when" in one]
    read = {one["id"]: closest_read(one, facts) for one in statements if one["kind"] == "recommendation"}
    close = sum(1 for how in read.values() if how in CLOSE)
    shown = how_read([one for one in fires if one["kind"] == "recommendation"], facts)
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
        "findings": sum(name not in RESERVED for name in facts.shelf("findings")),
        "conflicts": len(facts.shelf("conflicts")),
        "prohibitions": len(facts.shelf("prohibitions")),
        "claims_of_the_article": len(facts.shelf("article").get("claim", [])),
        "numbers_of_the_twin": len(rows(facts.shelf("physiology"))),
        "profiles": list(facts.profiles),
        "approved": sum(1 for one in statements if one["review_state"] == "approved"),
        "on_memory": on_memory,
        "recommendations": len(read),
        "recommendations_read_closely": close,
        "shown_recommendations": shown,
    }
    text = (
        f"Sound: {record['statements']} statements ({record['with_condition']} with a condition, "
        f"{record['cases']} cases), {record['variables']} variables, {record['drugs']} drugs, "
        f"{record['sources']} sources.\n"
        f"{said_of_reading(shown)}\n"
        f"Of all recommendations, shown or only kept, {close} of {len(read)} were read so closely.\n"
        f"Resting on memory alone, shown as unverified: {len(on_memory)}.\n"
        f"Approved by a clinician: {record['approved']}.\n"
        f"Also {record['findings']} findings, {record['conflicts']} conflicts, "
        f"{record['prohibitions']} prohibitions "
        f"and {record['claims_of_the_article']} claims of the founding article; "
        f"{record['numbers_of_the_twin']} numbers of the twin.\n"
        f"Digest {facts.digest}"
    )
    return record, text


def how_read(statements: list[dict[str, Any]], facts: Facts) -> dict[str, int]:
    """How many of these statements there are, and of how many the text was read in which way."""
    ways = [closest_read(one, facts) for one in statements]
    return {"total": len(ways), **{way: ways.count(way) for way in READ}}


def said_of_reading(counts: dict[str, int]) -> str:
    """How closely the recommendations that advice can show were read, as a sentence with the share."""
    total, close = counts["total"], sum(counts[way] for way in CLOSE)
    shares = [round(100 * part / total) if total else 0 for part in (counts["primary"], close)]
    return (
        f"Recommendations that advice shows: {total}. Text read in the primary source: {counts['primary']} "
        f"({shares[0]} %); in it or in a near-primary record: {close} ({shares[1]} %); in secondary texts: "
        f"{counts['two-secondary'] + counts['one-secondary']}; from memory: {counts['memory']}."
    )


def closest_read(statement: dict[str, Any], facts: Facts) -> str:
    """How closely the newest edition of a statement was read, or its first source where no edition carries it."""
    editions = statement.get("editions", {})
    order = [name for name in (*facts.profiles, *OLDER_EDITIONS) if name in editions]
    if not order:
        cites = statement.get("cites", [])
        return str(cites[0].get("read", facts.sources[cites[0]["source"]]["read"])) if cites else "memory"
    return str(editions[order[0]].get("read", facts.sources[order[0]]["read"]))


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


def shelves_of(facts: Facts) -> dict[str, dict[str, Any]]:
    """Everything that `facts show` can show, by what it is and by id."""
    from vasotone.facts_conformance import conformance
    from vasotone.facts_findings import findings, quoted, shown, used_by

    found, users = findings(facts), used_by(facts)
    return {
        "statement": {key: {**one, **quoted(one, found)} for key, one in facts.whole().items()},
        "finding": {key: shown(one, users) for key, one in found.items()},
        "source": facts.sources,
        "drug": facts.drugs,
        "variable": {key: variable.record for key, variable in facts.variables.items()},
        "profile": facts.profiles,
        "prohibition": {key: forbidden(facts, one) for key, one in facts.shelf("prohibitions").items()},
        "conflict": facts.shelf("conflicts"),
        "claim": {one["id"]: one for one in conformance(facts)["claims"]},
        "hazard": facts.shelf("hazards"),
    }


def forbidden(facts: Facts, prohibition: dict[str, Any]) -> dict[str, Any]:
    """A prohibition with the wording of the statements that forbid it."""
    named = prohibition.get("forbidden_by", [])
    return {**prohibition, "said_by": {name: facts.statements[name]["clinician"] for name in named}}


def showing(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """What has this id: a statement, source, drug, variable, profile and so on. InputError when nothing has."""
    if len(names) != 1:
        raise InputError(
            "name one id", where="facts show", seen=names, fix="for instance: vasotone facts show vaso-add-on"
        )
    name = names[0]
    shelves = shelves_of(facts)
    found = [{"what": shelf, "id": name, **records[name]} for shelf, records in shelves.items() if name in records]
    if found:
        record = {"schema": "vasotone.fact/1", **found[0], **({"also": found[1:]} if found[1:] else {})}
        return record, outline(record)
    from difflib import get_close_matches

    near = get_close_matches(name, [key for records in shelves.values() for key in records], n=3)
    raise InputError("no fact has this id", where="facts show", seen=name,
                     fix=f"did you mean {', '.join(near)}?" if near else "see vasotone facts list")  # fmt: skip


def conforming(facts: Facts, names: list[str], view: str) -> tuple[dict[str, Any], str]:
    """The founding article judged claim by claim, as text or as one page."""
    from vasotone.facts_conformance import conformance
    from vasotone.views import conformance as faces

    if names:
        raise InputError("takes no name", where="facts conformance", seen=names, fix="leave it away")
    record = conformance(facts)
    return record, (faces.page(record) if view == "page" else faces.text(record)).rstrip("\n")


def changes(facts: Facts, names: list[str]) -> tuple[dict[str, Any], str]:
    """What changed clinically between two versions of the facts, or between two editions."""
    from vasotone import facts_changes

    if len(names) != 2:
        raise InputError("name an older and a newer version", where="facts changes", seen=names,
                         fix="each is a folder of facts, a wheel or an edition; `none` before the first")  # fmt: skip
    record = facts_changes.changes(names[0], names[1], facts)
    return record, facts_changes.markdown(record)


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
    from vasotone.facts_changes_editions import grades

    if len(names) != 2:
        raise InputError("name two profiles", where="facts diff", seen=names,
                         fix=f"choose from {', '.join(facts.profiles)}")  # fmt: skip
    old, new = (grades(facts, name) for name in names)
    found = [
        {"statement": one, "old": old[one], "new": new[one], "review": facts.statements[one]["review_state"]}
        for one in facts.statements
        if old[one] != new[one]
    ]
    lines = [
        f"{one['statement']}\n  {names[0]}: {said(one['old'])}\n  {names[1]}: {said(one['new'])}" for one in found
    ]
    record = {"schema": "vasotone.facts-diff/1", "old": names[0], "new": names[1], "changes": found}
    return record, "\n".join(lines) or "No difference."


def said(grade: dict[str, Any] | None) -> str:
    """A grade as one line."""
    if grade is None:
        return "not carried"
    parts = [grade["edition"] + (" (none met in this edition)" if grade["silent"] else "")]
    parts += [str(grade[key]) for key in ("strength", "certainty", "at") if grade[key]]
    parts += [f"timed by {band}" for band in grade["bands"]]
    return ", ".join(parts)
