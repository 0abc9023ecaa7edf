"""What a site may set: bags, formulary, labelling, default target, lactate unit, review floor, time zone.

Each reader takes one table of the site's file, notes what is wrong with it, and gives plain data that the compiled
facts can keep, with one line for every change.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from vasotone import units
from vasotone.errors import UnitError, VasotoneError
from vasotone.facts_site_places import Faults, nearest
from vasotone.records import Record

SECTIONS = ("site", "bags", "pump", "formulary", "basis", "map", "lactate", "review", "time")
LISTS = ("limit", "statement", "silence")
SITE_KEYS = ("name", "version", "date", "approved_by", "contact", "edition", "reasons")
BAG_KEYS = ("amount", "volume", "basis")
COMPARISON_ONLY = "founding-article"
LONGEST = 200
GUESSED = "a key that nothing reads would leave the site believing that it is set"
FORMS_DRUG = "norepinephrine"
FLOORS = ("submitted", "under review", "approved")


class Reader(NamedTuple):
    """One site's file while it is read: its tree, the facts it stands on, what is wrong, and what it changes."""

    tree: Record
    trees: dict[str, Record]
    faults: Faults
    changes: list[Record]

    @property
    def drugs(self) -> Record:
        """The drugs of the facts."""
        return self.trees.get("drugs.toml", {})

    def table(self, name: str) -> Record:
        """One table of the file; an empty one, and a fault, where something else stands there."""
        found = self.tree.get(name, {})
        if isinstance(found, dict):
            return found
        self.faults.note(name, "a table belongs here", seen=found, why=GUESSED, fix=f"write [{name}]")
        return {}

    def change(self, kind: str, name: str, text: str, given: Record | None = None) -> None:
        """Note one change with its reason, and who answers for it: where nobody is named, who approved the whole."""
        own = given or {}
        by = own.get("by") or self.table("site").get("approved_by", "")
        self.changes.append(
            {"kind": kind, "name": name, "text": text, "reason": str(own.get("reason", "")), "by": str(by)}
        )


def only(reader: Reader, table: str, record: Record, known: tuple[str, ...], number: int = 0) -> None:
    """Note keys that are not known, with the nearest one that is."""
    for key in record:
        if key not in known:
            near = nearest(key, known)
            fix = f"did you mean `{near}`?" if near else f"known here: {', '.join(known)}"
            reader.faults.note(table, "unknown key", key=key, number=number, seen=key, why=GUESSED, fix=fix)


def words(
    reader: Reader, table: str, record: Record, key: str, *, why: str, number: int = 0, needed: bool = True
) -> str:
    """A short text of one line, or empty, and a fault, where there is none."""
    value = record.get(key)
    if value is None and not needed:
        return ""
    if isinstance(value, str) and 0 < len(value.strip()) <= LONGEST and value.isprintable():
        return value.strip()
    reader.faults.note(
        table, f"needs `{key}`, a text of one line", key=key, number=number, seen=value, why=why,
        fix=f"write {key} with at most {LONGEST} characters",
    )  # fmt: skip
    return ""


def quantity(
    reader: Reader, table: str, key: str, value: Any, into: str, *, number: int = 0
) -> tuple[Fraction, str] | None:
    """A number with its unit, as text or as a table of `value` and `unit`: in the unit `into`, and as written."""
    written = value
    if isinstance(value, dict):
        only(reader, table, value, ("value", "unit"), number)
        written = f"{value.get('value')} {value.get('unit', '')}".strip()
        try:
            exact = units.number(value.get("value"), where=key)
        except UnitError:
            exact = None
        unit = value.get("unit")
    else:
        exact, unit = None, None
        if isinstance(value, str):
            try:
                asked = units.quantity(value, where=key)
                exact, unit = asked.value, asked.unit.text
            except UnitError:
                exact = None
    try:
        if exact is not None and isinstance(unit, str):
            return units.convert(exact, unit, into), f"{units.decimal_text(exact)} {unit}"
    except UnitError:
        exact = None
    reader.faults.note(
        table, "not a number with a unit that fits", key=key, number=number, seen=written,
        why="a number without its unit can be ten or a thousand times too large",
        fix=f'write it as {{ value = 1, unit = "{into}" }}',
    )  # fmt: skip
    return None


