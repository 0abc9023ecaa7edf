"""What a fact is made of, field by field, and what a change of each field means for a reader."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone import review
from vasotone.facts_changes_versions import Version
from vasotone.records import Record

# What a change means, in the order of a release note; the first four are clinical.
DOSES, CONDITIONS, GRADES = "doses and limits", "conditions and actions", "grades"
FINDINGS = "facts, findings and conflicts"
WORDING, EDITORIAL = "wording and sources", "editorial"
CLINICAL = (DOSES, CONDITIONS, GRADES, FINDINGS)
GROUPS = (*CLINICAL, WORDING, EDITORIAL)

STATEMENT = {
    DOSES: "dose recheck",
    CONDITIONS: "kind when unless band gates do setting gate status superseded_by left_out urgency",
    FINDINGS: "findings effects measures",
    WORDING: "clinician patient nurse pharmacist student instead contrast aim assessment notes cites verified claim",
}
DRUG = {DOSES: "class unit infusion", WORDING: "name label note cite"}
RULE = {CONDITIONS: "when doubt names within one_method code", WORDING: "text cite"}
VARIABLE = {
    CONDITIONS: "kind unit plausible fresh values derive derive_in points placeholder pause",
    WORDING: "label ask note cite entry",
}
SOURCE = {WORDING: "read in_full year doi pmid kind edition version"}
PROFILE = {CONDITIONS: "default source year", WORDING: "notice in_full label"}
PROHIBITION = {
    CONDITIONS: "when never figures values words forbidden_by",
    WORDING: "label clinician patient why cites",
}
CONFLICT = {FINDINGS: "rule status positions", WORDING: "topic question links cites"}
CLAIM = {WORDING: "says verdicts refs statements instead by note prints inverts same_as origin"}


class Fact(NamedTuple):
    """One fact of one version, ready to compare.

    fields   field -> (what a change of it means, value)
    source   where it stands
    """

    what: str
    id: str
    fields: dict[str, tuple[str, Any]]
    record: Record
    source: str
    whole: str  # what adding or removing it means


def facts_of(version: Version) -> dict[tuple[str, str], Fact]:
    """Every fact of a version by what it is and its id."""
    found: list[Fact] = []
    for name, tree in version.trees.items():
        if name.startswith("statements/"):
            found += [statement(one) for one in tree.get("statement", []) if "id" in one]
    for name, tree in version.tree("drugs.toml").items():
        found += drug(name, tree)
    for name, tree in version.tree("limits.toml").items():
        found += [
            Fact("limit", f"{name} {key}", figure(one), one, source_of(one), DOSES) for key, one in tree.items()
        ]
    for name, tree in version.tree("plans.toml").items():
        fields = {use: (DOSES, regime) for use, regime in tree.items()}
        found.append(Fact("plan", name, fields, tree, "", DOSES))
    rules = version.tree("consistency.toml").get("rule", [])
    found += [plain("consistency rule", one.get("id", "?"), one, RULE, CONDITIONS) for one in rules]
    for file, what, kinds, whole in (
        ("variables.toml", "variable", VARIABLE, CONDITIONS),
        ("sources.toml", "source", SOURCE, WORDING),
        ("profiles.toml", "profile", PROFILE, CONDITIONS),
        ("prohibitions.toml", "prohibition", PROHIBITION, CONDITIONS),
        ("conflicts.toml", "conflict", CONFLICT, FINDINGS),
    ):
        found += [plain(what, name, one, kinds, whole) for name, one in tables(version.tree(file))]
    found += findings(version.tree("findings.toml"))
    claims = version.tree("article.toml").get("claim", [])
    found += [plain("claim of the article", one.get("id", "?"), one, CLAIM, WORDING) for one in claims]
    return {(one.what, one.id): one for one in found}


def tables(tree: Record) -> list[tuple[str, Record]]:
    """The named tables of a file."""
    return [(name, one) for name, one in tree.items() if isinstance(one, dict)]


def findings(tree: Record) -> list[Fact]:
    """The findings, their studies, and the errors known in print."""
    found = [
        Fact("study", name, figure(one, FINDINGS), one, source_of(one), FINDINGS)
        for name, one in tables(tree.get("study", {}))
    ]
    found += [
        plain("known error", one.get("id", "?"), one, {WORDING: "kind about printed right cite"}, WORDING)
        for one in tree.get("known_error", [])
    ]
    return found + [
        Fact("finding", name, figure(one, FINDINGS), one, source_of(one), FINDINGS)
        for name, one in tables(tree)
        if name != "study"
    ]


def plain(what: str, name: str, record: Record, kinds: dict[str, str], whole: str) -> Fact:
    """A fact whose fields are its keys; a key that no group names is editorial."""
    return Fact(what, name, sorted_fields(record, kinds), record, source_of(record), whole)


def sorted_fields(record: Record, kinds: dict[str, str]) -> dict[str, tuple[str, Any]]:
    """Each key of a record with what a change of it means; the cite of a figure is a field of its own."""
    group = {key: name for name, keys in kinds.items() for key in keys.split()}
    fields: dict[str, tuple[str, Any]] = {}
    for key, value in record.items():
        if isinstance(value, dict) and "cite" in value:
            fields[f"cite of {key}"] = (WORDING, value["cite"])
            value = {name: one for name, one in value.items() if name != "cite"}
        if key != "id":
            fields[key] = (group.get(key, EDITORIAL), value)
    return fields


def statement(record: Record) -> Fact:
    """A statement: its own keys, its grade per edition, and each of its situations."""
    fields = sorted_fields({k: v for k, v in record.items() if k not in ("editions", "variant")}, STATEMENT)
    for edition, grade in record.get("editions", {}).items():
        told = {key: grade[key] for key in ("strength", "certainty") if key in grade}
        fields[f"grade in {edition}"] = (GRADES, told)
        fields[f"place in {edition}"] = (WORDING, {key: grade[key] for key in ("at", "read") if key in grade})
    for part in record.get("variant", []):
        do = part.get("do", record.get("do", {}))
        where = f"{do.get('action', '')} {do.get('target', '')}".strip()
        name = f"situation {where}"
        while f"{name}: when" in fields:
            name += "'"
        fields[f"{name}: when"] = (CONDITIONS, part.get("when"))
        for key, (group, value) in sorted_fields(part, STATEMENT).items():
            fields.setdefault(f"{name}: {key}", (group, value))
    if "review" in record:
        fields["review state"] = (WORDING, review.state(record))
    whole = FINDINGS if record.get("kind") == "fact" else CONDITIONS
    return Fact("statement", str(record["id"]), fields, record, source_of(record), whole)


def drug(name: str, record: Record) -> list[Fact]:
    """A drug, and each of its forms, regimes, bags and times as a fact of its own."""
    parts = ("forms", "regimes", "bags", "timing")
    found = [plain("drug", name, {key: value for key, value in record.items() if key not in parts}, DRUG, DOSES)]
    for form, one in record.get("forms", {}).items():
        found.append(Fact("drug form", f"{name} {form}", figure(one), one, source_of(one), DOSES))
    for part in parts[1:]:
        found += [
            Fact(f"drug {part.rstrip('s')}", f"{name} {one.get('id', '?')}", figure(one), one, source_of(one), DOSES)
            for one in record.get(part, [])
        ]
    return found


def figure(record: Record, group: str = DOSES) -> dict[str, tuple[str, Any]]:
    """A number with its unit as one field; everything beside it that does not change it is wording."""
    aside = ("note", "why", "verified", "cite", "label", "certainty", "printed_mismatch")
    kept = {key: value for key, value in record.items() if key not in (*aside, "id", "aliases")}
    fields: dict[str, tuple[str, Any]] = {"figure": (group, kept)}
    fields.update({key: (WORDING, record[key]) for key in aside if key in record})
    return fields | ({"aliases": (EDITORIAL, record["aliases"])} if "aliases" in record else {})


def source_of(record: Record) -> str:
    """Where a fact stands: its newest edition, else its first cite."""
    for edition, grade in record.get("editions", {}).items():
        return f"{edition}, {grade.get('at', '')}"
    cites = [record["cite"]] if isinstance(record.get("cite"), dict) else record.get("cites", [])
    for part in (record.get("plausible"), record.get("fresh")):
        cites = cites or ([part["cite"]] if isinstance(part, dict) and isinstance(part.get("cite"), dict) else [])
    first = next((one for one in cites if isinstance(one, dict) and "source" in one), None)
    return f"{first['source']}, {first.get('at', '')}" if first else ""
