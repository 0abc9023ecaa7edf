"""What a site's profile lets stand in for what a record does not say; each assumption leaves a mark and a warning.

It works on the table and on the readings, so it is the same whichever door the record came through.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from vasotone.errors import InputError, shorten
from vasotone.facts import Facts
from vasotone.readings import Caution, Reading, moment
from vasotone.table import Bag, Table
from vasotone.units import decimal_text

ASSUMED = "site-assumption"
DRUG = "norepinephrine"
LACTATES = ("lactate", "lactate_previous")
TARGET = "map_target"
UNSAID = ("", "unknown")
SOURCE = "site profile"


def assumed_table(table: Table, facts: Facts, marks: list[str], cautions: list[Caution]) -> Table:
    """The table with the site's formulary behind the record's own, and its unit for a lactate without one."""
    stocked = {**facts.site["formulary"], **table.formulary}
    unit = facts.site["lactate_unit"]
    rows = table.rows
    for name in LACTATES if unit else ():
        count = sum(1 for row in rows if row.name == name and row.unit is None and row.value is not None)
        if count:
            if max((row for row in rows if row.name == name), key=moment).unit is None:
                marks.append(f"{name}.unit")
            label = facts.variables[name].label.capitalize()
            text = f"{label} without a unit is taken in {unit}, as the site reports it."
            cautions.append((ASSUMED, name, text, {"unit": unit, "count": count}))
            rows = tuple(row._replace(unit=unit) if row.name == name and row.unit is None else row for row in rows)
    return table._replace(rows=rows, formulary=stocked)


def assumed_readings(
    table: Table, facts: Facts, readings: dict[str, Reading], marks: list[str], cautions: list[Caution]
) -> None:
    """Add the site's default target where none is ordered, its standard bags and its labelling where not recorded."""
    target = facts.site["map_target"]
    if target and TARGET not in readings:
        value = Fraction(target["value"])
        seen = f"{decimal_text(value)} {target['unit']}"
        readings[TARGET] = Reading(value, target["unit"], origin="assumed", source=SOURCE, seen=seen)
        marks.append(TARGET)
        text = f"No MAP target is ordered; the site's default of {seen} is taken."
        cautions.append((ASSUMED, TARGET, text, {"value": target["value"], "unit": target["unit"]}))
    form, reading = facts.site["basis"].get(DRUG, ""), readings.get(DRUG)
    if form and reading is not None and isinstance(reading.value, Fraction) and not contradicted(table, facts):
        readings[DRUG] = assumed_form(reading, form, marks, cautions)
    for drug, bag in facts.site["bags"].items():
        running = readings.get(drug)
        if running is not None and running.bag is None and not speaks_of_bag(table, facts, drug):
            readings[drug] = running._replace(bag=Bag(bag["amount"], bag["volume"], bag["basis"]))
            marks.append(f"{drug}.bag")


def speaks_of_bag(table: Table, facts: Facts, drug: str) -> bool:
    """Whether the record names a bag of a drug, now or before, or one that could not be read."""
    names = (drug, *facts.variables[drug].record.get("aliases", ()))
    return any(row.bag is not None for row in table.rows if row.name == drug) or any(
        code == "ask-unit" and name in names for code, name, *_ in table.cautions
    )


def assumed_form(reading: Reading, form: str, marks: list[str], cautions: list[Caution]) -> Reading:
    """The dose in the site's form where neither it nor its bag says another; the bag's form likewise."""
    bag = reading.bag
    of_bag = UNSAID[0] if bag is None else bag.basis
    if reading.basis not in (*UNSAID, form) or of_bag not in (*UNSAID, form):
        return reading  # the record says something else, if only in part
    if reading.value and reading.basis in UNSAID:
        marks.append(f"{DRUG}.basis")
    if bag is not None and of_bag in UNSAID:
        bag = bag._replace(basis=form)
        marks.append(f"{DRUG}.bag.basis")
    if f"{DRUG}.basis" in marks or f"{DRUG}.bag.basis" in marks:
        lead = "The record does not say how norepinephrine is labelled"
        text = f"{lead}; it is taken as {form}, as at this site. Check the label."
        cautions.append((ASSUMED, f"{DRUG}.basis", text, {"basis": form}))
    return reading._replace(basis=form, bag=bag)


def contradicted(table: Table, facts: Facts) -> bool:
    """Whether the record gives two forms of norepinephrine that exclude each other; no default settles that."""
    names = (DRUG, *facts.variables[DRUG].record.get("aliases", ()))
    return any(code == "flag-contradiction" and name in names for code, name, *_ in table.cautions)


def zoned(text: str, facts: Facts) -> datetime | None:
    """A time without an offset, read in the site's zone; None where the text is no such time or the site sets none.

    InputError for a time that the clocks of the zone skip or show twice.
    """
    if not facts.site or not facts.site["zone"]:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    if local.tzinfo is not None:
        return None
    from datetime import UTC

    from vasotone.facts_site_settings import zone_of

    zone = facts.site["zone"]
    first, second = (local.replace(tzinfo=zone_of(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise InputError("the clocks of the site's zone skip this time or show it twice", where="at",
                         seen=shorten(text), why="an hour off would make old values look new",
                         fix="add an offset such as +01:00")  # fmt: skip
    return first.astimezone(UTC)


def zone_note(facts: Facts) -> Caution:
    """What is said where the instant of the question was read in the site's zone."""
    zone = facts.site["zone"]
    return ("time-zone-assumed", "at", f"The instant asked for has no offset; it is read in {zone}.", {"zone": zone})