def drug_named(reader: Reader, table: str, text: str) -> str:
    """The drug that a word means, or empty, and a fault, where there is none."""
    asked = text.strip().lower().replace("-", "_").replace(" ", "_")
    known: dict[str, str] = {}
    for name, record in reader.drugs.items():
        for spelled in (name, record.get("label", ""), *record.get("aliases", ())):
            known.setdefault(spelled.lower().replace("-", "_").replace(" ", "_"), name)
    if asked in known:
        return known[asked]
    near = nearest(asked, known)
    reader.faults.note(
        table, "this drug is not known", key=text, seen=text, why="the setting would change nothing",
        fix=f"did you mean {known[near]}?" if near else f"known: {', '.join(sorted(reader.drugs))}",
    )  # fmt: skip
    return ""


def spoken(reader: Reader, drug: str) -> str:
    """A drug's name in running text."""
    label = str(reader.drugs.get(drug, {}).get("label", drug))
    return label[:1].lower() + label[1:]


def form_named(reader: Reader, table: str, key: str, drug: str, word: Any) -> str:
    """The chemical form that a word means, or empty, and a fault, where it is none of the drug's."""
    forms = reader.drugs.get(drug, {}).get("forms", {})
    asked = str(word).strip().lower().replace(" ", "-")
    for form, record in forms.items():
        if asked in (form, *record.get("aliases", ())):
            return str(form)
    reader.faults.note(
        table, f"not a form of {drug}", key=key, seen=word, why="forms differ up to twofold in mass",
        fix=f"write one of {', '.join(forms)}, as the site's labels count",
    )  # fmt: skip
    return ""


def read_head(reader: Reader) -> Record:
    """Whose profile this is, which version, on which edition, and who answers for it."""
    table = reader.table("site")
    only(reader, "site", table, SITE_KEYS)
    head = {key: words(reader, "site", table, key, why="every output names whose profile it shows")
            for key in ("name", "approved_by")}  # fmt: skip
    for key in ("contact", "reasons"):
        head[key] = words(reader, "site", table, key, why="it is shown with the advice", needed=False)
    dated = table.get("version", table.get("date"))
    head["version"] = "" if dated is None or isinstance(dated, bool | dict | list) else str(dated).strip()
    if not head["version"]:
        reader.faults.note("site", "needs `version` or `date`", seen=dated, key="version",
                           why="two states of a profile must be told apart", fix='write version = "1"')  # fmt: skip
    editions = [name for name in reader.trees.get("profiles.toml", {}) if name != COMPARISON_ONLY]
    edition = table.get("edition")
    if edition not in editions:
        reader.faults.note("site", "needs `edition`, the edition it stands on", seen=edition, key="edition",
                           why="grades and conditions are those of one edition",
                           fix=f"write one of {', '.join(editions)}")  # fmt: skip
    return {**head, "edition": edition if edition in editions else ""}


def read_bags(reader: Reader) -> Record:
    """The standard bags: drug -> amount, volume and the form that the label counts."""
    found: Record = {}
    for word, bag in reader.table("bags").items():
        table = f"bags.{word}"
        drug = drug_named(reader, table, word)
        if not drug:
            continue
        record = reader.drugs[drug]
        if not isinstance(bag, dict) or not record.get("infusion") or drug in found:
            reader.faults.note(table, "a bag is one table for one drug that runs by pump", seen=bag,
                               why="a pump rate is worked out from it",
                               fix="write amount and volume, or leave the drug out")  # fmt: skip
            continue
        only(reader, table, bag, BAG_KEYS)
        made = bag_of(reader, table, drug, bag)
        if made:
            found[drug] = made
            labelled = f" ({made['basis']})" if made["basis"] != "unknown" else ""
            holds = f"{made['amount']} in {made['volume']}{labelled}"
            reader.change("bag", drug, f"standard bag of {spoken(reader, drug)}: {holds}")
    return found


