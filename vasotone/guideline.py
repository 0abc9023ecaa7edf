"""advise(state, facts, profile) -> Advice: gates before rules, then every statement, ranked."""

from __future__ import annotations

from typing import Any, NamedTuple

from vasotone.advice import MOST_ITEMS, Advice, Aim, Caution, Item, Refused
from vasotone.facts import Facts
from vasotone.guideline_aged import aged_note, still_against
from vasotone.guideline_asks import asks_for, caution_items
from vasotone.guideline_doses import AGE, Dosing, cite_of, dose_for
from vasotone.guideline_doubts import OpenGate, is_in_doubt, leans_on, open_gates, with_aged_gates
from vasotone.guideline_trace import HOLDS, gates_before, gates_of, is_withheld, whys
from vasotone.guideline_trace import _words as _words
from vasotone.guideline_values import notices_for, shown_values, warnings_of
from vasotone.guideline_verdict import Case, Missing, Verdict, case_of, missing_for, verdicts
from vasotone.records import Record
from vasotone.state import State

URGENCY = {"now": 0, "soon": 1, "routine": 2}
SHOWN = ("applies", "applies-unless", "cannot-tell")
# How many statements are explained when not everything is asked for: what is shown, and room to choose it from.
LEADING = MOST_ITEMS + 6
# Undecided items that stand with the decided of their urgency: at most so many, waiting for at most so many inputs.
OPEN_FIRST = 4
NEARLY = 2
VERIFY = "verify-device"
BEGINNINGS = ("start", "add", "give")
AGAINST = ("avoid", "stop")
_templates: dict[tuple[str, str, int], Item] = {}


class Draft(NamedTuple):
    """One statement's outcome, not yet explained.

    aged  the readings that spoke against it and are too old to go by, so that it is open
    """

    statement: Record
    verdict: Verdict
    outcome: str
    dosing: Dosing
    aged: tuple[str, ...] = ()


def advise(state: State, facts: Facts, profile: str | None = None, *, everything: bool = False) -> Advice:
    """What one edition says for one patient: items with reasons, dose and what is missing.

    everything  also judge and explain what is blocked, withheld, or does not apply
    """
    profile = profile or facts.default_profile
    case = case_of(state, facts, profile)
    judged = with_aged_gates(case, verdicts(case, everything=everything))
    gate = outside_gate(case, judged)
    waits = () if gate else open_gates(case, judged)
    drafts = [draft_of(case, identifier, verdict, gate, waits) for identifier, verdict in judged.items()]
    shown = sorted((draft for draft in drafts if everything or is_shown(draft, gate)), key=order_of)
    items = [item_for(case, draft) for draft in (shown if everything else leading(case, shown))]
    asks, ask_items = asks_for(case, judged, items, gate, everything=everything)
    items = arrange(case, items, caution_items(case, ask_items) + ask_items, everything)
    items = [
        item._replace(why=whys(case, judged[item.statement])) if is_explained(item, place, everything) else item
        for place, item in enumerate(items)
    ]
    advice = Advice(
        profile=profile,
        facts=facts.digest,
        at=state.at,
        values=shown_values(state, facts),
        items=tuple(items),
        asks=tuple(asks),
        warnings=tuple(warnings_of(state)),
        refused=refusal(facts, gate),
        notices=notices_for(facts, profile),
        title=state.title,
        notes=tuple(Caution(*note) for note in state.notes),
        gates=gates_of(case, judged),
    )
    if not facts.site:
        return advice
    from vasotone.guideline_site import with_site

    return with_site(advice, facts, [one.statement["id"] for one in drafts if one.dosing.held_back])


def outside_gate(case: Case, judged: dict[str, Verdict]) -> str:
    """The first scope gate that holds and puts the patient outside; empty when none does."""
    held = [
        identifier
        for identifier, verdict in judged.items()
        if verdict.verdict == "applies" and case.facts.statements[identifier].get("gate") == "outside"
    ]
    return min(held, key=lambda identifier: case.facts.statements[identifier]["order"], default="")


def refusal(facts: Facts, gate: str) -> Refused | None:
    """The refusal that a gate gives, with what to do instead."""
    if not gate:
        return None
    statement = facts.statements[gate]
    return Refused(gate, statement["clinician"], statement["instead"])


def leading(case: Case, shown: list[Draft]) -> list[Draft]:
    """The first of the drafts, and behind them what else may speak against harm."""
    return shown[:LEADING] + [
        draft
        for draft in shown[LEADING:]
        if is_against_harm(template_of(case, draft.statement, draft.verdict), draft.outcome)
    ]


