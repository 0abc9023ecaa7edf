"""What the facts of today make of the invented patients, and the facts that no source page lists: frozen.

`python -m tests.datamut.run --accept` writes `golden.json` anew; read the difference before it is kept.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import vasotone
from tests.datamut import judging, mutants, probes, source_lines
from tests.datamut.golden_patients import patients
from vasotone.advice import Advice
from vasotone.facts import Facts

FILE = Path(__file__).with_name("golden.json")
SILENT = "does-not-apply"
SHELVES = """findings.toml conflicts.toml article.toml prohibitions.toml profiles.toml readers/clif.toml
readers/codes.toml readers/fhir.toml""".split()
STANDING = """claim status left_out superseded_by contrast assessment editions do dose urgency rank setting gate order
recheck aim kind badge""".split()
Record = dict[str, Any]


def named_patients() -> dict[str, Record]:
    """The invented patients by their number."""
    return {f"p{number:03d}": patient for number, patient in enumerate(patients(), 1)}


def figures(value: Any, key: str = "") -> str:
    """Everything in a table that a slip could change, as one line."""
    if isinstance(value, dict):
        inside = (f"{name} {figures(one, name)}" for name, one in value.items() if name not in mutants.UNTOUCHED)
        return "{" + "; ".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(figures(one, key) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def claims(statement: Record) -> str:
    """What a statement claims, and where it stands beside others."""
    kept = {key: statement[key] for key in STANDING if key in statement}
    kept["variant"] = [{key: one[key] for key in STANDING if key in one} for one in statement.get("variant", [])]
    return figures({**kept, "unread": statement["verified"]} if "verified" in statement else kept)


def frozen(files: dict[str, Record]) -> Record:
    """The facts that `expected.toml` does not hold: reader tables, the project's own choices, findings."""
    known, _ = source_lines.read()
    lines = {key: text for key, text in source_lines.every_line(files).items() if key not in known}
    shelves = {
        file: {name: figures(record) for name, record in files[file].items() if name not in mutants.UNTOUCHED}
        for file in SHELVES
    }
    stated = {
        one["id"]: claims(one)
        for file, tree in files.items()
        if file.startswith("statements/")
        for one in tree["statement"]
    }
    return {"lines": lines, "shelves": shelves, "claims": stated}


def entries(facts: Facts) -> Record:
    """What every statement that can fire would do, by profile."""
    found: Record = {}
    for profile in facts.profiles:
        names = dict.fromkeys(entry.statement for entry in facts.compiled(profile).entries)
        found[profile] = {name: judging.entry_of(facts, profile, name) for name in names}
    return found


@cache
def advised(number: str, profile: str, digest: str) -> Advice:
    """The whole advice for an invented patient, by the packaged facts of a digest."""
    facts = vasotone.load()
    assert facts.digest == digest
    return vasotone.advise(named_patients()[number], profile=profile, everything=True, facts=facts)


def told(number: str, profile: str, facts: Facts) -> dict[str, list[str]]:
    """Verdict and dose of every statement that does not simply not apply."""
    advice = advised(number, profile, facts.digest)
    own = [item for item in advice.items if item.kind != "data" and item.verdict != SILENT]
    found = {item.statement: [item.verdict, spoken(item, facts)] for item in own}
    return {name: found[name] for name in sorted(found)}


def spoken(item: Any, facts: Facts) -> str:
    """Which situation of the statement speaks, and the dose and pump rate."""
    place = judging.variant_of(facts.statements[item.statement], item.text)
    return place + judging.doses_of(item.dose, item.pump)


def gate_told(number: str, profile: str, facts: Facts) -> str:
    """The scope gate that stops everything septic, or nothing."""
    advice = advised(number, profile, facts.digest)
    return advice.refused.code if advice.refused else ""


def verdicts(facts: Facts) -> Record:
    """By statement and edition one letter for each invented patient; the older edition where it differs."""
    new, old = judging.EDITIONS
    said = {edition: [told(number, edition, facts) for number in named_patients()] for edition in judging.EDITIONS}
    found: Record = {}
    for name, statement in facts.whole().items():
        if "when" in statement:
            written = {
                edition: "".join(probes.LETTERS[one.get(name, [SILENT])[0]] for one in said[edition])
                for edition in judging.EDITIONS
            }
            found[name] = written if written[new] != written[old] else {new: written[new]}
    return found


