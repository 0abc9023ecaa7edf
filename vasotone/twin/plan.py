"""A plan in words: what is changed when, read strictly and exactly."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn

from vasotone import units
from vasotone.errors import InputError, UnitError
from vasotone.facts import Facts
from vasotone.state import form_factors, form_named
from vasotone.twin.drugs import DRUGS, UNITS_OF_DOSE

MOST_STEPS, MOST_TEXT = 50, 2000
CRYSTALLOIDS = (
    "saline", "normal saline", "crystalloid", "balanced crystalloid", "fluid", "fluids", "ringer",
    "ringers", "ringer's",
    "ringer's lactate", "lactated ringer's", "lactated ringers", "ringer lactate", "hartmann's",
    "hartmann", "plasma-lyte", "plasmalyte", "balanced solution",
)  # fmt: skip
OTHER_FLUIDS = (
    "albumin",
    "blood",
    "gelatin",
    "gelatine",
    "starch",
    "hes",
    "plasma",
    "dextran",
    "glucose",
    "dextrose",
)
SALTY = "norepinephrine"  # the one drug whose dose is written in several forms
NOTHING = ("no change", "as it is", "unchanged", "nothing", "continue")
EXAMPLE = '"norepinephrine 0.1 -> 0.2 ug/kg/min at 5 min; saline 500 mL over 15 min at 30 min"'

AT = re.compile(r"\s+at\s+(?P<at>now|[^;]*?)$", re.IGNORECASE)
OVER = re.compile(r"\s+(?:over|in)\s+(?P<over>[^;]*?)$", re.IGNORECASE)
OFF = re.compile(r"^(?:stop\s+(?P<a>.+)|(?P<b>.+?)\s+(?:off|stopped|stop))$", re.IGNORECASE)
LEGS = re.compile(r"^legs\s+(?P<how>up|raised|down|flat)$", re.IGNORECASE)
ARROW = re.compile(r"\s*(?:->|→|=>|\bto\b)\s*", re.IGNORECASE)
TO = re.compile(r"\s+to$", re.IGNORECASE)
NAMED = re.compile(r"^(?P<name>[^\d+.-][^\d+]*?)\s+(?P<rest>[+-]?\.?\d.*)$")
AMOUNT = re.compile(r"^(?P<sign>[+-]?)(?P<number>[\d.,eE]+)\s*(?P<unit>.*)$")
STRENGTH = re.compile(r"^0\.9\s*%\s+(?=\w)")


class Dose(NamedTuple):
    """From `minute` on this dose of a drug runs: exact, in the twin's unit, in `form` (empty: as in the record).

    factor  from the form to base, or None without a form
    begins  the dose that the plan says runs before, or None
    added   the number is a change of what runs before, not a dose
    """

    minute: Fraction
    drug: str
    value: Fraction
    form: str = ""
    factor: Fraction | None = None
    begins: Fraction | None = None
    added: bool = False


class Infusion(NamedTuple):
    """Crystalloid: litres, or litres for each kg, evenly over `over` minutes from `minute` on."""

    minute: Fraction
    litres: Fraction
    over: Fraction
    per_kg: bool = False
    blood_lost: bool = False


class Legs(NamedTuple):
    """From `minute` on the legs are raised, or flat again."""

    minute: Fraction
    raised: bool


class Plan(NamedTuple):
    """Steps in order of time; `text` is the plan as written."""

    text: str
    steps: tuple[Dose | Infusion | Legs, ...]

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs that the plan changes, each once, in order of time."""
        return tuple(dict.fromkeys(step.drug for step in self.steps if isinstance(step, Dose)))


class Target(NamedTuple):
    """A mean pressure that a dose is sought for (mm[Hg])."""

    value: float
    text: str


