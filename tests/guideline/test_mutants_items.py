"""One statement's outcome and its item, in an invented world: what is withheld, dosed, noted and cited."""

from __future__ import annotations

from typing import Any

import pytest
from invented_world import CITE, CITED, DRUG_UNIT, case, facts, reading, statement

from vasotone.advice import Aim, Cite, Item, Refused
from vasotone.guideline import (
    Draft,
    badge_of,
    cites_of,
    draft_of,
    is_shown,
    is_verified,
    item_for,
    notes_of,
    order_of,
    outside_gate,
    refusal,
    template_of,
)
from vasotone.guideline_doses import Dosing
from vasotone.guideline_doubts import assumed, is_in_doubt, leans_on
from vasotone.guideline_verdict import Case, verdicts

NE = "norepinephrine"
RAISE = {"action": "raise", "target": NE, "dose": "raise"}
FACTS = facts(
    statement("up", "map < 65", **RAISE),
    statement("up-doubtful", "map < 65", unless=["lactate > 2"], **RAISE),
    statement("up-stopped", "map < 65", unless=["crt > 1"], **RAISE),
    statement("up-open", "lactate > 2", **RAISE),
    statement("down", "map > 80", action="lower", target=NE, dose="lower"),
    statement("down-off", "map > 80 and off", action="lower", target="vasopressin", dose="lower"),
    statement("begin", "map < 65", action="start", target=NE, dose="start"),
    statement("begin-doubtful", "map < 65", unless=["lactate > 2"], action="start", target=NE, dose="start"),
    statement("add-doubtful", "map < 65", unless=["lactate > 2"], action="add", target=NE, dose="add"),
    statement(
        "give-doubtful", "map < 65", unless=["lactate > 2"], action="give", target="hydrocortisone", dose="give"
    ),
    statement("raise-other", "map < 65", unless=["lactate > 2"], action="raise", target="vasopressin", dose="raise"),
    statement("look", "map < 65", setting="any"),
    statement("watch", "map < 65", setting="any", kind="safety"),
    statement("closed", "bled", gate="outside", order=2, kind="scope", setting="any", instead="Consider the other."),
    statement("strict", "ill", gate="outside", order=1, kind="scope", setting="any", assessment=False, instead="No."),
    statement("beside", "map < 65", gate="modified", order=0, kind="scope", setting="any"),
)
LOW = {"age": 60, "weight": 50, "map": 60, "crt": 2, NE: 0.1}
HIGH = {**LOW, "map": 90}
VERIFY = ("verify-device", "map", "Look.", {})


def draft(name: str, gate: str = "", of: Any = FACTS, values: Any = LOW, **more: Any) -> Draft:
    """One statement's outcome."""
    patient = case(of, values, **more)
    return draft_of(patient, name, verdicts(patient, everything=True)[name], gate)


def outcome(name: str, gate: str = "", **more: Any) -> str:
    return draft(name, gate, **more).outcome


def test_an_outcome_without_gates_and_limits_is_the_verdict() -> None:
    found = draft("up")
    assert (found.statement, found.verdict.verdict, found.outcome) == (FACTS.statements["up"], "applies", "applies")
    assert found.dosing.dose is not None and found.dosing.dose.drug == NE and found.dosing.dose.step is not None
    assert outcome("up-doubtful") == "applies-unless" and draft("up-doubtful").dosing.dose is not None
    for name, verdict in (("up-stopped", "blocked"), ("up-open", "cannot-tell"), ("down", "does-not-apply")):
        assert (outcome(name), draft(name).dosing) == (verdict, Dosing())
    assert draft("look").dosing == Dosing()
    lowered = draft("down", values=HIGH).dosing
    assert lowered.dose is not None and lowered.dose.value < lowered.dose.dose_from


def test_behind_a_gate_there_is_no_dose() -> None:
    assert (outcome("up", "closed"), draft("up", "closed").dosing) == ("withheld", Dosing())
    assert outcome("look", "closed") == "applies" and outcome("look", "strict") == "withheld"
    assert outcome("watch", "strict") == "applies"
    anywhere = facts(*FACTS.statements.values(), statement("far", "map < 65", setting="any", kind="safety", **RAISE))
    assert (outcome("far", "closed", of=anywhere), draft("far", "closed", of=anywhere).dosing) == (
        "applies",
        Dosing(),
    )


