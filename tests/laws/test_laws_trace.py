"""The basis that an advice shows is the basis it has: no more is needed to give it, and nothing in it is idle."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from answers import acts, ask, dosed, doubts, examples, loud, plain, positive
from answers import part as part
from hypothesis import assume, given
from hypothesis import strategies as st
from law_patients import AT, FACTS, MINUTE, Entry, Record, changed, sound_patients

import vasotone
from vasotone import lang

DERIVED = {name: set(lang.names(formula, {})) for name, formula in FACTS.formulas.items() if formula[0] != "points"}
DOSE_INPUTS = ("age", "weight")


def roots(name: str) -> set[str]:
    """The entries of a record that a name of the trace stands for."""
    name = name.split(".")[0]
    variable = FACTS.variables.get(name)
    if variable is None:
        return set()
    found = {name}
    if name in DERIVED:
        found |= {root for used in DERIVED[name] for root in roots(used)}
    if name == "map":
        found |= {"sbp", "dbp", "cuff_map", "line_map"}  # what may stand in for it
    if "from" in variable.record:
        found.add(variable.record["from"])
    return found


def named(item: dict[str, Any], found: dict[str, Any]) -> set[str]:
    """Every input that an item's trace names: its reasons, its gates, what it waits for, what its dose rests on."""
    gates = [gate for gate in found["gates"] if gate["statement"] in item["gates"]]
    assert len(gates) == len(item["gates"])
    whys = [*item["why"], *(why for gate in gates for why in gate["why"])]
    names = {name for why in whys for name in why["values"]} | set(item["missing"])
    if item["dose"]:
        names |= {*DOSE_INPUTS, item["target"]}
    return {root for name in names for root in roots(name)}


def only(record: Record, kept: set[str]) -> Record:
    """The record with nothing but what the names stand for."""
    words, drugs, stocked = [], False, {}
    for name in kept:
        fact = FACTS.variables[name].record
        if "word" in fact:
            stem = fact["word"].rstrip("*")
            words += [word for word in record.conditions if word.startswith(stem) or word in fact.get("aliases", ())]
        drugs = drugs or "drugs" in fact
        if fact.get("formulary") in record.formulary:
            stocked[fact["formulary"]] = record.formulary[fact["formulary"]]
    series = {name: rows for name, rows in record.series.items() if name in kept}
    return record._replace(
        series=series, conditions=sorted(set(words)), drugs=record.drugs if drugs else None, formulary=stocked
    )


@examples(30)
@given(record=sound_patients(), profile=st.sampled_from(("ssc-2026", "ssc-2021")), data=st.data())
def test_m11_what_the_trace_names_is_enough_for_the_item(record: Record, profile: str, data: st.DataObject) -> None:
    found = ask(record, profile)
    assume(not found["refused"])
    held = positive(found)
    for name in data.draw(st.lists(st.sampled_from(sorted(held)), unique=True, max_size=4)) if held else ():
        item = held[name]
        inputs = named(item, found)
        again = positive(ask(only(record, inputs), profile))
        assert name in again, (name, sorted(inputs))
        for key in ("action", "target", "urgency", "verdict", "dose", "pump", "missing"):
            assert again[name][key] == item[key], (name, key, sorted(inputs))


def settled(record: Record, profile: str, name: str) -> tuple[Any, ...]:
    """What one item comes to, and by which clauses on which inputs, without the values in them."""
    item = next((one for one in acts(ask(record, profile)) if one["statement"] == name), None)
    if item is None:
        return ()
    clauses = sorted((why["rail"], why["clause"], why["truth"], *why["values"]) for why in item["why"])
    return item["verdict"], item["dose"], item["pump"], sorted(item["missing"]), clauses


