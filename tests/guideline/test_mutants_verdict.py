"""Verdicts, what they wait for and why, of a few invented statements; every expectation is written by hand."""

from __future__ import annotations

from typing import Any

import pytest
from invented_world import FORMULAS, case, facts, reading, statement

from vasotone import guideline_trace, guideline_verdict, lang
from vasotone.advice import Gate, Why
from vasotone.guideline_trace import checked, gates_before, gates_of, is_withheld, whys
from vasotone.guideline_verdict import (
    Case,
    Missing,
    Verdict,
    joined,
    keep,
    missing_for,
    outcomes_of,
    possible_verdicts,
    reasons_for,
    verdicts,
)

BASIS = "norepinephrine.basis"
# Each is named by what it comes to for the patient below.
EVERY = facts(
    statement("free", "map < 65"),
    statement("clear", "map < 65", unless=["crt > 3"]),
    statement("doubtful", "map < 65", unless=["crt > 3", "lactate > 2"]),
    statement("stopped", "map < 65", unless=["lactate > 2", "crt > 1"]),
    statement("open", "lactate > 2"),
    statement("open-clear", "lactate > 2", unless=["crt > 3"]),
    statement("open-doubtful", "lactate > 2", unless=["lactate > 4"]),
    statement("open-stopped", "lactate > 2", unless=["crt > 1"]),
    statement("no", "map > 65"),
    statement("no-stopped", "map > 65", unless=["crt > 1"]),
    statement("no-doubtful", "map > 65", unless=["lactate > 2"]),
    statement("soft", "map < 65 and not ill"),
    statement("soft-doubtful", "map < 65", unless=["ill"]),
)
PATIENT = {"map": 60, "crt": 2}
SEEN = {
    "free": "applies", "clear": "applies", "doubtful": "applies-unless", "stopped": "blocked",
    "open": "cannot-tell", "open-clear": "cannot-tell", "open-doubtful": "cannot-tell",
    "soft": "applies", "soft-doubtful": "applies-unless",
}  # fmt: skip
SILENT = dict.fromkeys(["open-stopped", "no", "no-stopped", "no-doubtful"], "does-not-apply")


def told(of: Case, *, everything: bool = False) -> dict[str, str]:
    """The verdict of each statement."""
    return {name: one.verdict for name, one in verdicts(of, everything=everything).items()}


def verdict(of: Case, name: str) -> Verdict:
    """One statement's verdict."""
    return verdicts(of, everything=True)[name]


def test_every_way_that_condition_and_objection_can_meet() -> None:
    patient = case(EVERY, PATIENT)
    assert told(patient) == SEEN
    assert told(patient, everything=True) == {**SEEN, **SILENT}
    for name, one in verdicts(patient).items():
        assert (one.entry.statement, one.basis_matters) == (name, False)
        assert one.entry is patient.compiled.entries[one.place]


def test_what_was_not_recorded_opens_no_rule_and_clears_no_objection() -> None:
    patient = case(EVERY, {**PATIENT, "ill": None})
    assert patient.when_rows[0]["ill"] is False and patient.unless_rows[0]["ill"] is None
    assert patient.when_rows[0]["lactate"] is None and patient.when_rows[0]["line"] is None
    recorded = case(EVERY, {**PATIENT, "ill": True})
    assert recorded.when_rows[0]["ill"] is True
    assert (told(recorded).get("soft"), told(recorded)["soft-doubtful"]) == (None, "blocked")
    assert patient.compiled.profile == "new" and case(EVERY, PATIENT, "old").compiled.profile == "old"


