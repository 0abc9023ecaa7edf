"""The outline of an advice that every face shares: which items, in which order, with which labels."""

from __future__ import annotations

from typing import NamedTuple

from vasotone.advice import SHOWN_VERDICTS, Advice, Caution, Cite, Item
from vasotone.views.reason import whether
from vasotone.views.wording import (
    bag_words,
    clean,
    dose_words,
    exactly,
    limit_words,
    name_words,
    numeral,
    prose,
    pump_words,
    with_unit,
)

URGENCIES = ("now", "soon", "routine")
URGENCY_WORDS = {"now": "Now", "soon": "Soon", "routine": "Routine"}
VERDICT_WORDS = {
    "applies": "applies",
    "applies-unless": "applies, not all checked",
    "cannot-tell": "cannot tell",
    "blocked": "blocked",
    "withheld": "withheld",
    "does-not-apply": "does not apply",
}
READ_WORDS = {
    "primary": "primary text read",
    "near-primary": "read close to the primary text",
    "two-secondary": "two secondary texts agree",
    "one-secondary": "one secondary text",
    "memory": "from memory, not checked against the text",
    "project": "chosen by this project",
}
BADGE_WORDS = {
    "guideline": "guideline",
    "expert": "expert statement",
    "label": "drug label",
    "trial-protocol": "trial protocol",
    "legacy": "legacy",
    "project": "project rule",
    "site": "this site's own",
}
REVIEW_WORDS = {
    "submitted": "not reviewed",
    "under review": "under review",
    "approved": "approved",
    "expired": "review expired",
    "withdrawn": "withdrawn",
}
DOING = {
    "start": "starting",
    "add": "adding",
    "raise": "raising",
    "lower": "lowering",
    "hold": "holding off",
    "stop": "stopping",
    "switch": "switching to",
    "give": "giving",
    "prepare": "preparing",
    "target": "setting a target for",
    "measure": "measuring",
    "assess": "assessing",
    "avoid": "avoiding",
    "convert": "converting",
    "refer": "discussing",
    "inform": "about",
}
# where action and target together mean something of their own
SAID = {
    ("avoid", "map"): "avoiding a higher MAP",
    ("raise", "map"): "a higher MAP for a limited time",
    ("give", "fluid"): "giving a fluid bolus",
    ("avoid", "fluid"): "restraint with fluid",
    ("assess", "fluid_responsive"): "testing whether fluid would help",
    ("assess", "source-control"): "looking for a missed source",
    ("assess", "device"): "checking that the pressure reading is right",
    ("switch", "central-line"): "moving the infusion to a central line",
    ("stop", "peripheral-line"): "stopping at the injured site, not the drug",
}
TITLE = 62  # characters of a source's title in a short list
INTENDED_USE = (
    "For clinicians, as support for their own judgement. Not a medical device and not an order: "
    "check the patient, the bag, the pump and the source before acting."
)


class Source(NamedTuple):
    """One entry of the list of sources, with its number in this advice."""

    number: int
    cite: Cite
    reads: tuple[str, ...] = ()


def do_words(item: Item) -> str:
    """What an item is about: something to consider when it holds, else just named."""
    words = doing_words(item)
    if item.verdict in ("applies", "applies-unless") and item.action not in ("inform", "ask"):
        return f"Consider {words}"
    return words[:1].upper() + words[1:]


def doing_words(item: Item) -> str:
    """What an item is about, without saying that it holds."""
    if item.action == "ask":
        return f"missing: {name_words(item.target)}"
    doing = f"{DOING.get(item.action, clean(item.action, 40))} {name_words(item.target)}"
    return SAID.get((item.action, item.target), doing)


def text_words(item: Item) -> str:
    """The statement's wording; one that does not hold is marked, since it may read as a finding."""
    leads = {"applies": "", "applies-unless": "", "cannot-tell": "If it applies: "}
    return leads.get(item.verdict, "Would say: ") + prose(item.text)


def once(advice: Advice) -> Advice:
    """The advice with a dose shown once: two statements on one step must not read as two infusions."""
    first: dict[tuple[str, str], str] = {}
    items = []
    for item in advice.items:
        key = (item.action, item.target)
        if item.dose is not None and item.verdict in SHOWN_VERDICTS:
            if key in first:
                note = f"One step, not two: the dose stands with {first[key]}."
                item = item._replace(dose=None, pump=None, notes=(*item.notes, note))
            first.setdefault(key, item.statement)
        items.append(item)
    return advice._replace(items=tuple(items))


def figures(item: Item) -> tuple[str, str, str]:
    """The dose, the pump rate and a reason why there is none; only what a verdict allows is shown."""
    if item.dose is None or item.verdict not in SHOWN_VERDICTS:
        return "", "", ""
    limit = stopped_by(item)
    if limit:
        return "", "", f"not shown: it passes the hard limit {limit}"
    lead = "if it applies: " if item.verdict == "cannot-tell" else ""
    dose = dose_words(item.dose)
    if item.pump is None:
        return (lead + dose if dose else ""), "", ""
    bag = bag_words(item.pump.bag)
    return (lead + dose if dose else ""), lead + pump_words(item.pump) + (f", from {bag}" if bag else ""), ""


