"""Which drug a medication is."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.readers.fhir_bundle import Resource, name_of, resolve
from vasotone.readers.fhir_crosswalk import Code, drug_in, fluid_in, looks_vasoactive, resembled, words_of
from vasotone.readers.fhir_observations import Walk
from vasotone.readers.fhir_values import keys_of, objects, texts_of

ORDER = ("variable", "rxnorm", "atc", "snomed")  # which code system is believed first
RATES = {"rateQuantity", "rateRatio"}


class Medication(NamedTuple):
    """What is given.

    drug     one of ours, or empty
    names    as written, the text first
    route    how it was matched, for the trace
    product  the Medication resource, where there is one
    lost     it may be one of ours, so nothing may be taken as off for want of it
    fluid    a crystalloid; `perhaps` by a name that is like one
    near     the drugs of ours that it may be; with none of them, any
    what     tells one that is lost from another
    """

    drug: str
    names: tuple[str, ...]
    route: str = ""
    product: Resource | None = None
    lost: bool = False
    fluid: bool = False
    perhaps: bool = False
    near: frozenset[str] = frozenset()
    what: str = ""


class Named(NamedTuple):
    """The concepts that name a medication: its own, and those of what is in it; `texts` of both."""

    own: list[Any]
    inner: list[Any]
    texts: list[str]

    @property
    def concepts(self) -> list[Any]:
        """All of them, its own first."""
        return [*self.own, *self.inner]


def medication_of(walk: Walk, one: Resource) -> Medication:
    """The medication of an administration, a request or a statement."""
    concept, product = one.get("medicationCodeableConcept"), None
    own: list[Any] = [concept]
    inner: list[Any] = []
    reference = one.get("medicationReference")
    display: list[str] = []
    if type(reference) is dict:
        product = resolve(walk.gathered, reference, one)
        if type(reference.get("display")) is str:
            display = [reference["display"]]
        if product is None:
            walk.notes.add("medication-missing", display[0] if display else name_of(one, one["resourceType"]))
        else:
            own.append(product.get("code"))
            inner = [ingredient_concept(walk, part, product, one) for part in ingredients(product)]
    texts = [text for concept in own for text in texts_of(concept)] + display
    named = Named(own, inner, [*texts, *(text for concept in inner for text in texts_of(concept))])
    found = _matched(walk, one, named)
    if not found.names and not found.drug and not found.fluid and not found.lost:
        found = _nameless(walk, one, named, product is not None or type(reference) is not dict)
    return found._replace(product=product)


def ingredients(product: Resource) -> list[dict[str, Any]]:
    """The ingredients of a Medication that are objects."""
    return objects(product.get("ingredient"))


def ingredient_concept(walk: Walk, part: dict[str, Any], product: Resource, one: Resource) -> Any:
    """What an ingredient is: by its own concept, or by the Medication that it refers to."""
    if "itemReference" not in part:
        return part.get("itemCodeableConcept")
    reference = part["itemReference"]
    found = resolve(walk.gathered, reference, product) or resolve(walk.gathered, reference, one)
    if found is not None:
        return found.get("code")
    return {"text": reference.get("display")} if type(reference) is dict else None


def _nameless(walk: Walk, one: Resource, named: Named, there: bool) -> Medication:
    """A medication with no name, and no code that is known here: it may be any drug."""
    codes = [code for concept in named.concepts for code in keys_of(concept)]
    what = ", ".join(f"{system.rsplit('/', 1)[-1]} {code}" for system, code in codes)
    if there:
        walk.notes.add("drug-not-told", what or one["resourceType"])
    return Medication("", (), lost=not _elsewhere(walk, one, []), what=what)


def _by_code(walk: Walk, concepts: list[Any]) -> dict[str, Code]:
    """Drugs by their codes, those of the system that is believed first."""
    cross = walk.cross
    by_system: dict[str, dict[str, Code]] = {}
    for concept in concepts:
        for key in keys_of(concept):
            system = cross.systems.get(key[0], "")
            found = cross.drugs.get((key[0], key[1].upper() if system == "atc" else key[1]))
            if found is not None:
                by_system.setdefault(system, {})[found.name] = found
    return next((by_system[system] for system in ORDER if system in by_system), {})


def _matched(walk: Walk, one: Resource, named: Named) -> Medication:
    """The drug by its codes in the order of systems, then by the words of its name, then by what is in it."""
    names = tuple(dict.fromkeys(named.texts))
    elsewhere, another = _elsewhere(walk, one, named.texts), _another(walk, named.texts)
    own, inner = _by_code(walk, named.own), _by_code(walk, named.inner)
    hits = own if any(not code.fluid for code in own.values()) else inner or own
    ours = {drug for drug, code in {**own, **inner}.items() if not code.fluid}
    if len(hits) > 1 or (len(ours) > 1 and own):
        walk.notes.add("drug-ambiguous", " / ".join(names) or ", ".join(sorted(hits)))
        return Medication("", names or tuple(hits), lost=True, near=frozenset(ours), what=" ".join(sorted(ours)))
    for drug, code in hits.items():
        if code.fluid:
            break
        if not code.nasal and not elsewhere and not another:
            return Medication(drug, names or (drug,), code.route)
        # By its code one of ours, by its name alone not into a vein, and yet with a rate.
        doubted = not code.nasal and not (elsewhere and _route_says(walk, one)) and _has_rate(one)
        return _lost(walk, names or (drug,), frozenset([drug])) if doubted else Medication("", names or (drug,))
    for text in named.texts:
        drug_found = None if elsewhere else drug_in(walk.cross, text, infused=True)
        if drug_found is not None:
            return Medication(drug_found, names, f"text '{text[:60]}'")
    coded = any(code.fluid for code in hits.values())
    if not elsewhere and (coded or any(fluid_in(walk.cross, text, "names") for text in named.texts)):
        return Medication("", names or ("crystalloid",), fluid=True)
    # What goes elsewhere than into a vein is none of these; what only looks like one is missing data.
    doubted = _has_rate(one) and not _route_says(walk, one)
    if (not elsewhere or doubted) and any(looks_vasoactive(walk.cross, text) for text in named.texts):
        return _lost(walk, names, frozenset(drug for text in named.texts for drug in resembled(walk.cross, text)))
    perhaps = not elsewhere and any(fluid_in(walk.cross, text, "like") for text in named.texts)
    return Medication("", names, perhaps=perhaps)


def _lost(walk: Walk, names: tuple[str, ...], near: frozenset[str]) -> Medication:
    walk.notes.add("drug-not-matched", names[0])
    return Medication("", names, lost=True, near=near, what=names[0])


def _words(texts: list[str]) -> set[str]:
    return {word for text in texts for word in words_of(text[:400])}


def _elsewhere(walk: Walk, one: Resource, texts: list[str]) -> bool:
    """Whether the route, or without one the product, says that this is not given into a vein.

    A product that names a vein beside other ways is not told to go elsewhere.
    """
    words, said = walk.cross.settings["words"], _route_says(walk, one)
    if said is not None:
        return said
    named = _words(texts)
    return bool(named & set(words["not_infused"]["names"])) and not named & set(words["infused"]["names"])


def _route_says(walk: Walk, one: Resource) -> bool | None:
    """Whether the route says that it is not a vein; None where no route is understood."""
    words, route = walk.cross.settings["words"], dosage_of(one).get("route")
    named = _words(texts_of(route))
    if named & set(words["not_infused"]["names"]):
        return True
    by_code = any(walk.cross.systems.get(system) == "snomed" and code in words["infused"]["snomed"]
                  for system, code in keys_of(route))  # fmt: skip
    return False if by_code or named & set(words["infused"]["names"]) else None


def _another(walk: Walk, texts: list[str]) -> bool:
    """Whether a name is that of another drug that carries the name of one of ours."""
    return bool(_words(texts) & set(walk.cross.settings["words"]["another"]["names"]))


def _has_rate(one: Resource) -> bool:
    return bool(RATES & set(dosage_of(one)))


def dosage_of(one: Resource) -> dict[str, Any]:
    """The dosage of an administration; a list of one is tolerated."""
    dosage = one.get("dosage")
    if type(dosage) is list and len(dosage) == 1:
        dosage = dosage[0]
    return dosage if type(dosage) is dict else {}