def test_what_a_site_holds_back_is_withheld() -> None:
    site = FACTS._replace(site={"held": ["up", "up-stopped", "down"]})
    assert draft("up", of=site).outcome == "withheld" and draft("up", of=site).dosing == Dosing(held_back=True)
    assert draft("up", of=site).statement["id"] == "up" and draft("up", of=site).verdict.verdict == "applies"
    assert outcome("up-doubtful", of=site) == "applies-unless"
    assert (outcome("up-stopped", of=site), draft("up-stopped", of=site).dosing) == ("blocked", Dosing())
    assert outcome("down", of=site) == "does-not-apply"


@pytest.mark.parametrize("name", ["begin-doubtful", "add-doubtful"])
def test_nothing_is_begun_where_the_drug_may_run_and_something_speaks_against_it(name: str) -> None:
    unknown = {**LOW, NE: reading(None, quality="stale")}
    found = draft(name, values=unknown)
    assert (found.outcome, found.dosing, found.statement["id"]) == ("cannot-tell", Dosing(), name)
    assert found.verdict.verdict == "applies-unless"
    known = draft(name, values={**LOW, NE: 0})
    assert known.outcome == "applies-unless" and known.dosing.dose is not None


def test_what_is_begun_without_doubt_says_what_it_waits_for() -> None:
    found = draft("begin", values={**LOW, NE: reading(None, quality="stale")})
    assert (found.outcome, found.dosing) == ("applies", Dosing(missing=(NE,)))
    assert outcome("raise-other", values={**LOW, "vasopressin": reading(None)}) == "applies-unless"
    given = draft("give-doubtful")
    assert given.outcome == "applies-unless" and given.dosing.dose is not None and given.dosing.dose.value == 200


def test_nothing_is_lowered_while_a_drug_that_counts_as_off_may_run() -> None:
    values = {**HIGH, NE: reading(None, quality="stale"), "vasopressin": 0.03}
    found = draft("down-off", values=values)
    assert (found.outcome, found.dosing) == ("cannot-tell", Dosing(missing=(NE,)))
    assert (found.statement["id"], found.verdict.verdict) == ("down-off", "applies")
    off = {**values, NE: 0}
    assert outcome("down-off", values=off) == "applies"
    assert draft("down", values={**HIGH, NE: reading(None)}).dosing == Dosing(missing=(NE,))
    absent = {name: one for name, one in values.items() if name != NE}
    assert outcome("down-off", values=absent) == "applies"


def test_a_drug_in_doubt_is_one_recorded_without_a_dose() -> None:
    assert is_in_doubt(case(FACTS, {NE: reading(None)}), NE)
    assert not is_in_doubt(case(FACTS, {NE: 0}), NE) and not is_in_doubt(case(FACTS), NE)


def test_what_a_condition_assumes() -> None:
    of = facts(
        statement("own", "assume(norepinephrine, 0) = 0 and assume(vasopressin, 0) = 0 and assume(lactate, 1) < 2"),
        statement("named", "map > 65 or (off and crt > 1)"),
        statement("again", "off and assume(norepinephrine, 0) < 1"),
        statement("none", "norepinephrine = 0 and low"),
    )
    patient = case(of, {NE: reading(None), "lactate": reading(None), "vasopressin": 0})
    found = {entry.statement: assumed(patient, entry.when) for entry in patient.compiled.entries}
    assert found == {"own": (NE, "vasopressin", "lactate"), "named": (NE,), "again": (NE,), "none": ()}
    leaning = {entry.statement: leans_on(patient, entry) for entry in patient.compiled.entries}
    assert leaning == {"own": ("lactate",), "named": (), "again": (), "none": ()}
    assert assumed(patient, 5) == () and assumed(patient, "assume") == ()


def test_no_dose_while_the_pressure_reading_is_to_be_verified() -> None:
    found = draft("up", cautions=[("other", "map", "", {}), VERIFY])
    assert (found.outcome, found.dosing) == ("applies", Dosing(unverified=True))
    assert draft("up", cautions=[("other", "map", "", {})]).dosing.dose is not None
    given = draft("give-doubtful", cautions=[VERIFY])
    assert given.dosing.dose is not None and not given.dosing.unverified


