"""Units, spellings, salts and drugs for the oracle, typed anew from the evidence record by another hand.

Integers only. Each part of a unit stands as (dimension, numerator, denominator): so many of the dimension's own
measure. The measures are ng, mU, s, mL, kg of body, nmol, Pa, m2 of body surface, um, and a plain one.
"""

from __future__ import annotations

Part = tuple[str, int, int]

MASS, BIO, TIME, VOLUME, BODY, AMOUNT = "mass", "bio", "time", "volume", "body", "amount"
PRESSURE, SURFACE, LENGTH, ONE = "pressure", "surface", "length", "one"

_SPELLED: tuple[tuple[Part, str], ...] = (
    ((MASS, 1, 1), "ng nanogram nanograms"),
    ((MASS, 10**3, 1), "ug mcg mcgs \u00b5g \u03bcg microgram micrograms"),
    ((MASS, 10**6, 1), "mg mgs milligram milligrams"),
    ((MASS, 10**9, 1), "g gm gram grams"),
    ((BIO, 1, 1), "mU milliunit milliunits m[iU] m[IU] mIU m[USP'U]"),
    ((BIO, 10**3, 1), "U unit units IU [iU] [IU] [USP'U]"),
    ((TIME, 1, 1), "s sec secs second seconds"),
    ((TIME, 60, 1), "min mins minute minutes"),
    ((TIME, 3600, 1), "h hr hrs hour hours"),
    ((TIME, 86400, 1), "d day days 24h 24hr"),
    ((TIME, 7 * 86400, 1), "wk week weeks"),
    # the Julian year of UCUM, 365.25 d, and a twelfth of it
    ((TIME, 31557600, 1), "a y yr yrs year years"),
    ((TIME, 2629800, 1), "mo month months"),
    ((VOLUME, 1, 1), "mL ml cc milliliter milliliters millilitre millilitres"),
    ((VOLUME, 100, 1), "dL dl deciliter decilitre"),
    ((VOLUME, 1000, 1), "L l liter liters litre litres"),
    ((VOLUME, 1, 1000), "uL ul mcL \u00b5L \u03bcL \u00b5l \u03bcl microliter microlitre"),
    ((BODY, 1, 1), "kg kgs kilogram kilograms"),
    # the avoirdupois pound is 0.45359237 kg by definition
    ((BODY, 45359237, 10**8), "lb lbs pound pounds [lb_av]"),
    ((AMOUNT, 1, 1), "nmol nanomole nanomoles"),
    ((AMOUNT, 10**3, 1), "umol \u00b5mol \u03bcmol mcmol micromole micromoles"),
    ((AMOUNT, 10**6, 1), "mmol millimole millimoles"),
    ((AMOUNT, 10**9, 1), "mol mole moles"),
    ((PRESSURE, 1, 1), "Pa pascal"),
    ((PRESSURE, 1000, 1), "kPa kilopascal"),
    # the conventional columns: 13595.1 and 1000 kg/m3 at 9.80665 m/s2; UCUM cuts mercury to 133.322 Pa
    ((PRESSURE, 135951 * 980665, 10**9), "mm[Hg] mmHg mmHg."),
    ((PRESSURE, 980665, 10**4), "cm[H2O] cmH2O"),
    ((SURFACE, 1, 1), "m2 m^2 m\u00b2"),
    ((LENGTH, 10**4, 1), "cm centimeter centimeters centimetre centimetres"),
    ((LENGTH, 10**3, 1), "mm millimeter millimeters millimetre millimetres"),
    ((LENGTH, 10**6, 1), "m meter meters metre metres"),
    ((LENGTH, 25400, 1), "in inch inches [in_i]"),
    ((ONE, 1, 1), "1"),
    ((ONE, 1, 100), "% percent"),
)
_APART = {
    "mm Hg": "mmHg", "cm H2O": "cmH2O", "milli unit": "mU", "milli units": "mU", "24 h": "d", "24 hr": "d",
    "24 hours": "d",
}  # fmt: skip

# Charts write whole words in capitals too (MCG/KG/MIN, Units/Hr). A single letter is never read in another case, and
# a biological unit with a capital M is none of these: it is a million units to some and a thousandth to others.
IN_DOUBT = ("MIU", "Miu", "MU", "Mu")

PARTS: dict[str, Part] = {}
for _part, _words in _SPELLED:
    PARTS.update(dict.fromkeys(_words.split(), _part))