def read(text: str, facts: Facts, *, weight: Fraction | None = None) -> Plan:
    """A plan from its words; steps are parted by semicolons.

    weight  kg, for doses that are not written per kilogram

    InputError or UnitError, each naming the step, for a dose without a unit, an unknown drug, a negative volume.
    """
    if len(text) > MOST_TEXT:
        refuse("this plan is too long", text, "", f"write at most {MOST_TEXT} characters")
    parts = [" ".join(part.split()) for part in text.split(";")]
    parts = [part for part in parts if part and part.lower() not in NOTHING]
    if len(parts) > MOST_STEPS:
        refuse("this plan has too many steps", f"{len(parts)} steps", "", f"write at most {MOST_STEPS}")
    steps = sorted((step_of(part, facts, weight) for part in parts), key=lambda step: step.minute)
    return Plan("; ".join(parts) or NOTHING[0], tuple(steps))


def step_of(text: str, facts: Facts, weight: Fraction | None) -> Dose | Infusion | Legs:
    """One step of a plan."""
    rest, minute, over = STRENGTH.sub("", text), Fraction(0), None
    for _ in range(2):  # `at` and `over` in either order
        if found := AT.search(rest):
            minute = Fraction(0) if found["at"].lower() == "now" else span(found["at"], text)
            rest = rest[: found.start()]
        elif found := OVER.search(rest):
            over, rest = span(found["over"], text), rest[: found.start()]
    if legs := LEGS.match(rest):
        return Legs(minute, legs["how"].lower() in ("up", "raised"))
    if off := OFF.match(rest):
        return Dose(minute, drug_of(form_of(off["a"] or off["b"], facts)[0], facts, text), Fraction(0))
    named = NAMED.match(rest)
    if named is None:
        refuse("this step is not understood", text, "nothing is guessed", f"write it as in {EXAMPLE}")
    name, amount = named["name"].strip(), named["rest"].strip()
    if name.lower() in (*CRYSTALLOIDS, "bleeding", "blood loss"):
        return infusion(name.lower(), amount, minute, over, text)
    name, form = form_of(TO.sub("", name), facts)
    drug = drug_of(name, facts, text)
    amount, also = form_of(amount, facts)
    if form and also and form != also:
        refuse("this step names two forms", text, "they differ by a factor", "name one")
    if (form or also) and drug != SALTY:
        refuse("only norepinephrine is written in forms here", text, "", "leave the form out")
    if over is not None:
        refuse("a drug runs from its time on", text, "a dose over a time would be a bolus, which is not modelled",
               "leave out `over`, and add a step that stops it")  # fmt: skip
    return dose(drug, amount, minute, weight, text, form or also, facts)


def form_of(words: str, facts: Facts) -> tuple[str, str]:
    """Words without the chemical form that they end in, and that form by its own name; empty where there is none."""
    parts = words.split()
    for count in (2, 1):
        if len(parts) > count and (form := form_named(facts, "-".join(parts[-count:]))):
            return " ".join(parts[:-count]), form
    return words, ""


def span(words: str, text: str) -> Fraction:
    """A time in minutes. InputError where it is negative, UnitError without a unit."""
    found = units.quantity(words, where=f"plan, {text}")
    minutes = units.convert(found.value, found.unit, "min")
    if minutes < 0:
        refuse("a time is negative", text, "a plan begins now", "give minutes or hours from 0 up")
    return minutes


def drug_of(name: str, facts: Facts, text: str) -> str:
    """The drug that a name means. InputError for one that is unknown, or known and not part of the twin."""
    asked = plain(name)
    known = [
        drug for drug, record in facts.drugs.items()
        if asked in {plain(one) for one in (drug, record.get("label", ""), *record.get("aliases", ()))}
    ]  # fmt: skip
    if known and known[0] in DRUGS:
        return known[0]
    if known:
        refuse("the twin does not have this drug", text, "without a model it would silently do nothing",
               f"choose one of: {', '.join(DRUGS)}")  # fmt: skip
    if any(word in asked.split("_") for word in OTHER_FLUIDS):
        refuse(
            "the twin does not have this fluid", text, "only crystalloid is modelled", "write saline, or leave it out"
        )
    return refuse("this drug is not known", text, "", f"known here: {', '.join(DRUGS)}; or saline for crystalloid")


def plain(name: str) -> str:
    """A name as it is compared."""
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())