def bag_of(reader: Reader, table: str, drug: str, bag: Record) -> Record:
    """One bag, checked against the hard limits on its strength; empty where it cannot be used."""
    record = reader.drugs[drug]
    kind = "U" if "U/" in record["unit"] else "ug"
    amount = quantity(reader, table, "amount", bag.get("amount"), kind)
    volume = quantity(reader, table, "volume", bag.get("volume"), "mL")
    basis = "unknown"
    if record.get("forms"):
        word = bag.get("basis", reader.table("basis").get(drug, ""))
        basis = form_named(reader, table, "basis", drug, word)
    elif bag.get("basis", "base") != "base":
        reader.faults.note(table, f"{drug} has no forms to tell apart", key="basis", seen=bag["basis"],
                           why=GUESSED, fix="leave `basis` out")  # fmt: skip
    if amount is None or volume is None or not basis:
        return {}
    if amount[0] <= 0 or volume[0] <= 0:
        reader.faults.note(table, "amount and volume must be above zero", seen=f"{amount[1]} in {volume[1]}",
                           why="no dose can be worked out from it", fix="read the label again")  # fmt: skip
        return {}
    strength = amount[0] / volume[0]
    for name, limit in reader.trees.get("limits.toml", {}).get(drug, {}).items():
        if limit.get("of") == "concentration" and limit["kind"] == "hard":
            seen = units.convert(strength, f"{kind}/mL", limit["unit"])
            edge = units.number(limit["value"], where=name)
            if seen > edge if limit["side"] == "high" else seen < edge:
                reader.faults.note(
                    table, "such a bag lies beyond a hard limit", seen=f"{amount[1]} in {volume[1]}",
                    why=f"{drug} {name.replace('_', ' ')} is {limit['value']} {limit['unit']}: {limit['why']}",
                    fix="check amount, volume and their units",
                )  # fmt: skip
                return {}
    return {"amount": amount[1], "volume": volume[1], "basis": basis}


def read_formulary(reader: Reader) -> dict[str, bool]:
    """Which drugs are stocked; a drug that is not named stays unknown."""
    found: dict[str, bool] = {}
    for word, stocked in reader.table("formulary").items():
        drug = drug_named(reader, "formulary", word)
        if drug and (not isinstance(stocked, bool) or found.get(drug, stocked) != stocked):
            reader.faults.note("formulary", "true or false belongs here, once for each drug", key=word, seen=stocked,
                               why="it opens and closes statements", fix=f"write {drug} = false")  # fmt: skip
        elif drug:
            found[drug] = stocked
            reader.change("formulary", drug, f"{spoken(reader, drug)} is {'' if stocked else 'not '}stocked")
    return found


def read_basis(reader: Reader) -> dict[str, str]:
    """How the site's labels count norepinephrine, taken where a record does not say."""
    found: dict[str, str] = {}
    table = reader.table("basis")
    only(reader, "basis", table, (FORMS_DRUG,))
    if FORMS_DRUG in table:
        form = form_named(reader, "basis", FORMS_DRUG, FORMS_DRUG, table[FORMS_DRUG])
        if form:
            found[FORMS_DRUG] = form
            reader.change("basis", FORMS_DRUG,
                          f"{FORMS_DRUG} is taken as {form} where a record does not say")  # fmt: skip
    return found


