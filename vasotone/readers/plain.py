"""The plain patient: one JSON object, read strictly; a table of observations comes out."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from vasotone import units
from vasotone.errors import InputError, UnitError, shorten
from vasotone.facts import Facts
from vasotone.records import Variable
from vasotone.table import CANONICAL, Bag, Observation, Table

MOST_BYTES = 5_000_000
MOST_DEPTH = 32
MOST_ROWS = 200_000
MOST_UNREAD = 20
LISTS = ("conditions", "drugs")
ENTRY_KEYS = frozenset("value unit at basis bag kind method source".split())
FORMS_KEY = "basis"
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
BEYOND = Fraction(10**18)
UNKNOWN = "unknown"

Caution = tuple[str, str, str, dict[str, Any]]


class Written(str):
    """A number as it stood in the text, so that 0.1 stays a tenth."""


def read(text: str | bytes, facts: Facts, *, at: datetime | None = None) -> Table:
    """The table of one plain patient.

    text  JSON; numbers in the variable's canonical unit unless `unit` stands beside them
    at    the instant of the question; overrides the record's own

    Raises InputError for what is malformed: not JSON, NaN, text or a truth value for a number, a
    duplicate or unknown key, two patients, more than the accepted size.
    """
    return from_record(parse(text), facts, at=at)


def parse(text: str | bytes) -> dict[str, Any]:
    """JSON text as one object, with numbers as written."""
    record = loaded(text)
    if isinstance(record, list):
        raise bad("a list stands where one patient belongs", seen=f"{len(record)} entries",
                  fix="send one object for each patient")  # fmt: skip
    if not isinstance(record, dict):
        raise bad("the record is not a JSON object", seen=type(record).__name__)
    return record


def loaded(text: str | bytes) -> Any:
    """JSON text as any JSON value, read strictly: numbers as written, no key twice, bounded in size and depth."""
    if len(text) > MOST_BYTES:
        raise bad(f"the record is larger than {MOST_BYTES // 1_000_000} MB", seen=f"{len(text)} bytes",
                  fix="send one patient's recent values only")  # fmt: skip
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise bad("the record is not UTF-8 text", seen=f"byte {error.start}") from None
    if not text.strip():
        raise bad("the record is empty", fix='send a JSON object, for instance {"map": 58}')
    try:
        record = json.loads(
            text,
            object_pairs_hook=unique_keys,
            parse_float=Written,
            parse_int=Written,
            parse_constant=no_constant,
        )
    except json.JSONDecodeError as error:
        more = "it holds more than one patient" if error.msg == "Extra data" else "it is not JSON"
        raise bad(more, where=f"line {error.lineno}, column {error.colno}", seen=error.msg,
                  fix="send one JSON object") from None  # fmt: skip
    except RecursionError:
        raise bad("the record is nested too deeply", fix="send a flat object") from None
    refuse_depth(record)
    if HALF_CHARACTER.search(text) and not is_whole(record):
        raise bad(
            "the text holds half a character", seen="a lone surrogate", why="it can be neither shown nor stored"
        )
    return record


def refuse_depth(record: Any) -> None:
    """Refuse what is nested deeper than any face could walk through."""
    level = [record]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise bad("the record is nested too deeply", fix="send a flat object")


def is_whole(record: Any) -> bool:
    """Whether every text of a record can be written as UTF-8."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def bad(what: str, *, where: str = "patient", seen: object = None, fix: str = "", why: str = "") -> InputError:
    """An error about the record."""
    return InputError(what, where=shorten(where), seen=seen, why=why or "nothing is guessed from it",
                      fix=fix or "correct the record and send it again")  # fmt: skip


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys must differ."""
    record = dict(pairs)
    if len(record) != len(pairs):
        keys = sorted(key for key, _ in pairs)
        twice = next(key for key, following in zip(keys, keys[1:], strict=False) if key == following)
        raise bad("a key is written twice", where=f"key '{twice}'", seen=twice, why="one of the two would be lost")
    return record


def no_constant(name: str) -> Any:
    """Refuse NaN and the infinities."""
    raise bad("a number is not finite", seen=name, why="it would pass every threshold", fix="leave the value out")


def from_record(record: dict[str, Any], facts: Facts, *, at: datetime | None = None) -> Table:
    """The table of one plain patient that is already an object."""
    names = spellings(facts)
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        raise bad("the instant is not a time with an offset", where="at", seen=at)
    asked = at or (instant(record["at"], "at") if record.get("at") is not None else None)
    rows: list[Observation] = []
    cautions: list[Caution] = []
    seen: set[str] = set()
    for key, value in record.items():
        if key in LISTS or key in ("at", "formulary"):
            continue
        name = names.get(key)
        if name is None:
            raise unknown_key(key, names)
        if name in seen:
            raise bad("a value is given under two spellings", where=f"key '{key}'", seen=name)
        seen.add(name)
        rows += observations(facts.variables[name], key, value, asked, cautions)
    if len(rows) > MOST_ROWS:
        raise bad("the record holds too many values", seen=len(rows), fix=f"send at most {MOST_ROWS}")
    drugs = words(record, "drugs")
    conditions = words(record, "conditions") or ()
    return Table(
        rows=tuple(rows),
        conditions=dict.fromkeys(conditions, "recorded"),
        drugs=drugs,
        formulary=formulary(record, facts),
        at=asked,
        cautions=tuple(cautions),
    )


def spellings(facts: Facts) -> dict[str, str]:
    """Every accepted key and the variable that it means."""
    found: dict[str, str] = {}
    for name, variable in facts.variables.items():
        record = variable.record
        inner = any(key in record for key in ("word", "drugs", "from", "formulary", "derive"))
        if not inner:
            found[name] = name
            for alias in record.get("aliases", ()):
                found.setdefault(alias, name)
    return found


def unknown_key(key: str, names: dict[str, str]) -> InputError:
    """An error that offers the nearest known key."""
    from difflib import get_close_matches

    near = get_close_matches(shorten(key).lower(), names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "docs/integrator.md lists the keys"
    return bad("unknown key", where=f"key '{key}'", seen=key, why="an unread value could change the advice", fix=hint)


def words(record: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """A list of words, or None when it is absent."""
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or any(type(word) is not str for word in value):
        raise bad("a list of words belongs here", where=f"key '{key}'", seen=value)
    return tuple(value)


def formulary(record: dict[str, Any], facts: Facts) -> dict[str, bool]:
    """Which drugs are stocked; a drug that is not named is unknown."""
    value = record.get("formulary")
    if value is None:
        return {}
    if not isinstance(value, dict) or any(not isinstance(one, bool) and one is not None for one in value.values()):
        raise bad("an object of drug: true or false belongs here", where="key 'formulary'", seen=value)
    names = spellings(facts)
    found: dict[str, bool] = {}
    for drug, stocked in value.items():
        name = str(names.get(drug.strip().lower(), names.get(drug, drug)))
        if stocked is not None and found.setdefault(name, bool(stocked)) != stocked:
            raise bad("a drug is both stocked and not stocked", where="key 'formulary'", seen=drug)
    return found


def observations(
    variable: Variable, key: str, value: Any, asked: datetime | None, cautions: list[Caution]
) -> list[Observation]:
    """The observations of one entry: a value, an object with a value, or a list of these."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        entry = one if isinstance(one, dict) else {"value": one}
        unread = [shorten(inner) for inner in entry if inner not in ENTRY_KEYS]
        for inner in unread[:MOST_UNREAD]:
            cautions.append(("unknown-value", variable.name,
                f"'{inner}' beside {key} is not known here and is not used.", {"seen": inner}))  # fmt: skip
        if entry.get("value") is None:
            if isinstance(value, list) and entry.get("at") is not None:  # recorded at that time, without a value
                at = instant(entry["at"], f"key '{key}'")
                found.append(Observation(variable.name, None, CANONICAL, at, key))
            continue
        found.append(observation(variable, key, entry, asked, cautions))
    return found