def stopped_by(item: Item) -> str:
    """The name of a hard limit that the item's dose or rate passes, or nothing.

    The last guard before anything is shown: it looks at the numbers again, not only at the flag.
    """
    if item.dose is None:
        return ""
    amounts = [item.dose.value, item.dose.dose_to, item.dose.high]
    figures = [(amount, item.dose.unit) for amount in amounts]
    if item.pump is not None:
        figures += [(item.pump.rate, item.pump.unit), (item.pump.exact, item.pump.unit)]
    for limit in item.dose.limits:
        if limit.get("kind") != "hard":
            continue
        ceiling = exactly(limit.get("value"))
        above = ceiling is not None and any(
            unit == limit.get("unit") and (exactly(amount) or 0) > ceiling for amount, unit in figures
        )
        if limit.get("exceeded") or above:
            return limit_words(limit)
    return ""


def dose_label(item: Item) -> str:
    """What the item's figure is called: a dose, or the aim of a target."""
    return "Aim" if item.action == "target" else "Dose"


def limits_words(item: Item, *, everything: bool = False) -> list[str]:
    """The limits that were looked at: the hard values and what is passed, or all of them with their names."""
    if item.dose is None or item.verdict not in SHOWN_VERDICTS:
        return []
    told = []
    for limit in item.dose.limits:
        hard, passed = limit.get("kind") == "hard", bool(limit.get("exceeded"))
        if everything or passed:
            told.append(limit_words(limit) + (" (passed)" if passed else ""))
        elif hard and limit.get("value") is not None:
            told.append(f"hard limit {with_unit(numeral(limit['value']), limit.get('unit', '1'))}")
    return list(dict.fromkeys(told))


def aim_words(item: Item) -> str:
    """The range that a target statement names."""
    if item.aim is None or item.dose is not None or item.verdict not in SHOWN_VERDICTS:
        return ""
    ends = dict.fromkeys(numeral(end) for end in (item.aim.low, item.aim.high))
    return with_unit(" to ".join(ends), item.aim.unit)


def grade_words(item: Item) -> str:
    """How strong and how sure; advice without a grade says so, a data guard has none to give."""
    strength = clean(item.strength, 60) if item.strength else ""
    certainty = f"{clean(item.certainty, 60)} certainty" if item.certainty else ""
    graded = ", ".join(part for part in (strength, certainty) if part)
    return graded or ("not graded" if item.kind in ("recommendation", "practice", "remark") else "")


def badges(item: Item) -> list[str]:
    """The item's short labels: source kind, its own kind, edition, grade, standing, verified, reviewed."""
    marks = [
        BADGE_WORDS.get(item.badge, clean(item.badge, 40)),
        clean(item.kind, 40),
        clean(item.edition, 40),
    ]
    marks.append(grade_words(item))
    if item.status != "current" and not (item.badge == "legacy" and item.status == "legacy-only"):
        marks.append(clean(item.status, 40))
    marks.append("" if verified(item) else "unverified")
    marks.append(REVIEW_WORDS.get(item.review, clean(item.review, 40)))
    return [mark for mark in marks if mark]


def verified(item: Item) -> bool:
    """Whether the statement and its dose both rest on a text that was read."""
    return item.verified and (item.dose is None or item.dose.verified)


def see_also(item: Item) -> str:
    """Near statements, each once."""
    return ", ".join(dict.fromkeys(clean(link, 80) for link in item.links))


def places(item: Item) -> list[tuple[str, str]]:
    """Where the statement and its dose stand: source key and place, each pair once."""
    return list(dict.fromkeys((cite.source, clean(cite.at, 160)) for cite in all_cites(item)))


def is_question(item: Item) -> bool:
    """Whether an item only asks for an input; questions stand in a list of their own, a scope gate does not."""
    return item.action == "ask" and item.kind != "scope"


def repeats(item: Item, warnings: tuple[Caution, ...]) -> bool:
    """Whether an item only says how the data were read, in the words of a warning that is shown anyway."""
    said = any(item.statement == one.code and item.text == one.text for one in warnings)
    return item.kind == "data" and item.action in ("convert", "inform") and said


def listed(advice: Advice, *, everything: bool) -> list[Item]:
    """The shown items that are statements: no questions, and nothing that a warning says in the same words."""
    shown = advice.shown(everything=everything)
    return [item for item in shown if not is_question(item) and not repeats(item, advice.warnings)]


def cite_words(item: Item, cited: dict[str, Source], *, everything: bool) -> list[str]:
    """Where the statement stands, by numbered source: each place, or the first and the numbers of the others."""
    found = [(cited[source].number, place) for source, place in places(item)]
    if everything or len(found) < 2:
        return [f"[{number}] {place}" for number, place in found]
    first, place = found[0]
    others = " ".join(f"[{number}]" for number in dict.fromkeys(number for number, _ in found) if number != first)
    return [f"[{first}] {place}", *([f"also {others}"] if others else [])]


