"""Invented patients, each different, drawn from a seed: full and empty records, single values and series."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import draws

from vasotone import lang
from vasotone.facts import Facts
from vasotone.records import Variable

NOW = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
INNER = ("word", "drugs", "from", "formulary", "derive", "derive_in")
SITES = ("left forearm", "right hand", "antecubital fossa", "internal jugular")


def texts(facts: Facts, profile: str, count: int, seed: int = 1) -> list[str]:
    """`count` plain patients as JSON text."""
    compiled = facts.compiled(profile)
    nodes = [entry.when for entry in compiled.entries] + list(compiled.definitions.values())
    limits = draws.limits_named(nodes)
    random = Random(seed)
    return [json.dumps(patient(random, facts, limits)) for _ in range(count)]


def patient(random: Random, facts: Facts, limits: dict[str, list[float]]) -> dict[str, Any]:
    """One plain patient; how much is known differs from nearly nothing to nearly everything."""
    known = random.betavariate(1.2, 1.2)
    record: dict[str, Any] = {"at": NOW.isoformat()}
    for name, variable in facts.variables.items():
        if any(key in variable.record for key in INNER) or random.random() > known:
            continue
        value = value_for(random, variable, facts.columns, limits)
        if value is not None:
            record[name] = entry(random, variable, value)
    words = [one.record["word"].rstrip("*") for one in facts.variables.values() if "word" in one.record]
    chosen = random.sample(words, random.choice((0, 0, 1, 2, 3)))
    record["conditions"] = (["septic-shock"] if random.random() < 0.7 else []) + chosen
    if random.random() < known:
        drugs = [one.record["drugs"][0] for one in facts.variables.values() if "drugs" in one.record]
        record["drugs"] = random.sample(drugs, random.choice((0, 0, 1, 2)))
    return record


def value_for(
    random: Random, variable: Variable, columns: dict[str, lang.Column], limits: dict[str, list[float]]
) -> Any:
    """A bare value of a variable; a drug is off in half of the draws."""
    if variable.kind == "number":
        if variable.record.get("drug") and random.random() < 0.5:
            return 0
        return draws.number(random, columns[variable.name], limits.get(variable.name, []))
    if variable.kind == "flag":
        return random.random() < 0.4
    if variable.kind == "choice":
        return random.choice(variable.values)
    return random.choice(SITES) if variable.name == "site" else None


def entry(random: Random, variable: Variable, value: Any) -> Any:
    """The value as a record may hold it: bare, with its unit and time, or as a short series."""
    form = random.random()
    if variable.kind != "number" or form < 0.4:
        return value
    full: dict[str, Any] = {"value": value, "unit": variable.unit, "at": ago(random)}
    if variable.record.get("drug") == "norepinephrine":
        full["basis"] = random.choice(("base", "base", "bitartrate", "unknown"))
        full["bag"] = {"amount": random.choice(("4 mg", "8 mg")), "volume": "250 mL"}
    if form < 0.7:
        return full
    earlier = [
        {**full, "value": float(f"{value * random.uniform(0.7, 1.3):.3g}"), "at": ago(random)}
        for _ in range(random.choice((1, 2, 5)))
    ]
    return [*earlier, full]


def ago(random: Random) -> str:
    """A time before the question; some are too old to count."""
    return (NOW - timedelta(minutes=random.choice((0, 5, 20, 45, 90, 240, 600)))).isoformat()
