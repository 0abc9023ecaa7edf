"""Which drug a medication is."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.readers.fhir_bundle import Resource, name_of, resolve
from vasotone.readers.fhir_crosswalk import Code, drug_in, looks_vasoactive, words_of
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_values import codings, keys_of, objects, texts_of

ORDER = ("variable", "rxnorm", "atc", "snomed")  # which code system is believed first


class Medication(NamedTuple):
    """What is given.

    drug     one of ours, or empty
    names    as written, the text first
    route    how it was matched, for the trace
    product  the Medication resource, where there is one
    lost     it may be one of ours, so nothing may be taken as off for want of it
    """

    drug: str
    names: tuple[str, ...]
    route: str = ""
    product: Resource | None = None
    lost: bool = False
    fluid: bool = False


def medication_of(walk: Walk, one: Resource) -> Medication:
    """The medication of an administration, a request or a statement."""
    concept, product = one.get("medicationCodeableConcept"), None
    concepts: list[Any] = [concept]
    reference = one.get("medicationReference")
    display: list[str] = []
    if type(reference) is dict:
        product = resolve(walk.gathered, reference, one)
        if type(reference.get("display")) is str:
            display = [reference["display"]]
        if product is None:
            walk.notes.add("medication-missing", display[0] if display else name_of(one, one["resourceType"]))
        else:
            concepts.append(product.get("code"))
            if not codings(product.get("code")):
                concepts += [part.get("itemCodeableConcept") for part in ingredients(product)]
    texts = [text for concept in concepts for text in texts_of(concept)] + display
    return _matched(walk, one, concepts, texts)._replace(product=product)


def ingredients(product: Resource) -> list[dict[str, Any]]:
    """The ingredients of a Medication that are objects."""
    return objects(product.get("ingredient"))


def _matched(walk: Walk, one: Resource, concepts: list[Any], texts: list[str]) -> Medication:
    """The drug by its codes in the order of systems, then by the words of its name."""
    cross, names = walk.cross, tuple(dict.fromkeys(texts))
    by_system: dict[str, dict[str, Code]] = {}
    for concept in concepts:
        for key in keys_of(concept):
            system = cross.systems.get(key[0], "")
            found = cross.drugs.get((key[0], key[1].upper() if system == "atc" else key[1]))
            if found is not None:
                by_system.setdefault(system, {})[found.name] = found
    elsewhere = _elsewhere(walk, one, texts)
    for system in ORDER:
        hits = by_system.get(system, {})
        if len(hits) > 1:
            walk.notes.add("drug-ambiguous", " / ".join(names) or ", ".join(sorted(hits)))
            return Medication("", names or tuple(hits), lost=True)
        for drug, code in hits.items():
            if code.nasal or elsewhere:
                return Medication("", names or (drug,))
            return Medication("" if code.fluid else drug, names or (drug,), code.route, fluid=code.fluid)
    fluids = cross.settings["words"]["fluid"]["names"]
    for text in texts:
        drug_found = None if elsewhere else drug_in(cross, text)
        if drug_found is not None:
            return Medication(drug_found, names, f"text '{text[:60]}'")
    if any(fluid in text.lower() for text in texts for fluid in fluids):
        return Medication("", names, fluid=True)
    # What goes elsewhere than into a vein is none of these; what only looks like one is missing data.
    lost = not elsewhere and any(looks_vasoactive(cross, text) for text in texts)
    if lost:
        walk.notes.add("drug-not-matched", names[0])
    return Medication("", names, lost=lost)


def _elsewhere(walk: Walk, one: Resource, texts: list[str]) -> bool:
    """Whether the route or the product says that this is not given into a vein."""
    dosage = dosage_of(one)
    said = {word for text in [*texts, *texts_of(dosage.get("route"))] for word in words_of(text[:400])}
    return bool(said & set(walk.cross.settings["words"]["not_infused"]["names"]))


def dosage_of(one: Resource) -> dict[str, Any]:
    """The dosage of an administration; a list of one is tolerated."""
    dosage = one.get("dosage")
    if type(dosage) is list and len(dosage) == 1:
        dosage = dosage[0]
    return dosage if type(dosage) is dict else {}
