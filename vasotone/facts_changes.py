"""What changed clinically between two versions of the facts, or between two editions."""

from __future__ import annotations

from typing import Any

from vasotone import review
from vasotone.errors import InputError
from vasotone.facts import Facts
from vasotone.facts_changes_editions import between_editions
from vasotone.facts_changes_fields import CLINICAL, EDITORIAL, GRADES, GROUPS, WORDING, Fact, facts_of
from vasotone.facts_changes_versions import NONE, Version, read_version
from vasotone.records import Record

SCHEMA = "vasotone.facts-changes/1"
LONGEST = 600  # characters of one value in the text
FIGURES = ("value", "low", "high", "amount", "volume")
EDITORIAL_WORDS = {"asks": "anticipated questions", "links": "links", "case": "cases"}


def changes(old: str, new: str, facts: Facts) -> Record:
    """The record `vasotone.facts-changes/1` between two versions or two editions of `facts`.

    Each of `old` and `new` is a data folder, a checkout, a wheel, an edition, or `none`. Clinical changes come
    first, then wording and sources; editorial ones are only counted. InputError for what is none of these.
    """
    editions = [name in facts.profiles for name in (old, new)]
    if all(editions):
        found = between_editions(facts, old, new)
        one, other = ({"name": name, "digest": facts.digest} for name in (old, new))
        return record_of(one, other, found, {}, "editions")
    if any(editions):
        raise InputError("an edition is compared with another edition", where="facts changes", seen=[old, new],
                         fix=f"name two of {', '.join(facts.profiles)}, or two folders or wheels")  # fmt: skip
    return between(read_version(old), read_version(new))


def between(old: Version, new: Version) -> Record:
    """The record of what changed from one version to another."""
    found, counted = between_versions(old, new)
    return record_of({"name": old.name, "digest": old.digest}, {"name": new.name, "digest": new.digest},
                     found, counted, "versions")  # fmt: skip


def record_of(old: Record, new: Record, found: list[Record], counted: dict[str, int], of: str) -> Record:
    """The record with its totals, in the order of a release note."""
    order = {name: place for place, name in enumerate(GROUPS)}
    kinds = {"added": 0, "removed": 1, "changed": 2}
    found.sort(key=lambda one: (order[one["group"]], kinds[one["change"]], one["what"] != "statement",
                              one["what"], one["id"], one["field"]))  # fmt: skip
    return {
        "schema": SCHEMA,
        "of": of,
        "old": old,
        "new": new,
        "changes": found,
        "editorial": dict(sorted(counted.items())),
        "totals": {
            "clinical": sum(one["group"] in CLINICAL for one in found),
            "wording": sum(one["group"] == WORDING for one in found),
            "editorial": sum(counted.values()),
            "statements_added": count(found, "added"),
            "statements_removed": count(found, "removed"),
        },
    }


def count(found: list[Record], change: str) -> int:
    """How many statements were added or removed."""
    return sum(one["what"] == "statement" and one["change"] == change for one in found)


def between_versions(old: Version, new: Version) -> tuple[list[Record], dict[str, int]]:
    """Every change that a reader should see, and how many editorial ones there are by field."""
    before, after = facts_of(old), facts_of(new)
    found: list[Record] = []
    counted: dict[str, int] = {}
    for key in dict.fromkeys((*after, *before)):
        one, other = before.get(key), after.get(key)
        if one is None or other is None:
            there = other if other is not None else one
            assert there is not None
            found.append(
                entry(there, there.whole, "", "added" if one is None else "removed", summary(one), summary(other))
            )
            continue
        for field in dict.fromkeys((*other.fields, *one.fields)):
            group, was = one.fields.get(field, ("", None))
            group, now = other.fields.get(field, (group, None))
            if was == now and type(was) is type(now):
                continue
            if group == EDITORIAL:
                counted[field] = counted.get(field, 0) + 1
            else:
                found.append(entry(other, group, field, "changed", was, now))
    return found, counted


def entry(fact: Fact, group: str, field: str, change: str, old: Any, new: Any) -> Record:
    """One change, with where it stands and its review state now."""
    return {
        "group": group,
        "what": fact.what,
        "id": fact.id,
        "change": change,
        "field": field,
        "old": old,
        "new": new,
        "source": fact.source,
        "review": review.state(fact.record),
        "verified": fact.record.get("verified", True) is not False,
    }


def summary(fact: Fact | None) -> Any:
    """What a whole fact comes to in one line: its wording, or else its figures."""
    if fact is None:
        return None
    record = fact.record
    for key in ("clinician", "text", "says", "question", "title", "notice"):
        if key in record:
            kind = f"{record['kind']}: " if fact.what == "statement" and "kind" in record else ""
            return kind + str(record[key])
    return {key: value for key, (group, value) in fact.fields.items() if group in CLINICAL} or str(
        record.get("label", "")
    )


