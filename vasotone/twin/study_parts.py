"""The tables of a study file, one by one: each key is read once, and a key that nobody reads is an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from vasotone.errors import InputError, UnitError
from vasotone.twin.study_record import (
    Bolus,
    Bound,
    Cohort,
    Filter,
    Legs,
    Measure,
    Restore,
    SetDose,
    Spread,
    Step,
    Stop,
    Target,
    Titrate,
    Wait,
)
from vasotone.twin.study_units import (
    BASES,
    DOSES,
    FACTS,
    SAME,
    Scale,
    canonical,
    drug_name,
    salt_factor,
    scale,
    scale_of,
)

CONTEXTS = (
    "septic",
    "vasodilatory",
    "mixed-shock",
    "post-cardiac-surgery",
    "post-operative",
    "anaesthetised",
    "awake",
)
FLUIDS = ("crystalloid", "saline 0.9%")
VERBS = ("measure", "titrate", "set", "stop", "wait", "legs", "bolus", "restore")
STEADY = "steady"
FEWEST = 200  # virtual patients that the format asks for
NEEDED = object()


class Part:
    """One table of a study file: values are taken by key, and `done` refuses what was not taken."""

    joint = "."

    def __init__(self, table: Any, where: str) -> None:
        if not isinstance(table, dict):
            raise InputError("this must be a table", where=where, seen=table, fix="see the study format")
        self.table: dict[str, Any] = table
        self.where = where
        self.taken: set[str] = {"notes"}

    def place(self, key: str) -> str:
        """Where a key of this table stands."""
        return f"{self.where}{self.joint}{key}"

    def wrong(self, key: str, what: str, fix: str = "see the study format") -> InputError:
        """An error that names the file, the table and the key."""
        return InputError(what, where=self.place(key) if key else self.where, seen=self.table.get(key), fix=fix)

    def take(self, key: str, default: Any = NEEDED) -> Any:
        """The raw value of a key."""
        self.taken.add(key)
        if key not in self.table and default is NEEDED:
            raise InputError(f"`{key}` is missing", where=self.where, fix="see the study format")
        return self.table.get(key, default)

    def has(self, *keys: str) -> bool:
        """Whether any of the keys stands here."""
        return any(key in self.table for key in keys)

    def text(self, key: str, default: Any = NEEDED) -> str:
        """A text that is not empty, or the default."""
        value = self.take(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.wrong(key, f"`{key}` must be a text")
        return value

    def word(self, key: str, words: Sequence[str], default: Any = NEEDED) -> str:
        """One word of a closed list, or the default."""
        value = self.take(key, default)
        if value != default and value not in words:
            raise self.wrong(key, f"`{key}` is not a word of the format", fix=f"one of {', '.join(words)}")
        return str(value)

    def number(self, key: str, default: Any = NEEDED) -> Any:
        """A finite number as float, or the default."""
        value = self.take(key, default)
        if value is default and key not in self.table:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(key, f"`{key}` must be a number")
        return float(value)

    def whole(self, key: str, default: Any = NEEDED) -> Any:
        """A whole number, zero or more, or the default."""
        value = self.take(key, default)
        if value is default and key not in self.table:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.wrong(key, f"`{key}` must be a whole number")
        return value

    def truth(self, key: str, default: Any = NEEDED) -> Any:
        """True or false, or the default."""
        value = self.take(key, default)
        if value is not default and not isinstance(value, bool):
            raise self.wrong(key, f"`{key}` must be true or false")
        return value

    def assumed(self) -> str:
        """What of this was not published: "", "sd" or "all"."""
        value = self.take("assumed", False)
        if value is True:
            return "all"
        if value is False:
            return ""
        if value != "sd":
            raise self.wrong("assumed", '`assumed` is true or "sd"')
        return "sd"

    def part(self, key: str, default: Any = NEEDED) -> Part:
        """A table inside this one."""
        return Part(self.take(key, default), self.place(key))

    def parts(self, key: str) -> list[Part]:
        """A list of tables inside this one, numbered from 1 or called by their id."""
        value = self.take(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"`{key}` must be a list of tables, [[{key}]]")
        return [Part(one, self.place(f"{key} {index}")) for index, one in enumerate(value, 1)]

    def named(self, key: str, names: Sequence[str], default: Any = NEEDED) -> str:
        """The name of a measurement of this protocol, or the default."""
        value = self.take(key, default)
        if value is default and key not in self.table:
            return str(default)
        if value not in names:
            raise self.wrong(key, "there is no such measurement", fix=f"one of {', '.join(names)}")
        return str(value)

    def variable(self, key: str = "variable") -> str:
        """A variable of the format."""
        value = self.text(key)
        canonical(value, f"{self.where}.{key}")
        return value

    def scale_of(self, variable: str, key: str = "unit", *, needed: bool) -> Scale:
        """The way from the unit that stands here to the twin's; a missing one is the twin's unless `needed`."""
        if not needed and key not in self.table:
            return SAME
        return scale_of(variable, self.take(key, None), f"{self.where}.{key}")

    def minutes(self, key: str) -> float:
        """A time such as "20 min", "3 h" or "30 s", in minutes."""
        from vasotone import units

        text = self.text(key)
        try:
            amount = units.quantity(text, where=f"{self.where}.{key}")
            value = float(units.convert(amount.value, amount.unit, "min"))
        except UnitError:
            raise self.wrong(key, "this is not a time", fix='write it as "20 min" or "3 h"') from None
        if value <= 0:
            raise self.wrong(key, "a time must be above zero")
        return value

    def done(self) -> None:
        """Refuse keys that nothing has read."""
        for key in self.table:
            if key not in self.taken:
                raise InputError(f"unknown key `{key}`", where=self.where, why="what nobody reads is silently lost",
                                 fix="see the study format for the keys")  # fmt: skip


class Top(Part):
    """The file itself."""

    joint = ": "


def spread(part: Part, unit_scale: Scale, *, prior: bool = False) -> Spread:
    """A distribution: mean and sd, or median and quartiles, or a range, or (for a dose) the twin's own prior."""
    assumed = part.assumed()
    low, high = part.number("min", None), part.number("max", None)
    if prior and part.truth("prior", False):
        made = Spread("prior", low=low, high=high, scale=unit_scale, assumed=assumed)
    elif part.has("median"):
        q1, q3 = part.number("q1", None), part.number("q3", None)
        if (q1 is None) != (q3 is None):
            raise part.wrong("q1", "quartiles come in pairs, q1 and q3")
        centre = part.number("median")
        if q1 is not None and q3 is not None and not q1 <= centre <= q3:
            raise part.wrong("median", "the median must lie between its quartiles")
        made = Spread("median", centre, None, q1, q3, low, high, unit_scale, assumed)
    elif part.has("mean"):
        sd = part.number("sd", None)
        if sd is not None and sd < 0:
            raise part.wrong("sd", "a spread is not below zero")
        made = Spread("mean", part.number("mean"), sd, None, None, low, high, unit_scale, assumed)
    elif low is not None and high is not None:
        made = Spread("range", (low + high) / 2, None, None, None, low, high, unit_scale, assumed)
    else:
        raise part.wrong("", "a distribution needs a mean, a median or a range")
    if low is not None and high is not None and low > high:
        raise part.wrong("min", "the lower end lies above the upper end")
    return made


