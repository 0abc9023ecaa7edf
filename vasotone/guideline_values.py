"""What stands around the items of an advice: the values as the record shows them, the doubts, the notices."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.advice import Caution
from vasotone.facts import Facts
from vasotone.state import FORM_DRUG, State

DERIVED_STEP = Fraction(1, 1000)


def shown_values(state: State, facts: Facts) -> dict[str, dict[str, Any]]:
    """Every reading as the record shows it."""
    values = {}
    for name in facts.variables:
        reading = state.readings.get(name)
        if reading is None:
            continue
        value = reading.value
        values[name] = {
            "value": shown_number(value, reading.origin) if isinstance(value, Fraction) else value,
            "unit": reading.unit or None,
            "age_minutes": reading.age_minutes,
            "origin": reading.origin,
            "source": f"{reading.source}, {reading.method}"
            if reading.method and reading.origin != "derived"
            else reading.source,
            "quality": reading.quality,
        }
        if reading.origin == "derived" and name in facts.formulas:
            values[name]["label"] = facts.variables[name].label  # a formula's name stands beside its number
        if reading.quality != "ok":
            values[name]["seen"] = reading.seen
        if name == FORM_DRUG:
            values[name]["basis"] = reading.basis or "unknown"
            values[name]["written"] = reading.seen
        if name == "weight" and reading.kind:
            values[name]["kind"] = reading.kind
    if state.assumed:
        from vasotone.guideline_site import mark_values

        mark_values(state, values)
    return values


def shown_number(value: Fraction, origin: str) -> int | float:
    """A number as the record shows it; what is derived is rounded, what was written stays as it is."""
    return units.plain_number(units.round_to(value, DERIVED_STEP) if origin == "derived" else value)


def warnings_of(state: State) -> list[Caution]:
    """The doubts about the data, each once, and what was converted."""
    found = [Caution(*caution) for caution in state.cautions]
    reading = state.readings.get(FORM_DRUG)
    if reading is not None and reading.basis == "base" and reading.kind not in ("", "base"):
        found.append(Caution("salt-convert", FORM_DRUG,
            f"Norepinephrine is written as {reading.kind}; it is converted to base.",
            {"written": reading.seen, "form": reading.kind}))  # fmt: skip
    unique: dict[tuple[str, str, str], Caution] = {}
    for caution in found:
        unique.setdefault((caution.code, caution.name, caution.text), caution)
    return list(unique.values())


def notices_for(facts: Facts, profile: str) -> tuple[str, ...]:
    """What every face says at its top: how far the edition was read, and that nobody has reviewed it."""
    record = facts.profile(profile)
    approved = sum(1 for one in facts.statements.values() if one["review_state"] == "approved")
    review = (
        f"{approved} of {len(facts.statements)} statements are approved by a clinician."
        if approved
        else "No clinician has reviewed these statements yet; each is shown as submitted."
    )
    return (record["notice"], review, *([facts.site["notice"]] if facts.site else []))