def test_the_same_for_a_dose_in_two_forms() -> None:
    of = facts(
        statement("both", "norepinephrine > 0.1"),
        statement("one", "norepinephrine > 0.2"),
        statement("none", "norepinephrine > 0.4"),
        statement("stopped", "norepinephrine > 0.2", unless=["norepinephrine > 0.25"]),
        statement("half-stopped", "norepinephrine > 0.1", unless=["norepinephrine > 0.25"]),
    )
    patient = case(of, {"norepinephrine": 0.3}, forms={"base": 0.3, "salt": 0.15})
    found = verdicts(patient)
    assert {name: (one.verdict, one.basis_matters) for name, one in found.items()} == {
        "both": ("applies", False), "one": ("cannot-tell", True), "stopped": ("blocked", False),
        "half-stopped": ("cannot-tell", True),
    }  # fmt: skip
    assert told(patient, everything=True)["none"] == "does-not-apply"
    assert [outcome for _, outcome in outcomes_of(patient, 0)] == [
        "applies", "applies", "does-not-apply", "blocked", "blocked"
    ]  # fmt: skip
    assert [outcome for _, outcome in outcomes_of(patient, 1)] == [
        "applies", "does-not-apply", "does-not-apply", "does-not-apply", "applies"
    ]  # fmt: skip
    assert [place for place, _ in outcomes_of(patient, 1)] == [0, 1, 2, 3, 4]


def test_what_holds_whatever_the_form() -> None:
    assert joined({"applies"}) == "applies" and joined({"does-not-apply"}) == "does-not-apply"
    assert joined({"blocked", "does-not-apply"}) == "blocked"
    assert joined({"blocked", "applies"}) == "" and joined({"applies", "does-not-apply"}) == ""


def variants(*whens: str, **more: Any) -> dict[str, Any]:
    """A statement with several situations."""
    first, *others = whens
    parts = [{"when": when, "do": {"action": "raise", "target": "map"}} for when in others]
    return statement("many", first, variant=parts, **more)


@pytest.mark.parametrize(
    ("whens", "place", "outcome"),
    [
        (("map < 65", "map < 70"), 0, "applies"),  # of two that apply the first
        (("map > 65", "map < 70"), 1, "applies"),
        (("lactate > 2", "map < 70"), 1, "applies"),
        (("map < 70", "lactate > 2"), 0, "applies"),
        (("lactate > 2", "map > 70"), 0, "cannot-tell"),
        (("map > 70", "lactate > 2"), 1, "cannot-tell"),
    ],
)
def test_the_most_telling_situation_speaks(whens: tuple[str, ...], place: int, outcome: str) -> None:
    for everything in (False, True):
        found = verdicts(case(facts(variants(*whens)), PATIENT), everything=everything)["many"]
        assert (found.entry.variant, found.verdict, found.place) == (place, outcome, place)


def test_a_blocked_situation_stands_before_an_open_one() -> None:
    of = facts(variants("map < 65", "lactate > 2", unless=["crt > 1"]))
    found = verdicts(case(of, PATIENT))["many"]
    assert (found.entry.variant, found.verdict) == (0, "blocked")
    kept: dict[str, Verdict] = {}
    keep(kept, found)
    keep(kept, found._replace(verdict="cannot-tell", place=7))
    keep(kept, found._replace(verdict="blocked", place=8))
    assert kept == {"many": found}
    keep(kept, found._replace(verdict="applies-unless", place=9))
    keep(kept, found._replace(verdict="applies", place=10))
    assert kept["many"].place == 9


def test_what_an_entry_can_come_to_is_made_once() -> None:
    of = facts(statement("plain", "map < 65"), variants("map < 65", "lactate > 2", unless=["crt > 1"]))
    patient = case(of, PATIENT)
    found = possible_verdicts(patient)
    assert found is possible_verdicts(patient)
    assert [(one.rail, one.statement, one.alone) for one in found] == [
        (None, "plain", True), (0, "many", False), (None, "many", False)
    ]  # fmt: skip
    assert {name: (one.verdict, one.place, one.basis_matters) for name, one in found[1].by_outcome.items()} == {
        "applies": ("applies", 1, False), "applies-unless": ("applies-unless", 1, False),
        "blocked": ("blocked", 1, False), "cannot-tell": ("cannot-tell", 1, False), "": ("cannot-tell", 1, True),
        "does-not-apply": ("does-not-apply", 1, False),
    }  # fmt: skip
    assert all(one.entry is patient.compiled.entries[1] for one in found[1].by_outcome.values())