def draft_of(case: Case, identifier: str, verdict: Verdict, gate: str, waits: tuple[OpenGate, ...] = ()) -> Draft:
    """One statement's outcome once gates and limits have spoken, before it is explained."""
    statement = case.facts.statements[identifier]
    outcome, dosing = verdict.verdict, Dosing()
    entry = verdict.entry
    if case.facts.site and outcome in SHOWN and identifier in case.facts.site["held"]:
        return Draft(statement, verdict, "withheld", Dosing(held_back=True))
    if gate and is_withheld(statement, entry.action, case.facts.statements[gate]):
        outcome = "withheld"
    if outcome in HOLDS and entry.unless and (aged := still_against(case, entry)):
        return Draft(statement, verdict, "cannot-tell", dosing, aged)
    if outcome in HOLDS and (leaning := leans_on(case, entry)):
        return Draft(statement, verdict, "cannot-tell", Dosing(missing=leaning))
    if entry.dose and not gate and outcome in HOLDS:
        for open_gate in waits:
            if is_withheld(statement, entry.action, open_gate.statement):
                return Draft(statement, verdict, "cannot-tell", Dosing(missing=open_gate.missing))
        if outcome == "applies-unless" and entry.dose in BEGINNINGS and is_in_doubt(case, entry.target):
            return Draft(statement, verdict, "cannot-tell", dosing)
        doubted = entry.dose != "give" and any(code == VERIFY for code, *_ in case.state.cautions)
        dosing = Dosing(unverified=True) if doubted else dose_for(case.state, case.facts, entry.dose, entry.target)
        if dosing.stopped_by:
            outcome = "withheld"
    return Draft(statement, verdict, outcome, dosing)


def is_shown(draft: Draft, gate: str) -> bool:
    """Whether a reader who did not ask for everything sees this; behind a gate only what is certain."""
    if draft.outcome == "cannot-tell":
        return not gate and not draft.statement.get("gate")
    return draft.outcome in SHOWN


def order_of(draft: Draft) -> tuple[int, bool, int, str]:
    """Urgent before routine, decided before undecided, then by rank."""
    entry = draft.verdict.entry
    return (URGENCY[entry.urgency], draft.outcome == "cannot-tell", entry.rank, entry.statement)


def item_for(case: Case, draft: Draft) -> Item:
    """A draft as an item, with what is missing; the reasons are added to what is shown."""
    verdict, dosing = draft.verdict, draft.dosing
    missing = missing_for(case, verdict) if draft.outcome in SHOWN else Missing()
    waits = (*draft.aged, *dosing.missing)
    return template_of(case, draft.statement, verdict)._replace(
        verdict=draft.outcome,
        dose=dosing.dose,
        pump=dosing.pump,
        missing=tuple(dict.fromkeys((*missing.names, *waits))),
        notes=(*notes_of(case, verdict, dosing), *(aged_note(case, name) for name in draft.aged)),
        decides=missing.decides,
        settles=tuple(dict.fromkeys((*missing.settles, *waits))),
    )


def template_of(case: Case, statement: Record, verdict: Verdict) -> Item:
    """What an item says whoever the patient is, made once per process."""
    key = (case.facts.digest, case.compiled.profile, verdict.place)
    if key not in _templates:
        entry = verdict.entry
        grade = statement.get("editions", {}).get(entry.edition, {})
        _templates[key] = Item(
            statement=statement["id"],
            verdict="",
            kind=statement["kind"],
            action=entry.action,
            target=entry.target,
            urgency=entry.urgency,
            rank=entry.rank,
            text=entry.text or statement["clinician"],
            strength=grade.get("strength"),
            certainty=grade.get("certainty"),
            aim=Aim(*(statement["aim"][key] for key in ("low", "high", "unit"))) if "aim" in statement else None,
            recheck_minutes=entry.recheck,
            cites=cites_of(statement, entry.edition, case.facts),
            review=statement["review_state"],
            verified=is_verified(statement, entry.edition, case.facts),
            badge=badge_of(statement),
            edition=entry.edition,
            status=statement.get("status", "current"),
            links=tuple(dict.fromkeys(one for many in statement.get("links", {}).values() for one in many)),
            gates=gates_before(case, statement, entry.action),
        )
    return _templates[key]


def badge_of(statement: Record) -> str:
    """What kind of text a statement comes from, as a word beside it."""
    if statement.get("status") == "legacy-only":
        return "legacy"
    return str(statement.get("badge", "guideline"))


def is_verified(statement: Record, edition: str, facts: Facts) -> bool:
    """Whether what is shown was read anywhere; memory alone is not verified."""
    if statement.get("verified") is False or statement["on_memory"]:
        return False
    grade = statement.get("editions", {}).get(edition)
    return grade is None or grade.get("read", facts.sources[edition]["read"]) != "memory"


def cites_of(statement: Record, edition: str, facts: Facts) -> tuple[Any, ...]:
    """The edition's own place first, then the statement's other cites."""
    cites = []
    grade = statement.get("editions", {}).get(edition)
    if grade is not None:
        place = {"source": edition, "at": grade["at"]}
        if "read" in grade:
            place["read"] = grade["read"]
        cites.append(cite_of(place, facts))
    cites += [cite_of(cite, facts) for cite in statement.get("cites", [])]
    return tuple(cites)


