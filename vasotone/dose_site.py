"""A dose question at a site: its standard bag and its labelling where none is given, its limits and its pump."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vasotone.dose import dose
from vasotone.dose_record import DoseResult, Record
from vasotone.facts import Facts

ASSUMED = "site-assumption"
KEYS = ("name", "version", "digest", "edition", "approved_by", "contact", "reasons", "notice")
UNSAID = ("", "unknown")


def dose_at_site(facts: Facts, drug: str, asked: Mapping[str, str | None]) -> DoseResult:
    """What `dose` answers, with the site's limits and pump, and with what was not given taken from its profile.

    asked  the texts that `dose` takes by name; without a bag the site's standard bag is taken, without a basis the
           site's labelling, each with a warning
    """
    site, given = facts.site, dict(asked)
    warnings: list[Record] = []
    bag = site["bags"].get(drug)
    if given.get("bag") is None and bag is not None:
        given["bag"] = f"{bag['amount']}/{bag['volume']}"
        if bag["basis"] not in UNSAID and given.get("bag_basis") is None:
            given["bag_basis"] = bag["basis"]
        text = f"no bag is given; the site's standard bag is taken: {bag['amount']} in {bag['volume']}"
        warnings.append(warning(f"{drug}.bag", text, bag))
    form = site["basis"].get(drug)
    if form and (given.get("basis") or "unknown").strip().lower() in UNSAID:
        if given.get("bag_basis") in (None, *UNSAID, form):
            given["basis"] = form
            given["bag_basis"] = None
            text = f"the form is not given; it is taken as {form}, as the site labels it"
            warnings.append(warning(f"{drug}.basis", text, {"basis": form}))
    result = dose(facts.drugs[drug], facts.limits, **given)
    return result._replace(warnings=(*result.warnings, *warnings), site=block(facts))


def warning(name: str, text: str, values: Mapping[str, Any]) -> Record:
    """One assumption as a warning of the record."""
    return {"code": ASSUMED, "name": name, "text": text, "values": dict(values)}


def block(facts: Facts) -> Record:
    """The site as the record shows it."""
    changes = [dict(change) for change in facts.site["changes"]]
    return {**{key: facts.site[key] for key in KEYS}, "changes": changes}
