"""How a site tightens limits: in place, each strictly tighter than what it replaces, never the other way."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.errors import UnitError
from vasotone.facts_site_places import nearest
from vasotone.facts_site_settings import Reader, only, quantity, words
from vasotone.records import Record

LIMIT_KEYS = ("name", "value", "unit", "basis", "reason", "by")
PUMP_LIMITS = ("soft_low", "soft_high", "hard_high", "rounding")
PUMP_KEYS = ("increment", *PUMP_LIMITS)
UPPER, LOWER = ("high", "from"), ("low",)
TIGHTER = {**dict.fromkeys(UPPER, "below"), **dict.fromkeys(LOWER, "above")}
NEVER_LOOSER = "a site may tighten a limit, never loosen one: neither what stops a dose nor what warns of one"


def tighten(reader: Reader) -> None:
    """Put the limits of `[[limit]]` and `[pump]` in place of the wider ones; note all that are not tighter."""
    changed: list[tuple[str, str, str, int]] = []
    listed = reader.tree.get("limit", [])
    if not isinstance(listed, list):
        reader.faults.note("limit", "limits are a list", seen=listed, why="each names one", fix="write [[limit]]")
        listed = []
    for number, given in enumerate(listed):
        if not isinstance(given, dict):
            reader.faults.note("limit", "a limit is a table", number=number, seen=given,
                               why="it needs a name and a unit", fix="write [[limit]]")  # fmt: skip
            continue
        only(reader, "limit", given, LIMIT_KEYS, number)
        words(reader, "limit", given, "reason", number=number, why="a reader must be able to judge the change")
        words(reader, "limit", given, "by", number=number, why="somebody answers for it", needed=False)
        named = limit_named(reader, given, number)
        if named:
            value = {key: given[key] for key in ("value", "unit") if key in given}
            set_limit(reader, named, ("limit", "value", number), value, given)
            changed.append((*named, "limit", number))
    pump = reader.table("pump")
    only(reader, "pump", pump, PUMP_KEYS)
    if "increment" in pump:
        set_increment(reader, pump["increment"])
    for key in PUMP_LIMITS:
        if key in pump:
            set_limit(reader, ("pump", key), ("pump", key, 0), pump[key], {})
            changed.append(("pump", key, "pump", 0))
    for table, key, place, number in changed:
        check_room(reader, table, key, place, number)


def limits_of(reader: Reader) -> dict[str, Record]:
    """The limits, as the overlay changes them."""
    return reader.trees.get("limits.toml", {})


def limit_named(reader: Reader, given: Record, number: int) -> tuple[str, str] | None:
    """The table and key of the limit that a `[[limit]]` names, each limit once."""
    limits = limits_of(reader)
    name = given.get("name")
    table, _, key = str(name).partition(".")
    listed = reader.tree.get("limit", [])
    twice = any(isinstance(other, dict) and other.get("name") == name for other in listed[:number])
    if key in limits.get(table, {}) and not twice and limits[table][key]["kind"] != "setting":
        return table, key
    known = [f"{one}.{two}" for one, entries in limits.items() for two in entries]
    near = nearest(str(name), known)
    reader.faults.note(
        "limit", "this limit is named twice" if twice else "there is no such limit", key="name", number=number,
        seen=name, why="a limit that nothing reads would leave the site believing that it holds",
        fix=f"did you mean {near}?" if near and not twice else "name one, once, such as norepinephrine.soft_high",
    )  # fmt: skip
    return None


def set_limit(
    reader: Reader, named: tuple[str, str], place: tuple[str, str, int], written: Any, given: Record
) -> None:
    """Replace one limit's value where the new one is strictly tighter."""
    (table, key), (where, word, number) = named, place
    limit = limits_of(reader)[table][key]
    if given.get("basis", limit.get("basis", "base")) != limit.get("basis", "base"):
        reader.faults.note("limit", "limits count the base of the drug", key="basis", number=number,
                           seen=given["basis"], why="forms differ up to twofold in mass",
                           fix="write the value as base, and basis = \"base\" or nothing")  # fmt: skip
        return
    side = limit["side"]
    if side not in TIGHTER:
        reader.faults.note(where, "this limit has one value and cannot be tightened", key=word, number=number,
                           seen=f"{table}.{key}", why=NEVER_LOOSER, fix="leave it out")  # fmt: skip
        return
    asked = quantity(reader, where, word, written, limit["unit"], number=number)
    if asked is None:
        return
    old, value = units.number(limit["value"], where=key), units.plain_number(asked[0])
    new = units.number(value, where=key)
    if not 0 < new or not (new < old if side in UPPER else new > old):
        reader.faults.note(
            where, f"{table}.{key} is not tightened by this", key=word, number=number, seen=asked[1],
            why=NEVER_LOOSER, fix=f"write a value {TIGHTER[side]} {limit['value']} {limit['unit']}, or leave it out",
        )  # fmt: skip
        return
    reason = str(given.get("reason") or f"set by the site for its {table}")
    entry = {**limit, "value": value, "why": reason, "verified": True, "cite": cite(f"limit {table}.{key}")}
    # What a body may weigh also decides how doses without a weight are judged, so there the wider limit stays beside.
    beside = table == "weight" and limit["kind"] == "hard"
    limits_of(reader)[table][f"site_{key}" if beside else key] = entry
    unit = "" if limit["unit"] == "1" else f" {limit['unit']}"
    named_so = f"{table} {key}".replace("_", " ")
    text = f"{named_so} {units.decimal_text(new)}{unit}, tightened from {limit['value']}"
    reader.change("limit", f"{table}.{key}", text, given)


