"""The bag that a rate comes from: by this project's extensions, else the strength of the product."""

from __future__ import annotations

from typing import Any

from vasotone import units
from vasotone.errors import UnitError
from vasotone.readers import plain
from vasotone.readers.fhir_bundle import Resource
from vasotone.readers.fhir_crosswalk import drug_in
from vasotone.readers.fhir_medications import Medication, dosage_of, ingredients
from vasotone.readers.fhir_observations import Walk, form_and_bag
from vasotone.readers.fhir_values import extension, keys_of, quantity_text, texts_of
from vasotone.table import Bag

VOLUME = units.unit("mL").dimension


def event_parts(walk: Walk, one: Resource, given: Medication, name: str, unit: str | None) -> tuple[str, Bag | None]:
    """The form of the dose and the bag: by extensions, else the strength of the product."""
    holders = [dosage_of(one), one, *([given.product] if given.product else [])]
    url = walk.extension("bag")
    if given.product is None or any(extension(holder, url) is not None for holder in holders):
        return form_and_bag(walk, holders, name, unit)
    strength = _strength(walk, given)
    basis, bag = form_and_bag(walk, holders, name, unit)
    if strength is None:
        return basis, bag
    entry = {"unit": unit, "basis": basis, "bag": {"amount": strength[0], "volume": strength[1]}}
    return plain.form_and_bag(entry, name, walk.cautions)


def _strength(walk: Walk, given: Medication) -> tuple[str, str] | None:
    """Amount and volume of the product, where it says both."""
    parts = ingredients(given.product or {})
    ours = [part for part in parts if _is_drug(walk, part, given.drug)] or (parts if len(parts) == 1 else [])
    for part in ours:
        ratio = part.get("strength")
        if type(ratio) is not dict:
            continue
        amount, volume = quantity_text(ratio.get("numerator")), quantity_text(ratio.get("denominator"))
        if amount and volume and _is_volume(volume):
            return amount, volume
    return None


def _is_volume(text: str) -> bool:
    try:
        return units.quantity(text, where="strength").unit.dimension == VOLUME
    except UnitError:
        return False


def _is_drug(walk: Walk, part: dict[str, Any], drug: str) -> bool:
    concept = part.get("itemCodeableConcept")
    if any(found.name == drug for key in keys_of(concept) if (found := walk.cross.drugs.get(key))):
        return True
    return any(drug_in(walk.cross, text) == drug for text in texts_of(concept))