def read_target(reader: Reader) -> Record:
    """The MAP target taken where none is ordered: plausible, and not below what the statements name for any age."""
    table = reader.table("map")
    only(reader, "map", table, ("target",))
    if "target" not in table:
        return {}
    variable = reader.trees.get("variables.toml", {})["map_target"]
    given = quantity(reader, "map", "target", table["target"], variable["unit"])
    if given is None:
        return {}
    span = variable["plausible"]
    aims = [
        statement["aim"]["low"]
        for name, tree in reader.trees.items() if name.startswith("statements/")
        for statement in tree.get("statement", ())
        if statement.get("do", {}).get("target") == "map" and "aim" in statement
    ]  # fmt: skip
    least = max([span["low"], *aims])
    if not least <= given[0] <= span["high"]:
        reader.faults.note(
            "map", "this default is out of range", key="target", seen=given[1],
            why="a default that is too low would leave low pressures without a word",
            fix=f"write {least} to {span['high']} {variable['unit']}; for one patient another target can be ordered",
        )  # fmt: skip
        return {}
    variable["label"] = "MAP target"  # it is no longer always an ordered one
    shown = units.decimal_text(given[0])
    reader.change("map-target", "map_target", f"MAP target {shown} {variable['unit']} where none is ordered")
    return {"value": str(given[0]), "unit": variable["unit"]}


def read_lactate(reader: Reader) -> str:
    """The unit taken for a lactate that comes without one."""
    table = reader.table("lactate")
    only(reader, "lactate", table, ("unit",))
    if "unit" not in table:
        return ""
    variable = reader.trees.get("variables.toml", {})["lactate"]
    known = [variable["unit"], *([variable["also"]["unit"]] if "also" in variable else [])]
    for unit in known:
        try:
            if units.unit(str(table["unit"])) == units.unit(unit):
                reader.change("lactate-unit", "lactate", f"lactate without a unit is taken in {unit}")
                return str(unit)
        except VasotoneError:
            continue
    reader.faults.note("lactate", "not a unit of lactate", key="unit", seen=table["unit"],
                       why="the units differ ninefold", fix=f"write {' or '.join(known)}")  # fmt: skip
    return ""


def read_floor(reader: Reader) -> str:
    """The least review state that is shown."""
    table = reader.table("review")
    only(reader, "review", table, ("floor",))
    if "floor" not in table:
        return ""
    if table["floor"] not in FLOORS:
        reader.faults.note("review", "not a state of review", key="floor", seen=table["floor"],
                           why="it decides what is held back", fix=f"write one of {', '.join(FLOORS)}")  # fmt: skip
        return ""
    floor = str(table["floor"])
    reader.change("review-floor", "review",
                  f"statements below the review state '{floor}' are held back, safety never")  # fmt: skip
    return floor


def read_zone(reader: Reader) -> str:
    """The zone of times that carry no offset, by its name or as an offset."""
    table = reader.table("time")
    only(reader, "time", table, ("zone",))
    if "zone" not in table:
        return ""
    zone = table["zone"]
    if isinstance(zone, str) and zone.isprintable() and zone_of(zone) is not None:
        reader.change("time-zone", "time", f"a time without an offset is read in {zone}, where the source allows it")
        return zone
    reader.faults.note("time", "not a time zone", key="zone", seen=zone,
                       why="an hour off would make old values look new",
                       fix='write a name such as "Europe/Paris" or an offset such as "+01:00"')  # fmt: skip
    return ""


def zone_of(zone: str) -> Any:
    """The `tzinfo` of a zone's name or offset, or None where there is none of that name here."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    if zone[:1] in "+-" or zone == "Z":
        try:
            return datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo
        except ValueError:
            return None
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        return None


def read_settings(reader: Reader) -> Record:
    """Everything that a site may set but limits and statements, as plain data."""
    known = (*SECTIONS, *LISTS)
    for name in reader.tree:
        if name not in known:
            near = nearest(name, known)
            fix = f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
            reader.faults.note(name, "unknown table", seen=name, why=GUESSED, fix=fix)
    return {
        **read_head(reader),
        "bags": read_bags(reader),
        "formulary": read_formulary(reader),
        "basis": read_basis(reader),
        "map_target": read_target(reader),
        "lactate_unit": read_lactate(reader),
        "floor": read_floor(reader),
        "zone": read_zone(reader),
    }