def test_a_dose_past_a_hard_limit_is_withheld_but_lowering_stands() -> None:
    assert outcome("up", values={**LOW, NE: 0.49}) == "withheld"
    assert draft("up", values={**LOW, NE: 0.49}).dosing.stopped_by
    lower = draft("down", values={**HIGH, NE: 0.9})
    assert lower.outcome == "applies" and lower.dosing.above


# --- gates


def test_the_first_gate_that_holds_puts_outside() -> None:
    def gate(**values: Any) -> str:
        patient = case(FACTS, {**LOW, **values})
        return outside_gate(patient, verdicts(patient))

    assert (gate(bled=True, ill=True), gate(bled=True), gate(ill=True), gate()) == ("strict", "closed", "strict", "")
    open_gate = facts(statement("open", "lactate > 2", gate="outside", order=1, kind="scope", instead="No."))
    patient = case(open_gate, LOW)
    assert verdicts(patient)["open"].verdict == "cannot-tell" and outside_gate(patient, verdicts(patient)) == ""


def test_a_refusal_says_what_to_do_instead() -> None:
    assert refusal(FACTS, "closed") == Refused("closed", "Consider closed.", "Consider the other.")
    assert refusal(FACTS, "") is None


def test_who_sees_what() -> None:
    def seen(name: str, outcome: str, gate: str = "") -> bool:
        return is_shown(draft(name)._replace(outcome=outcome), gate)

    assert all(seen("up", one) for one in ("applies", "applies-unless", "cannot-tell"))
    assert not any(seen("up", one) for one in ("blocked", "withheld", "does-not-apply"))
    assert seen("up", "applies", "closed") and not seen("up", "cannot-tell", "closed")
    assert seen("closed", "applies") and not seen("closed", "cannot-tell")


def test_the_order_of_drafts() -> None:
    entry = draft("up").verdict
    urgent = entry._replace(entry=entry.entry._replace(urgency="now", rank=9))
    slow = entry._replace(entry=entry.entry._replace(urgency="routine", rank=1))
    one = draft("up")
    assert order_of(one) == (1, False, 50, "up")
    assert order_of(one._replace(outcome="cannot-tell")) == (1, True, 50, "up")
    assert order_of(one._replace(verdict=urgent)) == (0, False, 9, "up")
    assert order_of(one._replace(verdict=slow)) == (2, False, 1, "up")


# --- the item


def whole(of: Any, name: str, profile: str = "new", **values: Any) -> Item:
    """A statement's item for a patient."""
    patient = case(of, {**LOW, **values}, profile)
    return item_for(patient, draft_of(patient, name, verdicts(patient, everything=True)[name], ""))


def test_a_plain_item_is_whole() -> None:
    of = facts(
        statement(
            "one", "map < 65", urgency="now", rank=7, recheck={"value": 15}, badge="label", review_state="approved",
            clinician="Consider looking.", cites=[CITE], aim={"low": 65, "high": 70, "unit": "mm[Hg]"},
            links={"next": ["two", "three"], "why": ["two", "four"]}, notes=["Read the note."],
            editions={"new": {"strength": "strong", "certainty": "low", "at": "p. 3", "read": "secondary"}},
        ),
        statement("gate", "bled", gate="outside", order=1, kind="scope"),
    )  # fmt: skip
    assert whole(of, "one") == Item(
        statement="one", verdict="applies", kind="practice", action="assess", target="map", urgency="now", rank=7,
        text="Consider looking.", strength="strong", certainty="low", recheck_minutes=15,
        cites=(Cite("new", "p. 3", "The new edition", 2020, "secondary", "10.1/new"), Cite(*CITED)),
        review="approved", verified=True, badge="label", edition="new", status="current", notes=("Read the note.",),
        links=("two", "three", "four"), aim=Aim(65, 70, "mm[Hg]"), gates=("gate",),
    )  # fmt: skip


def test_an_item_without_what_is_optional() -> None:
    found = whole(facts(statement("one", "map < 65", status="legacy-only")), "one")
    assert found == Item(
        statement="one", verdict="applies", kind="practice", action="assess", target="map", urgency="soon", rank=50,
        text="Consider one.", review="submitted", verified=True, badge="legacy", status="legacy-only",
    )  # fmt: skip


