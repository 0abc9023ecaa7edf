"""The words and numbers that every face of an advice shares; numbers stay exact until they are text."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vasotone.advice import Dose, Pump
from vasotone.units import decimal_text

LONGEST = 900  # characters of one field that came from outside
UNIT_WORDS = {"mm[Hg]": "mmHg", "1": "", "a": "years", "wk": "weeks", "cm[H2O]": "cmH2O"}
READ = {  # names that do not read as words
    "norepinephrine.basis": "norepinephrine form (base or salt)",
    "rv_dilated": "dilated right ventricle",
    "dvt_acute": "acute DVT",
    "lactate_previous": "previous lactate",
}
QUALITY = {
    "basis-unknown": "form not known",
    "unit-unknown": "unit not known",
    "not-a-number": "no number",
    "weight-needed": "needs a weight",
    "unknown": "",
}
NAMES = {
    word.lower(): word
    for word in "MAP SBP DBP CVP HR CRT pH ScvO2 SpO2 LVEF AKI NE NEE DSI VIS SOFA SOFA2 IAP G6PD II ARDS RV".split()
}
SOUND = ("", "ok", "good", "sound", "fresh")


def clean(text: object, limit: int = LONGEST) -> str:
    """Text from outside as one inert line: no control, no direction mark, no lone surrogate, not endless."""
    plain = str(text)
    if not plain.isprintable():
        plain = "".join(plain_character(c) for c in plain[: limit * 4])
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def plain_character(c: str) -> str:
    """A printable character itself, any kind of space as a space, anything else gone or marked."""
    if c.isprintable():
        return c
    if c.isspace():
        return " "
    return "\ufffd" if "\ud800" <= c <= "\udfff" else ""


def prose(text: object) -> str:
    """Wording from the facts or from outside, inert, its units spelled as on the figures beside it."""
    plain = clean(text)
    for spelled, said in (("mm[Hg]", "mmHg"), (" ug/", " mcg/"), (" U/", " units/"), ("[iU]", "units")):
        plain = plain.replace(spelled, said)
    return plain


def numeral(value: object) -> str:
    """A number as people write it: an exact decimal, or one near it, marked as about, where none is exact."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    exact = exactly(value)
    if exact is None:
        return clean(value)
    return decimal_text(exact) if ends(exact) else "about " + rounded(exact)


def reading(value: object) -> str:
    """A recorded or derived value: exact when short, else four significant digits marked as about."""
    exact = exactly(value)
    if exact is None or (ends(exact) and len(decimal_text(exact)) <= 8):
        return numeral(value)
    return "about " + rounded(exact)


def rounded(exact: Fraction, digits: int = 4) -> str:
    """A number to so many significant digits, for reading beside the exact one."""
    places = 0
    while places < 12 and abs(exact) * 10**places < 10 ** (digits - 1):
        places += 1
    return decimal_text(Fraction(round(exact * 10**places), 10**places))


def exactly(value: object) -> Fraction | None:
    """The exact number behind a value as it stands in a record, or None when it is no number."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or value is None:
        return None
    text = str(value)
    # Fraction() alone would also read "1_000", " 7 " and other digits of the world
    if len(text) > 60 or not text.isascii() or "_" in text or text != text.strip():
        return None
    if "e" in text.lower() and len(text.lower().partition("e")[2]) > 3:
        return None
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def ends(exact: Fraction) -> bool:
    """Whether a number has an exact decimal of reasonable length."""
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1 and exact.denominator <= 10**12


def unit_words(unit: object) -> str:
    """A unit as bedside staff read it; the letters that are misread (µ, a lone U) are spelled out."""
    if unit is None:
        return "unit not given"
    text = clean(unit, 40)
    if text in UNIT_WORDS:
        return UNIT_WORDS[text]
    head, slash, tail = text.partition("/")
    head = {"ug": "mcg", "µg": "mcg", "μg": "mcg", "U": "units", "[iU]": "units"}.get(head, head)
    return head + slash + tail


def with_unit(number: str, unit: object) -> str:
    """A number and its unit with one space, or the number alone for a bare count."""
    return f"{number} {unit_words(unit)}".rstrip()


def name_words(name: object) -> str:
    """A variable's, drug's or target's name as words, initials in capitals."""
    known = READ.get(str(name))
    if known is not None:
        return known
    plain = clean(name, 80).replace("_", " ").replace("-", " ").replace(".", " ")
    return " ".join(NAMES.get(word, word) for word in plain.split(" "))


def value_name(name: str, entry: dict[str, Any]) -> str:
    """A value's name: of a computed one the formula's own, since several formulas share a name."""
    return clean(entry["label"], 80) if entry.get("label") else name_words(name)


def age_words(minutes: object) -> str:
    """How long ago, in words of the right size; `minutes` may be unknown."""
    exact = exactly(minutes)
    if exact is None:
        return "time not given"
    whole = round(exact)
    if whole < 1:
        return "now"
    if whole < 120:
        return f"{whole} min ago"
    hours, rest = divmod(whole, 60)
    if hours < 48:
        return f"{hours} h {rest} min ago" if rest else f"{hours} h ago"
    return f"{hours // 24} d ago"


def limit_words(limit: dict[str, Any]) -> str:
    """A limit with its name and value."""
    name = name_words(limit.get("name", "limit"))
    value = limit.get("value")
    return name if value is None else f"{name} {with_unit(numeral(value), limit.get('unit', '1'))}"


def amount(value: object, unit: object, basis: str = "") -> str:
    """An amount with its labelling: exact, or about so much where no decimal is exact."""
    return with_unit(numeral(value), unit) + basis