def spoken_doses(facts: Facts) -> Record:
    """By statement and edition the doses and pump rates, and which other situation speaks, for each patient."""
    found: Record = {}
    for number in named_patients():
        for edition in judging.EDITIONS:
            for name, (_, dose) in told(number, edition, facts).items():
                if dose:
                    found.setdefault(name, {}).setdefault(edition, {})[number] = dose
    new, old = judging.EDITIONS
    for doses in found.values():
        if doses.get(new) == doses.get(old):
            del doses[old]
        else:
            doses.setdefault(new, {})
            doses.setdefault(old, {})
    return {name: found[name] for name in sorted(found)}


def gates(facts: Facts) -> dict[str, str]:
    """The scope gate that stops everything septic, for the patients whom one stops."""
    told_by = {name: gate_told(name, judging.EDITIONS[0], facts) for name in named_patients()}
    return {name: gate for name, gate in told_by.items() if gate}


def made(files: dict[str, Record]) -> Record:
    """Everything that is frozen."""
    facts = vasotone.load()
    people = {"gates": gates(facts), "verdicts": verdicts(facts), "doses": spoken_doses(facts)}
    return {**frozen(files), "entries": entries(facts), "probes": probed(facts), "missing": missing(facts), **people}


def probed(facts: Facts) -> dict[str, str]:
    """The verdicts of each statement's cases moved about, one letter each, by the whole advice's own parts."""
    found = {}
    gates = [name for name, one in facts.statements.items() if "gate" in one]
    for name, statement in facts.whole().items():
        if "when" in statement:
            found[name] = probes.letters(
                judging.said(judging.seen("", given, facts, profile, gates), facts, name)
                for given, profile in probes.probes(statement, facts)
            )
    return found


def missing(facts: Facts) -> dict[str, list[str]]:
    """What each statement misses in its own cases."""
    gates = [name for name, one in facts.statements.items() if "gate" in one]
    found = {}
    for name, statement in facts.whole().items():
        if "when" in statement:
            found[name] = [
                judging.lacking(
                    judging.seen("", case["given"], facts, case.get("profile", facts.default_profile), gates),
                    facts,
                    name,
                )
                for case in statement.get("case", [])
            ]
    return found


def accept(files: dict[str, Record]) -> None:
    """Write `golden.json`, one entry a line."""
    parts = []
    for part, table in made(files).items():
        rows = []
        for name, one in table.items():
            if part in ("shelves", "entries"):
                inner = ",\n".join(f"  {json.dumps(key)}: {dumped(value)}" for key, value in one.items())
                rows.append(f" {json.dumps(name)}: {{\n{inner}\n }}")
            else:
                rows.append(f" {json.dumps(name)}: {dumped(one)}")
        parts.append(f"{json.dumps(part)}: {{\n" + ",\n".join(rows) + "\n}")
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def dumped(value: Any) -> str:
    """A value on one line."""
    return json.dumps(value, ensure_ascii=False)


def read() -> Record:
    """What is kept."""
    found: Record = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def spread(kept: Record) -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
    """What is kept as (verdict, dose) of each statement that does more than not apply, by patient and edition."""
    words = {letter: verdict for verdict, letter in probes.LETTERS.items()}
    new = judging.EDITIONS[0]
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for edition in judging.EDITIONS:
        for name, letters in kept["verdicts"].items():
            spoken_here = kept["doses"].get(name, {})
            doses = spoken_here.get(edition) or ({} if len(spoken_here) > 1 else spoken_here.get(new, {}))
            for number, letter in zip(named_patients(), letters.get(edition, letters[new]), strict=True):
                if words[letter] != SILENT:
                    said = (words[letter], doses.get(number, ""))
                    found.setdefault((number, edition), {})[name] = said
    return found


def page(number: str) -> str:
    """One invented patient and what is kept of the advice, to be read."""
    kept = spread(read())
    lines = [f"{number}: {json.dumps(named_patients()[number])}"]
    for edition in judging.EDITIONS:
        lines.append(edition)
        by_verdict: dict[str, list[str]] = {}
        for name, (verdict, dose) in kept.get((number, edition), {}).items():
            by_verdict.setdefault(verdict, []).append(f"{name} ({dose.strip()})" if dose else name)
        lines += [f"  {verdict}: {', '.join(names)}" for verdict, names in sorted(by_verdict.items())]
    return "\n".join(lines)