def notes_of(case: Case, verdict: Verdict, dosing: Dosing) -> tuple[str, ...]:
    """What stands beside an item: a silent edition, the band that timed it, the limit that stopped it."""
    entry, facts = verdict.entry, case.facts
    notes = list(facts.statements[entry.statement].get("notes", []))
    if entry.silent:
        year = facts.profiles.get(entry.edition, {}).get("year", "")
        notes.append(
            f"No statement of the chosen edition was met here; this is {entry.edition}{f' ({year})' if year else ''}."
        )
    for band in entry.bands:
        notes.append(facts.statements[band]["clinician"])
    if dosing.stopped_by:
        notes.append(f"Withheld by a hard limit, {dosing.stopped_by}.")
    if dosing.above:
        notes.append(f"No dose is given: a step lower is still above the hard limit {dosing.above}. Check what runs.")
    if dosing.bag:
        notes.append(f"Consider checking the bag of {entry.target} that is recorded: {'; '.join(dosing.bag)}.")
    if dosing.unverified:
        notes.append("No dose is given until the pressure reading is verified.")
    if dosing.held_back:
        floor, state = facts.site["floor"], facts.statements[entry.statement]["review_state"]
        notes.append(f"Held back: this site shows statements that are at least '{floor}', and this one is '{state}'.")
    if case.state.assumed:
        from vasotone.guideline_site import notes as of_site

        notes += of_site(case.state, dosing.dose, dosing.pump)
    if AGE in dosing.missing:
        notes.append("No dose is given while the age is not known.")
    return tuple(notes)


def arrange(case: Case, items: list[Item], data_items: list[Item], everything: bool) -> list[Item]:
    """Items as they are read: by urgency, with room for what must be asked, near-twins after the first of them."""
    if everything:
        shown = [item for item in items if item.verdict in SHOWN] + data_items
        shown.sort(key=lambda item: place_of(item, is_nearly_decided(item)))
        return shown + [item for item in items if item.verdict not in SHOWN]
    first, twins = split_twins(case, items)
    open_now = [item for item in first if is_nearly_decided(item)][:OPEN_FIRST]
    first.sort(key=lambda item: place_of(item, item in open_now))
    asked = [item for item in data_items if item.urgency != "routine"]
    room = max(MOST_ITEMS // 2, MOST_ITEMS - len(asked))
    ranked = first + twins
    asked = asked[: MOST_ITEMS - min(room, len(ranked))]
    kept = with_safety(ranked, room)
    shown = sorted(kept + asked, key=lambda item: place_of(item, item in open_now))
    notes = [item for item in data_items if item.urgency == "routine"]  # these displace nothing
    return shown + notes + [item for item in ranked if item not in kept]


def with_safety(ranked: list[Item], room: int) -> list[Item]:
    """The first items that there is room for; what warns of harm takes the place of the last that can wait."""
    kept = ranked[:room]
    for item in ranked[room:]:
        if is_against_harm(item, item.verdict):
            waiting = [one for one in kept if one.kind != "safety" and one.dose is None and one.urgency != "now"]
            if waiting:
                kept.remove(waiting[-1])
                kept.append(item)
    return kept


def is_against_harm(item: Item, verdict: str) -> bool:
    """Whether an item says that something which is given or near may do harm."""
    return item.kind == "safety" and item.action in AGAINST and item.urgency != "routine" and verdict in HOLDS


def is_explained(item: Item, place: int, everything: bool) -> bool:
    """Whether an item's reasons are worked out: of all when all are asked for, else of those that are read."""
    return item.kind != "data" and (everything or place < MOST_ITEMS)


def is_nearly_decided(item: Item) -> bool:
    """Whether one or two answers would settle an undecided item that is not routine."""
    return item.verdict == "cannot-tell" and item.urgency != "routine" and len(item.missing) <= NEARLY


def place_of(item: Item, leads: bool) -> tuple[float, int]:
    """Where an item stands: undecided ones behind the decided of their urgency, most of them behind the next."""
    place = float(URGENCY[item.urgency])
    if item.verdict == "cannot-tell":
        place += 0.5 if leads else 1.5
    elif item.action == "ask" and not item.statement.startswith("flag-"):
        place += 0.6  # a doubt about a reading comes first, a question after what is certain
    return (place, item.rank)


def split_twins(case: Case, items: list[Item]) -> tuple[list[Item], list[Item]]:
    """Items, and apart from them the declared near-twins of an item that stands before them."""
    first: list[Item] = []
    later: list[Item] = []
    for item in items:
        twins = twins_of(case, item)
        doubled = any(
            (one.action, one.target) == (item.action, item.target)
            and (one.statement in twins or item.statement in twins_of(case, one))
            for one in first
        )
        (later if doubled and item.kind != "safety" else first).append(item)
    return first, later


def twins_of(case: Case, item: Item) -> list[str]:
    """The declared near-twins of an item's statement."""
    return list(case.facts.statements[item.statement].get("links", {}).get("twin", []))