def test_each_objection_is_its_own() -> None:
    of = facts(
        statement("first", "map < 65", unless=["crt > 1"]),
        statement("free", "map < 65"),
        statement("second", "map < 65", unless=["crt > 3"]),
    )
    assert told(case(of, PATIENT)) == {"first": "blocked", "free": "applies", "second": "applies"}
    rows = {"base": 0.1, "salt": 0.05}
    assert told(case(of, PATIENT, forms=rows)) == {"first": "blocked", "free": "applies", "second": "applies"}


# --- what is missing


def lacking(when: str, *unless: str, values: Any = PATIENT, **more: Any) -> Missing:
    """What one condition waits for."""
    patient = case(facts(statement("one", when, unless=list(unless))), values, **more)
    return missing_for(patient, verdict(patient, "one"))


def test_nothing_is_missing_where_a_verdict_is_certain() -> None:
    assert lacking("map < 65") == lacking("map > 65") == lacking("map < 65", "crt > 1") == Missing((), (), ())


def test_one_value_that_would_settle_it() -> None:
    assert lacking("map < 65 and lactate > 2") == Missing(("lactate",), ("lactate > 2", "lactate <= 2"), ("lactate",))


def test_two_values_of_which_one_settles_it() -> None:
    found = lacking("map < 65 and (lactate > 2 or (lvef < 40 and line))")
    assert found.names == ("lactate", "lvef", "line")
    assert (found.decides, found.settles) == (("lactate > 2",), ("lactate",))


def test_where_no_single_value_settles_it_the_first_two_are_asked_for() -> None:
    found = lacking("at_least(2, lactate > 2, lvef < 40, line, age > 60)")
    assert found == Missing(("lactate", "lvef", "line", "age"), (), ("lactate", "lvef"))


def test_a_named_condition_is_looked_into() -> None:
    assert lacking("low and crt > 1", values={"crt": 2}).names == ("map",)
    assert lacking("crt > 1", "low and lactate > 2", values={"crt": 2}).names == ("map", "lactate")


def test_objections_that_could_not_be_judged() -> None:
    assert lacking("map < 65", "lactate > 2", "crt > 3", "line") == Missing(
        ("lactate", "line"), (), ("lactate", "line")
    )
    # of a longer objection only what still matters: crt is known
    assert lacking("map < 65", "crt > 1 and lactate > 2") == Missing(("lactate",), (), ("lactate",))
    assert lacking("map < 65", "lactate > 2", "lactate > 4 or lvef < 40").names == ("lactate", "lvef")
    # a flag that nobody recorded is asked for here
    assert lacking("map < 65", "ill") == Missing(("ill",), (), ("ill",))
    # what cannot be moved by any one value is named as it is read
    assert lacking("crt > 1", "sbp - dbp > map", values={"crt": 2}).names == ("sbp", "dbp", "map")


def test_a_form_that_matters_is_asked_for_first() -> None:
    forms = {"base": 0.3, "salt": 0.15}
    values = {"norepinephrine": 0.3}
    assert lacking("norepinephrine > 0.2", values=values, forms=forms) == Missing((BASIS,), (), (BASIS,))
    both = lacking("norepinephrine > 0.2 and lactate > 2", values=values, forms=forms)
    assert both == Missing((BASIS, "lactate"), (), (BASIS,))
    turned = {"salt": 0.15, "base": 0.3}
    assert lacking("norepinephrine > 0.2 and lactate > 2", values=values, forms=turned) == both
    assert lacking("norepinephrine > 0.2 and low", values=values, forms=forms).names == (BASIS, "map")


# --- why


def because(when: str, *unless: str, values: Any = PATIENT) -> list[tuple[str, str, bool]]:
    """The clauses that decided, by rail."""
    patient = case(facts(statement("one", when, unless=list(unless))), values)
    return [(rail, one.clause, one.truth) for rail, one in reasons_for(patient, verdict(patient, "one"))]


