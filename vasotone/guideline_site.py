"""What a site's profile adds to an advice: what it holds back, what it let stand in, and what it changed."""

from __future__ import annotations

from typing import Any

from vasotone.advice import Advice, Caution, Dose, Item, Pump
from vasotone.facts import Facts
from vasotone.state import FORM_DRUG, State
from vasotone.state_assumed import ASSUMED

KEYS = ("name", "version", "digest", "edition", "approved_by", "contact", "reasons", "notice")


def with_site(advice: Advice, facts: Facts, held: list[str]) -> Advice:
    """The advice with the site's block, and with a warning for each standard bag that a pump rate rests on."""
    warnings = (*advice.warnings, *cautions(advice.items))
    return advice._replace(site=block(facts, held), warnings=warnings)


def block(facts: Facts, held: list[str]) -> dict[str, Any] | None:
    """The site as the record shows it, with the statements held back from this patient; None without a site."""
    if not facts.site:
        return None
    changes = [dict(change) for change in facts.site["changes"]]
    return {**{key: facts.site[key] for key in KEYS}, "changes": changes, "held_back": held}


def mark_values(state: State, values: dict[str, dict[str, Any]]) -> None:
    """Mark in the values what a record did not say and the site's profile stands in for."""
    for mark in state.assumed:
        name, _, part = mark.partition(".")
        if part in ("basis", "unit") and name in values:
            values[name][f"{part}_origin"] = "assumed"
        if part == "basis" and name in values:
            values[name]["labelled"] = state.readings[name].kind or state.readings[name].basis


def mark_bag(state: State, drug: str, bag: dict[str, Any]) -> dict[str, Any]:
    """A bag as the record shows it, marked where it or the form on its label is the site's word."""
    if f"{drug}.bag" in state.assumed:
        return {**bag, "origin": "assumed"}
    return {**bag, "basis_origin": "assumed"} if f"{drug}.bag.basis" in state.assumed else bag


def notes(state: State, dose: Dose | None, pump: Pump | None) -> list[str]:
    """What stands beside an item whose figures rest on an assumption."""
    found = []
    if pump is not None and pump.bag.get("origin") == "assumed":
        found.append(f"The pump rate is for the site's standard bag, {contents(pump.bag)}. Check what hangs.")
    if dose is not None and dose.drug == FORM_DRUG and f"{FORM_DRUG}.basis" in state.assumed:
        found.append("The running dose rests on the site's labelling, which the record does not confirm.")
    return found


def contents(bag: dict[str, Any]) -> str:
    """A bag in words."""
    labelled = f" ({bag['basis']})" if bag.get("basis") not in (None, "", "unknown") else ""
    return f"{bag['amount']} in {bag['volume']}{labelled}"


def cautions(items: tuple[Item, ...]) -> list[Caution]:
    """One warning for each standard bag that a shown pump rate is worked out from."""
    bags = {
        item.dose.drug: item.pump.bag
        for item in items
        if item.dose is not None and item.pump is not None and item.pump.bag.get("origin") == "assumed"
    }
    return [
        Caution(
            ASSUMED,
            f"{drug}.bag",
            f"No bag of {drug.replace('_', ' ')} is recorded; the site's standard bag is taken: {contents(bag)}.",
            dict(bag),
        )
        for drug, bag in bags.items()
    ]
