"""The shipped drug and limit tables: every figure has a unit and a place, and the figures fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction as F
from typing import Any

from dosing_facts import drugs, limits

from vasotone.units import convert, number, unit

NUMBER_KEYS = {"value", "low", "high", "amount", "volume"}
REGIMES = {"label", "guideline", "practice", "trial"}


def records(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if NUMBER_KEYS & node.keys():
            yield path, node
        for key, child in node.items():
            yield from records(child, f"{path}.{key}")
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from records(child, f"{path}[{place}]")


def every(*tables: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [pair for table in tables for pair in records(table, "")]


def test_every_number_has_a_unit_a_cite_and_says_whether_it_was_verified() -> None:
    found = every(drugs, limits)
    assert len(found) > 100
    for path, record in found:
        names = ["amount_unit", "volume_unit"] if "amount" in record else ["unit"]
        for name in names:
            assert unit(record[name]).text == record[name], path  # canonical spelling
        assert set(record["cite"]) == {"source", "at"} and all(record["cite"].values()), path
        assert isinstance(record["verified"], bool), path
        for key in NUMBER_KEYS & record.keys():
            assert number(record[key], where=path) >= 0, path
        if "low" in record:
            assert record["low"] < record["high"] and "value" not in record, path


def test_no_number_stands_outside_a_record() -> None:
    def loose(node: Any, path: str) -> Iterator[str]:
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            where = f"{path}.{key}"
            if isinstance(child, dict | list):
                yield from loose(child, where)
            elif isinstance(child, int | float) and not isinstance(child, bool) and key not in NUMBER_KEYS:
                yield where

    assert list(loose(drugs, "")) + list(loose(limits, "")) == []


def test_what_the_project_chose_is_marked_and_explained() -> None:
    for path, record in every(limits):
        assert record["why"], path
        assert record["cite"]["source"] != "vasotone-limits" or not record["verified"], path
    assert not any(record["cite"]["source"] == "vasotone-limits" for _, record in every(drugs))


def test_forms_weigh_what_the_footnote_says() -> None:
    weighs = {form: number(entry["value"], where=form) for form, entry in drugs["norepinephrine"]["forms"].items()}
    assert weighs == {"base": 1, "bitartrate": 2, "tartrate": F("1.89"), "hydrochloride": F("1.22")}
    # and the molar masses agree: base, bitartrate monohydrate, anhydrous, hydrochloride
    base, *salts = F("169.18"), F("337.28"), F("319.27"), F("205.64")
    for weight, salt in zip(list(weighs.values())[1:], salts, strict=True):
        assert abs(weight - salt / base) < F(1, 100)


def test_names_aliases_and_ids_are_unique() -> None:
    words = [
        word.lower()
        for drug in drugs.values()
        for word in {drug["name"], *drug["aliases"]}
        if word.lower() != drug["name"] or word == drug["name"]
    ]
    assert len(words) == len(set(words))
    ids = [
        entry["id"]
        for drug in drugs.values()
        for part in ("regimes", "timing", "bags")
        for entry in drug.get(part, [])
    ]
    assert len(ids) == len(set(ids))
    assert all(drug["name"] == key and drug["label"] and drug["class"] for key, drug in drugs.items())


def test_regimes_are_of_known_kinds_and_dose_units_fit_the_drug() -> None:
    for drug in drugs.values():
        for entry in drug.get("regimes", []):
            assert entry["regime"] in REGIMES, entry["id"]
            if entry["parameter"] in ("start", "step", "range") and drug["infusion"]:
                convert(F(1), entry["unit"], drug["unit"], weight_kg=F(80))


def test_norepinephrine_doses_say_what_they_count() -> None:
    for entry in drugs["norepinephrine"]["regimes"]:
        if unit(entry["unit"]).dimension != unit("min").dimension:
            assert entry["basis"] in ("base", "unstated"), entry["id"]


def test_every_infusion_with_a_dose_has_a_hard_limit_and_no_stored_dose_is_above_it() -> None:
    for name, drug in drugs.items():
        entries = [e for e in drug.get("regimes", []) if e["parameter"] in ("start", "range", "range-refractory")]
        if not entries or not drug["infusion"]:
            continue
        hard = limits[name]["hard_high"]
        for entry in entries:
            top = number(entry.get("high", entry.get("value")), where=entry["id"])
            assert convert(top, entry["unit"], hard["unit"], weight_kg=F(80)) <= number(hard["value"], where=name)


def test_soft_limits_lie_inside_hard_ones() -> None:
    for name in drugs:
        table = limits.get(name, {})
        for prefix in ("", "concentration_"):
            low, high, hard = (table.get(prefix + key) for key in ("soft_low", "soft_high", "hard_high"))
            if low and high:
                assert low["value"] < high["value"], name
            if high and hard:
                assert high["value"] < hard["value"] and high["unit"] == hard["unit"], name


def test_usual_bags_are_inside_the_usual_strengths() -> None:
    for name, drug in drugs.items():
        low, high = (limits.get(name, {}).get(f"concentration_soft_{side}") for side in ("low", "high"))
        for bag in drug.get("bags", []):
            if low and high:
                per_ml = f"{bag['amount_unit']}/{bag['volume_unit']}"
                strength = convert(
                    number(bag["amount"], where="") / number(bag["volume"], where=""), per_ml, low["unit"]
                )
                assert F(str(low["value"])) <= strength <= F(str(high["value"])), bag["id"]
