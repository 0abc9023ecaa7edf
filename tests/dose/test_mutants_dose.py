"""Whole answers and whole errors, word for word, kept in `golden_doses.json` and read before they are kept.

What stands beside a number (its unit, its form, why it was refused) matters as much as the number.
`VASOTONE_REGOLD=1` writes the file anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dosing_facts import ask, drugs

from vasotone import units
from vasotone.dose import form_factors, pump_rate, read_bag, read_form, read_weight
from vasotone.dose_record import OF_DOSES
from vasotone.errors import VasotoneError

GOLDEN = Path(__file__).with_name("golden_doses.json")
SMALL = {"weight": "80 kg", "bag": "4 mg/250 mL"}
BASE = {**SMALL, "basis": "base"}
QUESTIONS: dict[str, dict[str, str]] = {
    "a dose": {"dose": "0.1 ug/kg/min", **BASE},
    "a rate": {"rate": "30 mL/h", **BASE},
    "rounded to the pump": {"dose": "0.1 ug/kg/min", "weight": "70 kg", "bag": "4 mg/250 mL", "basis": "base"},
    "bitartrate": {"dose": "0.2 ug/kg/min", **SMALL, "basis": "bitartrate"},
    "another form in the bag": {"dose": "0.2 ug/kg/min", **SMALL, "basis": "base", "bag_basis": "bitartrate"},
    "form not known": {"dose": "0.2 ug/kg/min", **SMALL, "basis": "unknown"},
    "form not named": {"dose": "0.2 ug/kg/min", **SMALL},
    "per minute": {"dose": "8 ug/min", **BASE},
    "per minute, no weight": {"dose": "8 ug/min", "bag": "4 mg/250 mL", "basis": "base"},
    "past the hard limit": {"dose": "5 ug/kg/min", **BASE},
    "past the soft limit": {"dose": "1.2 ug/kg/min", **BASE},
    "far below": {"dose": "0.001 ug/kg/min", **BASE},
    "tenfold step": {"dose": "0.8 ug/kg/min", "current": "0.08 ug/kg/min", **BASE},
    "seventyfold step": {"dose": "0.7 ug/kg/min", "current": "0.01 ug/kg/min", **BASE},
    "step from nothing": {"dose": "0.1 ug/kg/min", "current": "0 ug/kg/min", **BASE},
    "step from a rate": {"rate": "60 mL/h", "current": "10 mL/h", **BASE},
    "placeholder weight": {"dose": "0.1 ug/kg/min", "weight": "1 kg", "bag": "4 mg/250 mL", "basis": "base"},
    "weight of zero": {"dose": "0.1 ug/kg/min", "weight": "0 kg", "bag": "4 mg/250 mL", "basis": "base"},
    "pounds": {"dose": "0.1 ug/kg/min", "weight": "176 [lb_av]", "bag": "4 mg/250 mL", "basis": "base"},
    "heavy": {"dose": "0.1 ug/kg/min", "weight": "250 kg", "bag": "4 mg/250 mL", "basis": "base"},
    "undiluted": {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "4 mg/4 mL", "basis": "base"},
    "stronger than the vial": {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "16 mg/4 mL", "basis": "base"},
    "vasopressin": {"drug": "vasopressin", "dose": "0.03 U/min", "bag": "0.2 U/mL"},
    "vasopressin per hour": {"drug": "vasopressin", "dose": "1.8 U/h", "bag": "20 U/100 mL"},
    "vasopressin, an hour for a minute": {"drug": "vasopressin", "dose": "1.8 U/min", "bag": "20 U/100 mL"},
    "angiotensin II": {"drug": "angiotensin_ii", "dose": "20 ng/kg/min", "weight": "80 kg", "bag": "2.5 mg/500 mL"},
    "zero": {"dose": "0 ug/kg/min", **BASE},
    "pump too slow": {"dose": "0.01 ug/kg/min", "weight": "50 kg", "bag": "16 mg/100 mL", "basis": "base"},
    "no bag": {"dose": "0.1 ug/kg/min", "weight": "80 kg", "basis": "base"},
    "no weight": {"dose": "0.1 ug/kg/min", "bag": "4 mg/250 mL", "basis": "base"},
    "nothing asked": {**BASE},
    "both asked": {"dose": "0.1 ug/kg/min", "rate": "30 mL/h", **BASE},
    "negative": {"dose": "-0.1 ug/kg/min", **BASE},
    "negative rate": {"rate": "-3 mL/h", **BASE},
    "a comma": {"dose": "0,1 ug/kg/min", **BASE},
    "a bare number": {"dose": "0.1", **BASE},
    "unknown unit": {"dose": "0.1 mcq/kg/min", **BASE},
    "a rate that is a dose": {"rate": "30 ug/min", **BASE},
    "a dose that is a rate": {"dose": "30 mL/h", **BASE},
    "a weight that is a length": {"dose": "0.1 ug/kg/min", "weight": "80 cm", "bag": "4 mg/250 mL", "basis": "base"},
    "an empty bag": {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "0 mg/250 mL", "basis": "base"},
    "a bag of nothing": {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "4 mg/0 mL", "basis": "base"},
    "a bag without a volume": {"dose": "0.1 ug/kg/min", "weight": "80 kg", "bag": "4 mg", "basis": "base"},
    "units in a bag of milligrams": {"drug": "vasopressin", "dose": "0.03 U/min", "bag": "20 mg/100 mL"},
    "no such form": {"dose": "0.1 ug/kg/min", **SMALL, "basis": "lactate"},
    "a form for a drug without": {"drug": "vasopressin", "dose": "0.03 U/min", "bag": "0.2 U/mL", "basis": "base"},
    "not a pump drug": {"drug": "phentolamine", "dose": "5 mg", "bag": "10 mg/10 mL"},
    "a running dose that cannot be read": {"dose": "0.1 ug/kg/min", "current": "much", **BASE},
    "a negative running dose": {"dose": "0.1 ug/kg/min", "current": "-1 ug/kg/min", **BASE},
}
CALLS: dict[str, Callable[[], Any]] = {
    "weight": lambda: read_weight("80"),
    "weight, words": lambda: read_weight("eighty kg"),
    "bag": lambda: read_bag("4 mg in 250 mL"),
    "bag, two slashes": lambda: read_bag("4 mg/250 mL/h"),
    "form": lambda: read_form(drugs["norepinephrine"], "citrate"),
    "form of another": lambda: read_form(drugs["vasopressin"], "base"),
    "forms": lambda: {name: str(value) for name, value in form_factors(drugs["norepinephrine"]).items()},
    "number, text": lambda: units.number("0,5", where="here"),
    "number, point": lambda: units.number(".5", where="here"),
    "number, truth": lambda: units.number(True, where="here"),
    "number, nothing": lambda: units.number(None, where="here"),
    "number, list": lambda: units.number([1], where="here"),
    "number, not one": lambda: units.number(float("nan"), where="here"),
    "number, huge": lambda: units.number("1e99", where="here"),
    "number, other digits": lambda: units.number("٣", where="here"),
    "unit": lambda: units.unit("mcq/kg/min", where="here"),
    "unit, nothing": lambda: units.unit("", where="here"),
    "unit, long": lambda: units.unit("ug" * 50, where="here"),
    "unit, twice": lambda: units.unit("ug/kg/kg", where="here"),
    "unit, without a place": lambda: units.unit("mcq"),
    "quantity": lambda: units.quantity("5", where="here"),
    "quantity, no number": lambda: units.quantity("mg", where="here"),
    "quantity, empty": lambda: units.quantity("", where="here"),
    "convert, kinds": lambda: units.convert(units.number(1, where=""), "ug/min", "mL/h"),
    "convert, no weight": lambda: units.convert(units.number(1, where=""), "ug/kg/min", "ug/min"),
    "convert, weight of zero": lambda: units.convert(
        units.number(1, where=""), "ug/kg/min", "ug/min", weight_kg=units.number(0, where="")
    ),
    "to base": lambda: units.to_base(units.number(1, where=""), "lactate", {"base": units.number(1, where="")}),
    "from base": lambda: units.from_base(units.number(1, where=""), "lactate", {"base": units.number(1, where="")}),
    "to base, nothing": lambda: units.to_base(units.number(1, where=""), "salt", {"salt": units.number(0, where="")}),
    "from base, nothing": lambda: units.from_base(
        units.number(1, where=""), "salt", {"salt": units.number(0, where="")}
    ),
    "to base, at a place": lambda: units.to_base(units.number(1, where=""), "lactate", {}, where="here"),
    "from base, at a place": lambda: units.from_base(units.number(1, where=""), "lactate", {}, where="here"),
    "round": lambda: units.round_to(units.number(1, where=""), units.number(0, where="")),
    "round, mode": lambda: units.round_to(units.number(1, where=""), units.number(1, where=""), "sideways"),
    "pump rate without weight": lambda: pump_rate(
        units.number(1, where=""), "ug/kg/min", weight_kg=None, bag_amount=units.number(4, where=""),
        bag_unit="mg", bag_volume_ml=units.number(250, where=""), increment=units.number("0.1", where=""),
    ),
}  # fmt: skip


def answered(texts: dict[str, str]) -> dict[str, Any]:
    """The record, the text and the exit code of one question, or its whole error; what cites say is left out."""
    try:
        result = ask(**texts)
    except VasotoneError as error:
        return {"error": error.to_dict()}
    record = json.loads(json.dumps(result.to_dict()))
    for limit in record["limits"]:
        del limit["cite"], limit["why"]
    return {"record": record, "text": result.text().splitlines(), "exit": result.exit_code}


def called(call: Callable[[], Any]) -> Any:
    """What a call gives, or its whole error."""
    try:
        return {"gives": str(call())}
    except VasotoneError as error:
        return {"error": error.to_dict()}


def kept() -> dict[str, Any]:
    """What the file says."""
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


if os.environ.get("VASOTONE_REGOLD"):
    everything = {
        "questions": {name: answered(texts) for name, texts in QUESTIONS.items()},
        "calls": {name: called(call) for name, call in CALLS.items()},
    }
    parts = [
        f'"{part}": {{\n'
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in answers.items())
        + "\n}"
        for part, answers in everything.items()
    ]
    GOLDEN.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_whole_answer(name: str) -> None:
    assert answered(QUESTIONS[name]) == kept()["questions"][name]


@pytest.mark.parametrize("name", CALLS)
def test_a_whole_error(name: str) -> None:
    assert called(CALLS[name]) == kept()["calls"][name]


def test_what_a_site_changed_stands_below_the_answer() -> None:
    kind = OF_DOSES[0]
    changes = [{"kind": kind, "text": "a bag"}, {"kind": kind, "text": "a limit"}, {"kind": "word", "text": "a word"}]
    site = {"notice": "As this site sets it.", "changes": changes}
    plain = ask(**QUESTIONS["a dose"])
    result = plain._replace(site=site)
    assert result.text().splitlines() == [
        *plain.text().splitlines(), "  As this site sets it.", "  at this site: a bag; a limit"
    ]  # fmt: skip
    assert result.to_dict() == {**plain.to_dict(), "site": site}
    without = plain._replace(site={"notice": "As this site sets it.", "changes": changes[2:]})
    assert without.text().splitlines() == [*plain.text().splitlines(), "  As this site sets it."]


def test_nothing_is_kept_that_is_not_asked() -> None:
    assert (set(kept()["questions"]), set(kept()["calls"])) == (set(QUESTIONS), set(CALLS))
