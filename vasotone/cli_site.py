"""What `vasotone facts` says of a site's profile: what it changes, and whether its own cases come out."""

from __future__ import annotations

from typing import Any

from vasotone import guideline
from vasotone.errors import FactError, InputError
from vasotone.facts import Facts, load
from vasotone.guideline_site import block
from vasotone.readers import plain
from vasotone.state import state_at

SITE = "site"


def facts_for(names: list[str], folder: str | None, profile: str | None) -> tuple[Facts, list[str]]:
    """The facts, with a site's file laid over them where one is named, and the names with `local` in its place."""
    from vasotone import facts_site

    files = list(dict.fromkeys(one for one in (*names, *([profile] if profile else [])) if facts_site.is_file(one)))
    if profile and not facts_site.is_file(profile):
        raise InputError("a site's profile is a TOML file", where="--profile", seen=profile,
                         fix="name the file; editions are compared with: vasotone facts diff")  # fmt: skip
    if not files:
        return load(folder), names
    if len(files) > 1:
        raise InputError("one site's profile at a time", where="facts", seen=files, fix="name one file")
    facts = facts_site.load(files[0], folder)
    return facts, [facts_site.LOCAL if one == files[0] else one for one in names]


def checked(facts: Facts, record: dict[str, Any], text: str) -> tuple[dict[str, Any], str]:
    """What a check says beside the counts: every change of the site, and that its cases come out.

    FactError that lists each case of a site's statement that does not.
    """
    site = block(facts, [])
    if site is None:
        return record, text
    own = [one for one in facts.whole().values() if one.get("badge") == SITE]
    wrong = [told for one in own for told in failures(facts, one)]
    if wrong:
        raise FactError(f"{len(wrong)} case{'s' if len(wrong) > 1 else ''} of the site's statements not met",
                        where=site["name"],
                        why="a statement that does otherwise than its cases say is not understood",
                        fix="correct the condition or the case:\n  " + "\n  ".join(wrong))  # fmt: skip
    bare = [one["id"] for one in own if not one.get("case")]
    held = facts.site["held"]
    site = {**site, "held_back": held, "cases": sum(len(one.get("case", [])) for one in own), "without_cases": bare}
    lines = [text, site["notice"], f"Its digest {site['digest']}; it changes:"]
    lines += [f"  {one['text']}" + (f" ({one['reason']})" if one["reason"] else "") for one in site["changes"]]
    lines += [f"Cases of its own statements, all met: {site['cases']}."]
    lines += [f"Without a case: {', '.join(bare)}."] if bare else []
    lines += [f"Held back by the review floor: {len(held)} statements."] if held else []
    return {**record, "site": site}, "\n".join(lines)


def failures(facts: Facts, statement: dict[str, Any]) -> list[str]:
    """The cases of one statement that come out otherwise, a line each."""
    import json

    found = []
    shown = facts._replace(site={**facts.site, "held": []})  # a case speaks of the condition, not of its review
    for case in statement.get("case", []):
        lead = f"{statement['id']}, {case.get('name', 'a case without a name')}: "
        if not isinstance(case.get("given"), dict) or "expect" not in case:
            found.append(lead + "needs `given` and `expect`")
            continue
        table = plain.read(json.dumps(case["given"], default=str), facts)
        advice = guideline.advise(state_at(table, shown), shown, everything=True)
        item = next((one for one in advice.items if one.statement == statement["id"]), None)
        verdict = item.verdict if item is not None else "absent"
        if item is None or verdict != case["expect"]:
            found.append(f"{lead}{verdict}, expected {case['expect']}")
            continue
        seen = {"action": item.action, "target": item.target}
        other = [key for key in seen if case.get(key, seen[key]) != seen[key]]
        found += [f"{lead}{key} {seen[key]}, expected {case[key]}" for key in other]
        lost = set(case.get("missing", [])) - set(item.missing)
        found += [f"{lead}{', '.join(sorted(lost))} not missing"] if lost else []
    return found


def said(what: str, facts: Facts, record: dict[str, Any], text: str) -> tuple[dict[str, Any], str]:
    """A record of `vasotone facts` with the site's profile that it stands on, and the text with one line on it."""
    if what == "check":
        return checked(facts, record, text)
    site = block(facts, [])
    return {**record, "site": site}, text if site is None else f"{site['notice']}\n{text}"