def dose_scale(part: Part, drug: str) -> Scale:
    """The way from a published dose of a drug to the twin's, in base; an unknown form is taken as base."""
    basis = part.word("basis", BASES, default="base")
    found = scale(part.take("unit", None), DOSES[drug], f"{part.where}.unit")
    return found._replace(factor=found.factor / salt_factor(drug)) if basis == "salt" else found


def bound(part: Part, low: str, high: str, unit_scale: Scale) -> Bound:
    """Two limits, either of which may be absent."""
    found = Bound(part.number(low, None), part.number(high, None), unit_scale)
    if found.low is not None and found.high is not None and found.low > found.high:
        raise part.wrong(low, "the lower limit lies above the upper one")
    return found


def cohort(part: Part, names: Sequence[str]) -> Cohort:
    """The table `cohort` with its baseline, infusions and filters."""
    n = part.whole("n")
    if n < FEWEST:
        raise part.wrong("n", f"a cohort has at least {FEWEST} patients")
    baseline = {}
    for variable in part.take("baseline", {}):
        one = Part(part.table["baseline"][variable], f"{part.where}.baseline.{variable}")
        baseline[variable] = spread(one, scale_of(variable, one.take("unit", None), one.where))
        one.done()
    on = {}
    for drug in part.take("on", {}):
        one = Part(part.table["on"][drug], f"{part.where}.on.{drug}")
        name = drug_name(drug, one.where)
        on[name] = spread(one, dose_scale(one, name), prior=True)
        one.done()
    include = tuple(include_filter(one, names) for one in part.parts("include"))
    made = Cohort(n, part.whole("seed"), part.word("context", CONTEXTS), baseline, on, include)
    part.done()
    return made


def include_filter(part: Part, names: Sequence[str]) -> Filter:
    """One filter: by level, by a test leg raise, or by a change of the protocol itself."""
    variable = part.variable()
    if part.has("response", "from", "to"):
        part.take("unit", None)
        limits = bound(part, "min_pct", "max_pct", SAME)
        if part.has("response"):
            part.word("response", ("plr",))
            made = Filter("plr", variable, limits)
        else:
            made = Filter("change", variable, limits, start=part.named("from", names), end=part.named("to", names))
    else:
        limits = bound(part, "min", "max", part.scale_of(variable, needed=True))
        made = Filter("level", variable, limits, at=part.named("at", names, default=""))
    if limits.low is None and limits.high is None:
        raise part.wrong("", "a filter needs a limit")
    if variable in FACTS and made.kind != "level":
        raise part.wrong("variable", "this does not change during a protocol")
    part.done()
    return made


