"""Vignettes written from the evidence alone, by an author who saw neither the statements nor the code."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import vasotone

Record = dict[str, Any]
HERE = Path(__file__).parent
POSITIVE = ["applies", "applies-unless"]
SHOWN = {*POSITIVE, "cannot-tell"}
HIDDEN = {"blocked", "withheld", "does-not-apply"}
ACTIONS = set(
    """start add raise lower hold stop switch give prepare target measure assess avoid ask convert refer
    inform""".split()
)
URGENCIES = {"now", "soon", "routine"}
IDENTITY = ("statement", "action", "target", "kind", "urgency")
EXPECTATIONS = set(
    """exit refused asks no_asks warnings warned values no_values no_dose expect absent withheld
    blocked""".split()
)
KEYS = {"id", "title", "source", "profile", "all", "patient", "patient_json"} | EXPECTATIONS
PATTERN_KEYS = {*IDENTITY, "verdict", "dose", "dose_unit"}

# What the evidence lists as things that must never come out, whatever the patient.
NEVER = set(
    """pump-rate vaso-threshold-met steroid-threshold-met fluid-bolus fluid-before-pressor-mandatory
    central-access-required stop-abruptly vaso-first-off map-80-85-default ne-omit nee-value
    vaso-raise-above-0.04 mb-give steroid-now escalate angii-first bicarb-now terlipressin-give dopamine-renal
    dopamine-give phenyl-give epi-give betablock-give levosimendan-give vaso-sole-first adult-dose""".split()
)
MOST_ITEMS = 12
MOST_ASKS = 5


def vignettes() -> Iterator[tuple[str, Record]]:
    for path in sorted(HERE.glob("*.toml")):
        with path.open("rb") as file:
            for vignette in tomllib.load(file)["vignette"]:
                yield path.stem, vignette


ALL = list(vignettes())
CASES = [pytest.param(vignette, id=f"{stem}: {vignette['title']}") for stem, vignette in ALL]


@cache
def answered(key: str) -> tuple[Record, int]:
    """One run per vignette; the record is read only."""
    vignette = next(v for _, v in ALL if v["id"] == key)
    patient = vignette["patient_json"] if "patient_json" in vignette else vignette["patient"]
    record, code = vasotone.advise_record(
        patient, profile=vignette.get("profile", "ssc-2026"), all_items=vignette.get("all", False)
    )
    return record, code


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def number(value: Any) -> float:
    """A number of the record, which may be exact text."""
    return float(Fraction(str(value)))


def close(got: Any, wanted: float) -> bool:
    return got is not None and math.isclose(number(got), wanted, rel_tol=1e-3, abs_tol=1e-9)


def is_it(item: Record, pattern: Record) -> bool:
    return all(item.get(key) in as_list(pattern[key]) for key in IDENTITY if key in pattern)


def dose_fits(item: Record, pattern: Record) -> bool:
    if "dose" not in pattern:
        return True
    dose = item.get("dose") or {}
    return close(dose.get("value"), pattern["dose"]) and dose.get("unit") == pattern["dose_unit"]


def found(record: Record, pattern: Record) -> bool:
    verdicts = as_list(pattern.get("verdict", POSITIVE))
    return any(
        is_it(item, pattern) and item["verdict"] in verdicts and dose_fits(item, pattern)
        for item in record.get("items", [])
    )


def stopped(record: Record, pattern: Record, verdict: str) -> bool:
    """At least one such item is stopped, and none of them goes through."""
    verdicts = [item["verdict"] for item in record.get("items", []) if is_it(item, pattern)]
    return verdict in verdicts and not set(verdicts) & set(POSITIVE)


def seen(record: Record, code: int) -> str:
    """What was there, for the person who reads a failure."""
    if "items" not in record:
        return f"exit {code}, record {record}"
    lines = [f"exit {code}, refused {record.get('refused')}"]
    for item in record["items"]:
        lines.append(
            f"  {item.get('statement')}: {item.get('verdict')} ({item.get('action')}, {item.get('target')})"
            f" dose {item.get('dose')} urgency {item.get('urgency')} missing {item.get('missing')}"
        )
    lines.append(f"asks {[ask.get('name') for ask in record.get('asks', [])]}")
    lines.append(f"warnings {[(w.get('code'), w.get('name')) for w in record.get('warnings', [])]}")
    values = {name: value.get("value") for name, value in record.get("values", {}).items()}
    lines.append(f"values {values}")
    return "\n".join(lines)


def item_failures(vignette: Record, record: Record) -> Iterator[str]:
    for pattern in vignette.get("expect", []):
        if not found(record, pattern):
            yield f"expected {pattern}"
    for pattern in vignette.get("absent", []):
        if found(record, pattern):
            yield f"must be absent {pattern}"
    for verdict in ("withheld", "blocked"):
        for pattern in vignette.get(verdict, []):
            if not stopped(record, pattern, verdict):
                yield f"expected {verdict} {pattern}"
    if vignette.get("no_dose"):
        for item in record.get("items", []):
            if item.get("dose") is not None or item.get("pump") is not None:
                yield f"no dose and no pump rate may be given, {item.get('statement')} gives one"


def ask_failures(vignette: Record, record: Record) -> Iterator[str]:
    names = {ask["name"] for ask in record.get("asks", [])}
    for wanted in vignette.get("asks", []):
        if not names & set(as_list(wanted)):
            yield f"expected an ask for {wanted}"
    for name in vignette.get("no_asks", []):
        if name in names:
            yield f"must not ask for {name}"


def warning_failures(vignette: Record, record: Record) -> Iterator[str]:
    warnings = record.get("warnings", [])
    codes = {warning["code"] for warning in warnings}
    for wanted in vignette.get("warnings", []):
        if not codes & set(as_list(wanted)):
            yield f"expected a warning with code {wanted}"
    for wanted in vignette.get("warned", []):
        told = [str(w) for w in warnings]
        if not any(word in text for word in as_list(wanted) for text in told):
            yield f"expected a warning about {wanted}"


def value_failures(vignette: Record, record: Record) -> Iterator[str]:
    values = record.get("values", {})
    for name, wanted in vignette.get("values", {}).items():
        if not close(values.get(name, {}).get("value"), wanted):
            yield f"expected {name} = {wanted}"
    for name in vignette.get("no_values", []):
        if values.get(name, {}).get("value") is not None:
            yield f"{name} must have no value"


def refusal_failures(vignette: Record, record: Record) -> Iterator[str]:
    if "refused" not in vignette:
        return
    refused = record.get("refused")
    wanted = vignette["refused"]
    if wanted is False:
        if refused is not None:
            yield f"must not be refused, seen {refused}"
    elif (refused or {}).get("code") not in as_list(wanted):
        yield f"expected a refusal with code {wanted}"


@pytest.mark.parametrize("vignette", CASES)
def test_expectations(vignette: Record) -> None:
    record, code = answered(vignette["id"])
    failures = [] if code in as_list(vignette.get("exit", 0)) else [f"exit {code}"]
    for check in (item_failures, ask_failures, warning_failures, value_failures, refusal_failures):
        failures += check(vignette, record)
    assert not failures, f"{vignette['id']} ({vignette['source']}): {failures}\n{seen(record, code)}"


def shape_failures(record: Record, everything: bool) -> Iterator[str]:
    """What holds for every advice, whoever the patient is."""
    items = record["items"]
    for item in items:
        name = item["statement"]
        if item["verdict"] not in SHOWN | (HIDDEN if everything else set()):
            yield f"{name}: verdict {item['verdict']}"
        if item["action"] not in ACTIONS:
            yield f"{name}: action {item['action']}"
        if item["urgency"] not in URGENCIES:
            yield f"{name}: urgency {item['urgency']}"
        if item["verdict"] in ("applies-unless", "cannot-tell") and not item["missing"]:
            yield f"{name}: {item['verdict']} without saying what is missing"
        if item["verdict"] in SHOWN and not item["text"].strip():
            yield f"{name}: no text"
        if name in NEVER:
            yield f"{name}: may never come out"
        if (item["action"], item["target"]) == ("stop", "norepinephrine") and item["verdict"] in POSITIVE:
            yield f"{name}: norepinephrine is lowered, not stopped"
        if record["refused"] and (item["dose"] is not None or item["pump"] is not None):
            yield f"{name}: a dose in a refused advice"
    if not everything:
        if sum(item["action"] != "ask" for item in items) > MOST_ITEMS:
            yield "too many items"
        if len(record["asks"]) > MOST_ASKS:
            yield "too many asks"


@pytest.mark.parametrize("vignette", CASES)
def test_record_shape(vignette: Record) -> None:
    record, code = answered(vignette["id"])
    if 2 in as_list(vignette.get("exit", 0)):
        assert record["schema"] == "vasotone.error/1", seen(record, code)
        assert record["what"] and record["fix"], record
        return
    assert record["schema"] == "vasotone.advice/1", seen(record, code)
    assert record["profile"] == vignette.get("profile", "ssc-2026")
    failures = list(shape_failures(record, vignette.get("all", False)))
    assert not failures, f"{vignette['id']}: {failures}\n{seen(record, code)}"


def test_vignettes_are_well_formed() -> None:
    ids = [vignette["id"] for _, vignette in ALL]
    assert len(ids) == len(set(ids)), "two vignettes share an id"
    for _, vignette in ALL:
        name = vignette["id"]
        assert set(vignette) <= KEYS, f"{name}: {set(vignette) - KEYS}"
        assert ("patient" in vignette) != ("patient_json" in vignette), name
        assert set(vignette) & EXPECTATIONS, f"{name} expects nothing"
        for key in ("expect", "absent", "withheld", "blocked"):
            for pattern in vignette.get(key, []):
                assert set(pattern) <= PATTERN_KEYS and set(pattern) & set(IDENTITY), f"{name}: {pattern}"
        if "withheld" in vignette or "blocked" in vignette:
            assert vignette.get("all"), f"{name}: hidden verdicts are seen only with all = true"
