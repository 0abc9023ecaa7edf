"""The bag that a rate comes from: by this project's extensions, else the strength of the product."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers import plain
from vasotone.readers.fhir_bundle import Resource, name_of
from vasotone.readers.fhir_crosswalk import drug_in
from vasotone.readers.fhir_medications import Medication, dosage_of, ingredient_concept, ingredients
from vasotone.readers.fhir_observations import Walk, form_and_bag
from vasotone.readers.fhir_values import extension, keys_of, quantity_text, texts_of
from vasotone.table import Bag


def event_parts(walk: Walk, one: Resource, given: Medication, name: str, unit: str | None) -> tuple[str, Bag | None]:
    """The form of the dose and the bag: by extensions, else the strength of the product."""
    holders = [dosage_of(one), one, *([given.product] if given.product else [])]
    url = walk.extension("bag")
    if given.product is None or any(extension(holder, url) is not None for holder in holders):
        return form_and_bag(walk, holders, name, unit)
    strength = _strength(walk, one, given)
    basis, bag = form_and_bag(walk, holders, name, unit)
    if strength is None:
        if plain.is_volume_rate(unit) and any("strength" in part for part in ingredients(given.product)):
            walk.notes.add("strength-not-read", name_of(given.product, "Medication"), name)
        return basis, bag
    entry = {"unit": unit, "basis": basis, "bag": {"amount": strength[0], "volume": strength[1]}}
    return plain.form_and_bag(entry, name, walk.cautions)


def _strength(walk: Walk, one: Resource, given: Medication) -> tuple[str, str] | None:
    """Amount and volume of the product, where it says both, and says them once and of this drug."""
    product = given.product or {}
    parts = ingredients(product)
    concepts = [ingredient_concept(walk, part, product, one) for part in parts]
    ours = [part for part, concept in zip(parts, concepts, strict=True) if _is_drug(walk, concept, given.drug)]
    if not ours and len(parts) == 1 and _is_silent(parts[0], concepts[0]):
        ours = parts
    rest = [part for part in parts if part not in ours]
    found = {_amount_and_volume(part) for part in ours if type(part.get("strength")) is dict}
    if len(found) == 1 and (strength := found.pop()) is not None and not _diluted(rest, strength[1]):
        return strength
    return None


def _amount_and_volume(part: dict[str, Any]) -> tuple[str, str] | None:
    """The strength of an ingredient as an amount in a volume; None where it cannot be read."""
    ratio = part["strength"]
    amount, volume = quantity_text(ratio.get("numerator")), quantity_text(ratio.get("denominator"))
    return (amount, volume) if amount and _millilitres(volume) is not None else None


def _diluted(rest: list[dict[str, Any]], volume: str) -> bool:
    """Whether another ingredient is a larger volume than the drug is in, so that the strength is that of a vial."""
    own = _millilitres(volume)
    for part in rest:
        ratio = part.get("strength")
        added = _millilitres(quantity_text(ratio.get("numerator"))) if type(ratio) is dict else None
        if own is not None and added is not None and added > own:
            return True
    return False


def _millilitres(text: str) -> Fraction | None:
    """A volume in mL; None for what is none."""
    try:
        found = units.quantity(text, where="strength")
        return units.convert(found.value, found.unit, "mL")
    except UnitError:
        return None


def _is_silent(part: dict[str, Any], concept: Any) -> bool:
    """Whether an ingredient does not say what it is, so that the only one is what the product is named for."""
    return "itemReference" not in part and part.get("isActive") is not False and not concept


def _is_drug(walk: Walk, concept: Any, drug: str) -> bool:
    if any(found.name == drug for key in keys_of(concept) if (found := walk.cross.drugs.get(key))):
        return True
    return any(drug_in(walk.cross, text, infused=True) == drug for text in texts_of(concept))