def set_increment(reader: Reader, written: Any) -> None:
    """The step in which the site's pumps are set."""
    limits = limits_of(reader)["pump"]
    step = limits["increment"]
    asked = quantity(reader, "pump", "increment", written, step["unit"])
    if asked is None:
        return
    top = units.number(limits["hard_high"]["value"], where="pump")
    if not 0 < asked[0] < top:
        reader.faults.note("pump", "a pump cannot be set in such steps", key="increment", seen=asked[1],
                           why="rates are rounded to it",
                           fix=f"write a step above 0 and below {top} mL/h")  # fmt: skip
        return
    limits["increment"] = {
        **step, "value": units.plain_number(asked[0]), "why": "set by the site for its pumps", "verified": True,
        "cite": cite("pump increment"),
    }  # fmt: skip
    reader.change("pump", "pump.increment", f"pump step {units.decimal_text(asked[0])} {step['unit']}")


def check_room(reader: Reader, table: str, key: str, place: str, number: int) -> None:
    """Note a limit that leaves no dose between it and the limit on the other side: a slip of unit is likelier."""
    entries = limits_of(reader)[table]
    mine = entries[key]
    if mine.get("side") not in TIGHTER:
        return
    for other in entries.values():
        if other.get("of", "dose") != mine.get("of", "dose") or other.get("side") not in TIGHTER:
            continue
        if (other["side"] in UPPER) == (mine["side"] in UPPER):
            continue
        edge = in_unit(other, mine["unit"])
        value = units.number(mine["value"], where=key)
        if edge is not None and (value <= edge if mine["side"] in UPPER else value >= edge):
            reader.faults.note(
                place, f"{table}.{key} leaves no room", key="value" if place == "limit" else key, number=number,
                seen=f"{mine['value']} {mine['unit']}", why=f"another limit lies at {other['value']} {other['unit']}",
                fix="check the unit and the decimal point",
            )  # fmt: skip
            return


def in_unit(limit: Record, unit: str) -> Fraction | None:
    """A limit's value in another unit, or None where the two differ by the body weight."""
    try:
        return units.convert(units.number(limit["value"], where="limit"), limit["unit"], unit)
    except UnitError:
        return None


def cite(at: str) -> Record:
    """The site's own file as a source."""
    return {"source": "site", "at": at}
