"""Order, repetition, clocks and what nobody reads mean nothing; and asking twice is asking once."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from answers import DOORS, FACTS, answer, ask, bundled, by_fhir, examples, of_bundle, plain, said
from answers import part as part
from hypothesis import assume, given
from hypothesis import strategies as st
from law_patients import AT, Record, as_plain, patients

import vasotone

# the night the clocks go back and forth, leap days, ends of years, and a century away
INSTANTS = (
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2130, 3, 1, 8, 0, tzinfo=UTC),
    datetime(1999, 2, 28, 23, 30, tzinfo=UTC),
)
LISTS = ("conditions", "drugs")
UNTIMED = ("items", "asks", "warnings", "values", "refused")


def shifted(record: Record, to: datetime) -> Record:
    """The same patient at another instant, every time moved alike."""
    by = to - record.at
    series = {
        name: [entry._replace(at=None if entry.at is None else entry.at + by) for entry in rows]
        for name, rows in record.series.items()
    }
    return record._replace(at=record.at + by, series=series)


def respelled(value: Any, offset: timezone) -> Any:
    """JSON with every instant written with another offset."""
    if isinstance(value, dict):
        return {key: respelled(one, offset) for key, one in value.items()}
    if isinstance(value, list):
        return [respelled(one, offset) for one in value]
    if isinstance(value, str) and value.endswith("Z") and value[:2].isdigit() and "T" in value:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(offset).isoformat()
    return value


@examples(20)
@given(
    record=patients(),
    to=st.sampled_from(INSTANTS),
    seconds=st.integers(0, 59),
    offset=st.sampled_from((-570, -240, 60, 345, 780)),
)
def test_m06_another_day_gives_the_same_advice(record: Record, to: datetime, seconds: int, offset: int) -> None:
    moved = shifted(record, to + timedelta(seconds=seconds))
    for door in DOORS:
        one = said(answer(door(record)), *UNTIMED)
        assert one == said(answer(door(moved)), *UNTIMED), door.__name__
    zone = timezone(timedelta(minutes=offset))
    written = json.dumps(respelled(as_plain.patient(moved), zone))
    assert said(answer(vasotone.read(written, facts=FACTS)), *UNTIMED) == one
    bundle = json.dumps(respelled(bundled(moved), zone))
    assert said(answer(of_bundle(json.loads(bundle), moved)), *UNTIMED) == one


def unordered(found: dict[str, Any]) -> tuple[str, list[str]]:
    """An answer whose warnings are a set: several of one kind may come in another order."""
    return said(found, "items", "asks", "values", "refused"), sorted(json.dumps(one) for one in found["warnings"])


def shuffled(value: Any, chance: random.Random, *, lists: bool = True) -> Any:
    """JSON with keys, and the entries of lists, in another order."""
    if isinstance(value, dict):
        pairs = [(key, shuffled(one, chance, lists=lists)) for key, one in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, list):
        found = [shuffled(one, chance, lists=lists) for one in value]
        if lists:
            chance.shuffle(found)
        return found
    return value


@examples(40)
@given(record=patients(), seed=st.integers(0, 10**6))
def test_m08_the_order_of_a_plain_patient_means_nothing(record: Record, seed: int) -> None:
    other = shuffled(as_plain.patient(record), random.Random(seed))
    one, two = ask(record), answer(vasotone.read(json.dumps(other), facts=FACTS))
    assert unordered(one) == unordered(two)


@examples(40)
@given(record=patients(), seed=st.integers(0, 10**6))
def test_m08_the_order_of_a_bundle_means_nothing(record: Record, seed: int) -> None:
    bundle, chance = bundled(record), random.Random(seed)
    other = {**bundle, "entry": [shuffled(one, chance, lists=False) for one in bundle["entry"]]}
    chance.shuffle(other["entry"])
    assert unordered(answer(of_bundle(bundle, record))) == unordered(answer(of_bundle(other, record)))


@examples(20)
@given(record=patients(), seed=st.integers(0, 10**6))
def test_m09_a_repeated_entry_changes_nothing(record: Record, seed: int) -> None:
    chance = random.Random(seed)
    patient = as_plain.patient(record)
    again = {
        key: rows + [chance.choice(rows)] if isinstance(rows, list) and rows else rows
        for key, rows in patient.items()
    }
    assert said(ask(record)) == said(answer(vasotone.read(json.dumps(again), facts=FACTS)))
    bundle = bundled(record)
    assume(bundle["entry"])
    sent_again = {**bundle, "entry": bundle["entry"] + chance.choices(bundle["entry"], k=3)}
    assert said(answer(of_bundle(bundle, record))) == said(answer(of_bundle(sent_again, record)))


@examples(20)
@given(record=patients(), seed=st.integers(0, 10**6))
def test_m09_an_entry_resent_under_another_id_changes_nothing(record: Record, seed: int) -> None:
    bundle, chance = bundled(record), random.Random(seed)
    copies = [json.loads(json.dumps(one)) for one in chance.choices(bundle["entry"], k=3)]
    copies = [one for one in copies if one["resource"]["resourceType"] != "Patient"]
    for place, one in enumerate(copies):
        one["resource"]["id"] = f"again{place}"
        one["fullUrl"] = f"urn:uuid:00000000-0000-4000-9000-{place:012d}"
    other = {**bundle, "entry": bundle["entry"] + copies}
    assert said(answer(of_bundle(bundle, record))) == said(answer(of_bundle(other, record)))


def unread() -> list[str]:
    """Variables that a record may carry and that no condition, formula, gate or dose of a profile reads."""
    from vasotone import lang

    used: set[str] = {"age", "weight", *FACTS.drugs}
    for profile in FACTS.profiles:
        compiled = FACTS.compiled(profile)
        for entry in compiled.entries:
            for node in (entry.when, *entry.unless):
                used |= set(lang.names(node, compiled.definitions))
    for name, formula in FACTS.formulas.items():
        used |= {name} | (set(lang.names(formula, {})) if formula[0] != "points" else set())
    for rule in FACTS.consistency:
        used |= {*rule["names"], *rule["doubt"]}
    used |= {variable.record["from"] for variable in FACTS.variables.values() if "from" in variable.record}
    inner = ("word", "drugs", "from", "formulary", "derive", "points")
    return sorted(
        name
        for name, variable in FACTS.variables.items()
        if name not in used and not any(key in variable.record for key in inner)
    )


UNREAD = [name for name in unread() if FACTS.variables[name].kind == "number"]
STRANGERS = (
    {
        "resourceType": "Observation",
        "id": "n1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2951-2"}]},
        "valueQuantity": {"value": 140, "unit": "mmol/L"},
    },
    {
        "resourceType": "Observation",
        "id": "n2",
        "status": "final",
        "code": {"text": "Braden score"},
        "valueInteger": 14,
    },
    {"resourceType": "Immunization", "id": "n3", "status": "completed"},
    {
        "resourceType": "DocumentReference",
        "id": "n4",
        "status": "current",
        "description": "norepinephrine 3 ug/kg/min",
    },
    {"resourceType": "Coverage", "id": "n5", "status": "active"},
    {
        "resourceType": "Condition",
        "id": "n6",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "H52.1"}]},
    },
)


@examples(30)
@given(record=patients(), strangers=st.lists(st.sampled_from(STRANGERS), min_size=1, max_size=4, unique_by=str))
def test_m10_resources_that_nobody_reads_change_nothing(record: Record, strangers: list[Any]) -> None:
    bundle = bundled(record)
    for one in strangers:
        one.setdefault("subject", {"reference": "Patient/one"})
    other = {**bundle, "entry": bundle["entry"] + [{"resource": one} for one in strangers]}
    parts = ("items", "asks", "values", "refused")
    assert said(answer(of_bundle(bundle, record)), *parts) == said(answer(of_bundle(other, record)), *parts)


@examples(40)
@given(record=patients(), name=st.sampled_from(UNREAD), profile=st.sampled_from(sorted(FACTS.profiles)))
def test_m10_a_value_that_no_statement_reads_changes_nothing(record: Record, name: str, profile: str) -> None:
    from fractions import Fraction

    from law_patients import Entry, changed

    variable = FACTS.variables[name]
    with_it = changed(record, **{name: Entry(Fraction(str(variable.low or 0)) + 1)})
    parts = ("items", "asks", "refused")
    assert said(ask(changed(record, **{name: None}), profile), *parts) == said(ask(with_it, profile), *parts)


def test_m10_there_are_values_that_no_statement_reads() -> None:
    assert UNREAD and set(UNREAD) < set(FACTS.variables)


@examples(20)
@given(record=patients(), other=patients(), profile=st.sampled_from(sorted(FACTS.profiles)))
def test_m26_asking_twice_with_others_between_gives_the_same(record: Record, other: Record, profile: str) -> None:
    once = json.dumps(ask(record, profile))
    table = plain(record)
    ask(other)
    assert json.dumps(answer(table, profile)) == once == json.dumps(answer(table, profile))
    assert json.dumps(answer(by_fhir(record), profile)) == json.dumps(answer(by_fhir(record), profile))


@pytest.mark.parametrize("moment", INSTANTS)
def test_m06_the_instants_are_what_they_are_named_for(moment: datetime) -> None:
    assert moment.tzinfo is UTC and moment != AT