@examples(40)
@given(record=sound_patients(), profile=st.sampled_from(("ssc-2026", "ssc-2021")), data=st.data())
def test_m12_an_input_of_the_trace_is_not_idle(record: Record, profile: str, data: st.DataObject) -> None:
    found = positive(ask(record, profile))
    assume(found)
    item = found[data.draw(st.sampled_from(sorted(found)))]
    for why in item["why"]:
        for name, value in why["values"].items():
            asked = f"assume({name}" in why["clause"]
            if name in record.series and value is not None and not asked and name not in STANDS_IN:
                without = changed(record, **{name: None})
                assert settled(without, profile, item["statement"]) != settled(record, profile, item["statement"]), (
                    item["statement"],
                    why["clause"],
                    name,
                )


STANDS_IN = {"map": "computed from the other two", "norepinephrine_hours": "told by a series"}
# a doubt that a later or lesser record takes away with the reading that raised it
WITNESSED = {"flag-contradiction", "verify-device", "compute-map", "future-time"}


@examples(60)
@given(
    record=sound_patients(),
    data=st.data(),
    minutes=st.sampled_from((30, 61, 121, 241, 361, 721, 1441, 3000, 50000)),
    profile=st.sampled_from(("ssc-2026", "ssc-2021")),
)
def test_m13_ageing_recommends_nothing_new(record: Record, data: st.DataObject, minutes: int, profile: str) -> None:
    since = data.draw(st.sampled_from(((0,), (0, 0, 20, 55, 100, 200, 400, 1300))))
    record = charted(record, {name: data.draw(st.sampled_from(since)) for name in record.series})
    before = ask(record, profile)
    assume(not doubts(before) & WITNESSED)
    after = ask(record._replace(at=AT + timedelta(minutes=minutes)), profile)
    assert loud(after) <= loud(before), loud(after) - loud(before)
    assert set(dosed(after)) <= set(dosed(before))
    fresh = {name for name, value in after["values"].items() if value["value"] is not None}
    assert fresh <= {name for name, value in before["values"].items() if value["value"] is not None}


def charted(record: Record, minutes: dict[str, int]) -> Record:
    """Every value with its time, so many minutes ago, so that it grows old."""
    series = {
        name: [entry._replace(at=AT - timedelta(minutes=minutes[name])) for entry in rows]
        for name, rows in record.series.items()
    }
    return record._replace(series=series)


def assumed(node: Any, definitions: dict[str, Any]) -> set[str]:
    """The names for which a condition lets a stated assumption stand in."""
    if not isinstance(node, tuple):
        return set()
    if node[0] == "assume":
        return {node[1][1]}
    if node[0] == "name":
        return assumed(definitions.get(node[1]), definitions)
    return {name for inner in node[1:] for name in assumed(inner, definitions)}


ASSUMED = {
    name
    for profile in FACTS.profiles
    for entry in FACTS.compiled(profile).entries
    for name in assumed(entry.when, FACTS.compiled(profile).definitions)
    if entry.dose
}
BEGUN = ("start", "add", "switch")


def offered(found: dict[str, Any]) -> dict[tuple[str, str], float]:
    """The doses that are offered; to begin a drug is one thing, whether alone or beside another."""
    return {
        ("begin" if action in BEGUN else action, drug): dose["to"] for (action, drug), dose in dosed(found).items()
    }


def lost(record: Record, name: str) -> Record:
    """The record without a value; a drug that counts as off where it is not recorded loses its unit instead."""
    if name not in ASSUMED:
        return changed(record, **{name: None})
    return changed(record, **{name: record.series[name][-1]._replace(unit=None)})


def nothing_new(record: Record, name: str, profile: str) -> None:
    """Without the value no dose is offered that was not, and none that is higher."""
    before, after = offered(ask(record, profile)), offered(ask(lost(record, name), profile))
    for key, dose in after.items():
        assert key in before, (name, key)
        assert dose <= before[key], (name, key)


