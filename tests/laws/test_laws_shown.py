"""Every number on a face is the stored one: exact, or rounded as it says beside it."""

from __future__ import annotations

import html
import json
import re
from fractions import Fraction
from typing import Any

import pytest
from answers import examples, plain
from answers import part as part
from hypothesis import given
from hypothesis import strategies as st
from law_patients import AT, FACTS, Bag, Entry, Record, changed, patients, sound_patients

import vasotone
from vasotone.advice import Advice, Item

NUMBER = re.compile(r"(about )?(?<![\w.])(\d+/\d+|\d+(?:\.\d+)?)(?![\w.]*\w/)")
FRACTION = re.compile(r"\d\s*/\s*\d")
NAMED = re.compile(r"statement ([\w.-]+)")
DERIVED = Fraction(1, 1000)


def shows(text: str, exact: Fraction) -> bool:
    """Whether a text shows a number: as it is, or near it where it says about and no decimal is exact."""
    return any(is_one_of(about + written, [exact]) for about, written in NUMBER.findall(text))


def rounding(written: str) -> Fraction:
    """Half a unit of the last written place."""
    return Fraction(1, 2) / 10 ** len(written.partition(".")[2])


def is_one_of(text: str, allowed: list[Fraction]) -> bool:
    """Whether every number of a text is one of the stored ones, or near one where it says about."""
    for about, written in NUMBER.findall(text):
        shown = Fraction(written)
        exact = shown in allowed
        near = bool(about) and any(abs(shown - one) <= rounding(written) for one in allowed)
        if not (exact or near):
            return False
    return True


def of_dose(item: Item) -> list[Fraction]:
    """The exact numbers of a dose and of its limits."""
    dose = item.dose
    assert dose is not None
    found = [dose.value, dose.dose_from, dose.dose_to, dose.low, dose.high, dose.step]
    return [one for one in found if one is not None] + [Fraction(str(limit["value"])) for limit in dose.limits]


def of_pump(item: Item) -> list[Fraction]:
    """The exact numbers of a pump rate and of its bag."""
    pump = item.pump
    assert pump is not None
    bag = [Fraction(pump.bag[key].split()[0]) for key in ("amount", "volume")]
    return [pump.rate, Fraction(pump.exact), *bag]


def dosed(record: Record) -> Advice:
    """Everything that is said of a patient."""
    return vasotone.advise(plain(record), facts=FACTS, everything=True)


@st.composite
def on_a_drip(draw: st.DrawFn) -> Record:
    """A patient in shock on norepinephrine written per minute or per kilogram, so that doses need not end."""
    record = draw(sound_patients())
    unit = draw(st.sampled_from(("mcg/min", "ug/kg/min", "mg/h", "mL/h")))
    value = Fraction(draw(st.integers(1, 60)), 100 if unit == "ug/kg/min" else 2)
    bag = Bag("4 mg", "250 mL", draw(st.sampled_from(("base", "bitartrate", "tartrate"))))
    drip = Entry(value, unit, basis=bag.basis, bag=bag)
    low = Entry(Fraction(draw(st.sampled_from((50, 58, 90)))))
    weight = Entry(Fraction(draw(st.sampled_from((70, 72, 80, 91)))), kind="actual")
    return changed(record, norepinephrine=drip, map=low, sbp=None, dbp=None, weight=weight, age=Entry(Fraction(60)))


@examples(30)
@given(record=on_a_drip())
def test_m23_numbers_of_the_text_are_the_stored_ones(record: Record) -> None:
    advice = dosed(record)
    by_name = {item.statement: item for item in advice.items}
    text = vasotone.show(advice, "text", everything=True, width=600)
    seen = 0
    for block in text.split("\n\n"):
        named = NAMED.findall(block)
        lines = {line[4:13].strip(): line[13:] for line in block.splitlines() if line.startswith("    ")}
        item = by_name.get(named[-1]) if named else None
        if item is None or item.dose is None or "Dose" not in lines:
            continue
        seen += 1
        assert shows(lines["Dose"], item.dose.dose_to), lines["Dose"]
        assert is_one_of(lines["Dose"], of_dose(item)), (lines["Dose"], of_dose(item))
        if item.pump is not None:
            assert shows(lines["Pump"], item.pump.rate)
            assert is_one_of(lines["Pump"], of_pump(item)), (lines["Pump"], of_pump(item))
    assert seen == sum(item.dose is not None for item in advice.items)


@examples(20)
@given(record=on_a_drip())
def test_m23_numbers_of_the_page_are_the_stored_ones(record: Record) -> None:
    advice = dosed(record)
    page = vasotone.show(advice, "page", everything=True)
    articles = re.findall(r"<article.*?</article>", page, flags=re.DOTALL)
    by_name = {item.statement: item for item in advice.items if item.dose is not None}
    seen = set()
    for article in articles:
        figures = dict(re.findall(r"<dt>(Dose|Pump)</dt><dd>(.*?)</dd>", article, flags=re.DOTALL))
        named = [name for name in by_name if re.search(rf"[ ;]{re.escape(name)}<", article)]
        if not named or "Dose" not in figures:
            continue
        item = by_name[named[-1]]
        seen.add(item.statement)
        shown = {key: html.unescape(re.sub(r"<[^>]+>", "", value)) for key, value in figures.items()}
        assert item.dose is not None and shows(shown["Dose"], item.dose.dose_to)
        assert is_one_of(shown["Dose"], of_dose(item)), shown
        if item.pump is not None:
            assert is_one_of(shown["Pump"], of_pump(item)), shown
    # a full page puts the later ones in two lines
    for line in re.findall(r"<li><b>.*?</p></li>", page, flags=re.DOTALL):
        named = re.findall(r" ([\w-]+)</p></li>$", line)
        told = html.unescape(re.sub(r"<[^>]+>", "", line.partition('<p class="small">')[2])).partition(". ")[0]
        figures = dict(one.split(" ", 1) for one in told.split("; ") if one.startswith(("Dose ", "Pump ")))
        if named and named[-1] in by_name and "Dose" in figures:
            item = by_name[named[-1]]
            seen.add(item.statement)
            assert is_one_of(figures["Dose"], of_dose(item)), figures
            assert item.pump is None or is_one_of(figures["Pump"], of_pump(item)), figures
    assert seen == set(by_name)