def markdown(record: Record) -> str:
    """The changes as the block that opens a release note."""
    totals = record["totals"]
    lines = ["### Clinical changes", "", opening(record), ""]
    if not record["changes"]:
        return "\n".join([*lines[:3], "", f"No clinical change. {editorial(record)}".rstrip()])
    if record["old"]["name"] == NONE:
        lines += first_release(record)
    else:
        for group in GROUPS[:-1]:
            members = [one for one in record["changes"] if one["group"] == group]
            if members:
                lines += [f"#### {group.capitalize()} ({len(members)})", ""]
                lines += [f"- {line(one)}" for one in members] + [""]
        if not totals["clinical"]:
            lines.insert(4, "No clinical change.\n")
    told = editorial(record)
    return "\n".join([*lines, *([told] if told else [])]).rstrip()


def opening(record: Record) -> str:
    """Which two versions, and how much of what changed was reviewed."""
    old, new = record["old"], record["new"]
    approved = sum(one["review"] == "approved" for one in record["changes"])
    reviewed = (
        f"{approved} of these changes are approved by a clinician." if approved else "No clinician has reviewed them."
    )
    if record["of"] == "editions":
        return f"From the edition {code(old['name'])} to {code(new['name'])}. {reviewed}"
    if old["name"] == NONE:
        return f"The first facts, digest {code(new['digest'][:12])}. {reviewed}"
    return f"From facts {code(old['digest'][:12])} to {code(new['digest'][:12])}. {reviewed}"


def first_release(record: Record) -> list[str]:
    """Everything is new: how many facts of each kind."""
    kinds: dict[str, int] = {}
    for one in record["changes"]:
        name = one["what"]
        if name == "statement":
            name = f"statement: {str(one['new']).partition(':')[0]}"
        kinds[name] = kinds.get(name, 0) + 1
    lines = ["Everything is new; `vasotone facts list` gives every wording, `vasotone facts show` every figure.", ""]
    lines += ["| what | number |", "|---|---:|"]
    return lines + [f"| {name} | {number} |" for name, number in sorted(kinds.items())] + [""]


def line(one: Record) -> str:
    """One change in one line of Markdown."""
    tail = "; ".join(
        part for part in (inert(one["source"]), one["review"], "" if one["verified"] else "unverified") if part
    )
    name = f"**{inert(one['id'])}**" + ("" if one["what"] == "statement" else f" ({one['what']})")
    if one["change"] == "added":
        return f"{name} is new: {said(one['new'])} ({tail})"
    if one["change"] == "removed":
        return f"{name} is gone: {said(one['old'])} ({tail})"
    if one["group"] == GRADES:
        old, new = grade_words(one["old"]), grade_words(one["new"])
        return f"{name}, {inert(one['field'])}: {old} → {new} ({tail})"
    old, new = narrowed(one["old"], one["new"])
    return f"{name}, {inert(one['field'])}: {said(old, one)} → {said(new, one)} ({tail})"


def grade_words(grade: Record | None) -> str:
    """A grade as it is spoken."""
    if grade is None:
        return "none"
    told = [grade.get("edition"), grade.get("strength"), grade.get("certainty") and f"{grade['certainty']} certainty"]
    return inert(", ".join(str(part) for part in told if part)) or "not graded"


def narrowed(old: Any, new: Any) -> tuple[Any, Any]:
    """Of two records only what differs, with the unit of a figure; anything else as it is."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old, new
    differing = {key for key in {**old, **new} if old.get(key) != new.get(key)}
    if differing & set(FIGURES):
        differing |= {key for key in {**old, **new} if key == "unit" or key.removesuffix("_unit") in differing}
    was, now = ({key: value for key, value in one.items() if key in differing} for one in (old, new))
    return was, now


def said(value: Any, change: Record | None = None) -> str:
    """A value as words; conditions and other texts of a language as code."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, str):
        return code(value) if change is not None and change["group"] in CLINICAL else inert(value)
    return code(flat(value))


def flat(value: Any) -> str:
    """Nested data in one line: figures with their unit, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        parts = {key: one for key, one in value.items() if key != "cite"}
        figures = [key for key in FIGURES if isinstance(parts.get(key), int | float)]
        told = []
        for key in [*figures, *[key for key in parts if key not in figures]]:
            own = f"{key}_unit"
            unit = parts.get(own, parts.get("unit", "")) if key in figures else ""
            if key == "unit" and figures or key.endswith("_unit") and key[: -len("_unit")] in figures:
                continue
            lead = "" if key == "value" else f"{key} "
            told.append(f"{lead}{flat(parts[key])} {unit}".rstrip())
        return ", ".join(told)
    if isinstance(value, list):
        return "; ".join(flat(one) for one in value)
    return "none" if value is None else str(value)


def code(text: str) -> str:
    """Text as code: one line, nothing in it can end it."""
    plain = " ".join(str(text).replace("`", "'").split())
    return f"`{plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + '…'}`"


def inert(text: str) -> str:
    """Text that may come from elsewhere: one line in which no mark-up works."""
    plain = " ".join(str(text).replace("mm[Hg]", "mmHg").split())
    plain = plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
    for mark in "\\`*[]|":
        plain = plain.replace(mark, f"\\{mark}") if mark in plain else plain
    return plain.replace("&", "&amp;").replace("<", "&lt;")


def editorial(record: Record) -> str:
    """How many editorial changes there are, by field."""
    told = [f"{number} {EDITORIAL_WORDS.get(field, field)}" for field, number in record["editorial"].items()]
    return f"Editorial: {', '.join(told)}." if told else ""
