"""What an Observation says: its number and unit, its word, or that something was measured and gives no number."""

from __future__ import annotations

from fractions import Fraction

from vasotone import units
from vasotone.readers.fhir_bundle import Resource
from vasotone.readers.fhir_crosswalk import CrossWalk
from vasotone.readers.fhir_notes import Notes
from vasotone.readers.fhir_values import keys_of, number, number_text, texts_of, unit_of
from vasotone.readers.results import told, was_measured
from vasotone.readers.unit_texts import is_unit
from vasotone.records import Variable
from vasotone.table import CANONICAL, Value

SIGNAL = "valueSampledData"
MILLILITRE = units.unit("mL").dimension


def number_of(
    cross: CrossWalk, notes: Notes, holder: Resource, variable: Variable, where: str
) -> tuple[Value, str | None] | None:
    """Value and unit as written; None where there is none.

    What was measured and gives no number goes over as a text, so that no older number can stand in for it; the value
    is None where nothing was measured.
    """
    name = variable.name
    quantity = holder.get("valueQuantity")
    if type(quantity) is dict:
        written = quantity.get("value")
        if quantity.get("comparator") is not None:
            text = f"{quantity['comparator']} {written} {quantity.get('unit', quantity.get('code', ''))}"
            notes.add("beyond-scale", f"{where} {quantity['comparator']} {written}", name)
            return told(text), CANONICAL
        exact = number(written)
        if exact is not None:
            return exact, unit_of(cross, quantity, notes, where)
        if written is None:
            return None, CANONICAL
        notes.add("not-a-number", where, name)
        return told(str(written)), CANONICAL
    # A quantity of the unit one has nothing to write; any other number without a unit is not known.
    bare = CANONICAL if variable.unit == "1" else None
    for key in ("valueInteger", "valueDecimal", "valueString"):
        if key not in holder:
            continue
        written = holder[key]
        exact = number_text(written) if key == "valueString" else number(written)
        if exact is None:
            return _no_number(cross, notes, [str(written)], ("not-a-number", where, name))
        if key == "valueString":
            notes.add("number-as-text", where, name)
        return exact, bare
    form = next((key for key in holder if key.startswith("value")), None)
    if form is None:
        return None
    if form == SIGNAL:  # it is not opened, and what was charted before it stands
        notes.add("shape-not-read", f"{where} {form}", name)
        return None
    if words := _words(holder):
        return _no_number(cross, notes, words, ("shape-not-read", f"{where} {form}", name))
    notes.add("shape-not-read", f"{where} {form}", name)
    return form.removeprefix("value"), CANONICAL


def _no_number(cross: CrossWalk, notes: Notes, words: list[str], note: tuple[str, str, str]) -> tuple[Value, str]:
    """A result that gives no number: a text where it was measured, None where its words say that it was not."""
    if not all(was_measured(word, cross.settings["not_measured"]["words"]) for word in words):
        notes.add("not-measured", *note[1:])
        return None, CANONICAL
    notes.add(*note)
    return told(words[0]), CANONICAL


def absent(cross: CrossWalk, holder: Resource, variable: Variable) -> Value:
    """A value that is said to be absent: None, or a text where the reason tells that something was measured."""
    if variable.kind != "number" or "drug" in variable.record:
        return None
    reasons = cross.settings["status"]["absent_measured"]
    return next((code for _, code in keys_of(holder.get("dataAbsentReason")) if code in reasons), None)


def per_hour(value: Fraction, unit: str | None, hours: Fraction | None) -> tuple[Fraction, str | None] | None:
    """A volume over its hours as a rate, what is a rate already as it is; None where the hours are not known."""
    if unit is None or not is_unit(unit) or units.unit(unit).dimension != MILLILITRE:
        return value, unit
    return (value / hours, f"{unit}/h") if hours else None


def word_of(cross: CrossWalk, notes: Notes, holder: Resource, variable: Variable, where: str) -> Value | None:
    """The word or truth of a choice, a flag or a text; None where there is none that can be used."""
    truth = holder.get("valueBoolean")
    if variable.kind == "flag":
        if type(truth) is bool:
            return truth
        flags: dict[str, bool] = cross.settings["words"]["flag"]
        for text in _words(holder):
            if text.lower() in flags:
                return flags[text.lower()]
        notes.add("word-not-known", where, variable.name)
        return None
    if variable.name == "mechanical_support" and type(truth) is bool:
        return "yes" if truth else "none"
    concept = holder.get("valueCodeableConcept")
    for system, code in keys_of(concept):
        if cross.systems.get(system) == "variable":
            return code
    written = holder.get("valueString")
    if type(written) is str:
        return written
    found = next(iter(_words(holder)), None)
    form = next((key for key in holder if key.startswith("value")), None)
    if found is None and form is not None:
        notes.add("shape-not-read", f"{where} {form}", variable.name)
    return found


def _words(holder: Resource) -> list[str]:
    """The words of a value: its local code first, then its text and displays."""
    concept = holder.get("valueCodeableConcept")
    text = holder.get("valueString")
    codes = [code for _, code in keys_of(concept)]
    return [*([text.strip()] if type(text) is str else []), *texts_of(concept), *codes]