def parses_back(written: Any, exact: Fraction) -> bool:
    """Whether a JSON number is the exact one, or the nearest that JSON can hold where no decimal ends."""
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1 and exact.denominator <= 10**12:
        return Fraction(repr(written)) == exact
    return bool(written == float(exact))


@examples(40)
@given(record=st.one_of(on_a_drip(), patients()))
def test_m23_numbers_of_the_record_are_the_stored_ones(record: Record) -> None:
    from vasotone.state import state_at

    table = plain(record)
    state, advice = state_at(table, FACTS), vasotone.advise(table, facts=FACTS, everything=True)
    found = json.loads(json.dumps(advice.to_dict(everything=True)))
    for name, value in found["values"].items():
        exact = state.readings[name].value
        if isinstance(exact, Fraction) and value["origin"] == "derived":
            assert abs(Fraction(repr(value["value"])) - exact) <= DERIVED / 2, name
        elif isinstance(exact, Fraction):
            assert parses_back(value["value"], exact), name
    for item, written in zip(advice.items, found["items"], strict=True):
        if item.dose is None:
            continue
        for key, exact in (
            ("value", item.dose.value),
            ("from", item.dose.dose_from),
            ("to", item.dose.dose_to),
            ("low", item.dose.low),
            ("high", item.dose.high),
            ("step", item.dose.step),
        ):
            assert written["dose"][key] is None if exact is None else parses_back(written["dose"][key], exact), key
        if item.pump is not None:
            assert abs(Fraction(written["pump"]["exact"]) - Fraction(str(written["pump"]["rate"]))) < Fraction(1, 10)


def test_m23_a_wrong_number_is_seen() -> None:
    assert is_one_of("from about 0.07143 to 0.12", [Fraction(1, 14), Fraction(3, 25)])
    assert not shows("from 0.07143 to 0.12", Fraction(1, 14)) and shows("about 0.07143", Fraction(1, 14))
    assert not is_one_of("0.13 mcg/kg/min", [Fraction(3, 25)])
    assert not is_one_of("about 0.0724", [Fraction(1, 14)])
    assert not is_one_of("0.0714", [Fraction(1, 14)])


@examples(30)
@given(record=on_a_drip())
def test_m23_no_face_shows_a_fraction(record: Record) -> None:
    advice = dosed(record)
    text = vasotone.show(advice, "text", everything=True, width=600)
    page = html.unescape(re.sub(r"<[^>]+>", " ", vasotone.show(advice, "page", everything=True)))
    labels = ("Dose", "Pump", "Limits", "Why")
    lines = [line for line in text.splitlines() if line[4:13].strip() in labels]
    lines += [line.strip() for line in text.split("CONSIDER NOW")[1].split("PATIENT")[0].splitlines()]
    assert [line for line in lines if FRACTION.search(line)] == []
    for item in advice.items:
        for exact in [] if item.dose is None else of_dose(item):
            if exact.denominator > 1:
                assert f"{exact.numerator}/{exact.denominator}" not in text
                assert f"{exact.numerator}/{exact.denominator}" not in page


@pytest.mark.parametrize(("drug", "runs", "limit"), [("norepinephrine", "5", "3.3"), ("vasopressin", "0.2", "0.1")])
def test_m22_no_number_beyond_a_hard_limit_is_a_dose_to_consider(drug: str, runs: str, limit: str) -> None:
    series = {
        "age": [Entry(Fraction(60))],
        "weight": [Entry(Fraction(80), kind="actual")],
        "map": [Entry(Fraction(95))],
    }
    off = {name: [Entry(Fraction(0))] for name in ("norepinephrine", "vasopressin", "epinephrine") if name != drug}
    record = Record(AT, series | off | {drug: [Entry(Fraction(runs), basis="base")]}, ["septic-shock", "recovering"])
    advice = dosed(record)
    lowered = [item for item in advice.items if (item.action, item.target) == ("lower", drug)]
    assert lowered and all(item.dose is None and item.pump is None for item in lowered)
    assert any("hard limit" in note for item in lowered for note in item.notes)
    nearly = changed(record, **{drug: Entry(Fraction(limit), basis="base")})
    assert any(item.dose for item in dosed(nearly).items if (item.action, item.target) == ("lower", drug))


@examples(30)
@given(record=on_a_drip(), profile=st.sampled_from(sorted(FACTS.profiles)))
def test_m22_no_record_holds_a_number_beyond_a_hard_limit(record: Record, profile: str) -> None:
    found = vasotone.advise(plain(record), profile=profile, facts=FACTS, everything=True).to_dict(everything=True)
    for item in found["items"]:
        for limit in item["dose"]["limits"] if item["dose"] else ():
            if limit["kind"] == "hard":
                assert not limit["exceeded"], (item["statement"], limit["name"])
                ends = [item["dose"][key] for key in ("to", "value", "low", "high")]
                same = limit["unit"] == item["dose"]["unit"]
                assert not same or max(end for end in ends if end is not None) <= limit["value"]