PARTS.update({word: PARTS[meant] for word, meant in _APART.items()})
for _word, _part in list(PARTS.items()):
    if len(_word) > 1:
        _lower = _word.lower() if "[" in _word else _word
        for _written in (_word.upper(), _word.capitalize(), _lower):
            if _written not in IN_DOUBT:
                PARTS.setdefault(_written, _part)

# One of base weighs as much as so many of each form.
SALTS: dict[str, tuple[int, int]] = {
    "base": (1, 1),
    "bitartrate": (2, 1),
    "tartrate": (189, 100),
    "hydrochloride": (122, 100),
}

# Grams of one mole, for laboratory values charted in mg/dL.
MOLAR: dict[str, tuple[int, int]] = {
    "lactate": (9008, 100),
    "creatinine": (11312, 100),
    "bilirubin": (58466, 100),
}

# What a drug's dose is counted in, and the strengths that are met: (amount, its unit, mL).
DRUGS: dict[str, tuple[str, tuple[tuple[int, str, int], ...]]] = {
    "norepinephrine": (
        "ug/kg/min",
        ((4, "mg", 1000), (4, "mg", 250), (8, "mg", 250), (16, "mg", 250), (20, "mg", 250), (32, "mg", 250)),
    ),
    "epinephrine": ("ug/kg/min", ((1, "mg", 1000), (4, "mg", 250), (1, "mg", 250))),
    "phenylephrine": ("ug/kg/min", ((10, "mg", 250), (40, "mg", 250), (50, "mg", 500))),
    "dopamine": ("ug/kg/min", ((400, "mg", 250), (800, "mg", 500))),
    "dobutamine": ("ug/kg/min", ((250, "mg", 250), (500, "mg", 250))),
    "milrinone": ("ug/kg/min", ((20, "mg", 100), (40, "mg", 200))),
    "vasopressin": ("U/min", ((20, "U", 100), (40, "U", 100), (60, "U", 100), (20, "U", 20), (10, "U", 100))),
    "angiotensin_ii": ("ng/kg/min", ((5, "mg", 500), (10, "mg", 500))),
    "methylene_blue": ("mg/kg/h", ((500, "mg", 500), (100, "mg", 100))),
    "hydrocortisone": ("mg/d", ((200, "mg", 100), (100, "mg", 100))),
    "terlipressin": ("ug/kg/min", ((1, "mg", 50), (4, "mg", 48))),
    "levosimendan": ("ug/kg/min", ((12500, "ug", 250), (25, "mg", 500))),
    "metaraminol": ("ug/kg/min", ((10, "mg", 20), (50, "mg", 50))),
    "selepressin": ("ng/kg/min", ((1, "mg", 100),)),
}

# The hard limit of a dose, where it has one: digits and places, in the drug's own unit, norepinephrine as base.
HARD: dict[str, tuple[int, int]] = {
    "norepinephrine": (33, 1), "epinephrine": (2, 0), "phenylephrine": (91, 1), "dopamine": (50, 0),
    "dobutamine": (40, 0), "milrinone": (15, 1), "vasopressin": (1, 1), "angiotensin_ii": (80, 0),
    "methylene_blue": (4, 0), "hydrocortisone": (400, 0),
}  # fmt: skip
# The body weights, in kg, that are accepted as an adult's.
LIGHTEST, HEAVIEST = (20, 1), (400, 1)

# Spellings of mass and of time as they are met in charts; a dose is spelled by one of each.
DOSE_MASS = ("ug", "mcg", "\u00b5g", "\u03bcg", "micrograms", "mg", "ng", "g")
DOSE_TIME = ("min", "minute", "h", "hr", "hour", "d")
DOSE_BIO = ("U", "units", "[iU]", "IU", "mU", "milliunits")
WHOLE = (
    "MCG/KG/MIN", "MCG/MIN", "Mcg/kg/hr", "mcg/kg/hour", "Mg/hr", "mg/hour", "nanograms/kg/minute", "UNIT/HR",
    "Units/Hr", "U/hr", "units/hour", "MILLI UNITS/MIN", "[USP'U]/min",
)  # fmt: skip

# Never to be read as a unit: slips seen in charts, letters that look alike, and what is not whole.
REFUSED = (
    "", " ", "mch/kg/min", "mcq/kg/min", "mg//min", "gamma", "gamma/kg/min", "mcg/lb/hr", "ug/kg/", "ug per",
    "mcg/kg/mim", "pg/kg/sec2", "\u00b5", "\u043c\u0433/h", "mcg\\kg\\min", "ug/kg/min/h2", "mgs.min", "Mmg/h",
    "mcg/kg/min mcg/kg/min", "ug/kg/min;", "x", "NaN", "None",
)  # fmt: skip