def test_the_clauses_that_decided() -> None:
    assert because("map < 65 and crt > 1") == [("when", "map < 65", True), ("when", "crt > 1", True)]
    assert because("map < 65 and crt > 5") == [("when", "crt > 5", False)]
    assert because("map < 65", "crt > 5", "map > 61") == [("when", "map < 65", True)]
    assert because("map < 65", "crt > 5", "map < 61", "crt > 1") == [("unless", "map < 61", True)]
    assert because("lactate > 2") == [] == because("lactate > 2", "crt > 5")
    assert because("low", "line") == [("when", "map < 65", True)]
    assert because("crt > 1", "low and crt > 1") == [("unless", "map < 65", True), ("unless", "crt > 1", True)]
    assert because("map < 65 and not ill") == [("when", "map < 65", True), ("when", "ill", False)]


def test_a_reason_carries_what_it_read_in_words() -> None:
    of = facts(statement("one", "map < 65 and not ill", unless=["crt > 5", "lactate > 2", "low and crt > 9"]))
    patient = case(of, PATIENT)
    assert whys(patient, verdict(patient, "one")) == (
        Why("map < 65", "yes", "MAP below 65 mmHg", {"map": 60.0}, "when"),
        Why("ill", "no", "ILL recorded", {"ill": False}, "when"),
        Why("crt > 5", "no", "CRT above 5 s", {"crt": 2.0}, "unless"),
        Why("crt > 9", "no", "CRT above 9 s", {"crt": 2.0}, "unless"),
    )
    entry = patient.compiled.entries[0]
    assert [one.clause for one in checked(patient, entry)] == ["crt > 5", "crt > 9"]


def test_only_what_holds_says_what_was_checked() -> None:
    def clauses(when: str, *unless: str) -> list[tuple[str, str]]:
        patient = case(facts(statement("one", when, unless=list(unless))), PATIENT)
        return [(one.rail, one.clause) for one in whys(patient, verdict(patient, "one"))]

    assert clauses("map < 65", "crt > 5") == [("when", "map < 65"), ("unless", "crt > 5")]
    assert clauses("map < 65", "crt > 5", "lactate > 2") == [("when", "map < 65"), ("unless", "crt > 5")]
    assert clauses("map > 65", "crt > 5") == [("when", "map > 65")]
    assert clauses("map < 65", "crt > 5", "crt > 1") == [("unless", "crt > 1")]
    assert clauses("lactate > 2", "crt > 5") == []


def test_an_objection_reads_what_was_recorded_and_no_more() -> None:
    of = facts(statement("one", "map < 65 and not ill", unless=["bled and crt > 9"]))
    patient = case(of, PATIENT)
    (when, ill, against) = whys(patient, verdict(patient, "one"))
    assert (when.rail, ill.values, against.rail, against.clause) == ("when", {"ill": False}, "unless", "crt > 9")
    recorded = case(facts(statement("one", "map < 65", unless=["ill"])), {**PATIENT, "ill": True})
    (why,) = whys(recorded, verdict(recorded, "one"))
    assert why == Why("ill", "yes", "ILL recorded", {"ill": True}, "unless")


# --- gates


def gate(name: str, when: str, order: int, **more: Any) -> dict[str, Any]:
    """A scope gate."""
    return statement(name, when, kind="scope", gate=more.pop("gate", "outside"), order=order, setting="any", **more)


GATED = facts(
    gate("third", "crt > 5", 30),
    gate("first", "age < 18", 1),
    gate("second", "bled and low", 2, assessment=False),
    gate("beside", "map < 65", 0, gate="modified"),
    statement("septic", "map < 65"),
)