@examples(60)
@given(record=sound_patients(), data=st.data(), profile=st.sampled_from(("ssc-2026", "ssc-2021")))
def test_m14_a_lost_value_yields_no_new_dose(record: Record, data: st.DataObject, profile: str) -> None:
    before = ask(record, profile)
    assume(not doubts(before) & WITNESSED and not before["refused"])
    # a target that is lost leaves the edition's own in its place, which is shown as assumed: see below
    names = {name for name in record.series if name not in ASSUMED or "drug" in FACTS.variables[name].record}
    nothing_new(record, data.draw(st.sampled_from(sorted(names))), profile)


@pytest.mark.parametrize("target", [None, Entry(Fraction(60), None), Entry(Fraction(600))])
def test_m14_a_target_that_is_lost_is_replaced_by_one_that_is_shown_as_assumed(target: Entry | None) -> None:
    series = {
        "age": [Entry(Fraction(50))],
        "weight": [Entry(Fraction(80), kind="actual")],
        "map": [Entry(Fraction(63))],
        "map_target": [Entry(Fraction(60))],
        "norepinephrine": [Entry(Fraction("0.2"), basis="base")],
    }
    record = Record(AT, series, ["septic-shock"])
    raising = ("raise", "norepinephrine")
    assert raising not in offered(ask(record))
    found = ask(changed(record, map_target=target))
    assert raising in offered(found)  # below the edition's own target
    (item,) = [one for one in positive(found).values() if (one["action"], one["target"]) == raising and one["dose"]]
    (why,) = [one for one in item["why"] if "map_target" in one["values"]]
    assert why["clause"] == "map < assume(map_target, 65)" and why["values"]["map_target"] is None
    said = "(no target ordered)" if target is None else "(ordered MAP target not usable)"
    assert said in " ".join(vasotone.show(vasotone.advise(plain(changed(record, map_target=target)))).split())
    told = {(one["code"], one["name"]) for one in found["warnings"]}
    assert target is None or ("ask-unit" if target.unit is None else "flag-implausible", "map_target") in told


@pytest.mark.parametrize("drug", ["epinephrine", "dopamine", "phenylephrine"])
def test_m14_nothing_is_tapered_while_another_drug_may_run(drug: str) -> None:
    series = {
        "age": [Entry(Fraction(60))],
        "map": [Entry(Fraction(80))],
        "norepinephrine": [Entry(Fraction(0))],
        "vasopressin": [Entry(Fraction("0.03"))],
        drug: [Entry(Fraction("0.2"))],
    }
    record = Record(AT, series, ["septic-shock"])
    assert ("lower", "vasopressin") in dosed(ask(changed(record, **{drug: Entry(Fraction(0))})))
    nothing_new(record, drug, "ssc-2026")


def test_m13_a_contradiction_does_not_age_away() -> None:
    low = Entry(Fraction(55), at=AT)
    outer = {"sbp": [Entry(Fraction(50), at=AT - 4 * MINUTE)], "dbp": [Entry(Fraction(30), at=AT - 4 * MINUTE)]}
    drip = Entry(Fraction("0.1"), at=AT, basis="base")
    record = Record(
        AT, {"age": [Entry(Fraction(60))], "map": [low], **outer, "norepinephrine": [drip]}, ["septic-shock"]
    )
    before = ask(record)
    assert doubts(before) & WITNESSED and not dosed(before)
    assert not dosed(ask(record._replace(at=AT + timedelta(minutes=58))))


def test_m13_what_a_reading_spoke_against_stays_open_when_it_is_old() -> None:
    values = {"age": Fraction(18), "map": Fraction(82)}
    series = {name: [Entry(value, at=AT)] for name, value in values.items()}
    series["norepinephrine"] = [Entry(Fraction("0.02"), basis="base", at=AT)]
    record = Record(AT, series, ["septic-shock", "chronic-hypertension"])
    raising = ("raise", "map")
    assert raising not in loud(ask(record))
    old = ask(record._replace(at=AT + 61 * MINUTE))
    assert raising not in loud(old)
    (item,) = [item for item in acts(old) if item["statement"] == "map-trial-htn"]
    assert (item["verdict"], item["missing"]) == ("cannot-tell", ["map"])