# Never to be read as a number: comma, bare points, signs of other scripts, words.
NOT_NUMBERS = (
    "", "0,5", "1,000", ".5", "5.", ".", "1.2.3", "1e", "--1", "+", "1 2", "0x10", "NaN", "inf", "-inf", "Infinity",
    "1_000", "\u0661", "\uff11", "\u00bd", "one", "1/2", "5%", "1e999", "true",
)  # fmt: skip


def dose_spellings() -> tuple[str, ...]:
    """Every spelling of a dose by mass that the random run asks with, per kilogram or not."""
    parts = [f"{mass}{body}/{time}" for mass in DOSE_MASS for body in ("/kg", "") for time in DOSE_TIME]
    return tuple(parts) + tuple(text for text in WHOLE if PARTS[text.split("/")[0]][0] == MASS)


def bio_spellings() -> tuple[str, ...]:
    """Every spelling of a dose in biological units, per kilogram or not."""
    parts = [f"{bio}{body}/{time}" for bio in DOSE_BIO for body in ("/kg", "") for time in DOSE_TIME]
    return tuple(parts) + tuple(text for text in WHOLE if PARTS[text.split("/")[0]][0] == BIO)


# The 45 spellings of the clinical grid: five of a microgram, one each of mg and ng, by the body's weight or not, by
# minute or hour, and three as charts shout them.
GRID_SPELLINGS: tuple[str, ...] = tuple(
    [f"{mass}/kg/{time}" for mass in ("ug", "mcg", "\u00b5g", "\u03bcg", "micrograms") for time in ("min", "h", "hr")]
    + [f"{mass}/{time}" for mass in ("ug", "mcg", "\u00b5g", "\u03bcg", "micrograms") for time in ("min", "h", "hr")]
    + [f"{mass}{body}/{time}" for mass in ("mg", "ng") for body in ("/kg", "") for time in ("min", "h", "hour")]
    + ["MCG/KG/MIN", "Mcg/kg/hr", "Mg/hr"]
)
GRID_STRENGTHS = (4, 16, 32, 64, 80, 128)
GRID_FORMS = ("base", "tartrate", "bitartrate")

# Laboratory values, pressures, weights and flows: a way to write each, and the unit that the product counts in.
MEASURES: tuple[tuple[str, str, str], ...] = (
    ("lactate", "mg/dL", "mmol/L"), ("lactate", "mmol/L", "mg/dL"), ("lactate", "mg/L", "mmol/L"),
    ("creatinine", "umol/L", "mg/dL"), ("creatinine", "\u00b5mol/L", "mg/dL"), ("creatinine", "mmol/L", "mg/dL"),
    ("bilirubin", "umol/L", "mg/dL"), ("bilirubin", "\u03bcmol/L", "mg/dL"), ("bilirubin", "mg/dL", "umol/L"),
    ("", "kPa", "mm[Hg]"), ("", "mm[Hg]", "kPa"), ("", "mmHg", "mm[Hg]"), ("", "mm Hg", "mm[Hg]"),
    ("", "mmHg.", "mm[Hg]"), ("", "cm[H2O]", "mm[Hg]"), ("", "cmH2O", "mm[Hg]"),
    ("", "lb", "kg"), ("", "lbs", "kg"), ("", "pounds", "kg"), ("", "kg", "lb"), ("", "kg", "kg"),
    ("", "g/L", "g/dL"), ("", "mg/dL", "g/L"), ("", "ug/mL", "mg/L"), ("", "mcg/mL", "mg/mL"), ("", "U/mL", "U/L"),
    ("", "mL/hr", "mL/h"), ("", "ml/hr", "mL/h"), ("", "mL/hour", "mL/h"), ("", "cc/hr", "mL/h"),
    ("", "mL/min", "mL/h"), ("", "L/h", "mL/min"), ("", "mL/kg/hr", "mL/kg/h"), ("", "L/kg/d", "mL/kg/h"),
    ("", "mL/min/m2", "L/min/m2"), ("", "L", "mL"), ("", "dL", "mL"), ("", "days", "h"), ("", "wk", "d"),
    ("", "min", "h"), ("", "years", "a"), ("", "in", "cm"), ("", "m", "cm"), ("", "%", "1"), ("", "g", "mg"),
)  # fmt: skip