def observation(
    variable: Variable, key: str, entry: dict[str, Any], asked: datetime | None, cautions: list[Caution]
) -> Observation:
    """One entry as an observation; its own instant, or that of the question."""
    unit = entry.get("unit", CANONICAL)
    if unit is not None and type(unit) is not str:
        raise bad("a unit is written as text", where=f"key '{key}'", seen=unit)
    given = entry.get("at")
    basis, bag = form_and_bag(entry, key, cautions)
    return Observation(
        name=variable.name,
        value=value_of(variable, key, entry["value"]),
        unit=unit_as_read(unit) if "unit" in entry else CANONICAL,
        at=instant(given, f"key '{key}'") if given is not None else asked,
        source=key,
        method=text_of(entry, "method", key),
        basis=basis,
        kind=text_of(entry, "kind", key),
        bag=bag,
    )


def unit_as_read(unit: str | None) -> str | None:
    """A unit as written, or in a spelling of the unit table where that is certain; None where there is none."""
    text = unit.strip() if unit is not None else ""
    try:
        units.unit(text, where="unit")
    except UnitError:
        from vasotone.readers.unit_texts import respelled

        return respelled(text) or None
    return text


def form_and_bag(entry: dict[str, Any], key: str, cautions: list[Caution]) -> tuple[str, Bag | None]:
    """The form in which a dose is written and the bag that hangs; where a volume rate's two forms differ, neither."""
    written, bag = text_of(entry, FORMS_KEY, key).lower() or UNKNOWN, bag_of(entry, key, cautions)
    if (
        bag is None
        or not is_volume_rate(entry.get("unit"))
        or UNKNOWN in (written, bag.basis)
        or written == bag.basis
    ):
        return written, bag
    text = f"{key} is a volume rate from a bag in {bag.basis}, and yet said to be in {written}."
    cautions.append(
        ("flag-contradiction", key, f"{text} Its form counts as unknown.", {"seen": [written, bag.basis]})
    )
    return UNKNOWN, bag._replace(basis=UNKNOWN)


