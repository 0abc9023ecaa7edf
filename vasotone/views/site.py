"""What every face shows of a site's own profile: whose it is, what it changes, and what it let stand in."""

from __future__ import annotations

from vasotone.advice import Advice
from vasotone.views.wording import bag_words, clean, name_words, numeral, prose, with_unit

MOST_CHANGES = 40  # listed one by one


def profile_words(advice: Advice) -> str:
    """The profile's name; of a site's own also whose it is and which edition it stands on."""
    if advice.site is None:
        return clean(advice.profile)
    return f"{clean(advice.profile)} ({clean(advice.site['name'], 200)}, on {clean(advice.site['edition'], 40)})"


def further_notices(advice: Advice) -> list[str]:
    """What else is to be said about this advice: all notices but the edition's and the site's, which stand above."""
    site = None if advice.site is None else advice.site["notice"]
    return [notice for notice in advice.notices[1:] if notice != site]


def lines(advice: Advice, *, everything: bool = False) -> list[str]:
    """What the site's own profile changes, a line each, with reason and name where everything is shown."""
    if advice.site is None:
        return []
    changes, told_lines = advice.site["changes"], []
    for change in changes if everything else changes[:MOST_CHANGES]:
        told = [str(change["reason"]), f"by {change['by']}" if change["by"] else ""] if everything else []
        more = "; ".join(part for part in told if part)
        told_lines.append(prose(change["text"]) + (f" ({prose(more)})" if more else ""))
    if len(changes) > len(told_lines):
        told_lines.append(f"{len(changes) - len(told_lines)} more changes are in the record.")
    held = advice.site["held_back"]
    if held:
        named = ", ".join(clean(one, 80) for one in held) if everything else str(len(held))
        told_lines.append(f"Held back from this patient by the site's review floor: {named}.")
    return told_lines


def assumed(advice: Advice) -> str:
    """What the site's profile stands in for in this advice, in one line; empty where nothing is assumed."""
    found = []
    for name, entry in advice.values.items():
        if entry.get("origin") == "assumed":
            found.append(f"{name_words(name)} {with_unit(numeral(entry.get('value')), entry.get('unit', '1'))}")
        found += [f"{name_words(name)} {said}" for key, said in (
            ("basis_origin", f"labelled as {clean(entry.get('labelled'), 30)}"),
            ("unit_origin", "unit"),
        ) if entry.get(key) == "assumed"]  # fmt: skip
    for item in advice.items:
        if item.pump is not None and item.dose is not None and item.pump.bag.get("origin") == "assumed":
            found.append(f"bag of {name_words(item.dose.drug)} {measures(item.pump.bag)}")
    return "; ".join(dict.fromkeys(found))


def measures(bag: dict[str, object]) -> str:
    """A bag without the marks that stand beside it elsewhere."""
    return bag_words({key: value for key, value in bag.items() if not key.endswith("origin")})