def dose_words(dose: Dose) -> str:
    """A dose to consider with the form it is labelled in: exact, or marked as about where no decimal is."""
    basis = f" {clean(dose.basis, 30)}" if dose.basis else ""
    if dose.basis == "unknown":
        basis = ", labelling unknown"
    aim = dose.dose_to if dose.dose_to is not None else dose.value
    parts = []
    if dose.dose_from is not None and aim is not None and exactly(dose.dose_from) != 0:
        parts.append(f"from {numeral(dose.dose_from)} to {amount(aim, dose.unit, basis)}")
    elif aim is not None:
        parts.append(amount(aim, dose.unit, basis))
    if dose.low is not None and dose.high is not None:
        lead = "range " if parts else ""
        parts.append(f"{lead}{numeral(dose.low)} to {amount(dose.high, dose.unit, '' if parts else basis)}")
    if dose.step is not None:
        parts.append(f"steps of {step_words(dose.step, dose.unit)}")
    return ", ".join(parts)


def dose_short(dose: Dose) -> str:
    """The amount to consider alone, without range and steps."""
    alone = dose_words(dose._replace(low=None, high=None, step=None))
    return alone or dose_words(dose)


def step_words(step: object, unit: str) -> str:
    """A step, one number or a pair of them."""
    if isinstance(step, (list, tuple)):
        ends_of = [numeral(part) for part in step]
        return with_unit(" to ".join(ends_of), unit)
    if isinstance(step, dict):
        return with_unit(" to ".join(numeral(step[key]) for key in ("value", "low", "high") if key in step), unit)
    return amount(step, unit)


def pump_words(pump: Pump) -> str:
    """The pump rate as it can be set, and the exact one when it differs."""
    set_to, exact = exactly(pump.rate), exactly(pump.exact)
    text = with_unit(numeral(pump.rate), pump.unit)
    if set_to is None or exact is None:
        return text
    if set_to == exact:
        return f"{text} (exact)"
    return f"{text} (rounded from {numeral(exact)})"


def bag_words(bag: dict[str, Any]) -> str:
    """What hangs on the pump: amount, volume and the labelling of the amount."""
    content = measure_words(bag.get("amount"), bag.get("amount_unit"))
    volume = measure_words(bag.get("volume"), bag.get("volume_unit"))
    basis = bag.get("basis")
    labelled = clean(basis, 30) if basis and basis != "unknown" else ""
    assumed = {"origin": "the site's standard bag, assumed", "basis_origin": "labelling assumed"}
    marks = ", ".join([*([labelled] if labelled else []), *(assumed[key] for key in assumed if key in bag)])
    return content + (f" in {volume}" if volume else "") + (f" ({marks})" if marks else "")


def measure_words(measure: object, unit: object) -> str:
    """An amount that was written as one text (`20 U`) or as a number and its unit."""
    if measure is None:
        return ""
    if unit is None and isinstance(measure, str):
        number, _, unit = clean(measure, 60).partition(" ")
        return with_unit(numeral(number), unit) if unit else number
    return with_unit(numeral(measure), unit or "1")


def digest(facts: str) -> str:
    """The beginning of the facts' digest, enough to tell two apart."""
    name, colon, rest = clean(facts, 200).partition(":")
    return f"{name}:{rest[:12]}" if colon else name[:12]


def value_words(value: object) -> str:
    """A value in a reason: alone, or with its unit when it brings one."""
    if isinstance(value, dict):
        return with_unit(reading(value.get("value")), value.get("unit", "1"))
    if isinstance(value, (list, tuple)):
        return ", ".join(reading(part) for part in value)
    return reading(value)


def entry_words(entry: dict[str, Any]) -> tuple[str, str, str]:
    """A patient value: what it is, how old, and where from with what is held against it."""
    value = entry.get("value")
    text = reading(value)
    if exactly(value) is not None:
        text = with_unit(text, entry.get("unit", "1"))
    if value is None and entry.get("seen"):
        text = f"{clean(str(entry['seen']), 40)}, not used"
    elif entry.get("basis") not in (None, "", "unknown"):
        text += f" {clean(entry['basis'], 30)}"
    quality = clean(entry.get("quality") or "", 80)
    quality = QUALITY.get(quality, quality)
    origin = [clean(entry.get("origin") or "", 40), "" if quality in SOUND else quality]
    origin += [f"{part} assumed" for part in ("basis", "unit") if entry.get(f"{part}_origin") == "assumed"]
    origin = [part for part in origin if part and part != "measured"]
    if entry.get("origin") == "assumed":
        return text, "site default", ", ".join(origin)
    minutes = entry.get("age_minutes")
    age = "" if value is None and minutes is None else age_words(minutes)
    return text, age, ", ".join(origin)


def sound(entry: dict[str, Any]) -> bool:
    """Whether a patient value is in order: known, and nothing held against it."""
    return entry.get("value") is not None and str(entry.get("quality") or "") in SOUND


def near(entry: dict[str, Any]) -> str:
    """A computed value to three digits with its unit; the record holds it as it was computed."""
    exact = exactly(entry.get("value"))
    if exact is None:
        return entry_words(entry)[0]
    short = rounded(exact, 3)
    lead = "" if Fraction(short) == exact else "about "
    return lead + with_unit(short, entry.get("unit", "1"))


def together(words: list[str]) -> list[str]:
    """The words with each number joined to what follows it, so that no line ends between number and unit."""
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if before.lstrip("(").replace(".", "").replace("/", "").isdigit() and (word[0].isalpha() or word[0] in "%/"):
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined
