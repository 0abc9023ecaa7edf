"""Numbers and words: exact or marked as near, readable back, no fraction, and never past a hard limit."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import invented
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasotone import units
from vasotone.advice import Dose, Item, Pump
from vasotone.views import outline, page, text, wording

EXACT = st.one_of(
    st.decimals(0, 10_000, places=4, allow_nan=False).map(Fraction),
    st.fractions(0, 1000, max_denominator=997),
)


def reads_back(shown: str, exact: Fraction) -> bool:
    """Whether a shown number is the exact one; or, marked as about where no decimal ends, near it in four digits."""
    about, _, number = shown.rpartition("about ")
    if "about " not in shown:
        return Fraction(number) == exact and wording.ends(exact)
    near = abs(Fraction(number) - exact) <= max(exact / 2000, Fraction(1, 10**12))
    return near and not about and not wording.ends(exact) and "/" not in number


@given(EXACT, st.sampled_from(["ug/kg/min", "U/min", "ng/kg/min", "mg/d", "mg/kg/h"]))
def test_a_shown_dose_reads_back(value: Fraction, unit: str) -> None:
    number, _, spelled = wording.dose_words(Dose("x", value, unit)).rpartition(" ")
    assert reads_back(number, value)
    assert units.unit(spelled) == units.unit(unit)


@given(EXACT, st.booleans())
def test_each_face_shows_a_dose_that_reads_back(value: Fraction, as_text: bool) -> None:
    given_as: Any = str(value) if as_text else value
    item = Item(
        "s",
        "applies",
        "practice",
        "start",
        "norepinephrine",
        "now",
        1,
        "Consider it.",
        dose=Dose("norepinephrine", given_as, "ug/kg/min", "base"),
        pump=Pump("1", "mL/h", str(value), {}),
    )
    advice = invented.advice(items=(item,), values={})
    terminal = re.search(r"Dose +((?:about )?\S+) mcg/kg/min", text.show(advice, width=80))
    paper = re.search(r"<dt>Dose</dt><dd>((?:about )?\S+) mcg/kg/min", page.show(advice))
    assert terminal and paper
    assert terminal[1] == paper[1] and reads_back(paper[1], value)


@given(EXACT, EXACT)
def test_pump_words_name_the_set_and_the_exact_rate(rate: Fraction, exact: Fraction) -> None:
    shown = wording.pump_words(Pump(rate, "mL/h", str(exact), {}))
    assert reads_back(shown.partition(" mL/h")[0], rate)
    if rate == exact:
        assert shown.endswith("(exact)")
    else:
        found = re.search(r"rounded from ((?:about )?\S+)\)", shown)
        assert found and reads_back(found[1], exact)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.050", "0.05"),
        ("0.30", "0.3"),
        (0.1, "0.1"),
        (70, "70"),
        ("105/4", "26.25"),
        (Fraction(80, 3), "about 26.67"),
        (1e-7, "0.0000001"),
        (True, "yes"),
        (None, "not known"),
        ("af-rvr", "af-rvr"),
        ("1_0", "1_0"),
        ("١", "١"),
        ("nan", "nan"),
        ("1/0", "1/0"),
        ("1e999999999", "1e999999999"),
    ],
)
def test_numeral(value: Any, said: str) -> None:
    assert wording.numeral(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Fraction(4, 3), "about 1.333"),
        ("0.28", "0.28"),
        (Fraction(1, 7000), "about 0.0001429"),
        ("118.25", "118.25"),
        ("0.123456789", "about 0.1235"),
        (Fraction(10**9, 3), "about 333333333"),
    ],
)
def test_reading_marks_what_is_rounded(value: Any, said: str) -> None:
    assert wording.reading(value) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "now"),
        (4, "4 min ago"),
        (119, "119 min ago"),
        (120, "2 h ago"),
        (395, "6 h 35 min ago"),
        (3000, "2 d ago"),
        (None, "time not given"),
        ("x", "time not given"),
        (12.4, "12 min ago"),
    ],
)
def test_age_words(minutes: Any, said: str) -> None:
    assert wording.age_words(minutes) == said


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("ug/kg/min", "mcg/kg/min"),
        ("U/min", "units/min"),
        ("[iU]/min", "units/min"),
        ("mm[Hg]", "mmHg"),
        ("1", ""),
        ("a", "years"),
        (None, "unit not given"),
        ("µg/kg/min", "mcg/kg/min"),
        ("/min", "/min"),
        ("ng/kg/min", "ng/kg/min"),
    ],
)
def test_units_avoid_what_is_misread(unit: str | None, said: str) -> None:
    assert wording.unit_words(unit) == said


def limited(**changes: Any) -> Item:
    """The vasopressin item with another dose."""
    item = invented.items()[0]
    assert item.dose is not None
    return item._replace(dose=item.dose._replace(**changes))


SOFT = {"name": "usual-upper", "kind": "soft", "value": "0.04", "unit": "U/min", "exceeded": True}
HARD = {"name": "label-upper", "kind": "hard", "value": "0.1", "unit": "U/min", "exceeded": False}
PUMP = {"name": "pump-upper", "kind": "hard", "value": "8", "unit": "mL/h", "exceeded": False}


@pytest.mark.parametrize(
    ("changes", "stops"),
    [
        ({"value": "0.1"}, False),
        ({"value": "0.1000001"}, True),
        ({"value": "0.3"}, True),
        ({"value": None, "dose_from": "0.03", "dose_to": "0.3"}, True),
        ({"value": None, "low": "0.03", "high": "0.3"}, True),
        ({"limits": (SOFT,)}, False),
        ({"limits": (HARD | {"exceeded": True},)}, True),
        ({"limits": (PUMP,)}, True),
    ],
)
def test_no_face_shows_a_dose_past_a_hard_limit(changes: dict[str, Any], stops: bool) -> None:
    item = limited(**({"limits": (HARD,)} | changes))
    advice = invented.advice(items=(item,), values={})
    for shown in (text.show(advice, width=80), page.show(advice)):
        assert ("not shown: it passes the hard limit" in " ".join(shown.split())) is stops
        assert ("9 mL/h" in shown) is not stops


@pytest.mark.parametrize("verdict", ["blocked", "withheld", "does-not-apply"])
def test_what_does_not_hold_shows_no_dose(verdict: str) -> None:
    advice = invented.advice(items=(invented.items()[0]._replace(verdict=verdict),), values={})
    for shown in (text.show(advice, width=80, everything=True), page.show(advice, everything=True)):
        assert "0.03 units/min" not in shown and "9 mL/h" not in shown and "Consider adding" not in shown


def test_undecided_dose_says_so() -> None:
    advice = invented.advice(items=(invented.items()[3],))
    assert "if it applies: 200 mg/d" in text.show(advice, width=80)
    assert "if it applies: 200 mg/d" in page.show(advice)


def test_labelling_stands_beside_the_dose() -> None:
    item = invented.items()[1]
    assert "<dd>from 0.28 to 0.3 mcg/kg/min base <small>" in page.tiles(item)


def test_unknown_labelling_is_said() -> None:
    assert wording.dose_words(Dose("norepinephrine", "0.1", "ug/kg/min", "unknown")).endswith(", labelling unknown")


@pytest.mark.parametrize(
    ("bag", "said"),
    [
        ({"amount": "4 mg", "volume": "250 mL", "basis": "base"}, "4 mg in 250 mL (base)"),
        ({"amount": "20 U", "volume": "100 mL"}, "20 units in 100 mL"),
        (
            {
                "amount": "4",
                "amount_unit": "mg",
                "volume": Fraction(250),
                "volume_unit": "mL",
                "basis": "unknown",
            },
            "4 mg in 250 mL",
        ),
        ({}, ""),
    ],
)
def test_bag_words(bag: dict[str, Any], said: str) -> None:
    assert wording.bag_words(bag) == said


def test_every_item_is_in_exactly_one_group() -> None:
    odd = invented.items()[0]._replace(urgency="someday")
    advice = invented.advice(items=(*invented.items(), odd))
    grouped = [item for _, items in outline.groups(advice, everything=True) for item in items]
    statements = [item for item in advice.items if item.action != "ask"]
    assert sorted(map(id, grouped)) == sorted(map(id, statements))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("above 0.25 ug/kg/min", "above 0.25 mcg/kg/min"),
        ("60 to 65 mm[Hg]", "60 to 65 mmHg"),
        ("at 0.03 U/min", "at 0.03 units/min"),
        ("nothing to respell: bug/report, EU/US", "nothing to respell: bug/report, EU/US"),
    ],
)
def test_prose_spells_units_as_the_figures_do(written: str, said: str) -> None:
    assert wording.prose(written) == said


def test_a_first_dose_does_not_come_from_zero() -> None:
    assert wording.dose_words(Dose("x", "0.03", "U/min", None, "0", "0.03")) == "0.03 units/min"
    assert wording.dose_words(Dose("x", "0.03", "U/min", None, "0.01", "0.03")) == "from 0.01 to 0.03 units/min"


@pytest.mark.parametrize(
    ("action", "target", "verdict", "said"),
    [
        ("avoid", "map", "applies", "Consider avoiding a higher MAP"),
        ("avoid", "dopamine", "applies", "Consider avoiding dopamine"),
        ("start", "norepinephrine", "applies-unless", "Consider starting norepinephrine"),
        ("start", "norepinephrine", "cannot-tell", "Starting norepinephrine"),
        ("prepare", "arterial-line", "blocked", "Preparing arterial line"),
        ("inform", "norepinephrine", "applies", "About norepinephrine"),
        ("ask", "norepinephrine.basis", "applies", "Missing: norepinephrine form (base or salt)"),
    ],
)
def test_headlines_consider_and_never_order(action: str, target: str, verdict: str, said: str) -> None:
    item = invented.items()[0]._replace(action=action, target=target, verdict=verdict)
    assert outline.do_words(item) == said


def test_every_place_and_near_statement_is_named_once() -> None:
    item = invented.items()[0]
    twice = item._replace(cites=item.cites * 2, links=("a", "b", "a"))
    assert outline.places(twice) == outline.places(item)
    assert outline.see_also(twice) == "a, b"


@pytest.mark.parametrize(
    ("verdict", "lead"),
    [
        ("applies", ""),
        ("applies-unless", ""),
        ("cannot-tell", "If it applies: "),
        ("blocked", "Would say: "),
        ("withheld", "Would say: "),
        ("does-not-apply", "Would say: "),
    ],
)
def test_what_does_not_hold_is_never_told_as_a_finding(verdict: str, lead: str) -> None:
    item = invented.items()[0]._replace(verdict=verdict, text="This patient is a child.")
    advice = invented.advice(items=(item,))
    for shown in (text.show(advice, width=80, everything=True), page.show(advice, everything=True)):
        found = re.search(r"(\S+ \S+ \S+ |)This patient is a child", " ".join(re.sub("<[^>]*>", " ", shown).split()))
        assert found and found[1].endswith(lead) and ("applies: " in found[1] or "say: " in found[1]) is bool(lead)
