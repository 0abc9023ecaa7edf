"""The values, warnings and notices around an advice, and what a site's profile adds: expectations written by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from invented_world import DRUG_UNIT, EDITION, facts, reading, state, statement

from vasotone.advice import Advice, Caution, Dose, Item, Pump
from vasotone.guideline_site import block, cautions, contents, mark_bag, mark_values, notes, with_site
from vasotone.guideline_values import notices_for, shown_number, shown_values, warnings_of
from vasotone.readings import Reading

FACTS = facts(statement("one", "map < 65"))
NE = "norepinephrine"
FIRST = {"unit": None, "age_minutes": None, "origin": "measured", "source": "", "quality": "ok"}


def shown(**values: Any) -> dict[str, dict[str, Any]]:
    """The values of a record."""
    return shown_values(state(values), FACTS)


def test_a_reading_as_the_record_shows_it() -> None:
    found = shown(map=reading(62.5, "mm[Hg]", age_minutes=7, source="chart", method="arterial"), skin="red")
    assert found == {
        "map": {"value": 62.5, "unit": "mm[Hg]", "age_minutes": 7, "origin": "measured", "source": "chart, arterial",
                "quality": "ok"},
        "skin": {**FIRST, "value": "red"},
    }  # fmt: skip
    assert list(found) == ["map", "skin"] == list(shown(skin="red", map=60))
    assert shown(map=60)["map"]["source"] == "" and shown(line=True)["line"]["value"] is True


def test_a_doubtful_reading_shows_what_was_written() -> None:
    found = shown(lactate=Reading(None, "mmol/L", quality="implausible", seen="500 mmol/L"), crt=reading(2, "s"))
    assert found["lactate"] == {
        **FIRST, "value": None, "unit": "mmol/L", "quality": "implausible", "seen": "500 mmol/L"
    }  # fmt: skip
    assert "seen" not in found["crt"]


def test_a_derived_number_is_rounded_and_bears_its_name() -> None:
    found = shown(gap=Reading(Fraction(100, 3), "mm[Hg]", origin="derived"), map=Reading(Fraction(100, 3), "mm[Hg]"))
    assert found["gap"]["value"] == 33.333 and found["gap"]["label"] == "GAP"
    assert found["map"]["value"] == float(Fraction(100, 3)) and "label" not in found["map"]
    derived = shown(lactate=reading(2, origin="derived"), gap=reading(40))
    assert "label" not in derived["lactate"] and "label" not in derived["gap"]
    assert (shown_number(Fraction(1, 2000), "derived"), shown_number(Fraction(1, 3000), "derived")) == (0.001, 0)
    assert shown_number(Fraction(1, 2000), "measured") == 0.0005
    whole = shown_number(Fraction(60), "measured")
    assert whole == 60 and isinstance(whole, int)


def test_a_drug_with_forms_shows_its_form_and_what_was_written() -> None:
    found = shown(norepinephrine=reading(0.1, DRUG_UNIT, basis="base", seen="0.2 ug/kg/min"), vasopressin=0.03)
    assert (found[NE]["basis"], found[NE]["written"]) == ("base", "0.2 ug/kg/min")
    assert "basis" not in found["vasopressin"] and "written" not in found["vasopressin"]
    assert shown(norepinephrine=0.1)[NE]["basis"] == "unknown"


def test_which_weight_it_is() -> None:
    assert shown(weight=reading(80, "kg", kind="ideal"))["weight"]["kind"] == "ideal"
    assert "kind" not in shown(weight=80)["weight"]
    assert "kind" not in shown(norepinephrine=reading(0.1, kind="salt"))[NE]


def test_warnings_stand_once_and_in_their_order() -> None:
    first, again = ("a", "map", "Look.", {"x": 1}), ("a", "map", "Look.", {"x": 2})
    others = [("b", "map", "Look.", {}), ("a", "crt", "Look.", {}), ("a", "map", "Look again.", {})]
    found = warnings_of(state(cautions=[first, again, *others]))
    assert found == [Caution(*first), *(Caution(*one) for one in others)]


@pytest.mark.parametrize(
    ("basis", "kind", "says"),
    [("base", "salt", True), ("base", "base", False), ("base", "", False), ("", "salt", False), ("salt", "x", False)],
)
def test_a_salt_that_was_converted_is_told(basis: str, kind: str, says: bool) -> None:
    patient = state({NE: reading(0.1, DRUG_UNIT, basis=basis, kind=kind, seen="0.2 ug/kg/min")})
    text = "Norepinephrine is written as salt; it is converted to base."
    told = Caution("salt-convert", NE, text, {"written": "0.2 ug/kg/min", "form": "salt"})
    assert warnings_of(patient) == ([told] if says else [])


def test_without_the_drug_nothing_was_converted() -> None:
    assert warnings_of(state()) == []


def test_what_every_face_says_at_its_top() -> None:
    unread = "No clinician has reviewed these statements yet; each is shown as submitted."
    assert notices_for(FACTS, EDITION) == ("The new edition was read.", unread)
    assert notices_for(FACTS, "old")[0] == "The old edition was remembered."
    approved = {**FACTS.statements, "one": {**FACTS.statements["one"], "review_state": "approved"}}
    some = notices_for(FACTS._replace(statements=approved), EDITION)
    assert some[1:] == (f"1 of {len(approved)} statements are approved by a clinician.",)
    at_site = notices_for(FACTS._replace(site={"notice": "Ours."}), EDITION)
    assert at_site == ("The new edition was read.", unread, "Ours.")


# --- at a site


SITE = {
    "name": "Ours", "version": "1", "digest": "d", "edition": "new", "approved_by": "A. Person", "contact": "c",
    "reasons": "r", "notice": "As we do it.", "changes": [{"kind": "limit"}], "held": ["one"], "floor": "approved",
}  # fmt: skip
BAG = {"amount": "4 mg", "volume": "100 mL", "basis": "base"}
ASSUMED = {**BAG, "origin": "assumed"}


def item(drug: str = NE, bag: dict[str, Any] | None = None, *, dosed: bool = True) -> Item:
    """An item with a pump rate."""
    dose = Dose(drug, 1, DRUG_UNIT) if dosed else None
    pump = None if bag is None else Pump(1, "mL/h", "1", bag)
    return Item("one", "applies", "practice", "raise", drug, "now", 1, "", dose=dose, pump=pump)


def test_the_block_of_a_site() -> None:
    site = FACTS._replace(site=SITE)
    found = block(site, ["one"])
    assert found == {
        "name": "Ours", "version": "1", "digest": "d", "edition": "new", "approved_by": "A. Person", "contact": "c",
        "reasons": "r", "notice": "As we do it.", "changes": [{"kind": "limit"}], "held_back": ["one"],
    }  # fmt: skip
    assert found is not None and found["changes"][0] is not SITE["changes"][0]  # type: ignore[index]
    assert block(FACTS, ["one"]) is None


def test_an_advice_at_a_site_warns_of_each_standard_bag() -> None:
    before = Caution("a", "map", "Look.")
    advice = Advice("new", "f", None, {}, (item(bag=ASSUMED), item(bag=ASSUMED)), (), (before,))
    found = with_site(advice, FACTS._replace(site=SITE), ["two"])
    assert found.site is not None and found.site["held_back"] == ["two"] and found.site["name"] == "Ours"
    assert [one.name for one in found.warnings] == ["map", "norepinephrine.bag"]
    assert found._replace(site=None, warnings=(before,)) == advice


def test_only_a_bag_that_is_assumed_is_warned_of() -> None:
    told = Caution(
        "site-assumption", "angiotensin_ii.bag",
        "No bag of angiotensin ii is recorded; the site's standard bag is taken: 4 mg in 100 mL (base).", ASSUMED,
    )  # fmt: skip
    assert cautions((item("angiotensin_ii", ASSUMED),)) == [told]
    assert cautions((item(bag=BAG), item(), item(dosed=False), item(bag=ASSUMED, dosed=False))) == []
    assert [one.name for one in cautions((item(bag=BAG), item("b", ASSUMED)))] == ["b.bag"]


def test_a_bag_in_words() -> None:
    assert contents(BAG) == "4 mg in 100 mL (base)"
    bare = {"amount": "20 U", "volume": "100 mL"}
    for basis in ({}, {"basis": None}, {"basis": ""}, {"basis": "unknown"}):
        assert contents({**bare, **basis}) == "20 U in 100 mL"


def test_a_bag_says_what_of_it_is_the_word_of_the_site() -> None:
    def marked(*marks: str) -> dict[str, Any]:
        return mark_bag(state(assumed=marks), NE, BAG)

    assert marked("norepinephrine.bag") == ASSUMED == marked("norepinephrine.bag", "norepinephrine.bag.basis")
    assert marked("norepinephrine.bag.basis") == {**BAG, "basis_origin": "assumed"}
    assert marked() == BAG == marked("vasopressin.bag", "norepinephrine.basis", "vasopressin.bag.basis")


def test_values_say_what_of_them_is_the_word_of_the_site() -> None:
    def marked(*marks: str, **values: Any) -> dict[str, dict[str, Any]]:
        return shown_values(state(values, assumed=marks), FACTS)

    dose = reading(0.1, DRUG_UNIT, basis="base", kind="salt")
    plain, found = shown(norepinephrine=dose), marked("norepinephrine.basis", norepinephrine=dose)
    assert found == {NE: {**plain[NE], "basis_origin": "assumed", "labelled": "salt"}}
    as_base = marked("norepinephrine.basis", norepinephrine=reading(0.1, DRUG_UNIT, basis="base"))
    assert as_base[NE]["labelled"] == "base"
    lactate = marked("lactate.unit", lactate=4, crt=2)
    assert lactate == {
        **shown(lactate=4, crt=2),
        "lactate": {**shown(lactate=4)["lactate"], "unit_origin": "assumed"},
    }
    others = marked("norepinephrine.bag", "norepinephrine.bag.basis", "map", norepinephrine=dose, map=60)
    assert others == shown(norepinephrine=dose, map=60)
    values: dict[str, dict[str, Any]] = {}
    mark_values(state(assumed=("lactate.unit", "norepinephrine.basis")), values)
    assert values == {}


def test_what_stands_beside_an_item_that_rests_on_the_site() -> None:
    labelling = "The running dose rests on the site's labelling, which the record does not confirm."
    bag = "The pump rate is for the site's standard bag, 4 mg in 100 mL (base). Check what hangs."
    patient = state(assumed=("norepinephrine.basis",))
    dose, other = Dose(NE, 1, DRUG_UNIT), Dose("vasopressin", 1, "U/min")
    assert notes(patient, dose, Pump(1, "mL/h", "1", ASSUMED)) == [bag, labelling]
    assert notes(patient, other, Pump(1, "mL/h", "1", ASSUMED)) == [bag]
    assert notes(patient, dose, Pump(1, "mL/h", "1", BAG)) == [labelling] == notes(patient, dose, None)
    assert notes(patient, None, None) == [] == notes(state(assumed=("norepinephrine.bag",)), dose, None)
