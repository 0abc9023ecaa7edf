"""Guideline-backed, inspectable help with norepinephrine and the other vasopressors.

import vasotone
advice = vasotone.advise({"age": 60, "conditions": ["septic-shock"], "map": 55, "norepinephrine": 0})
print(vasotone.show(advice, "text"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vasotone.advice import Advice
    from vasotone.facts import Facts
    from vasotone.table import Table
    from vasotone.twin.simulation import Simulation

__version__ = "0.1.0"
__all__ = ["advise", "advise_record", "load", "read", "show", "simulate"]


def load(folder: str | None = None, *, site: str | None = None) -> Facts:
    """All clinical facts, checked; the packaged ones unless a data folder is named.

    site  the TOML file of a site's own profile, laid over them; its profile `local` is then the default
    """
    if site is not None:
        from vasotone import facts_site

        return facts_site.load(site, folder)
    from vasotone import facts

    return facts.load(folder)


def standing(profile: str | Facts | None = None, facts: Facts | None = None) -> tuple[Facts, str | None]:
    """The facts and the profile's name that a word for a profile means: an edition, or a site's file or facts.

    FactError for a profile that does not exist, and for an edition beside the facts of a site.
    """
    from vasotone.errors import FactError

    if profile is None:
        return facts or load(), None
    if not isinstance(profile, str):
        return profile, None
    if profile.lower().endswith(".toml"):
        if facts is not None and not facts.site and facts.digest != load().digest:
            raise FactError("a site's file is laid over the packaged facts", where="profile", seen=profile,
                            fix="load it over other facts with vasotone.load(folder, site=file)")  # fmt: skip
        return load(site=profile), None
    facts = facts or load()
    facts.profile(profile)  # an empty name is none of them
    if facts.site and profile != facts.default_profile:
        raise FactError("these facts are a site's own", where="profile", seen=profile,
                        why="its limits and settings would be shown as the edition's",
                        fix=f"leave the profile out, or name {facts.default_profile}")  # fmt: skip
    return facts, profile


def read(
    patient: Any,
    *,
    at: datetime | str | None = None,
    hospitalization: str | None = None,
    facts: Facts | None = None,
) -> Table:
    """A patient as a `Table`.

    patient          a plain patient or FHIR R4 resources, as Python objects, JSON text or bytes; or the path of a
                     CLIF folder
    at               the instant of the question: a datetime with offset, ISO 8601 text, or "last" (FHIR and CLIF)
    hospitalization  which stay of a CLIF folder

    Raises InputError for malformed input.
    """
    import os

    from vasotone.readers import plain

    facts = facts or load()
    if facts.site and isinstance(at, str):
        from vasotone.state_assumed import zone_note, zoned

        known = zoned(at, facts)
        if known is not None:
            table = read(patient, at=known, hospitalization=hospitalization, facts=facts)
            return table._replace(notes=(*table.notes, zone_note(facts)))
    moment = plain.instant(at, "at") if isinstance(at, str) and at != "last" else at
    if isinstance(patient, (dict, list)):
        import json

        try:
            patient = json.dumps(patient)
        except (TypeError, ValueError, RecursionError) as error:
            raise plain.bad("the record cannot be written as JSON", seen=error) from None
    if isinstance(patient, bytes) or (isinstance(patient, str) and not os.path.isdir(patient)):
        if is_fhir(patient):
            from vasotone.readers import fhir

            if moment is None:
                raise plain.bad("the instant of the question is not given", where="--at",
                                why="FHIR resources are cut to what was known at that time",
                                fix="give a time such as 2030-01-31T08:00:00Z, or last for the newest")  # fmt: skip
            return fhir.read(patient, facts, at=moment, zone=facts.site.get("zone") if facts.site else None)
        if isinstance(moment, str):
            raise plain.bad("'last' is for FHIR resources and folders of tables", where="at", seen=moment)
        return plain.read(patient, facts, at=moment)
    from vasotone.readers import clif

    if not isinstance(patient, (str, os.PathLike)):
        raise plain.bad("a patient is an object, JSON text or a folder", seen=type(patient).__name__)
    table = clif.read(os.fspath(patient), hospitalization=hospitalization, at=moment, facts=facts)
    if moment != clif.LAST:
        return table
    text = "The instant of the question is that of the stay's newest reading."
    return table._replace(notes=(*table.notes, ("newest-reading", "at", text, {})))


def is_fhir(text: str | bytes) -> bool:
    """Whether JSON text is meant as FHIR: a plain patient has no key of these names."""
    if isinstance(text, bytes):
        return b'"resourceType"' in text or b'"prefetch"' in text
    return '"resourceType"' in text or '"prefetch"' in text


def advise(
    patient: Any,
    *,
    profile: str | Facts | None = None,
    at: datetime | str | None = None,
    everything: bool = False,
    facts: Facts | None = None,
) -> Advice:
    """What one guideline edition says for one patient.

    patient     what `read` takes, or a `Table`
    profile     ssc-2026 unless another is named; or a site's own, as its TOML file or as loaded facts
    everything  also what is blocked, withheld, or does not apply
    """
    from vasotone import guideline
    from vasotone.state import state_at
    from vasotone.table import Table

    facts, edition = standing(profile, facts)
    table = patient if isinstance(patient, Table) else read(patient, at=at, facts=facts)
    return guideline.advise(state_at(table, facts), facts, edition, everything=everything)


def simulate(
    patient: Any,
    plan: str | Sequence[str] = "",
    *,
    hours: float = 2.0,
    target: str | None = None,
    seed: int = 1,
    at: datetime | str | None = None,
    facts: Facts | None = None,
) -> Simulation:
    """What may be expected of one patient under one or several plans, on virtual patients; needs the extra `twin`.

    patient  what `read` takes, or a `Table`
    plan     such as "norepinephrine 0.1 -> 0.2 ug/kg/min at 5 min; saline 500 mL over 15 min at 30 min"
    hours    how far ahead; `target` such as "MAP 65"; `seed` of all draws

    Raises InputError or UnitError for a plan that cannot be read, MissingExtra without numpy.
    """
    from vasotone.table import Table
    from vasotone.twin import simulate as twin

    facts = facts or load()
    table = patient if isinstance(patient, Table) else read(patient, at=at, facts=facts)
    plans = [plan] if isinstance(plan, str) else list(plan)
    return twin.simulate(table, facts, plans, hours=hours, target=target, seed=seed)


def advise_record(
    patient: Any, *, profile: str | None = None, at: str | None = None, all_items: bool = False
) -> tuple[dict[str, Any], int]:
    """The record that `vasotone advise --json` prints, and its exit code; errors are records too."""
    from vasotone.errors import VasotoneError

    try:
        advice = advise(patient, profile=profile, at=at, everything=all_items)
    except VasotoneError as error:
        return error.to_dict(), error.exit_code
    return advice.to_dict(everything=all_items), exit_code(advice)


def exit_code(advice: Advice) -> int:
    """0 with at least one item or ask, 3 when everything is refused, 5 when there is nothing to say."""
    from vasotone import errors

    if advice.items or advice.asks:
        return errors.EXIT_DONE
    return errors.EXIT_REFUSED if advice.refused else errors.EXIT_NOTHING


def show(advice: Advice, view: str = "text", **options: Any) -> str:
    """An advice as text for a terminal (`text`) or as one self-contained page (`page`)."""
    from importlib import import_module

    from vasotone.errors import InputError

    if view not in ("text", "page"):
        raise InputError("there is no such view", where="show", seen=view, fix="choose text or page")
    return str(import_module(f"vasotone.views.{view}").show(advice, **options))
