"""Exact quantities: strict numbers, a closed table of unit spellings, one converter, one rounding step."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from vasotone.errors import UnitError

Dimension = tuple[tuple[str, int], ...]

_DIGITS = frozenset("0123456789")
# These bounds only stop numbers that would exhaust memory or time; plausibility is judged from data.
_MOST_CHARACTERS = 40
_MOST_EXPONENT = 30
_LARGEST = 10**15
_SHOWN_DIGITS = 12


class Unit(NamedTuple):
    """A unit: its canonical spelling, its dimension, and how many of the base unit it is.

    Base units: g, L, s, m, m2, mol, U, Pa, 1. Per kilogram of body weight is a dimension of its own ("body").
    """

    text: str
    dimension: Dimension
    factor: Fraction

    @property
    def per_kg(self) -> bool:
        """Whether the unit is per kilogram of body weight."""
        return ("body", -1) in self.dimension


class Quantity(NamedTuple):
    """A number with its unit."""

    value: Fraction
    unit: Unit


def _bad_number(value: object, where: str, fix: str) -> UnitError:
    return UnitError(
        "not a number that can be read",
        where=where,
        seen=value,
        why="a misread decimal changes a dose tenfold",
        fix=fix,
    )


def number(value: object, *, where: str) -> Fraction:
    """An exact rational from an int, a float (as printed), a Decimal, a Fraction or plain decimal text.

    Raises UnitError for booleans, NaN, infinities, commas, a bare point, trailing text and huge magnitudes.
    """
    if isinstance(value, bool) or value is None:
        raise _bad_number(value, where, "write a number")
    if isinstance(value, (int, Fraction)):
        exact = Fraction(value)
    elif isinstance(value, str):
        exact = _number_text(value, where)
    elif isinstance(value, float):
        # repr is the shortest text that means this float, so 0.1 becomes 1/10 and not its binary neighbour.
        exact = _number_text(repr(value), where)
    else:
        from decimal import Decimal  # loaded already by fractions

        if not isinstance(value, Decimal):
            raise _bad_number(value, where, "write a number")
        exact = _number_text(str(value), where)
    if abs(exact) > _LARGEST or exact.denominator.bit_length() > 512:
        raise _bad_number("a number of that size", where, "write a number of ordinary size")
    return exact


def _all_digits(text: str) -> bool:
    return bool(text) and _DIGITS.issuperset(text)


def _unsigned(text: str) -> str:
    return text[1:] if text[:1] in ("+", "-") else text


def _number_text(text: str, where: str) -> Fraction:
    plain = text.strip()
    mantissa, e, exponent = _unsigned(plain).replace("E", "e").partition("e")
    whole, point, decimals = mantissa.partition(".")
    power = _unsigned(exponent)
    fits = _all_digits(whole) and (not point or _all_digits(decimals)) and (not e or _all_digits(power))
    if fits and len(plain) <= _MOST_CHARACTERS and int(power or 0) <= _MOST_EXPONENT:
        return Fraction(plain)
    if fits:
        fix = "write a number of ordinary size"
    elif "," in plain:
        fix = "write a decimal point and no thousands separator, for example 0.5 or 1000"
    elif _unsigned(plain).startswith("."):
        fix = "write the zero before the point, for example 0.5"
    elif plain.endswith("."):
        fix = "write a digit after the point, or no point"
    else:
        fix = "write digits with at most one decimal point, for example 0.5"
    raise _bad_number(text, where, fix)


# canonical spelling, kind, how many of the base unit, other spellings separated by "|"
_COMPONENTS = (
    ("kg", "mass", Fraction(1000), "kgs|KG|Kg|kilogram|kilograms"),
    ("g", "mass", Fraction(1), "gm|gram|grams"),
    ("mg", "mass", Fraction(1, 10**3), "mgs|MG|Mg|milligram|milligrams"),
    ("ug", "mass", Fraction(1, 10**6), "mcg|mcgs|\u00b5g|\u03bcg|UG|Ug|microgram|micrograms"),
    ("ng", "mass", Fraction(1, 10**9), "NG|Ng|nanogram|nanograms"),
    ("[lb_av]", "mass", Fraction("453.59237"), "lb|lbs|LB|Lb|pound|pounds"),
    ("L", "volume", Fraction(1), "l|liter|liters|litre|litres"),
    ("dL", "volume", Fraction(1, 10), "dl|DL|deciliter|decilitre"),
    ("mL", "volume", Fraction(1, 10**3), "ml|ML|Ml|cc|CC|milliliter|milliliters|millilitre|millilitres"),
    ("uL", "volume", Fraction(1, 10**6), "ul|UL|mcL|\u00b5L|\u03bcL|\u00b5l|\u03bcl|microliter|microlitre"),
    ("s", "time", Fraction(1), "sec|secs|second|seconds"),
    ("min", "time", Fraction(60), "mins|minute|minutes"),
    ("h", "time", Fraction(3600), "hr|HR|Hr|hrs|hour|hours"),
    ("d", "time", Fraction(86400), "day|days|24h|24 h|24hr|24 hr|24 hours"),
    ("wk", "time", Fraction(604800), "week|weeks"),
    ("mo", "time", Fraction(2629800), "month|months"),
    ("a", "time", Fraction(31557600), "y|yr|yrs|year|years"),
    ("m", "length", Fraction(1), "meter|meters|metre|metres"),
    ("cm", "length", Fraction(1, 100), "CM|centimeter|centimeters|centimetre|centimetres"),
    ("mm", "length", Fraction(1, 1000), "millimeter|millimeters|millimetre|millimetres"),
    ("[in_i]", "length", Fraction("0.0254"), "in|inch|inches"),
    ("m2", "area", Fraction(1), "m^2|m\u00b2"),
    ("mol", "amount", Fraction(1), "mole|moles"),
    ("mmol", "amount", Fraction(1, 10**3), "millimole|millimoles"),
    ("umol", "amount", Fraction(1, 10**6), "\u00b5mol|\u03bcmol|mcmol|micromole|micromoles"),
    ("nmol", "amount", Fraction(1, 10**9), "nanomole|nanomoles"),
    ("U", "activity", Fraction(1), "unit|units|[iU]|[IU]|IU|[USP'U]"),
    (
        "mU",
        "activity",
        Fraction(1, 10**3),
        "milliunit|milliunits|milli unit|milli units|m[iU]|m[IU]|mIU|m[USP'U]",
    ),
    ("Pa", "pressure", Fraction(1), "pascal"),
    ("kPa", "pressure", Fraction(1000), "kilopascal"),
    # The conventional millimetre of mercury: 13.5951 g/cm3 times 9.80665 m/s2, exact.
    ("mm[Hg]", "pressure", Fraction("133.322387415"), "mmHg|mm Hg|mmHg."),
    ("cm[H2O]", "pressure", Fraction("98.0665"), "cmH2O|cm H2O"),
    ("1", "number", Fraction(1), ""),
    ("%", "number", Fraction(1, 100), "percent"),
)
_BELOW = ("mass", "time", "area", "volume")  # what may stand after "/", in canonical order
_ABOVE = ("mass", "volume", "amount", "activity", "number")

_WHOLE: dict[str, str] = {
    **dict.fromkeys(("bpm", "beats/min", "{beats}/min", "breaths/min"), "/min"),
    **dict.fromkeys("K/uL|K/\u00b5L|K/\u03bcL|10^3/uL|x10^3/uL|10*9/L|10^9/L|x10^9/L".split("|"), "10*3/uL"),
    "G/DL": "g/dL",
    "dyn.s.cm-5": "dyn.s/cm5",
    "dyn.s.cm-5.m2": "dyn.s.m2/cm5",
}
_RESISTANCE: Dimension = (("pressure", 1), ("time", 1), ("volume", -1))
_CACHE: dict[str, Unit] = {
    "10*3/uL": Unit("10*3/uL", (("count", 1), ("volume", -1)), Fraction(10**9)),
    "dyn.s/cm5": Unit("dyn.s/cm5", _RESISTANCE, Fraction(100)),
    "dyn.s.m2/cm5": Unit("dyn.s.m2/cm5", (("area", 1), *_RESISTANCE), Fraction(100)),
}
_MOST_CACHED = 2000


def _spellings() -> dict[str, tuple[str, str, Fraction]]:
    table: dict[str, tuple[str, str, Fraction]] = {}
    for name, kind, factor, others in _COMPONENTS:
        for word in (name, *filter(None, others.split("|"))):
            table[word] = (name, kind, factor)
            # Shorter capitals (MU, G, S) can mean something else and are listed by hand; MIU is to many a million.
            if len(word) >= 3 and word != "mIU":
                table[word.upper()] = table[word.capitalize()] = (name, kind, factor)
    return table


_SPELLED = _spellings()


def unit(text: str, *, where: str = "unit") -> Unit:
    """The unit that a spelling in the closed table means; UnitError for any other spelling."""
    found = _CACHE.get(text) if isinstance(text, str) else None
    if found is not None:
        return found
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS:
        raise _unknown_unit(text, where)
    plain = "/".join(part.strip() for part in " ".join(text.split()).replace(" per ", "/").split("/"))
    plain = _WHOLE.get(plain, plain)
    made = _CACHE.get(plain) or _compose(plain, text, where)
    if len(_CACHE) < _MOST_CACHED:
        _CACHE[text] = made
    return made


def _unknown_unit(text: object, where: str) -> UnitError:
    return UnitError(
        "not a known unit",
        where=where,
        seen=text,
        why="a guessed unit can change a dose a thousandfold",
        fix="write it as in ug/kg/min, U/min, mg/h, mL/h, kg, mm[Hg] or mmol/L",
    )


def _compose(plain: str, seen: str, where: str) -> Unit:
    first, *rest = plain.split("/")
    parts = [_SPELLED.get(word) for word in (first or "1" if rest else first, *rest)]
    if any(part is None for part in parts):
        raise _unknown_unit(seen, where)
    (name, kind, factor), *below = [part for part in parts if part is not None]
    kinds = [entry[1] for entry in below]
    if below and (kind not in _ABOVE or len(set(kinds)) < len(kinds) or any(k not in _BELOW for k in kinds)):
        raise _unknown_unit(seen, where)
    powers = {} if kind == "number" else {kind: 1}
    label = "" if name == "1" and below else name
    for lower, lower_kind, lower_factor in sorted(below, key=lambda entry: _BELOW.index(entry[1])):
        label += "/" + lower
        if lower_kind == "mass":
            if lower != "kg":  # the only mass below the line is body weight
                raise _unknown_unit(seen, where)
            powers["body"] = -1
            continue
        powers[lower_kind] = powers.get(lower_kind, 0) - 1
        factor /= lower_factor
    dimension = tuple(sorted((k, n) for k, n in powers.items() if n))
    return Unit(label, dimension, factor)


def ucum(of: Unit) -> str:
    """The valid UCUM spelling of a unit; biological units are written as international units."""
    head, slash, tail = of.text.partition("/")
    return {"U": "[iU]", "mU": "m[iU]"}.get(head, head) + slash + tail


def _leading_number(text: str) -> str:
    """What stands before the unit, commas included so that they are refused by name."""
    end = len(text) - len(_unsigned(text))
    while end < len(text) and (text[end] in _DIGITS or text[end] in ".,"):
        end += 1
    after = end + 1
    if text[end:after] in ("e", "E"):
        after += text[after : after + 1] in ("+", "-")
        stop = after
        while stop < len(text) and text[stop] in _DIGITS:
            stop += 1
        end = stop if stop > after else end
    return text[:end]


def quantity(text: str, *, where: str) -> Quantity:
    """A number with its unit from text such as "80 kg"; UnitError where either is missing or unknown."""
    plain = text.strip() if isinstance(text, str) else ""
    head = _leading_number(plain)
    tail = plain[len(head) :].strip()
    if not head:
        raise _bad_number(text, where, 'write the number first, for example "0.5 mg"')
    if not _all_digits(head.removeprefix("-").replace(".", "", 1)):  # 1e3 and +1 are slips more often than doses
        raise _bad_number(head, where, "write plain digits, such as 0.05")
    value = number(head, where=where)
    if not tail:
        raise UnitError("the unit is missing", where=where, seen=text, why="no unit is ever assumed",
                        fix='write it after the number, for example "80 kg"')  # fmt: skip
    if tail[0].isdigit() and not tail.startswith(("10*", "10^")):
        raise _bad_number(text, where, "write one number and one unit")
    return Quantity(value, unit(tail, where=where))


def _difference(source: Unit, target: Unit) -> dict[str, int]:
    powers = dict(source.dimension)
    for kind, power in target.dimension:
        powers[kind] = powers.get(kind, 0) - power
    return {kind: power for kind, power in powers.items() if power}


def convert(
    value: Fraction,
    from_unit: Unit | str,
    to_unit: Unit | str,
    *,
    weight_kg: Fraction | None = None,
    grams_per_mole: Fraction | None = None,
) -> Fraction:
    """The same quantity in another unit, exactly.

    Per-kilogram and absolute convert only with `weight_kg`, mass and amount of substance only with
    `grams_per_mole`; everything else of another dimension is a UnitError.
    """
    source = from_unit if isinstance(from_unit, Unit) else unit(from_unit)
    target = to_unit if isinstance(to_unit, Unit) else unit(to_unit)
    result = value * source.factor / target.factor
    if source.dimension == target.dimension:
        return result
    gap = _difference(source, target)
    body = gap.pop("body", 0)
    where = f"{source.text} to {target.text}"
    mass, amount = gap.get("mass", 0), gap.get("amount", 0)
    if mass == -amount and abs(mass) == 1 and grams_per_mole is not None:
        del gap["mass"], gap["amount"]
        result = result / grams_per_mole if mass > 0 else result * grams_per_mole
    if gap or abs(body) > 1:
        raise UnitError(
            "these units do not convert",
            where=where,
            why="they measure different things",
            fix="check the unit",
        )
    if body and (weight_kg is None or weight_kg <= 0):
        raise UnitError(
            "a body weight is needed",
            where=where,
            seen=weight_kg,
            why="per kilogram and absolute differ by the weight",
            fix="give the weight in kg",
        )
    if body and weight_kg is not None:
        result = result * weight_kg if body < 0 else result / weight_kg
    return result


def round_to(value: Fraction, increment: Fraction, mode: str = "half-up") -> Fraction:
    """The nearest multiple of `increment`: "half-up" (ties away from zero), "half-even", "down", "up"."""
    if increment <= 0:
        raise UnitError("a rounding step must be above zero", where="round_to", seen=increment)
    steps = abs(value) / increment
    whole = steps.numerator // steps.denominator
    rest = steps - whole
    half = Fraction(1, 2)
    if mode == "half-up":
        more = rest >= half
    elif mode == "half-even":
        more = rest > half or (rest == half and whole % 2 == 1)
    elif mode in ("down", "up"):
        more = rest > 0 and (mode == "up") == (value > 0)
    else:
        raise UnitError("unknown rounding mode", where="round_to", seen=mode)
    size = (whole + more) * increment
    return size if value >= 0 else -size


def decimal_text(value: Fraction, places: int | None = None) -> str:
    """Plain decimal text without exponent or trailing zeros.

    Exact where the decimal ends and no `places` are given; otherwise rounded half-up to `places`, or to
    twelve significant digits where it never ends.
    """
    if places is None:
        places = _places(value)
    scaled = int(round_to(value * 10**places, Fraction(1)))
    digits = str(abs(scaled)).rjust(places + 1, "0")
    text = digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return "-" + text if scaled < 0 else text


def _places(value: Fraction) -> int:
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest == 1:
        return max(twos, fives)
    size = len(str(abs(value.numerator))) - len(str(value.denominator))
    return max(0, _SHOWN_DIGITS - size)


def plain_number(value: Fraction) -> int | float:
    """A rational as the JSON number that prints it; for display only, never to compute with."""
    return value.numerator if value.denominator == 1 else float(value)


def to_base(value: Fraction, form: str, factors: Mapping[str, Fraction], *, where: str = "basis") -> Fraction:
    """A mass written in one chemical form as mass of the base.

    `factors` says how much of each form equals one of base; an unlisted form is a UnitError.
    """
    factor = factors.get(form)
    if factor is None or factor <= 0:
        raise UnitError(
            "not a known form",
            where=where,
            seen=form,
            why="forms differ up to twofold in mass",
            fix="write one of " + ", ".join(factors),
        )
    return value / factor


def from_base(value: Fraction, form: str, factors: Mapping[str, Fraction], *, where: str = "basis") -> Fraction:
    """A mass of base as mass of one chemical form: the way back of `to_base`."""
    return value / to_base(Fraction(1), form, factors, where=where)
