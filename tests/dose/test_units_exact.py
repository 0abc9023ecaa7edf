"""Numbers, spellings and conversions are exact, and whatever is not listed is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasotone import units
from vasotone.errors import UnitError
from vasotone.units import convert, decimal_text, number, quantity, round_to, ucum, unit


@pytest.mark.parametrize(
    ("given_value", "exact"),
    [
        ("0.1", F(1, 10)),
        ("80", F(80)),
        ("-2.50", F(-5, 2)),
        ("+3", F(3)),
        ("1e3", F(1000)),
        ("2.5E-3", F(1, 400)),
        (0.1, F(1, 10)),
        (1e-05, F(1, 100000)),
        (7, F(7)),
        (Decimal("0.30"), F(3, 10)),
        (F(1, 3), F(1, 3)),
        (" 5 ", F(5)),
    ],
)
def test_a_number_is_read_exactly(given_value: object, exact: F) -> None:
    assert number(given_value, where="x") == exact


@pytest.mark.parametrize(
    "text",
    [
        "0,5",
        "1,000",
        ".5",
        "-.5",
        "5.",
        "",
        " ",
        "1.2.3",
        "1_000",
        "0x10",
        "1/2",
        "NaN",
        "inf",
        "-Infinity",
        "5 mg",
        "1 000",
        "٣",
        "１",
        "--5",
        "1e",
        "e5",
        "1e99",
        "1e-99",
        "9" * 60,
        "1e400",
    ],
)
def test_other_text_is_no_number(text: str) -> None:
    with pytest.raises(UnitError):
        number(text, where="x")


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        None,
        float("nan"),
        float("inf"),
        1e300,
        5e-324,
        10**400,
        [1],
        {},
        Decimal("NaN"),
        Decimal("Infinity"),
        b"1",
        1j,
    ],
)
def test_other_values_are_no_number(value: object) -> None:
    with pytest.raises(UnitError):
        number(value, where="x")


@pytest.mark.parametrize(
    ("text", "fix"), [("0,5", "decimal point"), (".5", "zero before"), ("5.", "after the point")]
)
def test_the_message_says_what_to_write(text: str, fix: str) -> None:
    with pytest.raises(UnitError) as caught:
        number(text, where="dose")
    assert fix in caught.value.fix and caught.value.where == "dose" and caught.value.seen == text


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_a_unit_error(text: str) -> None:
    try:
        value = number(text, where="x")
    except UnitError:
        return
    assert set(text.strip()) <= set("0123456789.eE+-") and value == F(text.strip())


SPELLINGS = {
    "ug/kg/min": [
        "ug/kg/min",
        "mcg/kg/min",
        "MCG/KG/MIN",
        "\u00b5g/kg/min",
        "\u03bcg/kg/min",
        "mcg/min/kg",
        "microgram/kg/minute",
        "micrograms per kg per min",
        " mcg / kg / min ",
    ],
    "ug/kg/h": ["mcg/kg/hr", "mcg/kg/hour", "Mcg/kg/hr"],
    "ug/min": ["mcg/min"],
    "ug/h": ["mcg/hr", "mcg/hour"],
    "mg/h": ["mg/h", "Mg/hr", "mg/hour"],
    "mg/min": ["mgs/min"],
    "ng/kg/min": ["nanograms/kg/minute", "ng/kg/min"],
    "mg/d": ["mg/day", "mg/24h", "mg/24 h"],
    "U/min": ["U/min", "units/min", "[iU]/min", "[USP'U]/min", "Units/Min", "IU/min"],
    "U/h": ["units/hour", "units/hr", "U/hr", "UNIT/HR", "Units/Hr"],
    "mU/min": ["MILLI UNITS/MIN", "mU/min", "milliunits/min"],
    "mL/h": ["ml/hr", "mL/hour", "cc/hr", "ML/HR"],
    "mm[Hg]": ["mmHg", "mm Hg", "mmHg.", "MMHG", "mm[Hg]"],
    "/min": ["bpm", "/min", "1/min", "beats/min"],
    "10*3/uL": ["K/uL", "10*9/L", "10^3/uL"],
    "L/min/m2": ["L/min/m2", "l/min/m^2", "L/min/m\u00b2"],
    "mL/kg/h": ["ml/kg/hr"],
    "[lb_av]": ["lb", "lbs", "pounds"],
    "umol/L": ["\u00b5mol/L", "umol/l", "micromol/L".replace("micromol", "micromole")],
    "cm[H2O]": ["cmH2O", "cm H2O"],
}


@pytest.mark.parametrize(("canonical", "spelled"), [(c, s) for c, many in SPELLINGS.items() for s in many])
def test_every_spelling_means_its_unit(canonical: str, spelled: str) -> None:
    assert unit(spelled) == unit(canonical)
    assert unit(spelled).text == canonical


@pytest.mark.parametrize(
    "text",
    [
        "mcq/kg/min",
        "mch/kg/min",
        "gamma",
        "",
        " ",
        "/",
        "//",
        "ug//min",
        "mg//min",
        "ug/kg/min/",
        "ug/lb/min",
        "u/min",
        "MU/h",
        "G",
        "S",
        "kg/ug",
        "mmHg/min",
        "ug/kg/kg/min",
        "ug/min/h",
        "1/1",
        "mcg.kg.min",
        "ug kg min",
        "ug\\kg\\min",
        "mg/g",
        "x" * 200,
        "ug/kg/mim",
        "0.1 ug",
        "%/%",
    ],
)
def test_an_unlisted_spelling_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        unit(text)


def test_no_spelling_means_two_units() -> None:
    seen: dict[str, str] = {}
    for name, _, _, others in units._COMPONENTS:
        for word in filter(None, [name, *others.split("|")]):
            for variant in {
                word,
                word.upper() if len(word) > 2 else word,
                word.capitalize() if len(word) > 2 else word,
            }:
                assert seen.setdefault(variant, name) == name, variant


@given(st.sampled_from(list(SPELLINGS)), st.integers(0, 20), st.characters())
def test_one_stray_character_is_never_read_as_another_unit(canonical: str, place: int, extra: str) -> None:
    place = min(place, len(canonical))
    spoiled = canonical[:place] + extra + canonical[place:]
    try:
        read = unit(spoiled)
    except UnitError:
        return
    # What is accepted is itself a listed spelling: every part stands in the table.
    parts = [part.strip() for part in " ".join(spoiled.split()).split("/")]
    assert all(part in units._SPELLED or part == "" for part in parts) or read == unit(canonical)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        ("60", "U/h", "U/min", F(1)),
        ("1", "U/min", "mU/min", F(1000)),
        ("0.1", "ug/kg/min", "ng/kg/min", F(100)),
        ("0.06", "mg/kg/h", "ug/kg/min", F(1)),
        ("176", "lb", "kg", F("79.83225712")),
        ("1", "L/min", "mL/h", F(60000)),
        ("95", "%", "1", F(95, 100)),
        ("1", "wk", "d", F(7)),
        ("12", "g/dL", "g/L", F(120)),
        ("1", "[in_i]", "cm", F("2.54")),
        ("760", "mm[Hg]", "kPa", F("101.3250144354")),
        ("1", "cm[H2O]", "Pa", F("98.0665")),
        ("5", "K/uL", "10*9/L", F(5)),
    ],
)
def test_conversions_are_exact(value: str, source: str, target: str, result: F) -> None:
    assert convert(F(value), source, target) == result
    assert convert(result, target, source) == F(value)


def test_per_kilogram_needs_the_weight() -> None:
    with pytest.raises(UnitError) as caught:
        convert(F(8), "ug/min", "ug/kg/min")
    assert "weight" in str(caught.value)
    assert convert(F(8), "ug/min", "ug/kg/min", weight_kg=F(80)) == F(1, 10)
    assert convert(F(1, 10), "ug/kg/min", "mg/h", weight_kg=F(80)) == F(48, 100)
    for weight in (F(0), F(-1)):
        with pytest.raises(UnitError):
            convert(F(8), "ug/min", "ug/kg/min", weight_kg=weight)


def test_amount_of_substance_needs_the_molar_mass() -> None:
    with pytest.raises(UnitError):
        convert(F(18), "mg/dL", "mmol/L")
    assert convert(F(18), "mg/dL", "mmol/L", grams_per_mole=F(90)) == F(2)
    assert convert(F(2), "mmol/L", "mg/dL", grams_per_mole=F(90)) == F(18)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("ug/min", "U/min"),
        ("ug/min", "ug"),
        ("ug/min", "mL/h"),
        ("mg/kg", "ug/min"),
        ("mm[Hg]", "mm"),
        ("kg", "m2"),
        ("/min", "ug/kg/min"),
        ("mg/dL", "U/L"),
    ],
)
def test_different_things_do_not_convert(source: str, target: str) -> None:
    with pytest.raises(UnitError):
        convert(F(1), source, target, weight_kg=F(80), grams_per_mole=F(90))


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        ("0.1 ug/kg/min", F(1, 10), "ug/kg/min"),
        ("80kg", F(80), "kg"),
        ("1000 mL", F(1000), "mL"),
        ("50%", F(50), "%"),
        ("7 10*3/uL", F(7), "10*3/uL"),
    ],
)
def test_a_quantity_is_a_number_and_a_unit(text: str, value: F, name: str) -> None:
    assert quantity(text, where="x") == (value, unit(name))


@pytest.mark.parametrize(
    "text",
    [
        "80",
        "kg",
        "0,5 mg",
        ".5 mg",
        "5. mg",
        "1 000 mL",
        "5 1",
        "5 5 mg",
        "NaN kg",
        "",
        "80 kg kg",
        "5e mg",
        "1e3 mL",
        "+5 mg",
        "1,000 U",
        "80 stone",
    ],
)
def test_a_quantity_without_number_or_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        quantity(text, where="x")


def test_ucum_spellings_of_biological_units() -> None:
    assert [ucum(unit(t)) for t in ("units/min", "mU/min", "U/mL", "mcg/kg/min", "U")] == [
        "[iU]/min",
        "m[iU]/min",
        "[iU]/mL",
        "ug/kg/min",
        "[iU]",
    ]


@pytest.mark.parametrize(
    ("mode", "results"),
    [
        ("half-up", (3, -3, 3, 2)),
        ("half-even", (2, -2, 3, 2)),
        ("down", (2, -3, 2, 2)),
        ("up", (3, -2, 3, 3)),
    ],
)
def test_rounding_modes(mode: str, results: tuple[int, ...]) -> None:
    assert tuple(round_to(v, F(1), mode) for v in (F(5, 2), F(-5, 2), F(26, 10), F(21, 10))) == results


@given(
    st.fractions(-1000, 1000),
    st.fractions(F(1, 1000), 10),
    st.sampled_from(["half-up", "half-even", "down", "up"]),
)
def test_rounding_gives_a_near_multiple_and_is_idempotent(value: F, step: F, mode: str) -> None:
    rounded = round_to(value, step, mode)
    assert (rounded / step).denominator == 1
    assert abs(rounded - value) <= (step / 2 if mode.startswith("half") else step)
    assert round_to(rounded, step, mode) == rounded
    assert mode != "down" or rounded <= value
    assert mode != "up" or rounded >= value


def test_bad_rounding_is_an_error() -> None:
    for step, mode in ((F(0), "half-up"), (F(-1), "half-up"), (F(1), "nearest-ish")):
        with pytest.raises(UnitError):
            round_to(F(1), step, mode)


@given(st.integers(-(10**12), 10**12), st.integers(0, 12))
def test_ending_decimals_print_exactly_and_parse_back(mantissa: int, places: int) -> None:
    value = F(mantissa, 10**places)
    text = decimal_text(value)
    assert F(text) == value == number(text, where="x")
    assert "e" not in text.lower() and not text.endswith(".") and ("." not in text or not text.endswith("0"))


def test_decimals_that_never_end_or_are_cut() -> None:
    assert decimal_text(F(1, 3)) == "0.333333333333"
    assert decimal_text(F(200, 3)) == "66.6666666667"
    assert decimal_text(F(105, 4), 1) == "26.3"
    assert decimal_text(F(-1, 1000), 1) == "0"


@given(st.integers(0, 10**6), st.integers(0, 4))
def test_a_display_number_parses_back_through_json(mantissa: int, places: int) -> None:
    value = F(mantissa, 10**places)
    assert number(json.loads(json.dumps(units.plain_number(value))), where="x") == value


def test_forms() -> None:
    factors = {"plain": F(1), "salt": F(2)}
    assert units.to_base(F(1, 2), "salt", factors) == F(1, 4)
    assert units.from_base(F(1, 4), "salt", factors) == F(1, 2)
    with pytest.raises(UnitError):
        units.to_base(F(1), "other", factors)
