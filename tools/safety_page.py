"""Writes docs/safety.md from the hazard log; with --print to standard output instead."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "vasotone" / "data" / "hazards.toml"
PAGE = ROOT / "docs" / "safety.md"
Record = dict[str, Any]

SEVERITIES = {
    "S5": "death or lasting harm",
    "S4": "serious harm",
    "S3": "passing harm or delay",
    "S2": "nuisance or limited disclosure",
    "S1": "negligible",
}
PARTS = {
    "core": "facts, doses, advice and its faces",
    "fhir": "the FHIR reader",
    "clif": "the reader of CLIF tables",
    "site": "profiles of a site",
    "lint": "the check of doses in prose",
    "audit": "audits of databases",
    "ask": "answers to questions",
    "twin": "simulation",
    "serve": "the service",
    "store": "the log of advice and the editorial store",
    "fuzz": "long random runs",
}
TOP = """# Safety

<!-- Made by `python tools/safety_page.py` from `vasotone/data/hazards.toml`; edit that, not this. -->

The hazard log of Vasotone: what can go wrong, what the software does against it, and which tests hold it to that.

**What it is.** {count} hazards, each with its cause, its severity, what is done against it and one requirement that
a test can find false. {held} belong to parts that exist and are held by {tests} named tests. A whole run of the tests
fails where a hazard of a part that exists has no passing test, where one of the severity S5 has passing tests of one
kind only, or where a named test did not run. {waiting} wait for a part that does not exist yet. `vasotone facts show`
with an id shows one whole, with its source.

**What it is not.** No probability is estimated: how likely software fails cannot be told from its text, so a hazard
is closed by mitigation and test alone. Severities are judged by the authors. No clinician has reviewed the log, nor
any statement of the software. It is no certificate, and it does not make the software a device: Vasotone is
decision support and research software for professionals, not a medical device. Tests show what was tested, no more.
What a mitigation is known not to cover stands under [What is known to be open](#what-is-known-to-be-open).

| severity | means | hazards | held by tests | wait for a part |
|---|---|---|---|---|
"""
CASE = re.compile(r"\[.*\]$")


def brief(test: str) -> str:
    """A test by its file and name, without its folder and without the case."""
    path, _, name = test.partition("::")
    return f"{Path(path).stem}: {CASE.sub('', name).removeprefix('test_').replace('_', ' ')}"


def tested(hazard: Record) -> str:
    """The tests of a hazard by kind, or what it waits for."""
    if "waits_for" in hazard:
        return f"waits for `{hazard['waits_for']}`"
    kinds: dict[str, list[str]] = {}
    for test in hazard["tests"]:
        kinds.setdefault(test["kind"], []).append(brief(test["test"]))
    return "<br>".join(f"*{kind}*: {'; '.join(names)}" for kind, names in kinds.items())


def row(*cells: object) -> str:
    """One row of a table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def tables(hazards: dict[str, Record]) -> list[str]:
    """A table for each severity, the worst first."""
    lines = []
    for severity, means in SEVERITIES.items():
        chosen = {name: one for name, one in hazards.items() if one["severity"] == severity}
        if not chosen:
            continue
        lines += ["", f"## {severity}: {means}", ""]
        lines += ["| id | hazard and cause | part | mitigation | requirement | tests |", "|---|---|---|---|---|---|"]
        for name, one in chosen.items():
            what = f"{one['hazard']}<br>*{one['cause']}*"
            lines.append(row(name, what, one["part"], one["mitigation"], one["requirement"], tested(one)))
    return lines


def rest(hazards: dict[str, Record]) -> list[str]:
    """What waits for which part, and what is open."""
    lines = [
        "",
        "## What waits for which part",
        "",
        "| part | is | its hazards | more tests for |",
        "|---|---|---|---|",
    ]
    for part, means in PARTS.items():
        own = [name for name, one in hazards.items() if one.get("waits_for") == part]
        more = [name for name, one in hazards.items() if part in one.get("later", [])]
        if own or more:
            lines.append(row(f"`{part}`", means, " ".join(own) or "none", " ".join(more) or "none"))
    lines += ["", "## What is known to be open", "", "| id | hazard | not covered |", "|---|---|---|"]
    lines += [row(name, one["hazard"], one["open"]) for name, one in hazards.items() if "open" in one]
    return lines


def page(hazards: dict[str, Record]) -> str:
    """The whole page."""
    waiting = [one for one in hazards.values() if "waits_for" in one]
    tests = {test["test"] for one in hazards.values() for test in one.get("tests", [])}
    held = len(hazards) - len(waiting)
    text = TOP.format(count=len(hazards), held=held, tests=len(tests), waiting=len(waiting))
    lines = []
    for severity, means in SEVERITIES.items():
        of_it = [one for one in hazards.values() if one["severity"] == severity]
        waits = sum("waits_for" in one for one in of_it)
        lines.append(row(severity, means, len(of_it), len(of_it) - waits, waits))
    return text + "\n".join([*lines, *tables(hazards), *rest(hazards)]) + "\n"


def main() -> None:
    """Write the page, or print it."""
    text = page(tomllib.loads(LOG.read_text("utf-8")))
    if "--print" in sys.argv[1:]:
        sys.stdout.buffer.write(text.encode())
    else:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