def test_an_item_of_another_situation_has_its_words_and_its_aim() -> None:
    do = {"action": "lower", "target": NE}
    part = {"when": "map > 65 and map < 95", "do": do, "clinician": "Consider less.", "urgency": "now"}
    of = facts(statement("one", "map < 65", variant=[part, {"when": "map > 95", "do": do}]))
    here, there, far = whole(of, "one"), whole(of, "one", map=90), whole(of, "one", map=99)
    assert (here.text, here.action, here.target, here.urgency) == ("Consider one.", "assess", "map", "soon")
    assert (there.text, there.action, there.target, there.urgency) == ("Consider less.", "lower", NE, "now")
    assert (far.text, far.action, far.urgency) == ("Consider one.", "lower", "soon")  # which has no words of its own


def test_an_edition_shows_its_own_grade() -> None:
    editions = {
        "old": {"strength": "weak", "certainty": "moderate", "at": "p. 1"},
        "new": {"strength": "strong", "at": "p. 2"},
    }
    of = facts(statement("one", "map < 65", editions=editions))
    new, old = whole(of, "one"), whole(of, "one", "old")
    assert (new.edition, new.strength, new.certainty, new.verified) == ("new", "strong", None, True)
    assert (old.edition, old.strength, old.certainty, old.verified) == ("old", "weak", "moderate", False)
    assert new.cites[0] == Cite("new", "p. 2", "The new edition", 2020, "primary", "10.1/new")
    assert old.cites[0].read == "memory"


def test_a_template_is_made_once_for_each_edition() -> None:
    of = facts(statement("one", "map < 65"))
    patient = case(of, LOW)
    verdict = verdicts(patient)["one"]
    made = template_of(patient, of.statements["one"], verdict)
    assert made is template_of(patient, of.statements["one"], verdict) and made.verdict == ""
    assert template_of(case(of, LOW, "old"), of.statements["one"], verdict) is not made


def test_what_is_missing_stands_on_the_item_and_in_the_end_the_dose() -> None:
    of = facts(statement("one", "map < 65 and lactate > 2", **RAISE), statement("no", "map > 65 and lactate > 2"))
    waits = whole(of, "one")
    assert (waits.verdict, waits.missing, waits.settles) == ("cannot-tell", ("lactate",), ("lactate",))
    assert waits.decides == ("lactate > 2", "lactate <= 2")
    assert whole(of, "no").missing == ()
    doubtful = facts(statement("one", "map < 65", unless=["lactate > 2", f"{NE} > 9"], **RAISE))
    found = whole(doubtful, "one", norepinephrine=reading(None))
    assert (found.verdict, found.dose, found.pump) == ("applies-unless", None, None)
    assert found.missing == found.settles == ("lactate", NE)
    dosed = whole(FACTS, "up")
    assert dosed.dose is not None and dosed.dose.drug == NE
    assert whole(FACTS, "up", age=reading(None)).missing == ("age",) == whole(FACTS, "up", age=reading(None)).settles
    stopped = whole(FACTS, "up-doubtful", norepinephrine=0.49)
    assert (stopped.verdict, stopped.missing) == ("withheld", ())


def test_an_item_carries_its_pump_rate() -> None:
    from vasotone.table import Bag

    found = whole(FACTS, "up", norepinephrine=reading(0.1, DRUG_UNIT, bag=Bag("4 mg", "100 mL", "base")))
    assert found.pump is not None and found.pump.rate == 9


# --- words beside a statement


def test_the_word_for_where_a_text_comes_from() -> None:
    assert badge_of({"badge": "label"}) == "label" and badge_of({}) == "guideline"
    assert badge_of({"badge": "label", "status": "legacy-only"}) == "legacy"
    assert badge_of({"badge": "label", "status": "superseded"}) == "label"


def test_what_was_read() -> None:
    def read(edition: str = "new", **more: Any) -> bool:
        return is_verified(statement("one", **more), edition, FACTS)

    assert read() is True and read("") and read(verified=True)
    assert read(verified=False) is False and read(on_memory=True) is False
    grade = {"editions": {"new": {"at": "p"}, "old": {"at": "p"}}}
    assert read("new", **grade) and not read("old", **grade)
    assert read("old", editions={"old": {"at": "p", "read": "primary"}})
    assert not read("new", editions={"new": {"at": "p", "read": "memory"}})
    assert read("new", editions={"old": {"at": "p"}})


