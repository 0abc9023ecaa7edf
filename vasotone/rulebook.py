"""Which statements one profile carries, and their conditions as code."""

from __future__ import annotations

from typing import Any

from vasotone import lang
from vasotone.errors import ConditionError
from vasotone.records import Record

OLDER_EDITIONS = {"ssc-2016": 2016, "ssc-2012": 2012, "ssc-2008": 2008}
COMPARISON_ONLY = "founding-article"
SITE = "site"


def edition_of(profile: str, profiles: dict[str, Record]) -> str:
    """The edition that a profile is, or that a site's profile stands on."""
    return str(profiles.get(profile, {}).get("edition", profile))


def edition_for(statement: Record, profile: str, profiles: dict[str, Record]) -> tuple[str, bool] | None:
    """The edition whose grade a profile shows and whether the profile itself is silent; None: left out."""
    editions = statement.get("editions", {})
    local = profiles.get(profile, {})
    of_site = statement.get("badge") == SITE
    if statement.get("id") in local.get("silenced", ()) or (of_site and "edition" not in local):
        return None
    profile = edition_of(profile, profiles)
    if statement.get("status") == "contradicted" or profile in statement.get("left_out", []):
        return None
    if profile in editions:
        return profile, False
    if statement.get("status") == "superseded":
        return None
    if not editions:
        return "", False
    years = {name: record["year"] for name, record in profiles.items() if name != COMPARISON_ONLY}
    years.update(OLDER_EDITIONS)
    speaking = [name for name in editions if name in years]
    return (max(speaking, key=lambda name: years[name]), True) if speaking else None


def bands_for(statements: dict[str, Record], profile: str) -> dict[str, list[tuple[str, str]]]:
    """For each gated statement the bands that its profile's own remarks and practice set."""
    bands: dict[str, list[tuple[str, str]]] = {}
    for identifier, statement in statements.items():
        if profile in statement.get("editions", {}) and "band" in statement:
            for gated in statement.get("gates", []):
                bands.setdefault(gated, []).append((identifier, statement["band"]))
    return bands


def compile_profile(
    statements: dict[str, Record],
    columns: dict[str, lang.Column],
    definitions: dict[str, Any],
    profile: str,
    profiles: dict[str, Record],
    problems: list[str],
) -> dict[str, Any]:
    """Entries, definitions and code of one profile, as data that `marshal` keeps."""
    bands = bands_for(statements, edition_of(profile, profiles))
    entries: list[tuple[Any, ...]] = []
    when_rail: list[tuple[str, Any]] = []
    unless_rail: list[tuple[str, Any]] = []
    for identifier, statement in statements.items():
        placed = edition_for(statement, profile, profiles)
        if placed is None:
            continue
        parts = [statement, *statement.get("variant", [])]
        for place, part in enumerate(parts):
            if "when" not in part:
                continue
            where = f"{statement['file']} {identifier}"
            try:
                when = lang.check(part["when"], columns, definitions, where=where)
                gates = bands.get(identifier, []) if place == 0 else []
                for _, band in gates:
                    when = ("and", when, lang.check(band, columns, definitions, where=where))
                against = part.get("unless", statement.get("unless", []) if place == 0 else [])
                unless = tuple(lang.check(text, columns, definitions, where=where) for text in against)
            except ConditionError as error:
                problems.append(str(error))
                continue
            name = f"{identifier}#{place}"
            when_rail.append((name, when))
            if unless:
                unless_rail.append((name, unless[0] if len(unless) == 1 else ("or", *unless)))
            do = part["do"]
            urgency, rank, recheck = (
                part.get(key, statement.get(key, default))
                for key, default in (("urgency", "routine"), ("rank", 50), ("recheck", None))
            )
            entries.append(
                (identifier, place, do["action"], do["target"], part.get("dose", ""), part.get("clinician", ""),
                 when, unless, tuple(name for name, _ in gates), placed[0], placed[1],
                 urgency, rank, recheck["value"] if recheck else None)
            )  # fmt: skip
    code = [lang.python_source("when_rail", when_rail, definitions)]
    code.append(lang.python_source("unless_rail", unless_rail, definitions))
    return {
        "entries": tuple(entries),
        "definitions": definitions,
        "code": compile("\n\n".join(code), f"<conditions of {profile}>", "exec"),
    }