def steps(found: list[Part]) -> tuple[Step, ...]:
    """The protocol, one verb a step; the first is a measurement."""
    made: list[Step] = []
    names: list[str] = []
    if not found or not found[0].has("measure"):
        raise InputError(
            "the first step must be a measurement",
            where=found[0].where if found else "step",
            fix='begin with measure = "base"',
        )
    for part in found:
        verbs = [verb for verb in VERBS if part.has(verb)]
        if len(verbs) != 1:
            raise InputError("a step has exactly one verb", where=part.where, seen=", ".join(part.table),
                             fix=f"one of {', '.join(VERBS)}")  # fmt: skip
        part.assumed()
        one = step(part, verbs[0], names)
        part.done()
        if isinstance(one, Measure):
            if one.name in names:
                raise part.wrong("measure", "this measurement was made already", fix="give it another name")
            names.append(one.name)
        made.append(one)
    return tuple(made)


def step(part: Part, verb: str, names: Sequence[str]) -> Step:
    """One step of the protocol; `names` are the measurements made before it."""
    if verb == "measure":
        return Measure(part.text("measure"))
    if verb == "titrate":
        return titration(part, names)
    if verb == "set":
        return new_dose(part.part("set"))
    if verb == "stop":
        return Stop(drug_name(part.text("stop"), f"{part.where}.stop"))
    if verb == "wait":
        return Wait(None if part.take("wait") == STEADY else part.minutes("wait"))
    if verb == "legs":
        return Legs(part.word("legs", ("raised", "flat")) == "raised")
    if verb == "restore":
        return Restore(part.named("restore", names))
    return fluid(part.part("bolus"))


def titration(part: Part, names: Sequence[str]) -> Titrate:
    """`titrate` with its target and its limits."""
    drug = drug_name(part.text("titrate"), f"{part.where}.titrate")
    until = part.part("until")
    if list(until.table) != ["MAP"]:
        raise until.wrong("", "only MAP can be a target", fix="write until = { MAP = { ... } }")
    goal = target(until.table["MAP"], f"{until.where}.MAP", names)
    highest, limit = None, SAME
    if part.has("max"):
        most = part.part("max")
        limit = dose_scale(most, drug)
        highest = most.number("value")
        if highest <= 0:
            raise most.wrong("value", "the highest dose must be above zero")
        most.assumed()
        most.done()
    only = part.word("only", ("up", "down"), default="")
    within = part.minutes("within") if part.has("within") else None
    return Titrate(drug, goal, only, highest, limit, within)


def target(value: Any, where: str, names: Sequence[str]) -> Target:
    """A plain number in mm[Hg], a distribution, or an earlier measurement plus a difference or a percentage."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return Target(Spread("mean", float(value)))
    part = Part(value, where)
    if not part.has("from"):
        made = Target(spread(part, part.scale_of("MAP", needed=True)))
    elif part.has("pct"):
        part.assumed()
        part.take("unit", None)
        made = Target(None, part.named("from", names), None, part.number("pct"), part.number("pct_sd", 0.0))
    else:
        part.assumed()
        own = part.scale_of("MAP", needed=True)
        made = Target(None, part.named("from", names), own.inward(part.number("delta"), 1.0))
    part.done()
    return made


def new_dose(part: Part) -> SetDose:
    """`set`: exactly one of value, delta and factor, with the spread between patients."""
    drug = drug_name(part.text("drug"), f"{part.where}.drug")
    kinds = [kind for kind in ("value", "delta", "factor") if part.has(kind)]
    if len(kinds) != 1:
        raise part.wrong("", "a dose is set by one of value, delta and factor")
    if kinds[0] == "factor":
        part.word("basis", BASES, default="base")
        own = scale(part.take("unit", "1"), "1", f"{part.where}.unit")
    else:
        own = dose_scale(part, drug)
    amount, sd = part.number(kinds[0]), part.number("sd", 0.0)
    if sd < 0 or (amount < 0 and kinds[0] != "delta"):
        raise part.wrong(kinds[0], "a dose or a spread is not below zero")
    part.assumed()
    part.done()
    return SetDose(drug, kinds[0], amount, sd, own)


def fluid(part: Part) -> Bolus:
    """`bolus`: kind, volume in mL or mL/kg, and how long it runs."""
    part.word("fluid", FLUIDS)
    unit = part.text("unit")
    per_kg = unit.endswith("/kg")
    factor = scale(unit, "mL/kg" if per_kg else "mL", f"{part.where}.unit").factor
    volume = part.number("volume") * factor
    if volume <= 0:
        raise part.wrong("volume", "a volume must be above zero")
    made = Bolus(volume, per_kg, part.minutes("over"))
    part.assumed()
    part.done()
    return made