def is_volume_rate(unit: Any) -> bool:
    """Whether a unit as written is one of volume over time."""
    try:
        return units.unit(unit, where="unit").dimension == units.unit("mL/h", where="unit").dimension
    except UnitError:
        return False


def text_of(entry: dict[str, Any], inner: str, key: str) -> str:
    """A word beside a value, or empty."""
    value = entry.get(inner)
    if value is None:
        return ""
    if type(value) is not str:
        raise bad(f"'{inner}' is written as text", where=f"key '{key}'", seen=value)
    return shorten(value.strip())


def value_of(variable: Variable, key: str, value: Any) -> Any:
    """A value of the kind that its variable has."""
    where = f"key '{key}'"
    if variable.kind == "number":
        if not isinstance(value, Written):
            raise bad("a number belongs here", where=where, seen=repr(value), fix="write it without quotes")
        try:
            return units.number(str(value), where=where)
        except UnitError:
            # JSON's own grammar holds, so the number is only beyond anything plausible.
            return -BEYOND if value.startswith("-") else BEYOND
    if variable.kind == "flag":
        if not isinstance(value, bool):
            raise bad("true or false belongs here", where=where, seen=repr(value))
        return value
    if variable.name == "mechanical_support" and isinstance(value, bool):
        return "yes" if value else "none"
    if type(value) is not str:
        raise bad("a word belongs here", where=where, seen=repr(value))
    return value


def bag_of(entry: dict[str, Any], key: str, cautions: list[Caution]) -> Bag | None:
    """The bag beside a dose; amount and volume each carry their unit."""
    bag = entry.get("bag")
    if bag is None:
        return None
    parts = []
    if isinstance(bag, dict):
        for part in ("amount", "volume"):
            value = bag.get(part)
            if isinstance(value, dict) and isinstance(value.get("value"), Written) and type(value.get("unit")) is str:
                value = f"{value['value']} {value['unit']}"
            parts.append(value if type(value) is str else "")
    if len(parts) != 2 or not is_bag(*parts):
        cautions.append(("ask-unit", key,
            f"The bag of {key} needs an amount and a volume, each with its unit, such as 4 mg and 250 mL. "
            "No pump rate is given.", {"seen": shorten(bag)}))  # fmt: skip
        return None
    basis = bag.get(FORMS_KEY) or entry.get(FORMS_KEY) or "unknown"
    return Bag(parts[0].strip(), parts[1].strip(), shorten(basis).strip().lower())


def is_bag(amount: str, volume: str) -> bool:
    """Whether two texts are an amount of drug and a volume, both above zero."""
    try:
        read = [units.quantity(text, where="bag") for text in (amount, volume)]
        units.convert(read[1].value, read[1].unit, "mL")
    except UnitError:
        return False
    return min(one.value for one in read) > 0


def instant(value: Any, where: str) -> datetime:
    """An ISO 8601 time with offset as a UTC instant. InputError without an offset."""
    try:
        text = str(value) if type(value) is str else ""
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise bad("not a time in ISO 8601", where=where, seen=value, fix="write 2026-01-31T14:05:00+01:00") from None
    if moment.tzinfo is None:
        raise bad("the time has no offset", where=where, seen=value, why="an hour off would make old values look new",
                  fix="add Z or an offset such as +01:00")  # fmt: skip
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise bad("the time is out of range", where=where, seen=value) from None