def test_gates_are_told_in_their_order() -> None:
    patient = case(GATED, {"map": 60, "crt": 6})
    assert gates_of(patient, verdicts(patient)) == (
        Gate("first", "cannot-tell", (), ("age",)),
        Gate("second", "does-not-apply", (Why("bled", "no", "BLED recorded", {"bled": False}, "gate"),), ()),
        Gate("third", "applies", (Why("crt > 5", "yes", "CRT above 5 s", {"crt": 6.0}, "gate"),), ()),
    )
    bled = case(GATED, {"age": 20, "crt": 2, "bled": True})
    assert gates_of(bled, verdicts(bled)) == (
        Gate("first", "does-not-apply", (Why("age < 18", "no", "AGE below 18 years", {"age": 20.0}, "gate"),), ()),
        Gate("second", "cannot-tell", (), ("map",)),
        Gate("third", "does-not-apply", (Why("crt > 5", "no", "CRT above 5 s", {"crt": 2.0}, "gate"),), ()),
    )


def test_explained_gates_are_kept_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guideline_trace, "_explained", {})
    monkeypatch.setattr(guideline_trace, "MOST_KEPT", 4)
    sizes = []
    for age in (20, 30, 30, 40):
        patient = case(GATED, {"age": age, "map": 60, "crt": 2})
        gates_of(patient, verdicts(patient))
        sizes.append(len(guideline_trace._explained))
    assert sizes == [3, 4, 4, 3]  # only the first gate reads the age; before the fifth all are dropped
    once = case(GATED, {"age": 40, "map": 60, "crt": 2})
    first = gates_of(once, verdicts(once))
    assert all(one is other for one, other in zip(first, gates_of(once, verdicts(once)), strict=True))


def test_a_statement_stands_on_the_gates_that_would_stop_it() -> None:
    patient = case(GATED, PATIENT)
    statements = GATED.statements
    assert gates_before(patient, statements["septic"], "assess") == ("first", "second", "third")
    anywhere = statement("any", "map < 65", setting="any")
    assert gates_before(patient, anywhere, "assess") == ("second",)
    assert gates_before(patient, anywhere, "raise") == ("first", "second", "third")
    assert gates_before(patient, statements["first"], "assess") == ()


@pytest.mark.parametrize("action", ["assess", "measure", "ask", "refer"])
def test_an_assessment_elsewhere_passes_a_gate_that_lets_it(action: str) -> None:
    anywhere = statement("any", setting="any")
    assert not is_withheld(anywhere, action, {}) and not is_withheld(anywhere, action, {"assessment": True})
    assert is_withheld(anywhere, action, {"assessment": False})
    assert is_withheld(anywhere, "give", {}) and is_withheld(anywhere, "start", {"assessment": True})


@pytest.mark.parametrize("kind", ["safety", "data", "scope"])
def test_what_is_septic_is_always_withheld_and_safety_elsewhere_never(kind: str) -> None:
    for setting in ({}, {"setting": "septic"}):
        assert is_withheld({**statement("one", kind=kind), **setting}, "ask", {})
    assert is_withheld(statement("one", kind=kind, setting="any"), "give", {"assessment": False}) is False
    assert is_withheld(statement("one", kind="practice", setting="any"), "give", {})


def test_words_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    patient = case(GATED, PATIENT)
    monkeypatch.setattr(guideline_trace, "_words", {})
    node = lang.parse("low and map < 65")
    assert guideline_trace.words_of(patient, "a clause", node) == lang.words(node, GATED.columns, {
        "low": lang.parse("map < 65")})  # fmt: skip
    monkeypatch.setattr("vasotone.lang.words", lambda *_: pytest.fail("made twice"))
    assert guideline_trace.words_of(patient, "a clause", node)


def test_the_judge_reads_the_rows_of_the_form_it_is_asked_for() -> None:
    of = facts(statement("one", "low", unless=["norepinephrine > 0.2"]), formulas=FORMULAS)
    patient = case(of, {"map": 60, "norepinephrine": reading(0.3)}, forms={"base": 0.3, "salt": 0.15})
    assert outcomes_of(patient, 0) == [(0, "blocked")] and outcomes_of(patient, 1) == [(0, "applies")]
    assert len(guideline_verdict.possible_verdicts(patient)) == 1