def test_the_place_in_the_edition_is_cited_first() -> None:
    own = statement("one", cites=[CITE], editions={"new": {"at": "p. 2"}, "old": {"at": "p. 1", "read": "primary"}})
    assert [(one.source, one.at, one.read) for one in cites_of(own, "new", FACTS)] == [
        ("new", "p. 2", "primary"), ("table", "row 1", "near-primary")
    ]  # fmt: skip
    assert cites_of(own, "old", FACTS)[0].read == "primary"
    assert cites_of(own, "", FACTS) == (Cite(*CITED),) and cites_of(statement("one"), "", FACTS) == ()


# --- notes


def noted(of: Any, name: str, dosing: Dosing, profile: str = "new", **more: Any) -> tuple[str, ...]:
    """What stands beside an item."""
    patient: Case = case(of, LOW, profile, **more)
    return notes_of(patient, verdicts(patient, everything=True)[name], dosing)


def test_each_reason_for_no_dose_is_told() -> None:
    assert noted(FACTS, "up", Dosing()) == ()
    assert noted(FACTS, "up", Dosing(stopped_by="x: at most 1 U")) == ("Withheld by a hard limit, x: at most 1 U.",)
    (above,) = noted(FACTS, "up", Dosing(above="x: at most 1 U"))
    assert above == "No dose is given: a step lower is still above the hard limit x: at most 1 U. Check what runs."
    assert noted(FACTS, "up", Dosing(bag=("too strong", "too slow"))) == (
        "Consider checking the bag of norepinephrine that is recorded: too strong; too slow.",
    )
    assert noted(FACTS, "up", Dosing(unverified=True)) == (
        "No dose is given until the pressure reading is verified.",
    )
    assert noted(FACTS, "up", Dosing(missing=("age",))) == ("No dose is given while the age is not known.",)
    assert noted(FACTS, "up", Dosing(missing=(NE,))) == ()
    site = FACTS._replace(site={"floor": "approved", "held": []})
    (held,) = noted(site, "up", Dosing(held_back=True))
    assert held == (
        "Held back: this site shows statements that are at least 'approved', and this one is 'submitted'."
    )


def test_a_silent_edition_and_the_band_that_timed_it_are_told() -> None:
    of = facts(
        statement("gated", "map < 65", notes=["First."], editions={"old": {"at": "p. 1"}}),
        statement("timed", "map < 65"),
        statement(
            "timer", band="crt > 1", gates=["timed"], editions={"new": {"at": "p"}}, clinician="Within the hour."
        ),
    )
    silent = "No statement of the chosen edition was met here; this is old (2010)."
    assert noted(of, "gated", Dosing()) == ("First.", silent) and noted(of, "gated", Dosing(), "old") == ("First.",)
    assert noted(of, "timed", Dosing()) == ("Within the hour.",) and noted(of, "timed", Dosing(), "old") == ()
    unnamed = of._replace(profiles={"new": of.profiles["new"]})
    patient = case(of, LOW)
    verdict = verdicts(patient)["gated"]
    bare = "No statement of the chosen edition was met here; this is old."
    assert notes_of(patient._replace(facts=unnamed), verdict, Dosing()) == ("First.", bare)
    assert of.statements["gated"]["notes"] == ["First."]


def test_what_rests_on_the_site_is_told() -> None:
    from vasotone.advice import Dose, Pump

    bag = {"amount": "4 mg", "volume": "100 mL", "origin": "assumed"}
    dosing = Dosing(Dose(NE, 1, DRUG_UNIT), Pump(1, "mL/h", "1", bag), ("age",))
    found = noted(FACTS, "up", dosing, assumed=("norepinephrine.basis", "norepinephrine.bag"))
    assert found == (
        "The pump rate is for the site's standard bag, 4 mg in 100 mL. Check what hangs.",
        "The running dose rests on the site's labelling, which the record does not confirm.",
        "No dose is given while the age is not known.",
    )
    assert noted(FACTS, "up", dosing) == found[2:]
