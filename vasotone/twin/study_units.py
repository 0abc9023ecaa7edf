"""Variables of a study file, their units, and the way from another spelling of a unit to the twin's own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import InputError, UnitError
from vasotone.facts_physiology import physiology

PRESSURES = ("MAP", "DAP", "SAP", "CVP", "PAP", "PAOP", "Pms", "Pms_minus_CVP")
LEVELS: dict[str, str] = {
    **dict.fromkeys(PRESSURES, "mm[Hg]"),
    "HR": "/min",
    "CO": "L/min",
    "CI": "L/min/m2",
    "SV": "mL",
    "SVI": "mL/m2",
    "GEDVI": "mL/m2",
    "CFI": "/min",
    "SVR": "mm[Hg].min/L",
    "SVRI": "dyn.s.cm-5.m2",
    "RVR": "mm[Hg].min/L",
    "LVEF": "%",
    "LVSWI": "g.m/m2",
    "EA": "mm[Hg]/mL",
    "EES": "mm[Hg]/mL",
    "EA_EES": "1",
    "SVV": "%",
    "DO2I": "mL/min/m2",
    "SvO2": "%",
    "ScvO2": "%",
    "splanchnic_flow": "mL/min/m2",
}
FACTS: dict[str, str] = {
    "age": "a",
    "weight": "kg",
    "SAPS_II": "1",
    "SOFA": "1",
    "lactate": "mmol/L",
    "endogenous_norepinephrine": "nmol/L",
}
# how a study file spells a drug, and how the rest of the program does
DRUGS: dict[str, str] = {
    "norepinephrine": "norepinephrine",
    "epinephrine": "epinephrine",
    "phenylephrine": "phenylephrine",
    "dopamine": "dopamine",
    "dobutamine": "dobutamine",
    "vasopressin": "vasopressin",
    "angiotensin_II": "angiotensin_ii",
}
DOSES: dict[str, str] = dict.fromkeys(DRUGS.values(), "ug/kg/min") | {
    "vasopressin": "U/min",
    "angiotensin_ii": "ng/kg/min",
}
CONCENTRATIONS: dict[str, str] = dict.fromkeys(DRUGS.values(), "ug/L") | {"vasopressin": "U/L"}
BASES = ("base", "salt", "unknown")
SALT = "bitartrate"  # the monohydrate, which most papers call tartrate

# compound units that the converter does not spell: as pressure times time per volume, in its base units
_MMHG_MIN_PER_L = units.unit("mm[Hg]").factor * units.unit("min").factor
_COMPOUND: dict[str, Fraction] = {
    "mm[Hg].min/L": _MMHG_MIN_PER_L,
    "mm[Hg].min.L-1": _MMHG_MIN_PER_L,
    "mm[Hg]/L/min": _MMHG_MIN_PER_L,
    "dyn.s.cm-5": units.unit("dyn.s.cm-5").factor,
    "dyn.s/cm5": units.unit("dyn.s.cm-5").factor,
}
_COMPOUND |= {f"{text}.m2": factor for text, factor in _COMPOUND.items()} | {
    "mm[Hg].min.m2/L": _MMHG_MIN_PER_L,
    "dyn.s.m2/cm5": units.unit("dyn.s.cm-5").factor,
}


class Scale(NamedTuple):
    """How a published number becomes the twin's: times `factor`, times the body weight in kg to the power `kg`."""

    factor: float = 1.0
    kg: int = 0

    def inward(self, value: Any, weight: Any) -> Any:
        """The twin's number (or array) for a published one; `weight` in kg matters only for doses per kg."""
        return value * self.factor if not self.kg else value * self.factor * weight**self.kg

    def outward(self, value: Any, weight: Any) -> Any:
        """The published number (or array) for one of the twin's."""
        return value / self.factor if not self.kg else value / self.factor / weight**self.kg


SAME = Scale()


def canonical(variable: str, where: str) -> str:
    """The twin's unit of a variable. InputError for a name that no study file may use."""
    if variable in LEVELS:
        return LEVELS[variable]
    if variable in FACTS:
        return FACTS[variable]
    kind, point, drug = variable.partition(".")
    if point and kind in ("dose", "conc"):
        name = drug_name(drug, where)
        return DOSES[name] if kind == "dose" else CONCENTRATIONS[name]
    raise InputError("not a variable of the study format", where=where, seen=variable,
                     why="a slip of spelling would score nothing",
                     fix=f"one of {', '.join([*LEVELS, 'dose.DRUG', 'conc.DRUG', *FACTS])}")  # fmt: skip


def drug_name(text: Any, where: str) -> str:
    """The program's name of a drug as a study file spells it. InputError for another word."""
    if isinstance(text, str):
        if text in DRUGS:
            return DRUGS[text]
        if text in DOSES:
            return text
    raise InputError("not a drug of the study format", where=where, seen=text, fix=f"one of {', '.join(DRUGS)}")


def key_of(variable: str) -> str:
    """The name under which the twin reports a variable: drugs as the rest of the program spells them."""
    kind, point, drug = variable.partition(".")
    return f"{kind}.{DRUGS.get(drug, drug)}" if point else variable


def scale_of(variable: str, unit: Any, where: str) -> Scale:
    """From a published unit of a variable to the twin's; an amount of substance by the drug's molar mass."""
    kind, _, drug = variable.partition(".")
    own = canonical(variable, where)
    return scale(unit, own, where, drug=drug_name(drug, where) if kind == "conc" else "")


def molar_mass(drug: str) -> float | None:
    """Grams in a mole of a drug, or None where it has none (biological units)."""
    found = physiology().find("parameter", f"{drug}.molar_mass")
    return found.value if found else None


def scale(unit: Any, own: str, where: str, drug: str = "") -> Scale:
    """From a published unit to the twin's `own`. InputError where they measure different things.

    An amount of substance becomes a mass only for a `drug`.
    """
    if unit == own:
        return SAME
    if not isinstance(unit, str):
        raise InputError("the unit is missing", where=where, seen=unit, why="no unit is ever assumed",
                         fix=f'write unit = "{own}"')  # fmt: skip
    if unit in _COMPOUND and own in _COMPOUND and unit.endswith("m2") == own.endswith("m2"):
        return Scale(float(_COMPOUND[unit] / _COMPOUND[own]))
    try:
        source, target = units.unit(unit, where=where), units.unit(own, where=where)
    except UnitError:
        raise _misfit(unit, own, where) from None
    powers = dict(source.dimension)
    for kind, power in target.dimension:
        powers[kind] = powers.get(kind, 0) - power
    kg = -powers.pop("body", 0)
    factor = float(source.factor / target.factor)
    if drug and powers.get("amount") == 1 and powers.get("mass") == -1:
        grams = molar_mass(drug)
        if grams is not None:
            powers["amount"] = powers["mass"] = 0
            factor *= grams
    if any(powers.values()) or abs(kg) > 1:
        raise _misfit(unit, own, where)
    return Scale(factor, kg=kg)


def _misfit(unit: str, own: str, where: str) -> InputError:
    return InputError("this unit does not fit the variable", where=where, seen=unit,
                      why="a wrong unit changes the number", fix=f"write it in {own}")  # fmt: skip


def salt_factor(drug: str) -> float:
    """How much of a drug's usual salt equals one of base, by mass; 1 for a drug without such a form."""
    from vasotone import facts

    form = facts.load().drugs.get(drug, {}).get("forms", {}).get(SALT)
    return float(form["value"]) if form else 1.0