def groups(advice: Advice, *, everything: bool) -> list[tuple[str, list[Item]]]:
    """The listed items under their headings: by urgency, then those that a verdict stops."""
    shown = listed(advice, everything=everything)
    found = []
    for urgency in URGENCIES:
        members = [i for i in shown if i.verdict in SHOWN_VERDICTS and urgency_of(i) == urgency]
        found.append((URGENCY_WORDS[urgency], members))
    for verdict in ("blocked", "withheld", "does-not-apply"):
        heading = VERDICT_WORDS[verdict].capitalize()
        found.append((heading, [i for i in shown if i.verdict == verdict]))
    return [(heading, members) for heading, members in found if members]


def cautions(advice: Advice, *, everything: bool) -> list[Caution]:
    """The warnings about the data, without those that stand as an item in the same words."""
    items = [item for item in listed(advice, everything=everything) if item.kind == "data"]
    said = {(item.statement, item.text) for item in items}
    return [one for one in advice.warnings if everything or (one.code, one.text) not in said]


def urgency_of(item: Item) -> str:
    """The item's urgency; an unknown word counts as routine so that nothing is lost."""
    return item.urgency if item.urgency in URGENCIES else "routine"


def sources(items: list[Item]) -> dict[str, Source]:
    """Every source cited by these items once, numbered in order of appearance."""
    found: dict[str, Source] = {}
    for item in items:
        for cite in all_cites(item):
            known = found.setdefault(cite.source, Source(len(found) + 1, cite, ()))
            if cite.read not in known.reads:
                found[cite.source] = known._replace(reads=(*known.reads, cite.read))
    return found


def all_cites(item: Item) -> tuple[Cite, ...]:
    """The cites of a statement and of the dose it shows."""
    return (*item.cites, *(item.dose.cites if item.dose is not None else ()))


def source_words(source: Source, *, brief: bool = False) -> str:
    """A source with its year, identifier and how its places were read, where that is not its primary text.

    brief  cut a long title, so that a list of sources stays short
    """
    cite = source.cite
    title, year = clean(cite.title or cite.source), "" if cite.year is None else str(cite.year)
    dated = title if year in title else f"{title}, {year}"
    if brief and len(title) > TITLE:
        dated = title[:TITLE].rpartition(" ")[0].rstrip(" :,") + (" …" if year in title[:TITLE] else f" …, {year}")
    read = [READ_WORDS.get(one, clean(one, 80)) for one in source.reads if one]
    told = " or ".join(dict.fromkeys(read))
    parts = [dated, f"doi:{clean(cite.doi, 120)}" if cite.doi else "", "" if told == READ_WORDS["primary"] else told]
    return ", ".join(part for part in parts if part)


def origin_words(item: Item, cited: dict[str, Source]) -> str:
    """A statement by its name, its labels and the places where it stands, in one line."""
    stands = "; ".join(cite_words(item, cited, everything=True))
    named = f"statement {clean(item.statement, 80)} ({' · '.join(badges(item))})"
    return named + (f": {stands}" if stands else "")


def not_assessed(advice: Advice, *, everything: bool) -> list[str]:
    """What this advice leaves open: undecided statements, inputs that were not there, what is not shown."""
    shown = advice.shown(everything=everything)
    lines = []
    undecided = [item for item in advice.items if item.verdict == "cannot-tell"]
    lacking = dict.fromkeys(name_words(n) for item in undecided for n in item.missing)
    if undecided:
        lead = f"{len(undecided)} statement{'s' if len(undecided) > 1 else ''} could not be decided"
        lines.append(lead + (f"; not known: {', '.join(lacking)}." if lacking else "."))
    open_to = [item for item in advice.items if item.verdict == "applies-unless"]
    unchecked = dict.fromkeys(whether(n, "") for item in open_to for n in item.missing)
    if unchecked:
        lines.append(f"Contraindications not checked, as not recorded: {', '.join(unchecked)}.")
    hidden = len([i for i in advice.items if i.verdict in SHOWN_VERDICTS]) - len(
        [i for i in shown if i.verdict in SHOWN_VERDICTS]
    )
    if hidden > 0:
        lines.append(f"{hidden} more that may matter are left out of this short view.")
    counts = [
        f"{len([i for i in advice.items if i.verdict == v])} {words}"
        for v, words in (("blocked", "blocked"), ("withheld", "withheld"), ("does-not-apply", "not applying"))
        if any(i.verdict == v for i in advice.items)
    ]
    if counts and not everything:
        lines.append(f"Not shown: {', '.join(counts)}.")
    lines.append("What is not recorded opens no statement; this advice knows only the values listed above.")
    return lines


def review_words(items: list[Item]) -> str:
    """How much of what is shown was reviewed and rests on texts that were read, counted."""
    if not items:
        return "No statement is shown."
    approved = len([item for item in items if item.review == "approved"])
    text = f"{approved} of {len(items)} statements shown are approved by a reviewer."
    if not approved:
        text = f"No clinician has approved any of the {len(items)} statements shown."
    unread = len([item for item in items if not verified(item)])
    return text + (f" {unread} of them {'is' if unread == 1 else 'are'} unverified." if unread else "")