def infusion(name: str, amount: str, minute: Fraction, over: Fraction | None, text: str) -> Infusion:
    """Crystalloid, or blood that is lost."""
    found = units.quantity(amount, where=f"plan, {text}")
    if found.value < 0:
        refuse("a volume is negative", text, "fluid that was given cannot be taken back", "give a volume from 0 up")
    if over is None or over <= 0:
        refuse("this volume has no time", text, "how fast it runs decides what it does",
               "say over how long, such as `over 15 min`")  # fmt: skip
    lost = name in ("bleeding", "blood loss")
    try:
        return Infusion(minute, units.convert(found.value, found.unit, "L"), over, False, lost)
    except UnitError:
        per_kg = units.convert(found.value, found.unit, "mL/kg") / 1000
        return Infusion(minute, per_kg, over, True, lost)


def dose(
    drug: str, amount: str, minute: Fraction, weight: Fraction | None, text: str, form: str, facts: Facts
) -> Dose:  # fmt: skip
    """A dose, or one dose after another; a unit stands once, after the last number, or after each."""
    before, *after = ARROW.split(amount)
    if len(after) > 1:
        refuse("this step has more than one arrow", text, "", "write one step for each change")
    last = AMOUNT.match(after[0] if after else before)
    if last is None or not last["unit"]:
        raise UnitError("this dose has no unit", where=f"plan, {text}", seen=amount,
                        why="a guessed unit can change a dose a thousandfold",
                        fix=f"write it, such as {UNITS_OF_DOSE[drug]}")  # fmt: skip
    added = last["sign"] == "+" and not after
    value = canonical(drug, f"{last['number']} {last['unit']}", weight, text)
    begins = None
    if after:
        first = AMOUNT.match(before)
        unit = first["unit"] if first and first["unit"] else last["unit"]
        begins = canonical(drug, f"{first['number'] if first else before} {unit}", weight, text)
        last = first if first and first["sign"] == "-" else last
    if last["sign"] == "-":
        refuse("a dose is negative", text, "a pump only gives", "give the dose that is to run, from 0 up")
    factor = units.to_base(Fraction(1), form, form_factors(facts), where=f"plan, {text}") if form else None
    return Dose(minute, drug, value, form, factor, begins, added)


def canonical(drug: str, words: str, weight: Fraction | None, text: str) -> Fraction:
    """A dose in the twin's unit. UnitError where it does not convert."""
    found = units.quantity(words, where=f"plan, {text}")
    return units.convert(found.value, found.unit, UNITS_OF_DOSE[drug], weight_kg=weight)


def target_of(text: str) -> Target:
    """A target such as "MAP 65" or "MAP 65 mm[Hg]". InputError for another variable or a pressure that cannot be."""
    name, _, amount = " ".join(text.split()).partition(" ")
    if name.lower() != "map" or not amount:
        refuse(
            "this target is not understood", text, "a dose is sought for a mean pressure", 'write it as in "MAP 65"'
        )
    bare = all(sign.isdigit() or sign == "." for sign in amount)
    found = units.quantity(f"{amount} mm[Hg]" if bare else amount, where=f"target, {text}")
    return Target(float(units.convert(found.value, found.unit, "mm[Hg]")), text)


def refuse(what: str, seen: str, why: str, fix: str) -> NoReturn:
    """Raise the InputError of a plan."""
    raise InputError(what, where="plan", seen=seen, why=why, fix=fix)


def record_of(step: Dose | Infusion | Legs) -> dict[str, Any]:
    """A step as plain values for a record."""
    minute = units.plain_number(step.minute)
    if isinstance(step, Dose):
        found: dict[str, Any] = {
            "at": minute,
            "drug": step.drug,
            "value": units.plain_number(step.value),
            "unit": UNITS_OF_DOSE[step.drug],
        }  # fmt: skip
        if step.form:
            found["basis"] = step.form
        if step.added:
            found["added"] = True
        return found
    if isinstance(step, Infusion):
        unit, value = ("mL/kg", step.litres * 1000) if step.per_kg else ("mL", step.litres * 1000)
        what = "blood lost" if step.blood_lost else "crystalloid"
        return {"at": minute, "what": what, "value": units.plain_number(value), "unit": unit,
                "over": units.plain_number(step.over)}  # fmt: skip
    return {"at": minute, "what": "legs raised" if step.raised else "legs flat"}
